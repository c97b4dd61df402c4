"""The second layer: what in a row speaks of surveillance, whoever made the equipment.

Words and codes together. A phrase that only looks like it (a drain survey by CCTV, a camera club) is masked before anything is counted; a row
that is about something else (energy, training, travel) is taken away unless its words leave no doubt.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from custodes.findings.compiled import WEAK_TIERS, Compiled

_ACTIVITIES: tuple[tuple[str, re.Pattern[str], float], ...] = (
    ("connection", re.compile(r"\b(?:line (?:rental|charge)|(?:phone|analogue|hardwired?|bt|cctv) lines?|circuit|telephone lease|cctv broadband|mast|wireless link|site share|antennae?|licences? [0-9]+)\b"), 0.7),
    ("works", re.compile(r"\b(?:(?:un)?install\w*|instal|relocat\w*|upgrad\w*|replac\w*|supply (?:and|&) fit|fitting|(?:dis|re)?-?connect(?:ion)?)\b"), 1.0),
    ("monitoring", re.compile(r"\bmonitoring\b|\bmonitor (?:and|&)"), 0.85),
    ("maintenance", re.compile(r"\b(?:maint\w*|mtce|mnt|repairs?|service|servicing|call ?out|faults?|clean\w*|r ?& ?m|reset|ppm)\b"), 1.0),
    ("hire", re.compile(r"\b(?:hire|rental|rent|lease)\b"), 1.0),
    ("equipment", re.compile(r"\b(?:suppl(?:y|ies)|purchase|equip\w*|eqpt|new|cameras?|recorders?|dvr|nvr|towers?)\b"), 1.0),
)  # fmt: skip
"""What is bought -> how the text says it, and the highest score: lines and monitoring say less about the equipment than a purchase does."""


LONG, TITLE = 300, 200
"""In a text longer than LONG characters (a notice) only what stands in the first TITLE characters says what is bought; the rest is a weak sign."""


@dataclass(frozen=True, slots=True)
class Signs:
    """What was found: signs in the text, the supplier and the codes, each by the word or code of our tables."""

    sure: tuple[str, ...] = ()
    core: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    supplier: tuple[str, ...] = ()
    installer: tuple[str, ...] = ()
    core_codes: tuple[str, ...] = ()
    weak_codes: tuple[str, ...] = ()

    def any(self) -> bool:
        """Is there anything that could carry a finding?"""
        return bool(self.sure or self.core or self.weak or self.supplier or self.core_codes)


NONE = Signs()


def signs_of(supplier: str, text: str, codes: Sequence[str], known: Compiled) -> Signs:
    """The signs of one row: folded supplier and text, codes as plain digits."""
    if not _signs(supplier, text, codes, known).any():
        return NONE
    return _signs(mask(supplier, known), mask(text, known), codes, known)


def _signs(supplier: str, text: str, codes: Sequence[str], known: Compiled) -> Signs:
    tiers = [(code, known.codes[code][0]) for code in codes if code in known.codes]
    head = text if len(text) <= LONG else text[:TITLE]
    weak = found(known, "weak", head)
    if head is not text and not weak:
        weak = (*found(known, "sure", text), *found(known, "core", text))[:1]
    return Signs(
        found(known, "sure", head), found(known, "core", head), weak,
        found(known, "supplier", supplier), found(known, "installer", supplier),
        tuple(code for code, tier in tiers if tier == "core"), tuple(code for code, tier in tiers if tier in WEAK_TIERS),
    )  # fmt: skip


def found(known: Compiled, kind: str, text: str) -> tuple[str, ...]:
    """Words of one kind of surveillance_words.csv whose pattern the folded text holds."""
    gate = known.any_sign.get(kind)
    if gate is None or not gate.search(text):
        return ()
    return tuple(sign.word for sign in known.signs[kind] if sign.pattern.search(text))


def mask(text: str, known: Compiled) -> str:
    """The text without phrases that only look like surveillance."""
    pattern = known.any_sign.get("false_friend")
    return pattern.sub(" ¦ ", text) if pattern else text


def in_context(supplier: str, text: str, codes: Sequence[str], known: Compiled) -> bool:
    """Does anything here speak of surveillance (folded texts), so that a common word beside it may be read as a product?"""
    text, supplier = mask(text, known), mask(supplier, known)
    if any(found(known, kind, text) for kind in ("sure", "core", "weak", "context")) or found(known, "supplier", supplier):
        return True
    return any(known.codes.get(code, ("",))[0] in ("core", "near") for code in codes)


def of_equipment(text: str, known: Compiled) -> bool:
    """Does a folded text speak of some electronic equipment other than surveillance (telephone, router, radio, drone)?"""
    return bool(found(known, "equipment", text))


def against(supplier: str, text: str, signs: Signs, known: Compiled) -> tuple[str, ...]:
    """What takes the row away. Words that leave no doubt stand against words about something else, not against the supplier's trade."""
    trade = found(known, "elsewhere_supplier", supplier)
    if trade:
        return tuple(f"The supplier is in another trade: {word}." for word in trade)
    topic = () if signs.sure else found(known, "elsewhere", text)
    return tuple(f"The text is about something else: {word}." for word in topic)


def other_makers(text: str, known: Compiled) -> tuple[str, ...]:
    """Makers named in a folded text that stand on none of the lists, as words that speak against the question."""
    return tuple(f"The record names {maker}, a maker on none of the lists." for maker in found(known, "other_maker", text))


def activity(text: str) -> tuple[str, float]:
    """What is bought (equipment, works, maintenance, monitoring, hire, connection; '' unknown) and the highest score that allows."""
    for name, pattern, cap in _ACTIVITIES:
        if pattern.search(text[:TITLE]):
            return name, cap
    return "", 1.0
