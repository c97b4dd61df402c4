"""masscan's JSON (``-oJ``) and JSON lines (``-oD``): open ports and, with ``--banners``, what the services said. One DEVICE per address.

masscan writes a line per port, in any order; lines of one address are joined. Source: masscan's output forms (src/out-json.c, src/out-ndjson.c).
Its XML is read by ``device_nmap``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import pyarrow as pa

from custodes.records.device_greetings import greeting, joined
from custodes.records.device_objects import first_keys, objects, text_at
from custodes.records.device_rows import Devices, Facts
from custodes.records.device_words import time_of
from custodes.values import Origin

NAME = "device_masscan"
KINDS: tuple[str, ...] = ("DEVICE",)

_ESCAPE = re.compile(r"\\x([0-9A-Fa-f]{2})")
_BANNERS = {"http.server": "http_server", "title": "html_title", "http.title": "html_title", "ftp": "ftp", "telnet": "telnet", "html_title": "html_title"}
_NEVER = "ignored: no clue to the maker"
USES = {
    "ip": "host", "timestamp": "observed", "ports": "ports", "port": "ports", "proto": "ports", "rec_type": "tells ports from banners", "data": "evidence",
    **{f"banner {name}": fact for name, fact in _BANNERS.items()}, "banner http": "http_server, www_authenticate, html_title", "banner rtsp": "rtsp_server, rtsp_public",
    "banner unknown": "http_server, rtsp_server ...", "banner X509": "tls_subject", "banner ssl": _NEVER, "banner ssh": _NEVER, "banner vuln": _NEVER, "banner X509CA": _NEVER,
    "banner smb": "ignored: may name people", "banner snmp": "snmp_sysdescr",
}  # fmt: skip


def sniff(head: bytes, filename: str) -> bool:
    """Claims JSON objects with ``ip``, ``timestamp`` and ``ports`` or ``port`` with ``proto``."""
    if head.lstrip(b"\xef\xbb\xbf \r\n\t,")[:1] not in (b"{", b"["):
        return False
    keys = first_keys(head[:16_384])
    return {"ip", "timestamp"} <= keys and ("ports" in keys or {"port", "proto"} <= keys) and "ip_str" not in keys


def companions(filename: str) -> tuple[str, ...]:
    """A scan stands alone."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """DEVICE per address with an open port; further lines of an address are counted as joined."""
    devices = Devices(origin, NAME, "masscan")
    hosts: dict[str, tuple[str, Facts]] = {}
    for thing in objects(streams[0], origin.path):
        if thing.fault or not text_at(thing.value, "ip"):
            devices.account.reject(thing.place, "ip", thing.fault or "no address")
            continue
        host = text_at(thing.value, "ip")
        devices.account.saw(thing.value)
        facts = _facts(thing.value, devices)
        if not facts:
            devices.account.leave_out("a port that is not open")
        elif host in hosts:
            devices.account.leave_out("a further line of the same address, joined to its row")
            joined(hosts[host][1], facts)
        else:
            hosts[host] = thing.place, {"host": host, "observed": time_of(text_at(thing.value, "timestamp")), **facts}
    for place, facts in hosts.values():
        devices.add(place, facts)
        yield from devices.full()
    yield from devices.rest(USES)


def _facts(value: Mapping[str, Any], devices: Devices) -> Facts:
    facts: Facts = {}
    ports = value.get("ports")
    for port in ports if isinstance(ports, list) else [value]:
        if not isinstance(port, Mapping) or text_at(port, "status") == "closed" or text_at(port, "data", "status") == "closed":
            continue
        number = text_at(port, "port")
        if number.isdigit() and text_at(port, "proto") in ("tcp", ""):
            joined(facts, {"ports": [int(number)]})
        service = text_at(port, "service", "name") or text_at(port, "data", "service_name")
        banner = _ESCAPE.sub(lambda match: chr(int(match.group(1), 16)), text_at(port, "service", "banner") or text_at(port, "data", "banner"))
        if banner:
            devices.account.saw({f"banner {service}": 1})
            joined(facts, _said(service, banner))
    return facts


def _said(service: str, banner: str) -> Facts:
    if fact := _BANNERS.get(service):
        return {fact: banner}
    if service == "X509":
        match = re.search(r"subject\[([^\]]{1,300})\]", banner)
        return {"tls_subject": match.group(1)} if match else {}
    if service == "snmp":
        match = re.search(r"sysDescr[^:]*:(.{1,300})", banner)
        return {"snmp_sysdescr": match.group(1).strip()} if match else {}
    return greeting(banner.encode("utf-8", "replace"))
