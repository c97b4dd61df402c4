"""Finished OCDS rows that wait for the end of the file: which of them are superseded, and the rest as PURCHASE batches."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from datetime import datetime, timedelta
from tempfile import SpooledTemporaryFile

import pyarrow as pa
import pyarrow.compute as pc

from custodes.records.csv_rows import collecting_off
from custodes.records.ocds_columns import COLUMNS, POOL, WAITING, batch_of_rows
from custodes.records.ocds_rows import TENDER, Rows
from custodes.values import SCHEMAS, Origin

HELD = 96 << 20
"""Bytes of rows that wait in memory; what is more waits compressed in a temporary file."""
SUPERSEDED = "superseded by a later release of the same process"
AWARDED = "a tender whose award or contract is in the same file"
_COMPARED = ("ocid", "transaction", "amount_kind", "released", "release_n")


class Waiting:
    """Finished rows until the end of the file tells which of them are superseded. ``spool`` takes what is more than HELD."""

    def __init__(self, spool: SpooledTemporaryFile[bytes], origin: Origin) -> None:
        self._spool, self._origin = spool, origin
        self._held: list[pa.RecordBatch] = []
        self._bytes = 0
        self._writer: pa.ipc.RecordBatchStreamWriter | None = None

    def put(self, rows: Rows, least: int) -> None:
        """Move the collected rows here when there are at least so many."""
        if len(rows.own) < least:
            return
        batch = batch_of_rows(rows.own, rows.shared)
        rows.own.clear()
        rows.shared.clear()
        self._bytes += batch.nbytes
        if self._bytes <= HELD:
            self._held.append(batch)
            return
        if self._writer is None:
            self._writer = pa.ipc.new_stream(pa.PythonFile(self._spool, "w"), WAITING, options=pa.ipc.IpcWriteOptions(compression="lz4"))
        self._writer.write_batch(batch)

    def batches(self, rows: Rows) -> Iterator[pa.RecordBatch]:
        """PURCHASE batches of what is not superseded; the rest is counted in ``rows.left_out``."""
        if self._writer is not None:
            self._writer.close()
        with collecting_off():
            stale = _stale(self._read(_COMPARED), rows) if rows.again else {}
        at, old = 0, sorted(stale)
        for batch in self._read(COLUMNS):
            end = at + batch.num_rows
            gone = old[bisect_left(old, at) : bisect_left(old, end)]
            if gone:
                keep = [True] * batch.num_rows
                for n in gone:
                    keep[n - at] = False
                batch = pc.filter(batch, pa.array(keep), memory_pool=POOL)
            at = end
            yield _purchases(batch, self._origin)
        rows.left_out.update(stale.values())

    def _read(self, columns: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
        """The batches in their order, with at least these columns."""
        yield from self._held
        if self._writer is not None:
            self._spool.seek(0)
            options = pa.ipc.IpcReadOptions(included_fields=sorted(map(COLUMNS.index, columns)))
            with pa.ipc.open_stream(pa.PythonFile(self._spool, "r"), options=options) as reader:
                yield from reader


def _stale(batches: Iterator[pa.RecordBatch], rows: Rows) -> dict[int, str]:
    """Row number -> reason, for rows of processes that occur in several releases."""
    repeated: list[tuple[int, str, str, str, tuple[str, int]]] = []
    at, again = 0, pa.array(sorted(rows.again))
    for batch in batches:
        found_at = pc.indices_nonzero(pc.is_in(batch.column("ocid"), value_set=again))
        cells = zip(found_at.to_pylist(), *(batch.column(name).take(found_at).to_pylist() for name in _COMPARED), strict=True)
        for n, ocid, transaction, kind, released, release_n in cells:
            repeated.append((at + n, ocid, TENDER if kind == "tender" else transaction, kind, (_instant(released), release_n)))
        at += batch.num_rows
    last: dict[tuple[str, str], tuple[str, int]] = {}
    for ocid, transaction, released, release_n in rows.struck:
        last[ocid, transaction] = max(last.get((ocid, transaction), ("", 0)), (_instant(released), release_n))
    for _, ocid, transaction, _, when in repeated:
        last[ocid, transaction] = max(last.get((ocid, transaction), ("", 0)), when)
    awarded = {ocid for _, ocid, _, kind, _ in repeated if kind != "tender"}
    found = {}
    for n, ocid, transaction, kind, when in repeated:
        if kind == "tender" and ocid in awarded:
            found[n] = AWARDED
        elif when < last[ocid, transaction]:
            found[n] = SUPERSEDED
    return found


def _instant(released: str) -> str:
    """A release date in universal time, so that dates with different offsets compare; as published when it is not ISO 8601."""
    try:
        when = datetime.fromisoformat(released)
    except ValueError:
        return released
    return (when.replace(tzinfo=None) - (when.utcoffset() or timedelta())).isoformat()


def _purchases(batch: pa.RecordBatch, origin: Origin) -> pa.RecordBatch:
    """A waiting batch as PURCHASE: the body from entry, buyer or folder, money as decimals, and the origin."""
    schema, size = SCHEMAS["PURCHASE"], batch.num_rows
    columns = {name: batch.column(name) for name in COLUMNS}
    columns["amount"] = _money(columns["amount"])
    columns["body"], columns["body_from"] = _bodies(columns["buyer"], origin)
    constant = {"tax": "", "origin_sha256": origin.sha256, "origin_file": origin.path}
    arrays = [columns[f.name] if f.name in columns else pa.repeat(pa.scalar(constant[f.name], f.type), size) for f in schema]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _bodies(buyers: pa.Array, origin: Origin) -> tuple[pa.Array, pa.Array]:
    """Body and where it is from: the entry of the case, the buyer ("column"), the folder."""
    if origin.entry.body:
        return pa.repeat(origin.entry.body, len(buyers)), pa.repeat("entry", len(buyers))
    named = pc.not_equal(buyers, "")
    rest = "folder" if origin.folder_body else ""
    return pc.if_else(named, buyers, origin.folder_body), pc.if_else(named, "column", rest)


def _money(amounts: pa.Array) -> pa.Array:
    """Floats as published (shortest form) into decimals, rounded to four places."""
    return pc.round(amounts, 4).cast(SCHEMAS["PURCHASE"].field("amount").type, safe=False)
