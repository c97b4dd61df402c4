"""Means from TOML: when to start, money per period, crews, and days on which nothing may be removed. Strict: an unknown key is refused.

    start = "2027-04"
    crews = 2
    devices_per_crew_month = 40
    freezes = ["2027-05-01/2027-05-07"]
    [budgets]
    "2027-28" = 250000
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

from custodes.errors import UsageError
from custodes.timetable.months import first_day, interval, period
from custodes.values.plan import Means

_KEYS = {"start", "crews", "devices_per_crew_month", "freezes", "budgets"}
_ADVICE = "docs/timetable.md shows a whole means.toml"


def means_of(fields: Mapping[str, Any], where: str = "means") -> Means:
    """Means from a plain mapping. Without ``budgets`` money is not limited, without ``crews`` hands are not. Raises UsageError naming the key."""
    unknown = sorted(set(fields) - _KEYS)
    _require(not unknown, f"unknown key {', '.join(unknown)}", where)
    crews, rate = _whole(fields, "crews", where), _whole(fields, "devices_per_crew_month", where)
    _require((crews is None) == (rate is None), "crews and devices_per_crew_month go together", where)
    start = _text(fields.get("start", ""), f"{where}: start")
    if start:
        _day(first_day, start, f"{where}: start")
    freezes = fields.get("freezes", [])
    _require(isinstance(freezes, (list, tuple)), "freezes must be a list", where)
    for freeze in freezes:
        _day(interval, _text(freeze, f"{where}: freezes"), f"{where}: freezes")
    return Means(start, _budgets(fields.get("budgets", {}), where), crews or 0, rate or 0, tuple(freezes))


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


def _whole(fields: Mapping[str, Any], key: str, where: str) -> int | None:
    value = fields.get(key)
    if value is None:
        return None
    _require(isinstance(value, int) and not isinstance(value, bool) and value > 0, f"{key} must be a whole number above 0; leave it out for no limit", where)
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
