"""The row finder: batches of records in, batches of findings out.

What a row yields depends on that row and the watchlist alone. Purchases pass a prefilter first: one RE2 pattern over supplier and description
and one over the codes, which let through everything that the exact path could find, and little else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from custodes.findings import rows
from custodes.findings.compiled import Compiled, compiled
from custodes.findings.watchlist import Watchlist
from custodes.values import FINDING_SCHEMA, kind_of

FINDERS: dict[str, Callable[[Mapping[str, Any], Compiled], Iterator[dict[str, Any]]]] = {
    "PURCHASE": rows.purchase,
    "ANSWER": rows.answer,
    "DEVICE": rows.device,
    "STATEMENT": rows.statement,
}
"""Record kind -> the finder of one row. Other kinds yield nothing."""


def find(batches: Iterable[pa.RecordBatch], watchlist: Watchlist, *, prefilter: bool = True) -> Iterator[pa.RecordBatch]:
    """Findings (FINDING_SCHEMA) of record batches, in the order of their rows; an input batch without findings yields no batch."""
    known = compiled(watchlist)
    for batch in batches:
        kind = kind_of(batch)
        finder = FINDERS.get(kind)
        if finder is None or not batch.num_rows:
            continue
        likely = _likely(batch, known) if prefilter and kind == "PURCHASE" else batch
        found = [finding for row in likely.to_pylist() for finding in finder(row, known)]
        if found:
            yield pa.RecordBatch.from_pylist(found, schema=FINDING_SCHEMA)


def _likely(batch: pa.RecordBatch, known: Compiled) -> pa.RecordBatch:
    """The rows that may yield something."""
    passed = pc.or_(_matches(batch.column("description"), known.triggers), _supplier_matches(batch.column("supplier"), known))
    coded = _coded(batch.column("codes"), known)
    return batch.take(pc.indices_nonzero(passed if coded is None else pc.or_(passed, coded)))


def _matches(column: pa.Array, pattern: str) -> pa.Array:
    return pc.fill_null(pc.match_substring_regex(column, pattern, ignore_case=True), False)


def _supplier_matches(column: pa.Array, known: Compiled) -> pa.Array:
    """Supplier names repeat: look at each distinct one once, for words as in any text, and squeezed to letters for the names we know."""
    encoded = pc.dictionary_encode(column)
    names = encoded.dictionary
    squeezed = pc.replace_substring_regex(pc.ascii_lower(names), "[^a-z0-9]+", "")
    hit = pc.or_(_matches(names, known.supplier_triggers), _matches(squeezed, known.name_triggers))
    return pc.fill_null(hit.take(encoded.indices), False)


def _coded(column: pa.Array, known: Compiled) -> pa.Array | None:
    """Rows with a core code; None when no row has any code."""
    if not len(pc.list_flatten(column)):
        return None
    return _matches(pc.binary_join(column, " "), known.code_triggers)
