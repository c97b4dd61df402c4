"""The record of the desk, read straight from its database and checked: no web framework, nothing written.

Every event holds the hash of the one before. What is checked of each: that its line is canonical JSON, that the line matches its hash, that the columns
beside it say the same, that it follows the event before, and that no number is missing.
"""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from custodes.errors import UsageError
from custodes.review import ledger
from custodes.review.batch import guarded
from custodes.review.chain import START, canonical, digest
from custodes.values import Break

COLUMNS = ("n", "at", "actor", "kind", "finding_id", "verdict", "reason", "note", "evidence_hash", "body", "prev", "hash")
"""Columns of the CSV; ``body`` is the whole event as JSON."""
_SELECT = "SELECT n, kind, finding_id, actor, at, line, prev, hash FROM desk_event ORDER BY n"
_ADVICE = "restore the database from a copy; what was handed over stands in the case's inbox and ledger"


class Stored(NamedTuple):
    """A row of the table of events as the database holds it."""

    n: Any
    kind: Any
    finding_id: Any
    actor: Any
    at: Any
    line: Any
    prev: Any
    hash: Any


def rows(database: str) -> Iterator[Stored]:
    """All events by number. ``database`` as for the desk; a database without a desk has none. Raises UsageError when it cannot be reached."""
    if database.startswith("sqlite:///"):
        yield from _sqlite(Path(unquote(database.removeprefix("sqlite:///"))))
    else:
        yield from _postgresql(database)


def _sqlite(path: Path) -> Iterator[Stored]:
    if not path.is_file():
        return
    with closing(sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True, timeout=30)) as connection:
        connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'desk_event'").fetchone():
            yield from map(Stored._make, connection.execute(_SELECT))


def _postgresql(database: str) -> Iterator[Stored]:
    import psycopg

    try:
        with psycopg.connect(database) as connection, connection.cursor(name="audit") as cursor:
            yield from map(Stored._make, cursor.execute(_SELECT))
    except psycopg.errors.UndefinedTable:
        return
    except psycopg.OperationalError as error:
        raise UsageError(f"cannot be reached: {error}".strip(), where=database.split("@")[-1], advice="check the address given to --database") from None


def verify(database: str) -> Iterator[Break]:
    """The first broken event, if any; and for SQLite whether the file itself is sound."""
    where = "case.db" if database.startswith("sqlite") else "database"
    number, prev = 0, START
    try:
        for row in rows(database):
            number += 1
            if problem := _problem(row, number, prev):
                yield Break("desk", f"{where}, event {number}", f"the event {problem}", _ADVICE)
                return
            prev = row.hash
    except sqlite3.DatabaseError as error:
        yield Break("desk", f"{where}, after event {number}", f"the database cannot be read ({error})", _ADVICE)
        return
    yield from _sound(database, where)


def _problem(row: Stored, number: int, prev: str) -> str:
    """What is wrong with an event; empty when nothing is."""
    if row.n != number:
        return f"is missing; the next has number {row.n}"
    try:
        fields = json.loads(row.line)
        if canonical(fields) != row.line.encode("utf-8", "surrogatepass") or digest(fields) != row.hash:
            return "does not match its hash"
    except (TypeError, ValueError, AttributeError, RecursionError):
        return "is not written the way the desk writes it"
    beside = {"n": row.n, "kind": row.kind, "finding_id": row.finding_id, "actor": row.actor, "at": row.at, "prev": row.prev}
    if any(fields.get(name) != value for name, value in beside.items()):
        return "does not say the same in its columns and in its line"
    return "" if row.prev == prev else "does not follow the event before it"


def _sound(database: str, where: str) -> Iterator[Break]:
    """SQLite's own check of the file: a byte that was changed outside the events shows here, if it matters at all."""
    path = Path(unquote(database.removeprefix("sqlite:///")))
    if not database.startswith("sqlite:///") or not path.is_file():
        return
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True, timeout=30)) as connection:
            told = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        told = str(error)
    if told != "ok":
        yield Break("desk", where, f"the database is damaged: {told.splitlines()[0]}", _ADVICE)


def head(database: str) -> tuple[int, str]:
    """(number, hash) of the newest event; (0, START) for none."""
    newest = (0, START)
    for row in rows(database):
        newest = (row.n, row.hash)
    return newest


def events(database: str, file_ledger: Path) -> Iterator[Mapping[str, Any]]:
    """Every event with its hash; of a case without a desk the decisions of its ledger file, in the same shape."""
    empty = True
    for row in rows(database):
        empty = False
        yield {**json.loads(row.line), "hash": row.hash}
    if empty:
        for d in ledger.load(file_ledger):
            body = {name: getattr(d, name) for name in ("verdict", "reason", "note", "evidence_hash", "source")}
            yield {"n": d.n, "kind": "decision", "finding_id": d.finding_id, "actor": d.decider, "at": d.decided, "body": body, "prev": d.prev, "hash": d.hash}


def export(found: Iterator[Mapping[str, Any]], form: str) -> Iterator[str]:
    """Events as lines of ``jsonl`` (exact, each can be hashed again) or ``csv`` (for reading; text that a spreadsheet would run is guarded)."""
    if form == "jsonl":
        yield from (canonical(event).decode("utf-8", "surrogatepass") + "\n" for event in found)
        return
    yield _csv(COLUMNS)
    for event in found:
        body = event["body"]
        cells = {**event, **{name: body.get(name, "") for name in ("verdict", "reason", "note", "evidence_hash")}, "body": canonical(body).decode()}
        yield _csv([guarded(str(cells[name])) for name in COLUMNS])


def _csv(cells: Any) -> str:
    sink = io.StringIO()
    csv.writer(sink, lineterminator="\n").writerow(cells)
    return sink.getvalue()
