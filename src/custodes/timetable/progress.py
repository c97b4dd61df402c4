"""Where each site stands: devices in scope, removed, replaced, disposed of, and the word for it. Pure.

A device has three dates of its end: removed, replaced, disposed of. They are counted apart, because a removed camera in a store-room is not disposed of,
and a removed one that nobody replaced is a gap that somebody decided on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from custodes.timetable.events import Event
from custodes.timetable.months import first_day, last_day

STATUS = ("disposed", "replaced", "removed", "in progress", "waived", "planned", "not started", "make unknown", "nothing in scope")
"""The words for a site, the furthest first."""
_MOVES = ("removed", "replaced", "disposed")


@dataclass(frozen=True, slots=True)
class Stand:
    """One site today. Counts are devices; days are ISO, empty when not reached. ``scope``: counted when planned, plus ``found``."""

    site_id: str
    scope: int
    unknown_make: int = 0
    planned: bool = False
    found: int = 0
    removed: int = 0
    replaced: int = 0
    disposed: int = 0
    certified: int = 0
    isolated_on: str = ""
    removed_on: str = ""
    replaced_on: str = ""
    disposed_on: str = ""
    asked_until: str = ""
    granted_until: str = ""
    extensions: int = 0
    waived_until: str = ""
    cause: str = ""
    reason: str = ""
    spent: tuple[tuple[str, Decimal], ...] = ()
    certificates: tuple[str, ...] = ()
    last_event: str = ""

    @property
    def remaining(self) -> int:
        """Devices in scope that are still there."""
        return self.scope - self.removed

    @property
    def status(self) -> str:
        """One of :data:`STATUS`."""
        if not self.scope:
            return "make unknown" if self.unknown_make else "nothing in scope"
        if not self.remaining:
            whole = {name: getattr(self, name) == self.scope for name in ("disposed", "replaced")}
            return "disposed" if whole["disposed"] else "replaced" if whole["replaced"] else "removed"
        if self.removed or self.isolated_on:
            return "in progress"
        return "waived" if self.waived_until else "planned" if self.planned else "not started"


@dataclass(frozen=True, slots=True)
class Standing:
    """What the list of sites itself says is done at a site, besides what events tell; days are ISO and not after today, empty when not reached."""

    removed_on: str = ""
    isolated_on: str = ""
    waived_until: str = ""


def standing_of(site: Mapping[str, Any], today: str) -> Standing:
    """From a row of sites; a removal or isolation dated after ``today`` (ISO day) has not happened."""
    done = {name: day for name in ("removed_on", "isolated_on") if (day := str(site.get(name) or "")) and first_day(day).isoformat() <= today[:10]}
    return Standing(waived_until=str(site.get("waived_until") or ""), **done)


@dataclass
class _Told:
    troubles: list[str] = field(default_factory=list)
    moved: defaultdict[str, list[tuple[str, str, int]]] = field(default_factory=lambda: defaultdict(list))


@dataclass(frozen=True, slots=True)
class Progress:
    """``stands`` by site id; ``moves``: (day, removed / replaced / disposed / found, devices) per site, as counted; ``troubles`` in words."""

    stands: Mapping[str, Stand]
    moves: Mapping[str, tuple[tuple[str, str, int], ...]]
    troubles: tuple[str, ...]


def fold(
    sites: Sequence[tuple[str, int, int]], planned: Iterable[str], events: Sequence[Event], standing: Mapping[str, Standing] | None = None
) -> Progress:
    """The state of every site after its events. ``sites``: (id, devices, unknown make); ``planned``: ids with a month; ``events`` in order of days;
    ``standing``: by site, what the list says is done already.

    More than is there is never counted: the surplus, an event at an unknown site and a disposal before its removal are troubles in words.
    """
    known, months, told = {}, set(planned), _Told()
    for site_id, devices, unknown in sites:
        known[site_id] = _start(Stand(site_id, devices, unknown, site_id in months), (standing or {}).get(site_id, Standing()), told)
    for event in events:
        if event.site_id not in known:
            told.troubles.append(f"{event.origin}: {event.event} at {event.site_id!r}, which is no site of this plan: not counted")
            continue
        known[event.site_id] = _after(known[event.site_id], event, told)
    return Progress(dict(sorted(known.items())), {key: tuple(value) for key, value in sorted(told.moved.items())}, tuple(told.troubles))


def _start(stand: Stand, done: Standing, told: _Told) -> Stand:
    """A site as the list has it: what is removed by the list is removed whole."""
    stand = replace(stand, isolated_on=done.isolated_on, waived_until=done.waived_until)
    if not done.removed_on:
        return stand
    if stand.scope:
        told.moved[stand.site_id].append((last_day(done.removed_on).isoformat(), "removed", stand.scope))
    return replace(stand, removed=stand.scope, removed_on=done.removed_on)


def _after(stand: Stand, event: Event, told: _Told) -> Stand:
    stand = replace(stand, last_event=event.date, cause=event.cause or stand.cause, reason=event.reason if event.cause else stand.reason)
    stand = replace(stand, spent=_add(stand.spent, event.currency, event.cost)) if event.cost is not None else stand
    if event.event in _MOVES:
        return _move(stand, event, told)
    if event.event == "found":
        told.moved[stand.site_id].append((event.day, "found", event.devices or 0))
        # a device that turns up after the end reopens the site: its days of the end no longer hold
        return replace(stand, scope=stand.scope + (event.devices or 0), found=stand.found + (event.devices or 0), removed_on="", replaced_on="", disposed_on="")
    if event.event == "isolated":
        return replace(stand, isolated_on=stand.isolated_on or event.date)
    if event.event == "extension asked":
        return replace(stand, asked_until=event.until)
    if event.event == "extension granted":
        return replace(stand, granted_until=event.until, asked_until="", extensions=stand.extensions + 1)
    if event.event == "waived":
        return replace(stand, waived_until=event.until)
    return replace(stand, asked_until="")  # refused


def _move(stand: Stand, event: Event, told: _Told) -> Stand:
    """Devices removed, replaced or disposed of; never more than are in scope, and no more disposed of than were removed."""
    name = event.event
    done: int = getattr(stand, name)
    room = (stand.removed if name == "disposed" else stand.scope) - done
    wanted = room if event.devices is None else event.devices
    count = min(wanted, room)
    if wanted > room or (event.devices is None and not room):
        limit = f"{stand.removed} were removed" if name == "disposed" else f"{stand.scope} are in scope"
        told.troubles.append(f"{event.origin}: {event.site_id}: {name} {wanted} more, but {limit} and {done} are {name} already: {count} counted")
    if count:
        told.moved[stand.site_id].append((event.day, name, count))
    more: dict[str, object] = {name: done + count}
    if done + count == stand.scope and count:
        more[f"{name}_on"] = event.date
    if name == "disposed":
        more |= {"certificates": (*stand.certificates, event.certificate), "certified": stand.certified + count} if event.certificate else {}
    return replace(stand, **more)  # type: ignore[arg-type]


def _add(spent: tuple[tuple[str, Decimal], ...], currency: str, cost: Decimal) -> tuple[tuple[str, Decimal], ...]:
    """Money per currency; never one added to another."""
    sums = dict(spent)
    sums[currency] = sums.get(currency, Decimal(0)) + cost
    return tuple(sorted(sums.items()))
