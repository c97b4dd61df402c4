"""PDF documents: the text of every page with page and rectangle. A page that is an image, or whose characters come out wrong, is marked, never taken for empty.

Text as pdfium gives it, in the order of the page's content. Lines of one sentence are joined with a blank (CJK without one, hyphenated words whole); other
line ends stay. What the document hides in attachments, annotations and form fields is not read.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.metadata import version
from typing import Any, BinaryIO

import pyarrow as pa

from custodes.errors import BrokenInputError, LimitError
from custodes.records import page_rest
from custodes.records.page_legible import illegible, visible
from custodes.records.page_runs import BLANK, LINE, PARAGRAPH, Runs, Seen, Taken
from custodes.values import Origin

NAME = "page_pdf"
KINDS: tuple[str, ...] = ("PAGE",)

SIZE_LIMIT = 512 << 20
PAGE_LIMIT = 5_000
FEW = 40
"""Characters below which a page that is mostly picture counts as an image."""
_IMAGE, _PATH = 3, 2
_LINE = re.compile(r"[^\r\n]+")
_STOP = ".!?:;。！？：；|)]»”"
_HYPHENS = "\x02\ufffe\xad"
_BULLET = re.compile(r"[•▪●○■□◆►✓✔*–—·-]\s|\(?\d{1,3}[.)]\s|[a-z][.)]\s")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_LONG = 30


def sniff(head: bytes, filename: str) -> bool:
    """Claims what bears the PDF mark in its first 1,024 bytes, unless something else stands before it."""
    return b"%PDF-" in head[:1024] and not head.lstrip().startswith((b"WARC/", b"PK\x03\x04", b"<", b"{", b"filedesc:"))


def companions(filename: str) -> tuple[str, ...]:
    """A document stands alone."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """One PAGE for the whole document. BrokenInputError when it cannot be opened (damaged, encrypted with a password)."""
    yield from page_rest.whole(streams[0], origin, take, SIZE_LIMIT)


def texts(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """The same without the places of the text."""
    yield from page_rest.whole(streams[0], origin, take, SIZE_LIMIT, places=False)


@cache
def extractor() -> str:
    """Name and version of what takes the text."""
    import pypdfium2

    return f"page_pdf 1, pypdfium2 {version('pypdfium2')}, pdfium {pypdfium2.version.PDFIUM_INFO.build}"


def take(payload: bytes, seen: Seen, where: str) -> Taken:
    """The text of all pages of one document."""
    import pypdfium2

    if len(payload) > SIZE_LIMIT:
        raise LimitError(f"the PDF is larger than {SIZE_LIMIT >> 20} MiB", where=where, advice="split it")
    try:
        document = pypdfium2.PdfDocument(payload)
    except pypdfium2.PdfiumError as error:
        secret = "password" in str(error).lower()
        what = "the PDF needs a password: text not readable" if secret else "the PDF is damaged or cut off: text not readable"
        raise BrokenInputError(what, where=where, advice="get a copy that opens in a viewer, or look at it by hand") from error
    try:
        return _taken(document, where)
    finally:
        document.close()


def _taken(document: Any, where: str) -> Taken:
    if len(document) > PAGE_LIMIT:
        raise LimitError(f"the PDF has more than {PAGE_LIMIT:,} pages", where=where, advice="split it")
    runs, unreadable = Runs(), list[str]()
    for number in range(len(document)):
        text, reason = _page(document, number)
        if reason:
            unreadable.append(f"page {number + 1}: {reason}")
        _lines(runs, text, f"page {number + 1}")
        runs.gap(PARAGRAPH)
    readable = "yes" if not unreadable else "no" if len(unreadable) == len(document) else "partly"
    title = str(document.get_metadata_dict().get("Title") or "").replace("\0", "").strip()[:500]
    return Taken(runs, extractor(), "application/pdf", "", title, "", readable, tuple(unreadable))


def _page(document: Any, number: int) -> tuple[str, str]:
    """(text, why it is not readable or "") of one page."""
    import pypdfium2

    try:
        page = document[number]
    except pypdfium2.PdfiumError:
        return "", "damaged"
    try:
        sheet = page.get_textpage()
        text = str(sheet.get_text_range()) if sheet.count_chars() else ""
        sheet.close()
        return text, illegible(text) or _drawn(page, text)
    except pypdfium2.PdfiumError:
        return "", "damaged"
    finally:
        page.close()


def _drawn(page: Any, text: str) -> str:
    """Is the page a picture of text rather than text?"""
    count = visible(text[:1000])
    if count >= FEW:
        return ""
    objects = list(page.get_objects(max_depth=3))
    if any(item.type == _IMAGE and _covers(item, page) > (0.05 if count == 0 else 0.5) for item in objects):
        return "image only, text not readable" if count == 0 else f"image with {count} characters beside it, text not readable"
    shapes = sum(item.type == _PATH for item in objects)
    return "text drawn as shapes, not readable" if shapes > 200 and count == 0 else ""


def _covers(item: Any, page: Any) -> float:
    """Share of the page that an object covers."""
    left, bottom, right, top = item.get_bounds()
    width, height = page.get_size()
    return float(max(0.0, right - left) * max(0.0, top - bottom) / max(1.0, width * height))


def _lines(runs: Runs, text: str, path: str) -> None:
    """The lines of a page as runs, joined where a sentence goes on."""
    before = ""
    for match in _LINE.finditer(text):
        line = match[0]
        bare = line.strip(" \t" + _HYPHENS)
        if not bare:
            continue
        runs.gap(_between(before, bare))
        runs.run(bare, path, match.start() + line.index(bare))
        before = line.rstrip(" \t")


def _between(before: str, line: str) -> int:
    """What stands between two lines: nothing in a word cut in two, a blank in a sentence that goes on, else a line end."""
    if not before:
        return LINE
    end = before[-1]
    if end in _HYPHENS:
        return 0
    if end in _STOP or _BULLET.match(line):
        return LINE
    if _CJK.match(end) and _CJK.match(line):
        return 0 if len(before) > _LONG // 2 else LINE
    if line[0].islower() or end in ",/(&":
        return BLANK
    return BLANK if len(before) >= 2 * _LONG and line[0].isalnum() else LINE


def rectangles(payload: bytes, page: int, start: int, end: int) -> tuple[tuple[float, float, float, float], ...]:
    """Where the code points ``start`` to ``end`` of a page's text (from 1) stand on it: (left, bottom, right, top) in points, one per line, to 2 decimals."""
    import pypdfium2

    document = pypdfium2.PdfDocument(payload)
    try:
        sheet = document[page - 1].get_textpage()
        first, last = (pypdfium2.raw.FPDFText_GetCharIndexFromTextIndex(sheet, at) for at in (start, end - 1))
        if first < 0 or last < first:
            return ()
        count = sheet.count_rects(first, last - first + 1)
        left, bottom, right, top = zip(*(sheet.get_rect(n) for n in range(count)), strict=True) if count else ((), (), (), ())
        return tuple(tuple(round(v, 2) for v in box) for box in zip(left, bottom, right, top, strict=True))
    finally:
        document.close()



PICTURE_SCALE = 1.5
"""Pixels per point."""
_MARK = (70, 226, 255)
"""Blue, green, red of the mark; words under it stay dark."""


def picture(payload: bytes, page: int, boxes: Sequence[Sequence[float]]) -> bytes:
    """A PNG of a page (from 1) with boxes (left, bottom, right, top in points) marked. The same bytes for the same document and library."""
    import pypdfium2

    document = pypdfium2.PdfDocument(payload)
    try:
        sheet = document[page - 1]
        height = sheet.get_height()
        bitmap = sheet.render(scale=min(PICTURE_SCALE, 4000 / max(1.0, height, sheet.get_width())), rev_byteorder=False, maybe_alpha=False)
        pixels, wide, tall, stride, channels = bytearray(bitmap.buffer), bitmap.width, bitmap.height, bitmap.stride, bitmap.n_channels
        scale = tall / height
        for left, bottom, right, top in boxes:
            _mark(pixels, stride, channels, [max(0, round(v * scale)) for v in (left - 1, height - top - 1, right + 1, height - bottom + 1)], (wide, tall))
        return _png(pixels, wide, tall, stride, channels)
    finally:
        document.close()


def _mark(pixels: bytearray, stride: int, channels: int, box: Sequence[int], size: tuple[int, int]) -> None:
    """Colour a box so that dark stays dark: each channel is at most the mark's."""
    left, top, right, bottom = box
    for y in range(top, min(bottom, size[1])):
        for x in range(left, min(right, size[0])):
            at = y * stride + x * channels
            for n in range(min(3, channels)):
                pixels[at + n] = min(pixels[at + n], _MARK[n])


def _png(pixels: bytearray, wide: int, tall: int, stride: int, channels: int) -> bytes:
    """Blue-green-red rows as a PNG (RFC 2083)."""
    rows = bytearray()
    for y in range(tall):
        row = pixels[y * stride : y * stride + wide * channels]
        line = bytearray(wide * 3)
        for n in range(3):
            line[n::3] = row[2 - n :: channels] if channels >= 3 else row
        rows += b"\0" + line
    chunks = ((b"IHDR", struct.pack(">IIBBBBB", wide, tall, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(bytes(rows), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks)
