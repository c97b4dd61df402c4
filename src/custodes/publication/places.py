"""In which area does a body stand? By its name alone, from facts that ship with the program; a body of no area (a ministry, a railway) has none."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from custodes.publication.rows import Row

_NOT_AREA = re.compile(
    r"\b(the|london borough of|royal borough of|city and county of|metropolitan borough of|county borough of|borough of|city of|county of|"
    r"council|metropolitan|county borough|borough|district|city|county|unitary|authority|mbc|mdc|bc|dc|cc|lb)\b"
)
_LOCAL = re.compile(r"\b(council|borough|corporation|city of|county of|district|mbc|mdc)\b")


@cache
def uk_map() -> Mapping[str, Any]:
    """The map: ``size``, ``citation``, ``licence``, and ``areas``: name -> path (SVG), at (a point inside), code (ISO 3166-2)."""
    found: dict[str, Any] = json.loads(files("custodes").joinpath("data/map_uk.json").read_text(encoding="utf-8"))
    return found


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
