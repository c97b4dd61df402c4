"""The second pair of eyes: does a plan keep every rule? Written apart from the planner, imports values only and opens nothing.

It recomputes from the sites and the removals alone: each site exactly once, counts, costs, months, windows, deadlines, frozen days, dependencies,
crews per month and money per period. Each breach is a sentence. A plan with a breach is not published.
"""

from __future__ import annotations

import calendar
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Protocol

from custodes.values.plan import Means, Plan, Removal, Site

_DAY = timedelta(days=1)
_EARLY, _LATE = date(1, 1, 1), date(9999, 12, 31)


class Rules(Protocol):
    """What the checker needs of a policy."""

    @property
    def deadline(self) -> str:
        """Last day for every site, ISO; empty when there is none."""

    @property
    def cost_low(self) -> Decimal | None:
        """Least cost per device where a site gives none."""

    @property
    def cost_high(self) -> Decimal | None:
        """Most cost per device where a site gives none."""


def check(sites: Sequence[Site], removals: Sequence[Removal], means: Means | None, policy: Rules) -> list[str]:
    """Every breach in plain words, in a fixed order; empty when the removals keep all rules."""
    known = {s.site_id: s for s in sites}
    usable = [r for r in removals if r.site_id in known and _is_month(r.month)]
    return [
        *_each_once(sites, removals),
        *(b for r in removals for b in _own(known, r)),
        *(b for r in usable for b in _dates(known[r.site_id], r, means, policy)),
        *_dependencies(sites, {r.site_id: r.month for r in usable}),
        *_circles(sites),
        *(_crews(usable, means) if means else ()),
        *(_money(known, usable, means, policy) if means else ()),
    ]


def check_plan(sites: Sequence[Site], plan: Plan, means: Means | None, policy: Rules) -> list[str]:
    """:func:`check` for the plan's removals, and its totals, its bound and its status recomputed. A plan that says it cannot be done has no removals."""
    if plan.status in ("infeasible", "not found"):
        return [f"the plan is called {plan.status} and has {len(plan.removals)} removals"] if plan.removals else _totals(sites, plan, policy)
    breaches = check(sites, plan.removals, means, policy) + _totals(sites, plan, policy)
    if plan.status not in ("unconstrained", "feasible", "optimal"):
        breaches.append(f"the plan has the unknown status {plan.status!r}")
    if (plan.status == "unconstrained") != (means is None):
        breaches.append(f"the plan is called {plan.status}, but means were {'not ' if means is None else ''}given")
    return breaches


def _each_once(sites: Sequence[Site], removals: Sequence[Removal]) -> Iterator[str]:
    planned = Counter(r.site_id for r in removals)
    given = Counter(s.site_id for s in sites)
    yield from (f"site {i} is in the list {n} times" for i, n in given.items() if n > 1)
    yield from (f"site {i} is not in the plan" for i in given if i not in planned)
    yield from (f"site {i} is in the plan {n} times" for i, n in planned.items() if n > 1)
    yield from (f"site {i} is in the plan but not in the list" for i in planned if i not in given)


def _own(known: Mapping[str, Site], removal: Removal) -> Iterator[str]:
    site = known.get(removal.site_id)
    if not _is_month(removal.month):
        yield f"site {removal.site_id}: {removal.month!r} is not a month such as 2027-03"
    if site is None:
        return
    if removal.devices != site.devices:
        yield f"site {site.site_id}: the plan removes {removal.devices} devices, the list has {site.devices}"
    cost = None if site.unit_cost is None else site.devices * site.unit_cost
    if removal.cost != cost:
        yield f"site {site.site_id}: the plan says it costs {_amount(removal.cost)}, the list makes it {_amount(cost)}"


def _dates(site: Site, removal: Removal, means: Means | None, policy: Rules) -> Iterator[str]:
    first, last = _days(removal.month)
    start = _first(means.start) if means and means.start else _EARLY
    opens, closes = _first(site.window_from) if site.window_from else _EARLY, _last(site.window_to) if site.window_to else _LATE
    due = min([_last(d) for d in (site.deadline, policy.deadline) if d], default=_LATE)
    name = f"site {site.site_id}: {removal.month}"
    if removal.month < start.isoformat()[:7]:
        yield f"{name} is before the plan starts ({start.isoformat()[:7]})"
    if last < opens:
        yield f"{name} is before its window opens ({opens})"
    if first > closes:
        yield f"{name} is after its window closes ({closes})"
    if first > due:
        yield f"{name} is after its deadline ({due})"
    days = _between(max(first, opens), min(last, closes, due))
    if days and all(_is_frozen(d, means) for d in days):
        yield f"{name} has no day that is not frozen"
    elif not days and last >= opens and first <= min(closes, due):
        yield f"{name} has no day inside its window and before its deadline"


def _dependencies(sites: Sequence[Site], month: Mapping[str, str]) -> Iterator[str]:
    for site in sites:
        for other in site.depends_on:
            if other not in month:
                yield f"site {site.site_id} depends on {other}, which is not planned"
            elif site.site_id in month and month[other] > month[site.site_id]:
                yield f"site {site.site_id} goes in {month[site.site_id]}, before {other} on which it depends ({month[other]})"


def _circles(sites: Sequence[Site]) -> Iterator[str]:
    """Take away, again and again, what waits for nothing that is left; what stays waits for itself."""
    left = {s.site_id: set(s.depends_on) for s in sites}
    while free := [i for i, others in left.items() if not others & left.keys()]:
        for i in free:
            del left[i]
    if left:
        yield f"dependencies go round in a circle: {', '.join(left)}"


def _crews(removals: Sequence[Removal], means: Means) -> Iterator[str]:
    if not means.crews and not means.devices_per_crew_month:
        return
    devices: dict[str, int] = defaultdict(int)
    for removal in removals:
        devices[removal.month] += removal.devices
    for month, needed in sorted(devices.items()):
        days = _between(*_days(month))
        open_days = sum(1 for d in days if not _is_frozen(d, means))
        most = means.crews * means.devices_per_crew_month * open_days // len(days)
        if needed > most:
            yield f"{month}: {needed} devices are planned, the crews can do {most}"


def _money(known: Mapping[str, Site], removals: Sequence[Removal], means: Means, policy: Rules) -> Iterator[str]:
    if not means.budgets:
        return
    spent: dict[str, Decimal] = defaultdict(Decimal)
    for removal in removals:
        cost = _planned_cost(known[removal.site_id], policy)
        if cost is None:
            yield f"site {removal.site_id} has no cost, so the budgets cannot be checked"
        elif cost:
            spent[_period_of(removal.month, means)] += cost
    for period, amount in means.budgets:
        if spent[period] > amount:
            yield f"budget {period}: {_amount(spent[period])} is planned, {_amount(amount)} is there"
    if spent[""]:
        yield f"{_amount(spent[''])} is planned in months that no budget covers"


def _totals(sites: Sequence[Site], plan: Plan, policy: Rules) -> list[str]:
    low = _sum([_cost(s.devices, s.unit_cost, policy.cost_low) for s in sites])
    high = _sum([_cost(s.devices + s.unknown_make, s.unit_cost, policy.cost_high) for s in sites])
    breaches = []
    for name, said, is_ in (("low", plan.cost_low, low), ("high", plan.cost_high, high)):
        if said != is_:
            breaches.append(f"the {name} end of the cost is given as {_amount(said)}, the sites make it {_amount(is_)}")
    if plan.bound is not None and (low is None or plan.bound > low):
        breaches.append(f"the bound {_amount(plan.bound)} is above what the sites cost at least ({_amount(low)})")
    return breaches


def _planned_cost(site: Site, policy: Rules) -> Decimal | None:
    return _cost(site.devices, site.unit_cost, policy.cost_high)


def _cost(devices: int, unit_cost: Decimal | None, catalogue: Decimal | None) -> Decimal | None:
    each = unit_cost if unit_cost is not None else catalogue
    return Decimal(0) if not devices else None if each is None else devices * each


def _sum(costs: Sequence[Decimal | None]) -> Decimal | None:
    return None if any(c is None for c in costs) else sum((c for c in costs if c is not None), Decimal(0))


def _period_of(month: str, means: Means) -> str:
    return next((name for name, _ in means.budgets if month in _months_of(name)), "")


def _months_of(period: str) -> list[str]:
    """The months of ``2026-27`` (April to March), ``2027-Q1`` or ``2027``."""
    year, quarter = int(period[:4]), period[5:]
    if quarter.startswith("Q"):
        first = int(quarter[1:]) * 3 - 2
        return [f"{year:04d}-{m:02d}" for m in range(first, first + 3)]
    if not quarter:
        return [f"{year:04d}-{m:02d}" for m in range(1, 13)]
    return [f"{year:04d}-{m:02d}" for m in range(4, 13)] + [f"{year + 1:04d}-{m:02d}" for m in range(1, 4)]


def _is_frozen(day: date, means: Means | None) -> bool:
    for text in means.freezes if means else ():
        start, _, end = text.partition("/")
        if _first(start) <= day <= _last(end or start):
            return True
    return False


def _is_month(text: str) -> bool:
    return len(text) == 7 and text[4] == "-" and text.replace("-", "").isdigit() and text[:4] > "0000" and "01" <= text[5:] <= "12"


def _first(text: str) -> date:
    return date.fromisoformat((text + "-01-01")[:10] if len(text) == 4 else (text + "-01")[:10])


def _last(text: str) -> date:
    if len(text) == 10:
        return date.fromisoformat(text)
    return date(int(text), 12, 31) if len(text) == 4 else _days(text)[1]


def _days(month: str) -> tuple[date, date]:
    first = date.fromisoformat(month + "-01")
    return first, first.replace(day=calendar.monthrange(first.year, first.month)[1])


def _between(start: date, end: date) -> list[date]:
    return [start + n * _DAY for n in range((end - start).days + 1)]


def _amount(value: Decimal | None) -> str:
    return "nothing that is known" if value is None else f"{value:,.2f}"
