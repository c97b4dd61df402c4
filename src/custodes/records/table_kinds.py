"""The tables of custodes' own shape: their columns, what may stand in them, and the record each row gives.

Columns and the meaning of their values are explained in ``docs/tables.md``. Several values in a cell are separated by `` ; ``. Empty means unknown.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

from custodes.records.list_effects import effects
from custodes.records.list_names import script_of
from custodes.values import GRADES, key_of

Cells = Mapping[str, str]
Check = Callable[[str], str]
"""Says what is wrong with a cell that is not empty; '' when nothing is."""

PUBLISH = ("yes", "review", "lead-only", "no")
STATEMENT_KINDS = (
    "claim", "denial", "reply", "correction", "withdrawal", "promise", "reported use", "discovery", "gone", "listing", "policy", "not adopted",
)  # fmt: skip
LEGAL_EFFECTS = (
    "export control", "procurement bar", "equipment authorisation", "investment ban", "contracting bar", "asset freeze", "prohibited technology", "import bar",
    "nonproliferation measures", "debt and equity limits", "banking limits", "varies by entry",
)  # fmt: skip
"""What a listing may do in law. "Sanctioned" is not among them: it would say too much of some lists and too little of others."""

_EDITORS = {"checked_on": "ignored: for the table's editors"}


def one_of(*words: str) -> Check:
    """A check: one of these words."""
    return lambda value: "" if value in words else f"{value!r} is not one of: {', '.join(words)}"


def _any_case(*words: str) -> Check:
    return lambda value: one_of(*words)(value.lower())


def day(value: str) -> str:
    """A check: an ISO date, or the year or month of one."""
    if not re.fullmatch(r"\d{4}(-\d\d){0,2}", value):
        return f"{value!r} is not an ISO date (2024, 2024-05 or 2024-05-17)"
    try:
        datetime.date.fromisoformat((value + "-01-01")[:10])
    except ValueError:
        return f"{value!r} is no date of the calendar"
    return ""


def count(value: str) -> str:
    """A check: a whole number, not negative."""
    return "" if re.fullmatch(r"[0-9]{1,9}", value) else f"{value!r} is not a whole number"


def money(value: str) -> str:
    """A check: an amount without currency sign or thousands marks, not negative."""
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return f"{value!r} is not an amount (1234.50)"
    return "" if amount.is_finite() and 0 <= amount < Decimal(10) ** 18 else f"{value!r} is not an amount of money"


def several(cell: str) -> list[str]:
    """The values of a cell: a JSON array, or parts between `` ; ``."""
    if cell.startswith("["):
        try:
            return [str(value) for value in orjson.loads(cell)]
        except (orjson.JSONDecodeError, TypeError):
            pass
    return [part.strip() for part in re.split(r"\s;\s", cell) if part.strip()]


@dataclass(frozen=True, slots=True)
class Table:
    """One kind of table. ``header``: columns by which it is known; ``needed``: columns that must be filled; ``whole``: what must hold across cells.

    ``person``: the column that may name a natural person, whose rows are left out.
    """

    kind: str
    header: frozenset[str]
    needed: tuple[str, ...]
    uses: Mapping[str, str]
    checks: Mapping[str, Check]
    row: Callable[[Cells], dict[str, Any]]
    key: Callable[[Cells], tuple[str, ...]]
    whole: Callable[[Cells], tuple[str, str]] = lambda cells: ("", "")
    person: str = ""


def _plain(*names: str) -> dict[str, str]:
    return {name: name for name in names}


def _same(*names: str) -> Callable[[Cells], dict[str, Any]]:
    return lambda cells: {name: cells.get(name, "") for name in names}


def _cells(*names: str) -> Callable[[Cells], tuple[str, ...]]:
    return lambda cells: tuple(cells.get(name, "") for name in names)


# ---- makers and names -> PARTY -----------------------------------------------------------------------------------------------------------------


def _maker(cells: Cells) -> dict[str, Any]:
    name = cells["name"]
    return {
        "party_id": cells["maker_id"], "maker_id": cells["maker_id"], "name": name,
        "names": [{"name": name, "kind": "legal", "script": script_of(name)}],
        "country": cells.get("country", "").upper(), "identifiers": several(cells.get("identifiers", "")),
        "topics": [f"equipment: {cells['equipment']}"], "source": "makers",
    }  # fmt: skip


def _name(cells: Cells) -> dict[str, Any]:
    name = cells["name"]
    one = {"name": name, "kind": cells["kind"], "script": cells.get("script") or script_of(name), "alone": cells["alone"]}
    return {"party_id": cells["maker_id"], "maker_id": cells["maker_id"], "name": name, "names": [one], "source": "names"}


# ---- listings ----------------------------------------------------------------------------------------------------------------------------------

_LISTING = (
    "maker_id", "list", "listed_name", "ground", "ground_citation", "designated", "effective", "published", "first_seen", "ended", "citation", "note",
)  # fmt: skip


def _listing(cells: Cells) -> dict[str, Any]:
    """A listing that does not count for the maker keeps its place but names no maker, and its note says so first."""
    row = _same(*_LISTING)(cells)
    row |= {"party_id": cells["maker_id"], "ground": cells.get("ground") or "unknown"}
    row["legal_effect"] = cells.get("legal_effect") or effects().get(cells["list"], "")
    if cells.get("counts") == "no":
        row |= {"party_id": "", "maker_id": "", "note": f"Does not count as a listing of {cells['maker_id']}. {row['note']}".strip()}
    return row


def _listing_whole(cells: Cells) -> tuple[str, str]:
    if cells["list"] not in effects() and not cells.get("legal_effect"):
        return "list", f"{cells['list']!r} is not in our table of lists: say what it does in law in a column legal_effect"
    if cells.get("ground", "") not in ("", "unknown") and not cells.get("ground_citation"):
        return "ground_citation", "a ground needs a citation; without one it is unknown"
    return _in_order(cells, *(("effective" if cells.get("effective") else "published" if cells.get("published") else "designated"), "ended"))


def _in_order(cells: Cells, start: str, end: str) -> tuple[str, str]:
    first, last = cells.get(start, ""), cells.get(end, "")
    size = min(len(first), len(last))
    return (end, f"ends ({last}) before it begins ({first})") if size and last[:size] < first[:size] else ("", "")


# ---- links -------------------------------------------------------------------------------------------------------------------------------------

_LINK = ("subject", "object", "relation", "region", "valid_from", "valid_to", "confidence", "publish", "citation", "note")


def _link_whole(cells: Cells) -> tuple[str, str]:
    if cells["confidence"] == "low" and cells["publish"] in ("yes", "review"):
        return "publish", "a link of low confidence may only be lead-only or no"
    if "|" in cells["object"] and cells["publish"] in ("yes", "review"):
        return "publish", "a link whose maker is not certain (a|b) may only be lead-only or no"
    return _in_order(cells, "valid_from", "valid_to")


# ---- bodies, statements, sites -----------------------------------------------------------------------------------------------------------------

_BODY = ("body", "code", "body_kind", "valid_from", "valid_to", "predecessor", "successor", "information_law", "request_address", "citation")
_STATEMENT = ("statement_id", "date", "date_precision", "speaker", "about", "statement_kind", "words", "citation", "url", "grade", "publish")
_SITE = (  # the contract of `custodes plan`, and what else a plan may know
    "site_id", "body", "address", "area", "sensitivity", "contract_end", "currency", "deadline", "region", "window_from", "window_to", "maker_id",
    "makers", "band", "controller", "network_state", "consent_from", "works_until", "visit", "removed_on", "isolated_on", "waived_until",
)  # fmt: skip
_SITE_WORDS = ("controller", "network_state", "band")
_SITE_DAYS = ("deadline", "contract_end", "window_from", "window_to", "consent_from", "works_until", "removed_on", "isolated_on", "waived_until")


def _body(cells: Cells) -> dict[str, Any]:
    names = several(cells.get("names", ""))
    return _same(*_BODY)(cells) | {"names": names or [cells["body"]]}


def _site(cells: Cells) -> dict[str, Any]:
    row = _same(*_SITE)(cells)
    row["sensitivity"] = cells.get("site_class") or row["sensitivity"]
    row["maker_id"] = row["maker_id"] or cells.get("maker", "")
    row |= {name: row[name].lower() for name in _SITE_WORDS}
    row |= {name: int(cells[name]) if cells.get(name) else None for name in ("devices", "unknown_make")}
    depends = cells.get("depends_on", "")
    parts = several(depends) if depends.startswith("[") else [part.strip() for part in depends.split(";") if part.strip()]
    costs = {name: Decimal(cells[name]) if cells.get(name) else None for name in ("unit_cost", "exit_cost")}
    return row | costs | {"depends_on": parts}


def _site_whole(cells: Cells) -> tuple[str, str]:
    return _in_order(cells, "window_from", "window_to")


def _statement_whole(cells: Cells) -> tuple[str, str]:
    return ("publish", "a lead may only be lead-only or no") if cells["grade"] == "lead-only" and cells["publish"] in ("yes", "review") else ("", "")


_DATES = dict.fromkeys(("designated", "effective", "published", "first_seen", "ended", "valid_from", "valid_to"), day)
_MAKER_USES = _plain("maker_id", "name", "country", "identifiers") | {"equipment": "topics"}
_NAME_USES = _plain("maker_id", "name") | {"kind": "names.kind", "script": "names.script", "alone": "names.alone"}
_NOTE = {"citation": "ignored: for the table's editors", "note": "ignored: for the table's editors"} | _EDITORS

TABLES: tuple[Table, ...] = (
    Table(
        "PARTY", frozenset({"maker_id", "name", "equipment"}), ("maker_id", "name", "equipment"), _MAKER_USES | _NOTE,
        {"equipment": one_of("surveillance", "other", "mixed"), "maker_id": lambda v: "" if re.fullmatch(r"[a-z0-9_]+", v) else "not a short lower-case word"},
        _maker, _cells("maker_id"), person="name",
    ),
    Table(
        "PARTY", frozenset({"maker_id", "name", "kind", "alone"}), ("maker_id", "name", "kind", "alone"), _NAME_USES | _NOTE,
        {"alone": one_of("yes", "context", "never")}, _name, _cells("maker_id", "name"), person="name",
    ),
    Table(
        "LISTING", frozenset({"maker_id", "list", "listed_name"}), ("maker_id", "list", "listed_name", "citation"),
        _plain(*_LISTING) | {"legal_effect": "legal_effect", "counts": "maker_id, note"} | _EDITORS,
        _DATES | {"ground": one_of("abuse of people", "national security", "both", "unknown"), "counts": one_of("yes", "no"),
                  "legal_effect": one_of(*LEGAL_EFFECTS)},
        _listing, _cells("maker_id", "list", "listed_name", "designated", "effective", "published"), _listing_whole,
    ),
    Table(
        "LINK", frozenset({"subject", "object", "relation", "publish"}), ("subject", "object", "relation", "confidence", "publish", "citation"),
        _plain(*_LINK) | {"scope": "ignored: for the watchlist", "alone": "ignored: for the watchlist"} | _EDITORS,
        _DATES | {"confidence": one_of("high", "medium", "low"), "publish": one_of(*PUBLISH), "scope": one_of("all", "part"),
                  "alone": one_of("yes", "context", "never")},
        _same(*_LINK), _cells("subject", "object", "relation", "valid_from"), _link_whole,
    ),
    Table(
        "BODY", frozenset({"body", "body_kind", "information_law"}), ("body", "body_kind"),
        _plain(*_BODY, "names") | {"folder_names": "ignored: for the case's folders"} | _EDITORS,
        _DATES, _body, _cells("body", "valid_from"), lambda cells: _in_order(cells, "valid_from", "valid_to"),
    ),
    Table(
        "STATEMENT", frozenset({"statement_id", "speaker", "statement_kind"}), ("statement_id", "speaker", "statement_kind", "words", "citation", "grade", "publish"),
        _plain(*_STATEMENT) | _EDITORS,
        {"date": day, "date_precision": one_of("day", "month", "year", "by"), "statement_kind": one_of(*STATEMENT_KINDS),
         "grade": one_of(*GRADES), "publish": one_of(*PUBLISH)},
        _same(*_STATEMENT), _cells("statement_id"), _statement_whole, person="speaker",
    ),
    Table(
        "SITE", frozenset({"site_id", "devices"}), ("site_id", "devices"),
        _plain(*_SITE, "devices", "unknown_make", "unit_cost", "exit_cost", "depends_on") | {"site_class": "sensitivity", "maker": "maker_id"} | _EDITORS,
        dict.fromkeys(_SITE_DAYS, day) | {"devices": count, "unknown_make": count, "unit_cost": money, "exit_cost": money}
        | {"controller": _any_case("own", "landlord"), "network_state": _any_case("connected", "isolated", "disconnected"), "band": _any_case("strong", "possible", "weak")},
        _site, _cells("site_id"), _site_whole,
    ),
)  # fmt: skip
"""The tables we know, each by its header."""


def table_of(columns: frozenset[str]) -> Table | None:
    """The table whose header these columns are; None when it is none of ours. A table with more known columns wins (names over makers)."""
    fitting = [table for table in TABLES if table.header <= columns]
    return max(fitting, key=lambda table: len(columns & table.uses.keys()), default=None)


def key(table: Table, cells: Cells) -> str:
    """The record key of a row."""
    return key_of(table.kind, *table.key(cells))
