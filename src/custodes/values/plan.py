"""The timetable as values: sites in, removals out, and what the checker says."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Site:
    """A place with equipment to remove. Dates are ISO text, empty when unknown; ``unit_cost`` is per device, None when unknown."""

    site_id: str
    body: str
    devices: int
    unknown_make: int = 0
    unit_cost: Decimal | None = None
    deadline: str = ""
    region: str = ""
    window_from: str = ""
    window_to: str = ""
    depends_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Means:
    """Money per period (``2026-27`` or ``2027-Q1``), crews and the days on which nothing may be removed (ISO intervals)."""

    start: str
    budgets: tuple[tuple[str, Decimal], ...] = ()
    crews: int = 0
    devices_per_crew_month: int = 0
    freezes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Removal:
    """One site leaves the list in one month (``2027-03``)."""

    site_id: str
    month: str
    devices: int
    cost: Decimal | None


@dataclass(frozen=True, slots=True)
class Plan:
    """``status``: unconstrained / feasible / infeasible (proved) / not found (neither a plan nor a proof); ``clashes`` says in plain words which rules cannot hold together."""

    status: str
    removals: tuple[Removal, ...]
    cost_low: Decimal | None
    cost_high: Decimal | None
    bound: Decimal | None
    clashes: tuple[str, ...] = ()
