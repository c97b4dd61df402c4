"""Contracts Finder notices: the flattened notices of council archives (JSON lines or an array) and the CSV export of the website's search.

One row per notice and supplier. The suppliers of a flattened notice stand in one text, joined by commas without a blank; the export writes blocks,
``[name|address|COMPANIES_HOUSE|number|is SME|is VCSE][...]``. https://www.contractsfinder.service.gov.uk/
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import pyarrow as pa

from custodes.records import json_rows, rowstream
from custodes.records.jsontext import text_of
from custodes.records.ocds_mend import number, text
from custodes.records.ocds_text import clean, day, identifiers, is_ceiling, joined, natural_name
from custodes.records.rowstream import Account
from custodes.values import Origin, columns_used, key_of

NAME = "contracts_finder_notices"
KINDS: tuple[str, ...] = ("PURCHASE",)

SUPPLIERS = "supplier [name|address|ref type|ref number|is sme|is vcse]"
_EXPORT = {
    "notice identifier": "id", "organisation name": "organisation", "status": "status", "notice type": "notice_type",
    "published date": "published_date", "title": "title", "description": "description", "cpv codes": "cpv_codes",
    "value low": "value_low", "value high": "value_high",
    "awarded date": "awarded_date", "awarded value": "awarded_value", SUPPLIERS: "suppliers",
}  # fmt: skip
"""Columns of the search export (in lower case) -> our names, which are those of the flattened notices."""

_USES = {
    "id": "transaction", "title": "description", "description": "description", "organisation": "buyer", "status": "decides what the row is",
    "notice_type": "decides what the row is", "published_date": "date", "awarded_date": "date", "value_low": "amount of a tender",
    "value_high": "amount of a tender", "awarded_value": "amount", "awarded_supplier": "supplier", "suppliers": "supplier", "cpv_codes": "codes",
    **dict.fromkeys(("deadline_date", "closing date", "start date", "end date", "contract start date", "contract end date"), "ignored: other dates"),
    **dict.fromkeys(("awarded_to_sme", "suitable_for_sme", "suitable for sme", "suitable for vco", "suitable for vcse", "is sub-contract",
                     "parent reference", "supply chain", "ojeu contract type", "ojeu procedure type", "accelerated justification"),
                    "ignored: how it was tendered"),
    **dict.fromkeys(("cpv_description",), "ignored: the code's own label"),
    **dict.fromkeys(("region", "postcode", "nationwide"), "ignored: where it is delivered"),
    **dict.fromkeys(("url", "links", "attachments", "additional text", "_council"), "ignored: addresses and notes"),
    **dict.fromkeys(("contact name", "contact email", "contact address 1", "contact address 2", "contact town", "contact postcode", "contact country",
                     "contact telephone", "contact website", "supplier's contact name"), "ignored: personal data is never read"),
}  # fmt: skip

_NO_NAME = re.compile(
    r"(?:n/?a|none|nil|tb[ac]|unknown|various|multiple|several|numerous|see (?:attached|below|description)|withheld|confidential|yes|no|-+|\.+)"
    r"\W*$"
    r"|(?:various|multiple|several|numerous|many|\d+)\s+(?:suppliers?|providers?|contractors?|companies|organisations|firms|bidders|awards?)\b"
    r"|.*\b(?:abandoned|not awarded|no award|no suppliers?|no bids?|date now passed|notice expired|cancell?ed|withdrawn|event day|see attached"
    r"|spreadsheet|to be confirmed|lots? \d+ (?:to|and|-) \d+)\b"
    r"|[A-Z]{0,3}\d{4,}[A-Z]{0,3}$",
    re.I,
)
_LEGAL_FORM = re.compile(r"\b(?:ltd|limited|plc|llp|cic|inc)\.?$", re.I)
_TRADE_ONLY = re.compile(
    r"(?:\W|\b(?:ltd|limited|plc|llp|inc|llc|co|company|uk|group|and|sons?|fire|security|electrical|mechanical|plumbing|heating|gas|building|builders"
    r"|civils?|construction|engineering|contractors?|services?|systems|solutions|supplies|maintenance|cleaning|design|consult(?:ing|ants?))\b)+",
    re.I,
)
_CPV = re.compile(r"\d{8}")
_DATE = re.compile(r"(\d\d)/(\d\d)/(\d{4})")
_PLANNED = {"preprocurement", "pipeline", "early engagement", "future opportunity", "early engagement notice", "future opportunity notice"}


def sniff(head: bytes, filename: str) -> bool:
    """JSON with the members of a flattened notice, or a CSV whose first line has the columns of the search export."""
    start = text_of(head[:8192]).lstrip("\ufeff \r\n\t")
    if start[:1] in "{[":
        return '"awarded_supplier"' in text_of(head) and '"organisation"' in text_of(head) and '"notice_type"' in text_of(head)
    first = start.partition("\n")[0].casefold()
    return "notice identifier" in first and "organisation name" in first and "awarded" in first


def companions(filename: str) -> tuple[str, ...]:
    """None: each file stands alone."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """PURCHASE rows, then REJECT, LEFT_OUT and COLUMN. See ``docs/readers/contracts_finder_notices.md``."""
    account, notices = Account(origin), _Notices(origin)
    for place, row in _rows(streams[0], origin.path):
        if isinstance(row, str):
            account.reject(place, "", row)
        elif not row:
            account.blank()
        else:
            account.saw(row)
            notices.take(row, place, account)
            yield from account.full()
    yield from account.rest(_USES)
    if notices.no_names:
        yield columns_used([("awarded_supplier", "no name of a supplier: left empty", sum(notices.no_names.values()))])


def _rows(stream: BinaryIO, where: str) -> Iterator[tuple[str, dict[str, Any] | str]]:
    """(place, notice under our names, or the reason why it cannot be read)."""
    stream.seek(0)
    first = text_of(stream.read(256)).lstrip("\ufeff \r\n\t")[:1]
    stream.seek(0)
    if first in "{[":
        yield from json_rows.rows(stream, where)
        return
    for row in rowstream.rows(stream, where):
        yield row.place, row.fault or {_EXPORT.get(name, name): cell for name, cell in row.cells.items()}


@dataclass(frozen=True, slots=True)
class _Supplier:
    name: str
    ids: tuple[str, ...] = ()


class _Notices:
    """Notices to rows; remembers which notices it has seen, since archives of several councils repeat joint ones."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._seen: dict[str, set[str]] = {}
        self.no_names: Counter[str] = Counter()

    def take(self, row: Mapping[str, Any], place: str, account: Account) -> None:
        """Add the rows of one notice."""
        notice = {name: clean(text(value)) for name, value in row.items()}
        suppliers = self._suppliers(row, notice)
        reason = _left_out(notice) or self._repeated(notice)
        if reason:
            for _ in suppliers or (None,):
                account.leave_out(reason)
            return
        awarded = notice.get("status", "").casefold() == "awarded" or bool(suppliers)
        amount, column = _amount(row, awarded)
        if amount is not None and not abs(amount) < 1e19:
            account.reject(place, column, f"not an amount: {notice.get(column, '')[:60]}")
            return
        base = self._base(notice, awarded)
        for n, supplier in enumerate(suppliers or [_Supplier("")]):
            if supplier.name and natural_name(supplier.name):
                account.leave_out("natural person")
                continue
            account.add("PURCHASE", place, {**base, **self._supplier(base, supplier, n), "amount": None if amount is None else round(amount, 4)})
            amount = None

    def _base(self, notice: Mapping[str, str], awarded: bool) -> dict[str, Any]:
        """What all rows of a notice share."""
        buyer, entry = notice.get("organisation", ""), self._origin.entry
        body, body_from = (entry.body, "entry") if entry.body else (buyer, "column") if buyer else (self._origin.folder_body, "folder")
        date, kind = (_day(notice.get("awarded_date", "")), "award") if awarded else ("", "")
        if not date:
            date, kind = _day(notice.get("published_date", "")), "published"
        return {
            "body": body, "body_from": body_from if body else "", "buyer": buyer, "transaction": notice.get("id", ""),
            "description": joined([notice.get("title", ""), notice.get("description", "")]),
            "codes": [f"CPV:{code}" for code in dict.fromkeys(_CPV.findall(notice.get("cpv_codes", "")))],
            "currency": entry.currency or "GBP", "date": date, "date_kind": kind if date else "",
            "amount_kind": "tender" if not awarded else "framework ceiling" if is_ceiling(notice.get("title", "")) else "award",
        }  # fmt: skip

    @staticmethod
    def _supplier(base: Mapping[str, Any], supplier: _Supplier, n: int) -> dict[str, Any]:
        mark = supplier.name.casefold() or f"#{n}"
        key = key_of("contracts_finder", base["transaction"], mark) if base["transaction"] else key_of(
            "contracts_finder", "", mark, base["buyer"].casefold(), base["description"].casefold(), base["date"])  # fmt: skip
        return {"record_key": key, "supplier": supplier.name, "supplier_id": next(iter(supplier.ids), ""), "supplier_ids": list(supplier.ids)}

    def _suppliers(self, row: Mapping[str, Any], notice: Mapping[str, str]) -> list[_Supplier]:
        """Suppliers by name, each once; what is no name is counted."""
        packed = notice.get("suppliers", "")
        listed = clean(text(row.get("awarded_supplier"))) or packed
        found = _blocks(packed) if packed.startswith("[") else [_Supplier(name.strip()) for name in _names(listed)]
        kept: dict[str, _Supplier] = {}
        for supplier in found:
            if _NO_NAME.match(supplier.name) and not _LEGAL_FORM.search(supplier.name):
                self.no_names[supplier.name] += 1
            elif supplier.name:
                kept.setdefault(supplier.name.casefold(), supplier)
        return list(kept.values())

    def _repeated(self, notice: Mapping[str, str]) -> str:
        """A notice that stands in the file again word for word (but for the archive's own mark) counts once."""
        if not notice.get("id"):
            return ""
        mark = key_of(*(f"{name}={value}" for name, value in sorted(notice.items()) if not name.startswith("_")))
        seen = self._seen.setdefault(notice["id"], set())
        if mark in seen:
            return "the same notice stands earlier in the file"
        seen.add(mark)
        return ""


def _names(packed: str) -> list[str]:
    """Names joined by a comma without a blank behind it. A part made of words of a trade and a legal form only belongs to the name before.

    >>> _names("John Wade Groundworks Ltd, T/a Wade Group,Lea Hough,GHE Electrical,Fire & Security ltd")
    ['John Wade Groundworks Ltd, T/a Wade Group', 'Lea Hough', 'GHE Electrical,Fire & Security ltd']
    """
    names: list[str] = []
    for part in re.split(r",(?!\s)", packed):
        if names and _TRADE_ONLY.fullmatch(part):
            names[-1] += f",{part}"
        elif part.strip():
            names.append(part)
    return names


def _blocks(packed: str) -> list[_Supplier]:
    """``[name|address|COMPANIES_HOUSE|number|Yes|No]`` blocks; addresses are not read."""
    found = []
    for block in packed.strip("[] ").split("]["):
        cells = [*(cell.strip() for cell in block.split("|")), "", "", "", ""]
        ids = identifiers("GB-COH", cells[3]) if cells[2] == "COMPANIES_HOUSE" and cells[3] else ()
        found.append(_Supplier(cells[0], ids))
    return found


def _left_out(notice: Mapping[str, str]) -> str:
    if notice.get("status", "").casefold() == "withdrawn":
        return "the notice was withdrawn"
    if notice.get("notice_type", "").casefold() in _PLANNED and notice.get("status", "").casefold() != "awarded":
        return "planning: nothing is bought yet"
    return ""


def _amount(row: Mapping[str, Any], awarded: bool) -> tuple[float | None, str]:
    """Amount and the column it stands in; 0 means unknown. A tender's is the high end of its range, else the low one."""
    for column in ("awarded_value",) if awarded else ("value_high", "value_low"):
        if found := number(row.get(column)):
            return found, column
    return None, ""


def _day(published: str) -> str:
    """ISO dates and the export's dd/mm/yyyy."""
    match = _DATE.match(published)
    return day("-".join(reversed(match.groups()))) if match else day(published)
