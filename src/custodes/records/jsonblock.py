"""Decoded pieces of a JSON stream, and what decodes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

SAMPLE = 64
"""Elements at the beginning that are handed on as bytes, so that the reader can account for their names; of later blocks it is one."""


class Decode(Protocol[T_co]):
    """How elements become values. Each raises ValueError (or RecursionError) when the bytes are not JSON or not the expected shape."""

    def lines(self, text: bytes) -> Sequence[T_co]:
        """Values of newline-separated JSON; blank lines give none."""

    def array(self, text: bytes) -> Sequence[T_co]:
        """Values of a JSON array, brackets included."""

    def one(self, text: bytes) -> T_co:
        """One value, with patience: the place for broken types, control characters and wrong encodings."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An element that could not be decoded, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Block(Generic[T]):
    """Decoded elements in the order of the file. ``prefix`` is ``line`` or a JSON pointer; the n-th value stands at ``first + n``.

    A value is None for a blank line. ``sample`` holds some elements as bytes. ``single`` says that the value is a whole document.
    """

    prefix: str
    first: int
    values: Sequence[T | Refusal | None]
    sample: list[bytes] = field(default_factory=list)
    single: bool = False

    def place(self, n: int) -> str:
        """Where the n-th value stands: ``line 17``, ``/releases/17``, or empty for a whole document."""
        if self.prefix.endswith("line"):
            return f"{self.prefix} {self.first + n}"
        return self.prefix if self.single else f"{self.prefix}/{self.first + n}"


def one(text: bytes, decode: Decode[T]) -> T | Refusal | None:
    """One element, or why it cannot be read."""
    try:
        return decode.one(text)
    except RecursionError:
        return Refusal("nested too deep")
    except ValueError as error:
        return Refusal(f"not readable JSON: {str(error)[:160]}")
