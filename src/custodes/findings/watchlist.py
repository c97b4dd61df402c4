"""The watchlist: our fact tables and the case's own lists, frozen into one value with a version."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from custodes.findings.weights import CAPS, CONFIDENCE_CAPS, RELATION_CAPS, SHARED_CAP, VERSIONS, WEIGHTS

TABLES = (
    "makers", "names", "lists", "listings", "links", "words", "brand_lines", "surveillance_words", "confusables", "codes",
    "PARTY", "LISTING", "LINK",
)  # fmt: skip
"""Tables that count. The last three are rows of the case's own lists, in the columns of their record kinds."""

_UNSEEN = frozenset({"record_key", "origin_sha256", "origin_file", "origin_at"})


@dataclass(frozen=True, slots=True)
class Watchlist:
    """What is looked for. ``version`` covers every row of every table and every rule with its weight; equal versions give equal findings."""

    version: str
    content: str = field(repr=False, compare=False)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The rows of one table, in a fixed order; [] for a table that was not given."""
        found: list[dict[str, Any]] = json.loads(self.content).get(table, [])
        return found


def build(tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> Watchlist:
    """Freeze tables into a watchlist. Rows are put in a fixed order, so the order in which they come does not matter."""
    kept = {name: _frozen(tables.get(name, ())) for name in TABLES}
    content = json.dumps(kept, ensure_ascii=False, sort_keys=True)
    rules = json.dumps([VERSIONS, WEIGHTS, CAPS, RELATION_CAPS, CONFIDENCE_CAPS, SHARED_CAP], sort_keys=True)
    digest = hashlib.sha256(f"{rules}\n{content}".encode("utf-8", "surrogatepass"))
    return Watchlist(digest.hexdigest()[:20], content)


def _frozen(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    plain = [{key: value for key, value in row.items() if key not in _UNSEEN} for row in rows]
    return sorted(plain, key=lambda row: json.dumps(row, ensure_ascii=False, sort_keys=True))
