"""Time stamps by strangers: ask authorities (RFC 3161) to sign that a hash was shown to them, and keep what they answer.

What is stamped: the digest file of every package, and the head of the seal log, which covers every line before it. A stamp proves that these bytes existed
at that time. It does not prove where they came from. Nothing but the hash leaves this computer.

There is no list of what waits: what is due follows from the log. When no authority answers, the next run asks again. A token is kept as it came, write-once,
in ``sources/stamps/``; a line of the seal log names it. Requests carry no nonce: an old token over the same hash would prove even more.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from custodes.sources import seal
from custodes.sources.checker import Damaged, Report, Token, canonical, check_signature, parse_token
from custodes.sources.lines import sync_folder
from custodes.sources.store import place

STAMP = "stamp"
"""``kind`` of a line that names a token."""
Send = Callable[[str, bytes], bytes]
"""``send(url, request)``: the authority's answer; OSError when none came."""


@dataclass(frozen=True, slots=True)
class Authority:
    """Whom to ask. ``roots``: certificates (PEM) that its answers must lead to; empty: answers are kept, whom to trust is left to the reader."""

    url: str
    roots: bytes = b""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is to be stamped. ``of``: package or log; ``ref``: the capture's SHA-256 or the line's number; ``data``: the bytes whose SHA-256 is stamped."""

    of: str
    ref: str
    data: bytes

    @property
    def imprint(self) -> str:
        """SHA-256 in hex."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many stamps came, how many wait, and what went wrong, one sentence each."""

    stamped: int
    waiting: int
    troubles: tuple[str, ...] = ()


def request(data: bytes) -> bytes:
    """A time-stamp request (DER) for the SHA-256 of ``data``, asking for the authority's certificate."""
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    return TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256).nonce(nonce=False).cert_request(cert_request=True).build().as_bytes()


def accepted(answer: bytes, subject: Subject, authority: Authority) -> Token:
    """The token in an answer that is over ``subject`` and, where roots are given, leads to one of them. Raises Damaged."""
    token = parse_token(answer)
    if token.imprint != f"sha256:{subject.imprint}":
        raise Damaged("the token is over another hash than the one that was sent")
    if authority.roots and (problem := _untrusted(answer, token, subject, authority)):
        raise Damaged(problem)
    return token


def _untrusted(answer: bytes, token: Token, subject: Subject, authority: Authority) -> str:
    """Why the token does not lead to the authority's roots; empty when it does. Where rfc3161-client cannot read it, openssl is asked."""
    from cryptography import x509
    from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response

    try:
        builder = VerifierBuilder()
        for root in x509.load_pem_x509_certificates(authority.roots):
            builder = builder.add_root_certificate(root)
        builder.build().verify_message(decode_timestamp_response(answer), subject.data)
    except VerificationError as problem:
        return f"the token's signature does not lead to the root certificates in case.toml ({problem})"
    except ValueError as problem:  # a form that the library refuses, such as certificates in another order
        return _by_openssl(token, authority, str(problem))
    return ""


def _by_openssl(token: Token, authority: Authority, why: str) -> str:
    import tempfile

    report = Report("token")
    with tempfile.TemporaryDirectory() as folder:
        roots = Path(folder) / "roots.pem"
        roots.write_bytes(authority.roots)
        check_signature(token, "token", [str(roots)], report, "token")
    good = any("is one that you trust" in text for text in report.unchecked)
    return "" if good else f"the token cannot be held against the root certificates in case.toml ({why})"


def due(log: Path, sources: Path, authorities: Sequence[Authority]) -> list[tuple[Authority, Subject]]:
    """What no authority has stamped yet: every package, and the head of the log; in the order of the log."""
    lines = list(seal.lines(log))
    have = {(line["facts"].get("authority"), line["facts"].get("imprint")) for line in lines if line["kind"] == STAMP}
    subjects = list(_subjects(lines, sources))
    return [(authority, subject) for subject in subjects for authority in authorities if (authority.url, subject.imprint) not in have]


def _subjects(lines: list[dict[str, Any]], sources: Path) -> Iterator[Subject]:
    removed = {line["facts"].get("sha256") for line in lines if line["kind"] == seal.REMOVAL}
    packages = dict.fromkeys(line["facts"]["sha256"] for line in lines if line["kind"] == seal.CAPTURE and str(line["facts"].get("path", "")).endswith(".wacz"))
    for sha256 in packages:
        data = b"" if sha256 in removed else digest_of(place(sources, sha256))
        if data:
            yield Subject("package", sha256, data)
    head = next((line for line in reversed(lines) if line["kind"] != STAMP), None)
    if head:
        yield Subject("log", str(head["n"]), canonical({name: value for name, value in head.items() if name != "hash"}))


def digest_of(path: Path) -> bytes:
    """The digest file inside a package; empty when there is none that can be read (``verify`` says so)."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.read("datapackage-digest.json")
    except (zipfile.BadZipFile, zlib.error, OSError, KeyError, ValueError, EOFError, RuntimeError, NotImplementedError):
        return b""


def stamp_due(log: Path, sources: Path, authorities: Sequence[Authority], send: Send, now: str) -> Outcome:
    """Ask for every stamp that is due, keep the answers and seal them. An authority that fails once is not asked again in this run."""
    waiting, silent, entries, troubles = 0, set[str](), list[tuple[str, dict[str, Any]]](), list[str]()
    for authority, subject in due(log, sources, authorities):
        if authority.url in silent:
            waiting += 1
            continue
        try:
            answer = send(authority.url, request(subject.data))
            token = accepted(answer, subject, authority)
        except (OSError, Damaged) as problem:
            silent.add(authority.url)
            waiting += 1
            troubles.append(f"{authority.url}: no time stamp: {problem}\n    next: nothing is lost; the next gather asks again")
            continue
        entries.append((STAMP, _keep(sources / "stamps", authority, subject, answer, token)))
    if entries:
        seal.append_all(log, entries, now)
    return Outcome(len(entries), waiting, tuple(troubles))


def _keep(folder: Path, authority: Authority, subject: Subject, answer: bytes, token: Token) -> dict[str, Any]:
    """Write the token (and the roots it was held against) and give the facts to seal."""
    folder.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(answer).hexdigest()
    name = f"{subject.of}-{subject.imprint[:16]}-{digest[:8]}.tsr"
    _write_once(folder / name, answer)
    if authority.roots:
        _write_once(folder / f"roots-{hashlib.sha256(authority.roots).hexdigest()[:16]}.pem", authority.roots)
    sync_folder(folder)
    return {
        "authority": authority.url, "file": f"stamps/{name}", "imprint": subject.imprint, "of": subject.of, "ref": subject.ref, "sha256": digest, "time": token.time,
    }  # fmt: skip


def _write_once(path: Path, data: bytes) -> None:
    if path.exists():
        return
    half = path.with_name(f".{path.name}.part")
    try:
        with half.open("wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        half.chmod(0o444)
        half.replace(path)
    finally:
        with suppress(FileNotFoundError):
            half.unlink()
