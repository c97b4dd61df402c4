"""The record kinds as Arrow schemas, and how rows become batches that name their kind.

Every kind starts with ``record_key`` and ends with the origin: the SHA-256 of the file, its path inside the case, and the place in it
(``line 17``, ``sheet 'May', row 17`` or a JSON pointer). Dates are ISO dates or ISO intervals as text; empty text means unknown.
A PAGE is one captured document as text: ``capture`` is the SHA-256 of the payload the text was taken from, ``form`` source / rendered / file,
``status`` the HTTP status, ``readable`` yes / partly / no with ``unreadable`` saying what could not be read. ``starts`` to ``marks`` are the way
back from the text to these bytes, one entry per run of text that stands in one node as it is: its first code point in ``text``, its length, the node
(XPath of the element, for any but its first text node with ``/text()[2]``; ``line 7``; ``page 2``), the code points before it in the node, and what sort of text it is ('' running text, hidden, alt, title, description,
code; no entries at all: running text only). What lies between runs (blanks, line ends, cell borders) is ours.

A DEVICE is one device as one observer saw it. ``device_id``: the source's own id or asset tag; ``host``: the network address as seen; ``behind``: serial, MAC or
address of the recorder it is connected through; ``product_class``: what the source calls it, in our words (camera, recorder, switch, door, display, alarm, other), '' when it does not
say; ``evidence``: a JSON object with sorted keys, holding what the device or its owner said, word for word, under the names of :data:`EVIDENCE`.
A STATEMENT's ``details`` is a JSON object (or empty): what a promise or an event at a site says in fields (docs/decisions/0030).

Three further kinds tell what became of the rows that are not records: REJECT, LEFT_OUT and COLUMN (see ``docs/records.md``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

MONEY = pa.decimal128(24, 4)
TEXTS = pa.list_(pa.string())

_KEY = [("record_key", pa.string())]
_ORIGIN = [("origin_sha256", pa.string()), ("origin_file", pa.string()), ("origin_at", pa.string())]


def _text(*names: str) -> list[tuple[str, pa.DataType]]:
    return [(name, pa.string()) for name in names]


_COLUMNS: dict[str, list[tuple[str, pa.DataType]]] = {
    "PARTY": [
        *_text("party_id", "maker_id", "name"),
        ("names", pa.list_(pa.struct([("name", pa.string()), ("kind", pa.string()), ("script", pa.string()), ("alone", pa.string())]))),
        *_text("country"),
        ("identifiers", TEXTS),
        ("topics", TEXTS),
        *_text("source"),
    ],
    "LISTING": _text(
        "party_id", "maker_id", "list", "listed_name", "legal_effect", "ground", "ground_citation",
        "designated", "effective", "published", "first_seen", "ended", "citation", "note",
    ),
    "LINK": _text(
        "subject", "object", "relation", "region", "valid_from", "valid_to", "confidence", "publish", "citation", "note",
    ),
    "BODY": [
        *_text("body", "code", "body_kind"),
        ("names", TEXTS),
        *_text("valid_from", "valid_to", "predecessor", "successor", "information_law", "request_address", "citation"),
    ],
    "PURCHASE": [
        *_text("body", "body_from", "buyer", "buyer_id", "supplier", "supplier_id"),
        ("supplier_ids", TEXTS),
        *_text("description"),
        ("codes", TEXTS),
        ("amount", MONEY),
        *_text("currency", "amount_kind", "tax", "date", "date_kind", "contract_date", "ocid", "transaction"),
    ],
    "ANSWER": [
        *_text("body", "about", "asked", "answered", "state", "exemption"),
        ("makers", TEXTS),
        ("devices", pa.int64()),
        ("sites", pa.int64()),
        *_text("words", "url", "grade", "reference"),
    ],
    "STATEMENT": _text(
        "statement_id", "date", "date_precision", "speaker", "about", "statement_kind", "words", "citation", "url", "grade", "publish", "details",
    ),
    "DEVICE": [
        *_text("body", "site", "brand", "model", "mac", "serial", "firmware"),
        ("banners", TEXTS),
        ("scopes", TEXTS),
        *_text("observer", "observed"),
        ("count", pa.int64()),
        *_text("device_id", "host", "behind", "product_class", "evidence"),
    ],
    "SITE": [
        *_text("site_id", "body", "address", "area", "sensitivity", "contract_end"),
        ("devices", pa.int64()),
        ("unknown_make", pa.int64()),
        ("unit_cost", MONEY),
        *_text("currency", "deadline", "region", "window_from", "window_to"),
        ("depends_on", TEXTS),
        *_text("maker_id", "makers", "band", "controller", "network_state", "consent_from", "works_until", "visit", "removed_on", "isolated_on", "waived_until"),
        ("exit_cost", MONEY),
    ],
    "PAGE": [
        *_text("capture", "url", "title", "lang", "text", "captured", "form", "status", "media", "encoding", "extractor", "readable"),
        ("unreadable", TEXTS),
        ("starts", pa.list_(pa.int32())),
        ("sizes", pa.list_(pa.int32())),
        ("paths", TEXTS),
        ("offsets", pa.list_(pa.int32())),
        ("marks", TEXTS),
    ],
}  # fmt: skip

EVIDENCE: tuple[str, ...] = (
    "model", "brand", "mac", "serial", "firmware", "description", "host_name", "ports",
    "http_server", "www_authenticate", "html_title", "favicon_md5", "favicon_mmh3", "isapi_prefix",
    "rtsp_server", "rtsp_www_authenticate", "rtsp_public", "rtsp_path", "tls_subject", "telnet", "ftp", "snmp_sysdescr", "dhcp_vendor_class",
    "onvif_scopes", "onvif_device_information", "sadp", "dhip", "dahua1", "ssdp", "mdns", "other_discovery", "isapi_device_info", "nvr_channel", "nvr_protocol", "scanner_says",
)  # fmt: skip
"""Names in a DEVICE's ``evidence``. Text, except ``ports`` (open TCP ports, whole numbers), ``onvif_scopes`` (list of texts), ``favicon_mmh3`` (whole number) and the objects of the
device's own fields: ``onvif_device_information``, ``sadp``, ``dhip``, ``dahua1``, ``ssdp``, ``mdns``,
``other_discovery`` (its ``protocol`` names the maker whose it is), ``isapi_device_info``, ``nvr_channel``. ``scanner_says`` is what a scanner concluded (not what a device said)."""

KINDS: tuple[str, ...] = tuple(_COLUMNS)
"""The record kinds, in the order of DESIGN's table of nouns."""

OUTCOMES: tuple[str, ...] = ("REJECT", "LEFT_OUT", "COLUMN")
"""What became of the rest: rows refused, rows left out (counted per reason), and how each column or element was used."""

_OUTCOME_COLUMNS: dict[str, list[tuple[str, pa.DataType]]] = {
    "REJECT": _text("origin_file", "origin_at", "column", "reason"),
    "LEFT_OUT": [*_text("reason"), ("data_row", pa.bool_()), ("count", pa.int64())],
    "COLUMN": [*_text("column", "use"), ("filled", pa.int64())],
}


def _schema(kind: str) -> pa.Schema:
    fields = _OUTCOME_COLUMNS.get(kind) or [*_KEY, *_COLUMNS[kind], *_ORIGIN]
    return pa.schema(fields, metadata={b"kind": kind.encode()})


SCHEMAS: dict[str, pa.Schema] = {kind: _schema(kind) for kind in (*KINDS, *OUTCOMES)}
"""Arrow schema per kind; the kind stands in the schema's metadata."""

REPORTED = "not understood"
"""The ``use`` of a COLUMN that no rule uses and no rule ignores by name: shown in coverage for a person to look at."""


def kind_of(batch: pa.RecordBatch | pa.Schema) -> str:
    """The kind a batch names in its schema's metadata; ValueError when it names none."""
    schema = batch if isinstance(batch, pa.Schema) else batch.schema
    kind = str((schema.metadata or {}).get(b"kind", b"").decode())
    if kind not in SCHEMAS:
        raise ValueError(f"the batch names no known kind: {kind!r}")
    return kind


def batch_of(kind: str, rows: Sequence[Mapping[str, Any]]) -> pa.RecordBatch:
    """Rows (mappings from column to value) as a batch of ``kind``; a missing column is null for numbers and empty for text and lists."""
    schema = SCHEMAS[kind]
    arrays = [pa.array([_default(row.get(f.name), f.type) for row in rows], f.type) for f in schema]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _default(value: Any, dtype: pa.DataType) -> Any:
    if value is None:
        return "" if pa.types.is_string(dtype) else [] if pa.types.is_list(dtype) else None
    if pa.types.is_list(dtype) and pa.types.is_struct(dtype.value_type):
        names = [field.name for field in dtype.value_type]
        return [{name: item.get(name) or "" for name in names} for item in value]
    if pa.types.is_decimal(dtype):
        return Decimal(str(value)).quantize(Decimal("0.0001"))
    return value


def key_of(*parts: str) -> str:
    """A record key: 24 hex digits of BLAKE2b over the parts, joined by a character that no cell holds after normalising (U+001F)."""
    return hashlib.blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def left_out(counts: Mapping[tuple[str, bool], int]) -> pa.RecordBatch:
    """LEFT_OUT rows from ``{(reason, is a data row): count}``; a blank line or a heading is not a data row, a total is."""
    return batch_of("LEFT_OUT", [{"reason": r, "data_row": d, "count": n} for (r, d), n in sorted(counts.items()) if n])


def columns_used(uses: Iterable[tuple[str, str, int]]) -> pa.RecordBatch:
    """COLUMN rows from (column or element, use, filled cells); ``use`` is a field of ours, ``ignored: why`` or :data:`REPORTED`."""
    return batch_of("COLUMN", [{"column": c, "use": u, "filled": n} for c, u, n in uses])
