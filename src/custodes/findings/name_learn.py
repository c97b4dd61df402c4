"""What listed words a new word may stand for, worked out in one pass: the compiled form of the rules of :mod:`custodes.findings.name_memory`.

For each word: itself (or the word the table has for it), listed words that share a form with one letter left out, listed words with a like skeleton, listed
words that it begins, two listed words of which it is made. Tests compare this with rules written in plain Python.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from custodes.findings.name_bytes import hash_of, same
from custodes.findings.name_kernel import Array, entry, inner
from custodes.findings.name_near import INVERSE, MIX, POWERS, SOUNDS, WIDTH

SAME, TYPED, HEARD, BEGUN, SPLIT = range(5)
"""How a word of ours is a listed word: the same (or in the table of words), a typing error, by ear, its beginning, one of two words written as one."""

MOST = 8
"""Listed words that one word may stand for."""

COMMONEST = 3000
"""A listed word that more parties bear is not looked for inside other words."""

_ONE, _HALF, _SIX, _LOW = np.uint64(1), np.uint64(32), np.uint64(6), np.uint64(63)
SEEN = np.uint64((1 << 21) - 1)
"""Low bits of a hash that say, in a row of bits, whether it can be in a table at all."""
_FROM = np.array([list(a.encode().ljust(4, b"\0")) for a, _ in SOUNDS], np.uint8)
_TO = np.array([list(b.encode().ljust(2, b"\0")) for _, b in SOUNDS], np.uint8)
_FROM_SIZE, _TO_SIZE = np.array([len(a) for a, _ in SOUNDS], np.int64), np.array([len(b) for _, b in SOUNDS], np.int64)
_SOFT = np.array([chr(n) in "aeiouyhw" for n in range(256)], np.bool_)


class Vocabulary(NamedTuple):
    """All words known before anything is asked, the ``listed`` ones first. ``canon``: the word that stands for each; ``form``: is it a legal form?
    ``starts_*``: beginnings that stand for a word, ``starts_seen``: by :func:`first_four` of their first letters; ``first``: where listed words with the same first two
    letters begin."""

    pool: Array
    begin: Array
    hashes: Array
    slots: Array
    canon: Array
    form: Array
    bearers: Array
    starts_pool: Array
    starts_begin: Array
    starts_hashes: Array
    starts_slots: Array
    starts_canon: Array
    starts_seen: Array
    first: Array
    listed: int
    known: int


VOCABULARY = "u1[:] i8[:] u8[:] i4[:] i4[:] b1[:] i8[:] u1[:] i8[:] u8[:] i4[:] i4[:] b1[:] i4[:] i8 i8"


class Near(NamedTuple):
    """Sorted hashes of listed words with a letter left out and of their skeletons, each with where its first bits begin; letters of listed words as bits; the same and the length (0 for numbers) beside ``bone_owner``."""

    key: Array
    bucket: Array
    word: Array
    bone_key: Array
    bone_bucket: Array
    bone_word: Array
    bone_pool: Array
    bone_begin: Array
    bone_start: Array
    bone_owner: Array
    letters: Array
    number: Array
    owner_letters: Array
    owner_length: Array
    seen: Array
    bone_seen: Array
    shift: int
    bone_shift: int


NEAR = "u8[:] i4[:] i4[:] u8[:] i4[:] i4[:] u1[:] i8[:] i8[:] i4[:] u8[:] b1[:] u8[:] i4[:] u8[:] u8[:] i8 i8"


class Desk(NamedTuple):
    """Space to work in; made by :func:`desk`."""

    place: Array
    like: Array
    how: Array
    hashes: Array
    bone: Array
    spare: Array
    distances: Array
    word_mark: Array
    bone_mark: Array
    mask: Array


DESK = "i4[:]! f4[:]! i1[:]! u8[:]! u1[:]! u1[:]! i4[:,:]! i4[:]! i4[:]! u8[:]!"
_MANY = 4096


def desk(longest: int, listed: int, bones: int) -> Desk:
    """Space for words of so many letters at most, so many listed words and skeletons."""
    return Desk(
        np.empty(_MANY, np.int32), np.empty(_MANY, np.float32), np.empty(_MANY, np.int8), np.empty(WIDTH + 1, np.uint64), np.empty(2 * longest + 8, np.uint8),
        np.empty(2 * longest + 8, np.uint8), np.empty((3, longest + 2), np.int32), np.zeros(listed, np.int32), np.zeros(bones, np.int32), np.zeros(256, np.uint64),
    )  # fmt: skip


@inner
def find(pool: Any, low: Any, high: Any, words: Any, begin: Any, hashes: Any, slots: Any, known: Any) -> Any:
    """The number of a word in a table, -1 where it is not among the first ``known``."""
    h = hash_of(pool, low, high)
    mask = np.uint64(len(slots) - 1)
    slot = np.int64(h & mask)
    while slots[slot] >= 0:
        found = slots[slot]
        if hashes[found] == h and same(pool, low, high, words, begin[found], begin[found + 1]):
            return np.int64(found) if found < known else np.int64(-1)
        slot = np.int64(np.uint64(slot + 1) & mask)
    return np.int64(-1)


def first_four(pool: Any, low: Any) -> Any:
    """A number below 4096 from four letters."""
    return ((pool[low] & 31) * 1663 + (pool[low + 1] & 31) * 229 + (pool[low + 2] & 31) * 37 + (pool[low + 3] & 31) * 5) & 4095


four = inner(first_four)


@inner
def canonical(pool: Any, low: Any, high: Any, v: Any) -> Any:
    """The known word that stands for a word; -1 where it stands for itself and is not known."""
    number = find(pool, low, high, v.pool, v.begin, v.hashes, v.slots, v.known)
    if number >= 0:
        return np.int64(v.canon[number])
    if high - low >= 5 and v.starts_seen[four(pool, low)]:
        for end in range(min(high - low, 14), 3, -1):
            start = find(pool, low, low + end, v.starts_pool, v.starts_begin, v.starts_hashes, v.starts_slots, len(v.starts_canon))
            if start >= 0:
                return np.int64(v.starts_canon[start])
    return np.int64(-1)


@inner
def numeric(pool: Any, low: Any, high: Any) -> Any:
    """Is a word all digits?"""
    for at in range(low, high):
        if not 48 <= pool[at] <= 57:
            return False
    return high > low


@inner
def letters_of(pool: Any, low: Any, high: Any) -> Any:
    """Which letters occur among the first ``WIDTH``, as bits."""
    bits = np.uint64(0)
    for at in range(low, min(high, low + WIDTH)):
        bits |= _ONE << np.uint64(pool[at] & 63)
    return bits


@inner
def ones(bits: Any) -> Any:
    """How many bits are set."""
    count = 0
    while bits:
        bits &= bits - _ONE
        count += 1
    return count


@inner
def osa_long(a: Any, low: Any, high: Any, b: Any, begin: Any, end: Any, room: Any) -> Any:
    """Optimal string alignment distance (insertions, deletions, replacements and swaps of neighbours) row by row, for any length."""
    m, n = high - low, end - begin
    for j in range(n + 1):
        room[1, j] = j
    for i in range(1, m + 1):
        now, last, before = (i + 1) % 3, i % 3, (i + 2) % 3
        room[now, 0] = i
        for j in range(1, n + 1):
            cost = 0 if a[low + i - 1] == b[begin + j - 1] else 1
            best = min(room[last, j] + 1, room[now, j - 1] + 1, room[last, j - 1] + cost)
            if i > 1 and j > 1 and a[low + i - 1] == b[begin + j - 2] and a[low + i - 2] == b[begin + j - 1]:
                best = min(best, room[before, j - 2] + 1)
            room[now, j] = best
    return np.int64(room[(m + 1) % 3, n])


@inner
def osa(a: Any, low: Any, high: Any, b: Any, begin: Any, end: Any, d: Any) -> Any:
    """Optimal string alignment distance by bits (Hyyrö 2003); ``d.mask`` says where each letter stands in a word of up to 64 letters."""
    m = high - low
    if m > 64:
        return osa_long(a, low, high, b, begin, end, d.distances)
    up, down, diagonal, old, distance, last = ~np.uint64(0), np.uint64(0), np.uint64(0), np.uint64(0), m, np.uint64(m - 1)
    for at in range(begin, end):
        here = d.mask[b[at]]
        swapped = ((~diagonal & here) << _ONE) & old
        diagonal = (((here & up) + up) ^ up) | here | down | swapped
        more, less = down | ~(diagonal | up), diagonal & up
        distance += np.int64((more >> last) & _ONE) - np.int64((less >> last) & _ONE)
        more, less = (more << _ONE) | _ONE, less << _ONE
        up, down, old = less | ~(diagonal | more), more & diagonal, here
    return distance


@inner
def limit_of(long: Any, short: Any, more: Any) -> Any:
    """How many letters may differ between words of these lengths."""
    return (0 if short < 4 else 1 if long < 7 else 2 if long < 11 else 3) + more


@inner
def similarity(a: Any, low: Any, high: Any, letters: Any, b: Any, begin: Any, end: Any, other: Any, alike: Any, more: Any, d: Any) -> Any:
    """How alike two words (not numbers) are, 0 to 1; 0 where they differ too much to be one word. The rules are those of ``name_near.similarity``."""
    long, short = max(high - low, end - begin), min(high - low, end - begin)
    limit = limit_of(long, short, more)
    if long - short > limit or ones(letters ^ other) > 2 * limit:
        return 0.0
    distance = osa(a, low, high, b, begin, end, d)
    if distance > limit or distance == 0:
        return 0.0
    share = distance / long
    value = 1 - 1.1 * share - 0.06 * (1.0 if a[low] != b[begin] else 0.0)
    if alike:
        value = max(value, 0.8 + 0.1 * (1 - share))
    return 0.0 if value < 0.55 else value


@inner
def skeleton(pool: Any, low: Any, high: Any, out: Any, spare: Any) -> Any:
    """Consonants of a word in one spelling, written to ``out``; how many (0 for less than five letters or digits only)."""
    size = high - low
    if size < 5 or numeric(pool, low, high):
        return 0
    bits = np.uint64(0)
    for n in range(size):
        out[n] = pool[low + n]
        bits |= _ONE << np.uint64(out[n] & 63)
    for rule in range(len(_FROM)):
        if not bits & (_ONE << np.uint64(_FROM[rule, 0] & 63)):
            continue
        k, there, changed, at = _FROM_SIZE[rule], 0, False, 0
        while at < size:
            hit = at + k <= size
            for n in range(k):
                if hit and out[at + n] != _FROM[rule, n]:
                    hit = False
            if hit:
                for n in range(_TO_SIZE[rule]):
                    spare[there] = _TO[rule, n]
                    bits |= _ONE << np.uint64(_TO[rule, n] & 63)
                    there += 1
                at += k
                changed = True
            else:
                spare[there] = out[at]
                there += 1
                at += 1
        if changed:
            size = there
            for n in range(size):
                out[n] = spare[n]
    there = 0
    for n in range(size):
        letter = np.uint8(97) if n == 0 and _SOFT[out[0]] else out[n]
        if (n == 0 or not _SOFT[out[n]]) and (there == 0 or out[there - 1] != letter):
            out[there] = letter
            there += 1
    return there


@inner
def forms_hashed(pool: Any, low: Any, high: Any, found: Any) -> Any:
    """Hashes of a word and of it without each of its first ``WIDTH`` letters, written to ``found``; how many."""
    size = min(high - low, WIDTH)
    whole = np.uint64(0)
    for n in range(size):
        whole += np.uint64(pool[low + n]) * POWERS[n]
    before, count = np.uint64(0), 0
    for n in range(size + 1):
        if n == size:
            h = whole * MIX
        else:
            mine = np.uint64(pool[low + n]) * POWERS[n]
            h = (before + (whole - before - mine) * INVERSE) * MIX
            before += mine
        h ^= h >> _HALF
        if h != np.uint64(0):
            found[count] = h
            count += 1
    return count


@inner
def put(place: Any, like: Any, how: Any, count: Any, where: Any, value: Any, kind: Any) -> Any:
    """Add an entry, or better the one for the same listed word; the new count."""
    for n in range(count):
        if place[n] == where:
            if value > like[n] or (value == like[n] and kind < how[n]):
                like[n], how[n] = value, kind
            return count
    if count < len(place):
        place[count], like[count], how[count] = where, value, kind
        return count + 1
    return count


@inner
def before(pool: Any, begin: Any, number: Any, text: Any, low: Any, high: Any, tail: Any) -> Any:
    """Does word ``number`` stand before text (with "~" behind it where ``tail``) in the alphabet?"""
    start, size, length = begin[number], begin[number + 1] - begin[number], high - low + tail
    for n in range(min(size, length)):
        letter = text[low + n] if n < high - low else np.uint8(126)
        if pool[start + n] != letter:
            return pool[start + n] < letter
    return size < length


@inner
def first_not_before(v: Any, text: Any, low: Any, high: Any, tail: Any, least: Any) -> Any:
    """Bisection among the listed words, which are sorted; the text has two letters or more."""
    two = np.int64(text[low]) << 7 | np.int64(text[low + 1])
    least, most = max(least, np.int64(v.first[two])), np.int64(v.first[two + 1])
    while least < most:
        middle = (least + most) // 2
        if before(v.pool, v.begin, middle, text, low, high, tail):
            least = middle + 1
        else:
            most = middle
    return least


@inner
def near_words(pool: Any, low: Any, high: Any, v: Any, near: Any, d: Any, mark: Any, place: Any, like: Any, how: Any, count: Any) -> Any:
    """Typing errors and spellings by ear. ``mark``: a number that no earlier word had, left on what was looked at."""
    letters = letters_of(pool, low, high)
    for n in range(forms_hashed(pool, low, high, d.hashes)):
        h = d.hashes[n]
        if not (near.seen[np.int64((h & SEEN) >> _SIX)] >> (h & _LOW)) & _ONE:
            continue
        bucket = np.int64(h >> np.uint64(near.shift))
        for at in range(near.bucket[bucket], near.bucket[bucket + 1]):
            word = near.word[at]
            if near.key[at] == h and d.word_mark[word] != mark:
                d.word_mark[word] = mark
                if not near.number[word]:
                    value = np.float32(similarity(pool, low, high, letters, v.pool, v.begin[word], v.begin[word + 1], near.letters[word], False, 0, d))
                    if value > 0:
                        count = put(place, like, how, count, word, value, TYPED)
    size = skeleton(pool, low, high, d.bone, d.spare)
    if size < 3:
        return count
    for n in range(forms_hashed(d.bone, 0, size, d.hashes)):
        h = d.hashes[n]
        if not (near.bone_seen[np.int64((h & SEEN) >> _SIX)] >> (h & _LOW)) & _ONE:
            continue
        bucket = np.int64(h >> np.uint64(near.bone_shift))
        for at in range(near.bone_bucket[bucket], near.bone_bucket[bucket + 1]):
            other = near.bone_word[at]
            if near.bone_key[at] == h and d.bone_mark[other] != mark:
                d.bone_mark[other] = mark
                for owner in range(near.bone_start[other], near.bone_start[other + 1]):
                    length = near.owner_length[owner]
                    limit = limit_of(max(high - low, length), min(high - low, length), 1)
                    if length == 0 or abs(high - low - length) > limit or ones(letters ^ near.owner_letters[owner]) > 2 * limit:
                        continue
                    word = near.bone_owner[owner]
                    alike = same(d.bone, 0, size, near.bone_pool, near.bone_begin[other], near.bone_begin[other + 1])
                    value = np.float32(similarity(pool, low, high, letters, v.pool, v.begin[word], v.begin[word + 1], near.owner_letters[owner], alike, 1, d))
                    if value > 0:
                        count = put(place, like, how, count, word, value, HEARD)
    return count


@inner
def begun(pool: Any, low: Any, high: Any, v: Any, place: Any, like: Any, how: Any, count: Any) -> Any:
    """Listed words that begin with this one, where they are few."""
    least = first_not_before(v, pool, low, high, 0, 0)
    if least == v.listed or v.begin[least + 1] - v.begin[least] < high - low or not same(pool, low, high, v.pool, v.begin[least], v.begin[least] + high - low):
        return count
    most = first_not_before(v, pool, low, high, 1, least)
    if most - least <= 12:
        for word in range(least, most):
            count = put(place, like, how, count, word, np.float32(0.6 + 0.35 * (high - low) / (v.begin[word + 1] - v.begin[word])), BEGUN)
    return count


@inner
def part(pool: Any, low: Any, high: Any, v: Any) -> Any:
    """The listed word that a part of a word stands for, -1 for none or one that too many bear."""
    found = find(pool, low, high, v.pool, v.begin, v.hashes, v.slots, v.listed) if high - low <= 3 else canonical(pool, low, high, v)
    return found if 0 <= found < v.listed and v.bearers[found] < COMMONEST else np.int64(-1)


@inner
def split(pool: Any, low: Any, high: Any, v: Any, place: Any, like: Any, how: Any, count: Any) -> Any:
    """Two listed words written as one, or one with its legal form glued on."""
    if high - low < 6:
        return count
    for cut in range(low + 2, high - 1):
        first = part(pool, low, cut, v)
        if first < 0:
            continue
        tail = find(pool, cut, high, v.pool, v.begin, v.hashes, v.slots, v.known)
        if cut - low >= 4 and tail >= 0 and v.form[tail]:
            count = put(place, like, how, count, first, np.float32(0.97), SPLIT)
            continue
        second = part(pool, cut, high, v)
        if second >= 0:
            count = put(place, like, how, count, first, np.float32(0.97), SPLIT)
            count = put(place, like, how, count, second, np.float32(0.97), SPLIT)
    return count


@entry("-", "i4[:] u1[:] i8[:]", (Vocabulary, VOCABULARY), "i4[:]! b1[:]!")
def look_up(numbers: Any, pool: Any, begin: Any, v: Any, canon: Any, digit: Any) -> None:
    """For each word: the known word that stands for it (-1: it stands for itself and is new), and is it all digits?"""
    for n in range(len(numbers)):
        low, high = begin[numbers[n]], begin[numbers[n] + 1]
        canon[n] = canonical(pool, low, high, v)
        digit[n] = numeric(pool, low, high)


@entry("-", "u1[:] i8[:] u8[:]! b1[:]!")
def shapes(pool: Any, begin: Any, letters: Any, number: Any) -> None:
    """Letters of words as bits, and which are all digits."""
    for n in range(len(letters)):
        letters[n] = letters_of(pool, begin[n], begin[n + 1])
        number[n] = numeric(pool, begin[n], begin[n + 1])


@entry("-", "u1[:] i8[:] u1[:]! u1[:]! u1[:]! i8[:]!")
def bones(pool: Any, begin: Any, one: Any, spare: Any, out: Any, ends: Any) -> None:
    """Skeletons of words, one after the other, and where each ends."""
    at = 0
    for n in range(len(ends)):
        size = skeleton(pool, begin[n], begin[n + 1], one, spare)
        for k in range(size):
            out[at + k] = one[k]
        at += size
        ends[n] = at


@entry("-", "i4[:] i4[:] u1[:] i8[:]", (Vocabulary, VOCABULARY), (Near, NEAR), (Desk, DESK), "i4[:]! f4[:]! i1[:]! i4[:]!")
def entries(numbers: Any, canon: Any, pool: Any, begin: Any, v: Any, near: Any, d: Any, place_out: Any, like_out: Any, how_out: Any, count_out: Any) -> None:
    """The listed words that each word may stand for, the most alike first, ``MOST`` at most; those of word n stand at ``n * MOST``."""
    place, like, how = d.place, d.like, d.how
    for n in range(len(numbers)):
        word, stands = numbers[n], canon[n]
        low, high, count = begin[word], begin[word + 1], 0
        if 0 <= stands < v.listed:
            count = put(place, like, how, count, stands, np.float32(1.0), SAME)
        itself = stands < 0 or stands == word
        rare = stands < 0 or stands >= v.listed or v.bearers[stands] <= 20
        if rare and itself and high - low >= 4 and not numeric(pool, low, high):
            for k in range(min(high - low, 64)):
                d.mask[pool[low + k]] |= _ONE << np.uint64(k)
            count = near_words(pool, low, high, v, near, d, n + 1, place, like, how, count)
            for k in range(min(high - low, 64)):
                d.mask[pool[low + k]] = np.uint64(0)
            if stands < 0 or stands >= v.listed:
                count = begun(pool, low, high, v, place, like, how, count)
                count = split(pool, low, high, v, place, like, how, count)
        few = min(count, MOST)
        for k in range(few):
            best = k
            for m in range(k + 1, count):
                if like[m] > like[best] or (like[m] == like[best] and place[m] < place[best]):
                    best = m
            place[k], place[best] = place[best], place[k]
            like[k], like[best] = like[best], like[k]
            how[k], how[best] = how[best], how[k]
            place_out[n * MOST + k], like_out[n * MOST + k], how_out[n * MOST + k] = place[k], like[k], how[k]
        count_out[n] = few
