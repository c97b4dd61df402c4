"""The Consolidated Screening List of the US government as CSV: eleven export, trade and financial lists in one file of 29 columns.

One row is one entry of one list; it gives a PARTY and a LISTING. Individuals, ships and aircraft are left out and counted. Some lists do not say which of
their entries are people (Entity List, Unverified, Denied Persons and others leave ``type`` empty): there the name decides, see ``list_names``.

Lists inside a cell are joined by ``"; "``; ``ids`` holds ``kind, value, country`` triples. ``_id`` is not stable from one copy to the next, so a party's id
is the list with its ``entity_number``, or with a digest of name and first address where there is none.

Source: https://www.trade.gov/consolidated-screening-list
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import pyarrow as pa

from custodes.records.list_effects import effects
from custodes.records.list_names import listed_person, script_of
from custodes.records.rowstream import Account, header, rows
from custodes.values import Origin, key_of

NAME = "us_csl"
KINDS: tuple[str, ...] = ("PARTY", "LISTING")

SOURCES = {
    "EL": "US-BIS-EL", "MEU": "US-BIS-MEU", "UVL": "US-BIS-UVL", "DPL": "US-BIS-DPL", "ISN": "US-STATE-ISN", "DTC": "US-STATE-DTC",
    "SDN": "US-OFAC-SDN", "SSI": "US-OFAC-SSI", "CMIC": "US-OFAC-NS-CMIC", "NS-MBS": "US-OFAC-NS-MBS", "CAP": "US-OFAC-CAPTA", "FSE": "US-OFAC-FSE",
    "PLC": "US-OFAC-PLC", "13599": "US-OFAC-13599",
}  # fmt: skip
"""Abbreviation in the ``source`` column -> code of the list. An unknown one is rejected, never guessed."""

_MOSTLY_PEOPLE = frozenset({"US-BIS-DPL", "US-STATE-DTC", "US-OFAC-PLC"})
_NEEDED = {"_id", "source", "name", "alt_names", "federal_register_notice", "source_list_url", "ids"}
_PERSONAL = ("title", "citizenships", "dates_of_birth", "nationalities", "places_of_birth")
_VESSEL = ("call_sign", "vessel_type", "gross_tonnage", "gross_registered_tonnage", "vessel_flag", "vessel_owner")
_USES = {
    "_id": "ignored: not stable between copies", "source": "list", "entity_number": "party_id", "type": "tells individuals", "programs": "note",
    "name": "name, listed_name", "addresses": "country", "federal_register_notice": "citation", "start_date": "effective", "end_date": "ended",
    "standard_order": "ignored: terms of a denial order", "license_requirement": "ignored: terms of the listing", "license_policy": "ignored: terms of the listing",
    "remarks": "note", "source_list_url": "citation", "alt_names": "names", "source_information_url": "citation", "ids": "identifiers, designated, effective",
    **dict.fromkeys(_PERSONAL, "ignored: about natural persons"), **dict.fromkeys(_VESSEL, "ignored: about ships and aircraft"),
}  # fmt: skip
_SCHEMES = {
    "Unified Social Credit Code (USCC)": "USCC", "Registration ID": "REG", "Registration Number": "REG", "Tax ID No.": "TAX", "Legal Entity Number": "LEI",
    "Government Gazette Number": "OKPO", "ISIN": "ISIN", "Equity Ticker": "TICKER", "SWIFT/BIC": "BIC", "Enterprise Number": "REG",
    "Business Registration Number": "REG", "Company Number": "REG", "D-U-N-S Number": "DUNS", "Commercial Registry Number": "REG", "V.A.T. Number": "VAT",
}  # fmt: skip


def sniff(head: bytes, filename: str) -> bool:
    """Claims a CSV with the screening list's own columns."""
    return set(header(head)) >= _NEEDED


def companions(filename: str) -> tuple[str, ...]:
    """The list is one file."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """PARTY and LISTING per entry that is an organisation's."""
    account, seen = Account(origin), Counter[str]()
    names = set(_USES)
    for row in rows(streams[0], origin.path):
        account.saw(row.cells)
        if row.fault:
            account.reject(row.place, "", row.fault)
        elif not row.cells:
            account.blank()
        elif missing := [name for name in ("source", "name") if name not in row.cells]:
            account.reject(row.place, missing[0], f"the list has no column {missing[0]!r}")
        elif all(value in ("", name) for name, value in row.cells.items()) and names & set(row.cells):
            account.leave_out("heading")
        else:
            _entry(account, seen, row.place, row.cells)
        yield from account.full()
    yield from account.rest(_USES)


def code_of(source: str) -> str:
    """The list's code from the name in the ``source`` column; '' for a list that is not known.

    >>> code_of("Entity List (EL) - Bureau of Industry and Security"), code_of("Non-SDN Menu-Based Sanctions List (NS-MBS List) - Treasury Department")
    ('US-BIS-EL', 'US-OFAC-NS-MBS')
    >>> code_of("Some New List (SNL) - Treasury Department")
    ''
    """
    match = re.search(r"\(([\w-]+?)(?: List)?\)", source)
    return SOURCES.get(match.group(1), "") if match else ""


def _entry(account: Account, seen: Counter[str], place: str, cells: Mapping[str, str]) -> None:
    code, name = code_of(cells["source"]), cells["name"]
    if not code:
        return account.reject(place, "source", f"unknown list: {cells['source'][:100]!r}")
    if not name:
        return account.reject(place, "name", "empty")
    if reason := _why_not(code, cells):
        return account.leave_out(reason)
    party_id = _party_id(code, cells)
    seen[party_id] += 1
    account.add("PARTY", place, _party(party_id, seen[party_id], code, cells))
    return account.add("LISTING", place, _listing(party_id, seen[party_id], code, cells))


def _why_not(code: str, cells: Mapping[str, str]) -> str:
    kind = cells.get("type", "").casefold()
    if kind in ("individual", "person") or any(cells.get(name) for name in _PERSONAL):
        return "natural person"
    if kind in ("vessel", "aircraft") or cells.get("call_sign") or cells.get("vessel_type"):
        return "not an organisation: ship or aircraft"
    if re.fullmatch(r"Address \d+", cells["name"]):
        return "an address without a name"
    if not kind and listed_person(cells["name"], code in _MOSTLY_PEOPLE):
        return "looks like a natural person (the list does not say)"
    return ""


def _party_id(code: str, cells: Mapping[str, str]) -> str:
    number = cells.get("entity_number", "")
    if code.startswith("US-OFAC") and number:
        return f"US-OFAC:{number}"
    return f"{code}:{key_of(cells['name'], cells.get('addresses', '').split('; ')[0])[:16]}"


def _several(cell: str) -> list[str]:
    """The values of a cell; a name may hold ``;`` itself, so only ``"; "`` separates."""
    return [part.strip() for part in cell.split("; ") if part.strip()]


def _ids(cells: Mapping[str, str]) -> list[tuple[str, str]]:
    """Kind and value of each entry of ``ids``; values may hold commas (``04 Jul 1991``, ``Subject to ...``), a last two-letter part is a country."""
    found = []
    for part in _several(cells.get("ids", "")):
        kind, _, value = part.partition(", ")
        found.append((kind.strip(), re.sub(r", [A-Z]{2}$", "", value).strip()))
    return found


def _party(party_id: str, occurrence: int, code: str, cells: Mapping[str, str]) -> dict[str, Any]:
    names = [(cells["name"], "official_list_name"), *((name, "official_alias") for name in _several(cells.get("alt_names", "")))]
    return {
        "record_key": key_of("PARTY", NAME, party_id, str(occurrence)),
        "party_id": party_id,
        "name": cells["name"],
        "names": [{"name": name, "kind": kind, "script": script_of(name)} for name, kind in dict.fromkeys(names)],
        "country": _country(cells.get("addresses", "")),
        "identifiers": sorted({f"{_SCHEMES[kind]}:{value}" for kind, value in _ids(cells) if kind in _SCHEMES and value}),
        "topics": [effects()[code]] if effects().get(code) else [],
        "source": code,
    }


def _country(addresses: str) -> str:
    """ISO code at the end of the first address that has one."""
    found = re.search(r"(?:^|, |\s)([A-Z]{2})(?:;|$)", addresses)
    return found.group(1) if found else ""


def _listing(party_id: str, occurrence: int, code: str, cells: Mapping[str, str]) -> dict[str, Any]:
    dates = dict(_ids(cells))
    return {
        "record_key": key_of("LISTING", NAME, party_id, code, str(occurrence)),
        "party_id": party_id,
        "list": code,
        "listed_name": cells["name"],
        "legal_effect": effects().get(code, ""),
        "ground": "unknown",
        "designated": dates.get("Listing Date (CMIC)", ""),
        "effective": dates.get("Effective Date (CMIC)", "") or cells.get("start_date", ""),
        "ended": cells.get("end_date", ""),
        "citation": cells.get("federal_register_notice") or cells.get("source_information_url") or cells.get("source_list_url", ""),
        "note": " ; ".join(f"{name}: {cells[name]}" for name in ("programs", "remarks") if cells.get(name))[:2000],
    }
