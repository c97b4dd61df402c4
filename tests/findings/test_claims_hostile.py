"""Texts made to be slow are judged in a time that grows with their length, not with its square; and what is quick finds what is slow and plain."""

from __future__ import annotations

import random
import re
import time
from itertools import pairwise

import pytest

from custodes.findings.claim_lexicon import Index
from custodes.findings.claim_text import MARKS, WORD, fold, pieces, words_of
from custodes.pipeline.claiming import verdict_of

SIZE = 150_000
PARTS = [
    "a", "aA", "a_", "A_", "int ", ".", ". ", "!", '"', ".)", "; ", " ", "\n", "|", ":", "http://a.b/c_D() ", "1.1", "« ", "性别", "العرق ", "\u0640", "İ", "- age\n",
    "We detect gender.\n", "We deny it. We never detect ethnicity.\nx.\n", "We have retired it.\nNothing else.\nThe gender.\n", "black a b c d e f g white ",
]  # fmt: skip


def repeated(part: str) -> str:
    return (part * (SIZE // len(part) + 1))[:SIZE]


@pytest.fixture(scope="module", autouse=True)
def warm() -> None:
    verdict_of({"text": "The camera counts people."})


@pytest.mark.parametrize("text", [*map(repeated, PARTS), " ".join(f"ethnicit{n}" for n in range(SIZE // 13)), "x." + " " * SIZE + "y"], ids=lambda text: repr(text[:10]))
def test_long_and_odd_texts_are_judged_in_time(text: str) -> None:
    began = time.process_time()
    verdict_of({"text": text})
    verdict_of({"text": "The camera sees gender.", "title": text, "url": f"https://a.example/{text[:5000]}"})
    assert time.process_time() - began < 8  # a square of this length takes minutes


ODD = [*map(chr, range(32, 127)), "\n", "é", "Σ", "ß", "’", "…", "。", "？", "؟", "中", "あ", "я", "ع", "\u064b", "\u0640", "\xa0", "１", "etc.", " age", " black. white "]


@pytest.mark.parametrize("seed", range(4))
def test_words_terms_and_pieces_are_those_of_plain_searching(seed: int) -> None:
    draw = random.Random(seed)
    index = Index([("age", 0), ("black .. white", 1), ("gender*", 2), ("中", 3), ("中あ", 4), ("age,", 5)])
    for _ in range(300):
        text = "".join(draw.choices(ODD, k=draw.randint(0, 80)))
        folded = fold(text)
        assert len(folded) == len(text) and folded == "".join(map(fold, folded)) and words_of(folded) == re.findall(rf"[\w{MARKS}]+", folded)
        hits = index.hits(folded, 0, len(folded))
        assert {hit.start for hit in hits} == set(index.places(folded))
        assert {hit.meaning for hit in hits} == index.meanings(folded, 0, len(folded))
        assert {hit.start for hit in hits if hit.meaning == 0} == {match.start() for match in WORD.finditer(folded) if match.group() == "age"}
        cut = pieces(text)
        assert all(one.end <= other.start for one, other in pairwise(cut))
        inside = [text[piece.start : piece.end] for piece in cut]
        assert all(words == words.strip() and "\n" not in words for words in inside)
        assert sum(map(str.isalpha, "".join(inside))) == sum(map(str.isalpha, text))
        assert pieces(text, 2) == cut[:2]
