"""People decide: decisions files in, a chained ledger kept, findings laid beside what was decided."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from custodes.review import exchange, ledger
from custodes.review.decisions import Event, Reading, read_decisions, read_file, sniff
from custodes.review.fold import Conflict, conflicts, fold, freeze, newest, orphans
from custodes.review.ledger import append, load
from custodes.review.words import REASONS
from custodes.values import Break

LEDGER = "ledger.jsonl"
"""The ledger's file in the review folder of a case."""

__all__ = [
    "LEDGER", "REASONS", "Conflict", "Event", "Reading",
    "append", "conflicts", "fold", "freeze", "ledger", "load", "newest", "orphans", "read_decisions", "read_file", "sniff", "verify",
]  # fmt: skip


def verify(folder: Path) -> Iterator[Break]:
    """The first broken link of the ledger, and of the exchange log, in ``folder`` (the case's ``review/``)."""
    yield from ledger.verify(folder / LEDGER)
    yield from exchange.verify(folder / exchange.EXCHANGE)
