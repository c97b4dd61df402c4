"""The UFLPA Entity List as the page of the Department of Homeland Security: tables of two columns, name and effective date, in three parts of the law.

Other names and subsidiaries stand inside the cell of the name, in prose. One firm may stand in two parts: then it has two listings, each with its part.
A firm's place on the list means that its goods are presumed made with forced labour and may not be imported; that is a ground of abuse of people by law.

Source: https://www.dhs.gov/uflpa-entity-list ; Pub. L. 117-78 s.2(d)(2)(B)
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

import pyarrow as pa

from custodes.errors import BrokenInputError
from custodes.records.list_alias import apart
from custodes.records.list_entries import Entry, iso, local_id, put
from custodes.records.list_page import two_columns
from custodes.records.rowstream import Account
from custodes.values import Origin

NAME = "us_uflpa"
KINDS: tuple[str, ...] = ("PARTY", "LISTING")
CODE = "US-DHS-UFLPA"

_PART = re.compile(r"2\(d\)\(2\)\(B\)\s*\((\w+)\)", re.I)
_GROUND = "Pub. L. 117-78 s.2(d)(2)(B): forced labour in, or of people from, the Xinjiang Uyghur Autonomous Region"
_USES = {"Name of Entity": "name, listed_name, names", "Effective Date": "effective", "heading before the table": "note, citation"}


def sniff(head: bytes, filename: str) -> bool:
    """Claims a page whose first part names the list, by its title or its canonical address."""
    start = head.lstrip(b"\xef\xbb\xbf \r\n\t")[:2000].lower()
    return start.startswith(b"<") and b"<html" in start + head[2000:8000].lower() and _titled(head)


def _titled(head: bytes) -> bool:
    lower = head.lower()
    title = re.search(rb"<title[^>]*>([^<]{0,300})", lower)
    return b"dhs.gov/uflpa-entity-list" in lower or (title is not None and b"uflpa entity list" in title[1])


def companions(filename: str) -> tuple[str, ...]:
    """The page stands alone."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """PARTY and LISTING per row of a table of entities. BrokenInputError when the page holds no such table."""
    account, seen, tables = Account(origin), Counter[str](), 0
    for number, table, rows in two_columns(streams[0], origin.path, r"entity|name", r"effective"):
        tables += 1
        _table(account, seen, number, rows, _heading(table))
        yield from account.full()
    if not tables:
        advice = "save the page https://www.dhs.gov/uflpa-entity-list again; if its tables have a new form, the reader must learn it"
        raise BrokenInputError("the page holds no table of entities and effective dates", where=origin.path, advice=advice)
    yield from account.rest(_USES)


def _heading(table: Any) -> str:
    """The text just before the table, which names the part of the law."""
    node, text = table.prev, ""
    while node is not None and not _PART.search(text) and node.tag != "table":
        text = " ".join(f"{node.text(separator=' ') if node.tag != '-text' else node.text()} {text}".split())
        node = node.prev
    return text


def _table(account: Account, seen: Counter[str], number: int, rows: list[list[str]], heading: str) -> None:
    account.leave_out("heading")
    part = _PART.search(heading)
    cited = f"Pub. L. 117-78 s.2(d)(2)(B)({part[1].lower()})" if part else "Pub. L. 117-78 s.2(d)(2)(B)"
    for line, cells in enumerate(rows[1:], 2):
        place = f"table {number}, row {line}"
        account.saw(dict(zip(("Name of Entity", "Effective Date", "heading before the table"), (*cells, heading), strict=False)))
        if not any(cells):
            account.blank()
        elif len(cells) != 2 or not cells[0]:
            account.reject(place, "Name of Entity", f"{len(cells)} cells, or no name")
        elif not iso(cells[1]):
            account.reject(place, "Effective Date", f"no date: {cells[1][:60]!r}")
        else:
            put(account, NAME, seen, place, _entry(cells[0], cells[1], cited, heading))


def _entry(cell: str, day: str, cited: str, heading: str) -> Entry:
    names, tail = apart(cell)
    said = heading.rpartition("Section 2(d)")[0].strip()
    note = " ; ".join(filter(None, (f"as listed: {cell}" if len(names) > 1 or tail else "", said)))
    return Entry(
        local_id(CODE, names[0][0]), CODE, names, country="CN", effective=iso(day), citation=f"{cited}, https://www.dhs.gov/uflpa-entity-list",
        note=note, ground="abuse of people", ground_citation=_GROUND, effect="import bar",
    )  # fmt: skip
