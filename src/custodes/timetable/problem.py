"""The planning problem as numbers: each site a task with its open months, each month a number of devices, each budget period an amount. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from custodes.timetable.months import bounds, first_day, free_days, interval, last_day, month_of, open_between, period
from custodes.timetable.terms import Policy
from custodes.values.plan import Means, Site

LONGEST = 1200
"""Months that a plan may last at most (a hundred years): what does not fit by then does not fit."""
_LATE = date(9999, 12, 31)


@dataclass(frozen=True, slots=True)
class Task:
    """A site to be placed. ``months``: where it may go by itself; ``after``: indices of tasks it depends on; ``cost``: what the budgets must hold
    (the upper end of the catalogue where the site gives none), None when unknown. ``opens`` and ``due``: first and last possible day."""

    site: Site
    months: tuple[int, ...]
    after: tuple[int, ...]
    cost: Decimal | None
    opens: date
    due: date


@dataclass(frozen=True, slots=True)
class Problem:
    """``hands``: devices per month from ``start``, None when not limited. ``money``: (first month, last month, amount, name), None when not limited."""

    start: int
    end: int
    tasks: tuple[Task, ...]
    hands: Mapping[int, int] | None
    money: tuple[tuple[int, int, Decimal, str], ...] | None

    def purse(self, month: int) -> int:
        """Index of the budget period that holds the month, -1 when none does."""
        return next((n for n, (first, last, _, _) in enumerate(self.money or ()) if first <= month <= last), -1)


def problem_of(sites: Sequence[Site], means: Means | None, policy: Policy, now: str) -> Problem:
    """The problem from a month on: the later of ``means.start`` and the month of ``now``. Ids must be unique; unknown dependencies are left out
    (``clashes`` names both). ValueError for a date that is none."""
    start = month_of(first_day(now[:10]))
    start = max(start, month_of(first_day(means.start))) if means and means.start else start
    frozen = tuple(interval(f) for f in means.freezes) if means else ()
    money = tuple((*period(name), amount, name) for name, amount in means.budgets) if means and means.budgets else None
    per_month = means.crews * means.devices_per_crew_month if means else 0
    end = _end(sites, start, per_month, frozen, money)
    free = {m: free_days(m, frozen) for m in range(start, end + 1)}
    hands = {m: per_month * free[m] // bounds(m)[1].day for m in free} if per_month else None
    at = {s.site_id: n for n, s in enumerate(sites)}
    tasks = tuple(_task(s, at, start, end, free, frozen, policy) for s in sites)
    return Problem(start, end, tasks, hands, money)


def _end(
    sites: Sequence[Site],
    start: int,
    per_month: int,
    frozen: tuple[tuple[date, date], ...],
    money: tuple[tuple[int, int, Decimal, str], ...] | None,
) -> int:
    """The last month worth looking at: after every date that is named, and long enough for the crews to do everything one by one."""
    named = [month_of(first_day(s.window_from)) for s in sites if s.window_from]
    named += [month_of(min(last_day(d), _LATE)) for s in sites for d in (s.deadline, s.window_to) if d]
    named += [month_of(end) for _, end in frozen] + [last for _, last, _, _ in money or ()]
    within = [m for m in named if m <= start + LONGEST]
    work = sum(2 * -(-s.devices // per_month) for s in sites) if per_month else 0
    return min(max([start, *within]) + work + 2, start + LONGEST)


def _task(
    site: Site, at: Mapping[str, int], start: int, end: int, free: Mapping[int, int], frozen: tuple[tuple[date, date], ...], policy: Policy
) -> Task:
    opens = max(bounds(start)[0], first_day(site.window_from)) if site.window_from else bounds(start)[0]
    due = min([last_day(d) for d in (site.window_to, site.deadline, policy.deadline) if d], default=_LATE)
    span = range(max(start, month_of(opens)), min(end, month_of(due)) + 1)
    months = tuple(m for m in span if free[m] and _is_open(m, opens, due, frozen))
    each = site.unit_cost if site.unit_cost is not None else policy.cost_high
    cost = Decimal(0) if not site.devices else None if each is None else site.devices * each
    after = tuple(sorted({at[i] for i in site.depends_on if i in at}))
    return Task(site, months, after, cost, opens, due)


def _is_open(month: int, opens: date, due: date, frozen: tuple[tuple[date, date], ...]) -> bool:
    first, last = bounds(month)
    if opens <= first and last <= due:  # free days were counted already
        return True
    return open_between(month, opens, due, frozen)


def in_order(problem: Problem) -> list[int]:
    """Task indices, each after all it depends on, ties by place; without those in or behind a circle."""
    waiting = [len(t.after) for t in problem.tasks]
    followers: list[list[int]] = [[] for _ in problem.tasks]
    for n, task in enumerate(problem.tasks):
        for other in task.after:
            followers[other].append(n)
    ready, order = [n for n, w in enumerate(waiting) if not w], []
    while ready:
        order.append(ready.pop(0))
        for n in followers[order[-1]]:
            waiting[n] -= 1
            if not waiting[n]:
                ready.append(n)
    return order


def tightened(problem: Problem) -> Problem:
    """The same problem with months cut off that a dependency or a single month's limits rule out; no plan is lost."""
    order = in_order(problem)
    tasks = [replace(t, months=affordable(problem, t)) for t in problem.tasks]
    for n in order:
        earliest = max((tasks[a].months[0] for a in tasks[n].after if tasks[a].months), default=problem.start)
        tasks[n] = replace(tasks[n], months=tuple(m for m in tasks[n].months if m >= earliest))
    for n in reversed(order):
        for a in tasks[n].after:
            if tasks[n].months:
                tasks[a] = replace(tasks[a], months=tuple(m for m in tasks[a].months if m <= tasks[n].months[-1]))
    return replace(problem, tasks=tuple(tasks))


def affordable(problem: Problem, task: Task) -> tuple[int, ...]:
    """Months of a task in which the crews or the budget alone could carry it."""
    months = task.months
    if problem.hands is not None:
        months = tuple(m for m in months if task.site.devices <= problem.hands[m])
    if problem.money is not None and task.cost:
        enough = [amount >= task.cost for _, _, amount, _ in problem.money]
        months = tuple(m for m in months if (p := problem.purse(m)) >= 0 and enough[p])
    return months
