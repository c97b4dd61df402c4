"""Tables of names in bulk: any table or Parquet data set in, batches out; and a finder over them on any engine.

A finder takes batches of :data:`NAMES` and a shared value, and what it yields for a row depends on that row and the shared value alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from custodes import engines
from custodes.errors import UsageError

NUMBERS = (
    "company_number", "registration_number", "lei", "tax_number", "vat_number", "uscc", "ogrn", "inn", "stock_code", "isin", "duns", "uei",
)  # fmt: skip
"""Columns of numbers in a register; each is named like its scheme (see :mod:`custodes.findings.identifiers`)."""

NAMES = pa.schema([(name, pa.string()) for name in ("id", "name", "country", "identifiers", *NUMBERS)])
"""What a table of names is read as. ``id`` and ``name`` must be there; the others are null where the table has none. ``identifiers`` is JSON text or
``scheme:number ; scheme:number``."""

REQUIRED = ("id", "name")

BATCH = 25_000
"""Names that are looked at together."""

WORTH = 8
"""Batches from which further processes pay: each has to learn the words of the names for itself."""

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)

Batches = Iterator[pa.RecordBatch]
Finder = Callable[[Batches, Any], Batches]


def is_parquet(names: str) -> bool:
    """Does a name on the command line mean Parquet: an address, a file of that name, or a folder of such files?"""
    path = Path(names)
    return bool(_ADDRESS.match(names)) or path.suffix == ".parquet" or (path.is_dir() and any(path.rglob("*.parquet")))


def from_parquet(names: str) -> Batches:
    """The names of a Parquet file, folder, or address that pyarrow opens (s3://, gs://, hdfs://, file://), file by file in the order of their paths."""
    import pyarrow.dataset as ds

    try:
        data = ds.dataset(names, format="parquet")
        _columns(names, data.schema)
        wanted = [name for name in NAMES.names if name in data.schema.names]
        for fragment in sorted(data.get_fragments(), key=lambda fragment: str(fragment.path)):
            for batch in fragment.to_batches(schema=data.schema, columns=wanted, batch_size=BATCH):
                yield _as_names(batch)
    except (OSError, pa.ArrowException) as error:
        raise UsageError(f"cannot be read as Parquet: {str(error).splitlines()[0]}", where=names, advice="check the address, and that it holds Parquet") from None


def from_rows(rows: Iterable[Mapping[str, Any]], size: int = BATCH) -> Batches:
    """Rows as batches of names: the columns of :data:`NAMES` that they have."""
    rows = iter(rows)
    while chunk := list(islice(rows, size)):
        names = [name for name in NAMES.names if name in REQUIRED or any(name in row for row in chunk)]
        # JSON may bring half a surrogate pair, which is no text
        cells = [[str(row.get(name) or "").encode("utf-8", "replace").decode() for row in chunk] for name in names]
        yield pa.RecordBatch.from_arrays([pa.array(each, pa.string()) for each in cells], names=names)


def _columns(names: str, schema: pa.Schema) -> None:
    if missing := [name for name in REQUIRED if name not in schema.names]:
        raise UsageError(f"has no column {', '.join(missing)}", where=names, advice=f"the table needs the columns {', '.join(REQUIRED)}")


def _as_names(batch: pa.RecordBatch) -> pa.RecordBatch:
    """A batch with all columns of :data:`NAMES`, as text; a list of identifiers becomes JSON text."""
    columns = [_as_text(batch.column(name)) if name in batch.schema.names else pa.nulls(batch.num_rows, pa.string()) for name in NAMES.names]
    return pa.RecordBatch.from_arrays(columns, schema=NAMES)


def _as_text(column: pa.Array) -> pa.Array:
    if pa.types.is_nested(column.type):
        return pa.array([None if value is None else json.dumps(value, ensure_ascii=False) for value in column.to_pylist()], pa.string())
    return pc.cast(column.dictionary_decode() if pa.types.is_dictionary(column.type) else column, pa.string())


def screened(
    names: Batches | str, finder: Finder, index: Any, gives: pa.Schema, *, engine: str = "cores", master: str = "", order: tuple[str, ...] = ()
) -> Batches:
    """What a finder yields for ``names`` (batches, or for Spark the address of Parquet), on an engine.

    One process and all cores keep the order of the names; Spark's is sorted by ``order`` and then by all that is left, so that it has one at all.
    """
    finder = partial(_plain, finder)
    if engine == "spark":
        if not isinstance(names, str):
            raise UsageError("Spark reads names from Parquet only", where="--engine spark", advice="give NAMES as a Parquet file, folder or address; or --engine cores")
        from custodes import engines_spark

        found = engines_spark.mapped(finder, [names], NAMES, gives, index, master=master, required=REQUIRED)
        plain = [name for name in gives.names if not pa.types.is_nested(gives.field(name).type)]
        by = [*order, *(name for name in plain if name not in order)]
        yield from found.sort_by([(name, "ascending") for name in by]).to_batches()
        return
    batches = from_parquet(names) if isinstance(names, str) else names
    if engine == "local":
        yield from finder(batches, index)
        return
    for found in engines.in_order(partial(_one, finder), batches, index, least=WORTH):
        yield from found


def _one(finder: Finder, batch: pa.RecordBatch, index: Any) -> list[pa.RecordBatch]:
    return list(finder(iter([batch]), index))


def _plain(finder: Finder, batches: Batches, index: Any) -> Batches:
    """A finder that is given no nulls, and no country or identifiers where no row of a batch has any: the same on every engine."""
    return finder(map(asked, batches), index)


def asked(batch: pa.RecordBatch) -> pa.RecordBatch:
    """A batch of names as a finder is given it: no nulls, no column that is empty throughout, all numbers under ``identifiers``."""
    present = [name for name in batch.schema.names if name in REQUIRED or batch.column(name).null_count < batch.num_rows]
    columns = {name: pc.fill_null(batch.column(name), "") for name in present}
    kept = [name for name, column in columns.items() if name in REQUIRED or pc.any(pc.not_equal(column, "")).as_py()]
    if numbered := [name for name in kept if name in NUMBERS]:
        columns["identifiers"] = _identifiers(columns, numbered, batch.num_rows)
        kept = [name for name in (*kept, "identifiers") if name not in NUMBERS]
    kept = list(dict.fromkeys(kept))
    return pa.RecordBatch.from_arrays([columns[name] for name in kept], names=kept)


def _identifiers(columns: dict[str, pa.Array], numbered: list[str], rows: int) -> pa.Array:
    """The columns of numbers and ``identifiers`` as one: JSON lists, '' where a row has none."""
    cells = [columns[name].to_pylist() for name in numbered]
    given = columns["identifiers"].to_pylist() if "identifiers" in columns else [""] * rows
    lists = (
        [*(f"{name}:{cell}" for name, cell in zip(numbered, row, strict=True) if cell), *([all_] if all_ else [])]
        for all_, row in zip(given, zip(*cells, strict=True), strict=True)
    )
    return pa.array([json.dumps(each, ensure_ascii=False) if each else "" for each in lists], pa.string())
