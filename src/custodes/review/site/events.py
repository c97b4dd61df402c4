"""The record of the desk: events are appended, chained, and projected onto the findings in one transaction. Nothing else writes any of the three.

One writer at a time: SQLite begins IMMEDIATE, PostgreSQL takes an advisory lock that ends with the transaction. So numbers have no gaps, no hash is
used twice, and a decision that was made on an old screen is refused instead of lost.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F

from custodes.review.chain import START, canonical, digest
from custodes.review.site.models import Account, Detail, Event, Evidence, Finding, Tally
from custodes.review.standing import OPEN, Said, Standing, counts, living, standing

LOCK = 0x63757374
"""The advisory lock of the chain on PostgreSQL ('cust')."""


@contextmanager
def writing() -> Iterator[None]:
    """A transaction in which this is the only writer of the chain."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        yield


def append(
    kind: str, body: Mapping[str, Any], *, account: Account | None, finding_id: str = "", once: str | None = None, actor: str = "", at: str = ""
) -> Event:
    """Add one event; only inside :func:`writing`. ``actor`` and ``at`` are given for what comes from files, else they are the account and the time."""
    last = Event.objects.order_by("-n").first()
    n, prev = (last.n + 1, last.hash) if last else (1, START)
    fields = {
        "n": n, "kind": kind, "finding_id": finding_id, "actor": actor or (account.label if account else "desk"), "at": at or now(),
        "body": dict(body), "prev": prev,
    }  # fmt: skip
    return Event.objects.create(
        n=n, kind=kind, finding_id=finding_id, account=account, actor=fields["actor"], at=fields["at"], line=canonical(fields).decode(),
        prev=prev, hash=digest(fields), once=once,
    )  # fmt: skip


def now() -> str:
    """The time of an event: ISO, UTC, microseconds, so that events sort by it."""
    return str(settings.DESK.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ"))


def parsed(event: Event) -> dict[str, Any]:
    """An event's fields with ``body`` as a mapping."""
    found: dict[str, Any] = json.loads(event.line)
    return found


def of_finding(finding_id: str) -> list[dict[str, Any]]:
    """All events about a finding, oldest first."""
    return [parsed(event) for event in Event.objects.filter(finding_id=finding_id).order_by("n")]


def said(finding_id: str) -> tuple[Said, ...]:
    """The decisions about a finding that were not undone."""
    return living([parsed(e) for e in Event.objects.filter(finding_id=finding_id, kind__in=("decision", "undo")).order_by("n")])


def project(finding: Finding, changed: int = 0) -> Standing:
    """Lay the events of a finding onto its row and keep the tallies in step; ``changed``: the number of the event that is the cause."""
    found = standing(said(finding.finding_id), finding.evidence_hash)
    state = "gone" if finding.state == "gone" else found.state
    if finding.state != state:
        move({f"state:{finding.state}": -1, f"state:{state}": 1})
    finding.state, finding.open, finding.waiting, finding.conflict, finding.stands = state, int(state in OPEN), found.waiting, int(found.conflict), found.n
    finding.changed = changed or finding.changed
    finding.save(update_fields=["state", "open", "waiting", "conflict", "stands", "changed"])
    return found


def move(steps: Mapping[str, int]) -> None:
    """Change running counts."""
    for name, step in steps.items():
        if step and not Tally.objects.filter(name=name).update(count=F("count") + step):
            Tally.objects.create(name=name, count=step)


def freeze(finding: Finding) -> None:
    """Keep the row that a decision sees, under its evidence hash."""
    if not Evidence.objects.filter(evidence_hash=finding.evidence_hash).exists():
        row = Detail.objects.get(finding_id=finding.finding_id)
        Evidence.objects.bulk_create([Evidence(evidence_hash=finding.evidence_hash, data=row.data)], ignore_conflicts=True)


def effective(decisions: Sequence[Said]) -> int:
    """The number of the decision that counts towards publication; 0 for none."""
    return decisions[-1].n if decisions and counts(decisions) else 0


def exported(events: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, str]]:
    """The rows of a decisions file: what counts, when it begins to count, and what was taken back. ``events`` in the order of the ledger.

    Events that came from files are passed over: their files are in the inbox already.
    """
    for event in events:
        effect = event["body"].get("effect") if event["kind"] in ("decision", "undo") else None
        if effect:
            yield {"finding_id": event["finding_id"], **effect, "decided": event["at"], "event": str(event["n"])}
