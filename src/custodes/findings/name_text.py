"""Names of organisations in bulk: from text as it was written to words in one spelling.

One pass over all names of a batch joined by line ends: capitals, look-alike letters, scripts, legal forms of the world (rigour), punctuation, phrases.
What a name becomes depends on that name alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import icu
from rigour.names.org_types import replace_org_types_compare

from custodes.findings.text import fold

_CYRILLIC = str.maketrans(
    dict(zip("абвгдеёзийклмнопрстуфіїєґўқғңүұһә", "abvgdeeziyklmnoprstufiieguk" "gnuuha", strict=True))
    | {"ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ю": "yu", "я": "ya", "ъ": "", "ь": "", "ы": "y", "э": "e"}
)
"""Russian, Ukrainian, Belarusian and Kazakh letters, close to BGN/PCGN."""

_TYPOGRAPHY = str.maketrans({"’": "'", "‘": "'", "“": " ", "”": " ", "„": " ", "«": " ", "»": " ", "–": "-", "—": "-", "…": " ", "\u00a0": " ", "№": " "})
_PUNCTUATION = bytes.maketrans(b"!\"#$%()*+,-./:;<=>?@[\\]^_{|}~\t\r\v\f\x1c\x1d\x1e\x1f", b" " * 37)
_DROPPED = b"'`"
_NO_FORMS = (" in ", " at ", " im ", " pr ", " rs ", " kb ")
"""Words that rigour would take for legal forms and that are not, in the middle of a name."""

_HAN, _FOREIGN = re.compile("[\u3400-\u9fff]+"), re.compile("[\u0370-\u052f]")
_CYRILLIC_FORMS = {"ао": "ao", "оао": "oao", "ооо": "ooo", "пао": "pao", "зао": "zao"}


@dataclass(frozen=True)
class Lexicon:
    """Words of the trade. ``words``: variant -> word; ``starts``: beginning -> word; ``forms``: legal form -> class; ``han``: Chinese word -> English;
    ``numbers``: words that stand for a number, such as "first" for 1."""

    words: Mapping[str, str]
    starts: Mapping[str, str]
    forms: Mapping[str, str]
    stops: frozenset[str]
    marks: frozenset[str]
    phrases: tuple[tuple[str, str], ...]
    han: Mapping[str, str]
    places: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()

    def canonical(self, word: str) -> str:
        """The word that stands for this one: "intl" and "mezhdunarodny" are "international"; a word that is not in the table stands for itself."""
        found = self.words.get(word)
        if found is None and len(word) >= 5:
            for end in range(min(len(word), 14), 3, -1):
                if found := self.starts.get(word[:end]):
                    break
        return found or word


STOCK = "stock"
"""The word by which a joint stock company is known in pieces."""

_STOCK = frozenset({"joint", "stock", "company", "open", "closed", "public"})
"""Pieces of "public joint stock company"."""

_LONG_FORMS = ("limited", "company", "liability", "corporation", "obshchestvo", "otvetstvennostyu", "aktsionernoe")
"""Words of legal forms that are long enough to be known when one letter is wrong."""

_LETTERS = "abcdefghijklmnopqrstuvwxyz01"


def _one_off(word: str) -> Iterator[str]:
    """Spellings of a word with one letter left out, doubled up, changed or swapped with the next."""
    for n in range(len(word)):
        yield word[:n] + word[n + 1 :]
        yield word[:n] + word[n + 1 : n + 2] + word[n] + word[n + 2 :]
        for letter in _LETTERS:
            yield word[:n] + letter + word[n + 1 :]
            yield word[:n] + letter + word[n:]


def _misspelt_forms(forms: Mapping[str, str], words: Mapping[str, str]) -> dict[str, str]:
    """Long words of legal forms with one typing error -> their class; a spelling that is a word of its own is left alone."""
    return {wrong: forms[word] for word in _LONG_FORMS if word in forms for wrong in _one_off(word) if wrong not in forms and wrong not in words}


_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_UNITS = (("one", "first"), ("two", "second"), ("three", "third"), ("four", "fourth"), ("five", "fifth"), ("six", "sixth"), ("seven", "seventh"), ("eight", "eighth"), ("nine", "ninth"))
_ENDINGS = {1: "st", 2: "nd", 3: "rd"}


def _written_numbers() -> tuple[tuple[str, str], ...]:
    """Phrases such as "forty fourth" -> "44"."""
    return tuple((f" {tens} {word} ", f" {20 + 10 * n + m} ") for n, tens in enumerate(_TENS) for m, words in enumerate(_UNITS, 1) for word in words)


def _ordinals(words: Mapping[str, str]) -> dict[str, str]:
    """ "44th" -> "44"; numbers that the table has a word for stand for that word. Up to 400: units, plants and streets are seldom numbered beyond."""
    found = {f"{n}{'th' if 10 < n % 100 < 14 else _ENDINGS.get(n % 10, 'th')}": words.get(str(n), str(n)) for n in range(1, 401)}
    return found | {word: words.get(str(20 + 10 * n), str(20 + 10 * n)) for n, tens in enumerate(_TENS) for word in (tens, f"{tens[:-1]}ieth")}


def lexicon(rows: Sequence[Mapping[str, str]]) -> Lexicon:
    """The lexicon from the rows of name_words.csv (``kind, word, variants``)."""
    kinds: dict[str, dict[str, str]] = {}
    for row in rows:
        for variant in row["variants"].split(" ; "):
            kinds.setdefault(row["kind"], {}).setdefault(variant, row["word"])
    words = kinds.get("word", {})
    glued = [(f" {article} ", f" {article}") for article in kinds.get("glue", {})]
    return Lexicon(
        words={**_ordinals(words), **{variant: word for variant, word in words.items() if not variant.endswith("*")}},
        starts={variant[:-1]: word for variant, word in words.items() if variant.endswith("*")},
        forms={**_misspelt_forms(kinds.get("form", {}), words), **kinds.get("form", {})},
        stops=frozenset(kinds.get("stop", {})),
        marks=frozenset(kinds.get("mark", {})),
        phrases=(*((f" {variant} ", f" {word} ") for variant, word in kinds.get("phrase", {}).items()), *_written_numbers(), *glued),
        han=kinds.get("han", {}),
        places=frozenset(kinds.get("place", {})),
        numbers=frozenset(word for variant, word in words.items() if variant.isdigit()),
    )


def spell(names: Sequence[str], known: Lexicon) -> list[list[str]]:
    """The words of each name: lower case ASCII, legal forms in short spelling, initials joined ("A. A. Smith" -> "aa", "smith")."""
    if not names:
        return []
    lines = [name.lower() if name.isascii() else latin(name, known) for name in names]
    text = "\n".join(line.replace("\n", " ") if "\n" in line else line for line in lines)
    for word in _NO_FORMS:
        text = text.replace(word, " ")
    plain = replace_org_types_compare(text).encode("ascii", "ignore").translate(_PUNCTUATION, _DROPPED)
    text = (b" " + plain.replace(b"&", b" & ").replace(b"\n", b" \n ") + b" ").decode()
    while "  " in text:
        text = text.replace("  ", " ")
    for phrase, short in known.phrases:
        text = text.replace(phrase, short)
    found = [line.split() for line in text.split("\n")]
    for n, words in enumerate(found):  # nothing but legal forms: rigour leaves such a name alone when it is all there is, so it is asked about it alone
        if not words and lines[n].strip() and len(lines) > 1:
            found[n] = spell([names[n]], known)[0]
    found = [whole_form(words) for words in found]
    return [_initials(words) if words and min(map(len, words)) == 1 else words for words in found]


def whole_form(words: list[str]) -> list[str]:
    """A name whose legal form was cut or stands in another order: "Stock Company Volna Joint" is a joint stock company called Volna."""
    if STOCK in words and ("joint" in words or "company" in words) and len(words) > 2:
        rest = [word for word in words if word not in _STOCK]
        return [*rest, "jsc"] if rest else words
    return words


def _initials(words: list[str]) -> list[str]:
    """Single letters that follow each other are one word."""
    out: list[str] = []
    open_ = False
    for word in words:
        single = len(word) == 1 and word.isalpha()
        if single and open_:
            out[-1] += word
        else:
            out.append(word)
        open_ = single
    return out


@lru_cache(maxsize=1)
def _rules() -> tuple[icu.Transliterator, icu.Transliterator, icu.Transliterator]:
    make = icu.Transliterator.createInstance
    return make("Traditional-Simplified"), make("Han-Latin; Latin-ASCII"), make("Any-Latin; Latin-ASCII")


@lru_cache(maxsize=2)
def _han_words(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(sorted(map(re.escape, words), key=lambda word: (-len(word), word))) or "(?!)")


def latin(name: str, known: Lexicon) -> str:
    """A name in lower case ASCII letters: look-alikes undone, Chinese words translated or in pinyin, other scripts transliterated (ICU)."""
    text = name.translate(_TYPOGRAPHY)
    if text.isascii():
        return text.lower()
    text = fold(unicodedata.normalize("NFKC", text))
    if not text.isascii() and _FOREIGN.search(text):
        text = " ".join(_CYRILLIC_FORMS.get(word, word) for word in re.split(r"[\s\"'«»()]+", text)).translate(_CYRILLIC)
    if _HAN.search(text):
        simplify, pinyin, _ = _rules()
        text = _han_words(tuple(known.han)).sub(lambda found: f" {known.han[found[0]]} ", simplify.transliterate(text))
        text = _HAN.sub(lambda found: f" {pinyin.transliterate(found[0]).replace(' ', '')} ", text)
    if not text.isascii():
        text = _rules()[2].transliterate(text).lower()
    return text if text.isascii() else text.encode("ascii", "ignore").decode()


def fold_country(value: object) -> str:
    """A country code or name for comparing; '' for none."""
    return fold(str(value)) if value else ""
