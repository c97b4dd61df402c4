"""Exact prices: the timetable as a linear programme, in which a site may be split over months, solved by HiGHS (which comes with SciPy).

Its value is the best bound that prices can give, and dependencies have prices too. The bound is not taken from the solver's word: it is computed again
from the prices over all choices (:func:`custodes.timetable.prices.priced`), which holds for any prices whatever. For very many sites only
promising choices are handed in, and the prices are then judged on all of them; a second round takes in what the first left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custodes.timetable.prices import Floats, Priced, Tables, priced
from custodes.timetable.problem import Problem
from custodes.timetable.waiting import in_thread

MOST = 260_000
"""Choices that the linear programme gets at most."""
_TERMS = 6_000_000


@dataclass(frozen=True, slots=True)
class _Rows:
    """A sparse matrix in the making."""

    rows: list[Any]
    columns: list[Any]
    values: list[Any]
    limits: list[Any]


def relaxed(problem: Problem, tables: Tables, mask: NDArray[np.bool_], seconds: float) -> Priced | None:
    """Prices from the linear programme over the choices in ``mask`` (tasks, months). None when HiGHS does not finish."""
    at = np.full(mask.shape, -1)
    at[mask] = np.arange(int(mask.sum()))
    beyond = np.flatnonzero(np.isfinite(tables.later))
    columns = int(mask.sum()) + len(beyond)
    found = _solved(problem, tables, mask, at, beyond, columns, seconds)
    if found is None:
        return None
    prices, chosen = found
    hands, purses = tables.hands.size, len(tables.amounts)
    lam = (prices[:hands] / np.maximum(tables.hands.ravel(), 1.0)).reshape(tables.hands.shape)
    mu = prices[hands : hands + purses] / np.maximum(tables.amounts, 1.0)
    share = np.zeros(mask.shape)
    share[mask] = chosen[: int(mask.sum())]
    return priced(problem, tables, lam, mu, _chains(problem, tables, prices[hands + purses :]), share)


def _solved(
    problem: Problem, tables: Tables, mask: NDArray[np.bool_], at: NDArray[np.int64], beyond: NDArray[np.int64], columns: int, seconds: float
) -> tuple[Floats, Floats] | None:
    """(prices of the shared limits and dependencies, share of each choice) of the linear programme."""
    import scipy.sparse as sparse
    from scipy.optimize import linprog

    who, month = np.nonzero(mask)
    cost = np.concatenate([tables.cost[mask], tables.later[beyond]])
    once = sparse.csr_matrix((np.ones(columns), (np.concatenate([who, beyond]), np.arange(columns))), shape=(len(tables.later), columns))
    limits = _limits(tables, who, month, at)
    blocks = [sparse.csr_matrix((np.concatenate(limits.values), (np.concatenate(limits.rows), np.concatenate(limits.columns))), shape=(len(limits.limits), columns))] if limits.limits else []
    chains = _chain_rows(problem, tables, mask, at, columns)
    blocks += [chains] if chains is not None else []
    right = np.concatenate([np.array(limits.limits, dtype=float), np.zeros(chains.shape[0] if chains is not None else 0)])
    above = sparse.vstack(blocks).tocsr() if blocks else None
    scale = float(np.abs(cost).max()) or 1.0

    def work() -> Any:
        options = {"time_limit": max(0.2, seconds)}
        return linprog(cost / scale, A_ub=above, b_ub=right if blocks else None, A_eq=once, b_eq=np.ones(once.shape[0]), method="highs", options=options)

    done, _ = in_thread(work)
    if done.status != 0:
        return None
    prices = np.maximum(0.0, -done.ineqlin.marginals * scale) if blocks else np.zeros(0)
    if chains is None:
        prices = np.concatenate([prices, np.zeros(0)])
    return prices, done.x


def _limits(tables: Tables, who: NDArray[np.int64], month: NDArray[np.int64], at: NDArray[np.int64]) -> _Rows:
    """Hands per pool and month, then purses, each as shares of the limit; a limit of nothing bars what would use it."""
    found = _Rows([np.zeros(0, dtype=int)], [np.zeros(0, dtype=int)], [np.zeros(0)], [])
    months = tables.cost.shape[1]
    column = at[who, month]
    for pool in range(len(tables.hands)):
        uses = tables.load[who, pool]
        some = uses > 0
        found.rows.append(pool * months + month[some])
        found.columns.append(column[some])
        found.values.append(uses[some] / np.maximum(tables.hands[pool, month[some]], 1.0))
        found.limits.extend(np.minimum(tables.hands[pool], 1.0))
    for n, amount in enumerate(tables.amounts):
        some = (tables.purse_months[n, month] > 0) & (tables.money[who] > 0)
        found.rows.append(np.full(int(some.sum()), len(tables.hands) * months + n))
        found.columns.append(column[some])
        found.values.append(tables.money[who[some]] / max(amount, 1.0))
        found.limits.append(min(float(amount), 1.0))
    return found


def _chain_rows(problem: Problem, tables: Tables, mask: NDArray[np.bool_], at: NDArray[np.int64], columns: int) -> Any:
    """By each month a task is gone at most as far as what it waits for. None without dependencies, or when they would be too many terms."""
    import scipy.sparse as sparse

    pairs = [(n, a) for n, task in enumerate(problem.tasks) for a in task.after]
    months = tables.cost.shape[1]
    if not pairs or len(pairs) * months * months > 2 * _TERMS:
        return None
    rows, cols, values = [], [], []
    for number, (n, a) in enumerate(pairs):
        for who, sign in ((n, 1.0), (a, -1.0)):
            for q in np.flatnonzero(mask[who]):
                span = np.arange(q, months)
                rows.append(number * months + span)
                cols.append(np.full(len(span), at[who, q]))
                values.append(np.full(len(span), sign))
    if not rows:
        return None
    return sparse.csr_matrix((np.concatenate(values), (np.concatenate(rows), np.concatenate(cols))), shape=(len(pairs) * months, columns))


def _chains(problem: Problem, tables: Tables, prices: Floats) -> Floats | None:
    """What the prices of dependencies add to each choice; None when there are none."""
    pairs = [(n, a) for n, task in enumerate(problem.tasks) for a in task.after]
    months = tables.cost.shape[1]
    if len(prices) != len(pairs) * months or not len(prices):
        return None
    added = np.zeros_like(tables.cost)
    for (n, a), row in zip(pairs, prices.reshape(len(pairs), months), strict=True):
        later = row[::-1].cumsum()[::-1]
        added[n] += later
        added[a] -= later
    return added
