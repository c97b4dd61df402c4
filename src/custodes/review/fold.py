"""Findings and decisions laid together. Pure: tables and values in, tables and values out.

The newest decision about a finding counts: by the time it was decided, then by its place in the ledger. It goes *stale* when the evidence it saw
(its ``evidence_hash``) is no longer the evidence of the finding; it still shows, so that a person can look again.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from custodes.review.decisions import Event
from custodes.values.decision import UNDO, Decision

AT_IMPORT = "; evidence taken as it stood at import"
"""Ends the ``source`` of a decision whose file gave no evidence hash."""
_SHOWN = ("verdict", "decided", "reason", "note")
_OTHER_ID = re.compile(r"[0-9a-f]{20}")


@dataclass(frozen=True, slots=True)
class Conflict:
    """Decisions that cannot all be right: in words, the findings, and the numbers of the decisions in the ledger."""

    what: str
    finding_ids: tuple[str, ...]
    decisions: tuple[int, ...]


def freeze(events: Iterable[Event], findings: pa.Table) -> list[Event]:
    """Fill in the evidence hash where a file gave none, with the one of the finding as it stands, and say so in ``source``.

    A finding that is not there leaves the hash empty: should it come back, the decision is stale, because nobody knows what was seen.
    """
    standing = dict(zip(findings["finding_id"].to_pylist(), findings["evidence_hash"].to_pylist(), strict=True))
    return [e if e.evidence_hash else replace(e, evidence_hash=standing.get(e.finding_id) or "", source=e.source + AT_IMPORT) for e in events]


def newest(decisions: Iterable[Decision]) -> dict[str, Decision]:
    """finding_id -> the decision that counts."""
    return {decision.finding_id: decision for decision in living(decisions)}


def living(decisions: Iterable[Decision]) -> list[Decision]:
    """The decisions that were not taken back, by time and place in the ledger; an ``undo`` takes back the one before it about the same finding."""
    stacks: dict[str, list[Decision]] = defaultdict(list)
    for decision in sorted(decisions, key=_moment):
        stack = stacks[decision.finding_id]
        if decision.verdict != UNDO:
            stack.append(decision)
        elif stack:
            stack.pop()
    return sorted((decision for stack in stacks.values() for decision in stack), key=_moment)


def _moment(decision: Decision) -> tuple[str, int]:
    return decision.decided, decision.n


def fold(findings: pa.Table, decisions: Iterable[Decision]) -> pa.Table:
    """``findings`` (FINDING_SCHEMA, order kept) plus ``verdict, decided, reason, note`` (text, empty when undecided) and ``stale`` (bool)."""
    counting = sorted(newest(decisions).values(), key=lambda d: d.finding_id)
    ids = pa.array([d.finding_id for d in counting], pa.string())
    at = pc.index_in(findings["finding_id"], value_set=ids)
    for name in _SHOWN:
        column = pa.array([getattr(d, name) for d in counting], pa.string()).take(at.combine_chunks())
        findings = findings.append_column(name, pc.fill_null(column, ""))
    seen = pa.array([d.evidence_hash for d in counting], pa.string()).take(at.combine_chunks())
    differs = pc.not_equal(seen, findings["evidence_hash"].combine_chunks())
    return findings.append_column(pa.field("stale", pa.bool_()), pc.fill_null(differs, False))


def orphans(findings: pa.Table, decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """Decisions that count but whose finding is no longer there, by finding id. They stay in the ledger and are reported, never dropped."""
    standing = set(findings["finding_id"].to_pylist())
    return tuple(d for key, d in sorted(newest(decisions).items()) if key not in standing)


def conflicts(findings: pa.Table, decisions: Sequence[Decision]) -> tuple[Conflict, ...]:
    """What people decided against each other: one finding confirmed by one role and rejected by another on the same evidence; the same company
    confirmed here and denied there; findings that are each other's duplicate."""
    return (*_two_minds(decisions), *_two_companies(findings, decisions), *_circles(decisions))


def _two_minds(decisions: Sequence[Decision]) -> list[Conflict]:
    """Confirm beside reject about one finding on the same evidence, each the newest of its role."""
    latest: dict[tuple[str, str, str], Decision] = {}
    for d in living(decisions):
        latest[d.finding_id, d.evidence_hash, d.decider] = d
    grouped: dict[tuple[str, str], list[Decision]] = defaultdict(list)
    for (finding, evidence, _), d in latest.items():
        grouped[finding, evidence].append(d)
    found = []
    for (finding, _), group in sorted(grouped.items()):
        if {"confirm", "reject"} <= {d.verdict for d in group}:
            words = "; ".join(f"{d.decider} says {d.verdict} ({d.reason}, {d.decided})" for d in sorted(group, key=lambda d: d.n))
            found.append(Conflict(f"one finding, two minds: {words}", (finding,), tuple(sorted(d.n for d in group))))
    return found


def _two_companies(findings: pa.Table, decisions: Sequence[Decision]) -> list[Conflict]:
    """A is B in one finding (same-company) and A is not B in another (different-company)."""
    names = _names(findings)
    said: dict[tuple[str, str], dict[str, list[Decision]]] = defaultdict(lambda: defaultdict(list))
    for finding, d in sorted(newest(decisions).items()):
        if d.reason in ("same-company", "different-company") and names.get(finding, ("", ""))[0]:
            said[names[finding]][d.reason].append(d)
    found = []
    for (supplier, maker), by_reason in sorted(said.items()):
        if len(by_reason) == 2:
            group = sorted((d for ds in by_reason.values() for d in ds), key=lambda d: d.n)
            what = f"the supplier {supplier!r} is called the same company as {maker} in one finding and a different one in another"
            found.append(Conflict(what, tuple(sorted(d.finding_id for d in group)), tuple(d.n for d in group)))
    return found


def _names(findings: pa.Table) -> dict[str, tuple[str, str]]:
    columns = (findings[c].to_pylist() for c in ("finding_id", "supplier", "maker_id"))
    return {f: (" ".join((s or "").casefold().split()), m or "") for f, s, m in zip(*columns, strict=True)}


def _circles(decisions: Sequence[Decision]) -> list[Conflict]:
    """Duplicates that lead back to themselves, so that no finding of the circle is left standing."""
    counting = {f: d for f, d in newest(decisions).items() if d.verdict == "duplicate"}
    next_of = {f: _other(d) for f, d in counting.items()}
    found, done = [], set[str]()
    for start in sorted(next_of):
        path: list[str] = []
        at = start
        while at in next_of and at not in done and at not in path:
            path.append(at)
            at = next_of[at]
        if at in path:
            circle = sorted(path[path.index(at) :])
            found.append(Conflict("these findings are called duplicates of each other", tuple(circle), _numbers(circle, counting)))
        done.update(path)
    return found


def _numbers(finding_ids: Iterable[str], counting: Mapping[str, Decision]) -> tuple[int, ...]:
    return tuple(sorted(counting[f].n for f in finding_ids))


def _other(decision: Decision) -> str:
    named = [i for i in _OTHER_ID.findall(f"{decision.reason} {decision.note}") if i != decision.finding_id]
    return named[0] if named else ""
