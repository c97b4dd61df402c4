"""Provenance in PROV-O (W3C recommendation of 2013) as JSON-LD with a context of its own: from files to findings to decisions to the edition.

File (``prov:Entity``, by its hash) -> finding (``prov:wasDerivedFrom``, ``prov:atLocation`` the place in the file, ``prov:wasGeneratedBy`` the search) -> decision
(a ``prov:Activity`` of a role, never a natural person) -> edition (``prov:hadMember`` each finding).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from custodes.publication.export_base import DRAFT, Sink, Written, bare, json_bytes, made_at, moment, name_uuid, status
from custodes.publication.rows import Row, shown
from custodes.publication.view import View

CONTEXT = {
    "prov": "http://www.w3.org/ns/prov#", "xsd": "http://www.w3.org/2001/XMLSchema#", "rdfs": "http://www.w3.org/2000/01/rdf-schema#", "dcterms": "http://purl.org/dc/terms/",
    "label": "rdfs:label", "comment": "rdfs:comment", "identifier": "dcterms:identifier",
    "wasDerivedFrom": {"@id": "prov:wasDerivedFrom", "@type": "@id"}, "wasGeneratedBy": {"@id": "prov:wasGeneratedBy", "@type": "@id"},
    "wasInfluencedBy": {"@id": "prov:wasInfluencedBy", "@type": "@id"}, "wasAssociatedWith": {"@id": "prov:wasAssociatedWith", "@type": "@id"},
    "wasAttributedTo": {"@id": "prov:wasAttributedTo", "@type": "@id"}, "used": {"@id": "prov:used", "@type": "@id"}, "hadMember": {"@id": "prov:hadMember", "@type": "@id"},
    "memberOf": {"@reverse": "prov:hadMember", "@type": "@id"}, "atLocation": "prov:atLocation",
    "generatedAtTime": {"@id": "prov:generatedAtTime", "@type": "xsd:dateTime"}, "endedAtTime": {"@id": "prov:endedAtTime", "@type": "xsd:dateTime"},
}  # fmt: skip


class ProvWriter:
    """Writes ``prov/prov.jsonld``."""

    def __init__(self, view: View, folder: Path) -> None:
        self._view = view
        self._edition = f"urn:uuid:{name_uuid('edition', view.kind, view.now, view.title)}"
        self._search = f"urn:uuid:{name_uuid('search', str(view.facts['watchlist_version']), str(view.facts['version']))}"
        self._files: set[str] = set()
        self._findings = self._decisions = 0
        self._sink = Sink(folder / "prov" / "prov.jsonld", '{"@context":' + json_bytes(CONTEXT).decode() + ',"@graph":[\n', "\n]}\n", ",\n")
        self._first()

    def _first(self) -> None:
        view = self._view
        made = f"urn:uuid:{name_uuid('publish', view.kind, view.now, view.title)}"
        self._sink.put({"@id": "urn:custodes", "@type": ["prov:Agent", "prov:SoftwareAgent"], "label": f"custodes {view.facts['version']}".strip()})
        self._sink.put({"@id": "urn:custodes:role:reviewer", "@type": "prov:Agent", "label": "a reviewer (a role; no natural person is named)"})
        watched = f"watchlist {view.facts['watchlist_version']}".strip()
        self._sink.put({"@id": self._search, "@type": "prov:Activity", "label": f"custodes find, {watched}", "wasAssociatedWith": "urn:custodes"})
        self._sink.put(bare({"@id": made, "@type": "prov:Activity", "label": f"custodes publish --edition {view.kind}", "wasAssociatedWith": "urn:custodes", "endedAtTime": moment(view.now)}))
        mark = DRAFT if view.draft else ""
        self._sink.put(
            bare({"@id": self._edition, "@type": ["prov:Entity", "prov:Collection"], "label": shown(view.title), "comment": mark, "wasGeneratedBy": made, "generatedAtTime": made_at(view)})
        )
        for row in view.coverage:
            self._file(row["sha256"], row["path"])

    def _file(self, sha256: str, path: str) -> None:
        if sha256 and sha256 not in self._files:
            self._files.add(sha256)
            self._sink.put({"@id": f"urn:sha256:{sha256}", "@type": "prov:Entity", "label": shown(path), "identifier": f"sha256:{sha256}"})

    def take(self, row: Row) -> str:
        """The finding, after its file and its decision."""
        self._file(row["origin_sha256"], row["origin_file"])
        id, decided = f"urn:custodes:finding:{row['finding_id']}", ""
        if row["verdict"]:
            decided = f"urn:custodes:decision:{row['finding_id']}"
            words = f"{row['verdict']}{' (stale: the evidence changed since)' if row['stale'] else ''}: {row['reason']}".strip(": ")
            self._sink.put(bare({"@id": decided, "@type": "prov:Activity", "label": shown(words), "endedAtTime": moment(row["decided"]), "wasAssociatedWith": "urn:custodes:role:reviewer"}))
            self._decisions += 1
        where = {"@type": "prov:Location", "label": shown(f"{row['origin_file']}, {row['origin_at']}")}
        self._sink.put(
            bare(
                {
                    "@id": id, "@type": "prov:Entity", "identifier": row["finding_id"], "label": shown(f"{status(row)}: {row['kind']}, {row['record_key']}"),
                    "comment": DRAFT if self._view.draft else "", "wasDerivedFrom": f"urn:sha256:{row['origin_sha256']}" if row["origin_sha256"] else "",
                    "atLocation": where, "wasGeneratedBy": self._search, "wasInfluencedBy": decided, "memberOf": self._edition,
                }
            )
        )  # fmt: skip
        self._findings += 1
        return ""

    def close(self) -> list[Written]:
        """End the graph."""
        self._sink.close()
        counts: dict[str, Any] = {"findings": self._findings, "files": len(self._files), "decisions": self._decisions}
        return [Written(self._sink.path, "application/ld+json", "PROV-O provenance", counts)]
