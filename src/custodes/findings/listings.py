"""Was the maker listed on the day of the record, where, since when, and on what ground?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from custodes.findings.as_of import STARTS, stands, start_of
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


def listed(party: str, name: str, known: Compiled, date: str, date_words: str, unit: str = "", parties: Sequence[str] = ()) -> Listed:
    """Compare every counting listing of a maker (or party of the case's lists) with the date of the record.

    ``unit``: the company of the maker that was named; what is listed under its own name counts too, and only then. ``parties``: the company as the case's lists name it.
    """
    own = [*known.units.get((party, with_form(unit)), ()), *({**row, "unit": True, "listed_name": row.get("listed_name") or unit} for id in parties for row in known.listings.get(id, ()))] if unit else []
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
    standing = {row["list"] for row in there}
    rest = [(state, row) for state, row in answers if state != "yes" and not (row["list"] in standing and "party_id" in row)]
    later = [row for state, row in rest if state == "no" and start_of(row)[0] > when[1]]
    before = [row for state, row in rest if state == "no" and row not in later]
    unsure = [row for state, row in rest if state == "unknown"]
    parts = [f"{head} {name} stood on: {words_of(there)}." if there else f"{head} {name} stood on no list that we know for certain."]
    parts += [f"Listed later: {words_of(later)}."] if later else []
    parts += [f"No longer listed by then: {words_of(before)}."] if before else []
    parts += [f"Not certain on that date: {words_of(unsure)}."] if unsure else []
    return " ".join(parts)


def words_of(rows: Sequence[Row]) -> str:
    """Listings in words: the list, since when by which date, until when; what two sources say alike is said once."""
    alike: dict[tuple[str, ...], str] = {}
    for row in sorted(rows, key=lambda row: ((*STARTS, "unknown").index(start_of(row)[1]), _one(row))):
        start = start_of(row)[0]
        alike.setdefault((row["list"], start, row.get("ended") or "", row["listed_name"] if row.get("unit") else "", "" if start else _one(row)), _one(row))
    return "; ".join(sorted(alike.values()))


def _one(row: Row) -> str:
    start, which = start_of(row)
    if not start and row.get("first_seen"):
        start, which = row["first_seen"][:10], "first seen by us"
    until = f" to {row['ended']}" if row.get("ended") else ""
    unit = f", {row['listed_name']} itself" if row.get("unit") else ""
    return f"{row['list']} (from {start}, {which}{until}{unit})" if start else f"{row['list']} (date unknown{until}{unit})"
