"""Whom an entry of the FCC's Covered List names: the list is prose ("... equipment produced by X, including ..."), and some entries name nobody.

An entry names a firm after ``produced by``, ``provided by`` or ``supplied ... by``. Entries for a whole category ("routers produced in a foreign country")
name none, and are left out: no firm is listed by them.
"""

from __future__ import annotations

import re

_BY = re.compile(r"\b(?:produced|provided|supplied|manufactured|offered)(?: or (?:produced|provided|supplied))?(?:, directly or indirectly,)? by (?P<who>.+)", re.S | re.I)
_FORM = r"(?:Inc|Corp|Co|Ltd|LLC|L\.L\.C|Limited|Company|Corporation|LLP|PLC|S\.A|GmbH|AG)"
_END = re.compile(
    r",? including\b|,? to the extent\b|,? subject to\b|,? or any of its\b|,? or (?:its|their)\b|,? using\b|\.\s*$|,? when\b|,? which\b|;|\((?:as|or)\b", re.I
)
_AND = re.compile(r"\s+and its (?:wholly[- ]owned )?(?:subsidiary|subsidiaries|affiliates?|parent)\s+|\s+and\s+(?=[A-Z])|,\s+(?!" + _FORM + r"\b)(?=[A-Z])")
_NOBODY = re.compile(r"^(?:a|an|any|foreign|certain|the following)\b|\bforeign[- ](?:adversary|country|produced)\b", re.I)


def firms_of(entry: str) -> tuple[str, ...]:
    """The firms that an entry names, in its order; none for an entry about a category.

    >>> firms_of("Telecommunications equipment produced by ZTE Corporation, including telecommunications services provided by such entity.")
    ('ZTE Corporation',)
    >>> firms_of("Services provided by Pacific Networks Corp and its wholly-owned subsidiary ComNet (USA) LLC subject to section 214 of the Act.")
    ('Pacific Networks Corp', 'ComNet (USA) LLC')
    >>> firms_of("Anti-virus software produced or provided by Kaspersky Lab, Inc. or any of its successors and assignees.")
    ('Kaspersky Lab, Inc.',)
    >>> firms_of("Routers produced in a foreign country, except routers that were granted an approval.")
    ()
    """
    match = _BY.search(" ".join(entry.split()))
    if not match:
        return ()
    who = match["who"]
    end = _END.search(who)
    name = who[: end.start()] if end else who
    if end and end[0].startswith(".") and re.search(rf"\b{_FORM}$", name):
        name += "."
    parts = [part.strip(" ,") for part in _AND.split(name)]
    return tuple(part for part in parts if part and not _NOBODY.search(part) and part[0].isupper())
