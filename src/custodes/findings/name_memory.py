"""What a process has learnt about words: each distinct word is worked out once, whatever names it stands in.

A word's entries are the listed words that it may stand for, with a similarity: itself, a typing error, the same by ear, a beginning, two words in one.
They depend on the word and the index alone, so remembering them, or forgetting them again, changes time and never an answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from custodes.findings.name_bytes import Cut, Words
from custodes.findings.name_index import Ready
from custodes.findings.name_kernel import room
from custodes.findings.name_learn import BEGUN, HEARD, MOST, SAME, SPLIT, TYPED, desk, entries, look_up

Array = np.ndarray[Any, Any]

LIMIT = 400_000
"""New words after which everything learnt is dropped, between batches."""


class Memory:
    """Distinct words and their entries. Columns per word: ``weight, form, legal, stop, mark, place, usual, bearers, length, canon, first, digit, region, numeral``;
    the entries of word n are ``entry_begin[n]`` and the ``entry_count[n]`` rows of ``place, like, how`` from there."""

    def __init__(self, ready: Ready, limit: int = LIMIT) -> None:
        self.ready, self.limit = ready, limit
        self.forget()

    def forget(self) -> None:
        """Back to the words that the index knows."""
        ready = self.ready
        self.table = Words(ready.vocabulary.pool, ready.vocabulary.begin)
        self.columns: dict[str, Array] = {name: column.copy() for name, column in ready.columns.items()}
        self.canon = ready.vocabulary.canon.copy()
        self.described = self.table.count
        self.entry_begin, self.entry_count = np.full(self.described, -1, np.int32), np.zeros(self.described, np.int32)
        self.place, self.like, self.how = np.zeros(0, np.int32), np.zeros(0, np.float32), np.zeros(0, np.int8)
        self.entries = 0
        self._words: list[str] = []

    @property
    def words(self) -> list[str]:
        """All words by number."""
        self._words += self.table.texts(len(self._words))
        return self._words

    def cut(self, names: Sequence[str]) -> Cut:
        """Names in words with their numbers; words that are new get their columns, and everything is forgotten first when it has become too much."""
        if self.table.count - self.ready.vocabulary.known > self.limit:
            self.forget()
        found = Cut(names, self.ready.known, self.ready.phrases, self.table)
        self._describe()
        return found

    def _describe(self) -> None:
        """Columns of the new words: none of them is in the tables, but it may begin like one that is."""
        low, high, ready, table = self.described, self.table.count, self.ready, self.table
        if low == high:
            return
        canon, digit = np.zeros(high - low, np.int32), np.zeros(high - low, bool)
        look_up(np.arange(low, high, dtype=np.int32), table.pool, table.begin, ready.vocabulary, canon, digit)
        stands, unknown = np.maximum(canon, 0), canon < 0
        new = {name: np.where(unknown, empty, ready.columns[name][stands]) for name, empty in ready.unknown.items()} if ready.vocabulary.known else dict(ready.unknown)
        new |= {"form": 0, "legal": False, "stop": False, "mark": False, "length": np.diff(table.begin[low : high + 1]), "canon": ~unknown, "first": table.pool[table.begin[low:high]], "digit": digit}
        new["numeral"] = digit | (~unknown & ready.columns["numeral"][stands]) if ready.vocabulary.known else digit
        for name, column in self.columns.items():
            self.columns[name] = column = room(column, high)
            column[low:high] = new[name]
        self.canon = room(self.canon, high)
        self.canon[low:high] = canon
        self.entry_begin, self.entry_count = room(self.entry_begin, high), room(self.entry_count, high)
        self.entry_begin[low:high], self.described = -1, high

    def learn(self, words: Array) -> None:
        """Work out the entries of words (numbers, in any order and more than once) that have none yet."""
        new = words[self.entry_begin[words] < 0]
        if not len(new):
            return
        new = np.unique(new).astype(np.int32)
        ready, table = self.ready, self.table
        place, like, how = np.zeros(len(new) * MOST, np.int32), np.zeros(len(new) * MOST, np.float32), np.zeros(len(new) * MOST, np.int8)
        count, longest = np.zeros(len(new), np.int32), max(int(self.columns["length"][new].max()), ready.longest)
        entries(new, self.canon[new], table.pool, table.begin, ready.vocabulary, ready.near, desk(longest, ready.vocabulary.listed, len(ready.near.bone_start)), place, like, how, count)
        kept = np.flatnonzero(np.arange(MOST)[None, :] < count[:, None])
        low, high = self.entries, self.entries + len(kept)
        self.place, self.like, self.how = room(self.place, high), room(self.like, high), room(self.how, high)
        self.place[low:high], self.like[low:high], self.how[low:high] = place[kept], like[kept], how[kept]
        self.entry_begin[new], self.entry_count[new], self.entries = low + np.cumsum(count) - count, count, high


__all__ = ["BEGUN", "HEARD", "LIMIT", "MOST", "SAME", "SPLIT", "TYPED", "Memory"]
