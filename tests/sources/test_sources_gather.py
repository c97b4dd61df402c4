"""Gathering watched pages: packages, the book of looks, the seal, the index; killed, offline, not due, and each page for itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import websites
from test_sources_stamp import Tsa, served, tsa  # noqa: F401  fixtures
from websites import message, page

from custodes import case, pipeline
from custodes.errors import CustodesError, UsageError
from custodes.pipeline import looking
from custodes.pipeline.page_index import natural
from custodes.pipeline.state import Run, State
from custodes.sources import checker, looks, seal
from custodes.sources.answer import read_answer
from custodes.sources.fetch import Response, View
from custodes.sources.wire import Time
from custodes.values import Exchange

START = datetime(2026, 1, 1, tzinfo=UTC)
LONG = "<p>" + "This camera sees at night. " * 60 + "</p>"
PRODUCT = page("Veridia X9", f"{LONG}<p>It estimates ethnicity.</p>")


def make(folder: Path, text: str) -> case.Case:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "case.toml").write_text("format = 1\n" + text, encoding="utf-8")
    return case.load(folder)


def entry(url: str, **more: Any) -> str:
    lines = [f"url = {json.dumps(url)}", *(f"{key} = {json.dumps(value)}" for key, value in more.items())]
    return "\n[[pages]]\n" + "\n".join(lines) + "\n"


class MemoryWeb:
    """Stands in for the network: answers by address; what is not there is a 404, an exception is raised."""

    def __init__(self, answers: dict[str, Any], now: datetime) -> None:
        self.answers, self.now, self.asked = answers, now, list[str]()

    def fetch(self, url: str) -> Response:
        """The answer of today."""
        self.asked.append(url)
        raw = self.answers.get(url, message("404 Not Found", [], b"nothing"))
        if isinstance(raw, Exception):
            raise raw
        if isinstance(raw, str):
            return Response(url, url, cause=raw, problem=f"no answer: {raw}")
        exchange = Exchange(url, "GET", b"GET / HTTP/1.1\r\n\r\n", raw, self.now, self.now, "192.0.2.1", "http/1.1")
        views = (View("before", url, "t", raw.partition(b"\r\n\r\n")[2].decode(), "text", b"\x89PNG" * 300, self.now),) if b"rendered" in raw else ()
        return Response(url, url, (exchange,), read_answer(raw), views=views)

    def fetcher(self, page: Any) -> MemoryWeb:
        """Itself."""
        return self

    def plain(self) -> MemoryWeb:
        """Itself."""
        return self

    def describe(self, page: Any) -> tuple[str, str]:
        """Agent and browser."""
        return "memory", ""

    def close(self) -> None:
        """Nothing to end."""


def look(the_case: case.Case, answers: dict[str, Any], day: float = 0, sleeps: list[float] | None = None, **options: Any) -> tuple[dict[str, Any], MemoryWeb]:
    """One round of looks on a day, with a clock that stands still but for sleep."""
    now = START + timedelta(days=day)
    passed = [0.0]

    def sleep(seconds: float) -> None:
        passed[0] += seconds
        if sleeps is not None:
            sleeps.append(seconds)

    web = MemoryWeb(answers, now)
    run = Run(the_case, State(the_case.folder), now.strftime("%Y-%m-%dT%H:%M:%SZ"), True, None, options)
    times = Time(lambda: now + timedelta(seconds=passed[0]), lambda: passed[0], sleep)
    return looking.look_at_pages(run, web, times), web


def index(the_case: case.Case) -> dict[str, Any]:
    return json.loads((the_case.folder / "sources" / "pages.json").read_bytes())  # type: ignore[no-any-return]


def packages(the_case: case.Case) -> list[Path]:
    return sorted(path for path in (the_case.folder / "sources" / "captures").rglob("*") if path.is_file())


def everything(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


URL = "https://veridia.example/x9"


def test_a_look_is_packed_written_down_and_sealed(tmp_path: Path) -> None:
    the_case = make(tmp_path, entry(URL, maker="veridia", product="X9"))
    summary, web = look(the_case, {URL: PRODUCT})
    assert summary["exit"] == 0 and summary["sights"] == {"present": 1} and web.asked == ["https://veridia.example/robots.txt", URL]
    (path,) = packages(the_case)
    report = checker.check(str(path))
    assert report.broken == [] and report.counts["records"] >= 6
    (line,) = (json.loads(data) for data, _ in looks.lines(tmp_path / "sources"))
    assert line["capture"] == path.name and line["sight"] == "present" and line["robots"] == "none" and line["title"] == "Veridia X9"
    sealed = list(seal.lines(tmp_path / "seal.jsonl"))
    assert (sealed[0]["kind"], sealed[0]["facts"]["sha256"]) == ("capture", path.name) and sealed[1]["kind"] == "look"
    (row,) = index(the_case)["pages"]
    assert row["state"] == "present" and row["maker"] == "veridia" and row["capture"] == path.name and row["texts"][0]["capture"] == path.name
    with zipfile.ZipFile(path) as archive:
        assert archive.read("pages/pages.jsonl").count(b"It estimates ethnicity.") == 1
    assert not (tmp_path / "sources" / looking.HALF).exists()


def test_an_unchanged_page_is_not_kept_twice(tmp_path: Path) -> None:
    """Random letters do not pack: the second package must be far smaller than the body it points to."""
    import random

    noise = "".join(random.Random(4).choices("abcdefghijklmnopqrstuvwxyz0123456789 ", k=60_000))
    the_case = make(tmp_path, entry(URL))
    body = page("X9", f"<p>{noise} rendered</p>")
    look(the_case, {URL: body}, 0)
    look(the_case, {URL: body}, 7)
    first, second = (json.loads(data) for data, _ in looks.lines(tmp_path / "sources"))
    sizes = {p.name: p.stat().st_size for p in packages(the_case)}
    assert sizes[first["capture"]] > 40_000 and second["rests_on"] == [first["capture"]]
    with zipfile.ZipFile(next(p for p in packages(the_case) if p.name == second["capture"])) as archive:
        (warc,) = (name for name in archive.namelist() if name.endswith(".warc.gz"))
        assert archive.getinfo(warc).file_size < 8_000
    assert all(checker.check(str(path)).broken == [] for path in packages(the_case))
    (row,) = index(the_case)["pages"]
    assert row["state"] == "present" and [event["kind"] for event in row["events"]] == ["first seen"] and len(row["texts"]) == 1


def test_the_same_looks_give_the_same_bytes(tmp_path: Path) -> None:
    folders = tmp_path / "one", tmp_path / "two"
    for folder in folders:
        the_case = make(folder, entry(URL))
        look(the_case, {URL: PRODUCT}, 0)
        look(the_case, {URL: PRODUCT.replace(b"ethnicity", b"occupancy")}, 7)
    assert everything(folders[0]) == everything(folders[1])


def test_states_come_out_as_rows_with_the_interval(tmp_path: Path) -> None:
    the_case = make(tmp_path, entry(URL) + "\n[gather]\ngone = { looks = 2, days = 10 }\n")
    web: dict[str, Any] = {URL: PRODUCT}
    less = PRODUCT.replace(b"<p>It estimates ethnicity.</p>", b"")
    for day, raw in ((0, PRODUCT), (7, less), (14, "dns"), (21, message("403 Forbidden", [])), (28, message("404 Not Found", [])), (35, "time"), (42, message("410 Gone", []))):
        web[URL] = raw if isinstance(raw, str) else raw.replace(b"Content-Length: %d" % len(PRODUCT), b"")
        if raw is less:
            web[URL] = page("Veridia X9", LONG)
        news = look(the_case, web, day)[0]["news"]
    assert [event["kind"] for event in news] == ["gone"]
    (row,) = index(the_case)["pages"]
    assert row["state"] == "gone" and row["looks"] == 7
    assert [event["kind"] for event in row["events"]] == ["first seen", "changed", "error", "blocked", "missing", "error", "gone"]
    changed, gone = row["events"][1], row["events"][-1]
    assert changed["removed"] == ["It estimates ethnicity."] and changed["added"] == [] and changed["capture_before"]
    assert (gone["after"][:10], gone["by"][:10], gone["confirmed"][:10]) == ("2026-01-08", "2026-01-29", "2026-02-12")
    assert (row["last_seen"][:10], row["first_not_seen"][:10]) == ("2026-01-08", "2026-01-29")
    assert [look["at"][:10] for look in row["absent"]] == ["2026-01-29", "2026-02-12"] and len(row["texts"]) == 2


def test_one_page_that_fails_does_not_stop_the_others(tmp_path: Path) -> None:
    urls = [f"https://h{n}.example/" for n in range(5)]
    the_case = make(tmp_path, "".join(map(entry, urls)))
    answers = {urls[0]: PRODUCT, urls[1]: "connect", urls[2]: UsageError("no Chromium is installed", advice="install it"), urls[3]: ZeroDivisionError("ours"), urls[4]: PRODUCT}
    summary, _ = look(the_case, answers)
    assert summary["exit"] == 3 and summary["sights"] == {"error": 1, "present": 2} and len(summary["troubles"]) == 3
    assert [row["state"] for row in index(the_case)["pages"]] == ["present", "error", "", "", "present"], "a page that could not be looked at has no look"


def test_what_is_not_due_is_not_looked_at(tmp_path: Path) -> None:
    the_case = make(tmp_path, entry(URL, every="7d") + entry("https://b.example/", every="1d"))
    answers = {URL: PRODUCT, "https://b.example/": PRODUCT}
    for day, expected in ((0, 2), (0, 0), (0.5, 0), (1, 1), (6, 1), (6.99, 2)):
        summary, _ = look(the_case, answers, day, due=True)
        assert summary["looked"] == expected, day
    assert look(the_case, answers, 7)[0]["looked"] == 2, "without --due every page is looked at"


def test_a_failed_look_is_repeated_soon_and_a_missing_page_often_enough(tmp_path: Path) -> None:
    the_case = make(tmp_path, entry(URL, every="30d"))
    look(the_case, {URL: "time"}, 0)
    assert look(the_case, {URL: message("404 Not Found", [])}, 1, due=True)[0]["looked"] == 1
    assert look(the_case, {}, 5, due=True)[0]["looked"] == 0
    assert look(the_case, {URL: PRODUCT}, 8, due=True)[0]["looked"] == 1
    assert look(the_case, {}, 20, due=True)[0]["looked"] == 0


def test_offline_looks_at_nothing_and_says_so(tmp_path: Path) -> None:
    the_case = make(tmp_path, entry(URL))
    summary, web = look(the_case, {URL: PRODUCT}, offline=True)
    assert web.asked == [] and summary["exit"] == 0 and "1 not looked at: offline" in summary["line"] and not packages(the_case)


def test_looks_at_one_host_keep_their_distance_and_429_ends_them(tmp_path: Path) -> None:
    urls = [f"https://{host}.example/{n}" for n in range(3) for host in "ab"]
    the_case = make(tmp_path, "".join(map(entry, urls)) + '\n[gather]\ndelay = "5s"\n')
    sleeps: list[float] = []
    look(the_case, dict.fromkeys(urls, PRODUCT), 0, sleeps)
    assert sleeps == [5.0, 5.0], "the other host's turn lies between"
    summary, web = look(the_case, {**dict.fromkeys(urls, PRODUCT), urls[0]: message("429 Too Many Requests", [("Retry-After", "60")])}, 7)
    assert [u for u in web.asked if u in urls] == [urls[0], *urls[1::2]] and summary["exit"] == 3 and len(summary["troubles"]) == 3


@pytest.mark.parametrize(("rule", "looked"), [("note", 1), ("obey", 0)])
def test_robots_txt_is_noted_and_obeyed_when_the_user_says_so(tmp_path: Path, rule: str, looked: int) -> None:
    the_case = make(tmp_path, entry("https://v.example/private/x") + f'\n[gather]\nrobots = "{rule}"\n')
    robots = message("200 OK", [("Content-Type", "text/plain")], b"User-agent: *\nDisallow: /private\n")
    summary, _ = look(the_case, {"https://v.example/private/x": PRODUCT, "https://v.example/robots.txt": robots})
    assert summary["looked"] == looked and summary["exit"] == (0 if looked else 3)
    if looked:
        (line,) = (line for _, line in looks.lines(tmp_path / "sources"))
        assert line["robots"] == "disallowed"


def test_a_line_of_versions_is_in_the_index(tmp_path: Path) -> None:
    versions = {"5.9": "It estimates age and gender.", "5.10": "It estimates age.", "5.4": "It estimates age, gender and ethnicity."}
    the_case = make(tmp_path, "".join(entry(f"https://docs.example/{v}/", line="docs", version=v) for v in versions))
    look(the_case, {f"https://docs.example/{v}/": page(v, f"<p>{text}</p>") for v, text in versions.items()})
    (found,) = index(the_case)["lines"]
    assert found["versions"] == ["5.4", "5.9", "5.10"] and found["unread"] == []
    assert [(s["term"], s["kind"], s["last"], s["first"]) for s in found["steps"]] == [("ethnic*", "withdrawn", "5.4", "5.9"), ("gender", "withdrawn", "5.9", "5.10")]


def test_versions_are_ordered_by_number() -> None:
    assert sorted(["5.10", "5.9", "v2", "v10", "5.9.1"], key=natural) == ["5.9", "5.9.1", "5.10", "v2", "v10"]


def test_a_page_that_case_toml_no_longer_names_keeps_its_course(tmp_path: Path) -> None:
    look(make(tmp_path, entry(URL)), {URL: PRODUCT})
    the_case = make(tmp_path, entry("https://other.example/"))
    look(the_case, {"https://other.example/": PRODUCT}, 7)
    assert [(row["url"], row["watched"], row["state"]) for row in index(the_case)["pages"]] == [
        ("https://other.example/", True, "present"), (URL, False, "present")]  # fmt: skip


def test_tampering_with_the_book_of_looks_is_found(tmp_path: Path) -> None:
    the_case = make(tmp_path, entry(URL))
    for day in (0, 7, 14):
        look(the_case, {URL: PRODUCT}, day)
    book, log = tmp_path / "sources" / looks.LOG, tmp_path / "seal.jsonl"
    assert list(looks.verify(tmp_path / "sources", log)) == []
    whole = book.read_bytes()
    for forged in (whole.replace(b'"present"', b'"missing"', 1), b"".join(whole.splitlines(keepends=True)[1:]), whole.replace(b"2026-01-08", b"2026-01-09"), whole[:-30],
                   whole.replace(b'{"', b'{ "', 1)):  # fmt: skip
        book.write_bytes(forged)
        (broken, *_) = looks.verify(tmp_path / "sources", log)
        assert broken.chain == "looks", forged[:80]


@pytest.mark.parametrize(
    "text",
    [entry("ftp://x.example/"), entry("x.example"), '[[pages]]\nbrowser = true\n', entry(URL, every="weekly"), entry(URL, every=7), entry(URL, browser="yes"), entry(URL, ignore=["("]),
     entry(URL, ignore="x"), entry(URL, unknown=1), entry(URL) + entry(URL), "[gather]\nlooks = 3\n", "[gather]\nrobots = \"ignore\"\n", "[gather]\ngone = { looks = 0 }\n",
     "[gather]\nallow = [1]\n", "[gather]\nagent = \"a\\r\\nX: y\"\n", "pages = 1\n", "gather = 1\n", "[gather]\nlimits = { megabytes = true }\n"],
)  # fmt: skip
def test_what_case_toml_may_not_say(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        make(tmp_path, text)
    assert caught.value.advice and "case.toml" in caught.value.where


def test_allow_of_rubbish_is_said(tmp_path: Path) -> None:
    with pytest.raises(CustodesError):
        looking.Web(make(tmp_path, '[gather]\nallow = ["10.0.0.0/99"]\n').gather, Time(lambda: START, time.monotonic, time.sleep)).plain()


# over a real network (loopback), through the command line


def custodes(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", "from custodes.cli import entry_point; entry_point()", *arguments],
                          capture_output=True, text=True, timeout=120, check=False, **options)  # fmt: skip


LOCAL = '\n[gather]\nallow = ["127.0.0.1"]\ndelay = "0s"\n'


def test_gather_through_the_command_line_keeps_every_transaction(tmp_path: Path) -> None:
    paths = ["/plain", "/one", "/empty404", "/gzip", "/chunkedgzip", "/cookies", "/brochure.pdf", "/download", "/metadata", "/big"]
    with websites.serve(websites.ANSWERS) as site:
        make(tmp_path, "".join(entry(site.url(path)) for path in paths) + LOCAL)
        done = custodes("gather", str(tmp_path), "--json")
        seen = list(site.seen)
        again = custodes("gather", str(tmp_path), "--due")
        assert len(site.seen) == len(seen), "nothing is due"
    summary = json.loads(done.stderr)["steps"]["gather"]
    assert done.returncode == 3 and summary["pages"]["looked"] == len(paths), "the redirect into private space is told"
    assert any("169.254.169.254" in trouble for trouble in summary["troubles"])
    assert again.returncode == 0 and "10 not due" in again.stderr
    kept = Counter(transaction for path in captures(tmp_path) for transaction in transactions(path))
    assert sum(kept.values()) == len(seen) and {request for request, _ in kept} == {request for request, _ in seen}
    for request, answer in seen:  # a body that an earlier package holds stands there as a pointer with the head
        head = answer.partition(b"\r\n\r\n")[0]
        assert (request, answer) in kept or any(r == request and a.startswith(head) for r, a in kept)
    assert custodes("verify", str(tmp_path)).returncode == 0


def captures(folder: Path) -> list[Path]:
    return [p for p in (folder / "sources" / "captures").rglob("*") if p.is_file() and p.read_bytes()[:2] == b"PK"]


def transactions(path: Path) -> list[tuple[bytes, bytes]]:
    """(request, response) of a package by a stranger's reader, warcio; a revisit gives the head."""
    from warcio.archiveiterator import ArchiveIterator

    found: dict[str, bytes] = {}
    pairs = []
    with zipfile.ZipFile(path) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".warc.gz"))
        with archive.open(name) as stream:
            for record in ArchiveIterator(stream, no_record_parse=True):
                identity, block = record.rec_headers.get_header("WARC-Record-ID"), record.raw_stream.read()
                if record.rec_type in ("response", "revisit"):
                    found[identity] = block
                if record.rec_type == "request":
                    pairs.append((block, found.get(record.rec_headers.get_header("WARC-Concurrent-To"), b"")))
    return pairs


def test_kill_in_the_middle_of_50_captures_loses_nothing_sealed(tmp_path: Path) -> None:
    """Killed without warning three times, at different moments; what is sealed is whole each time, and the run after that finishes the rest."""
    answers = {f"/{n}": page(f"page {n}", f"<p>{n} sees at night.</p>" + LONG) for n in range(50)}
    with websites.serve(answers) as site:
        make(tmp_path, "".join(entry(site.url(path)) for path in answers) + LOCAL)
        log, command = tmp_path / "seal.jsonl", [sys.executable, "-c", "from custodes.cli import entry_point; entry_point()", "gather", str(tmp_path), "--due"]
        sealed_before: list[bytes] = []
        for stop in (5, 18, 33):
            child = subprocess.Popen(command, stderr=subprocess.DEVNULL)
            deadline = time.monotonic() + 90
            while (not log.exists() or log.read_bytes().count(b'"kind":"look"') < stop) and time.monotonic() < deadline and child.poll() is None:
                time.sleep(0.005)
            assert child.poll() is None, "it was to be killed while at work"
            os.kill(child.pid, signal.SIGKILL)
            child.wait()
            lines = [line for line in log.read_bytes().split(b"\n")[:-1] if line]
            assert lines[: len(sealed_before)] == sealed_before, "what was sealed stays as it was"
            sealed_before = lines
            assert_sealed_is_whole(tmp_path)
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stderr
    assert log.read_bytes().split(b"\n")[: len(sealed_before)] == sealed_before
    found = index(case.load(tmp_path))["pages"]
    assert [row["state"] for row in found] == ["present"] * 50
    looked = Counter(line["url"] for _, line in looks.lines(tmp_path / "sources"))
    assert len(looked) == 50 and max(looked.values()) == 1, "no page that was finished is looked at again"
    assert custodes("verify", str(tmp_path)).returncode == 0
    assert not list((tmp_path / "sources").glob(".*")) and not list((tmp_path / "sources" / "captures").glob(".*"))


def assert_sealed_is_whole(folder: Path) -> None:
    """Every sealed package is on the disk with its hash, every sealed look is in the book."""
    import hashlib

    whole = [json.loads(line) for line in (folder / "seal.jsonl").read_bytes().split(b"\n")[:-1]]
    for line in whole:
        if line["kind"] == "capture":
            sha256 = line["facts"]["sha256"]
            assert hashlib.sha256((folder / "sources" / "captures" / sha256[:2] / sha256).read_bytes()).hexdigest() == sha256
    written = {hashlib.sha256(line).hexdigest() for line in (folder / "sources" / looks.LOG).read_bytes().split(b"\n")[:-1]}
    assert {line["facts"]["sha256"] for line in whole if line["kind"] == "look"} <= written


def test_a_look_that_was_written_but_not_sealed_is_sealed_by_the_next_run(tmp_path: Path) -> None:
    make(tmp_path, entry(URL))
    look(case.load(tmp_path), {URL: PRODUCT})
    log = tmp_path / "seal.jsonl"
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(lines[0])  # killed between the book and the log
    clock = pipeline.Clock("2026-01-02T00:00:00Z", True, time.monotonic)
    summary = pipeline.step("gather", tmp_path, clock, offline=True)
    assert summary["exit"] == 0
    assert [line["kind"] for line in seal.lines(log)] == ["capture", "look"] and list(looks.verify(tmp_path / "sources", log)) == []


def test_what_was_kept_is_stamped_and_waits_when_nobody_answers(tmp_path: Path, served: str, tsa: Tsa) -> None:  # noqa: F811
    with websites.serve(websites.ANSWERS) as site:
        (tmp_path / "tsa.pem").write_bytes(tsa.roots)
        stamps = f"""
[[stamps]]
url = "{served}"
roots = "tsa.pem"

[[stamps]]
url = "{served}/silent"
"""
        make(tmp_path, stamps + entry(site.url("/plain")) + LOCAL)
        done = custodes("gather", str(tmp_path), "--json")
    summary = json.loads(done.stderr)["steps"]["gather"]
    assert done.returncode == 3 and summary["stamps"] == {"stamped": 2, "waiting": 2}, "the package and the head, by one of two"
    assert [line["kind"] for line in seal.lines(tmp_path / "seal.jsonl")] == ["capture", "look", "stamp", "stamp"]
    offline = custodes("gather", str(tmp_path), "--offline")
    assert offline.returncode == 0 and "2 time stamps wait: offline" in offline.stderr
    assert custodes("verify", str(tmp_path)).returncode == 0


@pytest.mark.parametrize("text", ['[[stamps]]\nurl = "x"\n', '[[stamps]]\nurl = "https://t.example/"\nroots = "none.pem"\n', "stamps = 1\n", "[[stamps]]\nuri = 1\n"])
def test_authorities_that_case_toml_may_not_name(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError):
        make(tmp_path, text)


def test_a_change_has_a_page_with_sentences_and_both_pictures(tmp_path: Path) -> None:
    the_case = make(tmp_path, entry(URL))
    look(the_case, {URL: page("X9", f"{LONG}<p>It estimates <b>ethnicity</b> &lt;script&gt;alert(1)&lt;/script&gt;.</p>rendered")}, 0)
    look(the_case, {URL: page("X9", f"{LONG}<p>It counts.</p>rendered")}, 7)
    folder = tmp_path / "sources" / "changes"
    (html,) = folder.rglob("*.html")
    text = html.read_text(encoding="utf-8")
    assert "<del>It estimates ethnicity &lt;script&gt;alert(1)&lt;/script&gt;.</del>" in text and "<ins>It counts.</ins>" in text and "<script>" not in text
    assert "after 2026-01-01T00:00:00+00:00 and not after 2026-01-08T00:00:00+00:00" in text and "noindex" in text
    (picture,) = folder.rglob("*.png")  # both looks showed the same picture: the second points to the first
    assert picture.read_bytes() == b"\x89PNG" * 300 and text.count(picture.name) == 2


def test_a_page_with_a_browser_is_gathered_rendered_and_pictured(tmp_path: Path) -> None:
    import importlib.util
    import shutil

    from custodes.sources.browser import PROGRAMS

    if importlib.util.find_spec("playwright") is None or not any(map(shutil.which, PROGRAMS)):
        pytest.skip("no Chromium or no playwright")
    script = "<p id=late>loading</p><script>fetch('/text.txt').then(r=>r.text()).then(t=>{late.textContent=t})</script>"
    answers = {"/": page("Veridia", LONG + script), "/text.txt": message("200 OK", [("Content-Type", "text/plain")], b"It estimates ethnicity.")}
    with websites.serve(answers) as site:
        make(tmp_path, entry(site.url("/"), browser=True, every="1s") + LOCAL)
        first = custodes("gather", str(tmp_path))
        answers["/text.txt"] = message("200 OK", [("Content-Type", "text/plain")], b"It counts people.")
        second = custodes("gather", str(tmp_path), "-v")
        asked = Counter(site.paths)
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    (row,) = json.loads((tmp_path / "sources" / "pages.json").read_bytes())["pages"]
    assert row["state"] == "changed" and row["events"][-1]["removed"] == ["It estimates ethnicity."] and row["events"][-1]["added"] == ["It counts people."]
    kept = Counter(f"{request.split(b' ')[0].decode()} /{request.split(b' ')[1].decode().lstrip('/')}" for path in captures(tmp_path) for request, _ in transactions(path))
    assert kept == asked
    assert len(list((tmp_path / "sources" / "changes").rglob("*.png"))) == 2
    assert all(checker.check(str(path)).broken == [] for path in captures(tmp_path))
    with zipfile.ZipFile(captures(tmp_path)[0]) as archive:
        names = archive.read("indexes/index.cdxj").decode()
    assert "urn:dom:" in names and "urn:view:" in names and "urn:text:" in names


def test_packages_are_handed_to_the_next_room_when_it_reads_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """New texts and proofs of absence; looks that failed, saw the same or found one 404 are not handed over."""
    from types import SimpleNamespace

    from custodes.pipeline import gathering

    the_case = make(tmp_path, entry(URL) + "\n[gather]\ngone = { looks = 2, days = 7 }\n")
    for day, raw in ((0, PRODUCT), (7, PRODUCT), (14, message("403 Forbidden", [])), (21, message("404 Not Found", []))):
        look(the_case, {URL: raw}, day)
    run = Run(the_case, State(tmp_path), "2026-02-01T00:00:00Z", True, None, {})
    reader = SimpleNamespace(KINDS=("PAGE",), sniff=lambda head, name: head.startswith(b"PK"))
    monkeypatch.setattr(gathering, "READERS", ())
    assert gathering._captures(run) == []
    monkeypatch.setattr(gathering, "READERS", (reader,))
    (first,) = gathering._captures(run)
    assert first["path"].endswith("/20260101T000000Z.wacz") and first["room"] == "records"
    look(the_case, {URL: message("410 Gone", [])}, 28)
    assert [item["path"].rsplit("/", 1)[1][:8] for item in gathering._captures(run)] == ["20260101", "20260122", "20260129"]


def test_the_template_of_a_new_case_shows_pages_that_are_understood_when_uncommented(tmp_path: Path) -> None:
    path = case.new(tmp_path / "new", ())
    lines = path.read_text(encoding="utf-8").splitlines()
    shown = [line[2:] for line in lines if line.startswith(("# [[pages]]", "# url = \"https://vendor", "# [gather]", "# delay ", "# gone ", "# robots ", "# allow ", "# limits ", "# [[stamps]]", "# url = \"https://tsa"))]
    assert len(shown) >= 9
    path.write_text("\n".join([*lines, *shown]), encoding="utf-8")
    the_case = case.load(tmp_path / "new")
    assert [page.url for page in the_case.pages] == ["https://vendor.example/product"] and the_case.gather.delay == 2.0 and len(the_case.stamps) == 1


def test_a_case_of_pages_only_runs_to_its_end(tmp_path: Path) -> None:
    make(tmp_path, entry(URL))
    done = custodes("run", str(tmp_path), "--offline")
    assert done.returncode == 0 and "1 not looked at: offline" in done.stderr, done.stderr
    assert (tmp_path / "publication" / "draft" / "index.html").is_file()
