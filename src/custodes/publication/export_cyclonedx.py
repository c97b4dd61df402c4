"""A CycloneDX 1.7 hardware bill of materials (ECMA-424): equipment that records name, each with the evidence for who made it.

One component of type ``device`` per finding that names equipment: a product in a record, a device seen, a body's own answer, a report. ``evidence.identity``
carries the score as confidence and one method per rule, ``evidence.occurrences`` the file and line. What is bought of a supplier is no equipment of that
supplier, so findings about suppliers are left out, as are questions. The bill says of itself that it is incomplete.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from custodes.publication import wording
from custodes.publication.export_base import (
    DRAFT,
    SET_ASIDE,
    Sink,
    Written,
    bare,
    headline,
    json_bytes,
    made_at,
    maker,
    name_uuid,
    status,
    status_words,
)
from custodes.publication.rows import Row, layer, shown
from custodes.publication.view import View

EQUIPMENT_KINDS = ("product_named", "device_made_by", "body_says_holds", "use_reported")
_TECHNIQUES = {"DEVICE": "instrumentation", "ANSWER": "attestation"}
_LINE = re.compile(r"(?:line|lines|row) (\d+)|row (\d+)")


class CycloneDxWriter:
    """Writes ``cyclonedx/bom.cdx.json``."""

    def __init__(self, view: View, folder: Path) -> None:
        self._view = view
        self._refs: list[str] = []
        head = {
            "$schema": "http://cyclonedx.org/schema/bom-1.7.schema.json", "bomFormat": "CycloneDX", "specVersion": "1.7",
            "serialNumber": f"urn:uuid:{name_uuid('cyclonedx', view.kind, view.now, view.title, str(view.facts['watchlist_version']))}", "version": 1,
            "metadata": {
                "timestamp": made_at(view), "lifecycles": [{"phase": "discovery"}],
                "tools": {"components": [bare({"type": "application", "name": "custodes", "version": str(view.facts["version"])})]},
                "properties": [*([{"name": "custodes:draft", "value": DRAFT}] if view.draft else []), {"name": "custodes:edition", "value": view.kind}, {"name": "custodes:title", "value": shown(view.title)}],
            },
        }  # fmt: skip
        tail = {"compositions": [{"aggregate": "incomplete"}]}
        self._sink = Sink(folder / "cyclonedx" / "bom.cdx.json", json_bytes(head).decode()[:-1] + ',"components":[\n', "\n]," + json_bytes(tail).decode()[1:] + "\n", ",\n")

    def take(self, row: Row) -> str:
        """One component."""
        if row["kind"] not in EQUIPMENT_KINDS:
            return "names no equipment of a maker"
        if layer(row) == "rejected":
            return SET_ASIDE
        self._sink.put(component(row, self._view))
        return ""

    def close(self) -> list[Written]:
        """End the bill."""
        n = self._sink.close()
        return [Written(self._sink.path, "application/vnd.cyclonedx+json", "CycloneDX 1.7 hardware bill of materials", {"components": n})]


def component(row: Row, view: View) -> dict[str, Any]:
    """The equipment that a finding speaks of."""
    who = shown(maker(row, view))
    value = next((reason["theirs"] for reason in row["reasons"] if reason["theirs"]), "")
    named = shown(value) or who or "equipment"
    technique = _TECHNIQUES.get(row["record_kind"], "other")
    methods = [bare({"technique": technique, "confidence": _share(row["score"]), "value": shown(f"{reason['rule']}: {reason['words']}")}) for reason in row["reasons"]]
    line = _LINE.search(str(row["origin_at"]))
    where = bare({"location": shown(row["origin_file"]) or "unknown", "line": int(line[1] or line[2]) if line else None, "additionalContext": shown(f"{row['origin_at']}; SHA-256 {row['origin_sha256']}: {row['description']}")})
    facts = {
        "edition": view.kind, "finding": row["finding_id"], "kind": row["kind"], "status": status(row), "decision": status_words(row), "body": row["body"], "band": row["band"], "grade": row["grade"],
        "equipment": wording.EQUIPMENT.get(row["equipment"], row["equipment"]), "listed-on-date": row["listed_on_date"], "date": row["date"], "not-shown": " ".join(wording.not_shown(row)),
        "grounds": "; ".join(row["grounds"]),
    }  # fmt: skip
    return bare(
        {
            "type": "device", "bom-ref": f"finding-{row['finding_id']}", "manufacturer": bare({"name": who}), "name": named, "description": shown(headline(row, view)),
            "evidence": {"identity": [bare({"field": "name", "confidence": _share(row["score"]), "concludedValue": named, "methods": methods})], "occurrences": [where]},
            "properties": [{"name": f"custodes:{key}", "value": shown(text)} for key, text in facts.items() if text],
        }
    )  # fmt: skip


def _share(score: Any) -> float:
    return min(1.0, max(0.0, float(score or 0)))
