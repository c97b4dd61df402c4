"""Links in time: by id from lists, followed to makers; the one that held on the contract's date; sources that differ side by side."""

from __future__ import annotations

import random
from typing import Any

import pytest
from asking import Ask, Rows, purchases

from custodes.findings.links import followed
from custodes.findings.match import find
from custodes.findings.watchlist import Watchlist, build
from custodes.values import kind_of

PARTIES = [
    {"party_id": "m", "name": "Hangzhou Hikvision Digital Technology Co., Ltd.", "maker_id": ""}, {"party_id": "h", "name": "Ombrella Holding B.V.", "maker_id": ""},
    {"party_id": "s", "name": "Zolindra Vision Ltd", "maker_id": "", "names": [{"name": "Zolindra", "kind": "alias"}]}, {"party_id": "p", "name": "Partholding Ltd", "maker_id": ""},
    {"party_id": "L", "name": "Qartheon Works LLC", "maker_id": ""}, {"party_id": "d", "name": "Daughter of Qartheon Ltd", "maker_id": ""},
]  # fmt: skip


def tie(subject: str, object: str, relation: str = "subsidiary", start: str = "", end: str = "", **more: str) -> dict[str, str]:
    return {
        "subject": subject, "object": object, "relation": relation, "region": "", "valid_from": start, "valid_to": end, "confidence": "high", "publish": "yes",
        "citation": f"register of {subject}", "note": "", **more,
    }  # fmt: skip


LINKS = [
    tie("s", "h", start="2018-03-01", end="2023-06-30"), tie("h", "m", start="2016"), tie("p", "m", "shareholding"), tie("d", "L", publish="review"), tie("h", "s"),
]  # fmt: skip
LISTING = {"party_id": "L", "maker_id": "", "list": "LIST-A", "listed_name": "", "ground": "abuse of people", "effective": "2020-01-01", "published": "", "designated": "", "ended": ""}


def test_a_chain_of_owners_is_followed_to_the_maker_and_holds_while_all_of_it_holds() -> None:
    found = followed(PARTIES, LINKS, ["L"], {"m": "hikvision"})
    assert {(row["subject"], row["object"], row["relation"], row["valid_from"], row["valid_to"], row["via"]) for row in found} == {
        ("Zolindra Vision Ltd", "hikvision", "subsidiary", "2018-03-01", "2023-06-30", "Ombrella Holding B.V."),
        ("Zolindra", "hikvision", "subsidiary", "2018-03-01", "2023-06-30", "Ombrella Holding B.V."),
        ("Ombrella Holding B.V.", "hikvision", "subsidiary", "2016", "", ""), ("Partholding Ltd", "hikvision", "shareholding", "", "", ""),
        ("Daughter of Qartheon Ltd", "L", "subsidiary", "", "", ""),
    }  # fmt: skip
    mixed = LINKS[:]
    random.Random(4).shuffle(mixed)
    assert followed(PARTIES[::-1], mixed, ["L"], {"m": "hikvision"}) == found


def test_a_chain_that_never_held_as_a_whole_and_circles_give_nothing() -> None:
    never = [tie("s", "h", end="2015"), tie("h", "m", start="2016")]
    assert [row["subject"] for row in followed(PARTIES, never, [], {"m": "hikvision"})] == ["Ombrella Holding B.V."]
    circle = [tie("s", "h"), tie("h", "s")]
    assert followed(PARTIES, circle, [], {"m": "hikvision"}) == []
    weak = [tie("s", "h", publish="lead-only"), tie("h", "m", confidence="low")]
    (chain, *_) = [row for row in followed(PARTIES, weak, [], {"m": "hikvision"}) if row["via"]]
    assert (chain["publish"], chain["confidence"]) == ("lead-only", "low")


@pytest.fixture(scope="module")
def mine(facts: dict[str, Rows]) -> Watchlist:
    return build({**facts, "PARTY": PARTIES, "LINK": LINKS, "LISTING": [LISTING]})


def found(watchlist: Watchlist, supplier: str, **more: Any) -> list[dict[str, Any]]:
    return [row for batch in find([purchases([{"supplier": supplier, "description": "CCTV cameras", **more}])], watchlist) for row in batch.to_pylist() if row["kind"] == "supplier_listed"]


def test_the_link_that_held_on_the_contracts_date_is_used(mine: Watchlist) -> None:
    (named,) = found(mine, "ZOLINDRA VISION LIMITED", date="2024-01-05", contract_date="2023-01-05")
    assert (named["maker_id"], named["link_path"]) == ("hikvision", ["Zolindra Vision Ltd", "company of", "Ombrella Holding B.V.", "company of", "hikvision"])
    assert not found(mine, "ZOLINDRA VISION LIMITED", date="2023-01-05", contract_date="2024-01-05")
    assert found(mine, "ZOLINDRA VISION LIMITED", date="2020-01-05") and not found(mine, "ZOLINDRA VISION LIMITED", date="2017-01-05")
    assert not found(mine, "Partholding Ltd")  # a share is no ownership


def test_a_company_of_a_listed_party_is_found_with_that_partys_listings(mine: Watchlist) -> None:
    (named,) = found(mine, "Daughter of Qartheon Ltd", date="2021-01-01")
    assert (named["maker_id"], named["link_path"][-1], named["listed_on_date"], named["listings"], named["band"]) == ("", "L", "yes", ["LIST-A"], "possible")
    (before,) = found(mine, "Daughter of Qartheon Ltd", date="2019-01-01")
    assert before["listed_on_date"] == "no"


def test_sources_that_differ_stand_side_by_side(facts: dict[str, Rows]) -> None:
    links = [tie("Twosource Cameras Ltd", "hikvision", start="2018", citation="notice A"), tie("Twosource Cameras Ltd", "hikvision", start="2012", end="2022", citation="notice B")]
    (named,) = found(build({**facts, "LINK": links}), "Twosource Cameras Ltd", date="2020-01-01")
    (against,) = [words for words in named["against"] if words.startswith("Sources differ")]
    assert "from 2012 to 2022 [notice B]" in against and "from 2018 [notice A]" in against


def test_former_owners_are_context_with_their_time(ask: Ask) -> None:
    (question,) = ask("Lorex Technology Inc.", "CCTV cameras and recorders", date="2020-01-01")
    assert question["kind"] == "maker_unknown"
    (words,) = [each for each in question["context"] if "belonged to Zhejiang Dahua" in each]
    assert "from 2018 to 2022-11-24 [" in words and "from 2012 to 2022-11-24 [" in words and "does not say what was bought" in words


def test_links_of_followthemoney_lead_to_makers(shared: Any) -> None:
    """The authored FtM sample gives its owners by id: its companies of makers are found, each in its time."""
    from custodes.records import list_ftm
    from custodes.values import Origin

    path = shared / "lists" / "raw" / "ftm" / "authored_sample_entities.ftm.json"
    tables: dict[str, list[dict[str, Any]]] = {"PARTY": [], "LISTING": [], "LINK": []}
    with path.open("rb") as stream:
        for batch in list_ftm.read((stream,), Origin("x", path.name)):
            tables.get(kind_of(batch), []).extend(batch.to_pylist())
    assert len(tables["LINK"]) > 10
    lists = {"makers": [{"maker_id": "hikvision", "name": "Hikvision", "note": ""}], "names": [], "links": [], **tables}
    (named,) = [row for row in found(build(lists), "Pyronix Ltd", date="2022-01-01") if row["maker_id"]]
    assert named["maker_id"] == "hikvision" and named["link_path"][-1] == "hikvision"
