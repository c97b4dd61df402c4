"""Plain text, markdown, code and API listings: the lines as they stand, with line and byte."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import pyarrow as pa

from custodes.errors import BrokenInputError, LimitError
from custodes.records import (
    device_arp,
    device_isapi,
    device_leases,
    device_masscan,
    device_nmap,
    device_nmap_text,
    device_nvr,
    device_onvif,
    device_other,
    device_register,
    device_sadp,
    device_ssdp,
    device_wsd,
    page_rest,
)
from custodes.records.page_decode import decoded
from custodes.records.page_runs import LINE, PARAGRAPH, Runs, Seen, Taken
from custodes.values import Origin

NAME = "page_text"
KINDS: tuple[str, ...] = ("PAGE",)
EXTRACTOR = "page_text 1"

SIZE_LIMIT = 32 << 20
LINE_LIMIT = 1 << 20
PROSE = (".txt", ".text", ".md", ".markdown", ".rst", ".adoc", ".asciidoc", ".org")
CODE = (".h", ".hpp", ".hh", ".c", ".cc", ".cpp", ".cs", ".java", ".kt", ".go", ".py", ".rb", ".js", ".ts", ".swift", ".proto", ".thrift", ".graphql", ".php", ".idl")
API = (".json", ".yaml", ".yml")
_API_SIGN = re.compile(rb"""["']?(?:openapi|swagger|asyncapi|raml)["']?\s*:""", re.I)
_HEADING = re.compile(r"^#{1,3}\s+(.{1,200})$|^(.{3,200})\n[=]{3,}$", re.M)


def sniff(head: bytes, filename: str) -> bool:
    """Claims by the name's ending: text and code as long as it looks like no table, JSON and YAML when it describes an API."""
    name = filename.lower()
    if b"\0" in head[:2048] and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    if name.endswith(API):
        return bool(_API_SIGN.search(head[:4096]))
    if name.endswith(CODE):
        return True
    return name.endswith(PROSE) and not _tabular(head) and head.lstrip()[:1] not in (b"{", b"[") and not _of_devices(head)


def _of_devices(head: bytes) -> bool:
    """Is this a table of leases or neighbours, or an answer of a device, saved as text? Their readers claim these."""
    return any(reader.sniff(head, "") for reader in _DEVICES)


_DEVICES = (
    device_arp, device_isapi, device_leases, device_masscan, device_nmap, device_nmap_text, device_nvr, device_onvif, device_other, device_register, device_sadp,
    device_ssdp, device_wsd,
)  # fmt: skip


def _tabular(head: bytes) -> bool:
    """Do the first lines have the same number, two or more, of one delimiter?"""
    lines = [line for line in head[:8192].splitlines()[:6] if line.strip()][:5]
    if len(lines) < 3:
        return False
    counts = ({line.count(sign) for line in lines} for sign in (b",", b";", b"\t", b"|"))
    return not lines[1].startswith(b"|") and any(len(count) == 1 and min(count) >= 2 for count in counts)


def companions(filename: str) -> tuple[str, ...]:
    """A text stands alone."""
    return ()


def read(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """One PAGE for the file. LimitError when it, or a line of it, is too long; BrokenInputError when it is no text."""
    yield from page_rest.whole(streams[0], origin, take, SIZE_LIMIT)


def texts(streams: Sequence[BinaryIO], origin: Origin) -> Iterator[pa.RecordBatch]:
    """The same without the places of the text."""
    yield from page_rest.whole(streams[0], origin, take, SIZE_LIMIT, places=False)


def take(payload: bytes, seen: Seen, where: str) -> Taken:
    """The lines of one text; a run per line, line ends as LF."""
    if len(payload) > SIZE_LIMIT:
        raise LimitError(f"the text is larger than {SIZE_LIMIT >> 20} MiB", where=where, advice="split it")
    text, encoding, mark = decoded(payload, seen.charset)
    if "\0" in text:
        raise BrokenInputError("NUL characters: this is no text", where=where, advice="name the reader that it is for in case.toml")
    runs, at, number = Runs(), mark, 0
    sort = "code" if (seen.url or seen.name).lower().split("?")[0].endswith(CODE + API) else ""
    exact = "\ufffd" not in text
    for number, line in enumerate(re.split(r"(\r\n|\r|\n)", text)):
        if number % 2 == 0:
            if len(line) > LINE_LIMIT:
                raise LimitError(f"line {number // 2 + 1} is longer than {LINE_LIMIT >> 20} Mi characters", where=where, advice="this is no text for people")
            runs.run(line, f"line {number // 2 + 1}", 0, at if exact else -1, sort)
        else:
            _line_end(runs)
        at += len(line.encode(encoding, "replace"))
    found = _HEADING.search(text[:4096]) if not sort else None
    title = (found[1] or found[2] or "").strip() if found else ""
    return Taken(runs, EXTRACTOR, seen.media or "text/plain", encoding, title, "", "yes" if runs.pieces else "no", () if runs.pieces else ("the text is empty",))


def _line_end(runs: Runs) -> None:
    """A line end; several in a row stay several, so that paragraphs can be told."""
    runs.gap(PARAGRAPH if runs.waiting == LINE else LINE)
