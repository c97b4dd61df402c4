"""From the words of names to the listed names worth comparing: the inner loops of :mod:`custodes.findings.name_pairs`."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from custodes.findings.name_bytes import PRIME, SEED, hash_of, same
from custodes.findings.name_kernel import Array, entry, inner
from custodes.findings.name_learn import VOCABULARY, Vocabulary, find

TOP = 8
"""Listed names that the shared words bring for each name."""

MORE = 12
"""Listed names that a beginning, and that initials, bring at most."""

COSINE, COVER, BOTH_COSINE, BOTH_COVER = np.float32(0.35), np.float32(0.55), np.float32(0.2), np.float32(0.4)
"""Most of the weight of one of the two names must have met, or a good part of both."""

FIGURES = ("cosine", "cover", "score", "to_best", "rank", "our_weight", "their_weight", "our_words", "their_words")
"""What the gate sees of a pair."""


class Columns(NamedTuple):
    """The columns of words that cutting a name into its core needs."""

    form: Array
    legal: Array
    stop: Array
    mark: Array
    weight: Array
    place: Array
    length: Array


COLUMNS = "i8[:] b1[:] b1[:] b1[:] f4[:] i8[:] i4[:]"


@entry("i8", "i4[:] i8[:]", (Columns, COLUMNS), "i8[:]! i8[:]! i8[:]! i4[:]! i8[:]! f4[:]! f4[:]!")
def cores(token: Any, token_end: Any, c: Any, form: Any, marks: Any, start: Any, word: Any, position: Any, total: Any, norm: Any) -> Any:
    """The words of each name that tell it from others (without legal forms and small words, unless nothing else is left), and what is told by the others."""
    size, low = 0, 0
    for n in range(len(token_end)):
        high, start[n] = token_end[n], size
        for level in range(3):
            for at in range(low, high):
                w = token[at]
                if level == 2 or (not c.stop[w] and (level == 1 or not c.legal[w])):
                    word[size] = w
                    size += 1
            if size > start[n]:
                break
        mask, marked, sum_, squares = 0, 0, 0.0, 0.0
        for at in range(low, high):
            mask |= c.form[token[at]]
            marked += 1 if c.mark[token[at]] else 0
        for at in range(start[n], size):
            weight = c.weight[word[at]]
            position[at] = at - start[n]
            sum_ += weight
            squares += np.float64(weight * weight)
        form[n], marks[n], total[n], norm[n] = mask, marked, sum_, max(np.sqrt(squares), 1e-6)
        low = high
    start[len(token_end)] = size
    return size


@entry("i8", "i8[:] i4[:] u1[:] i8[:]", (Columns, COLUMNS), (Vocabulary, VOCABULARY), "u1[:]! i4[:]! i4[:]! i8[:]!")
def joined(start: Any, word: Any, pool: Any, begin: Any, c: Any, v: Any, both: Any, out: Any, out_name: Any, out_position: Any) -> Any:
    """Neighbours that are one listed word when written together; tried where one of them is unknown or short."""
    size = 0
    for n in range(len(start) - 1):
        for at in range(start[n], start[n + 1] - 1):
            a, b = word[at], word[at + 1]
            first, second = c.length[a], c.length[b]
            if (c.place[a] < 0 or first <= 3 or c.place[b] < 0 or second <= 3) and first + second <= len(both):
                for k in range(first):
                    both[k] = pool[begin[a] + k]
                for k in range(second):
                    both[first + k] = pool[begin[b] + k]
                found = find(both, 0, first + second, v.pool, v.begin, v.hashes, v.slots, v.listed)
                if found >= 0:
                    out[size], out_name[size], out_position[size] = found, n, at - start[n]
                    size += 1
    return size


@entry("i8", "i8[:] i4[:] i4[:] i4[:] i8[:] i4[:] i4[:] i4[:] f4[:] i8[:]! i8[:]! i8[:]!")
def gathered(start: Any, word: Any, more: Any, more_name: Any, more_position: Any, entry_begin: Any, entry_count: Any, place: Any, like: Any, end: Any, span: Any, remembered: Any) -> Any:
    """(span, entry in memory) of each name sorted by listed word, the most alike where two spans of a name stand for the same one. Spans are words, then joined ones."""
    size, extra, words = 0, 0, len(word)
    for n in range(len(start) - 1):
        first = size
        last = extra
        while last < len(more) and more_name[last] == n:
            last += 1
        many = start[n + 1] - start[n]
        for k in range(many + last - extra):
            own = k < many
            s = start[n] + k if own else words + extra + k - many
            w = word[start[n] + k] if own else more[extra + k - many]
            position = k if own else more_position[extra + k - many]
            for e in range(entry_begin[w], entry_begin[w] + entry_count[w]):
                at = first
                while at < size and place[remembered[at]] < place[e]:
                    at += 1
                if at < size and place[remembered[at]] == place[e]:
                    old = remembered[at]
                    was = span[at] - start[n] if span[at] < words else more_position[span[at] - words]
                    if like[e] > like[old] or (like[e] == like[old] and position < was):
                        span[at], remembered[at] = s, e
                else:
                    for k_ in range(size, at, -1):
                        span[k_], remembered[k_] = span[k_ - 1], remembered[k_ - 1]
                    span[at], remembered[at] = s, e
                    size += 1
        extra = last
        end[n] = size
    return size


@entry("-", "u1[:] i8[:] i8[:] i4[:] u1[:] i8[:] u8[:] b1[:]!")
def among(whole: Any, whole_end: Any, start: Any, word: Any, pool: Any, begin: Any, wanted: Any, found: Any) -> None:
    """Which names may be among those wanted (sorted hashes): all letters of a name, or those of its core words."""
    for n in range(len(found)):
        h = SEED
        for at in range(whole_end[n - 1] if n else 0, whole_end[n]):
            h = (h ^ np.uint64(whole[at])) * PRIME
        c = SEED
        for k in range(start[n], start[n + 1]):
            for at in range(begin[word[k]], begin[word[k] + 1]):
                c = (c ^ np.uint64(pool[at])) * PRIME
        h ^= h >> np.uint64(32)
        c ^= c >> np.uint64(32)
        for k in range(len(wanted)):
            found[n] = found[n] or wanted[k] == h or wanted[k] == c


class Search(NamedTuple):
    """Listed names by word: those that bear word w are ``name[begin[w]:begin[w + 1]]``, with the share ``value`` of the word in the name; ``norm``: weight of
    listed names, ``words``: their number of words."""

    begin: Array
    name: Array
    value: Array
    idf: Array
    norm: Array
    words: Array


SEARCH = "i4[:] i4[:] f4[:] f4[:] f4[:] i8[:]"


@entry("i8", "i8[:] i8[:] i4[:] f4[:] i8[:] f4[:]", (Search, SEARCH), "b1 f4[:]! i4[:]! i8[:]! f4[:]! i8[:]! i8[:]! f4[:,:]!")
def pick(end: Any, remembered: Any, place: Any, like: Any, start: Any, norm: Any, s: Any, quick: Any, sums: Any, touched: Any, best: Any, score: Any, ours: Any, theirs: Any, figure: Any) -> Any:
    """For each name the ``TOP`` listed names that share the rarest words, with the figures of the gate; ``quick``: without those of which little met.
    Ties go to the listed name that comes first. ``sums`` is zero before and after."""
    size, low = 0, 0
    for n in range(len(end)):
        count, many = 0, 0
        for at in range(low, end[n]):
            w = place[remembered[at]]
            value = like[remembered[at]] * s.idf[w]
            for k in range(s.begin[w], s.begin[w + 1]):
                name = s.name[k]
                if sums[name] == 0:
                    touched[count] = name
                    count += 1
                sums[name] += value * s.value[k]
        low = end[n]
        for k in range(count):
            name = np.int64(touched[k])
            value = sums[name]
            sums[name] = 0
            if many == TOP and (value < score[TOP - 1] or (value == score[TOP - 1] and name > best[TOP - 1])):
                continue
            at = many if many < TOP else TOP - 1
            while at > 0 and (value > score[at - 1] or (value == score[at - 1] and name < best[at - 1])):
                if at < TOP:
                    score[at], best[at] = score[at - 1], best[at - 1]
                at -= 1
            score[at], best[at] = value, name
            many = min(many + 1, TOP)
        for k in range(many):
            name = best[k]
            cosine, cover = score[k] / norm[n], score[k] / s.norm[name]
            if quick and not (cosine >= COSINE or cover >= COVER or (cosine >= BOTH_COSINE and cover >= BOTH_COVER)):
                continue
            ours[size], theirs[size] = n, name
            f = figure[size]
            f[0], f[1], f[2], f[3], f[4] = cosine, cover, score[k], score[k] / max(score[0], np.float32(1e-6)), k
            f[5], f[6], f[7], f[8] = norm[n], s.norm[name], start[n + 1] - start[n], s.words[name]
            size += 1
    return size


class Whole(NamedTuple):
    """Listed names in the order of their letters: bytes, where each begins, its number; then who bears initials (``short_*``, by word) and who is a single word;
    ``seen``: can a listed name begin with letters of this hash (:func:`beginnings`)?"""

    pool: Array
    begin: Array
    order: Array
    short_begin: Array
    short_name: Array
    single_begin: Array
    single_name: Array
    seen: Array


WHOLE = "u1[:] i8[:] i4[:] i4[:] i4[:] i4[:] i4[:] b1[:]"

CUT = 10
"""Letters that a name which may have been cut off has at least."""

BEGINNINGS = np.uint64((1 << 20) - 1)
"""Bits of the hash of the first ``CUT`` letters by which a name is known to begin no listed one."""


@entry("-", "u1[:] i8[:] b1[:]!")
def beginnings(pool: Any, begin: Any, seen: Any) -> None:
    """Mark the hashes of the first letters of all listed names that are long enough."""
    for n in range(len(begin) - 1):
        if begin[n + 1] - begin[n] >= CUT:
            seen[hash_of(pool, begin[n], begin[n] + CUT) & BEGINNINGS] = True


@inner
def _stands_before(w: Any, at: Any, text: Any, low: Any, high: Any, tail: Any) -> Any:
    start = w.begin[at]
    size, length = w.begin[at + 1] - start, high - low + tail
    for n in range(min(size, length)):
        letter = text[low + n] if n < high - low else np.uint8(126)
        if w.pool[start + n] != letter:
            return w.pool[start + n] < letter
    return size < length


@inner
def _bisect(w: Any, text: Any, low: Any, high: Any, tail: Any, least: Any) -> Any:
    most = len(w.order)
    while least < most:
        middle = (least + most) // 2
        if _stands_before(w, middle, text, low, high, tail):
            least = middle + 1
        else:
            most = middle
    return least


@inner
def _add(found: Any, low: Any, size: Any, name: Any) -> Any:
    """Add to a sorted list, once; the new size."""
    at = size
    while at > low and found[at - 1] >= name:
        at -= 1
    if at < size and found[at] == name:
        return size
    for k in range(size, at, -1):
        found[k] = found[k - 1]
    found[at] = name
    return size + 1


@entry(
    "i8", "i4[:] i8[:] i4[:] u1[:] i8[:] u1[:] i8[:]", (Columns, COLUMNS), (Vocabulary, VOCABULARY), (Whole, WHOLE), "i8[:] i8[:] u1[:]! i8[:]! i8[:]! i8[:]! b1[:]!"
)  # fmt: skip
def gate_passed(raw: Any, start: Any, word: Any, whole: Any, whole_end: Any, pool: Any, begin: Any, c: Any, v: Any, w: Any, picked: Any, picked_theirs: Any, letters: Any, hits: Any, ours: Any, theirs: Any, acronym: Any) -> Any:
    """All pairs sorted, each once: those picked, listed names that begin with the whole of a name that may have been cut off, initials."""
    size, at = 0, 0
    for n in range(len(raw)):
        first = size
        while at < len(picked) and picked[at] == n:
            size = _add(theirs, first, size, picked_theirs[at])
            at += 1
        many = start[n + 1] - start[n]
        low, high = whole_end[n - 1] if n else 0, whole_end[n]
        if 14 <= raw[n] <= 36 and many > 0 and high - low >= CUT and w.seen[hash_of(whole, low, low + CUT) & BEGINNINGS]:
            least = _bisect(w, whole, low, high, 0, 0)
            if least < len(w.order) and w.begin[least + 1] - w.begin[least] >= high - low and same(whole, low, high, w.pool, w.begin[least], w.begin[least] + high - low):
                for k in range(least, min(_bisect(w, whole, low, high, 1, least), least + 12)):
                    size = _add(theirs, first, size, np.int64(w.order[k]))
        count = 0
        if many == 1:
            own = word[start[n]]
            fit = own < v.known and 3 <= c.length[own] <= 9
            for k in range(begin[own], begin[own + 1]):
                fit = fit and 97 <= pool[k] <= 122
            if fit and w.short_begin[own + 1] - w.short_begin[own] <= 12:
                for k in range(w.short_begin[own], w.short_begin[own + 1]):
                    count = _add(hits, 0, count, np.int64(w.short_name[k]))
        elif 3 <= many <= 9:
            for k in range(many):
                letters[k] = pool[begin[word[start[n] + k]]]
            single = find(letters, 0, many, v.pool, v.begin, v.hashes, v.slots, v.listed)
            if single >= 0:
                for k in range(w.single_begin[single], min(w.single_begin[single + 1], w.single_begin[single] + 6)):
                    count = _add(hits, 0, count, np.int64(w.single_name[k]))
        for k in range(count):
            size = _add(theirs, first, size, hits[k])
        for k in range(first, size):
            ours[k], acronym[k] = n, False
            for h in range(count):
                acronym[k] = acronym[k] or theirs[k] == hits[h]
    return size
