"""A plan as plain mappings for JSON, and the check of a plan that lies in a case.

``cost`` is one number when both ends are equal, ``[low, high]`` otherwise and ``null`` when nothing is known about a cost; ``bound`` is what any
plan for these sites costs at least. ``breaches`` are what the checker found, or, when there is no plan, the rules that clash; ``verdict`` is the checker's
alone. docs/timetable.md says what every field is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Any

from custodes.timetable.check import check_plan
from custodes.timetable.means import means_of
from custodes.timetable.scope import Scope
from custodes.timetable.sites import sites_of
from custodes.timetable.terms import Policy
from custodes.values import Break
from custodes.values.plan import Cited, Isolation, Means, Missed, Outside, Plan, Removal, Site

PLAN = "plan.json"
"""The plan's file in the timetable folder of a case."""
_AGAIN = "run custodes plan again; a plan that fails is not published"


def to_json(plan: Plan, breaches: Sequence[str], sites: Sequence[Site] = ()) -> dict[str, Any]:
    """``{status, breaches, cost, bound, removals}``; with ``sites`` each removal also names body, region and devices of unknown make."""
    known = {s.site_id: s for s in sites}
    return {
        "status": plan.status,
        "breaches": [*breaches, *plan.clashes],
        "cost": _range(plan.cost_low, plan.cost_high),
        "bound": _number(plan.bound),
        "removals": [_removal(r, known.get(r.site_id)) for r in plan.removals],
        "verdict": {"passes": not breaches, "breaches": list(breaches)},
        **_beside(plan),
    }


def _beside(plan: Plan) -> dict[str, Any]:
    """What stands beside the removals: exposure and its bound, isolations, sites left out, moves, relaxations, scenarios, assumptions, missed deadlines, grounds."""
    return {
        "start": plan.start, "today": plan.today, "exposure": _number(plan.exposure), "exposure_bound": _number(plan.exposure_bound), "gap": _number(plan.gap),
        "method": plan.method, "stopped": plan.stopped,
        "isolations": [{"site_id": i.site_id, "month": i.month} for i in plan.isolations],
        "outside": [{"site_id": o.site_id, "devices": o.devices, "reason": o.reason} for o in plan.outside],
        "moves": [{"site_id": m.site_id, "before": m.before, "after": m.after, "reason": m.reason} for m in plan.moves],
        "relaxations": [
            {"rule": r.rule, "amount": _number(r.amount), "unit": r.unit, "words": r.words, "proved": r.proved} for r in plan.relaxations
        ],
        "scenarios": [
            {"name": s.name, "unit_cost": _number(s.unit_cost), "status": s.status, "cost": _number(s.cost), "end": s.end} for s in plan.scenarios
        ],
        "assumptions": list(plan.assumptions),
        "missed": [{"site_id": m.site_id, "deadline": m.deadline, "days": m.days} for m in plan.missed],
        "grounds": None if plan.grounds is None else [asdict(g) for g in plan.grounds],
    }  # fmt: skip


def case_json(plan: Plan, sites: Sequence[Site], means: Means | None, policy: Policy, scopes: Sequence[Scope] = ()) -> dict[str, Any]:
    """:func:`to_json` with the checker's breaches, and ``inputs``: the sites, means and policy that :func:`verify` checks it against later, and in
    ``counted`` what the policy counts of every site of the case before anything was done there (``reason``: why nothing)."""
    breaches = check_plan(sites, plan, means, policy)
    inputs = {"sites": [_site(s) for s in sites], "means": _means(means) if means else None, "policy": _policy(policy), "counted": [_counted(s) for s in scopes]}
    return {**to_json(plan, breaches, sites), "inputs": inputs}


def verify(folder: Path) -> Iterator[Break]:
    """Check the plan in ``folder`` (the case's ``timetable/``) again, from its own inputs. A folder without a plan is not broken."""
    path = folder / PLAN
    if not path.exists():
        return
    try:
        found = json.loads(path.read_bytes(), parse_float=Decimal)
        problems = _checked(found)
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        problems = [f"is not a plan that custodes wrote ({type(problem).__name__}: {problem})"]
    yield from (Break("timetable", PLAN, p, _AGAIN) for p in problems)


def _checked(found: Mapping[str, Any]) -> list[str]:
    """What is wrong with a plan read back from JSON."""
    sites, rejects = sites_of(found["inputs"]["sites"])
    if rejects:
        return [f"{r['origin_at']}: {r['reason']}" for r in rejects]
    means = means_of(found["inputs"]["means"]) if found["inputs"]["means"] else None
    policy = _Terms(found["inputs"]["policy"])
    ends = found["cost"] if isinstance(found["cost"], list) else [found["cost"]] * 2
    removals = tuple(Removal(r["site_id"], r["month"], r["devices"], _decimal(r["cost"])) for r in found["removals"])
    plan = Plan(
        found["status"], removals, _decimal(ends[0]), _decimal(ends[1]), _decimal(found["bound"]), start=found.get("start", ""),
        exposure=_decimal(found.get("exposure")), exposure_bound=_decimal(found.get("exposure_bound")), gap=_decimal(found.get("gap")),
        isolations=tuple(Isolation(i["site_id"], i["month"]) for i in found.get("isolations", ())),
        outside=tuple(Outside(o["site_id"], o["devices"], o["reason"]) for o in found.get("outside", ())), today=found.get("today", ""),
        missed=tuple(Missed(m["site_id"], m["deadline"], m["days"]) for m in found.get("missed", ())),
        grounds=None if found.get("grounds") is None else tuple(Cited(**g) for g in found["grounds"]),
    )  # fmt: skip
    return check_plan(sites, plan, means, policy)


class _Terms:
    """The part of a policy that the checker needs."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self.deadline: str = fields["deadline"]
        self.cost_low = _decimal(fields["cost_low"])
        self.cost_high = _decimal(fields["cost_high"])
        self.isolate_classes = tuple(fields.get("isolate_classes", ()))
        self.isolate_months = int(fields.get("isolate_months", 1))
        self.risk = tuple((str(name), Decimal(str(factor))) for name, factor in sorted(fields.get("risk", {}).items()))


def _counted(scope: Scope) -> dict[str, Any]:
    site, out = scope.site, bool(scope.reason)
    return {
        "site_id": site.site_id, "body": site.body, "region": site.region, "devices": 0 if out else site.devices, "unknown_make": 0 if out else site.unknown_make,
        "makers": {} if out else dict(site.makers), "reason": scope.reason,
    }  # fmt: skip


def _removal(removal: Removal, site: Site | None) -> dict[str, Any]:
    found: dict[str, Any] = {"site_id": removal.site_id, "month": removal.month, "devices": removal.devices, "cost": _number(removal.cost)}
    return {**found, "body": site.body, "region": site.region, "unknown_make": site.unknown_make} if site else found


def _site(site: Site) -> dict[str, Any]:
    found: dict[str, Any] = {
        "site_id": site.site_id, "body": site.body, "devices": site.devices, "unknown_make": site.unknown_make,
        "unit_cost": _number(site.unit_cost), "deadline": site.deadline, "region": site.region,
        "window_from": site.window_from, "window_to": site.window_to, "depends_on": list(site.depends_on),
    }  # fmt: skip
    # what a site does not say is left out: most sites say little
    found |= {name: value for name in _FURTHER if (value := getattr(site, name))}
    if site.makers:
        found["makers"] = dict(site.makers)
    return found if site.exit_cost is None else found | {"exit_cost": _number(site.exit_cost)}


_FURTHER = (
    "site_class", "controller", "network_state", "band", "contract_end", "consent_from", "works_until", "visit", "removed_on", "isolated_on", "waived_until",
)  # fmt: skip


def _means(means: Means) -> dict[str, Any]:
    found: dict[str, Any] = {"start": means.start, "budgets": {k: _number(v) for k, v in means.budgets}, "freezes": list(means.freezes)}
    if means.devices_per_crew_month:
        found |= {"crews": means.crews, "devices_per_crew_month": means.devices_per_crew_month}
    if means.regional:
        found["regions"] = dict(means.regional)
    if means.partial_freezes:
        found["freeze"] = [{"days": f.days, "regions": list(f.regions), "classes": list(f.classes), "why": f.why} for f in means.partial_freezes]
    others = {name: getattr(means, name) for name in ("carry_over", "trip_devices", "landlord_months", "isolations_per_month")}
    found |= {name: value for name, value in others.items() if value}
    return found | {"trip_cost": _number(means.trip_cost)} if means.trip_cost else found


def _policy(policy: Policy) -> dict[str, Any]:
    return {
        "policy_id": policy.policy_id, "title": policy.title, "deadline": policy.deadline,
        "cost_low": _number(policy.cost_low), "cost_high": _number(policy.cost_high), "currency": policy.currency,
        "isolate_classes": list(policy.isolate_classes), "isolate_months": policy.isolate_months, "risk": {k: _number(v) for k, v in policy.risk},
    }  # fmt: skip


def _range(low: Decimal | None, high: Decimal | None) -> Any:
    return _number(low) if low == high else [_number(low), _number(high)]


def _number(value: Decimal | None) -> int | float | None:
    """An int where it is whole, else the float that prints as the decimal does (amounts here have at most 15 digits)."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))
