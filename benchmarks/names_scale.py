"""Names at scale: how speed and memory grow with the list and with the names asked, and payment lines from end to end.

    python benchmarks/names_scale.py growth|payments|engines [--small]
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import names_data
import names_generate
import names_svg
import pyarrow as pa
import pyarrow.compute as pc
from measure import OUT, table
from names_measure import DATA
from pyarrow import csv, parquet

FOLDER = OUT / "names-scale"
LISTS = (1_000, 35_000, 350_000, 1_000_000)
ASKED = (100_000, 1_000_000, 10_000_000)
PER_LIST = 200_000


def _run(files: Sequence[str], *more: str) -> tuple[dict[str, Any] | None, str]:
    from bench_names import said

    return said([sys.executable, "names_ours.py", str(FOLDER), *files, *more], 3600)


def write_list(n: int) -> pa.Array:
    """``n`` generated names as parties p0, p1 ... in ``list.parquet``; the names."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    names = names_generate.distinct(n, 1)
    parquet.write_table(pa.table({"party_id": [f"p{k}" for k in range(n)], "name": names}), FOLDER / "list.parquet")
    return names


def write_queries(n: int, listed: pa.Array, seed: int = 2) -> None:
    """``n`` queries, all different, in ``queries.parquet``; about a tenth of them misspelt listed names."""
    more = pa.Table.from_batches(list(names_generate.queries(int(n * 1.15), listed, seed))).drop_columns("id")
    rows = more.group_by("name", use_threads=False).aggregate([("truth", "first")]).slice(0, n).combine_chunks()
    if len(rows) < n:
        raise SystemExit(f"only {len(rows)} of {n} generated names differ; generate more")
    ids = pc.binary_join_element_wise("q", pa.array(range(n)).cast(pa.string()), "")
    parquet.write_table(pa.table({"id": ids, "name": rows["name"], "truth": rows["truth_first"]}), FOLDER / "queries.parquet")


def _row(what: str, listed: int, asked: int, numbers: dict[str, Any] | None, why: str) -> dict[str, object]:
    if numbers is None:
        return {"what": what, "list names": listed, "asked": asked, "note": why}
    return {
        "what": what,
        "list names": listed,
        "asked": asked,
        "index s": round(numbers["index_s"], 2),
        "names/CPU-s": round(numbers["asked"] / numbers["cold_s"]),
        "names/s wall": round(numbers["asked"] / numbers["cold_wall_s"]),
        "warm names/CPU-s": round(numbers["asked"] / numbers["warm_s"]) if "warm_s" in numbers else "",
        "peak MiB": round(numbers["peak_mib"]),
        "recall at 0.5": f"{numbers['recall']:.3f}" if "recall" in numbers else "",
        "others alerted": f"{numbers['alerts']:.5f}" if "alerts" in numbers else "",
        "note": "",
    }


def real_list() -> list[tuple[str, str]]:
    """The watchlist of data/names as (party, name), or nothing."""
    return [(row["entity_id"], row["name"]) for row in names_data.read("watchlist")] if DATA.is_dir() else []


def grown(to: int) -> dict[str, object]:
    """The real watchlist grown to ``to`` names with generated ones; the labelled queries."""
    listed = real_list()
    if not listed:
        return {"what": "real list", "note": "skipped: the shared data folder is not beside this checkout"}
    more = names_generate.distinct(to - len(listed), 7).to_pylist()
    names_data.write(FOLDER / "list.csv", ("party_id", "name"), [*listed, *((f"g{n}", name) for n, name in enumerate(more))])
    queries = names_data.shuffled(names_data.read("queries_dev"))
    names_data.write(FOLDER / "queries.csv", ("qid", "name"), ((q["qid"], q["name"]) for q in queries))
    return _row("real list, more names generated", to, len(queries), *_run(["list.csv", "queries.csv"]))


def growth(lists: Sequence[int] = LISTS, asked: Sequence[int] = ASKED, per_list: int = PER_LIST) -> list[dict[str, object]]:
    """With the list (varied generated names), then with the queries against the real list; two charts under bench-out."""
    rows: list[dict[str, object]] = []
    for n in lists:
        names = write_list(n)
        write_queries(per_list, names)
        rows.append(_row("generated list", n, per_list, *_run(["list.parquet", "queries.parquet"])))
        print(json.dumps(rows[-1]), flush=True)
    rows.append(grown(180_000))
    listed = real_list() or [(f"p{k}", str(name)) for k, name in enumerate(write_list(32_000).to_pylist())]
    names_data.write(FOLDER / "list.csv", ("party_id", "name"), listed)
    for n in asked:
        write_queries(n, pa.array([name for _, name in listed]))
        rows.append(_row("real list", len(listed), n, *_run(["list.csv", "queries.parquet"], "--cold-only")))
        rows[-1].update({"recall at 0.5": "", "others alerted": ""})
        print(json.dumps(rows[-1]), flush=True)
    _charts(rows)
    return rows


def _charts(rows: Sequence[dict[str, Any]]) -> None:
    done = [row for row in rows if "names/CPU-s" in row]
    by_list = [row for row in done if row["what"] == "generated list"]
    by_asked = [row for row in done if row["what"] == "real list"]
    if by_list and by_asked:
        speed = {"cold": [(row["list names"], row["names/CPU-s"]) for row in by_list], "warm": [(row["list names"], row["warm names/CPU-s"]) for row in by_list]}
        (OUT / "names-list.svg").write_text(names_svg.chart("Names screened per CPU second, by size of the list", "listed names", "names per CPU second", speed), encoding="utf-8")
        seconds = {"CPU seconds": [(row["asked"], max(row["asked"] / row["names/CPU-s"], 0.01)) for row in by_asked], "peak MiB": [(row["asked"], row["peak MiB"]) for row in by_asked]}
        (OUT / "names-asked.svg").write_text(names_svg.chart("Time and memory, by number of different names asked", "names asked (list: 31,601)", "CPU seconds; MiB", seconds), encoding="utf-8")


def write_payments(share: float = 1.0) -> int:
    """``payments.csv`` (id, name): each name of supplier_stream as often as it stands on payment lines, shuffled; the number of lines."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    lines = [row["name"] for row in names_data.read("supplier_stream") for _ in range(max(1, int(int(row["payment_rows"]) * share)))]
    random.Random(5).shuffle(lines)
    csv.write_csv(pa.table({"id": pa.array(range(len(lines))).cast(pa.string()), "name": lines}), FOLDER / "payments.csv")
    names_data.write(FOLDER / "list.csv", ("party_id", "name"), real_list())
    return len(lines)


def payments(share: float = 1.0) -> list[dict[str, object]]:
    """``custodes screen`` of all payment lines, file to file, as a user types it."""
    from measure import measured

    if not DATA.is_dir():
        return [{"what": "payments", "note": "skipped: the shared data folder is not beside this checkout"}]
    lines = write_payments(share)
    custodes = str(Path(sys.executable).parent / "custodes")
    command = [custodes, "screen", str(FOLDER / "payments.csv"), "-o", str(FOLDER / "payments-out.csv"), "--against", str(FOLDER / "list.csv")]
    offered = "--engine" in measured([custodes, "screen", "--help"]).printed
    rows: list[dict[str, object]] = []
    for more in (["--engine", "local"], ["--engine", "cores"]) if offered else ([],):
        done = measured([*command, *more])
        note = "" if done.code == 0 else (done.printed.strip().splitlines() or ["failed"])[-1][:160]
        rows.append({"what": " ".join(["custodes screen", *more]), "lines": lines, "s": done.seconds, "lines/s": round(lines / done.seconds), "peak MiB": done.peak_mib, "note": note})
    return rows


def engines(n: int = 1_000_000) -> list[dict[str, object]]:
    """``n`` generated names against the real list: one process, all cores, two plain processes, Spark local[1] and local[2]; the answers must be the same."""
    listed = real_list() or [(f"p{k}", str(name)) for k, name in enumerate(write_list(32_000).to_pylist())]
    FOLDER.mkdir(parents=True, exist_ok=True)
    names_data.write(FOLDER / "list.csv", ("party_id", "name"), listed)
    write_queries(n, pa.array([name for _, name in listed]), 4)
    whole = parquet.read_table(FOLDER / "queries.parquet", columns=["id", "name"])
    for half in (0, 1):
        parquet.write_table(whole.slice(half * (n // 2), n // 2 if half == 0 else n), FOLDER / f"half{half}.parquet")
    index, why = _engine("index", "queries")
    if index is None:
        return [{"engine": "all", "note": why}]
    rows = [_engine_row("local, one process", n, *_engine("local", "queries")), _engine_row("cores, two processes", n, *_engine("cores", "queries")), _two_plain(n)]
    for master in ("local[1]", "local[2]"):
        rows += [_engine_row(f"spark {master}", n, *_engine("spark", "queries", master)), _engine_row(f"spark {master}, a finder that only counts", n, *_engine("noop", "queries", master))]
    same = len({digest for row in rows if (digest := row.pop("digest", None))})
    return [{**row, "same answer": {0: "", 1: "yes"}.get(same, "NO") if "counts" not in str(row["engine"]) and not row["note"] else ""} for row in rows]


def _engine(which: str, names: str, master: str = "") -> tuple[dict[str, Any] | None, str]:
    from bench_names import said

    more = [f"--master={master}"] if master else []
    return said([sys.executable, "names_engines.py", which, *(str(FOLDER / f) for f in ("list.csv", f"{names}.parquet", f"{names}-{which}.parquet")), f"--index={FOLDER / 'index.arrow'}", *more], 3600)


def _engine_row(what: str, n: int, numbers: dict[str, Any] | None, why: str) -> dict[str, object]:
    if numbers is None:
        return {"engine": what, "note": why}
    which = "spark" if what.startswith("spark") else what.split(",")[0]
    found = FOLDER / f"queries-{which}.parquet"
    digest = {} if "counts" in what else {"digest": _digest(found)}
    return {"engine": what, "names": n, "s from start to end": round(numbers["s"], 1), "s screening": round(numbers["screen_s"], 1), "names/s": round(n / numbers["screen_s"]), "note": "", **digest}


def _digest(*files: Path) -> str:
    import hashlib

    found = pa.concat_tables([parquet.read_table(file) for file in files]).sort_by([("id", "ascending"), ("rank", "ascending")])
    flat = found.set_column(found.column_names.index("reasons"), "reasons", pc.binary_join(found["reasons"], " | "))
    text = pa.BufferOutputStream()
    csv.write_csv(flat, text)
    return hashlib.sha256(text.getvalue()).hexdigest()


def _two_plain(n: int) -> dict[str, object]:
    """Two processes side by side, each with half of the names and the index from one memory-mapped file."""
    from concurrent.futures import ThreadPoolExecutor

    began = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda half: _engine("plain", half), ("half0", "half1")))
    seconds = time.perf_counter() - began
    for numbers, why in done:
        if numbers is None:
            return {"engine": "two plain processes", "note": why}
    screening = max(numbers["screen_s"] for numbers, _ in done if numbers)
    digest = _digest(FOLDER / "half0-plain.parquet", FOLDER / "half1-plain.parquet")
    return {"engine": "two plain processes", "names": n, "s from start to end": round(seconds, 1), "s screening": round(screening, 1), "names/s": round(n / screening), "note": "", "digest": digest}


def main() -> None:
    """Run one and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("growth", "payments", "engines"))
    parser.add_argument("--small", action="store_true", help="a hundredth of everything, to see that it runs")
    options = parser.parse_args()
    began = time.perf_counter()
    if options.what == "growth":
        rows = growth(LISTS[:2], (10_000, 100_000), 20_000) if options.small else growth()
    else:
        rows = payments(0.01 if options.small else 1.0) if options.what == "payments" else engines(10_000 if options.small else 1_000_000)
    print(table(rows))
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
