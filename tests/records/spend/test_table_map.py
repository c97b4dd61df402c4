"""Any table under a map, and the guessed map."""

from __future__ import annotations

import tomllib

import pytest
from spend_support import batches, rows
from test_spend_workbook import saved

from custodes.errors import InputError
from custodes.records import table_map

TABLE = b"Who,When,How much,What,Where\nAcme Ltd,13/02/2021,\"1,200.00\",cameras,Hall\nOther Ltd,14/02/2021,5,lamps,\n"
MAP = {"supplier": "Who", "amount": "how  MUCH", "date": "When", "description": ["What", "Where"]}


def shown(data: bytes, path: str = "t.csv", **columns: object) -> list[tuple[str, str, str, str]]:
    found = rows(batches(data, table_map, path, columns=columns))
    return [(r["supplier"], str(r["amount"]), r["date"], r["description"]) for r in found]


EXPECTED = [("Acme Ltd", "1200.0000", "2021-02-13", "cameras | Hall"), ("Other Ltd", "5.0000", "2021-02-14", "lamps")]


def test_text_tables() -> None:
    assert shown(TABLE, **MAP) == EXPECTED
    assert shown(TABLE, **(MAP | {"description": "What + Where"})) == EXPECTED
    assert shown(TABLE.replace(b'"1,200.00"', b"1200").replace(b",", b"\t"), "t.tsv", **MAP) == EXPECTED
    assert shown(b"A title\n\n" + TABLE, **MAP) == EXPECTED


def test_a_table_without_header() -> None:
    numbered = {"supplier": "column 1", "date": "column 2", "amount": "column 3", "description": ["column 4", "column 5"]}
    assert shown(TABLE.split(b"\n", 1)[1], **numbered) == EXPECTED


def test_workbooks_and_json_lines() -> None:
    book = saved(S=[["Who", "When", "How much", "What", "Where"], ["Acme Ltd", "13/02/2021", 1200, "cameras", "Hall"], ["Other Ltd", "14/02/2021", 5, "lamps"]])
    assert shown(book, "t.xlsx", **MAP) == EXPECTED
    with_notes = saved(Notes=[["read", "this", "first"]], S=[["Who", "When", "How much"], ["Acme Ltd", "13/02/2021", 1200]])
    assert shown(with_notes, "t.xlsx", supplier="Who", amount="How much") == [("Acme Ltd", "1200.0000", "", "")]
    with pytest.raises(InputError, match="'first'"):
        shown(saved(Notes=[["read", "this", "first"]]), "t.xlsx", supplier="Who", amount="How much")
    lines = b'{"Who": "Acme Ltd", "When": "2021-02-13", "How much": 1200.0, "What": "cameras", "Where": "Hall"}\n\n{"Who": "Other Ltd", "When": "14/02/2021", "How much": "5", "What": "lamps"}\n[1]\n'
    assert shown(lines, "t.jsonl", **MAP) == EXPECTED
    assert [r["origin_at"] for r in rows(batches(lines, table_map, "t.jsonl", columns=MAP), "REJECT")] == ["line 4"]
    assert [r["origin_at"] for r in rows(batches(lines, table_map, "t.jsonl", columns=MAP))] == ["line 1", "line 3"]


def test_what_the_map_does_not_name_is_ignored_by_name() -> None:
    found = batches(TABLE, table_map, columns={"supplier": "Who", "amount": "How much"})
    assert [(r["column"], r["use"]) for r in rows(found, "COLUMN")][1] == ("When", "ignored: not in the map")


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"supplier": "Whom", "amount": "How much"}, "'Whom' for supplier"),
        ({"supplier": "Who"}, "which column is the amount"),
        ({"supplier": "Who", "amount": "How much", "colour": "What"}, "'colour'"),
    ],
)
def test_a_wrong_map_is_a_clear_error(columns: dict[str, str], words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        batches(TABLE, table_map, columns=columns)
    assert ("'How much'" in caught.value.advice) or "fields: supplier" in caught.value.advice


def test_it_claims_nothing_by_itself() -> None:
    assert not table_map.sniff(TABLE, "t.csv")


def test_the_guess_is_a_map_that_reads() -> None:
    found = table_map.guess(TABLE, "t.csv")
    assert found is not None and not found.missing and found.headers == ("Who", "When", "How much", "What", "Where")
    entry = tomllib.loads(found.entry("inbox/t.csv"))["records"][0]
    assert entry["path"] == "inbox/t.csv"
    assert [row[:3] for row in shown(TABLE, **entry["columns"])] == [row[:3] for row in EXPECTED]
    assert found.rows[0]["supplier"] == "Acme Ltd" and len(found.rows) == 2


def test_the_guess_says_what_is_missing() -> None:
    found = table_map.guess(b"Item,Colour,Supplier\nlamp,red,Acme Ltd\ncamera,blue,Acme Ltd\n", "t.csv")
    assert found is not None and found.missing == ("amount",)
    assert tomllib.loads(found.entry("t.csv"))["records"][0]["columns"]["amount"] == "..."
    assert "amount (how much)" in table_map.advice(b"Item,Colour,Supplier\nlamp,red,Acme Ltd\n", "t.csv", "t.csv")


def test_the_guess_gives_up_politely() -> None:
    for data in (b"", b"\0\1\2", b"PK\x03\x04zzz", b"just a line of text\n", b"\xff\xfe\x00"):
        assert table_map.guess(data, "t.csv") is None
        assert table_map.advice(data, "t.csv", "t.csv")
