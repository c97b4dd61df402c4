"""The state of a case: its manifest, and the record of each run."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from custodes import case
from custodes.case import Case
from custodes.errors import IntegrityError, UsageError
from custodes.sources import seal
from custodes.values import Break, Entry


@dataclass
class State:
    """What manifest.json holds. ``inputs``: one mapping per input file; ``records``: its part and outcome; ``findings``: parts and totals."""

    folder: Path
    inputs: list[dict[str, Any]] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    records: dict[str, Any] = field(default_factory=dict)
    findings: dict[str, Any] = field(default_factory=dict)
    review: dict[str, Any] = field(default_factory=dict)
    timetable: dict[str, Any] = field(default_factory=dict)
    editions: dict[str, Any] = field(default_factory=dict)

    @property
    def has_inputs(self) -> bool:
        """Has gather run?"""
        return bool(self.inputs or self.troubles)

    @property
    def has_records(self) -> bool:
        """Has read run?"""
        return bool(self.records)

    @property
    def has_findings(self) -> bool:
        """Has find run?"""
        return bool(self.findings)


_ROOMS = ("inputs", "troubles", "records", "findings", "review", "timetable", "editions")


@dataclass
class Run:
    """One run of a step: the case, its state (changed by the step), the time, the options of the command line, and a counter of seconds."""

    case: Case
    state: State
    now: str
    now_given: bool
    progress: Any
    options: Mapping[str, Any]
    seconds: Callable[[], float] | None = None

    @property
    def engine(self) -> str:
        """One process or all cores."""
        return str(self.options.get("engine", "cores"))

    def watch(self, items: Iterable[Any], what: str, total: int) -> Iterator[Any]:
        """Show progress over ``items`` on a terminal."""
        if self.progress is None:
            yield from items
            return
        yield from self.progress.track(items, description=what, total=total)


def load(the_case: Case) -> State:
    """The current state; an empty one for a new case. IntegrityError when the manifest is not readable."""
    path = the_case.folder / "manifest.json"
    try:
        found = case.read_json(path, {})
    except ValueError as error:
        raise IntegrityError(f"not valid JSON: {error}", where=str(path), advice="delete it and run again: it is made anew from the sources") from None
    if found and found.get("format") != case.FORMAT:
        raise UsageError(f"manifest of format {found.get('format')!r}", where=str(path), advice="update custodes")
    return State(the_case.folder, **{room: found[room] for room in _ROOMS if room in found})


def save(the_case: Case, state: State) -> None:
    """Put the new state in force by one rename."""
    value = {"format": case.FORMAT, **{room: getattr(state, room) for room in _ROOMS}}
    case.write_whole(the_case.folder / "manifest.json", case.to_json({**value, "digest": case.digest(value)}))


def record_run(the_case: Case, summary: Mapping[str, Any], state: State) -> None:
    """Write the run record: arguments, input hashes, counts and times. Not part of what is compared between runs."""
    stamp = re.sub(r"[^0-9TZ]", "", str(summary["now"]))
    folder = the_case.room("runs")
    number = sum(1 for _ in folder.iterdir()) + 1
    inputs = {item["path"]: item["sha256"] for item in state.inputs}
    case.write_whole(folder / f"{number:05d}-{stamp}-{summary['command']}.json", case.to_json({**summary, "inputs": inputs}))


def entry_json(entry: Entry) -> dict[str, Any]:
    """An entry as JSON, without what it does not say."""
    values = {"reader": entry.reader, "body": entry.body, "period": entry.period, "currency": entry.currency, "licence": entry.licence, "columns": dict(entry.columns)}
    return {name: value for name, value in values.items() if value}


def verify(the_case: Case) -> Iterator[Break]:
    """The manifest itself, and its parts: is every one there, and is it what the manifest says?"""
    state = load(the_case)
    value = case.read_json(the_case.folder / "manifest.json", {})
    if value and value.pop("digest", None) != case.digest(value):
        yield Break("manifest", "manifest.json", "it is not as a run wrote it", "run again: it is made anew from the sources")
    for room, chosen in (("records", state.records.get("files", {})), ("findings", state.findings.get("files", {}))):
        for name, digest in chosen.items():
            path = the_case.folder / name
            if not path.is_file():
                yield Break(room, name, "the part is missing", "run again: it is made anew from the sources")
            elif sha256(path) != digest:
                yield Break(room, name, "the part's bytes are not those that were written", "delete it and run again")


def seal_lines(log: Path) -> list[dict[str, Any]]:
    """The lines of the seal log; IntegrityError when one is not ours."""
    try:
        return list(seal.lines(log))
    except ValueError:
        raise IntegrityError("the seal log holds a line that is not ours", where=str(log), advice="run custodes verify; nothing is added to a broken log") from None


def sha256(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
