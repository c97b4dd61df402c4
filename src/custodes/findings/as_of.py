"""What lists and links said on a day: the watchlist as it stood then.

A listing counts from its effective date, else the day it was published, else the day of designation; one that began later was not known. An end that lay in the
future was not known either, so the listing, or the link, is open. A listing without any date stands unless we first saw it later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from custodes.findings.dates import in_force, interval

Row = Mapping[str, Any]

STARTS = ("effective", "published", "designated")
"""The dates that may begin a listing, in the order in which they count."""


def start_of(row: Row) -> tuple[str, str]:
    """When a listing began and which date that is: effective, else published, else designated, else unknown."""
    for name in STARTS:
        if row.get(name):
            return row[name], name
    return "", "unknown"


def as_of(tables: Mapping[str, Sequence[Row]], day: str) -> dict[str, list[Row]]:
    """The tables of a watchlist as they stood on ``day`` (ISO): listings and links, ours and the case's; other tables are left as they are."""
    found = {name: list(rows) for name, rows in tables.items()}
    for name in ("listings", "LISTING"):
        found[name] = [_open(row, "ended", day) for row in found.get(name, ()) if _begun(start_of(row)[0] or row.get("first_seen") or "", day)]
    for name in ("links", "LINK"):
        found[name] = [_open(row, "valid_to", day) for row in found.get(name, ()) if _begun(row.get("valid_from") or "", day)]
    return found


def _begun(start: str, day: str) -> bool:
    first = interval(start)
    return first is None or first[0] <= day


def _open(row: Row, end: str, day: str) -> Row:
    last = interval(row.get(end) or "")
    return {**row, end: ""} if last and last[1] > day else row


def stands(row: Row, when: tuple[str, str] | None) -> str:
    """yes / no / unknown: did a listing stand over the whole of ``when``? One without a date of its own stood at the latest when we first saw it."""
    start, ended = start_of(row)[0], row.get("ended") or ""
    if start or not row.get("first_seen"):
        return in_force(start, ended, when)
    seen = in_force(row["first_seen"], ended, when)
    return "unknown" if seen == "no" and when and when[1] < row["first_seen"][:10] else seen
