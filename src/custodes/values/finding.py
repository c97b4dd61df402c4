"""A finding: what a record says about a maker, why, and how sure; its id and the hash of its evidence."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

FINDING_KINDS: dict[str, str] = {
    "supplier_listed": "The supplier bears the name of a listed maker or of a company of its own, or nearly that name",
    "product_named": "The text names a listed maker or a product of one",
    "maker_unknown": "A surveillance purchase whose record does not name the maker",
    "device_made_by": "A device, or the platform it is built on, comes from a listed maker",
    "body_says_holds": "A body says that it holds equipment of a listed maker",
    "use_reported": "A report says that equipment of a listed maker is in use; the body itself has not said so here",
    "page_markets": "A page markets a capability",
    "buyer_requires": "A buyer requires a capability",
    "claim_answered": "A claim was denied, corrected or withdrawn",
    "page_changed": "A page changed, moved or vanished",
}
"""Every kind of finding with its public explanation. ``maker_unknown`` is a question, never an accusation."""

NAMED_KINDS = ("supplier_listed", "product_named", "device_made_by", "body_says_holds", "use_reported")
BANDS = ("strong", "possible", "weak")
GRADES = ("captured", "recorded", "reported", "lead-only")
"""Evidence grades, strongest first: archived by us, in a public record we hold, in the press, only good for a look."""

_REASON = pa.struct([("rule", pa.string()), ("ours", pa.string()), ("theirs", pa.string()), ("words", pa.string())])

FINDING_SCHEMA = pa.schema(
    [
        ("finding_id", pa.string()),
        ("kind", pa.string()),
        ("record_kind", pa.string()),
        ("record_key", pa.string()),
        ("body", pa.string()),
        ("maker_id", pa.string()),
        ("party", pa.string()),
        ("link_path", pa.list_(pa.string())),
        ("score", pa.float64()),
        ("band", pa.string()),
        ("reasons", pa.list_(_REASON)),
        ("against", pa.list_(pa.string())),
        ("context", pa.list_(pa.string())),
        ("equipment", pa.string()),
        ("grounds", pa.list_(pa.string())),
        ("listed_on_date", pa.string()),
        ("listed_basis", pa.string()),
        ("listings", pa.list_(pa.string())),
        ("grade", pa.string()),
        ("publish", pa.string()),
        ("evidence_hash", pa.string()),
        ("supplier", pa.string()),
        ("description", pa.string()),
        ("codes", pa.list_(pa.string())),
        ("amount", pa.decimal128(24, 4)),
        ("currency", pa.string()),
        ("amount_kind", pa.string()),
        ("tax", pa.string()),
        ("date", pa.string()),
        ("date_kind", pa.string()),
        ("ocid", pa.string()),
        ("transaction", pa.string()),
        ("origin_sha256", pa.string()),
        ("origin_file", pa.string()),
        ("origin_at", pa.string()),
    ],
    metadata={b"kind": b"FINDING"},
)
"""One row per finding. ``reasons`` say which value of ours met which of theirs; ``against`` what spoke against; ``context`` what is known
beside it but proves nothing (a supplier that also sells a listed make). ``listed_on_date`` is yes / no / unknown and ``listed_basis`` says
which date of the listing met which date of the record. ``publish`` is yes / review / lead-only / no, the weakest on the link path."""


def finding_id(kind: str, record_key: str, party: str) -> str:
    """The id of a finding: the same on every run, engine and machine, because it hashes only what the finding is about."""
    text = json.dumps([kind, record_key, party], ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def evidence_hash(row: Mapping[str, Any], entries: Any, link_path: Any, rules: Any) -> str:
    """Hash of what a decision rests on: row values (never file, line or score), matched entries, link path, rule versions.

    ``row`` holds the values of the record; the rest are JSON-able. A decision is stale when this differs from what it froze.
    """
    text = json.dumps([dict(row), entries, link_path, rules], ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
