"""Letters and notices for the desk: what can be sent, what was sent, who still has to be heard, and what the public edition would hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from custodes.case import Case
from custodes.pipeline import asking, publishing, replying, state
from custodes.pipeline.news import News
from custodes.publication.gate import gate
from custodes.review import exchange as log
from custodes.review import letters, notice_letter, notices
from custodes.review.exchange import Act

Row = Mapping[str, Any]


def exchange(the_case: Case, decisions: Sequence[Row], acts: Sequence[Row], answers: Sequence[Row], today: str) -> dict[str, Any]:
    """Everything that the desk's pages about the exchange show, as plain mappings.

    ``letters``: drafts with their text and the event of their sending; ``tracked``: letters that were sent; ``notices``: drafts likewise; ``sent``: notices
    that were sent, with their replies; ``standing``: per confirmed finding how each company named in it stands; ``held``: confirmed findings that the
    public edition would hold back, with the reasons; ``passed``: ids of those that would go out; ``corrections``.
    """
    current = state.load(the_case)
    if not current.has_findings:
        return {name: [] for name in ("letters", "tracked", "notices", "sent", "held", "passed", "corrections")} | {"standing": {}, "reasons": {}}
    news = News(decisions, acts, answers)
    edition = publishing.build(the_case, current, "draft", today, news)
    every = news.with_acts(log.load(replying.log(the_case)))
    tracked = asking.tracked_letters(edition, every, today)
    drafted, _ = asking.drafts(edition, tracked, today, (), "")
    due = notices.draft(replying.items_of(edition, every), every, today, today)
    passed, held = gate(edition)
    confirmed = set(edition.exchange.get("standing", {})) | {row["finding_id"] for row in held if "not confirmed by a person" not in row["reasons"]}
    return {
        "letters": [_letter(each) for each in drafted], "tracked": [asdict(each) for each in tracked],
        "notices": [_notice(each, today) for each in due], "sent": _sent(every), "standing": edition.exchange.get("standing", {}),
        "held": [row for row in held if row["finding_id"] in confirmed], "passed": passed["finding_id"].to_pylist(),
        "reasons": dict(sorted(Counter(reason for row in held for reason in row["reasons"]).items())),
        "corrections": edition.exchange.get("corrections", []),
    }  # fmt: skip


def _letter(letter: letters.Letter) -> dict[str, Any]:
    law = asking.laws()[letter.law]
    return {
        "letter_id": letter.letter_id, "to": letter.to, "body": letter.body, "law": law.name, "send_from": letter.send_from, "number": letter.number,
        "of": letter.of, "rows": len(letter.rows), "address": letter.address, "text": letters.text(letters.blocks(letter, law)),
        "act": plain(asking.sent_act(letter, "")),
    }  # fmt: skip


def _notice(notice: notices.Notice, today: str) -> dict[str, Any]:
    """The token stands for itself until the notice is shown: ``{token}``."""
    items = [{"finding_id": i.finding_id, "wording": i.wording, "roles": list(notice.roles(i)), "evidence": i.evidence} for i in notice.items]
    return {
        "notice_id": notice.notice_id, "company": notice.company, "deadline": notice.deadline, "items": items,
        "text": letters.text(notice_letter.blocks(notice, "{token}")), "act": plain(notices.sent(notice, today, "")),
    }  # fmt: skip


def _sent(acts: Sequence[Act]) -> list[dict[str, Any]]:
    """Notices in the order of their sending, each with what came back."""
    found: dict[str, dict[str, Any]] = {}
    for act in acts:
        number = act.get("notice_id")
        if act.kind == "notice sent":
            found[number] = {"date": act.date, "by": act.by, **act.body, "replies": []}
        elif act.kind == "reply" and number in found:
            found[number]["replies"].append({"date": act.date, "by": act.by, "words": act.get("words")})
    return list(found.values())


def plain(act: Act) -> dict[str, Any]:
    """An event as an exchange file states it."""
    return {"event": act.kind, "date": act.date, "by": act.by, **act.body}


