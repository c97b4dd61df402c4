"""Files that are one list: which of several files belong to which (OFAC's list, its other names and its addresses), as the readers say by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import TypeVar

from custodes.records.registry import READERS
from custodes.sources.unpack import plain_name

T = TypeVar("T")


def wanted(name: str) -> tuple[str, ...]:
    """Names of the files that belong to the one called ``name`` (a packing's ending left off), in the order the reader wants them."""
    return next((names for reader in READERS if (names := reader.companions(plain_name(name)))), ())


def together(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Every file that stands for itself -> the files of ``names`` that belong to it. Names are compared without regard to case and packing.

    >>> together(["a/sdn.csv.gz", "a/ALT.CSV", "b/add.csv", "other.csv"])
    {'a/sdn.csv.gz': ('a/ALT.CSV',), 'b/add.csv': (), 'other.csv': ()}
    """
    given = list(names)
    by_plain = {_plain(name): name for name in given}
    belongs = {name: tuple(by_plain[_plain(part)] for part in wanted(name) if _plain(part) in by_plain) for name in given}
    taken = {part for parts in belongs.values() for part in parts}
    return {name: parts for name, parts in belongs.items() if name not in taken}


def _plain(name: str) -> str:
    path = PurePosixPath(plain_name(name))
    return str(path.with_name(path.name.lower())) if path.name else name


def grouped(items: Mapping[str, T]) -> list[tuple[T, tuple[T, ...]]]:
    """(item, items that belong to it) for named items, in their order."""
    return [(items[name], tuple(items[part] for part in parts)) for name, parts in together(items).items()]
