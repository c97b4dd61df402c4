"""Devices that nobody had asked the tables about when they were labelled (see labels/devices_README.md): listed makers are named, innocent ones never."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

from device_support import LISTED, ask

ROWS = [*csv.DictReader((Path(__file__).parent / "labels" / "devices_unseen.csv").read_text("utf-8").splitlines())]
ACCUSED = LISTED | {"huawei", "hytera", "zte", "kedacom"}


def said(row: dict[str, str]) -> str:
    return ask(**json.loads(row["evidence"])).maker


def test_the_set_is_large_and_of_every_kind() -> None:
    kinds = Counter(row["expect"] for row in ROWS)
    assert len(ROWS) > 1_100 and kinds["not listed"] > 300 and kinds["uncertain"] > 90
    assert min(kinds[maker] for maker in ("hikvision", "dahua", "uniview", "tiandy")) > 25
    assert len({(row["set"], row["evidence"]) for row in ROWS}) == len(ROWS)


def test_nobody_innocent_is_named() -> None:
    wrong = [(row["evidence"], maker) for row in ROWS if row["expect"] in ("not listed", "uncertain") and (maker := said(row)) in ACCUSED]
    assert not wrong


def test_a_listed_maker_is_never_taken_for_another() -> None:
    wrong = [(row["evidence"], maker) for row in ROWS if row["expect"] in ACCUSED and (maker := said(row)) not in ("", row["expect"])]
    assert not wrong


def test_listed_makers_are_named() -> None:
    missed = [row["evidence"] for row in ROWS if row["expect"] in ACCUSED and said(row) != row["expect"]]
    assert len(missed) <= 2, missed


def test_uncertain_where_nothing_carries() -> None:
    named = [(row["evidence"], maker) for row in ROWS if row["expect"] == "uncertain" and (maker := said(row))]
    assert not named
