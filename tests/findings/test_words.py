"""Every line of the fact tables matches what it says it matches, and nothing it says it must not."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from custodes.findings.compiled import Compiled, Word, compiled
from custodes.findings.names import normalise, org_name
from custodes.findings.products import Setting
from custodes.findings.rules import RULES
from custodes.findings.surveillance import in_context, of_equipment
from custodes.findings.text import fold, loose
from custodes.findings.watchlist import Watchlist

Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def known(watchlist: Watchlist) -> Compiled:
    return compiled(watchlist)


def _counts(word: Word, line: str, known: Compiled) -> bool:
    """Does the word count in a description that is just this line?"""
    text = fold(line)
    setting = Setting(in_context("", text, (), known), of_equipment(text, known))
    plain = known.not_these.sub(" ¦ ", text) if known.not_these else text
    return bool(word.pattern.search(plain)) and setting.allows(word)


def _lines(row: dict[str, str], column: str) -> list[str]:
    return row[column].split(" ; ")


def _word(row: dict[str, str]) -> Word:
    return Word(re.compile(row["pattern"]), row["maker_id"], row["brand"], row["word"], row["kind"], needs=row["needs"])


def test_words_match_their_lines(facts: dict[str, Rows], known: Compiled) -> None:
    wrong = [(row["word"], line) for row in facts["words"] for line in _lines(row, "must_match") if not _counts(_word(row), line, known)]
    assert not wrong


def test_words_leave_the_innocent_alone(facts: dict[str, Rows], known: Compiled) -> None:
    wrong = [(row["word"], line) for row in facts["words"] for line in _lines(row, "must_not_match") if _counts(_word(row), line, known)]
    assert not wrong


def test_surveillance_words_match_their_lines(facts: dict[str, Rows]) -> None:
    rows = facts["surveillance_words"]
    missed = [(row["word"], line) for row in rows for line in _lines(row, "must_match") if not re.search(row["pattern"], fold(line))]
    wrong = [(row["word"], line) for row in rows for line in _lines(row, "must_not_match") if re.search(row["pattern"], fold(line))]
    assert not missed
    assert not wrong


def test_brand_lines_match_their_models(facts: dict[str, Rows]) -> None:
    rows = facts["brand_lines"]
    assert not [(row["brand"], line) for row in rows for line in _lines(row, "must_match") if not re.search(row["model_regex"], line)]
    assert not [(row["brand"], line) for row in rows for line in _lines(row, "must_not_match") if re.search(row["model_regex"], line)]


def test_confusables_name_nobody(facts: dict[str, Rows], ask) -> None:  # type: ignore[no-untyped-def]
    for row in facts["confusables"]:
        for line in _lines(row, "must_not_match"):
            named = [f for f in (*ask(line, "goods and services"), *ask("Any Ltd", line)) if f["kind"] != "maker_unknown"]
            assert not named, (line, named)


@pytest.mark.parametrize("table", ["words", "surveillance_words", "brand_lines", "confusables", "codes"])
def test_every_row_cites_and_is_dated(facts: dict[str, Rows], table: str) -> None:
    assert facts[table]
    for row in facts[table]:
        assert row["citation"], row
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", row["checked_on"]), row


def test_patterns_are_written_for_both_engines(facts: dict[str, Rows]) -> None:
    """Lower case, no look-around, no back-reference; RE2 accepts the loosened form and finds the same lines in raw text."""
    sensing = [row for row in facts["surveillance_words"] if row["kind"] in ("sure", "core", "weak", "supplier")]
    for row in (*facts["words"], *sensing):
        lines = pa.array(_lines(row, "must_match") + [line.upper().replace(" ", "  ") for line in _lines(row, "must_match")])
        found = pc.match_substring_regex(lines, loose(row["pattern"]), ignore_case=True).to_pylist()
        plain = [bool(re.search(row["pattern"], fold(line))) for line in lines.to_pylist()]
        assert [f or not p or not line.isascii() for f, p, line in zip(found, plain, lines.to_pylist(), strict=True)] == [True] * len(lines), row[
            "word"
        ]


def test_brands_stand_under_a_link(facts: dict[str, Rows], known: Compiled) -> None:
    for row in facts["words"]:
        links = known.links.get(normalise(row["brand"]), ())
        assert not row["brand"] or any(row["maker_id"] in link["object"].split("|") for link in links), row["brand"]


def test_makers_of_words_stand_in_the_table(facts: dict[str, Rows]) -> None:
    makers = {row["maker_id"] for row in facts["makers"]}
    assert {row["maker_id"] for row in (*facts["words"], *facts["brand_lines"]) if row["maker_id"]} <= makers


def test_short_words_are_never_misspelt(facts: dict[str, Rows]) -> None:
    """A misspelling of a word of six letters or fewer would be another word: it counts only beside words that fit."""
    for row in facts["words"]:
        assert row["kind"] != "misspelling" or len(normalise(row["word"])) > 6 or row["needs"], row["word"]


def test_kinds_of_words_have_a_rule(facts: dict[str, Rows]) -> None:
    kinds = {"name", "short", "misspelling", "brand", "product", "software", "model"}
    assert {row["kind"] for row in facts["words"]} <= kinds
    assert "text_names_model" in RULES
    assert org_name("Hikvision UK Limited").core == ("hikvision", "uk")
