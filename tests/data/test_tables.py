"""The fact tables keep their rules: cited, dated, consistent, careful."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from custodes.records import tables
from custodes.records.table_kinds import LEGAL_EFFECTS, PUBLISH, day
from custodes.values import Origin, kind_of

KEYS = {
    "makers": ("maker_id",), "names": ("maker_id", "name"), "lists": ("list",), "listings": ("maker_id", "list", "listed_name", "effective", "designated"),
    "links": ("subject", "object", "relation", "valid_from"), "bodies": ("body", "valid_from"),
}  # fmt: skip
PROSE = ("title", "legal_effect", "effect_words", "note", "relation", "ground", "ground_citation", "equipment", "why", "label", "caution")
URL = re.compile(r"\S*(?:https?://|github\.com/)\S+")


def load(name: str) -> list[dict[str, str]]:
    path = files("custodes").joinpath("data", f"{name}.csv")
    if not path.is_file():
        pytest.skip(f"{name}.csv is not there")
    return list(csv.DictReader(path.read_text("utf-8").splitlines(keepends=True)))


def every_table() -> list[str]:
    return sorted(path.name.removesuffix(".csv") for path in files("custodes").joinpath("data").iterdir() if path.name.endswith(".csv"))


def places(name: str) -> Iterator[tuple[str, dict[str, str]]]:
    for line, row in enumerate(load(name), 2):
        yield f"{name}.csv, row {line}: {next(iter(row.values()))}", row


def squashed(name: str) -> str:
    """A name without case, spaces, punctuation and the commonest legal forms: what a matcher makes of it."""
    words = re.sub(r"\b(co|company|ltd|limited|llc|inc|corp|corporation|plc)\b\.?", " ", name.casefold().replace("'", ""))
    return re.sub(r"股份有限公司$|有限公司$|\W+", "", words)


@pytest.mark.parametrize("name", KEYS)
def test_every_row_is_cited_and_was_looked_at(name: str) -> None:
    for place, row in places(name):
        assert row["citation"].strip(), place
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", row["checked_on"]), place
        assert not day(row["checked_on"]), place


@pytest.mark.parametrize("name", KEYS)
def test_no_row_stands_twice(name: str) -> None:
    counts = Counter(tuple(row[column] for column in KEYS[name]) for row in load(name))
    assert [key for key, many in counts.items() if many > 1] == []


@pytest.mark.parametrize("name", KEYS)
def test_cells_are_clean(name: str) -> None:
    for place, row in places(name):
        assert None not in row and None not in row.values(), f"{place}: too many or too few cells"
        assert all(cell == cell.strip() and "\n" not in cell and "  " not in cell for cell in row.values()), place
        assert not any("/work/" in cell or "file://" in cell for cell in row.values()), place


@pytest.mark.parametrize("name", ["makers", "names", "listings", "links", "bodies"])
def test_our_own_reader_takes_every_row(name: str) -> None:
    path = files("custodes").joinpath("data", f"{name}.csv")
    with path.open("rb") as stream:
        found = {kind_of(batch): batch.to_pylist() for batch in tables.read((stream,), Origin("0", f"{name}.csv"))}  # type: ignore[arg-type]
    assert found.get("REJECT", []) == []
    assert [row for row in found["COLUMN"] if row["use"] == "not understood" and row["column"] != "note"] == []
    out = [row for row in found["LEFT_OUT"] if "alone = never" not in row["reason"]]
    assert out == []


def test_foreign_keys_hold() -> None:
    makers, lists = {row["maker_id"] for row in load("makers")}, {row["list"] for row in load("lists")}
    for place, row in (*places("names"), *places("listings")):
        assert row["maker_id"] in makers, place
    for place, row in places("listings"):
        assert row["list"] in lists, place
    for place, row in places("links"):
        assert set(row["object"].split("|")) <= makers, place


def test_every_maker_has_its_legal_name_among_its_names() -> None:
    names = {(row["maker_id"], row["name"]) for row in load("names")}
    for place, row in places("makers"):
        assert (row["maker_id"], row["name"]) in names, place


def test_every_maker_stands_on_a_list() -> None:
    assert {row["maker_id"] for row in load("makers")} == {row["maker_id"] for row in load("listings") if row["counts"] == "yes"}


def test_dates_are_iso_and_in_order() -> None:
    for place, row in (*places("listings"), *places("links"), *places("bodies")):
        for column in ("designated", "effective", "published", "ended", "valid_from", "valid_to"):
            assert not row.get(column) or not day(row[column]), f"{place}: {column}"
        for first, last in (
            ("designated", "ended"),
            ("effective", "ended"),
            ("published", "ended"),
            ("valid_from", "valid_to"),
            ("designated", "effective"),
        ):
            a, b = row.get(first, ""), row.get(last, "")
            assert not (a and b) or a[: min(len(a), len(b))] <= b[: min(len(a), len(b))], f"{place}: {first} {a} after {last} {b}"
        assert all(row.get(column, "") <= row["checked_on"] for column in ("designated", "effective", "published", "ended", "valid_from")), place


def test_no_maker_is_listed_twice_at_once_under_one_name() -> None:
    open_rows = Counter((row["maker_id"], row["list"], row["listed_name"]) for row in load("listings") if not row["ended"])
    assert [key for key, many in open_rows.items() if many > 1] == []


def test_values_come_from_their_word_lists() -> None:
    for place, row in places("lists"):
        assert row["legal_effect"] in LEGAL_EFFECTS, place
        assert row["effect_words"].endswith(".") and row["effect_words"].count(". ") == 0, f"{place}: one plain sentence"
    for place, row in places("links"):
        assert row["publish"] in PUBLISH, place
        assert row["alone"] in ("yes", "context", "never") and row["scope"] in ("all", "part"), place
    for place, row in (*places("lists"), *places("listings")):
        assert row["ground"] in ("abuse of people", "national security", "both", "unknown"), place


def test_a_ground_is_cited_or_unknown() -> None:
    for place, row in places("listings"):
        assert bool(row["ground_citation"]) == (row["ground"] != "unknown"), place


def test_what_is_doubtful_never_goes_out() -> None:
    for place, row in places("links"):
        assert row["confidence"] != "low" or row["publish"] in ("lead-only", "no"), place
        assert "|" not in row["object"] or row["publish"] in ("lead-only", "no"), place
        assert row["relation"] not in ("reseller", "partner") or row["publish"] != "yes", f"{place}: a reseller proves nothing about a purchase"
    assert {row["publish"] for row in load("links") if row["object"] == "hikvision|dahua"} == {"lead-only"}


def test_what_names_no_firm_does_not_count() -> None:
    uncounted = {(row["maker_id"], row["list"]) for row in load("listings") if row["counts"] == "no"}
    assert uncounted == {("hytera", "US-BIS-EL"), ("dji", "US-FCC-COVERED"), ("tplink", "US-FCC-COVERED")}
    for place, row in places("listings"):
        assert row["counts"] == "no" or not row["listed_name"].startswith("("), place
        assert row["counts"] == "yes" or row["note"], f"{place}: say why it does not count"


def test_nobody_is_called_sanctioned() -> None:
    for name in every_table():
        for place, row in places(name):
            words = " ".join(URL.sub("", row.get(column) or "") for column in PROSE)
            assert "sanction" not in words.casefold().replace("opensanctions", ""), f"{place}: say what the list does instead"


def test_a_security_listing_is_not_an_abuse_listing() -> None:
    grounds = {(row["maker_id"], row["list"]): row["ground"] for row in load("listings")}
    assert {grounds[m, "US-BIS-EL"] for m in ("hikvision", "dahua", "uniview", "tiandy", "cloudwalk", "kedacom", "ntechlab")} == {"abuse of people"}
    assert {grounds[m, "US-BIS-EL"] for m in ("huawei", "hisilicon", "cetc")} == {"national security"}
    assert {row["ground"] for row in load("listings") if row["list"] in ("US-NDAA-889", "US-FCC-COVERED", "US-DOD-1260H")} == {"national security"}
    assert grounds["hikvision", "US-OFAC-NS-CMIC"] == "unknown" and grounds["megvii", "US-OFAC-NS-CMIC"] == "abuse of people"
    assert all(grounds.get(("zte", name)) in (None, "national security") for name in {row["list"] for row in load("lists")})


def test_names_that_many_bear_never_identify_alone() -> None:
    alone = {row["name"]: row["alone"] for row in load("names")}
    for name in ("Cobber", "Vikor", "Kezhen", "CAEIT", "Lion Technology", "HYT", "LAJS", "X-Face", "Sense Time", "Shenzhen Vision"):
        assert alone[name] == "never", name
    for name in ("Dahua", "Uniview", "UNV", "ZTE", "DJI", "Leon Technology", "CETC", "TP-Link"):
        assert alone[name] == "context", name
    for name in ("Hikvision", "HIK Vision", "Dahua Technology", "Hytera", "海康威视", "浙江大华技术股份有限公司", "Kedacom", "Huawei"):
        assert alone[name] == "yes", name


def test_confusables_are_no_names() -> None:
    """A name in the table of confusables never identifies a maker alone (legal forms count here: they are what tells some of them apart)."""

    def words(name: str) -> str:
        return " ".join(re.findall(r"\w+", name.casefold()))

    alone = {words(row["name"]) for row in load("names") if row["alone"] == "yes"}
    confusable = {words(part) for row in load("confusables") for part in re.split(r" / | ; ", row["name"])}
    assert alone & confusable == set()


def test_names_that_a_matcher_cannot_tell_apart_say_the_same() -> None:
    said: dict[tuple[str, str], set[str]] = {}
    for row in load("names"):
        if row["alone"] != "never":
            said.setdefault((row["maker_id"], squashed(row["name"])), set()).add(row["alone"])
    assert [key for key, words in said.items() if len(words) > 1] == []


def test_a_name_belongs_to_one_maker() -> None:
    owners: dict[str, set[str]] = {}
    for row in load("names"):
        owners.setdefault(squashed(row["name"]), set()).add(row["maker_id"])
    assert {name: who for name, who in owners.items() if len(who) > 1} == {}


def test_bodies_can_be_told_by_name_and_folder() -> None:
    bodies = load("bodies")
    for column in ("names", "folder_names"):
        owners: dict[str, set[str]] = {}
        for row in bodies:
            for part in row[column].split(" ; "):
                owners.setdefault(re.sub(r"[\W_]+", " ", part.casefold()), set()).add(row["body"])
        assert {name: who for name, who in owners.items() if name and len(who) > 1} == {}
    known = {row["body"] for row in bodies}
    for place, row in places("bodies"):
        assert row["body"] in row["names"].split(" ; "), place
        assert not row["predecessor"] or row["predecessor"] in known, place
        assert not row["successor"] or row["successor"] in known, place
        assert row["information_law"] in ("FOIA 2000", "FOISA 2002"), place
        assert not row["code"] or re.fullmatch(r"[ESWN]\d{8}", row["code"]), place


def test_the_bodies_of_the_data_are_there(shared: Path) -> None:
    folders = {name for row in load("bodies") for name in row["folder_names"].split(" ; ")}
    spend = {path.name for path in (shared / "awards" / "spend").iterdir() if path.is_dir()}
    assert spend <= folders


def test_harrogate_has_an_end_and_a_successor() -> None:
    (row,) = [row for row in load("bodies") if row["body"] == "Harrogate Borough Council"]
    assert (row["valid_to"], row["successor"]) == ("2023-03-31", "North Yorkshire Council")


def test_everything_the_shared_tables_know_is_here(shared: Path) -> None:
    """Nothing was lost when the tables were built: every maker, listed name, alias and brand is found again."""
    lists = shared / "lists"

    def of(name: str) -> list[dict[str, str]]:
        return list(csv.DictReader((lists / name).read_text("utf-8").splitlines(keepends=True)))

    names = {row["name"] for row in load("names")}
    assert {row["alias"] for row in of("maker_aliases.csv")} <= names
    assert {row["maker_id"] for row in of("surveillance_makers.csv")} == {row["maker_id"] for row in load("makers")}
    kept = {(row["maker_id"], row["list"]) for row in load("listings")}
    assert {(row["maker_id"], row["list"]) for row in of("maker_listings.csv")} <= kept
    ended = {(row["maker_id"], row["list"]): row["ended"] for row in load("listings") if row["ended"]}
    assert ended == {(row["maker_id"], row["list"]): row["end_date"] for row in of("maker_listings.csv") if row["end_date"]}
    links = {row["object"] for row in load("links")}
    assert {row["maker_id"] for row in of("rebrands.csv")} <= links
    subjects = " ".join(row["subject"] for row in load("links"))
    for row in of("rebrands.csv"):
        assert row["brand"].split(" ")[0] in subjects, row["brand"]
    stricter = {"no": 3, "lead-only": 2, "review": 1, "yes": 0}
    ours = {(row["subject"], row["object"]): row["publish"] for row in load("links")}
    for row in of("rebrands.csv"):
        if (row["brand"], row["maker_id"]) in ours:
            assert stricter[ours[row["brand"], row["maker_id"]]] >= stricter[row["publish"]], f"{row['brand']}: less careful than its source"


def test_the_story_is_told_as_statements(root: Path) -> None:
    """The example's statements are taken whole; a claim names its denial; FaiceTech is linked to nobody."""
    path = root / "examples" / "britain" / "inputs" / "statements.csv"
    with path.open("rb") as stream:
        found = {kind_of(batch): batch.to_pylist() for batch in tables.read((stream,), Origin("0", "statements.csv"))}
    assert len(found["STATEMENT"]) == 19 and "REJECT" not in found
    said = {row["statement_id"]: row for row in found["STATEMENT"]}
    assert all(row["grade"] == "reported" and row["citation"] for row in said.values())
    claim, denial = said["hikvision-2022-brochure"], said["faicetech-2022-denial"]
    assert (claim["speaker"], claim["statement_kind"], denial["speaker"], denial["statement_kind"]) == ("Hikvision", "claim", "FaiceTech", "denial")
    assert denial["statement_id"] in claim["words"] and claim["statement_id"] in denial["words"]
    bodies = {row["body"] for row in load("bodies")}
    assert {row["about"] for row in said.values() if row["statement_kind"] == "reported use"} - {""} <= bodies
    everything = " ".join(cell for name in ("makers", "names", "links") for row in load(name) for cell in row.values())
    assert "faicetech" not in everything.casefold()
