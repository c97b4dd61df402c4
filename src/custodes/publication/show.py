"""Rows made ready for a page: a finding with its words, a body's months as a grid, citations with their links."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
from markupsafe import Markup

from custodes.publication import wording
from custodes.publication.claims import claim_page
from custodes.publication.explain import capture_path, steps
from custodes.publication.figure import Figure
from custodes.publication.marks import EXCERPT, marked
from custodes.publication.rows import Fields, Row, confirmed, layer, page_name, shown
from custodes.publication.view import View


def finding(view: View, row: Row, whole: bool = False) -> dict[str, Any]:
    """A finding row with everything that a card or page of it says."""
    limit = None if whole else EXCERPT
    # rows without a maker (entries that name no firm) stand under "": they are nobody's
    listings = next((view.listings[key] for key in (row["maker_id"], row["party"]) if key and key in view.listings), ())
    size = {} if limit is None else {"limit": limit}
    return Fields({
        **row,
        "layer": layer(row),
        "page": f"findings/{page_name(row['finding_id'])}",
        "kind_words": wording.kind_words(row),
        "heading": wording.heading(row, view.short.get(row["maker_id"] or row["party"], row["maker_id"])),
        "listed": wording.listed(row),
        "steps": steps(row, view),
        "maker": view.makers.get(row["maker_id"], row["maker_id"]),
        "description_html": marked(row["description"], row["reasons"], **size),
        "supplier_html": marked(row["supplier"], row["reasons"] if row["kind"] == "supplier_listed" else (), **size),
        "amount_words": wording.money(row["amount"], row["currency"]),
        "tax_words": wording.TAXES.get(row["tax"], row["tax"]),
        "not_shown": wording.not_shown(row),
        "decision": wording.decision(row),
        "is_confirmed": confirmed(row),
        "maker_listings": listings,
        "capture": capture_path(row, view),
        "file_page": view.file_pages.get(row["origin_sha256"], ""),
        "maker_page": f"makers/{view.maker_pages[row['maker_id']]}.html" if row["maker_id"] in view.maker_pages else "",
        "seal": view.facts["seals"].get(row["origin_sha256"]),
        "version": view.facts["versions"].get(row["finding_id"]),
        "body_page": f"bodies/{view.body_pages[row['body']]}.html" if row["body"] in view.body_pages else "",
        "claim_page": claim_page(row["record_key"]) if row["record_kind"] == "PAGE" and row["record_key"] in view.threads else "",
        "pack": view.packs.get(("finding", row["finding_id"])),
        "used": {str(entry) for entry in row["listings"]},
        "companies": [{**each, "words": wording.standing(each)} for each in view.standing.get(row["finding_id"], ())],
        "corrections": [each for each in view.corrections if row["finding_id"] in each["finding_ids"]],
    })  # fmt: skip


def brief(view: View, row: Row) -> dict[str, Any]:
    """A finding row with what a table of findings says of it: one line."""
    words = (row["description"] or row["supplier"] or row["party"]).strip()
    return Fields({
        **{key: row[key] for key in ("finding_id", "kind", "body", "equipment", "grade", "date", "amount", "currency", "stale", "verdict")},
        "layer": layer(row), "page": f"findings/{page_name(row['finding_id'])}", "text": cut(words), "is_confirmed": confirmed(row),
        "maker_short": view.short.get(row["maker_id"] or row["party"], "") or row["party"],
        "body_page": f"bodies/{view.body_pages[row['body']]}.html" if row["body"] in view.body_pages else "",
    })  # fmt: skip


def leading(table: pa.Table) -> pa.Table:
    """Findings in the order of a list: purchases, answers and devices, reports; in each surveillance equipment first; then by score, body and id."""
    record, equipment = {"PURCHASE": 0, "ANSWER": 10, "DEVICE": 10}, {"surveillance": 0, "other": 2}
    ranks = zip(table["record_kind"].to_pylist(), table["equipment"].to_pylist(), strict=True)
    order = pa.array([record.get(kind, 20) + equipment.get(made, 1) for kind, made in ranks], pa.int8())
    keys = [("_rank", "ascending"), ("score", "descending"), ("body", "ascending"), ("finding_id", "ascending")]
    return table.append_column("_rank", order).sort_by(keys).drop_columns(["_rank"])


def cut(text: str, length: int = 160) -> str:
    """Printable text of at most ``length`` characters; a cut shows as an ellipsis."""
    text = shown(text)
    return text if len(text) <= length else f"{text[: length - 1]}…"


def cited(text: str) -> Markup:
    """A citation as HTML: the plain web addresses in it are links, everything else is text."""
    out, at, text = Markup(""), 0, shown(text)
    for match in re.finditer(r"https?://[\w./%?=&~:#@+,;()!-]+", text, re.ASCII):
        url = match[0].rstrip(".,;:)!") if "(" not in match[0] else match[0].rstrip(".,;:!")
        if "@" in url.split("/")[2]:
            continue
        out += Markup('{}<a href="{}" rel="noreferrer nofollow">{}</a>').format(text[at : match.start()], url, url)
        at = match.start() + len(url)
    return out + text[at:]


def bar(states: list[tuple[str, str, Figure]]) -> list[tuple[int, float, float]]:
    """Segments of the bar of states: (number of the state, start, width), the whole being 100 wide."""
    total = sum(int(f.numerator) for _, _, f in states) or 1
    at, out = 0.0, []
    for n, (_, _, figure) in enumerate(states):
        width = round(100 * int(figure.numerator) / total, 3)
        if width:
            out.append((n, round(at, 3), width))
        at += width
    return out


def years(body: Row) -> list[tuple[str, list[tuple[str, int | None]]]]:
    """The months of a body as a grid: (year, twelve pairs of month and rows; None where the month was not expected)."""
    if not body["period"]:
        return []
    first, last = body["period"].split("/")
    return [(f"{year}", list(_year(year, first, last, body["months"]))) for year in range(int(first[:4]), int(last[:4]) + 1)]


def _year(year: int, first: str, last: str, months: Mapping[str, int]) -> Iterator[tuple[str, int | None]]:
    for month in (f"{year:04d}-{n:02d}" for n in range(1, 13)):
        yield month, (months.get(month, 0) if first <= month <= last else None)


def plan_totals(plan: Row) -> dict[str, Any]:
    """Sites, known devices, devices of unknown make, and how many sites say nothing about their devices."""
    sites = plan["sites"]
    return {
        "sites": len(sites),
        "devices": sum(s["devices"] or 0 for s in sites),
        "unknown_make": sum(s["unknown_make"] or 0 for s in sites),
        "uncounted": sum(s["devices"] is None for s in sites),
        "no_deadline": sum(not s["deadline"] for s in sites),
        "no_cost": sum(s["unit_cost"] is None for s in sites),
        "month": {r["site_id"]: r for r in plan["removals"]},
    }
