"""Files as their readers want them: every packing, every way to be broken."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import hashlib
import io
import lzma
import os
import zipfile
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custodes.errors import BrokenInputError, InputError, LimitError
from custodes.sources import Limits, head, opened, packing, suffix_note
from custodes.sources import inflate as module

TEXT = b"body,supplier,amount\nAnytown,Invented Cameras Ltd,12.50\n" * 50
PACKED = {"gz": gzip.compress(TEXT, mtime=0), "bz2": bz2.compress(TEXT), "xz": lzma.compress(TEXT), "csv": TEXT}


def _zip(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def _read(data: bytes | BinaryIO, name: str, limits: Limits | None = None) -> tuple[bytes, str]:
    with opened(io.BytesIO(data) if isinstance(data, bytes) else data, name, limits or Limits()) as (stream, shown):
        return stream.read(), shown


@pytest.mark.parametrize("kind", list(PACKED))
def test_each_packing_gives_the_text_and_a_plain_name(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"2016-03.csv.{kind}"
    path.write_bytes(PACKED[kind])
    with opened(path, path.name) as (stream, shown):
        assert stream.read() == TEXT
        stream.seek(5)
        assert stream.read(8) == TEXT[5:13]
    assert stream.closed
    assert shown == ("2016-03.csv.csv" if kind == "csv" else "2016-03.csv")


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz"])
def test_several_members_and_padding(kind: str) -> None:
    assert _read(PACKED[kind] + PACKED[kind], f"a.csv.{kind}")[0] == TEXT * 2
    assert _read(PACKED[kind] + b"\0" * 512, f"a.csv.{kind}")[0] == TEXT


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz"])
def test_something_else_behind_the_end_is_an_error(kind: str) -> None:
    with pytest.raises(BrokenInputError, match=f"followed by something else; {len(TEXT)} bytes were whole"):
        _read(PACKED[kind] + b"rubbish", f"a.csv.{kind}")


def test_the_bytes_count_not_the_name() -> None:
    assert _read(TEXT, "a.csv.gz") == (TEXT, "a.csv")
    assert _read(PACKED["gz"], "a.csv") == (TEXT, "a.csv")
    assert _read(PACKED["xz"], "a.csv.bz2") == (TEXT, "a.csv")
    assert suffix_note(TEXT, "a.csv.gz") == "the name says gzip, the bytes say not packed; the bytes were believed"
    assert suffix_note(PACKED["gz"], "a.csv").endswith("the bytes say gzip; the bytes were believed")
    assert suffix_note(PACKED["gz"], "a.csv.GZ") == suffix_note(TEXT, "a.csv") == suffix_note(_zip({"a": b""}), "a.xlsx") == ""
    assert packing(b"BZhello, this is a text") == ""


def test_a_cut_gzip_says_how_many_bytes_were_whole() -> None:
    noise = b"".join(hashlib.sha256(bytes([n % 256, n // 256])).digest() for n in range(625))
    with pytest.raises(BrokenInputError) as problem:
        _read(gzip.compress(noise)[:12_000], "inbox/a.csv.gz")
    assert problem.value.where == "inbox/a.csv.gz" and problem.value.advice
    whole = int(problem.value.what.split("; ")[1].split()[0])
    assert 10_000 < whole < 12_000 and "ends too early" in problem.value.what


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz"])
def test_every_cut_is_an_error(kind: str) -> None:
    data = PACKED[kind]
    for size in range(11, len(data)):
        with pytest.raises(BrokenInputError):
            _read(data[:size], "a")


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz"])
def test_no_flipped_byte_gives_other_text(kind: str) -> None:
    data = PACKED[kind]
    for at in range(10, len(data)):
        changed = bytearray(data)
        changed[at] ^= 0x10
        with contextlib.suppress(BrokenInputError, LimitError):
            assert _read(bytes(changed), "a")[0] == TEXT, at


def test_a_zip_with_one_data_file() -> None:
    data = _zip({"spend/": b"", "spend/a b.csv": TEXT, "__MACOSX/spend/._a.csv": b"x", "spend/.DS_Store": b"x"})
    assert _read(data, "inbox/2016.zip") == (TEXT, "inbox/2016.zip/a b.csv")


@pytest.mark.parametrize("members", [{"a.csv": b"a", "b.csv": b"b"}, {}, {"only/": b""}])
def test_a_zip_without_exactly_one_data_file_lists_its_members(members: dict[str, bytes]) -> None:
    with pytest.raises(InputError) as problem:
        _read(_zip(members), "inbox/a.zip")
    assert "unpack" in problem.value.advice
    assert ("a.csv, b.csv" in problem.value.what) == (len(members) == 2)


@pytest.mark.parametrize("marker", ["[Content_Types].xml", "mimetype", "datapackage.json"])
def test_a_zip_that_is_a_document_is_handed_on(marker: str) -> None:
    data = _zip({marker: b"x", "xl/workbook.xml": b"y"})
    assert _read(data, "inbox/a.xlsx") == (data, "inbox/a.xlsx")


def test_a_hostile_member_name_leads_nowhere() -> None:
    assert _read(_zip({"../../etc/pass\nwd\x1b[2J.csv": TEXT}), "a.zip")[1] == "a.zip/pass?wd?[2J.csv"


def test_damaged_zips() -> None:
    data = _zip({"a.csv": TEXT})
    with pytest.raises(BrokenInputError):
        _read(data[:-30], "a.zip")
    changed = bytearray(data)
    changed[45] ^= 0xFF
    with pytest.raises(BrokenInputError):
        _read(bytes(changed), "a.zip")


def test_a_locked_zip_says_so() -> None:
    data = bytearray(_zip({"a.csv": TEXT}))
    data[6] |= 1
    central = bytes(data).rindex(b"PK\x01\x02")
    data[central + 8] |= 1
    with pytest.raises(InputError, match="locked"):
        _read(bytes(data), "a.zip")


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, lambda d: _zip({"a.csv": d}), lambda d: d])
def test_the_size_limit_holds_for_everything(pack: object) -> None:
    with pytest.raises(LimitError) as problem:
        _read(pack(b"x" * 5000), "a", Limits(size=4999))  # type: ignore[operator]
    assert "4999" in problem.value.what
    assert len(_read(pack(b"x" * 5000), "a", Limits(size=5000))[0]) == 5000  # type: ignore[operator]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lambda d: _zip({"a.csv": d})])
def test_a_bomb_is_refused_before_it_fills_the_disk(pack: object) -> None:
    bomb = pack(b"\0" * (30 << 20))  # type: ignore[operator]
    with pytest.raises(LimitError, match="attack"):
        _read(bomb, "a", Limits(ratio=100, ratio_from=1 << 20))


def test_beyond_memory_goes_to_a_file_and_reads_the_same(tmp_path: Path) -> None:
    text = os.urandom(1 << 20) * 3
    with opened(io.BytesIO(gzip.compress(text, 1)), "a.gz", Limits(memory=1 << 20, scratch=str(tmp_path))) as (stream, _):
        assert stream.fileno() and stream.read() == text
        stream.seek(-10, io.SEEK_END)
        assert stream.read() == text[-10:]


def test_no_room_for_temporary_files_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be unpacked"):
        _read(gzip.compress(b"x" * 5000), "a.gz", Limits(memory=100, scratch=str(tmp_path / "missing")))


class _Pipe(io.RawIOBase):
    """Like standard input: no way back."""

    def __init__(self, data: bytes) -> None:
        self._inner = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def readinto(self, buffer: object) -> int:
        return self._inner.readinto(buffer)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", list(PACKED))
def test_a_pipe_becomes_seekable(kind: str) -> None:
    with opened(io.BufferedReader(_Pipe(PACKED[kind])), "-") as (stream, _):
        assert head(stream, 10) == TEXT[:10]
        assert stream.read() == TEXT


def test_head_stands_at_the_start_afterwards() -> None:
    stream = io.BytesIO(TEXT)
    assert head(stream, 7) == TEXT[:7] and stream.read(3) == TEXT[:3]
    assert head(io.BytesIO(b"ab"), 7) == b"ab"


def test_what_is_not_a_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", "missing", "."):
        with pytest.raises(InputError), opened(tmp_path / name, name):
            pass


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=3000), min_size=1, max_size=4), st.sampled_from(["gz", "bz2", "xz"]), st.integers(1, 5000))
def test_any_members_any_chunk_size(parts: list[bytes], kind: str, chunk: int) -> None:
    pack = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}[kind]
    before, module.CHUNK = module.CHUNK, chunk
    try:
        assert _read(b"".join(pack(p) for p in parts), "a")[0] == b"".join(parts)
    finally:
        module.CHUNK = before


def test_every_packed_spend_file_opens(shared: Path) -> None:
    files = sorted((shared / "awards" / "spend").rglob("*.csv.gz"))
    assert len(files) == 183
    for path in files:
        with opened(path, path.name) as (stream, shown):
            assert shown.endswith(".csv") and stream.read() == gzip.decompress(path.read_bytes())
