"""Deadlines that have passed with equipment still there: they are missed, they stay in sight, and they bind no more. Pure.

What is overdue goes first: it is placed alone, and the months that this gives are the latest it may take in the whole plan, unless another
site would then miss a deadline that can still be kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from custodes.timetable.effort import Effort
from custodes.timetable.months import last_day
from custodes.timetable.problem import policy_deadline
from custodes.timetable.solve import plan
from custodes.timetable.terms import Policy
from custodes.values.plan import Means, Missed, Site


def lifted(sites: Sequence[Site], policy: Policy, today: str) -> tuple[list[Site], Policy, list[Missed]]:
    """(sites and policy without the deadlines that had passed on ``today`` (ISO day), these deadlines). Without any, both come back as they are."""
    if not any(_passed(s, policy, today) for s in sites):
        return list(sites), policy, []
    missed = [m for s in sites if (m := missed_by(s, policy, today))]
    return [replace(s, deadline=_binding(s, policy, today)) for s in sites], replace(policy, deadline=""), missed


def missed_by(site: Site, policy: Policy, today: str) -> Missed | None:
    """The first deadline that a site with anything left has missed."""
    passed = _passed(site, policy, today)
    if not passed or not (site.devices or site.unknown_make):
        return None
    first = min(passed)
    return Missed(site.site_id, first, last_day(today[:10]).toordinal() - last_day(first).toordinal())


def _passed(site: Site, policy: Policy, today: str) -> list[str]:
    return [day for day in _days(site, policy) if day < today[:10]]


def _binding(site: Site, policy: Policy, today: str) -> str:
    return min((day for day in _days(site, policy) if day >= today[:10]), default="")


def _days(site: Site, policy: Policy) -> list[str]:
    """The last days of a site's own deadline and the policy's, ISO."""
    return [last_day(text).isoformat() for text in (site.deadline, policy_deadline(site, policy)) if text]


def first_of_all(sites: Sequence[Site], missed: Sequence[Missed], means: Means | None, policy: Policy, now: str) -> list[Site]:
    """The same sites; those that missed a deadline are due in the first months that can carry them, unless all did. ``sites`` and ``policy`` are lifted."""
    late = {m.site_id for m in missed}
    if len(late) == len(sites):
        return list(sites)
    wanted = _with_what_they_wait_for(sites, late)
    alone = plan([s for s in sites if s.site_id in wanted], means, policy, now, Effort(0, solver=False))
    months = {r.site_id: r.month for r in alone.removals if r.site_id in late}
    return [replace(s, deadline=min(filter(None, (s.deadline, last_day(months[s.site_id]).isoformat())))) if s.site_id in months else s for s in sites]


def _with_what_they_wait_for(sites: Sequence[Site], late: set[str]) -> set[str]:
    """Late sites, what they wait for, and who goes in the same visit."""
    known = {s.site_id: s for s in sites}
    visits: dict[str, list[str]] = {}
    for s in sites:
        visits.setdefault(s.visit, []).append(s.site_id)
    found, ahead = set[str](), sorted(late & known.keys())
    while ahead:
        site = known[ahead.pop()]
        if site.site_id not in found:
            found.add(site.site_id)
            ahead += [i for i in (*site.depends_on, *(visits[site.visit] if site.visit else ())) if i in known]
    return found
