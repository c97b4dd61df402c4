"""Every finding as a W3C Web Annotation (recommendation of 2017): where its record stands, quoted, with the finding as body.

An annotation page in JSON-LD, one annotation per finding, and one more per quote of a captured page that the edition shows. The target is the stored file by its
hash (``urn:sha256:...``), with the words as TextQuoteSelector and the place as a FragmentSelector: lines by RFC 5147, JSON pointers by RFC 6901.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from custodes.publication import wording
from custodes.publication.export_base import (
    DRAFT,
    Sink,
    Written,
    address,
    bare,
    headline,
    json_bytes,
    made_at,
    moment,
    name_uuid,
    status,
    status_words,
)
from custodes.publication.rows import Row, page_name, shown
from custodes.publication.view import View

CONTEXT = "http://www.w3.org/ns/anno.jsonld"
_LINES = re.compile(r"lines? (\d+)(?: to (\d+))?")


class AnnotationWriter:
    """Writes ``annotations/annotations.jsonld``."""

    def __init__(self, view: View, folder: Path) -> None:
        self._view = view
        self._quotes = 0
        id = address(view, "formats/annotations/annotations.jsonld") or f"urn:uuid:{name_uuid('annotations', view.kind, view.now, view.title)}"
        head = {"@context": CONTEXT, "id": id, "type": "AnnotationPage", "partOf": {"id": f"{id}#all", "type": "AnnotationCollection", "label": shown(f"{'DRAFT. ' if view.draft else ''}{view.title}")}, "startIndex": 0}
        self._sink = Sink(folder / "annotations" / "annotations.jsonld", json_bytes(head).decode()[:-1] + ',"items":[\n', "\n]}\n", ",\n")
        for made in quotes(view):
            self._sink.put(made)
            self._quotes += 1

    def take(self, row: Row) -> str:
        """One annotation."""
        self._sink.put(annotation(row, self._view))
        return ""

    def close(self) -> list[Written]:
        """End the page."""
        n = self._sink.close()
        return [Written(self._sink.path, "application/ld+json", "W3C Web Annotations", {"annotations": n, "quotes": self._quotes})]


def annotation(row: Row, view: View) -> dict[str, Any]:
    """The annotation of one finding."""
    page = address(view, f"findings/{page_name(row['finding_id'])}")
    words = f"{headline(row, view)}. {wording.kind_words(row)}. {' '.join(reason['words'] for reason in row['reasons'])} {' '.join(wording.not_shown(row))} {status_words(row)}{' ' + DRAFT if view.draft else ''}"
    text = {"id": f"urn:custodes:finding:{row['finding_id']}", "type": "TextualBody", "value": shown(words), "format": "text/plain", "language": "en", "purpose": "describing"}
    tag = {"type": "TextualBody", "value": f"{status(row)}: {row['kind']}", "purpose": "tagging"}
    linked = [{"id": page, "type": "Text", "format": "text/html", "purpose": "linking"}] if page else []
    selector = [*([{"type": "TextQuoteSelector", "exact": shown(row["description"])}] if row["description"] else []), *_fragment(row["origin_at"])]
    return {
        "id": f"urn:uuid:{name_uuid('annotation', row['finding_id'])}", "type": "Annotation", "motivation": "identifying", "created": made_at(view),
        "generator": {"id": "urn:custodes", "type": "Software", "name": "custodes"}, "body": [text, tag, *linked],
        "target": bare({"type": "SpecificResource", "source": {"id": _urn(row), "type": "Dataset", "label": shown(row["origin_file"])}, "selector": selector}),
    }  # fmt: skip


def _urn(row: Row) -> str:
    return f"urn:sha256:{row['origin_sha256']}"


def _fragment(at: str) -> list[dict[str, Any]]:
    """The place as a fragment: RFC 5147 counts the gaps between lines, so line 17 is ``line=16,17``."""
    if match := _LINES.fullmatch(at or ""):
        return [{"type": "FragmentSelector", "conformsTo": "http://tools.ietf.org/rfc/rfc5147", "value": f"line={int(match[1]) - 1},{match[2] or match[1]}"}]
    if (at or "").startswith("/"):
        return [{"type": "FragmentSelector", "conformsTo": "http://tools.ietf.org/rfc/rfc6901", "value": at}]
    return [{"type": "FragmentSelector", "value": shown(at)}] if at else []


def quotes(view: View) -> Iterator[dict[str, Any]]:
    """An annotation per quote of a captured page, in the threads that the edition shows."""
    for thread in view.claims:
        for quote in thread["quotes"]:
            yield _quote(quote, view)


def _quote(row: Row, view: View) -> dict[str, Any]:
    selectors: list[dict[str, Any]] = [
        {"type": "TextQuoteSelector", "exact": shown(row["quote"]), "prefix": shown(row["prefix"]), "suffix": shown(row["suffix"])},
        {"type": "TextPositionSelector", "start": row["start"], "end": row["end"]},
    ]
    if row["byte_start"] is not None and row["byte_start"] >= 0:
        selectors.append({"type": "DataPositionSelector", "start": row["byte_start"], "end": row["byte_end"]})
    said = f"{row['stance']}: {', '.join(row['capabilities'])}{'. ' + DRAFT if view.draft else ''}"
    seen = moment(row["date"])
    state = [{"type": "TimeState", "sourceDate": seen}] if seen else []
    return {
        "id": f"urn:uuid:{name_uuid('quote', row['event_id'])}", "type": "Annotation", "motivation": "classifying", "created": made_at(view),
        "generator": {"id": "urn:custodes", "type": "Software", "name": "custodes"}, "body": [{"type": "TextualBody", "value": shown(said), "format": "text/plain", "language": "en", "purpose": "classifying"}],
        "target": bare({"type": "SpecificResource", "source": shown(row["url"]) or f"urn:sha256:{row['capture']}", "selector": selectors, "state": state}),
    }  # fmt: skip
