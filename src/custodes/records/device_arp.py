"""ARP and neighbour tables as people save them: ``arp -a`` and ``arp -an`` (Linux, BSD, macOS), ``ip neigh``, ``arp-scan``, Windows ``arp -a`` in any language,
``show ip arp`` and ``show mac address-table`` (Cisco IOS and NX-OS), and the tables of Juniper, HP (Aruba), Huawei, H3C and MikroTik.

One DEVICE per MAC and address. Entries without an answer, groups (multicast), broadcasts and a switch's own addresses are left out, and lines with neither address nor MAC are
headings. Names in the table are host names: kept only where they look like equipment's. The vendor words of arp-scan are left aside: they come from a table of the scanner's age.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import pyarrow as pa

from custodes.errors import BrokenInputError
from custodes.records import device_leases
from custodes.records.device_markup import decoded, whole
from custodes.records.device_rows import Devices, Facts, distinct
from custodes.records.device_words import host_name_of, host_of, is_group, mac_of
from custodes.values import Origin

NAME = "device_arp"
KINDS: tuple[str, ...] = ("DEVICE",)

_ADDRESS = r"(?P<host>(?:\d{1,3}\.){3}\d{1,3}|[0-9a-fA-F:]*:[0-9a-fA-F:.]+(?:%\w+)?)"
_MAC = (
    r"(?P<mac>[0-9a-fA-F]{1,2}(?:[:-][0-9a-fA-F]{1,2}){5}|(?:[0-9a-fA-F]{4}\.){2}[0-9a-fA-F]{4}|(?:[0-9a-fA-F]{4}-){2}[0-9a-fA-F]{4}|[0-9a-fA-F]{6}[-:][0-9a-fA-F]{6})"
)
FORMS: dict[str, re.Pattern[str]] = {
    "arp -a": re.compile(rf"(?P<name>\S+) \({_ADDRESS}\) at (?:{_MAC}|(?P<none>\(?<?incomplete>?\)?))(?: .*)?$"),
    "ip neigh": re.compile(rf"{_ADDRESS} dev \S+\s+(?:lladdr {_MAC}\s+)?(?:ref \d+ |used \S+ |probes \d+ |router |proxy |extern_learn )*(?P<none>[A-Z]+)\s*$"),
    "Windows arp -a": re.compile(rf"\s+{_ADDRESS}\s+{_MAC}\s+\w+\s*$"),
    "arp -n": re.compile(rf"(?P<name>\S+)\s+ether\s+{_MAC}\s+\S+\s+\S+\s*$"),
    "show ip arp": re.compile(rf"\s*Internet\s+{_ADDRESS}\s+[\d-]+\s+(?:{_MAC}|(?P<none>Incomplete))\s+ARPA.*$"),
    "arp-scan": re.compile(rf"{_ADDRESS}\t{_MAC}(?:\t.*)?$"),
    "/proc/net/arp": re.compile(rf"{_ADDRESS}\s+0x\d+\s+0x[0-9a-f]+\s+{_MAC}\s+\S+\s+\S+\s*$"),
    "MikroTik arp": re.compile(rf"\s*\d{{1,5}}\s+(?:[A-Z]{{1,5}}\s+)?{_ADDRESS}\s+(?:{_MAC}\s+)?(?P<none>)[\w.-]+(?:\s+[a-z]+)?\s*$"),
    "NX-OS show ip arp": re.compile(rf"\s*{_ADDRESS}\s+(?:\d\d:\d\d:\d\d|-|\d+[dwhm]\S*)\s+(?:{_MAC}|(?P<none>INCOMPLETE))\s+\S+.*$"),
    "address table of a switch": re.compile(rf"\s*{_ADDRESS}\s+{_MAC}(?:\s+\S+){{1,6}}\s*$"),
    "Juniper show arp": re.compile(rf"\s*{_MAC}\s+{_ADDRESS}\s+\S+(?:\s+\S+){{1,4}}\s*$"),
    "show mac address-table": re.compile(rf"\s*[*+~]?\s*(?:\d{{1,4}}|All|---)\s+{_MAC}\s+(?i:(?P<own>static)|dynamic|learned|learnt|secure\S*)\s+.*\S\s*$"),
}
_HEADING = re.compile(
    r"\s*(?:Interface:.*|Schnittstelle:.*|Interfaz:.*|Internet Address.*|Internetadresse.*|Address\s+HWtype.*|IP address\s+HW type.*|Protocol\s+Address.*|Starting arp-scan.*"
    r"|Ending arp-scan.*|\d+ packets received.*|WARNING:.*|Entries:.*|\? ?\S*|-+|\w+ ?: .* --- 0x[0-9a-f]+|[\w./-]{1,60}[#>]\s*(?:show|sh|display)?\b.*)\s*$", re.I)  # fmt: skip
_TELLS = re.compile(rf"{_ADDRESS.replace('?P<host>', '?:')}|{_MAC.replace('?P<mac>', '?:')}")
"""What a line holds that is no heading: an address or a MAC."""
_HEADINGS = 12
"""Lines without address or MAC that a table may have before they must be fewer than its entries."""
USES = {"address": "host", "mac": "mac", "name": "host_name", "vendor": "ignored: a word from the scanner's own table"}
_UNANSWERED = frozenset(("FAILED", "INCOMPLETE", "NONE"))


def sniff(head: bytes, filename: str) -> bool:
    """Claims a text of which three quarters of the lines with an address or a MAC are entries of one of the forms, and the others few."""
    if b"\0" in head[:4096] and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    if device_leases.sniff(head, filename):
        return False
    lines = [line for line in decoded(head[:8192]).splitlines()[:60] if line.strip()]
    lines = lines[:-1] if len(head) >= 8192 and len(lines) < 60 else lines  # the last may be cut
    telling = [line for line in lines if len(line) < 300 and not _HEADING.match(line) and _TELLS.search(line)]
    entries = sum(1 for line in telling if form_of(line))
    return entries > 0 and entries * 4 >= len(telling) * 3 and len(lines) - len(telling) <= _HEADINGS + entries


def form_of(line: str) -> tuple[str, re.Match[str]] | None:
    """Which form an entry has, and its parts; None when it is no entry."""
    for name, form in FORMS.items():
        if match := form.match(line):
            return name, match
    return None


def companions(filename: str) -> tuple[str, ...]:
    """A table stands alone."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """DEVICE per entry with a MAC. BrokenInputError when no line is an entry."""
    devices = Devices(origin, NAME, "ARP table")
    text = decoded(whole(streams[0], origin.path))
    entries = list(_entries(text, devices))
    if not entries:
        raise BrokenInputError("no line is an entry of an ARP table", where=origin.path, advice="save the output of arp -an, ip neigh, arp-scan or (Windows) arp -a as text")
    for place, facts in distinct(entries, devices):
        devices.add(place, facts)
        yield from devices.full()
    yield from devices.rest(USES)


def _entries(text: str, devices: Devices) -> Iterator[tuple[str, Facts]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            devices.account.blank()
            continue
        found = form_of(line) if len(line) < 1000 else None
        if not found:
            if len(line) < 1000 and (_HEADING.match(line) or not _TELLS.search(line)):
                devices.account.leave_out("heading or summary")
            else:
                devices.account.reject(f"line {number}", "", "not an entry of an ARP table")
            continue
        parts = found[1].groupdict()
        mac, host, name = mac_of(parts.get("mac") or ""), host_of((parts.get("host") or parts.get("name") or "").split("%")[0]), parts.get("name") or ""
        devices.account.saw({"address": host, "mac": mac, "name": name.strip("?"), "vendor": (found[0] == "arp-scan" and line.count("\t") > 1) or ""})
        if parts.get("own"):
            devices.account.leave_out("an address of the switch itself")
        elif not mac or (parts.get("none") or "").upper() in _UNANSWERED:
            devices.account.leave_out("an address that did not answer")
        elif is_group(mac):
            devices.account.leave_out("a group of devices, not a device")
        else:
            yield f"line {number}", {"mac": mac, "host": host, "host_name": "" if host_of(name) else host_name_of(name), "observer": f"ARP table ({found[0]})", "plain": True}
