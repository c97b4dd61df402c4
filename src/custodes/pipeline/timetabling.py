"""The timetable of a case put together: plan, frozen baselines, events, promises and what is kept back; and the record of what was published of it."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from importlib import resources
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from custodes import case
from custodes.case import Case
from custodes.pipeline.finding import part_files
from custodes.pipeline.grounding_case import standing_claims
from custodes.pipeline.state import Run, seal_lines
from custodes.sources import seal
from custodes.timetable import PLAN, baseline
from custodes.timetable.disclosure import Cell, Value
from custodes.timetable.public import Public, public
from custodes.timetable.status import Given, state
from custodes.timetable.withhold import rules_of, settings_of
from custodes.values import SCHEMAS, Break
from custodes.values.edition import Edition

DISCLOSED = "disclosed"
"""In the timetable folder: one file per public edition that was written, with every number of its timetable. It names what is kept back: never publish it."""
SEALED = "baseline"
PROGRESS = "progress"  # the reader of events
MOST = 20  # troubles of one kind that are told one by one


def given(the_case: Case, records: Mapping[str, pa.Table], now: str) -> Given:
    """What the state of a case's timetable is made from; ``records``: tables of SITE and STATEMENT."""
    folder = the_case.folder / "timetable"
    sites = [{**row, "devices": row["devices"] or 0} for row in records["SITE"].to_pylist()]
    settings, rules = settings_of(the_case.timetable), rules_of(the_case.withhold)
    statements = records["STATEMENT"].to_pylist()
    plan = case.read_json(folder / PLAN, {})
    if not plan.get("verdict", {}).get("passes", True):  # a plan that fails the checker is not published: only what the policy counts is taken from it
        plan = {"status": "not published: it failed its check", "inputs": plan.get("inputs", {}), "grounds": plan.get("grounds")}
    return Given(sites, plan, baseline.load(folder), statements, rules, settings, form(), now)


def form() -> list[dict[str, str]]:
    """The fields of the familiar form."""
    text = resources.files("custodes").joinpath("data", "timetable_fields.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def with_timetable(edition: Edition, run: Run) -> tuple[Edition, Public | None, list[str]]:
    """(the edition with the timetable it may show, its public form, why it is left out). A draft shows the whole state, a public edition what may leave.

    Without ``publish = true`` nothing of it is public. When something that is kept back can be undone, or the plan counts a maker on a claim that no person
    confirms any more, nothing of it is published either, and it is said why.
    """
    records = {"SITE": edition.records["SITE"], "STATEMENT": _table(run, "STATEMENT")}
    made = given(run.case, records, edition.now)
    whole = state(made)
    fallen = _fallen(whole, standing_claims(edition.findings))
    if edition.kind != "public":
        return replace(edition, timetable=_without(whole, fallen)), None, list(fallen.values())
    hidden = [site for site in whole.get("sites", ()) if site["hidden"]]
    if not whole or not made.settings.publish:
        return replace(edition, coverage=_coverage(edition, hidden, frozenset())), None, []
    if fallen:
        left_out = [f"the timetable is left out of the public edition: {words}" for words in fallen.values()]
        return replace(edition, coverage=_coverage(edition, hidden, frozenset())), None, left_out
    shown = public(whole, made, disclosed(run.case.folder))
    told_files = frozenset(c.key for c in shown.cells if c.table == "coverage") if not shown.exposures else frozenset()
    edition = replace(edition, coverage=_coverage(edition, hidden, told_files))
    if not shown.exposures:
        return replace(edition, timetable=shown.view), shown, []
    troubles = [f"the timetable is left out of the public edition: {e.words}" for e in shown.exposures[:MOST]]
    if len(shown.exposures) > MOST:
        troubles.append(f"and {len(shown.exposures) - MOST} more sums that can be undone")
    return edition, None, troubles


def _fallen(whole: Mapping[str, Any], standing: frozenset[str]) -> dict[str, str]:
    """Claims that the plan rests on and no person confirms any more: id -> what to do, in words."""
    rests = [g for g in whole.get("grounds", ()) if g["source"] == "claim" and g["cites"] not in standing]
    return {g["cites"]: f"the plan counts {g['maker_id']} on finding {g['cites']}, which no person confirms any more: run custodes plan again" for g in rests}


def _without(whole: Mapping[str, Any], fallen: Mapping[str, str]) -> Mapping[str, Any]:
    """The state without grounds that fell, and with what is to be done about it."""
    if not fallen:
        return whole
    return {**whole, "grounds": [g for g in whole["grounds"] if g["cites"] not in fallen], "troubles": [*whole["troubles"], *fallen.values()]}


def _coverage(edition: Edition, hidden: Sequence[Mapping[str, Any]], told_files: frozenset[str]) -> tuple[Mapping[str, Any], ...]:
    """Coverage without files whose number of rows would tell how many sites are kept back, or what happened at them."""
    closed = {str(site["origin_file"]) for site in hidden} - told_files
    registers = any(not site["origin_file"] for site in hidden)  # a site that only a register knows: its rows tell how many devices are there
    return tuple(
        row for row in edition.coverage
        if row["path"] not in closed and not (hidden and row.get("reader") == PROGRESS) and not (registers and (row.get("kinds") or {}).get("DEVICE"))
    )  # fmt: skip


def without_progress(table: pa.Table) -> pa.Table:
    """Statements without events at sites: these stand in the timetable, not among claims and replies."""
    return table.filter(pc.not_equal(table["statement_kind"], "progress"))


def disclosed(folder: Path) -> list[Cell]:
    """Every number of a timetable that earlier public editions of a case showed."""
    editions = [json.loads(gzip.decompress(path.read_bytes())) for path in _editions(folder)]
    return [_cell(edition["edition"], cell) for edition in editions for cell in edition["cells"]]


def _editions(folder: Path) -> list[Path]:
    return sorted((folder / "timetable" / DISCLOSED).glob("[0-9]*.json.gz"))


def _cell(edition: str, cell: Mapping[str, Any]) -> Cell:
    parts = tuple((Value(measure, site, number), Fraction(factor)) for measure, site, number, factor in cell["parts"])
    return Cell(edition, cell["table"], cell["key"], cell["measure"], parts, None)


def note_disclosed(folder: Path, shown: Public | None, now: str) -> None:
    """Write down what an edition showed, unless it shows what the last one did."""
    if shown is None or not shown.cells:
        return
    cells = [
        {"table": c.table, "key": c.key, "measure": c.measure, "parts": [[v.measure, v.site_id, v.number, str(f)] for v, f in c.parts]} for c in shown.cells
    ]
    before = _editions(folder)
    if before and json.loads(gzip.decompress(before[-1].read_bytes()))["cells"] == cells:
        return
    data = json.dumps({"edition": now, "cells": cells}, ensure_ascii=False, sort_keys=True).encode()
    case.write_whole(folder / "timetable" / DISCLOSED / f"{len(before) + 1:04d}.json.gz", gzip.compress(data, mtime=0))


def freeze(run: Run, plan: Mapping[str, Any]) -> str:
    """Freeze the plan as a baseline and seal its hash; returns a line for people. UsageError when there is nothing to freeze."""
    folder = run.case.room("timetable")
    value = baseline.frozen(plan, baseline.load(folder), run.now, str(run.options.get("reason") or ""))
    name = f"{value['number']:04d}.json"
    case.write_whole(folder / baseline.FOLDER / name, case.to_json(value))
    seal.append(run.case.folder / "seal.jsonl", SEALED, {"number": value["number"], "sha256": value["sha256"], "sites": len(value["plan"]["removals"])}, run.now)
    return f"baseline {value['number']} frozen: {len(value['plan']['removals'])} sites, sha256 {value['sha256'][:16]}"


def after_plan(run: Run, summary: dict[str, Any], plan: Mapping[str, Any]) -> dict[str, Any]:
    """The summary of the plan step with what became of the plan: progress, promises, and the baseline when one is frozen now."""
    lines = [freeze(run, plan)] if run.options.get("freeze") else []
    records = {kind: _table(run, kind) for kind in ("SITE", "STATEMENT")}
    words, counts, troubles = told(state(given(run.case, records, run.now)))
    line = "; ".join(part for part in (summary["line"], words, *lines) if part)
    return {**summary, **counts, "line": line, "troubles": [*summary.get("troubles", ()), *troubles], "exit": max(int(summary.get("exit", 0)), 3 if troubles else 0)}


def statements(run: Run) -> list[dict[str, Any]]:
    """The STATEMENT rows of a case: events at sites are among them."""
    rows: list[dict[str, Any]] = _table(run, "STATEMENT").to_pylist()
    return rows


def _table(run: Run, kind: str) -> pa.Table:
    parts = [pq.read_table(path) for path in part_files(run, kind)]
    return pa.concat_tables(parts) if parts else SCHEMAS[kind].empty_table()


def verify(folder: Path) -> Iterable[Break]:
    """The frozen baselines of a case against the seal log."""
    sealed = [line["facts"] for line in seal_lines(folder / "seal.jsonl") if line["kind"] == SEALED]
    return baseline.verify(folder / "timetable", sealed)


def told(whole: Mapping[str, Any]) -> tuple[str, dict[str, Any], Sequence[str]]:
    """(half a line about progress, counts for the summary, troubles) of a state."""
    if not whole:
        return "", {}, ()
    totals, moved = whole["totals"], bool(whole["events"])
    words = []
    if moved or whole["baseline"]:
        words.append(f"{totals['removed']} of {totals['devices']} devices removed, {totals['disposed']} disposed of")
    late = sum(1 for s in whole["sites"] if s["variance"] in ("late", "overdue", "moved later"))
    if whole["baseline"]:
        words.append(f"{late} sites behind the baseline")
    verdicts = [p["verdict"] for p in whole["promises"]]
    words += [f"{len(verdicts)} promises: " + ", ".join(f"{verdicts.count(v)} {v}" for v in dict.fromkeys(verdicts))] if verdicts else []
    counts = {"removed": totals["removed"], "disposed": totals["disposed"], "behind": late, "promises": len(verdicts)}
    return "; ".join(words), counts, [*whole["troubles"], *whole["question_troubles"]]
