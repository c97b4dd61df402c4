"""Months and days for the planner. Pure.

A month is an int: year * 12 + month - 1. A site can be done in a month when at least one day of that month is inside the site's window, not after
its deadline and not frozen. A date may be given as ``2027-03-31``, ``2027-03`` or ``2027``; as a start it means the first day, as an end the last.
"""

from __future__ import annotations

import calendar
import re
from datetime import date

_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?$")
_YEAR, _QUARTER = re.compile(r"\d{4}$"), re.compile(r"(\d{4})-Q([1-4])$")
_FINANCIAL = re.compile(r"(\d{4})[-/](\d\d)$")


def first_day(text: str) -> date:
    """The first day that ``text`` means; ValueError when it is no ISO date."""
    year, month, day = _parts(text)
    return date(year, month or 1, day or 1)


def last_day(text: str) -> date:
    """The last day that ``text`` means; ValueError when it is no ISO date."""
    year, month, day = _parts(text)
    month = month or 12
    return date(year, month, day or calendar.monthrange(year, month)[1])


def _parts(text: str) -> tuple[int, int, int]:
    found = _DATE.match(text)
    if not found:
        raise ValueError(f"{text!r} is not an ISO date such as 2027-03-31 or 2027-03")
    return int(found[1]), int(found[2] or 0), int(found[3] or 0)


def month_of(day: date) -> int:
    """The month that holds a day."""
    return day.year * 12 + day.month - 1


def month_text(month: int) -> str:
    """``2027-03``."""
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


def bounds(month: int) -> tuple[date, date]:
    """First and last day of a month."""
    year, number = month // 12, month % 12 + 1
    return date(year, number, 1), date(year, number, calendar.monthrange(year, number)[1])


def interval(text: str) -> tuple[date, date]:
    """First and last day of ``from/to`` or of a single date; ValueError when it is not one or runs backwards."""
    start, _, end = text.partition("/")
    days = first_day(start), last_day(end or start)
    if days[0] > days[1]:
        raise ValueError(f"{text!r} ends before it starts")
    return days


def period(text: str) -> tuple[int, int]:
    """First and last month of a budget period: ``2026-27`` (April to March), ``2027-Q1`` (January to March) or ``2027`` (the calendar year)."""
    if found := _FINANCIAL.match(text):
        if (int(found[1]) + 1) % 100 == int(found[2]):
            april = int(found[1]) * 12 + 3
            return april, april + 11
    elif found := _QUARTER.match(text):
        start = int(found[1]) * 12 + (int(found[2]) - 1) * 3
        return start, start + 2
    elif _YEAR.match(text):
        return int(text) * 12, int(text) * 12 + 11
    raise ValueError(f"{text!r} is not a budget period: write 2026-27 (April to March), 2027-Q1 or 2027")


def free_days(month: int, frozen: tuple[tuple[date, date], ...]) -> int:
    """Days of the month outside all frozen intervals (which may overlap)."""
    first, last = bounds(month)
    return sum(1 for n in range(first.toordinal(), last.toordinal() + 1) if not _within(n, frozen))


def open_between(month: int, start: date, end: date, frozen: tuple[tuple[date, date], ...]) -> bool:
    """Is there a day of the month between start and end (both included) that is not frozen?"""
    first, last = bounds(month)
    days = range(max(first, start).toordinal(), min(last, end).toordinal() + 1)
    return any(not _within(n, frozen) for n in days)


def _within(ordinal: int, frozen: tuple[tuple[date, date], ...]) -> bool:
    return any(start.toordinal() <= ordinal <= end.toordinal() for start, end in frozen)
