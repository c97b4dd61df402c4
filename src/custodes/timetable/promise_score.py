"""A published promise held against the familiar form, field by field: given, given in part, kept back, or missing. Pure.

The form is the list of fields that removal timetables and reports in law and practice ask for, each with its source (``data/timetable_fields.csv``). What
the rows of a document say themselves is taken from them: a scope, a share for today, milestones, an end. The rest is entered by the person who read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from custodes.timetable.promise import Said

STATES = ("given", "in part", "kept back", "missing")


@dataclass(frozen=True, slots=True)
class Scored:
    """One document: ``fields`` is (field id, title, state, why) for every field of the form, in its order."""

    document: str
    title: str
    date: str
    speaker: str
    answers: str
    house: str
    citation: str
    url: str
    statements: tuple[str, ...]
    fields: tuple[tuple[str, str, str, str], ...]

    def count(self, state: str) -> int:
        """Fields in a state."""
        return sum(1 for _, _, is_, _ in self.fields if is_ == state)


def score(said: Sequence[Said], form: Iterable[Mapping[str, str]]) -> list[Scored]:
    """Every document that promises a removal, by date. ``form``: rows of the table of fields. A row without a document is a document of its own.

    A promise of something else (to publish a timeline) is judged like any other, but its document is not held against a form for removals.
    """
    groups: dict[str, list[Said]] = {}
    for each in said:
        groups.setdefault(each.document or each.statement_id, []).append(each)
    fields = list(form)
    found = [_scored(name, rows, fields) for name, rows in groups.items() if any(r.kind == "promise" and _of_removal(r) for r in rows)]
    return sorted(found, key=lambda s: (s.date, s.document))


def _of_removal(said: Said) -> bool:
    """Does it speak of equipment or places: is it a share of them, or a measure that names them?"""
    return said.share is not None or any(word in said.measure.casefold() for word in ("site", "device", "camera", "system", "equipment"))


def _scored(name: str, rows: Sequence[Said], form: Sequence[Mapping[str, str]]) -> Scored:
    told = _told(rows)
    fields = tuple((row["field"], row["title"], *told.get(row["field"], ("missing", "the document does not say it"))) for row in form)
    first = min((r for r in rows if r.kind == "promise"), key=lambda r: (r.date, r.statement_id))
    title = next((r.title for r in rows if r.title), "") or name
    answers, house = (next((getattr(r, key) for r in rows if getattr(r, key)), "") for key in ("answers", "house"))
    return Scored(name, title, first.date, first.speaker, answers, house, first.citation, first.url, tuple(r.statement_id for r in rows), fields)


def _told(rows: Sequence[Said]) -> dict[str, tuple[str, str]]:
    """Field -> (state, why): what the rows hold, then what the reader of the document entered; what is kept back outweighs, a part comes before a whole."""
    found: dict[str, tuple[str, str]] = {}
    promises = [r for r in rows if r.kind == "promise" and _of_removal(r)]
    if any(r.scope for r in rows):
        found["scope"] = ("given", next(r.scope for r in rows if r.scope))
    if whole := [r for r in promises if r.share == 1]:
        found["end_date"] = ("given", f"by {max(r.by for r in whole)}")
    if steps := [r for r in promises if r.share is not None and r.share < 1]:
        found["milestones"] = ("given", "; ".join(r.words for r in steps))
    if reports := [r for r in rows if r.kind == "promise report" and _of_removal(r)]:
        only_share = all(r.number is None for r in reports)
        found["done_to_date"] = ("in part" if only_share else "given", "; ".join(r.words for r in reports) + (" (a share without its number)" if only_share else ""))
    for state, name in (("given", "gives"), ("in part", "partly"), ("kept back", "withholds")):
        for each in rows:
            found |= dict.fromkeys(getattr(each, name), (state, f"as read in {each.statement_id}"))
    return found
