"""The planning problem as whole numbers: tasks with their open months, pools of hands per month, purses of money, regions that cost a trip. Pure.

A task is a site, or all sites of one visit. Money is counted in the smallest unit that any amount needs (``unit`` of them make one of the currency).
A purse holds an amount for a span of months; with carry-over each purse starts at the first period, so that what is left moves on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache

from custodes.timetable.joined import joined
from custodes.timetable.months import bounds, first_day, free_days, interval, last_day, month_of, open_between, period
from custodes.timetable.terms import Policy
from custodes.values.plan import Means, Site

LONGEST = 1200
"""Months that a plan may last at most (a hundred years): what does not fit by then does not fit."""
_LATE = date(9999, 12, 31)
Frozen = tuple[tuple[date, date], ...]


@dataclass(frozen=True, slots=True)
class Task:
    """Sites that go together. ``months``: where they may go by themselves; ``after``: indices of tasks they wait for; ``devices`` and ``load``: devices in all
    and per pool; ``cost``: what the money must hold, None when unknown; ``exits``: (last month that is too early, what leaving a contract costs);
    ``regions``: regions to travel to; ``weight``: exposure per day in hundredths of a device; ``opens`` and ``due``: first and last possible day."""

    sites: tuple[Site, ...]
    months: tuple[int, ...]
    after: tuple[int, ...]
    devices: int
    load: tuple[tuple[int, int], ...]
    cost: int | None
    exits: tuple[tuple[int, int], ...]
    regions: tuple[int, ...]
    weight: int
    opens: date
    due: date

    @property
    def name(self) -> str:
        """How people call it: the site's id, or those of all sites of the visit."""
        return " + ".join(s.site_id for s in self.sites)

    def extra(self, month: int) -> int:
        """What leaving contracts costs when it goes in this month."""
        return sum(amount for last, amount in self.exits if month <= last)


@dataclass(frozen=True, slots=True)
class Purse:
    """An amount for all months from ``first`` to ``last``. ``name``: the budget that ends there; ``opens``: where that budget itself begins."""

    first: int
    last: int
    amount: int
    name: str
    opens: int


@dataclass(frozen=True, slots=True)
class Problem:
    """``hands``: per pool, devices per month from ``start``, None when not limited. ``purses``: None when money is not limited. ``pool_of``: region -> pool.
    ``today``: the first day on which anything can happen."""

    start: int
    end: int
    tasks: tuple[Task, ...]
    hands: tuple[Mapping[int, int], ...] | None
    purses: tuple[Purse, ...] | None
    unit: int
    regions: tuple[str, ...]
    pool_of: tuple[int, ...]
    pools: tuple[str, ...]
    trip_devices: int
    trip_cost: int
    today: date

    def purses_of(self, month: int) -> tuple[int, ...]:
        """Indices of the purses that pay for this month; none: no budget covers it."""
        purses = self.purses or ()
        if not any(p.opens <= month <= p.last for p in purses):
            return ()
        return tuple(n for n, p in enumerate(purses) if p.first <= month <= p.last)

    def day(self, month: int) -> int:
        """Days from the plan's first day to the end of a month."""
        return (bounds(month)[1] - bounds(self.start)[0]).days + 1

    def money(self, amount: int) -> Decimal:
        """Whole units as an amount of the currency."""
        return Decimal(amount) / self.unit


def problem_of(sites: Sequence[Site], means: Means | None, policy: Policy, now: str, isolated: Mapping[str, int] | None = None) -> Problem:
    """The problem from a month on: the later of ``means.start`` and the month of ``now``. Ids must be unique; unknown dependencies are left out
    (``clashes`` names both). ``isolated``: site -> month of its isolation, before which it does not go. ValueError for a date that is none."""
    start = start_of(means, now)
    frozen = tuple(interval(f) for f in means.freezes) if means else ()
    rate = means.devices_per_crew_month if means else 0
    pools = ("", *(name for name, _ in means.regional)) if means else ("",)
    crews = (means.crews, *(n for _, n in means.regional)) if means else (0,)
    budgets = tuple((*period(name), amount, name) for name, amount in means.budgets) if means else ()
    end = _end(sites, start, _work(sites, means, dict(zip(pools, crews, strict=True))) if means and rate else 0, frozen, [last for _, last, _, _ in budgets])
    unit = _unit(sites, means, policy)
    regions = tuple(sorted({s.region for s in sites}))
    pool_of = tuple(pools.index(r) if r in pools else 0 for r in regions)
    free = {m: free_days(m, frozen) for m in range(start, end + 1)}
    hands = tuple(_hands(c * rate, _pool_frozen(means, name, frozen), free, frozen) for name, c in zip(pools, crews, strict=True)) if rate else None
    today = max(first_day(now[:10]), bounds(start)[0])
    maker = _Maker(start, end, today, means, policy, unit, regions, pool_of, free, frozen, isolated or {})
    groups = joined(sites)
    at = {s.site_id: n for n, group in enumerate(groups) for s in group}
    tasks = tuple(maker.task(group, n, at) for n, group in enumerate(groups))
    trip_cost = int(means.trip_cost * unit) if means else 0
    return Problem(
        start, end, tasks, hands, _purses(budgets, unit, means is not None and means.carry_over), unit, regions, pool_of, pools,
        means.trip_devices if means else 0, trip_cost, today,
    )  # fmt: skip


def start_of(means: Means | None, now: str) -> int:
    """The first month of a plan."""
    start = month_of(first_day(now[:10]))
    return max(start, month_of(first_day(means.start))) if means and means.start else start


def _hands(per_month: int, frozen: Frozen, free: Mapping[int, int], everywhere: Frozen) -> dict[int, int]:
    open_days = free if frozen == everywhere else {m: free_days(m, frozen) for m in free}
    return {m: per_month * open_days[m] // bounds(m)[1].day for m in free}


def _pool_frozen(means: Means | None, region: str, frozen: Frozen) -> Frozen:
    """Freezes that hold for all classes: everywhere, or in the region that has crews of its own."""
    own = [f for f in means.partial_freezes if not f.classes and (not f.regions or (region and region in f.regions))] if means else []
    return (*frozen, *(interval(f.days) for f in own))


def _purses(budgets: Sequence[tuple[int, int, Decimal, str]], unit: int, carry_over: bool) -> tuple[Purse, ...] | None:
    if not budgets:
        return None
    if not carry_over:
        return tuple(Purse(first, last, int(amount * unit), name, first) for first, last, amount, name in budgets)
    found, total = [], Decimal(0)
    for first, last, amount, name in budgets:
        total += amount
        found.append(Purse(budgets[0][0], last, int(total * unit), name, first))
    return tuple(found)


def _unit(sites: Sequence[Site], means: Means | None, policy: Policy) -> int:
    """The power of ten that makes every amount whole."""
    amounts = {s.unit_cost for s in sites} | {s.exit_cost for s in sites} | {policy.cost_high, policy.cost_low}
    amounts |= {a for _, a in means.budgets} | {means.trip_cost} if means else set()
    return int(10 ** max((max(0, -int(a.normalize().as_tuple().exponent)) for a in amounts if a), default=0))


def _work(sites: Sequence[Site], means: Means, crews: Mapping[str, int]) -> int:
    """Months that suffice for all work once nothing else stands in the way.

    Put into months in the order of dependence, a new month begun whenever a pool is full: two months that follow each other hold more than the pool can do
    in one, so a pool is the reason for at most twice its work over its strength. What is too large for a month never fits.
    """
    load: dict[str, int] = {}
    for s in sites:
        pool = s.region if s.region in crews else ""
        load[pool] = load.get(pool, 0) + s.devices + means.trip_devices
    return sum(2 * -(-n // (crews[pool] * means.devices_per_crew_month)) + 1 for pool, n in load.items() if crews[pool])


def _end(sites: Sequence[Site], start: int, work: int, frozen: Frozen, last_budgets: Sequence[int]) -> int:
    """The last month worth looking at: after every date that is named, and long enough for the crews to do everything."""
    named = [month_of(first_day(d)) for s in sites for d in (s.window_from, s.consent_from) if d]
    named += [month_of(min(last_day(d), _LATE)) for s in sites for d in (s.deadline, s.window_to, s.contract_end, s.works_until) if d]
    named += [month_of(end) for _, end in frozen] + list(last_budgets)
    within = [m for m in named if m <= start + LONGEST]
    return min(max([start, *within]) + work + 2, start + LONGEST)


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes tasks out of sites."""

    start: int
    end: int
    today: date
    means: Means | None
    policy: Policy
    unit: int
    regions: tuple[str, ...]
    pool_of: tuple[int, ...]
    free: Mapping[int, int]
    frozen: Frozen
    isolated: Mapping[str, int]

    def task(self, group: Sequence[Site], number: int, at: Mapping[str, int]) -> Task:
        opens, due = max(self._opens(s) for s in group), min(self._due(s) for s in group)
        months = [self._months(s) for s in group]
        shared = months[0] if len(months) == 1 else tuple(sorted(set(months[0]).intersection(*months[1:])))
        after = tuple(sorted({at[i] for s in group for i in s.depends_on if i in at} - {number}))
        costs = [self._cost(s) for s in group]
        load: dict[int, int] = {}
        for s in group:
            pool = self.pool_of[self.regions.index(s.region)]
            load[pool] = load.get(pool, 0) + s.devices
        regions = tuple(sorted({self.regions.index(s.region) for s in group if s.devices}))
        exits = tuple(sorted((month_of(last_day(s.contract_end)) - 1, int(s.exit_cost * self.unit)) for s in group if s.exit_cost and s.contract_end))
        return Task(
            tuple(group), shared, after, sum(s.devices for s in group), tuple(sorted((p, d) for p, d in load.items() if d)),
            None if None in costs else sum(c or 0 for c in costs), exits, regions, sum(weight(s, self.policy) * s.devices for s in group), opens, due,
        )  # fmt: skip

    def _months(self, site: Site) -> tuple[int, ...]:
        opens, due = self._opens(site), self._due(site)
        own = own_freezes(site, self.means)
        frozen = (*self.frozen, *own)
        span = range(max(self.start, month_of(opens)), min(self.end, month_of(due)) + 1)
        if own:
            return tuple(m for m in span if open_between(m, opens, due, frozen))
        return tuple(m for m in span if self.free[m] and _is_open(m, opens, due, frozen))

    def _opens(self, site: Site) -> date:
        opens = max(self.today, bounds(self.isolated.get(site.site_id, self.start))[0])
        days = [first_day(d) for d in (site.window_from, site.consent_from) if d]
        days += [last_day(site.works_until) + timedelta(days=1)] if site.works_until else []
        if self.means and self.means.landlord_months and site.controller == "landlord" and not site.consent_from:
            days.append(bounds(self.start + self.means.landlord_months)[0])
        return max([opens, *days])

    def _due(self, site: Site) -> date:
        return min([last_day(d) for d in (site.window_to, site.deadline, policy_deadline(site, self.policy)) if d], default=_LATE)

    def _cost(self, site: Site) -> int | None:
        each = site.unit_cost if site.unit_cost is not None else self.policy.cost_high
        return 0 if not site.devices else None if each is None else int(site.devices * each * self.unit)


def policy_deadline(site: Site, policy: Policy) -> str:
    """The policy's last day for a site: later where a waiver says so."""
    if not policy.deadline or not site.waived_until or last_day(site.waived_until) <= last_day(policy.deadline):
        return policy.deadline
    return site.waived_until


def own_freezes(site: Site, means: Means | None) -> Frozen:
    """Freezes of the site's region or class."""
    return tuple(
        interval(f.days) for f in (means.partial_freezes if means else ())
        if (not f.regions or site.region in f.regions) and (not f.classes or site.site_class in f.classes)
    )  # fmt: skip


def weight(site: Site, policy: Policy) -> int:
    """Exposure of one device of a site per day, in hundredths: the factor of its class times that of its network state (isolated first where the policy says so)."""
    factors = dict(policy.risk)
    state = "isolated" if must_isolate(site, policy) or site.isolated_on else site.network_state
    product = factors.get(f"class:{site.site_class}", Decimal(1)) * factors.get(f"network:{state}", Decimal(1))
    return int((100 * product).to_integral_value())  # rounds to even, as the checker does


def must_isolate(site: Site, policy: Policy) -> bool:
    """Does the policy want this site off the network first? Sites that do not say whether they are connected count as connected."""
    wanted = "*" in policy.isolate_classes or site.site_class in policy.isolate_classes or (bool(policy.isolate_classes) and not site.site_class)
    return wanted and not site.isolated_on and site.network_state in ("", "connected") and site.devices > 0


def _is_open(month: int, opens: date, due: date, frozen: Frozen) -> bool:
    first, last = bounds(month)
    if opens <= first and last <= due:  # free days were counted already
        return True
    return open_between(month, opens, due, frozen)


def followers_of(problem: Problem) -> list[list[int]]:
    """For each task those that wait for it."""
    found: list[list[int]] = [[] for _ in problem.tasks]
    for n, task in enumerate(problem.tasks):
        for other in task.after:
            found[other].append(n)
    return found


def in_order(problem: Problem) -> list[int]:
    """Task indices, each after all it depends on, ties by place; without those in or behind a circle."""
    waiting = [len(t.after) for t in problem.tasks]
    followers = followers_of(problem)
    order = [n for n, w in enumerate(waiting) if not w]
    for n in order:  # grows while it is walked
        for f in followers[n]:
            waiting[f] -= 1
            if not waiting[f]:
                order.append(f)
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
    """Months of a task in which the crews and the money could carry it if nothing else were there."""
    months = task.months
    if problem.hands is not None:
        for pool, devices in with_trips(problem, task):
            months = tuple(m for m in months if devices <= problem.hands[pool][m])
    if problem.purses is not None and (task.cost or task.exits or problem.trip_cost):
        trips = problem.trip_cost * len(task.regions)
        most = _most(problem.purses, problem.start, problem.end)
        months = tuple(m for m in months if not (need := (task.cost or 0) + trips + task.extra(m)) or need <= most[m])
    return months


@lru_cache(maxsize=8)
def _most(purses: tuple[Purse, ...], start: int, end: int) -> dict[int, int]:
    """The most that one task may cost in each month, -1 where there is no money."""
    covered = {m: [p.amount for p in purses if p.first <= m <= p.last] for m in range(start, end + 1) if any(p.opens <= m <= p.last for p in purses)}
    return {m: min(covered[m]) if m in covered else -1 for m in range(start, end + 1)}


def with_trips(problem: Problem, task: Task) -> list[tuple[int, int]]:
    """(pool, devices) of a task that is alone in its month: its own and those that the trips cost."""
    load = dict(task.load)
    for region in task.regions:
        load[problem.pool_of[region]] = load.get(problem.pool_of[region], 0) + problem.trip_devices
    return sorted(load.items())
