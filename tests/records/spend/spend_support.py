"""Reading bytes with a reader, and rows as plain values."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from custodes.records import buy_spend
from custodes.values import Entry, Origin, kind_of

HEADER = b"Supplier,Payment Date,Net Amount,Description,Transaction No\n"


def batches(data: bytes, reader: Any = buy_spend, path: str = "file.csv", folder: str = "", **entry: Any) -> list[Any]:
    return list(reader.read((io.BytesIO(data),), Origin(sha256="0" * 64, path=path, entry=Entry(**entry), folder_body=folder)))


def rows(found: list[Any], kind: str = "PURCHASE") -> list[dict[str, Any]]:
    return [row for batch in found if kind_of(batch) == kind for row in batch.to_pylist()]


def read(data: bytes, **more: Any) -> list[dict[str, Any]]:
    return rows(batches(data, **more))


def left(found: list[Any]) -> dict[tuple[str, bool], int]:
    counts: dict[tuple[str, bool], int] = {}
    for row in rows(found, "LEFT_OUT"):
        key = (row["reason"], row["data_row"])
        counts[key] = counts.get(key, 0) + row["count"]
    return counts


def data_rows(found: list[Any]) -> int:
    return len(rows(found)) + len(rows(found, "REJECT")) + sum(count for (_, data), count in left(found).items() if data)


def short(row: Mapping[str, Any]) -> dict[str, Any]:
    """The filled values of a row, as JSON can hold them; without the file's own hash and path."""
    return {key: str(value) if key == "amount" else value for key, value in row.items() if value not in ("", None, []) and key not in ("origin_sha256", "origin_file")}
