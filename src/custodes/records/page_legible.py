"""Is a text words, or characters that came out wrong?

A PDF whose fonts do not say which character a glyph is gives control characters, private characters, or other letters in place of the right ones. Three
signs, each on enough characters only: characters that no text holds; Latin letters in numbers that no language writes (shifted alphabets); and letters with
accents in place of nearly all others (another script read as Latin-1). Nothing here looks for words, so product lists and code pass.
"""

from __future__ import annotations

import math
import re
import unicodedata

ENOUGH = 150
"""Letters a page must have before their numbers say anything."""
_WRONG = re.compile("[\x00-\x01\x03-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd\ue000-\uf8ff]")
_LATIN = re.compile(r"[A-Za-z]")
_ACCENTED = re.compile("[\xa1-\xbf\xc0-\xff]")
_WORDS = re.compile(r"[A-Za-z]{3,}")
_SHARES = {
    "e": 11.5, "a": 9.0, "i": 8.0, "n": 7.2, "r": 6.6, "o": 6.6, "t": 6.6, "s": 6.6, "l": 4.6, "d": 4.0, "c": 3.6, "u": 3.8, "m": 2.9, "p": 2.6, "g": 1.8, "h": 2.8,
    "b": 1.4, "v": 1.6, "f": 1.4, "k": 1.6, "y": 1.2, "z": 1.2, "w": 1.0, "j": 0.5, "q": 0.4, "x": 0.4,
}  # fmt: skip
# rounded means over English, German, French, Spanish, Italian, Portuguese, Turkish, Czech and Polish texts
_TOTAL = sum(_SHARES.values())
_COST = {letter: -math.log2(share / _TOTAL) for letter, share in _SHARES.items()}
LIMIT = 4.65
"""Bits per letter above which no language of ours writes so: real texts need 4.0 to 4.55, shifted ones 4.7 to 5.9."""


def illegible(text: str) -> str:
    """Why a page's text is not to be trusted; empty when it may be."""
    solid = visible(text)
    if solid < 10:
        return ""
    if len(_WRONG.findall(text)) * 10 > solid:
        return "garbled characters, text not readable"
    accented = 0 if text.isascii() else len(_ACCENTED.findall(text))
    if accented >= ENOUGH and accented > 2 * len(_LATIN.findall(text)):
        return "letters of another script garbled, text not readable"
    words = "".join(_WORDS.findall(_plain(text))).lower()
    if len(words) >= ENOUGH and bits(words) > LIMIT:
        return "shifted letters, text not readable"
    return ""


def visible(text: str) -> int:
    """How many characters are no white space."""
    return sum(map(len, text.split()))


def _plain(text: str) -> str:
    """Letters without their accents, so that words stay whole."""
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKD", text)
    for mark in filter(unicodedata.combining, set(text)):
        text = text.replace(mark, "")
    return text


def bits(letters: str) -> float:
    """Bits per letter under the usual numbers of Latin letters; ``letters`` are such letters alone, lower case."""
    return sum(cost * letters.count(letter) for letter, cost in _COST.items()) / len(letters)
