"""Words in which people write down what a body answered, and the state each of them means. Exact phrases only: what is not here is refused, not guessed."""

from __future__ import annotations

import re

STATES = ("asked", "present", "absent", "not held", "refused", "partial", "no reply", "neither confirm nor deny", "superseded")
"""The nine states of an answer. ``asked`` and ``no reply`` say that there is none; ``superseded`` that a later one took its place."""

_PHRASES = {
    "asked": "asked ; waiting ; awaiting response ; awaiting reply ; pending ; sent ; waiting for response ; waiting for clarification ; in progress",
    "present": "present ; yes ; y ; confirmed present ; has it ; has such equipment ; positive",
    "absent": "absent ; no ; n ; none ; confirmed absent ; has none ; negative ; nil return ; nil",
    "not held": "not held ; information not held ; not recorded ; no information held ; does not hold the information",
    "refused": "refused ; rejected ; withheld ; exempt ; refused in full ; fully withheld ; cost limit ; exceeds cost limit",
    "partial": "partial ; partially successful ; partly answered ; partially answered ; refused in part ; partially held ; partially withheld ; answered in part",
    "no reply": "no reply ; no response ; not answered ; unanswered ; overdue ; did not respond ; long overdue",
    "neither confirm nor deny": "neither confirm nor deny ; neither confirmed nor denied ; ncnd ; neither confirm or deny",
    "superseded": "superseded ; replaced",
}
_STATE = {phrase: state for state, phrases in _PHRASES.items() for phrase in phrases.split(" ; ")}

_SECTION = re.compile(r"\b(FOISA|FOIA|FOI|EISR|EIR)s?\b[\s,:]*(?:reg(?:ulation)?|s(?:ection)?)?\.?\s*(\d{1,2}[A-Z]?(?:\([0-9a-z]+\))*)(?!\w)", re.I)
_BARE = re.compile(r"\b(?:reg(?:ulation)?|s(?:ection)?)\.?\s*(\d{1,2}[A-Z]?(?:\([0-9a-z]+\))*)(?!\w)", re.I)


def state_of(words: str) -> str:
    """The state that ``words`` mean; empty when they are none of the known phrases.

    >>> state_of("Not held"), state_of("Refused (s.12)"), state_of("maybe")
    ('not held', 'refused', '')
    """
    plain = re.sub(r"\([^)]*\)", " ", words.casefold().replace("_", " ").replace("-", " "))
    return _STATE.get(" ".join(re.findall(r"[a-z]+", _BARE.sub(" ", plain))), "")


def sections_of(words: str) -> str:
    """The sections of information laws in a text, each once, in the form ``FOIA s.12 ; s.31(1)(a)``; empty when it names none.

    >>> sections_of("Section 31(1)(a) and s12"), sections_of("FOISA s.17; FOISA s.12"), sections_of("EIR 12(4)(b)")
    ('s.31(1)(a) ; s.12', 'FOISA s.17 ; FOISA s.12', 'EIR reg.12(4)(b)')
    """
    found = []
    for match in re.finditer(f"{_SECTION.pattern}|{_BARE.pattern}", words, re.I):
        law = (match[1] or "").upper()
        number = match[2] or match[3]
        found.append(f"{law} {'reg' if law.startswith('EI') else 's'}.{number}".strip())
    return " ; ".join(dict.fromkeys(found))
