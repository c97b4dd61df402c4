"""Decisions at the desk: checked, frozen, chained; the same functions for pages, the API and spreadsheets that come back."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from custodes.review.decisions import problem
from custodes.review.site import events
from custodes.review.site.models import Account, Event, Finding
from custodes.review.standing import Said, counts, seconds
from custodes.review.words import REASONS
from custodes.values.decision import UNDO

MOST = 500
"""Findings in one batch at most."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants to decide. ``changed`` is the number of the newest event that the screen showed, None when it is not known (a spreadsheet
    knows the evidence hash only). ``once`` is the key of the form."""

    finding_id: str
    verdict: str
    reason: str
    note: str
    evidence_hash: str
    changed: int | None = None
    once: str = ""
    batch: str = ""
    source: str = ""


class Refused(Exception):
    """A decision that was not taken. ``code``: ``invalid``, ``changed`` (somebody or the evidence was quicker), ``unknown``,
    ``other`` (the other finding of a duplicate is not there), ``forbidden``."""

    def __init__(self, code: str, what: str, column: str = "") -> None:
        self.code, self.what, self.column = code, what, column
        super().__init__(what)


def decide(account: Account, wish: Wish) -> Event:
    """Take one decision; the event that was made, or the one that the same form made before. Raises Refused."""
    with events.writing():
        return _decide(account, wish)


def decide_all(account: Account, wishes: Sequence[Wish]) -> list[Event]:
    """Take all or none. Raises Refused for the first that cannot be taken."""
    if len(wishes) > MOST:
        raise Refused("invalid", f"at most {MOST} findings at once")
    with events.writing():
        return [_decide(account, wish) for wish in wishes]


def decide_each(account: Account, wishes: Sequence[Wish]) -> list[Event | Refused]:
    """Take each for itself, as for a spreadsheet: what was taken and what was refused, in order."""
    found: list[Event | Refused] = []
    for wish in wishes:
        try:
            found.append(decide(account, wish))
        except Refused as refused:
            found.append(refused)
    return found


def _decide(account: Account, wish: Wish) -> Event:
    if wish.once and (before := Event.objects.filter(once=wish.once).first()):
        return _same(before, account, wish.finding_id)
    _allowed(account, "reviewer")
    _checked(wish, account)
    finding = _current(wish.finding_id, wish.changed, wish.evidence_hash)
    events.freeze(finding)
    body = {"verdict": wish.verdict, "reason": wish.reason, "note": wish.note, "evidence_hash": wish.evidence_hash}
    extra = {name: value for name, value in (("batch", wish.batch), ("source", wish.source)) if value}
    pair = wish.verdict == "confirm" and finding.kind in two_person_kinds()
    said = (*events.said(finding.finding_id), Said(1 << 62, account.label, wish.verdict, wish.evidence_hash, pair))
    effect = {**body, "decider": _deciders(said)} if counts(said) else {}
    body_ = {**body, **extra, "two_person": pair, "effect": effect}
    event = events.append("decision", body_, account=account, finding_id=finding.finding_id, once=wish.once or None)
    events.project(finding, event.n)
    return event


def _deciders(said: Sequence[Said]) -> str:
    """Who stands behind the newest decision, as roles: ``reviewer 2``, or ``reviewer 2 and approver 1`` where two were needed."""
    others = sorted({each.actor for each in seconds(said)}) if said[-1].pair else []
    return " and ".join([said[-1].actor, *others[:1]])


def undo(account: Account, finding_id: str, reason: str, note: str, *, changed: int | None, once: str = "") -> Event:
    """Take back the newest decision about a finding: one's own, or with the role of approver anybody's. What stood before stands again."""
    with events.writing():
        if once and (before := Event.objects.filter(once=once).first()):
            return _same(before, account, finding_id)
        _allowed(account, "reviewer")
        _checked(Wish(finding_id, UNDO, reason, note, ""), account)
        finding = _current(finding_id, changed, "")
        said = events.said(finding_id)
        if not said:
            raise Refused("invalid", "there is no decision to take back")
        if said[-1].actor != account.label and not account.may("approver"):
            raise Refused("forbidden", "only an approver takes back the decision of another person")
        body = {"undoes": said[-1].n, "reason": reason, "note": note}
        counted = events.effective(said) == said[-1].n and "source" not in _body(said[-1].n)
        effect = {"verdict": UNDO, "reason": reason, "note": note, "evidence_hash": said[-1].evidence_hash, "decider": account.label} if counted else {}
        event = events.append("undo", {**body, "effect": effect}, account=account, finding_id=finding_id, once=once or None)
        events.project(finding, event.n)
        return event


def _body(n: int) -> Mapping[str, object]:
    body: Mapping[str, object] = events.parsed(Event.objects.get(n=n))["body"]
    return body


def comment(account: Account, finding_id: str, text: str, once: str = "") -> Event:
    """Add a remark to a finding. It changes nothing, so it does not get in the way of a decision."""
    _allowed(account, "reviewer")
    if not text.strip():
        raise Refused("invalid", "a comment needs words", "text")
    with events.writing():
        if once and (before := Event.objects.filter(once=once).first()):
            return _same(before, account, finding_id)
        _current(finding_id, None, "")
        return events.append("comment", {"text": text.strip()[:10_000]}, account=account, finding_id=finding_id, once=once or None)


def assign(account: Account, finding_id: str, to: Account | None) -> Event:
    """Give a finding to somebody who may decide, or to nobody."""
    _allowed(account, "reviewer")
    if to is not None and not to.may("reviewer"):
        raise Refused("invalid", "this account may not decide", "to")
    with events.writing():
        finding = _current(finding_id, None, "")
        finding.assignee = to
        finding.save(update_fields=["assignee"])
        return events.append("assign", {"to": to.label if to else ""}, account=account, finding_id=finding_id)


def set_rule(account: Account, kinds: Sequence[str]) -> Event:
    """From now on a confirmation of these kinds of finding needs two persons. What was decided before keeps the rule it was decided under."""
    _allowed(account, "admin")
    with events.writing():
        return events.append("rule", {"two_person": sorted(kinds)}, account=account)


def two_person_kinds() -> frozenset[str]:
    """The kinds of finding that need two persons now."""
    newest = Event.objects.filter(kind="rule").order_by("-n").first()
    return frozenset(events.parsed(newest)["body"]["two_person"]) if newest else frozenset()


def _allowed(account: Account, role: str) -> None:
    if not account.may(role):
        raise Refused("forbidden", f"this needs the role {role}")


def _same(before: Event, account: Account, finding_id: str) -> Event:
    if before.account_id != account.pk or before.finding_id != finding_id:
        raise Refused("invalid", "this form was used already", "once")
    return before


def _checked(wish: Wish, account: Account) -> None:
    """The rules of a decisions file hold at the desk too."""
    row = {
        "finding_id": wish.finding_id, "verdict": wish.verdict, "reason": wish.reason, "note": wish.note.strip(), "decider": account.label,
        "decided": "2000-01-01", "evidence_hash": wish.evidence_hash,
    }  # fmt: skip
    if len(wish.note) > 10_000:
        raise Refused("invalid", "a note has 10,000 characters at most", "note")
    if "\0" in wish.note:
        raise Refused("invalid", "a note is text", "note")
    if wrong := problem(row):
        raise Refused("invalid", wrong[1], wrong[0])
    if wish.verdict == "duplicate":
        named = set(re.findall(r"[0-9a-f]{20}", f"{wish.reason} {wish.note}")) - {wish.finding_id}
        if not Finding.objects.filter(finding_id__in=named).exists():
            raise Refused("other", "the other finding is not on this desk", "note")


def _current(finding_id: str, changed: int | None, evidence_hash: str) -> Finding:
    """The finding, if it still is what the person saw."""
    finding = Finding.objects.select_for_update().filter(finding_id=finding_id).first()
    if finding is None:
        raise Refused("unknown", "there is no such finding")
    if evidence_hash and finding.evidence_hash != evidence_hash:
        raise Refused("changed", "its evidence has changed since you opened it; look again")
    if changed is not None and finding.changed != changed:
        raise Refused("changed", "somebody decided about it since you opened it; look again")
    return finding


REASON_CODES = {verdict: tuple(codes) for verdict, codes in REASONS.items()}
