"""The words of a decision: reason codes per verdict, and what passes for a role. Pure."""

from __future__ import annotations

import re

REASONS: dict[str, dict[str, str]] = {
    "confirm": {
        "same-company": "the supplier is this company",
        "owned-by-listed": "the supplier is owned by this maker, and the ownership is cited",
        "named-in-record": "the record names this maker",
        "product-word-certain": "the record names a product that only this maker makes",
        "label-on-device": "the label or the register of the device says so",
        "body-says-so": "the body says so itself",
        "supplier-says-so": "the supplier says so itself",
        "surveillance-certain": "this is a purchase of surveillance equipment; its maker stays open",
        "page-says-so": "the page says what the finding says it says",
        "other-evidence": "further evidence, cited in the note",
    },
    "reject": {
        "different-company": "another organisation with a like name",
        "different-product": "the words mean another product or something else altogether",
        "not-equipment": "no equipment was bought (a service, a fee, a grant, a refund)",
        "not-surveillance": "equipment, but not for surveillance",
        "not-listed-then": "the maker was not on the list on that date",
        "wrong-link": "the link between the companies does not hold",
        "wrong-body": "the record belongs to another body",
        "broken-row": "the row was read wrongly or is damaged",
        "misread-page": "the page does not say this",
        "other-evidence": "further evidence, cited in the note",
    },
    "unsure": {
        "cannot-tell": "the record does not carry an answer",
        "needs-question": "the body or the supplier has to be asked",
        "needs-document": "a document has to be seen first",
        "conflicting-evidence": "pieces of evidence speak against each other",
    },
    "duplicate": {
        "same-as": "the same matter as another finding, whose id stands in the note or after the code",
        "same-transaction": "the same transaction was published twice; the other finding's id stands in the note",
        "reissued": "the file was issued again; the other finding's id stands in the note",
    },
    "undo": {
        "slip": "a wrong key or a wrong row",
        "second-thought": "looked again and no longer sure of it",
        "new-information": "something became known since",
    },
}
"""Reason codes per verdict (and for taking one back) with their meaning."""

_ROLE_WORDS = """reviewer researcher editor analyst journalist reporter officer lawyer solicitor counsel approver admin administrator auditor manager desk team
    clerk reader checker editorial expert engineer technician librarian volunteer secretary chair committee panel board office department unit staff
    head lead senior junior chief deputy assistant first second third external internal independent principal
    procurement security legal data protection information governance estates facilities council review research news fact facts
    investigations investigation compliance evidence and of the for"""
_ROLES = frozenset(_ROLE_WORDS.split())


def is_role(text: str) -> bool:
    """No address, and every word with a capital is a word for a role or a short acronym (CCTV, FOI)."""
    words = re.findall(r"[^\W\d_]+", text)
    capital = [w for w in words if w[0].isupper() and not (w.isupper() and len(w) <= 5)]
    return bool(words) and "@" not in text and len(text) <= 80 and all(w.lower() in _ROLES for w in capital)
