"""One entry of the Consolidated Screening List, whether it came as CSV or as JSON: which list, organisation or not, PARTY and LISTING."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from custodes.records.list_alias import own_names
from custodes.records.list_effects import effects
from custodes.records.list_entries import ALIAS, NOT_ORGANISATION, PERSON, Entry, cited_date, iso, put
from custodes.records.list_names import listed_person
from custodes.records.rowstream import Account
from custodes.values import key_of

SOURCES = {
    "EL": "US-BIS-EL", "MEU": "US-BIS-MEU", "UVL": "US-BIS-UVL", "DPL": "US-BIS-DPL", "ISN": "US-STATE-ISN", "DTC": "US-STATE-DTC",
    "SDN": "US-OFAC-SDN", "SSI": "US-OFAC-SSI", "CMIC": "US-OFAC-NS-CMIC", "NS-MBS": "US-OFAC-NS-MBS", "CAP": "US-OFAC-CAPTA", "FSE": "US-OFAC-FSE",
    "PLC": "US-OFAC-PLC", "13599": "US-OFAC-13599",
}  # fmt: skip
"""Abbreviation in the ``source`` column -> code of the list. An unknown one is rejected, never guessed."""

PERSONAL = ("title", "citizenships", "dates_of_birth", "nationalities", "places_of_birth")
VESSEL = ("call_sign", "vessel_type", "gross_tonnage", "gross_registered_tonnage", "vessel_flag", "vessel_owner")
USES = {
    "_id": "ignored: not stable between copies", "source": "list", "entity_number": "party_id", "type": "tells individuals", "programs": "note",
    "name": "name, listed_name", "addresses": "country", "federal_register_notice": "citation, published", "start_date": "effective", "end_date": "ended",
    "standard_order": "ignored: terms of a denial order", "license_requirement": "ignored: terms of the listing", "license_policy": "ignored: terms of the listing",
    "remarks": "note", "source_list_url": "citation", "alt_names": "names", "source_information_url": "citation", "ids": "identifiers, designated, effective",
    **dict.fromkeys(PERSONAL, "ignored: about natural persons"), **dict.fromkeys(VESSEL, "ignored: about ships and aircraft"),
}  # fmt: skip
"""Column or member -> what becomes of it."""

SCHEMES = {
    "Unified Social Credit Code (USCC)": "USCC", "Registration ID": "REG", "Registration Number": "REG", "Tax ID No.": "TAX", "Legal Entity Number": "LEI",
    "Government Gazette Number": "OKPO", "ISIN": "ISIN", "Equity Ticker": "TICKER", "SWIFT/BIC": "BIC", "Enterprise Number": "REG",
    "Business Registration Number": "REG", "Company Number": "REG", "D-U-N-S Number": "DUNS", "Commercial Registry Number": "REG", "V.A.T. Number": "VAT",
    "UK Company Number": "GB-COH", "US FEIN": "US-EIN", "Business Registration Document #": "REG", "C.R. No.": "REG", "Public Registration Number": "REG",
    "Chamber of Commerce Number": "REG", "Certificate of Incorporation Number": "REG", "RUC #": "RUC", "NIT #": "NIT", "R.F.C.": "RFC",
    "Tax Identification Number": "TAX", "C.U.I.T.": "CUIT", "Matricula Mercantil No": "REG", "Company ID": "REG", "National ID No.": "ID", "RIF #": "RIF",
    "Trade License No.": "TRADE-LICENCE", "License": "TRADE-LICENCE", "Registered Charity No.": "CHARITY", "BIK (RU)": "BIK", "Folio Mercantil No.": "REG",
}  # fmt: skip
"""Kind of number, as the US Treasury writes it -> scheme of an identifier. A number of one register has one scheme in all our readers."""

_MOSTLY_PEOPLE = frozenset({"US-BIS-DPL", "US-STATE-DTC", "US-OFAC-PLC"})


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry: its single-valued cells by column, and the columns that hold several. ``ids``: (kind, value)."""

    cells: Mapping[str, str]
    alt_names: tuple[str, ...]
    addresses: tuple[str, ...]
    ids: tuple[tuple[str, str], ...]


def code_of(source: str) -> str:
    """The list's code from the name in the ``source`` column; '' for a list that is not known.

    >>> code_of("Entity List (EL) - Bureau of Industry and Security"), code_of("Non-SDN Menu-Based Sanctions List (NS-MBS List) - Treasury Department")
    ('US-BIS-EL', 'US-OFAC-NS-MBS')
    >>> code_of("Some New List (SNL) - Treasury Department")
    ''
    """
    match = re.search(r"\(([\w-]+?)(?: List)?\)", source)
    return SOURCES.get(match.group(1), "") if match else ""


def take(account: Account, reader: str, seen: Counter[str], place: str, listed: Listed) -> None:
    """The records of one entry, or why there are none."""
    source, name = listed.cells.get("source", ""), listed.cells.get("name", "")
    code = code_of(source)
    if not code:
        return account.reject(place, "source", f"unknown list: {source[:100]!r}")
    if not name:
        return account.reject(place, "name", "empty")
    if reason := _why_not(code, listed):
        return account.leave_out(reason)
    return put(account, reader, seen, place, _entry(code, listed))


def _why_not(code: str, listed: Listed) -> str:
    cells, kind = listed.cells, listed.cells.get("type", "").casefold()
    if kind in ("individual", "person") or any(cells.get(name) for name in PERSONAL):
        return PERSON
    if kind in ("vessel", "aircraft") or cells.get("call_sign") or cells.get("vessel_type"):
        return NOT_ORGANISATION
    if is_address(cells["name"]):
        return "an address without a name"
    if not kind and listed_person(cells["name"], code in _MOSTLY_PEOPLE):
        return "looks like a natural person (the list does not say)"
    return ""


def is_address(name: str) -> bool:
    """Is an entry of the Entity List no name but a numbered address?"""
    return bool(re.fullmatch(r"Address \d+", name))


def _party_id(code: str, listed: Listed) -> str:
    number = listed.cells.get("entity_number", "")
    if code.startswith("US-OFAC") and number:
        return f"US-OFAC:{number}"
    return f"{code}:{key_of(listed.cells['name'], listed.addresses[0] if listed.addresses else '')[:16]}"


def _entry(code: str, listed: Listed) -> Entry:
    cells, dates = listed.cells, dict(listed.ids)
    return Entry(
        _party_id(code, listed), code, (*own_names(cells["name"]), *((name, ALIAS) for name in listed.alt_names)),
        country=_country(listed.addresses), identifiers=_identifiers(code, listed),
        designated=iso(dates.get("Listing Date (CMIC)", "")), effective=iso(dates.get("Effective Date (CMIC)", "")) or iso(cells.get("start_date", "")),
        published=cited_date(cells.get("federal_register_notice", "")), ended=iso(cells.get("end_date", "")),
        citation=cells.get("federal_register_notice") or cells.get("source_information_url") or cells.get("source_list_url", ""),
        note=" ; ".join(f"{name}: {cells[name]}" for name in ("programs", "remarks") if cells.get(name)), effect=effects().get(code, ""), listed_name=cells["name"],
    )  # fmt: skip


def _identifiers(code: str, listed: Listed) -> tuple[str, ...]:
    found = [f"{SCHEMES[kind]}:{value}" for kind, value in listed.ids if kind in SCHEMES and value]
    number = listed.cells.get("entity_number", "")
    return (*found, f"OFAC:{number}") if code.startswith("US-OFAC") and number else tuple(found)


def _country(addresses: tuple[str, ...]) -> str:
    """ISO code at the end of the first address that has one."""
    for address in addresses:
        if found := re.search(r"(?:^|, |\s)([A-Z]{2})$", address.strip(" ;")):
            return found.group(1)
    return ""
