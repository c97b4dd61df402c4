"""The log of ``custodes discover``: every packet sent and received, one JSON object a line (``packets.jsonl``). The answers in it become DEVICE rows.

    {"what":"packet","at":"2026-11-23T10:00:00.120Z","way":"received","over":"udp","protocol":"sadp","near":"10.0.0.2:37020","far":"10.0.0.9:37020","bytes":"<base64>"}

Greetings of one address (HTTP, RTSP, TLS) are one row; every distinct answer over UDP is a row of its own. Packets sent, and marks of what was done, are left out with their count.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import pyarrow as pa

from custodes.records.device_greetings import joined
from custodes.records.device_objects import first_keys, objects, text_at
from custodes.records.device_rows import Devices, Facts, distinct
from custodes.records.device_wire import answer, datagram
from custodes.records.device_words import host_of
from custodes.values import Origin

NAME = "device_packets"
KINDS: tuple[str, ...] = ("DEVICE",)

USES = {
    "what": "tells packets from marks", "at": "observed", "way": "tells answers from questions", "over": "tells how to read it", "protocol": "ignored: the bytes tell", "far": "host, ports",
    "bytes": "evidence", "subject": "tls_subject", **dict.fromkeys(("near", "task", "note", "size"), "ignored: of the run"),
}  # fmt: skip
_REASONS = {"sent": "a packet that we sent", "run": "a mark of the run", "done": "a mark of the run", "dropped": "an answer from outside the named networks, not kept"}


def sniff(head: bytes, filename: str) -> bool:
    """Claims the log by its first line."""
    return head.startswith(b'{"what":') and {"what", "at"} <= first_keys(head) and b'"custodes discover' in head[:400]


def companions(filename: str) -> tuple[str, ...]:
    """The log stands alone."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """DEVICE per address that greeted and per distinct answer over UDP."""
    devices = Devices(origin, NAME, "custodes discover")
    hosts: dict[str, tuple[str, Facts]] = {}
    for place, facts in distinct(_answers(streams[0], origin.path, devices, hosts), devices):
        devices.add(place, facts)
        yield from devices.full()
    for place, facts in hosts.values():
        devices.add(place, facts)
        yield from devices.full()
    yield from devices.rest(USES)


def _answers(stream: BinaryIO, where: str, devices: Devices, hosts: dict[str, tuple[str, Facts]]) -> Iterator[tuple[str, Facts]]:
    """The answers over UDP; greetings go to ``hosts``."""
    for place, line, fault in objects(stream, where):
        devices.account.saw(line)
        what = text_at(line, "way") if text_at(line, "what") == "packet" else text_at(line, "what")
        if fault:
            devices.account.reject(place, "", fault)
        elif what != "received":
            devices.account.leave_out(_REASONS.get(what, "a mark of the run"))
        else:
            yield from _received(place, line, devices, hosts)


def _received(place: str, line: Mapping[str, Any], devices: Devices, hosts: dict[str, tuple[str, Facts]]) -> Iterator[tuple[str, Facts]]:
    try:
        payload = base64.b64decode(text_at(line, "bytes"), validate=True)
    except (binascii.Error, ValueError):
        return devices.account.reject(place, "bytes", "not base64")
    host, _, port = text_at(line, "far").rpartition(":")
    host = host_of(host.strip("[]"))
    seen: Facts = {"host": host, "observed": text_at(line, "at")[:19] + "Z"}
    if text_at(line, "over") == "udp":
        found = datagram(payload)
        if not found:
            devices.account.leave_out("an answer of no form that we know")
        for facts in found:
            # the address that answered is what was seen; what a unit says of its own address may be out of date
            yield place, {**facts, **seen, "observer": f"custodes discover: {facts.get('observer', '')}"}
        return None
    facts = {"ports": [int(port)] if port.isdigit() else [], "tls_subject": text_at(line, "subject"), **answer(payload)}
    if host in hosts:
        devices.account.leave_out("a further greeting of the same address, joined to its row")
        joined(hosts[host][1], facts)
    else:
        hosts[host] = place, {**facts, **seen, "observer": "custodes discover: greetings"}
    return None
