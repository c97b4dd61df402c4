"""One list in two forms says the same: the lists of the Treasury, of the UK and of the EU, written in the other form from real or built files and read again."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, SubElement, fromstring, tostring

import pytest

from custodes.pipeline.listing_snapshot import read as snapshot
from custodes.records import list_eu_fsf, list_eu_fsf_csv, list_ofac, list_ofac_xml, list_uk, list_uk_xml
from custodes.records.list_tree import at, text
from custodes.values import Origin, kind_of

EXAMPLES = Path(__file__).parent / "lists" / "examples"
SAID = {
    "PARTY": ("party_id", "name", "names", "country", "identifiers", "source"),
    "LISTING": ("party_id", "list", "listed_name", "legal_effect", "ground", "designated", "effective", "published", "ended", "citation"),
}


def said(reader: Any, *contents: bytes, name: str = "file", without: tuple[str, ...] = ()) -> dict[str, list[dict[str, Any]]]:
    """What the records say, without their places and keys."""
    found: dict[str, list[dict[str, Any]]] = {"PARTY": [], "LISTING": []}
    for batch in reader.read([io.BytesIO(content) for content in contents], Origin("0" * 64, name)):
        if kind_of(batch) in found:
            found[kind_of(batch)] += [{column: row[column] for column in SAID[kind_of(batch)] if column not in without} for row in batch.to_pylist()]
        else:
            assert kind_of(batch) != "REJECT", batch.to_pylist()[:3]
    return {kind: sorted(rows, key=str) for kind, rows in found.items()}


def ofac_xml(prim: bytes, alt: bytes, add: bytes) -> bytes:
    """The trio as the plain XML: remarks as they are, a.k.a. lists and addresses beside them."""
    def rows(content: bytes, columns: tuple[str, ...]) -> list[dict[str, str]]:
        found = [[cell.strip().replace("\x1a", "") for cell in cells] for cells in csv.reader(io.StringIO(content.decode("cp1252")))]
        return [dict(zip(columns, ["" if cell == "-0-" else cell for cell in cells], strict=True)) for cells in found if len(cells) == len(columns)]

    root = Element("sdnList", xmlns="https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports/XML")
    entries: dict[str, Element] = {}
    for row in rows(prim, list_ofac._PRIM):
        entries[row["ent_num"]] = node = SubElement(root, "sdnEntry")
        for name, value in (("uid", row["ent_num"]), ("lastName", row["SDN_Name"]), ("sdnType", row["SDN_Type"].title() or "Entity"), ("remarks", row["Remarks"])):
            SubElement(node, name).text = value
        programmes = SubElement(node, "programList")
        for programme in filter(None, row["Program"].split("] [")):
            SubElement(programmes, "program").text = programme.strip(" []")
        SubElement(node, "akaList")
        SubElement(node, "addressList")
    for row in rows(alt, list_ofac._ALT):
        aka = SubElement(entries[row["ent_num"]].find("akaList"), "aka")  # type: ignore[arg-type]
        for name, value in (("type", {"aka": "a.k.a.", "fka": "f.k.a.", "nka": "n.k.a."}[row["alt_type"]]), ("category", "strong"), ("lastName", row["alt_name"])):
            SubElement(aka, name).text = value
    for row in rows(add, list_ofac._ADD):
        SubElement(SubElement(entries[row["ent_num"]].find("addressList"), "address"), "country").text = row["Country"]  # type: ignore[arg-type]
    return tostring(root, "utf-8")


@pytest.mark.parametrize("stem", ["ofac_sdn_2021-07", "ofac_cons_2025-12"])
def test_the_treasurys_real_lists_say_the_same_as_xml(shared: Path, stem: str) -> None:
    trio = [gzip.decompress((shared / "lists" / "raw" / "us" / f"{stem}_{part}_orgs.csv.gz").read_bytes()) for part in ("prim", "alt", "add")]
    name = "consolidated.xml" if "cons" in stem else "sdn.xml"
    found = said(list_ofac_xml, ofac_xml(*trio), name=name)
    assert found == said(list_ofac, *trio, name=f"{stem}_prim_orgs.csv")
    assert len(found["PARTY"]) > 300


def test_numbers_and_dates_of_a_listing_stand_in_the_xmls_list_of_ids() -> None:
    ids = [("Listing Date (CMIC):", "03 Jun 2021"), ("Effective Date (CMIC)", "02 Aug 2021"), ("Unified Social Credit Code (USCC)", "91330000143012519C"), ("ISIN", "CNE100000PM8")]
    parts = "".join(f"<id><idType>{kind}</idType><idNumber>{number}</idNumber></id>" for kind, number in ids)
    content = f"<sdnList><sdnEntry><uid>9</uid><lastName>ARGUS</lastName><sdnType>Entity</sdnType><programList><program>CMIC-EO13959</program></programList><idList>{parts}</idList></sdnEntry></sdnList>"
    found = said(list_ofac_xml, content.encode(), name="export.xml")
    (party,), (listing,) = found["PARTY"], found["LISTING"]
    assert party["identifiers"] == ["ISIN:CNE100000PM8", "OFAC:9", "USCC:91330000143012519C"]
    assert (listing["list"], listing["designated"], listing["effective"]) == ("US-OFAC-NS-CMIC", "2021-06-03", "2021-08-02")


def uk_xml(content: bytes) -> bytes:
    """Rows of the CSV as designations."""
    lines = content.decode("utf-8-sig").splitlines(keepends=True)
    rows = list(csv.DictReader(lines[1:] if lines[0].startswith("Report Date") else lines))
    root, nodes = Element("Designations"), dict[str, Element]()
    SubElement(root, "DateGenerated").text = "13/02/2026"
    for row in sorted(rows, key=lambda row: row["Name type"] != "Primary Name"):
        node = nodes.get(row["Unique ID"])
        if node is None:
            node = nodes[row["Unique ID"]] = SubElement(root, "Designation")
            cells = {"UniqueID": "Unique ID", "OFSIGroupID": "OFSI Group ID", "UNReferenceNumber": "UN Reference Number", "RegimeName": "Regime Name", "SanctionsImposed": "Sanctions Imposed", "DateDesignated": "Date Designated", "IndividualEntityShip": "Designation Type"}
            for element, column in cells.items():
                SubElement(node, element).text = row.get(column) or ""
            for part in ("Names", "NonLatinNames", "Addresses"):
                SubElement(node, part)
            details = SubElement(SubElement(node, "EntityDetails"), "Entity")
            SubElement(SubElement(details, "BusinessRegistrationNumbers"), "BusinessRegistrationNumber").text = row.get("Business registration number (s)") or ""
        one = SubElement(node.find("Names"), "Name")  # type: ignore[arg-type]
        for element, column in (*((f"Name{n}", f"Name {n}") for n in range(1, 7)), ("NameType", "Name type"), ("AliasStrength", "Alias strength")):
            if row.get(column):
                SubElement(one, element).text = row[column]
        SubElement(SubElement(node.find("NonLatinNames"), "NonLatinName"), "NameNonLatinScript").text = row.get("Name non-latin script") or ""  # type: ignore[arg-type]
        SubElement(SubElement(node.find("Addresses"), "Address"), "AddressCountry").text = row.get("Address Country") or ""  # type: ignore[arg-type]
    return tostring(root, "utf-8")


def _uk_like(found: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """Names of a party in any order but for the first: the CSV mixes scripts."""
    return {**found, "PARTY": [{**row, "names": sorted((name["name"], name["kind"]) for name in row["names"])} for row in found["PARTY"]]}


def test_the_uk_list_says_the_same_as_xml(shared: Path) -> None:
    content = (shared / "lists" / "raw" / "uk" / "uk_sanctions_list_shape_CONSTRUCTED.csv").read_bytes()
    found = _uk_like(said(list_uk_xml, uk_xml(content)))
    assert found == _uk_like(said(list_uk, content))
    assert len(found["PARTY"]) == 9


def eu_csv(content: bytes) -> bytes:
    """Entities of the XML, as far as the CSV can say them: their first regulation, one row per name, address and number."""
    out, columns = io.StringIO(), (EXAMPLES / "eu_list.csv").read_text("utf-8-sig").splitlines()[0].split(";")
    writer = csv.DictWriter(out, columns, delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    for node in at(fromstring(content), "sanctionEntity"):
        rule = min(at(node, "regulation"), key=lambda each: each.get("publicationDate", ""))
        kind = at(node, "subjectType")[0]
        own = {
            "fileGenerationDate": "13/02/2026", "Entity_LogicalId": node.get("logicalId"), "Entity_EU_ReferenceNumber": node.get("euReferenceNumber"), "Entity_UnitedNationId": node.get("unitedNationId"),
            "Entity_DesignationDate": node.get("designationDate"), "Entity_SubjectType": kind.get("classificationCode"), "Entity_SubjectType_ClassificationCode": kind.get("code"),
            "Entity_Regulation_PublicationDate": rule.get("publicationDate"), "Entity_Regulation_EntryIntoForceDate": rule.get("entryIntoForceDate"),
            "Entity_Regulation_NumberTitle": rule.get("numberTitle"), "Entity_Regulation_Programme": rule.get("programme"), "Entity_Regulation_PublicationUrl": text(rule, "publicationUrl"),
        }  # fmt: skip
        writer.writerows({**own, "NameAlias_WholeName": each.get("wholeName")} for each in at(node, "nameAlias"))
        writer.writerows({**own, "Address_CountryIso2Code": each.get("countryIso2Code")} for each in at(node, "address"))
        writer.writerows({**own, "Identification_Number": each.get("number"), "Identification_TypeCode": each.get("identificationTypeCode")} for each in at(node, "identification"))
    return out.getvalue().encode("utf-8-sig")


def test_the_eu_list_says_the_same_as_csv(shared: Path) -> None:
    content = (shared / "lists" / "raw" / "eu" / "eu_fsf_shape_CONSTRUCTED.xml").read_bytes()
    found = said(list_eu_fsf_csv, eu_csv(content), without=("names",))
    assert found == said(list_eu_fsf, content, without=("names",))
    assert len(found["PARTY"]) == 4


@pytest.mark.parametrize(("reader", "name"), [("ofac_xml", "sdn.xml"), ("uk_sanctions_list_xml", "uk_list.xml"), ("eu_fsf_csv", "eu_list.csv")])
def test_the_day_of_a_version_is_read_from_the_file(reader: str, name: str) -> None:
    """Each of the three says its day, two of them with the day first and one with the month first."""
    found = snapshot("X", reader, [(EXAMPLES / name, name)])
    assert (found.date, found.problem) == ("2026-02-13", "")
    assert found.total > 1
