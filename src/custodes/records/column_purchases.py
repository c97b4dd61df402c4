"""Arrow columns of a spending table to PURCHASE batches: the same batches as ``purchases`` makes of rows, many rows at a time.

Nothing is decided here that is not decided there: each step is the column form of the step of the same name, rows in which something is amiss are
judged one by one by the same code, and memories, counts and keys are shared, so that both ways may take turns within one file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from custodes.records.amounts import other_currency
from custodes.records.cells import array_of
from custodes.records.column_cells import Coded, amounts, cleaned, coded, empty, filled, joined, lists, numbered, text, together
from custodes.records.columns import Columns
from custodes.records.layout import Layout
from custodes.records.purchases import DECIMAL, MORE, Purchases
from custodes.records.row_keys import ENDING
from custodes.values import SCHEMAS

_NOTHING, _UNIT, _LINE = text(""), text("\x1f"), text("line ")
_BY_NUMBER, _BY_ROW, _END = text("tx"), text("row"), text(ENDING[1:])
Column: TypeAlias = Any
"""A column of texts (StringArray), or the one text (StringScalar) that stands in all its rows."""


class _Kept:
    """The cells of a block's purchases: each column is cut down to them when it is asked for."""

    def __init__(self, block: Columns, keep: pa.BooleanArray | None) -> None:
        self._cells, self._keep = block.cells, keep
        self._entities = block.entities
        lines = numbered(block.lines)
        self.lines = lines if keep is None else lines.filter(keep)

    def __getitem__(self, at: int) -> pa.StringArray:
        return self._cells[at] if self._keep is None else self._cells[at].filter(self._keep)

    def clean(self, at: int) -> pa.StringArray:
        """A column, cleaned."""
        return cleaned(self[at], self._entities)


class ColumnPurchases(Purchases):
    """Turns blocks of columns of one text table into batches, and blocks of rows too."""

    def batches_of(self, block: Columns) -> Iterator[pa.RecordBatch]:
        """Batches of a block of columns that stands below the header."""
        self._beyond += block.beyond
        for at, cells in enumerate(block.cells):
            self._filled[at] += filled(cells)
        batch = self._sound(block)
        if batch is not None:
            yield batch
        if len(self._rejects) >= MORE:
            yield from self._refused()

    def _sound(self, block: Columns) -> pa.RecordBatch | None:
        """The batch of the rows that are purchases; the others are counted or refused."""
        layout = self._layout
        suppliers = coded(block.cells[layout.supplier])
        money = amounts(block.cells[layout.amount])
        dates = coded(block.cells[layout.date]) if layout.date >= 0 else coded(pa.repeat(_NOTHING, len(money)))
        flags = [flag or "" for flag in self._flags.over(suppliers.values)]
        days = self._dates.over(dates.values) if layout.date >= 0 else [""]
        amiss = money.is_null()
        if any(flags):
            amiss = pc.or_(amiss, suppliers.where([bool(flag) for flag in flags]))
        if not all(days):
            amiss = pc.or_(amiss, dates.where([not day for day in days]))
        keep = None
        if amiss.true_count:
            judged = self._judged(block, amiss, suppliers.spread(flags), money, dates.spread(days))
            keep = pc.replace_with_mask(pc.invert(amiss), amiss, pa.array(judged, pa.bool_()))
            money, suppliers, dates = money.filter(keep), suppliers.kept(keep), dates.kept(keep)
        self.usable += len(money)
        return self._batch_of(_Kept(block, keep), suppliers, money, dates, days) if len(money) else None

    def _judged(self, block: Columns, amiss: pa.BooleanArray, flags: pa.Array, money: pa.Array, days: pa.Array) -> list[bool]:
        """For each row with something amiss: is it a purchase after all?"""
        rows = zip(*(cells.filter(amiss).to_pylist() for cells in block.cells), strict=True)
        lines = numbered(block.lines).filter(amiss).to_pylist()
        seen = zip(rows, lines, *(column.filter(amiss).to_pylist() for column in (flags, money, days)), strict=True)
        return [self._judge(row, line, flag, amount, day) for row, line, flag, amount, day in seen]

    def _batch_of(self, cells: _Kept, suppliers: Coded, money: pa.StringArray, dates: Coded, days: Sequence[str | None]) -> pa.RecordBatch:
        layout, count = self._layout, len(money)
        body, body_from, buyer = self._bodies_of(cells)
        codes, listed = self._lists_of(layout.codes, cells)
        number: Column = cells.clean(layout.transaction) if layout.transaction >= 0 else _NOTHING
        values: dict[str, Any] = {
            "body": body,
            "body_from": body_from,
            "buyer": buyer,
            "supplier": suppliers.spread(self._clean.over(suppliers.values)),
            "supplier_id": cells.clean(layout.supplier_id) if layout.supplier_id >= 0 else _NOTHING,
            "supplier_ids": self._lists_of(layout.identifiers, cells)[0],
            "description": joined([cells.clean(at) for at in layout.narrative], [cells.clean(at) for at in layout.description]) if _worded(layout) else _NOTHING,
            "codes": codes,
            "amount": pc.cast(money, DECIMAL),
            "currency": self._currency_of(cells),
            "amount_kind": text("payment"),
            "tax": text(layout.tax),
            "date": dates.spread(days),
            "date_kind": self._date_kinds_of(dates, days),
            "transaction": number,
            "origin_sha256": text(self._origin.sha256),
            "origin_file": text(self._origin.path),
            "origin_at": pc.binary_join_element_wise(_LINE, pc.cast(cells.lines, pa.string()), _NOTHING),
        }
        line: Column = pc.utf8_trim_whitespace(cells[layout.line]) if layout.line >= 0 else _NOTHING
        values["record_key"] = self._keys.of_column(_key_parts(values, money, line, listed))
        schema = SCHEMAS["PURCHASE"]
        return pa.RecordBatch.from_arrays([_array(values.get(field.name, _NOTHING), field.type, count) for field in schema], schema=schema)

    def _bodies_of(self, cells: _Kept) -> tuple[Column, Column, Column]:
        entry, folder = self._origin.entry.body, self._origin.folder_body
        default, source = (entry, "entry") if entry else (folder, "folder") if folder else ("", "")
        if self._layout.body < 0:
            return text(default), text(source), text(default)
        bodies = coded(cells[self._layout.body])
        named = [name or "" for name in self._names.over(bodies.values)]
        buyer = bodies.spread([name or default for name in named])
        if entry:
            return text(entry), text("entry"), buyer
        return buyer, bodies.spread(["column" if name else source for name in named]), buyer

    def _currency_of(self, cells: _Kept) -> Column:
        layout, entry = self._layout, self._origin.entry.currency
        default = entry or layout.sign or "GBP"
        if not entry and layout.currency >= 0:
            currencies = coded(cells[layout.currency])
            return currencies.spread([(cell or "").upper() or default for cell in self._clean.over(currencies.values)])
        amount = cells[layout.amount]
        if not entry and pc.match_substring_regex(amount, other_currency(default)).true_count:
            signed = coded(amount)
            return signed.spread([currency or default for currency in self._currencies.over(signed.values)])
        return text(default)

    def _lists_of(self, fields: tuple[tuple[str, int], ...], cells: _Kept) -> tuple[pa.ListArray | None, Column]:
        """Identifiers or codes per row, and the same as parts of a key; None when the table has none."""
        if not fields:
            return None, _NOTHING
        columns = [coded(cells[at]) for _, at in fields]
        numbers, combined = together(columns)
        found = [self._codes[scheme].over(column.values) for (scheme, _), column in zip(fields, columns, strict=True)]
        rows = [[code for results, at in zip(found, places, strict=True) if (code := results[at])] for places in combined]
        return lists(rows, numbers), pa.array(["\x1f".join(["", *row]) for row in rows], pa.string()).take(numbers)

    def _date_kinds_of(self, dates: Coded, days: Sequence[str | None]) -> Column:
        kind = self._layout.date_kind
        if not kind or all(len(day or "") == 10 for day in days):
            return text(kind)
        return dates.spread([("period" if len(day) > 10 else kind) if day else "" for day in days])


def _array(value: Column | pa.ListArray | None, dtype: pa.DataType, count: int) -> pa.Array:
    return pa.repeat(value, count) if isinstance(value, pa.Scalar) else array_of(value, dtype, count)


def _worded(layout: Layout) -> bool:
    return bool(layout.narrative or layout.description)


def _key_parts(values: dict[str, Any], money: pa.StringArray, line: Column, listed: Column) -> pa.StringArray:
    """The parts of each row's key: by transaction number where there is one, else by the row's values."""
    number, body, described, date = values["transaction"], values["body"], values["description"], values["date"]
    without = empty(number) if isinstance(number, pa.Array) else None
    by_number = None if without is None else pc.binary_join_element_wise(_BY_NUMBER, body, number, line, described, money, _END, _UNIT)
    if without is not None and not without.true_count:
        return by_number
    day = pc.binary_join_element_wise(date, listed, _NOTHING) if isinstance(listed, pa.Array) else date
    by_row = pc.binary_join_element_wise(_BY_ROW, body, values["supplier"], described, money, values["currency"], day, _END, _UNIT)
    return by_row if without is None else pc.if_else(without, by_row, by_number)
