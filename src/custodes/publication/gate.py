"""What may leave the house: the gate of the public edition, and the edition that remains behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa

from custodes.publication.money import sums
from custodes.publication.rows import Row, conform, stream
from custodes.values.edition import Edition

NO_NOTICE = "no notice to the company named is on record, so it had no chance to reply"


OFFICIAL = ("listing", "policy", "not adopted")
"""Kinds of statements that pass: acts of parliaments and authorities. A claim, a report of use or a reply names companies that had no notice here,
and a report of use would show a lead whose finding is held back."""


def gate(edition: Edition) -> tuple[pa.Table, tuple[Row, ...]]:
    """The findings that may be published, and those held back (``finding_id``, ``kind``, ``reasons``: list of texts), sorted by id.

    A finding passes when a person confirmed it, its evidence has not changed since, every link on its path may be published, its grade is
    better than lead-only, and no company is named in it. A company that is named must have had notice and a chance to reply; this edition
    holds no record of notices yet, so every finding that names a company is held back.
    """
    table = conform(edition.findings)
    passed: list[bool] = []
    held: list[Row] = []
    for row in stream(table):
        reasons = held_reasons(row)
        passed.append(not reasons)
        if reasons:
            held.append({"finding_id": row["finding_id"], "kind": row["kind"], "reasons": list(reasons)})
    return table.filter(pa.array(passed, pa.bool_())), tuple(held)


def held_reasons(row: Row) -> tuple[str, ...]:
    """Why a finding row may not be published; empty when it may."""
    checks = (
        (row["verdict"] != "confirm", "not confirmed by a person"),
        (bool(row["stale"]), "its evidence changed after it was decided"),
        (row["publish"] != "yes", "a link on its path may not be published"),
        (row["grade"] in ("", "lead-only"), "its evidence is only good for a look"),
        (bool(row["maker_id"] or row["party"] or row["supplier"]), NO_NOTICE),
    )
    return tuple(words for failed, words in checks if failed)


def public_edition(edition: Edition) -> Edition:
    """The edition behind the gate: nothing unconfirmed, lead-only or held back shows, not even through a count, a sum or a state."""
    passed, held = gate(edition)
    reasons = Counter(reason for row in held for reason in row["reasons"])
    records = {kind: _public_rows(kind, table) for kind, table in edition.records.items()}
    silent = len(edition.records.get("STATEMENT", ())) - len(records.get("STATEMENT", ()))
    facts = {**edition.facts, "held_back": len(held), "held_reasons": dict(sorted(reasons.items())), "held_statements": silent}
    return replace(
        edition,
        kind="public",
        findings=passed,
        records=records,
        bodies=tuple(_body(row) for row in edition.bodies),
        coverage=tuple({**row, "found": None} for row in edition.coverage),
        money=sums(passed, edition.facts.get("duplicates", {})),
        plan={},
        facts=facts,
        events=None,  # a thread names companies that had no notice
        pictures={},
    )


def _public_rows(kind: str, table: pa.Table) -> pa.Table:
    if kind in ("PURCHASE", "DEVICE", "SITE", "ANSWER"):
        return table.slice(0, 0)
    if "publish" not in table.column_names:
        return table
    if kind == "STATEMENT":
        table = table.filter(pa.array([value in OFFICIAL for value in table["statement_kind"].to_pylist()], pa.bool_()))
    return table.filter(pa.array([value == "yes" for value in table["publish"].to_pylist()], pa.bool_()))


_UNNAMED = {"about": "", "words": "", "makers": []}
"""An answer may name a company, which then had no notice: the public edition shows its state and dates only."""


def _body(row: Mapping[str, Any]) -> Row:
    """A body's row without anything that leads or held findings put there."""
    kept = {k: v for k, v in row.items() if k not in ("named_lead", "named_leads", "other_equipment_leads", "questions")}
    if row.get("basis") == "finding":
        kept |= {"state": row.get("state_without_findings", "not looked at"), "basis": "", "note": ""}
    return kept | {"makers": [], "answers": [{**answer, **_UNNAMED} for answer in row.get("answers", ())]}
