"""Explain: a finding or a figure back to rows, files and bytes that the case holds."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from custodes import case
from custodes.errors import CustodesError
from custodes.pipeline import publishing, state
from custodes.publication.explain import explain as explain_edition
from custodes.records.decoding import survey, texts
from custodes.sources.store import place
from custodes.sources.unpack import opened

_LINE = re.compile(r"line (\d+)")
_SHEET = re.compile(r"sheet '(.*)', row (\d+)")
CONTEXT = 1
LONGEST = 600


def explain(folder: Path, what: str) -> str:
    """The text of ``custodes explain CASE FINDING|FIGURE``. UsageError when nothing of that name is there."""
    the_case = case.load(folder)
    edition = publishing.build(the_case, state.load(the_case), "draft")
    return explain_edition(edition, what, opener(folder / "sources"))


def opener(sources: Path) -> Callable[[str, str], str]:
    """A function that shows a row of a stored file in its context, from the bytes themselves."""

    def open_row(sha256: str, at: str) -> str:
        try:
            with opened(place(sources, sha256), sha256) as (stream, _):
                if match := _SHEET.search(at):
                    return _sheet_row(stream, match[1], int(match[2]))
                if match := _LINE.match(at):
                    return _lines(stream, int(match[1]))
                return f"(open the stored file and go to {at})"
        except (CustodesError, OSError, ValueError) as error:
            return f"(the stored bytes could not be opened: {error})"

    return open_row


def _lines(stream: BinaryIO, number: int) -> str:
    """Physical line ``number`` (CR, LF and CRLF each end a line) with its neighbours, as the bytes stand there."""
    first = max(1, number - CONTEXT)
    every = (line for text in texts(stream, survey(stream)) for line in io.StringIO(text, newline=""))
    wanted = itertools.islice(every, first - 1, number + CONTEXT)
    return "\n".join(f"{'>' if n == number else ' '} {n:6d}  {line.rstrip()[:LONGEST]}" for n, line in enumerate(wanted, first))


def _sheet_row(stream: BinaryIO, sheet: str, number: int) -> str:
    import openpyxl

    book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
    for row in book[sheet].iter_rows(min_row=number, max_row=number, values_only=True):
        return f"> {number:6d}  " + " | ".join("" if value is None else str(value) for value in row)
    return "(no such row)"
