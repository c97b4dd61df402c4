"""Rows of JSON that is no OCDS: JSON lines, an array, or a document with an array ``results``; each row a plain mapping with its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

import msgspec

from custodes.records.jsonblock import Refusal
from custodes.records.jsonstream import blocks
from custodes.records.ocds_mend import plain

Row = dict[str, Any]


class PlainDecode:
    """Elements as plain mappings; anything else is refused."""

    def __init__(self) -> None:
        self._lines = msgspec.json.Decoder(Row).decode_lines
        self._array = msgspec.json.Decoder(list[Row]).decode

    def lines(self, text: bytes) -> Sequence[Row]:
        """JSON lines."""
        return self._lines(text)

    def array(self, text: bytes) -> Sequence[Row]:
        """A JSON array."""
        return self._array(text)

    def one(self, text: bytes) -> Row:
        """One element; ValueError when it is not an object."""
        value = plain(text)
        if not isinstance(value, dict):
            raise ValueError("an object was expected")
        return value


def rows(stream: BinaryIO, where: str) -> Iterator[tuple[str, Row | str]]:
    """(place, row) of a JSON stream; instead of a row the reason why it cannot be read. A short document comes whole, with an empty place."""
    for block in blocks(stream, where, PlainDecode()):
        for n, value in enumerate(block.values):
            if value is not None:
                yield block.place(n).rstrip(), value.reason if isinstance(value, Refusal) else value
