"""A store of list versions: the sources folder of a case, or a folder of its own for all cases of a user. Bytes by hash, one log, all sealed.

    STORE/sources/captures/    every copy that came, by hash, as its publisher sent it; and the packages with what went over the wire
    STORE/sources/lists.jsonl  every look
    STORE/seal.jsonl           the chained log
    STORE/records/lists/       entries of each version as rows: working copies, made again when they are lost
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from custodes import case
from custodes.errors import UsageError
from custodes.pipeline.removing import removed
from custodes.pipeline.state import seal_lines, sha256
from custodes.sources import Store, held, lists_log, seal
from custodes.sources.lists_log import NEW, SAME
from custodes.sources.store import place

Line = Mapping[str, Any]
ENDED = "list_ended.jsonl"
"""In the sources folder, and kept as a capture: the periods that are over, told by all versions."""


@dataclass(frozen=True, slots=True)
class ListStore:
    """The store in ``folder``."""

    folder: Path

    @property
    def sources(self) -> Path:
        """Where bytes and log are."""
        return self.folder / "sources"

    def lines(self) -> list[Line]:
        """Every look, in the order in which it was made."""
        return [line for _, line in lists_log.lines(self.sources)]

    def versions(self, feed: str = "") -> list[Line]:
        """The good versions, of one feed or of all."""
        return [line for line in self.lines() if line["outcome"] == NEW and feed in ("", line["feed"])]

    def held(self, feed: str) -> Line | None:
        """The version in force."""
        return next(reversed(self.versions(feed)), None)

    def looked(self, feed: str) -> Line | None:
        """The last look that brought an answer that counts (new or the same)."""
        return next((line for line in reversed(self.lines()) if line["feed"] == feed and line["outcome"] in (NEW, SAME)), None)

    def captures(self) -> Store:
        """Where bytes are put."""
        self.sources.mkdir(parents=True, exist_ok=True)
        return Store(self.sources, removed(self.folder / "seal.jsonl"))

    def add(self, line: Line, now: str) -> None:
        """Write a look, and seal it with everything that was stored for it."""
        log = self.folder / "seal.jsonl"
        seal.seal_captures(log, held(self.sources), now)
        seal.append_all(log, [(lists_log.KIND, lists_log.add(self.sources, line))], now)

    def mend(self, now: str) -> None:
        """Seal what a killed run stored but did not seal. IntegrityError when the log is broken."""
        log = self.folder / "seal.jsonl"
        seal_lines(log)
        seal.seal_captures(log, held(self.sources), now)
        seal.append_all(log, lists_log.unsealed(self.sources, log), now)


def inputs(folder: Path) -> list[dict[str, Any]]:
    """The versions in force as inputs of a case's next room: the list first, then the files that belong to it. None whose bytes were removed by order."""
    if not (folder / "sources" / lists_log.LOG).exists():
        return []
    store, gone = ListStore(folder), removed(folder / "seal.jsonl")
    newest = {line["feed"]: line for line in store.versions() if line.get("reader")}
    found = [
        {
            "path": f"lists/{feed}/{item['name']}", "size": place(store.sources, item["sha256"]).stat().st_size, "mtime_ns": 0, "sha256": item["sha256"], "room": "records",
            "entry": {"reader": line["reader"], **({"licence": line["licence"]} if line.get("licence") else {})}, "stored_at": line["at"],
        }
        for feed, line in sorted(newest.items()) for item in line["files"] if item["sha256"] and item["sha256"] not in gone
    ]  # fmt: skip
    return [*found, *_ended(store, gone)]


def _ended(store: ListStore, gone: frozenset[str]) -> list[dict[str, Any]]:
    """The newest file of ended periods, when there are any."""
    captures = [capture for capture in held(store.sources) if capture.path == f"lists/{ENDED}" and capture.sha256 not in gone]
    path = store.sources / ENDED
    if not path.is_file() or not path.stat().st_size:
        return []
    now = next((capture for capture in captures if capture.sha256 == sha256(path)), None)
    return [{"path": f"lists/{ENDED}", "size": now.size, "mtime_ns": 0, "sha256": now.sha256, "room": "records", "entry": {"reader": "list_periods"}, "stored_at": now.stored_at}] if now else []


@contextmanager
def locked(folder: Path) -> Iterator[ListStore]:
    """The store, made when it is not there, held for one run."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot be made: {error.strerror or error}", where=str(folder), advice="give another folder with --store") from None
    with case.locked(case.Case(folder, folder.name)):
        yield ListStore(folder)
