"""US lists that come without a download of rows, as JSON lines or tables that somebody parsed: Entity List, Military End-User List, NS-CMIC, 1260H, Covered List.

JSON lines: ``name, aliases, country, address, status, effective_date, federal_register, notes``. The lines do not say which list they are of: the file's
name does (``entity_list``, ``meu``, ``1260h``, ``cmic``, ``fcc``), else what the notes say. Three tables are read too: an Entity List as ``country, entity,
aliases, address, license_requirement, federal_register_citation``; the Covered List as the Commission's page prints it, ``covered_equipment_or_services,
date_of_inclusion_on_covered_list``; and the firms that section 889 names, ``paragraph, name, scope, source``.

The first rule that a citation names is the one that listed the party; its day is ``published``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, BinaryIO

import pyarrow as pa

from custodes.records.list_alias import alias_names, own_names
from custodes.records.list_entries import OFFICIAL, Entry, cited_date, country_code, iso, local_id, put
from custodes.records.list_names import listed_person
from custodes.records.list_us_csl_entry import is_address
from custodes.records.list_us_fcc_text import firms_of
from custodes.records.rowstream import Account, Row, header, rows
from custodes.values import Origin

NAME = "us_list_lines"
KINDS: tuple[str, ...] = ("PARTY", "LISTING")

_LINES = frozenset({"name", "aliases", "country", "federal_register", "notes"})
_ENTITIES = frozenset({"country", "entity", "aliases", "federal_register_citation"})
_COVERED = frozenset({"covered_equipment_or_services", "date_of_inclusion_on_covered_list"})
_S889 = frozenset({"paragraph", "name", "scope", "source"})
_BY_NAME = (
    (r"entity_?list|bis_el\b|[_-]el[_.-]", "US-BIS-EL"), (r"meu|military_?end", "US-BIS-MEU"), (r"1260h", "US-DOD-1260H"), (r"cmic", "US-OFAC-NS-CMIC"),
    (r"fcc|covered", "US-FCC-COVERED"),
)  # fmt: skip
_BY_NOTES = (
    (r"CMIC", "US-OFAC-NS-CMIC"), (r"1260H", "US-DOD-1260H"), (r"subject to the EAR|744\.11|744\.2\b", "US-BIS-EL"),
    (r"equipment|services provided|software", "US-FCC-COVERED"),
)  # fmt: skip
_USES = {
    "name": "name, listed_name", "aliases": "names", "country": "country", "address": "ignored: not needed to tell a party", "status": "note",
    "effective_date": "effective", "federal_register": "citation, published", "notes": "note, identifiers, designated",
    "entity": "name, listed_name", "license_requirement": "note", "federal_register_citation": "citation, published",
    "covered_equipment_or_services": "name, note", "date_of_inclusion_on_covered_list": "published, note",
    "paragraph": "citation", "scope": "note", "source": "citation",
}  # fmt: skip
_SCHEMES = {"USCC": "USCC", "ISIN": "ISIN", "Equity Ticker": "TICKER", "Ticker": "TICKER", "Stock code": "TICKER", "LEI": "LEI"}
FCC = "https://www.fcc.gov/supplychain/coveredlist"


def sniff(head: bytes, filename: str) -> bool:
    """Claims lines or a table with the members or columns named above."""
    names = frozenset(header(head))
    return names >= _LINES or names >= _ENTITIES or names in (_COVERED, _S889)


def companions(filename: str) -> tuple[str, ...]:
    """Each file is one list."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """PARTY and LISTING per entry that names an organisation."""
    account, seen = Account(origin), Counter[str]()
    code = code_of(origin.path)
    for row in rows(streams[0], origin.path):
        account.saw(row.cells)
        if row.fault:
            account.reject(row.place, "", row.fault)
        elif not row.cells:
            account.blank()
        else:
            _take(account, seen, row, code)
        yield from account.full()
    yield from account.rest(_USES)


def code_of(path: str) -> str:
    """The list that a file's name speaks of; '' when it speaks of none.

    >>> code_of("raw/bis_entity_list_2026-07_orgs.jsonl"), code_of("dod_1260h_2026-06.jsonl"), code_of("list.jsonl")
    ('US-BIS-EL', 'US-DOD-1260H', '')
    """
    name = PurePosixPath(path).name.lower()
    return next((code for word, code in _BY_NAME if re.search(word, name)), "")


def _take(account: Account, seen: Counter[str], row: Row, code: str) -> None:
    for header_, make in _MAKERS:
        if header_ <= row.cells.keys():
            entries, reason = make(row.cells, code)
            break
    else:
        return account.reject(row.place, "", "the row has not the members of this list")
    if reason.startswith("!"):
        return account.reject(row.place, "", reason[1:])
    if not entries:
        return account.leave_out(reason)
    for entry in entries:
        put(account, NAME, seen, row.place, entry)
    return None


Made = tuple[list[Entry], str]
"""The entries of a row, or why there are none; a reason that begins with ``!`` rejects the row."""


def _line(cells: Mapping[str, Any], code: str) -> Made:
    name, notes = _text(cells["name"]), _text(cells["notes"])
    code = code or next((found for word, found in _BY_NOTES if re.search(word, notes)), "")
    if not code or not name:
        return [], "!empty name" if code else "!which list is this? Neither the file's name nor the notes say it (entity_list, meu, 1260h, cmic, fcc)"
    if code == "US-FCC-COVERED" and not _names_a_firm(name, notes):
        return [], "a category of equipment, no firm"
    if reason := _why_not(name):
        return [], reason
    return [_entry(code, cells, name, notes)], ""


def _entry(code: str, cells: Mapping[str, Any], name: str, notes: str) -> Entry:
    cited, said = _text(cells["federal_register"]), _pairs(notes)
    fixed = {"US-FCC-COVERED": "published"}.get(code, "effective")
    days = {"effective": "", "published": cited_date(cited)} | ({fixed: iso(_text(cells.get("effective_date")))} if _text(cells.get("effective_date")) else {})
    return Entry(
        local_id(code, name, country_code(_text(cells["country"]))), code, _names(name, _list(cells["aliases"])), country=country_code(_text(cells["country"])),
        identifiers=tuple(f"{scheme}:{value}" for word, scheme in _SCHEMES.items() for value in said.get(word, ())),
        designated=iso(next(iter(said.get("Listing Date (CMIC)", ())), "")), effective=days["effective"], published=days["published"],
        citation=cited or (FCC if code == "US-FCC-COVERED" else ""), note=" ; ".join(filter(None, (_text(cells.get("status")), notes))), listed_name=name,
    )  # fmt: skip


def _table_entry(cells: Mapping[str, Any], code: str) -> Made:
    name, country = _text(cells["entity"]), country_code(_text(cells["country"]))
    if reason := "!empty name" if not name else _why_not(name):
        return [], reason
    cited = _text(cells["federal_register_citation"]).replace(" | ", " ")
    aliases = [part.strip() for part in _text(cells["aliases"]).split(" ; ")]
    return [Entry(
        local_id("US-BIS-EL", name, country), "US-BIS-EL", _names(name, aliases), country=country, published=cited_date(cited), citation=cited,
        note=_text(cells.get("license_requirement")), listed_name=name,
    )], ""  # fmt: skip


def covered(text: str, day: str) -> list[Entry]:
    """The entries of a row of the Covered List: one per firm that it names. ``day`` as the page prints it, later changes after it."""
    text, first = " ".join(text.split()), re.split(r"\s*(?:Updated|Revised|Amended)\b", day)[0]
    later = day[len(first) :].strip()
    note = f"{text} {later}".strip()
    return [
        Entry(local_id("US-FCC-COVERED", name, ""), "US-FCC-COVERED", ((name, OFFICIAL),), published=iso(first), citation=FCC, note=note) for name in firms_of(text)
    ]


def _covered(cells: Mapping[str, Any], code: str) -> Made:
    entries = covered(_text(cells["covered_equipment_or_services"]), _text(cells["date_of_inclusion_on_covered_list"]))
    return entries, "" if entries else "a category of equipment, no firm"


def _s889(cells: Mapping[str, Any], code: str) -> Made:
    name = _text(cells["name"])
    if not name or not _text(cells["paragraph"]).startswith("889"):
        return [], "!no firm, or no paragraph of section 889"
    cited = f"Pub. L. 115-232 s.{_text(cells['paragraph'])}, {_text(cells['source'])}".rstrip(", ")
    return [Entry(
        local_id("US-NDAA-889", name, ""), "US-NDAA-889", ((name, OFFICIAL),), designated="2018-08-13", effective="2019-08-13", citation=cited,
        note=_text(cells["scope"]), ground="national security", ground_citation="Pub. L. 115-232 s.889(f)(3)",
    )], ""  # fmt: skip


_MAKERS: tuple[tuple[frozenset[str], Callable[[Mapping[str, Any], str], Made]], ...] = (
    (_ENTITIES, _table_entry), (_COVERED, _covered), (_S889, _s889), (_LINES, _line),
)  # fmt: skip


def _why_not(name: str) -> str:
    if is_address(name):
        return "an address without a name"
    return "looks like a natural person (the list does not say)" if listed_person(name) else ""


def _names_a_firm(name: str, notes: str) -> bool:
    return not re.search(r"foreign[- ]produced|produced in a foreign|category listing", f"{name} {notes}", re.I) or bool(firms_of(notes))


def _names(name: str, aliases: Sequence[str]) -> tuple[tuple[str, str], ...]:
    return (*own_names(name), *(pair for alias in aliases for pair in alias_names(alias)))


def _pairs(notes: str) -> dict[str, list[str]]:
    """``key: value`` parts of notes, a place in brackets after the value left off."""
    found: dict[str, list[str]] = {}
    for part in notes.split("; "):
        key, mark, value = part.partition(": ")
        if mark:
            found.setdefault(key.strip(), []).append(re.sub(r"\s*\([^()]*\)\s*$", "", value).strip())
    return found


def _list(value: Any) -> list[str]:
    return [_text(one) for one in value] if isinstance(value, list) else [part for part in _text(value).split(" ; ") if part]


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()
