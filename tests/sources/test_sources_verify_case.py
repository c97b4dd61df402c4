"""A case checked as a whole: every file of it, findings that cite it, bytes removed by order, archives among its captures, time stamps."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from test_sources_wacz import packed

from custodes import pipeline
from custodes.errors import InputError, UsageError
from custodes.pipeline.removing import remove
from custodes.sources import seal
from custodes.sources.store import Store

NOW = "2026-11-22T10:00:00Z"
HEADER = "Body Name,Payment Date,Supplier Name,Transaction No.,Net Amount,Narrative\n"
ROWS = (
    "Exampleton Borough Council,2021-03-04,Baydale Example Ltd,T1,3627.50,Supply  and  Installation of 5 number HIK Vision Recorders\n"
    "Exampleton Borough Council,2021-03-06,Acme Security Ltd,T3,999.00,CCTV cameras town centre\n"
)
ORDER = {"by": "county court", "why": "the file names a private person", "basis": "Data Protection Act 2018, section 167"}


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "custodes"), *arguments, str(folder), "--now", "2026-11-22"]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case with two spend files and a captured package, run once."""
    folder = tmp_path_factory.mktemp("verify") / "case"
    folder.mkdir()
    (folder / "case.toml").write_text('format = 1\ntitle = "A small case"\n[[records]]\npath = "*.csv"\n')
    (folder / "spend.csv").write_text(HEADER + ROWS)
    (folder / "more.csv").write_text(HEADER + "Otherton Council,2021-04-06,Acme Security Ltd,T9,1.00,CCTV cameras\n")
    assert run(folder, "run", "--engine", "local").returncode in (0, 3)
    capture = Store(folder / "sources").store(packed(folder.parent / "p").path, "pages/vendor.example/1.wacz", NOW)
    seal.seal_captures(folder / "seal.jsonl", [capture], NOW)
    assert pipeline.verify(folder)["lines"][0] == f"intact: {folder}"
    return folder


@pytest.fixture
def case(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "case"))


def flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x01
    path.chmod(0o644)
    path.write_bytes(bytes(data))


def test_a_flipped_byte_in_any_file_that_matters_is_named(case: Path) -> None:
    rooms = ("sources", "records", "findings", "review", "timetable", "publication", "seal.jsonl", "manifest.json")
    working = {"coverage.json", "rejects.jsonl", "repeats.json", "pages.json", "watchlist.json"}
    for path in sorted(p for p in case.rglob("*") if p.is_file()):
        name = path.relative_to(case).as_posix()
        if not name.startswith(rooms) or path.name in working or name.startswith(("records/parts/", "findings/parts/")):
            continue
        before = path.read_bytes()
        flipped(path)
        summary = pipeline.verify(case)
        assert summary["exit"] == 4, name
        path.write_bytes(before)
    assert pipeline.verify(case)["exit"] == 0


def test_a_finding_that_rests_on_bytes_the_case_does_not_hold_is_named(case: Path) -> None:
    log = case / "sources" / "captures.jsonl"
    log.write_bytes(b"".join(line for line in log.read_bytes().splitlines(keepends=True) if b"spend.csv" not in line))
    broken = {found["chain"]: found for found in pipeline.verify(case)["broken"]}
    assert "does not hold" in broken["findings"]["what"] and "seal" in broken


def test_a_forged_record_inside_a_captured_package_is_named_with_its_place(case: Path) -> None:
    package = next(path for path in (case / "sources/captures").rglob("*") if path.is_file() and path.read_bytes()[:2] == b"PK")
    data = bytearray(package.read_bytes())
    data[400] ^= 1
    package.chmod(0o644)
    package.write_bytes(bytes(data))
    summary = pipeline.verify(case)
    assert {"captures", "records", "files"} <= {found["chain"] for found in summary["broken"]}
    assert any("pages/vendor.example/1.wacz: archive/page.warc.gz" in found["where"] for found in summary["broken"])


def test_what_was_removed_by_order_is_not_broken_and_what_rested_on_it_is_made_anew(case: Path) -> None:
    spend = next(line["facts"]["sha256"] for line in seal.lines(case / "seal.jsonl") if line["facts"].get("path") == "spend.csv")
    stored = next((case / "sources/captures").rglob(spend))
    result = remove(case, spend, ORDER, "2026-11-23T09:00:00Z")
    assert not stored.exists() and not (case / "publication/draft").exists() and "removed by order" in result["line"]
    summary = pipeline.verify(case)
    assert summary["exit"] == 0 and summary["broken"] == []
    assert "county court" in summary["removed"][0] and spend in summary["removed"][0]
    again = run(case, "run", "--engine", "local")
    assert again.returncode == 3 and "removed from the case by order" in again.stderr
    assert not stored.exists() and pipeline.verify(case)["exit"] == 0
    coverage = json.loads((case / "records" / "coverage.json").read_text())
    assert [item["path"] for item in coverage] == ["more.csv"]
    stored.parent.mkdir(exist_ok=True)
    stored.write_text(HEADER + ROWS)
    assert "removed by order and are there" in pipeline.verify(case)["broken"][0]["what"]


def test_a_removal_that_was_stopped_is_named_and_finished_by_the_same_call(case: Path) -> None:
    spend = next(line["facts"] for line in seal.lines(case / "seal.jsonl") if line["facts"].get("path") == "spend.csv")
    seal.append(case / "seal.jsonl", seal.REMOVAL, {**{name: spend[name] for name in ("sha256", "size", "path")}, **ORDER}, NOW)
    assert pipeline.verify(case)["exit"] == 4
    lines = len(list(seal.lines(case / "seal.jsonl")))
    remove(case, spend["sha256"], ORDER, NOW)
    assert pipeline.verify(case)["exit"] == 0 and len(list(seal.lines(case / "seal.jsonl"))) == lines


@pytest.mark.parametrize("left_out", ["by", "why", "basis"])
def test_an_order_says_who_why_and_on_what_basis(case: Path, left_out: str) -> None:
    with pytest.raises(UsageError, match=left_out):
        remove(case, "0" * 64, {**ORDER, left_out: " "}, NOW)
    with pytest.raises(UsageError, match="no capture"):
        remove(case, "0" * 64, ORDER, NOW)


def test_removed_bytes_are_refused_by_the_store(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    capture = Store(tmp_path / "one").store(tmp_path / "a", "a", NOW)
    with pytest.raises(InputError, match="by order"):
        Store(tmp_path / "two", frozenset({capture.sha256})).store(tmp_path / "a", "a", NOW)
    assert not [path for path in (tmp_path / "two").rglob("*") if path.is_file()]
