"""The whole state of a removal as plain mappings: sites with their three dates, totals, lines, variance, forecast, promises. Nothing is kept back here.

What a public edition may show of it is made by ``timetable/public.py``. Money is text of a decimal number; counts are integers; unknown is None.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from custodes.timetable.events import Event, events_of
from custodes.timetable.forecast import Forecast, forecast
from custodes.timetable.months import last_day
from custodes.timetable.progress import Progress, Stand, fold, standing_of
from custodes.timetable.promise import Judged, Said, amount, judge, said_of
from custodes.timetable.promise_questions import questions
from custodes.timetable.promise_score import Scored, score
from custodes.timetable.today import later
from custodes.timetable.variance import Variance, burn_down, by_cause, variances
from custodes.timetable.withhold import Rule, Settings, hidden_fields
from custodes.timetable.withhold import troubles as rule_troubles

Mapped = dict[str, Any]
COUNTS = ("devices", "found", "unknown_make", "removed", "replaced", "disposed", "certified", "remaining")
"""What is added up over sites."""
_PLACE = ("body", "address", "area", "region", "sensitivity", "contract_end", "deadline", "currency", "maker_id")


@dataclass(frozen=True, slots=True)
class Given:
    """What the state is made from. ``sites``: SITE rows; ``plan``: plan.json; ``baselines``: the frozen ones, the first first; ``statements``:
    STATEMENT rows; ``form``: rows of the table of fields; ``now``: ISO time."""

    sites: Sequence[Mapping[str, Any]]
    plan: Mapping[str, Any]
    baselines: Sequence[Mapping[str, Any]]
    statements: Sequence[Mapping[str, Any]]
    rules: Sequence[Rule]
    settings: Settings
    form: Sequence[Mapping[str, str]]
    now: str


def state(given: Given) -> Mapped:
    """Everything that pages, tables and forms are written from; empty when there is neither a site nor a promise."""
    said = said_of(given.statements)
    rows = counted_sites(given)
    if not rows and not said:
        return {}
    now = given.now[:10]
    events, troubles = events_of(given.statements, now)
    months = planned_months(given)
    progress = fold([(r["site_id"], r["devices"] or 0, r["unknown_make"] or 0) for r in rows], months, events, {r["site_id"]: standing_of(r, now) for r in rows})
    base = baseline_of(given.baselines)
    varied = {v.site_id: v for v in variances(base, months, progress, now)} if base else {}
    policy = given.plan.get("inputs", {}).get("policy") or {}
    sites = [_site(row, progress.stands[row["site_id"]], now, months, varied, base, policy, given.rules) for row in rows]
    start = start_of(given.baselines, events, now)
    return {
        "as_of": now, "settings": _settings(given.settings), "policy": {k: policy.get(k, "") for k in ("policy_id", "title", "deadline", "currency")},
        "baseline": _baselines(given.baselines), "plan_status": given.plan.get("status", ""), "start": start,
        "grounds": list(given.plan.get("grounds") or ()),
        "sites": sites, "totals": totals(sites), "by_body": grouped(sites, "body"), "by_region": grouped(sites, "region"), "by_status": by_status(sites),
        **lines(sites, progress, base, months, start, now), "causes": [dict(zip(("cause", "sites", "days"), c, strict=True)) for c in by_cause(list(varied.values()))],
        "dropped": [asdict(v) for v in varied.values() if v.site_id not in progress.stands],
        "events": [_event(e) for e in events if e.site_id in progress.stands], **promises_of(said, given.form, now),
        "withheld": [], "left_out": [], "preview": True,
        "troubles": [*troubles, *progress.troubles, *rule_troubles(given.rules, rows, now)],
    }  # fmt: skip


def planned_months(given: Given) -> dict[str, str]:
    """Site -> month of the current plan. A plan without any limit is nobody's plan: its months are only the earliest possible, and are not shown as planned.
    It counts once it was frozen, because then somebody adopted it."""
    adopted = given.plan.get("status") != "unconstrained" or bool(given.baselines)
    return {r["site_id"]: r["month"] for r in given.plan.get("removals", ())} if adopted else {}


def counted_sites(given: Given) -> list[Mapping[str, Any]]:
    """Rows of sites, each once, with the devices that the plan's policy counts (``outside``: why it counts none); sites that only a register of devices knows
    are there too. Sites that the plan has not seen stand as they are."""
    counted = {c["site_id"]: c for c in given.plan.get("inputs", {}).get("counted", ())}
    rows = [{**row, **_scope(counted[row["site_id"]])} if row["site_id"] in counted else row for row in _unique(given.sites)]
    known = {row["site_id"] for row in rows}
    rows += [{"body": c["body"], "region": c["region"], **_scope(c), "site_id": c["site_id"]} for c in counted.values() if c["site_id"] not in known]
    return sorted(rows, key=lambda row: row["site_id"])


def _scope(counted: Mapping[str, Any]) -> Mapped:
    return {"devices": counted["devices"], "unknown_make": counted["unknown_make"], "outside": counted["reason"], "makers_counted": counted["makers"]}


def _unique(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Rows by site id, each once: the first of the sorted rows, as the planner refuses the others."""
    found: dict[str, Mapping[str, Any]] = {}
    for row in rows:
        found.setdefault(row["site_id"], row)
    return [found[key] for key in sorted(found)]


def baseline_of(baselines: Sequence[Mapping[str, Any]]) -> dict[str, tuple[str, int]]:
    """Site -> (month, devices) of the first frozen plan, which stays the measure."""
    return {r["site_id"]: (r["month"], r["devices"]) for r in baselines[0]["plan"]["removals"]} if baselines else {}


def start_of(baselines: Sequence[Mapping[str, Any]], events: Sequence[Event], now: str) -> str:
    """Where the lines begin: the day the first baseline was frozen, else the first event, else today."""
    return min([str(baselines[0]["frozen_at"])[:10]] if baselines else [e.day for e in events] or [now], default=now)


def _baselines(baselines: Sequence[Mapping[str, Any]]) -> list[Mapped]:
    return [{"number": b["number"], "frozen_at": b["frozen_at"], "sha256": b["sha256"], "reason": b["reason"], "sites": len(b["plan"]["removals"])} for b in baselines]


def _settings(settings: Settings) -> Mapped:
    return {**asdict(settings), "room": float(settings.room)}


def _site(
    row: Mapping[str, Any], stand: Stand, now: str, months: Mapping[str, str], varied: Mapping[str, Variance], base: Mapping[str, tuple[str, int]], policy: Mapping[str, Any],
    rules: Sequence[Rule],
) -> Mapped:  # fmt: skip
    variance = varied.get(stand.site_id)
    low, high = cost_to_come(row, stand, policy)
    return {
        "site_id": stand.site_id, **{name: row.get(name) or "" for name in _PLACE}, "status": stand.status,
        "devices": stand.scope, "found": stand.found, "unknown_make": stand.unknown_make, "removed": stand.removed, "replaced": stand.replaced,
        "disposed": stand.disposed, "certified": stand.certified, "remaining": stand.remaining,
        "baseline_month": base.get(stand.site_id, ("", 0))[0], "plan_month": months.get(stand.site_id, ""),
        "isolated_on": stand.isolated_on, "removed_on": stand.removed_on, "replaced_on": stand.replaced_on, "disposed_on": stand.disposed_on,
        "asked_until": stand.asked_until, "granted_until": stand.granted_until, "extensions": stand.extensions, "waived_until": stand.waived_until,
        "variance": variance.kind if variance else "", "variance_days": variance.days if variance else None,
        "cause": variance.cause if variance else stand.cause, "reason": variance.reason if variance else stand.reason, "certificates": list(stand.certificates),
        "unit_cost": _money(row.get("unit_cost")), "cost_low": _money(low), "cost_high": _money(high), "cost_currency": row.get("currency") or policy.get("currency", ""),
        "spent": {c or row.get("currency") or policy.get("currency", ""): _money(v) for c, v in stand.spent}, "hidden": list(hidden_fields(row, rules)),
        "origin_file": row.get("origin_file", ""), "outside": row.get("outside", ""), "makers": row.get("makers_counted", {row["maker_id"]: stand.scope} if row.get("maker_id") else {}),
        **_due(row, stand, policy, now),
    }  # fmt: skip


def _due(row: Mapping[str, Any], stand: Stand, policy: Mapping[str, Any], now: str) -> Mapped:
    """``due``: the first deadline that holds for a site, as extended or waived; ``missed_days``: days by which it was missed, by today or by the day on which
    the last device in scope went; None when it was not, or none is set. Devices of unknown make miss nothing: nobody knows whether it is about them."""
    own = row.get("deadline") or ""
    dues = [later(own, stand.granted_until)] if own else []
    if term := policy.get("deadline") or "":
        dues.append(later(term, later(stand.waived_until, stand.granted_until)))
    if not dues or not stand.scope:
        return {"due": min((last_day(d).isoformat() for d in dues), default=""), "missed_days": None}
    due = min(last_day(d) for d in dues)
    days = (last_day(now if stand.remaining else stand.removed_on or now) - due).days
    return {"due": due.isoformat(), "missed_days": days if days > 0 else None}


def cost_to_come(row: Mapping[str, Any], stand: Stand, policy: Mapping[str, Any]) -> tuple[Decimal | None, Decimal | None]:
    """(known devices left at the lowest cost, all devices left, those of unknown make too, at the highest); None where there is no cost."""
    own = row.get("unit_cost")
    ends = (own, own) if own is not None else (policy.get("cost_low"), policy.get("cost_high"))
    counts = (stand.remaining, stand.remaining + stand.unknown_make)
    low, high = (None if end is None else Decimal(str(end)) * count for end, count in zip(ends, counts, strict=True))
    return low, high


def _money(value: Any) -> str | None:
    return None if value is None else f"{Decimal(str(value)).normalize():f}"


def totals(sites: Iterable[Mapping[str, Any]]) -> Mapped:
    """Counts over sites; money per currency, and how many sites have no cost."""
    rows = list(sites)
    found: Mapped = {"sites": len(rows), **{name: sum(r[name] for r in rows) for name in COUNTS}}
    found["sites_done"] = sum(1 for r in rows if r["devices"] and not r["remaining"])
    found["sites_isolated"] = sum(1 for r in rows if r["isolated_on"])
    found["sites_in_scope"] = sum(1 for r in rows if r["devices"])
    found["bodies"] = len({r["body"] for r in rows if r["body"]})
    spent: defaultdict[str, Decimal] = defaultdict(Decimal)
    come: defaultdict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for row in rows:
        for currency, value in row["spent"].items():
            spent[currency] += Decimal(value)
        if row["cost_low"] is not None:
            come[row["cost_currency"]][0] += Decimal(row["cost_low"])
            come[row["cost_currency"]][1] += Decimal(row["cost_high"])
    found["spent"] = {c: _money(v) for c, v in sorted(spent.items())}
    found["to_come"] = {c: [_money(v) for v in both] for c, both in sorted(come.items())}
    found["sites_without_cost"] = sum(1 for r in rows if r["cost_low"] is None and (r["remaining"] or r["unknown_make"]))
    return found


def grouped(sites: Iterable[Mapping[str, Any]], key: str) -> list[Mapped]:
    """Totals per value of a column, by name; sites that do not say it stand under an empty name."""
    groups: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for site in sites:
        groups[site[key]].append(site)
    return [{"name": name, **totals(rows)} for name, rows in sorted(groups.items())]


def by_status(sites: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Sites per status."""
    found: defaultdict[str, int] = defaultdict(int)
    for site in sites:
        found[site["status"]] += 1
    return dict(found)


def lines(sites: Sequence[Mapping[str, Any]], progress: Progress, base: Mapping[str, tuple[str, int]], months: Mapping[str, str], start: str, now: str) -> Mapped:
    """The three lines of the burn-down and the forecast, over the given sites only."""
    ids = {s["site_id"] for s in sites}
    part = Progress({k: v for k, v in progress.stands.items() if k in ids}, {k: v for k, v in progress.moves.items() if k in ids}, ())
    # a site that is in the baseline and no longer in the case was promised all the same: the baseline keeps it
    kept = {k: v for k, v in base.items() if k in ids or k not in progress.stands}
    left = sum(s.remaining for s in part.stands.values())
    points = burn_down(kept, {k: v for k, v in months.items() if k in ids}, part, start, now) if part.stands else []
    ends = [months[k] for k, s in part.stands.items() if s.remaining and months.get(k)]
    return {
        "burn_down": [asdict(point) for point in points], "forecast": _forecast(forecast(part.moves, left, start, now)),
        "plan_end": max(ends, default=""), "baseline_end": max((month for month, _ in kept.values()), default=""),
    }  # fmt: skip


def _forecast(found: Forecast) -> Mapped:
    return {"remaining": found.remaining, "months": list(found.months), "ends": {str(p): month for p, month in found.ends}, "why": found.why}


def _event(event: Event) -> Mapped:
    return {name: getattr(event, name) for name in ("site_id", "event", "date", "devices", "certificate", "cause", "until", "reason", "decided_by", "origin")}


def promises_of(said: Sequence[Said], form: Sequence[Mapping[str, str]], now: str) -> Mapped:
    """Promises with their verdicts, documents held against the form, and the questions that are left, as of ``now``."""
    judged, scored = judge(said, now), score([s for s in said if s.date[:10] <= now], form)
    asked, troubles = questions(scored, judged, form)
    return {
        "promises": [promise_row(j) for j in judged], "documents": [document_row(d) for d in scored],
        "questions": [{**asdict(q), "cites": list(q.cites)} for q in asked], "question_troubles": troubles,
    }  # fmt: skip


def promise_row(judged: Judged) -> Mapped:
    """A judged promise as a mapping."""
    p = judged.promise
    names = ("statement_id", "document", "title", "date", "speaker", "answers", "scope", "measure", "of", "by", "words", "citation", "url", "grade", "publish")
    return {
        **{name: getattr(p, name) for name in names}, "promised": amount(p), "share": str(p.share) if p.share is not None else None, "number": p.number, "approx": p.approx,
        "verdict": judged.verdict, "why": judged.why, "rests_on": list(judged.by_statements), "changes": list(judged.changes),
    }  # fmt: skip


def document_row(scored: Scored) -> Mapped:
    """A scored document as a mapping."""
    names = ("document", "title", "date", "speaker", "answers", "citation", "url")
    fields = [dict(zip(("field", "title", "state", "why"), field, strict=True)) for field in scored.fields]
    return {**{name: getattr(scored, name) for name in names}, "fields": fields, "counts": {s: scored.count(s) for s in ("given", "in part", "kept back", "missing")}}
