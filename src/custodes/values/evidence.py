"""Where a row came from: the file, what the case says about it, and the stored bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Entry:
    """What a ``[[records]]`` entry of case.toml (or the command line) says about a file; empty means not said.

    ``licence`` is shown with what is published from the file; ``columns`` maps a field of ours (``supplier``) to the header as it stands in the file (``Payee``).
    """

    reader: str = ""
    body: str = ""
    period: str = ""
    currency: str = ""
    licence: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Origin:
    """One input file: the SHA-256 of its stored bytes (as delivered, compressed or not), its path inside the case, and its entry.

    ``folder_body`` is the body that the folder's name stands for, resolved by the pipeline; the last resort after entry and column.
    """

    sha256: str
    path: str
    entry: Entry = field(default_factory=Entry)
    folder_body: str = ""


@dataclass(frozen=True, slots=True)
class Capture:
    """Bytes that the case holds: addressed by hash, never by name."""

    sha256: str
    size: int
    path: str
    stored_at: str


@dataclass(frozen=True, slots=True)
class Break:
    """One broken link of a chain: which chain, where, what is wrong, what to do."""

    chain: str
    where: str
    what: str
    advice: str = ""
