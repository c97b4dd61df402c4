"""Which listed names a batch of names should be compared with.

Words are looked up in memory, a sparse product with the listed names brings the few that share the rarest words, and names that begin a listed name or
are its initials are added. What a name is compared with depends on that name and the index alone.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from scipy import sparse
from sparse_dot_topn import sp_matmul_topn

from custodes.findings.name_index import Ready
from custodes.findings.name_memory import Memory
from custodes.findings.name_near import distinct
from custodes.findings.name_text import spell

Array = np.ndarray[Any, Any]

TOP = 8
"""Listed names that the sparse product brings for each name."""


@dataclass(slots=True)
class Asked:
    """A batch of names taken apart. Tokens are the core words in order; spans are tokens and joined neighbours; entries are what spans stand for."""

    names: Sequence[str]
    form: Array
    marks: Array
    lengths: Array
    start: Array
    token_word: Array
    token_position: Array
    token_weight: Array
    span_position: Array
    span_wide: Array
    entry_span: Array
    entry_memory: Array
    entries: sparse.csr_matrix
    search: sparse.csr_matrix
    total: Array
    norm: Array
    raw_length: Array
    whole: list[str]

    def core(self, memory: Memory, number: int) -> list[str]:
        """The core words of one name."""
        return [memory.words[word] for word in self.token_word[self.start[number] : self.start[number + 1]]]


def ask(names: Sequence[str], memory: Memory) -> Asked:
    """Take a batch apart; new words are learnt on the way."""
    ready = memory.ready
    spelled = spell(names, ready.known)
    flat = list(chain.from_iterable(spelled))
    if new := sorted(set(flat) - memory.ids.keys()):
        memory.learn(new)
    ids = np.fromiter(map(memory.ids.__getitem__, flat), np.int64, len(flat))
    count = np.fromiter(map(len, spelled), np.int64, len(spelled))
    owner = np.repeat(np.arange(len(names)), count)
    form, stop, mark = memory.columns["form"][ids], memory.columns["stop"][ids], memory.columns["mark"][ids]
    keep = ~memory.columns["legal"][ids] & ~stop
    for other in (~stop, np.ones(len(ids), bool)):
        empty = np.bincount(owner[keep], minlength=len(names)) == 0
        keep |= other & empty[owner]
    masks = np.zeros(len(names), np.int64)
    np.bitwise_or.at(masks, owner[form != 0], form[form != 0])
    word, name = ids[keep], owner[keep]
    lengths = np.bincount(name, minlength=len(names))
    start = np.concatenate([[0], np.cumsum(lengths)])
    position = np.arange(len(word)) - start[name]
    weight = memory.columns["weight"][word]
    join_word, join_name, join_position = _joined(memory, word, name, position)
    spans = (np.concatenate([word, join_word]), np.concatenate([name, join_name]), np.concatenate([position, join_position]))
    entry_span, entry_memory = _entries(memory, *spans, len(word))
    entry_name, place = spans[1][entry_span], memory.place[entry_memory]
    shape = (len(names), max(len(ready.words), 1))
    begin = np.searchsorted(entry_name, np.arange(len(names) + 1))
    return Asked(
        names=names, form=masks, marks=np.bincount(owner[mark], minlength=len(names)), lengths=lengths, start=start,
        token_word=word, token_position=position, token_weight=weight, span_position=spans[2],
        span_wide=np.arange(len(spans[0])) >= len(word), entry_span=entry_span, entry_memory=entry_memory,
        entries=sparse.csr_matrix((np.arange(1, len(place) + 1, dtype=np.float64), place, begin), shape=shape),
        search=sparse.csr_matrix(((memory.like[entry_memory] * ready.idf[place]).astype(np.float32), place, begin), shape=shape),
        total=np.bincount(name, weight, minlength=len(names)).astype(np.float32),
        norm=np.maximum(np.sqrt(np.bincount(name, weight * weight, minlength=len(names))), 1e-6).astype(np.float32),
        raw_length=np.fromiter(map(len, names), np.int32, len(names)), whole=["".join(words) for words in spelled],
    )  # fmt: skip


def _joined(memory: Memory, word: Array, name: Array, position: Array) -> tuple[Array, Array, Array]:
    """Neighbours that are one listed word when written together; tried where one of them is unknown or short."""
    columns, place = memory.columns, memory.ready.place
    odd = (columns["place"][word] < 0) | (columns["length"][word] <= 3)
    near = np.flatnonzero((name[1:] == name[:-1]) & (odd[1:] | odd[:-1]))
    at = [n for n in near.tolist() if memory.words[word[n]] + memory.words[word[n + 1]] in place]
    texts = [memory.words[word[n]] + memory.words[word[n + 1]] for n in at]
    if new := sorted(set(texts) - memory.ids.keys()):
        memory.learn(new)
    chosen = np.array(at, np.int64)
    return np.fromiter(map(memory.ids.__getitem__, texts), np.int64, len(texts)), name[chosen], position[chosen]


def _entries(memory: Memory, word: Array, name: Array, position: Array, tokens: int) -> tuple[Array, Array]:
    """(span, entry in memory) sorted by name and listed word, the most alike where two spans of a name stand for the same listed word."""
    many = memory.start[word + 1] - memory.start[word]
    span = np.repeat(np.arange(len(word)), many)
    entry = np.repeat(memory.start[word] - np.cumsum(many) + many, many) + np.arange(many.sum())
    key = name[span] * max(len(memory.ready.words), 1) + memory.place[entry]
    order = np.lexsort((position[span], -memory.like[entry], key))
    key = key[order]
    first = np.concatenate([[True], key[1:] != key[:-1]]) if len(key) else np.zeros(0, bool)
    return span[order][first], entry[order][first]


def pairs(asked: Asked, memory: Memory, gate: Any = None) -> tuple[Array, Array, Array]:
    """(number of the name, number of the listed name, is it an acronym) sorted and each once. ``gate`` takes quick figures and says which pairs to keep."""
    ready = memory.ready
    names = len(ready.arrays["party"])
    if not names or not len(asked.token_word):
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, bool)
    product = sp_matmul_topn(asked.search, ready.search, top_n=TOP, sort=True)
    ours, theirs, score = np.repeat(np.arange(len(asked.names)), np.diff(product.indptr)), product.indices.astype(np.int64), product.data
    keep = quick_gate(asked, ready, ours, theirs, score) if gate is None else gate(asked, ready, ours, theirs, score)
    begun, short = _begun(asked, memory), _acronyms(asked, memory)
    key = distinct(np.concatenate([ours[keep] * names + theirs[keep], begun, short]))
    return key // max(names, 1), key % max(names, 1), np.isin(key, short) if len(short) else np.zeros(len(key), bool)


def figures(asked: Asked, ready: Ready, ours: Array, theirs: Array, score: Array) -> dict[str, Array]:
    """Quick figures of pairs from the sparse product alone."""
    counts = np.bincount(ours, minlength=len(asked.names))
    first = np.cumsum(counts) - counts
    best = np.zeros(len(asked.names), np.float32)
    np.maximum.at(best, ours, score)
    words = np.diff(ready.arrays["start"])
    return {
        "cosine": score / asked.norm[ours], "cover": score / ready.norm[theirs], "score": score, "to_best": score / np.maximum(best[ours], 1e-6),
        "rank": (np.arange(len(ours)) - first[ours]).astype(np.float32), "our_weight": asked.norm[ours], "their_weight": ready.norm[theirs],
        "our_words": asked.lengths[ours].astype(np.float32), "their_words": words[theirs].astype(np.float32),
    }  # fmt: skip


def quick_gate(asked: Asked, ready: Ready, ours: Array, theirs: Array, score: Array) -> Array:
    """Which pairs are worth a comparison: most of the weight of one of the two names must have met."""
    cosine, cover = score / asked.norm[ours], score / ready.norm[theirs]
    return np.asarray((cosine >= 0.35) | (cover >= 0.55) | ((cosine >= 0.2) & (cover >= 0.4)))


def _begun(asked: Asked, memory: Memory) -> Array:
    """Names that may have been cut off: listed names that begin with the whole of them."""
    ready, found = memory.ready, []
    names, order = len(ready.arrays["party"]), ready.arrays["whole_order"]
    for n in np.flatnonzero((asked.raw_length >= 14) & (asked.raw_length <= 36) & (asked.lengths > 0)).tolist():
        text = asked.whole[n]
        low = bisect.bisect_left(ready.whole, text)
        if len(text) >= 10 and low < names and ready.whole[low].startswith(text):
            high = bisect.bisect_left(ready.whole, text + "~")
            found += [n * names + int(place) for place in order[low : min(high, low + 12)]]
    return np.array(found, np.int64)


def _acronyms(asked: Asked, memory: Memory) -> Array:
    """Names that are the initials of a listed name, and the other way round; not where more than a dozen share them."""
    ready, found = memory.ready, []
    names = len(ready.arrays["party"])
    for n in np.flatnonzero(asked.lengths == 1).tolist():
        word = memory.words[asked.token_word[asked.start[n]]]
        if 3 <= len(word) <= 9 and word.isalpha() and len(hits := ready.shorts.get(word, ())) <= 12:
            found += [n * names + hit for hit in hits]
    first = memory.columns["first"].astype(np.uint32)
    for n in np.flatnonzero((asked.lengths >= 3) & (asked.lengths <= 9)).tolist():
        letters = "".join(map(chr, first[asked.token_word[asked.start[n] : asked.start[n + 1]]].tolist()))
        found += [n * names + hit for hit in ready.single.get(letters, ())[:6]]
    return np.array(sorted(set(found)), np.int64)
