"""``make bench``: every benchmark in one run, a table on the screen, JSON in bench-out/bench.json.

``--large`` (``make show``) uses ten times the rows. Numbers are ratios against named peers in the same run; nothing here is asserted in a test.
"""

from __future__ import annotations

import json
import platform
import shutil
import sys
from pathlib import Path

import bench_capture
import bench_claims
import bench_clusters
import bench_device_readers
import bench_devices
import bench_evidence
import bench_exports
import bench_lists
import bench_names
import bench_ocds
import bench_pages
import bench_publish
import bench_review
import bench_spend
import bench_timetable
from measure import OUT, ROOT, measured, peers, table


def start_up() -> list[dict[str, object]]:
    """Time of ``custodes --help`` against a bare Python, the best of seven."""
    command = str(Path(sys.executable).parent / "custodes")
    ours = min(measured([command, "--help"]).seconds for _ in range(7))
    bare = min(measured([sys.executable, "-c", "pass"]).seconds for _ in range(7))
    return [{"what": "custodes --help", "ms": round(ours * 1000), "bare python ms": round(bare * 1000), "ratio": round(ours / bare, 1)}]


def ocds() -> list[dict[str, object]]:
    """Release lines and a package of 200 MB against parsers, DuckDB and ocdskit."""
    data = ROOT.parent / "shared" / "data" / "awards" / "ocds"
    if not data.is_dir():
        return [{"reader": "custodes", "note": "skipped: the shared data folder is not beside this checkout"}]
    python, why = peers("duckdb", "ocdskit")
    scratch = OUT / "ocds"
    scratch.mkdir(parents=True, exist_ok=True)
    found = bench_ocds.run(data, 200, scratch, str(python) if python else "")
    shutil.rmtree(scratch)
    rounded = [{name: round(value, 1) if isinstance(value, float) else value for name, value in row.items()} for row in found["results"]]
    return [*rounded, *([{"reader": "duckdb, ocdskit", "note": f"skipped: {why}"}] if why else [])]


def claims() -> list[dict[str, object]]:
    """The claim detector against keywords and TF-IDF with logistic regression, by site; pages per second."""
    labelled = ROOT.parent / "shared" / "data" / "pages" / "claims_dev.jsonl"
    if not labelled.is_file():
        return [{"detector": "custodes", "note": "skipped: the shared data folder is not beside this checkout"}]
    python, why = peers("scikit-learn")
    return [*bench_claims.run(labelled, str(python) if python else ""), *([{"detector": "TF-IDF", "note": f"skipped: {why}"}] if why else [])]


def main() -> None:
    """Run them all."""
    large = "--large" in sys.argv
    OUT.mkdir(exist_ok=True)
    results = {}
    for name, bench in (
        ("start-up", start_up),
        ("spend", lambda: bench_spend.run(15_000_000 if large else 1_500_000)),
        ("ocds", ocds),
        ("evidence", lambda: bench_evidence.run(60_000 if large else 6_000)),
        ("capture", lambda: bench_capture.run(3000 if large else 300, 60 if large else 20)),
        ("claims", claims),
        ("devices", bench_devices.run),
        ("pages", bench_pages.run),
        ("clusters", lambda: bench_clusters.run(500_000 if large else 50_000)),
        ("exports", lambda: bench_exports.run(1_000_000 if large else 100_000)),
        ("lists", bench_lists.run),
        ("device readers", lambda: bench_device_readers.run(200_000 if large else 20_000)),
        ("review", lambda: bench_review.run(1_000_000 if large else 100_000)),
        ("timetable", lambda: bench_timetable.run(large)),
        ("publish", lambda: bench_publish.run(100_000 if large else 5_000)),
        *bench_names.benches(large),
    ):
        print(f"\n{name}")
        results[name] = bench()
        print(table(results[name]))
    machine = {"python": platform.python_version(), "system": platform.platform(), "processor": platform.processor()}
    (OUT / "bench.json").write_text(json.dumps({"machine": machine, "results": results}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
