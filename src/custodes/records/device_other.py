"""Discovery answers of other makers: single datagrams (``.bin``) of mDNS (Axis and others), Bosch, Hanwha, Panasonic, Sony, Ubiquiti, Vivotek, VStarcam, 360 Vision.

They are read so that nobody takes them for something else: a packet that begins with ``DH`` is not Dahua's. What a row says is the protocol, the MAC and, where the layout is plain, the
model: no maker is concluded here. Layouts as seen in public self-test packets (UniversalScanner); mDNS: RFC 6762, RFC 1035.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO

import pyarrow as pa

from custodes.records.device_markup import decoded, scan, whole
from custodes.records.device_rows import Devices, Facts
from custodes.records.device_words import host_of, mac_of
from custodes.values import Origin

NAME = "device_other"
KINDS: tuple[str, ...] = ("DEVICE",)

USES = {"packet": "mac, model, host, evidence"}
_LONGEST = 4_096
_TEXT_MAC = re.compile(rb"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}")


def sniff(head: bytes, filename: str) -> bool:
    """Claims a single datagram of one of these protocols."""
    return bool(parse(head))


def companions(filename: str) -> tuple[str, ...]:
    """Answers stand alone."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """DEVICE for the answer in the file."""
    devices = Devices(origin, NAME, "discovery of another maker")
    for facts in parse(whole(streams[0], origin.path)):
        devices.account.saw({"packet": 1})
        devices.add("byte 0", facts)
    yield from devices.rest(USES)


def parse(payload: bytes) -> list[Facts]:
    """The facts of one datagram; none when it is of no protocol that stands here."""
    if not 40 <= len(payload) <= _LONGEST:
        return []
    for name, form in _FORMS.items():
        try:
            facts = form(payload)
        except (IndexError, struct.error, ValueError):
            continue
        if facts is not None:
            said = facts.pop("said", {})
            return [{"observer": name, **({} if name == "mDNS" else {"other_discovery": {"protocol": name, **said}}), **facts}]
    return []


def _text(raw: bytes) -> str:
    return raw.split(b"\0")[0].decode("utf-8", "replace").strip()


def _mac(raw: bytes) -> str:
    return mac_of(raw.hex()) if len(raw) == 6 else ""


def _360vision(data: bytes) -> Facts | None:
    match = re.match(rb"DISCOVER TYPE=(\w+) KEY='([0-9A-Fa-f:]{17})'", data)
    return {"mac": match.group(2).decode(), "said": {"type": match.group(1).decode()}} if match else None


def _bosch(data: bytes) -> Facts | None:
    if b'xmlns="OEMExt00:device-1-0"' not in data[:300]:
        return None
    root = scan(decoded(data))
    return {"mac": root.first("physAddress"), "host": host_of(root.first("unitIPAddress")), "serial": root.first("serialNumber")}


def _hanwha(data: bytes) -> Facts | None:
    if data[0] != 0x0B or not _TEXT_MAC.fullmatch(data[0x13:0x24]) or data[0x24] != 0:
        return None
    return {"mac": data[0x13:0x24].decode(), "host": host_of(_text(data[0x25:0x35])), "model": _text(data[0x6D:0x77])}


def _panasonic(data: bytes) -> Facts | None:
    if data[:2] != b"\0\1" or (struct.unpack(">H", data[2:4])[0] != len(data) - 52 + 0 and data[4:6] != b"\0\x0e"):
        return None
    fields: dict[int, bytes] = {}
    at = 0x3A
    while at + 4 <= len(data):
        kind, size = struct.unpack(">HH", data[at : at + 4])
        fields[kind] = data[at + 4 : at + 4 + size]
        at += 4 + size
    if not {0x20, 0xA7, 0xA8} <= fields.keys() or len(fields[0x20]) != 4:
        return None
    return {"mac": _mac(data[6:12]), "host": host_of(".".join(map(str, fields[0x20]))), "model": _text(fields[0xA8]), "firmware": _text(fields.get(0xA9, b""))}


def _sony(data: bytes) -> Facts | None:
    if not data.startswith(b"\x02MAC:") or b"\xffMODEL:" not in data:
        return None
    fields = dict(part.decode("latin-1").partition(":")[::2] for part in data.strip(b"\x02\x03\xff").split(b"\xff"))
    return {"mac": fields["MAC"], "model": fields.get("MODEL"), "serial": fields.get("SERIAL"), "host": host_of(fields.get("IPADR", "")), "firmware": fields.get("SOFTVERSION")}


def _ubiquiti(data: bytes) -> Facts | None:
    if data[0] not in (1, 2) or data[1] not in (0, 6) or struct.unpack(">H", data[2:4])[0] != len(data) - 4:
        return None
    fields: dict[int, bytes] = {}
    at = 4
    while at + 3 <= len(data):
        size = struct.unpack(">H", data[at + 1 : at + 3])[0]
        fields.setdefault(data[at], data[at + 3 : at + 3 + size])
        at += 3 + size
    if at != len(data) or not ({1, 2} & fields.keys()):
        return None
    return {"mac": _mac(fields.get(1, b"") or fields[2][:6]), "model": _text(fields.get(0x0C, b"") or fields.get(0x15, b"")), "firmware": _text(fields.get(3, b""))}


def _vivotek(data: bytes) -> Facts | None:
    if data[0] != 2:
        return None
    fields: dict[int, bytes] = {}
    at = 5
    while at + 2 <= len(data):
        size = 0 if data[at] == 4 else data[at + 1]  # field 4 is one byte without a length
        fields.setdefault(data[at], data[at + 2 : at + 2 + size])
        at += 2 + size
    if at != len(data) or len(fields.get(2, b"")) != 6 or len(fields.get(3, b"")) != 4 or 1 not in fields:
        return None
    return {"mac": _mac(fields[2]), "host": host_of(".".join(map(str, fields[3]))), "model": _text(fields.get(9, b""))}


def _vstarcam(data: bytes) -> Facts | None:
    if data[:3] != b"DH\1" or len(data) < 0xC0 or not host_of(_text(data[4:20])) or not host_of(_text(data[20:36])):
        return None
    return {"mac": _mac(data[0x54:0x5A]), "host": host_of(_text(data[4:20]))}


def _mdns(data: bytes) -> Facts | None:
    """Names and texts of a multicast DNS answer."""
    _, flags, asked, *counts = struct.unpack(">6H", data[:12])
    if not flags & 0x8000 or flags & 0x7800 or asked > 20 or not 0 < sum(counts) <= 200:
        return None
    at, names, texts = 12, list[str](), dict[str, str]()
    for _ in range(asked):
        at = _name(data, at)[1] + 4
    for _ in range(sum(counts)):
        if at + 12 > len(data):
            break  # a cut packet keeps what stands before the cut
        name, at = _name(data, at)
        kind, size = struct.unpack(">HxxxxxxH", data[at : at + 10])
        names.append(name)
        if kind == 12:
            names.append(_name(data, at + 10)[0])
        if kind == 16:
            texts |= _pairs(data[at + 10 : at + 10 + size])
        at += 10 + size
    services = sorted({match.group() for name in names for match in [re.search(r"_[\w-]+\._(?:tcp|udp)", name)] if match})
    if not services:
        return None
    named = next((mac for mac in (mac_of(texts.get("macaddress", "")), *map(mac_of, names)) if mac), "")
    return {"mac": named, "mdns": {"services": " ".join(services), **{key: texts[key] for key in ("macaddress", "model", "md", "manufacturer", "mf") if key in texts}}}


def _name(data: bytes, at: int) -> tuple[str, int]:
    """A domain name and the place after it; pointers are followed at most twenty times."""
    labels, after = list[str](), 0
    for _ in range(60):
        size = data[at]
        if size >= 0xC0:
            after = after or at + 2
            at = struct.unpack(">H", data[at : at + 2])[0] & 0x3FFF
        elif not size:
            return ".".join(labels), after or at + 1
        else:
            labels.append(data[at + 1 : at + 1 + size].decode("utf-8", "replace"))
            at += 1 + size
    raise ValueError("a name without end")


def _pairs(data: bytes) -> dict[str, str]:
    found, at = {}, 0
    while at < len(data):
        key, sign, value = data[at + 1 : at + 1 + data[at]].decode("utf-8", "replace").partition("=")
        if sign:
            found[key.lower()] = value
        at += 1 + data[at]
    return found


_FORMS: dict[str, Callable[[bytes], Facts | None]] = {
    "360 Vision": _360vision, "Bosch": _bosch, "Sony": _sony, "VStarcam": _vstarcam, "Hanwha": _hanwha, "Ubiquiti": _ubiquiti, "Panasonic": _panasonic, "Vivotek": _vivotek, "mDNS": _mdns,
}  # fmt: skip
