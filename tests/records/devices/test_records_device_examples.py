"""Readers of devices: an example each with what it must give, one reader per file, and what no input may do."""

from __future__ import annotations

import gzip
import io
import json
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custodes.errors import InputError
from custodes.records import (
    device_arp,
    device_dahua1,
    device_dhip,
    device_isapi,
    device_json,
    device_leases,
    device_masscan,
    device_nmap,
    device_nmap_text,
    device_nvr,
    device_onvif,
    device_other,
    device_packets,
    device_pcap,
    device_register,
    device_sadp,
    device_shodan,
    device_ssdp,
    device_wsd,
    device_zgrab,
)
from custodes.records.registry import READERS
from custodes.values import EVIDENCE, SCHEMAS, Origin, kind_of

EXAMPLES = Path(__file__).parent / "examples"
CASES: dict[str, ModuleType] = {
    "10.9.0.9_channels.xml": device_nvr, "arp.txt": device_arp, "arp-scan.txt": device_arp, "arp-windows.txt": device_arp, "ip-neigh.txt": device_arp, "by-hand.csv": device_register,
    "capture.pcap": device_pcap, "capture.pcapng": device_pcap, "dahua1.bin": device_dahua1, "device-info.xml": device_isapi, "devices.jsonl": device_json,
    "dhcpd.leases": device_leases, "dnsmasq.leases": device_leases, "kea.csv": device_leases, "dhip.bin": device_dhip, "dhip.json": device_dhip, "lansweeper.csv": device_register,
    "masscan.json": device_masscan, "netbox.csv": device_register, "nmap.xml": device_nmap, "onvif-device.xml": device_onvif, "packets.jsonl": device_packets,
    "sadp-dump.xml": device_sadp, "sadp-export.csv": device_register, "shodan.json": device_shodan, "snipe-it.csv": device_register, "snipe-it.xlsx": device_register,
    "arp-cisco.txt": device_arp, "arp-nxos.txt": device_arp, "mac-table.txt": device_arp, "arp-hp.txt": device_arp, "arp-juniper.txt": device_arp, "arp-mikrotik.txt": device_arp,
    "arp-macos.txt": device_arp, "arp-windows-it.txt": device_arp, "leases-mikrotik.txt": device_leases, "leases-mikrotik.rsc": device_leases, "leases-windows.txt": device_leases,
    "leases-windows-list.txt": device_leases, "leases-netsh.txt": device_leases, "masscan.xml": device_masscan, "nmap-screen.txt": device_nmap_text, "nmap.gnmap": device_nmap_text,
    "titles.csv": device_register, "utf16.csv": device_register,
    "sony.bin": device_other, "ssdp.txt": device_ssdp, "upnp.xml": device_ssdp, "wsd.xml": device_wsd, "zgrab.jsonl": device_zgrab,
}  # fmt: skip
PEOPLE = ("jane", "dave", "john smith", "jsmith", "bsmith", "doe@")


def rows_of(reader: ModuleType, content: bytes, name: str = "file") -> dict[str, list[dict[str, Any]]]:
    """The batches of a reader by kind; every batch must have its kind's schema."""
    found: dict[str, list[dict[str, Any]]] = {}
    for batch in reader.read((io.BytesIO(content),), Origin("0" * 64, name)):
        kind = kind_of(batch)
        assert batch.schema.equals(SCHEMAS[kind], check_metadata=True)
        found.setdefault(kind, []).extend(batch.to_pylist())
    return found


def slim(rows: dict[str, list[dict[str, Any]]]) -> Any:
    """Without empty cells and the origin's file; evidence as an object, banners left away (they repeat it)."""
    away = ("origin_sha256", "origin_file", "banners", "scopes", "record_key")
    plain = {kind: [{k: v for k, v in row.items() if v not in ("", None, []) and k not in away} for row in many] for kind, many in rows.items() if many}
    for row in plain.get("DEVICE", ()):
        row["evidence"] = json.loads(row.get("evidence", "{}"))
    return json.loads(json.dumps(plain, default=str, ensure_ascii=False))


@pytest.mark.parametrize("name", sorted(CASES))
def test_an_example_gives_what_it_must(name: str) -> None:
    expected = EXAMPLES / f"{name}.expected.json"
    found = slim(rows_of(CASES[name], (EXAMPLES / name).read_bytes(), name))
    if not expected.exists():
        expected.write_text(json.dumps(found, indent=1, ensure_ascii=False, sort_keys=True) + "\n", "utf-8")
        pytest.fail(f"{expected.name} was written for the first time: look whether it is right, then run again")
    assert found == json.loads(expected.read_text("utf-8"))


def test_every_device_reader_has_an_example() -> None:
    readers = {reader for reader in READERS if reader.NAME.startswith("device_")}
    assert readers == set(CASES.values())


@pytest.mark.parametrize("name", sorted(CASES))
def test_exactly_one_of_all_readers_claims_an_example(name: str) -> None:
    content = (EXAMPLES / name).read_bytes()
    for called in {name, name.rpartition(".")[0] + ".txt", name.rpartition(".")[0] + ".bin"} if not name.endswith("xlsx") else {name}:
        assert [reader.NAME for reader in READERS if reader.sniff(content, called)] == [CASES[name].NAME], called


@pytest.mark.parametrize("name", sorted(CASES))
def test_evidence_is_an_object_with_sorted_names_we_know_and_no_people(name: str) -> None:
    for row in rows_of(CASES[name], (EXAMPLES / name).read_bytes(), name)["DEVICE"]:
        evidence = json.loads(row["evidence"] or "{}")
        assert list(evidence) == sorted(evidence) and set(evidence) <= set(EVIDENCE)
        said = json.dumps(row).lower()
        assert not [word for word in PEOPLE if word in said]


@pytest.mark.parametrize("name", sorted(CASES))
def test_every_column_and_element_is_used_ignored_by_name_or_reported(name: str) -> None:
    columns = rows_of(CASES[name], (EXAMPLES / name).read_bytes(), name)["COLUMN"]
    assert columns and all(row["use"] for row in columns)
    unknown = {row["column"] for row in columns if row["use"] == "not understood"}
    assert unknown == {"sadp-dump.xml": {"Oddity"}, "device-info.xml": {"colour"}}.get(name, set())


@pytest.mark.parametrize("name", sorted(CASES))
def test_record_keys_are_unique_and_do_not_depend_on_the_name(name: str) -> None:
    content = (EXAMPLES / name).read_bytes()
    keys = [row["record_key"] for row in rows_of(CASES[name], content, name)["DEVICE"]]
    assert len(set(keys)) == len(keys)
    if CASES[name] is not device_nvr:
        assert keys == [row["record_key"] for row in rows_of(CASES[name], content, "elsewhere/other")["DEVICE"]]


@pytest.mark.parametrize("name", sorted(CASES))
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_cut_or_flipped_anywhere_it_gives_rows_or_an_error_of_ours(name: str, data: st.DataObject) -> None:
    content = bytearray((EXAMPLES / name).read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        content = content[:at]
    else:
        content[at] ^= data.draw(st.integers(1, 255))
    for reader in READERS:
        assert reader.sniff(bytes(content), name) in (True, False)
    try:
        rows_of(CASES[name], bytes(content), name)
    except InputError as error:
        assert error.what and error.advice


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400))
def test_rubbish_is_claimed_by_no_device_reader_or_read_without_harm(content: bytes) -> None:
    for reader in set(CASES.values()):
        claimed = reader.sniff(content, "x")
        try:
            rows_of(reader, content)
        except InputError as error:
            assert error.what and error.advice
        assert claimed in (True, False)


def test_a_packed_file_is_the_same_file(tmp_path: Path) -> None:
    from test_pipeline import custodes

    (tmp_path / "scan.xml.gz").write_bytes(gzip.compress((EXAMPLES / "nmap.xml").read_bytes()))
    done = custodes("records", "scan.xml.gz", "-o", "out.jsonl", cwd=tmp_path)
    assert "1 usable" in done.stderr
    (row,) = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert (row["kind"], row["mac"]) == ("DEVICE", "C0:56:E3:00:00:01") and json.loads(row["evidence"])["http_server"] == "App-webs/"


def test_counts_add_up(tmp_path: Path) -> None:
    from test_pipeline import custodes

    done = custodes("records", *(EXAMPLES / name for name in sorted(CASES)), "-o", "out.csv", "--json", cwd=tmp_path, code=3)
    files = json.loads(done.stderr.splitlines()[-1])["files"]
    assert Counter(file["reader"] for file in files) == Counter(reader.NAME for reader in CASES.values())
    for file in files:
        assert file["read"] == file["usable"] + sum(file["left_out"].values()) + file["rejected"] and not file["error"]
