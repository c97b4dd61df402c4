"""FollowTheMoney entities as rows of ours: which schemata are organisations, people and links, and which property becomes which column."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from custodes.records.list_effects import effects, makers
from custodes.records.list_names import named_person, script_of
from custodes.values import key_of

ORGANISATIONS = frozenset({"Company", "Organization", "PublicBody", "LegalEntity"})
"""LegalEntity is used where the publisher does not know whether it is a person: then the name decides."""
PEOPLE = frozenset(
    {"Person", "Family", "Associate", "Passport", "Identification", "Occupancy", "Position", "Employment", "Membership", "Directorship"}
)
"""People and what hangs on them."""
LINKS: dict[str, tuple[str, str]] = {
    "Ownership": ("asset", "owner"),
    "Representation": ("agent", "client"),
    "Succession": ("successor", "predecessor"),
    "UnknownLink": ("subject", "object"),
}
"""Schema -> the properties that are our ``subject`` and ``object``: the subject belongs to, acts for or follows the object."""

_NAMES = {"name": "name", "alias": "alias", "weakAlias": "weak", "previousName": "former_name", "abbreviation": "abbreviation"}
_IDENTIFIERS = {
    "uscCode": "USCC", "registrationNumber": "REG", "leiCode": "LEI", "taxNumber": "TAX", "innCode": "INN", "ogrnCode": "OGRN", "vatCode": "VAT",
    "isin": "ISIN", "isinCode": "ISIN", "ticker": "TICKER", "swiftBic": "BIC", "uniqueEntityId": "UEI", "permId": "PERMID", "idNumber": "ID",
    "opencorporatesUrl": "OPENCORPORATES", "wikidataId": "WIKIDATA", "icijId": "ICIJ", "npiCode": "NPI", "cageCode": "CAGE", "dunsCode": "DUNS",
}  # fmt: skip
_DATES = ("startDate", "endDate", "listingDate")
_LINK_NOTES = ("percentage", "sharesCount", "role", "ownershipType", "summary", "description")
_LISTING_NOTES = ("program", "provisions", "reason", "summary", "status", "duration", "authorityId")
_UNUSED = (
    "address",
    "addressEntity",
    "email",
    "phone",
    "website",
    "notes",
    "createdAt",
    "modifiedAt",
    "retrievedAt",
    "publisher",
    "publisherUrl",
    "programUrl",
)


def _uses() -> dict[str, str]:
    ignored = "ignored: not needed to tell a party"
    uses: dict[str, str] = {}
    for schema in ORGANISATIONS:
        uses |= {f"{schema}.{name}": ignored for name in (*_UNUSED, "sourceUrl", "programId", "legalForm", "status", "kppCode", "summary", "sector")}
        uses |= {
            f"{schema}.{name}": ignored
            for name in ("incorporationDate", "dissolutionDate", "classification", "description", "mainCountry", "okpoCode")
        }
        uses |= {f"{schema}.{name}": "names" for name in _NAMES} | {f"{schema}.{name}": "identifiers" for name in _IDENTIFIERS}
        uses |= {f"{schema}.country": "country", f"{schema}.jurisdiction": "country", f"{schema}.topics": "topics"}
    uses |= {f"Sanction.{name}": ignored for name in (*_UNUSED, "country", "recordId", "unscId")}
    uses |= {f"Sanction.{name}": "note" for name in _LISTING_NOTES}
    uses |= {"Sanction.entity": "party_id", "Sanction.programId": "list", "Sanction.program": "list, note", "Sanction.authority": "list, citation"}
    uses |= {"Sanction.listingDate": "designated", "Sanction.startDate": "effective", "Sanction.endDate": "ended", "Sanction.sourceUrl": "citation"}
    for schema, (subject, object_) in LINKS.items():
        uses |= {f"{schema}.{name}": ignored for name in (*_UNUSED, "status", "recordId")} | {f"{schema}.{name}": "note" for name in _LINK_NOTES}
        uses |= {
            f"{schema}.{subject}": "subject",
            f"{schema}.{object_}": "object",
            f"{schema}.role": "relation, note",
            f"{schema}.sourceUrl": "citation",
        }
        uses |= {f"{schema}.startDate": "valid_from", f"{schema}.endDate": "valid_to", f"{schema}.percentage": "relation, note"}
    left_out = "ignored: the entity is left out"
    return uses | {f"{schema}.{name}": left_out for schema in ("Address", *sorted(PEOPLE)) for name in _PERSON_PROPERTIES}


_PERSON_PROPERTIES = (
    "name", "alias", "weakAlias", "previousName", "firstName", "lastName", "middleName", "secondName", "fatherName", "motherName", "title", "birthDate",
    "birthPlace", "birthCountry", "deathDate", "nationality", "citizenship", "gender", "position", "education", "ethnicity", "religion", "passportNumber",
    "country", "address", "addressEntity", "topics", "notes", "sourceUrl", "programId", "email", "phone", "website", "full", "street", "city", "region", "state",
    "postalCode", "postOfficeBox", "holder", "number", "type", "person", "associate", "relationship", "director", "organization", "role", "startDate", "endDate",
    "employer", "employee", "member", "post", "status", "idNumber", "innCode", "taxNumber", "authority", "summary", "description", "createdAt", "modifiedAt", "retrievedAt",
)  # fmt: skip
USES = _uses()
"""``Schema.property`` -> what becomes of it. A property that is not here is reported."""

NEEDED = {"PARTY": ("party_id", "name"), "LISTING": ("party_id", "list"), "LINK": ("subject", "object")}
"""Columns without which a row is rejected."""


class Entity(msgspec.Struct):
    """One line. Properties are lists of text; other types are an error of the line."""

    id: str
    schema: str
    properties: dict[str, list[str]]
    caption: str = ""
    first_seen: str | None = None
    datasets: list[str] = []


def is_person(entity: Entity) -> bool:
    """Is an entity of unknown kind named like a natural person?"""
    if entity.schema != "LegalEntity":
        return False
    return any(named_person(name) for name in entity.properties.get("name", [])) or "birthDate" in entity.properties


def ends(entity: Entity) -> list[str]:
    """The ids a Sanction or a link is about."""
    names = ("entity",) if entity.schema == "Sanction" else LINKS[entity.schema]
    values = [entity.properties.get(name, []) for name in names]
    return [one for many in values for one in many] if all(values) else []


def record(entity: Entity) -> tuple[str, dict[str, Any]]:
    """The record kind of an organisation, Sanction or link, and its row."""
    if entity.schema in ORGANISATIONS:
        return "PARTY", _party(entity)
    return ("LISTING", _listing(entity)) if entity.schema == "Sanction" else ("LINK", _link(entity))


def _first(entity: Entity, *names: str) -> str:
    return next((value for name in names for value in entity.properties.get(name, []) if value), "")


def _party(entity: Entity) -> dict[str, Any]:
    found = entity.properties
    pairs = dict.fromkeys((value.strip(), kind) for name, kind in _NAMES.items() for value in found.get(name, []) if value.strip())
    names = [{"name": value, "kind": kind, "script": script_of(value)} for value, kind in pairs]
    return {
        "record_key": key_of("PARTY", "ftm", entity.id),
        "party_id": entity.id,
        "maker_id": _maker(entity.id),
        "name": names[0]["name"] if names else entity.caption,
        "names": names,
        "country": _first(entity, "country", "jurisdiction").upper(),
        "identifiers": sorted({f"{scheme}:{value}" for name, scheme in _IDENTIFIERS.items() for value in found.get(name, [])}),
        "topics": sorted(found.get("topics", [])),
        "source": " ; ".join(sorted(entity.datasets)) or "ftm",
    }


def _maker(party_id: str) -> str:
    """Files that custodes wrote call a maker ``custodes-<maker id>``."""
    maker = party_id.removeprefix("custodes-")
    return maker if maker != party_id and maker in makers() else ""


def _listing(entity: Entity) -> dict[str, Any]:
    party = _first(entity, "entity")
    code = _first(entity, "programId", "program", "authority")
    source = _first(entity, "sourceUrl", "authorityId", "authority")
    return {
        "record_key": key_of("LISTING", "ftm", entity.id),
        "party_id": party,
        "maker_id": _maker(party),
        "list": code,
        "listed_name": "",
        "legal_effect": effects().get(code, ""),
        "ground": "unknown",
        "designated": _day(entity, "listingDate", earliest=True),
        "effective": _day(entity, "startDate", earliest=True),
        "first_seen": (entity.first_seen or "")[:10],
        "ended": _day(entity, "endDate", earliest=False),
        "citation": source,
        "note": (_note(entity, [name for name in _LISTING_NOTES if _first(entity, name) != code]) + _more_dates(entity)).strip(),
    }


def _link(entity: Entity) -> dict[str, Any]:
    subject, object_ = (_first(entity, name) for name in LINKS[entity.schema])
    return {
        "record_key": key_of("LINK", "ftm", entity.id),
        "subject": subject,
        "object": object_,
        "relation": _relation(entity),
        "valid_from": _day(entity, "startDate", earliest=True),
        "valid_to": _day(entity, "endDate", earliest=False),
        "confidence": "medium",
        "publish": "review",
        "citation": _first(entity, "sourceUrl") or " ; ".join(sorted(entity.datasets)),
        "note": _note(entity, _LINK_NOTES),
    }


def _relation(entity: Entity) -> str:
    """The relation of subject to object. A share of half or less, or one of unknown size, is no subsidiary unless the source calls it one."""
    role = " ".join(entity.properties.get("role", [])).casefold()
    if entity.schema != "Ownership":
        return {"Representation": "representative", "Succession": "successor", "UnknownLink": "unknown link"}[entity.schema]
    if re.search(r"\bformer", role):
        return "former owner"
    shares = [
        float(match.group()) for value in entity.properties.get("percentage", []) if (match := re.search(r"\d+(\.\d+)?", value.replace(",", ".")))
    ]
    if shares:
        return "subsidiary" if min(shares) > 50 else "shareholding"
    return "subsidiary" if re.search(r"subsidiar|owned brand|parent|100 ?%", role) else "affiliate" if "affiliate" in role else "shareholding"


def _day(entity: Entity, name: str, earliest: bool) -> str:
    """The first or last of a property's dates, without time of day."""
    days = sorted(value[:10] for value in entity.properties.get(name, []) if re.match(r"\d{4}", value))
    return "" if not days else days[0] if earliest else days[-1]


def _more_dates(entity: Entity) -> str:
    several = [f"{name}: {', '.join(sorted(entity.properties[name]))}" for name in _DATES if len(entity.properties.get(name, [])) > 1]
    return "".join(f" [{text}]" for text in several)


def _note(entity: Entity, names: Any) -> str:
    parts = [f"{name}: {' / '.join(entity.properties[name])}" for name in names if entity.properties.get(name)]
    return " ; ".join(parts)[:2000]
