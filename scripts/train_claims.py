"""Train the weights of the claim detector: ``python scripts/train_claims.py LABELLED.jsonl... [-o claim_weights.json]``.

Two multinomial logistic regressions (speaker, stance) over the signs of ``custodes.findings.claim_signs``, each row once with and once without address and
title, so that both cases are learnt. Plain Python, no random numbers, fixed order: the same rows give the same file. The shipped weights come from the
labelled rows that this project was given and from ``scripts/claims_examples.jsonl``, which we made up; no sentence of either is in the weights, only
weights of our own sign names. Data card: ``docs/claims.md``.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from custodes.findings.claim_lexicon import Lexicon
from custodes.findings.claim_model import BIAS, SPEAKERS, STANCES
from custodes.findings.claim_signs import about, read
from custodes.findings.claim_sites import Sites

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "scripts" / "claims_examples.jsonl"
WEIGHTS = ROOT / "src" / "custodes" / "data" / "claim_weights.json"

SPREAD = 0.3
"""Variance of the Gaussian prior on every weight: chosen once on the folds of ``measure_claims.py`` for all rows together."""
RARE = 3
"""A sign seen fewer times gets no weight."""
ROUNDS = 120
FIT_PRIOR, FIT_POWER = 0.5, 0.5
THRESHOLD, THRESHOLD_WITH_ADDRESS = 0.5, 0.7

Row = Mapping[str, Any]
Signs = list[str]


def table(name: str) -> list[dict[str, str]]:
    """A shipped fact table."""
    text = resources.files("custodes").joinpath("data", f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines(keepends=True)))


def rows_of(paths: Iterable[Path]) -> list[dict[str, Any]]:
    """Labelled rows: text, speaker, stance; url, title, lang where known."""
    return [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def signs_of(row: Row, lexicon: Lexicon, sites: Sites, *, bare: bool) -> Signs:
    """What the detector sees of a row; ``bare``: from the text alone."""
    if bare:
        return about(read(row["text"], lexicon))
    return about(read(row["text"], lexicon, title=row.get("title") or "", lang=row.get("lang") or "", address=sites.read(row.get("url") or "")))


def train(samples: Sequence[tuple[Signs, str, str]]) -> dict[str, Any]:
    """The content of a weights file from (signs, speaker, stance) samples."""
    seen = Counter(sign for signs, _, _ in samples for sign in signs)
    names = [BIAS, *sorted(sign for sign, many in seen.items() if many >= RARE)]
    number = {name: at for at, name in enumerate(names)}
    rows = [[0, *(number[sign] for sign in signs if sign in number)] for signs, _, _ in samples]
    speaker = regression(rows, [SPEAKERS.index(who) for _, who, _ in samples], len(SPEAKERS), len(names))
    stance = regression(rows, [STANCES.index(how) for _, _, how in samples], len(STANCES), len(names))
    return {
        "speaker": {name: speaker[at] for at, name in enumerate(names)},
        "stance": {name: stance[at] for at, name in enumerate(names)},
        "fit": fit_of(samples),
        "threshold": THRESHOLD,
        "threshold_with_address": THRESHOLD_WITH_ADDRESS,
    }


def fit_of(samples: Sequence[tuple[Signs, str, str]]) -> list[list[float]]:
    """How well a speaker and a stance go together: log of their share over the share that chance would give, damped."""
    counts = [[FIT_PRIOR] * len(STANCES) for _ in SPEAKERS]
    for _, who, how in samples:
        counts[SPEAKERS.index(who)][STANCES.index(how)] += 1
    total = sum(map(sum, counts))
    whole = [sum(row[b] for row in counts) for b in range(len(STANCES))]
    return [[round(FIT_POWER * math.log(value / sum(row) / (whole[b] / total)), 3) for b, value in enumerate(row)] for row in counts]


def regression(rows: Sequence[Sequence[int]], labels: Sequence[int], classes: int, width: int) -> list[list[float]]:
    """Weights of a multinomial logistic regression: ``[sign][class]``, rounded to three decimals."""
    value = _objective(rows, labels, classes, width)
    flat = minimise(value, [0.0] * (width * classes), ROUNDS)
    return [[round(weight, 3) for weight in flat[at * classes : (at + 1) * classes]] for at in range(width)]


def _objective(rows: Sequence[Sequence[int]], labels: Sequence[int], classes: int, width: int) -> Callable[[list[float]], tuple[float, list[float]]]:
    def value(flat: list[float]) -> tuple[float, list[float]]:
        loss = sum(weight * weight for weight in flat) / (2 * SPREAD)
        gradient = [weight / SPREAD for weight in flat]
        table = [flat[at * classes : (at + 1) * classes] for at in range(width)]
        for signs, label in zip(rows, labels, strict=True):
            sums = [math.fsum(column) for column in zip(*[table[sign] for sign in signs], strict=True)]
            top = max(sums)
            powers = [math.exp(each - top) for each in sums]
            total = sum(powers)
            loss -= sums[label] - top - math.log(total)
            slopes = [power / total for power in powers]
            slopes[label] -= 1
            for sign in signs:
                at = sign * classes
                for here in range(classes):
                    gradient[at + here] += slopes[here]
        return loss, gradient

    return value


def minimise(value: Callable[[list[float]], tuple[float, list[float]]], start: list[float], rounds: int, memory: int = 8) -> list[float]:
    """The minimum of a smooth convex function by L-BFGS (Nocedal and Wright, Numerical Optimization, algorithms 7.4 and 7.5) with halving steps."""
    at, (loss, slope) = start, value(start)
    past: list[tuple[list[float], list[float], float]] = []
    for _ in range(rounds):
        way = _direction(slope, past)
        down = _dot(way, slope)
        step = 1.0 if past else min(1.0, 1.0 / math.sqrt(_dot(slope, slope) or 1.0))
        while True:
            there = [x + step * d for x, d in zip(at, way, strict=True)]
            new_loss, new_slope = value(there)
            if new_loss <= loss + 1e-4 * step * down or step < 1e-10:
                break
            step /= 2
        moved = [a - b for a, b in zip(there, at, strict=True)]
        bent = [a - b for a, b in zip(new_slope, slope, strict=True)]
        curve = _dot(moved, bent)
        if curve > 1e-12:
            past = [*past[-memory + 1 :], (moved, bent, 1.0 / curve)]
        done = abs(loss - new_loss) < 1e-6 * max(abs(loss), 1.0)
        at, loss, slope = there, new_loss, new_slope
        if done:
            break
    return at


def _direction(slope: list[float], past: Sequence[tuple[list[float], list[float], float]]) -> list[float]:
    way = list(slope)
    kept = []
    for moved, bent, rho in reversed(past):
        share = rho * _dot(moved, way)
        kept.append(share)
        way = [w - share * b for w, b in zip(way, bent, strict=True)]
    if past:
        moved, bent, _ = past[-1]
        scale = _dot(moved, bent) / _dot(bent, bent)
        way = [w * scale for w in way]
    for (moved, bent, rho), share in zip(past, reversed(kept), strict=True):
        back = rho * _dot(bent, way)
        way = [w + (share - back) * m for w, m in zip(way, moved, strict=True)]
    return [-w for w in way]


def _dot(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def samples_of(rows: Iterable[Row], lexicon: Lexicon, sites: Sites) -> list[tuple[Signs, str, str]]:
    """Each row twice: with all that is known of it, and its text alone."""
    return [(signs_of(row, lexicon, sites, bare=bare), row["speaker"], row["stance"]) for row in rows for bare in (False, True)]


def main() -> None:
    """Train on the given rows and our own examples, and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("labelled", nargs="*", type=Path, help="JSON lines with text, speaker, stance (url, title, lang)")
    parser.add_argument("-o", "--out", type=Path, default=WEIGHTS)
    options = parser.parse_args()
    lexicon, sites = Lexicon(table("claim_words"), table("claim_cues")), Sites(table("claim_sites"))
    rows = rows_of([*options.labelled, EXAMPLES])
    content = train(samples_of(rows, lexicon, sites))
    about_it = {"made_by": "scripts/train_claims.py", "rows": len(rows), "speakers": SPEAKERS, "stances": STANCES}
    options.out.write_text(json.dumps({**about_it, **content}, ensure_ascii=False, indent=0, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{len(rows)} rows, {len(content['speaker'])} signs: {options.out}", file=sys.stderr)


if __name__ == "__main__":
    main()
