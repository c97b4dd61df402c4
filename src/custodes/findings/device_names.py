"""Names of brands inside longer text: as people type them, and not where they stand for something else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from custodes.findings.device_tables import Brand, Devices, remembered
from custodes.findings.device_text import folded

ASIDE = 0.45
"""Weight of another maker's name inside running text."""

_WORD = re.compile(r"[^\W_]+")
_JOINTS = ("", " ", "-", ".")


def names_in(capitals: str, known: Devices) -> Iterator[tuple[int, int, str]]:
    """(start, end, squeezed name) of the brands named in a text, the longest at each place; a name may be typed in up to three pieces."""
    words = [(match.start(), match.end(), match[0].lower()) for match in _WORD.finditer(capitals)]
    at = 0
    while at < len(words):
        step = 1
        if words[at][2] not in known.beginnings:
            at += 1
            continue
        for many in range(min(3, len(words) - at), 0, -1):
            pieces = words[at : at + many]
            name = "".join(piece[2] for piece in pieces)
            if name in known.words and all(capitals[left[1] : right[0]] in _JOINTS for left, right in pairwise(pieces)):
                yield pieces[0][0], pieces[-1][1], name
                step = many
                break
        at += step


def brands_in(text: str, known: Devices) -> tuple[Brand, ...]:
    """The brands that a text names, each once; a misspelling counts where nothing else is named."""
    return remembered(known, ("named", text), lambda: tuple(dict.fromkeys(_name_by_name(text, known))))


def _name_by_name(text: str, known: Devices) -> Iterator[Brand]:
    capitals = folded(text)
    none = True
    for start, end, word in names_in(capitals, known):
        none = False
        if not _DENIED.search(capitals[:start]) and not _STREET.match(capitals, end):
            yield from (_in_text(brand) for brand in known.brands[word])
    if none and any(letter.isalpha() for letter in capitals):
        plain = capitals.lower()
        for pattern, brand in known.misspelt:
            if pattern.search(plain):
                yield from known.brands.get(brand, ())


_DENIED = re.compile(r"\b(?:NOT|NON|EX|FORMER|FORMERLY|REPLACED|REPLACES|REPLACING|WAS)[- ]+(?:AN? |THE )?$")
"""What stands before a name that is not the device's."""

_STREET = re.compile(r" (?:ROAD|RD|STREET|ST|LANE|AVENUE|CLOSE|WAY|COURT|DRIVE|HOUSE|HALL|SCHOOL|HOTEL)\b")
"""What stands behind a name that is a place's."""


def _in_text(brand: Brand) -> Brand:
    """A brand named inside longer text: a maker of none of our tables may be a street, a person or the next room there."""
    return replace(brand, weight=min(brand.weight, ASIDE)) if brand.kind == "other" else brand
