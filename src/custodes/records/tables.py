"""Tables of custodes' own shape, ours and a case's: makers, names, listings, links, bodies, statements, sites.

A table is known by its header, whatever the file is called; CSV or JSON lines, sites also as the first sheet of a workbook. An unknown column is reported; a value that its column does not allow
rejects the row, with line, column and reason. Columns and values: ``table_kinds`` and ``docs/tables.md``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import orjson
import pyarrow as pa

from custodes.errors import BrokenInputError
from custodes.records import table_kinds
from custodes.records.list_names import named_person
from custodes.records.rowstream import Account
from custodes.records.sheets import ZIP
from custodes.records.table_kinds import Table, table_of
from custodes.records.table_rows import names_of, table_rows
from custodes.values import Origin

NAME = "custodes_tables"
KINDS: tuple[str, ...] = ("PARTY", "LISTING", "LINK", "BODY", "STATEMENT", "SITE")


def sniff(head: bytes, filename: str) -> bool:
    """Claims a table whose header is that of one of ours, but not events at sites or promises, which have readers of their own."""
    names = frozenset(names_of(head))
    if head.startswith(ZIP) and not names >= {"site_id", "devices"}:
        return False
    return table_of(names) is not None and not names >= {"site_id", "event"} and not names >= {"measure", "by"}


def companions(filename: str) -> tuple[str, ...]:
    """Each table stands alone; parties of makers.csv and names.csv meet by maker id."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """One record per row that its table allows."""
    account = Account(origin)
    table: Table | None = None
    seen: set[str] = set()
    for row in table_rows(streams[0], origin.path):
        cells = {name: _text(value) for name, value in row.cells.items()}
        account.saw(cells)
        if row.fault:
            account.reject(row.place, "", row.fault)
            continue
        if not any(cells.values()):
            account.blank()
            continue
        table = table or _table(cells, origin.path)
        _take(account, table, seen, row.place, cells)
        yield from account.full()
    yield from account.rest(table.uses if table else {})


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    return "" if value is None else str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else orjson.dumps(value).decode()


def _table(cells: Mapping[str, str], where: str) -> Table:
    table = table_of(frozenset(cells))
    if table is None:
        known = "; ".join(f"{t.kind}: {', '.join(sorted(t.header))}" for t in table_kinds.TABLES)
        raise BrokenInputError("this is none of our tables", where=where, advice=f"the header must hold the columns of one of them ({known})")
    return table


def _take(account: Account, table: Table, seen: set[str], place: str, cells: Mapping[str, str]) -> None:
    if fault := _fault(table, cells):
        return account.reject(place, *fault)
    if table.person and named_person(cells[table.person]):
        return account.leave_out("natural person")
    if cells.get("alone") == "never" and table.kind == "PARTY":
        return account.leave_out("a name that tells nobody apart (alone = never)")
    key = table_kinds.key(table, cells)
    if key in seen:
        return account.reject(place, "", "a second row for the same thing: " + " / ".join(part for part in table.key(cells) if part))
    seen.add(key)
    return account.add(table.kind, place, table.row(cells) | {"record_key": key})


def _fault(table: Table, cells: Mapping[str, str]) -> tuple[str, str] | None:
    """Column and reason when a row may not stand, else None."""
    for column in table.needed:
        if not cells.get(column):
            return column, "empty, but it is needed"
    for column, check in table.checks.items():
        if cells.get(column) and (reason := check(cells[column])):
            return column, reason
    column, reason = table.whole(cells)
    return (column, reason) if reason else None
