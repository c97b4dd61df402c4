"""Pages that a case watches, how it looks at them, and who time-stamps what was kept."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WatchedPage:
    """A ``[[pages]]`` entry of case.toml. ``every``: days between two looks. ``ignore``: regular expressions for text that is no change.

    ``line`` and ``version``: pages with the same line are versions of one document. ``maker`` and ``product``: what the page is about; facts of the user's.
    """

    url: str
    browser: bool = False
    every: float = 7.0
    maker: str = ""
    product: str = ""
    line: str = ""
    version: str = ""
    note: str = ""
    ignore: tuple[str, ...] = ()
    bad_certificate: bool = False


@dataclass(frozen=True, slots=True)
class StampSource:
    """A ``[[stamps]]`` entry: an authority that time-stamps (RFC 3161) and, relative to the case, the PEM file that its answers must lead to."""

    url: str
    roots: str = ""


@dataclass(frozen=True, slots=True)
class GatherSettings:
    """``[gather]`` of case.toml. ``delay``: seconds between two looks at one host. ``looks`` over ``days``: what makes a page gone.

    ``robots``: note (look and say what robots.txt asks for) or obey. ``vantage`` and ``operator`` (a role or organisation) go into every archive.
    ``terms``: words whose coming and going in a line of versions is told. ``size`` in bytes; ``seconds`` for one transaction.
    """

    agent: str = ""
    allow: tuple[str, ...] = ()
    delay: float = 2.0
    looks: int = 3
    days: float = 14.0
    robots: str = "note"
    browser: str = ""
    vantage: str = ""
    operator: str = ""
    clock: str = ""
    terms: tuple[str, ...] = ()
    size: int = 100 << 20
    seconds: float = 120.0
    redirects: int = 20
