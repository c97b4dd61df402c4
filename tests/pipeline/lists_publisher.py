"""A publisher of lists on loopback that does what a test says, request by request, and invented lists in official forms."""

from __future__ import annotations

import csv
import io
import socketserver
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from custodes.pipeline import listing

CSL = ["_id", "source", "entity_number", "type", "programs", "name", "title", "addresses", "federal_register_notice", "start_date", "end_date", "standard_order", "license_requirement", "license_policy", "call_sign", "vessel_type", "gross_tonnage", "gross_registered_tonnage", "vessel_flag", "vessel_owner", "remarks", "source_list_url", "alt_names", "citizenships", "dates_of_birth", "nationalities", "places_of_birth", "source_information_url", "ids"]
ENTITY, CMIC = "Entity List (EL) - Bureau of Industry and Security", "Non-SDN Chinese Military-Industrial Complex Companies List (CMIC) - Treasury Department"


def firm(name: str, **more: str) -> dict[str, str]:
    """An entry of the Entity List."""
    return {"_id": name, "source": ENTITY, "name": name, "addresses": "1 Lens Road, Hangzhou, CN", "start_date": "2019-10-09", "source_list_url": "https://list.example/"} | more


def csl(rows: Sequence[dict[str, str]], columns: Sequence[str] = CSL) -> bytes:
    """A screening list of rows."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def firms(count: int) -> list[dict[str, str]]:
    """Invented firms."""
    return [firm(f"Invented Optics {number} Co., Ltd.") for number in range(count)]


Piece = bytes | float
"""Bytes to send, or seconds to wait."""


def answer(body: bytes, status: str = "200 OK", length: int | None = None, **headers: str) -> list[Piece]:
    """An HTTP answer; ``length`` says more than there is."""
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()), f"Content-Length: {len(body) if length is None else length}"]
    return [("\r\n".join(lines) + "\r\n\r\n").encode() + body]


@dataclass
class Publisher:
    """``plan``: path -> what to answer, one after the other; the last is repeated. ``asked``: (path, headers) of every request."""

    base: str
    plan: dict[str, list[Any]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def answers(self, path: str, *steps: Any) -> None:
        """Answer ``path`` with these steps: pieces, or a function of the request's headers."""
        self.plan[path] = list(steps)

    def reply(self, path: str, headers: dict[str, str]) -> list[Piece]:
        """What to send now."""
        self.asked.append((path, headers))
        steps = self.plan.get(path)
        if not steps:
            return answer(b"nothing here", "404 Not Found")
        step = steps.pop(0) if len(steps) > 1 else steps[0]
        found: list[Piece] = step(headers) if callable(step) else step
        return found


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        first = self.rfile.readline().decode("latin-1").split()
        headers = {}
        while (line := self.rfile.readline().strip()) and len(headers) < 100:
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        if len(first) < 2:
            return
        try:
            for piece in self.server.publisher.reply(first[1], headers):  # type: ignore[attr-defined]
                if isinstance(piece, bytes):
                    self.wfile.write(piece)
                    self.wfile.flush()
                else:
                    time.sleep(piece)
        except OSError:
            return  # the reader gave up, as it should


@contextmanager
def publishing() -> Iterator[Publisher]:
    """A publisher that runs."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Handler) as server:
        server.daemon_threads = True
        publisher = Publisher(f"http://127.0.0.1:{server.server_address[1]}")
        server.publisher = publisher  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield publisher
        finally:
            server.shutdown()
            thread.join()


def table(path: Path, publisher: Publisher, **feeds: dict[str, str]) -> str:
    """A table of addresses at the publisher; ``feeds``: name -> its cells, with ``url`` as paths."""
    columns = ["feed", "url", "name", "reader", "kind", "lists", "before", "opt_in", "licence", "every_days"]
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, columns)
        writer.writeheader()
        for feed, cells in feeds.items():
            urls = " ; ".join(publisher.base + part for part in cells["url"].split(" ; "))
            writer.writerow({**cells, "feed": feed.replace("_", "-"), "url": urls, "before": publisher.base + cells["before"] if cells.get("before") else ""})
    return str(path)


OPTIONS: dict[str, Any] = {
    "start": "", "end": "", "as_of": "", "name": "", "out": "", "only": (), "also": (), "due": False, "accept": (), "addresses": "", "base": "", "token": "", "tries": 3, "seconds": 10.0,
}  # fmt: skip


def update(store: Path, now: str, sleep: Callable[[float], None] | None = None, case: str | None = None, **options: Any) -> dict[str, Any]:
    """Update with a clock that begins at ``now``; pauses are not waited for."""
    return listing.update(store, case, OPTIONS | options, now, True, time.monotonic, sleep or (lambda seconds: None))


def outcome(summary: dict[str, Any], feed: str) -> dict[str, Any]:
    """What became of one feed."""
    found: dict[str, Any] = next(item for item in summary["lists"] if item["feed"] == feed)
    return found
