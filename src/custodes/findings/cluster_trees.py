"""Disjoint sets of entries, some of which must never come together; and which entries any chain of joins connects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

JOINS, APART = "join", "apart"
"""Verdicts on a pair, and rulings of a person."""


def chains(pairs: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Entry -> key of its group: entries that any chain of joins connects are one group; the key is the least id."""
    trees = Trees()
    for pair in pairs:
        if pair["verdict"] == JOINS:
            trees.join(pair["left"], pair["right"])
    return {entry: trees.root(entry) for entry in sorted(trees.above)}


class Trees:
    """Disjoint sets of entries; two entries that are to stay apart never come into one."""

    def __init__(self, apart: Iterable[tuple[str, str]] = ()) -> None:
        self.above: dict[str, str] = {}
        self.members: dict[str, set[str]] = {}
        self.apart: dict[str, set[str]] = {}
        for left, right in apart:
            self.apart.setdefault(left, set()).add(right)
            self.apart.setdefault(right, set()).add(left)

    def root(self, entry: str) -> str:
        """The least id of the set of an entry."""
        self.above.setdefault(entry, entry)
        while self.above[entry] != entry:
            self.above[entry] = self.above[self.above[entry]]
            entry = self.above[entry]
        return entry

    def join(self, left: str, right: str) -> bool:
        """Make one set of two; False when they are one already or must not be."""
        low, high = sorted((self.root(left), self.root(right)))
        if low == high:
            return False
        mine, theirs = self.members.setdefault(low, {low}), self.members.setdefault(high, {high})
        few, many = sorted((mine, theirs), key=len)
        if any(self.apart.get(entry, frozenset()) & many for entry in few):
            return False
        self.above[high] = low
        self.members[low] = mine | theirs if len(mine) < 64 else mine.union(theirs)
        del self.members[high]
        return True
