"""Deadlines: working days as each law counts them, a table that is what the Act says, and a stranger's calendar as judge."""

from __future__ import annotations

import csv
import importlib.util
import tomllib
from datetime import date, timedelta
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodes.errors import UsageError
from custodes.review import deadlines

DATA = resources.files("custodes").joinpath("data")
ROWS = list(csv.DictReader(DATA.joinpath("bank_holidays.csv").read_text("utf-8").splitlines()))
TABLE = deadlines.holidays(ROWS)
RAW = tomllib.loads(DATA.joinpath("information_laws.toml").read_text("utf-8"))
LAWS = deadlines.laws(RAW)
NATIONS = {"england and wales": "ENG", "scotland": "SCT", "northern ireland": "NIR"}
DAYS = st.dates(date(2019, 1, 1), date(2027, 6, 30))


def test_the_table_is_what_its_script_makes(root: Path) -> None:
    spec = importlib.util.spec_from_file_location("build_bank_holidays", root / "scripts" / "build_bank_holidays.py")
    assert spec and spec.loader
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert [tuple(row.values()) for row in ROWS] == script.rows()


@pytest.mark.parametrize("nation", NATIONS)
def test_a_strangers_calendar_agrees(nation: str) -> None:
    holidays = pytest.importorskip("holidays", reason="the package holidays is not installed")
    theirs = {day for day in holidays.country_holidays("GB", subdiv=NATIONS[nation], years=range(2019, 2029)) if day.weekday() < 5}
    assert TABLE.days[nation] == theirs


@pytest.mark.parametrize(
    ("law", "received", "due"),
    [
        ("foia", "2026-03-02", "2026-03-31"),  # St Patrick's Day is a holiday in Northern Ireland, and so for everybody under this Act
        ("foisa", "2026-03-02", "2026-03-30"),  # but not under the Scottish one
        ("foia", "2026-05-29", "2026-06-29"),  # the Scottish World Cup holiday of 15 June 2026 counts everywhere in the United Kingdom
        ("foia", "2025-12-05", "2026-01-08"),  # Christmas, Boxing Day, New Year and 2 January (Scotland)
        ("foisa", "2022-05-20", "2022-06-21"),  # the spring holiday of 2022 was in June, with the jubilee on the next day; Easter Monday is no holiday there
        ("foia", "2022-09-05", "2022-10-04"),  # the day of the state funeral
        ("foia", "2026-01-03", "2026-01-30"),  # received on a Saturday: Monday is the first day
        ("us-wa", "2026-03-02", "2026-03-09"),
        ("eu", "2026-03-02", "2026-03-23"),
    ],
)
def test_cases_counted_by_hand(law: str, received: str, due: str) -> None:
    assert deadlines.due(LAWS[law], date.fromisoformat(received), TABLE) == date.fromisoformat(due)


def test_a_law_without_a_number_of_days_gives_no_day() -> None:
    assert deadlines.due(LAWS["us"], date(2026, 3, 2), TABLE) is None


@given(DAYS, st.integers(1, 80), st.sampled_from([("*",), ("scotland",), ("england and wales",), ()]))
def test_the_day_is_a_working_day_with_so_many_up_to_it(start: date, days: int, nations: tuple[str, ...]) -> None:
    found = deadlines.working_days_after(start, days, nations, TABLE)
    closed = TABLE.of(nations)
    between = [start + timedelta(n) for n in range(1, (found - start).days + 1)]
    working = [day for day in between if day.weekday() < 5 and day not in closed]
    assert len(working) == days and working[-1] == found


@given(DAYS, st.integers(1, 60))
def test_more_nations_never_come_earlier(start: date, days: int) -> None:
    one, every = (deadlines.working_days_after(start, days, nations, TABLE) for nations in (("scotland",), ("*",)))
    assert one <= every


@pytest.mark.parametrize("day", [date(2028, 12, 20), date(2018, 12, 20), date(2031, 1, 1)])
def test_days_beyond_the_table_are_not_guessed(day: date) -> None:
    with pytest.raises(UsageError) as caught:
        deadlines.due(LAWS["foia"], day, TABLE)
    assert "2019-01-01 to 2028-12-31" in caught.value.what and caught.value.advice


def test_a_further_letter_waits_sixty_working_days_under_the_act_only() -> None:
    first = date(2026, 3, 2)
    later = deadlines.next_letter_from(LAWS["foia"], first, TABLE)
    assert later == deadlines.working_days_after(first, 61, ("*",), TABLE) == date(2026, 6, 2)
    assert deadlines.next_letter_from(LAWS["foisa"], first, TABLE) == first


def test_every_law_is_cited_and_a_wrong_entry_is_named() -> None:
    for law in LAWS.values():
        assert law.citation or law.id in ("none", "unknown"), law.id
        assert date.fromisoformat(law.checked_on)
        assert all(getattr(law, name) for name in ("name", "opening", "cost", "due", "reminder", "review")), law.id
        assert set(law.holidays) <= {*NATIONS, "*"}
    with pytest.raises(UsageError, match="'foia'"):
        deadlines.laws({"foia": {**RAW["foia"], "unit": "moons"}})
    with pytest.raises(UsageError, match="extra"):
        deadlines.laws({"foia": {**RAW["foia"], "extra": 1}})
    with pytest.raises(UsageError):
        deadlines.holidays([])
