"""Why a maker counts for a policy: listings of the fact tables and the case, and claims that a person confirmed; and what else a plan must know of its bodies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from custodes.pipeline import facts
from custodes.pipeline.deciding import load_findings
from custodes.pipeline.finding import part_files
from custodes.pipeline.state import Run
from custodes.review import LEDGER, fold, load
from custodes.timetable.events import Event
from custodes.timetable.terms import Ground
from custodes.values.plan import Site

CLAIM = "page_markets"
"""The kind of finding that a confirmed claim is: a page of the maker itself markets a capability."""


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


def known_to(run: Run, events: Sequence[Event]) -> Known:
    """What the fact tables and a case say."""
    claims, waiting = claims_of(run)
    return Known((*shipped_grounds(), *_listed_by(run), *claims), {**body_kinds(), **_kinds_of(run)}, tuple(waiting), tuple(events), living=True)


def shipped_grounds() -> list[Ground]:
    """The listings of the fact tables, as reasons why a maker counts."""
    countries = _countries()
    return [_listing(row, countries.get(row["maker_id"], "")) for row in facts.table("listings") if row["counts"] != "no"]


def _listed_by(run: Run) -> list[Ground]:
    """Listings that the case itself brought."""
    countries = _countries()
    rows = (row for part in part_files(run, "LISTING") for row in pq.read_table(part).to_pylist())
    return [_listing(row, countries.get(row["maker_id"], "")) for row in rows if row["maker_id"]]


def _countries() -> dict[str, str]:
    return {row["maker_id"]: row["country"] for row in facts.table("makers")}


def _listing(row: Mapping[str, Any], country: str) -> Ground:
    since = row["effective"] or row["published"] or row["designated"] or ""
    words = f"listed as {row['listed_name']}, for {row['ground'] or 'a ground that is not known'}"
    return Ground(
        row["maker_id"], "listing", row["list"] or "", row["ground"] or "unknown", country, since, row["ended"] or "", words=words, citation=row["citation"] or ""
    )


def claims_of(run: Run) -> tuple[list[Ground], list[Ground]]:
    """(claims that a person confirmed on the evidence as it stands, claims that wait for a decision or for another look). What was rejected is in neither."""
    findings = load_findings(run)
    decided = fold(findings.filter(pc.equal(findings["kind"], CLAIM)), load(run.case.folder / "review" / LEDGER))
    confirmed, waiting = [], []
    for row in decided.sort_by("finding_id").to_pylist():
        if row["verdict"] == "confirm" and not row["stale"]:
            confirmed.append(_claim(row))
        elif row["verdict"] in ("", "unsure", "confirm"):
            why = "its evidence changed after it was decided" if row["stale"] else "no person has confirmed it"
            waiting.append(replace(_claim(row), words=why))
    return confirmed, waiting


def standing_claims(decided: Any) -> frozenset[str]:
    """Ids of the claim findings that are confirmed on today's evidence, from findings that were folded with the decisions."""
    rows = decided.select(["finding_id", "kind", "verdict", "stale"]).to_pylist()
    return frozenset(row["finding_id"] for row in rows if row["kind"] == CLAIM and row["verdict"] == "confirm" and not row["stale"])


def _claim(row: Mapping[str, Any]) -> Ground:
    """A claim as a ground; what was answered to it stands beside it."""
    marketed = "; ".join(reason["ours"] for reason in row["reasons"])
    when = f", confirmed on {row['decided'][:10]}" if row["decided"] else ""
    words = f"{row['party']} markets: {marketed}{when}"
    answers = f" Beside it: {' '.join(row['against'])}" if row["against"] else ""
    return Ground(
        row["maker_id"] or facts.plain(row["party"]), "claim", since="", capabilities=tuple(name.strip() for name in marketed.replace(";", ",").split(",")),
        finding_id=row["finding_id"], words=words, citation=" ".join(reason["words"] for reason in row["reasons"]) + answers,
    )  # fmt: skip


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


def _kinds_of(run: Run) -> dict[str, str]:
    return {row["body"]: row["body_kind"] for part in part_files(run, "BODY") for row in pq.read_table(part).to_pylist() if row["body_kind"]}
