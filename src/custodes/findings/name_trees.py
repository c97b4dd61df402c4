"""Sums of decision trees over many pairs, block by block so that what a block needs stays near the processor.

Features and thresholds are compared as whole numbers of the same order, and a node is one short row, so that a question is one look at memory. A pair that can
no longer reach the sum asked for is let go.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from custodes.findings.name_kernel import Array, entry, inner

_FEATURE, _LIMIT, _LEFT, _RIGHT = np.uint64(0), np.uint64(1), np.uint64(2), np.uint64(3)
_SIGN, _MOST, _INFINITE = np.int32(-(2**31)), np.int32(2**31 - 1), np.int32(0x7F800000)

BLOCK = 64
"""Pairs in a block."""

TURN = 4
"""Trees after which the pairs of a block are looked over."""


@inner
def _ordered(bits: Any) -> Any:
    """The bits of a number as a whole number: greater where the number is; both zeros are one, and what is no number is above all."""
    if (bits & _MOST) > _INFINITE:
        return _MOST
    if bits == _SIGN:
        return np.int32(0)
    return bits ^ ((bits >> np.int32(31)) & _MOST)


@entry("-", "i4[:] i4[:]!")
def _in_order(bits: Any, out: Any) -> None:
    for k in range(len(bits)):
        out[k] = _ordered(bits[k])


def ordered(numbers: Array) -> Array:
    """float32 numbers as int32 of the same order."""
    out = np.empty(len(numbers), np.int32)
    _in_order(np.ascontiguousarray(numbers, np.float32).view(np.int32), out)
    return out


@entry("-", "i4[:,:] i4[:] i4[:,:] f8[:] i4[:] i4[:] f8[:] f8 i4[:,:]! i4[:]! i4[:]! f8[:]!")
def add(matrix: Any, column: Any, node: Any, value: Any, root: Any, depth: Any, rest: Any, least: Any, block: Any, at: Any, alive: Any, total: Any) -> None:
    """Add up trees. ``matrix``: one row per pair, the bits of float32; ``column``: where each feature stands in it. ``node``: feature, threshold (``ordered``), next node
    where the feature is at most the threshold, next node where it is more; a leaf leads to itself and has a ``value``. ``depth``: questions on the longest way of each
    tree; ``rest``: the most that this tree and all after it can add. ``total``: holds the bias before; after, the sums, or minus infinity for sums below ``least``."""
    for low in range(0, len(total), BLOCK):
        many = min(BLOCK, len(total) - low)
        for k in range(many):
            alive[k] = k
            for f in range(len(column)):
                block[k, f] = _ordered(matrix[low + k, column[f]])
        for tree in range(len(root)):
            if tree % TURN == 0:
                left = 0
                for k in range(many):
                    row = alive[k]
                    if total[low + row] + rest[tree] < least:
                        total[low + row] = -np.inf
                    else:
                        alive[left] = row
                        left += 1
                many = left
                if many == 0:
                    break
            for k in range(many):
                at[k] = root[tree]
            for _ in range(depth[tree]):
                for k in range(many):
                    pair = np.uint64(k)  # unsigned: numba need not look for places counted from the end
                    n = np.uint64(at[pair])
                    at[pair] = node[n, _RIGHT if block[np.uint64(alive[pair]), np.uint64(node[n, _FEATURE])] > node[n, _LIMIT] else _LEFT]
            for k in range(many):
                total[low + alive[k]] += value[np.uint64(at[k])]
