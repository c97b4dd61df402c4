"""Bodies and sites as GeoJSON (RFC 7946), one feature each.

A body has the outline of the area in which a body of its name stands, as on the map: simplified, and never an address; the feature says so. ``areas`` are better
geometries by the body's official code. A place that neither knows is a feature without geometry (``null``), as the format has it: neither dropped nor put somewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from custodes.publication import wording
from custodes.publication.export_base import DRAFT, SET_ASIDE, Sink, Written, bare, json_bytes, status
from custodes.publication.places import area_of, outline, uk_map
from custodes.publication.rows import Row, layer, shown
from custodes.publication.view import View

BODIES = "Bodies and their states"
PRECISION = "Outline of the area that the body's name speaks of, or in which such a district lies; areas of about 2010, simplified to about 2 km; not an address"


class GeoWriter:
    """Writes ``geojson/bodies.geojson`` and, in the draft, ``geojson/sites.geojson``."""

    def __init__(self, view: View, folder: Path, areas: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        self._view, self._folder, self._areas = view, folder / "geojson", areas or {}
        self._found: dict[str, Counter[str]] = {}
        self._known = {body["body"] for body in view.bodies}

    def take(self, row: Row) -> str:
        """Count the finding at its body."""
        if layer(row) == "rejected":
            return SET_ASIDE
        if row["body"] not in self._known:
            return "no body known"
        self._found.setdefault(row["body"], Counter())[status(row)] += 1
        return ""

    def close(self) -> list[Written]:
        """Write the features; findings are counted per body, by how they stand."""
        with Sink(self._folder / "bodies.geojson", self._head(BODIES), "\n]}\n", ",\n") as bodies:
            for row in self._view.bodies:
                bodies.put(self._body(row))
        placed = sum(self._place(row)[0] is not None for row in self._view.bodies)
        made = [Written(bodies.path, "application/geo+json", BODIES, {"features": bodies.n, "with geometry": placed, "findings": sum(sum(c.values()) for c in self._found.values())})]
        if self._view.plan["sites"]:
            with Sink(self._folder / "sites.geojson", self._head("Sites of the plan"), "\n]}\n", ",\n") as sites:
                for site in self._view.plan["sites"]:
                    sites.put(_site(site, self._view.kind))
            made.append(Written(sites.path, "application/geo+json", "Sites of the plan", {"features": sites.n, "with geometry": 0}))
        return made

    def _head(self, name: str) -> str:
        boxes = [geometry["bbox"] for row in self._view.bodies if (geometry := self._place(row)[0]) and "bbox" in geometry] if name == BODIES else []
        whole = {"bbox": [*(min(box[n] for box in boxes) for n in (0, 1)), *(max(box[n] for box in boxes) for n in (2, 3))]} if boxes else {}
        head = {"type": "FeatureCollection", "name": name, **whole, "edition": self._view.kind, "places": f"{PRECISION}. {uk_map()['citation']}", **({"note": DRAFT} if self._view.draft else {})}
        return json_bytes(head).decode()[:-1] + ',"features":[\n'

    def _body(self, row: Row) -> dict[str, Any]:
        found = self._found.get(row["body"], Counter())
        said = {
            "edition": self._view.kind, "name": shown(row["body"]), "code": row["code"], "kind": row["body_kind"], "state": row["state"], "state_words": wording.STATES.get(row["state"], ""),
            "months_read": row["months_read"], "months_expected": row["months_expected"], "findings_confirmed": found["confirmed"],
            **({"leads": found["lead"], "questions": found["question"]} if self._view.draft else {}), "successor": row["successor"], "predecessor": row["predecessor"],
        }  # fmt: skip
        geometry, place = self._place(row)
        return {"type": "Feature", **({"id": row["code"]} if row["code"] else {}), "geometry": geometry, "properties": bare(said | place)}

    def _place(self, row: Row) -> tuple[Mapping[str, Any] | None, dict[str, Any]]:
        """(geometry or None, what the feature says of it)."""
        if row["code"] in self._areas:
            return self._areas[row["code"]], {}
        area = area_of(row)
        return (outline(area), {"area": area, "area_code": uk_map()["areas"][area]["code"], "place": PRECISION}) if area else (None, {})


def _site(row: Row, edition: str) -> dict[str, Any]:
    names = ("site_id", "body", "address", "area", "maker_id", "devices", "unknown_make", "unit_cost", "currency", "deadline")
    said = bare({"edition": edition, **{name: shown(row[name]) if isinstance(row.get(name), str) else row.get(name) for name in names}})
    return {"type": "Feature", "id": row["site_id"], "geometry": None, "properties": said}
