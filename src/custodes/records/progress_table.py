"""Progress at the sites of a plan, as people bring it back: one row per event. CSV, JSON lines, or the first sheet of an XLSX workbook.

    site_id,event,date,devices,certificate,cause,until,reason
    north-hall,removed,2027-03-14,12,,,,
    north-hall,disposed,2027-03-30,12,WTN-5512,,,
    south-hall,extension asked,2027-03-20,,,landlord,2027-09-30,consent of the landlord is missing

Each row gives one STATEMENT of kind ``progress``: what a body says happened at one of its sites (docs/decisions/0030). Columns: ``docs/readers/progress.md``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import orjson
import pyarrow as pa

from custodes.records.rowstream import Account
from custodes.records.table_kinds import count, day, money, one_of
from custodes.records.table_rows import names_of, table_rows
from custodes.values import Origin, key_of
from custodes.values.removal import CAUSES, EVENTS

NAME = "progress"
KINDS: tuple[str, ...] = ("STATEMENT",)

_COUNTED = ("devices",)
_WORDS = ("event", "cause")
_TEXTS = ("certificate", "cause", "until", "reason", "currency", "decided_by", "corrects")
_USES = {
    "event_id": "statement_id", "site_id": "about", "event": "details.event", "date": "date", "body": "speaker", "citation": "citation", "url": "url", "cost": "details.cost",
    **{name: f"details.{name}" for name in (*_COUNTED, *_TEXTS)}, "note": "ignored: a note", "notes": "ignored: notes",
    **dict.fromkeys(("place", "devices_left", "planned"), "ignored: of the sheet that went out"), "checked_on": "ignored: for the table's editors",
}  # fmt: skip
_CHECKS = {"event": one_of(*EVENTS), "date": day, "until": day, "devices": count, "cost": money, "cause": one_of(*CAUSES)}
_NEEDS = {"disposed": (), "extension asked": ("until", "reason"), "extension granted": ("until",), "waived": ("until", "reason"), "found": ("devices",)}
_GIVEN = ("site_id", "body", "place", "devices_left", "planned")
"""What a sheet that we send out holds already: a row with nothing else tells nothing."""
_KEY = ("site_id", "event", "date", "devices", "certificate", "cause", "until", "reason", "cost", "corrects")


def sniff(head: bytes, filename: str) -> bool:
    """A table with ``site_id``, ``event`` and ``date``; of a workbook the first sheet. One that is too large to be handed over whole is not claimed."""
    return {"site_id", "event", "date"} <= set(names_of(head))


def companions(filename: str) -> tuple[str, ...]:
    """None: a table of events stands alone."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """STATEMENT per event, then REJECT, LEFT_OUT and COLUMN. Equal rows are told apart by their occurrence."""
    account, seen = Account(origin), Counter[str]()
    for row in table_rows(streams[0], origin.path):
        cells = {name: _text(value) for name, value in row.cells.items()}
        cells |= {name: cells[name].lower() for name in _WORDS if name in cells}
        account.saw(cells)
        if row.fault:
            account.reject(row.place, "", row.fault)
        elif not any(cells.values()):
            account.blank()
        elif not any(cell for name, cell in cells.items() if name not in _GIVEN):
            account.leave_out("no event entered")
        elif fault := _fault(cells):
            account.reject(row.place, *fault)
        else:
            account.add("STATEMENT", row.place, _statement(cells, origin, seen))
        yield from account.full()
    yield from account.rest(_USES)


def _text(value: Any) -> str:
    text = "" if value is None else str(value).strip()
    return text[:10] if re.fullmatch(r"\d{4}-\d\d-\d\d[T ]00:00(:00)?", text) else text


def _fault(cells: Mapping[str, str]) -> tuple[str, str] | None:
    for column in ("site_id", "event", "date"):
        if not cells.get(column):
            return column, "empty, but every event needs it"
    for column, check in _CHECKS.items():
        if cells.get(column) and (reason := check(cells[column])):
            return column, reason
    for column in _NEEDS.get(cells["event"], ()):
        if not cells.get(column):
            return column, f"empty, but '{cells['event']}' needs it"
    return None


def _statement(cells: Mapping[str, str], origin: Origin, seen: Counter[str]) -> dict[str, Any]:
    details: dict[str, Any] = {"event": cells["event"], "site_id": cells["site_id"]}
    details |= {name: int(cells[name]) for name in _COUNTED if cells.get(name)}
    details |= {name: cells[name] for name in (*_TEXTS, "cost") if cells.get(name)}
    plain = key_of(*(cells.get(name, "") for name in _KEY))
    seen[plain] += 1
    own = cells.get("event_id", "")
    number = f"{details['devices']:,} devices" if "devices" in details else "all devices left"
    said = f"{cells['event']}: {number}" if cells["event"] in EVENTS[:3] or cells["event"] == "found" else cells["event"]
    return {
        "record_key": key_of("STATEMENT", "progress", own) if own else key_of("STATEMENT", "progress", plain, str(seen[plain])),
        "statement_id": own, "date": cells["date"], "date_precision": {4: "year", 7: "month"}.get(len(cells["date"]), "day"),
        "speaker": cells.get("body") or origin.entry.body, "about": cells["site_id"], "statement_kind": "progress", "words": said,
        "citation": cells.get("citation") or f"table of events {origin.path}", "url": cells.get("url", ""), "grade": "recorded", "publish": "yes",
        "details": orjson.dumps(details, option=orjson.OPT_SORT_KEYS).decode(),
    }  # fmt: skip
