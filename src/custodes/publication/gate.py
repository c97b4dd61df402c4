"""What may leave the house: the gate of the public edition, and the edition that remains behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from custodes.publication.bodies import shows_presence
from custodes.publication.money import sums
from custodes.publication.rows import Row, conform, stream
from custodes.values.edition import Edition

NO_NOTICE = "no notice to the company named is on record, so it had no chance to reply"
WAITING = "the time that a company named has to reply is not over"
CHANGED = "its evidence or wording changed after the company named had notice"
PERSON = "it may name a natural person"
RETURNED = "the notice to a company named came back undelivered"
_OPEN = {"no notice": NO_NOTICE, "waiting": WAITING, "changed since notice": CHANGED, "returned": RETURNED}
"""State of a company -> why the finding is held."""

OFFICIAL = ("listing", "policy", "not adopted")
"""Kinds of statements that pass: acts of parliaments and authorities. A claim, a report of use or a reply names companies that had no notice here,
and a report of use would show a lead whose finding is held back."""


def gate(edition: Edition) -> tuple[pa.Table, tuple[Row, ...]]:
    """The findings that may be published, and those held back (``finding_id``, ``kind``, ``reasons``: list of texts), sorted by id.

    A finding passes when a person confirmed it, its evidence has not changed since, every link on its path may be published, its grade is
    better than lead-only, it names no natural person (``edition.facts["persons"]``: ids of findings that may), and every company it names had its
    turn: notice of this evidence in this wording whose deadline has passed, a reply, or a logged waiver (``edition.exchange``).
    """
    table = conform(edition.findings)
    standing, persons = edition.exchange.get("standing", {}), edition.facts.get("persons", ())
    passed: list[bool] = []
    held: list[Row] = []
    for row in stream(table):
        reasons = (*held_reasons(row, standing.get(row["finding_id"], ())), *([PERSON] if row["finding_id"] in persons else []))
        passed.append(not reasons)
        if reasons:
            held.append({"finding_id": row["finding_id"], "kind": row["kind"], "reasons": list(reasons)})
    return table.filter(pa.array(passed, pa.bool_())), tuple(held)


def held_reasons(row: Row, companies: Sequence[Row] = ()) -> tuple[str, ...]:
    """Why a finding row may not be published; empty when it may. ``companies``: how each company named in it stands (``state, clear, roles``)."""
    checks = (
        (row["verdict"] != "confirm", "not confirmed by a person"),
        (bool(row["stale"]), "its evidence changed after it was decided"),
        (row["publish"] != "yes", "a link on its path may not be published"),
        (row["grade"] in ("", "lead-only"), "its evidence is only good for a look"),
    )
    return (*(words for failed, words in checks if failed), *_unheard(row, companies))


def _unheard(row: Row, companies: Sequence[Row]) -> tuple[str, ...]:
    """What still stands between the companies named and publication. A role that the row has and no company stands for counts as no notice."""
    roles = {role for company in companies for role in company["roles"]}
    maker, supplier = bool(row["maker_id"] or row["party"]), bool(row["supplier"])
    missing = (maker and "maker" not in roles) or (supplier and "supplier" not in roles)
    found = {_OPEN.get(company["state"], NO_NOTICE) for company in companies if not company["clear"]}
    return tuple(sorted(found | ({NO_NOTICE} if missing else set())))


def public_edition(edition: Edition) -> Edition:
    """The edition behind the gate: nothing unconfirmed, lead-only or held back shows, not even through a count, a sum or a state."""
    passed, held = gate(edition)
    reasons = Counter(reason for row in held for reason in row["reasons"])
    records = {kind: _public_rows(kind, table) for kind, table in edition.records.items()}
    shown = _shown(passed)
    silent = len(edition.records.get("STATEMENT", ())) - len(records.get("STATEMENT", ()))
    facts = {**edition.facts, "persons": frozenset(), "held_back": len(held), "held_reasons": dict(sorted(reasons.items())), "held_statements": silent}
    return replace(
        edition,
        kind="public",
        findings=_without_context(passed),
        records=records,
        bodies=tuple(_body(row, shown) for row in edition.bodies),
        coverage=tuple({**row, "found": None} for row in edition.coverage),
        money=sums(passed, edition.facts.get("duplicates", {})),
        plan={},
        facts=facts,
        events=None,  # a thread names companies that had no notice
        pictures={},
        exchange=_public_exchange(edition.exchange, passed),
    )


def _without_context(passed: pa.Table) -> pa.Table:
    """What is known beside a finding names further companies, which had no notice: it stays in the house."""
    at = passed.column_names.index("context")
    return passed.set_column(at, passed.schema.field(at), pa.array([[]] * len(passed), passed.schema.field(at).type))


def _public_exchange(exchange: Mapping[str, Any], passed: pa.Table) -> dict[str, Any]:
    """Notices and replies of what is published; the corrections log whole, because it speaks of what was published once."""
    ids = set(passed["finding_id"].to_pylist())
    standing = {finding: rows for finding, rows in exchange.get("standing", {}).items() if finding in ids}
    letters = [{**letter, "finding_ids": [key for key in letter["finding_ids"] if key in ids]} for letter in exchange.get("letters", ())]
    return {**exchange, "standing": standing, "letters": [letter for letter in letters if letter["finding_ids"]]}


def _shown(passed: pa.Table) -> dict[str, set[str]]:
    """Body -> record keys of the findings that pass and show that such equipment was there."""
    found: dict[str, set[str]] = {}
    for row in stream(passed):
        if shows_presence(row):
            found.setdefault(row["body"], set()).add(row["record_key"])
    return found


_WHOLE_KINDS = {
    "PURCHASE": "shown only as far as a published finding cites it", "DEVICE": "shown only as far as a published finding cites it",
    "SITE": "the plan stays in the house", "ANSWER": "its words may name a company: state and dates stand on the body's page",
}  # fmt: skip
"""Record kinds that no public edition shows as tables -> why."""


def held_record(kind: str, row: Row) -> str:
    """Why a record row stays in the house; empty when the public edition shows it."""
    if kind in _WHOLE_KINDS:
        return _WHOLE_KINDS[kind]
    if kind == "STATEMENT" and row["statement_kind"] not in OFFICIAL:
        return "no official act: it names companies that had no notice here"
    return "" if row.get("publish", "yes") == "yes" else f"publish is {row['publish'] or 'not said'}"


def _public_rows(kind: str, table: pa.Table) -> pa.Table:
    names = [name for name in ("statement_kind", "publish") if name in table.column_names]
    if kind in _WHOLE_KINDS or not names:
        return table.slice(0, 0) if kind in _WHOLE_KINDS else table
    return table.filter(pa.array([not held_record(kind, row) for row in stream(table.select(names))], pa.bool_()))


_UNNAMED = {"about": "", "words": "", "makers": []}
"""An answer may name a company, which then had no notice: the public edition shows its state and dates only."""


def _body(row: Mapping[str, Any], shown: Mapping[str, set[str]]) -> Row:
    """A body's row without anything that leads or held findings put there. ``shown``: body -> records of published findings of presence."""
    keys = shown.get(str(row["body"]), set())
    kept = {k: v for k, v in row.items() if k not in ("named_lead", "named_leads", "other_equipment_leads", "questions")}
    if row.get("basis") == "finding" and not keys:
        kept |= {"state": row.get("state_without_findings", "not looked at"), "basis": "", "note": ""}
    answers = [answer if answer["record_key"] in keys else {**answer, **_UNNAMED} for answer in row.get("answers", ())]
    return kept | {"makers": [], "answers": answers}
