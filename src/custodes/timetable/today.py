"""The sites as they stand today: what the policy counts of them, less what is done there. Pure.

What a list of sites says in its columns (removed, isolated, waived) and what events tell are the same thing here, so that the planner has one rule for each:
what is gone is not planned, an isolation holds, a waiver moves the policy's deadline, an extension that was granted moves any deadline.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from custodes.timetable.events import Event
from custodes.timetable.months import last_day
from custodes.timetable.progress import Stand, Standing, fold, standing_of
from custodes.timetable.scope import Scope, granted, scope_of
from custodes.timetable.terms import Policy
from custodes.values.plan import Outside, Site


@dataclass(frozen=True, slots=True)
class Today:
    """``sites``: to be planned, with the devices that are left; ``outside``: those that are not, with the reason; ``scopes``: what the policy counts of each
    before anything was done; ``assumptions`` in words."""

    sites: tuple[Site, ...]
    outside: tuple[Outside, ...]
    scopes: tuple[Scope, ...]
    assumptions: tuple[str, ...]


def select(
    sites: Sequence[Site], policy: Policy, counts: frozenset[str] | None, kinds: Mapping[str, str], today: str, events: Sequence[Event] = ()
) -> Today:
    """What is left to plan on a day. ``counts``: makers that count, None when every one that is named does; ``kinds``: body -> kind."""
    scopes = scope_of(sites, policy, counts, kinds)
    standing = {s.site_id: standing_of(asdict(s), today) for s in sites}
    start = [(s.site.site_id, *((0, 0) if s.reason else (s.site.devices, s.site.unknown_make))) for s in scopes]
    stands = fold(start, (), events, standing).stands
    inside, outside = [], []
    for scope in scopes:
        stand, reason = stands[scope.site.site_id], scope.reason
        if reason and not (scope.foreign and stand.remaining):
            outside.append(Outside(scope.site.site_id, scope.site.devices, reason))
        elif _done(stand, standing[scope.site.site_id]):
            outside.append(Outside(scope.site.site_id, stand.scope, f"removed on {stand.removed_on}"))
        else:
            inside.append(_left(scope, stand))
    kept = _freed(inside, outside, {s.site_id for s in sites})
    return Today(tuple(kept), tuple(outside), tuple(scopes), tuple(granted(kept, policy, counts, kinds)))


def _done(stand: Stand, standing: Standing) -> bool:
    """Is nothing left? The list's own word covers the devices of unknown make, an event does not."""
    if stand.remaining:
        return False
    return bool(standing.removed_on) or bool(stand.scope and not stand.unknown_make)


def _left(scope: Scope, stand: Stand) -> Site:
    """The site with what is left there, and its deadlines as they are now."""
    site, granted_until = scope.site, stand.granted_until
    return replace(
        site, devices=stand.remaining, makers=_makers(() if scope.reason else site.makers, stand.remaining), isolated_on=stand.isolated_on, removed_on="",
        unknown_make=0 if scope.reason else site.unknown_make,
        deadline=later(site.deadline, granted_until) if site.deadline else "", waived_until=later(stand.waived_until, granted_until),
    )  # fmt: skip


def _makers(makers: tuple[tuple[str, int], ...], left: int) -> tuple[tuple[str, int], ...]:
    """Devices per maker among those that are left. Of several makers nobody said which went: then they are told apart no more."""
    if len(makers) == 1:
        return tuple((maker, min(n, left)) for maker, n in makers if left)
    return makers if sum(n for _, n in makers) <= left else ()


def later(one: str, other: str) -> str:
    """The later of two days; empty is no day."""
    return max(one, other, key=lambda day: last_day(day).isoformat() if day else "")


def _freed(inside: Sequence[Site], outside: Sequence[Outside], known: set[str]) -> list[Site]:
    """What is removed or not the policy's business holds nobody up; an unknown id stays, and is a clash."""
    out = {o.site_id for o in outside} & known
    return [replace(s, depends_on=tuple(d for d in s.depends_on if d not in out)) for s in inside]
