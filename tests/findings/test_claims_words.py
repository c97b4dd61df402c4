"""Every row of the tables of claim words finds what it says it finds, and nothing it says it must not."""

from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path

import pytest

from custodes.findings.claim_lexicon import Lexicon, finds, terms_of
from custodes.findings.claim_model import SPEAKERS
from custodes.findings.claim_signs import ATTRIBUTES
from custodes.findings.claim_sites import HOSTED, Sites
from custodes.findings.claim_text import fold, pieces

Rows = list[dict[str, str]]
SENSES = {*ATTRIBUTES, "face_recognition", "demographics"}


def load(root: Path, name: str) -> Rows:
    text = (root / "src" / "custodes" / "data" / f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines(keepends=True)))


@pytest.mark.parametrize("name", ["claim_words", "claim_cues"])
def test_rows_find_their_lines_and_no_others(root: Path, name: str) -> None:
    rows = load(root, name)
    missed = [(r["lang"], line) for r in rows for line in r["must_match"].split(" ; ") if not finds(terms_of(r), line)]
    wrong = [(r["lang"], line) for r in rows for line in r["must_not_match"].split(" ; ") if finds(terms_of(r), line)]
    assert rows and not missed and not wrong


@pytest.mark.parametrize(("name", "key"), [("claim_words", ("lang", "capability", "strength")), ("claim_cues", ("lang", "cue")), ("claim_sites", ("kind", "value", "says"))])
def test_rows_are_cited_and_stand_once(root: Path, name: str, key: tuple[str, ...]) -> None:
    rows = load(root, name)
    assert [place for place, many in Counter(tuple(r[k] for k in key) for r in rows).items() if many > 1] == []
    assert all(r["citation"].strip() and re.fullmatch(r"\d{4}-\d\d-\d\d", r["checked_on"]) for r in rows)
    assert all(cell == cell.strip() and None not in r.values() for r in rows for cell in r.values())


def test_every_capability_is_known_in_at_least_twelve_languages(root: Path) -> None:
    spoken = {(r["capability"], r["lang"]) for r in load(root, "claim_words") if r["strength"] == "sure"}
    for sense in SENSES:
        assert sum(1 for one, lang in spoken if one == sense and lang != "code") >= 12, sense
    assert {sense for sense, _ in spoken} == SENSES


def test_cues_of_stance_and_speaker_are_known_in_every_language(root: Path) -> None:
    cues = load(root, "claim_cues")
    languages = {r["lang"] for r in cues} - {"code"}  # names of makers are the same in every language
    for cue in ("image", "infer", "first", "deny", "denyverb", "withdraw", "report", "require", "exclude", "criticise", "tender", "shop", "idcard"):
        assert {r["lang"] for r in cues if r["cue"] == cue} == languages, cue
    assert len(languages) >= 12


@pytest.mark.parametrize(
    ("terms", "line", "found"),
    [
        (["age group*"], "the Age Groups of shoppers", True),
        (["age group*"], "the age of groups", False),
        (["recogni* .. faces"], "recognises known and unknown faces", True),
        (["recogni* .. faces"], "recognises cars; and much later on there were also many faces", False),
        (["*skincolor*"], "unsigned udwSkinColor;", True),
        (["geschlecht*"], "das Geschlecht", True),
        (["الجنس"], "والجنس", True),
        (["عرقي"], "العِرقيّ", True),
        (["族别"], "人脸属性:族别", True),
        (["ırk"], "IRK bilgisi", True),
    ],
)
def test_terms(terms: list[str], line: str, found: bool) -> None:
    assert finds(terms, line) is found


@pytest.mark.parametrize("text", ["Straße É İstanbul ıRK", "العِرق أإآ", "ＡＢＣ：ｄ", "性别、年龄", "ﬁn Ǆ \U0001f600 ß"])
def test_folding_moves_no_letter(text: str) -> None:
    assert len(fold(text)) == len(text)


def test_pieces_are_sentences_lines_and_clauses() -> None:
    text = "One is 3.5 m long. Two! See fig. 4 there.\n- three; four\n性别。年龄\nint x; /* sex */\n---\n"
    assert [text[p.start : p.end] for p in pieces(text)] == ["One is 3.5 m long.", "Two!", "See fig. 4 there.", "- three;", "four", "性别。", "年龄", "int x; /* sex */"]
    assert [p.line for p in pieces(text)] == [0, 0, 0, 1, 1, 2, 2, 3]


def test_languages_are_told_by_words_and_letters(root: Path) -> None:
    lexicon = Lexicon(load(root, "claim_words"), load(root, "claim_cues"))
    lines = {
        "en": "The camera counts people at the door.", "de": "Die Kamera zählt Menschen an der Tür.", "fr": "La caméra compte les gens à la porte.",
        "es": "La cámara cuenta personas en la puerta.", "pt": "A câmera conta pessoas na porta.", "it": "La telecamera conta le persone alla porta.",
        "tr": "Kamera kapıda kişileri sayar ve kaydeder.", "cs": "Kamera počítá osoby u dveří a je tichá.", "ru": "Камера считает людей.",
        "pl": "Kamera liczy osoby przy drzwiach i nie śpi.", "nl": "De camera telt mensen bij de deur.",
        "ar": "تعد الكاميرا الناس", "zh": "摄像机统计人数", "ja": "カメラは人を数えます", "ko": "카메라는 사람을 센다",
    }  # fmt: skip
    assert {lang: lexicon.languages(fold(line))[0] for lang, line in lines.items()} == {lang: lang for lang in lines}


def test_sites_say_what_the_register_says(root: Path) -> None:
    rows = load(root, "claim_sites")
    assert {r["says"] for r in rows if r["kind"] in ("host", "suffix")} <= {*SPEAKERS, *HOSTED}
    sites = Sites(rows)
    assert sites.read("https://www.westmere.gov.uk/cctv").known == "government"
    assert sites.read("https://news.bbc.co.uk/1").known == "press"
    assert "host docs" in sites.read("http://docs.maker.example/api/x").signs
    assert sites.read("https://user:pass@docs.maker.example:8080/x").name == "maker"
    assert sites.read("https://octavia.github.io").name == sites.read("https://github.com/octavia/tools/blob/main/x.py").name == "octavia"
    assert sites.read("https://play.google.com/store/apps/details").known == "listing" and sites.read("https://www.prnewswire.com/news-releases/x").known == "wire"
    for strange in ("", "not an address", "https://", "http://[::1]/x", "javascript:alert(1)", "//", "https://localhost/x"):
        assert sites.read(strange).known == ""
