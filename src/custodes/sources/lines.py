"""Files of lines that only ever grow: read what is whole, put away a half last line, add one line.

A run can be killed while it writes. Then the last line has no line end. Such a line was never finished and nothing rests on it;
readers leave it out and the next writer cuts it off before it adds its own. Shape: UTF-8, one canonical JSON object per line, LF.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from custodes.sources.checker import canonical as canonical

_STEP = 65_536


def whole_lines(path: Path) -> Iterator[bytes]:
    """Every finished line without its LF; nothing when the file does not exist. A half last line is left out."""
    if not path.exists():
        return
    with path.open("rb") as stream:
        for line in stream:
            if line.endswith(b"\n"):
                yield line[:-1]


def half_line(path: Path) -> bytes:
    """What follows the last LF: empty in a file that was written to the end."""
    return _after_last_lf(path)[1]


def last_line(path: Path) -> bytes:
    """The last finished line without its LF, empty when there is none; reads only the tail of the file."""
    end = _after_last_lf(path)[0]
    return _tail(path, end - 1) if end else b""


def add_lines(path: Path, lines: bytes) -> None:
    """Append ``lines`` (each ending with LF) in one write that reaches the disk; a half last line is cut off first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    end = _after_last_lf(path)[0]
    with path.open("ab") as stream:
        stream.truncate(end)
        stream.write(lines)
        stream.flush()
        os.fsync(stream.fileno())


def sync_folder(folder: Path) -> None:
    """New names in a folder are on the disk when this returns; systems that cannot do it for folders are passed over."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        pass  # some file systems refuse it for folders
    finally:
        os.close(handle)


def _after_last_lf(path: Path) -> tuple[int, bytes]:
    """(offset just after the last LF, the bytes from there to the end)."""
    if not path.exists():
        return 0, b""
    rest = _tail(path, path.stat().st_size)
    return path.stat().st_size - len(rest), rest


def _tail(path: Path, end: int) -> bytes:
    """The bytes before ``end`` back to, without, the LF before them."""
    found, parts = end, []
    with path.open("rb") as stream:
        while found > 0:
            start = max(0, found - _STEP)
            stream.seek(start)
            piece = stream.read(found - start)
            cut = piece.rfind(b"\n")
            parts.append(piece[cut + 1 :])
            if cut >= 0:
                break
            found = start
    return b"".join(reversed(parts))
