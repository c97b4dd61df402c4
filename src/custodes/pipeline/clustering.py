"""One party across lists: the entries of any lists as clusters, each join with its reason, and the links that names betray."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from custodes import case
from custodes.errors import UsageError
from custodes.findings import one_party, screening
from custodes.findings.as_of import STARTS
from custodes.findings.cluster import CLUSTERS, Ruling, cluster
from custodes.findings.cluster_links import LINKS, links
from custodes.findings.cluster_pairs import PAIRS, groups, pairs, table
from custodes.findings.cluster_parties import Entry, entries, facts_of, of_makers
from custodes.findings.cluster_trees import chains
from custodes.findings.name_text import lexicon
from custodes.pipeline import facts, output
from custodes.pipeline.accounting import code_version
from custodes.pipeline.state import Run, sha256
from custodes.pipeline.tools import list_rows, rows_of

COLUMNS = ("cluster_id", "party_id", "name", "list", "country", "maker_id", "joined_to", "score", "reason", "evidence")
"""What one row of ``custodes cluster`` holds: one entry of a list, or of our own table of makers."""

RULINGS = "rulings.csv"
"""What people decided about the parties of a case's lists, in the case's folder: the table of ``--rulings``."""

_SCHEMA = pa.schema([(name, {"score": pa.float64(), "evidence": pa.list_(pa.string())}.get(name, pa.string())) for name in COLUMNS])


@dataclass(frozen=True, slots=True)
class Clusters:
    """``rows``: one per entry (:data:`COLUMNS`), sorted by cluster; ``links``: ties between entries that are not one (``cluster_links.LINKS``)."""

    rows: tuple[dict[str, Any], ...]
    links: tuple[dict[str, Any], ...]

    def of(self) -> dict[str, str]:
        """Party id -> id of its cluster."""
        return {row["party_id"]: row["cluster_id"] for row in self.rows}


def clusters(parties: Iterable[Mapping[str, Any]], rulings: Sequence[Ruling] = (), *, makers: bool = True) -> Clusters:
    """Cluster PARTY rows of any lists, in any order. ``makers``: our own makers take part, so that an entry is known to be one of them."""
    tables = {name: facts.table(name) for name in ("makers", "names", "links", "confusables", "lists")}
    knowledge = facts.name_knowledge()
    said = facts_of(tables)
    own = of_makers(tables) if makers else []
    found = entries([*parties, *own], lexicon(knowledge.words), said)
    judged = pairs(found, said, _index(found))
    member = {row["party_id"]: row for batch in _grouped(judged, rulings) for row in batch.to_pylist()}
    of_maker: dict[str, list[str]] = {}
    for row in member.values():
        if row["party_id"].startswith("maker:"):
            of_maker.setdefault(row["cluster_id"], []).append(row["party_id"].removeprefix("maker:"))
    rows = [_row(each, member.get(each.id), of_maker) for each in found]
    keep = {row["cluster_id"] for row in rows if not row["party_id"].startswith("maker:")}
    shown = sorted((row for row in rows if row["cluster_id"] in keep), key=lambda row: (row["cluster_id"], row["party_id"]))
    return Clusters(tuple(shown), tuple(links(found, judged, {row["party_id"]: row["cluster_id"] for row in rows}, said)))


def _index(found: Sequence[Entry]) -> screening.NameIndex:
    group = groups(list(found))
    names = sorted({(group[each.id], name.name.text) for each in found for name in each.names})
    columns = {"party_id": [party for party, _ in names], "name": [name for _, name in names]}
    return screening.build(pa.table({name: pa.array(cells, pa.string()) for name, cells in columns.items()}), facts.name_knowledge())


def _grouped(judged: Sequence[Any], rulings: Sequence[Ruling]) -> Iterator[pa.RecordBatch]:
    """The group finder over each group of entries that a chain of joins, or a ruling, connects."""
    forced = [{"left": min(r.left, r.right), "right": max(r.left, r.right), "verdict": r.ruling} for r in rulings]
    key = chains([*({"left": pair.left, "right": pair.right, "verdict": pair.verdict} for pair in judged), *forced])
    batches: dict[str, list[Any]] = {each: [] for each in sorted(set(key.values()))}
    ruled: dict[str, list[Ruling]] = {}
    for pair in judged:
        if pair.verdict != "tied" and pair.left in key and key[pair.left] == key.get(pair.right):
            batches[key[pair.left]].append(pair)
    for ruling in rulings:
        if key.get(ruling.left, "") == key.get(ruling.right, " "):
            ruled.setdefault(key[ruling.left], []).append(ruling)
    for each, some in batches.items():
        yield cluster(each, table(some), ruled.get(each, ()))


def _row(entry: Entry, found: Mapping[str, Any] | None, of_maker: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    joined = found or {"cluster_id": entry.id, "joined_to": "", "score": 1.0, "reason": "", "evidence": []}
    more = {"party_id": entry.id, "name": entry.name, "list": entry.source, "country": " ; ".join(sorted(entry.countries)), "maker_id": " ; ".join(sorted(of_maker.get(joined["cluster_id"], ())))}
    return {name: {**joined, **more}[name] for name in COLUMNS}


def rulings_of(name: str, scratch: Path) -> list[Ruling]:
    """A person's rulings from a table ``left, right, ruling, reason``; UsageError for a ruling that is neither join nor apart, or has no reason."""
    found = []
    for number, row in enumerate(rows_of(name, ("left", "right", "ruling", "reason"), scratch), 1):
        ruling = row["ruling"].strip().lower()
        if ruling not in ("join", "apart") or not row["reason"].strip() or not row["left"].strip() or row["left"].strip() == row["right"].strip():
            raise UsageError(f"row {number} is no ruling", where=name, advice="give two party ids as left and right, join or apart as ruling, and a reason")
        found.append(Ruling(row["left"].strip(), row["right"].strip(), ruling, row["reason"].strip()))
    _agree(found, name)
    return found


def of_case(run: Run, parties: Sequence[Mapping[str, Any]], makers: Collection[str]) -> list[dict[str, str]]:
    """Rows ``party_id, cluster_id, joined_to, reason, maker_id`` for entries of a case's lists that are joined to another one or to one of ``makers``.

    The case's ``rulings.csv`` counts. Kept in ``findings/parties.json``.
    """
    path, file = run.case.folder / RULINGS, run.case.room("findings") / "parties.json"
    said = sha256(path) if path.is_file() else ""
    parts = sorted(name for name in run.state.records.get("files", {}) if name.startswith("records/PARTY/"))
    key = case.digest(code_version("custodes.findings", "custodes:data", "custodes.pipeline:clustering.py"), said, sorted(makers), *parts)
    kept = case.read_json(file, {})
    if kept.get("key") != key:
        with tempfile.TemporaryDirectory(prefix="custodes-") as folder:
            decided = rulings_of(str(path), Path(folder)) if said else []
        kept = {"key": key, "joined": joined(clusters(parties, decided).rows, makers)}
        case.write_whole(file, case.to_json(kept))
    found: list[dict[str, str]] = kept["joined"]
    return found


def standing(folder: Path, listings: pa.Table) -> dict[str, str]:
    """Entry of a case's lists -> the maker, or the entry, under which its findings stand; as the last ``find`` joined them. ``listings``: LISTING rows."""
    rows = case.read_json(folder / "findings" / "parties.json", {}).get("joined", [])
    first = one_party.standing(rows, listings.select(["party_id", *STARTS]).to_pylist() if rows else ())
    return {row["party_id"]: row["maker_id"] or first[row["party_id"]] for row in rows}


_JOINED = ("party_id", "cluster_id", "joined_to", "reason", "maker_id")


def joined(rows: Sequence[Mapping[str, Any]], makers: Collection[str]) -> list[dict[str, str]]:
    """The rows of :class:`Clusters` for entries that are not alone; ``maker_id`` only where the cluster is one maker, and that one is among ``makers``."""
    own = [row for row in rows if not row["party_id"].startswith("maker:")]
    many = Counter(row["cluster_id"] for row in own)
    known = [{**{name: row[name] for name in _JOINED}, "maker_id": row["maker_id"] if row["maker_id"] in makers else ""} for row in own]
    return [row for row in known if row["maker_id"] or many[row["cluster_id"]] > 1]


def _agree(found: Sequence[Ruling], name: str) -> None:
    said: dict[tuple[str, str], str] = {}
    for each in found:
        pair = (min(each.left, each.right), max(each.left, each.right))
        if said.setdefault(pair, each.ruling) != each.ruling:
            raise UsageError(f"two rulings on {pair[0]} and {pair[1]}", where=name, advice="keep the one that holds")


def write(lists: Sequence[str], out: str, *, rulings: str = "", ties: str = "") -> dict[str, Any]:
    """``custodes cluster``: write the clusters of lists to ``out`` and the links to ``ties`` (if given)."""
    output.suffix_of(out)
    with tempfile.TemporaryDirectory(prefix="custodes-") as folder:
        scratch = Path(folder)
        decided = rulings_of(rulings, scratch) if rulings else []
        found = clusters(list_rows(lists, scratch)["PARTY"], decided)
    known = found.of()
    unknown = sorted({end for ruling in decided for end in (ruling.left, ruling.right)} - known.keys())
    _write(out, _SCHEMA, found.rows)
    if ties:
        _write(ties, LINKS, found.links)
    many = Counter(known[row["party_id"]] for row in found.rows)
    entries_ = sum(1 for row in found.rows if row["list"] != "custodes")
    line = f"{entries_} entries are {len(many)} parties: {sum(1 for n in many.values() if n > 1)} of them stand on the lists more than once; {len(found.links)} links between parties"
    lines = [line, *(f"  ! a ruling names {each}, which is no entry of these lists" for each in unknown)]
    return {"command": "cluster", "entries": entries_, "parties": len(many), "links": len(found.links), "unknown_in_rulings": unknown, "lines": lines, "exit": 3 if unknown else 0}


def _write(out: str, schema: pa.Schema, rows: Sequence[Mapping[str, Any]]) -> None:
    with output.table(out, tuple(schema.names), schema) as put:
        for row in rows:
            put(dict(row))


__all__ = ["CLUSTERS", "COLUMNS", "PAIRS", "Clusters", "clusters", "write"]
