"""What goes back and forth with bodies and companies: letters and notices sent, replies, waivers, corrections, as a chained log.

People bring these events in files (CSV, JSON lines, or the reply form that goes with every notice) through the case's ``inbox/``. They are kept in
``review/exchange.jsonl``, one line per event, each holding the hash of the line before; nothing is ever edited, only followed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from custodes.errors import IntegrityError
from custodes.review.chain import START, canonical, digest
from custodes.review.log_file import add_lines, half_line, whole_lines
from custodes.values import Break

EXCHANGE = "exchange.jsonl"
"""The log's file in the review folder of a case."""
_ADVICE = "restore the log from a copy; the files in the inbox can be read in again"
_NAMES = frozenset(("n", "kind", "date", "by", "body", "source", "prev", "hash"))


@dataclass(frozen=True, slots=True)
class Act:
    """One event. ``kind`` is a key of ``exchange_files.KINDS``; ``date`` its day (ISO); ``by`` a role, or ``company`` for a reply with its token;
    ``body`` the fields of its kind (texts, or lists of texts or of mappings)."""

    kind: str
    date: str
    by: str
    body: Mapping[str, Any]
    source: str = ""
    n: int = 0
    hash: str = ""

    def get(self, name: str) -> Any:
        """A field of the event, an empty text when it has none."""
        return self.body.get(name, "")


def load(path: Path) -> tuple[Act, ...]:
    """Every event in the order of the log. IntegrityError names the line where the chain is broken; a half last line is left out."""
    found = []
    for number, entry, problem in _walk(path):
        if problem or entry is None:
            raise IntegrityError(f"the line {problem}", where=f"{path.name}, line {number}", advice=_ADVICE)
        found.append(_act(entry))
    return tuple(found)


def verify(path: Path) -> Iterator[Break]:
    """The first broken link, if any. A log that does not exist is empty, not broken."""
    for number, _, problem in _walk(path):
        if problem:
            yield Break("exchange", f"{path.name}, line {number}", f"the line {problem}", _ADVICE)
            return
    if half_line(path):
        yield Break("exchange", path.name, "the last line has no end: a run was stopped while writing", "run the same command again")


def head(path: Path) -> tuple[int, str]:
    """(number, hash) of the last event; (0, START) for an empty log."""
    acts = load(path)
    return (acts[-1].n, acts[-1].hash) if acts else (0, START)


def append(path: Path, acts: Iterable[Act]) -> tuple[Act, ...]:
    """Add what the log does not hold yet (same kind, day, role and fields), by day and then as given; return it numbered and chained.

    Bringing the same file twice adds nothing. IntegrityError when the log is broken: nothing is added to a broken chain.
    """
    standing = load(path)
    known = {_content(act) for act in standing}
    fresh: dict[bytes, Act] = {}
    for act in acts:
        if _content(act) not in known:
            fresh.setdefault(_content(act), act)
    n, prev = (standing[-1].n, standing[-1].hash) if standing else (0, START)
    lines, added = [], []
    for act in sorted(fresh.values(), key=lambda each: each.date):
        n += 1
        entry = {"n": n, "kind": act.kind, "date": act.date, "by": act.by, "body": dict(act.body), "source": act.source, "prev": prev}
        prev = digest(entry)
        lines.append(canonical({**entry, "hash": prev}) + b"\n")
        added.append(_act({**entry, "hash": prev}))
    if lines:
        add_lines(path, b"".join(lines))
    return tuple(added)


def _content(act: Act) -> bytes:
    return canonical({"kind": act.kind, "date": act.date, "by": act.by, "body": dict(act.body)})


def _act(entry: Mapping[str, Any]) -> Act:
    return Act(entry["kind"], entry["date"], entry["by"], entry["body"], entry["source"], entry["n"], entry["hash"])


def _walk(path: Path) -> Iterator[tuple[int, Mapping[str, Any] | None, str]]:
    """(line number, entry, what is wrong) up to and including the first line that is wrong."""
    prev = START
    for number, line in enumerate(whole_lines(path), 1):
        entry, problem = _parsed(line)
        if entry is not None and not problem:
            problem = "does not follow the line before it" if entry["prev"] != prev else "" if entry["n"] == number else f"has number {entry['n']} where {number} is due"
            prev = entry["hash"]
        yield number, entry, problem
        if problem:
            return


def _parsed(line: bytes) -> tuple[Mapping[str, Any] | None, str]:
    try:
        entry = json.loads(line)
        if not isinstance(entry, dict) or set(entry) != _NAMES or canonical(entry) != line or not isinstance(entry["body"], dict):
            return None, "is not written the way custodes writes it"
    except (ValueError, RecursionError):
        return None, "is not JSON"
    return entry, "" if digest(entry) == entry["hash"] else "does not match its own hash"
