"""Decisions files brought back through the inbox: CSV or JSON lines, one decision per row.

Columns ``finding_id, verdict, reason, note, decider, decided`` are needed, ``evidence_hash`` is optional, any others are left alone (a person may
paste the finding's own columns beside). A row that has a finding but nothing decided yet is left out and counted, not refused.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, BinaryIO

from custodes.errors import BrokenInputError, LimitError
from custodes.review.text_tables import csv_rows, decoded, header
from custodes.review.words import REASONS, is_role
from custodes.values.decision import UNDO, VERDICTS

NEEDED = ("finding_id", "verdict", "reason", "note", "decider", "decided")
MOST_BYTES = 256 << 20
_ID = re.compile(r"[0-9a-f]{20}")
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Event:
    """A decision as a file states it, before the ledger numbers and chains it; ``evidence_hash`` is empty when the file does not give it."""

    finding_id: str
    verdict: str
    reason: str
    note: str
    decider: str
    decided: str
    evidence_hash: str
    source: str


Reject = Mapping[str, str]
"""``origin_file``, ``origin_at`` (``line 17``), ``column``, ``reason``."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a decisions file held: events, rows refused, and how many rows are not decided yet."""

    events: tuple[Event, ...]
    rejects: tuple[Reject, ...]
    undecided: int


def sniff(head: bytes, filename: str) -> bool:
    """Is this a decisions file? Strict: the header or the first line's object must have all needed columns. Never raises."""
    try:
        text = decoded(head, cut=True)
    except (UnicodeError, ValueError):
        return False
    first = text.lstrip().split("\n", 1)[0]
    try:
        return set(NEEDED) <= set(_keys_of_json(first) if first.startswith("{") else header(text))
    except (csv.Error, ValueError, RecursionError):
        return False


def read_decisions(stream: BinaryIO, filename: str) -> tuple[list[Event], list[Reject]]:
    """(events, rejects) of a decisions file, in the file's order; see :func:`read_file`."""
    reading = read_file(stream, filename)
    return list(reading.events), list(reading.rejects)


def read_file(stream: BinaryIO, filename: str, now: str = "") -> Reading:
    """Read a decisions file. Raises BrokenInputError when it has no usable header, LimitError beyond 256 MiB; a bad row is only rejected.

    With ``now`` (ISO time) a decision of a later day is rejected: it would count as the newest until that day.
    """
    data = stream.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise LimitError(f"holds more than {MOST_BYTES} bytes", where=filename, advice="split the file into parts")
    events: list[Event] = []
    rejects: list[Reject] = []
    undecided = 0
    for line, row in _rows(data, filename):
        if isinstance(row, str):
            rejects.append(_reject(filename, line, "", row))
        elif not any(row[c] for c in ("verdict", "reason", "note", "decider", "decided")):
            undecided += 1
        elif wrong := problem(row) or _future(row, now):
            rejects.append(_reject(filename, line, *wrong))
        else:
            events.append(Event(**row, source=f"{filename}, line {line}"))
    return Reading(tuple(events), tuple(rejects), undecided)


def problem(row: Mapping[str, str]) -> tuple[str, str] | None:
    """(column, what is wrong) of the first thing wrong with a decision (NEEDED and ``evidence_hash`` as text), or None."""
    if not _ID.fullmatch(row["finding_id"]):
        return "finding_id", f"{row['finding_id']!r} is not a finding id (20 characters 0-9 a-f); a spreadsheet may have changed or cut it"
    if row["verdict"] not in (*VERDICTS, UNDO):
        return "verdict", f"{row['verdict']!r} is not one of {', '.join(VERDICTS)}"
    return _reason_problem(row) or _rest_problem(row)


def _reason_problem(row: Mapping[str, str]) -> tuple[str, str] | None:
    code, _, other = row["reason"].partition(" ")
    allowed = REASONS[row["verdict"]]
    if code not in allowed or (other and row["verdict"] != "duplicate"):
        return "reason", f"{row['reason']!r} is not a reason to {row['verdict']}; use one of {', '.join(allowed)}"
    if not row["note"]:
        return "note", "a decision needs a note that says in words why"
    if row["verdict"] == "duplicate":
        named = set(_ID.findall(f"{other} {row['note']}"))
        if not named or named == {row["finding_id"]}:
            return "note", "a duplicate names the id of the other finding in its note"
    return None


def _rest_problem(row: Mapping[str, str]) -> tuple[str, str] | None:
    if not row["decider"]:
        return "decider", "a decision needs a decider: a role, such as reviewer"
    if not is_role(row["decider"]):
        return "decider", "write a role (reviewer, second reviewer, legal desk), not the name or address of a person"
    if not _is_time(row["decided"]):
        return "decided", f"{row['decided']!r} is not an ISO date such as 2026-11-22; a spreadsheet may have changed it"
    if row["evidence_hash"] and not _HASH.fullmatch(row["evidence_hash"]):
        return "evidence_hash", "not an evidence hash (64 characters 0-9 a-f); leave it empty to take the one that stands now"
    return None


def _future(row: Mapping[str, str], now: str) -> tuple[str, str] | None:
    later = bool(now) and row["decided"][:10] > now[:10]
    return ("decided", f"{row['decided']} lies after today ({now[:10]})") if later else None


def _is_time(text: str) -> bool:
    try:
        if len(text) == 10:
            date.fromisoformat(text)
        else:
            datetime.fromisoformat(text)
    except ValueError:
        return False
    return bool(re.match(r"\d{4}-\d\d-\d\d(T|$)", text))


def _rows(data: bytes, filename: str) -> Iterator[tuple[int, dict[str, str] | str]]:
    """(line, row or what is wrong with it); a row has the needed columns and ``evidence_hash``, trimmed."""
    try:
        text = decoded(data)
        names = header(text)
    except (ValueError, csv.Error) as problem:
        raise BrokenInputError(f"is not a table of text ({problem})", where=filename, advice="save it as CSV with UTF-8") from problem
    if text.lstrip().startswith("{"):
        yield from _json_rows(text)
        return
    missing = [c for c in NEEDED if c not in names]
    if missing:
        raise BrokenInputError(f"lacks the columns {', '.join(missing)}", where=filename, advice=f"the header needs {', '.join(NEEDED)}")
    yield from ((line, row if isinstance(row, str) else _row(row)) for line, row in csv_rows(text))


def _json_rows(text: str) -> Iterator[tuple[int, dict[str, str] | str]]:
    for line, source in enumerate(text.split("\n"), 1):
        if not source.strip():
            continue
        try:
            fields = json.loads(source)
        except (ValueError, RecursionError) as problem:
            yield line, f"is not JSON ({problem})"
            continue
        wrong = [k for k in (*NEEDED, "evidence_hash") if isinstance(fields, dict) and not isinstance(fields.get(k) or "", str)]
        if not isinstance(fields, dict) or wrong:
            yield line, f"{', '.join(wrong)} must be text" if wrong else "is not a JSON object"
        else:
            yield line, _row(fields)


def _row(fields: Mapping[str, Any]) -> dict[str, str]:
    row = {c: str(fields.get(c) or "").strip() for c in (*NEEDED, "evidence_hash")}
    return {**row, "verdict": row["verdict"].lower(), "reason": row["reason"].lower()}


def _keys_of_json(line: str) -> set[str]:
    fields = json.loads(line)
    return set(fields) if isinstance(fields, dict) else set()


def _reject(filename: str, line: int, column: str, reason: str) -> Reject:
    return {"origin_file": filename, "origin_at": f"line {line}", "column": column, "reason": reason}
