"""OCDS: release packages and record packages, bare releases and records as JSON lines or an array, versions 1.0 and 1.1, any encoding.

The file is read in one pass and in constant memory. Whether a release was superseded by a later one is known only at its end, so finished rows wait
(96 MiB in memory, what is more compressed in a temporary file). Open Contracting Data Standard: https://standard.open-contracting.org/1.1/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO

import msgspec
import pyarrow as pa

from custodes.errors import InputError
from custodes.records.csv_rows import collecting_off
from custodes.records.jsonblock import Block
from custodes.records.jsonstream import blocks
from custodes.records.jsontext import text_of
from custodes.records.ocds_elements import Elements
from custodes.records.ocds_fold import merged, newest
from custodes.records.ocds_mend import OcdsDecode, mend, plain
from custodes.records.ocds_rows import Rows
from custodes.records.ocds_shapes import Release
from custodes.records.ocds_waiting import Waiting
from custodes.values import Origin, batch_of, columns_used, left_out

NAME = "ocds"
KINDS: tuple[str, ...] = ("PURCHASE",)

BATCH = 4_096
"""Rows to a batch."""

_MEMBER = re.compile(r'"(ocid|releases|records|compiledRelease)"\s*:\s*("|\[|\{|\d)')
_SECTION = re.compile(r'"(?:ocid|tag|initiationType|tender|awards|contracts|buyer|parties|packages|publishedDate|compiledRelease|releases)"\s*:')
_FIRST = re.compile(r"\s*(?:\[\s*)?\{\s*\"")


def sniff(head: bytes, filename: str) -> bool:
    """JSON whose members are those of OCDS: a package (``releases`` or ``records``), or a release or record with its ``ocid``."""
    text = text_of(head)
    if not _FIRST.match(text):
        return False
    found = {match.group(1): match.group(2) for match in _MEMBER.finditer(text)}
    if "ocid" in found and len(set(_SECTION.findall(text))) >= 3:
        return True
    listed = any(found.get(name) == "[" for name in ("releases", "records"))
    return listed and ("ocid" in found or bool(re.search(r'"(?:publishedDate|publisher|packages|publicationPolicy)"\s*:', text)))


def companions(filename: str) -> tuple[str, ...]:
    """None: each file stands alone."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """PURCHASE rows, then REJECT, LEFT_OUT and COLUMN. See ``docs/readers/ocds.md`` for what one row and one unit of the counts is."""
    rows, elements = Rows(origin.entry.currency), Elements()
    broken: InputError | None = None
    # A file comes to be only when rows are written to it: most inputs are small.
    with SpooledTemporaryFile(max_size=1) as spool:
        waiting = Waiting(spool, origin)
        with collecting_off():
            try:
                for block in blocks(streams[0], origin.path, OcdsDecode()):
                    _take(block, rows)
                    _account(block, elements)
                    waiting.put(rows, BATCH)
            except InputError as error:
                broken = error
            waiting.put(rows, 1)
        yield from waiting.batches(rows)
    yield from _outcomes(rows, elements, origin)
    if broken is not None:
        raise broken


def _outcomes(rows: Rows, elements: Elements, origin: Origin) -> Iterator[pa.RecordBatch]:
    if rows.rejects:
        yield batch_of("REJECT", [{"origin_file": origin.path, "origin_at": at, "column": column, "reason": why} for at, column, why in rows.rejects])
    yield left_out({("blank line", False): rows.blank, **{(reason, True): count for reason, count in rows.left_out.items()}})
    yield columns_used(elements.uses())


# ---- releases, records, packages ----------------------------------------------------------------------------------------------------------------


def _take(block: Block[Release], rows: Rows) -> None:
    before, after = (f"{block.prefix} ", " ") if block.prefix.endswith("line") else (f"{block.prefix}/", "")
    for n, value in enumerate(block.values):
        if isinstance(value, Release):
            try:
                _one(value, block.prefix if block.single else f"{before}{block.first + n}{after}", rows)
            except RecursionError:
                rows.reject(block.place(n), "", "nested too deep")
        elif value is None:
            rows.blank += 1
        else:
            rows.reject(block.place(n), "", value.reason)


def _one(value: Release, place: str, rows: Rows) -> None:
    """A release, a record or a whole package."""
    if value.compiledRelease is not None or value.versionedRelease or (value.ocid and value.releases is not None):
        _record(value, place, rows)
    elif value.releases is not None or value.records is not None:
        for name, members in (("releases", value.releases), ("records", value.records)):
            for n, member in enumerate(members or ()):
                _one(member, f"{place}/{name}/{n}", rows)
    else:
        rows.take(value, place)


def _record(record: Release, place: str, rows: Rows) -> None:
    """The compiled release, else the versioned one folded, else the releases merged; addresses alone are a reject."""
    releases = [release for release in record.releases or () if release.ocid or release.tender or release.awards or release.contracts]
    if record.compiledRelease is not None:
        found, at = record.compiledRelease, "compiledRelease"
    elif (folded := _folded(record.versionedRelease)) is not None:
        found, at = folded, "versionedRelease"
    elif releases:
        found = releases[0] if len(releases) == 1 else mend(merged([_sections(release) for release in releases]))
        at = f"releases/{len(releases) - 1}"
    else:
        rows.reject(place, "releases", "a record of linked releases: the file holds their addresses only; gather these addresses")
        return
    found.ocid = found.ocid or record.ocid
    rows.take(found, f"{place}/{at}")


def _folded(versions: msgspec.Raw) -> Release | None:
    """A versioned release with the newest value of each field; None when there is none."""
    value = newest(plain(bytes(versions))) if versions else None
    return mend(value) if isinstance(value, dict) and value else None


def _sections(release: Release) -> dict[str, Any]:
    """The members of a release that are merged, as plain values."""
    names = ("ocid", "id", "date", "tag", "buyer", "parties", "tender", "awards", "contracts")
    return {name: msgspec.to_builtins(member) for name in names if (member := getattr(release, name)) is not None}


def _account(block: Block[Release], elements: Elements) -> None:
    """Count the element names of the block's sample: of every block in the beginning, later of every eighth."""
    elements.blocks += 1
    if elements.blocks > 64 and elements.blocks % 8:
        return
    prefix = "" if block.single or block.prefix.endswith("line") else block.prefix.rpartition(" ")[2].strip("/")
    for text in block.sample:
        try:
            elements.note(plain(text), prefix)
        except (ValueError, RecursionError):
            continue
