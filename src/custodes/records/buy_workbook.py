"""UK council and government spending as an Excel workbook (XLSX, XLSM): many sheets, each with its own title rows and its own headers.

Payee names that a publisher's ledger cut (often at 25 characters) are kept as they stand: nothing is guessed at. See ``docs/readers/uk_spend_workbook.md``.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import BinaryIO

import pyarrow as pa

from custodes.errors import CustodesError
from custodes.records.book import read_book
from custodes.records.device_register import register_in
from custodes.records.layout import find_layout
from custodes.records.sheets import OLE, ZIP, sheets
from custodes.records.tabular import looks_like
from custodes.values import Origin

NAME = "uk_spend_workbook"
KINDS: tuple[str, ...] = ("PURCHASE",)
_SUFFIXES = (".xlsx", ".xlsm", ".xls")


def sniff(head: bytes, filename: str) -> bool:
    """Is this a workbook (handed over whole), and one with a spending sheet?

    A file that only calls itself a workbook (locked, old format, something else) is claimed too, so that the error can say so.
    """
    named = filename.lower().endswith(_SUFFIXES)
    if not head.startswith(ZIP):
        return named and (head.startswith(OLE) or not looks_like(head))
    if b"xl/" not in head and not named:
        return False
    return _spending(head, named)


def _spending(head: bytes, named: bool) -> bool:
    """Has the workbook a spending sheet, and is it no register of devices? One that cannot be opened is claimed by its name."""
    try:
        if register_in(head):
            return False
        for _, source in sheets(io.BytesIO(head), ""):
            rows = list(islice(source(), 2000))
            if rows and find_layout([row for _, row in rows], [number for number, _ in rows]):
                return True
        return False
    except CustodesError:
        return named


def companions(filename: str) -> tuple[str, ...]:
    """None: a workbook stands alone."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """PURCHASE batches of every spending sheet, then REJECT, LEFT_OUT and COLUMN. Raises InputError for what is no readable workbook."""
    yield from read_book(streams[0], origin)
