"""The site as files: links of both languages lead somewhere, numbers open to their rows, charts stand on their tables, the index and the feed hold what the pages do."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import invented
import pytest
import test_publication_site_gate as accused

from custodes.publication import cards, figures, publish
from custodes.publication.places import area_of, uk_map
from custodes.publication.search import packed, shard, words


class Links(HTMLParser):
    """Ids and addresses of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.ids |= {values["id"]} if "id" in values else set()
        self.links += [values[key] for key in ("href", "src") if values.get(key) is not None]
        if tag == "meta" and values.get("property") == "og:image":
            self.links.append(values["content"])


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> tuple[Path, Path]:
    draft, public = tmp_path_factory.mktemp("draft"), tmp_path_factory.mktemp("public")
    publish(invented.edition(with_hostile=True, languages=("en", "de")), draft)
    publish(accused.poisoned(accused.Markers()), public)
    return draft, public


def test_every_link_and_anchor_of_both_editions_and_languages_leads_somewhere(folders):
    checked = 0
    for folder in folders:
        pages = {path.resolve(): Links(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.html"))}
        for path, page in pages.items():
            for link in page.links:
                parts = urlsplit(link)
                if parts.scheme:
                    assert parts.scheme in ("http", "https"), link
                    continue
                target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
                assert target.is_file() and target.is_relative_to(folder.resolve()), (path.name, link)
                assert not parts.fragment or target.suffix != ".html" or parts.fragment in pages[target].ids, (path.name, link)
                checked += 1
        assert {path.relative_to(folder / "de") for path in (folder / "de").rglob("*.html")} == {path.relative_to(folder) for path in folder.rglob("*.html") if "de" not in path.relative_to(folder).parts}
    assert checked > 5_000


def test_every_number_opens_to_its_rows_and_each_row_to_its_file(folders):
    draft, _ = folders
    edition = invented.edition(with_hostile=True)
    for figure in figures(edition):
        page = (draft / "figures" / f"{figure.id}.html").read_text(encoding="utf-8")
        assert f"custodes explain examples/examplia {figure.id}" in page
        if figure.unit == "finding":
            assert set(re.findall(r'href="\.\./findings/([0-9a-f]+)\.html"', page)) == set(figure.rows)
    row = invented.named()[0]
    finding = (draft / "findings" / f"{row['finding_id']}.html").read_text(encoding="utf-8")
    target = re.search(r'href="\.\./(files/[0-9a-f]+\.html)"', finding)
    assert target and f"sha256sum sources/captures/{row['origin_sha256']}" in finding and f"custodes explain examples/examplia {row['finding_id']}" in finding
    file = (draft / target[1]).read_text(encoding="utf-8")
    assert row["origin_sha256"] in file and f"../findings/{row['finding_id']}.html" in file


def test_a_figure_inherits_the_weakest_grade_of_its_rows():
    grades = {figure.id: figure.grade for figure in figures(invented.edition(extra=[invented.finding("use_reported", record_kind="STATEMENT", grade="reported", description="x")]))}
    assert (grades["named"], grades["named-elsewhere"], grades["weak"], grades["questions"]) == ("recorded", "reported", "lead-only", "recorded")
    assert grades["makers-both"] == "" and grades["state-confirmed-present"] == "recorded"


def test_charts_stand_on_tables_with_the_same_numbers(folders):
    page = (folders[0] / "index.html").read_text(encoding="utf-8")
    chart = page[page.index('id="chart-listing-dates"') : page.index("</figure>", page.index('id="chart-listing-dates"'))]
    assert ">3</text>" in chart and '<th scope="row">2024</th><td class="num">2</td><td class="num">0</td><td class="num">1</td>' in chart
    assert "2019-10-09: Argus Optics: Export Register of Examplia" in chart
    matrix = page[page.index('id="chart-who-from-whom"') :]
    assert "Port Imaginary Council, Argus Optics: 1 (a purchase of surveillance equipment)" in matrix and "Halcyon: 1 (purchases of other equipment, not surveillance)" in matrix
    assert "Shire of Fable, Argus Optics: 1 (answers and reports, no purchase)" in matrix and "an empty place shows nothing" in matrix


def test_the_front_page_is_light_and_the_card_is_a_picture(folders):
    for folder in folders:
        assert (folder / "index.html").stat().st_size < 200_000
        assert (folder / "cards" / "index.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    assert cards.card("a", "b", "c", "d") == cards.card("a", "b", "c", "d") != cards.card("a", "b", "c", "e")


def test_the_index_holds_every_finding_under_its_words(folders):
    draft, _ = folders
    held = {}
    for path in (draft / "search").glob("t-*.js"):
        name, data = re.fullmatch(r'custodes\.words\("([0-9a-f-]+)",(.*)\);\n', path.read_text(encoding="utf-8"), re.DOTALL).groups()
        held[name] = json.loads(data)
    pages = [row for n in range(9) if (path := draft / "search" / f"d-{n}.js").is_file() for row in json.loads(path.read_text(encoding="utf-8").split(",", 1)[1].removesuffix(");\n"))]
    row = invented.named()[1]
    for word in ("sentryeye", row["finding_id"], "quayside", "p", "77120"):
        if len(word) > 1:
            numbers = unpacked(held[shard(word)][word])
            assert f"findings/{row['finding_id']}.html" in {pages[n][2] for n in numbers}, word


def unpacked(text: str) -> list[int]:
    """What the page's script makes of a list of numbers."""
    found, last = [], 0
    for part in text.split(" "):
        gap, _, more = part.partition(".")
        last += int(gap, 36)
        found += range(last, last + int(more or "0", 36) + 1)
        last = found[-1]
    return found


@pytest.mark.parametrize("numbers", [[0], [4, 5, 6, 20], [0, 1, 2], [7, 9, 11, 500_000], list(range(40))])
def test_packed_numbers_come_back(numbers):
    assert unpacked(packed(numbers)) == numbers


def test_words_are_found_without_accents_and_in_any_case():
    assert words("Ümlaut STRASSE Straße 摄像头 x 4648561") == {"umlaut", "strasse", "摄像头", "4648561"}


def test_areas_are_found_by_the_name_of_a_local_body_alone():
    known = {"Leeds City Council": "Leeds", "Royal Borough of Kensington and Chelsea": "Kensington and Chelsea", "Hyndburn Borough Council": "Lancashire", "Durham County Council": "County Durham"}
    assert {name: area_of({"body": name, "names": []}) for name in known} == known
    for name in ("Leeds Cameras Ltd", "Cabinet Office", "University of Reading", "Kent Police", "Reading Parish Council"):
        assert area_of({"body": name, "names": []}) == ""
    assert set(known.values()) <= set(uk_map()["areas"]) and "public domain" in uk_map()["citation"]


def test_the_feed_is_atom_with_whole_addresses_where_the_case_names_one(tmp_path):
    edition = accused.poisoned(accused.Markers())
    publish(replace(edition, facts={**edition.facts, "url": "https://example.org/e/", "languages": ("en",)}), tmp_path)
    root = ElementTree.parse(tmp_path / "feed.xml").getroot()
    atom = "{http://www.w3.org/2005/Atom}"
    assert root.tag == f"{atom}feed" and all(root.find(f"{atom}{name}") is not None for name in ("id", "title", "updated", "author"))
    entries = root.findall(f"{atom}entry")
    assert len(entries) == 3 and len({entry.find(f"{atom}id").text for entry in entries}) == 3
    links = {link.get("href") for link in root.iter(f"{atom}link")}
    assert all(link.startswith("https://example.org/e/") for link in links)
    assert 'property="og:image" content="https://example.org/e/cards/index.png"' in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_a_draft_has_no_feed_and_no_card_that_names_somebody(folders):
    draft, public = folders
    assert not (draft / "feed.xml").exists() and not (draft / "changes.html").exists() and [p.name for p in (draft / "cards").rglob("*.png")] == ["index.png"]
    assert (public / "changes.html").is_file() and (public / "cards" / "makers" / "argus.png").is_file()


def test_the_bytes_do_not_depend_on_the_seed_of_hashes(tmp_path):
    code = "import sys; sys.path.insert(0, 'tests/publication'); import invented; from pathlib import Path; from custodes.publication import publish; publish(invented.edition(), Path(sys.argv[1]))"
    trees = []
    for seed in ("1", "2"):
        folder = tmp_path / seed
        subprocess.run([sys.executable, "-c", code, str(folder)], check=True, env={**os.environ, "PYTHONHASHSEED": seed}, cwd=Path(__file__).resolve().parents[2])
        trees.append({str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()})
    assert trees[0] == trees[1]


def test_the_publish_table_of_a_case_is_read_strictly(tmp_path):
    from custodes.case import load
    from custodes.case_publish import PublishSettings
    from custodes.errors import UsageError

    def read(text: str) -> PublishSettings:
        (tmp_path / "case.toml").write_text(f'format = 1\ntitle = "t"\n{text}', encoding="utf-8")
        return load(tmp_path).publish

    assert read("") == PublishSettings("", ("en", "de"))
    assert read('[publish]\nurl = "https://example.org/e"\nlanguages = ["de"]\n') == PublishSettings("https://example.org/e/", ("en", "de"))
    assert read("[publish]\nlanguages = []\n").languages == ("en",)
    for wrong in ('publish = 1\n', '[publish]\nurl = "ftp://x"\n', '[publish]\nurl = "https://a b"\n', '[publish]\nlanguages = ["fr"]\n', '[publish]\naddress = "x"\n', "[publish]\nurl = 3\n"):
        with pytest.raises(UsageError):
            read(wrong)
