"""The guessed map of a table: what each field would be on five rows, and the ``[[records]]`` entry of case.toml to paste."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass

from custodes.errors import CustodesError
from custodes.records import HEAD_SIZE, json_table
from custodes.records.csv_rows import Row
from custodes.records.decoding import Survey, encoding_of, page_of
from custodes.records.layout import Layout, choose_loosely, find_layout
from custodes.records.sheets import ZIP, sheets
from custodes.records.tabular import head_rows

SHOWN = 5
"""Rows that a guess shows."""
_SINGLE = {"supplier": "supplier", "amount": "amount", "date": "date", "body": "body", "transaction": "transaction", "line": "line", "currency": "currency"}
_ASK = {"supplier": "who was paid", "amount": "how much", "date": "when"}


@dataclass(frozen=True, slots=True)
class Guess:
    """A guessed map. ``columns``: field -> headers as they stand; ``rows``: the first rows under it; ``missing``: needed fields not recognised."""

    headers: tuple[str, ...]
    columns: dict[str, tuple[str, ...]]
    rows: tuple[dict[str, str], ...]
    missing: tuple[str, ...]

    def entry(self, path: str) -> str:
        """The entry to paste into case.toml; what was not recognised stands as a comment to fill in."""
        pairs = [f"{field} = {_value(names)}" for field, names in self.columns.items()]
        pairs += [f'{field} = "..."' for field in self.missing]
        lines = ["[[records]]", f"path = {json.dumps(path, ensure_ascii=False)}", f"columns = {{{', '.join(pairs)}}}"]
        return "\n".join([*lines, *(f"# {field} ({_ASK[field]}): put the header of its column in place of the dots" for field in self.missing)])


def _value(names: Sequence[str]) -> str:
    quoted = [json.dumps(name, ensure_ascii=False) for name in names]
    return quoted[0] if len(quoted) == 1 else f"[{', '.join(quoted)}]"


def guess(head: bytes, filename: str) -> Guess | None:
    """The guessed map from the first bytes of a file (of a workbook: all of them); None for what is no table. Never raises."""
    try:
        rows, lines = _table(head)
    except (CustodesError, ValueError):
        return None
    rows, lines = rows[:2000], lines[:2000]
    if not any(sum(1 for cell in row if cell.strip()) > 1 for row in rows):
        return None
    layout = find_layout(rows, lines) or choose_loosely(rows, lines)
    return _guess(layout, [row for row, line in zip(rows, lines, strict=True) if line > layout.header_line])


def _table(head: bytes) -> tuple[list[Row], list[int]]:
    """Rows and lines of the head, whatever kind of table it is. CustodesError or ValueError when it is none."""
    if head.startswith(ZIP):
        for _, source in sheets(io.BytesIO(head), ""):
            numbered = list(source())[:2000]
            if any(len(row) > 1 for _, row in numbered):
                return [row for _, row in numbered], [number for number, _ in numbered]
        return [], []
    encoding, mark = encoding_of(head)
    found = Survey(encoding, mark, page_of(head))
    if encoding == "utf-8" and b"\0" in head:
        return [], []
    if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{"):
        objects = [value for _, value in json_table.objects(io.BytesIO(head), found) if value][:2000]
        keys = list(dict.fromkeys(key for value in objects for key in value))
        return [keys, *(json_table.row_of(value, keys) for value in objects)], list(range(1, len(objects) + 2))
    rows, lines, _ = head_rows(io.BytesIO(head), found, max(HEAD_SIZE, len(head)))
    return rows, lines


def _guess(layout: Layout, data: list[Row]) -> Guess:
    columns: dict[str, tuple[str, ...]] = {field: (_header(layout, at),) for field, name in _SINGLE.items() if (at := getattr(layout, name)) >= 0}
    places = {field: [getattr(layout, name)] for field, name in _SINGLE.items() if getattr(layout, name) >= 0}
    described = [*layout.narrative, *layout.description]
    if described:
        columns["description"] = tuple(dict.fromkeys(_header(layout, at) for at in described))
        places["description"] = described
    filled = [row for row in data if sum(1 for cell in row if cell.strip()) > 1][:SHOWN]
    shown = tuple({field: " | ".join(row[at].strip() for at in at_all if at < len(row) and row[at].strip()) for field, at_all in places.items()} for row in filled)
    missing = tuple(field for field in ("supplier", "amount") if field not in columns)
    return Guess(tuple(cell.strip() for cell in layout.header), columns, shown, missing)


def _header(layout: Layout, at: int) -> str:
    return layout.header[at].strip() or f"column {at + 1}"


def advice(head: bytes, filename: str, path: str) -> str:
    """What to do with a file that no reader claims: the guessed map on five rows and the entry to paste; where it is no table, where to read on."""
    found = guess(head, filename)
    if found is None or not found.columns:
        headers = "" if found is None else f"\nits headers: {_listed(found)}"
        return f"if it is a table of purchases, give it a map (docs/readers/table_map.md); else leave it out of the case{headers}"
    rows = [f"  row {number}: " + "; ".join(f"{field} = {text[:60]}" for field, text in row.items()) for number, row in enumerate(found.rows, 1)]
    entry = f"if it is a table of purchases, say which column is which in case.toml:\n{found.entry(path)}"
    return "\n".join([entry, f"its headers: {_listed(found)}", "its first rows under that map:", *rows])


def _listed(found: Guess) -> str:
    return ", ".join(repr(header) for header in found.headers if header)[:600] or "none; name columns by number: \"column 1\""
