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

from custodes.findings.name_trees import BLOCK, add, ordered

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Trees:
    """All nodes of all trees in one row, four places each. The node at n asks "is feature ``node[n]`` at most ``node[n + 1]``?" (thresholds as
    :func:`name_trees.ordered` has them) and goes on at ``node[n + 2]`` if so, else at ``node[n + 3]``; a leaf leads to itself and has the ``value`` n / 4. ``root``: the
    first node of each tree, ``depth``: questions on its longest way, ``rest``: the most that this tree and those after it can add."""

    features: tuple[str, ...]
    bias: float
    node: Array
    value: Array
    root: Array
    depth: Array
    rest: Array

    def total(self, matrix: Array) -> Array:
        """The sum for each pair; ``matrix`` has one row per feature, in the order of ``features``."""
        return self.sums(np.ascontiguousarray(matrix.T), np.arange(len(self.features), dtype=np.int32))

    def sums(self, rows: Array, column: Array, least: float = -np.inf) -> Array:
        """The sum for each row of features; ``column``: where each of ``features`` stands in a row. Sums below ``least`` may come out as minus infinity."""
        total, least = np.full(len(rows), self.bias, np.float64), least - SLACK
        space = np.empty(BLOCK * len(column), np.int32), np.empty(BLOCK, np.int32), np.empty(BLOCK, np.int32)
        add(rows.view(np.int32), column, self.node, self.value, self.root, self.depth, self.rest, least, *space, total)
        return total


SLACK = 1e-6
"""What bounds of sums are wide by: sums are rounded."""


def trees(model: Mapping[str, Any]) -> Trees:
    """Trees from their JSON form: ``features``, ``bias`` and the rows ``feature, threshold, left, right`` (one place per node), ``value`` (one per leaf) and
    ``root`` (one per tree). A child below zero is a leaf: -1 is the first one."""
    nodes, leaves = len(model["feature"]), len(model["value"])
    way = np.stack([np.array(model[side], np.int32) for side in ("left", "right")], 1).reshape(-1)
    root = np.array(model["root"], np.int32)
    way, root = (np.where(numbers < 0, nodes - 1 - numbers, numbers).astype(np.int32) for numbers in (way, root))
    child = np.concatenate([way, np.repeat(np.arange(nodes, nodes + leaves, dtype=np.int32), 2)])
    none, value = np.zeros(leaves), np.concatenate([np.zeros(nodes), model["value"]])
    asks = np.concatenate([model["feature"], none]).astype(np.int32), ordered(np.concatenate([model["threshold"], none]))
    depth, most = _ways(child, root, nodes, value)
    return Trees(tuple(model["features"]), float(model["bias"]), np.stack([*asks, 4 * child[::2], 4 * child[1::2]], 1).ravel(), value, 4 * root, depth, np.cumsum(most[::-1])[::-1].copy())


def _ways(child: Array, root: Array, nodes: int, value: Array) -> tuple[Array, Array]:
    """Questions on the longest way of each tree, and its greatest leaf."""
    depth, most, at, tree = np.zeros(len(root), np.int32), np.full(len(root), -np.inf), root.astype(np.int64), np.arange(len(root))
    while len(at):
        inside = at < nodes
        np.maximum.at(most, tree[~inside], value[at[~inside]])
        at, tree = at[inside], tree[inside]
        depth[np.unique(tree)] += 1
        at, tree = np.concatenate([child[2 * at], child[2 * at + 1]]), np.tile(tree, 2)
    return depth, most


def sure_to_miss(least: float, curve: Sequence[Sequence[float]]) -> float:
    """A sum below which :func:`probability` is below ``least``; minus infinity where there is none."""
    return max((float(total) for total, share in curve if round(share, 4) < least), default=-np.inf)


def probability(total: Array, curve: Sequence[Sequence[float]]) -> Array:
    """The share of pairs with this sum that were right, among names that were not trained on; rounded to 4 decimals."""
    points = np.array(curve, np.float64)
    return np.round(np.interp(total.astype(np.float64), points[:, 0], points[:, 1]), 4)
