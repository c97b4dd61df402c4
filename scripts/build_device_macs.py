"""Rebuild ``src/custodes/data/device_macs.csv`` from a table of IEEE blocks with our reading of each registrant.

    python scripts/build_device_macs.py OUI.csv [--checked-on 2026-11-23] [-o src/custodes/data/device_macs.csv]

OUI.csv: ``prefix,bits,registrant,group,role`` (hexadecimal digits; 24, 28 or 36 bits). The registry is the IEEE's; names and numbers are facts. ``group`` and
``role`` say how we read the registrant: maker, subsidiary, brand that others build for, look-alike. Blocks of one registrant become one row. Registrants
that have nothing to do with cameras (role ``random_other``) are left out: of them nothing is said.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import defaultdict
from pathlib import Path

SOURCE = "IEEE registry (as in npm oui-data 2.1.9, BSD-2-Clause); the reading is ours"
COLUMNS = ("registrant", "maker_id", "brand", "relation", "product_class", "weight", "blocks", "citation", "checked_on", "note")

ROLES = {
    "maker": ("", 0.94, ""),
    "subsidiary": ("subsidiary", 0.9, ""),
    "joint_venture": ("joint venture", 0.88, ""),
    "affiliate_not_cctv": ("subsidiary", 0.66, "machine vision, not CCTV"),
    "other_maker": ("", 0.86, ""),
    "other_entity": ("", 0.86, ""),
    "odm": ("", 0.62, "builds for many brands"),
    "lookalike": ("", 0.0, "only looks like a maker's name"),
    "maker_mixed_products": ("", 0.0, "makes telephones, routers and switches too: the block alone does not make a camera"),
    "chipset": ("component", 0.0, "a maker of chips: a component, not the maker of the device"),
}
"""Role -> (relation, weight, note). Roles that are not named here say nothing of the maker."""

OEM = {
    "lt_security": ("hikvision", "LTS", 0.5, "CamioCam issue 224: seen on units of Hikvision's"),
    "observint_alibi": ("hikvision", "Alibi", 0.34, "CamioCam issue 224: seen on a unit of Hikvision's; the firm also sells Uniview's"),
    "ic_realtime": ("dahua", "IC Realtime", 0.4, "its other units carry Dahua's own blocks"),
    "amcrest": ("dahua", "Amcrest", 0.6, "rroller/dahua: rebranded Dahua"),
    "lorex": ("dahua", "Lorex", 0.4, "several platforms"),
    "lsd_science": ("hikvision", "", 0.45, "CamioCam: seen on units of Hikvision's"),
    "kean_digital": ("hikvision", "", 0.34, "CamioCam: seen on an Annke unit of Hikvision's platform"),
}
"""Blocks that a brand or a third party registered: group -> (maker, brand, weight, why)."""

MUTE = {"hunt", "flir", "honeywell", "intelbras", "abus", "panasonic", "swann", "snapav_luma", "night_owl", "clare", "speco", "cp_plus", "cp_plus_gmbh"}
"""Groups whose blocks stand on goods of several makers: the registrant is shown, no maker is named."""

UNITS = {"Ezviz": "EZVIZ", "Prama": "Prama", "Hikrobot": "Hikrobot", "HuaRay": "HuaRay"}
IDS = {"i-pro": "ipro", "digital_watchdog": "digitalwatchdog", "march_networks": "marchnetworks", "matrix_comsec": "matrix", "dedicated_micros": "dedicatedmicros"}
NAMES = {"CLOUDWALK": "cloudwalk", "Yitu": "yitu", "SenseTime": "sensetime"}


def read(row: dict[str, str]) -> dict[str, object] | None:
    """What a block says; None when it says nothing."""
    group, role, registrant = row["group"], row["role"], row["registrant"]
    if role == "random_other" or (group == "arlo" and "Arlo Tech" not in registrant):
        return None
    relation, weight, note = ROLES.get(role, ("", 0.0, "sells goods of several makers" if group != "none" else ""))
    maker = IDS.get(group, next((each for word, each in NAMES.items() if word in registrant), group))
    brand = next((unit for word, unit in UNITS.items() if word in registrant), "")
    if group in OEM:
        maker, brand, weight, note = OEM[group]
        relation = "OEM rebrand" if brand else ""
    if group in MUTE or group == "none" or not weight:
        maker, weight = "", 0.0
    if group in MUTE:
        note = "stands on goods of several makers" if group != "cp_plus_gmbh" else ROLES["lookalike"][2]
    kind = "other" if role == "affiliate_not_cctv" or maker == "hytera" else ""
    return {"registrant": registrant, "maker_id": maker, "brand": brand, "relation": relation, "product_class": kind, "weight": weight, "note": note}


def build(source: Path, checked_on: str) -> list[dict[str, object]]:
    """One row per registrant and reading, sorted; blocks sorted."""
    with source.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    groups: dict[tuple[object, ...], list[str]] = defaultdict(list)
    for row in rows:
        if said := read(row):
            groups[tuple(said.values())].append(row["prefix"].upper())
    names = ("registrant", "maker_id", "brand", "relation", "product_class", "weight", "note")
    found = [dict(zip(names, key, strict=True)) | {"blocks": " ".join(sorted(blocks)), "citation": SOURCE, "checked_on": checked_on} for key, blocks in groups.items()]
    return sorted(found, key=lambda row: (str(row["maker_id"]) or "~", str(row["registrant"]).casefold(), str(row["blocks"])))


def main() -> None:
    """Write the table."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("oui", type=Path)
    arguments.add_argument("--checked-on", default="2026-11-23")
    arguments.add_argument("-o", "--out", type=Path, default=Path("src/custodes/data/device_macs.csv"))
    given = arguments.parse_args()
    rows = build(given.oui, given.checked_on)
    with given.out.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(f"{len(rows)} registrants, {sum(len(str(row['blocks']).split()) for row in rows)} blocks", file=sys.stderr)


if __name__ == "__main__":
    main()
