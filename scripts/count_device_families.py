"""Count, for each form of ``src/custodes/data/device_models.csv``, the published model families and catalogue models that have it.

    python scripts/count_device_families.py FAMILIES.csv.gz MODELS.csv [-o src/custodes/data/device_models.csv]

FAMILIES.csv.gz: ``family, ...`` of one maker (Hikvision); MODELS.csv: ``maker, brand, model, ...`` of others. Only names are read, which are facts; only counts are
kept (column ``families``). A family counts for the form that names it, never for two.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import sys
from collections import Counter
from pathlib import Path

from custodes.findings import device_tables
from custodes.findings.device_text import folded

TABLE = Path("src/custodes/data/device_models.csv")


def names(families: Path, models: Path) -> list[tuple[str, str]]:
    """(maker, name) of everything published, each once, sorted."""
    with gzip.open(families, "rt", encoding="utf-8", newline="") as stream:
        found = {("hikvision", row["family"]) for row in csv.DictReader(stream)}
    with models.open(encoding="utf-8", newline="") as stream:
        found |= {(row["maker"].lower(), row["model"]) for row in csv.DictReader(stream) if row["maker"]}
    return sorted(found)


def main() -> None:
    """Write the table with its counts."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("families", type=Path)
    arguments.add_argument("models", type=Path)
    arguments.add_argument("-o", "--out", type=Path, default=TABLE)
    given = arguments.parse_args()
    with (Path(__file__).resolve().parent.parent / TABLE).open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    known = device_tables.build({"device_models": rows})
    counts: Counter[str] = Counter()
    for maker, name in names(given.families, given.models):
        form = next((form for form in known.forms if form.exact.match(folded(name))), None)
        counts[form.rule if form and form.maker == maker else ""] += 1
    with given.out.open("w", encoding="utf-8", newline="") as stream:
        columns = [*(name for name in rows[0] if name != "families"), "families"]
        writer = csv.DictWriter(stream, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows({**row, "families": counts[row["rule"]] or ""} for row in rows)
    print(f"{sum(counts.values()) - counts['']} names have a form of ours, {counts['']} have none or a brand's own", file=sys.stderr)


if __name__ == "__main__":
    main()
