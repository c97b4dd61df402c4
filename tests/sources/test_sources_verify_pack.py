"""Evidence packs: a stranger checks one with nothing but the file that is in it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from test_sources_stamp import Tsa, sender, served, tsa  # noqa: F401  fixtures
from test_sources_verify_case import ORDER, made  # noqa: F401  a fixture

from custodes.errors import UsageError
from custodes.pipeline.packing import pack, zipped
from custodes.pipeline.removing import remove
from custodes.sources import checker, seal
from custodes.sources.stamp import Authority, stamp_due

NOW = "2026-11-24T10:00:00Z"


@pytest.fixture
def packed_case(made: Path, tsa: Tsa, served: str, tmp_path: Path) -> Path:  # noqa: F811
    """The small case, stamped, and its pack; gives the pack."""
    import shutil

    case = Path(shutil.copytree(made, tmp_path / "case"))
    assert stamp_due(case / "seal.jsonl", case / "sources", [Authority(served, tsa.roots)], sender(), NOW).stamped == 2
    pack(case, (), tmp_path / "pack", NOW)
    return tmp_path / "pack"


def alone(path: Path, where: Path) -> subprocess.CompletedProcess[str]:
    """Run the pack's own verify.py without custodes."""
    return subprocess.run([sys.executable, "-I", "-S", str(where / "verify.py"), str(path)], capture_output=True, text=True, check=False)


def test_a_pack_is_checked_by_the_file_that_is_in_it(packed_case: Path, tmp_path: Path) -> None:
    done = alone(packed_case, packed_case)
    assert done.returncode == 0 and done.stdout.startswith("intact: "), done.stdout + done.stderr
    assert "of seal.jsonl and all before it not later than" in done.stdout and "whether the authority behind" in done.stdout
    report = checker.check(str(packed_case))
    assert report.counts["findings"] >= 2 and report.counts["time stamps"] == 1 and report.counts["sealed lines"] >= 4
    one, two = zipped(packed_case, tmp_path / "one.zip"), zipped(packed_case, tmp_path / "two.zip")
    assert one.read_bytes() == two.read_bytes() and alone(one, packed_case).returncode == 0


@pytest.mark.parametrize("change", ["finding", "capture", "log", "token", "added", "capture gone", "citation"])
def test_every_change_to_a_pack_is_named(packed_case: Path, change: str) -> None:
    expected = {"added": "files", "capture gone": "files"}.get(change, "files")
    if change == "added":
        (packed_case / "captures" / "x").write_text("x")
    elif change == "capture gone":
        next((packed_case / "captures").iterdir()).unlink()
    else:
        named = {"finding": "findings.jsonl", "citation": "findings.jsonl", "log": "seal.jsonl"}
        pattern = {"capture": "captures/*", "token": "stamps/*.tsr"}.get(change, named.get(change, ""))
        path = next(packed_case.glob(pattern))
        path.write_bytes(path.read_bytes().replace(b"1", b"2", 1) if change != "token" else path.read_bytes()[:-1] + b"x")
    assert expected in {link.chain for link in checker.check(str(packed_case)).broken}


def test_a_finding_that_cites_what_is_not_there_is_named_even_when_every_hash_was_made_anew(packed_case: Path) -> None:
    from custodes.pipeline.packing import _package

    next(path for path in (packed_case / "captures").iterdir()).unlink()
    for name in ("datapackage.json", "datapackage-digest.json"):
        (packed_case / name).unlink()
    _package(packed_case, "forged", NOW)
    assert {link.chain for link in checker.check(str(packed_case)).broken} == {"findings"}


def test_what_was_removed_by_order_is_said_in_the_pack(made: Path, tmp_path: Path) -> None:  # noqa: F811
    import shutil

    case = Path(shutil.copytree(made, tmp_path / "case"))
    findings = (case / "findings" / "findings.parquet").read_bytes()
    spend = next(line["facts"]["sha256"] for line in seal.lines(case / "seal.jsonl") if line["facts"].get("path") == "spend.csv")
    remove(case, spend, ORDER, NOW)
    (case / "findings").mkdir()
    (case / "findings" / "findings.parquet").write_bytes(findings)
    pack(case, (), tmp_path / "pack", NOW)
    report = checker.check(str(tmp_path / "pack"))
    assert report.broken == [] and spend in report.removed[0]


def test_a_pack_of_a_finding_that_is_not_there_is_refused(made: Path, tmp_path: Path) -> None:  # noqa: F811
    with pytest.raises(UsageError, match="no finding abc"):
        pack(made, ("abc",), tmp_path / "pack", NOW)
    (tmp_path / "pack").mkdir()
    with pytest.raises(UsageError, match="exists already"):
        pack(made, (), tmp_path / "pack", NOW)
