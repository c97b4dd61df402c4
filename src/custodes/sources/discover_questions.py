"""Everything that ``custodes discover`` may send: questions that devices answer to anybody. This module is the whole list; nothing else builds a packet.

There is no login, no password, no exploit and nothing that changes a device. The channels of SADP and DHIP also carry activation, changes of address and resets: only ``inquiry`` and
``DHDiscover.search`` are ever written. Forms: docs/verbs/discover.md.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from custodes.errors import UsageError
from custodes.sources.discover_networks import Named

UDP = ("wsd", "sadp", "dhip", "dahua1", "ssdp")
GREETINGS = ("http", "https", "rtsp")
PORTS = ("http:80", "https:443", "rtsp:554")
"""The ports that are greeted when none are named."""
GROUPS = {"wsd": ("239.255.255.250", 3702), "sadp": ("239.255.255.250", 37020), "dhip": ("239.255.255.251", 37810), "ssdp": ("239.255.255.250", 1900), "dahua1": ("", 5050)}
"""Group and port of each search; Dahua's older one is a broadcast."""
REPEATS = 2
"""How often a search on a link is sent: datagrams get lost."""
PATHS = ("/", "/ISAPI/System/deviceInfo")
"""What a web server is asked for: its page, and a path that Hikvision's platform answers with its realm (401), or with the device's description where the owner left it open."""

_PROBE = (
    '<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
    'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:{prefix}="{space}"><e:Header><w:MessageID>uuid:{fresh}</w:MessageID>'
    '<w:To e:mustUnderstand="true">urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>'
    '<w:Action e:mustUnderstand="true">http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action></e:Header>'
    "<e:Body><d:Probe><d:Types>{types}</d:Types></d:Probe></e:Body></e:Envelope>"
)


@dataclass(frozen=True, slots=True)
class Task:
    """Something to ask once: ``key`` names it in the log, ``over`` udp / tcp / tls, ``far`` host and port, ``payloads`` what is sent, one after the other; ``near`` our address on that link."""

    key: str
    protocol: str
    over: str
    far: tuple[str, int]
    payloads: tuple[bytes, ...]
    near: str = ""

    @property
    def rounds(self) -> tuple[tuple[bytes, ...], ...]:
        """The payloads by connection or sending: RTSP speaks twice in one connection, HTTP once in each; a search on a link is sent REPEATS times."""
        if self.over == "udp":
            return (self.payloads,) * (REPEATS if self.near else 1)
        return (self.payloads,) if self.protocol == "rtsp" else tuple((payload,) for payload in self.payloads)

    @property
    def packets(self) -> int:
        """Packets and requests at most; opening a connection counts as one."""
        return sum(len(payloads) + (self.over != "udp") for payloads in self.rounds)


def searches(protocol: str, fresh: str, host: str) -> tuple[bytes, ...]:
    """The packets of one search. ``fresh``: a UUID made for this run; ``host``: the group or address that is asked (SSDP names it)."""
    if protocol == "wsd":
        kinds = (("dn", "http://www.onvif.org/ver10/network/wsdl", "NetworkVideoTransmitter"), ("tds", "http://www.onvif.org/ver10/device/wsdl", "Device"))
        return tuple(_PROBE.format(prefix=p, space=s, types=f"{p}:{t}", fresh=_numbered(fresh, n)).encode() for n, (p, s, t) in enumerate(kinds))
    if protocol == "sadp":
        return (f'<?xml version="1.0" encoding="utf-8"?><Probe><Uuid>{fresh.upper()}</Uuid><Types>inquiry</Types></Probe>'.encode(),)
    if protocol == "dhip":
        body = b'{"method":"DHDiscover.search","params":{"mac":"","uni":1}}\n'
        return (b"\x20\0\0\0DHIP" + bytes(8) + struct.pack("<IIII", len(body), 0, len(body), 0) + body,)
    if protocol == "dahua1":
        return (b"\xa3\x01\0\x01" + bytes(12) + b"\x02" + bytes(15),)
    return (f'M-SEARCH * HTTP/1.1\r\nHOST: {host}:1900\r\nMAN: "ssdp:discover"\r\nMX: 2\r\nST: upnp:rootdevice\r\n\r\n'.encode(),)


def _numbered(fresh: str, number: int) -> str:
    """A UUID of its own for each message of a search."""
    return f"{fresh[:-1]}{(int(fresh[-1], 16) + number) % 16:x}"


def greetings(protocol: str, host: str, port: int, agent: str) -> tuple[bytes, ...]:
    """The requests of one greeting: GET for web servers, OPTIONS and DESCRIBE for RTSP."""
    shown = f"[{host}]" if ":" in host else host
    if protocol == "rtsp":
        return tuple(f"{verb} rtsp://{shown}:{port}/ RTSP/1.0\r\nCSeq: {n}\r\nUser-Agent: {agent}\r\n\r\n".encode() for n, verb in enumerate(("OPTIONS", "DESCRIBE"), 1))
    return tuple(f"GET {path} HTTP/1.1\r\nHost: {shown}:{port}\r\nUser-Agent: {agent}\r\nAccept: */*\r\nConnection: close\r\n\r\n".encode() for path in PATHS)


def ports(texts: Sequence[str]) -> tuple[tuple[str, int], ...]:
    """``http:8080`` or a list by commas -> (protocol, port); a bare number is greeted by HTTP. UsageError for anything else."""
    found = []
    for text in (part.strip() for item in texts for part in item.split(",") if part.strip()):
        protocol, sign, number = text.rpartition(":")
        protocol = protocol if sign else {"554": "rtsp", "443": "https"}.get(number, "http")
        if protocol not in GREETINGS or not number.isdigit() or not 0 < int(number) < 65536:
            raise UsageError(f"{text!r} is no port that is greeted", where="--ports", advice="write http:80, https:443, rtsp:554, or several with commas")
        found.append((protocol, int(number)))
    return tuple(dict.fromkeys(found))


def protocols(texts: Sequence[str]) -> tuple[str, ...]:
    """The named protocols, or all. UsageError for an unknown one."""
    asked = [part.strip() for item in texts for part in item.split(",") if part.strip()]
    if unknown := [name for name in asked if name not in (*UDP, *GREETINGS)]:
        raise UsageError(f"there is no protocol {unknown[0]!r}", where="--only", advice=f"protocols: {', '.join((*UDP, *GREETINGS))}")
    return tuple(name for name in (*UDP, *GREETINGS) if name in asked or not asked)


def tasks(networks: Sequence[Named], only: Sequence[str], greeted: Sequence[tuple[str, int]], fresh: Callable[[], str], agent: str) -> Iterator[Task]:
    """All that a run asks, in order: searches on the links that we stand in, searches to each address of the others, then greetings to each address."""
    for one in networks:
        for protocol in (name for name in UDP if name in only):
            if one.near and one.network.version == 4:
                host, port = GROUPS[protocol]
                host = host or str(one.network.broadcast_address)
                yield Task(f"link {one.network} {protocol}", protocol, "udp", (host, port), searches(protocol, fresh(), host), one.near)
    for one in networks:
        for host in one.hosts():
            # a broadcast reaches the whole link only where the named network is the whole link: Dahua's older search asks each address too
            for protocol in (name for name in UDP if name in only and (not one.near or name == "dahua1")):
                yield Task(f"{host} {protocol}", protocol, "udp", (host, GROUPS[protocol][1]), searches(protocol, fresh(), host))
            for protocol, port in greeted:
                if protocol in only:
                    yield Task(f"{host} {protocol}:{port}", protocol, "tls" if protocol == "https" else "tcp", (host, port), greetings(protocol, host, port, agent))
