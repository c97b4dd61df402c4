"""The text of a captured answer, block by block: what a reader of the page could have read, for telling whether it changed.

A block is a paragraph, heading, list item, table cell, caption, label; what is hidden by style sheets is text too (only a browser can tell), scripts are
not. PDF pages become lines. This is a working copy: the bytes it was made from are kept, so it can be made again. Records with the way back from each
letter to the archived bytes are made by the records room.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

from custodes.errors import InputError
from custodes.sources.answer import Answer

_BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "body", "br", "button", "caption", "center", "dd", "details", "dialog", "dir", "div",
    "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "frame", "h1", "h2", "h3", "h4", "h5", "h6",
    "header", "hgroup", "hr", "iframe", "label", "legend", "li", "main", "menu", "nav", "ol", "optgroup", "option", "p",
    "pre", "section", "select", "summary", "table", "tbody", "td", "textarea", "tfoot", "th", "thead", "tr", "ul", "video",
))  # fmt: skip
_SILENT = frozenset(("script", "style", "noscript", "template", "svg", "math", "head", "object", "-comment"))
_SENTENCE = re.compile(r"(?<=[.!?…])[\"'”’»)\]]*\s+(?=[\"'“‘«(\[]?[^\W\d_a-zà-ÿ])|(?<=[。！？])|(?<=[.!?])\s+(?=\d)")
_MOST_PDF_PAGES = 2000
_INVISIBLE = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb]")
"""Control characters that are no white space, soft hyphens, direction and joining marks, half surrogates."""


@dataclass(frozen=True, slots=True)
class PageText:
    """``title``, the blocks of text in order of the page, and ``kind``: html, pdf, text, other. ``problem`` says why there is none."""

    kind: str
    title: str = ""
    blocks: tuple[str, ...] = ()
    problem: str = ""

    @property
    def sentences(self) -> tuple[str, ...]:
        """The sentences of all blocks in order; a block without an end mark is one."""
        return tuple(s for block in self.blocks for s in sentences(block))


def text_of(answer: Answer) -> PageText:
    """The text of an answer; never raises for what the bytes are."""
    try:
        content = answer.content
    except InputError as problem:
        return PageText("other", problem=problem.what)
    kind = kind_of(content, answer.media_type)
    if kind == "pdf":
        return pdf_text(content)
    if kind == "html":
        return html_text(decoded(content, answer.header("content-type")))
    if kind == "text":
        lines = decoded(content, answer.header("content-type")).splitlines()
        return PageText("text", "", tuple(filter(None, map(_tidy, lines))))
    return PageText("other", problem=f"no text is read from {answer.media_type or 'a file without a type'}")


def kind_of(content: bytes, media_type: str) -> str:
    """html, pdf, text or other: the first bytes decide, then the type that the server named."""
    head = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(b"%PDF-") or b"%PDF-" in content[:1024]:
        return "pdf"
    if head[:1] == b"<" and re.match(rb"<(!doctype\s+html|html|head|body|title|!--|meta|div|p|h1|script|link)\b", head, re.IGNORECASE):
        return "html"
    if media_type in ("text/html", "application/xhtml+xml"):
        return "html"
    if media_type.startswith("text/") or media_type in ("application/json", "application/xml", "application/javascript"):
        return "text"
    return "other"


def decoded(content: bytes, content_type: str) -> str:
    """Text by its byte order mark, the charset of the header, the charset that the page names, UTF-8, Windows-1252: the first that fits."""
    for mark, name in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if content.startswith(mark):
            return content[len(mark) :].decode(name, "replace")
    named = re.search(r"charset=[\"']?([\w.:-]+)", content_type, re.IGNORECASE)
    inside = re.search(rb"<meta[^>]{0,200}?charset=[\"']?([\w.:-]+)", content[:4096], re.IGNORECASE)
    for name in (named[1] if named else "", inside[1].decode("ascii") if inside else "", "utf-8"):
        try:
            return content.decode({"iso-8859-1": "cp1252", "latin-1": "cp1252", "gb2312": "gb18030", "gbk": "gb18030"}.get(name.lower(), name)) if name else _fails()
        except (LookupError, UnicodeError, ValueError):
            continue
    return content.decode("cp1252", "replace")


def _fails() -> str:
    raise LookupError("no charset named")


def html_text(source: str) -> PageText:
    """Blocks of an HTML page, its descriptions of pictures and its meta description included. lexbor through selectolax."""
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(source)
    title = tree.css_first("title")
    description = tree.css_first('meta[name="description" i]')
    blocks = [unescape(description.attributes.get("content") or "")] if description is not None else []
    if tree.body is not None:
        blocks += _blocks(tree.body)
    return PageText("html", _tidy(title.text()) if title is not None else "", tuple(filter(None, map(_tidy, blocks))))


def _blocks(body: object) -> Iterator[str]:
    """Walk without recursion: pages may be nested as deep as they like."""
    words: list[str] = []
    stack: list[tuple[str, object]] = [("", body)]
    while stack:
        word, node = stack.pop()
        if node is None:
            if word:
                words.append(word)
            else:
                yield "".join(words)
                words = []
            continue
        tag = str(node.tag)  # type: ignore[attr-defined]
        if tag == "-text":
            words.append(node.text(deep=False) or "")  # type: ignore[attr-defined]
            continue
        if tag in _SILENT:
            continue
        alt = node.attributes.get("alt") if tag in ("img", "area", "input") else None  # type: ignore[attr-defined]
        children = [("", child) for child in node.iter(include_text=True)]  # type: ignore[attr-defined]
        edge: list[tuple[str, object]] = [("", None)] if tag in _BLOCKS else []
        shown: list[tuple[str, object]] = [(f" {alt} ", None)] if alt and alt.strip() else []
        stack += reversed([*edge, *shown, *children, *edge])
    yield "".join(words)


def pdf_text(content: bytes) -> PageText:
    """Lines of a PDF, page by page. pdfium through pypdfium2; a PDF that it does not open has a problem, not an error."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as problem:
        return PageText("pdf", problem=f"the PDF does not open: {problem}")
    try:
        title = _tidy(document.get_metadata_dict().get("Title", ""))
        blocks = [line for number in range(min(len(document), _MOST_PDF_PAGES)) for line in _pdf_page(document, number)]
    finally:
        document.close()
    return PageText("pdf", title, tuple(blocks), "" if blocks else "the PDF holds no readable text")


def _pdf_page(document: object, number: int) -> list[str]:
    """Paragraphs of one page: lines are joined unless one ends a sentence or the next begins a list."""
    import pypdfium2

    try:
        page = document[number]  # type: ignore[index]
        lines = [_tidy(line) for line in page.get_textpage().get_text_bounded().splitlines()]
    except pypdfium2.PdfiumError:
        return []
    joined: list[str] = []
    for line in filter(None, lines):
        if joined and not re.search(r"[.!?:。！？]$", joined[-1]) and re.match(r"[a-zà-ÿ(]", line):
            joined[-1] = f"{joined[-1][:-1]}{line}" if re.search(r"[a-zà-ÿ]-$", joined[-1]) else f"{joined[-1]} {line}"
        else:
            joined.append(line)
    return joined


def sentences(block: str) -> list[str]:
    """A block cut after end marks that a new sentence follows; good enough to show what changed."""
    return [s for part in _SENTENCE.split(block) if part and (s := part.strip())]


def _tidy(text: str) -> str:
    """One line, NFC, single blanks, without invisible characters."""
    return " ".join(_INVISIBLE.sub("", unicodedata.normalize("NFC", text)).split())
