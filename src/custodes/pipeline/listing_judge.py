"""May a copy of a list that came take the place of the one held? Refused is what is not the list, cannot be read, lost a column, is older, or shrank too much.

A new column is let in and told. Nothing is inferred from a refused copy; the one held stays in force. ``--accept FEED`` lets a copy in that shrank or lost a
column, after somebody looked; one that is not the list or cannot be read is never let in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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


def judge(new: Snapshot, held: Mapping[str, Any] | None, accept: bool = False) -> Verdict:
    """Compare a copy with the line of the one held."""
    if new.problem:
        return Verdict(new.problem, new.advice)
    if not new.counts:
        return Verdict("no entry about an organisation could be read from it", "look at the publisher's page; the copy held stays in force")
    told = tuple(_news(new, held))
    wrong = list(_wrong(new, held)) if held else list(_rejects(new, 0, new.total))
    if wrong and not accept:
        return Verdict(" ; ".join(wrong), "look at the publisher's page; if it is right, take the copy with --accept; the copy held stays in force", told)
    return Verdict(told=(*told, *(f"taken although: {words}" for words in wrong)))


def _wrong(new: Snapshot, held: Mapping[str, Any]) -> Iterator[str]:
    if new.date and held["list_date_by"] == "file" and new.date < held["list_date"]:
        yield f"it is older ({new.date}) than the copy held ({held['list_date']})"
    lost = sorted(name for name, (_, filled) in held["columns"].items() if filled and name not in new.columns and not _optional(name))
    fresh = sorted(name for name in new.columns if name not in held["columns"])
    if lost:
        came = f"; new are: {', '.join(fresh)}" if fresh else ""
        yield f"columns are gone that were filled before: {', '.join(lost)}{came}"
    before = sum(held["counts"].values())
    yield from _rejects(new, held["rejected"], before)
    for code, count in held["counts"].items():
        now = new.counts.get(code, 0)
        if count - now > max(FEW, count * SHRINK) or (count > 0 == now and count > 1):
            yield f"{code} shrank from {count} entries to {now}"


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
