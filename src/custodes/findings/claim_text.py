"""Text made comparable without moving a letter, cut into sentences and lines, and its language.

Every function keeps offsets: position ``i`` of a folded text is position ``i`` of the text itself (code points), so what is found in the one is
quoted from the other.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

MARKS = "\u064b-\u0652\u0670\u0640"
"""Arabic vowel marks and the stretching stroke, as a character class: part of a word, not of its spelling."""
WORD = re.compile(rf"[\w{MARKS}]+")
_ASCII_WORD = re.compile(r"\w+", re.ASCII)
_CJK_CLASS = "\u2e80-\u9fff\uac00-\ud7af\u3040-\u30ff\uf900-\ufaff"
CJK = re.compile(f"[{_CJK_CLASS}]")
_KANA, _HANGUL = re.compile("[\u3040-\u30ff]"), re.compile("[\uac00-\ud7af]")
_CYRILLIC, _ARABIC, _LATIN = re.compile("[\u0400-\u04ff]"), re.compile("[\u0600-\u06ff]"), re.compile("[a-z]{2}")

_END = re.compile(
    r"[\n.!?…。！？؟;；؛](?:"  # one set of first letters, so that the search runs fast to the next
    r"(?<=\n)\n*"  # a line is a piece of its own: lists, tables, code
    r"|(?<=[.!?…])[.!?…]*[\"'”’»)\]]*(?=\s+\S)"  # a Latin, Cyrillic or Arabic sentence
    r"|(?<=[。！？؟])[。！？؟]*[”’」』）]*"  # full-width ends need no space
    r"|(?<=[!?])(?=[" + _CJK_CLASS + r"])"
    r"|(?<=[;；؛])(?=\s+[^/\s]|[" + _CJK_CLASS + r"]))"  # clauses joined by semicolons speak for themselves (a comment behind code does not)
)
_ABBREVIATION = re.compile(r"(?:^|[\s(])(?:[a-z]|art|no|nr|fig|dr|mr|mrs|ms|st|vs|approx|incl|etc|e\.g|i\.e|z\.b|bzw|ca|tel|max|min|ltd|inc|corp|co|рис|стр|им)$")
_INNER = re.compile(r"\S")
_LETTER = re.compile(r"[^\W\d_]")


def words_of(folded: str) -> list[str]:
    """Every :data:`WORD` of a text, in order; plain ASCII by a quicker expression that finds the same."""
    return (_ASCII_WORD if folded.isascii() else WORD).findall(folded)


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


_FOLD = _folding()


def fold(text: str) -> str:
    """The text in lower case without accents; as long as the text itself."""
    if text.isascii():
        return text.lower()
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = "".join(letter.lower() if len(letter.lower()) == 1 else letter for letter in text)
    return lowered.translate(_FOLD)


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence, clause or line: ``text[start:end]`` without the white space around it. ``line``: number of its line, from 0."""

    start: int
    end: int
    line: int


def pieces(text: str, most: int = 0) -> list[Piece]:
    """The sentences, clauses and lines of a text, in order; only the first ``most`` when that is given. What holds no letter is left out."""
    found: list[Piece] = []
    start = line = 0
    for match in _END.finditer(text):
        mark = match.group()
        if mark[0] == "." and _ABBREVIATION.search(text[max(start, match.start() - 6) : match.start()].lower()):
            continue
        _add(found, text, start, match.start() if mark[0] == "\n" else match.end(), line)
        start = match.end()
        line += mark.count("\n")
        if 0 < most <= len(found):
            return found[:most]
    _add(found, text, start, len(text), line)
    return found


def _add(found: list[Piece], text: str, start: int, end: int, line: int) -> None:
    match = _INNER.search(text, start, end)
    if match and _LETTER.search(text, match.start(), end):
        found.append(Piece(match.start(), end - len(text[start:end]) + len(text[start:end].rstrip()), line))


def scripts(folded: str) -> set[str]:
    """Languages that the letters alone tell: zh, ja, ko, ru (any Cyrillic), ar (any Arabic script), and ``latin``."""
    found: set[str] = set()
    if folded.isascii():
        return {"latin"} if _LATIN.search(folded) else found
    if CJK.search(folded):
        hangul, kana = bool(_HANGUL.search(folded)), bool(_KANA.search(folded))
        found |= ({"ko"} if hangul else set()) | ({"ja"} if kana else set())
        if not found or (not kana and not hangul):
            found.add("zh")
    if _CYRILLIC.search(folded):
        found.add("ru")
    if _ARABIC.search(folded):
        found.add("ar")
    if _LATIN.search(folded):
        found.add("latin")
    return found
