"""Flip bytes of every class in archives, packages, tokens and logs of ours, and count what `verify` notices. Run alone it prints the table of docs/sources.md:

    python tests/sources/verify_fuzz.py [STEP]
"""

from __future__ import annotations

import json
import struct
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from test_sources_wacz import packed

from custodes.sources import checker, seal
from custodes.sources.checker import GZIP_HEADER, Damaged, Report, parse_token

NOW = "2026-11-22T10:00:00Z"
BITS = (0x01, 0x80)


@dataclass(frozen=True)
class Row:
    """One class of bytes: how many flips were made and how many were noticed; ``missed`` are the first unnoticed positions."""

    what: str
    flips: int
    caught: int
    missed: tuple[int, ...]

    @property
    def share(self) -> float:
        return self.caught / self.flips


def flips(what: str, data: bytes, places: list[int], noticed: Callable[[bytes], bool], step: int) -> Row:
    """Flip two bits, one after the other, at every ``step``-th of the places."""
    tried, missed = 0, []
    for at in places[::step]:
        for bit in BITS:
            changed = bytearray(data)
            changed[at] ^= bit
            tried += 1
            if not noticed(bytes(changed)):
                missed.append(at)
    return Row(what, tried, tried - len(missed), tuple(missed[:10]))


def members(data: bytes) -> list[tuple[int, int, bytes]]:
    """(begin, end, unpacked) of every gzip member."""
    found, at = [], 0
    while at < len(data):
        unpacker = zlib.decompressobj(31)
        plain = unpacker.decompress(data[at:])
        end = len(data) - len(unpacker.unused_data)
        found.append((at, end, plain))
        at = end
    return found


def packed_again(plain: bytes) -> bytes:
    """A member around changed bytes, as somebody would write it who wants it to look right."""
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return GZIP_HEADER + packer.compress(plain) + packer.flush() + struct.pack("<LL", zlib.crc32(plain), len(plain))


def check_file(folder: Path, name: str) -> Callable[[bytes], bool]:
    path = folder / name

    def noticed(data: bytes) -> bool:
        path.write_bytes(data)
        return bool(checker.check(str(path)).broken)

    return noticed


def warc_rows(folder: Path, data: bytes, step: int, name: str) -> Iterator[Row]:
    noticed = check_file(folder, "f.warc.gz")
    pieces = members(data)
    heads = [at + n for at, _, _ in pieces for n in range(10)]
    tails = [end - n for _, end, _ in pieces for n in range(1, 9)]
    body = sorted(set(range(len(data))) - set(heads) - set(tails))
    yield flips(f"{name}: gzip header", data, heads, noticed, step)
    yield flips(f"{name}: deflated data", data, body, noticed, step)
    yield flips(f"{name}: gzip checksum and length", data, tails, noticed, step)
    yield from _inside(name, data, pieces, noticed, step)


def _inside(name: str, data: bytes, pieces: list[tuple[int, int, bytes]], noticed: Callable[[bytes], bool], step: int) -> Iterator[Row]:
    """Changes under a right checksum: somebody unpacked the record, changed it and packed it again."""
    classes: dict[str, list[tuple[int, int]]] = {"record header": [], "HTTP header": [], "payload or other block": []}
    for number, (_, _, plain) in enumerate(pieces):
        head = plain.find(b"\r\n\r\n") + 4
        http = checker.payload_start(plain[head:]) if b"application/http" in plain[:head] else 0
        classes["record header"] += [(number, at) for at in range(head)]
        classes["HTTP header"] += [(number, at) for at in range(head, head + max(http, 0))]
        classes["payload or other block"] += [(number, at) for at in range(head + max(http, 0), len(plain) - 4)]
    for what, places in classes.items():
        tried, missed = 0, []
        for number, at in places[::step]:
            begin, end, plain = pieces[number]
            for bit in BITS:
                changed = bytearray(plain)
                changed[at] ^= bit
                tried += 1
                if not noticed(data[:begin] + packed_again(bytes(changed)) + data[end:]):
                    missed.append(at)
        yield Row(f"{name}: {what}, packed again", tried, tried - len(missed), tuple(missed[:10]))


def wacz_rows(folder: Path, data: bytes, step: int, name: str) -> Iterator[Row]:
    noticed = check_file(folder, "f.wacz")
    (folder / "whole.zip").write_bytes(data)
    classes: dict[str, list[int]] = {"ZIP local headers": []}
    with zipfile.ZipFile(folder / "whole.zip") as archive:
        for info in archive.infolist():
            begin = info.header_offset + 30 + struct.unpack("<H", data[info.header_offset + 26 : info.header_offset + 28])[0]
            begin += struct.unpack("<H", data[info.header_offset + 28 : info.header_offset + 30])[0]
            classes["ZIP local headers"] += range(info.header_offset, begin)
            classes[info.filename.split("/")[0]] = [*classes.get(info.filename.split("/")[0], []), *range(begin, begin + info.compress_size)]
        classes["ZIP directory and end"] = list(range(archive.start_dir, len(data)))
    for what, places in classes.items():
        yield flips(f"{name}: {what}", data, places, noticed, step)


def token_row(data: bytes, step: int, root: Path | None) -> Iterator[Row]:
    """Structure and statement by the checker alone, then everything with openssl."""
    true = parse_token(data)

    def alone(changed: bytes) -> bool:
        try:
            return parse_token(changed).imprint != true.imprint
        except Damaged:
            return True

    def with_openssl(changed: bytes) -> bool:
        report = Report("x")
        said = checker.check_token(changed, "t", {true.imprint: "x"}, [str(root)] if root else [], report, "x")
        return bool(report.broken) or not said or not any("is one that you trust" in text for text in report.unchecked)

    yield flips("time stamp: all bytes, without openssl", data, list(range(len(data))), alone, step)
    if root:
        yield flips("time stamp: all bytes, with openssl and the root", data, list(range(len(data))), with_openssl, max(step, 7))


def seal_row(folder: Path, step: int) -> Row:
    log = folder / "seal.jsonl"
    log.unlink(missing_ok=True)
    for n in range(5):
        seal.append(log, "capture", {"sha256": f"{n:064x}", "path": f"pages/{n}.wacz", "size": n}, NOW)
    data = log.read_bytes()

    def noticed(changed: bytes) -> bool:
        report = Report("x")
        checker.check_log(changed, "seal.jsonl", report)
        return bool(report.broken)

    return flips("seal.jsonl: all bytes", data, list(range(len(data))), noticed, step)


def rows(folder: Path, step: int, foreign: Path | None = None, token: Path | None = None, root: Path | None = None) -> Iterator[Row]:
    """Every class; ``foreign``: a WARC and a WACZ of another program beside each other (``cap.warc.gz``, ``cap.wacz``)."""
    made = packed(folder / "ours")
    yield from warc_rows(folder, (folder / "ours/page.warc.gz").read_bytes(), step, "our WARC alone")
    yield from wacz_rows(folder, made.path.read_bytes(), step, "our WACZ")
    yield seal_row(folder, step)
    if token:
        yield from token_row(token.read_bytes(), step, root)
    if foreign:
        yield from warc_rows(folder, (foreign / "cap.warc.gz").read_bytes(), step * 5, "a WARC of warcio alone")
        yield from wacz_rows(folder, (foreign / "cap.wacz").read_bytes(), step * 5, "a WACZ of py-wacz")


def main() -> None:
    step = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    shared = Path(__file__).resolve().parents[3] / "shared" / "data" / "pages" / "warc" / "made"
    made = shared if shared.is_dir() else None
    token = made / "cap.datapackage-digest.json.tsr" if made else None
    with tempfile.TemporaryDirectory() as folder:
        print("| bytes | flips | noticed |\n|---|---|---|")
        for row in rows(Path(folder), step, made, token, made / "test-tsa-root.pem" if made else None):
            print(f"| {row.what} | {row.flips} | {100 * row.share:.2f} % |" + (f" <!-- {json.dumps(row.missed)} -->" if row.missed else ""), flush=True)


if __name__ == "__main__":
    main()
