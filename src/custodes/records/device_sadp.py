"""SADP: what Hikvision's units (and those it makes for others) answer to a search on UDP port 37020; XML, sometimes not well-formed.

    <ProbeMatch><Types>inquiry</Types><DeviceDescription>DS-2CD2432F-IW</DeviceDescription><DeviceSN>...</DeviceSN><MAC>c0-56-..</MAC> ... </ProbeMatch>

A file may hold one answer or many (a dump). Fields as seen in public test files and in the tools ethodump-ng and UniversalScanner. Questions (``Probe``) in a
dump are left out. The table that the SADP tool itself exports is read by ``device_register``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

import pyarrow as pa

from custodes.records.device_markup import Node, decoded, messages, scan
from custodes.records.device_rows import Devices, Facts, distinct
from custodes.records.device_words import class_of, host_of
from custodes.values import Origin

NAME = "device_sadp"
KINDS: tuple[str, ...] = ("DEVICE",)

_SIGN = re.compile(rb"<(?:DeviceDescription|DeviceSN|DeviceType|CommandPort|SoftwareVersion|DSPVersion)>")
_READ = {
    "DeviceDescription": "model, evidence", "DeviceSN": "serial, evidence", "MAC": "mac, evidence", "IPv4Address": "host", "SoftwareVersion": "firmware, evidence",
    "DeviceType": "product_class, evidence", "Uuid": "ignored: made anew for every answer", "Types": "ignored: says that this is an answer",
    "BootTime": "ignored: changes with every start", "Salt": "ignored: a secret's salt", "Code": "ignored: a secret's salt",
}  # fmt: skip
_KEPT = (
    "DeviceType", "DeviceDescription", "DeviceSN", "MAC", "SoftwareVersion", "DSPVersion", "CommandPort", "HttpPort", "HttpsPort", "SDKOverTLSPort", "AnalogChannelNum",
    "DigitalChannelNum", "DiskNumber", "Activated", "PasswordResetAbility", "PasswordResetModeSecond", "ResetAbility", "SupportHCPlatform", "HCPlatformEnable",
    "IsModifyVerificationCode", "OEMCode", "OEMcode", "DetailOEMCode", "OEMInfo", "Encrypt", "EZVIZCode", "SupportUNPCModify", "SDKServerStatus", "supportIPv4DHCP", "IPv6MaskLen",
    "SyncIPCPassword", "SupportSecurityQuestion", "SupportModifyIPv6", "SupportIPv6", "SupportMailBox", "supportEzvizUnbind", "supportSyncIPCPassword", "IPv6ModifyEnable",
)  # fmt: skip
_ADDRESSES = ("IPv4SubnetMask", "IPv4Gateway", "IPv6Address", "IPv6Gateway", "DHCP", "IPv4DHCP")
USES = {**dict.fromkeys(_KEPT, "evidence"), **dict.fromkeys(_ADDRESSES, "ignored: how the unit is addressed"), **_READ}


def sniff(head: bytes, filename: str) -> bool:
    """Claims ``ProbeMatch`` elements with SADP's own fields, outside any SOAP envelope."""
    return b"<ProbeMatch" in head and b"Envelope" not in head and bool(_SIGN.search(head)) and head.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"<"


def companions(filename: str) -> tuple[str, ...]:
    """Answers stand alone."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """DEVICE per answer. BrokenInputError when the file holds none."""
    devices = Devices(origin, NAME, "SADP")
    _, nodes = messages(streams[0], origin.path, "ProbeMatch", "Probe")
    for place, facts in distinct(_answers(nodes, devices), devices):
        devices.add(place, facts)
        yield from devices.full()
    yield from devices.rest(USES)


def _answers(nodes: Sequence[Node], devices: Devices) -> Iterator[tuple[str, Facts]]:
    for node in nodes:
        fields = dict(node.leaves())
        devices.account.saw(fields)
        if node.name == "Probe":
            devices.account.leave_out("a question, not an answer")
        else:
            yield f"line {node.line}", facts_of(fields)


def facts_of(fields: Mapping[str, str]) -> Facts:
    """The facts of one answer from its fields."""
    return {
        "model": fields.get("DeviceDescription"), "serial": fields.get("DeviceSN"), "mac": fields.get("MAC"), "firmware": fields.get("SoftwareVersion"),
        "host": host_of(fields.get("IPv4Address", "")) or host_of(fields.get("IPv6Address", "")), "product_class": class_of(fields.get("DeviceType", "")),
        "sadp": {name: value for name, value in fields.items() if USES.get(name, "").endswith("evidence")},
    }  # fmt: skip


def parse(payload: bytes) -> list[Facts]:
    """The answers in one datagram; none when it is something else."""
    if not sniff(payload, ""):
        return []
    root = scan(decoded(payload))
    return [facts_of(dict(node.leaves())) for node in root.every("ProbeMatch")]
