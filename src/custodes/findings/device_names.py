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
    lowered = capitals.lower()
    if len(lowered) != len(capitals):  # a letter that has no small form of one character: places would shift
        lowered = "".join(low if len(low := char.lower()) == 1 else char for char in capitals)
    if not _any(_WORD.findall(lowered), known):
        return
    words = [match.span() for match in _WORD.finditer(lowered)]
    at = 0
    while at < len(words):
        start, end = words[at]
        step = 1
        if lowered[start:end] in known.beginnings:
            for many in range(min(3, len(words) - at), 0, -1):
                pieces = words[at : at + many]
                name = "".join([lowered[one:other] for one, other in pieces])
                if name in known.words and all(capitals[left[1] : right[0]] in _JOINTS for left, right in pairwise(pieces)):
                    yield start, pieces[-1][1], name
                    step = many
                    break
        at += step


def _any(words: list[str], known: Devices) -> bool:
    """May a name stand among these words? Most texts hold none, and are told so quickly."""
    if known.beginnings.isdisjoint(words):
        return False
    return any(
        word in known.words or "".join(words[at : at + 2]) in known.words or "".join(words[at : at + 3]) in known.words
        for at, word in enumerate(words)
        if word in known.beginnings
    )


def brands_in(text: str, known: Devices) -> tuple[Brand, ...]:
    """The brands that a text names, each once; a misspelling counts where nothing else is named, and firms that only look like a maker by name do not."""
    return remembered(known, ("named", text), lambda: tuple(dict.fromkeys(_name_by_name(text, known))))


def _name_by_name(text: str, known: Devices) -> Iterator[Brand]:
    capitals = known.others.sub(" ¦ ", folded(text))
    named = [*names_in(capitals, known)]
    for number, (start, end, word) in enumerate(named):
        if not _of_something_else(capitals, start, end, first=number == 0):
            yield from (_in_text(brand) for brand in known.brands[word])
    plain = "" if named else capitals.lower()
    if plain and known.any_misspelt.search(plain):
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
