"""Discovery: what may be asked and where, on loopback against devices that answer as real ones do."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import ipaddress
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import devices_fake
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodes.errors import BrokenInputError, UsageError
from custodes.pipeline import discovering
from custodes.sources import discover, discover_log, discover_networks, discover_questions

CUSTODES = str(Path(sys.executable).parent / "custodes")
HTTP, RTSP = 18081, 18554
EVIL = re.compile(rb"activat|password|reboot|restore|modify|update|delete|PUT |POST |Authorization|login|admin|reset|format|setup|PLAY ", re.I)


@pytest.fixture
def fakes() -> Iterator[tuple[devices_fake.Fake, devices_fake.Fake]]:
    """A Hikvision, a rebranded Dahua and a printer on loopback; one test at a time, since groups and ports are the machine's."""
    with (Path(tempfile.gettempdir()) / "custodes-discover.lock").open("w") as lock, contextlib.ExitStack() as stack:
        fcntl.flock(lock, fcntl.LOCK_EX)
        one = stack.enter_context(devices_fake.hikvision("127.0.0.9", HTTP, RTSP).running())
        other = stack.enter_context(devices_fake.dahua("127.0.0.10", HTTP, RTSP).running())
        stack.enter_context(devices_fake.printer("127.0.0.12").running())
        yield one, other


def run(*arguments: object, code: int | None = 0, **options: Any) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([CUSTODES, "discover", *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False, **options)
    assert "Traceback" not in done.stderr, done.stderr
    assert code is None or done.returncode == code, done.stderr
    return done


def look(*networks: str, out: Path, ports: str = "", only: str = "", rate: float = 300, wait: float = 0.7, body: str = "") -> dict[str, Any]:
    """The verb without its process."""

    def clock() -> str:
        return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    options = {"public": (), "ports": (ports,) if ports else (), "only": (only,) if only else (), "rate": rate, "wait": wait, "dry_run": False, "body": body}
    return discovering.discover(networks, str(out), clock=clock, seed="ab" * 16, **options)


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "packets.jsonl").read_text().splitlines()]


def devices(folder: Path) -> dict[tuple[str, str], dict[str, Any]]:
    rows = [json.loads(line) for line in (folder / "devices.jsonl").read_text().splitlines()]
    return {(row["host"], row["observer"].removeprefix("custodes discover: ")): row for row in rows}


# ---- what may be asked -------------------------------------------------------------------------------------------------------------------------


def test_no_question_logs_in_or_changes_anything() -> None:
    named = discover_networks.named(["10.0.0.0/30", "127.0.0.0/29"])
    asked = list(discover_questions.tasks(named, (*discover_questions.UDP, *discover_questions.GREETINGS), discover_questions.ports(discover_questions.PORTS), lambda: "0" * 32, "custodes"))
    payloads = [payload for task in asked for payload in task.payloads]
    assert {task.protocol for task in asked} == {*discover_questions.UDP, *discover_questions.GREETINGS}
    for payload in payloads:
        assert not EVIL.search(payload), payload
    assert {payload.split(b" ")[0] for task in asked if task.over != "udp" for payload in task.payloads} == {b"GET", b"OPTIONS", b"DESCRIBE"}
    assert all(b"inquiry" in payload for task in asked if task.protocol == "sadp" for payload in task.payloads)


@pytest.mark.parametrize("text", ["8.8.8.0/24", "2001:4860::/120", "0.0.0.0/0", "172.32.0.0/16", "11.0.0.0/8", "192.0.2.0/24"])
def test_public_space_is_refused_unless_told_twice(text: str) -> None:
    with pytest.raises(UsageError, match=r"public address space|more than a run|belong to no device"):
        discover_networks.named([text])
    if ipaddress.ip_network(text).num_addresses <= 65536:
        with pytest.raises(UsageError, match="public address space"):
            discover_networks.named([text], public=["10.0.0.0/8"])
        assert discover_networks.named([text], public=[text])[0].network == ipaddress.ip_network(text)


@pytest.mark.parametrize("text", ["224.0.0.0/24", "239.255.255.250", "255.255.255.255", "240.0.0.0/24", "0.0.0.0", "ff02::/120"])
def test_groups_and_reserved_space_are_refused_always(text: str) -> None:
    with pytest.raises(UsageError):
        discover_networks.named([text], public=[text])


@pytest.mark.parametrize(("text", "advice"), [("10.0.0.5/24", "write 10.0.0.0/24"), ("cameras", "write it as"), ("10.0.0.0/8", "smaller networks"), ("10.0.0.0/33", "write it as")])
def test_what_is_no_network_is_refused_with_advice(text: str, advice: str) -> None:
    with pytest.raises(UsageError) as caught:
        discover_networks.named([text])
    assert advice in caught.value.advice


@given(st.lists(st.sampled_from(["10.0.0.0/28", "10.0.0.0/24", "10.0.0.16/28", "192.168.1.0/30", "10.0.0.7"]), min_size=1, max_size=5))
def test_each_address_is_asked_once_and_all_lie_in_the_named_networks(texts: list[str]) -> None:
    named = discover_networks.named(texts)
    hosts = [host for one in named for host in one.hosts()]
    inside = [ipaddress.ip_network(text) for text in texts]
    assert len(hosts) == len(set(hosts)) and all(any(ipaddress.ip_address(host) in network for network in inside) for host in hosts)


def test_ports_and_protocols_are_checked() -> None:
    assert discover_questions.ports(["http:8080,rtsp:554", "443"]) == (("http", 8080), ("rtsp", 554), ("https", 443))
    for wrong in ("ssh:22", "http:0", "http:x", "http:99999"):
        with pytest.raises(UsageError):
            discover_questions.ports([wrong])
    with pytest.raises(UsageError, match="telnet"):
        discover_questions.protocols(["telnet"])


def test_a_dry_run_sends_nothing_and_needs_no_folder(fakes: tuple[devices_fake.Fake, devices_fake.Fake], tmp_path: Path) -> None:
    done = run("127.0.0.0/28", "--dry-run", "--ports", f"http:{HTTP}", "--json", cwd=tmp_path)
    plan = json.loads(done.stderr.splitlines()[-1])
    assert plan["dry_run"] and plan["packets"] == sum(task["packets"] for task in plan["tasks"])
    assert {task["protocol"] for task in plan["tasks"]} == {"wsd", "sadp", "dhip", "dahua1", "ssdp", "http"}
    time.sleep(0.3)
    assert not fakes[0].asked and not fakes[1].asked and not list(tmp_path.iterdir())


def test_nothing_is_sent_before_all_networks_are_judged(fakes: tuple[devices_fake.Fake, devices_fake.Fake], tmp_path: Path) -> None:
    done = run("127.0.0.0/28", "8.8.8.8", "-o", tmp_path / "x", code=2)
    assert "public" in done.stderr and not (tmp_path / "x").exists() and not fakes[0].asked
    with pytest.raises(UsageError, match="nowhere to write"):
        discovering.discover(["127.0.0.0/28"], "", public=(), ports=(), only=(), rate=1, wait=1, dry_run=False, clock=str, seed="")


# ---- on loopback -------------------------------------------------------------------------------------------------------------------------------


def test_devices_on_a_link_are_found_and_every_packet_is_in_the_log(fakes: tuple[devices_fake.Fake, devices_fake.Fake], tmp_path: Path) -> None:
    one, other = fakes
    look("127.0.0.0/28", out=tmp_path, ports=f"http:{HTTP},rtsp:{RTSP}", body="Exampleton")
    found = devices(tmp_path)
    sadp, dhip, greeted = found["127.0.0.9", "SADP"], found["127.0.0.10", "DHIP"], found["127.0.0.9", "greetings"]
    assert (sadp["model"], sadp["mac"], sadp["body"]) == ("DS-2CD2099ZZ-I", "C0:56:E3:00:00:01", "Exampleton")
    assert (dhip["model"], dhip["brand"]) == ("EX-IPC-2", "") and "Janes" not in json.dumps(dhip)
    evidence = json.loads(greeted["evidence"])
    assert "App-webs/" in evidence["http_server"] and "IP Camera(C2183)" in evidence["www_authenticate"] and evidence["ports"] == [HTTP, RTSP]
    assert "Login to 6Z00000PAZ00002" in json.loads(found["127.0.0.10", "greetings"]["evidence"])["www_authenticate"]
    assert found["127.0.0.9", "WS-Discovery"]["product_class"] == "camera" and found["127.0.0.12", "WS-Discovery"]["product_class"] == ""
    # what the devices were asked is what the log says was sent to them, byte for byte
    log = lines(tmp_path)
    sent = {base64.b64decode(line["bytes"]) for line in log if line["what"] == "packet" and line["way"] == "sent"}
    assert {question for _, question in (*one.asked, *other.asked)} <= sent and one.asked and other.asked
    assert not any(EVIL.search(question) for question in sent)


def test_addresses_that_are_asked_by_themselves_answer_too(fakes: tuple[devices_fake.Fake, devices_fake.Fake], tmp_path: Path) -> None:
    look("127.0.0.9", "127.0.0.10", out=tmp_path, only="sadp,dhip,dahua1,wsd")
    assert {key[1] for key in devices(tmp_path)} == {"SADP", "DHIP", "Dahua search (UDP 5050)", "WS-Discovery"}
    assert {line["far"].rpartition(":")[0] for line in lines(tmp_path) if line.get("way") == "sent"} == {"127.0.0.9", "127.0.0.10"}


def test_answers_from_outside_the_named_networks_are_counted_and_not_kept(fakes: tuple[devices_fake.Fake, devices_fake.Fake], tmp_path: Path) -> None:
    summary = look("127.0.0.0/29", out=tmp_path, only="sadp,wsd,dhip")
    assert summary["devices"] == 0 and summary["dropped"] and "from outside the named networks were not kept" in summary["lines"][0]
    text = (tmp_path / "packets.jsonl").read_text()
    assert "127.0.0.9" not in text and '"dropped"' in text and not [line for line in lines(tmp_path) if line.get("way") == "received"]


def test_a_killed_run_goes_on_and_asks_nobody_twice(fakes: tuple[devices_fake.Fake, devices_fake.Fake], tmp_path: Path) -> None:
    arguments = [CUSTODES, "discover", "127.0.0.0/28", "-o", str(tmp_path), "--ports", f"http:{HTTP},rtsp:{RTSP}", "--only", "http,rtsp"]
    first = subprocess.Popen([*arguments, "--rate", "8"], stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and not ((tmp_path / "packets.jsonl").is_file() and '"done"' in (tmp_path / "packets.jsonl").read_text()):
        time.sleep(0.05)
    first.send_signal(signal.SIGINT)
    said = first.communicate(timeout=20)[1]
    assert first.returncode == 130 and "interrupted" in said
    with (tmp_path / "packets.jsonl").open("a") as stream:
        stream.write('{"what":"packet","way":"se')  # as if the power had gone in the middle of a line
    done_before = {line["task"] for line in map(json.loads, (tmp_path / "packets.jsonl").read_text().splitlines()[:-1]) if line["what"] == "done"}
    assert done_before
    again = {"out": tmp_path, "ports": f"http:{HTTP},rtsp:{RTSP}", "only": "http,rtsp"}
    look("127.0.0.0/28", **again)
    done = [line["task"] for line in lines(tmp_path) if line["what"] == "done"]
    assert len(done) == len(set(done)) == 28 and done_before <= set(done)
    assert "28 done before" in look("127.0.0.0/28", **again)["lines"][0]
    assert {key[1] for key in devices(tmp_path)} == {"greetings"}


def test_the_pace_is_kept(fakes: tuple[devices_fake.Fake, devices_fake.Fake], tmp_path: Path) -> None:
    look("127.0.0.8/29", out=tmp_path, only="http", ports=f"http:{HTTP}", rate=20)
    times = [line["at"] for line in lines(tmp_path) if line.get("way") == "sent"]
    seconds = (datetime.fromisoformat(times[-1]) - datetime.fromisoformat(times[0])).total_seconds()
    assert (len(times) - 1) / seconds <= 20 * 1.1


def test_a_packet_is_written_before_it_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    log = discover_log.Log(tmp_path, lambda: "2026-11-23T10:00:00.000Z")
    written = log.sent
    monkeypatch.setattr(log, "sent", lambda *a: (order.append("written"), written(*a)))
    monkeypatch.setattr(discover._Voice, "say", lambda self, payload, far: order.append("sent"))
    tasks = [discover_questions.Task("127.0.0.9 sadp", "sadp", "udp", ("127.0.0.9", 37020), (b"x", b"y"))]
    discover.discover(tasks, discover_networks.named(["127.0.0.9"]), log, discover.Manner(1000, 0.1), lambda: None)
    log.close()
    assert order == ["written", "sent", "written", "sent"] and log.counts["sent"] == 2


def test_what_cannot_be_sent_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def say(voice: Any, payload: bytes, far: tuple[str, int]) -> None:
        voice.error_received(OSError(101, "Network is unreachable"))

    monkeypatch.setattr(discover._Voice, "say", say)
    summary = look("10.255.255.1", "fd00::7", out=tmp_path, only="sadp", wait=0.1)
    assert summary["exit"] == 3 and summary["failed"] == 2 and "2 could not be sent" in summary["lines"][0]
    assert [line["note"] for line in lines(tmp_path) if line["what"] == "note"] == ["not sent: Network is unreachable"] * 2


def test_a_damaged_log_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "packets.jsonl").write_text('{"what":"run"\nrubbish\n')
    with pytest.raises(BrokenInputError, match="damaged") as caught:
        look("127.0.0.9", out=tmp_path, only="sadp")
    assert "another folder" in caught.value.advice


def test_tls_servers_show_their_certificates_subject(tmp_path: Path) -> None:
    import socket
    import ssl
    import threading

    from custodes.sources.certificate import Certificates

    certificates = Certificates()
    context = certificates.context("127.0.0.1")
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(5)

        def serve() -> None:
            for _ in range(2):
                raw, _ = server.accept()
                with contextlib.suppress(OSError), context.wrap_socket(raw, server_side=True) as talk:
                    talk.recv(4096)
                    talk.sendall(b"HTTP/1.1 200 OK\r\nServer: App-webs/\r\nConnection: close\r\n\r\n")

        assert isinstance(context, ssl.SSLContext)
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        look("127.0.0.1", out=tmp_path, only="https", ports=f"https:{server.getsockname()[1]}", wait=2)
        thread.join(5)
    certificates.close()
    (row,) = devices(tmp_path).values()
    evidence = json.loads(row["evidence"])
    assert evidence["tls_subject"] == "CN=custodes recorder" and evidence["http_server"] == "App-webs/"


def test_two_runs_at_one_time_do_not_mix(tmp_path: Path) -> None:
    log = discover_log.Log(tmp_path, lambda: "2026-11-23T10:00:00.000Z")
    with pytest.raises(UsageError, match="another run"):
        discover_log.Log(tmp_path, lambda: "2026-11-23T10:00:00.000Z")
    log.close()
    discover_log.Log(tmp_path, lambda: "2026-11-23T10:00:00.000Z").close()
    assert os.listdir(tmp_path) == ["packets.jsonl"]
