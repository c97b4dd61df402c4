"""Does the folder still hold what its log says? Every stored byte is read again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from custodes.errors import IntegrityError
from custodes.sources.lines import half_line
from custodes.sources.store import digest, logged, place
from custodes.values import Break, Capture

_LOG = "captures.jsonl"
_RESTORE = "restore the file from a copy, or from the publisher if it still has the same hash"


def verify(folder: Path, removed: frozenset[str] = frozenset()) -> Iterator[Break]:
    """Every capture whose bytes are missing or changed, and the first line of ``captures.jsonl`` that is not ours.

    Bytes without a line are not a break: a run was stopped between the two and the next one adds the line. ``removed``: hashes of bytes that were removed
    by a recorded order; those must not be there.
    """
    seen: set[str] = set()
    try:
        for number, capture in logged(folder):
            if capture.sha256 in removed and capture.sha256 not in seen:
                yield from _still_there(folder, number, capture)
            elif capture.sha256 not in seen:
                yield from _checked(folder, number, capture)
            seen.add(capture.sha256)
    except IntegrityError as problem:
        yield Break("captures", problem.where, problem.what, problem.advice)
        return
    if half_line(folder / _LOG):
        yield Break("captures", _LOG, "the last line has no end: a run was stopped while writing", "run the same command again")


def _still_there(folder: Path, number: int, capture: Capture) -> Iterator[Break]:
    if place(folder, capture.sha256).exists():
        where = f"captures/{capture.sha256[:2]}/{capture.sha256} ({capture.path}; {_LOG}, line {number})"
        yield Break("captures", where, "the bytes were removed by order and are there", "finish the removal, or seal why they may be held again")


def _checked(folder: Path, number: int, capture: Capture) -> Iterator[Break]:
    where = f"captures/{capture.sha256[:2]}/{capture.sha256} ({capture.path}; {_LOG}, line {number})"
    path = place(folder, capture.sha256)
    try:
        with path.open("rb") as stream:
            found, size = digest(stream)
    except OSError as problem:
        yield Break("captures", where, f"the bytes cannot be read: {problem.strerror or problem}", _RESTORE)
        return
    if size != capture.size:
        yield Break("captures", where, f"{size} bytes are there, {capture.size} were stored", _RESTORE)
    elif found != capture.sha256:
        yield Break("captures", where, f"the bytes have changed: their hash is now {found}", _RESTORE)
