"""What a policy says, as a value: which grounds, makers, bodies and sites it is about, what must be gone by when, what is isolated at once."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Duty:
    """One thing that must or should be done. ``share`` (0 to 1) of ``share_of``; ``binding`` false: hoped for or estimated, never enforced."""

    kind: str
    what: str
    by: str
    share: Decimal
    share_of: str
    binding: bool
    citation: str
    url: str
    verified: bool
    checked_on: str


@dataclass(frozen=True, slots=True)
class Fact:
    """Something said about the policy, with its source; ``verified``: the wording was read in a stored copy of the source."""

    what: str
    citation: str
    url: str
    verified: bool
    checked_on: str


@dataclass(frozen=True, slots=True)
class Exemption:
    """What a policy leaves out. With ``makers``, ``classes`` or ``controllers`` it is applied to sites that match all that are given; with none of them
    it is for people to judge, and listed beside the plan."""

    what: str
    citation: str
    url: str
    verified: bool
    checked_on: str
    makers: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    controllers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ground:
    """Why a maker counts: one listing, confirmed claim or court finding. ``source``: listing, claim or court; dates ISO, empty when unknown.

    ``capabilities`` and ``finding_id``: of a claim, what it markets and the finding that a person confirmed. ``maker_id`` of a firm that the fact tables do
    not know is its name, lower case, words only. ``words`` and ``citation``: what is shown beside it."""

    maker_id: str
    source: str
    list: str = ""
    ground: str = ""
    country: str = ""
    since: str = ""
    ended: str = ""
    capabilities: tuple[str, ...] = ()
    finding_id: str = ""
    words: str = ""
    citation: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """``deadline``: the last day by which everything must be gone (ISO, empty when the policy names none). It holds for every site handed in: whoever
    names a policy chooses the sites it is for. ``grounds``, ``lists`` and ``countries`` say which listings count (empty lists: any list).
    ``cost_low`` and ``cost_high``: cost per device where a site gives none, in ``currency``; None when nothing is known.

    ``sources``: what may make a maker count (listing, claim, court; empty: listings); ``capabilities``: which claims do (empty: any that a finding names).
    ``makers``: only these; ``bands``: evidence bands that count (empty: all).
    ``site_classes`` and ``body_kinds``: whom it binds (empty: everybody; a site that does not say counts, and the plan says so). ``isolate_classes``: sites
    to take off the network first (``*``: all), within ``isolate_months`` months. ``risk``: (``class:sensitive`` or ``network:connected``, factor)."""

    policy_id: str
    title: str
    status: str
    as_of: str
    scope: str
    note: str
    words: str
    grounds: tuple[str, ...]
    lists: tuple[str, ...]
    countries: tuple[str, ...]
    duties: tuple[Duty, ...]
    facts: tuple[Fact, ...]
    deadline: str = ""
    cost_low: Decimal | None = None
    cost_high: Decimal | None = None
    currency: str = ""
    sources: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    makers: tuple[str, ...] = ()
    bands: tuple[str, ...] = ()
    site_classes: tuple[str, ...] = ()
    body_kinds: tuple[str, ...] = ()
    isolate_classes: tuple[str, ...] = ()
    isolate_months: int = 1
    risk: tuple[tuple[str, Decimal], ...] = ()
    exemptions: tuple[Exemption, ...] = ()
    waivers: tuple[Fact, ...] = ()
    courts: tuple[Ground, ...] = ()
