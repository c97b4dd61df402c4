"""Which rows speak of one device: seen by several scans, listed by a recorder, named in a lease table, written in a register.

Rows of one body are one device when they bear the same network address (one that a maker gave out) or the same serial number; when they bear the same number in
the owner's books and nothing in them disagrees; and a row that has only a host address joins the one device that was met at this address of the same site. Where
two devices were met there, it joins none. The order of the rows changes nothing. A device's key is the least of what identifies it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from custodes.findings.device_evidence import evidence_of
from custodes.findings.device_text import folded, is_local, mac_of, squeezed

Row = Mapping[str, Any]

MOST_SERIALS = 2
"""More serial numbers under one network address than this: the address is a placeholder and identifies nothing."""

_LONG_SERIAL = re.compile(r"\d{8,10}(?:[A-Z]{2})?(?:WR|RR|CH|AR)([A-Z]{0,2}\d{7,9})(?:WCVU)?$")


@dataclass(frozen=True, slots=True)
class Device:
    """One device: its key (``mac:``, ``serial:``, ``tag:``, ``host:`` or ``row:`` and a value), its rows in a fixed order, why they are one, what disagrees."""

    key: str
    rows: tuple[Row, ...]
    reasons: tuple[str, ...]
    against: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Traits:
    """What a row says of who the device is."""

    body: str
    macs: frozenset[str]
    serial: str
    tag: tuple[str, ...]
    place: tuple[str, ...]
    model: str


def devices_of(rows: Iterable[Row]) -> list[Device]:
    """DEVICE rows (mappings) as devices, sorted by key."""
    ordered = sorted(rows, key=_order)
    traits = [_traits(row) for row in ordered]
    links = _Links(len(ordered))
    _join(links, _shared((n, ("mac", t.body, mac)) for n, t in enumerate(traits) for mac in t.macs), traits, "the same network address", _few_serials)
    _join(links, _shared((n, ("serial", t.body, t.serial)) for n, t in enumerate(traits) if t.serial), traits, "the same serial number", _always)
    _join(links, _shared((n, ("tag", *t.tag)) for n, t in enumerate(traits) if t.tag), traits, "the same number in the owner's books", _agree)
    _join_hosts(links, traits)
    return sorted((_device([ordered[n] for n in group], [traits[n] for n in group], links.why[root]) for root, group in links.groups().items()), key=lambda device: device.key)


def _order(row: Row) -> tuple[str, str, str]:
    return str(row.get("origin_file") or ""), str(row.get("record_key") or ""), str(row.get("origin_at") or "")


def _traits(row: Row) -> _Traits:
    seen = evidence_of(row)
    macs = frozenset(mac for text in seen.get("mac", ()) if (mac := mac_of(text)) and not is_local(mac))
    serial = next((found for text in seen.get("serial", ()) if (found := serial_of(text))), "")
    body, site, behind = str(row.get("body") or ""), str(row.get("site") or ""), str(row.get("behind") or "")
    tag, host = squeezed(str(row.get("device_id") or "")), str(row.get("host") or "").strip().casefold()
    alone = (row.get("count") or 1) == 1
    return _Traits(
        body, macs if alone else frozenset(), serial if alone else "", (body, behind, tag) if tag and alone and (behind or len(tag) > 3) else (),
        (body, site, behind, host) if host and alone else (), squeezed(next(iter(seen.get("model", ())), "")),
    )  # fmt: skip


def serial_of(text: str) -> str:
    """A serial number for comparing; Hikvision's long form is cut to the part that stands on the label; '' for placeholders."""
    capitals = folded(text).replace(" ", "")
    long = _LONG_SERIAL.search(capitals)
    plain = long[1] if long else re.sub(r"[^A-Z0-9]", "", capitals)
    digits = re.sub(r"\D", "", plain)
    return plain if len(digits) >= 5 and len(set(digits)) > 2 and "XXXX" not in plain and not re.search(r"0123456|1234567(?:8|$)", plain) else ""


class _Links:
    """Rows joined to groups; the root of a group is its first row."""

    def __init__(self, size: int) -> None:
        self._parent = list(range(size))
        self.why: dict[int, set[str]] = defaultdict(set)

    def root(self, n: int) -> int:
        while self._parent[n] != n:
            self._parent[n] = self._parent[self._parent[n]]
            n = self._parent[n]
        return n

    def join(self, rows: Sequence[int], why: str) -> None:
        roots = sorted({self.root(n) for n in rows})
        for other in roots[1:]:
            self._parent[other] = roots[0]
            self.why[roots[0]] |= self.why.pop(other, set())
        if len(rows) > 1:
            self.why[roots[0]].add(why)

    def groups(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = defaultdict(list)
        for n in range(len(self._parent)):
            found[self.root(n)].append(n)
        return found


def _shared(pairs: Iterable[tuple[int, tuple[str, ...]]]) -> list[list[int]]:
    """Rows that share a key, key by key in a fixed order."""
    found: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for n, key in pairs:
        found[key].append(n)
    return [found[key] for key in sorted(found) if len(found[key]) > 1]


def _join(links: _Links, buckets: list[list[int]], traits: Sequence[_Traits], why: str, allowed: Any) -> None:
    for bucket in buckets:
        if allowed([traits[n] for n in bucket]):
            links.join(bucket, why)


def _always(_: Sequence[_Traits]) -> bool:
    return True


def _few_serials(traits: Sequence[_Traits]) -> bool:
    return len({t.serial for t in traits} - {""}) <= MOST_SERIALS


def _agree(traits: Sequence[_Traits]) -> bool:
    """Do the rows say nothing that two different devices would say?"""
    macs = [t.macs for t in traits if t.macs]
    return (not macs or bool(frozenset.intersection(*macs))) and len({t.serial for t in traits} - {""}) < 2 and len({t.model for t in traits} - {""}) < 2


def _join_hosts(links: _Links, traits: Sequence[_Traits]) -> None:
    """Rows that have only a host address join the one device met there."""
    known = {links.root(n) for n, t in enumerate(traits) if t.macs or t.serial}
    joins = []
    for bucket in _shared((n, t.place) for n, t in enumerate(traits) if t.place):
        firm = sorted({links.root(n) for n in bucket} & known)
        loose = [n for n in bucket if links.root(n) not in known]
        if len(firm) == 1 and loose:
            joins.append([firm[0], *loose])
        elif not firm and _agree([traits[n] for n in loose]):
            joins.append(loose)
    for rows in joins:
        links.join(rows, "the same host address at the same site")


def _device(rows: Sequence[Row], traits: Sequence[_Traits], why: set[str]) -> Device:
    macs, serials = sorted({mac for t in traits for mac in t.macs}), sorted({t.serial for t in traits} - {""})
    against = [f"One network address, several serial numbers: {', '.join(serials)}."] if len(serials) > 1 else []
    sites = sorted({str(row.get("site") or "") for row in rows} - {""})
    against += [f"Seen at several sites: {', '.join(sites)}."] if len(sites) > 1 else []
    return Device(_key(rows, traits, macs, serials), tuple(rows), tuple(sorted(f"One device: {each}." for each in why)), tuple(against))


def _key(rows: Sequence[Row], traits: Sequence[_Traits], macs: Sequence[str], serials: Sequence[str]) -> str:
    body = traits[0].body
    for name, values in (("mac", macs), ("serial", serials)):
        if values:
            return "|".join([f"{name}:{values[0].lower()}", body])
    tags, places = sorted(t.tag for t in traits if t.tag), sorted(t.place for t in traits if t.place)
    if len(rows) > 1 and tags:
        return "|".join([f"tag:{tags[0][2]}", *tags[0][:2]])
    if len(rows) > 1 and places:
        return "|".join([f"host:{places[0][3]}", *places[0][:3]])
    return f"row:{rows[0].get('record_key') or ''}"
