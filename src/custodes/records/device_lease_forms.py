"""Leases as routers and Windows show them on the screen: RouterOS (``print`` and ``export``), ``Get-DhcpServerv4Lease`` and ``netsh dhcp``.

Each generator gives (line, MAC, address, host name, vendor class) of every lease, and the lines that are no lease as such; it knows nothing of rows or accounts.
Sources: MikroTik's documentation of /ip/dhcp-server/lease, Microsoft's of DhcpServer and of netsh dhcp server scope show clients.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple


class Lease(NamedTuple):
    """One line: its number and what it says; ``mac`` '' and ``host`` '' where it is no lease (``why``)."""

    line: int
    mac: str = ""
    host: str = ""
    name: str = ""
    why: str = ""


_HOST = r"(?:\d{1,3}\.){3}\d{1,3}"
_MAC = r"[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}"
_EXPORTED = re.compile(rf"^\s*add\b(?=.*\bmac-address={_MAC})(?=.*\baddress={_HOST})", re.M)
_PRINTED = re.compile(r"^[ #]{0,8}ADDRESS[ ]+MAC-ADDRESS[ ]+.*\b(?:HOST-NAME|SERVER|STATUS|LAST-SEEN)\b", re.M)
_SHELL = re.compile(r"^IPAddress\s+ScopeId\s+ClientId\s+HostName\s+AddressState.*$", re.M)
_SHELL_LIST = re.compile(rf"^IPAddress\s+: {_HOST}\s*$(?=(?:.*\n){{1,8}}?ClientId\s+:)", re.M)
_NETSH = re.compile(rf"^{_HOST}\s+- {_HOST}\s+-\s*{_MAC}\s", re.M)


def _exported(text: str) -> Iterator[Lease]:
    """``add address=192.168.88.20 mac-address=44:19:..``; a line may go on behind a backslash. ``comment`` is the owner's and not taken."""
    begun, whole = 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        begun = begun if whole else number
        whole += line.strip() if whole else line
        if whole.endswith("\\"):
            whole = whole[:-1]
            continue
        said = dict(re.findall(r'([\w-]+)=("(?:[^"\\]|\\.)*"|\S*)', whole)) if whole.lstrip().startswith("add ") else {}
        if said.get("mac-address") and said.get("address"):
            yield Lease(begun, said["mac-address"], said["address"], said.get("host-name", "").strip('"'))
        elif whole.strip():
            yield Lease(begun, why="heading or comment")
        whole = ""


def _printed(text: str) -> Iterator[Lease]:
    """A table under ADDRESS, MAC-ADDRESS, HOST-NAME, SERVER ...: a name stands between the place of its own heading and that of the next."""
    heading = ""
    for number, line in enumerate(text.splitlines(), 1):
        if _PRINTED.match(line):
            heading = line
        found = re.match(rf"\s*\d{{1,5}}\s+(?:[A-Z]{{1,4}}\s+)?({_HOST})\s+({_MAC})\s*(.*)", line)
        if found:
            yield Lease(number, found[2], found[1], _under(line, heading, "HOST-NAME"))
        elif line.strip():
            yield Lease(number, why="heading or comment")


def _under(line: str, heading: str, name: str) -> str:
    at = heading.find(name)
    if at < 0:
        return ""
    after = re.search(r"\S", heading[at + len(name) :])
    return line[at : at + len(name) + after.start() if after else None].strip()


def _shell(text: str) -> Iterator[Lease]:
    """The table of PowerShell: columns as wide as the line of dashes below the heading says."""
    lines = text.splitlines()
    columns: dict[str, slice] = {}
    for number, line in enumerate(lines, 1):
        if columns and re.match(rf"\s*{_HOST}\s", line):
            said = {name: line[place].strip() for name, place in columns.items()}
            yield Lease(number, said.get("ClientId", ""), said.get("IPAddress", ""), said.get("HostName", ""))
            continue
        if _SHELL.match(line):
            starts = [match.start() for match in re.finditer(r"\S+", line)]
            columns = {line[one:other].strip(): slice(one, other) for one, other in zip(starts, [*starts[1:], None], strict=True)}
        if line.strip():
            yield Lease(number, why="heading or comment")


def _shell_list(text: str) -> Iterator[Lease]:
    """``Format-List``: a name and a value a line, a blank line between leases."""
    begun, said = 0, dict[str, str]()
    for number, line in enumerate([*text.splitlines(), ""], 1):
        name, colon, value = line.partition(":")
        if colon:
            begun = begun if said else number
            said[name.strip()] = value.strip()
        elif not line.strip() and said:
            yield Lease(begun, said.get("ClientId", ""), said.get("IPAddress", ""), said.get("HostName", ""))
            said = {}


def _netsh(text: str) -> Iterator[Lease]:
    """``10.1.0.20 - 255.255.255.0 - 44-19-b6-12-34-56 - date -D- name``."""
    for number, line in enumerate(text.splitlines(), 1):
        found = re.match(rf"\s*({_HOST})\s+- {_HOST}\s+-\s*({_MAC})\s+-(.*)", line)
        if found:
            yield Lease(number, found[2], found[1], re.split(r"-\s*[NDBUR]\s*-", found[3])[-1].strip() if re.search(r"-\s*[NDBUR]\s*-", found[3]) else "")
        elif line.strip():
            yield Lease(number, why="heading or comment")


SCREENS: tuple[tuple[re.Pattern[str], Callable[[str], Iterator[Lease]]], ...] = (
    (_PRINTED, _printed), (_EXPORTED, _exported), (_SHELL, _shell), (_SHELL_LIST, _shell_list), (_NETSH, _netsh),
)  # fmt: skip
"""What betrays a form, and how it is read."""


def form_of(text: str) -> Callable[[str], Iterator[Lease]] | None:
    """How a text of one of the forms is read; None for other text."""
    return next((read for sign, read in SCREENS if sign.search(text)), None)
