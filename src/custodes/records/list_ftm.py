"""FollowTheMoney entities as JSON lines, the form in which OpenSanctions and others publish lists of parties.

One line is one entity: ``{"id", "schema", "properties": {name: [values]}}``. Organisations give PARTY, Sanction gives LISTING, Ownership and its like
give LINK (subject belongs to object). People, and whatever hangs on them, are left out and counted, and so are things that are no organisation
(addresses, ships, securities).

A link or a listing says only by id whom it is about, and that entity may stand anywhere in the file. So the file is read twice: first for the ids of
organisations and people (eight bytes each), then for the rows. Memory does not grow otherwise.

Format: https://followthemoney.tech/explorer/
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Any, BinaryIO

import msgspec
import pyarrow as pa

from custodes.errors import LimitError
from custodes.records import ftm_rows
from custodes.records.ftm_rows import LINKS, ORGANISATIONS, PEOPLE, Entity, is_person
from custodes.records.rowstream import LINE_LIMIT, Account
from custodes.values import Origin

NAME = "ftm"
KINDS: tuple[str, ...] = ("PARTY", "LISTING", "LINK")

_DECODER = msgspec.json.Decoder(Entity)


def sniff(head: bytes, filename: str) -> bool:
    """Claims JSON lines whose first object has id, schema and properties."""
    line = head.removeprefix(b"\xef\xbb\xbf").lstrip().split(b"\n", 1)[0]
    try:
        entity = _DECODER.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return line.startswith(b"{") and all(word in line for word in (b'"schema"', b'"properties"', b'"id"')) and len(line) > 60_000
    return bool(entity.id and entity.schema[:1].isupper())


def companions(filename: str) -> tuple[str, ...]:
    """A file of entities stands alone."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """PARTY, LISTING and LINK in the order of the file."""
    stream = streams[0]
    start = stream.tell()
    known = _Known()
    for _, line in _lines(stream, origin.path):
        entity = _decoded(line)
        if isinstance(entity, Entity):
            known.note(entity)
    known.close()
    stream.seek(start)
    account = Account(origin)
    for number, line in _lines(stream, origin.path):
        _take(account, known, f"line {number}", line)
        yield from account.full()
    yield from account.rest(ftm_rows.USES)


def _lines(stream: BinaryIO, where: str) -> Iterator[tuple[int, bytes]]:
    number = 0
    while line := stream.readline(LINE_LIMIT):
        number += 1
        if len(line) >= LINE_LIMIT and not line.endswith(b"\n"):
            advice = "one line must hold one entity; a whole JSON array is not this format"
            raise LimitError(f"a line is longer than {LINE_LIMIT >> 20} MiB", where=f"{where}, line {number}", advice=advice)
        yield number, line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line


def _decoded(line: bytes) -> Entity | str:
    """The entity of a line, or why there is none; '' for a blank line."""
    if not line.strip():
        return ""
    try:
        return _DECODER.decode(line)
    except msgspec.ValidationError as error:
        return f"not an entity: {error}"[:200]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return f"not readable JSON: {error}"[:200]


def _take(account: Account, known: _Known, place: str, line: bytes) -> None:
    entity = _decoded(line)
    if not isinstance(entity, Entity):
        return account.reject(place, "", entity) if entity else account.blank()
    account.saw({f"{entity.schema}.{name}": values for name, values in entity.properties.items()})
    if reason := known.why_not(entity):
        return account.leave_out(reason)
    kind, row = ftm_rows.record(entity)
    missing = next((column for column in ftm_rows.NEEDED[kind] if not row[column]), "")
    if missing:
        return account.reject(place, missing, "empty, but it is needed")
    return account.add(kind, place, row)


class _Known:
    """The ids of the organisations and of the people of a file, as sorted arrays of 64-bit hashes."""

    def __init__(self) -> None:
        self._organisations, self._people = array("Q"), array("Q")

    def note(self, entity: Entity) -> None:
        """Remember an entity by its id."""
        if entity.schema in ORGANISATIONS:
            (self._people if is_person(entity) else self._organisations).append(_hash(entity.id))
        elif entity.schema in PEOPLE:
            self._people.append(_hash(entity.id))

    def close(self) -> None:
        """Sort, so that look-ups are quick."""
        self._organisations, self._people = array("Q", sorted(self._organisations)), array("Q", sorted(self._people))

    def why_not(self, entity: Entity) -> str:
        """Why an entity gives no record; '' when it does."""
        if entity.schema in PEOPLE or (entity.schema in ORGANISATIONS and is_person(entity)):
            return "natural person"
        if entity.schema in ORGANISATIONS:
            return ""
        if entity.schema != "Sanction" and entity.schema not in LINKS:
            return f"not an organisation: {entity.schema}"
        return self._ends(ftm_rows.ends(entity), "listing" if entity.schema == "Sanction" else "link")

    def _ends(self, ids: Sequence[str], what: str) -> str:
        hashes = [_hash(one) for one in ids]
        if any(_has(self._people, one) for one in hashes):
            return f"{what} of a natural person"
        if not hashes or not all(_has(self._organisations, one) for one in hashes):
            return f"{what} of something that is no organisation of this file"
        return ""


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def _has(sorted_hashes: Any, value: int) -> bool:
    at = bisect_left(sorted_hashes, value)
    return at < len(sorted_hashes) and sorted_hashes[at] == value
