"""Answers in both forms. Bodies are invented; the four real answers are read at the end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from json_support import Outcome, lines, read

from custodes.records import answers_foi, buy_ocds
from custodes.values import REPORTED

ANSWER = {
    "body": "Arden Borough Council", "about": "Hikvision", "asked": "2025-01-02", "answered": "2025-01-30", "state": "present", "exemption": "",
    "makers": ["Hikvision"], "devices": 12, "sites": 3, "words": "We have twelve.", "url": "https://example.org/foi/1", "grade": "recorded",
}  # fmt: skip


def answers(*values: Any, **entry: Any) -> Outcome:
    found = read(answers_foi, lines(*values), **entry)
    assert found.error is None
    return found


def test_our_own_form_as_json_lines_and_as_csv() -> None:
    table = (
        "body,about,asked,answered,state,exemption,makers,devices,sites,words,url,grade\r\n"
        'Arden Borough Council,Hikvision,2025-01-02,2025-01-30,Present,,"[""Hikvision""]",12,3,We have twelve.,https://example.org/foi/1,recorded\r\n\r\n'
    )
    one, other = answers(ANSWER), read(answers_foi, table)
    assert answers_foi.sniff(table.encode(), "a.csv") and answers_foi.sniff(lines(ANSWER).encode(), "a.jsonl")
    assert not buy_ocds.sniff(lines(ANSWER).encode(), "a.jsonl")
    [left], [right] = one.rows, other.rows
    for name, value in ANSWER.items():
        assert left[name] == right[name] == value, name
    assert left["record_key"] == right["record_key"] and other.left_out == {"blank line": 1}
    assert REPORTED not in one.columns.values()


@pytest.mark.parametrize("state", answers_foi.STATES)
def test_every_state(state: str) -> None:
    assert answers({**ANSWER, "state": state.replace(" ", "_").upper()}).rows[0]["state"] == state


@pytest.mark.parametrize(
    ("more", "column"),
    [({"state": "maybe"}, "state"), ({"state": ""}, "state"), ({"state": "yes"}, "state"), ({"body": ""}, "body"), ({"devices": "about 60"}, "devices"), ({"devices": ">560"}, "devices"),
     ({"sites": -1}, "sites"), ({"grade": "certain"}, "grade")],
)  # fmt: skip
def test_what_is_unclear_is_refused_and_says_what_to_write(more: dict[str, Any], column: str) -> None:
    found = answers({**ANSWER, **more}, ANSWER)
    assert [(r["origin_at"], r["column"]) for r in found.rejects] == [("line 1", column)] and len(found.rows) == 1
    assert "write" in found.rejects[0]["reason"]


def test_numbers_lists_and_empty_cells() -> None:
    row = answers({**ANSWER, "devices": "1,250", "sites": "", "makers": "Hikvision; Dahua ;", "grade": ""}).rows[0]
    assert (row["devices"], row["sites"], row["makers"], row["grade"]) == (1250, None, ["Hikvision", "Dahua"], "reported")


@pytest.mark.parametrize(
    ("facts", "kind", "state"),
    [({"in_use": True}, "foi_response", "present"), ({"in_use": False}, "foi_response", "absent"), ({"outcome": "information not held"}, "foi_response", "not held"),
     ({"outcome": "refused, excessive cost"}, "foi_response", "refused"), ({"outcome": "can neither confirm nor deny"}, "foi_response", "neither confirm nor deny"),
     ({"in_use": True}, "parliamentary_answer", "present")],
)  # fmt: skip
def test_collected_answers(facts: dict[str, Any], kind: str, state: str) -> None:
    row = answers({"body": "B", "kind": kind, "quote": "q", "url": "u", "published": "2024-01-01", "facts": {"maker": "Hikvision", **facts}}).rows[0]
    assert (row["state"], row["makers"], row["answered"], row["words"]) == (state, ["Hikvision"], "2024-01-01", "q")


def test_a_parliamentary_answer_about_no_holding_is_never_present_and_an_unknown_outcome_is_refused() -> None:
    found = answers(
        {"body": "B", "kind": "parliamentary_answer", "quote": "q", "facts": {"maker": "Hikvision", "duty": False}},
        {"body": "B", "kind": "foi_response", "quote": "q", "facts": {"maker": "Hikvision", "outcome": "something else"}},
        {"body": "B", "kind": "foi_response", "quote": "q", "facts": {}},
    )
    assert not found.rows and found.left_out == {"an answer that is not about equipment the body has": 1} and [r["column"] for r in found.rejects] == ["state", "state"]


def test_the_real_answers(shared: Path) -> None:
    data = (shared / "awards" / "foi" / "foi_records.jsonl").read_bytes()
    assert answers_foi.sniff(data[:65_536], "foi_records.jsonl")
    found = read(answers_foi, data)
    assert [(r["body"], r["state"], r["devices"], r["sites"]) for r in found.rows] == [
        ("Thurrock Council", "present", 56, 6), ("Scottish Government", "present", 60, 6), ("Moray Council", "not held", None, None)]  # fmt: skip
    assert found.rows[2]["exemption"] == "FOISA s.17 ; FOISA s.12" and sum(found.left_out.values()) == 1 and REPORTED not in found.columns.values()
