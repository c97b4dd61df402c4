"""Contracts Finder notices, flattened and as the CSV export. Firms and bodies are invented; the real file is read at the end."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from json_support import Outcome, lines, read

from custodes.records import answers_foi, buy_notices, buy_ocds, buy_usaspending
from custodes.values import REPORTED


def notice(**more: Any) -> dict[str, Any]:
    return {
        "id": "n-1", "title": "CCTV &amp; alarms", "description": "Supply of cameras", "organisation": "Arden Borough Council", "status": "awarded",
        "notice_type": "Contract", "published_date": "2025-02-20", "deadline_date": "2025-01-01", "awarded_date": "2025-02-10", "value_low": 100,
        "value_high": 0, "awarded_value": 120.5, "awarded_supplier": "Example Cameras Ltd", "awarded_to_sme": True, "cpv_codes": "32323500 35121700",
        "region": "North West", "url": "https://example.org/n-1", "_council": "arden", **more,
    }  # fmt: skip


def notices(*values: Any, **entry: Any) -> Outcome:
    found = read(buy_notices, lines(*values), **entry)
    assert found.error is None
    return found


def test_an_awarded_notice() -> None:
    [row] = notices(notice()).rows
    assert {k: row[k] for k in ("body", "supplier", "description", "codes", "amount", "currency", "amount_kind", "date", "date_kind", "transaction", "origin_at")} == {
        "body": "Arden Borough Council", "supplier": "Example Cameras Ltd", "description": "CCTV & alarms | Supply of cameras",
        "codes": ["CPV:32323500", "CPV:35121700"], "amount": Decimal("120.5"), "currency": "GBP", "amount_kind": "award", "date": "2025-02-10",
        "date_kind": "award", "transaction": "n-1", "origin_at": "line 1",
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["Various Suppliers", "Multiple suppliers - see attached spreadsheet", "abandoned", "Tender abandoned", "DATE NOW PASSED FOR NOTICE", "0100165SC", "NOT AWARDED TO SUPPLIER",
     "N/A EVENT DAY", "n/a", "TBC", "-", "3 suppliers", "See attached", "No bids received", "12 providers", "several contractors", "withheld", "1234567"],
)  # fmt: skip
def test_what_is_no_name_never_becomes_a_supplier(text: str) -> None:
    found = notices(notice(awarded_supplier=text))
    assert [row["supplier"] for row in found.rows] == [""] and found.columns["awarded_supplier"] in ("supplier", "no name of a supplier: left empty")
    assert "no name of a supplier: left empty" in found.columns.values()


@pytest.mark.parametrize("text", ["Key Security Ltd", "3 Shires Ltd", "Various Fabrics Ltd", "Key", "Several Suppliers Ltd", "Multiple Media Ltd", "None Such Foods Ltd", "G4S", "2020 Vision Systems Ltd", "4 Site Security"])
def test_odd_names_of_real_kinds_stay(text: str) -> None:
    assert [row["supplier"] for row in notices(notice(awarded_supplier=text)).rows] == [text]


@pytest.mark.parametrize(
    ("text", "names"),
    [("One Ltd,Two plc", ["One Ltd", "Two plc"]), ("Wade Ltd, T/a Wade Group", ["Wade Ltd, T/a Wade Group"]), ("Alpha,Fire &amp; Security ltd", ["Alpha,Fire & Security ltd"]),
     ("Knight, Kavanagh &amp; Page", ["Knight, Kavanagh & Page"]), ("One Ltd,Various Suppliers,One Ltd", ["One Ltd"])],
)  # fmt: skip
def test_several_suppliers_stand_in_one_text(text: str, names: list[str]) -> None:
    rows = notices(notice(awarded_supplier=text)).rows
    assert [row["supplier"] for row in rows] == names and [row["amount"] is None for row in rows] == [False, *[True] * (len(names) - 1)]


def test_tenders_plans_withdrawals_persons_and_repeats() -> None:
    tender = notice(id="t", status="closed", awarded_supplier="", awarded_value=0, awarded_date="", value_high=500)
    found = notices(
        tender, {**tender, "id": "t2", "value_high": 0}, {**tender, "id": "t3", "value_low": 0, "value_high": 0}, {**tender, "id": "p", "notice_type": "Pipeline"},
        {**tender, "id": "w", "status": "withdrawn"}, notice(id="m", awarded_supplier="Mr John Smith,Good Ltd"), {**tender, "_council": "other"},
        {**tender, "title": "changed"},
    )  # fmt: skip
    assert [(row["amount_kind"], row["amount"], row["date"], row["date_kind"]) for row in found.rows if row["amount_kind"] == "tender"] == [
        ("tender", Decimal(500), "2025-02-20", "published"), ("tender", Decimal(100), "2025-02-20", "published"), ("tender", None, "2025-02-20", "published"),
        ("tender", Decimal(500), "2025-02-20", "published")]  # fmt: skip
    assert [(row["supplier"], row["amount"]) for row in found.rows if row["supplier"]] == [("Good Ltd", Decimal("120.5"))]
    assert found.left_out == {"planning: nothing is bought yet": 1, "the notice was withdrawn": 1, "natural person": 1, "the same notice stands earlier in the file": 1}


def test_frameworks_and_unreadable_amounts() -> None:
    assert notices(notice(title="CCTV framework agreement")).rows[0]["amount_kind"] == "framework ceiling"
    found = notices(notice(awarded_value="lots"))
    assert [(r["origin_at"], r["column"]) for r in found.rejects] == [("line 1", "awarded_value")] and not found.rows


def test_every_column_is_accounted_for() -> None:
    found = notices(notice(colour="red"))
    assert [name for name, use in found.columns.items() if use == REPORTED] == ["colour"]


HEADER = (
    "Notice Identifier,Notice Type,Organisation Name,Status,Published Date,Title,Description,Nationwide,Postcode,Region,Cpv Codes,Contact Name,Contact Email,"
    "Attachments,Links,Additional Text,Start Date,End Date,Closing Date,Is sub-contract,Parent Reference,Suitable for SME,Suitable for VCO,Supply Chain,"
    "OJEU Contract Type,Value Low,Value High,Awarded Date,Awarded Value,Supplier [Name|Address|Ref type|Ref Number|Is SME|Is VCSE],Supplier's contact name,"
    "Contract start date,Contract end date,OJEU Procedure Type,Accelerated Justification"
)
EXPORTED = (
    '20230519-1,Contract,Arden Borough Council,Awarded,2023-10-10T14:38:59+01:00,CCTV,"Cameras,\nmany",,AR1 1AA,North West,"32323500,35121700",Jane Secret,j@example.org,'
    ",,,,,,,,,,,Supplies,10,20,09/10/2023,15.5,[Example Cameras Ltd|1 High St|COMPANIES_HOUSE|158718|Yes|No][Two Ltd|x|NONE||No|No],Joe Secret,01/11/2023,,Open,\n"
)


def test_the_csv_export_of_the_search() -> None:
    data = f"\ufeff{HEADER}\n{EXPORTED}"
    assert buy_notices.sniff(data.encode(), "notices.csv")
    found = read(buy_notices, data)
    assert [(row["supplier"], row["supplier_ids"], row["amount"]) for row in found.rows] == [
        ("Example Cameras Ltd", ["GB-COH:00158718", "GB-COH:158718"], Decimal("15.5")), ("Two Ltd", [], None)]  # fmt: skip
    assert found.rows[0]["date"] == "2023-10-09" and found.rows[0]["codes"] == ["CPV:32323500", "CPV:35121700"] and "Secret" not in repr(found)
    assert REPORTED not in found.columns.values()


def test_the_real_notices(shared: Path) -> None:
    data = gzip.decompress((shared / "awards" / "notices" / "uk_lancashire_councils_contracts_finder.jsonl.gz").read_bytes())
    assert [r.NAME for r in (buy_notices, buy_ocds, buy_usaspending, answers_foi) if r.sniff(data[:65_536], "x.jsonl")] == ["contracts_finder_notices"]
    found = read(buy_notices, data)
    places = {row["origin_at"] for row in found.rows}
    assert len(places) + 25 + 7 + 1 + 1 == 729 and not found.rejects and REPORTED not in found.columns.values()
    assert len({row["record_key"] for row in found.rows}) == len(found.rows)
    assert not [row for row in found.rows if row["supplier"].casefold() in ("various suppliers", "abandoned", "0100165sc", "[natural person removed]")]
    wanted = sum(Decimal(str(json.loads(line)["awarded_value"] or 0)) for line in data.splitlines())
    found_sum = sum(row["amount"] or 0 for row in found.rows if row["amount_kind"] != "tender")
    assert abs(wanted - found_sum) < wanted / 100
