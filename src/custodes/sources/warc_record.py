"""One WARC record as bytes: header lines, digests, an id that anybody can compute again, and one gzip member around it.

Format: WARC 1.1 (ISO 28500:2017). ``WARC-Block-Digest`` and ``WARC-Payload-Digest`` are SHA-256 in hex, which every checker we know reads; the SHA-1
that older indexes compare by (base 32) stands beside them in ``Custodes-Block-SHA1`` and ``Custodes-Payload-SHA1``: WARC allows each of its own fields
once only. A record's id is a version 5 UUID over its file's seed, its number in the file and its header, so the same evidence gives the same archive.
"""

from __future__ import annotations

import base64
import hashlib
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO

from custodes.sources.checker import GZIP_HEADER, payload_start, record_id

CHUNK = 1 << 20
HEAD_LIMIT = 1 << 20
"""How far into a block the empty line that ends an HTTP header is looked for, in bytes."""
LEVEL = 6
"""zlib level: 9 takes far longer for about one per cent less."""

Content = bytes | Callable[[], BinaryIO]
"""A block: bytes, or a function that opens it for reading from its start, as often as asked."""


@dataclass(frozen=True, slots=True)
class Digests:
    """Length and digests of a block and, for HTTP, of what follows its header; hex SHA-256 and base 32 SHA-1."""

    length: int
    sha256: str
    sha1: str
    payload_sha256: str = ""
    payload_sha1: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """A record that stands in a file: where, and what other records and the index need to know of it."""

    record_id: str
    kind: str
    uri: str
    date: str
    offset: int
    length: int
    digests: Digests


def measured(content: Content, http: bool) -> Digests:
    """Read the block once. ``http``: it is an HTTP message, whose payload begins after the first empty line."""
    block = hashlib.sha256(), hashlib.sha1(usedforsecurity=False)
    payload = hashlib.sha256(), hashlib.sha1(usedforsecurity=False)
    length, head, in_payload = 0, b"", False
    for piece in pieces(content):
        length += len(piece)
        for hasher in block:
            hasher.update(piece)
        if not http:
            continue
        if not in_payload:
            head = head + piece if head else piece
            begin = payload_start(head)
            in_payload = begin >= 0 or len(head) >= HEAD_LIMIT
            piece, head = (head[begin:], b"") if begin >= 0 else (b"", head)
        for hasher in payload:
            hasher.update(piece)
    digests = length, block[0].hexdigest(), _base32(block[1].digest())
    return Digests(*digests, payload[0].hexdigest(), _base32(payload[1].digest())) if http else Digests(*digests)


def pieces(content: Content) -> Iterator[bytes]:
    """The block in pieces of at most 1 MiB."""
    if isinstance(content, bytes):
        yield from (content[at : at + CHUNK] for at in range(0, len(content), CHUNK))
        return
    with closing(content()) as stream:
        while piece := stream.read(CHUNK):
            yield piece


def header(fields: list[tuple[str, str]], seed: str, number: int) -> tuple[bytes, str]:
    """The header of a record with its id and its empty line, and the id. A value that would begin a new line is refused with ValueError."""
    for name, value in fields:
        if any(c in value for c in "\r\n\0"):
            raise ValueError(f"{name} holds a line break: {value[:80]!r}")
    lines = [f"{name}: {value}" for name, value in fields if value]
    identity = record_id(seed, number, lines)
    lines.insert(1, f"WARC-Record-ID: {identity}")
    return "\r\n".join(["WARC/1.1", *lines, "", ""]).encode("utf-8", "surrogateescape"), identity


def member(head: bytes, content: Content) -> Iterator[bytes]:
    """The record as one gzip member, the same on every system: no name, no time, no operating system. Small records come out whole."""
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, -15)
    if isinstance(content, bytes) and len(content) <= CHUNK:
        whole = head + content + b"\r\n\r\n"
        yield GZIP_HEADER + packer.compress(whole) + packer.flush() + struct.pack("<LL", zlib.crc32(whole), len(whole) & 0xFFFFFFFF)
        return
    crc, size, out = 0, 0, GZIP_HEADER
    for piece in _chain(head, content):
        crc, size = zlib.crc32(piece, crc), size + len(piece)
        if out := out + packer.compress(piece):
            yield out
            out = b""
    yield out + packer.flush() + struct.pack("<LL", crc, size & 0xFFFFFFFF)


def _chain(head: bytes, content: Content) -> Iterator[bytes]:
    yield head
    yield from pieces(content)
    yield b"\r\n\r\n"


def warc_date(moment: datetime) -> str:
    """An aware time as WARC 1.1 writes it: UTC, with microseconds where there are any."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    utc = moment.astimezone(UTC)
    return utc.strftime("%Y-%m-%dT%H:%M:%S") + (f".{utc.microsecond:06d}" if utc.microsecond else "") + "Z"


def safe_uri(url: str) -> str:
    """``url`` fit for a header line: white space and control characters are percent-encoded, everything else stays as it is."""
    return "".join(c if c.isprintable() and c != " " else "".join(f"%{b:02X}" for b in c.encode("utf-8", "surrogatepass")) for c in url)


def _base32(digest: bytes) -> str:
    return base64.b32encode(digest).decode()
