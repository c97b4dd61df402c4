"""Searching only what a change touches gives what searching everything gives, whatever the change."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from asking import CASES, Rows, purchases, read

from custodes.findings.match import find
from custodes.findings.touch import Touch, between, find_touched
from custodes.findings.watchlist import Watchlist, build
from custodes.values import FINDING_SCHEMA

HARD = read(Path(__file__).parent / "hard_lines.csv")
ORDER = [("finding_id", "ascending"), ("origin_at", "ascending")]
Tables = dict[str, list[dict[str, Any]]]


def _records(seed: int) -> list[dict[str, Any]]:
    dice = random.Random(seed)
    codes = [[], [], ["CPV:32323500"], ["35120000"], ["32230000"]]
    rows = [{"supplier": line["supplier"], "description": line["text"]} for line in (*CASES, *HARD)]
    rows += [{"supplier": dice.choice(rows)["supplier"], "description": dice.choice(rows)["description"]} for _ in range(300)]
    dates = ["2019-01-01", "2021-05-01", "2026-07-01", ""]
    return [{**row, "record_key": f"k{n}", "origin_at": f"line {n}", "codes": dice.choice(codes), "date": dice.choice(dates)} for n, row in enumerate(rows)]


def _table(batches: Any) -> pa.Table:
    return pa.Table.from_batches(list(batches), schema=FINDING_SCHEMA).sort_by(ORDER).combine_chunks()


def _again(old: pa.Table, rows: list[dict[str, Any]], watchlist: Watchlist, touch: Touch) -> pa.Table:
    """What ``find --since`` does with one part: earlier findings that nothing touched, and new ones of the touched rows."""
    fresh = pa.Table.from_batches(list(find_touched([purchases(rows)], watchlist, touch)), schema=FINDING_SCHEMA)
    return pa.concat_tables([old.filter(pc.invert(touch.rows(old))), fresh]).sort_by(ORDER).combine_chunks()


def _party(dice: random.Random, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "party_id": f"X{dice.randrange(5)}", "maker_id": dice.choice(["", "", "dahua"]), "name": dice.choice(rows)["supplier"], "names": [], "country": "",
        "identifiers": [], "topics": [], "source": "list",
    }  # fmt: skip


def _edit(tables: Tables, dice: random.Random, rows: list[dict[str, Any]]) -> str:
    """Change one thing in one table; says what."""
    table = dice.choice(["makers", "names", "lists", "listings", "links", "words", "codes", "brand_lines", "PARTY", "LISTING", "LINK"])
    there = tables.setdefault(table, [])
    if table in ("PARTY", "LISTING", "LINK") and (not there or dice.random() < 0.5):
        there.append(_NEW[table](dice, rows))
    elif there and dice.random() < 0.4:
        there.pop(dice.randrange(len(there)))
    elif there:
        n = dice.randrange(len(there))
        column, value = dice.choice(_CHANGES[table])(dice, rows)
        there[n] = {**there[n], column: value}
    return table


def _listing(dice: random.Random, rows: list[dict[str, Any]]) -> dict[str, Any]:
    who = dice.choice([("X1", ""), ("X2", ""), ("", "hikvision"), ("", "dahua")])
    return {"party_id": who[0], "maker_id": who[1], "list": "LIST-A", "ground": "abuse of people", "effective": "2020-01-01", "published": "", "designated": "", "ended": ""}


def _link(dice: random.Random, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "subject": dice.choice(rows)["supplier"], "object": dice.choice(["hikvision", "dahua|hikvision"]), "relation": dice.choice(["subsidiary", "reseller"]),
        "region": "", "valid_from": "", "valid_to": "", "confidence": "high", "publish": "", "citation": "the case", "note": "",
    }  # fmt: skip


_NEW: dict[str, Callable[[random.Random, list[dict[str, Any]]], dict[str, Any]]] = {"PARTY": _party, "LISTING": _listing, "LINK": _link}


def _set(column: str, *values: str) -> Any:
    return lambda dice, rows: (column, dice.choice(values))


def _supplier(column: str) -> Any:
    return lambda dice, rows: (column, dice.choice(rows)["supplier"])


_CHANGES: dict[str, list[Any]] = {
    "makers": [_set("name", "Another Name Ltd"), _set("equipment", "other", "surveillance", "unknown")],
    "names": [_supplier("name"), _set("alone", "yes", "never", "context"), _set("maker_id", "dahua", "uniview")],
    "lists": [_set("name", "Another list")],
    "listings": [_set("effective", "2025-01-01", ""), _set("ended", "2020-01-01"), _set("maker_id", "dahua", "uniview")],
    "links": [_set("relation", "subsidiary", "reseller", "OEM rebrand"), _set("publish", "yes", "no", "lead-only"), _set("valid_to", "2020-01-01", ""), _supplier("subject")],
    "words": [
        _set("pattern", r"\bpaper\b", r"\bcctv\b", "camera", r"\bservice[sn]?\b"), _set("equipment", "other", "surveillance", ""),
        _set("needs", "", "surveillance"), _set("maker_id", "dahua", "hikvision"), _set("word", "Something"),
    ],
    "codes": [_set("tier", "core", "near", "weak"), _set("label", "another label")],
    "brand_lines": [_set("publish", "no")],
    "PARTY": [_supplier("name"), _set("maker_id", "", "hikvision")],
    "LISTING": [_set("effective", "2025-01-01"), _set("party_id", "X1", "X3")],
    "LINK": [_supplier("subject"), _set("relation", "subsidiary", "affiliate", "partner")],
}  # fmt: skip


@pytest.mark.parametrize("seed", range(5))
def test_any_edits(seed: int, facts: dict[str, Rows]) -> None:
    dice, rows = random.Random(seed), _records(seed)
    tables: Tables = {name: [dict(row) for row in found] for name, found in facts.items()}
    for _ in range(6):  # so that the case's own lists hold something
        tables.setdefault("PARTY", []).append(_party(dice, rows))
    watchlist = build(tables)
    found = _table(find([purchases(rows)], watchlist))
    assert found.num_rows > 200
    for _ in range(3):
        edits = [_edit(tables, dice, rows) for _ in range(dice.choice([1, 1, 3]))]
        changed = build(tables)
        touch = between(watchlist, changed)
        assert isinstance(touch, Touch), touch
        again, whole = _again(found, rows, changed, touch), _table(find([purchases(rows)], changed))
        assert again.equals(whole), (seed, edits)
        watchlist, found = changed, whole


def test_no_change_touches_nothing(watchlist: Watchlist) -> None:
    touch = between(watchlist, watchlist)
    assert touch == Touch()
    assert not any(touch.rows(purchases(_records(1))).to_pylist())


def test_a_small_change_touches_few(watchlist: Watchlist, facts: dict[str, Rows]) -> None:
    party = _party(random.Random(1), [{"supplier": "Quite Another Company Ltd"}])
    rows = _records(2)
    touch = between(watchlist, build({**facts, "PARTY": [{**party, "maker_id": ""}]}))
    assert isinstance(touch, Touch)
    assert sum(touch.rows(purchases(rows)).to_pylist()) == 0
    assert sum(touch.rows(purchases([*rows, {"supplier": "QUITE ANOTHER COMPANY", "description": ""}])).to_pylist()) == 1


@pytest.mark.parametrize("table", ["surveillance_words", "confusables"])
def test_what_cannot_be_localised_is_said(table: str, watchlist: Watchlist, facts: dict[str, Rows]) -> None:
    assert isinstance(between(watchlist, build({**facts, table: facts[table][1:]})), str)


def test_rows_without_words(watchlist: Watchlist, facts: dict[str, Rows]) -> None:
    touch = between(watchlist, build({**facts, "names": facts["names"][20:], "codes": facts["codes"][1:]}))
    assert isinstance(touch, Touch)
    assert touch.rows(purchases([{"supplier": None, "description": None, "codes": None}])).to_pylist() == [False]
    assert touch.rows(purchases([])).to_pylist() == []
