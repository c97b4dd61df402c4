"""Decisions files brought back through the inbox: CSV or JSON lines, one decision per row.

Columns ``finding_id, verdict, reason, note, decider, decided`` are needed, ``evidence_hash`` is optional, any others are left alone (a person may
paste the finding's own columns beside). A row that has a finding but nothing decided yet is left out and counted, not refused.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, BinaryIO

from custodes.errors import BrokenInputError, LimitError
from custodes.values.decision import VERDICTS

NEEDED = ("finding_id", "verdict", "reason", "note", "decider", "decided")
REASONS: dict[str, dict[str, str]] = {
    "confirm": {
        "same-company": "the supplier is this company",
        "owned-by-listed": "the supplier is owned by this maker, and the ownership is cited",
        "named-in-record": "the record names this maker",
        "product-word-certain": "the record names a product that only this maker makes",
        "label-on-device": "the label or the register of the device says so",
        "body-says-so": "the body says so itself",
        "supplier-says-so": "the supplier says so itself",
        "surveillance-certain": "this is a purchase of surveillance equipment; its maker stays open",
        "page-says-so": "the page says what the finding says it says",
        "other-evidence": "further evidence, cited in the note",
    },
    "reject": {
        "different-company": "another organisation with a like name",
        "different-product": "the words mean another product or something else altogether",
        "not-equipment": "no equipment was bought (a service, a fee, a grant, a refund)",
        "not-surveillance": "equipment, but not for surveillance",
        "not-listed-then": "the maker was not on the list on that date",
        "wrong-link": "the link between the companies does not hold",
        "wrong-body": "the record belongs to another body",
        "broken-row": "the row was read wrongly or is damaged",
        "misread-page": "the page does not say this",
        "other-evidence": "further evidence, cited in the note",
    },
    "unsure": {
        "cannot-tell": "the record does not carry an answer",
        "needs-question": "the body or the supplier has to be asked",
        "needs-document": "a document has to be seen first",
        "conflicting-evidence": "pieces of evidence speak against each other",
    },
    "duplicate": {
        "same-as": "the same matter as another finding, whose id stands in the note or after the code",
        "same-transaction": "the same transaction was published twice; the other finding's id stands in the note",
        "reissued": "the file was issued again; the other finding's id stands in the note",
    },
}
"""Reason codes per verdict with their meaning."""

MOST_BYTES = 256 << 20
_ID = re.compile(r"[0-9a-f]{20}")
_HASH = re.compile(r"[0-9a-f]{64}")
_ROLE_WORDS = """reviewer researcher editor analyst journalist reporter officer lawyer solicitor counsel approver admin administrator auditor manager desk team
    clerk reader checker editorial expert engineer technician librarian volunteer secretary chair committee panel board office department unit staff
    head lead senior junior chief deputy assistant first second third external internal independent principal
    procurement security legal data protection information governance estates facilities council review research news fact facts
    investigations investigation compliance evidence and of the for"""
_ROLES = frozenset(_ROLE_WORDS.split())


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
        text = _text(head, cut=True)
    except (UnicodeError, ValueError):
        return False
    first = text.lstrip().split("\n", 1)[0]
    try:
        return set(NEEDED) <= set(_keys_of_json(first) if first.startswith("{") else _header(text))
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
        elif problem := _problem(row) or _future(row, now):
            rejects.append(_reject(filename, line, *problem))
        else:
            events.append(Event(**row, source=f"{filename}, line {line}"))
    return Reading(tuple(events), tuple(rejects), undecided)


def _problem(row: Mapping[str, str]) -> tuple[str, str] | None:
    """(column, what is wrong) of the first thing wrong with a row."""
    if not _ID.fullmatch(row["finding_id"]):
        return "finding_id", f"{row['finding_id']!r} is not a finding id (20 characters 0-9 a-f); a spreadsheet may have changed or cut it"
    if row["verdict"] not in VERDICTS:
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
    if not _is_role(row["decider"]):
        return "decider", "write a role (reviewer, second reviewer, legal desk), not the name or address of a person"
    if not _is_time(row["decided"]):
        return "decided", f"{row['decided']!r} is not an ISO date such as 2026-11-22; a spreadsheet may have changed it"
    if row["evidence_hash"] and not _HASH.fullmatch(row["evidence_hash"]):
        return "evidence_hash", "not an evidence hash (64 characters 0-9 a-f); leave it empty to take the one that stands now"
    return None


def _future(row: Mapping[str, str], now: str) -> tuple[str, str] | None:
    later = bool(now) and row["decided"][:10] > now[:10]
    return ("decided", f"{row['decided']} lies after today ({now[:10]})") if later else None


def _is_role(text: str) -> bool:
    """No address, and every word with a capital is a word for a role or a short acronym (CCTV, FOI)."""
    words = re.findall(r"[^\W\d_]+", text)
    capital = [w for w in words if w[0].isupper() and not (w.isupper() and len(w) <= 5)]
    return bool(words) and "@" not in text and len(text) <= 80 and all(w.lower() in _ROLES for w in capital)


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
        text = _text(data)
        header = _header(text)
    except (ValueError, csv.Error) as problem:
        raise BrokenInputError(f"is not a table of text ({problem})", where=filename, advice="save it as CSV with UTF-8") from problem
    if text.lstrip().startswith("{"):
        yield from _json_rows(text)
        return
    missing = [c for c in NEEDED if c not in header]
    if missing:
        raise BrokenInputError(f"lacks the columns {', '.join(missing)}", where=filename, advice=f"the header needs {', '.join(NEEDED)}")
    yield from _csv_rows(text)


def _csv_rows(text: str) -> Iterator[tuple[int, dict[str, str] | str]]:
    table = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    header = [c.strip().lower() for c in next(table)]
    line = table.line_num + 1
    while True:
        try:
            cells = next(table)
        except StopIteration:
            return
        except csv.Error as problem:
            yield line, f"cannot be read from here on ({problem})"
            return
        if any(c.strip() for c in cells):
            yield line, _row(dict(zip(header, cells, strict=False))) if len(cells) <= len(header) else "has more cells than the header has names"
        line = table.line_num + 1


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


def _header(text: str) -> list[str]:
    return [c.strip().lower() for c in next(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)), [])]


def _delimiter(text: str) -> str:
    first = text.split("\n", 1)[0]
    return max(",;\t", key=first.count)


def _keys_of_json(line: str) -> set[str]:
    fields = json.loads(line)
    return set(fields) if isinstance(fields, dict) else set()


def _text(data: bytes, cut: bool = False) -> str:
    """Decoded; ``cut``: the bytes may end inside a character."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16")
    if b"\0" in data:
        raise ValueError("binary")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        if cut and problem.reason == "unexpected end of data":
            return data[: problem.start].decode("utf-8-sig")
        return data.decode("cp1252")  # a spreadsheet on Windows


def _reject(filename: str, line: int, column: str, reason: str) -> Reject:
    return {"origin_file": filename, "origin_at": f"line {line}", "column": column, "reason": reason}
