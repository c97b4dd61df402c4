"""What the exports in the formats of the field share: one pass over the findings, a writer per format, and an account of every finding.

A format that cannot carry a finding says why, so that carried + left out = findings holds for every format (``formats/exports.json``).
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Protocol, Self

import msgspec

from custodes.publication import wording
from custodes.publication.rows import Row, confirmed, layer, shown
from custodes.publication.view import View

SET_ASIDE = "set aside by a person"
NAMESPACE = uuid.UUID("0d9d7b1e-6f0a-5c3e-8f3c-2f1f6a3f9b10")
"""Namespace of the name-based UUIDs in exports: an arbitrary constant that must never change."""
DRAFT = f"DRAFT, not for publication. {wording.LEAD}"
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class Writer(Protocol):
    """Writes one format. ``take`` gives empty text, or why the format cannot carry this finding; ``close`` ends the files."""

    def take(self, row: Row) -> str:
        """Write what a finding says in this format."""

    def close(self) -> list[Written]:
        """Finish; every file that was written."""


@dataclass(frozen=True, slots=True)
class Written:
    """A file of an export: its path, media type, what it holds, and its counts by unit."""

    path: Path
    media: str
    title: str
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Export:
    """One format of an edition: its name, its files, the findings it carries, and those that it cannot carry, by reason."""

    name: str
    files: tuple[Written, ...]
    carried: int
    left_out: Mapping[str, int]

    def counts(self, folder: Path) -> dict[str, Any]:
        """As ``exports.json`` says it; paths relative to ``folder``."""
        files = [{"path": f.path.relative_to(folder).as_posix(), "mediatype": f.media, "title": f.title, "counts": dict(sorted(f.counts.items()))} for f in self.files]
        return {"format": self.name, "findings": self.carried, "left_out": dict(sorted(self.left_out.items())), "files": files}


class Sink:
    """A JSON file written piece by piece: an opening text, values one per line, a closing text. Without an opening it is JSON lines, empty when there are none."""

    def __init__(self, path: Path, head: str = "", tail: str = "", between: str = "\n") -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path, self.n = path, 0
        self._head, self._tail, self._between = head, tail, between.encode()
        self._out: BinaryIO = path.open("wb")
        self._out.write(head.encode())

    def put(self, value: Any) -> None:
        """Write one value; bytes are JSON already."""
        if self.n:
            self._out.write(self._between)
        self._out.write(value if isinstance(value, bytes) else json_bytes(value))
        self.n += 1

    def close(self) -> int:
        """End the file; the number of values."""
        if not self._out.closed:
            self._out.write(self._tail.encode() if self.n or self._head else b"")
            self._out.close()
        return self.n

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def run(name: str, writer: Writer, rows: Iterable[Row]) -> Export:
    """One format alone over all findings."""
    return run_all({name: writer}, rows)[0]


def run_all(writers: Mapping[str, Writer], rows: Iterable[Row]) -> list[Export]:
    """Every format in one pass over the findings, which are decoded once."""
    carried: Counter[str] = Counter()
    left: dict[str, Counter[str]] = {name: Counter() for name in writers}
    for row in rows:
        for name, writer in writers.items():
            if reason := writer.take(row):
                left[name][reason] += 1
            else:
                carried[name] += 1
    return [Export(name, tuple(writer.close()), carried[name], dict(left[name])) for name, writer in writers.items()]


def json_bytes(value: Any) -> bytes:
    """A value as compact JSON: exact decimals as numbers, keys in the order given, text that UTF-8 can carry."""
    try:
        return _ENCODER.encode(value)
    except UnicodeEncodeError:
        return _ENCODER.encode(_whole(value))


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, Mapping):
        return {_whole(key): _whole(each) for key, each in value.items()}
    return [_whole(each) for each in value] if isinstance(value, (list, tuple)) else value


def bare(value: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is not known: empty texts, lists, mappings and None. Zero and false stay."""
    return {key: each for key, each in value.items() if each is not None and each != "" and each != [] and each != () and each != {}}


@lru_cache(maxsize=50_000)
def name_id(*parts: str) -> str:
    """A short id made from words: the same for the same words, 20 hex digits."""
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:20]


def name_uuid(*parts: str) -> str:
    """A name-based UUID (RFC 9562, version 5) over the parts."""
    return str(uuid.uuid5(NAMESPACE, "\x1f".join(parts).encode("utf-8", "backslashreplace").decode()))


def day(text: Any) -> str:
    """A whole ISO day at the start of ``text``; empty for months, years, intervals and nothing."""
    text = str(text or "")
    return text[:10] if _DAY.match(text) and "/" not in text else ""


def moment(text: Any) -> str:
    """An ISO date-time in UTC for a day or a time; empty when it is neither."""
    text = str(text or "")
    if not day(text):
        return ""
    return text if re.fullmatch(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})", text) else f"{text[:10]}T00:00:00Z"


def made_at(view: View) -> str:
    """The edition's time as a date-time; the first day of 2000 when it is not known."""
    return moment(view.now) or "2000-01-01T00:00:00Z"


def status(row: Row) -> str:
    """How a finding stands, as one code: confirmed, lead, question or set-aside."""
    if layer(row) == "rejected":
        return "set-aside"
    if confirmed(row):
        return "confirmed"
    return "question" if row["kind"] == "maker_unknown" else "lead"


def status_words(row: Row) -> str:
    """How a finding stands, in words."""
    return "a question, not an accusation" if status(row) == "question" else wording.decision(row)


def maker(row: Row, view: View) -> str:
    """The legal name of the maker a finding names, else its party; empty when it names none."""
    return str(view.makers.get(row["maker_id"], row["maker_id"]) or view.short.get(row["party"], row["party"]))


def headline(row: Row, view: View) -> str:
    """A finding's heading, as its page has it."""
    return wording.heading(row, str(view.short.get(row["maker_id"] or row["party"], "")))


def place(row: Row) -> str:
    """Where a finding's record stands, in words."""
    return f"{row['origin_file']}, {row['origin_at']}, SHA-256 {row['origin_sha256']}"


def urls(citation: Any) -> list[str]:
    """Plain web addresses in a citation, in order."""
    return [found.rstrip(".,);") for found in re.findall(r"https?://[^\s;\"<>\\^`{|}\[\]]+", str(citation or ""))]


def address(view: View, path: str = "") -> str:
    """The web address of the edition (``facts.url``) with ``path``; empty when the case names none."""
    base = str(view.facts.get("url") or "").rstrip("/")
    return f"{base}/{path}" if base.startswith(("http://", "https://")) else ""


def codes(row: Row) -> Iterator[tuple[str, str]]:
    """(scheme, code) of a finding's classification codes: CPV and UNSPSC by their shape, else ``x_local``."""
    for code in row["codes"]:
        scheme, _, value = str(code).rpartition(":")
        kind = scheme.upper() or ("CPV" if re.fullmatch(r"\d{8}(-\d)?", value) else "x_local")
        yield kind, value
