"""Rows out as a spreadsheet that a person fills in, and back again: XLSX and CSV. Nothing is silently overwritten.

A sheet has locked columns (what the row is) and open ones (what a person writes). Every row carries what it was when it went out: the ``evidence_hash``,
the decision that stood then (``seen``) and a ``check`` over both and the id. Coming back, a row is accepted only when all three still fit.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from custodes.errors import UsageError
from custodes.review.batch import guarded

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, what it means, whether a person writes in it, what may be written (empty: anything), and how wide it is (characters)."""

    name: str
    words: str
    open: bool = False
    choices: tuple[str, ...] = ()
    width: int = 16


@dataclass(frozen=True, slots=True)
class Sheet:
    """A view as a spreadsheet: ``name`` of its sheet, ``key`` the column that names a row, and its columns without the three that guard a row."""

    name: str
    key: str
    columns: tuple[Column, ...]

    @property
    def all(self) -> tuple[Column, ...]:
        """The columns as they stand in the file."""
        return (*self.columns, *GUARDS)

    @property
    def open(self) -> tuple[str, ...]:
        """Names of the columns in which a person writes."""
        return tuple(column.name for column in self.columns if column.open)


GUARDS = (
    Column("evidence_hash", "hash of what a decision rests on, when the row went out; do not change", width=20),
    Column("seen", "the decision that stood when the row went out; empty: none; do not change", width=18),
    Column("check", "belongs to the three columns that name the row; do not change", width=18),
)
SHEET_ROWS = 1_000_000
"""Rows per sheet; more go on in ``NAME 2`` and so on (a sheet ends at 1,048,576)."""
_CELL = 32_000
_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def check(key: str, evidence_hash: str, seen: str) -> str:
    """Sixteen hex digits that fit these three values and no others that a slip of the hand would make."""
    return hashlib.sha256("\x1f".join((key, evidence_hash, seen)).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def export(sheet: Sheet, rows: Iterable[Row], suffix: str, about: Iterable[tuple[str, str]] = (), now: str = "") -> bytes:
    """``rows`` (with the sheet's columns, ``evidence_hash`` and ``seen``) as the bytes of a file; ``suffix``: ``.xlsx`` or ``.csv``.

    The workbook has the rows, lists of what may be written, a dictionary and a page about it. The same rows give the same bytes.
    """
    ready = (_ready(sheet, row) for row in rows)
    if suffix == ".csv":
        return _csv(sheet, ready)
    if suffix != ".xlsx":
        raise UsageError(f"not a format of a sheet: {suffix!r}", advice="use .xlsx or .csv")
    return _book(sheet, ready, about, now)


def _ready(sheet: Sheet, row: Row) -> dict[str, str]:
    """A row as texts, its check filled in."""
    cells = {column.name: _cell(row.get(column.name)) for column in sheet.columns}
    guards = {name: str(row.get(name) or "") for name in ("evidence_hash", "seen")}
    return {**cells, **guards, "check": check(cells[sheet.key], guards["evidence_hash"], guards["seen"])}


def _cell(value: Any) -> str:
    text = _CONTROL.sub("\ufffd", "" if value is None else str(value)).replace("\r\n", "\n").replace("\r", "\n")
    return text if len(text) <= _CELL else f"{text[:_CELL]} [cut]"


def _csv(sheet: Sheet, rows: Iterable[Mapping[str, str]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    names = [column.name for column in sheet.all]
    writer.writerow(names)
    writer.writerows([guarded(row[name]) for name in names] for row in rows)
    # with the mark a spreadsheet reads the file as UTF-8
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8", "replace")


def _book(sheet: Sheet, rows: Iterable[Mapping[str, str]], about: Iterable[tuple[str, str]], now: str) -> bytes:
    import xlsxwriter  # heavy, and needed only here

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, _OPTIONS)
    book.set_properties({"title": sheet.name, "author": "custodes", "created": _moment(now)})
    looks = {
        "head": book.add_format({"bold": True, "bg_color": "#EFE9DC", "border": 1, "text_wrap": True, "valign": "top"}),
        "locked": book.add_format({"text_wrap": True, "valign": "top", "num_format": "@", "font_color": "#444444"}),
        # a text that begins like a formula keeps its apostrophe when somebody saves the sheet in another format
        "quoted": book.add_format({"text_wrap": True, "valign": "top", "num_format": "@", "font_color": "#444444", "quote_prefix": True}),
        "open": book.add_format({"text_wrap": True, "valign": "top", "num_format": "@", "locked": False, "bg_color": "#FFFBE6", "border": 1, "border_color": "#DDD5B8"}),
        "open quoted": book.add_format(
            {"text_wrap": True, "valign": "top", "num_format": "@", "locked": False, "bg_color": "#FFFBE6", "border": 1, "border_color": "#DDD5B8", "quote_prefix": True}
        ),
    }
    source, n, more = iter(rows), 0, True
    while more:
        n += 1
        more = _page(book, sheet, sheet.name if n == 1 else f"{sheet.name} {n}", source, looks)
    _lists(book, sheet, looks)
    _pairs(book, "Dictionary", [("column", "meaning"), *((c.name, c.words + (" (write here)" if c.open else "")) for c in sheet.all)], looks)
    _pairs(book, "About", [("what", "words"), *about], looks)
    book.close()
    return out.getvalue()


def _moment(now: str) -> datetime:
    try:
        return datetime.fromisoformat(now.replace("Z", "+00:00")).replace(tzinfo=None)
    except ValueError:
        return datetime(2000, 1, 1)  # noqa: DTZ001 - a workbook knows no zone


def _page(book: Any, sheet: Sheet, name: str, rows: Iterator[Mapping[str, str]], looks: Mapping[str, Any]) -> bool:
    """Write one sheet of rows; True when rows may be left."""
    page = book.add_worksheet(name)
    for at, column in enumerate(sheet.all):
        page.set_column(at, at, column.width, looks["open" if column.open else "locked"])
        page.write_string(0, at, column.name, looks["head"])
    page.freeze_panes(1, 1)
    line = 0
    for line, row in enumerate(rows, 1):
        for at, column in enumerate(sheet.all):
            text = row[column.name]
            look = ("open" if column.open else "locked") if guarded(text) == text else ("open quoted" if column.open else "quoted")
            if text or column.open:
                page.write_string(line, at, text, looks[look]) if text else page.write_blank(line, at, None, looks[look])
        if line == SHEET_ROWS:
            break
    _validate(page, sheet, max(line, 1))
    page.autofilter(0, 0, max(line, 1), len(sheet.all) - 1)
    page.protect("", {"autofilter": True, "sort": True, "format_columns": True, "format_rows": True})
    return line == SHEET_ROWS


def _validate(page: Any, sheet: Sheet, last: int) -> None:
    """Choices offered in every open cell that has them; they stand in the sheet Lists, because a cell's own list is limited to 255 characters."""
    listed = [column for column in sheet.columns if column.choices]
    for at, column in enumerate(sheet.all):
        if column.choices:
            letter = chr(ord("A") + listed.index(column))
            source = f"=Lists!${letter}$2:${letter}${len(column.choices) + 1}"
            rule = {"validate": "list", "source": source, "error_title": column.name, "error_message": f"Choose one of the list; see Dictionary: {column.name}."}
            page.data_validation(1, at, last, at, rule)


def _lists(book: Any, sheet: Sheet, looks: Mapping[str, Any]) -> None:
    page = book.add_worksheet("Lists")
    for at, column in enumerate(column for column in sheet.columns if column.choices):
        page.set_column(at, at, 26)
        page.write_string(0, at, column.name, looks["head"])
        for line, choice in enumerate(column.choices, 1):
            page.write_string(line, at, choice)
    page.protect()


def _pairs(book: Any, name: str, rows: Iterable[tuple[str, str]], looks: Mapping[str, Any]) -> None:
    page = book.add_worksheet(name)
    page.set_column(0, 0, 22)
    page.set_column(1, 1, 90, looks["locked"])
    for line, (left, right) in enumerate(rows):
        page.write_string(line, 0, _cell(left), looks["head" if line == 0 else "locked"])
        page.write_string(line, 1, _cell(right), looks["head" if line == 0 else "locked"])
    page.protect()
