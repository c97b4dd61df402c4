"""``custodes plan`` from outside: registers, odd tables, an earlier plan, two policies, a plan that fails its check; and every plan survives its own JSON."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings

from custodes.errors import InputError, UsageError
from custodes.pipeline.grounding import maker_of
from custodes.pipeline.plan_files import plan_file
from custodes.pipeline.plan_making import Wishes, earlier
from custodes.pipeline.planning import _device_sites
from custodes.pipeline.publishing import _plan
from custodes.timetable import case_json, plan, read_sites, verify
from custodes.timetable.effort import Effort
from custodes.timetable.report import PLAN
from custodes.timetable.terms import Policy
from custodes.values import batch_of
from custodes.values.plan import Means, Site
from timetable.problems import NOW
from timetable.test_timetable_solve import rich

WISHES = Wishes(now=NOW, seconds=2.0)


def _run(tmp_path: Path, table: str, means: str = "", **wishes: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    (tmp_path / "s.csv").write_text(table, encoding="utf-8")
    (tmp_path / "m.toml").write_text(means, encoding="utf-8")
    asked = Wishes(**{"now": NOW, "seconds": 2.0, "means": str(tmp_path / "m.toml") if means else "", **wishes})
    summary = plan_file(tmp_path / "s.csv", str(tmp_path / "o.json"), asked)
    return summary, json.loads((tmp_path / "o.json").read_text(encoding="utf-8"))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(rich())
def test_every_plan_survives_its_own_json(tmp_path_factory: pytest.TempPathFactory, problem: tuple[list[Site], Means, Policy]) -> None:
    sites, has, terms = problem
    folder = tmp_path_factory.mktemp("plan")
    (folder / PLAN).write_text(json.dumps(case_json(plan(sites, has, terms, NOW, Effort(0)), sites, has, terms)))
    assert list(verify(folder)) == []


ODD = {
    "a byte order mark and semicolons": ("\ufeffsite_id;devices;deadline\nA;3;2027-02\n", 0, "unconstrained"),
    "nothing to remove": ("site_id,devices\nA,0\n", 0, "unconstrained"),
    "a window that opens after the deadline": ("site_id,devices,deadline,window_from\nA,1,2027-02-01,2027-03-01\n", 3, "infeasible"),
    "a circle": ("site_id,devices,depends_on\nA,1,B\nB,1,A\n", 3, "infeasible"),
    "an unknown dependency": ("site_id,devices,depends_on\nA,1,Z\n", 3, "infeasible"),
    "itself": ("site_id,devices,depends_on\nA,1,A\n", 3, "infeasible"),
    "a deadline that is past": ("site_id,devices,deadline\nA,1,2020-01-01\n", 3, "infeasible"),
    "a bad row beside a good one": ("site_id,devices\nA,1\nB,-2\n", 3, "unconstrained"),
    "an id twice": ("site_id,devices\nA,1\nA,2\n", 3, "unconstrained"),
}


@pytest.mark.parametrize("case", ODD)
def test_odd_tables(tmp_path: Path, case: str) -> None:
    table, code, status = ODD[case]
    summary, value = _run(tmp_path, table)
    assert (summary["exit"], value["status"]) == (code, status)
    assert set(value) >= {"status", "breaches", "cost", "bound", "removals"} and value["verdict"]["passes"]
    assert bool(value["breaches"]) == (status == "infeasible") and bool(value["removals"]) == (status != "infeasible")


@pytest.mark.parametrize(
    ("table", "wishes"),
    [("site_id,devices\n", {}), ("site_id\nA\n", {}), ("site_id,devices\nA,1\n", {"seconds": -1.0}), ("site_id,devices\nA,1\n", {"seconds": float("nan")}), ("site_id,devices\nA,1\n", {"policy": "nope"})],
)  # fmt: skip
def test_what_cannot_start(tmp_path: Path, table: str, wishes: dict[str, Any]) -> None:
    with pytest.raises((UsageError, InputError)):
        _run(tmp_path, table, **wishes)


def test_what_has_to_give_stands_in_the_file_and_on_the_screen(tmp_path: Path) -> None:
    summary, value = _run(tmp_path, "site_id,devices\nA,12\n", "crews = 1\ndevices_per_crew_month = 10\n")
    assert value["relaxations"] == [{"rule": "crews", "amount": 1, "unit": "crews", "words": "1 more crew, 2 instead of 1, is the least that would do", "proved": True}]
    assert any("relax crews" in line for line in summary["lines"])


def test_an_earlier_plan_is_kept_to(tmp_path: Path) -> None:
    means = "crews = 1\ndevices_per_crew_month = 10\n"
    _run(tmp_path, "site_id,devices\nA,6\nB,6\n", means)
    (tmp_path / "o.json").rename(tmp_path / "old.json")
    _, value = _run(tmp_path, "site_id,devices,removed_on\nA,6,\nB,6,\nC,6,\n", means, before=str(tmp_path / "old.json"))
    assert [(m["site_id"], m["before"], m["reason"]) for m in value["moves"]] == [("C", "", "new in the list")]
    for rubbish in ("", "[]", "{}", '{"removals": [{"site_id": "A", "month": "soon"}]}'):
        (tmp_path / "old.json").write_text(rubbish)
        with pytest.raises(UsageError):
            earlier(str(tmp_path / "old.json"))


def test_two_policies_side_by_side(tmp_path: Path) -> None:
    summary, value = _run(tmp_path, "site_id,devices,makers\nA,6,hikvision=4 ; zte=2\nB,2,zte\n", policy="uk-lords-2022", compare="us-fcc-removal")
    assert [p["devices"] for p in value["comparison"]["policies"]] == [4, 4]
    assert value["comparison"]["only_second"] == [{"site_id": "B", "reason": "no ground of the policy counts for zte"}]
    assert any(line.startswith("  only under us-fcc-removal: B") for line in summary["lines"])


NETBOX = """Name,Status,Tenant,Site,Role,Manufacturer,Type
cam1,Active,Anytown,Library,Camera,Hikvision,DS
cam2,Offline,Anytown,Library,Camera,Zhejiang Dahua Technology Co. Ltd.,IPC
cam3,Active,Anytown,Depot,Camera,,
cam4,Active,Anytown,Depot,Camera,Axis,P
cam5,Planned,Anytown,Depot,Camera,Hikvision,DS
sw1,Active,Anytown,Depot,Access Switch,Huawei,S
cam6,Active,Anytown,,Camera,Hikvision,DS
"""
SNIPE = {"total": 2, "rows": [
    {"asset_tag": "1", "category": {"name": "CCTV"}, "manufacturer": {"name": "HIKVISION"}, "location": {"name": "Hall"}, "company": {"name": "Anytown"}, "status_label": {"name": "Deployed"}},
    {"asset_tag": "2", "category": {"name": "CCTV"}, "manufacturer": {"name": "Hikvision"}, "location": {"name": "Hall"}, "status_label": {"name": "Archived"}},
]}  # fmt: skip
API = {"results": [{"name": "c", "site": {"name": "Hall"}, "device_type": {"model": "DS", "manufacturer": {"name": "Hikvision"}}, "role": {"name": "Camera"}, "status": {"value": "active"}}]}


def test_registers_of_devices_become_sites() -> None:
    notes: list[str] = []
    sites, rejects = read_sites(io.BytesIO(NETBOX.encode()), "d.csv", maker_of, notes)
    assert [(s.site_id, s.body, s.devices, s.unknown_make, s.makers) for s in sites] == [
        ("Depot", "Anytown", 0, 1, ()), ("Library", "Anytown", 2, 0, (("dahua", 1), ("hikvision", 1))),
    ]  # fmt: skip
    assert notes == ["register of 7 devices: 3 at 2 sites; 1 of other makers, 1 no surveillance equipment, 1 not installed, 1 without a site"] and not rejects
    for answer in (SNIPE, API, API["results"]):
        found, _ = read_sites(io.BytesIO(json.dumps(answer, indent=1).encode()), "d.json", maker_of)
        assert [(s.site_id, s.devices, s.makers) for s in found] == [("Hall", 1, (("hikvision", 1),))]
    with pytest.raises(InputError):
        read_sites(io.BytesIO(NETBOX.encode()), "d.csv")


def test_a_plan_that_fails_its_check_is_not_published(tmp_path: Path) -> None:
    (tmp_path / "timetable").mkdir()
    value = {"status": "feasible", "removals": [{"site_id": "A"}], "breaches": ["b"], "verdict": {"passes": False, "breaches": ["b"]}}
    (tmp_path / "timetable" / PLAN).write_text(json.dumps(value))
    assert _plan(SimpleNamespace(folder=tmp_path)) == {"status": "not published: it failed its check", "breaches": ["b"]}  # type: ignore[arg-type]
    (tmp_path / "timetable" / PLAN).write_text(json.dumps({**value, "verdict": {"passes": True, "breaches": []}}))
    assert _plan(SimpleNamespace(folder=tmp_path))["removals"]  # type: ignore[arg-type]


def test_devices_of_a_case_become_sites_and_one_that_two_observers_saw_counts_once(tmp_path: Path) -> None:
    rows = [
        {"body": "Anytown", "site": "Hall", "brand": "Hikvision", "mac": "aa"}, {"body": "Anytown", "site": "Hall", "brand": "HIKVISION", "mac": "aa"},
        {"body": "Anytown", "site": "Hall", "brand": "Dahua", "count": 3}, {"body": "Anytown", "site": "Hall", "brand": ""}, {"body": "Anytown", "site": "", "brand": "Dahua"},
    ]  # fmt: skip
    (tmp_path / "records" / "DEVICE").mkdir(parents=True)
    pq.write_table(pa.Table.from_batches([batch_of("DEVICE", rows)]), tmp_path / "records" / "DEVICE" / "p1.parquet")
    run = SimpleNamespace(case=SimpleNamespace(folder=tmp_path), state=SimpleNamespace(records={"files": {"records/DEVICE/p1.parquet": ""}, "parts": {"f": "p1"}}))
    assert _device_sites(run) == [Site("Hall", "Anytown", 4, 1, makers=(("dahua", 3), ("hikvision", 1)))]  # type: ignore[arg-type]
