"""From what a device said to DEVICE rows: what all device readers share.

A parser of ours turns an answer into *facts*: a mapping whose keys are columns of DEVICE (``brand``, ``host``, ``observed`` ...) or names of EVIDENCE
(``sadp``, ``http_server`` ...). Columns hold our reading of it; ``evidence`` holds what was said, word for word. ``model``, ``brand``, ``mac``, ``serial``
and ``firmware`` are columns; a source that states them plainly (a register, a lease table) gives them under ``plain`` too and they enter the evidence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson
import pyarrow as pa

from custodes.records.device_words import clean, mac_of, nothing
from custodes.records.rowstream import Account
from custodes.values import EVIDENCE, Origin, columns_used, key_of

Facts = dict[str, Any]
PLAIN = ("model", "brand", "mac", "serial", "firmware")
BANNERS = ("http_server", "www_authenticate", "html_title", "rtsp_server", "rtsp_www_authenticate", "rtsp_public", "tls_subject", "telnet", "ftp", "snmp_sysdescr", "scanner_says")
_COLUMNS = ("site", *PLAIN, "observer", "observed", "device_id", "host", "behind", "product_class")
_NAMES = frozenset(EVIDENCE)
MEMBERS = 200
"""Members kept of one object of a device's own fields."""


class Devices:
    """The rows of one file and the account of the rest. ``reader``: its name, part of every record key; ``observer``: who saw, unless the facts say."""

    def __init__(self, origin: Origin, reader: str, observer: str) -> None:
        self.account = Account(origin)
        self._origin, self._reader, self._observer = origin, reader, observer
        self._keys = Counter[tuple[str, ...]]()
        self._dropped = Counter[str]()

    def add(self, place: str, facts: Mapping[str, Any]) -> None:
        """One device. Rejected when the facts hold nothing that could tell it or what it is."""
        row: dict[str, Any] = {name: clean(facts.get(name)) for name in _COLUMNS}
        row["mac"] = mac_of(row["mac"])
        row["observer"] = row["observer"] or self._observer
        row["body"] = self._origin.entry.body or clean(facts.get("body")) or self._origin.folder_body
        evidence = evidence_of(facts, row)
        if not evidence and not any(row[name] for name in (*PLAIN, "device_id")):
            return self.account.reject(place, "", "nothing in it says which device, or what it is")
        row["count"] = facts.get("count")
        row["scopes"] = evidence.get("onvif_scopes", [])
        row["banners"] = [f"{name}: {evidence[name]}" for name in BANNERS if evidence.get(name)]
        row["evidence"] = text_of(evidence)
        row["record_key"] = self._key(row)
        return self.account.add("DEVICE", place, row)

    def _key(self, row: Mapping[str, Any]) -> str:
        """The strongest identity that the source gives (id, serial, MAC, address, else everything said), with a number among equals."""
        named = next(((name, row[name]) for name in ("device_id", "serial", "mac") if not nothing(row[name])), None)
        what = named or (("host", row["host"], row["behind"]) if row["host"] else ("evidence", row["brand"], row["model"], row["site"], row["evidence"]))
        parts = (self._reader, row["body"], *what)
        self._keys[parts] += 1
        return key_of("DEVICE", *parts, str(self._keys[parts]))

    def people(self, column: str, count: int = 1) -> None:
        """Cells of a column that named a person and were not kept."""
        self._dropped[column] += count

    def full(self) -> Iterator[pa.RecordBatch]:
        """Batches that have reached their size."""
        return self.account.full()

    def rest(self, uses: Mapping[str, str]) -> Iterator[pa.RecordBatch]:
        """The last batches and the account. ``uses``: element or column -> use; what is not in it is reported."""
        yield from self.account.rest(uses)
        if self._dropped:
            yield columns_used((f"{name} (cells naming a person)", "ignored: about natural persons", count) for name, count in sorted(self._dropped.items()))


def evidence_of(facts: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """The evidence among the facts, cleaned. Plain fields enter when the source states them plainly (``plain`` is true)."""
    found: dict[str, Any] = {}
    for name in facts:
        if name not in _NAMES:
            continue
        value = facts[name]
        if name in PLAIN:
            value = (row[name] or None) if facts.get("plain") else None
        if name == "ports":
            value = sorted({int(port) for port in value or () if 0 < int(port) < 65536})
        elif isinstance(value, Mapping):
            value = _object(value)
        elif isinstance(value, (list, tuple)):
            value = [text for text in (clean(item) for item in value[:MEMBERS]) if text]
        elif name != "favicon_mmh3":
            value = clean(value)
        if value not in ("", None, [], {}):
            found[name] = value
    return found


def _object(value: Mapping[Any, Any]) -> dict[str, Any]:
    members = ((clean(name), clean(item)) for name, item in list(value.items())[:MEMBERS])
    return {name: text for name, text in members if name and text}


def text_of(evidence: Mapping[str, Any]) -> str:
    """Evidence as JSON text with sorted keys; '' for none."""
    return orjson.dumps(evidence, option=orjson.OPT_SORT_KEYS).decode() if evidence else ""


def distinct(answers: Iterable[tuple[str, Facts]], devices: Devices, reason: str = "the same answer again") -> Iterator[tuple[str, Facts]]:
    """Answers without those that say what an earlier one of the file said; these are counted. Times of day do not make an answer different."""
    seen: set[bytes] = set()
    for place, facts in answers:
        said = orjson.dumps({k: v for k, v in facts.items() if k != "observed"}, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS, default=str)
        if said in seen:
            devices.account.leave_out(reason)
            continue
        seen.add(said)
        yield place, facts
