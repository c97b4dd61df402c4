"""One input file to parts: choose the reader, read, write Parquet per kind, and account for every row."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from custodes import __version__, case
from custodes.errors import CustodesError, InputError, UsageError
from custodes.records import WORKBOOK_SIZE
from custodes.records.registry import choose
from custodes.sources.unpack import head, opened
from custodes.values import OUTCOMES, REPORTED, SCHEMAS, Origin, kind_of


@dataclass(frozen=True, slots=True)
class ReadJob:
    """A stored input to read: where its bytes are, where it came from, and the folder of parts it goes to (None: nothing is written).

    ``beside``: (bytes, name) of further files that belong to it and are handed to the reader with it.
    """

    stored: Path
    origin: Origin
    records: Path
    part: str
    beside: tuple[tuple[Path, str], ...] = ()


PACKED = 8
"""How many times smaller a packed file is than what it holds, roughly: only for deciding whether work is worth a second process."""


def weight(job: ReadJob) -> int:
    """About how many bytes a job has to read."""
    packed = job.origin.path.endswith((".gz", ".bz2", ".xz", ".zip", ".xlsx"))
    return job.stored.stat().st_size * (PACKED if packed else 1)


@dataclass
class Account:
    """What became of one file's rows; ``outcome()`` is its line in coverage.json."""

    reader: str = ""
    usable: Counter[str] = field(default_factory=Counter)
    left_out: Counter[tuple[str, bool]] = field(default_factory=Counter)
    rejected: int = 0
    columns: list[dict[str, Any]] = field(default_factory=list)
    bodies: dict[str, Counter[str]] = field(default_factory=dict)
    body_from: Counter[str] = field(default_factory=Counter)
    no_body: int = 0
    error: dict[str, str] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)

    def add(self, batch: pa.RecordBatch) -> None:
        """Count a batch, whatever its kind."""
        kind = kind_of(batch)
        if kind == "REJECT":
            self.rejected += batch.num_rows
        elif kind == "LEFT_OUT":
            for row in batch.to_pylist():
                self.left_out[row["reason"], row["data_row"]] += row["count"]
        elif kind == "COLUMN":
            self.columns += batch.to_pylist()
        else:
            self.usable[kind] += batch.num_rows
            if kind == "PURCHASE":
                self._months(batch)
            elif kind == "PAGE":
                self._legible(batch)

    def _months(self, batch: pa.RecordBatch) -> None:
        """Rows per body and month; a row whose date is unknown or longer than a month counts under ''."""
        date = batch.column("date")
        is_one_month = pc.is_in(pc.utf8_length(date), pa.array([7, 10], pa.int32()))
        month = pc.if_else(is_one_month, pc.utf8_slice_codeunits(date, 0, 7), "")
        table = pa.table({"body": batch.column("body"), "from": batch.column("body_from"), "month": month})
        for row in table.group_by(["body", "from", "month"]).aggregate([([], "count_all")]).to_pylist():
            self.body_from[row["from"]] += row["count_all"]
            if row["body"]:
                self.bodies.setdefault(row["body"], Counter())[row["month"]] += row["count_all"]
            else:
                self.no_body += row["count_all"]

    def _legible(self, batch: pa.RecordBatch) -> None:
        """Pages, or parts of them, whose text could not be read: never to be taken for pages that say nothing."""
        for row in batch.select(["url", "origin_at", "status", "readable", "unreadable"]).filter(pc.not_equal(batch["readable"], "yes")).to_pylist():
            if row["status"] in ("", "200", "203", "206"):
                self.unreadable.append(f"{row['url'] or row['origin_at']}: {'; '.join(row['unreadable'])}")

    def outcome(self) -> dict[str, Any]:
        """Everything as plain JSON; ``read`` = usable + left out + rejected, ``data_records`` leaves blank lines and headings out."""
        usable, out = sum(self.usable.values()), Counter[str]()
        for (reason, _), count in self.left_out.items():
            out[reason] += count
        data_out = sum(count for (_, data), count in self.left_out.items() if data)
        return {
            "read": usable + sum(out.values()) + self.rejected,
            "data_records": usable + data_out + self.rejected,
            "usable": usable,
            "kinds": dict(sorted(self.usable.items())),
            "left_out": dict(sorted(out.items())),
            "left_out_rows": [{"reason": reason, "data_row": data, "count": count} for (reason, data), count in sorted(self.left_out.items())],
            "rejected": self.rejected,
            "columns": self.columns,
            "not_understood": [c["column"] for c in self.columns if c["use"] == REPORTED],
            "bodies": {body: dict(sorted(months.items())) for body, months in sorted(self.bodies.items())},
            "body_from": dict(sorted(self.body_from.items())),
            "no_body": self.no_body,
            "error": self.error,
            "unreadable": self.unreadable,
        }


def sniffed(stream: BinaryIO) -> bytes:
    """What the readers judge a file by: its first 64 KiB, or all of a workbook."""
    first = head(stream)
    return head(stream, WORKBOOK_SIZE) if first.startswith(b"PK\x03\x04") else first


def batches(stored: Path, origin: Origin, account: Account, beside: Sequence[tuple[Path, str]] = (), *, light: bool = False) -> Iterator[pa.RecordBatch]:
    """The batches of one file, counted. An error in the file or in what its entry says ends the file: it is noted in ``account.error``, what was read before it stays.

    ``beside``: (path, name) of files that belong to it. ``light``: of pages the text alone, not where it stands.
    """
    try:
        with ExitStack() as stack:
            stream, filename = stack.enter_context(opened(stored, origin.path))
            reader = choose(sniffed(stream), filename, origin)
            account.reader = reader.NAME
            stream.seek(0)
            more = [stack.enter_context(opened(path, name))[0] for path, name in beside]
            read = getattr(reader, "texts", reader.read) if light else reader.read
            for batch in read((stream, *more), origin):
                account.add(batch)
                yield batch
    except (InputError, UsageError) as error:
        account.error = {"kind": type(error).__name__, "where": error.where or origin.path, "what": error.what, "advice": error.advice}
    except (CustodesError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001  a reader's own mistake must not take the other files down; it is shown, never swallowed
        account.error = {
            "kind": type(error).__name__, "where": origin.path, "what": f"the reader failed: {error}",
            "advice": "please report this with the first lines of the file",
        }  # fmt: skip


def read_file(job: ReadJob, _shared: object = None) -> dict[str, Any]:
    """Read one stored input into its parts; returns its outcome. The outcome file is written last: a part without it does not exist."""
    account, writers = Account(), dict[str, pq.ParquetWriter]()
    parts = job.records / "parts"
    parts.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        rejects = stack.enter_context((parts / f".{job.part}.rejects.part").open("w", encoding="utf-8", errors="surrogatepass"))
        for batch in batches(job.stored, job.origin, account, job.beside):
            kind = kind_of(batch)
            if kind == "REJECT":
                rejects.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in batch.to_pylist())
            elif kind not in OUTCOMES and batch.num_rows:
                if kind not in writers:
                    writers[kind] = stack.enter_context(_writer(job, kind))
                writers[kind].write_batch(batch)
    for kind in sorted(writers):
        part_file(job.records, kind, job.part, temporary=True).replace(part_file(job.records, kind, job.part))
    (parts / f".{job.part}.rejects.part").replace(parts / f"{job.part}.rejects.jsonl")
    outcome = {"part": job.part, "path": job.origin.path, "sha256": job.origin.sha256, "reader": account.reader, **account.outcome()}
    case.write_whole(parts / f"{job.part}.json", case.to_json(outcome))
    return outcome


def _writer(job: ReadJob, kind: str) -> pq.ParquetWriter:
    path = part_file(job.records, kind, job.part, temporary=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    return pq.ParquetWriter(path, SCHEMAS[kind], compression="zstd", compression_level=1, write_statistics=False)


def part_file(records: Path, kind: str, part: str, *, temporary: bool = False) -> Path:
    """Where the rows of one kind of one part stand."""
    return records / kind / (f".{part}.part" if temporary else f"{part}.parquet")


def code_version(*packages: str) -> str:
    """A hash of the source of packages and their tables (``package:folder`` or ``package:file`` for a part of one): a part made by other code is made again."""
    total = hashlib.sha256(__version__.encode())
    for package in packages:
        name, _, inside = package.partition(":")
        place = resources.files(name).joinpath(inside) if inside else resources.files(name)
        for path in _files(place) if place.is_dir() else (place,):
            total.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()[:16]


def _files(folder: Any) -> Iterator[Any]:
    for item in sorted(folder.iterdir(), key=lambda item: str(item.name)):
        if item.is_dir() and item.name != "__pycache__":
            yield from _files(item)
        elif item.name.endswith((".py", ".toml", ".csv")):
            yield item
