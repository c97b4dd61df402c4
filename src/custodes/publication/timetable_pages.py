"""The pages and files of a timetable: headline, three lines, bars, areas, sites, promises, unknowns, what is kept back; and the same in familiar forms."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

from custodes.publication import timetable_charts as charts
from custodes.publication import timetable_words as words
from custodes.publication.i18n import Say
from custodes.publication.package import described
from custodes.publication.rows import Row, chunks
from custodes.publication.sheets import write_tables
from custodes.publication.site import Site, words_of
from custodes.publication.tables import Table, write_csv
from custodes.publication.timetable_forms import bars, calendar, ocds, question_text, status_update, written_answer
from custodes.publication.timetable_forms import words_of as cause_of
from custodes.publication.timetable_sheet import write_sheet
from custodes.publication.timetable_tables import document, schema, tables
from custodes.publication.view import View

FOLDER = "timetable"
PER_PAGE = 400
BEHIND = 25
"""Sites behind the frozen plan, and sites that missed a deadline, that the first page tells one by one; all of them stand in the table of sites."""
_VARIED = ("late", "overdue", "moved later")


def write(site: Site, t: Row, written: Sequence[Path]) -> None:
    """Write the timetable's pages in every language; ``written``: its data files, which the page leads to. Nothing without a timetable."""
    if not t:
        return
    site.bytes("static/timetable.css", files("custodes.publication").joinpath("static/timetable.css").read_bytes())
    told: dict[str, Row] = {lang: _told(t, say) for lang, say in words_of(site)}
    first: Row = {**_rows(t), "files": [f"{FOLDER}/{path.name}" for path in written]}
    site.each("timetable.html", "timetable.html", {lang: {**told[lang], **first, **_front(t, first["bars"], say)} for lang, say in words_of(site)})
    parts = list(chunks(t["sites"], PER_PAGE)) if t["sites"] else []
    numbered = [(f"timetable-sites{f'-{n}' if n > 1 else ''}.html", n) for n in range(1, len(parts) + 1)]
    for (name, n), part in zip(numbered, parts, strict=True):
        site.each("timetable-sites.html", name, {lang: {**values, "sites": part, "page": n, "pages": numbered} for lang, values in told.items()})
    if t["promises"] or t["documents"]:
        site.each("timetable-promises.html", "timetable-promises.html", told)


def _told(t: Row, say: Say) -> Row:
    """What every page of the timetable is given, in its language."""
    return {
        "tab": t, "n": partial(words.number, say=say), "sums": partial(words.sums, say=say), "ranges": partial(words.ranges, say=say), "cause": lambda cause: say.of(cause_of(cause)),
        "status": {state: say.of(text) for state, text in words.STATUS.items()},
    }  # fmt: skip


def _rows(t: Row) -> Row:
    """The rows that the first page tells one by one, the same in every language."""
    behind = sorted((s for s in t["sites"] if s["variance"] in _VARIED), key=lambda s: (-(s["variance_days"] or 0), s["site_id"]))
    missed = sorted((s for s in t["sites"] if s["missed_days"]), key=lambda s: (not s["remaining"], -s["missed_days"], s["site_id"]))
    hidden = sum(1 for s in t["sites"] if s["hidden"])
    return {"bars": bars(t), "behind": behind[:BEHIND], "behind_of": len(behind), "missed": missed[:BEHIND], "missed_of": len(missed), "hidden": hidden}


def _front(t: Row, rows: Sequence[Row], say: Say) -> Row:
    """The sentences and charts of the first page."""
    return {
        "headline": words.headline(t, say), "ends": words.ends(t, say), "answer": words.answer(t, say), "unknowns": words.unknowns(t, say),
        "statuses": [(say.of(text), t["by_status"][state]) for state, text in words.STATUS.items() if t["by_status"].get(state)],
        "burn": charts.burn_down(t["burn_down"], say), "gantt": charts.gantt(rows, t["as_of"][:7], say), "areas": charts.tiles(t["by_region"], say) if len(t["by_region"]) > 1 else "",
    }  # fmt: skip


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
