"""Single cells of a table: cleaning, suppliers that are none, codes; and the memories that make whole columns cheap."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence

import pyarrow as pa

from custodes.records.persons import is_natural_person

TOTAL = re.compile(r"(?:(?:sub|grand|overall|report|page|final|net|monthly|month|running|council|invoice)[\s-]*)*totals?\b(?:\s*(?:spend|expenditure|payments?|amount|value|paid|for|of|:|£).*)?[\s:]*$", re.I)
"""Cells that say that a row is a sum of others."""
NO_NAME = frozenset({"", "-", ".", "0", "n/a", "#n/a", "#ref!", "#name?", "#value!", "null", "(blank)", "blank", "?", "tbc", "nan"})
"""Supplier cells (lower case) that name nobody."""
ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]\w{1,30});", re.IGNORECASE)
"""An HTML entity closed by a semicolon."""
_MEMORY = 100_000
"""Values remembered per column before its memory is emptied."""


class Memory(dict[str, str | None]):
    """The results of a function of one cell, remembered."""

    def __init__(self, function: Callable[[str], str | None]) -> None:
        self._function = function

    def __missing__(self, cell: str) -> str | None:
        if len(self) > _MEMORY:
            self.clear()
        value = self[cell] = self._function(cell)
        return value

    def over(self, cells: Sequence[str]) -> list[str | None]:
        """The result for each cell."""
        return list(map(self.__getitem__, cells))


class Joined(dict[tuple[str, ...], str]):
    """Class and account cells of a row, cleaned, joined and remembered; what two cells say alike is said once."""

    def __missing__(self, cells: tuple[str, ...]) -> str:
        if len(self) > _MEMORY:
            self.clear()
        text = self[cells] = " | ".join(dict.fromkeys(part for part in map(clean, cells) if part))
        return text


def clean(cell: str) -> str:
    """A cell with HTML entities decoded (only those closed by a semicolon) and blanks at the ends taken off; blanks inside stay.

    >>> clean(" Health &amp; Safety  kit "), clean("B&Section")
    ('Health & Safety  kit', 'B&Section')
    """
    return (ENTITY.sub(lambda found: html.unescape(found[0]), cell) if "&" in cell else cell).strip()


def clean_all(cells: Sequence[str]) -> list[str]:
    """:func:`clean` over a column."""
    whole = "\x1e".join(cells)
    return list(map(clean if "&" in whole and ENTITY.search(whole) else str.strip, cells))


def flag(cell: str) -> str:
    """What is amiss with a supplier: "" nothing, "empty", "total" or "natural person"."""
    name = clean(cell)
    if name.casefold() in NO_NAME:
        return "empty"
    if TOTAL.match(name):
        return "total"
    return "natural person" if is_natural_person(name) else ""


def code_of(scheme: str) -> Callable[[str], str]:
    """The function that makes ``SCHEME:code`` of a cell ("CPV:32323500", "GB-COH:00158718"), or "" of what is no such code."""
    def code(cell: str) -> str:
        text = clean(cell).upper().replace(" ", "") if scheme != "CPV" else clean(cell)
        if scheme == "CPV":
            found = re.search(r"\d{8}", text)
            return f"CPV:{found[0]}" if found else ""
        if scheme == "GB-COH":
            return f"GB-COH:{text.zfill(8)}" if re.fullmatch(r"[A-Z]{0,2}\d{4,8}", text) else ""
        digits = text if text.isdecimal() else re.sub(r"\D", "", text)
        if scheme == "GB-VAT":
            return f"GB-VAT:{digits}" if len(digits) in (9, 12) and digits.strip("0") else ""
        return f"{scheme}:{text}" if text.strip("0-/.NAX") else ""

    return code


def array_of(value: object, dtype: pa.DataType, count: int) -> pa.Array:
    """A column from a list, a ready array, one text for all rows, or None for empty lists."""
    if isinstance(value, pa.Array):
        return value
    if isinstance(value, list):
        return pa.array(value, dtype)
    if pa.types.is_list(dtype):
        return pa.ListArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), count + 1), pa.array([], pa.string()))
    return pa.repeat(pa.scalar(value, dtype), count)
