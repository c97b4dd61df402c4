"""Marking the matched words inside a record's text. The text is escaped first; it comes from strangers."""

from __future__ import annotations

import re
from collections.abc import Iterable

from markupsafe import Markup, escape

from custodes.publication.rows import Row, shown

EXCERPT = 320
LONGEST = 20_000
_WORD = 200


def spans(text: str, reasons: Iterable[Row]) -> list[tuple[int, int]]:
    """Where the reasons' words stand in ``text`` (start, end), merged and sorted. Case, blanks and punctuation between letters may differ."""
    found: list[tuple[int, int]] = []
    for reason in reasons:
        for words in (str(reason.get("theirs") or ""), str(reason.get("ours") or "")):
            hits = _hits(text, words)
            found += hits
            if hits:
                break
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _hits(text: str, words: str) -> list[tuple[int, int]]:
    letters = [c for c in words if c.isalnum()]
    if not 2 <= len(letters) <= _WORD:
        return []
    pattern = r"(?<![^\W_])" + r"[\W_]{0,3}".join(re.escape(c) for c in letters)
    return [m.span() for m in re.finditer(pattern, text, re.IGNORECASE)]


def marked(text: str, reasons: Iterable[Row], limit: int = LONGEST) -> Markup:
    """``text`` as HTML with ``<mark>`` around the matched words, cut to ``limit`` characters around the first of them; cuts show as an ellipsis."""
    text = shown(text)[: 10 * LONGEST]
    where = spans(text, reasons)
    start, end = _window(len(text), where[0][0] if where else 0, limit)
    out, at = ["… " if start else ""], start
    for left, right in where:
        left, right = max(left, start), min(right, end)
        if left < right:
            out += [escape(text[at:left]), Markup("<mark>"), escape(text[left:right]), Markup("</mark>")]
            at = right
    return Markup("").join([*out, escape(text[at:end]), " …" if end < len(text) else ""])


def _window(length: int, first: int, limit: int) -> tuple[int, int]:
    start = 0 if length <= limit else max(0, min(first - limit // 3, length - limit))
    return start, min(length, start + limit)
