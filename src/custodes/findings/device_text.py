"""Text on devices as the patterns see it: one spelling for model names, and patterns that find a model in text as people type it.

A pattern is written for the name as the maker prints it (``^I?DS-2[A-Z]``). ``typed`` turns it into one for running text: a hyphen may be lost or be a blank,
a slash, a dot or an underscore; a digit may be typed as the letter that looks like it (O for 0, I or L for 1); the name may stand anywhere.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_DASHES = dict.fromkeys([*range(0x2010, 0x2016), 0x2212, 0x2043, 0xFE58, 0xFE63, 0xFF0D, 0x30FC], "-")
_GONE = dict.fromkeys([*range(0x200B, 0x2010), 0x00AD, 0x2060, 0xFEFF, 0x00AE, 0x2122], None)
_FOLD = {**_DASHES, **_GONE}

LONGEST = 2_000
"""Characters of one text that are looked at; no device says more of itself in one field."""


def folded(text: str) -> str:
    """Upper case, NFKC, one kind of dash, single blanks, at most :data:`LONGEST` characters."""
    text = text[:LONGEST]
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_FOLD)
    return " ".join(text.upper().split())


def squeezed(text: str) -> str:
    """Letters and digits only, lower case: how names of brands are looked up."""
    return "".join(filter(str.isalnum, text.lower()))


_SEPARATOR = r"[-\s/_.]{0,3}"
_LIKE = {"0": "[0O]", "1": "[1IL]", "O": "[O0]", "I": "[I1L]"}
_LIKE_INSIDE = {"0": "O0", "1": "IL1"}
_DIGIT = "[0-9OIL]"


def typed(pattern: str, alike: bool = True) -> str:
    """The pattern for text as people type it. ``pattern``: literals, classes (``0-9`` for digits), groups, ``\\d``, ``\\b``, ``^`` and repeats, in capitals;
    ``alike``: letters may stand for the digits they look like."""
    made: list[str] = []
    position, inside = 0, False
    while position < len(pattern):
        char = pattern[position]
        piece, step = _piece(pattern, position, inside)
        if not alike and (piece.startswith(("0-9", "[0-9", "O0", "IL1")) or piece in _LIKE.values()):
            piece = pattern[position : position + step]
        inside = True if char == "[" and not inside else False if char == "]" else inside
        made.append(piece)
        position += step
    return "".join(made)


@lru_cache(maxsize=512)
def as_printed(pattern: str) -> re.Pattern[str]:
    """The pattern for running text in which no letter stands for a digit."""
    return re.compile(typed(pattern, alike=False))


def _piece(pattern: str, at: int, inside: bool) -> tuple[str, int]:
    """What stands for the piece of a pattern at a place, and how many characters of the pattern it was."""
    char = pattern[at]
    if char == "\\":
        return ("0-9OIL" if inside else _DIGIT) if pattern[at + 1] == "d" else pattern[at : at + 2], 2
    if inside:
        return ("0-9OIL", 3) if pattern.startswith("0-9", at) else (_LIKE_INSIDE.get(char, char), 1)
    if char == "{":
        end = pattern.index("}", at) + 1
        return pattern[at:end], end - at
    if pattern.startswith("(?", at):
        return pattern[at : at + 3], 3
    if char == "^":
        return "(?<![A-Z0-9])", 1
    if char in "- ":
        step = 2 if pattern[at + 1 : at + 2] == "?" else 1
        return _SEPARATOR, step
    return _LIKE.get(char, char), 1


_MAC = re.compile(
    r"(?<![0-9A-F])(?:[0-9A-F]{2}([:-]))(?:[0-9A-F]{2}\1){4}[0-9A-F]{2}(?![0-9A-F])"  # 44:19:b6:.. and 44-19-b6-..
    r"|(?<![0-9A-F])[0-9A-F]{4}([.:-])[0-9A-F]{4}\2[0-9A-F]{4}(?![0-9A-F])"  # 4419.b612.3456, 4419-b612-3456
    r"|(?<![0-9A-F])[0-9A-F]{6}[:-][0-9A-F]{6}(?![0-9A-F])|^(?:0X)?[0-9A-F]{12}$|^[0-9A-F]{2}(?: [0-9A-F]{2}){5}$"
)
_SHORT_MAC = re.compile(r"(?<![0-9A-F:])[0-9A-F]{1,2}(?::[0-9A-F]{1,2}){5}(?![0-9A-F:])")


def mac_of(text: str) -> str:
    """Twelve hexadecimal digits in capitals, from any usual way to write a MAC address (that of macOS leaves noughts out); '' when the text holds none, or only
    noughts or ones."""
    capitals = text.strip().upper()
    match = _MAC.search(capitals)
    if match:
        digits = re.sub("[^0-9A-F]", "", match[0].removeprefix("0X"))
    else:
        short = _SHORT_MAC.search(capitals)
        digits = "".join(part.zfill(2) for part in short[0].split(":")) if short else ""
    return "" if len(set(digits)) < 2 else digits


def shown_mac(mac: str) -> str:
    """A MAC address as pages show it: the maker's block; what tells one device from another is cut."""
    return ":".join(mac[n : n + 2] for n in (0, 2, 4)) + ":.."


_TAIL = re.compile(r"\d{5,}(?=(?:WCVU)?\b)|(?<=[A-Z])[0-9A-F]{5}\b")


def shown_serial(text: str) -> str:
    """A serial number as pages show it: its form; the running number at the end is cut."""
    return _TAIL.sub("..", text)


def is_local(mac: str) -> bool:
    """Was the address made up locally, or does it stand for a group? Then no vendor may be read from it."""
    return bool(int(mac[1], 16) & 3)


_BUILD = re.compile(r"BUILD:? ?_?(?:(\d\d)(\d\d)(\d\d)|(20\d\d)-(\d\d)-(\d\d))(?!\d)")


def build_date(firmware: str) -> str:
    """The day on which a firmware was built (``build 240201`` -> 2024-02-01); '' when the text does not say."""
    match = _BUILD.search(folded(firmware))
    if not match:
        return ""
    year, month, day = (f"20{match[1]}", match[2], match[3]) if match[1] else (match[4], match[5], match[6])
    return f"{year}-{month}-{day}" if "01" <= month <= "12" and "01" <= day <= "31" else ""


def percent_decoded(text: str) -> str:
    """%XX as the letters they stand for (UTF-8); what is no such code stays."""
    if "%" not in text:
        return text
    raw = re.sub(rb"%([0-9A-Fa-f]{2})", lambda m: bytes([int(m[1], 16)]), text.encode("utf-8", "replace"))
    return raw.decode("utf-8", "replace")
