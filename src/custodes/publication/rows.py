"""Small steps that every page and table shares: rows out of Arrow, the layer of a finding, safe text, file names."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from custodes.values import FINDING_SCHEMA, NAMED_KINDS

Row = Mapping[str, Any]

_DECISION = [(name, pa.string()) for name in ("verdict", "decided", "reason", "note")] + [("stale", pa.bool_())]
FINDINGS = pa.schema([*FINDING_SCHEMA, *(pa.field(name, dtype) for name, dtype in _DECISION)])
"""FINDING_SCHEMA and the state of the decision: what an edition's findings look like."""

_BATCH = 2_000
_CONTROL = {n: "\ufffd" for n in (*range(0x20), *range(0x7F, 0xA0)) if n not in (9, 10, 13)} | {0xFFFE: "\ufffd", 0xFFFF: "\ufffd"}
_SURROGATE = re.compile("[\ud800-\udfff]")


class Fields(dict[str, Any]):
    """A mapping whose keys are attributes too: templates ask for attributes first, and a hundred thousand pages ask often."""

    def __init__(self, values: Row) -> None:
        super().__init__(values)
        self.__dict__ = self


def stream(rows: pa.Table | Iterable[Row]) -> Iterator[Row]:
    """Rows of a table as mappings, a few thousand in memory at a time; mappings pass through."""
    if not isinstance(rows, pa.Table):
        yield from rows
        return
    for batch in rows.to_batches(max_chunksize=_BATCH):
        yield from batch.to_pylist()


def project(rows: pa.Table | Iterable[Row], *columns: str) -> Iterator[Row]:
    """Like :func:`stream`, but only ``columns`` of a table (those it has), sorted by its first; mappings pass through."""
    if isinstance(rows, pa.Table):
        rows = rows.select([c for c in columns if c in rows.column_names]).sort_by(columns[0])
    return stream(rows)


def conform(table: pa.Table) -> pa.Table:
    """Findings with every column of :data:`FINDINGS`, nulls of text as empty text, sorted by finding id."""
    columns = []
    for field in FINDINGS:
        column = table[field.name].combine_chunks() if field.name in table.column_names else pa.nulls(len(table), field.type)
        columns.append(_filled(column.cast(field.type), field.type))
    return pa.Table.from_arrays(columns, schema=FINDINGS).sort_by("finding_id")


def _filled(column: pa.Array, dtype: pa.DataType) -> pa.Array:
    default: Any = "" if pa.types.is_string(dtype) else False if pa.types.is_boolean(dtype) else [] if pa.types.is_list(dtype) else None
    return column if default is None or not column.null_count else column.fill_null(pa.scalar(default, dtype))


def layer(row: Row) -> str:
    """Which part of the edition a finding stands in: named, weak, question, other or rejected.

    A stale decision no longer sets a finding aside. A finding on a lead-only path is never above weak.
    """
    if row.get("verdict") in ("reject", "duplicate") and not row.get("stale"):
        return "rejected"
    if row["kind"] == "maker_unknown":
        return "question"
    if row["kind"] in NAMED_KINDS:
        return "weak" if row.get("band") == "weak" or "lead-only" in (row.get("publish"), row.get("grade")) else "named"
    return "other"


def confirmed(row: Row) -> bool:
    """Confirmed by a person, on evidence that still stands."""
    return row.get("verdict") == "confirm" and not row.get("stale")


def shown(text: Any) -> str:
    """Text that may be printed: control characters and lone surrogates replaced, nothing else changed."""
    plain = str(text) if text else ""
    return plain if plain.isprintable() else _SURROGATE.sub("\ufffd", plain.translate(_CONTROL))


def slugs(names: Iterable[str]) -> dict[str, str]:
    """A file name (ASCII, lower case, no suffix) for each name; names that would clash get six hex digits of their hash."""
    plain = {name: _slug(name) for name in sorted(set(names))}
    seen: dict[str, int] = {}
    for slug in plain.values():
        seen[slug] = seen.get(slug, 0) + 1
    return {name: slug if seen[slug] == 1 and slug else f"{slug or 'x'}-{_hash(name)[:6]}" for name, slug in plain.items()}


def _slug(name: str) -> str:
    ascii_ = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", ascii_).strip("-")
    return slug if len(slug) <= 60 else f"{slug[:53].strip('-')}-{_hash(name)[:6]}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def page_name(finding_id: str) -> str:
    """The page of a finding inside ``findings/``; an id that is no plain word is hashed."""
    plain = re.fullmatch(r"[0-9A-Za-z_-]{1,64}", finding_id)
    return f"{finding_id if plain else _hash(finding_id)[:20]}.html"


def chunks(rows: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """``rows`` in parts of at most ``size``; one empty part when there are none."""
    for start in range(0, max(len(rows), 1), size):
        yield rows[start : start + size]


def texts(value: Any) -> tuple[str, ...]:
    """A list of texts from a list, a text or nothing."""
    if value is None or value == "":
        return ()
    return (str(value),) if isinstance(value, str) else tuple(str(v) for v in value)
