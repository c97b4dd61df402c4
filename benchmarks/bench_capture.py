"""Pages per minute into archives, without and with a browser, against wget --warc-file, warcio's capture_http and a bare Playwright; one site on loopback.

Each page is 20 KB of HTML with a style sheet, a script that fetches a text, and a picture; every page has its own. Ours packs each page as a WACZ of its
own, judges it, keeps its text, writes the book of looks and seals; the peers write one WARC for all (the bare browser writes nothing).
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from measure import OUT, Measured, measured, peers

WARCIO = """
import sys
from warcio.capture_http import capture_http
import requests
with capture_http(sys.argv[1]):
    for line in open(sys.argv[2]):
        requests.get(line.strip())
"""
PLAYWRIGHT = """
import sys
from playwright.sync_api import sync_playwright
with sync_playwright() as p:
    browser = p.chromium.launch(executable_path=sys.argv[1], chromium_sandbox=False)
    for line in open(sys.argv[2]):
        context = browser.new_context(viewport={"width": 1366, "height": 900})
        page = context.new_page()
        page.goto(line.strip(), wait_until="networkidle")
        page.content(); page.screenshot(full_page=True)
        context.close()
"""
LIBRARY = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from custodes.sources.fetch import Fetcher
from custodes.sources.guard import Guard
from custodes.sources.warc import WarcWriter
from custodes.sources.wire import Time, Wire
from custodes.values import Collector
clock = Time(lambda: datetime.now(UTC), time.monotonic, time.sleep)
fetcher = Fetcher(Wire(Guard(["127.0.0.1"]), clock), "bench")
with WarcWriter(Path(sys.argv[1]), Collector("custodes", "bench", "bench", "loopback", "system"), datetime.now(UTC)) as writer:
    for line in open(sys.argv[2]):
        for exchange in fetcher.fetch(line.strip()).exchanges:
            writer.exchange(exchange)
"""


class _Site(BaseHTTPRequestHandler):
    """Pages, style sheets, scripts, texts and pictures, each different by its number."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        kind, _, number = self.path.strip("/").partition("/")
        chance = random.Random(self.path)
        words = " ".join("".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=6)) for _ in range(2800 if kind == "page" else 300))
        html = f"<html><head><link rel=stylesheet href=/style/{number}><script src=/script/{number}></script></head><body><p>{words}</p><p id=t></p><img src=/picture/{number}></body></html>"
        bodies = {
            "page": ("text/html", html.encode()), "style": ("text/css", f"p{{margin:1px}}/*{words}*/".encode()), "text": ("text/plain", words.encode()),
            "script": ("text/javascript", f"fetch('/text/{number}').then(r=>r.text()).then(x=>{{document.getElementById('t').textContent=x}})/*{words}*/".encode()),
            "picture": ("image/bmp", b"BM" + (54 + 30_000).to_bytes(4, "little") + bytes(4) + (54).to_bytes(4, "little") + (40).to_bytes(4, "little") + (100).to_bytes(4, "little")
                        + (100).to_bytes(4, "little") + b"\x01\x00\x18\x00" + bytes(24) + chance.randbytes(30_000)),
        }  # fmt: skip
        media, body = bodies.get(kind, ("text/plain", b""))
        self.send_response(200 if kind in bodies else 404)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


def _serve() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    server.daemon_threads = True
    print(server.server_address[1], flush=True)
    server.serve_forever()


def run(pages: int = 300, rendered: int = 20) -> list[dict[str, object]]:
    """Rows: tool, pages, seconds, pages per minute, peak MiB, ratio to ours on the same pages."""
    scratch = OUT / "capture"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    site = subprocess.Popen([sys.executable, __file__, "serve"], stdout=subprocess.PIPE, text=True)
    try:
        assert site.stdout is not None
        base = f"http://127.0.0.1:{site.stdout.readline().strip()}"
        return [*_without(base, pages, scratch), *_with(base, rendered, scratch)]
    finally:
        site.terminate()
        site.wait()
        shutil.rmtree(scratch)


def _without(base: str, pages: int, scratch: Path) -> list[dict[str, object]]:
    listed = _list(base, pages, scratch / "pages.txt")
    ours = _gather(base, pages, scratch / "case", browser=False)
    rows = [_row("custodes gather (a sealed package per page)", pages, ours, ours)]
    rows.append(_row("custodes, the same fetch into one WARC", pages, measured([sys.executable, "-c", LIBRARY, str(scratch / "ours.warc.gz"), str(listed)]), ours))
    if shutil.which("wget"):
        command = ["wget", "-q", "--no-http-keep-alive", "-O", "/dev/null", "-i", str(listed), f"--warc-file={scratch / 'wget'}"]
        rows.append(_row("wget --warc-file", pages, measured(command), ours))
    else:
        rows.append({"tool": "wget --warc-file", "note": "skipped: wget is not installed"})
    python, why = peers("warcio", "requests")
    if python:
        rows.append(_row("warcio capture_http with requests", pages, measured([str(python), "-c", WARCIO, str(scratch / "warcio.warc.gz"), str(listed)]), ours))
    else:
        rows.append({"tool": "warcio capture_http", "note": f"skipped: {why}"})
    return rows


def _with(base: str, pages: int, scratch: Path) -> list[dict[str, object]]:
    from custodes.errors import UsageError
    from custodes.sources.browser import installed

    try:
        program = installed()
        import playwright  # noqa: F401
    except (UsageError, ImportError) as why:
        return [{"tool": "custodes gather, browser = true", "note": f"skipped: {why}"}]
    listed = _list(base, pages, scratch / "rendered.txt")
    ours = _gather(base, pages, scratch / "rendered", browser=True)
    rows = [_row("custodes gather, browser = true (all transactions, rendered page, text, picture)", pages, ours, ours)]
    rows.append(_row("Playwright alone: load, rendered page, picture; nothing kept", pages, measured([sys.executable, "-c", PLAYWRIGHT, program, str(listed)]), ours))
    if shutil.which("wget"):
        command = ["wget", "-q", "-p", "-P", str(scratch / "files"), "-i", str(listed), f"--warc-file={scratch / 'wget-p'}"]
        rows.append(_row("wget --page-requisites --warc-file (runs no script)", pages, measured(command), ours))
    return rows


def _list(base: str, pages: int, path: Path) -> Path:
    path.write_text("".join(f"{base}/page/{n}\n" for n in range(pages)), encoding="utf-8")
    return path


def _gather(base: str, pages: int, folder: Path, browser: bool) -> Measured:
    """``custodes gather`` on a case of so many pages; every page must have been kept."""
    folder.mkdir()
    entries = "".join(f'\n[[pages]]\nurl = "{base}/page/{n}"\nbrowser = {str(browser).lower()}\n' for n in range(pages))
    (folder / "case.toml").write_text(f'format = 1\n{entries}\n[gather]\nallow = ["127.0.0.1"]\ndelay = "0s"\n', encoding="utf-8")
    done = measured([str(Path(sys.executable).parent / "custodes"), "gather", str(folder)])
    states = [page["state"] for page in json.loads((folder / "sources" / "pages.json").read_bytes())["pages"]]
    assert states == ["present"] * pages, done.printed
    return done


def _row(tool: str, pages: int, done: Measured, ours: Measured) -> dict[str, Any]:
    problem = {"note": f"ended with {done.code}: {done.printed.strip()[-200:]}"} if done.code not in (0, 8) else {}
    return {
        "tool": tool, "pages": pages, "seconds": round(done.seconds, 1), "pages/min": round(pages / done.seconds * 60), "peak MiB": round(done.peak_mib),
        "ratio": round(ours.seconds / done.seconds, 2), **problem,
    }  # fmt: skip


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        _serve()
    else:
        for row in run():
            print(row)
