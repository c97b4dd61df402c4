"""Hostile input for the readers of devices: bombs, endless nesting, cut captures. A clear error, in a short time, without the memory."""

from __future__ import annotations

import io
import json
import struct
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_records_device_examples import CASES, EXAMPLES, rows_of

from custodes.errors import InputError
from custodes.records import device_isapi, device_json, device_nmap, device_other, device_pcap, device_sadp, device_shodan, device_ssdp, device_wsd
from custodes.records.device_markup import scan
from custodes.records.device_wire import answer, datagram
from custodes.values import Origin, kind_of

LINES = [f'<!ENTITY a{n} "{("&a" + str(n - 1) + ";") * 10}">' for n in range(1, 10)]
BOMB = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "aaaaaaaaaa">' + "".join(LINES) + "]>"
HOSTILE = {
    "nmap bomb": (device_nmap, (BOMB + '<nmaprun scanner="nmap"><host><hostnames><hostname name="&a9;"/></hostnames></host></nmaprun>').encode()),
    "nmap external entity": (device_nmap, b'<?xml version="1.0"?><!DOCTYPE nmaprun [<!ENTITY x SYSTEM "file:///etc/passwd">]><nmaprun scanner="nmap"><host><address addr="&x;"/></host></nmaprun>'),
    "deep SADP": (device_sadp, b"<ProbeMatch>" + b"<a>" * 100_000),
    "deep JSON": (device_json, b'{"id":"1","evidence":' + b'{"model":' * 50_000),
    "deep Shodan": (device_shodan, b'{"ip_str":"10.0.0.1","port":80,"data":' + b"[" * 100_000),
    "one long JSON line": (device_shodan, b'{"ip_str":"10.0.0.1","port":80,"data":"' + b"x" * 9_000_000),
    "pcap that promises too much": (device_pcap, struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) + struct.pack("<IIII", 0, 0, 0xFFFFFFF0, 0)),
    "pcapng with an endless block": (device_pcap, b"\x0a\x0d\x0d\x0a" + struct.pack("<IIHHq", 28, 0x1A2B3C4D, 1, 0, -1) + struct.pack("<I", 28) + struct.pack("<II", 6, 0xFFFFFFFC)),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_an_error_with_advice_and_quick(name: str) -> None:
    reader, content = HOSTILE[name]
    began = time.perf_counter()
    try:
        rows = rows_of(reader, content)
        assert not rows.get("DEVICE") and (rows.get("REJECT") or rows.get("LEFT_OUT"))
    except InputError as error:
        assert error.what and error.advice
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize("reader", [device_sadp, device_isapi, device_wsd])
def test_an_entity_is_never_expanded(reader: object) -> None:
    inside = {
        device_sadp: "<ProbeMatch><DeviceDescription>&a9;</DeviceDescription><DeviceSN>&lt;S&#49;&gt;</DeviceSN></ProbeMatch>",
        device_isapi: "<DeviceInfo><model>&a9;</model><serialNumber>S1</serialNumber></DeviceInfo>",
        device_wsd: '<e:Envelope xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><d:ProbeMatch><d:Scopes>onvif://www.onvif.org/hardware/&a9;</d:Scopes></d:ProbeMatch></e:Envelope>',
    }[reader]  # type: ignore[index]
    (row,) = rows_of(reader, (BOMB + inside).encode())["DEVICE"]  # type: ignore[arg-type]
    assert row["model"] == "&a9;" and len(row["evidence"]) < 400


@pytest.mark.parametrize(
    "text", ["<" * 200_000, "<!--" * 50_000, "<![CDATA[" * 50_000, "<a b=" * 50_000, "</a>" * 100_000, "&amp;" * 100_000, "<a>" * 60 + "<b/>" * 100_000, "<a " + "x" * 500_000, "<!DOCTYPE " * 40_000]
)
def test_the_scanner_takes_time_in_step_with_the_text(text: str) -> None:
    began = time.perf_counter()
    scan(text)
    assert time.perf_counter() - began < 6


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="<>/!-[]?&;:ab =\"'\n", max_size=120))
def test_the_scanner_never_fails_and_keeps_every_letter_of_text(text: str) -> None:
    root = scan(text)
    assert all(name for name, _ in root.leaves())


@pytest.mark.parametrize("name", ["capture.pcap", "capture.pcapng"])
def test_a_capture_cut_anywhere_keeps_the_packets_before_the_cut(name: str) -> None:
    content = (EXAMPLES / name).read_bytes()
    whole = [row["record_key"] for row in rows_of(device_pcap, content)["DEVICE"]]
    for at in range(24, len(content), 37):
        kept, broke = [], False
        try:
            for batch in device_pcap.read((io.BytesIO(content[:at]),), Origin("0" * 64, name)):
                kept += [row["record_key"] for row in batch.to_pylist()] if kind_of(batch) == "DEVICE" else []
        except InputError as error:
            broke = True
            assert "after packet" in error.what
        assert kept == whole[: len(kept)]
        assert broke or kept == whole or at == len(content) or len(kept) < len(whole)


def test_the_two_forms_of_a_capture_give_the_same_rows() -> None:
    def plain(name: str) -> list[dict[str, object]]:
        return [{k: v for k, v in row.items() if k != "origin_file"} for row in rows_of(device_pcap, (EXAMPLES / name).read_bytes(), "c")["DEVICE"]]

    assert plain("capture.pcap") == plain("capture.pcapng")


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([b"", b"\xb3\0\x18\0\x58\0\0\0", b"\x20\0\0\0DHIP", b"<ProbeMatch>", b"HTTP/1.1 200 OK\r\n", b"\0\0\x84\0\0\0\0\1\0\0\0\4", b"\2\6\0", b"DH\1"]))
def test_no_datagram_does_harm(payload: bytes, start: bytes) -> None:
    for facts in datagram(start + payload):
        assert isinstance(facts, dict)
    assert isinstance(answer(start + payload), dict)


def test_an_mdns_name_that_points_to_itself_ends() -> None:
    assert device_other.parse(b"\0\0\x84\0\0\0\0\1\0\0\0\0" + b"\xc0\x0c" + bytes(40)) == []


def test_other_makers_packets_are_not_taken_for_dahua_or_hikvision_by_any_reader() -> None:
    for reader in (device_sadp, device_isapi, device_ssdp):
        assert not reader.sniff((EXAMPLES / "sony.bin").read_bytes(), "x.bin")
    assert {facts["observer"] for facts in datagram((EXAMPLES / "sony.bin").read_bytes())} == {"Sony"}


@pytest.mark.parametrize("name", sorted(CASES))
def test_texts_of_devices_hold_no_control_signs_and_no_end(name: str, tmp_path: Path) -> None:
    content = (EXAMPLES / name).read_bytes()
    if b"DS-2CD2099ZZ-I" not in content or name.endswith((".pcap", ".pcapng", ".xlsx", ".bin", ".json", ".jsonl")):
        return
    loud = content.replace(b"DS-2CD2099ZZ-I", b"DS-2CD2099ZZ-I \x1b[31m\x07" + b"y" * 5000)
    for row in rows_of(CASES[name], loud, name)["DEVICE"]:
        assert not [sign for sign in json.loads(json.dumps(row))["model"] if ord(sign) < 32] and len(row["model"]) <= 2000
