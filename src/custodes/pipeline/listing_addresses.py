"""Where the official lists are: the shipped table of addresses, or one of the user's own; mirrors; tokens; which ones are asked.

A *feed* is one list at one publisher: its files, its reader, how often it is due. ``kind`` rows: a reader makes records of it. ``kind`` watch: the list is kept
by hand in our tables, and the official page is watched, so that a change is not missed.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from custodes.errors import UsageError
from custodes.pipeline import facts

_NEEDED = ("feed", "url")


@dataclass(frozen=True, slots=True)
class Feed:
    """A row of the table of addresses. ``names``: of its files, as the reader knows them; ``before``: address that says the day for ``{date}``.

    ``opt_in``: why it is asked only when named with ``--with``; empty for the others.
    """

    feed: str
    title: str
    lists: tuple[str, ...]
    reader: str
    names: tuple[str, ...]
    urls: tuple[str, ...]
    before: str
    every_days: float
    kind: str
    opt_in: str
    licence: str
    note: str


def load(path: str = "") -> dict[str, Feed]:
    """The feeds of the shipped table, or of the one given (CSV with at least ``feed`` and ``url``; then only those)."""
    if not path:
        return {row["feed"]: _feed(row, "list_addresses.csv") for row in facts.table("list_addresses")}
    try:
        rows = list(csv.DictReader(Path(path).read_text("utf-8-sig").splitlines(keepends=True)))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"cannot be read: {error}", where=path, advice="give a CSV with the columns of docs/lists.md") from None
    shipped = {row["feed"]: row for row in facts.table("list_addresses")}
    found = {}
    for number, row in enumerate(rows, 2):
        if missing := [name for name in _NEEDED if not (row.get(name) or "").strip()]:
            raise UsageError(f"line {number} has no {', '.join(missing)}", where=path, advice="every row needs feed and url; see docs/lists.md")
        base = shipped.get(row["feed"].strip(), {})
        found[row["feed"].strip()] = _feed({**base, **{name: cell for name, cell in row.items() if name and cell}, "before": row.get("before") or ""}, path)
    return found


def _feed(row: Mapping[str, str], where: str) -> Feed:
    urls = tuple(facts.split(row["url"]))
    names = tuple(facts.split(row.get("name", ""))) or tuple(urlsplit(url).path.rpartition("/")[2] or "list" for url in urls)
    if len(names) != len(urls) or any("/" in name or name.startswith(".") for name in names):
        raise UsageError(f"{row['feed']}: {len(names)} names for {len(urls)} addresses, or a name that is a path", where=where, advice="one plain name per address")
    try:
        every = float(row.get("every_days") or 1)
    except ValueError:
        raise UsageError(f"{row['feed']}: every_days is no number", where=where, advice="write days, for instance 1 or 0.5") from None
    return Feed(
        row["feed"].strip(), row.get("title") or row["feed"], tuple(facts.split(row.get("lists", ""))), row.get("reader", ""), names, urls, row.get("before", ""), every,
        row.get("kind") or "rows", row.get("opt_in", ""), row.get("licence", ""), row.get("note", ""),
    )  # fmt: skip


def chosen(feeds: Mapping[str, Feed], only: Sequence[str], also: Sequence[str]) -> list[Feed]:
    """The feeds to ask: those named by ``only``, else all that need no opting in and those named by ``also``. UsageError for a name that is none."""
    if unknown := sorted({*only, *also} - set(feeds)):
        raise UsageError(f"no such list: {', '.join(unknown)}", advice=f"there are: {', '.join(feeds)}")
    return [feed for feed in feeds.values() if (feed.feed in only if only else not feed.opt_in) or feed.feed in also]


@dataclass(frozen=True, slots=True)
class Route:
    """How addresses are asked: at a mirror (``base``) and with a token. What is secret never leaves this object in words."""

    base: str = ""
    token: str = ""

    def url(self, address: str, date: str = "") -> str:
        """The address to ask. A mirror has ``BASE/host/path?query`` for ``https://host/path?query``."""
        filled = address.replace("{token}", self.token).replace("{date}", date)
        if not self.base:
            return filled
        parts = urlsplit(filled)
        return f"{self.base.rstrip('/')}/{parts.netloc}{parts.path}" + (f"?{parts.query}" if parts.query else "")

    def blot(self, text: str) -> str:
        """A text without the token."""
        return text.replace(self.token, "TOKEN") if self.token else text


def hosts(urls: Iterable[str]) -> tuple[str, ...]:
    """Hosts that somebody named by hand: they may be asked although they are not public (a mirror in one's own network)."""
    return tuple(sorted({urlsplit(url).hostname or "" for url in urls} - {""}))
