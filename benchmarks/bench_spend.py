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
from functools import cache
from pathlib import Path
from typing import Any

from measure import OUT, ROOT, measured, peers

PANDAS = """
import glob, sys, pandas as pd
rows = hits = 0
for path in sorted(glob.glob(sys.argv[1] + '/*/*.csv')):
    frame = pd.read_csv(path, encoding='latin-1', dtype=str, on_bad_lines='skip', header=None, engine='c', names=range(40), keep_default_na=False)
    rows += len(frame)
    text = frame[0].str.cat(frame.iloc[:, 1:], sep=' ')
    hits += int(text.str.contains(r'cctv|surveillance|camera|hik\\\\W*vision|dahua|hytera', case=False, regex=True).sum())
print('rows', rows, 'hits', hits)
"""
DUCKDB = """
import glob, sys, duckdb
con = duckdb.connect()
con.execute('set threads to 2')
rows = hits = failed = 0
for path in sorted(glob.glob(sys.argv[1] + '/*/*.csv')):
    try:
        found = con.execute('''select count(*), count(*) filter (where regexp_matches(line, 'cctv|surveillance|camera|hik.?vision|dahua|hytera', 'i')) from (
          select concat_ws(' ', *columns(*)) as line from read_csv(?, encoding='latin-1', all_varchar=true, ignore_errors=true, null_padding=true,
          strict_mode=false, header=false, delim=',', quote='"'))''', [path]).fetchall()[0]
        rows, hits = rows + found[0], hits + found[1]
    except duckdb.Error:
        failed += 1
print('rows', rows, 'hits', hits, 'files it could not read', failed)
"""


def make(folder: Path, wanted: int, copies: int) -> int:
    """Write files of about ``wanted`` rows in all, each holding ``copies`` varied copies of a real file's rows; returns the exact number of data records."""
    folder.mkdir(parents=True)
    chosen, total, number = random.Random(1), 0, 0
    while total < wanted:
        for name, head, body, records in sources():
            path = folder / Path(name).parent / f"{number:05d}-{Path(name).name}"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(head + b"".join(vary(body, chosen) for _ in range(copies)))
            total, number = total + records * copies, number + 1
            if total >= wanted:
                break
    return total


@cache
def sources() -> list[tuple[str, bytes, bytes, int]]:
    """(name, bytes up to the header, bytes of the rows, records) of the real files; the example's rows when the real ones are not there."""
    source = ROOT.parent / "shared" / "data" / "awards" / "spend"
    if not source.is_dir():
        paths = sorted((ROOT / "examples/britain/inputs/spend").glob("*.csv"))
        return [split(f"examples/{path.name}", path.read_bytes(), b"\n", 0, sum(1 for _ in csv.reader(path.open(encoding="utf-8"))) - 1) for path in paths]
    ends = {"LF": b"\n", "CRLF": b"\r\n", "CR": b"\r"}
    with (source / "truth.csv").open(encoding="utf-8") as stream:
        truth = [row for row in csv.DictReader(stream) if int(row["data_records"]) > 200]
    return [
        split(row["file"].removesuffix(".gz"), gzip.decompress((source / row["file"]).read_bytes()), ends[row["line_end"]], int(row["header_record_0based"] or -1), int(row["data_records"]))
        for row in truth
    ]


def split(name: str, data: bytes, end: bytes, header: int, records: int) -> tuple[str, bytes, bytes, int]:
    """A file's bytes before and after the end of its header line."""
    lines = data.split(end)
    head, body = end.join(lines[: header + 1]), end.join(lines[header + 1 :])
    return name, head + end if header >= 0 else b"", body if body.endswith(end) else body + end, records


def vary(data: bytes, chosen: random.Random) -> bytes:
    """The same rows with other digits in amounts and long numbers and a few other letters, so that no two copies share a row or hide in a memory."""
    digits = bytes.maketrans(b"13579", bytes(chosen.sample(b"13579", 5)))
    letters = bytes.maketrans(b"KVWY", bytes(chosen.sample(b"KVWY", 4)))
    offset = chosen.randrange(1, 99_999)
    data = re.sub(rb"\.(\d\d)(?!\d)", lambda m: b"." + m[1].translate(digits), data)
    data = re.sub(rb"(?<![\d/.,-])\d{6,12}(?![\d/.,-])", lambda m: str(int(m[0]) + offset).encode(), data)
    return data.replace(b"SERVICES", b"SERVICES".translate(letters))


def run(rows: int = 1_500_000) -> list[dict[str, Any]]:
    """Measure two shapes: files as large as big bodies publish them (nine copies of each file's rows), and small ones as the real files are cut."""
    return [*shape(rows, 9), *shape(rows // 5, 1)]


def shape(rows: int, copies: int) -> list[dict[str, Any]]:
    """Measure one shape of files; one row per tool."""
    work = OUT / "spend"
    shutil.rmtree(work, ignore_errors=True)
    files = work / "files"
    total = make(files, rows, copies)
    size = sum(path.stat().st_size for path in files.rglob("*.csv")) / 1e6
    case = work / "case"
    case.mkdir()
    (case / "case.toml").write_text('format = 1\ntitle = "bench"\n[[records]]\npath = "../files"\n')
    command = str(Path(sys.executable).parent / "custodes")
    gather = measured([command, "gather", str(case), "-q"])
    read = measured([command, "read", str(case), "--json"])
    find = measured([command, "find", str(case), "--json"])
    summary = json.loads(read.printed.splitlines()[-1])["steps"]["read"]
    found = json.loads(find.printed.splitlines()[-1])["steps"]["find"]
    seconds = read.seconds + find.seconds
    result = [
        {
            "tool": "custodes read + find (2 processes)", "files": len(list(files.rglob("*.csv"))), "rows": summary["usable"], "seconds": round(seconds, 2), "rows/s": round(total / seconds),
            "MB/s": round(size / seconds, 1), "peak MiB": max(read.peak_mib, find.peak_mib),
            "note": f"read {read.seconds} s, find {find.seconds} s, gather {gather.seconds} s; {found['kinds']}",
        }
    ]  # fmt: skip
    for name, package, code in (("pandas", "pandas", PANDAS), ("DuckDB", "duckdb", DUCKDB)):
        python, why = peers(package)
        if python is None:
            result.append({"tool": name, "files": "", "note": f"skipped: {why}"})
            continue
        done = measured([str(python), "-c", code, str(files)])
        note = " ".join(done.printed.split())[-140:]
        if done.code:
            result.append({"tool": name, "files": "", "note": f"failed: {note}"})
            continue
        result.append(
            {"tool": name, "files": "", "rows": "", "seconds": done.seconds, "rows/s": round(total / done.seconds), "MB/s": round(size / done.seconds, 1), "peak MiB": done.peak_mib, "note": note}
        )
    for row in result:
        row["ratio"] = round(row.get("rows/s", 0) / result[0]["rows/s"], 2) if row.get("rows/s") else ""
    shutil.rmtree(work, ignore_errors=True)
    return result


if __name__ == "__main__":
    from measure import table

    print(table(run(int(sys.argv[1]) if len(sys.argv) > 1 else 1_500_000)))
