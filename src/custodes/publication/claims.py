"""Threads of claims made ready for pages: quotes in context, the line of versions, and what was answered, side by side."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa
from markupsafe import Markup

from custodes.publication.rows import Row, page_name, shown, stream

CLAIMS = ("claim", "requires", "report")
ANSWERS = ("denial", "correction", "withdrawal", "reply", "silence", "gone", "moved")
CONTEXT = 160
"""Code points of context on each side of a quote."""
WORDS = {
    "claim": "says so", "requires": "asks for it", "report": "is reported", "denial": "denial", "correction": "correction", "withdrawal": "taken back", "reply": "reply",
    "silence": "asked, no answer", "gone": "page gone", "moved": "address leads elsewhere", "look": "captured, says nothing of it", "unreadable": "captured, text not readable",
}  # fmt: skip


def claim_page(thread: str) -> str:
    """The page of a thread inside the edition."""
    return f"claims/{page_name(thread)}"


def threads(events: pa.Table | None, findings: pa.Table) -> tuple[Row, ...]:
    """One mapping per thread with a captured claim or a finding, sorted by firm and address: thread, firm, name, url, page, capabilities, status, quotes,
    timeline, named (firms named beside the claim), beside, findings (ids with their kinds), looks, first, last."""
    if events is None or not len(events):
        return ()
    grouped: dict[str, list[Row]] = {}
    for row in stream(events):
        if row["publish"] != "no":
            grouped.setdefault(row["thread"], []).append(row)
    found: dict[str, list[Row]] = {}
    for row in stream(findings.select(["finding_id", "kind", "record_key", "record_kind", "party", "context"])):
        if row["record_kind"] == "PAGE":
            found.setdefault(row["record_key"], []).append(row)
    made = [_thread(name, rows, found.get(name, [])) for name, rows in grouped.items()]
    return tuple(sorted((t for t in made if t["quotes"]), key=lambda t: (t["name"].casefold(), t["url"], t["thread"])))


def _thread(name: str, rows: list[Row], findings: Sequence[Row]) -> Row:
    rows = sorted(rows, key=lambda row: (row["date"] or "", row["kind"], row["event_id"]))
    claims = [row for row in rows if row["kind"] == "claim"]
    captured = [row for row in claims if row["record_kind"] == "PAGE"]
    first = captured[0] if captured else claims[0]
    party = next((str(row["party"]) for row in findings if row["party"]), first["speaker"])
    status = next((text.removeprefix("Status: ").rstrip(".") for row in findings for text in row["context"] if text.startswith("Status: ")), "")
    return {
        "thread": name, "page": claim_page(name), "firm": first["firm"], "name": party, "url": first["url"], "title": first["title"],
        "capabilities": sorted({c for row in claims for c in row["capabilities"]}), "status": status,
        "quotes": list(_quotes(captured)), "timeline": [_moment(row) for row in _lined(rows)], "named": sorted({other for row in claims for other in row["about"]}),
        "findings": [{"id": row["finding_id"], "kind": row["kind"], "page": f"findings/{page_name(row['finding_id'])}"} for row in sorted(findings, key=lambda r: r["kind"])],
        "looks": len({row["date"] for row in rows if row["record_kind"] == "PAGE" and row["link"] == "same page"}),
        "first": first["date"], "last": max((row["date"] for row in captured), default=first["date"]),
    }  # fmt: skip


def _quotes(claims: Iterable[Row]) -> Iterable[Row]:
    """Every distinct quote once, with its first place and the days on which it was seen."""
    grouped: dict[tuple[str, str], list[Row]] = {}
    for row in claims:
        grouped.setdefault((row["quote"], ",".join(row["capabilities"])), []).append(row)
    for rows in grouped.values():
        first = rows[0]
        yield {**first, "html": in_context(first), "days": sorted({row["date"][:10] for row in rows}), "place": _place(first), "selectors": _selectors(first)}


def in_context(row: Row) -> Markup:
    """The quote marked inside its context; cuts show as an ellipsis."""
    around, quote = row["around"] or "", row["quote"]
    at = around.find(f"{row['prefix']}{quote}{row['suffix']}")
    at = at + len(row["prefix"]) if at >= 0 else around.find(quote)
    if at < 0:
        return Markup("<mark>{}</mark>").format(shown(quote))
    before, after = around[max(0, at - CONTEXT) : at], around[at + len(quote) :][:CONTEXT]
    left, right = "… " if at > CONTEXT else "", " …" if len(around) - at - len(quote) > CONTEXT else ""
    return Markup("{}{}<mark>{}</mark>{}{}").format(left, shown(before), shown(quote), shown(after), right)


def _place(row: Row) -> list[tuple[str, str]]:
    """Where a quote stands, in pairs of words and value."""
    found = [("Record digest (SHA-256)", row["capture"]), ("Extractor", row["extractor"]), ("Code points of the page's text", f"{row['start']} to {row['end']}")]
    if row["path"]:
        ends = f"{row['path']}, {row['offset']} to {row['end_offset']}" if row["path"] == row["end_path"] else f"from {row['path']}, {row['offset']} to {row['end_path']}, {row['end_offset']}"
        found.append(("Page" if row["path"].startswith("page ") else "Node and offset", ends))
    if row["byte_start"] is not None and row["byte_start"] >= 0:
        found.append(("Bytes of the payload", f"{row['byte_start']} to {row['byte_end']}" + (", literally the quote" if row["literal"] else ", with markup inside")))
    if row["rectangles"]:
        found.append(("Rectangles on the page (points)", "; ".join(", ".join(f"{v:g}" for v in box) for box in row["rectangles"])))
    found.append(("File", f"{row['origin_file']}, {row['origin_at']}"))
    return found


def _selectors(row: Row) -> str:
    """The span as W3C selectors, as JSON."""
    quote = {"type": "TextQuoteSelector", "exact": row["quote"], "prefix": row["prefix"], "suffix": row["suffix"]}
    return json.dumps([quote, {"type": "TextPositionSelector", "start": row["start"], "end": row["end"]}], ensure_ascii=False)


def _lined(rows: Sequence[Row]) -> Iterable[Row]:
    """One line per moment, kind and speaker: a page that says a thing in three places says it once a day."""
    seen = set()
    for row in rows:
        key = row["date"], row["kind"], row["speaker"], row["words"] if row["record_kind"] == "STATEMENT" else ""
        if key not in seen:
            seen.add(key)
            yield row


def _moment(row: Row) -> Mapping[str, Any]:
    answer = row["kind"] in ANSWERS or row["link"] == "same firm"
    return {**row, "answer": answer, "what": WORDS.get(row["kind"], row["kind"]), "text": row["quote"] or row["words"], "whole": bool(row["quote"])}

