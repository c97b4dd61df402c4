"""Sites from the device registers that estates keep: exports of NetBox (CSV or API JSON) and Snipe-IT (CSV or API JSON). One row there is one device.

Devices are counted per site and maker. What has a manufacturer that our tables do not know is other people's business and only counted; what has none
is of unknown make. Switches, servers, telephones and the like are left out by their role or category: a listed maker's telephone is no surveillance equipment.
What is planned, in store, archived or disposed is not installed.

- NetBox: docs of netbox-community/netbox, Device model (fields name, role, manufacturer, device_type, status, site, location, tenant).
- Snipe-IT: docs of grokability/snipe-it, asset export and GET /hardware (fields asset_tag, model, category, manufacturer, location, company, status).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from custodes.values.plan import Site

MakerOf = Callable[[str], str]
_SITE = ("site", "location", "default_location", "rtd_location")
_BODY = ("tenant", "company")
_KIND = ("role", "device_role", "category")
_OTHER = re.compile(r"\b(switch|router|firewall|server|laptop|desktop|phone|telephone|radio|printer|modem|tablet|monitor|pdu|ups|patch panel|access point)s?\b", re.I)
_AWAY = re.compile(r"\b(planned|inventory|staged|archived|disposed|destroyed|sold|lost|stolen|retired|removed|ready to deploy|pending)\b", re.I)


@dataclass(frozen=True, slots=True)
class Register:
    """Sites with what was left out: ``other_makers``, ``other_kinds``, ``not_installed``, ``nowhere`` are numbers of devices."""

    sites: tuple[Site, ...]
    devices: int
    other_makers: int
    other_kinds: int
    not_installed: int
    nowhere: int

    def words(self) -> list[str]:
        """What became of every device, in words."""
        counted = sum(s.devices + s.unknown_make for s in self.sites)
        parts = (
            (self.other_makers, "of other makers"), (self.other_kinds, "no surveillance equipment"), (self.not_installed, "not installed"),
            (self.nowhere, "without a site"),
        )  # fmt: skip
        left = ", ".join(f"{n} {what}" for n, what in parts if n) or "none left out"
        return [f"register of {self.devices} devices: {counted} at {len(self.sites)} sites; {left}"]


def is_register(names: Iterable[str]) -> bool:
    """Are these the columns of a NetBox or Snipe-IT export?"""
    has = set(names)
    return "manufacturer" in has and bool(has & set(_SITE)) and bool(has & {"device_type", "type", "role", "asset_tag", "model"}) and "devices" not in has


def rows_of(text: str) -> list[dict[str, Any]] | None:
    """The devices of an API answer in JSON, their nested names made plain; None when it is none."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    rows = found.get("results", found.get("rows")) if isinstance(found, dict) else found
    if not isinstance(rows, list) or not rows or not all(isinstance(r, dict) for r in rows):
        return None
    flat = [_flat(r) for r in rows]
    return flat if is_register({k for r in flat for k in r}) else None


def register(rows: Iterable[Mapping[str, Any]], maker_of: MakerOf) -> Register:
    """Devices counted per site. ``maker_of``: a manufacturer's name -> maker id, '' when our tables do not know it."""
    makers: dict[str, Counter[str]] = {}
    bodies: dict[str, str] = {}
    unknown: Counter[str] = Counter()
    left: Counter[str] = Counter()
    total = 0
    for row in rows:
        total += 1
        site, reason = _first(row, _SITE), _left_out(row)
        if reason or not site:
            left[reason or "nowhere"] += 1
            continue
        manufacturer = _first(row, ("manufacturer",))
        maker = maker_of(manufacturer) if manufacturer else ""
        if manufacturer and not maker:
            left["maker"] += 1
            continue
        bodies.setdefault(site, _first(row, _BODY))
        if maker:
            makers.setdefault(site, Counter())[maker] += 1
        else:
            unknown[site] += 1
    sites = tuple(
        Site(site, bodies[site], sum(makers.get(site, Counter()).values()), unknown[site], makers=tuple(sorted(makers.get(site, Counter()).items())))
        for site in sorted(bodies)
    )  # fmt: skip
    return Register(sites, total, left["maker"], left["kind"], left["away"], left["nowhere"])


def _left_out(row: Mapping[str, Any]) -> str:
    if _AWAY.search(_first(row, ("status", "status_label"))):
        return "away"
    return "kind" if _OTHER.search(_first(row, _KIND)) else ""


def _first(row: Mapping[str, Any], names: Iterable[str]) -> str:
    return next((str(row[n]).strip() for n in names if row.get(n) not in (None, "")), "")


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """``site: {name: X}`` as ``site: X``; the manufacturer of a NetBox device stands in its type."""
    flat = {k: _name(v) for k, v in row.items()}
    kind = row.get("device_type")
    if isinstance(kind, dict) and "manufacturer" not in row:
        flat["manufacturer"] = _name(kind.get("manufacturer"))
    return flat


def _name(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return next((value[k] for k in ("name", "label", "display", "model", "value") if value.get(k)), "")
