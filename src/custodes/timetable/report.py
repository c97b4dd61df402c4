"""A plan as plain mappings for JSON, and the check of a plan that lies in a case.

``cost`` is one number when both ends are equal, ``[low, high]`` otherwise and ``null`` when nothing is known about a cost; ``bound`` is what any
plan for these sites costs at least. ``breaches`` are what the checker found, or, when there is no plan, the rules that clash; ``verdict`` is the checker's
alone. docs/timetable.md says what every field is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from custodes.timetable.check import check_plan
from custodes.timetable.means import means_of
from custodes.timetable.sites import sites_of
from custodes.timetable.terms import Policy
from custodes.values import Break
from custodes.values.plan import Means, Plan, Removal, Site

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
    """What stands beside the removals: exposure and its bound, isolations, sites left out, moves, relaxations, scenarios, assumptions."""
    return {
        "start": plan.start, "exposure": _number(plan.exposure), "exposure_bound": _number(plan.exposure_bound), "gap": _number(plan.gap),
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
    }  # fmt: skip


def case_json(plan: Plan, sites: Sequence[Site], means: Means | None, policy: Policy) -> dict[str, Any]:
    """:func:`to_json` with the checker's breaches, and ``inputs``: the sites, means and policy that :func:`verify` checks it against later."""
    breaches = check_plan(sites, plan, means, policy)
    inputs = {"sites": [_site(s) for s in sites], "means": _means(means) if means else None, "policy": _policy(policy)}
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
    plan = Plan(found["status"], removals, _decimal(ends[0]), _decimal(ends[1]), _decimal(found["bound"]))
    return check_plan(sites, plan, means, policy)


class _Terms:
    """The part of a policy that the checker needs."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self.deadline: str = fields["deadline"]
        self.cost_low = _decimal(fields["cost_low"])
        self.cost_high = _decimal(fields["cost_high"])


def _removal(removal: Removal, site: Site | None) -> dict[str, Any]:
    found: dict[str, Any] = {"site_id": removal.site_id, "month": removal.month, "devices": removal.devices, "cost": _number(removal.cost)}
    return {**found, "body": site.body, "region": site.region, "unknown_make": site.unknown_make} if site else found


def _site(site: Site) -> dict[str, Any]:
    return {
        "site_id": site.site_id, "body": site.body, "devices": site.devices, "unknown_make": site.unknown_make,
        "unit_cost": _number(site.unit_cost), "deadline": site.deadline, "region": site.region,
        "window_from": site.window_from, "window_to": site.window_to, "depends_on": list(site.depends_on),
    }  # fmt: skip


def _means(means: Means) -> dict[str, Any]:
    found: dict[str, Any] = {"start": means.start, "budgets": {k: _number(v) for k, v in means.budgets}, "freezes": list(means.freezes)}
    return {**found, "crews": means.crews, "devices_per_crew_month": means.devices_per_crew_month} if means.crews else found


def _policy(policy: Policy) -> dict[str, Any]:
    return {
        "policy_id": policy.policy_id, "title": policy.title, "deadline": policy.deadline,
        "cost_low": _number(policy.cost_low), "cost_high": _number(policy.cost_high), "currency": policy.currency,
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
