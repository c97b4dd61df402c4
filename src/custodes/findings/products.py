"""Makers, brands and models in free text: every pattern in one pass, and only then which of them it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from custodes.findings.compiled import Compiled, Word
from custodes.findings.rules import WEIGHTS, Hit

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


def scan(text: str, known: Compiled, setting: Setting) -> Iterator[Hit]:
    """Hits of all words in a folded text. Names that only look like a maker's (confusables) are taken out first."""
    if not known.any_word.search(text):
        return
    if known.not_these:
        text = known.not_these.sub(" ¦ ", text)
    for word in known.words:
        match = word.pattern.search(text)
        if match and setting.allows(word):
            yield _hit(word, match[0].strip(), setting)


def _hit(word: Word, theirs: str, setting: Setting) -> Hit:
    rule = RULE_OF_KIND[word.kind]
    return Hit(
        rule, "product_named", word.maker_id, _weight(word, rule, setting), word.word, theirs, _words(word, rule, theirs), word.brand,
        word.equipment, word.product_class,
    )  # fmt: skip


def _weight(word: Word, rule: str, setting: Setting) -> float:
    if word.kind == "listed name" and word.needs:
        return WEIGHTS["supplier_name_in_context"]
    in_context = f"{rule}_in_context"
    if in_context in WEIGHTS and (word.needs or (rule == "text_misspells_maker" and setting.surveillance)):
        return WEIGHTS[in_context]
    return WEIGHTS[rule]


def _words(word: Word, rule: str, theirs: str) -> str:
    plain = theirs.upper() if rule == "text_names_model" else theirs
    name = word.brand or word.maker_id
    if rule == "text_names_maker":
        same = "" if theirs.replace(" ", "").replace("-", "") != word.word.lower().replace(" ", "") or theirs == word.word.lower() else _spaced(theirs)
        return f"The text says '{plain}', which is the name {word.word}{same}."
    if rule == "text_names_brand":
        return f"The text says '{plain}', the brand {word.brand}."
    if rule == "text_misspells_maker":
        return f"The text says '{plain}', a known misspelling of {word.word}."
    if rule == "text_names_product":
        return f"The text says '{plain}', a product name of {name}."
    return f"The text says '{plain}', a model number in the form {word.word} of {name}."


def _spaced(theirs: str) -> str:
    return " written with a space" if " " in theirs else " written with a hyphen" if "-" in theirs else ""
