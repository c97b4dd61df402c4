"""The book of looks: one line per look at a watched page, only ever added to, each line sealed in the case's log.

``looks.jsonl``: when, at what address, what was seen and why, the status, where the answer came from, the hashes of its body, of its text and of the
package that holds it all. A failed look has a line too: that somebody looked and found nothing is a fact. ``texts/`` holds the texts by hash; they are
working copies, made from the packages and made again when they are lost.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from custodes.sources.book import Book
from custodes.sources.lines import canonical
from custodes.sources.pagetext import PageText
from custodes.sources.watch import Look

LOG = "looks.jsonl"
KIND = "look"
"""``kind`` of a sealed line; its facts are page, at, capture and the line's SHA-256."""
BOOK = Book(LOG, KIND, "looks", ("page", "at", "capture"), frozenset({"page", "at", "capture", "sight", "url"}), "the look at {page} of {at}")

add, facts, lines, unsealed, verify = BOOK.add, BOOK.facts, BOOK.lines, BOOK.unsealed, BOOK.verify


def by_page(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The looks of each page in the order in which they were written."""
    found: dict[str, list[dict[str, Any]]] = {}
    for _, line in lines(folder):
        found.setdefault(line["page"], []).append(line)
    return found


def look(line: Mapping[str, Any]) -> Look:
    """A line of the book as the watch reads it."""
    sight, why, final, words, body, capture = (str(line.get(name, "")) for name in ("sight", "why", "final", "text", "body", "capture"))
    return Look(datetime.fromisoformat(line["at"]), sight, why, final, words, body, capture, int(line.get("status", 0)))


def keep_text(folder: Path, text: PageText) -> str:
    """Keep a text by its hash; empty for a page without text."""
    if not text.blocks and not text.title:
        return ""
    data = canonical({"kind": text.kind, "title": text.title, "blocks": list(text.blocks)})
    sha256 = hashlib.sha256(data).hexdigest()
    path = _text_path(folder, sha256)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_name(f".{sha256[:12]}.{os.getpid()}.part")
        half.write_bytes(data)
        half.replace(path)
    return sha256


def text(folder: Path, sha256: str) -> PageText:
    """A kept text; the empty one when the working copy is not there any more."""
    if not sha256:
        return PageText("other")
    try:
        found = json.loads(_text_path(folder, sha256).read_bytes())
        return PageText(found["kind"], found["title"], tuple(found["blocks"]))
    except FileNotFoundError:
        return PageText("other", problem="the text is not there any more; it can be made again from the package")


def _text_path(folder: Path, sha256: str) -> Path:
    return folder / "texts" / sha256[:2] / f"{sha256}.json"


def latest(found: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The last look of some."""
    return max(found, key=lambda line: str(line["at"]), default=None)
