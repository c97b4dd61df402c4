"""The page of every finding, which is most of a large edition: drawn in parts, so that other processes can draw them while the rest is written.

A part is a run of findings in the order of the layers. Whoever draws it gets the edition without what pages of findings do not show, as one file that
every process maps into memory, and gives back what was written, each file with its hash, and the words of the search.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from custodes.publication.rows import FINDINGS, stream
from custodes.publication.search import Index
from custodes.publication.show import finding
from custodes.publication.site import Site
from custodes.publication.view import LAYERS, View

PART = 1_000
"""Findings per part."""
_LEAST = 4_000
"""Findings below which starting processes takes longer than drawing the pages."""
Part = tuple[int, int]
"""First finding and number of findings."""
Drawn = tuple[dict[str, str], Index]
"""File -> its SHA-256; the words and titles of the pages."""


class HandOut(Protocol):
    """Hands jobs out to other processes (:func:`custodes.engines.beside`): what is given back yields the results in the order of the jobs."""

    def __call__(self, work: Callable[[Part, Any], Drawn], jobs: Sequence[Part], shared: Any) -> AbstractContextManager[Any]:
        """Start ``work(job, shared)`` for every job."""


class Stock:
    """What pages of findings are drawn from: the findings in the order of their pages, and the view without them."""

    def __init__(self, view: View, folder: Path, findings: pa.Table | None = None) -> None:
        self.view, self.folder = view, folder
        self.findings = pa.concat_tables([view.parts[name] for name in LAYERS]) if findings is None else findings

    @property
    def parts(self) -> list[Part]:
        """Every part, in order."""
        return [(start, min(PART, len(self.findings) - start)) for start in range(0, len(self.findings), PART)]

    @property
    def large(self) -> bool:
        """Is it worth other processes?"""
        return len(self.findings) >= _LEAST

    @cached_property
    def _rest(self) -> bytes:
        """The view without findings, records, files, money and pictures, which no page of a finding shows."""
        empty = FINDINGS.empty_table()
        records = {kind: table.slice(0, 0) for kind, table in self.view.records.items()}
        return pickle.dumps((replace(self.view, findings=empty, parts={}, records=records, coverage=(), money=(), pictures={}), str(self.folder)))

    @cached_property
    def version(self) -> str:
        """A hash of all of it."""
        digest = hashlib.sha256(self._rest)
        self._write(pa.PythonFile(_Hashed(digest), mode="w"), {})
        return digest.hexdigest()

    def _write(self, sink: Any, metadata: dict[bytes, bytes]) -> None:
        with pa.ipc.new_stream(sink, self.findings.schema.with_metadata(metadata)) as out:
            out.write_table(self.findings.replace_schema_metadata(metadata))

    def to_bytes(self) -> Any:
        """An Arrow stream of the findings whose metadata hold the rest."""
        sink = pa.BufferOutputStream()
        self._write(sink, {b"rest": self._rest, b"version": self.version.encode()})
        return sink.getvalue()

    @classmethod
    def from_buffer(cls, buffer: Any) -> Stock:
        """The same, without a copy of the findings."""
        table = pa.ipc.open_stream(buffer).read_all()
        view, folder = pickle.loads(table.schema.metadata[b"rest"])  # written by our own process a moment ago
        made = cls(view, Path(folder), table.replace_schema_metadata(None))
        made.__dict__["version"] = table.schema.metadata[b"version"].decode()
        return made


class _Hashed:
    """A file that only hashes what is written into it."""

    closed = False

    def __init__(self, digest: Any) -> None:
        self._digest = digest

    def write(self, data: Any) -> int:
        self._digest.update(data)
        return len(data)

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing is open."""


def draw(part: Part, stock: Stock) -> Drawn:
    """Write the pages of a part."""
    site, index = Site(stock.view, stock.folder, ()), Index()
    _pages(site, index, stock.findings.slice(*part))
    return site.hashes, index


def _pages(site: Site, index: Index, findings: pa.Table) -> None:
    for row in stream(findings):
        f = finding(site.view, row, whole=True)
        site.write("finding.html", f["page"], f=f)
        index.finding(f)
