"""Plans made along prices, and plans made better one site at a time. Pure and deterministic; where the solver is missing, this is what improves a plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from custodes.timetable.place import Placed, with_causes
from custodes.timetable.prices import Priced
from custodes.timetable.problem import Problem, followers_of
from custodes.timetable.room import Room

_ROUNDS = 8
_SWEEPS = 6


def exposure(problem: Problem, placed: Placed) -> int:
    """Hundredths of device-days until every task is gone, weighted by risk."""
    days = {m: problem.day(m) for m in set(placed.values())}
    return sum(problem.tasks[n].weight * days[m] for n, m in placed.items())


def guided(problem: Problem, priced: Priced, go_on: Callable[[], bool]) -> tuple[Placed, list[int]]:
    """(placing, left out): each task in the month that costs it least at the prices; first those that a split plan keeps whole, then those that lose most."""
    two = np.partition(priced.reduced, 1, axis=1)[:, :2] if priced.reduced.shape[1] > 1 else np.repeat(priced.reduced, 2, axis=1)
    regret = np.where(np.isfinite(two[:, 1]), two[:, 1] - two[:, 0], np.inf)
    share = priced.share if priced.share is not None else np.zeros_like(priced.reduced)
    order = np.lexsort((priced.reduced, -np.round(share, 3)), axis=1)
    whole = np.round(share.max(axis=1), 3)
    front: dict[int, int] = {}
    best: tuple[Placed, list[int]] = ({}, list(range(len(problem.tasks))))
    for _ in range(_ROUNDS):
        ranks = sorted(range(len(problem.tasks)), key=lambda n: (front.get(n, 0), -whole[n], -regret[n], n))
        placed, left = _pass(problem, priced, order, ranks)
        if len(left) < len(best[1]):
            best = placed, left
        if not left or not go_on():
            break
        for n in with_causes(problem, left):
            front[n] = front.get(n, 0) - 1
    return best


def _pass(problem: Problem, priced: Priced, order: NDArray[np.int64], ranks: Sequence[int]) -> tuple[Placed, list[int]]:
    room, followers = Room(problem), followers_of(problem)
    placed: Placed = {}
    left = []
    for n in ranks:
        task = problem.tasks[n]
        low = max((placed[a] for a in task.after if a in placed), default=problem.start)
        high = min((placed[f] for f in followers[n] if f in placed), default=problem.end)
        wanted = (problem.start + int(at) for at in order[n] if np.isfinite(priced.reduced[n, at]))
        month = next((m for m in wanted if low <= m <= high and room.fits(n, m)), None)
        if month is None:
            month = next((m for m in task.months if low <= m <= high and room.fits(n, m)), None)
        if month is None:
            left.append(n)
            continue
        placed[n] = month
        room.take(n, month)
    return placed, left


def descend(problem: Problem, placed: Placed, go_on: Callable[[], bool]) -> Placed:
    """The placing with tasks moved to earlier months for as long as that is possible, the heaviest for its size first."""
    placed, room = dict(placed), Room(problem)
    for n, month in placed.items():
        room.take(n, month)
    order = sorted(placed, key=lambda n: (-problem.tasks[n].weight / (problem.tasks[n].devices or 1), -problem.tasks[n].weight, n))
    for _ in range(_SWEEPS):
        moved = False
        for n in order:
            moved = _earlier(problem, placed, room, n) or moved
        if not moved or not go_on():
            break
    return placed


def _earlier(problem: Problem, placed: Placed, room: Room, n: int) -> bool:
    """Move one task to the first month that can carry it, if that is earlier."""
    task, now = problem.tasks[n], placed[n]
    low = max((placed[a] for a in task.after), default=problem.start)
    if low >= now or task.months[0] >= now:
        return False
    room.give_back(n, now)
    month = next((m for m in task.months if low <= m < now and room.fits(n, m)), now)
    room.take(n, month)
    placed[n] = month
    return month < now
