"""Whole columns of cells in Arrow: the same values as ``cells`` and ``amounts`` give cell by cell.

A column that repeats its values is coded first, so that Python looks at each distinct value once. Blanks are Python's: Arrow's notion of white
space is the same (a test compares them for every character).
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from custodes.records.amounts import canonical
from custodes.records.cells import clean

_TEXT = pa.string()
_NONE = pa.scalar(None, _TEXT)
_NOUGHT = pa.scalar(0, pa.int32())
_BAR, _EMPTY = pa.scalar(" | ", _TEXT), pa.scalar("", _TEXT)
_PLAIN = r"^(?:-?[1-9][0-9]{0,14}|0)(?:\.[0-9]{1,4})?$"
_MONEY = r"^(?:-?[1-9][0-9]{0,14}|-?[1-9][0-9]{0,2}(?:,[0-9]{3}){1,4}|0)(?:\.[0-9]{1,4})?$"


def text(value: str) -> pa.StringScalar:
    """One text for all rows. Arrow takes a plain Python value too, but then guesses its type, which costs more than most columns."""
    return pa.scalar(value, _TEXT)


@dataclass(frozen=True, slots=True)
class Coded:
    """A column as its distinct values and, for each row, the number of its value."""

    numbers: pa.Array
    values: tuple[str, ...]

    def spread(self, results: Sequence[str | None]) -> pa.StringArray:
        """A result per distinct value to a column."""
        return pa.array(results, _TEXT).take(self.numbers)

    def where(self, signs: Sequence[bool]) -> pa.BooleanArray:
        """A yes or no per distinct value to a column."""
        return pa.array(signs, pa.bool_()).take(self.numbers)

    def kept(self, keep: pa.BooleanArray | None) -> Coded:
        """Only the rows to keep."""
        return self if keep is None else Coded(self.numbers.filter(keep), self.values)


def coded(cells: pa.StringArray) -> Coded:
    """A column coded."""
    found = cells.dictionary_encode()
    return Coded(found.indices, tuple(found.dictionary.to_pylist()))


def together(columns: Sequence[Coded]) -> tuple[pa.Array, list[tuple[int, ...]]]:
    """Several coded columns as one: for each row the number of its combination, and the combinations as numbers of values."""
    if len(columns) == 1:
        return columns[0].numbers, [(at,) for at in range(len(columns[0].values))]
    code = pc.cast(columns[0].numbers, pa.int64())
    sizes = [max(1, len(column.values)) for column in columns]
    for column, size in zip(columns[1:], sizes[1:], strict=True):
        code = pc.add(pc.multiply(code, pa.scalar(size, pa.int64())), column.numbers)
    found = code.dictionary_encode()
    return found.indices, [_parts(number, sizes) for number in found.dictionary.to_pylist()]


def _parts(number: int, sizes: Sequence[int]) -> tuple[int, ...]:
    parts: list[int] = []
    for size in reversed(sizes):
        number, part = divmod(number, size)
        parts.append(part)
    return tuple(reversed(parts))


def filled(cells: pa.StringArray) -> int:
    """How many cells hold something but blanks."""
    return len(cells) - int(empty(cells).true_count) - int(pc.utf8_is_space(cells).true_count)


def empty(cells: pa.StringArray) -> pa.BooleanArray:
    """Which cells are empty texts?"""
    return pc.equal(pc.binary_length(cells), _NOUGHT)


def cleaned(cells: pa.StringArray, entities: bool) -> pa.StringArray:
    """``cells.clean`` over a column; ``entities``: may a cell hold an HTML entity?"""
    return _with(pc.utf8_trim_whitespace(cells), cells, pc.match_substring(cells, "&"), clean) if entities else pc.utf8_trim_whitespace(cells)


def joined(narrative: Sequence[pa.StringArray], classes: Sequence[pa.StringArray]) -> pa.StringArray:
    """Cleaned columns joined with " | "; empty cells are left away, and what two classes say alike is said once."""
    parts = [*narrative, *classes]
    if len(parts) == 1:
        return parts[0]
    spoken = [*(_unsaid(column, ()) for column in narrative), *(_unsaid(column, classes[:at]) for at, column in enumerate(classes))]
    silent = spoken[0].is_null()
    for column in spoken[1:]:
        silent = pc.and_(silent, column.is_null())
    # Arrow drops a row in which every text is null: the first text of such a row is made empty instead
    first = pc.if_else(silent, _EMPTY, spoken[0]) if silent.true_count else spoken[0]
    return pc.binary_join_element_wise(first, *spoken[1:], _BAR, null_handling="skip")


def _unsaid(column: pa.StringArray, before: Sequence[pa.StringArray]) -> pa.StringArray:
    """The column with null where it is empty or an earlier one says the same."""
    drop = empty(column)
    for other in before:
        drop = pc.or_(drop, pc.equal(column, other))
    return pc.if_else(drop, _NONE, column) if drop.true_count else column


def amounts(cells: pa.StringArray) -> pa.StringArray:
    """``amounts.canonical_all`` over a column: shortest plain decimals, null where an amount cannot be understood."""
    plain = pc.match_substring_regex(cells, _PLAIN)
    if plain.true_count == len(cells):
        return _shortest(cells)
    bare = pc.utf8_ltrim(pc.utf8_trim_whitespace(cells), "£")
    money = pc.match_substring_regex(bare, _MONEY)
    short = _shortest(pc.replace_substring(bare, ",", ""))
    return _with(short, cells, pc.invert(money), canonical)


def _shortest(cells: pa.StringArray) -> pa.StringArray:
    """Plain decimals without the noughts at their ends."""
    pointed = pc.match_substring(cells, ".")
    short = pc.ascii_rtrim(pc.ascii_rtrim(cells, "0"), ".")
    return short if pointed.true_count == len(cells) else pc.if_else(pointed, short, cells)


def _with(column: pa.StringArray, cells: pa.StringArray, odd: pa.BooleanArray, function: Callable[[str], str | None]) -> pa.StringArray:
    """The column with the results of ``function`` where ``odd`` is true."""
    if not odd.true_count:
        return column
    results = [function(cell) for cell in cells.filter(odd).to_pylist()]
    return pc.replace_with_mask(column, odd, pa.array(results, _TEXT))


def numbered(lines: Sequence[int]) -> pa.Int64Array:
    """Lines as an Arrow array."""
    return pa.Array.from_buffers(pa.int64(), len(lines), [None, pa.py_buffer(array("q", lines))])


def lists(rows: Sequence[Sequence[str]], numbers: pa.Array) -> pa.ListArray:
    """A list of texts per combination to a column."""
    return pa.array(rows, pa.list_(_TEXT)).take(numbers)


def even_texts(data: bytes, count: int) -> pa.StringArray:
    """ASCII bytes cut into ``count`` texts of one length."""
    size = len(data) // count if count else 0
    offsets = array("i", range(0, size * count + 1, size)) if size else array("i", [0] * (count + 1))
    return pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(data))


def joined_bytes(texts: pa.StringArray) -> bytes:
    """All texts of a column without nulls, one after the other, as UTF-8."""
    _, offsets, data = texts.buffers()
    ends = memoryview(offsets).cast("i")
    return bytes(memoryview(data)[ends[texts.offset] : ends[texts.offset + len(texts)]]) if data else b""
