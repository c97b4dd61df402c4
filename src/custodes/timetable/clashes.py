"""Why a plan cannot be made, in plain words: which rule, which sites, short by how much. Every clash is a proof that no plan exists. Pure.

Five kinds: the input contradicts itself (unknown or circular dependency, an id twice); one site alone does not fit (its window, its deadline, its
size, its cost); a site and what it depends on do not fit; and a count over an interval: everything that must go between two months is more than
the crews or the budgets of those months can carry; and sites that are each too large to share a month, where there are more of them than months.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate

from custodes.timetable.months import month_of, month_text
from custodes.timetable.problem import Problem, Task, affordable, in_order
from custodes.values.plan import Means, Site

_SHOWN = 5
_NOTHING = Decimal(0)


def contradictions(sites: Sequence[Site]) -> list[str]:
    """Ids that stand twice and dependencies on sites that are not in the list."""
    counts = Counter(s.site_id for s in sites)
    twice = [f"site {i} is in the list {n} times" for i, n in counts.items() if n > 1]
    return twice + [f"site {s.site_id} depends on {o}, which is not in the list" for s in sites for o in s.depends_on if o not in counts]


def circles(problem: Problem) -> list[str]:
    """Sites that wait for each other."""
    stuck = set(range(len(problem.tasks))) - set(in_order(problem))
    found = []
    while stuck:
        path = [min(stuck)]
        while path[-1] not in path[:-1]:
            path.append(next(a for a in problem.tasks[path[-1]].after if a in stuck))
        circle = path[path.index(path[-1]) :]
        names = " waits for ".join(problem.tasks[n].site.site_id for n in circle)
        found.append(f"dependencies go round in a circle: {names}")
        stuck -= _behind(problem, set(circle), stuck)
    return found


def _behind(problem: Problem, circle: set[int], stuck: set[int]) -> set[int]:
    """The circle and every stuck task that waits for it."""
    while more := {n for n in stuck - circle if set(problem.tasks[n].after) & circle}:
        circle = circle | more
    return circle


def misfits(problem: Problem, means: Means | None) -> list[str]:
    """Sites that do not fit alone, then sites that do not fit with what they depend on."""
    alone = [w for t in problem.tasks for w in _alone(problem, t, means)]
    return alone or list(_chained(problem))


def _alone(problem: Problem, task: Task, means: Means | None) -> Iterator[str]:
    name = f"site {task.site.site_id}"
    if task.due < task.opens:
        yield f"{name}: {_closed(problem, task)}"
    elif not task.months:
        yield f"{name}: every day from {task.opens} to {task.due} is frozen"
    elif problem.hands is not None and task.site.devices > (most := max(problem.hands[m] for m in task.months)):
        crews = f"; that takes {_counted(-(-task.site.devices * means.crews // most), 'crew')}" if means and most else "; that takes more crews"
        yield f"{name}: {task.site.devices} devices in one month, the crews can do {most}: {task.site.devices - most} too many{crews}, or several rows for the site"
    elif problem.money is not None and task.cost and not affordable(problem, task):
        most_money = max((problem.money[p][2] for m in task.months if (p := problem.purse(m)) >= 0), default=Decimal(0))
        short = f"the largest budget it can use is {_amount(most_money)}: {_amount(task.cost - most_money)} short"
        both = f"no month has hands for {task.site.devices} devices and that much money at once"
        yield f"{name}: costs {_amount(task.cost)}, {short if task.cost > most_money else both}"


def _closed(problem: Problem, task: Task) -> str:
    site, start = task.site, month_text(problem.start)
    by = f"must be done by {task.due}"
    if start > task.due.isoformat()[:7]:
        return f"{by}, but the plan starts in {start}: {_counted(problem.start - month_of(task.due), 'month')} too late"
    return f"{by}, but its window opens on {site.window_from}: {_counted((task.opens - task.due).days, 'day')} too late"


def _chained(problem: Problem) -> Iterator[str]:
    """Sites whose last month comes before the first month of something they wait for."""
    first: dict[int, tuple[int, str]] = {}
    for n in in_order(problem):
        task = problem.tasks[n]
        month, other = max((first[a] for a in task.after if a in first), default=(problem.start, ""))
        usable = affordable(problem, task)
        later = [m for m in usable if m >= month]
        if later:
            first[n] = (later[0], task.site.site_id if later[0] > month or not other else other)
        else:
            yield (
                f"site {task.site.site_id} can go in {month_text(usable[-1])} at the latest, but {other}, on which it depends, "
                f"cannot go before {month_text(month)}: {_counted(month - usable[-1], 'month')} short"
            )


def overloads(problem: Problem, means: Means | None) -> list[str]:
    """The interval that is short of hands by most, and the one that is short of money by most. ``problem`` is tightened and every task has a month."""
    found = []
    if problem.hands is not None:
        hands = problem.hands
        sums = list(accumulate((hands[m] for m in range(problem.start, problem.end + 1)), initial=0))
        worst = _worst(problem.tasks, lambda t: Decimal(t.site.devices), lambda a, b: Decimal(sums[b + 1 - problem.start] - sums[a - problem.start]))
        found += [_too_many(means, worst)] if worst else []
    if problem.money is not None:
        money = problem.money
        worst = _worst(problem.tasks, lambda t: t.cost or _NOTHING, lambda a, b: sum((x for f, u, x, _ in money if f <= b and u >= a), _NOTHING))
        found += [_too_dear(worst)] if worst else []
    return found


def crowds(problem: Problem) -> list[str]:
    """Sites so large or so dear that no two of them can share a month or a budget, where there are more of them than months or budgets."""
    found = []
    if problem.hands is not None:
        half = max(problem.hands.values()) / Decimal(2)
        open_ = [m for m, hands in sorted(problem.hands.items()) if hands]
        worst = _worst(problem.tasks, lambda t: Decimal(t.site.devices > half), lambda a, b: Decimal(bisect_right(open_, b) - bisect_left(open_, a)))
        found += [_crowded(worst, "the devices that the crews can do in a month", "month")] if worst else []
    if problem.money is not None:
        money = problem.money
        half = max(amount for _, _, amount, _ in money) / 2
        worst = _worst(problem.tasks, lambda t: Decimal((t.cost or _NOTHING) > half), lambda a, b: Decimal(sum(f <= b and u >= a for f, u, _, _ in money)))
        found += [_crowded(worst, "any budget", "budget")] if worst else []
    return found


def _crowded(load: _Load, of: str, each: str) -> str:
    needs = f"each need more than half of {of}, so no two can share one"
    there = f"{_counted(int(load.needed), 'site')}, {_counted(int(load.there), each)}"
    return f"{_between(load)}: {_names(load.sites)} {needs}: {there}, {int(load.needed - load.there)} short"


@dataclass(frozen=True, slots=True)
class _Load:
    """What must go between two months and what those months can carry."""

    first: int
    last: int
    needed: Decimal
    there: Decimal
    sites: tuple[str, ...]


def _worst(tasks: Sequence[Task], need: Callable[[Task], Decimal], there: Callable[[int, int], Decimal]) -> _Load | None:
    """The interval that is short by most; among equals the shortest, then the earliest. None when no interval is short."""
    needed_by: dict[int, Decimal] = dict.fromkeys(sorted({t.months[-1] for t in tasks}), _NOTHING)
    by_first: dict[int, list[Task]] = {}
    for task in tasks:
        by_first.setdefault(task.months[0], []).append(task)
    best: tuple[Decimal, int, int, int] | None = None
    for first in sorted(by_first, reverse=True):
        for task in by_first[first]:
            needed_by[task.months[-1]] += need(task)
        total = _NOTHING
        for last, amount in needed_by.items():
            total += amount
            short = total - there(first, last) if last >= first else _NOTHING
            if short > 0 and (best is None or (short, first - last, -first) > best[:3]):
                best = (short, first - last, -first, last)
    if best is None:
        return None
    first, last = -best[2], best[3]
    inside = [t for t in tasks if first <= t.months[0] and t.months[-1] <= last and need(t)]
    return _Load(first, last, sum(map(need, inside), _NOTHING), there(first, last), tuple(t.site.site_id for t in inside))


def _too_many(means: Means | None, load: _Load) -> str:
    short = int(load.needed - load.there)
    rate = means.devices_per_crew_month if means else 0
    more = f", that is {_counted(-(-short // rate), 'crew-month')}" if rate else ""
    return f"{_between(load)}: {int(load.needed)} devices must go, the crews can do {int(load.there)}: {short} short{more} ({_names(load.sites)})"


def _too_dear(load: _Load) -> str:
    short = _amount(load.needed - load.there)
    return f"{_between(load)}: {_amount(load.needed)} is needed, the budgets hold {_amount(load.there)}: {short} short ({_names(load.sites)})"


def _between(load: _Load) -> str:
    return month_text(load.first) if load.first == load.last else f"{month_text(load.first)} to {month_text(load.last)}"


def _names(sites: Sequence[str]) -> str:
    shown = ", ".join(sites[:_SHOWN])
    return f"sites {shown} and {len(sites) - _SHOWN} more" if len(sites) > _SHOWN else f"site{'s' if len(sites) > 1 else ''} {shown}"


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _amount(value: Decimal) -> str:
    return f"{value:,.2f}"
