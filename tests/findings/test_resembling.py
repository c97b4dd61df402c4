"""Names that are nearly a maker's: which are looked at, which count, and that no table means no answer."""

from __future__ import annotations

import pytest
from asking import Ask, Rows, purchases

from custodes.findings.compiled import compiled
from custodes.findings.match import find
from custodes.findings.names import org_name
from custodes.findings.resembling import LETTERS, Resembling, forms, resembling
from custodes.findings.watchlist import Watchlist, build


@pytest.fixture(scope="session")
def known(watchlist: Watchlist) -> Resembling:
    return compiled(watchlist).resembling


def test_forms_meet_where_words_are_one_error_apart() -> None:
    assert set(forms("dahua")) == {"dahua", "ahua", "dhua", "daua", "daha", "dahu"}
    for other, near in (("dahla", True), ("dahuua", True), ("dhua", True), ("dahau", True), ("dalia", False)):
        assert (not set(forms("dahua")).isdisjoint(forms(other))) is near, other


def test_every_telling_word_is_a_makers_and_none_is_a_common_word(known: Resembling, facts: Rows) -> None:
    assert {"hikvision", "dahua", "megvii", "hytera", "uniview"} <= known.telling
    assert not {"zhejiang", "hangzhou", "services", "security", "centre"} & known.telling
    words = {word for name, _ in known.names for word in org_name(name).core}
    assert all(word in words and len(word) >= LETTERS for word in known.telling)


def test_few_names_are_looked_at(known: Resembling) -> None:
    ordinary = ["Acme Paper Ltd", "Northside Care Centre", "Stannah Lift Services Ltd", "Exampleton Borough Council", "Vision Care Services (UK) Ltd", "", "12345"]
    assert not [name for name in ordinary if known.likely(name)]
    assert known.of(ordinary) == {}
    assert known.likely("ZHEJIANG DAHUUA TECH")


def test_a_misspelt_supplier_is_a_lead_with_its_reason(ask: Ask) -> None:
    (found,) = ask("Zhejiang Dahua Technlogy Co Ltd", "Annual charge")
    assert (found["kind"], found["maker_id"], found["band"], found["listed_on_date"]) == ("supplier_listed", "dahua", "possible", "yes")
    (reason,) = found["reasons"]
    assert reason["rule"] == "supplier_resembles_maker"
    assert "technlogy" in reason["words"] and "technology" in reason["words"]


def test_the_makers_own_word_speaks_before_likeness(ask: Ask) -> None:
    """Where the name holds the maker's name as it is, there is one finding, and no second one from likeness."""
    found = ask("Hangzhou Hikvision Digital Tecnology Co", "cameras")
    assert [f["kind"] for f in found] == ["product_named"]
    assert {reason["rule"] for f in found for reason in f["reasons"]} == {"supplier_text_names_maker"}


def test_with_and_without_prefilter(watchlist: Watchlist) -> None:
    names = ["Zhejiang Dahua Technlogy Co Ltd", "Megvi Technology Limited", "Dahla Technology Ltd", "Acme Paper Ltd", "Hytera Comms UK", "杭州海康", "Huwei Technologies"]
    rows = [{"supplier": name, "description": "goods"} for name in names]
    one, other = ([f for b in find([purchases(rows)], watchlist, prefilter=flag) for f in b.to_pylist()] for flag in (True, False))
    assert one == other
    assert len(one) >= 4


def test_names_that_are_never_taken_for_a_maker(ask: Ask, facts: Rows) -> None:
    for row in facts["confusables"]:  # type: ignore[call-overload]
        found = ask(row["name"], "Goods")
        assert not any(reason["rule"] == "supplier_resembles_maker" for f in found for reason in f["reasons"]), row["name"]


def test_without_what_is_known_about_names_nothing_resembles(facts: dict[str, Rows]) -> None:
    plain = build({name: rows for name, rows in facts.items() if name != "name_knowledge"})
    assert compiled(plain).resembling.of(["Zhejiang Dahua Technlogy Co Ltd"]) == {}
    assert resembling([("Dahua Technology", "dahua")], []).near == frozenset()
