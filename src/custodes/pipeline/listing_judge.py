"""May a copy of a list that came take the place of the one held? Refused is what is not the list, cannot be read, is cut off, lost a column, is older, shrank too much, or
changed too many of its entries at once, as it does when a publisher moves columns or writes dates in another form.

A new column is let in and told. Nothing is inferred from a refused copy; the one held stays in force. ``--accept FEED`` lets a copy in that shrank or lost a
column, after somebody looked; one that is not the list or cannot be read is never let in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from custodes.pipeline.listing_snapshot import Snapshot
from custodes.values import REPORTED

SHRINK, FEW = 0.10, 5
"""A list may lose this share of its entries, or this many, from one version to the next; a publisher that truly takes off more is let in by ``--accept``."""
REJECTS = 0.02
"""Share of rejected rows from which a copy is refused, when the one held had fewer."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """``refused``: why (empty: taken); ``told``: what a person should know of a copy that is taken."""

    refused: str = ""
    advice: str = ""
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy besides its entries: its day and where that is from, and what changed from the copy held (events)."""

    list_date: str = ""
    list_date_by: str = ""
    events: Sequence[Mapping[str, str]] = ()


def judge(new: Snapshot, held: Mapping[str, Any] | None, accept: bool = False, copy: Copy = Copy()) -> Verdict:
    """Compare a copy with the line of the one held."""
    if new.problem:
        return Verdict(new.problem, new.advice)
    if not new.counts:
        return Verdict("no entry about an organisation could be read from it", "look at the publisher's page; the copy held stays in force")
    told = tuple(_news(new, held))
    wrong = list(_wrong(new, held, copy)) if held else list(_rejects(new, 0, new.total))
    if wrong and not accept:
        return Verdict(" ; ".join(wrong), "look at the publisher's page; if it is right, take the copy with --accept; the copy held stays in force", told)
    return Verdict(told=(*told, *(f"taken although: {words}" for words in wrong)))


def _wrong(new: Snapshot, held: Mapping[str, Any], copy: Copy) -> Iterator[str]:
    if copy.list_date < held["list_date"] and {copy.list_date_by, held["list_date_by"]} <= {"file", "address"}:
        yield f"it is older ({copy.list_date}) than the copy held ({held['list_date']})"
    if held.get("line_end") and not new.line_end:
        yield "its last line has no end, as it had before: it may be cut off"
    lost = sorted(name for name, (_, filled) in held["columns"].items() if filled and name not in new.columns and not _optional(name))
    fresh = sorted(name for name in new.columns if name not in held["columns"])
    if lost:
        came = f"; new are: {', '.join(fresh)}" if fresh else ""
        yield f"columns are gone that were filled before: {', '.join(lost)}{came}"
    before = sum(held["counts"].values())
    yield from _rejects(new, held["rejected"], before)
    for code, count in held["counts"].items():
        now = new.counts.get(code, 0)
        if count - now > _most(count) or (count > 0 == now and count > 1):
            yield f"{code} shrank from {count} entries to {now}"
        else:
            yield from _upheaval(code, count, [event for event in copy.events if event["list"] == code])


def _most(count: int) -> float:
    return max(FEW, count * SHRINK)


_LOST = (
    (re.compile(r"(?:designated|effective|published|ended): "), "the dates of {n} of {count} entries of {code} changed at once: perhaps they are written in another form"),
    (re.compile(r"country: .* -> \(none\)"), "{n} of {count} entries of {code} lost their country at once"),
    (re.compile(r"identifiers: - "), "{n} of {count} entries of {code} lost numbers at once"),
)
"""A part of the words of a change, and what is said when too many entries have it."""


def _upheaval(code: str, count: int, events: Sequence[Mapping[str, str]]) -> Iterator[str]:
    """More entries taken off, renamed or changed in one way than a publisher does at once."""
    for kind, words in (("delisted", "{n} of {count} entries of {code} are gone at once, though as many stand on it"), ("renamed", "{n} of {count} entries of {code} have another name at once")):
        if (n := sum(event["kind"] == kind for event in events)) > _most(count):
            yield words.format(n=n, count=count, code=code)
    changed = [event["words"].split(" ; ") for event in events if event["kind"] == "changed"]
    for pattern, words in _LOST:
        if (n := sum(any(pattern.match(part) for part in parts) for parts in changed)) > _most(count):
            yield words.format(n=n, count=count, code=code)


def _optional(name: str) -> bool:
    """Parts of trees (``a/b``, ``a/@b``) come and go with single entries; columns of tables do not."""
    return "/" in name or name.startswith("@") or name.isupper() or name in ("remark",) or "." in name


def _rejects(new: Snapshot, before: int, total: int) -> Iterator[str]:
    if new.rejected > before and new.rejected > REJECTS * max(total, 1):
        yield f"{new.rejected} rows cannot be read"


def _news(new: Snapshot, held: Mapping[str, Any] | None) -> Iterator[str]:
    unknown = sorted(name for name, (use, _) in new.columns.items() if use == REPORTED)
    known = held["columns"] if held else {}
    if fresh := [name for name in unknown if name not in known]:
        yield f"a new column that no rule reads: {', '.join(fresh)}"
    if new.rejected:
        yield f"{new.rejected} rows could not be read"
