"""Names of organisations: equal or not, and how sure."""

from __future__ import annotations

from pathlib import Path

import pytest

from custodes.findings.names import compare, normalise, org_name, screen, with_form

SAME = [
    ("HIK Vision", "Hikvision"), ("Hik-Vision", "HIKVISION"), ("Hikvision Ltd.", "HIKVISION LIMITED"), ("НІКVISION", "Hikvision"), ("ＨＩＫＶＩＳＩＯＮ", "Hikvision"),
    ("Zhejiang Dahua Technology Co., Ltd.", "ZHEJIANG DAHUA TECHNOLOGY CO LTD"), ("Smith & Jones plc", "SMITH AND JONES PLC"), ("The Alpha Trust", "Alpha Trust"),
    ("Hua'antai Intelligent", "Huaantai Intelligent"), ("Tongfang R.I.A. Co., Ltd.", "TONGFANG RIA CO LTD"), ("Gamma GmbH", "GAMMA G.m.b.H."), ("ООО Ромашка Плюс", "Ромашка Плюс"),
    ("浙江大华技术股份有限公司", "浙江大华技术"), ("Müller AG", "MULLER AG"),
]  # fmt: skip
OTHER = [
    ("SALIM S.A.", "FARDIS S.A."), ("Dahua Electronics Corporation", "Dahua Technology"), ("Alpha Ltd", "Beta Ltd"), ("Leon Technology", "Lion Technology"),
    ("Hikvision", "Hi-Vision"), ("ZTE Parsian", "ZTE Corporation"), ("China Electronics Corporation", "China Electronics Technology Group Corporation"),
    ("S.A.", "Ltd"), ("", "Ltd"),
]  # fmt: skip


@pytest.mark.parametrize(("left", "right"), SAME)
def test_same(left: str, right: str) -> None:
    assert compare(left, right)[0] >= 0.85
    assert compare(left, right)[0] == compare(right, left)[0]


@pytest.mark.parametrize(("left", "right"), OTHER)
def test_other(left: str, right: str) -> None:
    assert compare(left, right) == (0.0, [])


def test_scores_fall_in_step_with_clarity() -> None:
    pairs = [
        ("Alpha Beta Ltd", "Alpha Beta Ltd"),
        ("ALPHA BETA LTD", "Alpha Beta Limited"),
        ("Alpha Beta", "Alpha Beta Ltd"),
        ("AlphaBeta", "Alpha Beta"),
        ("Beta Alpha", "Alpha Beta"),
        ("Alpha Beta Ltd", "Alpha Beta GmbH"),
    ]
    scores = [compare(*pair)[0] for pair in pairs]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == len(scores)


def test_country_and_shortness_lower() -> None:
    assert compare("Alpha Beta", "Alpha Beta", ("GB", "CN"))[0] < compare("Alpha Beta", "Alpha Beta", ("GB", "gb"))[0]
    assert compare("AB Ltd", "AB")[0] < 0.9


def test_namesakes_keep_their_form() -> None:
    assert with_form("Hytera Communications Ltd.") == with_form("HYTERA COMMUNICATIONS LIMITED")
    assert with_form("Hytera Communications Limited") != with_form("Hytera Communications Corporation Limited")
    assert normalise("HIK-Vision (UK) Ltd.") == "hikvisionuk"
    assert org_name("Ltd").core == ("ltd",)


def test_screen() -> None:
    parties = [
        {"party_id": "P2", "name": "Hangzhou Hikvision Digital Technology Co., Ltd.", "country": "CN"},
        {"party_id": "P2", "name": "Hikvision"},
        {"party_id": "P1", "name": "HIKVISION LTD"},
        {"party_id": "P3", "name": "FARDIS S.A."},
    ]
    rows = [{"id": "1", "name": "HIK Vision"}, {"id": "2", "name": "SALIM S.A."}, {"id": "3", "name": "hikvision"}]
    found = list(screen(rows, parties, top=2))
    assert [(f["id"], f["party_id"], f["rank"], f["band"]) for f in found] == [
        ("1", "P1", 1, "strong"),
        ("1", "P2", 2, "strong"),
        ("3", "P2", 1, "strong"),
        ("3", "P1", 2, "possible"),
    ]
    assert found[0]["reasons"] == ["the same letters, divided into words differently"]
    assert [f["party_id"] for f in screen(rows, parties)] == ["P1", "P2"]
    assert not list(screen(rows, parties, min_score=1.01))


def test_decoys_of_the_benchmark(shared: Path) -> None:
    """Of the names that are on no list, hardly one equals a listed one; plain respellings are found."""
    import csv
    import gzip

    with gzip.open(shared / "names" / "watchlist.csv.gz", "rt", encoding="utf-8", newline="") as file:
        parties = [{"party_id": row["entity_id"], "name": row["name"]} for row in csv.DictReader(file)]
    with gzip.open(shared / "names" / "queries_dev.csv.gz", "rt", encoding="utf-8", newline="") as file:
        queries = {row["qid"]: row for row in csv.DictReader(file)}
    found = {row["id"]: (row["party_id"], row["band"]) for row in screen(({"id": q, "name": row["name"]} for q, row in queries.items()), parties)}
    innocent = [q for q, row in queries.items() if not row["truth"]]
    wrong = [q for q in innocent if found.get(q, ("", ""))[1] in ("strong", "possible")]
    assert len(wrong) <= len(innocent) * 0.002
    guilty = [q for q in found if queries[q]["truth"]]
    assert sum(found[q][0] == queries[q]["truth"] for q in guilty) >= 0.97 * len(guilty)
