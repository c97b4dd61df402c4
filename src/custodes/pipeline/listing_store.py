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
from custodes.pipeline.state import seal_lines
from custodes.sources import Store, held, lists_log, seal
from custodes.sources.lists_log import NEW, SAME

Line = Mapping[str, Any]


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


@contextmanager
def locked(folder: Path) -> Iterator[ListStore]:
    """The store, made when it is not there, held for one run."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot be made: {error.strerror or error}", where=str(folder), advice="give another folder with --store") from None
    with case.locked(case.Case(folder, folder.name)):
        yield ListStore(folder)
