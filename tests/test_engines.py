"""Every engine gives the same: any partitioning, any machine, one file for what workers share."""

from __future__ import annotations

import gc
import hashlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from custodes import engines
from custodes.errors import InputError, UsageError
from custodes.pipeline import bulk
from toy_finder import FOUND, Words, count, holds

WORDS = Words(("hik", "dah", "uni"))
HEADER = "Body Name,Payment Date,Supplier Name,Transaction No.,Net Amount,Narrative\n"
LINES = (
    "Exampleton Borough Council,2021-03-04,Baydale Example Ltd,{t}a,3627.50,Supply  and  Installation of 5 number HIK Vision Recorders\n"
    "Exampleton Borough Council,2021-03-05,Acme Paper Ltd,{t}b,120.00,Copier paper\n"
    "Exampleton Borough Council,2021-03-06,Acme Security Ltd,{t}c,999.00,CCTV cameras town centre\n"
)


@pytest.fixture(scope="session")
def spark() -> None:
    """Skips the test where there is no Spark or no Java."""
    pytest.importorskip("pyspark", reason="the extra [spark] is not installed")
    pytest.importorskip("pandas", reason="the extra [spark] is not installed")
    if not shutil.which("java"):
        pytest.skip("there is no Java on this machine")
    from pyspark import cloudpickle

    import toy_finder

    cloudpickle.register_pickle_by_value(toy_finder)


def _names(folder: Path, rows: int, parts: int, **columns: Any) -> Path:
    """Names in several Parquet files; every third one is found."""
    folder.mkdir()
    every = [{"id": f"n{n:05d}", "name": (None if n % 50 == 0 else f"{('hikari', 'dahlia unit', 'paper')[n % 3]} {n} Ltd"), "country": "gb"} for n in range(rows)]
    for part in range(parts):
        chosen = [{name: value for name, value in row.items() if name in columns.get("keep", row)} for row in every[part::parts]]
        schema = pa.schema([(name, pa.string()) for name in ("id", "name", "country") if name in columns.get("keep", ("id", "name", "country"))])
        pq.write_table(pa.Table.from_pylist(chosen, schema), folder / f"part {part}.parquet", row_group_size=columns.get("group", 100))
    return folder


def _all(batches: Iterator[pa.RecordBatch]) -> list[dict[str, Any]]:
    return sorted((row for batch in batches for row in batch.to_pylist()), key=lambda row: (row["id"], row["rank"]))


def test_jobs_share_one_file(tmp_path: Path) -> None:
    assert sorted(engines.each(count, range(5), WORDS, "cores", folder=tmp_path)) == [(n, 3) for n in range(5)]
    assert [path.name for path in tmp_path.iterdir()] == [f"words-{WORDS.version}.arrow"]
    assert sorted(engines.each(count, range(5), WORDS, "local")) == [(n, 3) for n in range(5)]


def test_results_in_order_from_jobs_without_end() -> None:
    def endless() -> Iterator[int]:
        n = 0
        while True:
            yield n
            n += 1

    results = engines.in_order(count, endless(), WORDS)
    assert [next(results) for _ in range(20)] == [(n, 3) for n in range(20)]
    results.close()  # type: ignore[attr-defined]


def test_a_broken_file_is_made_anew(tmp_path: Path) -> None:
    path = engines.file_of(WORDS, tmp_path)
    path.write_bytes(b"something else")
    with engines.shipped(WORDS, tmp_path) as ticket:
        assert engines.opened(ticket) == WORDS
    path.write_bytes(b"something else")
    with pytest.raises(InputError, match="holds version"):
        engines.opened(ticket)
    path.unlink()
    with pytest.raises(InputError, match="cannot be opened"):
        engines.opened(ticket)


@pytest.mark.parametrize(("rows", "parts", "group"), [(0, 1, 10), (1, 1, 1), (500, 1, 500), (500, 7, 11)])
def test_names_in_one_process_and_on_all_cores(tmp_path: Path, rows: int, parts: int, group: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "BATCH", 40)
    monkeypatch.setattr(bulk, "WORTH", 2)
    folder = str(_names(tmp_path / "names", rows, parts, group=group))
    local, cores = (list(bulk.screened(folder, holds, WORDS, FOUND, engine=engine)) for engine in ("local", "cores"))
    assert pa.Table.from_batches(local, FOUND).equals(pa.Table.from_batches(cores, FOUND)), "the order too"
    assert bool(local) == (rows > 1)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # pyspark leaves sockets open
def test_names_on_spark(spark: None, tmp_path: Path) -> None:
    """Files whose paths hold what Spark takes for a pattern, a missing column, names that are null."""
    folder = _names(tmp_path / "na[m]es {a}", 500, 5, keep=("id", "name"))
    local = _all(bulk.screened(str(folder), holds, WORDS, FOUND, engine="local"))
    assert len(local) > 300
    before = signal.getsignal(signal.SIGINT)
    assert _all(bulk.screened(str(folder), holds, WORDS, FOUND, engine="spark", master="local[2]")) == local
    assert signal.getsignal(signal.SIGINT) is before, "Ctrl-C means what it meant: the handler that Spark sets fails once Spark has stopped"
    gc.collect()


def test_names_that_are_no_names(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": ["1"], "title": ["x"]}), tmp_path / "x.parquet")
    (tmp_path / "y.parquet").write_bytes(b"PAR1 is what it is not")
    for name, words in (("x.parquet", "has no column name"), ("y.parquet", "cannot be read as Parquet"), ("z.parquet", "cannot be read as Parquet")):
        with pytest.raises(UsageError, match=words):
            list(bulk.from_parquet(str(tmp_path / name)))


def test_screen_on_every_engine(spark: None, tmp_path: Path) -> None:
    """The real matcher by the command line: CSV in one process, Parquet in one process and on Spark."""
    rows = [(f"n{n}", f"{('Salim Trading', 'Fardis Wholesale', 'Hangzou Hikvison Digital Technology')[n % 3]} {('Ltd', 'SA', 'GmbH')[n % 7 % 3]}") for n in range(300)]
    (tmp_path / "names.csv").write_text("id,name\n" + "".join(f"{key},{name}\n" for key, name in rows))
    (tmp_path / "names").mkdir()
    for part in range(3):
        pq.write_table(pa.table({"id": [key for key, _ in rows[part::3]], "name": [name for _, name in rows[part::3]]}), tmp_path / "names" / f"{part}.parquet")
    (tmp_path / "parties.csv").write_text("party_id,name\nX1,Salim Trading S.A.\nX2,Hangzhou Hikvision Digital Technology Co Ltd\n")
    command = [str(Path(sys.executable).parent / "custodes"), "screen"]
    out = []
    for names, *more in (("names.csv", "--engine", "local"), ("names", "--engine", "local"), ("names", "--engine", "spark", "--master", "local[2]")):
        done = subprocess.run([*command, names, "-o", "out.csv", "--against", "parties.csv", *more], cwd=tmp_path, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        out.append(sorted((tmp_path / "out.csv").read_text().splitlines()))
    assert len(out[0]) > 150
    assert out == [out[0]] * 3


def _case(folder: Path, files: int, lines: int) -> Path:
    folder.mkdir(parents=True)
    for n in range(files):
        (folder / f"spend{n}.csv").write_text(HEADER + "".join(LINES.format(t=f"{n}-{m}") for m in range(lines)))
    (folder / "inbox").mkdir()
    (folder / "inbox" / "answers.csv").write_text("body,asked,answered,state,makers\nExampleton Borough Council,2021-01-01,2021-02-01,present,Hikvision\n")
    (folder / "case.toml").write_text('format = 1\ntitle = "Engines"\n[[records]]\npath = "*.csv"\n')
    for verb in ("gather", "read"):
        assert _run(folder, verb) in (0, 3)
    return folder


def _run(case: Path, verb: str, *more: str) -> int:
    command = [str(Path(sys.executable).parent / "custodes"), verb, str(case), "--now", "2026-11-22", "-q", *more]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert "Traceback" not in done.stderr
    return done.returncode


def _findings(case: Path) -> dict[str, str]:
    """Hashes of findings.parquet and of every part."""
    files = [case / "findings" / "findings.parquet", *sorted((case / "findings" / "parts").iterdir())]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_case_in_one_process_and_on_all_cores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from custodes.pipeline import Clock, searching, step

    case = _case(tmp_path / "case", 4, 30)
    found = []
    for engine, worth, group in (("local", 1, 20), ("cores", 1, 20), ("cores", 1, 250), ("local", 10_000, 131_072)):
        monkeypatch.setattr(searching, "WORTH", worth)
        monkeypatch.setattr(searching, "GROUP_ROWS", group)
        shutil.rmtree(case / "findings", ignore_errors=True)
        step("find", case, Clock("2026-11-22T00:00:00Z", True, lambda: 0.0), engine=engine)
        found.append(_findings(case))
    assert pq.read_metadata(case / "findings" / "findings.parquet").num_rows == 2 * 4 * 30 + 1
    assert found == [found[0]] * 4


def test_a_case_on_spark(spark: None, tmp_path: Path) -> None:
    case = _case(tmp_path / "a [case]", 4, 30)
    assert _run(case, "find", "--engine", "local") == 0
    local = _findings(case)
    shutil.rmtree(case / "findings")
    assert _run(case, "find", "--engine", "spark", "--master", "local[2]") == 0
    assert _findings(case) == local


def test_errors_of_spark_say_what_to_install(tmp_path: Path) -> None:
    case = _case(tmp_path / "case", 1, 1)
    command = [str(Path(sys.executable).parent / "custodes"), "find", str(case)]

    def told(*more: str, **environment: str) -> str:
        done = subprocess.run([*command, *more], capture_output=True, text=True, timeout=300, env={**os.environ, **environment})
        assert done.returncode == 2, done.stderr
        assert "Traceback" not in done.stderr
        return done.stderr

    assert "has no master" in told("--master", "local[2]")
    (tmp_path / "without" / "pyspark").mkdir(parents=True)
    (tmp_path / "without" / "pyspark" / "__init__.py").write_text("raise ImportError('not here', name='pyspark')\n")
    assert "pip install 'custodes[spark]'" in told("--engine", "spark", PYTHONPATH=str(tmp_path / "without"))


def test_no_java_is_said(spark: None, tmp_path: Path) -> None:
    case = _case(tmp_path / "case", 1, 1)
    command = [str(Path(sys.executable).parent / "custodes"), "find", str(case), "--engine", "spark"]
    environment = {**os.environ, "JAVA_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment)
    assert done.returncode == 2
    assert "install Java 17" in done.stderr
    wrong = subprocess.run([*command, "--master", "nowhere"], capture_output=True, text=True, timeout=300)
    assert (wrong.returncode, "--master nowhere" in wrong.stderr) == (2, True), wrong.stderr
