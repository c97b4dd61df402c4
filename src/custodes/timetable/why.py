"""A plan that cannot be made, with the rules that clash and what each would have to give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from custodes.timetable.effort import Effort
from custodes.timetable.relax import core, relaxations
from custodes.timetable.terms import Policy
from custodes.values.plan import Means, Plan, Site

_SEARCHED = "every way to place the sites was tried"
LARGEST = 3_000
"""Sites up to which rules are dropped one by one to find the clash; above, only what counting proves is said."""


def explained(plan: Plan, sites: Sequence[Site], means: Means | None, policy: Policy, now: str, effort: Effort) -> Plan:
    """The plan with its relaxations, and the core of the clash where only a search proved it. Other plans come back as they are."""
    if plan.status not in ("infeasible", "not found") or effort.seconds <= 0 or plan.stopped == "interrupted":
        return plan
    found = replace(plan, relaxations=relaxations(sites, means, policy, now, effort))
    if plan.status == "not found" or len(sites) > LARGEST or not any(_SEARCHED in text for text in plan.clashes):
        return found
    rules = core(sites, means, policy, now, effort)
    if not rules:
        return found
    words = f"these rules cannot hold together, and none of them can be left out of the clash: {', '.join(rules)}" if len(rules) > 1 else f"the rule that cannot hold: {rules[0]}"
    return replace(found, clashes=(*found.clashes, words))
