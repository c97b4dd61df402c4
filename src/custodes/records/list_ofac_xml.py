"""The lists of the US Treasury (OFAC) as XML: ``SDN.XML`` and ``CONSOLIDATED.XML``, one ``sdnEntry`` per person, ship, aircraft or organisation.

The same entries as in the CSV files, under the same numbers, so that records are the same whichever form is read. Only entries whose ``sdnType`` is Entity become records. What the CSV writes
into remarks stands in ``idList`` here: numbers of registers, and the dates of a listing. Weak other names have the ``category`` weak.

Source: https://ofac.treasury.gov/specially-designated-nationals-list-data-formats-data-schemas (the schema of the plain XML; not the "advanced" one)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import BinaryIO
from xml.etree.ElementTree import Element

import pyarrow as pa

from custodes.records.list_entries import ALIAS, NOT_ORGANISATION, OFFICIAL, PERSON, WEAK, country_code
from custodes.records.list_ofac import NAME_KINDS, is_consolidated, put_entry
from custodes.records.list_ofac_remarks import Remarks, remarks_of
from custodes.records.list_tree import Uses, at, elements, said, text, texts
from custodes.records.rowstream import Account
from custodes.values import Origin

NAME = "ofac_xml"
KINDS: tuple[str, ...] = ("PARTY", "LISTING")

_NOT_NEEDED, _PERSONAL, _VESSEL = "ignored: not needed to tell a party", "ignored: about natural persons", "ignored: about ships and aircraft"
_USES = {
    "uid": "party_id, identifiers", "lastName": "name, listed_name", "firstName": _PERSONAL, "title": _PERSONAL, "sdnType": "tells individuals, vessels and aircraft",
    "remarks": "names, identifiers, designated, effective, note", "programList/program": "list, note", "idList/id/idType": "identifiers, designated, effective",
    "idList/id/idNumber": "identifiers, designated, effective", "akaList/aka/lastName": "names", "akaList/aka/firstName": _PERSONAL, "akaList/aka/type": "names.kind",
    "akaList/aka/category": "names.kind", "addressList/address/country": "country",
}  # fmt: skip
_IN_PARTS = {
    **dict.fromkeys(("programList", "idList", "akaList", "addressList"), _NOT_NEEDED), "vesselInfo": _VESSEL,
    **dict.fromkeys(("nationalityList", "citizenshipList", "dateOfBirthList", "placeOfBirthList"), _PERSONAL),
}  # fmt: skip


def sniff(head: bytes, filename: str) -> bool:
    """Claims XML whose root is the list's."""
    return bool(re.search(rb"<(?:\w+:)?sdnList[\s>]", head[:4096]))


def companions(filename: str) -> tuple[str, ...]:
    """The list is one file."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """PARTY per organisation and LISTING per list it stands on, in the order of the file."""
    account, waiting = Account(origin), list[tuple[str, Element]]()
    for place, node in elements(streams[0], origin.path, frozenset({"sdnEntry", "publshInformation"})):
        if place and not place.rpartition("/")[2].startswith("publsh") and _is_entity(account, place, node):
            said(account, node)
            waiting.append((place, _copy(node)))
    consolidated = is_consolidated(origin.path, (programme for _, node in waiting for programme in texts(node, "programList/program")))
    for place, node in waiting:
        number, name = text(node, "uid"), text(node, "lastName")
        if number.isdigit() and name:
            put_entry(account, NAME, place, number, _names(node, name), _country(node), texts(node, "programList/program"), _said(node), consolidated)
        else:
            account.reject(place, "lastName" if number.isdigit() else "uid", "empty or no number")
        yield from account.full()
    yield from account.rest(Uses(_USES, _IN_PARTS))


def _is_entity(account: Account, place: str, node: Element) -> bool:
    kind = text(node, "sdnType").casefold()
    if kind in ("individual", "vessel", "aircraft"):
        account.leave_out(PERSON if kind == "individual" else NOT_ORGANISATION)
    elif kind != "entity":
        account.reject(place, "sdnType", f"unknown type: {kind[:60]!r}" if kind else "empty")
    return kind == "entity"


def _copy(node: Element) -> Element:
    """The entry for later: its parts are taken from the tree once it was handed out."""
    copy = Element(node.tag, node.attrib)
    copy.extend(list(node))
    return copy


def _names(node: Element, name: str) -> list[tuple[str, str]]:
    found = [(name, OFFICIAL)]
    for aka in at(node, "akaList/aka"):
        kind = WEAK if text(aka, "category").casefold() == "weak" else NAME_KINDS.get(re.sub("[^a-z]", "", text(aka, "type").casefold()), ALIAS)
        found += [(other, kind) for other in texts(aka, "lastName")]
    return found


def _country(node: Element) -> str:
    return next((code for country in texts(node, "addressList/address/country") if (code := country_code(country))), "")


def _said(node: Element) -> Remarks:
    """Numbers, dates and remarks, as the CSV has them all in its remarks."""
    numbers = [f"{text(each, 'idType').rstrip(' :')}: {text(each, 'idNumber')}" for each in at(node, "idList/id") if text(each, "idNumber")]
    return remarks_of("; ".join([*numbers, *texts(node, "remarks")]))
