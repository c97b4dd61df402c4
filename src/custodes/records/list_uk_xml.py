"""The UK Sanctions List as XML (``UK-Sanctions-List.xml``): one ``Designation`` per person, ship or entity, with its names and what is imposed on it.

The same entries as in the CSV, under the same ids, so that records are the same whichever form is read. ``IndividualEntityShip`` says what a designation is; only entities become
records.

Source: https://www.gov.uk/government/publications/the-uk-sanctions-list
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import BinaryIO
from xml.etree.ElementTree import Element

import pyarrow as pa

from custodes.records.list_entries import ALIAS, NOT_ORGANISATION, OFFICIAL, PERSON, country_code, put
from custodes.records.list_tree import Uses, at, elements, local, said, text, texts
from custodes.records.list_uk import entry_of, kind_of_name
from custodes.records.rowstream import Account
from custodes.values import Origin

NAME = "uk_sanctions_list_xml"
KINDS: tuple[str, ...] = ("PARTY", "LISTING")

_NOT_NEEDED, _PERSONAL = "ignored: not needed to tell a party", "ignored: about natural persons"
_PARTS = tuple(f"Name{number}" for number in range(1, 7))
_CELLS = {
    "OFSIGroupID": "ofsi group id", "UNReferenceNumber": "un reference number", "RegimeName": "regime name", "DesignationSource": "designation source",
    "SanctionsImposed": "sanctions imposed", "OtherInformation": "other information", "UKStatementofReasons": "uk statement of reasons", "DateDesignated": "date designated",
    "LastUpdated": "last updated",
}  # fmt: skip
"""Element -> column of the CSV."""
_DETAILS = {"TypeOfEntity": "type of entity", "Subsidiary": "subsidiaries", "ParentCompany": "parent company", "BusinessRegistrationNumber": "business registration number (s)"}
"""Element somewhere in ``EntityDetails`` -> column of the CSV."""
_USES = {
    "UniqueID": "party_id, identifiers", "IndividualEntityShip": "tells persons and ships", "OFSIGroupID": "identifiers", "UNReferenceNumber": "identifiers",
    "RegimeName": "citation", "SanctionsImposed": "legal_effect, note", "DateDesignated": "designated", **dict.fromkeys(("DesignationSource", "OtherInformation"), "note"),
    **dict.fromkeys(("UKStatementofReasons", "LastUpdated"), "note"), **{f"Names/Name/{part}": "name, names" for part in (*_PARTS, "Name")},
    "Names/Name/NameType": "names.kind", "Names/Name/AliasStrength": "names.kind", "NonLatinNames/NonLatinName/NameNonLatinScript": "names",
    "Addresses/Address/AddressCountry": "country",
}  # fmt: skip
_IN_PARTS = {
    **dict.fromkeys(("Names", "NonLatinNames", "Addresses", "PhoneNumbers", "EmailAddresses", "Websites", "SanctionsImposedIndicators"), _NOT_NEEDED),
    "EntityDetails": "note, identifiers", "Titles": _PERSONAL, "IndividualDetails": _PERSONAL, "ShipDetails": "ignored: about ships",
}  # fmt: skip


def sniff(head: bytes, filename: str) -> bool:
    """Claims XML whose root is the list's and which holds a designation or says when it was made."""
    return bool(re.search(rb"<Designations[\s>].{0,4000}<(?:Designation|DateGenerated)[\s>]", head[:8192], re.S))


def companions(filename: str) -> tuple[str, ...]:
    """The list is one file."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """PARTY and LISTING per entity."""
    account, seen = Account(origin), Counter[str]()
    for place, node in elements(streams[0], origin.path, frozenset({"Designation"})):
        if not place:
            continue
        kind = text(node, "IndividualEntityShip").casefold()
        if kind in ("individual", "ship"):
            account.leave_out(PERSON if kind == "individual" else NOT_ORGANISATION)
            continue
        said(account, node)
        _take(account, seen, place, node, kind)
        yield from account.full()
    yield from account.rest(Uses(_USES, _IN_PARTS))


def _take(account: Account, seen: Counter[str], place: str, node: Element, kind: str) -> None:
    unique, names = text(node, "UniqueID"), _names(node)
    if kind != "entity" or not unique or not names:
        column = "IndividualEntityShip" if kind != "entity" else "UniqueID" if not unique else "Names/Name/Name6"
        return account.reject(place, column, f"unknown: {kind[:60]!r}" if kind and kind != "entity" else "empty")
    country = next((code for each in texts(node, "Addresses/Address/AddressCountry") if (code := country_code(each))), "")
    return put(account, NAME, seen, place, entry_of(unique, names, country, _cells(node)))


def _names(node: Element) -> list[tuple[str, str]]:
    """Names with their kinds, the primary one first, names in other scripts last."""
    found = []
    for each in at(node, "Names/Name"):
        name = " ".join(part for element in _PARTS for part in texts(each, element)) or text(each, "Name")
        found += [(name, kind_of_name(text(each, "NameType"), text(each, "AliasStrength")))] if name else []
    found.sort(key=lambda pair: pair[1] != OFFICIAL)
    other = [" ".join(each.text.split()) for each in node.iter() if local(each) == "NameNonLatinScript" and each.text and each.text.strip()]
    return found + [(name, ALIAS if found else OFFICIAL) for name in other]


def _cells(node: Element) -> dict[str, str]:
    cells = {column: text(node, element) for element, column in _CELLS.items()}
    for part in at(node, "EntityDetails"):
        for element, column in _DETAILS.items():
            cells[column] = "; ".join(" ".join(each.text.split()) for each in part.iter() if local(each) == element and each.text and each.text.strip())
    return cells
