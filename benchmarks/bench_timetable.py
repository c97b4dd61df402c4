"""The timetable against plain greedy and plain HiGHS on the same invented estates, seeds 1 to 5: exposure, bound, gap, time.

*greedy* is the planner's first plan. *HiGHS* is the same whole problem as a mixed-integer programme, solved by highspy with one thread and the same
seconds; its dependencies, hands and money are those of the problem, so that its bound and its plan mean the same.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

from timetable_generate import NOW, estate, policy

from custodes.timetable import check_plan, plan
from custodes.timetable.effort import Effort

Row = dict[str, object]
SEEDS = (1, 2, 3, 4, 5)


def run(large: bool = False) -> list[Row]:
    """300 sites over 24 months for five seeds; ``large``: also 5,000 over 36 for five seeds, and 50,000 over 36 once."""
    rows = [row for seed in SEEDS for row in compared(seed, 300, 24, 60.0, seed <= 2 or large)]
    if large:
        rows += [row for seed in SEEDS for row in compared(seed, 5_000, 36, 600.0, seed == 1)]
        rows += compared(1, 50_000, 36, 600.0, False)
    return rows


def compared(seed: int, sites: int, months: int, seconds: float, peer: bool) -> list[Row]:
    """The planner, its own first plan, and HiGHS on one estate."""
    rows = [_planned("custodes greedy", seed, sites, months, 0.0), _planned("custodes", seed, sites, months, seconds)]
    if peer:
        # in a process of its own: the libraries of OR-tools and highspy cannot be loaded together
        command = [sys.executable, str(Path(__file__).with_name("timetable_highs.py")), *map(str, (seed, sites, months, seconds))]
        done = subprocess.run(command, capture_output=True, text=True)
        answer = json.loads(done.stdout) if done.returncode == 0 else {"how": f"failed: {done.stderr.strip().splitlines()[-1][:80]}"}
        rows.append({"planner": "HiGHS", **_what(seed, sites, months), **answer})
    return rows


def _planned(name: str, seed: int, sites: int, months: int, seconds: float) -> Row:
    found, means = estate(seed, sites, months)
    began = time.perf_counter()
    made = plan(found, means, policy(), NOW, Effort(seconds, time.monotonic))
    took = time.perf_counter() - began
    breaches = check_plan(found, made, means, policy())
    return {
        "planner": name, **_what(seed, sites, months), "exposure": _short(made.exposure), "bound": _short(made.exposure_bound),
        "gap %": round(float((made.gap or 0) * 100), 3), "seconds": round(took, 1), "check": "passes" if not breaches else f"{len(breaches)} breaches",
        "how": f"{made.method}, {made.stopped}" if made.removals else made.status,
    }  # fmt: skip


def _what(seed: int, sites: int, months: int) -> Row:
    return {"seed": seed, "sites": sites, "months": months}


def _short(value: Decimal | None) -> object:
    return None if value is None else round(float(value))
