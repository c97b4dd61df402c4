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
from custodes.findings.requirements import of_pages, requirements
from custodes.findings.thread_events import events
from custodes.findings.threads import assigned, grouped, thread
from custodes.findings.watchlist import Watchlist
from custodes.pipeline.accounting import code_version
from custodes.pipeline.state import Run
from custodes.records import page_pdf, page_warc
from custodes.records.page_place import locate, payloads
from custodes.sources.store import place
from custodes.sources.unpack import opened
from custodes.values import FINDING_SCHEMA
from custodes.values.claim import EVENT_SCHEMA

KINDS = ("PAGE", "STATEMENT")
FILE = "claims.parquet"
PLACES = ("starts", "sizes", "paths", "offsets", "marks")
"""Columns of pages that only :func:`locate` asks for: most of their bytes."""
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
    asked = of_pages(row for table in every for row in table.filter(pc.equal(table["kind"], "requires")).to_pylist())
    found.append(pa.RecordBatch.from_pylist(asked, schema=FINDING_SCHEMA))
    target = folder / "parts" / "threads.arrow"
    _write(pa.Table.from_batches(found, FINDING_SCHEMA), target)
    _keep(run, sources["PAGE"], [assigned(firm, group) for firm, group in groups.items()], folder)
    return [*(job.target for job in jobs), target]


def find_requirements(run: Run, purchases: list[Path]) -> list[Path]:
    """Look for buyers that ask for such functions in what is new; returns one part file of findings per part of purchases."""
    folder = run.case.room("findings") / "parts"
    folder.mkdir(exist_ok=True)
    version = code_version(*JUDGED_WITH)
    jobs = [EventJob(path, folder / f"{case.digest('requires', version, path.stem)}.arrow") for path in purchases]
    todo = [job for job in jobs if not job.target.is_file()]
    size = sum(job.source.stat().st_size for job in todo)
    for _ in run.watch(engines.each(require_part, todo, None, run.engine, size), "judge", len(todo)):
        pass
    return [job.target for job in jobs]


def require_part(job: EventJob, _shared: object = None) -> int:
    """The requirements of one part, written whole or not at all. Whole rows are read only where a word of the tables stands."""
    from custodes.pipeline.claiming import buyers

    with pq.ParquetFile(job.source) as source:
        groups = [n for n in range(source.num_row_groups) if pc.any(buyers().likely(source.read_row_group(n, columns=["description"]).column(0).unique())).as_py()]
        found = list(requirements(source.iter_batches(batch_size=65_536, row_groups=groups) if groups else (), buyers()))
    _write(pa.Table.from_batches(found, FINDING_SCHEMA), job.target)
    return sum(batch.num_rows for batch in found)


def judge_part(job: EventJob, _shared: object = None) -> int:
    """The events of one part, written whole or not at all."""
    from custodes.pipeline.claiming import verdict_of

    with pq.ParquetFile(job.source) as source:
        columns = [name for name in source.schema_arrow.names if name not in PLACES]
        found = list(events(source.iter_batches(batch_size=256, columns=columns), verdict_of))
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
    for (sha256, name), rows in sorted(_by_file(found).items()):
        bodies = payload_bodies(sources, sha256, name, rows)
        for row in rows:
            for event in quoted:
                if (event["record_key"], event["origin_at"], event["origin_sha256"]) == (row["record_key"], row["origin_at"], row["origin_sha256"]):
                    yield event["event_id"], _columns(row, event, bodies.get(row["origin_at"]))


def payload_bodies(sources: Path, sha256: str, name: str, rows: list[dict[str, Any]]) -> dict[str, bytes]:
    """Place (``origin_at``) -> payload, of the records that ``rows`` point at in one stored file; empty when its bytes cannot be opened."""
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


def load_events(folder: Path) -> pa.Table | None:
    """The threaded events of ``findings/``; None when the case has no pages."""
    return pq.read_table(folder / FILE) if (folder / FILE).is_file() else None


def page_counts(pages: list[Path]) -> dict[str, int]:
    """Distinct addresses whose text was read at least once, and those captured whose text never could be (errors and redirects are neither)."""
    read, unread = set[str](), set[str]()
    for path in pages:
        for row in pq.read_table(path, columns=["url", "origin_file", "status", "readable"]).to_pylist():
            if row["status"] in ("", "200", "203", "206"):
                (unread if row["readable"] == "no" else read).add(row["url"] or row["origin_file"])
    return {"pages": len(read), "pages_unread": len(unread - read)}


PICTURE_LIMIT = 3 << 20
"""Bytes of a picture of a page that an edition takes along."""


def pictures(sources: Path, events: pa.Table) -> dict[str, bytes]:
    """Event id -> PNG, for the first event of every quote: the PDF page with the words marked, or the picture that a browser took of the page."""
    first: dict[tuple[str, str], dict[str, Any]] = {}
    for row in events.sort_by([("date", "ascending"), ("form", "ascending")]).to_pylist():
        if row["record_kind"] == "PAGE" and row["quote"]:
            first.setdefault((row["thread"], row["quote"]), row)
    found: dict[str, bytes] = {}
    for (sha256, name), rows in sorted(_by_file(first.values()).items()):
        papers = [row for row in rows if row["rectangles"] and row["path"].startswith("page ")]
        bodies = payload_bodies(sources, sha256, name, papers)
        for row in papers:
            if payload := bodies.get(row["origin_at"]):
                found[row["event_id"]] = page_pdf.picture(payload, int(row["path"][5:]), row["rectangles"])
        found |= _views(sources, sha256, name, [row for row in rows if row["path"].startswith("/")])
    return found


def _views(sources: Path, sha256: str, name: str, rows: list[dict[str, Any]]) -> dict[str, bytes]:
    """Event id -> the browser's picture of the page in the same archive: the first that is not older than the capture, else the newest."""
    if not rows or rows[0]["origin_at"] == "whole file":
        return {}
    try:
        with opened(place(sources, sha256), name) as (stream, filename):
            seen = sorted(page_warc.views(stream, filename, {row["url"] for row in rows}, PICTURE_LIMIT))
    except (CustodesError, OSError):
        return {}
    of = {row["event_id"]: [(when < row["date"], when, data) for url, when, data in seen if url == row["url"]] for row in rows}
    return {event: min(found, key=lambda each: (each[0], each[1] if not each[0] else ""))[2] for event, found in of.items() if found}


def _by_file(rows: Iterable[dict[str, Any]]) -> dict[tuple[str, str], list[dict[str, Any]]]:
    files: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        files.setdefault((row["origin_sha256"], row["origin_file"]), []).append(row)
    return files
