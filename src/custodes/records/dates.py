"""Dates as tables write them, to ISO dates and ISO intervals.

Whether ``03/04/2017`` is 3 April or 4 March is decided once per file from its evidence (:class:`Order`); without evidence the day comes first, as
it does in the United Kingdom. A date that cannot be (``31/02/2017``, ``13/13/2017``) is refused, never bent.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

FIRST_YEAR, LAST_YEAR = 1990, 2099
_EXCEL_EPOCH = date(1899, 12, 30)
_TIME = r"(?:[T ,]+\d{1,2}[:.]\d{2}(?:[:.]\d{2}(?:\.\d+)?)?\s*(?:[ap]m|z|[+-]\d\d:?\d\d)?)?$"
_YMD = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})" + _TIME, re.I)
_NUMBERS = re.compile(r"(\d{1,2})\s?[-/. ]\s?(\d{1,2})\s?[-/. ]\s?(\d{4}|\d{2})" + _TIME, re.I)
_DAY_MONTH = re.compile(r"(?:[a-z]{3,9}[, ]+)?(\d{1,2})(?:st|nd|rd|th)?[\s/.,-]*([a-z]{3,9})\.?[\s/.,-]*(\d{4}|\d{2})" + _TIME, re.I)
_MONTH_DAY = re.compile(r"([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?(?:, ?| )(\d{4})" + _TIME, re.I)
_COMPACT = re.compile(r"(20\d\d|19\d\d)(\d\d)(\d\d)$")
_SERIAL = re.compile(r"(\d{5})(?:\.\d+)?$")
_MONTH_YEAR = re.compile(r"([a-z]{3,9})\.?[\s/.,'-]*(\d{4}|\d{2})$", re.I)
_YEAR_MONTH = re.compile(r"(?:(\d{4})[-/. ]?(\d{2})|(\d{1,2})[-/](\d{4}))$")
_MONTHS = re.compile(r"([a-z]{3,9})\.?(?:[\s']*(\d{4}|\d{2}))?\s*(?:-|–|—|to|/)\s*([a-z]{3,9})\.?[\s']*(\d{4}|\d{2})$", re.I)
_QUARTER = re.compile(r"(?:q(?:uarter|tr)?\.?\s*([1-4])[\s,-]*(20\d\d)\s?[/-]\s?(\d\d(?:\d\d)?)|(20\d\d)\s?[/-]\s?(\d\d(?:\d\d)?)[\s,-]*q(?:uarter|tr)?\.?\s*([1-4]))$", re.I)
_YEARS = re.compile(r"(20\d\d)\s?[/-]\s?(20\d\d|\d\d)$")
_PAIR = re.compile(r"\s+(?:to|-|–|until)\s+|(?<=-\d\d)/(?=\d{4}-)", re.I)
_NAMES = {name: n for n, name in enumerate(("january", "february", "march", "april", "may", "june", "july"), 1)}
_NAMES |= {name: n for n, name in enumerate(("august", "september", "october", "november", "december"), 8)}
_MONTH = {**_NAMES, **{name[:3]: n for name, n in _NAMES.items()}, "sept": 9}
EMPTY = frozenset({"", "-", "n/a", "na", "none", "null", "nil", "unknown", "not known", "00/00/0000", "tbc", "nat"})
"""Cells (lower case) that stand for no date."""


@dataclass(frozen=True, slots=True)
class Order:
    """Evidence for the order of day and month in one column: cells where only one reading can be."""

    day_first: int = 0
    month_first: int = 0

    @property
    def is_day_first(self) -> bool:
        """Day first unless more cells can only be month first."""
        return self.month_first <= self.day_first

    def plus(self, cells: Iterable[str]) -> Order:
        """The evidence together with that of more cells."""
        day = month = 0
        for cell, times in Counter(cells).items():
            if found := _NUMBERS.match(cell.strip()):
                first, second = int(found[1]), int(found[2])
                day += times * (first > 12 and second <= 12)
                month += times * (second > 12 and first <= 12)
        return Order(self.day_first + day, self.month_first + month)


@lru_cache(maxsize=20_000)
def iso_of(text: str, day_first: bool = True) -> str | None:
    """``text`` as an ISO date or ISO interval; "" for a cell that stands for no date, None for one that cannot be understood.

    >>> [iso_of(t) for t in ("04/01/2017", "02/06/17", "11-Aug-22", "3 Apr 2023", "2018-06-01 00:00:00", "43682", "31/02/2017", "")]
    ['2017-01-04', '2017-06-02', '2022-08-11', '2023-04-03', '2018-06-01', '2019-08-05', None, '']
    >>> [iso_of(t) for t in ("July 2010-September 2010", "May-13", "Q1 2016/17", "2016/17")]
    ['2010-07-01/2010-09-30', '2013-05-01/2013-05-31', '2016-04-01/2016-06-30', '2016-04-01/2017-03-31']
    """
    cell = text.strip()
    if cell.lower() in EMPTY:
        return ""
    return _day(cell, day_first) or _period(cell) or _between(cell, day_first)


def _day(cell: str, day_first: bool) -> str | None:
    if found := _NUMBERS.match(cell):
        first, second, year = found.groups()
        return _iso(year, second, first) if day_first else _iso(year, first, second)
    if found := _YMD.match(cell) or _COMPACT.match(cell):
        return _iso(found[1], found[2], found[3])
    if found := _DAY_MONTH.match(cell):
        return _named(found[3], found[2], found[1])
    if found := _MONTH_DAY.match(cell):
        return _named(found[3], found[1], found[2])
    if found := _SERIAL.match(cell):
        day = _EXCEL_EPOCH + timedelta(days=int(found[1]))
        return day.isoformat() if FIRST_YEAR <= day.year <= LAST_YEAR else None
    return None


def _named(year: str, month: str, day: str) -> str | None:
    number = _MONTH.get(month.lower())
    return _iso(year, str(number), day) if number else None


def _year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text) if int(text) < 70 else 1900 + int(text)


def _iso(year: str, month: str, day: str) -> str | None:
    try:
        value = date(_year(year), int(month), int(day))
    except ValueError:
        return None
    return value.isoformat() if FIRST_YEAR <= value.year <= LAST_YEAR else None


def _span(year: int, month: int, last_year: int, last_month: int) -> str | None:
    if not (FIRST_YEAR <= year <= LAST_YEAR and 1 <= month <= 12 and 1 <= last_month <= 12) or (last_year, last_month) < (year, month):
        return None
    return f"{year:04}-{month:02}-01/{last_year:04}-{last_month:02}-{monthrange(last_year, last_month)[1]:02}"


def _period(cell: str) -> str | None:
    """Months, runs of months, quarters of a financial year (April to March) and financial years."""
    if found := _MONTH_YEAR.match(cell):
        month = _MONTH.get(found[1].lower(), 0)
        return _span(_year(found[2]), month, _year(found[2]), month)
    if found := _MONTHS.match(cell):
        first, last = _MONTH.get(found[1].lower(), 0), _MONTH.get(found[3].lower(), 0)
        return _span(_year(found[2] or found[4]), first, _year(found[4]), last)
    if found := _QUARTER.match(cell):
        start, end, quarter = (found[2], found[3], found[1]) if found[1] else (found[4], found[5], found[6])
        return _quarter(int(start), int(end), int(quarter))
    if (found := _YEARS.match(cell)) and int(found[2]) % 100 == (int(found[1]) + 1) % 100:
        return _span(int(found[1]), 4, int(found[1]) + 1, 3)
    if found := _YEAR_MONTH.match(cell):
        numbers = (found[1], found[2]) if found[1] else (found[4], found[3])
        return _span(int(numbers[0]), int(numbers[1]), int(numbers[0]), int(numbers[1]))
    return None


def _quarter(start: int, end: int, quarter: int) -> str | None:
    if end % 100 != (start + 1) % 100:
        return None
    year, month = (start, 1 + 3 * quarter) if quarter < 4 else (start + 1, 1)
    return _span(year, month, year, month + 2)


def _between(cell: str, day_first: bool) -> str | None:
    ends = _PAIR.split(cell)
    if len(ends) != 2:
        return None
    first, last = (_day(end.strip(), day_first) for end in ends)
    return f"{first}/{last}" if first and last and first <= last else None
