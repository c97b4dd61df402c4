"""Explain: a finding or a figure back to rows, files and bytes that the case holds."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import pyarrow.parquet as pq

from custodes import case
from custodes.errors import CustodesError
from custodes.pipeline import publishing, state, timetabling
from custodes.pipeline.threading_claims import FILE as CLAIMS
from custodes.publication.explain import explain as explain_edition
from custodes.publication.gate import public_edition
from custodes.records.decoding import survey, texts
from custodes.sources.store import place
from custodes.sources.unpack import opened

_LINE = re.compile(r"line (\d+)")
_SHEET = re.compile(r"sheet '(.*)', row (\d+)")
CONTEXT = 1
LONGEST = 600


def explain(folder: Path, what: str, kind: str = "draft", now: str = "") -> str:
    """The text of ``custodes explain CASE FINDING|FIGURE``, of the draft or the public edition. UsageError when nothing of that name is there.

    ``now``: the edition's time; empty for the one that was published last, or the day of the newest input.
    """
    the_case = case.load(folder)
    current = state.load(the_case)
    edition = publishing.build(the_case, current, kind, now or str(current.editions.get(kind, {}).get("now", "")))
    edition, _, _ = timetabling.with_timetable(edition, state.Run(the_case, current, edition.now, True, None, {}))
    return explain_edition(public_edition(edition) if kind == "public" else edition, what, opener(folder / "sources"))


def opener(sources: Path) -> Callable[[str, str], str]:
    """A function that shows a row of a stored file in its context, from the bytes themselves."""

    def open_row(sha256: str, at: str) -> str:
        try:
            if quotes := list(_quotes(sources.parent / "findings" / CLAIMS, sha256, at)):
                return "\n".join(quotes)
            with opened(place(sources, sha256), sha256) as (stream, _):
                if match := _SHEET.search(at):
                    return _sheet_row(stream, match[1], int(match[2]))
                if match := _LINE.match(at):
                    return _lines(stream, int(match[1]))
                return f"(open the stored file and go to {at})"
        except (CustodesError, OSError, ValueError) as error:
            return f"(the stored bytes could not be opened: {error})"

    return open_row


def _quotes(claims: Path, sha256: str, at: str) -> Iterator[str]:
    """Every quote of a captured page with the place in the payload that it leads back to."""
    if not claims.is_file():
        return
    found = pq.read_table(claims, filters=[("origin_sha256", "==", sha256), ("origin_at", "==", at), ("record_kind", "==", "PAGE"), ("quote", "!=", "")])
    for row in {row["event_id"]: row for row in found.to_pylist()}.values():
        yield f"“{row['quote'][:LONGEST]}”"
        literal = ", literally the quote" if row["literal"] else ""
        where = [f"code points {row['start']} to {row['end']} of the page's text", f"{row['path']}, {row['offset']} to {row['end_path']}, {row['end_offset']}"]
        where += [f"bytes {row['byte_start']} to {row['byte_end']} of the payload{literal}"] if row["byte_start"] >= 0 else []
        yield f"  {'; '.join(where)}; payload {row['capture']}; {row['extractor']}"


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
