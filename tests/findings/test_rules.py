"""Every rule has an explanation, a weight, a version and a page; records other than purchases have theirs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from custodes.findings import device_rules
from custodes.findings.match import find
from custodes.findings.records import body_answer, supplier_also_sells
from custodes.findings.rules import RULES
from custodes.findings.watchlist import Watchlist
from custodes.findings.weights import VERSIONS, WEIGHTS, band
from custodes.values import FINDING_KINDS, batch_of

ALL = {**{name: rule.__doc__ or "" for name, rule in RULES.items()}, **{rule.__name__: rule.__doc__ or "" for rule in (body_answer, supplier_also_sells)}, **device_rules.RULES}
HEADINGS = ("## Method", "## Example", "## Why it matters", "## What it leaves out", "## What it assumes")


@pytest.mark.parametrize("name", sorted(ALL))
def test_rule_is_explained(name: str, root: Path) -> None:
    page = (root / "docs" / "rules" / f"{name}.md").read_text(encoding="utf-8")
    sentence = ALL[name].strip().split("\n")[0]
    assert sentence.endswith(".")
    assert sentence in page
    assert all(heading in page for heading in HEADINGS)
    assert name in VERSIONS
    assert name in WEIGHTS or name == "supplier_also_sells" or name in device_rules.RULES


def test_no_rule_without_function() -> None:
    assert set(VERSIONS) == set(ALL)
    assert {name.split(",")[0] for name in WEIGHTS} - {"signs of two kinds"} <= set(ALL)


@pytest.mark.parametrize(
    ("score", "expected"), [(0.9, "strong"), (0.89996, "strong"), (0.8999, "possible"), (0.6, "possible"), (0.3, "weak"), (0.29, "")]
)
def test_band(score: float, expected: str) -> None:
    assert band(score) == expected


def _found(kind: str, row: dict[str, Any], watchlist: Watchlist) -> list[dict[str, Any]]:
    return [f for batch in find([batch_of(kind, [{"record_key": "k", **row}])], watchlist) for f in batch.to_pylist()]


def test_device(watchlist: Watchlist) -> None:
    (own,) = _found("DEVICE", {"body": "Shire", "brand": "Hikvision", "model": "DS-2CD2143G2-I", "observed": "2024-01-01"}, watchlist)
    assert (own["kind"], own["maker_id"], own["band"], own["equipment"], own["listed_on_date"]) == (
        "device_made_by",
        "hikvision",
        "strong",
        "surveillance",
        "yes",
    )
    (rebrand,) = _found("DEVICE", {"brand": "LTS", "model": "CMIP3412"}, watchlist)
    assert (rebrand["maker_id"], rebrand["band"], rebrand["publish"]) == ("hikvision", "possible", "review")
    (line,) = _found("DEVICE", {"brand": "Annke", "model": "I91BM"}, watchlist)
    assert (line["maker_id"], line["band"], line["reasons"][0]["rule"]) == ("hikvision", "possible", "device_line")
    assert not _found("DEVICE", {"brand": "Axis", "model": "P3245-LV"}, watchlist)


def test_answer(watchlist: Watchlist) -> None:
    row = {
        "body": "Shire",
        "state": "present",
        "makers": ["hikvision", "Hanwha"],
        "answered": "2019-06-06",
        "words": "47 cameras",
        "grade": "recorded",
    }
    (found,) = _found("ANSWER", row, watchlist)
    assert (found["kind"], found["maker_id"], found["band"], found["body"], found["listed_on_date"]) == (
        "body_says_holds",
        "hikvision",
        "strong",
        "Shire",
        "no",
    )
    assert found["reasons"][0]["words"] == "The body answered that it holds equipment of Hangzhou Hikvision Digital Technology Co., Ltd."
    assert not _found("ANSWER", {**row, "state": "absent"}, watchlist)


def test_reported_use(watchlist: Watchlist) -> None:
    row = {
        "statement_kind": "reported use",
        "speaker": "A newspaper",
        "about": "Shire District Council",
        "words": "Hikvision cameras are in use there.",
        "date": "2020",
    }
    (found,) = _found("STATEMENT", {**row, "grade": "reported", "publish": "yes"}, watchlist)
    assert (found["kind"], found["maker_id"], found["grade"], found["band"], found["body"]) == (
        "use_reported",
        "hikvision",
        "reported",
        "possible",
        "Shire District Council",
    )
    claim = {**row, "statement_kind": "claim", "words": "A brochure of Hikvision names the invented firm Facewell as a partner."}
    assert not _found("STATEMENT", {**claim, "grade": "reported", "publish": "yes"}, watchlist)


def test_kinds_of_findings_are_known(watchlist: Watchlist) -> None:
    assert {"supplier_listed", "product_named", "maker_unknown", "device_made_by", "body_says_holds", "use_reported"} <= set(FINDING_KINDS)
