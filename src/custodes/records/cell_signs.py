"""What the cells of a column show by themselves: dates, money, names of organisations, words, numbers."""

from __future__ import annotations

import re
from collections.abc import Callable

from custodes.records.amounts import canonical
from custodes.records.dates import EMPTY, iso_of
from custodes.records.persons import has_organisation_word

LETTERS = re.compile(r"[^\W\d_]{2,}")
_WORD = re.compile(r"\b[^\W\d_]{4,}\b")
_NUMBER_LIKE = re.compile(r"(?=.*\d)[\w/.\\-]{3,}(?: [\w/.\\-]+)?$")


def by_cells(samples: list[list[str]]) -> dict[str, int]:
    """Date, amount and supplier columns by their cells alone, as far as they show."""
    rows = max(map(len, samples), default=0)
    full = [at for at, cells in enumerate(samples) if rows and len(cells) >= 0.9 * rows]
    dates = [at for at in full if share(samples[at], lambda c: bool(iso_of(c)) and not c.isdigit() and canonical(c) is None) >= 0.9]
    amounts = [at for at in full if at not in dates and share(samples[at], lambda c: canonical(c) is not None) >= 0.95]
    texts = [at for at in full if at not in (*dates, *amounts) and wordy(samples[at])]
    money = max(amounts, key=lambda at: (is_money(samples[at]), at), default=-1)
    supplier = max(texts, key=lambda at: (share(samples[at], has_organisation_word) + legal(samples[at]), -at), default=-1)
    found = {"date": dates[0] if dates else -1, "amount": money, "supplier": supplier}
    return {name: at for name, at in found.items() if at >= 0}


def wordy(cells: list[str]) -> bool:
    """Do most cells hold words, not codes?"""
    return bool(cells) and sum(1 for cell in cells if _WORD.search(cell) and "://" not in cell) * 2 >= len(cells)


def useless(cells: list[str]) -> bool:
    """Are there cells, and no words in any?"""
    return bool(cells) and not any(LETTERS.search(cell) for cell in cells)


def share(cells: list[str], test: Callable[[str], bool]) -> float:
    """Share of the cells that pass a test; 0 without cells."""
    return sum(1 for cell in cells if test(cell)) / len(cells) if cells else 0.0


def legal(cells: list[str]) -> float:
    """Share of cells that end as names of companies and public bodies do."""
    return share(cells, lambda cell: bool(re.search(r"\b(ltd|limited|plc|llp|council|inc|trust|group|services|company|uk|association)\b", cell, re.IGNORECASE)))


def is_money(cells: list[str]) -> bool:
    """Are nearly all cells amounts, many of them with pence?"""
    numbers = share(cells, lambda cell: canonical(cell) is not None)
    return numbers >= 0.95 and share(cells, lambda cell: bool(re.search(r"\.\d\d?\D*$", cell))) >= 0.3


def is_number(cells: list[str]) -> bool:
    """Are these running numbers or references: with digits, without words, mostly different?"""
    return share(cells, lambda cell: bool(_NUMBER_LIKE.match(cell)) and cell.lower() not in EMPTY) >= 0.9 and len(set(cells)) > 0.2 * len(cells)
