"""zgrab2's JSON lines: what a service said to a greeting, with the TLS certificate. One DEVICE per line (an address, all modules that were run).

Source: zgrab2's output form (schemas): ``ip``, ``data.MODULE.result``. Page bodies are looked at for their title only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import pyarrow as pa

from custodes.records.device_greetings import greeting, headers, joined, title_of
from custodes.records.device_objects import first_keys, inside, members, objects, text_at
from custodes.records.device_rows import Devices, Facts
from custodes.records.device_words import host_of
from custodes.values import Origin

NAME = "device_zgrab"
KINDS: tuple[str, ...] = ("DEVICE",)

USES = {
    "ip": "host", "domain": "ignored: a name, not a device", "data": "evidence", "error": "tells whether there was an answer", "port": "ports", "metadata": "ignored: about the scan",
    **dict.fromkeys(("data.http", "data.https", "data.banner", "data.tls", "data.ftp", "data.telnet", "data.rtsp"), "evidence"),
    **dict.fromkeys(("data.ssh", "data.smb", "data.ntp", "data.modbus", "data.siemens", "data.bacnet", "data.fox", "data.dnp3"), "ignored: no clue to the maker"),
}  # fmt: skip
_CERTIFICATE = ("handshake_log", "server_certificates", "certificate", "parsed", "subject_dn")


def sniff(head: bytes, filename: str) -> bool:
    """Claims JSON lines with ``ip`` (or ``domain``) and ``data`` of modules with ``status`` and ``result``."""
    keys = first_keys(head)
    return "data" in keys and bool(keys & {"ip", "domain"}) and {"status", "protocol"} <= members(head) and "ip_str" not in keys


def companions(filename: str) -> tuple[str, ...]:
    """A scan stands alone."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """DEVICE per line with an answer."""
    devices = Devices(origin, NAME, "zgrab")
    for thing in objects(streams[0], origin.path):
        modules = thing.value.get("data")
        devices.account.saw(thing.value)
        if thing.fault or not isinstance(modules, Mapping):
            devices.account.reject(thing.place, "data", thing.fault or "no modules")
            continue
        devices.account.saw({f"data.{name}": 1 for name in modules})
        facts: Facts = {"host": host_of(text_at(thing.value, "ip")), "ports": _ports(thing.value)}
        for name in sorted(modules):
            joined(facts, _module(name, modules[name]))
            facts["observed"] = facts.get("observed") or text_at(modules[name], "timestamp")
        if any(facts.get(name) for name in facts if name not in ("host", "observed")):
            devices.add(thing.place, facts)
        else:
            devices.account.leave_out("an address that did not answer")
        yield from devices.full()
    yield from devices.rest(USES)


def _ports(value: Mapping[str, Any]) -> list[int]:
    port = text_at(value, "port")
    return [int(port)] if port.isdigit() else []


def _module(name: str, module: Any) -> Facts:
    """The facts of one module's result."""
    facts: Facts = {}
    response = inside(module, "result", "response")
    if isinstance(response, Mapping):
        joined(facts, _http(response))
    banner = text_at(module, "result", "banner")
    if banner and name in ("ftp", "telnet"):
        facts[name] = banner
    elif banner:
        joined(facts, greeting(banner.encode("utf-8", "replace")))
    for path in (("result",), ("result", "tls"), ("result", "response", "request", "tls_log")):
        joined(facts, {"tls_subject": _subject(text_at(module, *path, *_CERTIFICATE))})
    port = text_at(module, "port")
    joined(facts, {"ports": [int(port)] if port.isdigit() and facts else []})
    return facts


def _http(response: Mapping[str, Any]) -> Facts:
    said = response.get("headers")
    lines = []
    for name, values in (said if isinstance(said, Mapping) else {}).items():
        for value in values if isinstance(values, list) else [values]:
            if isinstance(value, str):
                lines.append((str(name).replace("_", "-"), value))
    facts = headers("rtsp" if text_at(response, "protocol", "name").startswith("RTSP") else "http", lines)
    return facts | {"html_title": title_of(text_at(response, "body")[:65_536])}


def _subject(name: str) -> str:
    return ",".join(part.strip() for part in name.split(", "))
