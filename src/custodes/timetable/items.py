"""Items of a section 889 inquiry from a table: one row per article. Needed: ``item_id``; all else may be empty."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from typing import Any, BinaryIO

from custodes.errors import BrokenInputError, InputError
from custodes.timetable.inquiry import Item
from custodes.timetable.sites import Reject
from custodes.timetable.tables import table

COLUMNS = tuple(f.name for f in fields(Item))
_WORDS = {"part": ("provide", "use", "both"), "attested": ("yes", "no"), "essential": ("yes", "no")}
_DATES = ("attested_on", "waived_until", "found_on")


def read_items(stream: BinaryIO, filename: str) -> tuple[list[Item], list[Reject]]:
    """(items in the given order, rejects) of CSV, JSON lines, Parquet or a workbook's first sheet. Raises InputError for a misspelt column."""
    names, rows = table(stream, filename)
    if names is not None:
        names = [n.strip().lower().replace(" ", "_") for n in names]
        if "item_id" not in names:
            raise BrokenInputError("lacks the column item_id", where=filename, advice=f"the columns are {', '.join(COLUMNS)}")
        for name in names:
            if name and name not in COLUMNS and (near := difflib.get_close_matches(name, COLUMNS, n=1, cutoff=0.85)):
                raise InputError(f"the column {name!r} is not one of ours", where=filename, advice=f"call it {near[0]!r} if you mean that, or rename it")
        rows = (row if "reason" in row else {"origin_at": row["origin_at"], **dict(zip(names, row["cells"], strict=True))} for row in rows)
    items: list[Item] = []
    rejects: list[Reject] = []
    seen: set[str] = set()
    for row in rows:
        column, reason = (row["column"], row["reason"]) if "reason" in row else _wrong(row, seen)
        if reason:
            rejects.append({"origin_file": filename, "origin_at": str(row["origin_at"]), "column": str(column), "reason": str(reason)})
            continue
        item = _item(row)
        seen.add(item.item_id)
        items.append(item)
    return items, rejects


def _wrong(row: Mapping[str, Any], seen: set[str]) -> tuple[str, str]:
    """(column, reason) why a row cannot be used; empty when it can."""
    if not (item_id := _text(row, "item_id")):
        return "item_id", "an item needs an id"
    if item_id in seen:
        return "item_id", f"the item {item_id!r} stands already above"
    for column, words in _WORDS.items():
        if (text := _text(row, column).lower()) and text not in words:
            return column, f"{text!r} is not one of {', '.join(words)}; leave it empty when it is not known"
    for column in _DATES:
        if (text := _text(row, column)) and not _is_day(text):
            return column, f"{text!r} is not a day such as 2027-03-31"
    quantity = _text(row, "quantity")
    return ("quantity", f"{quantity!r} is not a whole number") if quantity and not quantity.isdecimal() else ("", "")


def _item(row: Mapping[str, Any]) -> Item:
    texts = {name: _text(row, name) for name in COLUMNS}
    quantity, components = texts.pop("quantity"), texts.pop("components")
    texts |= {name: texts[name].lower() for name in _WORDS}
    parts = tuple(p.strip() for p in components.split(";") if p.strip())
    return Item(quantity=int(quantity) if quantity else None, components=parts, **{**texts, "part": texts["part"] or "both"})


def _text(row: Mapping[str, Any], column: str) -> str:
    value = row.get(column)
    if isinstance(value, (list, tuple)):
        return " ; ".join(str(v) for v in value)
    return "" if value is None else str(value).strip()


def _is_day(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text)) and len(text) == 10
    except ValueError:
        return False
