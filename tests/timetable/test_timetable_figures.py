"""Every number of the timetable as a figure: its rows add up to it, in the draft and in the public edition, and what is kept back has none."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from custodes.publication.timetable_figures import KEPT_BACK, added, timetable_figures
from custodes.timetable.public import public
from custodes.timetable.status import state
from timetable.timetable_rows import events, given, plan, said, site

EVENTS = "a,removed,2026-02-01,4,,,,\na,disposed,2026-02-02,4,W-1,,,\nb,removed,2026-03-01,,,,,\nb,isolated,2026-01-02,,,,,\n"
RULE = {"sites": [f"h{n}" for n in range(6)], "fields": ["site"], "exemption": "s.24(1)", "decided_by": "Security Officer", "review": "2027-01-01"}


def made(**more: Any) -> Any:
    sites = [site("a", 10, deadline="2026-05"), site("b", 6, unit_cost=Decimal(100)), site("c", 0, unknown_make=3), *(site(f"h{n}", 5, region="North") for n in range(6))]
    return given(sites, statements=[*events(EVENTS), *said({"by": "2026-03"})], plan=plan(a="2026-09", b="2026-03"), **more)


@pytest.mark.parametrize("kind", ["draft", "public"])
def test_the_rows_of_every_figure_add_up_to_it(kind: str) -> None:
    one = made(withhold=[RULE] if kind == "public" else [])
    t = state(one) if kind == "draft" else public(state(one), one, []).view
    found = timetable_figures(t, groups=True)
    assert len({f.id for f in found}) == len(found) > 20
    for figure in found:
        adds = added(t, figure.id)
        assert sum(adds.values()) == figure.numerator and tuple(sorted(adds)) == figure.rows, figure.id
        assert figure.denominator is None or figure.numerator <= figure.denominator, figure.id
        assert (KEPT_BACK in figure.rows) <= (kind == "public")


def test_the_figures_are_those_of_the_page() -> None:
    t = state(made())
    found = {f.id: f for f in timetable_figures(t)}
    assert (found["timetable-removed"].numerator, found["timetable-removed"].denominator) == (t["totals"]["removed"], t["totals"]["devices"]) == (10, 46)
    assert added(t, "timetable-removed") == {"a": 4, "b": 6} and found["timetable-disposed"].text == "4 of 10 devices removed"
    assert found["timetable-missed"].rows == ("a",) and found["timetable-promises-unreported"].rows == ("p",)
    assert found["timetable-to-come-most-gbp"].denominator is None if "timetable-to-come-most-gbp" in found else not t["totals"]["to_come"].get("GBP")
    assert timetable_figures({}) == () and added(t, "nothing") == {} == added({}, "timetable-removed")


def test_what_is_kept_back_stands_as_one_row_or_has_no_figure() -> None:
    one = made(withhold=[RULE])
    view = public(state(one), one, []).view
    found = {f.id: f for f in timetable_figures(view)}
    assert view["totals"]["devices"] == 46 and added(view, "timetable-devices")[KEPT_BACK] == 30
    assert not any(f"h{n}" in f.rows for f in found.values() for n in range(6))
    assert all(found.get(f"timetable-{name.replace('_', '-')}") is None for name, value in view["totals"].items() if value is None)
