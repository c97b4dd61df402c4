"""Spending rows read and screened: ours against pandas and DuckDB on the same files.

The real files are repeated with varied suppliers, texts, numbers and amounts. Ours decodes every dialect, parses dates and amounts, makes record keys, leaves
persons out, writes Parquet and finds in three layers. The peers read with their most lenient settings and search one regular expression in all text.
"""

from __future__ import annotations

import csv
import gzip
import json
import random
import re
import shutil
import sys
from pathlib import Path
from typing import Any

from measure import OUT, ROOT, measured, peers

PANDAS = """
import glob, sys, pandas as pd
rows = hits = 0
for path in sorted(glob.glob(sys.argv[1] + '/*.csv')):
    frame = pd.read_csv(path, encoding='cp1252', dtype=str, on_bad_lines='skip', header=None, engine='c', names=range(40), keep_default_na=False)
    rows += len(frame)
    text = frame.agg(' '.join, axis=1)
    hits += int(text.str.contains(r'cctv|surveillance|camera|hik\\\\W*vision|dahua|hytera', case=False, regex=True).sum())
print(rows, hits)
"""
DUCKDB = """
import sys, duckdb
con = duckdb.connect()
con.execute('set threads to 2')
print(con.execute('''select count(*), count(*) filter (where regexp_matches(line, 'cctv|surveillance|camera|hik.?vision|dahua|hytera', 'i')) from (
  select concat_ws(' ', *columns(*)) as line from read_csv(?, union_by_name=true, filename=false, encoding='latin-1', all_varchar=true, ignore_errors=true, null_padding=true,
  strict_mode=false, header=false, delim=',', quote='"'))''', [sys.argv[1] + '/*.csv']).fetchall())
"""


def make(folder: Path, wanted: int) -> int:
    """Write files of about ``wanted`` rows in all; returns the exact number of data records."""
    source = ROOT.parent / "shared" / "data" / "awards" / "spend"
    if source.is_dir():
        with (source / "truth.csv").open(encoding="utf-8") as stream:
            truth = [row for row in csv.DictReader(stream) if int(row["data_records"]) > 200]
        files = [(gzip.decompress((source / row["file"]).read_bytes()), int(row["data_records"]), row) for row in truth]
    else:
        paths = sorted((ROOT / "examples/britain/inputs/spend").glob("*.csv"))
        files = [(path.read_bytes(), sum(1 for _ in csv.reader(path.open(encoding="utf-8"))) - 1, {"file": path.name}) for path in paths]
    folder.mkdir(parents=True)
    chosen, total, number = random.Random(1), 0, 0
    while total < wanted:
        for data, records, row in files:
            (folder / f"{number:05d}-{Path(row['file']).name.removesuffix('.gz')}").write_bytes(vary(data, chosen))
            total, number = total + records, number + 1
            if total >= wanted:
                break
    return total


def vary(data: bytes, chosen: random.Random) -> bytes:
    """The same file with other digits in amounts and numbers and a few other letters, so that no two copies share a row or hide in a cache."""
    digits = bytes.maketrans(b"13579", bytes(chosen.sample(b"13579", 5)))
    pattern = re.compile(rb"(?<=\d)\.(\d\d)(?!\d)")
    letters = bytes.maketrans(b"KVWY", bytes(chosen.sample(b"KVWY", 4)))
    return pattern.sub(lambda m: b"." + m[1].translate(digits), data.replace(b"SERVICES", b"SERVICES".translate(letters)))


def run(rows: int = 1_500_000) -> list[dict[str, Any]]:
    """Measure; one row per tool."""
    work = OUT / "spend"
    shutil.rmtree(work, ignore_errors=True)
    files = work / "files"
    total = make(files, rows)
    size = sum(path.stat().st_size for path in files.iterdir()) / 1e6
    case = work / "case"
    case.mkdir()
    (case / "case.toml").write_text('format = 1\ntitle = "bench"\n[[records]]\npath = "../files"\nbody = "Exampleton Borough Council"\n')
    command = str(Path(sys.executable).parent / "custodes")
    gather = measured([command, "gather", str(case), "-q"])
    read = measured([command, "read", str(case), "--json"])
    find = measured([command, "find", str(case), "--json"])
    summary = json.loads(read.printed.splitlines()[-1])["steps"]["read"]
    found = json.loads(find.printed.splitlines()[-1])["steps"]["find"]
    seconds = read.seconds + find.seconds
    result = [
        {
            "tool": "custodes read + find (2 processes)", "rows": summary["usable"], "seconds": round(seconds, 2), "rows/s": round(total / seconds),
            "MB/s": round(size / seconds, 1), "peak MiB": max(read.peak_mib, find.peak_mib),
            "note": f"read {read.seconds} s, find {find.seconds} s, gather {gather.seconds} s; {found['kinds']}",
        }
    ]  # fmt: skip
    for name, package, code in (("pandas", "pandas", PANDAS), ("DuckDB", "duckdb", DUCKDB)):
        python, why = peers(package)
        if python is None:
            result.append({"tool": name, "note": f"skipped: {why}"})
            continue
        done = measured([str(python), "-c", code, str(files)])
        note = done.printed.strip().splitlines()[-1][:140] if done.printed.strip() else ""
        result.append(
            {"tool": name, "rows": "", "seconds": done.seconds, "rows/s": round(total / done.seconds), "MB/s": round(size / done.seconds, 1), "peak MiB": done.peak_mib, "note": note}
        )
    for row in result:
        row["ratio"] = round(row.get("rows/s", 0) / result[0]["rows/s"], 2) if row.get("rows/s") else ""
    shutil.rmtree(work, ignore_errors=True)
    return result


if __name__ == "__main__":
    from measure import table

    print(table(run(int(sys.argv[1]) if len(sys.argv) > 1 else 1_500_000)))
