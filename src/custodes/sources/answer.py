"""Read an HTTP/1.1 answer from the bytes that came over the wire, now or years later from an archive.

The bytes themselves are the evidence and are never changed; this only looks at them: status, headers, body without transfer coding, content without
content coding. Framing after RFC 9112 by h11; an answer that h11 does not accept is read leniently as browsers do: head up to the empty line, the
rest is body.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, replace

import h11

from custodes.errors import BrokenInputError, LimitError
from custodes.sources.checker import Dechunked

MOST = 1 << 28
"""No content is unpacked beyond this many bytes."""
HEAD_LIMIT = 1 << 18
"""No head (status line and headers) is longer than this many bytes."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: ``body`` is still packed as Content-Encoding says; ``whole`` is False when its end is missing; ``strict`` when it kept to the standard."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    whole: bool = True
    strict: bool = True

    def header(self, name: str) -> str:
        """The first value of a header, empty without it."""
        return next((value for key, value in self.headers if key.lower() == name), "")

    @property
    def media_type(self) -> str:
        """The type without its parameters, in lower case."""
        return self.header("content-type").split(";")[0].strip().lower()

    @property
    def content(self) -> bytes:
        """The body unpacked. BrokenInputError when its coding is unknown or its bytes are damaged, LimitError beyond MOST."""
        return self._content(False)

    @property
    def whole_content(self) -> bytes:
        """As ``content``; BrokenInputError also when the packed body breaks off before its own end."""
        return self._content(True)

    def _content(self, whole: bool) -> bytes:
        codings = [c.strip().lower() for c in self.header("content-encoding").split(",") if c.strip()]
        body = self.body
        for coding in reversed(codings):
            body = _unpacked(body, coding, whole)
        return body


class Reading:
    """Follows one answer while its bytes come in, so that its end is known. ``method`` is that of the request (HEAD has no body)."""

    def __init__(self, method: str = "GET") -> None:
        self._h11 = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_LIMIT)
        length = [("Content-Length", "0")] if method not in ("GET", "HEAD") else []
        for event in (h11.Request(method=method, target="/", headers=[("Host", "x"), *length]), h11.EndOfMessage()):
            self._h11.send(event)
        self._head: h11.Response | h11.InformationalResponse | None = None
        self._body: list[bytes] = []
        self._loose = bytearray()  # everything so far, until the head is known to be good
        self._due: int | None = None
        self.whole = False
        self.strict = True

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the wire; empty for the end of the connection."""
        if self.whole:
            return
        if self._head is None:
            self._loose += data
        if not self.strict:
            return
        try:
            self._h11.receive_data(data)
            self._follow()
        except h11.RemoteProtocolError:
            self.strict = False

    @property
    def ended(self) -> bool:
        """Is nothing more to come? For an answer that breaks the standard: its head says how long it is, and that much came."""
        return self.whole or (not self.strict and self._head is None and self._loosely_ended())

    def _loosely_ended(self) -> bool:
        """Looks at the head once, afterwards at lengths and the last bytes only: a hostile answer must not cost time by the square."""
        if self._due is None and len(self._loose) <= HEAD_LIMIT:
            self._due = _due(bytes(self._loose))
        if self._due is None or self._due == _OPEN:
            return False
        if self._due == _CHUNKED:
            return bytes(self._loose[-7:]) == b"\r\n0\r\n\r\n"
        return len(self._loose) >= self._due

    def _follow(self) -> None:
        while True:
            event = self._h11.next_event()
            if isinstance(event, h11.Response) or (isinstance(event, h11.InformationalResponse) and event.status_code == 101):
                self._head = event
            elif isinstance(event, h11.Data):
                self._body.append(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                self.whole = True
                return
            elif not isinstance(event, h11.InformationalResponse):  # NEED_DATA, PAUSED, ConnectionClosed
                self.whole = event is h11.PAUSED and self._head is not None
                return

    @property
    def started(self) -> bool:
        """Has the head arrived?"""
        return self._head is not None

    @property
    def reusable(self) -> bool:
        """May another request follow on the same connection?"""
        return self.whole and self.strict and self._h11.their_state is h11.DONE and not self._h11.trailing_data[0]

    def answer(self, raw: bytes) -> Answer | None:
        """The answer, None when ``raw`` (all bytes so far) holds no head."""
        if self._head is None or (not self.strict and not self._body):
            return _lenient(raw)
        headers = tuple((_text(name), _text(value)) for name, value in self._head.headers.raw_items())
        return Answer(self._head.status_code, _text(self._head.reason), headers, b"".join(self._body), self.whole, self.strict)


def read_answer(raw: bytes, method: str = "GET") -> Answer | None:
    """The answer that the bytes of one connection hold; None when there is no head."""
    reading = Reading(method)
    reading.feed(raw)
    if not reading.whole:
        reading.feed(b"")
    return reading.answer(raw)


def _lenient(raw: bytes) -> Answer | None:
    """What a browser would make of an answer that breaks the standard: its framing is not trusted, so ``whole`` is False."""
    head, mark, body = raw.partition(b"\r\n\r\n")
    if not mark:
        head, mark, body = raw.partition(b"\n\n")
    first, *rest = head.replace(b"\r\n", b"\n").split(b"\n")
    status = re.match(rb"HTTP/\d(?:\.\d)?\s+(\d{3})\s*(.*)", first)
    if not mark or not status:
        return None
    pairs = (line.partition(b":") for line in rest if b":" in line)
    headers = tuple((_text(name.strip()), _text(value.strip())) for name, _, value in pairs)
    answer = Answer(int(status[1]), _text(status[2]), headers, body, whole=False, strict=False)
    if "chunked" in answer.header("transfer-encoding").lower():
        return replace(answer, body=Dechunked().feed(body))
    return answer


_OPEN, _CHUNKED = -1, -2


def _due(raw: bytes) -> int | None:
    """How many bytes an answer that breaks the standard has by its own head: _OPEN until the connection ends, _CHUNKED; None while the head is not there."""
    answer = _lenient(raw)
    if answer is None:
        return None
    if "chunked" in answer.header("transfer-encoding").lower():
        return _CHUNKED
    head, length = len(raw) - len(answer.body), answer.header("content-length").strip()
    if answer.status in (204, 304):
        return head
    return head + int(length) if length.isascii() and length.isdigit() and len(length) < 16 else _OPEN


def _text(value: bytes) -> str:
    return bytes(value).decode("latin-1")


def _unpacked(body: bytes, coding: str, whole: bool) -> bytes:
    if coding in ("identity", "") or not body:
        return body
    if coding in ("gzip", "x-gzip"):
        return _inflated(body, 31, whole)
    if coding == "deflate":  # the standard says zlib; some servers send it bare
        return _inflated(body, 15 if body[0] & 15 == 8 and int.from_bytes(body[:2], "big") % 31 == 0 else -15, whole)
    raise BrokenInputError(f"the content coding {coding!r} is not read", where="Content-Encoding", advice="the bytes are kept; fetch again without a browser")


def _inflated(body: bytes, window: int, whole: bool) -> bytes:
    """Members one after the other; what is there of a body that was cut off, unless it must be ``whole``."""
    parts: list[bytes] = []
    size = 0
    while body:
        stream = zlib.decompressobj(window)
        try:
            part = stream.decompress(body, MOST - size + 1)
        except zlib.error as problem:
            if parts:  # rubbish after the last member
                break
            raise BrokenInputError(f"the packed content is damaged: {problem}", where="Content-Encoding", advice="the bytes are kept; look again") from None
        parts.append(part)
        size += len(part)
        if size > MOST:
            raise LimitError(f"the content unpacks to more than {MOST} bytes", where="Content-Encoding", advice="the bytes are kept as they came")
        if whole and not stream.eof:
            raise BrokenInputError("the packed content breaks off before its end", where="Content-Encoding", advice="the bytes are kept; fetch again")
        body = stream.unused_data
    return b"".join(parts)
