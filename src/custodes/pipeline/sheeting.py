"""The queue of a case as a spreadsheet: out with `custodes sheet`, back through the inbox."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from custodes import case
from custodes.errors import UsageError
from custodes.publication import wording
from custodes.publication.rows import conform, layer, stream
from custodes.publication.view import maker_names
from custodes.review import LEDGER, Reading, load
from custodes.review.fold import newest
from custodes.review.queue_sheet import QUEUE, Report, bring_back, seen
from custodes.review.sheets import export
from custodes.review.sheets_back import read
from custodes.sources import opened
from custodes.values.decision import Decision
from custodes.values.edition import Edition

VIEWS = ("open", "stale", "decided", "questions", "all")
"""``open``: named and other findings that nobody has decided, or whose evidence has changed since; ``questions``: purchases without a maker."""


def sheet(folder: Path, out: str, view: str, now: str) -> dict[str, Any]:
    """Write a view of the queue to ``out`` (.xlsx or .csv). UsageError for another format, or when the file is there already."""
    from custodes.pipeline import publishing, state

    target = Path(out)
    if target.suffix not in (".xlsx", ".csv"):
        raise UsageError("not a format of a sheet", where=out, advice="use .xlsx or .csv")
    if target.exists():
        raise UsageError("is there already", where=out, advice="give a new name: somebody may have written in the old file")
    the_case = case.load(folder)
    current = state.load(the_case)
    if not current.has_findings:
        raise UsageError("nothing to decide yet", where=str(folder), advice=f"first: custodes run {folder}")
    edition = publishing.build(the_case, current, "draft", now)
    decisions = load(the_case.folder / "review" / LEDGER)
    rows = list(_rows(edition, newest(decisions), view))
    case.write_whole(target, export(QUEUE, rows, target.suffix, _about(edition, view, len(rows)), now))
    line = f"{len(rows)} of {edition.findings.num_rows} findings ({view}) written to {out}"
    return {"rows": len(rows), "lines": [line, "  next: write in the yellow columns, then put the file into the inbox, or look first: custodes sheet CASE --check FILE"], "exit": 0}


def _rows(edition: Edition, latest: Mapping[str, Decision], view: str) -> Iterator[dict[str, Any]]:
    _, short = maker_names(edition)
    for row in stream(conform(edition.findings)):
        if _wanted(row, layer(row), view):
            yield {
                **{name: row[name] for name in ("finding_id", "body", "supplier", "description", "band", "evidence_hash")},
                "layer": layer(row), "maker": short.get(row["maker_id"] or row["party"], row["maker_id"]), "amount": wording.money(row["amount"], row["currency"]),
                "date": row["date"], "transaction": row["transaction"] or row["ocid"], "why": " ".join(reason["words"] for reason in row["reasons"]),
                "against": " ".join(row["against"]), "listed": wording.listed(row) if row["maker_id"] or row["party"] else "",
                "origin": f"{row['origin_file']}, {row['origin_at']}", "standing": _standing(row), "seen": seen(latest.get(row["finding_id"])),
            }  # fmt: skip


def _wanted(row: Mapping[str, Any], part: str, view: str) -> bool:
    decided = bool(row["verdict"]) and not row["stale"]
    return {
        "open": part in ("named", "weak", "other") and not decided, "stale": bool(row["stale"]), "decided": bool(row["verdict"]), "questions": part == "question" and not decided,
    }.get(view, True)  # fmt: skip


def _standing(row: Mapping[str, Any]) -> str:
    if not row["verdict"]:
        return ""
    return f"{row['verdict']} ({row['reason']}), {row['decided'][:10]}{'; stale: the evidence has changed since' if row['stale'] else ''}"


def _about(edition: Edition, view: str, many: int) -> list[tuple[str, str]]:
    return [
        ("title", str(edition.facts.get("title", ""))), ("view", f"{view}: {many} findings"), ("as of", edition.now), ("note", wording.LEAD),
        ("how", "Write in the columns verdict, reason, note, decider and decided. Leave a row empty to decide nothing. Then put the file into the inbox of the case."),
        ("coming back", "A row is taken only when its finding, its evidence and the decision that stood are still those of the export. What is not taken is told, row by row."),
    ]  # fmt: skip


def take(stream: BinaryIO, filename: str, now: str, findings: pa.Table, decisions: tuple[Decision, ...]) -> Report:
    """The rows of a filled sheet against the findings and the ledger of today."""
    standing = dict(zip(findings["finding_id"].to_pylist(), findings["evidence_hash"].to_pylist(), strict=True))
    return bring_back(read(stream, filename, QUEUE), standing, decisions, filename, now)


def reading(report: Report, filename: str) -> Reading:
    """A report as what a decisions file held: decisions, and a reject for every row that was not taken."""
    groups = (("changed since export", report.changed), ("unknown", report.unknown), ("invalid", report.invalid))
    rejects = tuple(
        {"origin_file": filename, "origin_at": place, "column": "finding_id", "reason": f"{group}: {key}: {what}"} for group, rows in groups for place, key, what in rows
    )
    return Reading(report.accepted, rejects, report.untouched)


def look(folder: Path, file: str, now: str) -> dict[str, Any]:
    """What would become of a filled sheet; takes nothing in. ``exit`` is 3 when a row would not be taken."""
    from custodes.pipeline import state
    from custodes.pipeline.deciding import load_findings
    from custodes.pipeline.state import Run

    the_case = case.load(folder)
    findings = load_findings(Run(the_case, state.load(the_case), now, True, None, {}))
    try:
        with opened(Path(file), file) as (source, filename):
            report = take(source, filename, now, findings, load(the_case.folder / "review" / LEDGER))
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror or error}", where=file, advice="check the path") from None
    rejects = reading(report, file).rejects
    lines = [report.line, *(f"  ! {r['origin_at']}: {r['reason']}" for r in rejects)]
    counts = {name: len(getattr(report, name)) for name in ("accepted", "changed", "unknown", "invalid")}
    return {**counts, "recorded": report.recorded, "untouched": report.untouched, "lines": lines, "exit": 3 if rejects else 0}
