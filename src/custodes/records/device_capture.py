"""The packets of a capture file: pcap of both byte orders and both units of time, and pcapng. Sources: the pcap and pcapng drafts of the IETF opsawg."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from custodes.errors import BrokenInputError

ETHERNET = 1
"""The link layer that is taken where a file does not say."""
_PCAP = {b"\xd4\xc3\xb2\xa1": ("<", 1e6), b"\xa1\xb2\xc3\xd4": (">", 1e6), b"\x4d\x3c\xb2\xa1": ("<", 1e9), b"\xa1\xb2\x3c\x4d": (">", 1e9)}
_PCAPNG = b"\x0a\x0d\x0d\x0a"
_LARGEST = 1 << 20
"""Bytes of one packet or block."""


class Packet(NamedTuple):
    """One packet: its number in the file, time in seconds, link layer and bytes."""

    number: int
    seconds: float
    link: int
    data: bytes


def is_capture(head: bytes) -> bool:
    """Does a file begin as captures do?"""
    return (head[:4] in _PCAP and len(head) >= 24) or (head[:4] == _PCAPNG and len(head) >= 28)


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
