"""Clues put together: one maker or none, how sure, why, and what speaks against it.

Signs of different channels add up (one minus the product of what each leaves open); signs of one channel do not. What speaks clearly for another maker lowers
the score by as much as it is worth, and is shown. Below the weakest band nobody is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from custodes.findings.device_clues import clues
from custodes.findings.device_evidence import Seen, evidence_of
from custodes.findings.device_rules import Clue, Label
from custodes.findings.device_tables import Devices, remembered
from custodes.findings.device_text import build_date
from custodes.findings.weights import band

HIGHEST = 0.99
"""No score is higher: evidence from outside is never certain."""

CONTRADICTS = 0.46
"""What speaks for another maker counts against from this worth on."""

CLASSES = ("camera", "recorder", "switch", "door", "display", "alarm", "other", "unknown")

_KINDS = {
    "ipc": "camera", "ipcamera": "camera", "ipdome": "camera", "camera": "camera", "ipzoom": "camera", "ptz": "camera", "sd": "camera", "nvr": "recorder", "dvr": "recorder",
    "xvr": "recorder", "hcvr": "recorder", "recorder": "recorder", "hybirdnvr": "recorder", "hybridnvr": "recorder", "vto": "door", "vth": "door", "acs": "door",
    "door": "door", "switch": "switch", "display": "display", "alarm": "alarm", "other": "other", "ivms": "other",
}  # fmt: skip
"""What units say they are -> product class."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is concluded. ``maker`` empty: uncertain. ``brand``: what stands on the label; ``group``: the tie of brand or unit to the maker; ``clues``: best
    first, those for the maker; ``against``: what speaks for another or makes a sign useless; ``publish``: how far the best path may be published."""

    maker: str
    brand: str
    model: str
    product_class: str
    band: str
    score: float
    group: str
    publish: str
    clues: tuple[Clue, ...]
    against: tuple[str, ...]
    reasons: tuple[str, ...]
    statement: str


def identify(known: Devices, *sources: Mapping[str, Any] | None) -> Verdict:
    """The verdict on one device, from evidence mappings and DEVICE rows (see ``device_evidence``)."""
    return judged(evidence_of(*sources), known)


def judged(seen: Seen, known: Devices) -> Verdict:
    """The verdict on fields that were read already."""
    found, label = clues(seen, known)
    built = max((build_date(text) for text in seen.get("firmware", ())), default="")
    kinds = tuple(seen.get("kind", ()))
    return remembered(known, ("verdict", tuple(found), label, kinds, built), lambda: _concluded([_dated(clue, built) for clue in found], label, kinds, known))


def _concluded(found: list[Clue], label: Label, kinds: tuple[str, ...], known: Devices) -> Verdict:
    """The verdict on clues. Units of one sort yield the same clues, so it is worked out once for each sort."""
    worth = _worth(found)
    maker = max(worth, key=lambda name: (worth[name], name), default="")
    others = {name: value for name, value in worth.items() if name != maker and value >= CONTRADICTS}
    score = worth.get(maker, 0.0)
    for value in others.values():
        score *= 1 - value
    score = round(min(score, HIGHEST), 4)
    reached = band(score)
    return _verdict(maker if reached else "", reached or "uncertain", score, found, others, label, kinds, known)


def _dated(clue: Clue, built: str) -> Clue:
    """A product line that had ended before the firmware was built counts half."""
    if clue.valid_to and built and built[: len(clue.valid_to)] > clue.valid_to:
        words = f"{clue.words} The line is known until {clue.valid_to}; this firmware was built on {built}."
        return clue._replace(weight=round(clue.weight / 2, 4), words=words)
    return clue


def _worth(found: Iterable[Clue]) -> dict[str, float]:
    """Maker -> what speaks for it, 0 to 1."""
    best: dict[tuple[str, str], float] = {}
    for clue in found:
        if clue.maker:
            key = (clue.maker, clue.channel)
            best[key] = max(best.get(key, 0.0), clue.weight)
    left: dict[str, float] = {}
    for (maker, _), weight in sorted(best.items()):
        left[maker] = left.get(maker, 1.0) * (1 - weight)
    return {maker: 1 - value for maker, value in left.items()}


def _verdict(
    maker: str, reached: str, score: float, found: list[Clue], others: Mapping[str, float], label: Label, kinds: tuple[str, ...], known: Devices
) -> Verdict:
    every = sorted(dict.fromkeys(found), key=_order)
    own = [clue for clue in every if maker and clue.maker == maker]
    rest = [clue for clue in every if clue not in own]
    # what speaks for another is a contradiction; where nobody is named and nothing contradicts, it was only too little
    opposed = [clue for clue in rest if clue.maker and band(clue.weight) and (maker or others)]
    noted = [clue for clue in rest if clue not in opposed and not (maker and clue.maker)]
    against = [f"{_said(clue, known)} That speaks for {_name(clue.maker, known)}." for clue in opposed]
    brand = label.brand or next((clue.brand for clue in own if clue.brand), "")
    reasons = [_said(clue, known) for clue in (*own, *noted)] + (_components(label, known) if label.brand else [])
    group = next((clue.brand for clue in own if clue.brand and clue.brand.casefold() != _name(maker, known).casefold()), "")
    product_class = _class(own, kinds)
    return Verdict(
        maker, brand, label.model, product_class, reached, score, group, _publish(own), tuple(own), tuple(dict.fromkeys(against)),
        tuple(dict.fromkeys(reasons)), _statement(maker, reached, brand, known),
    )  # fmt: skip


def _order(clue: Clue) -> tuple[float, str, str, str]:
    return -clue.weight, clue.rule, clue.ours, clue.theirs


def _name(maker: str, known: Devices) -> str:
    return known.names.get(maker, maker.capitalize())


def _said(clue: Clue, known: Devices) -> str:
    return clue.words.replace("{maker}", _name(clue.maker, known))


def _components(label: Label, known: Devices) -> list[str]:
    text = f"{label.brand} {label.model}".casefold()
    return [f"{goods} holds a part of {_name(maker, known)} (link with proof: {proof})." for goods, maker, proof in known.components if goods.casefold() in text]


def _class(own: Iterable[Clue], kinds: Iterable[str]) -> str:
    """What sort of device: the model's form, else what the unit says it is."""
    said = next((clue.product_class for clue in own if clue.product_class and clue.product_class != "unknown" and clue.channel in ("label", "serial")), "")
    kind = next((_KINDS[key] for text in kinds if (key := "".join(filter(str.isalnum, text.casefold()))) in _KINDS), "")
    return said or kind or next((clue.product_class for clue in own if clue.product_class and clue.product_class != "unknown"), "") or "unknown"


_MARKS = ("yes", "review", "lead-only", "no")


def _publish(own: Iterable[Clue]) -> str:
    """The most publishable of the signs that reach a band by themselves; a brand line's mark cannot be outdone by a weak sign."""
    marks = [clue.publish for clue in own if band(clue.weight)]
    return min(marks, key=_MARKS.index) if marks else "review"


def _statement(maker: str, reached: str, brand: str, known: Devices) -> str:
    """The conclusion in words; below strong it is the platform that is spoken of, and under another name always."""
    if not maker:
        return "The maker is uncertain."
    name = _name(maker, known)
    other = brand and brand.casefold() != name.casefold()
    sold = f", sold as {brand}" if other else ""
    if reached == "strong":
        return f"Platform made by {name}{sold}." if other else f"Made by {name}."
    how = "Platform probably made by" if reached == "possible" else "Platform perhaps made by"
    return f"{how} {name}{sold}."

