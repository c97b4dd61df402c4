"""How much a planner may do: units of the solver's work that are the same on every machine, and a clock that stops what takes too long."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

SPEED = 0.2
"""Units of the solver's work that every machine we saw does in a second: work, not the clock, should be what ends a search."""
FOREVER = 1e9
_LEAST = 2.0


def _never() -> float:
    return 0.0


@dataclass(frozen=True, slots=True)
class Effort:
    """How much may be done. ``seconds`` 0: the first plan, without prices and solver. ``clock``: seconds that go up, for the safety net only; one that
    stands still gives the same plan on every machine. ``gap``: good enough for problems of more than 40 tasks. ``began``: what the clock said when the work
    began; None: it begins when it is first asked. ``after``: first plans (scenarios) that are made when the search has ended."""

    seconds: float = 60.0
    clock: Callable[[], float] = _never
    solver: bool = True
    workers: int = 1
    gap: float = 0.001
    seed: int = 1
    began: float | None = None
    after: int = 0

    def started(self) -> Effort:
        """The same effort, beginning now unless it began already."""
        return self if self.began is not None else replace(self, began=self.clock())

    def left(self) -> float:
        """Seconds on the clock; without end when there is none."""
        if self.clock is _never:
            return FOREVER
        return self.seconds - (self.clock() - self.began if self.began is not None else 0.0)

    def patience(self) -> float:
        """Seconds for a question that is worth more than an improvement (is there a plan at all?): half of what is left, and a little where nothing is."""
        return FOREVER if self.clock is _never else max(min(_LEAST, self.seconds or _LEAST), self.left() / 2)

    def brief(self, share: float) -> Effort:
        """An effort for one question of several: a share of what is left, at most ten seconds, beginning now."""
        return replace(self, seconds=min(10.0, self.seconds, max(0.2, self.left() * share)), began=None).started()


class Watch:
    """What is left for the search, less what the end of the work will take: about as long as its beginning took, and as long again for each plan after."""

    def __init__(self, effort: Effort) -> None:
        self.effort, self.interrupted = effort.started(), False
        spent = self.effort.seconds - self.effort.left() if self.effort.left() != FOREVER else 0.0
        self._kept = min(0.5 * self.effort.seconds, min(0.3, 0.1 * self.effort.seconds) + spent * (1 + self.effort.after))

    def left(self) -> float:
        """Seconds on the clock; without end when there is none."""
        left = self.effort.left()
        return left if left == FOREVER else left - self._kept

    def goes_on(self) -> bool:
        """Is there time, and did nobody interrupt?"""
        return not self.interrupted and self.left() > 0
