"""Numbers in registers: one spelling, which register, what they decide; and that they find who bears them under another name."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from custodes.cli import main
from custodes.findings import screening
from custodes.findings.identifiers import compare, keys, numbers, together
from custodes.pipeline import bulk, tools

LEI, OTHER_LEI = "W38RGI023J3WT1HWRP32", "529900T8BM49AURSDO55"

READ: list[tuple[Any, str, dict[str, set[str]]]] = [
    ("lei:" + LEI.lower(), "", {"lei": {LEI}}),
    ([f"LEI:{LEI}", "REG:1234567"], "GB", {"lei": {LEI}, "company register GB": {"01234567"}}),
    ([{"scheme": "GB-COH", "id": "sc 12345"}], "", {"company register GB": {"SC012345"}}),
    ('[{"scheme": "company_number", "id": "1234567"}]', "uk", {"company register GB": {"01234567"}}),
    ("GB-COH-01234567 ; vat:GB 123 4567 89", "", {"company register GB": {"01234567"}, "vat number GB": {"123456789"}}),
    ({"SZSE": "002415"}, "", {"stock code SZSE": {"002415"}}),
    (["TICKER:002415 CH"], "", {"stock code SZSE": {"002415"}}),
    (["TICKER:688475.SS"], "CN", {"stock code SSE": {"688475"}}),
    ("stock_code:0020.HK", "", {"stock code HKEX": {"20"}}),
    ("REG:91330000733796106P", "CN", {"uscc": {"91330000733796106P"}}),
    (["REG:7727563778"], "RU", {"inn": {"7727563778"}}),
    (["OPENCORPORATES:https://opencorporates.com/companies/gb/01234567"], "", {"company register GB": {"01234567"}}),
    ("01234567", "GB", {"company register GB": {"01234567"}}),
    ("company number:01234567", "", {"company register": {"01234567"}}),
    ("N/A", "GB", {}), ("reg:00000000", "GB", {}), ("", "", {}), (None, "", {}), ("[not json", "", {}), ([1, None, {"id": None}], "", {}),
]  # fmt: skip


@pytest.mark.parametrize(("value", "country", "expected"), READ)
def test_a_number_is_read_in_every_form(value: Any, country: str, expected: dict[str, set[str]]) -> None:
    assert {register: set(each) for register, each in numbers(value, country).items()} == expected


def test_what_two_sides_say_about_each_other() -> None:
    def said(ours: Any, theirs: Any, *countries: str) -> tuple[str, tuple[str, ...]]:
        mine, yours = (*countries, "", "")[:2]
        found = compare(numbers(ours, mine), numbers(theirs, yours))
        assert found.kind == compare(numbers(theirs, yours), numbers(ours, mine)).kind
        return found.kind, found.words

    assert said(f"lei:{LEI}", f"LEI:{LEI}") == ("same", ("the same number in lei",))
    assert said(f"lei:{LEI}", f"lei:{OTHER_LEI}") == ("other", (f"another number in lei: {LEI} against {OTHER_LEI}",))
    assert said("reg:1234567", "reg:01234567", "GB", "GB")[0] == "same"
    assert said("reg:1234567", "reg:7654321", "GB", "GB")[0] == "other"
    assert said("reg:1234567", "reg:1234567", "DE", "FR") == ("", ())  # two registers
    assert said("reg:1234567", "reg:1234567", "DE")[0] == "likely"
    assert said(f"lei:{LEI} ; GB-COH-01111111", f"lei:{LEI} ; GB-COH-02222222")[0] == "conflict"
    assert said("isin:CNE100000PM8", "isin:CNE000001R84")[0] == ""  # one firm has several papers
    assert said(f"lei:{LEI}", "duns:123456789") == ("", ())
    assert said(f"lei:{LEI}", "lei:3701")[0] == ""  # that one is no LEI: it contradicts nothing


def test_numbers_in_any_order_and_any_number_of_cells() -> None:
    cells = [value for value, _, _ in READ if isinstance(value, str)]
    whole = together(numbers(cell, "GB") for cell in cells)
    random.Random(3).shuffle(cells)
    assert together(numbers(cell, "GB") for cell in cells) == whole
    assert keys(whole) == sorted(set(keys(whole)))


LISTED: list[dict[str, Any]] = [
    {"party_id": "A", "name": "Alpine Optics GmbH", "country": "AT", "identifiers": [f"LEI:{LEI}"]},
    {"party_id": "A", "name": "Alpenoptik", "country": "AT", "identifiers": [f"LEI:{LEI}"]},
    {"party_id": "B", "name": "Blue Harbour Cameras Ltd", "country": "GB", "identifiers": ["GB-COH:07654321"]},
    {"party_id": "C", "name": "Carmine Vision Ltd", "country": "GB", "identifiers": []},
]  # fmt: skip


def asked(rows: list[dict[str, Any]], size: int = 1000, **options: Any) -> dict[str, dict[str, Any]]:
    index = tools.name_index(LISTED)
    found = screening.screen(map(bulk.asked, bulk.from_rows(rows, size)), index, **options)
    return {row["id"]: row for batch in found for row in batch.to_pylist()}


ROWS = [
    {"id": "renamed", "name": "Zeta Holding", "lei": LEI}, {"id": "column", "name": "Quite Another Name", "company_number": "7654321", "country": "GB"},
    {"id": "no country", "name": "Blue Harbour Cameras", "company_number": "07654321"}, {"id": "no country, other name", "name": "Nobody", "company_number": "07654321"},
    {"id": "contradicts", "name": "Alpine Optics GmbH", "lei": OTHER_LEI}, {"id": "plain", "name": "Carmine Vision Limited"}, {"id": "none", "name": "Nobody at all"},
    {"id": "other register", "name": "Nobody", "company_number": "7654321", "country": "IE"},
]  # fmt: skip


def test_a_number_brings_up_its_bearer_under_any_name_and_another_one_contradicts() -> None:
    found = asked(ROWS)
    assert [(found[id]["party_id"], found[id]["band"]) for id in ("renamed", "column", "no country", "plain")] == [("A", "strong"), ("B", "strong"), ("B", "strong"), ("C", "strong")]
    assert found["renamed"]["reasons"] == ["the names alone do not show it", "the same number in lei"]
    assert (found["no country, other name"]["party_id"], found["no country, other name"]["band"]) == ("B", "possible")
    assert found["contradicts"]["band"] == "" and f"another number in lei: {OTHER_LEI} against {LEI}" in found["contradicts"]["reasons"]
    assert "none" not in found and "other register" not in found


def test_numbers_beside_a_name_change_nothing_for_names_without_and_no_split_matters() -> None:
    bare = [{"id": row["id"], "name": row["name"]} for row in ROWS]
    assert asked([{**row, "identifiers": ""} for row in bare]) == asked(bare)
    assert asked(ROWS)["plain"] == asked(bare)["plain"]
    assert asked(ROWS, 1) == asked(ROWS, 3) == asked(ROWS)


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_screen_reads_columns_of_numbers_on_both_sides(tmp_path: Path, suffix: str) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    (tmp_path / "parties.csv").write_text(f"party_id,name,country,lei,company_number\nA,Alpine Optics GmbH,AT,{LEI},\nB,Blue Harbour Cameras Ltd,GB,,7654321\n")
    names, rows = tmp_path / f"names{suffix}", [{"id": "1", "name": "Zeta", "lei": LEI, "company_number": None, "country": None}, {"id": "2", "name": "Eta", "lei": None, "company_number": "07654321", "country": "GB"}]
    if suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), names)
    elif suffix == ".jsonl":
        names.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        names.write_text("id,name,lei,company_number,country\n" + "".join(",".join(row[key] or "" for key in ("id", "name", "lei", "company_number", "country")) + "\n" for row in rows))
    done = CliRunner().invoke(main, ["screen", str(names), "-o", str(tmp_path / "out.jsonl"), "--against", str(tmp_path / "parties.csv"), "-q"])
    assert done.exit_code == 0, done.output
    found = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [(row["id"], row["party_id"], row["band"]) for row in found] == [("1", "A", "strong"), ("2", "B", "strong")]
