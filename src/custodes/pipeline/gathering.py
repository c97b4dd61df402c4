"""Gather: every input file is stored by hash and sealed, unchanged ones without reading them again; then the watched pages that are due are looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from custodes import case
from custodes.case import Case
from custodes.errors import InputError
from custodes.pipeline import listing_store
from custodes.pipeline.looking import AGENT, Web, clock, look_at_pages
from custodes.pipeline.removing import removed
from custodes.pipeline.state import Run, entry_json, seal_lines
from custodes.records.registry import READERS
from custodes.review import exchange_files, sheets_back, sniff
from custodes.review.queue_sheet import QUEUE
from custodes.sources import Store, head, held, looks, opened, seal, stamp
from custodes.sources.stamp_send import Sender
from custodes.sources.store import place
from custodes.values import Entry


def gather(run: Run) -> dict[str, Any]:
    """Store the inputs; the state's ``inputs`` are then exactly the files that the case names today."""
    files, troubles = case.inputs(run.case)
    known = {item["path"]: item for item in run.state.inputs}
    told = [f"{path}: {what}\n    next: check the path in case.toml" for path, what in troubles]
    sources = run.case.room("sources")
    inputs, stored, store = [], 0, Store(sources, removed(run.case.folder / "seal.jsonl"))
    for file, name, entry in run.watch(files, "gather", len(files)):
        try:
            item, new = _one(store, sources, file, name, entry, known.get(name), run.now)
        except (InputError, OSError) as error:
            told.append(f"{name}: {error}")
            continue
        inputs.append(item)
        stored += new
    _seal(run.case, run.now)
    pages = look_at_pages(run)
    run.state.inputs, run.state.troubles = [*inputs, *_captures(run), *listing_store.inputs(run.case.folder)], told
    stamps = stamp_all(run)
    line = f"{len(inputs)} input files, {stored} newly stored, {len(inputs) - stored} held already"
    del pages["exit"]  # what went wrong with pages is among the troubles
    wrong = [*told, *pages.pop("troubles"), *stamps.pop("troubles")]
    return {
        "line": "; ".join(filter(None, (line, pages.pop("line"), stamps.pop("line")))), "files": len(inputs), "stored": stored, "pages": pages, "stamps": stamps,
        "details": pages.pop("details"), "troubles": wrong, "exit": 3 if wrong else 0,
    }  # fmt: skip


def stamp_all(run: Run) -> dict[str, Any]:
    """Ask the case's authorities for the time stamps that are due; what none answers is due again in the next run."""
    log, sources = run.case.folder / "seal.jsonl", run.case.folder / "sources"
    authorities = [stamp.Authority(each.url, (run.case.folder / each.roots).read_bytes() if each.roots else b"") for each in run.case.stamps]
    if not authorities:
        return {"stamped": 0, "waiting": 0, "line": "", "troubles": []}
    if run.options.get("offline"):
        waiting = len(stamp.due(log, sources, authorities))
        return {"stamped": 0, "waiting": waiting, "line": f"{waiting} time stamps wait: offline" if waiting else "", "troubles": []}
    web = Web(run.case.gather, clock(run))
    done = stamp.stamp_due(log, sources, authorities, Sender(web.plain().wire, run.case.gather.agent or AGENT), run.now)
    said = f"{done.stamped} time stamps" + (f", {done.waiting} wait" if done.waiting else "")
    return {"stamped": done.stamped, "waiting": done.waiting, "line": said, "troubles": list(done.troubles)}


def _captures(run: Run) -> list[dict[str, Any]]:
    """The packages that hold a new text of a page, or prove it gone, as inputs of the next room, when it has a reader for them."""
    if not any("PAGE" in reader.KINDS and reader.sniff(b"PK\x03\x04", "page.wacz") for reader in READERS):
        return []
    taken_out = removed(run.case.folder / "seal.jsonl")
    names = {capture.sha256: capture for capture in held(run.case.folder / "sources") if capture.sha256 not in taken_out}
    index = case.read_json(run.case.folder / "sources" / "pages.json", {"pages": []})
    wanted = {look["capture"] for page in index["pages"] for look in (*page["texts"], *page["absent"])} & set(names)
    return [
        {"path": c.path, "size": c.size, "mtime_ns": 0, "entry": {}, "sha256": c.sha256, "room": "records", "stored_at": c.stored_at}
        for c in sorted((names[sha256] for sha256 in wanted), key=lambda capture: capture.path)
    ]


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
    seal.append_all(path, looks.unsealed(the_case.folder / "sources", path), now)
