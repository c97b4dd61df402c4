"""Official lists: every real file read to records, and files of full size made of them, in a process of their own: time, memory, and the bare parser beside it."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

from measure import OUT, ROOT, measured

RAW = ROOT.parent / "shared" / "data" / "lists" / "raw"

READ = """
import gzip, sys, time
from pathlib import Path
from custodes.pipeline.accounting import Account, batches
from custodes.pipeline.listing_files import wanted
from custodes.values import Origin
start = time.perf_counter()
account = Account()
path = Path(sys.argv[1])
beside = [(p, str(p)) for name in wanted(str(path)) for p in (Path(name), Path(name + ".gz")) if p.is_file()]
for batch in batches(path, Origin("0" * 64, str(path)), account, beside): pass
assert not account.error, account.error
print(account.usable["LISTING"], round(time.perf_counter() - start, 3))
"""

BARE = """
import csv, gzip, io, json, sys, time
import xml.etree.ElementTree as tree
start = time.perf_counter()
data = (gzip.open if sys.argv[1].endswith(".gz") else open)(sys.argv[1], "rb").read()
name = sys.argv[1].removesuffix(".gz")
if name.endswith(".xml"): n = sum(1 for _, e in tree.iterparse(io.BytesIO(data)))
elif name.endswith("jsonl") or name.endswith("ftm.json"): n = sum(1 for line in data.splitlines() if json.loads(line))
elif name.endswith(".json"): n = len(json.loads(data))
elif name.endswith(".html"):
    from selectolax.lexbor import LexborHTMLParser
    n = len(LexborHTMLParser(data.decode()).css("tr"))
else: n = sum(1 for row in csv.reader(io.TextIOWrapper(io.BytesIO(data), "utf-8", "replace"), delimiter="\\t" if name.endswith(".txt") else ","))
print(n, round(time.perf_counter() - start, 3))
"""


def run(folder: Path = RAW) -> list[dict[str, object]]:
    """One row per file: entries, seconds and peak memory of the whole process, and the seconds of the bare parser."""
    if not folder.is_dir():
        return [{"list": "all", "note": "skipped: the shared data folder is not beside this checkout"}]
    files = sorted(p for p in folder.rglob("*") if p.is_file() and not any(word in p.name for word in ("_alt_", "_add_", "_comments_")))
    return [row(path) for path in (*full_size(folder), *files)]


def row(path: Path) -> dict[str, object]:
    """Measure one file, ours and bare."""
    ours, bare = (measured([sys.executable, "-c", code, str(path)]) for code in (READ, BARE))
    if ours.code or bare.code:
        raise RuntimeError(f"{path.name}: {ours.printed} {bare.printed}")
    listings, seconds = ours.printed.split()
    parsed = float(bare.printed.split()[1])
    return {
        "list": path.name, "MB": round(path.stat().st_size / 1e6, 1), "listings": int(listings), "seconds": float(seconds), "listings/s": round(int(listings) / max(float(seconds), 0.001)),
        "peak MiB": ours.peak_mib, "bare parser s": parsed, "ratio": round(float(seconds) / max(parsed, 0.001), 1),
    }  # fmt: skip


def full_size(folder: Path) -> list[Path]:
    """Lists about as long as the publishers' own, made by repeating the entries of the real files under other ids."""
    out = OUT / "lists"
    out.mkdir(parents=True, exist_ok=True)
    head, *rows = gzip.decompress((folder / "us/csl_consolidated_2023-11_orgs.csv.gz").read_bytes()).splitlines(keepends=True)
    (out / "consolidated_x10.csv").write_bytes(head + b"".join(rows) * 10)
    lines = gzip.decompress((folder / "us/bis_entity_list_2026-07_orgs.jsonl.gz").read_bytes())
    (out / "bis_entity_list_x10.jsonl").write_bytes(lines * 10)
    un = gzip.decompress((folder / "un/un_consolidated_2026-02-27_entities.xml.gz").read_bytes())
    start, end = un.index(b"<ENTITIES>") + 10, un.index(b"</ENTITIES>")
    (out / "un_x10.xml").write_bytes(un[:start] + un[start:end] * 10 + un[end:])
    eu = (folder / "eu/eu_fsf_shape_CONSTRUCTED.xml").read_bytes()
    start, end = eu.index(b"<sanctionEntity"), eu.rindex(b"</export>")
    (out / "eu_x1000.xml").write_bytes(eu[:start] + eu[start:end] * 1000 + eu[end:])
    first, columns, *rows = (folder / "uk/uk_sanctions_list_shape_CONSTRUCTED.csv").read_bytes().splitlines(keepends=True)
    (out / "uk_x400.csv").write_bytes(first + columns + b"".join(row.replace(b",CYB", b",C%dYB" % n) for n in range(400) for row in rows))
    for part in ("prim", "alt", "add"):
        data = gzip.decompress((folder / f"us/ofac_sdn_2021-07_{part}_orgs.csv.gz").read_bytes())
        (out / f"sdn_{part}_x4.csv").write_bytes(b"".join(b"%d" % n + line for n in range(1, 5) for line in data.splitlines(keepends=True)))
    return sorted(path for path in out.iterdir() if "_alt" not in path.name and "_add" not in path.name)


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))
