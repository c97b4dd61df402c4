"""Links between parties that lists give by id, as links between names and makers: who belongs to a maker or a listed party, when, and through whom.

FollowTheMoney says "this asset is owned by that owner", both by id, and the owner may belong to another one. A row of ours says "this name belongs to this maker";
so a chain of owners is followed to every maker and every listed party on it. The link holds for the days on which every tie of the chain holds, and is as sure and as
publishable as its weakest tie.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from custodes.findings.dates import interval
from custodes.findings.watchlist import names_of
from custodes.findings.weights import CONFIDENCE_CAPS, RELATION_CAPS

Row = Mapping[str, Any]

HOPS = 5
"""Owners above each other that are followed."""

MOST = 100
"""Chains of one party that are followed; more of them are the work of someone who wants to waste time."""

_PUBLISH = ("yes", "review", "lead-only", "no")


def followed(parties: Sequence[Row], links: Sequence[Row], listed: Iterable[str], makers: Mapping[str, str]) -> list[dict[str, Any]]:
    """LINK rows by name: those that already are, and those by id, followed. ``listed``: ids of parties with a listing; ``makers``: party id -> maker id.

    ``object`` is a maker id, or the id of a listed party; ``via`` the names between, joined by " > ". Sorted, each once.
    """
    names = {row["party_id"]: names_of(row) for row in parties}
    by_id = [row for row in links if row["subject"] in names and row["object"] in names]
    above: dict[str, list[Row]] = {}
    for row in sorted(by_id, key=_text):
        above.setdefault(row["subject"], []).append(row)
    ends = {*listed, *makers}
    found = [dict(row) for row in links if row["subject"] not in names or row["object"] not in names]
    for subject in sorted(above):
        for chain in _chains(subject, above, ends):
            found += [_row(name, chain, names, makers) for name in names[subject]]
    return sorted({_text(row): row for row in found}.values(), key=_text)


def of_makers(parties: Iterable[Row], keys: Mapping[str, str]) -> dict[str, str]:
    """Party id -> maker, where the list says so or the party's own name is a maker's. ``keys``: normalised name -> maker, for names that only one maker bears."""
    found = {}
    for row in parties:
        maker = row.get("maker_id") or keys.get((row.get("keys") or [""])[0], "")
        if maker:
            found[row["party_id"]] = maker
    return found


def _chains(subject: str, above: Mapping[str, list[Row]], ends: set[str]) -> Iterator[list[Row]]:
    """Chains of ties from a party up to each party that counts; ownership is followed on, any other tie is the only one of its chain."""
    waiting: list[list[Row]] = [[row] for row in above[subject]]
    seen = 0
    while waiting and seen < MOST:
        chain = waiting.pop(0)
        seen += 1
        top = chain[-1]["object"]
        if top in ends:
            yield chain
        elif all(row["relation"] in RELATION_CAPS for row in chain) and len(chain) < HOPS:
            below = {subject, *(row["object"] for row in chain)}
            longer = [[*chain, row] for row in above.get(top, ()) if row["object"] not in below and row["relation"] in RELATION_CAPS]
            waiting += [each for each in longer if _span(each) is not None]


def _row(name: str, chain: Sequence[Row], names: Mapping[str, list[str]], makers: Mapping[str, str]) -> dict[str, Any]:
    top, (start, end) = chain[-1]["object"], _span(chain) or ("", "")
    relation = max((row["relation"] for row in chain), key=lambda each: (-RELATION_CAPS.get(each, 0.0), each))
    return {
        "subject": name, "object": makers.get(top, top), "relation": relation, "region": "", "valid_from": start, "valid_to": end,
        "confidence": min((row["confidence"] for row in chain), key=lambda each: CONFIDENCE_CAPS.get(each, 0.0)),
        "publish": max((row["publish"] if row["publish"] in _PUBLISH else "review" for row in chain), key=_PUBLISH.index),
        "citation": " ; ".join(dict.fromkeys(row["citation"] for row in chain if row["citation"])), "note": " ; ".join(dict.fromkeys(row["note"] for row in chain if row["note"])),
        "via": " > ".join(names[row["object"]][0] for row in chain[:-1]),
    }  # fmt: skip


def _span(chain: Sequence[Row]) -> tuple[str, str] | None:
    """From when to when all ties of a chain hold ('' is open); None when there is no such day."""
    starts = [row["valid_from"] for row in chain if interval(row["valid_from"] or "")]
    ends = [row["valid_to"] for row in chain if interval(row["valid_to"] or "")]
    start = max(starts, key=lambda text: interval(text) or ("", ""), default="")
    end = min(ends, key=lambda text: (interval(text) or ("", ""))[1], default="")
    first, last = interval(start), interval(end)
    return None if first and last and first[0] > last[1] else (start, end)


def _text(row: Row) -> str:
    return repr(sorted((key, str(value)) for key, value in row.items()))
