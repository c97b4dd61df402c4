"""Days and intervals as text: was a listing, or a link, in force when the record was made?

Everything is compared as intervals of ISO days, because a record may give a month, a quarter or two dates.
"""

from __future__ import annotations

import re

Interval = tuple[str, str]

_DAY = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


def interval(text: str) -> Interval | None:
    """First and last day of an ISO date, month, year or interval ``a/b``; None when there is none."""
    first, _, last = text.strip().partition("/")
    start, end = _days(first), _days(last or first)
    if start is None or end is None:
        return None
    return min(start[0], end[0]), max(start[1], end[1])


def _days(text: str) -> Interval | None:
    match = _DAY.match(text.strip())
    if match is None:
        return None
    year, month, day = match.groups()
    if day:
        return f"{year}-{month}-{day}", f"{year}-{month}-{day}"
    return (f"{year}-{month}-01", f"{year}-{month}-31") if month else (f"{year}-01-01", f"{year}-12-31")


def in_force(start: str, end: str, when: Interval | None) -> str:
    """yes / no / unknown: is the period from ``start`` to before ``end`` (empty: open) in force over the whole of ``when``?"""
    if when is None:
        return "unknown"
    began, ended = interval(start), interval(end) if end else None
    if began is None or (end and ended is None):
        return "unknown"
    if when[1] < began[0] or (ended and when[0] > ended[1]):
        return "no"
    if when[0] >= began[1] and (ended is None or when[1] < ended[0]):
        return "yes"
    return "no" if ended and when[0] >= ended[0] == ended[1] else "unknown"


def holds(start: str, end: str, when: Interval | None) -> bool:
    """May a link be used for a record of ``when``? An empty side is open; a record without a date is not inside a closed period."""
    if not start and not end:
        return True
    if when is None:
        return not end
    began, ended = interval(start) if start else None, interval(end) if end else None
    return not (began and when[1] < began[0]) and not (ended and when[0] > ended[1])
