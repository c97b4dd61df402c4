"""Tables of text that people bring: how they are decoded, cut into cells, and which row cannot be read. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator


def decoded(data: bytes, cut: bool = False) -> str:
    """Text of UTF-8, UTF-16 with a mark, or a spreadsheet's Windows code page. ``cut``: the bytes may end inside a character. ValueError for what is no text."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "ignore" if cut else "strict")
    if b"\0" in data:
        raise ValueError("binary")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        if cut and problem.reason == "unexpected end of data":
            return data[: problem.start].decode("utf-8-sig")
        return data.decode("cp1252", "replace")


def delimiter(text: str) -> str:
    """The commonest of comma, semicolon and tab in the first line."""
    first = text.split("\n", 1)[0]
    return max(",;\t", key=first.count)


def header(text: str) -> list[str]:
    """The names of the first line, lower case; csv.Error when it is no line of a table."""
    return [cell.strip().casefold() for cell in next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter(text)), [])]


def csv_rows(text: str) -> Iterator[tuple[int, dict[str, str] | str]]:
    """(line, cells by column or what is wrong) for every row after the header that is not blank; nothing follows a row that cannot be read."""
    table = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter(text), strict=True)
    names: list[str] | None = None
    line = 1
    while True:
        try:
            cells = next(table)
        except StopIteration:
            return
        except csv.Error as problem:
            yield line, f"cannot be read from here on ({problem})"
            return
        if names is None:
            names = [cell.strip().casefold() for cell in cells]
        elif any(cell.strip() for cell in cells):
            whole = len(cells) <= len(names)
            yield line, {name: cell for name, cell in zip(names, cells, strict=False) if name} if whole else "has more cells than the header has names"
        line = table.line_num + 1
