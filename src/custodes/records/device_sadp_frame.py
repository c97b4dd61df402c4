"""SADP's older form: an Ethernet frame of type 0x8033 instead of XML over UDP. What it tells of the device that sent it.

Behind the Ethernet header: 0x21 0x02 0x01, the kind of sender, a counter (4 bytes), 0x06 0x04, the type of packet, parameters, a checksum (2 bytes); then the sender's
MAC and IPv4 address, the receiver's, a subnet mask, and a payload. Form as in MatrixEditor/hiktools 1.2.2 (MIT), module csadp. What stands where in the payload of an answer
is not documented; of it only text is taken that cannot be anything else: a serial number and a firmware version of the maker's own grammar.
"""

from __future__ import annotations

import ipaddress
import re
import struct

from custodes.records.device_rows import Facts
from custodes.records.device_words import is_group, mac_of

FRAME = 0x8033
"""The EtherType."""
_HEADER = struct.Struct(">HBBIHBBH")
_FROM_DEVICES = frozenset((0x02, 0x04, 0x07, 0x0B, 0x0D, 0x11))
"""Types of packet that devices send: coming online, and answers. The others are questions and orders of a client."""
_SERIAL = re.compile(rb"[A-Z][A-Z0-9/()-]{3,40}\d{8}(?:\d\d)?(?:[A-Z]{2})?(?:WR|RR|CH|AR)[A-Z]{0,2}\d{7,9}(?:WCVU)?")
_VERSION = re.compile(rb"V\d{1,2}\.\d{1,2}\.\d{1,3} ?_?build ?\d{6}", re.I)


def parse(payload: bytes) -> list[Facts]:
    """The device in the body of one frame; none when the frame is a client's, or cut."""
    if len(payload) < 38:
        return []
    magic, _, _, _, _, kind, _, _ = _HEADER.unpack(payload[:14])
    mac = mac_of(payload[14:20].hex())
    if magic != 0x2102 or kind not in _FROM_DEVICES or not mac or is_group(mac):
        return []
    host = ipaddress.IPv4Address(payload[20:24])
    serial, version = (match[0].decode("ascii") if (match := sign.search(payload, 38)) else "" for sign in (_SERIAL, _VERSION))
    said = {"MAC": mac, "DeviceSN": serial, "SoftwareVersion": version}
    return [
        {
            "observer": "SADP (Ethernet)", "host": "" if host.is_unspecified else str(host), "mac": mac, "serial": serial, "firmware": version,
            "sadp": {name: value for name, value in said.items() if value},
        }
    ]  # fmt: skip
