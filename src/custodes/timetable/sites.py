"""Sites from a table: one row per place, as CSV, JSON lines or plain mappings.

Columns: ``site_id`` and ``devices`` are needed; ``body, unknown_make, unit_cost, deadline, region, window_from, window_to, depends_on`` may be left
out. ``depends_on`` is a JSON array or ids separated by `` ; ``. A column that looks like one of these but is misspelt is refused, because a
deadline that nobody reads is worse than none; other columns are left alone and named in :func:`unused`.
"""

from __future__ import annotations

import csv
import difflib
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, BinaryIO

from custodes.errors import BrokenInputError, InputError, LimitError
from custodes.timetable.months import first_day, last_day
from custodes.values.plan import Site

COLUMNS = ("site_id", "body", "devices", "unknown_make", "unit_cost", "deadline", "region", "window_from", "window_to", "depends_on")
KNOWN = (
    "record_key", "address", "area", "sensitivity", "contract_end", "currency", "maker_id", "origin_sha256", "origin_file", "origin_at",
)  # fmt: skip
"""Columns of a SITE record that the planner knows and does not use."""
MOST_BYTES = 512 << 20
MOST_DEVICES = 10_000_000
_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+")

Reject = Mapping[str, str]
"""``origin_file`` (empty from plain mappings), ``origin_at``, ``column``, ``reason``."""


class _Bad(ValueError):
    def __init__(self, column: str, reason: str) -> None:
        self.column, self.reason = column, reason
        super().__init__(reason)


def read_sites(stream: BinaryIO, filename: str) -> tuple[list[Site], list[Reject]]:
    """(sites, rejects) of a CSV or JSON-lines file. Raises InputError for a missing or misspelt column, BrokenInputError for what is no table."""
    data = stream.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise LimitError(f"holds more than {MOST_BYTES} bytes", where=filename, advice="split the file into parts")
    try:
        text = data.decode("utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    except UnicodeDecodeError as problem:
        raise BrokenInputError(f"is not UTF-8 ({problem})", where=filename, advice="save it as CSV with UTF-8") from problem
    rows = list(_json_rows(text, filename) if text.lstrip().startswith("{") else _csv_rows(text, filename))
    sites, rejects = sites_of(row for row in rows if "reason" not in row)
    refused = [{k: str(row[k]) for k in ("origin_at", "column", "reason")} for row in rows if "reason" in row]
    return sites, sorted(({**r, "origin_file": filename} for r in [*rejects, *refused]), key=lambda r: _line(r["origin_at"]))


def sites_of(rows: Iterable[Mapping[str, Any]]) -> tuple[list[Site], list[Reject]]:
    """(sites in the given order, rejects) of plain mappings. ``origin_at`` of a row names its place, else its number counts (``row 3``).

    Raises InputError, before anything is read, when a key is a misspelt column.
    """
    sites: list[Site] = []
    rejects: list[Reject] = []
    seen: dict[str, str] = {}
    checked: set[str] = set()
    for number, row in enumerate(rows, 1):
        at = str(row.get("origin_at") or f"row {number}")
        if row.keys() - checked:
            _spelling(row, at)
            checked |= row.keys()
        try:
            site = _site(row)
            if site.site_id in seen:
                raise _Bad("site_id", f"the site {site.site_id!r} stands already in {seen[site.site_id]}")
        except _Bad as problem:
            rejects.append({"origin_file": str(row.get("origin_file") or ""), "origin_at": at, "column": problem.column, "reason": problem.reason})
            continue
        seen[site.site_id] = at
        sites.append(site)
    return sites, rejects


def unused(names: Iterable[str]) -> tuple[str, ...]:
    """Column names that the planner neither uses nor knows: to be reported."""
    return tuple(n for n in names if n not in COLUMNS and n not in KNOWN)


def _site(row: Mapping[str, Any]) -> Site:
    site_id = _said(row, "site_id")
    if not site_id:
        raise _Bad("site_id", "a site needs an id")
    dates = {c: _date(row, c) for c in ("deadline", "window_from", "window_to")}
    if dates["window_from"] and dates["window_to"] and first_day(dates["window_from"]) > last_day(dates["window_to"]):
        raise _Bad("window_to", f"the window closes on {dates['window_to']}, before it opens on {dates['window_from']}")
    devices, unknown = _count(row, "devices"), _count(row, "unknown_make")
    if devices is None:
        raise _Bad("devices", "the number of devices is missing; write 0 when none is known")
    depends = tuple(i for i in _ids(row.get("depends_on")) if i)
    return Site(site_id, _said(row, "body"), devices, unknown or 0, _money(row, "unit_cost"), region=_said(row, "region"), depends_on=depends, **dates)


def _said(row: Mapping[str, Any], column: str) -> str:
    value = row.get(column)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise _Bad(column, f"{value!r} is not text")
    return str(value).strip()


def _number(row: Mapping[str, Any], column: str) -> Decimal | None:
    value = row.get(column)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        raise _Bad(column, f"{value!r} is not a number")
    text = str(value).strip()
    if text.startswith("-"):
        raise _Bad(column, f"{text} is less than nothing")
    if isinstance(value, str) and not _NUMBER.fullmatch(text):
        raise _Bad(column, f"{text!r} is not a number; write digits only, with a point for the fraction")
    try:
        number = Decimal(text.replace(",", ""))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise _Bad(column, f"{text!r} is not a number")
    return number


def _count(row: Mapping[str, Any], column: str) -> int | None:
    number = _number(row, column)
    if number is None:
        return None
    if number != int(number) or number > MOST_DEVICES:
        raise _Bad(column, f"{number} is not a whole number up to {MOST_DEVICES}")
    return int(number)


def _money(row: Mapping[str, Any], column: str) -> Decimal | None:
    number = _number(row, column)
    if number is not None and number >= 10**15:
        raise _Bad(column, f"{number} is too large for a cost per device")
    return number


def _date(row: Mapping[str, Any], column: str) -> str:
    text = _said(row, column)
    try:
        if text and not 1990 <= first_day(text).year <= 2110:
            raise ValueError(f"{text!r} is not between 1990 and 2110")
        return text
    except ValueError as problem:
        raise _Bad(column, str(problem)) from problem


def _ids(value: Any) -> list[str]:
    if isinstance(value, str) and value.strip().startswith("["):
        try:
            value = json.loads(value)
        except ValueError as problem:
            raise _Bad("depends_on", f"is not a JSON array ({problem})") from problem
    elif isinstance(value, str):
        value = value.split(";")
    if value is None:
        return []
    if not isinstance(value, (list, tuple)) or not all(isinstance(v, (str, int)) and not isinstance(v, bool) for v in value):
        raise _Bad("depends_on", "must be a list of site ids")
    return list(dict.fromkeys(str(v).strip() for v in value))


def _spelling(row: Mapping[str, Any], at: str) -> None:
    for name in unused(str(k) for k in row):
        near = difflib.get_close_matches(name.lower(), COLUMNS, n=1, cutoff=0.75)
        if near:
            raise InputError(f"the column {name!r} is not one of ours", where=at, advice=f"call it {near[0]!r} if you mean that, or rename it")


def _csv_rows(text: str, filename: str) -> Iterator[dict[str, Any]]:
    first = text.split("\n", 1)[0]
    table = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True)
    try:
        header = [c.strip().lower().replace(" ", "_") for c in next(table, [])]
        _spelling(dict.fromkeys(header), filename)
        missing = [c for c in ("site_id", "devices") if c not in header]
        if missing or len(set(header)) < len(header):
            what = f"lacks the column {', '.join(missing)}" if missing else "has a column twice"
            raise BrokenInputError(what, where=filename, advice=f"the columns are {', '.join(COLUMNS)}")
        line = table.line_num + 1
        for cells in table:
            if any(c.strip() for c in cells):
                yield _csv_row(header, cells, f"line {line}")
            line = table.line_num + 1
    except csv.Error as problem:
        raise BrokenInputError(f"is not CSV ({problem})", where=f"{filename}, line {table.line_num}", advice="save it again as CSV") from problem


def _csv_row(header: list[str], cells: list[str], at: str) -> dict[str, Any]:
    if len(cells) != len(header):
        return {"origin_at": at, "column": "", "reason": f"has {len(cells)} cells, the header has {len(header)}"}
    return {**dict(zip(header, cells, strict=True)), "origin_at": at}


def _json_rows(text: str, filename: str) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line, parse_float=Decimal)
        except (ValueError, RecursionError) as problem:
            yield {"origin_at": f"line {number}", "column": "", "reason": f"is not JSON ({problem})"}
            continue
        if isinstance(fields, dict):
            yield {**{k: v for k, v in fields.items() if k != "reason"}, "origin_at": f"line {number}"}
        else:
            yield {"origin_at": f"line {number}", "column": "", "reason": "is not a JSON object"}


def _line(at: str) -> int:
    return int(at.rsplit(" ", 1)[-1]) if at.rsplit(" ", 1)[-1].isdigit() else 0
