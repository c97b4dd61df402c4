"""ONVIF device information: the SOAP answer to GetDeviceInformation (manufacturer, model, firmware, serial number, hardware id), as scripts and tools store it.

A file may hold many answers, and the scopes (GetScopes) or the network interfaces (GetNetworkInterfaces) of the same device beside them: messages that
stand between two device informations belong to the first of them. Source: ONVIF Device Management Service Specification.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

import pyarrow as pa

from custodes.records.device_markup import Node, decoded, messages, scan
from custodes.records.device_rows import Devices, Facts, distinct
from custodes.records.device_words import class_of, mac_of
from custodes.values import Origin

NAME = "device_onvif"
KINDS: tuple[str, ...] = ("DEVICE",)

_ANSWER = "GetDeviceInformationResponse"
_FIELDS = {"Manufacturer": "brand", "Model": "model", "FirmwareVersion": "firmware", "SerialNumber": "serial"}
USES = {
    **{name: f"{column}, evidence" for name, column in _FIELDS.items()}, "HardwareId": "evidence", "ScopeItem": "scopes", "HwAddress": "mac",
    **dict.fromkeys(("ScopeDef", "Enabled", "MTU", "Name", "Address", "PrefixLength", "DHCP", "AcceptRouterAdvert", "Duplex", "Speed", "AutoNegotiation", "InterfaceType"),
                    "ignored: how the unit is addressed"),
    **dict.fromkeys(("Action", "MessageID", "RelatesTo", "To", "Nonce", "Created"), "ignored: SOAP addressing"),
    **dict.fromkeys(("Username", "Password"), "ignored: a login"), "FromDHCP": "ignored: how the unit is addressed",
}  # fmt: skip


def sniff(head: bytes, filename: str) -> bool:
    """Claims SOAP messages with a GetDeviceInformation answer."""
    return _ANSWER.encode() in head and head.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"<"


def companions(filename: str) -> tuple[str, ...]:
    """Answers stand alone."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """DEVICE per device information."""
    devices = Devices(origin, NAME, "ONVIF device information")
    _, envelopes = messages(streams[0], origin.path, "Envelope", _ANSWER)
    for place, facts in distinct(_answers(envelopes, devices), devices):
        devices.add(place, facts)
        yield from devices.full()
    yield from devices.rest(USES)


def _answers(envelopes: Sequence[Node], devices: Devices) -> Iterator[tuple[str, Facts]]:
    held: tuple[str, Facts] | None = None
    for envelope in envelopes:
        devices.account.saw(dict(envelope.leaves()))
        answer = envelope if envelope.name == _ANSWER else next(envelope.every(_ANSWER), None)
        if answer is not None:
            if held:
                yield held
            held = f"line {answer.line}", _facts(answer)
        elif held and (more := _more(envelope)):
            held[1].update(more)
            devices.account.leave_out("a further answer of the same device, joined to its row")
        else:
            devices.account.leave_out("another SOAP message")
    if held:
        yield held


def _facts(answer: Node) -> Facts:
    fields = dict(answer.leaves())
    facts: Facts = {column: fields.get(name) for name, column in _FIELDS.items()}
    return facts | {"product_class": class_of(fields.get("Model", "")), "onvif_device_information": {n: v for n, v in fields.items() if v}}


def _more(envelope: Node) -> dict[str, Any]:
    """Scopes or the MAC address, from the answers that go with a device information."""
    if next(envelope.every("GetScopesResponse"), None):
        return {"onvif_scopes": [node.text for node in envelope.every("ScopeItem") if node.text]}
    address = mac_of(envelope.first("HwAddress"))
    return {"mac": address} if address else {}


def parse(payload: bytes) -> list[Facts]:
    """The device information in one HTTP body; none when it is something else."""
    return [_facts(node) for node in scan(decoded(payload)).every(_ANSWER)] if sniff(payload, "") else []
