"""The pages and files of a timetable: headline, three lines, bars, areas, sites, promises, unknowns, what is kept back; and the same in familiar forms."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from custodes.publication import timetable_charts as charts
from custodes.publication import timetable_words as words
from custodes.publication.package import described
from custodes.publication.rows import Row, chunks
from custodes.publication.sheets import write_tables
from custodes.publication.site import Site
from custodes.publication.tables import Table, write_csv
from custodes.publication.timetable_forms import bars, calendar, ocds, question_text, status_update, words_of, written_answer
from custodes.publication.timetable_sheet import write_sheet
from custodes.publication.timetable_tables import document, schema, tables
from custodes.publication.view import View

FOLDER = "timetable"
PER_PAGE = 400
BEHIND = 25
"""Sites behind the frozen plan, and sites that missed a deadline, that the first page tells one by one; all of them stand in the table of sites."""
_VARIED = ("late", "overdue", "moved later")


def write(site: Site, t: Row, written: Sequence[Path]) -> None:
    """Write the timetable's pages; ``written``: its data files, which the page leads to. Nothing without a timetable."""
    if not t:
        return
    site.bytes("static/timetable.css", files("custodes.publication").joinpath("static/timetable.css").read_bytes())
    names = [f"{FOLDER}/{path.name}" for path in written]
    rows = sorted((s for s in t["sites"] if s["variance"] in _VARIED), key=lambda s: (-(s["variance_days"] or 0), s["site_id"]))
    missed = sorted((s for s in t["sites"] if s["missed_days"]), key=lambda s: (not s["remaining"], -s["missed_days"], s["site_id"]))
    site.write_english(
        "timetable.html", "timetable.html", tab=t, words=words, cause=words_of, burn=charts.burn_down(t["burn_down"]), bars=bars(t), gantt=charts.gantt(bars(t), t["as_of"][:7]),
        areas=charts.tiles(t["by_region"]) if len(t["by_region"]) > 1 else "", behind=rows[:BEHIND], behind_of=len(rows), missed=missed[:BEHIND], missed_of=len(missed), files=names, statuses=_statuses(t),
    )  # fmt: skip
    parts = list(chunks(t["sites"], PER_PAGE)) if t["sites"] else []
    numbered = [(f"timetable-sites{f'-{n}' if n > 1 else ''}.html", n) for n in range(1, len(parts) + 1)]
    for (name, n), part in zip(numbered, parts, strict=True):
        site.write_english("timetable-sites.html", name, tab=t, words=words, cause=words_of, sites=part, page=n, pages=numbered)
    if t["promises"] or t["documents"]:
        site.write_english("timetable-promises.html", "timetable-promises.html", tab=t, words=words)


def _statuses(t: Row) -> list[tuple[str, str, int]]:
    """(state, its words, sites) in the order of the way, states with no site left out."""
    return [(state, text, t["by_status"][state]) for state, text in words.STATUS.items() if t["by_status"].get(state)]


def write_files(view: View, edition: Path) -> dict[Path, dict[str, Any]]:
    """Write the data files below ``timetable/``: CSV per table, workbook, JSON and its schema, calendar, OCDS, and three forms as text. Path -> what the data
    package says of it. Nothing without a timetable."""
    t, folder = view.timetable, edition / FOLDER
    if not t:
        return {}
    folder.mkdir(parents=True, exist_ok=True)
    data = tables(view, t)
    told = {}
    for table in data:
        path = folder / f"{table.name}.csv"
        told[path] = described(table, write_csv(table, view.kind, path))
    return told | {path: {} for path in _others(view, t, data, folder)}


def _others(view: View, t: Row, data: Sequence[Table], folder: Path) -> list[Path]:
    written = [write_tables(view, data, folder / "timetable.xlsx")]
    if view.draft and t["sites"]:
        written.append(write_sheet(view, t, folder / "progress-sheet.xlsx"))
    texts: dict[str, str] = {
        "timetable.json": _json(document(view, t)), "timetable.schema.json": _json(schema()), "timetable.ics": calendar(view, t), "timetable-ocds.json": _json(package) if (package := ocds(view, t))["releases"] else "",
        "status-update.txt": status_update(view, t), "written-answer.txt": written_answer(view, t), "promise-questions.txt": question_text(t["questions"]),
    }  # fmt: skip
    for name, text in texts.items():
        if text and (t["sites"] or name in ("timetable.json", "timetable.schema.json", "promise-questions.txt")):
            written.append(folder / name)
            written[-1].write_text(text, encoding="utf-8", errors="replace", newline="")
    return written


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
