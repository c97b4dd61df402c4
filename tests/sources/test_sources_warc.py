"""The archive writer: every record whole, true and the same each time; judged by warcio and fastwarc where they are installed."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import os
import subprocess
import sys
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from custodes.errors import InputError, IntegrityError
from custodes.sources import checker
from custodes.sources.repair import repair, whole_records
from custodes.sources.warc import WarcWriter
from custodes.sources.warc_record import safe_uri
from custodes.values import Collector, Exchange

NOW = datetime(2026, 11, 22, 10, 0, 0, 123, tzinfo=UTC)
WHO = Collector("custodes", "0.1.0", "custodes/0.1 (+https://example.org)", "test bench, loopback", "a fixed time, for tests")
BODY = "<p>Überwachung</p>".encode()
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\n" + BODY
PAGE = Exchange("http://vendor.example/a page", "GET", b"GET /a%20page HTTP/1.1\r\nHost: vendor.example\r\n\r\n", ANSWER, NOW, NOW + timedelta(seconds=1), "192.0.2.7", "http/1.1")


def members(data: bytes) -> list[bytes]:
    """Each gzip member unpacked by itself."""
    found = []
    while data:
        unpacker = zlib.decompressobj(31)
        found.append(unpacker.decompress(data))
        data = unpacker.unused_data
    return found


def fields_of(record: bytes) -> tuple[dict[str, str], bytes]:
    """(header fields, block) of one unpacked record."""
    head, _, rest = record.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    assert first == "WARC/1.1" and rest.endswith(b"\r\n\r\n")
    fields = dict(line.split(": ", 1) for line in lines)
    assert int(fields["Content-Length"]) == len(rest) - 4
    return fields, rest[:-4]


def written(folder: Path, *exchanges: Exchange, name: str = "a.warc.gz") -> Path:
    with WarcWriter(folder / name, WHO, NOW) as writer:
        for exchange in exchanges:
            writer.exchange(exchange)
    return folder / name


def test_an_exchange_is_kept_as_it_went_over_the_wire(tmp_path: Path) -> None:
    info, response, request, about = map(fields_of, members(written(tmp_path, PAGE).read_bytes()))
    assert info[0]["WARC-Type"] == "warcinfo" and info[0]["WARC-Filename"] == "a.warc.gz"
    for said in (b"software: custodes 0.1.0", b"vantage: test bench", b"clock: a fixed time", b"http-header-user-agent: custodes/0.1"):
        assert said in info[1]
    assert (response[1], request[1]) == (PAGE.response, PAGE.request)
    assert response[0]["WARC-Target-URI"] == "http://vendor.example/a%20page" and response[0]["WARC-IP-Address"] == "192.0.2.7"
    assert response[0]["WARC-Date"] == "2026-11-22T10:00:00.000123Z" and response[0]["WARC-Protocol"] == "http/1.1"
    assert request[0]["WARC-Concurrent-To"] == about[0]["WARC-Refers-To"] == response[0]["WARC-Record-ID"]
    assert b"ended: 2026-11-22T10:00:01.000123Z" in about[1]


def test_both_digests_stand_in_every_record(tmp_path: Path) -> None:
    for fields, block in map(fields_of, members(written(tmp_path, PAGE).read_bytes())):
        assert fields["WARC-Block-Digest"] == "sha256:" + hashlib.sha256(block).hexdigest()
        assert fields["Custodes-Block-SHA1"] == "sha1:" + base64.b32encode(hashlib.sha1(block).digest()).decode()
    response = fields_of(members((tmp_path / "a.warc.gz").read_bytes())[1])[0]
    assert response["WARC-Payload-Digest"] == "sha256:" + hashlib.sha256(BODY).hexdigest()
    assert response["Custodes-Payload-SHA1"] == "sha1:" + base64.b32encode(hashlib.sha1(BODY).digest()).decode()


def test_the_same_evidence_makes_the_same_bytes_and_other_evidence_other_ids(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / name).mkdir()
    one, two = written(tmp_path / "a", PAGE, PAGE).read_bytes(), written(tmp_path / "b", PAGE, PAGE).read_bytes()
    assert one == two
    ids = [fields_of(r)[0]["WARC-Record-ID"] for r in members(one)]
    assert len(set(ids)) == len(ids) == 7
    other = written(tmp_path / "c", replace(PAGE, response=ANSWER + b"!")).read_bytes()
    assert fields_of(members(other)[1])[0]["WARC-Record-ID"] != ids[1]


def test_a_large_answer_comes_out_of_a_file_and_is_not_held(tmp_path: Path) -> None:
    body = bytes(range(256)) * 20_000
    big = replace(PAGE, response=lambda: io.BytesIO(b"HTTP/1.1 200 OK\r\n\r\n" + body))
    fields, block = fields_of(members(written(tmp_path, big).read_bytes())[1])
    assert block.endswith(body) and fields["WARC-Payload-Digest"] == "sha256:" + hashlib.sha256(body).hexdigest()


def test_no_answer_is_kept_as_no_answer(tmp_path: Path) -> None:
    path = written(tmp_path, replace(PAGE, response=b"", notes=("connection refused",)))
    kinds = [fields_of(r)[0]["WARC-Type"] for r in members(path.read_bytes())]
    assert kinds == ["warcinfo", "request", "metadata"]
    assert b"answer: none" in members(path.read_bytes())[2] and b"note: connection refused" in members(path.read_bytes())[2]


def test_certificates_are_kept_once_per_file_and_named_by_every_exchange(tmp_path: Path) -> None:
    der = base64.b64decode(b"MIIB" * 40)
    path = written(tmp_path, replace(PAGE, tls_chain=(der, der)), replace(PAGE, tls_chain=(der, der)))
    records = [fields_of(r) for r in members(path.read_bytes())]
    chains = [block for fields, block in records if fields["Content-Type"] == "application/pem-certificate-chain"]
    assert len(chains) == 1 and chains[0].count(b"BEGIN CERTIFICATE") == 2
    line = f"tls-chain-sha256: {hashlib.sha256(chains[0]).hexdigest()}".encode()
    assert sum(line in block for _, block in records) == 2


def test_a_revisit_names_the_record_whose_body_it_had(tmp_path: Path) -> None:
    later = replace(PAGE, began=NOW + timedelta(days=1))
    with WarcWriter(tmp_path / "a.warc.gz", WHO, NOW) as writer:
        first = writer.exchange(PAGE)
        writer.revisit(later, first)
        with pytest.raises(ValueError, match="is not that of"):
            writer.revisit(replace(later, response=ANSWER + b"!"), first)
    fields, block = next(found for r in members((tmp_path / "a.warc.gz").read_bytes()) if (found := fields_of(r))[0]["WARC-Type"] == "revisit")
    assert block == ANSWER[: -len(BODY)] and fields["WARC-Refers-To"] == first.record_id
    assert fields["WARC-Refers-To-Date"] == first.date and fields["WARC-Payload-Digest"].endswith(first.digests.payload_sha256)


def test_an_archive_is_written_once(tmp_path: Path) -> None:
    path = written(tmp_path, PAGE)
    assert path.stat().st_mode & 0o222 == 0
    with pytest.raises(InputError, match="exists already"):
        WarcWriter(path, WHO, NOW)


@pytest.mark.parametrize("url", ["http://a.example/x\r\nWARC-Type: warcinfo", "http://a.example/\0", "http://a.example/a b\t\u2028c"])
def test_a_hostile_address_cannot_write_header_lines(tmp_path: Path, url: str) -> None:
    path = written(tmp_path, replace(PAGE, url=url, notes=("one\r\nWARC-Type: response",), extra={"a\nb": "c\r\nd"}))
    for record in members(path.read_bytes()):
        fields_of(record)
    assert not set("\r\n\0 \t\u2028") & set(safe_uri(url))


def test_one_member_per_record_without_name_or_time(tmp_path: Path) -> None:
    data = written(tmp_path, PAGE).read_bytes()
    assert gzip.decompress(data) == b"".join(members(data))
    assert data.startswith(b"\x1f\x8b\x08" + bytes(6) + b"\xff")


def test_truncated_answers_say_why(tmp_path: Path) -> None:
    path = written(tmp_path, replace(PAGE, truncated="length"))
    assert fields_of(members(path.read_bytes())[1])[0]["WARC-Truncated"] == "length"
    with pytest.raises(ValueError, match="not a reason"):
        replace(PAGE, truncated="because")
    with pytest.raises(ValueError, match="zone"):
        replace(PAGE, began=NOW.replace(tzinfo=None))


def test_strangers_find_every_record_right(tmp_path: Path) -> None:
    warcio = pytest.importorskip("warcio.archiveiterator", reason="the dev extra brings it")
    path = written(tmp_path, PAGE, replace(PAGE, response=lambda: io.BytesIO(ANSWER * 1000)))
    with path.open("rb") as stream:
        seen = [(r.rec_type, r.content_stream().read(), r.digest_checker.passed) for r in warcio.ArchiveIterator(stream, check_digests="raise")]
    assert [kind for kind, _, _ in seen] == ["warcinfo", "response", "request", "metadata", "response", "request", "metadata"]
    assert all(passed is not False for _, _, passed in seen) and seen[1][1] == BODY
    fastwarc = pytest.importorskip("fastwarc.warc", reason="the dev extra brings it")
    with path.open("rb") as stream:
        assert all(record.verify_block_digest() for record in fastwarc.ArchiveIterator(stream, parse_http=False))


def test_a_file_cut_at_any_byte_is_named_and_mended_to_its_whole_records(tmp_path: Path) -> None:
    data = written(tmp_path, PAGE, PAGE).read_bytes()
    ends = [0]
    for record in checker.records(io.BytesIO(data)):
        ends.append(record.offset + record.length)
    cut = tmp_path / "cut.warc.gz"
    for size in [*range(ends[1] + 1, len(data), 7), *ends[2:]]:
        cut.write_bytes(data[:size])
        before = max(end for end in ends if end <= size)
        assert bool(checker.check(str(cut)).broken) is (size != before), size
        assert repair(cut) == size - before
        assert cut.read_bytes() == data[:before] and not checker.check(str(cut)).broken
        if size != before:
            kept = tmp_path / f"cut.warc.gz.cut-{before}"
            assert kept.read_bytes() == data[before:size]
            kept.unlink()


def test_damage_in_the_middle_is_not_mended(tmp_path: Path) -> None:
    data = bytearray(written(tmp_path, PAGE, PAGE).read_bytes())
    changed = tmp_path / "changed.warc.gz"
    data[len(data) // 2] ^= 0xFF
    changed.write_bytes(bytes(data))
    with pytest.raises(IntegrityError, match="records are whole; then"):
        repair(changed)
    assert changed.read_bytes() == bytes(data) and not whole_records(changed).cut_off


def test_a_resumed_file_is_the_one_that_was_never_stopped(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    whole = written(tmp_path / "whole", PAGE, replace(PAGE, url="http://vendor.example/b")).read_bytes()
    path = tmp_path / "a.warc.gz"
    writer = WarcWriter(path, WHO, NOW)
    writer.exchange(PAGE)
    os.write(writer._handle, b"\x1f\x8b half of a record")
    os.close(writer._handle)
    with WarcWriter.resume(path) as again:
        again.exchange(replace(PAGE, url="http://vendor.example/b"))
    assert path.read_bytes() == whole


KILLED = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from custodes.sources.warc import WarcWriter
from custodes.values import Collector, Exchange
now = datetime(2026, 11, 22, tzinfo=UTC)
writer = WarcWriter(Path(sys.argv[1]), Collector("custodes", "0", "a", "b", "c"), now)
for n in range(10_000):
    writer.exchange(Exchange(f"http://a.example/{n}", "GET", b"GET / HTTP/1.1\\r\\n\\r\\n", b"HTTP/1.1 200 OK\\r\\n\\r\\n" + bytes(5000) + b"%d" % n, now))
    print(n, flush=True)
"""


@pytest.mark.parametrize("after", [0, 3, 50])
def test_kill_leaves_whole_records_and_at_most_one_half(tmp_path: Path, after: int) -> None:
    path = tmp_path / "k.warc.gz"
    with subprocess.Popen([sys.executable, "-c", KILLED.replace("\\\\", "\\"), str(path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) >= after:
                process.kill()
                break
    found = whole_records(path)
    assert found.count >= 1 + 3 * (after + 1) and (found.cut_off or not found.problem)
    with WarcWriter.resume(path) as writer:
        writer.exchange(PAGE)
    assert checker.check(str(path)).broken == []
