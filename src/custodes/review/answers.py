"""What came of asking: each letter's deadline and next step, and how many bodies were asked, answered, held the information, and have the equipment. Pure.

Answers are rows of the kind ANSWER as mappings. The nine states: asked (waiting), present, absent, not held, refused, partial, no reply, neither
confirm nor deny, superseded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from custodes.errors import UsageError
from custodes.review import deadlines
from custodes.review.deadlines import Holidays, Law
from custodes.review.exchange import Act

Row = Mapping[str, Any]

STATES = ("asked", "present", "absent", "not held", "refused", "partial", "no reply", "neither confirm nor deny", "superseded")
"""The nine states of an answer; the first and ``no reply`` say that there is none."""
SILENT = ("", "asked", "no reply")
HELD = ("present", "absent", "partial")
"""States that give information about the equipment: the denominator of a share of bodies that have it."""
REVIEWABLE = ("refused", "partial", "not held", "neither confirm nor deny")


@dataclass(frozen=True, slots=True)
class Tracked:
    """A letter that was sent. ``state``: waiting, overdue, answered, under review, review overdue, withdrawn; ``answer`` one of :data:`STATES` or empty;
    ``step``: what to do next, ``until`` by when (dates ISO, empty when no law says)."""

    letter_id: str
    body: str
    to: str
    law: str
    sent: str
    due: str
    state: str
    answer: str = ""
    answered: str = ""
    exemption: str = ""
    step: str = ""
    until: str = ""
    finding_ids: tuple[str, ...] = ()


def track(acts: Sequence[Act], answers: Iterable[Row], laws: Mapping[str, Law], table: Holidays, today: date) -> tuple[Tracked, ...]:
    """Every letter that the log says was sent, by the day it was sent and its number."""
    known = list(answers)
    after: dict[str, dict[str, str]] = {}
    for act in acts:
        after.setdefault(act.get("letter_id"), {})[act.kind] = act.date[:10]
    made = []
    for act in acts:
        if act.kind == "letter sent":
            law = laws.get(act.get("law"), laws["unknown"])
            letter = Tracked(
                act.get("letter_id"), act.get("body"), act.get("to") or act.get("body"), law.id, act.date[:10], "", "waiting", finding_ids=tuple(act.get("finding_ids"))
            )
            made.append(_stand(letter, law, after[letter.letter_id], _answer_to(letter, known), table, today))
    return tuple(sorted(made, key=lambda letter: (letter.sent, letter.letter_id)))


def _answer_to(letter: Tracked, answers: Iterable[Row]) -> Row | None:
    """The newest answer to a letter: one that quotes its number, else one of the same body about a request of the same day, or given since."""
    quoted = [row for row in answers if row.get("reference") == letter.letter_id]
    like = [row for row in answers if not row.get("reference") and row["body"] in (letter.body, letter.to) and _since(row, letter.sent)]
    given = [row for row in quoted or like if row["state"] not in (*SILENT, "superseded")]
    return max(given, key=lambda row: (row["answered"] or "", row["record_key"]), default=None)


def _since(row: Row, sent: str) -> bool:
    return row["asked"] == sent if row["asked"] else bool(row["answered"]) and row["answered"] >= sent


def _stand(letter: Tracked, law: Law, after: Mapping[str, str], answer: Row | None, table: Holidays, today: date) -> Tracked:
    try:
        due = deadlines.due(law, date.fromisoformat(letter.sent), table)
    except UsageError:
        due = None
    letter = replace(letter, due=due.isoformat() if due else "")
    if "letter withdrawn" in after:
        return replace(letter, state="withdrawn")
    if answer is not None:
        letter = replace(letter, state="answered", answer=answer["state"], answered=answer["answered"] or "", exemption=answer["exemption"] or "")
    elif due and today > due:
        letter = replace(letter, state="overdue")
    if "review asked" in after and (answer is None or letter.answered < after["review asked"]):
        return _reviewed(letter, law, after["review asked"], table, today)
    if letter.state == "overdue" and "reminder sent" not in after:
        return replace(letter, step="send the reminder")
    if letter.state == "overdue" or letter.answer in REVIEWABLE:
        return _may_review(letter, law, table, today)
    return letter


def _may_review(letter: Tracked, law: Law, table: Holidays, today: date) -> Tracked:
    start = letter.answered or letter.due
    until = _or_none(deadlines.ask_review_until, law, start, table)
    if until and today > until:
        return replace(letter, step=f"the time to ask for a review has passed; ask anew, or turn to {law.complain}", until=until.isoformat())
    return replace(letter, step="ask for a review", until=until.isoformat() if until else "")


def _reviewed(letter: Tracked, law: Law, asked: str, table: Holidays, today: date) -> Tracked:
    until = _or_none(deadlines.review_due, law, asked, table)
    if until and today > until:
        return replace(letter, state="review overdue", step=f"turn to {law.complain}", until="")
    return replace(letter, state="under review", step="wait for the review", until=until.isoformat() if until else "")


def _or_none(rule: Any, law: Law, day: str, table: Holidays) -> date | None:
    try:
        found: date | None = rule(law, date.fromisoformat(day), table)
    except (UsageError, ValueError):  # the table ends before, or the day is not known
        return None
    return found


def asked_rows(tracked: Iterable[Tracked]) -> Iterator[dict[str, Any]]:
    """ANSWER rows for letters without an answer: ``asked`` while the time runs, ``no reply`` when it has passed. Withdrawn letters give none."""
    for letter in tracked:
        if letter.state not in ("withdrawn",) and not letter.answer:
            late = letter.state in ("overdue", "review overdue") or (bool(letter.due) and letter.state == "under review")
            yield {
                "body": letter.body, "about": "makers of surveillance equipment bought", "asked": letter.sent, "answered": "",
                "state": "no reply" if late else "asked", "exemption": "", "makers": [], "devices": None, "sites": None, "words": "", "url": "",
                "grade": "recorded", "reference": letter.letter_id, "record_key": letter.letter_id,
                "origin_sha256": "", "origin_file": "review/exchange.jsonl", "origin_at": letter.letter_id,
            }  # fmt: skip


def counted(answers: Iterable[Row]) -> tuple[dict[str, str], ...]:
    """One row per body that was asked, by name: ``body, state`` (the newest that counts), ``exemption``, and ``answered, held, positive`` (yes or no).

    A superseded answer does not count; an answer counts before the silence around it, and a newer one before an older one.
    """
    newest: dict[str, Row] = {}
    for row in sorted(answers, key=lambda row: (row["state"] not in SILENT, row["answered"] or row["asked"] or "", row["record_key"])):
        if row["body"] and row["state"] != "superseded":
            newest[row["body"]] = row
    return tuple(_counted(body, row) for body, row in sorted(newest.items()))


def _counted(body: str, row: Row) -> dict[str, str]:
    state = str(row["state"] or "asked")
    held, answered = state in HELD, state not in SILENT
    yes = {True: "yes", False: "no"}
    return {
        "body": body, "state": state, "exemption": str(row["exemption"] or "") if answered else "",
        "answered": yes[answered], "held": yes[held], "positive": yes[state == "present"],
    }  # fmt: skip


def statistics(rows: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Counts over :func:`counted`: ``asked, answered, held, positive``, per state, and per exemption (bodies that named it)."""
    exemptions = Counter(part.strip() for row in rows for part in row["exemption"].split(";") if part.strip())
    return {
        "asked": len(rows), **{name: sum(row[name] == "yes" for row in rows) for name in ("answered", "held", "positive")},
        "states": {state: count for state in STATES if (count := sum(row["state"] == state for row in rows))},
        "exemptions": dict(sorted(exemptions.items())),
    }  # fmt: skip
