"""A new plan from an old one: as few sites as possible move, by as little as possible, and every move has its reason.

What an earlier plan promised is only given up where a rule of today forces it: the month is past, a window or freeze closed it, the crews or the money
of that month no longer suffice, or something it depends on moved. Exposure decides among plans that move the same sites by the same months.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from custodes.timetable import model
from custodes.timetable.effort import SPEED, Effort, Watch
from custodes.timetable.improve import Improved, least_exposure
from custodes.timetable.model import Limits, Model
from custodes.timetable.months import first_day, month_of, month_text
from custodes.timetable.place import Placed
from custodes.timetable.polish import exposure
from custodes.timetable.problem import Problem, in_order
from custodes.timetable.room import Room
from custodes.values.plan import Means, Move, Outside, Site

WHOLE = 60_000


def keep(problem: Problem, placed: Placed, before: Mapping[str, str], effort: Effort) -> Improved:
    """The placing with the fewest moves against ``before`` (site -> month), then the smallest ones, then the least exposure."""
    old = _old(problem, before)
    started = stay(problem, old)
    best = started if started is not None and _moved(started, old) <= _moved(placed, old) else placed
    floor = least_exposure(problem)
    choices = sum(len(t.months) for t in problem.tasks)
    if not effort.solver or effort.seconds <= 0 or not model.available() or model.too_large(problem) or choices > WHOLE:
        return Improved(best, floor, "kept where it can stay", "work")
    return _fewest(problem, best, old, floor, effort)


def _fewest(problem: Problem, best: Placed, old: Mapping[int, int], floor: int, effort: Effort) -> Improved:
    made, proved, interrupted = Model(problem), True, False
    watch = Watch(effort)
    for goal, share in ((made.moves(old), 0.4), (made.shift(old), 0.2), (made.exposure(), 0.3)):
        made.hint(best)
        answer = made.solve(goal, Limits(effort.seconds * share * SPEED, max(0.05, watch.left()), 0.0, effort.workers, effort.seed))
        interrupted, proved = interrupted or answer.interrupted, proved and answer.status == "optimal"
        if not answer.placed:
            break
        best = answer.placed
        made.keep(goal, answer.value)
        if interrupted:
            break
    value = exposure(problem, best)
    stopped = "interrupted" if interrupted else "proved" if proved else "work"
    return Improved(best, min(floor, value), "CP-SAT, fewest moves" if proved else "CP-SAT, few moves", stopped)


def stay(problem: Problem, old: Mapping[int, int]) -> Placed | None:
    """Without the solver: everything that can stay stays, in the order of its month, and the rest goes where there is room. None when that leaves something out."""
    room, placed = Room(problem), Placed()
    order = in_order(problem)
    for n in sorted(order, key=lambda n: old.get(n, problem.end + 1)):  # stable: among equals what is waited for comes first
        month = old.get(n)
        if month is not None and month in problem.tasks[n].months and all(placed.get(a, problem.end + 1) <= month for a in problem.tasks[n].after) and room.fits(n, month):
            placed[n] = month
            room.take(n, month)
    for n in order:
        if n in placed:
            continue
        low = max((placed.get(a, problem.start) for a in problem.tasks[n].after), default=problem.start)
        month = room.first(n, low)
        if month is None:
            return None
        placed[n] = month
        room.take(n, month)
    return placed if all(placed[a] <= placed[n] for n in placed for a in problem.tasks[n].after) else None


def _old(problem: Problem, before: Mapping[str, str]) -> dict[int, int]:
    """Task -> the month it had; a visit whose sites had several months keeps the latest."""
    found = {}
    for n, task in enumerate(problem.tasks):
        months = [month_of(first_day(before[s.site_id])) for s in task.sites if s.site_id in before]
        if months:
            found[n] = max(months)
    return found


def _moved(placed: Placed, old: Mapping[int, int]) -> int:
    return sum(placed[n] != month for n, month in old.items())


def moves_of(
    problem: Problem, placed: Placed, before: Mapping[str, str], sites: Sequence[Site], means: Means | None, outside: Sequence[Outside]
) -> tuple[Move, ...]:
    """Every site whose month changed, came in or fell out, with the reason, in the order of ids."""
    now = {s.site_id: month for n, month in placed.items() for s in problem.tasks[n].sites}
    task_of = {s.site_id: n for n in placed for s in problem.tasks[n].sites}
    left = {o.site_id: o.reason for o in outside}
    found = [Move(i, before[i], "", left.get(i, "no longer in the list")) for i in before if i not in now]
    moved = {i for i, month in now.items() if before.get(i) != month_text(month)}
    for i in sorted(moved):
        reason = "new in the list" if i not in before else _reason(problem, placed, task_of[i], month_of(first_day(before[i])), moved)
        found.append(Move(i, before.get(i, ""), month_text(now[i]), reason))
    return tuple(sorted(found, key=lambda m: m.site_id))


def _reason(problem: Problem, placed: Placed, n: int, old: int, moved: set[str]) -> str:
    """The first rule of today that keeps a task out of its old month."""
    task = problem.tasks[n]
    if old < problem.start:
        return f"{month_text(old)} is past and it is not done"
    if old not in task.months:
        return _closed(problem, n, old)
    for a in task.after:
        if placed[a] > old:
            return f"waits for {problem.tasks[a].name}, which goes in {month_text(placed[a])}"
    room = Room(problem)
    for other, month in placed.items():
        if other != n:
            room.take(other, month)
    full = _full(problem, room, n, old)
    if full:
        return full
    followers = [problem.tasks[f].name for f in placed if n in problem.tasks[f].after and placed[f] < old]
    if followers:
        return f"{', '.join(followers)} waits for it and goes earlier"
    return "moved to make room for what else moved" if placed[n] > old else "goes earlier at no cost to others"


def _closed(problem: Problem, n: int, old: int) -> str:
    task = problem.tasks[n]
    if task.months and old > task.months[-1]:
        return f"must be done by {task.due}" if task.due.isoformat()[:7] < month_text(old) else f"can go in {month_text(task.months[-1])} at the latest"
    if month_of(task.opens) > old:
        return f"cannot go before {task.opens}"
    return f"{month_text(old)} is closed to it: frozen, or more than that month's crews or money"


def _full(problem: Problem, room: Room, n: int, old: int) -> str:
    task = problem.tasks[n]
    for pool, devices in task.load if room.hands is not None else ():
        left = room.hands[pool][old] if room.hands is not None else 0
        if devices > left:
            return f"the crews of {month_text(old)} have room for {max(0, left)} more devices, it needs {devices}"
    if room.money is not None and task.cost:
        left = min((room.money[p] for p in problem.purses_of(old)), default=0)
        if task.cost > left:
            return f"the budget of {month_text(old)} has {problem.money(max(0, left)):,.2f} left, it costs {problem.money(task.cost):,.2f}"
    return ""
