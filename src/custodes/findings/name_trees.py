"""Sums of decision trees over many pairs, block by block so that what a block needs stays near the processor.

Two forms: oblivious trees, which ask all pairs the same few questions, and trees of any shape. Both hold their numbers in flat arrays.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from custodes.findings.name_kernel import entry

_LEFT, _RIGHT = np.uint64(0), np.uint64(1)

BLOCK = 64
"""Pairs in a block: the space that both need is (features, BLOCK) or (BLOCK, features) numbers and BLOCK counters."""


@entry("-", "f4[:,:] i4[:] i4[:] f4[:] f4[:,:] i8 f4[:,:]! i4[:]! f4[:]!", wide=True)
def oblivious(matrix: Any, column: Any, feature: Any, above: Any, cells: Any, depth: Any, block: Any, cell: Any, total: Any) -> None:
    """Add up oblivious trees. ``matrix``: one row per pair; ``column``: where each feature stands in it; ``feature, above``: ``depth`` questions for each row of
    ``cells``; the answers, first question last, are the number of the cell. ``total``: holds the bias before, the sums after."""
    for low in range(0, len(total), BLOCK):
        many = min(BLOCK, len(total) - low)
        for k in range(many):
            for f in range(len(column)):
                block[f, k] = matrix[low + k, column[f]]
        for tree in range(len(cells)):
            for k in range(BLOCK):
                cell[k] = 0
            for level in range(depth):
                row, limit, bit = block[feature[tree * depth + level]], above[tree * depth + level], np.int32(1 << level)
                for k in range(BLOCK):
                    cell[k] |= bit if row[k] > limit else np.int32(0)
            for k in range(many):
                total[low + k] += cells[tree, cell[k]]


@entry("-", "f4[:,:] i4[:] i4[:] f4[:] i4[:] f8[:] i4[:] i4[:] f4[:,:]! i4[:]! f8[:]!")
def general(matrix: Any, column: Any, feature: Any, threshold: Any, child: Any, value: Any, root: Any, depth: Any, block: Any, node: Any, total: Any) -> None:
    """Add up trees of any shape. Node n goes on at ``child[2 * n]`` where its feature is at most the threshold, else at ``child[2 * n + 1]``; a leaf leads to itself and
    has a ``value``. ``depth``: questions on the longest way of each tree. ``total``: holds the bias before, the sums after."""
    for low in range(0, len(total), BLOCK):
        many = min(BLOCK, len(total) - low)
        for k in range(many):
            for f in range(len(column)):
                block[k, f] = matrix[low + k, column[f]]
        for tree in range(len(root)):
            for k in range(many):
                node[k] = root[tree]
            for _ in range(depth[tree]):
                for k in range(many):
                    n = np.uint64(node[k])  # unsigned: numba need not look for places counted from the end
                    node[k] = child[n + n + (_LEFT if block[np.uint64(k), np.uint64(feature[n])] <= threshold[n] else _RIGHT)]
            for k in range(many):
                total[low + k] += value[np.uint64(node[k])]
