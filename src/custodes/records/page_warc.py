"""Web archives (WARC, ARC, WACZ): every response, resource and rendered document that is text becomes a PAGE.

A WARC is read record after record with warcio, which undoes chunks and compression; a WACZ is a ZIP whose ``archive/`` holds WARCs. Status and time come from
the record. Pictures, scripts and styles are left out and counted; a redirect or an error is a PAGE with its status, so that *gone* can be told from *not looked*.
A revisit record (the same bytes as before) takes its text from the record it points to, when that stands in the same file.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import redirect_stderr
from itertools import count
from typing import Any, BinaryIO

import pyarrow as pa

from custodes.errors import BrokenInputError, CustodesError, InputError
from custodes.records import page_html, page_pdf, page_rest, page_text
from custodes.records.page_runs import Runs, Seen, Taken, page_row
from custodes.values import Origin

NAME = "page_warc"
KINDS: tuple[str, ...] = ("PAGE",)

PAYLOAD_LIMIT = 512 << 20
"""Bytes that one record may unpack to."""
_SHOWN = re.compile(r"^urn:(?:banner:)?(dom|text|view):", re.I)
"""What a browser showed, kept beside the answer: the document after its scripts, its visible text (the same once more), a picture."""
_FORMS = {"dom": "rendered", "text": "visible text", "view": "picture"}
_HTML = ("text/html", "application/xhtml+xml")
_TEXT = ("text/plain", "text/markdown", "text/x-markdown", "text/x-rst", "application/json", "application/x-yaml", "text/yaml", "application/yaml")
_KINDS = ("response", "resource", "conversion", "revisit")
_CHARSET = re.compile(r"charset\s*=\s*\"?([\w:.-]+)", re.I)
_NOT_PAGES = ("application/warc-fields", "application/http", "application/pem-certificate-chain", "application/timestamp-reply")


def sniff(head: bytes, filename: str) -> bool:
    """Claims a WARC or ARC by its first line, a WACZ by its name or by a ZIP that begins with its parts."""
    if head.startswith((b"WARC/0.", b"WARC/1.", b"filedesc://")):
        return True
    return head.startswith(b"PK\x03\x04") and (filename.lower().endswith(".wacz") or (b"archive/" in head[:4096] and b"WARC" in head[:65_536]))


def companions(filename: str) -> tuple[str, ...]:
    """An archive holds what belongs to it."""
    return ()


def texts(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """The same as :func:`read` without the places of the texts."""
    return read(streams, origin, places=False)


def read(streams: Sequence[BinaryIO], origin: Origin, places: bool = True) -> Iterator[pa.RecordBatch]:
    """PAGE per text in the archive, REJECT per text that cannot be read, LEFT_OUT counts per type. BrokenInputError when the archive breaks off: what came before stays."""
    pages = page_rest.Pages(origin)
    fault = None
    try:
        for member, stream in _members(streams[0], origin.path):
            for place, row in _rows(stream, member, pages, origin.path, places):
                pages.add(row, place)
                yield from pages.full()
    except InputError as error:
        fault = error
    yield from pages.rest()
    if fault:
        raise fault


def payloads_at(stream: BinaryIO, name: str, places: Collection[str]) -> Iterator[tuple[str, bytes]]:
    """(place, payload) of the records that ``origin_at`` names, in one pass. BrokenInputError when one is not there."""
    missing = set(places)
    for member, inner in _members(stream, name):
        for number, record in _records(inner, name):
            if (place := _place(member, number, record)) in missing:
                missing.discard(place)
                yield place, _payload(record)
                if not missing:
                    return
    raise BrokenInputError("the record is not in the archive", where=f"{name}, {min(missing)}", advice="compare the archive's hash with the one recorded")


def views(stream: BinaryIO, name: str, urls: Collection[str], limit: int) -> Iterator[tuple[str, str, bytes]]:
    """(address, time, PNG) of the pictures that a browser took of these pages, as far as they are no larger than ``limit`` bytes."""
    wanted = {f"urn:view:{url}": url for url in urls}
    for _, inner in _members(stream, name):
        for _, record in _records(inner, name):
            url = record.rec_headers.get_header("WARC-Target-URI") or ""
            if record.rec_type == "resource" and url in wanted and int(record.rec_headers.get_header("Content-Length") or 0) <= limit:
                payload = _payload(record)
                if payload.startswith(b"\x89PNG"):
                    yield wanted[url], _time(record.rec_headers.get_header("WARC-Date") or ""), payload


def _members(stream: BinaryIO, where: str) -> Iterator[tuple[str, BinaryIO]]:
    """The WARC files of the archive: itself, or those of a WACZ."""
    stream.seek(0)
    if stream.read(4) != b"PK\x03\x04":
        stream.seek(0)
        yield "", stream
        return
    try:
        with zipfile.ZipFile(stream) as archive:
            names = sorted(name for name in archive.namelist() if name.lower().endswith((".warc", ".warc.gz", ".arc", ".arc.gz")))
            if not names:
                raise BrokenInputError("the archive holds no WARC", where=where, advice="is this a WACZ? fetch it again")
            for name in names:
                with archive.open(name) as inner:
                    yield name, inner  # type: ignore[misc]
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise BrokenInputError(f"the archive is damaged: {error}", where=where, advice="run custodes verify on it; fetch it again") from error


def _records(stream: BinaryIO, where: str) -> Iterator[tuple[int, Any]]:
    """(number from 1, record) of one WARC or ARC."""

    from warcio.archiveiterator import ArchiveIterator
    from warcio.exceptions import ArchiveLoadFailed

    said = io.StringIO()  # warcio prints its warnings; what is broken is told by what cannot be read
    try:
        with redirect_stderr(said):
            records = iter(ArchiveIterator(stream, arc2warc=True))
        for number in count(1):
            with redirect_stderr(said):
                record = next(records, None)
            if record is None:
                return
            yield number, record
    except (ArchiveLoadFailed, EOFError, zlib.error, ValueError, UnicodeDecodeError, zipfile.BadZipFile, OverflowError) as error:
        raise BrokenInputError(f"the archive breaks off: {error}", where=where, advice="what stands before the break was read; fetch it again") from error


def _rows(stream: BinaryIO, member: str, pages: page_rest.Pages, where: str, places: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    before: dict[str, bytes] = {}
    for number, record in _records(stream, where):
        if record.rec_type not in _KINDS:
            pages.leave_out(f"{record.rec_type} record", data_row=False)
            continue
        place = _place(member, number, record)
        try:
            payload = _payload(record)
            digest = record.rec_headers.get_header("WARC-Payload-Digest") or ""
            if record.rec_type == "revisit" and not payload:
                payload = before.get(digest, b"")
            seen = _seen(record, where)
            take = _taker(payload, seen, places)
            if take is None:
                pages.leave_out("visible text of a page that is read itself" if seen.form == "visible text" else f"no text: {seen.media or 'type not stated'}")
                continue
            if digest and len(payload) < 4 << 20:
                before[digest] = payload
            yield place, page_row(take(payload, seen, f"{where}, {place}"), seen, payload, places)
        except CustodesError as error:
            pages.reject(place, error.what)


def _place(member: str, number: int, record: Any) -> str:
    """The place of a record: the WARC inside a WACZ, its number from 1, its id (an ARC has none; the one that warcio makes up for it is another each time)."""
    identity = record.rec_headers.get_header("WARC-Record-ID") if record.rec_headers.total_len else ""  # made from a line of an ARC: no headers, no length
    return ", ".join(part for part in (member, f"record {number} {identity or ''}".strip()) if part)


def _payload(record: Any) -> bytes:
    """The body, without chunks and compression. BrokenInputError for one that is larger than it may be or cannot be unpacked."""
    parts, size = list[bytes](), 0
    stream = record.content_stream()
    try:
        while piece := stream.read(1 << 20):
            parts.append(piece)
            size += len(piece)
            if size > PAYLOAD_LIMIT:
                raise BrokenInputError(f"the record unpacks to more than {PAYLOAD_LIMIT >> 20} MiB", advice="look at it by hand")
    except CustodesError:
        raise
    except Exception as error:
        raise BrokenInputError(f"the body cannot be unpacked: {error}", advice="look at it by hand") from error
    return b"".join(parts)


def _seen(record: Any, where: str) -> Seen:
    """Address, time, status and type as the record states them."""
    headers, http = record.rec_headers, record.http_headers
    sort = (http.get_header("Content-Type") if http else headers.get_header("Content-Type")) or ""
    charset = _CHARSET.search(sort)
    url = headers.get_header("WARC-Target-URI") or ""
    status = (http.get_statuscode() or "") if http and record.rec_type in ("response", "revisit") else ""
    shown = _SHOWN.match(url) if record.rec_type in ("resource", "conversion") else None
    lang = (http.get_header("Content-Language") or "") if http else ""
    return Seen(
        url=(url[shown.end() :] if shown else url).strip("<>"), captured=_time(headers.get_header("WARC-Date") or ""),
        status=status if status.isdigit() else "", form=_FORMS[shown[1].lower()] if shown else "source", media=sort.split(";")[0].strip().lower(),
        charset=charset[1] if charset else "", lang=lang.split(",")[0].strip()[:35], name=where,
    )  # fmt: skip


def _time(text: str) -> str:
    """A WARC date as an ISO time to the second."""
    return re.sub(r"\.\d+(?=Z|$)", "", text)


Take = Callable[[bytes, Seen, str], Taken]


def _taker(payload: bytes, seen: Seen, places: bool) -> Take | None:
    """What takes text from a payload: by its first bytes, then by its stated type; None for what is no text. ``places``: they are wanted too."""
    head = payload[:4096]
    if seen.form in ("visible text", "picture"):
        return None
    if b"%PDF-" in head[:1024]:
        return page_pdf.take
    if not payload.strip():
        return _empty if seen.status and (seen.media in (*_HTML, "", "application/pdf") or seen.status[0] != "2") else None
    if seen.media in _HTML or (seen.media in ("", "text/plain", "application/octet-stream", "application/pdf") and page_html.sniff(head, seen.url)):
        return page_html.take if places else page_html.light
    if seen.media in _NOT_PAGES or seen.url.startswith("metadata:"):
        return None
    path = seen.url.split("?")[0].split("#")[0].lower()
    if seen.media in _TEXT or (seen.media in ("", "application/octet-stream") and path.endswith(page_text.PROSE + page_text.CODE)):
        return page_text.take if b"\0" not in head or head.startswith((b"\xff\xfe", b"\xfe\xff")) else None
    return _broken_pdf if seen.media == "application/pdf" else None


def _empty(payload: bytes, seen: Seen, where: str) -> Taken:
    """An answer without a body: its status says what there is to say."""
    return Taken(Runs(), "page_warc 1", seen.media or "text/html", readable="no", unreadable=("the answer has no body",))


def _broken_pdf(payload: bytes, seen: Seen, where: str) -> Taken:
    raise BrokenInputError("said to be a PDF, but the bytes are none: text not readable", where=where, advice="look at it by hand")
