"""The claim's thread: one page's claim over its captures, the firm it names beside itself, and what was answered.

A group finder. ``grouped`` puts events under the firm whose claims they are about; ``assigned`` threads the events of one firm; ``thread`` turns them into
findings. Any order of events gives the same.

Three rules hold everywhere. A claim is the claim of the page's own firm: another firm that it names is said to be *named beside it*, and gets no finding from
it. A page is *gone* on the day a look found it gone, never on a day between two looks. What was blocked or failed is no look at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from custodes.findings.compiled import Compiled, compiled
from custodes.findings.names import normalise, org_name
from custodes.findings.text import fold
from custodes.findings.thread_pages import firm_of, label_of, named_in, page_of, starts_of
from custodes.findings.thread_status import history
from custodes.findings.thread_write import written
from custodes.findings.watchlist import Watchlist
from custodes.values import FINDING_SCHEMA, key_of
from custodes.values.claim import EVENT_SCHEMA

Row = Mapping[str, Any]

_OPENING = ("claim",)
_ANSWERS = ("denial", "correction", "withdrawal", "reply", "silence", "gone")


def grouped(batches: Iterable[pa.RecordBatch], watchlist: Watchlist) -> dict[str, pa.RecordBatch]:
    """Events by the firm whose claims they make or answer, sorted by firm. An event may stand under several firms (a denial names two); events about no firm
    that claims anything stand under none."""
    rows = [row for batch in batches for row in batch.to_pylist()]
    firms = _Firms(rows, compiled(watchlist))
    claiming = {firms.of(row["speaker"]) for row in rows if row["kind"] in _OPENING} - {""}
    groups: dict[str, list[Row]] = {firm: [] for firm in sorted(claiming)}
    for row in rows:
        for firm in firms.about(row) & claiming:
            beside = firms.beside(row)
            more = {"speaker": firms.shown(row["speaker"]), "speaker_firm": firms.of(row["speaker"]), "about": list(beside.values()), "about_firms": list(beside)}
            groups[firm].append({**row, "firm": firm, **more})
    return {firm: pa.RecordBatch.from_pylist(sorted(found, key=_order), schema=EVENT_SCHEMA) for firm, found in groups.items()}


def _order(row: Row) -> tuple[str, str, str]:
    return row["date"] or "", row["event_id"], row["record_key"]


class _Firms:
    """Names and hosts to firms: a listed maker by its id, any other by its name; a host by the maker or name that it was registered under."""

    def __init__(self, rows: Sequence[Row], known: Compiled) -> None:
        self.known = known
        said = {name for row in rows if row["record_kind"] == "STATEMENT" for name in (row["speaker"], *row["about"]) if name}
        said |= {name for row in rows for name in row["about"] if name}
        self.names = sorted(said | {n.name for found in known.names.values() for n in found if n.party_id or n.kind == "primary"} | self._shorts())
        self._seen: dict[str, str] = {}
        self._unspaced = [name for name in self.names if not org_name(name).core[:1] or not org_name(name).core[0].isascii()]
        self._first: dict[str, list[str]] = {}
        self._starts: dict[str, set[str]] = {}
        for name in self.names:
            if core := org_name(name).core:
                self._first.setdefault(core[0], []).append(name)
            for start in starts_of(name) if "." not in name else ():
                self._starts.setdefault(start, set()).add(firm_of(name))

    def _shorts(self) -> set[str]:
        return {str(row["name"]) for row in self.known.makers.values()}

    def of(self, name: str) -> str:
        """The firm that a name or host stands for."""
        if name not in self._seen:
            self._seen[name] = self._maker(name) or self._alias(name) or firm_of(name)
        return self._seen[name]

    def _maker(self, name: str) -> str:
        key = label_of(name) if "." in name and " " not in name and label_of(name) else normalise(name)
        if key in self.known.makers:
            return key
        return next((n.maker_id for n in self.known.names.get(key, ()) if n.maker_id and not n.subject), "")

    def _alias(self, name: str) -> str:
        """For a host: the one firm of the case whose name it bears."""
        label = label_of(name) if " " not in name else ""
        fitting = self._starts.get(label, set())
        return min(fitting) if len(fitting) == 1 else ""

    def shown(self, name: str) -> str:
        """A name to show: for a host the firm's own name when the case or the fact tables know it."""
        if " " in name or "." not in name:
            return name
        firm = self.of(name)
        if firm in self.known.makers:
            return str(self.known.makers[firm]["name"])
        return min((other for other in self.names if "." not in other and firm_of(other) == firm), key=lambda other: (-len(other), other), default=name)

    def about(self, row: Row) -> set[str]:
        """Every firm that an event concerns: its speaker, whom it is about, and whom its words name."""
        return {self.of(row["speaker"]), *map(self.of, row["about"]), *(self.of(name) for name in self._named(row))} - {""}

    def _named(self, row: Row) -> list[str]:
        """Names in title and surroundings of a quote; only those whose first word stands there are tried, because a case may know very many."""
        text = f"{row['title']} {row['around']}" if row["around"] else ""
        words = {word for part in fold(text).split() for word in (part, *re.findall(r"\w+", part))}
        candidates = sorted({name for word in words for name in self._first.get(word, ())} | {name for name in self._unspaced if name in text})
        return named_in(text, candidates)

    def beside(self, row: Row) -> dict[str, str]:
        """Firms that an event names beside its own speaker, with one name each, sorted."""
        own, found = self.of(row["speaker"]), dict[str, str]()
        for name in (*row["about"], *self._named(row)):
            if self.of(name) not in ("", own):
                found.setdefault(self.of(name), name)
        return dict(sorted(found.items()))


def assigned(key: str, events: pa.RecordBatch) -> pa.RecordBatch:
    """The events of one firm with their threads: one thread per page (or per claim known from a statement alone), and every answer in each thread it belongs to.

    An answer belongs to a thread when it speaks of the same page or statement (``same page``), when it comes from a firm that the claim names (``named``), or,
    lacking both, when it is the firm's own and not earlier than the claim (``same firm``: shown beside it, it decides nothing).
    """
    rows = sorted(events.to_pylist(), key=_order)
    threads = _threads(key, rows)
    found = [event for thread, opening in sorted(threads.items()) for event in _of_thread(key, thread, opening, rows, threads)]
    return pa.RecordBatch.from_pylist(sorted(found, key=lambda row: (row["thread"], *_order(row))), schema=EVENT_SCHEMA)


def _threads(key: str, rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Thread id -> the claims that open it. A claim known from a statement alone belongs to a page's thread when it gives the page's address."""
    threads: dict[str, list[Row]] = {}
    for row in rows:
        if row["kind"] in _OPENING and row["speaker_firm"] == key:
            page = page_of(row["url"]) if row["url"] else row["title"] or row["origin_file"]
            threads.setdefault(key_of("THREAD", key, page, row["product"]), []).append(row)
    return threads


def _of_thread(key: str, thread: str, opening: Sequence[Row], rows: Sequence[Row], threads: Mapping[str, Sequence[Row]]) -> Iterable[Row]:
    pages = {page_of(row["url"]) for row in opening if row["url"]}
    titles = {row["title"] for row in opening if row["record_kind"] == "STATEMENT" and row["title"]}
    named = {firm for row in opening for firm in row["about_firms"]}
    first = min(row["date"] or "" for row in opening)
    mine = {row["event_id"] for row in opening}
    others = {row["event_id"] for each in threads.values() for row in each} - mine
    placed = {page for each in threads.values() for row in each if row["url"] for page in [page_of(row["url"])]}
    for row in rows:
        if row["event_id"] in others:
            continue
        link = "same page" if row["event_id"] in mine else _link(key, row, pages, titles, named, first, placed)
        if link:
            yield {**row, "thread": thread, "link": link}


def _link(key: str, row: Row, pages: set[str], titles: set[str], named: set[str], first: str, placed: set[str]) -> str:
    """Why an event belongs to a thread; '' when it does not."""
    if row["url"] and page_of(row["url"]) in pages:
        return "same page"
    if any(title in row["words"] for title in titles):
        return "same page"
    if row["kind"] not in _ANSWERS or (row["record_kind"] == "PAGE" and row["kind"] == "gone"):
        return ""
    late = _late(row, first)
    if late and row["speaker_firm"] in named:
        return "named"
    own = row["speaker_firm"] == key
    elsewhere = bool(row["url"]) and page_of(row["url"]) in placed
    return "same firm" if late and own and not elsewhere and row["record_kind"] == "STATEMENT" else ""


def _late(row: Row, first: str) -> bool:
    """Not before the claim, as far as the dates tell."""
    size = min(len(row["date"] or ""), len(first))
    return (row["date"] or "")[:size] >= first[:size]


def thread(key: str, events: pa.RecordBatch, watchlist: Watchlist) -> pa.RecordBatch:
    """The findings (FINDING_SCHEMA) of the threads of one firm: what its pages market, what changed or went, what was denied, corrected or taken back."""
    rows = assigned(key, events).to_pylist()
    known = compiled(watchlist)
    found: list[dict[str, Any]] = []
    for name in sorted({row["thread"] for row in rows}):
        found += written(key, name, history([row for row in rows if row["thread"] == name]), known)
    return pa.RecordBatch.from_pylist(sorted(found, key=lambda row: row["finding_id"]), schema=FINDING_SCHEMA)


def status(key: str, events: pa.RecordBatch, day: str = "") -> dict[str, str]:
    """Thread id -> its status in one sentence, on ``day`` (ISO; empty: today as far as the events go)."""
    rows = assigned(key, events).to_pylist()
    return {name: history([row for row in rows if row["thread"] == name]).status(day) for name in sorted({row["thread"] for row in rows})}

