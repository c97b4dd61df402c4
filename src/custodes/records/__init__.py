"""Rows from files: the reader interface, the list of readers, and the choice of exactly one.

A reader is a module with five names. It is handed open streams (decompressed, seekable, limited in size) and yields Arrow batches that name
their kind. What is not a record is yielded too: REJECT rows (refused, with place and reason), LEFT_OUT counts, and COLUMN use. So
``read = usable + left out + rejected`` can be checked for every file, and nothing is silent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO, Protocol

import pyarrow as pa

from custodes.values import Origin

HEAD_SIZE = 65_536
"""Bytes of the decompressed file that a reader's ``sniff`` sees."""

WORKBOOK_SIZE = 64 << 20
"""The same for a ZIP document (a workbook), which can only be opened whole: its directory stands at its end."""


class Reader(Protocol):
    """The interface that plain modules fulfil."""

    NAME: str
    """Short name, used in ``as = "..."`` and ``--as``."""
    KINDS: tuple[str, ...]
    """Record kinds it may yield."""

    def sniff(self, head: bytes, filename: str) -> bool:
        """Is this file mine? ``head``: the first HEAD_SIZE decompressed bytes (of a workbook WORKBOOK_SIZE); ``filename``: its path without ``.gz``. Never raises."""

    def companions(self, filename: str) -> tuple[str, ...]:
        """Names of further files that belong to this one (the OFAC trio); usually none."""

    def read(self, streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
        """Yield batches of records, then REJECT, LEFT_OUT and COLUMN batches. Raises InputError with the place when the file is broken."""
