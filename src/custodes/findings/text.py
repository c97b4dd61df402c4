"""Text as the patterns see it: one spelling for what people type in many ways.

``fold`` is applied to every text before a pattern of ours is tried. ``loose`` turns such a pattern into one for RE2 that runs on raw text and
lets through everything the exact path could match; texts with other letters than ASCII are let through whole (see :data:`RAW`).
"""

from __future__ import annotations

import re
import unicodedata

_GONE = dict.fromkeys([*range(0x200B, 0x2010), 0x00AD, 0x2060, 0xFEFF, *range(0xFE00, 0xFE10)])
"""Zero-width marks, soft hyphen and variation selectors: invisible, so they never part a word."""

_BLANK = dict.fromkeys([*range(0x00, 0x20), 0x7F, 0x5F, *range(0x80, 0xA0), 0xAE, 0xA9, 0x2122], " ")
_DASH = dict.fromkeys([*range(0x2010, 0x2016), 0x2043, 0x2212, 0xFE58, 0xFE63, 0xFF0D, 0x30FC], "-")
_QUOTE = dict.fromkeys([0x2018, 0x2019, 0x201B, 0x02BC, 0x00B4, 0x60, 0xFF07], "'")
_ASCII = str.maketrans({chr(k): v for k, v in _BLANK.items() if k < 0x80} | {"`": "'"})
_WIDE = {**_GONE, **_BLANK, **_DASH, **_QUOTE}

_LOOKALIKE = str.maketrans("авекмнорстухіѕјԁһӏԛԝѵεικνορτυχαβηω", "abekmhopctyxisjdhlqwveiknoptuxabhw")
"""Cyrillic and Greek letters (lower case) that print like Latin ones. Only words in which every letter is Latin or such a letter are folded."""

_LATIN = re.compile(r"[a-z]")
_FOREIGN = re.compile(r"[\u0370-\u052f]")
_MARK = re.compile("[\u0300-\u036f]")

RAW = "[^\\x00-\\x7f£€“”’‘´œ]"
"""Raw text with such a character goes to the exact path whatever else it holds; the characters named are left alone, or known to ``loose``."""


def fold(text: str) -> str:
    """Lower case, NFKC, one kind of dash, blank and apostrophe, no invisible marks or accents, look-alike letters as Latin."""
    if text.isascii():
        return " ".join(text.translate(_ASCII).lower().split())
    text = unicodedata.normalize("NFKC", text.translate(_WIDE)).translate(_WIDE).lower()
    text = _MARK.sub("", unicodedata.normalize("NFD", text))
    if _FOREIGN.search(text) and _LATIN.search(text):
        text = " ".join(_unmask(word) for word in text.split())
    return " ".join(unicodedata.normalize("NFC", text).split())


def _unmask(word: str) -> str:
    """A word in look-alike letters as Latin; a word with letters of its own script stays as it is."""
    plain = word.translate(_LOOKALIKE)
    return word if _FOREIGN.search(plain) else plain


_CLASS = re.compile(r"\[([^\]^]*) ([^\]]*)\](\??)")


def loose(pattern: str) -> str:
    """A pattern for folded text as one for raw text: runs of blanks, line ends and underscores where a blank or a boundary stands."""
    held: list[str] = []

    def keep(match: re.Match[str]) -> str:
        held.append(f"[{match[1]}\\s\\x00-\\x20\\x7f_{match[2]}]" + ("*" if match[3] else "+"))
        return f"\x00{len(held) - 1}\x00"

    text = _CLASS.sub(keep, pattern)
    text = text.replace(" ?", "[\\s\\x00-\\x20\\x7f_]*").replace(" ", "[\\s\\x00-\\x20\\x7f_]+").replace("\\b", "(?:\\b|_)")
    text = text.replace("'", "['`’‘´]")
    return re.sub("\x00(\\d+)\x00", lambda m: held[int(m[1])], text)


def either(patterns: list[str]) -> str:
    """One pattern for RE2 that matches where any of ``patterns`` does; one that never matches when there is none."""
    return "|".join(f"(?:{p})" for p in sorted(set(patterns))) or "[^\\s\\S]"
