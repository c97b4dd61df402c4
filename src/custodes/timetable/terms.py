"""What a policy says, as a value. Facts only; the planner reads its deadline and its cost range, the rest is for people."""

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
class Policy:
    """``deadline``: the last day by which everything must be gone (ISO, empty when the policy names none). It holds for every site handed in: whoever
    names a policy chooses the sites it is for. ``grounds``, ``lists`` and ``countries`` say which listings count (empty lists: any list).
    ``cost_low`` and ``cost_high``: cost per device where a site gives none, in ``currency``; None when nothing is known."""

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
