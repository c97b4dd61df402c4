"""Tables of rows to a file: CSV, JSON lines, Parquet or XLSX by suffix, ``-`` for JSON lines on standard output."""

from __future__ import annotations

import csv
import gzip
import io
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from custodes.errors import UsageError

SUFFIXES = (".csv", ".jsonl", ".parquet", ".xlsx")
XLSX_ROWS = 1_048_575

Write = Callable[[Mapping[str, Any]], None]


def suffix_of(out: str) -> str:
    """The format that an output name asks for; UsageError listing the formats when it asks for none of them."""
    if out == "-":
        return ".jsonl"
    name = out.removesuffix(".gz")
    suffix = Path(name).suffix.lower()
    if suffix not in SUFFIXES or (out.endswith(".gz") and suffix in (".parquet", ".xlsx")):
        raise UsageError("cannot tell the output format from the name", where=out, advice=f"end it in one of {' '.join(SUFFIXES)} (.csv.gz and .jsonl.gz too)")
    return suffix


@contextmanager
def table(out: str, columns: Sequence[str], schema: pa.Schema | None = None) -> Iterator[Write]:
    """A function that writes one row (mapping) to ``out``; the file appears under its name only when everything is written.

    ``schema`` types the Parquet columns; without it they are text. Raises UsageError when the place cannot be written.
    """
    suffix = suffix_of(out)
    if out == "-":
        yield lambda row: _print_line(row, columns)
        return
    path = Path(out)
    temporary = path.with_name(f".{path.name}.part")
    try:
        with _WRITERS[suffix](temporary, columns, schema, out.endswith(".gz")) as write:
            yield write
        temporary.replace(path)
    except OSError as error:
        raise UsageError(f"cannot write: {error.strerror or error}", where=out, advice="check that the folder exists and may be written") from None
    finally:
        temporary.unlink(missing_ok=True)


def _print_line(row: Mapping[str, Any], columns: Sequence[str]) -> None:
    sys.stdout.write(_json_line(row, columns))


def _json_line(row: Mapping[str, Any], columns: Sequence[str]) -> str:
    return json.dumps({name: _plain(row.get(name)) for name in columns}, ensure_ascii=False) + "\n"


def _plain(value: Any) -> Any:
    """Money as a JSON number with the publisher's digits; everything else as it is."""
    return float(value) if isinstance(value, Decimal) else value


def open_text(path: Path, packed: bool) -> IO[str]:
    """A text file to write, packed or not; equal rows give equal bytes."""
    if packed:
        # a fixed time and no name in the header: the same rows give the same bytes
        packed_file = gzip.GzipFile("", "wb", fileobj=(raw := path.open("wb")), mtime=0)
        packed_file.myfileobj = raw  # type: ignore[assignment]  # closed together with it
        return io.TextIOWrapper(packed_file, "utf-8", errors="surrogatepass", newline="")
    return path.open("w", encoding="utf-8", errors="surrogatepass", newline="")


@contextmanager
def _csv(path: Path, columns: Sequence[str], _schema: pa.Schema | None, packed: bool) -> Iterator[Write]:
    with open_text(path, packed) as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        yield lambda row: writer.writerow([cell(row.get(name)) for name in columns])


@contextmanager
def _jsonl(path: Path, columns: Sequence[str], _schema: pa.Schema | None, packed: bool) -> Iterator[Write]:
    with open_text(path, packed) as stream:

        def write(row: Mapping[str, Any]) -> None:
            stream.write(_json_line(row, columns))

        yield write


@contextmanager
def _parquet(path: Path, columns: Sequence[str], schema: pa.Schema | None, _packed: bool) -> Iterator[Write]:
    schema = schema or pa.schema([(name, pa.string()) for name in columns])
    rows: list[Mapping[str, Any]] = []
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:

        def flush() -> None:
            arrays = [pa.array([row.get(f.name) for row in rows], f.type) for f in schema]
            writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
            rows.clear()

        def write(row: Mapping[str, Any]) -> None:
            rows.append(dict(row))
            if len(rows) >= 65_536:
                flush()

        yield write
        flush()


@contextmanager
def _xlsx(path: Path, columns: Sequence[str], _schema: pa.Schema | None, _packed: bool) -> Iterator[Write]:
    import xlsxwriter

    book = xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False})
    sheets = 0
    row_number = XLSX_ROWS + 1
    sheet: Any = None

    def write(row: Mapping[str, Any]) -> None:
        nonlocal sheet, row_number, sheets
        if row_number > XLSX_ROWS:
            sheet, row_number, sheets = head(sheets), 1, sheets + 1
        for column, name in enumerate(columns):
            value = row.get(name)
            if isinstance(value, bool | int | float | Decimal):
                sheet.write_number(row_number, column, float(value))
            elif value not in (None, "", []):
                # Excel refuses longer cells; the cut is marked, the whole text stands in the other formats
                text = cell(value)
                sheet.write_string(row_number, column, text if len(text) <= 32_767 else text[:32_760] + " [cut]")
        row_number += 1

    def head(number: int) -> Any:
        new = book.add_worksheet("Rows" if not number else f"Rows {number + 1}")
        new.freeze_panes(1, 0)
        for column, name in enumerate(columns):
            new.write_string(0, column, name)
        return new

    sheet, row_number, sheets = head(0), 1, 1
    try:
        yield write
    finally:
        book.close()


_WRITERS: dict[str, Any] = {".csv": _csv, ".jsonl": _jsonl, ".parquet": _parquet, ".xlsx": _xlsx}


def cell(value: Any) -> str:
    """A value as one cell of text: lists as JSON arrays, empty for unknown, money without needless noughts, formulas disarmed.

    A text that a spreadsheet would run as a formula (it starts with = + - @, a tab or a return) gets an apostrophe in front.
    """
    if value is None:
        return ""
    if isinstance(value, list | tuple | dict):
        return json.dumps(value, ensure_ascii=False, default=str) if value else ""
    if isinstance(value, Decimal):
        return money(value)
    if isinstance(value, str):
        return "'" + value if value[:1] in _FORMULA and not _number(value) else value
    return str(value)


_FORMULA = frozenset("=+-@\t\r")


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def money(value: Decimal) -> str:
    """An amount with at least two decimals and no more than it needs."""
    text = f"{value:.4f}"
    return text[:-2] if text.endswith("00") else text.rstrip("0")
