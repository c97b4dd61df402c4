"""The solver: tiny problems with every rule against trying everything, the smallest problem per rule, the same plan twice, interrupts, and what has to give."""

from __future__ import annotations

import itertools
import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custodes.timetable import check, check_plan, plan
from custodes.timetable import improve as improve_module
from custodes.timetable import model as model_module
from custodes.timetable.effort import Effort
from custodes.timetable.relax import core, relaxations
from custodes.timetable.terms import Policy
from custodes.values.plan import Freeze, Isolation, Means, Plan, Removal, Site
from timetable.problems import MONTHS, NOW, hidden_plan, means, policy, site

EXAMPLES = int(os.environ.get("TIMETABLE_EXAMPLES", "60"))
QUICK = Effort(3.0)
DAYS = {"2027-01": 31, "2027-02": 59, "2027-03": 90, "2027-04": 120}
RISK = (("class:school", Decimal("2.5")), ("network:isolated", Decimal("0.5")))


@st.composite
def rich(draw: st.DrawFn) -> tuple[list[Site], Means, Policy]:
    """Two to four sites with any of the rules; all must be gone by April 2027, so that trying four months is trying all."""
    names = "ABCD"[: draw(st.integers(2, 4))]
    some = st.sampled_from
    sites = [
        Site(
            n, "Anytown", draw(st.integers(0, 9)), 0, Decimal(draw(some([1, 3, 7]))), draw(some(["", "", "2027-03-15", "2027-02"])), draw(some(["N", "S"])),
            draw(some(["", "", "2027-02-10"])), "", tuple(draw(st.lists(some(list(names)), max_size=1))) if draw(some([0, 0, 1])) else (),
            site_class=draw(some(["", "school"])), controller=draw(some(["", "landlord"])), network_state=draw(some(["connected", "isolated"])),
            contract_end=draw(some(["", "2027-03-20"])), exit_cost=draw(some([None, Decimal(5)])), consent_from=draw(some(["", "", "2027-02-01"])),
            works_until=draw(some(["", "", "2027-01-31"])), visit=draw(some(["", "", "v"])), waived_until=draw(some(["", "2027-04-30"])),
        )
        for n in names
    ]  # fmt: skip
    has = means(draw(some([0, 1])), 10, draw(some([{}, {"2027-Q1": 60, "2027-Q2": 60}, {"2027-Q1": 25, "2027-Q2": 80}])), draw(some([(), ("2027-02-01/2027-02-20",)])))
    if not has.crews:
        has = replace(has, devices_per_crew_month=0)
    has = replace(
        has, carry_over=draw(st.booleans()), regional=draw(some([(), (("N", 1),)])) if has.crews else (), trip_devices=draw(some([0, 2])), trip_cost=Decimal(draw(some([0, 4]))),
        partial_freezes=draw(some([(), (Freeze("2027-01-01/2027-01-31", ("N",)), Freeze("2027-03-01/2027-03-31", (), ("school",)))])),
        landlord_months=draw(some([0, 1])), isolations_per_month=draw(some([0, 1])),
    )  # fmt: skip
    terms = replace(policy("2027-04-30"), risk=draw(some([(), RISK])), isolate_classes=draw(some([(), ("school",)])), isolate_months=2)
    return sites, has, terms


def every(sites: list[Site]) -> Iterator[tuple[Removal, ...]]:
    for months in itertools.product(MONTHS, repeat=len(sites)):
        yield tuple(Removal(s.site_id, m, s.devices, s.devices * (s.unit_cost or 0)) for s, m in zip(sites, months, strict=True))


def exposure(sites: list[Site], removals: tuple[Removal, ...], terms: Policy) -> Decimal:
    factors, total = dict(terms.risk), Decimal(0)
    for s, r in zip(sites, removals, strict=True):
        isolated = bool(terms.isolate_classes) and s.site_class in ("", "school") and s.devices > 0 and s.network_state == "connected"
        risk = factors.get(f"class:{s.site_class}", Decimal(1)) * factors.get(f"network:{'isolated' if isolated else s.network_state}", Decimal(1))
        total += risk.quantize(Decimal("0.01")) * s.devices * DAYS[r.month]
    return total


@settings(max_examples=EXAMPLES, deadline=None, derandomize=True)
@given(rich())
def test_with_every_rule_the_plan_is_as_good_as_trying_everything(problem: tuple[list[Site], Means, Policy]) -> None:
    sites, has, terms = problem
    found = plan(sites, has, terms, NOW, QUICK)
    assert check_plan(sites, found, has, terms) == []
    isolations: tuple[Isolation, ...] = found.isolations
    if not found.removals:
        # the order of isolations does not depend on the removals: what is infeasible for the planner must be for every month of every site
        isolations = ()
    lax = replace(terms, isolate_classes=()) if not found.removals else terms
    possible = [r for r in every(sites) if not check(sites, r, has, lax, isolations)]
    if found.status == "feasible":
        best = min(exposure(sites, r, terms) for r in possible)
        assert found.stopped == "proved" and found.gap == 0
        assert (found.exposure, found.exposure_bound) == (best, best)
    else:
        assert found.status == "infeasible"
        if not terms.isolate_classes:
            assert not possible


def _plan(sites: list[Site], has: Means | None = None, terms: Policy | None = None, effort: Effort = QUICK) -> Plan:
    terms = terms or policy()
    found = plan(sites, has, terms, NOW, effort)
    assert check_plan(sites, found, has, terms) == []
    return found


def _months(found: Plan) -> dict[str, str]:
    return {r.site_id: r.month for r in found.removals}


# one smallest problem per rule: what can be done with the months that it gives, then what cannot with the words that say so
RULES = {
    "carry-over": (
        ([site("A", 1, unit_cost=Decimal(90), window_from="2027-04-01")], replace(means(budgets={"2027-Q1": 50, "2027-Q2": 50}), carry_over=True)),
        ([site("A", 1, unit_cost=Decimal(90), window_from="2027-04-01")], means(budgets={"2027-Q1": 50, "2027-Q2": 50})),
        {"A": "2027-04"}, "costs 90.00, the largest budget it can use is 50.00",
    ),
    "a region's own crews": (
        ([site("A", 9, region="N"), site("B", 9, region="S")], replace(means(1, 10), regional=(("N", 1),))),
        ([site("A", 11, region="N"), site("B", 9, region="S")], replace(means(2, 10), regional=(("N", 1),))),
        {"A": "2027-01", "B": "2027-01"}, "the crews of N can do 10",
    ),
    "trips take hands": (
        ([site("A", 8, deadline="2027-01-31")], replace(means(1, 10), trip_devices=2)),
        ([site("A", 9, deadline="2027-01-31")], replace(means(1, 10), trip_devices=2)),
        {"A": "2027-01"}, "11 devices, the trip counted, in one month, the crews can do 10",
    ),
    "trips cost money": (
        ([site("A", 1, unit_cost=Decimal(90))], replace(means(budgets={"2027": 100}), trip_cost=Decimal(10))),
        ([site("A", 1, unit_cost=Decimal(91))], replace(means(budgets={"2027": 100}), trip_cost=Decimal(10))),
        {"A": "2027-01"}, "costs 101.00",
    ),
    "one visit": (
        ([site("A", 1, visit="v"), site("B", 1, visit="v", window_from="2027-03-01")], means(1, 10)),
        ([site("A", 1, visit="v", window_to="2027-02-28"), site("B", 1, visit="v", window_from="2027-03-01")], means(1, 10)),
        {"A": "2027-03", "B": "2027-03"}, "visit A + B: must be done by 2027-02-28",
    ),
    "landlord's consent": (
        ([site("A", 1, consent_from="2027-02-15", deadline="2027-02-28")], means(1, 10)),
        ([site("A", 1, consent_from="2027-03-01", deadline="2027-02-28")], means(1, 10)),
        {"A": "2027-02"}, "the landlord's consent is there on 2027-03-01: 1 day too late",
    ),
    "a landlord takes time": (
        ([site("A", 1, controller="landlord")], replace(means(1, 10), landlord_months=2)),
        ([site("A", 1, controller="landlord", deadline="2027-02-28")], replace(means(1, 10), landlord_months=2)),
        {"A": "2027-03"}, "the landlord's consent is not there before 2027-03-01",
    ),
    "works": (
        ([site("A", 1, works_until="2027-02-27", deadline="2027-02-28")], means(1, 10)),
        ([site("A", 1, works_until="2027-02-28", deadline="2027-02-28")], means(1, 10)),
        {"A": "2027-02"}, "works end on 2027-02-28",
    ),
    "a region's freeze": (
        ([site("A", 1, region="N"), site("B", 1, region="S")], replace(means(1, 10), partial_freezes=(Freeze("2027-01", ("N",), (), "election"),))),
        ([site("A", 1, region="N", deadline="2027-01-31")], replace(means(1, 10), partial_freezes=(Freeze("2027-01", ("N",), (), "election"),))),
        {"A": "2027-02", "B": "2027-01"}, "every day from 2027-01-10 to 2027-01-31 is frozen",
    ),
    "a school term": (
        ([site("A", 1, site_class="school"), site("B", 1)], replace(means(1, 10), partial_freezes=(Freeze("2027-01", (), ("school",)),))),
        ([site("A", 1, site_class="school", deadline="2027-01")], replace(means(1, 10), partial_freezes=(Freeze("2027-01", (), ("school",)),))),
        {"A": "2027-02", "B": "2027-01"}, "is frozen",
    ),
}  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_can_be_kept_and_can_clash(rule: str) -> None:
    can, cannot, months, words = RULES[rule]
    assert _months(_plan(*can)) == months
    found = _plan(*cannot)
    assert found.status == "infeasible" and words in found.clashes[0]


def test_isolation_comes_first_and_can_clash() -> None:
    terms = replace(policy(), isolate_classes=("school",), risk=(("network:isolated", Decimal("0.5")),))
    sites = [site("A", 5, site_class="school", network_state="connected"), site("B", 5, site_class="office"), site("C", 5, network_state="isolated", site_class="school")]
    found = _plan(sites, means(1, 20), terms)
    assert found.isolations == (Isolation("A", "2027-01"),)
    assert found.exposure == Decimal("2.5") * 31 * 2 + 5 * 31
    two = [site(n, 5, site_class="school") for n in "AB"]
    clash = _plan(two, replace(means(1, 20), isolations_per_month=1), terms)
    assert clash.clashes == (
        "isolation first: 2 sites must be off the network by 2027-01, 1 can be isolated in a month: 1 too many; that takes 2 a month, or 2 months",
    )
    assert len(_plan(two, replace(means(1, 20), isolations_per_month=1), replace(terms, isolate_months=2)).isolations) == 2


def test_risk_decides_who_goes_first() -> None:
    terms = replace(policy(), risk=RISK)
    found = _plan([site("A", 10, site_class="office"), site("B", 10, site_class="school")], means(1, 10), terms)
    assert _months(found) == {"B": "2027-01", "A": "2027-02"} and found.stopped == "proved"


def test_among_equals_money_then_fairness_decide() -> None:
    # both orders have the same exposure; leaving A's contract early costs 50
    sites = [site("A", 10, unit_cost=Decimal(1), contract_end="2027-02-15", exit_cost=Decimal(50)), site("B", 10, unit_cost=Decimal(1))]
    found = _plan(sites, means(1, 10))
    assert _months(found) == {"B": "2027-01", "A": "2027-02"} and found.cost_low == 20
    four = [site(n, 5, region=r) for n, r in (("A", "N"), ("B", "N"), ("C", "S"), ("D", "S"))]
    months = _months(_plan(four, means(1, 10)))
    assert {months["A"], months["B"]} == {months["C"], months["D"]} == {"2027-01", "2027-02"}


@pytest.mark.parametrize("solver", [True, False])
def test_the_same_input_gives_the_same_plan(solver: bool) -> None:
    sites = hidden_plan(3, months=8, fill=95)
    effort = Effort(1.0, solver=solver)
    first = plan(sites, means(1, 100), policy(), NOW, effort)
    assert first == plan(sites[::-1], means(1, 100), policy(), NOW, effort)
    assert first.status == "feasible" and check_plan(sites, first, means(1, 100), policy()) == []


def test_without_the_solver_there_is_still_a_plan_with_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_module, "available", lambda: False)
    found = _plan(hidden_plan(1, months=8, fill=90), means(1, 100))
    assert found.status == "feasible" and found.method in ("prices", "greedy, moved earlier") and found.gap is not None and found.gap < Decimal("0.2")


def test_no_time_means_the_first_plan_and_more_time_is_never_worse() -> None:
    sites = hidden_plan(2, months=8, fill=95)
    greedy, better = (_plan(sites, means(1, 100), effort=Effort(s)) for s in (0, 1.0))
    assert greedy.method == "greedy" and greedy.exposure is not None and better.exposure is not None
    assert better.exposure_bound is not None and better.exposure_bound <= better.exposure <= greedy.exposure


def test_an_interrupt_keeps_what_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(improve_module, "_best_prices", stop)
    found = _plan([site(n, 6) for n in "ABCDE"], means(1, 13))
    assert (found.status, found.stopped, len(found.removals)) == ("feasible", "interrupted", 5)


def test_ctrl_c_in_the_middle_of_the_search_keeps_the_plan_so_far() -> None:
    timer = threading.Timer(1.5, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    try:
        found = _plan(hidden_plan(1, months=12, fill=95), means(1, 100), effort=Effort(120.0, time.monotonic, gap=0.0))
    finally:
        timer.cancel()
    assert found.status == "feasible" and found.stopped == "interrupted" and found.removals


def test_time_is_obeyed() -> None:
    ticks = iter(range(10_000))
    found = _plan(hidden_plan(4, months=10, fill=95), means(1, 100), effort=Effort(3.0, lambda: float(next(ticks))))
    assert found.status == "feasible" and found.stopped in ("time", "proved", "gap")


def test_parts_make_a_large_plan_better(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(improve_module, "WHOLE", 20)
    monkeypatch.setattr(improve_module, "PART", 60)
    sites = hidden_plan(5, months=10, fill=95)
    found = _plan(sites, means(1, 100), effort=Effort(4.0))
    first = _plan(sites, means(1, 100), effort=Effort(0))
    assert found.exposure is not None and first.exposure is not None and found.exposure <= first.exposure


# what has to give


def _relaxed(sites: list[Site], has: Means, deadline: str = "") -> dict[str, tuple[Decimal | None, bool]]:
    return {r.rule: (r.amount, r.proved) for r in relaxations(sites, has, policy(deadline), NOW, QUICK)}


def test_the_least_relaxation_of_each_rule() -> None:
    sites = [site(n, 4, deadline="2027-02-28", unit_cost=Decimal(1)) for n in "ABCDE"]
    assert _relaxed(sites, means(1, 10)) == {"crews": (Decimal(1), True), "deadlines": (Decimal(1), True)}
    assert _relaxed(sites, means(budgets={"2027-Q1": 18})) == {"budgets": (Decimal(2), True), "deadlines": (None, True)}
    assert _relaxed([site("A", depends_on=("A",))], means(1, 10)) == {"crews": (None, True)}


def test_relaxing_by_that_much_helps_and_by_less_does_not() -> None:
    sites = [site(n, d, deadline="2027-02-28", unit_cost=Decimal(7)) for n, d in zip("ABCDE", (7, 6, 5, 6, 4), strict=True)]
    has = means(1, 9, {"2027-Q1": 150})
    assert _plan(sites, has).status == "infeasible"
    money = _relaxed(sites, replace(has, crews=4))["budgets"][0]
    assert money == sum(s.devices for s in sites) * 7 - 150
    enough = replace(has, crews=4, budgets=(("2027-Q1", Decimal(150) + (money or 0)),))
    assert _plan(sites, enough).status == "feasible"
    assert _plan(sites, replace(enough, budgets=(("2027-Q1", Decimal(149) + (money or 0)),))).status == "infeasible"


def test_where_no_rule_helps_alone_they_are_relaxed_together() -> None:
    found = relaxations([site("A", 10, unit_cost=Decimal(11))], means(1, 5, {"2026-27": 100}), policy(), NOW, QUICK)
    together = {r.rule: r.amount for r in found if r.words.startswith("together")}
    assert together == {"crews": Decimal(1), "budgets": Decimal(10)}


def test_the_core_names_rules_none_of_which_is_idle() -> None:
    sites = [site(n, 4, deadline="2027-02-28", window_from="2027-01-05") for n in "ABCDE"]
    assert core(sites, means(1, 10, freezes=("2027-05-01",)), policy(), NOW, QUICK) == ("crews", "deadlines")
