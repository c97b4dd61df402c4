"""Remove bytes by order: the one way in which evidence may leave a case.

First the tombstone is sealed: hash, size, path, who ordered it, why, on what legal basis, when. Then the bytes go, and everything that was made out of them:
records, findings and the draft edition, which the next run makes anew without them. ``verify`` then says "removed by order", not "broken", and calls stale
what still rests on them. A run that is killed in between leaves the tombstone; the same call again completes it. The input is not taken in again.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from custodes import case
from custodes.case import Case
from custodes.errors import UsageError
from custodes.pipeline import state
from custodes.pipeline.state import seal_lines
from custodes.sources import held, looks, seal
from custodes.sources.store import place

ORDER = ("by", "why", "basis")
"""What an order must say: the role or court that gave it (never a natural person's name), the reason, the legal basis."""


def remove(folder: Path, sha256: str, order: Mapping[str, str], now: str) -> dict[str, Any]:
    """Remove the capture with this hash from the case. ``now``: ISO time. Raises UsageError when the order is not complete or nothing has that hash."""
    the_case = case.load(folder)
    missing = [name for name in ORDER if not order.get(name, "").strip()]
    if missing:
        raise UsageError(f"the order does not say {', '.join(missing)}", where=str(folder), advice="an order names who gave it, why, and the legal basis")
    with case.locked(the_case):
        captures = [capture for capture in held(the_case.folder / "sources") if capture.sha256 == sha256]
        if not captures:
            raise UsageError("the case holds no capture with this hash", where=sha256, advice="look the hash up in sources/captures.jsonl")
        _entomb(the_case, captures[0].size, captures[0].path, sha256, order, now)
        gone = _clear(the_case, sha256)
    return {"sha256": sha256, "paths": [capture.path for capture in captures], "removed": gone, "line": f"removed by order: {captures[0].path} ({sha256})"}


def removed(log: Path) -> frozenset[str]:
    """The hashes that may not be taken in again."""
    return frozenset(str(line["facts"].get("sha256")) for line in seal_lines(log) if line["kind"] == seal.REMOVAL)


def _entomb(the_case: Case, size: int, path: str, sha256: str, order: Mapping[str, str], now: str) -> None:
    log = the_case.folder / "seal.jsonl"
    if sha256 not in removed(log):
        facts = {"sha256": sha256, "size": size, "path": path, **{name: order[name].strip() for name in ORDER}}
        seal.append(log, seal.REMOVAL, facts, now)


def _clear(the_case: Case, sha256: str) -> list[str]:
    """Delete the bytes and what was made of them; what was deleted, as paths in the case."""
    sources = the_case.folder / "sources"
    files = [place(sources, sha256), *_texts(sources, sha256), sources / "originals.jsonl"]
    gone = [path for path in files if path.is_file()]
    for path in gone:
        path.unlink()
    current = state.load(the_case)
    current.inputs = [item for item in current.inputs if item["sha256"] != sha256]
    current.records, current.findings = {}, {}
    current.editions = {kind: {**said, "stale": True} for kind, said in current.editions.items() if kind != "draft"}
    folders = [the_case.folder / "records", the_case.folder / "findings", the_case.folder / "publication" / "draft"]
    state.save(the_case, current)
    for folder in folders:
        if folder.is_dir():
            shutil.rmtree(folder)
            gone.append(folder)
    return [path.relative_to(the_case.folder).as_posix() for path in gone]


def _texts(sources: Path, sha256: str) -> list[Path]:
    """The kept texts that only looks in this package showed."""
    lines = [line for _, line in looks.lines(sources)]
    others = {line.get("text") for line in lines if line["capture"] != sha256}
    own = {str(line.get("text")) for line in lines if line["capture"] == sha256} - others
    return [sources / "texts" / text[:2] / f"{text}.json" for text in sorted(own) if text]
