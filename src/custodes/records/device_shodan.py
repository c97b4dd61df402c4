"""Shodan's JSON: the lines of a download, and the answer about one host. One DEVICE per address; banners of one address in a row of lines are joined.

Screenshots, locations, host names and lists of weaknesses are never read: they are about places, people and attacks, not about the maker. Source: Shodan's banner
specification (datapedia).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import pyarrow as pa

from custodes.records.device_greetings import greeting, joined
from custodes.records.device_objects import first_keys, inside, members, objects, text_at
from custodes.records.device_rows import Devices, Facts
from custodes.records.device_words import host_of
from custodes.values import Origin

NAME = "device_shodan"
KINDS: tuple[str, ...] = ("DEVICE",)

_SUBJECT = ("CN", "OU", "O", "L", "ST", "C")
_ABOUT = ("org", "isp", "asn", "location", "hostnames", "domains", "country_code", "country_name", "city", "region_code", "latitude", "longitude", "area_code", "postal_code", "dma_code")
USES = {
    "ip_str": "host", "ip": "ignored: the same as ip_str", "ipv6": "host", "port": "ports", "ports": "ports", "transport": "ports", "timestamp": "observed", "data": "evidence",
    "http": "http_server, html_title, favicon_mmh3", "ssl": "tls_subject", "product": "scanner_says", "version": "scanner_says", "ftp": "ignored: the banner stands in data",
    "last_update": "observed", "devicetype": "ignored: Shodan's own reading", "info": "ignored: Shodan's own reading", **dict.fromkeys(_ABOUT, "ignored: about the place, not the device"),
    **dict.fromkeys(("vulns", "opts", "screenshot"), "ignored: pictures and weaknesses are never read"),
    **dict.fromkeys(("hash", "_shodan", "os", "cpe", "cpe23", "tags", "cloud", "uptime", "link", "platform", "title", "html", "mac", "deprecated"), "ignored: no clue, or said elsewhere"),
}  # fmt: skip


def sniff(head: bytes, filename: str) -> bool:
    """Claims JSON with ``ip_str`` and ``port`` or ``ports``."""
    keys = first_keys(head) or members(head)
    return "ip_str" in keys and bool(keys & {"port", "ports"})


def companions(filename: str) -> tuple[str, ...]:
    """A download stands alone."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """DEVICE per address."""
    devices = Devices(origin, NAME, "Shodan")
    hosts: dict[str, tuple[str, Facts]] = {}
    for thing in objects(streams[0], origin.path):
        host = host_of(text_at(thing.value, "ip_str") or text_at(thing.value, "ipv6"))
        devices.account.saw(thing.value)
        if thing.fault or not host:
            devices.account.reject(thing.place, "ip_str", thing.fault or "no address")
            continue
        facts = _facts(thing.value)
        if host in hosts:
            devices.account.leave_out("a further line of the same address, joined to its row")
            joined(hosts[host][1], facts)
        else:
            hosts[host] = thing.place, {"host": host, **facts}
    for place, facts in hosts.values():
        devices.add(place, facts)
        yield from devices.full()
    yield from devices.rest(USES)


def _facts(value: Mapping[str, Any]) -> Facts:
    facts: Facts = {"observed": text_at(value, "timestamp") or text_at(value, "last_update")}
    ports = value.get("ports")
    facts["ports"] = [port for port in ports if isinstance(port, int)] if isinstance(ports, list) else []
    data = value.get("data")
    for banner in data if isinstance(data, list) else [value]:
        if isinstance(banner, Mapping):
            joined(facts, _banner(banner))
    return facts


def _banner(banner: Mapping[str, Any]) -> Facts:
    port = text_at(banner, "port")
    facts: Facts = {"ports": [int(port)] if port.isdigit() and text_at(banner, "transport") in ("", "tcp") else []}
    text = text_at(banner, "data")
    joined(facts, greeting(text.encode("utf-8", "replace")))
    joined(facts, {"http_server": text_at(banner, "http", "server"), "html_title": text_at(banner, "http", "title")})
    favicon = inside(banner, "http", "favicon", "hash")
    if isinstance(favicon, int) and not isinstance(favicon, bool):
        facts["favicon_mmh3"] = favicon
    module = text_at(banner, "_shodan", "module").split("-")[0]
    if module in ("ftp", "telnet"):
        facts[module] = text
    if module == "snmp":
        facts["snmp_sysdescr"] = text.split("\n")[0]
    subject = inside(banner, "ssl", "cert", "subject")
    if isinstance(subject, Mapping):
        facts["tls_subject"] = ",".join(f"{name}={subject[name]}" for name in _SUBJECT if isinstance(subject.get(name), str))
    said = " ".join(part for part in (text_at(banner, "product"), text_at(banner, "version")) if part)
    return facts | ({"scanner_says": f"{port}: {said}"} if said else {})
