"""nmap's XML (``-oX``): one DEVICE per host that is up, with MAC, open ports, banners and the output of scripts; read host by host, cut-off files too.

What a device said (headers, realms, titles, certificates) is evidence under its own name; what nmap concluded from it (product, device type) is
``scanner_says``. nmap's vendor word for a MAC is left aside: it comes from a table of the scanner's age. Source: nmap.dtd, NSE documentation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO
from xml.etree.ElementTree import Element, ParseError

import pyarrow as pa
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from custodes.errors import BrokenInputError
from custodes.records.device_greetings import greeting, headers, joined, title_said
from custodes.records.device_rows import Devices, Facts
from custodes.records.device_words import class_of, host_name_of, mac_of, time_of
from custodes.values import Origin

NAME = "device_nmap"
KINDS: tuple[str, ...] = ("DEVICE",)

_PROBE = re.compile(r'%r\((\w+),[0-9A-F]+,"((?:[^"\\]|\\.)*)"\)', re.S)
_ESCAPE = re.compile(r"\\(x[0-9A-Fa-f]{2}|.)", re.S)
_PLAIN = {"r": "\r", "n": "\n", "t": "\t", "0": "\0", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_NEVER = "ignored: no clue to the maker"
USES = {
    "address": "host, mac", "hostname": "host_name", "port": "ports", "service": "scanner_says, product_class", "script http-title": "html_title", "script http-server-header": "http_server",
    "script http-auth": "www_authenticate", "script http-headers": "http_server, www_authenticate", "script rtsp-methods": "rtsp_public", "script ssl-cert": "tls_subject",
    "script http-favicon": "favicon_md5", "script fingerprint-strings": "http_server, www_authenticate, rtsp_server ...", "script banner": "telnet, ftp", "script snmp-sysdescr": "snmp_sysdescr",
    "script rtsp-url-brute": "rtsp_path", "script snmp-info": _NEVER, "status": "tells whether the host is up", "scaninfo": "ignored: about the scan", "runstats": "ignored: about the scan",
    "cpe": "ignored: nmap's own reading", "osmatch": "ignored: nmap's own reading", "times": "ignored: about the scan", "extraports": "ignored: closed and filtered ports",
    **dict.fromkeys(("script http-methods", "script ssl-date", "script ssl-enum-ciphers", "script http-robots.txt", "script ssh-hostkey", "script smb2-time", "script clock-skew",
                     "script smb2-security-mode", "script http-trane-info", "script sslv2", "script tls-alpn", "script tls-nextprotoneg", "trace", "hop", "distance", "uptime"), _NEVER),
    **dict.fromkeys(("script nbstat", "script smb-os-discovery", "script rdp-ntlm-info", "script finger"), "ignored: may name people"),
}  # fmt: skip


def sniff(head: bytes, filename: str) -> bool:
    """Claims XML whose first element is nmaprun, of nmap and not of masscan."""
    start = head.lstrip(b"\xef\xbb\xbf \r\n\t")
    return start[:1] == b"<" and b"<nmaprun" in head[:16_384] and b'scanner="masscan"' not in head[:16_384]


def companions(filename: str) -> tuple[str, ...]:
    """A scan stands alone."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """DEVICE per host that is up and showed something. BrokenInputError, after the rows before it, where the file breaks off."""
    devices = Devices(origin, NAME, "nmap")
    streams[0].seek(0)
    number, scanner, broken = 0, "nmap", ""
    root: Element | None = None
    try:
        for event, element in iterparse(streams[0], ("start", "end")):
            if event == "start":
                if root is None:
                    root = element
                    scanner = f"nmap {element.get('version', '')}".strip()
                continue
            if element.tag != "host" and element.tag not in ("scaninfo", "runstats"):
                continue
            if element.tag == "host":
                number += 1
                _host(devices, element, number, scanner)
                yield from devices.full()
            else:
                devices.account.saw({element.tag: 1})
            element.clear()
            if root is not None:
                root.clear()
    except (ParseError, DefusedXmlException, ValueError) as error:
        broken = f"{type(error).__name__}: {str(error)[:100]}"
    yield from devices.rest(USES)
    if broken:
        what = f"breaks off or is not well-formed after host {number} ({broken})"
        raise BrokenInputError(what, where=origin.path, advice="the hosts before the break are kept; finish the scan with nmap --resume, or scan again")


def _host(devices: Devices, host: Element, number: int, scanner: str) -> None:
    place = f"host {number}"
    _saw(devices, host)
    state = host.find("status")
    if state is not None and state.get("state") == "down":
        return devices.account.leave_out("a host that did not answer")
    facts: Facts = {"observer": scanner, "observed": time_of(host.get("endtime") or host.get("starttime")), "ports": [], "plain": True}
    for address in host.iter("address"):
        kind = "mac" if address.get("addrtype") == "mac" else "host"
        if kind == "mac" or not facts.get("host"):
            facts[kind] = mac_of(address.get("addr", "")) if kind == "mac" else address.get("addr", "")
    names = [host_name_of(name.get("name", "")) for name in host.iter("hostname")]
    facts["host_name"] = next((name for name in names if name), "")
    for port in host.iter("port"):
        _port(facts, port)
    for script in host.findall("hostscript/script"):
        joined(facts, _script(script, ""))
    if not facts["ports"] and not facts.get("mac") and not facts["host_name"]:
        return devices.account.leave_out("an address without an open port or a MAC")
    return devices.add(place, facts)


def _saw(devices: Devices, host: Element) -> None:
    names = {f"script {element.get('id')}" if element.tag == "script" else element.tag for element in host.iter()}
    devices.account.saw(dict.fromkeys(sorted(names - _STRUCTURE), 1))


_STRUCTURE = {"host", "hostnames", "ports", "state", "elem", "table", "hostscript", "os", "osclass", "portused", "osfingerprint", "owner", "tcpsequence", "ipidsequence", "tcptssequence", "extrareasons"}


def _port(facts: Facts, port: Element) -> None:
    """Facts of one port; only open ones count."""
    state = port.find("state")
    if state is None or state.get("state") != "open":
        return
    number = int(port.get("portid", "0")) if port.get("portid", "0").isdigit() else 0
    if port.get("protocol") == "tcp":
        facts["ports"].append(number)
    service = port.find("service")
    name = service.get("name", "") if service is not None else ""
    found = _service(service, number) if service is not None else {}
    for script in sorted(port.findall("script"), key=lambda s: s.get("id") != "fingerprint-strings"):
        for fact, value in _script(script, name).items():
            found.setdefault(fact, value)  # what the device sent, as it was sent, before what a script made of it
    if found.pop("kind", "") == "recorder" or not facts.get("product_class"):
        facts["product_class"] = found.pop("product_class", "")
    joined(facts, found)


def _service(service: Element, number: int) -> Facts:
    """What nmap concluded of a service, and the answers that it could not match."""
    facts: Facts = {}
    said = " ".join(part for part in (service.get("product"), service.get("version"), service.get("extrainfo")) if part)
    if said and service.get("method") == "probed":
        facts["scanner_says"] = f"{number}: {said}"
    kind = class_of(service.get("product", "").replace("Server", "")) or class_of(service.get("devicetype", ""))
    facts |= {"product_class": kind, "kind": kind} if kind else {}
    for _, text in _PROBE.findall(service.get("servicefp", "")):
        joined(facts, greeting(_ESCAPE.sub(_unescaped, text).encode("latin-1", "replace")))
    return facts


def _unescaped(match: re.Match[str]) -> str:
    sign = match.group(1)
    return chr(int(sign[1:], 16)) if len(sign) == 3 else _PLAIN.get(sign, sign)


def _script(script: Element, service: str) -> Facts:
    """The facts that a script's output holds; none from one that failed."""
    reader = _SCRIPTS.get(script.get("id", ""))
    if reader is None or script.get("output", "").lstrip().startswith(("ERROR:", "false")):
        return {}
    return {name: value for name, value in reader(script, service).items() if value}


def _elem(script: Element, key: str) -> str:
    return next((element.text or "" for element in script.iter("elem") if element.get("key") == key), "")


def _title(script: Element, service: str) -> Facts:
    return {"html_title": _elem(script, "title") or title_said(script.get("output", "").split("\n")[0])}


def _server(script: Element, service: str) -> Facts:
    values = [element.text.strip() for element in script.iter("elem") if element.text] or [script.get("output", "").strip()]
    return {"http_server": " | ".join(dict.fromkeys(value for value in values if value))}


def _login(script: Element, service: str) -> Facts:
    """``http-auth``: scheme and parameters of each way to log in, in the form of the header."""
    said = []
    for way in script.findall("table"):
        words = {element.get("key", ""): element.text or "" for element in way.iter("elem")}
        scheme = words.pop("scheme", "")
        said.append(f"{scheme} " + ", ".join(f'{name}="{words[name]}"' for name in sorted(words, key=lambda n: (n != "realm", n))))
    return {"www_authenticate": ", ".join(text.strip() for text in said)}


def _headers(script: Element, service: str) -> Facts:
    return headers("http", [line.strip().partition(":")[::2] for line in script.get("output", "").splitlines()])


def _fingerprints(script: Element, service: str) -> Facts:
    """The answers that nmap could not match, as text with the lines indented."""
    found: Facts = {}
    for element in script.iter("elem"):
        text = "\r\n".join(line.strip() for line in (element.text or "").strip().split("\n"))
        joined(found, greeting(text.encode("utf-8", "replace") + b"\r\n\r\n"))
    return found


def _methods(script: Element, service: str) -> Facts:
    return {"rtsp_public": script.get("output", "").strip()}


def _certificate(script: Element, service: str) -> Facts:
    """The subject of the certificate as ``CN=..,OU=..,O=..``."""
    names = (("commonName", "CN"), ("organizationalUnitName", "OU"), ("organizationName", "O"), ("localityName", "L"), ("stateOrProvinceName", "ST"), ("countryName", "C"))
    table = next((table for table in script.iter("table") if table.get("key") == "subject"), None)
    if table is None:
        return {}
    words = {element.get("key"): element.text or "" for element in table.iter("elem")}
    return {"tls_subject": ",".join(f"{short}={words[name]}" for name, short in names if words.get(name))}


def _favicon(script: Element, service: str) -> Facts:
    match = re.search(r"\b[0-9A-Fa-f]{32}\b", script.get("output", ""))
    return {"favicon_md5": match.group().lower() if match else ""}


def _banner(script: Element, service: str) -> Facts:
    return {service: script.get("output", "").strip()} if service in ("telnet", "ftp") else {}


def _snmp(script: Element, service: str) -> Facts:
    return {"snmp_sysdescr": script.get("output", "").strip().split("\n")[0]}


def _paths(script: Element, service: str) -> Facts:
    match = re.search(r"rtsp://[^/\s]+(/\S*)", script.get("output", ""))
    return {"rtsp_path": match.group(1) if match else ""}


_SCRIPTS: dict[str, Callable[[Element, str], Facts]] = {
    "http-title": _title, "http-server-header": _server, "http-auth": _login, "http-headers": _headers, "fingerprint-strings": _fingerprints, "rtsp-methods": _methods,
    "ssl-cert": _certificate, "http-favicon": _favicon, "banner": _banner, "snmp-sysdescr": _snmp, "rtsp-url-brute": _paths,
}  # fmt: skip
