"""An example and its expected output per reader. A missing expected file is written once and the test fails, so that a person looks at it."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import pytest
from json_support import read

from custodes.records import answers_foi, answers_tables, buy_notices, buy_ocds, buy_usaspending

EXAMPLES = Path(__file__).parent / "examples"
READERS: tuple[ModuleType, ...] = (buy_ocds, buy_notices, buy_usaspending, answers_foi, answers_tables)
CASES = {
    "release-package.json": buy_ocds, "record-package-linked.json": buy_ocds, "ocds-1.0.json": buy_ocds, "releases.jsonl": buy_ocds,
    "notices.jsonl": buy_notices, "notices-export.csv": buy_notices, "search-page.json": buy_usaspending, "answers.csv": answers_foi,
    "project-export.csv": answers_tables, "answers-free.csv": answers_tables,
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_example(name: str) -> None:
    data = (EXAMPLES / name).read_bytes()
    assert [reader for reader in READERS if reader.sniff(data[:65_536], name)] == [CASES[name]]
    found = read(CASES[name], data)
    rows = [{k: v for k, v in row.items() if v not in ("", None, []) and k not in ("origin_sha256", "origin_file")} for row in found.rows]
    report = [*rows, *found.rejects, {"left_out": dict(sorted(found.left_out.items()))}, {"columns": found.columns}]
    text = "".join(json.dumps(entry, ensure_ascii=False, default=str) + "\n" for entry in report)
    expected = EXAMPLES / f"{name}.expected.jsonl"
    if not expected.exists():
        expected.write_text(text, "utf-8")
        pytest.fail(f"{expected.name} was written; look at it and run again")
    assert text == expected.read_text("utf-8")
