"""Figures have denominators; explain leads back to bytes."""

from __future__ import annotations

from dataclasses import replace

import invented
import pytest

from custodes.errors import UsageError
from custodes.publication import explain, figures
from custodes.publication.site import environment
from custodes.publication.view import normalise


@pytest.fixture(scope="module")
def edition():
    return invented.edition()


@pytest.fixture(scope="module")
def known(edition):
    return {figure.id: figure for figure in figures(edition)}


def test_ids_are_unique_and_only_money_has_no_denominator(edition, known):
    assert len(known) == len(figures(edition))
    assert {f.id for f in known.values() if f.denominator is None} == {row["id"] for row in edition.money}


def test_the_headline_numbers(known):
    assert known["named"].text == "3 of 5,025 usable purchase rows"
    assert known["named-surveillance"].text == "2 of 3 named findings in purchases"
    assert known["questions"].text == "49 of 5,025 usable purchase rows"
    assert known["named-confirmed"].text == "1 of 4 named findings"
    assert known["makers-both"].text == "1 of 4 makers watched"
    assert known["makers-ended"].rows == ("lumen",)


def test_a_count_of_findings_equals_its_rows(known):
    for figure in known.values():
        if figure.unit == "finding" and figure.denominator is not None:
            assert figure.numerator == len(figure.rows) == len(set(figure.rows)), figure.id
            assert figure.numerator <= figure.denominator


def test_the_rows_of_what_was_read_add_up(known):
    parts = [known[id].numerator for id in ("rows-usable", "rows-left-out", "rows-rejected")]
    assert sum(parts) == known["rows-usable"].denominator


def test_states_sum_to_the_bodies(edition, known):
    assert sum(f.numerator for id, f in known.items() if id.startswith("state-")) == len(edition.bodies)


def test_explain_a_figure(edition):
    text = explain(edition, "named")
    assert "definition   Purchase records that name a listed maker" in text
    assert "denominator  5,025 usable purchase rows" in text
    assert "left out     1 set aside by a person" in text
    assert sum(line.startswith("  ") for line in text.splitlines()) == 3


def test_explain_a_finding_leads_back_to_bytes(edition):
    row = invented.named()[0]
    asked = []

    def open_row(sha256, at):
        asked.append((sha256, at))
        return "411 x\n412 Supply  and  Installation\n413 y"

    text = explain(edition, row["finding_id"], open_row)
    assert asked == [(row["origin_sha256"], "line 412")]
    for part in (
        "Supply  and  Installation of 5 number ARGUS Optics recorders", "GBP 3,627.50 (net of VAT, payment)", "line 412", f"sources/captures/{row['origin_sha256']}",
        "  | 412 Supply", "can mean nothing else known to us", "Export Register of Examplia: effective 2019-10-09", "Undecided: no person has looked at it yet.",
        "A machine's finding is a lead until a person confirms it.", "9. The decision",
    ):  # fmt: skip
        assert part in text


def test_explain_takes_the_start_of_an_id_and_says_what_is_wrong(edition):
    row = invented.questions()[0]
    assert row["finding_id"] in explain(edition, row["finding_id"][:12])
    with pytest.raises(UsageError, match="no finding and no figure is called 'zzz'") as caught:
        explain(edition, "zzz")
    assert "findings.csv" in caught.value.advice
    with pytest.raises(UsageError):
        explain(edition, "")


def test_a_question_is_explained_as_no_accusation(edition):
    assert "a question, not an accusation" in explain(edition, invented.questions()[0]["finding_id"])


def test_templates_know_no_undefined_name():
    names = environment("en").list_templates()
    assert "index.html" in names
    for name in names:
        if name.endswith(".html"):
            assert environment("en").get_template(name)


@pytest.mark.parametrize(
    ("row", "read", "outside", "adds_up"),
    [
        ({"read": 10, "usable": 7, "left_out": {"blank": 2, "total": 1}}, 3, 0, True),
        (
            {
                "read": 8,
                "usable": 7,
                "left_out": [{"reason": "blank", "data_row": False, "count": 2}, {"reason": "total", "data_row": True, "count": 1}],
            },
            1,
            2,
            True,
        ),
        (
            {
                "read": 10,
                "usable": 7,
                "left_out": [{"reason": "blank", "data_row": False, "count": 2}, {"reason": "total", "data_row": True, "count": 1}],
            },
            3,
            0,
            True,
        ),
        ({"read": 10, "usable": 7, "left_out": 3}, 3, 0, True),
        ({"read": 10, "usable": 7}, 0, 0, False),
    ],
)
def test_rows_left_out_are_understood_in_every_form(edition, row, read, outside, adds_up):
    (shown,) = normalise(replace(edition, coverage=({"path": "f", **row},))).coverage
    assert (shown["left_out_in_read"], shown["left_out_outside"], shown["adds_up"]) == (read, outside, adds_up)


def test_a_plan_in_the_form_of_the_timetable_is_understood(edition):
    plan = {
        "status": "unconstrained",
        "cost": [20, 30],
        "bound": 20,
        "breaches": [],
        "removals": [],
        "inputs": {"policy": {"title": "No policy", "currency": "GBP"}},
    }
    shown = normalise(replace(edition, plan=plan)).plan
    assert (shown["cost_low"], shown["cost_high"], shown["currency"], shown["policy"], shown["breaches"]) == (20, 30, "GBP", "No policy", [])


def test_the_path_of_stored_bytes_takes_the_case_form(edition):
    row = invented.named()[0]
    own = replace(edition, facts={**edition.facts, "capture_path": "sources/captures/{sha256:.2}/{sha256}"})
    assert f"sources/captures/{row['origin_sha256'][:2]}/{row['origin_sha256']}" in explain(own, row["finding_id"])
