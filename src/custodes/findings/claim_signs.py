"""What is seen in a text: per piece its capabilities and cues, and over all the signs that the linear model weighs.

Signs are words of ours ("core deny", "title journal"), the same in every language; the lexicon turned the words of the language into them. So one set of
weights serves all languages.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field
from typing import NamedTuple

from custodes.findings.claim_lexicon import SPOKEN, Index, Lexicon
from custodes.findings.claim_sites import Address
from custodes.findings.claim_text import CJK, Piece, fold, halves_of, pieces, words_of

FRIENDS = frozenset({"hair", "ancestry", "hr", "census", "idcard", "nonimage", "software", "privacy", "training", "exhibition"})
"""Cues of texts that use the same words for something else than judging people by pictures."""
ATTRIBUTES = ("ethnicity", "race", "religion", "nationality", "gender", "age", "emotion")
_ATTRIBUTES = frozenset(ATTRIBUTES)
ORIGINS = {"nationality", "religion"}
"""What words of two meanings (origin, foreign, veil) may say besides ethnicity: not where ethnicity itself is named."""
IMPLIED = {"demographics": ("gender", "age")}
"""Demographics of faces in general terms mean gender and age, where the piece names no attribute itself."""

_BULLET = re.compile(r"(?:[-*•·–—]|\(?[a-z0-9一二三四五六七八九十]{1,3}[).、])\s?|\d+(?:\.\d+)+\.?\s|\+{1,3}\w")
_CALL, _HUMP, _CAMEL = re.compile(r"\w\(\)"), re.compile("[a-z][A-Z]"), re.compile(r"\b[a-z]++[A-Z]\w")
_JOINED = re.compile(r"\b[^\Wa-z]*+[a-z]\w*_[A-Z]|\b[A-Z]{2,}_[A-Z_]{2,}")
_DECLARED = re.compile(r"\b(?:int|unsigned|float|bool|char|string|enum|struct|var|const|List<)\b")
_KEY = re.compile(r"[^\s:|][^:|]{0,48}[:：]\s?\S")
_QUOTED = re.compile(r"[\"“„«»”「『]")
_NO_NAME = bytes(set(range(128)) - set(b"abcdefghijklmnopqrstuvwxyz0123456789"))
_PROPER = re.compile(r"\b[A-Z]\w*[A-Z0-9]\w*\b|(?<=[«„“\"「])[^\s«»“”\"「」]{3,}(?=[»“”\"」])|(?<=\s)[A-ZÀ-ÞА-Я][\w’-]{3,}")
"""Words of a title that look like names: capitals or digits inside, in quotation marks, or a capital that does not begin the title."""
_NUMBER = re.compile(r"\d")


class Seen(NamedTuple):
    """One piece: capabilities that its words name for sure, those that need company, its cues, its shape."""

    piece: Piece
    sure: frozenset[str]
    maybe: frozenset[str]
    cues: frozenset[str]
    shape: frozenset[str]

    def capabilities(self, setting: bool) -> tuple[str, ...]:
        """The attributes this piece speaks of; words of two meanings count beside others, or where pictures of people are judged (``setting``)."""
        if not self.sure and not self.maybe:  # as most pieces
            return ()
        named = set(self.sure)
        general = "demographics" in self.maybe and bool(self.cues & {"infer", "people", "market"})
        named |= {"demographics"} if general else set()
        company = bool(self.sure - {"face_recognition"}) or len(self.maybe - {"face_recognition"}) > 1
        judged = bool(self.cues & {"infer", "attribute"}) and (setting or bool(self.cues & {"image", "people"}))
        if company or judged or ("attribute" in self.cues and self.shape & {"code", "bullet", "table"}):
            named |= self.maybe - {"face_recognition"} - (ORIGINS if "ethnicity" in self.sure else set())
        if "demographics" in named:
            named -= {"demographics"}
            if not named & _ATTRIBUTES:
                named |= set(IMPLIED["demographics"])
        return tuple(name for name in (*ATTRIBUTES, "face_recognition") if name in named)


@dataclass(frozen=True)
class Reading:
    """A text as seen: its pieces, which of them are its core, the setting, the address and the title."""

    text: str
    languages: tuple[str, ...]
    seen: tuple[Seen, ...]
    core: tuple[int, ...]
    setting: bool
    title: Seen | None = None
    words_in_title: int = 0
    heading: str = ""
    address: Address = field(default_factory=Address)
    head: str = ""
    """The first letters of the text, folded."""


SHORT_LINE = 120
"""Letters of a piece that is remembered: the pages of a site share their menus, headings and footers."""


def look(text: str, piece: Piece, index: Index, lexicon: Lexicon) -> Seen:
    """See one piece. What short ones hold is remembered; it changes time, never answers."""
    line = text[piece.start : piece.end]
    known = index.seen.get(line)
    if known is None:
        known = _look(line, index, lexicon)
        if len(line) <= SHORT_LINE:
            index.remember(line, known)
    return Seen(piece, *known)


def _look(line: str, index: Index, lexicon: Lexicon) -> tuple[frozenset[str], frozenset[str], frozenset[str], frozenset[str]]:
    meant = [lexicon.meanings[number] for number in index.meanings(fold(line), 0, len(line))]
    sure = frozenset(name for kind, name in meant if kind == "sure")
    maybe = frozenset(name for kind, name in meant if kind == "context") - sure
    cues = frozenset(name for kind, name in meant if kind == "cue")
    return sure, maybe, cues, frozenset(_shape(line))


def _shape(line: str) -> Iterable[str]:
    if "|" in line[:2] or line.count("|") > 1:
        yield "table"
    if _BULLET.match(line):
        yield "bullet"
    if _is_code(line):
        yield "code"
    if _KEY.match(line):
        yield "key"
    if _QUOTED.search(line):
        yield "quoted"
    if line.rstrip("\"”»").endswith(("?", "？", "؟")):
        yield "question"
    if not line.endswith((".", "。", "!", "?", "…", "؟")):
        yield "open end"
    if line.count(",") + line.count("、") + line.count("،") + line.count(";") > 2:
        yield "enumeration"
    if _NUMBER.search(line):
        yield "number"


def _is_code(line: str) -> bool:
    """Whether a line looks like code. What is quick to rule out is asked first; no expression looks at a letter more than a few times, however long the line."""
    if "//" in line or "/*" in line or line.rstrip().endswith(("{", "}", ";")):
        return True
    if ("()" in line and _CALL.search(line)) or ("_" in line and _JOINED.search(line)) or (_HUMP.search(line) and _CAMEL.search(line)):
        return True
    last = max(line.rfind(";"), line.rfind("{"))
    return last > 0 and bool(_DECLARED.search(line, 0, last))


def read(text: str, lexicon: Lexicon, *, title: str = "", lang: str = "", address: Address | None = None) -> Reading:
    """See a whole text. Long ones are seen at their head and around every word of a capability, so that time goes with what is there to judge."""
    folded = fold(text)
    words_of_head, every = halves_of(folded, SPOKEN)
    languages = lexicon.languages(folded, lang, words_of_head)
    index = lexicon.index(languages)
    seen = tuple(look(text, piece, index, lexicon) for piece in _worth(text, folded, languages, lexicon, every))
    seen = _listed(seen)
    setting = any("image" in one.cues or "face_recognition" in one.sure or "face_recognition" in one.maybe for one in seen) and any("infer" in one.cues for one in seen)
    head, words = None, 0
    if title:
        folded_title = fold(title)
        words = sum((len(word) + 1) // 2 if CJK.match(word) else 1 for word in words_of(folded_title))  # two letters without spaces count as a word
        head = look(title, Piece(0, len(title), 0), lexicon.index(lexicon.languages(folded_title, lang)), lexicon)
    return Reading(text, languages, seen, _core(seen, setting), setting, head, words, title, address or Address(), folded[:4000])


def _listed(seen: tuple[Seen, ...]) -> tuple[Seen, ...]:
    """Items of a list that names attributes are taken at their word: "- age" below "predicts these attributes:" or below "- gender"."""
    found: list[Seen] = []
    for one in seen:
        before = found[-1] if found else None
        item = "bullet" in one.shape and one.maybe & _ATTRIBUTES and before
        if item and before and (before.sure & _ATTRIBUTES if "bullet" in before.shape else {"infer", "attribute"} <= before.cues):
            one = one._replace(sure=one.sure | one.maybe, maybe=frozenset())
        found.append(one)
    return tuple(found)


SHORT, HEAD_PIECES, HEAD, NEAR, MANY = 48, 8, 3000, 4, 300


def _worth(text: str, folded: str, languages: tuple[str, ...], lexicon: Lexicon, every: Set[str]) -> list[Piece]:
    """The pieces worth seeing: all of a short text; of a long one its head, and those around each (of the first three hundred) that names a capability.

    Words of two meanings ("age", "origin") count on pages that also hold a sure word or speak of faces; a page with neither is seen at its head only.
    """
    sure = lexicon.index(languages, "sure").places(folded, every)
    if not sure and len(text) > 2 * HEAD:
        return pieces(text[:HEAD], HEAD_PIECES)
    cut = pieces(text)
    if len(cut) <= SHORT:
        return cut
    kept = set(range(HEAD_PIECES))
    starts = [piece.start for piece in cut]
    named = {bisect_right(starts, at) - 1 for at in (*sure, *(lexicon.index(languages, "context").places(folded, every) if sure else ()))}
    for place in sorted(named)[:MANY]:
        kept |= set(range(max(place - NEAR, 0), min(place + NEAR + 1, len(cut))))
    return [cut[place] for place in sorted(kept)]


def _core(seen: Sequence[Seen], setting: bool) -> tuple[int, ...]:
    """The pieces that the text is about here: those that name attributes, else those about faces, else those that deny or withdraw, else none."""
    attributes = [place for place, one in enumerate(seen) if not _ATTRIBUTES.isdisjoint(one.capabilities(setting))]
    if attributes:
        answers = [place for place in attributes if "question" not in seen[place].shape]
        return tuple(answers or attributes)
    faces = [place for place, one in enumerate(seen) if "face_recognition" in one.sure]
    if faces:
        return tuple(faces)
    return tuple(place for place, one in enumerate(seen) if one.cues & {"denyverb", "withdraw"})


MOST, AROUND = 12, 5
"""A long page is judged by at most twelve pieces of its core and the five on either side of each, so that it is seen as a short one is."""


def about(reading: Reading, core: Sequence[int] | None = None) -> list[str]:
    """The signs of a text for the model, sorted. ``core``: the pieces to judge (default: the reading's core; without one, all)."""
    core = (reading.core if core is None else core)[:MOST]
    inner = [reading.seen[place] for place in core] or list(reading.seen[:MOST])
    before = [reading.seen[place - 1] for place in core[:1] if place > 0]
    near = {place + step for place in core for step in range(-AROUND, AROUND + 1)} - set(core)
    outer = [reading.seen[place] for place in sorted(near) if 0 <= place < len(reading.seen)]
    signs = {f"core {cue}" for cue in _cues(inner)}
    signs |= {f"around {cue}" for cue in _cues(outer)}
    signs |= {f"before {cue}" for one in before for cue in one.cues & {"withdraw", "deny", "denyverb", "report", "first", "idcard", "require", "question"}}
    signs |= _capability_signs(reading, inner)
    signs |= _title_signs(reading.title, reading.words_in_title)
    signs |= set(reading.address.signs) or {"no address"}
    signs |= _names(reading, signs)
    signs |= _pairs(signs)
    return sorted(signs)


def _cues(seen: Sequence[Seen]) -> set[str]:
    return set[str]().union(*[one.cues for one in seen], *[one.shape for one in seen])


def _title_signs(title: Seen | None, words: int) -> set[str]:
    if not title:
        return {"no title"}
    found = {f"title {cue}" for cue in (title.cues | title.shape)}
    found.add("title short" if words < 4 else "title long" if words > 6 else "title medium")
    if title.sure - {"face_recognition"}:
        found.add("title names attribute")
    if "face_recognition" in title.sure:
        found.add("title names faces")
    return found


def _capability_signs(reading: Reading, inner: Sequence[Seen]) -> set[str]:
    named = {name for one in inner for name in one.capabilities(reading.setting)}
    attributes = named & _ATTRIBUTES
    found = {"names attribute"} if attributes else {"names faces only"} if named else {"names nothing"}
    if len(attributes) > 1:
        found.add("names several")
    if attributes & {"ethnicity", "race", "religion", "nationality"}:
        found.add("names origin")
    if any(one.sure & _ATTRIBUTES for one in inner):
        found.add("names for sure")
    if reading.setting:
        found.add("setting of pictures")
    found.add("short" if len(reading.seen) <= 1 else "some pieces" if len(reading.seen) <= 4 else "many pieces")
    return found


PAIRS = (
    ("core infer", "core image"), ("core infer", "core people"), ("core infer", "core product"), ("core infer", "core first"), ("core deny", "core first"),
    ("core deny", "core infer"), ("core deny", "core product"), ("core report", "core company3"), ("core report", "core deny"), ("core require", "core infer"),
    ("core require", "core exclude"), ("core company3", "core infer"), ("core generic", "core infer"), ("core document", "core infer"), ("core quoted", "core report"),
    ("names attribute", "core infer"), ("names attribute", "core deny"), ("names attribute", "core denyverb"), ("names attribute", "core withdraw"),
    ("names attribute", "core report"), ("names attribute", "core company3"), ("names attribute", "core journal"), ("names attribute", "core hair"),
    ("names attribute", "core advice"), ("names attribute", "core training"), ("names attribute", "core personal"), ("names attribute", "core law"),
    ("names attribute", "core hr"), ("names attribute", "core press_time"), ("names attribute", "core future"), ("names attribute", "core market"),
    ("names attribute", "title reference"), ("names attribute", "title journal"), ("names attribute", "path headline"), ("path dated", "path headline"),
    ("site unknown", "path headline"), ("site unknown", "host docs"), ("site unknown", "path product"), ("host shop", "path product"), ("host blog", "path headline"),
    ("names attribute", "core second"), ("names attribute", "core document"), ("names attribute", "core criticise"), ("core code", "core attribute"),
)  # fmt: skip
"""Signs that mean something else together."""


def _pairs(signs: set[str]) -> set[str]:
    return {f"{one} + {other}" for one, other in PAIRS if one in signs and other in signs}


def _names(reading: Reading, signs: set[str]) -> set[str]:
    """Whether the site speaks of itself (its name in text or title), of another maker, and whether the title's proper name stands in the text."""
    found = set()
    name = re.sub(r"[^a-z0-9]", "", reading.address.name)
    if len(name) > 2:
        text, title = _squeezed(reading.head), _squeezed(fold(reading.heading))
        if name in text:
            found.add("site named in text")
        elif any(part in text for part in re.split(r"[-_]", reading.address.name) if len(part) > 4):
            found.add("part of site named in text")
        if name in title:
            found.add("site named in title")
    if not found and reading.address.signs and signs & {"core brand", "around brand", "title brand"}:
        found.add("other maker named")
    if any(proper in reading.text for proper in _PROPER.findall(reading.heading)):
        found.add("title's name in text")
    return found


def _squeezed(folded: str) -> str:
    return folded.encode("ascii", "ignore").translate(None, _NO_NAME).decode()
