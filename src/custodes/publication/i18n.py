"""The languages of an edition: English is written in the templates and modules, another language is a file of translations beside them.

``locale/de.json`` holds two tables. ``words``: the English text as templates write it -> the translation; both may hold ``{name}`` for what is put
in. ``sentences``: patterns of sentences that are put together elsewhere (``Confirmed by a person on {date}.``); what stands in the place of a name is
carried over as it is. Evidence is never translated: what a record, a page, a reply or a rule's reason says stays in its own words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from markupsafe import Markup, escape

from custodes.publication import wording

LANGUAGES = ("en", "de")
"""The first is the edition's own language; the others stand in folders of their names."""

NAMES = {"en": "English", "de": "Deutsch"}
CODES = {"en": "en-GB", "de": "de"}
_HOLE = re.compile(r"\\{(\w+)\\}")


class Say:
    """Words in one language. Calling it translates a text of ours and puts escaped values in; :meth:`of` translates a finished sentence."""

    def __init__(self, lang: str, words: Mapping[str, str], sentences: Mapping[str, str]) -> None:
        self.lang, self.code, self._words = lang, CODES[lang], words
        self._patterns = tuple((_pattern(english), own) for english, own in sentences.items())
        self.of: Callable[[Any], str] = lru_cache(4096)(self._of)

    def __call__(self, text: str, /, **values: Any) -> Markup:
        """``text`` in this language, as HTML; values are escaped unless they are HTML already."""
        own = self._words.get(text, text)
        return Markup(own.format(**{name: escape(value) for name, value in values.items()}) if values else own)

    def plain(self, text: str, /, **values: Any) -> str:
        """``text`` in this language as plain text: nothing is escaped, so it is no HTML."""
        return self._words.get(text, text).format(**values)

    def n(self, number: int, one: str, many: str, /, **values: Any) -> Markup:
        """``one`` or ``many``, by ``number``, which stands in both as ``{n}``."""
        return self(one if number == 1 else many, n=self.count(number), **values)

    def _of(self, sentence: Any) -> str:
        text = str(sentence)
        if text in self._words or not text:
            return self._words.get(text, text)
        if text[0].islower() and text.capitalize() in self._words:
            return self._words[text.capitalize()]
        for pattern, own in self._patterns:
            if match := pattern.fullmatch(text):
                return own.format(**{name: self.of(value) for name, value in match.groupdict().items()})
        return text

    def count(self, value: Any) -> str:
        """A whole number with this language's separators; words for None."""
        return self._own(wording.count(value)) if value is not None else str(self("not known"))

    def money(self, amount: Any, currency: str = "") -> str:
        """An exact amount with its currency."""
        return self._own(wording.money(amount, currency)) if currency else self._own(wording.money(amount, str(self("currency unknown"))))

    def number(self, value: Decimal | int) -> str:
        """A number of a figure: a count or a sum."""
        return self.count(value) if isinstance(value, int) else self._own(f"{value:,f}")

    def _own(self, text: str) -> str:
        return text.translate(_SWAPPED) if self.lang == "de" else text


_SWAPPED = str.maketrans(",.", ".,")


def _pattern(english: str) -> re.Pattern[str]:
    return re.compile(_HOLE.sub(r"(?P<\1>.+?)", re.escape(english)), re.DOTALL)


@cache
def say(lang: str) -> Say:
    """The words of a language; English needs no file."""
    if lang == LANGUAGES[0]:
        return Say(lang, {}, {})
    found = json.loads(files("custodes.publication").joinpath(f"locale/{lang}.json").read_text(encoding="utf-8"))
    return Say(lang, found["words"], found["sentences"])


ENGLISH = say(LANGUAGES[0])
"""The words of what is in one language only."""
