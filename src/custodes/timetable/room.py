"""Hands, money and trips that are left while tasks are placed, month by month. Pure."""

from __future__ import annotations

from custodes.timetable.problem import Problem, Task


class Room:
    """What is left. Every planner that places task by task asks :meth:`fits` and calls :meth:`take` or :meth:`give_back`."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.hands = [dict(pool) for pool in problem.hands] if problem.hands is not None else None
        self.money = [p.amount for p in problem.purses] if problem.purses is not None else None
        self.visits: dict[tuple[int, int], int] = {}
        self._purses = {m: problem.purses_of(m) for m in range(problem.start, problem.end + 1)} if self.money is not None else {}
        self._trips = bool(problem.trip_devices or problem.trip_cost)

    def fits(self, n: int, month: int) -> bool:
        """Are hands and money left for task ``n`` in this month, the trips it makes necessary included?"""
        task = self.problem.tasks[n]
        new = self._new_regions(task, month)
        if self.hands is not None:
            for pool, devices in self._load(task, new):
                if devices > self.hands[pool][month]:
                    return False
        if self.money is None or not (need := self._cost(task, month, new)):
            return True
        purses = self._purses[month]
        return bool(purses) and all(need <= self.money[p] for p in purses)

    def first(self, n: int, earliest: int) -> int | None:
        """The first month from ``earliest`` on that can carry task ``n``."""
        return next((m for m in self.problem.tasks[n].months if m >= earliest and self.fits(n, m)), None)

    def take(self, n: int, month: int) -> None:
        """Use hands and money up."""
        task = self.problem.tasks[n]
        new = self._new_regions(task, month)
        self._change(task, month, new, 1)
        if self._trips:
            for region in task.regions:
                self.visits[region, month] = self.visits.get((region, month), 0) + 1

    def give_back(self, n: int, month: int) -> None:
        """Undo :meth:`take`."""
        task = self.problem.tasks[n]
        if self._trips:
            for region in task.regions:
                self.visits[region, month] -= 1
        self._change(task, month, self._new_regions(task, month), -1)

    def _change(self, task: Task, month: int, new: tuple[int, ...], sign: int) -> None:
        if self.hands is not None:
            for pool, devices in self._load(task, new):
                self.hands[pool][month] -= sign * devices
        if self.money is not None and (need := self._cost(task, month, new)):
            for p in self._purses[month]:
                self.money[p] -= sign * need

    def _new_regions(self, task: Task, month: int) -> tuple[int, ...]:
        return tuple(r for r in task.regions if not self.visits.get((r, month))) if self._trips else ()

    def _load(self, task: Task, new: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
        if not new or not self.problem.trip_devices:
            return task.load
        load = dict(task.load)
        for region in new:
            pool = self.problem.pool_of[region]
            load[pool] = load.get(pool, 0) + self.problem.trip_devices
        return tuple(load.items())

    def _cost(self, task: Task, month: int, new: tuple[int, ...]) -> int:
        return (task.cost or 0) + self.problem.trip_cost * len(new) + (task.extra(month) if task.exits else 0)
