"""One look at a page becomes one package: everything that went over the wire, what a browser showed, and a note on what was seen.

Bodies, rendered pages and pictures that an earlier package of the case holds are not kept again: a revisit record or a note names the record that has
them. Names of what a browser showed: ``urn:dom:URL`` (rendered page), ``urn:text:URL`` (visible text), ``urn:view:URL`` (picture of the full page);
``urn:banner:dom:URL`` and so on for the state before a consent banner was answered.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from custodes.sources.fetch import Response, View
from custodes.sources.lines import add_lines, canonical, whole_lines
from custodes.sources.pagetext import PageText
from custodes.sources.wacz import Packed, Page, pack
from custodes.sources.warc import WarcWriter
from custodes.sources.warc_record import Digests, Written, measured, safe_uri
from custodes.values import Collector, Exchange

SMALL = 512
"""A body of fewer bytes is kept again: a pointer would not be smaller."""
_ORIGINALS = "originals.jsonl"


class Originals:
    """Which record of which package first held a body. A working copy: without it, bodies are kept once more, and nothing is wrong."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / _ORIGINALS
        self._known: dict[str, tuple[Written, str]] = {}
        self._fresh: dict[str, Written] = {}
        for line in whole_lines(self._path):
            if (read := _original(line)) is not None:
                self._known[read[0].digests.payload_sha256] = read

    def of(self, sha256: str) -> tuple[Written, str] | None:
        """(record, SHA-256 of its package; empty for the package being made) that holds these bytes."""
        if sha256 in self._fresh:
            return self._fresh[sha256], ""
        return self._known.get(sha256)

    def met(self, sha256: str, written: Written) -> None:
        """These bytes were kept in ``written`` of the package being made."""
        self._fresh.setdefault(sha256, written)

    def settle(self, capture: str) -> None:
        """The package being made is kept under the hash ``capture``."""
        lines = [canonical({"sha256": s, "record": w.record_id, "uri": w.uri, "date": w.date, "capture": capture}) + b"\n" for s, w in self._fresh.items()]
        if lines:
            add_lines(self._path, b"".join(lines))
        self._known.update({sha256: (written, capture) for sha256, written in self._fresh.items()})
        self._fresh = {}

    def forget(self) -> None:
        """The package being made was not kept."""
        self._fresh = {}


def _original(line: bytes) -> tuple[Written, str] | None:
    """An entry; None for a line that is not one of ours, which only costs keeping a body twice."""
    try:
        entry = json.loads(line)
        digests = Digests(0, "", "", entry["sha256"], "")
        return Written(entry["record"], "response", entry["uri"], entry["date"], 0, 0, digests), str(entry["capture"])
    except (ValueError, KeyError, TypeError):
        return None


@dataclass(frozen=True, slots=True)
class Kept:
    """A look that is packed. ``rests_on``: packages that hold bodies which this one only points to. ``picture``: (name of the record, package) of the last
    picture of the page; the package is empty when it is this one, both are when there is no picture."""

    packed: Packed
    rests_on: tuple[str, ...]
    picture: tuple[str, str] = ("", "")


def keep(
    folder: Path, name: str, response: Response, text: PageText, about: Mapping[str, Any], collector: Collector, moment: datetime, originals: Originals,
) -> Kept:  # fmt: skip
    """Write ``folder/NAME.wacz``. ``about``: what is said of the look (JSON), in a metadata record for the page's address."""
    archive = folder / f"{name}.warc.gz"
    rests_on: set[str] = set()
    with WarcWriter(archive, collector, moment) as writer:
        main = None
        for exchange in response.exchanges:
            written = _exchange(writer, exchange, originals, rests_on)
            main = written if exchange.url == response.final and exchange.response else main
        answered, picture = {view.stage for view in response.views} > {"before"}, ("", "")
        for number, view in enumerate(response.views):
            picture = _view(writer, view, "banner:" if answered and view.stage == "before" else "", main, originals, rests_on, number) or picture
        said = json.dumps({**about, "notes": list(response.notes), "cause": response.cause, "problem": response.problem}, ensure_ascii=False, sort_keys=True, indent=1)
        writer.metadata(response.url, said.encode("utf-8", "surrogatepass"), "application/json", moment, main)
    pages = [Page(main.uri, text.title, response.exchanges[0].began, "\n".join(text.blocks))] if main else []
    packed = pack([archive], pages, folder / f"{name}.wacz", moment, f"{collector.software} {collector.version}", title=text.title, main=main.uri if main else "")
    archive.unlink()
    return Kept(packed, tuple(sorted(rests_on)), picture)


def _exchange(writer: WarcWriter, exchange: Exchange, originals: Originals, rests_on: set[str]) -> Written:
    digests = measured(exchange.response, http=True)
    body = digests.payload_sha256
    worth = digests.length >= SMALL and not exchange.truncated
    known = originals.of(body) if worth else None
    if known is None:
        written = writer.exchange(exchange)
        if worth and written.kind == "response":
            originals.met(body, written)
        return written
    if known[1]:
        rests_on.add(known[1])
    return writer.revisit(exchange, known[0])


def _view(
    writer: WarcWriter, view: View, stage: str, main: Written | None, originals: Originals, rests_on: set[str], number: int
) -> tuple[str, str] | None:
    """Keep what was shown of one frame; (record name, package) of its picture."""
    picture = None
    parts = (("dom", view.dom.encode("utf-8", "surrogatepass"), "text/html; charset=utf-8"), ("text", view.text.encode("utf-8", "surrogatepass"), "text/plain; charset=utf-8"),
             ("view", view.picture, "image/png"))  # fmt: skip
    for what, data, kind in parts:
        if not data:
            continue
        uri = f"urn:{stage}{what}:{view.url}"
        sha256 = hashlib.sha256(data).hexdigest()
        known = originals.of(f"view {sha256}") if len(data) >= SMALL else None
        if what == "view":
            picture = (known[0].uri, known[1]) if known else (safe_uri(uri), "")
        if known is None:
            originals.met(f"view {sha256}", writer.resource(uri, data, kind, view.moment, main if number == 0 else None))
            continue
        if known[1]:
            rests_on.add(known[1])
        pointer = {"same bytes as": known[0].record_id, "of": safe_uri(known[0].uri), "in package": known[1] or "this one", "sha256": sha256}
        writer.metadata(f"metadata:{uri}", json.dumps(pointer, sort_keys=True).encode(), "application/json", view.moment, known[0])
    return picture


def kept_picture(package: Path, uri: str) -> bytes:
    """The bytes of a resource record of a package of ours, by its name; empty when it is not there. The index of the package says where it stands."""
    with zipfile.ZipFile(package) as archive:
        plain = "indexes/index.cdxj" in archive.namelist()
        index = archive.read("indexes/index.cdxj") if plain else gzip.decompress(archive.read("indexes/index.cdx.gz"))
        for line in index.splitlines():
            said = json.loads(line.split(b" ", 2)[2])
            if said.get("url") == uri:
                with archive.open(f"archive/{said['filename']}") as stream:
                    stream.seek(int(said["offset"]))
                    record = zlib.decompress(stream.read(int(said["length"])), 31)
                return record.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n\r\n")
    return b""


def shown_text(response: Response, from_answer: PageText) -> PageText:
    """What the watch compares: with a browser the rendered page as it was last shown, else the answer's own text."""
    from custodes.sources.pagetext import html_text

    main = [view for view in response.views if view.dom and view.url == response.views[0].url]
    return html_text(main[-1].dom) if main else from_answer


def body_hash(response: Response) -> str:
    """SHA-256 of the last answer's body as it came over the wire without its transfer coding; empty without one."""
    return hashlib.sha256(response.answer.body).hexdigest() if response.answer else ""


