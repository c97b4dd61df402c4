"""What speaks for and against two names being one, as numbers: one row per pair, one column per feature, worked out for a whole batch at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from scipy import sparse

from custodes.findings.name_look import bundles
from custodes.findings.name_memory import Memory
from custodes.findings.name_model import Trees
from custodes.findings.name_pairs import Asked
from custodes.findings.name_weigh import NAMES, Desk, Known, Listed, Ours, desk, tell, weigh

Array = np.ndarray[Any, Any]


PLACE = {name: n for n, name in enumerate(NAMES)}
"""The column of each feature that :func:`name_weigh.weigh` writes."""


def _spread(start: Array, chosen: Array) -> tuple[Array, Array, Array]:
    """Rows ``start[n]:start[n + 1]`` of each chosen n: (place among the chosen, row), and where each chosen one begins."""
    many = start[chosen + 1] - start[chosen]
    begin = np.concatenate([[0], np.cumsum(many)])
    return np.repeat(np.arange(len(chosen)), many), np.repeat(start[chosen] - begin[:-1], many) + np.arange(begin[-1]), begin


class Alignment:
    """Which of our words met which of theirs, for every pair of a batch: what reasons and further features are made of."""

    def __init__(self, asked: Asked, memory: Memory, ours: Array, theirs: Array) -> None:
        self.asked, self.memory, self.ours, self.theirs, self.size = asked, memory, ours, theirs, len(ours)

    def __getattr__(self, name: str) -> Any:
        """Everything else is worked out when it is first asked for."""
        if name.startswith("__") or "pair" in self.__dict__:
            raise AttributeError(name)
        self._align()
        return getattr(self, name)

    def _align(self) -> None:
        asked, memory, ours, theirs = self.asked, self.memory, self.ours, self.theirs
        ready, a = memory.ready, memory.ready.arrays
        mine, listed = asked.entries[ours], ready.entries[theirs]
        shared = mine.multiply(_ones(listed)).tocsr()
        other = _ones(mine).multiply(listed).tocsr()
        self.pair = np.repeat(np.arange(self.size), np.diff(shared.indptr))
        self.entry, self.listed = shared.data.astype(np.int64) - 1, other.data.astype(np.int64) - 1
        self.span, self.remembered = asked.entry_span[self.entry], asked.entry_memory[self.entry]
        self.like, self.how = memory.like[self.remembered], memory.how[self.remembered]
        self.wide, self.position = asked.span_wide[self.span], asked.span_position[self.span]
        self.token = a["token"][self.listed]
        self.weight, self.their_position = ready.idf[self.token], a["position"][self.listed]
        # our words, pair by pair
        self.row, self.ours_token, self.begin = _spread(asked.start, ours)
        self.met = self._met(self.begin, self.pair, self.position, self.wide, self.like)
        self.our_weight = asked.token_weight[self.ours_token]
        # their words, pair by pair
        self.their_row, self.their_entry, self.their_begin = _spread(a["start"], theirs)
        self.their_met = np.zeros(self.their_begin[-1], np.float32)
        np.maximum.at(self.their_met, self.their_begin[self.pair] + self.listed - a["start"][theirs[self.pair]], self.like)
        self.their_weight = ready.idf[a["token"][self.their_entry]]
        # our words that stand in any name of the same party
        anyhow = mine.multiply(ready.entity[a["party"][theirs]]).tocsr()
        pair, entry = np.repeat(np.arange(self.size), np.diff(anyhow.indptr)), anyhow.data.astype(np.int64) - 1
        span = asked.entry_span[entry]
        also = self._met(self.begin, pair, asked.span_position[span], asked.span_wide[span], memory.like[asked.entry_memory[entry]])
        self.met_anywhere = np.maximum(self.met, also)

    def _met(self, begin: Array, pair: Array, position: Array, wide: Array, like: Array) -> Array:
        met = np.zeros(begin[-1], np.float32)
        np.maximum.at(met, begin[pair] + position, like)
        np.maximum.at(met, begin[pair[wide]] + position[wide] + 1, like[wide])
        return met


def _ones(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    return sparse.csr_matrix((np.ones(len(matrix.data)), matrix.indices, matrix.indptr), shape=matrix.shape)


class Features(dict[str, Array]):
    """Feature -> its values for all pairs. ``rows``: the same numbers pair by pair; further features may be added to the dictionary."""

    def __init__(self, rows: Array, quick: Array) -> None:
        super().__init__({name: rows[:, n] for n, name in enumerate(NAMES)} | {"quick": quick})
        self.rows = rows

    def total(self, model: Trees, least: float = -np.inf) -> Array:
        """The sum of a model's trees for each pair; minus infinity where it may stand for one below ``least``."""
        more = [name for name in self if name not in PLACE]
        rows = np.concatenate([self.rows, np.stack([np.asarray(self[name], np.float32) for name in more], 1)], 1) if more else self.rows
        place = PLACE | {name: len(NAMES) + n for n, name in enumerate(more)}
        return model.sums(np.ascontiguousarray(rows), np.array([place[name] for name in model.features], np.int32), least)


def _sides(asked: Asked, memory: Memory, pairs: int) -> tuple[Ours, Known, Listed, Desk]:
    mine, words, longest = bundles(asked, memory)
    return mine, words, memory.ready.sides, desk(longest, pairs)


def features(asked: Asked, memory: Memory, ours: Array, theirs: Array, acronym: Array) -> tuple[Features, Alignment]:
    """All features of all pairs (sorted by our name), as float32. Weights of words are logarithms: a word that one organisation in a thousand bears weighs 6.9."""
    found, quick = np.empty((len(ours), len(NAMES)), np.float32), np.empty(len(ours))
    weigh(ours, theirs, acronym, *_sides(asked, memory, len(ours)), quick, found)
    return Features(found, quick), Alignment(asked, memory, ours, theirs)


def told(met: Alignment, found: Features, chosen: Array) -> pa.Array:
    """The short reasons of the chosen pairs (numbers of pairs, in any order): a list of texts each, worded as by :func:`name_reasons.reasons`."""
    rows, room = np.ascontiguousarray(found.rows[chosen]), 300 * len(chosen) + 1000
    ours, theirs, ends = met.ours[chosen], met.theirs[chosen], np.zeros(len(chosen) + 1, np.int32)
    sides = _sides(met.asked, met.memory, 0)
    while True:
        out, text_end = np.empty(room, np.uint8), np.zeros(room // 16 + 1, np.int32)
        texts = tell(ours, theirs, rows[:, PLACE["acronym"]] > 0, rows, *sides, out, text_end[1:], ends[1:])
        if texts >= 0:
            words = pa.StringArray.from_buffers(texts, pa.py_buffer(text_end), pa.py_buffer(out))
            return pa.ListArray.from_arrays(pa.array(ends), words)
        room *= 2


def matrix(found: dict[str, Array], names: list[str]) -> Array:
    """Features as a float32 matrix, one row per feature (so that a column of thresholds runs over contiguous numbers)."""
    return np.ascontiguousarray(np.stack([np.asarray(found[name], np.float32) for name in names])) if names else np.zeros((0, 0), np.float32)
