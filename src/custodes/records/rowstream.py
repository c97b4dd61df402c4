"""Rows of well-behaved tables: CSV with a header line (UTF-8; comma, semicolon or tab) or JSON lines; and the account of what became of each row.

For our own fact tables and for lists of parties. Files are read line by line, so memory does not grow with the file. Payments and other tables of
the wild have their own, more patient reader.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, NamedTuple

import orjson
import pyarrow as pa

from custodes.errors import BrokenInputError, LimitError
from custodes.values import REPORTED, Origin, batch_of, columns_used, left_out

LINE_LIMIT = 8 << 20
"""Bytes that one line may have."""
BATCH = 4096
"""Rows per batch."""
_DELIMITERS = (",", ";", "\t")


class Row(NamedTuple):
    """One row: its place (``line 17``), its cells by column, or why it has none. A blank line has neither."""

    place: str
    cells: dict[str, Any]
    fault: str = ""


def header(head: bytes) -> tuple[str, ...]:
    """Column names of a CSV (its first line) or of JSON lines (the first object's keys), lower case; () when there are none.

    >>> header(b'Party_ID,name\\n1,Acme\\n'), header(b'{"id": "1", "name": "Acme"}\\n'), header(bytes(8))
    (('party_id', 'name'), ('id', 'name'), ())
    """
    line, whole, _ = head.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n").partition(b"\n")
    try:
        if line.lstrip()[:1] == b"{":
            value = orjson.loads(line)
            return tuple(str(key).strip().lower() for key in value) if isinstance(value, dict) else ()
        text = line.decode("utf-8").rstrip("\r")
    except ValueError:
        return ()
    if "\x00" in text or (not whole and len(line) > 65_000):
        return ()
    return tuple(_cells(text, _delimiter(text)))


def rows(stream: BinaryIO, where: str) -> Iterator[Row]:
    """Every row of the stream, in order. ``where`` names the file in errors.

    Raises BrokenInputError when the bytes are not UTF-8 text or the table has no header, LimitError when a line is too long.
    """
    lines = _lines(stream, where)
    first = next((pair for pair in lines if pair[1].strip()), None)
    if first is None:
        raise BrokenInputError("the file is empty", where=where, advice="check that it was fetched whole")
    if first[1].lstrip().startswith("{"):
        yield _json(first)
        yield from (_json(pair) for pair in lines)
    else:
        yield from _table(first, lines, where)


def _lines(stream: BinaryIO, where: str) -> Iterator[tuple[int, str]]:
    number = 0
    while line := stream.readline(LINE_LIMIT):
        number += 1
        if len(line) >= LINE_LIMIT and not line.endswith(b"\n"):
            raise LimitError(
                f"a line is longer than {LINE_LIMIT >> 20} MiB", where=f"{where}, line {number}", advice="this is not a table of parties"
            )
        try:
            text = (line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line).decode("utf-8")
        except UnicodeDecodeError as error:
            raise BrokenInputError("the text is not UTF-8", where=f"{where}, line {number}", advice="save the file as UTF-8") from error
        yield number, text


def _json(pair: tuple[int, str]) -> Row:
    number, text = pair
    place = f"line {number}"
    if not text.strip():
        return Row(place, {})
    try:
        value = orjson.loads(text)
    except ValueError as error:
        return Row(place, {}, f"not readable JSON: {error}"[:200])
    if not isinstance(value, dict):
        return Row(place, {}, "not a JSON object")
    return Row(place, {str(key).strip().lower(): cell for key, cell in value.items()})


def _delimiter(text: str) -> str:
    return max(_DELIMITERS, key=lambda sign: (text.count(sign), sign == ","))


def _cells(text: str, delimiter: str) -> list[str]:
    try:
        return [cell.strip().lower() for cell in next(csv.reader([text], delimiter=delimiter), [])]
    except csv.Error:
        return []


def _table(first: tuple[int, str], lines: Iterator[tuple[int, str]], where: str) -> Iterator[Row]:
    delimiter = _delimiter(first[1])
    names = _cells(first[1], delimiter)
    reader = csv.reader((text for _, text in lines), delimiter=delimiter)
    line = first[0]
    try:
        for cells in reader:
            yield _row(f"line {line + 1}", names, cells)
            line = first[0] + reader.line_num
    except csv.Error as error:
        advice = "save it as CSV with ordinary line ends and closed quotes"
        raise BrokenInputError(f"not a readable CSV: {error}", where=f"{where}, line {line + 1}", advice=advice) from error


def _row(place: str, names: list[str], cells: list[str]) -> Row:
    if not any(cell.strip() for cell in cells):
        return Row(place, {})
    if len(cells) > len(names) and any(cell.strip() for cell in cells[len(names) :]):
        return Row(place, {}, f"{len(cells)} cells, but the header has {len(names)}")
    return Row(place, {name: (cells[at].strip() if at < len(cells) else "") for at, name in enumerate(names) if name})


class Account:
    """What became of the rows of one file: records, rejects, counts of rows left out, cells per column."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._records: dict[str, list[Mapping[str, Any]]] = {}
        self._out: Counter[tuple[str, bool]] = Counter()
        self._filled: Counter[str] = Counter()

    def saw(self, cells: Mapping[str, Any]) -> None:
        """Count the filled cells of a row."""
        self._filled.update({name: int(value not in ("", None, [])) for name, value in cells.items()})

    def blank(self) -> None:
        """A line without content."""
        self._out["blank line", False] += 1

    def heading(self) -> None:
        """A line of headings or titles: not a data row."""
        self._out["heading", False] += 1

    def leave_out(self, reason: str, count: int = 1) -> None:
        """Data rows that are no record, or a part of one."""
        self._out[reason, True] += count

    def reject(self, place: str, column: str, reason: str) -> None:
        """A row that should have been a record and cannot be read."""
        row = {"origin_file": self._origin.path, "origin_at": place, "column": column, "reason": reason}
        self._records.setdefault("REJECT", []).append(row)

    def add(self, kind: str, place: str, row: Mapping[str, Any]) -> None:
        """A record, with its origin."""
        origin = {"origin_sha256": self._origin.sha256, "origin_file": self._origin.path, "origin_at": place}
        self._records.setdefault(kind, []).append({**row, **origin})

    def full(self) -> Iterator[pa.RecordBatch]:
        """Batches that have reached their size."""
        for kind, waiting in self._records.items():
            if len(waiting) >= BATCH:
                yield batch_of(kind, waiting)
                waiting.clear()

    def rest(self, uses: Mapping[str, str]) -> Iterator[pa.RecordBatch]:
        """The last batches; then rejects, counts and columns. ``uses``: column -> use; a column that is not in it is reported."""
        for kind in sorted(self._records, key=lambda name: name == "REJECT"):
            if self._records[kind]:
                yield batch_of(kind, self._records[kind])
        yield left_out(self._out)
        yield columns_used((name, uses.get(name, REPORTED), count) for name, count in self._filled.items())
