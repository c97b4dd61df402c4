"""XML as devices send it: unescaped ``&``, cut closing tags, several documents in one file, any namespace prefix.

No XML parser reads all of that, so this is a tolerant scanner for small messages. It knows elements, text, CDATA and the five named and the numeric
references; it skips document types and expands no entity, so bombs stay small. Namespaces are kept as text; names lose their prefix.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from custodes.errors import BrokenInputError, LimitError

SIZE_LIMIT = 32 << 20
"""Bytes of a file of messages."""
DEPTH = 64
ELEMENTS = 200_000
_NAME = re.compile(r"/?([A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)")
_DECLARED = re.compile(rb"""<\?xml[^>]{0,100}?encoding\s*=\s*["']([\w.-]{2,20})["']""")
_REFERENCE = re.compile(r"&(?:(lt|gt|amp|quot|apos)|#(\d{1,7})|#x([0-9a-fA-F]{1,6}));")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}
XMLNS = re.compile(r"""\sxmlns(?::([\w.-]+))?\s*=\s*["']([^"']{0,300})["']""")


@dataclass(slots=True)
class Node:
    """One element: its name without prefix, the text of its start tag after the name, its own text, its children, the line it begins on, and whether it was closed."""

    name: str
    attributes: str = ""
    line: int = 0
    pieces: list[str] = field(default_factory=list)
    children: list[Node] = field(default_factory=list)
    closed: bool = False

    @property
    def text(self) -> str:
        """Its own text, trimmed."""
        return "".join(self.pieces).strip()

    def every(self, name: str) -> Iterator[Node]:
        """All elements of that name below this one, in order; those inside one of them are not looked for."""
        for child in self.children:
            if child.name == name:
                yield child
            else:
                yield from child.every(name)

    def first(self, *names: str) -> str:
        """The text of the first element below with one of these names; ''."""
        for name in names:
            for node in self.every(name):
                if node.text:
                    return node.text
        return ""

    def leaves(self) -> Iterator[tuple[str, str]]:
        """(name, text) of every element below that has no children."""
        for child in self.children:
            if child.children:
                yield from child.leaves()
            else:
                yield child.name, child.text

    def namespaces(self) -> dict[str, str]:
        """Prefix ('' for the default) -> namespace, as declared on this element."""
        return {match.group(1) or "": match.group(2) for match in XMLNS.finditer(" " + self.attributes)}


def whole(stream: BinaryIO, where: str) -> bytes:
    """All bytes of a file of messages; LimitError when it is larger than such files are."""
    stream.seek(0)
    data = stream.read(SIZE_LIMIT + 1)
    if len(data) > SIZE_LIMIT:
        raise LimitError(f"larger than {SIZE_LIMIT >> 20} MiB", where=where, advice="this is no file of device answers; split it")
    return data


def decoded(data: bytes) -> str:
    """Bytes as text: by mark, by the encoding the document declares, else UTF-8; what does not fit becomes U+FFFD."""
    for mark, encoding in ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    if data[:2] in (b"<\0", b"\0<"):
        return data.decode("utf-16-le" if data[:1] == b"<" else "utf-16-be", "replace")
    declared = _DECLARED.search(data[:300])
    name = declared.group(1).decode("ascii").lower() if declared else "utf-8"
    try:
        return data.decode(name if not name.startswith("utf-16") and codecs.lookup(name)._is_text_encoding else "utf-8", "replace")
    except LookupError:
        return data.decode("utf-8", "replace")


def plain(text: str) -> str:
    """Text with its character references resolved; an ``&`` that begins none stays."""
    return _REFERENCE.sub(_resolved, text) if "&" in text else text


def _resolved(match: re.Match[str]) -> str:
    name, number, digits = match.groups()
    if name:
        return _NAMED[name]
    code = int(number) if number else int(digits, 16)
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"


def scan(text: str, where: str = "") -> Node:
    """The elements of a text below one nameless root; several documents stand side by side. LimitError when it nests or counts beyond all reason."""
    root = Node("")
    stack = [root]
    at = line = lined = count = 0
    end = -1
    while (opening := text.find("<", at)) >= 0:
        if opening > at:
            stack[-1].pieces.append(plain(text[at:opening]))
        skipped = _skip(text, opening, stack[-1])
        if skipped:
            at = skipped
            continue
        end = end if end > opening else text.find(">", opening)
        if end < 0:
            return root
        match = _NAME.match(text, opening + 1)
        if not match or text.find("<", match.end(), min(end, match.end() + LONG_TAG)) >= 0:
            stack[-1].pieces.append("<")
            at = opening + 1
            continue
        line, lined = line + text.count("\n", lined, opening), opening
        at = end + 1
        if text[opening + 1] == "/":
            _close(stack, match.group(2))
            continue
        count += 1
        node = Node(match.group(2), text[match.end() : min(end, match.end() + LONG_TAG)].rstrip("/ "), line + 1)
        stack[-1].children.append(node)
        if text[end - 1] == "/":
            node.closed = True
            continue
        stack.append(node)
        if len(stack) > DEPTH or count > ELEMENTS:
            raise LimitError("nested deeper, or more elements, than any device sends", where=f"{where}, line {line + 1}", advice="look at the file; it is not what its name says")
    stack[-1].pieces.append(plain(text[at:]))
    return root


LONG_TAG = 4_096
"""Characters looked at of one start tag."""


def _skip(text: str, at: int, node: Node) -> int:
    """The place after a comment, instruction, document type or CDATA that begins here; 0 when none does. One without an end takes the rest."""
    for start, finish in (("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>"), ("<!", ">")):
        if text.startswith(start, at):
            end = text.find("]>" if start == "<!" and "[" in text[at : text.find(">", at)] else finish, at + len(start))
            if start == "<![CDATA[":
                node.pieces.append(text[at + len(start) : end if end >= 0 else len(text)])
            return len(text) if end < 0 else text.find(">", end) + 1
    return 0


def _close(stack: list[Node], name: str) -> None:
    """Close the innermost open element of that name, and all inside it; a closing tag that fits none is passed over."""
    for at in range(len(stack) - 1, 0, -1):
        if stack[at].name == name:
            stack[at].closed = True
            del stack[at:]
            return


def messages(stream: BinaryIO, where: str, *names: str) -> tuple[Node, list[Node]]:
    """The scanned file and its outermost elements of these names. BrokenInputError when there is none."""
    root = scan(decoded(whole(stream, where)), where)
    found = list(_outermost(root, frozenset(names)))
    if not found:
        raise BrokenInputError(f"holds no {' or '.join(names)}", where=where, advice="check that the file was saved whole, or name another reader")
    return root, found


def _outermost(node: Node, names: frozenset[str]) -> Iterator[Node]:
    for child in node.children:
        if child.name in names:
            yield child
        else:
            yield from _outermost(child, names)
