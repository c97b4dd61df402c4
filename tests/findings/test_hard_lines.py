"""Lines of a ledger that are hard to read, invented: models with lost hyphens, misspellings, brands that are also surnames, streets and invoice numbers."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from asking import purchases, read

from custodes.findings.match import find
from custodes.findings.watchlist import Watchlist

LINES = read(Path(__file__).parent / "hard_lines.csv")
"""``makers``: whose product or name the line holds (' ; ' between them; empty: nobody's)."""

DAY = "2026-07-01"
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "lists"


def _named(rows: list[dict[str, Any]], watchlist: Watchlist) -> dict[int, set[str]]:
    """Row number -> makers that are named; in one batch, as in real life."""
    named: dict[int, set[str]] = {}
    for batch in find([purchases([{**row, "date": DAY} for row in rows])], watchlist):
        for found in batch.to_pylist():
            if found["kind"] != "maker_unknown":
                named.setdefault(int(found["record_key"][1:]), set()).add(found["maker_id"])
    return named


def test_hard_lines(watchlist: Watchlist) -> None:
    named = _named([{"supplier": line["supplier"], "description": line["text"]} for line in LINES], watchlist)
    wrong = [(line, sorted(named.get(n, ()))) for n, line in enumerate(LINES) if named.get(n, set()) != set(line["makers"].split(" ; ")) - {""}]
    assert not wrong


def test_lines_are_many_and_of_both_kinds() -> None:
    innocent = sum(not line["makers"] for line in LINES)
    assert len(LINES) >= 500
    assert 150 <= innocent <= len(LINES) - 150


PARENTS = {"hikvision": ("cetc",), "hisilicon": ("huawei",), "sensenets": ("netposa",)}
"""Names under which we also name the group that the company belongs to."""

PIECES = ["{} camera x 4", "4x {} dome CCTV", "supply and fit {} CCTV cameras", "CCTV - {}"]


def _table(name: str) -> list[dict[str, str]]:
    if not SHARED.is_dir():
        pytest.skip("the shared data folder is not beside this checkout")
    with (SHARED / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("piece", PIECES)
def test_product_words_of_the_lists(piece: str, watchlist: Watchlist) -> None:
    """A product line, software name or model beside a camera names its maker, or nobody, never another."""
    rows = _table("product_words")
    named = _named([{"supplier": "A Ltd", "description": piece.format(row["word"])} for row in rows], watchlist)
    assert not [(row["word"], named[n]) for n, row in enumerate(rows) if named.get(n, set()) - {row["maker_id"]}]
    plain = [n for n, row in enumerate(rows) if row["kind"] in ("product line", "software", "app", "codec name")]
    assert not [rows[n]["word"] for n in plain if not named.get(n) and " / " not in rows[n]["word"]]


def test_aliases_of_the_lists(watchlist: Watchlist) -> None:
    """Every alias names its own maker or nobody: as supplier, and in a text that speaks of cameras. Long names always name it."""
    rows = _table("maker_aliases")
    texts = _named([{"supplier": "A Ltd", "description": f"{row['alias']} CCTV camera"} for row in rows], watchlist)
    suppliers = _named([{"supplier": row["alias"], "description": "CCTV camera"} for row in rows], watchlist)
    for named in (texts, suppliers):
        assert not [(row["alias"], named[n]) for n, row in enumerate(rows) if named.get(n, set()) - {row["maker_id"], *PARENTS.get(row["maker_id"], ())}]
    sure = [n for n, row in enumerate(rows) if row["kind"] in ("legal", "official_list_name", "zh_legal") and len(row["alias"].split()) != 1]
    assert not [rows[n]["alias"] for n in sure if not suppliers.get(n)]


def test_confusables_of_the_lists(watchlist: Watchlist) -> None:
    rows = [row for row in _table("confusables") if not row["name"].startswith("Centre for Integrated Photonics")]  # listed itself, as an affiliate
    names = [name for row in rows for name in row["name"].split(" / ") if "..." not in name and "(f.k.a." not in name]
    named = _named([{"supplier": name, "description": "goods"} for name in names] + [{"supplier": "A Ltd", "description": f"{name} lunch"} for name in names], watchlist)
    assert not named
