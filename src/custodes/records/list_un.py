"""The consolidated list of the UN Security Council as XML: individuals, who are left out, and entities.

An ENTITY has its permanent reference number (``CDe.001``), names, the day it was listed and the committee. One that the committee delisted is not in the file
any more. ``LAST_DAY_UPDATED`` says when the entry was amended. Names the committee calls low quality are weak names.

Source: https://scsanctions.un.org/resources/xml/en/consolidated.xml
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import BinaryIO
from xml.etree.ElementTree import Element

import pyarrow as pa

from custodes.records.list_entries import ALIAS, FORMER, OFFICIAL, PERSON, WEAK, Entry, country_code, iso, put
from custodes.records.list_tree import at, elements, said, text, texts
from custodes.records.rowstream import Account
from custodes.values import Origin

NAME = "un_sc"
KINDS: tuple[str, ...] = ("PARTY", "LISTING")
CODE = "UN-SC"

_KINDS = {"f.k.a.": FORMER, "low": WEAK}
_NOT_NEEDED = "ignored: not needed to tell a party"
_USES = {
    "FIRST_NAME": "name, listed_name", "NAME_ORIGINAL_SCRIPT": "names", "ENTITY_ALIAS/ALIAS_NAME": "names", "ENTITY_ALIAS/QUALITY": "names.kind",
    "REFERENCE_NUMBER": "party_id, identifiers", "DATAID": "identifiers", "LISTED_ON": "designated", "UN_LIST_TYPE": "note, citation", "COMMENTS1": "note",
    "LAST_DAY_UPDATED/VALUE": "note", "ENTITY_ADDRESS/COUNTRY": "country", "DELISTED_ON": "ended", "SUBMITTED_ON": "note",
    **{f"ENTITY_ADDRESS/{name}": _NOT_NEEDED for name in ("STREET", "CITY", "STATE_PROVINCE", "ZIP_CODE", "NOTE")},
    **dict.fromkeys(("ENTITY_ALIAS", "ENTITY_ADDRESS", "LIST_TYPE", "LAST_DAY_UPDATED"), "used by its parts"),
    **dict.fromkeys(("VERSIONNUM", "SORT_KEY", "SORT_KEY_LAST_MOD", "LIST_TYPE/VALUE", "ENTITY_ALIAS/NOTE", "NAME_ORIGINAL_SCRIPT/NOTE"), _NOT_NEEDED),
}  # fmt: skip


def sniff(head: bytes, filename: str) -> bool:
    """Claims XML whose root is the list's."""
    return bool(re.search(rb"<(?:\w+:)?CONSOLIDATED_LIST[\s>]", head[:4096]))


def companions(filename: str) -> tuple[str, ...]:
    """The list is one file."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """PARTY and LISTING per entity."""
    account, seen = Account(origin), Counter[str]()
    for place, node in elements(streams[0], origin.path, frozenset({"ENTITY", "INDIVIDUAL"})):
        if not place:
            continue
        if place.rpartition("/")[2].startswith("INDIVIDUAL"):
            account.leave_out(PERSON)
            continue
        said(account, node)
        name, reference = text(node, "FIRST_NAME"), text(node, "REFERENCE_NUMBER")
        if name and reference:
            put(account, NAME, seen, place, _entry(node, name, reference))
        else:
            account.reject(place, "FIRST_NAME" if reference else "REFERENCE_NUMBER", "empty")
        yield from account.full()
    yield from account.rest(_USES)


def _entry(node: Element, name: str, reference: str) -> Entry:
    names = [(part, OFFICIAL) for part in re.split(r"\s+;\s+", name)] + [(part, OFFICIAL) for part in texts(node, "NAME_ORIGINAL_SCRIPT")]
    for alias in at(node, "ENTITY_ALIAS"):
        names += [(part, _KINDS.get(text(alias, "QUALITY").lower(), ALIAS)) for part in texts(alias, "ALIAS_NAME")]
    countries = (country_code(part) for part in texts(node, "ENTITY_ADDRESS/COUNTRY"))
    committee, updated = text(node, "UN_LIST_TYPE"), texts(node, "LAST_DAY_UPDATED/VALUE")
    note = (f"committee: {committee}" if committee else "", f"amended: {', '.join(updated)}" if updated else "", text(node, "COMMENTS1"))
    dataid = text(node, "DATAID")
    return Entry(
        f"{CODE}:{reference}", CODE, tuple(names), country=next((code for code in countries if code), ""),
        identifiers=(f"UNSC:{reference}", *([f"UN-DATAID:{dataid}"] if dataid else [])), designated=iso(text(node, "LISTED_ON")), ended=iso(text(node, "DELISTED_ON")),
        citation=f"UN Security Council Consolidated List, {reference}", note=" ; ".join(filter(None, note)), effect="asset freeze", listed_name=name,
    )  # fmt: skip
