"""The older search of Dahua's units on UDP port 5050: a binary answer that begins with 0xB3.

Layout as seen in public parsers (UniversalScanner) and one reply: device type at 0x28 (16 bytes), IPv4 address, mask and gateway at 0x38, ports from 0x5E, MAC as
text from 0x78, then ``Name:``, ``Device:``, ``SerialNo:`` lines.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import pyarrow as pa

from custodes.records.device_markup import whole
from custodes.records.device_rows import Devices, Facts, distinct
from custodes.records.device_words import class_of, host_of, mac_of
from custodes.values import Origin

NAME = "device_dahua1"
KINDS: tuple[str, ...] = ("DEVICE",)

_MAC = re.compile(rb"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}")
_LINE = re.compile(rb"(Name|Device|SerialNo|IPv6Addr|Version|DetailType|Vendor):([^\r\n\0]{1,200})")
LEAST = 0x78
USES = {
    "DeviceType": "model, evidence", "Device": "model, evidence", "Name": "evidence", "SerialNo": "serial, evidence", "Version": "firmware, evidence", "Vendor": "evidence",
    "DetailType": "evidence", "mac": "mac", "IPAddress": "host", "IPv6Addr": "ignored: how the unit is addressed",
}  # fmt: skip


def sniff(head: bytes, filename: str) -> bool:
    """Claims a binary answer: 0xB3, the version 0x18 or nothing after it, and a MAC address or a serial number as text where they belong."""
    if len(head) < LEAST or head[0] != 0xB3 or head[1] != 0 or not head[4:8].strip(b"\0"):
        return False
    return bool(_MAC.search(head, LEAST, LEAST + 64)) and b"SerialNo:" in head[LEAST:4096]


def companions(filename: str) -> tuple[str, ...]:
    """Answers stand alone."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """DEVICE for the answer in the file (one datagram). A cut one gives what it still holds."""
    devices = Devices(origin, NAME, "Dahua search (UDP 5050)")
    data = whole(streams[0], origin.path)
    fields = fields_of(data)
    devices.account.saw(fields)
    for place, facts in distinct([("byte 0", facts_of(fields))], devices):
        devices.add(place, facts)
    yield from devices.rest(USES)


def fields_of(data: bytes) -> dict[str, str]:
    """The fields of one answer by name."""
    fields = {"DeviceType": data[0x28:0x38].split(b"\0")[0].decode("latin-1"), "IPAddress": str(ipaddress.ip_address(data[0x38:0x3C].ljust(4, b"\0")))}
    if match := _MAC.search(data, LEAST):
        fields["mac"] = match.group().decode("ascii")
    # the MAC's text is followed by the type again, without an end: the lines are looked for by their names
    fields |= {name.decode(): value.decode("utf-8", "replace").strip() for name, value in _LINE.findall(data[LEAST:])}
    return {name: value for name, value in fields.items() if value}


def facts_of(fields: dict[str, str]) -> Facts:
    """The facts of one answer."""
    return {
        "model": fields.get("Device") or fields.get("DeviceType"), "serial": fields.get("SerialNo"), "firmware": fields.get("Version"), "mac": mac_of(fields.get("mac", "")),
        "host": host_of(fields.get("IPAddress", "")), "product_class": class_of(fields.get("Device", ""), fields.get("DeviceType", "")),
        "dahua1": {name: value for name, value in fields.items() if USES[name].endswith("evidence")},
    }  # fmt: skip


def parse(payload: bytes) -> list[Facts]:
    """The answer in one datagram; none when it is something else."""
    return [facts_of(fields_of(payload))] if sniff(payload, "") else []
