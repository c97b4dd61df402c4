"""The text of a page as it grows, and for every run of it the place in the payload that it came from; and the PAGE row made of both.

A run is text that stands in its node exactly as it stands here. Between runs lies only what we put there: blanks, line ends, cell borders.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
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


@dataclass(slots=True)
class Runs:
    """Text as it grows. ``runs``: (first code point in the text, length, path, code points before it in its node, first byte or -1, mark)."""

    pieces: list[str] = field(default_factory=list)
    length: int = 0
    runs: list[tuple[int, int, str, int, int, str]] = field(default_factory=list)
    waiting: int = 0

    def gap(self, between: int) -> None:
        """Something of ours (a number of GAPS) before the next run."""
        if between > self.waiting:
            self.waiting = between

    def border(self) -> None:
        """Write what is waiting; nothing before the first run."""
        if self.length:
            self.pieces.append(GAPS[self.waiting])
            self.length += len(GAPS[self.waiting])
        self.waiting = 0

    def run(self, text: str, path: str, offset: int, at: int = -1, mark: str = "") -> None:
        """Add a run as it stands; nothing when it is empty."""
        if not text:
            return
        if self.waiting:
            self.border()
        self.runs.append((self.length, len(text), path, offset, at, mark))
        self.pieces.append(text)
        self.length += len(text)

    def flowing(self, text: str, path: str, found: Found, mark: str = "") -> None:
        """Add a node whose white space collapses to single blanks, as a browser shows it. ``found``: where it stands in the payload, when that is known."""
        end = 0
        for piece in _PIECES.finditer(text):
            if piece.start() > end:
                self.gap(BLANK)
            for start, stop, at in found.parts(text, piece.start(), piece.end()):
                self.run(text[start:stop], path, start, at, mark)
            end = piece.end()
        if end < len(text):
            self.gap(BLANK)

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self.pieces)

    def columns(self) -> dict[str, Any]:
        """The columns of a PAGE row that are about the text."""
        starts, sizes, paths, offsets, _, marks = (list(column) for column in zip(*self.runs, strict=True)) if self.runs else ([] for _ in range(6))
        return {"text": self.text, "starts": starts, "sizes": sizes, "paths": paths, "offsets": offsets, "marks": marks if any(marks) else []}


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


def page_row(taken: Taken, seen: Seen, payload: bytes) -> dict[str, Any]:
    """A PAGE row without its origin. The key is address (or file name), time and form: the same page captured again is another record."""
    return {
        "record_key": key_of("PAGE", seen.url or seen.name, seen.captured, seen.form),
        "capture": hashlib.sha256(payload).hexdigest(),
        "url": seen.url, "title": taken.title, "lang": taken.lang or seen.lang, "captured": seen.captured, "form": seen.form, "status": seen.status,
        "media": taken.media, "encoding": taken.encoding, "extractor": taken.extractor, "readable": taken.readable, "unreadable": list(taken.unreadable),
        **taken.runs.columns(),
    }  # fmt: skip
