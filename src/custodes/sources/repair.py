"""An archive that a killed run left: what of it is whole, and a half last record cut off.

Only the end is ever cut, and what is cut off is kept beside the file. Damage in the middle, with whole records behind it, is not repaired: such a file
was changed, not interrupted, and is evidence of that.
"""

from __future__ import annotations

import os
import zlib
from dataclasses import dataclass
from pathlib import Path

from custodes.errors import IntegrityError
from custodes.sources.checker import Damaged, records
from custodes.sources.lines import sync_folder

_MAGIC = b"\x1f\x8b\x08"


@dataclass(frozen=True, slots=True)
class Whole:
    """``count`` records are whole and end at byte ``end``; ``first_id`` is the first one's. ``problem``: what is wrong behind them, empty when nothing is.

    ``cut_off``: the problem is a half last record; otherwise further records follow the damage, or a whole record does not match its digest.
    """

    count: int
    end: int
    first_id: str
    problem: str
    cut_off: bool


def whole_records(path: Path) -> Whole:
    """Read the records of a WARC with one gzip member each as far as they are whole and true."""
    count, end, first, problem = 0, 0, "", ""
    with path.open("rb") as stream:
        try:
            for record in records(stream):
                if record.offset != end or record.length < 0:
                    problem = "the records do not begin gzip members of their own"
                elif record.problem:
                    problem = record.problem
                if problem:
                    return Whole(count, end, first, problem, cut_off=False)
                count, end, first = count + 1, record.offset + record.length, first or record.record_id
        except Damaged as damage:
            problem = str(damage)
    return Whole(count, end, first, problem, cut_off=bool(problem) and not _record_after(path, end + 1))


def repair(path: Path) -> int:
    """Cut a half last record off and keep it beside the file as ``NAME.cut-OFFSET``; gives how many bytes were cut, 0 when nothing was to do.

    Raises IntegrityError when the damage is not at the end, or when nothing is whole.
    """
    found = whole_records(path)
    if not found.problem:
        return 0
    if not found.cut_off or not found.count:
        what = f"{found.count} records are whole; then {found.problem}"
        raise IntegrityError(what, where=str(path), advice="this is no interrupted write: keep the file as it is and take a copy that is whole")
    with path.open("r+b") as stream:
        stream.seek(found.end)
        rest = stream.read()
        with path.with_name(f"{path.name}.cut-{found.end}").open("wb") as beside:
            beside.write(rest)
            beside.flush()
            os.fsync(beside.fileno())
        sync_folder(path.parent)
        stream.truncate(found.end)
        stream.flush()
        os.fsync(stream.fileno())
    return len(rest)


def _record_after(path: Path, at: int) -> bool:
    """Does a gzip member that holds a record begin somewhere at or behind ``at``?"""
    data = path.read_bytes()[at:] if path.stat().st_size < 1 << 30 else b""
    begin = data.find(_MAGIC)
    while begin >= 0:
        try:
            if zlib.decompressobj(31).decompress(data[begin : begin + 65_536], 16).startswith(b"WARC/"):
                return True
        except zlib.error:
            pass
        begin = data.find(_MAGIC, begin + 1)
    return False
