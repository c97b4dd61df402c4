"""A window on a JSON stream, and the exact scan for the end of a value: it knows strings, escapes and depth, and holds no more than one element."""

from __future__ import annotations

import re

from custodes.errors import BrokenInputError, LimitError
from custodes.records.jsontext import Readable

BLOCK = 1 << 18
"""Bytes that are read and decoded at a time; more does not fit the processor's near memory and is slower."""
ELEMENT_LIMIT = 64 << 20
"""Bytes that one element, line or package head may have."""
DEPTH_LIMIT = 200
"""Levels of nesting that one element may have; OCDS needs fewer than thirty."""

_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|["{}\[\]]', re.S)
_FLAT = rb'[^"{}\[\]]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"[^"{}\[\]]*+)*+'


def _nested(levels: int) -> re.Pattern[bytes]:
    """A JSON object or array of at most so many levels, as one regular expression: brackets are balanced, strings are known."""
    pattern = rb"(?!)"
    for _ in range(levels):
        pattern = rb"[{\[]" + _FLAT + rb"(?:" + pattern + _FLAT + rb")*+[}\]]"
    return re.compile(pattern, re.S)


_SHALLOW = _nested(14)
_BLANK = re.compile(rb"[ \t\r\n\x1e]*+")
_SCALAR = re.compile(rb"[^\s,\]}]++")
_ADVICE = "check that the file is complete and is JSON; fetch it again, or take the broken part out"


class Cursor:
    """A window on a stream: ``text[at:]`` is what comes next, ``base`` the offset of ``text[0]`` in the (UTF-8) stream.

    ``keep`` is an index from which bytes are held although they were passed (-1: none), so that a value can be looked at and then taken whole.
    """

    def __init__(self, stream: Readable, where: str) -> None:
        self._stream, self.where = stream, where
        self.text, self.at, self.base, self.keep, self.ended = b"", 0, 0, -1, False

    @property
    def offset(self) -> int:
        """Byte offset of the next byte."""
        return self.base + self.at

    def more(self) -> bool:
        """Read further bytes, as many again as are waiting, and forget what was passed; False at the end of the stream."""
        start = self.at if self.keep < 0 else self.keep
        waiting = len(self.text) - start
        if waiting > ELEMENT_LIMIT:
            raise LimitError(f"one element is longer than {ELEMENT_LIMIT >> 20} MiB", where=f"{self.where}, byte {self.offset}", advice=_ADVICE)
        read = b"" if self.ended else self._stream.read(min(max(BLOCK, waiting), 32 * BLOCK))
        self.ended = not read
        self.text, self.base, self.at = self.text[start:] + read, self.base + start, self.at - start
        self.keep = min(self.keep, 0)
        return bool(read)

    def blank(self) -> int:
        """Pass blanks; the next byte (as a number) or -1 at the end."""
        while True:
            match = _BLANK.match(self.text, self.at)
            self.at = match.end() if match else self.at
            if self.at < len(self.text):
                return self.text[self.at]
            if not self.more():
                return -1

    def broken(self, what: str) -> BrokenInputError:
        """The error for this place."""
        return BrokenInputError(what, where=f"{self.where}, byte {self.offset}", advice=_ADVICE)

    def value_end(self) -> int:
        """Index in ``text`` just behind the JSON value that begins at ``at``, by an exact scan. Reads more as needed."""
        if self.text[self.at] not in b'{["':
            return self._scalar_end()
        if match := _SHALLOW.match(self.text, self.at):
            return match.end()
        passed, depth = 0, 0
        while True:
            for token in _TOKEN.finditer(self.text, self.at + passed):
                kind = token.group()
                if kind == b'"':
                    break
                depth += 1 if kind in b"{[" else -1 if kind in b"}]" else 0
                if depth > DEPTH_LIMIT:
                    raise LimitError(f"nested deeper than {DEPTH_LIMIT} levels", where=f"{self.where}, byte {self.offset}", advice=_ADVICE)
                if depth == 0:
                    return token.end()
                passed = token.end() - self.at
            if not self.more():
                raise self.broken("the file ends inside an element: it is truncated")

    def _scalar_end(self) -> int:
        while True:
            match = _SCALAR.match(self.text, self.at)
            if match is None:
                raise self.broken("a value was expected here")
            if match.end() < len(self.text) or not self.more():
                return match.end() if match.end() < len(self.text) else len(self.text)
