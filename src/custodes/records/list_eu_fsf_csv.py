"""The EU's consolidated list of financial sanctions (FSF) as CSV (``csvFullSanctionsList_1_1``): 118 columns between semicolons, one row per name, address, number or birth date.

Every row repeats its entity (``Entity_...``: ids, kind, one regulation with its programme and days); rows of one ``Entity_LogicalId`` are one entry. Its first row makes its records, the
others are counted as part of it. Persons are left out, by ``Entity_SubjectType`` or because a row of theirs gives a birth date. Entries have the ids of the XML, so records are the same
whichever form is read, but for two things that the CSV does not say: which names are weak, and the regulations of an entry before or after the one it gives.

Source: https://data.europa.eu/data/datasets/consolidated-list-of-persons-groups-and-entities-subject-to-eu-financial-sanctions
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

import pyarrow as pa

from custodes.records.list_entries import ALIAS, OFFICIAL, PERSON, Entry, put, uk_iso
from custodes.records.list_eu_fsf import ABUSE, SCHEMES
from custodes.records.rowstream import Account, header, rows
from custodes.values import Origin

NAME = "eu_fsf_csv"
KINDS: tuple[str, ...] = ("PARTY", "LISTING")

_NEEDED = frozenset({"entity_logicalid", "entity_subjecttype", "entity_regulation_programme", "namealias_wholename"})
_NOT_NEEDED = "ignored: not needed to tell a party"
_USES = {
    "entity_logicalid": "party_id", "entity_eu_referencenumber": "party_id, identifiers", "entity_unitednationid": "identifiers", "entity_designationdate": "designated",
    "entity_designationdetails": "note", "entity_remark": "note", "entity_subjecttype": "tells persons", "entity_subjecttype_classificationcode": "tells persons",
    "entity_regulation_programme": "list", "entity_regulation_numbertitle": "citation", "entity_regulation_publicationurl": "citation",
    "entity_regulation_publicationdate": "published", "entity_regulation_entryintoforcedate": "effective", "entity_regulation_type": "note",
    "namealias_wholename": "name, names", "address_countryiso2code": "country", "citizenship_countryiso2code": "country", "identification_number": "identifiers",
    "identification_typecode": "identifiers", "filegenerationdate": "date of the version",
}  # fmt: skip
_PARTS = ("entity_regulation_", "namealias_", "address_", "birthdate_", "identification_", "citizenship_")


@dataclass
class _Group:
    """The rows of one entity: its first one with its place, and what all of them say; ``person``: it is one."""

    place: str
    cells: Mapping[str, str]
    person: bool
    rows: int = 0
    names: list[str] = field(default_factory=list)
    countries: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)


def sniff(head: bytes, filename: str) -> bool:
    """Claims a table with the list's columns."""
    return set(header(head)) >= _NEEDED


def companions(filename: str) -> tuple[str, ...]:
    """The list is one file."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """PARTY and LISTING per entity, in the order of their first rows."""
    account, seen, groups = Account(origin), Counter[str](), dict[str, _Group]()
    for row in rows(streams[0], origin.path):
        account.saw(row.cells)
        if row.fault:
            account.reject(row.place, "", row.fault)
        elif not row.cells:
            account.blank()
        elif not row.cells.get("entity_logicalid"):
            account.reject(row.place, "Entity_LogicalId", "empty")
        else:
            _sort(groups, row.place, row.cells)
    for group in groups.values():
        _take(account, seen, group)
        yield from account.full()
    yield from account.rest(_uses(groups))


def _uses(groups: Mapping[str, _Group]) -> dict[str, str]:
    columns = {name for group in groups.values() for name in group.cells}
    return {name: _NOT_NEEDED for name in columns if name.startswith(_PARTS)} | _USES


def _sort(groups: dict[str, _Group], place: str, cells: Mapping[str, str]) -> None:
    group = groups.setdefault(cells["entity_logicalid"], _Group(place, cells, False))
    kinds = cells.get("entity_subjecttype", "").casefold(), cells.get("entity_subjecttype_classificationcode", "").casefold()
    group.person = group.person or "person" in kinds or "p" in kinds or bool(cells.get("birthdate_birthdate") or cells.get("birthdate_year"))
    group.rows += 1
    if name := " ".join(cells.get("namealias_wholename", "").split()):
        group.names.append(name)
    group.countries += [code for name in ("address_countryiso2code", "citizenship_countryiso2code") if re.fullmatch("[A-Z]{2}", code := cells.get(name, ""))]
    if number := cells.get("identification_number", ""):
        group.numbers.append(f"{SCHEMES.get(cells.get('identification_typecode', ''), 'ID')}:{number}")


def _take(account: Account, seen: Counter[str], group: _Group) -> None:
    cells = group.cells
    programme = cells.get("entity_regulation_programme", "")
    if group.person:
        return account.leave_out(PERSON, group.rows)
    if group.rows > 1:
        account.leave_out("a further name, address or number of an entry, part of its records", group.rows - 1)
    if not group.names or not programme:
        return account.reject(group.place, "Entity_Regulation_Programme" if group.names else "NameAlias_WholeName", "empty")
    return put(account, NAME, seen, group.place, _entry(cells, group, programme))


def _entry(cells: Mapping[str, str], group: _Group, programme: str) -> Entry:
    reference = cells.get("entity_eu_referencenumber") or cells["entity_logicalid"]
    united = cells.get("entity_unitednationid", "")
    title, url, kind = (cells.get(f"entity_regulation_{name}", "") for name in ("numbertitle", "publicationurl", "type"))
    note = (cells.get("entity_designationdetails", ""), cells.get("entity_remark", ""), f"regulation given: {kind}" if kind else "")
    return Entry(
        f"EU-FSF:{reference}", f"EU-{programme}", tuple((name, ALIAS if number else OFFICIAL) for number, name in enumerate(group.names)),
        country=next(iter(group.countries), ""), identifiers=(f"EUFSF:{reference}", *([f"UNSC:{united}"] if united else []), *group.numbers),
        designated=uk_iso(cells.get("entity_designationdate", "")), effective=uk_iso(cells.get("entity_regulation_entryintoforcedate", "")),
        published=uk_iso(cells.get("entity_regulation_publicationdate", "")), citation=", ".join(filter(None, (title, url))), effect="asset freeze",
        note=" ; ".join(filter(None, note)), ground="abuse of people" if programme in ABUSE else "unknown", ground_citation=ABUSE.get(programme, ""),
    )  # fmt: skip
