"""``custodes review`` and ``custodes audit`` as commands: what they print, how they end."""

from __future__ import annotations

import csv
import json
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

CUSTODES = str(Path(sys.executable).parent / "custodes")
SPEND = "Date,Supplier Name,Description,Amount,Transaction Number\n2021-03-01,INVENTED FITTERS LTD,Supply of Hikvision cameras,900.00,N1\n2021-04-01,INVENTED SECURITY LTD,CCTV cameras,700.00,U1\n"
DECISIONS = "finding_id,verdict,reason,note,decider,decided\n{},confirm,named-in-record,=1+1 the record names it,reviewer,2026-11-20\n"


def _custodes(*arguments: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([CUSTODES, *arguments], capture_output=True, text=True, timeout=300)
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case that was run."""
    folder = tmp_path_factory.mktemp("verbs") / "case"
    folder.mkdir()
    (folder / "case.toml").write_text('format = 1\ntitle = "Invented"\n[[records]]\npath = "spend.csv"\nbody = "Leeds City Council"\ncurrency = "GBP"\n')
    (folder / "spend.csv").write_text(SPEND)
    assert _custodes("run", str(folder), "--now", "2026-11-22").returncode == 0
    return folder


def _port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_site_starts_prints_a_link_and_ends(case: Path) -> None:
    port = _port()
    process = subprocess.Popen([CUSTODES, "review", str(case), "--port", str(port)], stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr
        told = [process.stderr.readline() for _ in range(3)]
        assert told[0] == "Invented: 2 findings new on the desk, 0 with other evidence than before, 0 gone\n"
        link = re.search(rf"http://127\.0\.0\.1:{port}/enter/[\w-]{{43}}", told[1])
        assert link
        with urllib.request.urlopen(link[0], timeout=30) as page:
            assert page.status == 200 and b"Enter the desk" in page.read() and "custodes" not in page.headers.get("Server", "")
        # a second site cannot take the same port, and says what to do
        second = _custodes("review", str(case), "--port", str(port))
        assert second.returncode == 2 and "cannot listen there" in second.stderr and "--port" in second.stderr
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert process.returncode in (0, 130)
    assert (case / "review" / "secret.key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--host", "0.0.0.0"), "open to others without encryption"), (("--origin", "http://x.example"), "https://review.example.org"), (("--database", "mysql://x/y"), "not a database"),
        (("--database", "postgresql://nobody@127.0.0.1:1/none"), "cannot be reached"), (("--port", "0"), "--port"),
    ],
)  # fmt: skip
def test_what_cannot_start_says_why(case: Path, options: tuple[str, ...], told: str) -> None:
    if "postgresql" in options[-1]:
        pytest.importorskip("psycopg", reason="psycopg is not installed")
    done = _custodes("review", str(case), *options)
    assert done.returncode == 2 and told in done.stderr


def test_no_case_no_site(tmp_path: Path) -> None:
    for verb in (("review", str(tmp_path)), ("audit", str(tmp_path), "verify"), ("audit", str(tmp_path), "export")):
        done = _custodes(*verb)
        assert done.returncode == 2 and "there is no case here" in done.stderr


def test_audit_of_a_case_without_a_desk_and_with_one(case: Path, tmp_path: Path) -> None:
    finding = _first(case)
    (case / "inbox").mkdir(exist_ok=True)
    (case / "inbox" / "decisions.csv").write_text(DECISIONS.format(finding))
    assert _custodes("run", str(case), "--now", "2026-11-22").returncode == 0
    done = _custodes("audit", str(case), "export")
    (event,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert (event["finding_id"], event["actor"], event["body"]["verdict"]) == (finding, "reviewer", "confirm")
    assert _custodes("audit", str(case), "export", "-o", str(tmp_path / "a.csv")).returncode == 0
    (row,) = list(csv.DictReader((tmp_path / "a.csv").read_text().splitlines()))
    assert row["note"] == "'=1+1 the record names it" and row["kind"] == "decision"
    assert _custodes("audit", str(case), "export", "-o", str(tmp_path / "a.docx")).returncode == 2
    assert "intact" in _custodes("audit", str(case), "verify").stderr
    ledger = case / "review" / "ledger.jsonl"
    whole = ledger.read_bytes()
    ledger.write_bytes(whole.replace(b"names it", b"names me"))
    broken = _custodes("audit", str(case), "verify", "--json")
    ledger.write_bytes(whole)
    assert broken.returncode == 4 and "does not match its own hash" in broken.stderr


def _first(case: Path) -> str:
    import pyarrow.parquet as pq

    return str(pq.read_table(case / "findings" / "findings.parquet")["finding_id"][0])


def test_verify_of_the_case_names_a_touched_or_missing_event(case: Path) -> None:
    """An event sealed by a run and then cut off is missed, though the chain that is left is whole."""
    import shutil
    import sqlite3

    code = "import sys;from pathlib import Path;from datetime import *;from custodes.pipeline import desk;from custodes.review.site import setup;d=desk.desk(Path(sys.argv[1]),'',lambda:datetime(2026,11,22,tzinfo=UTC),lambda:'s'*40);setup.configure(d,'k'*60);setup.migrate();from custodes.review.site import loading,deciding;loading.load();from custodes.review.site.models import *;a=Account.objects.make('x','reviewer');[deciding.comment(a,f.pk,'seen') for f in Finding.objects.all()]"
    subprocess.run([sys.executable, "-c", code, str(case)], check=True, timeout=120)
    assert _custodes("run", str(case), "--now", "2026-11-22").returncode == 0
    assert "intact" in _custodes("verify", str(case)).stderr
    database = case / "review" / "case.db"
    shutil.copy(database, database.with_suffix(".copy"))
    connection = sqlite3.connect(database)
    connection.executescript("DROP TRIGGER desk_event_no_delete; DELETE FROM desk_event WHERE n = (SELECT max(n) FROM desk_event);")
    connection.close()
    done = _custodes("verify", str(case))
    assert done.returncode == 4 and "an event that was sealed is gone" in done.stderr
    connection = sqlite3.connect(database)
    connection.executescript("DROP TRIGGER desk_event_no_update; UPDATE desk_event SET line = replace(line, 'seen', 'sean') WHERE n = (SELECT min(n) FROM desk_event WHERE kind = 'comment');")
    connection.close()
    done = _custodes("verify", str(case))
    assert done.returncode == 4 and re.search(r"case\.db, event \d+: the event does not match its hash", done.stderr)
    shutil.copy(database.with_suffix(".copy"), database)
