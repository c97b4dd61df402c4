"""From a first plan to a better one, with a bound: prices, the solver on the whole, and for very many sites the solver on one part after the other.

A placing that breaks no rule stands from the beginning; whatever stops the work (a proof, a gap that is small enough, the solver's own measure of
work, the clock, a person), the best placing so far is what comes back.
"""

from __future__ import annotations

import math
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from custodes.timetable import model
from custodes.timetable.effort import SPEED, Effort, Watch
from custodes.timetable.model import Limits, Model
from custodes.timetable.place import Placed
from custodes.timetable.polish import descend, exposure, guided
from custodes.timetable.prices import Priced, Tables, prices, tables_of
from custodes.timetable.problem import Problem, followers_of
from custodes.timetable.relaxed import MOST, relaxed
from custodes.timetable.room import Room

WHOLE = 60_000
"""Most choices (task and month) for which the solver gets the whole problem."""
PART = 6_000
"""Choices in one part of a larger problem."""
_ROUNDS = 400


@dataclass(frozen=True, slots=True)
class Improved:
    """A placing, what no placing goes below (hundredths of device-days), how it was made and why that ended."""

    placed: Placed
    bound: int
    method: str
    stopped: str


def improve(problem: Problem, placed: Placed, effort: Effort) -> Improved:
    """The best placing for exposure that the effort finds, then for money and fairness where exposure stays the same."""
    watch = Watch(effort)
    found = Improved(placed, least_exposure(problem), "greedy", "")
    if effort.seconds > 0:
        try:
            found = _improved(problem, found, watch)
        except KeyboardInterrupt:
            watch.interrupted = True
    return replace(found, stopped=_why(problem, found, watch))


def least_exposure(problem: Problem) -> int:
    """What no plan goes below: every task in its first month."""
    return sum(t.weight * problem.day(t.months[0]) for t in problem.tasks)


def _why(problem: Problem, found: Improved, watch: Watch) -> str:
    if watch.interrupted:
        return "interrupted"
    if exposure(problem, found.placed) <= found.bound:
        return "proved"
    if good_enough(problem, exposure(problem, found.placed), found.bound, watch.effort):
        return "gap"
    return "time" if watch.left() <= 0.1 and watch.effort.seconds > 0 else "work"


def good_enough(problem: Problem, value: int, bound: float, effort: Effort) -> bool:
    """Small problems are solved to the end; larger ones until the gap is small."""
    return value <= bound or (len(problem.tasks) > 40 and value - bound <= effort.gap * value)


def _improved(problem: Problem, found: Improved, watch: Watch) -> Improved:
    if exposure(problem, found.placed) > found.bound:
        found, priced = _along_prices(problem, found, watch)
        solver = watch.effort.solver and model.available() and not model.too_large(problem)
        # first the few choices that look best, then all that could still be better than what we have
        for few, share in ((4, 0.45), (0, 0.45)) if solver else ():
            if good_enough(problem, exposure(problem, found.placed), found.bound, watch.effort) or not watch.goes_on():
                break
            allowed = _worthwhile(problem, found, priced, few)
            work = _whole if sum(map(len, allowed)) <= WHOLE else _in_parts
            found = work(problem, found, allowed, watch, share, not few)
    if watch.effort.solver and model.available() and not model.too_large(problem):
        return _tie_breaks(problem, found, watch)
    return found


def _along_prices(problem: Problem, found: Improved, watch: Watch) -> tuple[Improved, Priced | None]:
    placed = descend(problem, found.placed, watch.goes_on)
    found = replace(found, placed=placed, method="greedy, moved earlier")
    tables = tables_of(problem, min(problem.end, max(placed.values()) + 6))
    if tables is None:
        return found, None
    priced = _best_prices(problem, tables, placed, watch)
    bound = max(found.bound, math.ceil(priced.bound))
    other, left = guided(problem, priced, watch.goes_on)
    if not left:
        other = descend(problem, other, watch.goes_on)
        if exposure(problem, other) < exposure(problem, placed):
            placed = other
    return Improved(placed, min(bound, exposure(problem, placed)), "prices", ""), priced


def _best_prices(problem: Problem, tables: Tables, placed: Placed, watch: Watch) -> Priced:
    """From the linear programme; where that is too large, from steps, and then from the linear programme over the most promising choices."""
    mask = np.isfinite(tables.cost)
    size = int(mask.sum())
    most = _solved_in(watch.effort.seconds)  # by the seconds that were given, not by those that are left: the same on every machine
    whole = size <= min(MOST, most)
    if whole:
        found = relaxed(problem, tables, mask, watch.left() * 0.7)
        if found is not None:
            return found
    best = prices(problem, tables, float(exposure(problem, placed)), _ROUNDS, watch.goes_on)
    for few in (4, 5):
        if not watch.goes_on() or whole or few * len(problem.tasks) > most:
            break
        chosen = _few(best, few)
        chosen[list(placed), [m - problem.start for m in placed.values()]] = True
        found = relaxed(problem, tables, chosen & mask, watch.left() * 0.4)
        if found is None:
            break
        best = found if found.bound > best.bound or best.share is None else best
    return best


def _solved_in(seconds: float) -> float:
    """Choices of a linear programme that even a busy machine does in that time; measured: 6,000 in 0.2 seconds, 128,000 in 38."""
    return 128_000 * math.pow(seconds / 38, 0.588)


def _few(priced: Priced, few: int) -> NDArray[np.bool_]:
    """The choices with the least extra cost, about ``few`` for each task."""
    extra = priced.reduced - priced.best[:, None]
    finite = extra[np.isfinite(extra)]
    count = min(len(finite), few * len(priced.best))
    most = np.partition(finite, count - 1)[count - 1] if count else 0.0
    chosen: NDArray[np.bool_] = extra <= most
    return chosen


def _worthwhile(problem: Problem, found: Improved, priced: Priced | None, few: int) -> list[tuple[int, ...]]:
    """Months per task that a better plan could use: those whose extra cost at the prices does not lift the bound above what we have. With ``few`` only the
    cheapest of these."""
    if priced is None:
        return [t.months for t in problem.tasks]
    room = exposure(problem, found.placed) - priced.bound + 1
    last = problem.start + priced.reduced.shape[1] - 1
    keep = priced.reduced <= priced.best[:, None] + room
    if few:
        keep &= _few(priced, few)
    allowed = []
    for n, task in enumerate(problem.tasks):
        months = {problem.start + int(at) for at in keep[n].nonzero()[0]} | {found.placed[n]}
        # months beyond the table cost at least what the days until them cost
        months |= {m for m in task.months if m > last and not few and task.weight * problem.day(m) <= priced.best[n] + room}
        allowed.append(tuple(sorted(months)))
    return allowed


def _limits(watch: Watch, share: float, gap: float) -> Limits:
    effort = watch.effort
    return Limits(effort.seconds * share * SPEED, max(0.05, watch.left()), gap, effort.workers, effort.seed)


def _whole(problem: Problem, found: Improved, allowed: list[tuple[int, ...]], watch: Watch, share: float, every: bool) -> Improved:
    """The solver on everything at once. ``every``: no choice of a better plan is missing, so that its bound holds for all plans."""
    made = Model(problem, allowed)
    made.hint(found.placed)
    gap = watch.effort.gap if len(problem.tasks) > 40 else 0.0
    answer = made.solve(made.exposure(), _limits(watch, share, gap))
    watch.interrupted = watch.interrupted or answer.interrupted
    if answer.status == "infeasible":  # cannot be: what we have is one of its plans
        return found
    bound = max(found.bound, math.ceil(answer.bound - 1e-6)) if every and answer.bound > float("-inf") else found.bound
    better = answer.placed if answer.placed and exposure(problem, answer.placed) < exposure(problem, found.placed) else found.placed
    return Improved(better, min(bound, exposure(problem, better)), "CP-SAT", "")


def _in_parts(problem: Problem, found: Improved, allowed: list[tuple[int, ...]], watch: Watch, share: float, every: bool) -> Improved:
    """The solver on one stretch of months after the other, all else held fast; the bound stays that of the prices, whether or not ``every`` choice is there."""
    months, followers = sorted({m for choice in allowed for m in choice}), followers_of(problem)
    placed, work, width = dict(found.placed), 0.0, 4
    most = watch.effort.seconds * share * SPEED
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


def _solve_part(problem: Problem, placed: Placed, choices: list[tuple[int, list[int]]], watch: Watch) -> float:
    """Improve ``placed`` in place; returns the work that it took."""
    part = [n for n, _ in choices]
    inner, index, paid = _rest(problem, placed, part)
    made = Model(inner, [months for _, months in choices], paid)
    made.hint({index[n]: placed[n] for n in part})
    limits = Limits(max(0.2, 0.02 * watch.effort.seconds * SPEED), max(0.05, watch.left()), 0.0, watch.effort.workers, watch.effort.seed)
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


def _tie_breaks(problem: Problem, found: Improved, watch: Watch) -> Improved:
    """Among plans of the same exposure one that costs least, and among these one in which no region waits much longer than others."""
    choices = sum(len(t.months) for t in problem.tasks)
    wanted = [name for name, has in (("money", problem.trip_cost or any(t.exits for t in problem.tasks)), ("fairness", len(model.groups(problem)) > 1)) if has]
    if not wanted or choices > WHOLE or watch.left() < 0.1:
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
