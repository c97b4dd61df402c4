"""What a register holds where: its heading, the columns that tell of devices, and our own columns of an earlier run.

Columns are told by their headings (English, the common ones of other languages, those of NetBox, Snipe-IT and Lansweeper) and, where those say nothing, by
what stands in them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from custodes.errors import InputError
from custodes.findings.device_evidence import FIELDS
from custodes.findings.device_tables import Devices
from custodes.findings.device_text import folded, mac_of, squeezed

OURS = ("maker", "brand", "product_class", "band", "score", "reasons", "contradictions", "statement")
"""What is appended. Where the owner has a column of that name already, ours is called ``custodes_...``."""

_WORDS = {
    "model": "modelno modelnr modelref makemodel makeandmodel modelmake brandmodel cameramodel cameratype devicetype deviceandmodel type equipment equipmenttype camera unit "
    "hardwaremodel hardwaretype product kit modell modele modelo modello typ typebezeichnung hardwareproduct manufacturermodel manufacturermodelnumber partno",
    "brand": "cameramake cameramanufacturer manufacturerbrand hersteller marke marque fabricant fabricante marca produttore supplierbrand vendorbrand",
    "mac": "macadr macid macaddresses networkaddress ethernetaddress macadresse adressemac wifimac ethmac",
    "serial": "deviceserialno deviceserialnumber deviceserial serialnos serialnr sno snumber seriennummer numerodeserie numserie numeroserie servicetag",
    "firmware": "firmwareversions softwarever fwversion fwver fwrev",
    "text": "descriptions details detail remarks remark comments specification spec cameraname assetdescription unitdescription beschreibung bezeichnung descripcion",
    "http_server": "banner webserver",
    "kind": "category assetcategory role devicerole assettype kategorie",
}  # fmt: skip

HEADINGS: Mapping[str, str] = {
    **{name: field for name, field in FIELDS.items() if name not in ("path", "label", "version", "title", "port", "oem", "headers", "product", "service", "services")},
    **{word: field for field, words in _WORDS.items() for word in words.split()},
}
"""Heading of a column, lower case without punctuation -> field of evidence."""

_IDS = ("assettag", "assetid", "assetno", "id", "assetnumber", "tag", "cameraid", "camerano", "cameranumber", "no", "ref", "reference", "name", "assetname", "hostname")
FIRM = ("model", "brand", "mac", "serial", "firmware")
"""Fields of which a heading needs one."""

SEARCHED = 30
"""Rows from the top among which the heading is looked for."""

LOOKED_AT = 400
"""Rows by whose cells a column without a telling heading is judged."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a sheet holds what: ``heading`` the row (0 based; -1: none), ``columns`` column -> field, ``named`` the column that names a row, ``width`` columns of
    the owner's."""

    heading: int
    columns: Mapping[int, str]
    named: int
    width: int


Cells = list[str]


def layout(rows: Sequence[Cells], known: Devices) -> Layout:
    """The layout of a sheet. Without any column that tells of devices ``columns`` is empty."""
    heading = heading_row(rows)
    names = [squeezed(cell) for cell in rows[heading]] if heading >= 0 else []
    body = [row for row in rows[heading + 1 :][:LOOKED_AT] if any(row)]
    width = max((len(row) for row in rows), default=0)
    columns = {n: HEADINGS[name] for n, name in enumerate(names) if name in HEADINGS}
    ours = _ours_from(rows[heading] if heading >= 0 else [])
    width = ours if ours >= 0 else width
    for n in range(width):
        if n not in columns and (field := _by_content([row[n] for row in body if n < len(row) and row[n]], known)):
            columns[n] = field
    named = next((names.index(name) for name in _IDS if name in names), -1)
    return Layout(heading, {n: field for n, field in columns.items() if n < width}, named, width)


def heading_row(rows: Sequence[Cells]) -> int:
    """The row that names the columns: the one among the first with most headings that we know; -1 for none."""
    best, found = 0, -1
    for n, row in enumerate(rows[:SEARCHED]):
        names = [squeezed(cell) for cell in row if cell and len(cell) < 60]
        known = [HEADINGS[name] for name in names if name in HEADINGS]
        firm = len({field for field in known if field in FIRM})
        score = firm * 3 + len(known)
        if firm and score > best:
            best, found = score, n
    return found


def _ours_from(heading: Sequence[str]) -> int:
    """The first of our own columns from an earlier run; -1 when there are none."""
    plain = [cell.removeprefix("custodes_") for cell in heading]
    for start in range(len(plain) - len(OURS) + 1):
        if tuple(plain[start : start + len(OURS)]) == OURS:
            return start
    return -1


def _by_content(cells: Sequence[str], known: Devices) -> str:
    """The field that the cells of a column look like; '' when they look like none. A third of them must."""
    if not cells:
        return ""
    least = max(1, len(cells) // 3)
    tests = (
        ("mac", lambda cell: bool(mac_of(cell))),
        ("model", lambda cell: any(char.isdigit() for char in cell) and bool(known.any_form.match(folded(cell)) or known.any_loose.search(folded(cell)))),
        ("brand", lambda cell: squeezed(cell) in known.brands and not cell.isdigit()),
    )  # fmt: skip
    for field, test in tests:
        if sum(map(test, cells)) >= least:
            return field
    return ""


def evidence(row: Cells, place: Layout) -> dict[str, list[str]]:
    """The evidence of a row: field -> cells."""
    found: dict[str, list[str]] = {}
    for n, field in place.columns.items():
        if n < len(row) and row[n].strip():
            found.setdefault(field, []).append(row[n])
    return found


def text_rows(data: bytes, partial_end: bool = False) -> list[Cells]:
    """The rows of a table in text, whatever its encoding and delimiter; ``partial_end``: the last character may be cut. InputError when it is none."""
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig" if data[:3] == b"\xef\xbb\xbf" else "utf-8"
    try:
        text = data.decode(encoding, "ignore" if partial_end else "strict")
    except UnicodeDecodeError:
        encoding = "cp1252"
        text = data.decode(encoding, "replace")
    lines = [line for line in text.splitlines()[:SEARCHED] if line.strip()]
    counts = {mark: sum(line.count(mark) for line in lines) for mark in ",;\t|"}
    delimiter = max(counts, key=lambda mark: (counts[mark], mark == ","))
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise InputError(f"not a readable table: {error}", where="the register", advice="save it as XLSX or CSV in UTF-8") from None
