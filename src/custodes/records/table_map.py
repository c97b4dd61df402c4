"""Any table with a map: the person says which column is which, in case.toml or on the command line.

``columns = {supplier = "Payee", amount = "Value", date = "Paid on", description = ["What", "Cost centre"]}``. A description may also be written
``"What + Cost centre"``; ``"column 3"`` names the third column of a table without header. CSV, TSV, other delimited text, XLSX and JSON lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, BinaryIO

import pyarrow as pa

from custodes.errors import InputError
from custodes.records import json_table
from custodes.records.amounts import currency_of
from custodes.records.book import read_book
from custodes.records.csv_rows import Row
from custodes.records.guess import advice, guess
from custodes.records.headers import meanings, plain
from custodes.records.layout import SEARCH, Layout
from custodes.records.sheets import OLE, ZIP
from custodes.records.tabular import read_table
from custodes.values import Origin

__all__ = ["FIELDS", "KINDS", "NAME", "advice", "companions", "guess", "read", "sniff"]

NAME = "table_map"
KINDS: tuple[str, ...] = ("PURCHASE",)
FIELDS: dict[str, str] = {
    "supplier": "who was paid (needed)",
    "amount": "how much (needed)",
    "date": "when",
    "description": "what was bought; several columns as a list or joined with +",
    "body": "who paid",
    "transaction": "the publisher's own number of the payment",
    "line": "line of the transaction",
    "currency": "three letters",
    "supplier_id": "the publisher's number of the supplier",
    "cpv": "CPV code",
    "vat_number": "the supplier's VAT number",
    "company_number": "the supplier's number at Companies House",
}
"""The fields that a map may name, and what they mean."""
_SCHEMES = {"vat_number": "GB-VAT", "company_number": "GB-COH"}


def sniff(head: bytes, filename: str) -> bool:
    """Never: this reader is chosen by a map, not by a file."""
    return False


def companions(filename: str) -> tuple[str, ...]:
    """None."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """PURCHASE batches, then REJECT, LEFT_OUT and COLUMN. InputError when the map names a field or header that is not there."""
    make = layout_maker(origin.entry.columns, origin.path)
    stream = streams[0]
    stream.seek(0)
    head = stream.read(4096).lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith((ZIP, OLE)):
        yield from read_book(stream, origin, _lenient(make))
    elif head.startswith(b"{"):
        yield from json_table.read_lines(stream, origin, make)
    else:
        yield from read_table(stream, origin, make)


def layout_maker(columns: Mapping[str, Any], where: str) -> Callable[[list[Row], list[int]], Layout]:
    """A function from the head of a table to its layout as the map says. InputError for unknown fields, or without supplier and amount."""
    wanted = {field: names(value) for field, value in columns.items()}
    known = ", ".join(FIELDS)
    for field in wanted:
        if field not in FIELDS:
            raise InputError(f"the map names a field that does not exist: {field!r}", where=where, advice=f"fields: {known}")
    missing = [field for field in ("supplier", "amount") if not wanted.get(field)]
    if missing:
        raise InputError(f"the map does not say which column is the {' and the '.join(missing)}", where=where, advice=f"fields: {known}")
    return lambda rows, lines: _layout(wanted, rows, lines, where)


def _lenient(make: Callable[[list[Row], list[int]], Layout]) -> Callable[[list[Row], list[int]], Layout | None]:
    """The same, but None for a sheet without the headers of the map: a workbook may hold notes beside its tables."""

    def attempt(rows: list[Row], lines: list[int]) -> Layout | None:
        try:
            return make(rows, lines)
        except InputError:
            return None

    return attempt


def names(value: Any) -> list[str]:
    """The headers that a map's value names: a text is one header (parts joined by " + " are told apart when the file is seen)."""
    return [str(item) for item in value] if isinstance(value, (list, tuple)) else [str(value)] if str(value).strip() else []


def _layout(wanted: Mapping[str, list[str]], rows: list[Row], lines: list[int], where: str) -> Layout:
    every = [name for values in wanted.values() for name in values]
    width = max((len(row) for row in rows), default=0)
    if all(_number(name) for name in every):
        at, header = -1, [""] * width
    else:
        at = max(range(min(len(rows), SEARCH)), key=lambda i: (sum(1 for name in every if _find(name, rows[i])), -i), default=-1)
        header = [*(rows[at] if rows else []), *[""] * width][:width]
    found = {field: [column for name in values for column in _columns(name, header, field, where)] for field, values in wanted.items()}
    return _assemble(found, header, lines[at] if at >= 0 else 0)


def _number(name: str) -> int:
    """The column that "column 3" names, counted from 1; 0 for other names."""
    words = name.strip("() ").casefold().split()
    return int(words[1]) if len(words) == 2 and words[0] == "column" and words[1].isdigit() else 0


def _find(name: str, header: Sequence[str]) -> list[int]:
    """Columns whose header is ``name``: as it stands, else without regard to case and blanks, else in plain form."""
    for same in (str, lambda text: " ".join(text.casefold().split()), plain):
        hits = [at for at, cell in enumerate(header) if same(cell) == same(name) and same(name)]
        if hits:
            return hits
    return []


def _columns(name: str, header: list[str], field: str, where: str) -> list[int]:
    """The column (for a description: columns) that a name in the map means. InputError showing the headers when it is not there."""
    if hits := _find(name, header):
        return hits[:1] if field != "description" else hits
    if 0 < _number(name) <= len(header):
        return [_number(name) - 1]
    parts = [part.strip() for part in name.split("+")]
    if field == "description" and len(parts) > 1:
        return [column for part in parts for column in _columns(part, header, field, where)]
    shown = ", ".join(repr(cell.strip()) for cell in header if cell.strip()) or f"none; {len(header)} columns, named column 1, column 2 ..."
    raise InputError(f"the map names a column that the file does not have: {name!r} for {field}", where=where, advice=f"headers of the file: {shown[:1500]}")


def _assemble(found: Mapping[str, list[int]], header: list[str], line: int) -> Layout:
    column = {field: columns[0] for field, columns in found.items() if columns}
    amount, date = header[column["amount"]], column.get("date", -1)
    layout = Layout(
        tuple(header), header_line=line, narrative=tuple(dict.fromkeys(found.get("description", []))), sign=currency_of(amount),
        tax=next((m.says for m in meanings(amount) if m.field == "amount" and m.says), "unknown"),
        date_kind=next((m.says for m in meanings(header[date]) if m.field == "date"), "payment") if date >= 0 else "",
        codes=tuple(("CPV", at) for at in found.get("cpv", [])),
        identifiers=tuple((scheme, at) for field, scheme in _SCHEMES.items() for at in found.get(field, [])),
    ).with_columns(column)  # fmt: skip
    used = {at: field for field, columns in found.items() for at in columns}
    return replace(layout, uses=tuple(used.get(at) or ("ignored: not in the map" if cell.strip() else "") for at, cell in enumerate(header)))
