"""Rows of :class:`custodes.records.ocds_rows.Rows` as Arrow columns, column by column."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from hashlib import blake2b
from itertools import accumulate, chain

import pyarrow as pa

from custodes.records.ocds_rows import OWN, SHARED, Own, Shared

COLUMNS = ("record_key", "supplier_id", *OWN[1:], *SHARED)
"""The columns of a waiting batch: those of PURCHASE that a release tells, then what tells which release of a process is the newest."""

_TEXTS = pa.list_(pa.string())
_TYPES = {"supplier_ids": _TEXTS, "codes": _TEXTS, "amount": pa.float64(), "release_n": pa.int64()}
WAITING = pa.schema([(name, _TYPES.get(name, pa.string())) for name in COLUMNS])
POOL = pa.system_memory_pool()
"""The C library gives memory back and uses it again; with Arrow's own pool a large file needs a third more."""
_EMPTY = blake2b(digest_size=12)
_HEX = 24


def batch_of_rows(own: Sequence[Own], shared: Sequence[Shared]) -> pa.RecordBatch:
    """Rows as a batch of the schema WAITING."""
    keys, suppliers, identifiers, amounts = zip(*own, strict=True)
    columns = [_keys(keys), pa.array([ids[0] if ids else "" for ids in identifiers], pa.string(), memory_pool=POOL)]
    for name, cells in zip((*OWN[1:], *SHARED), chain((suppliers, identifiers, amounts), zip(*shared, strict=True)), strict=True):
        dtype = _TYPES.get(name, pa.string())
        columns.append(_lists(cells) if dtype is _TEXTS else pa.array(cells, dtype, memory_pool=POOL))
    return pa.RecordBatch.from_arrays(columns, schema=WAITING)


def _keys(texts: Sequence[str]) -> pa.Array:
    """Record keys as :func:`custodes.values.key_of` makes them, a column at once: 24 hex digits of BLAKE2b each."""
    found = []
    for text in texts:
        # A copy of a digest without input is cheaper than a new one.
        digest = _EMPTY.copy()
        digest.update(text.encode("utf-8", "surrogatepass"))
        found.append(digest.digest())
    ends = array("i", range(0, _HEX * (len(texts) + 1), _HEX))
    return pa.StringArray.from_buffers(len(texts), pa.py_buffer(ends), pa.py_buffer(b"".join(found).hex().encode()))


def _lists(cells: Sequence[Sequence[str]]) -> pa.Array:
    """A column of lists of texts."""
    ends = pa.array(array("i", accumulate(map(len, cells), initial=0)), pa.int32(), memory_pool=POOL)
    return pa.ListArray.from_arrays(ends, pa.array(list(chain.from_iterable(cells)), pa.string(), memory_pool=POOL))
