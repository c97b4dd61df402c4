"""What `verify` notices when bytes are flipped: the shares that docs/sources.md promises, on a sample of the places."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import verify_fuzz
from test_sources_wacz import packed

from custodes.sources import checker

EXPECTED = {"deflated data": 0.95}
"""Flips in packed data that unpack to the same bytes change nothing; everything else is noticed to the last byte."""


def test_flips_in_what_we_write_are_noticed(tmp_path: Path) -> None:
    for row in verify_fuzz.rows(tmp_path, 23):
        lowest = next((share for name, share in EXPECTED.items() if name in row.what), 1.0)
        assert row.flips and row.share >= lowest, row


def test_flips_in_a_token_are_noticed(tmp_path: Path, shared: Path) -> None:
    made = shared / "pages/warc/made"
    alone, whole = verify_fuzz.token_row((made / "cap.datapackage-digest.json.tsr").read_bytes(), 29, made / "test-tsa-root.pem")
    assert 0.2 < alone.share < 1 and whole.share >= 0.9, (alone, whole)


@pytest.mark.parametrize("name", ["page.warc.gz", "page.wacz"])
def test_rubbish_of_every_kind_is_a_report_never_a_traceback(tmp_path: Path, name: str) -> None:
    packed(tmp_path)
    data, dice = (tmp_path / name).read_bytes(), random.Random(5)
    target = tmp_path / f"rubbish-{name}"
    for _ in range(150):
        changed = bytearray(data)
        for _ in range(dice.choice((1, 3, 50))):
            changed[dice.randrange(len(changed))] = dice.randrange(256)
        kind = dice.randrange(4)
        if kind == 1:
            changed = changed[: dice.randrange(len(changed))]
        elif kind == 2:
            at = dice.randrange(len(changed))
            changed = changed[:at] + changed[at + dice.randrange(200) :]
        elif kind == 3:
            at = dice.randrange(len(changed))
            changed = changed[:at] + dice.randbytes(dice.randrange(100)) + changed[at:]
        target.write_bytes(bytes(changed))
        assert checker.check(str(target)).lines()
