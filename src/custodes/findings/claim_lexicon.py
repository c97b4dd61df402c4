"""The words of claims: what the fact tables ``claim_words`` and ``claim_cues`` find in a text, and where.

A term is one or more words. ``*`` at the end (or the beginning) of a word stands for any ending (or beginning), ``..`` between words for up to
``GAP`` others. Chinese, Japanese and Korean terms are looked up as they stand, without word ends. Terms and text are folded alike (``claim_text.fold``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from custodes.findings.claim_text import CJK, MARKS, WORD, fold, scripts

GAP = 5
"""Words and marks that ``..`` may stand for, at most (for languages without spaces: three times as many letters)."""
MEMO = 200_000
"""Distinct words whose meaning is remembered; then the memory starts afresh. It changes time, never answers."""
HEAD = 20_000
"""Letters at the head of a text that tell its language."""

SHORT = 120
"""Below so many words a text is too short for function words alone to tell its language."""

_TOKEN = re.compile(rf"[\w{MARKS}]+|[^\w\s]")
_TERM = re.compile(r"\*?\w+\*?|\.\.|[^\w\s*]")
_ARABIC_WORD = re.compile("^[\u0600-\u06ff]+$")
_VOWELS = re.compile(f"[{MARKS}]")
_CLITICS = ("وال", "بال", "فال", "كال", "ولل", "وب", "ول", "لل", "ال", "و", "ب", "ل", "ف", "ك")

Rest = tuple[tuple[str, ...], int]
Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Hit:
    """A term found: position in code points and the number of its meaning."""

    start: int
    end: int
    meaning: int


class Index:
    """Terms with meanings (numbers), looked up by word: a dictionary of first words, the rest compared in place."""

    def __init__(self, terms: Iterable[tuple[str, int]]) -> None:
        self._exact: dict[str, list[Rest]] = {}
        self._prefix: dict[str, list[Rest]] = {}
        self._inside: list[tuple[str, Rest]] = []
        self._unspaced: list[tuple[str, re.Pattern[str] | None, int]] = []
        self._memo: dict[str, tuple[Rest, ...]] = {}
        for term, meaning in terms:
            self._put(fold(term), meaning)
        lengths = [len(stem) for stem in self._prefix]
        self._shortest, self._longest = min(lengths, default=1), max(lengths, default=0)

    def _put(self, term: str, meaning: int) -> None:
        if CJK.search(term):
            parts = [part.strip() for part in term.split("..")]
            pattern = re.compile(f".{{0,{3 * GAP}}}".join(map(re.escape, parts))) if len(parts) > 1 else None
            self._unspaced.append((parts[0], pattern, meaning))
            return
        first, *others = _TERM.findall(term)
        rest = (tuple(others), meaning)
        if first.startswith("*"):
            self._inside.append((first, rest))
        elif first.endswith("*"):
            self._prefix.setdefault(first[:-1], []).append(rest)
        else:
            self._exact.setdefault(first, []).append(rest)

    def starts(self, word: str) -> tuple[Rest, ...]:
        """What may begin with this word: the words that must follow, and the meaning."""
        known = self._memo.get(word)
        if known is None:
            if len(self._memo) >= MEMO:
                self._memo.clear()
            known = self._memo[word] = tuple(dict.fromkeys(self._look_up(word)))
        return known

    def _look_up(self, word: str) -> Iterable[Rest]:
        for form in _forms(word):
            yield from self._exact.get(form, ())
            for length in range(self._shortest, min(len(form), self._longest) + 1):
                yield from self._prefix.get(form[:length], ())
        yield from (rest for stem, rest in self._inside if _fits(stem, word))

    def touches(self, folded: str) -> bool:
        """Whether any term may stand in the text: quick, and never wrong when it says no."""
        if any(map(self.starts, set(WORD.findall(folded)))):
            return True
        return any(first in folded for first, _, _ in self._unspaced)

    def hits(self, folded: str, start: int, end: int) -> list[Hit]:
        """Every term in ``folded[start:end]``, in the order of the text."""
        found: list[Hit] = []
        words = list(_TOKEN.finditer(folded, start, end))
        for place, word in enumerate(words):
            for rest, meaning in self.starts(word.group()):
                last = _follows(words, place, rest) if rest else place
                if last is not None:
                    found.append(Hit(word.start(), words[last].end(), meaning))
        if self._unspaced:
            found += self._unspaced_hits(folded, start, end)
        return sorted(found, key=lambda hit: (hit.start, hit.end, hit.meaning))

    def _unspaced_hits(self, folded: str, start: int, end: int) -> Iterable[Hit]:
        for first, pattern, meaning in self._unspaced:
            place = folded.find(first, start, end)
            while place >= 0:
                match = pattern.match(folded, place, end) if pattern else None
                if match or not pattern:
                    yield Hit(place, match.end() if match else place + len(first), meaning)
                place = folded.find(first, place + 1, end)


def finds(terms: Sequence[str], line: str) -> bool:
    """Whether one of the terms stands in the line: what the tests of the tables ask."""
    return bool(Index((term, 0) for term in terms).hits(fold(line), 0, len(line)))


def _forms(word: str) -> tuple[str, ...]:
    """The word, and without the Arabic vowel marks, article, conjunction and prepositions that are written onto it."""
    if not _ARABIC_WORD.match(word):
        return (word,)
    word = _VOWELS.sub("", word)
    bare = [word[len(clitic) :] for clitic in _CLITICS if word.startswith(clitic) and len(word) - len(clitic) >= 3]
    return tuple(dict.fromkeys([word, *bare]))


def _fits(pattern: str, word: str) -> bool:
    """Whether a word of a term stands for a word of the text."""
    if pattern.startswith("*"):
        return pattern[1:-1] in word if pattern.endswith("*") else word.endswith(pattern[1:])
    return word.startswith(pattern[:-1]) if pattern.endswith("*") else word == pattern


def _follows(words: Sequence[re.Match[str]], place: int, rest: tuple[str, ...]) -> int | None:
    """The place of the last word when ``rest`` follows ``words[place]``, else None."""
    at, gap = place + 1, 0
    for wanted in rest:
        if wanted == "..":
            gap = GAP
            continue
        reach = range(at, min(at + gap, len(words) - 1) + 1)
        hit = next((here for here in reach if any(_fits(wanted, form) for form in _forms(words[here].group()))), None)
        if hit is None:
            return None
        at, gap = hit + 1, 0
    return at - 1


class Lexicon:
    """The fact tables, compiled per set of languages. ``meanings[n]`` is (kind, name): ``sure`` or ``context`` with a capability, ``cue`` with its name."""

    def __init__(self, words: Sequence[Row], cues: Sequence[Row]) -> None:
        self.meanings: list[tuple[str, str]] = []
        self._terms: dict[str, list[tuple[str, int]]] = {}
        self._function_words: dict[str, frozenset[str]] = {}
        self._indexes: dict[tuple[tuple[str, ...], bool], Index] = {}
        numbers: dict[tuple[str, str], int] = {}
        for row in words:
            kind = "sure" if row["strength"] == "sure" else "context"
            self._take(row, numbers.setdefault((kind, row["capability"]), len(numbers)))
        self._capabilities = len(numbers)
        for row in cues:
            if row["cue"] == "function_word":
                self._function_words[row["lang"]] = frozenset(map(fold, terms_of(row)))
            else:
                self._take(row, numbers.setdefault(("cue", row["cue"]), len(numbers)))
        self.meanings = list(numbers)

    def _take(self, row: Row, meaning: int) -> None:
        self._terms.setdefault(row["lang"], []).extend((term, meaning) for term in terms_of(row))

    def index(self, languages: tuple[str, ...], capabilities_only: bool = False) -> Index:
        """The terms of these languages, and identifiers of code, which count everywhere."""
        key = (languages, capabilities_only)
        if key not in self._indexes:
            terms = [pair for lang in (*languages, "code") for pair in self._terms.get(lang, ())]
            self._indexes[key] = Index(pair for pair in terms if not capabilities_only or pair[1] < self._capabilities)
        return self._indexes[key]

    def languages(self, folded: str, hint: str = "") -> tuple[str, ...]:
        """The languages whose words count in a text: told by letters and function words; the hint decides where those are silent."""
        head = folded[:HEAD]
        told = scripts(head)
        found = sorted(told - {"latin"})
        if "latin" in told:
            best = self._latin(head, hint.lower()[:2])
            found += [best] if best else ([] if found else ["en"])
        return tuple(found)

    def _latin(self, head: str, hint: str) -> str:
        """The language with most function words; short texts, which have few, are also asked for the words of claims that they hold."""
        words = WORD.findall(head)[:800]
        votes = {lang: float(sum(word in known for word in words)) for lang, known in self._function_words.items()}
        if hint in votes:
            votes[hint] += 1.5
        if len(words) < SHORT:
            for lang in votes:
                index = self.index((lang,))
                votes[lang] += 0.7 * sum(any(not rest for rest, _ in index.starts(word)) for word in words)
        best = max(votes, key=lambda lang: (votes[lang], lang == "en", lang), default="")
        return best if best and votes[best] else ""


def terms_of(row: Row) -> list[str]:
    """The terms of one row of a table."""
    return [term for term in (part.strip() for part in row["terms"].split(" ; ")) if term]
