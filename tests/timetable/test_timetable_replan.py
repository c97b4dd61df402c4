"""A new plan from an old one: as few moves as possible, each with its reason."""

from __future__ import annotations

import itertools
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings

from custodes.timetable import check, check_plan, plan
from custodes.timetable.effort import Effort
from custodes.values.plan import Means, Outside, Plan, Removal, Site
from timetable.problems import MONTHS, NOW, means, policy, problems, site

QUICK = Effort(3.0)
SITES = [site("A", 6), site("B", 6), site("C", 6)]
HAS = means(1, 10)


def _again(sites: list[Site], has: Means, before: dict[str, str], now: str = NOW, effort: Effort = QUICK, outside: tuple[Outside, ...] = ()) -> Plan:
    found = plan(sites, has, policy(), now, effort, before=before, outside=outside)
    assert check_plan(sites, found, has, policy()) == []
    return found


def _moves(found: Plan) -> dict[str, tuple[str, str, str]]:
    return {m.site_id: (m.before, m.after, m.reason) for m in found.moves}


OLD = {"A": "2027-01", "B": "2027-02", "C": "2027-04"}


@pytest.mark.parametrize("effort", [QUICK, Effort(0)])
def test_what_can_stay_stays_even_where_earlier_were_better(effort: Effort) -> None:
    found = _again(SITES, HAS, OLD, effort=effort)
    assert _moves(found) == {} and {r.site_id: r.month for r in found.removals} == OLD


REASONS = {
    "the month is past": (SITES, HAS, "2027-02-10", {"A": ("2027-01", "2027-03", "2027-01 is past and it is not done")}),
    "a window": ([replace(SITES[0], window_from="2027-03-01"), *SITES[1:]], HAS, NOW, {"A": ("2027-01", "2027-03", "cannot go before 2027-03-01")}),
    "a deadline": ([*SITES[:2], replace(SITES[2], deadline="2027-03-31")], HAS, NOW, {"C": ("2027-04", "2027-03", "must be done by 2027-03-31")}),
    "a freeze": (SITES, means(1, 10, freezes=("2027-02-01/2027-02-28",)), NOW, {"B": ("2027-02", "2027-03", "2027-02 is closed to it: frozen, or more than that month's crews or money")}),
    "a dependency": ([replace(SITES[0], depends_on=("B",)), *SITES[1:]], HAS, NOW, {"A": ("2027-01", "2027-03", "waits for B, which goes in 2027-02")}),
    "new": ([*SITES, site("D", 6)], HAS, NOW, {"D": ("", "2027-03", "new in the list")}),
    "crews": ([replace(SITES[0], devices=3), SITES[1], SITES[2], site("D", 9, deadline="2027-01-31")], HAS, NOW, {
        "A": ("2027-01", "2027-02", "the crews of 2027-01 have room for 1 more devices, it needs 3"), "D": ("", "2027-01", "new in the list"),
    }),
}  # fmt: skip


@pytest.mark.parametrize("case", REASONS)
def test_each_move_has_its_reason(case: str) -> None:
    sites, has, now, moves = REASONS[case]
    assert _moves(_again(sites, has, OLD, now)) == moves


def test_what_fell_out_is_a_move_with_its_reason() -> None:
    found = _again(SITES[:2], HAS, OLD, outside=(Outside("C", 6, "removed on 2027-01-05"),))
    assert _moves(found) == {"C": ("2027-04", "", "removed on 2027-01-05")}
    assert _moves(_again(SITES[:2], HAS, OLD)) == {"C": ("2027-04", "", "no longer in the list")}


def test_money_is_a_reason_too() -> None:
    sites = [site(n, 1, unit_cost=Decimal(60)) for n in "AB"]
    found = _again(sites, means(budgets={"2027-Q1": 60, "2027-Q2": 60}), {"A": "2027-01", "B": "2027-02"})
    assert len(found.moves) == 1 and found.moves[0].reason == "the budget of 2027-01 has 0.00 left, it costs 60.00".replace("2027-01", found.moves[0].before)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(problems(most=3))
def test_no_plan_moves_fewer_sites_or_moves_them_less(problem: tuple[list[Site], Means, str]) -> None:
    sites, has, deadline = problem
    terms, before = policy(deadline), {s.site_id: MONTHS[n % 3] for n, s in enumerate(sites)}
    found = plan(sites, has, terms, NOW, QUICK, before=before)
    assume(found.removals)
    months = [MONTHS.index(before[s.site_id]) for s in sites]

    def cost(choice: tuple[int, ...]) -> tuple[int, int, int]:
        exposure = sum(s.devices * (31, 59, 90, 120)[c] for s, c in zip(sites, choice, strict=True))
        return sum(a != b for a, b in zip(choice, months, strict=True)), sum(abs(a - b) for a, b in zip(choice, months, strict=True)), exposure

    def removals(choice: tuple[int, ...]) -> list[Removal]:
        costs = [None if s.unit_cost is None else s.devices * s.unit_cost for s in sites]
        return [Removal(s.site_id, MONTHS[c], s.devices, k) for s, c, k in zip(sites, choice, costs, strict=True)]

    best = min(cost(c) for c in itertools.product(range(4), repeat=len(sites)) if not check(sites, removals(c), has, terms))
    now = {r.site_id: MONTHS.index(r.month) for r in found.removals}
    assert cost(tuple(now[s.site_id] for s in sites)) == best
    assert {m.site_id for m in found.moves} == {s.site_id for s in sites if MONTHS[now[s.site_id]] != before[s.site_id]}
    assert all(m.reason for m in found.moves)
