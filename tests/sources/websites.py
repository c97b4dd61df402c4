"""A web of our own on loopback: raw answers, byte for byte, and a log of what the server saw and sent."""

from __future__ import annotations

import gzip
import socket
import socketserver
import ssl
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>endobj\n"
    b"4 0 obj<</Length 68>>stream\nBT /F1 12 Tf 20 100 Td (Veridia X9 estimates age and gender.) Tj ET \nendstream endobj\n"
    b"5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)
"""A brochure of an invented firm, one sentence long."""


def message(status: str, headers: list[tuple[str, str]], body: bytes = b"", length: bool = True) -> bytes:
    """An HTTP/1.1 answer as bytes."""
    lines = [f"HTTP/1.1 {status}", *(f"{k}: {v}" for k, v in headers), *([f"Content-Length: {len(body)}"] if length else [])]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def page(title: str, body: str = "", head: str = "") -> bytes:
    """An HTML page as an answer."""
    return message("200 OK", [("Content-Type", "text/html; charset=utf-8")], f"<!doctype html><html lang=en><head><title>{title}</title>{head}</head><body>{body}</body></html>".encode())


def chunked(body: bytes, step: int = 40) -> bytes:
    """A body in chunks, with an extension and a trailer, as servers may send it."""
    pieces = [body[i : i + step] for i in range(0, len(body), step)]
    return b"".join(f"{len(p):X};x=1\r\n".encode() + p + b"\r\n" for p in pieces) + b"0\r\nX-Trailer: end\r\n\r\n"


HTML = "text/html; charset=utf-8"
TEXT = b"<html><body><p>Gr\xc3\xbc\xc3\x9fe. The camera reads number plates.</p></body></html>"


def raw_deflate(body: bytes) -> bytes:
    """Deflate without the zlib frame, as some servers send it."""
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return packer.compress(body) + packer.flush()


ANSWERS: dict[str, bytes] = {
    "/plain": message("200 OK", [("Content-Type", HTML)], TEXT),
    "/one": message("301 Moved Permanently", [("Location", "/two?a=b%20c")], b"moved"),
    "/two?a=b%20c": message("302 Found", [("Location", "three"), ("Set-Cookie", "seen=1; Path=/"), ("Set-Cookie", "lang=en; HttpOnly")]),
    "/three": message("200 OK", [("Content-Type", HTML)], TEXT),
    "/empty404": message("404 Not Found", []),
    "/gzip": message("200 OK", [("Content-Type", HTML), ("Content-Encoding", "gzip")], gzip.compress(TEXT, mtime=0)),
    "/deflate": message("200 OK", [("Content-Type", HTML), ("Content-Encoding", "deflate")], zlib.compress(TEXT)),
    "/rawdeflate": message("200 OK", [("Content-Type", HTML), ("Content-Encoding", "deflate")], raw_deflate(TEXT)),
    "/chunked": message("200 OK", [("Content-Type", HTML), ("Transfer-Encoding", "chunked")], chunked(TEXT), length=False),
    "/chunkedgzip": message(
        "200 OK", [("Content-Type", HTML), ("Transfer-Encoding", "chunked"), ("Content-Encoding", "gzip")], chunked(gzip.compress(TEXT, mtime=0)), length=False
    ),
    "/cookies": message("200 OK", [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2; Secure"), ("set-cookie", "c=3")], b"ok"),
    "/untilclose": b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nuntil the end",
    "/cut": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
    "/hints": b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" + message("200 OK", [], b"after hints"),
    "/oddheaders": b"HTTP/1.1 200 OK\r\nX Bad: space in name\r\nContent-Type: text/plain\r\n\r\nodd but read",
    "/loop": message("302 Found", [("Location", "/loop")]),
    "/brochure.pdf": message("200 OK", [("Content-Type", "application/pdf")], PDF),
    "/download": message("200 OK", [("Content-Type", "application/octet-stream"), ("Content-Disposition", "attachment; filename=brochure.pdf")], PDF),
    "/big": message("200 OK", [("Content-Type", "text/plain")], b"x" * 300_000),
    "/metadata": message("302 Found", [("Location", "http://169.254.169.254/latest/meta-data/")]),
    "/tofile": message("302 Found", [("Location", "file:///etc/passwd")]),
    "/tomapped": message("302 Found", [("Location", "http://[::ffff:10.0.0.1]/")]),
    "/todecimal": message("302 Found", [("Location", "http://167772161/")]),  # 10.0.0.1
    "/robots.txt": message("200 OK", [("Content-Type", "text/plain")], b"User-agent: *\nDisallow: /private\n"),
}


@dataclass
class Site:
    """A running site: ``answers`` by path may be changed while it runs; ``seen`` holds (request, answer) bytes in order; ``delays`` seconds by path."""

    answers: dict[str, bytes]
    port: int = 0
    seen: list[tuple[bytes, bytes]] = field(default_factory=list)
    delays: dict[str, float] = field(default_factory=dict)
    scheme: str = "http"

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        """The address of a path."""
        return f"{self.scheme}://{host}:{self.port}{path}"

    @property
    def paths(self) -> list[str]:
        """What was asked for, as ``METHOD path``."""
        return [" ".join(request.split(b" ", 2)[:2][i].decode() for i in (0, 1)) for request, _ in self.seen]


def _request(sock: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = sock.recv(65536)
        if not piece:
            return b""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    while lengths and len(body) < lengths[0]:
        piece = sock.recv(65536)
        body += piece
        data += piece
    return data


def _keeps(answer: bytes) -> bool:
    head = answer.partition(b"\r\n\r\n")[0].lower()
    return head.startswith(b"http/1.1") and (b"content-length:" in head or b"chunked" in head) and b"x bad" not in head and b"length: 100" not in head


@contextmanager
def serve(answers: dict[str, bytes], tls: ssl.SSLContext | None = None, keep: bool = True, hold: dict[str, float] | None = None) -> Iterator[Site]:
    """Serve ``answers`` on a port of loopback until the block ends; several requests per connection where ``keep``. ``hold``: paths after whose answer the
    connection is held open for so many seconds."""
    site = Site(answers, scheme="https" if tls else "http")
    lock, over = threading.Lock(), threading.Event()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            sock = self.request
            sock.settimeout(20)
            try:
                sock = tls.wrap_socket(sock, server_side=True) if tls else sock
                while request := _request(sock):
                    method, path = request.split(b" ", 2)[:2]
                    names = f"{method.decode()} {path.decode()}", path.decode()
                    answer = next((site.answers[n] for n in names if n in site.answers), message("404 Not Found", [], b"no such page"))
                    with lock:
                        site.seen.append((request, answer))
                    time.sleep(site.delays.get(path.decode(), 0))
                    sock.sendall(answer)
                    over.wait((hold or {}).get(path.decode(), 0))
                    if not keep or not _keeps(answer) or b"connection: close" in request.lower():
                        break
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            finally:
                sock.close()

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address, daemon_threads, request_queue_size = True, True, 128

        def handle_error(self, request: object, client_address: object) -> None:
            pass

    with Server(("127.0.0.1", 0), Handler) as server:
        site.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield site
        finally:
            over.set()
            server.shutdown()
            thread.join()
