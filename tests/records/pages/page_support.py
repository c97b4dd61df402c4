"""Small documents made on the spot: PDFs, WARCs, and what the tests ask of every PAGE."""

from __future__ import annotations

import base64
import hashlib
import io
import uuid
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from custodes.records.registry import choose
from custodes.values import Origin, kind_of


def read(payload: bytes, name: str, batches: dict[str, list[dict[str, Any]]] | None = None) -> list[dict[str, Any]]:
    """The PAGE rows of a file, read by the reader that claims it; ``batches`` takes the rest, by kind."""
    origin = Origin("ab" * 32, name)
    rows: list[dict[str, Any]] = []
    for batch in choose(payload[:65_536], name, origin).read((io.BytesIO(payload),), origin):
        if kind_of(batch) == "PAGE":
            rows += batch.to_pylist()
        elif batches is not None:
            batches.setdefault(kind_of(batch), []).extend(batch.to_pylist())
    return rows


def pdf(pages: Sequence[Sequence[str]], title: str = "", image: bool = False) -> bytes:
    """A PDF with Helvetica lines, one list per page; ``image``: the last page is one grey picture and no text."""
    objects: list[bytes] = []
    kids = []
    font = 3
    for lines in pages:
        words = b"".join(b"(%s) Tj T* " % line.encode("cp1252").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)") for line in lines)
        kids.append((b"BT /F1 11 Tf 14 TL 50 780 Td " + words + b"ET", b"/Font << /F1 %d 0 R >>" % font))
    if image:
        kids.append((b"q 500 0 0 700 40 40 cm /Im1 Do Q", b"/XObject << /Im1 4 0 R >>"))
    picture = zlib.compress(bytes([128]) * 64 * 64)
    first = 5
    refs = b" ".join(b"%d 0 R" % (first + 2 * n) for n in range(len(kids)))
    objects.append(b"<< /Type /Catalog /Pages 2 0 R >>")
    objects.append(b"<< /Type /Pages /Kids [%s] /Count %d >>" % (refs, len(kids)))
    objects.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
    image_head = b"<< /Type /XObject /Subtype /Image /Width 64 /Height 64 /ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /FlateDecode /Length %d >>"
    objects.append(image_head % len(picture) + b"\nstream\n" + picture + b"\nendstream")
    for n, (content, resources) in enumerate(kids):
        objects.append(b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R /Resources << %s >> >>" % (first + 2 * n + 1, resources))
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
    info = b"<< /Title (%s) >>" % title.encode("cp1252")
    return _assembled([*objects, info])


def _assembled(objects: Sequence[bytes]) -> bytes:
    out, places = bytearray(b"%PDF-1.4\n"), []
    for n, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (n, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(objects), start)
    return bytes(out)


def warc(answers: Iterable[Mapping[str, Any]], gzip: bool = False) -> bytes:
    """A WARC 1.1 of answers: ``url``, ``date``, ``body`` (bytes), ``type``; ``status`` (default "200 OK"), ``kind`` (response / resource), ``headers``."""
    out = b""
    for n, answer in enumerate(answers):
        kind, block = answer.get("kind", "response"), answer["body"]
        if kind == "response":
            lines = [f"HTTP/1.1 {answer.get('status', '200 OK')}", f"Content-Type: {answer['type']}", *(f"{k}: {v}" for k, v in answer.get("headers", ()))]
            block = "\r\n".join([*lines, f"Content-Length: {len(block)}", "", ""]).encode() + block
        sort = "application/http; msgtype=response" if kind == "response" else answer["type"]
        digest = base64.b32encode(hashlib.sha1(answer["body"], usedforsecurity=False).digest()).decode()
        head = [
            "WARC/1.1", f"WARC-Type: {kind}", f"WARC-Record-ID: <urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, answer['url'] + answer['date'] + str(n))}>",
            f"WARC-Target-URI: {answer['url']}", f"WARC-Date: {answer['date']}", f"WARC-Payload-Digest: sha1:{digest}", f"Content-Type: {sort}", f"Content-Length: {len(block)}", "", "",
        ]  # fmt: skip
        record = "\r\n".join(head).encode() + block + b"\r\n\r\n"
        out += zlib.compress(record, wbits=31) if gzip else record
    return out


def check_runs(row: Mapping[str, Any]) -> None:
    """What must hold of every PAGE row: the runs stand in order, do not overlap, and between them lies only what we put there."""
    text, end = row["text"], 0
    assert len(row["starts"]) == len(row["sizes"]) == len(row["paths"]) == len(row["offsets"])
    assert not row["marks"] or len(row["marks"]) == len(row["starts"])
    for start, size in zip(row["starts"], row["sizes"], strict=True):
        assert text[end:start] in ("", " ", "\n", "\n\n", " | ")
        assert size > 0
        end = start + size
    assert end == len(text)
