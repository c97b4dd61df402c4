"""Letters: to whom, under which law, about which transactions, and from which day; text, Word and batch say the same."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_review_deadlines import LAWS, TABLE

from custodes.review import batch, docx, letters
from custodes.review.letters import Letter

TODAY = date(2026, 3, 2)
BODIES = {
    "Old Borough Council": {"body": "Old Borough Council", "successor": "New Council", "valid_to": "2023-03-31", "information_law": "FOIA 2000"},
    "New Council": {"body": "New Council", "information_law": "FOIA 2000", "request_address": "foi@new.example"},
    "Glen Council": {"body": "Glen Council", "information_law": "FOISA 2002"},
    "Fjord Water": {"body": "Fjord Water", "information_law": "EIR 2004"},
    "Office of the Union": {"body": "Office of the Union", "information_law": "Regulation (EC) No 1049/2001"},
    "State Board": {"body": "State Board", "information_law": "us-wa"},
    "Private Trust": {"body": "Private Trust", "information_law": "none"},
}


def question(n: int, body: str = "New Council", **values: Any) -> dict[str, Any]:
    day = f"2024-{1 + n % 12:02d}-{1 + n % 28:02d}"
    return {
        "finding_id": f"{n:020x}", "body": body, "supplier": "Meadow Security Ltd", "description": f"CCTV cameras, lot {n}", "amount": "1234.50", "currency": "GBP",
        "tax": "net", "date": day, "transaction": f"T-{n}", "ocid": "", "origin_file": "in/spend/2024.csv", "origin_at": f"line {n + 2}",
    } | values  # fmt: skip


def draft(rows: list[dict[str, Any]], **sent: date) -> tuple[Letter, ...]:
    return letters.draft(rows, BODIES, LAWS, TABLE, TODAY, {key.replace("_", " "): day for key, day in sent.items()})


def told(letter: Letter) -> str:
    return letters.text(letters.blocks(letter, LAWS[letter.law]))


@pytest.mark.parametrize(
    ("body", "law", "words"),
    [
        ("New Council", "foia", "section 1 of the Freedom of Information Act 2000"),
        ("Glen Council", "foisa", "section 1 of the Freedom of Information (Scotland) Act 2002"),
        ("Fjord Water", "eir", "regulation 5 of the Environmental Information Regulations 2004"),
        ("Office of the Union", "eu", "Article 6 of Regulation (EC) No 1049/2001"),
        ("State Board", "us-wa", "chapter 42.56 RCW"),
        ("Private Trust", "none", "of your own accord"),
        ("Nobody Knows Council", "unknown", "the law on access to information that applies to you"),
    ],
)
def test_each_body_is_asked_under_its_law(body: str, law: str, words: str) -> None:
    (letter,) = draft([question(1, body)])
    assert letter.law == law and words in told(letter)


def test_the_exact_transaction_is_cited_and_the_cheapest_question_comes_first() -> None:
    (letter,) = draft([question(7)])
    text = told(letter)
    assert "1. 2024-08-08; Meadow Security Ltd; GBP 1,234.50 (net of VAT); transaction T-7" in text
    assert "“CCTV cameras, lot 7”" in text and "2024.csv, line 9" in text and question(7)["finding_id"] in text
    assert text.index("Who made the equipment") < text.index("still installed") < text.index("replaced or removed")
    assert "section 12" in text and "section 16" in text and letter.letter_id in text
    assert "leave out names of staff" in text


def test_a_body_that_has_ended_is_asked_through_its_successor() -> None:
    (letter,) = draft([question(1, "Old Borough Council")])
    assert (letter.body, letter.to, letter.address) == ("Old Borough Council", "New Council", "foi@new.example")
    assert "New Council, as the successor of Old Borough Council" in told(letter) and "whose functions passed to you" in told(letter)
    known = {"A": {"successor": "B", "valid_to": "2024-03-31"}, "B": {"successor": "C", "valid_to": "2025"}, "C": {"valid_to": "2030-01-01", "successor": "D"}}
    assert [letters.addressee("A", known, day) for day in ("2024-03-31", "2024-04-01", "2026-01-01")] == ["A", "B", "C"]
    assert letters.addressee("X", {"X": {"successor": "X", "valid_to": "1999"}}, "2026") == "X"
    before = letters.addressee("Old Borough Council", BODIES, "2023-03-31")
    assert before == "Old Borough Council"


def test_many_questions_become_letters_that_wait_for_each_other() -> None:
    rows = [question(n) for n in range(60)]
    first, second, third = draft(rows)
    assert [len(letter.rows) for letter in (first, second, third)] == [25, 25, 10]
    assert [letter.send_from for letter in (first, second, third)] == ["2026-03-02", "2026-06-02", "2026-09-01"]
    dates = [row["date"] for letter in (first, second, third) for row in letter.rows]
    assert dates == sorted(dates, reverse=True)
    (glen_1, glen_2) = draft([question(n, "Glen Council") for n in range(30)])
    assert glen_1.send_from == glen_2.send_from == "2026-03-02"  # that Act adds up requests of different persons only


def test_a_letter_sent_before_makes_the_next_one_wait() -> None:
    (letter,) = draft([question(1)], New_Council=date(2026, 2, 2))
    assert letter.send_from == "2026-05-01"
    far = draft([question(n) for n in range(400)])
    assert far[0].send_from and not far[-1].send_from  # beyond the table of holidays no day is given


@given(st.permutations(range(12)))
def test_order_of_the_questions_does_not_matter(order: list[int]) -> None:
    rows = [question(n, ("New Council", "Glen Council", "Old Borough Council")[n % 3]) for n in range(12)]
    assert draft([rows[n] for n in order]) == draft(rows)


def test_every_question_with_a_body_is_asked_once() -> None:
    rows = [question(n, ("New Council", "", "Glen Council")[n % 3]) for n in range(90)]
    cited = [row["finding_id"] for letter in draft(rows) for row in letter.rows]
    assert sorted(cited) == sorted(row["finding_id"] for row in rows if row["body"])
    assert len({letter.letter_id for letter in draft(rows)}) == len(draft(rows))


HOSTILE = "=cmd|'/c calc'!A1\u2028\x00\x1b[31m <w:p>&amp;\r\n\ud800"


def test_hostile_texts_stay_texts() -> None:
    (letter,) = draft([question(1, supplier=HOSTILE, description=HOSTILE * 40, transaction=HOSTILE)])
    text = told(letter)
    assert not set("\x00\x1b\r\u2028\ud800") & set(text)
    data = docx.document(letters.blocks(letter, LAWS[letter.law]))
    assert b"<w:p>&amp;" not in zipfile.ZipFile(io.BytesIO(data)).read("word/document.xml").replace(b"&lt;w:p&gt;&amp;amp;", b"")


def test_word_says_what_the_text_says_and_a_stranger_reads_it() -> None:
    (letter,) = draft([question(1, description='a & b < c "d"')])
    told_ = letters.blocks(letter, LAWS[letter.law])
    data = docx.document(told_)
    assert data == docx.document(told_)
    stranger = pytest.importorskip("docx", reason="python-docx is not installed")
    paragraphs = stranger.Document(io.BytesIO(data)).paragraphs
    assert [p.text for p in paragraphs] == [words for _, words in told_]
    assert paragraphs[2].style.name == "Heading 1"


def test_reminder_and_review_name_what_they_follow() -> None:
    (letter,) = draft([question(1)])
    reminder = letters.text(letters.reminder(letter, LAWS["foia"], "2026-03-02", "2026-03-31"))
    assert "Your answer was due on 2026-03-31." in reminder and letter.letter_id in reminder
    review = letters.text(letters.review_letter(letter, LAWS["foisa"], "2026-03-02", "2026-03-20", "refused", "FOISA s.12"))
    assert "section 20" in review and "refused under FOISA s.12" in review and "answer question 1" in review and "Scottish Information Commissioner" in review
    silent = letters.text(letters.review_letter(letter, LAWS["foia"], "2026-03-02", "", "", ""))
    assert "You have not answered" in silent


def test_the_batch_opens_each_letter_already_written() -> None:
    drafted = draft([question(1), question(2, "Glen Council", description="=1+1")])
    rows = list(csv.DictReader(io.StringIO(batch.whatdotheyknow(drafted, LAWS))))
    assert [row["authority"] for row in rows] == ["Glen Council", "New Council"]
    for row, letter in zip(rows, drafted, strict=True):
        assert row["letter_id"] == letter.letter_id and row["transactions"] == "1"
        link = urlsplit(row["link"])
        assert link.path == f"/new/{row['authority_page']}" and parse_qs(link.query)["body"] == [row["body"]]
        assert "[name and address" not in row["body"] and row["body"].startswith("Dear Sir or Madam,")
    long = replace(drafted[0], rows=tuple(question(n, "Glen Council") for n in range(90)))
    assert next(csv.DictReader(io.StringIO(batch.whatdotheyknow([long], LAWS))))["link"] == ""


@pytest.mark.parametrize(
    ("name", "page"), [("Leeds City Council", "leeds_city_council"), ("St Helen's & Ynys Môn", "st_helens_and_ynys_mon"), ("", "")]
)
def test_page_names(name: str, page: str) -> None:
    assert batch.page_name(name) == page


@pytest.mark.parametrize(
    ("text", "law"),
    [("FOIA 2000", "foia"), ("Freedom of Information (Scotland) Act 2002", "foisa"), ("EISR", "eisr"), ("Environmental Information Regulations 2004", "eir"), ("", "unknown"), ("none", "none"), ("US-WA", "us-wa")],
)
def test_the_law_is_read_from_the_table_of_bodies(text: str, law: str) -> None:
    assert letters.law_id(text, LAWS) == law
