"""Claims in time: pages and statements become events, events become threads, threads become findings; every quote is led back to its bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from custodes import case, engines
from custodes.errors import CustodesError
from custodes.findings.thread_events import events
from custodes.findings.threads import assigned, grouped, thread
from custodes.findings.watchlist import Watchlist
from custodes.pipeline.accounting import code_version
from custodes.pipeline.state import Run
from custodes.records.page_place import locate, payloads
from custodes.sources.store import place
from custodes.sources.unpack import opened
from custodes.values import FINDING_SCHEMA
from custodes.values.claim import EVENT_SCHEMA

KINDS = ("PAGE", "STATEMENT")
FILE = "claims.parquet"
JUDGED_WITH = ("custodes.findings", "custodes.values", *(f"custodes:data/claim_{name}" for name in ("words.csv", "cues.csv", "sites.csv", "weights.json")))
"""What a judgement is made of: when one of these changes, pages are judged again."""


@dataclass(frozen=True, slots=True)
class EventJob:
    """One Parquet part of PAGE or STATEMENT records, and where its events go."""

    source: Path
    target: Path


def find_claims(run: Run, sources: Mapping[str, list[Path]], watchlist: Watchlist) -> list[Path]:
    """Judge what is new, thread everything, write ``findings/claims.parquet`` (EVENT rows with threads and places). Returns every part file used; the last
    holds the findings. A case without pages has no threads: nothing is written and the list is empty."""
    folder = run.case.room("findings")
    if not sources.get("PAGE"):
        (folder / FILE).unlink(missing_ok=True)
        return []
    version = code_version(*JUDGED_WITH)
    jobs = [EventJob(path, folder / "parts" / f"{case.digest('events', version, path.stem)}.arrow") for kind in KINDS for path in sources.get(kind, [])]
    todo = [job for job in jobs if not job.target.is_file()]
    size = sum(job.source.stat().st_size for job in todo) * 8
    for _ in run.watch(engines.each(judge_part, todo, None, run.engine, size), "judge", len(todo)):
        pass
    every = [pa.ipc.open_stream(job.target.read_bytes()).read_all() for job in jobs]
    groups = grouped((batch for table in every for batch in table.to_batches()), watchlist)
    found = [thread(firm, group, watchlist) for firm, group in groups.items()]
    target = folder / "parts" / "threads.arrow"
    _write(pa.Table.from_batches(found, FINDING_SCHEMA), target)
    _keep(run, sources["PAGE"], [assigned(firm, group) for firm, group in groups.items()], folder)
    return [*(job.target for job in jobs), target]


def judge_part(job: EventJob, _shared: object = None) -> int:
    """The events of one part, written whole or not at all."""
    from custodes.pipeline.claiming import verdict_of

    with pq.ParquetFile(job.source) as source:
        found = list(events(source.iter_batches(batch_size=256), verdict_of))
    job.target.parent.mkdir(exist_ok=True)
    _write(pa.Table.from_batches(found, EVENT_SCHEMA), job.target)
    return sum(batch.num_rows for batch in found)


def _write(table: pa.Table, path: Path) -> None:
    temporary = path.with_suffix(".part")
    with temporary.open("wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    temporary.replace(path)


def _keep(run: Run, pages: list[Path], threads: Iterable[pa.RecordBatch], folder: Path) -> None:
    """Write the events with their threads; quotes get the place they lead back to."""
    rows = [row for batch in threads for row in batch.to_pylist()]
    places = dict(_places(run.case.folder / "sources", pages, [row for row in rows if row["record_kind"] == "PAGE" and row["quote"]]))
    table = pa.Table.from_pylist([{**row, **places.get(row["event_id"], {})} for row in rows], schema=EVENT_SCHEMA)
    pq.write_table(table, folder / f".{FILE}.part", compression="zstd")
    (folder / f".{FILE}.part").replace(folder / FILE)


def _places(sources: Path, pages: list[Path], quoted: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(event id, columns of its place) of every quote. Bytes that cannot be opened leave the path alone; ``verify`` names them."""
    wanted = pa.array(sorted({row["record_key"] for row in quoted}), pa.string())
    found = [row for path in pages for row in pq.read_table(path, filters=pc.field("record_key").isin(wanted)).to_pylist()] if quoted else []
    by_file: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in found:
        by_file.setdefault((row["origin_sha256"], row["origin_file"]), []).append(row)
    for (sha256, name), rows in sorted(by_file.items()):
        bodies = _bodies(sources, sha256, name, rows)
        for row in rows:
            for event in quoted:
                if (event["record_key"], event["origin_at"], event["origin_sha256"]) == (row["record_key"], row["origin_at"], row["origin_sha256"]):
                    yield event["event_id"], _columns(row, event, bodies.get(row["origin_at"]))


def _bodies(sources: Path, sha256: str, name: str, rows: list[dict[str, Any]]) -> dict[str, bytes]:
    try:
        with opened(place(sources, sha256), name) as (stream, filename):
            return dict(payloads(rows, stream, filename))
    except (CustodesError, OSError):
        return {}


def _columns(row: Mapping[str, Any], event: Mapping[str, Any], payload: bytes | None) -> dict[str, Any]:
    try:
        where = locate(row, event["start"], event["end"], payload)
    except ValueError:
        where = locate(row, event["start"], event["end"])
    names = ("path", "offset", "end_path", "end_offset", "byte_start", "byte_end", "literal", "mark")
    return {name: getattr(where, name) for name in names} | {"rectangles": [list(box) for box in where.rectangles]}
