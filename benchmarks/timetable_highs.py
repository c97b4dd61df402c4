"""HiGHS on an invented estate: the whole problem as one mixed-integer programme. ``python timetable_highs.py SEED SITES MONTHS SECONDS`` prints one JSON object."""

from __future__ import annotations

import json
import sys
import time

from timetable_generate import NOW, estate, policy

from custodes.timetable.effort import Effort
from custodes.timetable.problem import Problem
from custodes.timetable.solve import first

Row = dict[str, object]


def highs(problem: Problem, seconds: float) -> Row:
    """The whole problem as one mixed-integer programme."""
    import highspy
    import numpy as np
    import scipy.sparse as sparse

    last = max(m for t in problem.tasks for m in t.months if m <= problem.start + 60)
    at = {key: k for k, key in enumerate((n, m) for n, t in enumerate(problem.tasks) for m in t.months if m <= last)}
    rows, lower, upper = _rows(problem, at, last)
    data = [(r, k, v) for r, row in enumerate(rows) for k, v in row.items()]
    matrix = sparse.csr_matrix(([v for _, _, v in data], ([r for r, _, _ in data], [k for _, k, _ in data])), shape=(len(rows), len(at)))
    solver, model = highspy.Highs(), highspy.HighsLp()
    for option, value in (("output_flag", False), ("threads", 1), ("time_limit", seconds), ("random_seed", 1)):
        solver.setOptionValue(option, value)
    model.num_col_, model.num_row_ = len(at), len(rows)
    model.col_cost_ = np.array([problem.tasks[n].weight * problem.day(m) / 100 for n, m in at], dtype=float)
    model.col_lower_, model.col_upper_ = np.zeros(len(at)), np.ones(len(at))
    model.row_lower_, model.row_upper_ = np.array(lower), np.array(upper)
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    model.integrality_ = [highspy.HighsVarType.kInteger] * len(at)
    began = time.perf_counter()
    solver.passModel(model)
    solver.run()
    info = solver.getInfo()
    has = info.primal_solution_status == 2
    return {
        "exposure": round(info.objective_function_value) if has else None, "bound": round(info.mip_dual_bound) if abs(info.mip_dual_bound) < 1e30 else None,
        "gap %": round(100 * (1 - info.mip_dual_bound / info.objective_function_value), 3) if has else None, "seconds": round(time.perf_counter() - began, 1),
        "check": "not checked", "how": "mixed-integer programme" if has else "no plan found",
    }  # fmt: skip


def _rows(problem: Problem, at: dict[tuple[int, int], int], last: int) -> tuple[list[dict[int, float]], list[float], list[float]]:
    """Each once, hands, money, dependencies."""
    rows: list[dict[int, float]] = []
    lower: list[float] = []
    upper: list[float] = []

    def add(row: dict[int, float], low: float, high: float) -> None:
        if row:
            rows.append(row)
            lower.append(low)
            upper.append(high)

    for n, task in enumerate(problem.tasks):
        add({at[n, m]: 1.0 for m in task.months if m <= last}, 1.0, 1.0)
    for pool, hands in enumerate(problem.hands or ()):
        for month in range(problem.start, last + 1):
            add({at[n, month]: float(d) for n, t in enumerate(problem.tasks) for p, d in t.load if p == pool and d and (n, month) in at}, -1e30, float(hands[month]))
    for purse in problem.purses or ():
        scale = 1.0 / max(1, purse.amount)
        add({k: (problem.tasks[n].cost or 0) * scale for (n, m), k in at.items() if purse.first <= m <= purse.last and problem.tasks[n].cost}, -1e30, purse.amount * scale)
    for n, task in enumerate(problem.tasks):
        for a in task.after:
            for month in (m for m in task.months if m <= last):
                row = {at[n, m]: 1.0 for m in task.months if m <= month}
                for m in problem.tasks[a].months:
                    if m <= month:
                        row[at[a, m]] = -1.0
                add(row, -1e30, 0.0)
    return rows, lower, upper


def main() -> None:
    """Make the estate, solve it, print the answer."""
    seed, sites, months, seconds = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    found, means = estate(seed, sites, months)
    problem = first(sorted(found, key=lambda s: s.site_id), means, policy(), NOW, Effort(solver=False)).problem
    assert problem is not None
    print(json.dumps(highs(problem, seconds)))


if __name__ == "__main__":
    main()
