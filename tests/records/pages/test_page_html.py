"""HTML to text and back: every text counts, every span leads to its node and its bytes, and hostile pages end in a clear word."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html
from page_support import check_runs, read

from custodes.errors import LimitError
from custodes.records import page_html, page_walk
from custodes.records.page_place import locate
from custodes.records.page_runs import Seen, page_row

PAGE = b"""<!doctype html>\r\n<html lang=en><head><title>A  camera\r\n page</title><meta name="description" content="What it can do"><style>p{color:red}</style></head>
<body><nav><a href=/>Home</a> <a>Shop</a></nav><!-- a note --><p>The camera detects <b>gender</b>,
  age &amp; more. <span hidden>and ethnicity</span></p><p style="display: none">not shown</p>
<table><tr><th>Model<th>Age<tr><td>X1<td><p>yes</p></table><pre>enum Sex {
  MALE }</pre><img src=a.png alt="a face with a frame"><script>var gone = '<p>Home</p>'</script><footer>Caf\xc3\xa9 &copy; 2026</footer>at the end"""


def place_of(words: str, payload: bytes = PAGE) -> object:
    row = read(payload, "page.html")[0]
    at = row["text"].index(words)
    return locate(row, at, at + len(words), payload)


def test_all_text_and_only_text() -> None:
    row = read(PAGE, "page.html")[0]
    check_runs(row)
    assert row["text"] == (
        "A camera page\nWhat it can do\n\nHome Shop\n\nThe camera detects gender, age & more. and ethnicity\n\nnot shown\nModel | Age\nX1 | yes\n\n"
        "enum Sex {\n  MALE }\n\na face with a frame\n\nCafé © 2026\n\nat the end"
    )  # fmt: skip
    assert (row["title"], row["lang"], row["media"], row["readable"], row["encoding"]) == ("A camera page", "en", "text/html", "yes", "utf-8")
    assert row["extractor"].startswith("page_html 1, selectolax ")


@pytest.mark.parametrize(
    ("words", "path", "offset", "mark", "literal"),
    [
        ("The camera detects", "/html[1]/body[1]/p[1]/text()[1]", 0, "", True),
        ("gender", "/html[1]/body[1]/p[1]/b[1]/text()[1]", 0, "", True),
        ("more", "/html[1]/body[1]/p[1]/text()[2]", 10, "", True),
        ("age & more", "/html[1]/body[1]/p[1]/text()[2]", 4, "", False),
        ("ethnicity", "/html[1]/body[1]/p[1]/span[1]/text()[1]", 4, "hidden", True),
        ("not shown", "/html[1]/body[1]/p[2]/text()[1]", 0, "hidden", True),
        ("yes", "/html[1]/body[1]/table[1]/tbody[1]/tr[2]/td[2]/p[1]/text()[1]", 0, "", True),
        ("MALE", "/html[1]/body[1]/pre[1]/text()[1]", 13, "code", True),
        ("face", "/html[1]/body[1]/img[1]/@alt", 2, "alt", True),
        ("What it", "/html[1]/head[1]/meta[1]/@content", 0, "description", True),
        ("Café", "/html[1]/body[1]/footer[1]/text()[1]", 0, "", True),
        ("at the end", "/html[1]/body[1]/text()[2]", 0, "", True),
    ],
)
def test_a_span_leads_to_its_node_and_its_bytes(words: str, path: str, offset: int, mark: str, literal: bool) -> None:
    place = place_of(words)
    assert (place.path, place.offset, place.mark, place.literal) == (path, offset, mark, literal)  # type: ignore[attr-defined]
    if literal:
        assert PAGE[place.byte_start : place.byte_end] == words.encode()  # type: ignore[attr-defined]


def test_home_is_found_in_the_page_not_in_the_script() -> None:
    place = place_of("Home")
    assert PAGE[: place.byte_start].endswith(b"<a href=/>")  # type: ignore[attr-defined]


def test_w3c_selectors() -> None:
    row = read(PAGE, "page.html")[0]
    at = row["text"].index("detects gender")
    quote, position, reach, data = locate(row, at, at + 14, PAGE).selectors()
    assert quote == {"type": "TextQuoteSelector", "exact": "detects gender", "prefix": row["text"][at - 32 : at], "suffix": row["text"][at + 14 : at + 46]}
    assert row["text"][position["start"] : position["end"]] == "detects gender"
    assert reach["startSelector"]["value"] == "/html[1]/body[1]/p[1]/text()[1]" and reach["endSelector"]["value"].endswith("/b[1]/text()[1]")
    assert PAGE[data["start"] : data["end"]] == b"detects <b>gender"


def test_paths_are_those_of_another_parser() -> None:
    """lxml finds the same words at every XPath of a well-formed page."""
    page = "<html><head><title>t one</title></head><body>" + "".join(
        f"<div><p>words {n} <i>in {n}</i> and {n}</p><ul><li>item {n}</li><li>item <b>b{n}</b></li></ul></div>" for n in range(20)
    )
    page += "</body></html>"
    row = read(page.encode(), "page.html")[0]
    tree = lxml_html.document_fromstring(page)
    for start, size in zip(row["starts"], row["sizes"], strict=True):
        place = locate(row, start, start + size, page.encode())
        (node,) = tree.xpath(place.path)
        assert str(node)[place.offset : place.offset + size] == place.exact
        assert place.literal


@pytest.mark.parametrize(
    ("declared", "encoding", "read_as"),
    [
        ("utf-8", "gb18030", "gb18030"), ("gb2312", "gb18030", "gb18030"), ("iso-8859-1", "utf-8", "utf-8"), ("shift_jis", "cp932", "cp932"), ("", "utf-16", "utf-16-le"),
        ("windows-1251", "utf-8", "utf-8"), ("big5", "big5hkscs", "big5hkscs"), ("no-such-charset", "utf-8", "utf-8"), ("utf-16", "utf-8", "utf-8"), ("", "utf-8-sig", "utf-8"),
    ],
)  # fmt: skip
def test_encodings_declared_right_and_wrong(declared: str, encoding: str, read_as: str) -> None:
    words = "性別と年齢を推定する機能です。映像解析に使います" if "932" in encoding else "摄像机可以识别人员的性别、年龄和民族属性，支持视频分析"
    words = words if encoding != "big5hkscs" else "攝影機可以識別人員的性別和年齡屬性，支援影像分析"
    payload = f'<html><head><meta charset="{declared}"></head><body><p>{words * 3}</p></body></html>'.encode(encoding)
    row = read(payload, "page.html")[0]
    assert words in row["text"]
    assert row["encoding"] == read_as
    place = locate(row, row["text"].index(words) + 2, row["text"].index(words) + 9, payload)
    assert place.literal and payload[place.byte_start : place.byte_end].decode(read_as) == place.exact


def test_utf16_without_a_mark_and_cut_utf8() -> None:
    assert read("<html><body><p>Alterserkennung für Läden</p>".encode("utf-16-le"), "a.html")[0]["text"] == "Alterserkennung für Läden"
    row = read(b"<html><body><p>" + "Größe und Güte, ".encode() * 200 + b"\xc3</p>", "a.html")[0]
    assert row["encoding"] == "utf-8" and row["text"].count("Größe") == 200


TAGS = ["p", "div", "b", "i", "table", "tr", "td", "li", "pre", "a", "span hidden", "font", "script", "textarea", "select", "option", "br", "/p", "/div", "/b", "/table", "/td", "/script", "/pre", "title", "/title", "head", "th", "tr", "img alt=' a  b'", "svg", "template"]


def assert_read_light(payload: bytes) -> None:
    """What is read for its text alone is the same page, and gives its places when it is asked after all."""
    seen = Seen(name="a.html")
    light, whole = page_html.light(payload, seen, "a.html"), page_html.take(payload, seen, "a.html")
    for places in (False, True):
        assert page_row(light, seen, payload, places) == page_row(whole, seen, payload, places)


@pytest.mark.parametrize(
    "payload",
    [
        PAGE, b"<html>", b"", b"text", b"<table><tr><td>a<td>b<table><tr><td>c<td>d</table><td>e<tr><th>f",
        b"<html lang=de><head><title> </title></head><title>late</title><svg><title>s</title></svg><img alt=' a  b '><input placeholder='\n' alt=x><pre> <td>x\n\n y</pre> z",
        b"<body>a <b> b </b> c<br> d<template><title>t</title><p>u</template><select><option>1<option> 2</select><plaintext> <p>\n end ",
        b"<title>\x00a</title><meta name=keywords content=' k '><meta name=viewport content=v><iframe title='f'>g</iframe><svg aria-label=h><g><td>i<td>j</g></svg>\x0c\rk \xc2\xa0 l",
    ],
)  # fmt: skip
def test_text_alone_is_the_same_text(payload: bytes) -> None:
    assert_read_light(payload)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(TAGS).map(lambda t: f"<{t}>"), st.text(alphabet="abé中 \n\t\r&;<>\"'\0#x", max_size=12), st.sampled_from(["&amp;", "&nbsp;", "&#39;", "&bogus;", "<!-- x -->", "<![CDATA[y]]>"])), max_size=40))
def test_any_soup_gives_exact_runs(pieces: list[str]) -> None:
    payload = ("<html>" + "".join(pieces)).encode()
    row = read(payload, "soup.html")[0]
    check_runs(row)
    assert_read_light(payload)
    for start, size in zip(row["starts"], row["sizes"], strict=True):
        place = locate(row, start, start + size, payload)
        if place.literal:
            assert payload[place.byte_start : place.byte_end].decode() == place.exact


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b"<html>" + b"<div>" * 100_000 + b"x", "nested deeper"),
        (b"<html>" + b"<b><i><font size=1>" * 50_000, "nested deeper"),
        (b"<html><a " + b" ".join(b"a%d=1" % n for n in range(200_000)) + b">x", "attributes"),
        (b"<html>" + b"x" * (page_html.SIZE_LIMIT + 1), "larger than"),
        (b"<html>" + b"<p>a" * (page_html.TAG_LIMIT + 1), "more than 3,000,000 tags"),
    ],
)
def test_hostile_pages_are_refused_at_once(payload: bytes, words: str) -> None:
    began = time.monotonic()
    with pytest.raises(LimitError, match=words):
        read(payload, "hostile.html")
    assert time.monotonic() - began < 10


def test_large_but_honest_pages_are_read() -> None:
    rows = b"".join(b"<tr><td>item %d<td><a href=/%d>buy</a>" % (n, n) for n in range(20_000))
    row = read(b"<html><body><table>" + rows + b"</table><p>" + b"<br>line" * 20_000 + b'<img alt="' + b"a" * 300_000 + b'">', "long.html")[0]
    assert "item 19999 | buy" in row["text"] and row["text"].count("line") == 20_000
    check_runs(row)


def test_a_page_of_very_many_elements_takes_time_in_proportion() -> None:
    payload = b"<html><body>" + b"<i>a</i> b" * 60_000 + b"<table><tr>" + b"<td>c" * 60_000
    began = time.process_time()
    row = read(payload, "wide.html")[0]
    assert time.process_time() - began < 20
    check_runs(row)
    assert row["paths"][119_998:120_001] == ["/html[1]/body[1]/i[60000]", "/html[1]/body[1]/text()[60000]", "/html[1]/body[1]/table[1]/tbody[1]/tr[1]/td[1]"]
    assert row["paths"][-1].endswith("/td[60000]")


def test_a_page_both_deep_and_wide_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_walk, "PATHS_LIMIT", 1 << 20)
    with pytest.raises(LimitError, match=r"the paths of its texts take more than 1 MiB") as refused:
        read(b"<html>" + b"<div>" * 1_500 + b"<i>a</i>" * 2_000, "deep.html")
    assert refused.value.where == "deep.html"


@pytest.mark.parametrize("blank", ["\f", "&#13;"])
def test_rare_blanks_inside_a_text_do_not_break_the_way_back(blank: str) -> None:
    payload = f"<html><body><p>camera{blank}that sees</p> <p>age{blank}and gender </p></body></html>".encode()
    row = read(payload, "rare.html")[0]
    at = row["text"].index("gender")
    place = locate(row, at, at + 6, payload)
    assert place.literal and payload[place.byte_start : place.byte_end] == b"gender"


def test_nothing_to_read_is_said() -> None:
    row = read(b"<html><head><script>app()</script></head><body><div id=root></div></body></html>", "app.html")[0]
    assert (row["text"], row["readable"]) == ("", "no")
    assert "scripts" in row["unreadable"][0]


def test_depth_counts_only_what_stays_open() -> None:
    draw = random.Random(5)
    page = b"<html>" + b"".join(draw.choice([b"<p>a", b"<li>b", b"<br>", b"<td>c", b"<div>d</div>"]) for _ in range(30_000))
    assert read(page, "flat.html")[0]["text"]


@pytest.mark.parametrize("name", ["payments.csv", "brochure.pdf", "list.xlsx", "release.json"])
def test_an_error_page_in_place_of_a_file_is_no_page(name: str) -> None:
    assert not page_html.sniff(b"<!DOCTYPE html><html><body>404 Not Found</body></html>", name)
