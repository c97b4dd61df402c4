"""The sheets of an XLSX or XLSM workbook as rows of text cells, read row by row; hostile and locked workbooks refused.

Cells become the text that a CSV export would hold: dates ISO, whole numbers without ``.0``, a formula's stored result. openpyxl's read-only mode
does the parsing (defusedxml refuses entities); what it would unpack is weighed first.
"""

from __future__ import annotations

import re
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from functools import partial
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from custodes.errors import BrokenInputError, LimitError
from custodes.records.csv_rows import Row

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""First bytes of the container of old .xls files and of password-protected workbooks."""
ZIP = b"PK\x03\x04"
MAX_UNPACKED = 2 << 30
MAX_RATIO = 250
SMALL_PART = 16 << 20
MAX_ROWS = 1_048_576
_BROKEN = (InvalidFileException, zipfile.BadZipFile, zlib.error, KeyError, ValueError, TypeError, IndexError, AttributeError, EOFError, OSError, ParseError, DefusedXmlException)
_ADVICE = "open it in a spreadsheet program, save it as XLSX or CSV, and try again"


def check(stream: BinaryIO, where: str) -> None:
    """Refuse what is no workbook, is locked, or would unpack to too much. BrokenInputError or LimitError."""
    stream.seek(0)
    head = stream.read(8)
    if head == OLE:
        what = "an old Excel file (.xls) or a workbook locked with a password"
        raise BrokenInputError(what, where=where, advice="save it as XLSX without a password")
    if not head.startswith(ZIP):
        raise BrokenInputError("the name says workbook, the content does not", where=where, advice="give the file the suffix of what it is (.csv for text with commas), or fetch it again")
    try:
        parts = zipfile.ZipFile(stream).infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise BrokenInputError(f"a broken or truncated workbook ({error})", where=where, advice="fetch it again") from error
    for part in parts:
        if part.file_size > SMALL_PART and part.file_size > MAX_RATIO * max(1, part.compress_size):
            raise LimitError(f"its part {part.filename} unpacks to {part.file_size:,} bytes from {part.compress_size:,}", where=where, advice=_ADVICE)
        if part.flag_bits & 1:
            raise BrokenInputError("a workbook locked with a password", where=where, advice="save it without a password")
    if sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise LimitError(f"unpacks to more than {MAX_UNPACKED:,} bytes", where=where, advice=_ADVICE)
    if not any(part.filename.startswith("xl/") for part in parts):
        raise BrokenInputError("a ZIP archive, but no Excel workbook", where=where, advice="unpack it and add the files in it")


def sheets(stream: BinaryIO, where: str, fill_down: bool = False) -> Iterator[tuple[str, Callable[[], Iterator[tuple[int, Row]]]]]:
    """Name and row source of each sheet; each call of the source reads the sheet anew. Checks first. Hidden sheets are read too.

    ``fill_down``: what stands in cells that are merged over several rows is given in each of these rows (in the first of the columns)."""
    check(stream, where)
    stream.seek(0)
    book = guarded(lambda: load_workbook(stream, read_only=True, data_only=True, keep_links=False), where)
    for sheet in book.worksheets:
        sheet.reset_dimensions()
        source = partial(_rows, sheet, where)
        merged = guarded(partial(_merged, stream, str(getattr(sheet, "_worksheet_path", ""))), where) if fill_down else {}
        yield str(sheet.title), partial(_filled, source, merged) if merged else source


_MERGE = re.compile(rb'<(?:\w+:)?mergeCell\s+ref="\$?([A-Z]{1,3})\$?(\d{1,7}):\$?[A-Z]{1,3}\$?(\d{1,7})"')
MOST_MERGED = 20_000
"""Merged cells of one sheet that are looked at."""


def _merged(stream: BinaryIO, part: str) -> dict[int, list[tuple[int, int]]]:
    """Of the cells merged over several rows of a sheet: row below the first -> (first row, column from 0) of each. ``part``: the sheet's name inside the archive."""
    with zipfile.ZipFile(stream) as archive, archive.open(part.lstrip("/")) as sheet:
        tail, found = b"", dict[int, list[tuple[int, int]]]()
        while block := sheet.read(1 << 20):
            tail = tail[-200:] + block
            for column, top, bottom in _MERGE.findall(tail):
                at = sum((letter - 64) * 26**place for place, letter in enumerate(reversed(column))) - 1
                for row in range(int(top) + 1, min(int(bottom), int(top) + 5_000) + 1):
                    cell = int(top), at
                    if len(found) < MOST_MERGED and cell not in found.setdefault(row, []):
                        found[row].append(cell)
        return found


def _filled(source: Callable[[], Iterator[tuple[int, Row]]], merged: dict[int, list[tuple[int, int]]]) -> Iterator[tuple[int, Row]]:
    firsts = {top for cells in merged.values() for top, _ in cells}
    kept: dict[int, Row] = {}
    for number, row in source():
        if number in firsts:
            kept[number] = row
        for top, at in merged.get(number, ()):
            above = kept.get(top, [])
            if at < len(above) and above[at] and not (at < len(row) and row[at].strip()):
                row = [*row, *[""] * (at + 1 - len(row))]
                row[at] = above[at]
        yield number, row


def guarded(action: Callable[[], Any], where: str) -> Any:
    """What ``action`` on a workbook gives; BrokenInputError for whatever a broken one makes the parser raise."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return action()
    except _BROKEN as error:
        raise BrokenInputError(f"the workbook cannot be read ({type(error).__name__}: {str(error)[:120]})", where=where, advice=_ADVICE) from error


def _rows(sheet: Any, where: str) -> Iterator[tuple[int, Row]]:
    """Rows that hold something, with their numbers. Rows that the file does not hold cost no memory."""
    source = iter(sheet.iter_rows(values_only=True))
    number = 0
    place = f"{where}, sheet {sheet.title!r}"
    while True:
        values = guarded(lambda: next(source, None), place)
        if values is None:
            return
        number += 1
        if number > MAX_ROWS:
            raise LimitError(f"more than {MAX_ROWS:,} rows", where=place, advice=_ADVICE)
        row = [cell_text(value) for value in values]
        while row and not row[-1]:
            row.pop()
        if row:
            yield number, row


def cell_text(value: object) -> str:
    """The cell as a CSV export would write it.

    >>> [cell_text(v) for v in (datetime(2023, 4, 3), 12.0, 12.5, None, True, " x ")]
    ['2023-04-03', '12', '12.5', '', 'TRUE', ' x ']
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value.replace("_x000D_", "\n").replace("\r\n", "\n").replace("\r", "\n")
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    return value.isoformat() if isinstance(value, date) else str(value)
