"""Helpers of these tests: read a table, make a batch of purchases."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from custodes.values import batch_of

Rows = list[dict[str, str]]
Ask = Callable[..., list[dict[str, Any]]]


def read(path: Path) -> Rows:
    """The rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def purchases(rows: Iterable[dict[str, Any]]) -> Any:
    """A PURCHASE batch of rows with keys, currency and a date unless they say otherwise."""
    plain = {"currency": "GBP", "date": "2021-05-01", "date_kind": "payment", "body": "Shire District Council"}
    return batch_of("PURCHASE", [{**plain, "record_key": f"k{n}", **row} for n, row in enumerate(rows)])


CASES = read(Path(__file__).parent / "cases.csv")
"""Labelled purchases, edited by hand."""
