"""Names of organisations: equal or not, and how sure."""

from __future__ import annotations

import pytest

from custodes.findings.names import equality, normalise, org_name, with_form

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
    assert equality(org_name(left), org_name(right)) in ("spelling", "form", "spacing")
    assert equality(org_name(left), org_name(right)) == equality(org_name(right), org_name(left))


@pytest.mark.parametrize(("left", "right"), OTHER)
def test_other(left: str, right: str) -> None:
    assert equality(org_name(left), org_name(right)) == ""


def test_how_two_names_are_equal() -> None:
    pairs = [
        ("ALPHA BETA LTD", "Alpha Beta Limited"),
        ("Alpha Beta", "Alpha Beta Ltd"),
        ("AlphaBeta", "Alpha Beta"),
        ("Beta Alpha", "Alpha Beta"),
        ("Alpha Beta Ltd", "Alpha Beta GmbH"),
    ]
    assert [equality(org_name(left), org_name(right)) for left, right in pairs] == ["spelling", "form", "spacing", "order", "other_form"]


def test_namesakes_keep_their_form() -> None:
    assert with_form("Hytera Communications Ltd.") == with_form("HYTERA COMMUNICATIONS LIMITED")
    assert with_form("Hytera Communications Limited") != with_form("Hytera Communications Corporation Limited")
    assert normalise("HIK-Vision (UK) Ltd.") == "hikvisionuk"
    assert org_name("Ltd").core == ("ltd",)
