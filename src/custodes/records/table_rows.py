"""Rows of a well-behaved table, whatever it was saved as: text (CSV, JSON lines), or the first sheet of an XLSX workbook."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain
from typing import BinaryIO

from custodes.errors import BrokenInputError, CustodesError
from custodes.records import sheets
from custodes.records.rowstream import Row, header, rows


def names_of(head: bytes) -> tuple[str, ...]:
    """Column names, lower case, words joined by ``_``; () when there are none. A workbook must be there whole."""
    return _top(head) if head.startswith(sheets.ZIP) else tuple(name.replace(" ", "_") for name in header(head))


@lru_cache(maxsize=1)  # several readers look at the same workbook, one after the other
def _top(book: bytes) -> tuple[str, ...]:
    try:
        first = next(iter(sheets.sheets(io.BytesIO(book), "")), None)
        top = next(first[1](), None) if first else None
    except CustodesError:
        return ()
    return tuple(_name(cell) for cell in top[1]) if top else ()


def table_rows(stream: BinaryIO, where: str) -> Iterator[Row]:
    """Every row with its place (``line 17``, ``sheet 'May', row 17``), its cells by :func:`names_of`. BrokenInputError for an empty table."""
    stream.seek(0)
    packed = stream.read(4) == sheets.ZIP
    stream.seek(0)
    if packed:
        yield from _book(stream, where)
    else:
        yield from (row._replace(cells={_name(name): cell for name, cell in row.cells.items()}) for row in rows(stream, where))


def _book(stream: BinaryIO, where: str) -> Iterator[Row]:
    found = next(iter(sheets.sheets(stream, where)), None)
    source = found[1]() if found else iter(())
    top = next(source, None)
    if found is None or top is None:
        raise BrokenInputError("the workbook is empty", where=where, advice="write the header and the rows on the first sheet")
    names = [_name(cell) for cell in top[1]]
    for number, cells in source:
        place = f"sheet {found[0]!r}, row {number}"
        if any(cell.strip() for cell in cells[len(names) :]):
            yield Row(place, {}, f"{len(cells)} cells, but the header has {len(names)}")
        else:
            yield Row(place, {name: value.strip() for name, value in zip(names, chain(cells, [""] * len(names)), strict=False) if name})


def _name(cell: str) -> str:
    return cell.strip().lower().replace(" ", "_")
