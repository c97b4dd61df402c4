"""Look at the watched pages that are due: fetch, judge, keep, write into the book of looks, seal; one page after the other.

Each look is finished before the next one begins: package and line are on the disk and sealed. So a run can be killed at any time and repeated; what was
not finished is looked at again. The states of all pages are then told from the book alone, with the filters of today.
"""

from __future__ import annotations

import hashlib
import shutil
import ssl
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from custodes import __version__, case
from custodes.errors import CustodesError
from custodes.pipeline.state import Run
from custodes.sources import Store, looks, seal
from custodes.sources.fetch import Fetcher, Fetches, Response
from custodes.sources.guard import Guard
from custodes.sources.keeping import Originals, body_hash, keep, shown_text
from custodes.sources.pagetext import PageText, text_of
from custodes.sources.robots import Robots
from custodes.sources.sight import BLOCKED, ERROR, MISSING, SOFT, judge
from custodes.sources.wire import Limits, Time, Wire
from custodes.values import Collector
from custodes.values.page import GatherSettings, WatchedPage

HALF = ".looking"
"""Folder in sources/ for packages in the making; what a killed run left there is removed."""
AGENT = f"Mozilla/5.0 (compatible; custodes/{__version__})"
_SOON = 1.0
"""Days after which a look that failed is tried again, when the page's own rhythm is slower."""


@dataclass
class Web:
    """The fetchers of one run: without a browser, and with one that starts when the first page asks for it."""

    settings: GatherSettings
    time: Time
    _fetchers: dict[bool, Fetcher] = field(default_factory=dict)
    _browser: tuple[bool, Any] | None = None
    _stack: ExitStack = field(default_factory=ExitStack)

    def fetcher(self, page: WatchedPage) -> Fetches:
        """Who fetches this page. UsageError when it needs a browser and none is there."""
        if not page.browser:
            return self.plain(page.bad_certificate)
        if self._browser is None or self._browser[0] != page.bad_certificate:
            from custodes.sources.browser import Browser

            self.close()  # one Playwright at a time
            browser = Browser(self._wire(page.bad_certificate), self.settings.browser, self.settings.agent)
            self._browser = page.bad_certificate, self._stack.enter_context(browser)
        fetcher: Fetches = self._browser[1]
        return fetcher

    def plain(self, bad_certificate: bool = False) -> Fetcher:
        """Who fetches without a browser."""
        if bad_certificate not in self._fetchers:
            self._fetchers[bad_certificate] = Fetcher(self._wire(bad_certificate), self.settings.agent or AGENT)
        return self._fetchers[bad_certificate]

    def describe(self, page: WatchedPage) -> tuple[str, str]:
        """(user agent, browser) as the archive says them."""
        version = self._browser[1].version if page.browser and self._browser else ""
        return self.settings.agent or (f"as of {version}" if version else AGENT), version

    def close(self) -> None:
        """End the browser."""
        self._stack.close()
        self._browser = None

    def _wire(self, bad_certificate: bool) -> Wire:
        context = ssl.create_default_context()
        if bad_certificate:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        limits = Limits(self.settings.size, self.settings.seconds, min(30.0, self.settings.seconds), self.settings.redirects)
        return Wire(Guard(self.settings.allow), self.time, limits, context)


@dataclass
class Round:
    """One round of looks. ``web`` fetches; the rest is where things are kept."""

    run: Run
    web: Any
    time: Time
    robots: Robots
    store: Store
    originals: Originals
    sources: Path
    told: list[str] = field(default_factory=list)
    slow: set[str] = field(default_factory=set)
    last: dict[str, float] = field(default_factory=dict)
    count: Counter[str] = field(default_factory=Counter)


def clock(run: Run, sleep: Callable[[float], None] = time.sleep) -> Time:
    """The run's time, going on from ``--now`` or the clock's time at the start by the seconds counted since."""
    start = datetime.fromisoformat(run.now)
    start = start if start.tzinfo else start.replace(tzinfo=UTC)
    seconds = run.seconds or time.monotonic
    zero = seconds()
    return Time(lambda: start + timedelta(seconds=round(seconds() - zero, 6)), seconds, sleep)


def look_at_pages(run: Run, web: Any = None, times: Time | None = None) -> dict[str, Any]:
    """Look at what is due and write ``sources/pages.json``; counts, troubles and lines to print. ``web`` and ``times`` stand in for the network in tests."""
    sources = run.case.room("sources")
    shutil.rmtree(sources / HALF, ignore_errors=True)
    if not run.case.pages and not (sources / looks.LOG).exists():
        return {"pages": 0, "line": "", "troubles": [], "exit": 0, "details": []}
    times = times or clock(run)
    book = looks.by_page(sources)
    due = [page for page in run.case.pages if not run.options.get("due") or is_due(page, book.get(page_id(page), []), times.now(), run.case.gather)]
    told: list[str] = []
    count: Counter[str] = Counter()
    before = sum(map(len, book.values()))
    if run.options.get("offline"):
        skipped, due = len(due), []
    else:
        skipped = 0
        told, count = _round(run, web or Web(run.case.gather, times), times, due)
    index = write_index(run)
    fresh = {(line["page"], line["at"]) for _, line in list(looks.lines(sources))[before:]}
    waiting = len(run.case.pages) - len(due) - skipped
    return {**_summary(index, count, waiting, skipped, _news(index, fresh)), "troubles": told, "exit": 3 if told else 0}


def _news(index: Sequence[dict[str, Any]], fresh: set[tuple[str, str]]) -> list[dict[str, str]]:
    """The events that the looks of this round showed."""
    return [
        {"url": page["url"], "kind": event["kind"], "why": event["why"]}
        for page in index
        for event in page["events"]
        if (page["page"], event.get("confirmed") or event["by"]) in fresh
    ]


def _round(run: Run, web: Any, times: Time, due: Sequence[WatchedPage]) -> tuple[list[str], Counter[str]]:
    sources = run.case.room("sources")
    robots = Robots(web.plain(), run.case.gather.agent or AGENT)
    the_round = Round(run, web, times, robots, Store(sources), Originals(sources), sources)
    try:
        for page in run.watch(due, "look", len(due)):
            try:
                _visit(the_round, page)
            except (CustodesError, OSError) as error:
                the_round.told.append(f"{page.url}: {error}")
            except Exception as error:  # noqa: BLE001  whatever one page does to us, the others are looked at; it is told, and the run ends with 3
                the_round.told.append(f"{page.url}: not kept: {type(error).__name__}: {error}\n    next: please report this")
    finally:
        web.close()
        shutil.rmtree(sources / HALF, ignore_errors=True)
    return the_round.told, the_round.count


def _visit(round_: Round, page: WatchedPage) -> None:
    """One page: politely, unless its host asked for silence."""
    host = urlsplit(page.url).netloc.lower()
    if host in round_.slow:
        round_.told.append(f"{page.url}: not looked at: {host} said it gets too many requests\n    next: run again later, with a longer delay")
        return
    fetcher = round_.web.fetcher(page)
    _wait(round_, host)
    wish = round_.robots.wish(page.url)
    if wish.word == "disallowed" and round_.run.case.gather.robots == "obey":
        round_.told.append(f'{page.url}: not looked at: robots.txt asks not to\n    next: ask the publisher, or decide for yourself: [gather] robots = "note"')
        return
    at = round_.time.now()
    response = fetcher.fetch(page.url)
    round_.last[host] = round_.time.seconds()
    if response.status == 429:
        round_.slow.add(host)
    asked = wish.response.exchanges if wish.response else ()
    _record(round_, page, at, replace(response, exchanges=(*asked, *response.exchanges)), wish.word)


def _wait(round_: Round, host: str) -> None:
    if host in round_.last:
        left = round_.run.case.gather.delay - (round_.time.seconds() - round_.last[host])
        if left > 0:
            round_.time.sleep(left)


def _record(round_: Round, page: WatchedPage, at: datetime, response: Response, robots: str) -> None:
    """Judge, pack, write the line, seal."""
    text = shown_text(response, text_of(response.answer)) if response.answer else PageText("other")
    sight = judge(response, text)
    identity = page_id(page)
    line = {
        "page": identity, "url": page.url, "browser": page.browser, "at": at.isoformat(), "sight": sight.kind, "why": sight.why, "status": response.status,
        "final": response.final, "body": body_hash(response), "text": looks.keep_text(round_.sources, text), "title": text.title, "kind": text.kind,
        "robots": robots, "notes": list(response.notes), "truncated": response.exchanges[-1].truncated if response.exchanges else "", "capture": "", "rests_on": [],
    }  # fmt: skip
    entries = []
    if response.exchanges:
        line, capture = _packed(round_, page, at, response, text, line)
        entries.append((seal.CAPTURE, capture))
    entries.append((looks.KIND, looks.add(round_.sources, line)))
    seal.append_all(round_.run.case.folder / "seal.jsonl", entries, _stamp(round_.time.now()))
    round_.count[sight.kind] += 1
    if sight.kind in (BLOCKED, ERROR):
        round_.told.append(f"{page.url}: {sight.kind}: {sight.why}\n    next: the page counts as not looked at; it is tried again when it is due")


def _packed(
    round_: Round, page: WatchedPage, at: datetime, response: Response, text: PageText, line: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """(the line with its package, the facts of the stored package)."""
    folder = round_.sources / HALF
    folder.mkdir(exist_ok=True)
    identity, stamp = line["page"], at.strftime("%Y%m%dT%H%M%S") + (f".{at.microsecond:06d}" if at.microsecond else "") + "Z"
    try:
        kept = keep(folder, stamp, response, text, line, _collector(round_, page), at, round_.originals)
        capture = round_.store.store(kept.packed.path, f"pages/{identity}/{stamp}.wacz", _stamp(at))
    except BaseException:
        round_.originals.forget()
        raise
    round_.originals.settle(capture.sha256)
    shutil.rmtree(folder, ignore_errors=True)
    uri, package = kept.picture
    picture = {"record": uri, "package": package or capture.sha256} if uri else {}
    return {**line, "capture": capture.sha256, "rests_on": list(kept.rests_on), "picture": picture}, asdict(capture)


def _collector(round_: Round, page: WatchedPage) -> Collector:
    settings = round_.run.case.gather
    agent, browser = round_.web.describe(page)
    said = settings.clock or ("given by --now" if round_.run.now_given else "system clock, not checked")
    extra = {"browser": browser} if browser else {}
    return Collector("custodes", __version__, agent, settings.vantage or "not stated", said, settings.robots, settings.operator, extra)


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def page_id(page: WatchedPage) -> str:
    """The name of a page in the case: its host and a hash of its address and of how it is looked at."""
    host = "".join(c if c.isalnum() or c in ".-" else "-" for c in (urlsplit(page.url).hostname or "page"))[:60]
    return f"{host}-{hashlib.sha256(f'{page.browser} {page.url}'.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def is_due(page: WatchedPage, book: Sequence[dict[str, Any]], now: datetime, settings: GatherSettings) -> bool:
    """Is it time to look again? A look that failed is repeated soon; a missing page often enough to be sure in the days that *gone* needs."""
    last = looks.latest(book)
    if last is None:
        return True
    every = page.every
    if last["sight"] in (BLOCKED, ERROR):
        every = min(every, _SOON)
    elif last["sight"] in (MISSING, SOFT):
        every = min(every, settings.days / max(settings.looks - 1, 1))
    slack = timedelta(days=every * 0.02)  # a timer that fires a little early must not skip a turn
    return now - datetime.fromisoformat(last["at"]) >= timedelta(days=every) - slack


def write_index(run: Run) -> list[dict[str, Any]]:
    """``sources/pages.json``: every page with its state, its events and its captures, told from the book of looks."""
    from custodes.pipeline import page_changes, page_index

    index = page_index.index(run.case, run.case.room("sources"))
    case.write_whole(run.case.folder / "sources" / "pages.json", case.to_json(index))
    page_changes.write(run.case.folder / "sources", index["pages"])
    return list(index["pages"])


def _summary(index: list[dict[str, Any]], count: Counter[str], waiting: int, skipped: int, news: list[dict[str, str]]) -> dict[str, Any]:
    looked = sum(count.values())
    parts = [f"{looked} pages looked at" + (f" ({', '.join(f'{n} {kind}' for kind, n in sorted(count.items()))})" if looked else "")]
    parts += [f"{waiting} not due"] if waiting else []
    parts += [f"{skipped} not looked at: offline"] if skipped else []
    line = ", ".join(parts) + (f"; news: {', '.join(f'{n} {kind}' for kind, n in Counter(event['kind'] for event in news).items())}" if news else "")
    details = [f"{page['url']}: {page['state'] or 'not looked at yet'}" for page in index]
    counts = {"pages": len(index), "looked": looked, "sights": dict(sorted(count.items())), "not_due": waiting, "offline": skipped}
    return {**counts, "news": news, "line": line, "details": details}
