"""Sites, events and promises as people bring them to a case: workbooks of any size, capital letters, other names of columns; the same as a table handed to plan."""

from __future__ import annotations

import datetime
import io
from collections.abc import Sequence
from typing import Any

import openpyxl
import pytest

from custodes.pipeline.grounding import known_to_all
from custodes.pipeline.plan_making import Wishes, make
from custodes.records import progress_table, promise_table, tables
from custodes.records.registry import choose
from custodes.timetable import load_policy, means_of, read_sites, sites_of
from custodes.timetable.withhold import hidden_fields, rules_of
from custodes.values.plan import Site
from timetable.timetable_rows import ORIGIN, batches, site

DAY = datetime.date(2027, 6, 30)
SITES = ["Site ID", "Body", "Devices", "Unknown make", "Maker ID", "Deadline", "Site class", "Controller"]


def book(*lines: Sequence[Any]) -> bytes:
    made, sink = openpyxl.Workbook(), io.BytesIO()
    for line in lines:
        made.active.append(list(line))
    made.save(sink)
    return sink.getvalue()


def test_sites_in_a_workbook_are_the_same_in_a_case_and_for_plan() -> None:
    data = book(SITES, ["north-hall", "Anytown Council", 12, 1, "Hikvision", DAY, "school", "Own"], ["south-hall", "Anytown Council", 3, None, "", None, "", "landlord"])
    assert choose(data, "sites.xlsx", ORIGIN).NAME == "custodes_tables"
    rows = batches(tables, data, "inbox/sites.xlsx")
    assert "REJECT" not in rows and [c["use"] for c in rows["COLUMN"] if c["column"] == "site_class"] == ["sensitivity"]
    from_case = sites_of(rows["SITE"])[0]
    assert (from_case, []) == read_sites(io.BytesIO(data), "sites.xlsx")
    assert (from_case[0].makers, from_case[0].site_class, from_case[0].controller, from_case[0].deadline) == ((("hikvision", 12),), "school", "own", "2027-06-30")


def test_a_workbook_of_events_is_known_whatever_its_size() -> None:
    lines = [[f"S{n:05d}", "Removed" if n % 2 else "removed", DAY, n, "", "Landlord", f"{n * 7919:032x}"] for n in range(1, 4001)]
    data = book(["Site ID", "Event", "Date", "Devices", "Certificate", "Cause", "Reason"], *lines)
    assert len(data) > 65_536 and choose(data, "inbox/events.xlsx", ORIGIN).NAME == "progress"
    rows = batches(progress_table, data)
    assert "REJECT" not in rows and len(rows["STATEMENT"]) == 4000
    assert rows["STATEMENT"][0]["date"] == "2027-06-30" and '"event":"removed"' in rows["STATEMENT"][1]["details"]


def test_promises_may_stand_in_a_workbook_too() -> None:
    head = ["statement_id", "statement_kind", "date", "speaker", "measure", "share", "by", "words", "citation", "grade", "publish"]
    data = book(head, ["p", "promise", DAY, "Ministry of Examples", "sites clear", "1", "2027-12", "all sites", "invented", "recorded", "yes"])
    assert choose(data, "promises.xlsx", ORIGIN).NAME == "promises"
    assert [row["date"] for row in batches(promise_table, data)["STATEMENT"]] == ["2027-06-30"]


@pytest.mark.parametrize("column", ["maker_id", "maker"])
def test_a_maker_under_another_name_of_the_column_counts_where_ours_is_empty(column: str) -> None:
    (one,), _ = sites_of([{"site_id": "A", "devices": 5, "makers": "", column: "axis"}])
    (other,), _ = sites_of([{"site_id": "A", "devices": 5, "makers": "dahua=2", column: "axis"}])
    assert (one.makers, other.makers) == ((("axis", 5),), (("dahua", 2),))


def test_capital_letters_do_not_tell_classes_apart() -> None:
    (one,), _ = sites_of([{"site_id": "A", "devices": 5, "site_class": "Sensitive"}])
    found = means_of({"freeze": [{"days": "2027-05-01", "classes": ["Sensitive "]}]})
    assert one.site_class == found.partial_freezes[0].classes[0] == load_policy("uk-2022-statement").site_classes[0] == "sensitive"


@pytest.mark.parametrize("said", ["sensitive", "Sensitive", " SENSITIVE"])
def test_capital_letters_do_not_let_a_site_slip_through_what_is_kept_back(said: str) -> None:
    rule = {"where": {"sensitivity": "Sensitive"}, "exemption": "s.24(1)", "decided_by": "Security Officer", "review": "2027-01-01"}
    assert "site" in hidden_fields(site("a", sensitivity=said), rules_of([rule])) and not hidden_fields(site("b", sensitivity="public"), rules_of([rule]))


def test_a_region_that_no_site_has_is_named() -> None:
    has = means_of({"crews": 1, "devices_per_crew_month": 10, "regions": {"Nroth": 1}, "freeze": [{"days": "2027-05-01", "regions": ["North", "Suoth"], "classes": ["scool"]}]})
    made = make([Site("A", "Anytown", 5, region="North")], has, Wishes(now="2027-01-10", seconds=0.0), known_to_all())
    assert [text for text in made.plan.assumptions if "the means name" in text] == [
        "the means name crews for the region 'Nroth', and no site has it", "the means name a freeze for the region 'Suoth', and no site has it",
        "the means name a freeze for the class 'scool', and no site has it",
    ]  # fmt: skip
