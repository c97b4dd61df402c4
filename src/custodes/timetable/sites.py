"""Sites from a table: one row per place.

Columns: ``site_id`` and ``devices`` are needed; ``body, unknown_make, unit_cost, deadline, region, window_from, window_to, depends_on`` may be left
out. ``depends_on`` is a JSON array or ids separated by `` ; ``. A column that looks like one of these but is misspelt is refused, because a
deadline that nobody reads is worse than none; other columns are left alone and named in :func:`unused`.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, BinaryIO

from custodes.errors import BrokenInputError, InputError
from custodes.timetable.months import first_day, last_day
from custodes.timetable.tables import table
from custodes.values.plan import Site

COLUMNS = ("site_id", "body", "devices", "unknown_make", "unit_cost", "deadline", "region", "window_from", "window_to", "depends_on")
KNOWN = (
    "record_key", "address", "area", "sensitivity", "contract_end", "currency", "maker_id", "origin_sha256", "origin_file", "origin_at",
)  # fmt: skip
"""Columns of a SITE record that the planner knows and does not use."""
MOST_DEVICES = 10_000_000
_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+")

Reject = Mapping[str, str]
"""``origin_file`` (empty from plain mappings), ``origin_at``, ``column``, ``reason``."""


class _Bad(ValueError):
    def __init__(self, column: str, reason: str) -> None:
        self.column, self.reason = column, reason
        super().__init__(reason)


def read_sites(stream: BinaryIO, filename: str) -> tuple[list[Site], list[Reject]]:
    """(sites, rejects) of a table: CSV, JSON lines, Parquet or the first sheet of an XLSX workbook, told apart by their bytes.

    Raises InputError for a misspelt column, BrokenInputError for a missing one or for what is no table, LimitError for what is too large.
    """
    names, rows = table(stream, filename)
    if names is not None:
        names = [n.strip().lower().replace(" ", "_") for n in names]
        _header(names, filename)
        rows = (row if "reason" in row else {"origin_at": row["origin_at"], **dict(zip(names, row["cells"], strict=True))} for row in rows)
    found = list(rows)
    sites, rejects = sites_of(row for row in found if "reason" not in row)
    refused = [{k: str(row[k]) for k in ("origin_at", "column", "reason")} for row in found if "reason" in row]
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


def _header(names: list[str], filename: str) -> None:
    _spelling(dict.fromkeys(names), filename)
    missing = [c for c in ("site_id", "devices") if c not in names]
    filled = [n for n in names if n]
    if missing or len(set(filled)) < len(filled):
        what = f"lacks the column {', '.join(missing)}" if missing else "has a column twice"
        raise BrokenInputError(what, where=filename, advice=f"the columns are {', '.join(COLUMNS)}")


def _line(at: str) -> int:
    return int(at.rsplit(" ", 1)[-1]) if at.rsplit(" ", 1)[-1].isdigit() else 0
