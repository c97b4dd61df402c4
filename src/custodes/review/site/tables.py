"""The desk's own decisions in the shape that the rest of the review room speaks: Decision values and FINDING tables."""

from __future__ import annotations

import json

import pyarrow as pa

from custodes.review.site import events
from custodes.review.site.models import Detail, Event
from custodes.values import FINDING_SCHEMA
from custodes.values.decision import UNDO, Decision


def decisions() -> tuple[Decision, ...]:
    """Every decision and undo of the desk, one Decision each, numbered and timed as in its ledger."""
    found = Event.objects.filter(kind__in=("decision", "undo")).order_by("n")
    return tuple(_decision(events.parsed(event), event.hash) for event in found.iterator())


def _decision(event: dict[str, object], digest: str) -> Decision:
    body: dict[str, str] = event["body"]  # type: ignore[assignment]
    return Decision(
        n=int(str(event["n"])), finding_id=str(event["finding_id"]), verdict=body.get("verdict", UNDO), reason=body["reason"], note=body["note"],
        decider=str(event["actor"]), decided=str(event["at"]), evidence_hash=body.get("evidence_hash", ""), source=body.get("source", "desk"),
        prev="", hash=digest,
    )  # fmt: skip


def decided_table() -> pa.Table:
    """The findings about which anything was decided, as FINDING_SCHEMA; amounts left out."""
    ids = Event.objects.filter(kind="decision").values("finding_id")
    rows = [json.loads(data) for data in Detail.objects.filter(finding_id__in=ids).values_list("data", flat=True)]
    return pa.Table.from_pylist([{**row, "amount": None} for row in rows], FINDING_SCHEMA)
