"""The labelled names of data/names as plain rows, and the folder of CSV files that every matcher of one run reads."""

from __future__ import annotations

import csv
import gzip
import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from zlib import crc32

from names_measure import DATA

Rows = list[dict[str, str]]
FOLDS = 4


def read(name: str, folder: Path = DATA) -> Rows:
    """Rows of one gzip-compressed CSV file of data/names: watchlist, queries_dev or supplier_stream."""
    with gzip.open(folder / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def fold(query: dict[str, str], folds: int = FOLDS) -> int:
    """The fold of a query: by its entity, or by its name where it has none, so no entity is in two folds."""
    return crc32((query["truth"] or query["name"]).encode()) % folds


def shuffled(queries: Sequence[dict[str, str]], seed: int = 3) -> Rows:
    """The queries in a fixed mixed order: whoever stops early has seen a fair sample."""
    mixed = list(queries)
    random.Random(seed).shuffle(mixed)
    return mixed


def write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A CSV file."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        writer.writerows(rows)


def prepare(folder: Path, data: Path = DATA) -> Rows:
    """Write parties.csv, queries.csv, others.csv and train.csv for one run; the queries asked, in their order.

    A quarter of the entities (and of the names on no list) is set apart to train those who can be trained; nobody is asked about them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    queries = shuffled(read("queries_dev", data))
    asked = [q for q in queries if fold(q)]
    write(folder / "parties.csv", ("party_id", "name"), ((row["entity_id"], row["name"]) for row in read("watchlist", data)))
    write(folder / "queries.csv", ("qid", "name"), ((q["qid"], q["name"]) for q in asked))
    write(folder / "others.csv", ("qid", "name"), ((f"o{n}", row["name"]) for n, row in enumerate(read("supplier_stream", data))))
    write(folder / "train.csv", ("name", "party_id"), ((q["name"], q["truth"]) for q in queries if q["truth"] and not fold(q)))
    return asked
