"""The row finder: batches of records in, batches of findings out.

What a row yields depends on that row and the watchlist alone. Purchases pass a prefilter first: one RE2 pattern over supplier and description
and one over the codes, which let through everything that the exact path could find, and little else.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from custodes.findings.compiled import Compiled, compiled
from custodes.findings.names import normalise
from custodes.findings.records import FINDERS, purchase
from custodes.findings.watchlist import Watchlist
from custodes.values import FINDING_SCHEMA, kind_of


def find(batches: Iterable[pa.RecordBatch], watchlist: Watchlist, *, prefilter: bool = True) -> Iterator[pa.RecordBatch]:
    """Findings (FINDING_SCHEMA) of record batches, in the order of their rows; an input batch without findings yields no batch."""
    known = compiled(watchlist)
    for batch in batches:
        kind = kind_of(batch)
        if kind not in FINDERS or not batch.num_rows:
            continue
        found = list(_found(batch, kind, known, prefilter))
        if found:
            yield pa.RecordBatch.from_pylist(found, schema=FINDING_SCHEMA)


def _found(batch: pa.RecordBatch, kind: str, known: Compiled, prefilter: bool) -> Iterator[dict[str, Any]]:
    if kind != "PURCHASE" or not prefilter:
        for row in batch.to_pylist():
            yield from FINDERS[kind](row, known)
        return
    words, signs = likely(batch, known)
    either = pc.or_(words, signs)
    left, flags = batch.filter(either).to_pylist(), zip(words.filter(either).to_pylist(), signs.filter(either).to_pylist(), strict=True)
    for row, (word, sign) in zip(left, flags, strict=True):
        yield from purchase(row, known, word, sign)


def likely(batch: pa.RecordBatch, known: Compiled) -> tuple[pa.Array, pa.Array]:
    """For every purchase: may a maker, brand or model be named (or the supplier be one), and may it be a surveillance purchase?"""
    try_, supplier, text = known.triggers, batch.column("supplier"), batch.column("description")
    words = pc.or_(_distinct(text, [try_.words]), _supplier_words(supplier, known))
    signs = pc.or_(_distinct(text, [try_.signs]), _distinct(supplier, [try_.supplier_signs]))
    codes = batch.column("codes")
    if len(pc.list_flatten(codes)):
        signs = pc.or_(signs, _matches(pc.binary_join(codes, " "), try_.codes))
    return words, signs


def _matches(column: pa.Array, pattern: str) -> pa.Array:
    return pc.fill_null(pc.match_substring_regex(column, pattern, ignore_case=True), False)


def _distinct(column: pa.Array, patterns: list[str]) -> pa.Array:
    """Which values match one of the patterns; texts repeat, so each distinct one is looked at once."""
    encoded = pc.dictionary_encode(column)
    found = [_matches(encoded.dictionary, pattern) for pattern in patterns]
    return pc.fill_null(functools.reduce(pc.or_, found).take(encoded.indices), False)


def _supplier_words(column: pa.Array, known: Compiled) -> pa.Array:
    """Suppliers whose name holds a word of ours, or, squeezed to letters, a name that we know."""
    encoded = pc.dictionary_encode(column)
    names = encoded.dictionary
    squeezed = pc.replace_substring_regex(pc.ascii_lower(names), "[^a-z0-9]+", "")
    hit = pc.or_(_matches(names, known.triggers.words), _matches(squeezed, known.triggers.names))
    hit = pc.or_(hit, _matches(names, known.triggers.short_names))
    if known.party_keys:
        hit = pc.or_(hit, pa.array([bool(name) and normalise(name) in known.party_keys for name in names.to_pylist()], pa.bool_()))
    return pc.fill_null(hit.take(encoded.indices), False)
