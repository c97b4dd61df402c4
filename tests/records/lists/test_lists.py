"""Readers of lists and of our own tables: examples with what they must give, and the real lists with their counts."""

from __future__ import annotations

import gzip
import io
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from custodes.errors import BrokenInputError, InputError, LimitError
from custodes.records import list_ftm, list_table, list_us_csl, rowstream, tables
from custodes.records.list_names import listed_person
from custodes.values import KINDS, SCHEMAS, Origin, kind_of

EXAMPLES = Path(__file__).parent / "examples"
READERS: tuple[ModuleType, ...] = (tables, list_table, list_ftm, list_us_csl)
CASES = {
    "makers.csv": tables, "names.csv": tables, "listings.csv": tables, "links.csv": tables, "bodies.csv": tables, "statements.csv": tables,
    "sites.csv": tables, "sites.jsonl": tables, "parties.csv": list_table, "parties.jsonl": list_table, "entities.ftm.json": list_ftm,
    "screening_list.csv": list_us_csl,
}  # fmt: skip


def rows_of(reader: ModuleType, content: bytes, name: str = "file") -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for batch in reader.read((io.BytesIO(content),), Origin("0" * 64, name)):
        kind = kind_of(batch)
        assert batch.schema.equals(SCHEMAS[kind], check_metadata=True)
        found.setdefault(kind, []).extend(batch.to_pylist())
    return found


def slim(rows: dict[str, list[dict[str, Any]]]) -> Any:
    """Without empty cells and the origin's file, which say nothing in an expected file."""
    plain = {kind: [{k: v for k, v in row.items() if v not in ("", None, []) and k not in ("origin_sha256", "origin_file")} for row in many]
             for kind, many in rows.items() if many}  # fmt: skip
    return json.loads(json.dumps(plain, default=str, ensure_ascii=False))


@pytest.mark.parametrize("name", sorted(CASES))
def test_an_example_gives_what_it_must(name: str) -> None:
    expected = EXAMPLES / f"{name}.expected.json"
    found = slim(rows_of(CASES[name], (EXAMPLES / name).read_bytes(), name))
    if not expected.exists():
        expected.write_text(json.dumps(found, indent=1, ensure_ascii=False, sort_keys=True) + "\n", "utf-8")
        pytest.fail(f"{expected.name} was written for the first time: look whether it is right, then run again")
    assert found == json.loads(expected.read_text("utf-8"))


@pytest.mark.parametrize("name", sorted(CASES))
def test_exactly_one_reader_claims_an_example(name: str) -> None:
    head = (EXAMPLES / name).read_bytes()[:65536]
    assert [reader for reader in READERS if reader.sniff(head, name)] == [CASES[name]]


@pytest.mark.parametrize(
    "head",
    [
        b"id,name\n1,Acme\n", b'{"id": "1", "name": "Acme"}\n', b"party,name\n", b"Supplier,Amount,Date\n", b"\x00\x01\x02", b"", b"\xff\xfe\x00",
        b'{"ocid": "ocds-1", "id": "1", "tag": ["award"]}\n', b"[" * 60000, b'{"id": "1", "schema": 3, "properties": {}}\n', b"site_id,region\n",
    ],
)  # fmt: skip
def test_nobody_claims_a_file_of_another_kind(head: bytes) -> None:
    assert not any(reader.sniff(head, "file.csv") for reader in READERS)


@given(st.binary(max_size=300))
def test_sniffing_never_raises(head: bytes) -> None:
    for reader in READERS:
        assert reader.sniff(head, "x") in (True, False)


@example(b"\x00\n\x00")
@example(b"name\nAcme")
@given(st.binary(max_size=300))
def test_reading_rubbish_gives_an_error_of_ours_or_rows(content: bytes) -> None:
    for reader in READERS:
        try:
            rows_of(reader, content)
        except InputError as error:
            assert error.where and error.advice


@pytest.mark.parametrize("name", sorted(CASES))
def test_every_data_line_is_a_record_left_out_or_rejected(name: str) -> None:
    content = (EXAMPLES / name).read_bytes()
    found = rows_of(CASES[name], content, name)
    records = {row["origin_at"] for kind in KINDS for row in found.get(kind, ())}
    lines = [line for line in content.decode().splitlines()[0 if name.endswith("json") or name.endswith("jsonl") else 1 :] if line.strip()]
    out = sum(row["count"] for row in found["LEFT_OUT"] if row["data_row"])
    assert len(records) + out + len(found.get("REJECT", ())) == len(lines)


def test_record_keys_are_unique_and_do_not_depend_on_the_place() -> None:
    content = (EXAMPLES / "sites.csv").read_bytes()
    header, *lines = content.splitlines(keepends=True)
    first = {row["site_id"]: row["record_key"] for row in rows_of(tables, content)["SITE"]}
    turned = {row["site_id"]: row["record_key"] for row in rows_of(tables, header + b"".join(reversed(lines)))["SITE"]}
    assert first == turned and len(set(first.values())) == len(first)


def test_order_of_entities_does_not_matter() -> None:
    header = (EXAMPLES / "entities.ftm.json").read_bytes().splitlines(keepends=True)[:15]
    there, back = (rows_of(list_ftm, b"".join(lines)) for lines in (header, header[::-1]))
    for kind in ("PARTY", "LISTING", "LINK"):
        assert {row["record_key"] for row in there[kind]} == {row["record_key"] for row in back[kind]}


def test_a_small_share_is_no_subsidiary() -> None:
    links = rows_of(list_ftm, (EXAMPLES / "entities.ftm.json").read_bytes())["LINK"]
    assert {(row["subject"], row["object"], row["relation"]) for row in links} == {
        ("hundred-eyes", "argus", "subsidiary"),
        ("argus", "fund", "shareholding"),
    }


def test_people_of_the_screening_list_are_nowhere() -> None:
    text = json.dumps(rows_of(list_us_csl, (EXAMPLES / "screening_list.csv").read_bytes()), default=str)
    assert not any(name in text for name in ("DOE", "Abdul", "WEI CHEN", "1970"))


def test_a_listing_that_does_not_count_names_no_maker() -> None:
    listings = rows_of(tables, (EXAMPLES / "listings.csv").read_bytes())["LISTING"]
    (row,) = [row for row in listings if row["list"] == "US-FCC-COVERED"]
    assert (row["maker_id"], row["party_id"]) == ("", "") and row["note"].startswith("Does not count as a listing of argus")


def test_other_delimiters_and_a_byte_order_mark() -> None:
    for sign in (";", "\t"):
        text = "\ufeff" + sign.join(("Party_ID", "Name")) + "\r\n" + sign.join(("E1", "Argus, Optical")) + "\r\n"
        assert list_table.sniff(text.encode(), "x.csv")
        assert [row["name"] for row in rows_of(list_table, text.encode())["PARTY"]] == ["Argus, Optical"]


def test_errors_say_where_and_what_to_do() -> None:
    with pytest.raises(BrokenInputError, match="not UTF-8") as broken:
        rows_of(list_table, b"party_id,name\nE1,caf\xe9\n")
    assert broken.value.where == "file, line 2"
    with pytest.raises(BrokenInputError, match="empty"):
        rows_of(list_table, b"\n\n")
    with pytest.raises(BrokenInputError, match="none of our tables"):
        rows_of(tables, b"a,b\n1,2\n")
    with pytest.raises(LimitError, match="longer than"):
        rows_of(list_table, b"party_id,name\nE1," + b"x" * (rowstream.LINE_LIMIT + 1))


def test_deep_json_is_refused_not_fatal() -> None:
    deep = b'{"id": "a", "schema": "Company", "properties": ' + b'{"x":' * 5000 + b"1" + b"}" * 5000 + b"}\n"
    assert rows_of(list_ftm, b'{"id": "b", "schema": "Company", "properties": {"name": ["B"]}}\n' + deep)["REJECT"]
    assert rows_of(list_table, b'{"party_id": "1", "name": "B"}\n' + b"[" * 100_000 + b"\n")["REJECT"]


def test_memory_does_not_grow_with_the_file() -> None:
    """Batches come while the file is still being read."""

    class Endless(io.RawIOBase):
        given = 0

        def readline(self, limit: int | None = -1) -> bytes:
            self.given += 1
            return b"party_id,name\n" if self.given == 1 else f"E{self.given},Name {self.given} Ltd\n".encode()

    stream = Endless()
    batches: Iterator[Any] = list_table.read((stream,), Origin("0", "x.csv"))  # type: ignore[arg-type]
    assert [next(batches).num_rows for _ in range(3)] == [rowstream.BATCH] * 3
    assert stream.given <= 3 * rowstream.BATCH + 2


def test_real_followthemoney(shared: Path) -> None:
    folder = shared / "lists" / "raw" / "ftm"
    authored = rows_of(list_ftm, (folder / "authored_sample_entities.ftm.json").read_bytes())
    assert {kind: len(authored.get(kind, ())) for kind in ("PARTY", "LISTING", "LINK", "REJECT")} == {
        "PARTY": 65,
        "LISTING": 90,
        "LINK": 23,
        "REJECT": 0,
    }
    assert all(row["legal_effect"] for row in authored["LISTING"])
    assert sum(bool(row["maker_id"]) for row in authored["PARTY"]) >= 40
    real = rows_of(list_ftm, (folder / "opensanctions_sample_entities.ftm.json").read_bytes())
    assert {kind: len(real.get(kind, ())) for kind in ("PARTY", "LISTING", "LINK", "REJECT")} == {"PARTY": 13, "LISTING": 28, "LINK": 3, "REJECT": 0}
    assert [(row["reason"], row["count"]) for row in real["LEFT_OUT"]] == [("not an organisation: Address", 12)]
    for rows in (authored, real):
        assert [row for row in rows["COLUMN"] if row["use"] == "not understood"] == []


def test_real_screening_list(shared: Path) -> None:
    content = gzip.decompress((shared / "lists/raw/us/csl_consolidated_2023-11_orgs.csv.gz").read_bytes())
    found = rows_of(list_us_csl, content)
    assert len(found["PARTY"]) == len(found["LISTING"]) == 2083 and not found.get("REJECT") and not found["LEFT_OUT"]
    lists = Counter(row["list"] for row in found["LISTING"])
    assert lists["US-OFAC-NS-CMIC"] == 68 and lists["US-BIS-EL"] == 588 and len(lists) == 11
    assert all(row["legal_effect"] for row in found["LISTING"])
    assert len({row["record_key"] for row in found["PARTY"]}) == 2083
    cmic = [row for row in found["LISTING"] if row["list"] == "US-OFAC-NS-CMIC"]
    assert all(row["designated"] and row["effective"] > row["designated"] for row in cmic)
    assert [row["column"] for row in found["COLUMN"] if row["use"] == "not understood"] == []
    assert {row["party_id"] for row in found["LISTING"]} == {row["party_id"] for row in found["PARTY"]}


def test_names_of_real_lists_are_kept(shared: Path) -> None:
    lines = gzip.decompress((shared / "lists/raw/us/bis_entity_list_2026-07_orgs.jsonl.gz").read_bytes()).splitlines()
    names = [json.loads(line)["name"] for line in lines]
    assert len(names) == 2879
    assert [name for name in names if listed_person(name)] == []
    watch = gzip.decompress((shared / "names/watchlist.csv.gz").read_bytes()).replace(b"entity_id,", b"party_id,", 1)
    found = rows_of(list_table, watch)
    out = sum(row["count"] for row in found["LEFT_OUT"])
    assert len(found["PARTY"]) + out == 31_601 and out <= 5 and not found.get("REJECT")
