"""Was the maker listed on the day of the record, where, since when, and on what ground?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from custodes.findings.as_of import stands, start_of
from custodes.findings.compiled import Compiled, Row
from custodes.findings.dates import Interval, interval
from custodes.findings.names import with_form


@dataclass(frozen=True, slots=True)
class Listed:
    """``answer`` yes / no / unknown, in words, the lists in force on the day, and the grounds of all listings that count."""

    answer: str
    basis: str
    listings: tuple[str, ...]
    grounds: tuple[str, ...]


def listed(party: str, name: str, known: Compiled, date: str, date_words: str, unit: str = "") -> Listed:
    """Compare every counting listing of a maker (or party of the case's lists) with the date of the record.

    ``unit``: the company of the maker that was named; what is listed under its own name counts too, and only then.
    """
    own = known.units.get((party, with_form(unit)), ()) if unit else ()
    rows = (*known.listings.get(party, ()), *own)
    when = interval(date)
    answers = [(stands(row, when), row) for row in rows]
    states = {answer for answer, _ in answers}
    answer = "yes" if "yes" in states else "unknown" if "unknown" in states or not rows else "no"
    grounds = sorted({row["ground"] for row in rows if row.get("ground") and row["ground"] != "unknown"})
    codes = tuple(sorted({row["list"] for state, row in answers if state == "yes"}))
    return Listed(answer, _basis(name, when, date, date_words, answers), codes, tuple(grounds))


def _basis(name: str, when: Interval | None, date: str, date_words: str, answers: Sequence[tuple[str, Row]]) -> str:
    if not answers:
        return f"No listing of {name} is in our tables."
    if when is None:
        return f"The record has no date. {name} stands on: {words_of([row for _, row in answers])}."
    head = f"On {date} ({date_words})"
    there = [row for state, row in answers if state == "yes"]
    later = [row for state, row in answers if state == "no" and start_of(row)[0] > when[1]]
    before = [row for state, row in answers if state == "no" and row not in later]
    unsure = [row for state, row in answers if state == "unknown"]
    parts = [f"{head} {name} stood on: {words_of(there)}." if there else f"{head} {name} stood on no list that we know for certain."]
    parts += [f"Listed later: {words_of(later)}."] if later else []
    parts += [f"No longer listed by then: {words_of(before)}."] if before else []
    parts += [f"Not certain on that date: {words_of(unsure)}."] if unsure else []
    return " ".join(parts)


def words_of(rows: Sequence[Row]) -> str:
    """Listings in words: the list, since when by which date, until when."""
    return "; ".join(sorted({_one(row) for row in rows}))


def _one(row: Row) -> str:
    start, which = start_of(row)
    if not start and row.get("first_seen"):
        start, which = row["first_seen"][:10], "first seen by us"
    until = f" to {row['ended']}" if row.get("ended") else ""
    unit = f", {row['listed_name']} itself" if row.get("unit") else ""
    return f"{row['list']} (from {start}, {which}{until}{unit})" if start else f"{row['list']} (date unknown{until}{unit})"
