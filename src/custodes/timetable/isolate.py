"""Isolation first: which sites are taken off the network in which month, before their equipment goes. Pure.

Cutting a connection needs no visit, so access windows and crews do not matter; ``isolations_per_month`` does. Who is due first is isolated first, then
who is exposed most. As all isolations take the same, no other order is late by less (Jackson's rule).
"""

from __future__ import annotations

from collections.abc import Sequence

from custodes.timetable.months import last_day, month_of, month_text
from custodes.timetable.problem import must_isolate, policy_deadline, weight
from custodes.timetable.terms import Policy
from custodes.values.plan import Isolation, Means, Site


def isolations(sites: Sequence[Site], means: Means | None, policy: Policy, start: int) -> dict[str, int]:
    """Site id -> month of its isolation."""
    wanted = [s for s in sites if must_isolate(s, policy)]
    wanted.sort(key=lambda s: (_due(s, policy), -weight(s, policy) * s.devices, s.site_id))
    most = means.isolations_per_month if means else 0
    return {s.site_id: start + (n // most if most else 0) for n, s in enumerate(wanted)}


def late(found: dict[str, int], means: Means | None, policy: Policy, start: int) -> list[str]:
    """The clash when not all can be isolated in the months that the policy gives."""
    last = start + max(1, policy.isolate_months) - 1
    after = [i for i, month in found.items() if month > last]
    if not after or not means:
        return []
    most, months = means.isolations_per_month, max(1, policy.isolate_months)
    return [
        f"isolation first: {len(found)} sites must be off the network by {month_text(last)}, {most} can be isolated in a month: {len(after)} too many; "
        f"that takes {-(-len(found) // months)} a month, or {-(-len(found) // most)} months"
    ]


def as_values(found: dict[str, int]) -> tuple[Isolation, ...]:
    """In the order of months and ids."""
    return tuple(sorted((Isolation(i, month_text(m)) for i, m in found.items()), key=lambda i: (i.month, i.site_id)))


def _due(site: Site, policy: Policy) -> int:
    days = [last_day(d) for d in (site.deadline, site.window_to, policy_deadline(site, policy)) if d]
    return month_of(min(days)) if days else 12 * 9999
