"""100,000 invented findings into every format of the field: time, memory and size, each format in a process of its own and all in one pass.

    python benchmarks/bench_exports.py write FORMAT VIEW FOLDER     one format, as a child process
"""

from __future__ import annotations

import json
import pickle
import shutil
import sys
from pathlib import Path

from measure import OUT, ROOT, measured

TABLES = ("csv", "jsonl", "xlsx")
EVERY = "all, one pass"


def run(findings: int = 100_000) -> list[dict[str, object]]:
    """Rows: format, findings carried, left out, files, MB, seconds (start and loading of the findings taken off), peak MiB (with the findings, as in an edition)."""
    from custodes.publication.export_all import WRITERS

    scratch = OUT / "exports"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    edition = _edition(findings)
    (scratch / "edition.pickle").write_bytes(pickle.dumps(edition))
    idle = measured([sys.executable, __file__, "write", "none", str(scratch / "edition.pickle"), str(scratch / "none")])
    rows: list[dict[str, object]] = [{"format": "none (the findings in memory)", "findings": findings, "left out": "", "files": 0, "MB": 0, "s": 0.0, "findings/s": "", "peak MiB": round(idle.peak_mib)}]
    for name in (*TABLES, *WRITERS, EVERY):
        done = measured([sys.executable, __file__, "write", name, str(scratch / "edition.pickle"), str(scratch / "out")])
        assert done.code == 0, done.printed
        told = json.loads(done.printed.splitlines()[-1])
        seconds = round(max(0.01, done.seconds - idle.seconds), 1)
        rows.append({"format": name, **told, "s": seconds, "findings/s": round(findings / seconds) if seconds else "", "peak MiB": round(done.peak_mib)})
        shutil.rmtree(scratch / "out")
    shutil.rmtree(scratch)
    return rows


def _edition(findings: int) -> object:
    """Invented findings: nine questions to one named finding, over 200 bodies and 40 suppliers, in the shape of the tests' edition."""
    from dataclasses import replace

    sys.path.insert(0, str(ROOT / "tests" / "publication"))
    import invented

    rows = []
    for n in range(findings):
        named = n % 10 == 0
        common = {"record_key": f"r{n:07d}", "body": f"Imaginary Council {n % 200:03d}", "supplier": f"Supplier {n % 40:02d} Ltd", "amount": f"{100 + n % 9000}.{n % 100:02d}", "transaction": f"T{n:07d}"}
        common |= {"date": f"20{14 + n % 11}-{1 + n % 12:02d}-{1 + n % 28:02d}", "origin_file": f"inputs/spend-{n // 500:04d}.csv", "origin_at": f"line {2 + n % 500}"}
        if named:
            words = f"Supply and fit ARGUS Optics recorder, job {n}"
            rows.append(invented.finding(description=words, reasons=[invented.reason("names.in_text", "Argus Optics", "ARGUS Optics", "The description names Argus Optics.")], **common))
        else:
            rows.append(invented.finding("maker_unknown", description=f"CCTV maintenance, zone {n}", reasons=[invented.reason("words.core", "cctv", "CCTV", "The description speaks of CCTV.")], **common))
    bodies = tuple({"body": f"Imaginary Council {n:03d}", "code": f"Z{n:03d}"} for n in range(200))
    return replace(invented.edition(), findings=invented.table(rows), bodies=bodies, coverage=(), money=())


def write(name: str, pickled: Path, folder: Path) -> None:
    """One format from the pickled edition; prints what it wrote as JSON."""
    from custodes.publication.export_all import WRITERS, write_exports
    from custodes.publication.export_base import run as run_one
    from custodes.publication.rows import stream
    from custodes.publication.sheets import write_xlsx
    from custodes.publication.tables import tables, write_csv, write_jsonl
    from custodes.publication.view import normalise

    view = normalise(pickle.loads(pickled.read_bytes()))
    folder.mkdir(parents=True)
    n, left = len(view.findings), 0
    if name in TABLES:
        table = tables(view, ())[0]
        {"csv": lambda: write_csv(table, view.kind, folder / "f.csv"), "jsonl": lambda: write_jsonl(table, view.kind, folder / "f.jsonl"), "xlsx": lambda: write_xlsx(view, table, folder / "f.xlsx")}[name]()
    elif name == EVERY:
        write_exports(view, folder)
    elif name in WRITERS:
        export = run_one(name, WRITERS[name](view, folder), stream(view.findings))
        n, left = export.carried, sum(export.left_out.values())
    files = [path for path in folder.rglob("*") if path.is_file()]
    print(json.dumps({"findings": n, "left out": left, "files": len(files), "MB": round(sum(path.stat().st_size for path in files) / 1e6, 1)}))


if __name__ == "__main__":
    if sys.argv[1:2] == ["write"]:
        write(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
    else:
        from measure import table as shown

        print(shown(run(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)))
