"""When it cannot be done: which rules clash with each other, and the least that each must give. Pure but for the solver.

The clash: rules are dropped one after the other; those without which the rest still cannot be kept are the core, each of which is needed for the
contradiction. The least relaxation of a rule keeps all others: crews and months are looked for by doubling and halving, as one more never does harm;
missing money is found in one search, as every budget may be overdrawn and the sum of it is made least.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from custodes.timetable import model
from custodes.timetable.effort import Effort
from custodes.timetable.isolate import isolations
from custodes.timetable.model import Limits, cheapest_money
from custodes.timetable.months import bounds, last_day, month_of
from custodes.timetable.place import Placed
from custodes.timetable.problem import Problem, problem_of, start_of, tightened
from custodes.timetable.solve import SEARCH, Found, first
from custodes.timetable.terms import Policy
from custodes.values.plan import Means, Relaxation, Site

_MONTHS = 120
_CREWS = 4096

Case = tuple[Sequence[Site], Means | None, Policy]


def relaxations(sites: Sequence[Site], means: Means | None, policy: Policy, now: str, effort: Effort) -> tuple[Relaxation, ...]:
    """The least relaxation of money, crews and months, each alone; for a plan that cannot be made."""
    sites = sorted(sites, key=lambda s: s.site_id)
    found = []
    if means and means.budgets:
        found.append(_money(sites, means, policy, now, effort.brief(0.25)))
    if means and means.devices_per_crew_month:
        found.append(_crews(sites, means, policy, now, effort.brief(0.35)))
    if policy.deadline or any(s.deadline or s.window_to for s in sites):
        found.append(_months(sites, means, policy, now, effort.brief(0.5)))
    return tuple(found) + (_together(sites, means, policy, now, effort.brief(0.5)) if found and all(r.amount is None for r in found) else ())


def _together(sites: Sequence[Site], means: Means | None, policy: Policy, now: str, effort: Effort) -> tuple[Relaxation, ...]:
    """Where no rule helps alone: first the months that suffice with any crews and money, then the crews with any money, then the money."""
    found: list[Relaxation] = []
    case: Case = (sites, means, policy)
    rich = _drop_budgets_only(case)[1]
    if policy.deadline or any(s.deadline or s.window_to for s in sites):
        free = replace(rich, crews=0, regional=(), devices_per_crew_month=0, trip_devices=0) if rich else None
        step = _months(sites, free, policy, now, effort) if _possible((sites, free, policy), now, effort) is False else None
        if step and step.amount is None:
            return ()
        found += [step] if step else []
        case = _later(case, int(step.amount)) if step and step.amount else case
    rich = _drop_budgets_only(case)[1]
    if rich and rich.devices_per_crew_month and _possible((case[0], rich, case[2]), now, effort) is False:
        step = _crews(case[0], rich, case[2], now, effort)
        if step.amount is None or case[1] is None:
            return ()
        found.append(step)
        case = (case[0], _with_crews(case[1], int(step.amount)), case[2])
    if case[1] and case[1].budgets and _possible(case, now, effort) is False:
        step = _money(case[0], case[1], case[2], now, effort)
        if step.amount is None:
            return ()
        found.append(step)
    return tuple(replace(r, words=f"together with the others named so: {r.words}", proved=False) for r in found)


def core(sites: Sequence[Site], means: Means | None, policy: Policy, now: str, effort: Effort) -> tuple[str, ...]:
    """Rules that cannot hold together, none of which can be left out; empty when the search did not finish."""
    sites = sorted(sites, key=lambda s: s.site_id)
    brief = effort.brief(0.9)
    dropped: list[str] = []
    for name in _DROPS:
        if not _used(name, (sites, means, policy)):
            dropped.append(name)
    kept = [name for name in _DROPS if name not in dropped]
    needed = list(kept)
    for name in kept:
        trial = [n for n in _DROPS if n == name or n not in needed]
        if _possible(_without(trial, (sites, means, policy)), now, brief) is False:
            needed.remove(name)
    whole = _possible(_without([n for n in _DROPS if n not in needed], (sites, means, policy)), now, brief)
    return tuple(needed) if whole is False else ()


def _drop_deadlines(case: Case) -> Case:
    sites, means, policy = case
    return [replace(s, deadline="") for s in sites], means, replace(policy, deadline="")


def _drop_windows(case: Case) -> Case:
    sites, means, policy = case
    return [replace(s, window_from="", window_to="") for s in sites], means, policy


def _drop_waits(case: Case) -> Case:
    sites, means, policy = case
    return [replace(s, consent_from="", works_until="", controller="") for s in sites], means, policy


def _drop_dependencies(case: Case) -> Case:
    sites, means, policy = case
    return [replace(s, depends_on=()) for s in sites], means, policy


def _drop_visits(case: Case) -> Case:
    sites, means, policy = case
    return [replace(s, visit="") for s in sites], means, policy


def _drop_freezes(case: Case) -> Case:
    sites, means, policy = case
    return sites, replace(means, freezes=(), partial_freezes=()) if means else None, policy


def _drop_crews(case: Case) -> Case:
    sites, means, policy = case
    return sites, replace(means, crews=0, devices_per_crew_month=0, regional=(), trip_devices=0) if means else None, policy


def _drop_money(case: Case) -> Case:
    sites, means, policy = case
    return sites, replace(means, budgets=(), trip_cost=Decimal(0)) if means else None, policy


def _drop_isolation(case: Case) -> Case:
    sites, means, policy = case
    return sites, means, replace(policy, isolate_classes=())


_DROPS: dict[str, Callable[[Case], Case]] = {
    "crews": _drop_crews, "budgets": _drop_money, "deadlines": _drop_deadlines, "windows": _drop_windows, "consents and works": _drop_waits,
    "dependencies": _drop_dependencies, "visits": _drop_visits, "freezes": _drop_freezes, "isolation first": _drop_isolation,
}  # fmt: skip


def _used(name: str, case: Case) -> bool:
    """Does the case have this rule at all?"""
    sites, means, policy = _DROPS[name](case)
    return (list(sites), means, policy) != (list(case[0]), case[1], case[2])


def _without(names: Sequence[str], case: Case) -> Case:
    for name in names:
        case = _DROPS[name](case)
    return case


def _possible(case: Case, now: str, effort: Effort) -> bool | None:
    """Is there a plan? None: not known, or no time to look."""
    if effort.left() <= 0:
        return None
    found = _first(case, now, effort)
    return True if found.placed is not None else False if found.proved else None


def _first(case: Case, now: str, effort: Effort) -> Found:
    return first(case[0], case[1], case[2], now, effort)


def _least(possible: Callable[[int], bool | None], most: int) -> tuple[int | None, bool]:
    """(least number that makes it possible, is that proved); None when ``most`` does not."""
    low, high, proved = 0, 1, True  # low does not suffice
    while (answer := possible(high)) is not True:
        proved = proved and answer is False
        low, high = high, high * 2
        if high > most:
            return None, proved
    while high - low > 1:
        middle = (low + high) // 2
        answer = possible(middle)
        proved = proved and answer is not None
        low, high = (low, middle) if answer is True else (middle, high)
    return high, proved


def _crews(sites: Sequence[Site], means: Means, policy: Policy, now: str, effort: Effort) -> Relaxation:
    def with_more(number: int) -> bool | None:
        return _possible((sites, _with_crews(means, number), policy), now, effort)

    number, proved = _least(with_more, _CREWS)
    each = " in every region" if means.regional else ""
    if number is None:
        return Relaxation("crews", None, "crews", "no number of crews helps on its own: another rule clashes too", proved)
    words = f"{_more(number, 'crew')}{each}, {means.crews + number} instead of {means.crews}, {_enough(proved)}"
    return Relaxation("crews", Decimal(number), "crews", words, proved)


def _months(sites: Sequence[Site], means: Means | None, policy: Policy, now: str, effort: Effort) -> Relaxation:
    def later(number: int) -> bool | None:
        return _possible(_later((sites, means, policy), number), now, effort)

    number, proved = _least(later, _MONTHS)
    if number is None:
        return Relaxation("deadlines", None, "months", f"moving deadlines and ends of windows does not help on its own, not even by {_MONTHS} months: another rule clashes too", proved)
    words = f"all deadlines and ends of windows {number} month{'' if number == 1 else 's'} later {_enough(proved, verb=True)}"
    return Relaxation("deadlines", Decimal(number), "months", words, proved)


def _with_crews(means: Means, number: int) -> Means:
    return replace(means, crews=means.crews + number, regional=tuple((r, n + number) for r, n in means.regional))


def _later(case: Case, number: int) -> Case:
    sites, means, policy = case
    moved = [replace(s, deadline=_push(s.deadline, number), window_to=_push(s.window_to, number)) for s in sites]
    return moved, means, replace(policy, deadline=_push(policy.deadline, number))


def _push(day: str, months: int) -> str:
    """The date some months later; its month's last day where it has no such day, and a month's end stays one."""
    if not day:
        return ""
    given = last_day(day)
    last = bounds(month_of(given) + months)[1]
    whole = given == bounds(month_of(given))[1]
    return (last if whole else date(last.year, last.month, min(given.day, last.day))).isoformat()


def _money(sites: Sequence[Site], means: Means, policy: Policy, now: str, effort: Effort) -> Relaxation:
    free = _first(_drop_budgets_only((sites, means, policy)), now, effort)
    if free.placed is None:
        words = "no amount of money helps on its own: another rule clashes too" if free.proved else "no plan was found even without budgets"
        return Relaxation("budgets", None, policy.currency, words, free.proved)
    problem = problem_of(sites, means, policy, now, isolations(sites, means, policy, start_of(means, now)))
    problem = replace(problem, tasks=tightened(replace(problem, purses=None)).tasks)
    if any(t.cost is None for t in problem.tasks):
        return Relaxation("budgets", None, policy.currency, "some sites have no cost, so the missing money cannot be said", False)
    if effort.solver and model.available() and not model.too_large(problem) and sum(len(t.months) for t in problem.tasks) <= SEARCH:
        answer = cheapest_money(problem, Limits(max(1.0, effort.seconds * 0.5), effort.patience(), 0.0, effort.workers, effort.seed))
        if answer.placed and answer.value:
            return _missing(problem.money(answer.value), answer.status == "optimal", policy)
    return _missing(problem.money(_overdrawn(problem, free.placed)), False, policy)


def _missing(amount: Decimal, proved: bool, policy: Policy) -> Relaxation:
    currency = f" {policy.currency}" if policy.currency else ""
    words = f"{amount:,.2f}{currency} more, in the budgets where it is short, {_enough(proved)}"
    return Relaxation("budgets", amount, policy.currency, words, proved)


def _overdrawn(problem: Problem, placed: Placed) -> int:
    """By how much a placing overdraws its purses, all in all."""
    spent = [0] * len(problem.purses or ())
    for n, month in placed.items():
        cost = (problem.tasks[n].cost or 0) + problem.tasks[n].extra(month)
        for p in problem.purses_of(month):
            spent[p] += cost
    over = [max(0, s - p.amount) for s, p in zip(spent, problem.purses or (), strict=True)]
    carried = len(over) > 1 and problem.purses is not None and problem.purses[0].first == problem.purses[1].first
    return max(over, default=0) if carried else sum(over)


def _drop_budgets_only(case: Case) -> Case:
    """Without the limit, but the plan still ends where the budgets do: money is only there in months that a budget covers."""
    sites, means, policy = case
    return sites, replace(means, budgets=tuple((name, Decimal(10) ** 12) for name, _ in means.budgets)) if means else None, policy


def _enough(proved: bool, *, verb: bool = False) -> str:
    if verb:
        return "would do, and nothing less" if proved else "would do; perhaps less"
    return "is the least that would do" if proved else "would do; perhaps less"


def _more(number: int, word: str) -> str:
    return f"{number} more {word}{'' if number == 1 else 's'}"
