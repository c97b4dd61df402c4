"""Files that bring letters sent, notices sent, replies, waivers and corrections through the inbox: CSV, JSON lines, or the reply form. Pure.

Columns: ``event, date, by`` and those of the event (see :data:`KINDS`). Lists are JSON arrays, or ids separated by blanks, commas or semicolons.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from custodes.errors import BrokenInputError, LimitError
from custodes.review import reply_form
from custodes.review.exchange import Act
from custodes.review.notices import CLASSES, ROLES, token_fits
from custodes.review.text_tables import csv_rows, decoded, header
from custodes.review.words import is_role

KINDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "letter sent": (("letter_id", "body", "law", "finding_ids"), ("to", "url")),
    "reminder sent": (("letter_id",), ()),
    "review asked": (("letter_id",), ()),
    "letter withdrawn": (("letter_id", "reason"), ()),
    "notice sent": (("notice_id", "company", "deadline", "items"), ("edition", "channel")),
    "notice returned": (("notice_id", "reason"), ()),
    "deadline extended": (("notice_id", "deadline", "reason"), ()),
    "reply": (("notice_id", "words"), ("finding_ids", "token")),
    "waiver": (("reason",), ("finding_ids", "class", "company", "until")),
    "company named": (("finding_ids", "company", "role", "reason"), ()),
    "correction": (("was", "now", "reason"), ("finding_ids", "company")),
}
"""Event -> (fields it needs, fields it may have)."""
_FIELDS = frozenset(name for needed, extra in KINDS.values() for name in (*needed, *extra))
_LISTS = ("finding_ids", "items")
_DATES = ("deadline", "until")
MOST_BYTES = 64 << 20
LONGEST = 50_000
"""Characters in one field at most."""
_FINDING = re.compile(r"[0-9a-f]{20}")
_HASH = re.compile(r"[0-9a-f]{64}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_NUMBER = {"letter_id": re.compile(r"Q-[0-9a-f]{10}"), "notice_id": re.compile(r"N-[0-9a-f]{12}")}

Reject = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file held: events in its order, rows refused (``origin_file, origin_at, column, reason``), and how many rows have no date yet: a letter that
    was written but not sent is no event."""

    acts: tuple[Act, ...]
    rejects: tuple[Reject, ...]
    undone: int = 0


def sniff(head: bytes, filename: str) -> bool:
    """Is this a file of events, or a filled reply form? Never raises."""
    try:
        start = decoded(head[: 1 << 16], cut=True).lstrip("\ufeff \r\n\t")
    except ValueError:
        return False
    if reply_form.is_form(start):
        return True
    first = start.split("\n", 1)[0]
    try:
        names = set(json.loads(first)) if first.startswith("{") else set(header(first))
        event = json.loads(first).get("event") in KINDS if first.startswith("{") else True
    except (ValueError, RecursionError, csv.Error, AttributeError):
        return False
    return event and {"event", "date", "by"} <= names and bool(names & _FIELDS)


def read(data: bytes, filename: str, now: str, secret: bytes = b"", received: str = "") -> Reading:
    """Read a file of events. ``now``: ISO time; events of a later day are refused. ``secret``: checks the tokens of replies.
    ``received``: ISO time at which the file came in (else ``now``), the day of a reply on a form.

    A row that is wrong is refused with its place and reason. BrokenInputError when the file is no text, LimitError beyond 64 MiB.
    """
    if len(data) > MOST_BYTES:
        raise LimitError(f"holds more than {MOST_BYTES} bytes", where=filename, advice="split the file into parts")
    try:
        whole = decoded(data)
    except ValueError as problem:
        raise BrokenInputError(f"is not a table of text ({problem})", where=filename, advice="save it as CSV with UTF-8") from problem
    acts, rejects, undone = [], [], 0
    for place, row in _rows(whole, received or now):
        if not isinstance(row, str) and not str(row.get("date") or "").strip() and str(row.get("event") or "").casefold().endswith(" sent"):
            undone += 1
            continue
        act = row if isinstance(row, str) else _checked(row, now, secret)
        if isinstance(act, str):
            column, _, reason = act.partition("\t") if "\t" in act else ("", "", act)
            rejects.append({"origin_file": filename, "origin_at": place, "column": column, "reason": reason})
        else:
            acts.append(Act(act.kind, act.date, act.by, act.body, f"{filename}, {place}"))
    return Reading(tuple(acts), tuple(rejects), undone)


def lines(acts: Iterable[Act]) -> bytes:
    """Events as a JSON lines file for the inbox, which :func:`read` reads back."""
    rows = ({"event": act.kind, "date": act.date, "by": act.by, **act.body} for act in acts)
    return b"".join(json.dumps(row, ensure_ascii=False, sort_keys=True).encode("utf-8", "surrogatepass") + b"\n" for row in rows)


def _rows(text: str, received: str) -> Iterator[tuple[str, dict[str, Any] | str]]:
    start = text.lstrip("\ufeff \r\n\t")
    if reply_form.is_form(start):
        yield from ((place, row if isinstance(row, str) else {**row, "event": "reply", "date": received[:10], "by": ""}) for place, row in reply_form.read(text))
    elif start.startswith("{"):
        yield from _json_rows(text)
    else:
        yield from ((f"line {line}", row) for line, row in csv_rows(text))


def _json_rows(text: str) -> Iterator[tuple[str, dict[str, Any] | str]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as problem:
            yield f"line {number}", f"is not JSON ({problem})"
            continue
        yield f"line {number}", row if isinstance(row, dict) else "is not a JSON object"


def _checked(row: Mapping[str, Any], now: str, secret: bytes) -> Act | str:
    """The event of a row, or ``column<TAB>reason``."""
    kind = " ".join(str(row.get("event") or "").casefold().replace("_", " ").split())
    if kind not in KINDS:
        return f"event\t{kind[:40]!r} is not one of: {', '.join(KINDS)}"
    needed, extra = KINDS[kind]
    body: dict[str, Any] = {}
    for name in (*needed, *extra):
        value, fault = _value(name, row.get(name))
        if fault or (name in needed and not value):
            return f"{name}\t{fault or f'a row of the kind {kind!r} needs it'}"
        if value:
            body[name] = value
    if fault := _whole(kind, body):
        return fault
    day = str(row.get("date") or "").strip()
    if not _is_day(day[:10]) or day[:10] > now[:10]:
        return f"date\t{day[:40]!r} is not an ISO date up to today ({now[:10]})"
    by, fault = _by(kind, str(row.get("by") or "").strip(), body, secret)
    return fault or Act(kind, day, by, {name: value for name, value in body.items() if name != "token"})


def _by(kind: str, by: str, body: Mapping[str, Any], secret: bytes) -> tuple[str, str]:
    """Who says so: the company itself when the token of its notice fits, else a role of ours."""
    if kind == "reply" and body.get("token"):
        fits = token_fits(secret, body["notice_id"], body["token"])
        return "company", "" if fits else "token\tis not the token of this notice; copy it from the notice, or leave it out and write in `by` who entered the reply"
    if kind == "reply" and not by:
        return "", "token\tneither token nor role: copy the token from the notice, or write in `by` who entered the reply"
    if not is_role(by) or by == "company":
        return "", "by\twrite a role (reviewer, legal desk), not the name or address of a person"
    return by, ""


def _value(name: str, value: Any) -> tuple[Any, str]:
    """(value, what is wrong) of one field: texts are trimmed but for a company's words, lists are lists."""
    if name in _LISTS:
        return _list(name, value)
    if value is None:
        return "", ""
    if not isinstance(value, str):
        return "", "must be text"
    text = _CONTROL.sub("\ufffd", value.replace("\r\n", "\n").replace("\r", "\n"))
    text = text.strip("\n") if name == "words" else text.strip()
    if len(text) > LONGEST:
        return "", f"is longer than {LONGEST} characters"
    if name in _DATES and text and not _is_day(text):
        return "", f"{text[:40]!r} is not an ISO date such as 2026-11-22"
    if name in _NUMBER and text and not _NUMBER[name].fullmatch(text):
        return "", f"{text[:40]!r} is not a number as custodes gives it ({_NUMBER[name].pattern})"
    if name == "class" and text and text not in CLASSES:
        return "", f"{text[:40]!r} is not one of: {', '.join(CLASSES)}"
    if name == "role" and text not in ROLES:
        return "", f"{text[:40]!r} is not one of: {', '.join(ROLES)}"
    return text if text.strip() else "", ""


def _list(name: str, value: Any) -> tuple[Any, str]:
    if isinstance(value, str):
        text = value.strip()
        try:
            value = json.loads(text) if text.startswith("[") else [part for part in re.split(r"[\s,;]+", text) if part]
        except (ValueError, RecursionError):
            return [], "is not a JSON array"
    if value is None:
        return [], ""
    if not isinstance(value, list) or len(value) > 100_000:
        return [], "must be a list"
    if name == "items":
        good = all(isinstance(v, dict) and set(v) == {"finding_id", "evidence_hash", "wording_hash"} and all(isinstance(t, str) for t in v.values()) for v in value)
        good = good and all(_FINDING.fullmatch(v["finding_id"]) and _HASH.fullmatch(v["evidence_hash"]) and _HASH.fullmatch(v["wording_hash"]) for v in value)
        return value, "" if good else "must be the list that stands in the notice's own file"
    bad = next((v for v in value if not isinstance(v, str) or not _FINDING.fullmatch(v)), None)
    return value, "" if bad is None else f"{str(bad)[:40]!r} is not a finding id (20 characters 0-9 a-f)"


def _whole(kind: str, body: Mapping[str, Any]) -> str:
    """What must hold across fields."""
    if kind == "waiver" and not (body.get("finding_ids") or body.get("class")):
        return "finding_ids\ta waiver names findings, or a class of them"
    return ""


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return bool(re.fullmatch(r"\d{4}-\d\d-\d\d", text))
