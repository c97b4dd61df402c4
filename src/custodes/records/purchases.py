"""Rows of a spending table to PURCHASE batches, column by column; what is no purchase is counted or refused with its place.

One path for every dialect: a block of rows is padded to one width and turned into columns; each column is mapped through a memory of the values
seen so far (spending repeats its suppliers, dates and accounts), and only rows in which something is amiss are looked at one by one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import compress

import pyarrow as pa
import pyarrow.compute as pc

from custodes.records.amounts import canonical_all, currency_of, other_currency
from custodes.records.cells import TOTAL, Joined, Memory, array_of, clean, clean_all, code_of, flag
from custodes.records.csv_rows import collecting_off, even
from custodes.records.dates import iso_of
from custodes.records.layout import Layout, header_score, is_name
from custodes.records.row_keys import Keys
from custodes.values import REPORTED, SCHEMAS, Origin, batch_of, columns_used, left_out

Rows = Sequence[Sequence[str]]
DECIMAL = pa.decimal128(24, 4)
MORE = 10_000
"""Refused rows held before they are handed on."""
# What a cell means depends on the cell alone (but for dates), so files share their memories: it changes time, never answers.
_CLEAN, _FLAGS, _NAMES = Memory(clean), Memory(flag), Memory(lambda cell: clean(cell) if is_name(cell) else "")
_JOINED, _CURRENCIES = Joined(), Memory(currency_of)


@cache
def _codes(scheme: str) -> Memory:
    """The memory of the codes of one scheme."""
    return Memory(code_of(scheme))


class Purchases:
    """Turns blocks of rows of one table into batches.

    ``place`` writes where a row stands from its line ("line 17"); ``prefix`` stands before the names of columns ("sheet 'May': ").
    """

    def __init__(self, layout: Layout, origin: Origin, place: Callable[[int], str] = "line {}".format, keys: Keys | None = None, prefix: str = "") -> None:
        self._prefix = prefix
        self._layout, self._origin, self._place = layout, origin, place
        self._keys = keys or Keys()
        self._clean, self._flags, self._names = _CLEAN, _FLAGS, _NAMES
        self._dates = Memory(lambda cell: iso_of(cell, layout.day_first))
        self._joined, self._currencies = _JOINED, _CURRENCIES
        self._codes = {scheme: _codes(scheme) for scheme, _ in (*layout.codes, *layout.identifiers)}
        self._filled = [0] * layout.width
        self._out: Counter[tuple[str, bool]] = Counter()
        self._rejects: list[dict[str, str]] = []
        self._beyond = 0
        self._header = [cell.strip().casefold() for cell in layout.header]
        self.usable = 0

    def refuse(self, line: int, column: str, reason: str) -> None:
        """Count a row as rejected, with its place."""
        self._rejects.append({"origin_file": self._origin.path, "origin_at": self._place(line), "column": column, "reason": reason})

    def batches(self, rows: Rows, lines: Sequence[int]) -> Iterator[pa.RecordBatch]:
        """Batches of a block of rows and the lines on which they begin."""
        rows, lines = self._below_header(rows, lines)
        if not rows:
            return
        with collecting_off():
            batch = self._purchases(self._even(rows), lines)
        if batch is not None:
            yield batch
        if len(self._rejects) >= MORE:
            yield from self._refused()

    def _purchases(self, rows: Rows, lines: Sequence[int]) -> pa.RecordBatch | None:
        layout = self._layout
        columns: list[Sequence[str]] = list(zip(*rows, strict=True))
        self._count(columns)
        flags = self._flags.over(columns[layout.supplier])
        amounts = canonical_all(columns[layout.amount])
        dates: list[str | None] = self._dates.over(columns[layout.date]) if layout.date >= 0 else [""] * len(rows)
        if any(flags) or None in amounts or None in dates or "" in dates:
            keep = [
                not (flag or amount is None or not date) or self._judge(row, line, str(flag), amount, date)
                for row, line, flag, amount, date in zip(rows, lines, flags, amounts, dates, strict=True)
            ]
            columns = [list(compress(cells, keep)) for cells in columns]
            lines, amounts, dates = list(compress(lines, keep)), list(compress(amounts, keep)), list(compress(dates, keep))
        self.usable += len(lines)
        return self._batch(columns, lines, amounts, dates) if lines else None

    def _refused(self) -> Iterator[pa.RecordBatch]:
        if self._rejects:
            yield batch_of("REJECT", self._rejects)
            self._rejects = []

    def outcome(self) -> Iterator[pa.RecordBatch]:
        """What became of the rest, once all rows are read."""
        yield from self._refused()
        if self._out:
            yield left_out(self._out)
        layout = self._layout
        uses = [(self._prefix + layout.name(at), layout.uses[at] or REPORTED, self._filled[at]) for at in range(layout.width) if layout.uses[at] or self._filled[at]]
        beyond = [(self._prefix + "(beyond the header)", REPORTED, self._beyond)] if self._beyond else []
        yield columns_used([*uses, *beyond])

    def _below_header(self, rows: Rows, lines: Sequence[int]) -> tuple[Rows, Sequence[int]]:
        """The rows below the header; those above and itself are counted as headings."""
        top = self._layout.header_line
        if not lines or lines[0] > top:
            return rows, lines
        above = sum(1 for line in lines if line <= top)
        for row in rows[: above - (lines[above - 1] == top)]:
            self._out["heading" if any(cell.strip() for cell in row) else "blank", False] += 1
        return rows[above:], lines[above:]

    def _even(self, rows: Rows) -> Rows:
        """Rows padded or cut to the width of the table; filled cells beyond it are counted."""
        rows, beyond = even(rows, self._layout.width)
        self._beyond += beyond
        return rows

    def _count(self, columns: list[Sequence[str]]) -> None:
        """Add to the number of filled cells of each column."""
        for at, cells in enumerate(columns):
            self._filled[at] += len(cells) - cells.count("") - sum(map(str.isspace, cells))

    def _judge(self, row: Sequence[str], line: int, flag: str, amount: str | None, date: str | None) -> bool:
        """Is a row with something amiss a purchase after all? Else it is counted or refused."""
        layout = self._layout
        filled = sum(1 for cell in row if cell.strip())
        if filled < layout.enough:
            worded = any(any(c.isalpha() for c in cell) for cell in row)
            self._out["blank" if not filled else "heading" if worded else "near blank", False] += 1
            return False
        reason = self._reason_to_leave(row, flag, amount, date)
        if reason:
            self._out[reason, True] += 1
        elif flag == "empty":
            self.refuse(line, layout.name(layout.supplier), "no supplier")
        elif amount is None:
            self.refuse(line, layout.name(layout.amount), _unreadable("amount", row[layout.amount]))
        elif date is None:
            self.refuse(line, layout.name(layout.date), _unreadable("date", row[layout.date]))
        else:
            return True
        return False

    def _reason_to_leave(self, row: Sequence[str], flag: str, amount: str | None, date: str | None) -> str:
        layout = self._layout
        if amount is None and (_same(row, self._header) or header_score(row)):
            return "repeated header"
        others = [clean(cell) for at, cell in enumerate(row) if at not in (layout.supplier, layout.amount)]
        if flag == "total" and not date and (layout.transaction < 0 or not row[layout.transaction].strip()):
            return "total"
        if flag == "empty" and any(TOTAL.match(cell) for cell in others if cell):
            return "total"
        return flag if flag == "natural person" else ""

    def _batch(self, columns: list[Sequence[str]], lines: Sequence[int], amounts: list[str | None], dates: list[str | None]) -> pa.RecordBatch:
        """The batch of rows that are purchases, given as columns with what is read of them already."""
        layout, count = self._layout, len(lines)
        suppliers = self._clean.over(columns[layout.supplier])
        described = self._described(columns, count)
        bodies, body_from, buyers = self._bodies(columns, count)
        currencies = self._currency(columns, count)
        numbers = clean_all(columns[layout.transaction]) if layout.transaction >= 0 else [""] * count
        codes = self._lists(layout.codes, columns, count)
        values = {
            "record_key": self._keys.of(self._parts(columns, bodies, suppliers, described, amounts, currencies, dates, numbers, codes)),
            "body": bodies,
            "body_from": body_from,
            "buyer": buyers,
            "supplier": suppliers,
            "supplier_id": self._clean.over(columns[layout.supplier_id]) if layout.supplier_id >= 0 else "",
            "supplier_ids": self._lists(layout.identifiers, columns, count),
            "description": described,
            "codes": codes,
            "amount": pc.cast(pa.array(amounts, pa.string()), DECIMAL),
            "currency": currencies,
            "amount_kind": "payment",
            "tax": layout.tax,
            "date": dates,
            "date_kind": self._date_kinds(dates),
            "transaction": numbers,
            "origin_sha256": self._origin.sha256,
            "origin_file": self._origin.path,
            "origin_at": list(map(self._place, lines)),
        }
        schema = SCHEMAS["PURCHASE"]
        return pa.RecordBatch.from_arrays([array_of(values.get(field.name, ""), field.type, count) for field in schema], schema=schema)

    def _described(self, columns: list[Sequence[str]], count: int) -> list[str]:
        """What was bought: free words first, then classes and accounts, joined with " | "."""
        layout = self._layout
        texts = [""] * count
        if layout.description:
            texts = list(map(self._joined.__getitem__, zip(*(columns[at] for at in layout.description), strict=True)))
        for at in reversed(layout.narrative):
            texts = [f"{first} | {rest}" if first and rest else first or rest for first, rest in zip(clean_all(columns[at]), texts, strict=True)]
        return texts

    def _bodies(self, columns: list[Sequence[str]], count: int) -> tuple[str | list[str], str | list[str], str | list[str]]:
        """Body, where it is from, and buyer: entry before column before folder; the buyer is the column's where it says one."""
        entry, folder = self._origin.entry.body, self._origin.folder_body
        default, source = (entry, "entry") if entry else (folder, "folder") if folder else ("", "")
        if self._layout.body < 0:
            return default, source, default
        named = [name or "" for name in self._names.over(columns[self._layout.body])]
        if len(set(named)) == 1 and named[0]:
            return (entry, "entry", named[0]) if entry else (named[0], "column", named[0])
        buyers = [name or default for name in named]
        if entry:
            return entry, "entry", buyers
        return buyers, ["column" if name else source for name in named], buyers

    def _currency(self, columns: list[Sequence[str]], count: int) -> str | list[str]:
        """Entry, column, the cell's own sign, the header's sign, GBP."""
        layout, entry = self._layout, self._origin.entry.currency
        default = entry or layout.sign or "GBP"
        if not entry and layout.currency >= 0:
            return [(cell or "").upper() or default for cell in self._clean.over(columns[layout.currency])]
        cells = columns[layout.amount]
        if not entry and re.search(other_currency(default), "\x1e".join(cells)):
            return [currency or default for currency in self._currencies.over(cells)]
        return default

    def _lists(self, fields: tuple[tuple[str, int], ...], columns: list[Sequence[str]], count: int) -> list[list[str]] | None:
        """Identifiers or codes per row; None when the table has none."""
        if not fields:
            return None
        found = [self._codes[scheme].over(columns[at]) for scheme, at in fields]
        return [[code for code in row if code] for row in zip(*found, strict=True)]

    def _date_kinds(self, dates: list[str | None]) -> str | list[str]:
        kind = self._layout.date_kind
        if not kind or all(len(day or "") == 10 for day in set(dates)):
            return kind
        return [("period" if len(day) > 10 else kind) if day else "" for day in dates]

    def _parts(
        self, columns: list[Sequence[str]], bodies: str | list[str], suppliers: list[str | None], described: list[str], amounts: list[str | None],
        currencies: str | list[str], dates: list[str | None], numbers: list[str], codes: list[list[str]] | None,
    ) -> list[str]:  # fmt: skip
        """The parts of each row's key joined by U+001F: by transaction number where there is one, else by the row's values."""
        count = len(suppliers)
        body = [bodies] * count if isinstance(bodies, str) else bodies
        line = [cell.strip() for cell in columns[self._layout.line]] if self._layout.line >= 0 else [""] * count
        by_row = self._layout.transaction < 0
        parts = [] if by_row else [f"tx\x1f{b}\x1f{n}\x1f{at}\x1f{d}\x1f{a}" for b, n, at, d, a in zip(body, numbers, line, described, amounts, strict=True)]
        if by_row or "" in numbers:
            money = [currencies] * count if isinstance(currencies, str) else currencies
            listed = ["\x1f".join(["", *row]) for row in codes] if codes else [""] * count
            rows = zip(body, suppliers, described, amounts, money, dates, listed, strict=True)
            whole = [f"row\x1f{b}\x1f{s}\x1f{d}\x1f{a}\x1f{c}\x1f{day}{more}" for b, s, d, a, c, day, more in rows]
            parts = whole if by_row else [part if n else other for part, n, other in zip(parts, numbers, whole, strict=True)]
        return parts


def _same(row: Sequence[str], header: list[str]) -> bool:
    """Is the row the header once more?"""
    cells = [cell.strip().casefold() for cell in row]
    return any(header) and sum(1 for a, b in zip(cells, header, strict=False) if a and a == b) >= max(2, 0.7 * sum(1 for b in header if b))


def _unreadable(what: str, cell: str) -> str:
    shown = cell.strip()[:60]
    return f"{what} not understood: {shown!r}" if shown else f"no {what}"
