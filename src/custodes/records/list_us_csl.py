"""The Consolidated Screening List of the US government as CSV: eleven export, trade and financial lists in one file of 29 columns.

One row is one entry of one list; it gives a PARTY and a LISTING. Individuals, ships and aircraft are left out and counted. Some lists do not say which of
their entries are people (Entity List, Unverified, Denied Persons and others leave ``type`` empty): there the name decides, see ``list_names``.

Lists inside a cell are joined by ``"; "``; ``ids`` holds ``kind, value, country`` triples. ``_id`` is not stable from one copy to the next, so a party's id
is the list with its ``entity_number``, or with a digest of name and first address where there is none.

Source: https://www.trade.gov/consolidated-screening-list
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

import pyarrow as pa

from custodes.records.list_us_csl_entry import USES, Listed, take
from custodes.records.rowstream import Account, header, rows
from custodes.values import Origin

NAME = "us_csl"
KINDS: tuple[str, ...] = ("PARTY", "LISTING")

_NEEDED = {"_id", "source", "name", "alt_names", "federal_register_notice", "source_list_url", "ids"}


def sniff(head: bytes, filename: str) -> bool:
    """Claims a CSV with the screening list's own columns."""
    return set(header(head)) >= _NEEDED and not head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith((b"{", b"["))


def companions(filename: str) -> tuple[str, ...]:
    """The list is one file."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """PARTY and LISTING per entry that is an organisation's."""
    account, seen = Account(origin), Counter[str]()
    names = set(USES)
    for row in rows(streams[0], origin.path):
        account.saw(row.cells)
        if row.fault:
            account.reject(row.place, "", row.fault)
        elif not row.cells:
            account.blank()
        elif missing := [name for name in ("source", "name") if name not in row.cells]:
            account.reject(row.place, missing[0], f"the list has no column {missing[0]!r}")
        elif all(value in ("", name) for name, value in row.cells.items()) and names & set(row.cells):
            account.leave_out("heading")
        else:
            take(account, NAME, seen, row.place, _listed(row.cells))
        yield from account.full()
    yield from account.rest(USES)


def _listed(cells: Mapping[str, str]) -> Listed:
    return Listed(cells, _several(cells.get("alt_names", "")), _several(cells.get("addresses", "")), _ids(cells.get("ids", "")))


def _several(cell: str) -> tuple[str, ...]:
    """The values of a cell; a name may hold ``;`` itself, so only ``"; "`` separates."""
    return tuple(part.strip() for part in cell.split("; ") if part.strip())


def _ids(cell: str) -> tuple[tuple[str, str], ...]:
    """Kind and value of each entry of ``ids``; values may hold commas (``04 Jul 1991``, ``Subject to ...``), a last two-letter part is a country."""
    found = []
    for part in _several(cell):
        kind, _, value = part.partition(", ")
        found.append((kind.strip(), re.sub(r", [A-Z]{2}$", "", value).strip()))
    return tuple(found)
