"""What the desk's events say about one finding. Pure: events in, standing out.

The newest decision that was not undone counts. Where two persons are needed, a ``confirm`` waits until another person has confirmed it on the same
evidence. A decision goes stale when the evidence it saw is not the evidence that stands. Nothing is forgotten: an undo is an event of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Body = Mapping[str, Any]

OPEN = ("new", "waiting", "stale")
"""States that wait for a person."""
STATES = (*OPEN, "confirm", "reject", "unsure", "duplicate", "gone")
"""States of a finding on the desk; ``gone``: it is no longer among the findings, its decisions stay."""

SHOWS = ("open", *STATES, "decided", "conflict", "mine", "all")
"""What a queue can show: everything open, one state, what is decided, where people disagree, what is assigned to me, or all."""


@dataclass(frozen=True, slots=True)
class Said:
    """One decision of a person: its number in the ledger, who (a role and a number), what, on which evidence; ``pair``: two persons were needed then."""

    n: int
    actor: str
    verdict: str
    evidence_hash: str
    pair: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """``state`` is one of STATES; ``verdict`` what counts (empty while open for the first time or waiting); ``n`` the decision that decides the state
    (0: none); ``waiting`` the verdict that waits for a second person; ``conflict``: one says confirm, another reject, on the same evidence."""

    state: str
    verdict: str = ""
    n: int = 0
    waiting: str = ""
    conflict: bool = False


def living(events: Iterable[Body]) -> tuple[Said, ...]:
    """The decisions of a finding's events (``n, kind, actor, at, body``; in the order of the ledger) that were not undone, by the time they were made."""
    found: dict[int, Said] = {}
    times: dict[int, str] = {}
    for event in events:
        body = event["body"]
        if event["kind"] == "decision":
            found[event["n"]] = Said(event["n"], event["actor"], body["verdict"], body["evidence_hash"], bool(body.get("two_person")))
            times[event["n"]] = event["at"]
        elif event["kind"] == "undo":
            found.pop(body["undoes"], None)
    return tuple(sorted(found.values(), key=lambda each: (times[each.n], each.n)))  # a file may bring an old decision late


def standing(said: Sequence[Said], evidence_hash: str) -> Standing:
    """How a finding stands whose evidence is now ``evidence_hash``."""
    if not said:
        return Standing("new")
    newest = said[-1]
    conflict = _conflict(said, evidence_hash)
    if not counts(said):
        state = "waiting" if newest.evidence_hash == evidence_hash else "stale"
        return Standing(state, "", newest.n, newest.verdict, conflict)
    state = newest.verdict if newest.evidence_hash == evidence_hash else "stale"
    return Standing(state, newest.verdict, newest.n, "", conflict)


def counts(said: Sequence[Said]) -> bool:
    """Does the newest decision count? A confirmation that needs two persons counts when the newest decision of another says the same on the same evidence."""
    newest = said[-1]
    if newest.verdict != "confirm" or not newest.pair:
        return True
    return bool(seconds(said))


def seconds(said: Sequence[Said]) -> tuple[Said, ...]:
    """The decisions of other persons that agree with the newest one on the same evidence, each the newest of its person."""
    newest, latest = said[-1], {each.actor: each for each in said}
    return tuple(
        each for each in latest.values() if each.actor != newest.actor and (each.verdict, each.evidence_hash) == (newest.verdict, newest.evidence_hash)
    )


def _conflict(said: Sequence[Said], evidence_hash: str) -> bool:
    latest = {each.actor: each for each in said}
    return {"confirm", "reject"} <= {each.verdict for each in latest.values() if each.evidence_hash == evidence_hash}
