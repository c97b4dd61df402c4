"""masscan's JSON (``-oJ``), JSON lines (``-oD``) and XML (``-oX``): open ports and, with ``--banners``, what the services said. One DEVICE per address.

masscan writes a line (an element ``host``) per port, in any order; those of one address are joined. Source: masscan's output forms (src/out-json.c,
src/out-ndjson.c, src/out-xml.c).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO
from xml.etree.ElementTree import Element, ParseError

import pyarrow as pa
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from custodes.errors import BrokenInputError
from custodes.records.device_greetings import greeting, joined
from custodes.records.device_objects import Thing, first_keys, objects, text_at
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
    """Claims JSON objects with ``ip``, ``timestamp`` and ``ports`` or ``port`` with ``proto``, and XML that masscan wrote."""
    if b"<nmaprun" in head[:16_384]:
        return b'scanner="masscan"' in head[:16_384] and head.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"<"
    if head.lstrip(b"\xef\xbb\xbf \r\n\t,")[:1] not in (b"{", b"["):
        return False
    keys = first_keys(head[:16_384])
    return {"ip", "timestamp"} <= keys and ("ports" in keys or {"port", "proto"} <= keys) and "ip_str" not in keys


def companions(filename: str) -> tuple[str, ...]:
    """A scan stands alone."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """DEVICE per address with an open port; further lines of an address are counted as joined. BrokenInputError, after the rows, where XML breaks off."""
    devices = Devices(origin, NAME, "masscan")
    hosts: dict[str, tuple[str, Facts]] = {}
    broken: list[str] = []
    streams[0].seek(0)
    marked = streams[0].read(64).lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"<"
    for thing in _elements(streams[0], broken) if marked else objects(streams[0], origin.path):
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
    if broken:
        raise BrokenInputError(broken[0], where=origin.path, advice="the ports before the break are kept; let masscan finish, or use --resume")


def _elements(stream: BinaryIO, broken: list[str]) -> Iterator[Thing]:
    """The elements ``host`` of masscan's XML as objects of its JSON; where the XML breaks off is told in ``broken``."""
    stream.seek(0)
    number, root = 0, None
    try:
        for event, element in iterparse(stream, ("start", "end")):
            root = element if root is None else root
            if event == "end" and element.tag == "host":
                number += 1
                yield Thing(f"host {number}", _as_object(element))
                root.clear()
    except (ParseError, DefusedXmlException, ValueError) as error:
        broken.append(f"breaks off or is not well-formed after host {number} ({type(error).__name__}: {str(error)[:100]})")


def _as_object(host: Element) -> dict[str, Any]:
    ports = []
    for port in host.iter("port"):
        state, service = port.find("state"), port.find("service")
        said = {"name": service.get("name", ""), "banner": service.get("banner", "")} if service is not None else {}
        ports.append({"port": port.get("portid", ""), "proto": port.get("protocol", ""), "status": "" if state is None else state.get("state", ""), "service": said})
    address = next((each.get("addr", "") for each in host.iter("address") if each.get("addrtype") != "mac"), "")
    return {"ip": address, "timestamp": host.get("endtime", ""), "ports": ports}


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
