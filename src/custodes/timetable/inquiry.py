"""The inquiry of section 889: what an organisation holds about who made its equipment, part A (provide) and part B (use) apart. Pure.

Per item: *identified* (its producer, an affiliate of it or the maker of a component is a covered firm, or the supplier says so), *none identified* (a
producer is named and is not covered, or the supplier attested so for this very article) or *unknown*. A brand alone proves nothing either way: equipment is
sold under other brands than its maker's. Whether a component is essential, a purpose is one of the law's, or an exception applies is for people
to judge; the item stays identified and the question is put. The file never says that somebody keeps the law.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from custodes.timetable.business_days import after

PARTS = ("provide", "use")
ANY_PURPOSE = ("huawei", "zte")
"""Makers whose telecommunications equipment is covered whatever its use (s.889(f)(3)(A)); of the others for the purposes of (f)(3)(B)."""
PURPOSES = (
    "public safety", "security of government facilities", "physical security surveillance of critical infrastructure", "other national security purposes",
)  # fmt: skip
FAR_LINE = (
    "contract", "orders", "supplier", "supplier_uei", "supplier_cage", "brand", "model", "description", "mitigation",
)  # fmt: skip
"""The fields of FAR 52.204-25(d)(2)(i), in its order."""
FAR_MORE = ("mitigation", "efforts_to_prevent", "further_efforts")
"""The fields of FAR 52.204-25(d)(2)(ii)."""


@dataclass(frozen=True, slots=True)
class Item:
    """One article that is provided or used. ``part``: provide, use or both; ``attested``: yes (covered), no (not covered) or empty, by the supplier for this
    article; ``components``: makers of parts; ``found_on``: the day on which it was identified during a contract, for the clocks."""

    item_id: str
    part: str = "both"
    quantity: int | None = None
    supplier: str = ""
    supplier_uei: str = ""
    supplier_cage: str = ""
    brand: str = ""
    maker: str = ""
    model: str = ""
    description: str = ""
    purpose: str = ""
    components: tuple[str, ...] = ()
    essential: str = ""
    contract: str = ""
    orders: str = ""
    attested: str = ""
    attested_by: str = ""
    attested_on: str = ""
    attestation: str = ""
    exception: str = ""
    waived_until: str = ""
    mitigation: str = ""
    efforts_to_prevent: str = ""
    further_efforts: str = ""
    found_on: str = ""


@dataclass(frozen=True, slots=True)
class Tie:
    """What the fact tables know of a name: ``covered`` maker (empty: none), how it is tied to it, whether that is sure, and the source."""

    name: str
    covered: str
    how: str
    sure: bool
    citation: str


@dataclass(frozen=True, slots=True)
class Judged:
    """An item with its result, the reasons and the questions that are left."""

    item: Item
    result: str
    maker: str
    reasons: tuple[str, ...]
    questions: tuple[str, ...]


def judge(item: Item, ties: Mapping[str, Tie]) -> Judged:
    """What the inquiry says of one item; ``ties``: name as written -> what is known of it."""
    named = [(role, name) for role, name in (("producer", item.maker), ("brand", item.brand), *(("component", c) for c in item.components)) if name]
    known = [(role, ties[name]) for role, name in named if name in ties]
    sure = [(role, tie) for role, tie in known if tie.covered and tie.sure]
    doubtful = [(role, tie) for role, tie in known if tie.covered and not tie.sure]
    reasons = [f"{role} {tie.name}: {tie.how} ({tie.citation})" for role, tie in (*sure, *doubtful)]
    if item.attested == "yes":
        reasons.append(f"the supplier says it is covered ({_attestation(item)})")
    maker = sure[0][1].covered if sure else ""
    if sure or item.attested == "yes":
        return Judged(item, "identified", maker, tuple(reasons), tuple(_questions(item, sure)))
    if item.attested == "no":
        words = f"the supplier attests for {item.model or item.description or item.item_id} that it is not covered ({_attestation(item)})"
        if doubtful:
            return Judged(item, "unknown", "", (*reasons, words), ("the attestation and our tables do not agree: ask the supplier who makes this article",))
        return Judged(item, "none identified", "", (words,), ())
    if doubtful:
        return Judged(item, "unknown", "", tuple(reasons), ("ask the supplier who makes this very article",))
    if item.maker:
        return Judged(item, "none identified", "", (f"producer {item.maker}: not a covered firm in our tables",), ())
    question = f"brand {item.brand}: who makes it? A brand does not say" if item.brand else "who makes it? Neither producer nor brand is on record"
    return Judged(item, "unknown", "", (), (question,))


def _attestation(item: Item) -> str:
    parts = [p for p in (item.attested_by or item.supplier, item.attested_on, item.attestation) if p]
    return ", ".join(parts) or "no name, day or document given"


def _questions(item: Item, sure: Sequence[tuple[str, Tie]]) -> list[str]:
    found = []
    if item.attested == "no":
        found.append(f"the supplier attests that it is not covered ({_attestation(item)}), our tables say otherwise: ask again")
    if sure and all(role == "component" for role, _ in sure) and item.essential != "yes":
        found.append("is the component substantial or essential, or critical technology?")
    makers = {tie.covered for _, tie in sure}
    if makers and not makers & set(ANY_PURPOSE) and item.purpose.lower() not in PURPOSES:
        said = f"the purpose is given as {item.purpose}: " if item.purpose else "no purpose is given: "
        found.append(f"{said}is it one of {'; '.join(PURPOSES)}?")
    if item.exception:
        found.append(f"an exception is claimed ({item.exception}): does s.889(a)(2) hold?")
    return found


def outcome(judged: Sequence[Judged]) -> str:
    """The result for a part, in one of three wordings."""
    total = len(judged)
    identified = sum(j.result == "identified" for j in judged)
    unknown = sum(j.result == "unknown" for j in judged)
    if identified:
        return f"identified in {identified} of {total} items ({unknown} unknown)"
    if total > unknown:
        return f"none identified in {total} items ({unknown} unknown)"
    return "cannot say: " + (f"none of {total} items names its producer" if total else "no items were given")


def inquiry(items: Sequence[Item], ties: Mapping[str, Tie], parts: Sequence[str], head: Mapping[str, Any], today: str) -> dict[str, Any]:
    """The inquiry file: per part the outcome and its items, the clocks, attestations, exceptions, waivers, a form for sign-off. ``head``: organisation,
    sources and list versions."""
    judged = {j.item.item_id: j for j in (judge(item, ties) for item in items)}
    found: dict[str, Any] = {**head, "as_of": today[:10], "law": "Pub. L. 115-232 s.889; FAR 52.204-24, 52.204-25, 52.204-26", "parts": {}}
    for part in parts:
        own = [j for j in judged.values() if j.item.part in (part, "both")]
        counts = {name: sum(j.result == name for j in own) for name in ("identified", "none identified", "unknown")}
        found["parts"][part] = {
            "clause": "s.889(a)(1)(A)" if part == "provide" else "s.889(a)(1)(B)", "outcome": outcome(own), "items": len(own), **{k.replace(" ", "_"): n for k, n in counts.items()},
            "attested": sum(bool(j.item.attested) for j in own), "exceptions_claimed": sum(bool(j.item.exception) for j in own),
            "waived": sum(_waived(j.item, today) for j in own),
        }  # fmt: skip
    found["items"] = [_row(j, today) for j in judged.values()]
    found["reports"] = [_report(j, today) for j in judged.values() if j.result == "identified" and j.item.found_on]
    found["attestations"] = [_attested(j.item) for j in judged.values() if j.item.attested]
    found["questions"] = [{"item_id": j.item.item_id, "question": q} for j in judged.values() for q in j.questions]
    found["sign_off"] = {"what_was_looked_at": "", "by_role": "", "name": "", "date": "", "statement": "the inquiry was made as described; it covers what the organisation holds"}
    return found


def _waived(item: Item, today: str) -> bool:
    return bool(item.waived_until) and item.waived_until >= today[:10]


def _row(judged: Judged, today: str) -> dict[str, Any]:
    item = judged.item
    return {
        "item_id": item.item_id, "part": item.part, "result": judged.result, "maker": judged.maker, "reasons": list(judged.reasons),
        "questions": list(judged.questions), "quantity": item.quantity, "supplier": item.supplier, "brand": item.brand, "producer": item.maker,
        "model": item.model, "description": item.description, "purpose": item.purpose, "components": list(item.components),
        "exception": item.exception, "waiver": item.waived_until if _waived(item, today) else "", "found_on": item.found_on,
    }  # fmt: skip


def _report(judged: Judged, today: str) -> dict[str, Any]:
    """The report of a find with its two clocks (FAR 52.204-25(d)(2)): one business day, then ten."""
    item = judged.item
    found_on = date.fromisoformat(item.found_on)
    # ten business days run from the first report, which is due after one; who reports earlier counts from that day
    first, second = after(found_on, 1), after(after(found_on, 1), 10)
    return {
        "item_id": item.item_id, "found_on": item.found_on, "due_in_one_business_day": first.isoformat(), "due_in_ten_business_days": second.isoformat(),
        "state": "due" if today[:10] <= first.isoformat() else "first report past due unless it was sent",
        "line": {name: getattr(item, name) for name in FAR_LINE}, "missing": [name for name in FAR_LINE if not getattr(item, name)],
        "follow_up": {name: getattr(item, name) for name in FAR_MORE},
    }  # fmt: skip


def _attested(item: Item) -> dict[str, Any]:
    return {
        "item_id": item.item_id, "supplier": item.supplier, "brand": item.brand, "model": item.model, "covered": item.attested,
        "by": item.attested_by, "on": item.attested_on, "document": item.attestation,
    }  # fmt: skip
