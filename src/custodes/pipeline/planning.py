"""Plan: the sites of a case, in the order in which their equipment goes, under a policy; checked by rules that do not know the planner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow.parquet as pq

from custodes import case
from custodes.pipeline import timetabling
from custodes.pipeline.finding import part_files
from custodes.pipeline.grounding import maker_of
from custodes.pipeline.grounding_case import known_to
from custodes.pipeline.plan_making import Wishes, advice_of, comparison_lines, exit_of, lines_of, load_means, make, missed_words
from custodes.pipeline.state import Run
from custodes.timetable import PLAN, sites_of
from custodes.timetable.events import events_of
from custodes.timetable.registers import register
from custodes.values.plan import Site

_MOST_OF_A_ROW = 100_000


def plan(run: Run) -> dict[str, Any]:
    """Plan the case's SITE rows; timetable/plan.json holds the plan, its cost and the checker's verdict. Without sites the room is skipped."""
    path = run.case.room("timetable") / PLAN
    rows = [row for part in part_files(run, "SITE") for row in pq.read_table(part).to_pylist()]
    sites, rejects = sites_of(rows)
    sites += [site for site in _device_sites(run) if site.site_id not in {str(row["site_id"]) for row in rows}]
    if not rows and not sites:
        path.unlink(missing_ok=True)
        run.state.timetable = {}
        return timetabling.after_plan(run, {"line": "skipped: no sites among the records", "sites": 0}, {})
    option = run.options.get
    wishes = Wishes(
        str(option("policy") or _policy_of(run)), str(option("means") or ""), str(option("before") or ""), str(option("compare") or ""),
        float(option("seconds", 30.0)), run.now, run.seconds,
    )  # fmt: skip
    means = load_means(wishes.means, run.case.means)
    known = known_to(run, events_of(timetabling.statements(run), run.now)[0])
    made = make(sites, means, wishes, known)
    value = made.json(sites, wishes, known)
    case.write_whole(path, case.to_json(value))
    run.state.timetable = {"status": made.plan.status, "sites": len(sites)}
    devices = sum(site.devices for site in made.sites)
    late = missed_words(value)
    return timetabling.after_plan(run, {
        "line": f"{len(made.sites)} sites, {devices} devices: {made.plan.status}, policy {made.policy.policy_id}, {len(value['breaches'])} breaches",
        "details": lines_of(value), "more": [line.strip() for line in comparison_lines(value)], "sites": len(sites), "devices": devices, "status": made.plan.status, "breaches": value["breaches"], "missed": len(made.plan.missed),
        "troubles": [*value["breaches"], *advice_of(value), *late, *(f"{r['origin_file']}: {r['origin_at']}: {r['column']}: {r['reason']}" for r in rejects)],
        "exit": max(exit_of(made.plan, value, bool(rejects)), 3 if late else 0),
    }, value)  # fmt: skip


def _policy_of(run: Run) -> str:
    """What case.toml names: a policy that comes with custodes, or a file of the case's folder."""
    own = run.case.folder / run.case.policy
    return str(own) if own.is_file() else run.case.policy


def _device_sites(run: Run) -> list[Site]:
    """Sites that only the case's DEVICE records know: devices counted per site and maker, one that several observers saw once."""
    rows: dict[str, Mapping[str, Any]] = {}
    for part in part_files(run, "DEVICE"):
        for number, row in enumerate(pq.read_table(part, columns=["body", "site", "brand", "mac", "serial", "count"]).to_pylist()):
            if row["site"]:
                seen = {"site": row["site"], "tenant": row["body"], "manufacturer": row["brand"], "device_type": "device"}
                own = row["mac"] or row["serial"] or f"{part.stem} {number}"
                rows |= {f"{row['body']} {row['site']} {own} {n}": seen for n in range(min(row["count"] or 1, _MOST_OF_A_ROW))}
    return list(register(rows.values(), maker_of).sites)
