"""The row finder: batches of records in, batches of findings out.

What a row yields depends on that row and the watchlist alone. Purchases pass a prefilter first: one RE2 pattern over supplier and description
and one over the codes, which let through everything that the exact path could find, and little else.
"""

from __future__ import annotations

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
    """For every purchase: may a maker, brand or model be named (or the supplier be one), and may it be a surveillance purchase?

    Texts repeat, so each distinct one is looked at once per batch; names of suppliers repeat for years, so each is looked at once per run.
    """
    texts, suppliers = pc.dictionary_encode(batch.column("description")), pc.dictionary_encode(batch.column("supplier"))
    names = suppliers.dictionary.to_pylist()
    if len(known.suppliers) > _REMEMBERED:
        known.suppliers.clear()
    new = [name for name in names if name not in known.suppliers]
    in_texts, in_new = _words(texts.dictionary, pa.array(new, pa.string()), known)
    _remember(new, in_new, known)
    flags = [known.suppliers[name] for name in names]
    words = pc.or_(_spread(in_texts, texts), _spread(pa.array([flag & _WORDS > 0 for flag in flags], pa.bool_()), suppliers))
    signs = pc.or_(_spread(_matches(texts.dictionary, known.triggers.signs), texts), _spread(pa.array([flag & _SIGNS > 0 for flag in flags], pa.bool_()), suppliers))
    codes = batch.column("codes")
    if len(pc.list_flatten(codes)):
        signs = pc.or_(signs, _matches(pc.binary_join(codes, " "), known.triggers.codes))
    return words, signs


_WORDS, _SIGNS = 1, 2
"""What is remembered of a supplier's name: it may name a maker; it says that the supplier's trade is surveillance."""

_REMEMBERED = 1_000_000


def _matches(column: pa.Array, pattern: str) -> pa.Array:
    return pc.fill_null(pc.match_substring_regex(column, pattern, ignore_case=True), False)


def _spread(found: pa.Array, encoded: pa.DictionaryArray) -> pa.Array:
    """What holds for the distinct values, for every row."""
    return pc.fill_null(found.take(encoded.indices), False)


def _words(texts: pa.Array, suppliers: pa.Array, known: Compiled) -> tuple[pa.Array, pa.Array]:
    """Which distinct texts and which suppliers hold a word of ours: in one call, because Arrow prepares the pattern in each."""
    found = _matches(pa.concat_arrays([texts.cast(pa.string()), suppliers]), known.triggers.words)
    return found.slice(0, len(texts)), found.slice(len(texts))


def _remember(names: list[str], in_words: pa.Array, known: Compiled) -> None:
    """Note what new names of suppliers say: words of ours, a name of ours when squeezed to letters, the trade."""
    column = pa.array(names, pa.string())
    squeezed = pc.replace_substring_regex(pc.ascii_lower(column), "[^a-z0-9]+", "")
    words = pc.or_(pc.or_(in_words, _matches(squeezed, known.triggers.names)), _matches(column, known.triggers.short_names))
    signs = _matches(column, known.triggers.supplier_signs)
    nearly = known.resembling.of([name for name, word in zip(names, words.to_pylist(), strict=True) if not word])
    for name, word, sign in zip(names, words.to_pylist(), signs.to_pylist(), strict=True):
        listed = bool(known.party_keys) and not word and bool(name) and normalise(name) in known.party_keys
        known.suppliers[name] = (_WORDS if word or listed or name in nearly else 0) | (_SIGNS if sign else 0)
