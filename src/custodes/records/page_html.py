"""Web pages: every text of an HTML document, with the node it stands in.

Source HTML as the server sent it, or the document as a browser had it after running scripts. All text counts: navigation, tables, footers, the title, the
meta description, alternative texts, code blocks, what is hidden (marked so). Scripts and styles are no text. Parsed by lexbor as the HTML standard says,
so a path is the path in a browser.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.metadata import version
from typing import Any, BinaryIO

import pyarrow as pa

from custodes.errors import LimitError
from custodes.records import list_us_ecfr, list_us_fcc, list_us_uflpa, page_rest
from custodes.records.page_decode import decoded
from custodes.records.page_runs import Seen, Taken
from custodes.records.page_source import Source
from custodes.records.page_walk import Light, Places, Walk
from custodes.values import Origin

NAME = "page_html"
KINDS: tuple[str, ...] = ("PAGE",)

SIZE_LIMIT = 32 << 20
"""Bytes of one document."""
DEPTH_LIMIT = 2_000
ATTRIBUTE_LIMIT = 4_000
TAG_LIMIT = 3_000_000
"""An element takes about a kilobyte of memory while the page is read."""
_MANY_TAGS = 10_000
_LONG_TAG = 65_536

_START = re.compile(rb"^\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|title|meta|div|main|article)\b", re.I | re.S)
_OTHERS = (".csv", ".tsv", ".tab", ".xls", ".xlsx", ".ods", ".json", ".jsonl", ".ndjson", ".xml", ".pdf", ".zip", ".parquet")
_LIST_PAGES = (list_us_uflpa, list_us_fcc, list_us_ecfr)
"""Readers of official lists that are pages: these are theirs."""
_TAG = re.compile(rb"<(/?)([a-zA-Z][^\s/>]*)")
_ENDLESS = re.compile(rb"<[a-zA-Z][^<>]{65536,}")
_CLOSED = frozenset(
    b"area base br col embed hr img input link meta param source track wbr p li dt dd tr td th option optgroup thead tbody tfoot colgroup html head body".split()
)


def sniff(head: bytes, filename: str) -> bool:
    """Claims what begins like an HTML document, or bears such a name and begins with a tag. A table's or document's name with a page inside is no page: it
    is the error message that came in place of the file."""
    if filename.lower().endswith(_OTHERS) or any(reader.sniff(head, filename) for reader in _LIST_PAGES):
        return False
    start = head[:4096].removeprefix(b"\xef\xbb\xbf").replace(b"\0", b"").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    return bool(_START.match(start)) or (filename.lower().endswith((".html", ".htm", ".xhtml")) and start.lstrip().startswith(b"<"))


def companions(filename: str) -> tuple[str, ...]:
    """A saved page stands alone: its pictures are no text."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """One PAGE. LimitError for a document that is too large or too deep."""
    yield from page_rest.whole(streams[0], origin, take, SIZE_LIMIT)


def texts(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """The same without the places of the text."""
    yield from page_rest.whole(streams[0], origin, light, SIZE_LIMIT, places=False)


@cache
def extractor() -> str:
    """Name and version of what takes the text: another one may cut it otherwise."""
    return f"page_html 1, selectolax {version('selectolax')}"


def take(payload: bytes, seen: Seen, where: str, *, bytes_too: bool = False) -> Taken:
    """All text of one document. ``where`` names it in a LimitError; ``bytes_too``: find the bytes of every run as well, which takes longer."""
    from selectolax.lexbor import LexborHTMLParser

    _check(payload, where)
    html, encoding, mark = decoded(payload, seen.charset)
    tree = LexborHTMLParser(html)
    walk = _walked(tree, html, where, Source(payload, encoding, mark) if bytes_too else None)
    return _taken(walk, encoding)


def light(payload: bytes, seen: Seen, where: str) -> Taken:
    """The same, read for its text alone in less time; asked for places after all, it walks over the page once more."""
    from selectolax.lexbor import LexborHTMLParser

    _check(payload, where)
    html, encoding, _ = decoded(payload, seen.charset)
    tree, walk = LexborHTMLParser(html), Light()
    if tree.root is not None:
        walk.over(tree.root)
    walk.runs.again = lambda: _walked(tree, html, where).runs
    return _taken(walk, encoding)


def _walked(tree: Any, html: str, where: str, source: Source | None = None) -> Walk:
    walk = Walk(source)
    if tree.root is not None:
        walk.over(tree.root)
    walk.runs.places = lambda runs: Places(html, tree, where).of(runs)
    return walk


def _taken(walk: Walk, encoding: str) -> Taken:
    readable = "yes" if walk.runs.pieces else "no"
    reason = () if walk.runs.pieces else ("no text in the document; it may need scripts to show any",)
    return Taken(walk.runs, extractor(), "text/html", encoding, walk.title, walk.lang, readable, reason)


def _check(payload: bytes, where: str) -> None:
    """Refuse what would take the parser for ever: the cost of depth and of attributes on one tag grows with their square."""
    advice = "this is no ordinary page; look at it by hand"
    if len(payload) > SIZE_LIMIT:
        raise LimitError(f"the page is larger than {SIZE_LIMIT >> 20} MiB", where=where, advice=advice)
    wide = payload.replace(b"\0", b"") if b"\0" in payload[:4096] else payload
    if len(wide) > _LONG_TAG and any(len(tag[0].split()) > ATTRIBUTE_LIMIT for tag in _ENDLESS.finditer(wide)):
        raise LimitError(f"a tag of the page has more than {ATTRIBUTE_LIMIT:,} attributes", where=where, advice=advice)
    tags = wide.count(b"<")
    if tags > TAG_LIMIT:
        raise LimitError(f"the page has more than {TAG_LIMIT:,} tags", where=where, advice=advice)
    if tags > _MANY_TAGS and _depth(wide) > DEPTH_LIMIT:
        raise LimitError(f"the page is nested deeper than {DEPTH_LIMIT:,} elements", where=where, advice=advice)


def _depth(payload: bytes) -> int:
    """How deep the tags may nest at most; tags that never stay open are not counted."""
    depth = deepest = 0
    for match in _TAG.finditer(payload):
        if match[2].lower() in _CLOSED:
            continue
        depth = max(0, depth - 1) if match[1] else depth + 1
        deepest = max(deepest, depth)
    return deepest
