"""One walk over a parsed page, in the order of its text: what it says, and, only when asked, the path and the mark of every run of it.

Most pages are read for their text alone, so the walk keeps no more of an element than its name, its number among its like and what it stands in; paths
("/html[1]/body[1]/p[2]") and marks (title, code, hidden ...) are made of that afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from typing import Any

from custodes.errors import LimitError
from custodes.records.page_runs import BLANK, BLANKS, CELL, GAPS, LINE, NOWHERE, PARAGRAPH, Found, Runs
from custodes.records.page_source import Source

PATHS_LIMIT = 256 << 20
"""Letters of the paths of all elements together: a page both deep and wide would fill the memory with them."""
FEW = 16
"""Children up to which they are counted anew for each."""

_LINES = ["address", "br", "button", "caption", "center", "dd", "details", "dialog", "dir", "div", "dt", "fieldset", "figcaption", "frameset", "head", "hgroup", "hr", "html", "iframe", "legend", "li", "main", "menu", "noscript", "object", "option", "optgroup", "search", "select", "summary", "tbody", "textarea", "tfoot", "thead", "title", "tr", "video", "body"]
_APART = ["p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "section", "article", "nav", "header", "footer", "aside", "blockquote", "figure", "dl", "form", "pre"]
_PLAIN = ["a", "b", "em", "font", "i", "label", "small", "span", "strong", "sub", "sup", "u"]
"""Tags that say nothing, so common that they are known nevertheless."""
_KEPT = ("pre", "textarea", "listing", "plaintext", "xmp")
_CODE = frozenset(("pre", "code", "samp", "kbd"))
_MARKED = _CODE | frozenset(_KEPT) | {"title"}
_ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "meta": ("content",), "img": ("alt", "title"), "area": ("alt",), "input": ("alt", "placeholder"), "iframe": ("title",), "svg": ("aria-label",), "video": ("title",),
}  # fmt: skip
_GAP, _ROW, _ODD, _KEEPS, _NO_TEXT, _CELLS = 7, 8, 16, 32, 64, 128
"""What there is to know of a tag, in one number: the gap before and after it (:data:`GAPS`), and whether it is a row, needs a second look, keeps its blanks, holds no text; of an open element also
whether a cell was among its children."""


def _kinds() -> dict[str, int]:
    found = dict.fromkeys(_PLAIN, 0) | dict.fromkeys(_LINES, LINE) | dict.fromkeys(_APART, PARAGRAPH) | {"tr": LINE | _ROW, "table": PARAGRAPH | _ROW, "script": _NO_TEXT, "style": _NO_TEXT}
    for tags, flag in ((_KEPT, _KEEPS), (("td", "th", "title", *_ATTRIBUTES), _ODD)):
        found |= {tag: found.get(tag, 0) | flag for tag in tags}
    return found


_KINDS = _kinds()
_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_BREAKS = re.compile("[\t\n\r\f]")
_MAY_HIDE = ("hidden", "display", "<template", "<noscript")
_MAY_BE_HIDDEN = "[hidden],[aria-hidden],[style],template,noscript"

_Frame = list[Any]
"""One element: tag, which child it is (from 0), the tags of its own children, kind, the frame it stands in, the node, whether a cell was among its children, and its
:data:`_Place` once that is asked for. A list, because a page has thousands."""
_TAG, _CHILD, _CHILDREN, _KIND, _PARENT, _NODE, _CELLED, _PLACE = range(8)
_Place = tuple[str, str, str]
"""Path and mark of an element, and the mark without its own hiding, which its attributes have."""
_Where = tuple[_Frame, int] | tuple[_Frame, str, str]
"""Where a run stands: an element and which child of it the text node is, or an element, the name of an attribute, and its mark."""
_NOWHERE: tuple[_Frame, int] = ([], 0)


class Walk:
    """One walk over a document, without recursion. ``source``: where texts stand in the bytes, when that is wanted."""

    def __init__(self, source: Source | None = None) -> None:
        self.runs, self.source = Runs(), source
        self.title = self.lang = ""

    def over(self, root: Any) -> None:
        """Walk from the root element down. Nearly all the time of reading a page goes by here, so what every node needs is done in place."""
        self.lang = _language(root)
        children: list[str] = []
        frame: _Frame = ["html", 0, children, 0, None, root, False, ("/html[1]", "", "")]
        runs, kinds, keeping, plain = self.runs, _KINDS, 0, not self.source
        pieces, where, offsets = runs.pieces, runs.where, runs.offsets
        after: list[Any] = []  # what follows each open element
        node = root.first_child
        while node is not None or after:
            if node is None:  # the element is over
                node = after.pop()
                if kind := frame[_KIND]:
                    if kind & _GAP > runs.waiting or kind & _ROW:
                        runs.waiting = kind & _GAP
                    keeping -= kind & _KEEPS
                frame = frame[_PARENT]
                children = frame[_CHILDREN]
                continue
            tag = node.tag
            children.append(tag)
            if tag == "-text":
                text = node.text_content or ""
                bare = text.strip(BLANKS)
                whole = len(bare) == len(text)
                if not bare and not (text and keeping):
                    runs.waiting = runs.waiting or BLANK
                elif keeping or not plain or "\n" in bare or "  " in bare or "\t" in bare or (not whole and ("\r" in bare or "\f" in bare)):
                    self._text(text, (frame, len(children) - 1), keeping)
                else:  # one run, as nearly all are
                    offset = 0 if whole else text.index(bare)
                    pieces.append(GAPS[runs.waiting or (BLANK if offset else 0)] if pieces else "")
                    pieces.append(bare)
                    where.append((frame, len(children) - 1))
                    offsets.append(offset)
                    runs.waiting = BLANK if offset + len(bare) < len(text) else 0
                node = node.next
                continue
            kind = kinds.get(tag, 0)
            if kind & _NO_TEXT or not tag or tag[0] in "-!":
                self._skip(node, kind)
                node = node.next
                continue
            frame = [tag, len(children) - 1, [], kind, frame, node, False, None]
            if kind:
                if kind & _GAP > runs.waiting or kind & _ROW:
                    runs.waiting = kind & _GAP
                if kind & _ODD:
                    self._odd(node, tag, frame)
                keeping += kind & _KEEPS
            children = frame[_CHILDREN]
            after.append(node.next)
            node = node.first_child

    def _text(self, text: str, where: _Where, keeping: int) -> None:
        """A text node of several runs, or one whose bytes are wanted."""
        found = self.source.find(text) if self.source else NOWHERE
        if keeping:
            self._kept(text, where, found)
        elif text == text.strip(BLANKS) and "\n" not in text and "  " not in text and "\t" not in text:
            self.runs.plain(text, where, found)
        else:
            self.runs.flowing(text, where, found)

    def _kept(self, text: str, where: _Where, found: Found) -> None:
        """Text whose line ends count."""
        start = 0
        for line in text.split("\n"):
            for left, right, at in found.parts(text, start, start + len(line)):
                self.runs.run(text[left:right], where, left, at)
            self.runs.gap(LINE)
            start += len(line) + 1

    def _skip(self, node: Any, kind: int) -> None:
        """Step over a comment, or an element without text, in the bytes too."""
        if self.source and kind:
            self.source.skip(node.text(deep=True) if node.first_child is not None else "")

    def _odd(self, node: Any, tag: str, frame: _Frame) -> None:
        """Elements that begin a cell, name the page, or say something in attributes."""
        parent = frame[_PARENT]
        if tag in ("td", "th"):
            if parent[_CELLED]:
                self.runs.waiting = CELL
            parent[_CELLED] = True
        else:
            self._says(node, tag, frame, parent[_TAG])

    def _says(self, node: Any, tag: str, frame: _Frame, around: str) -> None:
        """What an element says in its attributes, or the name of the page. ``around``: the tag it stands in, for a title."""
        if tag != "title":
            self._attributes(node, tag, frame)
        elif not self.title and around == "head" and not _hides(node):
            inner = node.first_child
            self.title = " ".join((inner.text_content or "").split())[:500] if inner is not None else ""

    def _attributes(self, node: Any, tag: str, frame: _Frame) -> None:
        """Words that stand in attributes: the meta description, alternative texts."""
        given = node.attrs
        sort = "description" if tag == "meta" else "alt"
        if tag == "meta" and str(given.get("name") or "").lower() not in ("description", "keywords"):
            return
        for name in _ATTRIBUTES[tag]:
            value = given.get(name) or ""
            if value.strip():
                self.runs.gap(LINE)
                if self.source or value != value.strip(BLANKS) or "  " in value or _BREAKS.search(value):
                    self.runs.flowing(value, (frame, name, sort), self.source.attribute(value) if self.source else NOWHERE)
                else:
                    self.runs.run(value, (frame, name, sort), 0)
                self.runs.gap(LINE)


class Light(Walk):
    """The same walk for the text alone: nothing is kept of an element but its kind, so that it takes two thirds of the time. Its runs have no places."""

    def over(self, root: Any) -> None:
        """Walk from the root element down; every rule here stands in :meth:`Walk.over` too."""
        self.lang = _language(root)
        runs, kinds, keeping, waiting = self.runs, _KINDS, 0, 0
        add = runs.pieces.append
        kind: int | None
        after, opened = list[Any](), [0]  # what follows each open element; the kind of each, the root's first
        node = root.first_child
        while True:
            if node is None:
                if not after:
                    break
                node = after.pop()
                if kind := opened.pop():
                    if kind & _GAP > waiting or kind & _ROW:
                        waiting = kind & _GAP
                    keeping -= kind & _KEEPS
                continue
            tag = node.tag
            if tag == "-text":
                text = node.text_content or ""
                bare = text.strip(BLANKS)
                if not bare and not (text and keeping):
                    waiting = waiting or BLANK
                elif keeping or "\n" in bare or "  " in bare or "\t" in bare or (bare != text and ("\r" in bare or "\f" in bare)):
                    runs.waiting = waiting
                    self._text(text, _NOWHERE, keeping)
                    waiting = runs.waiting
                elif bare == text:
                    add(GAPS[waiting])
                    add(text)
                    waiting = 0
                else:
                    add(GAPS[waiting or (BLANK if text[0] in BLANKS else 0)])
                    add(bare)
                    waiting = BLANK if text[-1] in BLANKS else 0
                node = node.next
                continue
            kind = kinds.get(tag)
            if kind is None:
                if not tag or tag[0] in "-!":
                    node = node.next
                    continue
                kind = 0
            elif kind:
                if kind & _NO_TEXT:
                    node = node.next
                    continue
                if kind & _GAP > waiting or kind & _ROW:
                    waiting = kind & _GAP
                if kind & _ODD:
                    if tag == "td" or tag == "th":
                        if opened[-1] & _CELLS:
                            waiting = CELL
                        opened[-1] |= _CELLS
                    else:
                        runs.waiting = waiting
                        self._says(node, tag, _NOWHERE[0], node.parent.tag if tag == "title" else "")
                        waiting = runs.waiting
                keeping += kind & _KEEPS
            opened.append(kind)
            after.append(node.next)
            node = node.first_child
        if runs.pieces:
            runs.pieces[0] = ""  # nothing stands before the first run


class Places:
    """Paths and marks of runs. ``html``: the page's source, ``tree``: the parsed page, asked for the elements that may be hidden; ``name`` it goes by in an error."""

    def __init__(self, html: str, tree: Any, name: str) -> None:
        lower = html.lower()
        hiding = tree.css(_MAY_BE_HIDDEN) if any(word in lower for word in _MAY_HIDE) else ()
        self._hidden: Set[int] = {node.mem_id for node in hiding if _hides(node)}
        self._numbers: dict[int, list[int]] = {}
        self._room, self._name = PATHS_LIMIT, name

    def of(self, runs: Sequence[_Where]) -> tuple[list[str], list[str]]:
        """(paths, marks) of runs. LimitError when the paths grow beyond measure."""
        paths, marks = list[str](), list[str]()
        for run in runs:
            frame, which = run[0], run[1]
            path, mark, plain = frame[_PLACE] or self._place(frame)
            if len(run) == 3:
                path, mark = f"{path}/@{which}", plain or run[2]
            elif which and (number := self._number(frame, which)) > 1:  # type: ignore[arg-type]
                path = f"{path}/text()[{number}]"
            paths.append(path)
            marks.append(mark)
        return paths, marks

    def _place(self, frame: _Frame) -> _Place:
        """The place of an element, from the nearest one around it that is known."""
        unknown = [frame]
        around = frame[_PARENT]
        while not around[_PLACE]:
            unknown.append(around)
            around = around[_PARENT]
        place: _Place = around[_PLACE]
        for each in reversed(unknown):
            tag, which, _, _, parent, node, _, _ = each
            path, mark, _ = place
            siblings = parent[_CHILDREN]
            if not which:
                number = 1
            elif len(siblings) < FEW:
                number = siblings[: which + 1].count(tag)
            else:
                number = self._number(parent, which)
            path = f"{path}/{tag}[{number}]"
            self._room -= len(path)
            plain = _mark(mark, tag, each) if tag in _MARKED else mark
            hidden = self._hidden and mark != "hidden" and node.mem_id in self._hidden
            place = each[_PLACE] = path, "hidden" if hidden else plain, plain
        if self._room < 0:
            raise LimitError(f"the paths of its texts take more than {PATHS_LIMIT >> 20} MiB", where=self._name, advice="this is no ordinary page; look at it by hand")
        return place

    def _number(self, frame: _Frame, which: int) -> int:
        """The number of a child among those of its tag, from 1. The children of an element are counted once, whoever asks."""
        children = frame[_CHILDREN]
        if len(children) < FEW:
            return children[: which + 1].count(children[which])  # type: ignore[no-any-return]
        numbers = self._numbers.get(id(children))
        if numbers is None:
            counts: dict[str, int] = {}
            numbers = self._numbers[id(children)] = []
            for tag in children:
                counts[tag] = counts.get(tag, 0) + 1
                numbers.append(counts[tag])
        return numbers[which]


def _language(root: Any) -> str:
    """The language that the root element states."""
    given = root.attributes
    return str(given.get("lang") or given.get("xml:lang") or "").strip()[:35]


def _mark(around: str, tag: str, frame: _Frame) -> str:
    """The mark of an element of a sort of its own; ``around``: that of the element it stands in."""
    if tag == "title":
        return "title" if frame[_PARENT][_TAG] == "head" else around
    return around or ("code" if tag in _CODE else "")


def _hides(node: Any) -> bool:
    """Does the element itself say that it is not shown? Style sheets are not looked at."""
    given = node.attributes
    return node.tag in ("template", "noscript") or "hidden" in given or given.get("aria-hidden") == "true" or bool(_HIDING.search(given.get("style") or ""))
