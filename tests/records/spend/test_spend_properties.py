"""What must not change a row: how the file is cut, its encoding, its line ends, the order of its columns, a row inserted on top."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spend_support import HEADER, batches, read, rows

from custodes.records.csv_rows import Dialect, blocks
from custodes.records.decoding import survey, texts
from custodes.records.row_keys import Keys, normal
from custodes.records.tabular import read_table
from custodes.values import Origin, key_of, kind_of

EXAMPLES = sorted((Path(__file__).parent / "examples").glob("*.csv"))
CELL = st.text(st.sampled_from('ab,"\n;| é£'), max_size=6)
TABLE = st.lists(st.lists(CELL, min_size=2, max_size=4), min_size=1, max_size=12)


def values(found: list[dict[str, Any]], *without: str) -> list[dict[str, Any]]:
    return [{key: value for key, value in row.items() if key not in without} for row in found]


@pytest.mark.parametrize("size", [1, 2, 7, 64, 1000])
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_any_chunk_size_gives_the_same_rows(path: Path, size: int) -> None:
    data = path.read_bytes()
    origin = Origin(sha256="0" * 64, path="file.csv")
    cut = [row for batch in read_table(io.BytesIO(data), origin, size=size) for row in batch.to_pylist() if kind_of(batch) in ("PURCHASE", "REJECT")]
    whole = [row for batch in read_table(io.BytesIO(data), origin) for row in batch.to_pylist() if kind_of(batch) in ("PURCHASE", "REJECT")]
    by_place = lambda row: (row["origin_at"], "record_key" in row)  # noqa: E731
    assert sorted(cut, key=by_place) == sorted(whole, key=by_place)


@settings(max_examples=200, deadline=None)
@given(TABLE, st.integers(1, 40))
def test_rows_are_those_of_the_csv_module(table: list[list[str]], size: int) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(table)
    text = out.getvalue()
    stream = io.BytesIO(text.encode())
    found = [(row, line) for block in blocks(texts(stream, survey(stream), size), Dialect()) for row, line in zip(block.rows, block.lines, strict=True)]
    reader = csv.reader(io.StringIO(text))
    expected, line = [], 1
    for row in reader:
        expected.append((row or [""], line))
        line = reader.line_num + 1
    assert [(row or [""], line) for row, line in found] == expected


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from('a,"\n'), max_size=60), st.integers(1, 20))
def test_no_text_breaks_the_reading_of_rows(text: str, size: int) -> None:
    """Whatever quotes do, every line is in a row or refused, once, and cutting changes nothing."""
    stream = io.BytesIO(text.encode())
    found = [list(blocks(texts(stream, survey(stream), n), Dialect())) for n in (size, 1 << 20)]
    for parts in found:
        covered = [line for block in parts for line in [*block.lines, *(torn.line for torn in block.torn)]]
        assert len(set(covered)) == len(covered)
    flat = [[(line, row or [""]) for block in parts for line, row in zip(block.lines, block.rows, strict=True)] for parts in found]
    assert flat[0] == flat[1]


LINES = [
    b'Acme Caf\xe9 Ltd,01/02/2021,"1,200.00","two\nlines",T1',
    b"Acme Caf\xe9 Ltd,13/02/2021,5.00,plain,T2",
    b"Acme Caf\xe9 Ltd,13/02/2021,5.00,plain,T2",
    b"Other Ltd,14/02/2021,\xa37.50,plain,",
    b"Other Ltd,14/02/2021,7.5,plain,",
]


def test_encoding_and_line_ends_change_no_key_and_no_value() -> None:
    data = HEADER + b"\n".join(LINES) + b"\n"
    text = data.decode("cp1252")
    expected = read(data)
    assert len({row["record_key"] for row in expected}) == 5
    variants = {
        "utf-8": text.encode(), "mark": text.encode("utf-8-sig"), "utf-16": text.encode("utf-16"), "utf-16-be": ("\ufeff" + text).encode("utf-16-be"),
        "cp437": text.encode("cp437"), "crlf": data.replace(b"\n", b"\r\n"), "cr": data.replace(b"\n", b"\r"), "no last end": data[:-1],
        "semicolons": text.replace('"1,200.00"', "1200").replace(",", ";").encode(),
    }  # fmt: skip
    for name, variant in variants.items():
        assert read(variant) == expected, name


def test_a_row_on_top_keeps_every_other_key() -> None:
    before = read(HEADER + b"\n".join(LINES) + b"\n")
    after = read(HEADER + b"\n".join([b"New Ltd,12/02/2021,1.00,new,T9", *LINES]) + b"\n")
    assert values(after[1:], "origin_at") == values(before, "origin_at")
    again = read(HEADER + b"\n".join([LINES[1], *LINES]) + b"\n")
    assert {row["record_key"] for row in before} < {row["record_key"] for row in again}


@given(st.permutations(range(5)))
@settings(max_examples=20, deadline=None)
def test_the_order_of_columns_changes_no_key(order: list[int]) -> None:
    table = list(csv.reader(io.StringIO((HEADER + b"\n".join(LINES)).decode("cp1252"))))
    out = io.StringIO(newline="")
    csv.writer(out).writerows([[row[at] for at in order] for row in table])
    assert values(read(out.getvalue().encode())) == values(read((HEADER + b"\n".join(LINES)).decode("cp1252").encode()))


def test_keys_are_those_of_the_contract() -> None:
    row = read(HEADER + b"Acme  LTD,01/02/2021,5.00,A  Thing,T1\n", body="Exampleton Council")[0]
    assert row["record_key"] == key_of("tx", "exampleton council", "t1", "", "a thing", "5", "0")
    bare = read(b"Supplier,Amount,Date,Description\nAcme  LTD,5.10,01/02/2021,A  Thing\n")[0]
    assert bare["record_key"] == key_of("row", "", "acme ltd", "a thing", "5.1", "gbp", "2021-02-01", "0")
    keys = Keys()
    assert keys.of(["A\x1fB", "a\x1fb"]) == [key_of("a", "b", "0"), key_of("a", "b", "1")]
    assert keys.of(["A\x1f b"]) == [key_of("a", " b", "0")]


@given(st.text(max_size=40))
def test_normal_text_is_case_folded_with_single_blanks(text: str) -> None:
    text = "".join(c for c in text if c not in "\x1c\x1d\x1e\x1f")
    expected = " ".join(f"<{text}>".casefold().split())
    assert [found.decode("utf-8", "surrogatepass") for found in normal([f"<{text}>", "X\x1fY"])] == [expected, "x\x1fy"]


def test_a_separator_in_a_cell_moves_no_key() -> None:
    assert normal(["a\x1eb", "C"]) == [b"a b", b"c"]


def test_batches_do_not_depend_on_their_number() -> None:
    data = HEADER + b"".join(b"Acme Ltd,%02d/02/2021,%d.50,item %d,T%d\n" % (n % 28 + 1, n, n % 7, n) for n in range(40_000))
    found = batches(data)
    assert sum(batch.num_rows for batch in found if kind_of(batch) == "PURCHASE") == 40_000
    assert len([batch for batch in found if kind_of(batch) == "PURCHASE"]) > 1
    assert rows(found)[-1]["origin_at"] == "line 40001"
