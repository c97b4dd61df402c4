"""Two values beside each other: ours and theirs with what they share marked, and a row before and after. Pure: texts in, parts out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

Parts = list[tuple[str, bool]]
"""Pieces of a text; True: this piece is shared with the other side."""

SHOWN = (
    "kind", "body", "maker_id", "party", "link_path", "supplier", "description", "codes", "amount", "currency", "amount_kind", "tax", "date", "date_kind",
    "ocid", "transaction", "equipment", "grounds", "listed_on_date", "listed_basis", "listings", "reasons", "against", "context", "score", "band", "grade",
    "publish",
)  # fmt: skip
"""The columns of a finding in which a person sees a change; where the file stands is no evidence."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One reason: the rule, what it says, our value and the record's value in parts."""

    rule: str
    words: str
    ours: Parts
    theirs: Parts


@dataclass(frozen=True, slots=True)
class Change:
    """One column that differs."""

    column: str
    before: Parts
    after: Parts


def pair(reason: Mapping[str, str]) -> Pair:
    """A reason of a finding with what both values share marked."""
    ours, theirs = reason["ours"] or "", reason["theirs"] or ""
    return Pair(reason["rule"], reason["words"], *common(ours, theirs))


def common(one: str, other: str) -> tuple[Parts, Parts]:
    """Both texts in parts: words that stand in both (without case or punctuation) are shared, a word that differs is compared letter by letter."""
    left, right = _tokens(one), _tokens(other)
    blocks = SequenceMatcher[str](a=[_plain(t) for t in left], b=[_plain(t) for t in right], autojunk=False).get_opcodes()
    a: Parts = []
    b: Parts = []
    for what, i, j, k, m in blocks:
        if what == "equal":
            a.append(("".join(left[i:j]), True))
            b.append(("".join(right[k:m]), True))
        else:
            x, y = _letters("".join(left[i:j]), "".join(right[k:m]))
            a += x
            b += y
    return _joined(a), _joined(b)


def _tokens(text: str) -> list[str]:
    return re.findall(r"\w+|\W+", text[:5_000])


def _plain(token: str) -> str:
    return token.casefold() if token.strip(" \t\n.,;:|/-_()'\"") else " "


def _letters(one: str, other: str) -> tuple[Parts, Parts]:
    """Runs of at least three letters that both have, blanks and punctuation passed over (``HIK Vision`` beside ``Hikvision``)."""
    if len(one) * len(other) > 250_000:
        return [(one, False)], [(other, False)]
    places = [[n for n, c in enumerate(text) if c.isalnum()] for text in (one, other)]
    folded = ["".join(text[n].lower()[:1] for n in where) for text, where in zip((one, other), places, strict=True)]
    hits: tuple[set[int], set[int]] = (set(), set())
    for block in SequenceMatcher[str](a=folded[0], b=folded[1], autojunk=False).get_matching_blocks():
        if block.size >= 3:
            for side, start in ((0, block.a), (1, block.b)):
                hits[side].update(range(places[side][start], places[side][start + block.size - 1] + 1))
    return _cut(one, hits[0]), _cut(other, hits[1])


def _cut(text: str, hits: set[int]) -> Parts:
    return [(char, n in hits) for n, char in enumerate(text)]


def _joined(parts: Parts) -> Parts:
    found: Parts = []
    for text, shared in parts:
        if found and found[-1][1] == shared:
            found[-1] = (found[-1][0] + text, shared)
        elif text:
            found.append((text, shared))
    return found


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change] | None:
    """What differs between the row that a decision saw and the one that stands; None when nobody kept what it saw."""
    if not before:
        return None
    return [
        Change(column, *common(_said(before.get(column)), _said(after.get(column))))
        for column in SHOWN
        if _said(before.get(column)) != _said(after.get(column))
    ]


def _said(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(_said(each) for each in value)
    if isinstance(value, Mapping):
        return str(value.get("words") or value)
    return "" if value is None else str(value)
