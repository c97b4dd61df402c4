"""A whole case about claims: a brochure, its disappearance, the denial of the firm it names, a firmware note. All of it invented."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from claims_invented import BROCHURE_URL, FIRMWARE_BEFORE, FIRMWARE_URL, STATEMENTS, make_case


def custodes(*arguments: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "custodes"), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert "Traceback" not in done.stderr and done.returncode == code, done.stderr
    return done


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_case(tmp_path_factory.mktemp("claims") / "case")
    custodes("run", folder, "--now", "2026-11-23")
    return folder


def rows(case: Path, name: str) -> list[dict]:
    return pq.read_table(case / "findings" / name).to_pylist()


def page(case: Path, url: str) -> str:
    (thread,) = {row["thread"] for row in rows(case, "claims.parquet") if row["url"] == url and row["kind"] == "claim"}
    return (case / "publication" / "draft" / "claims" / f"{thread}.html").read_text(encoding="utf-8")


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).replace("&#39;", "'").split())


def test_the_findings_are_the_vendors_own(case: Path) -> None:
    found = rows(case, "findings.parquet")
    assert {row["party"] for row in found} == {"Argus Optics"} and not any(row["maker_id"] for row in found)
    assert sorted(row["kind"] for row in found) == ["claim_answered"] * 2 + ["page_changed"] * 2 + ["page_markets"] * 2


def test_no_listing_of_others_stands_on_its_findings(case: Path) -> None:
    for row in rows(case, "findings.parquet"):
        text = words((case / "publication" / "draft" / "findings" / f"{row['finding_id']}.html").read_text(encoding="utf-8"))
        assert "No listing of it is held" in text and "Entity List" not in text and "Covered List" not in text
        assert "The whole thread" in text


def test_the_brochure_reads_right_on_its_page(case: Path) -> None:
    text = words(page(case, BROCHURE_URL))
    assert "Status: marketed until 2022-11-30, gone since 2022-12-04, denied by Veritas Face Ltd, the firm named beside it, on 2022-12-03" in text
    assert "Veritas Face Ltd . The page alone says so." in text.replace("Ltd.", "Ltd .")
    assert "It was denied" not in text.split("Status:")[0]
    order = [text.index(day) for day in ("2022-11-28 Argus", "2022-11-30 Argus", "2022-12-03 Veritas", "2022-12-04 Argus", "2022-12-05 Veritas", "2022-12-07 Argus")]
    assert order == sorted(order)
    assert "403" not in text  # blocked is no look
    assert "DRAFT" in text and 'content="noindex' in page(case, BROCHURE_URL)


def test_the_firmware_note_reads_right_on_its_page(case: Path) -> None:
    text = words(page(case, FIRMWARE_URL))
    assert "no longer on the page since 2023-03-01, withdrawn (ethnicity) by its publisher on 2023-03-01" in text
    assert "we have removed the ethnicity recognition function" in text and "Veritas" not in text


def test_quotes_are_marked_and_lead_to_bytes(case: Path) -> None:
    html = page(case, BROCHURE_URL)
    assert re.search(r"<mark>Our AX-4000 cameras, .*?gender, race or ethnicity, and age of every person", html, re.S)
    picture = re.search(r'<img src="\.\./claims/(\w+\.png)"', html)
    assert picture and (case / "publication" / "draft" / "claims" / picture[1]).read_bytes().startswith(b"\x89PNG")
    assert "img-src 'self'" in html
    quoted = [row for row in rows(case, "claims.parquet") if row["quote"]]
    pages = {(row["record_key"], row["origin_at"]): row for path in (case / "records" / "PAGE").iterdir() for row in pq.read_table(path).to_pylist()}
    for row in quoted:
        text = pages[row["record_key"], row["origin_at"]]["text"]
        assert text[row["start"] : row["end"]] == row["quote"]
        assert (row["path"] == "page 2" and row["rectangles"]) or (row["literal"] and row["byte_start"] > 0)
    assert len(quoted) >= 5


def test_the_data_file_holds_every_event(case: Path) -> None:
    with (case / "publication" / "draft" / "claims.csv").open(encoding="utf-8", newline="") as stream:
        found = list(csv.DictReader(stream))
    assert {row["edition"] for row in found} == {"draft"} and {"claim", "gone", "denial", "reply", "withdrawal"} == {row["kind"] for row in found}
    assert all(json.loads(row["capabilities"]) for row in found if row["kind"] == "claim")


def test_nothing_of_it_is_in_the_public_edition(case: Path) -> None:
    custodes("publish", case, "--edition", "public", "--now", "2026-11-23")
    public = case / "publication" / "public"
    assert not (public / "claims").exists() and not (public / "claims.csv").exists() and not (public / "claims.html").exists()
    assert not [path.name for path in public.rglob("*") if path.is_file() and (b"Argus" in path.read_bytes() or b"Veritas" in path.read_bytes())] or all(
        b"Argus Optics" not in path.read_bytes() for path in public.rglob("*.html")
    )


def test_any_order_of_files_and_a_second_run_give_the_same(case: Path, tmp_path: Path) -> None:
    before = {path.name: path.read_bytes() for path in (case / "findings").glob("*.parquet")}
    custodes("run", case, "--now", "2026-11-23")
    assert before == {path.name: path.read_bytes() for path in (case / "findings").glob("*.parquet")}
    other = make_case(tmp_path / "case")
    (other / "inputs" / "statements.csv").rename(other / "inputs" / "a-statements.csv")
    custodes("run", other, "--now", "2026-11-23")
    ids = {row["finding_id"]: (row["evidence_hash"], row["context"]) for row in rows(case, "findings.parquet")}
    assert ids == {row["finding_id"]: (row["evidence_hash"], row["context"]) for row in rows(other, "findings.parquet")}


def test_verify_takes_the_text_again(case: Path, tmp_path: Path) -> None:
    assert custodes("verify", case).stderr.startswith("intact")
    copy = make_case(tmp_path / "copy")
    custodes("run", copy, "--now", "2026-11-23")
    (part,) = (copy / "records" / "PAGE").iterdir()
    table = pq.read_table(part)
    forged = [text.replace("gender", "height") for text in table.column("text").to_pylist()]
    os.chmod(part, 0o644)
    pq.write_table(table.set_column(table.column_names.index("text"), table.schema.field("text"), [forged]), part)
    said = custodes("verify", copy, code=4).stderr
    assert "BROKEN pages" in said and "text is not what the stored bytes give" in said


def test_a_page_that_cannot_be_read_is_not_without_a_claim(tmp_path: Path) -> None:
    from claims_invented import pdf

    folder = make_case(tmp_path / "case")
    (folder / "inputs" / "captures.warc.gz").unlink()
    (folder / "inputs" / "scan.pdf").write_bytes(pdf([], image=True))
    (folder / "inputs" / "statements.csv").write_text(STATEMENTS.splitlines()[0] + "\n", encoding="utf-8")
    custodes("run", folder, "--now", "2026-11-23")
    assert rows(folder, "findings.parquet") == []
    (row,) = pq.read_table(next((folder / "records" / "PAGE").iterdir())).to_pylist()
    assert row["readable"] == "no"
    coverage = (folder / "publication" / "draft" / "coverage.html").read_text(encoding="utf-8")
    assert "text not readable" in coverage


def test_explain_leads_to_the_bytes(case: Path) -> None:
    (row,) = [row for row in rows(case, "findings.parquet") if row["kind"] == "page_markets" and "camera AX-4000" in row["description"]]
    command = [str(Path(sys.executable).parent / "custodes"), "explain", str(case), row["finding_id"]]
    said = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True).stdout
    assert "/html[1]/body[1]/p[1]/text()[1], 0 to /html[1]/body[1]/p[1]/text()[1]" in said
    first, last = re.search(r"bytes (\d+) to (\d+) of the payload, literally the quote", said).groups()  # type: ignore[union-attr]
    assert FIRMWARE_BEFORE.encode()[int(first) : int(last)].decode() == row["description"]
