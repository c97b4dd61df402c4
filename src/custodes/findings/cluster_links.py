"""Ties between organisations that lists and our own tables betray: parents, subsidiaries and brands among names and aliases. A tie never joins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import pyarrow as pa

from custodes.findings.cluster_pairs import Pair
from custodes.findings.cluster_parties import Entry, Facts

LINKS = pa.schema([(name, pa.string()) for name in ("subject", "subject_name", "relation", "object", "object_name", "through", "citation")])
"""``subject`` and ``object``: ids of clusters, or ``maker:ID``. ``through``: the name that betrays the tie, and whether it is the entry's own or an alias."""


def links(found: Iterable[Entry], judged: Iterable[Pair], cluster: Mapping[str, str], facts: Facts) -> list[dict[str, str]]:
    """All ties, sorted, each once; none inside one cluster."""
    entry = {each.id: each for each in found}
    rows: dict[tuple[str, ...], tuple[str, ...]] = {}
    for row in (*_of_tables(entry.values(), cluster, facts), *_of_pairs(judged, entry, cluster), *_of_makers(entry.values(), cluster)):
        rows.setdefault((row[0], row[2], row[3], row[6]), row)
    return [dict(zip(LINKS.names, row, strict=True)) for row in sorted(rows.values())]


def _of_tables(found: Iterable[Entry], cluster: Mapping[str, str], facts: Facts) -> Iterator[tuple[str, ...]]:
    """An entry that bears, as its own name or an alias, the name of a firm or brand which our links tie to a maker."""
    for each in found:
        if each.ours:
            continue
        for name in each.names:
            for relation, maker, citation in facts.links.get(name.name.key, ()):
                target = f"maker:{maker}"
                if cluster.get(target, target) != cluster[each.id]:
                    yield cluster[each.id], each.name, relation, cluster.get(target, target), maker, _through(name.name.text, name.main), citation


def _of_pairs(judged: Iterable[Pair], entry: Mapping[str, Entry], cluster: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    for pair in judged:
        if pair.verdict == "tied" and cluster[pair.left] != cluster[pair.right]:
            yield cluster[pair.left], entry[pair.left].name, pair.relation, cluster[pair.right], entry[pair.right].name, pair.reason, ""


def _of_makers(found: Iterable[Entry], cluster: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    """An entry whose own name our table of names ascribes to a maker, but which is another legal unit than the maker itself."""
    for each in found:
        for maker in sorted(each.makers):
            target = f"maker:{maker}"
            if not each.ours and target in cluster and cluster[target] != cluster[each.id]:
                yield cluster[each.id], each.name, "unit of the same group", cluster[target], maker, _through(each.name, True), "custodes:data/names.csv"


def _through(name: str, own: bool) -> str:
    return f"{name} ({'own name' if own else 'alias'})"
