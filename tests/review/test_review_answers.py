"""What came of asking: deadlines, next steps, silence, and four numbers that add up."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_review_deadlines import LAWS, TABLE

from custodes.records.answers_words import STATES as READ_STATES
from custodes.review import answers
from custodes.review.exchange import Act

SENT = Act("letter sent", "2026-03-02", "reviewer", {"letter_id": "Q-0000000001", "body": "Leeds", "to": "Leeds", "law": "foia", "finding_ids": ["a" * 20]})


def later(kind: str, day: str) -> Act:
    return Act(kind, day, "reviewer", {"letter_id": "Q-0000000001"})


def answer(state: str, answered: str = "2026-03-20", **values: Any) -> dict[str, Any]:
    return {"body": "Leeds", "state": state, "asked": "", "answered": answered, "exemption": "", "reference": "Q-0000000001", "record_key": "k"} | values


def track(today: str, *acts: Act, said: tuple[dict[str, Any], ...] = ()) -> answers.Tracked:
    (letter,) = answers.track([SENT, *acts], said, LAWS, TABLE, date.fromisoformat(today))
    return letter


REMINDED, ASKED = later("reminder sent", "2026-04-01"), later("review asked", "2026-04-10")


@pytest.mark.parametrize(
    ("today", "acts", "said", "state", "step", "until"),
    [
        ("2026-03-02", (), (), "waiting", "", ""),
        ("2026-03-31", (), (), "waiting", "", ""),  # the last day itself
        ("2026-04-01", (), (), "overdue", "send the reminder", ""),
        ("2026-04-08", (REMINDED,), (), "overdue", "ask for a review", "2026-06-01"),
        ("2026-06-02", (REMINDED,), (), "overdue", "the time to ask for a review has passed; ask anew, or turn to the Information Commissioner (section 50)", "2026-06-01"),
        ("2026-04-20", (REMINDED, ASKED), (), "under review", "wait for the review", "2026-05-11"),
        ("2026-05-12", (REMINDED, ASKED), (), "review overdue", "turn to the Information Commissioner (section 50)", ""),
        ("2026-04-20", (), ("present",), "answered", "", ""),
        ("2026-04-20", (), ("refused",), "answered", "ask for a review", "2026-05-20"),
        ("2026-04-20", (), ("asked",), "overdue", "send the reminder", ""),
        ("2026-04-20", (later("letter withdrawn", "2026-03-04"),), (), "withdrawn", "", ""),
    ],
)
def test_a_letter_goes_its_way(today: str, acts: tuple[Act, ...], said: tuple[str, ...], state: str, step: str, until: str) -> None:
    letter = track(today, *acts, said=tuple(answer(each) for each in said))
    assert (letter.due, letter.state, letter.step, letter.until) == ("2026-03-31", state, step, until)


def test_an_answer_after_the_review_ends_it() -> None:
    assert track("2026-05-01", ASKED, said=(answer("refused"),)).state == "under review"
    after = track("2026-05-01", ASKED, said=(answer("refused"), answer("present", "2026-04-28", record_key="l")))
    assert (after.state, after.answer, after.step) == ("answered", "present", "")


def test_an_answer_is_laid_to_its_letter_by_number_then_by_body_and_day() -> None:
    assert track("2026-03-21", said=(answer("present", reference="Q-0000000002"),)).answer == ""
    assert track("2026-03-21", said=(answer("present", reference="", asked="2026-03-02"),)).answer == "present"
    assert track("2026-03-21", said=(answer("present", reference="", asked="2020-03-02"),)).answer == ""
    assert track("2026-03-21", said=(answer("present", "2019-01-01", reference=""),)).answer == ""
    assert track("2026-03-21", said=(answer("present", reference="", body="Moray"),)).answer == ""


def test_a_law_without_days_and_a_day_beyond_the_table_are_never_overdue() -> None:
    for law, day in (("us", "2026-03-02"), ("foia", "2028-12-20")):
        (letter,) = answers.track([Act("letter sent", day, "reviewer", {**SENT.body, "law": law})], (), LAWS, TABLE, date(2029, 6, 1))
        assert (letter.due, letter.state) == ("", "waiting")


@pytest.mark.parametrize(("today", "state"), [("2026-03-10", "asked"), ("2026-04-10", "no reply")])
def test_silence_becomes_a_row_of_its_own(today: str, state: str) -> None:
    (row,) = answers.asked_rows([track(today)])
    assert (row["state"], row["body"], row["reference"], row["asked"]) == (state, "Leeds", "Q-0000000001", "2026-03-02")
    assert list(answers.asked_rows([track(today, said=(answer("present"),))])) == []
    assert list(answers.asked_rows([track(today, later("letter withdrawn", "2026-03-03"))])) == []


def test_the_nine_states_are_those_of_the_readers() -> None:
    assert answers.STATES == READ_STATES and len(answers.STATES) == 9


def test_four_numbers_each_within_the_one_before() -> None:
    said = {
        "A": "present", "B": "absent", "C": "partial", "D": "not held", "E": "refused", "F": "neither confirm nor deny", "G": "no reply", "H": "asked",
    }  # fmt: skip
    rows = answers.counted(answer(state, body=body, exemption="FOIA s.12 ; FOIA s.31" if state == "refused" else "") for body, state in said.items())
    told = answers.statistics(rows)
    assert (told["asked"], told["answered"], told["held"], told["positive"]) == (8, 6, 3, 1)
    assert told["exemptions"] == {"FOIA s.12": 1, "FOIA s.31": 1}
    assert sum(told["states"].values()) == told["asked"]


def test_the_newest_answer_counts_before_silence_and_a_superseded_one_never() -> None:
    rows = [answer("refused", "2026-01-01"), answer("present", "2026-02-01", record_key="l"), answer("asked", "", asked="2026-03-01", record_key="m")]
    assert answers.counted(rows)[0]["state"] == "present"
    rows.append(answer("superseded", "2026-02-05", record_key="n"))
    assert answers.counted(rows)[0]["state"] == "present"
    assert answers.counted([answer("superseded")]) == ()


@given(st.lists(st.tuples(st.sampled_from("ABCDE"), st.sampled_from(answers.STATES), st.dates(date(2020, 1, 1), date(2026, 1, 1))), max_size=25), st.randoms())
def test_counts_fall_in_step_and_order_does_not_matter(said: list[tuple[str, str, date]], random: Any) -> None:
    rows = [answer(state, day.isoformat(), body=body, record_key=str(n)) for n, (body, state, day) in enumerate(said)]
    told = answers.statistics(answers.counted(rows))
    assert told["asked"] >= told["answered"] >= told["held"] >= told["positive"] >= 0
    random.shuffle(rows)
    assert answers.statistics(answers.counted(rows)) == told
