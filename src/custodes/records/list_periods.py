"""Periods of listings that are over, as ``custodes lists`` writes them from the versions of a list: one JSON line per period.

The newest copy of a list no longer holds an entry that was taken off it. A purchase made while the firm stood there still counts: so the ended periods are
written beside the list (``PERIOD`` rows of ``findings/list_history.py``) and read like any other list. ``ended`` may be an interval: after the last day on which a
version with the entry was the newest, not later than the version without it. ``first_seen`` is the day we first held the entry.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import pyarrow as pa

from custodes.records.list_entries import ALIAS, OFFICIAL, Entry, put
from custodes.records.rowstream import Account, header, rows
from custodes.values import Origin

NAME = "list_periods"
KINDS: tuple[str, ...] = ("PARTY", "LISTING")

_NEEDED = {"feed", "list", "entry", "name", "began", "over", "listed_by", "gone_by"}
_SAME = ("designated", "effective", "published", "citation", "note", "ground", "ground_citation", "country", "maker_id")
_USES = {
    **{name: name for name in _SAME}, "list": "list", "entry": "party_id", "name": "name, listed_name", "names": "names", "identifiers": "identifiers", "legal_effect": "legal_effect",
    "began": "effective", "over": "ended", "first_seen": "first_seen", "feed": "citation",
    **dict.fromkeys(("began_by", "over_by", "listed_by", "gone_by", "gone_seen", "entries", "ended"), "ignored: how the dates were told"),
}  # fmt: skip


def sniff(head: bytes, filename: str) -> bool:
    """Claims JSON lines with the members of a period."""
    return head.lstrip()[:1] == b"{" and set(header(head)) >= _NEEDED


def companions(filename: str) -> tuple[str, ...]:
    """The file stands alone."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """PARTY and LISTING per period."""
    account, seen = Account(origin), Counter[str]()
    for row in rows(streams[0], origin.path):
        account.saw(row.cells)
        missing = next((name for name in ("list", "entry", "name", "over") if not row.cells.get(name)), "")
        if row.fault:
            account.reject(row.place, "", row.fault)
        elif not row.cells:
            account.blank()
        elif missing:
            account.reject(row.place, missing, "empty, but it is needed")
        else:
            put(account, NAME, seen, row.place, _entry(row.cells))
        yield from account.full()
    yield from account.rest(_USES)


def _entry(cells: Mapping[str, Any]) -> Entry:
    said = {name: str(cells.get(name) or "") for name in _SAME}
    names = [(str(cells["name"]), OFFICIAL), *((str(name), ALIAS) for name in cells.get("names") or ())]
    begun = any(said[name] for name in ("designated", "effective", "published"))
    return Entry(
        str(cells["entry"]), str(cells["list"]), tuple(names), country=said["country"], identifiers=tuple(map(str, cells.get("identifiers") or ())),
        designated=said["designated"], effective=said["effective"] or ("" if begun else str(cells.get("began") or "")), published=said["published"], ended=str(cells["over"]),
        citation=" ; ".join(filter(None, (said["citation"], f"{cells.get('feed', '')}, until {cells['over']}"))), note=said["note"], ground=said["ground"] or "unknown",
        ground_citation=said["ground_citation"], effect=str(cells.get("legal_effect") or ""), maker_id=said["maker_id"], first_seen=str(cells.get("first_seen") or ""),
    )  # fmt: skip
