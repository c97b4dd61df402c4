"""Capture with a browser: nothing that went over the wire is missing, and only a consent button is pressed."""

from __future__ import annotations

import base64
import gzip
import importlib.util
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import websites
from websites import message, page

from custodes.errors import UsageError
from custodes.sources import browser as browsers
from custodes.sources.browser import Browser, Patience
from custodes.sources.fetch import Response
from custodes.sources.guard import Guard
from custodes.sources.recorder import Recorder
from custodes.sources.wire import Limits, Time, Wire

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
CLOCK = Time(lambda: datetime.now(UTC), time.monotonic, time.sleep)
SITE = {
    **websites.ANSWERS,
    "/": page(
        "Veridia cameras",
        "<h1>Veridia X9</h1><p id=late>loading</p><img src=/pixel.png><iframe src=/frame></iframe><div style='height:3000px'></div><img loading=lazy src=/lazy.png>"
        "<script src=/app.js></script><script>navigator.serviceWorker && navigator.serviceWorker.register('/worker.js')</script>",
        "<link rel=stylesheet href=/style.css><link rel=icon href=/icon.png>",
    ),
    "/style.css": message("200 OK", [("Content-Type", "text/css"), ("Content-Encoding", "gzip")], gzip.compress(b"body{background:url(/back.png)}", mtime=0)),
    "/app.js": message(
        "200 OK", [("Content-Type", "text/javascript")],
        b"fetch('/data.json').then(r=>r.json()).then(d=>{document.getElementById('late').textContent=d.text});"
        b"fetch('/nothing');fetch('/hop');fetch('/collect',{method:'POST',body:'visit=1'});",
    ),
    "/data.json": message("200 OK", [("Content-Type", "application/json"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")], b'{"text":"It estimates ethnicity."}'),
    "/nothing": message("404 Not Found", []),
    "/hop": message("307 Temporary Redirect", [("Location", "/plain")]),
    "POST /collect": message("204 No Content", [], length=False),
    "/frame": page("inside", "<p>In the frame.</p><form id=f method=post action=/formed target=out><input name=q value=1></form><iframe name=out></iframe><script>f.submit()</script>"),
    "POST /formed": page("formed", "<p>The form was sent by the page itself.</p>"),
    "/worker.js": message("200 OK", [("Content-Type", "text/javascript")], b"self.addEventListener('install',e=>e.waitUntil(caches.open('v').then(c=>c.add('/cached.txt'))));"),
    "/cached.txt": message("200 OK", [("Content-Type", "text/plain")], b"kept by the service worker"),
    **dict.fromkeys(("/pixel.png", "/lazy.png", "/back.png", "/icon.png"), message("200 OK", [("Content-Type", "image/png")], PIXEL)),
    "/banner": page(
        "with a banner",
        "<a href=/elsewhere>Accept all</a><button onclick=\"fetch('/bought')\">OK</button><p>The text behind.</p>"
        "<div class=cookie-banner style='position:fixed;bottom:0'>We use cookies. <a href=/elsewhere>Reject all</a>"
        "<button onclick=\"fetch('/all')\">Accept all</button><button onclick=\"fetch('/refused');this.parentNode.remove()\"> Reject all </button></div>",
    ),
    **dict.fromkeys(("/all", "/refused", "/bought", "/elsewhere"), message("200 OK", [("Content-Type", "text/plain")], b"pressed")),
    "/nobanner": page("no banner", "<form style='position:fixed' id=order><p>Order 2 cameras</p><button onclick=\"fetch('/bought')\">OK</button></form>"),
    "/inner": page("inner", "<img src='http://169.254.169.254/a.png'><img src='http://10.0.0.1/b.png'><script>new WebSocket('ws://127.0.0.1:8765/ws')</script>"),
    "/script": page("going on", "<script>location.href='/plain'</script>"),
}


@pytest.fixture(scope="module")
def running() -> Iterator[Browser]:
    if importlib.util.find_spec("playwright") is None:
        pytest.skip("the Python package playwright is not installed (extra: browser)")
    try:
        browsers.installed()
    except UsageError:
        pytest.skip("no Chromium is installed")
    with Browser(Wire(Guard(["127.0.0.1", "localhost"]), CLOCK, Limits(seconds=20)), patience=Patience(load=8, quiet=0.5, settle=8)) as browser:
        yield browser


def transactions(response: Response) -> Counter[tuple[bytes, bytes]]:
    return Counter((e.request, e.response) for e in response.exchanges if isinstance(e.response, bytes))


def test_every_transaction_of_a_page_is_kept_as_it_was_on_the_wire(running: Browser) -> None:
    with websites.serve(SITE) as site:
        response = running.fetch(site.url("/"))
    assert transactions(response) == Counter(site.seen)
    assert {f"GET {path}" for path in ("/", "/style.css", "/app.js", "/data.json", "/nothing", "/hop", "/plain", "/frame", "/pixel.png", "/lazy.png", "/back.png",
                                       "/worker.js", "/cached.txt")} | {"POST /collect", "POST /formed"} <= set(site.paths)  # fmt: skip
    assert any(e.method == "POST" and e.request.endswith(b"\r\n\r\nvisit=1") for e in response.exchanges)
    (main, *inner) = response.views
    assert main.stage == "before" and "It estimates ethnicity." in main.text and "It estimates ethnicity." in main.dom and main.title == "Veridia cameras"
    assert main.picture.startswith(b"\x89PNG") and int.from_bytes(main.picture[20:24], "big") > 3000, "the full page"
    assert any("The form was sent by the page itself." in view.text for view in inner)
    assert response.status == 200 and response.cause == "" and response.notes == ()


@pytest.mark.parametrize(("path", "status"), [("/one", 200), ("/empty404", 404), ("/chunkedgzip", 200), ("/brochure.pdf", 200), ("/download", 200), ("/cookies", 200)])
def test_redirects_errors_documents_and_downloads(running: Browser, path: str, status: int) -> None:
    with websites.serve(SITE) as site:
        response = running.fetch(site.url(path))
    assert transactions(response) == Counter(site.seen) and response.status == status and response.cause == ""
    if path in ("/brochure.pdf", "/download"):
        assert response.answer is not None and response.answer.content == websites.PDF and response.views == ()
    if path == "/one":
        assert response.final == site.url("/three") and len(response.exchanges) >= 3


def test_a_download_larger_than_the_window_of_the_browser_is_kept_whole(running: Browser) -> None:
    large = message("200 OK", [("Content-Type", "application/octet-stream"), ("Content-Disposition", "attachment")], bytes(range(256)) * 40_000)
    with websites.serve({"/large": large}) as site:
        response = running.fetch(site.url("/large"))
    assert transactions(response)[site.seen[0]] == 1 and response.exchanges[0].truncated == ""


def test_a_line_that_stays_open_ends_with_the_look_and_is_kept_as_far_as_it_came(running: Browser) -> None:
    """A stream of news never ends; the next look must not get what was left of this one."""
    start = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: first\n\n"
    stream = page("news", "<p>News</p><script>new EventSource('/stream')</script>")
    with websites.serve({**SITE, "/news": stream, "/stream": start}, hold={"/stream": 60.0}) as site:
        response = running.fetch(site.url("/news"))
        after = running.fetch(site.url("/plain"))
    (cut,) = (e for e in response.exchanges if e.url.endswith("/stream"))
    assert cut.response == start and cut.truncated == "time" and "look ended" in cut.notes[0]
    assert [e.url for e in after.exchanges if "stream" in e.url] == [] and after.status == 200


def test_an_answer_that_breaks_the_standard_does_not_hold_the_look(running: Browser) -> None:
    odd = b"HTTP/1.1 200 OK\r\nX Bad: space in name\r\nContent-Type: text/html\r\nContent-Length: 11\r\n\r\n<p>Odd.</p>"
    begin = time.monotonic()
    with websites.serve({"/odd": odd}, hold={"/odd": 60.0}) as site:
        response = running.fetch(site.url("/odd"))
    assert response.answer is not None and response.answer.body == b"<p>Odd.</p>" and response.exchanges[0].response == odd
    assert response.cause == "protocol" and time.monotonic() - begin < 25


def test_only_the_consent_button_is_pressed_and_both_states_are_kept(running: Browser) -> None:
    with websites.serve(SITE) as site:
        response = running.fetch(site.url("/banner"))
    assert "GET /refused" in site.paths and not {"GET /all", "GET /bought", "GET /elsewhere"} & set(site.paths)
    assert [view.stage for view in response.views] == ["before", "after"]
    assert "We use cookies" in response.views[0].text and "We use cookies" not in response.views[1].text
    assert any("Reject all" in note for note in response.notes)


def test_without_a_banner_nothing_is_pressed(running: Browser) -> None:
    with websites.serve(SITE) as site:
        response = running.fetch(site.url("/nobanner"))
    assert set(site.paths) <= {"GET /nobanner", "GET /favicon.ico"} and [view.stage for view in response.views] == ["before"]


def test_the_guard_holds_for_every_request_of_a_page(running: Browser) -> None:
    with websites.serve(SITE) as site:
        inner, redirect, outside = running.fetch(site.url("/inner")), running.fetch(site.url("/metadata")), running.fetch("http://10.0.0.1/")
    notes = " ".join(inner.notes)
    assert "http://169.254.169.254/a.png" in notes and "http://10.0.0.1/b.png" in notes and "WebSocket" in notes
    assert redirect.cause == "refused" and redirect.status == 302 and [e.url for e in redirect.exchanges] == [site.url("/metadata")]
    assert outside.cause == "refused" and outside.exchanges == ()


def test_a_page_that_goes_on_by_script_is_reported_where_it_ended(running: Browser) -> None:
    with websites.serve(SITE) as site:
        response = running.fetch(site.url("/script"))
    assert response.final == site.url("/plain") and any("by itself" in note for note in response.notes) and response.status == 200


def test_trouble_is_in_the_response_and_shows_no_page(running: Browser) -> None:
    with websites.serve({}) as closed:
        address = closed.url("/")
    response = running.fetch(address)
    assert response.cause == "connect" and response.views == () and response.answer is None
    with websites.serve({"/": websites.ANSWERS["/cut"]}) as site:
        cut = running.fetch(site.url("/"))
    assert cut.cause == "disconnect" and cut.exchanges[0].truncated == "disconnect"


def test_a_page_that_never_rests_ends_with_the_browser_and_the_next_one_is_captured() -> None:
    """In a process of its own, as one thread may hold one Playwright only."""
    code = """
import sys; sys.path[:0] = sys.argv[1:]
import websites
from test_sources_browser import CLOCK, SITE, Browser, Guard, Limits, Patience, Wire
spin = websites.page("spin", "<script>setTimeout(()=>{for(;;);}, 300)</script>")
with websites.serve({**SITE, "/spin": spin}) as site, Browser(Wire(Guard(["127.0.0.1"]), CLOCK), patience=Patience(load=5, quiet=0.5, settle=3, total=8)) as browser:
    spinning, after = browser.fetch(site.url("/spin")), browser.fetch(site.url("/plain"))
assert spinning.status == 200 and spinning.exchanges[0].response == spin, spinning
assert any("browser ended" in n or "Timeout" in n or "failed" in n for n in spinning.notes), spinning.notes
assert after.status == 200 and after.views[0].text.startswith("Gr"), after
"""
    if importlib.util.find_spec("playwright") is None or not any(map(shutil.which, browsers.PROGRAMS)):
        pytest.skip("no Chromium or no playwright")
    subprocess.run([sys.executable, "-c", code, str(Path(__file__).parent)], check=True, timeout=90)


def test_a_recorder_stands_alone() -> None:
    """Any program that knows proxies can be recorded; here one by hand, with a body and two requests on one connection."""
    import socket

    with websites.serve(SITE) as site, Recorder(Wire(Guard(["127.0.0.1"]), CLOCK)) as recorder:
        host, port = recorder.address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as sock:
            for ask in (f"POST {site.url('/collect')} HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", f"GET {site.url('/gzip')} HTTP/1.1\r\nHost: x\r\n\r\n"):
                sock.sendall(ask.encode())
                assert sock.recv(65536).startswith(b"HTTP/1.1 20")
        assert recorder.settle(0.1, 3)
        assert Counter((e.request, e.response) for e in recorder.take().exchanges) == Counter(site.seen)
        assert recorder.take().exchanges == []
