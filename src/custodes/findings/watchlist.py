"""The watchlist: our fact tables and the case's own lists, frozen into one value with a version."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from custodes.findings.names import normalise
from custodes.findings.weights import CAPS, CONFIDENCE_CAPS, RELATION_CAPS, SHARED_CAP, VERSIONS, WEIGHTS

TABLES = (
    "makers", "names", "lists", "listings", "links", "words", "brand_lines", "surveillance_words", "confusables", "codes",
    "device_brands", "device_models", "device_clues", "device_macs",
    "name_knowledge", "PARTY", "LISTING", "LINK",
)  # fmt: skip
"""Tables that count. The last three are rows of the case's own lists, in the columns of their record kinds."""

_UNSEEN = frozenset({"record_key", "origin_sha256", "origin_file", "origin_at"})


@dataclass(frozen=True, slots=True)
class Watchlist:
    """What is looked for. ``version`` covers every row of every table and every rule with its weight; equal versions give equal findings.

    ``content`` (columns ``table``, ``row`` as JSON, ``keys``) is one Arrow table, so that a file of it can be mapped into memory by many processes.
    """

    version: str
    content: pa.Table = field(repr=False, compare=False)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The rows of one table, in a fixed order; [] for a table that was not given. Rows of PARTY have ``keys``: their names, normalised."""
        chosen = self.content.filter(pc.equal(self.content["table"], table))
        found: list[dict[str, Any]] = json.loads(f"[{','.join(chosen['row'].to_pylist())}]")
        for row, keys in zip(found, chosen["keys"].to_pylist(), strict=True):
            if keys:
                row["keys"] = keys
        return found

    def to_bytes(self) -> bytes:
        """The watchlist as an Arrow file."""
        sink = pa.BufferOutputStream()
        with pa.ipc.new_file(sink, self.content.schema.with_metadata({b"version": self.version.encode()})) as writer:
            writer.write_table(self.content)
        return bytes(sink.getvalue().to_pybytes())

    @classmethod
    def from_buffer(cls, buffer: pa.Buffer) -> Watchlist:
        """The watchlist in the bytes of :meth:`to_bytes`; nothing is copied. ValueError when they are something else."""
        content = pa.ipc.open_file(buffer).read_all()
        if content.schema.names != list(_CONTENT.names) or b"version" not in (content.schema.metadata or {}):
            raise ValueError("not a watchlist")
        return cls(content.schema.metadata[b"version"].decode(), content.replace_schema_metadata())


_CONTENT = pa.schema([("table", pa.string()), ("row", pa.large_string()), ("keys", pa.list_(pa.string()))])


def build(tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> Watchlist:
    """Freeze tables into a watchlist. Rows are put in a fixed order, so the order in which they come does not matter.

    The names of PARTY rows are normalised here, once, and not by every worker: the case's lists may hold hundreds of thousands.
    """
    frozen = [(name, row, _keys(name, row)) for name in TABLES for row in sorted(_plain(row) for row in tables.get(name, ()))]
    rules = json.dumps([VERSIONS, WEIGHTS, CAPS, RELATION_CAPS, CONFIDENCE_CAPS, SHARED_CAP], sort_keys=True)
    digest = hashlib.sha256(rules.encode())
    for entry in frozen:
        digest.update(json.dumps(entry, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    columns = [pa.array([entry[n] for entry in frozen], column.type) for n, column in enumerate(_CONTENT)]
    return Watchlist(digest.hexdigest()[:20], pa.table(columns, schema=_CONTENT))


def _plain(row: Mapping[str, Any]) -> str:
    kept = {key: value for key, value in row.items() if key not in _UNSEEN}
    return json.dumps(kept, ensure_ascii=False, sort_keys=True)


def _keys(table: str, row: str) -> list[str]:
    return [normalise(name) for name in names_of(json.loads(row))] if table == "PARTY" else []


def names_of(party: Mapping[str, Any]) -> list[str]:
    """The names of a PARTY row, each once, the first one first."""
    return list(dict.fromkeys(name for name in (party["name"], *(entry["name"] for entry in party.get("names") or ())) if name))
