"""Two editions beside each other: what came, went, was replaced or changed, and every figure that moved, with the reason."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import invented
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_publication_export import MARK, adversarial

from custodes import case, pipeline
from custodes.errors import InputError, UsageError
from custodes.pipeline.comparing import load
from custodes.publication import publish
from custodes.publication.compare import NOT_KNOWN, Snapshot, compare, lines, snapshot, told
from custodes.publication.gate import public_edition
from custodes.publication.view import normalise

HEADER = "Body,Supplier,Description,Amount,Date,Transaction Number\n"
FIRST = "Leeds City Council,Meadow Security Systems Ltd,Supply of 5 Hikvision recorders,3627.50,2024-03-14,T-1\nLeeds City Council,Brook Ltd,CCTV maintenance,900.00,2024-06-14,T-3\n"


def snap(edition, name: str = "x") -> Snapshot:
    return snapshot(normalise(edition), name)


def step(folder: Path, name: str, **options: Any) -> dict[str, Any]:
    ticks = iter(range(1000))
    return pipeline.step(name, folder, pipeline.Clock("2026-03-05T00:00:00Z", True, lambda: float(next(ticks))), engine="local", **options)["steps"]


@pytest.fixture
def a_case(tmp_path: Path) -> Path:
    folder = tmp_path / "c"
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "one.csv").write_text(HEADER + FIRST)
    case.new(folder, (str(tmp_path / "in"),))
    step(folder, "run")
    return folder


def test_the_same_edition_has_no_changes() -> None:
    found = compare(snap(invented.edition()), snap(invented.edition()))
    assert found.findings == found.figures == () and found.same == 55 and lines(found)[-1] == "  nothing changed"


def test_an_edition_on_disk_is_the_one_in_memory(tmp_path: Path) -> None:
    edition = invented.edition(with_hostile=True)
    publish(edition, tmp_path / "e")
    found = compare(load(tmp_path / "e", "disk"), snap(edition))
    assert found.findings == () and [f["id"] for f in found.figures] == []


def test_each_change_is_told_with_its_reason() -> None:
    old = invented.edition()
    rows = old.findings.to_pylist()
    by = {row["description"]: n for n, row in enumerate(rows)}
    confirmed, gone = by["Quayside CCTV: replace 12 x SentryEye SE-2042 domes"], by["1 x Halcyon HR615 two-way radio, quad bundle"]
    asked = next(n for n, row in enumerate(rows) if row["kind"] == "maker_unknown")
    fresh = [dict(row) for n, row in enumerate(rows) if n not in (gone, asked)]
    fresh[confirmed if confirmed < gone else confirmed - 1]["verdict"] = "confirm"
    named = invented.finding(record_key=rows[asked]["record_key"], description=rows[asked]["description"], body=rows[asked]["body"], origin_file=rows[asked]["origin_file"], maker_id="halcyon")
    new_file = invented.finding(description="New ARGUS dome", origin_file="records/new.csv", transaction="N1")
    new = replace(old, findings=invented.table([*fresh, named, new_file]), coverage=(*old.coverage, {"path": "records/new.csv", "sha256": new_file["origin_sha256"], "read": 1, "usable": 1, "kinds": {"PURCHASE": 1}}), facts={**old.facts, "watchlist_version": "ffff"})
    found = compare(snap(old, "old"), snap(new, "new"))
    entries = {entry["change"]: entry for entry in found.findings}
    assert dict(found.counts) == {"added": 1, "removed": 1, "replaced": 1, "changed": 1} and found.same == 52
    assert entries["added"]["reason"] == "its file is new" and entries["removed"]["reason"] == "the watchlist changed (a1b2c3d4e5f6 to ffff)"
    assert entries["replaced"]["reason"].startswith("the record names a maker now") and entries["replaced"]["was_id"] == rows[asked]["finding_id"]
    assert entries["changed"]["reason"] == "a person decided: undecided to confirm" and entries["changed"]["was"]["verdict"] == "" and entries["changed"]["now"]["verdict"] == "confirm"
    figures = {row["id"]: row for row in found.figures}
    assert figures["named"]["was"].startswith("3 of") and figures["named"]["now"].startswith("4 of")
    assert "1 more: added: its file is new" in figures["named"]["reason"] and "1 more: replaced" in figures["named"]["reason"] and "1 fewer: removed" in figures["named"]["reason"]
    assert figures["files"]["reason"] == "1 more: the file is new; out of 51 instead of 50"
    assert all(row["reason"] for row in found.figures)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 12), st.sampled_from(["a", "b"]), st.booleans()), max_size=12), st.lists(st.tuples(st.integers(0, 12), st.sampled_from(["a", "b"]), st.booleans()), max_size=12))
def test_counts_add_up_whatever_changed(before, after) -> None:
    def made(rows) -> Snapshot:
        found = {f"{n}{maker}": {**EMPTY, "finding_id": f"{n}{maker}", "record_key": str(n), "record_kind": "PURCHASE", "maker_id": maker, "verdict": "confirm" if yes else ""} for n, maker, yes in rows}
        return Snapshot("x", "draft", "", found, {}, {}, {}, {})

    old, new = made(before), made(after)
    there, back = compare(old, new), compare(new, old)
    assert len(old.findings) == there.counts["removed"] + there.counts["replaced"] + there.counts["changed"] + there.same
    assert len(new.findings) == there.counts["added"] + there.counts["replaced"] + there.counts["changed"] + there.same
    assert there.counts["added"] == back.counts["removed"] and there.counts["replaced"] == back.counts["replaced"]
    assert all(entry["reason"] for entry in there.findings)


EMPTY = dict.fromkeys(("kind", "party", "band", "layer", "stale", "equipment", "listed_on_date", "grade", "publish", "amount", "body", "evidence_hash", "origin_file", "origin_sha256"), "")


def test_a_reason_that_the_editions_do_not_give_is_not_made_up() -> None:
    old = invented.edition()
    new = replace(old, findings=old.findings.slice(1))
    (entry,) = compare(snap(old), snap(new)).findings
    assert entry["change"] == "removed" and entry["reason"] == NOT_KNOWN


def test_what_left_a_public_edition_is_named_by_its_id_only() -> None:
    edition, good = adversarial("draft")
    public = public_edition(edition)
    held = public_edition(replace(edition, exchange={}))
    (gone,) = compare(snap(public), snap(held)).findings
    assert gone["finding_id"] == good["finding_id"] and gone["reason"] == "it no longer passes the gate" and not gone["body"] and not gone["maker_id"]
    (come,) = compare(snap(held), snap(public)).findings
    assert come["reason"] == "it passes the gate now" and MARK not in json.dumps(told(compare(snap(held), snap(public))), default=str)


def test_a_case_compared_with_its_edition_before(a_case: Path, tmp_path: Path) -> None:
    (tmp_path / "in" / "two.csv").write_text(HEADER + "Moray Council,Glen Alarms Ltd,Hikvision camera,5400.00,2024-05-16,M-9\n")
    for name in ("gather", "read", "find"):
        step(a_case, name)
    summary = step(a_case, "publish", compare=str(a_case))["publish"]
    assert summary["compared"]["counts"] == {"added": 1, "removed": 0, "replaced": 0, "changed": 0, "unchanged": 2}
    assert "  added: 1: its file is new" in summary["more"]
    folder = a_case / "publication" / "draft" / "compare"
    assert json.loads((folder / "comparison.json").read_text())["counts"] == summary["compared"]["counts"]
    rows = list(csv.DictReader((folder / "comparison.csv").read_text("utf-8").splitlines()))
    assert {row["edition"] for row in rows} == {"draft"} and sum(row["what"] == "finding" for row in rows) == 1
    assert pipeline.verify(a_case)["exit"] == 0
    again = step(a_case, "publish", compare=str(a_case))["publish"]
    assert "  nothing changed" in again["more"]


def test_a_dry_run_compares_and_writes_nothing(a_case: Path) -> None:
    before = {p: p.read_bytes() for p in (a_case / "publication").rglob("*") if p.is_file()}
    summary = step(a_case, "publish", compare=str(a_case / "publication" / "draft"), dry_run=True)["publish"]
    assert "  nothing changed" in summary["more"] and {p: p.read_bytes() for p in (a_case / "publication").rglob("*") if p.is_file()} == before


def test_a_public_edition_is_not_compared_with_a_draft(a_case: Path) -> None:
    with pytest.raises(UsageError, match="not compared with a draft"):
        step(a_case, "publish", edition="public", compare=str(a_case / "publication" / "draft"))
    assert not (a_case / "publication" / "public").exists()


def test_what_is_no_edition_is_said(a_case: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no edition here"):
        step(a_case, "publish", compare=str(tmp_path / "in"))
    (a_case / "publication" / "draft" / "findings.jsonl").write_text("[1]\n")
    with pytest.raises(InputError, match="not an edition as custodes publishes it"):
        step(a_case, "publish", compare=str(a_case))
    tool = str(Path(sys.executable).parent / "custodes")
    done = subprocess.run([tool, "publish", str(a_case), "--compare", str(tmp_path / "nowhere")], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "there is no edition here" in done.stderr and "Traceback" not in done.stderr
