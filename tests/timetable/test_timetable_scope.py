"""What a policy is about: makers by their grounds, bodies and sites; what is stated and different is out with its reason, what is unsaid is in."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from custodes.errors import UsageError
from custodes.pipeline.grounding import body_kinds, maker_of, shipped_grounds
from custodes.timetable import load_policy, plan
from custodes.timetable.policy import policy_of
from custodes.timetable.scenarios import compared, scenarios_of
from custodes.timetable.scope import counting_makers
from custodes.timetable.terms import Exemption, Ground
from custodes.timetable.today import select
from custodes.values.plan import Outside, Site
from timetable.problems import NOW, means, policy, site

GROUNDS = [
    Ground("rights", "listing", "L1", "abuse of people", "CN", "2019-10-09"), Ground("spy", "listing", "L2", "national security", "CN", "2018-08-13"),
    Ground("both", "listing", "L1", "both", "XX", "2020"), Ground("later", "listing", "L1", "abuse of people", "CN", "2030-01-01"),
    Ground("ended", "listing", "L1", "abuse of people", "CN", "2019", "2021-05-01"), Ground("claimed", "claim"), Ground("judged", "court"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "makers"),
    [
        ({}, {"rights", "spy", "both"}),
        ({"grounds": ("abuse of people", "both")}, {"rights", "both"}),
        ({"lists": ("L2",)}, {"spy"}),
        ({"countries": ("CN",)}, {"rights", "spy"}),
        ({"sources": ("claim",)}, {"claimed"}),
        ({"sources": ("listing", "claim", "court"), "lists": ("L2",)}, {"spy", "claimed", "judged"}),
        ({"sources": ("court",), "makers": ("acme",)}, {"judged", "acme"}),
        ({"sources": ("court",), "courts": (Ground("found", "court", since="2020-01-01"),)}, {"judged", "found"}),
    ],
)
def test_which_makers_count(change: dict[str, object], makers: set[str]) -> None:
    assert counting_makers(replace(policy(), **change), GROUNDS, "2027-01-10") == makers  # type: ignore[arg-type]


def test_a_maker_counts_from_the_day_of_its_listing_to_the_day_of_its_end() -> None:
    terms = replace(policy(), lists=("L1",))
    assert counting_makers(terms, GROUNDS, "2019-10-08") == {"ended"}
    assert counting_makers(terms, GROUNDS, "2019-10-09") == {"rights", "ended"}
    assert "ended" in (counting_makers(terms, GROUNDS, "2021-05-01") or ()) and "ended" not in (counting_makers(terms, GROUNDS, "2021-05-02") or ())


def test_section_889_and_the_lords_clause_count_different_makers_of_the_fact_tables() -> None:
    law = {name: counting_makers(load_policy(name), shipped_grounds(), "2026-11-23") for name in ("us-ndaa-889-a", "uk-lords-2022", "au-2023", "none")}
    assert law["us-ndaa-889-a"] == {"hikvision", "dahua", "huawei", "zte", "hytera"} and law["au-2023"] == {"hikvision", "dahua"} and law["none"] is None
    assert "hikvision" in (law["uk-lords-2022"] or ()) and "zte" not in (law["uk-lords-2022"] or ())


def _select(sites: list[Site], counts: set[str] | None = None, kinds: dict[str, str] | None = None, **change: object) -> tuple[list[Site], list[Outside], list[str]]:
    found = select(sites, replace(policy(), **change), None if counts is None else frozenset(counts), kinds or {}, NOW)  # type: ignore[arg-type]
    return list(found.sites), list(found.outside), list(found.assumptions)


def test_only_the_devices_of_makers_that_count_are_planned() -> None:
    sites = [site("A", 10, makers=(("rights", 6), ("other", 3))), site("B", 4, makers=(("other", 4),)), site("C", 5)]
    kept, outside, granted = _select(sites, {"rights"})
    assert [(s.site_id, s.devices, s.unknown_make) for s in kept] == [("A", 6, 1), ("C", 5, 0)]
    assert outside == [Outside("B", 4, "no ground of the policy counts for other")]
    assert granted == ["1 site without a maker: all counted devices taken as covered"]


@pytest.mark.parametrize(
    ("one", "change", "reason"),
    [
        (site("A", site_class="park"), {"site_classes": ("sensitive",)}, "the policy is about sensitive sites, this one is park"),
        (site("A"), {"body_kinds": ("government department",)}, "the policy binds government department, Anytown Council is council"),
        (site("A", band="weak"), {"bands": ("strong", "possible")}, "the evidence is weak; the policy wants strong or possible"),
        (site("A", removed_on="2027-01-05"), {}, "removed on 2027-01-05"),
        (site("A", controller="landlord"), {"exemptions": (Exemption("let houses", "c", "", False, "2027", controllers=("landlord",)),)}, "excepted: let houses"),
    ],
)
def test_what_is_stated_and_different_is_out(one: Site, change: dict[str, object], reason: str) -> None:
    kept, outside, _ = _select([one], kinds={"Anytown Council": "council"}, **change)
    assert not kept and outside == [Outside("A", 10, reason)]


def test_what_is_unsaid_is_in_and_the_plan_says_so() -> None:
    kept, outside, granted = _select([site("A", controller="landlord")], site_classes=("sensitive",), body_kinds=("government department",), isolate_classes=("*",))
    assert [s.site_id for s in kept] == ["A"] and not outside
    assert granted == [
        "1 site without a class: counted as sensitive", "1 site whose body's kind is not known: counted as government department",
        "1 site without a network state: taken as connected", "1 site of a landlord whose consent has no date",
    ]  # fmt: skip


def test_an_exemption_without_a_selector_is_for_people() -> None:
    kept, _, _ = _select([site("A")], exemptions=(Exemption("backhaul", "c", "", False, "2027"),))
    assert len(kept) == 1


def test_who_waits_for_what_is_done_or_left_out_waits_no_more() -> None:
    sites = [site("A", depends_on=("B", "C", "X")), site("B", removed_on="2027-01-01"), site("C", site_class="park"), site("D", removed_on="2028-01-01")]
    kept, _, _ = _select(sites, site_classes=("sensitive",))
    assert {s.site_id: s.depends_on for s in kept} == {"A": ("X",), "D": ()}


def test_a_waiver_moves_the_policys_deadline_and_not_the_sites_own() -> None:
    terms = policy("2027-01-31")
    months = {r.site_id: r.month for r in plan([site("A", 10, waived_until="2027-03"), site("B", 10)], means(1, 10), terms, NOW).removals}
    assert months == {"A": "2027-02", "B": "2027-01"}
    late = plan([site("A", waived_until="2027-03", deadline="2026-12-31")], means(1, 10), terms, NOW)
    assert late.status == "infeasible"


def test_scenarios_say_whether_the_money_suffices_at_each_end() -> None:
    sites, has = [site("A", 10)], means(budgets={"2027": 1500})
    terms = policy(low=100, high=200)
    found = scenarios_of(plan(sites, has, terms, NOW), sites, has, terms, NOW)
    assert [(s.name, s.unit_cost, s.status, s.cost) for s in found.scenarios] == [
        ("low", Decimal(100), "feasible", Decimal(1000)), ("middle", Decimal(150), "feasible", Decimal(1500)), ("high", Decimal(200), "infeasible", Decimal(2000)),
    ]  # fmt: skip
    own = [site("A", 10, unit_cost=Decimal(5))]
    assert scenarios_of(plan(own, has, terms, NOW), own, has, terms, NOW).scenarios == ()


def test_two_policies_on_one_estate() -> None:
    one, other = policy("2027-12-31"), replace(policy(), policy_id="other")
    first = plan([site("A"), site("B", window_from="2027-02-01")], None, one, NOW)
    second = plan([site("A", window_from="2027-03-01")], None, other, NOW, outside=(Outside("B", 10, "not sensitive"),))
    found = compared((first, one), (second, other))
    assert found["only_first"] == [{"site_id": "B", "reason": "not sensitive"}] and found["only_second"] == []
    assert found["months"] == [{"site_id": "A", "first": "2027-01", "second": "2027-03"}]
    assert [(p["sites"], p["deadline"], p["end"]) for p in found["policies"]] == [(2, "2027-12-31", "2027-02"), (1, "", "2027-03")]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"binds": {"sites": []}}, "unknown key sites"), ({"isolate": {"months": 0}}, "from 1 to 120"), ({"risk": {"classes": {"school": 0}}}, "between 0.01 and 100"),
        ({"risk": {"classes": 3}}, "must be a table"), ({"exceptions": [{"what": "x"}]}, "lacks"), ({"court_findings": [{"maker_id": "x"}]}, "lacks"),
    ],
)  # fmt: skip
def test_the_further_parts_of_a_policy_are_strict(more: dict[str, object], words: str) -> None:
    head = dict.fromkeys(("id", "title", "status", "as_of", "scope", "note"), "x")
    counts = {"words": "", "grounds": [], "lists": [], "countries": []}
    with pytest.raises(UsageError, match=words):
        policy_of({**head, "counts": counts, **more}, "p.toml")


def test_names_of_makers_and_kinds_of_bodies_come_from_the_fact_tables() -> None:
    assert (maker_of("HIKVISION"), maker_of("Zhejiang Dahua Technology Co., Ltd."), maker_of("Axis"), maker_of("")) == ("hikvision", "dahua", "", "")
    assert body_kinds()["Devon County Council"] == "county council"
