"""Events in the life of a claim: a page that says it, a look at which it is gone, a denial, a reply."""

from __future__ import annotations

import pyarrow as pa

EVENT_KINDS: dict[str, str] = {
    "claim": "a page or statement says that a product has a capability",
    "requires": "a buyer asks for a capability",
    "denial": "it is denied",
    "correction": "it is corrected",
    "withdrawal": "it is taken back",
    "reply": "its speaker answers",
    "silence": "its speaker was asked and did not answer",
    "gone": "the page is no longer there",
    "moved": "the address leads elsewhere",
    "look": "the page was captured and says nothing of the kind",
    "unreadable": "the page was captured, its text cannot be read",
    "report": "somebody else reports it",
}
"""Kinds of event with their meaning."""


def _text(*names: str) -> list[tuple[str, pa.DataType]]:
    return [(name, pa.string()) for name in names]


EVENT_SCHEMA = pa.schema(
    [
        *_text("event_id", "thread", "firm", "kind", "date", "date_precision", "speaker", "speaker_firm", "speaker_role"),
        ("about", pa.list_(pa.string())),
        ("about_firms", pa.list_(pa.string())),
        *_text("url", "product", "title"),
        ("capabilities", pa.list_(pa.string())),
        *_text("stance", "quote", "prefix", "suffix", "around"),
        ("start", pa.int64()),
        ("end", pa.int64()),
        ("score", pa.float64()),
        *_text("words", "link", "grade", "publish", "capture", "extractor", "path"),
        ("offset", pa.int64()),
        *_text("end_path"),
        ("end_offset", pa.int64()),
        ("byte_start", pa.int64()),
        ("byte_end", pa.int64()),
        ("literal", pa.bool_()),
        ("rectangles", pa.list_(pa.list_(pa.float64()))),
        *_text("mark", "form", "status", "record_kind", "record_key", "origin_sha256", "origin_file", "origin_at"),
    ],
    metadata={b"kind": b"EVENT"},
)
"""One row per event. ``speaker`` is a name (of a statement) or a host (of a page); ``about`` names; ``words`` are ours, ``quote`` is the page's own, exact:
``text[start:end]`` of the PAGE ``record_key``. ``firm`` is the firm whose claims the event is about,
``speaker_firm`` and ``about_firms`` are keys of firms (a listed maker's id, else the bare name); they and ``thread`` are set when events are put into threads; ``link`` says why an event stands in its
thread: ``same page``, ``named`` or ``same firm``. ``path`` to ``literal`` are those of a Place; -1 where not known."""
