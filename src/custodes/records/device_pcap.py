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
from custodes.records.device_rows import Devices, Facts, distinct
from custodes.records.device_wire import answer, datagram
from custodes.records.device_words import host_name_of, is_group, mac_of, time_of
from custodes.values import Origin

NAME = "device_pcap"
KINDS: tuple[str, ...] = ("DEVICE",)

_PCAP = {b"\xd4\xc3\xb2\xa1": ("<", 1e6), b"\xa1\xb2\xc3\xd4": (">", 1e6), b"\x4d\x3c\xb2\xa1": ("<", 1e9), b"\xa1\xb2\x3c\x4d": (">", 1e9)}
_PCAPNG = b"\x0a\x0d\x0d\x0a"
_LARGEST = 1 << 20
"""Bytes of one packet or block."""
ETHERNET, SLL, SLL2, NULL, LOOP, RAW = 1, 113, 276, 0, 108, frozenset((12, 14, 101, 228, 229))
_SADP_FRAME = 0x8033
USES = {"packet": "host, mac, observed, evidence"}
_OTHER = "a packet that is no answer to discovery"


class Packet(NamedTuple):
    """One packet: its number in the file, time in seconds, link layer and bytes."""

    number: int
    seconds: float
    link: int
    data: bytes


class Datagram(NamedTuple):
    """What stands in a packet: protocol (udp, tcp, arp, sadp), addresses, ports, payload, MAC of the sender."""

    protocol: str
    source: str
    ports: tuple[int, int]
    payload: bytes
    mac: str


def sniff(head: bytes, filename: str) -> bool:
    """Claims files that begin as captures do."""
    return (head[:4] in _PCAP and len(head) >= 24) or (head[:4] == _PCAPNG and len(head) >= 28)


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
                devices.account.leave_out("a SADP frame of the older layer-2 form, which we cannot read" if inside and inside.protocol == "sadp" else _OTHER)
    except BrokenInputError as error:
        broken.append(error.what)


def _facts(inside: Datagram) -> list[Facts]:
    """The devices that one datagram tells, with the address and MAC it came from."""
    seen: Facts = {"host": inside.source}
    if inside.protocol == "arp":
        return [{"observer": "ARP", "mac": inside.mac, "plain": True, **seen}]
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
        if kind == _SADP_FRAME:
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


# ---- the files -------------------------------------------------------------------------------------------------------------------------------


def packets(stream: BinaryIO) -> Iterator[Packet]:
    """The packets of a capture in order. BrokenInputError where it breaks off or holds what no capture holds."""
    stream.seek(0)
    magic = stream.read(4)
    if magic in _PCAP:
        yield from _pcap(stream, *_PCAP[magic])
    elif magic == _PCAPNG:
        stream.seek(0)
        yield from _pcapng(stream)
    else:
        raise BrokenInputError("no capture", where="byte 0", advice="give a pcap or pcapng file")


def _broken(number: int, why: str) -> BrokenInputError:
    return BrokenInputError(f"the capture breaks off or is damaged after packet {number}: {why}", where=f"packet {number + 1}", advice="copy it again")


def _pcap(stream: BinaryIO, order: str, unit: float) -> Iterator[Packet]:
    head = stream.read(20)
    if len(head) < 20:
        raise _broken(0, "its header is cut")
    link = struct.unpack(order + "HHiIII", head)[5] & 0xFFFF
    number = 0
    while head := stream.read(16):
        if len(head) < 16:
            raise _broken(number, "a packet's header is cut")
        seconds, part, size, _ = struct.unpack(order + "IIII", head)
        if size > _LARGEST:
            raise _broken(number, f"a packet of {size:,} bytes")
        data = stream.read(size)
        if len(data) < size:
            raise _broken(number, "a packet is cut")
        number += 1
        yield Packet(number, seconds + part / unit, link, data)


def _pcapng(stream: BinaryIO) -> Iterator[Packet]:
    order, links, number = "<", list[tuple[int, float]](), 0
    while head := stream.read(8):
        if head[:4] == _PCAPNG:
            order, links = (">" if stream.read(4) == b"\x1a\x2b\x3c\x4d" else "<"), []
            stream.seek(-4, 1)
        if len(head) < 8:
            raise _broken(number, "a block's header is cut")
        kind, size = struct.unpack(order + "II", head)
        if not 12 <= size <= _LARGEST or size % 4:
            raise _broken(number, f"a block of {size:,} bytes")
        body = stream.read(size - 8)
        if len(body) < size - 8:
            raise _broken(number, "a block is cut")
        if kind == 1 and len(body) >= 8:
            links.append((struct.unpack(order + "H", body[:2])[0], _resolution(body[8:-4], order)))
        elif kind in (3, 6):
            number += 1
            yield _block(kind, body[:-4], order, links, number)


def _resolution(options: bytes, order: str) -> float:
    """Parts of a second in which an interface counts (option 9), a million when it does not say."""
    at = 0
    while at + 4 <= len(options):
        code, size = struct.unpack(order + "HH", options[at : at + 4])
        if code == 9 and size == 1 and at + 4 < len(options):
            power = options[at + 4]
            return float(2 ** (power & 127) if power & 128 else 10 ** min(power, 18))
        if not code:
            break
        at += 4 + size + (-size % 4)
    return 1e6


def _block(kind: int, body: bytes, order: str, links: list[tuple[int, float]], number: int) -> Packet:
    if kind == 3:
        return Packet(number, 0, links[0][0] if links else ETHERNET, body[4:])
    if len(body) < 20:
        raise _broken(number - 1, "a block is too short")
    interface, high, low, size, _ = struct.unpack(order + "IIIII", body[:20])
    link, unit = links[interface] if interface < len(links) else (ETHERNET, 1e6)
    return Packet(number, ((high << 32) + low) / unit, link, body[20 : 20 + size])
