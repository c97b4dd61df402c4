"""A workbook's sheets to batches: each sheet is a table of its own with its own header; all share the record keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import BinaryIO

import pyarrow as pa

from custodes.errors import BrokenInputError
from custodes.records.csv_rows import Row
from custodes.records.layout import Layout, find_layout
from custodes.records.purchases import Purchases
from custodes.records.row_keys import Keys
from custodes.records.sheets import sheets
from custodes.values import Origin, left_out

HOLD = 20_000
"""Rows of a sheet from which its layout is made."""
PART = 8_192
"""Rows per batch."""
LayoutMaker = Callable[[list[Row], list[int]], Layout | None]
Numbered = tuple[int, Row]


def read_book(stream: BinaryIO, origin: Origin, make: LayoutMaker = find_layout) -> Iterator[pa.RecordBatch]:
    """Batches of every sheet that is a spending table, and what became of the rest. BrokenInputError when no sheet is one."""
    keys, seen = Keys(), []
    found = False
    books = list(sheets(stream, origin.path))
    for name, source in books:
        rows = source()
        head = list(islice(rows, HOLD))
        layout = make([row for _, row in head], [number for number, _ in head]) if head else None
        if layout is None:
            seen.append(f"{name!r}: {_widest(head)}")
            yield from _no_table(head, rows)
            continue
        found = True
        yield from _sheet(name, layout, head, rows, origin, keys, len(books) > 1)
    if not found:
        advice = 'say which column is which: columns = {supplier = "...", amount = "...", date = "..."} in case.toml; custodes records FILE --columns shows a guess'
        raise BrokenInputError("no sheet has supplier and amount columns; widest rows: " + "; ".join(seen)[:800], where=origin.path, advice=advice)


def _sheet(name: str, layout: Layout, head: list[Numbered], rest: Iterator[Numbered], origin: Origin, keys: Keys, several: bool) -> Iterator[pa.RecordBatch]:
    purchases = Purchases(layout, origin, lambda row: f"sheet {name!r}, row {row}", keys, f"sheet {name!r}: " if several else "")
    part: list[Numbered] = []
    for part in _parts(head, rest):
        yield from purchases.batches([row for _, row in part], [number for number, _ in part])
    yield from purchases.outcome()


def _parts(head: list[Numbered], rest: Iterator[Numbered]) -> Iterator[list[Numbered]]:
    for at in range(0, len(head), PART):
        yield head[at : at + PART]
    while part := list(islice(rest, PART)):
        yield part


def _no_table(head: list[Numbered], rest: Iterator[Numbered]) -> Iterator[pa.RecordBatch]:
    """The rows of a sheet that is no spending table (notes, a contents page) are counted, not lost."""
    wide = total = 0
    for part in _parts(head, rest):
        total += len(part)
        wide += sum(1 for _, row in part if sum(1 for cell in row if cell.strip()) > 2)
    if total:
        reason = "sheet without supplier and amount columns"
        yield left_out({(reason, True): wide, (reason, False): total - wide})


def _widest(head: list[Numbered]) -> str:
    rows = [row for _, row in head[:50]]
    return ", ".join(repr(cell.strip()) for cell in max(rows, key=len, default=[]) if cell.strip())[:300]
