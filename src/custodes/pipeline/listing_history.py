"""The history of the lists in a store: versions grouped per feed and list, handed to the group finder, and what it says written down."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from custodes import case
from custodes.findings import list_history
from custodes.pipeline import listing_snapshot
from custodes.pipeline.listing_store import ENDED, Line, ListStore
from custodes.sources import Store
from custodes.sources.lists_log import NEW, SAME

Row = Mapping[str, Any]
EVENTS = "list_events.jsonl"
"""In the sources folder: every event told by the versions held. Made anew by each update."""


def groups(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[str, pa.RecordBatch]]:
    """(key, sightings) per feed and list, sorted by key. Every version of a feed counts for every list that any version of it names."""
    table = pa.Table.from_batches(list(batches), schema=list_history.SIGHTING_SCHEMA)
    if not table.num_rows:
        return
    index: dict[tuple[str, str], list[int]] = {}
    for number, key in enumerate(zip(table["feed"].to_pylist(), table["list"].to_pylist(), strict=True)):
        index.setdefault(key, []).append(number)
    for (feed, code), rows in sorted(index.items()):
        yield f"{feed} {code}", table.take(pa.array(rows)).combine_chunks().to_batches()[0]


def sightings(store: ListStore, feeds: Sequence[str] = ()) -> list[pa.RecordBatch]:
    """The sightings of all good versions that have a reader (of some feeds)."""
    lines = [line for line in store.versions() if line.get("reader") and (not feeds or line["feed"] in feeds)]
    codes: dict[str, set[str]] = {}
    for line in lines:
        codes.setdefault(line["feed"], set()).update(line["counts"])
    whole = [{**line, "counts": {code: line["counts"].get(code, 0) for code in sorted(codes[line["feed"]])}} for line in lines]
    last = _untils(store)
    batches = [(line, listing_snapshot.stored(store.folder, line, line["reader"])) for line in lines] + [(line, _marks(line)) for line in whole]
    return [_until(batch, last[line["feed"], line["at"]]) for line, batch in batches]


def _untils(store: ListStore) -> dict[tuple[str, str], str]:
    """(feed, time of a version) -> the last day on which a look found it to be the newest still."""
    found, newest = dict[tuple[str, str], str](), dict[str, str]()
    for line in store.lines():
        if line["outcome"] == NEW:
            newest[line["feed"]] = line["at"]
        if line["outcome"] in (NEW, SAME) and line["feed"] in newest:
            found[line["feed"], newest[line["feed"]]] = line["at"][:10]
    return found


def _until(batch: pa.RecordBatch, day: str) -> pa.RecordBatch:
    return batch.set_column(batch.schema.get_field_index("until"), "until", pa.array([day] * batch.num_rows, pa.string())).cast(batch.schema)


def _marks(line: Line) -> pa.RecordBatch:
    """Only the rows that say: this version was there."""
    return listing_snapshot.sightings(line, [])


def told(store: ListStore) -> tuple[list[Row], list[Row]]:
    """PERIOD and LIST_EVENT rows of every list in the store, in the order of their lists."""
    periods_, events_ = list[Row](), list[Row]()
    for _, batch in groups(sightings(store)):
        found = list_history.history(batch)
        periods_ += found[0].to_pylist()
        events_ += found[1].to_pylist()
    return periods_, events_


def periods(store: ListStore) -> list[Row]:
    """PERIOD rows of every list in the store."""
    return told(store)[0]


def events(store: ListStore, feeds: Sequence[str] = ()) -> list[Row]:
    """LIST_EVENT rows of every list in the store, in the order of their lists."""
    return [row for key, batch in groups(sightings(store, feeds)) for row in list_history.events(key, batch).to_pylist()]


def events_between(store: ListStore, held: Line, line: Line, entries: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """What changed from the version held to one that was just accepted."""
    codes = dict.fromkeys(sorted({*held["counts"], *line["counts"]}), 0)
    old = listing_snapshot.stored(store.folder, held, held["reader"])
    new = listing_snapshot.sightings({**line, "counts": codes}, [dict(entry) for entry in entries])
    batches = [old, _marks({**held, "counts": codes}), new]
    return [row for key, batch in groups(batches) for row in list_history.events(key, batch).to_pylist()]


def write(store: ListStore, captures: Store, now: str) -> None:
    """What the versions held tell: ``list_events.jsonl``, one line per event; and the periods that are over, kept as a capture, for the next room."""
    if not store.versions():
        return
    periods_, events_ = told(store)
    case.write_whole(store.sources / EVENTS, _lines(events_))
    over = _lines(row for row in periods_ if row["gone_by"] and row["over"])
    case.write_whole(store.sources / ENDED, over)
    if over:
        captures.store(store.sources / ENDED, f"lists/{ENDED}", now)


def _lines(rows: Iterable[Row]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n" for row in rows).encode("utf-8", "surrogatepass")
