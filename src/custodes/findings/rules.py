"""The rules: what may be said about a record, how much each weighs, and the words the public sees.

A rule is a small function of one text and the compiled watchlist that returns hits; its docstring is its public explanation. All weights stand
in :data:`WEIGHTS`; a version goes up when a rule's answers change, and makes decisions that rest on it stale.
"""

from __future__ import annotations

from dataclasses import dataclass

STRONG, POSSIBLE, WEAK = 0.9, 0.6, 0.3
"""Least score of each band, after rounding to 4 decimals."""

WEIGHTS: dict[str, float] = {
    "supplier_is_maker": 1.0,
    "supplier_is_linked": 0.97,
    "supplier_is_maker_elsewhere": 0.75,
    "supplier_name_in_context": 0.75,
    "supplier_is_party": 0.85,
    "supplier_is_short_party": 0.6,
    "text_names_maker": 0.97,
    "text_names_maker_in_context": 0.92,
    "text_names_brand": 0.95,
    "text_names_product": 0.9,
    "text_names_model": 0.92,
    "text_names_model_in_context": 0.7,
    "text_misspells_maker": 0.75,
    "text_misspells_maker_in_context": 0.9,
    "supplier_text_names_maker": 0.8,
    "device_brand": 0.92,
    "device_model": 0.9,
    "body_answer": 0.97,
    "reported_use": 0.7,
    "surveillance_words": 0.92,
    "surveillance_code": 0.8,
    "surveillance_supplier": 0.75,
    "two_weak_signs": 0.65,
    "words_and_code": 0.95,
}  # fmt: skip
"""Score that each rule gives by itself."""

CAPS: dict[str, float] = {"yes": 1.0, "review": 0.85, "lead-only": 0.5, "no": 0.0}
"""Highest score by ``publish`` of the weakest link on the path: review is at most possible, lead-only never above weak."""

RELATION_CAPS: dict[str, float] = {"subsidiary": 1.0, "owned brand": 1.0, "affiliate": 0.85, "OEM rebrand": 0.85}
"""Highest score by relation. A relation that is not named here (reseller, partner, former owner, component, successor, ...) is context only."""

CONFIDENCE_CAPS: dict[str, float] = {"high": 1.0, "medium": 0.85, "low": 0.5}
SHARED_CAP = 0.7
"""A brand that is tied to more than one maker."""

RULES: dict[str, tuple[str, str]] = {
    "supplier_is_maker": ("1", "The supplier's name is the name of a listed maker, legal form, spacing and punctuation aside."),
    "supplier_is_linked": ("1", "The supplier's name is that of a company that belongs to a listed maker on the day of the record."),
    "supplier_is_maker_elsewhere": ("1", "The supplier's name is a listed maker's name with only a country or region added; the tie itself is not in our tables."),
    "supplier_is_party": ("1", "The supplier's name is that of a party on a list that the case brought along."),
    "text_names_maker": ("1", "The text names a listed maker."),
    "text_names_brand": ("1", "The text names a brand that belongs to, or is made by, a listed maker on the day of the record."),
    "text_names_product": ("1", "The text names a product line or software of a listed maker."),
    "text_names_model": ("1", "The text holds a model number of the form that a listed maker uses."),
    "text_misspells_maker": ("1", "The text names a listed maker in a known misspelling."),
    "supplier_text_names_maker": ("1", "The supplier's name contains a listed maker's name, for instance as a trading name."),
    "device_brand": ("1", "The device's label names a listed maker or a brand of one."),
    "device_model": ("1", "The device's model number has the form that a listed maker uses."),
    "body_answer": ("1", "The body itself answered that it holds equipment of the maker."),
    "reported_use": ("1", "A published report says that the maker's equipment is in use there; the body has not said so itself."),
    "surveillance_words": ("1", "The words of the record name video surveillance equipment or work on it."),
    "surveillance_code": ("1", "A classification code of the record stands for video surveillance and nothing contradicts it."),
    "surveillance_supplier": ("1", "The supplier's business is video surveillance, by its name; the text does not say something else."),
    "two_weak_signs": ("1", "Two signs that would not count alone: a word such as 'camera' beside a security installer, a code or a second word."),
    "supplier_also_sells": ("1", "Context: the supplier sells a listed make; this record does not say what was bought."),
}
"""Rule -> (version, public explanation). One page per rule stands in docs/rules/."""


def versions(names: set[str]) -> list[str]:
    """``rule@version`` of the rules named, sorted: part of the evidence hash."""
    return sorted(f"{name}@{RULES[name][0]}" for name in names if name in RULES)


def band(score: float) -> str:
    """strong, possible, weak, or '' below weak; the score is rounded to 4 decimals first."""
    score = round(score, 4)
    return "strong" if score >= STRONG else "possible" if score >= POSSIBLE else "weak" if score >= WEAK else ""


@dataclass(frozen=True, slots=True)
class Hit:
    """One rule that held. ``subject``: the brand or company named (empty: the maker itself); ``ours`` met ``theirs``; ``words`` say it plainly."""

    rule: str
    kind: str
    maker_id: str
    score: float
    ours: str
    theirs: str
    words: str
    subject: str = ""
    equipment: str = ""
    product_class: str = ""
    party: str = ""
