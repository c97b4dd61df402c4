"""Find: every part of records that the watchlist has not seen goes through the finders once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from custodes import case
from custodes.findings.watchlist import Watchlist, build
from custodes.pipeline import facts
from custodes.pipeline.accounting import code_version
from custodes.pipeline.searching import Part, read_part, search
from custodes.pipeline.state import Run, sha256
from custodes.values import FINDING_SCHEMA, NAMED_KINDS

SCREENED = ("PURCHASE", "ANSWER", "STATEMENT", "DEVICE")
"""The record kinds that finders look at."""


def find(run: Run) -> dict[str, Any]:
    """Find in what is new; afterwards findings/ holds findings.parquet (one row per finding), repeats.json and coverage.json."""
    folder = run.case.room("findings")
    watchlist = build({**facts.watched(run.case.makers), **_own_lists(run)})
    parts = list(_parts(run, folder, watchlist))
    todo = [part for part in parts if not part.target.is_file()]
    search(run, todo, watchlist, folder / "watchlists")
    table, repeats = merged([part.target for part in parts])
    pq.write_table(table, folder / ".findings.part", compression="zstd")
    (folder / ".findings.part").replace(folder / "findings.parquet")
    case.write_whole(folder / "repeats.json", case.to_json(repeats))
    counts = _counts(table)
    case.write_whole(folder / "coverage.json", case.to_json(counts))
    run.state.findings = {
        "watchlist": watchlist.version, "counts": counts["kinds"],
        "files": {"findings/findings.parquet": sha256(folder / "findings.parquet")},
    }  # fmt: skip
    keep = {part.target.name for part in parts}
    for path in (folder / "parts").glob("*") if (folder / "parts").is_dir() else ():
        if path.name not in keep:
            path.unlink()
    named, unknown = sum(counts["kinds"].get(kind, 0) for kind in NAMED_KINDS), counts["kinds"].get("maker_unknown", 0)
    return {
        "line": f"{len(todo)} parts looked at, {len(parts) - len(todo)} unchanged; {named} named findings, {unknown} surveillance purchases without a maker",
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


def merged(parts: list[Path]) -> tuple[pa.Table, dict[str, list[dict[str, str]]]]:
    """All findings sorted by id, one row each, and where else the same record stands (overlapping and re-issued files)."""
    tables = [read_part(path) for path in parts]
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
