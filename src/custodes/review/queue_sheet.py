"""The queue as a spreadsheet: findings out, decisions back, each row accepted, changed since export, unknown or invalid. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from custodes.review.decisions import Event, problem
from custodes.review.fold import newest
from custodes.review.sheets import Column, Sheet, check
from custodes.review.sheets_back import Back
from custodes.review.words import REASONS
from custodes.values.decision import Decision

_VERDICTS = tuple(REASONS)
_CODES = tuple(dict.fromkeys(code for codes in REASONS.values() for code in codes))
QUEUE = Sheet(
    "Decide",
    "finding_id",
    (
        Column("finding_id", "the finding; the same on every run; do not change", width=22),
        Column("layer", "named, weak, question, other or rejected", width=10),
        Column("body", "whose record it is", width=26),
        Column("supplier", "who was paid, as the record writes it", width=26),
        Column("maker", "the maker that was found", width=18),
        Column("description", "what was bought, as the record writes it", width=44),
        Column("amount", "amount and currency"),
        Column("date", "date of the record", width=12),
        Column("transaction", "number of the transaction or notice"),
        Column("why", "why it was found, in words", width=44),
        Column("against", "what speaks against it", width=30),
        Column("listed", "was the maker listed on that date", width=30),
        Column("band", "strong, possible or weak", width=10),
        Column("origin", "file and place", width=30),
        Column("standing", "the decision that stands; stale: the evidence has changed since", width=30),
        Column("verdict", "confirm, reject, unsure or duplicate", True, _VERDICTS, 12),
        Column("reason", "a reason code that belongs to the verdict", True, _CODES, 22),
        Column("note", "in words, why; never empty; a duplicate names the other finding's id", True, (), 44),
        Column("decider", "a role: reviewer, second reviewer, legal desk; no name of a person", True, (), 16),
        Column("decided", "the day: 2026-11-22", True, (), 12),
    ),
)
"""Twenty columns and the three guards."""


@dataclass(frozen=True, slots=True)
class Report:
    """What came back. ``accepted``: decisions for the ledger. ``changed, unknown, invalid``: (place, finding id, what) of rows that were not taken.
    ``recorded``: rows whose decision the ledger holds already. ``untouched``: rows in which nobody wrote. Together they are all rows."""

    accepted: tuple[Event, ...] = ()
    changed: tuple[tuple[str, str, str], ...] = ()
    unknown: tuple[tuple[str, str, str], ...] = ()
    invalid: tuple[tuple[str, str, str], ...] = ()
    recorded: int = 0
    untouched: int = 0

    @property
    def total(self) -> int:
        """Rows that came back."""
        return len(self.accepted) + len(self.changed) + len(self.unknown) + len(self.invalid) + self.recorded + self.untouched

    @property
    def line(self) -> str:
        """The counts in one line."""
        return (
            f"{self.total} rows = {len(self.accepted)} accepted + {len(self.changed)} changed since export + {len(self.unknown)} unknown"
            f" + {len(self.invalid)} invalid + {self.recorded} recorded already + {self.untouched} untouched"
        )


@dataclass(slots=True)
class _Sorted:
    accepted: list[Event] = field(default_factory=list)
    changed: list[tuple[str, str, str]] = field(default_factory=list)
    unknown: list[tuple[str, str, str]] = field(default_factory=list)
    invalid: list[tuple[str, str, str]] = field(default_factory=list)
    recorded: int = 0
    untouched: int = 0
    seen: set[str] = field(default_factory=set)


def seen(decision: Decision | None) -> str:
    """How a row remembers the decision that stood when it went out."""
    return decision.hash[:16] if decision else ""


def bring_back(rows: Iterable[Back], standing: Mapping[str, str], decisions: Sequence[Decision], filename: str, now: str) -> Report:
    """Sort the rows of a filled sheet. ``standing``: finding id -> its evidence hash today; ``decisions``: the ledger; ``now``: ISO time.

    A row is accepted when a person wrote a whole decision in it, nobody touched its guards, its finding is still there on the same evidence, and the
    decision that stood when it went out still stands.
    """
    latest, known = newest(decisions), {_content(d) for d in decisions}
    out = _Sorted()
    for row in rows:
        _sort(row, standing, latest, known, filename, now, out)
    return Report(tuple(out.accepted), tuple(out.changed), tuple(out.unknown), tuple(out.invalid), out.recorded, out.untouched)


def _sort(row: Back, standing: Mapping[str, str], latest: Mapping[str, Decision], known: set[tuple[str, ...]], filename: str, now: str, out: _Sorted) -> None:
    cells = {name: str(row.cells.get(name) or "").strip() for name in ("finding_id", *QUEUE.open, "evidence_hash", "seen", "check")}
    key = cells["finding_id"]
    if not row.fault and not any(cells[name] for name in QUEUE.open):
        out.untouched += 1
        return
    decision = {**{name: cells[name] for name in ("finding_id", "note", "decider", "decided", "evidence_hash")}, **{n: cells[n].lower() for n in ("verdict", "reason")}}
    if fault := row.fault or _tampered(cells) or _told(decision, now):
        out.invalid.append((row.place, key, fault))
    elif key not in standing:
        out.unknown.append((row.place, key, "no such finding today: it is gone, or the sheet is of another case"))
    elif _content(decision) in known:
        out.recorded += 1
    elif key in out.seen:
        out.invalid.append((row.place, key, "stands twice in this file, and both times with a decision"))
    elif what := _changed(cells, standing[key], latest.get(key)):
        out.changed.append((row.place, key, what))
    else:
        out.seen.add(key)
        out.accepted.append(Event(**decision, source=f"{filename}, {row.place}"))


def _told(decision: Mapping[str, str], now: str) -> str:
    """What is wrong with what a person wrote; empty: nothing."""
    if wrong := problem(decision):
        return f"{wrong[0]}: {wrong[1]}"
    return f"decided: {decision['decided']} lies after today ({now[:10]})" if now and decision["decided"][:10] > now[:10] else ""


def _tampered(cells: Mapping[str, str]) -> str:
    fits = check(cells["finding_id"], cells["evidence_hash"], cells["seen"]) == cells["check"]
    return "" if fits else "the id, evidence_hash, seen or check was changed, perhaps by the spreadsheet itself; export again and copy your decision over"


def _changed(cells: Mapping[str, str], evidence_hash: str, standing: Decision | None) -> str:
    if cells["evidence_hash"] != evidence_hash:
        return "the evidence has changed since the export: look at the finding again"
    if cells["seen"] == seen(standing):
        return ""
    if standing is None:
        return "the decision that stood at the export was taken back since"
    return f"decided since the export: {standing.verdict} ({standing.reason}) by the {standing.decider} on {standing.decided[:10]}"


def _content(decision: Mapping[str, Any] | Decision) -> tuple[str, ...]:
    names = ("finding_id", "verdict", "reason", "note", "decider", "decided")
    return tuple(str(decision[name] if isinstance(decision, Mapping) else getattr(decision, name)) for name in names)
