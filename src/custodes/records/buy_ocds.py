"""OCDS: release packages and record packages, bare releases and records as JSON lines or an array, versions 1.0 and 1.1, any encoding.

The file is read in one pass and in constant memory. Whether a release was superseded by a later one is known only at its end, so finished rows wait
compressed (32 MiB in memory, then a temporary file). Open Contracting Data Standard: https://standard.open-contracting.org/1.1/
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from custodes.errors import InputError
from custodes.records.csv_rows import collecting_off
from custodes.records.jsonblock import Block
from custodes.records.jsonstream import blocks
from custodes.records.jsontext import text_of
from custodes.records.ocds_elements import Elements
from custodes.records.ocds_fold import merged, newest
from custodes.records.ocds_mend import OcdsDecode, mend, plain
from custodes.records.ocds_rows import COLUMNS, TENDER, Rows
from custodes.records.ocds_shapes import Release
from custodes.values import SCHEMAS, Origin, batch_of, columns_used, left_out

NAME = "ocds"
KINDS: tuple[str, ...] = ("PURCHASE",)

BATCH = 4_096
"""Rows to a batch."""
SPOOL = 32 << 20
"""Bytes of compressed rows that wait in memory."""
SUPERSEDED = "superseded by a later release of the same process"
AWARDED = "a tender whose award or contract is in the same file"

_MEMBER = re.compile(r'"(ocid|releases|records|compiledRelease)"\s*:\s*("|\[|\{|\d)')
_SECTION = re.compile(r'"(?:ocid|tag|initiationType|tender|awards|contracts|buyer|parties|packages|publishedDate|compiledRelease|releases)"\s*:')
_FIRST = re.compile(r"\s*(?:\[\s*)?\{\s*\"")


def sniff(head: bytes, filename: str) -> bool:
    """JSON whose members are those of OCDS: a package (``releases`` or ``records``), or a release or record with its ``ocid``."""
    text = text_of(head)
    if not _FIRST.match(text):
        return False
    found = {match.group(1): match.group(2) for match in _MEMBER.finditer(text)}
    if "ocid" in found and len(set(_SECTION.findall(text))) >= 3:
        return True
    listed = any(found.get(name) == "[" for name in ("releases", "records"))
    return listed and ("ocid" in found or bool(re.search(r'"(?:publishedDate|publisher|packages|publicationPolicy)"\s*:', text)))


def companions(filename: str) -> tuple[str, ...]:
    """None: each file stands alone."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """PURCHASE rows, then REJECT, LEFT_OUT and COLUMN. See ``docs/readers/ocds.md`` for what one row and one unit of the counts is."""
    rows, elements = Rows(origin.entry.currency), Elements()
    broken: InputError | None = None
    with SpooledTemporaryFile(max_size=SPOOL) as spool:
        waiting = _Waiting(spool, origin)
        with collecting_off():
            try:
                for block in blocks(streams[0], origin.path, OcdsDecode()):
                    _take(block, rows)
                    _account(block, elements)
                    waiting.put(rows, BATCH)
            except InputError as error:
                broken = error
            waiting.put(rows, 1)
        yield from waiting.batches(rows)
    yield from _outcomes(rows, elements, origin)
    if broken is not None:
        raise broken


def _outcomes(rows: Rows, elements: Elements, origin: Origin) -> Iterator[pa.RecordBatch]:
    if rows.rejects:
        yield batch_of("REJECT", [{"origin_file": origin.path, "origin_at": at, "column": column, "reason": why} for at, column, why in rows.rejects])
    yield left_out({("blank line", False): rows.blank, **{(reason, True): count for reason, count in rows.left_out.items()}})
    yield columns_used(elements.uses())


# ---- releases, records, packages ----------------------------------------------------------------------------------------------------------------


def _take(block: Block[Release], rows: Rows) -> None:
    lines = block.prefix.endswith("line")
    for n, value in enumerate(block.values):
        if isinstance(value, Release):
            try:
                _one(value, f"{block.prefix} {block.first + n} " if lines else block.place(n), rows)
            except RecursionError:
                rows.reject(block.place(n), "", "nested too deep")
        elif value is None:
            rows.blank += 1
        else:
            rows.reject(block.place(n), "", value.reason)


def _one(value: Release, place: str, rows: Rows) -> None:
    """A release, a record or a whole package."""
    if value.compiledRelease is not None or value.versionedRelease or (value.ocid and value.releases is not None):
        _record(value, place, rows)
    elif value.releases is not None or value.records is not None:
        for name, members in (("releases", value.releases), ("records", value.records)):
            for n, member in enumerate(members or ()):
                _one(member, f"{place}/{name}/{n}", rows)
    else:
        rows.take(value, place)


def _record(record: Release, place: str, rows: Rows) -> None:
    """The compiled release, else the versioned one folded, else the releases merged; addresses alone are a reject."""
    releases = [release for release in record.releases or () if release.ocid or release.tender or release.awards or release.contracts]
    if record.compiledRelease is not None:
        found, at = record.compiledRelease, "compiledRelease"
    elif (folded := _folded(record.versionedRelease)) is not None:
        found, at = folded, "versionedRelease"
    elif releases:
        found = releases[0] if len(releases) == 1 else mend(merged([_sections(release) for release in releases]))
        at = f"releases/{len(releases) - 1}"
    else:
        rows.reject(place, "releases", "a record of linked releases: the file holds their addresses only; gather these addresses")
        return
    found.ocid = found.ocid or record.ocid
    rows.take(found, f"{place}/{at}")


def _folded(versions: msgspec.Raw) -> Release | None:
    """A versioned release with the newest value of each field; None when there is none."""
    value = newest(plain(bytes(versions))) if versions else None
    return mend(value) if isinstance(value, dict) and value else None


def _sections(release: Release) -> dict[str, Any]:
    """The members of a release that are merged, as plain values."""
    names = ("ocid", "id", "date", "tag", "buyer", "parties", "tender", "awards", "contracts")
    return {name: msgspec.to_builtins(member) for name in names if (member := getattr(release, name)) is not None}


def _account(block: Block[Release], elements: Elements) -> None:
    """Count the element names of the block's sample: of every block in the beginning, later of every eighth."""
    elements.blocks += 1
    if elements.blocks > 64 and elements.blocks % 8:
        return
    prefix = "" if block.single or block.prefix.endswith("line") else block.prefix.rpartition(" ")[2].strip("/")
    for text in block.sample:
        try:
            elements.note(plain(text), prefix)
        except (ValueError, RecursionError):
            continue


# ---- rows that wait -----------------------------------------------------------------------------------------------------------------------------

_TYPES = {"supplier_ids": pa.list_(pa.string()), "codes": pa.list_(pa.string()), "amount": pa.float64(), "release_n": pa.int64()}
_WAITING = pa.schema([(name, _TYPES.get(name, pa.string())) for name in COLUMNS])


class _Waiting:
    """Finished rows, compressed, until the end of the file tells which of them are superseded."""

    def __init__(self, spool: SpooledTemporaryFile[bytes], origin: Origin) -> None:
        self._spool, self._origin = spool, origin
        self._writer = pa.ipc.new_stream(pa.PythonFile(spool, "w"), _WAITING, options=pa.ipc.IpcWriteOptions(compression="lz4"))

    def put(self, rows: Rows, least: int) -> None:
        """Move the collected rows here when there are at least so many."""
        if len(rows.rows) < least:
            return
        columns = [pa.array(cells, field.type) for cells, field in zip(zip(*rows.rows, strict=True), _WAITING, strict=True)]
        rows.rows.clear()
        self._writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=_WAITING))

    def batches(self, rows: Rows) -> Iterator[pa.RecordBatch]:
        """PURCHASE batches of what is not superseded; the rest is counted in ``rows.left_out``."""
        self._writer.close()
        stale = _stale(self._read(), rows) if rows.again else {}
        at, old = 0, sorted(stale)
        for batch in self._read():
            end = at + batch.num_rows
            gone = old[bisect_left(old, at) : bisect_left(old, end)]
            if gone:
                keep = [True] * batch.num_rows
                for n in gone:
                    keep[n - at] = False
                batch = batch.filter(pa.array(keep))
            at = end
            yield _purchases(batch, self._origin)
        rows.left_out.update(stale.values())

    def _read(self) -> Iterator[pa.RecordBatch]:
        self._spool.seek(0)
        with pa.ipc.open_stream(pa.PythonFile(self._spool, "r")) as reader:
            yield from reader


def _stale(batches: Iterator[pa.RecordBatch], rows: Rows) -> dict[int, str]:
    """Row number -> reason, for rows of processes that occur in several releases."""
    repeated: list[tuple[int, str, str, str, tuple[str, int]]] = []
    at, again = 0, pa.array(sorted(rows.again))
    for batch in batches:
        found_at = pc.indices_nonzero(pc.is_in(batch.column("ocid"), value_set=again))
        names = ("ocid", "transaction", "amount_kind", "released", "release_n")
        cells = zip(found_at.to_pylist(), *(batch.column(name).take(found_at).to_pylist() for name in names), strict=True)
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
