"""Writing and verifying archives: ours against bare warcio and fastwarc on the same records in the same run.

The records: responses of about 35 KB, one in five incompressible, the rest text, with a request each; sizes as in crawls of product pages. Writing: records a
second with digests, nothing else done. warcio writes SHA-1 block and payload digests at zlib level 9; ours SHA-256 and SHA-1 of both at level 6, and ids
that can be computed again; seconds are those of the processor, so that other load weighs less. Verifying: every gzip member, every digest; the peers are the commands ``warcio check`` and ``fastwarc check``.
"""

from __future__ import annotations

import random
import resource
import sys
import time
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from measure import OUT, measured, peers

from custodes.sources.warc import WarcWriter
from custodes.values import Collector, Exchange

NOW = datetime(2026, 11, 22, tzinfo=UTC)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nServer: bench\r\n\r\n"
REQUEST = b"GET / HTTP/1.1\r\nHost: vendor.example\r\nUser-Agent: bench\r\n\r\n"


def bodies(seed: int = 1) -> list[bytes]:
    """Two hundred bodies: one in five incompressible (a picture), the rest words."""
    dice = random.Random(seed)
    words = ["".join(dice.choices("abcdefghijklmnopqrstuvwxyz", k=dice.randrange(2, 11))).encode() for _ in range(20_000)]
    found = []
    for number in range(200):
        if number % 5 == 0:
            found.append(dice.randbytes(dice.randrange(20_000, 180_000)))
        else:
            found.append(b" ".join(dice.choices(words, k=dice.randrange(500, 4_000))))
    return found


def write_ours(path: Path, count: int) -> float:
    """Seconds of the processor for ``count`` exchanges."""
    path.unlink(missing_ok=True)
    pool, began = bodies(), time.process_time()
    with WarcWriter(path, Collector("custodes", "bench", "bench", "bench", "bench"), NOW) as writer:
        for number in range(count):
            writer.exchange(Exchange(f"http://vendor.example/{number}", "GET", REQUEST, HEAD + pool[number % 200], NOW))
    return time.process_time() - began


def write_warcio(path: Path, count: int) -> float:
    """The same with warcio."""
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    pool, began = bodies(), time.process_time()
    with path.open("wb") as stream:
        writer = WARCWriter(stream, gzip=True, warc_version="1.1")
        for number in range(count):
            uri, body = f"http://vendor.example/{number}", pool[number % 200]
            answer = StatusAndHeaders("200 OK", [("Content-Type", "text/html; charset=utf-8"), ("Server", "bench")], protocol="HTTP/1.1")
            asked = StatusAndHeaders("GET / HTTP/1.1", [("Host", "vendor.example"), ("User-Agent", "bench")], is_http_request=True)
            response = writer.create_warc_record(uri, "response", payload=BytesIO(body), http_headers=answer)
            writer.write_request_response_pair(writer.create_warc_record(uri, "request", http_headers=asked), response)
    return time.process_time() - began


def run(count: int = 6_000) -> list[dict[str, object]]:
    """Rows for the table: what, by whom, rate, ratio to the best peer."""
    OUT.mkdir(exist_ok=True)
    ours, theirs = OUT / "ours.warc.gz", OUT / "warcio.warc.gz"
    raw = sum(len(body) for body in bodies()) * count / 200 / 1e6
    wrote = {"custodes": [], "warcio": []}
    for _ in range(2):  # in turns, so that other load on the machine hits both; the better of two counts
        wrote["custodes"].append(write_ours(ours, count))
        wrote["warcio"].append(write_warcio(theirs, count))
    rows: list[dict[str, object]] = []
    base = min(wrote["warcio"])
    for name, seconds in wrote.items():
        rows.append({"what": "write", "by": name, "MB raw/s": round(raw / min(seconds), 1), "pairs/s": round(count / min(seconds)), "ratio": round(base / min(seconds), 2)})
    rows += [*_verified(ours, "file of custodes"), *_verified(theirs, "file of warcio")]
    names = list(dict.fromkeys(name for row in rows for name in row))
    return [{name: row.get(name, "") for name in names} for row in rows]


def _verified(path: Path, what: str) -> list[dict[str, object]]:
    size = path.stat().st_size / 1e6
    python, why = peers("warcio", "fastwarc")
    from custodes.sources import checker

    commands = {"custodes verify": [str(Path(sys.executable).parent / "custodes"), "verify", str(path)], "verify.py alone": [sys.executable, "-S", checker.__file__, str(path)]}
    if python:
        commands |= {"warcio check": [str(python.parent / "warcio"), "check", str(path)], "fastwarc check": [str(python.parent / "fastwarc"), "check", "-q", str(path)]}
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    used: dict[str, list[float]] = {name: [] for name in commands}
    memory: dict[str, float] = {}
    for _ in range(3):
        for name, command in commands.items():
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            done = measured(command)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            used[name].append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
            if done.code != 0:
                seconds[name].append(float("inf"))
            seconds[name].append(done.seconds)
            memory[name] = done.peak_mib
    base = min(seconds.get("warcio check", [0]))
    rows: list[dict[str, object]] = [
        {"what": f"verify, {what}", "by": name, "MB gz": round(size), "MB gz/s": round(size / min(times)), "per CPU s": round(size / min(used[name])), "peak MiB": memory[name], "ratio": round(base / min(times), 2)}
        for name, times in seconds.items()
    ]  # fmt: skip
    return rows + ([{"what": "verify", "by": "warcio, fastwarc", "note": f"skipped: {why}"}] if why else [])


if __name__ == "__main__":
    from measure import table

    print(table(run(int(sys.argv[1]) if len(sys.argv) > 1 else 6_000)))
