"""Inputs kept by hash: what is stored, what is not stored twice, and what a killed run leaves."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from custodes import sources
from custodes.errors import InputError, IntegrityError
from custodes.sources.store import place

NOW = "2026-11-22T10:00:00+00:00"
LATER = "2026-12-01T10:00:00+00:00"


@pytest.fixture
def case(tmp_path: Path) -> Path:
    return tmp_path / "sources"


def _file(tmp_path: Path, name: str, data: bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


def _everything(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {str(p.relative_to(folder)): (p.read_bytes(), p.stat().st_mtime_ns) for p in sorted(folder.rglob("*")) if p.is_file()}


def test_bytes_stand_under_their_hash_and_are_read_only(tmp_path: Path, case: Path) -> None:
    capture = sources.store(_file(tmp_path, "a.csv", b"a,b\n1,2\n"), case, "inbox/a.csv", NOW)
    sha = hashlib.sha256(b"a,b\n1,2\n").hexdigest()
    assert (capture.sha256, capture.size, capture.path, capture.stored_at) == (sha, 8, "inbox/a.csv", NOW)
    stored = case / "captures" / sha[:2] / sha
    assert stored.read_bytes() == b"a,b\n1,2\n"
    assert not stored.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH)
    assert json.loads((case / "captures.jsonl").read_text()) == {"sha256": sha, "size": 8, "path": "inbox/a.csv", "stored_at": NOW}
    with sources.open_capture(case, sha) as stream:
        assert stream.read() == b"a,b\n1,2\n"


def test_the_same_again_writes_nothing_and_keeps_the_first_time(tmp_path: Path, case: Path) -> None:
    path = _file(tmp_path, "a.csv", b"same")
    first = sources.store(path, case, "inbox/a.csv", NOW)
    before = _everything(case)
    assert sources.store(path, case, "inbox/a.csv", LATER) == first
    assert _everything(case) == before


def test_the_same_bytes_under_another_path_are_one_capture_and_two_lines(tmp_path: Path, case: Path) -> None:
    path = _file(tmp_path, "a.csv", b"same")
    sources.store(path, case, "inbox/a.csv", NOW)
    sources.store(path, case, "inbox/b.csv", LATER)
    assert [c.path for c in sources.held(case)] == ["inbox/a.csv", "inbox/b.csv"]
    assert len([p for p in (case / "captures").rglob("*") if p.is_file()]) == 1


def test_changed_bytes_under_the_same_path_are_a_second_capture(tmp_path: Path, case: Path) -> None:
    path = _file(tmp_path, "a.csv", b"old!")
    sources.store(path, case, "inbox/a.csv", NOW)
    path.write_bytes(b"new!")  # the same size, so the store has to look
    sources.store(path, case, "inbox/a.csv", LATER)
    held = sources.held(case)
    assert len({c.sha256 for c in held}) == 2
    assert [place(case, c.sha256).read_bytes() for c in held] == [b"old!", b"new!"]
    assert list(sources.verify(case)) == []


def test_empty_file(tmp_path: Path, case: Path) -> None:
    assert sources.store(_file(tmp_path, "e", b""), case, "inbox/e", NOW).size == 0
    assert list(sources.verify(case)) == []


@pytest.mark.parametrize("what", ["missing", "folder", "pipe"])
def test_what_is_not_a_file_is_refused_at_once(tmp_path: Path, case: Path, what: str) -> None:
    path = tmp_path / what
    if what == "folder":
        path.mkdir()
    if what == "pipe":
        os.mkfifo(path)
    with pytest.raises(InputError) as problem:
        sources.store(path, case, f"inbox/{what}", NOW)
    assert problem.value.where == f"inbox/{what}" and problem.value.advice


def test_a_damaged_copy_is_never_taken_for_the_input(tmp_path: Path, case: Path) -> None:
    path = _file(tmp_path, "a.csv", b"right")
    capture = sources.store(path, case, "inbox/a.csv", NOW)
    stored = place(case, capture.sha256)
    stored.chmod(0o644)
    stored.write_bytes(b"wrong")
    with pytest.raises(IntegrityError) as problem:
        sources.store(path, case, "inbox/a.csv", NOW)
    assert capture.sha256 in problem.value.where
    assert [b.what for b in sources.verify(case)] == [f"the bytes have changed: their hash is now {hashlib.sha256(b'wrong').hexdigest()}"]


def test_verify_names_what_is_missing_cut_or_not_ours(tmp_path: Path, case: Path) -> None:
    one = sources.store(_file(tmp_path, "1", b"one"), case, "inbox/1", NOW)
    two = sources.store(_file(tmp_path, "2", b"two"), case, "inbox/2", NOW)
    sources.store(_file(tmp_path, "3", b"three"), case, "inbox/3", NOW)
    place(case, one.sha256).unlink()
    place(case, two.sha256).chmod(0o644)
    place(case, two.sha256).write_bytes(b"tw")
    with (case / "captures.jsonl").open("ab") as log:
        log.write(b'{"sha256":"../../etc/passwd"}\n')
    found = list(sources.verify(case))
    assert [("inbox/1" in b.where, "inbox/2" in b.where, "line 4" in b.where) for b in found] == [
        (True, False, False), (False, True, False), (False, False, True),
    ]  # fmt: skip
    assert "2 bytes are there, 3 were stored" in found[1].what


def test_a_half_line_is_cut_off_by_the_next_writer(tmp_path: Path, case: Path) -> None:
    sources.store(_file(tmp_path, "1", b"one"), case, "inbox/1", NOW)
    with (case / "captures.jsonl").open("ab") as log:
        log.write(b'{"path":"inbox/2","sha2')
    assert [b.where for b in sources.verify(case)] == ["captures.jsonl"]
    assert len(sources.held(case)) == 1
    sources.store(_file(tmp_path, "2", b"two"), case, "inbox/2", NOW)
    assert [c.path for c in sources.held(case)] == ["inbox/1", "inbox/2"]
    assert list(sources.verify(case)) == []


@pytest.mark.parametrize("bad", ["", "..", "g" * 64, "A" * 64, "../" * 20 + "abcd"])
def test_no_name_leads_out_of_the_folder(case: Path, bad: str) -> None:
    with pytest.raises(ValueError, match="not a SHA-256"):
        sources.open_capture(case, bad)


def test_bytes_that_are_not_there_are_an_integrity_error(case: Path) -> None:
    with pytest.raises(IntegrityError):
        sources.open_capture(case, "0" * 64)


def test_what_a_killed_run_left_is_cleared_away(tmp_path: Path, case: Path) -> None:
    (case / "captures").mkdir(parents=True)
    (case / "captures" / ".incoming-0123456789abcdef").write_bytes(b"half")
    assert list(sources.verify(case)) == []
    sources.store(_file(tmp_path, "a", b"whole"), case, "inbox/a", NOW)
    assert [p.name for p in (case / "captures").rglob(".incoming*")] == []


_KILLED = """
import sys
from pathlib import Path
from custodes.sources import Store
store = Store(Path(sys.argv[2]))
print("go", flush=True)
for path in sorted(Path(sys.argv[1]).iterdir()):
    store.store(path, "inbox/" + path.name, "2026-11-22")
"""


def test_kill_at_any_point_and_repeat_gives_the_same(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for n in range(40):
        (inbox / f"{n:02d}").write_bytes(f"{n}".encode() * 40_000)
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    subprocess.run([sys.executable, "-c", _KILLED, inbox, whole], check=True, stdout=subprocess.DEVNULL)
    for wait in (0.0, 0.003, 0.01, 0.03, 0.08):
        with subprocess.Popen([sys.executable, "-c", _KILLED, inbox, cut], stdout=subprocess.PIPE) as run:
            assert run.stdout and run.stdout.readline() == b"go\n"
            time.sleep(wait)
            run.kill()
        assert [b for b in sources.verify(cut) if "no end" not in b.what] == []
    subprocess.run([sys.executable, "-c", _KILLED, inbox, cut], check=True, stdout=subprocess.DEVNULL)
    assert {k: v[0] for k, v in _everything(cut).items()} == {k: v[0] for k, v in _everything(whole).items()}
    assert list(sources.verify(cut)) == []
