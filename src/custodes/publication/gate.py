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
    files = _public_files(edition.coverage, passed)
    records = _named_only({kind: _public_rows(kind, table) for kind, table in edition.records.items()}, passed)
    by_hash = {row["path"]: _file_name(row) for row, told in zip(edition.coverage, files, strict=True) if not told["path"]}
    records = {kind: _by_hash(table, by_hash) for kind, table in records.items()}
    shown, told_of = _shown(passed), set(passed["body"].to_pylist())
    silent = len(edition.records.get("STATEMENT", ())) - len(records.get("STATEMENT", ()))
    told = {"persons": frozenset(), "held_back": len(held), "held_reasons": dict(sorted(reasons.items())), "held_statements": silent}
    facts = {**edition.facts, **told, "licences": _licences(edition), "duplicates": {}}
    return replace(
        edition,
        kind="public",
        findings=_without(_without(passed, "context"), "reason"),
        records=records,
        bodies=tuple(_body(row, shown) for row in edition.bodies if _known(row, told_of)),
        coverage=files,
        money=sums(passed, edition.facts.get("duplicates", {})),
        plan={},
        facts=facts,
        events=None,  # a thread names companies that had no notice
        pictures={},
        exchange=_public_exchange(edition, passed),
        timetable=edition.timetable if edition.timetable.get("preview") is False else {},  # only the form that was made to leave (timetable/public.py)
    )


def _without(passed: pa.Table, column: str) -> pa.Table:
    """Findings without what no company had notice of: what is known beside a finding (it names further companies), a reviewer's reason in free words."""
    at = passed.column_names.index(column)
    empty: Any = [] if pa.types.is_list(passed.schema.field(at).type) else ""
    return passed.set_column(at, passed.schema.field(at), pa.array([empty] * len(passed), passed.schema.field(at).type))


def _named_only(records: Mapping[str, pa.Table], passed: pa.Table) -> dict[str, pa.Table]:
    """Parties that an authority listed or a published finding names, and links on the path of a published finding. Who is only watched, or only linked,
    had no notice."""
    found = dict(records)
    shown = {(maker, step) for maker, path in zip(passed["maker_id"].to_pylist(), passed["link_path"].to_pylist(), strict=True) for step in ("", *path)}
    if "PARTY" in found:
        listings = found.get("LISTING")
        known = {*([] if listings is None else [*listings["maker_id"].to_pylist(), *listings["party_id"].to_pylist()]), *passed["maker_id"].to_pylist()} - {"", None}
        rows = zip(found["PARTY"]["maker_id"].to_pylist(), found["PARTY"]["party_id"].to_pylist(), strict=True)
        found["PARTY"] = found["PARTY"].filter(pa.array([bool({maker, party} & known) for maker, party in rows], pa.bool_()))
    if "LINK" in found:
        ends = zip(found["LINK"]["object"].to_pylist(), found["LINK"]["subject"].to_pylist(), strict=True)
        kept = [any(maker == end and subject and subject.casefold() in step.casefold() for maker, step in shown) for end, subject in ends]
        found["LINK"] = found["LINK"].filter(pa.array(kept, pa.bool_()))
    return found


def _public_files(coverage: Sequence[Mapping[str, Any]], passed: pa.Table) -> tuple[Row, ...]:
    """Files by their hash and numbers. A path, a column, an error or a remark may name what is not confirmed: a path shows where a published finding
    rests on the file, the others stay in the house."""
    rests = set(passed["origin_sha256"].to_pylist())
    return tuple(
        {
            **row, "found": None, "path": row["path"] if row.get("sha256") in rests else "", "columns": [], "notes": [],
            "error": "it could not be read to its end" if row.get("error") else "", "same_as": _file_name(row) if row.get("same_as") else "",
        }
        for row in coverage
    )  # fmt: skip


def _file_name(row: Mapping[str, Any]) -> str:
    """A file whose path stays in the house."""
    return f"file {str(row.get('sha256', ''))[:16]}"


def _by_hash(table: pa.Table, names: Mapping[str, str]) -> pa.Table:
    """Rows of a record kind with the files in ``names`` under the name given there: what a page says of a file, it says nowhere else in other words."""
    if "origin_file" not in table.column_names:
        return table
    at = table.column_names.index("origin_file")
    return table.set_column(at, table.schema.field(at), pa.array([names.get(path, path) for path in table["origin_file"].to_pylist()], pa.string()))


def _licences(edition: Edition) -> list[dict[str, str]]:
    """Licences without the paths of the files they cover."""
    return [row if row["name"].startswith("fact tables") else {"name": "input files", "licence": row["licence"], "note": ""} for row in edition.facts.get("licences", ())]


def _public_exchange(edition: Edition, passed: pa.Table) -> dict[str, Any]:
    """Notices and replies of what is published; of the corrections log what speaks of findings that are, or were, published."""
    exchange, ids = edition.exchange, set(passed["finding_id"].to_pylist())
    once = ids | {event["id"] for event in edition.facts.get("history", ()) if event["event"] != "edition"}
    standing = {finding: rows for finding, rows in exchange.get("standing", {}).items() if finding in ids}
    letters = [{**letter, "finding_ids": [key for key in letter["finding_ids"] if key in ids]} for letter in exchange.get("letters", ())]
    corrections = [{**row, "finding_ids": [key for key in row["finding_ids"] if key in once]} for row in exchange.get("corrections", ()) if set(row["finding_ids"]) & once]
    return {**exchange, "standing": standing, "letters": [letter for letter in letters if letter["finding_ids"]], "corrections": corrections}


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


def _known(row: Mapping[str, Any], told_of: set[str]) -> bool:
    """Is a body in the edition for another reason than a lead: its records were read, it was asked, a fact table lists it, or a published finding is about it?"""
    return bool(row.get("rows") or row.get("answers") or row.get("code") or row.get("body_kind") or row["body"] in told_of)


_UNNAMED: dict[str, Any] = {"about": "", "words": "", "makers": [], "url": "", "origin_file": "", "devices": None, "sites": None}
"""An answer may name a company, which then had no notice, and so may the address of the request: the public edition shows its state and dates only."""


def _body(row: Mapping[str, Any], shown: Mapping[str, set[str]]) -> Row:
    """A body's row without anything that leads or held findings put there. ``shown``: body -> records of published findings of presence."""
    keys = shown.get(str(row["body"]), set())
    kept = {k: v for k, v in row.items() if k not in ("named_lead", "named_leads", "other_equipment_leads", "questions")}
    if row.get("basis") == "finding" and not keys:
        kept |= {"state": row.get("state_without_findings", "not looked at"), "basis": "", "note": ""}
    answers = [answer if answer["record_key"] in keys else {**answer, **_UNNAMED} for answer in row.get("answers", ())]
    return kept | {"makers": [], "answers": answers}
