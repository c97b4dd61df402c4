"""Where the texts of a parsed page stand in its bytes: found in order, each from where the last one ended."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

_REACH = 1 << 20
"""Bytes after the last place in which the next text must stand; a text further away is somewhere else by chance."""
_SEGMENTS = 64
"""Texts between two tags that are looked at for one that is written with entities."""
_ENTITY = re.compile(r"&(?:#[0-9]+|#[xX][0-9a-fA-F]+|[a-zA-Z][a-zA-Z0-9]*);?")


@dataclass(frozen=True, slots=True)
class Found:
    """Where a text node stands: its first byte ``at`` when it stands there as it is, or ``stretches`` (first and last code point, first byte) that do.

    ``widths``: the encoding to count bytes with when they are not one per letter, and whether a line end takes two.
    """

    at: int = -1
    encoding: str = ""
    returns: bool = False
    stretches: tuple[tuple[int, int, int], ...] = ()

    def width(self, text: str) -> int:
        """Bytes that a part of the node takes."""
        if not self.encoding:
            return len(text)
        return len((text.replace("\n", "\r\n") if self.returns else text).encode(self.encoding, "replace"))

    def byte(self, text: str, start: int) -> int:
        """The first byte of what follows ``start`` in the node, -1 when the node is not there as it is."""
        return self.at + self.width(text[:start]) if self.at >= 0 else -1

    def parts(self, text: str, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """(first code point, last, first byte or -1) of the parts of ``text[start:end]`` that stand literally or do not."""
        if not self.stretches:
            yield start, end, self.byte(text, start)
            return
        for left, right, at in self.stretches:
            left, right, shift = max(left, start), min(right, end), max(left, start) - left
            if left < right:
                yield left, right, at + self.width(text[left - shift : left]) if at >= 0 else -1


NOWHERE = Found()


class Source:
    """The bytes of one page. Each search begins where the last text ended."""

    def __init__(self, payload: bytes, encoding: str, mark: int) -> None:
        self._payload, self._encoding, self._at = payload, encoding, mark
        self._returns = b"\r" in payload
        self._open, self._shut = ">".encode(encoding), "<".encode(encoding)
        self._plain = encoding in ("utf-8", "cp1252") and not self._returns

    def find(self, text: str) -> Found:
        """A text node: it stands between two tags."""
        for returns in (True, False) if self._returns and "\n" in text else (False,):
            if (body := self._bytes(text, returns)) is None:
                return NOWHERE
            at = self._payload.find(self._open + body + self._shut, self._at, self._at + len(body) + _REACH)
            at = at + len(self._open) if at >= 0 else self._last(body)
            if at >= 0:
                self._at = at + len(body)
                return Found(at, "" if self._plain and text.isascii() else self._encoding, returns)
        return self._with_entities(text)

    def _last(self, body: bytes) -> int:
        """The text at the very end of the page, after the last tag."""
        at = len(self._payload) - len(body)
        return at if at >= self._at and self._payload.endswith(body) and self._payload[:at].endswith(self._open) else -1

    def _with_entities(self, text: str) -> Found:
        """The next texts between two tags, read as the standard reads entities, until one is ours."""
        at = self._at
        for _ in range(_SEGMENTS):
            begin = self._payload.find(self._open, at, at + _REACH)
            end = self._payload.find(self._shut, begin, begin + _REACH) if begin >= 0 else -1
            if end < 0:
                return NOWHERE
            begin += len(self._open)
            segment = self._payload[begin:end].decode(self._encoding, "replace")
            if "&" in segment and html.unescape(segment.replace("\r\n", "\n")) == text:
                self._at = end
                return Found(-1, self._encoding, "\r\n" in segment, tuple(self._stretches(segment, begin)))
            at = end
        return NOWHERE

    def _stretches(self, segment: str, begin: int) -> Iterator[tuple[int, int, int]]:
        """The parts of a segment between its entities, counted in code points of what it says."""
        said = last = 0
        for match in (*_ENTITY.finditer(segment), None):
            stop = match.start() if match else len(segment)
            plain = segment[last:stop].replace("\r\n", "\n")
            if plain:
                yield said, said + len(plain), begin + len(segment[:last].encode(self._encoding, "replace"))
                said += len(plain)
            if match:
                meant = html.unescape(match[0])
                yield said, said + len(meant), -1
                said, last = said + len(meant), match.end()

    def attribute(self, value: str) -> Found:
        """A value of an attribute: it stands between quotation marks."""
        body = self._bytes(value, False)
        for quote in ('"', "'") if body else ():
            sign = quote.encode(self._encoding)
            at = self._payload.find(sign + body + sign, self._at, self._at + len(body) + _REACH) if body else -1
            if at >= 0:
                return Found(at + len(sign), self._encoding)
        return NOWHERE

    def skip(self, text: str) -> None:
        """Step over the content of a script or style, so that no text is found inside it."""
        for returns in (True, False) if self._returns and "\n" in text else (False,):
            body = self._bytes(text, returns)
            at = self._payload.find(body, self._at, self._at + len(body) + _REACH) if body else -1
            if at >= 0:
                self._at = at + len(body or b"")
                return

    def _bytes(self, text: str, returns: bool) -> bytes | None:
        try:
            return (text.replace("\n", "\r\n") if returns else text).encode(self._encoding)
        except UnicodeEncodeError:
            return None
