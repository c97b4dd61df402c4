"""Fetch one list from its address: only if it changed, again when the network fails, and on from where it broke off.

Conditional requests (RFC 9110, section 13): the ETag and Last-Modified of the copy held are sent back, and 304 means that it is still the newest. A server that is busy
(429, 503) is believed when it says how long to wait, up to a limit; other passing failures are repeated with doubled pauses. A body that broke off is continued
with a range request when the server gave a strong ETag, so that no piece of another version is joined to it. Everything that went over the wire is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from custodes.errors import InputError
from custodes.sources.answer import Answer
from custodes.sources.fetch import Fetches, Response
from custodes.sources.wire import Time
from custodes.values import Exchange

Headers = tuple[tuple[str, str], ...]
FRESH, SAME, FAILED = "fresh", "same", "failed"
_PASSING = ("connect", "disconnect", "protocol")
"""Causes that may be gone in a second. A name without an address is not among them: offline, every list would be waited for in vain."""
_BUSY = (429, 503)


@dataclass(frozen=True, slots=True)
class Validators:
    """What the server said of the copy held; empty when there is none."""

    etag: str = ""
    modified: str = ""


@dataclass(frozen=True, slots=True)
class Patience:
    """How often an address is asked at most, the first pause in seconds (doubled each time), and the longest pause that a server may ask for."""

    tries: int = 3
    pause: float = 1.0
    longest: float = 60.0


@dataclass(frozen=True, slots=True)
class Fetched:
    """``outcome``: fresh (``content`` is the list), same (the copy held is the newest) or failed, with ``why`` and advice. ``responses``: every answer in order."""

    outcome: str
    status: int = 0
    why: str = ""
    advice: str = ""
    content: bytes = b""
    validators: Validators = Validators()
    responses: tuple[Response, ...] = ()

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """What went over the wire."""
        return tuple(exchange for response in self.responses for exchange in response.exchanges)


@dataclass
class _Part:
    """What came of a body that broke off."""

    body: bytes = b""
    etag: str = ""
    answer: Answer | None = None


@dataclass
class _Errand:
    """One list being fetched."""

    fetcher: Callable[[Headers], Fetches]
    url: str
    known: Validators
    time: Time
    patience: Patience
    part: _Part = field(default_factory=_Part)
    responses: list[Response] = field(default_factory=list)


def fetch_list(fetcher: Callable[[Headers], Fetches], url: str, known: Validators, time: Time, patience: Patience = Patience()) -> Fetched:
    """Fetch ``url``. ``fetcher`` makes what sends the given headers besides its own. Network trouble is in the outcome, never raised."""
    errand = _Errand(fetcher, url, known, time, patience)
    pause = patience.pause
    for number in range(1, patience.tries + 1):
        response = errand.fetcher(_headers(errand)).fetch(url)
        errand.responses.append(response)
        found, again, wait = _judged(errand, response)
        if not again or number == patience.tries:
            return replace(found, responses=tuple(errand.responses))
        if wait > patience.longest:
            return replace(found, why=f"{found.why}; it asks to wait {wait:g} seconds", responses=tuple(errand.responses))
        time.sleep(wait if wait >= 0 else pause)
        pause *= 2
    raise AssertionError("patience of no try")  # pragma: no cover


def _headers(errand: _Errand) -> Headers:
    if errand.part.body and errand.part.etag:
        return (("Range", f"bytes={len(errand.part.body)}-"), ("If-Range", errand.part.etag))
    known = (("If-None-Match", errand.known.etag), ("If-Modified-Since", errand.known.modified))
    return tuple((name, value) for name, value in known if value and value.isprintable())


def _judged(errand: _Errand, response: Response) -> tuple[Fetched, bool, float]:
    """(outcome, may it be tried again, seconds the server asks to wait; -1 when it says nothing)."""
    answer, status = response.answer, response.status
    if answer is None:
        advice = "check the address and the network, then run the same command again"
        return Fetched(FAILED, 0, response.problem or "no answer", advice), response.cause in _PASSING, -1
    if status in _BUSY:
        found = Fetched(FAILED, status, f"the server is busy ({status})", "run the same command later; the copy held stays in force")
        return found, True, _wait(answer, errand.time.now())
    if status == 304:
        return _unchanged(errand), False, -1
    if status not in (200, 206):
        why = response.problem if response.cause in ("redirects", "refused") else f"the server answers {status} {answer.reason}".strip()
        found = Fetched(FAILED, status, why, _advice(status))
        return found, status >= 500 or status == 408, -1
    return _body(errand, response, answer)


def _unchanged(errand: _Errand) -> Fetched:
    if errand.known == Validators():
        return Fetched(FAILED, 304, "the server answers 304 although nothing was held", "run the same command again; if it stays so, tell the publisher")
    return Fetched(SAME, 304, validators=errand.known)


def _body(errand: _Errand, response: Response, answer: Answer) -> tuple[Fetched, bool, float]:
    """A 200, or the rest of one."""
    joined = _joined(errand.part, answer)
    if joined is None:
        errand.part = _Part()
        return Fetched(FAILED, 206, "the server sent a piece that does not fit", "run the same command again"), True, -1
    if not answer.whole or response.exchanges[-1].truncated:
        _keep_part(errand, joined)
        why = f"the answer is not whole: {response.problem or 'it breaks off'} ({len(joined.body)} bytes came)"
        return Fetched(FAILED, answer.status, why, "run the same command again; the copy held stays in force"), response.cause not in ("time", "length"), -1
    if _says_less(response, answer):
        errand.part = _Part()
        return Fetched(FAILED, answer.status, "the answer is longer than it says", "run the same command again; the copy held stays in force"), True, -1
    try:
        content = joined.whole_content
    except InputError as error:
        return Fetched(FAILED, answer.status, error.what, error.advice), True, -1
    validators = Validators(joined.header("etag"), joined.header("last-modified"))
    return Fetched(FRESH, answer.status, content=content, validators=validators), False, -1


def _joined(part: _Part, answer: Answer) -> Answer | None:
    """The whole answer: a 206 behind what came before it, a 200 as it is. None when a piece does not begin where the last one ended."""
    if answer.status == 200:
        return answer
    match = re.match(r"bytes (\d+)-(\d+)/(\d+|\*)", answer.header("content-range"))
    if match and part.answer is None and match[1] == "0" and match[3] == str(len(answer.body)):
        return answer
    if part.answer is None or match is None or int(match[1]) != len(part.body) or answer.header("etag") not in ("", part.etag):
        return None
    return replace(part.answer, body=part.body + answer.body, whole=answer.whole)


def _says_less(response: Response, answer: Answer) -> bool:
    """Did more bytes come than the answer gives as its length? Then its end is not where it says."""
    raw, length = response.exchanges[-1].response, answer.header("content-length").strip()
    if not isinstance(raw, bytes) or not length.isdigit() or not answer.strict:
        return False
    head = raw.find(b"\r\n\r\n")
    return 0 <= head < len(raw) - 4 - int(length)


def _keep_part(errand: _Errand, joined: Answer) -> None:
    etag = joined.header("etag")
    if etag and not etag.startswith("W/") and joined.header("accept-ranges").lower() != "none":
        errand.part = _Part(joined.body, etag, joined)


def _wait(answer: Answer, now: datetime) -> float:
    """Seconds of Retry-After, which is a number or a date; -1 without it."""
    said = answer.header("retry-after").strip()
    if said.isascii() and said.isdigit() and len(said) < 9:
        return float(said)
    try:
        when = parsedate_to_datetime(said)
    except (ValueError, TypeError):
        return -1
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - now).total_seconds())


def _advice(status: int) -> str:
    if status in (404, 410):
        return "the list may have moved: look for its new address at the publisher and give it with --addresses"
    if status in (401, 403):
        return "the publisher wants a key or lets no program in: see docs/lists.md"
    return "run the same command later; the copy held stays in force"
