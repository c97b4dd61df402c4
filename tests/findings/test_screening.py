"""Names against a list: what must match, what must not, and that neither the split nor the order of the input changes an answer."""

from __future__ import annotations

import csv
import pickle
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from custodes.findings import name_near, screening
from custodes.findings.name_text import lexicon, spell
from custodes.pipeline import bulk, facts, tools

LISTED = [
    ("hikvision", "Hikvision"), ("hikvision", "Hangzhou Hikvision Digital Technology Co., Ltd."), ("hikvision", "Hikvision UK Limited"),
    ("hikvision", "杭州海康威视数字技术股份有限公司"), ("dahua", "Zhejiang Dahua Technology Co., Ltd."), ("dahua", "浙江大华技术股份有限公司"),
    ("metrotek", "Общество с Ограниченной Ответственностью «Научно-Технический Центр Метротек»"), ("tsniimash", "Central Research Institute of Machine Building"),
    ("fardis", "FARDIS S.A."), ("karimov", "Karimov Brothers Trading House LLC"), ("siemens", "Siemens AG"), ("hytera", "Hytera Communications Corporation Limited"),
    ("block44", "Forty-Fourth Plant Volna"), ("avia", "АVIA TECHNOLOGIES JSC"),
]  # fmt: skip
"""Names as official lists write them, some invented."""


@pytest.fixture(scope="module")
def index() -> screening.NameIndex:
    return tools.name_index([{"party_id": party, "name": name} for party, name in LISTED])


def asked(index: screening.NameIndex, names: list[Any], size: int = 1000, **options: Any) -> list[dict[str, Any]]:
    rows = [name if isinstance(name, dict) else {"id": str(n), "name": name} for n, name in enumerate(names)]
    return [row for batch in screening.screen(map(bulk.asked, bulk.from_rows(rows, size)), index, **options) for row in batch.to_pylist()]


SAME = [
    ("HIK Vision", "hikvision"), ("hikvison", "hikvision"), ("HIKVISION UK LTD c/o Leeds City Council", "hikvision"), ("Hikvision UK Ltd T/A HIK SECURITY", "hikvision"),
    ("HANGZHOU HIKVISION DIGITAL TECH CO", "hikvision"), ("Digital Technology Hikvision Hangzhou", "hikvision"), ("杭州海康威视数字技术", "hikvision"),
    ("杭州海康威視數字技術股份有限公司上海分公司", "hikvision"), ("SUPPLY OF CAMERAS BY Zhejiang Dahua Technology Co Ltd FOR Leeds", "dahua"), ("Zhejiang Dahua Technolgy", "dahua"),
    ("ZHEJIANG DAHUA TECHNOL", "dahua"), ("LLC Scientific and Technical Center Metrotek", "metrotek"), ("SiemensAG", "siemens"),
    ("Karimov Bros Trading House OOO", "karimov"), ("AVIA TECHNOLOGIES JSC", "avia"),
]  # fmt: skip
OTHER = [
    "SALIM S.A.", "Zhejiang Uniview Technologies Co., Ltd.", "Zhejiang Uniview Technology", "Leeds Digital Technology Ltd", "Manchester Camerata", "Hi-Vision Opticians",
    "Hytera Communications Limited", "DAHUA ELECTRONICS CORPORATION", "Research Institute of Building Physics", "Brothers Trading Ltd", "Plant Hire Ltd", "Technology House",
]  # fmt: skip


@pytest.mark.parametrize(("name", "party"), SAME)
def test_the_same_organisation(index: screening.NameIndex, name: str, party: str) -> None:
    (found,) = asked(index, [name])
    assert (found["party_id"], found["band"] in ("strong", "possible")) == (party, True), found


@pytest.mark.parametrize("name", OTHER)
def test_another_organisation(index: screening.NameIndex, name: str) -> None:
    assert [row for row in asked(index, [name]) if row["band"] in ("strong", "possible")] == []


def test_no_split_no_order_no_memory_changes_an_answer(index: screening.NameIndex) -> None:
    names = [name for name, _ in SAME] + OTHER + [name for _, name in LISTED]
    rows = [{"id": str(n), "name": name} for n, name in enumerate(names)]
    whole = {row["id"]: row for row in asked(index, rows, top=3, min_score=0.0)}
    shuffled = rows[:]
    for seed, size in ((1, 1), (2, 3), (3, 7)):
        random.Random(seed).shuffle(shuffled)
        screening._matcher.cache_clear()
        assert {row["id"]: row for row in asked(index, shuffled, size, top=3, min_score=0.0)} == whole


def test_an_index_is_one_block_that_can_be_shared(index: screening.NameIndex, tmp_path: Path) -> None:
    path = tmp_path / "index.arrow"
    path.write_bytes(index.to_bytes())
    with pa.memory_map(str(path)) as source:
        mapped = screening.NameIndex.from_buffer(source.read_buffer())
        assert mapped.version == index.version == pickle.loads(pickle.dumps(index)).version
        assert asked(mapped, ["hikvison"]) == asked(index, ["hikvison"])
    with pytest.raises(ValueError, match="not an index"):
        screening.NameIndex.from_buffer(pa.py_buffer(b"something else"))


def test_the_version_follows_the_names_not_their_order() -> None:
    rows = [{"party_id": party, "name": name} for party, name in LISTED]
    assert tools.name_index(rows).version == tools.name_index(rows[::-1]).version
    assert tools.name_index(rows).version != tools.name_index(rows[1:]).version


def test_identifiers_decide_and_contradict_and_countries_count() -> None:
    listed = [{"party_id": "P1", "name": "Alpine Optics GmbH", "country": "at", "identifiers": [{"scheme": "LEI", "id": "529900ABC"}]}]
    index = tools.name_index(listed)
    rows = [
        {"id": "same", "name": "Alpine Optik Gesellschaft", "identifiers": "lei:529900abc"}, {"id": "other", "name": "Alpine Optics GmbH", "identifiers": "LEI:777"},
        {"id": "country", "name": "Alpine Optics", "country": "FR"}, {"id": "plain", "name": "Alpine Optics"}, {"id": "home", "name": "Alpine Optics", "country": "AT"},
    ]  # fmt: skip
    found = {row["id"]: row for row in asked(index, rows)}
    assert found["same"]["band"] == "strong" and "the same number in lei" in found["same"]["reasons"]
    assert found["other"]["band"] == "" and found["other"]["score"] < 0.3
    assert found["country"]["score"] < found["plain"]["score"] == found["home"]["score"]


def test_generic_names_and_initials_are_never_strong() -> None:
    index = tools.name_index([{"party_id": "G", "name": "General Trading Services Ltd"}, {"party_id": "A", "name": "Bureau of Optical Radio Instruments"}])
    found = {row["id"]: row for row in asked(index, [{"id": "g", "name": "GENERAL TRADING SERVICES"}, {"id": "a", "name": "BORI"}])}
    assert all(row["band"] != "strong" for row in found.values())


def test_an_explanation_is_two_plain_sentences(index: screening.NameIndex) -> None:
    found = screening.explain("Zhejiang Uniview Technology", tools.name_index([{"party_id": "dahua", "name": "Zhejiang Dahua Technology Co., Ltd."}]), "dahua")
    assert found is not None and found.band in ("", "weak")
    assert found.sentences[0] == '"Zhejiang Uniview Technology" and the listed "Zhejiang Dahua Technology Co., Ltd." share "zhejiang" and "technology".'
    assert "speaks against it" in found.sentences[1] and '"uniview"' in found.sentences[1]
    assert found.features["cover_q"] < 0.7
    assert screening.explain("Manchester Camerata", index) is None


def test_rows_that_hold_no_name(index: screening.NameIndex) -> None:
    assert asked(index, ["", " ", "...", "\n", "株", "LTD", "& & &", "\ud800"]) == []
    assert asked(tools.name_index([]), ["Hikvision"]) == []


def test_words_in_bulk_are_the_words_one_by_one() -> None:
    known = lexicon([dict(row) for row in facts.table("name_words")])
    names = [name for _, name in LISTED] + [name for name, _ in SAME] + OTHER + ["A. B. Smith & Sons (U.K.) Ltd", "line\nbreak Ltd", ""]
    assert spell(names, known) == [spell([name], known)[0] for name in names]
    assert spell(["A. B. Smith & Sons (U.K.) Ltd"], known) == [["ab", "smith", "&", "sons", "uk", "ltd"]]


@pytest.mark.parametrize("name", ["AL-ARABI TRADING", "t/a Smith", "Hong Kong Optics Joint Stock Company", "Ltd", "The", "El Sol", "Trading as Al", "株式会社"])
def test_a_name_is_spelled_alike_wherever_it_stands(name: str) -> None:
    known = lexicon([dict(row) for row in facts.table("name_words")])
    alone = spell([name], known)[0]
    assert spell([name, "Other Firm", name, "al", name], known)[::2] == [alone] * 3


def test_near_words_are_found_by_hash_as_by_comparing_all() -> None:
    from rapidfuzz.distance import OSA

    chosen = random.Random(5)
    words = sorted({"".join(chosen.choice("abcdefgh") for _ in range(chosen.randint(4, 9))) for _ in range(400)})
    keys, owners = name_near.table(words)
    i, j = name_near.lookup(words, keys, owners, name_near.slots(keys))
    found = set(zip(i.tolist(), j.tolist(), strict=True))
    near = {(a, b) for a, left in enumerate(words) for b, right in enumerate(words) if OSA.distance(left, right) <= 1}
    assert near <= found


def test_aliases_misspellings_and_confusables_of_the_makers(shared: Path) -> None:
    """Every labelled alias leads to its maker first; no labelled confusable does so above weak."""
    known = [row for row in facts.table("names") if row["alone"] != "never"]
    index = tools.name_index([{"party_id": row["maker_id"], "name": row["name"]} for row in known])
    ours = {row["name"] for row in known}
    with (shared / "lists" / "maker_aliases.csv").open(encoding="utf-8", newline="") as stream:
        aliases = [row for row in csv.DictReader(stream) if row["alias"] in ours]
    with (shared / "lists" / "confusables.csv").open(encoding="utf-8", newline="") as stream:
        confusables = [row["name"] for row in csv.DictReader(stream)]
    owners: dict[str, set[str]] = {}
    for row in known:
        owners.setdefault(row["name"], set()).add(row["maker_id"])
    found = {row["id"]: row for row in asked(index, [row["alias"] for row in aliases])}
    innocent = {row["name"] for row in facts.table("confusables")}
    wrong = [row["alias"] for n, row in enumerate(aliases) if row["alias"] not in innocent and (str(n) not in found or found[str(n)]["party_id"] not in owners[row["alias"]])]
    assert wrong == []
    assert [row for row in asked(index, confusables) if row["band"] in ("strong", "possible")] == []
