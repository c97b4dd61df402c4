"""Follow a list over time: from its versions to the periods in which each entry stood on it, and to what happened.

A group finder: the key is a feed and a list (``US-CSL US-BIS-EL``), the batch holds every sighting of every entry in every good version (and one row without an
entry per version, so that an empty version counts), in any order. Same sightings, same answer.

A period begins on the day that the list states (effective, else published, else designated). Where it states none, it began after the last day on which a version without
it was still the newest, and not later than the first version that holds it; before the first version of all, nobody knows. It ends on the day that the list states,
else after the last day on which a version that holds it was the newest, and not later than the next version. Only versions that were accepted are here, so nothing is inferred from a failed fetch.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from custodes.findings.dates import in_force, interval
from custodes.findings.list_pairs import folded, keys, pairs
from custodes.findings.watchlist import Watchlist

Row = Mapping[str, Any]
_TEXTS = pa.list_(pa.string())


def _schema(kind: str, *names: str, lists: Sequence[str] = ()) -> pa.Schema:
    return pa.schema([(name, _TEXTS if name in lists else pa.string()) for name in names], metadata={b"kind": kind.encode()})


_SAID = ("designated", "effective", "published", "ended", "legal_effect", "ground", "ground_citation", "citation", "note")
SIGHTING_SCHEMA = _schema(
    "SIGHTING", "feed", "list", "version", "list_date", "seen", "until", "digest", "entry", "maker_id", "name", "names", "country", "identifiers", *_SAID, lists=("names", "identifiers"),
)  # fmt: skip
"""One entry in one version. ``version`` sorts versions of one ``list_date``; ``seen`` is the day we fetched it, ``until`` the last day on which we looked and it was still
the newest; ``entry`` is empty in the row of the version. ``digest`` is the same for rows that say the same, whatever their version; it saves time and may be empty."""

PERIOD_SCHEMA = _schema(
    "PERIOD", "feed", "list", "entry", "entries", "maker_id", "name", "names", "country", "identifiers", *_SAID, "began", "began_by", "listed_by", "over", "over_by", "first_seen",
    "gone_seen", "gone_by", lists=("entries", "names", "identifiers"),
)  # fmt: skip
"""One period of one entry. ``began`` / ``over``: ISO day or interval, empty when unknown / still listed; ``.._by``: which date that is (``effective`` ...,
``versions``). ``listed_by``: date of the first version that holds it; ``gone_by``: of the first that holds it no more. ``entries``: all ids it has had."""

EVENT_SCHEMA = _schema("LIST_EVENT", "feed", "list", "kind", "list_date", "seen", "entry", "name", "before", "words")
"""``kind``: designated, changed, renamed, delisted. ``list_date``: date of the version that shows it; ``seen``: the day we first saw that."""

_COMPARED = ("names", "identifiers", "country", "designated", "effective", "published", "ended", "citation")


def periods(key: str, batch: pa.RecordBatch, watchlist: Watchlist | None = None) -> pa.RecordBatch:
    """PERIOD rows of a group, sorted by entry and beginning."""
    return history(batch)[0]


def events(key: str, batch: pa.RecordBatch, watchlist: Watchlist | None = None) -> pa.RecordBatch:
    """LIST_EVENT rows of a group: what changed from each version to the next, in their order. The first version is where we begin, no event."""
    return history(batch)[1]


def history(batch: pa.RecordBatch) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    """PERIOD and LIST_EVENT rows of a group, told in one walk over its versions."""
    found = _followed(batch)
    rows = sorted((_period_row(each) for each in found.periods), key=lambda row: (row["name"], row["entry"], row["listed_by"]))
    return pa.RecordBatch.from_pylist(rows, schema=PERIOD_SCHEMA), pa.RecordBatch.from_pylist(found.events, schema=EVENT_SCHEMA)


@dataclass
class _Version:
    """One version: its date, the day it was seen, the last day on which it was the newest, its entries."""

    list_date: str
    seen: str
    until: str
    entries: dict[str, Row]


@dataclass
class _Period:
    """An entry while it is followed: ``first`` the row that began it, ``last`` the newest one; ``before``: the last day of the version before it, if any."""

    first: Row
    last: Row
    version: _Version
    before: str
    ids: list[str]
    names: list[str]
    starts: dict[str, str]
    again: bool = False
    last_date: str = ""
    gone: _Version | None = None


@dataclass
class _Followed:
    periods: list[_Period] = field(default_factory=list)
    events: list[dict[str, str]] = field(default_factory=list)


def _versions(batch: pa.RecordBatch) -> list[_Version]:
    """Versions in their order. A row that says the same in many versions is taken from Arrow once."""
    found: dict[tuple[str, str], _Version] = {}
    columns = [batch.column(name).to_pylist() for name in ("list_date", "version", "seen", "until", "entry", "digest")]
    place: dict[tuple[str, str] | int, int] = {}
    wanted: list[tuple[_Version, str, int]] = []
    for number, (list_date, version, seen, until, entry, digest) in enumerate(zip(*columns, strict=True)):
        one = found.setdefault((list_date, version), _Version(list_date, seen, max(until, list_date), {}))
        if entry:
            wanted.append((one, entry, place.setdefault((entry, digest) if digest else number, number)))
    order = {number: at for at, number in enumerate(place.values())}
    rows = batch.take(pa.array(list(order), pa.int64())).to_pylist()
    for one, entry, number in wanted:
        one.entries[entry] = rows[order[number]]
    return [found[key] for key in sorted(found)]


def _followed(batch: pa.RecordBatch) -> _Followed:
    done, open_, past = _Followed(), dict[str, _Period](), set[str]()
    before = ""
    for number, version in enumerate(_versions(batch)):
        gone = {entry: period.last for entry, period in open_.items() if entry not in version.entries}
        new = {entry: row for entry, row in version.entries.items() if entry not in open_}
        moved = pairs(gone, new)
        for entry, old in sorted(moved.items()):
            open_[entry] = open_.pop(old)
            open_[entry].ids.append(entry)
        for entry in sorted(set(gone) - set(moved.values())):
            done.events.append(_event("delisted", version, gone[entry]))
            past |= keys(gone[entry])
            open_.pop(entry).gone = version
        for entry, row in sorted(version.entries.items()):
            if entry in open_ and open_[entry].last is row:  # the same as in the version before
                open_[entry].last_date = version.until
                continue
            if entry in open_:
                done.events += _changes(version, open_[entry], row)
                _goes_on(open_[entry], row, version)
                continue
            again = not past.isdisjoint(keys(row))
            open_[entry] = _Period(row, row, version, before, [entry], [], {}, again)
            done.periods.append(open_[entry])
            _goes_on(open_[entry], row, version)
            if number:
                done.events.append(_event("designated", version, row, words="listed again" if again else ""))
        before = version.until
    return done


def _goes_on(period: _Period, row: Row, version: _Version) -> None:
    period.last, period.last_date = row, version.until
    period.names = list(dict.fromkeys((*period.names, row["name"], *row["names"])))
    for which in ("effective", "published", "designated"):
        if row[which]:  # a date that a list later moves (a renewed order) does not shorten the period
            period.starts[which] = min(row[which], period.starts.get(which, row[which]))


def _event(kind: str, version: _Version, row: Row, before: str = "", words: str = "") -> dict[str, str]:
    return {
        "feed": row["feed"], "list": row["list"], "kind": kind, "list_date": version.list_date, "seen": version.seen, "entry": row["entry"], "name": row["name"],
        "before": before, "words": words,
    }  # fmt: skip


def _changes(version: _Version, period: _Period, row: Row) -> Iterator[dict[str, str]]:
    """Renamed and changed, when the row differs from the one before it."""
    old = period.last
    if folded(old["name"]) != folded(row["name"]):
        yield _event("renamed", version, row, old["name"])
    said = [words for column in _COMPARED if (words := _difference(column, old[column], row[column]))]
    if said:
        yield _event("changed", version, row, words=" ; ".join(said))


def _difference(column: str, old: Any, new: Any) -> str:
    if isinstance(old, str):
        return "" if old == new else f"{column}: {old or '(none)'} -> {new or '(none)'}"
    added, lost = sorted(set(new) - set(old)), sorted(set(old) - set(new))
    parts = [f"+ {value}" for value in added] + [f"- {value}" for value in lost]
    return f"{column}: {', '.join(parts)}" if parts else ""


def _period_row(period: _Period) -> dict[str, Any]:
    began, began_by = _began(period)
    over, over_by = _over(period)
    last, gone = period.last, period.gone
    return {
        **{name: last[name] for name in ("feed", "list", "maker_id", "name", "country", "identifiers", *_SAID)}, **period.starts,
        "entry": last["entry"], "entries": period.ids, "names": period.names, "began": began, "began_by": began_by, "listed_by": period.version.list_date,
        "over": over, "over_by": over_by, "first_seen": period.version.seen, "gone_seen": gone.seen if gone else "", "gone_by": gone.list_date if gone else "",
    }  # fmt: skip


def _began(period: _Period) -> tuple[str, str]:
    """When the period began and by which date."""
    stated = next(((period.starts[which], which) for which in ("effective", "published", "designated") if which in period.starts), ("", ""))
    if stated[0] and not (period.again and stated[0][:10] <= period.before):
        return stated
    return (_between(period.before, period.version.list_date), "versions") if period.before else ("", "")


def _over(period: _Period) -> tuple[str, str]:
    """When it ended and by which date; a stated end counts unless the entry still stood on the list after it."""
    stated = period.last["ended"]
    if period.gone is None:
        return (stated, "ended") if stated else ("", "")
    if stated and stated <= period.gone.list_date and stated >= period.last_date:
        return stated, "ended"
    return _between(period.last_date, period.gone.list_date), "versions"


def _between(last: str, first: str) -> str:
    """From the day after ``last`` to ``first``, as an interval, or one day."""
    try:
        day = (datetime.date.fromisoformat(last) + datetime.timedelta(days=1)).isoformat()
    except ValueError:
        return first
    return first if day >= first else f"{day}/{first}"


def listed_on(period: Row, day: str) -> str:
    """yes / no / unknown: did the entry of a PERIOD row stand on the list on that ISO day?

    It did for certain from the version that first holds it on, and did not from the first version that holds it no more.
    """
    when = interval(day)
    if period["gone_by"] and day >= period["gone_by"]:
        return "no"
    if not period["began"]:
        return "yes" if day >= period["listed_by"] and in_force(period["listed_by"], period["over"], when) == "yes" else _early(period, day)
    answer = in_force(period["began"], period["over"], when)
    if answer == "unknown" and period["began_by"] == "versions" and day >= period["listed_by"]:
        return in_force(period["listed_by"], period["over"], when)
    return answer


def _early(period: Row, day: str) -> str:
    """Before the first version of all nobody knows; afterwards the end decides."""
    return "unknown" if day < period["listed_by"] else in_force(period["listed_by"], period["over"], interval(day))
