"""The package: whole, the same each time, found right by our own checker and by strangers."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from test_sources_warc import ANSWER, NOW, PAGE, WHO

from custodes.errors import InputError
from custodes.sources import cdxj, checker, wacz
from custodes.sources.wacz import Page, pack
from custodes.sources.warc import WarcWriter

SOFTWARE = "custodes 0.1.0"
POST = replace(
    PAGE, url="http://vendor.example/search", method="POST", began=NOW + timedelta(seconds=5),
    request=b"POST /search HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\nq=age&n=2",
)  # fmt: skip


def packed(folder: Path, count: int = 0, name: str = "page") -> wacz.Packed:
    """A package with a page, a POST, a revisit, a screenshot and ``count`` more pages."""
    folder.mkdir(exist_ok=True)
    with WarcWriter(folder / f"{name}.warc.gz", WHO, NOW) as writer:
        first = writer.exchange(PAGE)
        writer.exchange(POST)
        writer.revisit(replace(PAGE, url="http://www.vendor.example/A?b=2&a=1", began=NOW + timedelta(hours=1)), first)
        writer.resource("urn:view:http://vendor.example/a%20page", b"\x89PNG...", "image/png", NOW)
        for n in range(count):
            writer.exchange(replace(PAGE, url=f"http://vendor.example/{n:06d}", response=ANSWER + b"%d" % n))
    pages = [Page("http://vendor.example/a%20page", "A “title”", NOW, "all of the text")]
    return pack([folder / f"{name}.warc.gz"], pages, folder / f"{name}.wacz", NOW, SOFTWARE, title="A case")


def test_a_package_of_ours_is_intact_and_the_same_each_time(tmp_path: Path) -> None:
    one, two = packed(tmp_path / "one"), packed(tmp_path / "two")
    assert one.path.read_bytes() == two.path.read_bytes() and one.sha256 == two.sha256
    report = checker.check(str(one.path))
    assert report.broken == [] and report.notes == []
    assert report.counts == {"files": 3, "records": 11, "index lines": 4, "pages": 1}
    assert one.size == one.path.stat().st_size and one.path.stat().st_mode & 0o222 == 0
    with zipfile.ZipFile(one.path) as archive:
        assert archive.testzip() is None and archive.read("datapackage-digest.json") == one.digest


def test_a_large_index_is_packed_in_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wacz, "PLAIN_LINES", 10)
    monkeypatch.setattr(wacz, "BLOCK_LINES", 7)
    made = packed(tmp_path / "big", 40)
    report = checker.check(str(made.path))
    assert report.broken == [] and report.counts["index lines"] == 44
    with zipfile.ZipFile(made.path) as archive:
        assert len(archive.read("indexes/index.idx").splitlines()) == 8


def test_the_index_says_what_the_records_say(tmp_path: Path) -> None:
    made = packed(tmp_path / "x")
    with zipfile.ZipFile(made.path) as archive:
        lines = archive.read("indexes/index.cdxj").decode().splitlines()
    keys = [line.split(" ")[0] for line in lines]
    assert keys == sorted(keys) == [
        "example,vendor)/a%20page", "example,vendor)/a?a=1&b=2", "example,vendor)/search?__wb_method=post&n=2&q=age", "urn:view:http://vendor.example/a%20page",
    ]  # fmt: skip
    page, revisit, post, _ = (json.loads(line.split(" ", 2)[2]) for line in lines)
    assert (page["status"], page["mime"], revisit["mime"], post["method"], post["requestBody"]) == ("200", "text/html", "warc/revisit", "POST", "q=age&n=2")


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("http://example.com", "com,example)/"),
        ("https://WWW2.Example.com:443/A/B?b=1&a=2#x", "com,example)/a/b?a=2&b=1"),
        ("http://127.0.0.1:8811/", "1,0,0,127:8811)/"),
        ("http://[::1]:80/", "[::1])/"),
        ("http://example.com:99999/", "http://example.com:99999/"),
        ("urn:text:http://a.example/x y", "urn:text:http://a.example/xy"),
    ],
)
def test_keys_are_those_that_replay_programs_look_up(url: str, key: str) -> None:
    assert cdxj.key(url) == key


def test_a_damaged_archive_is_not_packed_and_a_package_is_written_once(tmp_path: Path) -> None:
    made = packed(tmp_path / "x")
    with pytest.raises(InputError, match="exists already"):
        packed_again = pack([tmp_path / "x/page.warc.gz"], [], made.path, NOW, SOFTWARE)
        assert packed_again
    data = bytearray((tmp_path / "x/page.warc.gz").read_bytes())
    data[600] ^= 1
    (tmp_path / "bad.warc.gz").write_bytes(bytes(data))
    with pytest.raises(InputError, match="damaged"):
        pack([tmp_path / "bad.warc.gz"], [], tmp_path / "bad.wacz", NOW, SOFTWARE)
    assert not list(tmp_path.glob("*bad.wacz*"))


def test_pages_without_a_record_are_named(tmp_path: Path) -> None:
    packed(tmp_path / "x")
    pack([tmp_path / "x/page.warc.gz"], [Page("http://other.example/", "", NOW)], tmp_path / "y.wacz", NOW, SOFTWARE)
    (found,) = checker.check(str(tmp_path / "y.wacz")).broken
    assert found.chain == "pages" and "other.example" in found.what


def test_a_package_beyond_four_gigabytes_would_have_long_numbers() -> None:
    local, central = checker.zip_headers("archive/a.warc.gz", 1, 5 << 30, 6 << 30)
    assert local[18:26] == b"\xff" * 8 and (5 << 30).to_bytes(8, "little") in local and (6 << 30).to_bytes(8, "little") in central
    end = checker.zip_end([central], 11 << 30)
    assert b"PK\x06\x06" in end and b"PK\x06\x07" in end


def test_times_are_utc_in_the_package(tmp_path: Path) -> None:
    packed(tmp_path / "x")
    made = pack([tmp_path / "x/page.warc.gz"], [], tmp_path / "z.wacz", datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC), SOFTWARE)
    with zipfile.ZipFile(made.path) as archive:
        assert json.loads(archive.read("datapackage.json"))["created"] == "2026-11-22T01:02:03Z"
