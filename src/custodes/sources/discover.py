"""Ask, listen, write down: the sending part of ``custodes discover``. What may be sent stands in ``discover_questions``, where to in ``discover_networks``.

One pace governs every packet. Answers are kept only from addresses inside the named networks. A greeting is one short connection: what a server says, at most LARGEST bytes.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from custodes.sources.discover_log import Log
from custodes.sources.discover_networks import Named, Network
from custodes.sources.discover_questions import GROUPS, Task

LARGEST = 65_536
"""Bytes kept of one answer."""
AT_ONCE = 32
"""Connections open at one time."""
_PROTOCOL = {port: protocol for protocol, (_, port) in GROUPS.items()}


@dataclass(frozen=True, slots=True)
class Manner:
    """How a run behaves: packets per second at most, seconds to wait for an answer."""

    rate: float = 50.0
    wait: float = 3.0


def discover(tasks: Sequence[Task], networks: Sequence[Named], log: Log, manner: Manner, tick: Callable[[], None]) -> None:
    """Do the tasks that the log does not know as done. ``tick`` is called after each. Interrupting keeps what is in the log."""
    asyncio.run(_run(tasks, networks, log, manner, tick))


async def _run(tasks: Sequence[Task], networks: Sequence[Named], log: Log, manner: Manner, tick: Callable[[], None]) -> None:
    pace, inside = _Pace(manner.rate), [one.network for one in networks]
    open_tasks = [task for task in tasks if task.key not in log.done]
    searches = [task for task in open_tasks if task.over == "udp"]
    voices = await _voices(searches, inside, log)
    try:
        for task in searches:
            await _search(task, voices[task.near, _family(task)], pace, log)
            tick()
        gate = asyncio.Semaphore(AT_ONCE)

        def finished(_: object) -> None:
            gate.release()
            tick()

        async with asyncio.TaskGroup() as group:
            for task in (task for task in open_tasks if task.over != "udp"):
                await gate.acquire()
                group.create_task(_greet(task, pace, log, manner.wait)).add_done_callback(finished)
        if searches:
            await asyncio.sleep(manner.wait)
        for task in searches:
            log.finished(task.key)
    finally:
        for voice in voices.values():
            voice.close()


class _Pace:
    """Lets one packet go at a time, no more than ``rate`` a second."""

    def __init__(self, rate: float) -> None:
        self._gap, self._next = 1 / rate, 0.0

    async def turn(self) -> None:
        """Wait for the next packet's turn."""
        now = asyncio.get_running_loop().time()
        at = max(now, self._next)
        self._next = at + self._gap
        if at > now:
            await asyncio.sleep(at - now)


# ---- searches over UDP -------------------------------------------------------------------------------------------------------------------------


class _Voice(asyncio.DatagramProtocol):
    """The sockets of one link: one to send and to hear answers, others to hear what is said to the groups."""

    def __init__(self, near: str, inside: Sequence[Network], log: Log) -> None:
        self.near, self._inside, self._log = near, inside, log
        self._transports: list[asyncio.DatagramTransport] = []
        self._asked: set[bytes] = set()
        self.error = ""

    async def open(self, sockets: Iterable[socket.socket]) -> None:
        """Listen on all of them; the first one speaks."""
        loop = asyncio.get_running_loop()
        for one in sockets:
            transport, _ = await loop.create_datagram_endpoint(lambda: self, sock=one)
            self._transports.append(transport)

    def say(self, payload: bytes, far: tuple[str, int]) -> None:
        """Send one datagram."""
        self._asked.add(payload)
        self._transports[0].sendto(payload, far)

    @property
    def address(self) -> str:
        """Our address and port, as far as known."""
        name = self._transports[0].get_extra_info("sockname")
        return _shown(self.near or str(name[0]), int(name[1]))

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """An answer, or our own question heard back from the group."""
        if data in self._asked:
            return
        protocol = _PROTOCOL.get(addr[1], "udp")
        if not any(ipaddress.ip_address(addr[0].split("%")[0]) in network for network in self._inside):
            self._log.dropped(protocol, len(data))
        else:
            self._log.received("udp", protocol, self.address, _shown(addr[0], addr[1]), data[:LARGEST])

    def error_received(self, exc: Exception) -> None:
        """The system would not send the last datagram, or somebody answered that nobody listens there."""
        if isinstance(exc, OSError) and not isinstance(exc, ConnectionRefusedError):
            self.error = exc.strerror or str(exc)

    def close(self) -> None:
        """Close all sockets."""
        for transport in self._transports:
            transport.close()


async def _voices(searches: Sequence[Task], inside: Sequence[Network], log: Log) -> dict[tuple[str, int], _Voice]:
    """A voice for each link that is searched, and one without a link ('') for the addresses of other networks; one for each version of IP."""
    voices: dict[tuple[str, int], _Voice] = {}
    for task in searches:
        key = task.near, _family(task)
        if key not in voices:
            voices[key] = voice = _Voice(task.near, inside, log)
            await voice.open([_speaking(*key), *(_listening(task.near, log) if task.near else [])])
    return voices


def _family(task: Task) -> int:
    return int(socket.AF_INET6 if ":" in task.far[0] else socket.AF_INET)


def _speaking(near: str, family: int) -> socket.socket:
    one = socket.socket(family, socket.SOCK_DGRAM)
    one.setblocking(False)
    if near:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        one.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(near))
        one.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
    one.bind((near or ("::" if family == socket.AF_INET6 else "0.0.0.0"), 0))
    return one


def _listening(near: str, log: Log) -> list[socket.socket]:
    """Sockets for what units say to the group (SADP, DHIP) or to everybody (Dahua's older search) instead of to the asker."""
    found = []
    for protocol in ("sadp", "dhip", "dahua1"):
        group, port = GROUPS[protocol]
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            one.setblocking(False)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if group:
                one.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + socket.inet_aton(near))
            _bind(one, group, port)
            found.append(one)
        except OSError as error:
            one.close()
            log.note(f"cannot listen for {protocol} on port {port}: {error.strerror or error}; answers sent to us alone are heard all the same")
    return found


def _bind(one: socket.socket, group: str, port: int) -> None:
    """Bind to the group, so that nothing else that is sent to this port is taken away from another program; where the system does not allow that, to the port."""
    try:
        one.bind((group, port))
    except OSError:
        one.bind(("", port))


async def _search(task: Task, voice: _Voice, pace: _Pace, log: Log) -> None:
    """Send one search."""
    for payloads in task.rounds:
        for payload in payloads:
            await pace.turn()
            log.sent(task.key, "udp", task.protocol, voice.address, _shown(*task.far), payload)
            voice.error = ""
            voice.say(payload, task.far)
            if voice.error:
                log.failed(task.key, f"not sent: {voice.error}")
                return


# ---- greetings over TCP ------------------------------------------------------------------------------------------------------------------------


async def _greet(task: Task, pace: _Pace, log: Log, wait: float) -> None:
    """One greeting: RTSP in one connection, HTTP in one connection for each path; an address that does not answer is not asked again."""
    for payloads in task.rounds:
        if not await _talk(task, payloads, pace, log, wait):
            break
    log.finished(task.key)


async def _talk(task: Task, payloads: Sequence[bytes], pace: _Pace, log: Log, wait: float) -> bool:
    """One connection; says whether somebody answered."""
    far, writer = _shown(*task.far), None
    try:
        await pace.turn()
        log.sent(task.key, task.over, task.protocol, "", far, b"")  # the packets of the connection itself
        secure = _any_certificate() if task.over == "tls" else None
        reader, writer = await asyncio.wait_for(asyncio.open_connection(*task.far, ssl=secure), wait)
        near, subject = _shown(*writer.get_extra_info("sockname")[:2]), _subject(writer)
        answered = False
        for payload in payloads:
            await pace.turn()
            log.sent(task.key, task.over, task.protocol, near, far, payload)
            writer.write(payload)
            answer = await _heard(reader, wait, task.protocol == "rtsp")
            if answer or subject:
                log.received(task.over, task.protocol, near, far, answer, subject)
            answered = answered or bool(answer)
            subject = ""
            if not answer:
                break
        return answered
    except (OSError, TimeoutError, ssl.SSLError, asyncio.IncompleteReadError, EOFError, ValueError):
        return False  # nobody there, or nobody who greets: that is an answer too
    finally:
        if writer is not None:
            writer.close()
            with contextlib.suppress(OSError, TimeoutError, ssl.SSLError):
                await asyncio.wait_for(writer.wait_closed(), wait)


async def _heard(reader: asyncio.StreamReader, wait: float, one_head: bool) -> bytes:
    """What comes until the end, the limit or the wait; for RTSP until the end of the header, since the connection stays open."""
    data = b""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(wait):
            while len(data) < LARGEST and (piece := await reader.read(LARGEST - len(data))):
                data += piece
                if one_head and b"\r\n\r\n" in data:
                    break
    return data


def _any_certificate() -> ssl.SSLContext:
    """TLS as old cameras speak it. Certificates are not checked: they are looked at, nothing secret is sent."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with contextlib.suppress(ssl.SSLError, ValueError):
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    return context


def _subject(writer: asyncio.StreamWriter) -> str:
    """The subject of the certificate that the server showed, as ``CN=..,O=..``; '' without TLS."""
    secure = writer.get_extra_info("ssl_object")
    raw = secure.getpeercert(binary_form=True) if secure else None
    if not raw:
        return ""
    from cryptography import x509

    try:
        return x509.load_der_x509_certificate(raw).subject.rfc4514_string()[:500]
    except ValueError:
        return ""


def _shown(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
