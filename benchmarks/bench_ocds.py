"""How fast and in how much memory OCDS files are read, against other readers.

    python benchmarks/bench_ocds.py DATA [--megabytes 200] [--scratch DIR] [--json OUT] [--peers VENV/bin/python]

DATA is a folder with the real releases (``*.releases.jsonl.gz``, ``*.release-package.json.gz``). They are repeated with new ids, dates, supplier names
and amounts until a JSON-lines file and a release package of the wished size stand in the scratch folder. Each reader runs in a process of its own.
"Peers" do less than ours: plain json, orjson and DuckDB only parse (DuckDB: counts awards), ocdskit compiles releases per process.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

RELEASES_PER_SECOND = {"lines": 60_000, "package": 25_000}
PEAK_MIB = 300


def real_releases(data: Path) -> list[dict[str, Any]]:
    """Every release of the real files."""
    found: list[dict[str, Any]] = []
    for path in sorted(data.glob("*.gz")):
        text = gzip.decompress(path.read_bytes())
        if path.name.endswith(".releases.jsonl.gz"):
            found += [json.loads(line) for line in text.splitlines()]
        elif path.name.startswith("uk_") or path.name.startswith("co_"):
            found += json.loads(text)["releases"]
    if not found:
        raise SystemExit(f"{data} holds no releases (*.releases.jsonl.gz, *.release-package.json.gz)")
    return found


def varied(release: dict[str, Any], n: int) -> dict[str, Any]:
    """The release with other ids, dates, supplier names and amounts; the n-th variation is always the same."""
    new = json.loads(json.dumps(release))
    moved = str(date(2015, 1, 1) + timedelta(days=n * 7 % 4000))
    new["ocid"] = f"{release['ocid']}-{n}"
    new["id"] = f"{release['id']}-{n}"
    new["date"] = moved + str(release.get("date", ""))[10:]
    for award in new.get("awards") or []:
        award["id"] = f"{award.get('id', '')}-{n}"
        award["date"] = moved + str(award.get("date") or "")[10:]
        value = award.get("value") or {}
        if isinstance(value.get("amount"), int | float):
            value["amount"] = round(value["amount"] * (1 + n % 97 / 100), 2)
    for contract in new.get("contracts") or []:
        contract["awardID"] = f"{contract.get('awardID', '')}-{n}"
    renamed = {party["name"]: party["name"].replace(" ", f" {n % 500} ", 1) for party in new.get("parties") or [] if party.get("name") and "supplier" in party.get("roles", ())}
    for party in [*(new.get("parties") or []), *(s for award in new.get("awards") or [] for s in award.get("suppliers") or [])]:
        party["name"] = renamed.get(party.get("name"), party.get("name"))
    return new


def releases(data: Path, size: int) -> Iterator[bytes]:
    """Varied releases as compact JSON until ``size`` bytes are reached."""
    real, n, done = real_releases(data), 0, 0
    while done < size:
        n += 1
        for release in real:
            text = json.dumps(varied(release, n), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
            done += len(text)
            yield text


def generate(data: Path, scratch: Path, megabytes: int) -> dict[str, Any]:
    """Write ``releases.jsonl`` and ``package.json`` with the same releases; their number and sizes."""
    lines, package, count = scratch / "releases.jsonl", scratch / "package.json", 0
    with lines.open("wb") as one, package.open("wb") as other:
        other.write(b'{"uri":"urn:bench","version":"1.1","publishedDate":"2025-01-01T00:00:00Z","publisher":{"name":"bench"},"releases":[')
        for text in releases(data, megabytes << 20):
            one.write(text + b"\n")
            other.write((b"," if count else b"") + text)
            count += 1
        other.write(b"]}")
    return {"releases": count, "lines_bytes": lines.stat().st_size, "package_bytes": package.stat().st_size}


# Each job is run as ``python bench_ocds.py --job NAME FILE`` and prints the number of rows or releases it saw.


def _ours(path: Path) -> int:
    from custodes.records import buy_ocds
    from custodes.values import Origin, kind_of

    with path.open("rb") as stream:
        return sum(batch.num_rows for batch in buy_ocds.read((stream,), Origin("0" * 64, path.name)) if kind_of(batch) == "PURCHASE")


def _json(path: Path) -> int:
    with path.open("rb") as stream:
        return sum(1 for line in stream if json.loads(line)) if path.suffix == ".jsonl" else len(json.load(stream)["releases"])


def _orjson(path: Path) -> int:
    import orjson

    with path.open("rb") as stream:
        return sum(1 for line in stream if orjson.loads(line)) if path.suffix == ".jsonl" else len(orjson.loads(stream.read())["releases"])


def _duckdb(path: Path) -> int:
    import duckdb

    con = duckdb.connect()
    con.execute("SET threads = 1")
    table = f"read_json_auto('{path}', maximum_object_size=1000000000, union_by_name=true, ignore_errors=true)"
    source = f"SELECT ocid, awards FROM {table}" if path.suffix == ".jsonl" else f"SELECT r.ocid, r.awards FROM (SELECT unnest(releases) AS r FROM {table})"
    return int(con.execute(f"SELECT count(*) FROM ({source})").fetchone()[0])


def _ocdskit(path: Path) -> int:
    """What ``ocdskit compile`` runs, with an empty schema, because the command fetches the schema of the standard from the network."""
    from ocdskit.combine import merge

    with path.open("rb") as stream:
        data = map(json.loads, stream) if path.suffix == ".jsonl" else [json.load(stream)]
        return sum(1 for _ in merge(data, schema={"properties": {}}, ignore_version=True))


JOBS = {"custodes": _ours, "json": _json, "orjson": _orjson, "duckdb": _duckdb, "ocdskit": _ocdskit}


def _job(name: str, path: Path) -> None:
    start, spent = time.perf_counter(), _cpu()
    rows = JOBS[name](path)
    seconds, cpu = time.perf_counter() - start, _cpu() - spent
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(json.dumps({"rows": rows, "seconds": seconds, "cpu_seconds": cpu, "peak_mib": peak / 1024}))


def _cpu() -> float:
    """Processor seconds of this process and its children: what counts when others use the same cores."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _measure(python: str, name: str, path: Path, timeout: int) -> dict[str, Any]:
    command = [python, __file__, "--job", name, str(path)]
    if shutil.which("taskset"):
        command = ["taskset", "-c", str(min(os.sched_getaffinity(0))), *command]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
    except subprocess.TimeoutExpired:
        return {"skipped": f"no answer within {timeout} s"}
    if done.returncode:
        return {"skipped": (done.stderr.strip().splitlines() or ["failed"])[-1][:120]}
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def run(data: Path, megabytes: int, scratch: Path, peers: str, timeout: int = 300) -> dict[str, Any]:
    """Generate, measure every reader on both files, and return the numbers."""
    facts = generate(data, scratch, megabytes)
    results = []
    for form, name in (("lines", "releases.jsonl"), ("package", "package.json")):
        for job in JOBS:
            python = sys.executable if job in ("custodes", "json", "orjson") else peers
            found = _measure(python, job, scratch / name, timeout) if python else {"skipped": "no --peers interpreter given"}
            if "seconds" in found:
                found["releases_per_second"] = round(facts["releases"] / found["seconds"])
                found["releases_per_cpu_second"] = round(facts["releases"] / found["cpu_seconds"])
            results.append({"form": form, "reader": job, **found})
    return {"facts": facts, "results": results, "aims": {"releases_per_second": RELEASES_PER_SECOND, "peak_mib": PEAK_MIB}}


def table(report: dict[str, Any]) -> str:
    """The numbers as a plain table."""
    lines = [f"{report['facts']['releases']:,} releases, {report['facts']['lines_bytes'] >> 20} MiB of JSON lines, one core"]
    lines.append(f"{'form':8} {'reader':9} {'releases/s':>11} {'per CPU s':>10} {'seconds':>8} {'peak MiB':>9} {'rows':>9}")
    for row in report["results"]:
        head = f"{row['form']:8} {row['reader']:9}"
        if "skipped" in row:
            lines.append(f"{head} skipped: {row['skipped']}")
        else:
            speed = f"{row['releases_per_second']:>11,} {row['releases_per_cpu_second']:>10,}"
            lines.append(f"{head} {speed} {row['seconds']:>8.2f} {row['peak_mib']:>9.0f} {row['rows']:>9,}")
    return "\n".join(lines)


def main() -> None:
    if sys.argv[1:2] == ["--job"]:
        _job(sys.argv[2], Path(sys.argv[3]))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--scratch", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--peers", default="", help="Python interpreter of a venv with duckdb and ocdskit")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.scratch) as scratch:
        report = run(options.data, options.megabytes, Path(scratch), options.peers)
    print(table(report))
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
