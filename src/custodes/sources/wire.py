"""One HTTP/1.1 transaction over a socket, with every byte that went out and came in.

Connects to an address that the guard permitted, never to a name; follows the answer only to know where it ends; keeps what was received also when
the connection breaks, time runs out or the size limit is reached, and says so. No redirects, cookies, retries or decoding here.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from custodes.sources.answer import HEAD_LIMIT, Reading
from custodes.sources.guard import Guard, Target
from custodes.values import Exchange

_STEP = 1 << 16


@dataclass(frozen=True, slots=True)
class Limits:
    """Most bytes of one answer, seconds for one transaction in all, seconds of silence, and redirects in a row."""

    size: int = 100 << 20
    seconds: float = 120.0
    silence: float = 30.0
    redirects: int = 20


@dataclass(frozen=True, slots=True)
class Transaction:
    """What one request led to. ``exchange`` is None when no byte was sent; ``problem`` says in words why no answer, or no whole one, came.

    ``cause`` is one word for the problem: refused, dns, connect, tls, time, length, disconnect, protocol; empty when all went well.
    """

    exchange: Exchange | None
    cause: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Time:
    """The clock that a capture is given: ``now()`` an aware time, ``seconds()`` a counter that only grows, ``sleep(n)``."""

    now: Callable[[], datetime]
    seconds: Callable[[], float]
    sleep: Callable[[float], None]


class Line:
    """A connection to one server: made by :func:`connect`, used for one request after another."""

    def __init__(self, sock: socket.socket, address: str, certificates: tuple[bytes, ...], protocol: str) -> None:
        self.sock, self.address, self.certificates, self.protocol = sock, address, certificates, protocol
        self.reusable, self._stopped = False, False

    def stop(self) -> None:
        """End the transaction that is under way, from another thread; what came until then is kept."""
        self._stopped = True
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)

    def ask(self, target: Target, method: str, request: bytes, time: Time, limits: Limits, sink: Callable[[bytes], None] | None = None) -> Transaction:
        """Send ``request`` (bytes of the wire) and receive its answer; ``sink`` gets every piece as it comes. Raises nothing for what the network does."""
        began, start = time.now(), time.seconds()
        received, reading = bytearray(), Reading(method)
        cause, problem = self._send(request, limits) or self._receive(received, reading, time, limits, start, sink)
        self.reusable = not cause and reading.reusable
        if not cause and not reading.whole:
            cause, problem = ("protocol", "the answer does not keep to HTTP/1.1") if received else ("disconnect", "the server closed the connection without an answer")
        truncated = cause if cause in ("length", "time", "disconnect") and received else ""
        exchange = Exchange(
            target.url, method, request, bytes(received), began, time.now(), self.address, self.protocol, self.certificates, truncated,
            (problem,) if problem else (),
        )  # fmt: skip
        return Transaction(exchange, cause, problem)

    def _send(self, request: bytes, limits: Limits) -> tuple[str, str] | None:
        try:
            self.sock.settimeout(limits.silence)
            self.sock.sendall(request)
        except OSError as error:
            return _cause(error), f"sending failed: {error}"
        return None

    def _receive(
        self, received: bytearray, reading: Reading, time: Time, limits: Limits, start: float, sink: Callable[[bytes], None] | None,
    ) -> tuple[str, str]:  # fmt: skip
        """Receive until the answer ends; ("", "") when it did, or when the server closed a connection that it need not keep."""
        while not reading.ended:
            left = limits.seconds - (time.seconds() - start)
            if left <= 0:
                return "time", f"the answer took longer than {limits.seconds:g} seconds"
            broken: OSError | None = None
            try:
                self.sock.settimeout(min(left, limits.silence))
                piece = self.sock.recv(min(_STEP, limits.size + 1 - len(received)))
            except OSError as error:
                piece, broken = b"", error
            if self._stopped and not piece:
                return "time", "the look ended before the answer did"
            if broken:
                return "time" if isinstance(broken, TimeoutError) else "disconnect", f"receiving failed: {broken}"
            if len(received) + len(piece) > limits.size:
                piece = piece[: limits.size - len(received)]
                self._took(received, reading, piece, sink)
                return "length", f"the answer is longer than {limits.size} bytes"
            self._took(received, reading, piece, sink)
            if not piece:
                return self._ended(received, reading)
            if not reading.started and len(received) > HEAD_LIMIT and reading.strict:
                return "protocol", f"the head of the answer is longer than {HEAD_LIMIT} bytes"
        return "", ""

    @staticmethod
    def _took(received: bytearray, reading: Reading, piece: bytes, sink: Callable[[bytes], None] | None) -> None:
        received += piece
        reading.feed(piece)
        if sink and piece:
            sink(piece)

    @staticmethod
    def _ended(received: bytearray, reading: Reading) -> tuple[str, str]:
        if received and not reading.whole and reading.started:
            return "disconnect", "the server closed the connection before the end of its answer"
        return "", ""

    def close(self) -> None:
        """End the connection."""
        self.sock.close()


class Wire:
    """Makes lines. ``context`` is the TLS setting (None: the system's authorities); ``connect`` opens a socket to (address, port) within seconds."""

    def __init__(
        self, guard: Guard, time: Time, limits: Limits | None = None, context: ssl.SSLContext | None = None,
        connect: Callable[[str, int, float], socket.socket] | None = None,
    ) -> None:  # fmt: skip
        self.guard, self.time, self.limits = guard, time, limits or Limits()
        self._context = context or ssl.create_default_context()
        self._connect = connect or _connected

    def ask(self, target: Target, method: str, request: bytes) -> Transaction:
        """One transaction on a connection of its own. RefusedError when the guard forbids every address; all else that fails is in the transaction."""
        try:
            line = self.line(target)
        except OSError as error:
            return self.failed(error, target)
        try:
            return line.ask(target, method, request, self.time, self.limits)
        finally:
            line.close()

    @staticmethod
    def failed(error: OSError, target: Target) -> Transaction:
        """What a connection that could not be made is reported as."""
        return Transaction(None, _cause(error, connecting=True), _words(error, target))

    def line(self, target: Target) -> Line:
        """A connection to the first permitted address that answers. OSError when none does, RefusedError when none is permitted."""
        trouble: OSError = OSError(f"{target.host} has no address")
        for address in self.guard.addresses(target.host, target.port)[:6]:
            try:
                sock = self._connect(address, target.port, self.limits.silence)
                return self._secured(sock, target, address) if target.scheme == "https" else Line(sock, address, (), "http/1.1")
            except ssl.SSLError:
                raise
            except OSError as error:
                trouble = error
        raise trouble

    def _secured(self, sock: socket.socket, target: Target, address: str) -> Line:
        try:
            sock.settimeout(self.limits.silence)
            secure = self._context.wrap_socket(sock, server_hostname=target.host.rstrip("."))
        except (OSError, ValueError):
            sock.close()
            raise
        version = (secure.version() or "").lower().replace("tlsv", "tls/")
        return Line(secure, address, chain(secure), f"http/1.1, {version}")


def _connected(address: str, port: int, seconds: float) -> socket.socket:
    return socket.create_connection((address, port), timeout=seconds)


def chain(sock: ssl.SSLSocket) -> tuple[bytes, ...]:
    """The certificates as the server sent them (DER, leaf first); only the leaf where this Python does not show the others."""
    public = getattr(sock, "get_unverified_chain", None)  # Python 3.13
    inner = getattr(getattr(sock, "_sslobj", None), "get_unverified_chain", None)  # 3.10 to 3.12
    found: Sequence[object] = (public() if public else inner() if inner else None) or ()
    ders = tuple(item if isinstance(item, bytes) else bytes(item.public_bytes(_DER)) for item in found)  # type: ignore[attr-defined]
    leaf = sock.getpeercert(binary_form=True)
    return ders or ((leaf,) if leaf else ())


_DER = 2
"""``_ssl.ENCODING_DER``, as OpenSSL's X509_FILETYPE_ASN1 has it."""


def _cause(error: OSError, connecting: bool = False) -> str:
    if isinstance(error, socket.gaierror):
        return "dns"
    if isinstance(error, ssl.SSLError):
        return "tls"
    if isinstance(error, TimeoutError):
        return "time"
    return "connect" if connecting else "disconnect"


def _words(error: OSError, target: Target) -> str:
    if isinstance(error, socket.gaierror):
        return f"the name {target.host} has no address: {error.strerror or error}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not accepted: {error.verify_message}"
    return f"no connection to {target.authority}: {error.strerror or error}"
