"""What a web or RTSP server says before any login: its header lines and the title of its page. Shared by the readers of scans, captures and logs."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

from custodes.records.device_rows import Facts

_START = re.compile(rb"(HTTP|RTSP)/\d(?:\.\d)?[ \t]+(\d{3})[^\r\n]{0,200}\r?\n")
_TITLE = re.compile(r"<title[^>]{0,200}>(.{0,500}?)</title", re.I | re.S)
HEADERS = {"http": {"server": "http_server", "www-authenticate": "www_authenticate"},
           "rtsp": {"server": "rtsp_server", "www-authenticate": "rtsp_www_authenticate", "public": "rtsp_public"}}  # fmt: skip
_NO_TITLE = ("site doesn't have a title", "did not follow redirect", "requested resource was")


def greeting(payload: bytes) -> Facts:
    """The facts in an HTTP or RTSP answer (whole or cut); {} when it is none.

    >>> greeting(b'HTTP/1.1 401 Unauthorized\\r\\nServer: App-webs/\\r\\nWWW-Authenticate: Basic realm="x"\\r\\n\\r\\n')
    {'http_server': 'App-webs/', 'www_authenticate': 'Basic realm="x"'}
    """
    start = _START.match(payload)
    if not start:
        return {}
    protocol = start.group(1).decode().lower()
    head, _, body = payload[start.end() :].replace(b"\r\n", b"\n").partition(b"\n\n")
    facts = headers(protocol, [line.partition(":")[::2] for line in head.decode("utf-8", "replace").split("\n")])
    if protocol == "http" and (title := title_of(body[:65_536].decode("utf-8", "replace"))):
        facts["html_title"] = title
    return facts


def headers(protocol: str, lines: list[tuple[str, str]] | list[tuple[str, ...]]) -> Facts:
    """The facts among header lines; a header that stands several times (two ways to log in) is joined by commas."""
    found: dict[str, list[str]] = {}
    for name, value in lines:
        fact = HEADERS[protocol].get(name.strip().lower())
        if fact and value.strip():
            found.setdefault(fact, []).append(value.strip())
    return {fact: ", ".join(dict.fromkeys(values)) for fact, values in found.items()}


def title_of(page: str) -> str:
    """The title of a page; '' when it has none."""
    match = _TITLE.search(page)
    return " ".join(html.unescape(match.group(1)).split()) if match else ""


def title_said(text: str) -> str:
    """A title as scanners report it, without their own sentences about there being none."""
    return "" if text.strip().lower().startswith(_NO_TITLE) else text.strip()


def joined(facts: Facts, more: Mapping[str, object]) -> None:
    """Take over facts that are not there yet; ports are united, header lines of several ports joined by `` | `` when they differ."""
    for name, value in more.items():
        if not value:
            continue
        if name not in facts or not facts[name]:
            facts[name] = value
        elif name == "ports" and isinstance(value, list):
            facts[name] = sorted({*facts[name], *value})
        elif isinstance(value, str) and isinstance(facts[name], str) and value not in facts[name].split(" | ") and name in _SEVERAL:
            facts[name] = f"{facts[name]} | {value}"


_SEVERAL = frozenset(("http_server", "www_authenticate", "html_title", "rtsp_server", "rtsp_www_authenticate", "rtsp_public", "tls_subject", "telnet", "ftp", "scanner_says"))
