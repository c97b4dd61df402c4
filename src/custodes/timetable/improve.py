"""From a first plan to a better one, with a bound: prices, the solver on the whole, and for very many sites the solver on one part after the other.

A placing that breaks no rule stands from the beginning; whatever stops the work (a proof, a gap that is small enough, the solver's own measure of
work, the clock, a person), the best placing so far is what comes back.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace

from custodes.timetable import model
from custodes.timetable.model import Limits, Model
from custodes.timetable.place import Placed
from custodes.timetable.polish import descend, exposure, guided
from custodes.timetable.prices import Priced, prices
from custodes.timetable.problem import Problem, followers_of
from custodes.timetable.room import Room

WHOLE = 60_000
"""Most choices (task and month) for which the solver gets the whole problem."""
PART = 6_000
"""Choices in one part of a larger problem."""
_ROUNDS = 400
_SPEED = 0.3
"""Units of the solver's work that every machine we saw does in a second: work, not the clock, should be what ends a search."""


def _never() -> float:
    return 0.0


@dataclass(frozen=True, slots=True)
class Effort:
    """How much may be done. ``seconds`` 0: the first plan, without prices and solver. ``clock``: seconds that go up, for the safety net only; one that
    stands still gives the same plan on every machine. ``gap``: good enough for problems of more than 40 tasks."""

    seconds: float = 60.0
    clock: Callable[[], float] = _never
    solver: bool = True
    workers: int = 2
    gap: float = 0.001
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Improved:
    """A placing, what no placing goes below (hundredths of device-days), how it was made and why that ended."""

    placed: Placed
    bound: int
    method: str
    stopped: str


class _Watch:
    """What is left of an effort."""

    def __init__(self, effort: Effort) -> None:
        self.effort, self.began, self.interrupted = effort, effort.clock(), False

    def left(self) -> float:
        """Seconds on the clock."""
        return self.effort.seconds - (self.effort.clock() - self.began)

    def goes_on(self) -> bool:
        """Is there time, and did nobody interrupt?"""
        return not self.interrupted and self.left() > 0


def improve(problem: Problem, placed: Placed, effort: Effort) -> Improved:
    """The best placing for exposure that the effort finds, then for money and fairness where exposure stays the same."""
    floor = sum(t.weight * problem.day(t.months[0]) for t in problem.tasks)
    watch = _Watch(effort)
    found = Improved(placed, floor, "greedy", "")
    if effort.seconds > 0:
        try:
            found = _improved(problem, found, watch)
        except KeyboardInterrupt:
            watch.interrupted = True
    return replace(found, stopped=_why(problem, found, watch))


def _why(problem: Problem, found: Improved, watch: _Watch) -> str:
    if watch.interrupted:
        return "interrupted"
    if exposure(problem, found.placed) <= found.bound:
        return "proved"
    if good_enough(problem, exposure(problem, found.placed), found.bound, watch.effort):
        return "gap"
    return "time" if watch.left() <= 0 and watch.effort.seconds > 0 else "work"


def good_enough(problem: Problem, value: int, bound: float, effort: Effort) -> bool:
    """Small problems are solved to the end; larger ones until the gap is small."""
    return value <= bound or (len(problem.tasks) > 40 and value - bound <= effort.gap * value)


def _improved(problem: Problem, found: Improved, watch: _Watch) -> Improved:
    if exposure(problem, found.placed) > found.bound:
        found, priced = _along_prices(problem, found, watch)
        if not watch.effort.solver or not model.available() or model.too_large(problem):
            return found
        if not good_enough(problem, exposure(problem, found.placed), found.bound, watch.effort) and watch.goes_on():
            allowed = _worthwhile(problem, found, priced)
            if sum(map(len, allowed)) <= WHOLE:
                found = _whole(problem, found, allowed, watch)
            else:
                found = _in_parts(problem, found, allowed, watch)
    return _tie_breaks(problem, found, watch) if watch.effort.solver and model.available() and not model.too_large(problem) else found


def _along_prices(problem: Problem, found: Improved, watch: _Watch) -> tuple[Improved, Priced | None]:
    placed = descend(problem, found.placed, watch.goes_on)
    last = min(problem.end, max(placed.values()) + 6)
    priced = prices(problem, float(exposure(problem, placed)), last, _ROUNDS, watch.goes_on)
    found = replace(found, placed=placed, method="greedy, moved earlier")
    if priced is None:
        return found, None
    bound = max(found.bound, math.ceil(priced.bound))
    other, left = guided(problem, priced, watch.goes_on)
    if not left:
        other = descend(problem, other, watch.goes_on)
        if exposure(problem, other) < exposure(problem, placed):
            placed = other
    return Improved(placed, min(bound, exposure(problem, placed)), "prices", ""), priced


def _worthwhile(problem: Problem, found: Improved, priced: Priced | None) -> list[tuple[int, ...]]:
    """Months per task that a better plan could use: those whose extra cost at the prices does not lift the bound above what we have."""
    if priced is None:
        return [t.months for t in problem.tasks]
    room = exposure(problem, found.placed) - priced.bound + 1
    last = priced.first + priced.reduced.shape[1] - 1
    keep = priced.reduced <= priced.best[:, None] + room
    allowed = []
    for n, task in enumerate(problem.tasks):
        # months beyond the table cost at least what the days until the first of them cost
        beyond = tuple(m for m in task.months if m > last and task.weight * problem.day(m) <= priced.best[n] + room)
        inside = {priced.first + int(at) for at in keep[n].nonzero()[0]}
        allowed.append(tuple(m for m in task.months if m in inside or m == found.placed[n]) + tuple(m for m in beyond if m != found.placed[n]))
    return [tuple(sorted(set(months))) for months in allowed]


def _limits(watch: _Watch, share: float, gap: float) -> Limits:
    effort = watch.effort
    return Limits(effort.seconds * share * _SPEED, max(0.05, watch.left()), gap, effort.workers, effort.seed)


def _whole(problem: Problem, found: Improved, allowed: list[tuple[int, ...]], watch: _Watch) -> Improved:
    """The solver on everything at once."""
    made = Model(problem, allowed)
    made.hint(found.placed)
    gap = watch.effort.gap if len(problem.tasks) > 40 else 0.0
    answer = made.solve(made.exposure(), _limits(watch, 0.9, gap))
    watch.interrupted = watch.interrupted or answer.interrupted
    if answer.status == "infeasible":  # cannot be: what we have is one of its plans
        return found
    bound = max(found.bound, math.ceil(answer.bound - 1e-6)) if answer.bound > float("-inf") else found.bound
    if answer.status == "optimal" and gap == 0:
        bound = max(bound, answer.value)
    better = answer.placed if answer.placed and exposure(problem, answer.placed) < exposure(problem, found.placed) else found.placed
    return Improved(better, min(bound, exposure(problem, better)), "CP-SAT", "")


def _in_parts(problem: Problem, found: Improved, allowed: list[tuple[int, ...]], watch: _Watch) -> Improved:
    """The solver on one stretch of months after the other, all else held fast; the bound stays that of the prices."""
    months, followers = sorted({m for choice in allowed for m in choice}), followers_of(problem)
    placed, work, width = dict(found.placed), 0.0, 4
    most = watch.effort.seconds * 0.9 * _SPEED
    while work < most and watch.goes_on():
        began = exposure(problem, placed)
        for at in range(0, len(months), max(1, width // 2)):
            if not watch.goes_on() or work >= most or good_enough(problem, exposure(problem, placed), found.bound, watch.effort):
                break
            span = set(months[at : at + width])
            part = _part(placed, allowed, span, at + width)
            if len(part) > 1:
                work += _solve_part(problem, placed, [(n, _free(problem, placed, n, allowed[n], set(part), followers[n], span)) for n in part], watch)
        width += 2
        if exposure(problem, placed) >= began and width > len(months):
            break
    return Improved(placed, found.bound, "prices and CP-SAT in parts", "")


def _part(placed: Placed, allowed: list[tuple[int, ...]], span: set[int], turn: int) -> list[int]:
    """Tasks now in the stretch that could go elsewhere in it; evenly thinned out when they are too many, others at each turn."""
    found = [n for n, m in sorted(placed.items()) if m in span and sum(a in span for a in allowed[n]) > 1]
    choices = sum(sum(a in span for a in allowed[n]) for n in found)
    every = max(1, -(-choices // PART))
    return found[turn % every :: every]


def _solve_part(problem: Problem, placed: Placed, choices: list[tuple[int, list[int]]], watch: _Watch) -> float:
    """Improve ``placed`` in place; returns the work that it took."""
    part = [n for n, _ in choices]
    inner, index, paid = _rest(problem, placed, part)
    made = Model(inner, [months for _, months in choices], paid)
    made.hint({index[n]: placed[n] for n in part})
    limits = Limits(max(0.2, 0.02 * watch.effort.seconds * _SPEED), max(0.05, watch.left()), 0.0, watch.effort.workers, watch.effort.seed)
    answer = made.solve(made.exposure(), limits)
    watch.interrupted = watch.interrupted or answer.interrupted
    new = {n: answer.placed[index[n]] for n in part} if answer.placed else {}
    if new and sum(problem.tasks[n].weight * (problem.day(m) - problem.day(placed[n])) for n, m in new.items()) < 0:
        placed.update(new)
    return max(answer.work, 0.01)


def _rest(problem: Problem, placed: Placed, part: list[int]) -> tuple[Problem, dict[int, int], frozenset[tuple[int, int]]]:
    """(the problem of the part alone with what the others leave, task -> its place in it, trips that the others make anyway)."""
    room, inside = Room(problem), set(part)
    for n, month in placed.items():
        if n not in inside:
            room.take(n, month)
    index = {n: i for i, n in enumerate(part)}
    tasks = tuple(replace(problem.tasks[n], after=tuple(index[a] for a in problem.tasks[n].after if a in index)) for n in part)
    purses = tuple(replace(p, amount=left) for p, left in zip(problem.purses, room.money or (), strict=True)) if problem.purses is not None else None
    paid = frozenset(key for key, visits in room.visits.items() if visits)
    return replace(problem, tasks=tasks, hands=tuple(room.hands) if room.hands is not None else None, purses=purses), index, paid


def _free(problem: Problem, placed: Placed, n: int, months: Sequence[int], inside: Set[int], followers: Sequence[int], span: Set[int]) -> list[int]:
    """Months of the stretch that the tasks outside the part leave open to a task."""
    low = max((placed[a] for a in problem.tasks[n].after if a not in inside), default=problem.start)
    high = min((placed[f] for f in followers if f not in inside), default=problem.end)
    return [m for m in months if low <= m <= high and m in span]


def _tie_breaks(problem: Problem, found: Improved, watch: _Watch) -> Improved:
    """Among plans of the same exposure one that costs least, and among these one in which no region waits much longer than others."""
    choices = sum(len(t.months) for t in problem.tasks)
    wanted = [name for name, has in (("money", problem.trip_cost or any(t.exits for t in problem.tasks)), ("fairness", len(model.groups(problem)) > 1)) if has]
    if not wanted or choices > WHOLE or not watch.goes_on():
        return found
    made = Model(problem)
    made.keep(made.exposure(), exposure(problem, found.placed))
    for name in wanted:
        goal = made.extra_money() if name == "money" else made.unfairness()
        made.hint(found.placed)
        answer = made.solve(goal, _limits(watch, 0.05, 0.0))
        watch.interrupted = watch.interrupted or answer.interrupted
        if not answer.placed:
            break
        found = replace(found, placed=answer.placed)
        made.keep(goal, answer.value)
    return found
