"""What was promised by the frozen plan, what the current plan says, and what happened: per site with its cause, and per month as three lines. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from custodes.timetable.months import bounds, first_day, last_day, month_of, month_text
from custodes.timetable.progress import Progress, Stand

ON_TIME, EARLY, LATE, OVERDUE, MOVED, ADDED, DROPPED, DUE = "on time", "early", "late", "overdue", "moved later", "not in the baseline", "not in the plan any more", "not due yet"


@dataclass(frozen=True, slots=True)
class Variance:
    """One site against the baseline. Months are ``2027-03``, empty when there is none; ``done``: day on which the last device was removed.
    ``days`` after (or, negative, before) the end of the baseline month, None when neither is known; ``devices`` more in scope than in the baseline."""

    site_id: str
    baseline: str
    plan: str
    done: str
    kind: str
    days: int | None
    devices: int
    cause: str
    reason: str


def variances(baseline: Mapping[str, tuple[str, int]], plan: Mapping[str, str], progress: Progress, now: str) -> list[Variance]:
    """Each site of baseline or plan. ``baseline``: site -> (month, devices); ``plan``: site -> month; ``now``: ISO day."""
    sites = sorted({*baseline, *plan, *progress.stands})
    return [_variance(site, baseline.get(site), plan.get(site, ""), progress.stands.get(site), now[:10]) for site in sites]


def _variance(site: str, base: tuple[str, int] | None, planned: str, stand: Stand | None, now: str) -> Variance:
    done = stand.removed_on if stand else ""
    kind, days = _kind(base[0] if base else "", planned, done, stand is not None, now)
    more = (stand.scope if stand else 0) - (base[1] if base else 0)
    cause, reason = (stand.cause, stand.reason) if stand else ("", "")
    if kind in (LATE, OVERDUE, MOVED) and not cause and stand and stand.found:
        cause = "more found"
    return Variance(site, base[0] if base else "", planned, done, kind, days, more, cause, reason)


def _kind(base: str, planned: str, done: str, known: bool, now: str) -> tuple[str, int | None]:
    if not base:
        return ADDED, None
    if not known:
        return DROPPED, None
    end = last_day(base)
    if done:
        days = (last_day(done) - end).days
        return (LATE, days) if days > 0 else (EARLY if last_day(done) < bounds(month_of(end))[0] else ON_TIME, days)
    if end.isoformat() < now:
        return OVERDUE, (last_day(now) - end).days
    if planned > base:
        return MOVED, (last_day(planned) - end).days
    return DUE, None


@dataclass(frozen=True, slots=True)
class Point:
    """Devices still there at the end of a month: as the frozen plan had it, as the current plan has it (from today on), as it is (until today)."""

    month: str
    baseline: int | None
    plan: int | None
    actual: int | None


def burn_down(baseline: Mapping[str, tuple[str, int]], plan: Mapping[str, str], progress: Progress, start: str, now: str) -> list[Point]:
    """Three lines from the month of ``start`` (ISO day: when the baseline was frozen, or the first event) to the last month of any plan.

    The current plan's line starts from what is really left today. What is overdue in it does not vanish by itself: it stays in the line to the end.
    """
    today = month_of(first_day(now[:10]))
    ends = [m for m, _ in baseline.values() if m] + [m for s, m in plan.items() if m and _left(progress, s)]
    days = [day for moves in progress.moves.values() for day, _, _ in moves]
    first = min([month_of(first_day(start[:10])), today, *(month_of(first_day(d)) for d in days)])
    last = max([today, *(month_of(first_day(m)) for m in ends)])
    total = sum(n for _, n in baseline.values())
    return [
        Point(
            month_text(m),
            total - sum(n for when, n in baseline.values() if when <= month_text(m)) if baseline else None,
            _planned_left(plan, progress, m, today) if m >= today else None,
            _actual_left(progress, min(bounds(m)[1].isoformat(), now[:10])) if m <= today else None,
        )
        for m in range(first, last + 1)
    ]


def _left(progress: Progress, site: str) -> int:
    return progress.stands[site].remaining if site in progress.stands else 0


def _planned_left(plan: Mapping[str, str], progress: Progress, month: int, today: int) -> int:
    gone = sum(stand.remaining for site, stand in progress.stands.items() if month_text(today) <= plan.get(site, "") <= month_text(month) and month > today)
    return sum(stand.remaining for stand in progress.stands.values()) - gone


def _actual_left(progress: Progress, day: str) -> int:
    """In scope by then, less what was removed by then; a found device is in scope from the day it was found on."""
    left = sum(stand.scope - stand.found for stand in progress.stands.values())
    for moves in progress.moves.values():
        left += sum(n if what == "found" else -n for when, what, n in moves if when <= day and what in ("found", "removed"))
    return left


def by_cause(rows: Sequence[Variance]) -> list[tuple[str, int, int]]:
    """(cause, sites, days) of what is late, overdue or moved later; the most sites first."""
    sums: dict[str, tuple[int, int]] = {}
    for row in rows:
        if row.kind in (LATE, OVERDUE, MOVED):
            sites, days = sums.get(row.cause, (0, 0))
            sums[row.cause] = (sites + 1, days + (row.days or 0))
    return sorted(((cause, *both) for cause, both in sums.items()), key=lambda r: (-r[1], r[0]))
