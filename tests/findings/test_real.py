"""The real records: labelled rows, both true maker rows, every known false friend."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from asking import Ask, purchases, read

from custodes.findings.match import find
from custodes.findings.watchlist import Watchlist

HERE = Path(__file__).parent / "labels"
_SUPPLIER = re.compile(r"(?i)^(supplier.*|name:?|beneficiary name|vendor name|suppliername|apar_name)$")
_NO_WORDS = re.compile(
    r"(?i)^(body ?name|body|authority name|organisation (code|label)|entity|departmental family|.*date.*|.*amount.*|net.*|gross|vat|.*value.*|spend|"
    r".*no\.?$|transno|.*number|hbc ref.*|capital ?.*|transaction.*|organisation code|category code|line|address.*|process used|purchasing body|"
    r".*extension.*|visibility|company number|sme.*|contract duration.*|supplier postcode|ojeu.*|.*expir.*|procurement card|document.*|contract reference|"
    r"organisational unit)$"
)


def _row(cells: dict[str, str], supplier: str) -> dict[str, Any]:
    """Supplier and words of a labelled row, from its cells under their own headers."""
    plain = {key.replace("\ufeff", "").replace("ï»¿", "").strip(): value.strip() for key, value in cells.items()}
    name = supplier or next((value for key, value in plain.items() if _SUPPLIER.match(key) and value), "")
    words = [v for k, v in plain.items() if not _SUPPLIER.match(k) and not _NO_WORDS.match(k) and not re.fullmatch(r"[\d.,/ -]*", v)]
    return {"supplier": name, "description": " | ".join(words)}


def _labelled(shared: Path) -> Iterator[tuple[dict[str, str], dict[str, Any]]]:
    labels = {int(row["line"]): row for row in read(HERE / "surveillance_rows.csv")}
    with gzip.open(shared / "awards" / "spend" / "surveillance_rows.jsonl.gz", "rt", encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            record, label = json.loads(line), labels[number]
            assert (record["source"], str(record["row"])) == (label["source"], label["row"])
            yield label, _row(record["cells"], record["supplier"])


def test_second_layer_on_labelled_rows(shared: Path, watchlist: Watchlist) -> None:
    labels, rows = zip(*_labelled(shared), strict=True)
    found = {f["record_key"] for batch in find([purchases(rows)], watchlist) for f in batch.to_pylist() if f["equipment"] == "surveillance"}
    right = sum(label["label"] == "yes" for n, label in enumerate(labels) if f"k{n}" in found)
    precision, recall = right / len(found), right / sum(label["label"] == "yes" for label in labels)
    assert precision >= 0.95, precision
    assert recall >= 0.95, recall


def test_labels_say_why() -> None:
    rows = read(HERE / "surveillance_rows.csv")
    assert len(rows) == 1291
    assert {row["label"] for row in rows} == {"yes", "no"}
    assert all(row["why"] for row in rows)


def test_labelled_rows_name_two_makers_only(shared: Path, watchlist: Watchlist) -> None:
    rows = [row for _, row in _labelled(shared)]
    named = [f for batch in find([purchases(rows)], watchlist) for f in batch.to_pylist() if f["kind"] != "maker_unknown"]
    assert sorted((f["maker_id"], f["band"], f["equipment"]) for f in named) == [
        ("hikvision", "strong", "surveillance"),
        ("hytera", "strong", "other"),
    ]


FRIENDS = [
    "MANCHESTER CAMERATA", "Charlestown Community Camera Club", "TECTONICS UK", "REVERSE CAMERA", "VIDEO DRAIN PIPE INSPECTION CAMERA", "MEETING VIDEO CAMERAS",
    "CAMERA DRONE", "HARRISON CAMERAS", "London Camera Exchange", "SAFETY CAMERA DIGITAL UPGRADE", "SINVR028387", "CHUBB FIRE",
]  # fmt: skip


@pytest.mark.parametrize("friend", FRIENDS)
def test_false_friends(friend: str, ask: Ask, shared: Path, watchlist: Watchlist) -> None:
    assert not ask(friend, "Supplies and Services | Equipment")
    assert not ask("Any Supplier Ltd", friend)
    rows = [row for _, row in _labelled(shared) if friend.lower() in f"{row['supplier']} {row['description']}".lower()]
    assert not [f for batch in find([purchases(rows)], watchlist) for f in batch.to_pylist()]


def test_all_spend_names_exactly_two(shared: Path, watchlist: Watchlist) -> None:
    """Every cell of every spend file as one text: nothing but the two true rows is named."""
    named = []
    for path in sorted((shared / "awards" / "spend").glob("*/*.csv.gz")):
        text = gzip.decompress(path.read_bytes()).decode("cp1252", "replace").replace("\r\n", "\n").replace("\r", "\n")
        rows = [{"supplier": "", "description": " | ".join(cells)} for cells in csv.reader(io.StringIO(text)) if any(cells)]
        named += [
            (path.parent.name, f["maker_id"]) for b in find([purchases(rows)], watchlist) for f in b.to_pylist() if f["kind"] != "maker_unknown"
        ]
    assert named == [("harrogate", "hikvision"), ("hyndburn", "hytera")]


def test_sample_of_what_was_not_caught(shared: Path) -> None:
    rows = read(HERE / "uncaught_sample.csv")
    assert sum(len(row["records"].split()) for row in rows) == 3000
    assert sum(len(row["records"].split()) for row in rows if row["verdict"] == "likely") == 2
    assert {row["verdict"] for row in rows} == {"no", "likely"}
    assert all((shared / "awards" / "spend" / row["file"]).is_file() for row in rows)


def test_real_suppliers_are_innocent(shared: Path, watchlist: Watchlist) -> None:
    """Of 53,937 real supplier names, as supplier and as text, beside a dome and a telephone, one is named: a company of a listed maker."""
    with gzip.open(shared / "names" / "supplier_stream.csv.gz", "rt", encoding="utf-8", newline="") as file:
        names = [row["name"] for row in csv.DictReader(file)]
    text = "Telephone beside a dome"
    rows = [{"supplier": name, "description": text} for name in names] + [{"supplier": "", "description": f"{name} {text}"} for name in names]
    named = [f for batch in find([purchases(rows)], watchlist) for f in batch.to_pylist() if f["kind"] != "maker_unknown"]
    assert [f["party"] for f in named] == ["Pyronix", "Pyronix"]
