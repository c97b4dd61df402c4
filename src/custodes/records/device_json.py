"""Devices as JSON, as scripts and tools export them: an object a line, or an array.

Known shapes: ``{"id": .., "evidence": {..}}`` (the input of ``custodes identify``), the members of an ISAPI deviceInfo, of a recorder's channel, ONVIF scope lists
(``Scopes``), and SADP or DHIP fields. What an object says beside these (a test's expectation, a note) is reported, not used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import pyarrow as pa

from custodes.records import device_dhip, device_isapi, device_nvr, device_sadp, device_wsd
from custodes.records.device_objects import members, objects, text_at
from custodes.records.device_rows import Devices, Facts
from custodes.records.device_words import is_person, mac_of
from custodes.values import EVIDENCE, Origin

NAME = "device_json"
KINDS: tuple[str, ...] = ("DEVICE",)


def sniff(head: bytes, filename: str) -> bool:
    """Claims JSON with the members of one of the shapes, and none of another reader's."""
    names = members(head[:16_384])
    shape = ({"id", "evidence"} <= names and bool(names & set(EVIDENCE))) or "Scopes" in names or {"model", "proxyProtocol"} <= names
    return (shape or {"model", "serialNumber", "firmwareVersion"} <= names or {"DeviceDescription", "DeviceSN"} <= names) and not names & {"ip_str", "ocid", "notify", "deviceInfo"}


def companions(filename: str) -> tuple[str, ...]:
    """An export stands alone."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """DEVICE per object of a known shape; others are rejected."""
    devices = Devices(origin, NAME, "JSON export")
    uses: dict[str, str] = {}
    for thing in objects(streams[0], origin.path):
        shape = _shape(thing.value)
        if thing.fault or shape is None:
            devices.account.reject(thing.place, "", thing.fault or "no shape that we know")
            continue
        name, make, known = shape
        uses |= {key: use for key, use in known.items() if key in thing.value}
        devices.account.saw(thing.value)
        devices.add(thing.place, {"observer": name, **make(thing.value)})
        yield from devices.full()
    yield from devices.rest(uses)


Shape = tuple[str, Callable[[Mapping[str, Any]], Facts], Mapping[str, str]]


def _shape(value: Mapping[str, Any]) -> Shape | None:
    """Which shape an object has: the observer's name, the way to its facts, and what becomes of its members."""
    if isinstance(value.get("evidence"), Mapping):
        return "JSON export", _evidence, {"id": "device_id", "evidence": "evidence"}
    if isinstance(value.get("Scopes"), list):
        return "ONVIF scopes", _scopes, {"Scopes": "scopes, model, brand"}
    for name, reader, sign in (("recorder's channel list", _channel, "proxyProtocol"), ("SADP", _sadp, "DeviceSN"), ("DHIP", _dhip, "SerialNo"), ("ISAPI deviceInfo", _isapi, "model")):
        if sign in value:
            return name, reader, {**_SHAPES[sign], **_BESIDE}
    return None


_SHAPES: dict[str, Mapping[str, str]] = {"proxyProtocol": device_nvr.USES, "DeviceSN": device_sadp.USES, "SerialNo": device_dhip.USES, "model": device_isapi.USES}
_BESIDE = {"nvr_fixture": "behind", "recorder": "behind", "fixture": "ignored: where a test took it from"}


def _texts(value: Mapping[str, Any]) -> dict[str, str]:
    return {str(name): text_at(value, name) for name in value if text_at(value, name)}


def _evidence(value: Mapping[str, Any]) -> Facts:
    """Evidence as it stands; names that are not ours are left away."""
    said: Mapping[str, Any] = value["evidence"]
    facts: Facts = {name: said[name] for name in EVIDENCE if name in said and not isinstance(said[name], bool)}
    return facts | {"device_id": text_at(value, "id"), "plain": True, "mac": mac_of(text_at(said, "mac"))}


def _scopes(value: Mapping[str, Any]) -> Facts:
    scopes = [scope for scope in value["Scopes"] if isinstance(scope, str) and not is_person(scope.rpartition("/")[2])]
    named = device_wsd.scope_of
    return {"onvif_scopes": scopes, "model": named(scopes, "hardware"), "brand": named(scopes, "manufacturer", "mfr", "acc/mfr"), "mac": mac_of(named(scopes, "MAC", "mac", "acc/mac"))}


def _channel(value: Mapping[str, Any]) -> Facts:
    return device_nvr.facts_of(_texts(value), text_at(value, "recorder") or text_at(value, "nvr_fixture").removesuffix(".json"))


def _sadp(value: Mapping[str, Any]) -> Facts:
    return device_sadp.facts_of(_texts(value))


def _dhip(value: Mapping[str, Any]) -> Facts:
    return device_dhip.facts_of(_texts(value))


def _isapi(value: Mapping[str, Any]) -> Facts:
    return device_isapi.facts_of(_texts(value))
