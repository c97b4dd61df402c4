"""The pages: well formed, linked inside the folder, marked as a draft, safe with hostile text, the same bytes every time."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import invented
import pytest

from custodes.publication import figures, publish
from custodes.publication.marks import marked
from custodes.publication.rows import slugs
from custodes.publication.show import cited
from custodes.publication.wording import heading, listed, not_shown

_VOID = {"meta", "link", "br", "hr", "img", "input"}


class Page(HTMLParser):
    """Checks nesting while it collects ids, links, tags and text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        values = dict(attrs)
        self.ids += [values["id"]] if "id" in values else []
        self.links += [values[k] for k in ("href", "src") if k in values]
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (tag, self.open[-3:], self.getpos())
        self.open.pop()

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("draft")
    publish(invented.edition(with_hostile=True), path)
    return path


@pytest.fixture(scope="module")
def pages(folder) -> dict[str, Page]:
    return {str(p.relative_to(folder)): Page(p.read_text(encoding="utf-8")) for p in sorted(folder.rglob("*.html"))}


def test_every_file_written_is_returned_and_nothing_else_is_there(tmp_path):
    written = publish(invented.edition(), tmp_path)
    assert written == sorted(p for p in tmp_path.rglob("*") if p.is_file())


def test_every_page_is_well_formed_with_unique_ids(pages):
    assert len(pages) > 70
    for name, page in pages.items():
        assert len(page.ids) == len(set(page.ids)), name
        assert {"main", "header", "footer", "nav", "h1"} <= page.tags, name


def test_every_link_resolves_inside_the_folder(folder, pages):
    for name, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme:
                assert parts.scheme in ("https", "http"), (name, link)
                continue
            target = (folder / name).parent / unquote(parts.path) if parts.path else folder / name
            assert target.resolve().is_relative_to(folder.resolve()) and target.is_file(), (name, link)
            if parts.fragment:
                assert parts.fragment in pages[str(target.resolve().relative_to(folder.resolve()))].ids, (name, link)


def test_every_page_is_marked_as_a_draft_and_loads_nothing_from_elsewhere(folder, pages):
    for name, page in pages.items():
        text = (folder / name).read_text(encoding="utf-8")
        assert '<meta name="robots" content="noindex' in text
        assert "default-src 'none'; style-src 'self'" in text
        assert "A machine's finding is a lead until a person confirms it." in page.text
        assert "DRAFT" in page.text and '<html lang="en-GB">' in text
        assert not page.tags & {"img", "iframe", "object", "embed", "form", "style", "base"}, name
        assert re.findall(r"<script[^>]*>[^<]", text) == [] and set(re.findall(r'<script src="([^"]*)"', text)) <= {f"{up}static/{n}.js" for up in ("", "../", "../../") for n in ("custodes", "search")}
        assert not {a for a in page.attributes if a.startswith("on") or a == "style"}, name
        assert "sanctioned" not in page.text.casefold()
        assert "%" not in page.text


def test_text_from_records_is_shown_and_never_run(pages):
    whole = " ".join(page.text for page in pages.values())
    assert "<script>alert('x')</script>" in whole
    assert "<b>Body & Sons</b>" in whole
    assert "\x07" not in whole and "\x1b" not in whole


def test_hostile_reasons_are_marked_after_escaping():
    html = str(marked("a <script> & <b>", [{"theirs": "<script>", "ours": ""}]))
    assert html == "a &lt;<mark>script</mark>&gt; &amp; &lt;b&gt;"


@pytest.mark.parametrize(
    ("text", "theirs", "expected"),
    [
        ("5 number HIK Vision Recorders", "hikvision", "5 number <mark>HIK Vision</mark> Recorders"),
        ("Supply  of ARGUS-Optics", "argus optics", "Supply  of <mark>ARGUS-Optics</mark>"),
        ("TARGUS bags", "argus", "TARGUS bags"),
        ("nothing here", "argus", "nothing here"),
    ],
)
def test_matched_words_are_marked_however_they_are_spaced(text, theirs, expected):
    assert str(marked(text, [{"theirs": theirs, "ours": ""}])) == expected


def test_a_long_text_is_cut_around_the_match_and_says_so():
    html = str(marked("x " * 900 + "argus" + " y" * 900, [{"theirs": "argus"}], limit=100))
    assert html.startswith("… ") and html.endswith(" …") and "<mark>argus</mark>" in html and len(html) < 130


def test_the_overview_says_the_headline_with_denominators(pages):
    text = pages["index.html"].text
    assert (
        "3 named findings in 5,025 usable purchase rows of 4 bodies ; 52 surveillance purchases whose record does not say who made the equipment."
        in text
    )
    assert "1 of 4 named findings is confirmed by a person." in text
    assert "5,259 rows read = 5,029 usable + 184 left out with a reason + 46 rejected." in text
    assert "Nothing found never means that a body has none." in text


def test_a_named_finding_shows_its_proof(folder, pages):
    row = next(r for r in invented.named() if "SentryEye" in r["description"])
    page = pages[f"findings/{row['finding_id']}.html"]
    html = (folder / f"findings/{row['finding_id']}.html").read_text()
    assert "<mark>SentryEye SE-2042</mark>" in html
    for part in (
        "SentryEye is a label under which Argus Optics is sold", "SentryEye is an OEM rebrand of Argus Optics", "Listed on the date of the record.", "effective 2019-10-09 of the listing, payment date of the record.", "abuse of people and national security",
        "Exporters need a licence", "Against: another firm used the name", "Beside it, proving nothing: the supplier also sells", "It does not show that the equipment was delivered",
        "line 88", row["origin_sha256"], f"sources/captures/{row['origin_sha256']}", "Undecided: no person has looked at it yet.", "GBP 18,240.00",
    ):  # fmt: skip
        assert part in page.text, part


def test_other_equipment_is_said_exactly(pages):
    row = next(r for r in invented.named() if r["equipment"] == "other")
    assert "a listed maker's radio or telephone is not a camera" in pages[f"findings/{row['finding_id']}.html"].text


def test_letters_cite_the_exact_transactions_under_the_right_law(pages):
    foia, foisa = pages["questions/port-imaginary-council.html"].text, pages["questions/inverfiction-council.html"].text
    assert "section 1 of the Freedom of Information Act 2000." in foia and "section 1 of the Freedom of Information (Scotland) Act 2002." in foisa
    row = next(r for r in invented.questions() if r["body"] == "Port Imaginary Council" and r["transaction"])
    assert f"{row['date']}; {row['supplier']}; GBP {row['amount']:,.2f} (net of VAT); transaction {row['transaction']}" in foia
    assert f"{row['date'][:7]}.csv, {row['origin_at']}" in foia
    assert "no transaction number published" in foia
    assert "leave out names of staff" in foia
    assert "information law not known: check before sending" in pages["questions/b-body-sons-b.html"].text
    assert "give the file a body in case.toml" in pages["questions/_body-not-known.html"].text


def test_a_letter_about_a_body_that_has_ended_goes_to_its_successor(pages):
    text = pages["questions/borough-of-exampleton.html"].text
    assert "To: New Examplia Council, as the successor of Borough of Exampleton" in text
    assert "purchases that the published records of Borough of Exampleton, whose functions passed to you, describe" in text


def test_all_questions_of_a_body_are_in_its_letters(pages):
    rows = [r for r in invented.questions() if r["body"] == "Borough of Exampleton"]
    page = pages["questions/borough-of-exampleton.html"]
    assert "Drafted letter 1 of 2" in page.text and "Drafted letter 2 of 2" in page.text
    assert {f"../findings/{r['finding_id']}.html" for r in rows} <= set(page.links)


def test_bodies_pages_show_state_months_and_neighbours(pages):
    text = pages["bodies/port-imaginary-council.html"].text
    assert (
        "10 of 12 months from 2024-01 to 2024-12" in text
        and "Missing: 2024-05, 2024-08." in text
        and "A lead alone does not change the state." in text
    )
    assert "Followed by New Examplia Council" in pages["bodies/borough-of-exampleton.html"].text
    assert "No record of this body was read." in pages["bodies/new-examplia-council.html"].text


def test_a_claim_naming_a_partner_is_a_claim_by_its_publisher(pages):
    text = pages["statements.html"].text
    assert "Claim by Argus Optics, about Veritas Face Ltd" in text and "Denial by Veritas Face Ltd, about Argus Optics" in text
    assert text.index("announces in a brochure") < text.index("never worked with") < text.index("showed possible uses")
    assert "Veritas" not in pages["makers.html"].text


def test_makers_are_counted_by_ground_apart(pages):
    text = pages["makers.html"].text
    assert "Makers listed both for abuse of people and for national security: 1 of 4" in text
    assert "Makers listed for national security alone: 1 of 4" in text
    assert "All its listings have ended." in text and "Watched; no listing is held." in text


def test_coverage_shows_every_file_error_and_unknown_column(pages):
    text = pages["coverage.html"].text
    for part in (
        "the gzip stream ends before its end mark",
        "Costcuk",
        "The same bytes as records/exampleton/2024-03.csv: counted once.",
        "40 rows without a body.",
        "3 natural person",
    ):
        assert part in text


def test_money_page_shows_refunds_and_both_totals(pages):
    text = pages["money.html"].text
    assert "There is therefore no grand total" in text and "−GBP 662.50" in text and "With repeats that cannot be proven" in text


def test_plan_tells_unknown_from_none(pages):
    text = pages["plan.html"].text
    assert "1 of 3 sites have no device count: they are unknown, not zero." in text and "GBP 8,460.00 to GBP 12,400.00" in text
    assert "No verdict of the checker is recorded." in text


def test_every_figure_has_its_anchor(pages):
    assert {f.id for f in figures(invented.edition(with_hostile=True))} <= set(pages["figures.html"].ids)


def test_the_same_edition_gives_the_same_bytes(folder, tmp_path):
    publish(invented.edition(with_hostile=True), tmp_path)
    first, second = ({str(p.relative_to(f)): p.read_bytes() for f in [root] for p in f.rglob("*") if p.is_file()} for root in (folder, tmp_path))
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


def test_much_is_split_over_pages_and_nothing_is_cut(tmp_path):
    extra = [invented.finding("maker_unknown", body="Big Body", description=f"CCTV {n}", amount=n, transaction=f"B{n}") for n in range(450)] + [
        invented.finding(body="Big Body", description=f"Argus Optics {n}", amount=n, transaction=f"N{n}") for n in range(1_200)
    ]
    publish(invented.edition(extra=extra), tmp_path)
    letters = [Page(p.read_text()) for p in sorted((tmp_path / "questions").glob("big-body*.html"))]
    cited = [link for page in letters for link in page.links if link.startswith("../findings/")]
    assert len(letters) == 3 and len(cited) == len(set(cited)) == 450
    lists = [Page(p.read_text()) for p in sorted(tmp_path.glob("findings*.html"))]
    listed = [link for page in lists for link in page.links if re.fullmatch(r"findings/[0-9a-f]+\.html", link)]
    assert len(lists) == 3 and len(listed) == len(set(listed)) == 1_200 + len(invented.named())
    assert "The first 12 of 1,204" in Page((tmp_path / "index.html").read_text()).text


def test_an_empty_edition_says_what_it_does_not_know(tmp_path):
    from custodes.values import FINDING_SCHEMA
    from custodes.values.edition import Edition

    publish(Edition("draft", "2026-01-01", FINDING_SCHEMA.empty_table(), {}, {}, (), (), (), {}, {}), tmp_path)
    for path in tmp_path.rglob("*.html"):
        Page(path.read_text())
    text = Page((tmp_path / "index.html").read_text()).text
    assert "0 named findings in 0 usable purchase rows of 0 bodies" in text
    assert "This does not mean that the bodies have none" in text


def test_file_names_never_clash_and_never_leave_the_folder():
    names = slugs(["A b", "a-B", "../../etc/passwd", "مجلس", "", "x" * 300])
    assert len(set(names.values())) == len(names)
    assert all(re.fullmatch(r"[a-z0-9-]{1,67}", slug) for slug in names.values())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Law 1, https://a.example/x.pdf, p. 3",
            'Law 1, <a href="https://a.example/x.pdf" rel="noreferrer nofollow">https://a.example/x.pdf</a>, p. 3',
        ),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("https://user@evil.example/", "https://user@evil.example/"),
        ('<b>https://a.example/"onclick=x', '&lt;b&gt;<a href="https://a.example/" rel="noreferrer nofollow">https://a.example/</a>&#34;onclick=x'),
    ],
)
def test_only_plain_addresses_inside_a_citation_become_links(text, expected):
    assert str(cited(text)) == expected


def test_a_press_report_is_not_the_body_speaking():
    row = invented.finding("use_reported", record_kind="STATEMENT", body="Mole Town", grade="reported")
    assert heading(row, "Argus Optics") == "Argus Optics: reported at Mole Town"
    assert not_shown(row)[0].startswith("It shows what a report says. The body itself has not said so")


def test_listed_on_that_date_says_which_date_was_used():
    basis = (
        "On 2016-03-30 (payment date) Argus Optics stood on no list that we know for certain. Listed later: XX-EXPORT (from 2019-10-09, effective)."
    )
    assert (
        listed(invented.finding(listed_on_date="no", listed_basis=basis))
        == "Not listed on the date of the record: 2016-03-30 (payment date); listed later."
    )
    assert listed(invented.finding(listed_basis="", listings=[])) == "Listed on the date of the record."
