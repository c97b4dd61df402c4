"""ISAPI deviceInfo: what /ISAPI/System/deviceInfo (or /PSIA, /pramaAPI, an OEM's path) answers; XML in the namespaces ver10 and ver20 of hikvision.com,
isapi.org, psialliance.org or an OEM's own.

    <DeviceInfo version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema"><model>DS-2CD2146G2-ISU</model><serialNumber>...</serialNumber> ... </DeviceInfo>

The unit's name and contact are what its owner typed and may name people: the name is never kept, contact and place only as the factory set them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

import pyarrow as pa

from custodes.records.device_markup import Node, decoded, messages, scan
from custodes.records.device_rows import Devices, Facts, distinct
from custodes.records.device_words import class_of, factory_only
from custodes.values import Origin

NAME = "device_isapi"
KINDS: tuple[str, ...] = ("DEVICE",)

_KEPT = (
    "encoderVersion", "encoderReleasedDate", "bootVersion", "bootReleasedDate", "hardwareVersion", "telecontrolID", "OEMCode", "OEMcode", "firmwareVersionInfo", "detailOEMCode",
    "decoderVersion", "subDeviceType", "supportBeep", "supportVideoLoss", "alarmOutNum", "alarmInNum", "RS485Num", "customizedInfo", "marketType", "productionDate", "algorithmVersion",
    "beaconMACAddress", "subSerialNumber", "rescueVersion", "videoInputNum", "videoOutputNum", "firmwareReleasedDate", "cpuArch",
)  # fmt: skip
USES = {
    **dict.fromkeys(_KEPT, "evidence"), "model": "model, evidence", "serialNumber": "serial, evidence", "macAddress": "mac, evidence", "firmwareVersion": "firmware, evidence",
    "manufacturer": "brand, evidence", "deviceType": "product_class, evidence", "xmlns": "evidence", "systemContact": "evidence, only as the factory set it",
    "deviceLocation": "evidence, only as the factory set it", "deviceID": "device_id", "deviceName": "ignored: given by the owner, may name a person",
    "deviceDescription": "product_class, evidence", "verificationCode": "ignored: a secret", "deviceStatus": "ignored: a state",
}  # fmt: skip


def sniff(head: bytes, filename: str) -> bool:
    """Claims XML whose first element is DeviceInfo with a model or serial number in it; a channel list in the same file is the other reader's."""
    start = head.lstrip(b"\xef\xbb\xbf \r\n\t")
    if start[:1] != b"<" or b"InputProxyChannel" in head:
        return False
    return bool(re.search(rb"<(?:\w+:)?DeviceInfo[\s>]", start[:4096])) and bool(re.search(rb"<(?:\w+:)?(?:model|serialNumber|firmwareVersion)>", head))


def companions(filename: str) -> tuple[str, ...]:
    """Answers stand alone."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """DEVICE per deviceInfo; a file may hold the answers of many units."""
    devices = Devices(origin, NAME, "ISAPI deviceInfo")
    _, nodes = messages(streams[0], origin.path, "DeviceInfo")
    for place, facts in distinct(_answers(nodes, devices), devices):
        devices.add(place, facts)
        yield from devices.full()
    yield from devices.rest(USES)


def _answers(nodes: Sequence[Node], devices: Devices) -> Iterator[tuple[str, Facts]]:
    for node in nodes:
        fields = fields_of(node)
        devices.account.saw(fields)
        yield f"line {node.line}", facts_of(fields)


def fields_of(node: Node) -> dict[str, str]:
    """The elements of one deviceInfo by name, with its namespace as ``xmlns``."""
    space = node.namespaces()
    return dict(node.leaves()) | ({"xmlns": space.get("", "") or next(iter(space.values()))} if space else {})


def facts_of(fields: Mapping[str, str]) -> Facts:
    """The facts of one deviceInfo from its fields."""
    kept = {name: value for name, value in fields.items() if USES.get(name, "").endswith("evidence")}
    kept |= {name: factory_only(fields.get(name, "")) for name in ("systemContact", "deviceLocation")}
    firmware = " ".join(fields[name] for name in ("firmwareVersion", "firmwareReleasedDate") if fields.get(name))
    return {
        "model": fields.get("model"), "serial": fields.get("serialNumber"), "mac": fields.get("macAddress"), "firmware": firmware, "brand": fields.get("manufacturer"),
        "device_id": fields.get("deviceID"), "product_class": class_of(fields.get("deviceType", ""), fields.get("deviceDescription", "")), "isapi_device_info": kept,
    }  # fmt: skip


def parse(payload: bytes) -> list[Facts]:
    """The deviceInfo in one HTTP body; none when it is something else."""
    return [facts_of(fields_of(node)) for node in scan(decoded(payload)).every("DeviceInfo")] if sniff(payload, "") else []
