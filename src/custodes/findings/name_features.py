"""What speaks for and against two names being one, as numbers: one row per pair, one column per feature, worked out for a whole batch at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from rapidfuzz import process
from rapidfuzz.distance import Indel, JaroWinkler, Prefix
from scipy import sparse

from custodes.findings.name_memory import BEGUN, SAME, SPLIT, Memory
from custodes.findings.name_pairs import Asked

Array = np.ndarray[Any, Any]


def group_max(values: Array, groups: Array, size: int, default: float = 0.0) -> Array:
    """The greatest of the values of each (sorted) group."""
    found = np.full(size, default, np.float32)
    if len(values):
        start = np.flatnonzero(np.concatenate([[True], groups[1:] != groups[:-1]]))
        found[groups[start]] = np.maximum.reduceat(values, start)
    return found


def group_min(values: Array, groups: Array, size: int, default: float = 0.0) -> Array:
    """The least of the values of each (sorted) group."""
    return -group_max(-values, groups, size, -default)


def _spread(start: Array, chosen: Array) -> tuple[Array, Array, Array]:
    """Rows ``start[n]:start[n + 1]`` of each chosen n: (place among the chosen, row), and where each chosen one begins."""
    many = start[chosen + 1] - start[chosen]
    begin = np.concatenate([[0], np.cumsum(many)])
    return np.repeat(np.arange(len(chosen)), many), np.repeat(start[chosen] - begin[:-1], many) + np.arange(begin[-1]), begin


class Alignment:
    """Which of our words met which of theirs, for every pair of a batch."""

    def __init__(self, asked: Asked, memory: Memory, ours: Array, theirs: Array) -> None:
        ready, a = memory.ready, memory.ready.arrays
        self.asked, self.memory, self.ours, self.theirs, self.size = asked, memory, ours, theirs, len(ours)
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


def features(asked: Asked, memory: Memory, ours: Array, theirs: Array, acronym: Array) -> tuple[dict[str, Array], Alignment]:
    """All features of all pairs. Weights of words are logarithms: a word that one organisation in a thousand bears weighs 6.9."""
    met = Alignment(asked, memory, ours, theirs)
    whole = [asked.whole[n] for n in ours.tolist()], memory.ready.texts["whole"].take(pa.array(theirs)).to_pylist()
    found = {**_words(met), **_where(met), **_kinds(met), **_forms(met), **_letters(met, *whole)}
    found["acronym"] = acronym
    found["whole_same"], found["only_places"] = _same(*whole), _only_places(met)
    found |= _rivals(met, found["cover_l"] * found["cover_q"])
    return found, met


def _same(ours: list[str], theirs: list[str]) -> Array:
    """Are the two names the same letters, legal form and all?"""
    return np.fromiter(map(str.__eq__, ours, theirs), bool, len(ours))


def _only_places(m: Alignment) -> Array:
    """Is something left of ours, and nothing but names of places?"""
    place = m.memory.columns["region"][m.asked.token_word[m.ours_token]]
    left = m.met == 0
    some, other = np.bincount(m.row, left, minlength=m.size), np.bincount(m.row, left & ~place, minlength=m.size)
    return np.asarray((some > 0) & (other == 0))


def _words(m: Alignment) -> dict[str, Array]:
    """How much of each name met, and the heaviest words that did and did not."""
    n, ready, a = m.size, m.memory.ready, m.memory.ready.arrays
    total_l, total_q = np.maximum(ready.total[m.theirs], 1e-6), np.maximum(m.asked.total[m.ours], 1e-6)
    hit = np.bincount(m.pair, m.weight * m.like, minlength=n)
    left_q, left_l = np.where(m.met == 0, m.our_weight, 0), np.where(m.their_met == 0, m.their_weight, 0)
    left_anywhere = np.where(m.met_anywhere == 0, m.our_weight, 0)
    cover_l, cover_q = hit / total_l, np.bincount(m.row, m.our_weight * m.met, minlength=n) / total_q
    most_q, most_l = group_max(left_q, m.row, n), group_max(left_l, m.their_row, n)
    exact = m.like >= 0.999
    return {
        "cover_l": cover_l, "cover_q": cover_q, "cover_h": 2 * cover_l * cover_q / np.maximum(cover_l + cover_q, 1e-6), "hit": hit,
        "cover_party": np.bincount(m.row, m.our_weight * m.met_anywhere, minlength=n) / total_q,
        "most_q": most_q, "most_l": most_l, "most_both": np.minimum(most_q, most_l), "most_party": group_max(left_anywhere, m.row, n),
        "left_q": np.bincount(m.row, left_q, minlength=n), "left_l": np.bincount(m.their_row, left_l, minlength=n),
        "count_left_q": np.bincount(m.row, m.met == 0, minlength=n), "count_left_l": np.bincount(m.their_row, m.their_met == 0, minlength=n),
        "core_left_l": group_max(np.where(m.their_met == 0, m.their_weight * ready.share[m.their_entry], 0), m.their_row, n),
        "usual_left_l": group_max(np.where(m.their_met == 0, 9 - np.log1p(a["usual"][a["token"][m.their_entry]]), 0).astype(np.float32), m.their_row, n),
        "most_hit": group_max(m.weight * exact, m.pair, n), "most_near": group_max(m.weight * ~exact, m.pair, n),
        "least_like": group_min(m.like, m.pair, n, 1.0), "least_like_rare": group_min(np.where(m.weight >= 5, m.like, 1), m.pair, n, 1.0),
        "bearers": group_min(np.log1p(a["bearers"][m.token]).astype(np.float32), m.pair, n, 9.0),
        "usual": group_min(np.log1p(a["usual"][m.token]).astype(np.float32), m.pair, n, 9.0),
        "words_q": m.asked.lengths[m.ours], "words_l": np.diff(a["start"])[m.theirs], "names": ready.names_of[a["party"][m.theirs]],
        "same_core": ready.same_core[m.theirs], "script": a["script"][m.theirs],
    }  # fmt: skip


def _kinds(m: Alignment) -> dict[str, Array]:
    """How words met, and what kind of words did not."""
    n, columns = m.size, m.memory.columns
    word = m.asked.token_word[m.ours_token]
    alone, usual, weight = m.met == 0, columns["usual"][word], m.our_weight
    known = (usual + columns["bearers"][word]) > 0
    return {
        "count_hit": np.bincount(m.pair, minlength=n), "count_near": np.bincount(m.pair, m.like < 0.999, minlength=n),
        "count_begun": np.bincount(m.pair, m.how == BEGUN, minlength=n), "count_joined": np.bincount(m.pair, (m.how == SPLIT) | m.wide, minlength=n),
        "count_table": np.bincount(m.pair, (m.how == SAME) & ~m.wide & columns["canon"][m.asked.token_word[np.minimum(m.span, len(m.asked.token_word) - 1)]], minlength=n),
        "left_known": group_max(np.where(alone & known, weight, 0).astype(np.float32), m.row, n),
        "left_new": group_max(np.where(alone & ~known, weight, 0).astype(np.float32), m.row, n),
        "left_usual": group_max(np.where(alone & (usual > 0), 9 - usual, 0).astype(np.float32), m.row, n),
        "left_letters": group_max(np.where(alone, columns["length"][word], 0).astype(np.float32), m.row, n),
    }  # fmt: skip


def _where(m: Alignment) -> dict[str, Array]:
    """Where in the names words met: order, neighbours, what stands before, between and after."""
    n = m.size
    order = np.lexsort((m.position, m.pair))
    pair, there = m.pair[order], m.their_position[order]
    next_ = pair[1:] == pair[:-1]
    found: dict[str, Array] = {
        "turned": np.bincount(pair[1:], (there[1:] < there[:-1]) & next_, minlength=n) if n else np.zeros(0),
        "beside": np.bincount(pair[1:], (there[1:] == there[:-1] + 1) & next_, minlength=n) if n else np.zeros(0),
        "first": np.bincount(m.pair, (m.position == 0) & (m.their_position == 0), minlength=n) > 0,
        "first_q": group_min(m.position.astype(np.float32), m.pair, n, 9), "first_l": group_min(m.their_position.astype(np.float32), m.pair, n, 9),
    }
    ours = _parts("q", m.row, m.asked.token_position[m.ours_token], m.met == 0, m.our_weight, n)
    theirs = _parts("l", m.their_row, m.memory.ready.arrays["position"][m.their_entry], m.their_met == 0, m.their_weight, n)
    swapped = np.maximum.reduce([np.minimum(ours[f"{part}_q"], theirs[f"{part}_l"]) for part in ("before", "between", "after")])
    return {**found, **ours, **theirs, "swapped": swapped}


def _parts(side: str, row: Array, position: Array, alone: Array, weight: Array, n: int) -> dict[str, Array]:
    first = group_min(np.where(alone, 99, position).astype(np.float32), row, n, 99)
    last = group_max(np.where(alone, -1, position).astype(np.float32), row, n, -1)
    before = np.bincount(row, np.where(alone & (position < first[row]), weight, 0), minlength=n)
    after = np.bincount(row, np.where(alone & (position > last[row]), weight, 0), minlength=n)
    everywhere = np.bincount(row, np.where(alone, weight, 0), minlength=n)
    return {f"before_{side}": before, f"between_{side}": everywhere - before - after, f"after_{side}": after}


def _forms(m: Alignment) -> dict[str, Array]:
    """Legal forms, numbers, and words such as "trading as"."""
    a, texts = m.memory.ready.arrays, m.memory.ready.texts
    ours, theirs = m.asked.form[m.ours], a["form"][m.theirs]
    both, same = (ours != 0) & (theirs != 0), (ours & theirs) != 0
    digit = m.memory.columns["digit"][m.asked.token_word]
    has_q = np.bincount(np.repeat(np.arange(len(m.asked.lengths)), m.asked.lengths)[digit], minlength=len(m.asked.lengths)) > 0
    digits = texts["digits"].take(pa.array(m.theirs)).to_pylist()
    number = np.zeros(m.size, np.float32)
    for n in np.flatnonzero(has_q[m.ours] | np.fromiter((text != "" for text in digits), bool, m.size)).tolist():
        mine = " ".join(sorted({word for word in m.asked.core(m.memory, int(m.ours[n])) if word.isdigit()}))
        number[n] = 3 if mine == digits[n] else 2 if mine and digits[n] else 1 if mine else -1
    return {
        "form_same": both & same, "form_other": both & ~same, "form_q": (ours != 0) & (theirs == 0), "form_l": (ours == 0) & (theirs != 0),
        "number": number, "marks_q": m.asked.marks[m.ours], "marks_l": a["marked"][m.theirs],
    }  # fmt: skip


def _letters(m: Alignment, whole_q: list[str], whole_l: list[str]) -> dict[str, Array]:
    """How alike the names are letter by letter, without blanks, and how alike what did not meet is."""
    texts, memory = m.memory.ready.texts, m.memory
    compact = ["".join(m.asked.core(memory, n)) for n in range(len(m.asked.names))] if m.size else []
    ours, theirs = [compact[n] for n in m.ours.tolist()], texts["compact"].take(pa.array(m.theirs)).to_pylist()
    indel = process.cpdist(ours, theirs, scorer=Indel.normalized_similarity, dtype=np.float32)
    length_q, length_l = np.fromiter(map(len, ours), np.int32, m.size), np.fromiter(map(len, theirs), np.int32, m.size)
    common = indel * (length_q + length_l) / 2
    begins = process.cpdist(whole_q, whole_l, scorer=Prefix.similarity, dtype=np.int32)
    size_q, size_l = np.fromiter(map(len, whole_q), np.int32, m.size), np.fromiter(map(len, whole_l), np.int32, m.size)
    raw = m.asked.raw_length[m.ours]
    return {
        "jaro": process.cpdist(ours, theirs, scorer=JaroWinkler.normalized_similarity, dtype=np.float32), "letters": indel,
        "common_q": common / np.maximum(length_q, 1), "common_l": common / np.maximum(length_l, 1), "length_q": length_q, "length_l": length_l,
        "begins_q": begins / np.maximum(size_q, 1), "begins_l": begins / np.maximum(size_l, 1), "raw_length": raw, **_remains(m),
    }  # fmt: skip


def _remains(m: Alignment) -> dict[str, Array]:
    """What is left of both names, compared letter by letter; 0 where one of them met whole."""
    memory, ready, a = m.memory, m.memory.ready, m.memory.ready.arrays
    alone = np.flatnonzero((np.bincount(m.row, m.met == 0, minlength=m.size) > 0) & (np.bincount(m.their_row, m.their_met == 0, minlength=m.size) > 0))
    found = {"rest_jaro": np.zeros(m.size, np.float32), "rest_letters": np.zeros(m.size, np.float32)}
    if len(alone):
        ours = _joined(m.row, m.met, m.asked.token_word[m.ours_token], memory.words, alone)
        # their words stand in the order of the vocabulary: bring them into the order of the name first
        order = np.lexsort((a["position"][m.their_entry], m.their_row))
        theirs = _joined(m.their_row[order], m.their_met[order], a["token"][m.their_entry[order]], ready.words, alone)
        found["rest_jaro"][alone] = process.cpdist(ours, theirs, scorer=JaroWinkler.normalized_similarity, dtype=np.float32)
        found["rest_letters"][alone] = process.cpdist(ours, theirs, scorer=Indel.normalized_similarity, dtype=np.float32)
    return found


def _joined(row: Array, met: Array, word: Array, words: list[str], wanted: Array) -> list[str]:
    """The words that did not meet, joined, for the wanted pairs."""
    left = met == 0
    row, texts = row[left], [words[n] for n in word[left].tolist()]
    low, high = np.searchsorted(row, wanted, "left").tolist(), np.searchsorted(row, wanted, "right").tolist()
    return ["".join(texts[i:j]) for i, j in zip(low, high, strict=True)]


def _rivals(m: Alignment, quick: Array) -> dict[str, Array]:
    """How the pair stands among the other pairs of the same name: another party that fits as well speaks against both."""
    names, party = len(m.asked.names), m.memory.ready.arrays["party"][m.theirs]
    key, back, same = np.unique(m.ours * (int(party.max(initial=0)) + 1) + party, return_inverse=True, return_counts=True)
    best = np.zeros(len(key))
    np.maximum.at(best, back, quick)
    owner = key // (int(party.max(initial=0)) + 1)
    order = np.lexsort((-best, owner))
    owner, ranked = owner[order], best[order]
    first = np.flatnonzero(np.concatenate([[True], owner[1:] != owner[:-1]])) if len(owner) else np.zeros(0, np.int64)
    top, second = np.zeros(names), np.zeros(names)
    top[owner[first]] = ranked[first]
    after = first + 1
    after = after[after < len(owner)]
    after = after[owner[after] == owner[after - 1]]
    second[owner[after]] = ranked[after]
    mine = best[back]
    return {
        "quick": quick, "behind": quick - top[m.ours], "ahead": mine - np.where(mine >= top[m.ours], second[m.ours], top[m.ours]),
        "candidates": np.bincount(m.ours, minlength=names)[m.ours], "same_party": same[back],
    }  # fmt: skip


def matrix(found: dict[str, Array], names: list[str]) -> Array:
    """Features as a float32 matrix, one row per feature (so that a column of thresholds runs over contiguous numbers)."""
    return np.ascontiguousarray(np.stack([np.asarray(found[name], np.float32) for name in names])) if names else np.zeros((0, 0), np.float32)
