"""One party across lists: what joins, what must not, links for what hides in aliases, any order, rulings; and the real lists."""

from __future__ import annotations

import csv
import gzip
import itertools
import json
import random
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from custodes.cli import main
from custodes.findings.cluster import CLUSTERS, Ruling, cluster
from custodes.findings.cluster_pairs import Pair, table
from custodes.pipeline.clustering import Clusters, clusters

LEI = "W38RGI023J3WT1HWRP32"


def party(id: str, name: str, aliases: tuple[str, ...] = (), country: str = "CN", numbers: tuple[str, ...] = (), source: str = "") -> dict[str, Any]:
    names = [{"name": alias, "kind": "official_alias"} for alias in aliases]
    return {"party_id": id, "name": name, "names": names, "country": country, "identifiers": list(numbers), "source": source or id.split(":")[0], "maker_id": ""}


LISTED = [
    party("US-BIS-EL:1", "Hangzhou Hikvision Digital Technology Co., Ltd.", ("Hikvision",)), party("US-NDAA-889:1", "Hangzhou Hikvision Digital Technology Company"),
    party("US-BIS-EL:2", "Dahua Technology"), party("US-DOD-1260H:2", "Zhejiang Dahua Technology Co., Ltd.", ("Dahua",)), party("US-BIS-DPL:2", "DAHUA ELECTRONICS CORPORATION"),
    party("US-BIS-EL:3", "Hytera Communications Limited", ("Hytera Communications Ltd.",), "HK"), party("US-NDAA-889:3", "Hytera Communications Corporation"),
    party("US-BIS-EL:4", "LTS Holding Limited", ("IPP-International Petroleum Products Ltd.",), "CH"), party("X:4", "LTS", (), "US"),
    party("US-BIS-EL:5", "Beijing Sensetime Technology Development Co., Ltd.", ("Beijing Shangtang Technology Development Co., Ltd.", "Sense Time")),
    party("US-OFAC-NS-CMIC:5", "Sensetime Group Limited", ("SENSETIME GROUP LTD", "商湯集團有限公司")), party("US-DOD-1260H:5", "SenseTime Group, Inc.", ("SenseTime",)),
    party("US-BIS-EL:6", "China Electronics Technology Group Corporation 52nd Research Institute", ("CETC 52", "CETHIK Group", "China Electronics Technology HIK Group Co., Ltd.")),
    party("US-BIS-EL:7", "Xiamen Meiya Pico Information Co. Ltd."), party("US-DOD-1260H:7", "SDIC Intelligence (Xiamen) Information Co., Ltd."),
    party("US-BIS-EL:8", "Suzhou Keda Technology Co., Ltd.", (), "CN"), party("US-BIS-EL:9", "Suzhou Keda Technology Co., Ltd.", (), "NL"),
    party("US-BIS-EL:11", "Huawei Technologies Co., Ltd."), party("US-BIS-EL:12", "Huawei Technology", (), "EG"), party("US-NDAA-889:11", "Huawei Technologies Company", (), ""),
    party("X:13", "SenseTime Group, Inc.", ("Beijing Sensetime Technology Development Co., Ltd.",)),
    party("US-BIS-EL:10", "Megvii Technology"), party("US-DOD-1260H:10", "Beijing Megvii Technology Co., Ltd."),
]  # fmt: skip


@pytest.fixture(scope="module")
def found() -> Clusters:
    return clusters(LISTED)


TOGETHER = [("US-BIS-EL:1", "US-NDAA-889:1"), ("US-BIS-EL:2", "US-DOD-1260H:2"), ("US-BIS-EL:7", "US-DOD-1260H:7"), ("US-BIS-EL:8", "US-BIS-EL:9"), ("US-BIS-EL:10", "US-DOD-1260H:10"), ("US-BIS-EL:11", "US-NDAA-889:11"), ("US-DOD-1260H:5", "X:13")]
APART = [
    ("US-BIS-EL:2", "US-BIS-DPL:2"), ("US-BIS-EL:3", "US-NDAA-889:3"), ("US-BIS-EL:4", "X:4"), ("US-BIS-EL:5", "US-OFAC-NS-CMIC:5"), ("US-BIS-EL:5", "US-DOD-1260H:5"),
    ("US-OFAC-NS-CMIC:5", "US-DOD-1260H:5"), ("US-BIS-EL:6", "US-BIS-EL:1"),
    ("US-BIS-EL:11", "US-BIS-EL:12"),
]  # fmt: skip


@pytest.mark.parametrize(("left", "right"), TOGETHER)
def test_one_organisation_on_several_lists(found: Clusters, left: str, right: str) -> None:
    assert found.of()[left] == found.of()[right]
    joined = [row for row in found.rows if row["cluster_id"] == found.of()[left] and row["joined_to"]]
    assert joined and all(row["reason"] and row["score"] > 0.5 for row in joined)


@pytest.mark.parametrize(("left", "right"), APART)
def test_confusables_and_units_of_a_group_stay_apart(found: Clusters, left: str, right: str) -> None:
    assert found.of()[left] != found.of()[right]


def test_a_parent_in_an_alias_is_a_link_and_no_member(found: Clusters) -> None:
    (link,) = [link for link in found.links if link["relation"] == "parent"]
    assert (link["subject_name"], link["object"]) == ("China Electronics Technology Group Corporation 52nd Research Institute", found.of()["US-BIS-EL:1"])
    assert link["through"] == "China Electronics Technology HIK Group Co., Ltd. (alias)" and "86 FR 71559" in link["citation"]


def test_every_maker_has_its_cluster_and_units_are_tied_to_it(found: Clusters) -> None:
    makers = {row["party_id"]: row["maker_id"] for row in found.rows}
    assert makers["US-BIS-EL:7"] == "meiya_pico" and makers["US-DOD-1260H:5"] == "sensetime" and makers["US-BIS-EL:5"] == ""
    units = {link["subject_name"] for link in found.links if link["relation"] == "unit of the same group"}
    assert {"Beijing Sensetime Technology Development Co., Ltd.", "Sensetime Group Limited"} <= units


def test_any_order_of_the_input_gives_the_same(found: Clusters) -> None:
    mixed = LISTED[:]
    for seed in (1, 2):
        random.Random(seed).shuffle(mixed)
        assert clusters(mixed) == found


def test_numbers_come_first_and_keep_apart() -> None:
    same = party("A:1", "Alpine Optics GmbH", (), "AT", (f"LEI:{LEI}",)), party("B:1", "Zeta Holding", (), "AT", (f"lei:{LEI.lower()}",))
    other = party("C:1", "Alpine Optics GmbH", (), "AT", ("LEI:529900T8BM49AURSDO55",))
    plain = party("D:1", "Alpine Optics GmbH", (), "AT")
    of = clusters([*same, other, plain], makers=False).of()
    assert of["A:1"] == of["B:1"] != of["C:1"]
    assert of["D:1"] in (of["A:1"], of["C:1"])  # it may be either, and joins only one
    assert next(row for row in clusters(same, makers=False).rows if row["party_id"] == "B:1")["reason"] == "the same number in lei"


GENERIC = [
    (party("A:1", "General Trading Company", (), ""), party("B:1", "General Trading Company", (), "")),
    (party("A:1", "Shenzhen Cobber Information Technology Co., Ltd.", ("Cobber",)), party("B:1", "Cobber", (), "AU")),
    (party("A:1", "Leon Technology Co., Ltd.", ("Lion Technology",)), party("B:1", "Lion Technology Ltd", (), "CN")),
    (party("A:1", "Acme Orbitals Ltd", ("Vision",)), party("B:1", "Wanderlux Ltd", ("Vision",))),
    (party("A:1", "Jiangxi Hongfu Aviation Industry Group Co., Ltd."), party("B:1", "Jiangxi Hongfu Aviation Industry Co., Ltd.")),
    (party("A:1", "Qombella Tools Ltd", (), "GB"), party("B:1", "Qombella Tools Ltd", (), "KE")),
]  # fmt: skip


@pytest.mark.parametrize(("left", "right"), GENERIC)
def test_a_generic_name_alone_joins_nothing(left: dict[str, Any], right: dict[str, Any]) -> None:
    of = clusters([left, right], makers=False).of()
    assert of["A:1"] != of["B:1"]


def test_a_ruling_joins_parts_and_says_why(found: Clusters) -> None:
    rulings = [Ruling("US-BIS-EL:1", "US-NDAA-889:1", "apart", "looked at both"), Ruling("US-BIS-EL:3", "US-NDAA-889:3", "join", "the registry says so")]
    ruled = clusters(LISTED, rulings)
    assert ruled.of()["US-BIS-EL:1"] != ruled.of()["US-NDAA-889:1"] and ruled.of()["US-BIS-EL:3"] == ruled.of()["US-NDAA-889:3"]
    assert any(row["reason"] == "decided by a person: the registry says so" for row in ruled.rows)
    others = {"US-BIS-EL:7", "US-BIS-EL:8", "US-BIS-EL:5"}
    assert {id: ruled.of()[id] for id in others} == {id: found.of()[id] for id in others}


pair = st.tuples(st.integers(0, 7), st.integers(0, 7), st.sampled_from(["join", "join", "apart"]), st.sampled_from([0.6, 0.9, 1.0])).filter(lambda each: each[0] != each[1])


@settings(max_examples=60, deadline=None)
@given(st.lists(pair, min_size=1, max_size=14), st.randoms())
def test_a_group_in_any_order_gives_the_same_and_nothing_that_is_apart_comes_together(drawn: list[tuple[int, int, str, float]], chance: random.Random) -> None:
    pairs = sorted({Pair(f"P{min(a, b)}", f"P{max(a, b)}", verdict, strength, f"{a}{b}") for a, b, verdict, strength in drawn}, key=repr)
    whole = cluster("P0", table(pairs)).to_pylist()
    chance.shuffle(pairs)
    assert cluster("P0", table(pairs)).to_pylist() == whole
    of = {row["party_id"]: row["cluster_id"] for row in whole}
    assert all(of[each.left] != of[each.right] for each in pairs if each.verdict == "apart")
    for row in whole:
        assert row["cluster_id"] == min(id for id, key in of.items() if key == row["cluster_id"]) and bool(row["joined_to"]) == (row["party_id"] != row["cluster_id"])
    assert set(CLUSTERS.names) == set(whole[0])


def test_the_verb_writes_clusters_links_and_takes_rulings(tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("party_id,name,country\nA,Hytera Communications Limited,HK\nB,Zeta Orbit Ltd,GB\n")
    (tmp_path / "two.jsonl").write_text("".join(json.dumps({"party_id": id, "name": name}) + "\n" for id, name in (("C", "Hytera Communications Corporation"), ("D", "ZETA ORBIT LIMITED"))))
    (tmp_path / "rulings.csv").write_text("left,right,ruling,reason\nB,D,apart,two firms\nA,nobody,apart,test\n")
    lists = [str(tmp_path / name) for name in ("one.csv", "two.jsonl")]
    out = ["-o", str(tmp_path / "out.csv"), "--links", str(tmp_path / "links.csv")]

    def read() -> dict[str, dict[str, str]]:
        return {row["party_id"]: row for row in csv.DictReader((tmp_path / "out.csv").read_text().splitlines())}

    done = CliRunner().invoke(main, ["cluster", *lists, *out])
    rows = read()
    assert done.exit_code == 0 and rows["D"]["cluster_id"] == "B" and rows["A"]["cluster_id"] != rows["C"]["cluster_id"], done.output
    assert "two legal forms" in (tmp_path / "links.csv").read_text()
    ruled = CliRunner().invoke(main, ["cluster", *lists, *out, "--rulings", str(tmp_path / "rulings.csv")])
    rows = read()
    assert ruled.exit_code == 3 and "names nobody" in ruled.output and rows["D"]["cluster_id"] == "D"
    (tmp_path / "rulings.csv").write_text("left,right,ruling,reason\nB,D,maybe,\n")
    assert CliRunner().invoke(main, ["cluster", *lists, *out, "--rulings", str(tmp_path / "rulings.csv")]).exit_code == 2


_CODES = {
    "bis_entity_list_2026-07_orgs.jsonl.gz": "US-BIS-EL", "ofac_nscmic_2026-07.jsonl": "US-OFAC-NS-CMIC", "dod_1260h_2026-06.jsonl": "US-DOD-1260H",
    "fcc_covered_list_2026-07.jsonl": "US-FCC-COVERED",
}  # fmt: skip


def test_the_real_lists_against_listings_looked_up_by_hand(shared: Path) -> None:
    """No cluster holds two makers, and four of five pairs of entries of one maker are joined; the rest are units that are to be kept apart."""
    folder, rows = shared / "lists" / "raw" / "us", []
    for name, code in _CODES.items():
        with gzip.open(folder / name, "rt") if name.endswith(".gz") else (folder / name).open() as stream:
            for number, line in enumerate(stream):
                entry = json.loads(line)
                numbers = tuple(f"USCC:{n}" for n in re.findall(r"USCC: (\w+)", entry.get("notes") or ""))
                country = {"China": "CN", "Russia": "RU"}.get(entry["country"] or "", "")
                if country == "CN" or code != "US-BIS-EL":
                    rows.append(party(f"{code}:{number:04d}", entry["name"], tuple(entry["aliases"]), country, numbers, code))
    of = clusters(rows).of()
    by_name = {(row["source"], row["name"].lower()): row["party_id"] for row in rows}
    ids: dict[str, set[str]] = {}
    with (shared / "lists" / "maker_listings.csv").open() as stream:
        for row in csv.DictReader(stream):
            if (id := by_name.get((row["list"], row["listed_name"].lower()))) and not row["end_date"]:
                ids.setdefault(row["maker_id"], set()).add(id)
    of_maker = {maker: {of[id] for id in some} for maker, some in ids.items()}
    assert all(of_maker[a].isdisjoint(of_maker[b]) for a, b in itertools.combinations(of_maker, 2))
    split = {maker for maker, some in of_maker.items() if len(some) > 1}
    assert split == {"hytera", "sensetime", "cetc", "hisilicon"} & ids.keys()
    assert sum(len(some) for some in ids.values()) > 55


def test_find_knows_what_one_party_is_listed_for_on_all_lists_of_a_case(tmp_path: Path) -> None:
    """Two lists, two entries, one organisation: whichever is met, the answer names both lists; a ruling of the case parts them."""
    import pyarrow.parquet as pq

    def lines(id: str, name: str, code: str, start: str) -> str:
        company = {"id": id, "schema": "Company", "properties": {"name": [name], "country": ["at"], "leiCode": [LEI]}}
        listing = {"id": f"s{id}", "schema": "Sanction", "properties": {"entity": [id], "programId": [code], "startDate": [start]}}
        return json.dumps(company) + "\n" + json.dumps(listing) + "\n"

    run = CliRunner()
    (tmp_path / "one.ftm.json").write_text(lines("A", "Alvorex Optics GmbH", "US-BIS-EL", "2019-01-01"))
    (tmp_path / "two.ftm.json").write_text(lines("B", "Zeta Quorvane Holding", "EU-HR", "2020-01-01"))
    (tmp_path / "spend.csv").write_text("Body,Supplier,Amount,Date,Description\nShire Council,ALVOREX OPTICS GMBH,100.00,2021-05-01,goods\n")
    case = tmp_path / "case"
    assert run.invoke(main, ["new", str(case), "--records", str(tmp_path / "one.ftm.json"), "--records", str(tmp_path / "two.ftm.json"), "--records", str(tmp_path / "spend.csv")]).exit_code == 0

    def listings() -> list[str]:
        done = run.invoke(main, ["run", str(case), "--offline", "-q", "--now", "2026-11-23"])
        assert done.exit_code == 0, done.output
        (found,) = [row for row in pq.read_table(case / "findings" / "findings.parquet").to_pylist() if row["kind"] == "supplier_listed"]
        assert found["party"] == "A"
        return list(found["listings"])

    assert listings() == ["EU-HR", "US-BIS-EL"]
    (case / "rulings.csv").write_text("left,right,ruling,reason\nA,B,apart,the LEI of B is a mistake of the list\n")
    assert listings() == ["US-BIS-EL"]
    assert run.invoke(main, ["verify", str(case)]).exit_code == 0
