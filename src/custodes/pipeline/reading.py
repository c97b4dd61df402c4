"""Read: every stored input that is new, or that another version of a reader read, goes through its reader once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from custodes import case, engines
from custodes.pipeline import facts
from custodes.pipeline.accounting import ReadJob, code_version, part_file, read_file, weight
from custodes.pipeline.listing_files import grouped
from custodes.pipeline.overlaps import overlaps
from custodes.pipeline.state import Run, sha256
from custodes.records.registry import entry_text
from custodes.sources.store import place
from custodes.values import KINDS, Entry, Origin

READ_WITH = (
    "custodes.records", "custodes.values", "custodes:data/headers", "custodes:data/lists.csv", "custodes:data/makers.csv", "custodes:data/persons.toml", "custodes:data/timetable_fields.csv",
)  # fmt: skip
"""What readers are made of: when one of these changes, files are read again."""


def read(run: Run) -> dict[str, Any]:
    """Read what is to be read; afterwards records/ holds one Parquet data set per kind, coverage.json and rejects.jsonl."""
    records = run.case.room("records")
    jobs, twins = _jobs(run, records)
    todo = [job for job in jobs if not (records / "parts" / f"{job.part}.json").is_file()]
    todo.sort(key=weight, reverse=True)
    for _ in run.watch(engines.each(read_file, todo, None, run.engine, sum(map(weight, todo))), "read", len(todo)):
        pass
    outcomes = [case.read_json(records / "parts" / f"{job.part}.json", {}) for job in jobs]
    coverage = [*outcomes, *twins]
    coverage.sort(key=lambda outcome: str(outcome["path"]))
    purchases = {o["path"]: part_file(records, "PURCHASE", o["part"]) for o in outcomes if "PURCHASE" in o["kinds"]}
    shared = overlaps(outcomes, purchases)
    _write(run, records, outcomes, [{**outcome, "overlaps": shared.get(outcome["path"], [])} for outcome in coverage])
    return _summary(outcomes, twins, shared, len(todo))


def _jobs(run: Run, records: Path) -> tuple[list[ReadJob], list[dict[str, Any]]]:
    """A job per distinct file, and an outcome for every byte-identical copy, which is counted once."""
    version = code_version(*READ_WITH)
    jobs, first, twins = [], dict[str, str](), []
    for item, beside in grouped({item["path"]: item for item in run.state.inputs if item["room"] == "records"}):
        if item["sha256"] in first:
            twins.append({"path": item["path"], "sha256": item["sha256"], "same_as": first[item["sha256"]]})
            continue
        first[item["sha256"]] = item["path"]
        origin = Origin(item["sha256"], item["path"], Entry(**item["entry"]), facts.folder_body((run.case.folder / item["path"]).absolute()))
        others = tuple((place(run.case.room("sources"), one["sha256"]), one["path"]) for one in beside)
        part = case.digest(version, origin.sha256, origin.path, item["entry"], origin.folder_body, *(one["sha256"] for one in beside))
        jobs.append(ReadJob(place(run.case.room("sources"), origin.sha256), origin, records, part, others))
    return jobs, twins


def _write(run: Run, records: Path, outcomes: list[dict[str, Any]], coverage: list[dict[str, Any]]) -> None:
    """Write what the whole room says, note the parts in the state, and clear parts that no longer belong to it."""
    before = run.state.records.get("files", {})
    files = {}
    for outcome in outcomes:
        for kind in outcome["kinds"]:
            path = part_file(records, kind, outcome["part"])
            name = path.relative_to(run.case.folder).as_posix()
            files[name] = before.get(name) or sha256(path)
    rejects = b"".join((records / "parts" / f"{outcome['part']}.rejects.jsonl").read_bytes() for outcome in outcomes)
    case.write_whole(records / "rejects.jsonl", rejects)
    case.write_whole(records / "coverage.json", case.to_json(coverage))
    run.state.records = {"parts": {outcome["path"]: outcome["part"] for outcome in outcomes}, "files": files}
    _clear(run, records, files)


def _clear(run: Run, records: Path, files: dict[str, str]) -> None:
    parts = set(run.state.records["parts"].values())
    for path in sorted((records / "parts").glob("*")):  # there is no such folder in a case without input
        if path.name.lstrip(".").split(".")[0] not in parts:
            path.unlink()
    for path in sorted(p for kind in KINDS if (records / kind).is_dir() for p in (records / kind).iterdir()):
        if path.relative_to(run.case.folder).as_posix() not in files:
            path.unlink()


def _summary(outcomes: list[dict[str, Any]], twins: list[dict[str, Any]], shared: dict[str, list[dict[str, Any]]], fresh: int) -> dict[str, Any]:
    total = Counter[str]()
    left_out = Counter[str]()
    for outcome in outcomes:
        total.update({name: outcome[name] for name in ("read", "usable", "rejected", "no_body")})
        left_out.update(outcome["left_out"])
    out = ", ".join(f"{count} {reason}" for reason, count in sorted(left_out.items())) or "none"
    troubles = [*_troubles(outcomes), *_overlapping(shared)]
    return {
        "line": (
            f"{fresh} files read, {len(outcomes) - fresh} unchanged; {total['read']} rows read = {total['usable']} usable"
            f" + {sum(left_out.values())} left out ({out}) + {total['rejected']} rejected"
        ),
        "files": len(outcomes), "files_read": fresh, "identical": len(twins), "overlapping": len(shared), **total, "left_out": dict(sorted(left_out.items())),
        "details": [_line(outcome) for outcome in outcomes] + [f"{t['path']}: the same bytes as {t['same_as']}, counted once" for t in twins],
        "troubles": troubles, "exit": 3 if total["rejected"] or any(o["error"] for o in outcomes) else 0,
    }  # fmt: skip


def _overlapping(shared: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    pairs = [(name, other) for name, others in shared.items() for other in others if name < other["path"]]
    for name, other in pairs[:5]:
        yield f"{name} and {other['path']} share {other['records']} records, {other['proved']} of them by transaction number; each is one record"
    if len(pairs) > 5:
        yield f"{len(pairs) - 5} more pairs of files share records, see records/coverage.json"


def _line(outcome: dict[str, Any]) -> str:
    return f"{outcome['path']}: {outcome['reader'] or 'not read'}: {outcome['read']} read, {outcome['usable']} usable, {outcome['rejected']} rejected"


def _troubles(outcomes: list[dict[str, Any]]) -> Iterator[str]:
    for outcome in outcomes:
        if error := outcome["error"]:
            yield f"{error['where']}: {error['what']}\n    next: {error['advice']}"
        if pages := outcome.get("unreadable"):
            more = f" and {len(pages) - 1} more, see records/coverage.json" if len(pages) > 1 else ""
            yield f"{outcome['path']}: text not readable (this is not \"no claim\"): {pages[0]}{more}"
        if outcome["rejected"]:
            yield f"{outcome['path']}: {outcome['rejected']} rows rejected, see records/rejects.jsonl"
        if outcome["no_body"]:
            toml = entry_text(outcome["path"], body="...")
            yield f"{outcome['path']}: {outcome['no_body']} rows name no body, so they enter no figure of a body\n    next: say whose they are in case.toml:\n{toml}"
    if unread := [outcome["path"] for outcome in outcomes if outcome["not_understood"]]:
        names = ", ".join(unread[:3]) + (f" and {len(unread) - 3} more" if len(unread) > 3 else "")
        yield f"{len(unread)} files have columns that no rule reads or ignores by name ({names}); they are listed in records/coverage.json"
