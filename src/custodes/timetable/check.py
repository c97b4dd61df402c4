"""The second pair of eyes: does a plan keep every rule? Written apart from the planner, imports values only and opens nothing.

It recomputes from the sites and the removals alone: each site exactly once, counts, costs, months, windows, consents, works, deadlines and waivers,
frozen days, dependencies, visits, isolation first, crews per pool and month with their trips, money per period, exposure, totals and bounds. Each breach is a
sentence. A plan with a breach is not published.
"""

from __future__ import annotations

import calendar
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple, Protocol

from custodes.values.plan import Isolation, Means, Missed, Plan, Removal, Site

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

    @property
    def isolate_classes(self) -> tuple[str, ...]:
        """Classes of sites that go off the network first; ``*``: all."""

    @property
    def isolate_months(self) -> int:
        """Months within which they do."""

    @property
    def risk(self) -> tuple[tuple[str, Decimal], ...]:
        """Factors of exposure: ``class:school``, ``network:isolated``."""


def check(
    sites: Sequence[Site], removals: Sequence[Removal], means: Means | None, policy: Rules, isolations: Sequence[Isolation] = (), start: str = "", today: str = "",
    missed: Sequence[Missed] = (),
) -> list[str]:  # fmt: skip
    """Every breach in plain words, in a fixed order; empty when the removals keep all rules. ``start``: first month, where the means name an earlier one;
    ``today``: ISO day of the planning, before which nothing happens; ``missed``: deadlines that had passed then and bind no more."""
    known = {s.site_id: s for s in sites}
    usable = [r for r in removals if r.site_id in known and _is_month(r.month)]
    first = max([m for m in (start[:7], _first(means.start).isoformat()[:7] if means and means.start else "") if m], default="")
    late = {m.site_id for m in missed}
    return [
        *_each_once(sites, removals),
        *(b for r in removals for b in _own(known, r)),
        *_missed(known, missed, policy, today),
        *(b for r in usable for b in _dates(known[r.site_id], r, means, _Day(policy, first, today, r.site_id in late or _is_empty(known[r.site_id])))),
        *_dependencies(sites, {r.site_id: r.month for r in usable}),
        *_circles(sites),
        *_visits(known, usable),
        *_isolation(sites, usable, isolations, means, policy, first),
        *(_crews(known, usable, means) if means else ()),
        *(_money(known, usable, means, policy) if means else ()),
    ]


def check_plan(sites: Sequence[Site], plan: Plan, means: Means | None, policy: Rules) -> list[str]:
    """:func:`check` for the plan's removals, and its totals, bounds, exposure and status recomputed. A plan that says it cannot be done has no removals."""
    if plan.status in ("infeasible", "not found"):
        return [f"the plan is called {plan.status} and has {len(plan.removals)} removals"] if plan.removals else _totals(sites, plan, means, policy)
    breaches = check(sites, plan.removals, means, policy, plan.isolations, plan.start, plan.today, plan.missed) + _totals(sites, plan, means, policy)
    if plan.status not in ("unconstrained", "feasible", "optimal"):
        breaches.append(f"the plan has the unknown status {plan.status!r}")
    if (plan.status == "unconstrained") != (means is None):
        breaches.append(f"the plan is called {plan.status}, but means were {'not ' if means is None else ''}given")
    planned = {r.site_id for r in plan.removals}
    breaches += [f"site {o.site_id} is left out ({o.reason}) and in the plan" for o in plan.outside if o.site_id in planned]
    return [*breaches, *_groundless(sites, plan), *_exposed(sites, plan, policy)]


def _groundless(sites: Sequence[Site], plan: Plan) -> Iterator[str]:
    """Makers that are counted without a ground, and claims that name no finding which a person confirmed."""
    if plan.grounds is None:
        return
    there = {g.maker_id for g in plan.grounds}
    yield from (f"site {s.site_id}: devices of {m} are counted, and the plan gives no ground for it" for s in sites for m, _ in s.makers if m not in there)
    yield from (f"the claim of {g.maker_id} is counted without the finding that was confirmed" for g in plan.grounds if g.source == "claim" and not g.cites)


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


class _Day(NamedTuple):
    """When the plan was made: ``start`` its first month, ``today`` its day; ``late``: the site's passed deadlines bind no more (it missed them, or has nothing)."""

    policy: Rules
    start: str
    today: str
    late: bool


def _dates(site: Site, removal: Removal, means: Means | None, at: _Day) -> Iterator[str]:
    first, last = _days(removal.month)
    opens, closes = _first(site.window_from) if site.window_from else _EARLY, _last(site.window_to) if site.window_to else _LATE
    dues = _dues(site, at.policy)
    due = min([d for d in dues if not at.late or d.isoformat() >= at.today], default=_LATE)
    name, start = f"site {site.site_id}: {removal.month}", at.start
    if start and removal.month < start:
        yield f"{name} is before the plan starts ({start})"
    if at.today and last < _first(at.today):
        yield f"{name} is past on {at.today}"
    if last < opens:
        yield f"{name} is before its window opens ({opens})"
    for what, ready in _ready(site, means, start):
        if last < ready:
            yield f"{name} is before {what} ({ready})"
        opens = max(opens, ready)
    if first > closes:
        yield f"{name} is after its window closes ({closes})"
    if first > due:
        yield f"{name} is after its deadline ({due})"
    opens = max(opens, _first(at.today)) if at.today else opens
    days = _between(max(first, opens), min(last, closes, due))
    if days and all(_is_frozen(d, means, site) for d in days):
        yield f"{name} has no day that is not frozen"
    elif not days and last >= opens and first <= min(closes, due):
        yield f"{name} has no day inside its window and before its deadline"


def _is_empty(site: Site) -> bool:
    return not (site.devices or site.unknown_make)


def _dues(site: Site, policy: Rules) -> list[date]:
    """The last days of the site's own deadline and of the policy's."""
    return [_last(d) for d in (site.deadline, _policy_deadline(site, policy)) if d]


def _missed(known: Mapping[str, Site], missed: Sequence[Missed], policy: Rules, today: str) -> Iterator[str]:
    """Is every deadline that the plan calls missed the first one of its site, and really past?"""
    for m in missed:
        site = known.get(m.site_id)
        dues = [d for d in _dues(site, policy) if d.isoformat() < today] if site and today else []
        if not dues:
            yield f"site {m.site_id} is said to have missed {m.deadline}, but no deadline of it is past"
        elif (min(dues).isoformat(), (_first(today) - min(dues)).days) != (m.deadline, m.days):
            yield f"site {m.site_id} is said to have missed {m.deadline} by {m.days} days; it missed {min(dues)} by {(_first(today) - min(dues)).days}"


def _ready(site: Site, means: Means | None, start: str) -> Iterator[tuple[str, date]]:
    """What must be there before the work: the landlord's consent, the end of building works."""
    if site.consent_from:
        yield "the landlord's consent", _first(site.consent_from)
    elif site.controller == "landlord" and means and means.landlord_months and start:
        number = int(start[:4]) * 12 + int(start[5:]) - 1 + means.landlord_months
        yield "a landlord's consent can be there", date(number // 12, number % 12 + 1, 1)
    if site.works_until:
        yield "its works end", _last(site.works_until) + _DAY


def _policy_deadline(site: Site, policy: Rules) -> str:
    waived = site.waived_until if policy.deadline else ""
    return waived if waived and _last(waived) > _last(policy.deadline) else policy.deadline


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


def _visits(known: Mapping[str, Site], removals: Sequence[Removal]) -> Iterator[str]:
    months: dict[str, set[str]] = defaultdict(set)
    for removal in removals:
        if visit := known[removal.site_id].visit:
            months[visit].add(removal.month)
    for visit, found in sorted(months.items()):
        if len(found) > 1:
            yield f"visit {visit} is spread over {', '.join(sorted(found))}"


def _isolation(
    sites: Sequence[Site], removals: Sequence[Removal], isolations: Sequence[Isolation], means: Means | None, policy: Rules, start: str
) -> Iterator[str]:
    wanted = {s.site_id for s in sites if _must_isolate(s, policy)}
    month = {i.site_id: i.month for i in isolations}
    gone = {r.site_id: r.month for r in removals}
    yield from (f"site {i} is isolated {n} times" for i, n in Counter(i.site_id for i in isolations).items() if n > 1)
    yield from (f"site {i} must be isolated first and is not" for i in sorted(wanted - month.keys()))
    yield from (f"site {i} is isolated without need" for i in sorted(month.keys() - wanted))
    for i in sorted(wanted & month.keys()):
        if not _is_month(month[i]):
            yield f"site {i}: {month[i]!r} is not a month such as 2027-03"
            continue
        if start and not _months_on(start, 0) <= month[i] <= _months_on(start, max(1, policy.isolate_months) - 1):
            yield f"site {i} is isolated in {month[i]}, which is not within {max(1, policy.isolate_months)} months of {start}"
        if i in gone and gone[i] < month[i]:
            yield f"site {i} is isolated in {month[i]}, after its removal ({gone[i]})"
    most = means.isolations_per_month if means else 0
    for at, n in sorted(Counter(month.values()).items()):
        if most and n > most:
            yield f"{at}: {n} sites are isolated, {most} can be"


def _must_isolate(site: Site, policy: Rules) -> bool:
    if not policy.isolate_classes or site.isolated_on or site.devices == 0 or site.network_state in ("isolated", "disconnected"):
        return False
    return "*" in policy.isolate_classes or not site.site_class or site.site_class in policy.isolate_classes


def _crews(known: Mapping[str, Site], removals: Sequence[Removal], means: Means) -> Iterator[str]:
    if not means.devices_per_crew_month:
        return
    crews = dict(means.regional)
    devices: dict[tuple[str, str], int] = defaultdict(int)
    for region, month in _trips(known, removals):
        devices[month, region if region in crews else ""] += means.trip_devices
    for removal in removals:
        region = known[removal.site_id].region
        devices[removal.month, region if region in crews else ""] += removal.devices
    for (month, pool), needed in sorted(devices.items()):
        days = _between(*_days(month))
        open_days = sum(1 for d in days if not _is_closed(d, means, pool))
        most = (crews[pool] if pool else means.crews) * means.devices_per_crew_month * open_days // len(days)
        if needed > most:
            own = f" of {pool}" if pool else ""
            yield f"{month}: {needed} devices are planned, the crews{own} can do {most}"


def _trips(known: Mapping[str, Site], removals: Sequence[Removal]) -> set[tuple[str, str]]:
    """(region, month) of every trip: a region in which devices go in that month."""
    return {(known[r.site_id].region, r.month) for r in removals if known[r.site_id].devices}


def _money(known: Mapping[str, Site], removals: Sequence[Removal], means: Means, policy: Rules) -> Iterator[str]:
    if not means.budgets:
        return
    spent: dict[str, Decimal] = defaultdict(Decimal)
    for _, month in _trips(known, removals):
        spent[_period_of(month, means)] += means.trip_cost
    for removal in removals:
        cost = _planned_cost(known[removal.site_id], policy)
        if cost is None:
            yield f"site {removal.site_id} has no cost, so the budgets cannot be checked"
        else:
            spent[_period_of(removal.month, means)] += cost + _exit(known[removal.site_id], removal.month)
    left = Decimal(0)
    for period, amount in means.budgets:
        there = amount + left if means.carry_over else amount
        if spent[period] > there:
            carried = f" ({_amount(left)} of it carried over)" if means.carry_over and left else ""
            yield f"budget {period}: {_amount(spent[period])} is planned, {_amount(there)} is there{carried}"
        left = max(Decimal(0), there - spent[period])
    if spent[""]:
        yield f"{_amount(spent[''])} is planned in months that no budget covers"


def _exit(site: Site, month: str) -> Decimal:
    """What leaving the site's contract costs in this month: nothing from the month of its end on."""
    if site.exit_cost is None or not site.contract_end or month >= _last(site.contract_end).isoformat()[:7]:
        return Decimal(0)
    return site.exit_cost


def _totals(sites: Sequence[Site], plan: Plan, means: Means | None, policy: Rules) -> list[str]:
    known = {s.site_id: s for s in sites}
    usable = [r for r in plan.removals if r.site_id in known and _is_month(r.month)]
    extra = sum((_exit(known[r.site_id], r.month) for r in usable), Decimal(0))
    extra += len(_trips(known, usable)) * means.trip_cost if means else Decimal(0)
    low = _sum([_cost(s.devices, s.unit_cost, policy.cost_low) for s in sites], extra)
    high = _sum([_cost(s.devices + s.unknown_make, s.unit_cost, policy.cost_high) for s in sites], extra)
    breaches = []
    for name, said, is_ in (("low", plan.cost_low, low), ("high", plan.cost_high, high)):
        if said != is_:
            breaches.append(f"the {name} end of the cost is given as {_amount(said)}, the sites make it {_amount(is_)}")
    if plan.bound is not None and (low is None or plan.bound > low):
        breaches.append(f"the bound {_amount(plan.bound)} is above what the sites cost at least ({_amount(low)})")
    return breaches


def _exposed(sites: Sequence[Site], plan: Plan, policy: Rules) -> list[str]:
    """Exposure, its bound and the gap, where the plan gives them."""
    if plan.exposure is None or not _is_month(plan.start):
        return []
    known = {s.site_id: s for s in sites}
    value = Decimal(0)
    for removal in plan.removals:
        if removal.site_id in known and _is_month(removal.month):
            days = (_days(removal.month)[1] - _days(plan.start)[0]).days + 1
            value += _weight(known[removal.site_id], policy) * known[removal.site_id].devices * days
    breaches = [f"the exposure is given as {plan.exposure:,} device-days, the sites make it {value:,}"] if value != plan.exposure else []
    bound = plan.exposure_bound if plan.exposure_bound is not None else Decimal(0)
    if bound > value:
        breaches.append(f"the bound on the exposure, {bound:,} device-days, is above the exposure itself ({value:,})")
    gap = (value - bound) / value if value > bound else Decimal(0)
    if plan.gap is not None and not 0 <= plan.gap - gap <= Decimal("0.000001"):
        breaches.append(f"the gap is given as {plan.gap}, exposure and bound make it {gap:.6f}")
    return breaches


def _weight(site: Site, policy: Rules) -> Decimal:
    """Risk of one device, to two decimals."""
    factors = dict(policy.risk)
    state = "isolated" if site.isolated_on or _must_isolate(site, policy) else site.network_state
    return (factors.get(f"class:{site.site_class}", Decimal(1)) * factors.get(f"network:{state}", Decimal(1))).quantize(Decimal("0.01"))


def _planned_cost(site: Site, policy: Rules) -> Decimal | None:
    return _cost(site.devices, site.unit_cost, policy.cost_high)


def _cost(devices: int, unit_cost: Decimal | None, catalogue: Decimal | None) -> Decimal | None:
    each = unit_cost if unit_cost is not None else catalogue
    return Decimal(0) if not devices else None if each is None else devices * each


def _sum(costs: Sequence[Decimal | None], extra: Decimal) -> Decimal | None:
    return None if any(c is None for c in costs) else sum((c for c in costs if c is not None), extra)


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


def _is_frozen(day: date, means: Means | None, site: Site) -> bool:
    """Is the day frozen for this site: everywhere, or in its region, or for its class?"""
    if means is None:
        return False
    partial = [f.days for f in means.partial_freezes if (not f.regions or site.region in f.regions) and (not f.classes or site.site_class in f.classes)]
    return any(_inside(day, text) for text in (*means.freezes, *partial))


def _is_closed(day: date, means: Means, pool: str) -> bool:
    """Does nobody of these crews work: everything is frozen everywhere, or in the region whose own crews they are?"""
    partial = [f.days for f in means.partial_freezes if not f.classes and (not f.regions or (pool and pool in f.regions))]
    return any(_inside(day, text) for text in (*means.freezes, *partial))


def _inside(day: date, text: str) -> bool:
    start, _, end = text.partition("/")
    return _first(start) <= day <= _last(end or start)


def _is_month(text: str) -> bool:
    return len(text) == 7 and text[4] == "-" and text.replace("-", "").isdigit() and text[:4] > "0000" and "01" <= text[5:] <= "12"


def _months_on(month: str, months: int) -> str:
    number = int(month[:4]) * 12 + int(month[5:]) - 1 + months
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


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
