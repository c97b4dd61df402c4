"""The timetable as values: sites and means in, removals out, and what stands beside a plan. Dates are ISO text, empty when unknown."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Site:
    """A place with equipment to remove. ``unit_cost`` is per device, None when unknown.

    ``site_class``: sensitive, public space, school ...; ``controller``: own or landlord; ``network_state``: connected, isolated or disconnected.
    ``makers``: devices per maker id (empty: not told apart); ``band``: weakest evidence band of these. ``exit_cost``: to be paid once when the
    equipment goes before ``contract_end``. ``consent_from`` (the landlord's) and ``works_until``: no removal before. Sites with the same ``visit``
    go in the same month. ``removed_on``, ``isolated_on``: done already. ``waived_until``: the last day of a waiver.
    """

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
    site_class: str = ""
    controller: str = ""
    network_state: str = ""
    makers: tuple[tuple[str, int], ...] = ()
    band: str = ""
    contract_end: str = ""
    exit_cost: Decimal | None = None
    consent_from: str = ""
    works_until: str = ""
    visit: str = ""
    removed_on: str = ""
    isolated_on: str = ""
    waived_until: str = ""


@dataclass(frozen=True, slots=True)
class Freeze:
    """Days (ISO interval) on which nothing is removed in some regions or at some classes of site; both empty: everywhere. ``why``: an election, a term."""

    days: str
    regions: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Means:
    """Money per period (``2026-27`` or ``2027-Q1``), crews and the days on which nothing may be removed (ISO intervals).

    ``carry_over``: what a period does not spend is there in the next one. ``regional``: crews of a region's own (region, crews); ``crews`` serve all
    other regions. A trip, that is a month in which a region is visited, takes ``trip_devices`` of the crews' work and ``trip_cost`` of the money.
    ``landlord_months``: how long a landlord's consent takes where its date is not known. ``isolations_per_month``: most sites that can be isolated in a month.
    """

    start: str
    budgets: tuple[tuple[str, Decimal], ...] = ()
    crews: int = 0
    devices_per_crew_month: int = 0
    freezes: tuple[str, ...] = ()
    carry_over: bool = False
    regional: tuple[tuple[str, int], ...] = ()
    partial_freezes: tuple[Freeze, ...] = ()
    trip_devices: int = 0
    trip_cost: Decimal = Decimal(0)
    landlord_months: int = 0
    isolations_per_month: int = 0


@dataclass(frozen=True, slots=True)
class Removal:
    """One site leaves the list in one month (``2027-03``)."""

    site_id: str
    month: str
    devices: int
    cost: Decimal | None


@dataclass(frozen=True, slots=True)
class Isolation:
    """One site is taken off the network in one month, before its equipment goes."""

    site_id: str
    month: str


@dataclass(frozen=True, slots=True)
class Outside:
    """A site that is not planned, and why: done already, waived, not what the policy is about."""

    site_id: str
    devices: int
    reason: str


@dataclass(frozen=True, slots=True)
class Missed:
    """A deadline that had passed on the day of planning with equipment still there: the day it was, and how many days ago (``days``, from 1)."""

    site_id: str
    deadline: str
    days: int


@dataclass(frozen=True, slots=True)
class Cited:
    """Why a maker at the planned sites counts: ``source`` listing, claim, court or policy; ``cites``: the list, or the id of the confirmed finding."""

    maker_id: str
    source: str
    cites: str
    since: str
    words: str
    citation: str


@dataclass(frozen=True, slots=True)
class Move:
    """A site that an earlier plan had in another month (``before``, empty when it had none), and why it moved."""

    site_id: str
    before: str
    after: str
    reason: str


@dataclass(frozen=True, slots=True)
class Relaxation:
    """The least that one rule must give for a plan to exist, all others kept. ``amount`` None: no amount of it helps. ``proved`` false: enough, perhaps not least."""

    rule: str
    amount: Decimal | None
    unit: str
    words: str
    proved: bool


@dataclass(frozen=True, slots=True)
class Scenario:
    """The same sites at other costs: ``name`` low, middle or high; ``end``: last month, empty without a plan."""

    name: str
    unit_cost: Decimal | None
    status: str
    cost: Decimal | None
    end: str


@dataclass(frozen=True, slots=True)
class Plan:
    """``status``: unconstrained / feasible / infeasible (proved) / not found (neither a plan nor a proof); ``clashes`` says in plain words which rules cannot hold together.

    ``exposure``: risk-weighted device-days from the plan's first month to the end of each site's month; ``exposure_bound``: no plan has less; ``gap``:
    how much of the exposure that leaves open (0: proved best). ``stopped``: why the planner ended (proved, gap, work, time, interrupted).
    ``today``: the day of planning (ISO). ``missed``: deadlines that had passed then; they bind no more. ``grounds``: why makers count; None: every maker that is named does.
    """

    status: str
    removals: tuple[Removal, ...]
    cost_low: Decimal | None
    cost_high: Decimal | None
    bound: Decimal | None
    clashes: tuple[str, ...] = ()
    start: str = ""
    exposure: Decimal | None = None
    exposure_bound: Decimal | None = None
    gap: Decimal | None = None
    method: str = ""
    stopped: str = ""
    isolations: tuple[Isolation, ...] = ()
    outside: tuple[Outside, ...] = ()
    moves: tuple[Move, ...] = ()
    relaxations: tuple[Relaxation, ...] = ()
    scenarios: tuple[Scenario, ...] = ()
    assumptions: tuple[str, ...] = ()
    today: str = ""
    missed: tuple[Missed, ...] = ()
    grounds: tuple[Cited, ...] | None = None
