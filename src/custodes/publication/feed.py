"""The Atom feed of a public edition (RFC 4287): an entry per edition and per finding that came, changed or was taken back. A draft has none."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from custodes.publication import editions
from custodes.publication.i18n import Say
from custodes.publication.rows import Row, page_name, shown
from custodes.publication.site import Site, folder_of, words_of

MOST = 200
"""Findings per edition with an entry of their own; the edition's entry counts them all and leads to the page that lists them."""


def write(site: Site) -> None:
    """``feed.xml`` in every language; nothing without a log of editions."""
    if site.view.facts["history"]:
        for lang, say in words_of(site):
            site.text(f"{folder_of(lang)}feed.xml", _feed(site, say))


def _feed(site: Site, say: Say) -> str:
    told = editions.told(site.view.facts["history"])
    base = site.view.facts["url"] + folder_of(say.lang)
    title = shown(site.view.title)
    head = [
        '<?xml version="1.0" encoding="utf-8"?>', f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang={quoteattr(say.code)}>',
        f"<title>{escape(title)}</title>", f"<id>{_id(title, say.lang)}</id>", f"<updated>{_moment(told[0]['now'])}</updated>",
        "<author><name>custodes</name></author>", f"<generator version={quoteattr(str(site.view.facts['version']) or '0')}>custodes</generator>",
        f"<link rel=\"alternate\" type=\"text/html\" href={quoteattr(base + 'changes.html')}/>",
        *([f"<link rel=\"self\" type=\"application/atom+xml\" href={quoteattr(base + 'feed.xml')}/>"] if site.view.facts["url"] else []),
    ]  # fmt: skip
    return "\n".join([*head, *(entry for edition in told for entry in _entries(site, say, title, base, edition)), "</feed>"]) + "\n"


def _entries(site: Site, say: Say, title: str, base: str, edition: Row) -> Iterator[str]:
    counts = {name: say.count(len(edition[name])) for name in ("changed", "withdrawn")}
    words = say.n(len(edition["added"]), "{n} finding new, {changed} changed, {withdrawn} taken back.", "{n} findings new, {changed} changed, {withdrawn} taken back.", **counts)
    yield _entry(say, title, edition, f"{base}changes.html#edition-{edition['edition']}", say("Edition {n}", n=edition["edition"]), words, edition["sha256"])
    made = [(name, event) for name in ("added", "changed", "withdrawn") for event in edition[name]]
    heads = {"added": "New finding {id}", "changed": "Finding {id} changed: version {n}", "withdrawn": "Finding {id} was taken back"}
    for name, event in made[:MOST]:
        text = say.of(event["reason"]) if name == "withdrawn" else _first(site, event)
        yield _entry(say, title, edition, f"{base}findings/{page_name(event['id'])}", say(heads[name], id=event["id"], n=event["version"]), text, f"{name}{event['id']}{event['sha256']}")


def _first(site: Site, event: Row) -> str:
    """The heading of a version that is in force; an earlier one says nothing here."""
    current = site.view.facts["versions"].get(event["id"], {}).get("sha256") == event["sha256"]
    return str(event["text"]).split("\n")[0] if current else ""


def _entry(say: Say, title: str, edition: Row, link: str, head: Any, text: Any, key: str) -> str:
    moment = _moment(edition["now"])
    parts = (
        f"<title>{escape(shown(head))}</title>", f"<id>{_id(title, say.lang, str(edition['edition']), key)}</id>", f"<updated>{moment}</updated>",
        f"<link rel=\"alternate\" type=\"text/html\" href={quoteattr(link)}/>", f"<summary>{escape(shown(text))}</summary>",
    )  # fmt: skip
    return "<entry>" + "".join(parts) + "</entry>"


def _id(*parts: str) -> str:
    """A name that is the same on every run: a UUID from the hash of its parts (RFC 9562, version 8)."""
    digest = bytearray(hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()[:16])
    digest[6], digest[8] = digest[6] & 0x0F | 0x80, digest[8] & 0x3F | 0x80
    return f"urn:uuid:{uuid.UUID(bytes=bytes(digest))}"


def _moment(now: str) -> str:
    """RFC 3339, as Atom asks."""
    return now if "T" in now else f"{now or '2000-01-01'}T00:00:00Z"
