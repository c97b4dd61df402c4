"""The words of claims: what the fact tables ``claim_words`` and ``claim_cues`` find in a text, and where.

A term is one or more words. ``*`` at the end (or the beginning) of a word stands for any ending (or beginning), ``..`` between words for up to
``GAP`` others. Chinese, Japanese and Korean terms are looked up as they stand, without word ends. Terms and text are folded alike (``claim_text.fold``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from operator import contains, eq

from custodes.findings.claim_text import CJK, MARKS, WORD, fold, scripts, words_of

GAP = 5
"""Words and marks that ``..`` may stand for, at most."""
MEMO = 200_000
"""Distinct words whose meaning is remembered; then the memory starts afresh. It changes time, never answers."""
LINES = 20_000
"""Lines that are remembered at most."""
FEW = 40
"""Words up to which each is looked for by itself."""
REACH = 90
"""Letters within which a term of several words ends."""
HEAD = 20_000
"""Letters at the head of a text that tell its language."""
SPOKEN = 6000
"""Letters of it whose words are counted."""

SHORT = 120
"""Below so many words a text is too short for function words alone to tell its language."""

_TOKEN = re.compile(rf"[\w{MARKS}]+|[^\w\s]")
_TERM = re.compile(r"\*?\w+\*?|\.\.|[^\w\s*]")
_ARABIC_WORD = re.compile("^[\u0600-\u06ff]+$")
_VOWELS = re.compile(f"[{MARKS}]")
_CLITICS = ("وال", "بال", "فال", "كال", "ولل", "وب", "ول", "لل", "ال", "و", "ب", "ل", "ف", "ك")

Rest = tuple[tuple[str, ...], int]
Step = tuple[int, Callable[[str, str], bool], str]
"""A further word of a term: how many others may stand before it, how it is compared, with what."""
Tail = tuple[tuple[Step, ...], int]
"""The further words of a term, and its meaning."""
Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Hit:
    """A term found: position in code points and the number of its meaning."""

    start: int
    end: int
    meaning: int


@dataclass(frozen=True, slots=True)
class Start:
    """What may begin with a word: meanings of the word alone; terms by their second word; terms whose second word is a pattern or stands behind a gap.
    ``seconds``: the keys of ``then``; ``marks``: some of them are marks, not words."""

    alone: tuple[int, ...]
    then: Mapping[str, tuple[Tail, ...]]
    loose: tuple[Tail, ...]
    seconds: frozenset[str] = frozenset()
    marks: bool = False


_NOTHING = Start((), {}, ())


class Index:
    """Terms with meanings (numbers), looked up by word: a dictionary of first words, the rest compared in place."""

    def __init__(self, terms: Iterable[tuple[str, int]]) -> None:
        self._exact: dict[str, list[Rest]] = {}
        self._prefix: dict[str, list[Rest]] = {}
        self._inside: list[tuple[str, Rest]] = []
        self._unspaced: dict[str, list[tuple[str, int]]] = {}
        self._memo: dict[str, Start] = {}
        self._dull: set[str] = set()
        self.seen: dict[str, tuple[frozenset[str], frozenset[str], frozenset[str], frozenset[str]]] = {}
        for term, meaning in terms:
            self._put(fold(term), meaning)
        lengths = [len(stem) for stem in self._prefix]
        self._shortest, self._longest = min(lengths, default=1), max(lengths, default=0)
        self._firsts = re.compile("|".join(_beginning(first, terms) for first, terms in sorted(self._unspaced.items()))) if self._unspaced else None

    def _put(self, term: str, meaning: int) -> None:
        if CJK.search(term):
            self._unspaced.setdefault(term[0], []).append((term, meaning))
            return
        first, *others = _TERM.findall(term)
        rest = (tuple(others), meaning)
        if first.startswith("*"):
            self._inside.append((first, rest))
        elif first.endswith("*"):
            self._prefix.setdefault(first[:-1], []).append(rest)
        else:
            self._exact.setdefault(first, []).append(rest)

    def start(self, word: str) -> Start:
        """What may begin with this word."""
        known = self._memo.get(word)
        if known is None:
            if len(self._memo) >= MEMO:
                self._memo.clear()
            known = self._memo[word] = _start(dict.fromkeys(self._look_up(word)))
        return known

    def _look_up(self, word: str) -> Iterable[Rest]:
        for form in _forms(word):
            yield from self._exact.get(form, ())
            for length in range(self._shortest, min(len(form), self._longest) + 1):
                yield from self._prefix.get(form[:length], ())
        yield from (rest for stem, rest in self._inside if _fits(stem, word))

    def places(self, folded: str, every: Set[str] | None = None) -> list[int]:
        """Where terms begin, in no order. Quick: a text that holds no first word of any term costs no more than splitting it into words (``every``, if known)."""
        every = set(words_of(folded)) if every is None else every
        words = every - self._dull
        dull = {word for word in words if self.start(word) is _NOTHING}
        self._remember(dull)
        words -= dull
        likely = [word for word in sorted(words) if self._may_begin(word, every)]
        found = [place for word, place in _standing(likely, folded) if self._begins(folded, word, place)]
        return found + [place for place, _, _ in self._unspaced_hits(folded, 0, len(folded))]

    def _remember(self, dull: set[str]) -> None:
        """Words that begin no term are taken off the next text in one step. It changes time, never answers."""
        if len(self._dull) >= MEMO:
            self._dull.clear()
        self._dull |= dull

    def remember(self, line: str, seen: tuple[frozenset[str], frozenset[str], frozenset[str], frozenset[str]]) -> None:
        """Keep what was seen in a line for the next time that it comes; after :data:`LINES` of them the memory starts afresh."""
        if len(self.seen) >= LINES:
            self.seen.clear()
        self.seen[line] = seen

    def _may_begin(self, word: str, every: Set[str]) -> bool:
        """Whether a term may begin with this word in a text of these words: the second word of one is there too, or is none that is written out."""
        begin = self.start(word)
        return bool(begin.alone or begin.loose) or not begin.seconds.isdisjoint(every) or begin.marks

    def _begins(self, folded: str, word: str, place: int) -> bool:
        begin = self.start(word)
        if begin.alone:
            return True
        following = _TOKEN.search(folded, place + len(word))
        rests = (*begin.then.get(following.group(), ()), *begin.loose) if following else ()
        if not rests:
            return False
        words = [match.group() for match in _TOKEN.finditer(folded, place, place + REACH)]
        return any(_follows(words, 0, steps) for steps, _ in rests)

    def hits(self, folded: str, start: int, end: int) -> list[Hit]:
        """Every term in ``folded[start:end]``, in the order of the text."""
        words = _TOKEN.findall(folded, start, end)
        terms = self._terms_of(words)
        spans = [match.span() for match in _TOKEN.finditer(folded, start, end)] if terms else []
        found = [(spans[first][0], spans[last][1], meaning) for first, last, meaning in terms]
        found += self._unspaced_hits(folded, start, end)
        return [Hit(*hit) for hit in sorted(found)]

    def meanings(self, folded: str, start: int, end: int) -> set[int]:
        """What the terms in ``folded[start:end]`` mean, wherever they stand there."""
        words = _TOKEN.findall(folded, start, end)
        found = {meaning for _, _, meaning in self._terms_of(words)}
        return found.union(meaning for _, _, meaning in self._unspaced_hits(folded, start, end))

    def _terms_of(self, words: Sequence[str]) -> list[tuple[int, int, int]]:
        """(place of the first word, of the last, meaning) of the terms that are written with word ends."""
        found: list[tuple[int, int, int]] = []
        memo, end = self._memo, len(words) - 1
        for place, word in enumerate(words):
            begin = memo.get(word) or self.start(word)
            if begin is _NOTHING:
                continue
            found += [(place, place, meaning) for meaning in begin.alone]
            if place < end:
                for steps, meaning in (*begin.then.get(words[place + 1], ()), *begin.loose):
                    if last := _follows(words, place, steps):
                        found.append((place, last, meaning))
        return found

    def _unspaced_hits(self, folded: str, start: int, end: int) -> Iterable[tuple[int, int, int]]:
        if self._firsts and not folded.isascii():
            for match in self._firsts.finditer(folded, start, end):
                place = match.start()
                for term, meaning in self._unspaced[match.group()]:
                    if folded.startswith(term, place, end):
                        yield place, place + len(term), meaning


def _beginning(first: str, terms: Iterable[tuple[str, int]]) -> str:
    """A pattern for the first letter of terms, with one of their second letters behind it."""
    seconds = {term[1:2] for term, _ in terms}
    return re.escape(first) if "" in seconds else f"{re.escape(first)}(?=[{''.join(map(re.escape, sorted(seconds)))}])"


def _standing(words: Collection[str], folded: str) -> Iterable[tuple[str, int]]:
    """(word, place) where these words stand as whole words, in no order. Few are looked for one by one, many in one pass."""
    if len(words) > FEW:
        wanted = frozenset(words)
        yield from ((match.group(), match.start()) for match in WORD.finditer(folded) if match.group() in wanted)
        return
    for word in words:
        at, size = folded.find(word), len(word)
        while at >= 0:
            if not (at and WORD.match(folded, at - 1, at)) and not WORD.match(folded, at + size, at + size + 1):
                yield word, at
            at = folded.find(word, at + size)


def _start(rests: Iterable[Rest]) -> Start:
    """Terms that share their first word, sorted by what must follow it."""
    alone: list[int] = []
    then: dict[str, list[Tail]] = {}
    loose: list[Tail] = []
    for rest, meaning in rests:
        if not rest:
            alone.append(meaning)
        elif rest[0] == ".." or "*" in rest[0] or _ARABIC_WORD.match(rest[0]):
            loose.append((_steps(rest), meaning))
        else:
            then.setdefault(rest[0], []).append((_steps(rest), meaning))
    if not (alone or then or loose):
        return _NOTHING
    seconds = frozenset(then)
    return Start(tuple(alone), {word: tuple(known) for word, known in then.items()}, tuple(loose), seconds, not all(map(WORD.fullmatch, seconds)))


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


def _test(pattern: str) -> tuple[Callable[[str, str], bool], str]:
    """How a word of a term is compared with a word of the text, and what is left of it without its stars."""
    if pattern.startswith("*"):
        return (contains, pattern[1:-1]) if pattern.endswith("*") else (str.endswith, pattern[1:])
    return (str.startswith, pattern[:-1]) if pattern.endswith("*") else (eq, pattern)


def _fits(pattern: str, word: str) -> bool:
    """Whether a word of a term stands for a word of the text."""
    test, stem = _test(pattern)
    return test(word, stem)


def _steps(rest: tuple[str, ...]) -> tuple[Step, ...]:
    """The further words of a term, ready to be compared."""
    return tuple((GAP if before == ".." else 0, *_test(wanted)) for before, wanted in zip(("", *rest), rest, strict=False) if wanted != "..")


def _follows(words: Sequence[str], place: int, steps: tuple[Step, ...]) -> int:
    """The place of the last word when ``steps`` follow ``words[place]``, else 0."""
    last, size = place, len(words)
    for gap, test, stem in steps:
        first = last + 1
        for last in range(first, min(first + gap + 1, size)):
            word = words[last]
            if test(word, stem) if word.isascii() else any(test(form, stem) for form in _forms(word)):
                break
        else:
            return 0
    return last


class Lexicon:
    """The fact tables, compiled per set of languages. ``meanings[n]`` is (kind, name): ``sure`` or ``context`` with a capability, ``cue`` with its name."""

    def __init__(self, words: Sequence[Row], cues: Sequence[Row]) -> None:
        self.meanings: list[tuple[str, str]] = []
        self._terms: dict[str, list[tuple[str, int]]] = {}
        self._function_words: dict[str, frozenset[str]] = {}
        self._indexes: dict[tuple[tuple[str, ...], str], Index] = {}
        numbers: dict[tuple[str, str], int] = {}
        for row in words:
            kind = "sure" if row["strength"] == "sure" else "context"
            self._take(row, numbers.setdefault((kind, row["capability"]), len(numbers)))
        for row in cues:
            if row["cue"] == "function_word":
                self._function_words[row["lang"]] = frozenset(map(fold, terms_of(row)))
            else:
                self._take(row, numbers.setdefault(("cue", row["cue"]), len(numbers)))
        self.meanings = list(numbers)
        self._spoken: dict[str, tuple[str, ...]] = {}
        self._claims: dict[str, tuple[str, ...]] = {}
        for lang, known in self._function_words.items():
            self._spoken |= {word: (*self._spoken.get(word, ()), lang) for word in known}

    def _take(self, row: Row, meaning: int) -> None:
        self._terms.setdefault(row["lang"], []).extend((term, meaning) for term in terms_of(row))

    def index(self, languages: tuple[str, ...], kind: str = "") -> Index:
        """The terms of these languages, and identifiers of code, which count everywhere. ``kind``: only ``sure`` words and words of faces, or ``context``."""
        key = (languages, kind)
        if key not in self._indexes:
            terms = [pair for lang in (*languages, "code") for pair in self._terms.get(lang, ())]
            self._indexes[key] = Index(pair for pair in terms if not kind or self._sort(pair[1]) == kind)
        return self._indexes[key]

    def _sort(self, meaning: int) -> str:
        kind, name = self.meanings[meaning]
        return "sure" if kind == "context" and name == "face_recognition" else kind

    def languages(self, folded: str, hint: str = "", words: Sequence[str] | None = None) -> tuple[str, ...]:
        """The languages whose words count in a text: told by letters and function words; the hint decides where those are silent.

        ``words``: those of the first :data:`SPOKEN` letters, when they are known.
        """
        head = folded[:HEAD]
        told = scripts(head)
        found = sorted(told - {"latin"})
        if "latin" in told:
            best = self._latin(words_of(head[:SPOKEN]) if words is None else words, hint.lower()[:2])
            found += [best] if best else ([] if found else ["en"])
        return tuple(found)

    def _latin(self, words: Sequence[str], hint: str) -> str:
        """The language with most function words; short texts, which have few, are also asked for the words of claims that they hold."""
        votes = dict.fromkeys(self._function_words, 0.0)
        counts: dict[str, int] = {}
        for word in filter(self._spoken.__contains__, words):
            counts[word] = counts.get(word, 0) + 1
        for word, count in counts.items():
            for lang in self._spoken[word]:
                votes[lang] += count
        if hint in votes:
            votes[hint] += 1.5
        if len(words) < SHORT:
            claimed = [lang for word in words for lang in self._claiming(word)]
            for lang in dict.fromkeys(claimed):
                votes[lang] += 0.7 * claimed.count(lang)
        best = max(votes, key=lambda lang: (votes[lang], lang == "en", lang), default="")
        return best if best and votes[best] else ""

    def _claiming(self, word: str) -> tuple[str, ...]:
        """The languages in which a word alone is a word of claims, remembered."""
        known = self._claims.get(word)
        if known is None:
            if len(self._claims) >= MEMO:
                self._claims.clear()
            known = self._claims[word] = tuple(lang for lang in self._function_words if self.index((lang,)).start(word).alone)
        return known


def terms_of(row: Row) -> list[str]:
    """The terms of one row of a table."""
    return [term for term in (part.strip() for part in row["terms"].split(" ; ")) if term]
