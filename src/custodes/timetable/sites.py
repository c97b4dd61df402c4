"""Sites from a table: one row per place.

Columns: ``site_id`` and ``devices`` are needed; all other :data:`COLUMNS` may be left out. ``depends_on`` is a JSON array or ids separated by `` ; ``;
``makers`` is one maker id, ``hikvision=12 ; dahua=3``, or a JSON object. A column that looks like one of ours but is misspelt is refused, because a
deadline that nobody reads is worse than none; other columns are left alone and named in :func:`unused`.
"""

from __future__ import annotations

import difflib
import io
import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, BinaryIO

from custodes.errors import BrokenInputError, InputError
from custodes.timetable.months import first_day, last_day
from custodes.timetable.registers import MakerOf, is_register, register, rows_of
from custodes.timetable.tables import MOST_BYTES, table
from custodes.values.plan import Site

CONTRACT = ("site_id", "body", "devices", "unknown_make", "unit_cost", "deadline", "region", "window_from", "window_to", "depends_on")
DATES = ("deadline", "window_from", "window_to", "contract_end", "consent_from", "works_until", "removed_on", "isolated_on", "waived_until")
WORDS: Mapping[str, tuple[str, ...]] = {
    "controller": ("own", "landlord"), "network_state": ("connected", "isolated", "disconnected"), "band": ("strong", "possible", "weak"),
}  # fmt: skip
"""Columns that hold one of a few words."""
COLUMNS = (
    *CONTRACT, "site_class", *WORDS, "makers", "contract_end", "exit_cost", "consent_from", "works_until", "visit", "removed_on", "isolated_on", "waived_until",
)  # fmt: skip
SAME = {"sensitivity": "site_class", "maker_id": "makers", "maker": "makers"}
"""Other names of our columns."""
KNOWN = ("record_key", "address", "area", "currency", "origin_sha256", "origin_file", "origin_at", *SAME)
"""Columns of a SITE record that the planner knows and does not use, or reads under another name."""
MOST_DEVICES = 10_000_000
_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+")

Reject = Mapping[str, str]
"""``origin_file`` (empty from plain mappings), ``origin_at``, ``column``, ``reason``."""


class _Bad(ValueError):
    def __init__(self, column: str, reason: str) -> None:
        self.column, self.reason = column, reason
        super().__init__(reason)


def read_sites(stream: BinaryIO, filename: str, maker_of: MakerOf | None = None, notes: list[str] | None = None) -> tuple[list[Site], list[Reject]]:
    """(sites, rejects) of a table: CSV, JSON lines, Parquet or the first sheet of an XLSX workbook, told apart by their bytes; with ``maker_of`` also of a
    register of devices (NetBox, Snipe-IT), whose account is added to ``notes``.

    Raises InputError for a misspelt column, BrokenInputError for a missing one or for what is no table, LimitError for what is too large.
    """
    data = stream.read(MOST_BYTES + 1)
    if maker_of is not None and data[:64].lstrip(b"\xef\xbb\xbf \r\n\t")[:1] in (b"{", b"[") and (answer := rows_of(data.decode("utf-8-sig", "replace"))):
        return _registered(answer, maker_of, notes), []
    names, rows = table(io.BytesIO(data), filename)
    if names is not None:
        names = [_column(n) for n in names]
        if maker_of is not None and "site_id" not in names and is_register(names):
            found = [dict(zip(names, row["cells"], strict=True)) for row in rows if "reason" not in row]
            refused = [{k: str(row[k]) for k in ("origin_at", "column", "reason")} | {"origin_file": filename} for row in rows if "reason" in row]
            return _registered(found, maker_of, notes), list(refused)
        _header(names, filename)
        rows = (row if "reason" in row else {"origin_at": row["origin_at"], **dict(zip(names, row["cells"], strict=True))} for row in rows)
    found = list(rows)
    sites, rejects = sites_of(row for row in found if "reason" not in row)
    refused = [{k: str(row[k]) for k in ("origin_at", "column", "reason")} for row in found if "reason" in row]
    return sites, sorted(({**r, "origin_file": filename} for r in [*rejects, *refused]), key=lambda r: _line(r["origin_at"]))


def _registered(rows: Iterable[Mapping[str, Any]], maker_of: MakerOf, notes: list[str] | None) -> list[Site]:
    found = register(rows, maker_of)
    if notes is not None:
        notes += found.words()
    return list(found.sites)


def _column(name: str) -> str:
    return name.strip().lower().replace(" ", "_").rstrip(".")


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
    own = {k: v for k, v in row.items() if k not in SAME}
    # a column under another name counts where our own is empty: a record of a case has both
    row = {**own, **{SAME[k]: v for k, v in row.items() if k in SAME and v not in (None, "") and own.get(SAME[k]) in (None, "")}}
    site_id = _said(row, "site_id")
    if not site_id:
        raise _Bad("site_id", "a site needs an id")
    dates = {c: _date(row, c) for c in DATES}
    if dates["window_from"] and dates["window_to"] and first_day(dates["window_from"]) > last_day(dates["window_to"]):
        raise _Bad("window_to", f"the window closes on {dates['window_to']}, before it opens on {dates['window_from']}")
    devices, unknown = _count(row, "devices"), _count(row, "unknown_make")
    if devices is None:
        raise _Bad("devices", "the number of devices is missing; write 0 when none is known")
    texts = {c: _said(row, c) for c in ("body", "region", "site_class", "visit")} | {c: _word(row, c) for c in WORDS}
    return Site(
        site_id=site_id, devices=devices, unknown_make=unknown or 0, unit_cost=_money(row, "unit_cost"), exit_cost=_money(row, "exit_cost"),
        depends_on=tuple(i for i in _ids(row.get("depends_on")) if i), makers=_makers(row.get("makers"), devices),
        body=texts["body"], region=texts["region"], site_class=texts["site_class"], visit=texts["visit"],
        controller=texts["controller"], network_state=texts["network_state"], band=texts["band"],
        deadline=dates["deadline"], window_from=dates["window_from"], window_to=dates["window_to"], contract_end=dates["contract_end"],
        consent_from=dates["consent_from"], works_until=dates["works_until"], removed_on=dates["removed_on"], isolated_on=dates["isolated_on"],
        waived_until=dates["waived_until"],
    )  # fmt: skip


def _word(row: Mapping[str, Any], column: str) -> str:
    text = _said(row, column).lower()
    if text and text not in WORDS[column]:
        raise _Bad(column, f"{text!r} is not one of {', '.join(WORDS[column])}; leave it empty when it is not known")
    return text


def _makers(value: Any, devices: int) -> tuple[tuple[str, int], ...]:
    """Devices per maker, sorted; one maker without a number has them all."""
    if isinstance(value, str) and value.strip().startswith("{"):
        try:
            value = json.loads(value)
        except ValueError as problem:
            raise _Bad("makers", f"is not a JSON object ({problem})") from problem
    if isinstance(value, str):
        parts = [p.strip() for p in value.split(";") if p.strip()]
        if len(parts) == 1 and "=" not in parts[0]:
            return ((parts[0].lower(), devices),) if devices else ()
        value = dict([part.partition("=")[::2] for part in parts])
    if value is None:
        return ()
    if not isinstance(value, Mapping):
        raise _Bad("makers", "must be a maker, or numbers per maker: hikvision=12 ; dahua=3")
    found = {}
    for maker, number in value.items():
        count = _count({"makers": str(number).strip() or "?"}, "makers")
        found[str(maker).strip().lower()] = count or 0
    if sum(found.values()) > devices:
        raise _Bad("makers", f"the makers add up to {sum(found.values())}, the site has {devices} devices")
    return tuple(sorted((m, n) for m, n in found.items() if n))


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
        near = difflib.get_close_matches(name.lower(), CONTRACT, n=1, cutoff=0.75) or difflib.get_close_matches(name.lower(), COLUMNS, n=1, cutoff=0.85)
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
