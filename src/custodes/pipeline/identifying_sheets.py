"""Registers: an owner's own sheet of cameras, given back with the verdicts beside each row.

The sheet may be messy: titles above the heading, odd names of columns, blank rows, section headings, several sheets. Columns are told by their headings (English,
and the common ones of other languages and of NetBox, Snipe-IT and Lansweeper) and, where those say nothing, by what stands in them. The owner's rows keep their
order and their cells stay as they are; ours stand behind the last column. A second run writes over ours and adds none.
"""

from __future__ import annotations

import csv
import datetime
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from custodes.errors import InputError, UsageError
from custodes.findings import device_fuse
from custodes.findings.device_tables import Devices
from custodes.findings.device_text import squeezed
from custodes.pipeline import identifying, output
from custodes.pipeline.identifying_layout import OURS, Cells, Layout, evidence, heading_row, layout, text_rows
from custodes.pipeline.tools import Input
from custodes.records import device_arp, device_leases, device_nmap_text, device_register, device_words, sheets
from custodes.sources.unpack import head, opened


def is_register(item: Input) -> bool:
    """Is the file a workbook, or a table in text whose heading speaks of devices?"""
    with opened(item.path, item.name) as (stream, filename):
        first = head(stream)
    wide = first[:2] in (b"\xff\xfe", b"\xfe\xff")
    if (first.startswith(sheets.ZIP) and b"[Content_Types].xml" in first) or filename.lower().endswith((".xlsx", ".xlsm")):
        return True
    if any(reader.sniff(first, filename) for reader in (device_arp, device_leases, device_nmap_text)):
        return False
    if first.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] in (b"{", b"[", b"<") or (b"\0" in first[:2_000] and not wide) or not re.search(rb"[,;\t|]", first[:4_000]):
        return False
    rows = text_rows(first, partial_end=True)
    return bool(rows) and heading_row(rows) >= 0


def verdicts(rows: Sequence[Cells], place: Layout, known: Devices) -> Iterator[tuple[int, dict[str, Any] | None]]:
    """(row, cells of ours) of every row behind the heading; None for a row that is no device: blank, a section's heading, a sum."""
    above: Cells = []
    for n in range(place.heading + 1, len(rows)):
        row = _undittoed(rows[n][: place.width], above, place)
        said = evidence(row, place)
        filled = sum(bool(cell.strip()) for cell in row)
        if (not said and filled < 2) or re.match(r"(?i)\s*(sub)?-?\s*totals?\b", next((cell for cell in row if cell.strip()), "")):
            yield n, None
            continue
        above = row
        cells = identifying.cells(device_fuse.identify(known, said))
        heading_like = filled == 1 and cells["maker"] is None
        yield n, None if heading_like else cells


REPEATED = frozenset(("brand", "model", "text", "kind", "firmware"))
"""Fields in which a ditto mark stands for the cell above; a serial number or an address is never another's."""


def _undittoed(row: Cells, above: Cells, place: Layout) -> Cells:
    """The row with what stands above in place of ditto marks."""
    return [
        above[n] if n < len(above) and place.columns.get(n) in REPEATED and cell.strip() and device_register.DITTO.fullmatch(cell.strip()) else cell
        for n, cell in enumerate(row)
    ]


# ---- out as rows -----------------------------------------------------------------------------------------------------------------------------


def rows(item: Input, known: Devices, rejects: list[dict[str, str]]) -> Iterator[dict[str, Any]]:
    """The rows of a register as rows of the contract; the id is the owner's, else the row's place."""
    any_sheet = False
    for title, table in _sheets_of(item):
        place = layout(table, known)
        if not place.columns:
            continue
        any_sheet = True
        for n, said in verdicts(table, place, known):
            if said is not None:
                name = table[n][place.named].strip() if 0 <= place.named < len(table[n]) else ""
                name = "" if device_words.nothing(name.strip("[]")) else name
                yield {"id": name or (f"{title}, row {n + 1}" if title else f"row {n + 1}"), **said}
    if not any_sheet:
        rejects.append({"origin_file": item.name, "origin_at": "", "reason": "no column of this table tells of devices: a heading such as model, make, MAC address or serial number is needed"})


def _sheets_of(item: Input, fill_down: bool = True) -> Iterator[tuple[str, list[Cells]]]:
    """(title, rows of text cells) of every sheet; a table in text is one sheet without a title. ``fill_down``: what is merged over rows stands in each."""
    with opened(item.path, item.name) as (stream, filename):
        if head(stream).startswith(sheets.ZIP):
            for title, source in sheets.sheets(stream, filename, fill_down=fill_down):
                yield title, _dense(source())
        else:
            stream.seek(0)
            yield "", text_rows(stream.read())


def _dense(source: Iterator[tuple[int, Any]]) -> list[Cells]:
    """Rows with their blank ones; a sheet that ends far below its last row costs no memory."""
    found: list[Cells] = []
    for number, row in source:
        while len(found) < number - 1 and number - len(found) < 10_000:
            found.append([])
        found.append([str(cell) for cell in row])
    return found


# ---- out as the owner's sheet ----------------------------------------------------------------------------------------------------------------


def fill(item: Input, out: str, known: Devices) -> dict[str, Any]:
    """Give the register back with our columns behind its own. Returns the summary."""
    if Path(out).resolve() == item.path.resolve():
        raise UsageError("would write over the register itself", where=out, advice="give another name: the owner's file stays as it is")
    with opened(item.path, item.name) as (stream, _):
        workbook = head(stream).startswith(sheets.ZIP)
    filler = _fill_workbook if workbook and output.suffix_of(out) == ".xlsx" and not out.endswith(".gz") else _fill_text
    judged, left = filler(item, out, known)
    if not judged:
        advice = "a heading such as model, make, MAC address or serial number is needed"
        raise InputError("no column of this register tells of devices", where=item.name, advice=advice)
    made = identifying.summary("identify", "-", judged, [])
    line = f"{made['lines'][0].rpartition(';')[0]}; {left} other rows left as they are; written to {out}"
    return {**made, "left": left, "lines": [line]}


def _names(heading: Sequence[str]) -> list[str]:
    """The names of our columns, none of which the owner has."""
    taken = {squeezed(cell) for cell in heading}
    return [name if squeezed(name) not in taken else f"custodes_{name}" for name in OURS]


def _text(value: Any) -> Any:
    """One of our values as a cell of a sheet."""
    if isinstance(value, list):
        value = " ".join(value)
    return "" if value is None else value if isinstance(value, float) else output.cell(value)[:32_000]


def _fill_text(item: Input, out: str, known: Devices) -> tuple[list[dict[str, Any]], int]:
    """A table in text, or the sheets of a workbook one below the other, with our columns; to CSV or XLSX."""
    judged, left, made = [], 0, list[list[Any]]()
    for (_, table), (_, filled) in zip(_sheets_of(item, fill_down=False), _sheets_of(item), strict=True):
        place = layout(table, known)
        if not place.columns:
            made += [list(row) for row in table]
            left += sum(any(cell.strip() for cell in row) for row in table)
            continue
        said = dict(verdicts(filled, place, known))
        for n, row in enumerate(table):
            own = [*row[: place.width], *[""] * (place.width - len(row))]
            cells = said.get(n)
            if cells is not None:
                judged.append(cells)
                made.append([*own, *(_text(cells[name]) for name in OURS)])
            else:
                left += n != place.heading and any(cell.strip() for cell in row)
                made.append([*own, *_names(row[: place.width])] if n == place.heading else own)
    _write_table(out, made)
    return judged, left


def _write_table(out: str, made: Sequence[Sequence[Any]]) -> None:
    """Rows as they are, without a heading of ours."""
    path = Path(out)
    temporary = path.with_name(f".{path.name}.part")
    try:
        if output.suffix_of(out) == ".csv":
            with output.open_text(temporary, out.endswith(".gz")) as stream:
                csv.writer(stream, lineterminator="\n").writerows(made)
        else:
            import xlsxwriter

            with xlsxwriter.Workbook(temporary, {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}) as book:
                book.set_properties({"created": datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)})
                sheet = book.add_worksheet("Register")
                for n, row in enumerate(made):
                    for column, value in enumerate(row):
                        if value != "":
                            (sheet.write_number if isinstance(value, float) else sheet.write_string)(n, column, value)
        temporary.replace(path)
    except OSError as error:
        raise UsageError(f"cannot write: {error.strerror or error}", where=out, advice="check that the folder exists and may be written") from None
    finally:
        temporary.unlink(missing_ok=True)


def _fill_workbook(item: Input, out: str, known: Devices) -> tuple[list[dict[str, Any]], int]:
    """The owner's own workbook with our columns: cells, styles, widths, formulas and other sheets stay."""
    from openpyxl import load_workbook

    judged, left = [], 0
    with opened(item.path, item.name) as (stream, filename):
        sheets.check(stream, filename)
        stream.seek(0)
        book = sheets.guarded(lambda: load_workbook(stream, keep_vba=False), filename)
        tables = dict(_sheets_of(item))
        for sheet in book.worksheets:
            table = tables.get(str(sheet.title), [])
            place = layout(table, known)
            if place.columns:
                done, other = _fill_sheet(sheet, table, place, known)
                judged += done
                left += other
        changed = book.properties.modified
    _save(book, out, changed)
    return judged, left


def _fill_sheet(sheet: Any, table: Sequence[Cells], place: Layout, known: Devices) -> tuple[list[dict[str, Any]], int]:
    from copy import copy

    judged, left = [], 0
    first = place.width + 1
    if place.heading >= 0:
        model = sheet.cell(place.heading + 1, place.width)
        for n, name in enumerate(_names(table[place.heading][: place.width])):
            cell = sheet.cell(place.heading + 1, first + n, name)
            cell._style = copy(model._style)
    for n, cells in verdicts(table, place, known):
        if cells is None:
            left += any(cell.strip() for cell in table[n])
            continue
        judged.append(cells)
        for column, name in enumerate(OURS):
            value = _text(cells[name])
            cell = sheet.cell(n + 1, first + column)
            cell.value = value if value != "" else None
            if isinstance(value, str) and value:
                cell.data_type = "s"
    return judged, left


def _save(book: Any, out: str, changed: Any) -> None:
    """The workbook with fixed times inside, so that equal input gives equal bytes."""
    held = io.BytesIO()
    book.save(held)
    when = (changed or datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)).strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    path = Path(out)
    temporary = path.with_name(f".{path.name}.part")
    try:
        with zipfile.ZipFile(held) as source, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as target:
            for part in source.infolist():
                data = source.read(part)
                if part.filename == "docProps/core.xml":
                    data = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", lambda match: match[1] + when, data)
                target.writestr(zipfile.ZipInfo(part.filename, (2000, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
        temporary.replace(path)
    except OSError as error:
        raise UsageError(f"cannot write: {error.strerror or error}", where=out, advice="check that the folder exists and may be written") from None
    finally:
        temporary.unlink(missing_ok=True)
