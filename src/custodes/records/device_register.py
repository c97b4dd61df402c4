"""Asset registers as CSV or XLSX: exports of NetBox, Snipe-IT, Lansweeper, SADP and ConfigTool, and tables that people keep by hand. One DEVICE per row.

Columns are known by their headers (``device_columns``); title rows above and several sheets are no trouble. What people typed is kept as they typed it (lost
hyphens, O for 0, misspelt): to understand it is the work of the finding, not of the reader. Columns about people are never kept; names and e-mail addresses inside
other cells are taken out and counted.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import BinaryIO

import pyarrow as pa

from custodes.errors import BrokenInputError, CustodesError
from custodes.records import device_arp, device_leases
from custodes.records.csv_rows import Dialect, Row, blocks
from custodes.records.decoding import Survey, encoding_of, page_of, survey, texts
from custodes.records.device_columns import Register, find_register
from custodes.records.device_rows import Devices, Facts
from custodes.records.device_words import class_of, host_name_of, host_of, without_people
from custodes.records.sheets import ZIP, sheets
from custodes.records.tabular import head_rows
from custodes.values import Origin, columns_used

NAME = "device_register"
KINDS: tuple[str, ...] = ("DEVICE",)

HOLD = 200
"""Rows of a sheet or file among which its header is looked for."""
_NO_TABLE = (b"{", b"[", b"<", b"%PDF", b"WARC/", b"\x1f\x8b", b"\xd0\xcf\x11\xe0")
DITTO = re.compile(r"""(?i)(?:["'`´,〃]{1,2}|-? ?do\.? ?-?|ditto|as above|same|same as above|idem)""")
"""A cell that says: what stands above."""
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:?\d\d)?)?")
_MODEL = re.compile(r"(?=\S*[A-Za-z])(?=(?:\S*\d){2})[\w/()-]{5,}")
"""A word of letters and digits, as models are; "4MP dome" holds none."""
_TOTAL = re.compile(r"(?i)\s*(?:grand |sub)?-?\s?total\b.*")
_FREE = ("description", "site", "brand_model", "model", "behind", "notes", "body")


def sniff(head: bytes, filename: str) -> bool:
    """Claims a table whose header tells a model (or a maker and a description) and more about devices, and which is no table of purchases, answers or leases."""
    return bool(register_in(head)) and not (device_leases.sniff(head, filename) or device_arp.sniff(head, filename))


@lru_cache(maxsize=2)
def register_in(head: bytes) -> bool:
    """Does a head (for a workbook: the whole file) hold a register? Remembered, because several readers ask it of one file."""
    try:
        return any(find_register(rows) for _, rows in first_rows(head))
    except (CustodesError, ValueError):
        return False


def first_rows(head: bytes) -> Iterator[tuple[str, list[Row]]]:
    """(sheet, its first rows) of every table in a head; the sheet of a text table is ''. CustodesError when it cannot be opened."""
    if head.startswith(ZIP):
        if b"xl/" in head:
            for name, source in sheets(io.BytesIO(head), ""):
                yield name, [row for _, row in islice(source(), HOLD)]
        return
    encoding, mark = encoding_of(head)
    if not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(_NO_TABLE) and (encoding != "utf-8" or b"\0" not in head):
        yield "", head_rows(io.BytesIO(head), Survey(encoding, mark, page_of(head)), 65_536)[0][:HOLD]


def companions(filename: str) -> tuple[str, ...]:
    """A register stands alone."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """DEVICE per row of every table in the file. BrokenInputError when none is a register."""
    devices, uses = Devices(origin, NAME, "asset register"), Counter[tuple[str, str]]()
    stream = streams[0]
    stream.seek(0)
    found: list[str] = []
    for name, rows in _tables(stream, origin.path) if stream.read(4) == ZIP else [("", _text_rows(stream, origin.path, devices))]:
        yield from _table(name, rows, devices, uses, origin, found)
    if not found:
        advice = 'say which column is which: as = "device_register", columns = {model = "...", brand = "...", site = "..."} in case.toml'
        raise BrokenInputError("no header that tells devices was found", where=origin.path, advice=advice)
    yield from devices.rest({})
    yield columns_used((column, use, count) for (column, use), count in uses.items())


def _tables(stream: BinaryIO, where: str) -> Iterator[tuple[str, Iterator[tuple[str, Row]]]]:
    for name, source in sheets(stream, where, fill_down=True):
        yield name, ((f"sheet {name!r}, row {number}", row) for number, row in source())


def _text_rows(stream: BinaryIO, where: str, devices: Devices) -> Iterator[tuple[str, Row]]:
    found = survey(stream, where)
    dialect: Dialect = head_rows(stream, found, where=where)[2]
    for block in blocks(texts(stream, found), dialect, where):
        for torn in block.torn:
            devices.account.reject(f"line {torn.line}", "", torn.reason)
        for line, row in zip(block.lines, block.rows, strict=True):
            yield f"line {line}", row


def _table(
    name: str, rows: Iterator[tuple[str, Row]], devices: Devices, uses: Counter[tuple[str, str]], origin: Origin, found: list[str]
) -> Iterator[pa.RecordBatch]:
    """The rows of one table, whose name is added to ``found`` when it is a register."""
    head = list(islice(rows, HOLD))
    register = find_register([row for _, row in head], origin.entry.columns if not name or len(head) else None, origin.path)
    if register is None:
        for _ in (*head, *rows):
            devices.account.leave_out("a row of a sheet that is no register")
        return
    found.append(name)
    reader = _Rows(register, devices, f"sheet {name!r}: " if name else "")
    for at, (place, row) in enumerate(head):
        if at <= register.at:
            devices.account.heading() if any(cell.strip() for cell in row) else devices.account.blank()
        else:
            reader.take(place, row)
    for place, row in rows:
        reader.take(place, row)
        yield from devices.full()
    for column, use, count in reader.used():
        uses[column, use] += count


class _Rows:
    """The rows of one register, one after the other: ditto marks look at the row above."""

    def __init__(self, register: Register, devices: Devices, prefix: str) -> None:
        self._register, self._devices, self._prefix = register, devices, prefix
        self._filled = [0] * len(register.header)
        self._header = [cell.strip() for cell in register.header]
        self._above: Row = []
        self._at = {field: register.columns(field) for field in set(register.uses) if field and not field.startswith("ignored")}

    def used(self) -> Iterator[tuple[str, str, int]]:
        """(column, use, filled cells) of every column that has a header or cells."""
        for header, use, count in zip(self._register.header, self._register.uses, self._filled, strict=True):
            if header.strip() or count:
                yield self._prefix + (header.strip() or "(no header)"), use or "ignored: no header", count

    def take(self, place: str, row: Row) -> None:
        """One row: a device, or why not."""
        account, width = self._devices.account, len(self._register.header)
        cells = [cell.strip() for cell in [*row, *[""] * width][:width]]
        filled = [at for at, cell in enumerate(cells) if cell]
        for at in filled:
            self._filled[at] += 1
        if not filled and not any(cell.strip() for cell in row):
            return account.blank()
        if len(filled) > 1 and sum(cells[at] == self._header[at] for at in filled) * 2 > len(filled):
            return account.heading()
        if len(filled) <= 1 and len([use for use in self._register.uses if use]) > 2:
            return account.leave_out("a line above or between the rows (one cell filled)")
        if any(_TOTAL.fullmatch(cells[at]) for at in filled[:2]):
            return account.leave_out("total")
        cells = self._undittoed(cells)
        facts = self._facts(cells)
        if not any(facts.get(name) for name in ("model", "brand", "mac", "serial", "description", "host", "host_name", "device_id", "firmware")):
            return account.leave_out("a row that names no device")
        return self._devices.add(place, facts)

    def _undittoed(self, cells: Row) -> Row:
        """Cells in which ditto marks are replaced by what stands above; names and places only, never serial numbers."""
        for field in ("brand", "model", "brand_model", "site", "description", "product_class", "behind", "body"):
            for at in self._at.get(field, ()):
                if cells[at] and DITTO.fullmatch(cells[at]) and len(self._above) > at:
                    cells[at] = self._above[at]
        self._above = cells
        return cells

    def _facts(self, cells: Row) -> Facts:
        facts: Facts = {field: self._text(field, cells) for field in self._at}
        said = [facts.pop(name) for name in ("brand_model", "description", "notes") if facts.get(name)]
        facts["description"] = " ; ".join(dict.fromkeys(said))
        if not facts.get("model") and "brand_model" in self._at:
            facts["model"] = self._text("brand_model", cells)
        kind = facts.get("product_class", "")
        if not facts.get("model") and _MODEL.search(kind):
            facts["model"] = kind  # "Type: DS-2CD2143G2-I"
        facts["host"] = host_of(facts.get("host", ""))
        facts["host_name"] = host_name_of(facts.get("host_name", ""))
        count = facts.get("count", "")
        facts["count"] = int(count) if re.fullmatch(r"[0-9]{1,6}", count) else None
        facts["product_class"] = class_of(kind) or class_of(facts["description"])
        match = _DATE.match(facts.get("observed", ""))
        facts["observed"] = match.group().replace(" ", "T") if match else ""
        facts["plain"] = True
        if self._register.by_sadp:
            facts |= self._sadp(facts)
        return facts

    def _sadp(self, facts: Facts) -> Facts:
        said = {"DeviceDescription": facts.get("model"), "DeviceSN": facts.get("serial"), "MAC": facts.get("mac"), "SoftwareVersion": facts.get("firmware")}
        return {"observer": "SADP export", "sadp": said, "product_class": class_of(str(facts.get("model") or ""))}

    def _text(self, field: str, cells: Row) -> str:
        """The text of a field's columns, joined; e-mail addresses and names of people taken out of free text."""
        kept = []
        for at in self._at[field]:
            text = " ".join(cells[at].split())
            if text and field in _FREE:
                text, removed = without_people(text)
                if removed:
                    self._devices.people(self._prefix + self._register.header[at].strip(), removed)
            if text:
                kept.append(text)
        return ", ".join(dict.fromkeys(kept))
