"""UK council and government spending as CSV or other delimited text, in every dialect that publishers use.

One row is a payment, a line of one, or a purchase by card. The columns are found by their headers (``data/headers/uk_spend.toml``) or, where the
file has none, by their cells; encodings, line ends, dates and amounts are read as they come. See ``docs/readers/uk_spend.md``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO

import pyarrow as pa

from custodes.records.device_register import register_in
from custodes.records.tabular import looks_like, read_table
from custodes.values import Origin

NAME = "uk_spend"
KINDS: tuple[str, ...] = ("PURCHASE",)


def sniff(head: bytes, filename: str) -> bool:
    """Is this delimited text with a supplier and an amount column, or without header the shape of such a table?"""
    return looks_like(head) and not register_in(head)


def companions(filename: str) -> tuple[str, ...]:
    """None: a spending file stands alone."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """PURCHASE batches, then REJECT, LEFT_OUT and COLUMN. Raises InputError for binary content, endless lines or a table not understood."""
    yield from read_table(streams[0], origin)
