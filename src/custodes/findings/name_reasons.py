"""Why two names are taken for one, or not, in words that a council officer understands."""

from __future__ import annotations

from typing import Any

import numpy as np

from custodes.findings.name_features import Alignment
from custodes.findings.name_memory import BEGUN, HEARD, SAME, SPLIT, TYPED

Array = np.ndarray[Any, Any]

HOW = {TYPED: "a typing error away", HEARD: "spelled by ear", BEGUN: "cut short", SPLIT: "written as one word"}
"""How a word of ours met one of theirs that is not the same."""

AGAINST = 4.0
"""Weight from which a word that did not meet speaks against: one firm in about fifty bears it."""


def words_of(met: Alignment, n: int) -> tuple[list[str], list[tuple[str, str, str]], list[str], list[str]]:
    """Of one pair: words that met exactly, (ours, theirs, how) of those that nearly did, our words left, their words left; in order of the names."""
    ready, memory, asked = met.memory.ready, met.memory, met.asked
    low, high = np.searchsorted(met.pair, [n, n + 1]).tolist()
    start = int(asked.start[met.ours[n]])
    ours = [memory.words[word] for word in asked.token_word[start : int(asked.start[met.ours[n] + 1])].tolist()]
    columns = (met.position[low:high], met.their_position[low:high], met.token[low:high], met.how[low:high], met.wide[low:high])
    exact, near = [], []
    for at, _, token, how, wide in sorted(zip(*(column.tolist() for column in columns), strict=True)):
        mine, theirs = "".join(ours[at : at + 2]) if wide else ours[at], ready.words[token]
        if how == SAME and (mine == theirs or wide):
            exact.append(theirs)
        else:
            near.append((mine, theirs, HOW.get(how, "the same word")))
    left = [word for word, like in zip(ours, met.met[int(met.begin[n]) : int(met.begin[n + 1])].tolist(), strict=True) if like == 0]
    begin, end = int(met.their_begin[n]), int(met.their_begin[n + 1])
    entries = met.their_entry[begin:end][met.their_met[begin:end] == 0]
    position, token_of = ready.arrays["position"][entries].tolist(), ready.arrays["token"][entries].tolist()
    return exact, near, left, [ready.words[token] for _, token in sorted(zip(position, token_of, strict=True))]


def reasons(met: Alignment, n: int, found: dict[str, Array]) -> list[str]:
    """Short reasons of one pair: what met, what nearly met, what is left on either side, legal forms and numbers."""
    exact, near, ours, theirs = words_of(met, n)
    out = [f"same words: {', '.join(exact)}"] if exact else []
    out += [f"{a} ~ {b}: {how}" for a, b, how in near]
    if found["acronym"][n] and not exact:
        out.append("one name is the initials of the other")
    out += [f"only in this name: {', '.join(ours)}"] if ours else []
    out += [f"only in the listed name: {', '.join(theirs)}"] if theirs else []
    form = "the same legal form" if found["form_same"][n] else "different legal forms" if found["form_other"][n] else ""
    number = {3: "the same numbers", 2: "different numbers"}.get(int(found["number"][n]), "")
    return [*out, *filter(None, (form, number))]


def sentences(name: str, listed: str, met: Alignment, n: int, found: dict[str, Array], score: float) -> tuple[str, str]:
    """Two plain sentences on one pair: what is shared, and what was ignored or speaks against."""
    exact, near, ours, theirs = words_of(met, n)
    shared = [f'"{word}"' for word in exact] + [f'"{a}" for "{b}" ({how})' for a, b, how in near]
    if found["acronym"][n] and not shared:
        first = f'"{name}" is made of the same letters as the initials of the listed name, or the other way round.'
    else:
        first = f'"{name}" and the listed "{listed}" share {_list(shared)}.' if shared else f'"{name}" and the listed "{listed}" share no word.'
    parts = []
    if ours:
        parts.append(f"{_list([chr(34) + word + chr(34) for word in ours])} stands only in this name")
    if theirs:
        parts.append(f"{_list([chr(34) + word + chr(34) for word in theirs])} only in the listed one")
    if found["form_other"][n]:
        parts.append("the legal forms differ")
    elif found["form_q"][n] or found["form_l"][n]:
        parts.append("one side leaves the legal form out, which was ignored")
    if int(found["number"][n]) == 2:
        parts.append("the numbers differ")
    heavy = max(float(found["most_q"][n]), float(found["most_l"][n]))
    if not parts:
        second = "Nothing speaks against it."
    else:
        second = f"{'; '.join(parts)}" + (", which speaks against it." if heavy >= AGAINST or found["form_other"][n] else ", which says little.")
    return first, f"{second[0].upper()}{second[1:]} Of pairs like this one about {round(score * 100)} in 100 are the same organisation."


def _list(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else "nothing"
