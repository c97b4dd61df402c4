"""Surveillance purchases without a maker, and the letters that ask about them: each body's letters with the rows they cite."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

import pyarrow as pa

from custodes.publication import wording
from custodes.publication.rows import Row, shown, stream


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter, drafted or sent: what the edition says about it (``letter_id, to, number, of, law, law_id, address, send_from, sent, due, state``, and
    ``head`` and ``tail``: blocks of (style, text)), and the transactions it cites (FINDING rows, newest first)."""

    told: Row
    rows: tuple[Row, ...]


def by_body(questions: pa.Table) -> Iterator[tuple[str, list[Row]]]:
    """Each body's questions, bodies by name, the newest transaction first; one body in memory at a time."""
    order = [("body", "ascending"), ("date", "descending"), ("finding_id", "ascending")]
    for body, rows in groupby(stream(questions.sort_by(order)), key=lambda row: str(row["body"])):
        yield body, list(rows)


def letters(known: Iterable[Mapping[str, object]], rows: list[Row]) -> tuple[tuple[Letter, ...], tuple[Row, ...]]:
    """(letters that cite some of ``rows``, rows that no letter cites). ``known``: the letters to one body, in the order in which they are shown."""
    left = {str(row["finding_id"]): row for row in rows}
    made = []
    for letter in known:
        ids = letter["finding_ids"] if isinstance(letter["finding_ids"], (list, tuple)) else ()
        if cited := tuple(left.pop(key) for key in ids if key in left):
            made.append(Letter(letter, cited))
    return tuple(made), tuple(left.values())


def citation(row: Row) -> str:
    """One transaction as a letter cites it: date, supplier, amount, transaction number, description."""
    tax = wording.TAXES.get(row["tax"], row["tax"])
    amount = f"{wording.money(row['amount'], row['currency'])} ({tax})" if row["amount"] is not None else "amount not stated"
    number = (
        f"transaction {row['transaction']}" if row["transaction"] else f"notice {row['ocid']}" if row["ocid"] else "no transaction number published"
    )
    return "; ".join(shown(part) for part in (row["date"] or "date not stated", row["supplier"] or "supplier not stated", amount, number))


def place(row: Row) -> str:
    """Where the published record stands: file and line."""
    return shown(f"{row['origin_file'].rsplit('/', 1)[-1]}, {row['origin_at']}")
