"""What a watchlist knows of one party that stands on a case's lists more than once: under which id its findings stand, why, and all that it is listed for.

Entries that clustering joined are one party, and so a record that meets two of them makes one finding. It stands under the maker's id where the party is one of our
makers; else under the id of the entry that was listed first (by the dates that begin a listing; entries without one come last; ties by id). Newer entries do not
change that id, so decisions stay where they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from custodes.findings.as_of import start_of
from custodes.findings.names import with_form
from custodes.findings.weights import OWNED

Row = Mapping[str, Any]


def told(parties: Sequence[Row], listings: Sequence[Row], clusters: Sequence[Row], links: Iterable[Row]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """PARTY and LISTING rows of a case's lists with what clustering says.

    ``clusters``: rows with ``party_id, cluster_id, joined_to, reason, maker_id`` (one maker or ''), for entries that are joined to anything. PARTY rows get
    ``who`` (the id of their findings), ``joined`` (why, in words) and ``unit_of`` (the maker whose company the entry is by its own name, from our ``links``).
    """
    of = {row["party_id"]: row for row in clusters}
    who, companies = standing(clusters, listings), _companies(links)
    rows = [
        {
            **row, "maker_id": row.get("maker_id") or of.get(row["party_id"], {}).get("maker_id", ""), "who": who.get(row["party_id"], row["party_id"]),
            "joined": _joined(of.get(row["party_id"])), "unit_of": companies.get(with_form(row["name"]), ""),
        }
        for row in parties
    ]  # fmt: skip
    return rows, _shared(listings, of)


def standing(clusters: Iterable[Row], listings: Iterable[Row]) -> dict[str, str]:
    """Entry of a cluster (as for :func:`told`) -> the entry of it that was listed first."""
    of = {row["party_id"]: row for row in clusters}
    starts: dict[str, str] = {}
    for row in listings:
        if start := start_of(row)[0]:
            starts[row["party_id"]] = min(start, starts.get(row["party_id"], start))
    first: dict[str, str] = {}
    for party in sorted(of, key=lambda id: (id not in starts, starts.get(id, ""), id)):
        first.setdefault(of[party]["cluster_id"], party)
    return {party: first[row["cluster_id"]] for party, row in of.items()}


def _companies(links: Iterable[Row]) -> dict[str, str]:
    """Name of a company -> the one maker to which our links give it."""
    found: dict[str, set[str]] = {}
    for row in links:
        if row["relation"] in OWNED and row["publish"] not in ("no", "lead-only"):
            found.setdefault(with_form(row["subject"]), set()).update(row["object"].split("|"))
    return {name: next(iter(makers)) for name, makers in found.items() if len(makers) == 1}


def _joined(row: Row | None) -> str:
    return f"{row['party_id']} is one party with {row['joined_to']}: {row['reason']}" if row and row["joined_to"] else ""


def _shared(listings: Sequence[Row], of: Mapping[str, Row]) -> list[dict[str, Any]]:
    """Listings of a maker's entries under the maker; those of other clusters under each of its entries: what one party is listed for has one answer."""
    members: dict[str, list[str]] = {}
    for party, row in sorted(of.items()):
        members.setdefault(row["cluster_id"], []).append(party)
    found = []
    for row in listings:
        known = of.get(row["party_id"])
        if known is None or row.get("maker_id"):
            found.append(dict(row))
        elif known["maker_id"]:
            found.append({**row, "maker_id": known["maker_id"]})
        else:
            said = f"{row.get('note') or ''} [listed as {row.get('listed_name') or row['party_id']}, {row['party_id']}]".strip()
            found += [{**row, "party_id": other, **({} if other == row["party_id"] else {"note": said})} for other in members[known["cluster_id"]]]
    return found
