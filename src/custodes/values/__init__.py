"""The nouns of the house: frozen values and Arrow schemas, no behaviour beyond checks."""

from custodes.values.evidence import Break, Capture, Collector, Entry, Exchange, Origin
from custodes.values.finding import BANDS, FINDING_KINDS, FINDING_SCHEMA, GRADES, NAMED_KINDS, evidence_hash, finding_id
from custodes.values.place import CONTEXT, Place
from custodes.values.record import EVIDENCE, KINDS, OUTCOMES, REPORTED, SCHEMAS, batch_of, columns_used, key_of, kind_of, left_out

__all__ = [
    "BANDS", "CONTEXT", "EVIDENCE", "FINDING_KINDS", "FINDING_SCHEMA", "GRADES", "KINDS", "NAMED_KINDS", "OUTCOMES", "REPORTED", "SCHEMAS",
    "Break", "Capture", "Collector", "Entry", "Exchange", "Origin", "Place",
    "batch_of", "columns_used", "evidence_hash", "finding_id", "key_of", "kind_of", "left_out",
]  # fmt: skip
