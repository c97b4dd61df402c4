"""What templates need beyond Django: words for codes, and texts from strangers shown safely."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from custodes.review.words import REASONS
from custodes.values import FINDING_KINDS

register = template.Library()

STATES = {
    "new": _("undecided"), "waiting": _("waits for a second person"), "stale": _("open again: evidence changed"), "confirm": _("confirmed"),
    "reject": _("rejected"), "unsure": _("unsure"), "duplicate": _("duplicate"), "gone": _("no longer found"), "open": _("open"), "decided": _("decided"),
    "conflict": _("in conflict"), "mine": _("assigned to me"), "all": _("all"),
}  # fmt: skip
VERDICTS = {"confirm": _("confirm"), "reject": _("reject"), "unsure": _("unsure"), "duplicate": _("duplicate"), "undo": _("take back")}
BANDS = {"strong": _("strong"), "possible": _("possible"), "weak": _("weak")}
EQUIPMENT = {"surveillance": _("surveillance equipment"), "other": _("other equipment"), "unknown": _("equipment not known")}
ROLES = {"reader": _("reader"), "reviewer": _("reviewer"), "approver": _("approver"), "admin": _("admin")}
EVENTS = {
    "decision": _("decision"), "undo": _("taken back"), "comment": _("comment"), "assign": _("assignment"), "rule": _("rule"), "letter": _("letter"),
    "answer": _("answer"), "notice": _("notice"), "reply": _("reply"), "waiver": _("waiver"), "correction": _("correction"), "account": _("account"),
    "import": _("import"),
}  # fmt: skip
LETTERS = {
    "waiting": _("waiting"), "overdue": _("overdue"), "answered": _("answered"), "under review": _("under review"), "review overdue": _("review overdue"),
    "withdrawn": _("withdrawn"), "send the reminder": _("send the reminder"), "ask for a review": _("ask for a review"),
    "wait for the review": _("wait for the review"),
}  # fmt: skip
ANSWERS = {
    "present": _("present"), "absent": _("absent"), "not held": _("not held"), "refused": _("refused"), "partial": _("partial"),
    "neither confirm nor deny": _("neither confirm nor deny"), "superseded": _("superseded"),
}  # fmt: skip
HEARD = {
    "deadline passed": _("deadline passed"), "replied": _("replied"), "waived": _("waived"), "no notice": _("no notice"), "waiting": _("time to reply runs"),
    "returned": _("notice came back"), "changed since notice": _("changed since notice"),
}  # fmt: skip
NAMED = {"maker": _("maker"), "supplier": _("supplier"), "partner": _("partner"), "affiliate": _("affiliate"), "landlord": _("landlord")}
_TABLES: dict[str, Any] = {"letter": LETTERS, "answer": ANSWERS, "heard": HEARD, "named": NAMED}
_WORDS: dict[str, Any] = {**_TABLES, "state": STATES, "verdict": VERDICTS, "band": BANDS, "equipment": EQUIPMENT, "role": ROLES, "event": EVENTS}


@register.filter
def words(code: str, table: str) -> str:
    """The words of a code in the reader's language; the code itself when there are none."""
    return str(_WORDS[table].get(code, code))


@register.filter
def kind(code: str) -> str:
    """A kind of finding in words."""
    return gettext(FINDING_KINDS[code]) if code in FINDING_KINDS else code


@register.filter
def reason(code: str, verdict: str) -> str:
    """A reason code in words."""
    text = REASONS.get(verdict, {}).get(code.split(" ")[0], "")
    return gettext(text) if text else code


@register.filter
def day(time: Any) -> str:
    """``2026-11-22 10:05`` of an ISO time; a date stays as it is."""
    text = str(time or "")
    return text[:16].replace("T", " ")


@register.filter
def get(mapping: Any, key: str) -> Any:
    """A value of a mapping by a key that is a variable."""
    return mapping.get(key, "") if hasattr(mapping, "get") else ""
