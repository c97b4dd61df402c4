"""Find: every part of records that the watchlist has not seen goes through the finders once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from custodes import case, engines
from custodes.findings.as_of import as_of
from custodes.findings.compiled import that_count
from custodes.findings.one_party import told
from custodes.findings.touch import Touch
from custodes.findings.watchlist import build
from custodes.pipeline import clustering, facts
from custodes.pipeline.accounting import code_version
from custodes.pipeline.inventorying import FILE as DEVICES
from custodes.pipeline.inventorying import SITES, case_lines, find_devices, sentence
from custodes.pipeline.searching import Part, read_part, search
from custodes.pipeline.since import earlier, since
from custodes.pipeline.state import Run, sha256
from custodes.pipeline.threading_claims import FILE as CLAIMS
from custodes.pipeline.threading_claims import KINDS as CLAIM_KINDS
from custodes.pipeline.threading_claims import find_claims, find_requirements
from custodes.values import FINDING_SCHEMA, NAMED_KINDS

SCREENED = ("PURCHASE", "ANSWER", "STATEMENT")
"""The record kinds whose rows finders look at one by one; devices and pages are put together first."""


def find(run: Run) -> dict[str, Any]:
    """Find in what is new; afterwards findings/ holds findings.parquet (one row per finding), repeats.json and coverage.json."""
    folder = run.case.room("findings")
    known, day = facts.watched(run.case.makers), str(run.options.get("as_of") or "")
    tables = {**known, **_own_lists(run, known)}
    tables["brand_lines"] = [*case_lines(run), *tables["brand_lines"]]
    watchlist = build(as_of(tables, day) if day else tables)
    shelf = folder / "watchlists"
    start = since(run, watchlist, shelf)
    kept = earlier(run.state.findings, watchlist.version)
    parts = list(_parts(run, folder, watchlist.version, start.version if start and isinstance(start.touch, Touch) else ""))
    todo = [part for part in parts if not part.target.is_file()]
    old = [part for part in todo if part.before]
    with engines.shipped(watchlist, shelf):
        search(run, [part for part in todo if not part.before], watchlist, shelf)
        if start and isinstance(start.touch, Touch) and old:
            search(run, old, watchlist, shelf, start.touch)
    threads = find_claims(run, {kind: part_files(run, kind) for kind in CLAIM_KINDS}, watchlist)
    asked = find_requirements(run, part_files(run, "PURCHASE"))
    devices, device_counts = find_devices(run, part_files(run, "DEVICE"), watchlist)
    table, repeats = merged([*(part.target for part in parts), *threads[-1:], *asked, *devices])
    pq.write_table(table, folder / ".findings.part", compression="zstd")
    (folder / ".findings.part").replace(folder / "findings.parquet")
    case.write_whole(folder / "repeats.json", case.to_json(repeats))
    counts = _counts(table)
    case.write_whole(folder / "coverage.json", case.to_json(counts))
    lists = [f"watchlists/watchlist-{version}.arrow" for version in (watchlist.version, *kept)]
    run.state.findings = {
        "watchlist": watchlist.version, "earlier": kept, "counts": counts["kinds"], **({"as_of": day} if day else {}),
        "files": {f"findings/{name}": sha256(folder / name) for name in ("findings.parquet", CLAIMS, DEVICES, SITES, *lists) if (folder / name).is_file()},
    }  # fmt: skip
    _clear(run, folder, [watchlist.version, *kept], {path.name for path in (*threads, *asked, *devices)})
    pages = counts["kinds"].get("page_markets", 0)
    named, unknown = sum(counts["kinds"].get(kind, 0) for kind in NAMED_KINDS), counts["kinds"].get("maker_unknown", 0)
    looked = f"{len(todo)} parts looked at" + (f" ({len(old)} of them only where something changed)" if old else "")
    return {
        "line": f"{looked}, {len(parts) - len(todo)} unchanged; {named} named findings, {unknown} surveillance purchases without a maker"
        + (f", {pages} pages with a claim" if threads else "") + sentence(device_counts) + (f"; lists and links as they stood on {day}" if day else ""),
        "parts": len(parts), "parts_searched": len(todo), "parts_searched_in_part": len(old), "watchlist": watchlist.version,
        "troubles": [f"--since: everything was searched: {start.touch}"] if start and isinstance(start.touch, str) else [], **counts,
    }  # fmt: skip


def _clear(run: Run, folder: Path, versions: list[str], also: set[str]) -> None:
    """Remove findings and watchlists that neither the state nor a later ``--since`` needs."""
    keep = {part.target.name for version in versions for part in _parts(run, folder, version)} | also
    keep |= {f"watchlist-{version}.arrow" for version in versions}
    for path in (*(folder / "parts").glob("*"), *(folder / "watchlists").glob("*")):
        if path.name not in keep:
            path.unlink()


def _own_lists(run: Run, known: Mapping[str, Sequence[facts.Row]]) -> dict[str, list[dict[str, Any]]]:
    """Parties, listings and links from lists that the case brings along; ``known``: our own tables, whose makers may be among the parties."""
    found = {}
    for kind in ("PARTY", "LISTING", "LINK"):
        rows = [row for path in part_files(run, kind) for row in pq.read_table(path).to_pylist()]
        if rows:
            found[kind] = rows
    if "PARTY" in found:
        joined = clustering.of_case(run, found["PARTY"], that_count(known["makers"]))
        parties, listings = told(found["PARTY"], found.get("LISTING", ()), joined, known["links"])
        found |= {"PARTY": parties} | ({"LISTING": listings} if listings else {})
    return found


def part_files(run: Run, kind: str) -> list[Path]:
    """The current Parquet parts of a record kind, in the order of their inputs."""
    order = {part: n for n, part in enumerate(run.state.records.get("parts", {}).values())}
    names = [name for name in run.state.records.get("files", {}) if name.startswith(f"records/{kind}/")]
    return sorted((run.case.folder / name for name in names), key=lambda path: order.get(path.stem, 0))


def _parts(run: Run, folder: Path, watchlist: str, before: str = "") -> Iterator[Part]:
    """The parts of records with the places of their findings under a watchlist version, and under an earlier one where they are still there."""
    code = code_version("custodes.findings", "custodes.values")
    (folder / "parts").mkdir(exist_ok=True)
    for kind in SCREENED:
        for path in part_files(run, kind):
            target, old = (folder / "parts" / f"{case.digest(code, version, kind, path.stem)}.arrow" for version in (watchlist, before))
            yield Part(path, target, old if before and old.is_file() else None)


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
