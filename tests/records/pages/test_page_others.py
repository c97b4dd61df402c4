"""PDF, plain text, code and web archives: text, places, and what cannot be read is said, never passed over."""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import Path

import pytest
from page_support import check_runs, pdf, read, warc

from custodes.errors import BrokenInputError, InputError, LimitError
from custodes.records import page_legible, page_pdf, page_warc
from custodes.records.page_place import locate, payload_of

LINES = ["Argus Optics (invented): retail analytics for shops and", "border control. Optional profiling by gender, race or", "ethnicity, and age.", "Model Gender Age", "AX-1 yes yes"]


def test_pdf_text_with_page_and_rectangle() -> None:
    payload = pdf([["Cover of a brochure that says nothing of note here"], LINES], title="Brochure")
    (row,) = read(payload, "brochure.pdf")
    check_runs(row)
    assert row["title"] == "Brochure" and row["readable"] == "yes" and row["media"] == "application/pdf"
    assert "profiling by gender, race or ethnicity, and age.\nModel Gender Age\nAX-1 yes yes" in row["text"]
    at = row["text"].index("gender, race or ethnicity")
    place = locate(row, at, at + len("gender, race or ethnicity"), payload)
    assert (place.path, place.end_path, place.mark) == ("page 2", "page 2", "")
    first, second = place.rectangles
    assert first[1] > second[3] - 1 and 50 <= second[0] < first[0] < first[2] <= 595  # the second line stands below, at the left edge
    assert {"type": "FragmentSelector", "conformsTo": "http://tools.ietf.org/rfc/rfc3778", "value": "page=2"} in place.selectors()


def test_pdf_pages_that_are_pictures_are_said() -> None:
    (row,) = read(pdf([LINES], image=True), "scan.pdf")
    assert (row["readable"], row["unreadable"]) == ("partly", ["page 2: image only, text not readable"])
    (row,) = read(pdf([], image=True), "scan.pdf")
    assert (row["readable"], row["text"]) == ("no", "")


def test_shared_pdfs(shared: Path) -> None:
    """Five PDFs made elsewhere: readable, image only, garbled, encrypted with an empty password, cut off."""
    folder = shared / "pages" / "warc" / "pdf"
    said = {}
    for path in sorted(folder.glob("*.pdf")):
        try:
            (row,) = read(path.read_bytes(), path.name)
            said[path.stem] = row["readable"]
        except BrokenInputError as error:
            said[path.stem] = error.what.split(":")[1].strip()
    assert said == {
        "encrypted_empty_user_password": "yes", "image_only_scan": "no", "text_two_columns_table": "yes", "truncated": "text not readable", "wrong_tounicode": "no",
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "The camera detects people and estimates gender and age of each visitor in the shop, so that staff can plan the day.",
        "Die Kamera erkennt Personen und schätzt Geschlecht und Alter der Besucher im Laden, damit das Personal planen kann.",
        "Kamera rozpoznává osoby a odhaduje pohlaví a věk návštěvníků v obchodě, aby personál mohl plánovat den.",
        "Kamera, mağazadaki ziyaretçilerin cinsiyetini ve yaşını tahmin eder, böylece personel günü planlayabilir.",
        "Kamera rozpoznaje osoby i szacuje płeć oraz wiek gości w sklepie, aby personel mógł zaplanować dzień pracy.",
        "Камера распознаёт людей и определяет пол и возраст посетителей магазина, чтобы персонал мог планировать день.",
        "摄像机可以识别人员的性别、年龄和民族属性，支持视频分析和客流统计，适用于商店和边境口岸等多种场景应用",
        "DS-2CD2143G2-I 4 MP WDR IP67 IK10 H.265+ 2.8 mm EXIR 30 m DC12V PoE microSD ONVIF RJ45 NTSC PAL VBR CBR " * 4,
        "typedef enum { EM_SEX_UNKNOWN, EM_SEX_MALE, EM_SEX_FEMALE } EM_SEX_TYPE; int nAge; DWORD dwSize; " * 4,
    ],
)  # fmt: skip
def test_texts_of_many_languages_are_legible(text: str) -> None:
    assert page_legible.illegible(text) == ""


@pytest.mark.parametrize("shift", [29, 3, 7, 13, -1])
def test_shifted_letters_are_seen(shift: int) -> None:
    text = "The camera detects people and estimates gender and age of each visitor in the shop, so that staff can plan the day."
    if shift == 29:  # glyph numbers taken for letters, as many manuals come out
        wrong = "".join(chr(ord(c) - 29) if c.isalpha() else c for c in text)
    else:
        wrong = "".join(chr((ord(c.lower()) - 97 + shift) % 26 + 97) if c.isalpha() else c for c in text)
    assert page_legible.illegible(wrong * 3)
    assert page_legible.illegible("Камера распознаёт людей и определяет пол и возраст посетителей магазина и склада".encode("cp1251").decode("latin-1") * 3)


def test_text_and_code_with_line_and_byte() -> None:
    payload = "# Cámara X1\r\n\r\nDetecta el género — y la edad.\r\n\r\n\r\nFin".encode()
    (row,) = read(payload, "manual.md")
    check_runs(row)
    assert row["text"] == "# Cámara X1\n\nDetecta el género — y la edad.\n\nFin" and row["title"] == "Cámara X1"
    at = row["text"].index("la edad")
    place = locate(row, at, at + 7, payload)
    assert (place.path, place.offset) == ("line 3", 22) and payload[place.byte_start : place.byte_end] == b"la edad" and place.literal
    (code,) = read(b"typedef enum {\n  EM_SEX_MALE = 1,\n} EM_SEX;\n", "sdk.h")
    assert code["marks"] == ["code"] * 3
    assert read(b'{"openapi": "3.0.0", "paths": {"/faces": {}}}', "api.json")[0]["marks"] == ["code"]


def test_tables_are_not_taken_for_text() -> None:
    from custodes.records import page_text

    assert not page_text.sniff(b"Supplier;Amount;Date\nA;1;2\nB;2;3\nC;3;4\n", "payments.txt")
    assert page_text.sniff(b"A letter, with words, and commas.\nAnother line.\nA third one, short.\n", "letter.txt")


ANSWERS = [
    {"url": "https://argus.example/p", "date": "2022-11-28T10:00:00Z", "type": "text/html; charset=utf-8", "body": b"<html><p>It detects gender.</p></html>"},
    {"url": "https://argus.example/b.pdf", "date": "2022-11-28T10:00:05Z", "type": "application/pdf", "body": pdf([LINES])},
    {"url": "https://argus.example/l.png", "date": "2022-11-28T10:00:06Z", "type": "image/png", "body": b"\x89PNG"},
    {"url": "https://argus.example/p", "date": "2022-12-04T10:00:00Z", "type": "text/html", "status": "404 Not Found", "body": b"<p>Not found</p>"},
    {"url": "urn:dom:https://argus.example/p", "date": "2022-11-28T10:00:00Z", "type": "text/html", "kind": "resource", "body": b"<html><p>It detects gender and age.</p></html>"},
    {"url": "https://argus.example/bad.pdf", "date": "2022-12-04T10:00:00Z", "type": "application/pdf", "body": b"%PDF-1.4 cut"},
]  # fmt: skip


@pytest.mark.parametrize("gzip", [False, True])
def test_warc_responses_become_pages(gzip: bool, tmp_path: Path) -> None:
    from custodes.sources.unpack import opened

    path = tmp_path / "a.warc.gz"
    path.write_bytes(warc(ANSWERS, gzip))
    rest: dict[str, list[dict]] = {}
    with opened(path, "a.warc.gz") as (stream, name):
        rows = read(stream.read(), name, rest)
        assert [(r["url"], r["status"], r["form"], r["captured"]) for r in rows] == [
            ("https://argus.example/p", "200", "source", "2022-11-28T10:00:00Z"), ("https://argus.example/b.pdf", "200", "source", "2022-11-28T10:00:05Z"),
            ("https://argus.example/p", "404", "source", "2022-12-04T10:00:00Z"), ("https://argus.example/p", "", "rendered", "2022-11-28T10:00:00Z"),
        ]  # fmt: skip
        assert payload_of(rows[1], stream, name) == ANSWERS[1]["body"]
    assert len({row["record_key"] for row in rows}) == 4
    assert rest["LEFT_OUT"] == [{"reason": "no text: image/png", "data_row": True, "count": 1}]
    assert [r["reason"] for r in rest["REJECT"]] == ["the PDF is damaged or cut off: text not readable"]


def test_wacz_and_packed_bodies() -> None:
    out = io.BytesIO()
    body = zlib.compress(b"<html><p>It detects age.</p></html>", wbits=31)
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("datapackage.json", "{}")
        archive.writestr("archive/data.warc.gz", warc([{**ANSWERS[0], "body": body, "headers": [("Content-Encoding", "gzip")]}], gzip=True))
    (row,) = read(out.getvalue(), "capture.wacz")
    assert row["text"] == "It detects age." and row["origin_at"].startswith("archive/data.warc.gz, record 1 <urn:uuid:")
    assert payload_of(row, io.BytesIO(out.getvalue()), "capture.wacz") == b"<html><p>It detects age.</p></html>"


def test_bombs_and_broken_archives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_warc, "PAYLOAD_LIMIT", 1 << 20)
    bomb = zlib.compress(b"a" * (8 << 20), wbits=31)
    rest: dict[str, list[dict]] = {}
    assert not read(warc([{**ANSWERS[0], "body": bomb, "headers": [("Content-Encoding", "gzip")]}]), "bomb.warc", rest)
    assert "unpacks to more than" in rest["REJECT"][0]["reason"]
    with pytest.raises(InputError):
        read(b"PK\x03\x04" + b"junk" * 50, "x.wacz")


ARC_HEAD = b"1 0 Maker\nURL IP-address Archive-date Content-type Archive-length\n\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html><body><p>The camera sees gender.</p></body></html>"
ARC = b"filedesc://a.arc 127.0.0.1 20220101000000 text/plain %d\n%bhttp://a.example/p 192.0.2.1 20220101000000 text/html %d\n%b\n" % (len(ARC_HEAD) - 1, ARC_HEAD, len(ANSWER), ANSWER)


def test_pages_of_an_arc_have_a_place_that_stays() -> None:
    first, again = read(ARC, "a.arc")[0], read(ARC, "a.arc")[0]
    assert first == again and first["origin_at"] == "record 2"
    assert b"sees gender" in payload_of(first, io.BytesIO(ARC), "a.arc")


def test_a_cut_archive_keeps_what_came_before() -> None:
    whole = warc(ANSWERS[:2], gzip=False)
    rest: dict[str, list[dict]] = {}
    rows: list[dict] = []
    with pytest.raises(InputError):
        from custodes.values import Origin, kind_of

        for batch in page_warc.read((io.BytesIO(whole[: len(warc(ANSWERS[:1])) + 5] + b"\0" * 3000),), Origin("", "cut.warc")):
            rows += batch.to_pylist() if kind_of(batch) == "PAGE" else []
    assert [row["text"] for row in rows] == ["It detects gender."] and not rest


def test_limits_of_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_pdf, "PAGE_LIMIT", 2)
    with pytest.raises(LimitError, match="pages"):
        read(pdf([LINES] * 3), "long.pdf")


def test_shared_archives(shared: Path) -> None:
    """Archives of other programs: what they hold is read; what is broken ends in a clear error."""
    from custodes.sources.unpack import opened

    found = {}
    for path in sorted((shared / "pages" / "warc").rglob("*.w*")):
        if path.suffixes[0] in (".warc", ".wacz") or ".warc" in path.suffixes:
            try:
                with opened(path, path.name) as (stream, name):
                    rows = read(stream.read(), name)
                    [check_runs(row) for row in rows]
                    found[path.name] = len(rows)
            except InputError:
                found[path.name] = -1
    assert found["example.warc.gz"] == 2 and found["cap.wacz"] == 2 and found["example-iana.org-chunked.warc"] == 1
    assert found["tamper1_flipped_byte_zip_crc_wrong.wacz"] == -1
    assert sum(n > 0 for n in found.values()) >= 18
