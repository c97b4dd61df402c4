"""What goes when: a plan that keeps every rule, or the reasons why there is none. No clock, no randomness of its own.

Without means each site goes as early as its window and its dependencies allow (``unconstrained``). With means a first plan stands at once: the site that
is due first goes first, into the first month with hands and money left; what that leaves out is moved to the front and it starts again. Then it is
improved (:mod:`custodes.timetable.improve`). ``infeasible`` is always a proof: a clash that was computed, or a search to its end. Where
neither was reached the status is ``not found``: no plan was found and none was ruled out.

Sites of one visit go in one month. What a plan must pay is the known devices at their unit cost, or at the upper end of the catalogue, and trips and
contracts left early. ``bound`` is what any plan for these sites costs at least.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from custodes.errors import InputError
from custodes.timetable import model
from custodes.timetable.clashes import circles, contradictions, crowds, misfits, overloads
from custodes.timetable.effort import Effort
from custodes.timetable.improve import Improved, improve, least_exposure
from custodes.timetable.isolate import as_values, isolations, late
from custodes.timetable.model import Limits, Model
from custodes.timetable.months import first_day, month_of, month_text
from custodes.timetable.place import Placed, greedy, search
from custodes.timetable.polish import exposure
from custodes.timetable.problem import Problem, problem_of, start_of, tightened
from custodes.timetable.replan import keep, moves_of
from custodes.timetable.room import Room
from custodes.timetable.terms import Policy
from custodes.values.plan import Means, Outside, Plan, Removal, Site

SEARCH = 60_000
"""Most choices for which the solver is asked whether there is a plan at all."""
HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Found:
    """``placed``: None when there is no plan (``clashes`` say why) or none was found (``proved`` false). ``interrupted`` by a person while it was looked for?"""

    problem: Problem | None
    placed: Placed | None
    clashes: tuple[str, ...] = ()
    proved: bool = True
    interrupted: bool = False


def plan(
    sites: Sequence[Site], means: Means | None, policy: Policy, now: str, effort: Effort | None = None, *,
    before: Mapping[str, str] | None = None, outside: Sequence[Outside] = (), assumptions: Sequence[str] = (),
) -> Plan:  # fmt: skip
    """Plan the removal of all sites from the month of ``now`` (ISO time) or ``means.start`` on, whichever is later.

    ``before``: site -> month of an earlier plan, from which as few sites as possible move; ``outside`` and ``assumptions`` are passed on.
    Status: unconstrained (no means), feasible, infeasible (proved; ``clashes`` say why), not found (neither a plan nor a proof).
    """
    effort = (effort or Effort()).started()
    sites = sorted(sites, key=lambda s: s.site_id)  # the order of the rows decides nothing
    try:
        found = first(sites, means, policy, now, effort)
        start, today = month_text(start_of(means, now)), first_day(now[:10]).isoformat()
    except (ValueError, OverflowError) as problem_found:
        raise InputError(str(problem_found), where="sites or means", advice="write dates as 2027-03-31") from problem_found
    if found.placed is None or found.problem is None:
        status = "infeasible" if found.proved else "not found"
        stopped = "interrupted" if found.interrupted else ""
        none = _without(sites, policy, status, found.clashes)
        return replace(none, start=start, today=today, stopped=stopped, outside=tuple(outside), assumptions=tuple(assumptions))
    if before is not None:
        best = keep(found.problem, found.placed, before, effort)
    elif found.interrupted:
        best = Improved(found.placed, least_exposure(found.problem), "CP-SAT", "interrupted")
    elif means is None:
        best = Improved(found.placed, exposure(found.problem, found.placed), "earliest", "proved")
    else:
        best = improve(found.problem, found.placed, effort)
    made = _made(sites, means, policy, found.problem, best)
    moves = moves_of(found.problem, best.placed, before, sites, means, outside) if before is not None else ()
    return replace(made, moves=moves, start=start, today=today, outside=tuple(outside), assumptions=tuple(assumptions))


def first(sites: Sequence[Site], means: Means | None, policy: Policy, now: str, effort: Effort) -> Found:
    """A first plan, or why there is none. ``sites`` are sorted."""
    clashes = contradictions(sites) or circles(sites)
    if clashes:
        return Found(None, None, tuple(clashes))
    start = start_of(means, now)
    isolated = isolations(sites, means, policy, start)
    clashes = late(isolated, means, policy, start)
    if clashes:
        return Found(None, None, tuple(clashes))
    problem = problem_of(sites, means, policy, now, isolated)
    clashes = misfits(problem, means)
    if clashes:
        return Found(problem, None, tuple(clashes))
    unpriced = [t.name for t in problem.tasks if t.cost is None]
    if problem.purses is not None and unpriced:
        return Found(problem, None, (f"sites {', '.join(unpriced)} have no cost: give a unit_cost, or leave the budgets out",), False)
    return _placed(tightened(problem), means, effort)


def _placed(problem: Problem, means: Means | None, effort: Effort) -> Found:
    clashes = overloads(problem, means) or crowds(problem)
    if clashes:
        return Found(problem, None, tuple(clashes))
    placed, left = greedy(problem)
    if not left:
        return Found(problem, placed)
    try:
        found, finished, interrupted = _searched(problem, placed, effort)
    except KeyboardInterrupt:
        found, finished, interrupted = {}, False, True
    if found:
        return Found(problem, found, interrupted=interrupted)
    return Found(problem, None, (_left_over(problem, placed, left, finished),), finished, interrupted)


def _searched(problem: Problem, placed: Placed, effort: Effort) -> tuple[Placed, bool, bool]:
    """(a placing or nothing, was the search finished, was it interrupted): by the solver, or without it by trying."""
    if not _solvable(problem, effort):
        return *search(problem), False
    made = Model(problem)
    made.hint(placed)
    # a proof or a plan is worth more than the improvement of one: it may take the whole effort, and a little where there is none
    answer = made.solve(None, Limits(max(5.0, effort.seconds * 0.5), effort.patience(), 0.0, effort.workers, effort.seed))
    return answer.placed, answer.status in ("infeasible", "feasible", "optimal"), answer.interrupted


def _solvable(problem: Problem, effort: Effort) -> bool:
    return effort.solver and model.available() and not model.too_large(problem) and sum(len(t.months) for t in problem.tasks) <= SEARCH


def _made(sites: Sequence[Site], means: Means | None, policy: Policy, problem: Problem, best: Improved) -> Plan:
    low, high = cost_range(sites, policy)
    extra = problem.money(extra_cost(problem, best.placed))
    least = problem.money(least_extra(problem))
    removals = sorted((_removal(s, month) for n, month in best.placed.items() for s in problem.tasks[n].sites), key=lambda r: (r.month, r.site_id))
    value = exposure(problem, best.placed)
    return Plan(
        "unconstrained" if means is None else "feasible", tuple(removals), _plus(low, extra), _plus(high, extra), _plus(low, least),
        exposure=value / HUNDRED, exposure_bound=best.bound / HUNDRED, gap=gap_of(value, best.bound), method=best.method, stopped=best.stopped,
        isolations=as_values(isolations(sites, means, policy, problem.start)),
    )  # fmt: skip


def gap_of(value: int, bound: int) -> Decimal:
    """How much of the exposure the bound leaves open, rounded up to six decimals."""
    if value <= bound or not value:
        return Decimal(0)
    return (Decimal(value - bound) / value).quantize(Decimal("0.000001"), rounding="ROUND_CEILING")


def extra_cost(problem: Problem, placed: Placed) -> int:
    """Trips and contracts left early, in whole units."""
    trips = {(r, m) for n, m in placed.items() for r in problem.tasks[n].regions}
    return problem.trip_cost * len(trips) + sum(problem.tasks[n].extra(m) for n, m in placed.items())


def least_extra(problem: Problem) -> int:
    """What trips and exits cost at least: one trip to each region, and contracts that end after the last possible month."""
    regions = {r for t in problem.tasks for r in t.regions}
    return problem.trip_cost * len(regions) + sum(min((t.extra(m) for m in t.months), default=0) for t in problem.tasks)


def cost_range(sites: Sequence[Site], policy: Policy) -> tuple[Decimal | None, Decimal | None]:
    """(known devices at the lowest cost, all devices at the highest), without trips and exits; None where a site has no cost and the policy has no catalogue."""
    return _cost(sites, policy.cost_low, False), _cost(sites, policy.cost_high, True)


def months_of(plan: Plan) -> dict[str, int]:
    """Site -> month of a plan."""
    return {r.site_id: month_of(first_day(r.month)) for r in plan.removals}


def _left_over(problem: Problem, placed: Placed, left: Sequence[int], finished: bool) -> str:
    """What the best attempt leaves out, and what stood in the way of the first of them."""
    room = Room(problem)
    for n, month in placed.items():
        room.take(n, month)
    names = ", ".join(problem.tasks[n].name for n in left[:5]) + (f" and {len(left) - 5} more" if len(left) > 5 else "")
    proof = "every way to place the sites was tried and none fits" if finished else "no plan was found, which does not prove that there is none"
    return f"{proof}; the best attempt leaves out {names}{_obstacle(problem, room, left[0])}"


def _obstacle(problem: Problem, room: Room, n: int) -> str:
    task = problem.tasks[n]
    reasons = []
    for pool, devices in task.load if room.hands is not None else ():
        most = max(room.hands[pool][m] for m in task.months) if room.hands is not None else 0
        if most < devices:
            reasons.append(f"{devices} devices, the crews have room for {most} in a month: {devices - most} short")
    if room.money is not None and task.cost:
        left = max((min((room.money[p] for p in problem.purses_of(m)), default=0) for m in task.months), default=0)
        if left < task.cost:
            cost, there, short = (f"{problem.money(n):,.2f}" for n in (task.cost, left, task.cost - left))
            reasons.append(f"costs {cost}, a budget has {there} left: {short} short")
    span = f"between {month_text(task.months[0])} and {month_text(task.months[-1])}"
    return f" ({task.name} {span}: {' and '.join(reasons) or 'no month has hands and money at once, after what it depends on'})"


def _removal(site: Site, month: int) -> Removal:
    cost = None if site.unit_cost is None else site.devices * site.unit_cost
    return Removal(site.site_id, month_text(month), site.devices, cost)


def _without(sites: Sequence[Site], policy: Policy, status: str, clashes: Sequence[str]) -> Plan:
    low, high = cost_range(sites, policy)
    return Plan(status, (), low, high, low, tuple(clashes))


def _plus(cost: Decimal | None, extra: Decimal) -> Decimal | None:
    return None if cost is None else cost + extra


def _cost(sites: Sequence[Site], catalogue: Decimal | None, unknown_too: bool) -> Decimal | None:
    total = Decimal(0)
    for site in sites:
        devices = site.devices + (site.unknown_make if unknown_too else 0)
        each = site.unit_cost if site.unit_cost is not None else catalogue
        if devices and each is None:
            return None
        total += devices * (each or Decimal(0))
    return total
