"""Evidence on a device, whatever its shape, as plain fields: nested mappings, lists, JSON or XML in text, banners with header lines.

Input: a mapping of evidence (fields as in the documentation of `custodes identify`) and, beside or instead of it, the columns of a DEVICE row. Output:
field -> texts. Fields: ``model, brand, mac, serial, firmware, text`` (what people typed), ``http_server, www_authenticate, html_title, rtsp_server, rtsp_path,
rtsp_public, tls_subject, favicon, telnet, ftp, snmp_sysdescr, dhcp_vendor_class, isapi_prefix, xmlns, proxy_protocol, oem_code, ports, banner, kind`` (what the
unit says it is) and ``protocol`` (which search protocol or interface answered). What has another name is left alone: it is not evidence of a maker.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any

from custodes.findings.device_text import percent_decoded

Seen = dict[str, list[str]]
"""Field -> texts, each once, in the order in which they were met."""

_NAMES = {
    "model": "model modelname modelnumber modelno devicemodel productmodel product productname devicedescription hardware hardwareid partnumber typedtext",
    "brand": "brand brandname manufacturer manufacturername make maker vendor vendorname mfr mfg oem",
    "mac": "mac macaddress macaddr hwaddr hwaddress ethernet physicaladdress chaddr lladdr",
    "serial": "serial serialnumber serialno serialnum sn devicesn",
    "firmware": "firmware firmwareversion firmwarereleaseddate firmwareversioninfo softwareversion swversion fw version dspversion",
    "text": "text name description notes note comment item asset assetname devicename machinename hostname label title",
    "http_server": "httpserver server serverheader httpserverheader",
    "www_authenticate": "wwwauthenticate httpwwwauthenticate rtspwwwauthenticate httpauth authenticate realm httprealm rtsprealm",
    "html_title": "htmltitle httptitle pagetitle webtitle",
    "rtsp_server": "rtspserver",
    "rtsp_path": "rtsppath rtspurl rtspuri streamuri streampath",
    "rtsp_public": "rtsppublic rtspmethods",
    "tls_subject": "tlssubject tlsissuer sslsubject certsubject certificate sslcert",
    "favicon": "favicon faviconmmh3 faviconmd5 faviconhash",
    "telnet": "telnet telnetbanner",
    "ftp": "ftp ftpbanner",
    "snmp_sysdescr": "snmpsysdescr sysdescr snmp",
    "dhcp_vendor_class": "dhcpvendorclass vendorclass vendorclassidentifier",
    "isapi_prefix": "isapiprefix httppath urlpath path",
    "xmlns": "xmlns namespace",
    "proxy_protocol": "proxyprotocol nvrprotocol",
    "oem_code": "oemcode detailoemcode",
    "ports": "ports openports",
    "banner": "banner banners httpbody httpheaders headers services service",
    "kind": "deviceclass kind productclass",
}  # fmt: skip

FIELDS: Mapping[str, str] = {name: field for field, names in _NAMES.items() for name in names.split()}
"""Name of a piece of evidence, lower case without punctuation -> our field."""

_PARTS = {
    "sadp": "sadp", "sadpreply": "sadp", "dhip": "dhip", "dhipreply": "dhip", "dahua1": "dahua1", "isapideviceinfo": "isapi", "isapi": "isapi",
    "deviceinfo": "isapi", "nvrchannel": "nvr", "onvif": "onvif", "onvifdeviceinformation": "onvif", "deviceinformation": "onvif",
}  # fmt: skip
"""Names under which a whole answer stands, and what answered."""

_PLAIN = re.compile(r"[^a-z0-9]")
_TAG = re.compile(r"<(?:\w+:)?(\w+)((?:\s[^<>]*)?)>([^<>]*)</")
_XMLNS = re.compile(r"xmlns(?::\w+)?\s*=\s*[\"']([^\"']+)")
_HEADER = re.compile(r"^\s*([A-Za-z][A-Za-z-]{2,30}):[ \t]*(\S.*?)\s*$", re.MULTILINE)
_TITLE = re.compile(r"<title>\s*([^<]{1,200})", re.IGNORECASE)
_SCOPE = re.compile(r"^[a-z]+://[^/]+/(?:acc/)?([A-Za-z_]+)/(.+)$")
_HEADERS = {"server": "http_server", "www-authenticate": "www_authenticate", "public": "rtsp_public", "http-title": "html_title", "http-server-header": "http_server"}
_SCOPES = {"hardware": "model", "mfr": "brand", "manufacturer": "brand", "mac": "mac", "name": "name"}
_DEEPEST = 12
_MOST = 400
"""Texts of one device that are looked at; hostile input gets no more."""


def evidence_of(*sources: Mapping[str, Any] | None) -> Seen:
    """The fields of one device, from evidence mappings and DEVICE rows together."""
    seen: Seen = {}
    for source in sources:
        if source:
            _mapping(source, "", seen, 0)
    return seen


def _add(seen: Seen, field: str, text: str) -> None:
    text = text.strip()
    texts = seen.setdefault(field, [])
    if text and len(texts) < _MOST and text not in texts:
        texts.append(text)


def _mapping(value: Mapping[str, Any], part: str, seen: Seen, depth: int) -> None:
    for name, inner in value.items():
        if inner is not None and inner != "" and isinstance(name, str):
            _item(_plain(name), inner, part, seen, depth)


@lru_cache(maxsize=4096)
def _plain(name: str) -> str:
    """The name of a piece of evidence for looking up: lower case, no name space, no punctuation."""
    return _PLAIN.sub("", name.lower().rpartition(":")[2])


def _item(name: str, value: Any, part: str, seen: Seen, depth: int) -> None:
    """One piece of evidence under its name; ``part``: the answer in which it stands."""
    if depth > _DEEPEST:
        return
    if name in _PARTS and value and not part:
        _whole(_PARTS[name], value, seen, depth)
    elif name in _PARTS and value:
        _inside(value, part, seen, depth)  # DHIP's own deviceInfo belongs to the answer it stands in
    elif name in ("onvifscopes", "scopes"):
        for scope in _texts(value):
            _scopes(scope, seen)
    elif name == "evidence" or (isinstance(value, dict) and name not in FIELDS):
        _inside(value, part, seen, depth)
    elif name == "devicetype":
        _add(seen, "model" if part == "dhip" else "kind", _first(value))
    elif field := FIELDS.get(name):
        _field(field, name, value, part, seen, depth)


def _whole(part: str, value: Any, seen: Seen, depth: int) -> None:
    """A whole answer: what answered is a sign of its own, but for interfaces that every maker has."""
    if part not in ("onvif", "nvr"):
        _add(seen, "protocol", part)
    _inside(value, part, seen, depth)


def _inside(value: Any, part: str, seen: Seen, depth: int) -> None:
    if isinstance(value, Mapping):
        _mapping(value, part, seen, depth + 1)
    elif isinstance(value, list | tuple):
        for inner in value[:_MOST]:
            _inside(inner, part, seen, depth + 1)
    elif isinstance(value, str):
        _document(value, part, seen, depth)


def _document(text: str, part: str, seen: Seen, depth: int) -> None:
    """JSON or XML in text; XML need not be well-formed, because devices send such."""
    start = text.lstrip()[:1]
    if start in ("{", "["):
        with suppress(ValueError, RecursionError):
            _inside(json.loads(text), part, seen, depth + 1)
        return
    if start == "<":
        for space in _XMLNS.findall(text):
            _add(seen, "xmlns", space)
        for name, _, inner in _TAG.findall(text)[:_MOST]:
            _item(name.lower(), inner, part, seen, depth + 1)


def _field(field: str, name: str, value: Any, part: str, seen: Seen, depth: int) -> None:
    if field == "banner":
        for text in _texts(value):
            _banner(text, seen)
        return
    if field == "firmware" and part == "dhip" and name == "version" and isinstance(value, float):
        return
    for text in _texts(value):
        if text[:1] in "{[" and depth < _DEEPEST and text[-1:] in "}]":
            _document(text, part, seen, depth + 1)
        elif field == "rtsp_path":
            _add(seen, field, re.sub(r"^rtsp://[^/]*", "", text))
        elif name.endswith("realm"):
            _add(seen, field, f'realm="{text}"')
        elif field == "ports":
            for port in re.findall(r"\d{1,5}", text):
                _add(seen, field, port)
        else:
            _add(seen, field, text)


def _banner(text: str, seen: Seen) -> None:
    """What a service said: header lines and a page's title become fields of their own."""
    _add(seen, "banner", text)
    rtsp = "RTSP/1" in text
    for name, value in _HEADER.findall(text[:8_000]):
        field = _HEADERS.get(name.lower())
        if field:
            _add(seen, "rtsp_server" if rtsp and field == "http_server" else field, value)
    if title := _TITLE.search(text):
        _add(seen, "html_title", title[1])


def _scopes(text: str, seen: Seen) -> None:
    """ONVIF scopes: hardware is the model, name and manufacturer are free text of the firmware's maker or the owner."""
    for scope in text.split():
        match = _SCOPE.match(scope)
        field = _SCOPES.get(match[1].lower()) if match else None
        if match and field:
            _add(seen, field, percent_decoded(match[2]).replace("_", " ") if field == "name" else percent_decoded(match[2]))
        elif "/mac/" in scope.lower():
            _add(seen, "mac", scope.rpartition("/")[2])


def _texts(value: Any) -> Iterator[str]:
    """The texts in a value: itself, or those in a list or the values of a mapping."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, bool):
        return
    elif isinstance(value, int | float):
        yield str(value)
    elif isinstance(value, Mapping):
        for name, inner in list(value.items())[:_MOST]:
            yield from (f"{name}: {text}" for text in _texts(inner))
    elif isinstance(value, Iterable) and not isinstance(value, bytes):
        for inner in list(value)[:_MOST]:
            yield from _texts(inner)


def _first(value: Any) -> str:
    return next(_texts(value), "")

