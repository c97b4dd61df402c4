"""Pages that lead a number back: every figure to its rows, every file to its hash and findings, every edition to the one before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from custodes.publication import editions
from custodes.publication.figure import Figure
from custodes.publication.pages_parties import groups
from custodes.publication.rows import Row, chunks, page_name, stream
from custodes.publication.search import Index
from custodes.publication.show import brief
from custodes.publication.site import LIST_ROWS, Site, numbered, pages
from custodes.publication.timetable_figures import KEPT_BACK, timetable_figures
from custodes.publication.view import left_out_totals

_SUMS = ("read", "usable", "left_out_in_read", "left_out_outside", "rejected", "found", "rows_without_body")


def coverage(site: Site, index: Index) -> None:
    """What became of every file, and a page for each: hash, seal, counts, and the findings that rest on it."""
    rows = site.view.coverage
    total = {key: sum(r[key] or 0 for r in rows) for key in _SUMS}
    left, bad = left_out_totals(rows), sum(bool(r["error"]) for r in rows)
    site.split("coverage.html", "coverage", list(rows), "rows", total=total, left_out=left, files=len(rows), bad=bad)
    found = groups(site.view.findings, "origin_sha256")
    first = {row["page"]: row for row in reversed(rows)} | {row["page"]: row for row in reversed(rows) if not row["same_as"]}
    for page, row in sorted(first.items()):
        _tables(site, "file.html", page.removesuffix(".html"), found.get(row["sha256"] or "-", site.view.findings.slice(0, 0)), c=row)
        index.file(row)


def _tables(site: Site, template: str, stem: str, table: pa.Table, **values: Any) -> None:
    """Findings as brief rows over as many pages as they need."""
    parts = list(chunks(range(len(table)), LIST_ROWS))
    for n, part in enumerate(parts, 1):
        rows = [brief(site.view, row) for row in stream(table.slice(part[0], len(part)))] if len(part) else []
        site.write(template, numbered(stem, n), rows=rows, total=len(table), page=n, pages=pages(stem, len(parts)), **values)


def figures(site: Site, index: Index) -> None:
    """The list of figures, and a page (or several) for each with the rows behind it."""
    site.split("figures.html", "figures", list(site.figures.values()), "figures")
    at = pa.array(site.view.findings["finding_id"].to_pylist(), pa.string())
    targets, timetable = _targets(site), {figure.id for figure in timetable_figures(site.view.timetable)}
    for figure in site.figures.values():
        stem = f"figures/{page_name(figure.id)}".removesuffix(".html")
        if figure.unit == "finding":
            where = pc.index_in(pa.array(figure.rows, pa.string()), value_set=at).drop_null()
            _tables(site, "figure.html", stem, site.view.findings.take(where), f=figure)
        else:
            promised = figure.unit == "statement" and figure.id in timetable
            _named(site, figure, stem, targets["promise" if promised else figure.unit])
        index.figure(figure)


def _named(site: Site, figure: Figure, stem: str, target: Callable[[str], str]) -> None:
    """The rows of a figure about bodies, files, makers and the like: a name and, where there is one, its page."""
    parts = list(chunks(figure.rows, LIST_ROWS))
    for n, part in enumerate(parts, 1):
        rows = [_row(site, figure.unit, name, target) for name in part]
        site.write("figure.html", numbered(stem, n), rows=rows, total=len(figure.rows), page=n, pages=pages(stem, len(parts)), f=figure)


def _row(site: Site, unit: str, name: str, target: Callable[[str], str]) -> tuple[str, str]:
    known: Mapping[str, Mapping[str, str]] = {"maker": site.view.makers}
    return known.get(unit, {}).get(name, name), target(name)


def _targets(site: Site) -> dict[str, Callable[[str], str]]:
    """Unit of a figure -> a function from a row to its page; empty where it has none."""
    view = site.view
    files = {row["path"]: row["page"] for row in view.coverage} | {row["name"]: row["page"] for row in view.coverage}
    return {
        "body": lambda name: f"bodies/{view.body_pages[name]}.html" if name in view.body_pages else "",
        "maker": lambda name: f"makers/{view.maker_pages[name]}.html" if name in view.maker_pages else "",
        "file": lambda name: files.get(name, ""),
        "company": lambda name: "replies.html",
        "statement": lambda name: "statements.html",
        "promise": lambda name: "timetable-promises.html",
        "site": lambda name: "" if name == KEPT_BACK else "timetable-sites.html",
    }


def changes(site: Site) -> None:
    """The changes page, the pages of earlier versions, those of findings that were taken back, and the log itself."""
    history: tuple[Row, ...] = tuple(site.view.facts["history"])
    if not history:
        return
    site.write("changes.html", "changes.html", editions=editions.told(history))
    for version in site.view.facts["replaced"]:
        site.write("version.html", version["page"], v=version)
    site.text("history/editions.jsonl", "".join(editions.line(event) for event in editions.public(history, site.view.facts["replaced"])))
