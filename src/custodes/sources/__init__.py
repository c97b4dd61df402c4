"""Bytes: inputs kept by hash, opened whatever they are packed in, and sealed in a chained log."""

from custodes.sources import seal
from custodes.sources.audit import verify
from custodes.sources.store import Store, held, open_capture, store
from custodes.sources.unpack import Limits, head, opened, packing, suffix_note

__all__ = ["Limits", "Store", "head", "held", "open_capture", "opened", "packing", "seal", "store", "suffix_note", "verify"]
