"""Hostile and broken input: a clear error each, the right exit code, the rest of the run intact."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from test_pipeline import HEADER, ROWS, custodes

GOOD = HEADER + "\n".join(ROWS) + "\n"


def truncated_gzip() -> bytes:
    data = gzip.compress((GOOD * 2000).encode(), mtime=0)
    return data[: len(data) // 2]


def zip_bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("spend.csv", "w") as member:
        for _ in range(400):
            member.write(b"0" * 1_000_000)
    return out.getvalue()


def xml_bomb() -> bytes:
    lines = ['<?xml version="1.0"?>', "<!DOCTYPE lolz [", '<!ENTITY lol0 "lol">']
    lines += [f'<!ENTITY lol{n} "{f"&lol{n - 1};" * 10}">' for n in range(1, 10)]
    return "\n".join([*lines, "]>", "<lolz>&lol9;</lolz>"]).encode()


def xlsx_with_xml_bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", xml_bomb())
        archive.writestr("xl/workbook.xml", xml_bomb())
        archive.writestr("xl/worksheets/sheet1.xml", xml_bomb())
    return out.getvalue()


HOSTILE: dict[str, tuple[str, Callable[[], bytes]]] = {
    "truncated gzip": ("a.csv.gz", truncated_gzip),
    "binary rubbish": ("a.csv", lambda: bytes(range(256)) * 500),
    "one long line": ("a.csv", lambda: b"Supplier,Amount,Date\n" + b"x" * 40_000_000),
    "one long line of JSON": ("a.jsonl", lambda: b'{"ocid": "' + b"x" * 80_000_000),
    "deep JSON": ("a.json", lambda: b'{"releases": [' + b"[" * 200_000),
    "deep JSON line": ("a.jsonl", lambda: b'{"ocid": "x", "tender": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001 + b"\n"),
    "XML bomb": ("a.xml", xml_bomb),
    "XML bomb in a workbook": ("a.xlsx", xlsx_with_xml_bomb),
    "zip bomb": ("a.zip", zip_bomb),
    "a picture called csv": ("a.csv", lambda: b"\x89PNG\r\n\x1a\n" + bytes(5000)),
    "a web page called csv": ("a.csv", lambda: b"<!DOCTYPE html><html><body>404 Not Found</body></html>"),
    "not a workbook": ("a.xlsx", lambda: b"Supplier;Amount\n1;2\n" * 3),
    "truncated JSON": ("a.json", lambda: b'{"uri": "x", "releases": [{"ocid": "a", "id": "1", "tag": ["award"]}, {"ocid": "b", "aw'),
    "nothing at all": ("a.csv", lambda: b""),
    "truncated bzip2": ("a.csv.bz2", lambda: bz2.compress(GOOD.encode() * 50)[:-30]),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_alone_it_is_an_error_that_says_what_to_do(name: str, tmp_path: Path) -> None:
    filename, make = HOSTILE[name]
    (tmp_path / filename).write_bytes(make())
    done = custodes("records", filename, "-o", "out.csv", cwd=tmp_path, code=None)
    assert done.returncode in (2, 3), done.stderr
    assert filename.removesuffix(".gz").removesuffix(".bz2") in done.stderr and "next:" in done.stderr
    assert len(done.stderr) < 6000


def test_beside_good_files_the_rest_of_the_run_is_intact(tmp_path: Path) -> None:
    case = tmp_path / "case"
    (case / "in").mkdir(parents=True)
    (case / "case.toml").write_text('format = 1\ntitle = "Hostile"\n[[records]]\npath = "in"\n')
    (case / "in" / "good.csv").write_text(GOOD)
    for number, (filename, make) in enumerate(HOSTILE.values()):
        (case / "in" / f"{number:02d}-{filename}").write_bytes(make())
    done = custodes("run", case, "--now", "2026-11-22", "--json", code=3)
    summary = json.loads(done.stderr.splitlines()[-1])
    read = summary["steps"]["read"]
    assert read["usable"] >= len(ROWS)
    assert summary["steps"]["find"]["kinds"]["product_named"] == 1
    named = "\n".join(read["troubles"])
    for number, (filename, _) in enumerate(HOSTILE.values()):
        assert f"{number:02d}-{filename}" in named, filename
    assert (case / "publication" / "draft" / "index.html").is_file()


def test_a_wrong_suffix_is_read_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "spend.xls").write_text(GOOD)
    (tmp_path / "spend.csv").write_bytes(gzip.compress(GOOD.encode()))
    done = custodes("records", "spend.xls", "spend.csv", "-o", "out.jsonl", cwd=tmp_path)
    assert "8 usable" in done.stderr


def test_formulas_are_disarmed_in_tables(tmp_path: Path) -> None:
    (tmp_path / "spend.csv").write_text(HEADER + 'Exampleton Borough Council,2021-03-05,"=HYPERLINK(""http://x"") Ltd",T2,120.00,+1+1 paper\n')
    custodes("records", "spend.csv", "-o", "out.csv", cwd=tmp_path)
    text = (tmp_path / "out.csv").read_text(encoding="utf-8")
    assert "'=HYPERLINK" in text and "'+1+1" in text
