"""Why a plan cannot be made, in plain words: which rule, which sites, short by how much. Every clash is a proof that no plan exists. Pure.

Five kinds: the input contradicts itself (unknown or circular dependency, an id twice); one site alone does not fit (its window, its deadline, its
size, its cost); a site and what it depends on do not fit; a count over an interval: everything that must go between two months is more than
the crews or the budgets of those months can carry; and sites that are each too large to share a month, where there are more of them than months.
A clash that none of these names is found by the solver's search (:mod:`custodes.timetable.relax`).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from itertools import accumulate, pairwise

from custodes.timetable.months import first_day, last_day, month_of, month_text
from custodes.timetable.problem import Problem, Task, affordable, in_order, with_trips
from custodes.values.plan import Means, Site

_SHOWN = 5


def contradictions(sites: Sequence[Site]) -> list[str]:
    """Ids that stand twice and dependencies on sites that are not in the list."""
    counts = Counter(s.site_id for s in sites)
    twice = [f"site {i} is in the list {n} times" for i, n in counts.items() if n > 1]
    return twice + [f"site {s.site_id} depends on {o}, which is not in the list" for s in sites for o in s.depends_on if o not in counts]


def circles(sites: Sequence[Site]) -> list[str]:
    """Sites that wait for each other."""
    after = {s.site_id: set(s.depends_on) for s in sites}
    stuck = _stuck(after)
    found = []
    while stuck:
        path = [min(stuck)]
        while path[-1] not in path[:-1]:
            path.append(min(a for a in after[path[-1]] if a in stuck))
        circle = path[path.index(path[-1]) :]
        start = circle.index(min(circle))  # the same circle always starts at the same site
        turned = [*circle[start:-1], *circle[:start], circle[start]]
        found.append(f"dependencies go round in a circle: {' waits for '.join(turned)}")
        stuck -= _behind(after, set(circle), stuck)
    return found


def _stuck(after: Mapping[str, set[str]]) -> set[str]:
    """What is left when all that waits for nothing is taken away, again and again."""
    waiting = {i: len(others & after.keys()) for i, others in after.items()}
    followers: dict[str, list[str]] = {}
    for i, others in after.items():
        for o in others & after.keys():
            followers.setdefault(o, []).append(i)
    free = [i for i, n in waiting.items() if not n]
    for i in free:  # grows while it is walked
        for f in followers.get(i, ()):
            waiting[f] -= 1
            if not waiting[f]:
                free.append(f)
    return set(after) - set(free)


def _behind(after: Mapping[str, set[str]], circle: set[str], stuck: set[str]) -> set[str]:
    """The circle and every stuck site that waits for it."""
    while more := {i for i in stuck - circle if after[i] & circle}:
        circle = circle | more
    return circle


def misfits(problem: Problem, means: Means | None) -> list[str]:
    """Sites that do not fit alone, then sites that do not fit with what they depend on."""
    alone = [w for t in problem.tasks for w in _alone(problem, t, means)]
    return alone or list(_chained(problem))


def _alone(problem: Problem, task: Task, means: Means | None) -> Iterator[str]:
    name = f"site {task.name}" if len(task.sites) == 1 else f"visit {task.name}"
    if task.due < task.opens:
        yield f"{name}: {_closed(problem, task, means)}"
    elif not task.months:
        yield f"{name}: every day from {task.opens} to {task.due} is frozen" if len(task.sites) == 1 else f"{name}: no month is open to all of them"
    elif problem.hands is not None and (too := _too_large(problem, task, means)):
        yield f"{name}: {too}"
    elif problem.purses is not None and task.cost is not None and not affordable(problem, task):
        yield f"{name}: {_unaffordable(problem, task)}"


def _too_large(problem: Problem, task: Task, means: Means | None) -> str:
    hands = problem.hands or ()
    for pool, devices in with_trips(problem, task):
        most = max(hands[pool][m] for m in task.months)
        if devices > most:
            crews = (dict(means.regional).get(problem.pools[pool], means.crews) if means else 0) or 0
            more = f"; that takes {_counted(-(-devices * crews // most), 'crew')}" if most and crews else "; that takes more crews"
            own = f" of {problem.pools[pool]}" if problem.pools[pool] else ""
            there = "devices" if devices == task.devices else "devices, the trip counted,"
            return f"{devices} {there} in one month, the crews{own} can do {most}: {devices - most} too many{more}, or several rows for the site"
    return ""


def _unaffordable(problem: Problem, task: Task) -> str:
    purses = problem.purses or ()
    need = min((task.cost or 0) + problem.trip_cost * len(task.regions) + task.extra(m) for m in task.months)
    most = max((min((purses[p].amount for p in problem.purses_of(m)), default=0) for m in task.months), default=0)
    if need > most:
        there = f"the largest budget it can use is {_amount(problem.money(most))}: {_amount(problem.money(need - most))} short"
    else:
        there = f"no month has hands for {task.devices} devices and that much money at once"
    return f"costs {_amount(problem.money(need))}, {there}"


def _closed(problem: Problem, task: Task, means: Means | None) -> str:
    start, by = month_text(problem.start), f"must be done by {task.due}"
    if start > task.due.isoformat()[:7]:
        return f"{by}, but the plan starts in {start}: {_counted(problem.start - month_of(task.due), 'month')} too late"
    if task.due < problem.today:
        return f"{by}, and today is {problem.today}: {_counted((problem.today - task.due).days, 'day')} too late"
    return f"{by}, but {_why_closed(problem, task, means)}: {_counted((task.opens - task.due).days, 'day')} too late"


def _why_closed(problem: Problem, task: Task, means: Means | None) -> str:
    """What keeps a site shut until ``task.opens``."""
    for site in task.sites:
        if site.window_from and first_day(site.window_from) == task.opens:
            return f"its window opens on {site.window_from}"
        if site.consent_from and first_day(site.consent_from) == task.opens:
            return f"the landlord's consent is there on {site.consent_from}"
        if site.works_until and last_day(site.works_until) < task.opens and (task.opens - last_day(site.works_until)).days == 1:
            return f"works end on {site.works_until}"
    if means and means.landlord_months and any(s.controller == "landlord" for s in task.sites):
        return f"the landlord's consent is not there before {task.opens}"
    return f"it is isolated first, in {task.opens.isoformat()[:7]}"


def _chained(problem: Problem) -> Iterator[str]:
    """Sites whose last month comes before the first month of something they wait for."""
    first: dict[int, tuple[int, str]] = {}
    for n in in_order(problem):
        task = problem.tasks[n]
        month, other = max((first[a] for a in task.after if a in first), default=(problem.start, ""))
        usable = affordable(problem, task)
        later = [m for m in usable if m >= month]
        if later:
            first[n] = (later[0], task.name if later[0] > month or not other else other)
        else:
            yield (
                f"site {task.name} can go in {month_text(usable[-1])} at the latest, but {other}, on which it depends, "
                f"cannot go before {month_text(month)}: {_counted(month - usable[-1], 'month')} short"
            )


def overloads(problem: Problem, means: Means | None) -> list[str]:
    """Per pool the interval that is short of hands by most, and the one that is short of money by most. ``problem`` is tightened and every task has a month."""
    found = []
    for pool, hands in enumerate(problem.hands or ()):
        sums = list(accumulate((hands[m] for m in range(problem.start, problem.end + 1)), initial=0))
        worst = _worst(problem.tasks, partial(_load_of, pool), lambda a, b, sums=sums: sums[b + 1 - problem.start] - sums[a - problem.start])  # type: ignore[misc]
        found += [_too_many(problem, pool, means, worst)] if worst else []
    if problem.purses is not None:
        worst = _worst(problem.tasks, lambda t: t.cost or 0, partial(_funds, problem))
        found += [_too_dear(problem, worst)] if worst else []
    return found


def _load_of(pool: int, task: Task) -> int:
    return sum(devices for p, devices in task.load if p == pool)


def _funds(problem: Problem, first: int, last: int) -> int:
    """All money that months from ``first`` to ``last`` can use. Purses that carry over start together and hold sums: the last one that they reach counts."""
    purses = [p for p in problem.purses or () if p.first <= last and p.last >= first]
    carried = [p for p in purses if any(q is not p and q.first == p.first for q in problem.purses or ())]
    if carried:
        return min(p.amount for p in carried if p.last >= min(last, max(q.last for q in carried)))
    return sum(p.amount for p in purses)


def crowds(problem: Problem) -> list[str]:
    """Sites so large or so dear that no two of them can share a month or a budget, where there are more of them than months or budgets."""
    found = []
    for pool, hands in enumerate(problem.hands or ()):
        half = max(hands.values()) / 2
        open_ = [m for m, n in sorted(hands.items()) if n]
        large = partial(_larger, pool, half)
        worst = _worst(problem.tasks, large, lambda a, b, open_=open_: bisect_right(open_, b) - bisect_left(open_, a))  # type: ignore[misc]
        found += [_crowded(worst, "the devices that the crews can do in a month", "month")] if worst else []
    purses = problem.purses or ()
    if purses and all(a.last < b.first for a, b in pairwise(purses)):
        most = max(p.amount for p in purses)
        worst = _worst(problem.tasks, lambda t: int(2 * (t.cost or 0) > most), lambda a, b: sum(p.first <= b and p.last >= a for p in purses))
        found += [_crowded(worst, "any budget", "budget")] if worst else []
    return found


def _larger(pool: int, half: float, task: Task) -> int:
    return int(_load_of(pool, task) > half)


def _crowded(load: _Load, of: str, each: str) -> str:
    needs = f"each need more than half of {of}, so no two can share one"
    there = f"{_counted(load.needed, 'site')}, {_counted(load.there, each)}"
    return f"{_between(load)}: {_names(load.sites)} {needs}: {there}, {load.needed - load.there} short"


@dataclass(frozen=True, slots=True)
class _Load:
    """What must go between two months and what those months can carry."""

    first: int
    last: int
    needed: int
    there: int
    sites: tuple[str, ...]


def _worst(tasks: Sequence[Task], need: Callable[[Task], int], there: Callable[[int, int], int]) -> _Load | None:
    """The interval that is short by most; among equals the shortest, then the earliest. None when no interval is short."""
    needed_by: dict[int, int] = dict.fromkeys(sorted({t.months[-1] for t in tasks}), 0)
    by_first: dict[int, list[Task]] = {}
    for task in tasks:
        by_first.setdefault(task.months[0], []).append(task)
    best: tuple[int, int, int, int] | None = None
    for first in sorted(by_first, reverse=True):
        for task in by_first[first]:
            needed_by[task.months[-1]] += need(task)
        total = 0
        for last, amount in needed_by.items():
            total += amount
            short = total - there(first, last) if last >= first else 0
            if short > 0 and (best is None or (short, first - last, -first) > best[:3]):
                best = (short, first - last, -first, last)
    if best is None:
        return None
    first, last = -best[2], best[3]
    inside = [t for t in tasks if first <= t.months[0] and t.months[-1] <= last and need(t)]
    return _Load(first, last, sum(map(need, inside)), there(first, last), tuple(s.site_id for t in inside for s in t.sites))


def _too_many(problem: Problem, pool: int, means: Means | None, load: _Load) -> str:
    short = load.needed - load.there
    rate = means.devices_per_crew_month if means else 0
    more = f", that is {_counted(-(-short // rate), 'crew-month')}" if rate else ""
    own = f" of {problem.pools[pool]}" if problem.pools[pool] else ""
    return f"{_between(load)}: {load.needed} devices must go, the crews{own} can do {load.there}: {short} short{more} ({_names(load.sites)})"


def _too_dear(problem: Problem, load: _Load) -> str:
    needed, there, short = (_amount(problem.money(n)) for n in (load.needed, load.there, load.needed - load.there))
    return f"{_between(load)}: {needed} is needed, the budgets hold {there}: {short} short ({_names(load.sites)})"


def _between(load: _Load) -> str:
    return month_text(load.first) if load.first == load.last else f"{month_text(load.first)} to {month_text(load.last)}"


def _names(sites: Sequence[str]) -> str:
    shown = ", ".join(sites[:_SHOWN])
    return f"sites {shown} and {len(sites) - _SHOWN} more" if len(sites) > _SHOWN else f"site{'s' if len(sites) > 1 else ''} {shown}"


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _amount(value: Decimal) -> str:
    return f"{value:,.2f}"
