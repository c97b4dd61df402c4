"""Publish: everything an edition may show, put together as plain tables and handed to the publication."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from custodes import __version__, case, engines, publication
from custodes.case import Case
from custodes.errors import IntegrityError
from custodes.pipeline import ages, asking, clustering, comparing, exporting, facts, replying, timetabling
from custodes.pipeline.deciding import load_findings
from custodes.pipeline.finding import part_files
from custodes.pipeline.news import News
from custodes.pipeline.state import Run, State, seal_lines, sha256
from custodes.pipeline.threading_claims import load_events, page_counts, pictures
from custodes.publication import gate_report
from custodes.publication.bodies import body_states
from custodes.publication.gate import gate
from custodes.publication.money import sums
from custodes.records import tables as table_reader
from custodes.records.persons import is_natural_person
from custodes.review import LEDGER, exchange, fold, load
from custodes.sources import seal
from custodes.values import SCHEMAS, Break, Origin, kind_of
from custodes.values.edition import Edition

SHOWN = ("PARTY", "LISTING", "LINK", "BODY", "ANSWER", "STATEMENT", "SITE")
"""Record kinds that an edition shows whole; purchases are shown only as far as a finding cites them."""

LOG = "editions.jsonl"
"""The log of public editions in ``publication/``: what was published, replaced and taken back (:mod:`custodes.publication.editions`)."""

OWN_TABLES = ("makers", "names", "listings", "links", "bodies")
"""Fact tables of ours that become records of an edition."""


def publish(run: Run) -> dict[str, Any]:
    """Write the edition that ``edition`` names into publication/draft or publication/public; a dry run writes nothing and says what is held back."""
    kind = str(run.options.get("edition", "draft"))
    # time passes for companies: a public edition stands on the day of the run as soon as notices are on record (docs/decisions/0024)
    waited = kind == "public" and exchange.load(replying.log(run.case))
    edition, timetable, left_out = timetabling.with_timetable(build(run.case, run.state, kind, run.now if run.now_given else run.now[:10] if waited else ""), run)
    if run.options.get("packs") and run.options.get("out"):
        return exporting.packs_alone(run, edition, str(run.options["out"]))
    compared = comparing.compare(run, edition)
    passed, held = gate(edition)
    reasons = Counter(reason for row in held for reason in row["reasons"])
    troubles = [f"held back: {count} findings: {reason}" for reason, count in sorted(reasons.items())] if kind == "public" else []
    troubles += left_out
    if run.options.get("dry_run"):
        told = gate_report.dry_run(edition)
        line = f"{kind} edition, nothing written: {passed.num_rows} findings would pass the gate, {len(held)} are held back"
        every, short = gate_report.lines(told, verbose=True), gate_report.lines(told)
        more = [*short, *compared.lines, *exporting.packs_planned(run, edition)]
        return {**told, "line": line, "troubles": left_out, "compared": compared.told, "more": more, "details": every[len(short) :]}
    folder = run.case.room("publication")
    target, fresh, old = folder / kind, folder / f".{kind}.part", folder / f".{kind}.old"
    for leftover in (fresh, old):
        shutil.rmtree(leftover, ignore_errors=True)
    fresh.mkdir()
    packs = exporting.packs_into(run, edition, fresh)
    files = publication.write(replace(edition, facts={**edition.facts, "packs": packs}), fresh, engines.beside)
    comparing.write(compared, fresh)
    if kind == "public":
        case.write_whole(folder / LOG, publication.log(edition).encode())
    if target.exists():
        target.replace(old)
    fresh.replace(target)
    shutil.rmtree(old, ignore_errors=True)
    run.state.editions[kind] = {"now": edition.now, "files": len(files), "sha256": tree_hash(target, files)}
    timetabling.note_disclosed(run.case.folder, timetable, edition.now)
    _seal(run, kind)
    shown = f"{edition.findings.num_rows} findings" if kind == "draft" else f"{passed.num_rows} findings, {len(held)} held back"
    return {
        "line": f"{kind} edition of {edition.now}: {shown}, {len(files)} files; open {target / 'index.html'}",
        "page": str(target / "index.html"), "files": len(files), "passed": passed.num_rows, "held": len(held), "troubles": troubles, "exit": 3 if left_out else 0,
        "packs": packs, "compared": compared.told, "more": [*compared.lines, *(f"packs/{each['path']}: {each['title']}, {each['findings']} findings" for each in packs)],
    }  # fmt: skip


def tree_hash(folder: Path, known: Mapping[str, str] | None = None) -> str:
    """SHA-256 over the sorted lines ``hash  path`` of every file below a folder: what ``sha256sum`` prints for them, hashed once more.

    ``known``: hashes of files that this process wrote a moment ago; the others are read.
    """
    hashes, root = known or {}, len(str(folder)) + 1
    names = [f"{place}{os.sep}{name}"[root:].replace(os.sep, "/") for place, _, files in os.walk(folder) for name in files]
    lines = [f"{hashes.get(name) or sha256(folder / name)}  {name}\n" for name in names]
    return hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()


def _seal(run: Run, kind: str) -> None:
    """Seal an edition that differs from the last one of its kind."""
    log = run.case.folder / "seal.jsonl"
    edition = {"edition": kind, **run.state.editions[kind]}
    sealed = [line["facts"] for line in seal_lines(log) if line["kind"] == "edition" and line["facts"].get("edition") == kind]
    if not sealed or sealed[-1] != edition:
        seal.append(log, "edition", edition, run.now)


def verify(the_case: Case, state: State) -> Iterator[Break]:
    """Is every edition on disk the one that was published?"""
    for kind, published in sorted(state.editions.items()):
        folder = the_case.folder / "publication" / kind
        if not folder.is_dir():
            yield Break("publication", f"publication/{kind}", "the edition is missing", "publish it again")
        elif tree_hash(folder) != published.get("sha256"):
            yield Break("publication", f"publication/{kind}", "the files are not those that were published", "publish it again, and look who changed them")


def build(the_case: Case, state: State, kind: str, now: str = "", news: News | None = None) -> Edition:
    """The edition of a case's current state. Its time is ``now``, else the day of the newest input, so that a repeat gives the same bytes.

    ``news``: what the desk knows and the case's own files do not say yet.
    """
    news = news or News()
    now = now or max((str(item["stored_at"])[:10] for item in state.inputs), default="")
    run = Run(the_case, state, now, True, None, {})
    found = load_findings(run)
    found = found.set_column(found.column_names.index("body"), "body", pa.array([facts.official(b) for b in found.column("body").to_pylist()], pa.string()))
    decided = fold(found, news.with_decisions(load(the_case.folder / "review" / LEDGER)))
    records, acts = records_of(run), news.with_acts(exchange.load(replying.log(the_case)))
    records["ANSWER"] = news.with_answers(records["ANSWER"])
    records["ANSWER"] = asking.with_silence(records["ANSWER"], acts, now)
    coverage = _coverage(run)
    repeats = case.read_json(the_case.folder / "findings" / "repeats.json", {})
    keys = dict(zip(decided.column("finding_id").to_pylist(), decided.column("record_key").to_pylist(), strict=True))
    duplicates = {keys[finding]: 1 + len(places) for finding, places in repeats.items() if finding in keys}
    events = load_events(the_case.folder / "findings")
    edition = Edition(
        kind=kind,
        now=now,
        findings=decided,
        records=records,
        lists={row["list"]: dict(row) for row in facts.table("lists")},
        bodies=body_states(records["BODY"], _months(coverage), records["ANSWER"], decided, _periods(run, coverage)),
        coverage=tuple(coverage),
        money=sums(decided, duplicates),
        plan=_plan(the_case),
        facts={**_facts(the_case, state, now, coverage, duplicates), **page_counts(part_files(run, "PAGE")), "persons": persons_named(decided), "parties": clustering.standing(the_case.folder, records["LISTING"])},
        events=events,
        pictures=pictures(the_case.folder / "sources", events) if kind == "draft" and events is not None else {},
    )
    return asking.with_letters(replying.with_exchange(edition, acts), acts)


def persons_named(findings: pa.Table) -> frozenset[str]:
    """Ids of findings whose supplier, party or body may be a natural person: the readers leave such rows out, and the gate looks once more."""
    doubtful = {name for column in ("supplier", "party", "body") for name in pc.unique(findings[column]).to_pylist() if name and is_natural_person(name)}
    names = zip(*(findings[column].to_pylist() for column in ("finding_id", "supplier", "party", "body")), strict=True)
    return frozenset(id for id, *said in names if doubtful.intersection(said)) if doubtful else frozenset()


def records_of(run: Run) -> dict[str, pa.Table]:
    """The records shown whole: our own fact tables first, then the case's; names of bodies in their official form."""
    found: dict[str, list[pa.Table]] = {kind: [] for kind in SHOWN}
    for name in OWN_TABLES:
        data = resources.files("custodes").joinpath("data", f"{name}.csv").read_bytes()
        for batch in table_reader.read((io.BytesIO(data),), Origin(f"{name}", facts.path_of(name))):
            if (kind := kind_of(batch)) in found:
                found[kind].append(pa.Table.from_batches([batch]))
    for kind in SHOWN:
        found[kind] += [pq.read_table(path) for path in part_files(run, kind)]
    found["STATEMENT"] = [timetabling.without_progress(part) for part in found["STATEMENT"]]
    if run.case.makers:
        _only_watched(found, run.case.makers)
    return {kind: _official(_joined(kind, parts)) for kind, parts in found.items()}


def _only_watched(found: dict[str, list[pa.Table]], makers: Iterable[str]) -> None:
    wanted = pa.array([*makers, ""])
    for kind in ("PARTY", "LISTING"):
        found[kind] = [part.filter(pc.is_in(part["maker_id"], wanted)) for part in found[kind]]


def _joined(kind: str, parts: list[pa.Table]) -> pa.Table:
    return pa.concat_tables([part.cast(SCHEMAS[kind]) for part in parts]) if parts else SCHEMAS[kind].empty_table()


def _official(table: pa.Table) -> pa.Table:
    if "body" not in table.column_names:
        return table
    names = pa.array([facts.official(name) for name in table.column("body").to_pylist()], pa.string())
    return table.set_column(table.column_names.index("body"), table.schema.field("body"), names)


def _coverage(run: Run) -> list[dict[str, Any]]:
    """Per file what was read, what was found in it, and what went wrong."""
    found = case.read_json(run.case.folder / "findings" / "coverage.json", {}).get("files", {})
    sizes = {item["path"]: item["size"] for item in run.state.inputs}
    rows = []
    for outcome in case.read_json(run.case.folder / "records" / "coverage.json", []):
        error = outcome.get("error") or {}
        notes = [f"shares {other['records']} records with {other['path']} ({other['proved']} by transaction number)" for other in outcome.get("overlaps", [])]
        notes += [f"text not readable: {page}" for page in outcome.get("unreadable", [])]
        rows.append(
            {
                **outcome, "size": sizes.get(outcome["path"]), "found": found.get(outcome["path"], 0), "months": outcome.get("bodies", {}),
                "bodies": sorted({facts.official(name) for name in outcome.get("bodies", {})}), "rows_without_body": outcome.get("no_body", 0),
                "error": f"{error['what']} ({error['where']})" if error else "", "left_out": outcome.get("left_out_rows", []), "notes": notes,
            }
        )  # fmt: skip
    return rows


def _months(coverage: list[dict[str, Any]]) -> dict[str, dict[str, int]]:
    """Body -> month -> rows read, over all files."""
    total: dict[str, Counter[str]] = {}
    for row in coverage:
        for body, months in row["months"].items():
            total.setdefault(facts.official(body), Counter()).update(months)
    return {body: dict(sorted(months.items())) for body, months in sorted(total.items())}


def _periods(run: Run, coverage: list[dict[str, Any]]) -> dict[str, str]:
    """Body -> the period that the entries of its files name: the widest one."""
    entries = {item["path"]: item["entry"].get("period", "") for item in run.state.inputs}
    widest: dict[str, list[str]] = {}
    for row in coverage:
        if period := entries.get(row["path"], ""):
            for body in row["bodies"]:
                widest.setdefault(body, []).extend(period.split("/"))
    return {body: f"{min(ends)}/{max(ends)}" for body, ends in widest.items()}


def _plan(the_case: Case) -> dict[str, Any]:
    """The plan of timetable/plan.json; empty when there is none."""
    found: dict[str, Any] = case.read_json(the_case.folder / "timetable" / "plan.json", {})
    if found.get("verdict", {}).get("passes", True):
        return found
    # a plan that fails the checker is not published: only that it failed, and why
    return {"status": "not published: it failed its check", "breaches": found["verdict"]["breaches"]}


# pages show commands as they are typed inside the case's folder: its name must not change the bytes of an edition
def _facts(the_case: Case, state: State, now: str, coverage: list[dict[str, Any]], duplicates: Mapping[str, int]) -> dict[str, Any]:
    return {
        "title": the_case.title, "version": __version__, "watchlist_version": state.findings.get("watchlist", ""), "ages": ages.tables(now[:10]),
        "oldest_words": ages.words([*ages.tables(now[:10]), *ages.lists(now[:10]), *ages.brought(state, the_case.folder, now[:10])], str(state.findings.get("as_of") or "")),
        "counts": {"files": len(coverage)}, "duplicates": dict(duplicates), "case": ".", "invented": the_case.invented,
        "licences": licences(state),
        "capture_path": "sources/captures/{sha256:.2}/{sha256}", "seals": _seals(the_case), "history": history(the_case), "url": the_case.publish.url,
        "languages": the_case.publish.languages,
    }  # fmt: skip


def _seals(the_case: Case) -> dict[str, dict[str, str]]:
    """SHA-256 of stored bytes -> when they were sealed (``at``), and when an authority first time-stamped the log after that (``stamp``; empty: never)."""
    found: dict[str, dict[str, str]] = {}
    waiting: list[str] = []
    for line in seal_lines(the_case.folder / "seal.jsonl"):
        if line["kind"] == "capture" and line["facts"]["sha256"] not in found:
            found[line["facts"]["sha256"]] = {"at": line["at"], "stamp": ""}
            waiting.append(line["facts"]["sha256"])
        elif line["kind"] == "stamp" and line["facts"].get("of") == "log":
            for sha in waiting:
                found[sha]["stamp"] = line["at"]
            waiting = []
    return found


def history(the_case: Case) -> tuple[dict[str, Any], ...]:
    """The events of the log of public editions, oldest first; none before the first one."""
    path = the_case.folder / "publication" / LOG
    if not path.is_file():
        return ()
    try:
        return tuple(json.loads(line) for line in path.read_bytes().splitlines())
    except ValueError:
        raise IntegrityError("the log of public editions holds a line that is not ours", where=str(path), advice="restore it from publication/public/history, or from a copy") from None


def licences(state: State) -> list[dict[str, str]]:
    """Under which licence what an edition shows may be used again: our own tables, and the inputs as their entries say."""
    found = [{"name": "fact tables of custodes", "licence": "CC0 1.0", "note": "every row with its citation"}]
    groups: dict[str, list[str]] = {}
    for item in state.inputs:
        groups.setdefault(item["entry"].get("licence", ""), []).append(item["path"])
    for licence, paths in sorted(groups.items()):
        names = ", ".join(paths[:5]) + (f" and {len(paths) - 5} more" if len(paths) > 5 else "")
        found.append({"name": names, "licence": licence or "not stated in case.toml: ask the publisher before you reuse the rows", "note": ""})
    return found
