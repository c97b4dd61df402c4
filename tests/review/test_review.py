"""Decisions brought back: read strictly, kept in a chain, laid beside the findings."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custodes import review
from custodes.errors import BrokenInputError, IntegrityError
from custodes.review import ledger
from custodes.review.decisions import Event, read_file
from custodes.review.fold import AT_IMPORT
from custodes.review.words import REASONS
from custodes.values import FINDING_SCHEMA
from custodes.values.decision import VERDICTS, Decision

A, B, C = "a" * 20, "b" * 20, "c" * 20
H1, H2 = "1" * 64, "2" * 64
HEADER = "finding_id,verdict,reason,note,decider,decided,evidence_hash\n"
GOOD = f"{A},confirm,same-company,the registry number is the same,reviewer,2026-11-20,{H1}\n"


def _read(text: str | bytes, name: str = "inbox/decisions.csv") -> tuple[list[Event], list[dict[str, str]]]:
    events, rejects = review.read_decisions(io.BytesIO(text if isinstance(text, bytes) else text.encode()), name)
    return events, [dict(r) for r in rejects]


def _findings(*rows: tuple[str, str], supplier: str = "Invented Cameras Ltd", maker: str = "inventedmaker") -> pa.Table:
    full = [{**dict.fromkeys(FINDING_SCHEMA.names), "finding_id": i, "evidence_hash": h, "supplier": supplier, "maker_id": maker} for i, h in rows]
    return pa.Table.from_pylist(full, FINDING_SCHEMA)


def _event(finding: str = A, verdict: str = "confirm", reason: str = "same-company", decided: str = "2026-11-20", hash_: str = H1, **more: str) -> Event:
    return Event(finding, verdict, reason, more.get("note", "seen"), more.get("decider", "reviewer"), decided, hash_, more.get("source", "x, line 2"))


# reading


def test_a_csv_row_becomes_an_event() -> None:
    events, rejects = _read(HEADER + GOOD)
    source = "inbox/decisions.csv, line 2"
    assert events == [Event(A, "confirm", "same-company", "the registry number is the same", "reviewer", "2026-11-20", H1, source)]
    assert rejects == []


def test_json_lines_say_the_same() -> None:
    fields = dict(zip(HEADER.strip().split(","), GOOD.strip().split(","), strict=True))
    events, rejects = _read(json.dumps(fields) + "\n\n" + json.dumps({**fields, "finding_id": B, "evidence_hash": None}), "d.jsonl")
    assert [(e.finding_id, e.evidence_hash, e.source) for e in events] == [(A, H1, "d.jsonl, line 1"), (B, "", "d.jsonl, line 3")]
    assert rejects == []


@pytest.mark.parametrize(
    ("change", "column", "words"),
    [
        (("finding_id", "1.23457E+19"), "finding_id", "a spreadsheet may have changed"),
        (("verdict", "yes"), "verdict", "confirm, reject, unsure, duplicate"),
        (("reason", "not-equipment"), "reason", "not a reason to confirm"),
        (("reason", ""), "reason", "use one of same-company"),
        (("note", ""), "note", "why"),
        (("decider", ""), "decider", "a role"),
        (("decider", "Jane Example"), "decider", "not the name"),
        (("decider", "Jane Example (reviewer)"), "decider", "not the name"),
        (("decider", "jane@example.org"), "decider", "not the name"),
        (("decided", "20/11/2026"), "decided", "ISO date"),
        (("decided", "2026-11-31"), "decided", "ISO date"),
        (("evidence_hash", "abc"), "evidence_hash", "64 characters"),
    ],
)
def test_a_bad_cell_is_rejected_with_line_column_and_reason(change: tuple[str, str], column: str, words: str) -> None:
    fields = dict(zip(HEADER.strip().split(","), GOOD.strip().split(","), strict=True))
    fields[change[0]] = change[1]
    events, rejects = _read(HEADER + GOOD.replace(A, B) + ",".join(fields.values()) + "\n")
    assert [e.finding_id for e in events] == [B]
    assert [(r["origin_file"], r["origin_at"], r["column"]) for r in rejects] == [("inbox/decisions.csv", "line 3", column)]
    assert words in rejects[0]["reason"]


@pytest.mark.parametrize("role", ["reviewer", "second reviewer", "Lead Researcher", "Head of Procurement", "reviewer-2", "CCTV team", "legal desk", "DPO"])
def test_roles_pass(role: str) -> None:
    assert _read(HEADER + GOOD.replace("reviewer", role))[1] == []


@pytest.mark.parametrize("verdict", VERDICTS)
def test_each_reason_belongs_to_its_verdict(verdict: str) -> None:
    for of, reasons in REASONS.items():
        for reason in reasons:
            _, rejects = _read(HEADER + f"{A},{verdict},{reason},see {B},reviewer,2026-11-20,\n")
            assert bool(rejects) == (reason not in REASONS[verdict]), (of, reason)


def test_a_duplicate_names_the_other_finding() -> None:
    rows = [f"{A},duplicate,same-as,the same invoice,reviewer,2026-11-20,", f"{A},duplicate,same-as,see {A},reviewer,2026-11-20,"]
    good = [f"{A},duplicate,same-as {B},the same invoice,reviewer,2026-11-20,", f"{A},duplicate,same-as,see {B},reviewer,2026-11-20,"]
    events, rejects = _read(HEADER + "\n".join([*rows, *good]))
    assert [r["origin_at"] for r in rejects] == ["line 2", "line 3"] and len(events) == 2


def test_line_numbers_hold_with_notes_of_several_lines_and_other_columns() -> None:
    text = "supplier;finding_id;verdict;reason;note;decider;decided\r\n"
    text += f'X;{A};confirm;same-company;"two\r\nlines";reviewer;2026-11-20\r\nY;{B};maybe;;;;\r\n;{C};;;;;\r\n'
    reading = read_file(io.BytesIO(b"\xef\xbb\xbf" + text.encode()), "d.csv")
    assert [e.source for e in reading.events] == ["d.csv, line 2"] and reading.events[0].note == "two\r\nlines"
    assert [r["origin_at"] for r in reading.rejects] == ["line 4"]
    assert reading.undecided == 1


def test_encodings_of_spreadsheets() -> None:
    text = HEADER + GOOD.replace("the registry", "«Müller» registry")
    for encoding in ("utf-8-sig", "utf-16", "cp1252"):
        assert _read(text.encode(encoding))[0][0].note.startswith("«Müller»")


def test_a_file_without_the_columns_is_broken_not_empty() -> None:
    with pytest.raises(BrokenInputError, match="lacks the columns reason, note, decider, decided"):
        _read("finding_id,verdict\n")


def test_odd_json_lines_are_rejected_one_by_one() -> None:
    deep = '{"a":' * 100_000
    events, rejects = _read("{}\n[1]\n{\n" + '{"finding_id": 7}\n' + deep + "\n", "d.jsonl")
    assert not events and [r["origin_at"] for r in rejects] == ["line 2", "line 3", "line 4", "line 5"]


@pytest.mark.parametrize(
    ("head", "mine"),
    [
        (HEADER, True),
        ("\ufeff" + HEADER, True),
        (HEADER.replace(",", ";"), True),
        (HEADER.replace("decider,", ""), False),
        ('{"finding_id":"","verdict":"","reason":"","note":"","decider":"","decided":""}\n{"cut', True),
        ('{"finding_id":""}', False),
        ("body,supplier,amount\n", False),
        ("", False),
        ("\0\1\2", False),
        ('"unclosed', False),
    ],
)
def test_sniff_is_strict(head: str, mine: bool) -> None:
    assert review.sniff(head.encode(), "inbox/x.csv") is mine


@given(st.binary(max_size=200))
def test_sniff_never_raises(head: bytes) -> None:
    assert review.sniff(head, "x") in (True, False)


def test_a_decision_of_tomorrow_is_rejected_when_today_is_known() -> None:
    data = (HEADER + GOOD).encode()
    assert not read_file(io.BytesIO(data), "d.csv", "2026-11-20T00:00:00+00:00").rejects
    (reject,) = read_file(io.BytesIO(data), "d.csv", "2026-11-19T23:00:00+00:00").rejects
    assert reject["column"] == "decided" and "2026-11-20 lies after today (2026-11-19)" in reject["reason"]


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.binary(max_size=400), st.text(max_size=400).map(lambda t: HEADER.encode() + t.encode("utf-8", "surrogatepass"))))
def test_any_bytes_end_in_rows_or_in_an_error_of_ours(data: bytes) -> None:
    try:
        reading = read_file(io.BytesIO(data), "d.csv")
    except BrokenInputError as problem:
        assert problem.where == "d.csv" and problem.advice
    else:
        assert all(r["origin_at"].startswith("line ") and r["reason"] for r in reading.rejects)


@pytest.mark.parametrize("data", [b"\0\1", b"\xff\xfe\x00", HEADER.encode() + b'a,"' + b"x" * 200_000, b"x" * 300_000, b'{"a":' * 50_000])
def test_hostile_files(data: bytes) -> None:
    try:
        assert read_file(io.BytesIO(data), "d.csv").rejects
    except BrokenInputError as problem:
        assert problem.advice


# ledger


def test_the_same_file_twice_is_once(tmp_path: Path) -> None:
    path = tmp_path / "review" / "ledger.jsonl"
    events, _ = _read(HEADER + GOOD + GOOD)
    added = review.append(path, events)
    assert [d.n for d in added] == [1]
    before = path.read_bytes()
    assert review.append(path, [replace(e, source="renamed.csv, line 9") for e in events]) == ()
    assert path.read_bytes() == before
    assert review.load(path) == added


def test_a_file_without_hash_is_once_even_when_the_evidence_changes(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    events, _ = _read(HEADER + GOOD.replace(H1, ""))
    review.append(path, review.freeze(events, _findings((A, H1))))
    assert review.append(path, review.freeze(events, _findings((A, H2)))) == ()
    (decision,) = review.load(path)
    assert decision.evidence_hash == H1 and decision.source.endswith(AT_IMPORT)
    assert review.fold(_findings((A, H2)), [decision])["stale"].to_pylist() == [True]


def test_an_export_brought_back_adds_nothing_and_a_new_look_adds_one(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    events, _ = _read(HEADER + GOOD.replace(H1, ""))
    (frozen,) = review.freeze(events, _findings((A, H1)))
    review.append(path, [frozen])
    assert review.append(path, [replace(frozen, source="export.csv, line 2")]) == ()
    assert len(review.append(path, [replace(frozen, evidence_hash=H2, source="export.csv, line 2")])) == 1


def test_order_is_by_time_then_as_given(tmp_path: Path) -> None:
    one, two = tmp_path / "1.jsonl", tmp_path / "2.jsonl"
    events = [_event(A, decided="2026-11-21"), _event(B, decided="2026-11-20"), _event(C, decided="2026-11-20")]
    assert [d.finding_id for d in review.append(one, events)] == [B, C, A]
    review.append(two, events)
    assert one.read_bytes() == two.read_bytes()


def test_every_single_flipped_byte_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    review.append(path, [_event(i, note="Prüfung") for i in (A, B, C)])
    assert list(review.verify(tmp_path)) == []
    data = path.read_bytes()
    for at in range(len(data)):
        changed = bytearray(data)
        changed[at] ^= 0x01
        path.write_bytes(bytes(changed))
        line = data[: at + 1].count(b"\n") + (data[at : at + 1] != b"\n")
        assert [b.where for b in review.verify(tmp_path)] == [f"ledger.jsonl, line {line}"], at
        if at < data.rindex(b"\n", 0, -1):
            with pytest.raises(IntegrityError):
                review.append(path, [_event(A, note="another")])
    path.write_bytes(data)
    assert list(review.verify(tmp_path)) == []


@pytest.mark.parametrize("change", ["removed", "swapped", "repeated"])
def test_whole_lines_moved_about_are_named(tmp_path: Path, change: str) -> None:
    path = tmp_path / "ledger.jsonl"
    review.append(path, [_event(i) for i in (A, B, C)])
    a, b, c = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join({"removed": [a, c], "swapped": [b, a, c], "repeated": [a, a, b, c]}[change]))
    assert [x.where for x in review.verify(tmp_path)] == [f"ledger.jsonl, line {1 if change == 'swapped' else 2}"]


@pytest.mark.parametrize("cut", [1, 50, 300])
def test_a_half_last_line_is_named_and_comes_back_with_the_file(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "ledger.jsonl"
    events = [_event(A), _event(B)]
    review.append(path, events)
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    assert [x.what for x in review.verify(tmp_path)] == ["the last line has no end: a run was stopped while writing"]
    assert [d.finding_id for d in review.append(path, events)] == [B]
    assert path.read_bytes() == whole
    assert ledger.head(path)[0] == 2


def test_no_ledger_is_an_empty_one(tmp_path: Path) -> None:
    assert review.load(tmp_path / "ledger.jsonl") == () and list(review.verify(tmp_path)) == []
    assert ledger.head(tmp_path / "ledger.jsonl") == (0, ledger.START)


# fold


def _decisions(tmp_path: Path, *events: Event) -> tuple[Decision, ...]:
    review.append(tmp_path / "ledger.jsonl", events)
    return review.load(tmp_path / "ledger.jsonl")


def test_the_newest_counts_and_goes_stale_with_its_evidence(tmp_path: Path) -> None:
    decisions = _decisions(
        tmp_path, _event(A, "unsure", "cannot-tell", "2026-11-19"), _event(A, "confirm", decided="2026-11-20"), _event(B, "reject", "not-equipment")
    )
    folded = review.fold(_findings((C, H1), (A, H1), (B, H2)), decisions)
    assert folded.schema.names == [*FINDING_SCHEMA.names, "verdict", "decided", "reason", "note", "stale"]
    assert folded.select(["finding_id", "verdict", "reason", "stale"]).to_pylist() == [
        {"finding_id": C, "verdict": "", "reason": "", "stale": False},
        {"finding_id": A, "verdict": "confirm", "reason": "same-company", "stale": False},
        {"finding_id": B, "verdict": "reject", "reason": "not-equipment", "stale": True},
    ]
    assert folded.schema.metadata == FINDING_SCHEMA.metadata


def test_on_the_same_day_the_later_line_counts(tmp_path: Path) -> None:
    decisions = _decisions(tmp_path, _event(A, "confirm"), _event(A, "reject", "different-company"))
    assert review.fold(_findings((A, H1)), decisions)["verdict"].to_pylist() == ["reject"]


def test_nothing_to_fold() -> None:
    assert review.fold(_findings(), [])["stale"].to_pylist() == []
    assert review.fold(_findings((A, H1)), [])["verdict"].to_pylist() == [""]
    chunked = pa.concat_tables([_findings((A, H1)), _findings((B, H1))])
    assert review.fold(chunked, [])["verdict"].to_pylist() == ["", ""]


def test_orphans_are_reported(tmp_path: Path) -> None:
    decisions = _decisions(tmp_path, _event(A), _event(B), _event(B, "reject", "not-equipment", "2026-11-21"))
    assert [(d.finding_id, d.verdict) for d in review.orphans(_findings((A, H1)), decisions)] == [(B, "reject")]


def test_a_decision_without_its_finding_is_stale_when_it_comes_back(tmp_path: Path) -> None:
    decisions = _decisions(tmp_path, *review.freeze([_event(A, hash_="")], _findings()))
    assert review.fold(_findings((A, H1)), decisions)["stale"].to_pylist() == [True]


def test_two_minds_about_one_finding_are_a_conflict(tmp_path: Path) -> None:
    yes, no = _event(A, decider="reviewer"), _event(A, "reject", "different-company", "2026-11-21", decider="second reviewer")
    decisions = _decisions(tmp_path, yes, no)
    (conflict,) = review.conflicts(_findings((A, H1)), decisions)
    assert conflict.finding_ids == (A,) and conflict.decisions == (1, 2)
    assert "reviewer says confirm" in conflict.what and "second reviewer says reject" in conflict.what


def test_a_change_of_mind_is_no_conflict_nor_is_other_evidence(tmp_path: Path) -> None:
    decisions = _decisions(
        tmp_path,
        _event(A), _event(A, "reject", "different-company", "2026-11-21"),
        _event(B, decider="reviewer"), _event(B, "reject", "different-company", hash_=H2, decider="second reviewer"),
    )  # fmt: skip
    findings = pa.concat_tables([_findings((A, H1)), _findings((B, H2), supplier="Another Ltd")])
    assert review.conflicts(findings, decisions) == ()


def test_the_same_company_and_a_different_one_is_a_conflict(tmp_path: Path) -> None:
    decisions = _decisions(tmp_path, _event(A), _event(B, "reject", "different-company"), _event(C, "reject", "different-company"))
    findings = pa.concat_tables([_findings((A, H1)), _findings((B, H1), supplier=" INVENTED  cameras ltd"), _findings((C, H1), supplier="Other")])
    (conflict,) = review.conflicts(findings, decisions)
    assert conflict.finding_ids == (A, B) and "inventedmaker" in conflict.what


def test_duplicates_of_each_other_are_a_conflict(tmp_path: Path) -> None:
    ring = [_event(x, "duplicate", "same-as", note=f"see {y}") for x, y in ((A, B), (B, C), (C, A), ("d" * 20, A))]
    (conflict,) = review.conflicts(_findings((A, H1), (B, H1), (C, H1)), _decisions(tmp_path, *ring))
    assert conflict.finding_ids == (A, B, C)
    chain = [_event("e" * 20, "duplicate", "same-as", note=f"see {'f' * 20}")]
    assert len(review.conflicts(_findings(), _decisions(tmp_path, *chain))) == 1


_ids = st.sampled_from([A, B, C])
_verdicts = st.sampled_from([("confirm", "same-company"), ("reject", "not-equipment"), ("unsure", "cannot-tell")])
_events = st.builds(lambda i, v, d, h: _event(i, *v, decided=d, hash_=h), _ids, _verdicts, st.sampled_from(["2026-11-20", "2026-11-21"]), st.sampled_from([H1, H2]))


@settings(max_examples=60, deadline=None)
@given(st.lists(_events, max_size=8), st.integers(0, 8))
def test_in_one_go_or_in_two_the_ledger_knows_the_same(tmp_path_factory: pytest.TempPathFactory, events: list[Event], cut: int) -> None:
    folder = tmp_path_factory.mktemp("ledger")
    review.append(folder / "ledger.jsonl", events)
    whole = {replace_chain(d) for d in review.load(folder / "ledger.jsonl")}
    two = folder / "two.jsonl"
    for part in (events[:cut], events[cut:], events):
        review.append(two, part)
    assert {replace_chain(d) for d in review.load(two)} == whole
    assert list(review.verify(folder)) == []


def replace_chain(decision: Decision) -> Decision:
    return replace(decision, n=0, prev="", hash="")
