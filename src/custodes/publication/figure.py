"""One published number: what it counts, out of what, and the rows behind it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from custodes.publication import wording


@dataclass(frozen=True, slots=True)
class Figure:
    """One number. ``denominator`` is None only where a number is no part of a whole (a sum of money).

    ``of`` says what the denominator counts, or the currency of a sum; ``unit`` says what ``rows`` are: finding, body, file, maker, statement, company, site.
    ``grade`` is the weakest evidence grade among the rows; empty where rows carry none (makers, companies).
    """

    id: str
    title: str
    definition: str
    numerator: int | Decimal
    denominator: int | None
    of: str
    unit: str
    exclusions: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    grade: str = ""

    @property
    def text(self) -> str:
        """The number with its denominator, as a page prints it."""
        if self.denominator is None:
            return wording.money(self.numerator, self.of)
        return f"{wording.count(self.numerator)} of {wording.count(self.denominator)} {self.of}"
