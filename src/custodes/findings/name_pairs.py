"""Which listed names a batch of names should be compared with.

Words are looked up in memory, a sparse product with the listed names brings the few that share the rarest words, and names that begin a listed name or
are its initials are added. What a name is compared with depends on that name and the index alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from custodes.findings.name_bytes import Cut
from custodes.findings.name_kernel import reading
from custodes.findings.name_look import LOOKED, look
from custodes.findings.name_memory import Memory
from custodes.findings.name_model import Trees
from custodes.findings.name_pick import FIGURES, MORE, TOP, Columns, among, cores, gate_passed, gathered, joined, pick

Array = np.ndarray[Any, Any]
Gate = Callable[[Array, Array, Array], Array]

SEEN = FIGURES + LOOKED
"""The columns of figures from which the gate decides."""


@dataclass
class Asked:
    """A batch of names taken apart. Tokens are the core words in order; spans are tokens and joined neighbours; entries are what spans stand for: those of name n
    end at ``entry_end[n]``, sorted by listed word."""

    names: Sequence[str]
    memory: Memory
    cut: Cut
    form: Array
    marks: Array
    start: Array
    token_word: Array
    token_position: Array
    joined_word: Array
    joined_position: Array
    entry_end: Array
    entry_span: Array
    entry_memory: Array
    total: Array
    norm: Array
    raw_length: Array
    lengths: Array = field(init=False)

    def __post_init__(self) -> None:
        self.lengths = np.diff(self.start)

    @cached_property
    def token_weight(self) -> Array:
        """Weight of each core word."""
        return self.memory.columns["weight"][self.token_word]

    @cached_property
    def span_position(self) -> Array:
        """Where each span begins in its name."""
        return np.concatenate([self.token_position, self.joined_position])

    @cached_property
    def span_wide(self) -> Array:
        """Is a span two words?"""
        return np.arange(len(self.token_word) + len(self.joined_word)) >= len(self.token_word)

    @cached_property
    def entries(self) -> sparse.csr_matrix:
        """Names by listed words; values are the numbers of entries plus one."""
        place, shape = self.memory.place[self.entry_memory], (len(self.names), max(len(self.memory.ready.words), 1))
        return sparse.csr_matrix((np.arange(1, len(place) + 1, dtype=np.float64), place, np.concatenate([[0], self.entry_end])), shape=shape)

    @cached_property
    def whole(self) -> list[str]:
        """All letters of each name, legal forms and all, without blanks."""
        text, ends = self.cut.whole.tobytes().decode("ascii", "replace"), self.cut.whole_end.tolist()
        return [text[i:j] for i, j in zip([0, *ends[:-1]], ends, strict=True)]

    def core(self, memory: Memory, number: int) -> list[str]:
        """The core words of one name."""
        return [memory.words[word] for word in self.token_word[self.start[number] : self.start[number + 1]]]


def ask(names: Sequence[str], memory: Memory) -> Asked:
    """Take a batch apart; new words are learnt on the way."""
    cut, many = memory.cut(names), len(names)
    columns, table = _columns(memory), memory.table
    form, marks, start = np.zeros(many, np.int64), np.zeros(many, np.int64), np.zeros(many + 1, np.int64)
    word, position = np.empty(len(cut.token), np.int32), np.empty(len(cut.token), np.int64)
    total, norm = np.empty(many, np.float32), np.empty(many, np.float32)
    size = cores(cut.token, cut.token_end, columns, form, marks, start, word, position, total, norm)
    word, position = word[:size], position[:size]
    more, more_name, more_position = np.empty(size, np.int32), np.empty(size, np.int32), np.empty(size, np.int64)
    size = joined(start, word, table.pool, table.begin, columns, memory.ready.vocabulary, np.empty(256, np.uint8), more, more_name, more_position)
    more, more_name, more_position = more[:size], more_name[:size], more_position[:size]
    memory.learn(word)
    memory.learn(more)
    most = int(memory.entry_count[word].sum() + memory.entry_count[more].sum())
    end, span, remembered = np.empty(many, np.int64), np.empty(most, np.int64), np.empty(most, np.int64)
    size = gathered(start, word, more, more_name, more_position, memory.entry_begin, memory.entry_count, memory.place, memory.like, end, span, remembered)
    raw = np.fromiter(map(len, names), np.int32, many)
    return Asked(names, memory, cut, form, marks, start, word, position, more, more_position, end, span[:size], remembered[:size], total, norm, raw)


def _columns(memory: Memory) -> Columns:
    c = memory.columns
    return Columns(*(reading(c[name]) for name in Columns._fields))


def pairs(asked: Asked, memory: Memory, gate: Trees | Gate | None = None, above: float = 0.0) -> tuple[Array, Array, Array]:
    """(number of the name, number of the listed name, is it an acronym) sorted and each once.

    ``gate``: trees over the quick figures, whose sum must reach ``above``; or a function of (ours, theirs, figures) that says which pairs to keep.
    """
    ready, many = memory.ready, len(asked.names)
    if not len(ready.arrays["party"]) or not len(asked.token_word):
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, bool)
    ours, theirs, figure = np.empty(many * TOP, np.int64), np.empty(many * TOP, np.int64), np.empty((many * TOP, len(SEEN)), np.float32)
    names = len(ready.arrays["party"])
    size = pick(asked.entry_end, asked.entry_memory, memory.place, memory.like, asked.start, asked.norm, ready.search, True, np.zeros(names, np.float32), np.empty(names, np.int32), np.empty(TOP, np.int64), np.empty(TOP, np.float32), ours, theirs, figure)
    ours, theirs = ours[:size], theirs[:size]
    if gate is not None:
        look(asked, memory, ours, theirs, figure[:size])
        keep = gate.sums(figure[:size], np.array([SEEN.index(name) for name in gate.features], np.int32), above) >= above if isinstance(gate, Trees) else gate(ours, theirs, figure[:size])
        ours, theirs = ours[keep], theirs[keep]
    most = many * (TOP + 2 * MORE)
    out, listed, acronym = np.empty(most, np.int64), np.empty(most, np.int64), np.empty(most, bool)
    table = memory.table
    size = gate_passed(asked.raw_length, asked.start, asked.token_word, asked.cut.whole, asked.cut.whole_end, table.pool, table.begin, _columns(memory), ready.vocabulary, ready.whole, ours, theirs, np.empty(16, np.uint8), np.empty(64, np.int64), out, listed, acronym)
    return out[:size], listed[:size], acronym[:size]


def may_be_among(asked: Asked, wanted: Array) -> Array:
    """The numbers of the names whose letters (all, or those of the core words) may have one of the wanted hashes (``name_bytes.fnv``)."""
    found, table = np.zeros(len(asked.names), bool), asked.memory.table
    among(asked.cut.whole, asked.cut.whole_end, asked.start, asked.token_word, table.pool, table.begin, wanted, found)
    return np.flatnonzero(found)
