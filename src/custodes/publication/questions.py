"""Surveillance purchases without a maker, as drafted freedom-of-information letters that cite the exact transactions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

import pyarrow as pa

from custodes.publication import wording
from custodes.publication.rows import Row, shown, stream

LETTER_ROWS = 25
"""Transactions per letter: what a body can look up within the usual cost limit."""

_BY_LAW = {
    "foia": (
        "Freedom of Information Act 2000",
        "This is a request for information under section 1 of the Freedom of Information Act 2000.",
        "If answering everything would exceed the cost limit (section 12), please begin with the newest transactions and tell me, under section 16, "
        "how I could narrow the request. I expect your reply within 20 working days (section 10).",
    ),
    "foisa": (
        "Freedom of Information (Scotland) Act 2002",
        "This is a request for information under section 1 of the Freedom of Information (Scotland) Act 2002.",
        "If answering everything would exceed the cost limit (section 12), please begin with the newest transactions and tell me, under section 15, "
        "how I could narrow the request. I expect your reply within 20 working days (section 10).",
    ),
    "none": (
        "no information law is known to bind this body",
        "You may not be bound by a law on access to information; I ask you to answer of your own accord.",
        "Please tell me also if you will not answer.",
    ),
    "": (
        "information law not known: check before sending",
        "This is a request for information under the law on access to information that applies to you.",
        "If answering everything would be too costly, please begin with the newest transactions and tell me how I could narrow the request.",
    ),
}
"""Law -> (its name, how a letter begins, how it ends)."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One drafted letter: whose records, to whom, under which law, and the transactions it asks about (FINDING rows, newest first)."""

    body: str
    to: str
    number: int
    of: int
    law: str
    address: str
    opening: str
    closing: str
    rows: tuple[Row, ...]


def law_of(information_law: str) -> str:
    """``foia``, ``foisa``, ``none`` or empty (not known) from a body's information law as the fact table writes it."""
    text = information_law.casefold()
    if "foisa" in text or ("freedom of information" in text and "scotland" in text):
        return "foisa"
    if "foia" in text or "freedom of information act 2000" in text:
        return "foia"
    return "none" if text.strip() in ("none", "not subject", "no law") else ""


def by_body(questions: pa.Table) -> Iterator[tuple[str, list[Row]]]:
    """Each body's questions, bodies by name, the newest transaction first; one body in memory at a time."""
    order = [("body", "ascending"), ("date", "descending"), ("finding_id", "ascending")]
    for body, rows in groupby(stream(questions.sort_by(order)), key=lambda row: str(row["body"])):
        yield body, list(rows)


def addressee(body: str, bodies: Mapping[str, Row], now: str) -> str:
    """Who answers for a body at ``now``: itself, or the successor of a body that has ended (a successor's successor included)."""
    for _ in range(9):
        info = bodies.get(body, {})
        successor, ended = str(info.get("successor") or ""), str(info.get("valid_to") or "")
        if not successor or not ended or ended >= now[: len(ended)]:
            break
        body = successor
    return body


def letters(body: str, bodies: Mapping[str, Row], now: str, rows: list[Row]) -> tuple[Letter, ...]:
    """The letters about one body's records; none when the body is not known. ``bodies``: name -> row of ``body_states``; ``now``: ISO time."""
    if not body:
        return ()
    to = addressee(body, bodies, now)
    info = bodies.get(to, {})
    name, opening, closing = _BY_LAW[law_of(str(info.get("information_law") or ""))]
    total = -(-len(rows) // LETTER_ROWS)
    parts = [tuple(rows[n * LETTER_ROWS : (n + 1) * LETTER_ROWS]) for n in range(total)]
    address = str(info.get("request_address") or "")
    return tuple(Letter(body, to, n, total, name, address, opening, closing, part) for n, part in enumerate(parts, 1))


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
