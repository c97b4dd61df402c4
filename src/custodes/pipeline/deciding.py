"""Review: decisions that people brought back in the inbox go into the ledger, and the ledger is folded over the findings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from custodes import case
from custodes.errors import InputError
from custodes.pipeline import auditing, replying, sheeting
from custodes.pipeline.state import Run, seal_lines
from custodes.review import LEDGER, Reading, append, conflicts, fold, freeze, ledger, load, orphans, read_file, sheets_back
from custodes.review.queue_sheet import QUEUE
from custodes.sources import head, opened, seal
from custodes.sources.store import place
from custodes.values import FINDING_SCHEMA
from custodes.values.decision import Decision


def review(run: Run) -> dict[str, Any]:
    """Take in decisions, append what is new to review/ledger.jsonl, and report stale, orphaned and conflicting ones."""
    room, findings = run.case.room("review"), load_findings(run)
    path = room / LEDGER
    standing = load(path)
    readings = [_read(run, item, findings, standing) for item in run.state.inputs if item["room"] == "review"]
    rejects = [reject for reading in readings for reject in reading.rejects]
    added = append(path, freeze([event for reading in readings for event in reading.events], findings))
    case.write_whole(room / "rejects.jsonl", b"".join(json.dumps(dict(r), ensure_ascii=False).encode() + b"\n" for r in rejects))
    decisions = load(path)
    folded, lost, clashes = fold(findings, decisions), orphans(findings, decisions), conflicts(findings, decisions)
    decided = sum(1 for verdict in folded.column("verdict").to_pylist() if verdict)
    stale = sum(folded.column("stale").to_pylist())
    _seal_head(run, path)
    exchanged = replying.take_in(run)
    auditing.seal_head(run.case, run.now)
    run.state.review = {"decided": decided, "stale": stale}
    troubles = [": ".join(part for part in (r["origin_file"], r["origin_at"], r["column"], r["reason"]) if part) for r in rejects]
    troubles += [f"decision {d.n} on {d.finding_id}: the finding is no longer there (the decision stays in the ledger)" for d in lost]
    troubles += [f"decisions {', '.join(map(str, c.decisions))}: {c.what}" for c in clashes]
    troubles += exchanged["troubles"]
    more = f"; {exchanged['added']} new events of the exchange with bodies and companies" if exchanged["added"] else ""
    return {
        "line": f"{len(added)} new decisions; {decided} findings decided, {stale} of them stale (evidence changed since), {len(lost)} without a finding{more}",
        "added": len(added), "decided": decided, "stale": stale, "orphans": len(lost), "rejected": len(rejects),
        "undecided": sum(reading.undecided for reading in readings), "exchanged": exchanged["added"], "exchange_rejected": exchanged["rejected"],
        "troubles": troubles, "exit": 3 if rejects or exchanged["rejected"] else 0,
    }  # fmt: skip


def _seal_head(run: Run, path: Path) -> None:
    """Seal the head of the ledger when it has moved: a chain alone cannot show that its last lines were cut off."""
    n, newest = ledger.head(path)
    log = run.case.folder / "seal.jsonl"
    sealed = [line["facts"] for line in seal_lines(log) if line["kind"] == "ledger"]
    if n and (not sealed or sealed[-1]["hash"] != newest):
        seal.append(log, "ledger", {"n": n, "hash": newest}, run.now)


def _read(run: Run, item: dict[str, Any], findings: pa.Table, standing: tuple[Decision, ...]) -> Reading:
    """A decisions file as it is, or a sheet of ours that came back, row by row against the findings and the ledger of today.

    A file that cannot be read is refused as a whole; the others go on."""
    try:
        with opened(place(run.case.folder / "sources", item["sha256"]), item["path"]) as (stream, filename):
            start = head(stream)
            if sheets_back.is_book(stream, QUEUE) or sheets_back.claims(start, filename, QUEUE):
                return sheeting.reading(sheeting.take(stream, filename, run.now, findings, standing), filename)
            return read_file(stream, filename, run.now)
    except InputError as error:
        return Reading((), ({"origin_file": item["path"], "origin_at": "the file", "column": "", "reason": f"{error.what}; {error.advice}"},), 0)


def load_findings(run: Run) -> pa.Table:
    """The current findings; an empty table before the first find."""
    path = run.case.folder / "findings" / "findings.parquet"
    if not run.state.findings or not path.is_file():
        return FINDING_SCHEMA.empty_table()
    return pq.read_table(path)
