"""What each rule weighs, its version, and what caps a score: the one table of numbers.

A version goes up when the answers of a rule change: decisions that rest on it become stale, and the watchlist gets a new version.
"""

from __future__ import annotations

STRONG, POSSIBLE, WEAK = 0.9, 0.6, 0.3
"""Least score of each band, after rounding to 4 decimals."""

WEIGHTS: dict[str, float] = {
    "supplier_is_maker": 1.0,
    "supplier_is_linked": 0.97,
    "supplier_is_maker_elsewhere": 0.75,
    "supplier_resembles_maker": 0.7,
    "supplier_resembles_maker, short word": 0.5,
    "supplier_bears_common_name": 0.75,
    "supplier_is_party": 0.85,
    "supplier_is_party, one word": 0.6,
    "supplier_text_names_maker": 0.8,
    "text_names_maker": 0.97,
    "text_names_maker, in context": 0.92,
    "text_names_maker, common name": 0.75,
    "text_names_brand": 0.95,
    "text_names_product": 0.9,
    "text_names_product, in context": 0.8,
    "text_names_model": 0.92,
    "text_names_model, in context": 0.7,
    "text_misspells_maker": 0.75,
    "text_misspells_maker, in context": 0.9,
    "text_uses_shorthand": 0.7,
    "body_answer": 0.97,
    "reported_use": 0.7,
    "surveillance_words": 0.92,
    "surveillance_code": 0.8,
    "surveillance_supplier": 0.75,
    "two_weak_signs": 0.65,
    "signs of two kinds": 0.95,
}  # fmt: skip
"""Score of each rule by itself; what stands after a comma is a variant of the rule. ``signs of two kinds``: words and a code, or words and a supplier."""

DEVICE_VERSIONS: dict[str, int] = {
    "device_brand": 2, "device_line": 2, "device_model": 2, "device_mac": 1, "device_protocol": 1, "device_oem_code": 1, "device_serial": 1,
    "device_firmware": 1, "device_banner": 1, "device_path": 1, "device_favicon": 1, "device_ports": 1,
}  # fmt: skip
"""Rules on devices; their weights stand in the rows of the tables on devices."""

VERSIONS: dict[str, int] = {name: 1 for name in WEIGHTS if "," not in name and " " not in name} | {"supplier_also_sells": 1} | DEVICE_VERSIONS
"""Rule -> version."""

CAPS: dict[str, float] = {"yes": 1.0, "review": 0.85, "lead-only": 0.5, "no": 0.0}
"""Highest score by ``publish`` of the weakest link on the path: review is at most possible, lead-only never above weak."""

RELATION_CAPS: dict[str, float] = {"subsidiary": 1.0, "owned brand": 1.0, "affiliate": 0.85, "OEM rebrand": 0.85}
"""Highest score by relation. A relation that is not named here (reseller, partner, former owner, component, successor, ...) is context only."""

OWNED = ("subsidiary", "owned brand", "affiliate")
"""Relations that make a company a listed maker's own."""

CONFIDENCE_CAPS: dict[str, float] = {"high": 1.0, "medium": 0.85, "low": 0.5}
"""Highest score by how well the link is known."""

SHARED_CAP = 0.7
"""Highest score for a brand that is tied to more than one maker."""


def band(score: float) -> str:
    """strong, possible, weak, or '' below weak; the score is rounded to 4 decimals first."""
    score = round(score, 4)
    return "strong" if score >= STRONG else "possible" if score >= POSSIBLE else "weak" if score >= WEAK else ""


def versions(rules: set[str]) -> list[str]:
    """``rule@version`` of the rules named, sorted: part of the evidence hash."""
    return sorted(f"{name}@{VERSIONS[name]}" for name in rules)
