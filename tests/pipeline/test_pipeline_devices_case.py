"""A case with devices, start to end: rows of several inputs become one inventory, findings per device, and the draft edition shows them."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from custodes.pipeline import Clock, step
from custodes.records import registry
from custodes.values import Origin, batch_of
from custodes.values.record import key_of


def _read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    rows = []
    for n, row in enumerate(csv.DictReader(streams[0].read().decode().splitlines()), 2):
        place = {"record_key": key_of("DEVICE", origin.path, str(n)), "origin_sha256": origin.sha256, "origin_file": origin.path, "origin_at": f"line {n}"}
        rows.append({**row, **place, "body": origin.entry.body or "Shire District Council"})
    yield batch_of("DEVICE", rows)


TOY = SimpleNamespace(NAME="toy_devices", KINDS=("DEVICE",), sniff=lambda head, name: name.endswith(".toy.csv"), companions=lambda name: (), read=_read)
"""A reader of plain columns, so that this test asks nothing of the real ones."""

FILES = {
    "scan.toy.csv": "mac,host,site,observed\n44:47:CC:00:00:01,10.0.0.8,Depot,2025-03-01\n38:AF:29:00:00:02,10.0.0.9,Depot,2025-03-01\n",
    "leases.toy.csv": "mac,host\n4447cc000001,10.0.0.8\n",
    "register.toy.csv": "brand,model,site,mac\nLTS,CMIP3412,Depot,44:47:cc:00:00:01\nAxis,P3245-LVE,Hall,\nWatchwell,WW-204,Hall,\n",
}
LINE = "brand,line,model_regex,maker_id,confidence,publish,must_match,citation\nWatchwell,WW series,^WW-\\d{3},dahua,medium,review,WW-204,inspected on 2026-02-03\n"


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(registry, "READERS", (*registry.READERS, TOY))
    folder = tmp_path / "case"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "case.toml").write_text('format = 1\ntitle = "Devices"\n[[records]]\npath = "*.toy.csv"\nas = "toy_devices"\n', encoding="utf-8")
    return folder


def _run(case: Path, *verbs: str) -> dict[str, Any]:
    summary: dict[str, Any] = {}
    for verb in verbs or ("gather", "read", "find"):
        summary = step(verb, case, Clock("2026-11-22T10:00:00Z", True, lambda: 0.0), engine="local")
    return summary


def test_one_finding_per_device(case: Path) -> None:
    found = _run(case)["steps"]["find"]
    assert "5 devices" not in found["line"] and "4 devices (6 rows), 2 of a listed maker at 1 sites, 1 uncertain" in found["line"]
    rows = pq.read_table(case / "findings" / "findings.parquet").to_pylist()
    assert sorted((row["maker_id"], row["band"], row["kind"]) for row in rows) == [("dahua", "strong", "device_made_by"), ("hikvision", "strong", "device_made_by")]
    assert "44:47:CC:00" not in json.dumps([row["reasons"] for row in rows], default=str)
    inventory = pq.read_table(case / "findings" / "devices.parquet").to_pylist()
    assert {(row["site"], row["maker"], row["seen"]) for row in inventory} == {("Depot", "hikvision", 3), ("Depot", "dahua", 1), ("Hall", "axis", 1), ("Hall", "", 1)}


def test_a_brand_line_in_the_case_folder_and_the_same_bytes_again(case: Path) -> None:
    _run(case)
    before = (case / "findings" / "findings.parquet").read_bytes()
    _run(case, "find")
    assert (case / "findings" / "findings.parquet").read_bytes() == before
    (case / "brand_lines.csv").write_text(LINE, encoding="utf-8")
    assert "3 of a listed maker at 2 sites, 0 uncertain" in _run(case, "find")["steps"]["find"]["line"]
    rows = pq.read_table(case / "findings" / "findings.parquet").to_pylist()
    (ours,) = [row for row in rows if "WW-204" in row["description"]]
    assert (ours["maker_id"], ours["band"], ours["publish"]) == ("dahua", "possible", "review")
    assert "inspected" not in ours["description"] and any("WW series" in reason["words"] for reason in ours["reasons"])


def test_the_draft_shows_them(case: Path) -> None:
    _run(case, "run")
    pages = re.sub(r"<[^>]*>", "", "".join(path.read_text(encoding="utf-8") for path in (case / "publication" / "draft").rglob("*.html")))
    assert "platform made by" in pages.lower() and "LTS CMIP3412" in pages
    assert "00:00:01" not in pages, "addresses of single devices are not published"
