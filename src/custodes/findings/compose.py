"""Hits put together to findings: grouped by maker, judged by link, date and list, and written down with everything a decision rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from custodes.findings.compiled import Compiled
from custodes.findings.dates import Interval
from custodes.findings.listings import Listed, listed
from custodes.findings.paths import Path, path
from custodes.findings.products import Setting
from custodes.findings.view import Hit
from custodes.findings.weights import band, versions
from custodes.values import evidence_hash, finding_id

Row = Mapping[str, Any]
Found = tuple[Hit, Path]

_ROW_VALUES = (
    "supplier", "supplier_id", "description", "amount", "currency", "date", "contract_date", "words", "about", "state", "answered", "brand", "model",
)  # fmt: skip
_COPIED = ("body", "supplier", "description", "currency", "amount_kind", "tax", "date", "date_kind", "ocid", "transaction")


@dataclass(frozen=True, slots=True)
class Day:
    """The date of a record that counts (ISO date, interval or empty) and what it is, in words."""

    date: str
    words: str


def by_maker(hits: Sequence[Hit], known: Compiled, when: Interval | None) -> dict[tuple[str, str], list[Found]]:
    """Hits whose path holds on the day, best first, by (kind of finding, maker or party). Makers that stand on no list give none."""
    groups: dict[tuple[str, str], list[Found]] = {}
    for hit in hits:
        way = path(hit, known, when) if hit.who in known.listings or hit.party else None
        if way and band(_score((hit, way))):
            groups.setdefault((hit.kind, hit.who), []).append((hit, way))
    return {who: sorted(found, key=_best_first) for who, found in _with_units(groups).items()}


def _with_units(groups: Mapping[tuple[str, str], list[Found]]) -> dict[tuple[str, str], list[Found]]:
    """A party of the case's lists that is a maker's company by its own name, and was met as that too, is one finding with it, unless the tie is the weaker."""
    found = dict(groups)
    for (kind, who), hits in groups.items():
        makers = {hit.unit_of for hit, _ in hits}
        of = (kind, next(iter(makers)))
        tied = [each for each in groups.get(of, ()) if each[0].subject]
        if len(makers) == 1 and of[1] != who and tied and max(map(_score, tied)) >= max(map(_score, hits)):
            found[of] = [*found[of], *found.pop((kind, who))]
    return found


def _score(found: Found) -> float:
    hit, way = found
    return min(hit.score, way.cap)


def _best_first(found: Found) -> tuple[float, str, str, str]:
    hit, _ = found
    return -_score(found), hit.rule, hit.ours, hit.theirs


def named(
    row: Row, record_kind: str, who: tuple[str, str], found: Sequence[Found], setting: Setting, known: Compiled, day: Day, grade: str = "recorded",
) -> dict[str, Any] | None:  # fmt: skip
    """A named finding from hits on one maker, best first; None when it does not reach the weakest band."""
    best, way = found[0]
    score = round(min(best.score, way.cap), 4)
    if not band(score):
        return None
    maker = known.makers.get(who[1], {})
    units = sorted({hit.party for hit, _ in found if hit.party and hit.who != who[1]})
    state = listed(who[1], str(maker.get("name") or best.ours), known, day.date, day.words, best.subject, units)
    return {
        **_common(row, record_kind, *who),
        "maker_id": who[1] if who[1] in known.makers else best.maker_id, "party": best.subject or str(maker.get("name") or who[1]),
        "link_path": list(way.steps), "score": score, "band": band(score),
        "reasons": _reasons([hit for hit, _ in found]), "against": sorted({words for _, w in found for words in w.against}), "context": [],
        "equipment": _equipment([hit for hit, _ in found], str(maker.get("equipment") or "unknown"), setting),
        "grounds": list(state.grounds), "listed_on_date": state.answer, "listed_basis": state.basis, "listings": list(state.listings),
        "grade": "lead-only" if way.publish == "lead-only" else grade, "publish": way.publish,
        "evidence_hash": _evidence(row, found, state),
    }  # fmt: skip


def unknown(row: Row, hits: Sequence[Hit], score: float, against: Sequence[str], context: Sequence[str]) -> dict[str, Any]:
    """The open question: a surveillance purchase whose record names no listed maker."""
    entries = sorted([hit.rule, hit.ours, hit.theirs] for hit in hits)
    return {
        **_common(row, "PURCHASE", "maker_unknown", ""), "maker_id": "", "party": "", "link_path": [], "score": score, "band": band(score),
        "reasons": [_reason(hit) for hit in hits], "against": list(against), "context": list(context), "equipment": "surveillance",
        "grounds": [], "listed_on_date": "unknown", "listed_basis": "", "listings": [], "grade": "recorded", "publish": "yes",
        "evidence_hash": evidence_hash(_values(row), entries, [], versions({hit.rule for hit in hits})),
    }  # fmt: skip


def _equipment(hits: Sequence[Hit], usual: str, setting: Setting) -> str:
    """Surveillance, other or unknown: the product named decides, then what the maker makes as a rule, then the words beside it."""
    said = {hit.equipment for hit in hits if hit.equipment}
    if said:
        return "surveillance" if "surveillance" in said else min(said)
    if usual in ("surveillance", "other"):
        return usual
    return "surveillance" if setting.surveillance else "other" if setting.equipment else "unknown"


def _evidence(row: Row, found: Sequence[Found], state: Listed) -> str:
    entries = sorted([hit.rule, hit.ours, hit.theirs, *way.entries] for hit, way in found)
    rules = versions({hit.rule for hit, _ in found})
    return evidence_hash(_values(row), [entries, state.answer, list(state.listings)], list(found[0][1].steps), rules)


def _values(row: Row) -> dict[str, Any]:
    """What the record itself says, without its place."""
    return {name: row[name] for name in _ROW_VALUES if name in row} | {"codes": list(row.get("codes") or ())}


def _reason(hit: Hit) -> dict[str, str]:
    return {"rule": hit.rule, "ours": hit.ours, "theirs": hit.theirs, "words": hit.words}


def _reasons(hits: Sequence[Hit]) -> list[dict[str, str]]:
    """Each hit as a reason; a party of the case's lists that bears several names like the supplier's says so once."""
    said: dict[tuple[str, str, str], dict[str, str]] = {}
    for hit in hits:
        said.setdefault((hit.rule, hit.party, "" if hit.party and not hit.subject else hit.words), _reason(hit))
    return list(said.values())


def _common(row: Row, record_kind: str, kind: str, who: str) -> dict[str, Any]:
    """What a finding takes over from its record, and its id."""
    copied = {name: row.get(name) or "" for name in _COPIED}
    return {
        "finding_id": finding_id(kind, row["record_key"], who), "kind": kind, "record_kind": record_kind, "record_key": row["record_key"],
        **copied, "codes": list(row.get("codes") or ()), "amount": row.get("amount"),
        "origin_sha256": row["origin_sha256"], "origin_file": row["origin_file"], "origin_at": row["origin_at"],
    }  # fmt: skip
