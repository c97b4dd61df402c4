"""The timetable in forms that others know, judged by programs that others wrote: icalendar, jsonschema, openpyxl, ocdskit; and the forms of the rules."""

from __future__ import annotations

import csv
import io
import json
import warnings
from dataclasses import replace
from datetime import date
from typing import Any

import openpyxl
import pyarrow as pa
import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st
from timetable_rows import ORIGIN, batches, events, given, plan, said, site

from custodes.pipeline.timetabling import form
from custodes.publication import publish
from custodes.publication.timetable_forms import FAR_COLUMNS, _folded, calendar, far_lines, ocds, question_text, status_update, written_answer
from custodes.publication.timetable_sheet import COLUMNS
from custodes.publication.timetable_tables import document, schema
from custodes.publication.view import normalise
from custodes.records import HEAD_SIZE, progress_table
from custodes.records.registry import choose
from custodes.timetable import baseline
from custodes.timetable.public import public
from custodes.timetable.status import state
from custodes.values import FINDING_SCHEMA
from custodes.values.edition import Edition
from custodes.values.removal import CAUSES, EVENTS

TOLD = """a,isolated,2026-02-01,,,,,
a,removed,2026-03-10,,,,,
a,replaced,2026-03-11,10,,,,
a,disposed,2026-04-01,8,WTN-1,,,
b,extension asked,2026-04-02,,,landlord,2026-12-31,"consent; not given, yet"
b,removed,2026-05-02,4,,,,
"""
SITES = [
    site("a", 10, region="North", address="Old Hall, =1+1", currency="GBP"), site("b", 12, region="South", body="Über-Städte & Co", deadline="2026-06-30"),
    site("c", 7, unknown_make=3, maker_id="argus"), *(site(f"h{n}", 9 + n, sensitivity="sensitive") for n in range(6)),
]  # fmt: skip
HIDE = [{"where": {"sensitivity": "sensitive"}, "exemption": "s.24", "decided_by": "Security Officer", "review": "2027-01-01"}]


def made(kind: str) -> Edition:
    """An edition with a timetable: everything in a draft, what may leave in a public one."""
    months = {"a": "2026-02", "b": "2026-04", "c": "2026-11"}
    given_ = given(
        SITES, plan={**plan(**months), "inputs": {"sites": [], "policy": {"currency": "GBP", "cost_low": 100, "cost_high": 300, "title": "none", "deadline": ""}}},
        baselines=[baseline.frozen(plan(**months), [], "2026-01-02", "")], statements=[*events(TOLD), *said({})], withhold=HIDE, form=form(),
        timetable={"responsible": "Director of Estates", "next_report": "2026-10-31"},
    )  # fmt: skip
    whole = state(given_)
    shown = whole if kind == "draft" else public(whole, given_, ()).view
    return Edition(kind, "2026-07-15", pa.Table.from_batches([], schema=pa.schema(FINDING_SCHEMA)), {}, {}, (), (), (), {}, {"title": "Invented; removal, 2026"}, timetable=shown)


@pytest.fixture(scope="module", params=["draft", "public"])
def view(request):
    return normalise(made(request.param))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("public")
    publish(made("public"), path)
    return path / "timetable"


# ---- iCalendar -------------------------------------------------------------------------------------------------------------------------------------------


def test_the_calendar_is_read_by_icalendar(view):
    icalendar = pytest.importorskip("icalendar", reason="icalendar is not installed")
    text = calendar(view, view.timetable)
    read = icalendar.Calendar.from_ical(text)
    assert not read.errors and not [e for e in read.walk() if e.errors]
    days = {str(e["SUMMARY"]).removeprefix("DRAFT: "): (e.decoded("DTSTART"), e.decoded("DTEND")) for e in read.walk("VEVENT")}
    assert days["Removal: c"] == (date(2026, 11, 1), date(2026, 12, 1)) and days["Deadline: b"] == (date(2026, 6, 30), date(2026, 7, 1))
    assert days["Next report on the removal is due"][0] == date(2026, 10, 31) and "Removal: a" not in days, "what is done is no date any more"
    assert len({str(e["UID"]) for e in read.walk("VEVENT")}) == len(days)
    assert (("Review what is kept back under s.24" in days) is not view.draft) and not any("h0" in name for name in days if not view.draft)
    assert str(read["X-WR-CALNAME"]).replace("\\", "") == "Invented; removal, 2026", "icalendar leaves the escapes of a property that it does not know"
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n")) and text.endswith("END:VCALENDAR\r\n") and "\n" not in text.replace("\r\n", "")


@settings(max_examples=100, deadline=None)
@for_all(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=200))
def test_a_folded_line_comes_back_whole(text):
    parts = list(_folded(text))
    assert all(len(p.encode()) <= 75 for p in parts) and "".join([parts[0], *(p[1:] for p in parts[1:])]) == text


# ---- JSON, CSV, XLSX -------------------------------------------------------------------------------------------------------------------------------------


def test_the_json_fits_its_schema_and_the_schema_can_fail(view):
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    jsonschema.Draft202012Validator.check_schema(schema())
    judge = jsonschema.Draft202012Validator(schema())
    value = json.loads(json.dumps(document(view, view.timetable)))
    assert not [e.message for e in judge.iter_errors(value)]
    for broken in ({"edition": "final"}, {"sites": [{"site_id": "a"}]}, {"as_of": "today"}, {"promises": [{"statement_id": "p", "by": "2026", "verdict": "broken", "why": "", "citation": ""}]}):
        assert list(judge.iter_errors(value | broken)), broken


def test_csv_and_workbook_hold_the_numbers_of_the_json_and_no_formula(folder):
    told = json.loads((folder / "timetable.json").read_text())
    rows = list(csv.DictReader(io.StringIO((folder / "sites.csv").read_text(encoding="utf-8"))))
    assert [(r["site_id"], r["devices"], r["removed"]) for r in rows] == [(s["site_id"], str(s["devices"]), str(s["removed"])) for s in told["sites"]]
    assert [r["site_id"] for r in rows] == ["a", "b", "c"] and {r["edition"] for r in rows} == {"public"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(folder / "timetable.xlsx")
    assert book.sheetnames[:4] == ["Sites", "Bodies", "Regions", "Burn-down"] and {"Dictionary", "About", "Promises", "Form", "Questions"} <= set(book.sheetnames)
    for sheet in book.worksheets:
        for line in sheet.iter_rows():
            assert not [c.value for c in line if c.data_type == "f"], sheet.title
    head, *body = [[c.value for c in line] for line in book["Sites"].iter_rows()]
    assert [(r[head.index("site_id")], r[head.index("devices")]) for r in body] == [("a", 10), ("b", 12), ("c", 7)]
    assert not [c for s in book.worksheets for line in s.iter_rows(values_only=True) for c in line if str(c) in {f"h{n}" for n in range(6)}]
    assert sum(int(r["devices"] or 0) for r in csv.DictReader(io.StringIO((folder / "regions.csv").read_text()))) == told["totals"]["devices"] == 98


# ---- OCDS ------------------------------------------------------------------------------------------------------------------------------------------------


def test_ocds_milestones_say_what_is_met(view):
    package = ocds(view, view.timetable)
    stones = {m["id"]: m for r in package["releases"] for m in r["planning"]["milestones"]}
    assert (stones["a"]["status"], stones["a"]["dateMet"]) == ("met", "2026-03-10T23:59:59Z")
    assert (stones["b"]["status"], stones["c"]["status"], stones["c"]["dueDate"]) == ("partiallyMet", "scheduled", "2026-11-30T23:59:59Z")
    assert set(stones) & {"h0"} == (set() if not view.draft else {"h0"})
    for release in package["releases"]:
        assert {"ocid", "id", "date", "tag", "initiationType"} <= set(release) and release["ocid"].startswith("ocds-213czf-")
        assert release["buyer"]["id"] in {p["id"] for p in release["parties"]}
    assert len({r["ocid"] for r in package["releases"]}) == len(package["releases"])


def test_ocdskit_takes_the_package_for_one(view, tmp_path):
    """The ids make releases that combine: ocdskit reads the package as OCDS 1.1 and puts it together with itself."""
    util = pytest.importorskip("ocdskit.util", reason="ocdskit is not installed (pip install ocdskit)")
    combine = pytest.importorskip("ocdskit.combine")
    package = ocds(view, view.timetable)
    (tmp_path / "package.json").write_text(json.dumps(package), encoding="utf-8")
    assert util.detect_format(str(tmp_path / "package.json"))[0] == "release package"
    joined = combine.combine_release_packages([package, package], uri="https://example.org/x", published_date=package["publishedDate"])
    assert len(joined["releases"]) == 2 * len(package["releases"])


# ---- text forms ------------------------------------------------------------------------------------------------------------------------------------------


def test_a_status_update_has_the_headings_of_the_programme_and_certifies_nothing(view):
    text = status_update(view, view.timetable)
    for head in ("1. Recipient", "2. Efforts undertaken", "3. Challenges encountered", "4. Availability of replacement equipment", "6. Compliance with the submitted timeline", "8. Certification"):
        assert f"\n{head}\n" in text
    assert "nothing here is certified" in text and "compliant" not in text
    totals = view.timetable["totals"]
    assert f"Removed: {totals['removed']} of {totals['devices']} devices (" in text and "landlord: 1 sites" in text


def test_the_answer_names_sites_cameras_cost_to_date_and_to_come(view):
    text = written_answer(view, view.timetable)
    assert "Annex: 3 sites" in text if not view.draft else "Annex: 9 sites" in text
    assert "Cost to date, as far as reported: none." in text and "Cost to come: GBP" in text
    assert "a (Anytown Council, Old Hall, =1+1): 10 devices, 10 removed, removed and replaced" in text
    assert ("s.24" in text) is not view.draft


def test_the_line_report_has_the_words_of_the_rule_and_stays_in_drafts(shared, folder):
    forms = {f["id"]: f for f in json.loads((shared / "awards" / "timetable" / "timetable_forms.json").read_text())["forms"]}
    fields = " ".join(forms["far-52.204-25-d2i"]["fields"]).casefold()
    for column in FAR_COLUMNS[:9]:
        assert all(word in fields for word in column.replace("uei", "unique entity identifier").replace("numbers", "number").split("_")), column
    assert not (folder / "far-52.204-25.csv").exists()


def test_the_line_report_is_in_the_draft_and_says_what_was_done():
    view = normalise(made("draft"))
    lines = far_lines(view, view.timetable)
    assert [(line["brand"], line["reference"], line["supplier_uei"]) for line in lines] == [("argus", "c", "")]
    assert "planned for 2026-11" in lines[0]["mitigation"] and lines[0]["item_description"] == "7 devices at c (Anytown Council)"


def test_the_sheet_that_goes_out_comes_back_through_the_inbox(tmp_path):
    publish(made("draft"), tmp_path)
    path = tmp_path / "timetable" / "progress-sheet.xlsx"
    reader = choose(path.read_bytes()[:HEAD_SIZE], "inbox/sheet.xlsx", ORIGIN)
    assert reader is progress_table
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(path)
    sheet = book["Progress"]
    names = [c.value for c in sheet[1]]
    assert names == list(COLUMNS)
    lists = {str(v.sqref).split("2")[0]: v.formula1.strip('"').split(",") for v in sheet.data_validations.dataValidation}
    assert lists == {"F": list(EVENTS), "J": list(CAUSES)}
    ids = [c.value for c in sheet["A"][1:]]
    untouched = batches(progress_table, path.read_bytes())
    assert "STATEMENT" not in untouched and [(r["reason"], r["count"]) for r in untouched["LEFT_OUT"]] == [("no event entered", len(ids))]
    row = ids.index("b") + 2
    for name, value in (("event", "removed"), ("date", date(2026, 7, 1)), ("devices", 8)):
        sheet.cell(row, names.index(name) + 1, value)
    book.save(tmp_path / "back.xlsx")
    (event,) = batches(progress_table, (tmp_path / "back.xlsx").read_bytes())["STATEMENT"]
    assert (event["about"], event["date"], json.loads(event["details"])["devices"]) == ("b", "2026-07-01", 8)


def test_questions_as_text_cite_the_promise(view):
    text = question_text(view.timetable["questions"])
    assert text.startswith("To ask the Minister responsible for the Ministry of Examples, pursuant to the written statement of 10 January 2026, ")
    assert text.count("cites p;") == len(view.timetable["questions"])


def test_without_sites_there_is_no_empty_calendar(tmp_path):
    given_ = given([], statements=said({}), form=form())
    edition = replace(made("draft"), timetable=state(given_))
    publish(edition, tmp_path)
    names = {p.name for p in (tmp_path / "timetable").iterdir()}
    assert {"promises.csv", "timetable.json", "promise-questions.txt"} <= names and not names & {"timetable.ics", "status-update.txt", "sites.csv"}
    assert "No site is known in this case" in (tmp_path / "timetable.html").read_text(encoding="utf-8")


def test_an_edition_without_a_timetable_keeps_its_plan_page(tmp_path):
    edition: Any = replace(made("public"), timetable={})
    publish(edition, tmp_path)
    assert (tmp_path / "plan.html").is_file() and not (tmp_path / "timetable").exists()
