"""The index of an archive: one line per record that can be replayed, sorted by an address turned round (``com,example)/page``).

Format: CDXJ as WACZ 1.1.1 uses it (specs.webrecorder.net); the key follows what replay programs compute when they look an address up: lower case, no
``www.``, host reversed, query sorted. A POST is told from a GET by its body, which is added to the key, as pywb and its relatives do.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import SplitResult, quote, urlsplit

from custodes.sources.checker import Record, payload_start, records

INDEXED = ("response", "resource", "revisit")
"""Record types that a replay can show."""
_MIME = {"revisit": "warc/revisit"}


def lines(archives: Iterable[Path]) -> list[bytes]:
    """The sorted index lines of WARC files, each with its LF. Raises ValueError when a record is damaged: nothing is indexed that does not verify."""
    found = [line for path in archives for line in _of_file(path)]
    return sorted(found)


def _of_file(path: Path) -> Iterator[bytes]:
    kept: list[Record] = []
    posted: dict[str, bytes] = {}
    with path.open("rb") as stream:
        for record in records(stream, digest_members=True, keep=("request",)):
            if record.problem:
                raise ValueError(f"{path.name}: record {record.record_id}: {record.problem}")
            if record.kind in INDEXED:
                kept.append(record)
            elif record.kind == "request" and not record.block.startswith((b"GET ", b"HEAD ")) and record.concurrent:
                posted[record.concurrent] = record.block
    for record in kept:
        yield _line(record, path.name, posted.get(record.record_id, b""))


def _line(record: Record, filename: str, request: bytes) -> bytes:
    said = {
        "url": record.uri, "mime": _MIME.get(record.kind, record.mime or "unk"), "status": record.status, "digest": record.payload,
        "length": str(record.length), "offset": str(record.offset), "filename": filename, "recordDigest": f"sha256:{record.member_sha256}",
    }  # fmt: skip
    url = record.uri
    if request:
        method, body = posted_query(request)
        said |= {"method": method, "requestBody": body}
        url = f"{url}{'&' if '?' in url else '?'}__wb_method={method}&{body}".rstrip("&")
    stamp = re.sub(r"\D", "", record.date)[:14]
    text = json.dumps({name: value for name, value in said.items() if value}, ensure_ascii=True)
    return f"{key(url)} {stamp} {text}\n".encode()


def posted_query(request: bytes) -> tuple[str, str]:
    """(method, what was sent as a query) of a request that is no GET; a body that is no form is given in base 64."""
    method = request[:32].split(b" ", 1)[0].decode("latin-1")
    begin = payload_start(request)
    head, body = (request[:begin], request[begin:]) if begin >= 0 else (request, b"")
    if re.search(rb"(?im)^content-type:[ \t]*application/x-www-form-urlencoded", head) and body.isascii():
        return method, body.decode("ascii").strip()
    return method, "__wb_post_data=" + quote(base64.b64encode(body).decode(), safe="") if body else ""


def key(url: str) -> str:
    """The sort key of an address; an address that is not http is its own key, without white space."""
    lower = url.lower()
    if not lower.startswith(("http:", "https:")):
        return "".join(c for c in url if not c.isspace())
    try:
        parts = urlsplit(re.sub(r"^(https?://)www\d*\.", r"\1", lower))
        host, port = parts.hostname or "", _port(parts)
    except ValueError:
        return "".join(c for c in lower if not c.isspace())
    query = "&".join(sorted(parts.query.split("&"), key=lambda pair: pair.split("=")[0])) if parts.query else ""
    turned = ",".join(reversed(host.split("."))) if ":" not in host else f"[{host}]"
    return "".join(c for c in f"{turned}{port}){parts.path or '/'}{'?' + query if query else ''}" if not c.isspace())


def _port(parts: SplitResult) -> str:
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    return f":{parts.port}" if parts.port and parts.port != usual else ""
