"""More that speaks for and against two names being one: the same common words in another order, what kind of words differ, and who else fits as well.

Everything here depends on a name, a listed name and the index alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from custodes.findings import name_features
from custodes.findings.name_features import PLACE, Alignment, Features
from custodes.findings.name_index import Ready
from custodes.findings.name_kernel import entry, inner, reading
from custodes.findings.name_learn import HEARD, TYPED
from custodes.findings.name_look import bundles
from custodes.findings.name_memory import Memory
from custodes.findings.name_pairs import Asked
from custodes.findings.name_weigh import KNOWN, LISTED, OURS, Known, Listed, Ours

Array = np.ndarray[Any, Any]

SURE = 0.8
"""How alike a word of ours and a listed one are when the one is taken for the other without looking at the rest of the name."""

FEW = 12
"""Listed names of the very same words that are compared at most."""

HEAVY = np.float32(6.5)
"""Weight from which a word tells a firm from others: about one firm in seven hundred bears it."""

LONG_NUMBER = 4
"""Digits from which a number beside a name is an account, a room or a phone and no part of it."""


FURTHER = ("near_known", "near_length", "left_own", "count_own", "met_after", "left_number", "place_q", "close", "close_ahead", "letters_ahead", "begun_parties", "inside", "inside_ahead", "around", "number_q", "number_l", "form_kind")
"""Features of this module. A word that nearly met: how many firms bear it as it stands ("Eastbourne" is no typing error of "Eastburn"), and its letters. Of our words
that did not meet: the heaviest that is no place, no long number and does not follow "trading as" or the like, and how many heavy ones; how many words met that follow
such a mark; long numbers; places. Then words with legal forms and the first letters in one figure, how far that is ahead of other parties, how far the letters are, and how
many parties have a name that begins with the whole of ours. ``inside``: the share of our letters that is the whole listed name, legal form and all, in one piece ("PAYMENT TO Volna
Ltd"), and how far that is ahead of other parties; ``around``: the share of theirs that is the whole of ours.
``number_q, number_l``: numbers, in digits or words, that did not meet; ``form_kind``: one is a company and the other a charity by their legal forms."""

QUICK, FORM_SAME, FORM_OTHER, BEGINS_L, BEGINS_Q, LETTERS, LENGTH_Q, LENGTH_L = (
    PLACE[name] for name in ("quick", "form_same", "form_other", "begins_l", "begins_q", "letters", "length_q", "length_l")
)
ALL = np.float32(0.999)

CHARITY = "ngo"
"""The class of legal forms of bodies that are no companies."""

NEAR_NONE = 40
"""``near_length`` where no word met by a typing error or by ear."""

PIECE = 5
"""Letters from which a name that stands whole in another is no accident."""


def mixed(numbers: Array) -> Array:
    """Numbers of words spread over 64 bits, so that a sum of them stands for a set of words (the finaliser of SplitMix64)."""
    with np.errstate(over="ignore"):
        value = (numbers.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        return value ^ (value >> np.uint64(27))


def sums(row: Array, token: Array, rows: int) -> Array:
    """One number per row for the set of its words."""
    found = np.zeros(rows, np.uint64)
    with np.errstate(over="ignore"):
        np.add.at(found, row, mixed(token))
    return found


def word_sets(ready: Ready) -> tuple[Array, Array]:
    """The sums of all listed names, sorted, and the names in that order."""
    found = sums(ready.arrays["row"], ready.arrays["token"], len(ready.arrays["party"]))
    order = np.argsort(found, kind="stable")
    return found[order], order


@inner
def _mixed(number: Any) -> Any:
    """:func:`mixed` of one number."""
    value = (number + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    return value ^ (value >> np.uint64(27))


def same_words(asked: Asked, memory: Memory, sets: tuple[Array, Array]) -> tuple[Array, Array]:
    """(name, listed name) of those that have the same words in any order, typing errors forgiven. Rare words bring such pairs up anyway; this is for
    names of common words alone, which thousands share one by one."""
    found, known = np.zeros(len(asked.names), np.uint64), np.zeros(len(asked.names), bool)
    _sums(asked.start, asked.token_word, memory.entry_begin, memory.entry_count, memory.place, memory.like, found, known)
    ours = np.flatnonzero(known)
    low, high = np.searchsorted(sets[0], found[ours], "left"), np.searchsorted(sets[0], found[ours], "right")
    many = np.minimum(high - low, FEW)
    return np.repeat(ours, many), sets[1][np.repeat(low - np.cumsum(many) + many, many) + np.arange(many.sum())]


@entry("-", "i8[:] i4[:] i4[:] i4[:] i4[:] f4[:] u8[:]! b1[:]!")
def _sums(start: Any, word: Any, entry_begin: Any, entry_count: Any, place: Any, like: Any, found: Any, known: Any) -> None:
    """For each name the sum of :func:`mixed` over the listed words it stands for, each once, and whether all its words are listed ones (``SURE``)."""
    for n in range(len(found)):
        total, sure = np.uint64(0), start[n] < start[n + 1]
        for k in range(start[n], start[n + 1]):
            first = entry_begin[word[k]]
            if entry_count[word[k]] == 0 or like[first] < SURE:
                sure = False
                break
            again = False
            for other in range(start[n], k):
                again = again or place[entry_begin[word[other]]] == place[first]
            if not again:
                total += _mixed(np.uint64(place[first]))
        found[n], known[n] = total, sure


def with_same_words(asked: Asked, memory: Memory, found: tuple[Array, Array, Array], sets: tuple[Array, Array]) -> tuple[Array, Array, Array]:
    """Pairs (name, listed name, is it an acronym) with those of the same words added, sorted, each once."""
    listed = max(len(memory.ready.arrays["party"]), 1)
    more = same_words(asked, memory, sets)
    key, before = more[0] * listed + more[1], found[0] * listed + found[1]
    key = np.unique(key)
    at = np.searchsorted(before, key)
    key = key[(at == len(before)) | (before[np.minimum(at, max(len(before) - 1, 0))] != key)] if len(before) else key
    if not len(key):
        return found
    everything = np.concatenate([before, key])
    order = np.argsort(everything, kind="stable")
    acronym = np.concatenate([found[2], np.zeros(len(key), bool)])[order]
    return everything[order] // listed, everything[order] % listed, acronym


def features(asked: Asked, memory: Memory, ours: Array, theirs: Array, acronym: Array) -> tuple[Features, Alignment]:
    """All features of all pairs (sorted by our name): those of :func:`name_features.features` and ``FURTHER``."""
    found, met = name_features.features(asked, memory, ours, theirs, acronym)
    mine, words, longest = bundles(asked, memory)
    out = np.empty((len(ours), len(FURTHER)), np.float32)
    mark, numeral = reading(memory.columns["mark"]), reading(memory.columns["numeral"])
    most = max(len(ours), 1)
    charity = 1 << memory.ready.classes[CHARITY] if CHARITY in memory.ready.classes else 0
    _further(ours, theirs, mine, words, memory.ready.sides, mark, numeral, charity, found.rows, np.empty(longest + 2, np.float32), np.empty(most, np.float32), np.empty(most, np.float32), np.empty(most, np.float32), out)
    found.update({name: out[:, n] for n, name in enumerate(FURTHER)})
    return found, met


@inner
def _kinds(f: Any, n: Any, m: Any, o: Any, x: Any, y: Any, mark: Any, numeral: Any, charity: Any, met: Any) -> None:
    """What ``FURTHER`` says of words, numbers and legal forms."""
    start, many, tokens = o.start[n], o.start[n + 1] - o.start[n], len(o.word)
    known, length, at, end, met_numbers = np.float32(0), NEAR_NONE, y.start[m], y.start[m + 1], 0
    for k in range(many):
        met[k] = 0
    for e in range(o.entry_end[n - 1] if n else 0, o.entry_end[n]):
        entry_ = o.entry_memory[e]
        place = x.place[entry_]
        while at < end and y.token[at] < place:
            at += 1
        if at == end:
            break
        if y.token[at] == place:
            met_numbers += 1 if numeral[place] else 0
            span = o.entry_span[e]
            position = span - start if span < tokens else o.joined_position[span - tokens]
            met[position] = max(met[position], x.like[entry_])
            if span >= tokens:
                met[position + 1] = max(met[position + 1], x.like[entry_])
            elif x.how[entry_] == TYPED or x.how[entry_] == HEARD:
                word = o.word[span]
                known, length = max(known, x.usual[word] + x.bearers[word]), min(length, x.length[word])
    own, heavy, after, numbers, places, ordinals, marked = np.float32(0), 0, 0, 0, 0, 0, False
    for k in range(many):
        word = o.word[start + k]
        marked = marked or mark[word]
        ordinals += 1 if met[k] == 0 and numeral[word] and not marked else 0
        if met[k] > 0:
            after += 1 if marked and not mark[word] else 0
        elif x.region[word]:
            places += 1
        elif x.digit[word] and x.length[word] >= LONG_NUMBER:
            numbers += 1
        elif not marked:
            own = max(own, x.weight[word])
            heavy += 1 if x.weight[word] >= HEAVY else 0
    theirs = -met_numbers
    for k in range(y.start[m], y.start[m + 1]):
        theirs += 1 if numeral[y.token[k]] else 0
    f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[14], f[15] = known, length, own, heavy, after, numbers, places, ordinals, theirs
    form, other = o.form[n], y.form[m]
    f[16] = form != 0 and other != 0 and (form & other) == 0 and (form & charity != 0) != (other & charity != 0)


@inner
def _piece(text: Any, low: Any, size: Any, other: Any, begin: Any, length: Any) -> Any:
    """The share of a text that is the whole of another one, in one piece; 0 where it does not hold it."""
    if length < PIECE or length > size:
        return np.float32(0)
    for at in range(low, low + size - length + 1):
        k = 0
        while k < length and text[at + k] == other[begin + k]:
            k += 1
        if k == length:
            return np.float32(length / size)
    return np.float32(0)


@inner
def _ahead(f: Any, column: Any, low: Any, high: Any, theirs: Any, y: Any, value: Any) -> None:
    """How much greater the best value of a pair's party is than that of the best other party of the same name; the whole of it where there is no other."""
    top, leader, second = np.float32(-9), -1, np.float32(-9)
    for p in range(low, high):
        if value[p - low] > top:
            top, leader = value[p - low], y.party[theirs[p]]
    for p in range(low, high):
        if y.party[theirs[p]] != leader:
            second = max(second, value[p - low])
    for p in range(low, high):
        mine = value[p - low]
        for r in range(low, high):
            if y.party[theirs[r]] == y.party[theirs[p]]:
                mine = max(mine, value[r - low])
        other = second if y.party[theirs[p]] == leader else top
        f[p, column] = mine - other if other > -9 else mine


@entry("-", "i8[:] i8[:]", (Ours, OURS), (Known, KNOWN), (Listed, LISTED), "b1[:] b1[:] i8 f4[:,:] f4[:]! f4[:]! f4[:]! f4[:]! f4[:,:]!")
def _further(ours: Any, theirs: Any, o: Any, x: Any, y: Any, mark: Any, numeral: Any, charity: Any, found: Any, met: Any, close: Any, letters: Any, inside: Any, out: Any) -> None:
    low = 0
    while low < len(ours):
        n, high, begun = ours[low], low, 0
        while high < len(ours) and ours[high] == n:
            g, f = found[high], out[high]
            _kinds(f, n, theirs[high], o, x, y, mark, numeral, charity, met)
            f[7] = g[QUICK] + np.float32(0.06) * g[FORM_SAME] - np.float32(0.06) * g[FORM_OTHER] + np.float32(0.1) * g[BEGINS_L]
            begin, begin_l = o.whole_end[n - 1] if n else 0, y.whole_begin[theirs[high]]
            size, size_l = o.whole_end[n] - begin, y.whole_begin[theirs[high] + 1] - begin_l
            f[11] = _piece(o.whole, begin, size, y.whole, begin_l, size_l)
            f[13] = _piece(y.whole, begin_l, size_l, o.whole, begin, size)
            close[high - low], letters[high - low], inside[high - low] = f[7], g[LETTERS], f[11]
            high += 1
        for p in range(low, high):
            f, first = out[p], found[p, BEGINS_Q] >= ALL and found[p, LENGTH_L] > found[p, LENGTH_Q]
            f[10] = 1 if first else 0
            for r in range(low, p):
                first = first and not (out[r, 10] > 0 and y.party[theirs[r]] == y.party[theirs[p]])
            begun += 1 if first else 0
        for p in range(low, high):
            out[p, 10] *= begun
        _ahead(out, 8, low, high, theirs, y, close)
        _ahead(out, 9, low, high, theirs, y, letters)
        _ahead(out, 12, low, high, theirs, y, inside)
        low = high
