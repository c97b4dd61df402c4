"""Captures of network traffic (pcap of every variant, pcapng): the answers to discovery that stand in them, ARP answers and DHCP requests. Everything else is counted, not kept.

Link layers: Ethernet (with VLAN tags), Linux cooked (SLL, SLL2), loopback (NULL, LOOP), raw IP. Of TCP only the first segment of an HTTP or RTSP answer is looked at, for its header
lines and title; no stream is put together. Sources: the pcap and pcapng drafts of the IETF opsawg, RFC 791, 768, 826, 2131, 8200.
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterator, Sequence
from typing import BinaryIO, NamedTuple

import pyarrow as pa

from custodes.errors import BrokenInputError
from custodes.records import device_sadp_frame
from custodes.records.device_capture import ETHERNET, Packet, is_capture, packets
from custodes.records.device_rows import Devices, Facts, distinct
from custodes.records.device_wire import answer, datagram
from custodes.records.device_words import host_name_of, is_group, mac_of, time_of
from custodes.values import Origin

NAME = "device_pcap"
KINDS: tuple[str, ...] = ("DEVICE",)

SLL, SLL2, NULL, LOOP, RAW = 113, 276, 0, 108, frozenset((12, 14, 101, 228, 229))
USES = {"packet": "host, mac, observed, evidence"}
_OTHER = "a packet that is no answer to discovery"


class Datagram(NamedTuple):
    """What stands in a packet: protocol (udp, tcp, arp, sadp), addresses, ports, payload, MAC of the sender."""

    protocol: str
    source: str
    ports: tuple[int, int]
    payload: bytes
    mac: str


def sniff(head: bytes, filename: str) -> bool:
    """Claims files that begin as captures do."""
    return is_capture(head)


def companions(filename: str) -> tuple[str, ...]:
    """A capture stands alone."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """DEVICE per distinct answer. BrokenInputError, after the rows before it, where the capture breaks off."""
    devices = Devices(origin, NAME, "capture")
    broken: list[str] = []
    for place, facts in distinct(_answers(streams[0], devices, broken), devices):
        devices.add(place, facts)
        yield from devices.full()
    yield from devices.rest(USES)
    if broken:
        raise BrokenInputError(broken[0], where=origin.path, advice="the packets before the break are kept; copy the capture again, whole")


def _answers(stream: BinaryIO, devices: Devices, broken: list[str]) -> Iterator[tuple[str, Facts]]:
    try:
        for packet in packets(stream):
            devices.account.saw({"packet": 1})
            inside = _opened(packet)
            found = _facts(inside) if inside else []
            for facts in found:
                yield f"packet {packet.number}", {**facts, "observed": time_of(packet.seconds)}
            if not found:
                devices.account.leave_out("a SADP frame that is a question, or of a form that we do not know" if inside and inside.protocol == "sadp" else _OTHER)
    except BrokenInputError as error:
        broken.append(error.what)


def _facts(inside: Datagram) -> list[Facts]:
    """The devices that one datagram tells, with the address and MAC it came from."""
    seen: Facts = {"host": inside.source}
    if inside.protocol == "arp":
        return [{"observer": "ARP", "mac": inside.mac, "plain": True, **seen}]
    if inside.protocol == "sadp":
        return device_sadp_frame.parse(inside.payload)
    if inside.protocol == "udp" and inside.ports[0] == 68:
        return _dhcp(inside.payload)
    if inside.protocol == "udp":
        # the sender's MAC is the device's only on its own network; behind a router it is the router's, so it is taken from the answer alone
        return [{**seen, **facts} for facts in datagram(inside.payload)]
    if inside.protocol == "tcp" and (facts := answer(inside.payload)):
        return [{"observer": "HTTP or RTSP answer", "ports": [inside.ports[0]], **seen, **facts}]
    return []


def _dhcp(data: bytes) -> list[Facts]:
    """Vendor class and host name of a client's request."""
    if len(data) < 240 or data[0] != 1 or data[1:3] != b"\1\6" or data[236:240] != b"\x63\x82\x53\x63":
        return []
    options: dict[int, bytes] = {}
    at = 240
    while at + 1 < len(data) and data[at] != 255:
        if data[at]:
            options.setdefault(data[at], data[at + 2 : at + 2 + data[at + 1]])
            at += data[at + 1] + 1
        at += 1
    asked = options.get(50, b"")
    host = str(ipaddress.IPv4Address(asked)) if len(asked) == 4 else ""
    name, vendor = (options.get(code, b"").decode("utf-8", "replace") for code in (12, 60))
    return [{"observer": "DHCP request", "mac": mac_of(data[28:34].hex()), "host": host, "host_name": host_name_of(name), "dhcp_vendor_class": vendor, "plain": True}]


# ---- the layers ------------------------------------------------------------------------------------------------------------------------------


def _opened(packet: Packet) -> Datagram | None:
    """The datagram in a packet; None for what is of no use here or cut too short."""
    try:
        kind, data, mac = _link(packet.link, packet.data)
        if kind == 0x0806:
            return _arp(data)
        if kind == device_sadp_frame.FRAME:
            return Datagram("sadp", "", (0, 0), data, mac)
        if kind == 0x0800:
            return _ipv4(data, mac)
        return _ipv6(data, mac) if kind == 0x86DD else None
    except (struct.error, IndexError, ValueError):
        return None


def _link(link: int, data: bytes) -> tuple[int, bytes, str]:
    """EtherType, payload and sender's MAC of a frame."""
    if link == ETHERNET:
        kind, at = struct.unpack(">H", data[12:14])[0], 14
        while kind in (0x8100, 0x88A8, 0x9100) and at < 30:
            kind, at = struct.unpack(">H", data[at + 2 : at + 4])[0], at + 4
        return kind, data[at:], mac_of(data[6:12].hex())
    if link == SLL:
        return struct.unpack(">H", data[14:16])[0], data[16:], mac_of(data[6:12].hex())
    if link == SLL2:
        return struct.unpack(">H", data[0:2])[0], data[20:], mac_of(data[12:18].hex())
    body = data[4:] if link in (NULL, LOOP) else data if link in RAW else b""
    return {4: 0x0800, 6: 0x86DD}.get(body[0] >> 4, 0), body, ""


def _arp(data: bytes) -> Datagram | None:
    kind, protocol, sizes, operation = struct.unpack(">HHHH", data[:8])
    mac, host = mac_of(data[8:14].hex()), str(ipaddress.IPv4Address(data[14:18]))
    if kind != 1 or protocol != 0x0800 or sizes != 0x0604 or operation != 2 or not mac or is_group(mac) or host == "0.0.0.0":
        return None
    return Datagram("arp", host, (0, 0), b"", mac)


def _ipv4(data: bytes, mac: str) -> Datagram | None:
    size = (data[0] & 15) * 4
    fragment = struct.unpack(">H", data[6:8])[0] & 0x1FFF
    length = struct.unpack(">H", data[2:4])[0]
    return None if fragment or size < 20 else _transport(data[9], str(ipaddress.IPv4Address(data[12:16])), data[size : length or None], mac)


def _ipv6(data: bytes, mac: str) -> Datagram | None:
    kind, body = data[6], data[40:]
    for _ in range(8):
        if kind not in (0, 43, 60):
            break
        kind, body = body[0], body[(body[1] + 1) * 8 :]
    return _transport(kind, str(ipaddress.IPv6Address(data[8:24])), body, mac)


def _transport(kind: int, source: str, data: bytes, mac: str) -> Datagram | None:
    if kind == 17:
        one, other, length = struct.unpack(">HHH", data[:6])
        return Datagram("udp", source, (one, other), data[8 : length if length >= 8 else None], mac)
    if kind == 6:
        one, other = struct.unpack(">HH", data[:4])
        payload = data[(data[12] >> 4) * 4 :]
        return Datagram("tcp", source, (one, other), payload, mac) if payload[:5] in (b"HTTP/", b"RTSP/") else None
    return None
