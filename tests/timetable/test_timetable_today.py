"""The sites as they stand today: what the policy counts, less what is done, by the list's columns or by events; and deadlines that have passed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custodes.pipeline.grounding import Known
from custodes.pipeline.plan_files import plan_file
from custodes.pipeline.plan_making import Wishes, lines_of, make, missed_words
from custodes.timetable.check import check_plan
from custodes.timetable.effort import Effort
from custodes.timetable.events import events_of
from custodes.timetable.overdue import lifted
from custodes.timetable.public import public
from custodes.timetable.solve import plan
from custodes.timetable.status import state
from custodes.timetable.today import later, select
from custodes.values.plan import Missed, Site
from timetable.problems import NOW, means, policy, site
from timetable.timetable_rows import events
from timetable.timetable_rows import given as made_of
from timetable.timetable_rows import plan as plan_json
from timetable.timetable_rows import site as row

WISHES = Wishes(now=NOW, seconds=2.0)
COUNTS = frozenset({"hikvision"})


def today(sites: list[Site], text: str = "", counts: frozenset[str] | None = COUNTS, now: str = NOW) -> Any:
    return select(sites, policy(), counts, {}, now, events_of(events(text), now)[0])


def living(text: str = "", now: str = NOW) -> Known:
    return Known((), {}, (), tuple(events_of(events(text), now)[0]), living=True)


def test_an_event_takes_from_what_the_policy_counts_not_from_the_rest() -> None:
    found = today([site("A", 15, makers=(("axis", 3), ("hikvision", 12)))], "A,removed,2027-01-05,5,,,,\n")
    (left,) = found.sites
    assert (left.devices, left.makers) == (7, (("hikvision", 7),))
    done = today([site("A", 15, makers=(("axis", 3), ("hikvision", 12)))], "A,removed,2027-01-05,,,,,\n")
    assert not done.sites and [(o.devices, o.reason) for o in done.outside] == [(12, "removed on 2027-01-05")]


def test_of_several_makers_that_count_nobody_said_which_went() -> None:
    found = today([site("A", 10, makers=(("dahua", 4), ("hikvision", 6)))], "A,removed,2027-01-05,3,,,,\n", frozenset({"hikvision", "dahua"}))
    assert [(s.devices, s.makers) for s in found.sites] == [(7, ())]


def test_what_is_found_later_brings_in_a_site_of_other_makers_but_not_one_that_is_not_bound() -> None:
    text = "A,found,2027-01-05,2,,,,\nB,found,2027-01-05,2,,,,\n"
    sites = [site("A", 8, makers=(("axis", 8),)), site("B", 8, site_class="park")]
    found = select(sites, replace(policy(), site_classes=("school",)), COUNTS, {}, NOW, events_of(events(text), NOW)[0])
    assert [(s.site_id, s.devices) for s in found.sites] == [("A", 2)] and [o.site_id for o in found.outside] == ["B"]


def test_devices_nobody_knows_are_not_left_out_with_the_others() -> None:
    found = today([site("A", 4, unknown_make=3, makers=(("axis", 4),)), site("B", 4, makers=(("axis", 3),))])
    assert [(s.site_id, s.devices, s.unknown_make) for s in found.sites] == [("A", 0, 3), ("B", 0, 1)]


@pytest.mark.parametrize(
    ("column", "event"),
    [({"removed_on": "2027-01-05"}, "A,removed,2027-01-05,,,,,\n"), ({"isolated_on": "2027-01-05"}, "A,isolated,2027-01-05,,,,,\n"), ({"waived_until": "2027-06"}, "A,waived,2027-01-05,,,,2027-06,why\n")],
)  # fmt: skip
def test_a_column_and_an_event_say_the_same(column: dict[str, str], event: str) -> None:
    terms, has = policy("2027-02-28"), means(1, 40)
    by_column = make([site("A", 10, **column), site("B", 4)], has, WISHES, living())
    by_event = make([site("A", 10), site("B", 4)], has, WISHES, living(event))
    assert (by_column.sites, by_column.plan) == (by_event.sites, by_event.plan)
    assert {s.site_id: lifted([s], terms, "2027-03-01")[2] for s in by_column.sites} == {s.site_id: lifted([s], terms, "2027-03-01")[2] for s in by_event.sites}


def test_what_is_dated_after_today_is_not_done() -> None:
    found = today([site("A", 10, removed_on="2027-06-01"), site("B", 10, isolated_on="2027-02-01")])
    assert [(s.site_id, s.removed_on, s.isolated_on) for s in found.sites] == [("A", "", ""), ("B", "", "")]


def test_an_extension_moves_the_sites_own_deadline_and_the_policys() -> None:
    text = "A,extension granted,2027-01-05,,,,2027-04,\nB,extension granted,2027-01-05,,,,2027-04-10,\n"
    found = {s.site_id: s for s in today([site("A", deadline="2027-04-10"), site("B", deadline="2027-04"), site("C")], text, None).sites}
    assert (found["A"].deadline, found["B"].deadline, found["A"].waived_until, found["C"].waived_until) == ("2027-04", "2027-04", "2027-04", "")


@given(st.sampled_from(["", "2027-03", "2027-03-15", "2027", "2027-03-31"]), st.sampled_from(["", "2027-03", "2027-03-15", "2027", "2027-03-31"]))
def test_the_later_day_is_the_later_day(one: str, other: str) -> None:
    ends = {"": "", "2027-03": "2027-03-31", "2027": "2027-12-31"}
    assert ends.get(later(one, other), later(one, other)) == max(ends.get(one, one), ends.get(other, other))


def test_a_deadline_that_has_passed_is_missed_and_binds_no_more() -> None:
    sites = [site("A", 10, deadline="2026-12-31"), site("B", 10, deadline="2027-02"), site("C", 5)]
    made = make(sites, means(1, 20), WISHES, living())
    assert made.plan.status == "feasible" and made.plan.missed == (Missed("A", "2026-12-31", 10),)
    assert {s.site_id: s.deadline for s in made.sites} == {"A": "2026-12-31", "B": "2027-02", "C": ""}
    value = made.json(sites, WISHES, living())
    assert lines_of(value)[0].endswith("no plan that puts what is overdue first has less")
    assert value["verdict"]["passes"] and missed_words(value) == ["A missed its deadline 2026-12-31, 10 days ago; now planned for 2027-01"]


def test_of_two_deadlines_the_one_to_come_still_binds() -> None:
    kept, terms, missed = lifted([site("A", deadline="2026-12"), site("B", waived_until="2027-05"), site("C")], policy("2027-01-09"), NOW)
    assert [(m.site_id, m.deadline, m.days) for m in missed] == [("A", "2026-12-31", 10), ("C", "2027-01-09", 1)]
    assert ({s.site_id: s.deadline for s in kept}, terms.deadline) == ({"A": "", "B": "2027-05-31", "C": ""}, "")


def test_what_is_overdue_goes_first_unless_another_deadline_would_fall() -> None:
    small, large = site("A", 2, deadline="2026-12-31"), [site(f"B{n}", 20) for n in range(4)]
    months = {r.site_id: r.month for r in make([small, *large], means(1, 20), WISHES, living()).plan.removals}
    assert months["A"] == "2027-01"
    assert {r.site_id: r.month for r in make([replace(small, deadline=""), *large], means(1, 20), WISHES, living()).plan.removals}["A"] == "2027-05"
    due = [site("B", 20, deadline="2027-01-31")]
    months = {r.site_id: r.month for r in make([small, *due], means(1, 20), WISHES, living()).plan.removals}
    assert months == {"A": "2027-02", "B": "2027-01"}


def test_a_table_that_is_planned_for_the_first_time_must_keep_every_deadline(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("site_id,devices,deadline\nA,1,2026-12-31\nB,1,\n", encoding="utf-8")
    first = plan_file(tmp_path / "s.csv", str(tmp_path / "a.json"), WISHES)
    assert (first["status"], first["exit"]) == ("infeasible", 3)
    (tmp_path / "old.json").write_text(json.dumps({"removals": [{"site_id": "A", "month": "2026-12"}]}), encoding="utf-8")
    again = plan_file(tmp_path / "s.csv", str(tmp_path / "a.json"), replace(WISHES, before=str(tmp_path / "old.json")))
    value = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert (again["exit"], value["status"], value["missed"]) == (3, "unconstrained", [{"site_id": "A", "deadline": "2026-12-31", "days": 10}])
    assert any("A missed its deadline 2026-12-31, 10 days ago; now planned for 2027-01" in line for line in again["lines"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"missed": (Missed("A", "2026-12-31", 9),)}, "site A is said to have missed 2026-12-31 by 9 days; it missed 2026-12-31 by 10"),
        ({"missed": (Missed("A", "2026-12-31", 10), Missed("B", "2027-02-28", 1))}, "site B is said to have missed 2027-02-28, but no deadline of it is past with known devices left"),
        ({"missed": ()}, "site A: 2027-01 is after its deadline (2026-12-31)"),
    ],
)
def test_the_checker_does_not_take_missed_deadlines_on_trust(change: dict[str, Any], words: str) -> None:
    made = make([site("A", 10, deadline="2026-12-31"), site("B", 10, deadline="2027-02")], means(1, 20), WISHES, living())
    assert check_plan(made.sites, made.plan, made.means, made.policy) == []
    assert words in check_plan(made.sites, replace(made.plan, **change), made.means, made.policy)


def test_the_checker_wants_a_ground_for_every_maker_that_counts() -> None:
    sites = [site("A", 10, makers=(("hikvision", 10),))]
    found = replace(plan(sites, None, policy(), NOW), grounds=())
    assert check_plan(sites, found, None, policy()) == ["site A: devices of hikvision are counted, and the plan gives no ground for it"]


@pytest.mark.parametrize(("window", "words"), [({"window_to": "2027-01-08"}, "must be done by 2027-01-08, and today is 2027-01-10: 2 days too late"), ({"deadline": "2027-01-09"}, "1 day too late")])
def test_days_before_today_are_gone(window: dict[str, str], words: str) -> None:
    found = plan([site("A", 10, **window)], means(1, 20), policy(), NOW)
    assert found.status == "infeasible" and words in found.clashes[0]
    assert plan([site("A", 10, window_to="2027-01-10")], means(1, 20), policy(), NOW).removals[0].month == "2027-01"


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 8), st.sampled_from(["", "2026-11-30", "2026-12", "2027-01-09", "2027-02-15", "2027-03"])), min_size=1, max_size=5), st.sampled_from([(), ("2027-01-12/2027-01-31",)]))
def test_whatever_was_missed_the_plan_passes_its_check(drawn: list[tuple[int, str]], freezes: tuple[str, ...]) -> None:
    sites = [site(f"S{n}", devices, deadline=day) for n, (devices, day) in enumerate(drawn)]
    made = make(sites, means(1, 10, freezes=freezes), replace(WISHES, seconds=0.2), living())
    assert check_plan(made.sites, made.plan, made.means, made.policy) == []
    assert {m.site_id for m in made.plan.missed} == {f"S{n}" for n, (devices, day) in enumerate(drawn) if devices and "" < day[:7] <= "2027-01"}


def test_the_state_tells_what_was_missed_by_how_much_and_what_is_outside() -> None:
    counted = [
        {"site_id": "a", "body": "Anytown Council", "region": "", "devices": 10, "unknown_make": 0, "makers": {"hikvision": 10}, "reason": ""},
        {"site_id": "b", "body": "Anytown Council", "region": "", "devices": 0, "unknown_make": 0, "makers": {}, "reason": "no ground of the policy counts for axis"},
        {"site_id": "depot", "body": "Anytown Council", "region": "North", "devices": 3, "unknown_make": 0, "makers": {"hikvision": 3}, "reason": ""},
    ]  # fmt: skip
    value = plan_json(a="2026-09", depot="2026-10")
    value["inputs"] |= {"counted": counted, "policy": {"currency": "GBP", "deadline": "2026-07-01"}}
    rows = [row("a", 14, deadline="2026-06"), row("b", 8, removed_on="2026-01-05"), row("c", 5, removed_on="2026-08-05", deadline="2026-06-30")]
    found = {s["site_id"]: s for s in state(made_of(rows, now="2026-08-10", plan=value))["sites"]}
    assert {i: (s["devices"], s["removed"], s["status"], s["due"], s["missed_days"]) for i, s in found.items()} == {
        "a": (10, 0, "planned", "2026-06-30", 41), "b": (0, 0, "nothing in scope", "2026-07-01", None), "c": (5, 5, "removed", "2026-06-30", 36), "depot": (3, 0, "planned", "2026-07-01", 40),
    }  # fmt: skip
    assert found["b"]["outside"] == "no ground of the policy counts for axis" and found["depot"]["region"] == "North"


def test_first_effort_is_enough_when_everything_is_overdue() -> None:
    sites = [site(f"S{n}", 10, deadline="2026-12-31") for n in range(4)]
    made = make(sites, means(1, 10), replace(WISHES, seconds=0.0), living())
    assert len(made.plan.missed) == 4 and len({r.month for r in made.plan.removals}) == 4 and Effort(0).seconds == 0


def test_a_site_that_only_a_register_of_devices_knows_can_be_kept_back_and_is_published_otherwise() -> None:
    counted = [{"site_id": i, "body": "Anytown Council", "region": "North", "devices": 3, "unknown_make": 0, "makers": {}, "reason": ""} for i in ("depot", "hall")]
    value = plan_json(depot="2026-10", hall="2026-09")
    value["inputs"]["counted"] = counted
    rule = {"sites": ["depot"], "exemption": "s.24(1)", "decided_by": "Security Officer", "review": "2027-01-01"}
    one = made_of([], plan=value, withhold=[rule], statements=events("hall,removed,2026-07-01,,,,,\n"))
    whole = state(one)
    assert [(s["site_id"], s["hidden"] != [], s["removed"]) for s in whole["sites"]] == [("depot", True, 0), ("hall", False, 3)]
    assert [s["site_id"] for s in public(whole, one, []).view["sites"]] == ["hall"]
