"""Readers of official lists: an invented example each with what it must give, hostile input, and every real file with nothing left over."""

from __future__ import annotations

import gzip
import io
import json
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custodes.errors import BrokenInputError, InputError, LimitError
from custodes.pipeline.listing_files import together
from custodes.pipeline.tools import entry, records
from custodes.records import (
    list_eu_fsf,
    list_eu_fsf_csv,
    list_ofac,
    list_ofac_xml,
    list_os_simple,
    list_periods,
    list_uk,
    list_uk_xml,
    list_un,
    list_us_csl_json,
    list_us_dpl,
    list_us_ecfr,
    list_us_fcc,
    list_us_lines,
    list_us_uflpa,
)  # fmt: skip
from custodes.records.list_us_ecfr_cell import cell_of
from custodes.records.registry import READERS, choose
from custodes.values import SCHEMAS, Origin, kind_of

EXAMPLES = Path(__file__).parent / "lists" / "examples"
CASES: dict[str, tuple[ModuleType, tuple[str, ...]]] = {
    "screening_list.json": (list_us_csl_json, ()), "sdn.csv": (list_ofac, ("alt.csv", "add.csv")), "bis_entity_list.jsonl": (list_us_lines, ()), "covered.csv": (list_us_lines, ()),
    "denied.txt": (list_us_dpl, ()), "entity_list.xml": (list_us_ecfr, ()), "coveredlist.html": (list_us_fcc, ()), "uflpa.html": (list_us_uflpa, ()), "uk_list.csv": (list_uk, ()),
    "eu_list.xml": (list_eu_fsf, ()), "un_list.xml": (list_un, ()), "targets.simple.csv": (list_os_simple, ()),
    "list_ended.jsonl": (list_periods, ()), "sdn.xml": (list_ofac_xml, ()), "uk_list.xml": (list_uk_xml, ()), "eu_list.csv": (list_eu_fsf_csv, ()),
}  # fmt: skip
LISTS = tuple(dict.fromkeys(reader for reader, _ in CASES.values()))


def rows_of(reader: ModuleType, *contents: bytes, name: str = "file") -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for batch in reader.read([io.BytesIO(content) for content in contents], Origin("0" * 64, name)):
        assert batch.schema.equals(SCHEMAS[kind_of(batch)], check_metadata=True)
        found.setdefault(kind_of(batch), []).extend(batch.to_pylist())
    return found


def slim(rows: dict[str, list[dict[str, Any]]]) -> Any:
    """Without empty cells and the origin's file, which say nothing in an expected file."""
    plain = {kind: [{k: v for k, v in row.items() if v not in ("", None, []) and k not in ("origin_sha256", "origin_file")} for row in many] for kind, many in rows.items() if many}
    return json.loads(json.dumps(plain, default=str, ensure_ascii=False))


@pytest.mark.parametrize("name", sorted(CASES))
def test_an_example_gives_what_it_must(name: str) -> None:
    reader, beside = CASES[name]
    expected = EXAMPLES / f"{name}.expected.json"
    found = slim(rows_of(reader, *((EXAMPLES / each).read_bytes() for each in (name, *beside)), name=name))
    if not expected.exists():
        expected.write_text(json.dumps(found, indent=1, ensure_ascii=False, sort_keys=True) + "\n", "utf-8")
        pytest.fail(f"{expected.name} was written for the first time: look whether it is right, then run again")
    assert found == json.loads(expected.read_text("utf-8"))


@pytest.mark.parametrize("name", sorted(CASES))
def test_exactly_one_reader_of_all_claims_an_example(name: str) -> None:
    head = (EXAMPLES / name).read_bytes()[:65536]
    assert [reader.NAME for reader in READERS if reader.sniff(head, name)] == [CASES[name][0].NAME]


@pytest.mark.parametrize("name", sorted(CASES))
def test_no_natural_person_is_in_what_an_example_gives(name: str) -> None:
    reader, beside = CASES[name]
    text = json.dumps(rows_of(reader, *((EXAMPLES / each).read_bytes() for each in (name, *beside)), name=name), default=str)
    assert not any(word in text for word in ("Jane", "JANE", "Abdul", "1970", "SEA EYE"))


@given(st.binary(max_size=300))
@settings(max_examples=60)
def test_sniffing_and_reading_rubbish_never_raises_what_is_not_ours(content: bytes) -> None:
    for reader in LISTS:
        assert reader.sniff(content, "x.csv") in (True, False)
        try:
            rows_of(reader, content)
        except InputError as error:
            assert error.where and error.advice


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_cut_or_flipped_file_gives_rows_or_an_error_of_ours(name: str) -> None:
    reader, beside = CASES[name]
    content, others = (EXAMPLES / name).read_bytes(), [(EXAMPLES / each).read_bytes() for each in beside]
    for at in range(7, len(content), max(1, len(content) // 40)):
        for damaged in (content[:at], content[:at] + bytes([content[at] ^ 0x5A]) + content[at + 1 :]):
            try:
                rows_of(reader, damaged, *others)
            except InputError as error:
                assert error.where and error.advice


BOMB = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><CONSOLIDATED_LIST><ENTITIES><ENTITY><FIRST_NAME>&b;</FIRST_NAME></ENTITY></ENTITIES></CONSOLIDATED_LIST>'


def test_hostile_xml_is_refused_with_advice() -> None:
    with pytest.raises(BrokenInputError, match="never holds"):
        rows_of(list_un, BOMB)
    with pytest.raises(LimitError, match="deep"):
        rows_of(list_eu_fsf, b"<export>" + b"<a>" * 60 + b"</a>" * 60 + b"</export>")
    with pytest.raises(BrokenInputError, match="not readable XML"):
        rows_of(list_un, (EXAMPLES / "un_list.xml").read_bytes()[:-80])


def test_a_page_without_its_table_is_an_error_not_an_empty_list() -> None:
    for reader in (list_us_uflpa, list_us_fcc, list_us_ecfr):
        with pytest.raises(BrokenInputError, match="no table"):
            rows_of(reader, b"<html><head><title>UFLPA Entity List</title></head><body><p>Access denied</p></body></html>")
    with pytest.raises(BrokenInputError, match="header is not there"):
        rows_of(list_uk, b"Report Date: 1-Jan-2026\nA,B\n1,2\n")


def test_which_files_are_one_list() -> None:
    assert list_ofac.companions("x/SDN.CSV") == ("x/ALT.CSV", "x/ADD.CSV", "x/SDN_COMMENTS.CSV")
    assert list_ofac.companions("ofac_cons_2025-12_prim_orgs.csv")[0] == "ofac_cons_2025-12_alt_orgs.csv"
    assert list_ofac.companions("alt.csv") == list_ofac.companions("primary.csv") == ()
    assert together(["b/SDN.CSV.gz", "b/alt.csv", "a/alt.csv"]) == {"b/SDN.CSV.gz": ("b/alt.csv",), "a/alt.csv": ()}
    with pytest.raises(BrokenInputError, match="not the list"):
        rows_of(list_ofac, (EXAMPLES / "alt.csv").read_bytes())


def test_what_belongs_to_a_list_is_taken_from_beside_it(tmp_path: Path) -> None:
    folder = tmp_path / "lists"
    folder.mkdir()
    for name in ("sdn.csv", "alt.csv", "add.csv"):
        (folder / f"{name}.gz").write_bytes(gzip.compress((EXAMPLES / name).read_bytes()))
    for given_ in ((str(folder / "sdn.csv.gz"),), (str(folder),)):
        done = records(given_, str(tmp_path / "out.jsonl"), entry())
        assert [(outcome["reader"], outcome["usable"], outcome["rejected"]) for outcome in done["files"]] == [("ofac", 2, 1)]
        (party,) = map(json.loads, (tmp_path / "out.jsonl").read_text().splitlines())
        assert [name["name"] for name in party["names"]] == ["HUNDRED EYES HOLDING", "HUNDRED EYES LTD", "EYES"] and party["country"] == "AE"


def test_a_consolidated_entry_stands_on_every_list_of_its_programmes() -> None:
    null = ",".join(["-0- "] * 7)
    remarks = "Listing Date (CMIC): 03 Jun 2021; Effective Date (CMIC): 02 Aug 2021; Listing Date (EO 14024 Directive 3): 24 Feb 2022; Effective Date (EO 14024 Directive 3): 26 Mar 2022."
    found = rows_of(list_ofac, f'9,"ARGUS",-0- ,"CMIC-EO13959] [RUSSIA-EO14024",{null},"{remarks}"\r\n'.encode(), name="cons_prim.csv")
    assert [(row["list"], row["designated"], row["effective"]) for row in found["LISTING"]] == [
        ("US-OFAC-NS-CMIC", "2021-06-03", "2021-08-02"), ("US-OFAC-NS-MBS", "2022-02-24", "2022-03-26"),
    ]  # fmt: skip
    assert len(found["PARTY"]) == 1


# ---- the real files ------------------------------------------------------------------------------------------------------------------------------

REAL = {  # file -> reader, PARTY, LISTING, rows that are part of an entry or left out with a reason
    "us/csl_consolidated_2023-11_orgs.csv.gz": ("us_csl", 2083, 2083, 0), "us/csl_json_shape_CONSTRUCTED.json": ("us_csl_json", 12, 12, 0),
    "us/bis_entity_list_2026-07_orgs.jsonl.gz": ("us_list_lines", 2860, 2860, 19), "us/bis_entity_list_surveillance_subset_2026-07.csv": ("us_list_lines", 84, 84, 0),
    "us/bis_dpl_2022-09_orgs.txt.gz": ("us_dpl", 100, 100, 21), "us/bis_meu_2026-07.jsonl": ("us_list_lines", 70, 70, 0),
    "us/ofac_sdn_2021-07_prim_orgs.csv.gz": ("ofac", 3673, 3673, 5457 + 6397), "us/ofac_cons_2025-12_prim_orgs.csv.gz": ("ofac", 363, 453, 989 + 492 + 10),
    "us/ofac_nscmic_2026-07.jsonl": ("us_list_lines", 68, 68, 0), "us/dod_1260h_2026-06.jsonl": ("us_list_lines", 80, 80, 0),
    "us/fcc_covered_list_2026-07.jsonl": ("us_list_lines", 13, 13, 2), "us/fcc_covered_list_table_2026-07.csv": ("us_list_lines", 13, 13, 4),
    "us/dhs_uflpa_entity_list_page_2026-07-09.html.gz": ("us_uflpa", 160, 160, 3), "us/ndaa_s889_named_entities.csv": ("us_list_lines", 5, 5, 0),
    "uk/uk_sanctions_list_shape_CONSTRUCTED.csv": ("uk_sanctions_list", 9, 9, 37), "eu/eu_fsf_shape_CONSTRUCTED.xml": ("eu_fsf", 4, 4, 0),
    "un/un_consolidated_2026-02-27_entities.xml.gz": ("un_sc", 273, 273, 0), "ftm/authored_sample_entities.ftm.json": ("ftm", 65, 90, 0),
    "ftm/authored_sample_targets.simple.csv": ("os_simple", 42, 90, 0), "ftm/opensanctions_sample_entities.ftm.json": ("ftm", 13, 28, 12),
}  # fmt: skip


def real(shared: Path, name: str) -> dict[str, list[dict[str, Any]]]:
    path = shared / "lists" / "raw" / name
    plain = name.removesuffix(".gz")
    paths = [path, *(each for part in list_ofac.companions(str(path).removesuffix(".gz")) for each in (Path(part + ".gz"),) if each.is_file())]
    contents = [gzip.decompress(each.read_bytes()) if each.suffix == ".gz" else each.read_bytes() for each in paths]
    reader: Any = choose(contents[0][:65536], plain, Origin("0" * 64, plain))
    assert REAL[name][0] == reader.NAME
    return rows_of(reader, *contents, name=plain)


@pytest.mark.parametrize("name", sorted(REAL))
def test_every_real_file_is_read_with_nothing_left_over(shared: Path, name: str) -> None:
    found = real(shared, name)
    _, parties, listings, rest = REAL[name]
    assert (len(found["PARTY"]), len(found["LISTING"])) == (parties, listings)
    assert sum(row["count"] for row in found["LEFT_OUT"]) == rest and not found.get("REJECT")
    assert [row["column"] for row in found["COLUMN"] if row["use"] == "not understood"] == []
    assert {row["party_id"] for row in found["LISTING"]} <= {row["party_id"] for row in found["PARTY"]}
    assert len({row["record_key"] for row in found["LISTING"]}) == listings
    assert all(row["legal_effect"] for row in found["LISTING"] if not name.startswith("ftm"))


def test_every_raw_file_is_among_them(shared: Path) -> None:
    raw = shared / "lists" / "raw"
    files = {str(path.relative_to(raw)) for path in raw.rglob("*") if path.is_file()}
    assert {name for name in files - set(REAL) if not any(word in name for word in ("_alt_", "_add_", "_comments_"))} == set()


def test_makers_on_the_real_lists(shared: Path) -> None:
    lines = real(shared, "us/bis_entity_list_2026-07_orgs.jsonl.gz")
    began = {row["listed_name"]: row["published"] for row in lines["LISTING"]}
    assert began["Hangzhou Hikvision Digital Technology Co., Ltd."] == "2019-10-09" and began["Zhejiang Uniview Technologies Co., Ltd."] == "2024-12-11"
    assert began["Megvii Technology"] == "2019-10-09" and began["Dahua Technology"] == "2019-10-09"
    subsidiaries = [name for name, day in began.items() if day == "2023-03-30" and "Haishi" in name]
    assert len(subsidiaries) == 5
    keda = [row for row in lines["PARTY"] if row["name"].startswith("Suzhou Keda Technology")]
    assert len({row["party_id"] for row in keda}) == len({row["country"] for row in keda}) == 6
    parent = next(row for row in lines["PARTY"] if "52nd Research Institute" in row["name"])
    assert any("HIK Group" in name["name"] for name in parent["names"])
    leon = next(row for row in lines["PARTY"] if row["name"].startswith("Leon Technology"))
    assert {"Xinjiang Leon Telecom and Technology", "Xinjiang Leon Telecom"} <= {name["name"] for name in leon["names"] if name["kind"] == "weak"}
    cmic = real(shared, "us/ofac_cons_2025-12_prim_orgs.csv.gz")
    assert Counter(row["list"] for row in cmic["LISTING"])["US-OFAC-NS-CMIC"] == 68
    assert all(row["designated"] < row["effective"] for row in cmic["LISTING"] if row["list"] == "US-OFAC-NS-CMIC")


def test_cells_of_the_regulation_rebuilt_from_a_parsed_list(shared: Path) -> None:
    """The name of an entry comes out of the prose as a list that somebody else parsed has it."""
    lines = gzip.decompress((shared / "lists/raw/us/bis_entity_list_2026-07_orgs.jsonl.gz").read_bytes()).splitlines()
    tried = Counter[str]()
    for row in map(json.loads, lines):
        if not row["address"]:
            continue
        kind = "aliases" if row["aliases"] else "plain"
        listed = "".join(f"\n—{alias};" for alias in row["aliases"])
        text = f"{row['name']}, a.k.a., the following aliases:{listed}\n{row['address']}" if row["aliases"] else f"{row['name']}, {row['address']}"
        tried[kind] += 1
        tried[f"{kind} right"] += cell_of(text).names[0][0].strip(" .,(") == row["name"].strip(" .,(")
    assert tried["plain right"] / tried["plain"] > 0.96 and tried["aliases right"] / tried["aliases"] > 0.98
