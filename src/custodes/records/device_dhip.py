"""DHIP: what Dahua's units (and those it makes for others) answer to a search on UDP port 37810.

A packet is a header of 32 bytes (0x20, ``DHIP``, two lengths, little-endian) and a JSON object ``client.notifyDevInfo`` whose ``params.deviceInfo`` holds the
fields. A file may hold packets one after the other, or only the JSON, one object a line. Some units send JSON that is not valid: then the members are
picked one by one, and the row says so by its ``observer``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import orjson
import pyarrow as pa

from custodes.records.device_markup import whole
from custodes.records.device_rows import Devices, Facts, distinct
from custodes.records.device_words import class_of, host_of
from custodes.values import Origin

NAME = "device_dhip"
KINDS: tuple[str, ...] = ("DEVICE",)

MAGIC = b"\x20\0\0\0DHIP"
HEADER = 32
_METHOD = b"client.notifyDevInfo"
_MEMBER = re.compile(r'"(\w{1,60})"\s*:\s*(?:"((?:[^"\\]|\\.){0,2000})"(?=\s*[,}\]])|"([^"{}]{0,2000}?)(?=,\s*")|(-?\d[\d.]{0,20}|true|false))')
_NAMES = ("MachineName", "UserName")
USES = {
    "DeviceType": "model, evidence", "SerialNo": "serial, evidence", "Version": "firmware, evidence", "Vendor": "brand, evidence", "mac": "mac", "IPAddress": "host",
    "DeviceClass": "product_class, evidence", **dict.fromkeys(_NAMES, "ignored: given by the owner, may name a person"),
    **dict.fromkeys(("method", "random", "session", "id", "Init", "Find"), "ignored: of the exchange"),
    **dict.fromkeys(("DefaultGateway", "SubnetMask", "DhcpEnable", "LinkLocalAddress"), "ignored: how the unit is addressed"),
    **dict.fromkeys(
        ("HttpPort", "HttpsPort", "Port", "DevicesType", "VideoInputChannels", "VideoOutputChannels", "RemoteVideoInputChannels", "AlarmInputChannels", "AlarmOutputChannels",
         "Manufacturer", "Brand", "OEMVersion", "UnLoginFuncMask", "ManuName", "BuildDate", "AlgorithmVersion", "DetailType", "HardwareVersion"), "evidence"),
}  # fmt: skip


def sniff(head: bytes, filename: str) -> bool:
    """Claims DHIP packets, and JSON that is their body."""
    return head.startswith(MAGIC) or (head.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"{" and _METHOD in head[:4096] and b'"deviceInfo"' in head[:8192])


def companions(filename: str) -> tuple[str, ...]:
    """Answers stand alone."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """DEVICE per answer; what is no answer is left out, what cannot be read is rejected with its byte."""
    devices = Devices(origin, NAME, "DHIP")
    for place, facts in distinct(_answers(whole(streams[0], origin.path), devices), devices):
        devices.add(place, facts)
        yield from devices.full()
    yield from devices.rest(USES)


def _answers(data: bytes, devices: Devices) -> Iterator[tuple[str, Facts]]:
    for at, body in _bodies(data):
        place = f"byte {at}"
        fields, valid = fields_of(body)
        devices.account.saw(fields)
        if _METHOD not in body:
            devices.account.leave_out("a question, not an answer")
        elif not fields:
            devices.account.reject(place, "", "not readable as JSON, and no member could be picked out")
        else:
            yield place, facts_of(fields, valid)


def _bodies(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(place, JSON) of each packet, or of each line when the file holds no packets."""
    if not data.startswith(MAGIC):
        at = 0
        for line in data.splitlines(keepends=True) if data.count(_METHOD) > 1 else [data]:
            if line.strip():
                yield at, line.strip()
            at += len(line)
        return
    at = 0
    while (at := data.find(MAGIC, at)) >= 0:
        following = data.find(MAGIC, at + HEADER)
        yield at, data[at + HEADER : following if following >= 0 else len(data)].strip(b"\0 \r\n\t")
        at += HEADER


def fields_of(body: bytes) -> tuple[dict[str, str], bool]:
    """The members of ``deviceInfo``, of its addresses and of the message, flat; and whether the JSON was valid."""
    try:
        value = orjson.loads(body)
        return (_flat(value), True) if isinstance(value, dict) else ({}, True)
    except orjson.JSONDecodeError:
        pass
    try:
        # some units send bytes after the end
        value = orjson.loads(body[: body.rindex(b"}") + 1])
        return (_flat(value), True) if isinstance(value, dict) else ({}, True)
    except ValueError:
        return _picked(body.decode("utf-8", "replace")), False


def _flat(message: Mapping[str, Any]) -> dict[str, str]:
    params = message.get("params")
    info = params.get("deviceInfo") if isinstance(params, Mapping) else None
    if not isinstance(info, Mapping):
        return {}
    fields = {name: _text(message[name]) for name in ("mac", "method", "random", "session", "id") if name in message}
    for name in ("IPv6Address", "IPv4Address"):
        if isinstance(info.get(name), Mapping):
            fields |= {key: _text(value) for key, value in info[name].items() if _text(value)}
    return fields | {str(name): _text(value) for name, value in info.items() if not isinstance(value, (dict, list))}


def _text(value: Any) -> str:
    return "" if value is None or isinstance(value, (dict, list)) else str(value).lower() if isinstance(value, bool) else str(value)


def _picked(text: str) -> dict[str, str]:
    """Members of a text that is almost JSON, the first of each name; the address is that of the IPv4 part."""
    found: dict[str, str] = {}
    for match in _MEMBER.finditer(text):
        value = next((part for part in match.groups()[1:] if part is not None), "")
        found.setdefault(match.group(1), value.replace("\\/", "/"))
    part = re.search(r'"IPv4Address"\s*:\s*\{[^{}]{0,500}?"IPAddress"\s*:\s*"([\d.]{7,15})"', text)
    return found | ({"IPAddress": part.group(1)} if part else {})


def facts_of(fields: Mapping[str, str], valid: bool = True) -> Facts:
    """The facts of one answer. ``General`` is what units without a brand of their own say; it is no brand."""
    vendor = fields.get("Vendor", "")
    return {
        "model": fields.get("DeviceType"), "serial": fields.get("SerialNo"), "firmware": fields.get("Version"), "mac": fields.get("mac"),
        "brand": "" if vendor.casefold() in ("general", "private") else vendor, "host": host_of(fields.get("IPAddress", "")),
        "product_class": class_of(fields.get("DeviceClass", ""), fields.get("DeviceType", "")), "observer": "DHIP" if valid else "DHIP (not valid JSON)",
        "dhip": {name: value for name, value in fields.items() if USES.get(name, "").endswith("evidence")},
    }  # fmt: skip


def parse(payload: bytes) -> list[Facts]:
    """The answer in one datagram; none when it is something else."""
    if not sniff(payload, "") or _METHOD not in payload:
        return []
    return [facts_of(*found) for _, body in _bodies(payload) if (found := fields_of(body))[0]]
