"""Claims: the detector against keyword lists and TF-IDF with logistic regression, on the same folds; and pages per second.

Quality is cross-validated by site as in ``scripts/measure_claims.py`` (text alone and with address and title). The TF-IDF peer (scikit-learn) runs in an
environment of its own and sees the very same text: the words, and in the second setting title and address as further words.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

ENGLISH = ("ethnicity", "race", "gender", "age", "emotion", "religion", "nationality", "skin colour", "skin color", "demographic")
FILLER = "The housing is made of aluminium and weighs 850 grams. Delivery takes two days. Settings are kept when the power fails.\n"
Row = dict[str, object]

PEER = r"""
import json, sys
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union
job = json.load(sys.stdin)
said = [False] * len(job["texts"])
for fold in job["folds"]:
    out = set(fold)
    kept = [at for at in range(len(said)) if at not in out]
    union = make_union(TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True), TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 3), min_df=2, sublinear_tf=True))
    model = make_pipeline(union, LogisticRegression(C=10, class_weight="balanced", max_iter=2000, random_state=0))
    model.fit([job["texts"][at] for at in kept] + job["more"], [job["labels"][at] for at in kept] + job["more_labels"])
    for at, answer in zip(fold, model.predict([job["texts"][at] for at in fold])):
        said[at] = bool(answer)
print(json.dumps(said))
"""


def run(labelled: Path, python: str = "") -> list[Row]:
    """One row per detector and setting; ``python``: an interpreter with scikit-learn, '' to skip that peer."""
    import measure_claims as measure

    rows = measure.rows_of([labelled])
    bare, full = measure.predicted(rows)
    found = [_row("custodes, text alone", rows, [v.positive for v in bare]), _row("custodes, with address and title", rows, [v.positive for v in full])]
    found += _keywords(rows)
    if python:
        found += [_row(f"TF-IDF + logistic regression, {name}", rows, _peer(rows, python, whole)) for name, whole in (("text alone", False), ("with address and title", True))]
    return [*found, *_speed()]


def _row(name: str, rows: Sequence[Any], said: Sequence[bool]) -> Row:
    pairs = [(row["label"] == "positive", bool(answer)) for row, answer in zip(rows, said, strict=True)]
    hit, false, missed = pairs.count((True, True)), pairs.count((False, True)), pairs.count((True, False))
    return {
        "detector": name, "precision": round(hit / max(hit + false, 1), 3), "recall": round(hit / max(hit + missed, 1), 3),
        "F1": round(2 * hit / max(2 * hit + false + missed, 1), 3), "pages per CPU second": "",
    }  # fmt: skip


def _keywords(rows: Sequence[Any]) -> list[Row]:
    """Keyword lists: ten English words; our own sure words of all languages; the same where speaker, or speaker and stance, are known for certain."""
    from train_claims import table

    from custodes.findings.claim_lexicon import Index, terms_of
    from custodes.findings.claim_text import fold

    words = [(term, 0) for row in table("claim_words") if row["strength"] == "sure" and row["capability"] != "face_recognition" for term in terms_of(row)]
    index = Index(words)
    english = [any(word in row["text"].lower() for word in ENGLISH) for row in rows]
    ours = [bool(index.hits(fold(row["text"]), 0, len(row["text"]))) for row in rows]
    sold = [row["speaker"] in ("vendor", "partner", "reseller") for row in rows]
    offered = [row["stance"] in ("markets", "documents") for row in rows]
    return [
        _row("keywords, English", rows, english),
        _row("keywords, 15 languages", rows, ours),
        _row("keywords, true speaker given", rows, [a and b for a, b in zip(ours, sold, strict=True)]),
        _row("keywords, true speaker and stance given", rows, [a and b and c for a, b, c in zip(ours, sold, offered, strict=True)]),
    ]


def _peer(rows: Sequence[Any], python: str, whole: bool) -> list[bool]:
    import measure_claims as measure

    def text(row: Any) -> str:
        return "\n".join([row["text"], *([row.get("title") or "", (row.get("url") or "").replace("/", " ").replace("-", " ")] if whole else [])])

    more = list(measure.rows_of([measure.EXAMPLES]))
    labels = [row["speaker"] in ("vendor", "partner", "reseller") and row["stance"] in ("markets", "documents") for row in more]
    job = {
        "texts": [text(row) for row in rows], "labels": [row["label"] == "positive" for row in rows], "folds": measure.folds(rows),
        "more": [text(row) for row in more], "more_labels": labels,
    }  # fmt: skip
    done = subprocess.run([python, "-c", PEER], input=json.dumps(job), capture_output=True, text=True, check=True)
    answer: list[bool] = json.loads(done.stdout)
    return answer


def _speed() -> list[Row]:
    """Judging alone, one core: texts of 8,000 letters without any claim and with one, and short texts."""
    from custodes.pipeline.claiming import verdict_of

    claim = "Our cameras estimate the ethnicity and age of every visitor.\n"
    plain = FILLER * 66
    cases = {"8,000 letters, no claim": plain, "8,000 letters, one claim": plain[:4000] + "\n" + claim + plain[4000:], "two sentences": claim + FILLER}
    found: list[Row] = []
    for name, text in cases.items():
        pages = [{"id": str(n), "text": f"{text}{n}"} for n in range(300)]
        verdict_of(pages[0])
        best = min(_seconds(pages) for _ in range(3))
        found.append({"detector": f"speed: {name}", "pages per CPU second": round(len(pages) / best)})
    return found


def _seconds(pages: Sequence[Any]) -> float:
    from custodes.pipeline.claiming import verdict_of

    start = time.process_time()
    for page in pages:
        verdict_of(page)
    return time.process_time() - start


if __name__ == "__main__":
    for line in run(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""):
        print(line)
