"""Is an entry that is gone from a list the same as one that is new on it? Lists without ids rename, respell and move their entries.

A pair must be the only candidate on both sides. In this order: the same number in a public register; the same name (marks and case apart) in the same country;
the old name among the new entry's names or the new name among the old one's, in the same country. Anything else is a delisting and a designation.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

Row = Mapping[str, Any]
Pairs = dict[str, str]
"""Id of the new entry -> id of the old one."""

_OWN = ("OFAC:", "UNSC:", "UN-DATAID:", "UKSL:", "OFSI:", "EUFSF:")
"""Schemes of the lists themselves: they say nothing once the list has changed the id."""


@lru_cache(maxsize=65_536)
def folded(name: str) -> str:
    """A name without marks, blanks and case."""
    return "".join(re.findall(r"[^\W_]", name.casefold()))


def pairs(gone: Mapping[str, Row], new: Mapping[str, Row]) -> Pairs:
    """Which new entries continue which gone ones. Both: id -> row with ``name``, ``names``, ``country`` and ``identifiers``."""
    found: Pairs = {}
    for keys_of_old, keys_of_new in _WAYS:
        old = {key: row for key, row in gone.items() if key not in found.values()}
        fresh = {key: row for key, row in new.items() if key not in found}
        found |= _only(_by(old, keys_of_old), _by(fresh, keys_of_new))
    return found


def _numbers(row: Row) -> Iterable[str]:
    return [number for number in row["identifiers"] if not number.startswith(_OWN)]


def _name(row: Row) -> Iterable[str]:
    return [f"{folded(row['name'])} {row['country']}"]


def _all_names(row: Row) -> Iterable[str]:
    return {f"{folded(name)} {row['country']}" for name in (row["name"], *row["names"]) if len(folded(name)) > 4}


def keys(row: Row) -> set[str]:
    """All by which an entry is known again: its names with its country, and its numbers in public registers."""
    return {*_all_names(row), *_name(row), *_numbers(row)}


_WAYS: tuple[tuple[Callable[[Row], Iterable[str]], Callable[[Row], Iterable[str]]], ...] = (
    (_numbers, _numbers), (_name, _name), (_name, _all_names), (_all_names, _name),
)  # fmt: skip


def _by(rows: Mapping[str, Row], keys: Callable[[Row], Iterable[str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for entry, row in rows.items():
        for key in keys(row):
            found[key].add(entry)
    return found


def _only(old: Mapping[str, set[str]], new: Mapping[str, set[str]]) -> Pairs:
    """Pairs that share a key and are each other's only candidate over all keys."""
    there: dict[str, set[str]] = defaultdict(set)
    back: dict[str, set[str]] = defaultdict(set)
    for key in old.keys() & new.keys():
        for entry in new[key]:
            there[entry] |= old[key]
        for entry in old[key]:
            back[entry] |= new[key]
    return {entry: next(iter(olds)) for entry, olds in sorted(there.items()) if len(olds) == 1 and len(back[next(iter(olds))]) == 1}
