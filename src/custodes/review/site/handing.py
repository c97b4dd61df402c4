"""What was decided goes into the case's inbox as decisions files, which the next run reads like any other source.

Files of at most 200 rows; a full one is never written again, the newest is replaced whole, so a run that reads meanwhile sees complete files only.
"""

from __future__ import annotations

import json

from django.conf import settings

from custodes.review.site import events
from custodes.review.site.loading import DESK_FILE
from custodes.review.site.models import Event, Note

ROWS = 200


def hand_over() -> int:
    """Write what the inbox does not have yet; the number of rows written."""
    with events.writing():
        place = json.loads(_note("handed").value or '{"file": 1, "from": 1, "done": 0}')
        written = 0
        every = Event.objects.filter(n__gte=place["from"], kind__in=("decision", "undo")).order_by("n")
        if not every.filter(n__gt=place["done"]).exists():
            return 0
        part: list[dict[str, str]] = []
        for row in events.exported(events.parsed(event) for event in every.iterator()):
            part.append(row)
            place["done"] = int(row["event"])
            if len(part) == ROWS:
                written += _write(place["file"], part)
                place |= {"file": place["file"] + 1, "from": int(row["event"]) + 1}
                part = []
        if part:
            written += _write(place["file"], part)
        Note.objects.filter(name="handed").update(value=json.dumps(place))
    return written


def _note(name: str) -> Note:
    note, _ = Note.objects.get_or_create(name=name, defaults={"value": ""})
    return note


def _write(number: int, rows: list[dict[str, str]]) -> int:
    lines = "".join(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n" for row in rows)
    settings.DESK.hand_over(f"{DESK_FILE}{number:05d}.jsonl", lines.encode())
    return len(rows)
