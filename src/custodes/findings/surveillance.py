"""The second layer: is this a surveillance purchase, whoever made the equipment?

Words and codes together. A phrase that only looks like it (a drain survey by CCTV, a camera club) is masked before anything is counted; a row
that is about something else (energy, training, travel) is taken away unless its words leave no doubt.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from custodes.findings.compiled import WEAK_TIERS, Compiled
from custodes.findings.rules import WEIGHTS, Hit

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
class Assessment:
    """Score (0: not a surveillance purchase), the signs for it, what spoke against, and what is bought."""

    score: float
    hits: tuple[Hit, ...] = ()
    against: tuple[str, ...] = ()
    activity: str = ""


NOTHING = Assessment(0.0)


@dataclass(frozen=True, slots=True)
class _Signs:
    """What was found: signs in the text, the supplier and the codes, each with what it matched."""

    sure: tuple[str, ...]
    core: tuple[str, ...]
    weak: tuple[str, ...]
    supplier: tuple[str, ...]
    installer: tuple[str, ...]
    core_codes: tuple[str, ...]
    weak_codes: tuple[str, ...]


def in_context(supplier: str, text: str, codes: Sequence[str], known: Compiled) -> bool:
    """Does anything here speak of surveillance (folded texts), so that a common word beside it may be read as a product?"""
    text, supplier = mask(text, known), mask(supplier, known)
    if any(_found(known, kind, text) for kind in ("sure", "core", "weak", "context")) or _found(known, "supplier", supplier):
        return True
    return any(known.codes.get(code, ("",))[0] in ("core", "near") for code in codes)


def of_equipment(text: str, known: Compiled) -> bool:
    """Does a folded text speak of some electronic equipment other than surveillance (telephone, router, radio, drone)?"""
    return bool(_found(known, "equipment", text))


def assess(supplier: str, text: str, codes: Sequence[str], known: Compiled) -> Assessment:
    """Judge one row: folded supplier and text, codes as plain digits."""
    if not _score(_signs(supplier, text, codes, known), known)[0]:
        return NOTHING
    plain, name = mask(text, known), mask(supplier, known)
    signs = _signs(name, plain, codes, known)
    score, hits = _score(signs, known)
    if not score:
        return NOTHING
    against = _against(supplier, text, signs, known)
    if against:
        return Assessment(0.0, hits, against)
    activity, cap = _activity(plain)
    others = tuple(f"The record names {maker}, a maker on none of the lists." for maker in _found(known, "other_maker", f"{name} ¦ {plain}"))
    return Assessment(round(min(score, cap), 4), hits, others, activity)


def mask(text: str, known: Compiled) -> str:
    """The text without phrases that only look like surveillance."""
    pattern = known.any_sign.get("false_friend")
    return pattern.sub(" ¦ ", text) if pattern else text


def _found(known: Compiled, kind: str, text: str) -> tuple[str, ...]:
    """Words of one kind whose pattern the text holds."""
    gate = known.any_sign.get(kind)
    if gate is None or not gate.search(text):
        return ()
    return tuple(sign.word for sign in known.signs[kind] if sign.pattern.search(text))


def _signs(supplier: str, text: str, codes: Sequence[str], known: Compiled) -> _Signs:
    tiers = [(code, known.codes[code][0]) for code in codes if code in known.codes]
    head = text if len(text) <= LONG else text[:TITLE]
    weak = _found(known, "weak", head)
    if head is not text and not weak:
        weak = (*_found(known, "sure", text), *_found(known, "core", text))[:1]
    return _Signs(
        _found(known, "sure", head), _found(known, "core", head), weak,
        _found(known, "supplier", supplier), _found(known, "installer", supplier),
        tuple(code for code, tier in tiers if tier == "core"), tuple(code for code, tier in tiers if tier in WEAK_TIERS),
    )  # fmt: skip


def _score(signs: _Signs, known: Compiled) -> tuple[float, tuple[Hit, ...]]:
    words = (*signs.sure, *signs.core)
    hits = [_hit("surveillance_words", word, f"The text speaks of {word}.") for word in words]
    hits += [_hit("surveillance_code", code, f"Code {code} stands for: {known.codes[code][1]}.") for code in signs.core_codes]
    hits += [_hit("surveillance_supplier", word, f"The supplier's name says what it sells: {word}.") for word in signs.supplier]
    if not hits:
        pair = _pair(signs)
        hits = [_hit("two_weak_signs", " + ".join(pair), f"Two signs together: {pair[0]} and {pair[1]}.")] if pair else []
    score = max((hit.score for hit in hits), default=0.0)
    if len({hit.rule for hit in hits}) > 1 or (signs.core_codes and signs.weak):
        score = WEIGHTS["words_and_code"]
    return score, tuple(hits)


def _pair(signs: _Signs) -> tuple[str, str] | None:
    """Two weak signs of different sorts: a word beside an installer, beside a code, or beside another word."""
    if not signs.weak:
        return None
    other = signs.installer or signs.weak_codes or signs.weak[1:]
    return (f"the word '{signs.weak[0]}'", _sort(signs, other[0])) if other else None


def _sort(signs: _Signs, other: str) -> str:
    if signs.installer:
        return f"a security installer ({other})"
    return f"code {other}" if signs.weak_codes else f"the word '{other}'"


def _hit(rule: str, sign: str, words: str) -> Hit:
    return Hit(rule, "maker_unknown", "", WEIGHTS[rule], sign, sign, words, equipment="surveillance")


def _against(supplier: str, text: str, signs: _Signs, known: Compiled) -> tuple[str, ...]:
    """What takes the row away. Words that leave no doubt stand against words about something else, not against the supplier's trade."""
    trade = _found(known, "elsewhere_supplier", supplier)
    if trade:
        return tuple(f"The supplier is in another trade: {word}." for word in trade)
    topic = () if signs.sure else _found(known, "elsewhere", text)
    return tuple(f"The text is about something else: {word}." for word in topic)


def _activity(text: str) -> tuple[str, float]:
    for name, pattern, cap in _ACTIVITIES:
        if pattern.search(text[:TITLE]):
            return name, cap
    return "", 1.0
