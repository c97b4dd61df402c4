"""One engine screens one Parquet file of names; run in a process of its own.

    python names_engines.py plain|local|cores|spark LIST NAMES.parquet OUT.parquet [--master local[2]] [--index FILE]

``plain`` opens an index that stands ready as a memory-mapped file (``--index``) and knows nothing of engines: two of them are what Spark is held against. ``noop``
is Spark with a finder that only counts: what the engine itself costs. Printed: one JSON line with seconds from start to end, and the seconds of screening alone.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

GIVES = pa.schema([("id", pa.string()), ("party_id", pa.string()), ("rank", pa.int32()), ("score", pa.float64()), ("band", pa.string()), ("matched_name", pa.string()),
                   ("reasons", pa.list_(pa.string()))])  # fmt: skip
COUNTED = pa.schema([("id", pa.string()), ("names", pa.int64())])


def counted(batches: Iterator[pa.RecordBatch], shared: Any) -> Iterator[pa.RecordBatch]:
    """How many names each batch holds; nothing else is looked at."""
    for batch in batches:
        yield pa.record_batch({"id": batch.column("id").slice(0, 1), "names": pa.array([batch.num_rows])}, schema=COUNTED)


def listed(path: Path) -> Any:
    """The index of a list (CSV with party_id, name)."""
    from names_ours import table

    from custodes.findings.screening import build
    from custodes.pipeline.facts import name_knowledge

    return build(table(path), name_knowledge())


def plain(names: Path, index: Path) -> pa.Table:
    """Screen with an index that is mapped from its file."""
    from custodes.findings.screening import NameIndex, screen

    with pa.memory_map(str(index)) as file:
        shared = NameIndex.from_buffer(file.read_buffer())
    batches = parquet.ParquetFile(names).iter_batches(25_000, columns=["id", "name"])
    return pa.Table.from_batches(list(screen(batches, shared)))


def engine(which: str, names: Path, index: Any, master: str) -> pa.Table:
    """Screen by way of an engine."""
    from custodes.findings.screening import screen
    from custodes.pipeline import bulk

    finder, gives = (counted, COUNTED) if which == "noop" else (screen, GIVES)
    source = str(names) if which in ("spark", "noop") else bulk.from_parquet(str(names))
    found = list(bulk.screened(source, finder, index, gives, engine="spark" if which == "noop" else which, master=master, order=("id",)))
    return pa.Table.from_batches(found)


def main() -> None:
    """Run one engine, write, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("engine", choices=("plain", "local", "cores", "spark", "noop", "index"))
    parser.add_argument("list", type=Path)
    parser.add_argument("names", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--master", default="")
    parser.add_argument("--index", type=Path, default=Path("index.arrow"))
    options = parser.parse_args()
    began = time.perf_counter()
    if options.engine == "index":
        index = listed(options.list)
        options.index.write_bytes(index.to_bytes())
        print(json.dumps({"s": time.perf_counter() - began, "bytes": options.index.stat().st_size}))
        return
    index = None if options.engine == "plain" else listed(options.list)
    ready = time.perf_counter()
    found = plain(options.names, options.index) if options.engine == "plain" else engine(options.engine, options.names, index, options.master)
    done = time.perf_counter()
    parquet.write_table(found.sort_by([(name, "ascending") for name in ("id", "rank") if name in found.column_names]), options.out)
    print(json.dumps({"s": done - began, "screen_s": done - ready, "rows": len(found)}))


if __name__ == "__main__":
    main()
