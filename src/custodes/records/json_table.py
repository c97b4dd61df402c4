"""JSON lines (one flat object per line) as a table: the keys are the header, nested values are kept as JSON text."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any, BinaryIO

import orjson
import pyarrow as pa

from custodes.records.book import HOLD, PART, LayoutMaker
from custodes.records.csv_rows import Row
from custodes.records.decoding import Survey, survey, texts
from custodes.records.purchases import Purchases
from custodes.values import Origin

Line = tuple[int, dict[str, Any] | None]


def read_lines(stream: BinaryIO, origin: Origin, make: LayoutMaker) -> Iterator[pa.RecordBatch]:
    """Batches of a file of JSON lines under the layout that ``make`` gives for a header row made of the keys of its first HOLD objects."""
    lines = objects(stream, survey(stream, origin.path))
    head = list(islice(lines, HOLD))
    keys = list(dict.fromkeys(key for _, value in head if value is not None for key in value))
    layout = make([keys, *(row_of(value, keys) for _, value in head if value is not None)], [0, *(n for n, value in head if value is not None)])
    if layout is None:
        return
    purchases = Purchases(layout, origin)
    rest = chain(head, lines)
    while part := list(islice(rest, PART)):
        for number, value in part:
            if value is None:
                purchases.refuse(number, "", "no JSON object")
        good = [(number, row_of(value, keys)) for number, value in part if value is not None]
        yield from purchases.batches([row for _, row in good], [number for number, _ in good])
    yield from purchases.outcome()


def objects(stream: BinaryIO, found: Survey) -> Iterator[Line]:
    """Line number and object of every line that is not blank; None for a line that is no JSON object."""
    number = 0
    for text in texts(stream, found):
        for line in text.split("\n")[:-1]:
            number += 1
            if line.strip():
                yield number, _object(line)


def _object(line: str) -> dict[str, Any] | None:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def row_of(value: dict[str, Any], keys: list[str]) -> Row:
    """The values of an object in the order of ``keys``, as text."""
    return [_text(value.get(key)) for key in keys]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return " | ".join(value)
    return orjson.dumps(value).decode()
