"""Why a maker counts for a policy, by a case: listings that it brought, and claims that a person confirmed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from custodes.pipeline import facts
from custodes.pipeline.deciding import load_findings
from custodes.pipeline.finding import part_files
from custodes.pipeline.grounding import Known, body_kinds, countries, listing, shipped_grounds
from custodes.pipeline.state import Run
from custodes.review import LEDGER, fold, load
from custodes.timetable.events import Event
from custodes.timetable.terms import Ground

CLAIM = "page_markets"
"""The kind of finding that a confirmed claim is: a page of the maker itself markets a capability."""


def known_to(run: Run, events: Sequence[Event]) -> Known:
    """What the fact tables and a case say."""
    claims, waiting = claims_of(run)
    return Known((*shipped_grounds(), *_listed_by(run), *claims), {**body_kinds(), **_kinds_of(run)}, tuple(waiting), tuple(events), living=True)


def _listed_by(run: Run) -> list[Ground]:
    """Listings that the case itself brought."""
    known = countries()
    rows = (row for part in part_files(run, "LISTING") for row in pq.read_table(part).to_pylist())
    return [listing(row, known.get(row["maker_id"], "")) for row in rows if row["maker_id"]]


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


def _kinds_of(run: Run) -> dict[str, str]:
    return {row["body"]: row["body_kind"] for part in part_files(run, "BODY") for row in pq.read_table(part).to_pylist() if row["body_kind"]}
