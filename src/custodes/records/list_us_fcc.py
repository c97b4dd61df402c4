"""The Covered List as the page of the Federal Communications Commission: a table of two columns, prose and the day of inclusion.

The prose names a firm ("equipment produced by X") or a category ("routers produced in a foreign country"); entries for a category name nobody and are left
out. Subsidiaries and affiliates of a named firm are covered too, which the entry's text says and which stays in the note.

Source: https://www.fcc.gov/supplychain/coveredlist
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import pyarrow as pa

from custodes.errors import BrokenInputError
from custodes.records.list_entries import iso, put
from custodes.records.list_page import two_columns
from custodes.records.list_us_lines import covered
from custodes.records.rowstream import Account
from custodes.values import Origin

NAME = "us_fcc"
KINDS: tuple[str, ...] = ("PARTY", "LISTING")

_USES = {"covered equipment or services": "name, note", "date of inclusion": "published, note"}


def sniff(head: bytes, filename: str) -> bool:
    """Claims a page whose canonical address or title is the list's."""
    start, lower = head.lstrip(b"\xef\xbb\xbf \r\n\t"), head.lower()
    title = re.search(rb"<title[^>]*>([^<]{0,300})", lower)
    named = title is not None and (b"covered list" in title[1] or b"section 2 of the secure networks act" in title[1])
    return start.startswith(b"<") and b"<html" in lower and (named or b"fcc.gov/supplychain/coveredlist" in lower)


def companions(filename: str) -> tuple[str, ...]:
    """The page stands alone."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """PARTY and LISTING per firm named in a row. BrokenInputError when the page holds no such table."""
    account, seen, tables = Account(origin), Counter[str](), 0
    for number, _, rows in two_columns(streams[0], origin.path, r"covered|equipment", r"date"):
        tables += 1
        account.leave_out("heading")
        for line, cells in enumerate(rows[1:], 2):
            _row(account, seen, f"table {number}, row {line}", cells)
    if not tables:
        advice = "save the page https://www.fcc.gov/supplychain/coveredlist again; if its table has a new form, the reader must learn it"
        raise BrokenInputError("the page holds no table of covered equipment", where=origin.path, advice=advice)
    yield from account.rest(_USES)


def _row(account: Account, seen: Counter[str], place: str, cells: list[str]) -> None:
    account.saw(dict(zip(_USES, cells, strict=False)))
    if not any(cells):
        return account.blank()
    if len(cells) != 2 or not iso(cells[1]):
        return account.reject(place, "date of inclusion", "no date")
    entries = covered(cells[0], cells[1])
    if not entries:
        return account.leave_out("a category of equipment, no firm")
    for entry in entries:
        put(account, NAME, seen, place, entry)
    return None
