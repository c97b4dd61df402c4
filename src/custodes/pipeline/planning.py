"""Plan: the case's sites, in the order in which their equipment goes, checked by rules that do not know the planner."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from custodes import case
from custodes.errors import UsageError
from custodes.pipeline.finding import part_files
from custodes.pipeline.state import Run
from custodes.timetable import check, policy, solve
from custodes.timetable.sites import means_of, sites_of
from custodes.values.plan import Means


def plan(run: Run) -> dict[str, Any]:
    """Plan the case's SITE rows; timetable/plan.json holds the plan, its cost and the checker's verdict. Without sites the room is skipped."""
    rows = [row for path in part_files(run, "SITE") for row in pq.read_table(path).to_pylist()]
    if not rows:
        run.state.timetable = {}
        return {"line": "skipped: no sites among the records", "sites": 0}
    sites, rejects = sites_of(rows)
    means = load_means(str(run.options.get("means") or ""), run.case.means)
    rules = policy.load(str(run.options.get("policy") or run.case.policy))
    made = solve.plan(sites, means, rules, run.now)
    breaches = check.check(sites, made.removals, means, rules)
    value = solve.to_json(made, breaches)
    value["sites"] = [{name: row[name] for name in ("site_id", "body", "devices", "unknown_make")} for row in rows]
    case.write_whole(run.case.room("timetable") / "plan.json", case.to_json(value))
    run.state.timetable = {"status": made.status, "sites": len(sites)}
    return {
        "line": f"{len(sites)} sites: {made.status}, {len(breaches)} breaches",
        "sites": len(sites), "status": made.status, "breaches": breaches, "troubles": [*made.clashes, *(str(r) for r in rejects)],
        "exit": 3 if rejects or breaches or made.clashes else 0,
    }  # fmt: skip


def load_means(path: str, settings: Any) -> Means | None:
    """Means from a TOML file, else from case.toml's ``[means]``, else None: the unconstrained plan."""
    if path:
        try:
            settings = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise UsageError("no such file", where=path, advice="check --means") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise UsageError(f"not valid TOML: {error}", where=path, advice="mend the line it names") from None
        settings = settings.get("means", settings)
    return means_of(settings) if settings else None
