"""Gather: every input file is stored by hash and sealed; unchanged ones are recognised without reading them again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from custodes import case
from custodes.case import Case
from custodes.errors import InputError
from custodes.pipeline.state import Run, entry_json, seal_lines
from custodes.review import exchange_files, sheets_back, sniff
from custodes.review.queue_sheet import QUEUE
from custodes.sources import Store, head, held, opened, seal
from custodes.sources.store import place
from custodes.values import Entry


def gather(run: Run) -> dict[str, Any]:
    """Store the inputs; the state's ``inputs`` are then exactly the files that the case names today."""
    files, troubles = case.inputs(run.case)
    known = {item["path"]: item for item in run.state.inputs}
    told = [f"{path}: {what}\n    next: check the path in case.toml" for path, what in troubles]
    sources = run.case.room("sources")
    inputs, stored, store = [], 0, Store(sources)
    for file, name, entry in run.watch(files, "gather", len(files)):
        try:
            item, new = _one(store, sources, file, name, entry, known.get(name), run.now)
        except (InputError, OSError) as error:
            told.append(f"{name}: {error}")
            continue
        inputs.append(item)
        stored += new
    run.state.inputs, run.state.troubles = inputs, told
    _seal(run.case, run.now)
    return {
        "line": f"{len(inputs)} input files, {stored} newly stored, {len(inputs) - stored} held already",
        "files": len(inputs), "stored": stored, "troubles": told, "exit": 3 if told else 0,
    }  # fmt: skip


def _one(store: Store, sources: Path, file: Path, name: str, entry: Entry, before: dict[str, Any] | None, now: str) -> tuple[dict[str, Any], bool]:
    status = file.stat()
    item = {"path": name, "size": status.st_size, "mtime_ns": status.st_mtime_ns, "entry": entry_json(entry)}
    # same size and time: the bytes are not read again, as git does it
    if before and all(before[k] == item[k] for k in ("size", "mtime_ns")) and place(sources, before["sha256"]).is_file():
        return {**item, "sha256": before["sha256"], "room": before["room"], "stored_at": before["stored_at"]}, False
    capture = store.store(file, name, now)
    return {**item, "sha256": capture.sha256, "room": _room(file, name), "stored_at": capture.stored_at}, capture.stored_at == now


def _room(file: Path, name: str) -> str:
    """Which room a file is for: decisions go to review, letters, notices and replies to its exchange, everything else is read as records."""
    try:
        with opened(file, name) as (stream, filename):
            start = head(stream)
            if sheets_back.is_book(stream, QUEUE):
                return "review"
            return "review" if sniff(start, filename) else "exchange" if exchange_files.sniff(start, filename) else "records"
    except InputError:
        return "records"


def _seal(the_case: Case, now: str) -> None:
    """Every capture stands in the seal log; one that a killed run stored but did not seal is sealed now."""
    path = the_case.folder / "seal.jsonl"
    seal_lines(path)  # a log that is not whole is said before anything is added to it
    seal.seal_captures(path, held(the_case.folder / "sources"), now)
