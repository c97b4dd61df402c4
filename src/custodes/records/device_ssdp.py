"""SSDP: NOTIFY messages and answers to M-SEARCH on UDP port 1900 (UPnP), and UPnP device descriptions (XML) saved from their LOCATION.

Header lines are kept as sent. A friendly name is given by the owner and is not kept. Questions and farewells are left out. Source: UPnP Device Architecture 1.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

import pyarrow as pa

from custodes.errors import BrokenInputError
from custodes.records.device_markup import Node, decoded, scan, whole
from custodes.records.device_rows import Devices, Facts, distinct
from custodes.records.device_words import class_of, host_of, mac_of
from custodes.values import Origin

NAME = "device_ssdp"
KINDS: tuple[str, ...] = ("DEVICE",)

_START = re.compile(rb"(?:NOTIFY \* HTTP/1\.[01]|HTTP/1\.[01] 200[^\r\n]{0,40}|M-SEARCH \* HTTP/1\.[01])\r?\n", re.I)
_SSDP = re.compile(rb"^(?:USN|NTS?|ST)\s*:", re.I | re.M)
_DESCRIPTION = re.compile(rb"<root[^>]{0,300}urn:schemas-upnp-org:device-1-0")
_DESCRIBED = ("deviceType", "manufacturer", "manufacturerURL", "modelDescription", "modelName", "modelNumber", "modelURL", "serialNumber", "UDN", "UPC")
USES = {
    **dict.fromkeys(("SERVER", "NT", "ST", "USN", "LOCATION", "X-USER-AGENT"), "evidence"), **dict.fromkeys(_DESCRIBED, "evidence"), "manufacturer": "brand, evidence",
    "modelName": "model, evidence", "modelNumber": "model, evidence", "serialNumber": "serial, evidence", "UDN": "device_id, evidence", "presentationURL": "host", "URLBase": "host",
    "friendlyName": "ignored: given by the owner, may name a person",
    **dict.fromkeys(("HOST", "CACHE-CONTROL", "NTS", "EXT", "DATE", "OPT", "01-NLS", "BOOTID.UPNP.ORG", "CONFIGID.UPNP.ORG", "MAN", "MX", "CONTENT-LENGTH"), "ignored: of the exchange"),
    **dict.fromkeys(("major", "minor", "serviceType", "serviceId", "SCPDURL", "controlURL", "eventSubURL", "mimetype", "width", "height", "depth", "url"), "ignored: services and pictures"),
}  # fmt: skip


def sniff(head: bytes, filename: str) -> bool:
    """Claims SSDP messages, and UPnP device descriptions."""
    start = head.lstrip(b"\xef\xbb\xbf \r\n\t")
    return bool(_START.match(start) and _SSDP.search(start[:4096])) or (start[:1] == b"<" and bool(_DESCRIPTION.search(start[:4096])))


def companions(filename: str) -> tuple[str, ...]:
    """Messages stand alone."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """DEVICE per distinct announcement or description."""
    devices = Devices(origin, NAME, "SSDP")
    data = whole(streams[0], origin.path)
    for place, facts in distinct(_answers(data, devices, origin.path), devices):
        devices.add(place, facts)
        yield from devices.full()
    yield from devices.rest(USES)


def _answers(data: bytes, devices: Devices, where: str) -> Iterator[tuple[str, Facts]]:
    if data.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"<":
        for node in scan(decoded(data)).every("device"):
            fields = _described(node)
            devices.account.saw(fields)
            yield f"line {node.line}", _description(fields)
        return
    starts = [match.start() for match in _START.finditer(data)]
    if not starts:
        raise BrokenInputError("holds no SSDP message", where=where, advice="save the messages whole, from their first line on")
    for at, end in zip(starts, [*starts[1:], len(data)], strict=True):
        fields = fields_of(data[at:end])
        devices.account.saw(fields)
        if data[at : at + 8].upper() == b"M-SEARCH" or fields.get("NTS", "").lower() == "ssdp:byebye":
            devices.account.leave_out("a question or farewell, not an answer")
        else:
            yield f"byte {at}", facts_of(fields)


def fields_of(message: bytes) -> dict[str, str]:
    """Header lines of one message, names in capitals."""
    pairs = (line.partition(":") for line in message.decode("utf-8", "replace").splitlines()[1:])
    return {name.strip().upper(): value.strip() for name, sign, value in pairs if sign and value.strip()}


def facts_of(fields: Mapping[str, str]) -> Facts:
    """The facts of one announcement."""
    usn = re.match(r"(?i)(uuid:[^:\s]{1,80})", fields.get("USN", ""))
    return {
        "device_id": usn.group(1) if usn else "", "host": host_of(fields.get("LOCATION", "")), "mac": mac_of(fields.get("USN", "")) if ":" in fields.get("USN", "")[-17:] else "",
        "product_class": class_of(fields.get("NT", "") + " " + fields.get("ST", "")), "ssdp": {name: fields[name] for name in fields if USES.get(name) == "evidence"},
    }  # fmt: skip


def _described(node: Node) -> dict[str, str]:
    """The fields of a device description, its own before those of devices inside it."""
    return dict(reversed([(name, text) for name, text in node.leaves() if text]))


def _description(fields: Mapping[str, str]) -> Facts:
    model = " ".join(dict.fromkeys(fields[name] for name in ("modelName", "modelNumber") if fields.get(name)))
    return {
        "device_id": fields.get("UDN"), "brand": fields.get("manufacturer"), "model": model, "serial": fields.get("serialNumber"), "observer": "UPnP description",
        "host": host_of(fields.get("presentationURL", "") or fields.get("URLBase", "")), "product_class": class_of(fields.get("modelDescription", ""), model),
        "ssdp": {name: fields[name] for name in _DESCRIBED if fields.get(name)},
    }  # fmt: skip


def parse(payload: bytes) -> list[Facts]:
    """The announcement in one datagram; none when it is a question, a farewell or something else."""
    if not _START.match(payload) or payload[:8].upper() == b"M-SEARCH" or not _SSDP.search(payload[:4096]):
        return []
    fields = fields_of(payload)
    return [facts_of(fields)] if fields.get("NTS", "").lower() != "ssdp:byebye" else []
