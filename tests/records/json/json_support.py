"""Run a reader on bytes, and build OCDS pieces for tests. All firms, bodies and numbers here are invented."""

from __future__ import annotations

import io
import json
from collections import Counter
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from custodes.errors import InputError
from custodes.values import Entry, Origin, kind_of


@dataclass
class Outcome:
    rows: list[dict[str, Any]] = field(default_factory=list)
    rejects: list[dict[str, Any]] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    columns: dict[str, str] = field(default_factory=dict)
    error: InputError | None = None

    @property
    def read(self) -> int:
        return len(self.rows) + len(self.rejects) + sum(self.left_out.values())


def read(reader: ModuleType, data: bytes | str, **entry: Any) -> Outcome:
    """What the reader makes of the bytes; an InputError is kept, any other exception is a bug and goes through."""
    found = Outcome()
    stream = io.BytesIO(data.encode() if isinstance(data, str) else data)
    folder_body = entry.pop("folder_body", "")
    try:
        for batch in reader.read((stream,), Origin("0" * 64, "in/file.json", Entry(**entry), folder_body)):
            batch.validate(full=True)
            rows = batch.to_pylist()
            if kind_of(batch) == "REJECT":
                found.rejects += rows
            elif kind_of(batch) == "LEFT_OUT":
                found.left_out.update({row["reason"]: row["count"] for row in rows})
            elif kind_of(batch) == "COLUMN":
                found.columns.update({row["column"]: row["use"] for row in rows})
            else:
                found.rows += rows
    except InputError as error:
        found.error = error
    return found


def party(name: str, party_id: str, *roles: str, **more: Any) -> dict[str, Any]:
    return {"id": party_id, "name": name, "roles": list(roles), **more}


def release(n: int = 1, **more: Any) -> dict[str, Any]:
    """An award release of Arden Borough Council to Example Cameras Ltd."""
    return {
        "ocid": f"ocds-test00-{n}", "id": f"r-{n}", "date": "2025-03-11T09:40:02Z", "tag": ["award"], "initiationType": "tender",
        "parties": [party("Arden Borough Council", "GB-CFS-1001", "buyer"), party("Example Cameras Ltd", "GB-CFS-2002", "supplier")],
        "buyer": {"id": "GB-CFS-1001", "name": "Arden Borough Council"},
        "tender": {"id": "t", "title": "CCTV", "description": "Replacement of cameras", "status": "complete",
                   "classification": {"scheme": "CPV", "id": "32323500", "description": "Video-surveillance system"}},
        "awards": [{"id": f"a-{n}", "status": "active", "date": "2025-03-10T00:00:00Z", "value": {"amount": 1250.5, "currency": "GBP"},
                    "suppliers": [{"id": "GB-CFS-2002", "name": "Example Cameras Ltd"}]}],
        **more,
    }  # fmt: skip


def package(*releases: Any, **more: Any) -> dict[str, Any]:
    return {"uri": "https://example.org/p", "version": "1.1", "publishedDate": "2025-04-01T00:00:00Z", "publisher": {"name": "P"},
            "releases": list(releases), **more}  # fmt: skip


def lines(*values: Any) -> str:
    return "".join(json.dumps(value) + "\n" for value in values)
