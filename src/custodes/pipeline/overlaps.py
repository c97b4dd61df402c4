"""Records that stand in more than one file: overlapping months and re-issued files.

A record key does not know its file, so the same key in two files is the same record. Only files that share a body and a month can overlap; no others are
compared. Where the publisher's transaction number is part of the key the repeat is proved; otherwise two equal rows may also be two equal purchases.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

Outcome = Mapping[str, Any]


def overlaps(outcomes: Sequence[Outcome], files: Mapping[str, Path]) -> dict[str, list[dict[str, Any]]]:
    """Path -> the other files that hold records of it: ``path``, ``records`` (how many), ``proved`` (how many by transaction number).

    ``files``: path -> its PURCHASE part. Sorted by path; files without overlap are left out.
    """
    found: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    for group in _groups(outcomes):
        names = [name for name in group if name in files]
        if len(names) > 1:
            _count(_repeats(names, files), names, found)
    return {
        name: [{"path": other, "records": records, "proved": proved} for other, (records, proved) in sorted(others.items())]
        for name, others in sorted(found.items())
    }  # fmt: skip


def _groups(outcomes: Sequence[Outcome]) -> list[list[str]]:
    """Sets of files that are tied together by months of a body in which more than one of them has rows."""
    months: dict[tuple[str, str], list[str]] = defaultdict(list)
    for outcome in outcomes:
        for body, rows in outcome.get("bodies", {}).items():
            for month in rows:
                months[body, month].append(outcome["path"])
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    for names in months.values():
        for name in names[1:]:
            parent[root(name)] = root(names[0])
    groups: dict[str, list[str]] = defaultdict(list)
    for name in sorted(parent):
        groups[root(name)].append(name)
    return [names for names in groups.values() if len(names) > 1]


def _repeats(names: Sequence[str], files: Mapping[str, Path]) -> list[dict[str, Any]]:
    """Keys that stand in more than one of the files, with the files' numbers."""
    tables = []
    for number, name in enumerate(names):
        table = pq.read_table(files[name], columns=["record_key", "transaction"])
        numbered = pc.not_equal(table["transaction"], "")
        tables.append(pa.table({"key": table["record_key"], "proved": numbered, "file": pa.array([number] * table.num_rows, pa.int32())}))
    table = pa.concat_tables(tables)
    counts = table.group_by("key").aggregate([("file", "count_distinct")])
    many = counts.filter(pc.greater(counts["file_count_distinct"], 1))["key"]
    if not len(many):
        return []
    repeated = table.filter(pc.is_in(table["key"], many.combine_chunks()))
    return repeated.group_by("key").aggregate([("file", "distinct"), ("proved", "min")]).to_pylist()  # type: ignore[no-any-return]


def _count(repeats: list[dict[str, Any]], names: Sequence[str], found: dict[str, dict[str, list[int]]]) -> None:
    for repeat in repeats:
        held = sorted(set(repeat["file_distinct"]))
        for number in held:
            for other in held:
                if other != number:
                    counts = found[names[number]][names[other]]
                    counts[0] += 1
                    counts[1] += bool(repeat["proved_min"])
