"""Capture with a browser: the system's Chromium through Playwright, all of its traffic through a :class:`Recorder`.

Per address a fresh profile (no cookies, no cache, so that everything shown came over the wire), then: load, scroll to the end so that late parts load,
keep what is shown; where a consent banner stands, press its one button and keep what is shown again. Nothing else is ever pressed, typed or sent.

Exact are the exchanges (the recorder's). Made here, and said to be made, are the *views*: the rendered page of every frame, its visible text, a picture of
the full page. They show what this browser made of those bytes at that time. Needs the extra ``browser``; no browser is downloaded.
"""

from __future__ import annotations

import os
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from custodes.errors import UsageError
from custodes.sources.answer import Answer, read_answer
from custodes.sources.consent import ACCEPT, FIND, REFUSE
from custodes.sources.fetch import REDIRECTS, Response, View
from custodes.sources.guard import Target, parse
from custodes.sources.recorder import Recorder, Recording
from custodes.sources.wire import Wire
from custodes.values import Exchange

PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome", "msedge")
_FLAGS = ("--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-domain-reliability", "--no-pings", "--force-color-profile=srgb")
_NOWHERE = "http://127.0.0.1:1"
"""The proxy for what the browser asks for on its own account (its maker's services): nobody listens there. Pages have the recorder."""
_SCROLL = """async () => {
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  for (let y = 0, n = 0; y < document.documentElement.scrollHeight && n < 40; y += innerHeight, n++) { scrollTo(0, y); await pause(60); }
  scrollTo(0, 0); await pause(60);
}"""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: for a page to load, of network silence that count as loaded, at most for that silence, for one address in all; and the window in pixels."""

    load: float = 60.0
    quiet: float = 0.7
    settle: float = 20.0
    total: float = 240.0
    width: int = 1366
    height: int = 900


class Browser:
    """A running Chromium; a context manager. ``program``: its path, empty for the first of PROGRAMS. ``agent``: empty for the browser's own name."""

    def __init__(self, wire: Wire, program: str = "", agent: str = "", patience: Patience | None = None) -> None:
        self._wire, self._program, self._agent, self._patience = wire, program or installed(), agent, patience or Patience()
        self.version = ""

    def __enter__(self) -> Browser:
        self._playwright = _playwright()
        self._recorder = Recorder(self._wire).__enter__()
        try:
            self._browser = self._launched()
        except Exception:
            self.__exit__()
            raise
        self.version = f"Chromium {self._browser.version}"
        return self

    def __exit__(self, *problem: object) -> None:
        if browser := getattr(self, "_browser", None):
            browser.close()
        self._playwright.stop()
        self._recorder.__exit__()

    def _launched(self) -> Any:
        flags = [*_FLAGS, f"--ignore-certificate-errors-spki-list={self._recorder.key_hash}"]
        options = {"executable_path": self._program, "proxy": {"server": _NOWHERE}, "args": flags, "headless": True}
        contained = not hasattr(os, "geteuid") or os.geteuid() != 0  # Chromium has no sandbox for root
        problem = ""
        for sandbox in (True, False) if contained else (False,):
            try:
                browser = self._playwright.chromium.launch(chromium_sandbox=sandbox, **options)
                self._pid = _process(browser)
                return browser
            except Exception as error:  # noqa: BLE001  Playwright's own tree, not importable without the extra
                problem = str(error).strip().splitlines()[0]
        raise UsageError(f"the browser does not start: {problem}", where=self._program, advice="try it by hand; set [gather] browser in case.toml to another Chromium")

    def fetch(self, url: str) -> Response:
        """Load ``url`` and keep what went over the wire and what was shown. Trouble is in the Response, as with every fetcher."""
        refused = self._judged(url)
        if isinstance(refused, Response):
            return refused
        if not self._browser.is_connected():  # it died, or was ended, at the address before
            self._browser = self._launched()
        self._recorder.stop()
        self._recorder.take()
        visit = _Visit(self._recorder, self._patience, self._wire)
        with _ended_after(self._patience.total, self._pid):
            try:
                self._look(visit, refused)
            except Exception as error:  # noqa: BLE001  Playwright's own tree: the browser is gone
                visit.note(f"the browser ended: {str(error).strip().splitlines()[0][:200]}")
        self._recorder.settle(0.1, self._wire.limits.seconds)  # a download goes on although the page has gone
        self._recorder.stop()
        return visit.response(url, refused, self._recorder.take())

    def _look(self, visit: _Visit, target: Target) -> None:
        """One address in a fresh profile: its own cookies, cache and service workers, all empty."""
        options = {"accept_downloads": False, "viewport": {"width": self._patience.width, "height": self._patience.height}, "service_workers": "allow"}
        context = self._browser.new_context(proxy={"server": self._recorder.address}, **options, **({"user_agent": self._agent} if self._agent else {}))
        try:
            visit.load(context.new_page(), target.url)
            visit.keep("before")
            visit.consent()
        finally:
            context.close()

    def _judged(self, url: str) -> Target | Response:
        from custodes.errors import RefusedError

        try:
            return self._wire.guard.target(url)
        except RefusedError as error:
            return Response(url, url, cause="refused", problem=f"{error.where}: {error.what}")


class _Visit:
    """One address in one fresh profile."""

    def __init__(self, recorder: Recorder, patience: Patience, wire: Wire) -> None:
        self._recorder, self._patience, self._wire = recorder, patience, wire
        self._views: list[View] = []
        self._notes: list[str] = []
        self._shown = False

    def load(self, page: Any, url: str) -> None:
        """Open ``url`` in ``page``, wait until it is still, and scroll to its end so that late parts load too."""
        self._page = page
        page.on("dialog", lambda dialog: dialog.dismiss())
        try:
            answer = self._page.goto(url, wait_until="load", timeout=self._patience.load * 1000)
            kind = (answer.header_value("content-type") or "") if answer else ""
            self._shown = answer is None or "pdf" not in kind  # Chromium shows its own viewer for a PDF, not the page
        except Exception as error:  # noqa: BLE001  as above; what came over the wire says what happened
            words = str(error).strip().splitlines()[0]
            self._shown = "Timeout" in words and self._alive()
            self._notes.append(f"the browser said: {words}")
        self._settle()
        if self._shown:
            self._try("scrolling", lambda: self._page.evaluate(_SCROLL))
            self._settle()

    def note(self, text: str) -> None:
        """Something that did not go as it should."""
        self._notes.append(text)

    def _alive(self) -> bool:
        """Is there a page that still answers?"""
        return bool(self._try("looking at the page", lambda: self._page.wait_for_function("document.body", timeout=3000)))

    def _settle(self) -> None:
        if not self._recorder.settle(self._patience.quiet, self._patience.settle):
            self._notes.append(f"the page was still loading after {self._patience.settle:g} seconds")

    def keep(self, stage: str) -> None:
        """Keep what is shown now; nothing when no page is shown (a download, a PDF, no answer)."""
        if not self._shown:
            return
        now = self._wire.time.now()
        frames = [f for f in self._page.frames if f.url.startswith(("http:", "https:", "about:srcdoc"))]
        for number, frame in enumerate(frames):
            dom = self._try("reading the page", frame.content) or ""
            text = self._try("reading the text", lambda frame=frame: frame.evaluate("document.body ? document.body.innerText : ''")) or ""
            title = self._try("reading the title", frame.title) or ""
            picture = self._picture() if number == 0 else b""
            self._views.append(View(stage, frame.url, title, dom, text, picture, now))

    def _picture(self) -> bytes:
        found = self._try("the picture of the full page", lambda: self._page.screenshot(full_page=True, animations="disabled", timeout=20_000))
        return bytes(found or b"")

    def consent(self) -> None:
        """Press the one button of a consent banner, if there is one, and keep what is shown then."""
        if not self._shown:
            return
        for frame in list(self._page.frames):
            handle = self._try("looking for a consent banner", lambda frame=frame: frame.evaluate_handle(FIND, [REFUSE, ACCEPT]))
            button = handle.as_element() if handle else None
            if button is None:
                continue
            words = (self._try("reading the button", button.inner_text) or "").strip() or "(no text)"
            before = self._page.url.partition("#")[0]
            pressed = self._try("pressing the consent button", lambda button=button: button.click(timeout=5000, no_wait_after=True) or True)
            self._settle()
            if pressed and self._page.url.partition("#")[0] == before:
                self._notes.append(f'a consent banner was answered with its button "{words[:80]}"; what stood before is kept under urn:banner:')
                self.keep("after")
            elif pressed:
                self._notes.append(f'the button "{words[:80]}" of a consent banner led to another page, which is not kept as a view')
            return

    def response(self, url: str, asked: Target, recording: Recording) -> Response:
        final, answer, cause, problem = _main(asked.url, recording)
        now_at = self._page_address()
        if answer and now_at and now_at != final:
            by_script = _last(recording.exchanges, now_at)
            if by_script:
                self._notes.append(f"the page went on by itself (script or refresh) from {final} to {now_at}")
                final, (answer, cause, problem) = now_at, (read_answer(_raw(by_script)), by_script.truncated, "; ".join(by_script.notes))
        notes = [*self._notes, *recording.notes, *(f"not fetched: {where} ({why})" for where, _, why in recording.failed)]
        views = tuple(self._views) if answer else ()  # without an answer Chromium shows a page of its own, or ours
        return Response(url, final, tuple(recording.exchanges), answer, cause, problem, views, tuple(dict.fromkeys(notes)))

    def _page_address(self) -> str:
        """Where the first view was, as the guard writes it; empty when no page was shown."""
        if not self._views:
            return ""
        try:
            return parse(self._views[0].url).url
        except Exception:  # noqa: BLE001  an address of the browser's own
            return ""

    def _try(self, what: str, call: Any) -> Any:
        """A page may vanish, hang or forbid: then there is a note instead."""
        try:
            return call()
        except Exception as error:  # noqa: BLE001  Playwright's own tree
            self._notes.append(f"{what} failed: {str(error).strip().splitlines()[0][:200]}")
            return None


def _main(url: str, recording: Recording) -> tuple[str, Answer | None, str, str]:
    """(final address, answer, cause, problem) of the page itself: its first exchange, and along its redirects."""
    failed = {where: (cause, problem) for where, cause, problem in recording.failed}
    passed: set[str] = set()
    while True:
        exchange = _first(recording.exchanges, url)
        if exchange is None:
            cause, problem = failed.get(url, ("disconnect", "the browser asked for nothing"))
            return url, None, cause, problem
        answer = read_answer(_raw(exchange))
        onward = answer.header("location") if answer and answer.status in REDIRECTS else ""
        passed.add(url)
        try:
            following = parse(onward, url).url if onward else ""
        except Exception:  # noqa: BLE001  a redirect to no web address ends the chain
            return url, answer, "refused", f"redirected to {onward[:200]}"
        if following in failed and following not in passed:
            return url, answer, *failed[following]
        if not following or following in passed:
            problem = "; ".join(exchange.notes)
            return url, answer, exchange.truncated or ("protocol" if problem else ""), problem
        url = following


def _first(exchanges: list[Exchange], url: str) -> Exchange | None:
    return next((e for e in exchanges if e.url == url and e.method == "GET" and e.response), None) or next((e for e in exchanges if e.url == url), None)


def _last(exchanges: list[Exchange], url: str) -> Exchange | None:
    return next((e for e in reversed(exchanges) if e.url == url and e.response), None)


def _raw(exchange: Exchange) -> bytes:
    assert isinstance(exchange.response, bytes)  # the recorder keeps answers in memory
    return exchange.response


def installed() -> str:
    """The path of a Chromium on this machine; UsageError when there is none."""
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if not found:
        raise UsageError(
            "no Chromium is installed", where="browser = true", advice="install chromium (or Chrome), name it in case.toml: [gather] browser = \"/path\", or use browser = false"
        )
    return found


def _process(browser: Any) -> int:
    """The number of the browser's main process, as it says itself."""
    processes = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    return int(next(process["id"] for process in processes if process["type"] == "browser"))


@contextmanager
def _ended_after(seconds: float, process: int) -> Iterator[None]:
    """End the browser when the block takes longer: a page whose script never rests would hold it for ever."""
    timer = threading.Timer(seconds, lambda: os.kill(process, signal.SIGTERM))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _playwright() -> Any:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise UsageError("the browser part is not installed", where="browser = true", advice="pip install custodes[browser], or use browser = false") from None
    return sync_playwright().start()


