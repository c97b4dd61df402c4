"""Broken and hostile text: a clear error with its line, or the row refused and the rest read."""

from __future__ import annotations

import time

import pytest
from spend_support import HEADER, batches, rows

from custodes.errors import BrokenInputError, LimitError

ROW = b"Acme Ltd,01/02/2021,1.00,x,T%d\n"
MANY = b"".join(ROW % n for n in range(300))


def test_a_nul_byte_is_an_error_with_its_line() -> None:
    with pytest.raises(BrokenInputError, match="NUL byte in line 302") as caught:
        batches(HEADER + MANY + b"a\0b\n")
    assert caught.value.where.endswith("line 302") and caught.value.advice


def test_a_nul_byte_after_many_cr_lines() -> None:
    with pytest.raises(BrokenInputError, match="line 302"):
        batches((HEADER + MANY).replace(b"\n", b"\r") + b"a\0b\r")


def test_an_endless_line_is_refused_quickly() -> None:
    begun = time.perf_counter()
    with pytest.raises(LimitError, match="line 2 is longer"):
        batches(HEADER + b"x" * 30_000_000)
    assert time.perf_counter() - begun < 5


@pytest.mark.parametrize("position", [0, 100, 299])
def test_an_open_quote_costs_its_own_line_only(position: int) -> None:
    lines = [ROW % n for n in range(300)]
    lines[position] = b'Acme Ltd,01/02/2021,1.00,"12 inch,T\n'
    found = batches(HEADER + b"".join(lines))
    assert len(rows(found)) == 299
    assert [row["origin_at"] for row in rows(found, "REJECT")] == [f"line {position + 2}"]


def test_an_open_quote_met_by_another_swallows_nothing() -> None:
    found = batches(HEADER + b'Acme Ltd,01/02/2021,1.00,"12 inch,T0\n' + MANY[:5000] + b'Acme Ltd,01/02/2021,1.00,"6 inch, round",T1\n' + MANY)
    assert len(rows(found, "REJECT")) <= 2
    assert len(rows(found)) == MANY[:5000].count(b"\n") + 1 + 300 - 1 + (0 if len(rows(found, "REJECT")) == 2 else 1)


def test_quotes_open_everywhere_is_an_error() -> None:
    with pytest.raises(BrokenInputError, match="open a quotation mark"):
        batches(HEADER + b'Acme Ltd,01/02/2021,1.00,"12 inch,T\n' * 5000)


def test_no_spending_table_shows_its_headers() -> None:
    with pytest.raises(BrokenInputError, match="'Colour'") as caught:
        batches(b"Colour,Shape,Size\nred,round,1\n")
    assert "columns = {supplier" in caught.value.advice


def test_inches_inside_cells_are_no_quotes() -> None:
    found = batches(HEADER + b'Acme Ltd,01/02/2021,1.00,5" pipe and 6" pipe,T1\nAcme Ltd,01/02/2021,1.00,"a ""quoted"" word",T2\n')
    assert [row["description"] for row in rows(found)] == ['5" pipe and 6" pipe', 'a "quoted" word']


def test_a_blank_before_the_quote() -> None:
    found = batches(b'Supplier, Date, Amount, Description\nAcme Ltd, "01/02/2021", "1,000.00", "one, two"\n')
    assert [(str(row["amount"]), row["description"]) for row in rows(found)] == [("1000.0000", "one, two")]
