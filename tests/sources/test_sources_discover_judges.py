"""Strangers judge discovery: nmap, tcpdump and vendors' own kind of clients against our fakes, python WSDiscovery as a device, in network namespaces and on loopback.

`make judges` installs the Python programs into .venv/judges-devices; nmap and tcpdump come from the system. What is missing is skipped with its name.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import devices_fake
import pytest
from test_sources_discover import HTTP, RTSP, devices, fakes, lines, look

from custodes.errors import InputError

__all__ = ["fakes"]
ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
Pair = tuple[devices_fake.Fake, devices_fake.Fake]


def judge_python(module: str) -> str:
    """The Python that has a judge's module."""
    for folder in (ROOT / ".venv" / "judges-devices" / "bin", Path(os.environ.get("CUSTODES_JUDGES", "/nowhere"))):
        python = folder / "python"
        if python.is_file() and subprocess.run([python, "-c", f"import {module}"], capture_output=True, check=False).returncode == 0:
            return str(python)
    pytest.skip(f"{module} is not installed (make judges)")


def program(name: str) -> str:
    found = shutil.which(name, path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin")))
    return found or pytest.skip(f"{name} is not installed")


def read_back(path: Path) -> list[dict[str, Any]]:
    """The DEVICE rows that ``custodes records`` reads from a file."""
    from custodes.pipeline import tools

    out = path.with_suffix(".out.jsonl")
    with contextlib.suppress(InputError):
        tools.records((str(path),), str(out), tools.entry(), engine="local")
    return [json.loads(line) for line in out.read_text().splitlines()]


# ---- the fakes are devices for strangers' clients ----------------------------------------------------------------------------------------------


def test_nmap_sees_what_we_see(fakes: Pair, tmp_path: Path) -> None:
    command = [program("nmap"), "-n", "-Pn", "-sT", "-p", f"{HTTP},{RTSP}", "--script", "+http-title,+http-server-header", "-oX", str(tmp_path / "scan.xml")]
    subprocess.run([*command, "127.0.0.9-10"], capture_output=True, timeout=120, check=True)
    scanned = {row["host"]: json.loads(row["evidence"]) for row in read_back(tmp_path / "scan.xml")}
    look("127.0.0.9", "127.0.0.10", out=tmp_path / "ours", only="http,rtsp", ports=f"http:{HTTP},rtsp:{RTSP}")
    ours = {host: json.loads(row["evidence"]) for (host, _), row in devices(tmp_path / "ours").items()}
    assert scanned["127.0.0.9"]["ports"] == ours["127.0.0.9"]["ports"] == [HTTP, RTSP]
    assert "App-webs/" in scanned["127.0.0.9"]["http_server"] and "App-webs/" in ours["127.0.0.9"]["http_server"]
    assert scanned["127.0.0.10"]["html_title"] == ours["127.0.0.10"]["html_title"] == "WEB SERVICE"


def test_a_wsdiscovery_client_finds_the_fakes_and_we_find_its_device(tmp_path: Path) -> None:
    """In a network namespace of its own: python WSDiscovery skips loopback addresses."""
    python = judge_python("wsdiscovery")
    unshare = program("unshare")
    if subprocess.run([unshare, "-n", "true"], capture_output=True, check=False).returncode:
        pytest.skip("network namespaces are not permitted here")
    setup = "ip link set lo up && ip link set lo multicast on && ip addr add 10.77.0.1/24 dev lo && ip route add 224.0.0.0/4 dev lo src 10.77.0.1"
    client = (
        "from wsdiscovery.discovery import ThreadedWSDiscovery as W\nfrom wsdiscovery.publishing import ThreadedWSPublishing as P\nfrom wsdiscovery import QName, Scope\n"
        "w=W(); w.start(); p=P(); p.start()\n"
        "p.publishService(types=[QName('http://www.onvif.org/ver10/network/wsdl','NetworkVideoTransmitter')], scopes=[Scope('onvif://www.onvif.org/hardware/DS-2CD2099ZZ-I'), "
        "Scope('onvif://www.onvif.org/name/Example')], xAddrs=['http://10.77.0.1:10101/onvif/device_service'])\n"
        "found=w.searchServices(timeout=3)\nprint('FOUND', sorted(s.getEPR() for s in found), flush=True)\nimport sys; sys.stdin.read()\n"
    )
    (tmp_path / "client.py").write_text(client)
    fake = "import sys; sys.path.insert(0, sys.argv[1])\nimport devices_fake as d\nwith d.printer('10.77.0.1').running():\n print('ready', flush=True); sys.stdin.read()\n"
    (tmp_path / "fake.py").write_text(fake)
    custodes = Path(sys.executable).parent / "custodes"
    script = f"""set -e; {setup}
mkfifo hold; exec 9<>hold
{sys.executable} fake.py {HERE} < hold > fake.out & FAKE=$!
while ! grep -q ready fake.out; do sleep 0.1; done
{python} client.py < hold > client.out 2> client.err & CLIENT=$!
for i in $(seq 100); do grep -q FOUND client.out && break; sleep 0.1; done
{custodes} discover 10.77.0.0/30 -o found --only wsd --wait 2
kill $FAKE $CLIENT
"""
    done = subprocess.run([unshare, "-n", "bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr + (tmp_path / "client.err").read_text()
    assert "urn:uuid:fake-10.77.0.1" in (tmp_path / "client.out").read_text()
    rows = [json.loads(line) for line in (tmp_path / "found" / "devices.jsonl").read_text().splitlines()]
    (theirs,) = [row for row in rows if row["model"] == "DS-2CD2099ZZ-I"]
    assert theirs["product_class"] == "camera" and theirs["scopes"] == ["onvif://www.onvif.org/hardware/DS-2CD2099ZZ-I", "onvif://www.onvif.org/name/Example"]


def test_amcrest_and_pyhik_take_the_fakes_for_devices(tmp_path: Path) -> None:
    """The clients that home automation uses read a fake that answers below their paths; what they read is what our readers read."""
    python = judge_python("amcrest")
    info = (Path(__file__).parents[1] / "records" / "devices" / "examples" / "device-info.xml").read_text().split("<oem:")[0]

    def answer(question: bytes) -> bytes:
        path = question.split(b" ")[1].decode()
        if "deviceInfo" in path:
            return devices_fake._http("200 OK", "Server: App-webs/\r\nContent-Type: application/xml\r\n", info)
        if "magicBox.cgi" in path:
            said = {"getDeviceType": "type=EX-IPC-2", "getSerialNo": "sn=6Z00000PAZ00002", "getSoftwareVersion": "version=2.800"}
            return devices_fake._http("200 OK", "Content-Type: text/plain\r\n", said.get(path.split("action=")[-1], "name=x") + "\r\n")
        return devices_fake._http("404 Not Found", "")

    # pyHik looks whether System/deviceInfo answers, and for event triggers, which our fake has not
    code = (
        "import sys; from amcrest import AmcrestCamera\nc=AmcrestCamera('127.0.0.14',18082,'u','p',retries_connection=0).camera\nprint(c.device_type.strip(), c.serial_number.strip())\n"
        "try:\n from pyhik.hikvision import HikCamera\n h=HikCamera('http://127.0.0.14',18082,'u','p'); print(h.get_name, h.get_id)\nexcept ImportError: print('no pyhik')\n"
    )
    with devices_fake.Fake("127.0.0.14", {}, {18082: answer}).running():
        done = subprocess.run([python, "-c", code], capture_output=True, text=True, timeout=60, check=False)
        look("127.0.0.14", out=tmp_path, only="http", ports="http:18082")
    assert "EX-IPC-2" in done.stdout and "6Z00000PAZ00002" in done.stdout, done.stdout + done.stderr
    (row,) = devices(tmp_path).values()
    assert (row["model"] == "DS-2CD2099ZZ-I" and "48443030-3039-3030-0000-c056e3000003" in done.stdout + "") or "no pyhik" in done.stdout, done.stdout + done.stderr


# ---- two namespaces and a wire between them ----------------------------------------------------------------------------------------------------


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Two namespaces joined by a veth pair: one for the devices (10.77.0.2 to .4), one for us (10.77.0.1). Nothing leaves them."""
    ip, mine, theirs = program("ip"), f"cus{os.getpid()}a", f"cus{os.getpid()}b"
    if subprocess.run([ip, "netns", "add", mine], capture_output=True, check=False).returncode:
        pytest.skip("network namespaces are not permitted here")
    try:
        steps = [
            f"netns add {theirs}", f"link add {mine} netns {mine} type veth peer name {theirs} netns {theirs}", f"-n {mine} addr add 10.77.0.1/24 brd + dev {mine}",
            *[f"-n {theirs} addr add 10.77.0.{n}/24 brd + dev {theirs}" for n in (2, 3, 4)],
            *[f"-n {name} link set {device} up" for name in (mine, theirs) for device in ("lo", name)],
            *[f"-n {name} route add 224.0.0.0/4 dev {name}" for name in (mine, theirs)],
        ]  # fmt: skip
        for step in steps:
            done = subprocess.run([ip, *step.split()], capture_output=True, text=True, check=False)
            if done.returncode:
                pytest.skip(f"no veth pair here: {done.stderr.strip()}")
        yield mine, theirs
    finally:
        for name in (mine, theirs):
            subprocess.run([ip, "netns", "del", name], capture_output=True, check=False)


def test_on_a_wire_all_searches_find_their_devices_and_the_log_is_what_went_over_it(wire: tuple[str, str], tmp_path: Path) -> None:
    mine, theirs = wire
    ip, tcpdump = program("ip"), program("tcpdump")
    fake = subprocess.Popen(
        [ip, "netns", "exec", theirs, sys.executable, str(HERE / "devices_fake.py"), "10.77.0.2", "10.77.0.3", "10.77.0.4", "80", "554"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    dump = subprocess.Popen([ip, "netns", "exec", mine, tcpdump, "-i", mine, "-U", "-w", str(tmp_path / "wire.pcap")], stderr=subprocess.PIPE, text=True)
    try:
        assert fake.stdout is not None and fake.stdout.readline() == "ready\n"
        assert dump.stderr is not None and any("listening" in dump.stderr.readline() for _ in range(3))
        custodes = Path(sys.executable).parent / "custodes"
        command = [ip, "netns", "exec", mine, str(custodes), "discover", "10.77.0.0/29", "-o", str(tmp_path / "found"), "--ports", "http:80,rtsp:554", "--rate", "200", "--wait", "1.5"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        time.sleep(0.5)
    finally:
        dump.terminate()
        fake.communicate("", timeout=10)
        dump.communicate(timeout=10)
    assert done.returncode == 0, done.stderr
    found = devices(tmp_path / "found")
    assert {key for key in found if key[1] != "greetings"} == {
        ("10.77.0.2", "WS-Discovery"), ("10.77.0.2", "SADP"), ("10.77.0.3", "DHIP"), ("10.77.0.3", "Dahua search (UDP 5050)"), ("10.77.0.4", "WS-Discovery"),
    }  # fmt: skip
    # tcpdump, which knows nothing of us, saw the same datagrams: none that the log does not hold, none missing
    from custodes.records.device_capture import packets
    from custodes.records.device_pcap import _opened

    with (tmp_path / "wire.pcap").open("rb") as stream:
        opened = [inside for packet in packets(stream) if (inside := _opened(packet))]
    on_the_wire = sorted(inside.payload for inside in opened if inside.protocol == "udp" and inside.source == "10.77.0.1")
    asked = [line for line in lines(tmp_path / "found") if line.get("way") == "sent" and line["over"] == "udp"]
    # an address that nobody bears does not answer ARP, so a datagram for it never gets onto the wire
    there = [line for line in asked if line["far"].startswith(("239.", "10.77.0.2:", "10.77.0.3:", "10.77.0.4:"))]
    assert on_the_wire == sorted(base64.b64decode(line["bytes"]) for line in there) and len(there) > 10
    # and the reader of captures finds in tcpdump's file the devices that the reader of our log found
    seen = {(row["host"], row["observer"]): row for row in read_back(tmp_path / "wire.pcap")}
    for (host, observer), row in found.items():
        if observer != "greetings":
            assert seen[host, observer]["evidence"] == row["evidence"]
    macs = {row["mac"] for (host, observer), row in seen.items() if observer == "ARP" and host != "10.77.0.1"}
    assert len(macs) == 1 and "" not in macs  # the three devices hang on one wire


# ---- clients of ONVIF and of SADP's frames -----------------------------------------------------------------------------------------------------


def test_onvif_zeep_reads_from_the_fake_what_our_reader_reads(tmp_path: Path) -> None:
    """The ONVIF client of home automation asks GetDeviceInformation, offline with its own WSDL; our reader finds the same in the same answer."""
    python = judge_python("onvif")
    said = (Path(__file__).parents[1] / "records" / "devices" / "examples" / "onvif-device.xml").read_text()
    capabilities = (
        '<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:tt="http://www.onvif.org/ver10/schema">'
        "<s:Body><tds:GetCapabilitiesResponse><tds:Capabilities><tt:Device><tt:XAddr>http://127.0.0.15:18083/onvif/device_service</tt:XAddr></tt:Device></tds:Capabilities>"
        "</tds:GetCapabilitiesResponse></s:Body></s:Envelope>"
    )

    def answer(question: bytes) -> bytes:
        text = said if b"GetDeviceInformation" in question else capabilities if b"GetCapabilities" in question else ""
        return devices_fake._http("200 OK" if text else "400 Bad Request", "Content-Type: application/soap+xml; charset=utf-8\r\n", text)

    code = (
        "import os, json, onvif\nwsdl=os.path.join(os.path.dirname(os.path.dirname(onvif.__file__)), 'wsdl')\n"
        "c=onvif.ONVIFCamera('127.0.0.15', 18083, 'u', 'p', wsdl_dir=wsdl)\ni=c.devicemgmt.GetDeviceInformation()\n"
        "print(json.dumps([i.Manufacturer, i.Model, i.FirmwareVersion, i.SerialNumber]))\n"
    )
    with devices_fake.Fake("127.0.0.15", {}, {18083: answer}).running():
        done = subprocess.run([python, "-c", code], capture_output=True, text=True, timeout=90, check=False)
    if "www.w3.org" in done.stderr or "Max retries" in done.stderr:
        pytest.skip("this onvif-zeep wants the network for its schemas")
    assert done.returncode == 0, done.stderr[-1500:]
    (tmp_path / "answer.xml").write_text(said)
    (row,) = read_back(tmp_path / "answer.xml")
    assert json.loads(done.stdout.splitlines()[-1]) == [row["brand"], row["model"], row["firmware"], row["serial"]]


def test_a_sadp_frame_that_hiktools_makes_is_read(tmp_path: Path) -> None:
    """hiktools knows SADP's frames of Ethernet; its inquiry is no device, its answer is one, at the address and MAC that it wrote."""
    python = judge_python("hiktools")
    code = (
        "from hiktools import csadp\nq=csadp.inquiry('00:50:56:9a:00:01','10.0.0.9','fe80::1',1)\nprint(bytes(q).hex())\n"
        "a=csadp.inquiry('44:19:b6:12:34:56','10.0.0.64','fe80::2',2)\na.header.packet_type=csadp.PACKET_TYPE['InquiryResponse']; a.header.prefix=csadp.SERVER_PREFIX\nprint(bytes(a).hex())\n"
    )
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    made = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    for frame in map(bytes.fromhex, done.stdout.split()):
        made += struct.pack("<IIII", 1_700_000_000, 0, len(frame), len(frame)) + frame
    (tmp_path / "frames.pcap").write_bytes(made)
    (row,) = read_back(tmp_path / "frames.pcap")
    assert (row["mac"], row["host"], row["observer"]) == ("44:19:B6:12:34:56", "10.0.0.64", "SADP (Ethernet)")
