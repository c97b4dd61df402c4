"""Promises: what the British statement of 29 April 2024 promised and what became of it (the golden case), each verdict, and the questions that are left."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from timetable_rows import batches, said

from custodes.pipeline.timetabling import form
from custodes.records import promise_table, tables
from custodes.timetable.promise import judge, said_of
from custodes.timetable.promise_questions import day_words, minister, questions
from custodes.timetable.promise_score import score

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "examples" / "councils" / "inputs" / "promises.csv"


def judged(rows, now="2027-02-01"):
    return {j.promise.statement_id: j for j in judge(said_of(rows), now)}


@pytest.fixture(scope="module")
def golden():
    found = batches(promise_table, GOLDEN.read_bytes(), "inputs/promises.csv")
    assert "REJECT" not in found and len(found["STATEMENT"]) == 6
    return found["STATEMENT"]


# ---- the golden case ------------------------------------------------------------------------------------------------------------------------------------


def test_the_british_statement_of_2024_is_unreported_and_never_called_missed(golden):
    found = judged(golden, "2026-11-23")
    assert {key: j.verdict for key, j in found.items()} == {"co-2023-07-24-timeline": "missed", "co-2024-04-29-october": "unreported", "co-2024-04-29-all": "unreported"}
    assert "about 50 %" in found["co-2024-04-29-all"].why and "not known to us" in found["co-2024-04-29-all"].why
    assert found["co-2024-04-29-all"].changes == ("2024-09-09: said again unchanged by Cabinet Office",)
    assert found["co-2023-07-24-timeline"].why == "reached on 2024-04-29, 3 days after 2024-04-26"


def test_on_each_day_only_what_was_said_until_then_counts(golden):
    assert {j.verdict for j in judge(said_of(golden), "2024-01-01")} == {"not due yet"}
    on_the_day = {j.promise.statement_id: j.verdict for j in judge(said_of(golden), "2024-10-31")}
    assert on_the_day["co-2024-04-29-october"] == "not due yet" and on_the_day["co-2024-04-29-all"] == "not due yet"
    assert judged(golden, "2024-11-01")["co-2024-04-29-october"].verdict == "unreported"


def test_field_by_field_against_the_familiar_form(golden):
    (doc,) = score(said_of(golden), form())
    state = {field: is_ for field, _, is_, _ in doc.fields}
    assert doc.document == "ws-2024-04-29" and len(doc.fields) == 20
    assert [f for f, s in state.items() if s == "given"] == ["scope", "milestones", "end_date"]
    assert [f for f, s in state.items() if s == "in part"] == ["done_to_date"]
    assert [f for f, s in state.items() if s == "kept back"] == ["sites_number", "sites_named", "devices_number", "makers", "cost_to_date", "cost_to_come"]
    assert doc.count("missing") == 10


def test_the_golden_facts_are_those_of_the_shared_form(golden, shared: Path):
    forms = {f["id"]: f for f in json.loads((shared / "awards" / "timetable" / "timetable_forms.json").read_text())["forms"]}
    uk = forms["uk-timeline-2024-04-29"]
    steps = {(m["date"], m["removed_share"]) for m in uk["milestones"]}
    ours = {(json.loads(r["details"]).get("by") or r["date"], float(json.loads(r["details"])["share"])) for r in golden if r["statement_id"] in ("co-2024-04-29-half", "co-2024-04-29-october", "co-2024-04-29-all")}
    assert ours == steps
    known = set(forms)
    cited = {name for row in form() for name in row["forms"].split(" ; ") if name in known}
    assert {"fcc-status-update", "au-2023-audit", "uk-timeline-2024-04-29", "fcc-spending-report", "fcc-form-5640-part-c", "s889-waiver"} <= cited


def test_what_is_left_open_can_be_asked(golden):
    said_ = said_of(golden)
    asked, troubles = questions(score(said_, form()), judge(said_, "2026-11-23"), form())
    assert not troubles and len(asked) == 10 + 6 + 1 + 2
    for q in asked:
        assert q.text.startswith("To ask His Majesty's Government, further to the written statement of 29 April 2024, ") and q.text.endswith(".")
        assert len(q.text.split()) <= 75 and "co-2024-04-29-all" in q.cites
        assert not re.search(r"\b(fail|refus|shame|why not|agree|disgrace)", q.text), "a question gives no opinion"
    texts = " ".join(q.text for q in asked)
    assert "how many sites were in the scope" in texts and "cost" in texts and "by 31 October 2024" in texts and "by 30 April 2025" in texts


# ---- each verdict ---------------------------------------------------------------------------------------------------------------------------------------


def report(date: str, share: str, **more: str) -> dict[str, str]:
    return {"statement_id": f"r-{date}", "statement_kind": "promise report", "date": date, "share": share, "refers_to": "p", "words": f"{share} reached", **more}


@pytest.mark.parametrize(
    ("later", "verdict", "why"),
    [
        ((), "unreported", "no statement that we hold"),
        ((report("2026-12-30", "1"),), "met", "100 % of sites was reported on 2026-12-30"),
        ((report("2027-01-20", "1"),), "met", "20 days after the day promised; on which day it was reached is not said"),
        ((report("2027-01-20", "1", by="2027-01-10"),), "missed", "10 days after 2026-12-31"),
        ((report("2027-01-20", "1", by="2026-12-20"),), "met", "reached by 2026-12-20"),
        ((report("2026-06-30", "0.4"),), "unreported", "the last report, of 2026-06-30, says 40 %"),
        ((report("2027-01-05", "0.97"),), "missed", "97 % of sites was reported on 2027-01-05, 100 % of sites was promised"),
        ((report("2027-01-05", "0.9"), report("2027-01-25", "1")), "missed", "it was reached later"),
        (({"statement_id": "w", "statement_kind": "promise withdrawn", "date": "2026-09-01", "refers_to": "p", "words": "given up", "share": ""},), "withdrawn", "took it back on 2026-09-01"),
        (({"statement_id": "w", "statement_kind": "promise withdrawn", "date": "2027-01-20", "refers_to": "p", "words": "given up", "share": ""}, report("2026-12-01", "1")), "met", "100 %"),
        (({"statement_id": "s", "statement_kind": "promise restated", "date": "2026-09-01", "refers_to": "p", "words": "later now", "by": "2027-06", "share": "0.9"},), "unreported", "due on 2026-12-31"),
    ],
)  # fmt: skip
def test_a_promise_is_judged_by_what_was_said_later(later, verdict, why):
    found = judged(said({}, *later))["p"]
    assert found.verdict == verdict and why in found.why


def test_what_a_restatement_changes_is_said_field_by_field():
    found = judged(said({}, {"statement_id": "s", "statement_kind": "promise restated", "date": "2026-09-01", "refers_to": "p", "words": "w", "by": "2027-06", "share": "0.9", "scope": "some sites"}))["p"]
    assert found.changes == (
        "2026-09-01: the day moved later, from 2026-12 to 2027-06", "2026-09-01: the share went from 100 % to 90 %", "2026-09-01: scope changed from 'all sites' to 'some sites'",
    )  # fmt: skip


def test_about_is_not_held_to_the_point_and_a_number_is():
    assert judged(said({"share": "0.7", "approx": "yes"}, report("2026-12-30", "0.66")))["p"].verdict == "met"
    assert judged(said({"share": "0.7", "approx": "yes"}, report("2026-12-31", "0.64")))["p"].verdict == "missed"
    assert judged(said({"share": "0.7"}, report("2026-12-31", "0.69")))["p"].verdict == "missed"
    numbers = said({"share": "", "number": "41", "of": "systems"}, report("2026-12-31", "", number="41"))
    assert judged(numbers)["p"].verdict == "met"


# ---- questions, forms, the table -------------------------------------------------------------------------------------------------------------------------


def test_questions_take_the_form_of_the_house_and_one_department():
    for house, start in (("commons", "To ask the Secretary of State for Transport, pursuant to the "), ("council", "To the Cabinet Member for Estates: with reference to the "), ("lords", "To ask His Majesty's Government, further to the ")):
        rows = said_of(said({"house": house, "answers": "Cabinet Member for Estates" if house == "council" else "Department for Transport"}))
        asked, _ = questions(score(rows, form()), judge(rows, "2027-02-01"), form())
        assert asked and all(q.text.startswith(start) and len(q.text.split()) <= 75 for q in asked)
        assert len({q.to for q in asked}) == 1 and len({q.question_id for q in asked}) == len(asked)
    rows = said_of(said({"answers": ""}))
    asked, troubles = questions(score(rows, form()), judge(rows, "2027-02-01"), form())
    assert not asked and "no department is named" in troubles[0]
    assert minister("Home Office") == "Secretary of State for the Home Department" and day_words("2024-10") == "October 2024" and day_words("2024") == "2024"


def test_every_field_of_the_form_has_a_question_and_a_source():
    rows = form()
    assert len({row["field"] for row in rows}) == len(rows)
    for row in rows:
        assert row["title"] and row["citation"] and row["forms"] and row["checked_on"], row["field"]
        assert not row["question"].endswith(("?", ".")) and len(row["question"].split()) < 45
    asked = {row["field"] for row in rows}
    assert {"sites_named", "devices_number", "cost_to_date", "cost_to_come", "makers", "unknown_makes", "disposal", "extensions"} <= asked


def test_a_table_of_promises_belongs_to_one_reader_and_refuses_what_says_nothing():
    head = GOLDEN.read_bytes()[:3000]
    assert promise_table.sniff(head, "promises.csv") and not tables.sniff(head, "promises.csv")
    names = next(csv.reader([head.decode().splitlines()[0]]))
    row = dict.fromkeys(names, "")
    row |= {"statement_id": "x", "statement_kind": "promise", "date": "2026-01-01", "speaker": "Ministry of Examples", "measure": "sites", "by": "2027", "words": "w", "citation": "c", "grade": "recorded", "publish": "yes"}
    cases = [({"by": ""}, "by"), ({"share": "70"}, "share"), ({"date": "soon"}, "date"), ({"gives": "everything"}, "gives"), ({"citation": ""}, "citation"), ({"statement_kind": "promise report"}, "refers_to"), ({"grade": "sure"}, "grade")]
    for change, column in cases:
        found = batches(promise_table, json.dumps(row | change).encode())
        assert [r["column"] for r in found["REJECT"]] == [column] and "STATEMENT" not in found
    assert "STATEMENT" in batches(promise_table, json.dumps(row).encode())
    person = batches(promise_table, json.dumps(row | {"speaker": "Mrs Jane Example"}).encode())
    assert "STATEMENT" not in person and person["LEFT_OUT"][0]["reason"] == "natural person"
