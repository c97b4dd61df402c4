"""What the desk's tests share: invented findings, a Desk over them, databases that are made for the session, people."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from custodes.review.desk import Desk
from custodes.values import FINDING_SCHEMA, evidence_hash, finding_id

HOSTILE = "<script>alert('steal')</script><img src=x onerror=alert(1)>"
PAGE_SHA = "c" * 64


def row(n: int, kind: str = "product_named", **more: Any) -> dict[str, Any]:
    """One invented finding."""
    key = f"{n:024x}"
    said: dict[str, Any] = {
        "kind": kind, "record_kind": "PURCHASE", "record_key": key, "body": f"Invented Council {n % 7}", "maker_id": "" if kind == "maker_unknown" else "inventedmaker",
        "party": "" if kind == "maker_unknown" else "Invented Maker Ltd", "link_path": [] if kind == "maker_unknown" else ["inventedmaker"],
        "score": round(0.9 - (n % 10) / 100, 4), "band": "strong", "reasons": [{"rule": "text_names_maker", "ours": "Camvision", "theirs": "CAM Vision", "words": "The description says 'CAM Vision'."}],
        "against": [], "context": ["The supplier also sells other makes."], "equipment": "surveillance", "grounds": ["abuse of people"], "listed_on_date": "yes",
        "listed_basis": "On 2021-03-01 (payment date) it stood on: LIST-A.", "listings": ["LIST-A"], "grade": "recorded", "publish": "yes",
        "supplier": f"Invented Supplier {n % 50} Ltd", "description": f"Five CAM Vision domes, order {n}", "codes": ["35125300"], "amount": 1000 + n, "currency": "GBP",
        "amount_kind": "payment", "tax": "net", "date": "2021-03-01", "date_kind": "payment", "ocid": "", "transaction": f"T{n}",
        "origin_sha256": "a" * 64, "origin_file": "inputs/invented.csv", "origin_at": f"line {n + 2}", **more,
    }  # fmt: skip
    said["finding_id"] = finding_id(said["kind"], said["record_key"], said["maker_id"])
    said["evidence_hash"] = more.get("evidence_hash") or evidence_hash({k: said[k] for k in ("supplier", "description", "date")}, said["listings"], said["link_path"], ["text_names_maker 1"])
    return said


def table(rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Rows as FINDING_SCHEMA."""
    from decimal import Decimal

    full = [{**each, "amount": None if each["amount"] is None else Decimal(str(each["amount"])).quantize(Decimal("0.0001"))} for each in rows]
    return pa.Table.from_pylist(full, FINDING_SCHEMA)


@dataclass
class World:
    """The case as the desk sees it; tests change it between two loads."""

    folder: Path
    findings: list[dict[str, Any]] = field(default_factory=list)
    version: int = 1
    decisions: tuple[Any, ...] = ()
    exchange: dict[str, Any] = field(default_factory=lambda: {n: [] for n in ("letters", "tracked", "notices", "sent", "held", "passed", "corrections")} | {"standing": {}, "reasons": {}})
    files: dict[str, bytes] = field(default_factory=dict)
    time: datetime = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    page: bytes = b"<!doctype html><html><body><h1>Archived</h1>" + HOSTILE.encode() + b"</body></html>"

    def now(self) -> datetime:
        """A clock that goes one millisecond per look."""
        self.time += timedelta(milliseconds=1)
        return self.time

    def set(self, rows: Iterable[dict[str, Any]]) -> None:
        """Other findings from the next load on."""
        self.findings, self.version = list(rows), self.version + 1


_SECRETS = itertools.count()


def secret() -> str:
    """Unique and long; not random, so that a failing test fails again."""
    return f"invented-secret-{next(_SECRETS):024d}"


def desk(world: World, database: str) -> Desk:
    """A Desk over the world, with the screens that the pipeline would make."""
    from custodes.publication import show
    from custodes.publication.view import normalise
    from custodes.values import SCHEMAS, batch_of
    from custodes.values.edition import Edition

    listing = {"maker_id": "inventedmaker", "list": "LIST-A", "listed_name": "Invented Maker Ltd", "effective": "2019-10-09", "ground": "abuse of people", "legal_effect": "export control"}
    records = {kind: schema.empty_table() for kind, schema in SCHEMAS.items() if kind not in ("REJECT", "LEFT_OUT", "COLUMN")}
    records["LISTING"] = pa.Table.from_batches([batch_of("LISTING", [listing])])
    lists = {"LIST-A": {"title": "List A (invented)", "publisher": "An Office", "legal_effect": "export control", "ground": "abuse of people", "url": "", "checked_on": "2026-01-01"}}
    view = normalise(Edition("draft", "", FINDING_SCHEMA.empty_table(), records, lists, (), (), (), {}, {}))
    undecided = {"verdict": "", "decided": "", "reason": "", "note": "", "stale": False}
    return Desk(
        title="Invented case", folder=world.folder, database=database, now=world.now, secret=secret,
        findings=lambda: table(world.findings).to_batches(max_chunksize=10_000), findings_version=lambda: str(world.version), decisions=lambda: world.decisions,
        screen=lambda r: show.finding(view, {**undecided, **r}, whole=True), source=lambda sha, at: f">      3  {HOSTILE} {at}",
        capture=lambda sha: ("text/html", world.page) if sha == PAGE_SHA else None, hand_over=lambda name, data: world.files.__setitem__(name, data),
        exchange=lambda decisions, acts, answers, today: world.exchange, reply_token=lambda notice_id: "ABCD-EFGH-" + notice_id[-4:].upper(),
    )  # fmt: skip


def postgres_binaries() -> Path | None:
    """Where PostgreSQL's server programs are, newest first."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: -float(p.parent.parent.name)) if Path("/usr/lib/postgresql").is_dir() else []
    on_path = shutil.which("initdb")
    return found[0].parent if found else Path(on_path).parent if on_path else None


def _as_somebody() -> list[str]:
    """PostgreSQL refuses to run as root: use the account that its package made, else nobody."""
    if os.getuid() != 0:
        return []
    import pwd

    for name in ("postgres", "nobody"):
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        if shutil.which("setpriv"):
            return ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
    return ["false"]


@contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL server of one's own on loopback, in a temporary folder; yields the URL of its server without a database. Raises RuntimeError."""
    binaries = postgres_binaries()
    if binaries is None:
        raise RuntimeError("PostgreSQL's server programs are not installed")
    home = Path(tempfile.mkdtemp(prefix="custodes-pg-"))
    home.chmod(0o777)
    become, data = _as_somebody(), home / "data"
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(home)}
    port = _free_port()

    def call(*command: str) -> None:
        done = subprocess.run([*become, *command], capture_output=True, text=True, env=environment, cwd=home, timeout=120)
        if done.returncode:
            raise RuntimeError(f"PostgreSQL cannot be started here: {(done.stderr or done.stdout).strip()[-300:]}")

    try:
        call(str(binaries / "initdb"), "-D", str(data), "-U", "desk", "--auth=trust", "--no-sync")
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={home} -c fsync=off -c max_connections=60"
        call(str(binaries / "pg_ctl"), "-D", str(data), "-o", options, "-l", str(home / "log"), "-w", "start")
        try:
            yield f"postgresql://desk@127.0.0.1:{port}"
        finally:
            call(str(binaries / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def client(username: str = "", role: str = "reviewer", **options: Any) -> Any:
    """A browser without JavaScript; signed in when a name is given. Its account is made when it is not there."""
    from django.test import Client

    made = Client(SERVER_NAME="127.0.0.1", **options)
    if username:
        from custodes.review.site.entering import BACKEND
        from custodes.review.site.models import Account

        account = Account.objects.filter(username=username).first() or Account.objects.make(username, role)
        made.force_login(account, backend=BACKEND)
        made.account = account
    return made


def load(world: World, rows: Iterable[dict[str, Any]]) -> None:
    """Put findings onto the desk."""
    from custodes.review.site import loading

    world.set(rows)
    loading.load()


def finding(number: int, **more: Any) -> Any:
    """The finding on the desk that ``row(number)`` became."""
    from custodes.review.site.models import Finding

    return Finding.objects.get(finding_id=row(number, **more)["finding_id"])


def form(found: Any, verdict: str = "confirm", reason: str = "named-in-record", note: str = "seen in the record", **more: Any) -> dict[str, Any]:
    """What the form of a finding's screen sends."""
    return {"verdict": verdict, "reason": f"{verdict}:{reason}", "note": note, "evidence_hash": found.evidence_hash, "changed": found.changed, "once": secret(), **more}


def _until_closed(server: Any) -> None:
    with contextlib.suppress(OSError):  # closed while it waited for a request
        server.run()


@contextmanager
def live(threads: int = 8) -> Iterator[str]:
    """The site behind the real server on a free port; yields its address."""
    import threading

    import waitress
    from django.core.wsgi import get_wsgi_application

    server = waitress.create_server(get_wsgi_application(), host="127.0.0.1", port=0, threads=threads, ident="")
    thread = threading.Thread(target=_until_closed, args=(server,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        server.close()
        thread.join(5)
