"""The accused path of a whole case with a published timetable: a word of its own in every cell of every input, then every byte of what leaves is searched.

What may show is named here, place by place; a place that is not named and shows is a leak, and one that is named and does not show is a gap.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import invented
import pytest
from click.testing import CliRunner
from test_publication_site_gate import Markers, contents

from custodes.cli import main
from custodes.publication.gate import public_edition

FIRST, LATER = "2026-07-01", "2026-11-01"
RULES = (("site", "hid"), ("devices", "num"), ("dates", "dat"), ("place", "plc"), ("body", "bod"))
"""Field that is kept back, and the start of the ids of its sites; sites whose ids start with ``see`` keep nothing back."""


def run(*arguments: object) -> str:
    done = CliRunner().invoke(main, [str(a) for a in arguments])
    assert done.exit_code in (0, 3), done.output
    return done.output


def table(rows: list[dict[str, object]]) -> str:
    out = io.StringIO()
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(out, names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def sites(mark: Markers) -> list[dict[str, object]]:
    rows = []
    for field, start in (*RULES, ("nothing", "see")):
        of = mark(f"site, {field}, body")
        deadline, contract, cost = f"{2031 + len(rows)}-05-17", f"{2031 + len(rows)}-03-19", f"{70013 + len(rows)}.57"
        mark.places |= {deadline: f"site, {field}, deadline", deadline.replace("-", ""): f"site, {field}, deadline", contract: f"site, {field}, contract end", cost: f"site, {field}, cost"}
        for n in range(6):
            said = {name: mark(f"site, {field}, {name}") for name in ("address", "area", "unread column")}
            row = {"site_id": f"{start}{mark(f'site, {field}, id')}", "body": of, "devices": 20 + n, "unknown_make": 3, "unit_cost": cost, "deadline": deadline, "region": "North"}
            rows.append(row | said | {"sensitivity": field, "contract_end": contract, "currency": "GBP", "maker_id": "hikvision"})
    return rows


def events(mark: Markers, of: list[dict[str, object]]) -> list[dict[str, object]]:
    rows = []
    for site in of:
        where = site["sensitivity"]
        for n, (event, more) in enumerate((("isolated", {}), ("removed", {"devices": 5}), ("disposed", {"devices": 4, "certificate": mark(f"event, {where}, certificate")}), ("extension asked", {"until": "2030-02-03", "cause": "landlord"}))):
            told = {name: mark(f"event, {where}, {event}, {name}") for name in ("event_id", "reason", "decided_by", "citation", "url", "note")}
            told["url"] = f"https://progress.example/{told['url']}"
            rows.append({"site_id": site["site_id"], "event": event, "date": f"2026-10-{11 + n}", **more, **told, "cost": 700 if event == "removed" else "", "currency": "GBP" if event == "removed" else ""})
    return rows


def promises(mark: Markers) -> list[dict[str, object]]:
    rows = []
    for publish in ("yes", "review", "lead-only", "no"):
        id = mark(f"promise, {publish}, id")
        said = {name: mark(f"promise, {publish}, {name}") for name in ("title", "speaker", "answers", "scope", "words", "citation")}
        base = {"statement_id": id, "statement_kind": "promise", "document": mark(f"promise, {publish}, document"), "date": "2026-01-05", **said, "house": "commons", "measure": "devices removed"}
        base |= {"share": "0.5", "of": "devices in scope", "by": "2026-06-30", "approx": "no", "gives": "responsible", "withholds": "cost_to_come", "url": f"https://promise.example/{mark(f'promise, {publish}, url')}", "grade": "recorded", "publish": publish}
        report = {name: mark(f"report, {publish}, {name}") for name in ("title", "speaker", "words", "citation", "document")}
        # a report that must not leave, about a promise that may: neither its words nor what it would make of the verdict
        rows += [base, {**base, **report, "statement_id": mark(f"report, {publish}, id"), "statement_kind": "promise report", "date": "2026-08-01", "share": "0.61", "refers_to": rows[0]["statement_id"] if rows else id}]
    return rows


def spend(mark: Markers) -> list[dict[str, object]]:
    says = ("Hikvision cameras", "Dahua recorder", "CCTV maintenance", "CCTV cameras")
    return [
        {"Body": mark(f"purchase {n}: body"), "Supplier": f"{mark(f'purchase {n}: supplier')} Ltd", "Description": f"{what} {mark(f'purchase {n}: description')}", "Amount": 1200 + n, "Date": "2026-03-04", "Transaction number": mark(f"purchase {n}: transaction")}
        for n, what in enumerate(says)
    ]


def statements(mark: Markers) -> list[dict[str, object]]:
    rows = []
    for kind, publish in (("claim", "yes"), ("reported use", "yes"), ("reply", "yes"), ("policy", "review"), ("policy", "no"), ("listing", "lead-only"), ("policy", "yes")):
        said = {name: mark(f"statement, {kind} {publish}, {name}") for name in ("statement_id", "speaker", "about", "words", "citation")}
        rows.append({**said, "date": "2025-02-03", "date_precision": "day", "statement_kind": kind, "url": "", "grade": "reported", "publish": publish})
    return rows


def answers(mark: Markers) -> list[dict[str, object]]:
    return [
        {"body": "Thurrock Council", "about": mark("answer, about"), "asked": "2026-01-02", "answered": "2026-02-03", "state": state, "exemption": "", "makers": "hikvision", "devices": 50, "sites": 2, "words": mark(f"answer, {state}, words"), "url": f"https://foi.example/{mark(f'answer, {state}, url')}", "grade": "recorded"}
        for state in ("present", "partial")
    ]


@pytest.fixture(scope="module")
def accused(tmp_path_factory: pytest.TempPathFactory) -> tuple[Markers, Path]:
    mark = Markers()
    folder = tmp_path_factory.mktemp("accused") / "case"
    (folder / "inputs").mkdir(parents=True)
    rules = [
        f'[[withhold]]\nwhere = {{ sensitivity = "{field}" }}\nfields = ["{field}"]\nexemption = "{mark(f"rule, {field}, exemption")}"\ndecided_by = "{mark(f"rule, {field}, decided_by")}"\nreview = "2028-01-01"\nreason = "{mark(f"rule, {field}, reason")}"\n'
        for field, _ in RULES
    ]
    settings = "".join(f'{name} = "{mark(f"settings, {name}")}"\n' for name in ("responsible", "prepared_by", "commitment", "scope"))
    (folder / "case.toml").write_text(
        'format = 1\n[[records]]\npath = "inputs/*"\nlicence = "open"\n[plan]\npolicy = "none"\n[means]\nstart = "2026-08"\ncrews = 3\ndevices_per_crew_month = 30\n'
        f"[timetable]\npublish = true\nminimum_cell = 5\n{settings}" + "".join(rules), encoding="utf-8",
    )  # fmt: skip
    every = sites(mark)
    for name, rows in (("sites", every), ("promises", promises(mark)), ("spend", spend(mark)), ("statements", statements(mark)), ("answers", answers(mark))):
        (folder / "inputs" / f"{mark(f'path of {name}')}-{name}.csv").write_text(table(rows), encoding="utf-8")
    run("run", folder, "--offline", "--now", FIRST)
    run("plan", folder, "--freeze", "--reason", mark("reason of the freeze"), "--now", FIRST)
    (folder / "inputs" / f"{mark('path of events')}-progress.csv").write_text(table(events(mark, every)), encoding="utf-8")
    run("run", folder, "--offline", "--now", LATER)
    run("publish", folder, "--edition", "public", "--now", LATER)
    return mark, folder / "publication"


SHOWN = re.compile(
    "rule, [a-z]+, (exemption|decided_by|reason)|settings, [a-z_]+|reason of the freeze|(promise|report), yes, [a-z_]+|statement, policy yes, [a-z_]+|purchase [0-9]: body"
    "|site, (site|devices|dates|place|nothing), body|site, (devices|dates|place|body|nothing), id|site, (devices|dates|body|nothing), (address|area)"
    "|site, (devices|place|body|nothing), (deadline|contract end)|site, (dates|place|body|nothing), cost|event, nothing, .*(certificate|reason|decided_by)"
)
"""Places whose words may leave: decisions to keep something back, promises and acts marked yes, bodies whose records were read, and what of a site or event is
not kept back. A body that keeps its sites back still has its sums where these can carry it (docs/how-to/withhold.md)."""


def found(folder: Path, mark: Markers) -> Iterator[tuple[str, str]]:
    """(place, file) of every marker in the bytes or the name of a file."""
    word = re.compile("|".join(["Zq[0-9]{3,4}xv[a-j]k", *(re.escape(each) for each in mark.places if each[0].isdigit())]), re.IGNORECASE)
    of = {each.casefold(): place for each, place in mark.places.items()}
    for path in sorted(folder.rglob("*")):
        parts = [str(path.relative_to(folder)), *(part.decode("utf-8", "replace") for part in (contents(path) if path.is_file() else []))]
        yield from {(of[hit.casefold()], path.relative_to(folder).as_posix()) for part in parts for hit in word.findall(part)}


def test_no_word_of_a_whole_case_leaves_that_may_not(accused: tuple[Markers, Path]) -> None:
    mark, folder = accused
    assert len(mark.places) > 900
    assert (folder / "public" / "timetable.html").is_file() and (folder / "public" / "timetable" / "timetable.xlsx").is_file()
    shown = dict(found(folder / "public", mark))
    assert {place: file for place, file in shown.items() if not SHOWN.fullmatch(place)} == {}
    every = set(mark.places.values())
    assert {place for place in every if SHOWN.fullmatch(place)} - shown.keys() <= NOT_USED


NOT_USED = {
    "promise, yes, document", "report, yes, title", "report, yes, speaker", "report, yes, words", "report, yes, citation", "report, yes, document", "report, yes, url",
}  # fmt: skip
"""Places that may show and have no need to: a report stands on the page by its id and what it says in figures."""


def test_the_draft_holds_the_words_so_the_search_can_find_them(accused: tuple[Markers, Path]) -> None:
    mark, folder = accused
    missing = set(mark.places.values()) - {place for place, _ in found(folder / "draft", mark)}
    assert {place for place in missing if not re.search("unread column|, no, |policy no|answer, partial|note|event_id|url|citation|path of|rule, |settings|report, |contract end|cost|deadline|decided_by", place)} == set()


def test_a_timetable_that_was_not_made_to_leave_does_not(accused: tuple[Markers, Path]) -> None:
    """Whoever hands the whole state to the gate gets an edition without it; the form that was made to leave passes."""
    whole = json.loads((accused[1] / "draft" / "timetable" / "timetable.json").read_text(encoding="utf-8"))
    assert whole["sites"]
    edition = invented.edition(kind="public")
    assert public_edition(replace(edition, timetable={**whole, "preview": True})).timetable == {} == public_edition(replace(edition, timetable=whole)).timetable
    assert public_edition(replace(edition, timetable={**whole, "preview": False})).timetable["sites"] == whole["sites"]
