"""Records to events: what a PAGE says and what a STATEMENT tells, one row at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa

from custodes.findings.claim_judge import Claim, Verdict
from custodes.findings.thread_pages import host_of
from custodes.values import CONTEXT, key_of, kind_of
from custodes.values.claim import EVENT_SCHEMA

Row = Mapping[str, Any]

AROUND = 600
"""Code points on each side of a quote in which names of other firms are looked for."""
SELLERS = ("vendor", "partner", "reseller")
_KINDS = {"markets": "claim", "documents": "claim", "requires": "requires", "denies": "denial", "withdraws": "withdrawal"}
_GONE = ("404", "410")
_SAID = (
    ("reported use", ""), ("not adopted", ""), ("policy", ""), ("listing", ""), ("discovery", "report"), ("report", "report"), ("denial", "denial"), ("correction", "correction"),
    ("retraction", "withdrawal"), ("withdrawal", "withdrawal"), ("firmware note", "withdrawal"), ("apology", "reply"), ("no reply", "silence"), ("silence", "silence"),
    ("reply", "reply"), ("gone", "gone"), ("removal", "gone"), ("claim", "claim"), ("promise", "reply"),
)  # fmt: skip
"""How a statement's kind begins -> kind of event; '' is no event of a claim."""


Detector = Callable[[Row], Verdict]
"""The verdict on one PAGE row: ``text``, ``url``, ``title``, ``lang``."""


def events(batches: Iterable[pa.RecordBatch], detector: Detector) -> Iterator[pa.RecordBatch]:
    """Events (EVENT_SCHEMA, threads not yet set) of PAGE and STATEMENT batches, in the order of their rows; other kinds yield nothing."""
    for batch in batches:
        kind = kind_of(batch)
        rows = [event for row in batch.to_pylist() for event in (page(row, detector) if kind == "PAGE" else statement(row) if kind == "STATEMENT" else ())]
        if rows:
            yield pa.RecordBatch.from_pylist(rows, schema=EVENT_SCHEMA)


def page(row: Row, detector: Detector) -> Iterator[dict[str, Any]]:
    """What one captured page is to a claim: claims and denials with their quotes, or a look without any, or gone, moved, unreadable. A page that could not
    be had (blocked, server error) is no look and yields nothing."""
    status = row["status"]
    if status in _GONE:
        yield _seen(row, "gone", f"The server answered {status}: there is no such page.")
    elif status.startswith("3"):
        yield _seen(row, "moved", f"The server answered {status}: the address leads elsewhere.")
    elif status in ("", "200", "203", "206"):
        verdict = detector(row) if row["text"].strip() else None
        found = [_claim(row, claim) for claim in verdict.claims if claim.stance in _KINDS] if verdict else []
        yield from found
        if not found and row["readable"] == "no":
            yield _seen(row, "unreadable", f"The text could not be read: {'; '.join(row['unreadable'])}.")
        elif not found:
            yield _seen(row, "look", "Captured; it says nothing of the kind.", verdict.speaker if verdict else "")


_BLANK: dict[str, Any] = {
    "thread": "", "firm": "", "speaker": "", "speaker_firm": "", "speaker_role": "", "about": [], "about_firms": [], "url": "", "product": "", "title": "",
    "capabilities": [], "stance": "", "quote": "", "prefix": "", "suffix": "", "around": "", "start": -1, "end": -1, "score": None, "words": "", "link": "", "grade": "",
    "publish": "", "capture": "", "extractor": "", "path": "", "offset": -1, "end_path": "", "end_offset": -1, "byte_start": -1, "byte_end": -1, "literal": False,
    "rectangles": [], "mark": "", "form": "", "status": "",
}  # fmt: skip
_ORIGIN = ("record_key", "origin_sha256", "origin_file", "origin_at")


def _seen(row: Row, kind: str, words: str, role: str = "") -> dict[str, Any]:
    taken = {name: row[name] for name in ("url", "title", "capture", "extractor", "form", "status", *_ORIGIN)}
    return {
        **_BLANK, **taken, "event_id": key_of("EVENT", kind, row["record_key"], ""), "kind": kind, "date": row["captured"],
        "date_precision": "second" if row["captured"] else "", "speaker": host_of(row["url"]) or row["origin_file"], "speaker_role": role, "words": words,
        "grade": "captured", "publish": "yes", "record_kind": "PAGE",
    }  # fmt: skip


def _claim(row: Row, claim: Claim) -> dict[str, Any]:
    text, kind = row["text"], _KINDS[claim.stance]
    kind = "claim" if kind == "claim" and claim.speaker in SELLERS else "report" if kind == "claim" else kind
    return {
        **_seen(row, kind, "", claim.speaker),
        "event_id": key_of("EVENT", kind, row["record_key"], str(claim.start), str(claim.end)), "capabilities": list(claim.capabilities), "stance": claim.stance,
        "quote": claim.quote, "prefix": text[max(0, claim.start - CONTEXT) : claim.start], "suffix": text[claim.end : claim.end + CONTEXT],
        "around": text[max(0, claim.start - AROUND) : claim.end + AROUND], "start": claim.start, "end": claim.end, "score": round(float(claim.score), 4),
    }  # fmt: skip


def statement(row: Row) -> Iterator[dict[str, Any]]:
    """The event that a STATEMENT tells; none for listings, policies and reports of use."""
    said = (row["statement_kind"] or "").strip().casefold()
    kind = next((event for begin, event in _SAID if said.startswith(begin)), "")
    if not kind:
        return
    yield {
        **_BLANK, **{name: row[name] for name in ("date", "date_precision", "speaker", "url", "words", *_ORIGIN)}, "kind": kind,
        "event_id": key_of("EVENT", kind, row["record_key"], ""), "about": [part.strip() for part in (row["about"] or "").split(";") if part.strip()],
        "title": row["statement_id"], "stance": row["statement_kind"], "around": row["words"], "grade": row["grade"] or "reported",
        "publish": row["publish"] or "review", "record_kind": "STATEMENT",
    }  # fmt: skip
