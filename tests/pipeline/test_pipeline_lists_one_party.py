"""A supplier that stands on several lists of a case is one party: one finding, all its listings, an id that stays."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from custodes.cli import main
from custodes.findings.one_party import told
from custodes.pipeline import Clock, clustering, facts, step

LEI = "W38RGI023J3WT1HWRP32"


def lines(id: str, name: str, code: str, start: str, lei: str = LEI, country: str = "at") -> str:
    """A company with a listing, as FollowTheMoney."""
    numbers = {"leiCode": [lei]} if lei else {}
    company = {"id": id, "schema": "Company", "properties": {"name": [name], "country": [country], **numbers}}
    listing = {"id": f"s{id}", "schema": "Sanction", "properties": {"entity": [id], "programId": [code], **({"startDate": [start]} if start else {})}}
    return json.dumps(company) + "\n" + json.dumps(listing) + "\n"


def case_of(folder: Path, suppliers: list[str], *lists: str, date: str = "2021-05-01") -> Path:
    """A case with payments to suppliers, and one file per list."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [f'Shire Council,"{name}",{number}.00,{date},goods' for number, name in enumerate(suppliers, 1)]
    (folder / "spend.csv").write_text("Body,Supplier,Amount,Date,Description\n" + "\n".join(rows) + "\n")
    for number, text in enumerate(lists):
        (folder / f"list{number}.ftm.json").write_text(text)
    (folder / "case.toml").write_text('format = 1\ntitle = "One party"\n[[records]]\npath = "spend.csv"\n' + ('[[records]]\npath = "list*.json"\n' if lists else ""))
    return folder


def found_in(case: Path, **more: Any) -> list[dict[str, Any]]:
    """The findings about suppliers."""
    for verb in ("gather", "read", "find"):
        summary = step(verb, case, Clock("2026-11-22T10:00:00Z", True, lambda: 0.0), engine="local", **(more if verb == "find" else {}))
        assert summary["exit"] == 0, summary
    rows: list[dict[str, Any]] = pq.read_table(case / "findings" / "findings.parquet").to_pylist()
    return sorted((row for row in rows if row["kind"] == "supplier_listed"), key=lambda row: row["amount"])


def test_two_entries_of_one_party_are_one_finding_with_both_lists(tmp_path: Path) -> None:
    """Both entries bear the supplier's name: one finding, both listings, and a reason that says why they are one party."""
    lists = lines("B", "Alvorex Optics GmbH", "US-BIS-EL", "2019-01-01"), lines("A", "Alvorex Optics GmbH", "EU-HR", "2020-01-01")
    (found,) = found_in(case_of(tmp_path / "case", ["ALVOREX OPTICS GMBH"], *lists))
    assert (found["party"], found["listings"], found["listed_on_date"]) == ("B", ["EU-HR", "US-BIS-EL"], "yes")
    said = [reason["words"] for reason in found["reasons"]]
    assert len(said) == 2
    assert any("B is one party with A: the same number in lei" in words for words in said)


def test_the_id_stays_when_a_newer_list_comes_and_changes_with_a_ruling_only(tmp_path: Path) -> None:
    """The entry that was listed first gives the id, whatever the alphabet says of a later one; a ruling parts them again."""
    first = lines("M", "Alvorex Optics GmbH", "US-BIS-EL", "2019-01-01")
    (alone,) = found_in(case_of(tmp_path / "one", ["Alvorex Optics GmbH"], first))
    case = case_of(tmp_path / "one", ["Alvorex Optics GmbH"], first, lines("A", "Alvorex Optics GmbH", "EU-HR", "2020-01-01"), lines("Z", "Alvorex Optics", "UN-SC", ""))
    (joined,) = found_in(case)
    assert (joined["finding_id"], joined["party"]) == (alone["finding_id"], "M")
    assert joined["listings"] == ["EU-HR", "US-BIS-EL"]
    assert joined["evidence_hash"] != alone["evidence_hash"]
    (case / "rulings.csv").write_text("left,right,ruling,reason\nA,M,apart,another firm\nA,Z,apart,another firm\n")
    assert {row["party"]: row["listings"] for row in found_in(case)} == {"M": ["US-BIS-EL"], "A": ["EU-HR"]}


def test_an_entry_that_is_a_maker_adds_to_the_makers_finding(tmp_path: Path) -> None:
    """The maker's own name and its entry on a list of the case: one finding, under the maker, with the list of the case beside ours."""
    name = "Hangzhou Hikvision Digital Technology Co., Ltd."
    (found,) = found_in(case_of(tmp_path / "case", [name], lines("X", name, "LIST-NEW", "2020-02-02", "", "cn")))
    (ours,) = found_in(case_of(tmp_path / "without", [name]))
    assert (found["finding_id"], found["maker_id"]) == (ours["finding_id"], "hikvision")
    assert set(found["listings"]) == {*ours["listings"], "LIST-NEW"}
    (text,) = _named(case_of(tmp_path / "text", ["Acme Ltd"], lines("X", name, "LIST-NEW", "2020-02-02", "", "cn")), "Hikvision cameras")
    assert "LIST-NEW" in text["listings"]


def _named(case: Path, words: str) -> list[dict[str, Any]]:
    spend = case / "spend.csv"
    spend.write_text(spend.read_text().replace("goods", words))
    found_in(case)
    rows: list[dict[str, Any]] = pq.read_table(case / "findings" / "findings.parquet").to_pylist()
    return [row for row in rows if row["kind"] == "product_named"]


def test_a_makers_company_with_an_entry_of_its_own_is_one_finding(tmp_path: Path) -> None:
    """A company that our links give to a maker, and that a list of the case names itself: one finding, its own listing marked as its own."""
    name = "Huawei Technologies (UK) Co., Ltd."
    (found,) = found_in(case_of(tmp_path / "case", [name], lines("X", name, "LIST-NEW", "2020-02-02", "", "gb")))
    assert (found["maker_id"], found["party"]) == ("huawei", name)
    assert "LIST-NEW" in found["listings"]
    assert f"LIST-NEW (from 2020-02-02, effective, {name} itself)" in found["listed_basis"]


def test_two_parties_of_one_name_that_are_kept_apart_stay_two(tmp_path: Path) -> None:
    """Two numbers in one register are two organisations, though they bear one name."""
    other = "7LTWFZYICNSX8D621K86"
    lists = lines("A", "Alvorex Optics GmbH", "US-BIS-EL", "2019-01-01"), lines("B", "Alvorex Optics GmbH", "EU-HR", "2020-01-01", other)
    assert [(row["party"], row["listings"]) for row in sorted(found_in(case_of(tmp_path / "case", ["Alvorex Optics GmbH"], *lists)), key=lambda row: row["party"])] == [
        ("A", ["US-BIS-EL"]), ("B", ["EU-HR"]),
    ]  # fmt: skip


def test_pages_name_the_party_and_count_it_once(tmp_path: Path) -> None:
    """The heading is the party's name, not the id of an entry; the overview counts one finding in one row."""
    case = case_of(tmp_path / "case", ["Alvorex Optics GmbH"], lines("A-1", "Alvorex Optics GmbH", "US-BIS-EL", "2019-01-01"), lines("B-2", "Alvorex Optics GmbH", "EU-HR", "2020-01-01"))
    done = CliRunner().invoke(main, ["run", str(case), "--offline", "-q", "--now", "2026-11-23"])
    assert done.exit_code == 0, done.output
    (found,) = found_in(case)
    page = (case / "publication" / "draft" / "findings" / f"{found['finding_id']}.html").read_text()
    assert "Alvorex Optics GmbH, in a record of Shire Council" in page
    assert "A-1, in a record" not in page
    assert "Entity List" in page
    assert "EU global human rights restrictive measures" in page, "the page shows what every entry of the party is listed for"
    assert "1 named finding in 1 usable purchase row" in " ".join(_text(case / "publication" / "draft" / "index.html").split())


def _text(path: Path) -> str:
    return re.sub(r"<[^>]+>", "", path.read_text())


def test_as_of_keeps_the_id(tmp_path: Path) -> None:
    """What is not known yet on a day changes the listings of a finding, not its id."""
    case = case_of(tmp_path / "case", ["Alvorex Optics GmbH"], lines("M", "Alvorex Optics GmbH", "US-BIS-EL", "2019-01-01"), lines("A", "Alvorex Optics GmbH", "EU-HR", "2020-01-01"))
    (now,) = found_in(case)
    (then,) = found_in(case, as_of="2019-06-01")
    assert (then["finding_id"], then["listings"]) == (now["finding_id"], ["US-BIS-EL"])


@pytest.mark.parametrize("order", [1, -1])
def test_any_order_of_lists_gives_the_same(order: int) -> None:
    """Parties, listings and clusters in any order say the same."""
    parties = [{"party_id": id, "maker_id": "", "name": name, "names": [], "country": "AT", "identifiers": [f"LEI:{LEI}"], "source": code} for id, name, code in (("Q", "Alvorex Optics GmbH", "L1"), ("P", "Zeta Quorvane Holding", "L2"))]
    listings = [{"party_id": id, "maker_id": "", "list": code, "listed_name": "", "note": "", "effective": day} for id, code, day in (("Q", "L1", "2020-01-01"), ("P", "L2", "2021-01-01"))]
    joined = clustering.joined(clustering.clusters(parties[::order]).rows, {"hikvision"})
    rows, shared = told(parties[::order], listings[::order], joined[::order], facts.table("links"))
    assert {row["party_id"]: row["who"] for row in rows} == {"P": "Q", "Q": "Q"}
    assert {(row["party_id"], row["list"]) for row in shared} == {("P", "L1"), ("P", "L2"), ("Q", "L1"), ("Q", "L2")}


@pytest.mark.parametrize(("supplier", "party"), [("LTS Holding Limited", "K"), ("LTS Holding Ltd", "K"), ("LTS", "")])
def test_a_firm_that_is_easily_taken_for_a_brand_is_found_under_its_very_own_name_only(tmp_path: Path, supplier: str, party: str) -> None:
    """The oil trader LTS Holding Limited stands on a list of the case: its name is its own there, and never the camera brand's."""
    entry = {"name": "LTS Holding Limited (f.k.a. IPP-International Petroleum Products Ltd.)", "aliases": [], "country": "United Kingdom", "address": "1 Oil Road"}
    row = entry | {"status": "", "effective_date": "", "federal_register": "80 FR 80643, 12/28/15", "notes": ""}
    case = case_of(tmp_path / "case", [supplier])
    (case / "entity_list.jsonl").write_text(json.dumps(row) + "\n")
    (case / "case.toml").write_text((case / "case.toml").read_text() + '[[records]]\npath = "entity_list.jsonl"\n')
    found = found_in(case)
    assert [bool(each["party"].startswith("US-BIS-EL:")) for each in found] == ([True] if party else [])
    assert all(each["maker_id"] == "" and each["listings"] == ["US-BIS-EL"] for each in found)
