"""The edges of "was it listed on that day": the first day and the last, which date begins a listing, months and time stamps, relisting, a missing contract date."""

from __future__ import annotations

from typing import Any

import pytest
from asking import Rows, purchases

from custodes.findings.as_of import as_of
from custodes.findings.list_history import listed_on
from custodes.findings.match import find
from custodes.findings.watchlist import build

EMPTY = dict.fromkeys(("designated", "effective", "published", "first_seen", "ended"), "")


def listing(**dates: str) -> dict[str, Any]:
    """A listing of the party X1 with these dates."""
    return {"party_id": "X1", "maker_id": "", "list": "LIST-A", "ground": "unknown", **EMPTY, **dates}


def answer(facts: Rows, listings: list[dict[str, Any]], as_of_day: str = "", **record: str) -> tuple[str, str]:
    """(listed on that date, the basis in words) of a payment to X1."""
    tables = {**facts, "PARTY": [{"party_id": "X1", "maker_id": "", "name": "Alvorex Optics Ltd", "names": []}], "LISTING": listings}
    row = {"supplier": "ALVOREX OPTICS", "description": "goods", **record}
    (found,) = [each for batch in find([purchases([row])], build(as_of(tables, as_of_day) if as_of_day else tables)) for each in batch.to_pylist() if each["kind"] == "supplier_listed"]
    return found["listed_on_date"], found["listed_basis"]


PERIOD = listing(designated="2020-01-01", published="2020-02-01", effective="2020-03-01", first_seen="2020-04-01", ended="2021-01-01")


@pytest.mark.parametrize(
    ("dates", "day", "expected"),
    [
        (PERIOD, "2020-02-29", "no"), (PERIOD, "2020-03-01", "yes"), (PERIOD, "2020-12-31", "yes"), (PERIOD, "2021-01-01", "no"), (PERIOD, "2020-01-15", "no"),
        (PERIOD | {"effective": ""}, "2020-01-31", "no"), (PERIOD | {"effective": ""}, "2020-02-01", "yes"),
        (PERIOD | {"effective": "", "published": ""}, "2020-01-01", "yes"), (PERIOD | {"effective": "", "published": "", "designated": ""}, "2020-03-31", "unknown"),
        (PERIOD | {"effective": "", "published": "", "designated": ""}, "2020-04-01", "yes"),
        (PERIOD | {"effective": "2020-03-01T09:30:00Z"}, "2020-03-01", "yes"), (PERIOD | {"effective": "2020-03-01T09:30:00Z"}, "2020-02-29", "no"),
        (PERIOD | {"effective": "2020-03"}, "2020-03-15", "unknown"), (PERIOD | {"effective": "2020-03"}, "2020-04-01", "yes"),
        (PERIOD, "2020-03", "yes"), (PERIOD, "2020-02/2020-03", "unknown"), (PERIOD, "2020", "unknown"), (PERIOD, "2021", "no"), (PERIOD, "2020-12/2021-01", "unknown"),
        (PERIOD | {"ended": "2021-01-05/2021-01-20"}, "2021-01-04", "yes"), (PERIOD | {"ended": "2021-01-05/2021-01-20"}, "2021-01-10", "unknown"),
        (PERIOD | {"ended": "2021-01-05/2021-01-20"}, "2021-01-20", "unknown"), (PERIOD | {"ended": "2021-01-05/2021-01-20"}, "2021-01-21", "no"), (PERIOD, "", "unknown"),
    ],
)  # fmt: skip
def test_the_first_day_counts_and_the_last_does_not(facts: dict[str, Rows], dates: dict[str, Any], day: str, expected: str) -> None:
    assert answer(facts, [dates], date=day)[0] == expected


def test_a_relisted_party_was_not_listed_in_between(facts: dict[str, Rows]) -> None:
    both = [listing(effective="2018-01-01", ended="2019-01-01"), listing(effective="2020-06-01")]
    said = {day: answer(facts, both, date=day)[0] for day in ("2017-12-31", "2018-06-01", "2019-01-01", "2020-05-31", "2020-06-01")}
    assert list(said.values()) == ["no", "yes", "no", "no", "yes"]
    assert "No longer listed by then" in answer(facts, both, date="2019-06-01")[1]
    assert "Listed later" in answer(facts, both, date="2019-06-01")[1]


def test_the_contracts_day_counts_before_the_payments(facts: dict[str, Rows]) -> None:
    signed = answer(facts, [PERIOD], date="2020-06-01", date_kind="payment", contract_date="2020-01-01")
    paid = answer(facts, [PERIOD], date="2020-06-01", date_kind="payment")
    assert (signed[0], paid[0]) == ("no", "yes")
    assert "On 2020-01-01 (contract date)" in signed[1]
    assert "On 2020-06-01 (payment date)" in paid[1]


@pytest.mark.parametrize(("day", "expected"), [("2020-02-29", "unknown"), ("2020-03-01", "yes"), ("2020-12-31", "yes"), ("2021-01-01", "no")])
def test_what_was_known_on_a_day(facts: dict[str, Rows], day: str, expected: str) -> None:
    """As of a day, what began later is not known yet, and what ended later is open: here for a payment of 2021-06-01."""
    said, basis = answer(facts, [PERIOD], as_of_day=day, date="2021-06-01")
    assert said == expected
    assert ("No listing of" in basis) == (expected == "unknown")


@pytest.mark.parametrize(
    ("day", "expected"),
    [("2020-01-04", "no"), ("2020-01-05", "yes"), ("2021-05-31", "yes"), ("2021-06-01", "unknown"), ("2021-06-09", "unknown"), ("2021-06-10", "no"), ("2030-01-01", "no")],
)
def test_a_period_told_by_versions_ends_with_the_version_that_lacks_it(day: str, expected: str) -> None:
    """The same first day; the end is not known between two versions, and sure from the later one on."""
    period = {"began": "2020-01-05", "began_by": "effective", "listed_by": "2020-01-10", "over": "2021-06-01/2021-06-10", "over_by": "versions", "gone_by": "2021-06-10"}
    assert listed_on(period, day) == expected
