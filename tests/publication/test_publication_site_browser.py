"""The edition in a real browser, opened from a folder of files: axe, the search, tables that sort, nothing asked of anybody, nothing wider than its page."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import invented
import pytest
import test_publication_site_gate as accused

from custodes.publication import publish

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
CHROMIUM = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), "")
if not CHROMIUM:
    pytest.skip("no Chromium on this system", allow_module_level=True)


@pytest.fixture(scope="module")
def draft(tmp_path_factory: Any) -> Path:
    folder = tmp_path_factory.mktemp("draft")
    publish(invented.edition(with_hostile=True, languages=("en", "de")), folder)
    return folder


@pytest.fixture(scope="module")
def public(tmp_path_factory: Any) -> Path:
    folder = tmp_path_factory.mktemp("public")
    edition = accused.poisoned(accused.Markers())
    publish(replace(edition, facts={**edition.facts, "languages": ("en",)}), folder)
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


def _pages(draft: Path, public: Path) -> list[Path]:
    def first(folder, name):
        return sorted((folder / name).glob("*.html"))[0]
    names = ("index", "findings", "map", "makers", "money", "coverage", "figures", "search")
    own = [first(draft, name) for name in ("findings", "bodies", "makers", "files", "figures")]
    return [*(draft / f"{name}.html" for name in names), *own, draft / "de" / "questions.html", public / "changes.html", first(public, "findings")]


def _watched(context: Any) -> tuple[Any, list[str], list[str]]:
    """A page, the addresses it asked for that are no files, and what the console complained about."""
    page, asked, said = context.new_page(), [], []
    page.on("request", lambda request: None if request.url.startswith("file://") else asked.append(request.url))
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    return page, asked, said


@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 375)])
def test_axe_finds_nothing_and_no_request_leaves(draft: Path, public: Path, browser: Any, scheme: str, width: int) -> None:
    """WCAG 2.2 A and AA as far as axe can judge, on every kind of page; no page is wider than the screen, asks anybody for anything, or breaks its own policy."""
    spec = find_spec("axe_core_python")
    if spec is None or spec.origin is None:
        pytest.skip("axe-core-python is not installed")
    axe = (Path(spec.origin).parent / "axe.min.js").read_text(encoding="utf-8")
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page, asked, said = _watched(context)
    broken = []
    for path in _pages(draft, public):
        page.goto(path.as_uri())
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, (path.name, wide)
        page.evaluate(axe)
        result = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})")
        broken += [(str(path.name), each["id"], each["nodes"][0]["html"][:200]) for each in result["violations"]]
    context.close()
    assert broken == [] and asked == [] and said == []


def test_the_search_finds_from_a_folder_of_files(draft: Path, browser: Any) -> None:
    context = browser.new_context()
    page, asked, said = _watched(context)
    page.goto((draft / "search.html").as_uri())
    page.fill("#q", "sentryeye domes")
    page.wait_for_selector("#hits a")
    assert page.inner_text("#found") == "1 page found"
    page.fill("#q", "port imag")
    page.locator("#hits a").nth(2).wait_for()
    assert page.inner_text("#hits li:first-child a") == "Port Imaginary Council"
    page.click("#hits li:first-child a")
    assert page.inner_text("h1") == "Port Imaginary Council"
    page.goto((draft / "de" / "search.html").as_uri() + "#q=zebra")
    page.locator("#found", has_text="Nichts gefunden").wait_for()
    context.close()
    assert asked == [] and said == []


def test_a_script_of_a_record_never_runs_and_tables_sort(draft: Path, browser: Any) -> None:
    context = browser.new_context()
    page, asked, said = _watched(context)
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.goto((draft / "search.html").as_uri() + "#q=hyperlink")
    page.wait_for_selector("#hits a")
    page.click("#hits a")
    page.goto((draft / "bodies.html").as_uri())
    def names():
        return page.eval_on_selector_all("table.sortable tbody th a", "all => all.map(each => each.textContent)")
    before = names()
    page.click("table.sortable thead th:first-child button")
    page.click("table.sortable thead th:first-child button")
    assert sorted(names()) == sorted(before) and names() != before
    assert page.get_attribute("table.sortable thead th:first-child", "aria-sort") == "descending"
    context.close()
    assert asked == [] and said == []


def test_pages_read_without_scripts_and_print_on_a4(draft: Path, browser: Any) -> None:
    context = browser.new_context(java_script_enabled=False)
    page, _, _ = _watched(context)
    page.goto((draft / "index.html").as_uri())
    assert "named findings" in page.inner_text("h1") and page.locator("svg.drawing").count() >= 2
    page.goto((draft / "search.html").as_uri())
    assert "needs JavaScript" in page.inner_text("noscript")
    page.goto((draft / "index.html").as_uri())
    import pypdfium2

    document = pypdfium2.PdfDocument(page.pdf(prefer_css_page_size=True))
    size = document[0].get_size()
    context.close()
    assert (round(size[0]), round(size[1])) in ((595, 842), (596, 842), (594, 841))
    assert len(document) < 14
