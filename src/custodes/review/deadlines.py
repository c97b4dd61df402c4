"""When an answer is due: working days as each information law counts them. Pure.

Dates are ``datetime.date``; a period is counted from the day after receipt. What is a working day differs: the Freedom of Information Act leaves out a
bank holiday of *any* part of the United Kingdom (section 10(6)), the Scottish Act only those of Scotland (section 73).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any

from custodes.errors import UsageError

ANYWHERE = "*"
"""In a law's ``holidays``: those of every nation of the table."""


@dataclass(frozen=True, slots=True)
class Law:
    """One entry of ``data/information_laws.toml``; see there for every field. ``id`` is its heading."""

    id: str
    name: str
    days: int
    unit: str
    holidays: tuple[str, ...]
    apart: int
    ask_review: int
    review_days: int
    letter_rows: int
    opening: str
    cost: str
    due: str
    reminder: str
    review: str
    complain: str
    citation: str
    checked_on: str


@dataclass(frozen=True, slots=True)
class Holidays:
    """Days that are no working days, by nation, from the first to the last year of the table (both whole)."""

    days: Mapping[str, frozenset[date]]
    first: date
    last: date

    def of(self, nations: Iterable[str]) -> frozenset[date]:
        """The days of these nations together."""
        wanted = tuple(nations)
        names = self.days if ANYWHERE in wanted else wanted
        return frozenset().union(*(self.days[name] for name in names))


def laws(raw: Mapping[str, Mapping[str, Any]]) -> dict[str, Law]:
    """Law id -> law, from the parsed table; UsageError names an entry that is not as it should be."""
    names = {f.name for f in fields(Law)} - {"id"}
    found = {}
    for key, entry in raw.items():
        if set(entry) != names or entry["unit"] not in ("working", "calendar"):
            odd = ", ".join(sorted(set(entry) ^ names)) or f"unit {entry['unit']!r}"
            raise UsageError(f"law {key!r} is not written as the others: {odd}", where="information_laws.toml", advice="every law has the same keys")
        found[key] = Law(id=key, **{**entry, "holidays": tuple(entry["holidays"])})
    return found


def holidays(rows: Iterable[Mapping[str, str]]) -> Holidays:
    """The table of bank holidays (``date``, ``nation``) as a value."""
    days: dict[str, set[date]] = {}
    for row in rows:
        days.setdefault(row["nation"], set()).add(date.fromisoformat(row["date"]))
    years = sorted({day.year for found in days.values() for day in found})
    if not years:
        raise UsageError("the table of bank holidays is empty", where="bank_holidays.csv", advice="install custodes again")
    return Holidays({nation: frozenset(found) for nation, found in sorted(days.items())}, date(years[0], 1, 1), date(years[-1], 12, 31))


def working_days_after(start: date, days: int, nations: Iterable[str], table: Holidays) -> date:
    """The ``days``-th working day after ``start``. With no nation only Saturdays and Sundays are left out.

    UsageError when a nation's holidays are needed for days that the table does not hold: a date that may be wrong is not given.
    """
    wanted = tuple(nations)
    closed = table.of(wanted)
    day = start
    while days > 0:
        day += timedelta(1)
        if wanted and not table.first <= day <= table.last:
            what = f"bank holidays are known from {table.first} to {table.last}, and {day} is needed"
            raise UsageError(what, where="bank_holidays.csv", advice="add the years to the table, or count by hand")
        days -= day.weekday() < 5 and day not in closed
    return day


def due(law: Law, received: date, table: Holidays) -> date | None:
    """The last day for the answer to a request received on ``received``; None when the law names no number of days."""
    if not law.days:
        return None
    if law.unit == "calendar":
        return received + timedelta(law.days)
    return working_days_after(received, law.days, law.holidays, table)


def ask_review_until(law: Law, answered: date, table: Holidays) -> date | None:
    """The last day to ask for a review of an answer (or, without one, of the silence after the due day); None when no limit is known."""
    return working_days_after(answered, law.ask_review, law.holidays, table) if law.ask_review else None


def review_due(law: Law, asked: date, table: Holidays) -> date | None:
    """The last day for the answer to a request for review; None when no limit is known."""
    return working_days_after(asked, law.review_days, law.holidays, table) if law.review_days else None


def next_letter_from(law: Law, sent: date, table: Holidays) -> date:
    """The first day on which a further letter on the like matter is not added to the cost of the one sent on ``sent``."""
    return working_days_after(sent, law.apart + 1, law.holidays, table) if law.apart else sent
