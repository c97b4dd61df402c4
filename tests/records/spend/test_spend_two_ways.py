"""The quick way through Arrow columns and the slow way row by row give the same batches, whatever the file holds."""

from __future__ import annotations

import gzip
import io
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spend_support import HEADER, batches, rows

from custodes.errors import CustodesError
from custodes.records import columns, tabular
from custodes.records.amounts import canonical_all
from custodes.records.cells import Joined, clean_all
from custodes.records.column_cells import amounts, cleaned, coded, filled, joined, together
from custodes.records.columns import columns_of
from custodes.records.csv_rows import Dialect, blocks, even
from custodes.records.row_keys import ENDING, Keys
from custodes.records.tabular import read_table
from custodes.values import Entry, Origin

EXAMPLES = sorted((Path(__file__).parent / "examples").glob("*.csv"))
ENTRIES: tuple[dict[str, Any], ...] = ({}, {"body": "Exampleton Council"}, {"currency": "EUR"})
SPRINKLED = (
    b",", b'"', b'""', b',"', b'",', b" ", b"\r", b"\n", b"\x1e", b"\x1f", b"\xc2\xa0", b"\xe2\x82\xac", b"$", b"\xa3", b"&amp;", b"&", b"  ", b"\t",
    b"\xef\xbb\xbf", b"-", b"(", b"1e5", b"Mr J Smith", b"Total", b"\xc3\x9f", b"\xc4\xb0", b"\x9c",
)  # fmt: skip
Quick = Callable[..., columns.Columns | None]


def never(*_: Any) -> None:
    """The quick way never taken."""


@pytest.fixture(autouse=True)
def every_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    """The quick way for pieces of any length."""
    monkeypatch.setattr(columns, "LEAST", 1)


@pytest.fixture
def both(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., list[Any]]]:
    """Reads both ways, compares, and gives what the reading was; ``both.taken`` counts the pieces that went the quick way."""
    taken: list[int] = []

    def quick(*args: Any) -> columns.Columns | None:
        found = columns_of(*args)
        taken.append(found is not None)
        return found

    def read(data: bytes, way: Quick, size: int, entry: dict[str, Any]) -> list[Any]:
        monkeypatch.setattr(tabular, "columns_of", way)
        found: list[Any] = []
        try:
            for batch in read_table(io.BytesIO(data), Origin("0" * 64, "file.csv", Entry(**entry), "Folder Council"), size=size):
                batch.validate(full=True)
                found.append(batch)
        except CustodesError as error:
            found.append((type(error), error.what, error.where))
        return found

    def compare(data: bytes, size: int = 1 << 20, **entry: Any) -> list[Any]:
        slow, fast = read(data, never, size, entry), read(data, quick, size, entry)
        assert len(fast) == len(slow)
        for ours, theirs in zip(fast, slow, strict=True):
            same = ours.equals(theirs, check_metadata=True) if isinstance(ours, pa.RecordBatch) and isinstance(theirs, pa.RecordBatch) else ours == theirs
            assert same, (ours, theirs)
        return fast

    compare.taken = taken  # type: ignore[attr-defined]
    yield compare


def sprinkled(data: bytes, chance: random.Random) -> bytes:
    """The file with a few lines broken, doubled, cut, or sprinkled with signs that mean something."""
    lines = data.split(b"\n")
    for _ in range(chance.choice((1, 3, 10))):
        at, deed = chance.randrange(len(lines)), chance.randrange(10)
        place = chance.randrange(len(lines[at]) + 1)
        if deed < 7:
            lines[at] = lines[at][:place] + chance.choice(SPRINKLED) + lines[at][place:]
        elif deed == 7:
            lines.insert(at, lines[chance.randrange(len(lines))])
        else:
            lines[at : at + (deed == 8)] = [lines[at][:place] if deed == 8 else b""]
    return b"\n".join(lines)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_read_alike(path: Path, both: Any) -> None:
    for entry in ENTRIES:
        for size in (1 << 20, 3000, 100):
            both(path.read_bytes(), size, **entry)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_broken_examples_read_alike(path: Path, both: Any) -> None:
    chance = random.Random(path.stem)
    for _ in range(25):
        both(sprinkled(path.read_bytes(), chance), chance.choice((1 << 20, 3000)))


def test_the_quick_way_is_taken_on_most_examples(both: Any) -> None:
    for path in EXAMPLES:
        both(path.read_bytes())
    assert sum(both.taken) >= 0.8 * len(EXAMPLES)


def test_real_files_read_alike(shared: Path, both: Any) -> None:
    chance = random.Random(7)
    paths = sorted((shared / "awards" / "spend").glob("*/*.csv.gz"))
    assert len(paths) > 100
    for path in chance.sample(paths, 40):
        data = gzip.decompress(path.read_bytes())
        both(data)
        both(sprinkled(data[: chance.choice((2000, 20_000, 90_000))], chance), chance.choice((1 << 20, 5000)))
    assert sum(both.taken) > 40


LINES = (
    b"Acme Ltd,01/02/2021,5.00,plain,T%d", b'"Acme, Ltd",01/02/2021,"1,200.50","two\nlines",T%d', b"Acme Ltd,01/02/2021,5.00,short", b"Mr J Smith,01/02/2021,5.00,person,T%d",
    b"Acme Ltd,01/02/2021,5.00,long,T%d,x, ,y", b"", b",,,,", b"Acme Ltd,,5.00,no date,T%d", b"Acme Ltd,31/02/2021,5.00,bad date,T%d", b"Acme Ltd,01/02/2021,n/a,x,T%d",
    b"Caf\xc3\x89 &amp; Co,01/02/2021,\xc2\xa37.50,STRASSE stra\xc3\x9fe,T%d", b"Acme Ltd,May-13,-5.00,,", b"Total,,500.00,,", b",01/02/2021,1.00,nobody,T%d",
    b"Supplier,Payment Date,Net Amount,Description,Transaction No", b"Acme Ltd,01/02/2021,(5.00),a\x1eb,T%d", b'Acme Ltd,01/02/2021,1.00,5" pipe,T%d', b" , , , , ",
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(range(len(LINES))), st.integers(0, 3)), max_size=40), st.sampled_from((30, 300, 1 << 20)))
def test_any_mixture_of_lines_reads_alike(picked: list[tuple[int, int]], size: int) -> None:
    lines = [LINES[at] % n if b"%d" in LINES[at] else LINES[at] for at, n in picked]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "LEAST", 1)
        found = []
        for way in (never, columns_of):
            patch.setattr(tabular, "columns_of", way)
            stream = io.BytesIO(HEADER + b"\n".join([*lines, b""]))
            found.append([batch.to_pydict() for batch in read_table(stream, Origin("0" * 64, "file.csv"), size=size)])
    assert found[0] == found[1]


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from('ab,"\n é'), max_size=60), st.integers(2, 4))
def test_a_piece_is_parsed_as_csv_does_or_not_at_all(text: str, width: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "LEAST", 1)
        found = columns_of(text + "\n", Dialect(), width, 1)
    if found is None:
        return
    expected = [(row, line, block.torn) for block in blocks([text + "\n"], Dialect()) for row, line in zip(block.rows, block.lines, strict=True)]
    assert not any(torn for _, _, torn in expected)
    padded, beyond = even([row for row, _, _ in expected], width)
    assert [list(row) for row in zip(*(cells.to_pylist() for cells in found.cells), strict=True)] == [list(row) for row in padded]
    assert list(found.lines) == [line for _, line, _ in expected]
    assert found.beyond == beyond


def test_a_short_piece_is_left_to_the_slow_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "LEAST", 10)
    assert columns_of("a,b\n", Dialect(), 2, 1) is None
    assert columns_of("a,b\n" * 3, Dialect(), 2, 1) is not None


def test_what_arrow_would_read_otherwise_is_left_to_the_slow_way() -> None:
    assert columns_of("\ufeffa,b\nc,d\n", Dialect(), 2, 1) is None
    assert columns_of('a, "b"\n', Dialect(blank_before_quote=True), 2, 1) is None
    assert columns_of('a,"b\nc,d\n', Dialect(), 2, 1) is None
    assert columns_of('a,b\nc,"d\ne,f,g,h"\ni,j\n', Dialect(), 4, 1) is None


def test_blanks_are_the_same_for_arrow_and_for_python() -> None:
    signs = [chr(n) for n in range(1, sys.maxunicode + 1) if not 0xD800 <= n < 0xE000]
    assert pc.utf8_is_space(pa.array(signs)).to_pylist() == [sign.isspace() for sign in signs]
    assert pc.utf8_trim_whitespace(pa.array([f"{sign}x{sign}" for sign in signs])).to_pylist() == [f"{sign}x{sign}".strip() for sign in signs]


MONEY = st.one_of(
    st.text(st.sampled_from("0123456789.,-£() eE+CR$\xa0"), max_size=12),
    st.decimals(allow_nan=False, allow_infinity=False, places=2).map(lambda value: f"{value:,}"),
    st.sampled_from(["0", "-0", "-0.00", "0.0", "00", "1.", ".5", "1.00000", "-0.5", "£1,812.80", "1,23", "10", "100.10", "1 234.50", "٣", "5\n", "999999999999999.9999"]),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(MONEY, min_size=1, max_size=20))
def test_amounts_of_a_column_are_those_of_its_cells(cells: list[str]) -> None:
    assert amounts(pa.array(cells, pa.string())).to_pylist() == canonical_all(cells)


CELLS = st.text(st.sampled_from("aB &;# \xa0\x1camp"), max_size=8)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=12))
def test_cleaned_counted_and_joined_columns_are_those_of_their_cells(table: list[tuple[str, str, str]]) -> None:
    cells = [pa.array(column, pa.string()) for column in zip(*table, strict=True)]
    clean = [cleaned(column, entities=True) for column in cells]
    assert [column.to_pylist() for column in clean] == [clean_all(column.to_pylist()) for column in cells]
    assert [filled(column) for column in cells] == [sum(1 for row in table if row[at].strip()) for at in range(3)]
    described = Joined()
    rest = [described[row] for row in table]
    assert joined([], clean).to_pylist() == rest
    first = clean[0].to_pylist()
    after = [described[row[1:]] for row in table]
    assert joined(clean[:1], clean[1:]).to_pylist() == [f"{a} | {b}" if a and b else a or b for a, b in zip(first, after, strict=True)]


def test_columns_coded_together_keep_their_combinations() -> None:
    columns_ = [coded(pa.array(cells, pa.string())) for cells in (["a", "b", "a", "b"], ["x", "x", "y", "x"], ["1", "2", "3", "2"])]
    numbers, combined = together(columns_)
    found = [tuple(column.values[at] for column, at in zip(columns_, combined[number], strict=True)) for number in numbers.to_pylist()]
    assert found == [("a", "x", "1"), ("b", "x", "2"), ("a", "y", "3"), ("b", "x", "2")]


@given(st.lists(st.text(st.sampled_from("aA \nß\x1e\x1f\u2003é0"), max_size=6), min_size=1, max_size=12))
def test_keys_of_a_column_are_those_of_its_rows(parts: list[str]) -> None:
    column = pa.array([part + ENDING for part in ["", *parts]], pa.string()).slice(1)
    one, other = Keys(), Keys()
    for _ in range(2):
        assert one.of_column(column).to_pylist() == other.of(parts)


def test_pieces_take_turns_and_share_keys_and_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    data = HEADER + b"".join(b"Acme Ltd,%02d/02/2021,%d.50,item,\n" % (n % 28 + 1, n % 50) for n in range(3000))
    turns = iter(range(10_000))
    whole = rows(batches(data))
    monkeypatch.setattr(tabular, "columns_of", lambda *args: columns_of(*args) if next(turns) % 2 else None)
    mixed = [row for batch in read_table(io.BytesIO(data), Origin("0" * 64, "file.csv"), size=5000) if "record_key" in batch.schema.names for row in batch.to_pylist()]
    assert mixed == whole
    assert len({row["record_key"] for row in whole}) == 3000
