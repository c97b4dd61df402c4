"""Promises of removal and what was said about them later: one row per dated promise, report or withdrawal. CSV, JSON lines, or the first sheet of a workbook.

    statement_id,statement_kind,document,date,speaker,answers,scope,measure,share,by,refers_to,words,citation,grade,publish
    all-by-2025,promise,ws-2024-04-29,2024-04-29,Cabinet Office,Cabinet Office,sensitive sites,sites done,1,2025-04,,all replaced by April 2025,...

Each row gives one STATEMENT (``promise``, ``promise report``, ``promise restated``, ``promise withdrawn``) whose ``details`` hold scope, measure, share and
day. ``gives``, ``partly`` and ``withholds`` name fields of the familiar form that the document gives, gives in part, or keeps back
(``data/timetable_fields.csv``). See ``docs/readers/promises.md``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib import resources
from typing import Any, BinaryIO

import orjson
import pyarrow as pa

from custodes.records.list_names import named_person
from custodes.records.rowstream import Account
from custodes.records.table_kinds import PUBLISH, day, one_of, several
from custodes.records.table_rows import names_of, table_rows
from custodes.values import GRADES, Origin, key_of

NAME = "promises"
KINDS: tuple[str, ...] = ("STATEMENT",)

KINDS_SAID = ("promise", "promise report", "promise restated", "promise withdrawn")
HOUSES = ("commons", "lords", "council", "")
_NEEDED = ("statement_id", "statement_kind", "date", "speaker", "measure", "words", "citation", "grade", "publish")
_DETAILS = ("document", "answers", "house", "scope", "measure", "share", "number", "of", "by", "approx", "refers_to", "title")
_LISTS = ("gives", "partly", "withholds")
_USES = {
    **{name: name for name in ("statement_id", "statement_kind", "date", "speaker", "words", "citation", "url", "grade", "publish")},
    **{name: f"details.{name}" for name in (*_DETAILS, *_LISTS)}, "note": "ignored: a note", "checked_on": "ignored: for the table's editors",
}  # fmt: skip


@cache
def form_fields() -> tuple[str, ...]:
    """Ids of the familiar form's fields."""
    text = resources.files("custodes").joinpath("data", "timetable_fields.csv").read_text(encoding="utf-8")
    return tuple(row["field"] for row in csv.DictReader(io.StringIO(text, newline="")))


def _share(value: str) -> str:
    try:
        share = Decimal(value)
    except InvalidOperation:
        share = Decimal(-1)
    return "" if share.is_finite() and 0 <= share <= 1 else f"{value!r} is not a share between 0 and 1 (0.7 for 70 percent)"


def _number(value: str) -> str:
    return "" if value.isascii() and value.isdigit() and len(value) < 13 else f"{value!r} is not a whole number"


_CHECKS = {
    "statement_kind": one_of(*KINDS_SAID), "date": day, "by": day, "share": _share, "number": _number, "approx": one_of("yes", "no"), "house": one_of(*HOUSES),
    "grade": one_of(*GRADES), "publish": one_of(*PUBLISH),
}  # fmt: skip


def sniff(head: bytes, filename: str) -> bool:
    """A table with ``statement_id``, ``measure`` and ``by``."""
    return {"statement_id", "measure", "by"} <= set(names_of(head))


def companions(filename: str) -> tuple[str, ...]:
    """None: a table of promises stands alone."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """STATEMENT per row, then REJECT, LEFT_OUT and COLUMN. Rows whose speaker is a natural person are left out: an office speaks."""
    account, seen = Account(origin), set[str]()
    for row in table_rows(streams[0], origin.path):
        cells = {name: _text(value) for name, value in row.cells.items()}
        account.saw(cells)
        if row.fault:
            account.reject(row.place, "", row.fault)
        elif not any(cells.values()):
            account.blank()
        elif fault := _fault(cells, seen):
            account.reject(row.place, *fault)
        elif named_person(cells["speaker"]):
            account.leave_out("natural person")
        else:
            seen.add(cells["statement_id"])
            account.add("STATEMENT", row.place, _statement(cells))
        yield from account.full()
    yield from account.rest(_USES)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return orjson.dumps(value).decode()
    return "" if value is None else str(value).strip()


def _fault(cells: Mapping[str, str], seen: set[str]) -> tuple[str, str] | None:
    for column in _NEEDED:
        if not cells.get(column):
            return column, "empty, but it is needed"
    for column, check in _CHECKS.items():
        if cells.get(column) and (reason := check(cells[column])):
            return column, reason
    for column in _LISTS:
        if unknown := [name for name in several(cells.get(column, "")) if name not in form_fields()]:
            return column, f"{', '.join(unknown)}: no field of the form; the fields are {', '.join(form_fields())}"
    if cells["statement_kind"] == "promise" and not cells.get("by"):
        return "by", "a promise needs the day by which it is to be kept"
    if cells["statement_kind"] != "promise" and not cells.get("refers_to"):
        return "refers_to", "empty, but a report, a restatement or a withdrawal needs the promise it speaks of"
    if cells["statement_kind"] == "promise report" and not (cells.get("share") or cells.get("number")):
        return "share", "a report needs what was reached: a share or a number"
    return ("statement_id", "a second row of that id") if cells["statement_id"] in seen else None


def _statement(cells: Mapping[str, str]) -> dict[str, Any]:
    details: dict[str, Any] = {name: cells[name] for name in _DETAILS if cells.get(name)}
    details |= {name: several(cells[name]) for name in _LISTS if cells.get(name)}
    return {
        "record_key": key_of("STATEMENT", cells["statement_id"]),
        "date_precision": {4: "year", 7: "month"}.get(len(cells["date"]), "day"), "about": "",
        **{name: cells.get(name, "") for name in ("statement_id", "statement_kind", "date", "speaker", "words", "citation", "url", "grade", "publish")},
        "details": orjson.dumps(details, option=orjson.OPT_SORT_KEYS).decode(),
    }  # fmt: skip
