"""Letters to bodies: surveillance purchases of unknown maker become requests for information that cite the exact transactions. Pure.

A letter is made of blocks (style, text), so that the plain text and the document say the same. Rows are findings of the kind ``maker_unknown`` as
mappings; bodies are mappings with ``body, successor, valid_to, information_law, request_address``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from custodes.errors import UsageError
from custodes.review import deadlines
from custodes.review.deadlines import Holidays, Law

Row = Mapping[str, Any]
Block = tuple[str, str]
"""(style, text); styles: to, subject, p, ask (a numbered question), row (a numbered transaction), quote, sign."""

LONGEST_LINK = 7_500
"""Characters of a prefilled address at most: web servers commonly refuse request lines beyond 8 KiB."""
_LONGEST_DESCRIPTION = 300
_ENDED = 9  # successors of successors that are followed

ASKS = (
    "Who made the equipment, which models are they, and how many of each? An invoice, order or delivery note that shows it is enough.",
    "Is the equipment still installed and in use, and at how many sites?",
    "If it is to be replaced or removed: by when, and under which contract?",
)
"""What every letter asks, the cheapest question to answer first."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter. ``body``: whose records; ``to``: who answers today; ``law``: id in the table of laws; ``send_from``: ISO date, empty when it lies
    beyond the table of bank holidays; ``rows``: the transactions, newest first."""

    letter_id: str
    body: str
    to: str
    law: str
    number: int
    of: int
    address: str
    send_from: str
    rows: tuple[Row, ...]


def law_id(information_law: str, laws: Mapping[str, Law]) -> str:
    """The law that a body's ``information_law`` names (``FOIA 2000``, ``EIR 2004``, a law's id, ``none``); ``unknown`` when it names none we know."""
    text = information_law.casefold().strip()
    if text in laws:
        return text
    if text in ("none", "not subject", "no law"):
        return "none"
    scottish = "scotland" in text or "foisa" in text or "eisr" in text
    if "eir" in text or "environmental information" in text or "eisr" in text:
        return "eisr" if scottish else "eir"
    if "foisa" in text or (scottish and "freedom of information" in text):
        return "foisa"
    if "foia" in text or "freedom of information act 2000" in text:
        return "foia"
    return "eu" if "1049/2001" in text else "unknown"


def addressee(body: str, bodies: Mapping[str, Row], today: str) -> str:
    """Who answers for a body on ``today``: itself, or the successor of one that has ended (and its successor)."""
    for _ in range(_ENDED):
        known = bodies.get(body, {})
        successor, ended = str(known.get("successor") or ""), str(known.get("valid_to") or "")
        if not successor or not ended or ended >= today[: len(ended)]:
            break
        body = successor
    return body


def draft(
    questions: Iterable[Row], bodies: Mapping[str, Row], laws: Mapping[str, Law], table: Holidays, today: date, sent: Mapping[str, date] | None = None
) -> tuple[Letter, ...]:
    """Letters about ``questions``, by addressee and body, the newest transaction first; rows without a body get none.

    Leave out what was asked already. ``sent``: addressee -> the day of the last letter to it; a further letter waits as long as its law adds letters up.
    """
    made: list[Letter] = []
    known = [row for row in questions if row["body"]]
    known.sort(key=lambda row: (row["body"], _backwards(str(row.get("date") or "")), row["finding_id"]))
    for body, rows in groupby(known, key=lambda row: str(row["body"])):
        to = addressee(body, bodies, today.isoformat())
        info = bodies.get(to, {})
        law = laws[law_id(str(info.get("information_law") or ""), laws)]
        made += _letters(body, to, law, str(info.get("request_address") or ""), list(rows))
    made.sort(key=lambda letter: (letter.to, letter.body, letter.number))
    return tuple(_dated(made, laws, table, today, sent or {}))


def _backwards(day: str) -> tuple[int, ...]:
    """Sorts ISO dates newest first, unknown ones last."""
    return tuple(-ord(c) for c in day) or (0,)


def _letters(body: str, to: str, law: Law, address: str, rows: list[Row]) -> Iterator[Letter]:
    parts = [tuple(rows[n : n + law.letter_rows]) for n in range(0, len(rows), law.letter_rows)]
    for number, part in enumerate(parts, 1):
        yield Letter(letter_id(to, (row["finding_id"] for row in part)), body, to, law.id, number, len(parts), address, "", part)


def letter_id(to: str, finding_ids: Iterable[str]) -> str:
    """``Q-`` and ten hex digits: the same letter has the same number on every run."""
    return "Q-" + hashlib.sha256("\x1f".join([to, *sorted(finding_ids)]).encode("utf-8", "surrogatepass")).hexdigest()[:10]


def _dated(made: Sequence[Letter], laws: Mapping[str, Law], table: Holidays, today: date, sent: Mapping[str, date]) -> Iterator[Letter]:
    """Give each letter its first day: letters to one addressee wait for each other where the law adds their costs up."""
    for to, group in groupby(made, key=lambda letter: letter.to):
        last: date | None = sent.get(to)
        for letter in group:
            try:
                day = today if last is None else max(today, deadlines.next_letter_from(laws[letter.law], last, table))
            except UsageError:  # beyond the table: nobody can say, so no date is given to this letter and those after it
                yield letter
                continue
            last = day
            yield replace(letter, send_from=day.isoformat())


def citation(row: Row) -> str:
    """One transaction as a letter cites it: date, supplier, amount, number."""
    number = f"transaction {row['transaction']}" if row.get("transaction") else f"notice {row['ocid']}" if row.get("ocid") else "no number published"
    return "; ".join(shown(part) for part in (row.get("date") or "date not stated", row.get("supplier") or "supplier not stated", _amount(row), number))


def _amount(row: Row) -> str:
    if row.get("amount") is None:
        return "amount not stated"
    tax = {"net": "net of VAT", "gross": "VAT included"}.get(str(row.get("tax") or ""), "net or gross not stated")
    return f"{row.get('currency') or 'currency not stated'} {Decimal(str(row['amount'])):,.2f} ({tax})"


def shown(text: Any) -> str:
    """One line that may be printed: control characters and line ends become blanks."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]", " ", str(text)).split())


def blocks(letter: Letter, law: Law) -> tuple[Block, ...]:
    """The letter from its address to its end."""
    head, tail = frame(letter, law)
    rows: list[Block] = []
    for row in letter.rows:
        rows.append(("row", citation(row)))
        if row.get("description"):
            rows.append(("quote", f"“{_cut(row['description'])}”"))
        rows.append(("quote", f"published in {shown(str(row['origin_file']).rsplit('/', 1)[-1])}, {shown(row['origin_at'])}; our number {row['finding_id']}"))
    return (*head, *rows, *tail)


def frame(letter: Letter, law: Law) -> tuple[tuple[Block, ...], tuple[Block, ...]]:
    """What stands before and after the transactions of a letter."""
    own = letter.to == letter.body
    whose = "your own published records" if own else f"the published records of {shown(letter.body)}, whose functions passed to you,"
    part = f" (letter {letter.number} of {letter.of})" if letter.of > 1 else ""
    head = (
        ("to", shown(letter.to) + ("" if own else f", as the successor of {shown(letter.body)}")),
        ("to", shown(letter.address) or "[address not known: look it up before sending]"),
        ("subject", f"Request for information: makers of surveillance equipment bought{part}"),
        ("p", "Dear Sir or Madam,"),
        ("p", law.opening),
        ("p", f"It is about purchases that {whose} describe as surveillance equipment, or as its installation or upkeep. "
              "The records do not say who made the equipment. For each transaction listed below I ask:"),
        *(("ask", ask) for ask in ASKS),
        ("p", "If you hold no information on a transaction, please say so for that transaction. The transactions are:"),
    )  # fmt: skip
    tail = (
        ("p", "I ask about equipment, not about people: please leave out names of staff and of anyone recorded. If the place of a camera must stay "
              "confidential, the number of sites is enough. Please answer by e-mail, and lists as a table."),
        ("p", law.cost),
        ("p", law.due),
        ("sign", f"Please quote {letter.letter_id}."),
        ("sign", "Yours faithfully,"),
        ("sign", "[name and address of the person who asks]"),
    )  # fmt: skip
    return head, tail


def _cut(text: Any) -> str:
    line = shown(text)
    return line if len(line) <= _LONGEST_DESCRIPTION else f"{line[: _LONGEST_DESCRIPTION - 1]}…"


def reminder(letter: Letter, law: Law, sent: str, was_due: str) -> tuple[Block, ...]:
    """A reminder that the answer to ``letter``, sent on ``sent``, was due on ``was_due`` (empty: the law names no day)."""
    when = f" Your answer was due on {was_due}." if was_due else ""
    return _follow_up(letter, f"No answer to my request of {sent}", (f"{law.reminder}{when} I have found no answer from you. Please send it now.",))


def review_letter(letter: Letter, law: Law, sent: str, answered: str, state: str, exemption: str) -> tuple[Block, ...]:
    """A request for an internal review of the answer of ``answered`` (empty: there was none), which was ``state`` under ``exemption``."""
    if not answered:
        why = f"You have not answered my request of {sent}. Please review how it was handled, and answer it."
    else:
        under = f" under {exemption}" if exemption else ""
        why = f"You answered on {answered}: {state}{under}. Please consider anew whether the information is held and what can be given, if only in part."
    if "12" in exemption:
        why += " If the cost was the reason, please answer question 1 for as many transactions as the limit allows, beginning with the newest."
    last = (f"If the matter stays as it is, I may turn to {law.complain}.",) if law.complain else ()
    return _follow_up(letter, f"Review of my request of {sent}", (law.review, why, *last))


def _follow_up(letter: Letter, subject: str, paragraphs: Iterable[str]) -> tuple[Block, ...]:
    numbers = ", ".join(row["finding_id"] for row in letter.rows)
    return (
        ("to", shown(letter.to)), ("to", shown(letter.address) or "[address not known: look it up before sending]"),
        ("subject", f"{subject} ({letter.letter_id})"), ("p", "Dear Sir or Madam,"), *(("p", text) for text in paragraphs),
        ("p", f"The request was about the makers of surveillance equipment bought in {len(letter.rows)} transactions; our numbers for them are: {numbers}."),
        ("sign", "Yours faithfully,"), ("sign", "[name and address of the person who asks]"),
    )  # fmt: skip


def text(told: Iterable[Block]) -> str:
    """Blocks as plain text, one paragraph per line, ends with a newline."""
    lines: list[str] = []
    count = {"ask": 0, "row": 0}
    before = ""
    for style, words in told:
        if style in count:
            count[style] += 1
        if before and not (style == before and style in ("to", "ask", "sign", "quote")) and style != "quote":
            lines.append("")
        number = f"{count[style]}. " if style in count else "   " if style == "quote" else ""
        lines.append(number + words)
        before = style
    return "\n".join(lines) + "\n"
