"""Words that are nearly the same: found by hashing, told apart by distance.

Two words share a form with one letter left out when they differ by one letter (or by two that stand well). All such forms of all listed words are
hashed once into one sorted array, so that a new word costs a few lookups and no comparison with the list (Mor and Fraenkel 1982; Garbe's SymSpell).
Spelling by ear is caught by comparing skeletons: consonants in one spelling, vowels gone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA

WIDTH = 18
"""Letters of a word that count here."""

_BASE = 0x9E3779B97F4A7C15
MIX = np.uint64(0xD6E8FEB86659FD93)
POWERS = np.array([pow(_BASE, n, 1 << 64) for n in range(WIDTH)], np.uint64)
INVERSE = np.uint64(pow(_BASE, -1, 1 << 64))
_SLOTS = np.uint64((1 << 22) - 1)

Array = np.ndarray[Any, Any]


def hashes(words: Sequence[str]) -> tuple[Array, Array]:
    """Hash of each word, and of each word without its n-th letter (0 past the end): shapes (n,) and (n, WIDTH)."""
    letters = np.array([word.encode("ascii", "replace") for word in words], f"S{WIDTH}").view(np.uint8).reshape(len(words), WIDTH).astype(np.uint64)
    lengths = (letters > 0).sum(1)
    with np.errstate(over="ignore"):
        sums = np.zeros((len(words), WIDTH + 1), np.uint64)
        np.cumsum(letters * POWERS, 1, out=sums[:, 1:])
        whole = sums[:, -1]
        without = sums[:, :WIDTH] + (whole[:, None] - sums[:, 1:]) * INVERSE
        without, whole = without * MIX, whole * MIX
    without ^= without >> np.uint64(32)
    whole ^= whole >> np.uint64(32)
    without[np.arange(WIDTH)[None, :] >= lengths[:, None]] = 0
    return whole, without


def table(words: Sequence[str], least: int = 4) -> tuple[Array, Array]:
    """Sorted hashes of all words of ``least`` letters or more and of their forms with one letter left out, and the number of the word of each."""
    numbers = np.array([n for n, word in enumerate(words) if len(word) >= least], np.int32)
    whole, without = hashes([words[n] for n in numbers])
    keys, owners = np.concatenate([whole, without.ravel()]), np.concatenate([numbers, np.repeat(numbers, WIDTH)])
    real = keys != 0
    keys, owners = keys[real], owners[real]
    order = np.argsort(keys, kind="stable")
    return keys[order], owners[order]


def slots(keys: Array) -> Array:
    """A table of booleans that says in one look whether a hash can be in ``keys`` at all."""
    found = np.zeros(int(_SLOTS) + 1, bool)
    found[(keys & _SLOTS).astype(np.int64)] = True
    return found


def distinct(values: Array) -> Array:
    """Each value once, sorted; faster here than numpy's own, which hashes."""
    values = np.sort(values)
    return values[np.concatenate([[True], values[1:] != values[:-1]])] if len(values) else values


def lookup(words: Sequence[str], keys: Array, owners: Array, seen: Array) -> tuple[Array, Array]:
    """Pairs (number in ``words``, number of a listed word) that share a form; each once, sorted."""
    if not words or not len(keys):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    whole, without = hashes(words)
    asked = np.concatenate([whole[:, None], without], 1)
    rows, columns = np.nonzero((asked != 0) & seen[(asked & _SLOTS).astype(np.int64)])
    found = asked[rows, columns]
    low, high = np.searchsorted(keys, found, "left"), np.searchsorted(keys, found, "right")
    many = high - low
    numbers = np.repeat(low - np.cumsum(many) + many, many) + np.arange(many.sum())
    pairs = distinct(np.repeat(rows, many).astype(np.int64) << 32 | owners[numbers])
    return pairs >> 32, pairs & 0xFFFFFFFF


SOUNDS = (
    ("shch", "s"), ("sch", "s"), ("tch", "c"), ("kh", "h"), ("sh", "s"), ("ch", "c"), ("zh", "z"), ("ts", "c"), ("tz", "c"), ("ph", "f"),
    ("ck", "k"), ("gh", "g"), ("th", "t"), ("rn", "m"), ("cl", "d"), ("x", "ks"), ("q", "k"), ("w", "v"), ("j", "y"), ("ou", "u"),
    ("0", "o"), ("1", "l"), ("5", "s"), ("c", "k"), ("z", "s"),
)  # fmt: skip
"""Spellings that sound or look alike, in the order in which they are replaced: romanisations, and letters that scanners confuse."""

_VOWELS, _TWICE = re.compile("(?<=.)[aeiouyhw]+"), re.compile(r"([^\n])\1+")


def skeletons(words: Sequence[str]) -> list[str]:
    """Consonants of each word in one spelling; '' for words of less than five letters or with digits only."""
    text = "\n".join(word if len(word) >= 5 and not word.isdigit() else "" for word in words)
    for spelled, sound in SOUNDS:
        text = text.replace(spelled, sound)
    text = re.sub("(?m)^[aeiouyhw]", "a", text)
    return _TWICE.sub(r"\1", _VOWELS.sub("", text)).split("\n") if words else []


@dataclass(frozen=True, slots=True)
class Shape:
    """What can be told of words without comparing letters in order: length, first letter, which letters occur (bits), is it a number?"""

    length: Array
    first: Array
    letters: Array
    number: Array


def shape(words: Sequence[str]) -> Shape:
    """The shapes of words, one array element each."""
    table_ = np.array([word.encode("ascii", "replace") for word in words], f"S{WIDTH}").view(np.uint8).reshape(len(words), WIDTH)
    bits = np.where(table_ > 0, np.uint64(1) << (table_ & 63).astype(np.uint64), np.uint64(0))
    letters = np.bitwise_or.reduce(bits, 1) if len(words) else np.zeros(0, np.uint64)
    number = np.fromiter((word.isdigit() for word in words), bool, len(words))
    return Shape(np.fromiter(map(len, words), np.int32, len(words)), table_[:, 0].copy(), letters, number)


def similarity(words: tuple[Sequence[str], Sequence[str]], shapes: tuple[Shape, Shape], at: tuple[Array, Array], alike: Array, more: int = 0) -> Array:
    """How alike pairs of words are, 0 to 1; 0 where they differ too much to be one word.

    ``at``: numbers of the words of each pair in ``words``. ``alike``: do their skeletons agree? ``more``: letters that may differ beyond the usual.
    A letter counts for less the longer the word; the first letter is seldom mistyped; words of digits are never nearly the same.
    """
    (i, j), (ours, theirs) = at, shapes
    long, short = np.maximum(ours.length[i], theirs.length[j]), np.minimum(ours.length[i], theirs.length[j])
    limit = np.select([short < 4, long < 7, long < 11], [0, 1, 2], 3) + more
    other = np.bitwise_count(ours.letters[i] ^ theirs.letters[j])
    possible = (long - short <= limit) & (other <= 2 * limit) & ~ours.number[i] & ~theirs.number[j]
    score = np.zeros(len(i), np.float32)
    left, right = i[possible], j[possible]
    texts = [words[0][n] for n in left.tolist()], [words[1][n] for n in right.tolist()]
    distance = process.cpdist(*texts, scorer=OSA.distance, dtype=np.int32)
    share = distance / long[possible]
    value = 1 - 1.1 * share - 0.06 * (ours.first[left] != theirs.first[right])
    value = np.where(alike[possible], np.maximum(value, 0.8 + 0.1 * (1 - share)), value)
    score[possible] = np.where((distance > limit[possible]) | (distance == 0) | (value < 0.55), 0.0, value)
    return score
