"""The right of reply: who is named in a finding and as what, which notices are due, and how each finding stands. Pure.

A finding may go out when every company it names had notice of *this* evidence in *this* wording and its deadline has passed, or it has replied, or
a waiver is on record. New evidence or new wording opens the matter again, for that finding alone.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from custodes.review.exchange import Act

Row = Mapping[str, Any]

ROLES = ("maker", "supplier", "partner", "affiliate", "landlord")
"""As what a company is named. ``partner``: sells the maker's goods under its own name; ``affiliate``: a company of the maker; landlords are named by hand."""
CLEAR = ("deadline passed", "replied", "waived")
"""States in which a company's turn is over, as far as one finding goes."""
STATES = (*CLEAR, "no notice", "waiting", "returned", "changed since notice")
CLASSES = {
    "official-listing": "the maker in a finding whose maker stood on an official list on the date of the record",
    "body-answer": "every company in a finding that is a body's own answer",
}
"""Classes of findings that a waiver may name instead of single findings."""
DAYS = 14
"""Days that a company has to answer unless the desk says otherwise."""

_RELATIONS = {"company of": "affiliate", "affiliate of": "affiliate", "sold under another name, made by": "partner"}
_FORMS = {"limited": "ltd", "company": "co", "corporation": "corp", "incorporated": "inc", "and": "&"}


@dataclass(frozen=True, slots=True)
class Named:
    """A company in a finding: its name as written there, the key under which spellings are one, and its roles (of :data:`ROLES`)."""

    company: str
    key: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One finding that names companies, with the exact wording in which it would be published; ``evidence``: where the record stands, in words."""

    finding_id: str
    evidence_hash: str
    wording: str
    named: tuple[Named, ...]
    classes: tuple[str, ...]
    evidence: str = ""

    @property
    def wording_hash(self) -> str:
        """SHA-256 (hex) of the wording."""
        return hashlib.sha256(self.wording.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice: to one company, about every finding that names it and still needs notice. ``deadline``: ISO date, the last day to answer."""

    notice_id: str
    company: str
    key: str
    edition: str
    deadline: str
    items: tuple[Item, ...]

    def roles(self, item: Item) -> tuple[str, ...]:
        """As what the company is named in one of the findings."""
        return next(each.roles for each in item.named if each.key == self.key)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a company said: its words unchanged, the day, and whether the finding has changed since the notice that it answers."""

    date: str
    words: str
    by: str
    notice_id: str
    earlier: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """How one company stands to one finding. ``state`` is one of :data:`STATES`; dates are ISO and empty when there is none."""

    finding_id: str
    company: str
    roles: tuple[str, ...]
    state: str
    notice_id: str = ""
    sent: str = ""
    deadline: str = ""
    replies: tuple[Reply, ...] = ()
    waiver: str = ""

    @property
    def clear(self) -> bool:
        """May the finding go out as far as this company is concerned?"""
        return self.state in CLEAR


def company_key(name: str) -> str:
    """Under which spellings of a name are one company: lower case, no punctuation, legal forms in their short form."""
    words = re.findall(r"[^\W_]+|&", name.casefold())
    return " ".join(_FORMS.get(word, word) for word in words)


def item(row: Row, wording: str, maker_name: str, acts: Iterable[Act] = ()) -> Item:
    """A finding row (FINDING columns) with its wording and the companies it names; people may have named more of them (``company named``)."""
    roles: defaultdict[str, list[str]] = defaultdict(list)
    names: dict[str, str] = {}

    def add(name: str, role: str) -> None:
        key = company_key(name)
        if key:
            names.setdefault(key, name)
            roles[key] += [role] if role not in roles[key] else []

    path = list(row.get("link_path") or ())
    if row["maker_id"]:
        add(maker_name or row["maker_id"], "maker")
    elif row["party"]:
        add(row["party"], "maker")
    if len(path) >= 3 and path[1] in _RELATIONS:
        add(path[0], _RELATIONS[path[1]])
    if row["supplier"]:
        add(row["supplier"], "supplier")
    for act in acts:
        if act.kind == "company named" and row["finding_id"] in act.get("finding_ids"):
            add(act.get("company"), act.get("role"))
    named = tuple(Named(names[key], key, tuple(sorted(roles[key], key=ROLES.index))) for key in sorted(names))
    evidence = f"{row['origin_file']}, {row['origin_at']}; SHA-256 of the file {row['origin_sha256']}"
    return Item(row["finding_id"], row["evidence_hash"], wording, named, _classes(row), evidence)


def _classes(row: Row) -> tuple[str, ...]:
    listed = row["maker_id"] and row["listed_on_date"] == "yes" and row["listings"]
    found = ["official-listing"] if listed else []
    return tuple(found + (["body-answer"] if row["kind"] == "body_says_holds" else []))


def standings(items: Iterable[Item], acts: Sequence[Act], today: str) -> dict[str, tuple[Standing, ...]]:
    """finding id -> how each company it names stands on ``today`` (ISO date), companies by name. Only findings that name somebody are in it."""
    notices, replies, waivers = _notices(acts), _replies(acts), [act for act in acts if act.kind == "waiver" and _holds(act, today)]
    return {
        each.finding_id: tuple(_standing(each, who, notices, replies, waivers, today) for who in sorted(each.named, key=lambda n: n.company))
        for each in items
        if each.named
    }


def _holds(waiver: Act, today: str) -> bool:
    return waiver.date[:10] <= today and (not waiver.get("until") or today <= waiver.get("until"))


@dataclass(frozen=True, slots=True)
class _Sent:
    """A notice as the log knows it: its event, the deadline after extensions, whether it came back undelivered, and what it said about each finding
    (the hashes of its evidence and wording, by finding id)."""

    act: Act
    deadline: str
    returned: bool
    told: Mapping[str, Row]


def _notices(acts: Iterable[Act]) -> dict[str, list[_Sent]]:
    """Company key -> its notices in the order in which they were sent."""
    found: dict[str, _Sent] = {}
    for act in acts:
        number = act.get("notice_id")
        if act.kind == "notice sent":
            found[number] = _Sent(act, act.get("deadline"), False, {entry["finding_id"]: entry for entry in act.get("items")})
        elif act.kind == "deadline extended" and number in found:
            found[number] = replace(found[number], deadline=max(found[number].deadline, act.get("deadline")))
        elif act.kind == "notice returned" and number in found:
            found[number] = replace(found[number], returned=True)
    grouped: defaultdict[str, list[_Sent]] = defaultdict(list)
    for sent in sorted(found.values(), key=lambda sent: (sent.act.date, sent.act.n)):
        grouped[company_key(sent.act.get("company"))].append(sent)
    return grouped


def _replies(acts: Iterable[Act]) -> dict[str, list[Act]]:
    found: defaultdict[str, list[Act]] = defaultdict(list)
    for act in acts:
        if act.kind == "reply":
            found[act.get("notice_id")].append(act)
    return found


def _standing(each: Item, who: Named, notices: Mapping[str, Sequence[_Sent]], replies: Mapping[str, list[Act]], waivers: Sequence[Act], today: str) -> Standing:
    mine = [(sent, sent.told[each.finding_id]) for sent in notices.get(who.key, ()) if each.finding_id in sent.told]
    said = tuple(
        Reply(reply.date, reply.get("words"), reply.by, sent.act.get("notice_id"), not _same(told, each))
        for sent, told in mine
        for reply in replies.get(sent.act.get("notice_id"), ())
        if not reply.get("finding_ids") or each.finding_id in reply.get("finding_ids")
    )
    valid = [sent for sent, told in mine if _same(told, each)]
    newest = (valid or [sent for sent, _ in mine])[-1:]
    number, day, deadline = (newest[0].act.get("notice_id"), newest[0].act.date, newest[0].deadline) if newest else ("", "", "")
    state = _state(valid, mine, said, today)
    waiver = next((act for act in reversed(waivers) if _waives(act, each, who)), None)
    words = "" if waiver is None or state in CLEAR else f"{waiver.get('reason')} ({waiver.by}, {waiver.date[:10]})"
    return Standing(each.finding_id, who.company, who.roles, "waived" if words else state, number, day, deadline, said, words)


def _state(valid: Sequence[_Sent], mine: Sequence[object], said: Sequence[Reply], today: str) -> str:
    """What the notices of this very evidence and wording, and the replies to them, come to."""
    if any(not reply.earlier for reply in said):
        return "replied"
    if not valid:
        return "changed since notice" if mine else "no notice"
    delivered = [sent for sent in valid if not sent.returned]
    if not delivered:
        return "returned"
    return "deadline passed" if any(sent.deadline < today for sent in delivered) else "waiting"


def _same(told: Row, each: Item) -> bool:
    return (told.get("evidence_hash"), told.get("wording_hash")) == (each.evidence_hash, each.wording_hash)


def _waives(act: Act, each: Item, who: Named) -> bool:
    """Does a waiver speak of this company in this finding? The class of official listings covers the maker only, never the one who sold."""
    if act.get("company") and company_key(act.get("company")) != who.key:
        return False
    if each.finding_id in (act.get("finding_ids") or ()):
        return True
    kind = act.get("class")
    return bool(kind) and kind in each.classes and (kind != "official-listing" or who.roles == ("maker",))


def due(items: Iterable[Item], standing: Mapping[str, Sequence[Standing]]) -> dict[str, list[Item]]:
    """Company key -> the findings of which it still needs notice, by id."""
    found: defaultdict[str, list[Item]] = defaultdict(list)
    for each in sorted(items, key=lambda i: i.finding_id):
        for state in standing.get(each.finding_id, ()):
            if state.state in ("no notice", "returned", "changed since notice"):
                found[company_key(state.company)].append(each)
    return dict(sorted(found.items()))


def draft(items: Sequence[Item], acts: Sequence[Act], today: str, edition: str, days: int = DAYS) -> tuple[Notice, ...]:
    """One notice per company that needs one, by name of the company. ``edition``: the edition's date; ``days``: calendar days to answer, from today."""
    deadline = (date.fromisoformat(today) + timedelta(days)).isoformat()
    made = []
    for key, found in due(items, standings(items, acts, today)).items():
        company = min(who.company for each in found for who in each.named if who.key == key)
        content = [key, edition, deadline, *(f"{each.finding_id} {each.evidence_hash} {each.wording_hash}" for each in found)]
        made.append(Notice(f"N-{hashlib.sha256(chr(31).join(content).encode('utf-8', 'surrogatepass')).hexdigest()[:12]}", company, key, edition, deadline, tuple(found)))
    return tuple(sorted(made, key=lambda notice: (notice.company, notice.notice_id)))


def sent(notice: Notice, day: str, by: str, channel: str = "") -> Act:
    """The event that a notice was sent on ``day``."""
    items = [{"finding_id": each.finding_id, "evidence_hash": each.evidence_hash, "wording_hash": each.wording_hash} for each in notice.items]
    body = {"notice_id": notice.notice_id, "company": notice.company, "deadline": notice.deadline, "edition": notice.edition, "items": items}
    return Act("notice sent", day, by, {**body, **({"channel": channel} if channel else {})})


def token(secret: bytes, notice_id: str) -> str:
    """The word with which a company answers a notice without an account: 24 letters and digits, in groups of four. Nobody without the secret can make it."""
    code = base64.b32encode(hmac.new(secret, notice_id.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()[:15]).decode()
    return "-".join(code[n : n + 4] for n in range(0, 24, 4))


def token_fits(secret: bytes, notice_id: str, given: str) -> bool:
    """Is ``given`` the token of this notice? Case, blanks and hyphens do not matter; takes the same time for every wrong one."""
    plain = re.sub(r"[\s-]", "", given).upper()
    return bool(secret) and hmac.compare_digest(plain.encode("utf-8", "replace"), token(secret, notice_id).replace("-", "").encode())
