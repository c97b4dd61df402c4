"""Measure the claim detector on labelled rows, cross-validated by site: ``python scripts/measure_claims.py LABELLED.jsonl [--json OUT] [--errors]``.

Ten folds; rows of one site are always in the same fold, and the register of sites is used without every site of the rows, so nothing about a tested site is
known beforehand. The weights of a fold are trained on the other folds and on our own examples. Two settings: the text alone, and with address and title.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zlib import crc32

from train_claims import EXAMPLES, rows_of, signs_of, table, train

from custodes.findings.claim_judge import Judge, Verdict, judge
from custodes.findings.claim_lexicon import Lexicon
from custodes.findings.claim_model import SPEAKERS, STANCES, model_of
from custodes.findings.claim_sites import HOSTED, Sites
from custodes.findings.claim_text import CJK

FOLDS = 10
Row = Mapping[str, Any]


def hosts_of(rows: Iterable[Row]) -> frozenset[str]:
    """The hosts of the rows and all their parents, but the shared kinds (code hosting, manuals, blogs) and top-level rules."""
    shared = {row["value"] for row in table("claim_sites") if row["kind"] == "suffix" or row["says"] in HOSTED}
    found = set()
    for row in rows:
        parts = (urlsplit(row.get("url") or "").hostname or "").split(".")
        found |= {".".join(parts[at:]) for at in range(len(parts) - 1)}
    return frozenset(found - shared)


def folds(rows: Sequence[Row]) -> list[list[int]]:
    """Rows by fold: sites in a fixed order of their check sums, each into the smallest fold so far."""
    by_site = defaultdict(list)
    for at, row in enumerate(rows):
        by_site[row["site"]].append(at)
    found: list[list[int]] = [[] for _ in range(FOLDS)]
    for site in sorted(by_site, key=lambda name: (-len(by_site[name]), crc32(name.encode()))):
        min(found, key=len).extend(by_site[site])
    return found


def predicted(rows: Sequence[Row]) -> tuple[list[Verdict], list[Verdict]]:
    """Verdicts of every row by weights that never saw its site: (text alone, with address and title)."""
    lexicon, sites = Lexicon(table("claim_words"), table("claim_cues")), Sites(table("claim_sites"), hosts_of(rows))
    examples = rows_of([EXAMPLES])
    samples = [[(signs_of(row, lexicon, sites, bare=bare), row["speaker"], row["stance"]) for bare in (False, True)] for row in rows]
    ours = [(signs_of(row, lexicon, sites, bare=bare), row["speaker"], row["stance"]) for row in examples for bare in (False, True)]
    bare: list[Verdict | None] = [None] * len(rows)
    full: list[Verdict | None] = [None] * len(rows)
    for fold in folds(rows):
        out = set(fold)
        model = model_of(train([pair for at, both in enumerate(samples) if at not in out for pair in both] + ours))
        given = Judge(lexicon, sites, model)
        for at in fold:
            row = rows[at]
            bare[at] = judge(row["text"], lexicon=given)
            full[at] = judge(row["text"], url=row.get("url") or "", title=row.get("title") or "", lang=row.get("lang") or "", lexicon=given)
    return [v for v in bare if v], [v for v in full if v]


def ratio(hit: float, of: float) -> float:
    """A share, 0 of nothing."""
    return hit / of if of else 0.0


def f1(hit: int, false: int, missed: int) -> float:
    """F1 from counts."""
    return ratio(2 * hit, 2 * hit + false + missed)


def detection(rows: Sequence[Row], verdicts: Sequence[Verdict]) -> dict[str, float]:
    """Precision, recall, F1 of positive."""
    pairs = [(row["label"] == "positive", verdict.positive) for row, verdict in zip(rows, verdicts, strict=True)]
    hit, false, missed = pairs.count((True, True)), pairs.count((False, True)), pairs.count((True, False))
    return {"precision": ratio(hit, hit + false), "recall": ratio(hit, hit + missed), "f1": f1(hit, false, missed), "positives": hit + missed, "false": false}


def macro(gold: Sequence[str], said: Sequence[str], classes: Sequence[str]) -> float:
    """Mean F1 over the classes that occur in the gold labels."""
    scores = []
    for name in classes:
        pairs = [(g == name, s == name) for g, s in zip(gold, said, strict=True)]
        if any(g for g, _ in pairs):
            scores.append(f1(pairs.count((True, True)), pairs.count((False, True)), pairs.count((True, False))))
    return ratio(sum(scores), len(scores))


def capability_f1(rows: Sequence[Row], verdicts: Sequence[Verdict]) -> float:
    """Micro F1 of the capabilities; ``none`` is no capability."""
    hit = false = missed = 0
    for row, verdict in zip(rows, verdicts, strict=True):
        gold, said = set(row["capabilities"]) - {"none"}, set(verdict.capabilities)
        hit, false, missed = hit + len(gold & said), false + len(said - gold), missed + len(gold - said)
    return f1(hit, false, missed)


def tokens(text: str, start: int, end: int) -> set[int]:
    """Where the words (for Chinese and Japanese: letters) of a span begin."""
    found, inside = set(), False
    for at in range(start, end):
        letter = text[at]
        if letter.isalnum():
            if not inside or CJK.match(letter):
                found.add(at)
            inside = True
        else:
            inside = False
    return found


def overlap(row: Row, verdict: Verdict) -> float:
    """Token IoU of the gold span and all claims of a row together."""
    start = row["text"].index(row["span"])
    gold = tokens(row["text"], start, start + len(row["span"]))
    said: set[int] = set().union(*(tokens(row["text"], claim.start, claim.end) for claim in verdict.claims)) if verdict.claims else set()
    return ratio(len(gold & said), len(gold | said))


def report(rows: Sequence[Row], verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """All measures of one setting."""
    spans = [overlap(row, verdict) for row, verdict in zip(rows, verdicts, strict=True) if row.get("span")]
    found = [overlap(row, verdict) for row, verdict in zip(rows, verdicts, strict=True) if row["label"] == "positive" and verdict.positive]
    told = [(row, verdict) for row, verdict in zip(rows, verdicts, strict=True) if row["label"] == "positive"]
    return {
        **detection(rows, verdicts),
        "stance macro-F1": macro([row["stance"] for row in rows], [v.stance for v in verdicts], STANCES),
        "speaker accuracy": ratio(sum(row["speaker"] == v.speaker for row, v in zip(rows, verdicts, strict=True)), len(rows)),
        "speaker macro-F1": macro([row["speaker"] for row in rows], [v.speaker for v in verdicts], SPEAKERS),
        "capability micro-F1": capability_f1(rows, verdicts),
        "capability micro-F1, positive rows": capability_f1([row for row, _ in told], [v for _, v in told]),
        "span IoU, all rows with a span": ratio(sum(spans), len(spans)),
        "span IoU, positives found": ratio(sum(found), len(found)),
    }


def by_language(rows: Sequence[Row], verdicts: Sequence[Verdict]) -> dict[str, dict[str, float]]:
    """Detection per language."""
    kept = defaultdict(list)
    for pair in zip(rows, verdicts, strict=True):
        kept[pair[0]["lang"]].append(pair)
    return {lang: {"rows": len(pairs), **detection([r for r, _ in pairs], [v for _, v in pairs])} for lang, pairs in sorted(kept.items())}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("labelled", nargs="+", type=Path)
    parser.add_argument("--json", type=Path, help="write all numbers here")
    parser.add_argument("--errors", action="store_true", help="list the rows that came out wrong")
    options = parser.parse_args()
    rows = rows_of(options.labelled)
    bare, full = predicted(rows)
    result = {"text alone": report(rows, bare), "with address and title": report(rows, full), "per language": by_language(rows, full)}
    for setting in ("text alone", "with address and title"):
        print(setting, {name: round(value, 3) for name, value in result[setting].items()})
    for lang, numbers in result["per language"].items():
        print(lang, {name: round(value, 2) for name, value in numbers.items()})
    if options.errors:
        for row, one, other in zip(rows, bare, full, strict=True):
            _errors(row, one, other)
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def _errors(row: Row, bare: Verdict, full: Verdict) -> None:
    said = []
    gold = row["label"] == "positive"
    said += [f"{name} says {not gold}" for name, verdict in (("text alone", bare), ("full", full)) if verdict.positive != gold]
    said += [f"speaker {row['speaker']} > {full.speaker}"] * (full.speaker != row["speaker"])
    said += [f"stance {row['stance']} > {full.stance}"] * (full.stance != row["stance"])
    named, wanted = set(full.capabilities), set(row["capabilities"]) - {"none"}
    said += [f"capabilities -{sorted(wanted - named)} +{sorted(named - wanted)}"] * (named != wanted)
    if row.get("span") and overlap(row, full) < 0.5:
        said.append(f"span {overlap(row, full):.2f}")
    if said:
        print(row["id"], row["lang"], "; ".join(said), file=sys.stderr)


if __name__ == "__main__":
    main()
