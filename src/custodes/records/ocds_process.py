"""What all rows of one OCDS release share: its buyer, its parties, its texts and codes. The hot path of the reader: once per release."""

from __future__ import annotations

from collections.abc import Iterable

from custodes.records.ocds_shapes import Id, Item, Party, Release, Tender
from custodes.records.ocds_text import code_text, day, held_identifiers, identifiers, is_ceiling, joined_clean, named, plain_id, says_something

_NATURAL_SCALES = frozenset(("individual", "self-employed", "selfemployed", "natural person", "naturalperson", "person", "persona natural"))
_NATURAL_SCHEMES = frozenset(("MX-CURP", "PE-DNI", "CO-CC", "EC-CI", "PY-CI", "UY-CI", "DO-CED", "CR-CI", "CÉDULA DE CIUDADANÍA"))
_NONE: tuple[()] = ()


class Process:
    """One release and what its rows have in common."""

    __slots__ = ("_keys", "_parties", "buyer", "n", "ocid", "place", "release", "released")

    def __init__(self, release: Release, place: str, n: int) -> None:
        self.release, self.place, self.n = release, place, n
        ocid = release.ocid
        self.ocid = ocid if isinstance(ocid, str) else plain_id(ocid)
        self._keys: dict[tuple[str, str], int] = {}
        self.released = release.date or ""
        parties = release.parties
        self._parties = {party.id: party for party in parties} if parties else {}
        self.buyer = self._buyer(release)

    def _buyer(self, release: Release) -> tuple[str, str]:
        """The buyer; when it has no name, the party with that role or the procuring entity."""
        buyer = release.buyer
        if buyer is None or not buyer.name:
            found = self._parties.get(buyer.id) if buyer is not None and buyer.id else None
            found = found or next(iter(self.by_role("buyer")), None) or (release.tender.procuringEntity if release.tender else None)
            if found is None or not found.name or named(found.name)[1]:
                return "", ""
            buyer = found
        ids = _ids(self.party(buyer), buyer)
        return named(buyer.name)[0], ids[0] if ids else ""

    def by_role(self, role: str) -> list[Party]:
        """Parties with this role."""
        return [party for party in self.release.parties or _NONE if party.roles and role in party.roles]

    def party(self, reference: Party) -> Party:
        """The entry of ``parties`` that a reference means: same id, and the same name where both have one (ids such as ``1`` are not unique)."""
        found = self._parties.get(reference.id)
        if found is None or found is reference:
            return reference
        name = reference.name
        if not name or not found.name or found.name == name:
            return found
        same = (party for party in self.release.parties or _NONE if party.id == reference.id and party.name == name)
        return next(same, found if len(plain_id(reference.id)) > 3 else reference)

    def mark(self, transaction: str, supplier_id: Id, name: str) -> str:
        """What tells the suppliers of a transaction apart: a real id, else the name; from the second time on with a number."""
        mark = supplier_id if isinstance(supplier_id, str) else plain_id(supplier_id)
        if len(mark) <= 3:
            mark = name.casefold()
        times = self._keys[transaction, mark] = self._keys.get((transaction, mark), 0) + 1
        return mark if times == 1 else f"{mark}#{times}"

    def tagged(self, tag: str) -> bool:
        """Does the release carry this tag?"""
        tags = self.release.tag
        return tags is not None and tag in tags

    def dated(self) -> tuple[str, str]:
        """The release's date, the last resort."""
        date = day(self.released)
        return date, "release" if date else ""

    def is_framework(self, title: str | None) -> bool:
        """Is the amount a ceiling under which others will buy? A call-off from a framework is not."""
        tender = self.release.tender
        if tender is None:
            return is_ceiling(title or "")
        techniques = tender.techniques
        if tender.maxValue is not None or (techniques and (techniques.hasFrameworkAgreement or techniques.hasDynamicPurchasingSystem)):
            return True
        return is_ceiling(f"{tender.title or ''} | {title or ''}", tender.procurementMethodDetails or "")

    def text(self, own: list[str | None], items: Iterable[Item], lots: list[str] | None) -> tuple[str, list[str]]:
        """Description and codes: the tender's title and description, then the award's and contract's, then the items (else the tender's, by lot)."""
        tender = self.release.tender
        codes: list[str] = []
        parts = own
        if tender is not None:
            parts = [tender.title, tender.description]
            if tender.classification is not None or tender.additionalClassifications:
                _codes_of(tender, codes)
            if tender.lots and (lots or not own):
                parts += [t for lot in tender.lots if not lots or plain_id(lot.id) in lots for t in (lot.title, lot.description)]
            if not items and tender.items:
                items = [item for item in tender.items if item.relatedLot is None or plain_id(item.relatedLot) in lots] if lots else tender.items
            parts += own
        for item in items:
            if item.description:
                parts.append(item.description)
            if item.classification is not None or item.additionalClassifications:
                _codes_of(item, codes)
        return joined_clean(parts), list(dict.fromkeys(codes)) if len(codes) > 1 else codes


def _codes_of(part: Tender | Item, codes: list[str]) -> None:
    code = part.classification
    if code is not None and (text := code_text(code.scheme, code.id, code.schema)):
        codes.append(text)
    if part.additionalClassifications:
        codes += [text for code in part.additionalClassifications if (text := code_text(code.scheme, code.id, code.schema))]


def _ids(party: Party, reference: Party) -> tuple[str, ...]:
    """All identifiers, the registry's first: identifier, additional identifiers, and what the party id holds."""
    code, more = party.identifier, party.additionalIdentifiers
    party_id = reference.id or party.id
    held = held_identifiers(party_id, code.scheme, code.id) if code is not None else held_identifiers(party_id, None, None)
    if not more:
        return held
    return tuple(dict.fromkeys((*held, *(text for code in more if says_something(code.id) for text in identifiers(code.scheme or "", code.id)))))


def supplier_of(party: Party, reference: Party) -> tuple[str, tuple[str, ...], bool]:
    """Name, identifiers, and whether the supplier is a natural person. ``party``: the entry of ``parties`` that ``reference`` means."""
    published = reference.name or party.name
    name, natural = named(published) if published else ("", False)
    details, code = party.details, party.identifier
    if details is not None and details.scale:
        natural = natural or details.scale in _NATURAL_SCALES or details.scale.casefold() in _NATURAL_SCALES
    if code is not None and code.scheme:
        natural = natural or code.scheme in _NATURAL_SCHEMES
    return name, () if natural else _ids(party, reference), natural
