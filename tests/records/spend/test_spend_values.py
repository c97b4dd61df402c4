"""Dates, amounts, people and headers, case by case."""

from __future__ import annotations

import doctest
from importlib import import_module

import pytest
from spend_support import HEADER, batches, left, read, rows

from custodes.records import buy_spend
from custodes.records.amounts import canonical
from custodes.records.dates import iso_of
from custodes.records.layout import find_layout
from custodes.records.persons import is_natural_person


@pytest.mark.parametrize("name", ["amounts", "dates", "headers", "persons", "cells", "row_keys", "sheets"])
def test_examples_in_docstrings(name: str) -> None:
    result = doctest.testmod(import_module(f"custodes.records.{name}"))
    assert result.attempted and not result.failed


AMOUNTS = {
    "448.26": "448.26", "£448.26": "448.26", "1,812.80": "1812.8", "1812": "1812", "24.86-": "-24.86", "-24.86": "-24.86", "(1,234.50)": "-1234.5", "£-5.00": "-5",
    "-£5": "-5", "(£5.00)": "-5", "-1.82E-12": "0", "1.5e3": "1500", " 765.00 ": "765", "1 234.50": "1234.5", "12.50CR": "-12.5", "12.50 DR": "12.5", "GBP 10": "10",
    "Â£7.00": "7", "\ufffd7.00": "7", "+3": "3", ".5": "0.5", "5.": "5", "-0.00": "0", "1234.56789": "1234.5679", "2,000,000": "2000000", "007": "7", " -   ": "0",
    "1,23": None, "1.234,56": None, "12/05/2020": None, "abc": None, "": None, "#REF!": None, "1 2": None, "--5": None, "1e99": None, "12-13": None, "£": None, "1.2.3": None,
}  # fmt: skip


@pytest.mark.parametrize("text", AMOUNTS)
def test_amount(text: str) -> None:
    assert canonical(text) == AMOUNTS[text]


DATES = {
    "04/01/2017": "2017-01-04", "4/1/17": "2017-01-04", "04.01.2017": "2017-01-04", "04-01-2017": "2017-01-04", "2017-01-04": "2017-01-04", "2017-01-04 00:00:00": "2017-01-04",
    "2017-01-04T10:11:12Z": "2017-01-04", "04/01/2017 00:00": "2017-01-04", "11-Aug-22": "2022-08-11", "05-Oct-2021": "2021-10-05", "15 June 2023": "2023-06-15",
    "Tuesday, 4 April 2023": "2023-04-04", "1st April 2023": "2023-04-01", "July 5, 2010": "2010-07-05", "20170104": "2017-01-04", "43682": "2019-08-05", "43682.0": "2019-08-05",
    "July 2010-September 2010": "2010-07-01/2010-09-30", "July - September 2010": "2010-07-01/2010-09-30", "Jan to Mar 2012": "2012-01-01/2012-03-31",
    "May-13": "2013-05-01/2013-05-31", "February 2020": "2020-02-01/2020-02-29", "2013-05": "2013-05-01/2013-05-31", "05/2013": "2013-05-01/2013-05-31",
    "Q4 2016/17": "2017-01-01/2017-03-31", "2016-17 Q1": "2016-04-01/2016-06-30", "2016/17": "2016-04-01/2017-03-31", "01/04/2010 - 30/06/2010": "2010-04-01/2010-06-30",
    "2010-04-01/2010-06-30": "2010-04-01/2010-06-30", "01.04.2010 to 30.06.2010": "2010-04-01/2010-06-30",
    "": "", "-": "", "N/A": "", "31/02/2017": None, "13/13/2017": None, "Q1 2016": None, "12": None, "hello": None, "00/01/1900": None, "2017-02-30": None, "99999": None,
    "13-May": None, "June": None, "September 2010-July 2010": None,
}  # fmt: skip


@pytest.mark.parametrize("text", DATES)
def test_date(text: str) -> None:
    assert iso_of(text) == DATES[text]


def test_month_first_only_on_evidence_of_the_whole_file() -> None:
    def dates(*cells: str) -> list[str]:
        return [row["date"] for row in read(HEADER + "".join(f"Acme Ltd,{cell},1.00,x,T{n}\n" for n, cell in enumerate(cells)).encode())]

    assert dates("02/03/2021", "04/05/2021") == ["2021-03-02", "2021-05-04"]
    assert dates("02/03/2021", "02/23/2021") == ["2021-02-03", "2021-02-23"]
    assert dates("02/03/2021", "23/02/2021", "02/24/2021") == ["2021-03-02", "2021-02-23"]
    late = ["02/03/2021"] * 20_000 + ["02/23/2021"]
    assert set(dates(*late)) == {"2021-02-03", "2021-02-23"}


PERSONS = [
    "Mr J Smith", "MRS A JONES", "Miss O'Neill", "Dr Patel", "Cllr. B. Singh", "Mr & Mrs Patel", "SMITH MR J", "SMITH, JOHN", "JONES, MRS A", "HUNT, MORGAN", "J SMITH", "J.R. SMITH", "SMITH J",
    "John Smith", "John A Featherstone", "Anne-Marie Smith-Jones", "REDACTED", "Redacted Personal Data", "[REDACTED]", "REDACTED - PERSONAL DATA", "Personal data", "Name withheld", "Foster Carer",
    "Sir John Smith", "Sean McAllister",
]  # fmt: skip
ORGANISATIONS = [
    "HENRY SCHEIN", "Dennis Eagle", "John Lewis", "Marks & Spencer", "WH SMITH", "W H Smith", "Amazon", "DVLA", "Smith", "J SMITH LTD", "John Smith Builders", "G Jones Builders Ltd", "James O Garnett Ltd",
    "Dr Smith & Partners", "Dr Martens", "BISHOP FLEMING", "LORD STREET GARAGE", "JOHN SMITH T/A SMITH TREES", "St John Ambulance", "Thomas Telford School", "Hik Vision", "Morgan Hunt", "Russell Hobbs",
    "Ernst & Young", "Oyster Partnership", "EDEN BROWN", "Kingspan", "3M UK", "booking.com", "GEORGE F WHITE", "Sir Robert McAlpine", "Redactive Media Group", "Personal Data Systems Ltd", "MANCHESTER CAMERATA",
    "BAYDALE CONTROL SYSTEMS LTD", "Roadphone NRB", "",
]  # fmt: skip


@pytest.mark.parametrize("name", PERSONS)
def test_a_person(name: str) -> None:
    assert is_natural_person(name)


@pytest.mark.parametrize("name", ORGANISATIONS)
def test_no_person(name: str) -> None:
    assert not is_natural_person(name)


HEADERS = [
    # header row; supplier, amount, date, tax, date kind
    ("Department Family,Entity,Date,Expense Type,Expense area,Supplier,Transaction Number,Amount (£)", "Supplier", "Amount (£)", "Date", "unknown", "payment"),
    ("Entity,Cost Centre,Account/Expense Type,Vendor Name,Clearing Date,Amount (£)", "Vendor Name", "Amount (£)", "Clearing Date", "unknown", "payment"),
    ("OrganisationName,EffectiveDate,SupplierName,TransactionReference,NetAmount,VATNotRecovered,Purpose", "SupplierName", "NetAmount", "EffectiveDate", "net", "posting"),
    ("Effective Date,Supplier (Beneficiary) Name,Payment Date,Net Amount (£),Irrecoverable VAT (£)", "Supplier (Beneficiary) Name", "Net Amount (£)", "Payment Date", "net", "payment"),
    ("Payee,Payment date,Gross amount,VAT,Net amount,Directorate", "Payee", "Net amount", "Payment date", "net", "payment"),
    ("Beneficiary,Date of transaction,Purpose of Expenditure,Amount,VAT that cannot be recovered", "Beneficiary", "Amount", "Date of transaction", "unknown", "payment"),
    ("Trans Date,Post Date,Merchant Name,Trans Amount,Merchant Category", "Merchant Name", "Trans Amount", "Trans Date", "unknown", "payment"),
    ("Creditor Name,Creditor No,Invoice Date,Invoice No,Invoice Amount (Excl VAT)", "Creditor Name", "Invoice Amount (Excl VAT)", "Invoice Date", "net", "invoice"),
    ("Vendor,Amount inc VAT,Posting Date", "Vendor", "Amount inc VAT", "Posting Date", "gross", "posting"),
    ("* SUPPLIER FINAL,Value,Period", "* SUPPLIER FINAL", "Value", "Period", "unknown", "period"),
    ("Supplier,Invoice Amount,Line Amount,Date", "Supplier", "Line Amount", "Date", "unknown", "payment"),
    ("£,Name of supplier,When paid", "Name of supplier", "£", "When paid", "unknown", "payment"),
]  # fmt: skip
CELLS = {"supplier": "Acme Ltd", "amount": "12.50", "date": "13/02/2021"}


@pytest.mark.parametrize("case", HEADERS, ids=lambda case: case[0][:40])
def test_headers_of_other_publishers(case: tuple[str, ...]) -> None:
    header = case[0].split(",")
    cells = [CELLS["supplier"] if h == case[1] else CELLS["amount"] if h == case[2] else CELLS["date"] if "ate" in h or h == case[3] else "words here" for h in header]
    if case[4:] == ("unknown", "period"):
        cells = ["May 2021" if h == case[3] else cell for h, cell in zip(header, cells, strict=True)]
    layout = find_layout([header, cells, cells, cells], [1, 2, 3, 4])
    assert layout is not None
    assert (header[layout.supplier], header[layout.amount], header[layout.date], layout.tax, layout.date_kind) == case[1:]


NOT_OURS = {
    "screening list": "_id,source,entity_number,type,programs,name,title,addresses\nX,SDN,2,Entity,P,Acme Ltd,,a\n",
    "sites": "site_id,body,devices,unknown_make,unit_cost,deadline\ns1,X,3,0,12.00,2027-01-01\n",
    "decisions": "finding_id,verdict,reason,note,decider\na,confirm,r,n,d\n",
    "answers": "body,asked,answered,state,makes\nX,2020-01-01,2020-01-02,present,h\n",
    "names": "id,name\n1,Acme Ltd\n",
    "contracts": "Contract Title,Supplier,Contract Value,Start Date,End Date\nT,Acme Ltd,12.00,01/02/2020,01/02/2022\n",
    "JSON": '{"supplier": "Acme Ltd", "amount": 12.5}\n',
    "page": "<html><body><p>Supplier, Amount</p></body></html>",
    "prose": "The supplier, Acme Ltd, was paid an amount of money.\nNo more is known, alas.\n",
    "nothing": "",
    "numbers": "1,2,3\n4,5,6\n7,8,9\n10,11,12\n",
    "suppliers without names": "Supplier;Amount\n1;2\n3;4\n",
}


@pytest.mark.parametrize("name", NOT_OURS)
def test_other_tables_are_not_claimed(name: str) -> None:
    assert not buy_spend.sniff(NOT_OURS[name].encode(), "file.csv")


def test_sniff_never_raises_on_rubbish() -> None:
    for data in (b"\0" * 100, bytes(range(256)) * 20, b"\xff\xfe", b'"' * 1000, b"PK\x03\x04", b"," * 5000, b"\r" * 300):
        assert buy_spend.sniff(data, "file.csv") is False


def test_body_comes_from_entry_then_column_then_folder() -> None:
    data = b"Body,Name of Body,Supplier,Amount,Date\n18,Devon County Council,Acme Ltd,5,01/02/2021\n18,,Acme Ltd,6,01/02/2021\n18,Devon County Council,Acme Ltd,7,01/02/2021\n"
    assert [(r["body"], r["body_from"], r["buyer"]) for r in read(data, folder="Folder Council")] == [
        ("Devon County Council", "column", "Devon County Council"),
        ("Folder Council", "folder", "Folder Council"),
        ("Devon County Council", "column", "Devon County Council"),
    ]
    assert [(r["body"], r["body_from"], r["buyer"]) for r in read(data, body="Entry Council")][:2] == [
        ("Entry Council", "entry", "Devon County Council"),
        ("Entry Council", "entry", "Entry Council"),
    ]
    assert [r["body_from"] for r in read(HEADER + b"Acme Ltd,01/02/2021,1,x,T\n")] == [""]


def test_currency_from_entry_column_cell_header() -> None:
    assert [r["currency"] for r in read(HEADER + "Acme Ltd,01/02/2021,€5,x,T\nAcme Ltd,01/02/2021,5,x,T\n".encode())] == ["EUR", "GBP"]
    assert [r["currency"] for r in read(b"Supplier,Amount,Currency,Date\nA Ltd,5,usd,01/02/2021\nA Ltd,5,,01/02/2021\n")] == ["USD", "GBP"]
    assert [r["currency"] for r in read("Supplier,Amount (€),Date,X\nA Ltd,5,01/02/2021,y\n".encode())] == ["EUR"]
    assert [r["currency"] for r in read(HEADER + b"Acme Ltd,01/02/2021,5,x,T\n", currency="CHF")] == ["CHF"]


def test_an_empty_date_column_and_columns_beyond_the_header_are_not_silent() -> None:
    found = batches(HEADER + b"Acme Ltd,someday,1.00,x,T1\nAcme Ltd,01/02/2021,2.00,x,T2,more,\n")
    assert [r["transaction"] for r in rows(found)] == ["T2"]
    assert [(r["column"], r["reason"]) for r in rows(found, "REJECT")] == [("Payment Date", "date not understood: 'someday'")]
    assert ("(column 6)", "not understood", 1) in [(r["column"], r["use"], r["filled"]) for r in rows(found, "COLUMN")]
    far = batches(HEADER + b"Acme Ltd,01/02/2021,2.00,x,T\n" * 20_000 + b"Acme Ltd,01/02/2021,2.00,x,T,more,\n")
    assert ("(beyond the header)", "not understood", 1) in [(r["column"], r["use"], r["filled"]) for r in rows(far, "COLUMN")]


def test_a_supplier_that_names_nobody_is_refused() -> None:
    found = batches(HEADER + b"N/A,01/02/2021,1,x,T\n-,01/02/2021,1,x,T\n3663,01/02/2021,1,x,T\n")
    assert [r["supplier"] for r in rows(found)] == ["3663"] and [r["reason"] for r in rows(found, "REJECT")] == ["no supplier"] * 2


def test_the_first_line_may_name_the_delimiter() -> None:
    assert [r["origin_at"] for r in read(b"sep=;\r\n" + HEADER.replace(b",", b";") + b"Acme Ltd;01/02/2021;1;x;T\r\n")] == ["line 3"]


def test_a_header_with_line_breaks_and_a_row_of_units() -> None:
    found = batches(b'"Supplier\nName","Payment\nDate","Amount\n(excl VAT)",Narrative\n,,\xa3,\nAcme Ltd,01/02/2021,5,x\n')
    assert [(r["supplier"], r["tax"], r["origin_at"]) for r in rows(found)] == [("Acme Ltd", "net", "line 6")]


def test_people_are_left_out_and_counted() -> None:
    found = batches(HEADER + b"Mr J Smith,01/02/2021,1,x,T\nAcme Ltd,01/02/2021,1,x,T\nREDACTED,01/02/2021,1,x,T\n")
    assert left(found) == {("natural person", True): 2} and [r["supplier"] for r in rows(found)] == ["Acme Ltd"]


def test_a_currency_word_in_a_cell_counts_wherever_the_file_is_cut() -> None:
    import io

    from custodes.records import tabular
    from custodes.records.layout import find_layout
    from custodes.values import Origin, kind_of

    rows = "".join(f"Acme Ltd,2021-05-0{n % 9 + 1},{'EUR ' if n == 7 else ''}{n}.50,Paper\n" for n in range(20))
    data = ("Supplier,Date,Amount,Description\n" + rows).encode()
    for size in (64, 1000, 100_000):
        batches = [b for b in tabular.read_table(io.BytesIO(data), Origin("x", "x.csv"), find_layout, size) if kind_of(b) == "PURCHASE"]
        found = [currency for batch in batches for currency in batch.column("currency").to_pylist()]
        assert [n for n, currency in enumerate(found) if currency == "EUR"] == [7]
        assert found.count("GBP") == 19
