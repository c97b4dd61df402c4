"""What a promise leaves open, as questions that can be asked: in the form of the House of Commons, of the House of Lords, or of a council. Pure.

Rules kept here: one question asks one thing of one department; it cites the statement and its day; it gives no opinion and no argument. In the Lords
questions go to His Majesty's Government (Companion to the Standing Orders, chapter on questions: addressed to the Government and not to a minister, no expression
of opinion, no series of requests in one question). A document without a department that answers gives no question, and that is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from custodes.timetable.months import first_day, last_day
from custodes.timetable.promise import Judged, amount
from custodes.timetable.promise_score import Scored

MINISTERS = {
    "Cabinet Office": "Minister for the Cabinet Office", "Home Office": "Secretary of State for the Home Department", "HM Treasury": "Chancellor of the Exchequer",
    "Ministry of Defence": "Secretary of State for Defence", "Ministry of Justice": "Secretary of State for Justice",
    "Foreign, Commonwealth and Development Office": "Secretary of State for Foreign, Commonwealth and Development Affairs",
    "Ministry of Housing, Communities and Local Government": "Secretary of State for Housing, Communities and Local Government",
}  # fmt: skip
"""Who is asked for a department whose name does not say it."""
MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]


@dataclass(frozen=True, slots=True)
class Question:
    """One question: ``house`` commons, lords or council; ``why``: the field of the form or the promise that it asks about; ``cites``: statements."""

    question_id: str
    house: str
    to: str
    text: str
    why: str
    document: str
    cites: tuple[str, ...]
    citation: str


def questions(scored: Sequence[Scored], judged: Sequence[Judged], form: Sequence[Mapping[str, str]]) -> tuple[list[Question], list[str]]:
    """(questions in the order of the form, then unreported promises; troubles in words) for every document."""
    ask = {row["field"]: row["question"] for row in form}
    found: list[Question] = []
    troubles = []
    for doc in scored:
        if not doc.answers:
            troubles.append(f"{doc.title}: no department is named that answers for it (column answers), so no question is drafted")
            continue
        for field, title, state, _ in doc.fields:
            if state != "given":
                found.append(_question(f"{doc.document}:{field}", doc, ask[field], f"{title}: {state}"))
        for each in judged:
            if each.promise.statement_id in doc.statements and each.verdict == "unreported":
                found.append(_question(f"{doc.document}:{each.promise.statement_id}", doc, _unreported(each), f"promise {each.promise.statement_id}: unreported"))
    return found, troubles


def _question(name: str, doc: Scored, asked: str, why: str) -> Question:
    statement = f"{doc.title} of {day_words(doc.date)}"
    if doc.house == "lords":
        to, text = "His Majesty's Government", f"To ask His Majesty's Government, further to the {statement}, {asked}."
    elif doc.house == "council":
        to, text = doc.answers, f"To the {doc.answers}: with reference to the {statement}, please say {asked}."
    else:
        to = minister(doc.answers)
        text = f"To ask the {to}, pursuant to the {statement}, {asked}."
    return Question(name, doc.house or "commons", to, text, why, doc.document, doc.statements, doc.citation)


def minister(department: str) -> str:
    """Who answers for a department in the House of Commons.

    >>> [minister(d) for d in ("Cabinet Office", "Department for Transport", "Secretary of State for Wales", "Northern Ireland Office")]
    ['Minister for the Cabinet Office', 'Secretary of State for Transport', 'Secretary of State for Wales', 'Minister responsible for the Northern Ireland Office']
    """
    for start in ("Department for ", "Department of "):
        if department.startswith(start):
            return f"Secretary of State for {department[len(start):]}"
    if department.startswith(("Secretary of State", "Minister", "Chancellor", "Prime Minister", "President")):
        return department
    return MINISTERS.get(department, f"Minister responsible for the {department}")


def _unreported(each: Judged) -> str:
    promise = each.promise
    of = promise.of or promise.scope or "what was promised"
    what = f"what share of {of} had been reached" if promise.share is not None else f"what number of {of} had been reached"
    end = last_day(promise.by)
    return f"{what} by {day_words(end.isoformat())}, for which that statement gives {amount(promise)}"


def day_words(text: str) -> str:
    """``29 April 2024``; a month or a year alone stays one."""
    day: date = first_day(text)
    if len(text) == 4:
        return text
    month = f"{MONTHS[day.month - 1]} {day.year}"
    return month if len(text) == 7 else f"{day.day} {month}"
