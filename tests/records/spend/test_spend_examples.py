"""One small file per oddity, with what the reader makes of it beside it. A missing expected file is written once, then looked at."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from spend_support import batches, rows, short

from custodes.records import buy_spend

FOLDER = Path(__file__).parent / "examples"
EXAMPLES = sorted(FOLDER.glob("*.csv"))


def outcome(path: Path) -> list[str]:
    found = batches(path.read_bytes(), path=path.name)
    kinds = ("PURCHASE", "REJECT", "LEFT_OUT", "COLUMN")
    return [json.dumps({"kind": kind, **short(row)}, ensure_ascii=False) for kind in kinds for row in rows(found, kind)]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example(path: Path) -> None:
    expected = path.with_suffix(".expected.jsonl")
    text = "\n".join([*outcome(path), ""])
    if not expected.exists():
        expected.write_text(text, encoding="utf-8")
        pytest.fail(f"{expected.name} was written: look at it, then run again")
    assert text.splitlines() == expected.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_is_claimed(path: Path) -> None:
    assert buy_spend.sniff(path.read_bytes(), path.name)
