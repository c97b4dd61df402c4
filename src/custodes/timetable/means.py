"""Means from TOML: when to start, money per period, crews, and days on which nothing may be removed. Strict: an unknown key is refused.

    start = "2027-04"
    crews = 2
    devices_per_crew_month = 40
    freezes = ["2027-05-01/2027-05-07"]
    carry_over = true
    trip_devices = 2
    trip_cost = 400
    landlord_months = 3
    isolations_per_month = 10
    [budgets]
    "2027-28" = 250000
    [regions]
    North = 1
    [[freeze]]
    days = "2027-05-01/2027-05-07"
    regions = ["North"]
    classes = ["school"]
    why = "local election"
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

from custodes.errors import UsageError
from custodes.timetable.months import first_day, interval, period
from custodes.values.plan import Freeze, Means

_KEYS = {
    "start", "crews", "devices_per_crew_month", "freezes", "budgets", "carry_over", "regions", "freeze", "trip_devices", "trip_cost", "landlord_months",
    "isolations_per_month",
}  # fmt: skip
_FREEZE = {"days", "regions", "classes", "why"}
_MOST = 10**9
_ADVICE = "docs/timetable.md shows a whole means.toml"


def means_of(fields: Mapping[str, Any], where: str = "means") -> Means:
    """Means from a plain mapping. Without ``budgets`` money is not limited, without ``crews`` hands are not. Raises UsageError naming the key."""
    unknown = sorted(set(fields) - _KEYS)
    _require(not unknown, f"unknown key {', '.join(unknown)}", where)
    regional = _regions(fields.get("regions", {}), where)
    crews, rate = _whole(fields, "crews", where, least=0 if regional else 1), _whole(fields, "devices_per_crew_month", where)
    _require((crews is None) == (rate is None), "crews and devices_per_crew_month go together", where)
    _require(not regional or rate is not None, "regions need crews (for all other regions; 0 when there are none) and devices_per_crew_month", where)
    start = _text(fields.get("start", ""), f"{where}: start")
    if start:
        _day(first_day, start, f"{where}: start")
    freezes = fields.get("freezes", [])
    _require(isinstance(freezes, (list, tuple)), "freezes must be a list", where)
    for freeze in freezes:
        _day(interval, _text(freeze, f"{where}: freezes"), f"{where}: freezes")
    _require(isinstance(fields.get("carry_over", False), bool), "carry_over must be true or false", where)
    trips = _whole(fields, "trip_devices", where, least=0) or 0, _amount(fields.get("trip_cost", 0), f"{where}: trip_cost")
    lead, isolations = (_whole(fields, key, where, least=0) or 0 for key in ("landlord_months", "isolations_per_month"))
    return Means(
        start, _budgets(fields.get("budgets", {}), where), crews or 0, rate or 0, tuple(freezes), bool(fields.get("carry_over", False)), regional,
        _partial(fields.get("freeze", []), where), *trips, lead, isolations,
    )  # fmt: skip


def _regions(fields: Any, where: str) -> tuple[tuple[str, int], ...]:
    _require(isinstance(fields, Mapping), "regions must be a table of region = crews", where)
    found = []
    for name in sorted(fields):
        crews = _whole(fields, name, f"{where}: regions", least=0)
        found.append((str(name), crews or 0))
    return tuple(found)


def _partial(fields: Any, where: str) -> tuple[Freeze, ...]:
    _require(isinstance(fields, (list, tuple)), "freeze must be written [[freeze]]", where)
    found = []
    for number, item in enumerate(fields, 1):
        place = f"{where}: freeze {number}"
        _require(isinstance(item, Mapping), "must be a table", place)
        unknown = sorted(set(item) - _FREEZE)
        _require(not unknown, f"unknown key {', '.join(unknown)}", place)
        days = _text(item.get("days", ""), f"{place}: days")
        _day(interval, days, f"{place}: days")
        lists = [item.get(key, []) for key in ("regions", "classes")]
        _require(all(isinstance(v, (list, tuple)) and all(isinstance(x, str) for x in v) for v in lists), "regions and classes must be lists of texts", place)
        found.append(Freeze(days, tuple(lists[0]), tuple(name.strip().lower() for name in lists[1]), _text(item.get("why", ""), f"{place}: why")))
    return tuple(found)


def _budgets(fields: Any, where: str) -> tuple[tuple[str, Decimal], ...]:
    _require(isinstance(fields, Mapping), "budgets must be a table of period = amount", where)
    found: list[tuple[int, int, str, Decimal]] = []
    for name, value in fields.items():
        _day(period, name, f"{where}: budgets")
        found.append((*period(name), name, _amount(value, f"{where}: budgets.{name}")))
    found.sort()
    for before, after in pairwise(found):
        _require(before[1] < after[0], f"the budgets {before[2]} and {after[2]} overlap", where)
    return tuple((name, amount) for _, _, name, amount in found)


def _amount(value: Any, where: str) -> Decimal:
    try:
        amount = Decimal("NaN") if isinstance(value, bool) else Decimal(str(value))
    except InvalidOperation:
        amount = Decimal("NaN")
    _require(amount.is_finite() and amount >= 0, f"{value!r} is not an amount of money", where)
    return amount


def _whole(fields: Mapping[str, Any], key: str, where: str, *, least: int = 1) -> int | None:
    value = fields.get(key)
    if value is None:
        return None
    holds = isinstance(value, int) and not isinstance(value, bool) and least <= value <= _MOST
    _require(holds, f"{key} must be a whole number above {least - 1}; leave it out for no limit", where)
    return int(value)


def _text(value: Any, where: str) -> str:
    _require(isinstance(value, str), f"{value!r} must be text in quotes", where)
    return str(value)


def _day(read: Any, text: str, where: str) -> None:
    try:
        read(text)
    except ValueError as problem:
        raise UsageError(str(problem), where=where, advice=_ADVICE) from problem


def _require(holds: bool, what: str, where: str) -> None:
    if not holds:
        raise UsageError(what, where=where, advice=_ADVICE)
