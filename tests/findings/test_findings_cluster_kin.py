"""Kin that are not one, and one under two spellings: institutes of one group, companies of one brand in several places, groups, brands, transcriptions. All names are invented."""

from __future__ import annotations

import pytest
from test_findings_cluster import party

from custodes.pipeline.clustering import clusters

UNITS = [
    ("Qinvara Electronics Group Corporation 13th Research Institute", "Qinvara Electronics Group Corporation 14th Research Institute"),
    ("Qinvara Electronics Group Corporation 52nd Research Institute", "Qinvara Electronics Group Corporation"),
    ("Qinvara Electronics Group Corporation No. 28 Institute", "Qinvara Electronics Group Corporation No. 29 Institute"),
    ("Lumbretta (Beijing) Electronic Information Industry Co., Ltd.", "Lumbretta Electronic Information Industry Co., Ltd."),
    ("Lumbretta Electronic Information (Hong Kong) Co., Ltd.", "Lumbretta Electronic Information Industry Co., Ltd."),
    ("Lumbretta Software Co., Ltd.", "Lumbretta Hardware Co., Ltd."),
    ("Lumbretta Group Co., Ltd.", "Lumbretta Electronic Information Industry Co., Ltd."),
    ("Veskaro Technologies Düsseldorf GmbH", "Veskaro Technologies Sweden AB"),
    ("Veskaro Technologies Co., Ltd.", "Veskaro Technologies (UK) Co., Ltd."),
    ("Veskaro Cloud Hong Kong", "Veskaro Cloud Singapore"),
    ("Veskaro Device (Dongguan) Co., Ltd.", "Veskaro Device (Shenzhen) Co., Ltd."),
    ("Tandrovo Genomics Co., Ltd.", "Tandrovo Forensic Genomics International"),
    ("Moyu Quarizin Electronic Technology Co., Ltd.", "Luopu Quarizin Electronic Technology Co., Ltd."),
    ("Veskaro Technologies UK Limited", "Veskaro Technologies Limited"),
    ("Nokturel Optics Europe B.V.", "Nokturel Optics B.V."),
    ("Nokturel Optics International Ltd", "Nokturel Optics Ltd"),
    ("Zolkavar Shenzhen Digital Co., Ltd.", "Zolkavar Digital Co., Ltd."),
    ("Zolkavar Digital Holdings Ltd", "Zolkavar Digital Ltd"),
    ("Nokturel Factory No. 7", "Nokturel Factory No. 17"),
]


@pytest.mark.parametrize(("left", "right"), UNITS)
@pytest.mark.parametrize("sources", [("US-BIS-EL", "US-DOD-1260H"), ("US-BIS-EL", "US-BIS-EL")], ids=["two lists", "one list"])
def test_units_of_one_group_are_not_one(left: str, right: str, sources: tuple[str, str]) -> None:
    of = clusters([party("A:1", left, source=sources[0]), party("B:1", right, source=sources[1])], makers=False).of()
    assert of["A:1"] != of["B:1"]


ONE = [
    ("Hangzhou Zolkavar Digital Technology Co., Ltd.", "HANGZHOU ZOLKAVAR DIGITAL TECHNOLOGY CO LTD"),
    ("Hangzhou Zolkavar Digital Technology Co., Ltd.", "Hangzhou Zolkavar Digital Technology Company"),
    ("Lumbretta Group Co., Ltd.", "LUMBRETTA GROUP CO., LTD."),
    ("OOO Nokturel Optika", "Nokturel Optika LLC"),
    ("Veskaro Surveillance Technology JSC", "Joint Stock Company Veskaro Surveillance Technology"),
    ("Qinvara Public Security Bureau", "Qinvara  Public  Security Bureau"),
    ("Zolkavar (Shanghai) Network Technology Co., Ltd.", "Shanghai Zolkavar Network Technology Co., Ltd."),
    ("Zolkavar Technologies Co., Ltd.", "Zolkavar Technology Co., Ltd."),
]


@pytest.mark.parametrize(("left", "right"), ONE)
def test_one_firm_under_two_spellings_is_one(left: str, right: str) -> None:
    found = clusters([party("A:1", left, source="US-BIS-EL"), party("B:1", right, source="US-DOD-1260H")], makers=False)
    assert found.of()["A:1"] == found.of()["B:1"]
    assert [row["reason"] != "" for row in found.rows] == [False, True]


def test_a_parent_among_aliases_is_a_tie_also_where_the_company_is_none_of_our_makers() -> None:
    """An institute that bears its company's group as an alias is not the company; the tie is shown with the name that betrays it."""
    rows = [
        party("US-BIS-EL:1", "Qinvara Corporation 99th Research Institute", ("Zolkavar Optronics Group Co., Ltd.",)), party("US-DOD-1260H:1", "Zolkavar Optronics Co., Ltd."),
        party("US-OFAC-NS-CMIC:1", "Zolkavar Optronics Group Co., Ltd."),
    ]  # fmt: skip
    found = clusters(rows, makers=False)
    of = found.of()
    assert of["US-BIS-EL:1"] != of["US-DOD-1260H:1"]
    assert of["US-DOD-1260H:1"] != of["US-OFAC-NS-CMIC:1"]
    tied = {(link["subject_name"], link["relation"], link["object_name"]) for link in found.links}
    assert ("Qinvara Corporation 99th Research Institute", "a group and its company, by their names", "Zolkavar Optronics Group Co., Ltd.") in tied
