"""What a change of the watchlist can touch: a test of purchases that holds for every row whose findings may differ, and for few others.

A purchase's findings rest on the words of ours that its supplier and text hold, on the names that its supplier equals, on its codes, and on what is known
of the makers, links and lists behind those. Both watchlists are compared piece by piece; a piece that differs gives the test that finds the rows which
could have met it, in its old form or its new one. What cannot be put into such a test (words of surveillance, names that only look like a maker's) is
said so, and everything is searched again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from custodes.findings.compiled import Compiled, Word, compiled, plain_start, squeezed
from custodes.findings.match import find
from custodes.findings.names import normalise, org_name
from custodes.findings.resembling import holds_near
from custodes.findings.suppliers import without_places
from custodes.findings.text import RAW, either, loose
from custodes.findings.watchlist import Watchlist
from custodes.values import kind_of


@dataclass(frozen=True, slots=True)
class Touch:
    """Tests of a purchase, any of which makes it one to look at again. Patterns are for RE2 on raw text; '' matches nothing.

    ``words``: in supplier or description; ``keys``: normalised names of suppliers; ``forms`` and ``short_forms``: in the supplier, squeezed to letters and
    plain; ``codes``: in the codes; ``near``: forms of words that a supplier nearly bearing a name of ours holds.
    """

    words: str = ""
    keys: frozenset[str] = frozenset()
    forms: str = ""
    short_forms: str = ""
    codes: str = ""
    near: frozenset[str] = frozenset()

    def rows(self, batch: pa.RecordBatch | pa.Table) -> pa.Array:
        """Which rows (of purchases, or of findings on purchases) are touched."""
        supplier, text = _filled(batch, "supplier"), _filled(batch, "description")
        touched = pc.or_(_distinct(text, lambda column: _holds(column, self.words)), _distinct(supplier, self._supplier))
        return pc.or_(touched, _holds(pc.fill_null(pc.binary_join(_column(batch, "codes"), " "), ""), self.codes))

    def _supplier(self, names: pa.Array) -> pa.Array:
        squeezed_names = pc.replace_substring_regex(pc.ascii_lower(names), "[^a-z0-9]+", "")
        found = pc.or_(pc.or_(_holds(names, self.words), _holds(squeezed_names, self.forms)), _holds(names, self.short_forms))
        if not self.keys and not self.near:
            return found
        return pc.or_(found, pa.array([bool(name) and self._named(name) for name in names.to_pylist()], pa.bool_()))

    def _named(self, supplier: str) -> bool:
        return holds_near(supplier, self.near) or normalise(supplier) in self.keys or "".join(without_places(org_name(supplier).core)) in self.keys


def find_touched(batches: Iterable[pa.RecordBatch], watchlist: Watchlist, touch: Touch) -> Iterator[pa.RecordBatch]:
    """Findings of the purchases that a change touched, and of every row of another kind: those are few."""
    return find((batch.filter(touch.rows(batch)) if kind_of(batch) == "PURCHASE" else batch for batch in batches), watchlist)


def between(before: Watchlist, after: Watchlist) -> Touch | str:
    """What the change from one watchlist to another can touch; or, in words, why that cannot be told apart."""
    old, new = compiled(before), compiled(after)
    if before.rows("surveillance_words") != after.rows("surveillance_words"):
        return "words of surveillance changed"
    if before.rows("confusables") != after.rows("confusables"):
        return "names that only look like a maker's changed"
    makers = _makers(before, after, old, new)
    links = _differ(old.links, new.links)
    words = {*_changed_words(old, new), *(word for word in (*old.words, *new.words) if word.maker_id in makers or (word.brand and normalise(word.brand) in links))}
    keys = _differ(old.names, new.names) | links | _differ(old.brand_equipment, new.brand_equipment) | _keys_of(makers, old) | _keys_of(makers, new)
    forms = set(squeezed(old.names)) ^ set(squeezed(new.names))
    short = {form for form in forms if len(form) <= 5}
    return Touch(
        words=either([RAW, *(loose(plain_start(word.pattern.pattern)) for word in words)]) if words else "",
        keys=frozenset(keys),
        forms=either(sorted(forms - short)) if forms - short else "",
        short_forms=either([rf"(?:^|[^a-z0-9]){form}(?:$|[^a-z0-9])" for form in short]) if short else "",
        codes=either([re.escape(code) for code in _differ(old.codes, new.codes)]) if old.codes != new.codes else "",
        near=_near(old, new, bool(makers or links)),
    )  # fmt: skip


def _near(old: Compiled, new: Compiled, known_otherwise: bool) -> frozenset[str]:
    """Forms of words that a supplier holds whose likeness may have changed, or what is known of whom it resembles."""
    return old.resembling.near | new.resembling.near if known_otherwise or old.resembling != new.resembling else frozenset()


def _makers(before: Watchlist, after: Watchlist, old: Compiled, new: Compiled) -> set[str]:
    """Makers and parties of whom something is known otherwise than before: their row, a listing of theirs, or a list on which they stand."""
    lists = _differ(old.lists, new.lists)
    listed = [pair for known in (old, new) for pair in (*known.listings.items(), *((who, rows) for (who, _), rows in known.units.items()))]
    standing = {who for who, rows in listed if any(row["list"] in lists for row in rows)}
    units = {who for who, name in old.units.keys() | new.units.keys() if old.units.get((who, name)) != new.units.get((who, name))}
    return _differ(old.makers, new.makers) | _differ(old.listings, new.listings) | standing | units


def _keys_of(makers: set[str], known: Compiled) -> set[str]:
    return {key for key, names in known.names.items() if any(name.maker_id in makers or name.party_id in makers for name in names if name.maker_id or name.party_id)}


def _changed_words(old: Compiled, new: Compiled) -> set[Word]:
    """Words that only one side has, or has more often."""
    left, right = Counter(old.words), Counter(new.words)
    return set(left - right) | set(right - left)


def _differ(old: Mapping[str, Any], new: Mapping[str, Any]) -> set[str]:
    return {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}


def _column(batch: pa.RecordBatch | pa.Table, name: str) -> pa.Array:
    column = batch.column(name)
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _filled(batch: pa.RecordBatch | pa.Table, name: str) -> pa.Array:
    return pc.fill_null(_column(batch, name), "")


def _holds(column: pa.Array, pattern: str) -> pa.Array:
    if not pattern:
        return pa.repeat(pa.scalar(False), len(column))
    return pc.match_substring_regex(column, pattern, ignore_case=True)


def _distinct(column: pa.Array, test: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """A test of a column, made once for each distinct value."""
    encoded = pc.dictionary_encode(column)
    return test(encoded.dictionary).take(encoded.indices)
