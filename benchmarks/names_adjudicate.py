"""The strong band's disagreements with the labels, to be read by a person; what was read before is kept.

    python benchmarks/names_adjudicate.py RESULT.csv OUT.csv [--labels tests/findings/labels/names_adjudication.csv] [--strong 0.95]

RESULT as in names_measure.py. OUT has one row per strong answer that the label calls wrong: the query, the labelled entry, our entry, and the verdict, empty where nobody
has read it yet. A verdict belongs to the query *and* our answer: when the matcher changes its answer, the row is to be read again.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import names_data
import names_measure

COLUMNS = ("qid", "group", "query", "truth", "truth_name", "ours", "ours_name", "verdict", "why", "reason")
LABELS = Path(__file__).resolve().parent.parent / "tests" / "findings" / "labels" / "names_adjudication.csv"


def nearest(query: str, names: Sequence[str]) -> str:
    """The listed name that shares most three-letter pieces with the query, among equals the first."""

    def pieces(text: str) -> set[str]:
        folded = " ".join(text.casefold().split())
        return {folded[n : n + 3] for n in range(len(folded) - 2)}

    own = pieces(query)
    return max(names, key=lambda name: len(own & pieces(name)) / max(len(own | pieces(name)), 1), default="")


def disagreements(rows: Sequence[names_measure.Judged], strong: float) -> list[names_measure.Judged]:
    """Strong answers that the label calls wrong, in the order of their ids."""
    return sorted((row for row in rows if row.party and names_measure.band_of(row, strong) == "strong" and not row.right), key=lambda row: row.qid)


def worklist(
    rows: Sequence[names_measure.Judged], queries: Mapping[str, str], listed: Mapping[str, Sequence[str]], known: Mapping[tuple[str, str], Mapping[str, str]], strong: float
) -> list[dict[str, str]]:
    """One row per disagreement with :data:`COLUMNS`; ``known``: (qid, ours) -> an earlier row."""
    found = []
    for row in disagreements(rows, strong):
        name, old = queries[row.qid], known.get((row.qid, row.party), {})
        names = {"truth_name": nearest(name, listed.get(row.truth, ())), "ours_name": nearest(name, listed.get(row.party, ()))}
        verdict = {column: old.get(column, "") for column in ("verdict", "why", "reason")}
        found.append({"qid": row.qid, "group": row.group, "query": name, "truth": row.truth, "ours": row.party, **names, **verdict})
    return found


def main() -> None:
    """Write the list."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("result", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--labels", type=Path, default=LABELS)
    parser.add_argument("--strong", type=float, default=names_measure.STRONG)
    options = parser.parse_args()
    queries = names_data.read("queries_dev")
    listed: dict[str, list[str]] = {}
    for row in names_data.read("watchlist"):
        listed.setdefault(row["entity_id"], []).append(row["name"])
    known = {(row["qid"], row["ours"]): row for row in names_measure.read_table(options.labels)} if options.labels.exists() else {}
    found = worklist(names_measure.judge(queries, names_measure.read_answers(options.result)), {q["qid"]: q["name"] for q in queries}, listed, known, options.strong)
    names_data.write(options.out, COLUMNS, ([row[column] for column in COLUMNS] for row in found))
    print(f"{len(found)} disagreements, {sum(not row['verdict'] for row in found)} not read yet")


if __name__ == "__main__":
    main()
