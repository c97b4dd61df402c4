"""Lists in time: five dates, the day of the contract, `--as-of`, companies listed under their own name, and what "listed" is never called."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from asking import Ask, Rows, purchases
from click.testing import CliRunner

from custodes.cli import main
from custodes.findings.as_of import as_of, stands
from custodes.findings.dates import interval
from custodes.findings.match import find
from custodes.findings.watchlist import build

EL, HR1260 = "US-BIS-EL", "US-DOD-1260H"

ASKED = [
    # (text or supplier, date of the record, lists in force that day, lists that must not be)
    ("Megvii licence", "2024-06-01", {EL, HR1260, "US-OFAC-NS-CMIC"}, set()),
    ("Megvii licence", "2025-01-07", {EL, "US-OFAC-NS-CMIC"}, {HR1260}), ("Megvii licence", "2019-10-08", set(), {EL}), ("Megvii licence", "2019-10-09", {EL}, {HR1260}),
    ("Uniview camera", "2024-12-10", set(), {EL}), ("Uniview camera", "2024-12-11", {EL}, set()),
    ("Meiya Pico licence", "2020-01-01", {EL}, {HR1260}), ("SDIC Intelligence licence", "2020-01-01", {EL}, {HR1260}), ("SDIC Intelligence licence", "2025-06-01", {EL, HR1260}, set()),
    ("Hikvision camera", "2019-08-12", set(), {"US-NDAA-889", EL}), ("Hikvision camera", "2019-08-13", {"US-NDAA-889"}, {EL}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "day", "there", "not_there"), ASKED)
def test_who_was_listed_on_the_day(ask: Ask, text: str, day: str, there: set[str], not_there: set[str]) -> None:
    (found,) = [row for row in ask("A Ltd", text, date=day) if row["kind"] == "product_named"]
    assert there <= set(found["listings"]) and not_there.isdisjoint(found["listings"]) and (found["listed_on_date"] == "yes") == bool(there or found["listings"])


COMPANIES = [
    "Luopu Haishi Dingxin Electronic Technology Co., Ltd.", "Moyu Haishi Electronic Technology Co., Ltd.", "Pishan Haishi Yong'an Electronic Technology Co., Ltd.",
    "Urumqi Haishi Xin'an Electronic Technology Co., Ltd.", "Yutian Haishi Meitian Electronic Technology Co., Ltd.",
]  # fmt: skip


@pytest.mark.parametrize("company", COMPANIES)
def test_five_companies_of_a_maker_have_a_listing_of_their_own(ask: Ask, company: str) -> None:
    before, after = (ask(company, "cameras", date=day)[0] for day in ("2023-03-29", "2023-03-30"))
    own = f"US-BIS-EL (from 2023-03-30, effective, {company} itself)"
    assert before["maker_id"] == after["maker_id"] == "hikvision" and EL in before["listings"]  # the maker itself is on the list since 2019
    assert own in before["listed_basis"].split("Listed later: ")[1] and own in after["listed_basis"].split("stood on: ")[1]
    (maker,) = [row for row in ask("A Ltd", "Hikvision camera", date="2024-01-01") if row["kind"] == "product_named"]
    assert "itself" not in maker["listed_basis"]


def test_a_listing_of_unknown_start_stood_when_we_first_saw_it() -> None:
    row = {"effective": "", "published": "", "designated": "", "first_seen": "2024-05-02", "ended": "2025-01-01"}
    assert [stands(row, interval(day)) for day in ("2024-05-01", "2024-05-02", "2025-01-01", "")] == ["unknown", "yes", "no", "unknown"]


def test_the_watchlist_as_it_stood_on_a_day() -> None:
    listing = {"maker_id": "x", "list": EL, "effective": "", "published": "", "designated": "", "first_seen": "", "ended": ""}
    tables = {
        "listings": [{**listing, "effective": "2020-01-01", "ended": "2024-01-01"}, {**listing, "published": "2023-05"}, {**listing, "designated": "2026-01-01"}, listing],
        "links": [{"subject": "a", "valid_from": "2019", "valid_to": "2021"}, {"subject": "b", "valid_from": "2025", "valid_to": ""}], "names": [{"name": "n"}],
    }  # fmt: skip
    found = as_of(tables, "2023-05-15")
    assert [row["ended"] for row in found["listings"]] == ["", "", ""] and found["listings"][-1] == listing
    assert found["links"] == [{"subject": "a", "valid_from": "2019", "valid_to": "2021"}] and found["names"] == tables["names"]
    assert as_of(tables, "2020-06-01")["links"] == [{"subject": "a", "valid_from": "2019", "valid_to": ""}]
    assert as_of(tables, "2027-01-01")["listings"] == tables["listings"]


def test_two_hundred_questions_have_one_answer_by_plain_reading(facts: dict[str, Rows]) -> None:
    """Every listing of our tables that has a start is asked one day before it, on it, and around its end; the answer is read off the table."""
    wanted = [row for row in facts["listings"] if row["effective"] or row["published"] or row["designated"]]
    asked = 0
    for row in wanted:
        start, end = row["effective"] or row["published"] or row["designated"], row["ended"]
        for day, expected in ((start, "yes"), ("2010-01-01", "no"), (end, "no" if end else "unknown"), ("2040-01-01", "no" if end else "yes")):
            assert stands(row, interval(day)) == expected, (row["list"], row["listed_name"], day)
            asked += 1
    assert asked >= 200


def test_find_as_of_and_back(root: Path, tmp_path: Path) -> None:
    """As of a day before any listing nothing is named; the next run without the option gives what was there before."""
    case = tmp_path / "case"
    shutil.copytree(root / "examples" / "britain", case)
    run = CliRunner()
    assert run.invoke(main, ["run", str(case), "-q", "--offline", "--now", "2026-11-23"]).exit_code == 0
    before = (case / "findings" / "findings.parquet").read_bytes()
    done = run.invoke(main, ["find", str(case), "--as-of", "2018-01-01", "--json"])
    summary = json.loads(done.output.strip().splitlines()[-1])
    assert set(summary["steps"]["find"]["kinds"]).isdisjoint({"product_named", "supplier_listed"}) and "as they stood on 2018-01-01" in summary["steps"]["find"]["line"]
    assert run.invoke(main, ["publish", str(case), "-q"]).exit_code == 0
    assert "as they stood on 2018-01-01" in (case / "publication" / "draft" / "index.html").read_text()
    assert run.invoke(main, ["find", str(case), "-q"]).exit_code == 0
    assert (case / "findings" / "findings.parquet").read_bytes() == before
    assert run.invoke(main, ["find", str(case), "--as-of", "yesterday"]).exit_code == 2


def test_screen_as_of_leaves_out_who_stood_on_no_list(tmp_path: Path) -> None:
    lines = [
        {"id": "a", "schema": "Company", "properties": {"name": ["Alvorex Optics Ltd"]}}, {"id": "b", "schema": "Company", "properties": {"name": ["Bronteka Vision Ltd"]}},
        {"id": "c", "schema": "Company", "properties": {"name": ["Corvinex Cameras Ltd"]}},
        {"id": "sa", "schema": "Sanction", "properties": {"entity": ["a"], "programId": [EL], "startDate": ["2020-01-01"], "endDate": ["2022-01-01"]}},
        {"id": "sb", "schema": "Sanction", "properties": {"entity": ["b"], "programId": [EL], "startDate": ["2024-01-01"]}},
    ]  # fmt: skip
    (tmp_path / "list.ftm.json").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (tmp_path / "names.csv").write_text("id,name\n1,ALVOREX OPTICS LIMITED\n2,Bronteka Vision\n3,Corvinex Cameras\n")

    def matched(*more: str) -> dict[str, dict[str, Any]]:
        done = CliRunner().invoke(main, ["screen", str(tmp_path / "names.csv"), "-o", str(tmp_path / "out.jsonl"), "--against", str(tmp_path / "list.ftm.json"), "-q", *more])
        assert done.exit_code == 0, done.output
        return {row["id"]: row for row in map(json.loads, (tmp_path / "out.jsonl").read_text().splitlines())}

    assert set(matched()) == {"1", "2", "3"}
    then = matched("--as-of", "2021-05-05")
    assert set(then) == {"1", "3"} and then["1"]["reasons"][-1] == "listed on 2021-05-05: US-BIS-EL (from 2020-01-01, effective)"
    assert set(matched("--as-of", "2025-05-05")) == {"2", "3"}


SAYS = re.compile(r"(?<!open)sanction", re.IGNORECASE)
TITLES = re.compile(r"https?://[^\s<>,\"]+|sanctions list|sanctions\.csv|sanctions/|section 1260H|fcdo-sanctions|UK-Sanctions-List|financial[- ]sanctions|ua-war-sanctions|specially designated|\"schema\":\"Sanction\"|\"topics\":\[[^]]*\]|Listed is not sanctioned", re.IGNORECASE)


def test_listed_is_never_printed_as_sanctioned(root: Path, tmp_path: Path) -> None:
    """No template, no table of ours, no page of an edition and no file of data that it gives says of anybody that it is sanctioned."""
    printed: list[tuple[str, str]] = [(path.name, path.read_text()) for path in (root / "src" / "custodes").rglob("*.html")]
    for path in sorted((root / "src" / "custodes" / "data").glob("*.csv")):
        with path.open() as stream:
            printed += [(path.name, " | ".join(value for key, value in row.items() if key and key not in ("citation", "url", *(("name", "reader") if path.name == "list_addresses.csv" else ())) and value)) for row in csv.DictReader(stream)]
    case = tmp_path / "case"
    shutil.copytree(root / "examples" / "britain", case)
    assert CliRunner().invoke(main, ["run", str(case), "-q", "--offline", "--now", "2026-11-23"]).exit_code == 0
    printed += [(path.name, path.read_text()) for path in (case / "publication" / "draft").rglob("*") if path.suffix in (".html", ".csv", ".json")]
    assert len(printed) > 200
    told = [(name, TITLES.sub("", text)) for name, text in printed]
    wrong = [(name, match[0], text[max(0, match.start() - 60) : match.end() + 40]) for name, text in told for match in SAYS.finditer(text)]
    assert wrong == []


def test_every_list_has_an_effect_in_plain_words_and_grounds_are_cited(facts: dict[str, Rows]) -> None:
    known = {row["list"]: row for row in facts["lists"]}
    assert {"export control", "procurement bar", "equipment authorisation", "investment ban", "contracting bar", "asset freeze"} <= {row["legal_effect"] for row in known.values()}
    for row in known.values():
        assert row["effect_words"].endswith(".") and len(row["effect_words"].split()) > 6 and row["citation"]
    for row in facts["listings"]:
        assert row["list"] in known and (row["ground"] == "unknown") == (not row["ground_citation"]), row["listed_name"]


def test_the_five_dates_are_kept_by_find(facts: dict[str, Rows]) -> None:
    party = {"party_id": "X1", "maker_id": "", "name": "Alvorex Optics Ltd", "names": []}
    listing = {"party_id": "X1", "maker_id": "", "list": "LIST-A", "ground": "abuse of people", "designated": "2018-01-01", "published": "2019-01-01", "effective": "2020-01-01", "first_seen": "2021-01-01", "ended": "2022-01-01"}
    mine = build({**facts, "PARTY": [party], "LISTING": [listing]})

    def answer(**more: str) -> str:
        return next(row for batch in find([purchases([{"supplier": "ALVOREX OPTICS", "description": "goods", **more}])], mine) for row in batch.to_pylist())["listed_on_date"]

    assert [answer(date=day) for day in ("2019-06-01", "2020-01-01", "2022-01-01")] == ["no", "yes", "no"]
    assert answer(date="2019-06-01", contract_date="2020-06-01") == "yes"
