"""Tables of leases that DHCP servers keep: ISC dhcpd (``dhcpd.leases``), dnsmasq (``dnsmasq.leases``), Kea (CSV), and what RouterOS and Windows show
(``device_lease_forms``). One DEVICE per MAC and address.

A lease says which MAC had which address, and sometimes what the device called itself. Host names are kept only where they look like equipment's
(``DS-2CD2143G0``), never a person's telephone (``Janes-iPhone``); user names and contexts are never kept. A later line of the same lease replaces the earlier.
Sources: dhcpd.leases(5), dnsmasq(8), Kea Administrator Reference Manual (lease file format).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

import pyarrow as pa

from custodes.errors import BrokenInputError
from custodes.records.device_lease_forms import Lease, form_of
from custodes.records.device_markup import decoded, whole
from custodes.records.device_rows import Devices, Facts
from custodes.records.device_words import host_name_of, host_of, mac_of, time_of
from custodes.values import Origin

NAME = "device_leases"
KINDS: tuple[str, ...] = ("DEVICE",)

_ISC = re.compile(r"^\s*lease\s+([\d.]{7,15})\s*\{", re.M)
_STATEMENT = re.compile(r'\s*((?:[^;"]|"(?:[^"\\]|\\.)*")+);')
_DNSMASQ = re.compile(rb"^\d{1,12} (?:[0-9a-f]{2}(?::[0-9a-f]{2}){5}|(?:\d\d-)?[0-9a-f]{2}(?::[0-9a-f]{2}){5,7}) [0-9a-f.:]{2,45} \S+ \S+\s*$", re.I | re.M)
_KEA = ("address", "hwaddr")
USES = {
    "lease": "host", "hardware ethernet": "mac", "client-hostname": "host_name", "set vendor-class-identifier": "dhcp_vendor_class", "starts": "observed", "cltt": "observed",
    "binding state": "tells whether the lease is used", "address": "host", "hwaddr": "mac", "hostname": "host_name", "expire": "observed", "state": "tells whether the lease is used", "mac": "mac",
    **dict.fromkeys(("ends", "tstp", "tsfp", "atsfp", "next binding state", "rewind binding state", "valid_lifetime", "subnet_id", "fqdn_fwd", "fqdn_rev", "pool_id", "uid", "client_id",
                     "option agent.circuit-id", "option agent.remote-id", "set ddns-rev-name", "set ddns-txt", "set ddns-fwd-name", "set ddns-client-fqdn", "reserved", "duid", "iaid", "lease_type",
                     "pref_lifetime", "prefix_len", "hwtype", "hwaddr_source", "client id"),
                    "ignored: of the lease, not of the device"), "user_context": "ignored: may name people",
}  # fmt: skip

_NAMES = sorted(USES, key=len, reverse=True)


def sniff(head: bytes, filename: str) -> bool:
    """Claims the forms by their own grammar."""
    if b"\0" in head[:4096] and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    if form_of(decoded(head[:16_384])):
        return True
    if re.search(rb"^lease\s+[\d.]{7,15}\s*\{", head, re.M) and b";" in head:
        return True
    first = head.lstrip(b"\xef\xbb\xbf").partition(b"\n")[0].strip().decode("utf-8", "replace")
    if first.split(",")[:2] == list(_KEA) and "valid_lifetime" in first:
        return True
    lines = [line for line in head[:8192].split(b"\nduid ")[0].splitlines()[:5] if line.strip()]
    return bool(lines) and all(_DNSMASQ.match(line) for line in lines[:4])


def companions(filename: str) -> tuple[str, ...]:
    """A table stands alone."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """DEVICE per lease in use. BrokenInputError when the file is none of the three forms."""
    devices = Devices(origin, NAME, "DHCP lease")
    text = decoded(whole(streams[0], origin.path))
    if _ISC.search(text):
        found = _isc(text, devices)
    elif text.lstrip("\ufeff").startswith("address,hwaddr"):
        found = _kea(text, devices)
    elif _DNSMASQ.search(text.encode()):
        found = _dnsmasq(text, devices)
    elif shown := form_of(text):
        found = _shown(shown(text), devices)
    else:
        advice = "give dhcpd.leases, dnsmasq.leases, Kea's lease file as CSV, or what RouterOS or Windows show of their leases"
        raise BrokenInputError("no table of leases of a form that we know", where=origin.path, advice=advice)
    for place, facts in _latest(found, devices):
        devices.add(place, facts)
        yield from devices.full()
    yield from devices.rest(USES)


def _latest(found: Iterator[tuple[str, Facts]], devices: Devices) -> Iterator[tuple[str, Facts]]:
    """The last line of each lease; earlier ones, and leases without a MAC, are counted."""
    last: dict[tuple[str, str], tuple[str, Facts]] = {}
    for place, facts in found:
        if not facts["mac"]:
            devices.account.leave_out("a lease without a MAC address")
            continue
        key = facts["mac"], facts["host"]
        if last.pop(key, None):
            devices.account.leave_out("an earlier line of the same lease")
        last[key] = place, facts
    yield from last.values()


def _facts(mac: str, host: str, name: str, observed: str, vendor: str = "") -> Facts:
    return {"mac": mac_of(mac), "host": host_of(host), "host_name": host_name_of(name), "observed": observed, "dhcp_vendor_class": vendor, "plain": True}


def _isc(text: str, devices: Devices) -> Iterator[tuple[str, Facts]]:
    line = counted = 0
    for match in _ISC.finditer(text):
        end = text.find("\n}", match.end())
        block = text[match.end() : end if end >= 0 else len(text)][:20_000]
        line, counted = line + text.count("\n", counted, match.start()), match.start()
        said = dict(map(_statement, _STATEMENT.findall(block)))
        devices.account.saw({"lease": 1, **said})
        if said.get("binding state") == "free" and "hardware ethernet" not in said:
            devices.account.leave_out("a free address")
            continue
        when = re.search(r"(\d{4})/(\d\d)/(\d\d) (\d\d:\d\d:\d\d)", said.get("cltt", "") or said.get("starts", ""))
        observed = "{}-{}-{}T{}Z".format(*when.groups()) if when else ""
        yield f"line {line + 1}", _facts(said.get("hardware ethernet", ""), match.group(1), said.get("client-hostname", ""), observed, said.get("set vendor-class-identifier", ""))


def _statement(text: str) -> tuple[str, str]:
    """Name and value of a statement: ``hardware ethernet 00:..`` is (``hardware ethernet``, ``00:..``).

    >>> _statement('set vendor-class-identifier = "udhcp 1.21.1"'), _statement("binding state active")
    (('set vendor-class-identifier', 'udhcp 1.21.1'), ('binding state', 'active'))
    """
    name = next((known for known in _NAMES if text.startswith(known + " ")), text.split(" ")[0])
    return name, text[len(name) :].strip(' ="')


def _shown(leases: Iterator[Lease], devices: Devices) -> Iterator[tuple[str, Facts]]:
    for lease in leases:
        if lease.why:
            devices.account.leave_out(lease.why)
            continue
        devices.account.saw({"mac": lease.mac, "address": lease.host, "hostname": lease.name})
        yield f"line {lease.line}", _facts(lease.mac, lease.host, lease.name, "")


def _dnsmasq(text: str, devices: Devices) -> Iterator[tuple[str, Facts]]:
    for number, line in enumerate(text.splitlines(), 1):
        parts = line.split()
        if not parts or parts[0] == "duid":
            devices.account.blank()
        elif len(parts) != 5:
            devices.account.reject(f"line {number}", "", f"{len(parts)} words; a lease has five: time, MAC, address, name, client id")
        else:
            expires, mac, host, name, _ = parts
            devices.account.saw({"expire": expires, "mac": mac, "address": host, "hostname": name.strip("*"), "client id": 1})
            yield f"line {number}", _facts(mac, host, name, "")


def _kea(text: str, devices: Devices) -> Iterator[tuple[str, Facts]]:
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff")), restval="")
    try:
        for row in reader:
            cells: Mapping[str, str] = {str(k): v for k, v in row.items() if isinstance(k, str) and isinstance(v, str)}
            devices.account.saw(cells)
            if cells.get("address", "") == "address":
                devices.account.heading()
                continue
            if cells.get("state", "0") not in ("", "0"):
                devices.account.leave_out("a lease that was declined or taken back")
                continue
            begun = (cells.get("expire", "") or "0").isdigit() and (cells.get("valid_lifetime", "") or "0").isdigit()
            observed = time_of(int(cells.get("expire") or 0) - int(cells.get("valid_lifetime") or 0)) if begun else ""
            yield f"line {reader.line_num}", _facts(cells.get("hwaddr", ""), cells.get("address", ""), cells.get("hostname", ""), observed)
    except csv.Error as error:
        raise BrokenInputError(f"not a readable CSV: {error}", where=f"line {reader.line_num}", advice="copy the lease file again") from error
