"""One organisation on several lists: entries joined into clusters, each join with its reason; a group finder.

It sees all pairs of one group of entries and nothing else; any order of them gives the same clusters. The strongest joins come first; a join that would bring
two entries together which are to stay apart, here or by a person's ruling, is not made.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from custodes.findings.cluster_trees import APART, JOINS, Trees

CLUSTERS = pa.schema(
    [("cluster_id", pa.string()), ("party_id", pa.string()), ("joined_to", pa.string()), ("score", pa.float64()), ("reason", pa.string()), ("evidence", pa.list_(pa.string()))]
)  # fmt: skip
"""One row per entry of a group. ``cluster_id``: the least id of its entries. ``joined_to``: the entry through which it came in ('' for that of the least id)."""

@dataclass(frozen=True, slots=True)
class Ruling:
    """What a person decided about two entries: join or apart, and why."""

    left: str
    right: str
    ruling: str
    reason: str


def cluster(key: str, batch: pa.RecordBatch, rulings: Iterable[Ruling] = ()) -> pa.RecordBatch:
    """The clusters (:data:`CLUSTERS`) of one group from its pairs (``cluster_pairs.PAIRS``). ``key`` is the least id of the group."""
    rows = batch.to_pylist()
    decided = {tuple(sorted((each.left, each.right))): each for each in rulings}
    apart = {(row["left"], row["right"]) for row in rows if row["verdict"] == APART and decided.get((row["left"], row["right"]), Ruling("", "", "", "")).ruling != JOINS}
    apart |= {(left, right) for (left, right), each in decided.items() if each.ruling == APART}
    joins = [row for row in rows if row["verdict"] == JOINS and (row["left"], row["right"]) not in decided]
    joins += [_forced(left, right, each) for (left, right), each in decided.items() if each.ruling == JOINS]
    trees, used = Trees(apart), []
    for row in sorted(joins, key=lambda row: (-row["strength"], row["left"], row["right"], row["reason"])):
        if trees.join(row["left"], row["right"]):
            used.append(row)
    members = sorted({end for row in [*joins, *rows] for end in (row["left"], row["right"])})
    return _table(members, used, trees)


def _forced(left: str, right: str, ruling: Ruling) -> dict[str, Any]:
    return {"left": left, "right": right, "verdict": JOINS, "strength": 2.0, "reason": f"decided by a person: {ruling.reason}", "evidence": []}


def _table(members: list[str], used: list[dict[str, Any]], trees: Trees) -> pa.RecordBatch:
    """The joins as trees that hang on the least entry of each cluster."""
    beside: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for row in used:
        beside.setdefault(row["left"], []).append((row["right"], row))
        beside.setdefault(row["right"], []).append((row["left"], row))
    found: dict[str, tuple[str, float, str, list[str]]] = {}
    for entry in members:
        if trees.root(entry) == entry:
            found[entry] = "", 1.0, "", []
            waiting = [entry]
            while waiting:
                at = waiting.pop(0)
                for other, row in sorted(beside.get(at, ()), key=lambda each: each[0]):
                    if other not in found:
                        found[other] = at, min(row["strength"], 1.0), row["reason"], list(row["evidence"])
                        waiting.append(other)
    rows = [dict(zip(CLUSTERS.names, (trees.root(entry), entry, *found[entry]), strict=True)) for entry in members]
    return pa.RecordBatch.from_pylist(sorted(rows, key=lambda row: (row["cluster_id"], row["party_id"])), schema=CLUSTERS)
