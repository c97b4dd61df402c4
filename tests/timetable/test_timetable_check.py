"""The checker: every breach that is put into a good plan is named."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from custodes.timetable import check, check_plan, plan
from custodes.values.plan import Means, Plan, Removal, Site
from timetable.problems import NOW, keeps_the_rules, means, policy, problems, site

SITES = [
    site("A", 6, unit_cost=Decimal(10), deadline="2027-02-28"),
    site("B", 4, unit_cost=Decimal(10), window_from="2027-02-10", window_to="2027-03-20"),
    site("C", 7, unknown_make=2, depends_on=("B",)),
]
MEANS = means(1, 10, {"2027-Q1": 100, "2027-Q2": 2100}, ("2027-03-01/2027-03-31",))
TERMS = policy("2027-06-30")
REMOVALS = [Removal("A", "2027-01", 6, Decimal(60)), Removal("B", "2027-02", 4, Decimal(40)), Removal("C", "2027-04", 7, None)]


def test_the_good_plan_keeps_all_rules() -> None:
    assert check(SITES, REMOVALS, MEANS, TERMS) == []


def _with(n: int, **change: object) -> list[Removal]:
    return [replace(r, **change) if i == n else r for i, r in enumerate(REMOVALS)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("removals", "breach"),
    [
        (REMOVALS[1:], "site A is not in the plan"),
        ([*REMOVALS, REMOVALS[0]], "site A is in the plan 2 times"),
        ([*REMOVALS, Removal("X", "2027-04", 1, None)], "site X is in the plan but not in the list"),
        (_with(0, devices=5), "site A: the plan removes 5 devices, the list has 6"),
        (_with(0, cost=Decimal(59)), "site A: the plan says it costs 59.00, the list makes it 60.00"),
        (_with(0, cost=None), "site A: the plan says it costs nothing that is known, the list makes it 60.00"),
        (_with(2, cost=Decimal(1)), "site C: the plan says it costs 1.00, the list makes it nothing that is known"),
        (_with(0, month="2026-12"), "site A: 2026-12 is before the plan starts (2027-01)"),
        (_with(0, month="2027-3"), "site A: '2027-3' is not a month such as 2027-03"),
        (_with(0, month="2027-13"), "site A: '2027-13' is not a month such as 2027-03"),
        (_with(0, month="2027-04"), "site A: 2027-04 is after its deadline (2027-02-28)"),
        (_with(1, month="2027-01"), "site B: 2027-01 is before its window opens (2027-02-10)"),
        (_with(1, month="2027-04"), "site B: 2027-04 is after its window closes (2027-03-20)"),
        (_with(1, month="2027-03"), "site B: 2027-03 has no day that is not frozen"),
        (_with(2, month="2027-07"), "site C: 2027-07 is after its deadline (2027-06-30)"),
        (_with(2, month="2027-01"), "site C goes in 2027-01, before B on which it depends (2027-02)"),
        ([*_with(0, month="2027-02")[:2], replace(REMOVALS[2], month="2027-02")], "2027-02: 17 devices are planned, the crews can do 10"),
        (_with(2, month="2027-02"), "budget 2027-Q1: 2,200.00 is planned, 100.00 is there"),
    ],
)
def test_each_inserted_breach_is_named(removals: list[Removal], breach: str) -> None:
    assert breach in check(SITES, removals, MEANS, TERMS)


@pytest.mark.parametrize(
    ("sites", "breach"),
    [
        ([*SITES, SITES[0]], "site A is in the list 2 times"),
        ([*SITES[:2], replace(SITES[2], depends_on=("X",))], "site C depends on X, which is not planned"),
        ([SITES[0], replace(SITES[1], depends_on=("C",)), SITES[2]], "dependencies go round in a circle: B, C"),
        ([replace(SITES[0], depends_on=("A",)), *SITES[1:]], "dependencies go round in a circle: A"),
    ],
)
def test_breaches_of_the_list_itself(sites: list[Site], breach: str) -> None:
    assert breach in check(sites, REMOVALS, MEANS, TERMS)


def test_months_without_a_budget_and_sites_without_a_cost() -> None:
    assert "2,100.00 is planned in months that no budget covers" in check(SITES, REMOVALS, means(1, 10, {"2027-Q1": 100}), TERMS)
    assert "site C has no cost, so the budgets cannot be checked" in check(SITES, REMOVALS, MEANS, policy(low=None, high=None))


def test_a_window_and_a_freeze_that_leave_no_day_between_them() -> None:
    sites = [site("A", window_from="2027-02-10", deadline="2027-02-20")]
    removals = [Removal("A", "2027-02", 10, None)]
    assert check(sites, removals, means(freezes=("2027-02-10/2027-02-20",)), TERMS) == ["site A: 2027-02 has no day that is not frozen"]
    assert check([site("A", window_from="2027-02-10", deadline="2027-02-05")], removals, None, TERMS) == [
        "site A: 2027-02 has no day inside its window and before its deadline"
    ]


def _good() -> Plan:
    return Plan("feasible", tuple(REMOVALS), Decimal(800), Decimal(2800), Decimal(800))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"cost_low": Decimal(799)}, "the low end of the cost is given as 799.00, the sites make it 800.00"),
        ({"cost_high": None}, "the high end of the cost is given as nothing that is known, the sites make it 2,800.00"),
        ({"bound": Decimal(801)}, "the bound 801.00 is above what the sites cost at least (800.00)"),
        ({"status": "unconstrained"}, "the plan is called unconstrained, but means were given"),
        ({"status": "infeasible"}, "the plan is called infeasible and has 3 removals"),
        ({"status": "fine"}, "the plan has the unknown status 'fine'"),
    ],
)
def test_totals_and_status_are_recomputed(change: dict[str, object], words: str) -> None:
    assert check_plan(SITES, _good(), MEANS, TERMS) == []
    assert words in check_plan(SITES, replace(_good(), **change), MEANS, TERMS)  # type: ignore[arg-type]


MUTATIONS: dict[str, Callable[[Removal], Removal]] = {
    "later": lambda r: replace(r, month=f"2027-{min(int(r.month[5:]) + 1, 12):02d}"),
    "earlier": lambda r: replace(r, month=f"2026-{12 if r.month.endswith('-01') else int(r.month[5:]) - 1:02d}"),
    "fewer": lambda r: replace(r, devices=r.devices - 1),
    "dearer": lambda r: replace(r, cost=(r.cost or Decimal(0)) + 1),
    "other": lambda r: replace(r, site_id="Z"),
}


@settings(max_examples=500, deadline=None)
@given(problems(), st.sampled_from(sorted(MUTATIONS)), st.integers(0, 3))
def test_any_change_to_a_good_plan_is_named_or_harmless(problem: tuple[list[Site], Means, str], kind: str, which: int) -> None:
    sites, has, deadline = problem
    found = plan(sites, has, policy(deadline), NOW)
    assume(found.removals)
    which %= len(found.removals)
    removals = [MUTATIONS[kind](r) if n == which else r for n, r in enumerate(found.removals)]
    breaches = check(sites, removals, has, policy(deadline))
    if kind == "later":
        assert (breaches == []) == keeps_the_rules(sites, removals, has, deadline)
    else:
        assert breaches


def test_the_checker_imports_values_and_the_plainest_library_only() -> None:
    source = Path(check.__code__.co_filename).read_text(encoding="utf-8")
    names = {n.module or "" for n in ast.walk(ast.parse(source)) if isinstance(n, ast.ImportFrom)}
    names |= {a.name for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Import) for a in n.names}
    assert names <= {"__future__", "calendar", "collections", "collections.abc", "datetime", "decimal", "typing", "custodes.values.plan"}
