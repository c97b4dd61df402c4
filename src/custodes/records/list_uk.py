"""The UK Sanctions List as CSV: a line ``Report Date: ...``, then 58 columns, one row per name (and per address) of a person, ship or entity.

Rows of one ``Unique ID`` are one entry: the row of the primary name makes its records, names of the others are added, and the other rows are counted as part of
it. ``Designation Type`` says Individual, Entity or Ship; only entities become records. What is imposed is in ``Sanctions Imposed``; where it does not name an
asset freeze, the effect is "varies by entry". Since 28 January 2026 this is the only UK list.

Source: https://www.gov.uk/government/publications/the-uk-sanctions-list
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import BinaryIO

import pyarrow as pa

from custodes.errors import BrokenInputError
from custodes.records.list_entries import ALIAS, NOT_ORGANISATION, OFFICIAL, PERSON, WEAK, Entry, country_code, put_listing, put_party, uk_iso
from custodes.records.rowstream import LINE_LIMIT, Account
from custodes.values import Origin

NAME = "uk_sanctions_list"
KINDS: tuple[str, ...] = ("PARTY", "LISTING")
CODE = "UK-FCDO"

_NAMES = ("name 1", "name 2", "name 3", "name 4", "name 5", "name 6")
_NEEDED = frozenset({"unique id", "name 6", "name type", "regime name", "designation type", "date designated"})
_KINDS = {"primary name": OFFICIAL, "primary name variation": ALIAS, "alias": ALIAS}
_PERSONAL = ("title", "d.o.b", "nationality(/ies)", "passport number", "passport additional information", "position", "gender", "town of birth", "country of birth")
_SHIP = (
    "imo number", "current owner/operator (s)", "previous owner/operator (s)", "current believed flag of ship", "previous flags", "type of ship", "tonnage of ship",
    "length of ship", "year built", "hull identification number (hin)",
)  # fmt: skip
_NOT_NEEDED = (
    *(f"address line {n}" for n in range(1, 7)), "address postal code", "phone number", "website", "email address", "non-latin script type", "non-latin script language",
    "national identifier number", "national identifier additional information",
)  # fmt: skip
_USES = {
    **dict.fromkeys(_NAMES, "name, names"), "name non-latin script": "names", "name type": "names.kind", "alias strength": "names.kind", "unique id": "party_id, identifiers",
    "ofsi group id": "identifiers", "un reference number": "identifiers", "regime name": "citation", "designation type": "tells persons and ships",
    "designation source": "note", "sanctions imposed": "legal_effect, note", "other information": "note", "uk statement of reasons": "note", "address country": "country",
    "date designated": "designated", "last updated": "note", "type of entity": "note", "subsidiaries": "note", "parent company": "note",
    "business registration number (s)": "identifiers", **dict.fromkeys(_PERSONAL, "ignored: about natural persons"), **dict.fromkeys(_SHIP, "ignored: about ships"),
    **dict.fromkeys(_NOT_NEEDED, "ignored: not needed to tell a party"),
}  # fmt: skip
_HUMAN = re.compile(r"global human rights", re.I)
_GROUND = "The Global Human Rights Sanctions Regulations 2020 (S.I. 2020/680)"


@dataclass
class _Group:
    """The rows of one entry: the one that makes its records (the first with the primary name), its place, and what all of them say."""

    place: str
    cells: Mapping[str, str]
    primary: bool
    names: list[tuple[str, str]] = field(default_factory=list)
    country: str = ""


def sniff(head: bytes, filename: str) -> bool:
    """Claims a table with the list's columns in its first or second line."""
    lines = head.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").splitlines()[:2]
    return any({cell.strip().strip('"').casefold() for cell in line.split(",")} >= _NEEDED for line in lines)


def companions(filename: str) -> tuple[str, ...]:
    """The list is one file."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """PARTY and LISTING per entity, in the order of their first rows."""
    account, groups = Account(origin), dict[str, _Group]()
    for place, cells in _rows(streams[0], origin.path, account):
        _sort(account, groups, place, cells)
        yield from account.full()
    for unique, group in groups.items():
        entry = entry_of(unique, group.names, group.country, group.cells)
        put_party(account, NAME, group.place, entry)
        put_listing(account, NAME, group.place, entry)
        yield from account.full()
    yield from account.rest(_USES)


def _rows(stream: BinaryIO, where: str, account: Account) -> Iterator[tuple[str, dict[str, str]]]:
    reader = csv.reader(_text(stream, where))
    columns: list[str] = []
    try:
        for cells in reader:
            names = [cell.strip().casefold() for cell in cells]
            if not columns and set(names) >= _NEEDED:
                columns = names
            elif not columns and reader.line_num > 5:
                break
            elif not columns:
                account.leave_out("heading")
            elif not any(names):
                account.blank()
            elif len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
                account.reject(f"line {reader.line_num}", "", f"{len(cells)} cells, but the header has {len(columns)}")
            else:
                row = {name: " ".join(cell.split()) for name, cell in zip(columns, cells, strict=False) if name}
                account.saw(row)
                yield f"line {reader.line_num}", row
    except csv.Error as error:
        raise BrokenInputError(f"not a readable CSV: {error}", where=f"{where}, line {reader.line_num}", advice="fetch the file again") from error
    if not columns:
        missing = ", ".join(sorted(_NEEDED))
        raise BrokenInputError(f"the list's header is not there: {missing}", where=where, advice="fetch the file again; if its columns were renamed, the reader must learn it")


def _text(stream: BinaryIO, where: str) -> Iterator[str]:
    first = stream.readline(LINE_LIMIT).removeprefix(b"\xef\xbb\xbf")
    for number, line in enumerate(chain([first], iter(lambda: stream.readline(LINE_LIMIT), b"")), 1):
        if len(line) >= LINE_LIMIT:
            raise BrokenInputError("a line is too long", where=f"{where}, line {number}", advice="this is not the UK Sanctions List")
        try:
            yield line.decode("utf-8").replace("\0", "")
        except UnicodeDecodeError as error:
            raise BrokenInputError("the text is not UTF-8", where=f"{where}, line {number}", advice="fetch the file again") from error


def _sort(account: Account, groups: dict[str, _Group], place: str, cells: Mapping[str, str]) -> None:
    unique, kind = cells.get("unique id", ""), cells.get("designation type", "").casefold()
    names = _names(cells)
    if kind in ("individual", "ship"):
        return account.leave_out(PERSON if kind == "individual" else NOT_ORGANISATION)
    if kind != "entity" or not unique or not names:
        what = "designation type" if kind != "entity" else "name 6" if unique else "unique id"
        return account.reject(place, what, f"unknown: {kind[:60]!r}" if kind and kind != "entity" else "empty")
    primary = cells.get("name type", "").casefold() == "primary name"
    group = groups.get(unique)
    if group is None:
        group = groups[unique] = _Group(place, cells, primary)
    else:
        account.leave_out("a further name or address of an entry, part of its records")
        if primary and not group.primary:
            group.place, group.cells, group.primary = place, cells, True
    group.names = names + group.names if primary and group.names and group.names[0][1] != OFFICIAL else group.names + names
    group.country = group.country or country_code(cells.get("address country", ""))
    return None


def _names(cells: Mapping[str, str]) -> list[tuple[str, str]]:
    kind = kind_of_name(cells.get("name type", ""), cells.get("alias strength", ""))
    name = " ".join(cells[part] for part in _NAMES if cells.get(part))
    own = cells.get("name non-latin script", "")
    return ([(name, kind)] if name else []) + ([(own, ALIAS if name else kind)] if own else [])


def kind_of_name(kind: str, strength: str) -> str:
    """The kind of a name from its type and, for an alias, its strength."""
    return WEAK if "low" in strength.casefold() else _KINDS.get(kind.casefold(), ALIAS)


def entry_of(unique: str, names: Sequence[tuple[str, str]], country: str, cells: Mapping[str, str]) -> Entry:
    """An entry from its names and its cells by column of the CSV."""
    imposed, regime = cells.get("sanctions imposed", ""), cells.get("regime name", "")
    said = ("sanctions imposed", "designation source", "type of entity", "parent company", "subsidiaries", "other information", "uk statement of reasons", "last updated")
    abuse = bool(_HUMAN.search(regime))
    return Entry(
        f"UK-FCDO:{unique}", CODE, tuple(names), country=country, identifiers=_identifiers(unique, cells), designated=uk_iso(cells.get("date designated", "")),
        citation=f"UK Sanctions List, {unique}; {regime}".rstrip("; "), note=" ; ".join(f"{name}: {cells[name]}" for name in said if cells.get(name)),
        effect="asset freeze" if "asset freeze" in imposed.casefold() else "varies by entry",
        ground="abuse of people" if abuse else "unknown", ground_citation=_GROUND if abuse else "",
    )  # fmt: skip


def _identifiers(unique: str, cells: Mapping[str, str]) -> tuple[str, ...]:
    found = [f"UKSL:{unique}"]
    found += [f"OFSI:{cells['ofsi group id']}"] if cells.get("ofsi group id") else []
    found += [f"UNSC:{cells['un reference number']}"] if cells.get("un reference number") else []
    found += [f"REG:{part.strip()}" for part in re.split(r"[;,]\s|\s+\(\d+\)\s*", cells.get("business registration number (s)", "")) if part.strip()]
    return tuple(found)
