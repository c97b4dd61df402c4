"""In which state is a body? Nothing found is never "has none"; a lead alone confirms nothing."""

from __future__ import annotations

import invented
import pytest

from custodes.publication import body_states
from custodes.publication.wording import STATES

BODY = "Borough of Exampleton"


def state(**values):
    given = {"bodies": [{"body": BODY}], "months": {}, "answers": [], "findings": []} | values
    return {row["body"]: row for row in body_states(**given)}[BODY]


def answer(word, **values):
    return {"body": BODY, "record_key": values.get("answered", "k"), "asked": "2024-01-01", "answered": "2024-02-01", "state": word, **values}


def test_the_invented_edition_holds_every_state():
    assert {row["state"] for row in invented.edition().bodies} == set(STATES)


def test_a_body_without_anything_was_not_looked_at():
    assert state()["state"] == "not looked at"


def test_records_read_without_a_named_maker():
    row = state(months={BODY: {"2024-01": 5}})
    assert (row["state"], row["basis"], row["named_lead"]) == ("records read without a named maker", "records", False)


def test_a_lead_is_a_flag_and_no_state():
    row = state(months={BODY: {"2024-01": 5}}, findings=[invented.finding(description="Argus")])
    assert (row["state"], row["named_lead"], row["named_leads"]) == ("records read without a named maker", True, 1)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"verdict": "confirm"}, "confirmed present"),
        ({"verdict": "confirm", "stale": True}, "records read without a named maker"),
        ({"verdict": "confirm", "equipment": "other"}, "records read without a named maker"),
        ({"verdict": "confirm", "publish": "no"}, "records read without a named maker"),
        ({"verdict": "reject"}, "records read without a named maker"),
        ({"verdict": "unsure"}, "records read without a named maker"),
        ({"verdict": "confirm", "kind": "maker_unknown", "maker_id": ""}, "records read without a named maker"),
    ],
)
def test_only_a_standing_confirmation_of_surveillance_equipment_confirms(change, expected):
    row = state(months={BODY: {"2024-01": 5}}, findings=[invented.finding(**({"kind": "product_named"} | change))])
    assert row["state"] == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("present", "confirmed present"),
        ("absent", "answered absent"),
        ("not held", "answered otherwise"),
        ("refused", "answered otherwise"),
        ("partial", "answered otherwise"),
        ("neither confirm nor deny", "answered otherwise"),
        ("no reply", "asked"),
        ("superseded", "not looked at"),
    ],
)
def test_each_answer_has_its_state(word, expected):
    assert state(answers=[answer(word)])["state"] == expected


def test_asked_and_not_answered():
    assert state(answers=[answer("", answered="")])["state"] == "asked"


def test_the_newest_answer_decides():
    rows = [answer("present", answered="2022-01-01", makers=["Argus Optics"]), answer("absent", answered="2024-01-01")]
    assert state(answers=rows)["state"] == state(answers=rows[::-1])["state"] == "answered absent"
    assert state(answers=rows)["makers"] == []


def test_a_rejected_reading_of_an_answer_does_not_count():
    said = answer("present", makers=["Argus Optics"])
    aside = invented.finding("body_says_holds", record_kind="ANSWER", record_key=said["record_key"], verdict="reject")
    assert state(answers=[said], findings=[aside])["state"] == "not looked at"


def test_a_confirmed_finding_beside_a_denial_shows_both():
    row = state(answers=[answer("absent")], findings=[invented.finding(verdict="confirm")])
    assert (row["state"], row["state_without_findings"]) == ("confirmed present", "answered absent")
    assert "Both stand here beside each other" in row["note"]


def test_missing_months_are_listed_from_the_first_to_the_last():
    row = state(months={BODY: {"2023-11": 1, "2024-02": 4, "2024-01": 0, "": 3}})
    assert (row["months_read"], row["months_expected"], row["missing_months"]) == (2, 4, ["2023-12", "2024-01"])
    assert (row["rows"], row["undated_rows"], row["period"]) == (8, 3, "2023-11/2024-02")


def test_a_period_of_the_entry_widens_what_is_expected():
    row = state(months={BODY: {"2024-02": 4}}, periods={BODY: "2024-01-01/2024-03-31"})
    assert row["missing_months"] == ["2024-01", "2024-03"]


def test_bodies_named_only_in_records_are_there_and_the_empty_name_is_not():
    rows = body_states([], {"B": {"2024-01": 1}, "": {"2024-01": 9}}, [], [invented.finding(body="C")])
    assert [row["body"] for row in rows] == ["B", "C"]


def test_tables_and_mappings_give_the_same():
    rows = [*invented.named(), *invented.questions()]
    known = invented.records()
    by_table = body_states(known["BODY"], invented.months(), known["ANSWER"], invented.table(rows))
    assert [(r["body"], r["state"], r["named_leads"], r["questions"]) for r in by_table] == [
        (r["body"], r["state"], r["named_leads"], r["questions"]) for r in invented.edition().bodies
    ]
