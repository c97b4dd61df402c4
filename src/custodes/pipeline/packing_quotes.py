"""The words that findings rest on, read back from the stored bytes: the line of a text file, the quote of a captured page, and a cropped picture of it."""

from __future__ import annotations

import hashlib
import io
import itertools
import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from custodes.errors import CustodesError
from custodes.pipeline.threading_claims import payload_bodies
from custodes.publication.packs import Quotation
from custodes.records import page_pdf
from custodes.sources.store import place
from custodes.sources.unpack import opened

MARGIN = 36.0
"""Points that a cropped picture shows around the quoted words: half an inch."""
_LINE = re.compile(r"line (\d+)")


def quotations(sources: Path, rows: Sequence[dict[str, Any]], events: pa.Table | None, public: bool) -> tuple[list[Quotation], dict[str, bytes]]:
    """(quotations, name of a picture -> PNG) of some findings. ``events``: threads of captured pages, or None.

    A draft quotes the whole line of the file. A public pack quotes what the edition shows of the record: another cell of that line may be nobody's business.
    """
    found: list[Quotation] = []
    pictures: dict[str, bytes] = {}
    for row in rows:
        if row["record_kind"] == "PAGE":
            for quote, name, png in _of_page(sources, row, events):
                found.append(quote)
                pictures |= {name: png} if png else {}
        else:
            found.append(_of_record(sources, row, public))
    return found, pictures


def _of_record(sources: Path, row: dict[str, Any], public: bool) -> Quotation:
    text, digest = raw_line(sources, row["origin_sha256"], row["origin_file"], row["origin_at"])
    shown = row["description"] if public or not text else text
    return Quotation(row["finding_id"], shown, row["origin_sha256"], row["origin_file"], row["origin_at"], digest)


def raw_line(sources: Path, sha256: str, name: str, at: str) -> tuple[str, str]:
    """(text, SHA-256 of the raw bytes without the line end) of a line of a stored text file; empty texts when it is no such place or cannot be opened."""
    match = _LINE.fullmatch(at or "")
    if not match:
        return "", ""
    try:
        with opened(place(sources, sha256), name) as (stream, _):
            data = _line(stream, int(match[1]))
    except (CustodesError, OSError, ValueError):
        return "", ""
    if data is None or b"\0" in data:
        return "", ""  # UTF-16: its lines do not end where bytes say so
    try:
        return data.decode("utf-8-sig"), hashlib.sha256(data).hexdigest()
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace"), hashlib.sha256(data).hexdigest()


def _line(stream: Any, number: int) -> bytes | None:
    """Physical line ``number`` without its end; CR, LF and CRLF each end one."""
    text = io.TextIOWrapper(stream, encoding="latin-1", newline=None)
    try:
        found = next(itertools.islice(text, number - 1, number), None)
    finally:
        text.detach()
    return None if found is None else found.removesuffix("\n").encode("latin-1")


def _of_page(sources: Path, row: dict[str, Any], events: pa.Table | None) -> Iterator[tuple[Quotation, str, bytes]]:
    """Every distinct quote of the finding's thread with its place; the picture only where the place of the words on the page is known."""
    said = [] if events is None else events.filter(pa.compute.equal(events["thread"], row["record_key"])).sort_by([("date", "ascending"), ("event_id", "ascending")]).to_pylist()
    seen: set[str] = set()
    for event in said:
        if event["record_kind"] != "PAGE" or event["kind"] != "claim" or not event["quote"] or event["quote"] in seen or event["publish"] == "no":
            continue
        seen.add(event["quote"])
        png = cropped(sources, event) if event["rectangles"] else b""
        name = f"{event['event_id']}.png" if png else ""
        where = f"code points {event['start']} to {event['end']}; {event['path']}" + (f"; bytes {event['byte_start']} to {event['byte_end']} of the payload {event['capture']}" if (event["byte_start"] or -1) >= 0 else "")
        yield Quotation(row["finding_id"], event["quote"], event["origin_sha256"], event["origin_file"], event["origin_at"], "", where, event["url"], event["date"], name), name, png
    if not seen:
        yield Quotation(row["finding_id"], row["description"], row["origin_sha256"], row["origin_file"], row["origin_at"]), "", b""


def cropped(sources: Path, event: dict[str, Any]) -> bytes:
    """The part of a PDF page around the quoted words, which are marked; empty when the bytes cannot be opened."""
    payload = payload_bodies(sources, event["origin_sha256"], event["origin_file"], [event]).get(event["origin_at"])
    page = re.fullmatch(r"page (\d+)", event["path"] or "")
    if not payload or not page:
        return b""
    whole = page_pdf.picture(payload, int(page[1]), event["rectangles"])
    return crop(whole, _box(payload, int(page[1]), event["rectangles"]))


def _box(payload: bytes, page: int, rectangles: Sequence[Sequence[float]]) -> tuple[float, float, float, float]:
    """(left, top, right, bottom) of the words with their margin, as shares of the page, from its top left."""
    import pypdfium2

    document = pypdfium2.PdfDocument(payload)
    try:
        wide, tall = document[page - 1].get_size()
    finally:
        document.close()
    left, right = min(r[0] for r in rectangles) - MARGIN, max(r[2] for r in rectangles) + MARGIN
    top, bottom = tall - max(r[3] for r in rectangles) - MARGIN, tall - min(r[1] for r in rectangles) + MARGIN
    return left / wide, top / tall, right / wide, bottom / tall


def crop(png: bytes, box: tuple[float, float, float, float]) -> bytes:
    """A part of a PNG as :func:`custodes.records.page_pdf.picture` writes it: 8-bit RGB, not interlaced, every row unfiltered (RFC 2083)."""
    wide, tall, depth, colour = struct.unpack(">IIBB", png[16:26])
    if (depth, colour) != (8, 2):
        return png
    data, at = b"", 8
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at : at + 8])
        data += png[at + 8 : at + 8 + size] if kind == b"IDAT" else b""
        at += size + 12
    rows, stride = zlib.decompress(data), wide * 3 + 1
    if any(rows[n * stride] for n in range(tall)):
        return png
    left, right = max(0, int(box[0] * wide)), min(wide, int(box[2] * wide) + 1)
    top, bottom = max(0, int(box[1] * tall)), min(tall, int(box[3] * tall) + 1)
    if right <= left or bottom <= top:
        return png
    kept = b"".join(b"\0" + rows[n * stride + 1 + left * 3 : n * stride + 1 + right * 3] for n in range(top, bottom))
    head = struct.pack(">IIBBBBB", right - left, bottom - top, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, part) for kind, part in ((b"IHDR", head), (b"IDAT", zlib.compress(kept, 9)), (b"IEND", b"")))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
