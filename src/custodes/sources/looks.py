"""The book of looks: one line per look at a watched page, only ever added to, each line sealed in the case's log.

``looks.jsonl``: when, at what address, what was seen and why, the status, where the answer came from, the hashes of its body, of its text and of the
package that holds it all. A failed look has a line too: that somebody looked and found nothing is a fact. ``texts/`` holds the texts by hash; they are
working copies, made from the packages and made again when they are lost.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from custodes.errors import IntegrityError
from custodes.sources import seal
from custodes.sources.lines import add_lines, canonical, half_line, whole_lines
from custodes.sources.pagetext import PageText
from custodes.sources.watch import Look
from custodes.values import Break

LOG = "looks.jsonl"
KIND = "look"
"""``kind`` of a sealed line; its facts are page, at, capture and the line's SHA-256."""


def add(folder: Path, line: Mapping[str, Any]) -> dict[str, Any]:
    """Write one look into the book; returns the facts to seal."""
    data = canonical(line)
    add_lines(folder / LOG, data + b"\n")
    return facts(data, line)


def facts(data: bytes, line: Mapping[str, Any]) -> dict[str, Any]:
    """What the seal log says of a look."""
    return {"page": line["page"], "at": line["at"], "capture": line["capture"], "sha256": hashlib.sha256(data).hexdigest()}


def lines(folder: Path) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """Every whole line as it stands and as a mapping. IntegrityError at a line that is not one of ours."""
    for number, data in enumerate(whole_lines(folder / LOG), 1):
        try:
            line = json.loads(data)
            if canonical(line) != data or not {"page", "at", "capture", "sight", "url"} <= set(line):
                raise ValueError("not in canonical form")
        except (ValueError, TypeError, RecursionError) as problem:
            raise IntegrityError(
                f"the line is not one that custodes wrote ({problem})", where=f"sources/{LOG}, line {number}", advice="restore the file from a copy"
            ) from problem
        yield data, line


def by_page(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The looks of each page in the order in which they were written."""
    found: dict[str, list[dict[str, Any]]] = {}
    for _, line in lines(folder):
        found.setdefault(line["page"], []).append(line)
    return found


def look(line: Mapping[str, Any]) -> Look:
    """A line of the book as the watch reads it."""
    sight, why, final, words, body, capture = (str(line.get(name, "")) for name in ("sight", "why", "final", "text", "body", "capture"))
    return Look(datetime.fromisoformat(line["at"]), sight, why, final, words, body, capture, int(line.get("status", 0)))


def unsealed(folder: Path, log: Path) -> list[tuple[str, dict[str, Any]]]:
    """What a killed run wrote but did not seal, as entries for :func:`seal.append_all`."""
    sealed = {line["facts"].get("sha256") for line in seal.lines(log) if line["kind"] == KIND}
    entries = [(KIND, facts(data, line)) for data, line in lines(folder)]
    return [entry for entry in entries if entry[1]["sha256"] not in sealed]


def verify(folder: Path, log: Path) -> Iterator[Break]:
    """The first look that was sealed and is gone or was changed; a line that is not ours; a half last line. Call ``seal.verify`` first."""
    try:
        held = {facts(data, line)["sha256"] for data, line in lines(folder)}
    except IntegrityError as problem:
        yield Break("looks", problem.where, problem.what, problem.advice)
        return
    for line in seal.lines(log):
        if line["kind"] == KIND and line["facts"].get("sha256") not in held:
            said = line["facts"]
            what = f"the look at {said.get('page')} of {said.get('at')} was sealed (line {line['n']} of {log.name}), but {LOG} no longer has it as it was"
            yield Break("looks", f"sources/{LOG}", what, f"restore {LOG} from a copy")
            return
    if half_line(folder / LOG):
        yield Break("looks", f"sources/{LOG}", "the last line has no end: a run was stopped while writing", "run the same command again")


def keep_text(folder: Path, text: PageText) -> str:
    """Keep a text by its hash; empty for a page without text."""
    if not text.blocks and not text.title:
        return ""
    data = canonical({"kind": text.kind, "title": text.title, "blocks": list(text.blocks)})
    sha256 = hashlib.sha256(data).hexdigest()
    path = _text_path(folder, sha256)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_name(f".{sha256[:12]}.{os.getpid()}.part")
        half.write_bytes(data)
        half.replace(path)
    return sha256


def text(folder: Path, sha256: str) -> PageText:
    """A kept text; the empty one when the working copy is not there any more."""
    if not sha256:
        return PageText("other")
    try:
        found = json.loads(_text_path(folder, sha256).read_bytes())
        return PageText(found["kind"], found["title"], tuple(found["blocks"]))
    except FileNotFoundError:
        return PageText("other", problem="the text is not there any more; it can be made again from the package")


def _text_path(folder: Path, sha256: str) -> Path:
    return folder / "texts" / sha256[:2] / f"{sha256}.json"


def latest(found: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The last look of some."""
    return max(found, key=lambda line: str(line["at"]), default=None)
