"""Pieces of a text table straight to Arrow columns, wherever Arrow's parser gives the rows that Python's ``csv`` gives.

Both parsers walk the same states; what differs is told apart by counting: a piece is taken only when its records and the line ends inside their
cells add up to its lines, and no quotation mark is left open at its end. Rows of another width are parsed by ``csv`` and put in their places. Whatever
does not add up is left to the slow way (``csv_rows``), which is patient with broken quotes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from custodes.records.cells import ENTITY
from custodes.records.csv_rows import Dialect, even, read_lines, suspect

LEAST = 24 << 10
"""Characters of a piece for which Arrow is worth its overhead; shorter ones are read sooner row by row."""
_MARK = "\ufeff"
"""Arrow drops a byte order mark at the beginning of what it reads; ``csv`` keeps it."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Cells of a piece as one Arrow array of text per column, and the line on which each row begins.

    ``beyond``: filled cells beyond the width of the table; ``entities``: may a cell hold an HTML entity?
    """

    cells: list[pa.StringArray]
    lines: Sequence[int]
    beyond: int = 0
    entities: bool = False


def columns_of(text: str, dialect: Dialect, width: int, line: int, only: int | None = None) -> Columns | None:
    """The piece ``text`` (it ends with a line end and begins in ``line``) as ``width`` columns; None when it must go the slow way.

    ``only``: the one column that is wanted.
    """
    if dialect.blank_before_quote or len(text) < LEAST or not text or text.startswith(_MARK):
        return None
    odd: list[int | None] = []
    try:
        table = _parsed(text, dialect, width, odd, only)
    except pa.ArrowInvalid:
        return None
    cells = [_whole(column) for column in table.columns]
    entities = "&" in text and bool(ENTITY.search(text))
    count = text.count("\n")
    if table.num_rows + len(odd) != count:
        lines = None if odd or only is not None else _spans(cells, text.split("\n"), dialect)
        return Columns(cells, [line + at for at in lines], 0, entities) if lines else None
    if _open_at_end(text, dialect):
        return None
    if not odd:
        return Columns(cells, range(line, line + count), 0, entities)
    numbers = [number - 1 for number in odd if number is not None]
    mended = _mended(cells, text.split("\n"), numbers, dialect, width, only) if len(numbers) == len(odd) else None
    return Columns(mended[0], range(line, line + count), mended[1], entities) if mended else None


def _open_at_end(text: str, dialect: Dialect) -> bool:
    """Where there are as many records as lines: does the last one leave a quotation mark open, so that it swallowed its line end?"""
    tail = text[text.rfind("\n", 0, -1) + 1 :]
    return '"' in tail and not read_lines(tail, dialect)[1]


def _parsed(text: str, dialect: Dialect, width: int, odd: list[int | None], only: int | None) -> pa.Table:
    """Arrow's table of the text; the numbers of the rows of another width go to ``odd``."""

    def skip(row: arrow_csv.InvalidRow) -> str:
        odd.append(row.number)
        return "skip"

    data = text.encode()
    names = list(map(str, range(width)))
    wanted = names if only is None else [str(only)]
    return arrow_csv.read_csv(
        pa.BufferReader(data),
        read_options=arrow_csv.ReadOptions(use_threads=False, block_size=len(data) + 1, column_names=names),
        parse_options=arrow_csv.ParseOptions(delimiter=dialect.delimiter, ignore_empty_lines=False, invalid_row_handler=skip),
        convert_options=arrow_csv.ConvertOptions(
            check_utf8=False, column_types=dict.fromkeys(wanted, pa.string()), strings_can_be_null=False, include_columns=wanted
        ),
    )


def _whole(column: pa.ChunkedArray) -> pa.StringArray:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _spans(cells: list[pa.StringArray], lines: list[str], dialect: Dialect) -> list[int] | None:
    """The lines (from 0) on which records of several lines begin; None when they do not add up or a record is no honest one."""
    inside = pc.count_substring(cells[0], "\n")
    for column in cells[1:]:
        inside = pc.add(inside, pc.count_substring(column, "\n"))
    spans = [1 + ends for ends in inside.to_pylist()]
    starts = list(accumulate(spans, initial=0))
    if starts[-1] != len(lines) - 1:
        return None
    if any(span > 1 and suspect(lines[at : at + span], dialect) for at, span in zip(starts, spans, strict=False)):
        return None
    return starts[:-1]


def _mended(
    cells: list[pa.StringArray], lines: list[str], odd: list[int], dialect: Dialect, width: int, only: int | None
) -> tuple[list[pa.StringArray], int] | None:
    """The columns with the rows of another width in their places, padded or cut; and the filled cells beyond the width."""
    rows, whole = read_lines("".join(f"{lines[at]}\n" for at in odd), dialect)
    if not whole or len(rows) != len(odd):
        return None
    padded, beyond = even(rows, width)
    good, count, places = len(cells[0]), len(lines) - 1, set(odd)
    ours, theirs = iter(range(good)), iter(range(good, count))
    order = pa.array([next(theirs) if at in places else next(ours) for at in range(count)], pa.int32())
    extra = [[row[at] for row in padded] for at in (range(width) if only is None else (only,))]
    return [pa.concat_arrays([column, pa.array(more, pa.string())]).take(order) for column, more in zip(cells, extra, strict=True)], beyond
