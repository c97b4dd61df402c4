"""The same functions on single files, without a case."""

from __future__ import annotations

import csv
import io
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from custodes import case, engines
from custodes.errors import InputError, UnclaimedError, UsageError
from custodes.pipeline import facts, output
from custodes.pipeline.accounting import Account, ReadJob, batches, part_file, read_file, sniffed, weight
from custodes.pipeline.state import sha256
from custodes.records import HEAD_SIZE, device_guess, table_map
from custodes.sources.unpack import head, opened
from custodes.values import KINDS, SCHEMAS, Entry, Origin, kind_of

if TYPE_CHECKING:
    from custodes.findings.name_index import NameIndex

PURCHASE_COLUMNS = (
    "kind", "body", "buyer", "buyer_id", "supplier", "supplier_id", "description", "codes",
    "amount", "currency", "date", "ocid", "row_id", "origin_file", "origin_at",
)  # fmt: skip
"""What one PURCHASE row of ``custodes records`` holds (the contract of the command line)."""

REJECT_COLUMNS = ("origin_file", "origin_at", "column", "reason")


def entry(*, reader: str = "", body: str = "", currency: str = "", mapping: str = "") -> Entry:
    """Options of the command line as an entry; UsageError when the map is not a table of columns."""
    columns: Mapping[str, Any] = {}
    if mapping:
        columns = case.read_toml(mapping, "make one: custodes records FILE --columns")
        columns = columns.get("columns", columns)
    if reader:
        from custodes.records import registry

        registry.named(reader)
    return Entry(reader=reader, body=body, currency=currency, columns=dict(columns))


@dataclass(frozen=True, slots=True)
class Input:
    """One input of a single-file command: the name as given, and where its bytes are."""

    name: str
    path: Path


def inputs(names: Iterable[str], scratch: Path) -> list[Input]:
    """The files that names on the command line mean: files, folders, globs, ``-`` for standard input. UsageError for what is not there."""
    found: dict[Path, Input] = {}
    for name in names:
        if name == "-":
            path = scratch / "stdin"
            path.write_bytes(sys.stdin.buffer.read())
            found[path] = Input("-", path)
            continue
        files = list(case.expand(Path(), name))
        if not files:
            raise UsageError("no such file, folder or glob", where=name, advice="check the path")
        for file in files:
            shown = name if Path(name).is_file() else case.shown(Path(), file)
            found.setdefault(file, Input(shown, file))
    return list(found.values())


def records(names: tuple[str, ...], out: str, options: Entry, *, rejects: str = "", engine: str = "cores", progress: Any = None) -> dict[str, Any]:
    """Read files into one table per kind. PURCHASE (or the only kind) goes to ``out``, other kinds beside it as ``OUT.kind.suffix``.

    Returns the summary with one outcome per file; ``exit`` is 3 when a file failed or a row was rejected. InputError when the only input failed.
    """
    suffix = output.suffix_of(out)
    with tempfile.TemporaryDirectory(prefix="custodes-") as folder, ExitStack() as stack:
        scratch = Path(folder)
        jobs = [_job(item, options, scratch, number) for number, item in enumerate(inputs(names, scratch))]
        if progress is not None:
            stack.enter_context(progress)
        done = engines.each(read_file, sorted(jobs, key=weight, reverse=True), None, engine, sum(map(weight, jobs)))
        if progress is not None:
            done = progress.track(done, total=len(jobs), description="read")
        by_part = {outcome["part"]: outcome for outcome in done}
        outcomes = [by_part[job.part] for job in jobs]
        _sole_failure(outcomes)
        kinds = sorted({kind for outcome in outcomes for kind in outcome["kinds"]}, key=KINDS.index) or ["PURCHASE"]
        main = "PURCHASE" if "PURCHASE" in kinds else kinds[0]
        written = {kind: _write_kind(kind, out if kind == main else _beside(out, kind, suffix), scratch, jobs, suffix) for kind in kinds}
        rejected = _write_rejects(rejects or ("" if out == "-" else f"{out}.rejects.jsonl"), scratch, jobs)
    total = Counter({name: sum(outcome[name] for outcome in outcomes) for name in ("read", "usable", "rejected", "data_records")})
    failed = [outcome for outcome in outcomes if outcome["error"]]
    return {
        "command": "records", "out": {kind: path for kind, (path, _) in written.items()}, "rows": {kind: n for kind, (_, n) in written.items()},
        "rejects": rejected, **total, "files": outcomes, "failed": len(failed), "exit": 3 if failed or total["rejected"] else 0,
    }  # fmt: skip


def _job(item: Input, options: Entry, scratch: Path, number: int) -> ReadJob:
    shown = item.name
    body = "" if shown == "-" else facts.folder_body(item.path)
    return ReadJob(item.path, Origin(sha256(item.path), shown, options, body), scratch, f"{number:06d}")


def _sole_failure(outcomes: list[dict[str, Any]]) -> None:
    """The only input could not be read at all: nothing could start."""
    if len(outcomes) == 1 and outcomes[0]["error"] and not outcomes[0]["read"]:
        error = outcomes[0]["error"]
        raise InputError(error["what"], where=error["where"], advice=error["advice"])


def _beside(out: str, kind: str, suffix: str) -> str:
    if out == "-":
        return "-"
    packed = ".gz" if out.endswith(".gz") else ""
    return f"{out.removesuffix('.gz').removesuffix(suffix)}.{kind.lower()}{suffix}{packed}"


def columns_of(kind: str) -> tuple[str, ...]:
    """The columns that ``custodes records`` writes for a kind."""
    if kind == "PURCHASE":
        return PURCHASE_COLUMNS
    own = [name for name in SCHEMAS[kind].names if name not in ("record_key", "origin_sha256", "origin_file", "origin_at")]
    return ("kind", *own, "row_id", "origin_file", "origin_at")


def _write_kind(kind: str, out: str, scratch: Path, jobs: list[ReadJob], suffix: str) -> tuple[str, int]:
    columns, count = columns_of(kind), 0
    types = {**{f.name: f.type for f in SCHEMAS[kind]}, "kind": pa.string(), "row_id": pa.string()}
    schema = pa.schema([(name, types[name]) for name in columns])
    source = {"row_id": "record_key"}
    wanted = [source.get(name, name) for name in columns if name != "kind"]
    with output.table(out, columns, schema) as write:
        for job in jobs:
            path = part_file(scratch, kind, job.part)
            if not path.is_file():
                continue
            with pq.ParquetFile(path) as parquet:
                for batch in parquet.iter_batches(columns=wanted, batch_size=16_384):
                    cells = [batch.column(name).to_pylist() for name in wanted]
                    for values in zip(*cells, strict=True):
                        write({"kind": kind, **dict(zip((c for c in columns if c != "kind"), values, strict=True))})
                    count += batch.num_rows
    return out, count


def _write_rejects(out: str, scratch: Path, jobs: list[ReadJob]) -> str:
    lines = b"".join((scratch / "parts" / f"{job.part}.rejects.jsonl").read_bytes() for job in jobs)
    if not out:
        sys.stderr.buffer.write(lines)
        return ""
    case.write_whole(Path(out), lines)
    return out


def record_lines(summary: dict[str, Any], verbose: bool = False) -> list[str]:
    """The summary of ``custodes records`` for a person."""
    left_out = Counter[str]()
    for outcome in summary["files"]:
        left_out.update(outcome["left_out"])
    out = ", ".join(f"{count} {reason}" for reason, count in sorted(left_out.items())) or "none"
    lines = [
        f"{len(summary['files'])} files, {summary['failed']} failed; {summary['read']} rows read = {summary['usable']} usable"
        f" + {sum(left_out.values())} left out ({out}) + {summary['rejected']} rejected"
    ]
    for outcome in summary["files"]:
        if outcome["error"]:
            lines.append(f"  ! {outcome['error']['where']}: {outcome['error']['what']}\n    next: {outcome['error']['advice']}")
        elif verbose or outcome["rejected"]:
            lines.append(f"  {outcome['path']}: {outcome['reader']}: {outcome['usable']} usable, {outcome['rejected']} rejected")
    if len(summary["out"]) > 1:
        lines.append("  wrote " + ", ".join(f"{summary['rows'][kind]} {kind} to {path}" for kind, path in summary["out"].items()))
    if summary["rejected"]:
        lines.append(f"  rejected rows with reasons: {summary['rejects'] or 'above'}")
    return lines


def guess_columns(names: tuple[str, ...]) -> Iterator[str]:
    """For each file: what its columns seem to be, on five rows, and the entry to paste into case.toml."""
    with tempfile.TemporaryDirectory(prefix="custodes-") as folder:
        for item in inputs(names, Path(folder)):
            with opened(item.path, item.name) as (stream, filename):
                first = sniffed(stream)
                yield device_guess.advice(first, item.name) or table_map.advice(first[:HEAD_SIZE], filename, item.name)


def rows_of(name: str, wanted: tuple[str, ...], scratch: Path) -> Iterator[dict[str, str]]:
    """Rows of a csv or jsonl table with at least the ``wanted`` columns; UsageError saying what is missing."""
    item = inputs([name], scratch)[0]
    with opened(item.path, item.name) as (stream, filename):
        first = head(stream, 4096).lstrip(b"\xef\xbb\xbf \r\n\t")[:1]
        stream.seek(0)
        text = io.TextIOWrapper(stream, "utf-8-sig")
        rows: Iterable[Mapping[str, Any]] = (json.loads(line) for line in text if line.strip()) if first == b"{" else csv.DictReader(text)
        try:
            for number, row in enumerate(rows, 1):
                if missing := [column for column in wanted if column not in row]:
                    raise UsageError(
                        f"row {number} has no column {', '.join(missing)}", where=filename, advice=f"the table needs the columns {', '.join(wanted)}"
                    )
                yield {key: _cell(value) for key, value in row.items() if isinstance(key, str)}
        except (UnicodeDecodeError, ValueError, csv.Error) as error:
            raise UsageError(f"not a readable table: {error}", where=filename, advice="give CSV or JSON lines in UTF-8") from None


def _cell(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def parties(names: Iterable[str], scratch: Path) -> list[dict[str, Any]]:
    """Parties (``party_id``, ``name``, ``country``; one row per name) from any list file that a reader claims, or a plain table."""
    found: list[dict[str, Any]] = []
    for item in inputs(names, scratch):
        account = Account()
        for batch in batches(item.path, Origin(sha256(item.path), item.name), account):
            if kind_of(batch) == "PARTY":
                found += [
                    {"party_id": row["party_id"], "name": name, "country": row["country"], "identifiers": row["identifiers"]}
                    for row in batch.to_pylist()
                    for name in dict.fromkeys([row["name"], *(n["name"] for n in row["names"])])
                    if name
                ]
        if account.error.get("kind") == UnclaimedError.__name__:
            found += [{"country": "", **row} for row in rows_of(item.name, ("party_id", "name"), scratch)]
        elif account.error:
            raise InputError(account.error["what"], where=account.error["where"], advice=account.error["advice"])
        elif not account.usable["PARTY"]:
            raise UsageError("holds no parties", where=item.name, advice="give a list of parties: an official list, FollowTheMoney lines, or party_id,name")
    return found


def screen(names: str, against: tuple[str, ...], out: str, *, top: int, min_score: float, engine: str = "cores", master: str = "") -> dict[str, Any]:
    """Screen names against parties, on an engine; one output row per name and party that reaches the score."""
    from custodes.findings import screening
    from custodes.pipeline import bulk

    output.suffix_of(out)
    with tempfile.TemporaryDirectory(prefix="custodes-") as folder:
        scratch = Path(folder)
        listed = parties(against, scratch)
        index = name_index(listed)
        count, matched = 0, set()
        asked = names if bulk.is_parquet(names) else name_batches(rows_of(names, ("id", "name"), scratch))
        finder = partial(screening.screen, top=top, min_score=min_score)
        found = bulk.screened(asked, finder, index, screening.SCHEMA, engine=engine, master=master, order=("id", "rank", "party_id"))
        with output.table(out, tuple(screening.SCHEMA.names), screening.SCHEMA) as write:
            for batch in found:
                for row in batch.to_pylist():
                    write(row)
                    matched.add(row["id"])
                    count += 1
    line = f"{len(matched)} names matched ({count} rows) against {len({row['party_id'] for row in listed})} parties ({len(listed)} names)"
    return {"command": "screen", "rows": count, "names_matched": len(matched), "list_names": len(listed), "lines": [line], "exit": 0}


def name_index(listed: Iterable[Mapping[str, Any]]) -> NameIndex:
    """Parties (``party_id, name``, optionally ``country`` and ``identifiers``) made ready for matching."""
    from custodes.findings import screening

    columns = ("party_id", "name", "country", "identifiers")
    values = {name: [row.get(name) or "" for row in listed] for name in columns}
    texts = {name: [value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for value in cells] for name, cells in values.items()}
    return screening.build(pa.table({name: pa.array(cells, pa.string()) for name, cells in texts.items()}), facts.name_knowledge())


NAMES = pa.schema([("id", pa.string()), ("name", pa.string()), ("country", pa.string()), ("identifiers", pa.string())])
"""What the matcher of names is given."""


def name_batches(rows: Iterable[Mapping[str, Any]], size: int = 25_000) -> Iterator[pa.RecordBatch]:
    """Rows as Arrow batches for the matcher; columns that no row of a batch fills are left out."""
    rows = iter(rows)
    while chunk := list(islice(rows, size)):
        # JSON may bring half a surrogate pair, which is no text
        cells = {name: [str(row.get(name) or "").encode("utf-8", "replace").decode() for row in chunk] for name in NAMES.names}
        kept = [name for name in NAMES.names if name in ("id", "name") or any(cells[name])]
        yield pa.record_batch([pa.array(cells[name], pa.string()) for name in kept], names=kept)


def plan_file(target: Path, out: str, *, policy: str, means: str, seconds: float, now: str) -> dict[str, Any]:
    """Plan the removal of a table of sites; writes ``{status, breaches, cost, bound, removals}``. ``exit`` is 3 when it cannot be done.

    ``seconds`` is the most the planner may take; the greedy planner of this version needs far less.
    """
    from custodes.pipeline.planning import load_means
    from custodes.timetable import check_plan, load_policy, read_sites, to_json
    from custodes.timetable import plan as make_plan

    with tempfile.TemporaryDirectory(prefix="custodes-") as folder:
        item = inputs([str(target)], Path(folder))[0]
        with opened(item.path, item.name) as (stream, filename):
            sites, rejects = read_sites(stream, filename)
    if not sites:
        raise UsageError("holds no usable site", where=str(target), advice="give rows with at least site_id and devices")
    given, rules = load_means(means, {}), load_policy(policy or "none")
    made = make_plan(sites, given, rules, now)
    value = to_json(made, check_plan(sites, made, given, rules), sites)
    if out == "-":
        sys.stdout.buffer.write(case.to_json(value))
    else:
        try:
            case.write_whole(Path(out), case.to_json(value))
        except OSError as error:
            raise UsageError(f"cannot write: {error.strerror or error}", where=out, advice="check that the folder may be written") from None
    lines = [f"{len(sites)} sites: {made.status}, {len(value['breaches'])} breaches"]
    lines += [f"  ! {text}" for text in value["breaches"]] + [f"  ! {r['origin_at']}: {r['column']}: {r['reason']}" for r in rejects]
    return {"command": "plan", "status": made.status, "sites": len(sites), "rejected": len(rejects), "lines": lines, "exit": 3 if rejects or value["breaches"] else 0}
