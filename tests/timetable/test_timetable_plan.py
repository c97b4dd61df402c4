"""The planner: the smallest problem for each rule, once possible and once not, and thousands of tiny ones against trying everything."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings

from custodes.timetable import check, check_plan, plan
from custodes.timetable import place as place_module
from custodes.timetable.effort import Effort
from custodes.timetable.place import greedy
from custodes.timetable.problem import problem_of, tightened
from custodes.values.plan import Means, Plan, Site
from timetable.problems import MONTHS, NOW, every_plan, hidden_plan, keeps_the_rules, means, policy, problems, site


def _months(found: Plan) -> dict[str, str]:
    return {r.site_id: r.month for r in found.removals}


def _plan(sites: list[Site], has: Means | None = None, deadline: str = "", effort: Effort | None = None, **costs: int | None) -> Plan:
    terms = policy(deadline, **costs)
    found = plan(sites, has, terms, NOW, effort)
    assert check_plan(sites, found, has, terms) == []
    return found


def test_without_means_everything_goes_at_once_and_is_labelled_so() -> None:
    found = _plan([site("A"), site("B", window_from="2027-03-05"), site("C", depends_on=("B",))])
    assert found.status == "unconstrained"
    assert _months(found) == {"A": "2027-01", "B": "2027-03", "C": "2027-03"}


def test_the_cost_range_goes_from_known_devices_to_all() -> None:
    found = _plan([site("A", 10, unknown_make=5, unit_cost=Decimal(200)), site("B", 2, unknown_make=1)])
    assert (found.cost_low, found.cost_high, found.bound) == (Decimal(2200), Decimal(3900), Decimal(2200))
    assert [r.cost for r in found.removals] == [Decimal(2000), None]


def test_without_any_cost_the_range_is_unknown() -> None:
    found = _plan([site("A")], low=None, high=None)
    assert (found.cost_low, found.cost_high, found.bound) == (None, None, None)
    assert _plan([site("A", 0)], low=None, high=None).cost_low == 0


def test_no_sites_is_a_plan() -> None:
    assert _plan([]).removals == () and _plan([], means(1, 5)).status == "feasible"


# one smallest problem per rule: (sites, means, deadline of the policy) that can be done, then what makes it impossible and the words that say so
POSSIBLE_AND_NOT = {
    "deadline of the site": (
        ([site("A", deadline="2027-01-31")], None, ""),
        ([site("A", deadline="2026-11-30")], None, ""),
        ["site A: must be done by 2026-11-30, but the plan starts in 2027-01: 2 months too late"],
    ),
    "deadline of the policy": (
        ([site("A", window_from="2027-04-30")], None, "2027-04-30"),
        ([site("A", window_from="2027-05-01")], None, "2027-04-30"),
        ["site A: must be done by 2027-04-30, but its window opens on 2027-05-01: 1 day too late"],
    ),
    "window": (
        ([site("A", window_from="2027-03-05", window_to="2027-03-20")], means(), ""),
        ([site("A", window_from="2027-03-05", window_to="2027-03-20")], means(start="2027-04"), ""),
        ["site A: must be done by 2027-03-20, but the plan starts in 2027-04: 1 month too late"],
    ),
    "freeze": (
        ([site("A", deadline="2027-01-31")], means(freezes=("2027-01-01/2027-01-30",)), ""),
        ([site("A", deadline="2027-01-30")], means(freezes=("2027-01-01/2027-01-30",)), ""),
        ["site A: every day from 2027-01-10 to 2027-01-30 is frozen"],
    ),
    "one site too large for the crews": (
        ([site("A", 10)], means(2, 5), ""),
        ([site("A", 11)], means(2, 5), ""),
        ["site A: 11 devices in one month, the crews can do 10: 1 too many; that takes 3 crews, or several rows for the site"],
    ),
    "crews over some months": (
        ([site("A", 6, deadline="2027-02-28"), site("B", 6, deadline="2027-02-28")], means(1, 10), ""),
        ([site("A", 6, deadline="2027-02-28"), site("B", 6, deadline="2027-02-28"), site("C", 9, deadline="2027-02-28")], means(1, 10), ""),
        ["2027-01 to 2027-02: 21 devices must go, the crews can do 20: 1 short, that is 1 crew-month (sites A, B, C)"],
    ),
    "a month that is half frozen carries half": (
        ([site("A", 5, deadline="2027-02-28")], means(1, 10, freezes=("2027-01-01/2027-01-31", "2027-02-01/2027-02-14")), ""),
        ([site("A", 6, deadline="2027-02-28")], means(1, 10, freezes=("2027-01-01/2027-01-31", "2027-02-01/2027-02-14")), ""),
        ["site A: 6 devices in one month, the crews can do 5: 1 too many; that takes 2 crews, or several rows for the site"],
    ),
    "one site too dear": (
        ([site("A", 10, unit_cost=Decimal(10))], means(budgets={"2026-27": 100}), ""),
        ([site("A", 10, unit_cost=Decimal(11))], means(budgets={"2026-27": 100}), ""),
        ["site A: costs 110.00, the largest budget it can use is 100.00: 10.00 short"],
    ),
    "money over some months": (
        ([site("A", 1, unit_cost=Decimal(60)), site("B", 1, unit_cost=Decimal(50))], means(budgets={"2027-Q1": 60, "2027-Q2": 50}), ""),
        ([site("A", 1, unit_cost=Decimal(60)), site("B", 1, unit_cost=Decimal(51))], means(budgets={"2027-Q1": 60, "2027-Q2": 50}), ""),
        ["2027-01 to 2027-03: 111.00 is needed, the budgets hold 60.00: 51.00 short (sites A, B)"],
    ),
    "dependency": (
        ([site("A", deadline="2027-03-31", depends_on=("B",)), site("B", window_from="2027-03-01")], None, ""),
        ([site("A", deadline="2027-02-28", depends_on=("B",)), site("B", window_from="2027-03-01")], None, ""),
        ["site A can go in 2027-02 at the latest, but B, on which it depends, cannot go before 2027-03: 1 month short"],
    ),
    "unknown dependency": (
        ([site("A", depends_on=("B",)), site("B")], None, ""),
        ([site("A", depends_on=("X",)), site("B")], None, ""),
        ["site A depends on X, which is not in the list"],
    ),
    "circle": (
        ([site("A", depends_on=("B",)), site("B", depends_on=("C",)), site("C")], None, ""),
        ([site("A", depends_on=("B",)), site("B", depends_on=("C",)), site("C", depends_on=("A",)), site("D", depends_on=("C",))], None, ""),
        ["dependencies go round in a circle: A waits for B waits for C waits for A"],
    ),
    "an id once": (
        ([site("A"), site("B")], None, ""),
        ([site("A"), site("A")], None, ""),
        ["site A is in the list 2 times"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("rule", [r for r in POSSIBLE_AND_NOT if r != "money over some months"])
def test_each_rule_can_be_kept_and_can_clash(rule: str) -> None:
    can, cannot, words = POSSIBLE_AND_NOT[rule]
    assert len(_plan(*can).removals) == len(can[0])
    found = _plan(*cannot) if rule != "an id once" else plan(cannot[0], None, policy(), NOW)
    assert (found.status, found.removals, list(found.clashes)) == ("infeasible", (), words)


def test_money_over_some_months() -> None:
    can = [site("A", 1, unit_cost=Decimal(60)), site("B", 1, unit_cost=Decimal(50))]
    assert _months(_plan(can, means(budgets={"2027-Q1": 60, "2027-Q2": 50}))) == {"A": "2027-01", "B": "2027-04"}
    found = _plan([*can, site("C", 1, unit_cost=Decimal(1))], means(budgets={"2027-Q1": 60, "2027-Q2": 50}))
    assert found.clashes == ("2027-01 to 2027-06: 111.00 is needed, the budgets hold 110.00: 1.00 short (sites A, B, C)",)


def test_no_price_and_budgets_is_not_called_infeasible() -> None:
    found = _plan([site("A")], means(budgets={"2027-Q1": 60}), low=None, high=None)
    assert (found.status, found.clashes) == ("not found", ("sites A have no cost: give a unit_cost, or leave the budgets out",))


def test_the_catalogues_upper_end_is_what_the_budget_must_hold() -> None:
    assert _plan([site("A", 1)], means(budgets={"2027-Q1": 300})).status == "feasible"
    assert _plan([site("A", 1)], means(budgets={"2027-Q1": 299})).status == "infeasible"


def test_who_is_due_first_goes_first() -> None:
    found = _plan([site("A", 5), site("B", 5, deadline="2027-02-28"), site("C", 5, deadline="2027-01-31")], means(1, 5))
    assert _months(found) == {"C": "2027-01", "B": "2027-02", "A": "2027-03"}


def test_a_late_start_wins_over_the_means() -> None:
    assert _months(plan([site("A")], means(start="2026-04"), policy(), NOW)) == {"A": "2027-01"}
    assert _months(plan([site("A")], means(start="2027-04"), policy(), NOW)) == {"A": "2027-04"}


def test_where_the_first_order_fails_a_full_search_finds_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    # two months of 14: largest first puts 6 + 5 together and then has no room for the last 4; 6 + 4 + 4 and 5 + 5 + 4 fit
    sites = [site(n, d, deadline="2027-02-28") for n, d in (("A", 6), ("B", 5), ("C", 5), ("D", 4), ("E", 4), ("F", 4))]
    monkeypatch.setattr(place_module, "ROUNDS", 1)
    assert greedy(tightened(problem_of(sites, means(1, 14), policy(), NOW)))[1]
    found = _plan(sites, means(1, 14))
    assert found.status == "feasible"


def test_sites_that_cannot_share_a_month_or_a_budget() -> None:
    found = _plan([site(n, 6, deadline="2027-02-28") for n in "ABC"], means(1, 10))
    assert found.clashes == (
        "2027-01 to 2027-02: sites A, B, C each need more than half of the devices that the crews can do in a month, so no two can share one: "
        "3 sites, 2 months, 1 short",
    )
    found = _plan([site(n, 1, unit_cost=Decimal(60)) for n in "ABC"], means(budgets={"2027-Q1": 100, "2027-Q2": 100}))
    assert found.clashes == (
        "2027-01 to 2027-06: sites A, B, C each need more than half of any budget, so no two can share one: 3 sites, 2 budgets, 1 short",
    )
    assert _plan([site(n, 5, deadline="2027-02-28") for n in "ABC"], means(1, 10)).status == "feasible"


def test_a_clash_that_only_a_full_search_proves() -> None:
    found = _plan([site(n, 4, deadline="2027-02-28") for n in "ABCDE"], means(1, 10))
    assert found.status == "infeasible"
    assert found.clashes == (
        "every way to place the sites was tried and none fits; the best attempt leaves out E (E between 2027-01 and 2027-02: 4 devices, "
        "the crews have room for 2 in a month: 2 short)",
    )


def test_an_unfinished_search_is_honest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place_module, "NODES", 5)
    found = _plan([site(n, 4, deadline="2027-02-28") for n in "ABCDE"], means(1, 10), effort=Effort(solver=False))
    assert found.status == "not found"
    assert "does not prove that there is none" in found.clashes[0]


def test_many_sites_are_quick_and_the_same_twice() -> None:
    sites = [site(f"S{n:04d}", 1 + n * 7919 % 40, deadline=f"2029-{1 + n % 12:02d}-28", unit_cost=Decimal(50 + n % 9)) for n in range(2000)]
    sites = [s if n % 5 else site(s.site_id, s.devices, deadline="2029-12-31", depends_on=(f"S{n + 1:04d}",)) for n, s in enumerate(sites)]
    has = means(30, 40, {"2026-27": 900_000, "2027-28": 2_000_000, "2028-29": 2_000_000, "2029-30": 2_000_000})
    found = _plan(sites, has, effort=Effort(0))
    assert found.status == "feasible" and len(found.removals) == 2000
    assert plan(sites, has, policy(), NOW, Effort(0)) == found


@pytest.mark.parametrize("seed", range(6))
def test_a_hidden_plan_with_five_percent_to_spare_is_found(seed: int) -> None:
    sites = hidden_plan(seed, months=12, fill=95)
    found = _plan(sites, means(1, 100), effort=Effort(1.0))
    assert found.status == "feasible" and len(found.removals) == len(sites)


@settings(max_examples=400, deadline=None)
@given(problems())
def test_tiny_problems_against_trying_everything(problem: tuple[list[Site], Means, str]) -> None:
    sites, has, deadline = problem
    terms = policy(deadline)
    found = plan(sites, has, terms, NOW)
    possible = any(keeps_the_rules(sites, p, has, deadline) for p in every_plan(sites))
    assert found.status == ("feasible" if possible else "infeasible")
    assert check_plan(sites, found, has, terms) == []
    assert bool(found.clashes) != possible
    if possible:
        assert keeps_the_rules(sites, found.removals, has, deadline)


@settings(max_examples=400, deadline=None)
@given(problems(most=3))
def test_the_checker_agrees_with_the_rules_on_every_possible_plan(problem: tuple[list[Site], Means, str]) -> None:
    sites, has, deadline = problem
    for removals in every_plan(sites, MONTHS):
        assert (check(sites, removals, has, policy(deadline)) == []) == keeps_the_rules(sites, removals, has, deadline)


@settings(max_examples=300, deadline=None)
@given(problems())
def test_without_means_the_same_holds(problem: tuple[list[Site], Means, str]) -> None:
    sites, _, deadline = problem
    found = plan(sites, None, policy(deadline), NOW)
    possible = any(keeps_the_rules(sites, p, None, deadline) for p in every_plan(sites))
    assert found.status == ("unconstrained" if possible else "infeasible")


@settings(max_examples=200, deadline=None)
@given(problems())
def test_the_order_of_the_rows_decides_nothing(problem: tuple[list[Site], Means, str]) -> None:
    sites, has, deadline = problem
    assert plan(sites, has, policy(deadline), NOW) == plan(sites[::-1], has, policy(deadline), NOW)


def test_greedy_alone_places_what_it_can() -> None:
    problem = tightened(problem_of([site(n, 6, deadline="2027-02-28") for n in "ABC"], means(1, 10), policy(), NOW))
    placed, left = greedy(problem)
    assert len(placed) == 2 and len(left) == 1
