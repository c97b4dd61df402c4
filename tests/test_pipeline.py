"""A whole small case on one screen, and what must hold of every case: repeat, kill, re-issue, change nothing."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from custodes import engines

ROOT = Path(__file__).resolve().parent.parent
HEADER = "Body Name,Payment Date,Supplier Name,Transaction No.,Net Amount,Narrative\n"
ROWS = [
    "Exampleton Borough Council,2021-03-04,Baydale Example Ltd,T1,3627.50,Supply  and  Installation of 5 number HIK Vision Recorders",
    "Exampleton Borough Council,2021-03-05,Acme Paper Ltd,T2,120.00,Copier paper",
    "Exampleton Borough Council,2021-03-06,Acme Security Ltd,T3,999.00,CCTV cameras town centre",
    "Exampleton Borough Council,2021-03-07,Acme Paper Ltd,T4,-20.00,Copier paper refund",
]


def custodes(*arguments: str | Path, cwd: Path | None = None, code: int | None = 0) -> subprocess.CompletedProcess[str]:
    """Run the installed command; its exit code must be ``code`` (None: any)."""
    command = [str(Path(sys.executable).parent / "custodes"), *map(str, arguments)]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300)
    assert "Traceback" not in done.stderr, done.stderr
    assert code is None or done.returncode == code, done.stderr
    return done


def make_case(folder: Path, rows: list[str] = ROWS) -> Path:
    folder.mkdir()
    (folder / "case.toml").write_text('format = 1\ntitle = "A small case"\n[[records]]\npath = "spend.csv"\n')
    (folder / "spend.csv").write_text(HEADER + "\n".join(rows) + "\n")
    return folder


def findings(case: Path) -> list[dict]:
    return pq.read_table(case / "findings" / "findings.parquet").to_pylist()


def state(case: Path) -> dict[str, bytes]:
    """What is compared between runs: findings and the draft edition."""
    files = [case / "findings" / "findings.parquet", *sorted(p for p in (case / "publication" / "draft").rglob("*") if p.is_file())]
    return {str(path.relative_to(case)): path.read_bytes() for path in files}


def test_from_sources_to_publication(tmp_path: Path) -> None:
    case = make_case(tmp_path / "case")
    done = custodes("run", case, "--now", "2026-11-22", "--json")
    summary = json.loads(done.stderr)
    read = summary["steps"]["read"]
    assert (read["read"], read["usable"], read["rejected"]) == (4, 4, 0)
    found = {(row["kind"], row["maker_id"]): row for row in findings(case)}
    assert set(found) == {("product_named", "hikvision"), ("maker_unknown", "")}
    named = found["product_named", "hikvision"]
    assert (named["band"], named["equipment"], named["listed_on_date"]) == ("strong", "surveillance", "yes")
    assert named["origin_at"] == "line 2"
    assert "US-BIS-EL" in named["listings"]
    page = (case / "publication" / "draft" / "index.html").read_text(encoding="utf-8")
    assert "noindex" in page and "Exampleton" in page
    shown = custodes("explain", case, named["finding_id"]).stdout
    assert "HIK Vision Recorders" in shown and named["origin_sha256"] in shown
    assert "intact" in custodes("verify", case).stderr


def test_a_second_run_reads_nothing_and_changes_nothing(tmp_path: Path) -> None:
    case = make_case(tmp_path / "case")
    custodes("run", case, "--now", "2026-11-22")
    before = state(case)
    summary = json.loads(custodes("run", case, "--now", "2026-11-22", "--json").stderr)
    assert summary["steps"]["gather"]["stored"] == 0
    assert summary["steps"]["read"]["files_read"] == 0
    assert summary["steps"]["find"]["parts_searched"] == 0
    assert state(case) == before


def test_one_process_and_all_cores_give_the_same(tmp_path: Path) -> None:
    states = []
    for engine in ("local", "cores"):
        case = make_case(tmp_path / engine)
        for n in range(30):
            (case / f"spend{n}.csv").write_text(HEADER + "\n".join(row.replace(",T", f",{n}-{m}T") for m in range(3000 if n else 1) for row in (ROWS if m % 500 == 0 else ROWS[1:2])) + "\n")
        assert sum(path.stat().st_size for path in case.glob("*.csv")) > engines.SMALL, "enough for a second process"
        (case / "case.toml").write_text('format = 1\ntitle = "A small case"\n[[records]]\npath = "*.csv"\n')
        custodes("run", case, "--now", "2026-11-22", "--engine", engine)
        (case.rename(tmp_path / "same"))
        states.append(state(tmp_path / "same"))
        shutil.move(tmp_path / "same", tmp_path / f"done-{engine}")
    assert states[0].keys() == states[1].keys()
    assert [name for name in states[0] if states[0][name] != states[1][name] and "method" not in name] == []


def test_a_reissued_file_with_a_row_on_top_keeps_findings_and_decisions(tmp_path: Path) -> None:
    case = make_case(tmp_path / "case")
    custodes("run", case, "--now", "2026-11-22")
    before = {row["finding_id"]: row["evidence_hash"] for row in findings(case)}
    lines = ["finding_id,verdict,reason,note,decider,decided,evidence_hash"]
    lines += [f"{finding},unsure,cannot-tell,to be looked at again,reviewer,2026-11-22,{seen}" for finding, seen in before.items()]
    (case / "inbox").mkdir(exist_ok=True)
    (case / "inbox" / "decisions.csv").write_text("\n".join(lines) + "\n")
    decided = json.loads(custodes("run", case, "--now", "2026-11-22", "--json").stderr)["steps"]["review"]
    assert (decided["added"], decided["decided"], decided["stale"]) == (2, 2, 0)
    (case / "spend.csv").write_text(HEADER + "\n".join([ROWS[1].replace("T2", "T9"), ROWS[1].replace("T2", "T1"), *ROWS]) + "\n")
    again = json.loads(custodes("run", case, "--now", "2026-11-23", "--json").stderr)["steps"]["review"]
    assert (again["added"], again["decided"], again["stale"], again["orphans"]) == (0, 2, 0, 0)
    assert {row["finding_id"]: row["evidence_hash"] for row in findings(case)} == before
    assert {row["origin_at"] for row in findings(case)} == {"line 4", "line 6"}


def test_a_killed_run_can_be_repeated(tmp_path: Path) -> None:
    """Kill the run at a dozen moments, then repeat: findings and draft are those of a run that was never killed."""
    whole = make_case(tmp_path / "whole")
    shutil.copytree(whole, tmp_path / "pristine")
    custodes("run", whole, "--now", "2026-11-22")
    moved = tmp_path / "case"
    whole.rename(moved)
    expected = state(moved)
    moved.rename(tmp_path / "kept")
    command = [str(Path(sys.executable).parent / "custodes"), "run", str(moved), "--now", "2026-11-22", "--engine", "local"]
    chosen = random.Random(7)
    for attempt in range(6):
        shutil.copytree(tmp_path / "pristine", moved)
        for _ in range(2):
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(chosen.uniform(0.2, 1.4))
            process.send_signal(signal.SIGKILL)
            process.wait()
        custodes("run", moved, "--now", "2026-11-22", "--engine", "local")
        again = state(moved)
        assert [name for name in {**again, **expected} if again.get(name) != expected.get(name)] == [], attempt
        assert "intact" in custodes("verify", moved).stderr
        shutil.rmtree(moved)


def test_two_runs_at_once(tmp_path: Path) -> None:
    if os.name != "posix":
        pytest.skip("uses flock")
    import fcntl

    case = make_case(tmp_path / "case")
    handle = os.open(case / ".lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        assert "another run holds this case" in custodes("run", case, code=2).stderr
    finally:
        os.close(handle)


def test_one_flipped_byte_is_named(tmp_path: Path) -> None:
    case = make_case(tmp_path / "case")
    custodes("run", case, "--now", "2026-11-22")
    capture = next(p for p in (case / "sources" / "captures").rglob("*") if p.is_file())
    data = bytearray(capture.read_bytes())
    data[100] ^= 1
    capture.chmod(0o644)
    capture.write_bytes(data)
    done = custodes("verify", case, code=4)
    assert capture.name in done.stderr
    assert done.stderr.count("BROKEN") == 1


@pytest.mark.parametrize(
    ("path", "chain"),
    [
        ("records/PURCHASE/*.parquet", "records"), ("findings/findings.parquet", "findings"), ("publication/draft/index.html", "publication"),
        ("seal.jsonl", "seal"), ("sources/captures.jsonl", "captures"),
    ],
)  # fmt: skip
def test_every_chain_names_its_broken_link(tmp_path: Path, path: str, chain: str) -> None:
    case = make_case(tmp_path / "case")
    custodes("run", case, "--now", "2026-11-22")
    file = next(case.glob(path))
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.chmod(0o644)
    file.write_bytes(data)
    done = custodes("verify", case, code=4)
    assert f"BROKEN {chain}" in done.stderr and "next:" in done.stderr


def test_overlapping_files_hold_one_record_each(tmp_path: Path) -> None:
    case = make_case(tmp_path / "case")
    (case / "again.csv").write_text(HEADER + "\n".join([*ROWS[1:], "Exampleton Borough Council,2021-03-09,Acme Paper Ltd,T7,5.00,Paper"]) + "\n")
    (case / "twin.csv").write_bytes((case / "spend.csv").read_bytes())
    (case / "case.toml").write_text('format = 1\ntitle = "A small case"\n[[records]]\npath = "*.csv"\n')
    summary = json.loads(custodes("run", case, "--now", "2026-11-22", "--json").stderr)
    read = summary["steps"]["read"]
    assert (read["identical"], read["overlapping"], read["usable"]) == (1, 2, 8)
    assert any("again.csv and spend.csv share 3 records, 3 of them by transaction number" in text for text in read["troubles"])
    assert len(findings(case)) == 2
    repeats = json.loads((case / "findings" / "repeats.json").read_text())
    assert [len(places) for places in repeats.values()] == [1]


def test_a_case_without_any_usable_file_still_has_a_page(tmp_path: Path) -> None:
    case = make_case(tmp_path / "case", rows=[])
    (case / "spend.csv").write_text("nothing that is a table\n")
    summary = json.loads(custodes("run", case, "--now", "2026-11-22", "--json", code=3).stderr)
    assert summary["steps"]["find"]["kinds"] == {}
    assert "no reader claims this file" in summary["steps"]["read"]["troubles"][0]
    assert (case / "publication" / "draft" / "index.html").is_file()


def test_a_file_that_went_away_is_no_longer_counted(tmp_path: Path) -> None:
    case = make_case(tmp_path / "case")
    (case / "more.csv").write_text(HEADER + ROWS[2].replace("T3", "T30") + "\n")
    (case / "case.toml").write_text('format = 1\ntitle = "A small case"\n[[records]]\npath = "*.csv"\n')
    custodes("run", case, "--now", "2026-11-22", "-q")
    assert len(findings(case)) == 3
    (case / "more.csv").unlink()
    custodes("run", case, "--now", "2026-11-22", "-q")
    assert len(findings(case)) == 2
    assert len(list((case / "records" / "PURCHASE").iterdir())) == 1
    assert len([p for p in (case / "sources" / "captures").rglob("*") if p.is_file()]) == 2, "the bytes stay"


def test_interrupting_says_how_to_go_on(tmp_path: Path) -> None:
    case = make_case(tmp_path / "case")
    for number in range(40):
        (case / f"f{number}.csv").write_text(HEADER + "\n".join(row.replace(",T", f",{number}T") for row in ROWS * 200) + "\n")
    (case / "case.toml").write_text('format = 1\ntitle = "A small case"\n[[records]]\npath = "*.csv"\n')
    command = [str(Path(sys.executable).parent / "custodes"), "run", str(case), "--engine", "local"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    time.sleep(1.2)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode in (0, 130)
    if process.returncode:
        assert "run the same command again" in said
    custodes("run", case, "-q")
