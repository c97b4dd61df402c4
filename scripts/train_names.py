"""Train the matcher of names: writes src/custodes/data/name_model.json and name_counts.json.

    python scripts/train_names.py FOLDER [ANSWERS.csv] [--check]

FOLDER holds watchlist.csv.gz, queries_dev.csv.gz and supplier_stream.csv.gz (docs/names.md says where they come from). Only counts of words and the numbers of
the model are written, no name. The seed is fixed and one thread works: the same input gives the same files. ``--check`` only cross-validates.

Everything that is measured is cross-validated by organisation: for the names of one part of five, the trees, the gate and the counts of ordinary words come from the
other four. ANSWERS.csv gets the best answer of each name as shipped (after the rules of ``name_rules``) and, in columns of its own, by the bare trees.
"""

from __future__ import annotations

import csv
import gzip
import json
import sys
import zlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pyarrow as pa

from custodes.findings import name_index, name_memory, name_more, name_pairs
from custodes.findings.name_model import probability, trees
from custodes.findings.name_rules import ruled
from custodes.findings.name_text import lexicon, spell

DATA = Path(__file__).parent.parent / "src" / "custodes" / "data"
SEED, FOLDS = 20261123, 5
ALIKE = {"objective": "binary", "bagging_freq": 1, "max_bin": 127, "verbose": -1, "deterministic": True, "force_row_wise": True, "num_threads": 1, "seed": SEED, "use_missing": False}
MAIN = ALIKE | {"num_trees": 200, "num_leaves": 31, "max_depth": 8, "learning_rate": 0.085, "min_data_in_leaf": 20, "lambda_l2": 5.0, "feature_fraction": 0.4, "bagging_fraction": 0.75}
GATE = ALIKE | {"num_trees": 24, "num_leaves": 15, "max_depth": 5, "learning_rate": 0.2, "min_data_in_leaf": 50, "lambda_l2": 5.0}
LOST = 0.005
"""Share of the right pairs that the gate may drop; nearly all of them are pairs that nobody could tell."""

BANDS = [["strong", 0.97], ["possible", 0.6], ["weak", 0.3]]
REAL = ("alias_near", "supplier_real")
Array = np.ndarray[Any, Any]


def rows(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def part_of(text: str) -> int:
    return zlib.crc32(text.encode()) % FOLDS


def counted(sets: Iterable[set[str]]) -> dict[str, int]:
    """Word -> number of names that bear it, for words of three names or more."""
    found = Counter[str]()
    for words in sets:
        found.update(words)
    return {word: count for word, count in sorted(found.items()) if count >= 3}


def listed_counts(listed: list[dict[str, str]], known: Any) -> dict[str, int]:
    """Canonical word -> number of listed organisations that bear it, for words of three or more."""
    bearers: dict[str, set[str]] = {}
    for row, spelled in zip(listed, spell([row["name"] for row in listed], known), strict=True):
        for word in spelled:
            bearers.setdefault(known.canonical(word), set()).add(row["entity_id"])
    return {word: len(who) for word, who in sorted(bearers.items()) if len(who) >= 3}


@dataclass
class Part:
    """The names of one part, taken apart with counts of words that do not know them: which names, their pairs of shared words, what the gate sees, what is right."""

    at: Array
    asked: Any
    memory: Any
    sets: tuple[Array, Array]
    pairs: tuple[Array, Array]
    seen: Array
    right: Array


@dataclass
class Pairs:
    """Pairs with their features (one row each): number of the name, of the party, is it the right one?"""

    ours: Array
    party: Array
    right: Array
    rows: Array
    names: list[str]


class Data:
    """What is trained on."""

    def __init__(self, folder: Path) -> None:
        self.words = list(csv.DictReader((DATA / "name_words.csv").read_text("utf-8").splitlines(keepends=True)))
        known = lexicon(self.words)
        self.queries, listed = rows(folder / "queries_dev.csv.gz"), rows(folder / "watchlist.csv.gz")
        self.table = pa.table({"party_id": [row["entity_id"] for row in listed], "name": [row["name"] for row in listed]})
        stream = [row["name"] for row in rows(folder / "supplier_stream.csv.gz")]
        self.sets = [{known.canonical(word) for word in spelled} for spelled in spell(stream, known)]
        self.stream_part = np.array([part_of(name.upper()) for name in stream])
        self.listed, self.parties = listed_counts(listed, known), len({row["entity_id"] for row in listed})
        self.part = np.array([part_of(row["truth"] or row["name"].upper()) for row in self.queries])
        self.group = np.array([row["group"] for row in self.queries])
        self.ids = sorted({row["entity_id"] for row in listed})
        number = {party: n for n, party in enumerate(self.ids)}
        self.truth = np.array([number.get(row["truth"], -1) for row in self.queries])
        self.parts = [self._part(n) for n in range(FOLDS)]

    def counts(self, without: int = -1) -> dict[str, int]:
        """Counts of words of ordinary firms, without the names of one part."""
        return counted(words for words, part in zip(self.sets, self.stream_part.tolist(), strict=True) if part != without)

    def _part(self, number: int) -> Part:
        firms = int((self.stream_part != number).sum())
        index = name_index.build(self.table, name_index.Knowledge(tuple(self.words), self.counts(number), firms, "{}", self.listed, self.parties))
        memory, at, seen = name_memory.Memory(name_index.ready(index)), np.flatnonzero(self.part == number), []

        def gate(ours: Array, theirs: Array, figure: Array) -> Array:
            seen.append((ours.copy(), theirs.copy(), figure.copy()))
            return np.ones(len(ours), bool)

        asked = name_pairs.ask([self.queries[n]["name"] for n in at.tolist()], memory)
        name_pairs.pairs(asked, memory, gate)
        ours, theirs, figure = seen[0]
        return Part(at, asked, memory, name_more.word_sets(memory.ready), (ours, theirs), figure, memory.ready.arrays["party"][theirs] == self.truth[at][ours])

    def weighed(self, passed: list[Array]) -> Pairs:
        """The features of all pairs that passed the gate, part by part."""
        found = []
        for part, keep in zip(self.parts, passed, strict=True):
            picked = name_pairs.pairs(part.asked, part.memory, lambda ours, theirs, figure, keep=keep: keep)
            ours, theirs, acronym = name_more.with_same_words(part.asked, part.memory, picked, part.sets)
            features, _ = name_more.features(part.asked, part.memory, ours, theirs, acronym)
            party = part.memory.ready.arrays["party"][theirs]
            found.append((part.at[ours], party, party == self.truth[part.at[ours]], np.stack([np.asarray(value, np.float32) for value in features.values()], 1)))
        return Pairs(*(np.concatenate(column) for column in zip(*found, strict=True)), list(features))

    def weight(self, ours: Array) -> Array:
        """Real spellings and decoys count more: they are few, and what the matcher is for."""
        group = self.group[ours]
        return np.where(np.isin(group, REAL), 6.0, 1.0) * np.where(group == "neg_decoy", 2.0, 1.0)


def boost(matrix: Array, right: Array, weight: Array | None, names: list[str], settings: dict[str, Any]) -> dict[str, Any]:
    """Gradient-boosted trees by LightGBM, as plain numbers (the form is that of :func:`name_model.trees`)."""
    data = lightgbm.Dataset(matrix, right.astype(np.float64), weight=weight, feature_name=names, free_raw_data=False)
    grown = lightgbm.train(settings, data).dump_model()["tree_info"]
    found: dict[str, Any] = {"features": names, "bias": 0.0, "feature": [], "threshold": [], "left": [], "right": [], "value": [], "root": []}

    def add(node: dict[str, Any]) -> int:
        if "split_feature" not in node:
            found["value"].append(round(node["leaf_value"], 4))
            return -len(found["value"])
        here = len(found["feature"])
        found["feature"].append(node["split_feature"])
        found["threshold"].append(below(node["threshold"]))
        found["left"].append(0)
        found["right"].append(0)
        found["left"][here], found["right"][here] = add(node["left_child"]), add(node["right_child"])
        return here

    found["root"] = [add(tree["tree_structure"]) for tree in grown]
    return found


def below(threshold: float) -> float:
    """The greatest float32 that is not above a threshold: features are float32, so the question stays the same."""
    near = np.float32(threshold)
    return float(str(near if float(near) <= threshold else np.nextafter(near, np.float32(-np.inf))))


def gates(data: Data) -> tuple[dict[str, Any], float, list[Array]]:
    """The quick trees that say which pairs are weighed at all: for shipping, from which sum, and what passes in each part by trees that did not see it."""
    names = list(name_pairs.SEEN)
    totals = [trees(boost(*_all(data, n), None, names, GATE)).sums(part.seen, np.arange(len(names), dtype=np.int32)) for n, part in enumerate(data.parts)]
    best: list[float] = []
    for part, total in zip(data.parts, totals, strict=True):
        found = np.full(len(part.at), -np.inf)
        np.maximum.at(found, part.pairs[0][part.right], total[part.right])
        best += found[found > -np.inf].tolist()
    above = round(float(np.quantile(best, LOST)), 4)
    return boost(*_all(data), None, names, GATE), above, [total >= above for total in totals]


def _all(data: Data, without: int = -1) -> tuple[Array, Array]:
    chosen = [part for n, part in enumerate(data.parts) if n != without]
    return np.concatenate([part.seen for part in chosen]), np.concatenate([part.right for part in chosen])


def cross(data: Data, pairs: Pairs) -> Array:
    """Sum for every pair by trees that saw neither the organisation nor the name."""
    total, part, column = np.zeros(len(pairs.ours)), data.part[pairs.ours], np.arange(len(pairs.names), dtype=np.int32)
    for number in range(FOLDS):
        train, test = np.flatnonzero(part != number), np.flatnonzero(part == number)
        model = boost(pairs.rows[train], pairs.right[train], data.weight(pairs.ours[train]), pairs.names, MAIN)
        total[test] = trees(model).sums(np.ascontiguousarray(pairs.rows[test]), column)
    return total


def first(ours: Array, party: Array, total: Array) -> Array:
    """The best pair of each name, ties by party."""
    order = np.lexsort((party, -total, ours))
    return order[np.concatenate([[True], ours[order][1:] != ours[order][:-1]])]


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


def write_answers(path: Path, data: Data, pairs: Pairs, bare: Array, shipped: Array) -> None:
    """The best pair of each name as shipped and by the bare trees."""
    best: Callable[[Array], dict[int, int]] = lambda score: {int(pairs.ours[n]): n for n in first(pairs.ours, pairs.party, score).tolist()}  # noqa: E731
    plain = best(bare)
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["qid", "party_id", "score", "bare_party_id", "bare_score"])
        for name, n in sorted(best(shipped).items()):
            other = plain[name]
            writer.writerow([data.queries[name]["qid"], data.ids[pairs.party[n]], float(shipped[n]), data.ids[pairs.party[other]], float(bare[other])])


def main() -> None:
    folder, options = Path(sys.argv[1]), [each for each in sys.argv[2:] if not each.startswith("--")]
    data = Data(folder)
    gate, above, passed = gates(data)
    pairs = data.weighed(passed)
    print(f"{len(data.queries):,} names, {sum(len(part.seen) for part in data.parts):,} pairs of shared words, {len(pairs.ours):,} weighed, {len(pairs.names)} features", flush=True)
    total = cross(data, pairs)
    best = first(pairs.ours, pairs.party, total)
    curve = pooled(total[best], pairs.right[best])
    bare = probability(total, curve)
    write_answers(Path(options[0] if options else "names-cv.csv"), data, pairs, bare, ruled(bare, dict(zip(pairs.names, pairs.rows.T, strict=True))))
    if "--check" in sys.argv:
        return
    model = boost(pairs.rows, pairs.right, data.weight(pairs.ours), pairs.names, MAIN)
    text = {"about": "Trained by scripts/train_names.py; see docs/names.md.", "seed": SEED, "gate": gate, "gate_above": above, "pairs": model, "curve": curve, "bands": BANDS}
    (DATA / "name_model.json").write_text(json.dumps(text, separators=(",", ":")) + "\n", "utf-8")
    about = "Counts of words in names of suppliers of UK public bodies (council spending data, Open Government Licence v3) and of organisations on official lists; docs/names.md."
    counts = {"about": about, "firms": len(data.sets), "counts": data.counts(), "parties": data.parties, "listed": data.listed}
    (DATA / "name_counts.json").write_text(json.dumps(counts, ensure_ascii=False, indent=0) + "\n", "utf-8")


if __name__ == "__main__":
    main()
