"""What an evidence pack shows of its findings: a page, tables, quotations and annotations, from a view that holds these findings and no others.

The bytes that prove it (hashes, log, tokens, ledger, files) are put beside them by the pipeline, which can open the case.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from custodes.publication import show, wording
from custodes.publication.export_annotations import AnnotationWriter
from custodes.publication.export_base import run
from custodes.publication.rows import Row, shown, stream
from custodes.publication.tables import Table, tables, write_csv, write_jsonl
from custodes.publication.view import View

ALWAYS = ("findings", "listings", "replies", "corrections")
"""Tables of an edition that a pack takes along, cut down to its findings."""


@dataclass(frozen=True, slots=True)
class Quotation:
    """The words that a finding rests on. ``text``: the record's own, or the page's; ``at``: their place in the file ``file_sha256``.

    ``line_sha256``: hash of the raw line without its end, for a line of a text file, else empty. ``place``: the way back into a captured page, in words.
    ``picture``: file name of a cropped picture, or empty.
    """

    finding_id: str
    text: str
    file_sha256: str
    file: str
    at: str
    line_sha256: str = ""
    place: str = ""
    url: str = ""
    seen: str = ""
    picture: str = ""


@dataclass(frozen=True, slots=True)
class HeldFile:
    """A file that the findings rest on: what it is, since when it is sealed, whether its bytes are in the pack and under which licence or for which reason."""

    sha256: str
    path: str
    size: int
    stored_at: str
    sealed_line: int
    sealed_hash: str
    licence: str
    included: bool
    why: str


def write_shown(view: View, folder: Path, title: str, quotations: Sequence[Quotation], files: Sequence[HeldFile], body: str = "") -> None:
    """Write ``index.html``, the tables, ``quotations.jsonl``, ``hashes.csv`` and ``annotations.jsonld`` into ``folder``.

    ``view`` holds the pack's findings only; ``body``: the body that the pack is about, whose state and answers are shown too.
    """
    data = {table.name: table for table in tables(view, ())}
    makers = {row["maker_id"] for row in stream(view.findings)} - {""}
    for name in ALWAYS:
        write_csv(_only(data[name], makers) if name == "listings" else data[name], view.kind, folder / f"{name}.csv")
    write_jsonl(data["findings"], view.kind, folder / "findings.jsonl")
    _lines(folder / "quotations.jsonl", ({**_plain(quote), "edition": view.kind} for quote in quotations))
    _hashes(folder / "hashes.csv", files, view.kind)
    run("annotations", AnnotationWriter(view, folder), stream(view.findings))
    state = next((row for row in view.bodies if row["body"] == body), None) if body else None
    if state is not None:
        (folder / "body.json").write_text(json.dumps({"edition": view.kind, **state}, ensure_ascii=False, indent=1, sort_keys=True, default=str) + "\n", encoding="utf-8", newline="\n")
    (folder / "index.html").write_text(page(view, title, quotations, files, state), encoding="utf-8", errors="replace", newline="\n")


def page(view: View, title: str, quotations: Sequence[Quotation], files: Sequence[HeldFile], state: Row | None) -> str:
    """The page of a pack as one HTML document that loads nothing but the pack's own pictures."""
    env = Environment(loader=PackageLoader("custodes.publication"), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    env.filters |= {"shown": shown, "cited": show.cited}
    of = {row["finding_id"]: [quote for quote in quotations if quote.finding_id == row["finding_id"]] for row in stream(view.findings)}
    findings = [{**show.finding(view, row, whole=True), "quotations": of[row["finding_id"]]} for row in stream(view.findings)]
    return env.get_template("pack.html").render(view=view, title=title, findings=findings, files=files, state=state, w=wording, lead=wording.LEAD)


def _only(table: Table, makers: set[str]) -> Table:
    return Table(table.name, table.title, table.columns, lambda: (row for row in table.rows() if row["maker_id"] in makers))


def _plain(quote: Quotation) -> dict[str, Any]:
    return {name: getattr(quote, name) for name in quote.__dataclass_fields__}


def _lines(path: Path, values: Iterable[Mapping[str, Any]]) -> None:
    path.write_text("".join(json.dumps(value, ensure_ascii=False, sort_keys=True) + "\n" for value in values), encoding="utf-8", errors="replace", newline="\n")


_HASHES = ("sha256", "path", "size", "stored_at", "sealed_line", "sealed_hash", "licence", "included", "why")


def _hashes(path: Path, files: Sequence[HeldFile], edition: str) -> None:
    from custodes.publication.tables import Column

    kinds = {"size": "integer", "sealed_line": "integer", "included": "boolean"}
    columns = (Column("edition", "string", ""), *(Column(name, kinds.get(name, "string"), "") for name in _HASHES))
    write_csv(Table("hashes", "", columns, lambda: ({name: getattr(file, name) for name in _HASHES} for file in files)), edition, path)
