"""Bytes of a text table to text: encoding from the evidence of the whole file, line ends to LF, hostile lines refused with their place.

A first pass over the file (:func:`survey`) finds the encoding and the things no text table holds: NUL bytes and endless lines. The second
(:func:`texts`) yields text in pieces that end at line ends. CR, LF and CR LF each count as one line end, so line numbers are those of the file.

Encodings: UTF-8 and UTF-16 by byte order mark, UTF-16 also by its pattern of NULs; else UTF-8 where the bytes allow it, and each byte that does not
fit is read as cp1252 or as CP437 (the DOS page in which 0x9C is the pound sign), whichever the bytes of the file speak for.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from custodes.errors import BrokenInputError, LimitError

CHUNK = 1 << 20
"""Bytes read at a time; at most MAX_LINE, so that a longer line always spans two chunks."""
MAX_LINE = 1 << 20
_ASCII = bytes(range(128))
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_UTF8 = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_ADVICE_BINARY = "this is no text table; export it as CSV, or name another reader"
_CP1252_ONLY = frozenset((0x80, 0x85, 0x91, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x99, 0xA0, 0xA3, 0xA9, 0xAE, 0xB0, 0xBD))
"""Bytes that mean punctuation, pound, blank or half in cp1252 and something rare in English text in CP437."""


def _single_byte(encoding: str) -> str:
    """Register the error handler that reads what is not UTF-8 in a single-byte encoding; its name."""
    name = f"custodes.{encoding}"
    table = [bytes([n]).decode(encoding, "replace") for n in range(256)]

    def handle(error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeDecodeError):
            raise error
        return "".join(table[byte] for byte in error.object[error.start : error.end]), error.end

    codecs.register_error(name, handle)
    return name


_HANDLERS = {encoding: _single_byte(encoding) for encoding in ("cp1252", "cp437")}


@dataclass(frozen=True, slots=True)
class Survey:
    """What the first pass found: the encoding, the bytes of the byte order mark, and which single-byte page fills in where UTF-8 fails."""

    encoding: str
    mark: int = 0
    page: str = "cp1252"


def encoding_of(head: bytes) -> tuple[str, int]:
    """Encoding and length of the byte order mark from the first bytes; UTF-8 when nothing speaks for UTF-16."""
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding, len(mark)
    sample = head[:4096]
    odd, even = sample[1::2].count(0), sample[0::2].count(0)
    if len(sample) >= 8 and max(odd, even) * 2 > len(sample) * 0.7 and min(odd, even) * 20 < len(sample):
        return ("utf-16-le" if odd > even else "utf-16-be"), 0
    return "utf-8", 0


def page_of(high: bytes) -> str:
    """cp1252 or cp437, from the bytes of the file above 0x7F that are no UTF-8."""
    if high.isascii():
        return "cp1252"
    high = high.translate(None, _ASCII)
    pounds = high.count(0x9C)
    others = sum(high.count(byte) for byte in _CP1252_ONLY)
    return "cp437" if pounds > others else "cp1252"


def _pieces(stream: BinaryIO, encoding: str, mark: int, size: int) -> Iterator[bytes]:
    """The file after its mark as bytes that UTF-8 can read, in pieces of any length."""
    stream.seek(mark)
    if encoding == "utf-8":
        yield from iter(lambda: stream.read(size), b"")
        return
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    while piece := stream.read(max(1, size // 2)):
        yield decoder.decode(piece).encode("utf-8", "replace")
    if rest := decoder.decode(b"", final=True):
        yield rest.encode("utf-8", "replace")


def survey(stream: BinaryIO, where: str = "") -> Survey:
    """Look at the whole file once. BrokenInputError for NUL bytes, LimitError for a line longer than MAX_LINE, each with the line."""
    stream.seek(0)
    encoding, mark = encoding_of(stream.read(4096))
    high, begun, position = bytearray(), 0, 0
    for piece in _pieces(stream, encoding, mark, CHUNK):
        if b"\0" in piece:
            line = _line_at(stream, encoding, mark, position + piece.index(b"\0"))
            raise BrokenInputError(f"a NUL byte in line {line}: not a text table", where=f"{where}, line {line}", advice=_ADVICE_BINARY)
        if not piece.isascii() and len(high) < CHUNK:
            high += _UTF8.sub(b"", piece.translate(None, _ASCII))
        ends = _ends(piece)
        if (position + ends[0] if ends else position + len(piece)) - begun > MAX_LINE:
            _too_long(stream, encoding, mark, begun, where)
        if ends:
            begun = position + ends[1] + 1
        position += len(piece)
    return Survey(encoding, mark, page_of(bytes(high)))


def _ends(piece: bytes) -> tuple[int, int] | None:
    """Places of the first and the last line end in a piece, or None."""
    firsts = [at for at in (piece.find(b"\n"), piece.find(b"\r")) if at >= 0]
    return (min(firsts), max(piece.rfind(b"\n"), piece.rfind(b"\r"))) if firsts else None


def _line_at(stream: BinaryIO, encoding: str, mark: int, place: int) -> int:
    """The 1-based line in which the byte ``place`` (counted after the mark) stands."""
    lines, seen, after_cr = 1, 0, False
    for piece in _pieces(stream, encoding, mark, CHUNK):
        part = piece[: max(0, place - seen)]
        lines += part.count(b"\n") + part.count(b"\r") - part.count(b"\r\n") - (after_cr and part.startswith(b"\n"))
        after_cr, seen = part.endswith(b"\r"), seen + len(piece)
        if seen >= place:
            break
    return lines


def _too_long(stream: BinaryIO, encoding: str, mark: int, begun: int, where: str) -> None:
    line = _line_at(stream, encoding, mark, begun)
    raise LimitError(
        f"line {line} is longer than {MAX_LINE:,} bytes", where=f"{where}, line {line}", advice="no spending table has such lines; check what the file is"
    )


def texts(stream: BinaryIO, found: Survey, size: int = CHUNK) -> Iterator[str]:
    """The file as text in pieces that end at a line end (the last one is given one), line ends as LF."""
    rest = b""
    for piece in _pieces(stream, found.encoding, found.mark, size):
        data = rest + piece
        cut = max(data.rfind(b"\n"), data.rfind(b"\r", 0, -1)) + 1
        if not cut:
            rest = data
            continue
        rest = data[cut:]
        yield to_text(data[:cut], found.page)
    if rest:
        text = to_text(rest, found.page)
        yield text if text.endswith("\n") else text + "\n"


def to_text(data: bytes, page: str) -> str:
    """Bytes (UTF-8, or ``page`` where that fails) as text with LF line ends."""
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
        data = data.replace(b"\r", b"\n") if b"\r" in data else data
    return data.decode("utf-8", _HANDLERS[page])
