"""The Consolidated Screening List of the US government as JSON: ``{"results": [...]}``, one object per entry, the same members as the CSV's columns.

Read element by element, so memory does not grow with the file. What an entry becomes: see ``list_us_csl``.

Source: https://www.trade.gov/consolidated-screening-list
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import pyarrow as pa

from custodes.records.json_rows import rows
from custodes.records.jsontext import text_of
from custodes.records.list_us_csl_entry import PERSONAL, USES, Listed, take
from custodes.records.rowstream import Account
from custodes.values import Origin

NAME = "us_csl_json"
KINDS: tuple[str, ...] = ("PARTY", "LISTING")

_SIGNS = ('"source"', '"source_list_url"', '"alt_names"', '"federal_register_notice"')
_USES = USES | {"id": "ignored: not stable between copies"}
_ADDRESS = ("address", "city", "state", "postal_code", "country")


def sniff(head: bytes, filename: str) -> bool:
    """Claims JSON with the screening list's own members."""
    if not head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith((b"{", b"[")):
        return False
    text = text_of(head)
    return all(sign in text for sign in _SIGNS)


def companions(filename: str) -> tuple[str, ...]:
    """The list is one file."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """PARTY and LISTING per entry that is an organisation's."""
    account, seen = Account(origin), Counter[str]()
    for place, value in _entries(streams[0], origin.path):
        if isinstance(value, str):
            account.reject(place, "", value)
        else:
            account.saw(value)
            take(account, NAME, seen, place, _listed(value))
        yield from account.full()
    yield from account.rest(_USES)


def _entries(stream: BinaryIO, where: str) -> Iterator[tuple[str, Mapping[str, Any] | str]]:
    """(place, entry or why it cannot be read); a short file comes whole, as one object with ``results``."""
    for place, value in rows(stream, where):
        if isinstance(value, str) or "results" not in value:
            yield place, value
            continue
        for number, one in enumerate(value["results"] if isinstance(value["results"], list) else ()):
            yield f"/results/{number}", one if isinstance(one, dict) else "not a JSON object"


def _listed(value: Mapping[str, Any]) -> Listed:
    cells = {name: _text(cell) for name, cell in value.items() if name not in ("alt_names", "addresses", "ids")}
    cells |= {name: "given" if value.get(name) else "" for name in PERSONAL}
    return Listed(cells, tuple(_list(value.get("alt_names"))), tuple(_addresses(value.get("addresses"))), tuple(_ids(value.get("ids"))))


def _text(cell: Any) -> str:
    if isinstance(cell, list):
        return "; ".join(str(part) for part in cell if part not in (None, ""))
    return "" if cell is None else str(cell).strip()


def _list(value: Any) -> list[str]:
    return [text for part in (value if isinstance(value, list) else [value]) if (text := _text(part))]


def _addresses(value: Any) -> Iterator[str]:
    for one in value if isinstance(value, list) else ():
        if isinstance(one, dict):
            yield ", ".join(text for name in _ADDRESS if (text := _text(one.get(name))))
        elif text := _text(one):
            yield text


def _ids(value: Any) -> Iterator[tuple[str, str]]:
    """Kind and value; either ``{"type", "number"}`` objects or texts ``kind, value, country``."""
    for one in value if isinstance(value, list) else ():
        if isinstance(one, dict):
            yield _text(one.get("type")), _text(one.get("number"))
        else:
            kind, _, rest = _text(one).partition(", ")
            yield kind, re.sub(r", [A-Z]{2}$", "", rest)
