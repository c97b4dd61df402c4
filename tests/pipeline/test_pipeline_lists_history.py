"""Twenty versions of one list, real entries and edited ones, through the whole of ``lists update``: 200 questions "was it listed on that day?" get the right answer.

What is right is told by the plan that the versions were made from, day by day, not by the code under test.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from lists_publisher import Publisher, answer, outcome, publishing, table, update

from custodes.findings.list_history import history, listed_on, periods
from custodes.pipeline import listing_history, listing_show
from custodes.pipeline.listing_store import ListStore

COLUMNS = ("country", "entity", "aliases", "address", "license_requirement", "federal_register_citation")
FIRST = date(2019, 11, 4)
MEIYA, SDIC = "Xiamen Meiya Pico Information Co. Ltd.", "SDIC Intelligence (Xiamen) Information Co., Ltd."


@dataclass
class Planned:
    """An entry of the plan: its row, when it is on the list (from, until), whether the list states the first day, and under which name from which day."""

    row: dict[str, str]
    stays: list[tuple[date, date]]
    stated: bool = True
    renamed: tuple[date, str] | None = None

    def on(self, day: date) -> bool:
        return any(start <= day < end for start, end in self.stays)

    def cells(self, day: date) -> dict[str, str]:
        row = dict(self.row)
        if not self.stated:
            row["federal_register_citation"] = ""
        if self.renamed and day >= self.renamed[0]:
            row |= {"entity": self.renamed[1], "aliases": " ; ".join(filter(None, (row["aliases"], row["entity"])))}
        return row


FOREVER = date(2099, 1, 1)


def planned(rows: Sequence[dict[str, str]]) -> list[Planned]:
    """A plan over the rows: some leave, some come back, some are renamed, of some the list does not say since when."""
    found = []
    for number, row in enumerate(rows):
        start = date.fromisoformat(row.pop("start"))
        entry = Planned(row, [(start, FOREVER)])
        if number % 9 == 4:
            entry.stays = [(start, max(start, FIRST) + timedelta(days=200 + 37 * number % 900))]
        if number % 21 == 7:
            left = max(start, FIRST) + timedelta(days=190)
            entry.stays = [(start, left), (left + timedelta(days=420), FOREVER)]
        if number % 10 == 3:
            entry.stated = False
        if row["entity"] == MEIYA:
            entry.renamed = (date(2025, 1, 7), SDIC)
        elif number % 13 == 5:
            entry.renamed = (max(start, FIRST) + timedelta(days=333), f"{row['entity'].split(',')[0]} Holdings Group")
        found.append(entry)
    return found


def versions() -> list[date]:
    """Twenty days, unevenly apart."""
    days, day = [FIRST], FIRST
    for number in range(19):
        day += timedelta(days=40 + (number * 53) % 160)
        days.append(day)
    return days


def written(plan: Sequence[Planned], day: date) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(entry.cells(day) for entry in plan if entry.on(day))
    return out.getvalue().encode()


def expected(entry: Planned, days: Sequence[date], on: date) -> str:
    """What can be known from the versions, day by day."""
    answers = set()
    for number, (start, end) in enumerate(entry.stays):
        seen = [day for day in days if start <= day < end]
        if not seen:
            continue
        before, after = [day for day in days if day < seen[0]], [day for day in days if day > seen[-1]]
        again = number > 0
        if after and on >= after[0]:
            answers.add("no")
        elif after and on > seen[-1]:
            answers.add("unknown")
        elif on >= seen[0]:
            answers.add("yes")
        elif entry.stated and not again:
            answers.add("yes" if on >= start else "no")
        elif not before or on > before[-1]:
            answers.add("unknown")
        else:
            answers.add("no")
    return "yes" if "yes" in answers else "unknown" if "unknown" in answers else "no"


def real_rows(shared: Path) -> list[dict[str, str]]:
    """The real entries that matter here, with the day of their own rule."""
    from custodes.records.list_entries import cited_date

    with (shared / "lists/raw/us/bis_entity_list_surveillance_subset_2026-07.csv").open(encoding="utf-8") as stream:
        rows = [{name: row[name] for name in COLUMNS} for row in csv.DictReader(stream)]
    return [row | {"start": cited_date(row["federal_register_citation"])} for row in rows]


def invented_rows() -> list[dict[str, str]]:
    rows = []
    for number in range(80):
        start = date(2019, 10, 9) + timedelta(days=31 * max(0, number - 30))
        cited = f"84 FR {54000 + number}, {start.month}/{start.day}/{start.year}"
        name = MEIYA if number == 30 else f"Invented Lens Works {number} Co., Ltd."
        rows.append({"country": "China", "entity": name, "aliases": "", "address": f"{number} Lens Road", "license_requirement": "All items", "federal_register_citation": cited, "start": start.isoformat()})
    return rows


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with publishing() as found:
        yield found


def told(store: Path, publisher: Publisher, addresses: str, plan: Sequence[Planned], days: Sequence[date]) -> None:
    """Publish the versions one after the other, with answers in between that must change nothing."""
    for number, day in enumerate(days):
        body = written(plan, day)
        if number % 4 == 2:
            lines = body.splitlines(keepends=True)
            for bad in (answer(b"<html><title>Repair</title></html>"), answer(b"".join(lines[: len(lines) // 2])), answer(b"", "404 Not Found")):
                publisher.answers("/el.csv", bad)
                summary = update(store, f"{day}T05:00:00Z", addresses=addresses)
                assert outcome(summary, "US-BIS-EL")["outcome"] in ("refused", "failed")
        publisher.answers("/el.csv", answer(body))
        accepted = outcome(update(store, f"{day}T06:00:00Z", addresses=addresses, accept=("US-BIS-EL",)), "US-BIS-EL")
        assert accepted["outcome"] in ("new", "same") and not any("rows" in words for words in accepted["told"])


@pytest.mark.parametrize("kind", ["invented", "real"])
def test_twenty_versions_answer_two_hundred_questions(kind: str, tmp_path: Path, publisher: Publisher, request: pytest.FixtureRequest) -> None:
    plan = planned(invented_rows() if kind == "invented" else real_rows(request.getfixturevalue("shared")))
    days, store = versions(), tmp_path / "store"
    addresses = table(tmp_path / "a.csv", publisher, US_BIS_EL={"url": "/el.csv", "reader": "us_list_lines", "name": "bis_entity_list.csv"})
    told(store, publisher, addresses, plan, days)
    found = [row for row in listing_show.all_periods(store) if row["feed"] == "US-BIS-EL"]
    known = [entry for entry in plan if any(entry.on(day) for day in days)]
    dice, counts = random.Random(9), {"yes": 0, "no": 0, "unknown": 0}
    edited = [entry for entry in known if entry.stays[0][1] < FOREVER or not entry.stated or entry.renamed]
    for number in range(200):
        entry, on = dice.choice(edited if number % 2 else known), date(2019, 1, 1) + timedelta(days=dice.randrange(2900))
        names = {entry.row["entity"], entry.renamed[1] if entry.renamed else ""}
        mine = [row for row in found if names & set(row["names"]) and row["country"] == _country(entry, found)]
        got = {listed_on(row, on.isoformat()) for row in mine}
        answer_ = "yes" if "yes" in got else "unknown" if "unknown" in got else "no"
        assert answer_ == expected(entry, days, on), (entry.row["entity"], on, entry.stays, entry.stated, [(r["began"], r["over"], r["listed_by"], r["gone_by"]) for r in mine])
        counts[answer_] += 1
    assert min(counts.values()) >= 5, counts
    if kind == "real" or MEIYA in {entry.row["entity"] for entry in plan}:
        (meiya,) = [row for row in found if MEIYA in row["names"]]
        assert meiya["name"] == SDIC and meiya["over"] == "", "a renamed firm is one entry, not two"
    renames = [event for event in listing_history.events(ListStore(store)) if event["kind"] == "renamed"]
    assert len(renames) == sum(bool(entry.renamed) and _seen_renamed(entry, days) for entry in plan)


def _country(entry: Planned, found: Sequence[dict[str, Any]]) -> str:
    from custodes.records.list_entries import country_code

    return country_code(entry.row["country"])


def _seen_renamed(entry: Planned, days: Sequence[date]) -> bool:
    """Did two versions in a row hold it, the first under the old name and the second under the new one?"""
    pairs = pairwise(days)
    return entry.renamed is not None and any(entry.on(a) and entry.on(b) and a < entry.renamed[0] <= b for a, b in pairs)


def test_any_order_of_sightings_gives_the_same(tmp_path: Path, publisher: Publisher) -> None:
    plan, store = planned(invented_rows()), tmp_path / "store"
    addresses = table(tmp_path / "a.csv", publisher, US_BIS_EL={"url": "/el.csv", "reader": "us_list_lines", "name": "bis_entity_list.csv"})
    told(store, publisher, addresses, plan, versions()[:8])
    ((key, batch),) = listing_history.groups(listing_history.sightings(ListStore(store)))
    whole = periods(key, batch)
    for seed in range(3):
        order = list(range(batch.num_rows))
        random.Random(seed).shuffle(order)
        assert periods(key, batch.take(order)).equals(whole)
    blank = batch.set_column(batch.schema.get_field_index("digest"), "digest", pa.array([""] * batch.num_rows, pa.string())).cast(batch.schema)
    assert [part.equals(other) for part, other in zip(history(batch), history(blank), strict=True)] == [True, True], "digests save time and change no answer"


def test_the_makers_of_the_story_in_the_shipped_tables() -> None:
    def on(day: str, name: str) -> dict[str, str]:
        return {row["list"]: row["answer"] for row in listing_show.show(None, day, name)["found"]}

    assert on("2025-01-06", "megvii")["US-DOD-1260H"] == "yes" and on("2025-01-07", "megvii")["US-DOD-1260H"] == "no"
    assert on("2025-01-07", "megvii")["US-BIS-EL"] == "yes"
    assert on("2024-12-10", "uniview")["US-BIS-EL"] == "no" and on("2024-12-11", "uniview")["US-BIS-EL"] == "yes"
    changes = listing_show.diff(None, "2025-01-01", "2025-01-31")["changes"]
    assert ("removed", "Beijing Megvii Technology Co., Ltd.") in {(row["change"], row["name"]) for row in changes}
    assert {name: on("2026-06-30", name)["US-DOD-1260H"] for name in ("meiya pico", "SDIC Intelligence")} == {"meiya pico": "yes", "SDIC Intelligence": "yes"}
