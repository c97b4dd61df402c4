"""What changed between two texts of a page, sentence by sentence, after the filters that the case gives.

A filter is a regular expression: what it matches is taken out of each sentence (dates, counters, tokens), and a sentence that is empty then is no sentence.
The texts that filters were applied to are kept as they were, so other filters can be tried on all of the past.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from custodes.errors import UsageError

_MOST = 4000
"""Beyond this many sentences on a side the order is not compared, only which sentences are there: the exact way takes time by the square."""


@dataclass(frozen=True, slots=True)
class Difference:
    """``removed`` and ``added`` sentences, in order of their page; a sentence that only moved is in neither."""

    removed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    moved: int = 0

    def __bool__(self) -> bool:
        return bool(self.removed or self.added)


def filtered(sentences: Iterable[str], filters: Sequence[re.Pattern[str]]) -> tuple[str, ...]:
    """The sentences without what the filters match."""
    kept = []
    for sentence in sentences:
        for pattern in filters:
            sentence = pattern.sub("", sentence)
        if tidy := " ".join(sentence.split()):
            kept.append(tidy)
    return tuple(kept)


def patterns(expressions: Iterable[str], where: str) -> tuple[re.Pattern[str], ...]:
    """The filters of a case; UsageError for what is no regular expression."""
    found = []
    for expression in expressions:
        try:
            found.append(re.compile(expression, re.IGNORECASE))
        except re.error as problem:
            raise UsageError(f"{expression!r} is no regular expression: {problem}", where=where, advice="mend the ignore entry in case.toml") from None
    return tuple(found)


def fingerprint(sentences: Sequence[str]) -> str:
    """SHA-256 of the sentences: equal for equal texts."""
    return hashlib.sha256("\n".join(sentences).encode("utf-8", "surrogatepass")).hexdigest()


def difference(before: Sequence[str], after: Sequence[str]) -> Difference:
    """What was removed and what was added."""
    if max(len(before), len(after)) > _MOST:
        removed, added = list(before), list(after)
    else:
        removed, added = [], []
        for kind, b0, b1, a0, a1 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
            if kind != "equal":
                removed += before[b0:b1]
                added += after[a0:a1]
    both = Counter(removed) & Counter(added)
    return Difference(_without(removed, both), _without(added, both), sum(both.values()))


def _without(sentences: list[str], taken: Counter[str]) -> tuple[str, ...]:
    left = Counter(taken)
    kept = []
    for sentence in sentences:
        if left[sentence]:
            left[sentence] -= 1
        else:
            kept.append(sentence)
    return tuple(kept)
