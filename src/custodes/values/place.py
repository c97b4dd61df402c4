"""Where words stand: a span of a page's text, and the way back from it to archived bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

CONTEXT = 32
"""Characters of prefix and suffix beside a quote."""


@dataclass(frozen=True, slots=True)
class Place:
    """A span of a PAGE's text and where it stands in the bytes. Offsets are code points, ``text[start:end] == exact``.

    ``path`` and ``offset``: the text node (XPath of the parsed document; ``line 7``; ``page 2``) and the code points before the quote in it; ``end_path``
    and ``end_offset`` the same for its end. ``byte_start`` to ``byte_end``: the bytes of the captured payload, -1 when not known; ``literal``: these bytes,
    decoded with ``encoding``, are the quote itself. ``rectangles``: for PDF, (left, bottom, right, top) in points on the page ``path``, one per line.
    """

    capture: str
    extractor: str
    start: int
    end: int
    exact: str
    prefix: str
    suffix: str
    path: str
    offset: int
    end_path: str
    end_offset: int
    byte_start: int = -1
    byte_end: int = -1
    literal: bool = False
    encoding: str = ""
    mark: str = ""
    rectangles: tuple[tuple[float, float, float, float], ...] = ()

    def selectors(self) -> list[dict[str, Any]]:
        """The span in the words of the W3C Web Annotation Data Model (2017): quote, position, and range, fragment or data position."""
        found: list[dict[str, Any]] = [
            {"type": "TextQuoteSelector", "exact": self.exact, "prefix": self.prefix, "suffix": self.suffix},
            {"type": "TextPositionSelector", "start": self.start, "end": self.end},
        ]
        if self.path.startswith("/"):
            found.append({"type": "RangeSelector", "startSelector": _node(self.path, self.offset), "endSelector": _node(self.end_path, self.end_offset)})
        elif self.path.startswith("page "):
            found.append({"type": "FragmentSelector", "conformsTo": "http://tools.ietf.org/rfc/rfc3778", "value": f"page={self.path[5:]}"})
        if self.byte_start >= 0:
            found.append({"type": "DataPositionSelector", "start": self.byte_start, "end": self.byte_end})
        return found


def _node(path: str, offset: int) -> dict[str, Any]:
    return {"type": "XPathSelector", "value": path, "refinedBy": {"type": "TextPositionSelector", "start": offset, "end": offset}}
