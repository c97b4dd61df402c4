"""What became of every element of an OCDS file: used for a field of ours, ignored by name, or reported.

Elements are counted on a sample (the first elements and some of every block), so that accounting costs little; the count is of the sample, and
an element that occurs outside the sample only is not listed. A path has no array positions: ``releases/tender/items/description``.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from custodes.values import REPORTED

PATHS = 4_000
"""Different paths that are listed; a hostile file can make up as many as it likes."""

_PERSONAL = "ignored: personal data is never read"
_CONTAINER = re.compile(r"^(?:releases/|records/|compiledRelease/)+")

_PARTY = {
    "": "supplier", "id": "supplier_ids", "name": "supplier", "identifier/id": "supplier_ids", "identifier/scheme": "supplier_ids",
    "additionalIdentifiers/id": "supplier_ids", "additionalIdentifiers/scheme": "supplier_ids",
}  # fmt: skip
_BUYER = {
    "": "buyer", "id": "buyer_id", "name": "buyer", "identifier/id": "buyer_id", "identifier/scheme": "buyer_id",
    "additionalIdentifiers/id": "buyer_id", "additionalIdentifiers/scheme": "buyer_id",
}  # fmt: skip
_CODES = {f"{name}/{part}": "codes" for name in ("classification", "additionalClassifications") for part in ("scheme", "id", "schema")}
_ITEM = {"description": "description", "relatedLot": "decides which items and lots an award is about", **_CODES}
_MONEY = {"value/amount": "amount", "value/currency": "currency", "maxValue/amount": "amount", "maxValue/currency": "currency"}
_TEXTS = {"title": "description", "description": "description"}
_STATUS = {"status": "decides whether the row is left out"}
_KIND = "decides the amount_kind"


def _under(prefix: str, *tables: dict[str, str]) -> dict[str, str]:
    return {f"{prefix}/{name}".rstrip("/"): use for table in tables for name, use in table.items()}


_ITEMS = {f"items/{name}": use for name, use in _ITEM.items()}
_USED: dict[str, str] = {
    "ocid": "ocid", "id": "tells releases apart", "date": "date", "tag": "decides what a row is", "url": "decides what a row is",
    "parties/roles": "decides who is buyer and supplier", "parties/details/scale": "decides who is a natural person",
    **_under("buyer", _BUYER), **_under("parties", _PARTY), **_under("tender/procuringEntity", _BUYER),
    **_under("tender", _TEXTS, _STATUS, _MONEY, _CODES, _ITEMS),
    **_under("tender/lots", _TEXTS, {"id": "decides which items and lots an award is about"}),
    "tender/procurementMethodDetails": _KIND, "tender/techniques/hasFrameworkAgreement": _KIND, "tender/techniques/hasDynamicPurchasingSystem": _KIND,
    **_under("awards", _TEXTS, _STATUS, _MONEY, _ITEMS), "awards/id": "transaction", "awards/date": "date", **_under("awards/suppliers", _PARTY),
    "awards/relatedLots": "decides which items and lots an award is about",
    **_under("contracts", _TEXTS, _STATUS, _MONEY, _ITEMS), "contracts/id": "transaction", "contracts/awardID": "transaction",
    "contracts/dateSigned": "contract_date", **_under("contracts/suppliers", _PARTY),
    "versionedRelease": "the newest value of each field, where there is no compiled release",
}  # fmt: skip
"""Path within a release -> the field of ours it goes into, or what it decides."""

_PACKAGE = "ignored: about the package"
_IGNORED_TOP = {
    **dict.fromkeys(
        ("uri", "version", "extensions", "publishedDate", "publisher", "license", "publicationPolicy", "packages", "generator"), _PACKAGE),
    "links": "ignored: the address of the next page of the interface; it is not followed",
    "language": "ignored: the language of the text", "initiationType": "ignored: always tender",
    "planning": "ignored: a plan buys nothing", "bids": "ignored: a bid buys nothing", "relatedProcesses": "ignored: other processes",
    "relatedProcess": "ignored: other processes",
    "title": "ignored: repeats the tender's", "description": "ignored: a note on the notice", "preQualification": "ignored: before the tender",
}  # fmt: skip
_IGNORED_PART = {
    **dict.fromkeys(("contactPoint", "additionalContactPoints", "persones", "beneficialOwners"), _PERSONAL),
    **dict.fromkeys(("documents", "additionalDocuments"), "ignored: documents are not fetched"),
    **dict.fromkeys(("address", "deliveryAddresses", "deliveryLocation", "deliveryAddress", "location"), "ignored: addresses"),
    **dict.fromkeys(("milestones", "implementation", "transactions", "guarantees"), "ignored: what happened during the contract"),
    **dict.fromkeys(("amendments", "amendment", "changes"), "ignored: the release itself holds the amended values"),
    **dict.fromkeys(
        ("contractPeriod", "tenderPeriod", "enquiryPeriod", "awardPeriod", "period", "contractTerms", "renewal", "options", "hasRenewal",
         "hasOptions", "hasRecurrence", "recurrence", "datePublished", "dateModified", "expirationDate", "lastUpdate", "bidOpening"),
        "ignored: other dates and terms"),
    **dict.fromkeys(("quantity", "unit", "deliveryPeriod"), "ignored: quantities and unit prices"),
    **dict.fromkeys(("minValue", "valueyear", "amountyear", "exchangeRate", "dateexchangeRate", "multiYear", "budget"), "ignored: other amounts"),
    **dict.fromkeys(
        ("procurementMethod", "procurementMethodRationale", "procurementMethodRationaleClassifications", "mainProcurementCategory",
         "additionalProcurementCategories", "awardCriteria", "awardCriteriaDetails", "submissionMethod", "submissionMethodDetails",
         "submissionmethoddetails",
         "submissionTerms", "eligibilityCriteria", "selectionCriteria", "suitability", "hasEnquiries", "enquiries", "numberOfTenderers", "tenderers",
         "coveredBy", "legalBasis", "lotGroups", "lotDetails", "secondStage", "otherRequirements", "reviewDetails", "crossBorderLaw",
         "participationFees",
         "communication", "techniques", "electronicAuction", "frameworkAgreement", "exclusionGrounds", "procedure", "statusDetails"),
        "ignored: how it was tendered"),
    **dict.fromkeys(("details",), "ignored: what a party says about itself"),
    **dict.fromkeys(("legalName", "uri", "url"), "ignored: repeats name or id"),
    **dict.fromkeys(("releaseID", "releaseDate", "releaseTag"), "ignored: about the version"),
}  # fmt: skip


def use_of(path: str) -> str:
    """What is done with an element.

    >>> use_of("releases/tender/title"), use_of("releases/parties/contactPoint/email"), use_of("releases/plataforma")
    ('description', 'ignored: personal data is never read', 'not understood')
    """
    inner = _CONTAINER.sub("", path)
    parts = inner.split("/")
    ignored = next((_IGNORED_PART[part] for part in parts if part in _IGNORED_PART and _IGNORED_PART[part] == _PERSONAL), None)
    if ignored or inner in _USED:
        return ignored or _USED[inner]
    if parts[0] == "versionedRelease":
        return _USED["versionedRelease"]
    if parts[0] in _IGNORED_TOP:
        return _IGNORED_TOP[parts[0]]
    if parts[-1] in ("id", "relatedLot") and parts[0] in ("tender", "contracts", "awards"):
        return "ignored: an id within the release"
    if "classification" in path.casefold():
        label = parts[-1] in ("description", "uri")
        return "ignored: the code's own label" if label else "ignored: classifies the party" if parts[0] == "parties" else "codes"
    return next((_IGNORED_PART[part] for part in parts if part in _IGNORED_PART), REPORTED)


class Elements:
    """Counts element paths of the sampled releases."""

    def __init__(self) -> None:
        self._filled: Counter[str] = Counter()
        self.blocks = 0

    def note(self, value: Any, prefix: str) -> None:
        """Count every path of a plain JSON value below ``prefix``. Personal data is named as a whole, never looked into."""
        if isinstance(value, dict):
            for name, member in value.items():
                path = f"{prefix}/{name}" if prefix else str(name)
                if _IGNORED_PART.get(str(name)) == _PERSONAL or name == "versionedRelease":
                    self._count(path)
                elif member not in (None, "", [], {}):
                    self.note(member, path)
        elif isinstance(value, list):
            for entry in value:
                self.note(entry, prefix)
        elif value is not None:
            self._count(prefix)

    def _count(self, path: str) -> None:
        if path in self._filled or len(self._filled) < PATHS:
            self._filled[path] += 1

    def uses(self) -> list[tuple[str, str, int]]:
        """(path, use, filled in the sample), sorted by path."""
        return [(path, use_of(path), count) for path, count in sorted(self._filled.items())]
