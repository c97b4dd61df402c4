"""Time stamps: a local authority made with openssl, both ways with openssl and rfc3161-client, offline queue, and every byte of a token."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import rfc3161_client
from cryptography import x509
from test_sources_wacz import packed

from custodes.sources import checker, seal, stamp
from custodes.sources.checker import Damaged, Report, parse_token
from custodes.sources.guard import Guard
from custodes.sources.stamp import Authority, Subject, request, stamp_due
from custodes.sources.stamp_send import Sender
from custodes.sources.store import Store
from custodes.sources.wire import Time, Wire

NOW = "2026-11-22T10:00:00Z"
DATA = b"what is to be stamped"
CONFIG = """
[ tsa ]
default_tsa = tsa_config1
[ tsa_config1 ]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
"""
EXTENSIONS = "basicConstraints=critical,CA:false\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n"


def openssl(*arguments: str, cwd: Path) -> bytes:
    done = subprocess.run(["openssl", *arguments], cwd=cwd, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@dataclass(frozen=True)
class Tsa:
    """A time-stamping authority in a folder: ``answer(query)`` and its root certificate."""

    folder: Path

    def answer(self, query: bytes) -> bytes:
        (self.folder / "q.tsq").write_bytes(query)
        openssl("ts", "-reply", "-config", "tsa.cnf", "-queryfile", "q.tsq", "-out", "a.tsr", cwd=self.folder)
        return (self.folder / "a.tsr").read_bytes()

    @property
    def roots(self) -> bytes:
        return (self.folder / "ca.pem").read_bytes()


@pytest.fixture(scope="session")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Tsa:
    """Made once: a root, and a signer that may only stamp times."""
    if not shutil.which("openssl"):
        pytest.skip("there is no openssl program here")
    folder = tmp_path_factory.mktemp("tsa")
    for name in ("ca", "tsa"):
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", f"{name}.key", cwd=folder)
    openssl("req", "-x509", "-new", "-key", "ca.key", "-subj", "/CN=test root", "-days", "3650", "-out", "ca.pem", "-sha256", cwd=folder)
    openssl("req", "-new", "-key", "tsa.key", "-subj", "/CN=test authority", "-out", "tsa.csr", cwd=folder)
    (folder / "ext.cnf").write_text(EXTENSIONS)
    openssl("x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "3000", "-sha256", "-extfile", "ext.cnf", "-out", "tsa.pem", cwd=folder)
    (folder / "tsa.cnf").write_text(CONFIG.format(folder=folder))
    (folder / "serial").write_text("01\n")
    return Tsa(folder)


@pytest.fixture
def served(tsa: Tsa) -> Iterator[str]:
    """The authority on loopback; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = tsa.answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200 if self.path == "/tsr" else 503)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/tsr"
    server.shutdown()
    server.server_close()
    thread.join()


def sender(allow: tuple[str, ...] = ("127.0.0.1",)) -> Sender:
    return Sender(Wire(Guard(allow), Time(lambda: datetime(2026, 11, 22, tzinfo=UTC), lambda: 0.0, lambda _: None)), "custodes test")


def test_our_request_is_answered_and_both_judges_accept_the_answer(tsa: Tsa, tmp_path: Path) -> None:
    query = request(DATA)
    assert query == request(DATA)
    answer = tsa.answer(query)
    (tmp_path / "a.tsr").write_bytes(answer)
    (tmp_path / "data").write_bytes(DATA)
    openssl("ts", "-verify", "-data", str(tmp_path / "data"), "-in", str(tmp_path / "a.tsr"), "-CAfile", "ca.pem", cwd=tsa.folder)
    response = rfc3161_client.decode_timestamp_response(answer)
    builder = rfc3161_client.VerifierBuilder().add_root_certificate(x509.load_pem_x509_certificate(tsa.roots))
    assert builder.build().verify_message(response, DATA)
    with pytest.raises(rfc3161_client.VerificationError):
        builder.build().verify_message(response, DATA + b"!")
    token = stamp.accepted(answer, Subject("package", "x", DATA), Authority("", tsa.roots))
    assert token.imprint == "sha256:" + hashlib.sha256(DATA).hexdigest() and token.time.endswith("Z")


def test_a_query_of_openssl_gives_a_token_that_we_read_and_the_bare_token_too(tsa: Tsa, tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(DATA)
    query = openssl("ts", "-query", "-data", str(tmp_path / "data"), "-sha512", "-cert", cwd=tsa.folder)
    token = parse_token(tsa.answer(query))
    assert token.imprint == "sha512:" + hashlib.sha512(DATA).hexdigest()
    assert parse_token(token.der).time == token.time


@pytest.mark.parametrize("roots", [True, False])
def test_every_flipped_byte_of_a_token_is_noticed_or_changes_nothing_that_is_said(tsa: Tsa, roots: bool) -> None:
    """Structure, imprint and statement without openssl; the signature with it (tested on a sample, openssl is a program)."""
    answer = tsa.answer(request(DATA))
    true = parse_token(answer)
    silent = []
    for at in range(len(answer)):
        changed = bytearray(answer)
        changed[at] ^= 0x01
        try:
            token = parse_token(bytes(changed))
        except Damaged:
            continue
        assert (token.imprint, token.time) == (true.imprint, true.time), at
        silent.append(at)
    assert len(silent) < len(answer)
    for at in silent[:: max(1, len(silent) // 25)]:
        changed = bytearray(answer)
        changed[at] ^= 0x01
        report = Report("x")
        where = [str(tsa.folder / "ca.pem")] if roots else []
        checker.check_token(bytes(changed), "t", {true.imprint: "the data"}, where, report, "x")
        with_openssl = not report.broken and not any("trust" in text or "signature is good" in text for text in report.unchecked)
        assert not with_openssl, (at, report)


def test_a_token_over_something_else_or_of_a_stranger_is_refused(tsa: Tsa, shared: Path) -> None:
    answer = tsa.answer(request(DATA))
    with pytest.raises(Damaged, match="another hash"):
        stamp.accepted(answer, Subject("log", "1", b"other"), Authority("", tsa.roots))
    stranger = (shared / "pages/warc/made/test-tsa-root.pem").read_bytes()
    with pytest.raises(Damaged, match="does not lead"):
        stamp.accepted(answer, Subject("log", "1", DATA), Authority("", stranger))


@pytest.mark.parametrize("data", [b"", b"\x30", b"\x30\x80", b"\x30\x03\x02\x01", b"hello", b"\x30\x84\xff\xff\xff\xff", b"\x1f\x1f" * 50, b"\x30\x03\x30\x01\x00"])
def test_rubbish_is_not_a_token(data: bytes) -> None:
    with pytest.raises(Damaged):
        parse_token(data)


def test_tokens_in_another_order_pass_by_openssl(shared: Path) -> None:
    made = shared / "pages/warc/made"
    subject = Subject("package", "x", (made / "cap.datapackage-digest.json").read_bytes())
    roots = (made / "test-tsa-root.pem").read_bytes()
    for name in ("cap.datapackage-digest.json.tsr", "cap.datapackage-digest.json.chain-unsorted.tsr"):
        assert stamp.accepted((made / name).read_bytes(), subject, Authority("", roots)).time.startswith("2026-11-22T")


def sealed_case(folder: Path) -> tuple[Path, Path]:
    """(log, sources) of a case that holds one package."""
    made = packed(folder / "incoming")
    capture = Store(folder / "sources").store(made.path, "web/vendor.example/page.wacz", NOW)
    seal.seal_captures(folder / "seal.jsonl", [capture], NOW)
    return folder / "seal.jsonl", folder / "sources"


def test_packages_and_the_head_of_the_log_are_stamped_once_by_each_authority(tsa: Tsa, served: str, tmp_path: Path) -> None:
    log, sources = sealed_case(tmp_path)
    authorities = [Authority(served, tsa.roots), Authority(served.replace("127.0.0.1", "localhost"))]
    send = sender(("127.0.0.1", "localhost"))
    done = stamp_due(log, sources, authorities, send, NOW)
    assert (done.stamped, done.waiting, done.troubles) == (4, 0, ())
    assert [line["facts"]["of"] for line in seal.lines(log) if line["kind"] == "stamp"] == ["package", "package", "log", "log"]
    before = log.read_bytes()
    assert stamp_due(log, sources, authorities, send, NOW).stamped == 0 and log.read_bytes() == before
    seal.append(log, "edition", {"edition": "draft"}, NOW)
    assert [(s.of, s.ref) for _, s in stamp.due(log, sources, authorities)] == [("log", "6"), ("log", "6")]
    report = Report("case")
    checker.check_case(str(tmp_path), report)
    assert report.broken == [] and report.counts["time stamps"] == 4 and report.counts["files"] == 3
    assert list(seal.verify(log)) == []


def test_what_no_authority_answers_waits_for_the_next_run(tsa: Tsa, served: str, tmp_path: Path) -> None:
    log, sources = sealed_case(tmp_path)
    refused = sender(())
    off = stamp_due(log, sources, [Authority(served)], refused, NOW)
    assert (off.stamped, off.waiting, len(off.troubles)) == (0, 2, 1) and "asks again" in off.troubles[0]
    down = stamp_due(log, sources, [Authority(served.replace("/tsr", "/down"))], sender(), NOW)
    assert down.stamped == 0 and "answered 503" in down.troubles[0]
    gone = stamp_due(log, sources, [Authority("http://127.0.0.1:1/")], sender(), NOW)
    assert gone.stamped == 0 and gone.waiting == 2
    assert not any(line["kind"] == "stamp" for line in seal.lines(log))
    assert stamp_due(log, sources, [Authority(served)], sender(), NOW).stamped == 2


def test_a_wrong_answer_is_not_sealed(tsa: Tsa, tmp_path: Path) -> None:
    log, sources = sealed_case(tmp_path)
    answers: list[Callable[[str, bytes], bytes]] = [lambda *_: b"<html>", lambda *_: tsa.answer(request(b"other"))]
    for send in answers:
        done = stamp_due(log, sources, [Authority("https://tsa.example")], send, NOW)
        assert done.stamped == 0 and done.waiting == 2
    assert not (sources / "stamps").exists()


@pytest.mark.parametrize("change", ["token removed", "token changed", "package exchanged", "log rewritten"])
def test_what_a_stamp_rests_on_cannot_be_changed_unseen(tsa: Tsa, served: str, tmp_path: Path, change: str) -> None:
    log, sources = sealed_case(tmp_path)
    stamp_due(log, sources, [Authority(served, tsa.roots)], sender(), NOW)
    token = next((sources / "stamps").glob("log-*.tsr"))
    expected = "token"
    if change == "token removed":
        token.unlink()
    elif change == "token changed":
        data = bytearray(token.read_bytes())
        data[-3] ^= 1
        token.chmod(0o644)
        token.write_bytes(bytes(data))
    elif change == "package exchanged":
        capture = next(path for path in (sources / "captures").rglob("*") if path.is_file())
        capture.chmod(0o644)
        capture.write_bytes(capture.read_bytes().replace(b"A case", b"B case"))
        expected = "captures"
    else:  # the whole log written anew, with right hashes, as somebody without the authority's key can
        lines = list(seal.lines(log))
        log.unlink()
        for line in lines:
            seal.append(log, line["kind"], {**line["facts"], "path": "elsewhere.wacz"} if line["kind"] == "capture" else line["facts"], NOW)
    report = Report("case")
    checker.check_case(str(tmp_path), report)
    assert expected in {link.chain for link in report.broken}, report.lines()
