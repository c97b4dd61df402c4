"""The public view as plain rows, then pages, tables and sheets.

``publish`` writes an edition into a folder; ``gate`` says what a public edition may hold; ``explain`` follows a finding or a figure back.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path

from custodes.publication import timetable_pages
from custodes.publication.bodies import body_states
from custodes.publication.editions import continued, line
from custodes.publication.explain import explain
from custodes.publication.export_all import files, told, write_exports
from custodes.publication.figure import Figure
from custodes.publication.figures import figures, figures_of
from custodes.publication.finding_pages import Drawn, HandOut, Stock, draw
from custodes.publication.gate import gate, public_edition
from custodes.publication.money import sums
from custodes.publication.package import write_package
from custodes.publication.pages import Pages
from custodes.publication.sheets import write_xlsx
from custodes.publication.tables import tables, write_csv, write_jsonl
from custodes.publication.view import View, normalise
from custodes.values.edition import Edition

__all__ = ["Figure", "body_states", "explain", "figures", "gate", "log", "public_edition", "publish", "sums", "write"]


def publish(edition: Edition, folder: Path) -> list[Path]:
    """Write an edition into ``folder`` (made when missing; hand in an empty one); return every file written, sorted.

    ``edition.kind``: ``draft`` shows everything, marked; ``public`` shows only what passes :func:`gate`. The same edition gives the same bytes.
    """
    return sorted(folder / name for name in write(edition, folder))


def write(edition: Edition, folder: Path, hand_out: HandOut | None = None) -> dict[str, str]:
    """Like :func:`publish`; every file written -> its SHA-256, empty where nobody has it at hand. ``hand_out``: lets other processes draw the pages of findings
    while this one writes the rest."""
    view = _public(edition) if edition.kind == "public" else normalise(edition)
    folder.mkdir(parents=True, exist_ok=True)
    stock = Stock(view, folder)
    with hand_out(draw, stock.parts, stock) if hand_out and stock.large else nullcontext(draw(part, stock) for part in stock.parts) as drawn:
        return _write(view, folder, drawn)


def _write(view: View, folder: Path, drawn: Iterable[Drawn]) -> dict[str, str]:
    numbers = figures_of(view)
    data = tables(view, numbers)
    counts = {table.name: write_csv(table, view.kind, folder / f"{table.name}.csv") for table in data}
    lines = [folder / "findings.jsonl", folder / "questions.jsonl"]
    for table, path in zip(data, lines, strict=False):
        write_jsonl(table, view.kind, path)
    book = write_xlsx(view, data[0], folder / "findings.xlsx")
    exports = write_exports(view, folder)
    timetable = timetable_pages.write_files(view, folder)
    packs = [folder / "packs" / row["path"] for row in view.facts["packs"]]
    more = [*lines, book, *files(exports, folder), *timetable, *packs]
    package = write_package(view, data, counts, more, folder / "datapackage.json", told(exports) | timetable)
    pages = Pages(view, folder, numbers)
    pages.all(data, counts, drawn)
    timetable_pages.write(pages.site, view.timetable, list(timetable))
    others = [*(folder / f"{table.name}.csv" for table in data), *more, package]
    return {path.relative_to(folder).as_posix(): "" for path in others} | pages.site.hashes


def log(edition: Edition) -> str:
    """The log of public editions with this one, whole, as lines of JSON: what the case keeps and hands in as ``facts["history"]`` the next time."""
    return "".join(line(event) for event in _public(edition).facts["history"])


def _public(edition: Edition) -> View:
    """What remains behind the gate, with its place in the log of public editions."""
    return continued(normalise(public_edition(edition)), gate(edition)[1])
