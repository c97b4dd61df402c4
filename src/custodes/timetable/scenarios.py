"""The same sites at other costs, and the same estate under two policies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from custodes.timetable.effort import Effort
from custodes.timetable.solve import plan as make_plan
from custodes.timetable.terms import Policy
from custodes.values.plan import Means, Plan, Scenario, Site


def number_of(sites: Sequence[Site], policy: Policy) -> int:
    """How many scenarios there are: none when all costs are known, or the catalogue gives no range."""
    known = all(s.unit_cost is not None or not (s.devices or s.unknown_make) for s in sites)
    return 0 if policy.cost_low is None or policy.cost_high is None or policy.cost_low == policy.cost_high or known else 3


def scenarios_of(plan: Plan, sites: Sequence[Site], means: Means | None, policy: Policy, now: str) -> Plan:
    """The plan with what happens at the low end, the middle and the high end of the cost catalogue, where any site is costed by it.

    Each is a first plan without improvement: it says whether the money suffices and when the last site goes.
    """
    low, high = policy.cost_low, policy.cost_high
    if low is None or high is None or not number_of(sites, policy):
        return plan
    found = []
    for name, each in (("low", low), ("middle", (low + high) / 2), ("high", high)):
        made = make_plan(sites, means, replace(policy, cost_low=each, cost_high=each), now, Effort(0, solver=False))
        end = max((r.month for r in made.removals), default="")
        found.append(Scenario(name, each, made.status, made.cost_low, end))
    return replace(plan, scenarios=tuple(found))


def compared(one: tuple[Plan, Policy], other: tuple[Plan, Policy]) -> dict[str, Any]:
    """Two policies on one estate: totals of each, sites that only one of them is about, and sites whose month differs."""
    first, second = (_months(p) for p, _ in (one, other))
    out = [{o.site_id: o.reason for o in p.outside} for p, _ in (one, other)]
    return {
        "policies": [_totals(*one), _totals(*other)],
        "only_first": [{"site_id": i, "reason": out[1].get(i, "")} for i in sorted(out[1].keys() - out[0].keys())],
        "only_second": [{"site_id": i, "reason": out[0].get(i, "")} for i in sorted(out[0].keys() - out[1].keys())],
        "months": [{"site_id": i, "first": first[i], "second": second[i]} for i in sorted(first.keys() & second.keys()) if first[i] != second[i]],
    }


def _months(plan: Plan) -> dict[str, str]:
    return {r.site_id: r.month for r in plan.removals}


def _totals(plan: Plan, policy: Policy) -> dict[str, Any]:
    def number(value: Decimal | None) -> float | int | None:
        return None if value is None else int(value) if value == value.to_integral_value() else float(value)

    return {
        "policy_id": policy.policy_id, "title": policy.title, "deadline": policy.deadline, "status": plan.status, "sites": len(plan.removals),
        "outside": len(plan.outside), "devices": sum(r.devices for r in plan.removals), "isolations": len(plan.isolations),
        "cost": [number(plan.cost_low), number(plan.cost_high)], "end": max((r.month for r in plan.removals), default=""),
        "exposure": number(plan.exposure), "clashes": list(plan.clashes),
    }  # fmt: skip
