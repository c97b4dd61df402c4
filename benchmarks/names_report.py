"""The tables of docs/benchmarks.md on quality, from the cross-validated answers that scripts/train_names.py leaves.

    python benchmarks/names_report.py ANSWERS.csv --bands strong=0.97,possible=0.6,weak=0.3 [--chart docs/img/names-reliability.svg]

Prints Markdown: aims and what was reached, bands before and after adjudication, the reliability of scores, recall by kind.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import names_adjudicate
import names_data
import names_measure
import names_svg

EDGES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.97, 0.99, 1.0)
Rows = Sequence[names_measure.Judged]


def banded(rows: Rows, least: Mapping[str, float]) -> list[names_measure.Judged]:
    """Each answer with the band of its score; "below" under all of them."""
    ordered = sorted(least.items(), key=lambda pair: -pair[1])
    return [replace(row, band=next((name for name, low in ordered if row.score >= low), "below")) if row.party else row for row in rows]


AIMS = (
    ("core F1", 0.955, lambda found: found["best"]["f1"], True, ".3f"),
    ("precision at core recall 0.90", 0.98, lambda found: _there(found)["precision"], True, ".3f"),
    ("false alerts per 10,000 ordinary suppliers, there", 30, lambda found: _there(found)["false_alerts_per_10000"], False, ".0f"),
    ("decoys accepted, there", 0.03, lambda found: _there(found)["decoys_accepted"], False, ".3f"),
    ("recall of the hard groups, there", 0.45, lambda found: _there(found)["hard_recall"], True, ".3f"),
    ("recall of the hard groups at the best F1", 0.45, lambda found: found["best"]["hard_recall"], True, ".3f"),
    ("F1 on real variants only", 0.88, lambda found: found["real_best"]["f1"], True, ".3f"),
    ("strong band wrong, after reading", 0.005, lambda found: next((each["share"] for each in found["bands"] if each["band"] == "strong"), 1.0), False, ".4f"),
)
"""Measure, aim, where it stands, is more better?, form."""


def _there(found: Mapping[str, Any]) -> Mapping[str, float]:
    return found["at_recall"] or found["best"]


def aims(found: Mapping[str, Any], bare: Mapping[str, Any] | None) -> list[str]:
    """Aim and reached, with the misses marked; ``bare``: the same by the trees alone, without the rules on top."""
    lines = [f"| measure | aim | reached |{' trees alone |' if bare else ''}", f"|---|---|---|{'---|' if bare else ''}"]
    for what, aim, value, higher, form in AIMS:
        missed = "" if (value(found) >= aim if higher else value(found) <= aim) else " (**missed**)"
        lines.append(f"| {what} | {'at least' if higher else 'at most'} {aim} | {value(found):{form}}{missed} |{f' {value(bare):{form}} |' if bare else ''}")
    return lines


def without_rules(path: Path) -> dict[str, tuple[str, float, str]]:
    """The answers of the trees alone, which scripts/train_names.py writes beside those as shipped; empty where the file has none."""
    table = names_measure.read_table(path)
    return {row["qid"]: (row["bare_party_id"], float(row["bare_score"]), "") for row in table if "bare_party_id" in row}


def unmarked(rows: Rows, verdicts: Mapping[str, str]) -> list[names_measure.Judged]:
    """The rows without names that are said to be on no list and that reading showed to be listed."""
    return [row for row in rows if not (row.negative and verdicts.get(row.qid) == "right")]


def bands(found: Mapping[str, Any], least: Mapping[str, float]) -> list[str]:
    """Errors of each band."""
    lines = ["| band | answers | wrong, as labelled | wrong, after reading | 95 % interval |", "|---|---|---|---|---|"]
    for each in sorted(found["bands"], key=lambda each: -least.get(each["band"], 0.0)):
        read = f"{each['wrong']:,} ({each['share']:.2%}) | {each['from']:.2%} to {each['to']:.2%}" if each["band"] == "strong" else "not read |"
        name = f"{each['band']}, from {least[each['band']]:g}" if each["band"] in least else "below"
        lines.append(f"| {name} | {each['answers']:,} | {each['wrong_as_labelled']:,} ({each['share_as_labelled']:.2%}) | {read} |")
    return lines


def reliability(bins: Sequence[Mapping[str, float]]) -> list[str]:
    """Score against share right."""
    lines = ["| score | answers | mean score | share right | 95 % interval |", "|---|---|---|---|---|"]
    return lines + [f"| {e['low']:g} to {e['high']:g} | {e['answers']:,} | {e['mean_score']:.3f} | {e['right']:.3f} | {e['from']:.3f} to {e['to']:.3f} |" for e in bins if e["answers"]]


def groups(found: Mapping[str, Any]) -> list[str]:
    """Recall by kind."""
    lines = ["| group | kind | queries | right | wrong |", "|---|---|---|---|---|"]
    return lines + [f"| {each['group']} | {each['kind']} | {each['queries']:,} | {each['right']:.3f} | {each['wrong']:.3f} |" for each in found["groups"]]


def ordinary(rows: Rows, verdicts: Mapping[str, str]) -> str:
    """What the strong band does to ordinary suppliers, in one sentence."""
    asked = [row for row in rows if row.group in names_measure.ORDINARY]
    strong = [row for row in asked if row.band == "strong"]
    wrong = sum(verdicts.get(row.qid) != "right" for row in strong)
    low, high = names_measure.wilson(wrong, len(asked))
    return f"Of {len(asked):,} ordinary suppliers {len(strong)} get a strong answer; {wrong} of them are wrong after reading ({10_000 * wrong / len(asked):.1f} per 10,000; 95 %: {10_000 * low:.1f} to {10_000 * high:.1f})."


def main() -> None:
    """Print the tables, draw the chart."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("answers", type=Path)
    parser.add_argument("--bands", default="strong=0.97,possible=0.6,weak=0.3")
    parser.add_argument("--chart", type=Path)
    options = parser.parse_args()
    least = {name: float(low) for name, low in (part.split("=") for part in options.bands.split(","))}
    rows = banded(names_measure.judge(names_data.read("queries_dev"), names_measure.read_answers(options.answers)), least)
    verdicts = names_measure.adjudicated(names_adjudicate.LABELS, rows)
    found, bins = names_measure.measures(rows, verdicts, least["strong"]), names_measure.reliability(rows, EDGES)
    sure = f"Expected calibration error {found['calibration']['expected_calibration_error']:.4f}, Brier score {found['calibration']['brier']:.4f}."
    plain = without_rules(options.answers)
    bare = banded(names_measure.judge(names_data.read("queries_dev"), plain), least) if plain else []
    read = names_measure.measures(unmarked(rows, verdicts), verdicts, least["strong"])["real_best"]
    real = f"F1 on real variants without the names that reading showed to be listed: {read['f1']:.3f} (precision {read['precision']:.3f}, recall {read['recall']:.3f})."
    beside = names_measure.measures(bare, names_measure.adjudicated(names_adjudicate.LABELS, bare), least["strong"]) if bare else None
    print("\n\n".join("\n".join(part) for part in (aims(found, beside), [real], bands(found, least), [ordinary(rows, verdicts)], [sure], reliability(bins), groups(found))))
    if options.chart:
        options.chart.write_text(names_svg.calibration("Scores of names, cross-validated", bins), encoding="utf-8")


if __name__ == "__main__":
    main()
