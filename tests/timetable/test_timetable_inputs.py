"""Sites, means, policies and costs: what is read, what is refused, and with which words."""

from __future__ import annotations

import copy
import io
import json
import tomllib
from datetime import date
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custodes.errors import BrokenInputError, InputError, UsageError
from custodes.timetable import case_json, check_plan, cost_catalogue, load_policy, means_of, plan, policies, read_sites, sites_of, to_json, verify
from custodes.timetable.policy import policy_of, with_costs
from custodes.timetable.report import PLAN
from custodes.timetable.sites import COLUMNS, unused
from custodes.values.plan import Site
from timetable.problems import NOW, means, policy, site

HEADER = "site_id,body,devices,unknown_make,unit_cost,deadline,region,window_from,window_to,depends_on\n"


def _read(text: str, name: str = "sites.csv") -> tuple[list[Site], list[dict[str, str]]]:
    sites, rejects = read_sites(io.BytesIO(text.encode()), name)
    return sites, [dict(r) for r in rejects]


def test_a_whole_row_and_a_bare_one() -> None:
    sites, rejects = _read(HEADER + 'S1,Anytown,"1,200",3,99.50,2027-04,North,2027-01-01,2027-03-31,"[""S2""]"\nS2,,0,,,,,,,\n')
    assert sites == [
        Site("S1", "Anytown", 1200, 3, Decimal("99.50"), "2027-04", "North", "2027-01-01", "2027-03-31", ("S2",)),
        Site("S2", "", 0),
    ]
    assert rejects == []


def test_json_lines_and_both_ways_to_write_dependencies() -> None:
    rows = [{"site_id": "S1", "devices": 2, "depends_on": ["S2", "S3"], "unit_cost": 1.10}, {"site_id": "S2", "devices": "2", "depends_on": "S3 ; S4"}]
    sites, rejects = _read("\n".join(map(json.dumps, rows)), "sites.jsonl")
    assert [s.depends_on for s in sites] == [("S2", "S3"), ("S3", "S4")] and sites[0].unit_cost == Decimal("1.1") and not rejects


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        (",Anytown,1,,,,,,,", "site_id", "needs an id"),
        ("S1,Anytown,,,,,,,,", "devices", "write 0"),
        ("S1,Anytown,-3,,,,,,,", "devices", "-3 is less than nothing"),
        ("S1,Anytown,1.5,,,,,,,", "devices", "not a whole number"),
        ("S1,Anytown,about 40,,,,,,,", "devices", "'about 40' is not a number"),
        ("S1,Anytown,4,-1,,,,,,", "unknown_make", "less than nothing"),
        ("S1,Anytown,4,,-5,,,,,", "unit_cost", "less than nothing"),
        ("S1,Anytown,4,,NaN,,,,,", "unit_cost", "not a number"),
        ("S1,Anytown,4,,1e9,,,,,", "unit_cost", "not a number"),
        ("S1,Anytown,4,,,31/03/2027,,,,", "deadline", "'31/03/2027' is not an ISO date"),
        ("S1,Anytown,4,,,2027-02-30,,,,", "deadline", "day is out of range"),
        ("S1,Anytown,4,,,2207-02-28,,,,", "deadline", "not between 1990 and 2110"),
        ("S1,Anytown,4,,,,,2027-04-01,2027-03-31,", "window_to", "before it opens"),
        ('S1,Anytown,4,,,,,,,"[""S2"""', "depends_on", "not a JSON array"),
        ('S1,Anytown,4,,,,,,,"[[1]]"', "depends_on", "list of site ids"),
        ("S1,Anytown,4", "", "has 3 cells, the header has 10"),
    ],
)
def test_a_bad_row_is_rejected_with_place_column_and_reason(row: str, column: str, words: str) -> None:
    sites, rejects = _read(HEADER + "S0,Anytown,1,,,,,,,\n" + row + "\n")
    assert [s.site_id for s in sites] == ["S0"]
    assert [(r["origin_file"], r["origin_at"], r["column"]) for r in rejects] == [("sites.csv", "line 3", column)]
    assert words in rejects[0]["reason"]


def test_an_id_twice_names_the_first_place() -> None:
    _, rejects = _read(HEADER + "S1,,1,,,,,,,\nS1,,2,,,,,,,\n")
    assert [(r["origin_at"], r["reason"]) for r in rejects] == [("line 3", "the site 'S1' stands already in line 2")]


def test_a_misspelt_column_is_refused_and_a_strange_one_left_alone() -> None:
    with pytest.raises(InputError) as problem:
        _read("site_id,devices,deadine\nS1,1,2027-03-31\n")
    assert problem.value.advice.startswith("call it 'deadline'")
    with pytest.raises(InputError):
        sites_of([{"site_id": "S1", "devices": 1}, {"site_id": "S2", "devices": 1, "depend_on": "S1"}])
    assert len(_read("Site ID,Devices,photo\nS1,1,x\n")[0]) == 1
    assert unused(["site_id", "photo", "origin_at"]) == ("photo",)


@pytest.mark.parametrize("text", ["", "body,supplier\nx,y\n", "site_id,devices,devices\n", 'site_id,devices\n"S1,1\n'])
def test_what_is_no_table_of_sites(text: str) -> None:
    with pytest.raises(BrokenInputError):
        _read(text)


def test_a_workbook_and_a_parquet_file_say_the_same_as_csv() -> None:
    names = ["site_id", "devices", "unit_cost", "deadline", "depends_on"]
    rows = [["S1", 12, 99.5, date(2027, 3, 31), "S2 ; S3"], ["S2", 3, None, None, None], ["S3", 1, 10, None, None]]
    expected = [
        Site("S1", "", 12, 0, Decimal("99.5"), "2027-03-31", depends_on=("S2", "S3")), Site("S2", "", 3), Site("S3", "", 1, 0, Decimal(10)),
    ]  # fmt: skip
    book = openpyxl.Workbook()
    for row in ([], names, *rows[:2], [], rows[2]):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    assert read_sites(io.BytesIO(out.getvalue()), "s.xlsx") == (expected, [])
    with pytest.raises(BrokenInputError):
        read_sites(io.BytesIO(out.getvalue()[:-100]), "s.xlsx")
    out = io.BytesIO()
    columns = [[r[n] for r in rows] for n in range(4)] + [[["S2", "S3"], None, None]]
    pq.write_table(pa.table(dict(zip(names, columns, strict=True))), out)
    assert read_sites(io.BytesIO(out.getvalue()), "s.parquet") == (expected, [])
    with pytest.raises(BrokenInputError):
        read_sites(io.BytesIO(out.getvalue()[:-100]), "s.parquet")


def test_rows_of_a_workbook_are_named_as_the_sheet_names_them() -> None:
    book = openpyxl.Workbook()
    for row in (["Invented sites"], ["site_id", "devices"], ["S1", -1], ["S2", "many"], ["S3", 4.0]):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    with pytest.raises(BrokenInputError, match="lacks the column site_id, devices"):
        read_sites(io.BytesIO(out.getvalue()), "s.xlsx")
    book.active.delete_rows(1)
    out = io.BytesIO()
    book.save(out)
    sites, rejects = read_sites(io.BytesIO(out.getvalue()), "s.xlsx")
    assert sites == [Site("S3", "", 4)] and [r["origin_at"] for r in rejects] == ["row 2", "row 3"]


def test_what_is_not_text() -> None:
    with pytest.raises(BrokenInputError):
        read_sites(io.BytesIO(b"site_id,devices\n\xff\xfe\xfa"), "s.csv")
    _, rejects = _read('{"site_id":"S1","devices":true}\n{"site_id":["S1"],"devices":1}\n[]\n{\n', "s.jsonl")
    assert [r["origin_at"] for r in rejects] == ["line 1", "line 2", "line 3", "line 4"]


def test_plain_mappings_keep_the_origin_of_a_record() -> None:
    sites, rejects = sites_of([{"site_id": "S1", "devices": -1, "origin_file": "inbox/s.csv", "origin_at": "line 9", "address": "1 High Street"}])
    assert not sites and dict(rejects[0]) == {
        "origin_file": "inbox/s.csv", "origin_at": "line 9", "column": "devices", "reason": "-1 is less than nothing",
    }  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.binary(max_size=400), st.text(max_size=400).map(lambda t: HEADER.encode() + t.encode("utf-8", "surrogatepass"))))
def test_any_bytes_end_in_rows_or_in_an_error_of_ours(data: bytes) -> None:
    try:
        sites, rejects = read_sites(io.BytesIO(data), "s.csv")
    except InputError as problem:
        assert problem.where and problem.advice
    else:
        assert all(s.site_id for s in sites) and all(r["origin_at"] and r["reason"] for r in rejects)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(COLUMNS), st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.lists(st.integers(), max_size=2)))))
def test_any_mappings_are_read_or_rejected_one_by_one(rows: list[dict[str, Any]]) -> None:
    sites, rejects = sites_of(rows)
    assert len(sites) + len(rejects) == len(rows)


# means

MEANS = {"start": "2027-04", "crews": 2, "devices_per_crew_month": 40, "freezes": ["2027-05-01/2027-05-07"], "budgets": {"2027-28": 250000}}


def test_means_are_read() -> None:
    found = means_of(MEANS)
    assert (found.start, found.crews, found.devices_per_crew_month) == ("2027-04", 2, 40)
    assert found.budgets == (("2027-28", Decimal(250000)),) and found.freezes == ("2027-05-01/2027-05-07",)
    assert means_of({}) == means(start="")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"crew": 2}, "unknown key crew"),
        ({"crews": 0}, "above 0"),
        ({"crews": True}, "whole number"),
        ({"devices_per_crew_month": None}, "go together"),
        ({"start": "April"}, "ISO date"),
        ({"start": 2027}, "in quotes"),
        ({"freezes": ["2027-05-07/2027-05-01"]}, "ends before it starts"),
        ({"freezes": "2027-05-07"}, "a list"),
        ({"budgets": {"2027-29": 1}}, "not a budget period"),
        ({"budgets": {"2027-Q5": 1}}, "not a budget period"),
        ({"budgets": {"2027-28": -1}}, "not an amount"),
        ({"budgets": {"2027-28": "lots"}}, "not an amount"),
        ({"budgets": {"2027-28": 1, "2027-Q2": 1}}, "the budgets 2027-Q2 and 2027-28 overlap"),
        ({"budgets": [1]}, "a table"),
    ],
)
def test_means_are_strict(change: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        means_of({k: v for k, v in {**MEANS, **change}.items() if v is not None})


# policies and costs


def test_every_shipped_policy_loads_and_cites_everything() -> None:
    assert policies() == (
        "au-2023", "council-resolution", "none", "uk-2022-statement", "uk-2023-commitment", "uk-2024-timeline", "uk-lords-2022",
        "us-fcc-removal", "us-ndaa-889-a", "us-ndaa-889-b",
    )  # fmt: skip
    for name in policies():
        found = load_policy(name)
        assert found.policy_id == name and (found.cost_low, found.cost_high, found.currency) == (Decimal(173), Decimal(5722), "GBP")
        for fact in (*found.duties, *found.facts, *found.exemptions, *found.waivers):
            assert fact.citation and fact.checked_on
            assert "compliant" not in fact.what.lower()
            assert fact.verified or fact.url, "what is not verified says where it was read"


def test_only_the_timeline_of_2024_sets_a_deadline() -> None:
    assert {name: day for name in policies() if (day := load_policy(name).deadline)} == {"uk-2024-timeline": "2025-04-30"}
    late = plan([site("A")], None, load_policy("uk-2024-timeline"), "2026-11-22")
    assert late.clashes == ("site A: must be done by 2025-04-30, but the plan starts in 2026-11: 19 months too late",)


def test_the_lords_clause_counts_abuse_of_people_only() -> None:
    assert load_policy("uk-lords-2022").grounds == ("abuse of people", "both")
    assert load_policy("uk-2022-statement").countries == ("CN",)


def _toml() -> dict[str, Any]:
    return tomllib.loads(resources.files("custodes").joinpath("data", "policies", "uk-2024-timeline.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("colour",), "red", "unknown key colour"),
        (("title",), None, "lacks title"),
        (("title",), 7, "title must be text"),
        (("counts", "ground"), [], "unknown key ground"),
        (("counts", "grounds"), ["espionage"], "'espionage' is not one of"),
        (("counts", "lists"), "US-BIS-EL", "list of texts"),
        (("duties", 2, "until"), "2025", "unknown key until"),
        (("duties", 2, "kind"), "abolish", "'abolish' is not one of"),
        (("duties", 2, "by"), "April 2025", "ISO date"),
        (("duties", 2, "share"), 1.5, "between 0 and 1"),
        (("duties", 1, "binding"), True, "only the removal of all"),
        (("duties", 2, "citation"), "", "must not be empty"),
        (("duties", 2, "verified"), "yes", "true or false"),
        (("facts", 0, "checked_on"), "lately", "ISO date"),
    ],
)
def test_policies_are_strict(path: tuple[Any, ...], value: Any, words: str) -> None:
    fields = copy.deepcopy(_toml())
    inner: Any = fields
    for key in path[:-1]:
        inner = inner[key]
    if value is None:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    with pytest.raises(UsageError, match=words):
        policy_of(fields, "p.toml")


def test_a_policy_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_text('id = "ours"\ntitle = "t"\nstatus = "s"\nas_of = ""\nscope = ""\nnote = ""\n[counts]\nwords = ""\ngrounds = []\nlists = []\ncountries = []\n')
    assert load_policy(str(path)).policy_id == "ours"
    path.write_text("id = ")
    with pytest.raises(UsageError, match="not TOML"):
        load_policy(str(path))
    with pytest.raises(UsageError) as problem:
        load_policy("nowhere")
    assert "uk-lords-2022" in problem.value.advice


def test_costs_carry_sources_and_make_one_range() -> None:
    rows = cost_catalogue()
    assert len(rows) == 9 and len({r["cost_id"] for r in rows}) == 9
    for row in rows:
        assert row["citation"] and row["checked_on"] == "2026-11-22" and row["use"] in ("low", "inside", "high", "context")
        assert row["verified"] in ("yes", "no") and (row["verified"] == "yes" or row["use"] == "context")
        if row["use"] != "context":
            assert abs(Decimal(row["amount"]) / int(row["devices"]) - Decimal(row["unit_cost"])) < 1
    with pytest.raises(UsageError, match="one range"):
        with_costs(policy(), [{"use": "low", "currency": "GBP", "unit_cost": "1"}, {"use": "high", "currency": "USD", "unit_cost": "2"}])


def test_costs_are_those_of_the_research(shared: Path) -> None:
    forms = json.loads((shared / "awards" / "timetable" / "timetable_forms.json").read_text(encoding="utf-8"))
    theirs = {(r["body"], r["date"]): r for r in forms["cost_references"]}
    ours = {(r["body"], r["date"]): r for r in cost_catalogue()}
    assert theirs.keys() == ours.keys()
    for key, row in theirs.items():
        assert Decimal(ours[key]["unit_cost"] or 0) == row.get("per_camera_gbp", 0)
        assert Decimal(ours[key]["amount"] or 0) == Decimal(str(row.get("amount_gbp", row.get("amount_usd", 0))))


# JSON and the check of what lies in a case


def test_json_of_the_contract() -> None:
    sites = [site("A", 10, unit_cost=Decimal("2.50")), site("B", 0)]
    found = plan(sites, None, policy(), NOW)
    value = to_json(found, ["x"])
    assert value["verdict"] == {"passes": False, "breaches": ["x"]}
    assert {name: value[name] for name in ("status", "breaches", "cost", "bound", "removals")} == {
        "status": "unconstrained",
        "breaches": ["x"],
        "cost": 25,
        "bound": 25,
        "removals": [
            {"site_id": "A", "month": "2027-01", "devices": 10, "cost": 25},
            {"site_id": "B", "month": "2027-01", "devices": 0, "cost": None},
        ],
    }
    assert to_json(plan([site("A")], None, policy(), NOW), [])["cost"] == [1000, 3000]
    assert to_json(plan([site("A")], None, policy(low=None, high=None), NOW), [])["cost"] is None
    late = plan([site("A", deadline="2020-01-31")], None, policy(), NOW)
    assert to_json(late, [])["breaches"] == list(late.clashes) and late.clashes


@pytest.mark.parametrize("has", [None, means(2, 20, {"2026-27": 10000}, ("2027-02-01/2027-02-07",))])
def test_a_plan_in_a_case_is_checked_again(tmp_path: Path, has: Any) -> None:
    sites = [site("A", 10, unit_cost=Decimal("2.55"), deadline="2027-03"), site("B", 4, unknown_make=2, depends_on=("A",))]
    assert list(verify(tmp_path)) == []
    found = plan(sites, has, policy("2027-06-30"), NOW)
    written = case_json(found, sites, has, policy("2027-06-30"))
    assert written["breaches"] == [] and check_plan(sites, found, has, policy("2027-06-30")) == []
    (tmp_path / PLAN).write_text(json.dumps(written))
    assert list(verify(tmp_path)) == []
    for at, value in ((("removals", 0, "month"), "2027-09"), (("removals", 0, "devices"), 9), (("cost",), 7), (("inputs", "sites", 0, "devices"), 11)):
        changed = copy.deepcopy(written)
        inner: Any = changed
        for key in at[:-1]:
            inner = inner[key]
        inner[at[-1]] = value
        (tmp_path / PLAN).write_text(json.dumps(changed))
        assert [b.where for b in verify(tmp_path)], at
    for rubbish in ("", "[]", "{}", '{"inputs": {"sites": [{}]}}'):
        (tmp_path / PLAN).write_text(rubbish)
        assert len(list(verify(tmp_path))) == 1


def test_an_impossible_plan_in_a_case_is_not_broken(tmp_path: Path) -> None:
    sites = [site("A", deadline="2020-01-31")]
    (tmp_path / PLAN).write_text(json.dumps(case_json(plan(sites, None, policy(), NOW), sites, None, policy())))
    assert list(verify(tmp_path)) == []
