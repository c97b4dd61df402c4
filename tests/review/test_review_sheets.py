"""The spreadsheet round trip: out, edited by a person (or mangled by a program), and back; every row ends in exactly one way."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from datetime import date
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custodes.errors import BrokenInputError, LimitError, UsageError
from custodes.review import sheets, sheets_back
from custodes.review.batch import guarded, unguarded
from custodes.review.ledger import append
from custodes.review.queue_sheet import QUEUE, Report, bring_back, seen
from custodes.values.decision import Decision

NOW = "2026-03-02T10:00:00Z"
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=30) | st.sampled_from(
    ["=1+1", "+44", "-3", "@SUM(A1)", "'=x", "''+1", "\tx", "a\nb", "12345678901234567890", "1e5", "TRUE", "2026-03-01", "ünïcode 监控", ","]
)


def an_id(n: int) -> str:
    return hashlib.sha256(str(n).encode()).hexdigest()[:20]


def a_hash(n: int) -> str:
    return hashlib.sha256(f"e{n}".encode()).hexdigest()


def a_row(n: int, **values: Any) -> dict[str, Any]:
    return {"finding_id": an_id(n), "evidence_hash": a_hash(n), "seen": "", "layer": "named", "supplier": "Meadow Security Systems Ltd"} | values


def cells_of(data: bytes, suffix: str) -> list[dict[str, str]]:
    return [dict(back.cells) for back in sheets_back.read(io.BytesIO(data), f"q{suffix}", QUEUE)]


def edited(data: bytes, suffix: str, edits: dict[int, dict[str, str]]) -> bytes:
    """The file after a person wrote in it: row number -> column -> text."""
    if suffix == ".csv":
        table = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
        for n, changes in edits.items():
            for column, text in changes.items():
                table[n + 1][table[0].index(column)] = guarded(text)
        out = io.StringIO(newline="")
        csv.writer(out).writerows(table)
        return out.getvalue().encode()
    book = openpyxl.load_workbook(io.BytesIO(data))
    page = book["Decide"]
    header = [cell.value for cell in page[1]]
    for n, changes in edits.items():
        for column, text in changes.items():
            cell = page.cell(n + 2, header.index(column) + 1)
            cell.value, cell.data_type = text, "s"  # typed as text
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def decision(**changes: str) -> dict[str, str]:
    return {"verdict": "reject", "reason": "not-equipment", "note": "a fee", "decider": "reviewer", "decided": "2026-03-01"} | changes


def back(data: bytes, suffix: str, standing: dict[str, str], decisions: tuple[Decision, ...] = ()) -> Report:
    return bring_back(sheets_back.read(io.BytesIO(data), f"q{suffix}", QUEUE), standing, decisions, f"q{suffix}", NOW)


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
@settings(max_examples=40, deadline=None)
@given(descriptions=st.lists(TEXTS, min_size=1, max_size=6), notes=st.lists(TEXTS, max_size=6), break_id=st.none() | st.integers(0, 5), gone=st.none() | st.integers(0, 5))
def test_out_edited_and_back(suffix: str, descriptions: list[str], notes: list[str], break_id: int | None, gone: int | None) -> None:
    rows = [a_row(n, description=text) for n, text in enumerate(descriptions)]
    data = sheets.export(QUEUE, rows, suffix)
    assert data == sheets.export(QUEUE, rows, suffix)
    returned = cells_of(data, suffix)
    assert [cells.get("description", "") for cells in returned] == [text.replace("\r", "\n") for text in descriptions]
    edits = {n: decision(note=note) for n, note in enumerate(notes[: len(rows)])}
    if break_id is not None and break_id in edits:
        edits[break_id]["evidence_hash"] = a_hash(999)
    standing = {an_id(n): a_hash(n) for n in range(len(rows)) if n != gone}
    report = back(edited(data, suffix, edits), suffix, standing)
    assert report.total == len(rows)
    assert report.untouched == len(rows) - len(edits)
    accepted = {event.finding_id: event for event in report.accepted}
    refused = {key for group in (report.changed, report.unknown, report.invalid) for _, key, _ in group}
    for n, edit in edits.items():
        whole = edit["note"].strip() and n != break_id
        assert (an_id(n) in accepted) is bool(whole and n != gone), (n, edit, report)
        assert (an_id(n) in refused) is not (an_id(n) in accepted)
        if an_id(n) in accepted:
            assert accepted[an_id(n)].note == edit["note"].strip()
            assert accepted[an_id(n)].evidence_hash == a_hash(n)


@given(TEXTS)
def test_the_guard_comes_off_again(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert not guarded(text) or guarded(text)[0] not in "=+-@\t\r"


def test_no_cell_of_a_workbook_is_a_formula_and_ids_are_locked() -> None:
    rows = [a_row(n, description=text) for n, text in enumerate(["=HYPERLINK(1)", "+1", "@x", "-2"])]
    page = openpyxl.load_workbook(io.BytesIO(sheets.export(QUEUE, rows, ".xlsx")))["Decide"]
    cells = [cell for row in page.iter_rows() for cell in row]
    assert not [cell.coordinate for cell in cells if cell.data_type == "f"]
    assert page.protection.sheet
    unlocked = {page.cell(1, cell.column).value for row in page.iter_rows(min_row=2) for cell in row if not cell.protection.locked}
    assert unlocked == set(QUEUE.open)
    assert all(page.cell(row, 6).quotePrefix for row in range(2, 6))


def test_choices_are_offered_and_explained() -> None:
    book = openpyxl.load_workbook(io.BytesIO(sheets.export(QUEUE, [a_row(1)], ".xlsx", [("title", "A case")])))
    rules = {rule.formula1 for rule in book["Decide"].data_validations.dataValidation}
    assert rules == {f"Lists!$A$2:$A${len(QUEUE.columns[15].choices) + 1}", f"Lists!$B$2:$B${len(QUEUE.columns[16].choices) + 1}"}
    assert "confirm" in [cell.value for cell in book["Lists"]["A"]]
    assert [cell.value for cell in book["Dictionary"]["A"]][1:] == [column.name for column in QUEUE.all]
    assert book["About"]["B2"].value == "A case"


def test_a_sheet_knows_itself_and_nothing_else() -> None:
    data = sheets.export(QUEUE, [a_row(1)], ".xlsx")
    assert sheets_back.is_book(io.BytesIO(data), QUEUE)
    assert sheets_back.claims(sheets.export(QUEUE, [a_row(1)], ".csv"), "q.csv", QUEUE)
    other = io.BytesIO()
    openpyxl.Workbook().save(other)
    for odd in (other.getvalue(), b"PK\x03\x04", b"", b"PK\x03\x04" + bytes(500)):
        assert not sheets_back.is_book(io.BytesIO(odd), QUEUE)
    assert not sheets_back.claims(b"finding_id,verdict,reason,note,decider,decided,evidence_hash\n", "d.csv", QUEUE)
    assert not sheets_back.claims(b'"\x00', "d.csv", QUEUE)


def chain(path: Any, *events: dict[str, str]) -> tuple[Decision, ...]:
    from custodes.review.decisions import Event

    append(path, [Event(finding_id=an_id(1), evidence_hash=a_hash(1), source="d.csv, line 2", **event) for event in events])
    from custodes.review.ledger import load

    return load(path)


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_a_decision_since_the_export_is_not_overwritten(suffix: str, tmp_path: Any) -> None:
    data = edited(sheets.export(QUEUE, [a_row(1)], suffix), suffix, {0: decision(verdict="confirm", reason="named-in-record")})
    standing = {an_id(1): a_hash(1)}
    mine = back(data, suffix, standing)
    assert len(mine.accepted) == 1
    theirs = chain(tmp_path / "l.jsonl", decision(decider="second reviewer"))
    report = back(data, suffix, standing, theirs)
    assert not report.accepted and "decided since the export: reject (not-equipment) by the second reviewer" in report.changed[0][2]
    fresh = sheets.export(QUEUE, [a_row(1, seen=seen(theirs[-1]))], suffix)
    again = back(edited(fresh, suffix, {0: decision(verdict="confirm", reason="named-in-record")}), suffix, standing, theirs)
    assert len(again.accepted) == 1


def test_changed_evidence_unknown_ids_and_files_read_twice(tmp_path: Any) -> None:
    data = edited(sheets.export(QUEUE, [a_row(1), a_row(2)], ".csv"), ".csv", {0: decision(), 1: decision()})
    report = back(data, ".csv", {an_id(1): a_hash(77)})
    assert (len(report.changed), len(report.unknown)) == (1, 1) and "evidence has changed" in report.changed[0][2]
    standing = {an_id(1): a_hash(1), an_id(2): a_hash(2)}
    append(tmp_path / "l.jsonl", back(data, ".csv", standing).accepted)
    from custodes.review.ledger import load

    twice = back(data, ".csv", standing, load(tmp_path / "l.jsonl"))
    assert (twice.recorded, len(twice.accepted), len(twice.changed)) == (2, 0, 0)


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        ({"note": ""}, "needs a note"),
        ({"verdict": "perhaps"}, "not one of"),
        ({"reason": "named-in-record"}, "not a reason to reject"),
        ({"decider": "Jo Bloggs"}, "role"),
        ({"decided": "2026-03-03"}, "lies after today"),
        ({"decided": "01/03/2026"}, "not an ISO date"),
        ({"finding_id": "1.2E+19"}, "perhaps by the spreadsheet itself"),
        ({"seen": "0123456789abcdef"}, "was changed"),
        ({"check": ""}, "was changed"),
    ],
)
@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_what_is_invalid_is_said(suffix: str, edit: dict[str, str], words: str) -> None:
    report = back(edited(sheets.export(QUEUE, [a_row(1)], suffix), suffix, {0: decision() | edit}), suffix, {an_id(1): a_hash(1)})
    assert len(report.invalid) == 1 and words in report.invalid[0][2]


def test_the_same_row_twice_counts_once() -> None:
    data = edited(sheets.export(QUEUE, [a_row(1), a_row(1)], ".csv"), ".csv", {0: decision(), 1: decision(verdict="unsure", reason="cannot-tell")})
    report = back(data, ".csv", {an_id(1): a_hash(1)})
    assert len(report.accepted) == 1 and "twice" in report.invalid[0][2]


def test_a_formula_in_a_cell_is_refused_and_a_date_cell_is_read() -> None:
    book = openpyxl.load_workbook(io.BytesIO(sheets.export(QUEUE, [a_row(1), a_row(2)], ".xlsx")))
    page = book["Decide"]
    header = [cell.value for cell in page[1]]
    for row, note in ((2, "=A1"), (3, "fine")):
        for column, text in decision(note=note).items():
            page.cell(row, header.index(column) + 1).value = date(2026, 3, 1) if column == "decided" else text
    out = io.BytesIO()
    book.save(out)
    report = back(out.getvalue(), ".xlsx", {an_id(1): a_hash(1), an_id(2): a_hash(2)})
    assert [event.decided for event in report.accepted] == ["2026-03-01"]
    assert "holds a formula" in report.invalid[0][2]


def test_hostile_files_get_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    good = sheets.export(QUEUE, [a_row(n) for n in range(50)], ".xlsx")
    for cut in (200, 2000, len(good) - 30):
        with pytest.raises(BrokenInputError):
            list(sheets_back.read(io.BytesIO(good[:cut]), "q.xlsx", QUEUE))
    with zipfile.ZipFile(io.BytesIO(good)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/worksheets/sheet1.xml"] = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'
    bad = io.BytesIO()
    with zipfile.ZipFile(bad, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    with pytest.raises(BrokenInputError):
        list(sheets_back.read(io.BytesIO(bad.getvalue()), "q.xlsx", QUEUE))
    monkeypatch.setattr(sheets_back, "MOST_BYTES", 1000)
    with pytest.raises(LimitError):
        list(sheets_back.read(io.BytesIO(good), "q.xlsx", QUEUE))
    with pytest.raises(LimitError):
        list(sheets_back.read(io.BytesIO(b"finding_id," + b"x" * 2000), "q.csv", QUEUE))
    with pytest.raises(BrokenInputError, match="lacks the columns"):
        list(sheets_back.read(io.BytesIO(b"a,b\n1,2\n"), "q.csv", QUEUE))
    with pytest.raises(UsageError):
        sheets.export(QUEUE, [], ".ods")


def test_many_rows_go_on_in_another_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "SHEET_ROWS", 3)
    data = sheets.export(QUEUE, [a_row(n) for n in range(7)], ".xlsx")
    names = openpyxl.load_workbook(io.BytesIO(data)).sheetnames
    assert names[:3] == ["Decide", "Decide 2", "Decide 3"]
    assert [cells["finding_id"] for cells in cells_of(data, ".xlsx")] == [an_id(n) for n in range(7)]
