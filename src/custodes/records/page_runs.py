"""The text of a page as it grows, and for every run of it the place in the payload that it came from; and the PAGE row made of both.

A run is text that stands in its node exactly as it stands here. Between runs lies only what we put there: blanks, line ends, cell borders.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from custodes.records.page_source import NOWHERE, Found
from custodes.values import key_of

__all__ = ["NOWHERE", "Found", "Runs", "Seen", "Taken", "page_row"]

BLANKS = " \t\n\r\f"
"""White space of HTML: what collapses to one blank."""
_PIECES = re.compile(r"[^ \t\n\r\f]+(?: [^ \t\n\r\f]+)*")
GAPS = ("", " ", "\n", "\n\n", " | ")
"""What may stand between two runs, weakest first: of several the strongest stays."""
BLANK, LINE, PARAGRAPH, CELL = 1, 2, 3, 4


Namer = Callable[[Sequence[Any]], tuple[list[str], list[str]]]
"""Makes paths and marks of what an extractor noted of each run."""


@dataclass(slots=True)
class Runs:
    """Text as it grows. ``pieces``: what stands before a run, the run, what stands before the next ... Per run: ``where`` (its path, or what ``places`` makes
    paths and marks of), ``offsets`` (code points before it in its node), ``ats`` (first byte or -1) and ``marks``; an extractor that knows no bytes, or names its
    runs later, may leave the last two alone."""

    pieces: list[str] = field(default_factory=list)
    where: list[Any] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    ats: list[int] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    waiting: int = 0
    places: Namer | None = None
    again: Callable[[], Runs] | None = None
    """Reads the same with its places, when they were not kept."""

    def gap(self, between: int) -> None:
        """Something of ours (a number of GAPS) before the next run."""
        if between > self.waiting:
            self.waiting = between

    def run(self, text: str, where: Any, offset: int, at: int = -1, mark: str = "") -> None:
        """Add a run as it stands, behind what is waiting; nothing when it is empty."""
        if text:
            self.pieces += (GAPS[self.waiting] if self.pieces else "", text)
            self.waiting = 0
            self.where.append(where)
            self.offsets.append(offset)
            self.ats.append(at)
            self.marks.append(mark)

    def plain(self, text: str, where: Any, found: Found) -> None:
        """Add a node whose text stays as it is, white space and all."""
        for start, stop, at in found.parts(text, 0, len(text)):
            self.run(text[start:stop], where, start, at)

    def flowing(self, text: str, where: Any, found: Found) -> None:
        """Add a node whose white space collapses to single blanks, as a browser shows it. ``found``: where it stands in the payload, when that is known."""
        end = 0
        for piece in _PIECES.finditer(text):
            start, stop = piece.span()
            if start > end:
                self.gap(BLANK)
            if found is NOWHERE:
                self.run(piece[0], where, start)
            else:
                for left, right, at in found.parts(text, start, stop):
                    self.run(text[left:right], where, left, at)
            end = stop
        if end < len(text):
            self.gap(BLANK)

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self.pieces)

    def spans(self) -> tuple[list[int], list[int]]:
        """First code point and length of every run."""
        return list(accumulate(map(len, self.pieces)))[::2], list(map(len, self.pieces[1::2]))

    def columns(self, places: bool = True) -> dict[str, Any]:
        """The columns of a PAGE row that are about the text; without ``places`` the text alone, the lists empty."""
        if not places:
            return {"text": self.text, "starts": [], "sizes": [], "paths": [], "offsets": [], "marks": []}
        if self.again:
            return self.again().columns()
        starts, sizes = self.spans()
        paths, marks = self.places(self.where) if self.places else (self.where, self.marks)
        return {"text": self.text, "starts": starts, "sizes": sizes, "paths": paths, "offsets": self.offsets, "marks": marks if any(marks) else []}


@dataclass(frozen=True, slots=True)
class Taken:
    """What an extractor took from one payload: runs, title, language, and what could not be read (``readable`` is yes / partly / no)."""

    runs: Runs
    extractor: str
    media: str
    encoding: str = ""
    title: str = ""
    lang: str = ""
    readable: str = "yes"
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of a payload besides its bytes: address, time (ISO, UTC), status, and form (source / rendered / file)."""

    url: str = ""
    captured: str = ""
    status: str = ""
    form: str = "file"
    media: str = ""
    charset: str = ""
    lang: str = ""
    name: str = ""


def page_row(taken: Taken, seen: Seen, payload: bytes, places: bool = True) -> dict[str, Any]:
    """A PAGE row without its origin; without ``places`` it tells what the page says, not where. The key is address (or file name), time and form: the same page
    captured again is another record."""
    return {
        "record_key": key_of("PAGE", seen.url or seen.name, seen.captured, seen.form),
        "capture": hashlib.sha256(payload).hexdigest(),
        "url": seen.url, "title": taken.title, "lang": taken.lang or seen.lang, "captured": seen.captured, "form": seen.form, "status": seen.status,
        "media": taken.media, "encoding": taken.encoding, "extractor": taken.extractor, "readable": taken.readable, "unreadable": list(taken.unreadable),
        **taken.runs.columns(places),
    }  # fmt: skip
