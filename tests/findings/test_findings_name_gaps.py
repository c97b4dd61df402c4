"""Pairs of names that matchers get wrong: each stands for a kind, and holds with a margin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from custodes.findings import name_rules, screening
from custodes.findings.name_model import Trees, trees
from custodes.findings.name_text import lexicon, spell
from custodes.pipeline import bulk, facts, tools

LISTED = [
    ("hik", "Hangzhou Hikvision Digital Technology Co., Ltd."), ("hik", "杭州海康威视数字技术股份有限公司"), ("hik", "Hikvision"), ("dahua", "Zhejiang Dahua Technology Co., Ltd."),
    ("dahua", "浙江大华技术股份有限公司"), ("fardis", "FARDIS S.A."), ("cvc", "CVC Security Ltd"), ("dialog", "ANO Dialog Regions"), ("vektor", "Autonomous Non-Profit Organization Vektor"),
    ("siemens", "Siemens AG"), ("pelican", "Pelican Vision AG"), ("mine", "Myanma Mining Enterprise Number 1"), ("volna", "44th Plant Volna"), ("ikar", "JSC IKAR"),
    ("school", "HATFIELD ACADEMY"), ("optics", "Joint Stock Company Shvabe Optics"), ("tagil", "Nizhny Tagil Steel Structures Works"), ("research", "Aerospace Research Institute"),
]  # fmt: skip


@pytest.fixture(scope="module")
def index() -> screening.NameIndex:
    return tools.name_index([{"party_id": party, "name": name} for party, name in LISTED])


def found(index: screening.NameIndex, name: str, **options: Any) -> list[dict[str, Any]]:
    return [row for batch in screening.screen(map(bulk.asked, bulk.from_rows([{"id": "1", "name": name}], 10)), index, **options) for row in batch.to_pylist()]


@pytest.mark.parametrize("name", ["Zhejiang Uniview Technologies Co., Ltd.", "Zhejiang Uniview Technology", "浙江宇视科技有限公司", "SALIM S.A.", "CVS Ltd", "CVS Group plc"])
def test_a_competitor_with_the_same_place_and_trade_is_nobody(index: screening.NameIndex, name: str) -> None:
    assert found(index, name, min_score=0.1) == []


@pytest.mark.parametrize(("name", "party", "most"), [
    ("Zhejiang Uniview Technology", "dahua", 0.15), ("SALIM S.A.", "fardis", 0.15), ("CVS Security Ltd", "cvc", 0.6), ("LLC Dialog Regions", "dialog", 0.6),
    ("Vektor LLC", "vektor", 0.6), ("Pelican Vision GmbH", "pelican", 0.95), ("Siemens Healthcare Ltd", "siemens", 0.3), ("Myanma Mining Enterprise Number 2", "mine", 0.6),
    ("45th Plant Volna", "volna", 0.6), ("Forty-fifth Plant Volna", "volna", 0.6), ("Heathfield Academy", "school", 0.95),
])  # fmt: skip
def test_what_speaks_against_holds_however_near_the_letters_are(index: screening.NameIndex, name: str, party: str, most: float) -> None:
    explained = screening.explain(name, index, party)
    assert explained is not None and explained.score <= most, explained
    assert all(row["score"] <= most for row in found(index, name))


@pytest.mark.parametrize(("name", "party"), [
    ("SiemensAG", "siemens"), ("Pelican Vision AG", "pelican"), ("CVC Security Ltd", "cvc"), ("ANO Dialog Regions", "dialog"), ("Vektor ANO", "vektor"),
    ("HANGZHOU HIKVISION DIGITAL TE", "hik"), ("ZHEJIANG DAHUA TECHNOLOG", "dahua"), ("杭州海康威视", "hik"), ("Zhejiang Dahua Jishu", "dahua"),
    ("Stock Company Shvabe Optics Joint", "optics"), ("Joint Stock Compny Shvabe Optics", "optics"), ("Myanma Mining Enterprise No. 1", "mine"), ("Forty-fourth plant Volna", "volna"),
    ("44 Plant Volna", "volna"), ("Institute Aerospace Research", "research"),
])  # fmt: skip
def test_the_same_firm_written_otherwise(index: screening.NameIndex, name: str, party: str) -> None:
    best = found(index, name)
    assert best and best[0]["party_id"] == party and best[0]["score"] >= 0.7, best


def test_initials_are_a_sign_from_four_letters_and_never_a_proof(index: screening.NameIndex) -> None:
    (row,) = found(index, "NTSSW")
    assert row["party_id"] == "tagil" and 0.7 <= row["score"] <= name_rules.CAPS["initials"] and row["band"] == "possible"
    assert all(row["score"] <= name_rules.CAPS["few_initials"] for row in found(tools.name_index([{"party_id": "a", "name": "Bureau of Optics Istra"}]), "BOI"))


def test_the_rules_only_hold_back_or_lift_what_they_name() -> None:
    plain = {name: np.zeros(1) for name in name_rules._USED} | {"most_hit": np.array([9.0]), "words_l": np.array([3.0]), "length_q": np.array([20]), "length_l": np.array([20]), "near_length": np.array([40])}
    assert name_rules.ruled(np.array([0.99]), plain) == [0.99]
    for feature, cap in (("form_other", "other_form"), ("form_kind", "other_kind")):
        assert name_rules.ruled(np.array([0.99]), plain | {feature: np.ones(1)}) == [name_rules.CAPS[cap]]
    numbers = plain | {"number_q": np.ones(1), "number_l": np.ones(1)}
    assert name_rules.ruled(np.array([0.99]), numbers) == [name_rules.CAPS["other_number"]] and name_rules.ruled(np.array([0.2]), numbers) == [0.2]
    assert name_rules.ruled(np.array([0.99]), plain | {"number_q": np.ones(1)}) == [0.99]
    misspelt = plain | {"near_length": np.array([9]), "most_hit": np.array([5.0]), "words_l": np.array([4.0])}
    assert name_rules.ruled(np.array([0.99]), misspelt) == [name_rules.CAPS["misspelt"]] and name_rules.ruled(np.array([0.99]), misspelt | {"most_hit": np.array([8.0])}) == [0.99]


def test_numbers_and_legal_forms_in_words() -> None:
    known = lexicon([dict(row) for row in facts.table("name_words")])
    assert [known.canonical(word) for word in spell(["Forty-Fourth Plant"], known)[0]] == [known.canonical(word) for word in spell(["44th Plant"], known)[0]]
    assert spell(["Stock Company Volna Joint"], known) == [["volna", "jsc"]] and spell(["Stock Exchange of Leeds"], known)[0][0] == "stock"
    assert all(word in known.forms for word in ("compny", "limted", "liabilty")) and "plant" not in known.forms


def test_trees_of_any_shape_add_up() -> None:
    model = {"features": ["a", "b"], "bias": 1.0, "feature": [0, 1], "threshold": [0.5, 2.0], "left": [1, -1], "right": [-3, -2], "value": [10, 20, 30, 5], "root": [0, -4]}
    made = trees(model)
    assert isinstance(made, Trees) and made.depth.tolist() == [2, 0]
    assert made.total(np.array([[0, 0, 1], [2, 3, 3]], np.float32)).tolist() == [16.0, 26.0, 36.0]


def test_the_trees_ask_what_lightgbm_asks(shared: Path) -> None:
    """The exported trees give the sums of the library that grew them."""
    lightgbm = pytest.importorskip("lightgbm")
    import sys

    sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
    import train_names

    made = np.random.default_rng(4)
    rows, right = made.normal(size=(3000, 5)).astype(np.float32).round(2), made.random(3000)
    right = (rows[:, 0] + rows[:, 1] * rows[:, 2] + right > 0.5).astype(np.float64)
    settings = train_names.GATE | {"num_trees": 12}
    names = [f"f{n}" for n in range(5)]
    model = train_names.boost(rows, right, None, names, settings)
    assert model == train_names.boost(rows, right, None, names, settings)
    theirs = lightgbm.train(settings, lightgbm.Dataset(rows, right)).predict(rows, raw_score=True)
    assert np.abs(trees(model).total(np.ascontiguousarray(rows.T)) - theirs).max() < 12 * 0.0001
