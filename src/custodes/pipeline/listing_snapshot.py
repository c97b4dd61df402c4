"""One version of a list as rows: read with its reader, entries put together, counts and columns kept for comparing it with the next."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from custodes import case
from custodes.errors import InputError, LimitError
from custodes.findings.list_history import SIGHTING_SCHEMA
from custodes.pipeline.accounting import Account, code_version
from custodes.records.registry import named
from custodes.sources.store import place
from custodes.sources.unpack import head, opened
from custodes.values import Origin, kind_of

Row = dict[str, Any]
READ_WITH = ("custodes.records", "custodes.values", "custodes:data/lists.csv", "custodes:data/makers.csv", "custodes:data/persons.toml", "custodes:pipeline/listing_snapshot.py")
_DATED = (
    re.compile(rb'dateGenerated="(\d{4}-\d\d-\d\d)'), re.compile(rb'generationDate="(\d{4}-\d\d-\d\d)'), re.compile(rb"^\W*Report Date:\s*([\w/-]+)"),
    re.compile(rb"<DateGenerated>\s*([\w/-]+)"), re.compile(rb'^\W*fileGenerationDate"?;[^\n]*\n"?(\d\d/\d\d/\d{4})', re.I),
)  # fmt: skip
"""Days of versions, with the day before the month."""
_AMERICAN = re.compile(rb"<Publish_Date>\s*([\d/]+)")
_TEXTS = ("legal_effect", "ground", "ground_citation", "citation", "note")
_OF_VERSION = ("version", "list_date", "seen", "until", "digest")
_STARTS = ("designated", "effective", "published")


@dataclass
class Snapshot:
    """A version that was read. ``entries`` are sightings without their version; ``problem`` says why it could not be read; ``columns``: column -> use, filled;
    ``line_end``: it is a table whose last line has an end."""

    entries: list[Row] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    rejected: int = 0
    columns: dict[str, list[Any]] = field(default_factory=dict)
    date: str = ""
    line_end: bool = False
    problem: str = ""
    advice: str = ""

    @property
    def total(self) -> int:
        """Entries and data rows left out: what the file holds, whether we use it or not."""
        return sum(self.counts.values()) + sum(self.left_out.values())


def read(feed: str, reader_name: str, files: Sequence[tuple[Path, str]]) -> Snapshot:
    """Read the files (path, name) of a version, the list itself first. Never raises for what the bytes are."""
    found, account, parties, listings = Snapshot(), Account(), dict[str, Row](), list[Row]()
    try:
        with ExitStack() as stack:
            reader = named(reader_name)
            streams = [stack.enter_context(opened(path, name))[0] for path, name in files]
            start = head(streams[0])
            if not reader.sniff(start, files[0][1]):
                found.problem, found.advice = _not_the_list(start, reader_name), "look at the publisher's page; the copy held stays in force"
                return found
            found.date, found.line_end = date_of(start), _line_end(streams[0], start)
            for batch in reader.read(tuple(streams), Origin("", files[0][1])):
                account.add(batch)
                kind = kind_of(batch)
                if kind == "PARTY":
                    for row in batch.to_pylist():
                        _join(parties, row)
                elif kind == "LISTING":
                    listings += batch.to_pylist()
    except (InputError, LimitError) as error:
        found.problem, found.advice = f"{error.where}: {error.what}", error.advice
        return found
    except Exception as error:  # noqa: BLE001  a reader's own mistake refuses this copy; it is said, and the copy held stays in force
        found.problem, found.advice = f"the reader {reader_name} failed: {type(error).__name__}: {error}", "please report this with the file"
        return found
    found.entries = _entries(feed, parties, listings)
    found.counts = dict(sorted(Counter(row["list"] for row in found.entries).items()))
    found.left_out = {reason: count for (reason, data), count in sorted(account.left_out.items()) if data}
    found.rejected = account.rejected
    found.columns = {column["column"]: [column["use"], column["filled"]] for column in account.columns}
    return found


def _not_the_list(start: bytes, reader: str) -> str:
    lower = start[:2000].lower()
    if b"<html" in lower or b"<!doctype html" in lower:
        title = re.search(rb"<title[^>]*>([^<]{0,120})", start[:20_000], re.I)
        said = f' ("{" ".join(title[1].decode("utf-8", "replace").split())}")' if title else ""
        return f"a web page came instead of the list{said}"
    if not start.strip():
        return "an empty file came"
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return f"the text is UTF-16, which the reader {reader} does not know: the list was UTF-8 before"
    first = start.split(b"\n", 1)[0][:160].decode("utf-8", "replace").strip()
    return f"this is not what the reader {reader} knows: the header is not there or was changed (it begins: {first!r})"


def _line_end(stream: BinaryIO, start: bytes) -> bool:
    """Is this a table (no tree, no page) that ends with a line end? The stream stands at its start afterwards."""
    size = stream.seek(0, 2)
    stream.seek(max(0, size - 1))
    last = stream.read(1)
    stream.seek(0)
    return last in (b"\n", b"\r", b"\x1a") and start.lstrip()[:1] != b"<"


def date_of(start: bytes) -> str:
    """The day that the file itself gives, as ISO; '' without one."""
    from custodes.records.list_entries import iso, uk_iso

    if match := _AMERICAN.search(start[:4096]):
        return iso(match[1].decode("ascii", "replace"))
    for pattern in _DATED:
        if match := pattern.search(start.removeprefix(b"\xef\xbb\xbf")[:16384]):
            return uk_iso(match[1].decode("ascii", "replace"))
    return ""


def _join(parties: dict[str, Row], row: Row) -> None:
    """Names and numbers of all PARTY rows of one party."""
    names = [name["name"] for name in row["names"]]
    known = parties.setdefault(row["party_id"], {"name": row["name"], "names": [], "country": "", "identifiers": [], "maker_id": row["maker_id"]})
    known["names"] += [name for name in names if name not in known["names"]]
    known["identifiers"] = sorted({*known["identifiers"], *row["identifiers"]})
    known["country"] = known["country"] or row["country"]


def _entries(feed: str, parties: Mapping[str, Row], listings: Sequence[Row]) -> list[Row]:
    """One row per party and list; several listings of a party on one list (parts of a law) become one, from the earliest date on."""
    found: dict[tuple[str, str], Row] = {}
    for listing in listings:
        key = listing["list"], listing["party_id"]
        party = parties.get(listing["party_id"], {"name": listing["listed_name"], "names": [], "country": "", "identifiers": [], "maker_id": ""})
        row = {
            **party, "name": listing["listed_name"] or party["name"], "feed": feed, "list": listing["list"], "entry": listing["party_id"],
            "maker_id": listing["maker_id"] or party["maker_id"], **{name: listing[name] for name in (*_STARTS, "ended", *_TEXTS)},
        }  # fmt: skip
        found[key] = _merged(found[key], row) if key in found else row
    return [found[key] for key in sorted(found)]


def _merged(one: Row, other: Row) -> Row:
    starts = {name: min(filter(None, (one[name], other[name])), default="") for name in _STARTS}
    ended = max(one["ended"], other["ended"]) if one["ended"] and other["ended"] else ""
    texts = {name: " ; ".join(dict.fromkeys(filter(None, (one[name], other[name])))) for name in ("citation", "note")}
    names = [*one["names"], *(name for name in (other["name"], *other["names"]) if name not in one["names"])]
    return {**one, **starts, "ended": ended, **texts, "names": names}


def stored(folder: Path, line: Mapping[str, Any], reader: str) -> pa.RecordBatch:
    """The sightings of a good version, from the working copy or read again. A version that reads no more gives none of its entries."""
    shas = [item["sha256"] for item in line["files"]]
    path = folder / "records" / "lists" / f"{case.digest(_code(), reader, line['feed'], line['at'], shas)}.parquet"
    if path.is_file():
        batches = pq.read_table(path, schema=SIGHTING_SCHEMA).combine_chunks().to_batches()
        return batches[0] if batches else pa.RecordBatch.from_pylist([], schema=SIGHTING_SCHEMA)
    files = [(place(folder / "sources", item["sha256"]), item["name"]) for item in line["files"] if item["sha256"]]
    batch = sightings(line, read(line["feed"], reader, files).entries)
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.part")
    pq.write_table(pa.Table.from_batches([batch]), half, compression="zstd", compression_level=1)
    half.replace(path)
    return batch


@cache
def _code() -> str:
    return code_version(*READ_WITH)


def sightings(line: Mapping[str, Any], entries: Sequence[Row]) -> pa.RecordBatch:
    """Entries with their version, and a row without an entry per list, so that an empty version counts."""
    version = {"feed": line["feed"], "version": line["at"], "list_date": line["list_date"], "seen": line["at"][:10], "until": line["at"][:10]}
    empty = {name: [] if pa.types.is_list(kind) else "" for name, kind in zip(SIGHTING_SCHEMA.names, SIGHTING_SCHEMA.types, strict=True)}
    marks = [{**empty, **version, "list": code} for code in sorted(line["counts"])]
    return pa.RecordBatch.from_pylist([*marks, *({**empty, **row, **version, "digest": _digest(row)} for row in entries)], schema=SIGHTING_SCHEMA)


def _digest(row: Row) -> str:
    """The same for entries that say the same."""
    text = json.dumps([row[name] for name in sorted(row) if name not in _OF_VERSION], ensure_ascii=False)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
