"""WS-Discovery: what ONVIF devices answer to a probe on UDP port 3702 (SOAP over UDP), in the namespaces of 2005/04 and 2009/01, with any prefix.

ProbeMatches, ResolveMatches and Hello give a DEVICE for every match; Probe, Resolve and Bye are left out. A file may hold many messages. Scopes are kept as sent
(percent signs too); ``name`` scopes that name a person, which owners can type, are taken out and counted. Source: WS-Discovery (2005, and OASIS 1.1),
ONVIF Core Specification, device discovery.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import BinaryIO
from urllib.parse import unquote

import pyarrow as pa

from custodes.records.device_markup import Node, decoded, messages, scan
from custodes.records.device_rows import Devices, Facts, distinct
from custodes.records.device_words import class_of, host_of, is_person, mac_of
from custodes.values import Origin

NAME = "device_wsd"
KINDS: tuple[str, ...] = ("DEVICE",)

_NAMESPACE = re.compile(rb"ws/2005/04/discovery|ws-dd/ns/discovery/2009/01")
_MATCHES = ("ProbeMatch", "ResolveMatch", "Hello")
_OTHERS = frozenset(("Probe", "Resolve", "Bye"))
_SCOPE = "onvif://www.onvif.org/"
USES = {
    "Scopes": "scopes, model, brand, mac, product_class", "XAddrs": "host", "Address": "device_id", "Types": "product_class",
    "MetadataVersion": "ignored: counts changes of the device's data",
    **dict.fromkeys(("ReferenceParameters", "ReferenceProperties", "PortType", "ServiceName", "Metadata"), "ignored: SOAP addressing"),
}  # fmt: skip


def sniff(head: bytes, filename: str) -> bool:
    """Claims SOAP messages of WS-Discovery."""
    return b"Envelope" in head and bool(_NAMESPACE.search(head)) and head.lstrip(b"\xef\xbb\xbf \r\n\t\0")[:1] == b"<" and b"<html" not in head[:2048].lower()


def companions(filename: str) -> tuple[str, ...]:
    """Messages stand alone."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """DEVICE per match; the same match again and questions are counted."""
    devices = Devices(origin, NAME, "WS-Discovery")
    _, envelopes = messages(streams[0], origin.path, "Envelope")
    for place, facts in distinct(_answers(envelopes, devices), devices):
        devices.add(place, facts)
        yield from devices.full()
    yield from devices.rest(USES)


def _answers(envelopes: Sequence[Node], devices: Devices) -> Iterator[tuple[str, Facts]]:
    for envelope in envelopes:
        found = _matches(envelope)
        for node in found:
            devices.account.saw(dict(node.leaves()))
            facts, people = facts_of(node)
            if people:
                devices.people("Scopes", people)
            yield f"line {node.line}", facts
        if not found:
            asked = any(next(envelope.every(name), None) for name in _OTHERS)
            devices.account.leave_out("a question or farewell, not an answer" if asked else "an answer without a match" if not _faulty(envelope) else "a SOAP fault")


def _matches(envelope: Node) -> list[Node]:
    return [node for name in _MATCHES for node in envelope.every(name)]


def _faulty(envelope: Node) -> bool:
    return next(envelope.every("Fault"), None) is not None


def facts_of(match: Node) -> tuple[Facts, int]:
    """The facts of one match, and how many of its scopes named a person."""
    every = [scope for node in match.every("Scopes") for scope in node.text.split()]
    scopes = [scope for scope in every if not (scope.startswith(_SCOPE + "name/") and is_person(unquote(scope[len(_SCOPE) + 5 :])))]
    types = " ".join(part.split(":")[-1] for part in match.first("Types").split())
    return {
        "device_id": match.first("Address"), "host": host_of(match.first("XAddrs")), "onvif_scopes": scopes, "brand": scope_of(scopes, "manufacturer", "mfr", "acc/mfr"),
        "model": scope_of(scopes, "hardware"), "mac": mac_of(scope_of(scopes, "MAC", "mac", "acc/mac")),
        "product_class": "camera" if "NetworkVideoTransmitter" in types else class_of(types),
    }, len(every) - len(scopes)  # fmt: skip


def scope_of(scopes: Sequence[str], *names: str) -> str:
    """The value of the first scope with one of these names, percent signs decoded; ''.

    >>> scope_of(["onvif://www.onvif.org/hardware/DS-2CD2143G0-I", "onvif://www.onvif.org/acc/mfr/FLIR%20Systems"], "mfr", "acc/mfr")
    'FLIR Systems'
    """
    for name in names:
        for scope in scopes:
            if scope.startswith(f"{_SCOPE}{name}/") and (value := unquote(scope[len(_SCOPE) + len(name) + 1 :]).strip("/ ")):
                return value
    return ""


def parse(payload: bytes) -> list[Facts]:
    """The matches in one datagram; none when it is something else."""
    if not sniff(payload, ""):
        return []
    return [facts_of(node)[0] for envelope in scan(decoded(payload)).every("Envelope") for node in _matches(envelope)]
