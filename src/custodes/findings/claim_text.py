"""Text made comparable without moving a letter, cut into sentences and lines, and its language.

Every function keeps offsets: position ``i`` of a folded text is position ``i`` of the text itself (code points), so what is found in the one is
quoted from the other.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

MARKS = "\u064b-\u0652\u0670\u0640"
"""Arabic vowel marks and the stretching stroke, as a character class: part of a word, not of its spelling."""
WORD = re.compile(rf"[\w{MARKS}]+")
_ASCII = bytes(range(128))
_GAPS = bytes(code if (chr(code).isalnum() and code < 128) or code > 127 or code == 95 else 32 for code in range(256))
"""Bytes of UTF-8 as they are, but a blank for ASCII that is part of no word."""
_NO_WORD = re.compile(rf"[^\w{MARKS}]")
_CJK_CLASS = "\u2e80-\u9fff\uac00-\ud7af\u3040-\u30ff\uf900-\ufaff"
CJK = re.compile(f"[{_CJK_CLASS}]")
_KANA, _HANGUL = re.compile("[\u3040-\u30ff]"), re.compile("[\uac00-\ud7af]")
_CYRILLIC, _ARABIC, _LATIN = re.compile("[\u0400-\u04ff]"), re.compile("[\u0600-\u06ff]"), re.compile("[a-z]{2}")

_END = re.compile(
    r"[.!?…。！？؟;；؛](?:"  # one set of first letters, so that the search runs fast to the next
    r"(?<=[.!?…])(?<![.!?…]{2})[.!?…]*+[\"'”’»)\]]*+(?=\s++\S)"  # a Latin, Cyrillic or Arabic sentence
    r"|(?<=[。！？؟])[。！？؟]*+[”’」』）]*+"  # full-width ends need no space
    r"|(?<=[!?])(?=[" + _CJK_CLASS + r"])"
    r"|(?<=[;；؛])(?=\s++[^/]|[" + _CJK_CLASS + r"]))"  # clauses joined by semicolons speak for themselves (a comment behind code does not)
)
"""Where a sentence or clause ends inside a line. Nothing here tries a place twice, so a line of a million marks is no harder than any other."""
_ABBREVIATION = re.compile(r"(?:^|[\s(])(?:[a-z]|art|no|nr|fig|dr|mr|mrs|ms|st|vs|approx|incl|etc|e\.g|i\.e|z\.b|bzw|ca|tel|max|min|ltd|inc|corp|co|рис|стр|им)$")
_LETTER = re.compile(r"[^\W\d_]")


def words_of(folded: str) -> list[str]:
    """Every :data:`WORD` of a text, in order; where most is ASCII in a quicker way that finds the same."""
    beyond = beyond_ascii(folded)
    if len(beyond) * 4 > len(folded):
        return WORD.findall(folded)
    for gap in set(_NO_WORD.findall(beyond)):
        folded = folded.replace(gap, " ")
    return folded.encode("utf-8", "surrogatepass").translate(_GAPS).decode("utf-8", "surrogatepass").split()


def halves_of(folded: str, place: int) -> tuple[list[str], set[str]]:
    """The words of what stands before ``place``, which may cut the last of them, and the set of all words of the text."""
    first = words_of(folded[:place])
    if len(folded) <= place:
        return first, set(first)
    second = words_of(folded[place:])
    every = {*first, *second}
    if WORD.match(folded, place - 1, place) and WORD.match(folded, place, place + 1):  # a word was cut
        every = {*first[:-1], first[-1] + second[0], *second[1:]}
    return first, every


def beyond_ascii(text: str) -> str:
    """What is left of a text without its ASCII letters and marks: searching this is quick where the text is long and mostly ASCII."""
    return "" if text.isascii() else text.encode("utf-8", "surrogatepass").translate(None, _ASCII).decode("utf-8", "surrogatepass")


def _folding() -> dict[int, str]:
    """Code point to one other: accents and case dropped, full-width forms narrowed, Arabic letter variants joined; never longer or shorter."""
    table: dict[int, str] = {}
    for code in (*range(0x80, 0x530), *range(0x1E00, 0x2000), *range(0xFF01, 0xFF5F)):
        letter = chr(code)
        base = unicodedata.normalize("NFKD", letter.lower() if len(letter.lower()) == 1 else letter)
        first = base[0].lower()
        if len(first) == 1 and first != letter and all(unicodedata.combining(mark) for mark in base[1:]):
            table[code] = first
    table |= {ord("ı"): "i", ord("İ"): "i", ord("ł"): "l", ord("Ł"): "l", ord("ø"): "o", ord("Ø"): "o", ord("’"): "'", ord("‐"): "-", ord("‑"): "-"}
    table |= {ord(a): b for a, b in zip("أإآٱىةؤئ", "ااااي" + "ةوي", strict=True)}
    return table


_FOLD = {chr(code): letter for code, letter in _folding().items()}
_TO_FOLD = re.compile(f"[{''.join(map(re.escape, sorted(_FOLD)))}]")
"""The letters that folding changes: most texts hold few different ones, so replacing each is quicker than looking every letter up."""


def fold(text: str) -> str:
    """The text in lower case without accents; as long as the text itself."""
    if text.isascii():
        return text.lower()
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = "".join(letter.lower() if len(letter.lower()) == 1 else letter for letter in text)
    for letter in sorted(set(_TO_FOLD.findall(beyond_ascii(lowered)))):  # in this order no letter is folded twice
        lowered = lowered.replace(letter, _FOLD[letter])
    return lowered


class Piece(NamedTuple):
    """A sentence, clause or line: ``text[start:end]`` without the white space around it. ``line``: number of its line, from 0."""

    start: int
    end: int
    line: int


def pieces(text: str, most: int = 0) -> list[Piece]:
    """The sentences, clauses and lines of a text, in order; only the first ``most`` when that is given. What holds no letter is left out."""
    found: list[Piece] = []
    begin = 0
    for line, row in enumerate(text.split("\n")):  # a line is a piece of its own or several: lists, tables, code
        start = 0
        for match in _END.finditer(row) if row else ():
            if match[0][0] == "." and _ABBREVIATION.search(row[max(start, match.start() - 6) : match.start()].lower()):
                continue
            _add(found, row[start : match.end()], begin + start, line)
            start = match.end()
        if start < len(row):
            _add(found, row[start:] if start else row, begin + start, line)
        if 0 < most <= len(found):
            return found[:most]
        begin += len(row) + 1
    return found


def _add(found: list[Piece], part: str, start: int, line: int) -> None:
    bare = part.strip()
    if bare and (bare[0].isalpha() or _LETTER.search(bare)):
        first = start if len(bare) == len(part) else start + part.index(bare)
        found.append(Piece(first, first + len(bare), line))


def scripts(folded: str) -> set[str]:
    """Languages that the letters alone tell: zh, ja, ko, ru (any Cyrillic), ar (any Arabic script), and ``latin``."""
    found: set[str] = set()
    if folded.isascii():
        return {"latin"} if _LATIN.search(folded) else found
    beyond = beyond_ascii(folded)
    if CJK.search(beyond):
        hangul, kana = bool(_HANGUL.search(beyond)), bool(_KANA.search(beyond))
        found |= ({"ko"} if hangul else set()) | ({"ja"} if kana else set())
        if not found or (not kana and not hangul):
            found.add("zh")
    if _CYRILLIC.search(beyond):
        found.add("ru")
    if _ARABIC.search(beyond):
        found.add("ar")
    if _LATIN.search(folded):
        found.add("latin")
    return found
