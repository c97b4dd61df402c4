"""What was done at the desk goes into the case's inbox as files, which the next run reads like any other source.

Three streams: decisions, the exchange with bodies and companies, answers entered by hand. Files of at most 200 rows; a full one is never written
again, the newest is replaced whole, so a run that reads meanwhile sees complete files only.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.conf import settings

from custodes.review.site import events
from custodes.review.site.loading import DESK_FILE
from custodes.review.site.models import Event, Note

ROWS = 200
EXCHANGE_KINDS = ("letter", "notice", "reply", "waiver", "correction")
"""Kinds of events whose body holds an event of the exchange under ``act``."""

Row = Mapping[str, Any]


def hand_over() -> int:
    """Write what the inbox does not have yet; the number of rows written."""
    return sum(_stream(name, kinds, rows) for name, kinds, rows in STREAMS)


def _stream(name: str, kinds: tuple[str, ...], rows: Any) -> int:
    with events.writing():
        note, _ = Note.objects.get_or_create(name=f"handed {name}", defaults={"value": '{"file": 1, "from": 1, "done": 0}'})
        place = json.loads(note.value)
        every = Event.objects.filter(n__gte=place["from"], kind__in=kinds).order_by("n")
        if not every.filter(n__gt=place["done"]).exists():
            return 0
        written, part = 0, list[tuple[int, Row]]()
        for n, row in rows(events.parsed(event) for event in every.iterator()):
            part.append((n, row))
            if len(part) == ROWS:
                written += _write(name, place["file"], part)
                place |= {"file": place["file"] + 1, "from": n + 1, "done": n}
                part = []
        if part:
            written += _write(name, place["file"], part)
            place["done"] = part[-1][0]
        note.value = json.dumps(place)
        note.save(update_fields=["value"])
    return written


def _write(name: str, number: int, rows: list[tuple[int, Row]]) -> int:
    lines = "".join(json.dumps(dict(row), ensure_ascii=False, sort_keys=True) + "\n" for _, row in rows)
    settings.DESK.hand_over(f"{name}{number:05d}.jsonl", lines.encode())
    return len(rows)


def decisions(found: Iterable[Mapping[str, Any]]) -> Iterator[tuple[int, Row]]:
    """What counts towards publication (see ``events.exported``), with the number of its event."""
    for row in events.exported(found):
        yield int(row["event"]), row


def acts(found: Iterable[Mapping[str, Any]]) -> Iterator[tuple[int, Row]]:
    """Events of the exchange. What a company said by its token carries the token, so that the run can check it again."""
    for event in found:
        act = dict(event["body"]["act"])
        if act["event"] == "reply" and act["by"] == "company":
            act["token"] = settings.DESK.reply_token(act["notice_id"])
        yield event["n"], act


def answers(found: Iterable[Mapping[str, Any]]) -> Iterator[tuple[int, Row]]:
    """Answers that a person entered, in the columns of the answers reader."""
    for event in found:
        yield event["n"], event["body"]["answer"]


STREAMS = (
    (DESK_FILE, ("decision", "undo"), decisions),
    ("desk-exchange-", EXCHANGE_KINDS, acts),
    ("desk-answers-", ("answer",), answers),
)
