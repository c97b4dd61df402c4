"""What the table readers share: from an open stream of delimited text to batches, and the cautious look at its head.

``stream -> decoding.survey -> decoding.texts -> csv_rows.blocks -> layout -> purchases``: each step one module; the layout is made from the first
HEAD bytes, so that cutting the file elsewhere changes no row.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import BinaryIO, cast

import pyarrow as pa

from custodes.errors import BrokenInputError, CustodesError
from custodes.records.column_purchases import ColumnPurchases
from custodes.records.columns import Columns, columns_of
from custodes.records.csv_rows import Block, Dialect, Row, blocks, dialect_of, parts
from custodes.records.dates import Order
from custodes.records.decoding import CHUNK, Survey, encoding_of, page_of, survey, texts
from custodes.records.layout import HEAD, Layout, find_layout
from custodes.values import Origin

_NOT_TEXT = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"PAR1", b"SQLite", b"<?xml", b"<!DOCTYPE", b"<html", b"{", b"[{", b"WARC/")
LayoutMaker = Callable[[list[Row], list[int]], Layout | None]


def head_rows(stream: BinaryIO, found: Survey, size: int = HEAD, where: str = "") -> tuple[list[Row], list[int], Dialect]:
    """The first records of a text table with their lines, and its dialect; a record cut off at the end of the head is left away."""
    stream.seek(0)
    return _rows_of(stream.read(size), found, size, where)


def _rows_of(head: bytes, found: Survey, size: int, where: str) -> tuple[list[Row], list[int], Dialect]:
    text = "".join(texts(io.BytesIO(head), found, size))
    if len(head) >= size and text.count("\n") > 1:
        text = text[: text.rfind("\n", 0, -1) + 1]
    dialect = dialect_of(text)
    rows: list[Row] = []
    lines: list[int] = []
    for block in blocks([text], dialect, where):
        rows += block.rows
        lines += block.lines
    return rows, lines, dialect


@lru_cache(maxsize=2)
def _laid_out(head: bytes, found: Survey, make: LayoutMaker) -> tuple[list[Row], list[int], Dialect, Layout | None]:
    """Rows, lines, dialect and layout of a head. Remembered, because a file is sniffed and then read: time changes by it, answers do not."""
    rows, lines, dialect = _rows_of(head, found, HEAD, "")
    return rows, lines, dialect, make(rows, lines)


def read_table(stream: BinaryIO, origin: Origin, make: LayoutMaker = find_layout, size: int = CHUNK) -> Iterator[pa.RecordBatch]:
    """Batches of one text table, then what became of the rest. ``size``: bytes read at a time."""
    found = survey(stream, origin.path)
    stream.seek(0)
    head = stream.read(HEAD)
    rows, lines, dialect, layout = _laid_out(head, found, make)
    if layout is None:
        raise not_understood(rows, origin.path)
    if layout.date >= 0 and not layout.header_line < 0:
        more = stream if len(head) >= HEAD else None
        layout = replace(layout, day_first=_day_first(more, found, dialect, layout, rows, origin.path))
    purchases = ColumnPurchases(layout, origin)
    for block in _blocks(texts(stream, found, size), dialect, origin.path, layout, _below(layout, lines)):
        if isinstance(block, Columns):
            yield from purchases.batches_of(block)
            continue
        for torn in block.torn:
            purchases.refuse(torn.line, "", torn.reason)
        yield from purchases.batches(block.rows, block.lines)
    yield from purchases.outcome()


def _below(layout: Layout, lines: Sequence[int]) -> int:
    """The line on which the first record below the header begins, as far as the head shows it."""
    return next((line for line in lines if line > layout.header_line), layout.header_line + 1)


def _blocks(pieces: Iterable[str], dialect: Dialect, where: str, layout: Layout, below: int, only: int | None = None) -> Iterator[Block | Columns]:
    """Columns where they can be had at once, else rows; from line ``below`` on, and rows above it."""
    return parts(pieces, dialect, where, lambda text, line: columns_of(text, dialect, layout.width, line, only), below)


def not_understood(rows: list[Row], path: str) -> BrokenInputError:
    """The error for a table in which no supplier and amount could be found; it shows the likeliest header."""
    shown = max(rows[:50], key=lambda row: sum(1 for cell in row if cell.strip()), default=[])
    headers = ", ".join(repr(cell.strip()) for cell in shown if cell.strip())[:500]
    advice = 'say which column is which: columns = {supplier = "...", amount = "...", date = "..."} in case.toml; custodes records FILE --columns shows a guess'
    return BrokenInputError(f"no supplier and amount columns were recognised; the table's widest row: {headers}", where=path, advice=advice)


def _day_first(stream: BinaryIO | None, found: Survey, dialect: Dialect, layout: Layout, head: list[Row], where: str) -> bool:
    """Is the day first in this file's dates? The head tells, or, where it holds no date that can only be day first, the whole column does.

    ``stream``: the file, None when the head is all of it.
    """
    order = Order().plus(_cells(Block(head, ()), layout.date))
    if order.day_first or stream is None:
        return order.is_day_first
    if not order.month_first and not any(_AMBIGUOUS.match(cell) for cell in _cells(Block(head, ()), layout.date)):
        return True
    order = Order()
    for block in _blocks(texts(stream, found), dialect, where, layout, 1, layout.date):
        order = order.plus(_cells(block, layout.date))
        if order.day_first > order.month_first + 20:
            break
    return order.is_day_first


_AMBIGUOUS = re.compile(r"\s*\d{1,2}\s?[-/. ]\s?\d{1,2}\s?[-/. ]\s?\d{2}")


def _cells(block: Block | Columns, column: int) -> list[str]:
    if isinstance(block, Columns):
        return cast("list[str]", block.cells[0].to_pylist())
    return [row[column] for row in block.rows if len(row) > column]


def looks_like(head: bytes, make: LayoutMaker = find_layout) -> bool:
    """Would this head be read as a spending table, with names among its suppliers? Never raises."""
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:16].startswith(_NOT_TEXT):
        return False
    encoding, mark = encoding_of(head)
    if encoding == "utf-8" and b"\0" in head:
        return False
    try:
        rows, lines, _, layout = _laid_out(head[:HEAD], Survey(encoding, mark, page_of(head)), make)
    except (CustodesError, ValueError):
        return False
    if layout is None:
        return False
    suppliers = [row[layout.supplier] for row, line in zip(rows, lines, strict=True) if line > layout.header_line and len(row) > layout.supplier]
    filled = [cell for cell in suppliers if cell.strip()]
    return sum(1 for cell in filled if any(map(str.isalpha, cell))) * 2 >= len(filled)
