"""When will it end, at the pace so far? A forecast with its spread, computed exactly and without chance.

Method: the bootstrap of monthly net progress, summed out instead of sampled. Every whole month since the start gives one observation: devices removed
less devices found. Each month to come is one of these observations with equal chance, whatever the others are. The chance that nothing is left after
n months follows by adding up these observations (a convolution), so the same input gives the same answer and no random number is needed. Given are the
months by which the end has come with 10, 50, 80 and 90 percent. The method is the usual one of throughput forecasts (Monte Carlo over past throughput).

It assumes that the months to come are like the months so far. It knows no plan, no budget and no season; that is what the current plan is for, and
both are shown. With fewer than :data:`LEAST` whole months there is no forecast, and none when the pace so far does not end at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from custodes.timetable.months import first_day, month_of, month_text

LEAST = 3
"""Whole months that must have passed."""
HORIZON = 600
"""Months that are looked ahead at most."""
STEPS = 4000
"""Above this many devices left they are counted in equal parcels, so that memory and time stay small; a parcel is at most 1/4000 of what is left."""
MOST_LEFT = 20_000
"""Parcels left that are told apart: five times what is left at the start, or more. Who falls back that far is not going to end within the horizon."""
CHANCES = (10, 50, 80, 90)


@dataclass(frozen=True, slots=True)
class Forecast:
    """``ends``: (percent, month by which the end has come with that chance; empty beyond the horizon). ``months``: observations, devices net per
    month. ``why``: why there is no forecast, empty when there is one."""

    remaining: int
    months: tuple[int, ...]
    ends: tuple[tuple[int, str], ...]
    why: str = ""


def forecast(moves: Mapping[str, Sequence[tuple[str, str, int]]], remaining: int, start: str, now: str) -> Forecast:
    """From moves per site (:class:`custodes.timetable.progress.Progress`), devices left, the day of the start and today (ISO days)."""
    first, today = month_of(first_day(start[:10])), month_of(first_day(now[:10]))
    net: Counter[int] = Counter()
    for entries in moves.values():
        for day, what, count in entries:
            if what in ("removed", "found"):
                net[month_of(first_day(day))] += count if what == "removed" else -count
    seen = tuple(net[m] for m in range(first, today))
    if not remaining:
        return Forecast(0, seen, (), "nothing is left")
    if len(seen) < LEAST:
        return Forecast(remaining, seen, (), f"{len(seen)} whole months have passed, a forecast needs {LEAST}")
    if sum(seen) <= 0:
        return Forecast(remaining, seen, (), "at the pace so far it does not end: no more was removed than found")
    waits = _months_needed(remaining, seen)
    ends = tuple((percent, month_text(today - 1 + waits[percent]) if percent in waits else "") for percent in CHANCES)
    return Forecast(remaining, seen, ends)


def _months_needed(remaining: int, seen: Sequence[int]) -> dict[int, int]:
    """Percent -> the fewest months after which the chance that nothing is left is at least that."""
    parcel = max(1, -(-remaining // STEPS))
    left = -(-remaining // parcel)
    steps = Counter(round(n / parcel) for n in seen)
    room = min(left + max(0, -min(steps)) * HORIZON, MOST_LEFT)
    chance = np.zeros(room + 1)
    chance[left] = 1.0
    reached: dict[int, int] = {}
    for month in range(1, HORIZON + 1):
        chance = _one_month(chance, steps, len(seen))
        done = 1.0 - float(chance[1:].sum())
        for percent in CHANCES:
            if percent not in reached and done * 100 >= percent - 1e-9:
                reached[percent] = month
        if len(reached) == len(CHANCES):
            break
    return reached


def _one_month(chance: np.ndarray, steps: Mapping[int, int], total: int) -> np.ndarray:
    """The chances of every number left after one more month; what is done (index 0) stays done."""
    after = np.zeros_like(chance)
    top = len(chance) - 1
    for step, times in sorted(steps.items()):
        weight = times / total
        if step >= top:
            after[0] += weight * chance[1:].sum()
        elif step >= 0:
            after[0] += weight * chance[1 : step + 1].sum()
            after[1 : top + 1 - step] += weight * chance[step + 1 :]
        elif -step >= top:
            after[top] += weight * chance[1:].sum()
        else:
            after[1 - step :] += weight * chance[1 : top + 1 + step]
            after[top] += weight * chance[top + 1 + step :].sum()
    after[0] += chance[0]
    return after
