"""Suppliers whose names are nearly a maker's: a typing error, an abbreviation, a word left out.

Names that are equal are found by :mod:`custodes.findings.suppliers`; here the graded matcher (:mod:`custodes.findings.screening`) looks at what is left. It is asked about few names only: those
with a word that is one letter away from a word that tells a maker from other firms.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from custodes.findings.names import org_name
from custodes.findings.text import fold

if TYPE_CHECKING:
    from custodes.findings.name_index import NameIndex

LEAST = 0.9
"""Probability from which a name counts as nearly a maker's. Among 53,937 suppliers of British bodies the highest of another firm was 0.54."""

LETTERS = 5
"""Shortest word of a maker's name that is looked for with an error in it: "Yitu" or "Leon" with one letter changed is anything."""

ORDINARY = 30
"""Ordinary firms from which a word is common."""

_REMEMBERED = 500_000

_WORD = re.compile(r"[a-z0-9]+")


def forms(word: str) -> Iterator[str]:
    """A word, and the word with each of its letters left out: two words that share one of them are one typing error apart."""
    yield word
    for n in range(len(word)):
        yield word[:n] + word[n + 1 :]


@dataclass(frozen=True)
class Resembling:
    """Names of makers and of their own companies, ready to be compared with names that nearly are them.

    ``names``: (name, whose it is) in a fixed order, whose = any value of the caller; ``tables``: the row of the table ``name_knowledge`` (what
    :class:`~custodes.findings.name_index.Knowledge` holds, as JSON text), or none: then nothing resembles anything. ``seen`` and ``answers`` are memories: they save
    time and change no answer.
    """

    names: tuple[tuple[str, str], ...]
    tables: Mapping[str, str] | None
    seen: dict[str, bool] = field(default_factory=dict, repr=False, compare=False)
    answers: dict[str, tuple[str, str, str] | None] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def telling(self) -> frozenset[str]:
        """The words that tell these names from those of other firms."""
        if self.tables is None:
            return frozenset()
        counts, words = json.loads(self.tables["counts"]), json.loads(self.tables["words"])
        places = {variant for row in words if row["kind"] == "place" for variant in row["variants"].split(" ; ")}
        common = {form for word, count in counts.items() if count >= ORDINARY for form in forms(word)}
        told = {word for name, _ in self.names for word in org_name(name).core if word.isascii() and len(word) >= LETTERS}
        # a word one error away from a common one tells nothing: "servis", "centr"
        return frozenset(word for word in told - places if common.isdisjoint(forms(word)))

    @cached_property
    def near(self) -> frozenset[str]:
        """The forms of the telling words."""
        return frozenset(form for word in self.telling for form in forms(word))

    def likely(self, supplier: str) -> bool:
        """May this name be nearly one of ours? Of ordinary suppliers, one in a thousand or so."""
        return any(map(self._near, _WORD.findall(fold(supplier))))

    def certain(self, supplier: str) -> bool:
        """Does a telling word stand in the name as it is, or is the one with the error in it long enough to be no other word?"""
        long = frozenset(form for word in self.telling if len(word) > LETTERS for form in forms(word))
        return holds_near(supplier, long) or any(word in self.telling for word in _WORD.findall(fold(supplier)))

    def _near(self, word: str) -> bool:
        """Remembered, because words repeat."""
        found = self.seen.get(word)
        if found is None:
            if len(self.seen) >= _REMEMBERED:
                self.seen.clear()
            found = self.seen[word] = len(word) >= LETTERS - 1 and not self.near.isdisjoint(forms(word))
        return found

    def of(self, suppliers: Sequence[str]) -> dict[str, tuple[str, str, str]]:
        """Supplier -> (our name, whose it is, why in words), for those that are nearly one of ours."""
        asked = [supplier for supplier in dict.fromkeys(suppliers) if supplier and self.near and self.likely(supplier)]
        if len(self.answers) > _REMEMBERED:
            self.answers.clear()
        if new := [supplier for supplier in asked if supplier not in self.answers]:
            self.answers.update(dict.fromkeys(new) | dict(self._matched(new)))
        return {supplier: answer for supplier in asked if (answer := self.answers[supplier])}

    def _matched(self, asked: Sequence[str]) -> Iterator[tuple[str, tuple[str, str, str]]]:
        from custodes.findings.screening import screen  # heavy, and few cases need it

        batch = pa.record_batch({"id": pa.array([str(n) for n in range(len(asked))]), "name": pa.array(asked)})
        for found in screen([batch], self._index, top=1, min_score=LEAST):
            for row in found.to_pylist():
                yield asked[int(row["id"])], (row["matched_name"], row["party_id"], "; ".join(row["reasons"]))

    @cached_property
    def _index(self) -> NameIndex:
        from custodes.findings.name_index import Knowledge, build

        assert self.tables is not None
        known: dict[str, Any] = {key: json.loads(value) if key != "model" else value for key, value in self.tables.items()}
        table = pa.table({"party_id": pa.array([who for _, who in self.names], pa.string()), "name": pa.array([name for name, _ in self.names], pa.string())})
        return build(table, Knowledge(tuple(known["words"]), known["counts"], known["firms"], known["model"], known["listed"], known["parties"]))


def holds_near(supplier: str, near: frozenset[str]) -> bool:
    """Does a name hold a word of which one of these forms is a form too?"""
    return any(len(word) >= LETTERS - 1 and not near.isdisjoint(forms(word)) for word in _WORD.findall(fold(supplier)))


def resembling(names: Iterable[tuple[str, str]], rows: Sequence[Mapping[str, Any]]) -> Resembling:
    """From (name, whose) pairs in any order and the rows of ``name_knowledge`` (one, or none)."""
    return _ready(tuple(sorted(set(names))), tuple(sorted((key, str(value)) for key, value in rows[0].items())) if rows else ())


@lru_cache(maxsize=4)
def _ready(names: tuple[tuple[str, str], ...], table: tuple[tuple[str, str], ...]) -> Resembling:
    """Kept per process: watchlists that differ elsewhere share it, and the index behind it."""
    return Resembling(names, dict(table) or None)


def knowledge_row(words: Sequence[Mapping[str, str]], counts: Mapping[str, int], firms: int, model: str, listed: Mapping[str, int], parties: int) -> dict[str, str]:
    """What is known about words as one row of text, to be part of a watchlist and of its version."""
    plain = {"words": list(map(dict, words)), "counts": dict(counts), "firms": firms, "listed": dict(listed), "parties": parties}
    return {**{key: json.dumps(value, ensure_ascii=False, sort_keys=True) for key, value in plain.items()}, "model": model}
