"""Inputs kept by the hash of their bytes: once stored, a file can be renamed, edited or deleted outside and we still hold what we read.

On disk: ``captures/<first two hex digits>/<sha256>`` (read-only) and ``captures.jsonl``, one line per (hash, path) that was seen.
The bytes come first and the line second, so every line has its bytes. Each step can be killed and repeated: bytes are written
under a temporary name and renamed when whole.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from custodes.errors import BrokenInputError, InputError, IntegrityError
from custodes.sources.lines import add_lines, canonical, whole_lines
from custodes.values import Capture

BUFFER = 1 << 20
_LOG = "captures.jsonl"
_HALF = ".incoming-"


class Store:
    """The captures of one folder. Reads the log once; give one Store many files. One at a time: the caller holds the lock of the case.

    ``removed``: hashes of bytes that were removed by order; they are refused with InputError.
    """

    def __init__(self, folder: Path, removed: frozenset[str] = frozenset()) -> None:
        self._folder, self._removed = folder, removed
        for half in sorted((folder / "captures").glob(_HALF + "*")):  # what a killed run left
            half.unlink()
        self._seen = {(c.sha256, c.path): c for c in held(folder)}
        self._sizes = {(c.path, c.size) for c in self._seen.values()}

    def store(self, path: Path, shown_path: str, now: str) -> Capture:
        """Keep the bytes of ``path`` and log them under ``shown_path``; ``now`` is the ISO time to record.

        The same bytes under the same path again: nothing is written and the first Capture is returned.
        Raises InputError for what is not a readable file, IntegrityError when the copy we hold is no longer what its name says.
        """
        sha256, size = self._keep(path, shown_path)
        known = self._seen.get((sha256, shown_path))
        return known or self._log(Capture(sha256, size, shown_path, now))

    def _keep(self, path: Path, shown_path: str) -> tuple[str, int]:
        with _readable(path, shown_path) as source:
            size = os.fstat(source.fileno()).st_size
            if (shown_path, size) in self._sizes:  # most likely unchanged: look before copying
                sha256, size = digest(source)
                if self._is_held(sha256):
                    return sha256, size
                source.seek(0)
            return self._copy(source, shown_path)

    def _copy(self, source: BinaryIO, shown_path: str) -> tuple[str, int]:
        captures = self._folder / "captures"
        captures.mkdir(parents=True, exist_ok=True)
        half = captures / (_HALF + hashlib.sha256(shown_path.encode("utf-8", "surrogatepass")).hexdigest()[:16])
        half.unlink(missing_ok=True)
        try:
            sha256, size = _copied(source, half)
            if sha256 in self._removed:
                what = f"these bytes ({sha256}) were removed from the case by order"
                raise InputError(what, where=shown_path, advice="take the file out of the inputs; seal.jsonl names the order")
            if not self._is_held(sha256):
                half.chmod(0o444)
                target = place(self._folder, sha256)
                target.parent.mkdir(exist_ok=True)
                half.replace(target)
            return sha256, size
        finally:
            half.unlink(missing_ok=True)

    def _is_held(self, sha256: str) -> bool:
        target = place(self._folder, sha256)
        if not target.exists():
            return False
        with target.open("rb") as stream:
            found, _ = digest(stream)
        if found == sha256:
            return True
        raise IntegrityError(
            f"the stored copy has the hash {found}, not {sha256}",
            where=str(target.relative_to(self._folder)),
            advice="keep the file as evidence of the damage outside the case, remove it here, and run again; the input still has the right bytes",
        )

    def _log(self, capture: Capture) -> Capture:
        add_lines(self._folder / _LOG, canonical(_fields(capture)) + b"\n")
        self._seen[capture.sha256, capture.path] = capture
        self._sizes.add((capture.path, capture.size))
        return capture


def store(path: Path, folder: Path, shown_path: str, now: str) -> Capture:
    """Keep one file; see :meth:`Store.store`. For many files make one :class:`Store`."""
    return Store(folder).store(path, shown_path, now)


def held(folder: Path) -> tuple[Capture, ...]:
    """Everything the log names, in the order it came in. Raises IntegrityError at a line that is not one of ours."""
    return tuple(capture for _, capture in logged(folder))


def logged(folder: Path) -> Iterator[tuple[int, Capture]]:
    """(line number from 1, Capture) for each whole line of the log."""
    for number, line in enumerate(whole_lines(folder / _LOG), 1):
        yield number, _capture(line, number)


def open_capture(folder: Path, sha256: str) -> BinaryIO:
    """The stored bytes, open for reading. Raises IntegrityError when they are not there; ``verify`` checks that they are right."""
    try:
        return place(folder, sha256).open("rb")
    except FileNotFoundError:
        raise IntegrityError(
            "the bytes are not in the case", where=f"captures/{sha256[:2]}/{sha256}", advice="restore the sources folder from a copy"
        ) from None


def place(folder: Path, sha256: str) -> Path:
    """Where the bytes of a hash stand; ValueError for what is not a SHA-256 in lower-case hex, so no name leads out of the folder."""
    if len(sha256) != 64 or set(sha256) - set("0123456789abcdef"):
        raise ValueError(f"not a SHA-256: {sha256!r}")
    return folder / "captures" / sha256[:2] / sha256


def digest(stream: BinaryIO) -> tuple[str, int]:
    """(SHA-256 in hex, size in bytes) from here to the end."""
    hasher, size = hashlib.sha256(), 0
    buffer = bytearray(BUFFER)
    view = memoryview(buffer)
    while count := stream.readinto(view):  # type: ignore[attr-defined]
        hasher.update(view[:count])
        size += count
    return hasher.hexdigest(), size


def _copied(source: BinaryIO, target: Path) -> tuple[str, int]:
    hasher, size = hashlib.sha256(), 0
    buffer = bytearray(BUFFER)
    view = memoryview(buffer)
    with target.open("wb", buffering=0) as out:
        while count := source.readinto(view):  # type: ignore[attr-defined]
            hasher.update(view[:count])
            _write_all(out.fileno(), view[:count])
            size += count
        os.fsync(out.fileno())
    return hasher.hexdigest(), size


def _write_all(descriptor: int, data: memoryview) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def _readable(path: Path, shown_path: str) -> BinaryIO:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise InputError("this is not a file", where=shown_path, advice="name a file; for a folder, name the files in it or use a glob")
        return path.open("rb")
    except OSError as problem:
        raise BrokenInputError(
            f"cannot be read: {problem.strerror or problem}", where=shown_path, advice="check that the file exists and may be read"
        ) from problem


def _fields(capture: Capture) -> dict[str, str | int]:
    return {"sha256": capture.sha256, "size": capture.size, "path": capture.path, "stored_at": capture.stored_at}


def _capture(line: bytes, number: int) -> Capture:
    try:
        fields = json.loads(line)
        capture = Capture(**fields)
        if canonical(_fields(capture)) != line:
            raise ValueError("not in canonical form")
        place(Path(), capture.sha256)
    except (ValueError, TypeError, AttributeError) as problem:
        raise IntegrityError(
            f"the line is not one that custodes wrote ({problem})", where=f"{_LOG}, line {number}", advice="restore the file from a copy"
        ) from problem
    return capture
