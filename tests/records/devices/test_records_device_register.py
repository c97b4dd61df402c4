"""Asset registers as people keep them: every header we know, every way to mistype, and what may not be kept."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_records_device_examples import rows_of

from custodes.errors import BrokenInputError, InputError
from custodes.records import device_columns, device_register
from custodes.records.registry import READERS
from custodes.values import Entry, Origin, kind_of


def table(*rows: list[str], delimiter: str = ",") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue().encode()


def workbook(**sheets: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def devices(content: bytes, name: str = "register.csv", **entry: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for batch in device_register.read((io.BytesIO(content),), Origin("0" * 64, name, Entry(**entry))):
        found += batch.to_pylist() if kind_of(batch) == "DEVICE" else []
    return found


HEADERS = [
    (["Asset Tag", "Make", "Model", "Serial Number", "Location"], ["device_id", "brand", "model", "serial", "site"]),
    (["Camera No.", "Manufacturer", "Model No", "MAC Address", "IP Address", "Building", "Room"], ["device_id", "brand", "model", "mac", "host", "site", "site"]),
    (["Cam IP", "Cam MAC", "Camera Make", "Camera Model", "F/W Version"], ["host", "mac", "brand", "model", ""]),
    (["Standort", "Hersteller", "Modell", "Seriennummer", "MAC-Adresse"], ["site", "brand", "model", "serial", "mac"]),
    (["Emplacement", "Marque", "Modèle", "N° de série", "Adresse IP"], ["site", "brand", "model", "", "host"]),
    (["Ubicación", "Fabricante", "Modelo", "Número de serie", "Dirección IP"], ["site", "brand", "model", "serial", "host"]),
    (["Site", "Make/Model", "Qty", "NVR"], ["site", "brand_model", "count", "behind"]),
    (["SITE", "MAKE", "MODEL", "ASSIGNED TO", "E-MAIL"], ["site", "brand", "model", "ignored: may name a person", "ignored: may name a person"]),
    (["No.", "Device Type", "Device Serial No.", "IPv4 Address", "MAC Address", "Admin Password"], ["device_id", "model", "serial", "host", "mac", "ignored: a login"]),
]


@pytest.mark.parametrize(("header", "uses"), HEADERS, ids=lambda value: " ".join(value)[:30])
def test_headers_mean_what_people_mean(header: list[str], uses: list[str]) -> None:
    register = device_columns.find_register([header])
    assert register is not None
    assert [use if use in (*uses, "") else "" for use in register.uses] == uses


@pytest.mark.parametrize(
    "header",
    [
        ["Supplier", "Amount", "Date", "Description"], ["Body", "Date", "Supplier", "Model", "Net Amount"], ["id", "name"], ["party_id", "name", "country"], ["site_id", "devices", "unit_cost"],
        ["Request", "Exemption", "Model", "Make", "Site"], ["Department", "Employee", "Salary"], ["Name", "Type", "Location"], ["model", "notes"], ["address", "postcode", "council"], ["Date", "Item", "Cost"],
    ],
)  # fmt: skip
def test_other_tables_are_not_claimed(header: list[str]) -> None:
    assert not device_register.sniff(table(header, *[["x"] * len(header)] * 5), "table.csv")


def test_a_register_with_purchase_columns_is_a_register_and_a_purchase_list_with_a_model_is_not() -> None:
    snipe = table(["Asset Tag", "Model", "Serial", "Manufacturer", "Supplier", "Purchase Cost", "Purchase Date"], *[[str(n), "DS-2CD2032", f"S{n}", "Hikvision", "Example Ltd", "99.00", "2020-01-01"] for n in range(9)])
    spend = table(["Body", "Supplier", "Amount", "Payment Date", "Model"], *[["Shire", "Example Ltd", "99.00", "2020-01-01", "x"] for _ in range(9)])
    assert [reader.NAME for reader in READERS if reader.sniff(snipe, "a.csv")] == ["device_register"]
    assert [reader.NAME for reader in READERS if reader.sniff(spend, "a.csv")] == ["uk_spend"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_encodings_and_delimiters(delimiter: str, encoding: str) -> None:
    rows = [["Site", "Make", "Model"], ["Café", "Hikvision", "DS-2CD2143G2-I"], ["Library", "LTS", "CMIP3412"]]
    content = table(*rows, delimiter=delimiter).decode().encode(encoding)
    assert [(row["site"], row["brand"], row["model"]) for row in devices(content)] == [tuple(row) for row in rows[1:]]


def test_what_people_typed_is_kept_as_they_typed_it(shared: Path) -> None:
    """Four hundred cameras as typed: each row comes through word for word, from CSV and from a workbook, in order."""
    typed = [json.loads(line)["typed_text"] for line in (shared / "devices" / "typed_models.jsonl").read_text().splitlines()][:400]
    rows = [["Site", "Camera model", "Installed by"], *([f"Site {n % 7}", text, "J Smith"] for n, text in enumerate(typed))]
    for content, name in ((table(*rows), "a.csv"), (workbook(Cameras=rows), "a.xlsx")):
        assert device_register.sniff(content, name)
        found = devices(content, name)
        assert [row["model"] for row in found] == [" ".join(text.split()) for text in typed]
        assert [json.loads(row["evidence"])["model"] for row in found] == [row["model"] for row in found]


def test_sheets_of_a_workbook_are_tables_of_their_own() -> None:
    book = workbook(
        Notes=[["How to use this file"], ["Ask the control room"]], Town=[["CCTV 2024"], [], ["Camera", "Make", "Model", "IP"], ["1", "Hikvision", "DS-2CD2143G2-I", "10.0.0.1"]],
        Schools=[["Make", "Type", "Serial No"], ["Dahua", "IPC-HDW2431T", "4F00"]],
    )  # fmt: skip
    found = rows_of(device_register, book, "a.xlsx")
    assert [(row["brand"], row["model"], row["origin_at"]) for row in found["DEVICE"]] == [("Hikvision", "DS-2CD2143G2-I", "sheet 'Town', row 4"), ("Dahua", "IPC-HDW2431T", "sheet 'Schools', row 2")]
    assert sum(row["count"] for row in found["LEFT_OUT"]) == 5


def test_a_large_workbook_is_told_by_its_sheets(tmp_path: Path) -> None:
    """More than the 64 KiB that other files are judged by: the directory of a ZIP stands at its end."""
    from custodes.pipeline import tools

    rows = [["Asset Tag", "Make", "Model", "Site", "Serial"], *([f"A{n}", "Hikvision", f"DS-2CD{n:05}-I", f"Site {n * 7919 % 1000}", f"S{n * 104729:012}"] for n in range(3000))]
    (tmp_path / "big.xlsx").write_bytes(workbook(Assets=rows))
    assert (tmp_path / "big.xlsx").stat().st_size > 70_000
    summary = tools.records((str(tmp_path / "big.xlsx"),), str(tmp_path / "out.csv"), tools.entry(), engine="local")
    assert summary["files"][0]["reader"] == "device_register" and summary["usable"] == 3000


def test_names_of_people_are_not_kept_and_counted() -> None:
    content = table(["Site", "Model", "Owner", "Notes"], ["Library, ring j.doe@example.org", "DS-2CD2032", "Jane Doe", "key with Jane"], ["Mr J Smith", "DS-2CD2033", "", ""])
    found = rows_of(device_register, content)
    assert "doe" not in json.dumps(found["DEVICE"]).lower() and "smith" not in json.dumps(found["DEVICE"]).lower()
    assert [row["site"] for row in found["DEVICE"]] == ["Library, ring", ""]
    uses = {row["column"]: (row["use"], row["filled"]) for row in found["COLUMN"]}
    assert uses["Owner"] == ("ignored: may name a person", 1) and uses["Site (cells naming a person)"] == ("ignored: about natural persons", 2)


def test_a_map_settles_what_headers_do_not_say() -> None:
    content = table(["Badge", "Kit", "Where it hangs"], ["Hikvision", "DS-2CD2032", "Hall"])
    assert not device_register.sniff(content, "a.csv")
    with pytest.raises(BrokenInputError) as caught:
        devices(content)
    assert 'as = "device_register"' in caught.value.advice
    (row,) = devices(content, reader="device_register", columns={"brand": "Badge", "model": "kit", "site": "Where it hangs"})
    assert (row["brand"], row["model"], row["site"]) == ("Hikvision", "DS-2CD2032", "Hall")
    for wrong in ({"colour": "Kit"}, {"model": "Kitt"}):
        with pytest.raises(InputError, match=r"the map names"):
            devices(content, columns=wrong)


def test_a_register_issued_again_with_a_row_on_top_keeps_its_keys() -> None:
    rows = [["Asset Tag", "Make", "Model"], ["A1", "Hikvision", "DS-1"], ["A2", "Hikvision", "DS-1"], ["", "LTS", "C1"], ["", "LTS", "C1"]]
    before = {row["record_key"] for row in devices(table(*rows))}
    after = {row["record_key"] for row in devices(table(rows[0], ["A0", "Axis", "P1"], *rows[1:]))}
    assert len(before) == 4 and before < after


def test_bodies_come_from_the_entry_then_the_column() -> None:
    content = table(["Council", "Make", "Model", "Site"], ["Shire", "LTS", "C1", "Hall"])
    assert devices(content)[0]["body"] == "Shire" and devices(content, body="Exampleton")[0]["body"] == "Exampleton"


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x00"), max_size=12)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(CELLS, min_size=4, max_size=4), max_size=8))
def test_every_row_is_a_device_left_out_or_rejected(rows: list[list[str]]) -> None:
    found = rows_of(device_register, table(["Asset Tag", "Make", "Model", "Site"], *rows))
    out = sum(row["count"] for row in found.get("LEFT_OUT", ()))
    assert len(found.get("DEVICE", ())) + out + len(found.get("REJECT", ())) == len(rows) + 1


def test_the_guess_shows_columns_and_an_entry_that_works_and_no_people() -> None:
    import tomllib

    from custodes.records import device_guess

    content = table(["Asset Tag", "Make", "Model No", "Where", "Owner", "Notes"], ["A1", "Hikvision", "DS-2CD2032", "Hall", "Jane Doe", "ring Jane"], ["A2", "LTS", "Mr J Smith", "", "", ""])
    said = device_guess.advice(content, "r.csv")
    assert "'Model No'" in said and "'DS-2CD2032'" in said and "Jane" not in said and "Smith" not in said
    (entry,) = tomllib.loads(said[said.index("[[records]]") :])["records"]
    assert entry["as"] == "device_register" and [row["model"] for row in devices(content, columns=entry["columns"])] == ["DS-2CD2032", ""]
    book = workbook(Cover=[["Hello"]], Cameras=[["Make", "Model", "Site"], ["LTS", "C1", "Hall"]])
    assert 'brand = "Make"' in device_guess.advice(book, "r.xlsx") and not device_guess.advice(b"Supplier,Amount\nx,1\n", "s.csv")
