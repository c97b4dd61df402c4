"""Pack archives so that anybody can replay and check them: WACZ 1.1.1, the same bytes for the same evidence.

What is in it: ``archive/`` (the WARC files as they are), ``indexes/`` (where each record stands), ``pages/pages.jsonl`` (addresses, titles, text),
``datapackage.json`` (the hash of every file) and ``datapackage-digest.json`` (the hash of that). A time stamp over the digest file therefore covers
everything; it stands beside the package, because the package is never written again. Format: specs.webrecorder.net/wacz/1.1.1.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import uuid
import zlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from custodes.errors import InputError
from custodes.sources import cdxj
from custodes.sources.checker import NAMESPACE, Damaged, digest_file, zip_end, zip_headers
from custodes.sources.warc_record import CHUNK, warc_date

PLAIN_LINES = 3000
"""An index up to this many lines is written plain; a larger one in packed blocks with a summary (ZipNum)."""
BLOCK_LINES = 1024


@dataclass(frozen=True, slots=True)
class Page:
    """A page that a person may open in the package: its address must be one of a record. ``text``: all its text, for searching."""

    url: str
    title: str
    moment: datetime
    text: str = ""


@dataclass(frozen=True, slots=True)
class Packed:
    """A package on disk. ``digest``: the bytes of its ``datapackage-digest.json``, which is what gets time-stamped."""

    path: Path
    sha256: str
    size: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class _Part:
    name: str
    source: Path | bytes
    sha256: str
    crc: int
    size: int


def pack(
    archives: Sequence[Path], pages: Iterable[Page], out: Path, created: datetime, software: str, *, title: str = "", description: str = "", main: str = ""
) -> Packed:
    """Write ``out`` (which must not exist) from WARC files. ``software`` is ``custodes`` and its version; ``main`` the address to open first.

    Raises InputError when an archive does not verify: a package never vouches for damaged records.
    """
    if not software.startswith("custodes "):
        raise ValueError(f"software must be custodes and its version: {software!r}")
    try:
        lines = cdxj.lines(archives)
    except (ValueError, Damaged) as problem:
        raise InputError(f"the archive is damaged: {problem}", where=str(out), advice="run custodes verify on the archive") from None
    listed = sorted(pages, key=lambda page: (page.moment, page.url))
    parts = [_part(f"archive/{path.name}", path) for path in archives]
    parts += [_part(f"indexes/{name}", data) for name, data in _index(lines)]
    parts.append(_part("pages/pages.jsonl", _pages(listed)))
    first = next((page for page in listed if page.url == main), listed[0] if listed else None)
    package = _package(parts, created, software, title, description, first)
    digest = digest_file(hashlib.sha256(package).digest())
    parts += [_part("datapackage.json", package), _part("datapackage-digest.json", digest)]
    sha256, size = _write(out, parts)
    return Packed(out, sha256, size, digest)


def _index(lines: list[bytes]) -> list[tuple[str, bytes]]:
    """(name, bytes) of the index files."""
    if len(lines) <= PLAIN_LINES:
        return [("index.cdxj", b"".join(lines))]
    packed, summary = io.BytesIO(), ['!meta 0 {"format": "cdxj-gzip-1.0", "filename": "index.cdx.gz"}']
    for at in range(0, len(lines), BLOCK_LINES):
        block = gzip.compress(b"".join(lines[at : at + BLOCK_LINES]), 9, mtime=0)
        said = {"offset": packed.tell(), "length": len(block), "digest": f"sha256:{hashlib.sha256(block).hexdigest()}"}
        summary.append(f"{' '.join(lines[at].decode().split(' ', 2)[:2])} {json.dumps(said)}")
        packed.write(block)
    return [("index.cdx.gz", packed.getvalue()), ("index.idx", ("\n".join(summary) + "\n").encode())]


def _pages(pages: list[Page]) -> bytes:
    lines: list[dict[str, Any]] = [{"format": "json-pages-1.0", "id": "pages", "title": "All Pages", "hasText": any(page.text for page in pages)}]
    for number, page in enumerate(pages, 1):
        identity = uuid.uuid5(NAMESPACE, f"page {number} {page.url} {warc_date(page.moment)}".encode("utf-8", "surrogatepass").hex())
        line = {"id": str(identity), "url": page.url, "title": page.title, "ts": warc_date(page.moment), "text": page.text}
        lines.append({name: value for name, value in line.items() if value})
    return "".join(json.dumps(line, ensure_ascii=True) + "\n" for line in lines).encode()


def _package(parts: list[_Part], created: datetime, software: str, title: str, description: str, first: Page | None) -> bytes:
    package: dict[str, Any] = {
        "profile": "data-package",
        "resources": [{"name": part.name.rsplit("/", 1)[1].lower(), "path": part.name, "hash": f"sha256:{part.sha256}", "bytes": part.size} for part in parts],
        "created": warc_date(created), "wacz_version": "1.1.1", "software": software, "title": title, "description": description,
        "mainPageUrl": first.url if first else "", "mainPageDate": warc_date(first.moment) if first else "",
    }  # fmt: skip
    return json.dumps({name: value for name, value in package.items() if value}, indent=2, ensure_ascii=True).encode() + b"\n"


def _part(name: str, source: Path | bytes) -> _Part:
    hasher, crc, size = hashlib.sha256(), 0, 0
    with _opened(source) as stream:
        while data := stream.read(CHUNK):
            hasher.update(data)
            crc, size = zlib.crc32(data, crc), size + len(data)
    return _Part(name, source, hasher.hexdigest(), crc, size)


def write_zip(out: Path, files: Sequence[tuple[str, Path | bytes]]) -> tuple[str, int]:
    """Files, as (name, path or bytes), stored in a ZIP in the given order; the same bytes each time; (SHA-256, size). ``out`` must not exist."""
    return _write(out, [_part(name, source) for name, source in files])


def _opened(source: Path | bytes) -> BinaryIO:
    return io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")


def _write(out: Path, parts: list[_Part]) -> tuple[str, int]:
    """Write the ZIP under another name, put it on the disk, then give it its name; (SHA-256, size)."""
    if out.exists():
        raise InputError("this package exists already", where=str(out), advice="packages are written once: choose another name")
    half = out.with_name(f".{out.name}.part")
    hasher, at, directory = hashlib.sha256(), 0, []
    try:
        with half.open("wb") as stream:
            for part in parts:
                local, central = zip_headers(part.name, part.crc, part.size, at)
                directory.append(central)
                before = at
                with _opened(part.source) as source:
                    data = local
                    while data:
                        hasher.update(data)
                        at += stream.write(data)
                        data = source.read(CHUNK)
                if at - before != len(local) + part.size:
                    raise InputError("a file changed while it was packed", where=part.name, advice="pack it again when nothing writes to it")
            end = zip_end(directory, at)
            hasher.update(end)
            at += stream.write(end)
            stream.flush()
            os.fsync(stream.fileno())
        half.chmod(0o444)
        half.replace(out)
    finally:
        with suppress(FileNotFoundError):
            half.unlink()
    return hasher.hexdigest(), at
