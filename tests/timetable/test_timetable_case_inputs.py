"""Sites, events and promises as people bring them to a case: workbooks of any size, capital letters, other names of columns; the same as a table handed to plan."""

from __future__ import annotations

import datetime
import io
from collections.abc import Sequence
from typing import Any

import openpyxl
import pytest

from custodes.records import progress_table, promise_table, tables
from custodes.records.registry import choose
from custodes.timetable import read_sites, sites_of
from timetable.timetable_rows import ORIGIN, batches

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
