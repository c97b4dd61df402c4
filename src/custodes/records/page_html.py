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
from custodes.records.page_runs import BLANK, BLANKS, CELL, LINE, NOWHERE, PARAGRAPH, Found, Runs, Seen, Taken
from custodes.records.page_source import Source
from custodes.values import Origin

NAME = "page_html"
KINDS: tuple[str, ...] = ("PAGE",)

SIZE_LIMIT = 32 << 20
"""Bytes of one document."""
DEPTH_LIMIT = 2_000
ATTRIBUTE_LIMIT = 4_000
_MANY_TAGS = 10_000
_LONG_TAG = 65_536

_START = re.compile(rb"^\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|title|meta|div|main|article)\b", re.I | re.S)
_OTHERS = (".csv", ".tsv", ".tab", ".xls", ".xlsx", ".ods", ".json", ".jsonl", ".ndjson", ".xml", ".pdf", ".zip", ".parquet")
_LIST_PAGES = (list_us_uflpa, list_us_fcc, list_us_ecfr)
"""Readers of official lists that are pages: these are theirs."""
_NO_TEXT = frozenset(("script", "style"))
_LINES = ["address", "br", "button", "caption", "center", "dd", "details", "dialog", "dir", "div", "dt", "fieldset", "figcaption", "frameset", "head", "hgroup", "hr", "html", "iframe", "legend", "li", "main", "menu", "noscript", "object", "option", "optgroup", "search", "select", "summary", "tbody", "textarea", "tfoot", "thead", "title", "tr", "video", "body"]
_APART = ["p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "section", "article", "nav", "header", "footer", "aside", "blockquote", "figure", "dl", "form", "pre"]
_BLOCK = dict.fromkeys(_LINES, LINE) | dict.fromkeys(_APART, PARAGRAPH)
_ROWS = frozenset(("tr", "table"))
_CELL = frozenset(("td", "th"))
_KEPT = frozenset(("pre", "textarea", "listing", "plaintext", "xmp"))
_CODE = frozenset(("pre", "code", "samp", "kbd"))
_ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "meta": ("content",), "img": ("alt", "title"), "area": ("alt",), "input": ("alt", "placeholder"), "iframe": ("title",), "svg": ("aria-label",), "video": ("title",),
}  # fmt: skip
_SPECIAL = _KEPT | _CODE | frozenset(_ATTRIBUTES) | {"title"}
_MAY_HIDE = ("hidden", "display", "<template", "<noscript")
_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
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
    lower = html.lower()
    walk = _Walk(any(word in lower for word in _MAY_HIDE), Source(payload, encoding, mark) if bytes_too else None)
    if tree.root is not None:
        walk.over(tree.root)
    readable = "yes" if walk.runs.length else "no"
    reason = () if walk.runs.length else ("no text in the document; it may need scripts to show any",)
    return Taken(walk.runs, extractor(), "text/html", encoding, walk.title, walk.lang, readable, reason)


def _check(payload: bytes, where: str) -> None:
    """Refuse what would take the parser for ever: the cost of depth and of attributes on one tag grows with their square."""
    advice = "this is no ordinary page; look at it by hand"
    if len(payload) > SIZE_LIMIT:
        raise LimitError(f"the page is larger than {SIZE_LIMIT >> 20} MiB", where=where, advice=advice)
    wide = payload.replace(b"\0", b"") if b"\0" in payload[:4096] else payload
    if len(wide) > _LONG_TAG and any(len(tag[0].split()) > ATTRIBUTE_LIMIT for tag in _ENDLESS.finditer(wide)):
        raise LimitError(f"a tag of the page has more than {ATTRIBUTE_LIMIT:,} attributes", where=where, advice=advice)
    if wide.count(b"<") > _MANY_TAGS and _depth(wide) > DEPTH_LIMIT:
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


_Frame = list[Any]
"""One open element: tag, its number among its like, mark, are blanks kept, children counted by tag, texts counted, path (made when the first text needs it)."""
_TAGNAME, _NUMBER, _MARK, _KEEP, _COUNTS, _TEXTS, _PATH = range(7)


class _Walk:
    """One walk over a document in the order of its text, without recursion. ``source``: where texts stand in the bytes, when that is wanted."""

    def __init__(self, may_hide: bool, source: Source | None) -> None:
        self.runs, self.source, self.may_hide = Runs(), source, may_hide
        self.title = self.lang = ""
        self._frames: list[_Frame] = []

    def over(self, root: Any) -> None:
        """Walk from the root element down."""
        given = root.attributes
        self.lang = str(given.get("lang") or given.get("xml:lang") or "").strip()[:35]
        frames = self._frames = [["html", 1, "", False, None, 0, "/html[1]"]]
        stack, text_of, enter, leave = [root.first_child], self._text, self._enter, self._leave
        while stack:
            node = stack.pop()
            if node is None:
                tag = frames.pop()[_TAGNAME]
                if tag in _BLOCK:
                    leave(tag)
                continue
            stack.append(node.next)
            tag = node.tag
            if tag == "-text":
                text_of(node.text_content, frames[-1])
            elif tag and tag[0] not in "-!" and enter(node, tag, frames[-1]):
                stack.append(node.first_child)

    def _leave(self, tag: str) -> None:
        """Before or after a block: at least a line end. A row of a table ends whatever its last cell was waiting for."""
        runs, gap = self.runs, _BLOCK[tag]
        if gap > runs.waiting or tag in _ROWS:
            runs.waiting = gap

    def _enter(self, node: Any, tag: str, parent: _Frame) -> bool:
        """Open a child element; False when nothing below it is text."""
        counts = parent[_COUNTS]
        if counts is None:
            counts = parent[_COUNTS] = {}
        number = counts[tag] = counts.get(tag, 0) + 1
        if tag in _NO_TEXT:
            if self.source:
                self.source.skip(node.text(deep=True) if node.first_child is not None else "")
            return False
        mark = parent[_MARK]
        frame = [tag, number, mark, parent[_KEEP], None, 0, ""]
        self._frames.append(frame)
        if tag in _BLOCK:
            self._leave(tag)
        elif tag in _CELL and counts.get("td", 0) + counts.get("th", 0) > 1:
            self.runs.waiting = CELL
        if tag in _SPECIAL:
            self._special(node, tag, frame, parent)
        if self.may_hide and mark != "hidden" and _hidden(node, tag):
            frame[_MARK] = "hidden"
        return True

    def _special(self, node: Any, tag: str, frame: _Frame, parent: _Frame) -> None:
        """Elements whose text is of a sort of its own, or stands in attributes."""
        if tag == "title" and parent[_TAGNAME] == "head":
            frame[_MARK] = "title"
        elif tag in _CODE or tag in _KEPT:
            frame[_KEEP] = frame[_KEEP] or tag in _KEPT
            frame[_MARK] = frame[_MARK] or ("code" if tag in _CODE else "")
        elif tag in _ATTRIBUTES:
            self._attributes(node, tag, frame)

    def _path(self) -> str:
        """The path of the innermost open element, made from the nearest one that is known."""
        frames = self._frames
        known = len(frames) - 1
        while not frames[known][_PATH]:
            known -= 1
        path = frames[known][_PATH]
        for frame in frames[known + 1 :]:
            path = frame[_PATH] = f"{path}/{frame[_TAGNAME]}[{frame[_NUMBER]}]"
        return str(path)

    def _text(self, text: str | None, frame: _Frame) -> None:
        """One text node. Most are one run and need no second look."""
        frame[_TEXTS] += 1
        bare = (text or "").strip(BLANKS)
        if not text or (not bare and not frame[_KEEP]):
            self.runs.gap(BLANK)
            return
        path = frame[_PATH] or self._path()
        if frame[_TEXTS] > 1:
            path = f"{path}/text()[{frame[_TEXTS]}]"
        mark = frame[_MARK]
        if mark == "title" and not self.title:
            self.title = " ".join(text.split())[:500]
        found = self.source.find(text) if self.source else NOWHERE
        if frame[_KEEP]:
            self._kept(text, path, found, mark)
        elif bare == text and found is NOWHERE and "\n" not in text and "  " not in text and "\t" not in text:
            runs = self.runs
            if runs.waiting:
                runs.border()
            size = len(text)
            runs.runs.append((runs.length, size, path, 0, -1, mark))
            runs.pieces.append(text)
            runs.length += size
        else:
            self.runs.flowing(text, path, found, mark)

    def _kept(self, text: str, path: str, found: Found, mark: str) -> None:
        """Text whose line ends count."""
        start = 0
        for line in text.split("\n"):
            for left, right, at in found.parts(text, start, start + len(line)):
                self.runs.run(text[left:right], path, left, at, mark)
            self.runs.gap(LINE)
            start += len(line) + 1

    def _attributes(self, node: Any, tag: str, frame: _Frame) -> None:
        """Words that stand in attributes: the meta description, alternative texts."""
        given = node.attributes
        sort = "description" if tag == "meta" else "alt"
        if tag == "meta" and str(given.get("name") or "").lower() not in ("description", "keywords"):
            return
        for name in _ATTRIBUTES[tag]:
            value = given.get(name) or ""
            if value.strip():
                self.runs.gap(LINE)
                found = self.source.attribute(value) if self.source else NOWHERE
                self.runs.flowing(value, f"{self._path()}/@{name}", found, frame[_MARK] or sort)
                self.runs.gap(LINE)


def _hidden(node: Any, tag: str) -> bool:
    """Does the element itself say that it is not shown? Style sheets are not looked at."""
    if tag in ("template", "noscript"):
        return True
    given = node.attributes
    return "hidden" in given or given.get("aria-hidden") == "true" or (tag == "input" and given.get("type") == "hidden") or bool(_HIDING.search(given.get("style") or ""))
