"""From a span of a page's text back to the bytes, and the check that the way still leads there."""

from __future__ import annotations

import hashlib
import io
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, BinaryIO

import orjson
import pyarrow.parquet as pq

from custodes.errors import CustodesError
from custodes.records import Reader, page_html, page_pdf, page_text, page_warc
from custodes.records.page_runs import Runs, Seen
from custodes.values import CONTEXT, Break, Origin, Place, kind_of

_COMPARED = ("capture", "text", "starts", "sizes", "paths", "offsets", "marks", "readable", "unreadable")
_READERS: tuple[Reader, ...] = (page_html, page_pdf, page_text, page_warc)
Open = Callable[[str, str], AbstractContextManager[tuple[BinaryIO, str]]]
"""``open(sha256, name)``: the stored bytes of a file, unpacked, and its name without ``.gz``."""


def locate(row: Mapping[str, Any], start: int, end: int, payload: bytes | None = None) -> Place:
    """Where ``text[start:end]`` of a PAGE row stands. ``payload``: the captured bytes; only with them bytes, ``literal`` and PDF rectangles are found.

    A span that begins or ends between runs is moved to the run beside it for paths and bytes. ValueError for a span that is not in the text, or when
    the payload is not the one that the text was taken from.
    """
    text, starts = row["text"], row["starts"]
    if not 0 <= start < end <= len(text) or not starts:
        raise ValueError(f"no such span in a text of {len(text)} characters: {start} to {end}")
    first, last = _run(starts, row["sizes"], start, after=True), _run(starts, row["sizes"], end - 1, after=False)
    begin, finish = max(start, starts[first]), min(end, starts[last] + row["sizes"][last])
    byte_start, byte_end = (-1, -1) if payload is None else _bytes(row, payload, begin, finish)
    return Place(
        capture=row["capture"], extractor=row["extractor"], start=start, end=end, exact=text[start:end],
        prefix=text[max(0, start - CONTEXT) : start], suffix=text[end : end + CONTEXT],
        path=_path(row["paths"][first]), offset=row["offsets"][first] + begin - starts[first],
        end_path=_path(row["paths"][last]), end_offset=row["offsets"][last] + finish - starts[last],
        byte_start=byte_start, byte_end=byte_end,
        literal=payload is not None and byte_start >= 0 and payload[byte_start:byte_end].decode(row["encoding"], "replace") == text[start:end],
        encoding=row["encoding"], mark=row["marks"][first] if row["marks"] else "",
        rectangles=() if payload is None else _rectangles(row, payload, first, last, begin, finish),
    )  # fmt: skip


def _run(starts: Sequence[int], sizes: Sequence[int], at: int, *, after: bool) -> int:
    """The run that holds a code point; between two runs the one after or before."""
    number = bisect_right(starts, at) - 1
    beyond = number < 0 or at >= starts[number] + sizes[number]
    return min(number + 1, len(starts) - 1) if beyond and after else max(number, 0)


def _path(path: str) -> str:
    """The path of a text: that of an element stands for its first text node."""
    return f"{path}/text()[1]" if path.startswith("/") and path.endswith("]") and not path.rsplit("/", 1)[1].startswith(("text()", "@")) else path


def _bytes(row: Mapping[str, Any], payload: bytes, begin: int, finish: int) -> tuple[int, int]:
    """First byte of a span and the byte after its last, taken from the payload anew; (-1, -1) when either end does not stand there literally."""
    if hashlib.sha256(payload).hexdigest() != row["capture"]:
        raise ValueError("these are not the bytes that the text was taken from")
    if row["media"] == "application/pdf":
        return -1, -1
    runs = _taken(row, payload)
    starts, sizes = runs.spans()
    ends = []
    for at, number in ((begin, _run(starts, sizes, begin, after=True)), (finish, _run(starts, sizes, finish - 1, after=False))):
        byte = runs.ats[number]
        ends.append(byte + len(row["text"][starts[number] : at].encode(row["encoding"], "replace")) if byte >= 0 else -1)
    return (ends[0], ends[1]) if min(ends) >= 0 and ends[1] >= ends[0] else (-1, -1)


def _taken(row: Mapping[str, Any], payload: bytes) -> Runs:
    """The runs of a text with their bytes. ValueError when the text comes out otherwise than it is stored."""
    seen = Seen(url=row["url"], charset=row["encoding"], media=row["media"], name=row["origin_file"])
    html = row["extractor"].startswith(page_html.NAME)
    runs = page_html.take(payload, seen, row["origin_file"], bytes_too=True).runs if html else page_text.take(payload, seen, row["origin_file"]).runs
    if runs.text != row["text"]:
        raise ValueError("the payload gives another text than the one that is stored")
    return runs


def _rectangles(row: Mapping[str, Any], payload: bytes, first: int, last: int, begin: int, finish: int) -> Any:
    """Rectangles on the first page of the span."""
    path = row["paths"][first]
    if not path.startswith("page "):
        return ()
    while row["paths"][last] != path:
        last -= 1
    finish = min(finish, row["starts"][last] + row["sizes"][last])
    at = row["offsets"][first] + begin - row["starts"][first]
    return page_pdf.rectangles(payload, int(path[5:]), at, row["offsets"][last] + finish - row["starts"][last])


def payloads(rows: Sequence[Mapping[str, Any]], stream: BinaryIO, name: str) -> Iterator[tuple[str, bytes]]:
    """(place in the file, captured bytes) of PAGE rows that come from one file; ``origin_at`` is the place."""
    places = {row["origin_at"] for row in rows}
    if "whole file" in places:
        yield "whole file", stream.read()
    elif places:
        yield from page_warc.payloads_at(stream, name, places)


def payload_of(row: Mapping[str, Any], stream: BinaryIO, name: str) -> bytes:
    """The captured bytes that a PAGE row was taken from, out of the file that holds them."""
    return next(payload for _, payload in payloads([row], stream, name))


def verify(folder: Path, opened: Open, removed: Collection[str] = ()) -> Iterator[Break]:
    """Every PAGE of ``records/`` is taken again from the stored bytes and compared: text, places, and the hash of what was captured.

    ``removed``: hashes of files that were removed by order; what was read from them cannot be taken again.
    """
    for outcome in sorted((folder / "parts").glob("*.json")):
        facts = orjson.loads(outcome.read_bytes())
        path = folder / "PAGE" / f"{facts['part']}.parquet"
        if "PAGE" in facts.get("kinds", {}) and path.is_file() and facts["sha256"] not in removed:
            yield from _again(facts, path, opened)


def _again(facts: Mapping[str, Any], path: Path, opened: Open) -> Iterator[Break]:
    reader = next((each for each in _READERS if facts["reader"] == each.NAME), None)
    where = f"records/PAGE/{path.name} ({facts['path']})"
    if reader is None:
        yield Break("pages", where, f"read by {facts['reader']}, which is not a reader of pages", "read again: custodes read")
        return
    try:
        with opened(facts["sha256"], facts["path"]) as (stream, name):
            rows = {row["record_key"] + row["origin_at"]: row for row in _rows(reader, stream, facts, name)}
    except (CustodesError, OSError) as error:
        yield Break("pages", where, f"the stored bytes cannot be read again: {error}", "see the broken capture above")
        return
    for row in pq.read_table(path).to_pylist():
        if reason := _differs(row, rows.get(row["record_key"] + row["origin_at"])):
            yield Break("pages", f"{where}, {row['origin_at']}", reason, "read again: custodes read; if it stays so, the stored text was changed by hand")
            return


def _rows(reader: Reader, stream: BinaryIO, facts: Mapping[str, Any], name: str) -> Iterator[dict[str, Any]]:
    held = io.BytesIO(stream.read()) if reader is not page_warc else stream
    for batch in reader.read((held,), Origin(facts["sha256"], facts["path"])):
        if kind_of(batch) == "PAGE":
            yield from batch.to_pylist()


def _differs(row: Mapping[str, Any], again: Mapping[str, Any] | None) -> str:
    """What is not as it was; empty when all is."""
    if again is None:
        return "this page is not found in the stored bytes any more"
    for name in _COMPARED:
        if row[name] != again[name]:
            other = "" if row["extractor"] == again["extractor"] else f"; it was taken with {row['extractor']}, now with {again['extractor']}"
            return f"{name} is not what the stored bytes give{other}"
    return ""
