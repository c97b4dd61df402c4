"""The seal log: append-only lines, each holding the hash of the one before, so that nothing in the middle can be changed unseen.

A line is ``{"at", "facts", "hash", "kind", "n", "prev"}`` as canonical JSON. ``hash`` is the SHA-256 (hex) of the canonical JSON of the other
five; ``prev`` is the ``hash`` of the line before (64 zeros for the first). What a chain alone cannot show: that whole lines at the end were cut
off, or that all of it was written anew. For that its head must be kept elsewhere (a time stamp, a published page, a printed report).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from custodes.errors import IntegrityError
from custodes.sources.checker import START, canonical, chain_problem, line_hash, parse_line
from custodes.sources.lines import add_lines, half_line, last_line, whole_lines
from custodes.values import Break, Capture

CAPTURE = "capture"
"""``kind`` of a line whose facts are the fields of a Capture."""
REMOVAL = "removal"
"""``kind`` of a tombstone: bytes that were removed by order; its facts keep their hash, who ordered it, why, and on what legal basis."""
_ADVICE = "everything from here on is unproven: compare with a copy of the log or with a head that was published"


def append(path: Path, kind: str, facts: Mapping[str, Any], now: str) -> dict[str, Any]:
    """Seal one fact (JSON-able) at the ISO time ``now`` and return the line. Raises IntegrityError when the last line is not whole and true."""
    return append_all(path, [(kind, facts)], now)[0]


def append_all(path: Path, entries: Iterable[tuple[str, Mapping[str, Any]]], now: str) -> list[dict[str, Any]]:
    """Seal several (kind, facts) in one write; all or, when killed, a part that the next writer cuts back to whole lines."""
    n, prev = head(path)
    lines = []
    for kind, facts in entries:
        line = chained({"n": n + 1, "at": now, "kind": kind, "facts": dict(facts), "prev": prev})
        n, prev = line["n"], line["hash"]
        lines.append(line)
    if lines:
        add_lines(path, b"".join(canonical(line) + b"\n" for line in lines))
    return lines


def head(path: Path) -> tuple[int, str]:
    """(number, hash) of the last whole line: what to publish or to stamp. (0, START) for an empty log."""
    line = last_line(path)
    if not line:
        return 0, START
    fields, problem = parse_line(line)
    if problem:
        raise IntegrityError(f"the last line {problem}", where=path.name, advice="run custodes verify; nothing is added to a broken log")
    return fields["n"], fields["hash"]


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """Every whole line as a mapping, unchecked; call :func:`verify` first."""
    for line in whole_lines(path):
        yield json.loads(line)


def verify(path: Path) -> Iterator[Break]:
    """The first broken link of the chain, if any; a half last line is named too. A log that does not exist is empty, not broken."""
    n, prev = 0, START
    for number, line in enumerate(whole_lines(path), 1):
        fields, problem = parse_line(line)
        problem = problem or chain_problem(fields, n + 1, prev)
        if problem:
            yield Break("seal", f"{path.name}, line {number}", f"the line {problem}", _ADVICE)
            return
        n, prev = fields["n"], fields["hash"]
    if half_line(path):
        yield Break("seal", f"{path.name}, line {n + 1}", "the last line has no end: a run was stopped while writing", "run the same command again")


def chained(fields: Mapping[str, Any]) -> dict[str, Any]:
    """``fields`` with their hash."""
    return {**fields, "hash": line_hash(fields)}


def seal_captures(path: Path, captures: Iterable[Capture], now: str) -> list[dict[str, Any]]:
    """Seal (kind ``capture``) those that the log does not hold yet, in the given order; again with the same captures: nothing is written."""
    known = {_identity(line["facts"]) for line in lines(path) if line["kind"] == CAPTURE}
    fresh = {_identity(asdict(c)): asdict(c) for c in captures if _identity(asdict(c)) not in known}
    return append_all(path, [(CAPTURE, facts) for facts in fresh.values()], now)


def verify_captures(path: Path, captures: Iterable[Capture]) -> Iterator[Break]:
    """The first sealed capture that the list of captures no longer names: a line was taken out of ``captures.jsonl``. Call :func:`verify` first."""
    held = {_identity(asdict(c)) for c in captures}
    for line in lines(path):
        if line["kind"] == CAPTURE and _identity(line["facts"]) not in held:
            what = f"the capture {line['facts'].get('sha256')} ({line['facts'].get('path')}) was sealed, but captures.jsonl does not name it"
            yield Break("seal", f"{path.name}, line {line['n']}", what, "restore captures.jsonl from a copy")
            return


def _identity(facts: Mapping[str, Any]) -> tuple[Any, ...]:
    return facts.get("sha256"), facts.get("path")
