"""Names as bytes: spelled text cut into words, each distinct word with a number.

The rules are those of :func:`custodes.findings.name_text.spell`, which is the plain definition; here they run over all names of a batch at once. Lines that may hold
one of the phrases of the lexicon, or nothing but legal forms, take the plain way.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from rigour.names.org_types import replace_org_types_compare

from custodes.findings.name_kernel import Array, entry, inner, room
from custodes.findings.name_text import _DROPPED, _NO_FORMS, _PUNCTUATION, STOCK, Lexicon, latin, spell, whole_form

PRIME, SEED = np.uint64(0x100000001B3), np.uint64(0xCBF29CE484222325)
_WORD, _BLANK, _DROP, _AND, _LINE = range(5)
_ODD = 1 << 15
"""Places of a table of hashes: enough that few names look as if they held a phrase and do not."""
_PAIR, _SINGLE = np.uint64(_ODD - 1), np.int64(_ODD)

KIND = np.full(256, _WORD, np.uint8)
KIND[[n for n in range(256) if _PUNCTUATION[n] == 32]] = _BLANK
KIND[list(_DROPPED)] = _DROP
KIND[ord("&")], KIND[ord("\n")] = _AND, _LINE


@inner
def hash_of(pool: Any, begin: Any, end: Any) -> Any:
    """FNV-1a over bytes, high half folded into the low one."""
    h = SEED
    for at in range(begin, end):
        h = (h ^ np.uint64(pool[at])) * PRIME
    return h ^ (h >> np.uint64(32))


@inner
def same(pool: Any, begin: Any, end: Any, other: Any, low: Any, high: Any) -> Any:
    """Are two stretches of bytes equal?"""
    if end - begin != high - low:
        return False
    for n in range(end - begin):  # noqa: SIM110 - numba knows no all()
        if pool[begin + n] != other[low + n]:
            return False
    return True


@entry("i8", "u1[:] u1[:] b1[:] u1[:]! i8[:]! b1[:]!")
def _clean(text: Any, kind: Any, phrase: Any, out: Any, line_end: Any, odd: Any) -> Any:
    """Words parted by one blank, line by line, without punctuation; ``odd`` marks lines that may hold a phrase. The number of words is given back."""
    size, line, words, begin = 0, 0, 0, 0
    inside, before, h = False, SEED, SEED
    for at in range(len(text) + 1):
        what = kind[text[at]] if at < len(text) else 4
        if what == 2:
            continue
        if what != 0 and inside:  # a word ends
            h ^= h >> np.uint64(32)
            if phrase[(h ^ (before << np.uint64(1))) & _PAIR] or phrase[np.int64(h & _PAIR) + _SINGLE]:
                odd[line] = True
            inside, before = False, h
        if what == 0 or what == 3:
            if not inside:
                if size > begin:
                    out[size] = 32
                    size += 1
                inside, h = True, SEED
                words += 1
            h = (h ^ np.uint64(text[at])) * PRIME
            out[size] = text[at]
            size += 1
            if what == 3:
                h ^= h >> np.uint64(32)
                inside, before = False, h
        elif what == 4:
            line_end[line] = size
            line += 1
            begin, before = size, SEED
    return words


@entry("i8", "u1[:] i8[:] i8[:] i8 u1[:]! i8[:]! u8[:]! i4[:]! u1[:]! i8[:]! i4[:]! i8[:]!")
def _number(text: Any, low: Any, high: Any, words: Any, pool: Any, begin: Any, hashes: Any, slots: Any, whole: Any, whole_end: Any, token: Any, token_end: Any) -> Any:
    """Give each word of each line its number; new ones are added to the pool. Single letters that follow each other are one word. The number of words known."""
    mask, size, tokens = np.uint64(len(slots) - 1), 0, 0
    for line in range(len(low)):
        at, stop = low[line], high[line]
        while at < stop:
            first, single = size, True
            while True:  # one word, or several single letters
                piece = at
                while at < stop and text[at] != 32:
                    whole[size] = text[at]
                    size += 1
                    at += 1
                at += 1
                letter = text[piece]
                single = at - piece == 2 and 97 <= letter <= 122
                if not (single and at + 1 <= stop and 97 <= text[at] <= 122 and (at + 1 == stop or text[at + 1] == 32)):
                    break
            h = hash_of(whole, first, size)
            slot = np.int64(h & mask)
            while True:
                found = slots[slot]
                if found < 0:
                    found = words
                    slots[slot] = words
                    hashes[words] = h
                    start = begin[words]
                    for n in range(size - first):
                        pool[start + n] = whole[first + n]
                    begin[words + 1] = start + size - first
                    words += 1
                    break
                if hashes[found] == h and same(whole, first, size, pool, begin[found], begin[found + 1]):
                    break
                slot = np.int64(np.uint64(slot + 1) & mask)
            token[tokens] = found
            tokens += 1
        whole_end[line], token_end[line] = size, tokens
    return words


@entry("-", "u1[:] i8[:] i8 u8[:]! i4[:]!")
def _fill(pool: Any, begin: Any, words: Any, hashes: Any, slots: Any) -> None:
    """Hash all words into an empty table."""
    mask = np.uint64(len(slots) - 1)
    for word in range(words):
        h = hash_of(pool, begin[word], begin[word + 1])
        hashes[word] = h
        slot = np.int64(h & mask)
        while slots[slot] >= 0:
            slot = np.int64(np.uint64(slot + 1) & mask)
        slots[slot] = word


class Words:
    """Distinct words by number: ``pool[begin[n]:begin[n + 1]]`` are the bytes of word n, ``slots`` a table from hash to number."""

    def __init__(self, pool: Array, begin: Array) -> None:
        self.count = len(begin) - 1
        self.pool, self.begin = room(np.asarray(pool), len(pool)), np.asarray(begin, np.int64)
        self.hashes, self.slots = np.zeros(self.count, np.uint64), np.zeros(0, np.int32)
        self.grow(0, 0)

    def grow(self, words: int, size: int) -> None:
        """Room for so many more words of so many bytes together."""
        count = self.count + words
        if not self.pool.flags.writeable:
            self.pool, self.begin = self.pool.copy(), self.begin.copy()
        self.pool, self.begin = room(self.pool, int(self.begin[self.count]) + size), room(self.begin, count + 1)
        self.hashes = room(self.hashes, count)
        if len(self.slots) < 2 * count + 2:
            self.slots = np.full(1 << (4 * count + 2).bit_length(), -1, np.int32)
            _fill(self.pool, self.begin, self.count, self.hashes, self.slots)

    def text(self, number: int) -> str:
        """One word."""
        return bytes(self.pool[self.begin[number] : self.begin[number + 1]]).decode()

    def texts(self, low: int = 0) -> list[str]:
        """All words from a number on."""
        whole, base = self.pool[self.begin[low] : self.begin[self.count]].tobytes().decode(), int(self.begin[low])
        ends = (self.begin[low : self.count + 1] - base).tolist()
        return [whole[i:j] for i, j in pairwise(ends)]


def fnv(word: bytes) -> int:
    """The hash of :func:`hash_of`, for a few words."""
    h = int(SEED)
    for byte in word:
        h = (h ^ byte) * int(PRIME) & 0xFFFFFFFFFFFFFFFF
    return h ^ (h >> 32)


def odd_words(known: Lexicon) -> Array:
    """Which pairs of neighbours (first half, by hash) and which single words (second half) may begin a phrase of the lexicon; may say yes too often."""
    found = np.zeros(2 * _ODD, bool)
    for phrase in (STOCK, *(phrase for phrase, _ in known.phrases)):
        first, *rest = (fnv(word.encode()) for word in phrase.split())
        if rest:
            found[(rest[0] ^ (first << 1)) & (_ODD - 1)] = True
        else:
            found[_ODD + (first & (_ODD - 1))] = True
    return found


def _lower(names: Sequence[str], known: Lexicon) -> str:
    """All names in lower case ASCII letters, one line each."""
    text = "\n".join(names)
    if text.isascii() and text.count("\n") == len(names) - 1:
        return text.lower()
    lines = [name if name.isascii() else latin(name, known) for name in names]
    text = "\n".join(lines)
    if text.count("\n") != len(names) - 1:
        text = "\n".join(line.replace("\n", " ") for line in lines)
    return text.lower()


class Cut:
    """Names cut into words. ``token[token_end[n - 1]:token_end[n]]``: the words of name n; ``whole[whole_end[n - 1]:whole_end[n]]``: its letters without blanks."""

    def __init__(self, names: Sequence[str], known: Lexicon, phrases: Array, words: Words) -> None:
        text = _lower(names, known)
        for word in _NO_FORMS:
            text = text.replace(word, " ")
        plain = replace_org_types_compare(text).encode("ascii", "ignore")
        clean = np.empty(len(plain) + 2 * plain.count(b"&") + 2 * len(names) + 2, np.uint8)
        high, odd = np.zeros(len(names), np.int64), np.zeros(len(names), bool)
        count = _clean(np.frombuffer(plain, np.uint8), KIND, phrases, clean, high, odd)
        low = np.concatenate([[0], high[:-1]])
        low, high, clean, more = _mended(names, known, clean, low, high, odd)
        words.grow(count + more, len(clean))
        self.whole, self.whole_end = np.empty(len(clean) + 1, np.uint8), np.empty(len(names), np.int64)
        self.token, self.token_end = np.empty(count + more, np.int32), np.empty(len(names), np.int64)
        words.count = _number(clean, low, high, words.count, words.pool, words.begin, words.hashes, words.slots, self.whole, self.whole_end, self.token, self.token_end)
        self.token = self.token[: self.token_end[-1]]


def _mended(names: Sequence[str], known: Lexicon, clean: Array, low: Array, high: Array, odd: Array) -> tuple[Array, Array, Array, int]:
    """Lines that take the plain way: their text is put behind the others'. Also: how many words that may add."""
    lines: dict[int, str] = {}
    chosen = np.flatnonzero(odd).tolist()
    if chosen:
        text = " " + " \n ".join([clean[low[n] : high[n]].tobytes().decode() for n in chosen]) + " "
        for phrase, short in known.phrases:
            text = text.replace(phrase, short)
        lines = {n: " ".join(whole_form(line.split())) if STOCK in line else line for n, line in zip(chosen, text.split("\n"), strict=True)}
    empty = np.flatnonzero(high == low).tolist() if len(names) > 1 else []
    lines |= {n: " ".join(spell([names[n]], known)[0]) for n in empty if names[n].strip()}
    for n, line in list(lines.items()):
        if n in lines and not line.strip() and len(names) > 1 and names[n].strip() and n not in empty:
            lines[n] = " ".join(spell([names[n]], known)[0])
    if not lines:
        return low, high, clean, 0
    texts = [" ".join(line.split()).encode() for line in lines.values()]
    ends = np.cumsum([len(text) for text in texts]) + len(clean)
    where = np.array(list(lines), np.int64)
    low[where], high[where] = np.concatenate([[len(clean)], ends[:-1]]), ends
    return low, high, np.concatenate([clean, np.frombuffer(b"".join(texts), np.uint8)]), sum(text.count(b" ") + 1 for text in texts)
