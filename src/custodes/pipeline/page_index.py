"""What the book of looks says about every page: state, events, differences, lines of versions. Made anew from the book each time, nothing is remembered here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from custodes.case import Case
from custodes.pipeline import looking
from custodes.sources import looks, textdiff, watch
from custodes.values.page import WatchedPage

TERMS = ("ethnic*", "uyghur*", "uighur*", "minorit*", "race", "racial*", "skin colour", "skin color", "religio*", "nationalit*", "gender", "age", "emotion*")
"""Words whose coming and going is told in a line of versions when the case names none: the capabilities that custodes looks for, in English."""


def index(the_case: Case, sources: Path) -> dict[str, Any]:
    """``{"pages": [...], "lines": [...]}``: pages in the order of case.toml, then those that it no longer names; lines by name."""
    book = looks.by_page(sources)
    watched = {looking.page_id(page): page for page in the_case.pages}
    gone = {identity: WatchedPage(str(found[0]["url"]), bool(found[0]["browser"])) for identity, found in book.items() if identity not in watched}
    texts = _texts(sources)
    pages = [_page(the_case, identity, page, book.get(identity, []), texts, identity in watched) for identity, page in {**watched, **gone}.items()]
    return {"pages": pages, "lines": _lines(the_case, book, texts)}


def _texts(sources: Path) -> Any:
    @lru_cache(maxsize=512)
    def of(sha256: str) -> tuple[str, ...]:
        return looks.text(sources, sha256).sentences

    return of


def _page(the_case: Case, identity: str, page: WatchedPage, book: Sequence[Mapping[str, Any]], texts: Any, watched: bool) -> dict[str, Any]:
    filters = textdiff.patterns(page.ignore, "case.toml")
    course = watch.follow(map(looks.look, book), lambda sha256: textdiff.filtered(texts(sha256), filters), watch.Patience(the_case.gather.looks, the_case.gather.days))
    last, gone_since = course.last_seen, course.first_not_seen
    said = {name: value for name in ("maker", "product", "line", "version", "note") if (value := getattr(page, name))}
    return {
        **said, "page": identity, "url": page.url, "browser": page.browser, "watched": watched, "state": course.state, "looks": len(book),
        "last_seen": last.at.isoformat() if last else "", "first_not_seen": gone_since.at.isoformat() if gone_since else "",
        "capture": last.capture if last else "", "events": [_event(event) for event in course.events], "texts": _new_texts(book),
        "absent": [{"at": look.at.isoformat(), "capture": look.capture} for look in _absences(course)],
    }  # fmt: skip


def _event(event: watch.Event) -> dict[str, Any]:
    """An event as a row: it happened after ``after`` and not after ``by``."""
    row: dict[str, Any] = {
        "kind": event.kind, "after": event.before.at.isoformat() if event.before else "", "by": event.look.at.isoformat(), "why": event.why,
        "capture": event.look.capture, "capture_before": event.before.capture if event.before else "", "final": event.look.final,
    }  # fmt: skip
    if event.confirmed:
        row["confirmed"] = event.confirmed.at.isoformat()
    if event.difference:
        row |= {"removed": list(event.difference.removed), "added": list(event.difference.added)}
    return row


def _absences(course: watch.Course) -> list[watch.Look]:
    """The looks that prove a page gone: the first that did not see it, and the one that made it sure. A single 404 proves nothing."""
    found = [look for event in course.events if event.kind == watch.GONE for look in (event.look, event.confirmed) if look and look.capture]
    return list(dict.fromkeys(found))


def _new_texts(book: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """The packages that hold a text for the first time: what the records room reads. Looks that saw no page are not among them."""
    found: dict[str, dict[str, str]] = {}
    for line in book:
        if line["sight"] == "present" and line["capture"] and line["text"]:
            found.setdefault(line["text"], {"at": line["at"], "capture": line["capture"], "text": line["text"]})
    return list(found.values())


def _lines(the_case: Case, book: Mapping[str, Sequence[Mapping[str, Any]]], texts: Any) -> list[dict[str, Any]]:
    """Lines of versions: what each first version said last and the next no longer says."""
    names = sorted({page.line for page in the_case.pages if page.line})
    return [_line(name, [page for page in the_case.pages if page.line == name], the_case.gather.terms or TERMS, book, texts) for name in names]


def _line(name: str, pages: Sequence[WatchedPage], terms: Sequence[str], book: Mapping[str, Sequence[Mapping[str, Any]]], texts: Any) -> dict[str, Any]:
    ordered = sorted(pages, key=lambda page: natural(page.version or page.url))
    versions = []
    for page in ordered:
        seen = [line for line in book.get(looking.page_id(page), ()) if line["sight"] == "present"]
        versions.append((page.version or page.url, texts(seen[-1]["text"]) if seen and seen[-1]["text"] else ()))
    steps = [{"term": s.term, "kind": s.kind, "last": s.last, "first": s.first, "sentence": s.sentence} for s in watch.line(versions, terms)]
    return {"line": name, "versions": [version for version, _ in versions], "unread": [version for version, text in versions if not text], "steps": steps}


def natural(text: str) -> list[tuple[int, int, str]]:
    """5.9 before 5.10: numbers by their value, the rest by its letters."""
    return [(0, int(part), "") if part.isdigit() else (1, 0, part.lower()) for part in re.findall(r"\d+|[^\d.]+", text)]
