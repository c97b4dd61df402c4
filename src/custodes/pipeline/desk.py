"""Review with a browser: everything that the site needs of a case, as one frozen Desk, and the server that shows it.

The site never opens a case by itself: it asks the Desk, and the Desk asks the rooms. What people decide goes back through the case's ``inbox/``.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.parquet as pq

from custodes import case
from custodes.case import Case
from custodes.errors import CustodesError, IntegrityError, UsageError
from custodes.pipeline import corresponding, explaining, facts, publishing, replying, state
from custodes.pipeline.desk_place import place as place_of
from custodes.pipeline.state import Run
from custodes.publication import show
from custodes.publication.view import View, normalise
from custodes.review import LEDGER, load, notices
from custodes.review.desk import Desk
from custodes.sources.store import place
from custodes.sources.unpack import opened
from custodes.values import FINDING_SCHEMA
from custodes.values.edition import Edition

LARGEST_PAGE = 8 << 20
_HTML = (b"<!doctype html", b"<html", b"<head", b"<body")


def desk(folder: Path, database: str, now: Callable[[], datetime], secret: Callable[[], str]) -> Desk:
    """The desk of the case in ``folder``. ``database`` empty: SQLite in the case. Raises UsageError when there is no case."""
    the_case = case.load(folder)
    findings = folder / "findings" / "findings.parquet"
    room = the_case.room("review")
    version = _version(the_case)
    view = cache(lambda found: _view(the_case))
    return Desk(
        title=the_case.title,
        folder=room,
        database=place_of(the_case, database),
        now=now,
        secret=secret,
        findings=lambda: _batches(findings),
        findings_version=version,
        decisions=lambda: load(room / LEDGER),
        screen=lambda row: _screen(view(version()), row),
        source=explaining.opener(folder / "sources"),
        capture=lambda digest: _capture(folder / "sources", digest),
        hand_over=lambda name, data: case.write_whole(the_case.room("inbox") / name, data),
        exchange=lambda decisions, acts, answers, today: corresponding.exchange(the_case, decisions, acts, answers, today),
        reply_token=lambda notice_id: notices.token(replying.secret(the_case, secret()), notice_id),
    )


def _version(the_case: Case) -> Callable[[], str]:
    """What the manifest says about the findings; it is read again only when it was written again."""
    path = the_case.folder / "manifest.json"
    read = cache(lambda when: str(state.load(the_case).findings.get("files", {}).get("findings/findings.parquet", "")))
    return lambda: read(path.stat().st_mtime_ns) if path.is_file() else ""


def _batches(path: Path) -> Iterable[pa.RecordBatch]:
    if path.is_file():
        yield from pq.ParquetFile(path).iter_batches(batch_size=50_000)


def _run(the_case: Case) -> Run:
    return Run(the_case, state.load(the_case), "", False, None, {})


def _view(the_case: Case) -> View:
    """Names, lists and legal effects as the pages of an edition show them, without the findings themselves."""
    lists = {row["list"]: dict(row) for row in facts.table("lists")}
    records = publishing.records_of(_run(the_case))
    facts_ = {"capture_path": "sources/captures/{sha256:.2}/{sha256}"}
    return normalise(Edition("draft", "", FINDING_SCHEMA.empty_table(), records, lists, (), (), (), {}, facts_))


def _screen(view: View, row: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the pages of an edition say about a finding: marked texts (HTML, escaped), steps of the link path, listings with their effect, limits."""
    undecided = {"verdict": "", "decided": "", "reason": "", "note": "", "stale": False}
    return show.finding(view, {**undecided, **row}, whole=True)


def _capture(sources: Path, digest: str) -> tuple[str, bytes] | None:
    """A page that the case holds, or None when the bytes are not a page or not there."""
    try:
        with opened(place(sources, digest), digest) as (stream, _):
            data = stream.read(LARGEST_PAGE + 1)
    except (CustodesError, OSError):
        return None
    head = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return ("text/html", data[:LARGEST_PAGE]) if head.startswith(_HTML) else None


def key(room: Path, secret: Callable[[], str]) -> str:
    """The key that signs cookies: made once per case, readable by its owner only."""
    path = room / "secret.key"
    if not path.is_file():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
        with open(handle, "w", encoding="ascii") as stream:
            stream.write(secret() + secret())
    return path.read_text(encoding="ascii")


def checked(host: str, origin: str) -> None:
    """The site answers to loopback only, unless it stands behind a proxy that speaks TLS. Raises UsageError."""
    outside = urlsplit(origin)
    if origin and (outside.scheme != "https" or not outside.hostname or outside.path not in ("", "/")):
        raise UsageError("not an address such as https://review.example.org", where="--origin", advice="give scheme and host, nothing behind")
    if host not in ("127.0.0.1", "localhost", "::1") and not origin:
        raise UsageError(
            "the site would be open to others without encryption", where=f"--host {host}",
            advice="leave --host out, or put it behind a proxy with TLS and say --origin https://review.example.org",
        )  # fmt: skip


def serve(desk: Desk, host: str, port: int, origin: str, user: str, told: Callable[[str], None]) -> None:
    """Show the site until it is interrupted; ``told`` gets the one-time link of ``user``."""
    from custodes.review.site import setup

    checked(host, origin)
    setup.configure(desk, key(desk.folder, desk.secret), origin.rstrip("/"))
    _migrate(desk.database)
    from django.core.wsgi import get_wsgi_application

    from custodes.review.site import entering, handing, loading

    server = _listening(host, port, bool(origin), get_wsgi_application())
    counts = loading.load()
    handing.hand_over()
    base = origin.rstrip("/") or f"http://{f'[{host}]' if ':' in host else host}:{port}"
    told(f"{desk.title}: {counts['new']} findings new on the desk, {counts['changed']} with other evidence than before, {counts['gone']} gone")
    told(f"sign in as {user} with this link (once, within {entering.LINK_MINUTES} minutes): {base}/enter/{entering.local_link(user)}")
    told("stop with Ctrl+C; decisions go to inbox/, `custodes run` reads them")
    try:
        server.run()
    finally:
        server.close()


def _migrate(database: str) -> None:
    """Make or update the tables; what goes wrong here is about the database, and says so."""
    from django.core.exceptions import ImproperlyConfigured
    from django.db import DatabaseError, OperationalError

    from custodes.review.site import setup

    where = database.split("@")[-1]
    try:
        setup.migrate()
    except ImproperlyConfigured:
        raise UsageError("PostgreSQL needs psycopg", where=where, advice="pip install 'custodes[postgres]'") from None
    except OperationalError as error:
        raise UsageError(f"the database cannot be reached or written: {error}".strip(), where=where, advice="check --database, and whether the server runs") from None
    except DatabaseError as error:
        raise IntegrityError(f"not a sound database: {error}".strip(), where=where, advice="restore it from a copy; custodes audit CASE verify says more") from None


def _listening(host: str, port: int, proxied: bool, application: Any) -> Any:
    import waitress

    behind = {"trusted_proxy": "127.0.0.1", "trusted_proxy_headers": {"x-forwarded-proto", "x-forwarded-for"}} if proxied else {}
    try:
        return waitress.create_server(application, host=host, port=port, threads=8, ident="", clear_untrusted_proxy_headers=True, **behind)
    except OSError as error:
        raise UsageError(f"cannot listen there: {error.strerror or error}", where=f"{host}:{port}", advice="choose another --port, or end what listens there") from None
