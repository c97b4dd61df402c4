"""A filled sheet coming back: is it ours, and what stands in its rows? XLSX and CSV; see :mod:`custodes.review.sheets` for how it went out."""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, BinaryIO

from custodes.errors import BrokenInputError, LimitError
from custodes.review.batch import unguarded
from custodes.review.sheets import GUARDS, Sheet
from custodes.review.text_tables import csv_rows, decoded, header

MOST_BYTES = 512 << 20
"""Bytes of a workbook, unpacked, at most."""


@dataclass(frozen=True, slots=True)
class Back:
    """One row that came back: its place, its cells as text by column, and what is wrong with its form (empty: nothing)."""

    place: str
    cells: Mapping[str, str]
    fault: str = ""


def claims(head: bytes, filename: str, sheet: Sheet) -> bool:
    """Is this CSV one of ours that came back? Its header has the key, the open columns and the guards. Never raises."""
    try:
        names = set(header(decoded(head, cut=True).split("\n", 1)[0]))
    except (ValueError, csv.Error):
        return False
    return {sheet.key, *sheet.open, *(guard.name for guard in GUARDS)} <= names


def is_book(stream: BinaryIO, sheet: Sheet) -> bool:
    """Is this a workbook of ours? Looks at the names of its sheets only. Never raises; leaves the stream at its start."""
    try:
        stream.seek(0)
        if stream.read(4) != b"PK\x03\x04":
            return False
        with zipfile.ZipFile(stream) as archive:
            info = archive.getinfo("xl/workbook.xml")
            names = archive.open(info).read(1 << 20).decode("utf-8", "replace") if info.file_size < 1 << 20 else ""
        return f'name="{sheet.name}"' in names and 'name="Dictionary"' in names and 'name="Lists"' in names
    except (zipfile.BadZipFile, KeyError, OSError, RuntimeError, NotImplementedError, ValueError):
        return False
    finally:
        stream.seek(0)


def read(stream: BinaryIO, filename: str, sheet: Sheet) -> Iterator[Back]:
    """Rows that came back, blank ones passed over. BrokenInputError when the file is no sheet of ours, LimitError when it unpacks to too much."""
    stream.seek(0)
    if stream.read(4) == b"PK\x03\x04":
        stream.seek(0)
        yield from _from_book(stream, filename, sheet)
    else:
        stream.seek(0)
        yield from _from_csv(stream, filename, sheet)


def _from_book(stream: BinaryIO, filename: str, sheet: Sheet) -> Iterator[Back]:
    import openpyxl  # heavy, and needed only here

    try:
        with zipfile.ZipFile(stream) as archive:
            size = sum(info.file_size for info in archive.infolist())
        if size > MOST_BYTES:
            raise LimitError(f"unpacks to {size} bytes, more than {MOST_BYTES}", where=filename, advice="split the workbook")
        stream.seek(0)
        book = openpyxl.load_workbook(stream, read_only=True, data_only=False, keep_links=False)
        for name in book.sheetnames:
            if re.fullmatch(re.escape(sheet.name) + r"( \d+)?", name):
                yield from _from_page(book[name], name, filename, sheet)
    except (LimitError, BrokenInputError):
        raise
    except Exception as problem:
        raise BrokenInputError(f"is not a readable workbook ({type(problem).__name__}: {problem})"[:300], where=filename, advice="save it again as .xlsx") from problem


def _from_page(page: Any, name: str, filename: str, sheet: Sheet) -> Iterator[Back]:
    header: list[str] = []
    for number, cells in enumerate(page.iter_rows(), 1):
        if not header:
            header = [str(cell.value or "").strip().casefold() for cell in cells]
            _needed(header, filename, sheet)
            continue
        row, fault = {}, ""
        for column, cell in zip(header, cells, strict=False):
            if column and cell.value is not None:
                row[column], wrong = _text_of(cell)
                fault = fault or (f"{column}: {wrong}" if wrong else "")
        if any(text.strip() for text in row.values()):
            yield Back(f"sheet {name!r}, row {number}", row, fault)


def _text_of(cell: Any) -> tuple[str, str]:
    """(text of a cell, what is wrong with it)."""
    value = cell.value
    if cell.data_type == "f":
        return str(value), "the cell holds a formula; write text"
    if cell.data_type == "e":
        return str(value), f"the cell holds an error ({value})"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(), ""
    if isinstance(value, date):
        return value.isoformat(), ""
    if isinstance(value, bool):
        return str(value).lower(), ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value)), ""
    return str(value), ""


def _from_csv(stream: BinaryIO, filename: str, sheet: Sheet) -> Iterator[Back]:
    data = stream.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise LimitError(f"holds more than {MOST_BYTES} bytes", where=filename, advice="split the file")
    try:
        text = decoded(data)
        _needed(header(text), filename, sheet)
    except (ValueError, csv.Error) as problem:
        raise BrokenInputError(f"is not a table of text ({problem})", where=filename, advice="export the sheet again") from problem
    for line, row in csv_rows(text):
        if isinstance(row, str):
            yield Back(f"line {line}", {}, row)
        else:
            yield Back(f"line {line}", {name: unguarded(cell) for name, cell in row.items()})


def _needed(header: Sequence[str], filename: str, sheet: Sheet) -> None:
    missing = [name for name in (sheet.key, *sheet.open, *(guard.name for guard in GUARDS)) if name not in header]
    if missing:
        raise BrokenInputError(f"lacks the columns {', '.join(missing)}", where=filename, advice="export the sheet again and keep its header line")
