"""What goes when: a plan that keeps every rule, or the reasons why there is none. Deterministic; no clock, no randomness.

Without means each site goes as early as its window and its dependencies allow (``unconstrained``). With means the site that is due first goes first,
into the first month with hands and money left; when that leaves some out, they are moved to the front and it starts again. Small problems are then
searched in full, so ``infeasible`` is always a proof: a clash that was computed, or a search to the end. Where neither was reached
the status is ``not found``: no plan was found and none was ruled out.

A site goes as a whole in one month. Its cost in the budgets is its known devices times its unit cost, or times the upper end of the catalogue.
The cost range of a plan runs from the known devices at the lowest cost to all devices, those of unknown make too, at the highest. As every site
goes once at a cost that does not depend on the month, the low end is also the bound: no plan for these sites can cost less.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from custodes.errors import InputError
from custodes.timetable.clashes import circles, contradictions, crowds, misfits, overloads
from custodes.timetable.months import month_text
from custodes.timetable.place import Placed, Room, greedy, search
from custodes.timetable.problem import Problem, problem_of, tightened
from custodes.timetable.terms import Policy
from custodes.values.plan import Means, Plan, Removal, Site


def plan(sites: Sequence[Site], means: Means | None, policy: Policy, now: str) -> Plan:
    """Plan the removal of all sites from the month of ``now`` (ISO time) or ``means.start`` on, whichever is later.

    Status: unconstrained (no means), feasible, infeasible (proved; ``clashes`` say why), not found (neither a plan nor a proof).
    """
    sites = sorted(sites, key=lambda s: s.site_id)  # the order of the rows decides nothing
    clashes = contradictions(sites)
    if clashes:
        return _without(sites, policy, "infeasible", clashes)
    try:
        problem = problem_of(sites, means, policy, now)
    except ValueError as problem_found:
        raise InputError(str(problem_found), where="sites or means", advice="write dates as 2027-03-31") from problem_found
    clashes = circles(problem) or misfits(problem, means)
    if clashes:
        return _without(sites, policy, "infeasible", clashes)
    unpriced = [t.site.site_id for t in problem.tasks if t.cost is None]
    if problem.money is not None and unpriced:
        return _without(sites, policy, "not found", [f"sites {', '.join(unpriced)} have no cost: give a unit_cost, or leave the budgets out"])
    return _placed(sites, means, policy, tightened(problem))


def _placed(sites: Sequence[Site], means: Means | None, policy: Policy, problem: Problem) -> Plan:
    clashes = overloads(problem, means) or crowds(problem)
    if clashes:
        return _without(sites, policy, "infeasible", clashes)
    placed, left = greedy(problem)
    if left:
        found, finished = search(problem)
        if not found:
            return _without(sites, policy, "infeasible" if finished else "not found", [_left_over(problem, placed, left, finished)])
        placed = found
    low, high = cost_range(sites, policy)
    removals = sorted((_removal(problem.tasks[n].site, month) for n, month in placed.items()), key=lambda r: (r.month, r.site_id))
    return Plan("unconstrained" if means is None else "feasible", tuple(removals), low, high, low)


def cost_range(sites: Sequence[Site], policy: Policy) -> tuple[Decimal | None, Decimal | None]:
    """(known devices at the lowest cost, all devices at the highest); None where a site has no cost and the policy has no catalogue."""
    return _cost(sites, policy.cost_low, False), _cost(sites, policy.cost_high, True)


def _left_over(problem: Problem, placed: Placed, left: Sequence[int], finished: bool) -> str:
    """What the best attempt leaves out, and what stood in the way of the first of them."""
    room = Room(problem)
    for n, month in placed.items():
        room.take(n, month)
    names = ", ".join(problem.tasks[n].site.site_id for n in left[:5]) + (f" and {len(left) - 5} more" if len(left) > 5 else "")
    proof = "every way to place the sites was tried and none fits" if finished else "no plan was found, which does not prove that there is none"
    return f"{proof}; the best attempt leaves out {names}{_obstacle(problem, room, left[0])}"


def _obstacle(problem: Problem, room: Room, n: int) -> str:
    task = problem.tasks[n]
    reasons = []
    if room.hands is not None:
        most = max(room.hands[m] for m in task.months)
        if most < task.site.devices:
            reasons.append(f"{task.site.devices} devices, the crews have room for {most} in a month: {task.site.devices - most} short")
    if room.money is not None and task.cost:
        most_money = max(room.money[p] for m in task.months if (p := problem.purse(m)) >= 0)
        if most_money < task.cost:
            reasons.append(f"costs {task.cost:,.2f}, a budget has {most_money:,.2f} left: {task.cost - most_money:,.2f} short")
    span = f"between {month_text(task.months[0])} and {month_text(task.months[-1])}"
    return f" ({task.site.site_id} {span}: {' and '.join(reasons) or 'no month has hands and money at once, after what it depends on'})"


def _removal(site: Site, month: int) -> Removal:
    cost = None if site.unit_cost is None else site.devices * site.unit_cost
    return Removal(site.site_id, month_text(month), site.devices, cost)


def _without(sites: Sequence[Site], policy: Policy, status: str, clashes: Sequence[str]) -> Plan:
    low, high = cost_range(sites, policy)
    return Plan(status, (), low, high, low, tuple(clashes))


def _cost(sites: Sequence[Site], catalogue: Decimal | None, unknown_too: bool) -> Decimal | None:
    total = Decimal(0)
    for site in sites:
        devices = site.devices + (site.unknown_make if unknown_too else 0)
        each = site.unit_cost if site.unit_cost is not None else catalogue
        if devices and each is None:
            return None
        total += devices * (each or Decimal(0))
    return total
