"""The EU's consolidated list of financial sanctions (FSF) as XML: one ``sanctionEntity`` per person, group or entity, its names and the regulations that list it.

``subjectType`` says whether it is a person; those are left out. Every regulation under which an entity stands gives a LISTING, with its programme
(``EU-HR``, ``EU-IRN``), its days of publication and of entry into force; a regulation that only amends an entry under the same programme is a note on it.

Source: https://webgate.ec.europa.eu/fsd/fsf ; https://data.europa.eu/data/datasets/consolidated-list-of-persons-groups-and-entities-subject-to-eu-financial-sanctions
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import BinaryIO
from xml.etree.ElementTree import Element

import pyarrow as pa

from custodes.records.list_entries import ALIAS, OFFICIAL, PERSON, WEAK, Entry, iso, put_listing, put_party
from custodes.records.list_tree import Uses, at, elements, said
from custodes.records.rowstream import Account
from custodes.values import Origin

NAME = "eu_fsf"
KINDS: tuple[str, ...] = ("PARTY", "LISTING")

SCHEMES = {
    "regnumber": "REG", "fiscalcode": "TAX", "swiftbic": "BIC", "lei": "LEI", "imo": "IMO-COMPANY", "ssn": "ID", "tradelic": "TRADE-LICENCE", "other": "ID",
}  # fmt: skip
"""``identificationTypeCode`` -> scheme."""
ABUSE = {"HR": "Council Regulation (EU) 2020/1998: serious human rights violations and abuses"}
_NOT_NEEDED = "ignored: not needed to tell a party"
_NAMES_USES = {"nameAlias/@wholeName": "name, names", "nameAlias/@strong": "names.kind", "nameAlias/@nameLanguage": "names"}
_USES = _NAMES_USES | {
    "@euReferenceNumber": "party_id, identifiers", "@logicalId": "party_id, identifiers", "@unitedNationId": "identifiers", "@designationDate": "designated",
    "@designationDetails": "note", "remark": "note", "subjectType/@code": "tells persons", "subjectType/@classificationCode": "tells persons",
    "regulation/@programme": "list", "regulation/@numberTitle": "citation", "regulation/@publicationDate": "published", "regulation/@entryIntoForceDate": "effective",
    "regulation/publicationUrl": "citation", "citizenship/@countryIso2Code": "country", "address/@countryIso2Code": "country",
    "identification/@number": "identifiers", "identification/@identificationTypeCode": "identifiers", "identification/@countryIso2Code": "identifiers",
}  # fmt: skip
_PARTS = ("regulation", "subjectType", "nameAlias", "citizenship", "address", "identification", "birthdate", "regulationSummary", "contactInfo")
_USES |= dict.fromkeys(_PARTS, "used by its parts")


def sniff(head: bytes, filename: str) -> bool:
    """Claims XML with the list's namespace or its entities."""
    return b"http://eu.europa.ec/fpi/fsd/export" in head[:4096] or bool(re.search(rb"<export[\s>].{0,4000}<sanctionEntity[\s>]", head[:8192], re.S))


def companions(filename: str) -> tuple[str, ...]:
    """The list is one file."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """PARTY per entity and LISTING per programme under which it stands."""
    account, seen = Account(origin), Counter[str]()
    for place, node in elements(streams[0], origin.path, frozenset({"sanctionEntity"})):
        if not place:
            continue
        kinds = {subject.get("classificationCode", "") + subject.get("code", "") for subject in at(node, "subjectType")}
        if any(kind.startswith("P") or "person" in kind for kind in kinds) or at(node, "birthdate"):
            account.leave_out(PERSON)
            continue
        said(account, node)
        _take(account, seen, place, node)
        yield from account.full()
    yield from account.rest(Uses(_USES, dict.fromkeys(_PARTS, _NOT_NEEDED)))


def _take(account: Account, seen: Counter[str], place: str, node: Element) -> None:
    reference = node.get("euReferenceNumber") or node.get("logicalId") or ""
    names = _names(node)
    programmes = {regulation.get("programme", "") for regulation in at(node, "regulation")} - {""}
    if not reference or not names or not programmes:
        what = "@euReferenceNumber" if not reference else "nameAlias/@wholeName" if not names else "regulation/@programme"
        return account.reject(place, what, "empty")
    seen[reference] += 1
    entry = Entry(
        f"EU-FSF:{reference}", f"EU-{min(programmes)}", tuple(names), country=_country(node), identifiers=_identifiers(node, reference), effect="asset freeze"
    )
    put_party(account, NAME, place, entry, seen[reference])
    for programme in sorted(programmes):
        put_listing(account, NAME, place, _listed(node, entry, programme), seen[reference])
    return None


def _names(node: Element) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for alias in at(node, "nameAlias"):
        name = " ".join((alias.get("wholeName") or "").split())
        kind = WEAK if alias.get("strong") == "false" else ALIAS if found else OFFICIAL
        found += [(name, kind)] if name else []
    return found


def _listed(node: Element, entry: Entry, programme: str) -> Entry:
    """The first regulation of a programme lists; later ones amend."""
    rules = sorted((r for r in at(node, "regulation") if r.get("programme") == programme), key=lambda r: r.get("publicationDate") or "9999")
    first, later = rules[0], [f"amended by {r.get('numberTitle', '')} ({r.get('publicationDate', '')})" for r in rules[1:]]
    url = next((link.text.strip() for link in at(first, "publicationUrl") if link.text and link.text.strip()), "")
    remarks = [" ".join(child.text.split()) for child in at(node, "remark") if child.text and child.text.strip()]
    return Entry(
        entry.party_id, f"EU-{programme}", entry.names, designated=iso(node.get("designationDate", "")), effective=iso(first.get("entryIntoForceDate", "")),
        published=iso(first.get("publicationDate", "")), citation=", ".join(filter(None, (first.get("numberTitle", ""), url))), effect="asset freeze",
        note=" ; ".join(filter(None, (node.get("designationDetails", ""), *remarks, *later))),
        ground="abuse of people" if programme in ABUSE else "unknown", ground_citation=ABUSE.get(programme, ""),
    )  # fmt: skip


def _identifiers(node: Element, reference: str) -> tuple[str, ...]:
    found = [f"EUFSF:{reference}"] + ([f"UNSC:{node.get('unitedNationId')}"] if node.get("unitedNationId") else [])
    for one in at(node, "identification"):
        scheme, number = SCHEMES.get(one.get("identificationTypeCode", ""), "ID"), (one.get("number") or "").strip()
        found += [f"{scheme}:{number}"] if number else []
    return tuple(found)


def _country(node: Element) -> str:
    codes = [part.get("countryIso2Code", "") for name in ("address", "citizenship") for part in at(node, name)]
    return next((code for code in codes if re.fullmatch(r"[A-Z]{2}", code) and code != "00"), "")
