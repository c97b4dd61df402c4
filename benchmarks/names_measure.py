"""What a matcher of names is worth, from its answers alone.

    python benchmarks/names_measure.py RESULT.csv [--queries QUERIES.csv.gz] [--adjudication LABELS.csv] [--strong 0.95] [--json OUT]

RESULT is CSV or Parquet with one row per query that got an answer, the best one: ``qid, party_id, score`` and, where the matcher has bands, ``band``. QUERIES is
the labelled file of data/names (``qid, name, truth, group``); a query without a row counts as "no match". ``truth`` empty means: not on the list.

An answer is *right* when the query is on the list and its party is the true one. Everything is counted over answers with score >= threshold:

- core = mutations (but not acronyms and scripts), ``alias_near`` and ``supplier_real``, with all negatives: precision, recall, F1, at the best threshold and at the
  highest threshold whose core recall is at least 0.90;
- false alerts per 10,000 ordinary names (``neg_supplier`` and ``neg_us``), and the share of ``neg_decoy`` accepted;
- real variants only: ``alias_near`` and ``supplier_real`` with all negatives;
- hard = ``alias_far``, ``script_*``, ``mut_script``, ``mut_acronym``: recall at the core's thresholds; ``alias_partial`` apart;
- reliability: observed share of right answers in bins of the score, over all queries; expected calibration error; Brier score;
- bands: share wrong with the Wilson 95 % interval, before and after adjudication.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "names"
HARD_MUTATIONS = frozenset({"mut_script", "mut_acronym"})
REAL = frozenset({"alias_near", "supplier_real"})
ORDINARY = frozenset({"neg_supplier", "neg_us"})
EDGES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 1.0)
STRONG = 0.95


@dataclass(frozen=True)
class Judged:
    """One query: its group, the true party ('' for none), and the best answer (party '' and score -1 for none); ``band`` as the matcher says."""

    qid: str
    group: str
    truth: str
    party: str
    score: float
    band: str = ""

    @property
    def right(self) -> bool:
        """The answer is the true party of a listed name."""
        return bool(self.truth) and self.party == self.truth

    @property
    def negative(self) -> bool:
        """The name is on no list."""
        return not self.truth


def kind(group: str) -> str:
    """core, hard, partial or negative."""
    if group.startswith("neg_"):
        return "negative"
    if group == "alias_far" or group in HARD_MUTATIONS or group.startswith("script_"):
        return "hard"
    return "partial" if group == "alias_partial" else "core"


def wilson(wrong: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """The Wilson score interval of ``wrong`` among ``n`` (E. B. Wilson, 1927); (0, 1) for none."""
    if not n:
        return 0.0, 1.0
    p, zz = wrong / n, z * z
    middle, half = p + zz / (2 * n), z * sqrt(p * (1 - p) / n + zz / (4 * n * n))
    return max(0.0, (middle - half) / (1 + zz / n)), min(1.0, (middle + half) / (1 + zz / n))


def judge(queries: Iterable[Mapping[str, str]], answers: Mapping[str, tuple[str, float, str]]) -> list[Judged]:
    """Each query beside its answer; ``answers`` is qid -> (party, score, band)."""
    return [Judged(q["qid"], q["group"], q["truth"], *answers.get(q["qid"], ("", -1.0, ""))) for q in queries]


@dataclass(frozen=True)
class Point:
    """A threshold and what is accepted there among some positives and negatives."""

    threshold: float
    precision: float
    recall: float
    f1: float


def curve(rows: Sequence[Judged]) -> list[Point]:
    """One point per distinct score, from the highest down; ``recall`` is over the listed names in ``rows``."""
    positives = sum(not row.negative for row in rows)
    points: list[Point] = []
    right = 0
    ranked = sorted((row for row in rows if row.party), key=lambda row: -row.score)
    for accepted, row in enumerate(ranked, 1):
        right += row.right
        if accepted == len(ranked) or ranked[accepted].score < row.score:
            p, r = right / accepted, right / max(positives, 1)
            points.append(Point(row.score, p, r, 2 * p * r / (p + r) if right else 0.0))
    return points


def best(points: Sequence[Point]) -> Point | None:
    """The point of the best F1."""
    return max(points, key=lambda point: point.f1, default=None)


def at_recall(points: Sequence[Point], recall: float) -> Point | None:
    """The highest threshold that reaches the recall, or none."""
    return next((point for point in points if point.recall >= recall), None)


def at_threshold(points: Sequence[Point], threshold: float) -> Point | None:
    """The lowest point not under the threshold."""
    return next((point for point in reversed(points) if point.threshold >= threshold), None)


def recall_of(rows: Iterable[Judged], threshold: float) -> float:
    """Share of listed names whose true party is given with at least this score."""
    listed = [row for row in rows if not row.negative]
    return sum(row.right and row.score >= threshold for row in listed) / max(len(listed), 1)


def accepted_of(rows: Iterable[Judged], threshold: float) -> float:
    """Share of rows that get any answer with at least this score."""
    everything = list(rows)
    return sum(bool(row.party) and row.score >= threshold for row in everything) / max(len(everything), 1)


def at(rows: Sequence[Judged], threshold: float) -> dict[str, float]:
    """All that is said of one threshold."""
    parts = {name: [row for row in rows if kind(row.group) == name] for name in ("core", "hard", "partial", "negative")}
    real = [row for row in rows if row.group in REAL]
    taken = [row for row in parts["core"] + parts["negative"] if row.party and row.score >= threshold]
    precision = sum(row.right for row in taken) / len(taken) if taken else 0.0
    recall = recall_of(parts["core"], threshold)
    return {
        "threshold": threshold,
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / (precision + recall) if precision + recall else 0.0,
        "false_alerts_per_10000": 10_000 * accepted_of((row for row in rows if row.group in ORDINARY), threshold),
        "decoys_accepted": accepted_of((row for row in rows if row.group == "neg_decoy"), threshold),
        "real_recall": recall_of(real, threshold),
        "hard_recall": recall_of(parts["hard"], threshold),
        "partial_recall": recall_of(parts["partial"], threshold),
    }


def by_group(rows: Sequence[Judged], threshold: float) -> list[dict[str, Any]]:
    """Per group: how many, share of right answers and of wrong answers at the threshold."""
    found = []
    for group in sorted({row.group for row in rows}, key=lambda group: (kind(group), group)):
        own = [row for row in rows if row.group == group]
        taken = [row for row in own if row.party and row.score >= threshold]
        right = sum(row.right for row in taken)
        found.append({"kind": kind(group), "group": group, "queries": len(own), "right": right / len(own), "wrong": (len(taken) - right) / len(own)})
    return found


def reliability(rows: Sequence[Judged], edges: Sequence[float] = EDGES) -> list[dict[str, float]]:
    """Per bin [low, high) of the score (the last one closed): answers, mean score, share right with its Wilson interval."""
    found = []
    for low, high in pairwise(edges):
        own = [row for row in rows if row.party and (low <= row.score < high or (high == edges[-1] and row.score == high))]
        right = sum(row.right for row in own)
        bottom, top = wilson(right, len(own))
        mean = sum(row.score for row in own) / len(own) if own else 0.0
        found.append({"low": low, "high": high, "answers": len(own), "mean_score": mean, "right": right / len(own) if own else 0.0, "from": bottom, "to": top})
    return found


def calibration(rows: Sequence[Judged]) -> dict[str, float]:
    """Expected calibration error over the bins of ``EDGES`` and the Brier score, over all answers."""
    answers = [row for row in rows if row.party]
    bins = reliability(rows)
    n = max(len(answers), 1)
    return {
        "expected_calibration_error": sum(each["answers"] * abs(each["mean_score"] - each["right"]) for each in bins) / n,
        "brier": sum((row.score - row.right) ** 2 for row in answers) / n,
        "answers": len(answers),
    }


def band_of(row: Judged, strong: float) -> str:
    """The matcher's own band, or strong / below by the score where it gives none."""
    return row.band or ("strong" if row.score >= strong else "below")


def bands(rows: Sequence[Judged], verdicts: Mapping[str, str], strong: float = STRONG) -> list[dict[str, Any]]:
    """Errors per band, as labelled and after adjudication.

    ``verdicts``: qid -> right / wrong / cannot say, for the answer that was adjudicated (``adjudicated`` checks the party). "cannot say" stays an error.
    """
    found = []
    for band in sorted({band_of(row, strong) for row in rows if row.party}):
        own = [row for row in rows if row.party and band_of(row, strong) == band]
        wrong = [row for row in own if not row.right]
        left = [row for row in wrong if verdicts.get(row.qid) != "right"]
        low, high = wilson(len(left), len(own))
        found.append({"band": band, "answers": len(own), "wrong_as_labelled": len(wrong), "share_as_labelled": len(wrong) / len(own),
                      "read_by_eye": sum(row.qid in verdicts for row in wrong), "wrong": len(left), "share": len(left) / len(own), "from": low, "to": high})  # fmt: skip
    return found


def measures(rows: Sequence[Judged], verdicts: Mapping[str, str] | None = None, strong: float = STRONG, recall: float = 0.90) -> dict[str, Any]:
    """Every measure of one matcher; ``at_recall`` is None when it never reaches the recall."""
    negatives = [row for row in rows if row.negative]
    core = curve([row for row in rows if kind(row.group) == "core"] + negatives)
    real = curve([row for row in rows if row.group in REAL] + negatives)
    top, fixed, top_real = best(core), at_recall(core, recall), best(real)
    threshold = top.threshold if top else 1.0
    fixed_real = at_threshold(real, fixed.threshold) if fixed else None
    return {
        "queries": len(rows),
        "best": at(rows, threshold),
        "at_recall": at(rows, fixed.threshold) if fixed else None,
        "real_best": vars(top_real) if top_real else None,
        "real_at_recall": vars(fixed_real) if fixed_real else None,
        "groups": by_group(rows, fixed.threshold if fixed else threshold),
        "reliability": reliability(rows),
        "calibration": calibration(rows),
        "bands": bands(rows, verdicts or {}, strong),
    }


def read_table(path: Path) -> list[dict[str, Any]]:
    """Rows of a CSV (gzip or plain) or Parquet file; CSV cells stay text."""
    import pyarrow as pa
    from pyarrow import csv, parquet

    if path.suffix == ".parquet":
        return list(parquet.read_table(path).to_pylist())
    with pa.input_stream(str(path), compression="gzip" if path.suffix == ".gz" else None) as stream:
        header = pa.input_stream(str(path), compression="gzip" if path.suffix == ".gz" else None).read(1 << 16).split(b"\n")[0].decode("utf-8-sig").strip()
        types = dict.fromkeys((name.strip('"') for name in header.split(",")), pa.string())
        table = csv.read_csv(stream, convert_options=csv.ConvertOptions(column_types=types, strings_can_be_null=False), parse_options=csv.ParseOptions(newlines_in_values=True))
    return list(table.to_pylist())


def read_answers(path: Path) -> dict[str, tuple[str, float, str]]:
    """Best answer per query of a result file; of several rows for one query the highest score counts, ties by party id. A row without a party: asked, no match."""
    found: dict[str, tuple[str, float, str]] = {}
    for row in read_table(path):
        qid, party = str(row.get("qid") or row.get("id")), str(row["party_id"] or "")
        new = (party, float(row["score"]) if party else -1.0, str(row.get("band") or "") if party else "")
        old = found.get(qid)
        if old is None or (-new[1], party) < (-old[1], old[0]):
            found[qid] = new
    return found


def adjudicated(path: Path, rows: Sequence[Judged]) -> dict[str, str]:
    """qid -> verdict of an adjudication file (``qid, ours, verdict``), only where our answer is still the party that was judged."""
    answers = {row.qid: row.party for row in rows}
    return {str(row["qid"]): str(row["verdict"]) for row in read_table(path) if answers.get(str(row["qid"])) == row["ours"]}


def report(found: Mapping[str, Any]) -> str:
    """The measures as plain text."""
    lines = [f"queries {found['queries']}"]
    for name in ("best", "at_recall"):
        point = found[name]
        lines.append(f"{name}: never reached" if point is None else f"{name}: " + "  ".join(f"{key} {value:.4f}" for key, value in point.items()))
    for name in ("real_best", "real_at_recall"):
        if found[name]:
            lines.append(f"{name}: " + "  ".join(f"{key} {value:.4f}" for key, value in found[name].items()))
    lines.append("calibration: " + "  ".join(f"{key} {value:.4f}" for key, value in found["calibration"].items()))
    lines += ["", "bands", *("  " + "  ".join(f"{k} {v:.4f}" if isinstance(v, float) else f"{k} {v}" for k, v in each.items()) for each in found["bands"])]
    lines += ["", "score bin        answers  mean score  right   95 % interval"]
    lines += [f"{e['low']:5.3f} to {e['high']:5.3f}  {e['answers']:8d}  {e['mean_score']:.4f}      {e['right']:.4f}  {e['from']:.4f} to {e['to']:.4f}" for e in found["reliability"] if e["answers"]]
    where = "at recall 0.90" if found["at_recall"] else "at best F1"
    lines += ["", f"groups {where}", *(f"{e['kind']:9} {e['group']:16} {e['queries']:6d}  right {e['right']:.4f}  wrong {e['wrong']:.4f}" for e in found["groups"])]
    return "\n".join(lines)


def main() -> None:
    """Read, judge, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("result", type=Path)
    parser.add_argument("--queries", type=Path, default=DATA / "queries_dev.csv.gz")
    parser.add_argument("--adjudication", type=Path)
    parser.add_argument("--strong", type=float, default=STRONG)
    parser.add_argument("--asked-only", action="store_true", help="only queries named in RESULT, with or without a party (for what had no time for all)")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    answers = read_answers(options.result)
    rows = judge([q for q in read_table(options.queries) if not options.asked_only or q["qid"] in answers], answers)
    verdicts = adjudicated(options.adjudication, rows) if options.adjudication else {}
    found = measures(rows, verdicts, options.strong)
    print(report(found))
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
