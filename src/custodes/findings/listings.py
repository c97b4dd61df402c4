"""Was the maker listed on the day of the record, where, since when, and on what ground?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from custodes.findings.compiled import Compiled, Row
from custodes.findings.dates import Interval, in_force, interval


@dataclass(frozen=True, slots=True)
class Listed:
    """``answer`` yes / no / unknown, in words, the lists in force on the day, and the grounds of all listings that count."""

    answer: str
    basis: str
    listings: tuple[str, ...]
    grounds: tuple[str, ...]


def start_of(row: Row) -> tuple[str, str]:
    """When a listing began and which date that is: effective, else published, else designated, else unknown."""
    for name in ("effective", "published", "designated"):
        if row.get(name):
            return row[name], name
    return "", "unknown"


def listed(party: str, name: str, known: Compiled, date: str, date_words: str) -> Listed:
    """Compare every counting listing of a maker (or party of the case's lists) with the date of the record."""
    rows = known.listings.get(party, ())
    when = interval(date)
    answers = [(in_force(start_of(row)[0], row.get("ended") or "", when), row) for row in rows]
    states = {answer for answer, _ in answers}
    answer = "yes" if "yes" in states else "unknown" if "unknown" in states or not rows else "no"
    grounds = sorted({row["ground"] for row in rows if row.get("ground") and row["ground"] != "unknown"})
    codes = tuple(sorted({row["list"] for state, row in answers if state == "yes"}))
    return Listed(answer, _basis(name, when, date, date_words, answers), codes, tuple(grounds))


def _basis(name: str, when: Interval | None, date: str, date_words: str, answers: Sequence[tuple[str, Row]]) -> str:
    if not answers:
        return f"No listing of {name} is in our tables."
    if when is None:
        return f"The record has no date. {name} stands on: {_all([row for _, row in answers])}."
    head = f"On {date} ({date_words})"
    there = [row for state, row in answers if state == "yes"]
    later = [row for state, row in answers if state == "no" and start_of(row)[0] > when[1]]
    before = [row for state, row in answers if state == "no" and row not in later]
    unsure = [row for state, row in answers if state == "unknown"]
    parts = [f"{head} {name} stood on: {_all(there)}." if there else f"{head} {name} stood on no list that we know for certain."]
    parts += [f"Listed later: {_all(later)}."] if later else []
    parts += [f"No longer listed by then: {_all(before)}."] if before else []
    parts += [f"Not certain on that date: {_all(unsure)}."] if unsure else []
    return " ".join(parts)


def _all(rows: Sequence[Row]) -> str:
    return "; ".join(sorted({_one(row) for row in rows}))


def _one(row: Row) -> str:
    start, which = start_of(row)
    until = f" to {row['ended']}" if row.get("ended") else ""
    return f"{row['list']} (from {start}, {which}{until})" if start else f"{row['list']} (date unknown{until})"
