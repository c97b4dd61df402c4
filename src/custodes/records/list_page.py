"""What the readers of lists on web pages share: the tables of two columns that a page holds, cell by cell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from selectolax.lexbor import LexborHTMLParser

from custodes.errors import LimitError

SIZE = 64 << 20


def two_columns(stream: BinaryIO, where: str, first: str, second: str) -> Iterator[tuple[int, Any, list[list[str]]]]:
    """(number on the page, element, rows of cells) of each table of two columns whose headings match the two patterns (case aside). LimitError for a huge page."""
    data = stream.read(SIZE + 1)
    if len(data) > SIZE:
        raise LimitError(f"the page is larger than {SIZE >> 20} MiB", where=where, advice="this is not the list's page")
    for number, table in enumerate(LexborHTMLParser(data.decode("utf-8", "replace")).css("table"), 1):
        rows = [[" ".join(cell.text(separator=" ").split()) for cell in row.css("th, td")] for row in table.css("tr")]
        if rows and len(rows[0]) == 2 and re.search(first, rows[0][0], re.I) and re.search(second, rows[0][1], re.I):
            yield number, table, rows
