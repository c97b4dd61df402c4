"""Train the matcher of names: writes src/custodes/data/name_model.json and name_counts.json.

    python scripts/train_names.py FOLDER [--check]

FOLDER holds watchlist.csv.gz, queries_dev.csv.gz and supplier_stream.csv.gz (docs/names.md says where they come from). Only counts of words and the numbers of
the model are written, no name. The seed is fixed: the same input gives the same files. ``--check`` only cross-validates and prints.
"""

from __future__ import annotations

import csv
import gzip
import json
import sys
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from custodes.findings import name_features, name_index, name_memory, name_pairs
from custodes.findings.name_model import probability, trees
from custodes.findings.name_text import lexicon, spell

DATA = Path(__file__).parent.parent / "src" / "custodes" / "data"
SEED, FOLDS, BINS = 20261123, 5, 64
MAIN = {"count": 220, "depth": 6, "rate": 0.11, "least": 8.0, "shrink": 5.0, "columns": 0.4, "rows": 0.75}
GATE = {"count": 24, "depth": 5, "rate": 0.3, "least": 30.0, "shrink": 6.0, "columns": 1.0, "rows": 1.0}
BANDS = [["strong", 0.97], ["possible", 0.6], ["weak", 0.3]]
REAL = ("alias_near", "supplier_real")
Array = np.ndarray[Any, Any]


def rows(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def counts_of(names: list[str], words: Any) -> dict[str, int]:
    """Canonical word -> number of ordinary names that bear it, for words of three names or more."""
    known, found = lexicon(words), Counter[str]()
    for spelled in spell(names, known):
        found.update({known.canonical(word) for word in spelled})
    return {word: count for word, count in sorted(found.items()) if count >= 3}


def boost(matrix: Array, right: Array, weight: Array, names: list[str], settings: dict[str, Any], seed: int) -> dict[str, Any]:
    """Oblivious trees by gradient boosting on the logistic loss with histograms (Friedman 2001; Newton steps)."""
    random = np.random.Generator(np.random.PCG64(seed))
    edges = [np.unique(np.quantile(row, np.linspace(0, 1, BINS + 1)[1:-1]).astype(np.float32)) for row in matrix]
    binned = np.stack([np.searchsorted(edge, row, "left").astype(np.uint8) for edge, row in zip(edges, matrix, strict=True)])
    share = float((right * weight).sum() / weight.sum())
    bias, depth = float(np.log(share / (1 - share))), settings["depth"]
    total = np.full(matrix.shape[1], bias)
    grown = []
    for _ in range(settings["count"]):
        chance = 1 / (1 + np.exp(-total))
        slope, bend = (right - chance) * weight, np.maximum(chance * (1 - chance), 1e-6) * weight
        kept = np.flatnonzero(random.random(len(total)) < settings["rows"])
        slope_k, bend_k, binned_k = slope[kept], bend[kept], binned[:, kept]
        cell, questions = np.zeros(len(kept), np.int64), []
        for level in range(depth):
            tried = np.flatnonzero(random.random(len(matrix)) < settings["columns"])
            tried = tried if len(tried) else np.arange(len(matrix))
            best = (-1.0, 0, 0)
            for column in tried.tolist():
                at = cell * BINS + binned_k[column]
                g = np.bincount(at, slope_k, minlength=BINS << level).reshape(-1, BINS).cumsum(1)
                h = np.bincount(at, bend_k, minlength=BINS << level).reshape(-1, BINS).cumsum(1)
                low_g, low_h, high_g, high_h = g[:, :-1], h[:, :-1], g[:, -1:] - g[:, :-1], h[:, -1:] - h[:, :-1]
                gain = low_g**2 / (low_h + settings["shrink"]) + high_g**2 / (high_h + settings["shrink"])
                gain = np.where((low_h < settings["least"] / 100) | (high_h < settings["least"] / 100), g[:, -1:] ** 2 / (h[:, -1:] + settings["shrink"]), gain).sum(0)
                gain = gain[: len(edges[column])]
                if len(gain) and gain.max() > best[0]:
                    best = (float(gain.max()), column, int(gain.argmax()))
            _, column, edge = best
            questions.append([column, float(edges[column][edge])])
            cell += (binned_k[column] > edge).astype(np.int64) << level
        g, h = np.bincount(cell, slope_k, minlength=1 << depth), np.bincount(cell, bend_k, minlength=1 << depth)
        values = np.round(settings["rate"] * g / (h + settings["shrink"]), 4)
        everywhere = np.zeros(len(total), np.int64)
        for level, (column, above) in enumerate(questions):
            everywhere += (matrix[column] > np.float32(above)).astype(np.int64) << level
        total += values[everywhere]
        grown.append([[[column, float(np.float32(above))] for column, above in questions], values.tolist()])
    return {"features": names, "bias": round(bias, 6), "depth": depth, "trees": grown}


def pooled(total: Array, right: Array, points: int = 40) -> list[list[float]]:
    """The calibration curve: isotonic regression (pool adjacent violators) of right on the sum, thinned to a few points."""
    order = np.argsort(total, kind="stable")
    blocks: list[list[float]] = []
    for x, y in zip(total[order].tolist(), right[order].tolist(), strict=True):
        blocks.append([x, float(y), 1.0])
        while len(blocks) > 1 and blocks[-2][1] / blocks[-2][2] >= blocks[-1][1] / blocks[-1][2]:
            last = blocks.pop()
            blocks[-1] = [(blocks[-1][0] * blocks[-1][2] + last[0] * last[2]) / (blocks[-1][2] + last[2]), blocks[-1][1] + last[1], blocks[-1][2] + last[2]]
    # one pseudo-observation of either kind, so that nothing is ever certain
    curve = [[x, (y + 0.5 * (y / n)) / (n + 0.5 + (0.5 if y == n else 0))] for x, y, n in blocks]
    ends = np.interp(np.quantile(total, np.linspace(0, 1, 400)), [x for x, _ in curve], [y for _, y in curve])
    xs = np.concatenate([np.quantile(total, np.linspace(0, 1, 400)), [x for x, _ in curve][-points:]])
    ys = np.concatenate([ends, [y for _, y in curve][-points:]])
    chosen = np.unique(np.searchsorted(np.sort(xs), np.linspace(xs.min(), xs.max(), points * 2)).clip(0, len(xs) - 1))
    xs, ys = np.sort(xs), np.maximum.accumulate(ys[np.argsort(xs, kind="stable")])
    return [[round(float(xs[n]), 4), round(float(min(max(ys[n], 0.0005), 0.9995)), 5)] for n in chosen]


def first(ours: Array, party: Array, total: Array) -> Array:
    """The best pair of each name, ties by party."""
    order = np.lexsort((party, -total, ours))
    return order[np.concatenate([[True], ours[order][1:] != ours[order][:-1]])]


def listed_counts(path: Path, words: Any) -> tuple[dict[str, int], int]:
    """Canonical word -> number of listed organisations that bear it, for words of three or more; and how many organisations there are."""
    known, listed = lexicon(words), rows(path)
    bearers: dict[str, set[str]] = {}
    for row, spelled in zip(listed, spell([row["name"] for row in listed], known), strict=True):
        for word in spelled:
            bearers.setdefault(known.canonical(word), set()).add(row["entity_id"])
    return {word: len(who) for word, who in sorted(bearers.items()) if len(who) >= 3}, len({row["entity_id"] for row in listed})


class Data:
    """Everything that is trained on: pairs, their features, and which are right."""

    def __init__(self, folder: Path, counts: dict[str, int], firms: int, words: Any) -> None:
        self.queries, listed = rows(folder / "queries_dev.csv.gz"), rows(folder / "watchlist.csv.gz")
        table = pa.table({"party_id": [row["entity_id"] for row in listed], "name": [row["name"] for row in listed]})
        self.index = name_index.build(table, name_index.Knowledge(tuple(words), counts, firms, "{}"))
        ready = name_index.ready(self.index)
        memory = name_memory.Memory(ready)
        asked = name_pairs.ask([row["name"] for row in self.queries], memory)
        quick: dict[str, Any] = {}

        def gate(*pair: Any) -> Array:
            keep = name_pairs.quick_gate(*pair)
            quick["at"], quick["figures"] = (pair[2][keep], pair[3][keep]), {key: value[keep] for key, value in name_pairs.figures(*pair).items()}
            return keep

        self.ours, self.theirs, acronym = name_pairs.pairs(asked, memory, gate)
        found, _ = name_features.features(asked, memory, self.ours, self.theirs, acronym)
        self.names = [name for name in found if name not in ("whole_same", "only_places")]
        self.matrix = name_features.matrix(found, self.names)
        self.party = ready.arrays["party"][self.theirs]
        number = {party: n for n, party in enumerate(ready.texts["parties"].to_pylist())}
        self.truth = np.array([number.get(row["truth"], -1) for row in self.queries])
        self.right = (self.party == self.truth[self.ours]).astype(np.float64)
        self.group = np.array([row["group"] for row in self.queries])
        self.fold = np.array([zlib.crc32((row["truth"] or row["name"].upper()).encode()) % FOLDS for row in self.queries])
        listed_names = len(ready.arrays["party"])
        key, mine = quick["at"][0] * listed_names + quick["at"][1], self.ours * listed_names + self.theirs
        order = np.argsort(key)
        place = order[np.searchsorted(key[order], mine).clip(0, len(key) - 1)]
        self.from_product = key[place] == mine
        self.quick_names = list(quick["figures"])
        self.quick = name_features.matrix({name: value[place] for name, value in quick["figures"].items()}, self.quick_names)

    @property
    def weight(self) -> Array:
        """Real spellings and decoys count more: they are few, and what the matcher is for."""
        group = self.group[self.ours]
        return np.where(np.isin(group, REAL), 4.0, 1.0) * np.where(group == "neg_decoy", 2.0, 1.0)


def gate_of(data: Data, chance: Array) -> tuple[dict[str, Any], float, Array]:
    """The quick trees that say which pairs are compared at all: they keep all but a few in a thousand of the right pairs that would have been accepted."""
    use = np.flatnonzero(data.from_product)
    model = boost(data.quick[:, use], data.right[use], np.ones(len(use)), data.quick_names, GATE, SEED)
    total = trees(model).total(data.quick)
    matter = data.from_product & (data.right > 0) & (chance > 0.25)
    best = matter & np.isin(np.arange(len(chance)), first(data.ours, data.party, chance))
    above = float(np.quantile(total[best], 0.0025))
    return model, round(above, 4), (total >= above) | ~data.from_product


def cross(data: Data, keep: Array, settings: dict[str, Any] = MAIN) -> Array:
    """Sum for every kept pair by trees that saw neither the organisation nor the name; -99 elsewhere."""
    total = np.full(len(data.ours), -99.0)
    for fold in range(FOLDS):
        train = np.flatnonzero(keep & (data.fold[data.ours] != fold))
        test = np.flatnonzero(keep & (data.fold[data.ours] == fold))
        model = boost(data.matrix[:, train], data.right[train], data.weight[train], data.names, settings, SEED + fold)
        total[test] = trees(model).total(data.matrix[:, test])
    return total


def answers(data: Data, keep: Array, score: Array) -> list[tuple[str, str, float]]:
    """(query, party, score) of the best pair of each query."""
    parties = name_index.ready(data.index).texts["parties"].to_pylist()
    use = np.flatnonzero(keep)
    best = use[first(data.ours[use], data.party[use], score[use])]
    return [(data.queries[data.ours[n]]["qid"], parties[data.party[n]], float(score[n])) for n in best.tolist()]


def main() -> None:
    folder = Path(sys.argv[1])
    words = list(csv.DictReader((DATA / "name_words.csv").read_text("utf-8").splitlines(keepends=True)))
    stream = [row["name"] for row in rows(folder / "supplier_stream.csv.gz")]
    counts, (listed, parties) = counts_of(stream, words), listed_counts(folder / "watchlist.csv.gz", words)
    data = Data(folder, counts, len(stream), words)
    print(f"{len(data.queries):,} queries, {len(data.ours):,} pairs, {len(data.names)} features", flush=True)
    everything = np.ones(len(data.ours), bool)
    rough = cross(data, everything, {**MAIN, "count": 40, "rate": 0.3})
    gate, above, keep = gate_of(data, 1 / (1 + np.exp(-rough)))
    print(f"gate keeps {keep.sum():,} pairs, {keep.sum() / len(data.queries):.2f} per query", flush=True)
    total = cross(data, keep)
    use = np.flatnonzero(keep)
    best = use[first(data.ours[use], data.party[use], total[use])]
    curve = pooled(total[best], data.right[best])
    score = probability(total, curve)
    with open(sys.argv[2] if len(sys.argv) > 2 and not sys.argv[2].startswith("--") else "names-cv.csv", "w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["qid", "party_id", "score"])
        writer.writerows(answers(data, keep, score))
    if "--check" in sys.argv:
        return
    kept = np.flatnonzero(keep)
    model = boost(data.matrix[:, kept], data.right[kept], data.weight[kept], data.names, MAIN, SEED)
    text = {"about": "Trained by scripts/train_names.py; see docs/names.md.", "seed": SEED, "gate": gate, "gate_above": above, "pairs": model, "curve": curve, "bands": BANDS}
    (DATA / "name_model.json").write_text(json.dumps(text, separators=(",", ":")) + "\n", "utf-8")
    about = "Counts of words in names of suppliers of UK public bodies (council spending data, Open Government Licence v3) and of organisations on official lists; docs/names.md."
    (DATA / "name_counts.json").write_text(json.dumps({"about": about, "firms": len(stream), "counts": counts, "parties": parties, "listed": listed}, ensure_ascii=False, indent=0) + "\n", "utf-8")


if __name__ == "__main__":
    main()
