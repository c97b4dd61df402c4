"""The file of a chained log: whole lines only, and one write that reaches the disk."""

from __future__ import annotations

import os
from pathlib import Path


def whole_lines(path: Path) -> list[bytes]:
    """The lines that have an end, without it; none when there is no file."""
    return path.read_bytes().split(b"\n")[:-1] if path.exists() else []


def half_line(path: Path) -> bytes:
    """What stands after the last whole line: a run was stopped while writing."""
    return path.read_bytes().split(b"\n")[-1] if path.exists() else b""


def add_lines(path: Path, lines: bytes) -> None:
    """Add lines in one write that reaches the disk, after cutting off a half last line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = len(half_line(path))
    with path.open("ab") as stream:
        stream.truncate(stream.tell() - half)
        stream.write(lines)
        stream.flush()
        os.fsync(stream.fileno())
