"""gzip, bzip2 and xz behind one loop: several members one after another, and an end that is checked.

Formats: gzip RFC 1952, bzip2, xz. Python's own readers stop quietly or late in some of these cases; here a cut, a damaged or a followed-by-something
file is an error that says how many bytes were whole.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Protocol

from custodes.errors import BrokenInputError

CHUNK = 256 << 10
MAGIC = {"gzip": b"\x1f\x8b\x08", "bzip2": b"BZh", "xz": b"\xfd7zXZ\x00"}
"""First bytes of each packing."""
_XZ_MEMORY = 256 << 20


class _Decoder(Protocol):
    """One gzip member, bzip2 stream or xz stream."""

    def feed(self, data: bytes) -> Iterator[bytes]: ...
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...


class _Zlib:
    """zlib behind the interface of the other two; never gives more than one chunk at a time."""

    def __init__(self) -> None:
        self._z = zlib.decompressobj(31)

    def feed(self, data: bytes) -> Iterator[bytes]:
        while True:
            piece = self._z.decompress(data, CHUNK)
            data = self._z.unconsumed_tail
            yield piece
            if self._z.eof or (not data and len(piece) < CHUNK):
                return

    @property
    def eof(self) -> bool:
        return self._z.eof

    @property
    def unused_data(self) -> bytes:
        return self._z.unused_data


class _Other:
    """bzip2 and xz, which share one interface in the standard library."""

    def __init__(self, inner: bz2.BZ2Decompressor | lzma.LZMADecompressor) -> None:
        self._inner = inner

    def feed(self, data: bytes) -> Iterator[bytes]:
        yield self._inner.decompress(data, CHUNK)
        while not self._inner.eof and not self._inner.needs_input:
            yield self._inner.decompress(b"", CHUNK)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data


def _decoder(kind: str) -> _Decoder:
    if kind == "gzip":
        return _Zlib()
    return _Other(bz2.BZ2Decompressor() if kind == "bzip2" else lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY))


def inflated(raw: BinaryIO, kind: str, name: str) -> Iterator[tuple[bytes, int]]:
    """(decompressed piece, compressed bytes read so far), over all members."""
    consumed = whole = 0
    decoder: _Decoder | None = _decoder(kind)
    while data := raw.read(CHUNK):
        consumed += len(data)
        while data:
            if decoder is None:
                data = data.lstrip(b"\0")  # zeros after a member are padding, as tapes leave it
                if not data:
                    break
                decoder = _next_member(data, kind, name, whole)
            try:
                for piece in decoder.feed(data):
                    whole += len(piece)
                    yield piece, consumed
            except (zlib.error, OSError, EOFError, lzma.LZMAError) as problem:
                raise broken(kind, name, whole, f"is damaged ({problem})") from problem
            data = decoder.unused_data if decoder.eof else b""
            decoder = None if decoder.eof else decoder
    if decoder is not None:
        raise broken(kind, name, whole, "ends too early")


def _next_member(data: bytes, kind: str, name: str, whole: int) -> _Decoder:
    """A decoder for a further member; raises when something else follows."""
    if not data.startswith(MAGIC[kind][: len(data)]):
        raise broken(kind, name, whole, "is followed by something else")
    return _decoder(kind)


def broken(kind: str, name: str, whole: int, how: str) -> BrokenInputError:
    """The error for packed data that ``how`` (``ends too early``); ``whole``: decompressed bytes before that."""
    advice = "fetch the file again; what came before the break is not used, because nobody can say what is missing"
    return BrokenInputError(f"the {kind} data {how}; {whole} bytes were whole before that", where=name, advice=advice)
