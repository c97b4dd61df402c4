"""What the page readers share: rows with their origin as batches, and the account of the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate, chain
from typing import Any, BinaryIO

import pyarrow as pa

from custodes.records.page_runs import Seen, Taken, page_row
from custodes.values import SCHEMAS, Origin, batch_of, columns_used, left_out

BATCH_TEXT = 16 << 20
"""Code points of text after which a batch is handed on."""
BATCH_ROWS = 512


class Pages:
    """PAGE rows of one file, and what became of the payloads that are none."""

    def __init__(self, origin: Origin) -> None:
        self._origin, self._rows, self._rejects = origin, list[dict[str, Any]](), list[dict[str, Any]]()
        self._out: Counter[tuple[str, bool]] = Counter()
        self._size = 0

    def add(self, row: Mapping[str, Any], place: str) -> None:
        """A page, with its place in the file."""
        self._rows.append({**row, "origin_sha256": self._origin.sha256, "origin_file": self._origin.path, "origin_at": place})
        self._size += len(row["text"])

    def reject(self, place: str, reason: str) -> None:
        """A payload that should have been a page and cannot be read."""
        self._rejects.append({"origin_file": self._origin.path, "origin_at": place, "column": "", "reason": reason})

    def leave_out(self, reason: str, data_row: bool = True) -> None:
        """A payload that is no text."""
        self._out[reason, data_row] += 1

    def full(self) -> Iterator[pa.RecordBatch]:
        """The batch so far when it is large."""
        if len(self._rows) >= BATCH_ROWS or self._size >= BATCH_TEXT:
            yield batch(self._rows)
            self._rows, self._size = [], 0

    def rest(self) -> Iterator[pa.RecordBatch]:
        """The last batches, rejects and counts."""
        if self._rows:
            yield batch(self._rows)
        if self._rejects:
            yield batch_of("REJECT", self._rejects)
        yield left_out(self._out)
        yield columns_used(())


def batch(rows: Sequence[Mapping[str, Any]]) -> pa.RecordBatch:
    """PAGE rows as a batch. Lists are laid end to end first: a page has hundreds of runs, and Arrow takes flat lists ten times as fast."""
    schema = SCHEMAS["PAGE"]
    arrays = [_lists([row[f.name] for row in rows], f.type) if pa.types.is_list(f.type) else pa.array([row[f.name] for row in rows], f.type) for f in schema]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _lists(values: list[list[Any]], dtype: pa.ListType) -> pa.ListArray:
    ends = list(accumulate((len(value) for value in values), initial=0))
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), pa.array(list(chain.from_iterable(values)), dtype.value_type), type=dtype)


def whole(stream: BinaryIO, origin: Origin, take: Callable[[bytes, Seen, str], Taken], limit: int, places: bool = True) -> Iterator[pa.RecordBatch]:
    """The batches of a file that is one page; ``take`` refuses one of more than ``limit`` bytes. Without ``places``: the text alone."""
    payload, seen, pages = stream.read(limit + 1), Seen(name=origin.path), Pages(origin)
    pages.add(page_row(take(payload, seen, origin.path), seen, payload, places), "whole file")
    yield from pages.rest()
