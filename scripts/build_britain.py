"""Make the purchase rows of examples/britain from the real spending data (facts under the Open Government Licence v3.0).

    python scripts/build_britain.py DATA_FOLDER

DATA_FOLDER holds ``awards/spend``. Of every body it takes the rows that speak of cameras, recorders or makers (true ones and false friends alike),
a seeded sample of the others that mention surveillance, and a seeded sample of ordinary rows. Each row keeps its source: repository, commit, file, row.
"""

from __future__ import annotations

import csv
import gzip
import json
import random
import re
import sys
from pathlib import Path

BODIES = {
    "harrogate": "Harrogate Borough Council", "hyndburn": "Hyndburn Borough Council", "leeds": "Leeds City Council", "salford": "Salford City Council",
    "sheffield": "Sheffield City Council", "darlington": "Darlington Borough Council", "networkrail": "Network Rail", "cabinetoffice": "Cabinet Office",
}  # fmt: skip
FIELDS = {
    "supplier": ("Supplier Name", "Name", "Name:", "Supplier", "Vendor Name", "SupplierName"),
    "date": ("Payment Date", "Payment date", "Date of Payment", "Date", "GL Date", "Date paid", "DatePaid", "Transaction Date", "Invoice GL Date", "Pay date"),
    "number": ("Transaction No.", "HBC ref no", "HBC Ref No.", "SAP Document Number", "DocumentNo", "Document No.", "Transaction number", "TransactionNumber", "Transaction Number", "TransNo"),
    "net": ("Net Amount", "Net amount", "Net Amount(£)", "Net Amount (£)", "Net", "NetAmount", "Invoice Line Value (net of VAT)"),
    "gross": ("Amount", "Amount Paid", "Invoiced Value", "Spend"),
}  # fmt: skip
TEXTS = (
    "Narrative", "Description", "Item Description", "Account Detail", "Account", "Expenditure Code", "Expense Code Description", "Expense Type",
    "Detailed expenditure type", "DetailedExpenditureType", "G/L description.", "G/L Description", "GL Description", "Thomson Classification Description",
    "Category Family", "Service Cost Centre", "Service Area",
)  # fmt: skip
ALWAYS = re.compile(r"hik|hytera|camerat|camera club|tectonics|revers|security camera|drain|meeting video|drone|harrison cam|camera exchange|cubic|invr|chubb|dvr|pinnacle|scaitcliffe|norbain", re.I)
SOURCES = {"harrogate": "odileeds/council-spending-data@791774c:harrogate/clean/2016-03.csv", "hyndburn": "tompickup23/burnleycouncil@467dd3f:hyndburn_csvs/November-2024-CSV.csv"}


def pick(cells: dict[str, str], names: tuple[str, ...]) -> str:
    stripped = {key.strip(): value for key, value in cells.items() if key}
    return next((stripped[name].strip() for name in names if stripped.get(name, "").strip()), "")


def row_of(cells: dict[str, str], source: str) -> dict[str, str] | None:
    row = {field: pick(cells, names) for field, names in FIELDS.items()}
    texts = [pick(cells, (name,)) for name in TEXTS]
    row["text"] = " | ".join(dict.fromkeys(text for text in texts if text))
    row["source"] = source
    return row if row["supplier"] and (row["net"] or row["gross"]) else None


def ordinary(path: Path, skip: int, source: str, count: int, chosen: random.Random) -> list[dict[str, str]]:
    text = gzip.decompress(path.read_bytes()).decode("cp1252")
    records = list(csv.reader(text.splitlines(keepends=True)[skip:]))
    rows = [row_of(dict(zip(records[0], record, strict=False)), f"{source} row {number}") for number, record in enumerate(records[1:], 1)]
    firms = [row for row in rows if row and re.search(r"\b(ltd|limited|plc|council|llp)\b", row["supplier"], re.I)]
    found = [row for row in firms if ALWAYS.search(row["supplier"] + row["text"])]
    return found + chosen.sample([row for row in firms if row not in found], count)


def write(path: Path, body: str, column: str, field: str, rows: list[dict[str, str]]) -> None:
    """One file per body and kind of amount: net of VAT where the body says so, otherwise just 'Amount'."""
    if not rows:
        return
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["Body Name", "Payment Date", "Supplier Name", "Transaction No.", column, "Narrative", "Source"])
        for row in rows:
            writer.writerow([body, row["date"], row["supplier"], row["number"], row[field], row["text"], row["source"]])


def main(data: Path) -> None:
    chosen = random.Random(2016)
    rows: dict[str, list[dict[str, str]]] = {body: [] for body in BODIES}
    with gzip.open(data / "awards/spend/surveillance_rows.jsonl.gz", "rt", encoding="utf-8") as lines:
        for item in map(json.loads, lines):
            row = row_of(item["cells"], f"{item['source']} row {item['row']}")
            if row:
                rows[item["body"]].append(row)
    rows["harrogate"] += ordinary(data / "awards/spend/harrogate/2016-03.csv.gz", 0, SOURCES["harrogate"], 40, chosen)
    rows["hyndburn"] += ordinary(data / "awards/spend/hyndburn/November-2024-CSV.csv.gz", 0, SOURCES["hyndburn"], 40, chosen)
    target = Path(__file__).parent.parent / "examples/britain/inputs/spend"
    for body, found in rows.items():
        always = [row for row in found if ALWAYS.search(row["supplier"] + row["text"])]
        others = [row for row in found if row not in always]
        kept = (always[:20] + chosen.sample(others, min(len(others), 35)) if len(others) > 35 else found)
        if body in SOURCES:
            kept = always[:60] + [row for row in others if "row" in row["source"] and row["source"].startswith(SOURCES[body])][:40] + chosen.sample(others, 25)
        unique = list({json.dumps({**row, "source": ""}): row for row in reversed(kept)}.values())[::-1]
        for column, field, suffix in (("Net Amount", "net", ""), ("Amount", "gross", "-amount")):
            write(target / f"{body}{suffix}.csv", BODIES[body], column, field, [row for row in unique if bool(row["net"]) == (field == "net")])
        print(body, len(unique))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
