"""Promises of others as dated statements, and what became of each: met, missed, unreported, withdrawn, or not due yet. Pure.

A promise is judged by what was said later, and only by that. It is *met* when a report reaches what was promised; *missed* when a report for its day, or
one after it, says less, or when the day on which it was reached is given and lies after it; *withdrawn* when its speaker took it back first; *unreported*
when its day has passed and no statement that we hold says what was reached. Unreported is not missed: nobody knows. A restatement is no report.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from custodes.timetable.months import first_day, last_day

VERDICTS = ("met", "missed", "unreported", "withdrawn", "not due yet")
ABOUT = Decimal("0.05")
"""What "about" may mean: 5 points. A promise of about 70 percent is not called missed because 66 were reached."""


@dataclass(frozen=True, slots=True)
class Said:
    """One row: a promise, a report, a restatement or a withdrawal. ``share`` 0 to 1 or ``number``; ``by``: the day promised (of a report: the day
    on which it was reached, empty when not said); ``refers_to``: promises spoken of; ``document``: what was published, ``title`` its name."""

    statement_id: str
    kind: str
    date: str
    speaker: str
    words: str
    citation: str
    measure: str
    url: str = ""
    grade: str = ""
    publish: str = ""
    document: str = ""
    title: str = ""
    answers: str = ""
    house: str = ""
    scope: str = ""
    of: str = ""
    share: Decimal | None = None
    number: int | None = None
    by: str = ""
    approx: bool = False
    refers_to: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()
    partly: tuple[str, ...] = ()
    withholds: tuple[str, ...] = ()
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """A promise with its verdict, why, the statements it rests on, and how later statements changed it."""

    promise: Said
    verdict: str
    why: str
    by_statements: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()


def said_of(rows: Iterable[Mapping[str, Any]]) -> list[Said]:
    """STATEMENT rows whose kind begins with ``promise`` and that say their fields, by date; promises in words alone are passed over."""
    found: dict[str, Said] = {}
    for row in rows:
        if row["statement_kind"].startswith("promise") and row.get("details"):
            found.setdefault(row["statement_id"], _said(row))
    return sorted(found.values(), key=lambda s: (s.date, s.statement_id))


def _said(row: Mapping[str, Any]) -> Said:
    details = json.loads(row["details"])
    plain: dict[str, Any] = {name: str(details.get(name, "")) for name in ("document", "title", "answers", "house", "scope", "of", "measure", "by")}
    plain |= {name: tuple(details.get(name, ())) for name in ("gives", "partly", "withholds")}
    plain |= {name: row[name] for name in ("statement_id", "date", "speaker", "words", "citation", "url", "grade", "publish")}
    plain["refers_to"] = tuple(part.strip() for part in str(details.get("refers_to", "")).split(";") if part.strip())
    plain["share"] = Decimal(details["share"]) if details.get("share") else None
    plain["number"] = int(details["number"]) if details.get("number") else None
    return Said(kind=row["statement_kind"], approx=details.get("approx") == "yes", origin=f"{row['origin_file']}, {row['origin_at']}", **plain)


def judge(said: Sequence[Said], now: str) -> list[Judged]:
    """Every promise with its verdict as of ``now`` (ISO day); what was said later than that is left aside."""
    known = [s for s in said if first_day(s.date).isoformat() <= now[:10]]
    return [_judged(promise, [s for s in known if promise.statement_id in s.refers_to], now[:10]) for promise in known if promise.kind == "promise"]


def _judged(promise: Said, later: Sequence[Said], now: str) -> Judged:
    due = last_day(promise.by).isoformat()
    changes = tuple(change for s in later if s.kind == "promise restated" for change in _changes(promise, s))
    reports = [s for s in later if s.kind == "promise report"]
    taken_back = next((s for s in later if s.kind == "promise withdrawn"), None)
    reached = next((r for r in reports if _reaches(promise, r)), None)
    if reached and not (taken_back and first_day(taken_back.date) < first_day(reached.date)):
        late = bool(reached.by) and first_day(reached.by).isoformat() > due
        short_at_due = next((r for r in reports if not _reaches(promise, r) and due <= _as_at(r) < _as_at(reached)), None)
        if late or short_at_due:
            return Judged(promise, "missed", _late(reached, short_at_due, due), tuple(s.statement_id for s in (short_at_due, reached) if s), changes)
        return Judged(promise, "met", _met(promise, reached, due), (reached.statement_id,), changes)
    if taken_back:
        return Judged(promise, "withdrawn", f"{taken_back.speaker} took it back on {taken_back.date}: {taken_back.words}", (taken_back.statement_id,), changes)
    if now <= due:
        newest = reports[-1] if reports else None
        told = f"the newest report, of {newest.date}, says {amount(newest)}" if newest else "no report so far"
        return Judged(promise, "not due yet", f"due on {due}; {told}", (newest.statement_id,) if newest else (), changes)
    short = next((r for r in reports if _as_at(r) >= due), None)
    if short:
        return Judged(promise, "missed", f"{amount(short)} was reported on {short.date}, {amount(promise)} was promised by {due}", (short.statement_id,), changes)
    last = f"the last report, of {reports[-1].date}, says {amount(reports[-1])}" if reports else "no statement that we hold says what was reached"
    return Judged(promise, "unreported", f"due on {due}; {last}: not known to us", tuple(r.statement_id for r in reports[-1:]), changes)


def _as_at(report: Said) -> str:
    """The day for which a report speaks: the one it names, else its own."""
    return last_day(report.by or report.date).isoformat()


def _reaches(promise: Said, report: Said) -> bool:
    if promise.share is not None and report.share is not None:
        return report.share >= promise.share - (ABOUT if promise.approx or report.approx else 0)
    if promise.number is not None and report.number is not None:
        return report.number >= promise.number
    return False


def _met(promise: Said, reached: Said, due: str) -> str:
    words = f"{amount(reached)} was reported on {reached.date}"
    if reached.by:
        words += f", reached by {reached.by}"
    elif first_day(reached.date).isoformat() > due:
        words += f", {(first_day(reached.date) - last_day(due)).days} days after the day promised; on which day it was reached is not said"
    rough = promise.share is not None and reached.share is not None and reached.share < promise.share
    return words + ("; below the figure, but within what 'about' can mean" if rough else "")


def _late(reached: Said, short: Said | None, due: str) -> str:
    if reached.by and first_day(reached.by).isoformat() > due:
        return f"reached on {reached.by}, {(first_day(reached.by) - last_day(due)).days} days after {due}"
    assert short is not None
    return f"{amount(short)} was reported for {_as_at(short)}, after {due}; it was reached later, by {reached.by or reached.date}"


def _changes(promise: Said, later: Said) -> list[str]:
    """What a restatement changes, field by field."""
    found = []
    if later.by and last_day(later.by) != last_day(promise.by):
        way = "later" if last_day(later.by) > last_day(promise.by) else "earlier"
        found.append(f"{later.date}: the day moved {way}, from {promise.by} to {later.by}")
    if later.share is not None and promise.share is not None and later.share != promise.share:
        found.append(f"{later.date}: the share went from {percent(promise.share)} to {percent(later.share)}")
    if later.number is not None and promise.number is not None and later.number != promise.number:
        found.append(f"{later.date}: the number went from {promise.number:,} to {later.number:,}")
    for name in ("scope", "measure", "of"):
        was, is_ = getattr(promise, name), getattr(later, name)
        if is_ and was and is_ != was:
            found.append(f"{later.date}: {name} changed from '{was}' to '{is_}'")
    return found or [f"{later.date}: said again unchanged by {later.speaker}"]


def amount(said: Said) -> str:
    """What a statement says in a figure: ``about 70 % of sites``, ``41 of systems``, or its words."""
    rough = "about " if said.approx else ""
    of = f" of {said.of}" if said.of else ""
    if said.share is not None:
        return f"{rough}{percent(said.share)}{of}"
    return f"{rough}{said.number:,}{of}" if said.number is not None else said.words


def percent(share: Decimal) -> str:
    """``70 %``."""
    value = (share * 100).normalize()
    return f"{value:f} %"
