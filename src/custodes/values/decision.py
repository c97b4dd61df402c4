"""What a person decided about a finding."""

from __future__ import annotations

from dataclasses import dataclass

VERDICTS = ("confirm", "reject", "unsure", "duplicate")
UNDO = "undo"
"""Takes back the decision before it, which stays in the ledger: what stood before stands again."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One ledger event. ``decider`` is a role, never a natural person's name; ``evidence_hash`` is what stood on the screen.

    ``prev`` and ``hash`` chain the events: ``hash`` covers every other field including ``prev``.
    """

    n: int
    finding_id: str
    verdict: str
    reason: str
    note: str
    decider: str
    decided: str
    evidence_hash: str
    source: str
    prev: str
    hash: str
