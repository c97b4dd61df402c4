"""One record in, findings out: the exact path, for rows that the prefilter lets through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from custodes.findings import surveillance
from custodes.findings.compiled import Compiled
from custodes.findings.compose import Day, Found, Row, by_maker, named, unknown
from custodes.findings.dates import interval
from custodes.findings.device_found import device
from custodes.findings.names import normalise
from custodes.findings.paths import period, weakest
from custodes.findings.products import Setting
from custodes.findings.rules import NAMING, SENSING, hits, reported_use
from custodes.findings.suppliers import also_sells
from custodes.findings.text import fold
from custodes.findings.view import Hit, View, purchase_view, text_view
from custodes.findings.weights import WEIGHTS, band

_DATES = {"payment": "payment date", "invoice": "invoice date", "award": "award date", "contract": "contract date", "": "date of the record"}
_REMEMBERED = 50_000


def purchase(row: Row, known: Compiled, words: bool = True, signs: bool = True) -> Iterator[dict[str, Any]]:
    """Findings of one PURCHASE row: named ones, and the open question when no named one is about surveillance.

    ``words`` and ``signs`` tell which half the prefilter found possible; the other half would yield nothing anyway.
    """
    supplier = row["supplier"] or ""
    view, naming, sensing = _look((supplier, row["description"] or "", tuple(row["codes"] or ()), words, signs), known)
    day, settled = _day(row), False
    for who, found in _named_in(naming, known, day):
        record = named(row, "PURCHASE", who, found, view.setting, known, day)
        if record:
            settled = settled or (record["equipment"] == "surveillance" and record["band"] != "weak")
            yield record
    if sensing and not settled:
        yield from _question(row, view, sensing, known)


_Question = tuple[str, str, tuple[str, ...], bool, bool]
_Seen = tuple[View, list[Hit], list[Hit]]


def _look(question: _Question, known: Compiled) -> _Seen:
    """What supplier, text and codes say, whatever the date; remembered, because the same words come again and again."""
    if question not in known.seen:
        if len(known.seen) > _REMEMBERED:
            known.seen.clear()
        supplier, text, codes, words, signs = question
        view = purchase_view(supplier, text, codes, known, words, signs)
        known.seen[question] = view, hits(NAMING, view), hits(SENSING, view)
    found: _Seen = known.seen[question]
    return found


def _day(row: Row) -> Day:
    """The date that counts: the contract's, else the record's own."""
    if row.get("contract_date"):
        return Day(row["contract_date"], "contract date")
    kind = str(row.get("date_kind") or "")
    return Day(row.get("date") or "", _DATES.get(kind, kind.replace("_", " ")))


def _named_in(found: list[Hit], known: Compiled, day: Day) -> list[tuple[tuple[str, str], list[Found]]]:
    return sorted(by_maker(found, known, interval(day.date)).items())


def _question(row: Row, view: View, sensing: list[Hit], known: Compiled) -> Iterator[dict[str, Any]]:
    """The finding maker_unknown, unless something takes the row away."""
    if surveillance.against(view.name, view.text, view.signs, known):
        return
    score = max(hit.score for hit in sensing)
    if len({hit.rule for hit in sensing}) > 1 or (view.signs.core_codes and view.signs.weak):
        score = WEIGHTS["signs of two kinds"]
    activity, cap = surveillance.activity(surveillance.mask(view.text, known))
    against = surveillance.other_makers(f"{view.name} ¦ {view.text}", known)
    context = [f"What was bought: {activity}." if activity else "The record does not say whether equipment or work was bought."]
    context += supplier_also_sells(view, known)
    if band(min(score, cap)):
        yield unknown(row, sensing, round(min(score, cap), 4), against, context)


def supplier_also_sells(view: View, known: Compiled) -> list[str]:
    """Context: the supplier sells a listed make; this record does not say what was bought."""
    said = []
    for relation, who, links in also_sells(view.supplier, known):
        tie = _TIES.get(relation, f"is a {relation} of {{}}").format(str(known.makers.get(who, {}).get("name", who)))
        when = " or ".join(dict.fromkeys(f"{period(row).strip()} [{row['citation']}]" for row in links if period(row)))
        said.append(f"The supplier {tie}{f' ({when})' if when else ''}; this record does not say what was bought.")
    return said


_TIES = {
    "former owner": "belonged to {} once", "parent": "is a parent of {}", "successor": "carries on a business of {}", "component": "uses components of {}",
    "shareholding": "belongs in part to {}", "unknown link": "is tied to {} in a way that the source does not name",
}  # fmt: skip
"""Relations that "is a ... of" would say wrongly."""


def answer(row: Row, known: Compiled) -> Iterator[dict[str, Any]]:
    """Findings of one ANSWER row: a body that says 'present' and names makers that are listed."""
    day = Day(row["answered"] or row["asked"] or "", "day of the answer")
    for who, found in _named_in(list(body_answer(row, known)), known, day):
        record = named(row, "ANSWER", who, found, Setting(surveillance=True), known, day, row["grade"] or "recorded")
        if record:
            yield {**record, "description": row["words"] or "", "date": day.date}


def body_answer(row: Row, known: Compiled) -> Iterator[Hit]:
    """The body itself answered that it holds equipment of the maker."""
    if row["state"] != "present":
        return
    for said in row["makers"] or ():
        for maker in sorted(_makers_called(said, known)):
            words = f"The body answered that it holds equipment of {known.makers[maker]['name'].rstrip('.')}."
            yield Hit("body_answer", "body_says_holds", maker, WEIGHTS["body_answer"], maker, said, words)


def _makers_called(said: str, known: Compiled) -> set[str]:
    if said in known.makers:
        return {said}
    return {name.maker_id for name in known.names.get(normalise(said), ()) if name.maker_id in known.makers and not name.subject}


def statement(row: Row, known: Compiled) -> Iterator[dict[str, Any]]:
    """Findings of one STATEMENT row that reports a use of a maker's equipment; other statements (claims, denials) give none here."""
    if not fold(row["statement_kind"] or "").startswith("reported use"):
        return
    day, view = Day(row["date"] or "", "date of the report"), text_view(row["words"] or "", known)
    for who, found in _named_in(list(reported_use(view)), known, day):
        record = named(row, "STATEMENT", who, found, view.setting, known, day, row["grade"] or "reported")
        if record:
            publish = weakest([record["publish"], row["publish"] or "yes"])
            yield {**record, "publish": publish, "description": row["words"] or "", "body": row["about"] or ""}


FINDERS: Mapping[str, Any] = {"PURCHASE": purchase, "ANSWER": answer, "DEVICE": device, "STATEMENT": statement}
"""Record kind -> the finder of one row. Other kinds yield nothing."""
