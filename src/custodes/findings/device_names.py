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
    named = [*names_in(capitals, known)]
    for number, (start, end, word) in enumerate(named):
        if not _of_something_else(capitals, start, end, first=number == 0):
            yield from (_in_text(brand) for brand in known.brands[word])
    if not named and any(letter.isalpha() for letter in capitals):
        plain = capitals.lower()
        for pattern, brand in known.misspelt:
            if pattern.search(plain):
                yield from known.brands.get(brand, ())


def _of_something_else(capitals: str, start: int, end: int, first: bool) -> bool:
    """Does a name stand for what the device is not: its forerunner, a street, the cabinet it hangs in, the recorder it is wired to?"""
    before = capitals[:start]
    if _DENIED.search(before) or _STREET.match(capitals, end):
        return True
    return bool(_PLACED.search(before)) and (not first or bool(_PLACE.match(capitals, end)))


_DENIED = re.compile(
    r"\b(?:NOT|NON|EX|FORMER|FORMERLY|PREVIOUSLY|REPLACED|REPLACES|REPLACING|WAS|INSTEAD OF|RATHER THAN|UNLIKE|SIMILAR TO|COMPATIBLE WITH|REPLACEMENT FOR)[- ]+(?:AN? |THE |OLD )?$"
)
"""What stands before a name that is not the device's."""

_PLACED = re.compile(r"\b(?:IN|NEAR|BY|BESIDE|BEHIND|NEXT TO|UNDER|ABOVE|OPPOSITE|FOR|TO|ON|VIA|WITH|INTO|FROM)[- ]+(?:AN? |THE |OUR |ITS )?$")
"""What stands before the name of something beside the device."""

_PLACE = re.compile(r"[ -](?:[NDX]VR|RECORDER|CABINET|RACK|CUPBOARD|SWITCH|VMS|SERVER|NETWORK|SYSTEM)\b")
"""What stands behind a name when a camera is wired to it or hangs beside it."""

_STREET = re.compile(r"\.? OF\b| (?:ROAD|RD|STREET|ST|LANE|AVENUE|CLOSE|WAY|COURT|DRIVE|HOUSE|HALL|SCHOOL|HOTEL)\b")
"""What stands behind a name that is a place's."""


def _in_text(brand: Brand) -> Brand:
    """A brand named inside longer text: a maker of none of our tables may be a street, a person or the next room there."""
    return replace(brand, weight=min(brand.weight, ASIDE)) if brand.kind == "other" else brand
