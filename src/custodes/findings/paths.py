"""From what was named to the maker: the links on the way, whether they held on the day, and how far they may be published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from custodes.findings.compiled import Compiled, Row
from custodes.findings.dates import Interval, holds
from custodes.findings.names import normalise
from custodes.findings.view import Hit
from custodes.findings.weights import CAPS, CONFIDENCE_CAPS, RELATION_CAPS, SHARED_CAP

_ORDER = ("yes", "review", "lead-only", "no")
_RELATION_WORDS = {
    "subsidiary": "company of", "owned brand": "owned brand of", "affiliate": "affiliate of", "OEM rebrand": "sold under another name, made by",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Path:
    """``steps`` from the name met to the maker id; ``cap`` the highest score it allows; ``publish`` the weakest on it; ``entries`` for the evidence hash."""

    steps: tuple[str, ...]
    cap: float
    publish: str
    against: tuple[str, ...] = ()
    entries: tuple[str, ...] = ()


def path(hit: Hit, known: Compiled, when: Interval | None) -> Path | None:
    """The path of a hit on ``when``; None when its link did not hold then, is context only, or must not be used."""
    who = hit.who
    if not hit.subject:
        return Path((who,), 1.0, "yes")
    links = [row for row in known.links.get(normalise(hit.subject), ()) if who in row["object"].split("|")]
    usable = [row for row in links if row["relation"] in RELATION_CAPS and row["publish"] != "no" and holds(row["valid_from"], row["valid_to"], when)]
    if not usable:
        return None
    best = max(usable, key=lambda row: (_cap(row), row["citation"]))
    shared = sorted({row["object"] for row in known.links[normalise(hit.subject)] if row["relation"] in RELATION_CAPS} - {best["object"]})
    against = (*_against(best, shared), *_sources_differ(best, links))
    between = [step for name in filter(None, (best.get("via") or "").split(" > ")) for step in (name, _RELATION_WORDS["subsidiary"])]
    steps = (hit.subject, _RELATION_WORDS[best["relation"]], *between, who)
    cap = min(_cap(best), SHARED_CAP) if shared or "|" in best["object"] else _cap(best)
    return Path(steps, cap, _publish(best), against, tuple(f"{key}={best[key]}" for key in sorted(best) if key not in ("checked_on", "note")))


def _publish(row: Row) -> str:
    """The link's mark; a link of the case's own lists without one is to be reviewed."""
    return row["publish"] if row["publish"] in CAPS else "review"


def _cap(row: Row) -> float:
    return min(CAPS[_publish(row)], RELATION_CAPS[row["relation"]], CONFIDENCE_CAPS.get(row["confidence"], 0.5))


def _against(link: Row, shared: Sequence[str]) -> tuple[str, ...]:
    words = [f"The brand is also tied to {', '.join(shared)}."] if shared else []
    if link["relation"] == "OEM rebrand":
        words.append("The brand sells goods of more than one maker, or may have changed its maker: the label alone is not proof.")
    if link["publish"] == "lead-only":
        words.append("The tie rests on a single weak source: good for a look, not for publication.")
    return tuple(words)


def _sources_differ(best: Row, links: Sequence[Row]) -> tuple[str, ...]:
    """What other sources say of the same tie, beside the one that was used; a weak one that may not be published is left out."""
    told = sorted({_told(row) for row in links if row["publish"] not in ("lead-only", "no")} - {_told(best)})
    cited = {_told(row): row["citation"] for row in sorted(links, key=lambda row: str(row["citation"]), reverse=True)}
    if not told:
        return ()
    return (f"Sources differ on the tie: {'; '.join(f'{words} [{cited[words]}]' for words in (_told(best), *told))}.",)


def _told(row: Row) -> str:
    return f"{row['relation']}{period(row)}"


def period(row: Row) -> str:
    """The days of a link in words, with a blank in front; '' when it has none."""
    start, end = row["valid_from"], row["valid_to"]
    return (f" from {start}" if start else "") + (f" to {end}" if end else "")


def weakest(publish: Sequence[str]) -> str:
    """The least publishable of several."""
    return max((mark if mark in _ORDER else "review" for mark in publish), key=_ORDER.index)
