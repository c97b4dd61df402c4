"""USAspending.gov: pages of the award search (``results``) and single awards, contracts only.

API v2, ``/api/v2/search/spending_by_award/`` and ``/api/v2/awards/ID/``: https://api.usaspending.gov/docs/endpoints. One row per award. The amount is
what was obligated. An indefinite-delivery vehicle (IDV) is a frame for later orders: its amount is never called an award.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import pyarrow as pa

from custodes.records import json_rows
from custodes.records.jsontext import text_of
from custodes.records.ocds_elements import Elements
from custodes.records.ocds_mend import number, text
from custodes.records.ocds_text import clean, day, joined, natural_name
from custodes.records.rowstream import Account
from custodes.values import REPORTED, Origin, columns_used, key_of

NAME = "usaspending"
KINDS: tuple[str, ...] = ("PURCHASE",)

_NO_NAME = re.compile(r"(?:multiple|miscellaneous|undisclosed|domestic awardees|foreign awardees).*", re.I)
_PERSON_CATEGORIES = {"Individual", "individuals"}

_USES = {
    "results/Award ID": "transaction", "results/generated_internal_id": "transaction", "results/Recipient Name": "supplier",
    "results/Recipient UEI": "supplier_id", "results/Award Amount": "amount", "results/Description": "description",
    "results/Awarding Agency": "buyer", "results/Awarding Sub Agency": "buyer", "results/Start Date": "date", "results/Base Obligation Date": "date",
    "results/Contract Award Type": "decides the amount_kind",
    "id": "ignored: ids of the interface", "generated_unique_award_id": "transaction", "piid": "transaction",
    "category": "decides the amount_kind", "type": "ignored: repeats the category",
    "description": "description", "total_obligation": "amount", "date_signed": "contract_date",
    "recipient/recipient_name": "supplier", "recipient/recipient_uei": "supplier_id", "recipient/recipient_unique_id": "supplier_id",
    "recipient/parent_recipient_uei": "supplier_ids", "recipient/business_categories": "decides who is a natural person",
    "awarding_agency/toptier_agency/name": "buyer", "awarding_agency/toptier_agency/code": "buyer_id",
    "awarding_agency/office_agency_name": "ignored: the office", "latest_transaction_contract_data/product_or_service_code": "codes",
    "latest_transaction_contract_data/naics": "codes",
    "latest_transaction_contract_data/product_or_service_description": "description",
    **{f"results/{scheme}{part}": "codes" for scheme in ("NAICS", "PSC") for part in ("", "/code")},
    **{f"results/{scheme}/description": "description" for scheme in ("NAICS", "PSC")},
}  # fmt: skip
_IGNORED = {
    "spending_level": "about the page", "limit": "about the page", "page_metadata": "about the page", "messages": "about the page",
    "executive_details": "personal data is never read", "location": "addresses", "Location": "addresses", "place_of_performance": "addresses",
    "Performance": "addresses", "internal_id": "ids of the interface", "recipient_id": "ids of the interface", "agency_slug": "ids of the interface",
    "_hash": "ids of the interface", "_agency_id": "ids of the interface", "funding_agency": "who pays", "outlay": "other amounts",
    "Outlays": "other amounts", "Obligations": "other amounts", "def_codes": "other amounts", "defc": "other amounts", "options": "other amounts",
    "subaward": "other amounts", "account_": "other amounts", "hierarchy": "labels of the codes", "period_of_performance": "other dates",
    "End Date": "other dates", "Last Modified": "other dates", "latest_transaction_contract_data": "how it was tendered",
    "parent_award": "the frame award",
    "type_description": "the label of the type", "subtier_agency": "the part of the agency", "toptier_agency": "the agency's short names",
    "parent_recipient_name": "the parent company", "prime_award_recipient_id": "ids of the interface", "has_agency_page": "about the page",
    "/id": "ids of the interface",
}  # fmt: skip


def sniff(head: bytes, filename: str) -> bool:
    """JSON with the names of the award search or of one award."""
    found = text_of(head)
    if not found.lstrip("\ufeff \r\n\t").startswith(("{", "[")):
        return False
    search = '"results"' in found and '"Recipient Name"' in found and ('"generated_internal_id"' in found or '"Award ID"' in found)
    return search or ('"generated_unique_award_id"' in found and '"recipient"' in found and '"awarding_agency"' in found)


def companions(filename: str) -> tuple[str, ...]:
    """None: each file stands alone."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """PURCHASE rows, then REJECT, LEFT_OUT and COLUMN. See ``docs/readers/usaspending.md``."""
    account, elements = Account(origin), Elements()
    for place, value in json_rows.rows(streams[0], origin.path):
        if isinstance(value, str):
            account.reject(place, "", value)
            continue
        page = value.get("results")
        for n, award in enumerate(page) if isinstance(page, list) else ((-1, value),):
            at = f"{place}/results/{n}" if n >= 0 else place or "/"
            elements.note(award, "results" if n >= 0 or "/results" in place else "")
            _take(award, at, origin, account)
        yield from account.full()
        if isinstance(page, list):
            elements.note({name: member for name, member in value.items() if name != "results"}, "")
    yield from account.rest({})
    yield columns_used((path, _use(path), count) for path, _, count in elements.uses())


def _use(path: str) -> str:
    if path in _USES:
        return _USES[path]
    reason = next((why for part, why in _IGNORED.items() if part in path), "")
    return f"ignored: {reason}" if reason else REPORTED


def _take(award: Any, place: str, origin: Origin, account: Account) -> None:
    """One award; the names of the search or those of a single award."""
    if not isinstance(award, dict):
        account.reject(place, "", "not an award: an object was expected")
        return
    facts = _searched(award) if "Recipient Name" in award or "Award ID" in award else _single(award)
    if not facts["transaction"]:
        account.reject(place, "generated_unique_award_id", "not an award: it has no id")
        return
    supplier = facts["supplier"]
    if facts.pop("natural") or (supplier and natural_name(supplier)):
        account.leave_out("natural person")
        return
    amount = facts["amount"]
    if amount is not None and not abs(amount) < 1e19:
        account.reject(place, "amount", "not an amount, or larger than the money column holds")
        return
    entry, buyer = origin.entry, facts["buyer"]
    body, body_from = (entry.body, "entry") if entry.body else (buyer, "column") if buyer else (origin.folder_body, "folder")
    named = supplier and not _NO_NAME.fullmatch(supplier)
    ids = [f"UEI:{uei}" for uei in dict.fromkeys(filter(None, facts.pop("ueis")))] if named else []
    frame = facts.pop("frame") or facts["transaction"].startswith("CONT_IDV_")
    row = {
        **facts, "record_key": key_of("usaspending", facts["transaction"]), "body": body, "body_from": body_from if body else "",
        "supplier": supplier if named else "", "supplier_id": ids[0] if ids else "", "supplier_ids": ids, "currency": "USD",
        "amount": None if amount is None else round(amount, 4), "amount_kind": "framework ceiling" if frame else "award",
    }  # fmt: skip
    account.add("PURCHASE", place, row)


def _searched(award: Mapping[str, Any]) -> dict[str, Any]:
    """An entry of the search: PSC and NAICS are an object, or the code alone."""
    signed, start = day(text(award.get("Base Obligation Date"))), day(text(award.get("Start Date")))
    return {
        "transaction": _text(award, "generated_internal_id") or _text(award, "Award ID"),
        "supplier": _text(award, "Recipient Name"), "natural": False,
        "ueis": [_text(award, "Recipient UEI")], "buyer": _text(award, "Awarding Agency") or _text(award, "Awarding Sub Agency"), "buyer_id": "",
        "amount": number(award.get("Award Amount")), "frame": "IDV" in _text(award, "Contract Award Type").upper().split(),
        "description": joined([_text(award, "Description"), _label(award.get("PSC")), _label(award.get("NAICS"))]),
        "codes": _codes(_code(award.get("PSC")), _code(award.get("NAICS"))), "date": signed or start,
        "date_kind": "contract signed" if signed else "contract start" if start else "", "contract_date": signed,
    }  # fmt: skip


def _single(award: Mapping[str, Any]) -> dict[str, Any]:
    """One award as ``/awards/ID/`` answers it."""
    recipient, latest = _part(award, "recipient"), _part(award, "latest_transaction_contract_data")
    agency, signed = _part(_part(award, "awarding_agency"), "toptier_agency"), day(text(award.get("date_signed")))
    categories = recipient.get("business_categories") or []
    return {
        "transaction": _text(award, "generated_unique_award_id") or _text(award, "piid"), "supplier": _text(recipient, "recipient_name"),
        "natural": not _PERSON_CATEGORIES.isdisjoint(map(str, categories)) if isinstance(categories, list) else False,
        "ueis": [_text(recipient, "recipient_uei")], "buyer": _text(agency, "name"),
        "buyer_id": f"CGAC:{_text(agency, 'code')}" if _text(agency, "code") else "",
        "amount": number(award.get("total_obligation")), "frame": _text(award, "category").casefold() == "idv",
        "description": joined([_text(award, "description"), _text(latest, "product_or_service_description")]),
        "codes": _codes(_text(latest, "product_or_service_code"), _text(latest, "naics")),
        "date": signed, "date_kind": "contract signed" if signed else "", "contract_date": signed,
    }  # fmt: skip


def _part(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _text(value: Mapping[str, Any], name: str) -> str:
    return clean(text(value.get(name)))


def _code(value: Any) -> str:
    return _text(value, "code") if isinstance(value, dict) else clean(text(value))


def _label(value: Any) -> str:
    return _text(value, "description") if isinstance(value, dict) else ""


def _codes(psc: str, naics: str) -> list[str]:
    return [f"{scheme}:{code}" for scheme, code in (("PSC", psc), ("NAICS", naics)) if code]
