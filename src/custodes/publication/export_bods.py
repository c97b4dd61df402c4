"""Ownership links between companies as statements of the Beneficial Ownership Data Standard 0.4, and nothing else.

BODS speaks of ownership and control between persons and entities. Of our links only a subsidiary, a parent and a former owner are that; rebrands,
components, resellers and partners are not, and are left out by name and counted. An owned brand is no entity. All statements are about entities: there are no
persons. A person's control is never implied: ``beneficialOwnershipOrControl`` is false. What no source states stays ``unknown``.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

from custodes.publication.export_base import DRAFT, Sink, Written, bare, day, made_at, name_id, name_uuid, urls
from custodes.publication.rows import Row, shown, stream
from custodes.publication.view import View

OWNED = {"subsidiary": "is a subsidiary of", "former owner": "was owned by", "parent": "is the parent of"}
_WHY = {"owned brand": "a brand is no legal entity"}


class BodsWriter:
    """Writes ``bods/statements.json``, one array. Findings are not ownership: none is carried."""

    def __init__(self, view: View, folder: Path) -> None:
        self.left: Counter[str] = Counter()
        self._view = view
        self._entities: set[str] = set()
        self._relations = 0
        self._sink = Sink(folder / "bods" / "statements.json", "[\n", "\n]\n", ",\n")
        for row in stream(view.records["LINK"].sort_by("record_key")):
            if row["publish"] != "no":
                self._link(row)

    def take(self, row: Row) -> str:
        """BODS has no place for a finding."""
        return "not a statement about ownership"

    def _link(self, row: Row) -> None:
        if row["relation"] not in OWNED:
            self.left[_WHY.get(row["relation"], f"{row['relation']}: neither ownership nor control")] += 1
            return
        if row["relation"] == "former owner" and not row["valid_to"]:
            self.left["former owner without the date on which it ended"] += 1
            return
        for name in (row["subject"], row["object"]):
            if name not in self._entities:
                self._entities.add(name)
                self._sink.put(self._entity(name))
        self._sink.put(self._relation(row))
        self._relations += 1

    def _statement(self, kind: str, record: str, details: dict[str, Any], subject: str, row: Row | None = None) -> dict[str, Any]:
        found = urls(row["citation"]) if row else []
        marks = [DRAFT] if self._view.draft else []
        marks += [f"publish: {row['publish']}; confidence: {row['confidence']}; {row['citation']}"] if row else []
        return bare(
            {
                "statementId": name_uuid("bods", kind, record, self._view.kind), "declarationSubject": subject, "statementDate": made_at(self._view)[:10],
                "recordId": record, "recordType": kind, "recordStatus": "new", "recordDetails": details,
                "source": bare({"type": ["thirdParty"], "description": shown(row["citation"]), "url": found[0] if found else ""}) if row else {},
                "publicationDetails": {"publicationDate": made_at(self._view)[:10], "bodsVersion": "0.4", "publisher": {"name": f"{shown(self._view.title)} (made with custodes)"}},
                "annotations": [{"statementPointerTarget": "", "motivation": "commenting", "description": shown(words), "creationDate": made_at(self._view)[:10]} for words in marks],
            }
        )  # fmt: skip

    def _entity(self, name: str) -> dict[str, Any]:
        known = self._view.makers.get(name, name)
        return self._statement("entity", _record(name), bare({"isComponent": False, "entityType": {"type": "legalEntity"}, "name": shown(known)}), _record(name))

    def _relation(self, row: Row) -> dict[str, Any]:
        subject, owner = (row["object"], row["subject"]) if row["relation"] == "parent" else (row["subject"], row["object"])
        words = f"{row['subject']} {OWNED[row['relation']]} {row['object']}, as cited. {row['note'] or ''}".strip()
        interest = bare({"type": "unknownInterest", "directOrIndirect": "unknown", "beneficialOwnershipOrControl": False, "details": shown(words), "startDate": _first(row["valid_from"]), "endDate": _first(row["valid_to"])})
        record = f"custodes-link-{name_id(row['record_key'], row['subject'], row['object'], row['relation'])}"
        return self._statement("relationship", record, {"isComponent": False, "subject": _record(subject), "interestedParty": _record(owner), "interests": [interest]}, _record(subject), row)

    def close(self) -> list[Written]:
        """End the array."""
        n = self._sink.close()
        counts = {"statements": n, "entities": len(self._entities), "relationships": self._relations, **{f"links left out: {why}": count for why, count in self.left.items()}}
        return [Written(self._sink.path, "application/json", "BODS 0.4 statements about ownership links", counts)]


def _record(name: str) -> str:
    return f"custodes-entity-{name_id(name)}"


def _first(text: Any) -> str:
    """A whole day; a year or a month stands for its first day, as BODS asks."""
    text = str(text or "")
    if re.fullmatch(r"\d{4}", text):
        return f"{text}-01-01"
    return f"{text}-01" if re.fullmatch(r"\d{4}-\d{2}", text) else day(text)

