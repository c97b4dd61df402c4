"""Events at sites, taken from STATEMENT rows of kind ``progress``: what happened, when, to how many devices. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from custodes.timetable.months import first_day, last_day

ORDER = ("found", "isolated", "extension asked", "extension refused", "extension granted", "waived", "removed", "replaced", "disposed")
"""On one day events are taken in this order: a device must be found before it can go, and go before it is disposed of."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened at one site. ``devices`` None: all that were left; ``until``: the new day that was asked or granted;
    ``cost`` what was paid, None when not said; ``origin``: file and place of the row."""

    key: str
    event_id: str
    site_id: str
    event: str
    date: str
    devices: int | None = None
    certificate: str = ""
    cause: str = ""
    until: str = ""
    reason: str = ""
    cost: Decimal | None = None
    currency: str = ""
    decided_by: str = ""
    corrects: str = ""
    origin: str = ""

    @property
    def day(self) -> str:
        """The last day that the date can mean, ISO: a month counts when it is over."""
        return last_day(self.date).isoformat()


def events_of(rows: Iterable[Mapping[str, Any]], now: str) -> tuple[list[Event], list[str]]:
    """(events in force, by day, troubles in words) of STATEMENT rows; rows of other kinds are passed over.

    The same row in two files counts once. An event that another one ``corrects`` is replaced by it. One dated after ``now`` (ISO day) has not happened.
    """
    found: dict[str, Event] = {}
    troubles: list[str] = []
    for row in sorted(rows, key=lambda r: (r["record_key"], r["origin_file"], r["origin_at"])):
        if row["statement_kind"] != "progress":
            continue
        event = event_of(row)
        if event.key in found:
            if found[event.key] != event and event.event_id:
                troubles.append(f"event {event.event_id!r} stands in {found[event.key].origin} and in {event.origin}: the first one counts")
            continue
        found[event.key] = event
    kept = _corrected(found, troubles)
    late = [e for e in kept if first_day(e.date).isoformat() > now[:10]]
    if late:
        first = min(late, key=lambda e: (e.date, e.key))
        troubles.append(f"{len(late)} events are dated after {now[:10]} and not counted; the first: {first.event} at {first.site_id} on {first.date} ({first.origin})")
    return sorted((e for e in kept if e not in late), key=lambda e: (e.day, ORDER.index(e.event), e.site_id, e.key)), troubles


def event_of(row: Mapping[str, Any]) -> Event:
    """One STATEMENT row as an event."""
    said = json.loads(row["details"] or "{}")
    cost = Decimal(said["cost"]) if said.get("cost") else None
    texts = {name: str(said.get(name) or "") for name in ("certificate", "cause", "until", "reason", "currency", "decided_by", "corrects")}
    return Event(
        row["record_key"], row["statement_id"], said["site_id"], said["event"], row["date"], said.get("devices"), cost=cost,
        origin=f"{row['origin_file']}, {row['origin_at']}", **texts,
    )  # fmt: skip


def _corrected(found: Mapping[str, Event], troubles: list[str]) -> list[Event]:
    ids = {e.event_id for e in found.values() if e.event_id}
    gone = {e.corrects for e in found.values() if e.corrects}
    troubles += [f"{e.origin}: corrects {e.corrects!r}, which is no event of this case" for e in found.values() if e.corrects and e.corrects not in ids]
    return [e for e in found.values() if not (e.event_id and e.event_id in gone)]
