"""The seal log: what is added can be checked, and any change to a whole line is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from custodes.errors import IntegrityError
from custodes.sources import seal
from custodes.values import Capture

NOW = "2026-11-22T10:00:00+00:00"


def _log(folder: Path, count: int = 4) -> Path:
    path = folder / "seal.jsonl"
    for n in range(count):
        seal.append(path, "capture", {"sha256": f"{n:064x}", "name": "Überwachung \u202e", "n": n}, NOW)
    return path


def test_lines_follow_each_other(tmp_path: Path) -> None:
    path = _log(tmp_path)
    lines = list(seal.lines(path))
    assert [line["n"] for line in lines] == [1, 2, 3, 4]
    assert [line["prev"] for line in lines] == [seal.START, *[line["hash"] for line in lines[:-1]]]
    assert seal.head(path) == (4, lines[-1]["hash"])
    assert list(seal.verify(path)) == []


def test_a_log_that_is_not_there_is_empty_not_broken(tmp_path: Path) -> None:
    assert list(seal.verify(tmp_path / "seal.jsonl")) == []
    assert seal.head(tmp_path / "seal.jsonl") == (0, seal.START)


def test_several_at_once_make_the_same_bytes(tmp_path: Path) -> None:
    one = _log(tmp_path / "one")
    two = tmp_path / "two" / "seal.jsonl"
    seal.append_all(two, [("capture", line["facts"]) for line in seal.lines(one)], NOW)
    assert one.read_bytes() == two.read_bytes()


def test_every_single_flipped_byte_is_named_with_its_line(tmp_path: Path) -> None:
    path = _log(tmp_path, 3)
    data = path.read_bytes()
    for at in range(len(data)):
        changed = bytearray(data)
        changed[at] ^= 0x01
        path.write_bytes(bytes(changed))
        found = list(seal.verify(path))
        line = data[: at + 1].count(b"\n") + (data[at : at + 1] != b"\n")
        assert len(found) == 1, at
        assert found[0].where == f"seal.jsonl, line {line}", (at, found)


@pytest.mark.parametrize("change", ["removed", "swapped", "repeated", "inserted"])
def test_whole_lines_moved_about_are_named(tmp_path: Path, change: str) -> None:
    path = _log(tmp_path)
    a, b, c, d = path.read_bytes().splitlines(keepends=True)
    mixed = {"removed": [a, c, d], "swapped": [a, c, b, d], "repeated": [a, b, b, c, d], "inserted": [a, b"{}\n", b, c, d]}
    path.write_bytes(b"".join(mixed[change]))
    line = 3 if change == "repeated" else 2
    assert [found.where for found in seal.verify(path)] == [f"seal.jsonl, line {line}"]


def test_a_rewritten_line_with_a_right_hash_of_its_own_breaks_the_next(tmp_path: Path) -> None:
    path = _log(tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    forged = json.loads(lines[1])
    forged["facts"]["sha256"] = "f" * 64
    del forged["hash"]
    lines[1] = seal.canonical(seal.chained(forged)) + b"\n"
    path.write_bytes(b"".join(lines))
    assert [found.where for found in seal.verify(path)] == ["seal.jsonl, line 3"]


@pytest.mark.parametrize("cut", [1, 10, 100])
def test_a_half_last_line_is_named_and_the_next_writer_repairs_it(tmp_path: Path, cut: int) -> None:
    path = _log(tmp_path)
    whole = path.read_bytes()
    seal.append(path, "edition", {"a": 1}, NOW)
    full = path.read_bytes()
    path.write_bytes(full[:-cut])
    assert [found.what for found in seal.verify(path)] == ["the last line has no end: a run was stopped while writing"]
    seal.append(path, "edition", {"a": 1}, NOW)
    assert path.read_bytes() == full and full.startswith(whole)
    assert list(seal.verify(path)) == []


def test_nothing_is_added_to_a_broken_last_line(tmp_path: Path) -> None:
    path = _log(tmp_path)
    path.write_bytes(path.read_bytes().replace(b'"n":4,"prev"', b'"n":5,"prev"'))
    with pytest.raises(IntegrityError):
        seal.append(path, "edition", {}, NOW)


def test_a_line_longer_than_the_step_back_is_found_again(tmp_path: Path) -> None:
    path = tmp_path / "seal.jsonl"
    seal.append(path, "big", {"text": "x" * 300_000}, NOW)
    seal.append(path, "small", {}, NOW)
    seal.append(path, "big", {"text": "y" * 300_000}, NOW)
    assert seal.head(path)[0] == 3
    assert list(seal.verify(path)) == []


def test_captures_are_sealed_once_and_missed_when_their_line_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "seal.jsonl"
    captures = [Capture(f"{n:064x}", n, f"inbox/{n}", NOW) for n in range(4)]
    assert len(seal.seal_captures(path, captures[:2], NOW)) == 2
    assert [line["facts"]["path"] for line in seal.seal_captures(path, [*captures, captures[3]], "2026-12-01")] == ["inbox/2", "inbox/3"]
    before = path.read_bytes()
    assert seal.seal_captures(path, captures, NOW) == [] and path.read_bytes() == before
    assert list(seal.verify(path)) == [] and list(seal.verify_captures(path, captures)) == []
    (found,) = seal.verify_captures(path, [*captures[:2], captures[3]])
    assert found.where == "seal.jsonl, line 3" and "inbox/2" in found.what
