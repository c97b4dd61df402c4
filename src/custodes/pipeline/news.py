"""What the desk knows and the case's own files do not say yet: laid beside what they say, nothing twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from custodes.review.chain import canonical
from custodes.review.exchange import Act
from custodes.values import SCHEMAS, batch_of
from custodes.values.decision import Decision

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class News:
    """``decisions``: rows of a decisions file; ``acts``: events of the exchange as an exchange file states them; ``answers``: ANSWER rows.

    The next run reads all of them from the inbox; until then they count here.
    """

    decisions: Sequence[Row] = ()
    acts: Sequence[Row] = ()
    answers: Sequence[Row] = ()

    def with_decisions(self, known: Sequence[Decision]) -> tuple[Decision, ...]:
        """The ledger's decisions and those that are not in it yet, numbered on."""
        names = ("finding_id", "verdict", "reason", "note", "decider", "decided", "evidence_hash")
        held = {tuple(getattr(d, name) for name in names) for d in known}
        fresh = [row for row in self.decisions if tuple(row[name] for name in names) not in held]
        last = known[-1].n if known else 0
        added = [Decision(n=last + n, source="desk", prev="", hash="", **{name: row[name] for name in names}) for n, row in enumerate(fresh, 1)]
        return (*known, *added)

    def with_acts(self, known: Sequence[Act]) -> tuple[Act, ...]:
        """The log's events and those that are not in it yet, numbered on."""
        held = {_content(act) for act in known}
        last = known[-1].n if known else 0
        made = [_act(row) for row in self.acts]
        fresh = [act for act in made if _content(act) not in held]
        return (*known, *(Act(act.kind, act.date, act.by, act.body, "desk", last + n) for n, act in enumerate(fresh, 1)))

    def with_answers(self, known: pa.Table) -> pa.Table:
        """The ANSWER rows and those that are not among them yet."""
        if not self.answers:
            return known
        names = ("body", "answered", "state", "reference", "words")
        held = {tuple(row[name] or "" for name in names) for row in known.select(list(names)).to_pylist()}
        fresh = [{"record_key": "", **row} for row in self.answers if tuple(row.get(name) or "" for name in names) not in held]
        return pa.concat_tables([known, pa.Table.from_batches([batch_of("ANSWER", fresh)]).cast(SCHEMAS["ANSWER"])])


def _act(row: Row) -> Act:
    return Act(row["event"], row["date"], row["by"], {k: v for k, v in row.items() if k not in ("event", "date", "by", "token")})


def _content(act: Act) -> bytes:
    return canonical({"kind": act.kind, "date": act.date, "by": act.by, "body": dict(act.body)})
