"""A bound and a good plan from prices (Lagrangian relaxation), for any number of sites: each site alone picks its best month at given prices.

Every limit that sites share (hands of a pool in a month, money of a purse) gets a price. At given prices the sites no longer know each other, so the
problem falls apart into one tiny choice per site: its exposure plus what it uses times the prices, over its months. The sum of the best choices, minus
the limits at their prices, is below the exposure of every plan: the bound. Prices move towards what is asked for too much (subgradient steps of
Held, Wolfe and Crowder, 1974). Dependencies and trips are left out of the bound, which can only lower it. Months beyond the last one looked at stand
as one more choice without a price, so cutting them off loses nothing. Numbers are floats; the bound is lowered by a part in a million for rounding. :mod:`custodes.timetable.relaxed` finds
the best prices where the problem is not too large.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from custodes.timetable.problem import Problem

Floats = NDArray[np.float64]
_SLACK = 1e-6
_MOST_CELLS = 40_000_000


@dataclass(frozen=True, slots=True)
class Priced:
    """``bound``: hundredths of device-days that no plan goes below. ``reduced``: (tasks, months) cost at the best prices, infinite where it may not go;
    ``best``: least of each row, the choice of a later month included; ``share``: how much of each task a split plan puts where, None when nobody split."""

    bound: float
    reduced: Floats
    best: Floats
    share: Floats | None = None


@dataclass(frozen=True, slots=True)
class Tables:
    """The problem as arrays. ``limits``: one per shared limit; ``uses`` per limit: (tasks' need, mask of months)."""

    cost: Floats
    later: Floats
    load: Floats
    hands: Floats
    money: Floats
    purse_months: Floats
    amounts: Floats


def prices(problem: Problem, tables: Tables, upper: float, rounds: int, go_on: Callable[[], bool]) -> Priced:
    """Up to ``rounds`` price steps from an exposure ``upper`` that a plan reaches."""
    lam, mu = np.zeros_like(tables.hands), np.zeros(len(tables.amounts))
    best, kept, pace, stale = -np.inf, (lam, mu), 1.0, 0
    smooth_hands, smooth_money = np.zeros_like(lam), np.zeros_like(mu)
    for _ in range(rounds):
        value, over_hands, over_money = _step(tables, lam, mu)
        if value > best * (1 + 1e-5) + 1e-9 or best == -np.inf:
            best, kept, stale = value, (lam.copy(), mu.copy()), 0
        else:
            stale += 1
        if stale > 12:
            pace, stale, (lam, mu) = pace * 0.6, 0, (kept[0].copy(), kept[1].copy())
        norm = float((over_hands**2).sum() + (over_money**2).sum())
        if pace < 1e-3 or norm < 1e-18 or upper - best <= 1e-9 * abs(upper) or not go_on():
            break
        # a limit is counted in shares of itself, so that money and hands weigh alike
        smooth_hands, smooth_money = 0.6 * over_hands + 0.4 * smooth_hands, 0.6 * over_money + 0.4 * smooth_money
        length = pace * (upper - value) / float((smooth_hands**2).sum() + (smooth_money**2).sum() + 1e-18)
        lam = np.maximum(0.0, lam + length * smooth_hands / np.maximum(tables.hands, 1.0))
        mu = np.maximum(0.0, mu + length * smooth_money / np.maximum(tables.amounts, 1.0))
    return priced(problem, tables, *kept)


def priced(problem: Problem, tables: Tables, lam: Floats, mu: Floats, added: Floats | None = None, share: Floats | None = None) -> Priced:
    """What any prices prove: ``lam`` of hands, ``mu`` of money, ``added`` to each choice by the prices of dependencies."""
    reduced = _reduced(tables, lam, mu)
    if added is not None:
        reduced = reduced + added
    rows = np.minimum(reduced.min(axis=1, initial=np.inf), tables.later)
    bound = float(rows.sum() - (lam * tables.hands).sum() - (mu * tables.amounts).sum())
    return Priced(bound - abs(bound) * _SLACK, reduced, rows, share)


def tables_of(problem: Problem, last: int) -> Tables | None:
    """The problem up to a month; None when that would not fit into memory."""
    months = last - problem.start + 1
    if len(problem.tasks) * months > _MOST_CELLS:
        return None
    days = np.array([problem.day(m) for m in range(problem.start, last + 1)], dtype=float)
    cost = np.full((len(problem.tasks), months), np.inf)
    later = np.full(len(problem.tasks), np.inf)
    for n, task in enumerate(problem.tasks):
        inside = [m - problem.start for m in task.months if m <= last]
        cost[n, inside] = task.weight * days[inside]
        beyond = next((m for m in task.months if m > last), None)
        if beyond is not None:
            later[n] = task.weight * problem.day(beyond)
    pools = len(problem.hands or ())
    load = np.zeros((len(problem.tasks), pools))
    for n, task in enumerate(problem.tasks):
        for pool, devices in task.load if pools else ():
            load[n, pool] = devices
    hands = np.array([[pool[m] for m in range(problem.start, last + 1)] for pool in problem.hands or ()], dtype=float).reshape(pools, months)
    purses = [p for p in problem.purses or () if p.first <= last]
    covers = np.array([[p.first <= m <= p.last for m in range(problem.start, last + 1)] for p in purses], dtype=float).reshape(len(purses), months)
    money = np.array([float(t.cost or 0) for t in problem.tasks])
    return Tables(cost, later, load, hands, money, covers, np.array([float(p.amount) for p in purses]))


def _reduced(tables: Tables, lam: Floats, mu: Floats) -> Floats:
    """Exposure plus prices of what each task would use in each month."""
    return tables.cost + tables.load @ lam + np.outer(tables.money, mu @ tables.purse_months)


def _step(tables: Tables, lam: Floats, mu: Floats) -> tuple[float, Floats, Floats]:
    """(value of the bound at these prices, how far hands are over their limit, how far money is), both as shares of the limit."""
    reduced = _reduced(tables, lam, mu)
    at = reduced.argmin(axis=1)
    least = reduced[np.arange(len(at)), at]
    here = least <= tables.later
    value = float(np.minimum(least, tables.later).sum() - (lam * tables.hands).sum() - (mu * tables.amounts).sum())
    months = reduced.shape[1]
    hands = np.stack([np.bincount(at[here], weights=tables.load[here, p], minlength=months) for p in range(len(lam))]) if len(lam) else lam
    spent = np.bincount(at[here], weights=tables.money[here], minlength=months)
    return value, (hands - tables.hands) / np.maximum(tables.hands, 1.0), (tables.purse_months @ spent - tables.amounts) / np.maximum(tables.amounts, 1.0)
