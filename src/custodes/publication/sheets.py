"""The findings as a workbook: sheets Findings, Dictionary, About. No formulas, no links, the same bytes every time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter

from custodes.publication.rows import Row, shown
from custodes.publication.tables import Column, Table, about
from custodes.publication.view import View

_ROWS = 1_048_000
_CELL = 32_700
_WIDTHS = {"description": 48, "reasons": 48, "supplier": 28, "body": 28, "maker": 18, "origin_file": 32, "finding_id": 22, "record_key": 26}
OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "nan_inf_to_errors": True}
"""Options of every workbook: no formulas, no links, one row in memory."""


def write_xlsx(view: View, table: Table, path: Path) -> Path:
    """Write ``table`` to ``path``; rows beyond a sheet's limit go on in ``Findings 2`` and so on."""
    book = xlsxwriter.Workbook(str(path), OPTIONS)
    book.set_properties({"title": view.title, "subject": f"{view.kind} edition", "author": "custodes", "created": moment(view.now)})
    bold = book.add_format({"bold": True, "bg_color": "#EFE9DC", "border": 1, "border_color": "#C9BFA9"})
    rows, n, more = table.rows(), 0, True
    while more:
        n += 1
        more = _sheet(book, "Findings" if n == 1 else f"Findings {n}", view, table.columns, rows, bold)
    _pairs(book, "Dictionary", ("column", "type", "meaning"), [(c.name, c.type, c.words) for c in table.columns], bold)
    _pairs(book, "About", ("what", "words"), list(about(view)), bold)
    book.close()
    return path


def moment(now: str) -> datetime:
    """The edition's time without zone, as a workbook keeps it; the first day of 2000 when it is not known."""
    try:
        return datetime.fromisoformat(now.replace("Z", "+00:00")).replace(tzinfo=None)
    except ValueError:
        return datetime(2000, 1, 1)  # noqa: DTZ001 - a workbook knows no zone


def _sheet(book: Any, name: str, view: View, columns: tuple[Column, ...], rows: Iterator[Row], bold: Any) -> bool:
    """Write one sheet; True when rows may be left."""
    sheet = book.add_worksheet(name)
    for at, column in enumerate(columns):
        sheet.set_column(at, at, _WIDTHS.get(column.name, 14))
    sheet.freeze_panes(1, 0)
    if view.draft:
        sheet.set_header('&C&"Arial,Bold"DRAFT - a machine\'s finding is a lead until a person confirms it')
    sheet.set_landscape()
    sheet.repeat_rows(0)
    for at, column in enumerate(columns):
        sheet.write_string(0, at, column.name, bold)
    line = 0
    for line, row in enumerate(rows, 1):
        for at, column in enumerate(columns):
            _write(sheet, line, at, view.kind if column.name == "edition" else row.get(column.name), column.type)
        if line == _ROWS:
            break
    sheet.autofilter(0, 0, line, len(columns) - 1)
    return line == _ROWS


def _write(sheet: Any, line: int, at: int, value: Any, kind: str) -> None:
    if value is None or value == "":
        return
    if kind == "boolean":
        sheet.write_boolean(line, at, bool(value))
    elif kind in ("number", "integer") and isinstance(value, (int, float, Decimal)):
        sheet.write_number(line, at, float(value))
    else:
        text = shown(json.dumps(value, ensure_ascii=False, default=str) if kind in ("array", "object") else value)
        sheet.write_string(line, at, text if len(text) <= _CELL else text[:_CELL] + " [cut: the whole text is in findings.csv]")


def _pairs(book: Any, name: str, head: tuple[str, ...], rows: list[tuple[str, ...]], bold: Any) -> None:
    sheet = book.add_worksheet(name)
    sheet.set_column(0, 0, 20)
    sheet.set_column(1, len(head) - 1, 60 if len(head) == 2 else 30)
    for line, row in enumerate([head, *rows]):
        for at, text in enumerate(row):
            sheet.write_string(line, at, shown(text), *([bold] if line == 0 else []))


def write_tables(view: View, tables: Sequence[Table], path: Path) -> Path:
    """Write several tables to one workbook, a sheet each under its title, with a dictionary and what the edition is."""
    book = xlsxwriter.Workbook(str(path), OPTIONS)
    book.set_properties({"title": view.title, "subject": f"{view.kind} edition", "author": "custodes", "created": moment(view.now)})
    bold = book.add_format({"bold": True, "bg_color": "#EFE9DC", "border": 1, "border_color": "#C9BFA9"})
    for table in tables:
        rows, n, more = table.rows(), 0, True
        while more:
            n += 1
            more = _sheet(book, table.title if n == 1 else f"{table.title} {n}", view, table.columns, rows, bold)
    _pairs(book, "Dictionary", ("column", "type", "meaning"), sorted({(c.name, c.type, c.words) for t in tables for c in t.columns}), bold)
    _pairs(book, "About", ("what", "words"), list(about(view)), bold)
    book.close()
    return path
