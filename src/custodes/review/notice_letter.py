"""A notice as a letter: every finding that names the company, as what, in which words, on which evidence, and until when it may answer. Pure."""

from __future__ import annotations

from custodes.review.letters import Block, shown
from custodes.review.notices import Notice

_ROLE = {
    "maker": "as the maker of the equipment", "supplier": "as the supplier in the record", "partner": "as a partner that sells the maker's goods",
    "affiliate": "as a company of the maker", "landlord": "as the landlord of the site",
}  # fmt: skip


def blocks(notice: Notice, token: str) -> tuple[Block, ...]:
    """The notice from its address to its end; ``token`` lets the company answer without an account."""
    many = len(notice.items)
    findings = "a finding that names you" if many == 1 else f"{many} findings that name you"
    told: list[Block] = [
        ("to", shown(notice.company)), ("to", "[address]"), ("subject", f"Notice before publication ({notice.notice_id})"), ("p", "Dear Sir or Madam,"),
        ("p", f"We intend to publish {findings}, in the edition of {notice.edition[:10]} or later. Each is given below in the exact words in which it would "
              "appear, with the record it rests on. Nothing in it says more than these words; a purchase is not an accusation."),
        ("p", f"You may answer until the end of {notice.deadline}. Your words are published unchanged beside the finding. If a fact is wrong, tell us and it "
              "will be looked at again; if the evidence or the wording changes, you get a new notice of that finding."),
        ("p", f"You need no account. Fill in the reply form that comes with this letter, or write to us and quote {notice.notice_id} and your token: {token}"),
    ]  # fmt: skip
    for number, item in enumerate(notice.items, 1):
        role = " and ".join(_ROLE.get(role, role) for role in notice.roles(item))
        told += [("subject", f"{number}. Finding {item.finding_id}"), ("p", f"You are named {role}. The wording:")]
        told += [("quote", line) for line in item.wording.split("\n")]
        told.append(("p", f"The record: {shown(item.evidence)}. Evidence {item.evidence_hash}."))
    told += [
        ("p", f"Without an answer by {notice.deadline} the finding may be published with the words: has not replied."),
        ("sign", "Yours faithfully,"), ("sign", "[name and address of the publisher]"),
    ]  # fmt: skip
    return tuple(told)
