"""How long a planner may take: what is left on the clock, what is kept for the end of the work, and questions that share what is left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from custodes.pipeline.plan_making import Wishes
from custodes.timetable import relax
from custodes.timetable.effort import FOREVER, Effort, Watch
from custodes.timetable.improve import _solved_in
from custodes.timetable.relax import relaxations
from custodes.timetable.solve import plan
from timetable.problems import NOW, means, policy, site


class Clock:
    """Seconds that stand still until they are moved."""

    def __init__(self, at: float = 100.0) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at


def test_the_time_counts_from_the_beginning_of_the_work_not_of_the_search() -> None:
    clock = Clock()
    effort = Effort(10.0, clock).started()
    clock.at += 2
    assert effort.left() == 8 and effort.started() is effort and Effort(10.0).left() == FOREVER
    # what the beginning took, the end will take too, and each further plan as well
    assert Watch(effort).left() == pytest.approx(8 - 0.3 - 2) and Watch(replace(effort, after=1)).left() == pytest.approx(8 - 0.3 - 4)
    assert Watch(replace(effort, after=9)).left() == pytest.approx(8 - 5)  # at most half is kept
    clock.at += 6
    assert not Watch(effort).goes_on()


def test_a_watch_without_a_clock_never_ends() -> None:
    assert Watch(Effort(1.0)).left() == FOREVER and Watch(Effort(0.0)).goes_on()


@pytest.mark.parametrize(("seconds", "gone", "patience"), [(30.0, 0.0, 15.0), (30.0, 29.0, 2.0), (1.0, 0.9, 1.0), (0.0, 5.0, 2.0)])
def test_a_question_gets_half_of_what_is_left_and_a_little_at_least(seconds: float, gone: float, patience: float) -> None:
    clock = Clock()
    effort = Effort(seconds, clock).started()
    clock.at += gone
    assert effort.patience() == pytest.approx(patience)


def test_two_policies_share_the_time() -> None:
    clock: Callable[[], float] = Clock()
    assert Wishes(seconds=30.0, clock=clock).effort().seconds == 30 and Wishes(seconds=30.0, clock=clock, compare="none").effort().seconds == 15


def test_the_programme_that_is_solved_whole_grows_with_the_time_and_not_with_the_machine() -> None:
    sizes = [_solved_in(seconds) for seconds in (1, 10, 30, 60, 600)]
    assert sizes == sorted(sizes) and sizes[0] > 7_200 and sizes[3] > 130_000 > sizes[2]


def test_nothing_more_is_looked_for_when_the_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, asked = Clock(), []
    first = relax._first

    def slow(*what: object) -> object:
        asked.append(clock.at)
        clock.at += 1.0  # every look takes a second
        return first(*what)  # type: ignore[arg-type]

    monkeypatch.setattr(relax, "_first", slow)
    sites, has = [site("A", 20, deadline="2027-01"), site("B", 15, deadline="2027-01")], means(1, 10, {"2027": 100})
    assert plan(sites, has, policy(), NOW).status == "infeasible"
    found = relaxations(sites, has, policy(), NOW, Effort(6.0, clock).started())
    assert [r.rule for r in found][:3] == ["budgets", "crews", "deadlines"] and max(asked) - min(asked) <= 6.0
