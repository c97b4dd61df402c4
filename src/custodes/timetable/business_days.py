"""Business days of the US federal government: Monday to Friday without the holidays of 5 U.S.C. 6103. Pure.

A holiday on a Saturday is kept on the Friday before, one on a Sunday on the Monday after. Juneteenth counts from 2021 on (Pub. L. 117-17).
"""

from __future__ import annotations

from datetime import date, timedelta

_DAY = timedelta(days=1)


def after(start: date, days: int) -> date:
    """The day on which so many business days have passed since ``start``, which does not count itself."""
    at = start
    while days:
        at += _DAY
        days -= is_business_day(at)
    return at


def is_business_day(day: date) -> bool:
    """Is it a weekday and no federal holiday?"""
    return day.weekday() < 5 and day not in holidays(day.year) and day not in holidays(day.year + 1)


def holidays(year: int) -> frozenset[date]:
    """The days on which the federal holidays of a year are kept; New Year's Day may be kept on the last day of the year before."""
    fixed = [(1, 1), (7, 4), (11, 11), (12, 25), *([(6, 19)] if year >= 2021 else [])]
    moving = [(1, 0, 3), (2, 0, 3), (9, 0, 1), (10, 0, 2), (11, 3, 4)]
    kept = {_kept(date(year, month, day)) for month, day in fixed}
    kept |= {_nth(year, month, weekday, n) for month, weekday, n in moving}
    last = date(year, 5, 31)  # Memorial Day: the last Monday of May
    return frozenset(kept | {last - _DAY * last.weekday()})


def _kept(day: date) -> date:
    return day - _DAY if day.weekday() == 5 else day + _DAY if day.weekday() == 6 else day


def _nth(year: int, month: int, weekday: int, n: int) -> date:
    first = date(year, month, 1)
    return first + _DAY * ((weekday - first.weekday()) % 7 + 7 * (n - 1))
