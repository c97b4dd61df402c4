"""Find: every part of records that the watchlist has not seen goes through the finders once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from custodes import case, engines
from custodes.findings.match import find as find_rows
from custodes.findings.watchlist import Watchlist, build
from custodes.pipeline import facts
from custodes.pipeline.accounting import code_version
from custodes.pipeline.state import Run, sha256
from custodes.pipeline.threading_claims import FILE as CLAIMS
from custodes.pipeline.threading_claims import KINDS as CLAIM_KINDS
from custodes.pipeline.threading_claims import find_claims, find_requirements
from custodes.values import FINDING_SCHEMA, NAMED_KINDS

SCREENED = ("PURCHASE", "ANSWER", "STATEMENT", "DEVICE")
"""The record kinds that finders look at."""


GROUP_ROWS = 131_072
"""Rows that one job looks at: many small files are searched together, because a finder that sees few rows spends its time getting ready."""


WORTH = 1_000_000
"""Rows from which a second process pays: it has to load and compile the watchlist first, and Arrow uses both cores in one process anyway."""


@dataclass(frozen=True, slots=True)
class Part:
    """One Parquet part of records, and where its findings go."""

    source: Path
    target: Path


@dataclass(frozen=True, slots=True)
class FindJob:
    """Parts of one record kind that are searched together; each gets findings of its own."""

    parts: tuple[Part, ...]
    rows: int


def find(run: Run) -> dict[str, Any]:
    """Find in what is new; afterwards findings/ holds findings.parquet (one row per finding), repeats.json and coverage.json."""
    folder = run.case.room("findings")
    watchlist = build({**facts.watched(run.case.makers), **_own_lists(run)})
    parts = list(_parts(run, folder, watchlist))
    todo = [part for part in parts if not part.target.is_file()]
    jobs = list(_grouped(todo))
    engine = run.engine if sum(job.rows for job in jobs) >= WORTH else "local"
    for _ in run.watch(engines.each(find_parts, jobs, watchlist, engine), "find", len(jobs)):
        pass
    threads = find_claims(run, {kind: part_files(run, kind) for kind in CLAIM_KINDS}, watchlist)
    asked = find_requirements(run, part_files(run, "PURCHASE"))
    table, repeats = merged([*(part.target for part in parts), *threads[-1:], *asked])
    pq.write_table(table, folder / ".findings.part", compression="zstd")
    (folder / ".findings.part").replace(folder / "findings.parquet")
    case.write_whole(folder / "repeats.json", case.to_json(repeats))
    counts = _counts(table)
    case.write_whole(folder / "coverage.json", case.to_json(counts))
    run.state.findings = {
        "watchlist": watchlist.version, "counts": counts["kinds"],
        "files": {f"findings/{name}": sha256(folder / name) for name in ("findings.parquet", CLAIMS) if (folder / name).is_file()},
    }  # fmt: skip
    keep = {part.target.name for part in parts} | {path.name for path in (*threads, *asked)}
    for path in (folder / "parts").glob("*") if (folder / "parts").is_dir() else ():
        if path.name not in keep:
            path.unlink()
    pages = counts["kinds"].get("page_markets", 0)
    named, unknown = sum(counts["kinds"].get(kind, 0) for kind in NAMED_KINDS), counts["kinds"].get("maker_unknown", 0)
    return {
        "line": f"{len(todo)} parts looked at, {len(parts) - len(todo)} unchanged; {named} named findings, {unknown} surveillance purchases without a maker"
        + (f", {pages} pages with a claim" if threads else ""),
        "parts": len(parts), "parts_searched": len(todo), **counts,
    }  # fmt: skip


def _own_lists(run: Run) -> dict[str, list[dict[str, Any]]]:
    """Parties, listings and links from lists that the case brings along."""
    found = {}
    for kind in ("PARTY", "LISTING", "LINK"):
        rows = [row for path in part_files(run, kind) for row in pq.read_table(path).to_pylist()]
        if rows:
            found[kind] = rows
    return found


def part_files(run: Run, kind: str) -> list[Path]:
    """The current Parquet parts of a record kind, in the order of their inputs."""
    order = {part: n for n, part in enumerate(run.state.records.get("parts", {}).values())}
    names = [name for name in run.state.records.get("files", {}) if name.startswith(f"records/{kind}/")]
    return sorted((run.case.folder / name for name in names), key=lambda path: order.get(path.stem, 0))


def _parts(run: Run, folder: Path, watchlist: Watchlist) -> Iterator[Part]:
    version = code_version("custodes.findings", "custodes.values")
    (folder / "parts").mkdir(exist_ok=True)
    for kind in SCREENED:
        for path in part_files(run, kind):
            yield Part(path, folder / "parts" / f"{case.digest(version, watchlist.version, kind, path.stem)}.arrow")


def _grouped(parts: list[Part]) -> Iterator[FindJob]:
    """Parts of one kind in groups of about GROUP_ROWS rows."""
    group: list[Part] = []
    rows = 0
    for part in parts:
        if group and (rows >= GROUP_ROWS or part.source.parent != group[0].source.parent):
            yield FindJob(tuple(group), rows)
            group, rows = [], 0
        group.append(part)
        rows += pq.read_metadata(part.source).num_rows
    if group:
        yield FindJob(tuple(group), rows)


def find_parts(job: FindJob, watchlist: Watchlist) -> int:
    """Find in a group of parts; each result is written whole or not at all. Returns the number of findings.

    A row's findings do not depend on its neighbours, so parts may be searched together and are told apart by the file they came from.
    """
    sources = [pq.ParquetFile(part.source) for part in job.parts]
    found = pa.Table.from_batches(list(find_rows(_batches(sources), watchlist)), schema=FINDING_SCHEMA)
    for part, source in zip(job.parts, sources, strict=True):
        origin = source.read_row_group(0, columns=["origin_file"]).column(0)[0] if source.metadata.num_rows else pa.scalar("")
        temporary = part.target.with_suffix(".part")
        _write_part(found.filter(pc.equal(found["origin_file"], origin)), temporary)
        temporary.replace(part.target)
        source.close()
    return int(found.num_rows)


def _write_part(table: pa.Table, path: Path) -> None:
    """Parts are Arrow streams: a case has thousands of small ones, and Parquet takes ten times as long to write and read one."""
    with path.open("wb") as sink, pa.ipc.new_stream(sink, FINDING_SCHEMA) as writer:
        writer.write_table(table.cast(FINDING_SCHEMA))


def _batches(sources: list[pq.ParquetFile]) -> Iterator[pa.RecordBatch]:
    """The rows of several parts in batches of about GROUP_ROWS / 2 rows."""
    held: list[pa.RecordBatch] = []
    for source in sources:
        for batch in source.iter_batches(batch_size=GROUP_ROWS // 2):
            held.append(batch)
            if sum(each.num_rows for each in held) >= GROUP_ROWS // 2:
                yield pa.concat_batches(held)
                held = []
    if held:
        yield pa.concat_batches(held)


def merged(parts: list[Path]) -> tuple[pa.Table, dict[str, list[dict[str, str]]]]:
    """All findings sorted by id, one row each, and where else the same record stands (overlapping and re-issued files)."""
    tables = [pa.ipc.open_stream(path.read_bytes()).read_all() for path in parts]
    table = pa.concat_tables(tables) if tables else FINDING_SCHEMA.empty_table()
    table = table.sort_by([(name, "ascending") for name in ("finding_id", "origin_file", "origin_at")])
    keep, repeats, last = [], dict[str, list[dict[str, str]]](), ""
    places = table.select(["finding_id", "origin_sha256", "origin_file", "origin_at"]).to_pylist()
    for row, place in enumerate(places):
        if place["finding_id"] != last:
            keep.append(row)
            last = place["finding_id"]
        else:
            repeats.setdefault(last, []).append({k: v for k, v in place.items() if k != "finding_id"})
    return table.take(pa.array(keep, pa.int64())).replace_schema_metadata(FINDING_SCHEMA.metadata), repeats


def _counts(table: pa.Table) -> dict[str, Any]:
    return {
        "kinds": dict(sorted(Counter(table.column("kind").to_pylist()).items())),
        "bands": dict(sorted(Counter(table.column("band").to_pylist()).items())),
        "files": dict(sorted(Counter(table.column("origin_file").to_pylist()).items())),
    }
