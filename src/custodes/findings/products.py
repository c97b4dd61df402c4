"""Makers, brands and models in free text: one gate for all patterns in one pass, and only then which of them it was."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from custodes.findings.compiled import Compiled, Word
from custodes.findings.text import loose


@dataclass(frozen=True, slots=True)
class Setting:
    """What stands beside a word: does the row speak of surveillance, or of some other equipment?"""

    surveillance: bool = False
    equipment: bool = False

    def allows(self, word: Word) -> bool:
        """May this word count here?"""
        if word.needs == "surveillance":
            return self.surveillance
        return word.needs != "equipment" or self.surveillance or self.equipment


ALONE = Setting()
"""Nothing beside the word."""


@dataclass(frozen=True, slots=True)
class Match:
    """A word of ours in a text: ``theirs`` as it was written; ``where`` is "supplier" or "text"."""

    word: Word
    theirs: str
    where: str


def matches(folded: str, raw: str, where: str, known: Compiled, setting: Setting) -> Iterator[Match]:
    """All words that a folded text holds and that may count in this setting. Names that only look like a maker's (confusables) are taken out first."""
    if not known.any_word.search(folded):
        return
    if known.not_these:
        folded = known.not_these.sub(" ¦ ", folded)
    found = [(word, match) for word in known.words if (match := word.pattern.search(folded)) and setting.allows(word)]
    for word, match in found:
        if not any(_inside(word, match, other, longer) for other, longer in found):
            yield Match(word, as_written(word.pattern, raw) or match[0].strip(), where)


def _inside(word: Word, match: re.Match[str], other: Word, longer: re.Match[str]) -> bool:
    """Is a match of shorthand a part of a longer match of the same maker? "HIK" in "HIK Vision" says nothing of its own."""
    if word.kind != "short" or other.maker_id != word.maker_id:
        return False
    return longer.start() <= match.start() and match.end() <= longer.end() and longer.end() - longer.start() > match.end() - match.start()


@lru_cache(maxsize=1024)
def _raw_pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(loose(pattern), re.IGNORECASE)


def as_written(pattern: re.Pattern[str], raw: str) -> str:
    """The matched words as they stand in the raw text, in one line; '' when folding changed them too much to find."""
    match = _raw_pattern(pattern.pattern).search(raw)
    return " ".join(match[0].strip(" _").split()) if match else ""
