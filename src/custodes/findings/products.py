"""Makers, brands and models in free text: one gate for all patterns in one pass, and only then which of them it was."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from custodes.findings.compiled import Compiled, Word
from custodes.findings.surveillance import found
from custodes.findings.text import fold, loose


@dataclass(frozen=True, slots=True)
class Setting:
    """What stands beside a word: does the row speak of surveillance, or of some other equipment? ``names_trade``: the supplier's own name does."""

    surveillance: bool = False
    equipment: bool = False
    names_trade: bool = False

    def allows(self, word: Word) -> bool:
        """May this word count here?"""
        if word.needs == "surveillance":
            return self.surveillance
        return word.needs != "equipment" or self.surveillance or self.equipment


ALONE = Setting()
"""Nothing beside the word."""

BESIDE = 40
"""Characters before and behind a word that tell whether the maker is meant."""


@dataclass(frozen=True, slots=True)
class Match:
    """A word of ours in a text: ``theirs`` as it was written; ``where`` is "supplier" or "text"."""

    word: Word
    theirs: str
    where: str


def matches(folded: str, raw: str, where: str, known: Compiled, setting: Setting, label: bool = False) -> Iterator[Match]:
    """All words that a folded text holds and that may count in this setting. Names that only look like a maker's (confusables) are taken out first.

    ``label``: the text is a device's label and nothing else, so that what stands beside a word is a model, not a street or a person.
    """
    if not known.any_word.search(folded):
        return
    if known.not_these:
        folded = known.not_these.sub(" ¦ ", folded)
    allowed = (word for word in known.words if setting.allows(word) and (where != "supplier" or not word.needs or (setting.names_trade and word.kind != "brand")))
    meant = [(word, match) for word in allowed if (match := _meant(word, folded, known, label))]
    for word, match in meant:
        if not any(_inside(word, match, other, longer) for other, longer in meant):
            yield Match(word, as_written(word.pattern, raw, match[0]) or match[0].strip(), where)


def _meant(word: Word, folded: str, known: Compiled, label: bool) -> re.Match[str] | None:
    """The first place where a word stands for the maker and not for a namesake."""
    return next((match for match in word.pattern.finditer(folded) if label or not _namesake(word, match, folded, known)), None)


def _namesake(word: Word, match: re.Match[str], folded: str, known: Compiled) -> bool:
    """Do the words right beside say that this is not the maker: "non-", an invoice number, a hotel, a street, somebody's name, another word?"""
    before, after = folded[max(0, match.start() - BESIDE) : match.start()], folded[match.end() : match.end() + BESIDE]
    if found(known, "not_it", before) or (word.kind == "model" and found(known, "number", before)):
        return True
    if not word.needs or word.kind == "model":
        return False
    if found(known, "namesake_before", before) or found(known, "namesake_after", after):
        return True
    if word.kind in ("short", "product", "software", "brand") and not found(known, "fits", after):
        return True
    return word.kind == "brand" and bool(found(known, "initial_before", before))


def _inside(word: Word, match: re.Match[str], other: Word, longer: re.Match[str]) -> bool:
    """Is a match of shorthand a part of a longer match of the same maker? "HIK" in "HIK Vision" says nothing of its own."""
    if word.kind != "short" or other.maker_id != word.maker_id:
        return False
    return longer.start() <= match.start() and match.end() <= longer.end() and longer.end() - longer.start() > match.end() - match.start()


@lru_cache(maxsize=1024)
def _raw_pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(loose(pattern), re.IGNORECASE)


def as_written(pattern: re.Pattern[str], raw: str, folded: str = "") -> str:
    """The matched words as they stand in the raw text, in one line; '' when folding changed them too much to find.

    ``folded``: the words that were meant, where the text holds several.
    """
    written = [" ".join(match[0].strip(" _").split()) for match in _raw_pattern(pattern.pattern).finditer(raw)]
    return next((words for words in written if fold(words) == folded.strip()), written[0] if written else "")
