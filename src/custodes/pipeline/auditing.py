"""Audit: the record of decisions of a case, exported and verified, from the desk's database and the ledger file alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from custodes import case
from custodes.case import Case
from custodes.errors import CustodesError, IntegrityError, UsageError
from custodes.pipeline.desk_place import place
from custodes.pipeline.state import seal_lines
from custodes.review import LEDGER, audit
from custodes.review import verify as verify_room
from custodes.sources import seal
from custodes.values import Break


def export(folder: Path, out: str, database: str, write: Callable[[str], None]) -> dict[str, Any]:
    """Write every event to ``out`` (by its suffix, ``-`` is JSON lines through ``write``); a summary with lines to print."""
    the_case = case.load(folder)
    form = "csv" if out.endswith(".csv") else "jsonl"
    if out != "-" and not out.endswith((".csv", ".jsonl")):
        raise UsageError("not a format of this export", where=out, advice="use .csv or .jsonl, or - for standard output")
    found = audit.events(place(the_case, database), the_case.folder / "review" / LEDGER)
    counted = _Counted(found)
    lines = audit.export(iter(counted), form)
    if out == "-":
        for line in lines:
            write(line)
    else:
        case.write_whole(Path(out), "".join(lines).encode("utf-8", "surrogatepass"))
    return {"events": counted.many, "out": out, "lines": [f"{counted.many} events exported" + ("" if out == "-" else f" to {out}")], "exit": 0}


class _Counted:
    """Counts what passes through."""

    def __init__(self, items: Iterator[Any]) -> None:
        self.items, self.many = items, 0

    def __iter__(self) -> Iterator[Any]:
        for item in self.items:
            self.many += 1
            yield item


def verify(folder: Path, database: str) -> dict[str, Any]:
    """Check the chain of the desk and that of the ledger file; ``exit`` is 4 when one is broken, and the first broken event of each is named."""
    the_case = case.load(folder)
    where = place(the_case, database)
    breaks = [*verify_room(the_case.folder / "review"), *desk_breaks(the_case, where)]
    told = [f"BROKEN {b.chain}: {b.where}: {b.what}" + (f"\n  next: {b.advice}" if b.advice else "") for b in breaks]
    n = 0 if breaks else audit.head(where)[0]
    return {"broken": [b.what for b in breaks], "events": n, "lines": told or [f"intact: {n} events of the desk"], "exit": IntegrityError.code if breaks else 0}


def desk_breaks(the_case: Case, where: str) -> list[Break]:
    """What is broken in the desk's record: a link of its chain, or a newest event that was sealed and is gone."""
    breaks = list(audit.verify(where))
    if breaks:
        return breaks
    try:
        sealed = [line["facts"] for line in seal_lines(the_case.folder / "seal.jsonl") if line["kind"] == "desk"]
    except CustodesError:
        return []  # the seal log's own check names it
    hashes = {row.hash for row in audit.rows(where)} if sealed else set()
    gone = [facts for facts in sealed if facts["hash"] not in hashes]
    return [Break("desk", f"event {facts['n']}", "an event that was sealed is gone", "restore the database from a copy") for facts in gone[:1]]


def seal_head(the_case: Case, now: str) -> None:
    """Seal the newest event of the desk when it has moved: a chain alone cannot show that its end was cut off. Only SQLite in the case is looked at."""
    n, newest = audit.head(place(the_case, ""))
    log = the_case.folder / "seal.jsonl"
    sealed = [line["facts"] for line in seal_lines(log) if line["kind"] == "desk"] if n else []
    if n and (not sealed or sealed[-1]["hash"] != newest):
        seal.append(log, "desk", {"n": n, "hash": newest}, now)
