"""What both chains of the review room share: canonical JSON, and the hash of a line. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

START = "0" * 64
"""The ``prev`` of the first line of a chain."""


def canonical(value: Mapping[str, Any]) -> bytes:
    """One way to write a value: sorted keys, no blanks, UTF-8, no NaN."""
    text = json.dumps(dict(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "surrogatepass")


def digest(value: Mapping[str, Any]) -> str:
    """SHA-256 (hex) over the canonical JSON of all fields but ``hash``."""
    return hashlib.sha256(canonical({k: v for k, v in value.items() if k != "hash"})).hexdigest()
