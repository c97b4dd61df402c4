"""Names: our matcher against exact, TF-IDF + sparse_dot_topn, rapidfuzz, ING's EMM and nomenklatura on the same labelled names in one run.

    python benchmarks/bench_names.py [--seconds 60] [--only custodes,tfidf]

Each peer lives in a virtual environment of its own (made here, under bench-out/peers-*; skipped with a reason when it cannot be had), runs in a process of its own
with one thread and a budget of CPU seconds, and answers the same queries in the same order; whoever runs out of time is judged on what was asked. A quarter of the entities is set
apart for those who train; nobody is asked about them. Our own weights were trained on queries of this file: the honest numbers for ours are those of
cross-validation by entity, which the training script prints, so both are in docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import names_data
import names_measure
from measure import OUT, table

HERE = Path(__file__).resolve().parent
FOLDER = OUT / "names"
LABELS = HERE.parent / "tests" / "findings" / "labels" / "names_adjudication.csv"
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "POLARS_MAX_THREADS", "RAYON_NUM_THREADS"), "1")
PEERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "exact": ("", ()),
    "tfidf": ("tfidf", ("sparse_dot_topn", "scikit-learn")),
    "rapidfuzz-token-sort": ("rapidfuzz", ("rapidfuzz", "numpy")),
    "rapidfuzz-wratio": ("rapidfuzz", ("rapidfuzz", "numpy")),
    "emm": ("emm", ("emm",)),
    "emm-supervised": ("emm", ("emm",)),
    "nomenklatura-75": ("nomenklatura", ("nomenklatura",)),
    "nomenklatura-10": ("nomenklatura", ("nomenklatura",)),
}
"""Name in names_peers.py: the environment it lives in ('' for this one) and what is installed there."""


def environment(name: str, packages: tuple[str, ...]) -> tuple[Path | None, str]:
    """(python of the venv that holds the packages, '') or (None, why not)."""
    if not name:
        return Path(sys.executable), ""
    folder = OUT / f"peers-{name}"
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    done = subprocess.run([str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *packages], capture_output=True, text=True)
    return (python, "") if done.returncode == 0 else (None, (done.stderr.strip().splitlines() or ["cannot be installed"])[-1][:200])


def said(command: list[str], timeout: float) -> tuple[dict[str, Any] | None, str]:
    """(the JSON line a process printed last, '') or (None, why there is none)."""
    try:
        done = subprocess.run(command, cwd=HERE, env={**os.environ, **ONE_THREAD}, capture_output=True, text=True, timeout=timeout)
    except subprocess.TimeoutExpired:
        return None, f"not done after {timeout:.0f} s"
    if done.returncode:
        return None, (done.stderr.strip().splitlines() or ["failed"])[-1][:200]
    return json.loads(done.stdout.strip().splitlines()[-1]), ""


def row(name: str, numbers: dict[str, Any], found: dict[str, Any]) -> dict[str, object]:
    """One line of the table."""
    best, fixed, real = found["best"], found["at_recall"], found["real_best"]
    return {
        "matcher": name,
        "asked": numbers["asked"],
        "names/CPU-s": round(numbers["asked"] / max(numbers["query_s"], 1e-9)),
        "index s": round(numbers["index_s"], 1),
        "peak MiB": round(numbers["peak_mib"]),
        "F1": f"{best['f1']:.3f}",
        "P": f"{best['precision']:.3f}",
        "R": f"{best['recall']:.3f}",
        "P at R .90": f"{fixed['precision']:.3f}" if fixed else "never",
        "false alerts /10k": round(fixed["false_alerts_per_10000"]) if fixed else "-",
        "decoys": f"{fixed['decoys_accepted']:.3f}" if fixed else "-",
        "hard recall": f"{fixed['hard_recall']:.3f}" if fixed else "-",
        "real F1": f"{real['f1']:.3f}" if real else "-",
        "note": "",
    }


def judged(name: str, asked: list[dict[str, str]], folder: Path, adjudicated: bool = False) -> dict[str, Any]:
    """All measures of the answers a matcher left in the folder, over the queries it was asked; kept beside them as JSON."""
    answers = names_measure.read_answers(folder / f"{name}.csv")
    rows = names_measure.judge([q for q in asked if adjudicated or q["qid"] in answers], answers)
    verdicts = names_measure.adjudicated(LABELS, rows) if adjudicated and LABELS.exists() else {}
    found = names_measure.measures(rows, verdicts)
    (folder / f"{name}.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return found


def ours(asked: list[dict[str, str]], folder: Path) -> list[dict[str, object]]:
    """Our own line, cold, and what warm and index time are."""
    numbers, why = said([sys.executable, "names_ours.py", str(folder), "parties.csv", "queries.csv", "others.csv"], 600)
    if numbers is None:
        return [{"matcher": "custodes", "note": why}]
    found = judged("custodes", asked, folder, adjudicated=True)
    (folder / "custodes-times.json").write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")
    warm, other = numbers["asked"] / numbers["warm_s"], numbers["others"] / numbers["other_s"]
    return [{**row("custodes", {**numbers, "query_s": numbers["cold_s"]}, found), "note": f"same names again {warm:,.0f}/s, other names later {other:,.0f}/s; trained on this file"}]


def peer(name: str, asked: list[dict[str, str]], folder: Path, seconds: float) -> dict[str, object]:
    """One peer's line, or why there is none."""
    home, packages = PEERS[name]
    python, why = environment(home, packages)
    if python is None:
        return {"matcher": name, "note": f"skipped: {why}"}
    numbers, why = said([str(python), "names_peers.py", name, str(folder), "--seconds", str(seconds)], seconds * 6 + 300)
    return row(name, numbers, judged(name, asked, folder)) if numbers else {"matcher": name, "note": f"failed: {why}"}


def run(seconds: float = 60, only: tuple[str, ...] = (), data: Path = names_measure.DATA) -> list[dict[str, object]]:
    """Every matcher in one run."""
    if not data.is_dir():
        return [{"matcher": "custodes", "note": "skipped: the shared data folder is not beside this checkout"}]
    asked = names_data.prepare(FOLDER, data)
    rows = ours(asked, FOLDER) if not only or "custodes" in only else []
    return rows + [peer(name, asked, FOLDER, seconds) for name in PEERS if not only or name in only]


def benches(large: bool) -> list[tuple[str, Callable[[], list[dict[str, object]]]]]:
    """What ``make bench`` runs about names, and what ``make show`` adds."""
    import names_scale

    rest = [("names: growth", names_scale.growth), ("names: payments", names_scale.payments), ("names: engines", names_scale.engines)] if large else []
    return [("names", lambda: run(120 if large else 60)), *rest]


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    print(table(run(options.seconds, tuple(options.only.split(",")) if options.only else ())))


if __name__ == "__main__":
    main()
