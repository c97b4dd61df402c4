"""The findings as one Parquet file: the columns of ``findings.csv`` in their own types, nothing flattened, written batch by batch."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from custodes.publication.export_base import DRAFT, Written, made_at
from custodes.publication.rows import FINDINGS, Row, layer
from custodes.publication.view import View

BATCH = 20_000
_FIRST = [("edition", pa.string()), ("layer", pa.string()), ("maker", pa.string())]


class ParquetWriter:
    """Writes ``parquet/findings.parquet``: every finding, zstd, with the edition in the schema's metadata."""

    def __init__(self, view: View, folder: Path) -> None:
        self._view, self._rows, self._n = view, list[dict[str, object]](), 0
        words = {"edition": view.kind, "title": view.title, "made_at": made_at(view), "made_by": f"custodes {view.facts['version']}".strip(), **({"note": DRAFT} if view.draft else {})}
        self._schema = pa.schema([*(pa.field(*each) for each in _FIRST), *FINDINGS], metadata={k.encode(): v.encode("utf-8", "replace") for k, v in words.items()})
        self._path = folder / "parquet" / "findings.parquet"
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._out = pq.ParquetWriter(self._path, self._schema, compression="zstd")

    def take(self, row: Row) -> str:
        """Every finding is carried."""
        self._rows.append({**row, "edition": self._view.kind, "layer": layer(row), "maker": self._view.makers.get(row["maker_id"], "")})
        if len(self._rows) == BATCH:
            self._flush()
        return ""

    def _flush(self) -> None:
        if self._rows:
            self._out.write_table(pa.Table.from_pylist(self._rows, schema=self._schema))
            self._n += len(self._rows)
            self._rows = []

    def close(self) -> list[Written]:
        """Write what is left."""
        self._flush()
        self._out.close()
        return [Written(self._path, "application/vnd.apache.parquet", "Findings of every kind, typed columns", {"rows": self._n})]
