"""Spending workbooks, authored here: many sheets, drifting headers, title rows, payees cut at 25 characters; and what is no workbook."""

from __future__ import annotations

import datetime
import io
import time
import zipfile
from typing import Any

import openpyxl
import pytest
from spend_support import batches, left, rows

from custodes.errors import BrokenInputError, InputError, LimitError
from custodes.records import buy_spend, buy_workbook


def saved(**sheets: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, table in sheets.items():
        sheet = book.create_sheet(name)
        for row in table:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def council() -> bytes:
    """Three months of one invented council, as such workbooks come."""
    day = datetime.date(2023, 4, 3)
    april = [
        ["Exampleton Borough Council"], ["Payments over £500 in April 2023"], [],
        ["DATE", "SUPPLIER", "DESCRIPTION", "AMOUNT £", "DOC NO"],
        [day, "EXAMPLE VISION UK TRADING", "CCTV recorder", 1200.5, 5100001],
        [day, "EXAMPLE VISION UK TRADING", "CCTV recorder", "1,200.50", 5100002],
        [day, "Mr J Smith", "refund", 12, 5100003],
        [None, "Total", None, 2413.0, None],
    ]  # fmt: skip
    may = [["* SUPPLIER", "Net Amount", "Payment Date", "Narrative", "Doc No"], ["Invented Ltd", 12, 43682, "serial date", "D1"], ["Invented Ltd", "n/a", 43682, "no amount", "D2"]]
    june = [[], [None, "* SUPPLIER FINAL", None, "Purpose", "Value", "Paid"], [None, "Invented Ltd", None, "later", 7.25, "30/06/2023"]]
    return saved(April=april, May=may, June=june, Notes=[["These", "are", "some", "notes"], ["one"]])


def test_every_sheet_with_its_own_header() -> None:
    found = batches(council(), buy_workbook, "book.xlsx", folder="Exampleton Borough Council")
    shown = [(r["supplier"], str(r["amount"]), r["date"], r["tax"], r["origin_at"], r["body"]) for r in rows(found)]
    body = "Exampleton Borough Council"
    assert shown == [
        ("EXAMPLE VISION UK TRADING", "1200.5000", "2023-04-03", "unknown", "sheet 'April', row 5", body),
        ("EXAMPLE VISION UK TRADING", "1200.5000", "2023-04-03", "unknown", "sheet 'April', row 6", body),
        ("Invented Ltd", "12.0000", "2019-08-05", "net", "sheet 'May', row 2", body),
        ("Invented Ltd", "7.2500", "2023-06-30", "unknown", "sheet 'June', row 3", body),
    ]
    assert len(rows(found)[0]["supplier"]) == 25
    assert [(r["origin_at"], r["column"]) for r in rows(found, "REJECT")] == [("sheet 'May', row 3", "Net Amount")]
    assert left(found)["natural person", True] == 1 and left(found)["sheet without supplier and amount columns", True] == 1
    assert ("sheet 'June': * SUPPLIER FINAL", "supplier") in [(r["column"], r["use"]) for r in rows(found, "COLUMN")]


def test_the_same_rows_as_a_table_give_the_same_keys() -> None:
    table = [["Supplier", "Payment Date", "Amount", "Description", "Ref"], ["Acme Ltd", "13/02/2021", "1,200.00", "thing", "T1"], ["Acme Ltd", "14/02/2021", "5", "thing", "T2"]]
    text = "\n".join(",".join(f'"{cell}"' for cell in row) for row in table)
    ours, theirs = rows(batches(saved(S=table), buy_workbook, "b.xlsx")), rows(batches(text.encode(), buy_spend))
    assert [r["record_key"] for r in ours] == [r["record_key"] for r in theirs]


def test_claims_workbooks_and_what_only_calls_itself_one() -> None:
    assert buy_workbook.sniff(council(), "book.xlsx") and not buy_spend.sniff(council(), "book.xlsx")
    assert buy_workbook.sniff(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old.xls")
    assert not buy_workbook.sniff(saved(S=[["site", "devices"], ["x", 3]]), "register.xlsx")
    assert not buy_workbook.sniff(b"Supplier,Amount,Date\nAcme Ltd,5,01/02/2021\n", "text.xls")
    assert not buy_workbook.sniff(b"a,b\n", "text.csv")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old Excel file"),
        (b"hello", "the content does not"),
        (b"PK\x03\x04" + b"z" * 100, "broken or truncated"),
        (council()[:4000], "broken or truncated"),
    ],
)
def test_no_workbook_is_a_clear_error(data: bytes, words: str) -> None:
    with pytest.raises(BrokenInputError, match=words) as caught:
        batches(data, buy_workbook, "book.xlsx")
    assert caught.value.advice and caught.value.where


def test_a_zip_that_is_no_workbook() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(BrokenInputError, match="no Excel workbook"):
        batches(out.getvalue(), buy_workbook, "book.xlsx")


def test_a_zip_bomb_is_refused_before_it_unpacks() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 60_000_000)
    with pytest.raises(LimitError, match="unpacks to"):
        batches(out.getvalue(), buy_workbook, "book.xlsx")


def test_xml_entities_are_refused() -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><worksheet><sheetData><row><c t="inlineStr"><is><t>&b;</t></is></c></row></sheetData></worksheet>'
    source = zipfile.ZipFile(io.BytesIO(council()))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in source.namelist():
            archive.writestr(name, bomb if name == "xl/worksheets/sheet1.xml" else source.read(name))
    with pytest.raises(InputError):
        batches(out.getvalue(), buy_workbook, "book.xlsx")


def test_a_cell_beyond_a_million_empty_rows_does_not_hang() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Supplier", "Amount", "Date", "Narrative"])
    for column, value in enumerate(["Acme Ltd", 5, "01/02/2021", "far away"], 1):
        sheet.cell(1_048_000, column, value)
    out = io.BytesIO()
    book.save(out)
    begun = time.perf_counter()
    found = rows(batches(out.getvalue(), buy_workbook, "book.xlsx"))
    assert [row["origin_at"] for row in found] == ["sheet 'Sheet', row 1048000"]
    assert time.perf_counter() - begun < 20


def test_no_sheet_is_spending() -> None:
    with pytest.raises(BrokenInputError, match="'Colour'"):
        batches(saved(S=[["Colour", "Shape"], ["red", "round"]]), buy_workbook, "book.xlsx")
