"""What a process has learnt about words: each distinct word is worked out once, whatever names it stands in.

A word's entries are the listed words that it may stand for, with a similarity: itself, a typing error, the same by ear, a beginning, two words in one.
They depend on the word and the index alone, so remembering them changes time and never an answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from custodes.findings import name_near
from custodes.findings.name_index import Ready, form_bit, usual_count

Array = np.ndarray[Any, Any]

SAME, TYPED, HEARD, BEGUN, SPLIT = range(5)
"""How a word of ours is a listed word: the same (or in the table of words), a typing error, by ear, its beginning, one of two words written as one."""

MOST = 8
"""Listed words that one word may stand for."""


class Memory:
    """Distinct words and their entries. Columns per word: ``weight, form, stop, mark, known, usual, bearers, length, canon``; per entry: ``place, like, how``."""

    def __init__(self, ready: Ready) -> None:
        self.ready = ready
        self.ids: dict[str, int] = {}
        self.words: list[str] = []
        self.canonical: list[str] = []
        self.columns: dict[str, Array] = {
            name: np.zeros(0, kind)
            for name, kind in {
                "weight": np.float32, "form": np.int64, "legal": bool, "stop": bool, "mark": bool, "place": np.int64, "usual": np.float32, "bearers": np.float32,
                "length": np.int32, "canon": bool, "first": np.uint64, "digit": bool, "region": bool,
            }.items()
        }  # fmt: skip
        self.start = np.zeros(1, np.int64)
        self.place, self.like, self.how = np.zeros(0, np.int64), np.zeros(0, np.float32), np.zeros(0, np.int8)

    def learn(self, words: Sequence[str]) -> None:
        """Take up words that are not known yet; order does not matter for any answer."""
        ready, known = self.ready, self.ready.known
        canonical = [known.canonical(word) for word in words]
        place = np.array([ready.place.get(word, -1) for word in canonical], np.int64)
        usual = np.array([usual_count(word, known, ready.counts) for word in canonical], np.float32)
        unlisted = np.array([ready.listed.get(word, 0) for word in canonical], np.float32)
        bearers = np.where(place >= 0, ready.arrays["bearers"][place] if len(ready.words) else 0, unlisted)
        new = {
            "weight": np.log(ready.population / (usual + bearers + 1)), "stop": [word in known.stops for word in words],
            "form": [form_bit(word, known, ready.classes) for word in words], "legal": [word in known.forms for word in words], "mark": [word in known.marks for word in words],
            "place": place, "usual": np.log1p(usual), "bearers": np.log1p(bearers), "length": [len(word) for word in words],
            "canon": [a != b for a, b in zip(canonical, words, strict=True)], "first": [ord(word[0]) if word else 0 for word in words],
            "digit": [word.isdigit() for word in words], "region": [word in known.places for word in canonical],
        }  # fmt: skip
        self.columns = {name: np.concatenate([column, np.asarray(new[name]).astype(column.dtype)]) for name, column in self.columns.items()}
        self.ids.update(zip(words, range(len(self.words), len(self.words) + len(words)), strict=True))
        self.words += words
        self.canonical += canonical
        self._entries(words, canonical, place)

    def _entries(self, words: Sequence[str], canonical: Sequence[str], place: Array) -> None:
        ready = self.ready
        same = np.flatnonzero(place >= 0)
        found = [(same, place[same], np.ones(len(same), np.float32), SAME)]
        rare = (place < 0) | (ready.arrays["bearers"][place] <= 20 if len(ready.words) else True)
        ask = [n for n in np.flatnonzero(rare).tolist() if len(canonical[n]) >= 4 and canonical[n] == words[n] and not words[n].isdigit()]
        found += self._near(np.array(ask, np.int64), [canonical[n] for n in ask])
        unknown = [n for n in ask if place[n] < 0]
        found += [*self._begun(unknown, canonical), *self._split(unknown, canonical)]
        owner = np.concatenate([each[0] for each in found])
        where, like = np.concatenate([each[1] for each in found]), np.concatenate([each[2] for each in found])
        how = np.concatenate([np.full(len(each[0]), each[3], np.int8) for each in found])
        # the best way to each listed word, the most alike first, ties by number
        order = np.lexsort((how, -like, where, owner))
        owner, where, like, how = owner[order], where[order], like[order], how[order]
        once = np.concatenate([[True], (owner[1:] != owner[:-1]) | (where[1:] != where[:-1])]) if len(owner) else np.zeros(0, bool)
        owner, where, like, how = owner[once], where[once], like[once], how[once]
        order = np.lexsort((where, -like, owner))
        owner, where, like, how = owner[order], where[order], like[order], how[order]
        begin = np.searchsorted(owner, np.arange(len(words)))
        few = np.arange(len(owner)) - begin[owner] < MOST
        self.place, self.like = np.concatenate([self.place, where[few]]), np.concatenate([self.like, like[few]])
        self.how = np.concatenate([self.how, how[few]])
        self.start = np.concatenate([self.start, self.start[-1] + np.cumsum(np.bincount(owner[few], minlength=len(words)))])

    def _near(self, numbers: Array, words: list[str]) -> list[tuple[Array, Array, Array, int]]:
        """Typing errors and spellings by ear."""
        ready, a = self.ready, self.ready.arrays
        shapes, both = (name_near.shape(words), ready.shape), (words, ready.words)
        i, j = name_near.lookup(words, a["near_key"], a["near_word"], ready.near_seen)
        typed = name_near.similarity(both, shapes, (i, j), np.zeros(len(i), bool))
        bones = name_near.skeletons(words)
        bone, listed = name_near.lookup([each if len(each) >= 3 else "" for each in bones], a["bone_key"], a["bone_word"], ready.bone_seen)
        same = np.fromiter((bones[n] == ready.bones[m] for n, m in zip(bone.tolist(), listed.tolist(), strict=True)), bool, len(bone))
        many = a["bone_start"][listed + 1] - a["bone_start"][listed]
        heard = a["bone_owner"][np.repeat(a["bone_start"][listed] - np.cumsum(many) + many, many) + np.arange(many.sum())].astype(np.int64)
        bone, same = np.repeat(bone, many), np.repeat(same, many)
        alike = name_near.similarity(both, shapes, (bone, heard), same, more=1)
        good, fine = typed > 0, alike > 0
        return [(numbers[i[good]], j[good], typed[good], TYPED), (numbers[bone[fine]], heard[fine], alike[fine], HEARD)]

    def _begun(self, numbers: list[int], canonical: Sequence[str]) -> list[tuple[Array, Array, Array, int]]:
        """Unknown words that begin listed words: abbreviations and names that were cut off."""
        if not numbers:
            return []
        words = np.array([canonical[n] for n in numbers])
        listed = self.ready.sorted_words
        low, high = np.searchsorted(listed, words), np.searchsorted(listed, np.char.add(words, "~"))
        many = np.where(high - low <= 12, high - low, 0)
        owner = np.repeat(np.array(numbers, np.int64), many)
        place = np.repeat(low - np.cumsum(many) + many, many) + np.arange(many.sum())
        lengths = np.char.str_len(listed[place]) if len(place) else np.ones(0)
        return [(owner, place, (0.6 + 0.35 * np.repeat(np.char.str_len(words), many) / lengths).astype(np.float32), BEGUN)]

    def _split(self, numbers: list[int], canonical: Sequence[str]) -> list[tuple[Array, Array, Array, int]]:
        """Unknown words that are two listed words, or one with its legal form glued on."""
        place, known, bearers = self.ready.place, self.ready.known, self.ready.arrays["bearers"]
        owner, found = [], []
        for n in numbers:
            word = canonical[n]
            for cut in range(2, len(word) - 1) if len(word) >= 6 else ():
                head, tail = word[:cut], word[cut:]
                first = place.get(head if cut <= 3 else known.canonical(head))
                if first is None or bearers[first] >= 3000:
                    continue
                if tail in known.forms and cut >= 4:
                    owner.append(n)
                    found.append(first)
                    continue
                second = place.get(tail if len(tail) <= 3 else known.canonical(tail))
                if second is not None and bearers[second] < 3000:
                    owner += [n, n]
                    found += [first, second]
        return [(np.array(owner, np.int64), np.array(found, np.int64), np.full(len(owner), 0.97, np.float32), SPLIT)]
