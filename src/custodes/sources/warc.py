"""Write an archive of what servers said: one gzip member per record, each either whole or named by ``verify`` as cut off.

A file that is being written can be killed at any byte. What was whole stays whole: :meth:`WarcWriter.resume`
goes on behind the last whole record (:mod:`custodes.sources.repair` cuts off the half one). ``sync`` puts what was written on the disk; until then it is safe from
the end of the process, not from the end of the power.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType

from custodes.errors import InputError
from custodes.sources.checker import payload_start
from custodes.sources.repair import repair, whole_records
from custodes.sources.warc_record import (
    HEAD_LIMIT,
    Content,
    Digests,
    Written,
    header,
    measured,
    member,
    pieces,
    safe_uri,
    warc_date,
)
from custodes.values import Collector, Exchange

IDENTICAL = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
"""Profile of a revisit record: the body was the same as that of another record."""
_HTTP = {"request": "application/http; msgtype=request", "response": "application/http; msgtype=response"}
_PEM = "application/pem-certificate-chain"
_FIELDS = "application/warc-fields"


class WarcWriter:
    """One WARC file, written from its start; a context manager. ``path`` must not exist yet: archives are written once.

    The first record says who kept it (``collector``), under the file's own name and the time ``began``.
    """

    def __init__(self, path: Path, collector: Collector, began: datetime) -> None:
        self._begin(path, os.O_EXCL)
        fields = _collector_lines(collector)
        self._seed = ""
        info = self._write("warcinfo", "", began, _FIELDS, fields.encode(), [("WARC-Filename", path.name)])
        self._seed = info.record_id

    @classmethod
    def resume(cls, path: Path) -> WarcWriter:
        """Go on with a file that a killed run left: a half last record is cut off first and kept beside it. IntegrityError when there is other damage."""
        repair(path)
        found = whole_records(path)
        if not found.count:
            raise InputError("not even the first record is whole", where=str(path), advice="remove the file and begin again")
        writer = cls.__new__(cls)
        writer._begin(path, 0)
        os.lseek(writer._handle, found.end, os.SEEK_SET)
        writer._offset, writer._number, writer._seed = found.end, found.count, found.first_id
        return writer

    def _begin(self, path: Path, flag: int) -> None:
        self.path = path
        try:
            self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | flag | getattr(os, "O_BINARY", 0), 0o644)
        except FileExistsError:
            raise InputError("this archive exists already", where=str(path), advice="archives are written once: choose another name") from None
        self._offset, self._number, self._chains = 0, 0, set[bytes]()

    def exchange(self, exchange: Exchange) -> Written:
        """Keep one exchange: response, request, and a metadata record with the rest; certificates once per file. Returns the response's record.

        Without an answer there is no response record: the request and the metadata (with the notes that say why) are kept, and the first of them is returned.
        """
        uri, shared = safe_uri(exchange.url), _exchange_fields(exchange)
        main = None
        if exchange.response != b"":
            cut = [("WARC-Truncated", exchange.truncated)]
            main = self._write("response", uri, exchange.began, _HTTP["response"], exchange.response, [*shared, *cut])
        return self._beside(exchange, uri, main)

    def revisit(self, exchange: Exchange, original: Written) -> Written:
        """Keep an exchange whose body is that of ``original`` (a response record of this or another file): header lines and a pointer, not the body again.

        ``exchange.response`` is the whole message; ValueError when its body differs after all.
        """
        digests = measured(exchange.response, http=True)
        if digests.payload_sha256 != original.digests.payload_sha256:
            raise ValueError(f"the body of {exchange.url} is not that of {original.record_id}")
        uri, response = safe_uri(exchange.url), exchange.response
        whole = response if isinstance(response, bytes) else b"".join(_head_of(response))
        refers = [
            ("WARC-Profile", IDENTICAL), ("WARC-Refers-To", original.record_id),
            ("WARC-Refers-To-Target-URI", original.uri), ("WARC-Refers-To-Date", original.date),
            ("WARC-Payload-Digest", f"sha256:{digests.payload_sha256}"), ("Custodes-Payload-SHA1", f"sha1:{digests.payload_sha1}"),
        ]  # fmt: skip
        head = whole[: len(whole) - _body_length(whole)]
        shared = _exchange_fields(exchange)
        return self._beside(exchange, uri, self._write("revisit", uri, exchange.began, _HTTP["response"], head, [*shared, *refers]))

    def resource(self, uri: str, content: Content, content_type: str, moment: datetime, beside: Written | None = None) -> Written:
        """Keep bytes that were not an answer of a server: a screenshot (``urn:view:URL``), the rendered page, a certificate chain."""
        more = [("WARC-Concurrent-To", beside.record_id)] if beside else []
        return self._write("resource", safe_uri(uri), moment, content_type, content, more)

    def metadata(self, uri: str, content: Content, content_type: str, moment: datetime, about: Written | None = None) -> Written:
        """Keep something said about another record or a page; ``application/warc-fields`` or JSON.

        What is not in WARC's own form gets ``urn:metadata:`` before a web address: some replay programs would show it in the page's place.
        """
        if content_type != _FIELDS and uri.lower().startswith("http"):
            uri = f"urn:metadata:{uri}"
        more = [("WARC-Refers-To", about.record_id)] if about else []
        return self._write("metadata", safe_uri(uri), moment, content_type, content, more)

    def conversion(self, uri: str, content: Content, content_type: str, moment: datetime, original: Written) -> Written:
        """Keep what was made out of another record, such as the text of a page: a working copy that names its parent."""
        return self._write("conversion", safe_uri(uri), moment, content_type, content, [("WARC-Refers-To", original.record_id)])

    def sync(self) -> None:
        """Everything written so far is on the disk when this returns."""
        os.fsync(self._handle)

    def close(self) -> None:
        """On the disk, closed, and read-only from now on."""
        if self._handle >= 0:
            self.sync()
            os.close(self._handle)
            self._handle = -1
            self.path.chmod(0o444)

    def __enter__(self) -> WarcWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _beside(self, exchange: Exchange, uri: str, main: Written | None) -> Written:
        """What belongs to an answer: the request, the certificates, and a record with what WARC has no field for."""
        if exchange.request:
            concurrent = [("WARC-Concurrent-To", main.record_id)] if main else []
            request = self._write("request", uri, exchange.began, _HTTP["request"], exchange.request, [*_exchange_fields(exchange), *concurrent])
            main = main or request
        chain = b"".join(_pem(der) for der in exchange.tls_chain)
        if chain and chain not in self._chains:
            self._chains.add(chain)
            self._write("metadata", f"urn:tls-chain:{uri}", exchange.began, _PEM, chain, [("WARC-Refers-To", main.record_id)] if main else [])
        if about := _about(exchange, chain, answered=exchange.response != b""):
            said = self._write("metadata", uri, exchange.began, _FIELDS, about.encode(), [("WARC-Refers-To", main.record_id)] if main else [])
            main = main or said
        if main is None:
            raise ValueError(f"an exchange without a request, an answer and a note says nothing: {exchange.url}")
        return main

    def _write(self, kind: str, uri: str, moment: datetime, content_type: str, content: Content, more: list[tuple[str, str]]) -> Written:
        http = kind in ("request", "response")
        digests = measured(content, http)
        self._number += 1
        fields = [("WARC-Type", kind), ("WARC-Target-URI", uri), ("WARC-Date", warc_date(moment)), *more, *_digest_fields(digests)]
        fields += [("Content-Type", content_type), ("Content-Length", str(digests.length))]
        head, identity = header(fields, self._seed, self._number)
        offset = self._offset
        for piece in member(head, content):
            self._put(piece)
        return Written(identity, kind, uri, warc_date(moment), offset, self._offset - offset, digests)

    def _put(self, data: bytes) -> None:
        view = memoryview(data)
        self._offset += len(view)
        while view:
            view = view[os.write(self._handle, view) :]


def _digest_fields(digests: Digests) -> list[tuple[str, str]]:
    fields = [("WARC-Block-Digest", f"sha256:{digests.sha256}"), ("Custodes-Block-SHA1", f"sha1:{digests.sha1}")]
    if digests.payload_sha256:
        fields += [("WARC-Payload-Digest", f"sha256:{digests.payload_sha256}"), ("Custodes-Payload-SHA1", f"sha1:{digests.payload_sha1}")]
    return fields


def _exchange_fields(exchange: Exchange) -> list[tuple[str, str]]:
    """Fields that both sides of an exchange carry; ``WARC-Protocol`` is the field that the WARC working group proposes, once per protocol."""
    protocols = [("WARC-Protocol", name.strip()) for name in exchange.protocol.split(",") if name.strip()]
    return [("WARC-IP-Address", exchange.ip), *protocols]


def _about(exchange: Exchange, chain: bytes, answered: bool) -> str:
    """Times, notes and the certificates' hash as lines ``name: value``; an exchange without an answer says so."""
    lines = {"method": exchange.method, **exchange.extra}
    if exchange.ended is not None:
        lines["ended"] = warc_date(exchange.ended)
    if chain:
        lines["tls-chain-sha256"] = measured(chain, http=False).sha256
    if not answered:
        lines["answer"] = "none"
    return _lines(lines) + "".join(f"note: {_one_line(note)}\r\n" for note in exchange.notes)


def _head_of(opener: Content) -> list[bytes]:
    parts: list[bytes] = []
    for piece in pieces(opener):
        parts.append(piece)
        whole = b"".join(parts)
        if payload_start(whole) >= 0 or len(whole) >= HEAD_LIMIT:
            break
    return parts


def _body_length(message: bytes) -> int:
    begin = payload_start(message)
    return len(message) - begin if begin >= 0 else 0


def _collector_lines(collector: Collector) -> str:
    lines = {
        "software": f"{collector.software} {collector.version}", "format": "WARC File Format 1.1",
        "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/", "operator": collector.operator,
        "http-header-user-agent": collector.user_agent, "robots": collector.robots, "vantage": collector.vantage, "clock": collector.clock,
    }  # fmt: skip
    return _lines({**lines, **collector.extra})


def _lines(fields: Mapping[str, str]) -> str:
    return "".join(f"{_one_line(name)}: {_one_line(value)}\r\n" for name, value in fields.items() if value)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _pem(der: bytes) -> bytes:
    """One certificate as RFC 7468 writes it."""
    text = base64.encodebytes(der).replace(b"\n", b"")
    lines = [text[i : i + 64] for i in range(0, len(text), 64)]
    return b"\n".join([b"-----BEGIN CERTIFICATE-----", *lines, b"-----END CERTIFICATE-----", b""])
