"""An edition of many findings: a generated case (invented bodies and suppliers), read and found like any other, then published and measured.

    python benchmarks/bench_publish.py make FOLDER [FINDINGS]     only the case, to look at
"""

from __future__ import annotations

import csv
import random
import shutil
import sys
from pathlib import Path

from measure import OUT, measured

ROWS = 500
"""Rows per file; a file per body."""
NAMED = 10
"""One row in so many names a maker; the others are surveillance purchases whose record does not."""
HEAD = ("Body Name", "Payment Date", "Supplier Name", "Transaction No.", "Net Amount", "Narrative")
_PLACES = ("Ashby", "Birchford", "Calderwick", "Dunmere", "Elmstead", "Fenwater", "Gorsley", "Hartmoor", "Ivelham", "Juniper Vale", "Kestrel Down", "Larkhill")
_KINDS = ("Borough Council", "District Council", "City Council", "County Council", "Council")
_FIRMS = ("Meadow", "Hillside", "Kerbline", "Tally", "Brightwater", "Longacre", "Northgate", "Quarry", "Redbrick", "Saltmarsh")
_TRADES = ("Security Systems Ltd", "Alarms Ltd", "Video PLC", "Electrical Services", "Fire and Security Ltd")
_MAKERS = ("Hikvision", "Dahua", "Uniview", "Hikvision", "Hytera")
_NAMED = ("{} dome cameras x {}", "Supply and fit {} 16 channel recorder, job {}", "{} CCTV camera replacement {}", "CCTV upgrade phase {1}, {0} NVR")
_UNNAMED = ("CCTV maintenance, zone {}", "Replace {} x CCTV cameras at depot", "ANPR enforcement camera, lot {}", "CCTV recorder upgrade, site {}", "Body worn video docking station {}")


def make(folder: Path, findings: int) -> Path:
    """A case of ``findings`` purchases that each yield a finding, one file of 500 rows per body; the same bytes every time."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "inputs").mkdir(parents=True)
    (folder / "case.toml").write_text('format = 1\ntitle = "A generated case: every body and supplier is invented"\n\n[[records]]\npath = "inputs/*.csv"\n', encoding="utf-8")
    draw = random.Random(20261123)
    for n, start in enumerate(range(0, findings, ROWS)):
        body = f"{_PLACES[n % len(_PLACES)]} {n // len(_PLACES) + 1:02d} {_KINDS[n % len(_KINDS)]}"
        with (folder / "inputs" / f"spend-{n:04d}.csv").open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow(HEAD)
            writer.writerows(_row(draw, body, number) for number in range(start, min(start + ROWS, findings)))
    return folder


def _row(draw: random.Random, body: str, number: int) -> tuple[object, ...]:
    date = f"{draw.randint(2014, 2024)}-{draw.randint(1, 12):02d}-{draw.randint(1, 28):02d}"
    supplier = f"{draw.choice(_FIRMS)} {draw.choice(_TRADES)}"
    words = draw.choice(_NAMED).format(draw.choice(_MAKERS), number) if number % NAMED == 0 else draw.choice(_UNNAMED).format(number)
    return body, date, supplier, f"T{number:07d}", f"{draw.randint(50, 90_000)}.{draw.randint(0, 99):02d}", words


def run(findings: int = 20_000) -> list[dict[str, object]]:
    """Rows: what, findings, files, MB, seconds, peak MiB. Published twice, with different seeds of Python's hash: the bytes must be the same."""
    case = make(OUT / "publish", findings)
    command = str(Path(sys.executable).parent / "custodes")
    for verb in ("gather", "read", "find"):
        done = measured([command, verb, str(case), "--offline"] if verb == "gather" else [command, verb, str(case)])
        assert done.code in (0, 3), done.printed
    rows, trees = [], []
    for seed in ("1", "2"):
        done = measured(["env", f"PYTHONHASHSEED={seed}", command, "publish", str(case)])
        assert done.code in (0, 3), done.printed
        rows.append({"what": f"draft, PYTHONHASHSEED={seed}", "findings": findings, **_size(case / "publication" / "draft"), "s": round(done.seconds, 1), "peak MiB": round(done.peak_mib)})
        trees.append(_digest(case / "publication" / "draft"))
    assert trees[0] == trees[1], "the second edition differs"
    shutil.rmtree(case)
    return rows


def _size(folder: Path) -> dict[str, object]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {"files": len(files), "MB": round(sum(path.stat().st_size for path in files) / 1e6), "front page kB": round((folder / "index.html").stat().st_size / 1e3, 1)}


def _digest(folder: Path) -> str:
    from custodes.pipeline.publishing import tree_hash

    return tree_hash(folder)


if __name__ == "__main__":
    if sys.argv[1:2] == ["make"]:
        print(make(Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 100_000))
    else:
        for row in run(int(sys.argv[1]) if sys.argv[1:] else 20_000):
            print(row)
