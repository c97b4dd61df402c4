"""Fetch without a browser: one address, its redirects, and every byte of them.

A fetcher is one method, ``fetch(url) -> Response``; the watch and the tests know nothing else of it. Redirects are followed by us, one transaction each,
and every hop passes the address guard. Cookies live as long as one ``fetch`` and only for the host that set them: enough for a page that sets one and
sends the reader round once. Nothing is retried and no form is sent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from custodes.errors import RefusedError
from custodes.sources.answer import Answer, read_answer
from custodes.sources.guard import Guard, Target
from custodes.sources.wire import Transaction, Wire
from custodes.values import Exchange

REDIRECTS = (301, 302, 303, 307, 308)
ACCEPT = "text/html,application/xhtml+xml,application/pdf;q=0.9,*/*;q=0.8"


@dataclass(frozen=True, slots=True)
class View:
    """What a browser showed of one frame at one time: made from the exchanges, not sent by anybody.

    ``stage``: before or after a consent banner was answered. ``dom`` is the rendered page as HTML, ``text`` what is visible, ``picture`` the full page as
    PNG (only of the page itself, empty for frames within it).
    """

    stage: str
    url: str
    title: str
    dom: str
    text: str
    picture: bytes
    moment: datetime


@dataclass(frozen=True, slots=True)
class Response:
    """What came of asking for ``url``. ``exchanges``: every transaction in order. ``final``: the address that gave the last answer.

    ``answer`` is that answer, None when there was none. ``cause`` and ``problem`` say, in one word and in words, why there is none or only a part;
    causes: refused, dns, connect, tls, time, length, disconnect, protocol, redirects. ``views`` and ``notes`` come from a browser.
    """

    url: str
    final: str
    exchanges: tuple[Exchange, ...] = ()
    answer: Answer | None = None
    cause: str = ""
    problem: str = ""
    views: tuple[View, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def status(self) -> int:
        """The last answer's status; 0 without one."""
        return self.answer.status if self.answer else 0


class Fetches(Protocol):
    """Anything that fetches."""

    def fetch(self, url: str) -> Response:
        """Ask for ``url`` and what it redirects to. Network trouble is in the Response, never raised."""
        ...


@dataclass
class Fetcher:
    """Fetches over a :class:`Wire` with ``agent`` as the name it gives; ``headers`` are sent besides."""

    wire: Wire
    agent: str
    headers: tuple[tuple[str, str], ...] = field(default=(("Accept", ACCEPT), ("Accept-Language", "en,*;q=0.5"), ("Accept-Encoding", "gzip, deflate")))

    @property
    def guard(self) -> Guard:
        """Who judges the addresses."""
        return self.wire.guard

    def fetch(self, url: str) -> Response:
        """Ask for ``url`` and follow its redirects, each through the guard."""
        exchanges: list[Exchange] = []
        cookies: dict[tuple[str, str], str] = {}
        at = url
        try:
            target = self.guard.target(url)
            while True:
                at = target.url
                done = self.wire.ask(target, "GET", self._request(target, cookies))
                if done.exchange is None:
                    return Response(url, at, tuple(exchanges), None, done.cause, done.problem)
                exchanges.append(done.exchange)
                answer = read_answer(_bytes(done.exchange))
                _keep_cookies(cookies, target, answer)
                following = _following(answer, done)
                if not following:
                    return Response(url, at, tuple(exchanges), answer, done.cause, done.problem)
                if len(exchanges) > self.wire.limits.redirects:
                    return Response(url, at, tuple(exchanges), answer, "redirects", f"more than {self.wire.limits.redirects} redirects")
                target = self.guard.target(following, target.url)
        except RefusedError as error:
            answer = read_answer(_bytes(exchanges[-1])) if exchanges else None
            return Response(url, at, tuple(exchanges), answer, "refused", f"{error.where}: {error.what}")

    def _request(self, target: Target, cookies: dict[tuple[str, str], str]) -> bytes:
        mine = "; ".join(f"{name}={value}" for (host, name), value in cookies.items() if host == target.host)
        lines = [f"GET {target.path} HTTP/1.1", f"Host: {target.authority}", f"User-Agent: {self.agent}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        lines += [f"Cookie: {mine}"] if mine else []
        return "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1", "replace")


def _following(answer: Answer | None, done: Transaction) -> str:
    if answer is None or done.cause not in ("", "protocol", "disconnect", "length") or answer.status not in REDIRECTS:
        return ""
    return answer.header("location").encode("latin-1").decode("utf-8", "replace").strip()


def _keep_cookies(cookies: dict[tuple[str, str], str], target: Target, answer: Answer | None) -> None:
    for name, value in answer.headers if answer else ():
        if name.lower() != "set-cookie":
            continue
        pair = value.split(";")[0].strip()
        key, mark, content = pair.partition("=")
        if mark and key.strip() and all(" " <= c <= "~" for c in pair):
            cookies[target.host, key.strip()] = content.strip()


def _bytes(exchange: Exchange) -> bytes:
    if isinstance(exchange.response, bytes):
        return exchange.response
    with exchange.response() as stream:
        return stream.read()
