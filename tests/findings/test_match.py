"""The finder as a whole: any split, any order, with and without prefilter gives the same; ids and hashes rest on what the row says."""

from __future__ import annotations

import pickle
import random
from typing import Any

import pytest
from asking import CASES, Rows, purchases
from hypothesis import given, settings
from hypothesis import strategies as st

from custodes.findings.match import find
from custodes.findings.watchlist import Watchlist, build
from custodes.values import FINDING_SCHEMA, batch_of

PIECES = [case["text"] for case in CASES] + [case["supplier"] for case in CASES]
JOINTS = [" ", "  ", " | ", "\t", "\n", "_", "\u00a0", " - ", "\x1f", "\u200b", "\r\n", ";"]


def _rows(count: int, seed: int) -> list[dict[str, Any]]:
    """Mixed-up pieces of the cases: real words in unreal order."""
    dice = random.Random(seed)
    codes = [[], ["CPV:32323500"], ["35120000"], ["32230000"]]
    return [
        {"supplier": dice.choice(PIECES), "description": dice.choice(JOINTS).join(dice.sample(PIECES, 2)), "codes": dice.choice(codes)}
        for _ in range(count)
    ]  # fmt: skip


def _found(batches: list[Any], watchlist: Watchlist, **how: Any) -> list[dict[str, Any]]:
    return [finding for batch in find(batches, watchlist, **how) for finding in batch.to_pylist()]


def test_any_split_gives_the_same(watchlist: Watchlist) -> None:
    batch = purchases(_rows(300, 1))
    whole = _found([batch], watchlist)
    assert whole
    for size in (1, 7, 64):
        assert _found([batch.slice(start, size) for start in range(0, batch.num_rows, size)], watchlist) == whole


def test_prefilter_loses_nothing(watchlist: Watchlist) -> None:
    batch = purchases(_rows(800, 2))
    assert _found([batch], watchlist) == _found([batch], watchlist, prefilter=False)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_prefilter_loses_nothing_however_it_is_typed(watchlist: Watchlist, data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(PIECES))
    noise = st.sampled_from([*JOINTS, "-", ".", "'", "\u2019", "\u2013", "é", "£", ""])
    cut = data.draw(st.integers(0, len(text)))
    typed = data.draw(noise) + text[:cut] + data.draw(noise) + text[cut:] + data.draw(noise)
    typed = data.draw(
        st.sampled_from([typed, typed.upper(), typed.lower(), typed.replace(" ", "  "), typed.replace("-", " "), typed.replace(" ", "\u00a0")])
    )
    batch = purchases([{"supplier": typed, "description": "x"}, {"supplier": "x", "description": typed}])
    assert _found([batch], watchlist) == _found([batch], watchlist, prefilter=False)


def test_other_kinds_and_empty_batches_yield_nothing(watchlist: Watchlist) -> None:
    page = batch_of("PAGE", [{"record_key": "p", "text": "Hikvision camera"}])
    assert not _found([page, purchases([])], watchlist)
    assert not _found([purchases([{"supplier": None, "description": None}])], watchlist, prefilter=False)


def test_findings_have_the_schema(watchlist: Watchlist) -> None:
    for batch in find([purchases(_rows(50, 3))], watchlist):
        assert batch.schema.equals(FINDING_SCHEMA, check_metadata=True)


def test_id_and_hash_do_not_know_the_place(watchlist: Watchlist) -> None:
    row = {"record_key": "one", "supplier": "A Ltd", "description": "Hikvision NVR"}
    here = _found([purchases([{**row, "origin_file": "a.csv", "origin_at": "line 2"}])], watchlist)[0]
    there = _found([purchases([{**row, "origin_file": "b.csv", "origin_at": "line 9", "origin_sha256": "ff"}])], watchlist)[0]
    assert (here["finding_id"], here["evidence_hash"]) == (there["finding_id"], there["evidence_hash"])
    assert here["origin_at"] != there["origin_at"]


def test_hash_knows_the_words(watchlist: Watchlist) -> None:
    texts = ("Hikvision NVR", "Hikvision NVR, 16 channels")
    hashes = {_found([purchases([{"record_key": "one", "supplier": "A", "description": t}])], watchlist)[0]["evidence_hash"] for t in texts}
    assert len(hashes) == 2


def test_watchlist_is_frozen_picklable_and_versioned(watchlist: Watchlist, facts: dict[str, Rows]) -> None:
    assert pickle.loads(pickle.dumps(watchlist)) == watchlist
    shuffled = build({name: rows[::-1] for name, rows in facts.items()})
    assert shuffled.version == watchlist.version
    assert build({**facts, "names": facts["names"][1:]}).version != watchlist.version
    with pytest.raises(AttributeError):
        watchlist.version = "x"  # type: ignore[misc]


def test_named_surveillance_settles_the_question(watchlist: Watchlist) -> None:
    named = _found([purchases([{"supplier": "A", "description": "Hikvision CCTV cameras"}])], watchlist)
    radio = _found([purchases([{"supplier": "A", "description": "Hytera radios and CCTV cameras"}])], watchlist)
    lead = _found([purchases([{"supplier": "A", "description": "W Box CCTV cameras"}])], watchlist)
    assert [f["kind"] for f in named] == ["product_named"]
    assert sorted(f["kind"] for f in radio) == ["maker_unknown", "product_named"]
    assert sorted((f["kind"], f["band"]) for f in lead) == [("maker_unknown", "strong"), ("product_named", "weak")]


def test_parties_of_the_case(facts: dict[str, Rows]) -> None:
    party = {
        "party_id": "X1",
        "maker_id": "",
        "name": "Salim Trading S.A.",
        "names": [],
        "country": "",
        "identifiers": [],
        "topics": [],
        "source": "list",
    }
    listing = {
        "party_id": "X1",
        "maker_id": "",
        "list": "LIST-A",
        "ground": "abuse of people",
        "effective": "2020-01-01",
        "published": "",
        "designated": "",
        "ended": "",
    }
    mine = build({**facts, "PARTY": [party], "LISTING": [listing]})
    found = _found(
        [purchases([{"supplier": "SALIM TRADING", "description": "goods"}, {"supplier": "FARDIS TRADING S.A.", "description": "goods"}])], mine
    )
    assert [(f["supplier"], f["party"], f["band"], f["listings"]) for f in found] == [("SALIM TRADING", "X1", "possible", ["LIST-A"])]


def test_links_of_the_case(facts: dict[str, Rows]) -> None:
    link = {"subject": "Omega Vision Ltd", "object": "hikvision", "relation": "subsidiary", "region": "", "valid_from": "", "valid_to": ""}
    mine = build({**facts, "LINK": [{**link, "confidence": "high", "publish": "", "citation": "the case", "note": ""}]})
    (found,) = _found([purchases([{"supplier": "OMEGA VISION LIMITED", "description": "goods"}])], mine)
    assert (found["maker_id"], found["band"], found["publish"]) == ("hikvision", "possible", "review")
