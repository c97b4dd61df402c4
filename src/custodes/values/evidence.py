"""Where a row came from: the file, what the case says about it, the stored bytes, and what a server said to whom and when."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO


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
class Exchange:
    """One request and its answer, as they went over the wire.

    ``request`` and ``response`` are whole HTTP messages: start line, header lines, empty line, body, transfer coding included. A large response is a
    function that opens it for reading from its start, as often as asked. An empty ``response`` means that no answer came; ``notes`` say why. What is not
    wire-exact (a body that a browser had decoded already, HTTP/2 written as text) stands in ``notes``, one sentence each.

    ``began`` and ``ended``: aware times of the first request byte and the last response byte. ``ip``: the address that was talked to. ``protocol``: names as
    in ALPN, comma separated (``http/1.1, tls/1.3``). ``tls_chain``: the server's certificates in DER, its own first. ``truncated``: empty, or why the
    response is not whole, in the words of WARC (length, time, disconnect, unspecified). ``extra``: further facts to keep (how a frame came to be loaded).
    """

    url: str
    method: str
    request: bytes
    response: bytes | Callable[[], BinaryIO]
    began: datetime
    ended: datetime | None = None
    ip: str = ""
    protocol: str = ""
    tls_chain: tuple[bytes, ...] = ()
    truncated: str = ""
    notes: tuple[str, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.began.tzinfo is None or (self.ended is not None and self.ended.tzinfo is None):
            raise ValueError("an exchange needs times with a zone")
        if self.truncated not in ("", "length", "time", "disconnect", "unspecified"):
            raise ValueError(f"not a reason that WARC knows: {self.truncated!r}")


@dataclass(frozen=True, slots=True)
class Collector:
    """Who kept it and how: what the first record of an archive says.

    ``software`` and ``version`` are the program's; ``user_agent`` is what the servers were told; ``vantage`` says from where the network was seen (an
    address, a provider, a country, in words); ``clock`` where the times come from (``system clock, NTP not checked``); ``robots`` how robots.txt was
    treated; ``operator`` a role or organisation, never a natural person. ``extra``: further lines (browser version, command).
    """

    software: str
    version: str
    user_agent: str
    vantage: str
    clock: str
    robots: str = ""
    operator: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Break:
    """One broken link of a chain: which chain, where, what is wrong, what to do."""

    chain: str
    where: str
    what: str
    advice: str = ""
