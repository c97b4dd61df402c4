"""Asking and hearing at the desk: every letter, notice, reply, waiver and correction is an event; what follows from them the pipeline works out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.conf import settings
from django.core.cache import cache

from custodes.review import exchange_files
from custodes.review.answers import SILENT, STATES
from custodes.review.notices import CLASSES
from custodes.review.site import events, handing
from custodes.review.site.deciding import Refused
from custodes.review.site.loading import is_current
from custodes.review.site.models import Account, Event

ANSWERS = tuple(state for state in STATES if state not in SILENT)
"""States of an answer that a person can enter; that there is none yet the calendar knows."""
_MAKER = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")


def view() -> Mapping[str, Any]:
    """What stands now (see ``pipeline.corresponding``). Worked out once per newest event and day, because it reads the whole case."""
    last = Event.objects.order_by("-n").values_list("n", flat=True).first() or 0
    today = settings.DESK.now().date().isoformat()
    key = f"exchange:{last}:{today}:{settings.DESK.findings_version()}:{is_current()}"
    found = cache.get(key)
    if found is None:
        found = settings.DESK.exchange(_rows(handing.decisions, "decision", "undo"), _rows(handing.acts, *handing.EXCHANGE_KINDS), _rows(handing.answers, "answer"), today)
        cache.set(key, found, 3600)
    return dict(found)


def _rows(rows: Any, *kinds: str) -> list[Mapping[str, Any]]:
    every = Event.objects.filter(kind__in=kinds).order_by("n")
    return [row for _, row in rows(events.parsed(event) for event in every.iterator())]


def record(account: Account | None, kind: str, act: Mapping[str, Any], *, once: str = "", token: str = "", finding_id: str = "") -> Event:
    """Add an event of the exchange, checked as a file of the inbox would be. ``account`` None: the company itself, with its token. Raises Refused."""
    if once and (before := Event.objects.filter(once=once).first()):
        return before
    now = settings.DESK.now().isoformat()
    row = {**act, "date": act.get("date") or now[:10], "by": account.label if account else ""}
    secret = token.encode()
    reading = exchange_files.read(_line(row), "the desk", now, secret)
    if account is None:
        row["by"] = "company"
    elif reading.rejects or not reading.acts:
        told = reading.rejects[0] if reading.rejects else {"column": "date", "reason": "a day is needed"}
        raise Refused("invalid", told["reason"], told["column"])
    else:
        taken = reading.acts[0]
        row = {"event": taken.kind, "date": taken.date, "by": taken.by, **taken.body}
    with events.writing():
        return events.append(kind, {"act": row}, account=account, once=once or None, finding_id=finding_id, actor="" if account else "company")


def _line(row: Mapping[str, Any]) -> bytes:
    import json

    return json.dumps(dict(row), ensure_ascii=False).encode("utf-8", "replace")


def send_letter(account: Account, letter_id: str, day: str, once: str) -> Event:
    """A letter went out on ``day``."""
    _needs(account, "approver")
    letter = _one(view()["letters"], "letter_id", letter_id)
    return record(account, "letter", {**letter["act"], "date": day}, once=once)


def send_notice(account: Account, notice_id: str, day: str, channel: str, once: str) -> Event:
    """A notice went out on ``day``."""
    _needs(account, "approver")
    notice = _one(view()["notices"], "notice_id", notice_id)
    act = {**notice["act"], "date": day, **({"channel": channel} if channel else {})}
    return record(account, "notice", act, once=once)


def reply(account: Account, notice_id: str, words: str, day: str, once: str) -> Event:
    """A reply that came by letter or mail, entered by a person, unchanged."""
    _needs(account, "reviewer")
    _one(view()["sent"], "notice_id", notice_id)
    return record(account, "reply", {"event": "reply", "notice_id": notice_id, "words": words, "date": day}, once=once)


def own_reply(notice_id: str, token: str, words: str, finding_ids: list[str], once: str) -> Event:
    """What a company writes itself; its token is its right to. Raises Refused."""
    notice = told(notice_id, token)
    if not words.strip() or len(words) > exchange_files.LONGEST or "\0" in words:
        raise Refused("invalid", f"write between 1 and {exchange_files.LONGEST} characters", "words")
    known = {item["finding_id"] for item in notice["items"]}
    act = {"event": "reply", "notice_id": notice_id, "words": words.replace("\r\n", "\n"), **({"finding_ids": sorted(known & set(finding_ids))} if finding_ids else {})}
    return record(None, "reply", act, once=once)


def told(notice_id: str, token: str) -> Mapping[str, Any]:
    """The notice that a company got, if the token is its own. Raises Refused, the same for a wrong number and a wrong token."""
    from hmac import compare_digest

    expected = settings.DESK.reply_token(notice_id).replace("-", "")
    fits = compare_digest(re.sub(r"[\s-]", "", token).upper().encode("utf-8", "replace"), expected.encode())
    found = next((each for each in view()["sent"] if each["notice_id"] == notice_id), None)
    if not fits or found is None:
        raise Refused("forbidden", "number and token do not belong together")
    return dict(found)


def waive(account: Account, fields: Mapping[str, Any], once: str) -> Event:
    """Publish without notice, for a reason on record: single findings, or a class of them."""
    _needs(account, "approver")
    if fields.get("class") and fields["class"] not in CLASSES:
        raise Refused("invalid", "there is no such class", "class")
    return record(account, "waiver", {"event": "waiver", **{k: v for k, v in fields.items() if v}}, once=once)


def correct(account: Account, fields: Mapping[str, Any], once: str) -> Event:
    """Something published was wrong: what, what is right, why."""
    _needs(account, "approver")
    return record(account, "correction", {"event": "correction", **{k: v for k, v in fields.items() if v}}, once=once)


def answer(account: Account, letter_id: str, fields: Mapping[str, str], once: str) -> Event:
    """An answer to a letter, entered by a person: one of the states, the day, the words. Raises Refused."""
    _needs(account, "reviewer")
    if once and (before := Event.objects.filter(once=once).first()):
        return before
    letter = _one(view()["tracked"], "letter_id", letter_id)
    today = settings.DESK.now().date().isoformat()
    day, makers = fields.get("answered", "") or today, [m for m in re.split(r"[\s,;]+", fields.get("makers", "").lower()) if m]
    if fields.get("state") not in ANSWERS:
        raise Refused("invalid", f"one of {', '.join(ANSWERS)}", "state")
    if not _is_day(day) or not letter["sent"] <= day <= today:
        raise Refused("invalid", "a day between the sending and today", "answered")
    if any(not _MAKER.fullmatch(maker) for maker in makers):
        raise Refused("invalid", "makers are short lower-case words, such as hikvision", "makers")
    if not fields.get("words", "").strip() or len(fields["words"]) > 20_000 or "\0" in fields["words"]:
        raise Refused("invalid", "the words of the answer, or what it says", "words")
    row = {
        "body": letter["body"], "about": "makers of surveillance equipment bought", "asked": letter["sent"], "answered": day, "state": fields["state"],
        "exemption": fields.get("exemption", "")[:200], "makers": makers, "words": fields["words"].strip(), "url": fields.get("url", "")[:500],
        "grade": "recorded", "reference": letter_id,
    }  # fmt: skip
    with events.writing():
        return events.append("answer", {"answer": row}, account=account, once=once or None)


def _is_day(text: str) -> bool:
    try:
        return len(text) == 10 and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _one(rows: Any, name: str, value: str) -> Mapping[str, Any]:
    found = next((row for row in rows if row[name] == value), None)
    if found is None:
        raise Refused("unknown", "there is no such letter or notice; it may have changed meanwhile")
    return dict(found)


def _needs(account: Account, role: str) -> None:
    if not account.may(role):
        raise Refused("forbidden", f"this needs the role {role}")
