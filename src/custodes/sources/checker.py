"""Check evidence without the program that made it: archives (WARC, ARC), packages (WACZ, evidence packs), time stamps and seal logs.

Needs Python 3.9 or later and nothing else, and runs alone: ``python verify.py PATH``. A copy of this file goes into every evidence pack, so that a stranger
can read it and check the pack in ten years. Exit code 0: intact, 4: broken, 2: nothing that it can check.

What is followed, link by link: time stamp -> digest file -> datapackage.json -> every file and no others -> every record's digests -> the index against the
records -> pages -> the seal log -> findings that cite what is here. The first broken link of every chain is named; what was not checked is listed.

Formats: WARC 1.0 and 1.1 (ISO 28500), ARC 1, WACZ 1.0 to 1.2 with CDXJ and ZipNum indexes, ZIP (APPNOTE 6.3, stored and deflated), RFC 3161 tokens (DER).
Files of other programs are held to what their format demands, not to our habits; files that name custodes as their writer are held to the byte.
"""

from __future__ import annotations

import base64
import binascii
import calendar
import hashlib
import io
import json
import os
import queue
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import time
import uuid
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, BinaryIO

CHUNK = 1 << 18
_OUT = 1 << 20
_HEAD = 1 << 20
_SMALL = 64 << 20
_LARGE = 1 << 30
_LINES = 10_000
NAMESPACE = uuid.UUID("5f2a8b7e-2c0b-5b0c-9b8e-6f6a3f0f7c11")
"""Namespace of the record ids that custodes gives: an arbitrary constant that must never change."""
GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
"""How every gzip member of ours begins: no name, no time, no operating system."""
START = "0" * 64
"""``prev`` of the first line of a seal log."""
_OURS = "custodes "


# --- what is said -------------------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Link:
    """One broken link: which chain, where, what is wrong, what to do."""

    chain: str
    where: str
    what: str
    advice: str = ""


@dataclass
class Report:
    """What was found. ``broken``: the first broken link of every chain; ``more``: further ones per chain; ``notes``: odd but no break."""

    path: str
    kind: str = ""
    broken: list[Link] = field(default_factory=list)
    more: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    stamped: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    _named: set[tuple[str, str]] = field(default_factory=set)

    def breaks(self, chain: str, where: str, what: str, advice: str = "") -> None:
        """Note a broken link; only the first of a chain in one file (what stands before a NUL in ``where``) is named, the rest is counted."""
        container = (chain, where.split("\0", 1)[0])
        if container in self._named:
            self.more[chain] = self.more.get(chain, 0) + 1
        else:
            self._named.add(container)
            self.broken.append(Link(chain, where.replace("\0", "", 1), what, advice))

    def note(self, text: str) -> None:
        """Something odd that is no break."""
        if text not in self.notes:
            self.notes.append(text)

    def skip(self, text: str) -> None:
        """Something that was not checked."""
        if text not in self.unchecked:
            self.unchecked.append(text)

    def count(self, name: str, number: int = 1) -> None:
        """Add to a count."""
        self.counts[name] = self.counts.get(name, 0) + number

    def lines(self) -> list[str]:
        """What a person reads."""
        if self.broken:
            told = [f"BROKEN {link.chain}: {link.where}: {link.what}" + (f"\n  next: {link.advice}" if link.advice else "") for link in self.broken]
            told += [f"  and {number} more in the chain {chain}" for chain, number in sorted(self.more.items())]
        else:
            told = [f"intact: {self.path}"]
        counts = ", ".join(f"{number} {name}" for name, number in self.counts.items() if number)
        told += [f"  checked: {self.kind}{': ' + counts if counts else ''}"] if self.kind else []
        told += [f"  stamped: {text}" for text in self.stamped] + [f"  removed by order: {text}" for text in self.removed]
        return told + [f"  note: {text}" for text in self.notes] + [f"  not checked: {text}" for text in self.unchecked]

    def mapping(self) -> dict[str, Any]:
        """The same as JSON-able values."""
        return {
            "path": self.path, "kind": self.kind, "broken": [vars(link) for link in self.broken], "more": self.more, "notes": self.notes,
            "not_checked": self.unchecked, "counts": self.counts, "stamped": self.stamped, "removed": self.removed, "exit": 4 if self.broken else 0,
        }  # fmt: skip


class Damaged(Exception):
    """What is read is not what its format says; the text says how."""


class TooLarge(Damaged):
    """What should be small is not; it is not read further."""


class Unknown(Exception):
    """Nothing that can be checked here."""


# --- bytes: unpacked on the fly, with the place of every gzip member --------------------------------------------------------------------------------


class Tee(io.RawIOBase):
    """Reads through and keeps SHA-256, a second digest where another is asked for, CRC-32 and length of what went through."""

    def __init__(self, stream: Any, also: str = "sha256") -> None:
        self._stream, self.hasher, self.crc, self.size = stream, hashlib.sha256(), 0, 0
        self.also = self.hasher if also == "sha256" else hashlib.new(also, usedforsecurity=False)

    def read(self, size: int = -1) -> bytes:
        """As a file."""
        data: bytes = self._stream.read(size)
        self.hasher.update(data)
        if self.also is not self.hasher:
            self.also.update(data)
        self.crc = zlib.crc32(data, self.crc)
        self.size += len(data)
        return data

    def drain(self) -> None:
        """Read to the end."""
        while self.read(CHUNK):
            pass


_START, _DATA, _END = "start", "data", "end"
_INLINE = 4 << 20
_BATCH = 1 << 18


def _events(stream: Any, raw: bytes, digest: bool) -> Iterator[tuple[str, int, bytes]]:
    """A gzip file member by member: (start, offset in the file, first ten bytes), (data, 0, unpacked bytes) ..., (end, offset, SHA-256 of the member)."""
    at = 0
    while True:
        while len(raw) < 10 and (more := _read(stream)):
            raw += more
        if not raw:
            return
        if raw[:2] != b"\x1f\x8b"[: len(raw)]:
            raise Damaged("something that is not a gzip member follows")
        yield _START, at, raw[:10]
        packed = zlib.decompressobj(31)
        hasher = hashlib.sha256() if digest else None
        while not packed.eof:
            raw = raw or _read(stream)
            if not raw:
                raise Damaged("the file ends inside a gzip member")
            try:
                piece = packed.decompress(raw, _OUT)
            except zlib.error as problem:
                raise Damaged(f"the gzip data is damaged ({problem})") from None
            rest = packed.unused_data if packed.eof else packed.unconsumed_tail
            used = len(raw) - len(rest)
            if hasher is not None:
                hasher.update(raw[:used])
            at, raw = at + used, rest
            if piece:
                yield _DATA, 0, piece
        yield _END, at, hasher.hexdigest().encode() if hasher else b""


def _read(stream: Any) -> bytes:
    try:
        data: bytes = stream.read(CHUNK)
    except OSError as problem:
        raise Damaged(f"cannot be read: {problem}") from None
    return data


class Ahead:
    """Runs an iterator: the first pieces here, the rest in a thread that unpacks while this one checks. ``close`` ends the thread and waits for it."""

    def __init__(self, events: Iterator[tuple[str, int, bytes]]) -> None:
        self._events, self._seen, self._batch = events, 0, iter(())
        self._thread: threading.Thread | None = None
        self._queue: queue.Queue[list[Any]] = queue.Queue(8)
        self._stop = False

    def __iter__(self) -> Iterator[tuple[str, int, bytes]]:
        for event in self._events:
            yield event
            self._seen += len(event[2])
            if self._seen > _INLINE:
                break
        else:
            return
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        while True:
            for event in self._queue.get():
                if event is None:
                    return
                if isinstance(event, Exception):
                    raise event
                yield event

    def _run(self) -> None:
        """Fill the queue with batches of a few hundred kilobytes; an error goes the same way."""
        batch: list[Any] = []
        size = 0
        try:
            for event in self._events:
                batch.append(event)
                size += len(event[2]) + 64
                if size >= _BATCH:
                    if not self._put(batch):
                        return
                    batch, size = [], 0
            batch.append(None)
        except Exception as problem:  # noqa: BLE001  raised again where the events are taken
            batch.append(problem)
        self._put(batch)

    def _put(self, batch: list[Any]) -> bool:
        while not self._stop:
            try:
                self._queue.put(batch, timeout=0.1)
                return True
            except queue.Full:
                continue
        return False

    def close(self) -> None:
        """No byte of the file is read after this returns."""
        self._stop = True
        if self._thread is not None:
            self._thread.join()


class Unpacked:
    """A WARC or ARC as one stream of bytes, gzip members opened one after another.

    ``start()`` gives where in the file the gzip member began that begins exactly here, ``end()`` where it ends; -1 where none does.
    """

    def __init__(self, stream: Any, digest_members: bool = False) -> None:
        self._stream = stream
        self._raw = _read(stream)
        self.gzip = self._raw[:2] == b"\x1f\x8b"
        self._ahead = Ahead(_events(stream, self._raw, digest_members))
        self._next = iter(self._ahead)
        self._buffer, self._used, self._consumed = b"", 0, 0
        self._out = 0  # unpacked bytes given out so far
        self._start: tuple[int, int, bytes] = (-1, -1, b"")
        self._end: tuple[int, int, bytes] = (-1, -1, b"")

    def close(self) -> None:
        """Stop reading."""
        self._ahead.close()

    def fill(self) -> bool:
        """Have at least one byte to give; False at the end of the file."""
        while self._used >= len(self._buffer):
            if not (self._event() if self.gzip else self._plain()):
                return False
        return True

    def _plain(self) -> bool:
        data, self._raw = self._raw or _read(self._stream), b""
        self._buffer, self._used = data, 0
        return bool(data)

    def _event(self) -> bool:
        """Take in the next piece, or the beginning or the end of a member."""
        event = next(self._next, None)
        if event is None:
            return False
        kind, at, data = event
        if kind == _START:
            self._start = (self._out, at, data)
        elif kind == _END:
            self._end = (self._out, at, data)
        else:
            self._out += len(data)
            self._buffer, self._used = data, 0
        return True

    def start(self) -> tuple[int, bytes]:
        """(offset in the file, first ten packed bytes) of what begins exactly here; (-1, b"") inside a gzip member."""
        if not self.gzip:
            return self._consumed, b""
        return self._start[1:] if self._start[0] == self._consumed else (-1, b"")

    def end(self) -> tuple[int, str]:
        """(offset in the file, SHA-256 of the member) where the member ends that ends exactly here; (-1, "") when none does."""
        if not self.gzip:
            return self._consumed, ""
        if self._used >= len(self._buffer) and self._end[0] != self._consumed:  # the end may not have been read yet
            self._event()
        return (self._end[1], self._end[2].decode()) if self._end[0] == self._consumed else (-1, "")

    def take(self, size: int) -> bytes:
        """Up to ``size`` bytes, at least one; empty at the end of the file."""
        if not self.fill():
            return b""
        if self._used == 0 and len(self._buffer) <= size:
            piece = self._buffer
        else:
            piece = self._buffer[self._used : self._used + size]
        self._used += len(piece)
        self._consumed += len(piece)
        return piece

    def line(self, limit: int = 1 << 16) -> bytes:
        """One line with its end; empty at the end of the file."""
        parts, size = [], 0
        while self.fill():
            cut = self._buffer.find(b"\n", self._used) + 1
            piece = self.take((cut or len(self._buffer)) - self._used)
            parts.append(piece)
            size += len(piece)
            if cut:
                break
            if size > limit:
                raise Damaged("a header line is longer than 64 KiB")
        return b"".join(parts)

    def header(self) -> list[bytes]:
        """The lines of a header without their LF, up to the empty line, which is taken too. Raises Damaged when the file ends in it."""
        self.fill()
        limit = self._used + (1 << 16)
        end = self._buffer.find(b"\r\n\r\n", self._used, limit)
        plain = self._buffer.find(b"\n\n", self._used, end if end >= 0 else limit)
        if plain >= 0 or end >= 0:
            end, mark = (plain, 2) if plain >= 0 else (end, 4)
            return self.take(end + mark - self._used)[:-mark].split(b"\n")
        lines: list[bytes] = []
        while line := self.line():
            if not line.endswith(b"\n"):
                break
            if len(lines) > _LINES:
                raise Damaged(f"a record's header has more than {_LINES} lines")
            if not line.rstrip(b"\r\n"):
                return lines
            lines.append(line[:-1])
        raise Damaged("the file ends inside a record's header")

    def peek(self, size: int) -> bytes:
        """The next bytes without taking them; may be fewer at the end of a piece."""
        if not self.fill():
            return b""
        while len(self._buffer) - self._used < size:
            before = self._buffer[self._used :]
            self._used = len(self._buffer)
            if not self.fill():
                self._buffer, self._used = before, 0
                break
            self._buffer, self._used = before + self._buffer[self._used :], 0
        return self._buffer[self._used : self._used + size]


# --- digests ------------------------------------------------------------------------------------------------------------------------------------------

_BASE32 = re.compile(r"^[A-Za-z2-7]+$")
_TO_INT = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567abcdefghijklmnopqrstuvwxyz", "0123456789ABCDEFGHIJKLMNOPQRSTUV0123456789ABCDEFGHIJKLMNOP")
_ALGORITHMS = {"md5": 16, "sha1": 20, "sha224": 28, "sha256": 32, "sha384": 48, "sha512": 64}


def parse_digest(text: str) -> tuple[str, bytes | None]:
    """``sha1:BASE32``, ``sha-256:hex`` and the like as (algorithm, bytes); bytes None when the value is none of that algorithm; ("", None) when unknown."""
    name, _, value = text.partition(":")
    size = _ALGORITHMS.get(name, 0)
    if not size:
        name = name.strip().lower().replace("-", "")
        size = _ALGORITHMS.get(name, 0)
    return (name, _digest_bytes(value.strip(), size)) if size else ("", None)


def _digest_bytes(value: str, size: int) -> bytes | None:
    """The bytes of a digest in base 16, 32 or 64; which one follows from its length."""
    try:
        if len(value) == size * 2:
            return bytes.fromhex(value)
        bare = value.rstrip("=")
        if len(bare) == -(-size * 8 // 5) and _BASE32.match(bare):
            return (int(bare.translate(_TO_INT), 32) >> (-size * 8 % 5)).to_bytes(size, "big")
        if len(bare) == -(-size * 4 // 3):
            return base64.b64decode(bare.replace("-", "+").replace("_", "/") + "=" * (-len(bare) % 4), validate=True)
    except (ValueError, binascii.Error, OverflowError):
        pass
    return None


class Dechunked:
    """The body behind HTTP's chunked coding, fed in pieces; stops quietly where the coding is broken: then the digest will not match."""

    def __init__(self) -> None:
        self._rest, self._left, self.ended = b"", 0, False

    def feed(self, data: bytes) -> bytes:
        """The decoded bytes in ``data``."""
        found, data = [], self._rest + data
        while data and not self.ended:
            if self._left > 2:
                piece = data[: self._left - 2]
                found.append(piece)
                data, self._left = data[len(piece) :], self._left - len(piece)
            elif self._left:
                skip = min(self._left, len(data))
                data, self._left = data[skip:], self._left - skip
            else:
                line, mark, data = data.partition(b"\n")
                if not mark:
                    self._rest = line
                    self.ended = len(line) > 1024
                    return b"".join(found)
                try:
                    size = int(line.split(b";")[0].strip() or b"x", 16)
                except ValueError:
                    size = 0
                self.ended, self._left = size <= 0, size + 2
        self._rest = b""
        return b"".join(found)


# --- records ------------------------------------------------------------------------------------------------------------------------------------------

_DATE = re.compile(r"^\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?Z)?)?)?$")
_VERSION = re.compile(rb"^WARC/\d+\.\d+\r?$")
_MANDATORY = ("warc-type", "warc-record-id", "warc-date", "content-length")
_REPEATABLE = {"warc-concurrent-to", "warc-protocol"}


@dataclass(frozen=True)
class Record:
    """One record of an archive. ``offset`` and ``length`` are of its gzip member (or of itself in a plain file), -1 inside a larger member.

    ``status`` and ``mime`` are those of the HTTP answer where there is one; ``payload`` the digest as the header says it; ``digests`` how many were checked;
    ``block`` is kept for the first records of a file and where it was asked for.
    """

    offset: int
    length: int
    kind: str
    record_id: str
    uri: str
    date: str
    status: str
    payload: str
    digests: int
    problem: str
    member_sha256: str
    mime: str
    concurrent: str
    block: bytes


def record_id(seed: str, number: int, lines: Iterable[str]) -> str:
    """The id that custodes gives to record ``number`` of the file with ``seed``; ``lines``: its header lines ``name: value`` without the id itself."""
    text = "\n".join([seed, str(number), *lines])
    return f"<urn:uuid:{uuid.uuid5(NAMESPACE, text.encode('utf-8', 'surrogatepass').hex())}>"


def payload_start(head: bytes) -> int:
    """Where the body of an HTTP message begins; -1 while no empty line has been seen."""
    ends = [at + len(mark) for mark in (b"\r\n\r\n", b"\n\n") if (at := head.find(mark)) >= 0]
    return min(ends) if ends else -1


def records(stream: Any, digest_members: bool = False, keep: tuple[str, ...] = ("warcinfo",)) -> Iterator[Record]:
    """Every record of a WARC, read to its end and held against its digests; blocks up to 1 MiB of the kinds in ``keep`` are kept.

    Raises Damaged where the records stop following each other.
    """
    source = Unpacked(stream, digest_members)
    try:
        yield from _records(source, keep)
    finally:
        source.close()


def _records(source: Unpacked, keep: tuple[str, ...]) -> Iterator[Record]:
    ours, seed, number = False, "", 0
    while source.fill():
        offset, first = source.start()
        version, lines, fields = _warc_header(source)
        number += 1
        problem = _header_problem(fields)
        if ours:
            problem = problem or _id_problem(version, lines, seed, number, first, source.gzip)
        record = _warc_block(source, fields, offset, problem, keep, number == 1, ours)
        if number == 1 and record.block.startswith(b"software: " + _OURS.encode()):
            ours, seed = True, record.record_id
            record = _with(record, record.problem or _id_problem(version, lines, "", 1, first, source.gzip))
        yield record


def _with(record: Record, problem: str) -> Record:
    values = {name: getattr(record, name) for name in record.__dataclass_fields__}
    return Record(**{**values, "problem": problem})


def _warc_header(source: Unpacked) -> tuple[bytes, list[str], dict[str, list[str]]]:
    """(version line, header lines, fields by lower-case name) of the record that begins here."""
    first, *raw = source.header()
    if not _VERSION.match(first):
        raise Damaged(f"no record begins here, but {first[:40]!r}" if first.strip() else "no record begins here, but an empty line")
    lines: list[str] = []
    fields: dict[str, list[str]] = {}
    for text in b"\n".join(raw).decode("utf-8", "surrogateescape").split("\n") if raw else ():
        if text[-1:] == "\r":
            text = text[:-1]
        if text[:1] in (" ", "\t") and lines:
            text = lines.pop() + " " + text.strip()
            fields[text.partition(":")[0].strip().lower()].pop()
        name, mark, value = text.partition(":")
        if not mark:
            raise Damaged(f"a header line without a colon: {text[:40]!r}")
        lines.append(text)
        name, value = name.strip().lower(), value.strip()
        if name in fields:
            fields[name].append(value)
        else:
            fields[name] = [value]
    return first, lines, fields


def _header_problem(fields: dict[str, list[str]]) -> str:
    missing = [name for name in _MANDATORY if not fields.get(name, [""])[0]]
    if missing:
        return f"the header lacks {', '.join(missing)}"
    several = [name for name, values in fields.items() if len(values) > 1]
    twice = [name for name in several if name.startswith(("warc-", "content-")) and name not in _REPEATABLE and len(set(fields[name])) > 1]
    if [name for name in twice if "digest" not in name]:
        return f"the header says {twice[0]} twice and differently"
    if not _DATE.match(fields["warc-date"][0]):
        return f"the date is none: {fields['warc-date'][0][:40]!r}"
    return ""


def _id_problem(version: bytes, lines: list[str], seed: str, number: int, first: bytes, packed: bool) -> str:
    """custodes' own records: the id is computed from the header, and every gzip member begins the same."""
    if packed and first != GZIP_HEADER:
        return "the gzip header is not the one that custodes writes" if first else "the record does not begin a gzip member of its own"
    if version != b"WARC/1.1\r":
        return "the record does not begin as custodes writes it"
    others = [line for line in lines if not line.lower().startswith("warc-record-id:")]
    right = f"WARC-Record-ID: {record_id(seed, number, others)}"
    return "" if right in lines and len(lines) == len(others) + 1 else "the header was changed, or the record is not the one that stood here: its id does not follow from it"


def _warc_block(source: Unpacked, fields: dict[str, list[str]], offset: int, problem: str, keep: tuple[str, ...], first: bool, ours: bool) -> Record:
    """Read a record's block and hold it against its digests."""
    kind = fields.get("warc-type", [""])[0].lower()
    said = fields.get("content-length", [""])[0]
    if not re.match(r"^[0-9]{1,18}$", said):
        raise Damaged("the record does not say its length")
    length = int(said)
    http = kind in ("request", "response", "revisit") and fields.get("content-type", [""])[0].lower().startswith("application/http")
    wanted = {name: _wanted(fields, name) for name in ("warc-block-digest", "warc-payload-digest")}
    block = {name: hashlib.new(name, usedforsecurity=False) for pair in wanted.values() for name, _ in pair if name}
    payload = {name: hashlib.new(name, usedforsecurity=False) for name, _ in wanted["warc-payload-digest"] if name} if http else {}
    head, small, left, body, chunks = b"", [], length, not http, None
    decoded: dict[str, Any] = {}
    while left:
        piece = source.take(left)
        if not piece:
            raise Damaged(f"the file ends inside a record: {left} of {length} bytes are missing")
        left -= len(piece)
        for hasher in block.values():
            hasher.update(piece)
        if (first or kind in keep) and length <= _HEAD:
            small.append(piece)
        if not body:
            head += piece
            begin = payload_start(head)
            if begin < 0 and len(head) < _HEAD:
                continue
            body, piece, head = True, head[begin:] if begin >= 0 else b"", head[:begin] if begin >= 0 else head
            if re.search(rb"(?im)^transfer-encoding:[^\n]*chunked", head):
                chunks, decoded = Dechunked(), {name: hasher.copy() for name, hasher in payload.items()}
        for hasher in payload.values():
            hasher.update(piece)
        if chunks:
            plain = chunks.feed(piece)
            for hasher in decoded.values():
                hasher.update(plain)
    problem = problem or _digest_problem("" if ours and kind == "revisit" else kind, fields, wanted, block, payload, decoded)
    end, member_sha256 = _record_end(source)
    status = re.match(rb"HTTP/\S+ (\d{3})", head)
    mime = re.search(rb"(?im)^content-type:[ \t]*([^;\s]+)", head) if status else None
    return Record(
        offset, end - offset if offset >= 0 and end >= 0 else -1, kind, fields.get("warc-record-id", [""])[0], fields.get("warc-target-uri", [""])[0],
        fields.get("warc-date", [""])[0], status[1].decode() if status else "", fields.get("warc-payload-digest", [""])[0], len(block), problem, member_sha256,
        mime[1].decode("latin-1") if mime else "" if status else fields.get("content-type", [""])[0], fields.get("warc-concurrent-to", [""])[0], b"".join(small),
    )  # fmt: skip


def _wanted(fields: dict[str, list[str]], name: str) -> list[tuple[str, bytes | None]]:
    """(algorithm, bytes) of every digest of that name; custodes' SHA-1 fields count with them."""
    also = {"warc-block-digest": "custodes-block-sha1", "warc-payload-digest": "custodes-payload-sha1"}[name]
    return [parse_digest(text) for text in (*fields.get(name, ()), *fields.get(also, ()))]


def _digest_problem(
    kind: str, fields: dict[str, list[str]], wanted: dict[str, list[tuple[str, bytes | None]]], block: dict[str, Any], payload: dict[str, Any], decoded: dict[str, Any]
) -> str:  # fmt: skip
    """The first digest that does not match. A payload digest may be over the body as sent or without its chunks: programs differ, and both bind the bytes."""
    if not kind or kind == "continuation" or "warc-segment-number" in fields:
        wanted = {"warc-block-digest": wanted["warc-block-digest"]}  # the payload stands elsewhere, or in several records
    elif kind == "revisit":
        return ""  # programs differ: some give the digests of the record that had the body
    for where, pairs in wanted.items():
        for name, value in pairs:
            if not name:
                continue
            if value is None:
                return f"the {name} digest in the header is not one"
            found = [block[name]] if where == "warc-block-digest" else [hashers[name] for hashers in (payload, decoded, block) if name in hashers]
            if not any(hasher.digest() == value for hasher in found):
                part = "block" if where == "warc-block-digest" else "payload"
                return f"the {part} has changed: its {name} is {found[0].hexdigest()}, the header says {value.hex()}"
    return ""


def _record_end(source: Unpacked) -> tuple[int, str]:
    """Pass the two line ends that close a record; (offset in the file where it ends, SHA-256 of its gzip member)."""
    tail = source.peek(4)
    if tail.startswith(b"\r\n\r\n"):
        source.take(4)
        while source.gzip is False and source.peek(2) in (b"\r\n", b"\n"):
            source.line()
    elif tail in (b"", b"\r\n", b"\n", b"\n\n") or tail.startswith((b"\n\n", b"\n")) or re.match(rb"^\r\n(WARC|\x1f)", tail):
        raise Damaged("the file ends before the two line ends that close a record") if not tail else Damaged("the two line ends that close a record are not there")
    else:
        raise Damaged("the record is longer than it says: no line end follows it")
    return source.end()


# --- archives -----------------------------------------------------------------------------------------------------------------------------------------


def check_warc(stream: Any, name: str, report: Report, digest_members: bool = False) -> tuple[dict[int, Record], bool]:
    """Check every record; gives those that begin a place in the file by their offset, and whether all of the file could be read as records."""
    found: dict[int, Record] = {}
    last, bare, pieces, number, whole = -1, 0, 0, 0, True
    try:
        for record in records(stream, digest_members):
            number += 1
            report.count("records")
            bare += not record.digests
            pieces += record.offset < 0
            if record.offset >= 0:
                found[record.offset] = record
                last = record.offset + max(record.length, 0)
            if record.problem:
                place = f"record {number} at byte {record.offset}" if record.offset >= 0 else f"record {number}"
                report.breaks("records", f"{name}\0, {place} ({record.kind} {record.uri or record.record_id})", record.problem, _COPY)
    except Damaged as problem:
        where = f"{name}\0, after record {number}" + (f" which ends at byte {last}" if last >= 0 else "")
        report.breaks("records", where, str(problem), _CUT if number else _COPY)
        whole = False
    else:
        if not number:
            report.breaks("records", f"{name}\0", "there is no record in it", _COPY)
    if bare:
        report.skip(f"{name}: {bare} records carry no digest; only that they are whole")
    if pieces:
        report.note(f"{name}: {pieces} records do not begin a gzip member of their own, so no index can point at them")
    return found, whole


_COPY = "compare with a copy; what this link should prove is not proved"
_CUT = "the records before it are whole; compare the rest with a copy, or let custodes cut it off"


def check_arc(stream: Any, name: str, report: Report) -> None:
    """Check that the records of an ARC follow each other; the format has no digests."""
    source, number = Unpacked(stream), 0
    try:
        while source.fill():
            line = source.line()
            if not line.strip():
                continue
            words = line.split()
            if len(words) < 5 or not re.match(rb"^\w[\w+.-]*:", words[0]) or not re.match(rb"^\d{14}$", words[-3] if words[-3].isdigit() else b""):
                raise Damaged(f"no record begins here, but {line[:40]!r}")
            if not words[-1].isdigit():
                raise Damaged("the record does not say its length")
            left = int(words[-1])
            while left:
                piece = source.take(left)
                if not piece:
                    raise Damaged(f"the file ends inside a record: {left} of {int(words[-1])} bytes are missing")
                left -= len(piece)
            number += 1
            report.count("records")
    except Damaged as problem:
        report.breaks("records", f"{name}\0, after record {number}", str(problem), _COPY)
    finally:
        source.close()
    report.skip(f"{name}: ARC records carry no digests; only that they follow each other")


# --- containers: a ZIP or a folder ---------------------------------------------------------------------------------------------------------------------


class Folder:
    """A package that was unpacked."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.label = path
        names = [os.path.join(base, name) for base, _, files in os.walk(path) for name in files]
        self.names = sorted(os.path.relpath(name, path).replace(os.sep, "/") for name in names)

    def open(self, name: str) -> BinaryIO:
        """A file in it."""
        return open(os.path.join(self._path, *name.split("/")), "rb")

    def problems(self) -> Iterator[tuple[str, str]]:
        """(name, what is wrong) with the container itself."""
        return iter(())

    def canonical_problem(self) -> str:
        """Folders have no form of their own."""
        return ""

    def crc(self, name: str) -> int | None:
        """Folders keep no checksums."""
        return None


class Slice(io.RawIOBase):
    """A part of a file, as a file."""

    def __init__(self, path: str, start: int, size: int) -> None:
        self._file, self._left = open(path, "rb"), size  # noqa: SIM115  closed with the slice
        self._file.seek(start)

    def read(self, size: int = -1) -> bytes:
        """As a file."""
        data = self._file.read(self._left if size is None or size < 0 else min(size, self._left))
        self._left -= len(data)
        return data

    def close(self) -> None:
        """As a file."""
        self._file.close()
        super().close()


class Inflated(io.RawIOBase):
    """A deflated part of a file, as a file; refuses to grow beyond what the directory says."""

    def __init__(self, inner: Slice, size: int) -> None:
        self._inner, self._z, self._left = inner, zlib.decompressobj(-15), size
        self._raw = b""

    def read(self, size: int = -1) -> bytes:
        """As a file; at most 1 MiB at once."""
        while True:
            if self._z.eof:
                if self._raw or self._inner.read(1):
                    raise Damaged("the deflated data ends before its entry")
                return b""
            if not self._raw:
                self._raw = self._inner.read(CHUNK)
                if not self._raw:
                    raise Damaged("the deflated data ends too early")
            try:
                piece = self._z.decompress(self._raw, min(size, _OUT) if size and size > 0 else _OUT)
            except zlib.error as problem:
                raise Damaged(f"the deflated data is damaged ({problem})") from None
            self._raw = self._z.unused_data if self._z.eof else self._z.unconsumed_tail
            self._left -= len(piece)
            if self._left < 0:
                raise Damaged("the deflated data is longer than its entry says")
            if piece:
                return piece

    def close(self) -> None:
        """As a file."""
        self._inner.close()
        super().close()


class Zip:
    """A ZIP whose local headers are held against its directory, so that no reader sees other files than another."""

    def __init__(self, path: str) -> None:
        self._path = self.label = path
        try:
            with zipfile.ZipFile(path) as archive:
                self._entries = [info for info in archive.infolist() if not info.is_dir()]
                self._begin, self._comment = archive.start_dir, archive.comment
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error, EOFError, UnicodeDecodeError) as problem:
            raise Damaged(f"the ZIP cannot be opened ({problem})") from None
        self._by_name = {info.filename: info for info in self._entries}
        self.names = sorted(self._by_name)

    def open(self, name: str) -> Any:
        """A file in it, unpacked as it is read. Raises Damaged."""
        info = self._by_name[name]
        start = self._data_start(info)[1]
        inner = Slice(self._path, start, info.compress_size)
        if info.flag_bits & 1:
            raise Damaged("the entry is encrypted")
        if info.compress_type == zipfile.ZIP_STORED:
            return inner
        if info.compress_type == zipfile.ZIP_DEFLATED:
            return Inflated(inner, info.file_size)
        raise Damaged(f"packed by method {info.compress_type}, which this program cannot open")

    def crc(self, name: str) -> int | None:
        """The checksum in the directory."""
        return self._by_name[name].CRC

    def _data_start(self, info: zipfile.ZipInfo) -> tuple[bytes, int]:
        with open(self._path, "rb") as stream:
            if info.header_offset < 0:
                raise Damaged("no local header stands where the directory says")
            stream.seek(info.header_offset)
            head = stream.read(30)
            if len(head) < 30 or head[:4] != b"PK\x03\x04":
                raise Damaged("no local header stands where the directory says")
            name_length, extra_length = struct.unpack("<HH", head[26:30])
            return head + stream.read(name_length + extra_length), info.header_offset + 30 + name_length + extra_length

    def problems(self) -> Iterator[tuple[str, str]]:
        """(name, what is wrong) with the ZIP itself."""
        seen: set[str] = set()
        end = 0
        for info in sorted(self._entries, key=lambda each: each.header_offset):
            if info.filename in seen:
                yield info.filename, "the ZIP holds two files of this name"
            seen.add(info.filename)
            if info.filename.startswith(("/", "\\")) or ".." in info.filename.replace("\\", "/").split("/"):
                yield info.filename, "the name leads out of the package"
            try:
                head, start = self._data_start(info)
            except Damaged as problem:
                yield info.filename, str(problem)
                continue
            if what := self._differs(info, head):
                yield info.filename, what
            if info.header_offset < end:
                yield info.filename, "the entry overlaps the one before it"
            end = start + info.compress_size
        if end > self._begin:
            yield "the directory", "the last entry reaches into it"

    @staticmethod
    def _differs(info: zipfile.ZipInfo, head: bytes) -> str:
        """Does the local header say something else than the directory?"""
        flags, method = struct.unpack("<HH", head[6:10])
        crc, packed, size = struct.unpack("<LLL", head[14:26])
        raw = head[30 : 30 + struct.unpack("<H", head[26:28])[0]]
        said = raw.decode("utf-8" if flags & 0x800 else "cp437", "replace")
        if said != info.orig_filename and raw.decode("utf-8", "replace") != info.orig_filename:
            return f"the entry calls itself {said!r}"
        if method != info.compress_type:
            return "the entry is packed in another way than the directory says"
        if flags & 8 or 0xFFFFFFFF in (packed, size):
            return ""  # sizes follow the data, or stand in the ZIP64 field
        return "" if (crc, packed, size) == (info.CRC, info.compress_size, info.file_size) else "the entry's size or checksum differs from the directory"

    def canonical_problem(self) -> str:
        """Is the ZIP to the byte what custodes writes around these files? Empty when it is."""
        with open(self._path, "rb") as stream:
            at, directory = 0, []
            for info in self._entries:
                if info.compress_size != info.file_size:
                    return f"{info.filename} is not stored as it is"
                local, central = zip_headers(info.filename, info.CRC, info.file_size, at)
                stream.seek(at)
                if stream.read(len(local)) != local:
                    return f"the header before {info.filename} is not the one that custodes writes"
                at += len(local) + info.file_size
                directory.append(central)
            stream.seek(at)
            whole = zip_end(directory, at)
            if stream.read(len(whole) + 1) != whole:
                return "the directory is not the one that custodes writes"
        return ""


def zip_headers(name: str, crc: int, size: int, offset: int) -> tuple[bytes, bytes]:
    """(local header, directory entry) of a stored file as custodes writes it: fixed time (1980-01-01), read-only, ZIP64 where a number needs it."""
    raw, big, far = name.encode(), size >= 0xFFFFFFFF, offset >= 0xFFFFFFFF
    version = 45 if big or far else 20
    short = 0xFFFFFFFF if big else size
    local_extra = struct.pack("<HHQQ", 1, 16, size, size) if big else b""
    fixed = struct.pack("<HHHHHLLL", version, 0x800, 0, 0, 0x21, crc, short, short)
    local = b"PK\x03\x04" + fixed + struct.pack("<HH", len(raw), len(local_extra)) + raw + local_extra
    numbers = ([size, size] if big else []) + ([offset] if far else [])
    extra = struct.pack(f"<HH{len(numbers)}Q", 1, 8 * len(numbers), *numbers) if numbers else b""
    tail = struct.pack("<HHHHHLL", len(raw), len(extra), 0, 0, 0, 0o100444 << 16, 0xFFFFFFFF if far else offset)
    return local, b"PK\x01\x02" + struct.pack("<H", 0x0300 | version) + fixed + tail + raw + extra


def zip_end(directory: list[bytes], offset: int) -> bytes:
    """The directory of a ZIP and what closes it."""
    whole, count = b"".join(directory), len(directory)
    short = struct.pack("<HHHHLLH", 0, 0, min(count, 0xFFFF), min(count, 0xFFFF), min(len(whole), 0xFFFFFFFF), min(offset, 0xFFFFFFFF), 0)
    if count < 0xFFFF and len(whole) < 0xFFFFFFFF and offset < 0xFFFFFFFF:
        return whole + b"PK\x05\x06" + short
    long = b"PK\x06\x06" + struct.pack("<QHHLLQQQQ", 44, 0x032D, 45, 0, 0, count, count, len(whole), offset)
    return whole + long + b"PK\x06\x07" + struct.pack("<LQL", 0, offset + len(whole), 1) + b"PK\x05\x06" + short


# --- packages: WACZ, evidence packs, editions ----------------------------------------------------------------------------------------------------------

_ARCHIVE = re.compile(r"\.w?arc(\.gz)?$", re.I)
_INDEXED = ("response", "resource", "revisit")


@dataclass
class _Package:
    """What one package is made of, gathered while it is checked."""

    box: Any
    label: str
    report: Report
    ours: bool = False
    hashes: dict[str, str] = field(default_factory=dict)
    archives: dict[str, dict[int, Record]] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    stopped: set[str] = field(default_factory=set)

    def at(self, inner: str) -> str:
        """Where something stands: in this package, in that file."""
        return f"{self.label}\0: {inner}"

    def text(self, name: str, limit: int = _SMALL) -> bytes:
        """A small file of the package; Damaged when it cannot be read, TooLarge beyond ``limit`` bytes."""
        parts, size = [], 0
        with self.box.open(name) as stream:
            while data := stream.read(_OUT):
                parts.append(data)
                size += len(data)
                if size > limit:
                    raise TooLarge(f"is larger than {limit >> 20} MiB")
        return b"".join(parts)


def check_package(box: Any, label: str, report: Report) -> _Package:
    """Check datapackage.json, its digest file, every file and no others, every record, indexes and pages."""
    package = _Package(box, label, report)
    for name, what in box.problems():
        report.breaks("zip", package.at(name), what, _COPY)
    resources, version = _datapackage(package)
    _digest_file(package, version)
    if package.ours and (what := box.canonical_problem()):
        report.breaks("zip", package.at("the ZIP"), what, "the files in it may be right; take a copy that is whole")
    for path, wanted, size in resources:
        _resource(package, path, wanted, size)
    listed = {path for path, _, _ in resources}
    for name in sorted(set(box.names) - listed):
        if not re.match(r"^datapackage(-digest)?\.json$|^datapackage-digest\.json(\.[\w.-]+)?\.tsr$", name):
            report.breaks("files", package.at(name), "the file is not listed in datapackage.json", "it was added later, or the list was cut: compare with a copy")
    _indexes(package)
    for name in box.names:
        if re.match(r"^pages/[^/]+\.jsonl$", name):
            _pages(package, name)
    return package


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as problem:
        raise Damaged(f"is not JSON ({str(problem)[:80]})") from None


def _datapackage(package: _Package) -> tuple[list[tuple[str, tuple[str, bytes | None], int | None]], tuple[int, ...]]:
    """((path, digest, size) of every resource, version of the format)."""
    try:
        if "datapackage.json" not in package.box.names:
            raise Damaged("the file is missing: nothing says which files belong to the package")
        value = _json(package.text("datapackage.json"))
        if not isinstance(value, dict) or not isinstance(value.get("resources"), list):
            raise Damaged("names no resources")
        package.ours = str(value.get("software", "")).startswith(_OURS)
        version = tuple(int(part) for part in re.findall(r"\d+", str(value.get("wacz_version", "")))[:3])
        return [found for entry in value["resources"] if (found := _entry(package, entry))], version
    except (Damaged, OSError) as problem:
        package.report.breaks("datapackage", package.at("datapackage.json"), str(problem), _COPY)
        return [], ()


def _entry(package: _Package, entry: Any) -> tuple[str, tuple[str, bytes | None], int | None] | None:
    """One resource of datapackage.json; WACZ 1.0 keeps hash and size one level deeper."""
    if not isinstance(entry, dict) or not isinstance(entry.get("path"), str):
        package.report.breaks("datapackage", package.at("datapackage.json"), f"a resource without a path: {str(entry)[:60]}", _COPY)
        return None
    stats = entry["stats"] if isinstance(entry.get("stats"), dict) else entry
    text, size = str(stats.get("hash", "")), stats.get("bytes")
    if ":" not in text:
        names = {32: "md5", 40: "sha1", 56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}
        text = f"{entry.get('hashing') or names.get(len(text), '')}:{text}"
    return entry["path"], parse_digest(text), size if isinstance(size, int) else None


def _digest_file(package: _Package, version: tuple[int, ...]) -> None:
    """datapackage-digest.json: the hash of datapackage.json, and what was signed."""
    name, where = "datapackage-digest.json", package.at("datapackage-digest.json")
    if name not in package.box.names:
        if package.ours or version >= (1, 1):
            package.report.breaks("digest", where, "the file is missing: nothing ties datapackage.json to a time stamp or a signature", _COPY)
        return
    try:
        data = package.text(name)
        package.digests[hashlib.sha256(data).hexdigest()] = "datapackage-digest.json"
        value = _json(data)
        if not isinstance(value, dict) or value.get("path") != "datapackage.json":
            raise Damaged("does not speak of datapackage.json")
        algorithm, wanted = parse_digest(str(value.get("hash", "")))
        if not algorithm or wanted is None:
            raise Damaged("holds no hash")
        found = hashlib.new(algorithm, package.text("datapackage.json"), usedforsecurity=False).digest()
        if found != wanted:
            raise Damaged(f"says that datapackage.json has the {algorithm} {wanted.hex()}; it has {found.hex()}")
        if package.ours and data != digest_file(found):
            raise Damaged("is not written the way custodes writes it")
        if "signedData" in value:
            _signed(package, value)
    except (Damaged, OSError) as problem:
        package.report.breaks("digest", where, str(problem), _COPY)
    except KeyError:
        pass  # datapackage.json is not there: that has been said


def digest_file(sha256: bytes) -> bytes:
    """datapackage-digest.json as custodes writes it, for the SHA-256 of datapackage.json."""
    return json.dumps({"path": "datapackage.json", "hash": f"sha256:{sha256.hex()}"}, indent=2).encode() + b"\n"


def _resource(package: _Package, path: str, wanted: tuple[str, bytes | None], size: int | None) -> None:
    """Read one file once: its hash, its size, its checksum, and its records when it is an archive."""
    report, where = package.report, package.at(path)
    if re.match(r"^https?://", path):
        report.skip(f"{path}: stands elsewhere on the web")
        return
    if path not in package.box.names:
        report.breaks("files", where, "the file is missing", _COPY)
        return
    algorithm, value = wanted
    if value is None:
        report.breaks("datapackage", package.at("datapackage.json"), f"gives no hash that can be checked for {path}", _COPY)
    try:
        stream = package.box.open(path)
        with stream:
            tee = Tee(stream, algorithm or "sha256")
            if _ARCHIVE.search(path):
                package.archives[path] = {}
                _archive(package, path, tee)
            tee.drain()
    except (Damaged, OSError) as problem:
        report.breaks("files", where, str(problem), _COPY)
        return
    report.count("files")
    package.hashes[path] = tee.hasher.hexdigest()
    found = tee.also.digest()
    if size is not None and size != tee.size:
        report.breaks("files", where, f"{tee.size} bytes are there, datapackage.json says {size}", _COPY)
    elif value is not None and found != value:
        report.breaks("files", where, f"the {algorithm} is {found.hex()}, datapackage.json says {value.hex()}", _COPY)
    elif package.box.crc(path) not in (None, tee.crc):
        report.breaks("zip", where, "the checksum of the ZIP does not match, the hash does", _COPY)


def _archive(package: _Package, path: str, tee: Tee) -> None:
    name = f"{package.label}: {path}"
    if re.search(r"\.arc(\.gz)?$", path, re.I):
        check_arc(tee, name, package.report)
    else:
        package.archives[path], whole = check_warc(tee, name, package.report, digest_members=True)
        package.stopped |= set() if whole else {path}


# --- the index against the records, and pages ------------------------------------------------------------------------------------------------------------


def _indexes(package: _Package) -> None:
    """Every index of the package; afterwards the records that no index names."""
    names = [name for name in package.box.names if re.match(r"^indexes/.*\.cdxj?(\.gz)?$", name)]
    pointed: set[tuple[str, int]] = set()
    for name in names:
        try:
            _index(package, name, pointed)
        except (Damaged, OSError) as problem:
            package.report.breaks("index", package.at(name), str(problem), _COPY)
    for name in package.box.names:
        if re.match(r"^indexes/.*\.idx$", name):
            _summary_index(package, name)
    if not package.archives or package.report.broken:
        return
    hidden = [
        f"{path}, byte {offset} ({record.kind} {record.uri})"
        for path, found in package.archives.items() for offset, record in found.items() if record.kind in _INDEXED and (path, offset) not in pointed
    ]  # fmt: skip
    if hidden and package.ours:
        package.report.breaks("index", package.at(hidden[0]), "no index names this record, so no replay shows it", _COPY)
    elif hidden:
        package.report.note(f"{package.label}: {len(hidden)} records that a replay could show are in no index, the first: {hidden[0]}")


def _index(package: _Package, name: str, pointed: set[tuple[str, int]]) -> None:
    with package.box.open(name) as stream, closing(Unpacked(stream)) as source:
        number, before = 0, b""
        while line := source.line(_SMALL):
            number += 1
            if line.startswith((b"!meta", b" CDX")) or not line.strip():
                if line.startswith(b" CDX"):
                    package.report.skip(f"{name}: an index in the old CDX form")
                    return
                continue
            if package.ours and line <= before:
                raise Damaged(f"line {number}: the lines are not in order, so a replay would not find all of them")
            before = line
            try:
                path, offset = _index_line(package, line)
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                raise Damaged(f"line {number}: is not a line of an index") from None
            except Damaged as problem:
                raise Damaged(f"line {number}: {problem}") from None
            pointed.add((path, offset))
            package.report.count("index lines")


def _index_line(package: _Package, line: bytes) -> tuple[str, int]:
    """(archive, offset) that the line points at, after it was held against the record there."""
    _, _, rest = line.decode("utf-8", "surrogateescape").partition(" ")
    stamp, _, text = rest.partition(" ")
    said = json.loads(text)
    filename, offset, length = str(said["filename"]), int(said["offset"]), int(said["length"])
    path = next((name for name in (f"archive/{filename}", filename) if name in package.archives), "")
    if not path:
        raise Damaged(f"points into {filename!r}, which is no archive of this package")
    if re.search(r"\.arc(\.gz)?$", path, re.I):
        return path, offset
    record = package.archives[path].get(offset)
    if record is None and path in package.stopped:
        package.report.skip(f"{package.label}: index lines that point behind the break in {path}")
        return path, offset
    if record is None:
        raise Damaged(f"points at byte {offset} of {filename}, where no record begins")
    if record.length not in (-1, length):
        raise Damaged(f"says that the record at byte {offset} of {filename} has {length} bytes; it has {record.length}")
    if not _same_moment(record.date, stamp):
        raise Damaged(f"says {stamp}, the record at byte {offset} of {filename} says {record.date}")
    if "url" in said and _plain_url(str(said["url"])) != _plain_url(record.uri):
        raise Damaged(f"says {said['url']}, the record at byte {offset} of {filename} is {record.uri}")
    status = str(said.get("status", ""))
    if record.kind == "response" and record.status and status.isdigit() and status != record.status:
        raise Damaged(f"says status {status}, the record at byte {offset} of {filename} says {record.status}")
    if not _same_digest(str(said.get("digest", "")), record.payload):
        raise Damaged(f"gives another payload digest than the record at byte {offset} of {filename}")
    if record.member_sha256 and not _same_digest(str(said.get("recordDigest", "")), f"sha256:{record.member_sha256}"):
        raise Damaged(f"gives another hash than that of the record at byte {offset} of {filename}")
    return path, offset


def _same_moment(date: str, stamp: str) -> bool:
    digits = re.sub(r"\D", "", date)
    size = min(len(digits), len(stamp), 14)
    return digits[:size] == stamp[:size]


def _plain_url(url: str) -> str:
    from urllib.parse import unquote

    return unquote(url.strip().strip("<>"))


def _same_digest(said: str, record: str) -> bool:
    """Do two digests agree as far as both speak of the same algorithm? An index may leave the algorithm out when it is SHA-1."""
    one, other = parse_digest(said if ":" in said else f"sha1:{said}"), parse_digest(record)
    return not said or None in (one[1], other[1]) or one[0] != other[0] or one[1] == other[1]


def _summary_index(package: _Package, name: str) -> None:
    """ZipNum: every line says where a block of the packed index stands, and its hash."""
    try:
        packed, at = b"", ""
        for number, line in enumerate(package.text(name).splitlines(), 1):
            if not line.strip():
                continue
            said = json.loads(line[line.index(b"{") :])
            if line.startswith(b"!meta"):
                at = "indexes/" + str(said["filename"])
                packed = package.text(at)
                continue
            if not at:
                at = next(each for each in package.box.names if re.match(r"^indexes/.*\.cdxj?\.gz$", each))
                packed = package.text(at)
            block = packed[int(said["offset"]) : int(said["offset"]) + int(said["length"])]
            if len(block) != int(said["length"]):
                raise Damaged(f"line {number} points beyond the end of {at}")
            if not _same_digest(str(said.get("digest", "")), f"sha256:{hashlib.sha256(block).hexdigest()}"):
                raise Damaged(f"line {number} gives another hash than that of the block in {at}")
    except (ValueError, KeyError, TypeError, StopIteration, RecursionError):
        package.report.breaks("index", package.at(name), "is not a summary of an index", _COPY)
    except TooLarge:
        package.report.skip(f"{name}: a summary of a very large index")
    except (Damaged, OSError) as problem:
        package.report.breaks("index", package.at(name), str(problem), _COPY)


def _pages(package: _Package, name: str) -> None:
    """Every line is a page with an address; in our packages every page has a record."""
    uris = {_plain_url(record.uri) for found in package.archives.values() for record in found.values() if record.kind in _INDEXED}
    try:
        lost: list[str] = []
        with package.box.open(name) as stream, closing(Unpacked(stream)) as source:
            number = 0
            while line := source.line(_SMALL):
                number += 1
                if line.strip() and (without := _page(package, line, number, uris)):
                    lost.append(without)
        if lost and package.ours:
            raise Damaged(f"{lost[0]} has no record in the archive")
        if lost and package.archives:
            package.report.note(f"{package.label}: {len(lost)} pages have no record of exactly that address, the first: {name}, {lost[0]}")
    except (Damaged, OSError) as problem:
        package.report.breaks("pages", package.at(name), str(problem), _COPY)


def _page(package: _Package, line: bytes, number: int, uris: set[str]) -> str:
    """One line of a page list; words when its address has no record."""
    page = _json(line)
    if not isinstance(page, dict) or (number > 1 and not isinstance(page.get("url"), str)):
        raise Damaged(f"line {number} is not a page")
    if "url" not in page:
        return ""
    package.report.count("pages")
    return "" if _plain_url(str(page["url"])) in uris else f"line {number}: {page['url']}"


# --- time stamps (RFC 3161) ------------------------------------------------------------------------------------------------------------------------------

_HASHES = {
    "2b0e03021a": "sha1", "608648016503040201": "sha256", "608648016503040202": "sha384", "608648016503040203": "sha512", "608648016503040204": "sha224",
    "2a864886f70d0205": "md5",
}  # fmt: skip
_SIGNED_DATA, _TST_INFO, _MESSAGE_DIGEST = "2a864886f70d010702", "2a864886f70d0109100104", "2a864886f70d010904"


@dataclass(frozen=True)
class Token:
    """What a time-stamp token says. ``imprint``: ``sha256:hex`` of what was stamped; ``time``: ISO, UTC; ``der``: the token without its answer's status.

    ``certified``: it carries certificates; the signer's must be among them.
    """

    imprint: str
    time: str
    serial: str
    der: bytes
    data: bytes
    certified: bool


def _der(data: bytes, at: int = 0, end: int | None = None) -> list[tuple[int, int, int, int]]:
    """(tag, begin of the element, begin of its content, end) of every DER element between ``at`` and ``end``. Raises Damaged."""
    end = len(data) if end is None else end
    found = []
    while at < end:
        if end - at < 2 or data[at] & 0x1F == 0x1F:
            raise Damaged("the token is not DER")
        length, begin = data[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7F
            if not 1 <= size <= 4 or begin + size > end:
                raise Damaged("the token is not DER")
            length, begin = int.from_bytes(data[begin : begin + size], "big"), begin + size
        if begin + length > end:
            raise Damaged("the token ends too early")
        found.append((data[at], at, begin, begin + length))
        at = begin + length
    return found


def parse_token(data: bytes) -> Token:
    """A time-stamp answer or a bare token; checks by itself that the signed digest is that of the statement. Raises Damaged."""
    try:
        (outer,) = _der(data)
        inside = _der(data, outer[2], outer[3])
        if inside[0][0] == 0x30:
            status = _der(data, inside[0][2], inside[0][3])[0]
            if data[status[2] : status[3]] not in (b"\0", b"\1"):
                raise Damaged("the authority did not grant the time stamp")
            outer = inside[1]
            inside = _der(data, outer[2], outer[3])
        if data[inside[0][2] : inside[0][3]].hex() != _SIGNED_DATA:
            raise Damaged("the token is not signed data")
        signed = _der(data, *_der(data, inside[1][2], inside[1][3])[0][2:])
        if [part[0] for part in signed if part[0] not in (0xA0, 0xA1)] != [0x02, 0x31, 0x30, 0x31]:
            raise Damaged("the token is not signed data")
        content = _der(data, signed[2][2], signed[2][3])
        if data[content[0][2] : content[0][3]].hex() != _TST_INFO:
            raise Damaged("the token is not a time stamp")
        octets = _der(data, content[1][2], content[1][3])[0]
        statement = data[octets[2] : octets[3]]
        _signed_digest(data, signed[-1], statement)
        return _statement(statement, data[outer[1] : outer[3]], data, any(part[0] == 0xA0 for part in signed))
    except (IndexError, ValueError):
        raise Damaged("the token is not DER") from None


def _signed_digest(data: bytes, signers: tuple[int, int, int, int], statement: bytes) -> None:
    """The signed attributes hold the digest of the statement: without that, the signature would speak of something else."""
    for signer in _der(data, signers[2], signers[3]):
        parts = _der(data, signer[2], signer[3])
        algorithm = _oid_hash(data, parts[2])
        for attribute in _der(data, parts[3][2], parts[3][3]) if parts[3][0] == 0xA0 else ():
            name, values = _der(data, attribute[2], attribute[3])
            if data[name[2] : name[3]].hex() == _MESSAGE_DIGEST:
                value = _der(data, values[2], values[3])[0]
                if not algorithm or hashlib.new(algorithm, statement, usedforsecurity=False).digest() == data[value[2] : value[3]]:
                    return
                raise Damaged("the token's statement is not the one that was signed")
    raise Damaged("the token carries no signed digest")


def _oid_hash(data: bytes, sequence: tuple[int, int, int, int]) -> str:
    oid = _der(data, sequence[2], sequence[3])[0]
    return _HASHES.get(data[oid[2] : oid[3]].hex(), "")


def _statement(data: bytes, der: bytes, whole: bytes, certified: bool) -> Token:
    (outer,) = _der(data)
    parts = _der(data, outer[2], outer[3])
    imprint = _der(data, parts[2][2], parts[2][3])
    algorithm = _oid_hash(data, imprint[0])
    if not algorithm:
        raise Damaged("the token stamps a hash that is not known here")
    moment = next(part for part in parts if part[0] == 0x18)
    text = data[moment[2] : moment[3]].decode("ascii")
    match = re.match(r"^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d+)?Z$", text)
    if not match:
        raise Damaged(f"the token's time is none: {text[:30]!r}")
    year, month, day, hour, minute, second, part = match.groups()
    serial = data[parts[3][2] : parts[3][3]].hex()
    value = data[imprint[1][2] : imprint[1][3]].hex()
    return Token(f"{algorithm}:{value}", f"{year}-{month}-{day}T{hour}:{minute}:{second}{part or ''}Z", serial, der, whole, certified)


def epoch(moment: str) -> int:
    """Seconds since 1970 of an ISO time in UTC."""
    return calendar.timegm(time.strptime(moment[:19], "%Y-%m-%dT%H:%M:%S"))


def openssl(*arguments: str) -> tuple[int, str]:
    """(exit code, what it said) of the openssl program; (-1, "") when there is none."""
    program = shutil.which("openssl")
    if not program:
        return -1, ""
    try:
        done = subprocess.run([program, *arguments], capture_output=True, timeout=60, check=False, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired) as problem:
        return -1, str(problem)
    return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace")


def check_signature(token: Token, name: str, roots: list[str], report: Report, where: str, certificates: str = "") -> None:
    """Hold the token's signature by openssl: against root certificates where some are given, else against the certificate inside or beside the token."""
    if not shutil.which("openssl"):
        report.skip(f"{name}: the token's signature (there is no openssl program here)")
        return
    with tempfile.TemporaryDirectory() as folder:
        answer, bare, ca = (os.path.join(folder, each) for each in ("answer", "token", "roots.pem"))
        for path, data in ((answer, token.data), (bare, token.der)):
            with open(path, "wb") as out:
                out.write(data)
        if roots:
            with open(ca, "wb") as out:
                out.write(b"\n".join(_file(path) for path in roots))
            shape = ["-token_in"] if token.data == token.der else []
            code, said = openssl(
                "ts", "-verify", "-digest", token.imprint.split(":")[1], "-in", answer, *shape, "-CAfile", ca, "-attime", str(epoch(token.time)),
            )  # fmt: skip
            if code == 0:
                report.skip(f"{name}: whether the authority behind {', '.join(os.path.basename(root) for root in roots)} is one that you trust")
                return
        with open(ca, "w", encoding="utf-8") as text:
            text.write(certificates)
        beside = ["-certfile", ca] if certificates else []
        code, said = openssl("cms", "-verify", "-inform", "DER", "-in", bare, "-noverify", *beside, "-out", os.devnull)
        if code == 0:
            report.skip(f"{name}: who the authority is; its signature is good, but no root certificate given here leads to its certificate")
        elif "signer certificate not found" in said and not token.certified:
            report.skip(f"{name}: the token's signature (the token does not hold the authority's certificate)")
        else:
            report.breaks("token", where, "the authority's signature is not good", _COPY)


def _file(path: str) -> bytes:
    with open(path, "rb") as stream:
        return stream.read(_LARGE)


def check_token(data: bytes, name: str, digests: dict[str, str], roots: list[str], report: Report, where: str, certificates: str = "") -> str:
    """Hold one token against what it may stamp (``algorithm:hex`` or bare SHA-256 hex -> words); gives the words, empty when it stamps none of them."""
    try:
        token = parse_token(data)
    except Damaged as problem:
        report.breaks("token", where, str(problem), "ask the authority for a new one, or take the token from a copy")
        return ""
    what = digests.get(token.imprint) or digests.get(token.imprint.split(":")[1], "")
    if not what:
        return ""
    check_signature(token, name, roots, report, where, certificates)
    report.stamped.append(f"{what} not later than {token.time} ({name})")
    report.count("time stamps")
    return what


def _signed(package: _Package, value: dict[str, Any]) -> None:
    """A WACZ signature: what is signed is the hash beside it; the signature and its certificate by openssl; the time stamp is over the signature."""
    signed, report, where = value["signedData"], package.report, package.at("datapackage-digest.json")
    if not isinstance(signed, dict) or signed.get("hash") != value.get("hash"):
        report.breaks("signature", where, "what was signed is not the hash of datapackage.json", _COPY)
        return
    text = str(signed.get("signature", ""))
    if "timeSignature" in signed:
        try:
            stamp = base64.b64decode(str(signed["timeSignature"]), validate=True)
        except (ValueError, binascii.Error):
            stamp = b""
        digests = {hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest(): "the signature" for name in ("sha256", "sha512", "sha384", "sha1")}
        certificates = str(signed.get("timestampCert", ""))
        if not check_token(stamp, "the signature's time stamp", digests, [], report, where, certificates) and not any(link.chain == "token" for link in report.broken):
            report.breaks("token", where, "the time stamp is not over this signature", _COPY)
    _signature(signed, text, report, where)


def _signature(signed: dict[str, Any], text: str, report: Report, where: str) -> None:
    if not shutil.which("openssl"):
        report.skip("the package's signature (there is no openssl program here)")
        return
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: os.path.join(folder, name) for name in ("signature", "hash", "key", "certificate", "chain")}
        try:
            raw = base64.b64decode(text, validate=True)
        except (ValueError, binascii.Error):
            raw = b""
        certificates = re.findall(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", str(signed.get("domainCert", "")), re.S)
        contents = {"hash": str(signed["hash"]).encode(), "certificate": "\n".join(certificates[:1]).encode(), "chain": "\n".join(certificates[1:]).encode()}
        if certificates:
            _write(paths, {**contents, "signature": raw})
            code, key = openssl("x509", "-in", paths["certificate"], "-pubkey", "-noout")
            _write(paths, {"key": key.encode() if code == 0 else b""})
        else:
            try:
                lines = base64.encodebytes(base64.b64decode(str(signed.get("publicKey", "")))).decode()
            except (ValueError, binascii.Error):
                lines = ""
            key = f"-----BEGIN PUBLIC KEY-----\n{lines}-----END PUBLIC KEY-----\n"
            _write(paths, {"hash": contents["hash"], "key": key.encode(), "signature": _ecdsa_der(raw)})
        if not _signs(paths, contents["hash"], anonymous=not certificates):
            report.breaks("signature", where, "the signature is not good", _COPY)
        elif certificates:
            _domain(signed, paths, bool(certificates[1:]), report, where)
        else:
            report.skip("who signed the package: the signature is good, but anonymous")


def _signs(paths: dict[str, str], said: bytes, anonymous: bool) -> bool:
    """Is the signature one over the hash as text? Browsers' anonymous signatures were also made with another digest, or over the hash without its name."""
    texts = (said, said.split(b":")[-1]) if anonymous else (said,)
    for text in texts:
        _write(paths, {"hash": text})
        for digest in ("-sha256", "-sha384", "-sha512") if anonymous else ("-sha256",):
            if openssl("dgst", digest, "-verify", paths["key"], "-signature", paths["signature"], paths["hash"])[0] == 0:
                return True
    return False


def _domain(signed: dict[str, Any], paths: dict[str, str], chain: bool, report: Report, where: str) -> None:
    """Does the certificate of a domain's signature lead to an authority that this computer knows, at the time of signing?"""
    domain, moment = str(signed.get("domain", "")), str(signed.get("created", ""))
    if openssl("x509", "-in", paths["certificate"], "-noout", "-checkhost", domain)[1].find("does match") < 0:
        report.breaks("signature", where, f"the certificate is not one of {domain}", _COPY)
        return
    bundle = _system_roots()
    if not bundle or not re.match(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", moment):
        report.skip(f"whether the certificate of {domain} comes from a known authority (no root certificates here)")
        return
    untrusted = ["-untrusted", paths["chain"]] if chain else []
    code, _ = openssl("verify", "-attime", str(epoch(moment)), "-CAfile", bundle, *untrusted, paths["certificate"])
    if code != 0:
        report.breaks("signature", where, f"the certificate of {domain} does not lead to an authority that this computer knows", "ask who signed it; the files may be right")
    else:
        report.stamped.append(f"signed by {domain} on {moment}")


def _system_roots() -> str:
    candidates = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem")
    return next((path for path in candidates if os.path.isfile(path)), "")


def _write(paths: dict[str, str], contents: dict[str, bytes]) -> None:
    for name, data in contents.items():
        with open(paths[name], "wb") as out:
            out.write(data)


def _ecdsa_der(raw: bytes) -> bytes:
    """A signature as browsers give it (two numbers side by side) as DER; DER stays as it is."""
    if len(raw) % 2 or len(raw) not in (64, 96, 132):
        return raw
    parts = b""
    for half in (raw[: len(raw) // 2], raw[len(raw) // 2 :]):
        number = half.lstrip(b"\0") or b"\0"
        number = b"\0" + number if number[0] & 0x80 else number
        parts += b"\x02" + bytes([len(number)]) + number
    return b"\x30" + (bytes([len(parts)]) if len(parts) < 128 else b"\x81" + bytes([len(parts)])) + parts


# --- seal logs -------------------------------------------------------------------------------------------------------------------------------------------

_FIELDS = {"n", "at", "kind", "facts", "prev", "hash"}


def canonical(fields: Any) -> bytes:
    """One JSON object as bytes that are the same everywhere: sorted keys, no spaces, UTF-8."""
    text = json.dumps(dict(fields), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "surrogatepass")


def line_hash(fields: Any) -> str:
    """The hash of a sealed line: SHA-256 of the canonical JSON of its other fields."""
    return hashlib.sha256(canonical({name: value for name, value in fields.items() if name != "hash"})).hexdigest()


def parse_line(line: bytes) -> tuple[dict[str, Any], str]:
    """(fields, what is wrong with the line by itself)."""
    try:
        fields = json.loads(line)
        if not isinstance(fields, dict) or set(fields) != _FIELDS or not isinstance(fields["n"], int):
            return {}, "does not hold the six fields of a sealed line"
        if canonical(fields) != line:
            return {}, "is not written the way custodes writes it"
    except (ValueError, RecursionError):
        return {}, "is not JSON"
    return fields, "" if line_hash(fields) == fields["hash"] else "does not match its own hash"


def chain_problem(fields: dict[str, Any], n: int, prev: str) -> str:
    """Does a line follow the one before it?"""
    if fields["prev"] != prev:
        return "does not follow the line before it"
    return "" if fields["n"] == n else f"has number {fields['n']} where {n} is due"


def check_log(data: bytes, label: str, report: Report) -> list[dict[str, Any]]:
    """The lines of a seal log up to the first broken one."""
    found: list[dict[str, Any]] = []
    prev = START
    *lines, rest = data.split(b"\n")
    for number, line in enumerate(lines, 1):
        fields, problem = parse_line(line)
        problem = problem or chain_problem(fields, number, prev)
        if problem:
            report.breaks("seal", f"{label}\0, line {number}", f"the line {problem}", "everything from here on is unproven: compare with a copy")
            return found
        prev = fields["hash"]
        found.append(fields)
        report.count("sealed lines")
    if rest:
        report.breaks("seal", f"{label}\0, line {len(found) + 1}", "the last line has no end", "everything before it is whole")
    return found


def check_extract(data: bytes, label: str, chain: str, report: Report) -> list[dict[str, Any]]:
    """The lines of an extract of a log: some whole, some by number and hash only (``n``, ``prev``, ``hash``), every one in its place in the chain.

    A whole line must match its hash. A line given by hash only is not proven by what is here; gives all lines up to the first broken one.
    """
    found: list[dict[str, Any]] = []
    prev = START
    for number, line in enumerate(data.splitlines(), 1):
        problem = ""
        try:
            fields = json.loads(line)
            bare = isinstance(fields, dict) and set(fields) == {"n", "prev", "hash"}
            if not isinstance(fields, dict) or not isinstance(fields.get("n"), int) or canonical(fields) != line:
                problem = "is not written the way custodes writes it"
            elif not bare and line_hash(fields) != fields.get("hash"):
                problem = "does not match its own hash"
            problem = problem or chain_problem(fields, number, prev)
        except (ValueError, RecursionError, AttributeError):
            problem = "is not JSON"
        if problem:
            report.breaks(chain, f"{label}\0, line {number}", f"the line {problem}", "everything from here on is unproven: compare with a copy")
            return found
        prev = fields["hash"]
        found.append(fields)
        report.count(f"lines of the {chain} by hash only" if bare else f"lines of the {chain}")
    return found


def _reached(lines: list[dict[str, Any]], stamped: set[str]) -> set[int]:
    """Numbers of the whole lines that a stamped line covers with no line between them that is given by hash only."""
    found: set[int] = set()
    alive = False
    for line in reversed(lines):
        alive = len(line) > 3 and (alive or line["hash"] in stamped)
        if alive:
            found.add(line["n"])
    return found


# --- evidence packs: a package with captures, the log, time stamps and findings -------------------------------------------------------------------------


def check_pack(package: _Package, roots: list[str]) -> None:
    """What a pack holds beyond a package: packages inside it, the log, tokens over any of these, and findings that cite its files."""
    report, box = package.report, package.box
    digests = {**{digest: name for name, digest in package.hashes.items()}, **package.digests}
    for name in sorted(package.hashes):
        if name.lower().endswith(".wacz"):
            digests.update(_nested(package, name, roots))
    lines: list[dict[str, Any]] = []
    if "seal.jsonl" in box.names:
        lines = check_log(package.text("seal.jsonl", _LARGE), f"{package.label}: seal.jsonl", report)
        digests.update({line["hash"]: f"line {line['n']} of seal.jsonl and all before it" for line in lines})
    if "seal-extract.jsonl" in box.names:
        extract = check_extract(package.text("seal-extract.jsonl", _LARGE), f"{package.label}: seal-extract.jsonl", "seal", report)
        digests.update({line["hash"]: f"line {line['n']} of seal-extract.jsonl" for line in extract})
        lines = [line for line in extract if len(line) > 3]
        _unreached(package, extract)
    if "ledger-extract.jsonl" in box.names:
        check_extract(package.text("ledger-extract.jsonl", _LARGE), f"{package.label}: ledger-extract.jsonl", "ledger", report)
    inside = [os.path.join(box.label, *name.split("/")) for name in box.names if name.endswith(".pem")] if isinstance(box, Folder) else []
    for name in box.names:
        if name.endswith(".tsr") and not check_token(package.text(name), name, digests, [*roots, *inside], report, package.at(name)):
            report.breaks("token", package.at(name), "the token stamps nothing that is here", "take it from a copy, or leave it out")
    _citations(package, lines)
    _quotations(package)


def _quotations(package: _Package) -> None:
    """Every quoted line of a text file that is here stands in that file at that place (``line_sha256``: hash of the line's bytes without its end)."""
    if "quotations.jsonl" not in package.box.names:
        return
    name_of = {digest: name for name, digest in package.hashes.items()}
    try:
        for number, line in enumerate(package.text("quotations.jsonl", _LARGE).splitlines(), 1):
            quote = _json(line)
            name, where = name_of.get(str(quote.get("file_sha256"))), re.match(r"line (\d+)$", str(quote.get("at")))
            if not name or not where or not quote.get("line_sha256"):
                continue
            if not _stands(package, name, int(where[1]), str(quote["line_sha256"])):
                raise Damaged(f"line {number}: the quoted line is not line {where[1]} of {name}")
            package.report.count("quotations found in their file")
    except (Damaged, OSError, AttributeError, zlib.error) as problem:
        package.report.breaks("quotations", package.at("quotations.jsonl"), str(problem), _COPY)


def _stands(package: _Package, name: str, number: int, digest: str) -> bool:
    """Are the bytes of line ``number`` (CR, LF and CRLF each end one) of the file, unpacked when it is gzip, those with this hash?"""
    data = package.text(name, _LARGE)
    if data[:2] == b"\x1f\x8b":
        data = zlib.decompressobj(31).decompress(data, _LARGE)
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    return 0 < number <= len(lines) and hashlib.sha256(lines[number - 1]).hexdigest() == digest


def _unreached(package: _Package, extract: list[dict[str, Any]]) -> None:
    """Say which captures of an extract no time stamp of the log covers without a gap."""
    stamped = set()
    for name in package.box.names:
        if name.endswith(".tsr"):
            try:
                stamped.add(parse_token(package.text(name)).imprint.partition(":")[2])
            except (Damaged, OSError):
                continue  # the token itself is checked, and named, later
    late = [line["n"] for line in extract if line.get("kind") == "capture" and line["n"] not in _reached(extract, stamped)]
    if late and stamped & {line["hash"] for line in extract}:
        package.report.skip(f"lines {late} of the log against the time stamp: lines between are given by hash only; whoever holds the case can show them")


def _nested(package: _Package, name: str, roots: list[str]) -> dict[str, str]:
    """Check a package inside the package; gives its digest file's hash."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "nested.wacz")
        try:
            with package.box.open(name) as stream, open(path, "wb") as out:
                while data := stream.read(_OUT):
                    out.write(data)
            inner = check_package(Zip(path), f"{package.label}: {name}", package.report)
        except (Damaged, OSError) as problem:
            package.report.breaks("zip", package.at(name), str(problem), _COPY)
            return {}
    return {digest: f"{name} ({what})" for digest, what in inner.digests.items()}


def _citations(package: _Package, lines: list[dict[str, Any]]) -> None:
    """Every file that a finding rests on is in the pack, stays in the case and is named so in captures.jsonl, or was removed by an order that the log names."""
    held = set(package.hashes.values())
    kept = _kept(package) - held
    removed = {line["facts"].get("sha256"): line for line in lines if line["kind"] == "removal"}
    away: set[str] = set()
    for name in package.box.names:
        if not re.match(r"^(.*/)?findings\.jsonl$", name):
            continue
        try:
            for number, line in enumerate(package.text(name, _LARGE).splitlines(), 1):
                finding = _json(line)
                for cited in [str(finding.get("origin_sha256", "")), *map(str, finding.get("captures", ()))]:
                    if cited and cited in removed and cited not in held:
                        said = f"{cited} (finding {finding.get('finding_id')}, line {removed[cited]['n']} of seal.jsonl)"
                        package.report.removed.append(said)
                    elif cited and cited in kept:
                        away.add(cited)
                    elif cited and cited not in held:
                        raise Damaged(f"line {number}: rests on the file {cited}, which is not in this pack")
                package.report.count("findings")
        except (Damaged, OSError, AttributeError) as problem:
            package.report.breaks("findings", package.at(name), str(problem), _COPY)
    if away:
        words = "one file that a finding rests on is" if len(away) == 1 else f"{len(away)} files that findings rest on are"
        package.report.skip(f"{words} named by hash and not handed out: whether the quotations stand there can be checked only with the file itself")


def _kept(package: _Package) -> set[str]:
    """Files that the pack names without handing them out (``"included": false`` in captures.jsonl); a line that is none is no reason to let one off."""
    if "captures.jsonl" not in package.box.names:
        return set()
    try:
        found = [_json(line) for line in package.text("captures.jsonl", _LARGE).splitlines()]
    except (Damaged, OSError) as problem:
        package.report.breaks("findings", package.at("captures.jsonl"), str(problem), _COPY)
        return set()
    return {str(line.get("sha256")) for line in found if isinstance(line, dict) and line.get("included") is False}


# --- a case: what stands on disk without the program ----------------------------------------------------------------------------------------------------


def check_case(folder: str, report: Report, roots: Iterable[str] = ()) -> None:
    """The seal log, every sealed capture, the archives among them, and the time stamps. Records, findings and editions need custodes itself."""
    report.kind = report.kind or "case"
    log = os.path.join(folder, "seal.jsonl")
    lines = check_log(_file(log), f"{folder}: seal.jsonl", report) if os.path.isfile(log) else []
    removed = {line["facts"].get("sha256"): line for line in lines if line["kind"] == "removal"}
    seen: set[str] = set()
    for line in lines:
        sha256 = str(line["facts"].get("sha256", ""))
        if line["kind"] == "capture" and sha256 not in seen:
            seen.add(sha256)
            _capture(folder, line, removed.get(sha256), report)
    check_stamps(folder, lines, list(roots), report)


def _capture(folder: str, line: dict[str, Any], removal: dict[str, Any] | None, report: Report) -> None:
    sha256, shown = str(line["facts"].get("sha256", "")), str(line["facts"].get("path", ""))
    path = capture_path(folder, sha256)
    where = f"{folder}\0: {shown} ({sha256})"
    if removal and not os.path.isfile(path):
        report.removed.append(removal_words(removal))
        return
    if not os.path.isfile(path):
        report.breaks("captures", where, "the bytes are missing", "restore them from a copy; a removal by order would stand in the log")
        return
    report.count("captures")
    with open(path, "rb") as stream:
        tee = Tee(stream)
        tee.drain()
    if tee.hasher.hexdigest() != sha256:
        report.breaks("captures", where, f"the bytes have changed: their SHA-256 is now {tee.hasher.hexdigest()}", "restore them from a copy")
    if removal:
        report.breaks("captures", where, "was removed by order and is there again", "remove it, or seal why it may be held again")
    check_archive(path, f"{folder}: {shown}", report)


def capture_path(folder: str, sha256: str) -> str:
    """Where a case keeps the bytes of a hash; a name that is no hash leads nowhere."""
    safe = sha256 if re.match(r"^[0-9a-f]{64}$", sha256) else "none"
    return os.path.join(folder, "sources", "captures", safe[:2], safe)


def removal_words(line: dict[str, Any]) -> str:
    """A tombstone in words."""
    facts = line["facts"]
    said = f"{facts.get('path', '')} ({facts.get('sha256')}) by {facts.get('by', 'nobody named')}, {facts.get('basis', 'no legal basis named')}"
    return f"{said}: {facts.get('why', 'no reason')} (seal.jsonl, line {line['n']})"


def check_archive(path: str, name: str, report: Report) -> None:
    """The records of a captured archive or the links inside a captured package; other files have none."""
    kind = kind_of(path)
    if kind == "warc":
        with open(path, "rb") as stream:
            check_warc(stream, name, report)
    elif kind == "zip" and "datapackage.json" in _zip_names(path):
        try:
            check_package(Zip(path), name, report)
        except Damaged as problem:
            report.breaks("zip", f"{name}\0", str(problem), _COPY)


def _zip_names(path: str) -> list[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error):
        return []


def check_stamps(folder: str, lines: list[dict[str, Any]], roots: list[str], report: Report) -> None:
    """Every token that the log names: it is there, it is the one that was sealed, and it is over what it was asked for."""
    removed = {line["facts"].get("sha256") for line in lines if line["kind"] == "removal"}
    stamps = os.path.join(folder, "sources", "stamps")
    beside = [os.path.join(stamps, name) for name in sorted(os.listdir(stamps)) if name.endswith(".pem")] if os.path.isdir(stamps) else []
    for line in lines:
        if line["kind"] != "stamp":
            continue
        facts = line["facts"]
        name = os.path.basename(str(facts.get("file", "")))
        where = f"{folder}\0: sources/stamps/{name} (seal.jsonl, line {line['n']})"
        path = os.path.join(stamps, name)
        if not os.path.isfile(path):
            report.breaks("token", where, "the token is missing", "restore it from a copy, or ask for a new stamp: the newer time is weaker")
            continue
        data = _file(path)
        if hashlib.sha256(data).hexdigest() != facts.get("sha256"):
            report.breaks("token", where, "the token is not the one that was sealed", "restore it from a copy")
            continue
        digests = _stamped(folder, facts, lines)
        if digests is None and facts.get("ref") in removed:
            continue
        if not check_token(data, name, digests or {}, [*roots, *beside], report, where) and not _says_broken(report, where):
            report.breaks("token", where, "the token is not over what the log says", "compare with a copy of the log and of the sources folder")


def _says_broken(report: Report, where: str) -> bool:
    return any(link.where == where.replace("\0", "", 1) for link in report.broken)


def _stamped(folder: str, facts: dict[str, Any], lines: list[dict[str, Any]]) -> dict[str, str] | None:
    """What a sealed token may be over: hash -> words; None when the package is not there."""
    if facts.get("of") == "log":
        ref = str(facts.get("ref", ""))
        return {line["hash"]: f"line {ref} of seal.jsonl and all before it" for line in lines if str(line["n"]) == ref}
    digest = _digest_of(capture_path(folder, str(facts.get("ref", ""))))
    return {digest: f"the package {facts.get('ref')}"} if digest else None

# --- a path, whatever it is ------------------------------------------------------------------------------------------------------------------------------


def sniff(head: bytes) -> str:
    """warc, arc, zip or empty, by the first 512 bytes or more."""
    if head[:2] == b"\x1f\x8b":
        try:
            head = zlib.decompressobj(31).decompress(head, 512)
        except zlib.error:
            return ""
    if head.startswith(b"WARC/"):
        return "warc"
    if head.startswith(b"filedesc:") or re.match(rb"^https?://\S+ \S+ \d{14} \S+ \d+\r?\n", head):
        return "arc"
    return "zip" if head.startswith((b"PK\x03\x04", b"PK\x05\x06")) else ""


def kind_of(path: str) -> str:
    """warc, arc, zip or empty: by its first bytes, else by its name, so that a damaged head does not hide a file."""
    with open(path, "rb") as stream:
        found = sniff(stream.read(4096))
    name = os.path.basename(path).lower()
    if found:
        return found
    if match := re.search(r"\.(w?arc)(\.gz)?(\.open)?$", name):
        return match[1]
    return "zip" if name.endswith((".wacz", ".zip")) else ""


def check(path: str, tokens: Iterable[str] = (), roots: Iterable[str] = ()) -> Report:
    """Check what stands at ``path``: an archive, a package, an evidence pack (folder or ZIP), or a folder of these. Raises Unknown.

    ``tokens``: time-stamp tokens that must be over this file; those that stand beside it are found. ``roots``: PEM files with roots of authorities.
    """
    report = Report(path)
    if os.path.isdir(path):
        _check_folder(path, report, list(roots))
    elif os.path.isfile(path):
        _check_file(path, report, list(tokens), list(roots))
    else:
        raise Unknown("there is nothing there")
    return report


def _check_folder(path: str, report: Report, roots: list[str]) -> None:
    if os.path.isfile(os.path.join(path, "case.toml")) or os.path.isfile(os.path.join(path, "sources", "captures.jsonl")):
        check_case(path, report, roots)
        report.skip("records, findings, decisions and editions: custodes verify checks them")
        return
    if os.path.isfile(os.path.join(path, "datapackage.json")):
        report.kind = "package in a folder"
        check_pack(check_package(Folder(path), path, report), roots)
        return
    names = [os.path.join(base, name) for base, _, files in os.walk(path) for name in files]
    known = [name for name in sorted(names) if not name.endswith((".tsr", ".pem")) and kind_of(name) and (kind_of(name) != "zip" or name.lower().endswith(".wacz"))]
    if not known:
        raise Unknown("the folder holds no case, archive, package or evidence pack")
    report.kind = f"{len(known)} archives and packages"
    for name in known:
        _check_file(name, report, [], roots)


def _check_file(path: str, report: Report, tokens: list[str], roots: list[str]) -> None:
    kind = kind_of(path)
    if not kind:
        raise Unknown("this is no archive (WARC, ARC), no package (WACZ) and no evidence pack")
    digests = {}
    if kind == "zip":
        report.kind = report.kind or "package in a ZIP"
        try:
            box = Zip(path)
            if "datapackage.json" not in box.names and not path.lower().endswith(".wacz") and not any(name.startswith("archive/") for name in box.names):
                raise Unknown("this ZIP is no package (WACZ) and no evidence pack")
            package = check_package(box, path, report)
            digests = package.digests
            if not any(name.startswith("archive/") for name in package.box.names):
                check_pack(package, roots)
        except Damaged as problem:
            report.breaks("zip", f"{path}\0", str(problem), _COPY)
    else:
        report.kind = report.kind or kind.upper()
        with open(path, "rb") as stream:
            tee = Tee(stream)
            if kind == "arc":
                check_arc(tee, path, report)
            else:
                check_warc(tee, path, report)
            tee.drain()
        digests = {tee.hasher.hexdigest(): "the archive"}
    _beside(path, digests, tokens, roots, report)


def _beside(path: str, digests: dict[str, str], given: list[str], roots: list[str], report: Report) -> None:
    """Tokens beside a file: those that bear its name must be over it; another one that is over its twin says that this one is not what was stamped."""
    folder, base = os.path.split(os.path.abspath(path))
    stem = base[:-5] if base.lower().endswith(".wacz") else base
    tokens = sorted(name for name in os.listdir(folder) if name.endswith(".tsr"))
    roots = roots or [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(".pem")] if tokens or given else roots
    named = [name for name in tokens if name.startswith((f"{base}.", f"{stem}.tsr", f"{stem}.datapackage-digest.json")) or name.startswith("datapackage-digest.json")]
    stamped, strangers = False, []
    for name in [*given, *tokens]:
        file = name if name in given else os.path.join(folder, name)
        where = f"{path}\0, token {os.path.basename(name)}"
        if name in given or name in named or _says(file) in digests:
            if check_token(_file(file), os.path.basename(name), digests, roots, report, where):
                stamped = True
            elif _says(file):
                report.breaks("token", where, "the token stamps something else: this is not the item that was time-stamped", _COPY)
        else:
            strangers.append((name, _says(file)))
    if not stamped and strangers and base.lower().endswith(".wacz"):
        _twins(path, folder, base, strangers, report)
    if not stamped:
        report.skip(f"{path}: since when it has been as it is: no time stamp over it stands beside it, so a copy with all hashes made anew would not be noticed")


def _says(path: str) -> str:
    """The SHA-256 that a token stamps; empty when it says none."""
    try:
        algorithm, _, value = parse_token(_file(path)).imprint.partition(":")
    except (Damaged, OSError):
        return ""
    return value if algorithm == "sha256" else ""


def _twins(path: str, folder: str, base: str, strangers: list[tuple[str, str]], report: Report) -> None:
    """A token in the same folder over another package with the same archives, or over nothing that is here while this is the only package."""
    others = [name for name in sorted(os.listdir(folder)) if name != base and os.path.isfile(os.path.join(folder, name)) and not name.endswith(".tsr")]
    packages = [name for name in others if name.lower().endswith(".wacz")]
    mine = _archive_names(path)
    for token, imprint in strangers:
        twin = next((name for name in packages if imprint and imprint == _digest_of(os.path.join(folder, name))), "")
        if twin and mine & _archive_names(os.path.join(folder, twin)):
            what = f"the token stamps {twin}, which names the same archive; this package differs from it and is not the item that was time-stamped"
            report.breaks("token", f"{path}\0, token {token}", what, "compare the two")
        elif not twin and not packages and not _is_hash_of_any(imprint, folder, others):
            what = "the token beside it stamps something else: this is not the item that was time-stamped"
            report.breaks("token", f"{path}\0, token {token}", what, "put the token beside the file that it stamps, or compare with a copy")


def _is_hash_of_any(imprint: str, folder: str, names: list[str]) -> bool:
    for name in names:
        with open(os.path.join(folder, name), "rb") as stream:
            tee = Tee(stream)
            tee.drain()
        if tee.hasher.hexdigest() == imprint:
            return True
    return False


def _digest_of(path: str) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            return hashlib.sha256(archive.read("datapackage-digest.json")).hexdigest()
    except (zipfile.BadZipFile, OSError, KeyError, ValueError, RuntimeError, NotImplementedError, zlib.error, EOFError):
        return ""


def _archive_names(path: str) -> set[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            return {name for name in archive.namelist() if name.startswith("archive/")}
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return set()


def main(arguments: list[str]) -> int:
    """``verify.py [--json] [--root PEM]... [--token TSR]... PATH...``; the exit code."""
    paths: list[str] = []
    roots: list[str] = []
    tokens: list[str] = []
    as_json, rest = False, list(arguments)
    while rest:
        word = rest.pop(0)
        if word in ("--root", "--token") and rest:
            (roots if word == "--root" else tokens).append(rest.pop(0))
        elif word == "--json":
            as_json = True
        else:
            paths.append(word)
    beside = os.path.dirname(os.path.abspath(sys.argv[0] if __name__ == "__main__" else __file__))
    if not paths and os.path.isfile(os.path.join(beside, "datapackage.json")):
        paths = [beside]  # the copy in an evidence pack checks the pack it stands in
    if not paths or any(path.startswith("-") for path in paths):
        print("usage: verify.py [--json] [--root PEM]... [--token TSR]... PATH...   (in an evidence pack: python3 verify.py)", file=sys.stderr)
        return 2
    code = 0
    for path in paths:
        try:
            report = check(path, tokens, roots)
        except (Unknown, OSError) as problem:
            print(f"error: {path}: {problem}", file=sys.stderr)
            code = code or 2
            continue
        print(json.dumps(report.mapping(), ensure_ascii=True, sort_keys=True) if as_json else "\n".join(report.lines()).encode("utf-8", "replace").decode())
        code = 4 if report.broken else code
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
