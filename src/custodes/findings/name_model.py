"""From features to a probability: a sum of small tables, and how sure the sum is.

The model is a list of oblivious trees (Kohavi 1994; the kind that CatBoost uses): each asks the same few yes-or-no questions of every pair and the answers
together name one cell of a table. Its sum is turned into a probability by a curve fitted on names that the trees had not seen. ``scripts/train_names.py``
makes it; the numbers stand in data/name_model.json.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from custodes.findings.name_trees import BLOCK, oblivious

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Trees:
    """``questions``: (feature, threshold) of all levels of all trees; ``depth`` of them belong to each tree; ``cells``: one row of values per tree."""

    features: tuple[str, ...]
    bias: float
    depth: int
    question_feature: Array
    question_above: Array
    cells: Array

    def total(self, matrix: Array) -> Array:
        """The sum for each pair; ``matrix`` has one row per feature, in the order of ``features``."""
        return self.sums(np.ascontiguousarray(matrix.T), np.arange(len(self.features), dtype=np.int32))

    def sums(self, rows: Array, column: Array) -> Array:
        """The sum for each row of features; ``column``: where each of ``features`` stands in a row."""
        total = np.full(len(rows), self.bias, np.float32)
        oblivious(rows, column, self.question_feature, self.question_above, self.cells, self.depth, np.empty((len(column), BLOCK), np.float32), np.empty(BLOCK, np.int32), total)
        return total


def trees(model: Mapping[str, Any]) -> Trees:
    """Trees from their JSON form: ``features, bias, depth, trees: [[[feature, threshold], ...], [cells]]``."""
    questions = [question for each in model["trees"] for question in each[0]]
    return Trees(
        tuple(model["features"]), float(model["bias"]), int(model["depth"]), np.array([feature for feature, _ in questions], np.int32),
        np.array([above for _, above in questions], np.float32), np.array([each[1] for each in model["trees"]], np.float32),
    )  # fmt: skip


def probability(total: Array, curve: Sequence[Sequence[float]]) -> Array:
    """The share of pairs with this sum that were right, among names that were not trained on; rounded to 4 decimals."""
    points = np.array(curve, np.float64)
    return np.round(np.interp(total.astype(np.float64), points[:, 0], points[:, 1]), 4)
