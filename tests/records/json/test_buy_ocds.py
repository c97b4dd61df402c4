"""OCDS in every form, and what becomes of each release. Firms and bodies are invented; the real files are read at the end."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from json_support import Outcome, lines, package, party, read, release

from custodes.errors import BrokenInputError, LimitError
from custodes.records import buy_ocds, jsoncursor, ocds_text, ocds_waiting
from custodes.records.ocds_columns import batch_of_rows
from custodes.values import REPORTED, key_of

EXAMPLES = Path(__file__).parent / "examples"


def ocds(value: Any, **entry: Any) -> Outcome:
    return read(buy_ocds, value if isinstance(value, bytes | str) else json.dumps(value), **entry)


def one(value: Any, **entry: Any) -> dict[str, Any]:
    found = ocds(value, **entry)
    assert len(found.rows) == 1 and not found.rejects and found.error is None, found
    return found.rows[0]


def without(value: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: member for name, member in value.items() if name not in names}


# ---- forms --------------------------------------------------------------------------------------------------------------------------------------

VERSIONED = {
    "ocid": "ocds-test00-1",
    "buyer": {"name": [{"releaseID": "1", "releaseDate": "2025-01-01T00:00:00Z", "releaseTag": ["award"], "value": "Arden Borough Council"}], "id": "GB-CFS-1001"},
    "tender": {"title": [{"releaseID": "1", "releaseDate": "2024-01-01T00:00:00Z", "releaseTag": ["tender"], "value": "Cameras"},
                         {"releaseID": "2", "releaseDate": "2025-01-01T00:00:00Z", "releaseTag": ["award"], "value": "CCTV"}],
               "description": [{"releaseID": "1", "releaseDate": "2024-01-01T00:00:00Z", "releaseTag": ["tender"], "value": "Replacement of cameras"}],
               "classification": {"scheme": [{"releaseID": "1", "releaseDate": "2024-01-01T00:00:00Z", "releaseTag": ["tender"], "value": "CPV"}],
                                  "id": [{"releaseID": "1", "releaseDate": "2024-01-01T00:00:00Z", "releaseTag": ["tender"], "value": "32323500"}]}},
    "awards": [{"id": "a-1", "date": [{"releaseID": "2", "releaseDate": "2025-01-01T00:00:00Z", "releaseTag": ["award"], "value": "2025-03-10T00:00:00Z"}],
                "value": {"amount": [{"releaseID": "1", "releaseDate": "2024-01-01T00:00:00Z", "releaseTag": ["award"], "value": 99},
                                     {"releaseID": "2", "releaseDate": "2025-01-01T00:00:00Z", "releaseTag": ["award"], "value": 1250.5}],
                          "currency": [{"releaseID": "1", "releaseDate": "2024-01-01T00:00:00Z", "releaseTag": ["award"], "value": "GBP"}]},
                "suppliers": [{"releaseID": "2", "releaseDate": "2025-01-01T00:00:00Z", "releaseTag": ["award"],
                               "value": [{"id": "GB-CFS-2002", "name": "Example Cameras Ltd"}]}]}],
}  # fmt: skip
STEPS = [
    {**without(release(), "awards"), "id": "s1", "date": "2024-01-01T00:00:00Z", "tag": ["tender"], "tender": {"id": "t", "title": "Cameras"}},
    {**release(), "tender": {"id": "t", "title": "CCTV", "description": "Replacement of cameras",
                             "classification": {"scheme": "CPV", "id": "32323500"}}},
]  # fmt: skip
FORMS: dict[str, Any] = {
    "package": package(release()),
    "package, pretty": json.dumps(package(release()), indent=2),
    "packages, one a line": lines(package(release()), package()),
    "lines": lines(release(), release()),
    "lines of records": lines({"ocid": "ocds-test00-1", "releases": [release()]}, {"ocid": "ocds-test00-1", "releases": [release()]}),
    "array": [release()],
    "array of packages": [package(release()), package()],
    "bare release": release(),
    "bare record": {"ocid": "ocds-test00-1", "compiledRelease": release()},
    "page with the address of the next": package(release(), links={"next": "https://example.org/2"}),
    "record package, compiled": {"packages": [], "records": [{"ocid": "ocds-test00-1", "releases": [{"url": "u", "date": "d"}], "compiledRelease": release()}]},
    "record package, embedded": {"packages": [], "records": [{"ocid": "ocds-test00-1", "releases": [release()]}]},
    "record package, embedded steps": {"packages": [], "records": [{"ocid": "ocds-test00-1", "releases": STEPS}]},
    "record package, versioned": {"packages": [], "records": [{"ocid": "ocds-test00-1", "releases": [{"url": "u"}], "versionedRelease": VERSIONED}]},
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_row(form: str) -> None:
    data = FORMS[form]
    text = data if isinstance(data, str) else json.dumps(data)
    assert buy_ocds.sniff(text.encode()[:65_536], "x.json")
    found = ocds(text)
    assert found.error is None and not found.rejects
    [row] = found.rows
    assert row["record_key"] == one(release())["record_key"]
    shown = {k: row[k] for k in ("body", "body_from", "buyer_id", "supplier", "supplier_id", "description", "codes", "amount", "currency", "date", "ocid", "transaction")}
    assert shown == {
        "body": "Arden Borough Council", "body_from": "column", "buyer_id": "GB-CFS:1001", "supplier": "Example Cameras Ltd", "supplier_id": "GB-CFS:2002",
        "description": "CCTV | Replacement of cameras", "codes": ["CPV:32323500"], "amount": Decimal("1250.5000"), "currency": "GBP",
        "date": "2025-03-10", "ocid": "ocds-test00-1", "transaction": "a-1",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("data", "at"),
    [
        (package(release(7), release(1)), "/releases/1/awards/0"),
        (lines(release(7), release(1)), "line 2 /awards/0"),
        ([release(7), release(1)], "/1/awards/0"),
        (release(1), "/awards/0"),
        (lines(release(1)), "line 1 /awards/0"),
        (lines(package(release(1))), "/releases/0/awards/0"),
        (lines(package(release(7)), package(release(6), release(1))), "line 2 /releases/1/awards/0"),
        ({"records": [{"ocid": "o", "compiledRelease": release(1)}]}, "/records/0/compiledRelease/awards/0"),
        (json.dumps(package(), indent=1) + json.dumps(package(release(1)), indent=1), "document 2 /releases/0/awards/0"),
    ],
)
def test_a_row_says_where_it_stands(data: Any, at: str) -> None:
    assert next(row for row in ocds(data).rows if row["ocid"] == "ocds-test00-1")["origin_at"] == at


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "iso-8859-1", "utf-8-sig"])
def test_any_encoding(encoding: str) -> None:
    data = json.dumps(package(release(buyer={"id": "1", "name": "Ayuntamiento de Coruña"})), ensure_ascii=False).encode(encoding)
    assert buy_ocds.sniff(data[:65_536], "x.json") and one(data)["buyer"] == "Ayuntamiento de Coruña"


def test_one_element_in_another_encoding_than_the_file() -> None:
    text = lines(release(1), release(2), release(3)).encode().replace(b'"ocds-test00-2"', '"ocds-ñ"'.encode("cp1252"))
    found = ocds(b" " * 70_000 + text)
    assert [row["ocid"] for row in found.rows] == ["ocds-test00-1", "ocds-ñ", "ocds-test00-3"]


# ---- OCDS 1.0 and what publishers break -------------------------------------------------------------------------------------------------------------


def test_ocds_1_0_organisations_in_place() -> None:
    buyer = {"identifier": {"id": "GDF9712054NA"}, "name": "Secretaría de Ejemplo", "address": {"locality": "X"}, "contactPoint": {"name": "never read"}}
    supplier = {"identifier": {"scheme": "MX-RFC", "id": "EXA010101AA1"}, "name": "EJEMPLO SA DE CV"}
    row = one({"ocid": "o", "date": "2016-01-07", "buyer": buyer, "tender": {"title": "T"}, "awards": [{"id": 1, "suppliers": [supplier]}]})
    assert (row["buyer_id"], row["supplier"], row["supplier_ids"], row["transaction"]) == ("GDF9712054NA", "EJEMPLO SA DE CV", ["MX-RFC:EXA010101AA1"], "1")


@pytest.mark.parametrize(
    ("amount", "wanted"),
    [(5, "5"), (0, "0"), (-3.25, "-3.25"), ("1,234.50", "1234.5"), ("£ 99", "99"), ({"$numberLong": "15890000000"}, "15890000000"), (None, None), ("n/a", None),
     ("", None), (4345585999.01, "4345585999.01"), (0.1, "0.1"), (123456789012.34, "123456789012.34")],
)  # fmt: skip
def test_amounts_as_they_are_published(amount: Any, wanted: str | None) -> None:
    row = one(release(awards=[{"id": "a", "value": {"amount": amount, "currency": "gbp "}, "suppliers": []}]))
    assert row["amount"] == (None if wanted is None else Decimal(wanted)) and row["currency"] == "GBP"


@pytest.mark.parametrize("amount", ["about five", "1.234,50", 1e25, [1, 2, "x"]])
def test_an_amount_that_cannot_be_read_is_rejected_with_its_place(amount: Any) -> None:
    found = ocds(package(release(), release(2, awards=[{"id": "a", "value": {"amount": amount}}])))
    assert [(r["origin_at"], r["column"]) for r in found.rejects] == [("/releases/1/awards/0", "value/amount")] and len(found.rows) == 1


def test_broken_types_are_mended() -> None:
    broken = release(
        id=7, buyer=[{"id": 1001, "name": {"en": "Arden Borough Council", "cy": "Cyngor Arden"}}], tag="award",
        tender={"title": ["CCTV", "part 2"], "items": {"description": "dome cameras", "classification": {"scheme": "CPV", "id": 32323500}}, "tenderers": {"name": "x"}},
        awards={"id": 5, "date": "2025-03-10", "value": {"amount": "12", "currency": None}, "suppliers": {"id": 1, "name": "Example Cameras Ltd"}, "items": None},
        contracts=None,
    )  # fmt: skip
    row = one(broken)
    assert (row["buyer"], row["description"], row["codes"], row["transaction"]) == (
        "Arden Borough Council | Cyngor Arden", "CCTV | part 2 | dome cameras", ["CPV:32323500"], "5")  # fmt: skip


def test_texts_are_cleaned_but_nothing_is_lost() -> None:
    tender = {"title": "Fire &amp; Security", "description": "CCTV\r\n\r\n  at   St John&#039;s&nbsp;Centre rnrn end", "items": [{"description": "CCTV"}, {"description": "NVR"}]}
    row = one(release(tender=tender, awards=[{"id": "a", "title": "Fire &amp;amp; Security", "description": "Lot 1", "suppliers": [{"name": "A &amp; B Ltd"}]}]))
    assert row["description"] == "Fire & Security | CCTV at St John's Centre rnrn end | Lot 1 | CCTV | NVR" and row["supplier"] == "A & B Ltd"


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(), lambda v: st.lists(v, max_size=3) | st.dictionaries(
    st.sampled_from(["ocid", "id", "name", "title", "value", "amount", "suppliers", "items", "buyer", "identifier", "releases", "awards", "tender"]), v, max_size=4)))  # fmt: skip
@settings(deadline=None, max_examples=150)
def test_no_value_of_any_member_brings_the_reader_down(value: Any) -> None:
    for name in ("ocid", "date", "tag", "buyer", "parties", "tender", "awards", "contracts", "releases", "compiledRelease", "versionedRelease", "planning"):
        found = ocds({**release(), name: value})
        assert found.error is None or isinstance(found.error, BrokenInputError)


# ---- awards, suppliers, contracts ---------------------------------------------------------------------------------------------------------------


def test_several_suppliers_share_one_amount() -> None:
    suppliers = [{"id": "GB-CFS-1", "name": "One Ltd"}, {"id": "GB-CFS-2", "name": "Two Ltd"}, {"id": "GB-CFS-2", "name": "Two Ltd"}]
    rows = ocds(release(awards=[{"id": "a", "value": {"amount": 90, "currency": "GBP"}, "suppliers": suppliers}])).rows
    assert [(row["supplier"], row["amount"]) for row in rows] == [("One Ltd", Decimal(90)), ("Two Ltd", None), ("Two Ltd", None)]
    assert len({row["record_key"] for row in rows}) == 3


def test_a_natural_person_is_left_out_and_the_amount_goes_to_the_next() -> None:
    suppliers = [{"id": "GB-CFS-1", "name": "Mr John Smith"}, {"id": "p2", "name": "Quiet Cameras"}, {"id": "p3", "name": "Fine"}, {"id": "GB-CFS-2", "name": "Two Ltd"}]
    parties = [party("Quiet Cameras", "p2", "supplier", details={"scale": "individual"}), party("Fine", "p3", "supplier", identifier={"scheme": "PE-DNI", "id": "4"})]
    found = ocds(release(parties=parties, awards=[{"id": "a", "value": {"amount": 90}, "suppliers": suppliers}]))
    assert [(row["supplier"], row["amount"]) for row in found.rows] == [("Two Ltd", Decimal(90))]
    assert found.left_out == {"natural person": 3} and found.read == 4


def test_identifiers_of_a_supplier() -> None:
    coh = {"scheme": "GB-COH", "id": "158718"}
    parties = [party("Example Cameras Ltd", "GB-COH-158718", "supplier", identifier=coh, additionalIdentifiers=[{"scheme": "GB-VAT", "id": "9"}])]
    row = one(release(parties=parties, awards=[{"id": "a", "suppliers": [{"id": "GB-COH-158718", "name": "Example Cameras Ltd"}]}]))
    assert row["supplier_id"] == "GB-COH:00158718" and row["supplier_ids"] == ["GB-COH:00158718", "GB-COH:158718", "GB-VAT:9"]


@pytest.mark.parametrize(("published", "wanted"), [("4103211", "04103211"), ("SC12345", "SC012345"), ("sc012345", "SC012345"), ("00158718", "00158718"), ("IP12345R", "IP12345R")])
def test_company_numbers(published: str, wanted: str) -> None:
    row = one(release(awards=[{"id": "a", "suppliers": [{"name": "X Ltd", "identifier": {"scheme": "GB-COH", "id": published}}]}]))
    assert row["supplier_id"] == f"GB-COH:{wanted}" and f"GB-COH:{published}" in row["supplier_ids"]


def test_a_local_party_id_is_no_identifier_and_does_not_join_a_stranger() -> None:
    parties = [party("Arden Borough Council", "1", "buyer", identifier={"scheme": "X", "id": "77"}), party("Example Cameras Ltd", "1", "supplier")]
    row = one(release(parties=parties, awards=[{"id": "a", "suppliers": [{"id": 1, "name": "Example Cameras Ltd"}]}]))
    assert row["supplier"] == "Example Cameras Ltd" and row["supplier_ids"] == []


def test_suppliers_from_the_roles_when_the_only_award_names_none() -> None:
    assert one(release(awards=[{"id": "a"}]))["supplier"] == "Example Cameras Ltd"
    assert {row["supplier"] for row in ocds(release(awards=[{"id": "a"}, {"id": "b"}])).rows} == {""}


def test_a_contract_gives_the_date_and_the_missing_amount() -> None:
    contract = {"id": 9, "awardID": "a-1", "dateSigned": "2025-04-02T00:00:00Z", "value": {"amount": 2000, "currency": "EUR"}, "description": "signed text"}
    row = one(release(contracts=[contract]))
    assert (row["date"], row["date_kind"], row["contract_date"], row["amount"], row["amount_kind"]) == (
        "2025-04-02", "contract signed", "2025-04-02", Decimal("1250.5"), "award")  # fmt: skip
    assert "signed text" in row["description"]
    row = one(release(awards=[without(release()["awards"][0], "value")], contracts=[contract, {**contract, "id": 10, "value": {"amount": 1.5, "currency": "EUR"}}]))
    assert (row["amount"], row["currency"], row["amount_kind"]) == (Decimal("2001.5"), "EUR", "contract")


def test_a_contract_without_its_award_is_a_row_of_its_own() -> None:
    contract = {"id": "c", "awardID": "elsewhere", "title": "Cameras", "dateSigned": "2025-04-02", "value": {"amount": 2000}, "suppliers": [{"name": "11 DE SETIEMBRE SRL"}]}
    row = one({"ocid": "o", "tag": ["contract"], "contracts": [contract]}, currency="PYG")
    assert (row["supplier"], row["transaction"], row["amount_kind"], row["currency"], row["origin_at"]) == (
        "11 DE SETIEMBRE SRL", "elsewhere", "contract", "PYG", "/contracts/0")  # fmt: skip
    assert {row["transaction"] for row in ocds(release(contracts=[contract])).rows} == {"a-1", "elsewhere"}


def test_items_and_lots_of_the_award_are_its_own() -> None:
    tender = {"title": "T", "lots": [{"id": "1", "title": "Printers"}, {"id": "2", "title": "Cameras"}],
              "items": [{"relatedLot": "1", "classification": {"scheme": "CPV", "id": "30232110-8"}},
                        {"relatedLot": "2", "classification": {"scheme": "CPV", "id": "35125300-2"}, "additionalClassifications": [{"scheme": "UNSPSC", "id": "46171610"}]}]}  # fmt: skip
    row = one(release(tender=tender, awards=[{"id": "a", "relatedLots": ["2"], "suppliers": []}]))
    assert row["codes"] == ["CPV:35125300", "UNSPSC:46171610"] and "Printers" not in row["description"] and "Cameras" in row["description"]


@pytest.mark.parametrize(
    ("code", "wanted"),
    [({"scheme": "CPV", "id": "32323500-8"}, "CPV:32323500"), ({"scheme": "cpv", "id": "32323500"}, "CPV:32323500"), ({"scheme": "UNSPSC", "id": "4617162201"}, "UNSPSC:46171622"),
     ({"scheme": "x_catalogoNivel5DNCP", "id": "42201810-001"}, "UNSPSC:42201810"), ({"scheme": "CPVS", "id": "AA01-1"}, "CPVS:AA01-1"), ({"id": "42"}, "42")],
)  # fmt: skip
def test_codes(code: dict[str, Any], wanted: str) -> None:
    assert one(release(tender={"title": "T", "items": [{"classification": code}]}))["codes"] == [wanted]


# ---- frameworks, tenders, what is left out ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tender", "kind"),
    [({"title": "CCTV"}, "award"), ({"title": "Framework for CCTV"}, "framework ceiling"), ({"title": "CCTV", "techniques": {"hasFrameworkAgreement": True}}, "framework ceiling"),
     ({"title": "CCTV framework", "procurementMethodDetails": "Call-off from a framework agreement"}, "award"), ({"title": "CCTV via CCS framework RM1"}, "award"),
     ({"title": "CCTV", "maxValue": {"amount": 1}}, "framework ceiling"), ({"title": "Dynamic Purchasing System for security"}, "framework ceiling"),
     ({"title": "Quality framework evaluation"}, "award"), ({"title": "CCTV", "techniques": {"hasFrameworkAgreement": False}}, "award")],
)  # fmt: skip
def test_a_framework_ceiling_is_never_called_an_award(tender: dict[str, Any], kind: str) -> None:
    assert one(release(tender=tender))["amount_kind"] == kind


def test_a_tender_without_award_is_a_row_without_supplier() -> None:
    row = one({**without(release(), "awards"), "tag": ["tender"], "tender": {"title": "Cameras with face recognition", "value": {"amount": 7, "currency": "GBP"}, "status": "active"}})
    assert (row["supplier"], row["amount_kind"], row["amount"], row["date"], row["date_kind"], row["origin_at"]) == ("", "tender", Decimal(7), "2025-03-11", "release", "/tender")


@pytest.mark.parametrize(
    ("more", "reason"),
    [({"tag": ["planning"]}, "planning: nothing is bought yet"), ({"tender": None, "planning": {"rationale": "x"}}, "planning: nothing is bought yet"),
     ({"tender": {"status": "cancelled"}}, "the tender was cancelled"), ({"tender": {"status": "withdrawn"}}, "the tender was withdrawn"),
     ({"tag": ["tenderCancellation"]}, "the tender was cancelled"), ({"tender": None}, "a release without tender, award or contract"),
     ({"awards": [{"id": "a", "status": "unsuccessful"}]}, "the award was unsuccessful"), ({"awards": [{"id": "a", "status": "cancelled"}]}, "the award was cancelled"),
     ({"tender": None, "contracts": [{"id": "c", "status": "cancelled"}]}, "the contract was cancelled")],
)  # fmt: skip
def test_what_is_left_out_is_counted(more: dict[str, Any], reason: str) -> None:
    found = ocds(package({**without(release(), "awards"), **more}))
    assert found.left_out == {reason: 1} and found.read == 1


def test_linked_records_and_releases_are_rejected_one_by_one() -> None:
    linked = {"packages": ["u"], "records": [{"ocid": f"o{n}", "releases": [{"url": f"https://example.org/{n}", "date": "2025-01-01", "tag": ["award"]}]} for n in range(3)]}
    found = ocds(linked)
    assert [r["origin_at"] for r in found.rejects] == ["/records/0", "/records/1", "/records/2"] and "gather" in found.rejects[0]["reason"] and not found.rows
    assert "gather" in ocds(package({"url": "https://example.org/1"})).rejects[0]["reason"]


# ---- several releases of one process ------------------------------------------------------------------------------------------------------------


def dated(date: str, **more: Any) -> dict[str, Any]:
    return release(1, **{"id": date, "date": date, **more})


@pytest.mark.parametrize("order", [0, 1])
def test_the_newest_release_wins_in_any_order(order: int) -> None:
    old, new = dated("2025-01-01T23:30:00+02:00"), dated("2025-01-01T22:00:00Z", awards=[{"id": "a-1", "value": {"amount": 2}, "suppliers": [{"name": "New Ltd"}]}])
    found = ocds(lines(*([old, new] if order else [new, old])))
    assert [row["supplier"] for row in found.rows] == ["New Ltd"] and found.left_out == {"superseded by a later release of the same process": 1}


def test_a_tender_gives_way_to_its_award_and_a_cancelled_award_takes_the_row_back() -> None:
    tender = {**without(dated("2025-01-01"), "awards"), "tag": ["tender"]}
    found = ocds(package(tender, dated("2025-02-01")))
    assert [row["amount_kind"] for row in found.rows] == ["award"] and found.left_out == {"a tender whose award or contract is in the same file": 1}
    found = ocds(package(dated("2025-02-01"), dated("2025-03-01", awards=[{"id": "a-1", "status": "cancelled"}])))
    assert not found.rows and found.left_out == {"superseded by a later release of the same process": 1, "the award was cancelled": 1}


def test_releases_of_one_process_about_different_awards_all_stay() -> None:
    found = ocds(package(dated("2025-01-01"), dated("2025-02-01", awards=[{"id": "a-2", "suppliers": [{"name": "Two Ltd"}]}])))
    assert len(found.rows) == 2 and not found.left_out


@settings(deadline=None, max_examples=40)
@given(st.permutations(range(6)))
def test_any_order_of_releases_gives_the_same_rows(order: list[int]) -> None:
    releases = [dated("2025-01-01"), dated("2025-02-01"), dated("2025-03-01", awards=[{"id": "x", "suppliers": []}]), release(2), release(3), release(2, date="2026-01-01")]
    found = ocds(package(*(releases[n] for n in order)))
    assert {(row["record_key"], row["date"], row["supplier"]) for row in found.rows} == {
        (row["record_key"], row["date"], row["supplier"]) for row in ocds(package(*releases)).rows
    }
    assert found.read == 6


def test_releases_without_ocid_are_never_taken_for_one_process_and_equal_ids_get_numbers() -> None:
    nameless = [{**without(release(n), "ocid"), "tender": {"title": f"T{n}"}} for n in range(3)]
    assert len({row["record_key"] for row in ocds(package(*nameless)).rows}) == 3
    twice = [{"id": "a", "suppliers": [{"id": "GB-CFS-1", "name": "X Ltd"}]}] * 2 + [{"suppliers": []}, {"suppliers": []}]
    assert len({row["record_key"] for row in ocds(release(awards=twice)).rows}) == 4


def test_a_cancelled_tender_takes_back_the_tender_but_not_an_award_without_id() -> None:
    tender = {**without(dated("2025-01-01"), "awards"), "tag": ["tender"]}
    gone = {**tender, "date": "2025-06-01", "tag": ["tenderCancellation"]}
    assert not ocds(package(tender, gone)).rows
    assert len(ocds(package(dated("2025-01-01", awards=[{"suppliers": []}]), gone)).rows) == 1


@pytest.mark.parametrize("held", [0, 6_000])
def test_rows_that_wait_on_disk_are_the_same(monkeypatch: pytest.MonkeyPatch, held: int) -> None:
    data = lines(*(release(n, date=f"2025-01-{1 + n % 9:02}") for n in [*range(60), *range(30)]))
    wanted = ocds(data)
    written = []
    monkeypatch.setattr(ocds_waiting, "HELD", held)
    monkeypatch.setattr(buy_ocds, "BATCH", 7)
    monkeypatch.setattr(jsoncursor, "BLOCK", 4_000)
    monkeypatch.setattr(pa.ipc, "new_stream", lambda *args, new=pa.ipc.new_stream, **options: written.append(args) or new(*args, **options))
    found = ocds(data)
    assert found.rows == wanted.rows and len(wanted.rows) == 60 and found.left_out == wanted.left_out and len(written) == 1


def test_a_columns_keys_are_those_of_key_of() -> None:
    parts = [("ocds", "ocds-1", "a-1", "GB-COH-1"), ("ocds", "Straße \U0001f4f7", "", "\ud800")]
    own = [("\x1f".join(part), "Firm", ("GB-COH:1",), 1.0) for part in parts]
    shared = ("Buyer", "", "text", ["CPV:1"], "GBP", "award", "", "", "", "ocds-1", "a-1", "line 1", "", 1)
    batch = batch_of_rows(own, [shared, (*shared[:3], [], *shared[4:])])
    batch.validate(full=True)
    assert batch.column("record_key").to_pylist() == [key_of(*part) for part in parts]
    assert batch.column("codes").to_pylist() == [["CPV:1"], []] and batch.column("supplier_id").to_pylist() == ["GB-COH:1"] * 2


@given(st.sampled_from(["Ltd", "limited", "P.L.C.", "plc.", "S.A.S.", "s.r.l", "B.V.", "Council", "COUNCIL.", "gmbh", "Rd", "", "Altd"]), st.text(max_size=12))
def test_a_look_at_the_end_of_a_name_finds_its_legal_form(form: str, name: str) -> None:
    for whole in (f"{name} {form}", f"{name}{form}", f"{form} {name}", f"{name} {form}\n"):
        near = ocds_text._COMPANY_END.search(whole, max(0, len(whole) - 9))
        assert bool(near) == bool(ocds_text._COMPANY_END.search(whole))


@given(st.lists(st.one_of(st.none(), st.text(alphabet="aB \n\t\r\xa0\u3000&;|amplt", max_size=12)), max_size=5))
def test_texts_joined_at_once_are_clean_texts_joined(parts: list[str | None]) -> None:
    assert ocds_text.joined_clean(parts) == ocds_text.joined([ocds_text.clean(text) for text in dict.fromkeys(parts) if text])


# ---- accounting -------------------------------------------------------------------------------------------------------------------------------------


def test_every_element_is_used_ignored_by_name_or_reported() -> None:
    strange = release(plataforma="TVEC", parties=[party("A", "1", "buyer", contactPoint={"email": "x@example.org"}, address={"locality": "X"})])
    columns = ocds(package(strange, extensions=["e"], links={"next": "u"})).columns
    assert columns["releases/tender/title"] == "description" and columns["releases/plataforma"] == REPORTED
    assert columns["releases/parties/contactPoint"] == "ignored: personal data is never read" and not any("email" in name for name in columns)
    assert columns["links/next"].startswith("ignored") and columns["extensions"].startswith("ignored") and columns["releases/awards/value/amount"] == "amount"


def test_no_personal_data_gets_into_a_row() -> None:
    secret = {"name": "Jane Secret", "email": "jane@example.org"}
    text = repr(ocds(release(parties=[party("A Ltd", "1", "supplier", contactPoint=secret, persones=[secret])], buyer={"name": "B", "contactPoint": secret})))
    assert "Jane" not in text and "jane" not in text


def test_the_body_comes_from_entry_then_buyer_then_folder() -> None:
    nameless = without(release(parties=[]), "buyer")
    assert [one(release(), body="Mine", folder_body="F")[k] for k in ("body", "body_from")] == ["Mine", "entry"]
    assert [one(release(), folder_body="F")[k] for k in ("body", "body_from")] == ["Arden Borough Council", "column"]
    assert [one(nameless, folder_body="F")[k] for k in ("body", "body_from")] == ["F", "folder"]
    assert [one(nameless)[k] for k in ("body", "body_from")] == ["", ""]


def test_keys_do_not_depend_on_file_line_or_amount() -> None:
    first = one(release())["record_key"]
    later = ocds(lines(release(5), release(1, date="2026-01-01", awards=[{**release()["awards"][0], "value": {"amount": 1}}]))).rows[1]
    assert later["record_key"] == first


# ---- hostile files ----------------------------------------------------------------------------------------------------------------------------------


def test_a_truncated_package_keeps_its_rows_and_says_where() -> None:
    for many in (20, 3000):
        data = json.dumps(package(*(release(n) for n in range(many)))).encode()
        found = ocds(data[: len(data) // 2])
        assert isinstance(found.error, BrokenInputError) and "byte" in found.error.where and len(found.rows) > many // 2 - 3, many


def test_a_broken_line_is_rejected_with_its_number() -> None:
    found = ocds(lines(release(1)) + '{"ocid": \n' + lines(release(2)))
    assert len(found.rows) == 2 and [r["origin_at"] for r in found.rejects] == ["line 2"]


@pytest.mark.parametrize("data", [b'{"releases":[{"ocid":"o","tender":' + b"[" * 100_000, b"\x00\xff" * 5000, b'{"ocid":1,"records":[' + b'{"releases":[' * 3000])
def test_deep_or_binary_files_are_errors_of_ours(data: bytes) -> None:
    assert isinstance(ocds(data).error, LimitError | BrokenInputError)


def test_packages_within_packages_without_end_are_refused() -> None:
    nested: Any = release()
    for _ in range(150):
        nested = {"releases": [nested]}
    found = ocds(nested)
    assert found.error or found.rows or found.rejects


# ---- sniffing ---------------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ['{"schema":"Company","id":"x","properties":{"name":["A"],"ocid":["o"]}}\n', '{"body":"B","state":"present","about":"x","asked":"","answered":""}\n', "ocid,releases,tender\n",
     '{"results":[{"Award ID":"1","Recipient Name":"X","generated_internal_id":"2"}]}', '{"releases":["v1","v2"]}', '{"records":[{"a":1}]}', '[1,2]', "", "{", '{"name":"ocid"}',
     '{"id":"1","title":"t","organisation":"o","awarded_supplier":"s","notice_type":"Contract"}'],
)  # fmt: skip
def test_nothing_else_is_claimed(text: str) -> None:
    assert not buy_ocds.sniff(text.encode(), "x.json")


def test_sniffing_never_raises_on_any_head() -> None:
    for head in (b"{" * 65_536, b'{"ocid":' * 8000, bytes(range(256)) * 256, b"\xff\xfe{\x00", b'{"releases":[' + b"[" * 60_000):
        assert buy_ocds.sniff(head, "x") in (True, False)


# ---- examples and the real files --------------------------------------------------------------------------------------------------------------------

REAL = {
    "co_colombia_compra_2020-11_2021-03_page1.release-package.json.gz": (93, 4, 0),
    "mx_cdmx_2015_versioned.record-package.json.gz": (2, 0, 0),
    "mx_cdmx_2016_iso-8859-1.release-package.json.gz": (1, 2, 0),
    "mx_sfp_compranet.record-package.json.gz": (3, 0, 0),
    "py_dncp_246807.release-package.json.gz": (1, 0, 0),
    "uk_contracts_finder_2025-01-20_page1.release-package.json.gz": (103, 9, 0),
    "uk_contracts_finder_2025-03.releases.jsonl.gz": (201, 6, 0),
    "uk_sell2wales_2025.releases.jsonl.gz": (90, 0, 0),
}


def units(value: dict[str, Any]) -> int:
    """What one release counts for, counted without the reader: award x supplier, else contract x supplier, else one."""
    sections = value.get("awards") or value.get("contracts") or [{}]
    return sum(max(1, len(section.get("suppliers") or [])) for section in sections)


@pytest.mark.parametrize("name", REAL)
def test_the_real_files(shared: Path, name: str) -> None:
    data = gzip.decompress((shared / "awards" / "ocds" / name).read_bytes())
    found = ocds(data)
    assert buy_ocds.sniff(data[:65_536], name) and found.error is None
    assert (len(found.rows), sum(found.left_out.values()), len(found.rejects)) == REAL[name]
    assert len({row["record_key"] for row in found.rows}) == len(found.rows)
    assert all(row["date"] and row["description"] and row["ocid"] for row in found.rows)
    if "lines" in name or name.endswith(".jsonl.gz"):
        assert found.read == sum(units(json.loads(line)) for line in data.splitlines())
    elif name.startswith(("uk_", "co_")):
        assert found.read == sum(units(value) for value in json.loads(data)["releases"])


def test_the_amounts_of_a_real_page_add_up(shared: Path) -> None:
    data = gzip.decompress((shared / "awards" / "ocds" / "uk_contracts_finder_2025-03.releases.jsonl.gz").read_bytes())
    newest: dict[str, tuple[str, Any]] = {}
    for line in data.splitlines():
        value = json.loads(line, parse_float=Decimal, parse_int=Decimal)
        for award in value.get("awards") or []:
            newest[award["id"]] = max(newest.get(award["id"], ("", 0)), (value["date"], (award.get("value") or {}).get("amount") or 0))
    assert sum(row["amount"] or 0 for row in ocds(data).rows if row["supplier"] or row["amount_kind"] != "tender") == sum(amount for _, amount in newest.values())


def test_what_the_real_files_are_known_for(shared: Path) -> None:
    data = gzip.decompress((shared / "awards" / "ocds" / "uk_contracts_finder_2025-03.releases.jsonl.gz").read_bytes())
    rows = ocds(data).rows
    assert any("Body Worn Video" in row["description"] and row["amount_kind"] == "award" and "Driver" in row["body"] for row in rows)
    assert all(code.split(":")[1].isdigit() and len(code) == 12 for row in rows for code in row["codes"])
    assert any(row["supplier_id"].startswith("GB-COH:0") for row in rows)
    wales = ocds(gzip.decompress((shared / "awards" / "ocds" / "uk_sell2wales_2025.releases.jsonl.gz").read_bytes())).rows
    assert any("ANPR" in row["description"] for row in wales) and {row["amount_kind"] for row in wales} == {"tender"}
