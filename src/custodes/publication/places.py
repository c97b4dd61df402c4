"""In which area does a body stand? By its name alone, from facts that ship with the program; a body of no area (a ministry, a railway) has none."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

from custodes.publication.rows import Row

_NOT_AREA = re.compile(
    r"\b(the|london borough of|royal borough of|city and county of|metropolitan borough of|county borough of|borough of|city of|county of|"
    r"council|metropolitan|county borough|borough|district|city|county|unitary|authority|mbc|mdc|bc|dc|cc|lb)\b"
)
_LOCAL = re.compile(r"\b(council|borough|corporation|city of|county of|district|mbc|mdc)\b")


@cache
def uk_map() -> Mapping[str, Any]:
    """The map: ``bounds`` (degrees: west, south, east, north), ``size``, ``citation``, ``licence``, and ``areas``: name -> path (SVG), at (a point inside), code (ISO 3166-2)."""
    found: dict[str, Any] = json.loads(files("custodes").joinpath("data/map_uk.json").read_text(encoding="utf-8"))
    return found


@cache
def outline(area: str) -> Mapping[str, Any]:
    """The outline of an area as a GeoJSON geometry (RFC 7946: WGS 84, longitude first, outer rings counterclockwise), with its ``bbox``."""
    west, south, east, north = uk_map()["bounds"]
    width, height = uk_map()["size"]
    rings = []
    for path in uk_map()["areas"][area]["path"].split("z"):
        if path:
            points = [(round(west + x * (east - west) / width, 4), round(north - y * (north - south) / height, 4)) for x, y in _points(path)]
            ring = [*points, points[0]]
            rings.append(ring if _turn(ring) > 0 else ring[::-1])
    rings = [ring for ring in rings if len(ring) >= 4]
    box = [min(x for ring in rings for x, _ in ring), min(y for ring in rings for _, y in ring), max(x for ring in rings for x, _ in ring), max(y for ring in rings for _, y in ring)]
    kind, coordinates = ("Polygon", [rings[0]]) if len(rings) == 1 else ("MultiPolygon", [[ring] for ring in rings])
    return {"type": kind, "bbox": box, "coordinates": coordinates}


def _points(path: str) -> Iterator[tuple[int, int]]:
    """The points of a ring ``Mx,yldx,dy dx,dy``."""
    first, _, rest = path[1:].partition("l")
    x, y = (int(part) for part in first.split(","))
    yield x, y
    for step in rest.split():
        across, down = step.split(",")
        x, y = x + int(across), y + int(down)
        yield x, y


def _turn(ring: Sequence[tuple[float, float]]) -> float:
    """Twice the area inside a closed ring, positive when it runs counterclockwise."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))


@cache
def _areas() -> Mapping[str, str]:
    """Plain name -> area: the areas themselves, then the districts that lie in them."""
    found = {_plain(name): name for name in uk_map()["areas"]}
    text = files("custodes").joinpath("data/areas.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        for name in row["holds"].split(" ; "):
            found.setdefault(_plain(name), row["area"])
    return found


def _plain(name: str) -> str:
    return " ".join(re.findall(r"\w+", _NOT_AREA.sub(" ", name.casefold().replace("&", " and "))))


def area_of(body: Row) -> str:
    """The area in which a local body stands (``body``, ``names``); empty for a body that is no council or of no area that the map knows."""
    for name in (body["body"], *body["names"]):
        if _LOCAL.search(str(name).casefold()) and (area := _areas().get(_plain(str(name)))):
            return area
    return ""
