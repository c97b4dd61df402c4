"""Make ``src/custodes/data/map_uk.json``: simplified outlines of the areas of the United Kingdom, for the map of an edition.

    python scripts/build_map.py ADMIN_1_UK.geojson

The input is the United Kingdom's part of Natural Earth's 1:10m "Admin 1, states and provinces" as GeoJSON with ``ISO`` and ``NAME_1`` (the file
that Apache Superset's country map carries). Natural Earth is in the public domain. Needs shapely 2.1 or later, which nothing else here needs.
The areas are those of about 2010; the map places bodies, it settles no border.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "src/custodes/data/map_uk.json"
TOLERANCE = 0.018
"""Degrees (about 2 km) that an outline may move."""
WIDTH = 4000
"""Units of the map's width."""
RENAMED = {
    "GB-WRL": "Wirral", "GB-SHN": "St Helens", "GB-LND": "City of London", "GB-WNM": "Windsor and Maidenhead", "GB-PKN": "Perth and Kinross",
    "GB-NAY": "North Ayrshire", "GB-RCT": "Rhondda Cynon Taf", "GB-BST": "Bristol", "GB-DUR": "County Durham", "GB-NFK": "Norfolk", "GB-ZET": "Shetland Islands",
}  # fmt: skip
"""Names that the source writes in another way, or wrongly."""


def main(source: Path) -> None:
    """Simplify all areas together, so that neighbours keep their common border, and write them as paths of whole numbers; ``bounds`` (degrees) leads back from these."""
    import shapely
    from shapely.geometry import shape

    features = json.loads(source.read_text(encoding="utf-8"))["features"]
    codes = [feature["properties"]["ISO"] for feature in features]
    names = [RENAMED.get(code, feature["properties"]["NAME_1"]) for code, feature in zip(codes, features, strict=True)]
    plain = shapely.coverage_simplify([shape(feature["geometry"]).buffer(0) for feature in features], TOLERANCE)
    west, south, east, north = shapely.total_bounds(plain)
    scale = WIDTH / (east - west)
    stretch = 1 / math.cos(math.radians(54.5))

    def at(x: float, y: float) -> tuple[int, int]:
        return round((x - west) * scale), round((north - y) * scale * stretch)

    areas = {}
    for name, code, area in sorted(zip(names, codes, plain, strict=True)):
        parts = [part for part in getattr(area, "geoms", [area]) if part.area > 0.0004] or [max(getattr(area, "geoms", [area]), key=lambda part: part.area)]
        inside = max(parts, key=lambda part: part.area).representative_point()
        areas[name] = {"code": code, "at": at(inside.x, inside.y), "path": "".join(_ring([at(x, y) for x, y in part.exterior.coords]) for part in parts)}
    found = {
        "title": "United Kingdom",
        "citation": "Natural Earth, 1:10m Admin 1 (states and provinces), public domain, naturalearthdata.com; as carried by Apache Superset 6.1.0; simplified to about 2 km",
        "licence": "public domain",
        "bounds": [round(float(edge), 4) for edge in (west, south, east, north)],
        "size": [WIDTH, round((north - south) * scale * stretch)],
        "areas": areas,
    }
    TARGET.write_text(json.dumps(found, ensure_ascii=False, indent=0, sort_keys=True) + "\n", encoding="utf-8")


def _ring(points: list[tuple[int, int]]) -> str:
    """A closed ring as an SVG path with relative steps."""
    (x, y), rest = points[0], points[1:-1]
    steps = []
    for to_x, to_y in rest:
        if (to_x, to_y) != (x, y):
            steps.append(f"{to_x - x},{to_y - y}")
        x, y = to_x, to_y
    return f"M{points[0][0]},{points[0][1]}l{' '.join(steps)}z"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
