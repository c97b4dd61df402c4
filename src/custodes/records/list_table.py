"""A plain list of parties: CSV or JSON lines with ``party_id`` and ``name``, one row per name.

    party_id,name,country
    E1,"Acme Cameras Co., Ltd.",CN
    E1,Acme Cam,CN

Optional columns: ``country`` (ISO 3166 alpha-2), ``kind`` (primary, alias, weak ...), ``maker_id``, ``identifiers`` (``scheme:number ; scheme:number`` or a
JSON list of ``{scheme, id}``) and columns that are named like a register (``company_number``, ``lei``, ``uscc`` ...). For ``custodes screen --against``. Each row gives one
PARTY with one name; rows of one ``party_id`` are one party. A file with ``id,name`` is a list of questions, not of parties, and is not claimed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import pyarrow as pa

from custodes.records.list_names import named_person, script_of
from custodes.records.rowstream import Account, header, rows
from custodes.values import Origin, key_of

NAME = "party_table"
KINDS: tuple[str, ...] = ("PARTY",)

_USES = {"party_id": "party_id", "name": "name", "country": "country", "kind": "names.kind", "maker_id": "maker_id"}
_REGISTERS = (
    "company_number", "registration_number", "lei", "tax_number", "vat_number", "uscc", "ogrn", "inn", "stock_code", "isin", "duns", "uei",
)  # fmt: skip
_USES |= dict.fromkeys(("identifiers", *_REGISTERS), "identifiers")


def sniff(head: bytes, filename: str) -> bool:
    """Claims a table whose header has ``party_id`` and ``name``."""
    return {"party_id", "name"} <= set(header(head))


def companions(filename: str) -> tuple[str, ...]:
    """A list of parties stands alone."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """PARTY per row; rows without id or name are rejected, natural persons left out, equal rows in a row counted once."""
    account = Account(origin)
    before: tuple[str, str] = ("", "")
    for row in rows(streams[0], origin.path):
        account.saw(row.cells)
        pair = (_text(row.cells.get("party_id")), _text(row.cells.get("name")))
        if row.fault:
            account.reject(row.place, "", row.fault)
        elif not row.cells:
            account.blank()
        elif not pair[0] or not pair[1]:
            account.reject(row.place, "party_id" if not pair[0] else "name", "empty, but every party needs an id and a name")
        elif named_person(pair[1]):
            account.leave_out("natural person")
        elif pair == before:
            account.leave_out("the same party and name as the row before")
        else:
            account.add("PARTY", row.place, _party(*pair, row.cells))
        before = pair
        yield from account.full()
    yield from account.rest(_USES)


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _identifiers(cells: Mapping[str, Any]) -> list[str]:
    """``scheme:number`` of every number that a row gives."""
    value = cells.get("identifiers")
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            value = []
    parts = value if isinstance(value, list) else _text(value).split(" ; ")
    texts = [f"{part.get('scheme') or ''}:{part.get('id') or ''}" if isinstance(part, dict) else _text(part) for part in parts]
    return sorted({text for text in texts if text.strip(":")} | {f"{name}:{number}" for name in _REGISTERS if (number := _text(cells.get(name)))})


def _party(party_id: str, name: str, cells: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "record_key": key_of("PARTY", "party_table", party_id, name),
        "party_id": party_id,
        "maker_id": _text(cells.get("maker_id")),
        "name": name,
        "names": [{"name": name, "kind": _text(cells.get("kind")) or "name", "script": script_of(name)}],
        "country": _text(cells.get("country")).upper(),
        "identifiers": _identifiers(cells),
        "source": "party_table",
    }
