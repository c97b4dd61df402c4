"""All the real records beside this checkout through the whole path: both true maker rows, none of the false friends, every row accounted for."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from pathlib import Path

import pytest

from test_pipeline import custodes, findings

FRIENDS = re.compile(
    r"camerata|camera club|tectonics|revers\w+ camera|drain|pipe inspection|meeting video camera|camera drone|harrison camera|camera exchange|cubic transport|invr\d|chubb fire", re.I
)


@pytest.fixture(scope="module")
def case(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("awards") / "case"
    folder.mkdir()
    entries = "".join(f'[[records]]\npath = "{shared / "awards" / name}"\n' for name in ("spend/*/*.csv.gz", "ocds", "notices", "us", "foi"))
    (folder / "case.toml").write_text(f'format = 1\ntitle = "All awards"\n{entries}')
    custodes("run", folder, "--now", "2026-11-22", "-q", code=None)
    return folder


def test_both_true_maker_rows_are_strong_named_findings(case: Path) -> None:
    named = {(row["body"], row["maker_id"]): row for row in findings(case) if row["kind"] in ("product_named", "supplier_listed")}
    assert set(named) == {("Harrogate Borough Council", "hikvision"), ("Hyndburn Borough Council", "hytera")}
    harrogate, hyndburn = named["Harrogate Borough Council", "hikvision"], named["Hyndburn Borough Council", "hytera"]
    assert (harrogate["band"], harrogate["equipment"], harrogate["transaction"], str(harrogate["amount"])) == ("strong", "surveillance", "4648561", "3627.5000")
    assert (harrogate["listed_on_date"], harrogate["date"]) == ("no", "2016-03-30")
    assert (hyndburn["band"], hyndburn["equipment"], hyndburn["transaction"]) == ("strong", "other", "CRPOI0006360")
    assert (hyndburn["listed_on_date"], hyndburn["date"]) == ("yes", "2024-11-26")
    assert hyndburn["supplier"] == "Roadphone NRB"


def test_no_false_friend_is_named_or_called_surveillance(case: Path) -> None:
    caught = [(row["kind"], row["supplier"], row["description"]) for row in findings(case) if FRIENDS.search(f"{row['supplier']} {row['description']}")]
    assert caught == []


def test_every_file_is_read_and_every_row_accounted_for(case: Path, shared: Path) -> None:
    coverage = json.loads((case / "records" / "coverage.json").read_text(encoding="utf-8"))
    with (shared / "awards/spend/truth.csv").open(encoding="utf-8") as stream:
        truth = {f"spend/{row['file']}": int(row["data_records"]) for row in csv.DictReader(stream)}
    found = {outcome["path"].split("awards/")[1]: outcome for outcome in coverage}
    twins = {name: found[name]["same_as"].split("awards/")[1] for name in truth if "same_as" in found[name]}
    assert {name: found[twins.get(name, name)]["data_records"] for name in truth} == truth
    read = [outcome for outcome in coverage if "same_as" not in outcome]
    assert [outcome["path"] for outcome in read if outcome["error"]] == []
    for outcome in read:
        assert outcome["read"] == outcome["usable"] + sum(outcome["left_out"].values()) + outcome["rejected"], outcome["path"]
        assert outcome["usable"], outcome["path"]


def test_every_spending_row_has_supplier_amount_and_body(case: Path) -> None:
    import pyarrow.dataset as ds

    table = ds.dataset(case / "records" / "PURCHASE").to_table()
    spend = table.filter(ds.field("amount_kind") == "payment")
    assert spend.num_rows > 149_000, "17,795 rows stand in files that are byte for byte those of another and count once"
    assert spend.column("supplier").to_pylist().count("") == 0
    assert spend.column("amount").null_count == 0
    assert spend.column("body").to_pylist().count("") == 0
    dates = Counter(bool(date) for date in spend.column("date").to_pylist())
    assert dates[False] <= 800, "only the one file without a date column (darlington 2013-05)"


def test_record_keys_are_unique_within_a_file(case: Path) -> None:
    import pyarrow.dataset as ds

    table = ds.dataset(case / "records" / "PURCHASE").to_table(columns=["record_key", "origin_file"])
    pairs = Counter(zip(table.column("origin_file").to_pylist(), table.column("record_key").to_pylist(), strict=True))
    assert [pair for pair, count in pairs.items() if count > 1] == []
