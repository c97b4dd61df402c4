"""Text to rows of cells with the line on which each begins; a quotation mark that never closes does not swallow what follows.

Python's ``csv`` reads a piece of text at a time. A sentinel line after the piece shows whether the last record was complete; if not, it is carried
into the next piece. A record of several lines is trusted only when its quotes are exact and it spans at most MAX_SPAN lines;
else its first line is refused (:class:`Torn`) and reading goes on with the next line.
"""

from __future__ import annotations

import csv
import gc
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate, chain
from typing import TypeVar

from custodes.errors import BrokenInputError

MAX_SPAN = 100
"""Lines that one record may span."""
MAX_RECORD = 4 << 20
MAX_TORN = 100
"""Refused quotes after which the file itself is refused."""
DELIMITERS = (",", ";", "\t", "|")
_END = "\x1e\x1eEND"
csv.field_size_limit(1 << 27)

Row = list[str]
Quick = TypeVar("Quick")
"""What a quicker way makes of a piece of text."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """The delimiter, and whether a blank stands between delimiter and opening quote."""

    delimiter: str = ","
    blank_before_quote: bool = False


@dataclass(frozen=True, slots=True)
class Torn:
    """A line refused because a cell opened a quotation mark there and did not close it as tables do."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Block:
    """Rows with the line on which each begins, and the lines refused among them."""

    rows: list[Row]
    lines: Sequence[int]
    torn: tuple[Torn, ...] = ()


def dialect_of(text: str) -> Dialect:
    """Dialect from the head of the text: the delimiter that gives most cells in the shape that most rows share."""
    rivals = [d for d in DELIMITERS if d in text]
    scores = {d: _score(text, d) for d in rivals} if rivals != [","] else {}
    delimiter = max(DELIMITERS, key=lambda d: scores.get(d, 0.0))
    if '"' not in text:
        return Dialect(delimiter)
    mark = re.escape(delimiter)
    spaced = len(re.findall(mark + r' +"[^"\n]*"(?=' + mark + r"|\n)", text))
    tight = len(re.findall(mark + r'"[^"\n]*"(?=' + mark + r"|\n)", text))
    return Dialect(delimiter, spaced > tight)


def _score(text: str, delimiter: str) -> float:
    widths = [len(row) for row in csv.reader(io.StringIO(text), delimiter=delimiter) if row]
    if not widths:
        return 0.0
    usual = max(sorted(set(widths)), key=widths.count)
    return (usual - 1) * widths.count(usual) / len(widths)


def blocks(pieces: Iterable[str], dialect: Dialect, where: str = "") -> Iterator[Block]:
    """Rows block by block. BrokenInputError when more than MAX_TORN records have quotes that do not close."""
    return parts(pieces, dialect, where, _no_quicker)


def _no_quicker(text: str, line: int) -> Block | None:
    return None


def parts(pieces: Iterable[str], dialect: Dialect, where: str, quick: Callable[[str, int], Quick | None], below: int = 1) -> Iterator[Block | Quick]:
    """As :func:`blocks`, but what ``quick`` makes of a piece (text, its first line) that begins at line ``below`` or later stands for its rows."""
    rest, line, torn = "", 1, 0
    for text, last in _with_last(pieces):
        whole = rest + text
        head, body = _cut(whole, dialect, line, below)
        made = quick(body, max(line, below)) if body else None
        if made is not None:
            if head:
                yield head
            yield made
            rest, line = "", max(line, below) + body.count("\n")
            continue
        block, rest, line = _parse(whole, dialect, line, last)
        torn += len(block.torn)
        if torn > MAX_TORN:
            at = block.torn[-1].line
            advice = "export the table anew with every quotation mark inside a cell doubled"
            raise BrokenInputError(f"more than {MAX_TORN} cells open a quotation mark and do not close it", where=f"{where}, line {at}", advice=advice)
        yield block


def _cut(text: str, dialect: Dialect, line: int, below: int) -> tuple[Block | None, str]:
    """The rows above line ``below``, if any, and the text from there on; no text when a record may reach over that line."""
    if line >= below:
        return None, text
    lines = text.split("\n", below - line)
    if len(lines) <= below - line or not lines[-1]:
        return None, ""
    block, _, _ = _parse("".join(f"{part}\n" for part in lines[:-1]), dialect, line, True)
    return (None, "") if block.torn else (block, lines[-1])


def _with_last(pieces: Iterable[str]) -> Iterator[tuple[str, bool]]:
    """Each piece with whether it is the last."""
    held: str | None = None
    for piece in pieces:
        if held is not None:
            yield held, False
        held = piece
    if held is not None:
        yield held, True


def read_lines(text: str, dialect: Dialect) -> tuple[list[Row], bool]:
    """Rows of a text, and whether its last record was complete (an incomplete one is the last row)."""
    with collecting_off():
        rows = _split(text, dialect)
        if rows is not None:
            return rows, True
        rows = _csv(chain(io.StringIO(text), (_END,)), dialect)
    if rows[-1] == [_END]:
        rows.pop()
        return rows, True
    return rows, False


def even(rows: Sequence[Sequence[str]], width: int) -> tuple[Sequence[Sequence[str]], int]:
    """Rows padded or cut to a width, and how many filled cells stood beyond it."""
    if set(map(len, rows)) == {width}:
        return rows, 0
    pad = [""] * width
    beyond = sum(1 for row in rows if len(row) > width for cell in row[width:] if cell.strip())
    return [row if len(row) == width else [*row, *pad][:width] for row in rows], beyond


def _csv(lines: Iterable[str], dialect: Dialect) -> list[Row]:
    return list(csv.reader(lines, delimiter=dialect.delimiter, skipinitialspace=dialect.blank_before_quote))


def _split(text: str, dialect: Dialect) -> list[Row] | None:
    """Rows of a text in which every record is one line: lines without a quotation mark are cut at the delimiter, the others go through ``csv``.

    The same rows as ``csv`` gives (a blank line is a row of one empty cell), in half the time. None when a record may span lines.
    """
    if dialect.blank_before_quote:
        return None
    lines = text.split("\n")
    lines.pop()
    delimiter = dialect.delimiter
    quoted = [at for at, line in enumerate(lines) if '"' in line] if '"' in text else []
    if any(lines[at].count('"') & 1 for at in quoted):
        return None
    rows = [line.split(delimiter) for line in lines]
    if quoted:
        parsed = _csv([*[lines[at] for at in quoted], _END], dialect)
        if len(parsed) != len(quoted) + 1 or parsed[-1] != [_END]:
            return None
        for at, row in zip(quoted, parsed, strict=False):
            rows[at] = row
    return rows


@contextmanager
def collecting_off() -> Iterator[None]:
    """No garbage collection while many small lists are made: it would look at each of them again and again, and none is part of a cycle."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _parse(text: str, dialect: Dialect, line: int, last: bool) -> tuple[Block, str, int]:
    """Block, text carried into the next piece, and the number of its first line."""
    rows, whole = read_lines(text, dialect)
    count = text.count("\n")
    if whole and len(rows) == count:
        return Block(rows, range(line, line + count)), "", line + count
    done: list[Row] = []
    places: list[int] = []
    torn: list[Torn] = []
    lines = text.split("\n")
    lines.pop()
    at = 0
    while at < len(lines):
        rows, whole = (rows, whole) if at == 0 else read_lines("\n".join([*lines[at:], ""]), dialect)
        spans = [1 + "".join(row).count("\n") for row in rows[: len(rows) - (not whole)]]
        starts = list(accumulate(spans, initial=at))
        bad = next((i for i, span in enumerate(spans) if span > 1 and suspect(lines[starts[i] : starts[i + 1]], dialect)), None)
        good = len(spans) if bad is None else bad
        done += rows[:good]
        places += [line + start for start in starts[:good]]
        at = starts[good]
        if bad is None and at < len(lines) and not last and not _hopeless(lines[at:]):
            break
        if at < len(lines):
            torn.append(Torn(line + at, "a cell opens a quotation mark here that is not closed as it should be"))
            at += 1
            if len(torn) > MAX_TORN:
                break
    rest = "".join(f"{part}\n" for part in lines[at:])
    return Block(done, places, tuple(torn)), rest, line + at


def _hopeless(lines: list[str]) -> bool:
    return len(lines) > MAX_SPAN or sum(map(len, lines)) > MAX_RECORD


def suspect(lines: list[str], dialect: Dialect) -> bool:
    """Is this record of several lines no honest one: too long, or its quotes not exact?"""
    if _hopeless(lines):
        return True
    try:
        text = io.StringIO("\n".join([*lines, ""]))
        rows = list(csv.reader(text, delimiter=dialect.delimiter, skipinitialspace=dialect.blank_before_quote, strict=True))
    except csv.Error:
        return True
    return len(rows) != 1 or any(_swallowed(cell, len(rows[0]), dialect) for cell in rows[0] if "\n" in cell)


def _swallowed(cell: str, width: int, dialect: Dialect) -> bool:
    """Does a line inside the cell look like a record of its own?"""
    pattern = re.escape(dialect.delimiter) + r"(?! )"
    lines = (re.split(pattern, part) for part in cell.split("\n")[1:])
    return width > 3 and any(len(parts) >= width and sum(1 for part in parts if part.strip()) > 2 for parts in lines)
