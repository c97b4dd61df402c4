"""Clustering entries of lists: 50,000 parties that repeat with varied names, against exact names and string_grouper (TF-IDF of letters, sparse_dot_topn).

The organisations are invented (names_generate.py): each stands on one to five lists, under its name, in other capitals, without its legal form, misspelt, cut off, and
three in ten with a LEI. Which entries are one organisation is known, so precision and recall are over pairs of entries.
"""

from __future__ import annotations

import csv
import os
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from measure import OUT, measured, peers, table
from names_generate import distinct, misspelt

LISTS = 5
GROUPER = """
import csv, sys
import pandas as pd
from string_grouper import group_similar_strings
rows = [row for name in sys.argv[2:] for row in csv.DictReader(open(name, encoding="utf-8"))]
found = group_similar_strings(pd.Series([row["name"] for row in rows]), min_similarity=0.8, ignore_index=True)
found = found.iloc[:, -1] if hasattr(found, "iloc") and found.ndim > 1 else found
with open(sys.argv[1], "w", encoding="utf-8", newline="") as out:
    write = csv.writer(out)
    write.writerow(["party_id", "cluster_id"])
    write.writerows([row["party_id"], str(each)] for row, each in zip(rows, found))
"""


def write_lists(folder: Path, parties: int, seed: int = 7) -> dict[str, str]:
    """``parties`` entries on :data:`LISTS` lists, as CSV files; entry -> organisation."""
    random = np.random.default_rng(seed)
    names = distinct(parties, seed)
    wrong, plain = misspelt(names, seed).to_pylist(), names.to_pylist()
    truth: dict[str, str] = {}
    files = [(folder / f"list{n}.csv").open("w", encoding="utf-8", newline="") for n in range(LISTS)]
    writers = [csv.writer(file) for file in files]
    for each in writers:
        each.writerow(["party_id", "name", "country", "lei"])
    organisation = 0
    while len(truth) < parties:
        on = random.choice(LISTS, size=int(random.integers(1, LISTS + 1)), replace=False)
        lei = _lei(organisation) if random.random() < 0.3 else ""
        for n in sorted(on.tolist()):
            how = random.random()
            name = plain[organisation] if how < 0.55 else plain[organisation].swapcase() if how < 0.7 else wrong[organisation] if how < 0.85 else _shorter(plain[organisation])
            id = f"L{n}-{organisation:06d}"
            truth[id] = str(organisation)
            writers[n].writerow([id, name, "", lei if random.random() < 0.8 else ""])
        organisation += 1
    for file in files:
        file.close()
    return truth


def _lei(number: int) -> str:
    body = f"5299{number:014d}00"
    digits = int("".join(str(int(letter, 36)) for letter in body))
    return f"{body[:18]}{98 - digits % 97:02d}"


def _shorter(name: str) -> str:
    words = name.split()
    return " ".join(words[:-1]) if len(words) > 2 else name


def judged(truth: dict[str, str], cluster: dict[str, str]) -> dict[str, object]:
    """Precision, recall and F1 over pairs of entries."""
    both = _pairs(Counter((truth[id], cluster.get(id, id)) for id in truth).values())
    ours, theirs = _pairs(Counter(cluster.get(id, id) for id in truth).values()), _pairs(Counter(truth.values()).values())
    precision, recall = both / max(ours, 1), both / max(theirs, 1)
    return {"P": f"{precision:.4f}", "R": f"{recall:.4f}", "F1": f"{2 * precision * recall / max(precision + recall, 1e-9):.4f}", "clusters": len({cluster.get(id, id) for id in truth})}


def _pairs(sizes: Iterable[int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes)


def _read(path: Path) -> dict[str, str]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["party_id"]: row["cluster_id"] for row in csv.DictReader(file)}


def _exact(files: list[str]) -> dict[str, str]:
    """Entries whose names are the same in lower case, letters and digits only."""
    found: dict[str, str] = defaultdict(str)
    for name in files:
        with Path(name).open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                found[row["party_id"]] = re.sub(r"\W+", "", row["name"].casefold())
    return dict(found)


def _timed(name: str, entries: int, command: list[str]) -> tuple[dict[str, object], int, str]:
    """A line with wall and processor seconds and memory of a command, its exit code and what it printed."""
    before = os.times()
    done = measured(command)
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return {"clustering": name, "entries": entries, "s": round(done.seconds, 1), "CPU s": round(spent, 1), "peak MiB": round(done.peak_mib)}, done.code, done.printed


def run(parties: int = 50_000) -> list[dict[str, object]]:
    """One row per way of clustering."""
    folder = OUT / "clusters"
    folder.mkdir(parents=True, exist_ok=True)
    truth = write_lists(folder, parties)
    files = [str(folder / f"list{n}.csv") for n in range(LISTS)]
    command = str(Path(sys.executable).parent / "custodes")
    line, _, _ = _timed("custodes cluster", len(truth), [command, "cluster", *files, "-o", str(folder / "ours.csv"), "-q"])
    rows = [{**line, **judged(truth, _read(folder / "ours.csv"))}]
    python, why = peers("string-grouper")
    if python:
        (folder / "grouper.py").write_text(GROUPER, encoding="utf-8")
        line, code, said = _timed("string_grouper 0.8", len(truth), [str(python), str(folder / "grouper.py"), str(folder / "grouper.csv"), *files])
        rows.append({**line, **judged(truth, _read(folder / "grouper.csv"))} if code == 0 else {**line, "note": (said.strip().splitlines() or ["failed"])[-1][:120]})
    else:
        rows.append({"clustering": "string_grouper", "note": f"skipped: {why}"})
    rows.append({"clustering": "exact names", "entries": len(truth), **judged(truth, _exact(files))})
    return rows


if __name__ == "__main__":
    print(table(run(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000)))
