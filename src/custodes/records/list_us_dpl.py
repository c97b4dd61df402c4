"""The Denied Persons List of the US Bureau of Industry and Security: tab-delimited text with a header, one row per address of a denied party.

The header's names have changed over the years (``Effective_Date`` was ``Beginning_Date``); each form is read. The list names mostly people and does not say
which rows are theirs: a name of a person's shape is left out (``list_names``). Rows of one party with the same order differ only in the address: the first
makes the records, the others are counted as part of it. A denial has an end: the day of expiry is in ``ended``, which may lie in the future.

Source: https://www.bis.gov/licensing/end-user-guidance/denied-persons-list-dpl ; 15 CFR 764.3(a)(2)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import BinaryIO

import pyarrow as pa

from custodes.records.list_entries import OFFICIAL, Entry, cited_date, country_code, iso, local_id, put
from custodes.records.list_names import listed_person
from custodes.records.rowstream import Account, header, rows
from custodes.values import Origin

NAME = "us_dpl"
KINDS: tuple[str, ...] = ("PARTY", "LISTING")
CODE = "US-BIS-DPL"

_STARTS, _ENDS = ("effective_date", "beginning_date"), ("expiration_date", "ending_date")
_USES = {
    "name": "name, listed_name", "country": "country", **dict.fromkeys(_STARTS, "effective"), **dict.fromkeys(_ENDS, "ended"), "fr_citation": "citation, published",
    "action": "note", "last_update": "note", "standard_order": "ignored: terms of the order",
    **dict.fromkeys(("street_address", "city", "state", "postal_code", "denied"), "ignored: not needed to tell a party"),
}  # fmt: skip


def sniff(head: bytes, filename: str) -> bool:
    """Claims a table with name, one of the names of the first and the last day, and the citation of the order."""
    names = set(header(head))
    return {"name", "fr_citation", "standard_order"} <= names and bool(names & set(_STARTS)) and bool(names & set(_ENDS))


def companions(filename: str) -> tuple[str, ...]:
    """The list is one file."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """PARTY and LISTING per order against an organisation."""
    account, seen, orders = Account(origin), Counter[str](), set[tuple[str, ...]]()
    for row in rows(streams[0], origin.path):
        cells = {name.replace(" ", "_"): value for name, value in row.cells.items()}
        account.saw(cells)
        if row.fault:
            account.reject(row.place, "", row.fault)
        elif not any(cells.values()):
            account.blank()
        elif not cells.get("name"):
            account.reject(row.place, "name", "empty")
        elif listed_person(cells["name"], mostly_people=True):
            account.leave_out("looks like a natural person (the list does not say)")
        elif (order := _order(cells)) in orders:
            account.leave_out("a further address of an entry, part of its records")
        else:
            orders.add(order)
            put(account, NAME, seen, row.place, _entry(cells))
        yield from account.full()
    yield from account.rest(_USES)


def _of(cells: Mapping[str, str], names: Sequence[str]) -> str:
    return next((cells[name] for name in names if cells.get(name)), "")


def _order(cells: Mapping[str, str]) -> tuple[str, ...]:
    return cells["name"].casefold(), _of(cells, _STARTS), _of(cells, _ENDS), cells.get("fr_citation", "")


def _entry(cells: Mapping[str, str]) -> Entry:
    """A temporary order is renewed every half year under the same citations: the first of them then says since when the party is denied."""
    start, cited = iso(_of(cells, _STARTS)), cited_date(cells.get("fr_citation", ""))
    renewed = bool(start and cited) and (date.fromisoformat(start) - date.fromisoformat(cited)).days > 60
    said = [f"{name}: {cells[name]}" for name in ("action", "last_update") if cells.get(name)] + ([f"order in force since {start}"] if renewed else [])
    return Entry(
        local_id(CODE, cells["name"], _of(cells, _STARTS)), CODE, ((cells["name"], OFFICIAL),), country=country_code(cells.get("country", "")),
        effective="" if renewed else start, ended=iso(_of(cells, _ENDS)), published=cited, citation=cells.get("fr_citation", "").strip(), note=" ; ".join(said),
    )  # fmt: skip
