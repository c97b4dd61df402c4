"""The timetable in sentences, in English or in the language of a page (``say``): the headline with its denominators, the answer to a written question, and
the words of a state. Plain text."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from custodes.publication.i18n import ENGLISH, Say
from custodes.publication.rows import Row

KEPT_BACK = "kept back"
STATUS = {
    "disposed": "removed, replaced and disposed of", "replaced": "removed and replaced", "removed": "removed", "in progress": "in progress", "waived": "waived",
    "planned": "planned, not started", "not started": "not planned, not started", "make unknown": "only devices of unknown make", "nothing in scope": "nothing in scope",
    "": KEPT_BACK,
}  # fmt: skip
"""State of a site -> its words."""


def number(value: Any, say: Say = ENGLISH) -> str:
    """A count with thousands marks; what is None is kept back."""
    return say.of(KEPT_BACK) if value is None else say.count(value)


def of(part: Any, whole: Any, noun: str) -> str:
    """``340 of 1,200 devices (28 %)``; a share never stands without its two numbers. English, for forms."""
    return f"{number(part)} of {number(whole)} {noun}{_share(part, whole, ENGLISH)}"


def _share(part: int | None, whole: int | None, say: Say) -> str:
    """`` (28 %)`` to stand behind the two numbers; nothing when one of them is kept back or there is nothing to share."""
    return f" ({percent(part, whole, say)})" if part is not None and whole else ""


def percent(part: int, whole: int, say: Say = ENGLISH) -> str:
    """A share in whole percent, never rounded up to 100 or down to 0.

    >>> percent(999, 1000), percent(1, 1000), percent(1, 3), percent(5, 5)
    ('99 %', 'under 1 %', '33 %', '100 %')
    """
    exact = Decimal(part) * 100 / Decimal(whole)
    if 0 < exact < 1:
        return say.plain("under 1 %")
    return f"{min(int(exact + Decimal('0.5')), 99 if part < whole else 100)} %"


def sums(amounts: Row | None, say: Say = ENGLISH) -> str:
    """Money per currency, side by side and never added."""
    if amounts is None:
        return say.of(KEPT_BACK)
    return "; ".join(say.money(Decimal(v), c) for c, v in amounts.items()) or say.plain("none")


def ranges(amounts: Row | None, say: Say = ENGLISH) -> str:
    """Money to come per currency, from the least to the most."""
    if amounts is None:
        return say.of(KEPT_BACK)
    parts = []
    for currency, (low, high) in amounts.items():
        ends = [say.money(Decimal(v), currency) for v in (low, high)]
        parts.append(ends[0] if ends[0] == ends[1] else say.plain("{low} to {high}", low=ends[0], high=ends[1]))
    return "; ".join(parts) or say.plain("not known: no cost is on record")


def headline(t: Row, say: Say = ENGLISH) -> str:
    """The state in one sentence, each figure with what it is a part of."""
    totals = t["totals"]
    if not t["sites"] and not totals["devices"]:
        return say.plain("No site is known in this case; what was promised elsewhere is judged below.")
    removed, devices, done, sites = (totals[name] for name in ("removed", "devices", "sites_done", "sites_in_scope"))
    return say.plain(
        "By {date}, {removed} of {devices} devices{share} in scope were removed, and {done} of {sites} sites with such devices{part} were clear of them{partial}.",
        date=t["as_of"], removed=number(removed, say), devices=number(devices, say), share=_share(removed, devices, say),
        done=number(done, say), sites=number(sites, say), part=_share(done, sites, say), partial=_partial(totals, say),
    )  # fmt: skip


def _partial(totals: Row, say: Say) -> str:
    return say.plain(", not counting what is kept back") if totals.get("partial") else ""


def ends(t: Row, say: Say = ENGLISH) -> list[tuple[str, str]]:
    """The end, as promised, as planned and as it looks: (what, month or day, or why not)."""
    found = [
        (say.plain("deadline of the policy"), t["policy"]["deadline"] or say.plain("none")), (say.plain("frozen plan"), t["baseline_end"] or say.plain("no plan was frozen")),
        (say.plain("current plan"), plan_end(t, say)),
    ]  # fmt: skip
    return [*found, (say.plain("at the pace so far"), _pace(t["forecast"], say))]


def _pace(forecast: Row, say: Say) -> str:
    if forecast["why"]:
        return say.of(forecast["why"])
    beyond, chances = say.plain("beyond 50 years"), forecast["ends"]
    return say.plain(
        "{even} (even chance); {early} to {late} with 80 percent", even=chances["50"] or beyond, early=chances["10"] or say.plain("later"), late=chances["90"] or beyond
    )


def plan_end(t: Row, say: Say = ENGLISH) -> str:
    """The month in which the current plan ends, or why there is none."""
    if t["plan_status"] == "unconstrained" and not t["baseline"]:
        return say.plain("no plan: neither money nor hands nor dates are known, so none was made")
    return t["plan_end"] or (say.plain("nothing is left to plan") if t["totals"]["remaining"] == 0 else say.plain("nothing is planned"))


def answer(t: Row, say: Say = ENGLISH) -> list[str]:
    """The answer to the written question that was asked and not answered: which sites, how many cameras, cost to date, cost to come."""
    totals = t["totals"]
    n = {name: number(totals[name], say) for name in ("sites", "bodies", "devices", "unknown_make", "removed", "replaced", "disposed", "certified")}
    sites = say.plain("{sites} sites of {bodies} bodies", **n) if totals["bodies"] is not None else say.plain("{sites} sites", **n)
    without = totals.get("sites_without_cost")
    missing = say.plain(" (without {n} sites for which no cost is on record)", n=number(without, say)) if without else ""
    return [
        say.plain("On {date} the equipment in scope stood at {sites}{partial}; {n} sites are named in the annex.", date=t["as_of"], sites=sites, partial=_partial(totals, say), n=number(len(t["sites"]), say)) + _withheld(t, say),
        say.plain("There were {devices} devices of makers in scope, and {unknown_make} more devices whose make is not known.", **n),
        say.plain("Of the devices in scope {removed} had been removed, {replaced} replaced and {disposed} disposed of, {certified} of these with a certificate.", **n),
        say.plain("Cost to date, as far as reported: {spent}. Cost to come: {to_come}{missing}.", spent=sums(totals["spent"], say), to_come=ranges(totals["to_come"], say), missing=missing),
        say.plain("End of the current plan: {end}. End of the plan as it was frozen: {frozen}.", end=plan_end(t, say), frozen=t["baseline_end"] or say.plain("no plan was frozen")),
    ]  # fmt: skip


def _withheld(t: Row, say: Say) -> str:
    if not t["withheld"]:
        return ""
    names = sorted({rule["exemption"] for rule in t["withheld"]})
    return say.plain(" Some particulars are kept back under {names}.", names=", ".join(names))


def unknowns(t: Row, say: Say = ENGLISH) -> list[str]:
    """What is not known, as numbers of their own."""
    totals, whole = t["totals"], number(len(t["sites"]), say)
    found = [say.plain("{n} devices are of a make that nobody has told yet; they are not counted as in scope, and not as harmless. What settles it: a look at each, or the purchase record.", n=number(totals["unknown_make"], say))]
    only = sum(1 for s in t["sites"] if s["status"] == "make unknown")
    if only:
        found.append(say.plain("{n} of {whole} sites shown have only such devices.", n=number(only, say), whole=whole))
    unplanned = sum(1 for s in t["sites"] if s["remaining"] and not s["plan_month"] and "dates" not in s["hidden"])
    found.append(say.plain("{n} of {whole} sites shown have devices left and no month in the current plan.", n=number(unplanned, say), whole=whole))
    if totals["sites_without_cost"]:
        found.append(say.plain("{n} sites have no cost on record.", n=number(totals["sites_without_cost"], say)))
    silent = sum(1 for p in t["promises"] if p["verdict"] == "unreported")
    if silent:
        found.append(say.plain("{n} of {whole} promises: the day has passed, and no statement that we hold says what was reached.", n=number(silent, say), whole=number(len(t["promises"]), say)))
    return found
