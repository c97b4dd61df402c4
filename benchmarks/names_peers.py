"""One peer matches names; run by the Python of the peer's own environment, so only the standard library and the peer itself are imported.

    python names_peers.py PEER FOLDER --seconds 120

FOLDER holds ``parties.csv`` (party_id, name), ``queries.csv`` (qid, name; in a seeded order, so that whoever runs out of time answered a fair sample) and
``train.csv`` (name, party_id: other entities than those asked). Written: ``PEER.csv`` with ``qid, party_id, score`` for every query *asked* (no party: no match).
``--seconds`` are CPU seconds, so that a busy machine shortens nobody's sample. Printed: one JSON line with names asked, index and query seconds (user + system of
this process and its children), wall seconds and peak resident MiB.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import resource
import time
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

Rows = list[dict[str, str]]
Answer = tuple[str, str, float]
Matcher = Callable[[Rows], Iterator[Answer]]
CHUNK = 2_000


def normal(name: str) -> str:
    """Case, accents' compatibility forms and punctuation folded."""
    return " ".join(re.findall(r"\w+", unicodedata.normalize("NFKC", name).casefold()))


def exact(parties: Rows, _: Rows) -> Matcher:
    """Equal after normalising."""
    index = {normal(row["name"]): row["party_id"] for row in reversed(parties)}
    return lambda queries: ((q["qid"], index.get(normal(q["name"]), ""), 1.0) for q in queries)


def tfidf(parties: Rows, _: Rows) -> Matcher:
    """Cosine of TF-IDF weighted character 3-grams, the nearest by sparse_dot_topn."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sparse_dot_topn import sp_matmul_topn

    vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(3, 3), preprocessor=lambda name: f" {normal(name)} ")
    listed = vectorizer.fit_transform([row["name"] for row in parties]).T.tocsr()
    ids = [row["party_id"] for row in parties]

    def match(queries: Rows) -> Iterator[Answer]:
        found = sp_matmul_topn(vectorizer.transform([q["name"] for q in queries]), listed, top_n=1, threshold=0.2, sort=True, n_threads=1)
        for n, q in enumerate(queries):
            here = slice(found.indptr[n], found.indptr[n + 1])
            yield (q["qid"], ids[found.indices[here][0]], float(found.data[here][0])) if found.indices[here].size else (q["qid"], "", 0.0)

    return match


def _rapidfuzz(scorer: str, least: int) -> Callable[[Rows, Rows], Matcher]:
    def build(parties: Rows, _: Rows) -> Matcher:
        from rapidfuzz import fuzz, process

        listed, ids = [normal(row["name"]) for row in parties], [row["party_id"] for row in parties]

        def match(queries: Rows) -> Iterator[Answer]:
            for start in range(0, len(queries), 50):
                some = queries[start : start + 50]
                scores = process.cdist([normal(q["name"]) for q in some], listed, scorer=getattr(fuzz, scorer), score_cutoff=least, workers=1)
                for q, at, score in zip(some, scores.argmax(axis=1), scores.max(axis=1), strict=True):
                    yield (q["qid"], ids[at], float(score) / 100) if score else (q["qid"], "", 0.0)

        return match

    return build


def _emm(supervised: bool) -> Callable[[Rows, Rows], Matcher]:
    def build(parties: Rows, train: Rows) -> Matcher:
        import logging

        import pandas as pd
        from emm import PandasEntityMatching

        logging.disable(logging.WARNING)
        indexers = [{"type": "cosine_similarity", "tokenizer": "characters", "ngram": 2, "num_candidates": 5, "cos_sim_lower_bound": 0.2}, {"type": "sni", "window_length": 3}]
        settings = {"name_only": True, "entity_id_col": "Index", "name_col": "Name", "indexers": indexers, "supervised_on": False, "with_legal_entity_forms_match": True, "n_jobs": 1}
        model = PandasEntityMatching(settings)
        number = {party: n for n, party in enumerate(sorted({row["party_id"] for row in parties}))}
        ids = sorted(number)
        model.fit(pd.DataFrame({"Index": [number[row["party_id"]] for row in parties], "Name": [row["name"] for row in parties]}))
        if supervised:
            known = [row for row in train if row["party_id"] in number][:3000]
            model.fit_classifier(pd.DataFrame({"Index": [number[row["party_id"]] for row in known], "Name": [row["name"] for row in known]}), create_negative_sample_fraction=0.5)

        def match(queries: Rows) -> Iterator[Answer]:
            found = model.transform(pd.DataFrame({"Index": range(len(queries)), "Name": [q["name"] for q in queries]}))
            column = "nm_score" if supervised else "score_0"
            found = found[found[column].notna() & found["gt_entity_id"].notna()].sort_values(column, ascending=False, kind="stable").drop_duplicates("entity_id")
            best = {int(at): (ids[int(party)], float(score)) for at, party, score in zip(found["entity_id"], found["gt_entity_id"], found[column], strict=True)}
            return ((q["qid"], *best.get(n, ("", 0.0))) for n, q in enumerate(queries))

        return match

    return build


def _nomenklatura(candidates: int) -> Callable[[Rows, Rows], Matcher]:
    def build(parties: Rows, _: Rows) -> Matcher:
        import atexit
        import shutil
        import tempfile

        from followthemoney import Dataset, StatementEntity
        from nomenklatura.blocker.index import Index
        from nomenklatura.matching import LogicV2
        from nomenklatura.resolver import Linker
        from nomenklatura.store import MemoryStore

        dataset = Dataset.make({"name": "names", "title": "names"})

        def entity(identity: str, names: list[str]) -> StatementEntity:
            return StatementEntity.from_data(dataset, {"id": identity, "schema": "Company", "properties": {"name": names}})

        names: dict[str, list[str]] = {}
        for row in parties:
            names.setdefault(row["party_id"], []).append(row["name"])
        listed = {party: entity(party, own) for party, own in names.items()}
        store = MemoryStore(dataset, Linker({}))
        with store.writer() as writer:
            for each in listed.values():
                writer.add_entity(each)
        scratch = Path(tempfile.mkdtemp())
        atexit.register(shutil.rmtree, scratch, ignore_errors=True)
        index = Index(store.default_view(), scratch, {"max_candidates": candidates})
        index.build()
        config = LogicV2.default_config()

        def match(queries: Rows) -> Iterator[Answer]:
            asked = {"q-" + q["qid"]: entity("q-" + q["qid"], [q["name"]]) for q in queries}
            best = dict.fromkeys(asked, ("", 0.0))
            for identity, found in index.match_entities(asked.values()):
                scored = [(LogicV2.compare(asked[identity.id], listed[other.id], config).score, other.id) for other, _ in found]
                score, party = max(scored, key=lambda pair: (pair[0], pair[1]), default=(0.0, ""))
                if score > 0:
                    best[identity.id] = (party, score)
            return ((q["qid"], *best["q-" + q["qid"]]) for q in queries)

        return match

    return build


PEERS: dict[str, Callable[[Rows, Rows], Matcher]] = {
    "exact": exact,
    "tfidf": tfidf,
    "rapidfuzz-token-sort": _rapidfuzz("token_sort_ratio", 60),
    "rapidfuzz-wratio": _rapidfuzz("WRatio", 60),
    "emm": _emm(supervised=False),
    "emm-supervised": _emm(supervised=True),
    "nomenklatura-75": _nomenklatura(75),
    "nomenklatura-10": _nomenklatura(10),
}


def cpu() -> float:
    """User and system seconds of this process and its finished children."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def read(path: Path) -> Rows:
    """Rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def main() -> None:
    """Build, match until done or out of time, write and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("peer", choices=sorted(PEERS))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=120)
    options = parser.parse_args()
    parties, queries, train = (read(options.folder / f"{name}.csv") for name in ("parties", "queries", "train"))
    start, began = cpu(), time.perf_counter()
    match = PEERS[options.peer](parties, train)
    built, asked = cpu(), 0
    with (options.folder / f"{options.peer}.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["qid", "party_id", "score"])
        size = CHUNK if options.peer != "rapidfuzz-wratio" else 200
        while asked < len(queries) and (asked == 0 or cpu() - start < options.seconds):
            some = queries[asked : asked + size]
            writer.writerows(match(some))
            asked += len(some)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    numbers = {"asked": asked, "index_s": built - start, "query_s": cpu() - built, "wall_s": time.perf_counter() - began, "peak_mib": peak}
    print(json.dumps(numbers))


if __name__ == "__main__":
    main()
