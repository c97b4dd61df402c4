"""Every real file: usable + left out + rejected = the data records that a byte splitter counted; nothing silently empty."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

from spend_support import batches, data_rows, rows

from custodes.records import HEAD_SIZE, buy_spend, buy_workbook


def test_every_file_adds_up_and_is_full(shared: Path) -> None:
    folder = shared / "awards" / "spend"
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as lines:
        truth = list(csv.DictReader(lines))
    assert len(truth) == 183
    wrong = []
    for row in truth:
        data = gzip.decompress((folder / row["file"]).read_bytes())
        found = batches(data, path=row["file"])
        usable = rows(found)
        claimed = buy_spend.sniff(data[:HEAD_SIZE], row["file"].removesuffix(".gz")) and not buy_workbook.sniff(data[:HEAD_SIZE], row["file"])
        full = all(purchase["supplier"] and purchase["amount"] is not None for purchase in usable)
        full = full and (row["file"].startswith("networkrail") or all(purchase["description"] for purchase in usable))
        dated = row["file"] == "darlington/2013-05.csv.gz" or all(purchase["date"] for purchase in usable)
        keys = {purchase["record_key"] for purchase in usable}
        if not (claimed and full and dated and data_rows(found) == int(row["data_records"]) and len(keys) == len(usable)):
            wrong.append((row["file"], claimed, full, dated, data_rows(found), row["data_records"], len(keys), len(usable)))
    assert not wrong


def test_sums_of_amounts_are_those_of_the_columns(shared: Path) -> None:
    """Three files whose amount column a naive reader can add up give the same sum here, natural persons aside."""
    folder = shared / "awards" / "spend"
    for name, column in (("cabinetoffice/2021-12", "Amount"), ("networkrail/2019-07", "Spend"), ("salford/2016-08", "Net")):
        data = gzip.decompress((folder / f"{name}.csv.gz").read_bytes())
        found = batches(data)
        naive = [row for row in csv.DictReader(data.decode().splitlines()) if row[column]]
        assert len(naive) - len(rows(found)) <= 3
        assert abs(sum(float(row[column]) for row in naive) - sum(float(row["amount"]) for row in rows(found))) < 20_000


def test_both_true_rows_are_read_whole(shared: Path) -> None:
    folder = shared / "awards" / "spend"
    hik = [row for row in rows(batches(gzip.decompress((folder / "harrogate/2016-03.csv.gz").read_bytes()))) if "HIK Vision" in row["description"]]
    assert [(row["supplier"], row["transaction"], str(row["amount"]), row["date"], row["body"]) for row in hik] == [
        ("BAYDALE CONTROL SYSTEMS LTD", "4648561", "3627.5000", "2016-03-30", "Harrogate Borough Council")
    ]
    assert hik[0]["description"].startswith("Supply  and  Installation of 5 number HIK Vision Recorders | ")
    data = gzip.decompress((folder / "hyndburn/November-2024-CSV.csv.gz").read_bytes())
    radio = [row for row in rows(batches(data, folder="Hyndburn Borough Council")) if "Hytera" in row["description"]]
    assert [(row["supplier"], row["transaction"], str(row["amount"]), row["date"], row["body"], row["body_from"]) for row in radio] == [
        ("Roadphone NRB", "CRPOI0006360", "780.7700", "2024-11-26", "Hyndburn Borough Council", "folder")
    ]
    assert radio[0]["description"].count("\n") == 2
