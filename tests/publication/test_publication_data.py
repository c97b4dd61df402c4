"""The data files hold the same rows and numbers as the pages, typed, hashed, and safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import hashlib
import json
from decimal import Decimal
from pathlib import Path

import invented
import openpyxl
import pytest

from custodes.publication import figures, publish
from custodes.publication.tables import cell


@pytest.fixture(scope="module")
def edition():
    return invented.edition(with_hostile=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, edition) -> Path:
    path = tmp_path_factory.mktemp("draft")
    publish(edition, path)
    return path


def read(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_every_row_of_every_file_is_marked_as_a_draft(folder):
    for path in folder.glob("*.csv"):
        rows = read(folder, path.name)
        assert {row["edition"] for row in rows} <= {"draft"}, path.name
    assert {json.loads(line)["edition"] for line in (folder / "findings.jsonl").read_text(encoding="utf-8").split("\n") if line} == {"draft"}


def test_the_package_describes_the_files_as_they_are(folder):
    package = json.loads((folder / "datapackage.json").read_text())
    assert package["description"].startswith("DRAFT.")
    assert {r["path"] for r in package["resources"]} == {p.name for p in folder.iterdir() if p.suffix in (".csv", ".jsonl", ".xlsx")} | {
        p.relative_to(folder).as_posix() for p in (folder / "formats").rglob("*") if p.is_file()
    }
    for resource in package["resources"]:
        data = (folder / resource["path"]).read_bytes()
        assert resource["hash"] == f"sha256:{hashlib.sha256(data).hexdigest()}" and resource["bytes"] == len(data)
        if "schema" in resource:
            rows = read(folder, resource["path"])
            assert len(rows) == resource["rows"]
            fields = resource["schema"]["fields"]
            assert not rows or [f["name"] for f in fields] == list(rows[0])
            for row in rows:
                for field in fields:
                    _typed(row[field["name"]], field["type"])


def _typed(text: str, kind: str) -> None:
    if not text or kind == "string":
        return
    if kind == "number":
        Decimal(text)
    elif kind == "integer":
        int(text)
    elif kind == "boolean":
        assert text in ("true", "false")
    else:
        assert isinstance(json.loads(text), list if kind == "array" else dict)


def test_the_files_count_what_the_pages_say(folder, edition):
    known = {f.id: f for f in figures(edition)}
    findings = read(folder, "findings.csv")
    assert sum(r["layer"] == "named" and r["record_kind"] == "PURCHASE" for r in findings) == known["named"].numerator
    assert len(read(folder, "questions.csv")) == known["questions"].numerator
    assert sum(int(r["usable"]) for r in read(folder, "coverage.csv")) == known["rows-usable"].numerator
    assert {r["id"]: (r["numerator"], r["denominator"]) for r in read(folder, "figures.csv")}["named"] == ("3", "5025")
    assert sum(r["figure"] == "questions" for r in read(folder, "figure_rows.csv")) == known["questions"].numerator
    total = {r["id"]: Decimal(r["total"]) for r in read(folder, "money.csv")}
    assert total == {row["id"]: row["total"] for row in edition.money}


def test_formulas_are_guarded_and_numbers_stay_numbers(folder):
    rows = [r for r in read(folder, "questions.csv") if r["body"].startswith("<b>")]
    assert {r["supplier"] for r in rows} == {'\'=HYPERLINK("http://evil.example")', "'@cmd", "'-1+2"}
    assert {r["amount"] for r in rows} == {"-12.5", "1", "2"}
    assert "'+44" in {r["transaction"] for r in rows}
    exact = [json.loads(line) for line in (folder / "questions.jsonl").read_text(encoding="utf-8").split("\n") if line]
    assert "@cmd" in {r["supplier"] for r in exact}


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        ("=1+1", "string", "'=1+1"), ("+44", "string", "'+44"), ("-x", "string", "'-x"), ("@a", "string", "'@a"), ("\t=1", "string", "'\t=1"), ("a=1", "string", "a=1"),
        (Decimal("-12.5000"), "number", "-12.5"), (Decimal("1000.0000"), "number", "1000"), (None, "number", ""), ("", "string", ""), (0, "integer", "0"), (False, "boolean", "false"),
        (["=x", "é"], "array", '["=x", "é"]'), ([], "array", "[]"),
    ],
)  # fmt: skip
def test_cells(value, kind, expected):
    assert cell(value, kind) == expected


def test_the_workbook_holds_text_as_text_and_says_draft(folder):
    book = openpyxl.load_workbook(folder / "findings.xlsx")
    assert book.sheetnames == ["Findings", "Dictionary", "About"]
    sheet = book["Findings"]
    head = [c.value for c in sheet[1]]
    rows = [dict(zip(head, (c for c in row), strict=True)) for row in sheet.iter_rows(min_row=2)]
    assert len(rows) == len(read(folder, "findings.csv"))
    assert {row["edition"].value for row in rows} == {"draft"}
    formula = next(row["supplier"] for row in rows if str(row["supplier"].value).startswith("=HYPERLINK"))
    assert formula.data_type == "s" and formula.hyperlink is None
    assert next(row["amount"].value for row in rows if row["transaction"].value == "4648561") == 3627.5
    long = next(row["description"].value for row in rows if str(row["description"].value).startswith("CCTV very long"))
    assert long.endswith("[cut: the whole text is in findings.csv]")
    about = {row[0].value: row[1].value for row in book["About"].iter_rows(min_row=2)}
    assert about["note"] == "DRAFT. A machine's finding is a lead until a person confirms it."
    assert {row[0].value for row in book["Dictionary"].iter_rows(min_row=2)} == set(head)


def test_the_dictionary_explains_every_column_of_the_findings(folder):
    fields = json.loads((folder / "datapackage.json").read_text())["resources"][0]["schema"]["fields"]
    assert [f["name"] for f in fields if f["description"] == f["name"].replace("_", " ")] == []
