"""From one OCDS release to PURCHASE rows: one row per award and supplier.

The amount of an award stands on the row of its first supplier that is not left out; the other rows of the award have none, so sums are right and each
supplier can still be matched. A contract is joined to its award by ``awardID`` and gives the contract date, and the amount when the award has none;
a contract without its award makes rows of its own. A tender without any award is one row without a supplier. See ``docs/readers/ocds.md``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from custodes.records.ocds_mend import number
from custodes.records.ocds_process import Process, supplier_of
from custodes.records.ocds_shapes import Award, Contract, Party, Release, Value
from custodes.records.ocds_text import day, plain_id

OWN = ("key", "supplier", "supplier_ids", "amount")
"""What a row of :class:`Rows` holds for itself. ``key`` is the text of which :mod:`custodes.records.ocds_columns` makes the record key."""
SHARED = (
    "buyer", "buyer_id", "description", "codes", "currency", "amount_kind", "date", "date_kind", "contract_date", "ocid", "transaction", "origin_at",
    "released", "release_n",
)  # fmt: skip
"""What all rows of one award have in common. ``released`` and ``release_n`` tell which release of a process is the newest."""

PERSON = "natural person"
TENDER = "\0tender"
"""What stands for the award id of a tender where releases are compared."""
LIMIT = 1e19
"""Amounts beyond this do not fit the money column."""

_DEAD = {"cancelled": "the award was cancelled", "unsuccessful": "the award was unsuccessful"}
_DEAD_TENDER = {"cancelled": "the tender was cancelled", "unsuccessful": "the tender was unsuccessful", "withdrawn": "the tender was withdrawn"}
_NONE: tuple[()] = ()
_NOBODY = Party()

Own = tuple[str, str, tuple[str, ...], float | None]
Shared = tuple[str, str, str, list[str], str, str, str, str, str, str, str, str, str, int]
_Facts = tuple[str, list[str], str, str, str, str, str, str]
"""Description, codes, amount_kind, date, date_kind, contract_date, transaction, origin_at."""


class Rows:
    """Collects rows, rejects and counts of what was left out, release by release. The n-th of ``own`` and of ``shared`` make the n-th row."""

    def __init__(self, currency: str = "") -> None:
        self.own: list[Own] = []
        self.shared: list[Shared] = []
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
        process = Process(release, place, self.releases)
        ocid = process.ocid
        if ocid:
            mark = hash(ocid)
            if mark in self.seen:
                self.again.add(ocid)
            else:
                self.seen.add(mark)
        if release.awards:
            self._awards(process, release.awards, release.contracts)
        elif release.contracts:
            self._contracts(process, enumerate(release.contracts))
        else:
            self._tender(process)

    # ---- awards ---------------------------------------------------------------------------------------------------------------------------

    def _awards(self, process: Process, awards: list[Award], contracts: list[Contract] | None) -> None:
        joined_to, alone = _join(awards, contracts) if contracts else ({}, _NONE)
        cancelled = process.tagged("awardCancellation")
        for n, award in enumerate(awards):
            award_id, status = plain_id(award.id), award.status
            suppliers = award.suppliers or (process.by_role("supplier") if len(awards) == 1 else _NONE)
            if cancelled or (status is not None and status.casefold() in _DEAD):
                self.left_out[_DEAD.get((status or "").casefold(), _DEAD["cancelled"])] += max(1, len(suppliers))
                self.struck.append((process.ocid, award_id, process.released, process.n))
            else:
                self._award(process, n, award, award_id, suppliers, joined_to.get(n, _NONE))
        if alone:
            self._contracts(process, alone)

    def _award(self, process: Process, n: int, award: Award, award_id: str, suppliers: Iterable[Party], contracts: Iterable[Contract]) -> None:
        value, kind = award.value, "award"
        if value is None or value.amount is None:
            summed = _sum_of(contracts)
            value, kind = (summed, "contract") if summed else (award.maxValue, "framework ceiling") if award.maxValue else (value, kind)
        if award.maxValue is not None or process.is_framework(award.title):
            kind = "framework ceiling"
        signed, awarded = "", day(award.date)
        own, items = [award.title, award.description], award.items or _NONE
        if contracts:
            signed = min(filter(None, (day(c.dateSigned) for c in contracts)), default="")
            for contract in contracts:
                own += (contract.title, contract.description)
                items = [*items, *contract.items] if contract.items else items
        date, date_kind = (signed, "contract signed") if signed else (awarded, "award") if awarded else process.dated()
        text, codes = process.text(own, items, award.relatedLots)
        self._suppliers(process, suppliers, value, (text, codes, kind, date, date_kind, signed, award_id, f"{process.place}/awards/{n}"))

    def _contracts(self, process: Process, contracts: Iterable[tuple[int, Contract]]) -> None:
        for n, contract in contracts:
            if (contract.status or "").casefold() == "cancelled":
                self.left_out["the contract was cancelled"] += 1
                self.struck.append((process.ocid, plain_id(contract.awardID or contract.id), process.released, process.n))
                continue
            signed = day(contract.dateSigned)
            date, date_kind = (signed, "contract signed") if signed else process.dated()
            text, codes = process.text([contract.title, contract.description], contract.items or _NONE, None)
            kind = "framework ceiling" if process.is_framework(contract.title) else "contract"
            transaction = plain_id(contract.awardID) or plain_id(contract.id)
            facts = (text, codes, kind, date, date_kind, signed, transaction, f"{process.place}/contracts/{n}")
            self._suppliers(process, contract.suppliers or process.by_role("supplier"), contract.value, facts)

    def _suppliers(self, process: Process, suppliers: Iterable[Party], value: Value | None, facts: _Facts) -> None:
        """A row per supplier; the amount on the first. A natural person is left out, an amount that cannot be read is a reject."""
        text, codes, kind, date, date_kind, signed, transaction, place = facts
        amount, currency = _money(value, self._currency)
        if amount is not None and not -LIMIT < amount < LIMIT:
            for _ in suppliers or (None,):
                self.reject(place, "value/amount", "the amount is not a number, or larger than the money column holds")
            return
        ocid, (buyer, buyer_id) = process.ocid, process.buyer
        shared = (buyer, buyer_id, text, codes, currency, kind, date, date_kind, signed, ocid, transaction, place, process.released, process.n)
        # Without an ocid the release's id, the text and the date take its place.
        process_key = ocid or f"\x1f{plain_id(process.release.id)}"
        end = "" if ocid else f"\x1f{text.casefold()}\x1f{date}"
        for supplier in suppliers or (_NOBODY,):
            name, ids, natural = supplier_of(process.party(supplier), supplier)
            if natural:
                self.left_out[PERSON] += 1
                continue
            self.own.append((f"ocds\x1f{process_key}\x1f{transaction}\x1f{process.mark(transaction, supplier.id, name)}{end}", name, ids, amount))
            self.shared.append(shared)
            amount = None

    # ---- tenders --------------------------------------------------------------------------------------------------------------------------

    def _tender(self, process: Process) -> None:
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
        text, codes = process.text([], _NONE, None)
        date, date_kind = process.dated()
        self._suppliers(process, _NONE, tender.value, (text, codes, "tender", date, date_kind, "", "", f"{process.place}/tender"))

    def _empty(self, process: Process) -> None:
        release = process.release
        if release.url and not process.ocid:
            self.reject(process.place, "url", "a linked release: the file holds its address only; gather that address")
        elif not process.ocid:
            self.reject(process.place, "", "not an OCDS release: no ocid, tender, award or contract")
        else:
            self.left_out["a release without tender, award or contract"] += 1


def _money(value: Value | None, fallback: str) -> tuple[float | None, str]:
    """Amount (None: not published; NaN: not a number) and currency."""
    if value is None:
        return None, fallback
    amount, currency = value.amount, value.currency
    return amount if amount.__class__ is float else number(amount), (currency or fallback).strip().upper()


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
