"""The timetable in sentences: the headline with its denominators, the answer to a written question, and the words of a state. Plain text."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from custodes.publication import wording
from custodes.publication.rows import Row

KEPT_BACK = "kept back"
STATUS = {
    "disposed": "removed, replaced and disposed of", "replaced": "removed and replaced", "removed": "removed", "in progress": "in progress", "waived": "waived",
    "planned": "planned, not started", "not started": "not planned, not started", "make unknown": "only devices of unknown make", "nothing in scope": "nothing in scope",
    "": KEPT_BACK,
}  # fmt: skip
"""State of a site -> its words."""


def number(value: Any) -> str:
    """A count with thousands marks; what is None is kept back."""
    return KEPT_BACK if value is None else f"{value:,}"


def of(part: Any, whole: Any, noun: str) -> str:
    """``340 of 1,200 devices (28 %)``; a share never stands without its two numbers."""
    if part is None or whole is None:
        return f"{number(part)} of {number(whole)} {noun}"
    share = f" ({percent(part, whole)})" if whole else ""
    return f"{part:,} of {whole:,} {noun}{share}"


def percent(part: int, whole: int) -> str:
    """A share in whole percent, never rounded up to 100 or down to 0.

    >>> percent(999, 1000), percent(1, 1000), percent(1, 3), percent(5, 5)
    ('99 %', 'under 1 %', '33 %', '100 %')
    """
    exact = Decimal(part) * 100 / Decimal(whole)
    if 0 < exact < 1:
        return "under 1 %"
    return f"{min(int(exact + Decimal('0.5')), 99 if part < whole else 100)} %"


def sums(amounts: Row | None) -> str:
    """Money per currency, side by side and never added."""
    if amounts is None:
        return KEPT_BACK
    return "; ".join(wording.money(Decimal(v), c) for c, v in amounts.items()) or "none"


def ranges(amounts: Row | None) -> str:
    """Money to come per currency, from the least to the most."""
    if amounts is None:
        return KEPT_BACK
    parts = []
    for currency, (low, high) in amounts.items():
        ends = [wording.money(Decimal(v), currency) for v in (low, high)]
        parts.append(ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}")
    return "; ".join(parts) or "not known: no cost is on record"


def headline(t: Row) -> str:
    """The state in one sentence, each figure with what it is a part of."""
    totals = t["totals"]
    if not t["sites"] and not totals["devices"]:
        return "No site is known in this case; what was promised elsewhere is judged below."
    return f"By {t['as_of']}, {of(totals['removed'], totals['devices'], 'devices')} in scope were removed, and {of(totals['sites_done'], totals['sites_in_scope'], 'sites with such devices')} were clear of them{', not counting what is kept back' if totals.get('partial') else ''}."


def ends(t: Row) -> list[tuple[str, str]]:
    """The end, as promised, as planned and as it looks: (what, month or day, or why not)."""
    found = [("deadline of the policy", t["policy"]["deadline"] or "none"), ("frozen plan", t["baseline_end"] or "no plan was frozen"), ("current plan", plan_end(t))]
    f = t["forecast"]
    if f["why"]:
        return [*found, ("at the pace so far", f["why"])]
    spread = f"{f['ends']['50'] or 'beyond 50 years'} (even chance); {f['ends']['10'] or 'later'} to {f['ends']['90'] or 'beyond 50 years'} with 80 percent"
    return [*found, ("at the pace so far", spread)]


def plan_end(t: Row) -> str:
    """The month in which the current plan ends, or why there is none."""
    if t["plan_status"] == "unconstrained" and not t["baseline"]:
        return "no plan: neither money nor hands nor dates are known, so none was made"
    return t["plan_end"] or ("nothing is left to plan" if t["totals"]["remaining"] == 0 else "nothing is planned")


def answer(t: Row) -> list[str]:
    """The answer to the written question that was asked and not answered: which sites, how many cameras, cost to date, cost to come."""
    totals = t["totals"]
    sites = f"{number(totals['sites'])} sites of {number(totals['bodies'])} bodies" if totals["bodies"] is not None else f"{number(totals['sites'])} sites"
    missing = f" (without {number(totals['sites_without_cost'])} sites for which no cost is on record)" if totals.get("sites_without_cost") else ""
    return [
        f"On {t['as_of']} the equipment in scope stood at {sites}{', not counting what is kept back' if totals.get('partial') else ''}; {len(t['sites']):,} sites are named in the annex.{_withheld(t)}",
        f"There were {number(totals['devices'])} devices of makers in scope, and {number(totals['unknown_make'])} more devices whose make is not known.",
        f"Of the devices in scope {number(totals['removed'])} had been removed, {number(totals['replaced'])} replaced and {number(totals['disposed'])} disposed of, {number(totals['certified'])} of these with a certificate.",
        f"Cost to date, as far as reported: {sums(totals['spent'])}. Cost to come: {ranges(totals['to_come'])}{missing}.",
        f"End of the current plan: {plan_end(t)}. End of the plan as it was frozen: {t['baseline_end'] or 'no plan was frozen'}.",
    ]  # fmt: skip


def _withheld(t: Row) -> str:
    if not t["withheld"]:
        return ""
    names = sorted({rule["exemption"] for rule in t["withheld"]})
    return f" Some particulars are kept back under {', '.join(names)}."


def unknowns(t: Row) -> list[str]:
    """What is not known, as numbers of their own."""
    totals, found = t["totals"], []
    only = sum(1 for s in t["sites"] if s["status"] == "make unknown")
    found.append(f"{number(totals['unknown_make'])} devices are of a make that nobody has told yet; they are not counted as in scope, and not as harmless. What settles it: a look at each, or the purchase record.")
    if only:
        found.append(f"{only:,} of {len(t['sites']):,} sites shown have only such devices.")
    unplanned = sum(1 for s in t["sites"] if s["remaining"] and not s["plan_month"] and "dates" not in s["hidden"])
    found.append(f"{unplanned:,} of {len(t['sites']):,} sites shown have devices left and no month in the current plan.")
    if totals["sites_without_cost"]:
        found.append(f"{number(totals['sites_without_cost'])} sites have no cost on record.")
    silent = sum(1 for p in t["promises"] if p["verdict"] == "unreported")
    if silent:
        found.append(f"{silent:,} of {len(t['promises']):,} promises: the day has passed, and no statement that we hold says what was reached.")
    return found
