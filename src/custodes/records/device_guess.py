"""What the columns of a register seem to be, on five rows, and the entry for case.toml (``custodes records FILE --columns``)."""

from __future__ import annotations

import json
from collections.abc import Iterator

from custodes.records.csv_rows import Row
from custodes.records.device_columns import Register, find_register
from custodes.records.device_register import NAME, first_rows, register_in
from custodes.records.device_words import is_person

SHOWN = 5
"""Rows that are shown."""
_FIELDS = ("device_id", "brand", "model", "brand_model", "serial", "mac", "host", "site", "description")


def advice(head: bytes, path: str) -> str:
    """The guess in words; '' when the file holds no register. ``head``: what readers judge a file by; of a workbook all of it."""
    if not register_in(head):
        return ""
    found = [(name, rows, register) for name, rows in first_rows(head) if (register := find_register(rows))]
    lines = [f"{path}: a register of devices"]
    for name, rows, register in found:
        lines += [f"sheet {name!r}:"] if name else []
        lines += _columns(register, rows[register.at + 1 :])
    columns = {use: header.strip() for header, use in zip(found[0][2].header, found[0][2].uses, strict=True) if use in _FIELDS}
    pairs = ", ".join(f"{field} = {json.dumps(header, ensure_ascii=False)}" for field, header in columns.items())
    entry = ["[[records]]", f"path = {json.dumps(path, ensure_ascii=False)}", f'as = "{NAME}"', f"columns = {{{pairs}}}"]
    return "\n".join([*lines, "if that is right, nothing is needed; else correct this and paste it into case.toml:", *entry])


def _columns(register: Register, below: list[Row]) -> Iterator[str]:
    """A line per column: header, use, values. Columns that are not used, and cells that name people, show none."""
    shown = [row for row in below if sum(1 for cell in row if cell.strip()) > 1][:SHOWN]
    for at, (header, use) in enumerate(zip(register.header, register.uses, strict=True)):
        cells = [row[at].strip() for row in shown if len(row) > at and row[at].strip() and not is_person(row[at])]
        if use:
            yield f"  {header.strip()!r:26} {use:34} {'' if use.startswith('ignored') else ', '.join(map(repr, cells))[:100]}".rstrip()
