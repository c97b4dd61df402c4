"""A page over time: a web in memory that appears, changes, moves, blocks, fails and vanishes, and the states that follow."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import websites
from hypothesis import given, settings
from hypothesis import strategies as st

from custodes.errors import UsageError
from custodes.sources.answer import read_answer
from custodes.sources.fetch import Response
from custodes.sources.pagetext import decoded, html_text, pdf_text, sentences, text_of
from custodes.sources.sight import judge, same_address
from custodes.sources.textdiff import Difference, difference, filtered, patterns
from custodes.sources.watch import Course, Event, Look, Patience, Step, follow, line

START = datetime(2026, 1, 1, tzinfo=UTC)
URL = "https://veridia.example/x9"
PRODUCT = websites.page("Veridia X9", "<h1>Veridia X9</h1><p>It estimates age. It estimates ethnicity.</p><p>Call us.</p>")
LESS = websites.page("Veridia X9", "<h1>Veridia X9</h1><p>It estimates age.</p><p>Call us.</p>")
NOISY = websites.page("Veridia X9", "<h1>Veridia X9</h1><p>It estimates age. It estimates ethnicity.</p><script>token='8931'</script><p>Call us.</p>")
MISSING = websites.message("404 Not Found", [("Content-Type", "text/html")], b"<h1>Not found</h1>")
SOFT = websites.page("Page not found", "<h1>Sorry</h1><p>The page you are looking for does not exist.</p>")
BLOCKED = websites.message("403 Forbidden", [("Content-Type", "text/html")], b"no")
CHALLENGE = websites.page("Just a moment...", "<p>Verify you are human</p><script src='/cdn-cgi/challenge-platform/h/b/x.js'></script>")
DOWN = websites.message("503 Service Unavailable", [], b"down for work")


class Web:
    """A fetcher whose one page is what the day says: bytes of an answer, a cause of failure as text, or (final address, bytes)."""

    def __init__(self, days: dict[int, object]) -> None:
        self.days, self.day = days, 0

    def fetch(self, url: str) -> Response:
        """The page of today."""
        now = self.days[max(day for day in self.days if day <= self.day)]
        if isinstance(now, str):
            return Response(url, url, cause=now, problem=f"no answer: {now}")
        final, raw = now if isinstance(now, tuple) else (url, now)
        return Response(url, final, (), read_answer(raw))


class Notebook:
    """Looks at a page day by day, as gathering does, and keeps the texts."""

    def __init__(self, filters: tuple[str, ...] = ()) -> None:
        self.looks: list[Look] = []
        self.texts: dict[str, tuple[str, ...]] = {}
        self.filters = patterns(filters, "test")

    def look(self, web: Web, days: range | list[int]) -> Course:
        for day in days:
            web.day = day
            response = web.fetch(URL)
            text = text_of(response.answer) if response.answer else None
            sight = judge(response, text or html_text(""))
            key = str(hash(text.sentences)) if text and text.sentences else ""
            self.texts[key] = text.sentences if text else ()
            body = str(hash(response.answer.body)) if response.answer else ""
            self.looks.append(Look(START + timedelta(days=day), sight.kind, sight.why, response.final, key, body, f"capture{day}", response.status))
        return self.course()

    def course(self) -> Course:
        return follow(self.looks, lambda key: filtered(self.texts[key], self.filters), Patience(3, 14))


def course(days: dict[int, object], looks: range | list[int], filters: tuple[str, ...] = ()) -> Course:
    return Notebook(filters).look(Web(days), looks)


def test_a_web_that_appears_changes_moves_blocks_fails_and_vanishes() -> None:
    web = {
        0: MISSING, 7: PRODUCT, 14: NOISY, 21: LESS, 28: ("https://veridia.example/products/x9", LESS), 35: BLOCKED, 42: websites.message("429 Too Many Requests", []),
        49: CHALLENGE, 56: DOWN, 63: "dns", 70: ("https://veridia.example/products/x9", LESS), 77: SOFT, 84: MISSING, 91: "time", 98: MISSING, 105: MISSING, 112: PRODUCT,
    }  # fmt: skip
    found = course(web, range(0, 113, 7))
    assert found.states == (
        "missing", "present", "present", "changed", "moved", "blocked", "blocked", "blocked", "error", "error", "present",
        "soft-404", "missing", "error", "gone", "gone", "moved",
    )  # fmt: skip
    assert [event.kind for event in found.events] == [
        "missing", "first seen", "changed", "moved", "blocked", "error", "soft-404", "error", "gone", "back", "moved", "changed",
    ]  # fmt: skip
    gone = next(event for event in found.events if event.kind == "gone")
    assert gone.before and (gone.before.at, gone.look.at) == (START + timedelta(70), START + timedelta(77)), "last seen, first not seen"
    assert gone.confirmed and gone.confirmed.at == START + timedelta(98)


def test_a_quiet_removal_of_one_sentence_is_shown() -> None:
    found = course({0: PRODUCT, 7: LESS}, [0, 7])
    assert found.events[-1].difference == Difference(("It estimates ethnicity.",), ())
    assert found.events[-1].before and found.events[-1].before.capture == "capture0"


@pytest.mark.parametrize("trouble", [BLOCKED, CHALLENGE, DOWN, "dns", "connect", "tls", "time", "disconnect", "refused"])
def test_a_failed_look_is_never_a_removal(trouble: object) -> None:
    found = course({0: PRODUCT, 1: trouble}, range(0, 400, 7))
    assert found.state in ("blocked", "error") and "gone" not in found.states and found.first_not_seen is None
    assert found.last_seen and found.last_seen.at == START


@pytest.mark.parametrize(
    ("looks", "state"),
    [([0, 7, 8], "missing"), ([0, 7, 8, 9, 10, 11], "missing"), ([0, 7, 30], "missing"), ([0, 7, 14, 20], "missing"), ([0, 7, 14, 21], "gone"), ([7, 14, 21, 28, 90], "missing")],
)
def test_gone_needs_several_looks_over_several_days_and_a_page_that_was_seen(looks: list[int], state: str) -> None:
    assert course({0: PRODUCT, 7: MISSING}, looks).state == state


def test_one_sight_of_the_page_ends_the_count() -> None:
    assert course({0: PRODUCT, 7: MISSING, 20: PRODUCT, 21: MISSING}, [0, 7, 14, 20, 21, 28]).state == "missing"
    assert course({0: PRODUCT, 7: MISSING, 14: DOWN, 21: MISSING}, [0, 7, 14, 21, 28]).state == "gone", "a failed look between does not"


def test_filters_can_be_run_again_on_the_past() -> None:
    """Counters made every look a change; with a filter the same looks show one."""
    def visits(n: int) -> bytes:
        return websites.page("X", f"<p>Visitors: {n}.</p><p>{'It estimates ethnicity.' if n < 3 else 'It counts people.'}</p>")

    notebook = Notebook()
    noisy = notebook.look(Web({day: visits(day) for day in range(5)}), range(5))
    notebook.filters = patterns([r"visitors: \d+\.?"], "test")
    quiet = notebook.course()
    assert noisy.states == ("present", "changed", "changed", "changed", "changed")
    assert quiet.states == ("present", "present", "present", "changed", "present")
    assert quiet.events[-1].difference == Difference(("It estimates ethnicity.",), ("It counts people.",))


def test_answers_without_text_are_compared_by_their_bytes() -> None:
    def picture(data: bytes) -> bytes:
        return websites.message("200 OK", [("Content-Type", "image/png")], data)

    found = course({0: picture(b"\x89PNG1"), 7: picture(b"\x89PNG1"), 14: picture(b"\x89PNG2")}, [0, 7, 14])
    assert found.states == ("present", "present", "changed") and found.events[-1].why == "its bytes changed"


def test_a_document_that_becomes_a_page_is_a_change() -> None:
    pdf = websites.message("200 OK", [("Content-Type", "application/pdf")], websites.PDF)
    found = course({0: pdf, 7: websites.page("Products", "<p>All our cameras.</p>")}, [0, 7])
    assert found.states == ("present", "changed") and found.events[-1].difference.removed == ("Veridia X9 estimates age and gender.",)


@settings(deadline=None)
@given(st.lists(st.sampled_from([PRODUCT, LESS, MISSING, SOFT, BLOCKED, DOWN, "dns"]), min_size=1, max_size=12), st.randoms())
def test_the_order_in_which_looks_are_read_makes_no_difference(days: list[object], chance: random.Random) -> None:
    notebook = Notebook()
    notebook.look(Web(dict(enumerate(days))), range(len(days)))
    before = notebook.course()
    chance.shuffle(notebook.looks)
    assert notebook.course() == before
    assert len(before.states) == len(days)
    assert all(event.before is None or event.before.at < event.look.at for event in before.events if event.kind != "gone")


def test_a_line_of_versions_shows_a_quiet_withdrawal() -> None:
    """Each version stands at its own address and never changes; only the line shows that one word was dropped."""
    versions = [
        ("5.4", ["Estimates age, gender and ethnicity.", "Page 1 of manager's guide."]), ("5.9", ["Estimates age and gender."]), ("5.10", []),
        ("5.28", ["Estimates age.", "Ethnicities are not estimated; emotions are."]),
    ]  # fmt: skip
    assert line(versions, ["ethnicity", "ethnic*", "age", "gender", "emotion*"]) == (
        Step("ethnicity", "withdrawn", "5.4", "5.9", "Estimates age, gender and ethnicity."),
        Step("ethnic*", "withdrawn", "5.4", "5.9", "Estimates age, gender and ethnicity."),
        Step("ethnic*", "introduced", "5.9", "5.28", "Ethnicities are not estimated; emotions are."),
        Step("gender", "withdrawn", "5.9", "5.28", "Estimates age and gender."),
        Step("emotion*", "introduced", "5.9", "5.28", "Ethnicities are not estimated; emotions are."),
    )


# one look

BIG = "<p>" + "A long article about access denied errors and the page 404 not found. " * 60 + "</p>"


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (PRODUCT, "present"), (MISSING, "missing"), (websites.message("410 Gone", []), "missing"), (SOFT, "soft-404"), (BLOCKED, "blocked"), (CHALLENGE, "blocked"), (DOWN, "error"),
        (websites.message("451 Unavailable For Legal Reasons", []), "blocked"), (websites.message("401 Unauthorized", []), "blocked"), (websites.message("500 Oops", []), "error"),
        (websites.message("503 Service Unavailable", [("cf-mitigated", "challenge")], b"x"), "blocked"), (websites.message("405 Method Not Allowed", [("x-amzn-waf-action", "captcha")]), "blocked"),
        (websites.message("200 OK", [("Content-Type", "text/html")], BIG.encode()), "present"),
        (websites.page("Fehler", "<h1>Seite nicht gefunden</h1>"), "soft-404"), (websites.page("404", ""), "soft-404"), (websites.page("错误", "<p>页面不存在</p>"), "soft-404"),
        (websites.page("Erreur", "<p>Cette page n'existe plus.</p>"), "soft-404"),
        (websites.page("DS-2CD404 camera", "<p>The DS-2CD404 is a camera. Support is no longer available in Spain.</p>" + "<p>It sees at night.</p>" * 60), "present"),
        (websites.page("Login", "<form><input name=user></form>"), "present"), (websites.page("", ""), "present"),
        (websites.page("Human detection", "<p>Our cameras verify that you are human.</p>"), "present"),
        (websites.page("Contact", "<p>Write to us.</p><script src='https://hcaptcha.com/1/api.js'></script>"), "present"),
        (websites.message("204 No Content", [], length=False), "present"), (websites.message("304 Not Modified", []), "error"),
    ],
)  # fmt: skip
def test_one_look(raw: bytes, kind: str) -> None:
    answer = read_answer(raw)
    assert answer is not None
    assert judge(Response(URL, URL, (), answer), text_of(answer)).kind == kind


@pytest.mark.parametrize(
    ("final", "kind"),
    [("https://veridia.example/", "soft-404"), ("https://www.veridia.example/x9/", "present"), ("https://veridia.example/en/x9", "present"),
     ("https://sso.veridia.example/login?to=x9", "blocked"), ("http://veridia.example/x9#top", "present")],
)  # fmt: skip
def test_where_a_redirect_leads(final: str, kind: str) -> None:
    answer = read_answer(PRODUCT)
    assert answer is not None
    assert judge(Response(URL, final, (), answer), text_of(answer)).kind == kind


def test_a_part_of_an_answer_is_a_failed_look_but_a_large_file_is_not() -> None:
    answer = read_answer(PRODUCT)
    assert answer is not None
    part = Response(URL, URL, (), answer, "disconnect", "the server closed the connection")
    assert judge(part, text_of(answer)).kind == "error" and judge(replace(part, cause="length"), text_of(answer)).kind == "present"


def test_addresses_that_name_the_same_page() -> None:
    assert same_address("http://www.A.example:80/x/", "https://a.example/x#y") and not same_address("https://a.example/x?v=1", "https://a.example/x?v=2")
    assert not same_address("https://a.example:8443/x", "https://a.example/x")


# text

def test_text_of_a_page_holds_all_a_reader_could_read() -> None:
    page = html_text(
        "<!doctype html><html><head><title> X9 \n camera</title><meta name=description content='A camera &amp; more'><style>p{}</style></head><body><nav><a>Home</a> <a>Shop</a></nav>"
        "<p>It <b>estim</b>ates<br>age.<script>var x</script></p><ul><li>one<li>two</ul><table><tr><td>a<td>b</table><img alt='a face'><select><option>red<option>blue</select><p>end<!-- no -->"
    )
    assert page.title == "X9 camera"
    assert page.blocks == ("A camera & more", "Home Shop", "It estimates", "age.", "one", "two", "a", "b", "a face", "red", "blue", "end")


@pytest.mark.parametrize(
    ("content", "content_type", "text"),
    [("Größe".encode("cp1252"), "text/html; charset=ISO-8859-1", "Größe"), ("尺寸".encode("gb18030"), "text/html; charset=gb2312", "尺寸"), ("Größe".encode(), "text/html", "Größe"),
     ("Größe".encode("cp1252"), "", "Größe"), (b"\xef\xbb\xbfG", "text/html; charset=utf-16", "G"), (b"<meta charset='shift_jis'>" + "東京".encode("shift_jis"), "", "<meta charset='shift_jis'>東京"),
     (b"x", "text/html; charset=no-such", "x")],
)  # fmt: skip
def test_charsets(content: bytes, content_type: str, text: str) -> None:
    assert decoded(content, content_type) == text


def test_sentences() -> None:
    assert sentences('It sees. "It counts." Version 2.1 is new! 它识别。它计数。 e.g. this') == ["It sees.", '"It counts.', "Version 2.1 is new!", "它识别。", "它计数。", "e.g. this"]


def test_pdf_text_and_pdfs_without() -> None:
    assert pdf_text(websites.PDF).blocks == ("Veridia X9 estimates age and gender.",)
    assert pdf_text(websites.PDF[:60]).problem and pdf_text(b"%PDF-rubbish").problem


def test_real_pdfs_of_every_kind(shared: Path) -> None:
    folder = shared / "pages" / "warc" / "pdf"
    found = {path.stem: pdf_text(path.read_bytes()) for path in sorted(folder.glob("*.pdf"))}
    assert found["text_two_columns_table"].sentences and found["encrypted_empty_user_password"].sentences
    assert found["image_only_scan"].problem == "the PDF holds no readable text"


@given(st.text(max_size=200))
def test_no_page_breaks_the_text(source: str) -> None:
    page = html_text(source)
    assert all(block == " ".join(block.split()) and block for block in page.blocks)


def test_deep_nesting_is_read() -> None:
    assert html_text("<div>" * 20_000 + "deep" + "</div>" * 20_000).blocks == ("deep",)


TEXTS = st.lists(st.sampled_from("abcdefg"), max_size=12)


@given(TEXTS, TEXTS)
def test_a_difference_accounts_for_every_sentence(before: list[str], after: list[str]) -> None:
    found = difference(before, after)
    assert sorted([*before, *found.added]) == sorted([*after, *found.removed])
    assert not set(found.added) & set(found.removed)
    assert bool(found) == (sorted(before) != sorted(after))


def test_long_texts_are_compared_without_their_order() -> None:
    before = [f"sentence {n}" for n in range(9000)]
    assert difference(before, [*before[1:], "new"]) == Difference(("sentence 0",), ("new",), 8999)


def test_a_filter_that_is_no_expression_is_a_usage_error() -> None:
    with pytest.raises(UsageError) as caught:
        patterns(["("], "case.toml")
    assert "(" in caught.value.what and isinstance(patterns(["x"], "")[0], re.Pattern)


def test_events_hold_looks() -> None:
    look = Look(START, "present", "it answers")
    assert Event("first seen", look).difference == Difference() and not Event("first seen", look).difference
