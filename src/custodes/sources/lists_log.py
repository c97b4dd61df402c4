"""The log of lists: one line per look at a list's address, only ever added to, each line sealed. A look that failed or was refused has a line too.

``lists.jsonl`` lies in the sources folder. A line says the feed, the time, the outcome (new, same, refused, failed), why, the files with their addresses, status,
validators and hashes, the date of the list, its counts, and the package that holds what went over the wire.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from custodes.errors import IntegrityError
from custodes.sources import seal
from custodes.sources.lines import add_lines, canonical, half_line, whole_lines
from custodes.values import Break

LOG = "lists.jsonl"
KIND = "list"
"""``kind`` of a sealed line; its facts are feed, at, outcome and the line's SHA-256."""
NEW, SAME, REFUSED, FAILED = "new", "same", "refused", "failed"


def add(folder: Path, line: Mapping[str, Any]) -> dict[str, Any]:
    """Write one look; returns the facts to seal."""
    data = canonical(line)
    add_lines(folder / LOG, data + b"\n")
    return _facts(data, line)


def _facts(data: bytes, line: Mapping[str, Any]) -> dict[str, Any]:
    return {"feed": line["feed"], "at": line["at"], "outcome": line["outcome"], "sha256": hashlib.sha256(data).hexdigest()}


def lines(folder: Path) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """Every whole line as it stands and as a mapping. IntegrityError at a line that is not one of ours."""
    for number, data in enumerate(whole_lines(folder / LOG), 1):
        try:
            line = json.loads(data)
            if canonical(line) != data or not {"feed", "at", "outcome", "files"} <= set(line):
                raise ValueError("not in canonical form")
        except (ValueError, TypeError, RecursionError) as problem:
            what = f"the line is not one that custodes wrote ({problem})"
            raise IntegrityError(what, where=f"sources/{LOG}, line {number}", advice="restore the file from a copy") from problem
        yield data, line


def unsealed(folder: Path, log: Path) -> list[tuple[str, dict[str, Any]]]:
    """What a killed run wrote but did not seal, as entries for :func:`seal.append_all`."""
    sealed = {line["facts"].get("sha256") for line in seal.lines(log) if line["kind"] == KIND}
    entries = [(KIND, _facts(data, line)) for data, line in lines(folder)]
    return [entry for entry in entries if entry[1]["sha256"] not in sealed]


def verify(folder: Path, log: Path) -> Iterator[Break]:
    """The first look that was sealed and is gone or was changed; a line that is not ours; a half last line. Call ``seal.verify`` first."""
    try:
        held = {_facts(data, line)["sha256"] for data, line in lines(folder)}
    except IntegrityError as problem:
        yield Break("lists", problem.where, problem.what, problem.advice)
        return
    for line in seal.lines(log):
        if line["kind"] == KIND and line["facts"].get("sha256") not in held:
            said = line["facts"]
            what = f"the look at the list {said.get('feed')} of {said.get('at')} was sealed (line {line['n']} of {log.name}), but {LOG} no longer has it as it was"
            yield Break("lists", f"sources/{LOG}", what, f"restore {LOG} from a copy")
            return
    if half_line(folder / LOG):
        yield Break("lists", f"sources/{LOG}", "the last line has no end: a run was stopped while writing", "run the same command again")
