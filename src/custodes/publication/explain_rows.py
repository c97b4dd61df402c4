"""The rows behind a figure, each with what it is and what it adds, and whether they add up to the number that was published."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from custodes.publication import wording
from custodes.publication.figure import Figure
from custodes.publication.rows import Row, shown, stream
from custodes.publication.tables import number
from custodes.publication.timetable_figures import added
from custodes.publication.view import View

LONGEST = 90
"""Characters of a record's own words in one line."""
_FILE_COUNTS = {"rows-usable": "usable", "rows-left-out": "left_out_in_read", "rows-rejected": "rejected", "rows-without-body": "rows_without_body"}
"""Figure -> the count of a file that its rows add."""


def contributions(figure: Figure, view: View) -> list[tuple[str, int | Decimal, str]]:
    """(row, what it adds to the numerator, what it is in one line), in the order of the figure's rows."""
    adds, tell = _ADDS.get(figure.unit, _other)(figure, view)
    return [(row, adds(row), tell(row)) for row in figure.rows]


def adds_up(figure: Figure, found: list[tuple[str, int | Decimal, str]]) -> str:
    """One sentence: do the rows give the number? A sum that does not is never passed over in silence."""
    total = sum((Decimal(amount) for _, amount, _ in found), Decimal(0))
    if total == Decimal(figure.numerator):
        return f"yes: {wording.plural(len(found), 'row')} give {_plain(total)}"
    return f"no: {wording.plural(len(found), 'row')} give {_plain(total)}, the figure says {_plain(Decimal(figure.numerator))}"


def lines(figure: Figure, view: View) -> list[str]:
    """The rows as text, what each adds in front when that is not one."""
    found = contributions(figure, view)
    plain = all(amount == 1 for _, amount, _ in found)
    return [f"adds up      {adds_up(figure, found)}", *(f"  {'' if plain else f'{_plain(Decimal(amount)):>14}  '}{row}{f'  {words}' if words else ''}" for row, amount, words in found)]


def _plain(value: Decimal) -> str:
    return number(value)


Pair = tuple[Callable[[str], int | Decimal], Callable[[str], str]]


def _one(_: str) -> int:
    return 1


def _findings(figure: Figure, view: View) -> Pair:
    """A finding adds one; in a sum of money, the amount of its record."""
    table = view.findings.select(["finding_id", "date", "body", "maker_id", "description", "amount", "currency", "verdict", "stale"])
    rows: dict[str, Row] = {row["finding_id"]: row for row in stream(table.filter(pc.is_in(table["finding_id"], pa.array(figure.rows, pa.string()))))}

    def words(id: str) -> str:
        row = rows.get(id)
        if row is None:
            return "(not in this edition)"
        amount = wording.money(row["amount"], row["currency"]) if row["amount"] is not None else "no amount"
        said = " ".join(shown(row["description"]).split())
        return " | ".join(part for part in (row["date"] or "no date", shown(row["body"]) or "body not known", row["maker_id"], amount, said if len(said) <= LONGEST else f"{said[: LONGEST - 1]}…") if part)

    def amount(id: str) -> Decimal:
        return Decimal(rows[id]["amount"]) if id in rows and rows[id]["amount"] is not None else Decimal(0)

    return (amount if figure.denominator is None else _one), words


def _files(figure: Figure, view: View) -> Pair:
    files: Mapping[str, Row] = {row.get("name") or row["path"]: row for row in view.coverage}
    key = _FILE_COUNTS.get(figure.id)

    def words(path: str) -> str:
        if path not in files:
            return "(not in this edition)"
        row = files[path]
        return f"{row['reader'] or 'no reader'} | read {row['read']} = usable {row['usable']} + left out {row['left_out_in_read']} + rejected {row['rejected']} | SHA-256 {row['sha256']}"

    return (lambda path: int(files[path][key]) if key and path in files else 1), words


def _bodies(figure: Figure, view: View) -> Pair:
    bodies: Mapping[str, Row] = {row["body"]: row for row in view.bodies}

    def words(name: str) -> str:
        row = bodies.get(name)
        return f"{row['state']} | {row['months_read']} of {row['months_expected']} months read | {wording.plural(len(row['answers']), 'answer')}" if row else ""

    return (lambda name: int(bodies[name]["months_read"]) if name in bodies else 0) if figure.id == "months" else _one, words


def _makers(_: Figure, view: View) -> Pair:
    def words(maker: str) -> str:
        listed = "; ".join(f"{row['list']} {row['since'] or 'date not known'}{' to ' + row['ended'] if row['ended'] else ''}" for row in view.listings.get(maker, ()))
        return f"{view.makers.get(maker, maker)} | {listed or 'no listing'}"

    return _one, words


def _statements(_: Figure, view: View) -> Pair:
    said = {row["statement_id"] or row["record_key"]: row for row in stream(view.records["STATEMENT"])}

    def words(id: str) -> str:
        row: Any = said.get(id, {})
        return " | ".join(shown(row.get(name)) for name in ("date", "speaker", "statement_kind", "citation") if row.get(name))

    return _one, words


def _sites(figure: Figure, view: View) -> Pair:
    """A site of the timetable, and what it adds; what is kept back is one row."""
    adds, sites = added(view.timetable, figure.id), {row["site_id"]: row for row in view.timetable.get("sites", ())}

    def words(id: str) -> str:
        row: Any = sites.get(id, {})
        return " | ".join(shown(row[name]) for name in ("body", "region", "status") if row.get(name))

    return lambda id: adds[id], words


def _other(_: Figure, __: View) -> Pair:
    return _one, lambda row: ""


_ADDS: Mapping[str, Callable[[Figure, View], Pair]] = {"finding": _findings, "file": _files, "body": _bodies, "maker": _makers, "statement": _statements, "site": _sites}
"""What the rows of a figure are -> what each adds and what it is."""
