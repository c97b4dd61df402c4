"""Two languages: every word of the interface has its translation, with the same places to fill in; evidence stays in its own words."""

from __future__ import annotations

import ast
import csv
import json
import re
from pathlib import Path

import invented
import jinja2
import pytest
from jinja2 import nodes

from custodes.publication import publish
from custodes.publication.charts import _MATTER
from custodes.publication.figure_words import GROUND_DEFINITION, GROUND_TITLES, WORDS
from custodes.publication.gate import CHANGED, NO_NOTICE, RETURNED, WAITING
from custodes.publication.i18n import say
from custodes.publication.site import NAV
from custodes.publication.timetable_charts import LINES
from custodes.publication.timetable_figures import _WORDS as TIMETABLE
from custodes.publication.timetable_forms import words_of as cause
from custodes.publication.timetable_words import STATUS
from custodes.publication.wording import AMOUNT_KINDS, EQUIPMENT, GRADES, GROUNDS, LAYERS, LEAD, LISTED, SOURCES, STATES, TAXES
from custodes.timetable.policy import SOURCES as POLICY_SOURCES
from custodes.timetable.promise import VERDICTS
from custodes.timetable.promise_score import STATES as FIELD_STATES
from custodes.timetable.variance import ADDED, DROPPED, DUE, EARLY, LATE, MOVED, ON_TIME, OVERDUE
from custodes.timetable.withhold import FIELDS as WITHHELD
from custodes.values import FINDING_KINDS
from custodes.values.removal import CAUSES

ROOM = Path(__file__).resolve().parents[2] / "src" / "custodes" / "publication"
GERMAN = json.loads((ROOM / "locale" / "de.json").read_text(encoding="utf-8"))

VARIANCES = (ON_TIME, EARLY, LATE, OVERDUE, MOVED, ADDED, DROPPED, DUE)


def of_templates() -> set[str]:
    """Every constant text handed to ``_`` or ``n_`` in a template."""
    found: set[str] = set()
    env = jinja2.Environment()
    for path in sorted((ROOM / "templates").glob("*.html")):
        for call in env.parse(path.read_text(encoding="utf-8")).find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name in ("_", "n_"):
                found |= {each.value for arg in call.args for each in ([arg] if isinstance(arg, nodes.Const) else []) if isinstance(each.value, str)}
    return found


def of_modules() -> set[str]:
    """Every constant text handed to ``say``, ``say.n``, ``say.of`` or ``say.plain`` in a module."""
    found: set[str] = set()
    for path in sorted(ROOM.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = node.func.id if isinstance(node.func, ast.Name) else f"{getattr(node.func.value, 'id', '')}.{node.func.attr}" if isinstance(node.func, ast.Attribute) else ""
                if called in ("say", "say.n", "say.of", "say.plain"):
                    found |= {arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)}
    return found


def of_tables() -> set[str]:
    """Words that modules hold as data and templates translate."""
    tables = (STATES, GROUNDS, EQUIPMENT, LISTED, GRADES, AMOUNT_KINDS, TAXES, SOURCES, LAYERS, GROUND_TITLES, FINDING_KINDS)
    found = {text for table in tables for text in table.values()} | set(STATES) | {words for _, words in NAV}
    found |= {words for _, words in _MATTER}
    found |= {text for row in TIMETABLE.values() for text in row} | set(STATUS.values()) | {words for _, words, _ in LINES} | {cause(""), *CAUSES.values()}
    found |= {*VERDICTS, *FIELD_STATES, *WITHHELD, *POLICY_SOURCES, *VARIANCES, "area not stated", "region not stated", "body not stated"}
    with (ROOM.parent / "data" / "timetable_fields.csv").open(encoding="utf-8", newline="") as rows:
        found |= {row["title"] for row in csv.DictReader(rows)}
    return found | {text for row in WORDS.values() for text in row[:3]} | {LEAD, GROUND_DEFINITION, NO_NOTICE, WAITING, CHANGED, RETURNED}


def test_every_word_of_the_interface_has_its_translation():
    missing = (of_templates() | of_modules() | of_tables()) - set(GERMAN["words"]) - {""}
    assert len(of_templates()) > 450
    assert missing == set()


@pytest.mark.parametrize("part", ["words", "sentences"])
def test_a_translation_fills_in_what_the_english_does(part):
    holes = re.compile(r"\{(\w+)\}")
    assert [english for english, own in GERMAN[part].items() if set(holes.findall(english)) != set(holes.findall(own)) or not own] == []


def test_finished_sentences_are_translated_with_what_they_carry():
    de = say("de").of
    assert de("Confirmed by a person on 2026-01-20.") == "Von einem Menschen bestätigt am 2026-01-20."
    assert de("Hikvision, in a record of Leeds City Council") == "Hikvision, in einem Beleg von Leeds City Council"
    assert de("Listed on the date of the record: 2024-11-26 (payment date), on 2 lists.") == "Am Tag des Belegs gelistet: 2024-11-26 (Tag der Zahlung), auf 2 Listen."
    assert de("a sentence nobody knows") == "a sentence nobody knows"
    assert say("en").of("Confirmed by a person on 2026-01-20.") == "Confirmed by a person on 2026-01-20."


def test_numbers_are_written_as_the_language_writes_them():
    assert (say("de").count(1234567), say("de").money("1234.5", "GBP")) == ("1.234.567", "GBP 1.234,50")
    assert (say("en").count(1234567), say("en").money("1234.5", "GBP")) == ("1,234,567", "GBP 1,234.50")


def test_values_are_escaped_in_every_language():
    for lang in ("en", "de"):
        assert str(say(lang)("Questions to {body}", body="<b>&")).endswith("&lt;b&gt;&amp;")


_TEXT = re.compile(r">([^<>]+)<")
_OURS = re.compile(r"\b(the|of|with|whose|which|that|does|not|record|named|from|body|bodies|findings?)\b")
_EVIDENCE = re.compile(r'<(\w+)[^>]*\slang="(?:en)?"[^>]*>.*?</\1>|<(bdi|code|time|h1|title|option)\b[^>]*>.*?</\2>|<meta[^>]*>', re.DOTALL)


def left_in_english(german: str, english: str) -> set[str]:
    """Texts that stand alike on both pages and hold an English word, outside what is marked as English."""
    known = {text.strip() for text in _TEXT.findall(english)}
    return {text.strip() for text in _TEXT.findall(_EVIDENCE.sub("", german)) if text.strip() in known and _OURS.search(text)}


def test_no_english_is_left_on_german_pages_outside_the_evidence(tmp_path):
    """Text that stands alike on both pages is a name or evidence; evidence is marked with its language."""
    publish(invented.edition(languages=("en", "de")), tmp_path)
    left: dict[str, str] = {}
    for german in sorted((tmp_path / "de").rglob("*.html")):
        english = (tmp_path / german.relative_to(tmp_path / "de")).read_text(encoding="utf-8")
        left |= dict.fromkeys(left_in_english(german.read_text(encoding="utf-8"), english), german.name)
    known_names = {".csv", "Freedom of Information", "Spending files", "Vale of Nowhere", "Borough of Exampleton", "Shire of Fable", "Ministry of Examples", "Isle of Mirage Council", "Export Register of Examplia", "Covered Equipment of Examplia", "Trade Office of Examplia", "Radio Office of Examplia"}
    assert {text: page for text, page in left.items() if not any(name in text for name in known_names)} == {}
