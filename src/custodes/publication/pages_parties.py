"""Pages of bodies, makers, claims, statements, replies and sites: one stable address for each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from itertools import groupby
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from custodes.publication import area_map, charts
from custodes.publication.figures import grounds
from custodes.publication.pages_findings import SHOWN
from custodes.publication.places import area_of
from custodes.publication.rows import Row, chunks, stream
from custodes.publication.search import Index
from custodes.publication.show import brief, finding, leading, years
from custodes.publication.site import LIST_ROWS, Site, numbered, pages, words_of

CARDS = 6
"""Findings told in full on a body's page; further ones stand in a table below."""
_DENIALS = ("denial", "reply", "withdrawal", "correction", "gone", "removal", "retraction", "apology")


def bodies(site: Site, index: Index) -> None:
    """The list of bodies, a page (or several) for each, and the map."""
    view = site.view
    rows = [{**b, "page": f"bodies/{view.body_pages[b['body']]}.html"} for b in view.bodies]
    site.split("bodies.html", "bodies", rows, "rows")
    found = groups(pa.concat_tables([view.parts[name] for name in SHOWN]), "body")
    files, places = _files(site), _sites(site)
    for row in rows:
        _body(site, row, found.get(row["body"]), files.get(row["body"], []), places.get(row["body"], []))
        index.body(row)
    _map(site, rows)


def _body(site: Site, row: Row, table: pa.Table | None, files: list[Row], places: list[Row]) -> None:
    view = site.view
    table = leading(table) if table is not None else view.findings.slice(0, 0)
    cards, more = table.slice(0, CARDS), table.slice(CARDS)
    stem = str(row["page"]).removesuffix(".html")
    letters = f"questions/{view.question_pages[row['body']]}.html" if row["body"] in view.question_pages else ""
    whole = {"b": row, "years": years(row), "letters": letters, "total": len(table), "area": area_of(row), "sites": places, "files": files, "pack": view.packs.get(("body", row["body"]))}
    parts = list(chunks(range(len(more)), LIST_ROWS))
    for n, part in enumerate(parts, 1):
        listed = [brief(view, f) for f in stream(more.slice(part[0], len(part)))] if len(part) else []
        told = [finding(view, f) for f in stream(cards)] if n == 1 else []
        site.write("body.html", numbered(stem, n), page=n, pages=pages(stem, len(parts)), found=told, more=listed, **whole)


def groups(table: pa.Table, column: str) -> dict[str, pa.Table]:
    """Value of ``column`` -> its rows, without copying rows into Python."""
    ordered = table.sort_by([(column, "ascending"), ("finding_id", "ascending")])
    found, at = {}, 0
    for value, run in groupby(ordered[column].to_pylist()):
        size = sum(1 for _ in run)
        found[value] = ordered.slice(at, size)
        at += size
    return found


def _files(site: Site) -> dict[str, list[Row]]:
    """Body -> the files in which records of it were read."""
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in site.view.coverage:
        for body in row["bodies"]:
            found[body].append({"name": row["name"], "page": row["page"]})
    return found


def _sites(site: Site) -> dict[str, list[Row]]:
    """Body -> its sites in the plan."""
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in site.view.plan["sites"]:
        found[row["body"]].append({**row, "page": f"sites/{site.view.site_pages[row['site_id']]}.html"})
    return found


def _map(site: Site, rows: list[dict[str, Any]]) -> None:
    placed = [(area_of(row), row) for row in rows]
    areas: defaultdict[str, list[Row]] = defaultdict(list)
    for area, row in sorted(placed, key=lambda item: (item[0] == "", item[0], item[1]["body"])):
        areas[area].append(row)
    known = sum(bool(area) for area, _ in placed)
    drawn = area_map.drawing(areas)
    site.each("map.html", "map.html", {lang: {"svg": drawn(words), "areas": list(areas.items()), "placed": known} for lang, words in words_of(site)})


def makers(site: Site, index: Index) -> None:
    """The list of makers, and a page (or several) for each: its listings, its links, who bought from it and when."""
    view = site.view
    links: defaultdict[str, list[Row]] = defaultdict(list)
    for row in stream(view.records["LINK"].sort_by("record_key")):
        if row["publish"] != "no":
            links[row["object"]].append(row)
    known = sorted((_maker(site, maker, links) for maker in view.makers), key=_rank)
    others = len(set(view.listings) - set(view.makers))
    site.write("makers.html", "makers.html", makers=known, others=others, grounds=[f for k, f in site.figures.items() if k.startswith("makers-")])
    found = groups(pa.concat_tables([view.parts[name] for name in SHOWN]), "maker_id")
    for maker in known:
        _maker_pages(site, maker, found.get(maker["id"], view.findings.slice(0, 0)))
        index.maker(maker)


def _maker(site: Site, maker: str, links: Mapping[str, list[Row]]) -> dict[str, Any]:
    listings = site.view.listings.get(maker, ())
    return {
        "id": maker, "name": site.view.makers[maker], "short": site.view.short[maker], "page": f"makers/{site.view.maker_pages[maker]}.html", "ground": grounds(listings),
        "listings": listings, "links": links.get(maker, []), "figure": site.figures.get(f"named-maker-{maker}"),
    }  # fmt: skip


def _rank(maker: Row) -> tuple[Any, ...]:
    figure = maker["figure"]
    return figure is None, -(int(figure.numerator) if figure else 0), maker["name"].casefold(), maker["id"]


def _maker_pages(site: Site, maker: dict[str, Any], table: pa.Table) -> None:
    view, stem = site.view, str(maker["page"]).removesuffix(".html")
    table = leading(table)
    drawn = charts.purchases(view, table.filter(pc.equal(table["record_kind"], "PURCHASE")), maker["id"])
    parts = list(chunks(range(len(table)), LIST_ROWS))
    for n, part in enumerate(parts, 1):
        rows = [brief(view, f) for f in stream(table.slice(part[0], len(part)))] if len(part) else []
        values = {"k": maker, "rows": rows, "total": len(table), "page": n, "pages": pages(stem, len(parts))}
        site.each("maker.html", numbered(stem, n), {lang: values | {"chart": drawn(words) if drawn else None} for lang, words in words_of(site)})


def claims(site: Site, index: Index) -> None:
    """The list of threads and a page for each; pictures of pages with their words marked beside them. Nothing when the case holds no claim of a page."""
    view = site.view
    if not view.claims:
        return
    for thread in view.claims:
        for quote in thread["quotes"]:
            if picture := view.pictures.get(quote["event_id"]):
                site.bytes(f"claims/{quote['event_id']}.png", picture)
        site.write("claim.html", thread["page"], c=thread)
        index.claim(thread)
    site.split("claims.html", "claims", list(view.claims), "rows")


def statements(site: Site) -> None:
    """What was said, in the order of dates."""
    table = site.view.records["STATEMENT"]
    rows = [r for r in stream(table) if r["publish"] != "no"]
    rows.sort(key=lambda r: (r["date"], r["statement_id"], r["record_key"]))
    told = [{**r, "answer": any(word in r["statement_kind"].casefold() for word in _DENIALS)} for r in rows]
    site.split("statements.html", "statements", told, "rows", held=len(table) - len(rows))


def replies(site: Site) -> None:
    """What the companies named say, company by company, and the corrections log."""
    view = site.view
    wanted = pa.array(sorted(view.standing), pa.string())
    rows = [finding(view, row) for row in stream(view.findings.filter(pc.is_in(view.findings["finding_id"], wanted)))]
    companies: dict[str, list[Any]] = {}
    for f in rows:
        for company in f["companies"]:
            companies.setdefault(company["company"], []).append((f, company))
    pages_of = {f["finding_id"]: f["page"] for f in rows}
    site.write("replies.html", "replies.html", companies=sorted(companies.items()), corrections=view.corrections, pages_of=pages_of)


def sites(site: Site, index: Index) -> Mapping[str, str]:
    """A page per site of the plan; site id -> its page."""
    view = site.view
    months = {r["site_id"]: r.get("month") for r in view.plan["removals"]}
    for row in view.plan["sites"]:
        s = {"contract_end": "", "origin_file": "", "origin_at": "", **row, "page": f"sites/{view.site_pages[row['site_id']]}.html"}
        site.write("site.html", s["page"], s=s, month=months.get(row["site_id"]) or "")
        index.site(s)
    return {key: f"sites/{slug}.html" for key, slug in view.site_pages.items()}
