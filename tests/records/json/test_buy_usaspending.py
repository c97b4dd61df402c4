"""USAspending answers. Firms are invented; the real answers are read at the end."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from json_support import Outcome, read

from custodes.records import buy_ocds, buy_usaspending
from custodes.values import REPORTED

AWARD = {
    "internal_id": 1, "Award ID": "ABC1", "Recipient Name": "EXAMPLE CAMERAS INC", "Award Amount": 99.5, "Description": "CAMERAS", "Recipient UEI": "UEI123",
    "Awarding Agency": "Department of Examples", "Awarding Sub Agency": "Office of Tests", "Start Date": "2021-05-06", "End Date": "2022-01-01",
    "NAICS": {"code": "334310", "description": "AUDIO AND VIDEO"}, "PSC": "5836", "generated_internal_id": "CONT_AWD_ABC1",
}  # fmt: skip
SINGLE = {
    "id": 3, "generated_unique_award_id": "CONT_AWD_X", "piid": "X", "category": "contract", "description": "CAMERAS", "total_obligation": 5,
    "date_signed": "2018-03-05", "awarding_agency": {"toptier_agency": {"name": "Department of Examples", "code": "080"}},
    "recipient": {"recipient_name": "EXAMPLE CAMERAS INC", "recipient_uei": "UEI123", "business_categories": ["Category Business"]},
    "latest_transaction_contract_data": {"product_or_service_code": "5836", "naics": "334310", "product_or_service_description": "VIDEO EQUIPMENT"},
    "executive_details": {"officers": [{"name": "JANE SECRET"}]},
}  # fmt: skip


def usa(value: Any, **entry: Any) -> Outcome:
    found = read(buy_usaspending, json.dumps(value), **entry)
    assert found.error is None
    return found


def test_a_page_of_the_search() -> None:
    found = usa({"spending_level": "awards", "limit": 2, "results": [AWARD, {**AWARD, "generated_internal_id": "CONT_IDV_2"}], "page_metadata": {"page": 1}})
    row, frame = found.rows
    assert {k: row[k] for k in ("body", "supplier", "supplier_id", "description", "codes", "amount", "currency", "amount_kind", "date", "date_kind", "origin_at")} == {
        "body": "Department of Examples", "supplier": "EXAMPLE CAMERAS INC", "supplier_id": "UEI:UEI123", "description": "CAMERAS | AUDIO AND VIDEO",
        "codes": ["PSC:5836", "NAICS:334310"], "amount": Decimal("99.5"), "currency": "USD", "amount_kind": "award", "date": "2021-05-06",
        "date_kind": "contract start", "origin_at": "/results/0",
    }  # fmt: skip
    assert frame["amount_kind"] == "framework ceiling" and REPORTED not in found.columns.values()


def test_one_award() -> None:
    found = usa(SINGLE)
    [row] = found.rows
    assert (row["buyer_id"], row["contract_date"], row["codes"], row["description"], row["transaction"]) == (
        "CGAC:080", "2018-03-05", ["PSC:5836", "NAICS:334310"], "CAMERAS | VIDEO EQUIPMENT", "CONT_AWD_X")  # fmt: skip
    assert "SECRET" not in repr(found) and found.columns["executive_details/officers/name"] == "ignored: personal data is never read"


def test_a_long_page_is_streamed_and_json_lines_are_read() -> None:
    many = [{**AWARD, "generated_internal_id": f"CONT_AWD_{n}"} for n in range(2000)]
    assert len(usa({"results": many}).rows) == 2000
    found = read(buy_usaspending, "".join(json.dumps(SINGLE) + "\n" for _ in range(2)))
    assert [row["origin_at"] for row in found.rows] == ["line 1", "line 2"]


@pytest.mark.parametrize("name", ["MULTIPLE RECIPIENTS", "MISCELLANEOUS FOREIGN AWARDEES"])
def test_what_is_no_name_is_left_empty(name: str) -> None:
    assert usa({"results": [{**AWARD, "Recipient Name": name}]}).rows[0]["supplier"] == ""


def test_persons_and_nonsense() -> None:
    person = {**SINGLE, "recipient": {"recipient_name": "ANY NAME", "business_categories": ["Individual"]}}
    found = usa({"results": [{**AWARD, "Recipient Name": "REDACTED DUE TO PII"}, {"Recipient Name": "X"}, 5, {**AWARD, "Award Amount": "many"}]})
    assert found.left_out == {"natural person": 1} and [r["origin_at"] for r in found.rejects] == ["/results/1", "/results/2", "/results/3"]
    assert usa(person).left_out == {"natural person": 1}


def test_the_real_answers(shared: Path) -> None:
    for name, count in (("usaspending_spending_by_award_contracts.json", 2), ("usaspending_award_contract.json", 1)):
        data = (shared / "awards" / "us" / name).read_bytes()
        assert buy_usaspending.sniff(data[:65_536], name) and not buy_ocds.sniff(data[:65_536], name)
        found = read(buy_usaspending, data)
        assert len(found.rows) == count == found.read and REPORTED not in found.columns.values()
        assert all(row["supplier_id"].startswith("UEI:") and row["amount"] > 0 and row["date"] and row["codes"] for row in found.rows)
