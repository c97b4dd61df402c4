"""What may leave the house of a timetable: rows without what is kept back, sums that cannot be undone, and the account of what is missing. Pure.

A site whose row is kept back still counts in the totals, and under its body and region, where the sums can carry it; where they cannot, they are made from
the sites that are shown, and nothing tells one row from the other. Lines, forecast and bars are made from sites that hide neither counts nor dates. Every number that is published becomes a :class:`custodes.timetable.disclosure.Cell`, and the cells of
all earlier public editions are looked at together with them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from custodes.timetable.disclosure import Cell, Exposure, Value, audit, protect
from custodes.timetable.events import events_of
from custodes.timetable.progress import fold, standing_of
from custodes.timetable.promise import said_of
from custodes.timetable.status import Given, Mapped, baseline_of, by_status, grouped, lines, planned_months, promises_of, start_of, totals
from custodes.timetable.variance import by_cause, variances
from custodes.timetable.withhold import FIELDS

MEASURES = (
    "sites", "devices", "found", "unknown_make", "removed", "replaced", "disposed", "certified", "sites_in_scope", "sites_done", "sites_isolated", "spent", "cost_low", "cost_high",
)  # fmt: skip
"""What is published as a sum. ``remaining`` and shares are made from these where all of them are there."""
MONEY = ("spent", "cost_low", "cost_high")
"""Money is published as a total only, and is the first of the totals to be left out: a cost tells a count."""
_TOTAL_ONLY = (*MONEY, "to_come", "sites_without_cost", "bodies")
_ONE = Fraction(1)
_DATED = ("baseline_month", "plan_month", "deadline", "isolated_on", "removed_on", "replaced_on", "disposed_on", "asked_until", "granted_until", "waived_until", "variance", "variance_days", "contract_end", "cause", "reason", "due", "missed_days")
_FREE = ("reason", "certificate", "decided_by")
"""What people wrote in their own words beside an event: of a site that keeps anything back it may tell just that, so it stays in the house."""
_COUNTED = ("devices", "found", "unknown_make", "removed", "replaced", "disposed", "certified", "remaining", "cost_low", "cost_high", "unit_cost")
TABLES = (("total", 9), ("by body", 5), ("by region", 3), ("coverage", 0))
"""Tables of sums, and what they are worth: of the cells that undo something the one worth least is left out."""
_KEYS = {"by body": "body", "by region": "region", "coverage": "origin_file"}
CORE = ("sites", "devices", "removed", "sites_in_scope", "sites_done")
"""The sums of the headline: they are made from the same sites, or it would say what is not true."""


@dataclass(frozen=True, slots=True)
class Public:
    """``view``: what may be shown, in the shape of :func:`custodes.timetable.status.state`; ``cells``: every number in it; ``exposures``: what can be undone
    all the same, because of earlier editions: then nothing of the timetable may be published."""

    view: Mapped
    cells: tuple[Cell, ...]
    exposures: tuple[Exposure, ...]


def public(whole: Mapped, given: Given, earlier: Sequence[Cell]) -> Public:
    """The public view of a whole state. ``earlier``: cells of the public editions before this one."""
    if not whole:
        return Public({}, (), ())
    sites = whole["sites"]
    hidden = _hidden(sites, given, earlier)
    cells = [*_site_cells(sites), *(c for name, rank in TABLES for c in sum_cells(name, rank, sites))]
    settings = given.settings
    kept, _, exposures = protect([*earlier, *cells], hidden, settings.minimum_cell, settings.room)
    mine = _settled([c for c in kept if not c.edition], cells)
    # looked at once more as a whole, the way a reader would: nothing that protect did is taken on trust
    exposures = exposures or audit([*earlier, *mine], hidden, settings.minimum_cell, settings.room)
    published = set(mine)
    return Public(_view(whole, given, mine, [c for c in cells if c not in published]), tuple(mine), tuple(exposures))


def _settled(kept: Sequence[Cell], cells: Iterable[Cell]) -> list[Cell]:
    """The cells that are really published: a row of sums goes out whole or is made from the sites shown (which needs no cell). Of the totals
    the sums of the headline go out together, and the others each for itself."""
    out = {(c.table, c.key) for c in set(cells) - set(kept) if c.table != "total" or c.measure in CORE}
    return [c for c in kept if (c.table, c.key) not in out]


def _hidden(sites: Sequence[Mapping[str, Any]], given: Given, earlier: Sequence[Cell]) -> set[Value]:
    """Values that must not come out: today's, and those that the same sites had in earlier editions as far as these did not tell them already."""
    keys = {(v.measure, v.site_id) for s in sites for v in values(s) if v.measure in _hidden_measures(s)}
    now = {v for s in sites for v in values(s) if (v.measure, v.site_id) in keys}
    before = {v for c in earlier for v, _ in c.parts if (v.measure, v.site_id) in keys}
    told = {c.parts[0][0] for c in earlier if len(c.parts) == 1}
    known = {s["site_id"]: s for s in sites}
    given_up = {v for v in told if any(rule.known_before and rule.holds(known[v.site_id]) for rule in given.rules if v.site_id in known)}
    old = before - now
    gone = {v for e in audit(earlier, old, given.settings.minimum_cell, given.settings.room) for v in e.values} if old else set[Value]()
    return (now | (before - gone)) - given_up


def values(site: Mapping[str, Any]) -> list[Value]:
    """The values of one site that sums are made of; money in hundredths, because values are whole numbers."""
    counts = {name: int(site[name]) for name in ("devices", "found", "unknown_make", "removed", "replaced", "disposed", "certified")}
    flags = {"sites": 1, "sites_in_scope": int(bool(site["devices"])), "sites_done": int(bool(site["devices"]) and not site["remaining"]), "sites_isolated": int(bool(site["isolated_on"]))}
    money = {"spent": int(sum((Decimal(v) for v in site["spent"].values()), Decimal(0)) * 100)}
    return [Value(name, site["site_id"], number) for name, number in {**flags, **counts, **money}.items()]


def _hidden_measures(site: Mapping[str, Any]) -> set[str]:
    """Measures whose value of this site must not come out. Whether all is gone tells the count of a site whose removals are known, so it goes with it."""
    if "site" in site["hidden"]:
        return {v.measure for v in values(site)}
    return {v.measure for v in values(site)} - {"sites", "sites_isolated"} if "devices" in site["hidden"] else set()


def _site_cells(sites: Iterable[Mapping[str, Any]]) -> list[Cell]:
    """What the rows of shown sites say: each value by itself."""
    return [
        Cell("", "sites", site["site_id"], v.measure, ((v, _ONE),), None) for site in sites if "site" not in site["hidden"] for v in values(site) if v.measure not in _hidden_measures(site)
    ]


def sum_cells(table: str, rank: int, sites: Iterable[Mapping[str, Any]]) -> list[Cell]:
    """The cells of one table of sums: rows by total, body or region; a site that hides its body or place is in no row of that table."""
    rows: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for site in _in_table(table, sites):
        rows[site[_KEYS[table]] if table in _KEYS else "all"].append(site)
    measures = ("sites",) if table == "coverage" else MEASURES if table == "total" else [m for m in MEASURES if m not in MONEY]
    return [
        Cell("", table, key, measure, _parts(group, measure), 1 if measure in MONEY else rank) for key, group in sorted(rows.items()) for measure in measures
    ]


def _parts(group: Iterable[Mapping[str, Any]], measure: str) -> tuple[tuple[Value, Fraction], ...]:
    parts: list[tuple[Value, Fraction]] = []
    for site in group:
        by = {v.measure: v for v in values(site)}
        if measure in by:
            parts.append((by[measure], _ONE))
        elif site[measure] is not None:  # a reader is taken to know what a device costs: then a cost tells the count
            each = _unit(site, measure)
            more = [(by["unknown_make"], each)] if measure == "cost_high" else []
            parts += [(by["devices"], each), (by["removed"], -each), *more]
    return tuple(parts)


def _unit(site: Mapping[str, Any], measure: str) -> Fraction:
    count = site["remaining"] + (site["unknown_make"] if measure == "cost_high" else 0)
    return Fraction(site[measure]) / count if count else _ONE


def _view(whole: Mapped, given: Given, cells: Sequence[Cell], out: Sequence[Cell]) -> Mapped:
    shown = [_row(s) for s in whole["sites"] if "site" not in s["hidden"]]
    plain = [s for s in whole["sites"] if not {"site", "devices", "dates"} & set(s["hidden"])]
    ids, closed = {s["site_id"] for s in plain}, any(s["hidden"] for s in whole["sites"])
    sums = {(c.table, c.key, c.measure) for c in cells}
    return {
        **{k: whole[k] for k in ("as_of", "settings", "policy", "plan_status")},
        "baseline": [{**b, "sites": None if closed else b["sites"]} for b in whole["baseline"]],
        **promises_of([said for said in said_of(given.statements) if said.publish == "yes"], given.form, given.now[:10]),
        "sites": shown, "totals": _totals(whole["sites"], sums, closed),
        "by_body": _rows("by body", whole["sites"], sums, closed), "by_region": _rows("by region", whole["sites"], sums, closed),
        "by_status": by_status(s for s in shown if s["status"]), **_open_lines(whole, given, plain), "lines_sites": len(plain),
        "events": [_event(e, {s["site_id"] for s in plain if s["hidden"]}) for e in whole["events"] if e["site_id"] in ids], "dropped": [],
        "withheld": _withheld(whole["sites"], given, sums), "left_out": sorted({c.table for c in out if c.table != "coverage"}),
        "grounds": [], "preview": False, "troubles": [],
    }  # fmt: skip


def _in_table(table: str, sites: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Sites that count in a table: one that hides its body stands in no row of bodies, one that hides only its place in none of regions."""
    if table == "by body":
        return [s for s in sites if "body" not in s["hidden"]]
    return [s for s in sites if "place" not in s["hidden"] or "site" in s["hidden"]] if table == "by region" else list(sites)


def _told(sites: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Sites that hide neither their row nor their counts."""
    return [s for s in sites if not {"site", "devices"} & set(s["hidden"])]


def _totals(sites: Sequence[Mapping[str, Any]], sums: set[tuple[str, str, str]], closed: bool) -> Mapped:
    """The totals over all sites; or, when these would tell something, over the sites that hide nothing, and marked ``partial``."""
    if all(("total", "all", name) in sums for name in CORE):
        return _sums("total", "all", totals(sites), sums, closed)
    return {**totals(_told(sites)), "partial": True}


def _rows(table: str, sites: Sequence[Mapping[str, Any]], sums: set[tuple[str, str, str]], closed: bool) -> list[Mapped]:
    """Rows of a table of sums: over all sites of a name, or over those that hide nothing; a name that only hidden sites bear is not told."""
    inside = _in_table(table, sites)
    part = {r["name"]: r for r in grouped(_told(inside), _KEYS[table])}
    whole = [(r["name"], r) for r in grouped(inside, _KEYS[table])]
    rows = [_sums(table, name, row, sums, closed) | {"name": name} if (table, name, "sites") in sums else part.get(name) for name, row in whole]
    return [{k: v for k, v in row.items() if k not in _TOTAL_ONLY} for row in rows if row]


def _row(site: Mapping[str, Any]) -> Mapped:
    """A row that is shown, without the fields that are kept back."""
    hidden = set(site["hidden"])
    gone = {*(_COUNTED if "devices" in hidden else ()), *(_DATED if "dates" in hidden else ()), *(("area", "address", "region") if "place" in hidden else ())}
    gone.add("origin_file")
    row: Mapped = {k: (None if k in _COUNTED or k in ("variance_days", "missed_days") else "") if k in gone else v for k, v in site.items()}
    if "devices" in hidden:  # the word for the state tells whether all devices are gone, and what was paid tells how many there were
        row |= {"status": "", "spent": {}, "extensions": None, "missed_days": None}
    if hidden:
        row |= {"reason": "", "certificates": []}
    return row | ({"body": ""} if "body" in hidden else {}) | {"maker_id": "", "makers": {}, "outside": "", "sensitivity": "" if hidden else row["sensitivity"]}


def _event(event: Mapping[str, Any], closed: set[str]) -> Mapped:
    """An event without where it was read; at a site that keeps something back (``closed``) without free words too."""
    gone = {"origin", *(_FREE if event["site_id"] in closed else ())}
    return {k: "" if k in gone else v for k, v in event.items() if k != "origin"}


def _open_lines(whole: Mapped, given: Given, plain: Sequence[Mapping[str, Any]]) -> Mapped:
    """Lines, forecast and causes over the open sites, made anew from their events."""
    ids, now = {s["site_id"] for s in plain}, given.now[:10]
    events = [e for e in events_of(given.statements, now)[0] if e.site_id in ids]
    months = {site: month for site, month in planned_months(given).items() if site in ids}
    standing = {r["site_id"]: standing_of(r, now) for r in given.sites}
    progress = fold([(s["site_id"], s["devices"] - s["found"], s["unknown_make"]) for s in plain], months, events, standing)
    base = {k: v for k, v in baseline_of(given.baselines).items() if k in ids}
    varied = variances(base, months, progress, now) if base else []
    causes = [dict(zip(("cause", "sites", "days"), c, strict=True)) for c in by_cause(varied)]
    start = start_of(given.baselines, events, now)
    return {**lines(plain, progress, base, months, start, now), "start": start, "causes": causes}


def _sums(table: str, key: str, row: Mapped, sums: set[tuple[str, str, str]], closed: bool) -> Mapped:
    """A row of sums with None where the cell is kept back. What is made from several is there only when all of them are; what is no cell
    (``closed``: something is hidden in this timetable) is there only when nothing is hidden at all."""
    found: Mapped = {name: row[name] if (table, key, name) in sums else None for name in MEASURES if name in row}
    if table == "total" and len(row["spent"]) > 1:  # money of two currencies is no sum: the cell says nothing about its parts
        found["spent"] = None if closed else row["spent"]
    found["remaining"] = row["remaining"] if all((table, key, part) in sums for part in ("devices", "removed")) else None
    ends = all((table, key, part) in sums for part in ("cost_low", "cost_high")) and len(row["to_come"]) <= 1
    plain = {name: None if closed else row[name] for name in ("sites_without_cost", "bodies")}
    return {**found, **plain, "to_come": row["to_come"] if ends else None}


def _withheld(sites: Sequence[Mapping[str, Any]], given: Given, sums: set[tuple[str, str, str]]) -> list[Mapped]:
    """Every decision to keep something back: what, under which exemption, by whom, until when; how many sites, where that number may be said."""
    found = []
    for rule in given.rules:
        count = sum(1 for s in sites if rule.holds(s))
        open_ = count >= given.settings.minimum_cell and ("total", "all", "sites") in sums and len(given.rules) == 1
        names = [FIELDS.index(f) for f in rule.fields]
        found.append(
            {
                "what": [FIELDS[n] for n in sorted(names)], "exemption": rule.exemption, "decided_by": rule.decided_by, "decided": rule.decided,
                "review": rule.review, "reason": rule.reason, "sites": count if open_ or "site" not in rule.fields else None, "fewer_than": given.settings.minimum_cell,
            }
        )  # fmt: skip
    return found
