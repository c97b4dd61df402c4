"""Our own matcher under the same clock as the peers; run in a process of its own so that its memory is its own.

    python names_ours.py FOLDER PARTIES QUERIES [OTHERS]        CSV or Parquet files inside FOLDER; OTHERS: further names, asked last

Printed: one JSON line. ``index_s``: building the index from a table of names; ``cold_s``: screening QUERIES with nothing learnt; ``warm_s``: the same names again;
``other_s``: names never seen before, by a process that has seen many others; all CPU seconds (user + system). Written: ``custodes.csv`` (qid, party_id, score, band).
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as pacsv
from pyarrow import parquet

BATCH = 25_000


def cpu() -> float:
    """User and system seconds of this process."""
    return sum(resource.getrusage(resource.RUSAGE_SELF)[:2])


def table(path: Path) -> pa.Table:
    """A CSV or Parquet file, all columns text (except truth)."""
    if path.suffix == ".parquet":
        return parquet.read_table(path)
    with path.open(encoding="utf-8", newline="") as stream:
        columns = next(csv.reader(stream))
    types = dict.fromkeys(columns, pa.string())
    return pacsv.read_csv(path, convert_options=pacsv.ConvertOptions(column_types=types, strings_can_be_null=False), parse_options=pacsv.ParseOptions(newlines_in_values=True))


def batches(path: Path) -> Iterator[pa.RecordBatch]:
    """``id, name`` in batches; a large Parquet file is never in memory as a whole."""
    if path.suffix == ".parquet":
        yield from (pa.record_batch({"id": b.column("id"), "name": b.column("name")}) for b in parquet.ParquetFile(path).iter_batches(BATCH, columns=["id", "name"]))
        return
    rows = table(path)
    yield from rows.select([rows.column_names[0], "name"]).rename_columns(["id", "name"]).to_batches(BATCH)


def rows_of(path: Path) -> int:
    """How many names a file holds."""
    return int(parquet.ParquetFile(path).metadata.num_rows) if path.suffix == ".parquet" else len(table(path))


def screened(path: Path, index: Any, keep: bool) -> tuple[float, float, list[pa.RecordBatch]]:
    """CPU and wall seconds of screening a file, and the answers if they are to be kept."""
    from custodes.findings.screening import screen

    kept: list[pa.RecordBatch] = []
    start, began = cpu(), time.perf_counter()
    for batch in screen(batches(path), index):
        if keep:
            kept.append(batch)
    return cpu() - start, time.perf_counter() - began, kept


def known(path: Path, found: pa.Table) -> dict[str, float]:
    """Of the queries whose row of the list is known: share answered rightly with 0.5 or more; of the others: share answered with 0.5 or more."""
    if path.suffix != ".parquet" or "truth" not in parquet.read_schema(path).names:
        return {}
    asked = parquet.read_table(path, columns=["id", "truth"])
    both = asked.join(found.select(["id", "party_id", "score"]), "id")
    sure = pc.fill_null(pc.greater_equal(both["score"], 0.5), False)
    right = pc.and_(sure, pc.fill_null(pc.equal(both["party_id"], pc.binary_join_element_wise("p", both["truth"].cast(pa.string()), "")), False))
    listed = pc.is_valid(both["truth"])
    n, positives = len(both), pc.sum(listed).as_py()
    return {"recall": pc.sum(right).as_py() / max(positives, 1), "alerts": pc.sum(pc.and_(sure, pc.invert(listed))).as_py() / max(n - positives, 1)}


def main() -> None:
    """Build, screen, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("files", nargs="+")
    parser.add_argument("--cold-only", action="store_true")
    options = parser.parse_args()
    pa.set_cpu_count(1)
    parties, queries, *others = [options.folder / name for name in options.files]
    from custodes.findings.screening import build
    from custodes.pipeline.facts import name_knowledge

    listed, knowledge = table(parties), name_knowledge()
    start, began = cpu(), time.perf_counter()
    index = build(listed, knowledge)
    numbers: dict[str, Any] = {"listed": len(listed), "index_s": cpu() - start, "index_wall_s": time.perf_counter() - began, "asked": rows_of(queries)}
    del listed
    many = numbers["asked"] > 1_000_000
    numbers["cold_s"], numbers["cold_wall_s"], kept = screened(queries, index, not many)
    if not options.cold_only:
        numbers["warm_s"], numbers["warm_wall_s"], _ = screened(queries, index, False)
        for path in others:
            numbers["others"] = rows_of(path)
            numbers["other_s"], numbers["other_wall_s"], _ = screened(path, index, False)
    numbers["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if kept:
        found = pa.Table.from_batches(kept)
        numbers |= known(queries, found)
        pacsv.write_csv(found.select(["id", "party_id", "score", "band"]).rename_columns(["qid", "party_id", "score", "band"]), options.folder / "custodes.csv")
    print(json.dumps(numbers))


if __name__ == "__main__":
    main()
