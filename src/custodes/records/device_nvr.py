"""The channel list of a recorder: /ISAPI/ContentMgmt/InputProxy/channels. It names the cameras behind the recorder, which no scan of the network sees.

    <InputProxyChannelList><InputProxyChannel><id>1</id><name>..</name><sourceInputPortDescriptor><proxyProtocol>HIKVISION</proxyProtocol><model>..</model> ...

``behind`` is the recorder: its serial number or MAC when the file also holds its deviceInfo, else the address in the file's name, else the file's name. Logins and
the names that owners gave to channels are never kept. A channel without a camera is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import BinaryIO

import pyarrow as pa

from custodes.records import device_isapi
from custodes.records.device_markup import Node, messages
from custodes.records.device_rows import Devices, Facts
from custodes.records.device_words import class_of, host_of, mac_of, nothing
from custodes.values import Origin

NAME = "device_nvr"
KINDS: tuple[str, ...] = ("DEVICE",)

_CHANNEL = "InputProxyChannel"
_KEPT = ("proxyProtocol", "managePortNo", "serialNumber", "model", "firmwareVersion", "deviceType", "manufacturer", "macAddress", "srcInputPort")
USES = {
    **device_isapi.USES, "proxyProtocol": "evidence", "managePortNo": "evidence", "srcInputPort": "evidence", "ipAddress": "host", "ipv6Address": "host", "hostName": "ignored: an address",
    "id": "evidence", "deviceID": "ignored: a number the recorder gives", "name": "ignored: given by the owner, may name a person",
    **dict.fromkeys(("userName", "password"), "ignored: a login"),
    **dict.fromkeys(("addressingFormatType", "streamType", "channelNum", "enableAnr", "enableTiming", "certificateValidationEnabled", "defaultAdminPortEnabled", "timeZone",
                     "connMode", "deviceIndex", "enabled", "devIndex", "online", "chanDetectResult", "securityStatus", "version"), "ignored: how the recorder asks the camera"),
}  # fmt: skip


def sniff(head: bytes, filename: str) -> bool:
    """Claims XML with InputProxy channels."""
    return head.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"<" and bool(re.search(rb"<(?:\w+:)?InputProxyChannel(?:List)?[\s>]", head))


def companions(filename: str) -> tuple[str, ...]:
    """A list stands alone."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """DEVICE per camera of the list, and one for the recorder when its deviceInfo stands beside."""
    devices = Devices(origin, NAME, "recorder's channel list")
    root, _ = messages(streams[0], origin.path, "InputProxyChannelList", _CHANNEL)
    recorder: Facts = {}
    for node in root.every("DeviceInfo"):
        fields = device_isapi.fields_of(node)
        devices.account.saw(fields)
        recorder = {**device_isapi.facts_of(fields), "observer": "ISAPI deviceInfo"}
        devices.add(f"line {node.line}", recorder)
    behind = str(recorder.get("serial") or recorder.get("mac") or _named(origin.path))
    for node in _channels(root):
        fields = dict(node.leaves())
        devices.account.saw(fields)
        if facts := facts_of(fields, behind):
            devices.add(f"line {node.line}", facts)
        else:
            devices.account.leave_out("a channel without a camera")
        yield from devices.full()
    yield from devices.rest(USES)


def _channels(root: Node) -> Iterator[Node]:
    for node in root.children:
        if node.name == _CHANNEL:
            yield node
        else:
            yield from _channels(node)


def _named(path: str) -> str:
    """The recorder's address when the file's name holds one, else the file's name without ending."""
    stem = PurePosixPath(path).name.rsplit(".", 1)[0]
    return host_of(stem.replace("_", " ")) or stem


def facts_of(fields: Mapping[str, str], behind: str) -> Facts:
    """The facts of one channel; {} when it names no camera."""
    if not any(not nothing(fields.get(name, "")) for name in ("model", "serialNumber", "firmwareVersion", "macAddress")):
        return {}
    return {
        "model": fields.get("model"), "serial": fields.get("serialNumber"), "firmware": fields.get("firmwareVersion"), "mac": mac_of(fields.get("macAddress", "")),
        "brand": fields.get("manufacturer"), "host": host_of(fields.get("ipAddress", "") or fields.get("ipv6Address", "")), "behind": behind,
        "product_class": class_of(fields.get("deviceType", "")) or "camera",
        "nvr_channel": {"id": fields.get("id", ""), **{name: fields[name] for name in _KEPT if fields.get(name)}}, "nvr_protocol": fields.get("proxyProtocol"),
    }  # fmt: skip
