"""The timetable pages: what they say of real councils and of an invented country, that they work without JavaScript, print on A4 and satisfy axe."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from test_publication_pages import Page
from test_publication_site_words import left_in_english

from custodes.cli import main
from custodes.publication.timetable_charts import burn_down, gantt, tiles
from custodes.publication.timetable_words import headline, of

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("timetable.html", "timetable-sites.html", "timetable-promises.html")


def run(*arguments: object) -> None:
    done = CliRunner().invoke(main, [str(a) for a in arguments])
    assert done.exit_code in (0, 3), done.output


def example(name: str, to: Path) -> Path:
    shutil.copytree(ROOT / "examples" / name, to, ignore=shutil.ignore_patterns("sources", "records", "findings", "publication", "runs", "review", "timetable", "inbox", "*.json", "seal.jsonl"))
    return to


@pytest.fixture(scope="module")
def councils(tmp_path_factory) -> Path:
    folder = example("councils", tmp_path_factory.mktemp("councils") / "case")
    run("run", folder, "--offline", "--now", "2026-11-23")
    return folder / "publication" / "draft"


@pytest.fixture(scope="module")
def nation(tmp_path_factory) -> Path:
    """The invented country after twenty months: frozen in January 2026, seen in September 2027."""
    folder = example("nation", tmp_path_factory.mktemp("nation") / "case")
    run("run", folder, "--offline", "--now", "2026-01-05")
    run("plan", folder, "--freeze", "--now", "2026-01-05")
    (folder / "inbox").mkdir(exist_ok=True)
    shutil.copy(folder / "later" / "progress.csv", folder / "inbox" / "progress.csv")
    run("run", folder, "--offline", "--now", "2027-09-01")
    run("publish", folder, "--edition", "public", "--now", "2027-09-01")
    return folder / "publication" / "public"


def text_of(folder: Path, name: str) -> str:
    return Page((folder / name).read_text(encoding="utf-8")).text


# ---- what the pages say --------------------------------------------------------------------------------------------------------------------------------


def test_the_counts_of_three_councils_are_read_right(councils):
    """Thurrock 56 at six sites; West Suffolk 557 fixed cameras, 99 % of the maker, so at least 549; Moray more than 560 of makers not held."""
    rows = {s["body"]: s for s in json.loads((councils / "timetable" / "timetable.json").read_text())["sites"]}
    assert (rows["Thurrock Council"]["devices"], rows["Thurrock Council"]["unknown_make"]) == (56, 0)
    assert (rows["West Suffolk Council"]["devices"], rows["West Suffolk Council"]["unknown_make"]) == (549, 8)
    assert (rows["Moray Council"]["devices"], rows["Moray Council"]["unknown_make"], rows["Moray Council"]["status"]) == (0, 560, "make unknown")
    page = text_of(councils, "timetable.html")
    assert "0 of 605 devices (0 %) in scope were removed" in page and "568 devices are of a make that nobody has told yet" in page
    assert "no plan: neither money nor hands nor dates are known" in page, "no plan is put into a council's mouth"
    sites = text_of(councils, "timetable-sites.html")
    assert "0 of 549" in sites and "only devices of unknown make" in sites and "two libraries, two council depots" in sites


def test_the_golden_promise_stands_on_the_page_as_unreported(councils):
    page = text_of(councils, "timetable-promises.html")
    assert "4 of 20 fields given" not in page and "3 of 20 fields given, 1 in part, 6 kept back, 10 missing" in page
    assert page.count("unreported") >= 3 and "To ask His Majesty's Government, further to the written statement of 29 April 2024, how many sites" in page


def test_a_public_timetable_keeps_its_denominators_and_its_secrets(nation):
    told = json.loads((nation / "timetable" / "timetable.json").read_text())
    page = text_of(nation, "timetable.html")
    totals = told["totals"]
    assert f"{totals['removed']:,} of {totals['devices']:,} devices" in page and "INVENTED" in page
    assert f"{totals['sites_done']:,} of {totals['sites_in_scope']:,} sites with such devices" in page
    assert "Invented Information Act s.24" in page and "No sum over fewer than 5 such sites is shown" in page
    source = (ROOT / "examples" / "nation" / "inputs" / "sites.csv").read_text().splitlines()
    secret = [line.split(",")[0] for line in source if ",sensitive," in line]
    assert len(secret) == totals["sites"] - len(told["sites"]) > 50
    for path in nation.rglob("*.*"):
        data = path.read_bytes()
        assert not [s for s in secret if s.encode() in data], path
    for share in re.findall(r"(\S+) %", page):  # "share (46 %)" never stands without its two numbers before it
        assert re.search(rf"[\d,]+ of [\d,]+ [a-z ]+ \({re.escape(share.lstrip('('))} %\)", page) or "about" in page or share.strip("(") in ("86", "50", "48", "100"), share


def test_the_german_pages_say_the_same_in_german(councils, nation):
    """Sentences, counts and charts in German; what others wrote, and the questions for a House, stay in English and are marked as English."""
    totals = json.loads((nation / "timetable" / "timetable.json").read_text())["totals"]
    page = text_of(nation / "de", "timetable.html")
    dotted = [f"{totals[name]:,}".replace(",", ".") for name in ("removed", "devices")]
    assert f"{dotted[0]} von {dotted[1]} betroffenen Geräten (" in page and "Keine Summe über weniger als 5 solche Standorte" in page and "festgeschriebener Plan:" in page
    assert "Die Dateien und Formulare sind englisch" in page and "The files and forms" not in text_of(nation, "timetable.html")
    assert "0 von 605 betroffenen Geräten (0 %) entfernt" in text_of(councils / "de", "timetable.html")
    promises = (councils / "de" / "timetable-promises.html").read_text(encoding="utf-8")
    assert '<ol lang="en"><li><p>To ask His Majesty' in promises and "Die Fragen sind englisch" in promises and "nicht berichtet" in promises
    for folder in (councils, nation):
        told = json.loads((folder / "timetable" / "timetable.json").read_text())
        names = {told["title"], *(row["name"] for key in ("by_region", "by_body") for row in told[key]), *(path.name for path in (folder / "timetable").iterdir())}
        for name in [path.name for path in sorted(folder.glob("timetable*.html"))]:
            german, english = ((folder / part / name).read_text(encoding="utf-8") for part in ("de", "."))
            assert left_in_english(german, english) - names == set(), name
            assert "Liste" in german.rpartition("<footer>")[2]
            assert f'href="../{name}" lang="en"' in german and f'href="de/{name}" lang="de"' in english


def test_five_hundred_bodies_fit_and_the_draft_of_the_same_case_shows_all(nation):
    draft = nation.parent / "draft"
    whole = json.loads((draft / "timetable" / "timetable.json").read_text())
    assert whole["totals"]["bodies"] == 500 and whole["edition"] == "draft" and len(whole["sites"]) == whole["totals"]["sites"]
    page = (draft / "timetable.html").read_text(encoding="utf-8")
    assert "noindex" in page and "DRAFT" in page and "particulars that a decision keeps back" in page
    assert sum(p.stat().st_size for p in nation.rglob("*")) < 8_000_000
    assert (nation / "timetable-sites-2.html").exists()


def test_pages_are_well_formed_linked_and_without_script_of_their_own(councils, nation):
    for folder in (councils, nation):
        for name in (*PAGES, "index.html", *(f"de/{page}" for page in PAGES)):
            page = Page((folder / name).read_text(encoding="utf-8"))
            assert len(page.ids) == len(set(page.ids)) and "style" not in page.tags and "style" not in page.attributes and "<script>" not in (folder / name).read_text(encoding="utf-8")
            for link in page.links:
                if "//" not in link and not link.startswith("#"):
                    assert (folder / name).parent.joinpath(link.split("#")[0]).is_file(), (name, link)
    assert 'href="plan.html"' not in (councils / "index.html").read_text(encoding="utf-8")


def test_the_same_case_gives_the_same_bytes(councils, tmp_path):
    folder = example("councils", tmp_path / "case")
    run("run", folder, "--offline", "--now", "2026-11-23")
    for path in sorted((councils / "timetable").iterdir()):
        assert path.read_bytes() == (folder / "publication" / "draft" / "timetable" / path.name).read_bytes(), path.name


def test_every_number_of_the_timetable_opens_to_its_rows(nation):
    """In figures.csv and by ``explain``, for the headline and for a row of a body or region; and the package holds every file."""
    rows = {row["id"]: row for row in csv.DictReader((nation / "figures.csv").read_text(encoding="utf-8").splitlines())}
    told = json.loads((nation / "timetable" / "timetable.json").read_text())
    assert int(rows["timetable-removed"]["numerator"]) == told["totals"]["removed"] and rows["timetable-removed"]["unit"] == "site"
    assert sum(id.startswith("timetable-") for id in rows) > 15
    case = nation.parent.parent
    for id in ("timetable-removed", "timetable-to-come-most-gbp", "timetable-promises-missed", "timetable-region-capital-devices"):
        done = CliRunner().invoke(main, ["explain", str(case), id, "--edition", "public"])
        assert done.exit_code == 0 and "adds up      yes" in done.output, (id, done.output[:500])
    assert "(sites that are kept back)" in CliRunner().invoke(main, ["explain", str(case), "timetable-removed", "--edition", "public"]).output
    assert "(sites that are kept back)" not in CliRunner().invoke(main, ["explain", str(case), "timetable-removed"]).output
    assert 'href="../timetable-sites.html"' in (nation / "figures" / "timetable-removed.html").read_text(encoding="utf-8")
    german = (nation / "de" / "figures" / "timetable-removed.html").read_text(encoding="utf-8")
    assert "Entfernte Geräte" in german and 'href="../timetable-sites.html"' in german and (nation / "de" / "timetable-sites.html").exists()
    assert 'href="figures/timetable-removed.html"' in (nation / "timetable.html").read_text(encoding="utf-8")
    package = {row["path"]: row for row in json.loads((nation / "datapackage.json").read_text())["resources"]}
    assert {f"timetable/{path.name}" for path in (nation / "timetable").iterdir()} <= package.keys()
    assert package["timetable/sites.csv"]["rows"] == len(told["sites"]) and package["timetable/sites.csv"]["schema"]["fields"][1]["name"] == "site_id"


# ---- charts and words ------------------------------------------------------------------------------------------------------------------------------------


def point(month: str, baseline: int | None, plan: int | None, actual: int | None) -> dict[str, Any]:
    return {"month": month, "baseline": baseline, "plan": plan, "actual": actual}


def test_the_chart_ends_where_the_table_ends():
    svg = str(burn_down([point("2026-01", 40, None, 40), point("2026-02", 20, 30, 30), point("2026-03", 0, 10, None)]))
    lines = dict(re.findall(r'<path class="line (t-\w+)" d="([^"]+)"', svg))
    ends = {name: [tuple(map(float, p[1:].split(","))) for p in path.split()] for name, path in lines.items()}
    assert [len(ends[n]) for n in ("t-base", "t-plan", "t-actual")] == [3, 2, 2]
    top, bottom = ends["t-base"][0][1], ends["t-base"][2][1]
    assert ends["t-plan"][-1][1] == pytest.approx(bottom - (bottom - top) / 4), "10 of 40 stands a quarter up"
    assert "frozen plan: 0" in svg and "current plan: 10" in svg and "as it is: 30" in svg
    assert burn_down([point("2026-01", 1, 1, 1)]) == ""


def test_charts_take_hostile_names_and_empty_rows():
    row = {"name": '<b onload="x">&', "base_from": "2026-01", "base_to": "2026-02", "plan_from": "", "plan_to": "", "devices": None, "removed": None, "sites": None}
    for svg in (str(gantt([row], "2026-03")), str(tiles([row]))):
        assert "<b" not in svg and "&lt;b" in svg and "kept back" in svg
    assert gantt([], "2026-01") == "" and tiles([]) == ""


def test_a_share_never_rounds_to_what_is_not_true():
    assert of(999, 1000, "x") == "999 of 1,000 x (99 %)" and of(1, 1000, "x") == "1 of 1,000 x (under 1 %)"
    assert of(0, 0, "x") == "0 of 0 x" and of(None, 5, "x") == "kept back of 5 x"
    assert "No site is known" in headline({"sites": [], "totals": {"devices": 0}})


# ---- in a browser and on paper -----------------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    path = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), "")
    if not path:
        pytest.skip("no Chromium on this system")
    with api.sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_timetable(councils, nation, browser, scheme):
    spec = find_spec("axe_core_python")
    if spec is None or spec.origin is None:
        pytest.skip("axe-core-python is not installed")
    axe = (Path(spec.origin).parent / "axe.min.js").read_text(encoding="utf-8")
    page = browser.new_page(color_scheme=scheme)
    for folder in (councils, nation):
        for name in PAGES:
            if folder == nation and name != "timetable.html":
                continue  # the same templates as the councils' pages, with many more rows
            page.goto(f"file://{folder}/{name}")
            page.evaluate(axe)
            inside = "[['#state'], ['#end'], ['#lines'], ['#behind'], ['#bars'], ['#answer'], ['#withheld']]" if folder == nation else "'main'"
            found = page.evaluate(f"axe.run({inside}, {{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}})")
            assert not [(v["id"], v["nodes"][0]["html"][:200]) for v in found["violations"]], (name, scheme)
    page.close()


def test_it_prints_on_a4_and_fits_a_telephone(nation, browser, tmp_path):
    pdfium = pytest.importorskip("pypdfium2")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"file://{nation}/timetable.html")
    page.pdf(path=str(tmp_path / "t.pdf"), prefer_css_page_size=True)
    document = pdfium.PdfDocument(tmp_path / "t.pdf")
    sizes = {tuple(round(v) for v in document[n].get_size()) for n in range(len(document))}
    assert sizes == {(595, 842)} and len(document) < 40
    words = "".join(document[n].get_textpage().get_text_range() for n in range(len(document)))
    assert "Devices left" in words and "frozen plan" in words
    document.close()
    context.close()
    narrow = browser.new_page(viewport={"width": 360, "height": 720})
    for name in PAGES:
        narrow.goto(f"file://{nation}/{name}")
        assert narrow.evaluate("document.documentElement.scrollWidth") <= 360, name
    narrow.close()


def test_bodies_and_currencies_without_latin_letters_have_figures_of_their_own():
    """Two names in other scripts, two that differ in a sign, none, and one that says "not stated": an id each, the same in any order."""
    from custodes.publication.timetable_figures import _ids

    names = ["北京市", "上海市", "A & B", "A B", "", "Not stated", "Zürich", "£", "€"]
    ids = _ids(names)
    assert len(set(ids.values())) == len(names) and ids == _ids(reversed(names))
    assert ids["Zürich"] == "zurich" and ids["北京市"].startswith("x-") and _ids(["", "Capital"]) == {"": "not-stated", "Capital": "capital"}
    assert all(re.fullmatch(r"[a-z0-9-]{1,60}", id) for id in ids.values())


def test_a_name_of_four_thousand_letters_stays_inside_the_drawings():
    row = {"name": "L" * 4000, "base_from": "2026-01", "base_to": "2026-02", "plan_from": "", "plan_to": "", "devices": 3, "removed": 1, "sites": 1}
    for svg in (str(gantt([row], "2026-03")), str(tiles([row]))):
        assert "L" * 20 in svg and "L" * 40 not in svg and "\u2026" in svg
