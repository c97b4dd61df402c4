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

import heapq
from collections.abc import Hashable, Iterator, Mapping, Sequence
from decimal import Decimal

from custodes.errors import InputError
from custodes.timetable.clashes import circles, contradictions, crowds, misfits, overloads
from custodes.timetable.months import month_text
from custodes.timetable.problem import Problem, in_order, problem_of, tightened
from custodes.timetable.terms import Policy
from custodes.values.plan import Means, Plan, Removal, Site

ROUNDS = 60
"""How often the order is changed and tried again."""
NODES = 200_000
"""How many placements the full search tries before it gives up."""

Placed = dict[int, int]
"""Task index -> month."""


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


def greedy(problem: Problem) -> tuple[Placed, list[int]]:
    """(the best placing found, tasks it leaves out). Most urgent first; what is left out moves to the front, up to ROUNDS times."""
    front: dict[int, int] = {}
    best: tuple[Placed, list[int]] = ({}, list(range(len(problem.tasks))))
    for round_ in range(ROUNDS):
        placed, left = _one_pass(problem, front)
        if len(left) < len(best[1]) or not round_:
            best = (placed, left)
        if not left:
            break
        for n in _with_causes(problem, left):
            front[n] = front.get(n, 0) - 1
    return best


def _one_pass(problem: Problem, front: Placed) -> tuple[Placed, list[int]]:
    """Place every task in the first month that can carry it, in order of (moved to the front, last month, size)."""
    room = _Room(problem)
    followers: list[list[int]] = [[] for _ in problem.tasks]
    waiting = [len(t.after) for t in problem.tasks]
    for n, task in enumerate(problem.tasks):
        for a in task.after:
            followers[a].append(n)
    ranks = [(front.get(n, 0), t.months[-1], -t.site.devices, n) for n, t in enumerate(problem.tasks)]
    ready = [ranks[n] for n, w in enumerate(waiting) if not w]
    heapq.heapify(ready)
    placed: Placed = {}
    left: list[int] = []
    while ready:
        n = heapq.heappop(ready)[-1]
        month = room.first(n, _from(problem, placed, n))
        if month is None:
            left.append(n)
            continue
        placed[n] = month
        room.take(n, month)
        for f in followers[n]:
            waiting[f] -= 1
            if not waiting[f]:
                heapq.heappush(ready, ranks[f])
    return placed, left + sorted(set(range(len(problem.tasks))) - placed.keys() - set(left))


def _with_causes(problem: Problem, left: Sequence[int]) -> set[int]:
    """Left-out tasks and everything they wait for: only together can they go earlier."""
    found, ahead = set(left), list(left)
    while ahead:
        for a in problem.tasks[ahead.pop()].after:
            if a not in found:
                found.add(a)
                ahead.append(a)
    return found


def search(problem: Problem) -> tuple[Placed, bool]:
    """(a placing of all tasks or nothing, was every possibility looked at). Depth first, tasks in order of dependence, months in order of time."""
    order, room, twins = _search_order(problem), _Room(problem), _twins(problem)
    placed: Placed = {}
    choices: list[Iterator[int]] = []
    for _ in range(NODES):
        if len(placed) == len(order):
            return placed, True
        if len(choices) == len(placed):
            n = order[len(placed)]
            choices.append(iter(_choices(problem, placed, n, twins)))
        n = order[len(choices) - 1]
        month = next((m for m in choices[-1] if room.fits(n, m)), None)
        if month is not None:
            placed[n] = month
            room.take(n, month)
            continue
        choices.pop()
        if not choices:
            return {}, True
        back = order[len(choices) - 1]
        room.give_back(back, placed.pop(back))
    return {}, False


def _search_order(problem: Problem) -> list[int]:
    """Dependencies first, then the task with the fewest months, then the largest."""
    depth: dict[int, int] = {}
    for n in in_order(problem):
        depth[n] = max((depth[a] + 1 for a in problem.tasks[n].after), default=0)
    tasks = problem.tasks
    return sorted(depth, key=lambda n: (depth[n], len(tasks[n].months), -tasks[n].site.devices, tasks[n].cost or 0, n))


def _twins(problem: Problem) -> dict[int, int]:
    """Task -> the one before it that is the same in all that matters. Of two such only one order needs to be tried."""
    followers: list[list[int]] = [[] for _ in problem.tasks]
    for n, task in enumerate(problem.tasks):
        for a in task.after:
            followers[a].append(n)
    last: dict[Hashable, int] = {}
    found: dict[int, int] = {}
    for n, task in enumerate(problem.tasks):
        alike = (task.site.devices, task.cost, task.months, task.after, tuple(followers[n]))
        if alike in last:
            found[n] = last[alike]
        last[alike] = n
    return found


def _choices(problem: Problem, placed: Placed, n: int, twins: Mapping[int, int]) -> list[int]:
    earliest = max(_from(problem, placed, n), placed[twins[n]] if n in twins else problem.start)
    return [m for m in problem.tasks[n].months if m >= earliest]


def _from(problem: Problem, placed: Placed, n: int) -> int:
    """The first month that what the task depends on leaves open."""
    return max((placed[a] for a in problem.tasks[n].after), default=problem.start)


class _Room:
    """Hands and money that are left, month by month and period by period."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self.hands = dict(problem.hands) if problem.hands is not None else None
        self.money = [amount for _, _, amount, _ in problem.money] if problem.money is not None else None
        self._purse = {m: problem.purse(m) for m in range(problem.start, problem.end + 1)} if self.money is not None else {}

    def first(self, n: int, earliest: int) -> int | None:
        return next((m for m in self._problem.tasks[n].months if m >= earliest and self.fits(n, m)), None)

    def fits(self, n: int, month: int) -> bool:
        task = self._problem.tasks[n]
        if self.hands is not None and task.site.devices > self.hands[month]:
            return False
        return self.money is None or not task.cost or (self._purse[month] >= 0 and task.cost <= self.money[self._purse[month]])

    def take(self, n: int, month: int, sign: int = 1) -> None:
        task = self._problem.tasks[n]
        if self.hands is not None:
            self.hands[month] -= sign * task.site.devices
        if self.money is not None and task.cost:
            self.money[self._purse[month]] -= sign * task.cost

    def give_back(self, n: int, month: int) -> None:
        self.take(n, month, -1)


def _left_over(problem: Problem, placed: Placed, left: Sequence[int], finished: bool) -> str:
    """What the best attempt leaves out, and what stood in the way of the first of them."""
    room = _Room(problem)
    for n, month in placed.items():
        room.take(n, month)
    names = ", ".join(problem.tasks[n].site.site_id for n in left[:5]) + (f" and {len(left) - 5} more" if len(left) > 5 else "")
    proof = "every way to place the sites was tried and none fits" if finished else "no plan was found, which does not prove that there is none"
    return f"{proof}; the best attempt leaves out {names}{_obstacle(problem, room, left[0])}"


def _obstacle(problem: Problem, room: _Room, n: int) -> str:
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
