"""The compiled loops of the matcher of names against plain definitions of the same thing."""

from __future__ import annotations

import itertools
import random
import string
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA, Indel, JaroWinkler

from custodes.findings import name_bytes, name_features, name_model, name_near, name_pairs, screening
from custodes.findings.name_learn import bones
from custodes.findings.name_memory import HEARD, SAME, SPLIT, TYPED, Memory
from custodes.findings.name_reasons import reasons
from custodes.findings.name_text import spell
from custodes.pipeline import tools

LISTED = [
    ("a", "Volna Optical Plant JSC"), ("a", "Volna"), ("b", "Northern Lantern Trading Company Limited"), ("c", "Karimov Brothers 44 Machine Works"), ("d", "Harbour Lights & Sons Ltd"),
    ("e", "Bureau of Radio Instruments"), ("f", "Brightwater Electronics GmbH"), ("g", "Al Sabah General Trading LLC"), ("h", "Brightwater Electronics Asia Pte. Ltd."),
]  # fmt: skip
WORDS = st.text(string.ascii_lowercase, min_size=1, max_size=12)
PIECES = st.sampled_from([word for _, name in LISTED for word in name.split()] + ["Ltd", "t/a", "c/o", "A", "B", "&", "44", "Volan", "Lantren", "UK", "joint", "stock", "company", "Société", "завод", "al"])
NAMES = st.lists(PIECES | WORDS, max_size=6).map(" ".join)


@pytest.fixture(scope="module")
def matcher() -> Any:
    return screening._matcher(tools.name_index([{"party_id": party, "name": name} for party, name in LISTED]))


@settings(max_examples=150, deadline=None)
@given(st.lists(NAMES | st.text(max_size=30), min_size=1, max_size=8))
def test_words_are_cut_as_the_plain_definition_says(matcher: Any, names: list[str]) -> None:
    words = name_bytes.Words(np.zeros(0, np.uint8), np.zeros(1, np.int64))
    cut = name_bytes.Cut(names, matcher.ready.known, matcher.ready.phrases, words)
    texts, ends = words.texts(), [0, *cut.token_end.tolist()]
    assert [[texts[n] for n in cut.token[i:j]] for i, j in itertools.pairwise(ends)] == spell(names, matcher.ready.known)


@settings(max_examples=60, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=20))
def test_skeletons_are_those_of_the_rules(words: list[str]) -> None:
    pool, begin = np.frombuffer("".join(words).encode(), np.uint8), np.cumsum([0, *map(len, words)])
    out, ends, spare = np.zeros(4 * len(pool) + 8, np.uint8), np.zeros(len(words), np.int64), [np.zeros(64, np.uint8) for _ in range(2)]
    bones(pool, begin, *spare, out, ends)
    found = [bytes(out[i:j]).decode() for i, j in zip([0, *ends.tolist()[:-1]], ends.tolist(), strict=True)]
    assert found == name_near.skeletons(words)


def like(ours: str, theirs: str, same_bone: bool, more: int) -> float:
    """How alike two words are: the rule in words of one syllable each."""
    long, short = max(len(ours), len(theirs)), min(len(ours), len(theirs))
    limit = (0 if short < 4 else 1 if long < 7 else 2 if long < 11 else 3) + more
    distance = OSA.distance(ours, theirs)
    letters = bin(sum({1 << (ord(c) & 63) for c in ours[:18]}) ^ sum({1 << (ord(c) & 63) for c in theirs[:18]})).count("1")
    if not 0 < distance <= limit or letters > 2 * limit or ours.isdigit() or theirs.isdigit():
        return 0.0
    value = 1 - 1.1 * (distance / long) - 0.06 * (ours[0] != theirs[0])
    value = max(value, 0.8 + 0.1 * (1 - distance / long)) if same_bone else value
    return value if value >= 0.55 else 0.0


def test_what_a_word_may_stand_for_is_what_comparing_it_with_every_listed_word_says(matcher: Any) -> None:
    chosen, ready = random.Random(7), matcher.ready
    asked = ["volna", "volan", "vollna", "lantren", "brightwatter", "karimof", "lanternvolna", "brightwatergmbh", "harbor", "elektroniks", "instr"]
    for word in ready.words * 3:
        at = chosen.randrange(len(word))
        asked.append(word[:at] + chosen.choice("abcdefgh") + word[at + chosen.randrange(2) :])
    memory = Memory(ready)
    cut = memory.cut(asked)
    memory.learn(cut.token)
    for number in set(cut.token.tolist()):
        word = memory.words[number]
        found = {ready.words[memory.place[e]]: (float(memory.like[e]), int(memory.how[e])) for e in range(memory.entry_begin[number], memory.entry_begin[number] + memory.entry_count[number])}
        for listed, (value, how) in found.items():
            bone = name_near.skeletons([word, listed])
            if how == TYPED:
                assert value == np.float32(like(word, listed, False, 0))
            elif how == HEARD:
                assert value == np.float32(like(word, listed, bone[0] == bone[1], 1))
            elif how == SAME:
                assert listed == ready.known.canonical(word) and value == 1
            elif how == SPLIT:
                assert listed in word or ready.known.canonical(word[: len(listed)]) == listed or value == np.float32(0.97)
        near = {listed: like(word, listed, False, 0) for listed in ready.words if OSA.distance(word, listed) == 1 and len(word) >= 4 and len(listed) >= 4}
        if len(found) < 8 and word not in ready.place and ready.known.canonical(word) == word and not word.isdigit():
            assert {listed for listed, value in near.items() if value} <= set(found)


@settings(max_examples=80, deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=6))
def test_letters_and_reasons_are_those_of_plain_code(matcher: Any, names: list[str]) -> None:
    asked = name_pairs.ask(names, matcher.memory)
    ours, theirs = (grid.ravel().astype(np.int64) for grid in np.meshgrid(np.arange(len(names)), np.arange(len(LISTED)), indexing="ij"))
    found, met = name_features.features(asked, matcher.memory, ours, theirs, np.zeros(len(ours), bool))
    compact, whole = matcher.ready.texts["compact"].to_pylist(), matcher.ready.texts["whole"].to_pylist()
    for n, (mine, other) in enumerate(zip(ours.tolist(), theirs.tolist(), strict=True)):
        core = "".join(asked.core(matcher.memory, mine))
        assert found["letters"][n] == np.float32(Indel.normalized_similarity(core, compact[other]))
        assert found["jaro"][n] == np.float32(JaroWinkler.normalized_similarity(core, compact[other]))
        assert bool(found["whole_same"][n]) == (asked.whole[mine] == whole[other])
        assert found["count_hit"][n] == (met.pair == n).sum()
        assert found["hit"][n] == pytest.approx(float((met.weight * met.like)[met.pair == n].sum()), abs=1e-4)
    chosen = np.arange(len(ours))[::-1].copy()
    assert name_features.told(met, found, chosen).to_pylist() == [reasons(met, n, found) for n in chosen.tolist()]


@settings(max_examples=100, deadline=None)
@given(st.text("abcde", max_size=90), st.text("abcde", max_size=90))
def test_long_texts_are_compared_as_rapidfuzz_does(matcher: Any, left: str, right: str) -> None:
    if not left or not right:
        return
    index = screening._matcher(tools.name_index([{"party_id": "p", "name": right}]))
    asked = name_pairs.ask([left], index.memory)
    found, _ = name_features.features(asked, index.memory, np.zeros(1, np.int64), np.zeros(1, np.int64), np.zeros(1, bool))
    core, listed = "".join(asked.core(index.memory, 0)), index.ready.texts["compact"][0].as_py()
    assert found["letters"][0] == np.float32(Indel.normalized_similarity(core, listed))
    assert found["jaro"][0] == np.float32(JaroWinkler.normalized_similarity(core, listed))


def _forest(chosen: random.Random, trees: int) -> dict[str, Any]:
    """Trees of any shape over five features, in the form of the model."""
    model: dict[str, Any] = {"features": list("abcde"), "bias": 0.25, "feature": [], "threshold": [], "left": [], "right": [], "value": [], "root": []}

    def grown(depth: int) -> int:
        if depth == 0 or chosen.random() < 0.2:
            model["value"].append(chosen.uniform(-1, 1))
            return -len(model["value"])
        n = len(model["feature"])
        model["feature"].append(chosen.randrange(5))
        model["threshold"].append(chosen.choice((0.0, -0.0, 0.5, -0.5, chosen.uniform(-2, 2))))
        for side in ("left", "right"):
            model[side].append(0)
        for side in ("left", "right"):
            model[side][n] = grown(depth - 1)
        return n

    model["root"] = [grown(5) for _ in range(trees)]
    return model


def _walked(model: dict[str, Any], row: list[float]) -> float:
    total = model["bias"]
    for n in model["root"]:
        while n >= 0:
            n = model["left" if row[model["feature"][n]] <= np.float32(model["threshold"][n]) else "right"][n]
        total += model["value"][-1 - n]
    return float(total)


@pytest.mark.parametrize("seed", range(6))
def test_trees_add_up_as_walking_them_does(seed: int) -> None:
    chosen = random.Random(seed)
    model = _forest(chosen, 30)
    rows = np.array([[chosen.choice((0.0, -0.0, 0.5, -0.5, np.inf, -np.inf, np.nan, chosen.uniform(-2, 2))) for _ in range(5)] for _ in range(150)], np.float32)
    expected = np.array([_walked(model, row) for row in rows])
    ready, column = name_model.trees(model), np.arange(5, dtype=np.int32)
    assert (ready.sums(rows, column) == expected).all()
    least = float(np.median(expected))
    short = ready.sums(rows, column, least)
    assert (short[expected >= least] == expected[expected >= least]).all()
    assert ((short == expected) | (short == -np.inf)).all() and (short == -np.inf).any()


def test_a_sum_sure_to_miss_misses() -> None:
    curve = [[-2.0, 0.01], [-1.0, 0.05], [0.0, 0.3], [2.0, 0.9]]
    for least in (0.0, 0.01, 0.02, 0.05, 0.06, 0.5, 0.95):
        limit = name_model.sure_to_miss(least, curve)
        assert (name_model.probability(np.array([x for x in np.linspace(-3, 3, 200) if x < limit]), curve) < least).all()
    assert name_model.sure_to_miss(0.01, curve) == -np.inf and name_model.sure_to_miss(0.06, curve) == -1.0


def test_forgetting_changes_no_answer() -> None:
    index = tools.name_index([{"party_id": party, "name": name} for party, name in LISTED])
    matcher = screening._matcher(index)
    names = [f"{name} {extra}" for _, name in LISTED for extra in ("", "Holdings", "of Leeds", "xyzzy")]
    batches = [pa.record_batch({"id": [str(n)], "name": [name]}) for n, name in enumerate(names)]
    before = [batch.to_pylist() for batch in screening.screen(batches, index)]
    matcher.memory.limit = 1
    assert [batch.to_pylist() for batch in screening.screen(batches, index)] == before
    assert matcher.memory.table.count <= matcher.ready.vocabulary.known + 8
