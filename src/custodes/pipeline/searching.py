"""Parts of records through the finders, on any engine: the same rows, the same finder, the same parts of findings to the byte."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from custodes import engines
from custodes.findings.match import find
from custodes.findings.touch import Touch, find_touched
from custodes.findings.watchlist import Watchlist
from custodes.pipeline.state import Run
from custodes.values import FINDING_SCHEMA, SCHEMAS

Finder = Callable[[Iterable[pa.RecordBatch], Watchlist], Iterator[pa.RecordBatch]]

GROUP_ROWS = 131_072
"""Rows that one job looks at: many small files are searched together, because a finder that sees few rows spends its time getting ready."""

WORTH = 1_000_000
"""Rows from which a second process pays: it has to load and compile the watchlist first, and Arrow uses both cores in one process anyway."""

ORDER = [("finding_id", "ascending"), ("origin_at", "ascending")]
"""How the findings of one part are sorted, whichever engine found them."""


@dataclass(frozen=True, slots=True)
class Part:
    """One Parquet part of records, and where its findings go; ``before``: its findings under an earlier watchlist, to start from."""

    source: Path
    target: Path
    before: Path | None = None

    @property
    def kind(self) -> str:
        """The record kind: the folder in which the part stands."""
        return self.source.parent.name


@dataclass(frozen=True, slots=True)
class FindJob:
    """Parts of one record kind that are searched together; each gets findings of its own."""

    parts: tuple[Part, ...]
    rows: int
    touch: Touch | None = None


def search(run: Run, parts: Sequence[Part], watchlist: Watchlist, folder: Path, touch: Touch | None = None) -> None:
    """Make the findings of ``parts``. ``folder``: where the watchlist stands as a file for workers.

    ``touch``: what has changed since the earlier findings of the parts; only rows that it touches are searched. None: all rows.
    """
    if run.engine == "spark":
        for kind, group in groupby(parts, key=lambda part: part.kind):
            _on_spark(run, kind, list(group), watchlist, folder, touch)
        return
    jobs = [replace(job, touch=touch) for job in _grouped(parts)]
    engine = run.engine if sum(job.rows for job in jobs) >= WORTH else "local"
    for _ in run.watch(engines.each(find_parts, jobs, watchlist, engine, folder=folder), "find", len(jobs)):
        pass


def _grouped(parts: Iterable[Part]) -> Iterator[FindJob]:
    """Parts of one kind in groups of about GROUP_ROWS rows."""
    group: list[Part] = []
    rows = 0
    for part in parts:
        if group and (rows >= GROUP_ROWS or part.kind != group[0].kind):
            yield FindJob(tuple(group), rows)
            group, rows = [], 0
        group.append(part)
        rows += pq.read_metadata(part.source).num_rows
    if group:
        yield FindJob(tuple(group), rows)


def find_parts(job: FindJob, watchlist: Watchlist) -> int:
    """Find in a group of parts; each result is written whole or not at all. Returns the number of findings."""
    found = pa.Table.from_batches(list(_finder(job.touch)(_batches(job.parts), watchlist)), schema=FINDING_SCHEMA)
    write_parts(job.parts, found, job.touch)
    return int(found.num_rows)


def _finder(touch: Touch | None) -> Finder:
    return partial(find_touched, touch=touch) if touch is not None else find


def _on_spark(run: Run, kind: str, parts: Sequence[Part], watchlist: Watchlist, folder: Path, touch: Touch | None) -> None:
    from custodes import engines_spark

    master, sources = str(run.options.get("master") or ""), [str(part.source) for part in parts]
    found = engines_spark.mapped(_finder(touch), sources, SCHEMAS[kind], FINDING_SCHEMA, watchlist, master=master, folder=folder)
    write_parts(parts, found, touch)


def write_parts(parts: Iterable[Part], found: pa.Table, touch: Touch | None = None) -> None:
    """Give each part the findings of its rows. A row's findings do not depend on its neighbours, so parts are told apart by the file they came from."""
    for part in parts:
        table = found.filter(pc.equal(found["origin_file"], origin_of(part.source)))
        if touch is not None and part.before:
            table = pa.concat_tables([_untouched(read_part(part.before), part.kind, touch), table])
        temporary = part.target.with_suffix(".part")
        _write_part(table.sort_by(ORDER), temporary)
        temporary.replace(part.target)


def _untouched(earlier: pa.Table, kind: str, touch: Touch) -> pa.Table:
    """Earlier findings that stand: those on purchases that nothing has touched. A finding holds the supplier, text and codes of its record."""
    return earlier.filter(pc.invert(touch.rows(earlier))) if kind == "PURCHASE" and earlier.num_rows else earlier.slice(0, 0)


def origin_of(source: Path) -> str:
    """The input file from which all rows of a part come; '' for an empty part."""
    with pq.ParquetFile(source) as parquet:
        return str(parquet.read_row_group(0, columns=["origin_file"]).column(0)[0]) if parquet.metadata.num_rows else ""


def _write_part(table: pa.Table, path: Path) -> None:
    """Parts are Arrow streams: a case has thousands of small ones, and Parquet takes ten times as long to write and read one."""
    with path.open("wb") as sink, pa.ipc.new_stream(sink, FINDING_SCHEMA) as writer:
        writer.write_table(table.cast(FINDING_SCHEMA).combine_chunks())


def read_part(path: Path) -> pa.Table:
    """The findings of a part."""
    return pa.ipc.open_stream(path.read_bytes()).read_all()


def _batches(parts: Iterable[Part]) -> Iterator[pa.RecordBatch]:
    """The rows of several parts in batches of about GROUP_ROWS / 2 rows."""
    held: list[pa.RecordBatch] = []
    for part in parts:
        with pq.ParquetFile(part.source) as source:
            for batch in source.iter_batches(batch_size=GROUP_ROWS // 2):
                held.append(batch)
                if sum(each.num_rows for each in held) >= GROUP_ROWS // 2:
                    yield pa.concat_batches(held)
                    held = []
    if held:
        yield pa.concat_batches(held)
