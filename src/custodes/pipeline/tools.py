"""The same functions on single files, without a case."""

from __future__ import annotations

import csv
import io
import json
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from custodes import case, engines
from custodes.errors import InputError, UnclaimedError, UsageError
from custodes.pipeline import facts, output
from custodes.pipeline.accounting import Account, ReadJob, batches, part_file, read_file, sniffed, weight
from custodes.pipeline.listing_files import grouped, wanted
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
        jobs = [_job(item, beside, options, scratch, number) for number, (item, beside) in enumerate(_grouped(inputs(names, scratch)))]
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


def _grouped(items: list[Input]) -> list[tuple[Input, tuple[Input, ...]]]:
    """Files with those that belong to them (``listing_files``); what belongs to a file and was not named is taken from beside it."""
    known = {str(item.path) for item in items}
    found = {item.name: item for item in items}
    for item in items:
        for name in map(Path, wanted(str(item.path))):
            for path in (name, name.with_name(name.name + ".gz")):
                if path.is_file() and str(path) not in known:
                    found.setdefault(case.shown(Path(), path), Input(case.shown(Path(), path), path))
    by_path = {str(item.path): item for item in found.values()}
    return grouped(by_path)


def _job(item: Input, beside: tuple[Input, ...], options: Entry, scratch: Path, number: int) -> ReadJob:
    shown = item.name
    body = "" if shown == "-" else facts.folder_body(item.path)
    return ReadJob(item.path, Origin(sha256(item.path), shown, options, body), scratch, f"{number:06d}", tuple((one.path, one.name) for one in beside))


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


def list_rows(names: Iterable[str], scratch: Path) -> dict[str, list[dict[str, Any]]]:
    """PARTY, LISTING and LINK rows of any list files that a reader claims, or of plain tables of parties; InputError or UsageError for a file without a party."""
    found: dict[str, list[dict[str, Any]]] = {"PARTY": [], "LISTING": [], "LINK": []}
    for item, beside in _grouped(inputs(names, scratch)):
        account = Account()
        for batch in batches(item.path, Origin(sha256(item.path), item.name), account, tuple((one.path, one.name) for one in beside)):
            found.get(kind_of(batch), []).extend(batch.to_pylist())
        if account.error.get("kind") == UnclaimedError.__name__:
            found["PARTY"] += [{"country": "", "identifiers": "", **row, "names": [], "source": item.name} for row in rows_of(item.name, ("party_id", "name"), scratch)]
        elif account.error:
            raise InputError(account.error["what"], where=account.error["where"], advice=account.error["advice"])
        elif not account.usable["PARTY"]:
            raise UsageError("holds no parties", where=item.name, advice="give a list of parties: an official list, FollowTheMoney lines, or party_id,name")
    return found


def party_names(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """PARTY rows as the matcher wants them: one row per name."""
    return [
        {"party_id": row["party_id"], "name": name, "country": row["country"], "identifiers": row["identifiers"]}
        for row in rows
        for name in dict.fromkeys([row["name"], *(n["name"] for n in row["names"])])
        if name
    ]


def screen(names: str, against: tuple[str, ...], out: str, *, top: int, min_score: float, engine: str = "cores", master: str = "", as_of: str = "") -> dict[str, Any]:
    """Screen names against parties, on an engine; one output row per name and party that reaches the score.

    ``as_of``: only parties that stood on a list on that day (or may have: a listing without dates), and parties of tables that say nothing of listings.
    """
    with _told_when_slow("preparing the matcher of names; this takes about half a minute, once per installation"):
        from custodes.findings import screening
    from custodes.pipeline import bulk

    output.suffix_of(out)
    with tempfile.TemporaryDirectory(prefix="custodes-") as folder:
        scratch = Path(folder)
        lists = list_rows(against, scratch)
        standing = _standing(lists, as_of) if as_of else {}
        listed = party_names(row for row in lists["PARTY"] if not as_of or standing.get(row["party_id"], "") is not None)
        index = name_index(listed)
        count, matched = 0, set()
        asked = names if bulk.is_parquet(names) else bulk.from_rows(rows_of(names, ("id", "name"), scratch))
        finder = partial(screening.screen, top=top, min_score=min_score)
        found = bulk.screened(asked, finder, index, screening.SCHEMA, engine=engine, master=master, order=("id", "rank", "party_id"))
        with output.table(out, tuple(screening.SCHEMA.names), screening.SCHEMA) as write:
            for batch in found:
                for row in batch.to_pylist():
                    write({**row, "reasons": [*row["reasons"], words]} if (words := standing.get(row["party_id"])) else row)
                    matched.add(row["id"])
                    count += 1
    line = f"{len(matched)} names matched ({count} rows) against {len({row['party_id'] for row in listed})} parties ({len(listed)} names)"
    gone = sum(1 for words in standing.values() if words is None)
    line += f"; {gone} parties stood on no list on {as_of}" if as_of else ""
    return {"command": "screen", "rows": count, "names_matched": len(matched), "list_names": len(listed), "lines": [line], "exit": 0}


@contextmanager
def _told_when_slow(what: str, after: float = 3.0) -> Iterator[None]:
    """Say on a terminal what is going on when it takes long."""
    timer = threading.Timer(after, lambda: print(f"custodes: {what}", file=sys.stderr, flush=True)) if sys.stderr.isatty() else None
    if timer:
        timer.daemon = True
        timer.start()
    try:
        yield
    finally:
        if timer:
            timer.cancel()


def _standing(lists: Mapping[str, Sequence[Mapping[str, Any]]], day: str) -> dict[str, str | None]:
    """Party id -> on which lists it stood on a day, in words; None where it stood on none. Parties without a listing are not among them."""
    from custodes.findings.as_of import as_of, stands
    from custodes.findings.listings import words_of

    known = as_of(lists, day)["LISTING"]
    found: dict[str, str | None] = {row["party_id"]: None for row in lists["LISTING"]}
    by_party: dict[str, list[Mapping[str, Any]]] = {}
    for row in known:
        by_party.setdefault(row["party_id"], []).append(row)
    for party, rows in by_party.items():
        for state, said in (("yes", f"listed on {day}"), ("unknown", f"not certain whether listed on {day}")):
            if there := [row for row in rows if stands(row, (day, day)) == state]:
                found[party] = f"{said}: {words_of(there)}"
                break
    return found


def name_index(listed: Iterable[Mapping[str, Any]]) -> NameIndex:
    """Parties (``party_id, name``, optionally ``country`` and ``identifiers``) made ready for matching."""
    from custodes.findings import screening

    columns = ("party_id", "name", "country", "identifiers")
    values = {name: [row.get(name) or "" for row in listed] for name in columns}
    texts = {name: [value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for value in cells] for name, cells in values.items()}
    return screening.build(pa.table({name: pa.array(cells, pa.string()) for name, cells in texts.items()}), facts.name_knowledge())
