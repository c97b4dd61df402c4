"""Links, dates and lists: what may be said on the day of the record."""

from __future__ import annotations

import pytest
from asking import Ask

from custodes.findings.dates import holds, in_force, interval


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2016-03-30", ("2016-03-30", "2016-03-30")),
        ("2016-03", ("2016-03-01", "2016-03-31")),
        ("2016", ("2016-01-01", "2016-12-31")),
        ("2010-07-01/2010-09-30", ("2010-07-01", "2010-09-30")),
        ("", None),
        ("soon", None),
    ],
)
def test_interval(text: str, expected: tuple[str, str] | None) -> None:
    assert interval(text) == expected


@pytest.mark.parametrize(
    ("start", "end", "when", "expected"),
    [
        ("2019-10-09", "", "2019-10-08", "no"),
        ("2019-10-09", "", "2019-10-09", "yes"),
        ("2019-10-09", "", "2019-10", "unknown"),
        ("2024-01-31", "2025-01-07", "2024-06-01", "yes"),
        ("2024-01-31", "2025-01-07", "2025-01-07", "no"),
        ("2024-01-31", "2025-01-07", "2025-01-06/2025-01-08", "unknown"),
        ("2024-01-31", "2025-01-07", "2026-01-01", "no"),
        ("", "", "2024-06-01", "unknown"),
        ("2019-10-09", "", "", "unknown"),
    ],
)
def test_in_force(start: str, end: str, when: str, expected: str) -> None:
    assert in_force(start, end, interval(when)) == expected


def test_links_hold_only_in_their_time() -> None:
    assert holds("", "", None)
    assert holds("2017-05-25", "2021-09-28", interval("2019-01-01"))
    assert not holds("2017-05-25", "2021-09-28", interval("2022-01-01"))
    assert not holds("2017-05-25", "2021-09-28", interval("2016-01-01"))
    assert not holds("", "2021", None)


def test_before_the_listing(ask: Ask) -> None:
    (found,) = ask("Northside Controls Ltd", "Supply  and  Installation of 5 number HIK Vision Recorders", date="2016-03-30")
    assert (found["maker_id"], found["band"], found["equipment"]) == ("hikvision", "strong", "surveillance")
    assert (found["listed_on_date"], found["listings"]) == ("no", [])
    assert "Listed later: " in found["listed_basis"]
    assert "US-BIS-EL (from 2019-10-09, effective)" in found["listed_basis"]
    assert found["grounds"] == ["abuse of people", "national security"]
    assert found["reasons"][0]["words"] == "The description says 'HIK Vision', which is how Hikvision (maker) is written with a space."
    assert found["link_path"] == ["hikvision"]


def test_on_the_list_that_day(ask: Ask) -> None:
    (found,) = ask("Roadside Phones", "1 X Hytera BD615 UHF Quad Bundle Pack", date="2024-11-26")
    assert (found["maker_id"], found["band"], found["equipment"], found["listed_on_date"]) == ("hytera", "strong", "other", "yes")
    assert found["listings"] == ["US-FCC-COVERED", "US-NDAA-889"]
    assert found["grounds"] == ["national security"], "the listing of a namesake does not count"


def test_a_month_across_the_day_is_unknown(ask: Ask) -> None:
    (found,) = ask("A Ltd", "Uniview camera", date="2024-12")
    assert found["listed_on_date"] == "unknown"
    assert "Not certain on that date: US-BIS-EL" in found["listed_basis"]


def test_without_a_date(ask: Ask) -> None:
    (found,) = ask("A Ltd", "Hikvision camera", date="")
    assert found["listed_on_date"] == "unknown"
    assert found["listed_basis"].startswith("The record has no date.")


def test_contract_date_comes_first(ask: Ask) -> None:
    (found,) = ask("A Ltd", "Hikvision camera", date="2020-05-01", contract_date="2018-01-01")
    assert found["listed_on_date"] == "no"
    assert "(contract date)" in found["listed_basis"]


def test_delisting_is_an_event(ask: Ask) -> None:
    (found,) = ask("A Ltd", "Megvii licence", date="2025-06-01")
    assert "US-DOD-1260H" not in found["listings"]
    assert "No longer listed by then: US-DOD-1260H" in found["listed_basis"]


def test_former_owner_is_never_named(ask: Ask) -> None:
    assert not ask("Lorex Technology Inc.", "goods", date="2020-01-01")


def test_company_of_the_maker_only_while_it_was(ask: Ask) -> None:
    (found,) = ask("A Ltd", "Sepura radios", date="2019-06-01")
    assert found["link_path"] == ["Sepura", "company of", "hytera"]
    assert not ask("A Ltd", "Sepura radios", date="2023-06-01")


def test_lead_only_is_never_above_weak(ask: Ask) -> None:
    found = [f for f in ask("A Ltd", "W Box camera") if f["kind"] != "maker_unknown"]
    assert [(f["band"], f["grade"], f["publish"]) for f in found] == [("weak", "lead-only", "lead-only")]


def test_review_is_at_most_possible(ask: Ask) -> None:
    (found,) = [f for f in ask("A Ltd", "Swann 4 camera CCTV kit") if f["kind"] != "maker_unknown"]
    assert (found["band"], found["publish"]) == ("possible", "review")


def test_reseller_is_context(ask: Ask) -> None:
    (found,) = ask("CCTV Empire Ltd", "CCTV cameras")
    assert found["kind"] == "maker_unknown"
    assert any("is a reseller of Hangzhou Hikvision" in words and "does not say what was bought" in words for words in found["context"])


def test_activity_and_band(ask: Ask) -> None:
    said = {text: ask("A Ltd", text)[0] for text in ("CCTV cameras", "CCTV repairs", "CCTV monitoring", "Line rental for CCTV")}
    assert [f["context"][0] for f in said.values()] == [
        "What was bought: equipment.", "What was bought: maintenance.", "What was bought: monitoring.", "What was bought: connection.",
    ]  # fmt: skip
    assert [f["band"] for f in said.values()] == ["strong", "strong", "possible", "possible"]


def test_another_maker_is_said(ask: Ask) -> None:
    (found,) = ask("A Ltd", "Axis P3245 CCTV camera")
    assert found["against"] == ["The record names Axis, a maker on none of the lists."]
