"""One edition made ready to show: every key present, everything sorted, names looked up once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from custodes.publication import wording
from custodes.publication.claims import threads
from custodes.publication.i18n import LANGUAGES
from custodes.publication.rows import Row, conform, layer, page_name, project, slugs, stream, texts
from custodes.values import REPORTED, SCHEMAS
from custodes.values.edition import Edition

LAYERS = ("named", "weak", "other", "rejected", "question")
_LAYER_COLUMNS = ("finding_id", "kind", "band", "publish", "grade", "verdict", "stale")
_BODY: dict[str, Any] = {
    "code": "", "body_kind": "", "names": [], "valid_from": "", "valid_to": "", "predecessor": "", "successor": "", "information_law": "",
    "request_address": "", "citation": "", "state": "not looked at", "basis": "", "state_without_findings": "not looked at", "note": "", "makers": [],
    "named_lead": False, "named_leads": 0, "other_equipment_leads": 0, "questions": 0, "months": {}, "undated_rows": 0, "rows": 0,
    "months_read": 0, "months_expected": 0, "missing_months": [], "period": "", "answers": [],
}  # fmt: skip
_COVERAGE: dict[str, Any] = {
    "path": "", "sha256": "", "size": None, "reader": "", "bodies": [], "read": 0, "usable": 0, "left_out": [], "rejected": 0, "found": 0,
    "columns": [], "error": "", "notes": [], "kinds": {}, "rows_without_body": 0, "same_as": "",
}  # fmt: skip
_MONEY: dict[str, Any] = {
    "id": "", "label": "", "layer": "", "amount_kind": "", "currency": "", "tax": "", "total": None, "total_with_repeats": None, "paid": None, "refunds": 0,
    "refund_count": 0, "count": 0, "rows": (), "proven_repeats": 0, "unproven_repeats": 0, "rule": "", "exclusions": (),
}  # fmt: skip
_PLAN: dict[str, Any] = {
    "status": "",
    "removals": [],
    "sites": [],
    "cost_low": None,
    "cost_high": None,
    "bound": None,
    "clashes": [],
    "breaches": None,
    "currency": "",
    "policy": "",
    "notes": [],
}
_FACTS: dict[str, Any] = {
    "title": "Surveillance equipment in public records", "version": "", "watchlist_version": "", "ages": [], "counts": {}, "licences": [],
    "capture_path": "sources/captures/{sha256}", "case": "CASE", "held_back": 0, "held_statements": 0, "held_reasons": {}, "duplicates": {}, "invented": False, "pages": 0, "pages_unread": 0,
    "languages": LANGUAGES, "parties": {}, "url": "", "seals": {}, "history": (), "versions": {}, "replaced": (), "packs": (),
}  # fmt: skip
_LIST: dict[str, Any] = {
    "title": "",
    "publisher": "",
    "legal_effect": "",
    "effect_words": "",
    "ground": "",
    "url": "",
    "checked_on": "",
    "citation": "",
}


@dataclass(frozen=True)
class View:
    """What pages and tables are written from. ``parts``: layer -> findings of it, sorted by id; ``withheld``: findings on a link marked 'no'.

    ``body_pages``, ``question_pages``, ``maker_pages``, ``site_pages``: name or id -> file name without suffix; ``file_pages``: SHA-256 -> page.
    """

    kind: str
    now: str
    title: str
    findings: pa.Table
    parts: Mapping[str, pa.Table]
    withheld: int
    records: Mapping[str, pa.Table]
    lists: Mapping[str, Row]
    bodies: tuple[Row, ...]
    coverage: tuple[Row, ...]
    money: tuple[Row, ...]
    plan: Row
    facts: Row
    makers: Mapping[str, str]
    short: Mapping[str, str]
    listings: Mapping[str, tuple[Row, ...]]
    body_pages: Mapping[str, str]
    question_pages: Mapping[str, str]
    standing: Mapping[str, tuple[Row, ...]]
    corrections: tuple[Row, ...]
    asked: tuple[Row, ...]
    letters: Mapping[str, tuple[Row, ...]]
    maker_pages: Mapping[str, str] = field(default_factory=dict)
    site_pages: Mapping[str, str] = field(default_factory=dict)
    file_pages: Mapping[str, str] = field(default_factory=dict)
    claims: tuple[Row, ...] = ()
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    timetable: Row = field(default_factory=dict)

    @property
    def threads(self) -> frozenset[str]:
        """The threads of claims that have a page."""
        return frozenset(thread["thread"] for thread in self.claims)

    @cached_property
    def packs(self) -> Mapping[tuple[str, str], Row]:
        """(``finding`` or ``body``, its id or name) -> the evidence pack published with it."""
        return {(kind, row[kind]): row for row in self.facts["packs"] for kind in ("finding", "body") if kind in row}

    @property
    def draft(self) -> bool:
        """Is everything marked as a draft?"""
        return self.kind != "public"


def normalise(edition: Edition) -> View:
    """The edition with every key that pages rely on. A key that is missing takes the default named here; nothing else is guessed.

    ``bodies``: the keys of :func:`custodes.publication.bodies.body_states`. ``money``: those of :func:`custodes.publication.money.sums`.
    ``coverage``: path, sha256, size (bytes), reader, bodies (list), read, usable, left_out (list of {reason, data_row, count}, or
    {reason: count}), rejected, found, columns (list of {column, use, filled}), error, notes (list), kinds ({record kind: usable rows}),
    rows_without_body, same_as (path of the byte-identical file that was read instead).
    ``plan``: status, removals (list of {site_id, month, devices, cost}), sites (list of SITE rows; else those of ``records``), cost (a number or [low, high]) or
    cost_low and cost_high, bound, currency and policy (or those of ``inputs.policy``), clashes,
    breaches (the checker's, a list; None when it did not run), policy, notes. ``lists``: code -> title, publisher, legal_effect, effect_words, ground, url, checked_on, citation.
    ``facts``: title, version, watchlist_version, ages (list of {name, checked_on, days}), counts, licences (list of {name, licence, note}),
    capture_path (format text with {sha256}, such as ``sources/captures/{sha256:.2}/{sha256}``), case (its folder as written in commands), pages and pages_unread (addresses captured and read; captured, text not readable), duplicates (as for ``sums``), invented (bool: marked on every page),
     parties (id of an entry of a list -> the maker or the entry under which its findings stand), languages (codes of ``i18n.LANGUAGES``), url (where the edition will
     stand, with a slash at its end, or empty), seals (sha256 -> {at, stamp}: when its bytes were sealed, and the first time stamp after that), history, versions and
     replaced (see :mod:`custodes.publication.editions`), packs (list of {body or finding, path, title, findings, sha256, bytes, digest}: evidence packs in ``packs/``).
    """
    findings = conform(edition.findings)
    kept = findings.filter(pc.not_equal(findings["publish"], "no"))
    records = {kind: edition.records.get(kind, SCHEMAS[kind].empty_table()) for kind in SCHEMAS}
    bodies = tuple(sorted(({**_BODY, **row} for row in edition.bodies), key=lambda b: b["body"]))
    facts = {**_FACTS, **edition.facts}
    makers = _makers(records["PARTY"], records["LISTING"], kept)
    parts = _parts(kept)
    plan = _plan(edition.plan, records["SITE"])
    coverage = tuple(sorted((_coverage(row) for row in edition.coverage), key=lambda c: (c["path"], c["sha256"])))
    asked = [body for body in pc.unique(parts["question"]["body"]).to_pylist() if body]
    return View(
        kind=edition.kind, now=edition.now, title=str(facts["title"]), findings=kept, parts=parts, withheld=len(findings) - len(kept),
        records=records, lists={code: {**_LIST, **row} for code, row in sorted(edition.lists.items())}, bodies=bodies,
        coverage=coverage,
        money=tuple({**_MONEY, **row} for row in edition.money), plan=plan, facts=facts,
        makers=makers, short={**_parties(records["PARTY"], kept), **_short(records["PARTY"], makers)}, listings=_listings(records["LISTING"], edition.lists, facts["parties"]),
        body_pages=slugs(b["body"] for b in bodies), question_pages=slugs(asked) | {"": "_body-not-known"},
        maker_pages=slugs(makers), site_pages=slugs(row["site_id"] for row in plan["sites"]), file_pages={c["sha256"]: c["page"] for c in coverage if c["sha256"]},
        claims=threads(edition.events, kept), pictures=edition.pictures, timetable=edition.timetable,
        standing=_standing(edition.exchange), corrections=_corrections(edition.exchange),
        asked=tuple(sorted(edition.exchange.get("answers", ()), key=lambda row: row["body"])), letters=_letters(edition.exchange),
    )  # fmt: skip


_STANDING: dict[str, Any] = {
    "company": "", "roles": (), "state": "no notice", "clear": False, "notice_id": "", "sent": "", "deadline": "", "waiver": "", "replies": (),
}  # fmt: skip
_LETTER: dict[str, Any] = {
    "letter_id": "", "body": "", "to": "", "number": 1, "of": 1, "law": "", "law_id": "", "address": "", "send_from": "", "sent": "", "due": "",
    "state": "draft", "finding_ids": (), "head": (), "tail": (),
}  # fmt: skip


def _letters(exchange: Row) -> dict[str, tuple[Row, ...]]:
    """Body -> its letters: those sent by day, then the drafts by number."""
    grouped: defaultdict[str, list[Row]] = defaultdict(list)
    for row in exchange.get("letters", ()):
        grouped[row["body"]].append({**_LETTER, **row})
    return {body: tuple(sorted(rows, key=lambda row: (row["sent"] or "9", row["number"], row["letter_id"]))) for body, rows in sorted(grouped.items())}


_CORRECTION: dict[str, Any] = {"date": "", "finding_ids": (), "company": "", "was": "", "now": "", "reason": "", "by": ""}


def _standing(exchange: Row) -> dict[str, tuple[Row, ...]]:
    """finding id -> how each company named in it stands, companies by name."""
    standing = exchange.get("standing", {})
    return {key: tuple(sorted(({**_STANDING, **row} for row in standing[key]), key=lambda row: row["company"])) for key in sorted(standing)}


def _corrections(exchange: Row) -> tuple[Row, ...]:
    """The corrections log, the newest first."""
    rows = sorted(({**_CORRECTION, **row} for row in exchange.get("corrections", ())), key=lambda row: (row["was"], row["now"]))
    return tuple(sorted(rows, key=lambda row: row["date"], reverse=True))


def _parts(findings: pa.Table) -> dict[str, pa.Table]:
    kinds = pa.array([layer(row) for row in stream(findings.select(_LAYER_COLUMNS))], pa.string())
    return {name: findings.filter(pc.equal(kinds, name)) if len(kinds) else findings for name in LAYERS}


def maker_names(edition: Edition) -> tuple[dict[str, str], dict[str, str]]:
    """(maker id -> its legal name, maker id -> the name for headings), as pages show them; and the same for parties of a case's lists that findings name by their id."""
    parties, listings = (edition.records.get(kind, SCHEMAS[kind].empty_table()) for kind in ("PARTY", "LISTING"))
    makers, others = _makers(parties, listings, edition.findings), _parties(parties, edition.findings)
    return {**others, **makers}, {**others, **_short(parties, makers)}


def _makers(parties: pa.Table, listings: pa.Table, findings: pa.Table) -> dict[str, str]:
    """maker_id -> its name: the first PARTY row's, else the listed name, else the id itself."""
    names: dict[str, str] = {}
    for row in stream(parties.select(["maker_id", "name"])):
        if row["maker_id"]:
            names.setdefault(row["maker_id"], row["name"] or row["maker_id"])
    for row in project(listings, "listed_name", "maker_id"):
        if row["maker_id"]:
            names.setdefault(row["maker_id"], row["listed_name"] or row["maker_id"])
    for maker in pc.unique(findings["maker_id"]).to_pylist():
        if maker:
            names.setdefault(maker, maker)
    return dict(sorted(names.items()))


def _parties(parties: pa.Table, findings: pa.Table) -> dict[str, str]:
    """Id of a party that findings name, and that is none of the makers -> its name."""
    named = set(pc.unique(findings.filter(pc.equal(findings["maker_id"], ""))["party"]).to_pylist()) - {"", None}
    if not named:
        return {}
    rows = stream(parties.filter(pc.is_in(parties["party_id"], pa.array(sorted(named), pa.string()))).select(["party_id", "name"]))
    return {row["party_id"]: row["name"] for row in rows if row["name"]}


def _short(parties: pa.Table, makers: Mapping[str, str]) -> dict[str, str]:
    """maker_id -> the name for headings: its first short name in Latin letters, else its name."""
    short: dict[str, str] = {}
    for row in stream(parties.select(["maker_id", "names"])):
        for name in row["names"] or ():
            if row["maker_id"] and name["kind"] == "short" and name["script"] in ("", "Latn", None):
                short.setdefault(row["maker_id"], name["name"])
    return {maker: short.get(maker, name) for maker, name in makers.items()}


def _listings(table: pa.Table, lists: Mapping[str, Row], parties: Mapping[str, str]) -> dict[str, tuple[Row, ...]]:
    """maker_id (or, without one, party_id) -> its listings in the order of their dates, each with its effect in plain words. ``parties``: entries that are one party with another."""
    grouped: defaultdict[str, list[Row]] = defaultdict(list)
    for row in stream(table):
        since, basis = _since(row)
        entry = {**_LIST, **lists.get(row["list"], {})}
        ground = row["ground"] or str(entry["ground"])
        more = {"since": since, "since_basis": basis, "title": entry["title"] or row["list"], "publisher": entry["publisher"], "ground": ground}
        grouped[row["maker_id"] or parties.get(row["party_id"], row["party_id"])].append({**row, **more, "effect": wording.effect(row, lists)})
    return {key: tuple(sorted(rows, key=lambda r: (r["since"] or "9", r["list"], r["record_key"]))) for key, rows in sorted(grouped.items())}


def _since(row: Row) -> tuple[str, str]:
    """The date from which a listing counts: effective, else published, else designated."""
    return next(((row[k], k) for k in ("effective", "published", "designated") if row[k]), ("", ""))


def _coverage(row: Row) -> Row:
    full = {**_COVERAGE, **row}
    left = _left_out(full["left_out"])
    data, blank = sum(e["count"] for e in left if e["data_row"] is not False), sum(e["count"] for e in left if e["data_row"] is False)
    known = full["usable"] + data + full["rejected"]
    return {
        **full,
        "bodies": list(texts(full["bodies"])),
        "notes": list(texts(full["notes"])),
        "left_out": left,
        "left_out_data": data,
        "left_out_in_read": data if full["read"] == known else data + blank,
        "left_out_outside": blank if full["read"] == known else 0,
        "adds_up": full["read"] in (known, known + blank),
        "name": full["path"] or f"file {full['sha256'][:16]}",
        "page": f"files/{page_name(full['sha256'][:20] or full['path'])}",
        "unread": [c for c in full["columns"] if isinstance(c, Mapping) and c.get("use") == REPORTED],
    }


def _left_out(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, int):
        return [{"reason": "reason not recorded", "data_row": None, "count": value}] if value else []
    if isinstance(value, Mapping):
        return [{"reason": str(r), "data_row": None, "count": int(n)} for r, n in sorted(value.items()) if n]
    return [{"reason": str(e["reason"]), "data_row": e.get("data_row"), "count": int(e["count"])} for e in value or () if e["count"]]


def _plan(plan: Row, sites: pa.Table) -> Row:
    full = {**_PLAN, **plan}
    if "cost" in plan:
        ends = plan["cost"] if isinstance(plan["cost"], (list, tuple)) else [plan["cost"]] * 2
        full |= {"cost_low": ends[0], "cost_high": ends[-1]}
    policy = plan.get("inputs", {}).get("policy", {})
    full |= {"policy": full["policy"] or policy.get("title", ""), "currency": full["currency"] or policy.get("currency", "")}
    listed = [dict(row) for row in full["sites"]] or [dict(row) for row in stream(sites)]
    removals = [{"site_id": "", "month": "", "devices": 0, "cost": None, **dict(r)} for r in full["removals"]]
    site = {
        "site_id": "",
        "body": "",
        "address": "",
        "area": "",
        "devices": None,
        "unknown_make": None,
        "unit_cost": None,
        "currency": "",
        "deadline": "",
        "maker_id": "",
    }
    return {
        **full,
        "sites": sorted(({**site, **row} for row in listed), key=lambda s: (s["body"] or "", s["site_id"] or "")),
        "removals": sorted(removals, key=lambda r: (r["month"], r["site_id"])),
    }


def left_out_totals(coverage: Iterable[Row]) -> list[tuple[str, bool | None, int]]:
    """Rows left out over all files: (reason, is a data row or None when that is not recorded, count), sorted by reason."""
    total: Counter[tuple[str, bool | None]] = Counter()
    for row in coverage:
        for entry in row["left_out"]:
            total[entry["reason"], entry["data_row"]] += entry["count"]
    return [(reason, data, n) for (reason, data), n in sorted(total.items(), key=lambda item: (item[0][0], str(item[0][1])))]
