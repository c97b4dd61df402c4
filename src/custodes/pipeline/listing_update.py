"""Update: ask each list's address whether it changed, keep what came, judge it, and tell what happened. One list after the other, each finished before the next.

A list that fails does not stop the others. A killed run is repeated: what was finished is asked conditionally and costs one short request.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from custodes import __version__
from custodes.errors import CustodesError
from custodes.pipeline import listing_history, listing_snapshot
from custodes.pipeline.listing_addresses import Feed, Route
from custodes.pipeline.listing_judge import Copy, Verdict, judge
from custodes.pipeline.listing_store import Line, ListStore, locked
from custodes.pipeline.looking import AGENT
from custodes.sources.fetch import ACCEPT, Fetcher, Response
from custodes.sources.guard import Guard
from custodes.sources.keeping import Originals, keep
from custodes.sources.lists_fetch import FAILED, FRESH, SAME, Fetched, Headers, Patience, Validators, fetch_list
from custodes.sources.lists_log import NEW, REFUSED
from custodes.sources.pagetext import PageText, decoded, html_text, kind_of
from custodes.sources.store import place
from custodes.sources.wire import Limits, Time, Wire
from custodes.values import Collector, Exchange
from custodes.values.page import GatherSettings

HALF = ".listing"
PATIENCE = Patience()
LIMITS = Limits(size=400 << 20, seconds=300.0)
"""Most bytes of a file, and seconds that it may take in all: a server that drips is given up."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to ask. ``due``: only lists whose time has come; ``accept``: feeds whose next copy is taken although it shrank or lost a column."""

    route: Route
    gather: GatherSettings
    allow: tuple[str, ...] = ()
    patience: Patience = PATIENCE
    limits: Limits = LIMITS
    accept: tuple[str, ...] = ()
    due: bool = False
    clock: str = "system clock, not checked"


def update(folder: Path, feeds: Sequence[Feed], settings: Settings, time: Time, watch: Callable[..., Any] | None = None) -> dict[str, Any]:
    """Update the store in ``folder``; ``exit`` is 3 when a list failed or was refused."""
    with locked(folder) as store:
        store.mend(_stamp(time.now()))
        shutil.rmtree(store.sources / HALF, ignore_errors=True)
        round_ = _Round(store, settings, time)
        done = [round_.one(feed) for feed in (watch(feeds) if watch else feeds)]
        if not (store.sources / listing_history.EVENTS).exists():  # a new version took it away
            listing_history.write(store, round_.captures, _stamp(time.now()))
            store.mend(_stamp(time.now()))
    outcomes = Counter(item["outcome"] for item in done)
    bad = outcomes[FAILED] + outcomes[REFUSED]
    return {"command": "lists update", "store": str(folder), "lists": done, "outcomes": dict(sorted(outcomes.items())), "lines": list(_lines(done)), "exit": 3 if bad else 0}


class _Round:
    """One round over the feeds."""

    def __init__(self, store: ListStore, settings: Settings, time: Time) -> None:
        self.store, self.settings, self.time = store, settings, time
        self.captures, self.originals = store.captures(), Originals(store.sources)
        self.wire = Wire(Guard((*settings.gather.allow, *settings.allow)), time, settings.limits)

    def one(self, feed: Feed) -> dict[str, Any]:
        """Ask one feed; what became of it."""
        held = self.store.held(feed.feed)
        waiting = self._not_due(feed)
        if waiting:
            return {"feed": feed.feed, "title": feed.title, "outcome": "not due", "why": waiting, "events": [], "told": []}
        try:
            return self._ask(feed, held)
        except (CustodesError, OSError) as error:
            why, advice = (error.what, error.advice) if isinstance(error, CustodesError) else (str(error), "check that the folder may be written and has room")
            return {"feed": feed.feed, "title": feed.title, "outcome": FAILED, "why": why, "advice": advice, "events": [], "told": []}

    def _not_due(self, feed: Feed) -> str:
        last = self.store.looked(feed.feed)
        if not self.settings.due or last is None:
            return ""
        next_ = datetime.fromisoformat(last["at"]) + timedelta(days=feed.every_days * 0.98)
        return f"next on {next_.date().isoformat()}" if self.time.now() < next_ else ""

    def _ask(self, feed: Feed, held: Line | None) -> dict[str, Any]:
        at = self.time.now()
        if any("{token}" in url for url in feed.urls) and not self.settings.route.token:
            return self._done(feed, at, FAILED, "this list needs a token", "get one from the publisher; give it with --eu-token or in CUSTODES_EU_TOKEN")
        date, problem = self._before(feed)
        if problem:
            return self._done(feed, at, FAILED, problem, "run the same command later; the copy held stays in force")
        fetched: list[tuple[str, str, Fetched]] = []
        for name, url in zip(feed.names, feed.urls, strict=True):
            asked = self.settings.route.url(url, date)
            got = fetch_list(self._fetcher, asked, self._known(held, name, self.settings.route.blot(asked)), self.time, self.settings.patience)
            fetched.append((name, asked, got))
            if got.outcome == FAILED and not _may_miss(feed, name, got):
                return self._done(feed, at, FAILED, f"{name}: {got.why}" if len(feed.names) > 1 else got.why, got.advice, files=self._files(held, fetched))
        if all(got.outcome != FRESH for _, _, got in fetched):
            return self._same(feed, at, held, fetched)
        return self._fresh(feed, at, held, fetched, date)

    def _fetcher(self, headers: Headers) -> Fetcher:
        own = (("Accept", f"text/csv,application/xml,{ACCEPT}"), ("Accept-Encoding", "gzip, deflate"))
        return Fetcher(self.wire, self.settings.gather.agent or AGENT, (*own, *headers))

    def _before(self, feed: Feed) -> tuple[str, str]:
        """(day that the address needs, problem)."""
        if not any("{date}" in url for url in feed.urls):
            return "", ""
        if not feed.before:
            return self.time.now().date().isoformat(), ""
        got = fetch_list(self._fetcher, self.settings.route.url(feed.before), Validators(), self.time, self.settings.patience)
        if got.outcome != FRESH:
            return "", f"the day up to which the text is current is not known: {got.why}"
        try:
            titles = json.loads(got.content)["titles"]
            return str(next(item for item in titles if item["number"] == 15)["up_to_date_as_of"])[:10], ""
        except (ValueError, KeyError, TypeError, StopIteration, RecursionError):
            return "", "the day up to which the text is current is not where it was"

    def _known(self, held: Line | None, name: str, url: str) -> Validators:
        """What to send back for a file that we hold from this address."""
        item = next((item for item in held["files"] if item["name"] == name and item["url"] == url and item["sha256"]), None) if held else None
        return Validators(item["etag"], item["modified"]) if item else Validators()

    def _files(self, held: Line | None, fetched: Sequence[tuple[str, str, Fetched]]) -> list[dict[str, Any]]:
        """One item per file: a fresh one by its hash, one that is the same by the hash of the one held."""
        before = {item["name"]: item for item in held["files"]} if held else {}
        found = []
        for name, asked, got in fetched:
            sha256 = hashlib.sha256(got.content).hexdigest() if got.outcome == FRESH else before.get(name, {}).get("sha256", "") if got.outcome == SAME else ""
            item = {"name": name, "url": self.settings.route.blot(asked), "status": got.status, "sha256": sha256, "tries": len(got.responses)}
            found.append({**item, "etag": got.validators.etag, "modified": got.validators.modified})
        return found

    def _same(self, feed: Feed, at: datetime, held: Line | None, fetched: Sequence[tuple[str, str, Fetched]]) -> dict[str, Any]:
        return self._done(feed, at, SAME, "not modified", files=self._files(held, fetched))

    def _fresh(self, feed: Feed, at: datetime, held: Line | None, fetched: Sequence[tuple[str, str, Fetched]], date: str) -> dict[str, Any]:
        files = self._files(held, fetched)
        if held and [item["sha256"] for item in files] == [item["sha256"] for item in held["files"]]:
            return self._done(feed, at, SAME, "the same bytes", files=files)
        capture = self._keep(feed, at, fetched)
        if feed.kind == "watch":
            return self._watched(feed, at, held, files, fetched, capture)
        paths = [(place(self.store.sources, item["sha256"]), item["name"]) for item in files if item["sha256"]]
        snapshot = listing_snapshot.read(feed.feed, feed.reader, paths)
        list_date, by = _list_date(snapshot.date, date, fetched, at)
        more: dict[str, Any] = {
            "list_date": list_date, "list_date_by": by, "reader": feed.reader, "counts": snapshot.counts, "left_out": snapshot.left_out, "rejected": snapshot.rejected,
            "columns": snapshot.columns, "line_end": snapshot.line_end, "capture": capture, "licence": feed.licence,
        }  # fmt: skip
        kept = _in_order(list_date, by, held, at)
        line = self._line(feed, at, NEW, "", files, {**more, **kept})
        events = listing_history.events_between(self.store, held, line, snapshot.entries) if held and not snapshot.problem else []
        verdict = judge(snapshot, held, feed.feed in self.settings.accept, Copy(list_date, by, events))
        if verdict.refused:
            return self._done(feed, at, REFUSED, verdict.refused, verdict.advice, files=files, more={**more, "told": list(verdict.told)})
        if kept:
            words = f"the day it gives itself ({list_date}, {by}) {'has not come' if list_date > at.date().isoformat() else 'is before that of the copy held'}: it counts from {kept['list_date']}"
            verdict = replace(verdict, told=(*verdict.told, words))
        more |= {**kept, "told": list(verdict.told)}
        return self._done(feed, at, NEW, "first copy" if held is None else "", files=files, more=more, events=events, verdict=verdict)

    def _watched(
        self, feed: Feed, at: datetime, held: Line | None, files: list[dict[str, Any]], fetched: Sequence[tuple[str, str, Fetched]], capture: str
    ) -> dict[str, Any]:
        """A page behind a list that is kept by hand: its text, not its bytes, says whether it changed."""
        text = hashlib.sha256(_text(fetched[0][2].content).encode("utf-8", "surrogatepass")).hexdigest()
        more = {"list_date": at.date().isoformat(), "list_date_by": "fetch", "counts": {}, "columns": {}, "rejected": 0, "text": text, "capture": capture}
        if held and held.get("text") == text:
            return self._done(feed, at, SAME, "the same text", files=files)
        if held is None:
            return self._done(feed, at, NEW, "first look; the list is kept by hand in the shipped tables", files=files, more=more)
        told = f"the official page changed since {held['at'][:10]}: look whether our table of {', '.join(feed.lists) or feed.feed} is still right: {files[0]['url']}"
        return self._done(feed, at, NEW, "the page changed", files=files, more={**more, "told": [told]}, verdict=Verdict(told=(told,)))

    def _keep(self, feed: Feed, at: datetime, fetched: Sequence[tuple[str, str, Fetched]]) -> str:
        """Store every fresh file by its hash, and a package of what went over the wire; the package's hash."""
        folder = self.store.sources / HALF
        folder.mkdir(parents=True, exist_ok=True)
        stamp = at.strftime("%Y%m%dT%H%M%SZ")
        try:
            for name, _, got in fetched:
                if got.outcome == FRESH:
                    half = folder / f"{name}.part"
                    half.write_bytes(got.content)
                    self.captures.store(half, f"lists/{feed.feed}/{stamp}/{name}", _stamp(at))
            package = self._package(folder, feed, stamp, at, [got for _, _, got in fetched])
            capture = self.captures.store(package, f"lists/{feed.feed}/{stamp}.wacz", _stamp(at))
        except BaseException:
            self.originals.forget()
            raise
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        self.originals.settle(capture.sha256)
        return capture.sha256

    def _package(self, folder: Path, feed: Feed, stamp: str, at: datetime, fetched: Sequence[Fetched]) -> Path:
        exchanges = tuple(_blotted(exchange, self.settings.route) for got in fetched for exchange in got.exchanges)
        last = next(got.responses[-1] for got in reversed(fetched) if got.responses)
        response = Response(self.settings.route.blot(last.url), self.settings.route.blot(last.final), exchanges, last.answer, last.cause, last.problem)
        gather = self.settings.gather
        collector = Collector(
            "custodes", __version__, gather.agent or AGENT, gather.vantage or "not stated", gather.clock or self.settings.clock, "not asked: a published list", gather.operator
        )
        about = {"list": feed.feed, "title": feed.title, "licence": feed.licence, "at": at.isoformat()}
        return keep(folder, stamp, response, PageText("other", feed.title), about, collector, at, self.originals).packed.path

    def _line(self, feed: Feed, at: datetime, outcome: str, why: str, files: Sequence[Mapping[str, Any]], more: Mapping[str, Any]) -> dict[str, Any]:
        return {"feed": feed.feed, "at": at.isoformat(), "outcome": outcome, "why": why, "files": list(files), **more}

    def _done(
        self, feed: Feed, at: datetime, outcome: str, why: str, advice: str = "", *, files: Sequence[Mapping[str, Any]] = (), more: Mapping[str, Any] = {},
        events: Sequence[Mapping[str, str]] = (), verdict: Verdict = Verdict(),
    ) -> dict[str, Any]:  # fmt: skip
        """Write the look, seal it, and say what became of it."""
        why = self.settings.route.blot(why)
        if outcome == NEW:
            (self.store.sources / listing_history.EVENTS).unlink(missing_ok=True)
        self.store.add(self._line(feed, at, outcome, why, files, more), _stamp(self.time.now()))
        counts = more.get("counts") or {}
        return {
            "feed": feed.feed, "title": feed.title, "outcome": outcome, "why": why, "advice": advice, "licence": feed.licence if feed.opt_in else "",
            "opt_in": feed.opt_in, "list_date": more.get("list_date", ""), "counts": counts, "events": list(events), "told": list(verdict.told),
        }  # fmt: skip


def _may_miss(feed: Feed, name: str, got: Fetched) -> bool:
    """The file of long remarks is not always published."""
    return got.status == 404 and name != feed.names[0] and "comments" in name.lower()


def _list_date(in_file: str, asked: str, fetched: Sequence[tuple[str, str, Fetched]], at: datetime) -> tuple[str, str]:
    """(day of the version, where it is from): the file, the address, the server's Last-Modified, else the day it was fetched."""
    if in_file:
        return in_file, "file"
    if asked:
        return asked, "address"
    try:
        modified = parsedate_to_datetime(fetched[0][2].validators.modified)
        return modified.astimezone(UTC).date().isoformat(), "last-modified"
    except (ValueError, TypeError):
        return at.date().isoformat(), "fetch"


def _in_order(list_date: str, by: str, held: Line | None, at: datetime) -> dict[str, str]:
    """Another day for a version that would come before the one held, or that is not here yet: versions follow each other in the order in which they were taken."""
    today, before = at.date().isoformat(), held["list_date"] if held else ""
    if before <= list_date <= max(today, before):
        return {}
    return {"list_date": max(today, before), "list_date_by": "fetch"}


def _text(content: bytes) -> str:
    if kind_of(content, "") == "html":
        page = html_text(decoded(content, ""))
        return "\n".join((page.title, *page.blocks))
    return content.decode("utf-8", "replace")


def _blotted(exchange: Exchange, route: Route) -> Exchange:
    """An exchange without the token, which is nobody's evidence; a note says that it stood there."""
    token = route.token.encode()
    if not token or token not in exchange.request:
        return exchange
    notes = (*exchange.notes, "the publisher's access token was replaced by TOKEN in the request")
    return replace(exchange, url=route.blot(exchange.url), request=exchange.request.replace(token, b"TOKEN"), notes=notes)


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _lines(done: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What a person reads."""
    for item in done:
        counts = sum(item.get("counts", {}).values())
        kinds = Counter(event["kind"] for event in item["events"])
        said = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        size = f"{counts} entries of {item['list_date']}" if counts else ""
        yield f"{item['feed']:16}{item['outcome']:8}" + "; ".join(filter(None, (item["why"], size, said)))
        if item.get("opt_in"):
            yield f"                licence: {item['licence']}"
        yield from (f"  ! {words}" for words in item["told"])
        if item["outcome"] in (FAILED, REFUSED) and item.get("advice"):
            yield f"    next: {item['advice']}"


