"""The data files: the same rows as the pages, as CSV and JSON lines. One place says which columns there are and what they mean.

CSV (RFC 4180, UTF-8, LF): lists and objects are JSON, dates ISO dates or intervals, an empty cell means unknown. A text cell that a
spreadsheet would run as a formula (it begins with = + - @ tab or return) gets an apostrophe in front; numbers stay numbers. JSON lines hold
every text unchanged.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from custodes.publication import wording
from custodes.publication.figure import Figure
from custodes.publication.questions import by_body, letters
from custodes.publication.rows import FINDINGS, Row, layer, stream
from custodes.publication.view import View
from custodes.values import SCHEMAS


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, its Frictionless type (string, number, integer, boolean, array, object) and what it means."""

    name: str
    type: str
    words: str


@dataclass(frozen=True)
class Table:
    """A data file: ``name``.csv (and .jsonl). ``rows`` opens the rows anew each time."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: Callable[[], Iterator[Row]]


_WORDS = {
    "edition": "draft or public; draft rows are leads until a person confirms them", "layer": "named, weak, other, question or rejected",
    "finding_id": "the same on every run: what the finding is about", "kind": "kind of finding or record", "record_kind": "kind of the record the finding is about",
    "record_key": "the publisher's own id, or the normalised cells", "body": "the public body whose record it is", "maker_id": "short id of the maker",
    "maker": "name of the maker", "party": "the party of a list that matched", "link_path": "steps from the matched words to the maker",
    "score": "strength of the match, 0 to 1", "band": "strong, possible or weak", "reasons": "rule, our value, the record's value, plain words",
    "against": "what speaks against it", "context": "known beside it, proves nothing", "equipment": "surveillance, other or unknown",
    "grounds": "grounds of the maker's listings", "listed_on_date": "was the maker listed on the record's date: yes, no, unknown",
    "listed_basis": "which date of the listing met which date of the record", "listings": "the listings used", "grade": "weakest evidence grade on the path",
    "publish": "weakest permission on the path", "evidence_hash": "hash of what a decision rests on", "supplier": "who was paid, as the record writes it",
    "description": "what was bought, as the record writes it", "codes": "classification codes", "amount": "exact amount; negative is a refund",
    "currency": "ISO 4217 code", "amount_kind": "payment, award, framework ceiling, tender", "tax": "net or gross", "date": "ISO date or interval",
    "date_kind": "which date of the record it is", "ocid": "Open Contracting id", "transaction": "the publisher's transaction number",
    "origin_sha256": "SHA-256 of the stored file", "origin_file": "path of the file", "origin_at": "place in the file", "verdict": "a person's decision; empty when undecided",
    "decided": "when it was decided", "reason": "why, as the person gave it", "note": "a remark", "stale": "the evidence changed after the decision",
    "question_id": "the finding behind the question", "letter": "number of the letter that asks", "send_from": "first day on which the letter may go out",
    "due": "last day for the answer", "addressee": "who answers for the body today: itself or its successor", "law": "information law the letter cites",
    "company": "a company that the finding names", "roles": "as what it is named: maker, supplier, partner, affiliate, landlord",
    "clear": "its turn is over: deadline passed, replied or waived", "notice_id": "number of the notice", "sent": "when notice was sent",
    "deadline": "last day to answer", "waiver": "why it was not asked", "reply_date": "when it replied", "words": "words, unchanged",
    "earlier": "the reply is about an earlier state of the finding", "was": "what it said", "now": "what it says now", "by": "a role",
    "state": "the state, in words", "citation": "source of the row", "url": "address",
}  # fmt: skip


def columns_of(schema: pa.Schema, *first: Column) -> tuple[Column, ...]:
    """Columns of an Arrow schema, after ``first``."""
    return (*first, *(Column(f.name, _type(f.type), _WORDS.get(f.name, f.name.replace("_", " "))) for f in schema))


def _type(dtype: pa.DataType) -> str:
    for is_type, name in (
        (pa.types.is_list, "array"),
        (pa.types.is_boolean, "boolean"),
        (pa.types.is_integer, "integer"),
        (pa.types.is_struct, "object"),
    ):
        if is_type(dtype):
            return name
    return "number" if pa.types.is_decimal(dtype) or pa.types.is_floating(dtype) else "string"


_EDITION = Column("edition", "string", _WORDS["edition"])


def _columns(text: str) -> tuple[Column, ...]:
    """Columns from ``name:type name ...`` (no type: string), the edition first."""
    pairs = (part.partition(":") for part in text.split())
    return (_EDITION, *(Column(name, kind or "string", _WORDS.get(name, name.replace("_", " "))) for name, _, kind in pairs))


_QUESTIONS = "question_id body addressee letter law request_address send_from sent due supplier date date_kind amount:number currency amount_kind tax transaction ocid description codes:array band reasons:array verdict origin_file origin_at origin_sha256"
_BODIES = (
    "body code body_kind names:array valid_from valid_to predecessor successor information_law request_address state basis note named_lead:boolean named_leads:integer "
    "other_equipment_leads:integer questions:integer rows:integer undated_rows:integer period months_read:integer months_expected:integer missing_months:array months:object makers:array answers:array"
)
_COVERAGE = (
    "path sha256 size:integer reader bodies:array read:integer usable:integer left_out_in_read:integer left_out_outside:integer left_out:array rejected:integer found:integer adds_up:boolean "
    "rows_without_body:integer kinds:object columns:array error notes:array same_as"
)
_MONEY = (
    "id label layer amount_kind currency tax total:number total_with_repeats:number paid:number refunds:number refund_count:integer count:integer "
    "proven_repeats:integer unproven_repeats:integer rule exclusions:array"
)
_CLAIMS = (
    "thread firm name kind date date_precision speaker about:array url title capabilities:array stance quote prefix suffix start:integer end:integer score:number words "
    "link grade capture extractor path offset:integer end_path end_offset:integer byte_start:integer byte_end:integer literal:boolean rectangles:array form "
    "status record_kind record_key origin_file origin_at origin_sha256"
)
_FIGURES = "id title numerator:number denominator:integer of definition unit exclusions:array row_count:integer"
_REPLIES = "finding_id company roles:array state clear:boolean notice_id sent deadline waiver reply_date words earlier:boolean"
_CORRECTIONS = "date finding_ids:array company was now reason by"
_PUBLIC_LESS = ("named_lead", "named_leads", "other_equipment_leads", "questions", "found")


def tables(view: View, figures: tuple[Figure, ...]) -> tuple[Table, ...]:
    """Every data file of an edition, each row marked with the edition's kind."""
    findings = columns_of(FINDINGS, _EDITION, Column("layer", "string", _WORDS["layer"]), Column("maker", "string", _WORDS["maker"]))
    made = [
        Table("findings", "Findings of every kind", findings, lambda: _findings(view)),
        Table("questions", "Surveillance purchases whose record does not name the maker", _columns(_QUESTIONS), lambda: _questions(view)),
        Table("bodies", "Bodies and their states", _columns(_BODIES), lambda: iter(view.bodies)),
        Table("coverage", "Input files and what became of their rows", _columns(_COVERAGE), lambda: iter(view.coverage)),
        Table("money", "Sums, each with its rule", _columns(_MONEY), lambda: iter(view.money)),
        Table("figures", "Every published number", _columns(_FIGURES), lambda: (_figure(f) for f in figures)),
        Table("figure_rows", "The rows behind every published number", _columns("figure unit row"), lambda: _figure_rows(figures)),
        Table(
            "plan",
            "Sites of the plan",
            _columns("site_id body address area maker_id devices:integer unknown_make:integer unit_cost:number currency deadline month cost:number"),
            lambda: _plan(view),
        ),
        Table("replies", "How each company named stands to a finding, and what it replied", _columns(_REPLIES), lambda: _replies(view)),
        Table("corrections", "Corrections of what was published", _columns(_CORRECTIONS), lambda: iter(view.corrections)),
    ]
    for kind, name, title in (
        ("LISTING", "listings", "Listings: one row per period on a list"),
        ("STATEMENT", "statements", "Claims, denials, replies and other statements"),
        ("ANSWER", "answers", "Answers of bodies and firms"),
        ("LINK", "links", "Links between makers, brands and companies"),
    ):
        made.append(Table(name, title, columns_of(SCHEMAS[kind], _EDITION), lambda kind=kind: _records(view, kind)))  # type: ignore[misc]
    if view.claims:
        made.append(Table("claims", "Claims of pages and what became of them, one row per event", _columns(_CLAIMS), lambda: _claims(view)))
    return tuple(made if view.draft else [_public(table) for table in made])


def _public(table: Table) -> Table:
    return Table(table.name, table.title, tuple(c for c in table.columns if c.name not in _PUBLIC_LESS), table.rows)


def _findings(view: View) -> Iterator[Row]:
    return ({**row, "layer": layer(row), "maker": view.makers.get(row["maker_id"], "")} for row in stream(view.findings))


def _questions(view: View) -> Iterator[Row]:
    for body, rows in by_body(view.parts["question"]):
        known, _ = letters(view.letters.get(body, ()), rows)
        of = {row["finding_id"]: letter.told for letter in known for row in letter.rows}
        yield from ({**row, "question_id": row["finding_id"], **_asked(of.get(row["finding_id"], {}))} for row in rows)


def _asked(letter: Row) -> Row:
    """What a question's row says of its letter."""
    names = {"letter": "letter_id", "addressee": "to", "law": "law_id", "request_address": "address", "send_from": "send_from", "sent": "sent", "due": "due"}
    return {name: letter.get(key, "") for name, key in names.items()} | ({"law": "not known"} if letter.get("law_id", "") in ("", "unknown") else {})


def _figure(figure: Figure) -> Row:
    return {name: getattr(figure, name) for name in ("id", "title", "numerator", "denominator", "of", "definition", "unit", "exclusions")} | {
        "row_count": len(figure.rows)
    }


def _figure_rows(figures: tuple[Figure, ...]) -> Iterator[Row]:
    return ({"figure": f.id, "unit": f.unit, "row": row} for f in figures for row in f.rows)


def _plan(view: View) -> Iterator[Row]:
    removals = {r["site_id"]: r for r in view.plan["removals"]}
    return ({**site, **{k: v for k, v in removals.get(site["site_id"], {}).items() if k in ("month", "cost")}} for site in view.plan["sites"])


def _claims(view: View) -> Iterator[Row]:
    return ({**row, "name": thread["name"], "firm": thread["firm"]} for thread in view.claims for row in thread["timeline"])


def _replies(view: View) -> Iterator[Row]:
    """A row per reply, and one per company that has not replied."""
    for finding, companies in view.standing.items():
        for company in companies:
            said: list[Row] = [{"reply_date": reply["date"], "words": reply["words"], "earlier": reply["earlier"]} for reply in company["replies"]]
            yield from ({**company, "finding_id": finding, **reply} for reply in said or [{}])


def _records(view: View, kind: str) -> Iterator[Row]:
    return (row for row in stream(view.records[kind].sort_by("record_key")) if row.get("publish") != "no")


def write_csv(table: Table, edition: str, path: Path) -> int:
    """Write ``table`` as CSV; return the number of rows."""
    n = 0
    with path.open("w", encoding="utf-8", errors="replace", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([c.name for c in table.columns])
        for n, row in enumerate(table.rows(), 1):  # noqa: B007 - n is the number of rows in the end
            writer.writerow([cell(edition if c.name == "edition" else row.get(c.name), c.type) for c in table.columns])
    return n


def cell(value: Any, kind: str) -> str:
    """A value as a CSV cell of a Frictionless type, guarded against formulas when it is text."""
    if value is None or value == "":
        return ""
    if kind in ("array", "object"):
        return json.dumps(value, ensure_ascii=False, default=str)
    if kind == "boolean":
        return "true" if value else "false"
    if kind in ("number", "integer"):
        return number(value)
    text = str(value)
    return f"'{text}" if text[0] in "=+-@\t\r" else text


def number(value: Any) -> str:
    """A number without exponent and without trailing zeros behind the point: ``3627.5``."""
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return repr(value) if isinstance(value, float) else str(value)


_JSON = msgspec.json.Encoder(decimal_format="number")


def write_jsonl(table: Table, edition: str, path: Path) -> int:
    """Write ``table`` as JSON lines, exact decimals as numbers; unknown is null or empty. Return the number of rows."""
    n = 0
    with path.open("wb") as out:
        for n, row in enumerate(table.rows(), 1):  # noqa: B007 - n is the number of rows in the end
            out.write(_JSON.encode({c.name: edition if c.name == "edition" else _whole(row.get(c.name)) for c in table.columns}) + b"\n")
    return n


def _whole(value: Any) -> Any:
    """Texts that UTF-8 can carry (a file name may hold stray bytes); everything else unchanged."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {_whole(k): _whole(v) for k, v in value.items()}
    return [_whole(v) for v in value] if isinstance(value, (list, tuple)) else value


def about(view: View) -> Iterable[tuple[str, str]]:
    """What stands beside every data file: (name, words)."""
    yield "title", view.title
    yield "edition", view.kind
    if view.draft:
        yield "note", f"DRAFT. {wording.LEAD}"
    if view.facts["invented"]:
        yield "invented", "All bodies, firms and records in this edition are invented."
    yield "as of", view.now
    yield "made by", f"custodes {view.facts['version']}".strip()
    yield "watchlist", str(view.facts["watchlist_version"])
    yield "cells", "Lists and objects are JSON. Dates are ISO dates or ISO intervals. An empty cell means unknown."
    for entry in view.facts["licences"]:
        yield "licence", f"{entry['name']}: {entry['licence']}. {entry.get('note', '')}".strip()
