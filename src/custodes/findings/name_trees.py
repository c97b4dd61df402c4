"""Sums of decision trees over many pairs, block by block so that what a block needs stays near the processor.

Features and thresholds are compared as whole numbers of the same order, and a node is one short row, so that a question is one look at memory. A pair that can
no longer reach the sum asked for is let go.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from custodes.findings.name_kernel import Array, entry, inner

_LIMIT, _LEFT = np.uint64(1), np.uint64(2)
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


@inner
def _next(node: Any, at: Any, block: Any, row: Any) -> Any:
    """The node after this one. Without a jump the processor can be ahead of itself; unsigned, numba need not look for places counted from the end."""
    above = block[row + np.uint64(np.uint32(node[at]))] > node[at + _LIMIT]
    return node[at + _LEFT + np.uint64(above)]


@inner
def _let_go(pair: Any, many: Any, alive: Any, block: Any, size: Any) -> None:
    """Put the last pair of a block in the place of one that is done."""
    alive[pair] = alive[many - 1]
    for f in range(size):
        block[pair * size + f] = block[(many - 1) * size + f]


@entry("-", "i4[:,:] i4[:] i4[:] f8[:] i4[:] i4[:] f8[:] f8 i4[:]! i4[:]! i4[:]! f8[:]!")
def add(matrix: Any, column: Any, node: Any, value: Any, root: Any, depth: Any, rest: Any, least: Any, block: Any, at: Any, alive: Any, total: Any) -> None:
    """Add up trees. ``matrix``: one row per pair, the bits of float32; ``column``: where each feature stands in it. ``node``: four places for each: feature, threshold
    (``ordered``), place of the next node where the feature is at most the threshold, and where it is more; a leaf leads to itself and has a ``value``. ``depth``: questions
    on the longest way of each tree; ``rest``: the most that this tree and all after it can add. ``total``: holds the bias before; after, the sums, or minus infinity for
    sums below ``least``."""
    size = len(column)
    for low in range(0, len(total), BLOCK):
        many = min(BLOCK, len(total) - low)
        for k in range(many):
            alive[k] = low + k
            for f in range(size):
                block[k * size + f] = _ordered(matrix[low + k, column[f]])
        for tree in range(len(root)):
            if tree % TURN == 0:
                for k in range(many - 1, -1, -1):
                    if total[alive[k]] + rest[tree] < least:
                        total[alive[k]] = -np.inf
                        _let_go(k, many, alive, block, size)
                        many -= 1
                if many == 0:
                    break
            for k in range(many):
                at[k] = root[tree]
            for _ in range(depth[tree]):
                for k in range(many):
                    at[k] = _next(node, np.uint64(at[k]), block, np.uint64(k) * np.uint64(size))
            for k in range(many):
                total[alive[k]] += value[np.uint64(at[k]) >> np.uint64(2)]
