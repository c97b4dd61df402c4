"""A researcher's first hour: a folder of messy files, from `custodes new` to the page. Every obstacle is settled by what the message says."""

from __future__ import annotations

import json
import re
from pathlib import Path

from test_pipeline import custodes, findings

DOWNLOADS = {
    # a council file as councils publish it: title rows, cp1252 pound sign, total at the end
    "Exampleton Borough Council/Spend March 2021.csv": (
        'Payments over £500,,,,\n\nSupplier Name,Payment Date,Description,Ref,Net Amount (£)\n'
        'Baydale Example Ltd,04/03/2021,"4 x HikVision domes, fitted",P100,"£1,812.80"\n'
        'Acme Paper Ltd,05/03/2021,Copier paper,P101,24.86-\n'
        'Mr John Smith,06/03/2021,Refund,P102,50.00\n,,,Total,"1,787.94"\n'
    ).encode("cp1252"),
    # the same council's next month, CR line ends only
    "Exampleton Borough Council/april.csv": (
        b"Supplier Name,Payment Date,Description,Ref,Net Amount\rAcme Security Ltd,12-Apr-21,CCTV maintenance,P200,800.00\r"
    ),
    # nobody says whose this is
    "misc/unknown-payments.csv": b"Vendor,Invoice Date,Amount,Narrative\nNorthern CCTV Services Ltd,2021-05-01,950.00,Camera repairs car park\n",
    # headers that no reader knows
    "misc/ledger-dump.csv": b"Wer,Wann,Wieviel,Wofuer\nAcme Security Ltd,2021-05-03,450.00,ANPR camera bracket\nAcme Paper Ltd,2021-05-04,10.00,Paper\n",
    # a spending export that carries a list's columns as well: two readers claim it
    "misc/export.csv": b"party_id,name,Supplier,Amount,Date\n17,Acme Paper Ltd,Acme Paper Ltd,77.00,2021-05-09\n",
    # and something that is no table at all
    "misc/photo.csv": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20,
}


def entries(text: str) -> list[str]:
    """The [[records]] entries that a message offers to paste."""
    return re.findall(r"(\[\[records\]\]\n(?:[a-z_]+ = .*\n?)+)", text)


def paste(case: Path, entry: str) -> None:
    with (case / "case.toml").open("a", encoding="utf-8") as stream:
        stream.write("\n" + entry.strip() + "\n")


def test_first_hour(tmp_path: Path) -> None:
    for name, data in DOWNLOADS.items():
        path = tmp_path / "downloads" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    custodes("new", "case", "--records", "downloads", cwd=tmp_path)
    case = tmp_path / "case"

    first = custodes("run", case, "--now", "2026-11-22", code=3).stderr
    assert "two readers claim this file" in first and "uk_spend" in first
    assert "no reader claims this file" in first and "Wer" in first
    assert "name no body" in first
    assert "photo.csv" in first
    assert (case / "publication" / "draft" / "index.html").is_file(), "the good files are on the page already"

    offered = entries(first)
    by_file = {re.search(r'path = "(.*)"', entry).group(1).rsplit("/", 1)[1]: entry for entry in offered}  # type: ignore[union-attr]
    assert {"export.csv", "ledger-dump.csv", "unknown-payments.csv"} <= set(by_file)
    clash = re.sub(r'as = ".*"', 'as = "uk_spend"', by_file["export.csv"])
    paste(case, clash.strip() + '\nbody = "Exampleton Borough Council"')
    paste(case, by_file["unknown-payments.csv"].replace('"..."', '"Exampleton Borough Council"'))
    mapped = re.sub(r"columns = .*", 'columns = { supplier = "Wer", date = "Wann", amount = "Wieviel", description = "Wofuer" }', by_file["ledger-dump.csv"])
    paste(case, mapped.strip() + ('' if "body" in mapped else '\nbody = "Exampleton Borough Council"') + '\ncurrency = "EUR"')
    (tmp_path / "downloads" / "misc" / "photo.csv").unlink()

    second = custodes("run", case, "--now", "2026-11-22", "--json")
    summary = json.loads(second.stderr.splitlines()[-1])
    read = summary["steps"]["read"]
    assert read["no_body"] == 0 and read["rejected"] == 0
    assert read["usable"] == 2 + 1 + 1 + 2 + 1
    assert read["left_out"].get("natural person") == 1
    assert read["left_out"]["heading"] == 2, "the title row, and the total that has two cells"
    found = findings(case)
    assert {row["body"] for row in found} == {"Exampleton Borough Council"}
    kinds = sorted((row["kind"], row["supplier"]) for row in found)
    assert kinds == [
        ("maker_unknown", "Acme Security Ltd"),
        ("maker_unknown", "Acme Security Ltd"),
        ("maker_unknown", "Northern CCTV Services Ltd"),
        ("product_named", "Baydale Example Ltd"),
    ]
    page = (case / "publication" / "draft" / "index.html").read_text(encoding="utf-8")
    assert "Exampleton Borough Council" in page and "John Smith" not in "".join(p.read_text(encoding="utf-8") for p in (case / "publication").rglob("*.html"))
