"""The lists of findings, and the questions to each body. The page of each finding is drawn in ``finding_pages``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from custodes.publication import charts
from custodes.publication.questions import by_body, citation, letters, place
from custodes.publication.rows import chunks, page_name, stream
from custodes.publication.show import finding, leading
from custodes.publication.site import LIST_ROWS, Site, numbered, pages, words_of

LETTERS = 8
"""Letters per page."""
SHOWN = ("named", "weak", "other", "rejected")
"""Layers of the list of findings; questions stand with their bodies."""


def lists(site: Site) -> None:
    """The list of all findings but the questions."""
    view = site.view
    listed = pa.concat_tables([leading(view.parts[name]) for name in SHOWN])
    parts = list(chunks(range(len(listed)), LIST_ROWS))
    for n, part in enumerate(parts, 1):
        rows = [finding(view, row) for row in stream(listed.slice(part[0], len(part)))] if len(part) else []
        site.write("findings.html", numbered("findings", n), rows=rows, page=n, pages=pages("findings", len(parts)))


def questions(site: Site) -> None:
    """A page (or several) of letters per body, and the list of bodies."""
    bodies = list(_letters(site))
    drawn = charts.answers(site.view)
    site.each("questions.html", "questions.html", {lang: {"bodies": bodies, "chart": drawn(words) if drawn else None} for lang, words in words_of(site)})


def _letters(site: Site) -> Iterator[dict[str, Any]]:
    """Write each body's letters; what the list of bodies says of them."""
    view = site.view
    info = {b["body"]: b for b in view.bodies}
    for body, rows in by_body(view.parts["question"]):
        slug = f"questions/{view.question_pages[body]}"
        known, loose = letters(view.letters.get(body, ()), rows)
        parts = [*(("letters", part) for part in chunks(known, LETTERS) if part), *(("loose", part) for part in chunks(loose, LIST_ROWS) if part)]
        for n, (kind, part) in enumerate(parts, 1):
            values: dict[str, Any] = {"letters": (), "loose": (), kind: part, "total": len(rows), "page": n, "pages": pages(slug, len(parts))}
            site.write("letters.html", numbered(slug, n), body=body, info=info.get(body, {}), citation=citation, place=place, page_name=page_name, **values)
        law = known[0].told["law"] if known else ""
        yield {"body": body, "count": len(rows), "letters": len(known), "page": f"{slug}.html", "law": law, "newest": rows[0]["date"], "oldest": rows[-1]["date"]}
