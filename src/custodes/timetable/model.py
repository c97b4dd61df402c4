"""The timetable as a model for OR-tools CP-SAT: one method per rule. The only module that knows the solver.

A yes-or-no variable says that a task goes in a month. Goals are optimised one after the other: what an earlier goal reached is kept as a limit.
Deterministic: a fixed seed, search that is interleaved instead of raced, and limits in the solver's own unit of work; the clock is a safety net only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

from custodes.timetable.place import Placed
from custodes.timetable.problem import Problem
from custodes.timetable.waiting import in_thread

GOALS = ("moves", "shift", "exposure", "money", "fairness", "extra")
_MOST = 1 << 58
"""Sums beyond this would leave the solver's whole numbers."""


@dataclass(frozen=True, slots=True)
class Limits:
    """``work``: the solver's deterministic time; ``seconds``: wall clock; ``gap``: share of the goal that may stay open. The same ``workers`` and ``seed`` give
    the same answer."""

    work: float
    seconds: float
    gap: float = 0.0
    workers: int = 1
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """``status``: optimal, feasible, infeasible or unknown; ``bound``: of the goal, in its unit; ``stopped`` by an interrupt?"""

    status: str
    placed: Placed
    value: int
    bound: float
    interrupted: bool
    work: float


def available() -> bool:
    """Is the solver installed?"""
    from importlib.util import find_spec

    return find_spec("ortools") is not None


def too_large(problem: Problem) -> bool:
    """Would its numbers overflow the solver's?"""
    money = sum(t.cost or 0 for t in problem.tasks) + sum(p.amount for p in problem.purses or ()) + problem.trip_cost * len(problem.regions) * (problem.end - problem.start + 1)
    return money > _MOST or sum(t.weight for t in problem.tasks) * problem.day(problem.end) > _MOST


class Model:
    """The rules of a problem. ``allowed``: months per task (default: the task's own); ``paid``: (region, month) whose trip is made anyway."""

    def __init__(self, problem: Problem, allowed: Sequence[Sequence[int]] | None = None, paid: Set[tuple[int, int]] = frozenset()) -> None:
        from ortools.sat.python import cp_model

        self._cp = cp_model
        self.problem, self.paid = problem, paid
        self.model: Any = cp_model.CpModel()
        self.months = [tuple(a) for a in allowed] if allowed is not None else [t.months for t in problem.tasks]
        self.goes: list[dict[int, Any]] = [{m: self.model.new_bool_var("") for m in months} for months in self.months]
        self.trip: dict[tuple[int, int], Any] = {}
        for rule in (self.each_once, self.dependencies, self.trips, self.hands, self.money):
            rule()

    def each_once(self) -> None:
        """Every task goes in exactly one of its months (windows, deadlines, freezes and consents are in these already)."""
        for goes in self.goes:
            self.model.add_exactly_one(goes.values())

    def dependencies(self) -> None:
        """What a task waits for is gone by the end of the same month: by each month it is gone at least as surely as the task."""
        for n, task in enumerate(self.problem.tasks):
            for a in task.after:
                for month in self.months[n][:-1]:
                    by_then = [v for m, v in self.goes[n].items() if m <= month]
                    self.model.add(sum(by_then) <= sum(v for m, v in self.goes[a].items() if m <= month))
                if self.months[a] and self.months[n] and self.months[a][-1] > self.months[n][-1]:
                    self.model.add(sum(v for m, v in self.goes[a].items() if m > self.months[n][-1]) == 0)

    def trips(self) -> None:
        """A region that is visited in a month costs a trip."""
        if not (self.problem.trip_devices or self.problem.trip_cost):
            return
        for n, task in enumerate(self.problem.tasks):
            for region in task.regions:
                for month, goes in self.goes[n].items():
                    if (region, month) not in self.paid:
                        if (region, month) not in self.trip:
                            self.trip[region, month] = self.model.new_bool_var("")
                        self.model.add_implication(goes, self.trip[region, month])

    def hands(self) -> None:
        """The crews of a pool do not do more devices in a month than they can, trips counted."""
        for pool, hands in enumerate(self.problem.hands or ()):
            terms: dict[int, list[Any]] = {}
            for n, task in enumerate(self.problem.tasks):
                for p, devices in task.load:
                    if p == pool:
                        for month, goes in self.goes[n].items():
                            terms.setdefault(month, []).append(devices * goes)
            for (region, month), trip in self.trip.items():
                if self.problem.pool_of[region] == pool and self.problem.trip_devices:
                    terms.setdefault(month, []).append(self.problem.trip_devices * trip)
            for month, used in sorted(terms.items()):
                self.model.add(sum(used) <= hands[month])

    def money(self) -> None:
        """No purse pays more than it holds; what goes in a month without a budget costs nothing."""
        if self.problem.purses is None:
            return
        spent = self._spent()
        for month, terms in spent.items():
            if not self.problem.purses_of(month):
                self.model.add(sum(terms) == 0)
        for purse in self.problem.purses:
            terms = [t for month, group in spent.items() if purse.first <= month <= purse.last for t in group]
            if terms:
                self.model.add(sum(terms) <= purse.amount)

    def _spent(self) -> dict[int, list[Any]]:
        spent: dict[int, list[Any]] = {}
        for n, task in enumerate(self.problem.tasks):
            for month, goes in self.goes[n].items():
                if cost := (task.cost or 0) + task.extra(month):
                    spent.setdefault(month, []).append(cost * goes)
        for (_, month), trip in self.trip.items():
            if self.problem.trip_cost:
                spent.setdefault(month, []).append(self.problem.trip_cost * trip)
        return dict(sorted(spent.items()))

    # goals

    def exposure(self) -> Any:
        """Hundredths of device-days."""
        days = {m: self.problem.day(m) for m in range(self.problem.start, self.problem.end + 1)}
        return sum(t.weight * days[m] * v for t, goes in zip(self.problem.tasks, self.goes, strict=True) if t.weight for m, v in goes.items())

    def extra_money(self) -> Any:
        """Trips and contracts left early: the part of the cost that a plan can change."""
        trips = sum(self.problem.trip_cost * v for v in self.trip.values())
        return trips + sum(t.extra(m) * v for t, goes in zip(self.problem.tasks, self.goes, strict=True) if t.exits for m, v in goes.items())

    def unfairness(self) -> Any:
        """The longest mean wait of a region, in days per device."""
        worst = self.model.new_int_var(0, _MOST, "")
        for group in groups(self.problem):
            devices = sum(self.problem.tasks[n].devices for n in group)
            waits = sum(self.problem.tasks[n].devices * self.problem.day(m) * v for n in group for m, v in self.goes[n].items())
            self.model.add(worst * devices >= waits)
        return worst

    def moves(self, before: Mapping[int, int]) -> Any:
        """Tasks that are not in the month they had."""
        return sum(v for n, old in before.items() for m, v in self.goes[n].items() if m != old)

    def shift(self, before: Mapping[int, int]) -> Any:
        """Months by which tasks moved, added up."""
        return sum(abs(m - old) * v for n, old in before.items() for m, v in self.goes[n].items() if m != old)

    def hint(self, placed: Placed) -> None:
        """Where to start."""
        self.model.clear_hints()
        for n, goes in enumerate(self.goes):
            for month, v in goes.items():
                self.model.add_hint(v, placed.get(n) == month)
        by_then = {(r, m) for n, m in placed.items() for r in self.problem.tasks[n].regions}
        for key, trip in self.trip.items():
            self.model.add_hint(trip, key in by_then)

    def solve(self, goal: Any, limits: Limits) -> Answer:
        """The best placing for a goal (None: any)."""
        if goal is not None:
            self.model.minimize(goal)
        solver = self._cp.CpSolver()
        p = solver.parameters
        p.random_seed, p.num_workers, p.interleave_search = limits.seed, limits.workers, True
        p.max_deterministic_time, p.max_time_in_seconds, p.relative_gap_limit = limits.work, max(0.01, limits.seconds), limits.gap
        p.catch_sigint_signal = False  # its handler ends the process; an interrupt is ours to take
        code, interrupted = in_thread(lambda: solver.solve(self.model), solver.stop_search)
        status = {self._cp.OPTIMAL: "optimal", self._cp.FEASIBLE: "feasible", self._cp.INFEASIBLE: "infeasible"}.get(code, "unknown")
        if status not in ("optimal", "feasible"):
            return Answer(status, {}, 0, float("-inf"), interrupted, solver.response_proto.deterministic_time)
        placed = {n: next(m for m, v in goes.items() if solver.boolean_value(v)) for n, goes in enumerate(self.goes)}
        value = 0 if goal is None else round(solver.objective_value)
        bound = 0.0 if goal is None else solver.best_objective_bound
        return Answer(status, placed, value, bound, interrupted, solver.response_proto.deterministic_time)

    def keep(self, goal: Any, most: int) -> None:
        """From now on the goal may not get worse than ``most``."""
        self.model.add(goal <= most)


def groups(problem: Problem) -> list[list[int]]:
    """Tasks with devices by region, for fairness; one group alone compares with nobody."""
    found: dict[int, list[int]] = {}
    for n, task in enumerate(problem.tasks):
        for region in task.regions:
            found.setdefault(region, []).append(n)
    return [found[r] for r in sorted(found)] if len(found) > 1 else []


def cheapest_money(problem: Problem, limits: Limits) -> Answer:
    """How much money is missing at least, in all periods together: every purse may be overdrawn, and the sum of it is least. ``value``: whole units."""
    model = Model(replace(problem, purses=None))
    spent = model._spent()
    purses = problem.purses or ()
    for month, terms in spent.items():
        if not problem.purses_of(month):
            model.model.add(sum(terms) == 0)
    extra = [model.model.new_int_var(0, _MOST >> 4, "") for _ in purses]
    carried = len(purses) > 1 and purses[0].first == purses[1].first
    for n, purse in enumerate(purses):
        terms = [t for month, group in spent.items() if purse.first <= month <= purse.last for t in group]
        there = list(accumulate(extra))[n] if carried else extra[n]
        if terms:
            model.model.add(sum(terms) <= purse.amount + there)
    return model.solve(sum(extra), limits)
