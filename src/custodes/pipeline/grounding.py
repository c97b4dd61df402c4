"""Why a maker counts for a policy, by the fact tables; and what else a plan must know of makers and bodies. What a case adds: ``grounding_case``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from custodes.pipeline import facts
from custodes.timetable.events import Event
from custodes.timetable.terms import Ground
from custodes.values.plan import Site


@dataclass(frozen=True, slots=True)
class Known:
    """What a plan is made with besides sites, means and policy. ``kinds``: body -> kind; ``waiting``: claims that nobody has confirmed, or whose evidence
    changed since (``words`` say which): they never count, and are only named; ``events``: what happened at the sites; ``living``: a case, whose
    deadlines that have passed are missed and bind no more (a table of sites that is planned for the first time must keep them all)."""

    grounds: tuple[Ground, ...]
    kinds: Mapping[str, str]
    waiting: tuple[Ground, ...] = ()
    events: tuple[Event, ...] = ()
    living: bool = False


def known_to_all() -> Known:
    """What the fact tables say: all that a table of sites can rest on."""
    return Known(tuple(shipped_grounds()), body_kinds())


def shipped_grounds() -> list[Ground]:
    """The listings of the fact tables, as reasons why a maker counts."""
    known = countries()
    return [listing(row, known.get(row["maker_id"], "")) for row in facts.table("listings") if row["counts"] != "no"]


def countries() -> dict[str, str]:
    """Maker id -> country, by the fact tables."""
    return {row["maker_id"]: row["country"] for row in facts.table("makers")}


def listing(row: Mapping[str, Any], country: str) -> Ground:
    """A row of listings as a ground; ``country``: the maker's."""
    since = row["effective"] or row["published"] or row["designated"] or ""
    words = f"listed as {row['listed_name']}, for {row['ground'] or 'a ground that is not known'}"
    return Ground(
        row["maker_id"], "listing", row["list"] or "", row["ground"] or "unknown", country, since, row["ended"] or "", words=words, citation=row["citation"] or ""
    )


def with_makers(sites: Sequence[Site]) -> list[Site]:
    """Sites whose makers bear the ids of the fact tables, whatever name or brand the list used; a firm they do not know keeps its name."""
    return [replace(s, makers=_added((_maker(name), n) for name, n in s.makers)) if s.makers else s for s in sites]


def _maker(name: str) -> str:
    return maker_of(name) or facts.plain(name) or name


def _added(makers: Iterator[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    found: dict[str, int] = {}
    for maker, n in makers:
        found[maker] = found.get(maker, 0) + n
    return tuple(sorted(found.items()))


def maker_of(name: str) -> str:
    """The maker whose name or brand this is, as a whole; '' when the fact tables do not know it, or only suppose so."""
    return _names().get(facts.plain(name), "")


@cache
def _names() -> dict[str, str]:
    found = {facts.plain(row["name"]): row["maker_id"] for row in facts.table("names") if row["alone"] == "yes"}
    makers = {row["maker_id"] for row in facts.table("makers")}
    for row in facts.table("links"):
        sure = row["publish"] == "yes" and row["scope"] == "all" and row["alone"] == "yes" and row["relation"] in ("owned brand", "OEM rebrand", "subsidiary")
        if sure and not row["valid_to"] and row["object"] in makers:
            found.setdefault(facts.plain(row["subject"]), row["object"])
    return found | {maker: maker for maker in makers}


def body_kinds() -> dict[str, str]:
    """Body -> kind, by the fact tables."""
    return {row["body"]: row["body_kind"] for row in facts.table("bodies")}
