"""A recording forward proxy on loopback: everything a browser asks for goes through it, judged by the guard and kept as it went over the wire.

What a browser shows to its own tools is decoded, cached and sometimes missing (redirects, empty answers, downloads, service workers). Between browser
and server nothing is missing: each request is sent on by us, over a connection whose address the guard permitted, and each answer's bytes are kept
before they are passed on. For https the browser is shown a certificate of ours (a key made for this run, which this browser alone accepts), while we
check the server's own certificate and keep its chain.

What differs from a browser without it: the request's hop headers are ours, ``Accept-Encoding`` asks for gzip and deflate only, HTTP/1.1 is spoken, and
WebSockets are not opened (noted). The record shows what was really sent. What the browser asks for on its own account (services of its maker) is refused.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import h11

from custodes.errors import RefusedError
from custodes.sources.answer import HEAD_LIMIT
from custodes.sources.certificate import Certificates
from custodes.sources.guard import Target
from custodes.sources.wire import Line, Transaction, Wire
from custodes.values import Exchange

_HOP = {b"proxy-connection", b"proxy-authorization", b"connection", b"keep-alive", b"te", b"trailer", b"upgrade", b"accept-encoding"}
_BODY_LIMIT = 32 << 20
SILENT = 10.0
"""Seconds without a byte after which a transaction is no longer waited for."""


@dataclass
class Recording:
    """What passed so far. ``failed``: (address, cause, problem) of requests without any exchange; ``notes``: what was not kept, and why."""

    exchanges: list[Exchange] = field(default_factory=list)
    failed: list[tuple[str, str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Ask:
    method: str
    target: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes

    def header(self, name: bytes) -> bytes:
        return next((value for key, value in self.headers if key.lower() == name), b"")

    @property
    def is_the_browsers_own(self) -> bool:
        """No page asked for it: the browser asks a service of its maker (Fetch Metadata: from no site, no navigation, for no element)."""
        names = (b"sec-fetch-site", b"none"), (b"sec-fetch-mode", b"no-cors"), (b"sec-fetch-dest", b"empty")
        return all(self.header(name) == value for name, value in names)


class Recorder:
    """The proxy; a context manager. ``address`` is what the browser is given."""

    def __init__(self, wire: Wire) -> None:
        self._wire, self._certificates = wire, Certificates()
        self._lock = threading.Condition()
        self._recording, self._last = Recording(), wire.time.seconds()
        self._open: dict[int, float] = {}  # transactions under way: when bytes moved last
        self._lines: dict[int, Line] = {}
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._ended = False

    @property
    def address(self) -> str:
        """``http://127.0.0.1:PORT``."""
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    @property
    def key_hash(self) -> str:
        """What the browser needs to accept our certificates and no others: base64 of the SHA-256 of the public key."""
        return self._certificates.key_hash

    def __enter__(self) -> Recorder:
        threading.Thread(target=self._accept, name="recorder", daemon=True).start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._ended = True
        self._listening.close()
        self._certificates.close()

    def take(self) -> Recording:
        """Everything since the last call, in the order in which the requests began; what is under way is left for the next call."""
        with self._lock:
            done, self._recording = self._recording, Recording()
        done.exchanges.sort(key=lambda exchange: exchange.began)
        return done

    def settle(self, quiet: float, limit: float) -> bool:
        """Wait until nothing was under way for ``quiet`` seconds; False when that did not happen within ``limit``.

        A transaction on which no byte moved for SILENT seconds is not waited for: pages keep lines open to hear of news.
        """
        time = self._wire.time
        end = time.seconds() + limit
        while time.seconds() < end:
            now = time.seconds()
            with self._lock:
                if now - self._last >= quiet and all(now - moved >= SILENT for moved in self._open.values()):
                    return True
            time.sleep(0.02)
        return False

    def stop(self) -> None:
        """End what is still under way and wait until it is kept, cut off as it is."""
        with self._lock:
            for line in self._lines.values():
                line.stop()
        end = self._wire.time.seconds() + 5
        while self._open and self._wire.time.seconds() < end:
            self._wire.time.sleep(0.02)

    def seen(self, url: str) -> bool:
        """Has an exchange with this address been kept since the last :meth:`take`?"""
        with self._lock:
            return any(exchange.url == url for exchange in self._recording.exchanges)

    def _accept(self) -> None:
        while not self._ended:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        """One connection of the browser, until either side ends it."""
        kept = _Kept()
        try:
            client.settimeout(300)
            for ask in _asks(client):
                if ask.method == "CONNECT":
                    self._tunnel(client, ask)
                    return
                if not self._pass_on(client, ask, ask.target.decode("latin-1"), kept):
                    return
        except (OSError, h11.ProtocolError):
            return  # the browser went away, or is no browser
        finally:
            kept.close()
            client.close()

    def _tunnel(self, client: socket.socket, connect: _Ask) -> None:
        """What follows a CONNECT: TLS that ends here, or plain HTTP (as for ws://)."""
        authority = connect.target.decode("latin-1")
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        secure = client.recv(1, socket.MSG_PEEK) == b"\x16"
        inner = client
        if secure:
            context = self._certificates.context(authority.rsplit(":", 1)[0].strip("[]"))
            inner = context.wrap_socket(client, server_side=True)
        kept = _Kept()
        try:
            for ask in _asks(inner):
                url = f"{'https' if secure else 'http'}://{authority}{ask.target.decode('latin-1')}"
                if not self._pass_on(inner, ask, url, kept):
                    return
        finally:
            kept.close()
            inner.close()

    def _pass_on(self, client: socket.socket, ask: _Ask, url: str, kept: _Kept) -> bool:
        """Do one request; True when the browser may send another on this connection."""
        number = threading.get_ident()
        with self._lock:
            self._open[number] = self._wire.time.seconds()
        try:
            if ask.is_the_browsers_own:
                return _refuse(client, 403, "only pages are loaded")
            target = self._wire.guard.target(url)
            url = target.url
            if ask.header(b"upgrade"):
                self._note(f"a WebSocket was asked for and not opened: {url}")
                return _refuse(client, 501, "WebSockets are not recorded")
            done = self._asked(client, ask, target, kept)
            if done.exchange is None:
                self._failed(url, done.cause, done.problem)
                return _refuse(client, 502, done.problem)
            with self._lock:
                self._recording.exchanges.append(done.exchange)
            return kept.line is not None
        except RefusedError as error:
            self._failed(url, "refused", f"{error.where}: {error.what}")
            return _refuse(client, 403, error.what)
        finally:
            with self._lock:
                del self._open[number]
                self._lines.pop(number, None)
                self._last = self._wire.time.seconds()

    def _asked(self, client: socket.socket, ask: _Ask, target: Target, kept: _Kept) -> Transaction:
        """The transaction, on the line that is kept where there is one; a kept line that turned out to be closed is replaced once."""
        request = _wire_bytes(ask, target)
        line = kept.of(target)
        done = self._on(line, client, ask, target, request) if line else None
        if done is None or (done.exchange is not None and not done.exchange.response and done.cause == "disconnect"):
            kept.close()
            try:
                line = self._wire.line(target)
            except OSError as error:
                return self._wire.failed(error, target)
            kept.keep(line, target)
            done = self._on(line, client, ask, target, request)
        if not (line and line.reusable):
            kept.close()
        return done

    def _on(self, line: Line, client: socket.socket, ask: _Ask, target: Target, request: bytes) -> Transaction:
        number = threading.get_ident()
        with self._lock:
            self._lines[number] = line
        sink = _Sink(client)

        def moved(piece: bytes) -> None:
            self._open[number] = self._wire.time.seconds()
            sink(piece)

        return line.ask(target, ask.method, request, self._wire.time, self._wire.limits, moved)

    def _failed(self, url: str, cause: str, problem: str) -> None:
        with self._lock:
            self._recording.failed.append((url, cause, problem))

    def _note(self, text: str) -> None:
        with self._lock:
            self._recording.notes.append(text)


class _Kept:
    """The line to the server that belongs to one connection of the browser."""

    def __init__(self) -> None:
        self.line: Line | None = None
        self._server: tuple[str, str, int] | None = None

    def keep(self, line: Line, target: Target) -> None:
        self.line, self._server = line, (target.scheme, target.host, target.port)

    def of(self, target: Target) -> Line | None:
        """The line, if it leads to this server; another one is closed."""
        if self._server != (target.scheme, target.host, target.port):
            self.close()
        return self.line

    def close(self) -> None:
        if self.line:
            self.line.close()
        self.line = None


class _Sink:
    """Passes bytes on to the browser; when it has gone, the rest is still received for the record."""

    def __init__(self, client: socket.socket) -> None:
        self._client, self._gone = client, False

    def __call__(self, piece: bytes) -> None:
        if not self._gone:
            try:
                self._client.sendall(piece)
            except OSError:
                self._gone = True


def _asks(client: socket.socket) -> Iterator[_Ask]:
    """The requests of one connection, one after the other."""
    rest = b""
    while True:
        reading = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_LIMIT)
        if rest:
            reading.receive_data(rest)
        head: h11.Request | None = None
        body = bytearray()
        while True:
            event = reading.next_event()
            if event is h11.NEED_DATA:
                reading.receive_data(client.recv(1 << 16))
            elif isinstance(event, h11.Request):
                head = event
                if event.method == b"CONNECT":
                    break
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > _BODY_LIMIT:
                    return
            elif isinstance(event, h11.EndOfMessage):
                break
            else:
                return  # closed
        if head is None:
            return
        yield _Ask(head.method.decode("ascii"), bytes(head.target), [(bytes(k), bytes(v)) for k, v in head.headers.raw_items()], bytes(body))
        rest = reading.trailing_data[0]


def _wire_bytes(ask: _Ask, target: Target) -> bytes:
    """The request as we send it on: the browser's headers in their order, hop headers replaced; a chunked body is sent with its length."""
    chunked = any(key.lower() == b"transfer-encoding" for key, _ in ask.headers)
    lines = [f"{ask.method} {target.path} HTTP/1.1".encode("ascii")]
    lines += [key + b": " + value for key, value in ask.headers if key.lower() not in _HOP and key.lower() != b"transfer-encoding"]
    lines += [b"Accept-Encoding: gzip, deflate"] if ask.header(b"accept-encoding") else []
    lines += [b"Content-Length: %d" % len(ask.body)] if chunked else []
    return b"\r\n".join([*lines, b"Connection: keep-alive", b"", b""]) + ask.body


def _refuse(client: socket.socket, status: int, words: str) -> bool:
    body = f"custodes: {words}\n".encode()
    client.sendall(b"HTTP/1.1 %d custodes\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % (status, len(body)) + body)
    return False


