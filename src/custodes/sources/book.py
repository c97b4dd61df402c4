"""A book: a file of lines that are only ever added to, each sealed in the case's log by its hash. The looks at pages and at lists are two of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from custodes.errors import IntegrityError
from custodes.sources import seal
from custodes.sources.lines import add_lines, canonical, half_line, whole_lines
from custodes.values import Break


@dataclass(frozen=True, slots=True)
class Book:
    """``name``: its file in the sources folder; ``kind``: of its sealed lines; ``chain``: how a break calls it; ``told``: the keys of a line that its seal
    repeats; ``needed``: the keys that every line of ours has; ``entry``: words for one line, filled in with what its seal tells."""

    name: str
    kind: str
    chain: str
    told: tuple[str, ...]
    needed: frozenset[str]
    entry: str

    def add(self, folder: Path, line: Mapping[str, Any]) -> dict[str, Any]:
        """Write one line; returns the facts to seal."""
        data = canonical(line)
        add_lines(folder / self.name, data + b"\n")
        return self.facts(data, line)

    def facts(self, data: bytes, line: Mapping[str, Any]) -> dict[str, Any]:
        """What the seal log says of a line."""
        return {**{key: line[key] for key in self.told}, "sha256": hashlib.sha256(data).hexdigest()}

    def lines(self, folder: Path) -> Iterator[tuple[bytes, dict[str, Any]]]:
        """Every whole line as it stands and as a mapping. IntegrityError at a line that is not one of ours."""
        for number, data in enumerate(whole_lines(folder / self.name), 1):
            try:
                line = json.loads(data)
                if canonical(line) != data or not self.needed <= set(line):
                    raise ValueError("not in canonical form")
            except (ValueError, TypeError, RecursionError) as problem:
                what = f"the line is not one that custodes wrote ({problem})"
                raise IntegrityError(what, where=f"sources/{self.name}, line {number}", advice="restore the file from a copy") from problem
            yield data, line

    def unsealed(self, folder: Path, log: Path) -> list[tuple[str, dict[str, Any]]]:
        """What a killed run wrote but did not seal, as entries for :func:`seal.append_all`."""
        sealed = {line["facts"].get("sha256") for line in seal.lines(log) if line["kind"] == self.kind}
        entries = [(self.kind, self.facts(data, line)) for data, line in self.lines(folder)]
        return [entry for entry in entries if entry[1]["sha256"] not in sealed]

    def verify(self, folder: Path, log: Path) -> Iterator[Break]:
        """The first line that was sealed and is gone or was changed; a line that is not ours; a half last line. Call ``seal.verify`` first."""
        try:
            held = {self.facts(data, line)["sha256"] for data, line in self.lines(folder)}
        except IntegrityError as problem:
            yield Break(self.chain, problem.where, problem.what, problem.advice)
            return
        for line in seal.lines(log):
            if line["kind"] == self.kind and line["facts"].get("sha256") not in held:
                entry = self.entry.format_map({key: line["facts"].get(key) for key in self.told})
                what = f"{entry} was sealed (line {line['n']} of {log.name}), but {self.name} no longer has it as it was"
                yield Break(self.chain, f"sources/{self.name}", what, f"restore {self.name} from a copy")
                return
        if half_line(folder / self.name):
            yield Break(self.chain, f"sources/{self.name}", "the last line has no end: a run was stopped while writing", "run the same command again")
