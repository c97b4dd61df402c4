"""Tables as rows of cells or as mappings, whatever they are written in: CSV, JSON lines, Parquet, XLSX (first sheet)."""

from __future__ import annotations

import csv
import io
import itertools
import json
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime, time
from decimal import Decimal
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

from custodes.errors import BrokenInputError, LimitError

MOST_BYTES = 512 << 20
MOST_ROWS = 1_000_000
_BROKEN_WORKBOOK = (
    zipfile.BadZipFile, zlib.error, ParseError, OSError, EOFError, LookupError, ValueError, TypeError, AttributeError, RuntimeError, NotImplementedError,
)  # fmt: skip
"""What openpyxl lets through when a workbook is damaged, found by damaging some."""
Row = dict[str, Any]
"""``origin_at`` with ``cells`` (beside a header) or with a JSON object's own keys; a row that cannot be read has ``origin_at, column, reason``."""


def table(stream: BinaryIO, filename: str) -> tuple[list[str] | None, Iterable[Row]]:
    """(column names, rows of ``cells``), or (None, rows as mappings) for JSON lines. Raises BrokenInputError or LimitError."""
    data = stream.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise LimitError(f"holds more than {MOST_BYTES} bytes", where=filename, advice="split the file into parts")
    if data.startswith(b"PAR1"):
        return _parquet(data, filename)
    if data.startswith(b"PK"):
        return _workbook(data, filename)
    try:
        text = data.decode("utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    except UnicodeDecodeError as problem:
        raise BrokenInputError(f"is not UTF-8 ({problem})", where=filename, advice="save it as CSV with UTF-8") from problem
    return (None, _json(text)) if text.lstrip().startswith("{") else _csv(text, filename)


def _csv(text: str, filename: str) -> tuple[list[str], list[Row]]:
    first = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True)
    try:
        header = next(reader, [])
        rows, line = [], reader.line_num + 1
        for cells in reader:
            if any(c.strip() for c in cells):
                rows.append(_row(cells, len(header), f"line {line}"))
            line = reader.line_num + 1
    except csv.Error as problem:
        raise BrokenInputError(f"is not CSV ({problem})", where=f"{filename}, line {reader.line_num}", advice="save it again as CSV") from problem
    return header, rows


def _row(cells: list[Any], width: int, at: str) -> Row:
    if len(cells) != width:
        return {"origin_at": at, "column": "", "reason": f"has {len(cells)} cells, the header has {width}"}
    return {"origin_at": at, "cells": cells}


def _json(text: str) -> Iterator[Row]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line, parse_float=Decimal)
        except (ValueError, RecursionError) as problem:
            yield {"origin_at": f"line {number}", "column": "", "reason": f"is not JSON ({problem})"}
            continue
        if isinstance(fields, dict):
            yield {**{k: v for k, v in fields.items() if k != "reason"}, "origin_at": f"line {number}"}
        else:
            yield {"origin_at": f"line {number}", "column": "", "reason": "is not a JSON object"}


def _parquet(data: bytes, filename: str) -> tuple[list[str], list[Row]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        found = pq.read_table(io.BytesIO(data))
        names, columns = found.column_names, [column.to_pylist() for column in found.columns]
    except (pa.ArrowException, OSError, ValueError, NotImplementedError) as problem:
        raise BrokenInputError(f"is not a whole Parquet file ({problem})", where=filename, advice="write it again") from problem
    return names, [_row([_cell(c) for c in cells], len(names), f"row {n}") for n, cells in enumerate(zip(*columns, strict=True), 1)]


def _workbook(data: bytes, filename: str) -> tuple[list[str], list[Row]]:
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        lines = [[_cell(c) for c in cells] for cells in itertools.islice(book.worksheets[0].iter_rows(values_only=True), MOST_ROWS + 1)]
        book.close()
    except (InvalidFileException, *_BROKEN_WORKBOOK) as problem:
        raise BrokenInputError(f"is not a whole XLSX workbook ({problem})", where=filename, advice="save it again as XLSX or CSV") from problem
    if len(lines) > MOST_ROWS:
        raise LimitError(f"has more than {MOST_ROWS} rows", where=filename, advice="split the file into parts")
    at = next((n for n, cells in enumerate(lines) if any(c not in (None, "") for c in cells)), len(lines))
    header = ["" if c is None else str(c) for c in lines[at]] if lines[at:] else []
    rows = [(n, [*cells, *[None] * (len(header) - len(cells))]) for n, cells in enumerate(lines[at + 1 :], at + 2)]
    return header, [_row(cells, len(header), f"row {n}") for n, cells in rows if any(c not in (None, "") for c in cells)]


def _cell(value: Any) -> Any:
    """Dates as ISO text; a time of midnight is a spreadsheet's way to write a day."""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    return value.isoformat() if hasattr(value, "isoformat") else value
