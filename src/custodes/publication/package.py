"""datapackage.json: a Frictionless Data Package (specs.frictionlessdata.io/data-package) over the data files of an edition."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from custodes.publication import wording
from custodes.publication.tables import Table
from custodes.publication.view import View

_MEDIA = {
    ".jsonl": "application/jsonl", ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".json": "application/json", ".csv": "text/csv",
    ".jsonld": "application/ld+json", ".geojson": "application/geo+json", ".parquet": "application/vnd.apache.parquet", ".zip": "application/zip", ".ics": "text/calendar", ".txt": "text/plain",
}  # fmt: skip


def write_package(
    view: View, tables: Sequence[Table], counts: Mapping[str, int], others: Sequence[Path], path: Path, told: Mapping[Path, Mapping[str, Any]] | None = None
) -> Path:
    """Write the package. ``counts``: table name -> rows; ``others``: data files that are no table's CSV; hashes and sizes are read from the files.

    ``told``: path -> what is known of such a file (``title``, ``mediatype``, ``counts``).
    """
    folder = path.parent
    package = {
        "profile": "tabular-data-package" if not others else "data-package",
        "name": f"custodes-{view.kind}",
        "title": view.title,
        "description": f"{'DRAFT. ' if view.draft else ''}{wording.LEAD}",
        "version": _version(view),
        "created": view.now,
        "edition": view.kind,
        "software": f"custodes {view.facts['version']}".strip(),
        "watchlist": str(view.facts["watchlist_version"]),
        "licenses": _licences(view),
        "resources": [*(_table(t, counts[t.name], folder) for t in tables), *(_file(p, folder) | dict((told or {}).get(p, {})) for p in others)],
    }
    path.write_text(json.dumps({k: v for k, v in package.items() if v}, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return path


def _version(view: View) -> str:
    return re.sub(r"\D", ".", view.now[:10])


def _licences(view: View) -> list[dict[str, str]]:
    return [{"name": re.sub(r"[^A-Za-z0-9._-]+", "-", str(e["licence"])), "title": f"{e['name']}: {e['licence']}"} for e in view.facts["licences"]]


def _table(table: Table, rows: int, folder: Path) -> dict[str, Any]:
    return {**_file(folder / f"{table.name}.csv", folder), "name": table.name, **described(table, rows)}


def described(table: Table, rows: int) -> dict[str, Any]:
    """What the package says of a table's CSV beside path and hash: how it is written, its rows and columns."""
    return {
        "title": table.title,
        "profile": "tabular-data-resource",
        "mediatype": "text/csv",
        "dialect": {"delimiter": ",", "lineTerminator": "\n", "quoteChar": '"', "doubleQuote": True, "header": True},
        "rows": rows,
        "schema": {
            "fields": [{"name": c.name, "type": c.type, "description": c.words} for c in table.columns],
            "missingValues": [""],
        },
    }


def _file(path: Path, folder: Path) -> dict[str, Any]:
    """What the package says of a file: its path is relative to the package, its name made of that path."""
    relative = path.relative_to(folder).as_posix()
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    name = re.sub(r"[^a-z0-9._-]+", "-", relative.lower().replace(".", "-").replace("/", "-"))
    return {
        "name": name,
        "path": relative,
        "format": path.suffix[1:],
        "mediatype": _MEDIA.get(path.suffix, "application/octet-stream"),
        "encoding": "utf-8",
        "bytes": path.stat().st_size,
        "hash": f"sha256:{digest}",
    }
