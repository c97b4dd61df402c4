"""SADP over Ethernet (type 0x8033): answers tell a device, questions do not, and no frame does harm."""

from __future__ import annotations

import io
import json
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_records_device_examples import rows_of

from custodes.records import device_pcap, device_sadp_frame

MAC, CLIENT = bytes.fromhex("4419b6123456"), bytes.fromhex("0050569a0001")
SAID = b"\0\0DS-2CD2032-I20140101CCWR123456789\0\0\0V5.2.0 build 140721\0"


def frame(kind: int, sender: bytes = MAC, payload: bytes = SAID, magic: int = 0x2102) -> bytes:
    """The body behind the Ethernet header."""
    header = struct.pack(">HBBIHBBH", magic, 1, 0xF6, 7, 0x0604, kind, 0, 0)
    return header + sender + bytes([10, 0, 0, 64]) + b"\xff" * 6 + bytes(4) + bytes([255, 255, 255, 0]) + payload


def capture(*bodies: bytes) -> bytes:
    made = io.BytesIO()
    made.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
    for body in bodies:
        data = b"\xff" * 6 + MAC + struct.pack(">H", 0x8033) + body
        made.write(struct.pack("<IIII", 1_700_000_000, 0, len(data), len(data)) + data)
    return made.getvalue()


def test_an_answer_tells_the_device() -> None:
    found = rows_of(device_pcap, capture(frame(3, CLIENT), frame(4), frame(2, payload=b"")), "c.pcap")
    first, second = found["DEVICE"]
    assert (first["mac"], first["host"], first["serial"], first["firmware"]) == ("44:19:B6:12:34:56", "10.0.0.64", "DS-2CD2032-I20140101CCWR123456789", "V5.2.0 build 140721")
    assert json.loads(first["evidence"])["sadp"] == {"DeviceSN": first["serial"], "MAC": first["mac"], "SoftwareVersion": first["firmware"]}
    assert (second["mac"], second["serial"], first["observer"]) == (first["mac"], "", "SADP (Ethernet)")
    assert [row["count"] for row in found["LEFT_OUT"]] == [1], "the client's question"


@pytest.mark.parametrize("kind", [0x03, 0x06, 0x0A, 0x0C, 0x10, 0xFF])
def test_questions_and_orders_of_a_client_are_no_device(kind: int) -> None:
    assert device_sadp_frame.parse(frame(kind)) == []


def test_other_frames_of_the_type_are_none() -> None:
    assert device_sadp_frame.parse(frame(4, magic=0x2103)) == device_sadp_frame.parse(frame(4)[:37]) == device_sadp_frame.parse(frame(4, sender=b"\xff" * 6)) == []


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_no_frame_does_harm(body: bytes) -> None:
    for each in (body, frame(4, payload=body)):
        assert all(set(facts) == {"observer", "host", "mac", "serial", "firmware", "sadp"} for facts in device_sadp_frame.parse(each))
