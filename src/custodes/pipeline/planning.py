"""Plan: the case's sites, in the order in which their equipment goes, checked by rules that do not know the planner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow.parquet as pq

from custodes import case
from custodes.pipeline import timetabling
from custodes.pipeline.finding import part_files
from custodes.pipeline.state import Run
from custodes.timetable import PLAN, case_json, load_policy, means_of, sites_of
from custodes.timetable import plan as make_plan
from custodes.values.plan import Means


def plan(run: Run) -> dict[str, Any]:
    """Plan the case's SITE rows; timetable/plan.json holds the plan, its cost and the checker's verdict. Without sites the room is skipped."""
    path = run.case.room("timetable") / PLAN
    rows = [row for part in part_files(run, "SITE") for row in pq.read_table(part).to_pylist()]
    if not rows:
        path.unlink(missing_ok=True)
        run.state.timetable = {}
        return timetabling.after_plan(run, {"line": "skipped: no sites among the records", "sites": 0}, {})
    sites, rejects = sites_of(timetabling.left_to_do(run, rows))
    means = load_means(str(run.options.get("means") or ""), run.case.means)
    policy = load_policy(str(run.options.get("policy") or run.case.policy))
    made = make_plan(sites, means, policy, run.now)
    value = case_json(made, sites, means, policy)
    case.write_whole(path, case.to_json(value))
    run.state.timetable = {"status": made.status, "sites": len(sites)}
    devices = sum(site.devices for site in sites)
    return timetabling.after_plan(run, {
        "line": f"{len(sites)} sites, {devices} devices: {made.status}, policy {policy.policy_id}, {len(value['breaches'])} breaches",
        "sites": len(sites), "devices": devices, "status": made.status, "breaches": value["breaches"],
        "troubles": [*value["breaches"], *(f"{r['origin_file']}: {r['origin_at']}: {r['column']}: {r['reason']}" for r in rejects)],
        "exit": 3 if rejects or value["breaches"] else 0,
    }, value)  # fmt: skip


def load_means(path: str, settings: Mapping[str, Any]) -> Means | None:
    """Means from a TOML file, else from case.toml's ``[means]``, else None: the unconstrained plan."""
    if path:
        read = case.read_toml(path, "check --means")
        settings = read.get("means", read)
    return means_of(settings) if settings else None
