"""From features to a probability: a sum of decision trees, and how sure the sum is.

Each tree asks yes-or-no questions of a pair, one after the other, until it comes to a leaf with a number; the numbers of all trees add up (gradient boosting,
Friedman 2001). The sum is turned into a probability by a curve fitted on names that the trees had not seen. ``scripts/train_names.py`` makes both; the numbers
stand in data/name_model.json.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from custodes.findings.name_trees import BLOCK, general

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Trees:
    """All nodes of all trees in one row. Node n asks "is ``feature[n]`` at most ``threshold[n]``?" and goes on at ``child[2 * n]`` if so, else at
    ``child[2 * n + 1]``; a leaf leads to itself and has a ``value``. ``root``: the first node of each tree, ``depth``: questions on its longest way."""

    features: tuple[str, ...]
    bias: float
    feature: Array
    threshold: Array
    child: Array
    value: Array
    root: Array
    depth: Array

    def total(self, matrix: Array) -> Array:
        """The sum for each pair; ``matrix`` has one row per feature, in the order of ``features``."""
        return self.sums(np.ascontiguousarray(matrix.T), np.arange(len(self.features), dtype=np.int32))

    def sums(self, rows: Array, column: Array) -> Array:
        """The sum for each row of features; ``column``: where each of ``features`` stands in a row."""
        total = np.full(len(rows), self.bias, np.float64)
        general(rows, column, self.feature, self.threshold, self.child, self.value, self.root, self.depth, np.empty((BLOCK, len(column)), np.float32), np.empty(BLOCK, np.int32), total)
        return total


def trees(model: Mapping[str, Any]) -> Trees:
    """Trees from their JSON form: ``features``, ``bias`` and the rows ``feature, threshold, left, right`` (one place per node), ``value`` (one per leaf) and
    ``root`` (one per tree). A child below zero is a leaf: -1 is the first one."""
    nodes, leaves = len(model["feature"]), len(model["value"])
    way = np.stack([np.array(model[side], np.int32) for side in ("left", "right")], 1).reshape(-1)
    root = np.array(model["root"], np.int32)
    way, root = (np.where(numbers < 0, nodes - 1 - numbers, numbers).astype(np.int32) for numbers in (way, root))
    child = np.concatenate([way, np.repeat(np.arange(nodes, nodes + leaves, dtype=np.int32), 2)])
    none = np.zeros(leaves)
    return Trees(
        tuple(model["features"]), float(model["bias"]), np.concatenate([model["feature"], none]).astype(np.int32), np.concatenate([model["threshold"], none]).astype(np.float32),
        child, np.concatenate([np.zeros(nodes), model["value"]]), root, _depths(child, root, nodes),
    )  # fmt: skip


def _depths(child: Array, root: Array, nodes: int) -> Array:
    """Questions on the longest way of each tree."""
    depth, at, tree = np.zeros(len(root), np.int32), root.astype(np.int64), np.arange(len(root))
    while len(at):
        inside = at < nodes
        at, tree = at[inside], tree[inside]
        depth[np.unique(tree)] += 1
        at, tree = np.concatenate([child[2 * at], child[2 * at + 1]]), np.tile(tree, 2)
    return depth


def probability(total: Array, curve: Sequence[Sequence[float]]) -> Array:
    """The share of pairs with this sum that were right, among names that were not trained on; rounded to 4 decimals."""
    points = np.array(curve, np.float64)
    return np.round(np.interp(total.astype(np.float64), points[:, 0], points[:, 1]), 4)
