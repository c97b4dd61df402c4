"""One row in, findings out: the exact path, for rows that the prefilter lets through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from custodes.findings import suppliers, surveillance
from custodes.findings.compiled import Compiled
from custodes.findings.dates import interval
from custodes.findings.listings import Listed, listed
from custodes.findings.names import normalise
from custodes.findings.paths import Path, path, weakest
from custodes.findings.products import Setting, scan
from custodes.findings.rules import CAPS, WEIGHTS, Hit, band, versions
from custodes.findings.text import fold
from custodes.values import evidence_hash, finding_id

Row = Mapping[str, Any]
Found = tuple[Hit, Path]

_ROW_VALUES = ("supplier", "supplier_id", "description", "amount", "currency", "date", "contract_date", "words", "about", "state", "answered", "brand", "model")
_COPIED = ("body", "supplier", "description", "currency", "amount_kind", "tax", "date", "date_kind", "ocid", "transaction")
_DATES = {"payment": "payment date", "invoice": "invoice date", "award": "award date", "contract": "contract date", "": "date of the record"}


def purchase(row: Row, known: Compiled, words: bool = True, signs: bool = True) -> Iterator[dict[str, Any]]:
    """Findings of one PURCHASE row: named ones, and the open question when no named one is about surveillance.

    ``words`` and ``signs`` tell which half the prefilter found possible; the other half then yields nothing anyway.
    """
    supplier, text = row["supplier"] or "", row["description"] or ""
    codes = tuple(row["codes"] or ())
    hits, setting, folded, assessment = _look((supplier, text, codes, words, signs), known)
    date, date_words = _day(row)
    when = interval(date)
    named = _by_maker(hits, known, when)
    settled = False
    for (kind, maker), found in sorted(named.items()):
        record = _named(row, "PURCHASE", kind, maker, found, known, (date, date_words), (setting, folded))
        if record:
            settled = settled or (record["equipment"] == "surveillance" and record["band"] != "weak")
            yield record
    if assessment.score and not settled and band(assessment.score):
        yield _unknown(row, assessment, suppliers.also_sells(supplier, known), known)


_Question = tuple[str, str, tuple[str, ...], bool, bool]
_Look = tuple[list[Hit], Setting, str, surveillance.Assessment]


def _look(question: _Question, known: Compiled) -> _Look:
    """What supplier, text and codes say, whatever the date; remembered, because the same words come again and again."""
    if question not in known.seen:
        if len(known.seen) > 50_000:
            known.seen.clear()
        known.seen[question] = _look_anew(*question, known)
    found: _Look = known.seen[question]
    return found


def _look_anew(supplier: str, text: str, codes: tuple[str, ...], words: bool, signs: bool, known: Compiled) -> _Look:
    name, folded, plain = fold(supplier), fold(text), tuple(plain_code(code) for code in codes)
    setting, hits = Setting(False, False), list[Hit]()
    if words:
        setting = Setting(surveillance.in_context(name, folded, plain, known), surveillance.of_equipment(f"{name} ¦ {folded}", known))
        hits += suppliers.screen(supplier, known, setting)
        makers = {hit.maker_id for hit in hits}
        inside = scan(name, known, setting, supplier, "The supplier's name")
        hits += [_in_supplier(hit) for hit in inside if hit.maker_id not in makers and hit.rule in _IN_SUPPLIER]
        hits += scan(folded, known, setting, text)
    return hits, setting, folded, surveillance.assess(name, folded, plain, known) if signs else surveillance.NOTHING


_IN_SUPPLIER = ("text_names_maker", "text_misspells_maker", "text_names_brand")


def _in_supplier(hit: Hit) -> Hit:
    return replace(hit, rule="supplier_text_names_maker", score=min(hit.score, WEIGHTS["supplier_text_names_maker"]))


def plain_code(code: str) -> str:
    """The digits of a classification code without scheme and check digit (``CPV 32323500-8`` -> ``32323500``)."""
    return code.replace(":", " ").split()[-1].split("-")[0] if code.strip() else ""


def _day(row: Row) -> tuple[str, str]:
    """The date that counts: the contract's, else the record's own."""
    if row.get("contract_date"):
        return row["contract_date"], "contract date"
    kind = str(row.get("date_kind") or "")
    return row.get("date") or "", _DATES.get(kind, kind.replace("_", " ") if kind else "date of the record")


def _by_maker(hits: Sequence[Hit], known: Compiled, when: Any) -> dict[tuple[str, str], list[Found]]:
    """Hits whose path holds on the day, grouped by kind of finding and maker (or party); unlisted makers give none."""
    groups: dict[tuple[str, str], list[Found]] = {}
    for hit in hits:
        who = hit.maker_id or hit.party
        way = path(hit, known, when) if who in known.listings or hit.party else None
        if way:
            groups.setdefault((hit.kind, who), []).append((hit, way))
    return groups


def _named(
    row: Row, record_kind: str, kind: str, who: str, found: list[Found], known: Compiled, day: tuple[str, str], beside: tuple[Setting, str],
    grade: str = "recorded",
) -> dict[str, Any] | None:  # fmt: skip
    """A named finding, or None when it does not reach the weakest band."""
    found = sorted(found, key=lambda pair: (-min(pair[0].score, pair[1].cap), pair[0].rule, pair[0].ours, pair[0].theirs))
    best, way = found[0]
    score = round(min(best.score, way.cap), 4)
    if not band(score):
        return None
    maker = known.makers.get(who, {})
    state = listed(who, str(maker.get("name") or best.ours), known, *day)
    publish = weakest([way.publish])
    return {
        **_common(row, record_kind, kind, who),
        "maker_id": best.maker_id, "party": best.subject or best.party or str(maker.get("name") or who),
        "link_path": list(way.steps), "score": score, "band": band(score),
        "reasons": [_reason(hit) for hit, _ in found], "against": sorted({words for _, w in found for words in w.against}),
        "context": [], "equipment": _equipment([hit for hit, _ in found], maker, beside, known),
        **_listing_columns(state), "grade": "lead-only" if publish == "lead-only" else grade, "publish": publish,
        "evidence_hash": _evidence(row, found, state, known),
    }  # fmt: skip


def _listing_columns(state: Listed) -> dict[str, Any]:
    return {
        "grounds": list(state.grounds), "listed_on_date": state.answer, "listed_basis": state.basis, "listings": list(state.listings),
    }  # fmt: skip


def _evidence(row: Row, found: Sequence[Found], state: Listed, known: Compiled) -> str:
    entries = sorted([hit.rule, hit.ours, hit.theirs, *way.entries] for hit, way in found)
    values = {name: row[name] for name in _ROW_VALUES if name in row} | {"codes": list(row.get("codes") or ())}
    return evidence_hash(values, [entries, state.answer, list(state.listings)], list(found[0][1].steps), versions({hit.rule for hit, _ in found}))


def _equipment(hits: Sequence[Hit], maker: Row, beside: tuple[Setting, str], known: Compiled) -> str:
    """Surveillance, other or unknown: the product named decides, then what the maker makes as a rule, then the words beside it."""
    said = {hit.equipment for hit in hits if hit.equipment}
    if said:
        return "surveillance" if "surveillance" in said else min(said)
    usual = str(maker.get("equipment") or "unknown")
    if usual in ("surveillance", "other"):
        return usual
    return "surveillance" if beside[0].surveillance else "other" if beside[0].equipment else "unknown"


def _unknown(row: Row, found: surveillance.Assessment, sells: Sequence[tuple[str, str]], known: Compiled) -> dict[str, Any]:
    """The open question: a surveillance purchase whose record names no maker."""
    context = [f"What was bought: {found.activity}."] if found.activity else ["The record does not say whether equipment or work was bought."]
    context += [f"The supplier is a {relation} of {known.makers.get(maker, {}).get('name', maker)}; this record does not say what was bought." for relation, maker in sells]
    entries = sorted([hit.rule, hit.ours, hit.theirs] for hit in found.hits)
    values = {name: row[name] for name in _ROW_VALUES if name in row} | {"codes": list(row.get("codes") or ())}
    return {
        **_common(row, "PURCHASE", "maker_unknown", ""), "maker_id": "", "party": "", "link_path": [], "score": found.score, "band": band(found.score),
        "reasons": [_reason(hit) for hit in found.hits], "against": list(found.against), "context": context, "equipment": "surveillance",
        "grounds": [], "listed_on_date": "unknown", "listed_basis": "", "listings": [], "grade": "recorded", "publish": "yes",
        "evidence_hash": evidence_hash(values, entries, [], versions({hit.rule for hit in found.hits})),
    }  # fmt: skip


def _reason(hit: Hit) -> dict[str, str]:
    return {"rule": hit.rule, "ours": hit.ours, "theirs": hit.theirs, "words": hit.words}


def _common(row: Row, record_kind: str, kind: str, who: str) -> dict[str, Any]:
    """What a finding takes over from its record, and its id."""
    copied = {name: row.get(name) or "" for name in _COPIED}
    return {
        "finding_id": finding_id(kind, row["record_key"], who), "kind": kind, "record_kind": record_kind, "record_key": row["record_key"],
        **copied, "codes": list(row.get("codes") or ()), "amount": row.get("amount"),
        "origin_sha256": row["origin_sha256"], "origin_file": row["origin_file"], "origin_at": row["origin_at"],
    }  # fmt: skip


def device(row: Row, known: Compiled) -> Iterator[dict[str, Any]]:
    """Findings of one DEVICE row: the label's brand, the model's form, and brand and product line together."""
    label = f"{row['brand'] or ''} {row['model'] or ''}".strip()
    here, day = Setting(surveillance=True, equipment=True), row["observed"] or ""
    hits = [_of_device(hit) for hit in scan(fold(label), known, here, label, "The device's label")] + _of_line(row, known)
    for (kind, maker), found in sorted(_by_maker(hits, known, interval(day)).items()):
        record = _named(row, "DEVICE", kind, maker, found, known, (day, "day of the observation"), (here, ""))
        if record:
            yield {**record, "description": label, "date": day}


def _of_device(hit: Hit) -> Hit:
    rule = "device_brand" if hit.rule in _IN_SUPPLIER else "device_model"
    return replace(hit, rule=rule, kind="device_made_by", score=min(hit.score, WEIGHTS[rule]))


def _of_line(row: Row, known: Compiled) -> list[Hit]:
    """Hits of brand and product line together (brand_lines.csv); the cap of the line's ``publish`` holds."""
    found = []
    for pattern, line in known.lines.get(normalise(row["brand"] or ""), ()):
        if row["model"] and pattern.search(row["model"].upper()):
            words = f"{line['brand']} models of the form {line['line']} are made by {line['maker_id']}."
            score = min(CAPS[line["publish"]], WEIGHTS["device_model"])
            found.append(Hit("device_model", "device_made_by", line["maker_id"], score, line["line"], row["model"], words))
    return found


def answer(row: Row, known: Compiled) -> Iterator[dict[str, Any]]:
    """Findings of one ANSWER row: a body that says 'present' and names makers that are listed."""
    if row["state"] != "present":
        return
    hits = []
    for said in row["makers"] or ():
        for maker in sorted(_makers_called(said, known)):
            words = f"The body answered that it holds equipment of {known.makers[maker]['name']}."
            hits.append(Hit("body_answer", "body_says_holds", maker, WEIGHTS["body_answer"], maker, said, words))
    day = row["answered"] or row["asked"] or ""
    here = Setting(surveillance=True, equipment=False)
    for (kind, maker), found in sorted(_by_maker(hits, known, interval(day)).items()):
        record = _named(row, "ANSWER", kind, maker, found, known, (day, "day of the answer"), (here, ""), row["grade"] or "recorded")
        if record:
            yield {**record, "description": row["words"] or "", "date": day}


def _makers_called(said: str, known: Compiled) -> set[str]:
    if said in known.makers:
        return {said}
    return {name.maker_id for name in known.names.get(normalise(said), ()) if name.maker_id in known.makers and not name.subject}


def statement(row: Row, known: Compiled) -> Iterator[dict[str, Any]]:
    """Findings of one STATEMENT row that reports a use of a maker's equipment; other statements (claims, denials) give none here."""
    if not fold(row["statement_kind"] or "").startswith("reported use"):
        return
    text, here = fold(row["words"] or ""), Setting(surveillance=True, equipment=True)
    hits = [
        Hit("reported_use", "body_says_holds", hit.maker_id, min(hit.score, WEIGHTS["reported_use"]), hit.ours, hit.theirs,
            f"{row['speaker'] or 'A report'} reports the use: {hit.words}", hit.subject, hit.equipment, hit.product_class)
        for hit in scan(f"{fold(row['about'] or '')} ¦ {text}", known, here, f"{row['about'] or ''} ¦ {row['words'] or ''}", "The report")
    ]  # fmt: skip
    for (kind, maker), found in sorted(_by_maker(hits, known, interval(row["date"] or "")).items()):
        record = _named(row, "STATEMENT", kind, maker, found, known, (row["date"] or "", "date of the report"), (here, text), row["grade"] or "reported")
        if record:
            publish = weakest([record["publish"], row["publish"] or "yes"])
            yield {**record, "publish": publish, "description": row["words"] or "", "body": row["about"] or ""}
