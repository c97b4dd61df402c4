"""Lists in the Code of Federal Regulations: Entity List, Unverified List and Military End-User List (15 CFR 744, Supplements 4, 6 and 7), as eCFR gives them.

XML of the versioner or the saved page: tables with the columns Country, Entity (or Listed person), Federal Register citation, and for the Entity List also License
requirement and License review policy. A country stands in the first of its rows only. Names, other names and addresses are prose in one cell: see
``list_us_ecfr_cell``. The tables do not say which entries are people: there the name decides (``list_names``). An entry without a citation of its own continues
the one above it.

Source: https://www.ecfr.gov/current/title-15/subtitle-B/chapter-VII/subchapter-C/part-744
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from html import unescape
from typing import Any, BinaryIO

import pyarrow as pa
from selectolax.lexbor import LexborHTMLParser

from custodes.errors import BrokenInputError, LimitError
from custodes.records.list_entries import Entry, cited_date, country_code, local_id, put
from custodes.records.list_names import listed_person
from custodes.records.list_us_csl_entry import is_address
from custodes.records.list_us_ecfr_cell import cell_of
from custodes.records.rowstream import Account
from custodes.values import Origin

NAME = "us_ecfr"
KINDS: tuple[str, ...] = ("PARTY", "LISTING")

SIZE = 128 << 20
_FIELDS = (("country", r"^country"), ("entity", r"^(?:entity|listed person)"), ("license requirement", r"requirement"), ("license review policy", r"review"), ("citation", r"federal register"))
_USES = {
    "country": "country", "entity": "name, listed_name, names", "license requirement": "note", "license review policy": "ignored: terms of the listing",
    "citation": "citation, published",
}  # fmt: skip
_BREAK = re.compile(r"<br\s*/?>|</?p\b[^>]*>|</?div\b[^>]*>|</?li\b[^>]*>", re.I)


def sniff(head: bytes, filename: str) -> bool:
    """Claims XML or HTML that speaks of a supplement to part 744 before its first table."""
    start = head.lstrip(b"\xef\xbb\xbf \r\n\t")
    return start.startswith(b"<") and bool(re.search(rb"supplement no\. [467] to part 744", head[:60_000], re.I)) and b"<table" in head.lower()


def companions(filename: str) -> tuple[str, ...]:
    """A supplement stands alone."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """PARTY and LISTING per entry. BrokenInputError when there is no table with these columns, or the file breaks off."""
    data = streams[0].read(SIZE + 1)
    if len(data) > SIZE:
        raise LimitError(f"the text is larger than {SIZE >> 20} MiB", where=origin.path, advice="fetch the supplement alone")
    if not data.rstrip().endswith(b">"):
        raise BrokenInputError("the text breaks off", where=origin.path, advice="fetch it again")
    account, seen, tables = Account(origin), Counter[str](), 0
    for number, table in enumerate(LexborHTMLParser(data.decode("utf-8", "replace")).css("table"), 1):
        rows = table.css("tr")
        columns = _columns(rows[0]) if rows else {}
        if {"country", "entity", "citation"} <= set(columns):
            tables += 1
            _Table(account, seen, number, columns).take(rows[1:])
            yield from account.full()
    if not tables:
        raise BrokenInputError("no table with Country, Entity and Federal Register citation", where=origin.path, advice="fetch the supplement again")
    yield from account.rest(_USES)


def _columns(row: Any) -> dict[str, int]:
    texts = [" ".join(cell.text(separator=" ").split()).casefold() for cell in row.css("th, td")]
    found = {}
    for field, pattern in _FIELDS:
        at = next((n for n, text in enumerate(texts) if re.search(pattern, text)), None)
        if at is not None:
            found[field] = at
    return found


class _Table:
    """One table: remembers the country and the citation of the rows above."""

    def __init__(self, account: Account, seen: Counter[str], number: int, columns: dict[str, int]) -> None:
        self._account, self._seen, self._number, self._columns = account, seen, number, columns
        self._code = "US-BIS-EL" if "license requirement" in columns else "US-BIS-MEU"
        self._country = self._cited = ""
        account.leave_out("heading")

    def take(self, rows: Sequence[Any]) -> None:
        """Every row below the header."""
        for line, row in enumerate(rows, 2):
            texts = [_text(cell) for cell in row.css("th, td")]
            if not any(texts):
                self._account.blank()
            elif len(texts) == 1 or texts[0].casefold().startswith("country"):
                self._account.leave_out("heading")
            else:
                self._row(f"table {self._number}, row {line}", texts)

    def _row(self, place: str, texts: list[str]) -> None:
        short = len(self._columns) - len(texts)  # a country that spans rows leaves no cell in the rows below it
        cells = {field: texts[at - short] if 0 <= at - short < len(texts) else "" for field, at in self._columns.items()}
        self._account.saw(cells)
        self._country = " ".join(cells["country"].split()) or self._country
        self._cited = " ".join(cells["citation"].split()) or self._cited
        found = cell_of(cells["entity"])
        if not found.names or not found.names[0][0]:
            return self._account.leave_out("a country without an entry")
        name = found.names[0][0]
        if is_address(name):
            return self._account.leave_out("an address without a name")
        if listed_person(name):
            return self._account.leave_out("looks like a natural person (the list does not say)")
        code = country_code(self._country)
        entry = Entry(
            local_id(self._code, name, code), self._code, found.names, country=code, published=cited_date(self._cited), citation=self._cited,
            note=" ".join(cells.get("license requirement", "").split()),
        )  # fmt: skip
        return put(self._account, NAME, self._seen, place, entry)


def _text(cell: Any) -> str:
    html = _BREAK.sub("\n", str(cell.html or ""))
    lines = (" ".join(line.split()) for line in unescape(re.sub(r"<[^>]+>", " ", html)).split("\n"))
    return "\n".join(line.replace(" ,", ",").replace(" .", ".") for line in lines if line)
