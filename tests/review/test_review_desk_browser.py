"""The whole way in a real browser: sign in, decide by keyboard, notice what went stale, two persons, ask, hear, publish; and what axe says of the pages.

The case is real in every part (run, desk, server, browser); its rows and companies are invented.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import review_desk

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
CHROMIUM = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), "")
if not CHROMIUM:
    pytest.skip("no Chromium on this system", allow_module_level=True)

CASE = """format = 1
title = "Invented borough"
[[records]]
path = "spend.csv"
body = "Leeds City Council"
currency = "GBP"
"""
HEADER = "Date,Supplier Name,Description,Amount,Transaction Number\n"


def _rows(*renamed: int) -> str:
    named = [f"2021-03-{n + 1:02d},INVENTED FITTERS {n}{' HOLDINGS' if n in renamed else ''} LTD,Supply of {n + 2} Hikvision cameras for depot {n},{900 + n}.00,N{n}" for n in range(6)]
    asked = [f"2021-04-{n % 28 + 1:02d},INVENTED SECURITY {n} LTD,CCTV cameras for site {n},{700 + n}.00,U{n}" for n in range(30)]
    return HEADER + "\n".join([*named, *asked]) + "\n"


class Time:
    """The site's clock in a test: it can be put forward."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        self.time += timedelta(milliseconds=1)
        return self.time


def _custodes(*arguments: str) -> str:
    done = subprocess.run([str(Path(sys.executable).parent / "custodes"), *arguments], capture_output=True, text=True, timeout=300)
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def case(tmp_path: Path, real_desk: Any) -> Iterator[tuple[Path, Time]]:
    """A case that was run once, with its desk open and findings on it."""
    from custodes.pipeline import desk

    folder, time = tmp_path / "case", Time()
    folder.mkdir()
    (folder / "case.toml").write_text(CASE)
    (folder / "spend.csv").write_text(_rows())
    _custodes("run", str(folder), "--now", "2026-11-23T08:00:00Z")
    real_desk(desk.desk(folder, "", time.now, review_desk.secret))
    from custodes.review.site import loading

    loading.load()
    yield folder, time


@pytest.fixture
def browser() -> Iterator[Any]:
    """Headless Chromium of the system."""
    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


def _orm(work: Any) -> Any:
    """Playwright's loop looks to Django like an asynchronous context; the tests' own queries are none."""
    import threading

    found: list[Any] = []

    def run() -> None:
        from django.db import connections

        found.append(work())
        connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return found[0]


def _enter_in(browser: Any, base: str, name: str, role: str) -> Any:
    """A window of its own for a person, through a one-time link."""
    from custodes.review.site import entering
    from custodes.review.site.models import Account

    def link() -> str:
        account = Account.objects.filter(username=name).first() or Account.objects.make(name, role)
        return entering.link_for(account)

    token = _orm(link)
    page = browser.new_context(locale="en-GB", viewport={"width": 1400, "height": 1000}).new_page()
    page.set_default_timeout(20_000)
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("console", lambda told: page.problems.append(told.text) if told.type == "error" and "status of 4" not in told.text else None)
    page.goto(f"{base}/enter/{token}")
    page.locator("main button").press("Enter")
    page.wait_for_selector("nav")
    return page


def _decide_by_keyboard(page: Any, verdict: str, note: str) -> None:
    page.keyboard.press(verdict)
    page.keyboard.press("1")
    page.keyboard.type(note)
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")


def test_the_whole_way(case: tuple[Path, Time], browser: Any) -> None:
    from custodes.review.site.models import Finding

    folder, time = case
    with review_desk.live() as base:
        chief = _enter_in(browser, base, "chief", "admin")
        # two persons for findings that name a maker in the text
        chief.goto(f"{base}/rules")
        chief.check("input[value=product_named]")
        chief.click("text=Save")

        anna = _enter_in(browser, base, "anna", "reviewer")
        anna.goto(base)
        named, asked = _orm(lambda: Finding.objects.filter(kind="product_named").count()), _orm(lambda: Finding.objects.filter(kind="maker_unknown").count())
        assert (named, asked) == (6, 30)
        anna.keyboard.press("j")
        with anna.expect_navigation():
            anna.keyboard.press("Enter")
        assert "What this does not show" in anna.content()
        for n in range(30):
            if n < 6:
                _decide_by_keyboard(anna, "c", f"the record names the maker, order {n}")
                assert "It counts when a second person says the same" in anna.content()
            elif n == 6:
                _decide_by_keyboard(anna, "u", "the record does not say who made them")
            else:
                anna.keyboard.press(".")
                with anna.expect_navigation():
                    anna.keyboard.press("Control+Enter")
        states = _orm(lambda: sorted(Finding.objects.values_list("state", flat=True)))
        assert (states.count("waiting"), states.count("unsure"), states.count("new")) == (6, 24, 6)

        # the second person
        berta = _enter_in(browser, base, "berta", "reviewer")
        berta.goto(f"{base}/?show=waiting")
        with berta.expect_navigation():
            berta.click("tr[data-row] a")
        assert "another person is needed" in berta.content()
        for n in range(6):
            _decide_by_keyboard(berta, "c", f"seen as well, order {n}")
        assert _orm(lambda: Finding.objects.filter(state="confirm").count()) == 6

        # the file is issued again with one row changed: one decision goes stale and is noticed
        (folder / "spend.csv").write_text(_rows(2))
        _custodes("run", str(folder), "--now", "2026-11-23T09:30:00Z")
        anna.goto(base)
        with anna.expect_navigation():
            anna.click("text=Take them in")
        assert "1 open again" in anna.content()
        anna.goto(f"{base}/?show=stale")
        with anna.expect_navigation():
            anna.click("tr[data-row] a")
        assert "What changed since it was decided" in anna.content() and "HOLDINGS" in anna.inner_text("section.stale")
        _decide_by_keyboard(anna, "c", "still names the maker")
        berta.goto(f"{base}/?show=waiting")
        with berta.expect_navigation():
            berta.click("tr[data-row] a")
        _decide_by_keyboard(berta, "c", "still names the maker, seen as well")
        assert _orm(lambda: Finding.objects.filter(state="confirm").count()) == 6

        # ask: a letter is made, sent, answered
        chief.goto(f"{base}/letters")
        with chief.expect_navigation():
            chief.click("tr[data-row] a")
        assert "Who made the equipment" in chief.inner_text("pre.letter") and "INVENTED SECURITY" in chief.inner_text("pre.letter")
        with chief.expect_navigation():
            chief.click("text=Record as sent")
        time.time += timedelta(days=7)
        anna.goto(f"{base}/letters")
        anna.click("text=Enter the answer of")
        anna.select_option("select[name=state]", "present")
        anna.fill("input[name=makers]", "dahua")
        anna.fill("article textarea[name=words]", "The cameras were made by Dahua.")
        with anna.expect_navigation():
            anna.click("text=Record the answer")
        assert "The answer is recorded" in anna.content() and "answered" in anna.inner_text("article")

        # hear: a notice goes out, the gate holds meanwhile, the company replies without an account
        chief.goto(f"{base}/publication")
        assert "0 findings pass" in chief.inner_text("#gate")
        for _ in range(7):
            chief.goto(f"{base}/notices")
            with chief.expect_navigation():
                chief.click("section[aria-labelledby=due-title] a")
            text, number = chief.inner_text("pre.letter"), chief.url.split("/")[-1]
            if "as the maker of the equipment" in text:
                maker_number, maker_token = number, text.split("your token: ")[1].split()[0]
            with chief.expect_navigation():
                chief.click("text=Record as sent")
        chief.goto(f"{base}/notices")
        assert "No notice is due" in chief.content()
        company = browser.new_context().new_page()
        company.goto(f"{base}/reply")
        company.fill("input[name=notice]", maker_number)
        company.fill("input[name=token]", "WRNG-TOKE-N000")
        company.click("text=Go on")
        assert "do not belong together" in company.content()
        company.fill("input[name=notice]", maker_number)
        company.fill("input[name=token]", maker_token)
        company.click("text=Go on")
        words = "We sell cameras.\n<b>We do not know this buyer.</b>"
        company.fill("textarea[name=words]", words)
        company.click("text=Send the reply")
        company.wait_for_selector("text=Your words are recorded")
        assert company.inner_text("blockquote.reply") == words
        time.time += timedelta(days=15)
        chief.goto(f"{base}/publication")
        assert "6 findings pass" in chief.inner_text("#gate")
        assert not [problem for page in (chief, anna, berta) for problem in page.problems]

    # the same on the command line: what was done at the desk went through the inbox, nothing was refused
    printed = _custodes("run", str(folder), "--now", "2026-12-20")
    assert "rejected" not in printed.split("review:")[1].split("plan:")[0] and "exit" not in printed
    assert "6 findings, " in _custodes("publish", str(folder), "--edition", "public", "--now", "2026-12-20")
    assert "intact" in _custodes("verify", str(folder)) and "intact" in _custodes("audit", str(folder), "verify")
    published = "".join(path.read_text(encoding="utf-8") for path in (folder / "publication" / "public").rglob("*.html"))
    assert "We do not know this buyer" in published and "<b>We do not" not in published
    answers = [json.loads(line) for line in (folder / "inbox" / "desk-answers-00001.jsonl").read_text().splitlines()]
    assert [(a["state"], a["makers"]) for a in answers] == [("present", ["dahua"])]


def _axe() -> str:
    spec = find_spec("axe_core_python")
    if spec is None or spec.origin is None:
        pytest.skip("axe-core-python is not installed")
    return (Path(spec.origin).parent / "axe.min.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(case: tuple[Path, Time], browser: Any, scheme: str) -> None:
    """WCAG 2.2 A and AA as far as axe can judge, on every page, in both colour schemes, with a stale finding, a conflict and events on show."""
    from custodes.review.site.models import Finding

    axe = _axe()
    folder, _ = case
    with review_desk.live() as base:
        chief = _enter_in(browser, base, "chief", "admin")
        chief.emulate_media(color_scheme=scheme)
        chief.goto(f"{base}/?kind=product_named")
        with chief.expect_navigation():
            chief.click("tr[data-row] a")
        _decide_by_keyboard(chief, "c", "for the record")
        (folder / "spend.csv").write_text(_rows(*range(6)))
        _custodes("run", str(folder), "--now", "2026-11-23T09:30:00Z")
        chief.goto(base)
        with chief.expect_navigation():
            chief.click("text=Take them in")
        stale = _orm(lambda: Finding.objects.filter(state="stale").values_list("pk", flat=True).first())
        batch = _orm(lambda: Finding.objects.filter(kind="maker_unknown").values_list("pk", flat=True).first())
        chief.goto(f"{base}/letters")
        letter = chief.get_attribute("tr[data-row] a", "href")
        found = []
        addresses = ["/", f"/finding/{stale}", f"/finding/{batch}/batch", "/conflicts", "/events", "/people", "/rules", "/me", "/letters", letter, "/notices", "/publication", "/reply", "/finding/00000000000000000000"]
        for address in addresses:
            chief.goto(base + address)
            chief.evaluate(axe)
            result = chief.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})")
            found += [f"{address}: {v['id']}: {v['nodes'][0]['html'][:160]}" for v in result["violations"]]
        assert not found, "\n".join(found)
