"""Fetching without a browser: what the server sent is what we hold, whatever it sent."""

from __future__ import annotations

import itertools
import socket
import ssl
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import websites
from hypothesis import given
from hypothesis import strategies as st

from custodes.errors import BrokenInputError, LimitError
from custodes.sources import answer as answers
from custodes.sources.answer import read_answer
from custodes.sources.fetch import Fetcher, Response
from custodes.sources.guard import Guard
from custodes.sources.wire import Limits, Time, Wire
from custodes.values import Exchange

START = datetime(2026, 11, 22, 12, tzinfo=UTC)


def counting() -> Time:
    """A clock that goes on by a millisecond at every look."""
    ticks = itertools.count()
    return Time(lambda: START + timedelta(milliseconds=next(ticks)), lambda: next(ticks) / 1000, lambda seconds: None)


def fetcher(limits: Limits | None = None, allow: tuple[str, ...] = ("127.0.0.1",), context: ssl.SSLContext | None = None, **options: object) -> Fetcher:
    return Fetcher(Wire(Guard(allow, **options), counting(), limits, context), "custodes-test")  # type: ignore[arg-type]


def wire_bytes(response: Response) -> list[tuple[bytes, bytes]]:
    return [(e.request, e.response) for e in response.exchanges if isinstance(e.response, bytes)]


@pytest.mark.parametrize("path", [p for p in websites.ANSWERS if not p.startswith("/to") and p not in ("/metadata", "/loop")])
def test_every_transaction_is_kept_as_it_was_on_the_wire(path: str) -> None:
    with websites.serve(websites.ANSWERS) as site:
        response = fetcher().fetch(site.url(path))
    assert wire_bytes(response) == site.seen
    assert len(site.seen) == {"/one": 3, "/two?a=b%20c": 2}.get(path, 1)
    assert response.answer is not None


def test_redirects_keep_all_hops_and_the_last_answer() -> None:
    with websites.serve(websites.ANSWERS) as site:
        response = fetcher().fetch(site.url("/one#fragment"))
    assert [e.url for e in response.exchanges] == [site.url("/one"), site.url("/two?a=b%20c"), site.url("/three")]
    assert response.final == site.url("/three") and response.status == 200 and response.cause == ""
    assert b"Cookie: seen=1; lang=en\r\n" in response.exchanges[2].request, "cookies of this host go with the next hop"
    assert {e.ip for e in response.exchanges} == {"127.0.0.1"} and all(e.began < e.ended for e in response.exchanges if e.ended)


@pytest.mark.parametrize("path", ["/gzip", "/deflate", "/rawdeflate", "/chunked", "/chunkedgzip", "/plain"])
def test_content_is_read_from_the_wire_bytes(path: str) -> None:
    found = read_answer(websites.ANSWERS[path])
    assert found is not None and found.content == websites.TEXT and found.whole and found.media_type == "text/html"


@pytest.mark.parametrize(
    ("rest", "body", "ended"),
    [(b"Content-Length: 3\r\n\r\nabc", b"abc", True), (b"Content-Length: 4\r\n\r\nabc", b"abc", False), (b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", b"abc", True),
     (b"\r\nabc", b"abc", False), (b"Content-Length: 3\r\n", None, False)],
)  # fmt: skip
def test_an_answer_that_breaks_the_standard_is_read_as_browsers_do(rest: bytes, body: bytes | None, ended: bool) -> None:
    raw = b"HTTP/1.1 200 OK\r\nBad Name: x\r\n" + rest
    reading = answers.Reading()
    for i in range(len(raw)):
        reading.feed(raw[i : i + 1])
    found = reading.answer(raw)
    assert (found.body if found else None) == body and reading.ended == ended and not reading.whole and not reading.reusable


def test_an_endless_answer_without_a_head_costs_no_time_by_the_square() -> None:
    reading = answers.Reading()
    begin = time.monotonic()
    for _ in range(2000):
        reading.feed(b"\x00 no head at all " * 500)
        assert not reading.ended
    assert time.monotonic() - begin < 20


def test_several_cookies_stay_several_headers() -> None:
    found = read_answer(websites.ANSWERS["/cookies"])
    assert found is not None and [v for k, v in found.headers if k.lower() == "set-cookie"] == ["a=1", "b=2; Secure", "c=3"]


@pytest.mark.parametrize(
    ("path", "status", "whole", "cause", "truncated"),
    [("/cut", 200, False, "disconnect", "disconnect"), ("/untilclose", 200, True, "", ""), ("/hints", 200, True, "", ""), ("/empty404", 404, True, "", ""),
     ("/oddheaders", 200, False, "protocol", "")],
)  # fmt: skip
def test_odd_answers_are_read_and_said_to_be_odd(path: str, status: int, whole: bool, cause: str, truncated: str) -> None:
    with websites.serve(websites.ANSWERS) as site:
        response = fetcher().fetch(site.url(path))
    assert response.answer is not None
    assert (response.status, response.answer.whole, response.cause, response.exchanges[-1].truncated) == (status, whole, cause, truncated)


def test_the_size_limit_cuts_and_says_so() -> None:
    with websites.serve(websites.ANSWERS) as site:
        response = fetcher(Limits(size=5000)).fetch(site.url("/big"))
    (exchange,) = response.exchanges
    assert exchange.truncated == "length" and response.cause == "length" and exchange.response == websites.ANSWERS["/big"][:5000]
    assert exchange.notes == ("the answer is longer than 5000 bytes",)


def test_an_answer_of_exactly_the_limit_is_whole() -> None:
    whole = websites.ANSWERS["/big"]
    with websites.serve(websites.ANSWERS) as site:
        response = fetcher(Limits(size=len(whole))).fetch(site.url("/big"))
    assert response.cause == "" and response.exchanges[0].response == whole


def test_silence_ends_the_wait() -> None:
    with websites.serve(websites.ANSWERS) as site:
        site.delays["/plain"] = 1.5
        response = fetcher(Limits(silence=0.2)).fetch(site.url("/plain"))
    assert response.cause == "time" and response.answer is None and len(response.exchanges) == 1 and response.exchanges[0].response == b""


def test_a_trickle_ends_at_the_time_limit() -> None:
    """Each byte comes in time, the whole does not: the clock of the capture decides (here it goes on by 1 ms a look)."""
    with websites.serve(websites.ANSWERS) as site:
        response = fetcher(Limits(seconds=0.0005)).fetch(site.url("/plain"))
    assert response.cause == "time"


def test_redirect_loops_end() -> None:
    with websites.serve(websites.ANSWERS) as site:
        response = fetcher(Limits(redirects=4)).fetch(site.url("/loop"))
    assert response.cause == "redirects" and len(response.exchanges) == 5 == len(site.seen) and response.status == 302


@pytest.mark.parametrize("path", ["/metadata", "/tofile", "/tomapped", "/todecimal"])
def test_redirects_into_private_space_are_refused_and_the_redirect_is_kept(path: str) -> None:
    with websites.serve(websites.ANSWERS) as site:
        response = fetcher().fetch(site.url(path))
    assert response.cause == "refused" and wire_bytes(response) == site.seen and len(site.seen) == 1 and response.status == 302


def test_a_name_that_turns_private_between_two_hops_is_refused() -> None:
    """DNS rebinding: the first look-up is allowed, the redirect to the same name is looked up and judged again."""
    lookups = iter([["127.0.0.1"], ["169.254.169.254"]])
    with websites.serve({"/": websites.message("302 Found", [("Location", "/again")])}) as site:
        response = fetcher(resolve=lambda host, port: next(lookups)).fetch(site.url("/", host="rebind.example"))
    assert response.cause == "refused" and "169.254.169.254" in response.problem and len(site.seen) == 1


def test_connections_go_to_the_judged_address_never_to_the_name() -> None:
    tried: list[str] = []

    def connect(address: str, port: int, seconds: float) -> socket.socket:
        tried.append(address)
        raise ConnectionRefusedError(111, "refused")

    guard = Guard(resolve=lambda host, port: ["10.9.9.9", "93.184.216.34", "93.184.216.35"])
    response = Fetcher(Wire(guard, counting(), connect=connect), "t").fetch("http://site.example/")
    assert tried == ["93.184.216.34", "93.184.216.35"] and response.cause == "connect" and response.exchanges == ()


def test_a_closed_port_a_missing_name_and_a_dumb_server_are_told_apart() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert fetcher().fetch(f"http://127.0.0.1:{port}/").cause == "connect"

    def nothing(host: str, port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    assert fetcher(resolve=nothing).fetch("http://gone.example/").cause == "dns"
    with websites.serve({"/": b""}, keep=False) as site:
        response = fetcher().fetch(site.url("/"))
    assert response.cause == "disconnect" and response.answer is None and response.exchanges[0].request.startswith(b"GET / HTTP/1.1\r\n")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 and localhost, signed by itself."""
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=invented", "-addext"]
    try:
        subprocess.run([*command, "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", cert], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    return cert, key


def test_the_certificate_chain_is_kept(certificate: tuple[Path, Path]) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*certificate)
    with websites.serve(websites.ANSWERS, tls) as site:
        response = fetcher(context=ssl.create_default_context(cafile=str(certificate[0]))).fetch(site.url("/one", "localhost"))
        refused = fetcher().fetch(site.url("/plain"))
    assert response.status == 200 and len(response.exchanges) == 3
    assert {e.tls_chain for e in response.exchanges} == {(ssl.PEM_cert_to_DER_cert(certificate[0].read_text()),)}
    assert {e.protocol for e in response.exchanges} == {"http/1.1, tls/1.3"}
    assert refused.cause == "tls" and "self-signed" in refused.problem.replace(" ", "-") and not refused.exchanges


def test_unknown_and_damaged_codings_are_errors_with_advice() -> None:
    for body, coding, error in ((b"x", "br", BrokenInputError), (b"not packed", "gzip", BrokenInputError)):
        found = read_answer(websites.message("200 OK", [("Content-Encoding", coding)], body))
        assert found is not None
        with pytest.raises(error) as caught:
            _ = found.content
        assert caught.value.advice


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    import gzip

    monkeypatch.setattr(answers, "MOST", 1 << 16)
    found = read_answer(websites.message("200 OK", [("Content-Encoding", "gzip")], gzip.compress(bytes(1 << 22))))
    with pytest.raises(LimitError):
        _ = found and found.content


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(junk: bytes) -> None:
    read_answer(junk)
    found = read_answer(b"HTTP/1.1 200 OK\r\n" + junk)
    assert found is None or found.status == 200


@given(st.binary(max_size=2000), st.integers(1, 300))
def test_any_split_of_the_bytes_gives_the_same_answer(body: bytes, step: int) -> None:
    raw = websites.message("200 OK", [("Transfer-Encoding", "chunked")], websites.chunked(body, step) if body else b"0\r\n\r\n", length=False)
    reading = answers.Reading()
    for i in range(0, len(raw), step):
        reading.feed(raw[i : i + step])
    assert reading.whole and reading.reusable
    found = reading.answer(raw)
    assert found == read_answer(raw) and found is not None and found.body == body


def test_an_exchange_needs_a_zone() -> None:
    with pytest.raises(ValueError, match="zone"):
        Exchange("http://x.example/", "GET", b"", b"", datetime(2026, 1, 1))  # noqa: DTZ001
