"""The ledger of decisions: append-only JSON lines, each holding the hash of the one before. Nothing in it is ever edited, only followed.

A line holds the fields of ``Decision`` as canonical JSON. ``hash`` is the SHA-256 (hex) of the canonical JSON of all other fields; ``prev`` is
the ``hash`` of the line before (64 zeros for the first). A half last line (a run was stopped) was never a decision and is cut off by the next
writer. Whole lines cut off at the end do not show in the chain itself: the case's seal log keeps the ledger's head for that.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, fields
from pathlib import Path

from custodes.errors import IntegrityError
from custodes.review.chain import START, canonical, digest
from custodes.review.decisions import Event
from custodes.review.fold import AT_IMPORT
from custodes.review.log_file import add_lines, half_line, whole_lines
from custodes.values import Break
from custodes.values.decision import Decision

_NAMES = frozenset(f.name for f in fields(Decision))
_ADVICE = "restore the ledger from a copy; the decisions files in the inbox can be read in again"


def append(path: Path, events: Iterable[Event]) -> tuple[Decision, ...]:
    """Add what the ledger does not hold yet and return it, numbered and chained. Bringing the same file twice adds nothing.

    Order: by ``decided``, and within a day as given, so hand the files in a fixed order. An event is known when the ledger holds one with the
    same finding, verdict, reason, note, decider and time and the same evidence hash (any hash when the file gave none).
    Raises IntegrityError when the ledger is broken: nothing is added to a broken chain.
    """
    standing = load(path)
    fresh = _unknown(standing, events)
    added = tuple(_chained(fresh, standing))
    if added:
        add_lines(path, b"".join(_line(d) for d in added))
    return added


def load(path: Path) -> tuple[Decision, ...]:
    """Every decision in the order of the ledger. Raises IntegrityError, naming the line, when the chain is broken; a half last line is left out."""
    found = []
    for number, decision, problem in _walk(path):
        if problem or decision is None:
            raise IntegrityError(f"the line {problem}", where=f"{path.name}, line {number}", advice=_ADVICE)
        found.append(decision)
    return tuple(found)


def verify(path: Path) -> Iterator[Break]:
    """The first broken link, if any; a half last line is named too. A ledger that does not exist is empty, not broken."""
    last = 0
    for number, _, problem in _walk(path):
        if problem:
            yield Break("ledger", f"{path.name}, line {number}", f"the line {problem}", _ADVICE)
            return
        last = number
    if half_line(path):
        yield Break("ledger", f"{path.name}, line {last + 1}", "the last line has no end: a run was stopped while writing", "run the same command again")


def head(path: Path) -> tuple[int, str]:
    """(number, hash) of the last decision: what the seal log keeps. (0, START) for an empty ledger."""
    standing = load(path)
    return (standing[-1].n, standing[-1].hash) if standing else (0, START)


def _unknown(standing: Iterable[Decision], events: Iterable[Event]) -> list[Event]:
    """Events that the ledger does not hold, each once, by the time they were decided."""
    known: set[tuple[str, ...]] = set()
    for decision in standing:
        known |= {_content(decision), (*_content(decision)[:-1], "")}
    fresh = []
    for event in events:
        given = event.evidence_hash if AT_IMPORT not in event.source else ""
        content = (*_content(event)[:-1], given)
        if content not in known:
            known |= {content, (*content[:-1], ""), _content(event)}
            fresh.append(event)
    return sorted(fresh, key=lambda e: e.decided)


def _content(event: Event | Decision) -> tuple[str, ...]:
    return event.finding_id, event.verdict, event.reason, event.note, event.decider, event.decided, event.evidence_hash


def _chained(events: Iterable[Event], standing: tuple[Decision, ...]) -> Iterator[Decision]:
    n, prev = (standing[-1].n, standing[-1].hash) if standing else (0, START)
    for event in events:
        n += 1
        body = {**asdict(event), "n": n, "prev": prev}
        prev = digest(body)
        yield Decision(**body, hash=prev)


def _walk(path: Path) -> Iterator[tuple[int, Decision | None, str]]:
    """(line number, decision, what is wrong) up to and including the first line that is wrong."""
    prev = START
    for number, line in enumerate(whole_lines(path), 1):
        decision, problem = _parsed(line)
        if decision and not problem:
            problem = "does not follow the line before it" if decision.prev != prev else ""
            problem = problem or ("" if decision.n == number else f"has number {decision.n} where {number} is due")
            prev = decision.hash
        yield number, decision, problem
        if problem:
            return


def _parsed(line: bytes) -> tuple[Decision | None, str]:
    try:
        found = json.loads(line)
        if not isinstance(found, dict) or set(found) != _NAMES or canonical(found) != line:
            return None, "is not written the way custodes writes it"
    except (ValueError, RecursionError):
        return None, "is not JSON"
    if not isinstance(found["n"], int) or not all(isinstance(v, str) for k, v in found.items() if k != "n"):
        return None, "does not hold the fields of a decision"
    return Decision(**found), "" if digest(found) == found["hash"] else "does not match its own hash"


def _line(decision: Decision) -> bytes:
    return canonical(asdict(decision)) + b"\n"
