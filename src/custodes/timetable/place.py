"""Placing tasks in months: a greedy pass that learns from what it left out, and a search to the end for small problems. Pure.

The most urgent task goes first, into the first month with hands and money left. Left-out tasks, with all they wait for, move to the front, and it
starts again. The search tries every month for every task, depth first; of tasks that are the same in all that matters it tries one order only.
"""

from __future__ import annotations

import heapq
from collections.abc import Hashable, Iterator, Mapping, Sequence

from custodes.timetable.problem import Problem, followers_of, in_order
from custodes.timetable.room import Room

ROUNDS = 60
"""How often the order is changed and tried again, at most."""
PLACINGS = 300_000
"""Placings after which no further round is begun: many sites get fewer rounds."""
NODES = 200_000
"""How many placements the full search tries before it gives up."""

Placed = dict[int, int]
"""Task index -> month."""


def greedy(problem: Problem) -> tuple[Placed, list[int]]:
    """(the best placing found, tasks it leaves out). Most urgent first; what is left out moves to the front, up to ROUNDS times."""
    front: dict[int, int] = {}
    best: tuple[Placed, list[int]] = ({}, list(range(len(problem.tasks))))
    for round_ in range(min(ROUNDS, max(3, PLACINGS // max(1, len(problem.tasks))))):
        placed, left = _one_pass(problem, front)
        if len(left) < len(best[1]) or not round_:
            best = (placed, left)
        if not left:
            break
        for n in with_causes(problem, left):
            front[n] = front.get(n, 0) - 1
    return best


def _one_pass(problem: Problem, front: Placed) -> tuple[Placed, list[int]]:
    """Place every task in the first month that can carry it, in order of (moved to the front, last month, size)."""
    room = Room(problem)
    followers = followers_of(problem)
    waiting = [len(t.after) for t in problem.tasks]
    ranks = [(front.get(n, 0), t.months[-1], -t.devices, n) for n, t in enumerate(problem.tasks)]
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


def with_causes(problem: Problem, left: Sequence[int]) -> set[int]:
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
    order, room, twins = _search_order(problem), Room(problem), _twins(problem)
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
    return sorted(depth, key=lambda n: (depth[n], len(tasks[n].months), -tasks[n].devices, tasks[n].cost or 0, n))


def _twins(problem: Problem) -> dict[int, int]:
    """Task -> the one before it that is the same in all that matters. Of two such only one order needs to be tried."""
    followers = followers_of(problem)
    last: dict[Hashable, int] = {}
    found: dict[int, int] = {}
    for n, task in enumerate(problem.tasks):
        alike = (task.load, task.cost, task.exits, task.regions, task.months, task.after, tuple(followers[n]))
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
