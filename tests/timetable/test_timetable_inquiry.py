"""Section 889: items identified, none identified or unknown; parts apart; attestations, clocks; and no word that says somebody keeps the law."""

from __future__ import annotations

import io
import json
from datetime import date
from pathlib import Path

import holidays as judge
import pytest

from custodes.errors import InputError, UsageError
from custodes.pipeline.inquiring import covered_makers, run, ties
from custodes.timetable.business_days import after, holidays
from custodes.timetable.inquiry import Item, inquiry, outcome
from custodes.timetable.inquiry import judge as judged
from custodes.timetable.items import read_items

NOW = "2026-12-23T09:00:00Z"


def _result(item: Item) -> tuple[str, str]:
    found = judged(item, ties([item]))
    return found.result, found.maker


@pytest.mark.parametrize(
    ("item", "result"),
    [
        (Item("1", brand="Hikvision"), ("identified", "hikvision")),
        (Item("1", maker="Zhejiang Dahua Technology Co., Ltd.", brand="Own label"), ("identified", "dahua")),
        (Item("1", brand="EZVIZ"), ("identified", "hikvision")),
        (Item("1", maker="Axis Communications", components=("HiSilicon",)), ("identified", "huawei")),
        (Item("1", brand="SuperCam", attested="yes"), ("identified", "")),
        (Item("1", maker="Axis Communications"), ("none identified", "")),
        (Item("1", maker="Uniview"), ("none identified", "")),
        (Item("1", brand="SuperCam", attested="no", attested_by="Acme"), ("none identified", "")),
        (Item("1", brand="SuperCam"), ("unknown", "")),
        (Item("1"), ("unknown", "")),
        (Item("1", brand="ABUS"), ("unknown", "")),
        (Item("1", brand="ABUS", attested="no"), ("unknown", "")),
        (Item("1", brand="Hikvision compatible bracket"), ("unknown", "")),
        (Item("1", brand="non-Hikvision"), ("unknown", "")),
    ],
)
def test_what_is_said_of_one_item(item: Item, result: tuple[str, str]) -> None:
    assert _result(item) == result


def test_questions_are_put_and_not_answered() -> None:
    purpose = judged(Item("1", brand="Dahua"), ties([Item("1", brand="Dahua")]))
    assert purpose.questions[0].startswith("no purpose is given")
    assert judged(Item("1", brand="Dahua", purpose="public safety"), ties([Item("1", brand="Dahua")])).questions == ()
    assert judged(Item("1", brand="Huawei"), ties([Item("1", brand="Huawei")])).questions == ()
    item = Item("1", maker="Axis", components=("HiSilicon",), exception="backhaul", attested="no")
    assert [q.split(",")[0].split(":")[0] for q in judged(item, ties([item])).questions] == [
        "the supplier attests that it is not covered (no name", "is the component substantial or essential", "an exception is claimed (backhaul)",
    ]  # fmt: skip


def test_the_five_firms_and_theirs() -> None:
    found = covered_makers()
    assert {m for m, (firm, _) in found.items() if m == firm} == {"hikvision", "dahua", "huawei", "zte", "hytera"} and found["hisilicon"][0] == "huawei"
    assert "uniview" not in found and "tiandy" not in found


def test_three_wordings_of_an_outcome() -> None:
    def words(*items: Item) -> str:
        return outcome([judged(i, ties(list(items))) for i in items])

    assert words(Item("1", brand="Hikvision"), Item("2")) == "identified in 1 of 2 items (1 unknown)"
    assert words(Item("1", maker="Axis"), Item("2"), Item("3")) == "none identified in 3 items (2 unknown)"
    assert words(Item("1"), Item("2", brand="SuperCam")) == "cannot say: none of 2 items names its producer"
    assert words() == "cannot say: no items were given"


def test_the_parts_are_apart_and_the_file_never_says_that_somebody_keeps_the_law() -> None:
    items = [Item("1", "provide", brand="Hikvision"), Item("2", "use", maker="Axis", attested="no"), Item("3", "both", waived_until="2027-01-01", exception="roaming")]
    found = inquiry(items, ties(items), ("provide", "use"), {"organisation": "Invented Ltd"}, NOW)
    assert found["parts"]["provide"]["outcome"] == "identified in 1 of 2 items (1 unknown)" and found["parts"]["provide"]["clause"] == "s.889(a)(1)(A)"
    assert found["parts"]["use"]["outcome"] == "none identified in 2 items (1 unknown)" and found["parts"]["use"]["waived"] == 1
    assert [a["item_id"] for a in found["attestations"]] == ["2"] and set(found["sign_off"]) == {"what_was_looked_at", "by_role", "name", "date", "statement"}
    assert "complian" not in json.dumps(found).lower()


def test_the_clocks_of_one_and_ten_business_days() -> None:
    items = [Item("1", brand="Hikvision", found_on="2026-12-23", contract="W-1", supplier="Acme", model="DS-2", description="camera")]
    report = inquiry(items, ties(items), ("provide",), {}, NOW)["reports"][0]
    assert (report["due_in_one_business_day"], report["due_in_ten_business_days"]) == ("2026-12-24", "2027-01-11")
    assert list(report["line"])[:2] == ["contract", "orders"] and report["missing"] == ["orders", "supplier_uei", "supplier_cage", "mitigation"]
    assert after(date(2026, 7, 2), 1) == date(2026, 7, 6), "4 July 2026 is a Saturday, kept on the Friday"


@pytest.mark.parametrize("year", range(2015, 2035))
def test_federal_holidays_against_another_program(year: int) -> None:
    theirs = {d for d in judge.UnitedStates(years=[year]) if d.year == year and d.weekday() < 5}
    # New Year's Day kept on the last day of the year before belongs to the year after
    ours = {d for d in holidays(year) | holidays(year + 1) if d.year == year}
    assert ours - {date(year, 12, 31)} == theirs - {date(year, 12, 31)}
    assert (date(year, 12, 31) in ours) == (date(year + 1, 1, 1).weekday() == 5)


def test_items_are_read_strictly() -> None:
    text = "item_id,part,brand,components,found_on,quantity\n1,use,X,A ; B,2026-12-23,4\n1,use,X,,,\n2,maybe,X,,,\n3,use,X,,23/12/2026,\n4,use,X,,,many\n,use,X,,,\n"
    items, rejects = read_items(io.BytesIO(text.encode()), "i.csv")
    assert items == [Item("1", "use", 4, brand="X", components=("A", "B"), found_on="2026-12-23")]
    assert [(r["origin_at"], r["column"]) for r in rejects] == [("line 3", "item_id"), ("line 4", "part"), ("line 5", "found_on"), ("line 6", "quantity"), ("line 7", "item_id")]
    with pytest.raises(InputError):
        read_items(io.BytesIO(b"item_id,suplier\n1,x\n"), "i.csv")
    with pytest.raises(InputError):
        read_items(io.BytesIO(b"brand\nx\n"), "i.csv")


def test_the_verb_writes_the_file_and_names_its_sources(tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text("item_id,brand\n1,Hikvision\n")
    summary = run((str(tmp_path / "items.csv"),), str(tmp_path / "out.json"), part="both", organisation="Invented Ltd", now=NOW)
    found = json.loads((tmp_path / "out.json").read_text())
    assert summary["exit"] == 0 and found["organisation"] == "Invented Ltd" and found["sources"][0]["items"] == 1 and len(found["sources"][0]["sha256"]) == 64
    assert {row["maker"] for row in found["lists"]} == {"hikvision", "dahua", "huawei", "zte", "hytera"}
    (tmp_path / "empty.csv").write_text("item_id\n")
    with pytest.raises(UsageError):
        run((str(tmp_path / "empty.csv"),), "-", part="both", organisation="", now=NOW)
    with pytest.raises(UsageError, match="several files"):
        (tmp_path / "two.csv").write_text("item_id,brand\n1,Dahua\n")
        run((str(tmp_path / "items.csv"), str(tmp_path / "two.csv")), "-", part="both", organisation="", now=NOW)
