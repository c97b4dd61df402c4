"""Makers, brands and models in free text: every pattern in one pass, and only then which of them it was."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from custodes.findings.compiled import Compiled, Word
from custodes.findings.rules import WEIGHTS, Hit
from custodes.findings.text import loose

RULE_OF_KIND: dict[str, str] = {
    "name": "text_names_maker",
    "listed name": "text_names_maker",
    "short": "text_names_model",
    "misspelling": "text_misspells_maker",
    "brand": "text_names_brand",
    "product": "text_names_product",
    "software": "text_names_product",
    "model": "text_names_model",
}
"""Kind of word -> rule. A word that needs context weighs what the rule's ``_in_context`` line says, where there is one."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What stands beside a word: does the row speak of surveillance, or of some other equipment?"""

    surveillance: bool
    equipment: bool

    def allows(self, word: Word) -> bool:
        """May this word count here?"""
        if word.needs == "surveillance":
            return self.surveillance
        return word.needs != "equipment" or self.surveillance or self.equipment


def scan(text: str, known: Compiled, setting: Setting, raw: str = "", where: str = "The description") -> Iterator[Hit]:
    """Hits of all words in a folded text. Names that only look like a maker's (confusables) are taken out first.

    ``raw`` is the text as it was written, for quoting; ``where`` names the place in the reason.
    """
    if not known.any_word.search(text):
        return
    if known.not_these:
        text = known.not_these.sub(" ¦ ", text)
    for word in known.words:
        match = word.pattern.search(text)
        if match and setting.allows(word):
            yield _hit(word, _as_written(word.pattern, raw) or match[0].strip(), setting, where)


@lru_cache(maxsize=1024)
def _raw_pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(loose(pattern), re.IGNORECASE)


def _as_written(pattern: re.Pattern[str], raw: str) -> str:
    """The matched words as they stand in the raw text, in one line; '' when folding changed them too much to find."""
    match = _raw_pattern(pattern.pattern).search(raw)
    return " ".join(match[0].strip(" _").split()) if match else ""


def _hit(word: Word, theirs: str, setting: Setting, where: str) -> Hit:
    rule = RULE_OF_KIND[word.kind]
    return Hit(
        rule, "product_named", word.maker_id, _weight(word, rule, setting), word.word, theirs, _words(word, rule, theirs, where), word.brand,
        word.equipment, word.product_class,
    )  # fmt: skip


def _weight(word: Word, rule: str, setting: Setting) -> float:
    if word.kind == "listed name" and word.needs:
        return WEIGHTS["supplier_name_in_context"]
    in_context = f"{rule}_in_context"
    if in_context in WEIGHTS and (word.needs or (rule == "text_misspells_maker" and setting.surveillance)):
        return WEIGHTS[in_context]
    return WEIGHTS[rule]


def _words(word: Word, rule: str, theirs: str, where: str) -> str:
    says = f"{where} says '{theirs}'"
    if word.kind == "short":
        return f"{says}, trade shorthand for {word.maker_id.capitalize()}, beside surveillance words."
    if rule == "text_names_maker":
        joint = _joint(theirs, word.word)
        return f"{says}, which is how {word.word} (maker) is written {joint}." if joint else f"{says}, a name of the maker."
    if rule == "text_names_brand":
        return f"{says}, the brand {word.brand}."
    if rule == "text_misspells_maker":
        return f"{says}, a known misspelling of {word.word}."
    name = word.brand or word.maker_id.capitalize()
    if rule == "text_names_product":
        return f"{says}, a product of {name}."
    return f"{says}, a model number of the form that {name} uses ({word.word})."


def _joint(theirs: str, ours: str) -> str:
    """How the words were parted, when ours are not."""
    plain = ours.lower()
    if " " in theirs and " " not in plain:
        return "with a space"
    return "with a hyphen" if "-" in theirs and "-" not in plain else ""
