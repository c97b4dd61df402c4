"""nmap's output for people (``-oN``, or what stood on the screen) and for grep (``-oG``): one DEVICE per host, with MAC, open ports and what nmap concluded.

The XML holds more (``-oX``, see ``device_nmap``); these forms are what people save. Of scripts only ``http-title``, ``http-server-header`` and ``rtsp-methods`` are
read. nmap's vendor word for a MAC is left aside: it comes from a table of the scanner's age. Source: nmap's reference guide, Output.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import pyarrow as pa

from custodes.errors import BrokenInputError
from custodes.records.device_greetings import joined, title_said
from custodes.records.device_markup import decoded, whole
from custodes.records.device_rows import Devices, Facts
from custodes.records.device_words import host_name_of, host_of, mac_of
from custodes.values import Origin

NAME = "device_nmap_text"
KINDS: tuple[str, ...] = ("DEVICE",)

_HOST = re.compile(r"Nmap scan report for (?:(?P<name>\S+) \()?(?P<host>[0-9A-Fa-f.:]{3,45})\)?(?: \[host down\])?\s*$")
_PORT = re.compile(r"(?P<port>\d{1,5})/(?P<protocol>tcp|udp)\s+(?P<state>\S+)\s+(?P<service>\S+)[ \t]*(?P<said>.*)$")
_MAC = re.compile(r"MAC Address: (?P<mac>[0-9A-Fa-f:]{17})")
_SCRIPT = re.compile(r"\|_?\s*(?P<script>http-title|http-server-header|rtsp-methods): ?(?P<said>.*)$")
_GREP = re.compile(r"Host: (?P<host>[0-9A-Fa-f.:]{3,45}) \((?P<name>[^)]*)\)\t(?P<fields>.*)$")
_SCRIPTS = {"http-title": "html_title", "http-server-header": "http_server", "rtsp-methods": "rtsp_public"}
USES = {
    "host": "host, host_name", "port": "ports", "version": "scanner_says", "MAC Address": "mac", "script http-title": "html_title",
    "script http-server-header": "http_server", "script rtsp-methods": "rtsp_public", "another line": "ignored: about the scan, or a script that gives no clue to the maker",
}  # fmt: skip


def sniff(head: bytes, filename: str) -> bool:
    """Claims text that holds a report on a host, or lines for grep, as nmap writes them."""
    text = decoded(head[:65_536]) if b"nmap" in head[:65_536].lower() or b"\0" in head[:200] else ""
    return any(_HOST.match(line) or _GREP.match(line) for line in text.splitlines()) if text.lstrip("\ufeff \r\n\t")[:1] not in ("<", "{", "[") else False


def companions(filename: str) -> tuple[str, ...]:
    """A scan stands alone."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """DEVICE per host with an open port or a MAC. BrokenInputError when the text holds no host."""
    devices = Devices(origin, NAME, "nmap")
    text = decoded(whole(streams[0], origin.path))
    hosts: dict[str, tuple[str, Facts]] = {}
    for place, facts in _hosts(text, devices):
        if facts["host"] in hosts:
            joined(hosts[facts["host"]][1], facts)
            devices.account.leave_out("a further line of the same address, joined to its row")
        else:
            hosts[facts["host"]] = place, facts
    if not hosts:
        raise BrokenInputError("no host stands in this text", where=origin.path, advice="save nmap's output with -oX FILE.xml; it holds more")
    for place, facts in hosts.values():
        if facts["ports"] or facts.get("mac"):
            devices.add(place, facts)
            yield from devices.full()
        else:
            devices.account.leave_out("an address without an open port or a MAC")
    yield from devices.rest(USES)


def _hosts(text: str, devices: Devices) -> Iterator[tuple[str, Facts]]:
    place, facts = "", Facts()
    for number, line in enumerate(text.splitlines(), 1):
        line = line[:4_000]
        if begun := _HOST.match(line) or _GREP.match(line):
            if facts:
                yield place, facts
            devices.account.saw({"host": 1})
            place = f"line {number}"
            facts = {"host": host_of(begun["host"]), "host_name": host_name_of(begun["name"] or ""), "ports": [], "plain": True}
            if begun.re is _GREP:
                _grepped(facts, begun["fields"], devices)
        elif facts:
            _line(facts, line, devices)
    if facts:
        yield place, facts


def _line(facts: Facts, line: str, devices: Devices) -> None:
    """A line below the host it speaks of."""
    if port := _PORT.match(line):
        _port(facts, port["port"], port["protocol"], port["state"], port["said"], devices)
    elif mac := _MAC.match(line):
        devices.account.saw({"MAC Address": 1})
        facts["mac"] = mac_of(mac["mac"])
    elif script := _SCRIPT.match(line):
        devices.account.saw({f"script {script['script']}": 1})
        joined(facts, {_SCRIPTS[script["script"]]: title_said(script["said"]) if script["script"] == "http-title" else script["said"].strip()})
    elif line.strip():
        devices.account.saw({"another line": 1})


def _port(facts: Facts, port: str, protocol: str, state: str, said: str, devices: Devices) -> None:
    if state == "open":
        devices.account.saw({"port": 1, "version": said.strip()})
        if protocol == "tcp":
            facts["ports"].append(int(port))
        if said.strip():
            joined(facts, {"scanner_says": f"{port}: {said.strip()}"})


def _grepped(facts: Facts, fields: str, devices: Devices) -> None:
    """``Ports: 80/open/tcp//http//Hikvision webserver/, 554/...``; a slash in a version is written as a bar."""
    for field in fields.split("\t"):
        name, _, said = field.partition(": ")
        for entry in re.split(r",\s(?=\d{1,5}/)", said) if name == "Ports" else ():
            parts = [*entry.split("/"), "", "", "", "", "", "", ""]
            _port(facts, parts[0].strip() if parts[0].strip().isdigit() else "0", parts[2], parts[1], parts[6].replace("|", "/"), devices)
