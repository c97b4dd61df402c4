"""Files as their readers want them: decompressed, seekable, limited in size.

What a file is packed in is told by its first bytes, never by its name: gzip (RFC 1952, several members one after another allowed), bzip2, xz,
and a ZIP that holds exactly one data file. A ZIP that is a document itself (XLSX, ODS, WACZ) is handed on as it is.
Up to 64 MiB are unpacked in memory, more into a temporary file without a name.
"""

from __future__ import annotations

import io
import lzma
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from custodes.errors import BrokenInputError, InputError, LimitError
from custodes.sources.inflate import CHUNK, MAGIC, broken, inflated

MIB = 1 << 20
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_BZIP2_BLOCKS = (b"1AY&SY", b"\x17\x72\x45\x38\x50\x90")
_SUFFIXES = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zip": "zip"}
_DOCUMENTS = {"[Content_Types].xml", "mimetype", "datapackage.json"}
_LITTER = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a file may unpack to, in bytes; ``ratio`` counts only beyond ``ratio_from``; ``scratch`` is the folder for temporary files."""

    size: int = 8 << 30
    ratio: int = 1000
    ratio_from: int = 100 * MIB
    memory: int = 64 * MIB
    scratch: str | None = None


@contextmanager
def opened(source: Path | BinaryIO, name: str, limits: Limits = Limits()) -> Iterator[tuple[BinaryIO, str]]:
    """Open ``source`` (a path, or a stream that need not be seekable) and give (stream at its start, name without ``.gz``).

    A member of a ZIP is named ``archive.zip/member.csv``. Raises BrokenInputError (truncated, damaged, encrypted), LimitError (too large,
    ZIP bomb) or InputError (not exactly one data file) with ``where=name``.
    """
    with ExitStack() as stack:
        raw = stack.enter_context(_file(source, name)) if isinstance(source, Path) else _seekable(source, name, limits, stack)
        yield _unpacked(raw, name, limits, stack)


def head(stream: BinaryIO, size: int = 65_536) -> bytes:
    """The first ``size`` bytes (fewer at the end); the stream stands at its start afterwards."""
    stream.seek(0)
    parts, left = [], size
    while left and (piece := stream.read(left)):
        parts.append(piece)
        left -= len(piece)
    stream.seek(0)
    return b"".join(parts)


def packing(first: bytes) -> str:
    """gzip, bzip2, xz, zip or empty, by the first ten bytes or more."""
    if first.startswith(_ZIP):
        return "zip"
    kind = next((kind for kind, magic in MAGIC.items() if first.startswith(magic)), "")
    return "" if kind == "bzip2" and first[4:10] not in _BZIP2_BLOCKS else kind  # "BZh" alone could begin a text


def suffix_note(first: bytes, name: str) -> str:
    """A sentence for the coverage when the name's ending and the first bytes disagree; empty when they agree."""
    said, found = _SUFFIXES.get(PurePosixPath(name).suffix.lower(), ""), packing(first)
    if said == found or (found == "zip" and not said):  # XLSX and the like have endings of their own
        return ""
    return f"the name says {said or 'not packed'}, the bytes say {found or 'not packed'}; the bytes were believed"


def plain_name(name: str) -> str:
    """``name`` without a packing's ending: ``2016-03.csv.gz`` is ``2016-03.csv``."""
    suffix = PurePosixPath(name).suffix
    return name[: -len(suffix)] if suffix.lower() in _SUFFIXES else name


def _file(path: Path, name: str) -> BinaryIO:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise InputError("this is not a file", where=name, advice="name a file; for a folder, name the files in it or use a glob")
        return path.open("rb")
    except OSError as problem:
        advice = "check that the file exists and may be read"
        raise BrokenInputError(f"cannot be read: {problem.strerror or problem}", where=name, advice=advice) from problem


def _seekable(stream: BinaryIO, name: str, limits: Limits, stack: ExitStack) -> BinaryIO:
    if stream.seekable():
        return stream
    spool = _Spool(name, limits, stack)
    while piece := stream.read(CHUNK):
        spool.write(piece)
    return spool.finished()


def _unpacked(raw: BinaryIO, name: str, limits: Limits, stack: ExitStack) -> tuple[BinaryIO, str]:
    kind = packing(head(raw, 16))
    if kind == "zip":
        return _from_zip(raw, name, limits, stack)
    if kind:
        spool = _Spool(name, limits, stack)
        for piece, consumed in inflated(raw, kind, name):
            spool.write(piece, consumed)
        return spool.finished(), plain_name(name)
    size = raw.seek(0, io.SEEK_END)
    raw.seek(0)
    if size > limits.size:
        raise _too_large(name, limits)
    return raw, plain_name(name)


class _Spool:
    """Bytes on their way: in memory up to a limit, then in a temporary file; refuses what is too large."""

    def __init__(self, name: str, limits: Limits, stack: ExitStack) -> None:
        self._name, self._limits, self._stack, self._size = name, limits, stack, 0
        self._file: BinaryIO = stack.enter_context(io.BytesIO())
        self._in_memory = True

    def write(self, piece: bytes, consumed: int = 0) -> None:
        self._size += len(piece)
        if self._size > self._limits.size:
            raise _too_large(self._name, self._limits)
        if consumed and self._size > self._limits.ratio_from and self._size > self._limits.ratio * consumed:
            raise _bomb(self._name, self._limits)
        try:
            if self._in_memory and self._size > self._limits.memory:
                self._move()
            self._file.write(piece)
        except OSError as problem:
            advice = "make room in the folder for temporary files"
            raise InputError(f"cannot be unpacked: {problem.strerror or problem}", where=self._name, advice=advice) from problem

    def finished(self) -> BinaryIO:
        self._file.seek(0)
        return self._file

    def _move(self) -> None:
        on_disk = self._stack.enter_context(tempfile.TemporaryFile(dir=self._limits.scratch))  # noqa: SIM115 - the stack closes it
        self._file.seek(0)
        while piece := self._file.read(CHUNK):
            on_disk.write(piece)
        self._file.close()
        self._file, self._in_memory = on_disk, False


def _from_zip(raw: BinaryIO, name: str, limits: Limits, stack: ExitStack) -> tuple[BinaryIO, str]:
    try:
        archive = stack.enter_context(zipfile.ZipFile(raw))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as problem:
        raise broken("zip", name, 0, f"is damaged or cut off ({problem})") from problem
    if _DOCUMENTS & set(archive.namelist()):
        raw.seek(0)
        return raw, name
    member = _only_member(archive, name)
    return _extracted(archive, member, name, limits, stack), f"{name}/{_safe(PurePosixPath(member.filename).name)}"


def _only_member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    members = [m for m in archive.infolist() if not m.is_dir() and not _is_litter(m.filename)]
    if len(members) == 1:
        return members[0]
    shown = ", ".join(_safe(m.filename) for m in members[:10]) + (" ..." if len(members) > 10 else "")
    what = f"the ZIP holds {len(members)} files: {shown}" if members else "the ZIP holds no file"
    raise InputError(what, where=name, advice="unpack it and name the files that matter")


def _extracted(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, limits: Limits, stack: ExitStack) -> BinaryIO:
    spool, whole = _Spool(name, limits, stack), 0
    packed_size = min(member.compress_size, archive.start_dir)  # what stands before the directory, whatever the member says of itself
    if member.file_size > limits.size:
        raise _too_large(name, limits)
    try:
        with archive.open(member) as packed:
            while piece := packed.read(CHUNK):
                spool.write(piece, max(packed_size, 1))
                whole += len(piece)
    except RuntimeError as problem:  # zipfile's way to say: a password is needed
        raise InputError(f"the ZIP is locked ({problem})", where=name, advice="unpack it with its password and name the file") from problem
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, lzma.LZMAError) as problem:
        raise broken("zip", name, whole, f"is damaged ({problem})") from problem
    return spool.finished()


def _is_litter(filename: str) -> bool:
    return filename.startswith(_LITTER[0]) or PurePosixPath(filename).name in _LITTER


def _safe(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)[:200]


def _too_large(name: str, limits: Limits) -> LimitError:
    return LimitError(f"holds more than {limits.size} bytes", where=name, advice="split the file into parts")


def _bomb(name: str, limits: Limits) -> LimitError:
    what = f"unpacks to more than {limits.ratio} times its size: this looks like an attack on memory"
    return LimitError(what, where=name, advice="look at the file; if it is honest, unpack it and name the result")
