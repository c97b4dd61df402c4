"""The timetable as data: tables for CSV and XLSX, and JSON with its schema. The same numbers as on the pages; what is kept back is an empty cell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from custodes.publication.rows import Row
from custodes.publication.tables import Column, Table
from custodes.publication.timetable_forms import FAR_COLUMNS, far_lines
from custodes.publication.view import View

SCHEMA_ID = "https://json-schema.org/draft/2020-12/schema"
_WORDS = {
    "edition": "draft or public", "site_id": "the site's id in the plan", "status": "disposed, replaced, removed, in progress, waived, planned, not started, make unknown, nothing in scope",
    "devices": "devices in scope: counted when planned, plus found since", "found": "devices found since", "unknown_make": "further devices of unknown make",
    "removed": "devices removed", "replaced": "devices replaced", "disposed": "devices disposed of", "certified": "devices disposed of with a certificate", "remaining": "devices in scope that are still there",
    "baseline_month": "month in the plan as it was frozen", "plan_month": "month in the current plan", "isolated_on": "taken off the network", "removed_on": "the last device was removed",
    "replaced_on": "the last device was replaced", "disposed_on": "the last device was disposed of", "asked_until": "an extension to this day is asked for", "granted_until": "an extension to this day was granted",
    "extensions": "extensions granted", "waived_until": "waived until", "variance": "against the frozen plan: early, on time, late, overdue, moved later, not due yet, not in the baseline",
    "variance_days": "days after the end of the frozen month", "cause": "why it is behind", "reason": "the reason as given", "cost_low": "cost to come, at the least", "cost_high": "cost to come, at the most",
    "cost_currency": "currency of the cost to come", "due": "the deadline that holds, as extended or waived", "missed_days": "days by which it was missed, by today or by the removal",
    "outside": "why the policy counts nothing here", "source": "listing, claim, court or policy", "maker_id": "maker", "since": "from this day on",
    "words": "in words", "hidden": "what of this row is kept back", "name": "body or region", "sites": "sites", "sites_done": "sites clear of devices in scope",
    "sites_isolated": "sites taken off the network", "month": "month", "baseline": "devices left in the frozen plan", "plan": "devices left in the current plan, from today on", "actual": "devices left",
    "verdict": "met, missed, unreported, withdrawn, not due yet", "why": "what the verdict rests on", "field": "field of the familiar form", "state": "given, in part, kept back, missing",
    "text": "the question", "to": "who answers", "house": "commons, lords or council", "cites": "what it rests on: statements, a list, or the finding that was confirmed", "date": "day", "event": "what happened",
}  # fmt: skip
_SITE = (
    "site_id body area region status devices:integer found:integer unknown_make:integer removed:integer replaced:integer disposed:integer certified:integer remaining:integer "
    "baseline_month plan_month deadline isolated_on removed_on replaced_on disposed_on asked_until granted_until extensions:integer waived_until variance variance_days:integer "
    "cause reason cost_low:number cost_high:number cost_currency certificates:array hidden:array due missed_days:integer outside"
)
_SUM = "name sites:integer sites_done:integer sites_isolated:integer devices:integer found:integer unknown_make:integer removed:integer replaced:integer disposed:integer certified:integer remaining:integer"
_PROMISE = "statement_id document title date speaker answers scope measure of by promised share:number number:integer approx:boolean words verdict why rests_on:array changes:array grade citation url"
_FIELD = "document date field title state why citation"
_QUESTION = "question_id house to text why document cites:array citation"
_GROUND = "maker_id source cites since words citation"
_EVENT = "site_id event date devices:integer certificate cause until reason decided_by"


def tables(view: View, t: Row) -> tuple[Table, ...]:
    """Every table of a timetable, in order of the sheets; a table without rows is left out. The line report is in drafts only."""
    made = [
        _table("sites", "Sites", _SITE, t["sites"]), _table("bodies", "Bodies", _SUM, t["by_body"]), _table("regions", "Regions", _SUM, t["by_region"]),
        _table("burn-down", "Burn-down", "month baseline:integer plan:integer actual:integer", t["burn_down"]), _table("events", "Events", _EVENT, t["events"]),
        _table("promises", "Promises", _PROMISE, t["promises"]), _table("promise-fields", "Form", _FIELD, list(_fields(t))), _table("promise-questions", "Questions", _QUESTION, t["questions"]),
    ]  # fmt: skip
    if view.draft:
        made.append(_table("grounds", "Grounds", _GROUND, t["grounds"]))
        made.append(_table("far-52.204-25", "Line report", " ".join(FAR_COLUMNS), far_lines(view, t)))
    return tuple(table for table in made if next(table.rows(), None) is not None)


def _fields(t: Row) -> Iterator[Row]:
    for doc in t["documents"]:
        for field in doc["fields"]:
            yield {**field, "document": doc["document"], "date": doc["date"], "citation": doc["citation"]}


def _table(name: str, title: str, text: str, rows: Iterable[Row]) -> Table:
    numbers = [part.partition(":")[0] for part in text.split() if part.endswith(":number")]
    kept = [{**row, **{n: Decimal(row[n]) for n in numbers if row.get(n) is not None}} for row in rows]
    pairs = (part.partition(":") for part in f"edition {text}".split())
    columns = tuple(Column(n, kind or "string", _WORDS.get(n, n.replace("_", " "))) for n, _, kind in pairs)
    return Table(name, title, columns, lambda: iter(kept))


def document(view: View, t: Row) -> dict[str, Any]:
    """The timetable as one JSON object; ``edition`` says whether it may leave the house."""
    left = {"preview", "lines_sites", "troubles", "question_troubles"}
    return {"$schema": "timetable.schema.json", "edition": view.kind, "title": view.title, **{k: v for k, v in t.items() if k not in left}}


def schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of :func:`document`. None: kept back, or not known."""
    count, text, maybe = {"type": ["integer", "null"], "minimum": 0}, {"type": "string"}, {"type": ["string", "null"]}
    month = {"type": "string", "pattern": r"^(\d{4}-(0[1-9]|1[0-2]))?$"}
    sums = dict.fromkeys(("sites", "devices", "found", "unknown_make", "removed", "replaced", "disposed", "certified", "remaining", "sites_done", "sites_isolated"), count)
    money = {"type": ["object", "null"], "additionalProperties": {"type": ["string", "null", "array"]}}
    total = _object({**sums, "sites_in_scope": count, "sites_without_cost": count, "bodies": count, "spent": money, "to_come": money}, tuple(sums))
    by = {"type": "array", "items": {**total, "properties": {**total["properties"], "name": text}, "required": ["name", *sums]}}
    return {
        "$schema": SCHEMA_ID, "title": "Timetable of a removal, as custodes publishes it",
        **_object(
            {
                "$schema": text, "edition": {"enum": ["draft", "public"]}, "title": text, "as_of": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"},
                "plan_end": month, "baseline_end": month, "totals": total, "by_body": by, "by_region": by,
                "by_status": {"type": "object", "additionalProperties": {"type": "integer", "minimum": 1}}, "sites": {"type": "array", "items": _site_schema()},
                "burn_down": {"type": "array", "items": _object({"month": month, "baseline": count, "plan": count, "actual": count}, ("month", "baseline", "plan", "actual"))},
                "forecast": _object({"remaining": count, "months": {"type": "array", "items": {"type": "integer"}}, "ends": {"type": "object", "additionalProperties": month}, "why": text}, ("remaining", "ends", "why")),
                "baseline": {"type": "array", "items": _object({"number": {"type": "integer", "minimum": 1}, "frozen_at": text, "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"}, "reason": text, "sites": count}, ("number", "frozen_at", "sha256"))},
                "promises": {"type": "array", "items": _object({"statement_id": text, "by": text, "verdict": {"enum": ["met", "missed", "unreported", "withdrawn", "not due yet"]}, "why": text, "citation": text, "share": maybe}, ("statement_id", "by", "verdict", "why", "citation"))},
                "withheld": {"type": "array", "items": _object({"what": {"type": "array", "items": text}, "exemption": {"type": "string", "minLength": 1}, "decided_by": {"type": "string", "minLength": 1}, "review": text, "sites": count}, ("what", "exemption", "decided_by", "review"))},
            },
            ("edition", "as_of", "totals", "sites", "by_body", "by_region", "burn_down", "forecast", "baseline", "promises", "withheld"),
        ),
    }  # fmt: skip


def _site_schema() -> dict[str, Any]:
    kinds: Mapping[str, Any] = {
        "integer": {"type": ["integer", "null"]}, "number": {"type": ["string", "null"], "pattern": r"^\d+(\.\d+)?$"}, "array": {"type": "array", "items": {"type": "string"}}, "": {"type": "string"},
    }  # fmt: skip
    pairs = [part.partition(":") for part in _SITE.split()]
    return _object({name: kinds[kind] for name, _, kind in pairs}, tuple(name for name, _, _ in pairs))


def _object(properties: Mapping[str, Any], required: tuple[str, ...]) -> dict[str, Any]:
    return {"type": "object", "properties": dict(properties), "required": list(required)}
