"""The parts of an OCDS release that we read, as typed structures, and the decoding of bytes into them.

One structure serves a release (1.0 and 1.1), a record, a release package and a record package: their members do not clash, and publishers mix them.
Members that are not named here are skipped by the decoder without being built; contact points and ``persones`` are never read at all.
Reference: Open Contracting Data Standard 1.1.5, https://standard.open-contracting.org/1.1/en/schema/reference/
"""

from __future__ import annotations

import msgspec

Id = str | int | None


class Value(msgspec.Struct, gc=False):
    """An amount of money; text and MongoDB's extended JSON occur and are understood by :func:`custodes.records.ocds_mend.number`."""

    amount: float | str | dict[str, str | float | None] | None = None
    currency: str | None = None


class Code(msgspec.Struct, gc=False):
    """A classification or an identifier. ``schema`` is the misspelling of ``scheme`` in the data of Paraguay."""

    scheme: str | None = None
    id: Id = None
    schema: str | None = None


class Item(msgspec.Struct, gc=False):
    """Something bought."""

    description: str | None = None
    classification: Code | None = None
    additionalClassifications: list[Code] | None = None
    relatedLot: Id = None


class Lot(msgspec.Struct, gc=False):
    """A part of a tender that is awarded by itself."""

    id: Id = None
    title: str | None = None
    description: str | None = None


class Details(msgspec.Struct, gc=False):
    """What the party says about its size; ``individual`` and the like mean a natural person."""

    scale: str | None = None


class Party(msgspec.Struct, gc=False):
    """An organisation: an entry of ``parties`` (1.1), a reference to one, or one written out in place (1.0)."""

    id: Id = None
    name: str | None = None
    identifier: Code | None = None
    additionalIdentifiers: list[Code] | None = None
    roles: list[str] | None = None
    details: Details | None = None


class Framework(msgspec.Struct, gc=False):
    """Techniques of a tender (the EU extension). Any framework agreement makes the amount a ceiling."""

    hasFrameworkAgreement: bool | None = None
    hasDynamicPurchasingSystem: bool | None = None


class Tender(msgspec.Struct, gc=False):
    """The tender section."""

    id: Id = None
    title: str | None = None
    description: str | None = None
    status: str | None = None
    procuringEntity: Party | None = None
    items: list[Item] | None = None
    lots: list[Lot] | None = None
    classification: Code | None = None
    additionalClassifications: list[Code] | None = None
    value: Value | None = None
    maxValue: Value | None = None
    procurementMethodDetails: str | None = None
    techniques: Framework | None = None


class Award(msgspec.Struct, gc=False):
    """An award."""

    id: Id = None
    title: str | None = None
    description: str | None = None
    status: str | None = None
    date: str | None = None
    value: Value | None = None
    maxValue: Value | None = None
    suppliers: list[Party] | None = None
    items: list[Item] | None = None
    relatedLots: list[str] | None = None


class Contract(msgspec.Struct, gc=False):
    """A contract; ``suppliers`` is an extension."""

    id: Id = None
    awardID: Id = None
    title: str | None = None
    description: str | None = None
    status: str | None = None
    value: Value | None = None
    items: list[Item] | None = None
    dateSigned: str | None = None
    suppliers: list[Party] | None = None


class Release(msgspec.Struct, gc=False):
    """A release, a record or a package, as the members that are there tell."""

    ocid: Id = None
    id: Id = None
    date: str | None = None
    tag: list[str] | None = None
    url: str | None = None
    buyer: Party | None = None
    parties: list[Party] | None = None
    tender: Tender | None = None
    awards: list[Award] | None = None
    contracts: list[Contract] | None = None
    planning: msgspec.Raw = msgspec.Raw()
    releases: list[Release] | None = None
    records: list[Release] | None = None
    compiledRelease: Release | None = None
    versionedRelease: msgspec.Raw = msgspec.Raw()

