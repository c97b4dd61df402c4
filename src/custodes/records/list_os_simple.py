"""OpenSanctions' simple table (``targets.simple.csv``): one row per target, several values in a cell joined by ``;``.

Rows whose schema is an organisation's give a PARTY, and a LISTING for each listing that ``sanctions`` names (``US-BIS-EL - 2019-10-09``). A listing that names no
list of ours keeps the words of the table as its list. Other schemata (people, ships, securities) are left out and counted.

The data of OpenSanctions are licensed CC BY-NC 4.0. Format: https://www.opensanctions.org/docs/bulk/csv/
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

import pyarrow as pa

from custodes.records.ftm_rows import ORGANISATIONS, PEOPLE
from custodes.records.list_effects import makers
from custodes.records.list_entries import ALIAS, OFFICIAL, PERSON, Entry, iso, put_listing, put_party
from custodes.records.list_names import named_person
from custodes.records.rowstream import Account, header, rows
from custodes.values import Origin

NAME = "os_simple"
KINDS: tuple[str, ...] = ("PARTY", "LISTING")

_NEEDED = {"id", "schema", "name", "aliases", "countries", "identifiers", "sanctions", "dataset"}
_USES = {
    "id": "party_id", "schema": "tells people", "name": "name", "aliases": "names", "countries": "country", "identifiers": "identifiers", "sanctions": "list, effective, note",
    "program_ids": "list", "dataset": "citation", "birth_date": "ignored: about natural persons",
    **dict.fromkeys(("addresses", "phones", "emails"), "ignored: not needed to tell a party"),
    **dict.fromkeys(("first_seen", "last_seen", "last_change"), "ignored: days of OpenSanctions' own runs, not of the lists"),
}  # fmt: skip


def sniff(head: bytes, filename: str) -> bool:
    """Claims a CSV with the table's columns."""
    return set(header(head)) >= _NEEDED and not head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{")


def companions(filename: str) -> tuple[str, ...]:
    """The table stands alone."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """PARTY per organisation, LISTING per listing of it."""
    account, seen = Account(origin), Counter[str]()
    for row in rows(streams[0], origin.path):
        account.saw(row.cells)
        schema, name = row.cells.get("schema", ""), row.cells.get("name", "")
        if row.fault:
            account.reject(row.place, "", row.fault)
        elif not row.cells:
            account.blank()
        elif schema in PEOPLE or (schema == "LegalEntity" and named_person(name)):
            account.leave_out(PERSON)
        elif schema not in ORGANISATIONS:
            account.leave_out(f"not an organisation: {schema[:40] or 'no schema'}")
        elif not name or not row.cells.get("id"):
            account.reject(row.place, "name" if row.cells.get("id") else "id", "empty")
        else:
            _take(account, seen, row.place, row.cells)
        yield from account.full()
    yield from account.rest(_USES)


def _take(account: Account, seen: Counter[str], place: str, cells: Mapping[str, str]) -> None:
    party = cells["id"]
    maker = party.removeprefix("custodes-")
    names = [(cells["name"], OFFICIAL), *((name, ALIAS) for name in several(cells.get("aliases", "")))]
    listings = [_listing(part) for part in several(cells.get("sanctions", ""))] or [(code, "", "") for code in several(cells.get("program_ids", ""))]
    entry = Entry(
        party, listings[0][0] if listings else "", tuple(names), country=next(iter(several(cells.get("countries", ""))), "").upper()[:2],
        identifiers=tuple(f"ID:{number}" for number in several(cells.get("identifiers", ""))), citation=f"OpenSanctions, {cells.get('dataset', '')}",
        maker_id=maker if maker != party and maker in makers() else "",
    )  # fmt: skip
    put_party(account, NAME, place, entry)
    for code, day, words in listings:
        seen[party] += 1
        one = Entry(party, code, tuple(names), effective=day, citation=entry.citation, note=words, maker_id=entry.maker_id)
        put_listing(account, NAME, place, one, seen[party])


def _listing(words: str) -> tuple[str, str, str]:
    """(list, day, the words if they say more): ``US-BIS-EL - 2019-10-09``, ``Sanctions Programme X - 2020-01-01 - 2021-01-01``."""
    code = re.split(r"\s+-(?:\s+|$)", words)[0].strip()
    return code, iso(words), words if words != f"{code} - {iso(words)}" else ""


def several(cell: str) -> list[str]:
    """The values of a cell: joined by ``;``, quoted as in a CSV when a value holds one."""
    if not cell:
        return []
    try:
        return [part.strip() for part in next(csv.reader(io.StringIO(cell), delimiter=";"), []) if part.strip()]
    except csv.Error:
        return [part.strip() for part in cell.split(";") if part.strip()]
