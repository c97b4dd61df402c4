"""From one OCDS release to PURCHASE rows: one row per award and supplier.

The amount of an award stands on the row of its first supplier that is not left out; the other rows of the award have none, so sums are right and each
supplier can still be matched. A contract is joined to its award by ``awardID`` and gives the contract date, and the amount when the award has none;
a contract without its award makes rows of its own. A tender without any award is one row without a supplier. See ``docs/readers/ocds.md``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from custodes.records.ocds_mend import number
from custodes.records.ocds_shapes import Award, Contract, Item, Party, Release, Tender, Value
from custodes.records.ocds_text import clean, code_text, day, identifiers, is_ceiling, joined, natural_name, party_identifiers, plain_id
from custodes.values import key_of

COLUMNS = (
    "record_key", "buyer", "buyer_id", "supplier", "supplier_id", "supplier_ids", "description", "codes", "amount", "currency", "amount_kind",
    "date", "date_kind", "contract_date", "ocid", "transaction", "origin_at", "released", "release_n",
)  # fmt: skip
"""What a row tuple of :class:`Rows` holds, in this order. ``released`` and ``release_n`` tell which release of a process is the newest."""

PERSON = "natural person"
TENDER = "\0tender"
"""What stands for the award id of a tender where releases are compared."""
LIMIT = 1e19
"""Amounts beyond this do not fit the money column."""

_NATURAL_SCALES = frozenset(("individual", "self-employed", "selfemployed", "natural person", "naturalperson", "person", "persona natural"))
_NATURAL_SCHEMES = frozenset(("MX-CURP", "PE-DNI", "CO-CC", "EC-CI", "PY-CI", "UY-CI", "DO-CED", "CR-CI", "CÉDULA DE CIUDADANÍA"))
_DEAD = {"cancelled": "the award was cancelled", "unsuccessful": "the award was unsuccessful"}
_DEAD_TENDER = {"cancelled": "the tender was cancelled", "unsuccessful": "the tender was unsuccessful", "withdrawn": "the tender was withdrawn"}
_NONE: tuple[()] = ()
_NO_IDS = ("", "0", "1", 0, 1)

Row = tuple[object, ...]


class Rows:
    """Collects rows, rejects and counts of what was left out, release by release."""

    def __init__(self, currency: str = "") -> None:
        self.rows: list[Row] = []
        self.rejects: list[tuple[str, str, str]] = []
        self.left_out: Counter[str] = Counter()
        self.blank = 0
        self.struck: list[tuple[str, str, str, int]] = []
        self.seen: set[int] = set()
        self.again: set[str] = set()
        self.releases = 0
        self._currency = currency

    def reject(self, place: str, column: str, reason: str) -> None:
        """Note a refused unit."""
        self.rejects.append((place.strip(), column, reason))

    def take(self, release: Release, place: str) -> None:
        """The rows of one release. ``place`` ends where a JSON pointer into the release can follow (``line 17 ``, ``/releases/17``)."""
        self.releases += 1
        process = _Process(release, place, self.releases)
        if process.ocid:
            mark = hash(process.ocid)
            if mark in self.seen:
                self.again.add(process.ocid)
            else:
                self.seen.add(mark)
        if release.awards:
            self._awards(process, release.awards, release.contracts or [])
        elif release.contracts:
            self._contracts(process, [(n, c) for n, c in enumerate(release.contracts)])
        else:
            self._tender(process)

    # ---- awards ---------------------------------------------------------------------------------------------------------------------------

    def _awards(self, process: _Process, awards: list[Award], contracts: list[Contract]) -> None:
        joined_to, alone = _join(awards, contracts) if contracts else ({}, _NONE)
        for n, award in enumerate(awards):
            award_id = plain_id(award.id)
            suppliers = award.suppliers or (process.by_role("supplier") if len(awards) == 1 else _NONE)
            status = (award.status or "").casefold()
            if status in _DEAD or process.tagged("awardCancellation"):
                self.left_out[_DEAD.get(status, _DEAD["cancelled"])] += max(1, len(suppliers))
                self.struck.append((process.ocid, award_id, process.released, process.n))
                continue
            self._award(process, n, award, award_id, suppliers, joined_to.get(n, _NONE))
        if alone:
            self._contracts(process, alone)

    def _award(self, process: _Process, n: int, award: Award, award_id: str, suppliers: Iterable[Party], contracts: Iterable[Contract]) -> None:
        value, kind = award.value, "award"
        if value is None or value.amount is None:
            summed = _sum_of(contracts)
            value, kind = (summed, "contract") if summed else (award.maxValue, "framework ceiling") if award.maxValue else (value, kind)
        if award.maxValue is not None or process.is_framework(award.title):
            kind = "framework ceiling"
        signed = min(filter(None, (day(c.dateSigned) for c in contracts)), default="") if contracts else ""
        awarded = day(award.date)
        date, date_kind = (signed, "contract signed") if signed else (awarded, "award") if awarded else process.dated()
        own = [award.title, award.description]
        items = award.items or ()
        for contract in contracts:
            own += (contract.title, contract.description)
            items = [*items, *(contract.items or ())]
        text, codes = process.text(own, items, award.relatedLots)
        rest = (text, codes, _currency(value, self._currency), kind, date, date_kind, signed, process.ocid, award_id, f"{process.place}/awards/{n}")
        self._suppliers(process, suppliers, value, rest)

    def _contracts(self, process: _Process, contracts: Iterable[tuple[int, Contract]]) -> None:
        for n, contract in contracts:
            if (contract.status or "").casefold() == "cancelled":
                self.left_out["the contract was cancelled"] += 1
                self.struck.append((process.ocid, plain_id(contract.awardID or contract.id), process.released, process.n))
                continue
            signed = day(contract.dateSigned)
            date, date_kind = (signed, "contract signed") if signed else process.dated()
            text, codes = process.text([contract.title, contract.description], contract.items or (), None)
            kind = "framework ceiling" if process.is_framework(contract.title) else "contract"
            transaction = plain_id(contract.awardID) or plain_id(contract.id)
            place = f"{process.place}/contracts/{n}"
            rest = (text, codes, _currency(contract.value, self._currency), kind, date, date_kind, signed, process.ocid, transaction, place)
            self._suppliers(process, contract.suppliers or process.by_role("supplier"), contract.value, rest)

    def _suppliers(self, process: _Process, suppliers: Iterable[Party], value: Value | None, rest: tuple[object, ...]) -> None:
        """A row per supplier; the amount on the first. A natural person is left out, an amount that cannot be read is a reject."""
        amount = None if value is None else value.amount if value.amount.__class__ is float else number(value.amount)
        if amount is not None and not -LIMIT < amount < LIMIT:
            for _ in suppliers or (None,):
                self.reject(str(rest[-1]), "value/amount", "the amount is not a number, or larger than the money column holds")
            return
        transaction, keys = str(rest[8]), process.keys
        for supplier in suppliers or (_NOBODY,):
            party = process.party(supplier)
            name, ids, natural = _supplier(party, supplier)
            if natural:
                self.left_out[PERSON] += 1
                continue
            mark = plain_id(supplier.id)
            mark = mark if len(mark) > 3 else name.casefold()
            times = keys[transaction, mark] = keys.get((transaction, mark), 0) + 1
            mark = mark if times == 1 else f"{mark}#{times}"
            key = key_of("ocds", process.ocid, transaction, mark) if process.ocid else self._key(process, transaction, mark, rest)
            self.rows.append((key, *process.buyer, name, ids[0] if ids else "", ids, *rest[:2], amount, *rest[2:], process.released, process.n))
            amount = None

    @staticmethod
    def _key(process: _Process, transaction: str, mark: str, rest: tuple[object, ...]) -> str:
        """A key without an ocid: the release's id, the text and the date take its place."""
        return key_of("ocds", "", plain_id(process.release.id), transaction, mark, str(rest[0]).casefold(), str(rest[4]))

    # ---- tenders --------------------------------------------------------------------------------------------------------------------------

    def _tender(self, process: _Process) -> None:
        tender = process.release.tender
        if process.tagged("planning") or (tender is None and len(bytes(process.release.planning)) > 2):
            self.left_out["planning: nothing is bought yet"] += 1
            return
        if tender is None:
            self._empty(process)
            return
        dead = _DEAD_TENDER.get((tender.status or "").casefold()) or (_DEAD_TENDER["cancelled"] if process.tagged("tenderCancellation") else "")
        if dead:
            self.left_out[dead] += 1
            self.struck.append((process.ocid, TENDER, process.released, process.n))
            return
        text, codes = process.text([], (), None)
        date, date_kind = process.dated()
        rest = (text, codes, _currency(tender.value, self._currency), "tender", date, date_kind, "", process.ocid, "", f"{process.place}/tender")
        self._suppliers(process, _NONE, tender.value, rest)

    def _empty(self, process: _Process) -> None:
        release = process.release
        if release.url and not process.ocid:
            self.reject(process.place, "url", "a linked release: the file holds its address only; gather that address")
        elif not process.ocid:
            self.reject(process.place, "", "not an OCDS release: no ocid, tender, award or contract")
        else:
            self.left_out["a release without tender, award or contract"] += 1


_NOBODY = Party()


class _Process:
    """What all rows of one release share."""

    __slots__ = ("_parties", "buyer", "keys", "n", "ocid", "place", "release", "released")

    def __init__(self, release: Release, place: str, n: int) -> None:
        self.release, self.place, self.n = release, place, n
        self.ocid = plain_id(release.ocid)
        self.keys: dict[tuple[str, str], int] = {}
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
            if found is None or not found.name or natural_name(clean(found.name)):
                return "", ""
            buyer = found
        ids = _ids(self.party(buyer), buyer)
        return clean(buyer.name), ids[0] if ids else ""

    def by_role(self, role: str) -> list[Party]:
        """Parties with this role."""
        return [party for party in self.release.parties or _NONE if party.roles and role in party.roles]

    def party(self, reference: Party) -> Party:
        """The entry of ``parties`` that a reference means: same id, and the same name where both have one (ids such as ``1`` are not unique)."""
        found = self._parties.get(reference.id)
        if found is None or found is reference:
            return reference
        if not reference.name or not found.name or found.name == reference.name:
            return found
        same = (party for party in self.release.parties or _NONE if party.id == reference.id and party.name == reference.name)
        return next(same, found if len(plain_id(reference.id)) > 3 else reference)

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
        text = title or ""
        if tender is not None:
            techniques = tender.techniques
            if tender.maxValue is not None or (techniques and (techniques.hasFrameworkAgreement or techniques.hasDynamicPurchasingSystem)):
                return True
            text = f"{tender.title or ''} | {text}"
        method = tender.procurementMethodDetails if tender is not None else None
        return is_ceiling(text, method or "")

    def text(self, own: list[str | None], items: Iterable[Item], lots: list[str] | None) -> tuple[str, list[str]]:
        """Description and codes: the tender's title and description, then the award's and contract's, then the items (else the tender's, by lot)."""
        tender = self.release.tender
        codes: list[str] = []
        parts: list[str | None] = []
        if tender is not None:
            parts += (tender.title, tender.description)
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
        return joined([clean(text) for text in dict.fromkeys(parts) if text]), list(dict.fromkeys(codes)) if len(codes) > 1 else codes


def _codes_of(part: Tender | Item, codes: list[str]) -> None:
    code = part.classification
    if code is not None and (text := code_text(code.scheme, code.id, code.schema)):
        codes.append(text)
    if part.additionalClassifications:
        codes += [text for code in part.additionalClassifications if (text := code_text(code.scheme, code.id, code.schema))]


def _ids(party: Party, reference: Party) -> tuple[str, ...]:
    """All identifiers, the registry's first: identifier, additional identifiers, and what the party id holds."""
    party_id, code = reference.id or party.id, party.identifier
    held = party_identifiers(party_id) if isinstance(party_id, str) else _NONE
    if code is not None and code.id is not None and code.id not in _NO_IDS:
        held = identifiers(code.scheme or "", code.id) + held
    for code in party.additionalIdentifiers or _NONE:
        if code.id is not None and code.id not in _NO_IDS:
            held += identifiers(code.scheme or "", code.id)
    return tuple(dict.fromkeys(held)) if len(held) > 1 else held


def _supplier(party: Party, reference: Party) -> tuple[str, tuple[str, ...], bool]:
    """Name, identifiers, and whether the supplier is a natural person."""
    name = clean(reference.name or party.name)
    natural = bool(name) and natural_name(name)
    if party.details is not None and party.details.scale:
        natural = natural or party.details.scale in _NATURAL_SCALES or party.details.scale.casefold() in _NATURAL_SCALES
    if party.identifier is not None and party.identifier.scheme:
        natural = natural or party.identifier.scheme in _NATURAL_SCHEMES
    return name, () if natural else _ids(party, reference), natural


def _currency(value: Value | None, fallback: str) -> str:
    return (value.currency or fallback).strip().upper() if value is not None else fallback


def _sum_of(contracts: Iterable[Contract]) -> Value | None:
    """The contracts' values together, when they are in one currency; None when there is none."""
    values = [c.value for c in contracts if c.value is not None and c.value.amount is not None]
    if not values or len({v.currency for v in values}) > 1:
        return None
    return values[0] if len(values) == 1 else Value(round(sum(number(v.amount) or 0.0 for v in values), 4), values[0].currency)


def _join(awards: list[Award], contracts: list[Contract]) -> tuple[dict[int, list[Contract]], list[tuple[int, Contract]]]:
    """Contracts by the place of their award, and those whose award is not here. One award and a contract without ``awardID`` belong together."""
    places = {plain_id(award.id): n for n, award in enumerate(awards)}
    found: dict[int, list[Contract]] = {}
    alone: list[tuple[int, Contract]] = []
    for n, contract in enumerate(contracts):
        award_id = plain_id(contract.awardID)
        place = places.get(award_id or plain_id(contract.id), 0 if len(awards) == 1 and not award_id else -1)
        if place >= 0:
            found.setdefault(place, []).append(contract)
        else:
            alone.append((n, contract))
    return found, alone
