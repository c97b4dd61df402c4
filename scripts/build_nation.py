"""Make examples/nation: a country of 500 public bodies and their cameras in which everything is invented, and nineteen months of removing them.

    python scripts/build_nation.py [FOLDER] [--seed 1]

writes ``inputs/sites.csv``, ``inputs/promises.csv`` and ``later/progress.csv``. The same seed gives the same bytes. Any likeness to a real place is by accident.
"""

from __future__ import annotations

import argparse
import csv
import random
from pathlib import Path
from typing import Any

STARTS = ["Alder", "Bram", "Calder", "Dun", "Eld", "Fenn", "Gorse", "Hazel", "Inker", "Jarrow", "Kestrel", "Lumb", "Marl", "Nettle", "Oaken", "Penn", "Quarn", "Rush", "Selk", "Tamar", "Ulver", "Vennel", "Wexen", "Yarrow"]
ENDS = ["mereby", "holmwick", "stowley", "thwaiteham", "combeden", "fieldmoor", "brackby", "lingwell", "scarford", "wathe"]
REGIONS = ("Capital", "Downland", "Eastmarch", "Fenland", "Lakeside", "Middlemoor", "Northshore", "Southcoast", "Uplands", "Westvale")
KINDS = (("District Council", 150), ("County Council", 25), ("Schools Trust", 120), ("Hospitals Trust", 95), ("Police", 40), ("Transport Authority", 20), ("Fire Authority", 26))
DEPARTMENTS = ["Roads", "Harbours", "Posts", "Fisheries", "Schools", "Courts", "Prisons", "Revenue", "Archives", "Defence", "Borders", "Energy", "Rivers", "Forests", "Statistics", "Weather", "Museums", "Pensions", "Trade", "Land", "Health", "Works", "Signals", "Science"]
PLACES = ("town hall", "depot", "library", "main building", "annex", "car park", "control room", "campus", "station", "workshop")
CAUSES = (("funding", "the money for the quarter was not released"), ("supply", "replacements were delivered late"), ("labour", "no fitter was to be had"), ("landlord", "the landlord has not agreed"), ("access", "the building was closed"), ("weather", "poles could not be climbed"))
SITE = ["site_id", "body", "devices", "unknown_make", "unit_cost", "deadline", "region", "window_from", "window_to", "depends_on", "address", "area", "sensitivity", "contract_end", "currency"]
EVENT = ["event_id", "site_id", "event", "date", "devices", "certificate", "cause", "until", "reason", "cost", "currency", "decided_by"]
MONTHS = [f"2026-{m:02d}" for m in range(2, 13)] + [f"2027-{m:02d}" for m in range(1, 9)]


def bodies(chosen: random.Random) -> list[tuple[str, str, str]]:
    """500 bodies: (name, region, kind)."""
    found = [(f"Department of {name}", "Capital", "department") for name in DEPARTMENTS]
    towns = chosen.sample([a + b for a in STARTS for b in ENDS], 160)
    for kind, count in KINDS:
        found += [(f"{town} {kind}", REGIONS[1 + sum(map(ord, town)) % 9], kind) for town in sorted(chosen.sample(towns, count))]
    return found


def sites(chosen: random.Random) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for name, region, kind in bodies(chosen):
        for _ in range(chosen.choice((2, 3, 4)) if kind == "department" else chosen.choice((1, 1, 1, 2))):
            devices = min(96, max(0, round(chosen.lognormvariate(2.3, 0.9)) - (3 if chosen.random() < 0.1 else 0)))
            unknown = chosen.randint(1, 30) if chosen.random() < 0.18 else 0
            sensitive = kind == "department" and chosen.random() < 0.8
            rows.append({
                "site_id": f"inv-{len(rows) + 1:04d}", "body": name, "devices": devices, "unknown_make": unknown, "unit_cost": chosen.choice((640, 780, 950, 1200, 1850)), "currency": "GBP",
                "deadline": "2026-12-31" if sensitive else "2028-12-31", "region": region, "area": name.split()[0] if region != "Capital" else "Capital",
                "address": f"invented: {chosen.choice(PLACES)} {len(rows) + 1}", "sensitivity": "sensitive" if sensitive else "public space" if kind.endswith("Council") else "",
            })  # fmt: skip
    return rows


def progress(rows: list[dict[str, Any]], chosen: random.Random) -> list[dict[str, Any]]:
    """What happened until August 2027: most urgent first, slower than planned, with finds, extensions, waivers and receipts."""
    events: list[dict[str, Any]] = []

    def add(site: str, event: str, date: str, **more: Any) -> None:
        events.append({"event_id": f"e{len(events) + 1:04d}", "site_id": site, "event": event, "date": date, **more})

    for row in rows:
        if row["sensitivity"] == "sensitive":
            add(row["site_id"], "isolated", f"2026-01-{chosen.randint(10, 28)}")
    ready = sorted((r for r in rows if r["devices"]), key=lambda r: (r["deadline"], chosen.random()))
    for month in MONTHS:
        room = chosen.choice((150, 180, 210, 240, 260))
        while ready and room > 0:
            row = ready.pop(0)
            site, count = row["site_id"], row["devices"]
            if chosen.random() < 0.2:
                cause, reason = chosen.choice(CAUSES)
                until = f"{int(month[:4]) + 1}-{month[5:]}-28"
                add(site, "extension asked", f"{month}-05", until=until, cause=cause, reason=reason)
                add(site, chosen.choice(("extension granted", "extension granted", "extension refused")), f"{month}-19", until=until, decided_by="programme board")
                ready.insert(min(len(ready), chosen.randint(40, 160)), row)
                continue
            room -= count
            day = chosen.randint(1, 27)
            if chosen.random() < 0.07:
                add(site, "found", f"{month}-{day:02d}", devices=(more := chosen.randint(1, 6)), reason="behind a false ceiling")
                count += more
            add(site, "removed", f"{month}-{day:02d}", devices=count, cost=count * row["unit_cost"], currency="GBP")
            if chosen.random() < 0.85:
                add(site, "replaced", f"{month}-{day + 1:02d}", devices=count)
            if chosen.random() < 0.7:
                add(site, "disposed", f"{month}-28", devices=count, certificate=f"INV-{chosen.randint(10000, 99999)}" if chosen.random() < 0.9 else "")
    for row in chosen.sample(ready, 5):
        add(row["site_id"], "waived", "2027-06-30", until="2028-06-30", reason="the building is to be pulled down", decided_by="programme board")
    return events


PROMISES = """\
statement_id,statement_kind,document,title,date,speaker,answers,house,scope,measure,share,number,of,by,approx,refers_to,gives,partly,withholds,words,citation,url,grade,publish
inv-half,promise,inv-statement,written statement,2026-01-05,Department of Works,Department of Works,commons,all public bodies of the invented country,devices removed,0.5,,devices in scope,2027-06,yes,,responsible ; next_report ; devices_number,cost_to_come,sites_named,about half of the devices are gone by June 2027,invented,,recorded,yes
inv-all,promise,inv-statement,written statement,2026-01-05,Department of Works,Department of Works,commons,all public bodies of the invented country,devices removed,1,,devices in scope,2028-12,no,,,,,all devices are gone by December 2028,invented,,recorded,yes
inv-sensitive,promise,inv-statement,written statement,2026-01-05,Department of Works,Department of Works,commons,sensitive sites,sensitive sites clear,1,,sensitive sites,2026-12-31,no,,,,,every sensitive site is clear by the end of 2026,invented,,recorded,yes
inv-report-1,promise report,inv-report,first report,2027-01-12,Department of Works,Department of Works,commons,,sensitive sites clear,0.86,,sensitive sites,2026-12-31,no,inv-sensitive,,,,86 percent of the sensitive sites were clear at the end of 2026,invented,,recorded,yes
inv-report-2,promise report,inv-report-2,second report,2027-07-08,Department of Works,Department of Works,commons,,devices removed,0.48,,devices in scope,2027-06-30,yes,inv-half,,,,about 48 percent of the devices were gone at the end of June 2027,invented,,recorded,yes
"""


def write(path: Path, names: list[str], rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, names, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", default="examples/nation", type=Path)
    parser.add_argument("--seed", default=1, type=int)
    given = parser.parse_args()
    chosen = random.Random(given.seed)
    rows = sites(chosen)
    write(given.folder / "inputs" / "sites.csv", SITE, rows)
    write(given.folder / "later" / "progress.csv", EVENT, progress(rows, chosen))
    (given.folder / "inputs" / "promises.csv").write_text(PROMISES, encoding="utf-8")


if __name__ == "__main__":
    main()
