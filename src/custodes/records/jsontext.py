"""The encoding of a JSON stream, and the stream as UTF-8.

JSON should be UTF-8 (RFC 8259). Publishers also send byte-order marks, UTF-16, UTF-32, ISO-8859-1 and Windows-1252. A mark or the pattern of zero
bytes in the first four bytes settles the Unicode forms (RFC 4627, section 3); what is not UTF-8 is read as Windows-1252, whose printable characters
include those of ISO-8859-1.
"""

from __future__ import annotations

import codecs
from typing import BinaryIO, Protocol

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_HEAD = 65_536


class Readable(Protocol):
    """Anything with ``read``."""

    def read(self, size: int = -1, /) -> bytes:
        """Up to ``size`` bytes; none at the end."""


def encoding_of(head: bytes) -> tuple[str, int]:
    """The encoding of a JSON text and the length of its byte-order mark, from its first bytes."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name, len(mark)
    zeros = "".join("0" if byte == 0 else "x" for byte in head[:4])
    by_zeros = {"x000": "utf-32-le", "000x": "utf-32-be", "x0x0": "utf-16-le", "0x0x": "utf-16-be"}
    return by_zeros.get(zeros) or ("utf-8" if _is_utf8(head) else "cp1252"), 0


def _is_utf8(head: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head, final=False)
    except UnicodeDecodeError:
        return False
    return True


def text_of(head: bytes) -> str:
    """The beginning of a file as text, for a look at its shape; never raises."""
    name, mark = encoding_of(head)
    return head[mark:].decode(name, "replace")


def from_windows(text: bytes) -> str:
    """Windows-1252 text; the five bytes it leaves open are taken as in ISO-8859-1."""
    try:
        return text.decode("cp1252")
    except UnicodeDecodeError:
        return text.decode("latin-1")


class _Transcoded:
    """A stream in another encoding, read as UTF-8 in pieces."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self._stream = stream
        self._decode = None if encoding == "cp1252" else codecs.getincrementaldecoder(encoding)("replace")

    def read(self, size: int = -1, /) -> bytes:
        while True:
            raw = self._stream.read(size)
            text = from_windows(raw) if self._decode is None else self._decode.decode(raw, final=not raw)
            if text or not raw:
                return text.encode("utf-8", "replace")


def utf8(stream: BinaryIO) -> Readable:
    """The stream from its beginning as UTF-8 without a byte-order mark. A UTF-8 stream is handed back as it is."""
    stream.seek(0)
    name, mark = encoding_of(stream.read(_HEAD))
    stream.seek(mark)
    return stream if name == "utf-8" else _Transcoded(stream, name)
